"""Roles and database roles: https://docs.snowflake.com/en/user-guide/security-access-control-overview"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .guests import Guest, column, guests


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def role(client) -> Iterator[str]:
    client("CREATE OR REPLACE ROLE TESTED")
    yield "TESTED"
    client("USE ROLE ACCOUNTADMIN")
    client("DROP ROLE IF EXISTS TESTED")


def test_create(client, role):
    assert client("CREATE ROLE IF NOT EXISTS TESTED") == [("TESTED already exists, statement succeeded.",)]
    assert client.error("CREATE ROLE TESTED")[:2] == (2002, "42710")
    assert client("CREATE OR REPLACE ROLE TESTED COMMENT = 'first'") == [("Role TESTED successfully created.",)]
    client("CREATE OR ALTER ROLE TESTED COMMENT = 'second'")
    assert column(client, "SHOW ROLES LIKE 'TESTED'", "name", "comment", "owner") == [
        ("TESTED", "second", "ACCOUNTADMIN")
    ]
    client("CREATE OR ALTER ROLE TESTED")
    assert column(client, "SHOW ROLES LIKE 'TESTED'", "comment") == [("",)]


REFUSED = (
    ("CREATE ROLE A )", 1003),
    ("CREATE ROLE", 1003),
    ("CREATE ROLE A.B", 1003),
    ("CREATE ROLE A COLOR = 'red'", 1420),
    ("CREATE TRANSIENT ROLE A", 1003),
    ("ALTER ROLE TESTED SET COLOR = 'red'", 1420),
    ("ALTER ROLE TESTED", 1003),
    ("ALTER ROLE NO_SUCH SET COMMENT = 'x'", 2003),
    ("DROP ROLE NO_SUCH", 2003),
    ("DROP ROLE TESTED )", 1003),
    ("DESCRIBE ROLE TESTED", 2),
    ("GRANT ROLE TESTED", 1003),
    ("GRANT ROLE TESTED TO ROLE NO_SUCH", 2003),
    ("GRANT ROLE NO_SUCH TO ROLE TESTED", 2003),
    ("GRANT ROLE TESTED TO USER NO_SUCH", 2003),
    ("GRANT ROLE TESTED TO ROLE SYSADMIN )", 1003),
)


def test_bad_input(client, role):
    for text, code in REFUSED:
        assert client.error(text)[0] == code, text


def test_alter(client, role):
    client("ALTER ROLE TESTED SET COMMENT = 'it''s'")
    assert column(client, "SHOW ROLES LIKE 'TESTED'", "comment") == [("it's",)]
    client("ALTER ROLE IF EXISTS TESTED UNSET COMMENT")
    client("COMMENT ON ROLE TESTED IS 'said'")
    assert column(client, "SHOW ROLES LIKE 'TESTED'", "comment") == [("said",)]
    client('ALTER ROLE TESTED RENAME TO "Tested too"')
    assert column(client, "SHOW ROLES LIKE 'tested too'", "name") == [("Tested too",)]
    client('ALTER ROLE "Tested too" RENAME TO TESTED')
    assert client.error("ALTER ROLE TESTED RENAME TO SYSADMIN")[:2] == (2002, "42710")
    assert client("ALTER ROLE IF EXISTS NO_SUCH SET COMMENT = 'x'") == [("Statement executed successfully.",)]


def test_show_counts(client, role):
    client("CREATE OR REPLACE ROLE TESTED_CHILD")
    client("GRANT ROLE TESTED_CHILD TO ROLE TESTED")
    client("GRANT ROLE TESTED TO ROLE SYSADMIN")
    client("GRANT ROLE TESTED TO USER ADMIN")
    counts = ("name", "assigned_to_users", "granted_to_roles", "granted_roles", "is_inherited", "is_current")
    assert column(client, "SHOW ROLES LIKE 'TESTED%'", *counts) == [
        ("TESTED", "1", "1", "1", "Y", "N"),
        ("TESTED_CHILD", "0", "1", "0", "Y", "N"),
    ]
    assert column(client, "SHOW ROLES LIKE 'ACCOUNTADMIN'", "is_current", "is_default", "owner") == [("Y", "Y", "")]
    assert client.names() == [
        "created_on", "name", "is_default", "is_current", "is_inherited", "assigned_to_users", "granted_to_roles",
        "granted_roles", "owner", "comment",
    ]  # fmt: skip
    assert client("SHOW TERSE ROLES LIKE 'ACCOUNTADMIN'")[0][1:] == ("ACCOUNTADMIN", "Y", "Y", "N")
    assert client.names() == ["created_on", "name", "is_default", "is_current", "is_inherited"]
    assert column(client, "SHOW ROLES LIKE 'PUBLIC'", "is_inherited") == [("Y",)], "everyone has it"
    client("DROP ROLE TESTED_CHILD")


def test_everyone_may_list_roles_and_no_more(guest, client, role):
    """https://docs.snowflake.com/en/sql-reference/sql/show-roles"""
    stranger, _ = guest()
    assert column(stranger, "SHOW ROLES LIKE 'TESTED'", "name") == [("TESTED",)]
    assert stranger.error("DROP ROLE TESTED")[:2] == (3001, "42501")
    assert stranger.error("ALTER ROLE TESTED SET COMMENT = 'x'")[:2] == (3001, "42501")
    assert stranger.error("CREATE ROLE MINE")[:2] == (3001, "42501")


def test_the_maker_owns_what_it_makes(guest, client):
    maker, role = guest("CREATE ROLE ON ACCOUNT")
    maker("CREATE ROLE MADE")
    assert column(maker, "SHOW ROLES LIKE 'MADE'", "owner") == [(role,)]
    maker("ALTER ROLE MADE SET COMMENT = 'mine'")
    maker("DROP ROLE MADE")


def test_system_roles_stay(client):
    for role in ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC"):
        assert client.error(f"DROP ROLE {role}")[0] == 3001
        assert client.error(f"ALTER ROLE {role} RENAME TO X")[0] == 3001
        assert client.error(f"CREATE OR REPLACE ROLE {role}")[0] == 3001
        assert client.error(f"CREATE ROLE {role}")[0] == 2002
    assert client.error("REVOKE ROLE SYSADMIN FROM ROLE ACCOUNTADMIN")[:2] == (3103, "42501")


def test_a_role_in_use_stays(guest):
    maker, role = guest("CREATE ROLE ON ACCOUNT")
    maker("CREATE ROLE IN_USE")
    maker("GRANT ROLE IN_USE TO USER ADMIN")
    maker("GRANT OWNERSHIP ON ROLE IN_USE TO ROLE IN_USE")
    maker("USE ROLE IN_USE")
    assert maker.error("DROP ROLE IN_USE")[1] == "42501"
    maker(f"GRANT OWNERSHIP ON ROLE IN_USE TO ROLE {role}")
    maker(f"USE ROLE {role}")
    maker("DROP ROLE IN_USE")


def test_objects_of_a_dropped_role_pass_on(client, guest, role):
    """https://docs.snowflake.com/en/sql-reference/sql/drop-role#usage-notes"""
    client("CREATE TABLE T (A INT)")
    client("GRANT OWNERSHIP ON TABLE T TO ROLE TESTED")
    client("GRANT SELECT ON TABLE T TO ROLE PUBLIC")
    client("DROP ROLE TESTED")
    assert column(client, "SHOW TABLES LIKE 'T'", "owner") == [("ACCOUNTADMIN",)]
    assert column(client, "SHOW GRANTS ON TABLE T", "privilege", "grantee_name") == [
        ("OWNERSHIP", "ACCOUNTADMIN"),
        ("SELECT", "PUBLIC"),
    ]


# -- the hierarchy -------------------------------------------------------------------------------------


def test_roles_inherit(client, guest, role):
    client("CREATE TABLE T (A INT)")
    user, name = guest()
    assert user.error("SELECT * FROM T")[0] == 2003
    client("GRANT SELECT ON TABLE T TO ROLE TESTED")
    client(f"GRANT ROLE TESTED TO ROLE {name}")
    assert user("SELECT * FROM T") == []
    assert column(client, "SHOW GRANTS OF ROLE TESTED", "role", "granted_to", "grantee_name", "granted_by") == [
        ("TESTED", "ROLE", name, "ACCOUNTADMIN")
    ]
    client(f"REVOKE ROLE TESTED FROM ROLE {name}")
    assert user.error("SELECT * FROM T")[0] == 2003
    client(f"REVOKE ROLE TESTED FROM ROLE {name}")


def test_no_cycles(client, role):
    client("CREATE OR REPLACE ROLE TESTED_CHILD")
    client("GRANT ROLE TESTED_CHILD TO ROLE TESTED")
    assert client.error("GRANT ROLE TESTED TO ROLE TESTED_CHILD")[1] == "42501"
    assert client.error("GRANT ROLE TESTED TO ROLE TESTED")[1] == "42501"
    assert client.error("GRANT ROLE ACCOUNTADMIN TO ROLE SYSADMIN")[1] == "42501"
    client("DROP ROLE TESTED_CHILD")


def test_who_may_grant_a_role(client, guest, role):
    """https://docs.snowflake.com/en/sql-reference/sql/grant-role#access-control-requirements"""
    other, name = guest()
    for text in (f"GRANT ROLE TESTED TO ROLE {name}", "GRANT ROLE SYSADMIN TO USER ADMIN"):
        assert other.error(text) == (3102, "42501", "Grant not executed: Insufficient privileges.")
    assert other.error(f"REVOKE ROLE TESTED FROM ROLE {name}")[0] == 3103
    client(f"GRANT OWNERSHIP ON ROLE TESTED TO ROLE {name}")
    other(f"GRANT ROLE TESTED TO ROLE {name}")
    client("GRANT OWNERSHIP ON ROLE TESTED TO ROLE ACCOUNTADMIN REVOKE CURRENT GRANTS")
    client(f"GRANT MANAGE GRANTS ON ACCOUNT TO ROLE {name}")
    other(f"GRANT ROLE TESTED TO ROLE {name}")
    assert column(client, "SHOW GRANTS OF ROLE TESTED", "granted_by") == [("ACCOUNTADMIN",)]


def test_public_is_everyones(client, role):
    said = "Granting role PUBLIC has no effect.  Every user and role has role PUBLIC implicitly granted."
    assert client("GRANT ROLE PUBLIC TO ROLE TESTED") == [(said,)]
    assert client("GRANT ROLE PUBLIC TO USER ADMIN") == [(said,)]
    assert client("SHOW GRANTS TO ROLE TESTED") == []


# -- USE -----------------------------------------------------------------------------------------------


def test_use_role(client, role):
    assert client.error("USE ROLE NO_SUCH")[:2] == (2043, "02000")
    client("CREATE USER ONLY PASSWORD = 'x'")
    assert client.error("USE ROLE TESTED")[:2] == (3013, "42501")
    client("GRANT ROLE TESTED TO USER ADMIN")
    client("USE ROLE TESTED")
    assert client("SELECT CURRENT_ROLE()") == [("TESTED",)]
    client("USE ROLE SYSADMIN")
    client("USE ROLE ACCOUNTADMIN")
    client("DROP USER ONLY")


def test_secondary_roles(client, connect, guest):
    """https://docs.snowflake.com/en/sql-reference/sql/use-secondary-roles: CREATE is the primary role's alone"""
    client("CREATE TABLE T (A INT)")
    _, name = guest("SELECT ON TABLE T")
    user, _ = guest()
    database = client("SELECT CURRENT_DATABASE()")[0][0]
    assert user.error("SELECT * FROM T")[0] == 2003
    user(f"USE SECONDARY ROLES {name}")
    assert user("SELECT * FROM T") == []
    client(f'GRANT CREATE TABLE ON SCHEMA "{database}".PUBLIC TO ROLE {name}')
    assert user.error("CREATE TABLE T2 (A INT)")[:2] == (3001, "42501")
    user("USE SECONDARY ROLES ALL")
    assert user.error("CREATE TABLE T2 (A INT)")[:2] == (3001, "42501")
    user(f"USE ROLE {name}")
    user("CREATE TABLE T2 (A INT)")
    assert column(client, "SHOW TABLES LIKE 'T2'", "owner") == [(name,)]
    assert user.error("USE SECONDARY ROLES NO_SUCH")[0] == 2043


# -- database roles ------------------------------------------------------------------------------------


def test_database_role(client):
    database = client("SELECT CURRENT_DATABASE()")[0][0]
    full = f'"{database}"' + ".READER"
    assert client("CREATE DATABASE ROLE READER COMMENT = 'x'") == [(f"Role {full} successfully created.",)]
    assert client(f"CREATE DATABASE ROLE IF NOT EXISTS {full}") == [(f"{full} already exists, statement succeeded.",)]
    assert client.error("CREATE DATABASE ROLE READER")[:2] == (2002, "42710")
    client("ALTER DATABASE ROLE READER SET COMMENT = 'y'")
    client("CREATE OR ALTER DATABASE ROLE READER COMMENT = 'z'")
    shown = column(
        client, f'SHOW DATABASE ROLES IN DATABASE "{database}"', "name", "comment", "owner", "owner_role_type"
    )
    assert shown == [("READER", "z", "ACCOUNTADMIN", "ROLE")]
    assert client.names() == [
        "created_on", "name", "is_default", "is_current", "is_inherited", "granted_to_roles",
        "granted_to_database_roles", "granted_database_roles", "owner", "comment", "owner_role_type",
    ]  # fmt: skip
    client(f"ALTER DATABASE ROLE {full} RENAME TO READER2")
    assert client("DROP DATABASE ROLE READER2") == [("READER2 successfully dropped.",)]
    assert client.error("DROP DATABASE ROLE READER2")[0] == 2003
    assert client.error("CREATE DATABASE ROLE A COLOR = 'red'")[0] == 1420
    assert client.error("CREATE DATABASE ROLE A )")[0] == 1003


def test_database_role_gives_what_it_holds(client, guest):
    database = client("SELECT CURRENT_DATABASE()")[0][0]
    client("CREATE TABLE T (A INT)")
    client("CREATE DATABASE ROLE READER")
    client("CREATE DATABASE ROLE OUTER_READER")
    client("GRANT DATABASE ROLE READER TO DATABASE ROLE OUTER_READER")
    client("GRANT USAGE ON SCHEMA PUBLIC TO DATABASE ROLE READER")
    client("GRANT SELECT ON TABLE T TO DATABASE ROLE READER")
    user, name = guest(bare=True)
    table = f'"{database}".PUBLIC.T'
    assert user.error(f"SELECT * FROM {table}")[0] == 2003
    client(f"GRANT DATABASE ROLE OUTER_READER TO ROLE {name}")
    assert user(f"SELECT * FROM {table}") == [], "the database is open to its database roles"
    counts = ("name", "granted_to_roles", "granted_to_database_roles", "granted_database_roles")
    assert column(client, f'SHOW DATABASE ROLES IN DATABASE "{database}"', *counts) == [
        ("OUTER_READER", "1", "0", "1"),
        ("READER", "0", "1", "0"),
    ]
    assert client.error("GRANT DATABASE ROLE OUTER_READER TO DATABASE ROLE READER")[1] == "42501"
    client(f"REVOKE DATABASE ROLE OUTER_READER FROM ROLE {name} CASCADE")
    assert user.error(f"SELECT * FROM {table}")[0] == 2003


def test_database_role_stays_in_its_database(client):
    client("CREATE DATABASE ROLE INSIDE")
    database = client("SELECT CURRENT_DATABASE()")[0][0]
    client("CREATE OR REPLACE DATABASE TEST_OTHER")
    client("CREATE DATABASE ROLE TEST_OTHER.OUTSIDE")
    client("CREATE TABLE TEST_OTHER.PUBLIC.T (A INT)")
    client(f'USE DATABASE "{database}"')
    for text in (
        "GRANT SELECT ON TABLE TEST_OTHER.PUBLIC.T TO DATABASE ROLE INSIDE",
        "GRANT USAGE ON WAREHOUSE COMPUTE_WH TO DATABASE ROLE INSIDE",
        "GRANT CREATE ROLE ON ACCOUNT TO DATABASE ROLE INSIDE",
        "GRANT DATABASE ROLE TEST_OTHER.OUTSIDE TO DATABASE ROLE INSIDE",
    ):
        assert client.error(text)[1] == "0A000", text
    assert client.error("GRANT DATABASE ROLE INSIDE TO SHARE S")[1] == "0A000"
    client("DROP DATABASE TEST_OTHER")


def test_a_dropped_database_takes_its_roles_along(client, guest):
    client("CREATE OR REPLACE DATABASE TEST_GOING")
    client("CREATE DATABASE ROLE TEST_GOING.READER")
    _, name = guest(bare=True)
    client(f"GRANT DATABASE ROLE TEST_GOING.READER TO ROLE {name}")
    client("DROP DATABASE TEST_GOING")
    assert client(f"SHOW GRANTS TO ROLE {name}") == []
    assert client.error("SHOW GRANTS OF DATABASE ROLE TEST_GOING.READER")[0] == 2003
    client("UNDROP DATABASE TEST_GOING")
    assert column(client, f"SHOW GRANTS TO ROLE {name}", "name") == [("TEST_GOING.READER",)]
    client("DROP DATABASE TEST_GOING")
