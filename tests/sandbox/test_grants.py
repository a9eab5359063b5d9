"""GRANT, REVOKE and SHOW GRANTS: https://docs.snowflake.com/en/sql-reference/sql/grant-privilege"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .guests import Guest, column, guests

GRANTS = ("privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by")
DONE = "Statement executed successfully."


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def place(client) -> str:
    """The test's database, with a schema S, a table T and a view V in it, and roles R1 and R2."""
    client("CREATE OR REPLACE DATABASE GRANTED")
    client("CREATE SCHEMA S")
    client("CREATE TABLE T (A INT)")
    client("CREATE VIEW V AS SELECT A FROM T")
    client("CREATE OR REPLACE ROLE R1")
    client("CREATE OR REPLACE ROLE R2")
    return "GRANTED.S"


def held(client, role: str) -> list[tuple[str, ...]]:
    return column(client, f"SHOW GRANTS TO ROLE {role}", "privilege", "granted_on", "name")


# -- privileges ----------------------------------------------------------------------------------------


def test_grant_and_revoke(client, place):
    assert client("GRANT SELECT, INSERT ON TABLE T TO ROLE R1") == [(DONE,)]
    assert client("GRANT SELECT ON TABLE T TO R1") == [(DONE,)]
    assert column(client, "SHOW GRANTS TO ROLE R1", *GRANTS) == [
        ("INSERT", "TABLE", "GRANTED.S.T", "ROLE", "R1", "false", "ACCOUNTADMIN"),
        ("SELECT", "TABLE", "GRANTED.S.T", "ROLE", "R1", "false", "ACCOUNTADMIN"),
    ]
    assert client.names() == ["created_on", *GRANTS, "granted_by_role_type"]
    assert column(client, "SHOW GRANTS ON TABLE T", *GRANTS)[0] == (
        "OWNERSHIP", "TABLE", "GRANTED.S.T", "ROLE", "ACCOUNTADMIN", "true", "ACCOUNTADMIN",
    )  # fmt: skip
    assert client("REVOKE SELECT, INSERT ON TABLE T FROM ROLE R1") == [(f"{DONE} 1 objects affected.",)]
    assert client("REVOKE SELECT ON TABLE T FROM ROLE R1") == [(f"{DONE} 0 objects affected.",)]
    assert held(client, "R1") == []


def test_names_are_quoted_where_they_must_be(client, place):
    client('CREATE SCHEMA "low er"')
    client('CREATE TABLE "low er"."t.t" (A INT)')
    client('GRANT SELECT ON TABLE "low er"."t.t" TO ROLE R1')
    client('GRANT USAGE ON SCHEMA GRANTED."low er" TO ROLE R1')
    assert held(client, "R1") == [
        ("USAGE", "SCHEMA", 'GRANTED."low er"'),
        ("SELECT", "TABLE", 'GRANTED."low er"."t.t"'),
    ]


def test_identifier_and_variables(client, place):
    client("SET ROLE_NAME = 'R1'")
    client("SET TABLE_NAME = 'GRANTED.S.T'")
    client("GRANT SELECT ON TABLE IDENTIFIER($TABLE_NAME) TO ROLE IDENTIFIER($ROLE_NAME)")
    client("GRANT USAGE ON DATABASE IDENTIFIER('GRANTED') TO ROLE R1")
    assert [row[0] for row in held(client, "R1")] == ["USAGE", "SELECT"]


@pytest.mark.parametrize(
    ("on", "privileges"),
    [
        ("DATABASE GRANTED", "APPLYBUDGET CREATE_DATABASE_ROLE CREATE_SCHEMA EXECUTE_AUTO_CLASSIFICATION MODIFY MONITOR "
         "USAGE"),
        ("TABLE T", "APPLYBUDGET DELETE DELETE_ERROR_TABLE EVOLVE_SCHEMA INSERT REBUILD REFERENCES SELECT "
         "SELECT_ERROR_TABLE TRUNCATE UPDATE"),
        ("VIEW V", "APPLYBUDGET DELETE DELETE_ERROR_TABLE EVOLVE_SCHEMA INSERT REBUILD REFERENCES SELECT "
         "SELECT_ERROR_TABLE TRUNCATE UPDATE VIEW_EXPANDED_QUERY_PROFILE"),
        ("WAREHOUSE COMPUTE_WH", "APPLYBUDGET MODIFY MONITOR OPERATE USAGE"),
    ],
)  # fmt: skip
def test_all_is_what_the_kind_has(client, place, on, privileges):
    client(f"GRANT ALL PRIVILEGES ON {on} TO ROLE R1")
    assert " ".join(row[0].replace(" ", "_") for row in held(client, "R1")) == privileges
    client(f"REVOKE ALL ON {on} FROM ROLE R1")
    assert held(client, "R1") == []


def test_schema_privileges(client, place):
    client("GRANT ALL ON SCHEMA S TO ROLE R1")
    found = {row[0] for row in held(client, "R1")}
    assert len(found) >= 60
    assert {"CREATE TABLE", "CREATE VIEW", "CREATE FILE FORMAT", "USAGE", "ADD SEARCH OPTIMIZATION"} <= found
    client("GRANT CREATE TABLE, CREATE VIEW, USAGE ON SCHEMA GRANTED.S TO ROLE R2")
    assert [row[0] for row in held(client, "R2")] == ["CREATE TABLE", "CREATE VIEW", "USAGE"]


def test_every_privilege_of_the_account_is_accountadmins(client, place):
    client("GRANT ALL ON ACCOUNT TO ROLE R1")
    assert ("MANAGE GRANTS", "ACCOUNT", "SANDBOX") in held(client, "R1")
    everything = {row[0] for row in column(client, "SHOW GRANTS ON ACCOUNT", "privilege")}
    assert {row[0] for row in held(client, "R1")} == everything
    client("REVOKE ALL ON ACCOUNT FROM ROLE R1")
    assert held(client, "R1") == []


@pytest.mark.parametrize(
    ("on", "object_"),
    [("STAGE ST", "the grants on stage"), ("FUTURE STAGES IN SCHEMA S", "the future grants on stage")],
)
def test_write_on_a_stage_comes_after_read_and_goes_before_it(client, place, on, object_):
    """https://docs.snowflake.com/en/user-guide/security-access-control-privileges#stage-privileges"""
    client("CREATE STAGE ST")
    code, state, text = client.error(f"GRANT WRITE ON {on} TO ROLE R1")
    assert (code, state) == (3511, "23001")
    assert f"Privilege order violation for {object_}. READ should be granted before/simultaneously with WRITE." in text
    client(f"GRANT READ ON {on} TO ROLE R1")
    client(f"GRANT WRITE ON {on} TO ROLE R1")
    code, state, text = client.error(f"REVOKE READ ON {on} FROM ROLE R1")
    assert (code, state) == (3512, "23001")
    assert "WRITE should be revoked before/simultaneously with READ." in text
    client(f"REVOKE READ, WRITE ON {on} FROM ROLE R1")
    client(f"GRANT READ, WRITE ON {on} TO ROLE R1")
    client(f"REVOKE ALL ON {on} FROM ROLE R1")


REFUSED = (
    ("GRANT SELECT ON SCHEMA S TO ROLE R1", 3008, "Invalid object type 'SCHEMA' for privilege 'SELECT'."),
    ("GRANT CREATE RESOURCE MONITOR ON ACCOUNT TO ROLE R1", 3008, "Invalid object type 'ACCOUNT' for privilege"),
    (
        "GRANT EXECUTE TASK ON SCHEMA S TO ROLE R1",
        3008,
        "Invalid object type 'SCHEMA' for privilege 'EXECUTE TASK'",
    ),
    ("GRANT OWNERSHIP ON ACCOUNT TO ROLE R1", 1003, "Invalid object type 'ACCOUNT'"),
    ("GRANT NO SUCH PRIVILEGE ON TABLE T TO ROLE R1", 1003, "position 6 unexpected 'NO'"),
    ("GRANT SELECT, OWNERSHIP ON TABLE T TO ROLE R1", 3007, "Cannot specify OWNERSHIP in privilege list."),
    ("GRANT SELECT ON TABLE NO_SUCH TO ROLE R1", 2003, "'NO_SUCH' does not exist"),
    ("GRANT SELECT ON TABLE T TO ROLE NO_SUCH", 2003, "Role 'NO_SUCH' does not exist or not authorized."),
    ("GRANT SELECT ON TABLE T TO USER NO_SUCH", 2003, "User 'NO_SUCH' does not exist or not authorized."),
    ("GRANT USAGE ON SCHEMA NO_SUCH TO ROLE R1", 2003, "NO_SUCH' does not exist"),
    ("GRANT USAGE ON DATABASE NO_SUCH TO ROLE R1", 2003, "Database 'NO_SUCH' does not exist"),
    ("GRANT USAGE ON FILE_FORMAT F TO ROLE R1", 2003, "Object type or Class 'FILE_FORMAT' does not exist"),
    ("GRANT SELECT ON TABLE T TO ROLE R1 )", 1003, "unexpected ')'"),
    ("GRANT SELECT ON TABLE T ROLE R1", 1003, "unexpected 'ROLE'"),
    ("GRANT SELECT ON TABLE T FROM ROLE R1", 1003, "unexpected 'FROM'"),
    ("GRANT SELECT TABLE T TO ROLE R1", 1003, ""),
    ("GRANT ON TABLE T TO ROLE R1", 1003, ""),
    ("GRANT SELECT ON ALL TABLES IN ACCOUNT TO ROLE R1", 1003, "unexpected 'ACCOUNT'"),
    ("GRANT SELECT ON ALL COWS IN SCHEMA S TO ROLE R1", 1003, "unexpected 'COWS'"),
    ("GRANT USAGE ON ALL SCHEMAS IN SCHEMA S TO ROLE R1", 1003, ""),
    ("GRANT SELECT ON FUTURE TABLES TO ROLE R1", 1003, "unexpected 'TO'"),
    ("GRANT SELECT ON TABLE T TO ROLE R1 WITH OPTION", 1003, "unexpected 'WITH'"),
    ("GRANT SELECT ON TABLE T TO ROLE R1 COPY CURRENT GRANTS", 1003, "Only OWNERSHIP grant command"),
    ("GRANT APPLY ON ALL TAGS IN SCHEMA S TO ROLE R1", 2, "Unsupported feature"),
    ("GRANT APPLY ON FUTURE MASKING POLICIES IN SCHEMA S TO ROLE R1", 2, "Unsupported feature"),
    ("GRANT SELECT ON TABLE T TO SHARE S", 2, "sandbox does not support GRANT of privileges to a SHARE"),
    ("GRANT SELECT ON TABLE T TO APPLICATION A", 2, "sandbox does not support"),
    ("GRANT CALLER SELECT ON TABLE T TO ROLE R1", 2, "sandbox does not support GRANT CALLER"),
    ("GRANT APPLICATION ROLE A.B TO ROLE R1", 2, "sandbox does not support GRANT APPLICATION ROLE"),
    ("REVOKE SELECT ON TABLE T TO ROLE R1", 1003, "unexpected 'TO'"),
    ("REVOKE OWNERSHIP ON TABLE T FROM ROLE ACCOUNTADMIN", 3037, "OWNERSHIP can only be transferred."),
    ("REVOKE SELECT ON TABLE T FROM ROLE R1 CASCADE RESTRICT", 1003, "unexpected 'RESTRICT'"),
    ("GRANT USAGE ON DATABASE SNOWFLAKE TO ROLE R1", 3011, "Use 'GRANT IMPORTED PRIVILEGES' instead."),
    ("GRANT IMPORTED PRIVILEGES ON DATABASE GRANTED TO ROLE R1", 3008, "for privilege 'IMPORTED PRIVILEGES'"),
)


def test_refused(client, place):
    for text, code, said in REFUSED:
        found = client.error(text)
        assert (found[0], said in found[2]) == (code, True), (text, found)


def test_imported_privileges(client, place):
    client("GRANT IMPORTED PRIVILEGES ON DATABASE SNOWFLAKE TO ROLE R1")
    assert held(client, "R1") == [("USAGE", "DATABASE", "SNOWFLAKE")]
    client("REVOKE IMPORTED PRIVILEGES ON DATABASE SNOWFLAKE FROM ROLE R1")
    assert held(client, "R1") == []


# -- who may -------------------------------------------------------------------------------------------


def test_who_may_grant(client, place, guest):
    user, name = guest("SELECT ON TABLE T")
    assert user.error("GRANT SELECT ON TABLE T TO ROLE R1") == (
        3102, "42501", "Grant not executed: Insufficient privileges.",
    )  # fmt: skip
    client(f"GRANT SELECT ON TABLE T TO ROLE {name} WITH GRANT OPTION")
    user("GRANT SELECT ON TABLE T TO ROLE R1")
    assert column(client, "SHOW GRANTS TO ROLE R1", "privilege", "granted_by") == [("SELECT", name)]
    code, sqlstate, text = user.error("GRANT SELECT, INSERT ON TABLE T TO ROLE R2")
    assert (code, sqlstate) == (3102, "42501")
    assert text == "Grant not executed: Insufficient privileges."
    assert user.error("GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE R1")[0] == 2003


def test_manage_grants_grants_in_the_owners_name(client, place, guest):
    user, name = guest("MANAGE GRANTS ON ACCOUNT")
    client("GRANT OWNERSHIP ON TABLE T TO ROLE R2")
    user("GRANT SELECT ON TABLE GRANTED.S.T TO ROLE R1")
    assert column(client, "SHOW GRANTS TO ROLE R1", "privilege", "granted_by") == [("SELECT", "R2")]
    user("REVOKE SELECT ON TABLE GRANTED.S.T FROM ROLE R1")
    assert user.error("GRANT CREATE DATABASE ON ACCOUNT TO ROLE R1")[0] == 3102, name


def test_global_privileges_pass_on_with_the_option_only(client, place, guest):
    """SECURITYADMIN cannot grant CREATE DATABASE, SYSADMIN can."""
    client("USE SECONDARY ROLES NONE")
    client("USE ROLE SECURITYADMIN")
    assert client.error("GRANT CREATE DATABASE ON ACCOUNT TO ROLE R1")[0] == 3102
    client("GRANT MANAGE GRANTS ON ACCOUNT TO ROLE R1")
    client("USE ROLE SYSADMIN")
    client("GRANT CREATE DATABASE ON ACCOUNT TO ROLE R1")
    assert client.error("GRANT CREATE DATABASE, EXECUTE TASK ON ACCOUNT TO ROLE R2")[0] in (3011, 3102)
    client("USE ROLE ACCOUNTADMIN")
    assert [row[0] for row in held(client, "R1")] == ["CREATE DATABASE", "MANAGE GRANTS"]
    assert column(client, "SHOW GRANTS TO ROLE R1", "granted_by") == [("SYSADMIN",), ("SECURITYADMIN",)]
    client("USE ROLE SYSADMIN")
    assert client.error("REVOKE MANAGE GRANTS ON ACCOUNT FROM ROLE R1")[:2] == (3103, "42501")
    assert client.error("REVOKE CREATE DATABASE ON ACCOUNT FROM ROLE SYSADMIN")[:2] == (3103, "42501")
    client("REVOKE CREATE DATABASE ON ACCOUNT FROM ROLE R1")


def test_some_are_granted_some_are_not(client, place, guest):
    user, name = guest()
    client(f"GRANT SELECT ON TABLE T TO ROLE {name} WITH GRANT OPTION")
    client("CREATE TABLE T2 (A INT)")
    client(f"GRANT INSERT ON TABLE T2 TO ROLE {name}")
    code, sqlstate, text = user.error("GRANT SELECT ON ALL TABLES IN SCHEMA S TO ROLE R1")
    assert (code, sqlstate) == (3011, "42501")
    assert text == "Grant partially executed: privileges [SELECT] not granted."
    assert held(client, "R1") == [("SELECT", "TABLE", "GRANTED.S.T")]


def test_revoke_of_the_option_and_of_what_was_passed_on(client, place, guest):
    """https://docs.snowflake.com/en/sql-reference/sql/revoke-privilege#optional-parameters"""
    user, name = guest()
    client(f"GRANT SELECT ON TABLE T TO ROLE {name} WITH GRANT OPTION")
    user("GRANT SELECT ON TABLE T TO ROLE R1")
    code, sqlstate, text = client.error(f"REVOKE SELECT ON TABLE T FROM ROLE {name}")
    assert (code, sqlstate) == (3036, "23001")
    assert "Dependent grant of privilege 'SELECT' on securable 'GRANTED.S.T' to role 'R1' exists." in text
    client(f"REVOKE SELECT ON TABLE T FROM ROLE {name} CASCADE")
    assert held(client, "R1") == []
    client(f"GRANT SELECT ON TABLE T TO ROLE {name} WITH GRANT OPTION")
    client(f"REVOKE GRANT OPTION FOR SELECT ON TABLE T FROM ROLE {name}")
    assert column(client, f"SHOW GRANTS TO ROLE {name}", "privilege", "grant_option")[-1] == ("SELECT", "false")
    assert user.error("GRANT SELECT ON TABLE T TO ROLE R1")[0] == 3102


def test_who_may_revoke(client, place, guest):
    user, _ = guest("SELECT ON TABLE T")
    client("GRANT SELECT ON TABLE T TO ROLE R1")
    assert user.error("REVOKE SELECT ON TABLE T FROM ROLE R1") == (
        3103, "42501", "Revoke not executed: Insufficient privileges.",
    )  # fmt: skip
    assert held(client, "R1") != []


# -- ON ALL and ON FUTURE ------------------------------------------------------------------------------


def test_on_all(client, place):
    client("CREATE TABLE T2 (A INT)")
    client("CREATE SCHEMA S2")
    client("CREATE TABLE S2.T3 (A INT)")
    assert client("GRANT SELECT ON ALL TABLES IN SCHEMA S TO ROLE R1") == [(f"{DONE} 2 objects affected.",)]
    assert client("GRANT SELECT ON ALL TABLES IN DATABASE GRANTED TO ROLE R1") == [(f"{DONE} 3 objects affected.",)]
    assert client("GRANT SELECT ON ALL VIEWS IN SCHEMA GRANTED.S TO ROLE R1") == [(f"{DONE} 1 objects affected.",)]
    assert client("GRANT USAGE ON ALL SCHEMAS IN DATABASE GRANTED TO ROLE R1") == [(f"{DONE} 3 objects affected.",)]
    assert client("GRANT USAGE ON ALL FILE FORMATS IN DATABASE GRANTED TO ROLE R1") == [
        (f"{DONE} 0 objects affected.",)
    ]
    assert len(held(client, "R1")) == 7
    assert client("REVOKE SELECT ON ALL TABLES IN DATABASE GRANTED FROM ROLE R1") == [(f"{DONE} 3 objects affected.",)]
    assert client.error("GRANT MONITOR ON ALL PIPES IN SCHEMA S TO ROLE R1")[2] == (
        "Bulk grant on objects of type PIPE to ROLE is restricted."
    )


def test_on_future(client, place):
    assert client("GRANT SELECT, INSERT ON FUTURE TABLES IN SCHEMA S TO ROLE R1") == [(DONE,)]
    client("GRANT SELECT ON FUTURE VIEWS IN DATABASE GRANTED TO ROLE R2 WITH GRANT OPTION")
    client("GRANT USAGE ON FUTURE SCHEMAS IN DATABASE GRANTED TO ROLE R1")
    future = ("privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option")
    assert column(client, "SHOW FUTURE GRANTS IN SCHEMA S", *future) == [
        ("INSERT", "TABLE", "GRANTED.S.<TABLE>", "ROLE", "R1", "false"),
        ("SELECT", "TABLE", "GRANTED.S.<TABLE>", "ROLE", "R1", "false"),
    ]
    assert client.names() == ["created_on", *future]
    assert column(client, "SHOW FUTURE GRANTS IN DATABASE GRANTED", *future) == [
        ("USAGE", "SCHEMA", "GRANTED.<SCHEMA>", "ROLE", "R1", "false"),
        ("SELECT", "VIEW", "GRANTED.<VIEW>", "ROLE", "R2", "true"),
    ]
    assert held(client, "R1") == []
    client("CREATE TABLE S.LATER (A INT)")
    client("CREATE VIEW S.LATER_V AS SELECT 1 AS A")
    client("CREATE SCHEMA LATER")
    assert held(client, "R1") == [
        ("USAGE", "SCHEMA", "GRANTED.LATER"),
        ("INSERT", "TABLE", "GRANTED.S.LATER"),
        ("SELECT", "TABLE", "GRANTED.S.LATER"),
    ]
    assert column(client, "SHOW GRANTS TO ROLE R2", "name", "grant_option") == [("GRANTED.S.LATER_V", "true")]
    client("REVOKE SELECT, INSERT ON FUTURE TABLES IN SCHEMA S FROM ROLE R1")
    assert client("SHOW FUTURE GRANTS IN SCHEMA S") == []
    assert len(held(client, "R1")) == 3, "what was granted stays"


def test_kinds_that_the_sandbox_does_not_hold(client, place):
    """Deployment tools grant on every kind; there are none to grant on, now or later."""
    client("GRANT SELECT ON FUTURE ICEBERG TABLES IN SCHEMA GRANTED.S TO ROLE R1")
    assert column(client, "SHOW FUTURE GRANTS TO ROLE R1", "privilege", "grant_on", "name") == [
        ("SELECT", "ICEBERG_TABLE", "GRANTED.S.<ICEBERG_TABLE>")
    ]
    assert client("GRANT USAGE ON ALL STREAMLITS IN DATABASE GRANTED TO ROLE R1") == [(f"{DONE} 0 objects affected.",)]
    assert client.error("GRANT USAGE ON FUTURE SEMANTIC VIEWS IN SCHEMA GRANTED.S TO ROLE R1")[0] == 3008
    assert client.error("GRANT USAGE ON VOLUME X TO ROLE R1") == (
        2, "0A000", "sandbox does not support grants on EXTERNAL VOLUME"
    )  # fmt: skip


def test_roles_of_snowflake(client, place):
    client("GRANT DATABASE ROLE SNOWFLAKE.CORTEX_USER TO ROLE R1")
    assert held(client, "R1") == [("USAGE", "DATABASE_ROLE", "SNOWFLAKE.CORTEX_USER")]


def test_future_grants_of_the_schema_shut_out_those_of_the_database(client, place):
    client("CREATE SCHEMA S2")
    client("GRANT SELECT ON FUTURE TABLES IN DATABASE GRANTED TO ROLE R1")
    client("GRANT INSERT ON FUTURE TABLES IN SCHEMA S TO ROLE R2")
    client("CREATE TABLE S.N (A INT)")
    client("CREATE TABLE S2.N (A INT)")
    assert column(client, "SHOW GRANTS ON TABLE S.N", "privilege", "grantee_name")[1:] == [("INSERT", "R2")]
    assert column(client, "SHOW GRANTS ON TABLE S2.N", "privilege", "grantee_name")[1:] == [("SELECT", "R1")]


def test_future_ownership(client, place):
    client("GRANT OWNERSHIP ON FUTURE TABLES IN SCHEMA S TO ROLE R1")
    client("GRANT SELECT ON FUTURE TABLES IN SCHEMA S TO ROLE R2")
    client("CREATE TABLE S.N (A INT)")
    assert column(client, "SHOW GRANTS ON TABLE S.N", "privilege", "grantee_name", "granted_by") == [
        ("OWNERSHIP", "R1", "R1"),
        ("SELECT", "R2", "R1"),
    ]
    client("GRANT OWNERSHIP ON FUTURE TABLES IN SCHEMA S TO ROLE R2")
    assert len(client("SHOW FUTURE GRANTS IN SCHEMA S")) == 2, "there is one future owner"
    client("REVOKE OWNERSHIP ON FUTURE TABLES IN SCHEMA S FROM ROLE R2")
    client("CREATE TABLE S.N2 (A INT)")
    assert column(client, "SHOW TABLES LIKE 'N2' IN SCHEMA S", "owner") == [("ACCOUNTADMIN",)]


def test_future_grants_want_manage_grants(client, place, guest):
    user, name = guest()
    client(f"GRANT OWNERSHIP ON SCHEMA S TO ROLE {name} COPY CURRENT GRANTS")
    assert user.error("GRANT SELECT ON FUTURE TABLES IN SCHEMA S TO ROLE R1")[:2] == (3001, "42501")
    client("GRANT OWNERSHIP ON SCHEMA S TO ROLE ACCOUNTADMIN COPY CURRENT GRANTS")
    client("CREATE SCHEMA M WITH MANAGED ACCESS")
    client(f"GRANT OWNERSHIP ON SCHEMA M TO ROLE {name}")
    user("GRANT SELECT ON FUTURE TABLES IN SCHEMA M TO ROLE R1")
    assert column(client, "SHOW FUTURE GRANTS TO ROLE R1", "name") == [("GRANTED.M.<TABLE>",)]


# -- ownership -----------------------------------------------------------------------------------------


def test_ownership(client, place):
    client("GRANT OWNERSHIP ON TABLE T TO ROLE R1")
    assert column(client, "SHOW GRANTS ON TABLE T", "privilege", "grantee_name", "grant_option", "granted_by") == [
        ("OWNERSHIP", "R1", "true", "R1")
    ]
    assert column(client, "SHOW TABLES LIKE 'T'", "owner") == [("R1",)]
    client("GRANT OWNERSHIP ON TABLE T TO ROLE R1")
    assert client.error("GRANT OWNERSHIP ON TABLE T TO ROLE NO_SUCH")[0] == 2003
    assert client.error("GRANT OWNERSHIP ON TABLE NO_SUCH TO ROLE R1")[0] == 2003
    assert client.error("GRANT OWNERSHIP ON TABLE T TO ROLE R2 COPY GRANTS")[0] == 1003
    assert client.error("GRANT OWNERSHIP ON TABLE T TO ROLE R2 COPY CURRENT GRANTS )")[0] == 1003


def test_ownership_and_the_grants_that_are_there(client, place):
    client("GRANT SELECT, INSERT ON TABLE T TO ROLE R2")
    code, sqlstate, text = client.error("GRANT OWNERSHIP ON TABLE T TO ROLE R1")
    assert (code, sqlstate) == (3036, "23001")
    assert text.startswith(
        "SQL execution error: Dependent grant of privilege 'INSERT' on securable 'GRANTED.S.T' to role 'R2' exists.  "
        "It must be revoked first."
    )
    client("GRANT OWNERSHIP ON TABLE T TO ROLE R1 COPY CURRENT GRANTS")
    assert column(client, "SHOW GRANTS ON TABLE T", "privilege", "grantee_name", "granted_by") == [
        ("OWNERSHIP", "R1", "R1"),
        ("INSERT", "R2", "R1"),
        ("SELECT", "R2", "R1"),
    ]
    client("GRANT OWNERSHIP ON TABLE T TO ROLE R2 REVOKE CURRENT GRANTS")
    assert column(client, "SHOW GRANTS ON TABLE T", "privilege", "grantee_name") == [("OWNERSHIP", "R2")]


def test_ownership_of_all(client, place):
    """Not all or nothing: those before the one that cannot go have gone."""
    for name in ("A1", "A2", "A3"):
        client(f"CREATE TABLE S.{name} (A INT)")
    client("GRANT SELECT ON TABLE S.A2 TO ROLE R2")
    assert client.error("GRANT OWNERSHIP ON ALL TABLES IN SCHEMA S TO ROLE R1")[0] == 3036
    owners = dict(column(client, "SHOW TABLES IN SCHEMA S", "name", "owner"))
    assert owners == {"A1": "R1", "A2": "ACCOUNTADMIN", "A3": "ACCOUNTADMIN", "T": "ACCOUNTADMIN"}
    moved = client("GRANT OWNERSHIP ON ALL TABLES IN SCHEMA S TO ROLE R1 COPY CURRENT GRANTS")
    assert moved == [(f"{DONE} 4 objects affected.",)]
    assert set(column(client, "SHOW TABLES IN SCHEMA S", "owner")) == {("R1",)}
    client("GRANT OWNERSHIP ON ALL SCHEMAS IN DATABASE GRANTED TO ROLE R1 REVOKE CURRENT GRANTS")
    owners = dict(column(client, "SHOW SCHEMAS IN DATABASE GRANTED", "name", "owner"))
    assert owners == {"INFORMATION_SCHEMA": "", "PUBLIC": "R1", "S": "R1"}


def test_ownership_to_a_database_role(client, place):
    client("CREATE DATABASE ROLE GRANTED.OWNER")
    client("GRANT OWNERSHIP ON TABLE T TO DATABASE ROLE GRANTED.OWNER")
    assert column(client, "SHOW GRANTS ON TABLE T", "granted_to", "grantee_name") == [("DATABASE_ROLE", "OWNER")]
    assert client.error("GRANT OWNERSHIP ON WAREHOUSE COMPUTE_WH TO DATABASE ROLE GRANTED.OWNER")[1] == "0A000"


def test_who_may_hand_over(client, place, guest):
    user, name = guest("SELECT, INSERT ON TABLE T")
    assert user.error("GRANT OWNERSHIP ON TABLE T TO ROLE R1")[:2] == (3001, "42501")
    client(f"GRANT OWNERSHIP ON TABLE T TO ROLE {name} REVOKE CURRENT GRANTS")
    user("GRANT OWNERSHIP ON TABLE T TO ROLE R1")
    assert column(client, "SHOW TABLES LIKE 'T'", "owner") == [("R1",)]


# -- SHOW GRANTS ---------------------------------------------------------------------------------------


def test_show_grants_of_the_session(client, place):
    assert column(client, "SHOW GRANTS", "role", "granted_to", "grantee_name")[0] == ("ACCOUNTADMIN", "USER", "ADMIN")
    assert client.names() == [
        "created_on", "privilege", "granted_on", "name", "role", "granted_to", "grantee_name", "grant_option",
        "granted_by",
    ]  # fmt: skip
    assert client("SHOW GRANTS TO USER ADMIN") == client("SHOW GRANTS")
    assert len(client("SHOW GRANTS LIMIT 1")) == 1


def test_show_grants_on(client, place):
    client("GRANT SELECT ON TABLE T TO ROLE R1")
    there = client("SHOW GRANTS ON TABLE T")
    for text in ("GRANTED.S.T", "T", "TABLE GRANTED.S.T", "VIEW T"):
        assert client(f"SHOW GRANTS ON {text}") == there
    assert column(client, "SHOW GRANTS ON SCHEMA S", "name", "privilege") == [("GRANTED.S", "OWNERSHIP")]
    assert column(client, "SHOW GRANTS ON DATABASE GRANTED", "name", "privilege") == [("GRANTED", "OWNERSHIP")]
    assert column(client, "SHOW GRANTS ON ROLE R1", "name", "granted_on") == [("R1", "ROLE")]
    assert column(client, "SHOW GRANTS ON USER ADMIN", "name", "grantee_name") == [("ADMIN", "ACCOUNTADMIN")]
    assert client("SHOW GRANTS ON SCHEMA INFORMATION_SCHEMA") == []


SHOW_REFUSED = (
    ("SHOW GRANTS ON TABLE NO_SUCH", 2003),
    ("SHOW GRANTS ON NO_SUCH", 2003),
    ("SHOW GRANTS ON FILE_FORMAT F", 1003),
    ("SHOW GRANTS ON DATABASE", 2003),
    ("SHOW GRANTS TO R1", 1003),
    ("SHOW GRANTS TO ROLE NO_SUCH", 2003),
    ("SHOW GRANTS TO USER NO_SUCH", 2003),
    ("SHOW GRANTS TO ROLE R1 )", 1003),
    ("SHOW GRANTS OF R1", 1003),
    ("SHOW GRANTS OF ROLE NO_SUCH", 2003),
    ("SHOW GRANTS OF SHARE S", 2),
    ("SHOW GRANTS TO SHARE S", 2),
    ("SHOW GRANTS TO APPLICATION A", 2),
    ("SHOW FUTURE GRANTS IN ACCOUNT", 1003),
    ("SHOW FUTURE GRANTS IN SCHEMA NO_SUCH", 2003),
    ("SHOW FUTURE GRANTS TO USER ADMIN", 1003),
)


def test_show_refused(client, place):
    for text, code in SHOW_REFUSED:
        assert client.error(text)[0] == code, text


def test_what_is_dropped_is_not_shown_and_comes_back(client, place):
    client("GRANT SELECT ON TABLE T TO ROLE R1")
    client("GRANT USAGE ON SCHEMA S TO ROLE R1")
    client("DROP TABLE T")
    assert held(client, "R1") == [("USAGE", "SCHEMA", "GRANTED.S")]
    client("UNDROP TABLE T")
    assert held(client, "R1") == [("USAGE", "SCHEMA", "GRANTED.S"), ("SELECT", "TABLE", "GRANTED.S.T")]
    client("DROP SCHEMA S")
    assert held(client, "R1") == []
    client("UNDROP SCHEMA GRANTED.S")
    assert len(held(client, "R1")) == 2


def test_grants_go_with_the_name(client, place):
    client("GRANT SELECT ON TABLE T TO ROLE R1")
    client("ALTER TABLE T RENAME TO T_NEW")
    client("ALTER ROLE R1 RENAME TO R1_NEW")
    assert held(client, "R1_NEW") == [("SELECT", "TABLE", "GRANTED.S.T_NEW")]
    client("DROP ROLE R1_NEW")


def test_grants_to_a_user(client, place, connect):
    """https://docs.snowflake.com/en/sql-reference/sql/grant-privilege-user: in force with secondary roles ALL"""
    client("GRANT SELECT ON TABLE T TO USER ADMIN")
    assert ("SELECT", "TABLE", "GRANTED.S.T", "None", "USER") in column(
        client, "SHOW GRANTS TO USER ADMIN", "privilege", "granted_on", "name", "role", "granted_to"
    )
    client("REVOKE SELECT ON TABLE T FROM USER ADMIN")
    client("CREATE DATABASE ROLE GRANTED.DR")
    client("GRANT DATABASE ROLE GRANTED.DR TO USER ADMIN")
    assert column(client, "SHOW GRANTS OF DATABASE ROLE GRANTED.DR", "role", "granted_to", "grantee_name") == [
        ("GRANTED.DR", "USER", "ADMIN")
    ]
    client("REVOKE DATABASE ROLE GRANTED.DR FROM USER ADMIN")


# -- size ----------------------------------------------------------------------------------------------


def test_many_grants_are_one_commit(client, place):
    """How fast it is belongs to the bench, that it ends soon to here."""
    client("CREATE OR REPLACE SCHEMA MANY")
    for number in range(60):
        client(f"CREATE SEQUENCE MANY.Q{number}")
    client("GRANT USAGE ON ALL SEQUENCES IN SCHEMA MANY TO ROLE R1")
    assert len(held(client, "R1")) == 60
    assert client("REVOKE ALL ON ALL SEQUENCES IN SCHEMA MANY FROM ROLE R1") == [(f"{DONE} 60 objects affected.",)]
