"""EXPLAIN_PRIVILEGES: https://docs.snowflake.com/en/sql-reference/functions/explain_privileges"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .guests import Guest, guests


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def place(client) -> None:
    client("CREATE OR REPLACE DATABASE EXPLAINED")
    client("CREATE SCHEMA S")
    client("CREATE TABLE T (A INT)")
    client("CREATE TABLE OTHER (A INT)")
    client("CREATE VIEW V AS SELECT A FROM T")
    client("CREATE TAG G")
    client("CREATE OR REPLACE ROLE EXPLAINED_ROLE")


ABOVE = "<ANY> DATABASE EXPLAINED", "<ANY> SCHEMA EXPLAINED.S"
MANAGE = "MANAGE GRANTS ACCOUNT SANDBOX"


def told(client, statement: str, **more: Any) -> Any:
    """What a statement needs: texts, and tuples of those of which one will do; True where nothing is missing."""
    names = ", ".join(["statement => ?", *(f"{name} => ?" for name in more)])
    found = json.loads(client(f"SELECT EXPLAIN_PRIVILEGES({names})", [statement, *more.values()])[0][0])
    return found["authorized"] if "authorized" in found else tuple(map(short, found["allOf"]))


def short(node: dict[str, Any]) -> Any:
    if "oneOf" in node:
        return tuple(map(short, node["oneOf"]))
    if "allOf" in node:
        return list(map(short, node["allOf"]))
    return f"{node['privilege']} {node['objectType']} {node['objectName']}"


@pytest.mark.parametrize(
    ("statement", "needed"),
    [
        ("SELECT * FROM T JOIN V ON TRUE", (*ABOVE, "SELECT TABLE EXPLAINED.S.T", "SELECT VIEW EXPLAINED.S.V")),
        ("INSERT INTO T SELECT A FROM OTHER",
         (*ABOVE, "INSERT TABLE EXPLAINED.S.T", "SELECT TABLE EXPLAINED.S.OTHER")),
        ("DELETE FROM T", (*ABOVE, "DELETE TABLE EXPLAINED.S.T")),
        ("TRUNCATE TABLE T", (*ABOVE, ("TRUNCATE TABLE EXPLAINED.S.T", "DELETE TABLE EXPLAINED.S.T"))),
        ("DESC SCHEMA EXPLAINED.S", ("<ANY> DATABASE EXPLAINED", "MONITOR SCHEMA EXPLAINED.S")),
        ("CREATE TABLE FRESH (A INT)", ("<ANY> DATABASE EXPLAINED", "CREATE TABLE SCHEMA EXPLAINED.S")),
        ("CREATE SCHEMA FRESH", ("CREATE SCHEMA DATABASE EXPLAINED",)),
        ("CREATE DATABASE FRESH", ("CREATE DATABASE ACCOUNT SANDBOX",)),
        ("CREATE OR REPLACE TABLE T (A INT)",
         ("<ANY> DATABASE EXPLAINED", "CREATE TABLE SCHEMA EXPLAINED.S", "OWNERSHIP TABLE EXPLAINED.S.T")),
        ("ALTER TABLE T ADD COLUMN B INT", (*ABOVE, "OWNERSHIP TABLE EXPLAINED.S.T")),
        ("DROP TABLE T", (*ABOVE, "OWNERSHIP TABLE EXPLAINED.S.T")),
        ("DROP DATABASE EXPLAINED", ("OWNERSHIP DATABASE EXPLAINED",)),
        ("ALTER TABLE T SET TAG G = 'x'",
         (*ABOVE, ("APPLY TAG EXPLAINED.S.G", "APPLY TAG ACCOUNT SANDBOX"),
          ("OWNERSHIP TABLE EXPLAINED.S.T", "APPLY TAG ACCOUNT SANDBOX"))),
        ("ALTER WAREHOUSE COMPUTE_WH SUSPEND",
         (("OWNERSHIP WAREHOUSE COMPUTE_WH", "OPERATE WAREHOUSE COMPUTE_WH"),)),
        ("GRANT ROLE EXPLAINED_ROLE TO ROLE SYSADMIN", (("OWNERSHIP ROLE EXPLAINED_ROLE", MANAGE),)),
        ("GRANT SELECT ON TABLE T TO ROLE EXPLAINED_ROLE",
         (*ABOVE, "<ANY> TABLE EXPLAINED.S.T",
          ("OWNERSHIP TABLE EXPLAINED.S.T", "SELECT WITH GRANT OPTION TABLE EXPLAINED.S.T", MANAGE))),
        ("GRANT OWNERSHIP ON TABLE T TO ROLE EXPLAINED_ROLE",
         (*ABOVE, "<ANY> TABLE EXPLAINED.S.T", (MANAGE, "OWNERSHIP TABLE EXPLAINED.S.T"))),
        ("GRANT SELECT ON FUTURE TABLES IN SCHEMA S TO ROLE EXPLAINED_ROLE", (*ABOVE, MANAGE)),
        ("ALTER USER ADMIN ABORT ALL QUERIES", True),
        ("SHOW TABLES IN ACCOUNT", True),
        ("SELECT 1", True),
    ],
)  # fmt: skip
def test_what_a_statement_needs(client, place, statement, needed):
    assert told(client, statement) == needed


DOES_MUCH = (
    "INSERT INTO T VALUES (2)", "DROP TABLE T", "ALTER TABLE T ADD COLUMN B INT", "CREATE TABLE U (A INT)",
    "GRANT SELECT ON TABLE T TO ROLE EXPLAINED_ROLE", "ALTER SESSION SET QUERY_TAG = 'x'",
)  # fmt: skip


def test_nothing_is_done(client, place):
    client("BEGIN")
    client("INSERT INTO T VALUES (1)")
    for statement in DOES_MUCH:
        client("CALL EXPLAIN_PRIVILEGES(statement => ?)", [statement])
        assert client.names() == ["EXPLAIN_PRIVILEGES"]
    assert client("SELECT A FROM T") == [(1,)]
    client("ROLLBACK")
    assert client("SELECT * FROM T") == []
    assert [row[1] for row in client("SHOW TABLES")] == ["OTHER", "T"]
    assert client("SHOW GRANTS TO ROLE EXPLAINED_ROLE") == []
    assert client("SHOW PARAMETERS LIKE 'QUERY_TAG'")[0][1] == ""


def test_what_is_missing(client, guest, place):
    """Any privilege lets one ask, and RESOLVE ALL ON ACCOUNT does too."""
    user, role = guest("INSERT ON TABLE T", "USAGE ON WAREHOUSE COMPUTE_WH")
    assert told(user, "SELECT * FROM T", missing_only=True) == ("SELECT TABLE EXPLAINED.S.T",)
    assert told(user, "INSERT INTO T VALUES (1)", missing_only=True) is True
    assert told(client, "DROP TABLE T", missing_only=True) is True
    assert told(client, "DROP TABLE T", missing_only=True, for_role=role) == ("OWNERSHIP TABLE EXPLAINED.S.T",)
    assert user.error("SELECT EXPLAIN_PRIVILEGES('SELECT * FROM OTHER')")[0] == 2003
    client(f"GRANT RESOLVE ALL ON ACCOUNT TO ROLE {role}")
    assert told(user, "SELECT * FROM OTHER", missing_only=True) == ("SELECT TABLE EXPLAINED.S.OTHER",)
    assert user.error("SELECT * FROM OTHER")[0] == 2003


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("'SELECT * FROM NO_SUCH'", 2003),
        ("'SELEC 1'", 1003),
        ("'SELECT 1; SELECT 2'", 8),
        ("'CALL P()'", 2),
        ("'BEGIN RETURN 1; END'", 2),
        ("'WITH P AS PROCEDURE () RETURNS INT LANGUAGE SQL AS ''BEGIN RETURN 1; END'' CALL P()'", 2),
        ("$$ALTER ACCOUNT SET TIMEZONE = 'UTC'$$", 2),
        ("for_role => 'NO_SUCH', missing_only => TRUE, statement => 'SELECT 1'", 2003),
        ("sql => 'SELECT 1'", 1006),
        ("missing_only => TRUE", 1006),
    ],
)
def test_refused(client, place, call, code):
    assert client.error(f"SELECT EXPLAIN_PRIVILEGES({call})")[0] == code
