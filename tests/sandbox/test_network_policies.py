"""Network policies, network rules, and ALTER ACCOUNT.

https://docs.snowflake.com/en/sql-reference/sql/create-network-policy
https://docs.snowflake.com/en/sql-reference/sql/create-network-rule
https://docs.snowflake.com/en/sql-reference/sql/alter-account
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .guests import Guest, column, guests


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def policy(client) -> Iterator[str]:
    client("CREATE OR REPLACE DATABASE NETWORKS")
    client("CREATE NETWORK RULE OFFICE TYPE = IPV4 MODE = INGRESS VALUE_LIST = ('10.0.0.0/8')")
    client("CREATE OR REPLACE NETWORK POLICY TESTED ALLOWED_IP_LIST = ('192.168.1.0/24') COMMENT = 'c'")
    yield "TESTED"
    client("USE ROLE ACCOUNTADMIN")
    client("ALTER ACCOUNT UNSET NETWORK_POLICY")
    client("DROP NETWORK POLICY IF EXISTS TESTED")
    client("DROP DATABASE IF EXISTS NETWORKS")


# -- rules ---------------------------------------------------------------------------------------------


def test_rule(client, policy):
    client("CREATE OR REPLACE NETWORK RULE OFFICE TYPE = IPV4 VALUE_LIST = ('0.0.0.0', '1.1.1.1') COMMENT = 'c'")
    assert client.error("CREATE NETWORK RULE OFFICE TYPE = IPV4 VALUE_LIST = ()")[:2] == (2002, "42710")
    names = ("name", "database_name", "schema_name", "owner", "comment", "type", "mode", "entries_in_valuelist")
    assert column(client, "SHOW NETWORK RULES IN SCHEMA NETWORKS.PUBLIC", *names) == [
        ("OFFICE", "NETWORKS", "PUBLIC", "ACCOUNTADMIN", "c", "IPV4", "INGRESS", "2")
    ]
    assert client.names() == ["created_on", *names, "owner_role_type"]
    assert column(client, "DESCRIBE NETWORK RULE OFFICE", "name", "value_list") == [("OFFICE", "0.0.0.0,1.1.1.1")]
    client("ALTER NETWORK RULE OFFICE SET VALUE_LIST = ('2.2.2.2') COMMENT = 'd'")
    assert column(client, "DESC NETWORK RULE NETWORKS.PUBLIC.OFFICE", "value_list", "comment") == [("2.2.2.2", "d")]
    client("ALTER NETWORK RULE OFFICE UNSET VALUE_LIST, COMMENT")
    assert column(client, "DESC NETWORK RULE OFFICE", "value_list", "comment") == [("", "")]
    client("DROP NETWORK RULE OFFICE")
    assert client.error("DROP NETWORK RULE OFFICE")[0] == 2003


def test_rule_values(client, policy):
    for type_, mode, value in (
        ("HOST_PORT", "EGRESS", "example.com"), ("HOST_PORT", "EGRESS", "example.com:443"),
        ("HOST_PORT", "EGRESS", "*.example.com"), ("HOST_PORT", "EGRESS", "0.0.0.0:443"),
        ("PRIVATE_HOST_PORT", "EGRESS", "x.database.windows.net"), ("AWSVPCEID", "INTERNAL_STAGE", "vpce-123abc"),
        ("AZURELINKID", "INGRESS", "12345"), ("GCPPSCID", "INGRESS", "12345"),
    ):  # fmt: skip
        client(f"CREATE OR REPLACE NETWORK RULE R TYPE = {type_} MODE = {mode} VALUE_LIST = ('{value}')")
    for type_, mode, value in (
        ("HOST_PORT", "EGRESS", "example.com:99999"), ("HOST_PORT", "EGRESS", "-bad.example.com"),
        ("HOST_PORT", "EGRESS", "localhost"), ("HOST_PORT", "EGRESS", "10.0.0.1:80"), ("IPV4", "INGRESS", "1.2.3"),
        ("IPV4", "INGRESS", "1.2.3.4/33"), ("IPV4", "EGRESS", "1.2.3.4"), ("HOST_PORT", "INGRESS", "example.com"),
    ):  # fmt: skip
        text = f"CREATE OR REPLACE NETWORK RULE R TYPE = {type_} MODE = {mode} VALUE_LIST = ('{value}')"
        assert client.error(text)[:2] == (1422, "22023"), text


# -- policies ------------------------------------------------------------------------------------------


def test_policy(client, policy):
    assert client.error("CREATE NETWORK POLICY TESTED")[:2] == (2002, "42710")
    counts = (
        "name", "comment", "entries_in_allowed_ip_list", "entries_in_blocked_ip_list",
        "entries_in_allowed_network_rules", "entries_in_blocked_network_rules",
    )  # fmt: skip
    assert column(client, "SHOW NETWORK POLICIES LIKE 'TESTED'", *counts) == [("TESTED", "c", "1", "0", "0", "0")]
    assert client.names() == ["created_on", *counts]
    client(
        "ALTER NETWORK POLICY TESTED SET ALLOWED_IP_LIST=('192.168.1.0/24','192.168.255.100') BLOCKED_IP_LIST=('1.1.1.1')"
    )
    client("ALTER NETWORK POLICY TESTED SET ALLOWED_NETWORK_RULE_LIST = ('NETWORKS.PUBLIC.OFFICE') COMMENT = 'd'")
    rows = dict(client("DESCRIBE NETWORK POLICY TESTED"))
    assert rows["ALLOWED_IP_LIST"] == "192.168.1.0/24,192.168.255.100"
    assert rows["BLOCKED_IP_LIST"] == "1.1.1.1"
    assert json.loads(rows["ALLOWED_NETWORK_RULE_LIST"]) == [{"fullyQualifiedRuleName": "NETWORKS.PUBLIC.OFFICE"}]
    client("ALTER NETWORK POLICY TESTED SET ALLOWED_IP_LIST = ()")
    client("ALTER NETWORK POLICY IF EXISTS TESTED UNSET BLOCKED_IP_LIST, COMMENT")
    assert column(client, "SHOW NETWORK POLICIES LIKE 'TESTED'", *counts) == [("TESTED", "", "0", "0", "1", "0")]
    client("ALTER NETWORK POLICY TESTED RENAME TO TESTED_2")
    client("DROP NETWORK POLICY TESTED_2")


def test_rules_of_a_policy(client, policy):
    client("CREATE NETWORK RULE HOME TYPE = IPV4 VALUE_LIST = ('10.1.1.1')")
    client("ALTER NETWORK POLICY TESTED ADD ALLOWED_NETWORK_RULE_LIST = OFFICE")
    client("ALTER NETWORK POLICY TESTED ADD BLOCKED_NETWORK_RULE_LIST = 'HOME'")
    assert client.error("DROP NETWORK RULE OFFICE")[:2] == (1492, "42601")
    assert client.error("ALTER NETWORK POLICY TESTED REMOVE ALLOWED_NETWORK_RULE_LIST = HOME")[0] == 1492
    client("ALTER NETWORK POLICY TESTED REMOVE ALLOWED_NETWORK_RULE_LIST = ('OFFICE')")
    client("DROP NETWORK RULE OFFICE")
    assert [row[0] for row in client("DESC NETWORK POLICY TESTED")] == ["ALLOWED_IP_LIST", "BLOCKED_NETWORK_RULE_LIST"]


def test_policy_in_use(client, policy):
    client("CREATE OR REPLACE USER TESTED_USER NETWORK_POLICY = TESTED")
    code, sqlstate, text = client.error("DROP NETWORK POLICY TESTED")
    assert (code, sqlstate) == (1492, "42601")
    assert text == (
        "SQL compilation error:\nCannot perform Drop operation on network policy TESTED. The policy is attached to USER "
        "with name TESTED_USER. Unset the network policy from USER and try the Drop operation again."
    )
    client("ALTER NETWORK POLICY TESTED RENAME TO TESTED_2")
    assert "TESTED_2" in client.error("DROP NETWORK POLICY TESTED_2")[2]
    client("ALTER NETWORK POLICY TESTED_2 RENAME TO TESTED")
    client("DROP USER TESTED_USER")
    client("ALTER ACCOUNT SET NETWORK_POLICY = TESTED")
    assert "attached to ACCOUNT" in client.error("DROP NETWORK POLICY TESTED")[2]
    assert client.error("CREATE OR REPLACE NETWORK POLICY TESTED")[0] == 1492
    client("ALTER ACCOUNT UNSET NETWORK_POLICY")


def test_bad_input(client, policy):
    for text, code in (
        ("CREATE NETWORK POLICY", 1003),
        ("CREATE NETWORK POLICY A )", 1003),
        ("CREATE NETWORK POLICY A COLOR = 'red'", 1420),
        ("CREATE NETWORK POLICY A ALLOWED_IP_LIST = ('xx.xxx.xx')", 1422),
        ("CREATE NETWORK POLICY A BLOCKED_IP_LIST = ('0.0.0.0/0')", 1422),
        ("CREATE NETWORK POLICY A ALLOWED_NETWORK_RULE_LIST = ('NO_SUCH')", 2003),
        ("ALTER NETWORK POLICY TESTED", 1003),
        ("ALTER NETWORK POLICY TESTED ADD ALLOWED_IP_LIST = ('1.1.1.1')", 1003),
        ("ALTER NETWORK POLICY NO_SUCH SET COMMENT = 'x'", 2003),
        ("DROP NETWORK POLICY NO_SUCH", 2003),
        ("CREATE NETWORK RULE A VALUE_LIST = ()", 2029),
        ("CREATE NETWORK RULE A TYPE = SOMETHING VALUE_LIST = ()", 1003),
        ("ALTER NETWORK RULE OFFICE SET TYPE = IPV4", 1420),
        ("ALTER NETWORK RULE OFFICE RENAME TO B", 1003),
    ):
        assert client.error(text)[0] == code, text


def test_who_may(client, guest, policy):
    user, role = guest()
    assert user("SHOW NETWORK POLICIES LIKE 'TESTED'") == []
    assert user.error("CREATE NETWORK POLICY MINE")[:2] == (3001, "42501")
    assert user.error("DROP NETWORK POLICY TESTED")[0] == 2003
    assert user.error("CREATE NETWORK RULE NETWORKS.PUBLIC.MINE TYPE = IPV4 VALUE_LIST = ()")[0] == 3001
    client(f"GRANT CREATE NETWORK POLICY ON ACCOUNT TO ROLE {role}")
    user("CREATE NETWORK POLICY MINE")
    user("DROP NETWORK POLICY MINE")
    client(f"GRANT ATTACH POLICY ON ACCOUNT TO ROLE {role}")
    user("ALTER ACCOUNT SET NETWORK_POLICY = TESTED")
    assert user.error("ALTER ACCOUNT SET TIMEZONE = 'UTC'")[:2] == (3001, "42501")
    user("ALTER ACCOUNT UNSET NETWORK_POLICY")


# -- ALTER ACCOUNT -------------------------------------------------------------------------------------


def test_account_parameters(client, connect):
    client("ALTER ACCOUNT SET QUERY_TAG = 'of all' JSON_INDENT = 4, STATEMENT_TIMEOUT_IN_SECONDS = 100")
    other = connect()
    assert column(other, "SHOW PARAMETERS LIKE 'QUERY_TAG'", "value", "level") == [("of all", "ACCOUNT")]
    assert column(other, "SHOW PARAMETERS LIKE 'JSON_INDENT' IN ACCOUNT", "value", "level") == [("4", "ACCOUNT")]
    client("ALTER ACCOUNT UNSET QUERY_TAG, JSON_INDENT, STATEMENT_TIMEOUT_IN_SECONDS")
    assert column(other, "SHOW PARAMETERS LIKE 'JSON_INDENT' IN ACCOUNT", "value", "level") == [("2", "")]


def test_account_bad_input(client):
    client("CREATE OR REPLACE NETWORK POLICY SAYS_NOTHING")
    for text, code in (
        ("ALTER ACCOUNT", 2),
        ("ALTER ACCOUNT SET", 1003),
        ("ALTER ACCOUNT SET COLOR = 'red'", 1420),
        ("ALTER ACCOUNT UNSET COLOR", 1420),
        ("ALTER ACCOUNT SET TIMEZONE = 'UTC' )", 1003),
        ("ALTER ACCOUNT SET NETWORK_POLICY = NO_SUCH", 2003),
        ("ALTER ACCOUNT SET RESOURCE_MONITOR = NO_SUCH", 2003),
        ("ALTER ACCOUNT SET NETWORK_POLICY = SAYS_NOTHING", 98519),
        ("ALTER ACCOUNT SET PASSWORD POLICY NO_SUCH", 2003),
        ("SHOW ACCOUNTS", 2),
        ("SHOW ORGANIZATION ACCOUNTS", 2),
        ("CREATE ACCOUNT A", 2),
    ):
        assert client.error(text)[0] == code, text
    client("DROP NETWORK POLICY SAYS_NOTHING")


def test_account_policies(client):
    client("CREATE PASSWORD POLICY LONG_ONES PASSWORD_MIN_LENGTH = 20")
    client("ALTER ACCOUNT SET PASSWORD POLICY LONG_ONES")
    assert client.error("ALTER ACCOUNT SET PASSWORD POLICY LONG_ONES")[0] == 3549
    client("ALTER ACCOUNT SET PASSWORD POLICY LONG_ONES FORCE")
    client("ALTER ACCOUNT UNSET PASSWORD POLICY")
    client("CREATE OR REPLACE USER TESTED_USER")
    client("ALTER USER TESTED_USER SET PASSWORD POLICY LONG_ONES")
    assert client.error("DROP PASSWORD POLICY LONG_ONES")[1] == "23001"
    client("ALTER USER TESTED_USER UNSET PASSWORD POLICY")
    client("DROP PASSWORD POLICY LONG_ONES")
    client("DROP USER TESTED_USER")


def test_references(client):
    """https://docs.snowflake.com/en/sql-reference/functions/network_rule_references"""
    client("CREATE OR REPLACE NETWORK RULE IN_RULE TYPE = IPV4 VALUE_LIST = ('10.0.0.0/8')")
    client("CREATE OR REPLACE NETWORK RULE NOT_RULE TYPE = IPV4 VALUE_LIST = ('10.1.0.0/16')")
    client("CREATE OR REPLACE NETWORK RULE OUT_RULE TYPE = HOST_PORT MODE = EGRESS VALUE_LIST = ('example.com')")
    client("CREATE OR REPLACE NETWORK POLICY REFERS ALLOWED_NETWORK_RULE_LIST = (IN_RULE) "
           "BLOCKED_NETWORK_RULE_LIST = (NOT_RULE)")  # fmt: skip
    client("CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION GOES_OUT ALLOWED_NETWORK_RULES = (OUT_RULE) ENABLED = TRUE")
    database, schema = client("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()")[0]
    of = "SELECT * FROM TABLE(INFORMATION_SCHEMA.NETWORK_RULE_REFERENCES({}))"
    allowed = ("REFERS", "NETWORK_POLICY", "IN_RULE", "ALLOW", database, schema)
    assert client(of.format("NETWORK_RULE_NAME => 'IN_RULE'")) == [allowed]
    assert client(of.format("CONTAINER_NAME => 'REFERS', CONTAINER_TYPE => 'NETWORK_POLICY'")) == [
        allowed,
        ("REFERS", "NETWORK_POLICY", "NOT_RULE", "BLOCK", database, schema),
    ]
    assert client.names() == [
        "CONTAINER_NAME", "CONTAINER_TYPE", "NETWORK_RULE_NAME", "ACTION_TYPE", "DATABASE_NAME", "SCHEMA_NAME",
    ]  # fmt: skip
    assert client(of.format("CONTAINER_NAME => 'GOES_OUT', CONTAINER_TYPE => 'INTEGRATION'")) == [
        ("GOES_OUT", "INTEGRATION", "OUT_RULE", "ALLOW", database, schema)
    ]
    client("ALTER EXTERNAL ACCESS INTEGRATION GOES_OUT UNSET ALLOWED_NETWORK_RULES")
    client("ALTER EXTERNAL ACCESS INTEGRATION GOES_OUT SET ENABLED = FALSE")
    assert client(of.format("NETWORK_RULE_NAME => 'OUT_RULE'")) == []
    assert client.error(of.format("NETWORK_RULE_NAME => 'NO_SUCH'"))[0] == 2003
    assert client.error(of.format("CONTAINER_NAME => 'REFERS', CONTAINER_TYPE => 'TABLE'"))[0] == 1006

    client("CREATE OR REPLACE USER REFERRING NETWORK_POLICY = REFERS")
    policies = (
        "SELECT POLICY_NAME, POLICY_KIND, REF_ENTITY_NAME, REF_ENTITY_DOMAIN FROM TABLE({}.POLICY_REFERENCES({}))"
    )
    row = ("REFERS", "NETWORK_POLICY", "REFERRING", "USER")
    named = "POLICY_NAME => 'REFERS', POLICY_KIND => 'NETWORK_POLICY'"
    assert client(policies.format("SNOWFLAKE.INFORMATION_SCHEMA", named)) == [row]
    named = "REF_ENTITY_NAME => 'REFERRING', REF_ENTITY_DOMAIN => 'USER'"
    assert client(policies.format("INFORMATION_SCHEMA", named)) == [row]
    named = "POLICY_NAME => 'REFERS', POLICY_KIND => 'TAG'"
    assert client.error(policies.format("INFORMATION_SCHEMA", named))[0] == 1006
    for each in ("USER REFERRING", "INTEGRATION GOES_OUT", "NETWORK POLICY REFERS"):
        client(f"DROP {each}")
