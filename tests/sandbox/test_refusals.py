"""What the sandbox does not do is refused by its name; what Snowflake does not know is a syntax error."""

from __future__ import annotations

import pytest
import snowflake.connector as connector

from snowmaker import docs
from snowmaker.sandbox.vocabulary import KINDS, named, plural

UNSUPPORTED = [
    ("create hybrid table t like u", "CREATE HYBRID TABLE"),
    ("create or replace iceberg table t (a int)", "CREATE ICEBERG TABLE"),
    ("create or replace transient dynamic iceberg table t as select 1", "CREATE DYNAMIC ICEBERG TABLE"),
    ("create task t with contact (steward = x) as select 1", "CREATE TASK … WITH CONTACT"),
    ("create or alter versioned schema v", "CREATE VERSIONED SCHEMA"),
    ("create compute pool p min_nodes = 1", "CREATE COMPUTE POOL"),
    ("create or replace streamlit s root_location = '@x'", "CREATE STREAMLIT"),
    ("create cortex search service s on a", "CREATE CORTEX SEARCH SERVICE"),
    ("create database d2 as replica of a.b", "CREATE DATABASE"),
    ("alter git repository r fetch", "ALTER GIT REPOSITORY"),
    ("drop application package p", "DROP APPLICATION PACKAGE"),
    ("describe model m", "DESCRIBE MODEL"),
    ("desc model m", "DESC MODEL"),
    ("show versions in model m", "SHOW VERSIONS"),
    ("show compute pools", "SHOW COMPUTE POOLS"),
    ("show terse iceberg tables", "SHOW TERSE ICEBERG TABLES"),
    ("undrop notebook n", "UNDROP NOTEBOOK"),
    ("execute notebook n()", "EXECUTE NOTEBOOK"),
    ("execute job service in compute pool p", "EXECUTE JOB SERVICE"),
    ("create snowflake.core.budget b()", "CREATE of a class's instance"),
    ("comment on failover group g is 'x'", "COMMENT ON FAILOVER GROUP"),
    ("comment if exists on failover group g is 'x'", "COMMENT IF EXISTS ON FAILOVER GROUP"),
    ("alter failover group g refresh", "ALTER FAILOVER GROUP"),
]


@pytest.mark.parametrize(("text", "command"), UNSUPPORTED)
def test_refused_by_name(client, text, command):
    code, sqlstate, message = client.error(text)
    assert (code, sqlstate) == (2, "0A000")
    assert message.startswith(f"sandbox does not support {command}")
    assert client.error(text + " )")[0] in (2, 1003)


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("frobnicate x", 0, "frobnicate"),
        ("create frob x", 7, "frob"),
        ("create or replace frob x", 18, "frob"),
        ("show frobs", 5, "frobs"),
        ("drop frob x", 5, "frob"),
        ("alter frob x", 6, "frob"),
        ("create", 6, "<EOF>"),
        (") select 1", 0, ")"),
        ("1", 0, "1"),
        ("'x'", 0, "'x'"),
        ("undrop frob x", 7, "frob"),
        ("execute frob", 8, "frob"),
    ],
)
def test_syntax_errors(client, text, position, word):
    assert client.error(text) == (
        1003,
        "42000",
        f"SQL compilation error:\nsyntax error line 1 at position {position} unexpected '{word}'.",
    )


def test_no_statement(client):
    assert client.error("  -- nothing")[:2] == (900, "42601")
    assert client.error(";")[:2] == (900, "42601")


def message(client, text: str) -> str:
    """What a statement's error says; nothing where it runs."""
    try:
        client(text)
    except connector.errors.Error as error:
        return error.raw_msg
    return ""


def test_every_kind_has_an_answer(client):
    """No kind of Snowflake's is a syntax error in SHOW: it is listed, or refused by name."""
    for kind in sorted(KINDS - {"ACCOUNT", "SESSION", "INDEX", "JOB"}):
        found = message(client, f"show {plural(kind)}")
        assert not found or found.startswith(f"sandbox does not support SHOW {plural(kind)}"), kind


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("CREATE TABLE T", "CREATE TABLE"),
        ("CREATE DATABASE ROLE R", "CREATE DATABASE ROLE"),
        ("SHOW TERSE DATABASES", "SHOW TERSE DATABASES"),
        ("GRANT USAGE ON", "GRANT"),
        ("COMMENT IF EXISTS ON ROW ACCESS POLICY", "COMMENT IF EXISTS ON ROW ACCESS POLICY"),
        ("COPY FILES INTO", "COPY FILES"),
        ("EXPLAIN USING TEXT", "EXPLAIN"),
        ("DROP NOTHING", None),
    ],
)
def test_named(words, name):
    assert named(words.split()) == name


def table() -> dict[str, list[str]]:
    """The README's table of what the sandbox supports: the cells of each kind's row."""
    rows = [line.strip("| ").split(" | ") for line in docs.statements().splitlines() if line.startswith("| ")]
    return {row[0].upper(): [cell.strip() for cell in row[1:]] for row in rows[1:]}


def test_the_table_is_true(client):
    """A cross is a statement that is not refused by its name; no cross is one that is."""
    for kind, marks in table().items():
        for verb, mark in zip(docs.VERBS, marks, strict=False):
            command = f"{verb} {plural(kind) if verb == 'SHOW' else kind}"
            found = message(client, command if verb == "SHOW" else f"{command} no_such_thing")
            assert found.startswith(f"sandbox does not support {command}") == (mark == ""), command


def test_the_others_are_true(client):
    """What the table lists besides is known: anything but a refusal by name."""
    for command in docs._others():
        if not command.startswith(("PUT", "GET", "WITH")):
            assert not message(client, command).startswith(f"sandbox does not support {command}"), command
