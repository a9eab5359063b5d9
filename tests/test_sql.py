"""Splitting, classifying, quoting. A new case of the splitter is a new folder in tests/golden/sql."""

from __future__ import annotations

import contextlib
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


STATEMENTS = st.sampled_from(
    [
        "select 1",
        "select 'a;b''c\\'', \"x;\"\"y\"",
        "select $$ ; ' $$",
        "begin",
        "commit",
        "begin transaction",
        "begin let x := 1; if (x = 1) then return 1; end if; end",
        "declare x int; begin return case when 1 = 1 then 2 end; end",
        "create procedure p() returns int as begin begin return 1; end; end",
        "create task t as begin select 1; exception when other then raise; end",
        "copy into t from @s/a//b/*",
        "put file:///tmp//*.csv @~/x",
        "show tables ->> select * from $1",
        "select end_time, t.end from case_table t",
        "select a - b / c from t",
        "call p()",
    ]
)
GAPS = st.sampled_from([";", ";\n", " ;\r\n", ";;", "; -- a;'\n", ";\n/* b; ' */\n", "\n;// c;\n", ";\t"])


@given(st.lists(st.tuples(STATEMENTS, GAPS), max_size=8))
@settings(deadline=None)
def test_what_was_composed_comes_apart_again(parts):
    text = "".join(statement + gap for statement, gap in parts)
    found = sql.split(text)
    assert [one.text for one in found] == [statement for statement, _ in parts]
    assert_lossless(text, found)


@given(st.text(alphabet=st.sampled_from("a1 '\"$;-/*@!\\\n.(),:>begin end case declare"), max_size=60))
@settings(deadline=None, max_examples=300)
def test_any_text_is_split_without_loss_or_refused(text):
    try:
        found = sql.split(text)
    except SourceError:
        return
    if not any(statement.kind == "client" for statement in found):
        assert_lossless(text, found)


@given(st.text(max_size=80))
def test_spans_cover_the_text(text):
    position = 0
    for _, start, end in sql.spans(text):
        assert start == position
        position = end
    assert position == len(text)


@pytest.mark.parametrize(
    "piece",
    ["select 1;\n", "insert into t values ('a', \"b\");", "-- x\n", "/*/*/*", "'", "(", "@", "/", "$", "!"],
)
def test_long_texts_take_linear_time(piece):
    def seconds(count):
        started = time.perf_counter()
        with contextlib.suppress(SourceError):
            sql.split(piece * count)
        return time.perf_counter() - started

    seconds(1000)
    assert seconds(32_000) < 40 * max(seconds(4000), 0.002)


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


@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda name: "\0" not in name), min_size=1, max_size=3))
def test_a_quoted_name_is_read_back(parts):
    assert sql.parse_name(sql.quote_name(*parts)) == tuple(parts)


@given(st.text(max_size=50))
def test_a_literal_is_one_string_whatever_it_holds(text):
    literal = sql.quote_literal(text)
    (token,) = sql.tokens(literal)
    assert (token.kind, token.text) == ("string", literal)
    assert literal[1:-1].replace("''", "'").replace("\\\\", "\\") == text


@pytest.mark.parametrize("text", ["", ".", "a.", "a..b", '"a', "a b", "1a", "a;b"])
def test_what_is_not_a_name(text):
    with pytest.raises(ValueError, match="not a name"):
        sql.parse_name(text)


def test_a_like_pattern_means_just_the_text():
    assert sql.quote_literal(sql.like_pattern("A_B%\\")) == "'A\\\\_B\\\\%\\\\\\\\'"
