"""Splitting, classifying, quoting. A new case of the splitter is a new folder in tests/golden/sql."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from snowmaker import sql
from snowmaker.errors import SourceError

GOLDEN = sorted(path for path in (Path(__file__).parent / "golden" / "sql").iterdir() if path.is_dir())
GAP = re.compile(r"(?:\s|\ufeff|;>?|--[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*")


@pytest.mark.parametrize("case", GOLDEN, ids=lambda path: path.name)
def test_golden(case):
    text = (case / "input.sql").read_bytes().decode()
    expected = json.loads((case / "expected.json").read_text())
    found = sql.split(text, case.name)
    assert [{key: getattr(one, key) for key in ("line", "text", "kind", "destructive")} for one in found] == expected
    assert_lossless(text, found)


def assert_lossless(text, statements):
    """Statements and gaps joined are the file, and a gap holds nothing that would be sent."""
    position = 0
    for statement in statements:
        assert text[statement.start : statement.end] == statement.text
        assert GAP.fullmatch(text, position, statement.start)
        assert statement.line == text.count("\n", 0, statement.start) + 1
        position = statement.end
    assert GAP.fullmatch(text, position)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("select 'a", 1),
        ('select 1;\n\nselect "a', 3),
        ("select $$a", 1),
        ("select 1 /* a", 1),
        ("select 1;\nbegin\n select 1;", 2),
        ("declare x int;", 1),
        ("select 1;\n\ncreate task t as\nbegin if (a) then return 1; end if;", 4),
        ("begin\n  return case when a then 1;\nend;", 1),
        ("begin\n  select 'it\\'s;\nend;", 2),
        ("select 1;\nput file:///a @s 'b;", 2),
        ("declare p procedure() returns int as begin return 1; end;\n", 1),
        (
            "create procedure p() returns int as\nbegin\nif (a) then select case when 1 then 2;\nend if; end;",
            2,
        ),
    ],
)
def test_what_is_not_closed_is_an_error_with_its_line(text, line):
    with pytest.raises(SourceError) as caught:
        sql.split(text, "V1__a.sql")
    assert (caught.value.code, caught.value.file, caught.value.line) == ("unterminated", "V1__a.sql", line)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["!source x.sql", "!set a=b", "select 1;>\nselect 2", "!foo"])
def test_client_commands_are_refused_by_name(text):
    with pytest.raises(SourceError) as caught:
        sql.refuse_client_commands(sql.split(text), "V1__a.sql")
    assert caught.value.code == "client_command"
    assert caught.value.hint


@pytest.mark.parametrize("text", ["Drop /* x */ TABLE\n-- y\n t", "DROP  TABLE t", "/* a */ drop\ttable t"])
def test_classifying_is_blind_to_case_blanks_and_comments(text):
    assert sql.classify(text) == ("ddl", "yes", "drops a table")


@pytest.mark.parametrize("text", ["select 'drop table t'", 'select "drop" from t', "select 1 -- drop table t"])
def test_keywords_in_strings_names_and_comments_do_not_count(text):
    assert sql.classify(text)[:2] == ("query", "no")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use role r", "use"),
        ("create schema s", "use"),
        ("create or replace transient database d", "use"),
        ("alter schema s rename to t", "use"),
        ("create database role d.r", "none"),
        ("drop schema s ->> set x = 1", "parameters"),
        ("alter table s rename to t", "none"),
        ("execute task t", "parameters"),
        ("drop database d", "use"),
        ("set x = 1", "parameters"),
        ("alter session set timezone = 'UTC'", "parameters"),
        ("use secondary roles none", "parameters"),
        ("call p()", "parameters"),
        ("begin let x := 1; end", "parameters"),
        ("create table t (a int)", "none"),
        ("select 1", "none"),
        ("begin", "none"),
    ],
)
def test_what_a_statement_does_to_the_session(text, expected):
    assert sql.changes_session(text) == expected


def test_names_that_are_created_and_read():
    text = "create or replace secure view a.b.\"c\" as select t.x from s.t join u on 'z.z' = 1 -- q.q"
    assert sql.created(text) == {("A", "B", "c")}
    assert {("S", "T"), ("U",)} <= sql.references(text)
    assert not {("Z", "Z"), ("Q", "Q")} & sql.references(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("create or replace temporary table a.b.c (d int)", ("A", "B", "C")),
        ("create view if not exists v as select 1", ("V",)),
        ("create function f(x int) returns int as 'x'", ("F",)),
        ("create or alter file format a.f type = csv", ("A", "F")),
        ("create masking policy p as (v string) returns string -> v", ("P",)),
        ("create database role d.r", ("D", "R")),
        ("create table role (a int)", ("ROLE",)),
        ("create network rule n mode = ingress", ("N",)),
        ("create cortex search service s on a as select * from t", ("S",)),
        ("create table identifier('a.\"b\".c') (d int)", ("A", "b", "C")),
        ("create dynamic table t target_lag = '1 day' as select * from u", ("T",)),
    ],
)
def test_what_a_statement_creates(text, name):
    assert sql.created(text) == {name}


@pytest.mark.parametrize("text", ["select 1", "drop table t", "-- create view v", "begin create table t (a int); end"])
def test_what_creates_nothing_that_can_be_seen(text):
    assert sql.created(text) == set()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select * from a, s.b x, lateral flatten(input => x.c) f, d", {("A",), ("S", "B"), ("D",)}),
        ("merge into t using (select * from u) z on z.a = t.a when matched then update set b = 1", {("T",), ("U",)}),
        ("create view v as with c as (select * from w) select f(x), m.g(y) from c", {("W",), ("F",), ("M", "G")}),
        ("create task v after a, b.c as call p()", {("A",), ("P",), ("B", "C")}),
        ("create stream v on table x.t", {("X", "T")}),
        ("insert into t select $1 from @s.st/p ->> delete from u", {("T",), ("U",)}),
        ("create table v (a int references u (b)) clone w", {("U",), ("W",)}),
    ],
)
def test_names_that_a_statement_reads(text, names):
    found = sql.references(text)
    assert names <= found
    assert not {("V",), ("C",), ("B",), ("SELECT",), ("AS",), ("S", "ST")} & found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drop database if exists m", {("DATABASE", ("M",))}),
        ("create or replace transient schema m.s", {("SCHEMA", ("M", "S"))}),
        ("create schema m.s", set()),
        ("alter table a.b.c rename to a.b.d", {("TABLE", ("A", "B", "C")), ("TABLE", ("A", "B", "D"))}),
        ("alter table c swap with d", {("TABLE", ("C",)), ("TABLE", ("D",))}),
        ("alter table c add column d int", set()),
        ("drop table identifier('a.b.c')", {("TABLE", ("A", "B", "C"))}),
        ("drop view a.b.c", set()),
        ("drop database role a.r", set()),
        ("drop dynamic table t", {("TABLE", ("T",))}),
        ('create or replace table if not exists "a.b".c (d int)', {("TABLE", ("a.b", "C"))}),
        ("alter database if exists a rename to b", {("DATABASE", ("A",)), ("DATABASE", ("B",))}),
        ("select 1 ->> drop schema a.b", {("SCHEMA", ("A", "B"))}),
        ("create table t as select 'drop table u'", set()),
        ("drop table db..t", {("TABLE", ("DB", "PUBLIC", "T"))}),
    ],
)
def test_containers_that_a_statement_would_move(text, expected):
    assert sql.container_changes(text) == expected


# quoting


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("ABC", "ABC"),
        ("A$1", "A$1"),
        ("abc", '"abc"'),
        ('a"b', '"a""b"'),
        ("TABLE", '"TABLE"'),
        ("A.B", '"A.B"'),
    ],
)
def test_quote_identifier(name, written):
    assert sql.quote_identifier(name) == written


@pytest.mark.parametrize("name", ["", "x" * 256, "a\0b"])
def test_what_is_no_identifier(name):
    with pytest.raises(ValueError, match="not an identifier"):
        sql.quote_identifier(name)


@pytest.mark.parametrize("text", ["", ".", "a.", "a..b", '"a', "a b", "1a", "a;b"])
def test_what_is_not_a_name(text):
    with pytest.raises(ValueError, match="not a name"):
        sql.parse_name(text)


def test_a_like_pattern_means_just_the_text():
    assert sql.quote_literal(sql.like_pattern("A_B%\\")) == "'A\\\\_B\\\\%\\\\\\\\'"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (7, "7"),
        (1.5, "1.5"),
        (Decimal("0.10"), "0.10"),
        ("it's \\", "'it''s \\\\'"),
        (datetime(2026, 11, 23, 10, 15), "'2026-11-23 10:15:00'"),
    ],
)
def test_literals(value, written):
    assert sql.quote_literal(value) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("nan"), Decimal("snan"), Decimal("-inf")])
def test_numbers_that_have_no_literal(value):
    with pytest.raises(ValueError, match="no literal"):
        sql.quote_literal(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("create table t (a int)", "DDL commits by itself"),
        ("truncate t", "TRUNCATE commits by itself"),
        ("call p()", "what it does cannot be seen (CALL, EXECUTE)"),
        ("put file:///a @s", "PUT and GET are no part of a transaction"),
        ("begin return 1; end", "a block may commit by itself"),
        ("commit", "the transaction is snowmaker's"),
        ("rm @s", "a removed file does not come back with ROLLBACK"),
        ("insert into t values (1)", ""),
        ("copy into t from @s", ""),
        ("select 1", ""),
        ("set a = 1", ""),
    ],
)
def test_what_cannot_be_part_of_a_transaction(text, reason):
    (statement,) = sql.split(text)
    assert sql.transaction_unsafe(statement) == reason


def test_what_is_not_closed_reaches_to_the_end_of_its_span():
    assert list(sql.spans("a 'b")) == [("code", 0, 2), ("string", 2, 4)]
    assert list(sql.spans("a //b\n$$ c'")) == [("code", 0, 2), ("comment", 2, 5), ("code", 5, 6), ("dollar", 6, 11)]
    assert list(sql.spans("put file:///a/* @s//b")) == [("code", 0, 21)]
