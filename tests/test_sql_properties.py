"""What holds of every text: splitting loses nothing, spans cover, names and literals come back, time is linear."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowmaker import sql
from snowmaker.errors import SourceError

GAP = re.compile(r"(?:\s|\ufeff|;>?|--[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*")
COMMENTS = st.sampled_from(["-- a;'\n", "/* b; ' \" $$ */", "// c;\n", "/**/", "-- begin\r\n"])
BLANKS = st.text(alphabet=" \t\r\n", min_size=1, max_size=3)

STATEMENTS = st.sampled_from(
    [
        "select 1",
        "select 'a;b''c\\'', \"x;\"\"y\"",
        "select '\\\\', '', ''''",
        "select $$ ; ' -- $$",
        "select a - b / c * (d) % e from t",
        "select end_time, t.end, begin from case_table t",
        "select case when a then 'end;' else b end as c from begin",
        "select src:a.b[0]::int, $1, $x, @y from @s/a//b/* t",
        "begin",
        "commit",
        "begin transaction",
        "begin work name x",
        "begin let x := 1; if (x = 1) then return 1; end if; end",
        "begin for i in 1 to 2 do begin continue; end; end for; end",
        "begin case (x) when 1 then return 1; else return 2; end case; exception when other then raise; end",
        "declare x int; begin return case when 1 = 1 then 2 end; end",
        "declare p procedure() returns int as begin return 1; end; y int; begin call p(); end",
        "create procedure p() returns int as begin begin return 1; end; end",
        "create procedure p() returns int execute as caller as 'begin; end'",
        "create task t as begin select 1; exception when other then raise; end",
        "create task t when a as insert into x select b as begin from y",
        "create alert a if (exists (select 1)) then begin select 1; end",
        "create view v as select task, a as begin from t",
        "copy into t from @s/a//b/*",
        "put file:///tmp//*.csv @~/x",
        "get @%t//x file:///tmp/",
        "show tables ->> select * from $1",
        "with p as procedure() returns int as begin return 1; end call p()",
        "execute immediate begin return 1; end",
        "call p()",
    ]
)
GAPS = st.lists(st.one_of(st.just(";"), BLANKS, COMMENTS), max_size=4).map("".join)
ENDS = st.builds(lambda before, after: before + ";" + after, st.one_of(st.just(""), BLANKS), GAPS)


def assert_lossless(text, statements):
    """Statements and gaps joined are the file, and a gap holds nothing that would be sent."""
    position = 0
    for statement in statements:
        assert text[statement.start : statement.end] == statement.text
        assert GAP.fullmatch(text, position, statement.start)
        assert statement.line == text.count("\n", 0, statement.start) + 1
        position = statement.end
    assert GAP.fullmatch(text, position)


@given(GAPS, st.lists(st.tuples(STATEMENTS, ENDS), max_size=8))
@settings(deadline=None, max_examples=300)
def test_what_was_composed_comes_apart_again(first, parts):
    text = first + "".join(statement + end for statement, end in parts)
    found = sql.split(text)
    assert [one.text for one in found] == [statement for statement, _ in parts]
    assert_lossless(text, found)


KEYWORDS = """begin end case declare when then else if loop for as create procedure task alter with transaction name do
    immediate execute ' \'' " $$ -- // /* */ @a/ file: ->> ;> !a ( ) , . := 1 x \\ $ / - * ! : ; ;"""
WORDS = st.sampled_from([*KEYWORDS.split(), ";", "\n", "\n"])


@given(st.one_of(st.text(max_size=60), *(st.lists(WORDS, max_size=30).map(glue.join) for glue in (" ", ""))))
@settings(deadline=None, max_examples=1000)
def test_any_text_is_split_without_loss_or_refused(text):
    try:
        found = sql.split(text)
    except SourceError as error:
        if error.code != "unterminated" or not error.hint:
            raise
        return
    assert_lossless(text, found)
    for one in found:
        assert one.text
        if one.kind != "client":
            assert [again.text for again in sql.split(one.text)] == [one.text]


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=30).map(" ".join)))
@settings(deadline=None)
def test_readers_of_names_and_kinds_take_any_text(text):
    sql.classify(text)
    sql.created(text)
    sql.references(text)
    sql.container_changes(text)
    sql.changes_session(text)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=30).map("".join)))
def test_spans_cover_the_text_and_agree_with_the_tokens(text):
    position = 0
    spans = list(sql.spans(text))
    for _, start, end in spans:
        assert start == position < end
        position = end
    assert position == len(text)
    quoted = [(one.kind, one.start) for one in sql.tokens(text) if one.kind in ("string", "identifier", "dollar")]
    assert quoted == [(state, start) for state, start, _ in spans if state not in ("code", "comment")][: len(quoted)]


CLASSIFIED = st.sampled_from(
    [
        ("drop table if exists a . b", "ddl", "yes"),
        ("drop database role r", "ddl", "no"),
        ("create or replace transient table t ( a int )", "ddl", "yes"),
        ("create or replace temporary table t ( a int )", "ddl", "no"),
        ("create or alter table t ( a int )", "ddl", "unknown"),
        ("alter table t drop column a", "ddl", "yes"),
        ("alter table t drop primary key", "ddl", "no"),
        ("insert overwrite into t select 1", "dml", "yes"),
        ("merge into t using s on a = b when matched then delete", "dml", "yes"),
        ("alter session set timezone = 'UTC'", "session", "no"),
        ("with c as ( select 1 ) select * from c", "query", "no"),
        ("begin transaction", "transaction", "no"),
        ("begin return 1 ; end", "block", "unknown"),
        ("select 1 ->> truncate table t", "ddl", "yes"),
        ("execute immediate 'drop table t'", "unknown", "unknown"),
    ]
)


@given(CLASSIFIED, st.data())
@settings(deadline=None)
def test_classifying_is_blind_to_case_comments_and_blanks(case, data):
    text, kind, destructive = case
    gap = st.lists(st.one_of(BLANKS, COMMENTS), max_size=3).map(lambda parts: " " + "".join(parts) + " ")
    change = st.sampled_from([str.upper, str.lower, str.title, str.swapcase])
    words = [word if "'" in word else data.draw(change)(word) for word in re.split(r" (?![^']*'$)", text)]
    assert sql.classify("".join(data.draw(gap) + word for word in words) + data.draw(gap))[:2] == (kind, destructive)


@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda name: "\0" not in name), min_size=1, max_size=3))
def test_a_quoted_name_is_read_back(parts):
    assert sql.parse_name(sql.quote_name(*parts)) == tuple(parts)


@given(st.text(max_size=20))
def test_what_is_read_as_a_name_is_one_or_refused(text):
    try:
        parts = sql.parse_name(text)
    except ValueError:
        return
    assert sql.parse_name(".".join('"' + part.replace('"', '""') + '"' for part in parts)) == parts


@given(st.text(max_size=50))
def test_a_literal_is_one_string_whatever_it_holds(text):
    literal = sql.quote_literal(text)
    (token,) = sql.tokens(literal)
    assert (token.kind, token.text) == ("string", literal)
    assert literal[1:-1].replace("''", "'").replace("\\\\", "\\") == text


def seconds(work, text):
    """Of the processor: other tests run beside."""
    started = time.process_time()
    with contextlib.suppress(SourceError):
        work(text)
    return time.process_time() - started


PIECES = [
    *(
        "select 1;\n",
        "insert into t values ('a', \"b\");",
        "-- x\n",
        "/*/*/*",
        "'",
        '"',
        "(",
        "(;",
        "@",
        '@"',
        "/",
        "$",
    ),
    *(
        "$$",
        "!",
        "!a;",
        "!a\n",
        "begin ",
        "begin\n",
        "end ",
        "case ",
        "begin end;",
        "a.",
        "a,",
        "a ",
        " ",
        "\n",
        ";",
        ";>",
    ),
    *("create procedure p() returns int as begin return 1; end;\n", "begin /* a */ ", "drop ", "->>", "with a as ("),
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "work",
    [sql.split, lambda text: list(sql.spans(text)), sql.classify, sql.references, sql.container_changes],
    ids=["split", "spans", "classify", "references", "containers"],
)
def test_long_texts_take_linear_time(work, piece):
    """Eight times the text takes about eight times as long; quadratic would be 64."""
    for lead in ("", "begin ", "create task t as begin ") if work is sql.split else ("",):
        tries = ((seconds(work, lead + piece * 2000), seconds(work, lead + piece * 16_000)) for _ in range(4))
        assert any(large < 30 * max(small, 0.002) for small, large in tries)


@pytest.mark.parametrize("piece", ["(", "'", "-- x\n", "/*/*/*", "select 'a' from t where b = 1;\n"])
def test_five_megabytes_take_seconds(piece):
    assert seconds(sql.split, piece * (5_000_000 // len(piece))) < 15
