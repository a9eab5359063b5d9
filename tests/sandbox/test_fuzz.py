"""Whatever is sent gets an answer soon: rows, or an error with Snowflake's code and SQLSTATE; never an internal error.

The statements are those of the other tests, broken in every way. `make bench` runs the long one.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import snowflake.connector as connector
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snowmaker import sandbox
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import Scanner
from snowmaker.sandbox.vocabulary import COMMANDS

from .conftest import Client, login

PATIENCE = 5.0  # seconds an answer may take, on a machine that runs other things
BEGINNINGS = (*(COMMANDS - {"PUT", "GET"}), "SELECT", "WITH", "VALUES")  # PUT and GET are the connector's own affair
ODD = (
    ")", "(", "))", "'", '"', "$$", ";", ",", ".", "..", "=", "=>", "->", ":", "::", "?", "@", "@~", "%", "\\", "\0",
    "/*", "*/", "--", "//", "#", "!", "&", "NULL", "TRUE", "-1", "0", "1e400", "9" * 400, "1.", ".5", "''", '""', "x''",
    "é", "😀", "\u202e", "\ufeff", "\ud7ff", "select", "from", "as", "in", "like", "identifier('x')", "identifier(?)",
    "$x", "$1", ":1", "::int", "if exists", "or replace", "copy grants", "with tag (a = 'b')", "comment = 'x'", "{", "}",
    "[", "]", "[1", "{'a':", "interval '1 day'", "date '2020-13-45'", "table(x)", "lateral flatten(input => 1)", "begin", "end", "case",
)  # fmt: skip


def statements() -> list[str]:
    """Every statement that is written out in a test of the sandbox."""
    found: set[str] = set()
    for file in [*Path(__file__).parent.glob("test_*.py"), *Path(__file__).parent.parent.glob("facts/test_*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 2000:
                words = node.value.split(None, 1)
                if len(words) == 2 and words[0].upper() in BEGINNINGS:
                    found.add(node.value)
    return sorted(found)


STATEMENTS = statements()


def tokens(text: str) -> list[str]:
    """The words of a statement; what cannot be read is one of them."""
    found: list[str] = []
    scanner = Scanner(text)
    try:
        while (token := scanner.take()).kind != "end":
            found.append(token.text)
    except SqlError:
        found.append(text[scanner.position :])
    return found


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A statement with some words dropped, doubled, swapped, or replaced by odd ones or another statement's."""
    words = tokens(draw(st.sampled_from(STATEMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(words)))
        match draw(st.sampled_from(("drop", "double", "swap", "odd", "graft", "cut"))):
            case "drop":
                del words[place : place + draw(st.integers(1, 3))]
            case "double":
                words[place:place] = words[place : place + draw(st.integers(1, 5))]
            case "swap":
                other = draw(st.integers(0, len(words)))
                words[place : place + 1], words[other : other + 1] = words[other : other + 1], words[place : place + 1]
            case "odd":
                words.insert(place, draw(st.sampled_from(ODD)))
            case "graft":
                donor = tokens(draw(st.sampled_from(STATEMENTS)))
                words[place:] = donor[draw(st.integers(0, len(donor))) :]
            case "cut":
                text = " ".join(words)
                words = [text[: draw(st.integers(0, len(text)))]]
    return " ".join(words)


@pytest.fixture(scope="module")
def victim() -> Iterator[Client]:
    """A client of an account that may be ruined."""
    with sandbox.open_account(None) as account:
        client = Client(login(account, session_parameters={"STATEMENT_TIMEOUT_IN_SECONDS": 2}))
        yield client
        client.close()


def answer(client: Client, text: str) -> int:
    """The error's code, 0 for none; fails where there is no proper answer in time."""
    if not text.strip():
        return 0  # the connector sends nothing
    begun = time.monotonic()
    code, sqlstate, message = 0, "", ""
    try:
        client.cursor.execute(text)
        client.cursor.fetchmany(100)
    except connector.errors.Error as error:
        code, sqlstate, message = error.errno, error.sqlstate, error.raw_msg
        assert sqlstate is not None, (text, message)
        assert len(sqlstate) == 5, (text, message)
    took = time.monotonic() - begun
    assert code != 603, f"internal error in {text[:2000]!r}: {message}"
    assert took < PATIENCE, f"{took:.1f} s for {text[:2000]!r}"
    assert code != 390111, f"the session is gone after {text!r}"
    return code


def settle(client: Client) -> None:
    """A place with something in it, whatever the statements before have done."""
    if answer(client, "use role accountadmin") == answer(client, "use schema fuzz.public") == 0:
        return
    for text in (
        "create database if not exists fuzz",
        "create schema if not exists fuzz.public",
        "use schema fuzz.public",
        "create or replace table t (a int, b varchar, c variant)",
        "insert into t select 1, 'x', parse_json('{}')",
        "create or replace view v as select * from t",
        "create or replace stage st",
        "create or replace sequence s",
    ):
        answer(client, text)


CALM = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)


@settings(CALM, max_examples=200)
@given(text=broken())
def test_broken_statements(victim: Client, text: str) -> None:
    settle(victim)
    answer(victim, text)


@pytest.mark.slow
@settings(CALM, max_examples=20_000, derandomize=False, print_blob=True)
@given(text=broken())
def test_broken_statements_for_long(victim: Client, text: str) -> None:
    settle(victim)
    answer(victim, text)


DEEP = 3000
MANY = 20_000
EXTREMES = {
    "brackets": "select " + "(" * DEEP + "1" + ")" * DEEP,
    "open brackets": "select " + "(" * MANY,
    "closing brackets": "select 1" + ")" * MANY,
    "subqueries": "select * from " + "(select * from " * 500 + "t" + ")" * 500,
    "case": "select " + "case when true then " * 1000 + "1" + " end" * 1000,
    "functions": "select " + "upper(" * 1000 + "'x'" + ")" * 1000,
    "unary": "select " + "-" * 1001 + " 1",
    "not": "select " + "not " * 2000 + "true",
    "sum": "select " + "+".join(["1"] * 3000),
    "and": "select 1 where " + " and ".join(["1 = 1"] * 2000),
    "casts": "select 1" + "::int" * 1000,
    "path": "select parse_json('{}')" + ":a" * 1000,
    "blocks": "begin " * 500 + "select 1; " + "end; " * 500,
    "ifs": "begin " + "if (true) then " * 500 + "return 1; " + "end if; " * 500 + "end",
    "loops": "begin " + "while (true) do " * 500,
    "open array": "select " + "[" * 5000,
    "open object": "select " + "{'a':" * 5000,
    "number": "select " + "9" * 100_000,
    "fraction": "select 0." + "1" * 100_000,
    "exponent": "select 1e999999999",
    "limit": "show tables limit " + "9" * 1000,
    "long name": 'create table "' + "x" * 1_000_000 + '" (a int)',
    "long word": "create table " + "x" * 1_000_000 + " (a int)",
    "long type": "create table t (a varchar(" + "9" * 10_000 + "))",
    "long string": "select '" + "x" * 1_000_000 + "' as a, 1 )",
    "open string": "select '" + "x" * 1_000_000,
    "open comment": "select 1 /*" + "x" * 1_000_000,
    "many columns": "create table t (" + ", ".join(f"c{n} int" for n in range(5000)) + " )",
    "many commas": "select " + "," * MANY,
    "many dots": "select a" + ".b" * 5000,
    "many dots in a name": "create table a" + ".b" * 5000 + " (x int)",
    "many semicolons": ";" * MANY,
    "many options": "create warehouse w " + "comment = 'x' " * 3000 + ")",
    "words": "create " + "or replace " * 5000 + "table t (a int)",
    "like": "show tables like '" + "%" * 3000 + "x" + "%_" * 3000 + "'",
    "rlike": "select 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' rlike '(a+)+b'",
    "nul": "select 1\0, 2",
    "nul in a name": 'create table "a\0b" (x int)',
    "nul in a string": "select 'a\0b'",
    "nul in a comment": "comment on account is 'a\0b'",
    "unicode names": "create table таблица (ключ int, 值 varchar, \u0661x int)",
    "surrogate escapes": "select '\\ud800', '\\udfff\\ud800'",
    "odd blanks": "select\u00a01\u2003+\u30002\u200b",
    "backslashes": "select '" + "\\" * 10_001 + "'",
    "dollars": "select $$" + "$" * 10_001,
    "variables": "select $" + "x" * 10_000,
    "percent": "select 'a%sb%%c' as \"%s\", %s",
    "binds": "select ?, :1, ?",
    "empty": "",
    "blank": " \n\t ",
    "comment": "-- only",
    "escape": "select 'x' like 'y' escape '\\'",
    "hex": "select x'0g'",
    "date": "select date '0000-00-00', timestamp '9999-99-99'",
    "identifier": "select * from identifier('" + "a." * 1000 + "b')",
    "identifier in identifier": "use database identifier(identifier('x'))",
    "json": "select parse_json('" + "[" * 5000 + "')",
    "flatten": "select * from table(flatten(input => parse_json('" + '{"a":' * 2000 + "')))",
    "infinite": "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r",
    "execute": "execute immediate '" + "execute immediate ''" * 1 + "select 1'" + "''",
}


@pytest.mark.parametrize("name", EXTREMES)
def test_extremes(victim: Client, name: str) -> None:
    settle(victim)
    answer(victim, EXTREMES[name])
    assert victim("select 1") == [(1,)], "the session still answers"


def test_statements_nest_in_themselves(victim: Client) -> None:
    text = "select 1"
    for _ in range(12):
        text = "execute immediate '" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    answer(victim, text)
