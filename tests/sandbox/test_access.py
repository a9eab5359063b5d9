"""What each statement needs: a role with exactly that, the owner, a stranger.

https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .guests import Guest, column, guests

NOT_SEEN, NOT_ALLOWED = 2003, 3001


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def place(client) -> str:
    """A database with a schema S, in it a table T with a row, a view V, a stage STG and a sequence Q."""
    client("CREATE OR REPLACE DATABASE ACCESSED")
    client("CREATE SCHEMA S")
    client("CREATE TABLE T (A INT)")
    client("INSERT INTO T VALUES (1)")
    client("CREATE VIEW V AS SELECT A FROM T")
    client("CREATE STAGE STG")
    client("CREATE SEQUENCE Q")
    client("CREATE FILE FORMAT F TYPE = CSV")
    return "ACCESSED.S"


def refused(client, text: str) -> int:
    return int(client.error(text)[0])


# -- databases and schemas -----------------------------------------------------------------------------


def test_stranger(client, guest, place):
    stranger, _ = guest(bare=True)
    for text in (
        "SELECT * FROM ACCESSED.S.T", "INSERT INTO ACCESSED.S.T VALUES (2)", "DROP TABLE ACCESSED.S.T",
        "ALTER TABLE ACCESSED.S.T ADD COLUMN B INT", "DESCRIBE TABLE ACCESSED.S.T", "DROP SCHEMA ACCESSED.S",
        "DROP DATABASE ACCESSED", "ALTER DATABASE ACCESSED SET COMMENT = 'x'", "CREATE TABLE ACCESSED.S.N (A INT)",
        "CREATE SCHEMA ACCESSED.N", "TRUNCATE TABLE ACCESSED.S.T", "SHOW GRANTS ON TABLE ACCESSED.S.T",
        "GRANT SELECT ON TABLE ACCESSED.S.T TO ROLE PUBLIC", "SELECT ACCESSED.S.Q.NEXTVAL",
    ):  # fmt: skip
        assert refused(stranger, text) in (NOT_SEEN, 2043), text
    for text in ("USE DATABASE ACCESSED", "USE SCHEMA ACCESSED.S", "SHOW TABLES IN SCHEMA ACCESSED.S"):
        assert stranger.error(text)[:2] == (2043, "02000"), text
    assert stranger("SHOW DATABASES LIKE 'ACCESSED'") == []
    assert stranger.error("CREATE DATABASE N")[:2] == (NOT_ALLOWED, "42501")


def test_any_privilege_opens_a_container(client, guest, place):
    """A role with any privilege on a database and schema may resolve them, USAGE or not."""
    user, role = guest("MONITOR ON DATABASE ACCESSED", "CREATE TABLE ON SCHEMA ACCESSED.S", bare=True)
    assert len(user("SHOW SCHEMAS LIKE 'S' IN DATABASE ACCESSED")) == 1
    user("USE SCHEMA ACCESSED.S")
    user("CREATE TABLE MINE (A INT)")
    assert column(client, "SHOW TABLES LIKE 'MINE' IN SCHEMA ACCESSED.S", "owner") == [(role,)]
    assert refused(user, "SELECT * FROM T") == NOT_SEEN
    assert refused(user, "CREATE VIEW N AS SELECT 1 AS A") == NOT_ALLOWED


def test_create_wants_the_privilege_on_the_container(client, guest, place):
    for privilege, text in (
        ("CREATE SCHEMA ON DATABASE ACCESSED", "CREATE SCHEMA ACCESSED.N"),
        ("CREATE DATABASE ROLE ON DATABASE ACCESSED", "CREATE DATABASE ROLE ACCESSED.N"),
        ("CREATE TABLE ON SCHEMA S", "CREATE TABLE N1 (A INT)"),
        ("CREATE VIEW ON SCHEMA S", "CREATE VIEW N2 AS SELECT 1 AS A"),
        ("CREATE STAGE ON SCHEMA S", "CREATE STAGE N"),
        ("CREATE SEQUENCE ON SCHEMA S", "CREATE SEQUENCE N"),
        ("CREATE FILE FORMAT ON SCHEMA S", "CREATE FILE FORMAT N TYPE = CSV"),
        ("CREATE DATABASE ON ACCOUNT", "CREATE DATABASE ACCESSED_N"),
    ):
        user, role = guest()
        assert user.error(text)[:2] == (NOT_ALLOWED, "42501"), text
        client(f"GRANT {privilege} TO ROLE {role}")
        user(text)
    client("GRANT OWNERSHIP ON DATABASE ACCESSED_N TO ROLE ACCOUNTADMIN REVOKE CURRENT GRANTS")
    client("DROP DATABASE ACCESSED_N")


def test_database_privileges(client, guest, place):
    user, role = guest(bare=True)
    client(f"GRANT USAGE ON DATABASE ACCESSED TO ROLE {role}")
    for text in ("ALTER DATABASE ACCESSED SET COMMENT = 'x'", "DROP DATABASE ACCESSED", "CREATE SCHEMA ACCESSED.N"):
        assert user.error(text)[:2] == (NOT_ALLOWED, "42501"), text
    client(f"GRANT MODIFY ON DATABASE ACCESSED TO ROLE {role}")
    user("ALTER DATABASE ACCESSED SET COMMENT = 'x'")
    assert refused(user, "ALTER DATABASE ACCESSED RENAME TO N") == NOT_ALLOWED
    assert refused(user, "DROP DATABASE ACCESSED") == NOT_ALLOWED


def test_schema_privileges(client, guest, place):
    user, role = guest()
    for text in ("ALTER SCHEMA S SET COMMENT = 'x'", "DROP SCHEMA S", "ALTER SCHEMA S RENAME TO N"):
        assert user.error(text)[:2] == (NOT_ALLOWED, "42501"), text
    client(f"GRANT MODIFY ON SCHEMA S TO ROLE {role}")
    user("ALTER SCHEMA S SET COMMENT = 'x'")
    assert refused(user, "DROP SCHEMA S") == NOT_ALLOWED
    assert user("SHOW TABLES IN SCHEMA S") == [], "what is in it is another matter"


# -- tables and views ----------------------------------------------------------------------------------

TABLE = {
    "SELECT * FROM T": "SELECT",
    "INSERT INTO T VALUES (2)": "INSERT",
    "TRUNCATE TABLE T": "TRUNCATE",
    "ALTER TABLE T ADD COLUMN B INT": "OWNERSHIP",
    "ALTER TABLE T RENAME TO T": "OWNERSHIP",
    "CREATE OR REPLACE TABLE T (A INT)": "OWNERSHIP",
    "DROP TABLE T": "OWNERSHIP",
}


@pytest.mark.parametrize("privilege", ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"])
def test_table_privileges(client, guest, place, privilege):
    user, _ = guest(f"{privilege} ON TABLE T")
    assert len(user("SHOW TABLES LIKE 'T'")) == 1
    assert user("DESCRIBE TABLE T")
    for text, wanted in TABLE.items():
        if wanted == privilege:
            user(text)
        elif (wanted, privilege) != ("TRUNCATE", "DELETE"):
            assert user.error(text)[:2] == (NOT_ALLOWED, "42501"), text


def test_dml_wants_what_it_reads_too(client, guest, place):
    """https://docs.snowflake.com/en/sql-reference/sql/update, delete and insert"""
    user, role = guest("SELECT, INSERT ON TABLE T")
    assert refused(user, "UPDATE T SET A = 2 WHERE A = 1") == NOT_ALLOWED
    client(f"GRANT UPDATE ON TABLE T TO ROLE {role}")
    user("UPDATE T SET A = 2 WHERE A = 1")
    assert refused(user, "DELETE FROM T WHERE A = 2") == NOT_ALLOWED
    client(f"GRANT DELETE ON TABLE T TO ROLE {role}")
    user("DELETE FROM T WHERE A = 2")
    client("CREATE TABLE OTHER (A INT)")
    assert refused(user, "INSERT INTO T SELECT A FROM OTHER") in (NOT_SEEN, NOT_ALLOWED)


def test_the_owner_may_all(client, guest, place):
    owner, _ = guest("OWNERSHIP ON TABLE T", "OWNERSHIP ON VIEW V", "CREATE TABLE ON SCHEMA S")
    for text in TABLE:
        owner(text if "RENAME" not in text else "ALTER TABLE T RENAME TO T")
    assert refused(owner, "SELECT * FROM T") == NOT_SEEN


def test_a_view_reads_as_its_owner(client, guest, place):
    """https://docs.snowflake.com/en/user-guide/views-introduction"""
    user, role = guest("SELECT ON VIEW V")
    assert user("SELECT * FROM V") == [(1,)]
    assert refused(user, "SELECT * FROM T") == NOT_SEEN
    client(f"GRANT OWNERSHIP ON VIEW V TO ROLE {role} REVOKE CURRENT GRANTS")
    assert refused(user, "SELECT * FROM V") in (NOT_SEEN, NOT_ALLOWED, 2037), "its owner may not read the table"
    client(f"GRANT SELECT ON TABLE T TO ROLE {role}")
    assert user("SELECT * FROM V") == [(1,)]


def test_clone_and_ctas_read(client, guest, place):
    user, role = guest("CREATE TABLE ON SCHEMA S")
    assert refused(user, "CREATE TABLE N AS SELECT * FROM T") == NOT_SEEN
    assert refused(user, "CREATE TABLE N CLONE T") == NOT_SEEN
    client(f"GRANT SELECT ON TABLE T TO ROLE {role}")
    user("CREATE TABLE N AS SELECT * FROM T")
    user("CREATE TABLE N2 CLONE T")


def test_replace_and_copy_grants(client, guest, place):
    """https://docs.snowflake.com/en/sql-reference/sql/create-table#optional-parameters"""
    user, role = guest("SELECT ON TABLE T", "SELECT ON VIEW V")
    client("CREATE OR REPLACE TABLE T COPY GRANTS AS SELECT 5 AS A")
    assert user("SELECT * FROM T") == [(5,)]
    client("CREATE OR REPLACE VIEW V COPY GRANTS AS SELECT A + 1 AS A FROM T")
    assert user("SELECT * FROM V") == [(6,)]
    client("CREATE OR REPLACE TABLE T (A INT)")
    assert refused(user, "SELECT * FROM T") == NOT_SEEN
    assert len(client(f"SHOW GRANTS TO ROLE {role}")) == 4 - 1 + 0, "USAGE twice, and SELECT on the view"


def test_copied_grants_shut_out_future_ones(client, place):
    """https://docs.snowflake.com/en/release-notes/bcr-bundles/2026_08/bcr-2433: what holds before that change"""
    client("CREATE OR REPLACE ROLE HEIR")
    client("CREATE TABLE SEED (A INT)")
    client("CREATE VIEW OLD AS SELECT A FROM SEED")
    client("GRANT SELECT ON VIEW OLD TO ROLE PUBLIC")
    for kind in ("TABLES", "VIEWS"):
        client(f"GRANT OWNERSHIP ON FUTURE {kind} IN SCHEMA S TO ROLE HEIR")
        client(f"GRANT REFERENCES ON FUTURE {kind} IN SCHEMA S TO ROLE PUBLIC")
    client("CREATE OR REPLACE VIEW OLD COPY GRANTS AS SELECT A FROM SEED")
    granted = ("privilege", "grantee_name", "granted_by")
    assert column(client, "SHOW GRANTS ON VIEW OLD", *granted) == [
        ("OWNERSHIP", "ACCOUNTADMIN", "ACCOUNTADMIN"),
        ("SELECT", "PUBLIC", "ACCOUNTADMIN"),
    ]
    client("CREATE OR REPLACE TABLE SEED COPY GRANTS AS SELECT 1 AS A")
    assert column(client, "SHOW GRANTS ON TABLE SEED", *granted) == [("OWNERSHIP", "ACCOUNTADMIN", "ACCOUNTADMIN")]
    client("CREATE OR REPLACE VIEW FRESH COPY GRANTS AS SELECT A FROM SEED")
    client("CREATE OR REPLACE TABLE SEED (A INT)")
    for name in ("VIEW FRESH", "TABLE SEED"):
        assert column(client, f"SHOW GRANTS ON {name}", *granted) == [
            ("OWNERSHIP", "HEIR", "HEIR"),
            ("REFERENCES", "PUBLIC", "HEIR"),
        ], "where no grants are copied"
    client("GRANT OWNERSHIP ON ALL TABLES IN SCHEMA S TO ROLE ACCOUNTADMIN COPY CURRENT GRANTS")
    client("GRANT OWNERSHIP ON ALL VIEWS IN SCHEMA S TO ROLE ACCOUNTADMIN COPY CURRENT GRANTS")
    client("DROP ROLE HEIR")


def test_undrop_keeps_grants(client, guest, place):
    user, _ = guest("SELECT ON TABLE T")
    client("DROP TABLE T")
    assert refused(user, "SELECT * FROM T") == NOT_SEEN
    client("UNDROP TABLE T")
    assert user("SELECT * FROM T") == [(1,)]
    client("DROP SCHEMA S")
    client("UNDROP SCHEMA S")
    assert user("SELECT * FROM ACCESSED.S.T") == [(1,)]


# -- the rest of a schema ------------------------------------------------------------------------------


def test_stage_privileges(client, guest, place, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("1\n")
    user, role = guest()
    assert user("SHOW STAGES LIKE 'STG'") == []
    assert refused(user, "LIST @STG") == NOT_SEEN
    client(f"GRANT READ ON STAGE STG TO ROLE {role}")
    assert user("LIST @STG") == []
    assert refused(user, f"PUT file://{file} @STG") == NOT_ALLOWED
    client(f"GRANT WRITE ON STAGE STG TO ROLE {role}")
    assert user(f"PUT file://{file} @STG")[0][6] == "UPLOADED"
    assert refused(user, "DROP STAGE STG") == NOT_ALLOWED


def test_sequence_and_file_format_privileges(client, guest, place):
    user, role = guest()
    assert refused(user, "DESCRIBE FILE FORMAT F") == NOT_SEEN
    assert refused(user, "DESCRIBE SEQUENCE Q") == NOT_SEEN
    client(f"GRANT USAGE ON SEQUENCE Q TO ROLE {role}")
    client(f"GRANT USAGE ON FILE FORMAT F TO ROLE {role}")
    assert user("SELECT Q.NEXTVAL") == [(1,)]
    assert user("DESCRIBE FILE FORMAT F")
    assert refused(user, "ALTER FILE FORMAT F SET SKIP_HEADER = 1") == NOT_ALLOWED
    assert refused(user, "DROP SEQUENCE Q") == NOT_ALLOWED


# -- managed access ------------------------------------------------------------------------------------


def test_managed_access(client, guest, place):
    """The schema's owner decides: https://docs.snowflake.com/en/user-guide/security-access-control-configure"""
    client("CREATE SCHEMA M WITH MANAGED ACCESS")
    client("CREATE ROLE IF NOT EXISTS READER")
    maker, role = guest("CREATE TABLE ON SCHEMA M", "USAGE ON SCHEMA M")
    maker("CREATE TABLE M.T (A INT)")
    assert column(client, "SHOW TABLES IN SCHEMA M", "owner") == [(role,)]
    assert maker.error("GRANT SELECT ON TABLE M.T TO ROLE READER")[:2] == (3102, "42501")
    assert maker.error("GRANT OWNERSHIP ON TABLE M.T TO ROLE READER")[:2] == (3001, "42501")
    keeper, other = guest("USAGE ON DATABASE ACCESSED", bare=True)
    client(f"GRANT OWNERSHIP ON SCHEMA M TO ROLE {other} COPY CURRENT GRANTS")
    keeper("GRANT SELECT ON TABLE ACCESSED.M.T TO ROLE READER")
    assert column(client, "SHOW GRANTS TO ROLE READER", "privilege", "name", "granted_by") == [
        ("SELECT", "ACCESSED.M.T", other)
    ]
    assert refused(keeper, "SELECT * FROM ACCESSED.M.T") == NOT_SEEN
    keeper("ALTER SCHEMA ACCESSED.M DISABLE MANAGED ACCESS")
    maker("GRANT INSERT ON TABLE M.T TO ROLE READER")
    client("DROP ROLE READER")


# -- sessions ------------------------------------------------------------------------------------------


def test_functions_that_ask_for_roles(client, guest, place):
    """https://docs.snowflake.com/en/sql-reference/functions/is_role_in_session"""
    user, role = guest()
    client("CREATE OR REPLACE ROLE CHILD")
    client(f"GRANT ROLE CHILD TO ROLE {role}")
    client("CREATE DATABASE ROLE ACCESSED.DR")
    text = f"SELECT IS_ROLE_IN_SESSION('{role}'), IS_ROLE_IN_SESSION('CHILD'), IS_ROLE_IN_SESSION('SYSADMIN')"
    assert user(text) == [(True, True, False)]
    assert user("SELECT IS_DATABASE_ROLE_IN_SESSION('DR'), INVOKER_ROLE()") == [(False, role)]
    client(f"GRANT DATABASE ROLE ACCESSED.DR TO ROLE {role}")
    assert user("SELECT IS_DATABASE_ROLE_IN_SESSION('ACCESSED.DR')") == [(True,)]
    client("CREATE VIEW WHO AS SELECT INVOKER_ROLE() AS I, CURRENT_ROLE() AS C, IS_ROLE_IN_SESSION('CHILD') AS S")
    client(f"GRANT SELECT ON VIEW WHO TO ROLE {role}")
    assert user("SELECT * FROM WHO") == [("ACCOUNTADMIN", role, True)]
    client("DROP ROLE CHILD")


def test_what_was_revoked_is_gone_at_once(client, guest, place):
    user, role = guest("SELECT ON TABLE T")
    assert user("SELECT * FROM T") == [(1,)]
    client(f"REVOKE SELECT ON TABLE T FROM ROLE {role}")
    assert refused(user, "SELECT * FROM T") == NOT_SEEN
    client(f"GRANT SELECT ON TABLE T TO ROLE {role}")
    client(f"REVOKE USAGE ON SCHEMA S FROM ROLE {role}")
    assert refused(user, "SELECT * FROM ACCESSED.S.T") == NOT_SEEN
