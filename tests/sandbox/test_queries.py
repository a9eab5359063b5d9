"""Values and types on the wire, bindings, names."""

from __future__ import annotations

import datetime
import time
from decimal import Decimal

import pytest

ALL = (
    "a number, b varchar, c timestamp_ltz, d timestamp_ntz, e timestamp_tz, f boolean, g date, h time, i float, "
    "j number(10,2), k variant, l binary"
)


def test_every_type_there_and_back(client):
    now = datetime.datetime.now(datetime.UTC)
    client(f"create table t ({ALL})")
    values = (
        1, "text", ("TIMESTAMP_LTZ", now), now.replace(tzinfo=None), ("TIMESTAMP_TZ", now), True, now.date(), now.time(), 1.5, Decimal("1.25"),
        '{"a": 1}', b"ab",
    )  # fmt: skip
    client("insert into t select ?,?,?,?,?,?,?,?,?,?,parse_json(?),?", values)
    row = client("select * from t")[0]
    assert row[:2] + row[3:4] + row[5:10] == values[:2] + values[3:4] + values[5:10]
    assert row[2] == now
    assert row[4] == now
    assert row[10] == '{\n  "a": 1\n}'
    assert bytes(row[11]) == b"ab"
    kinds = [column.type_code for column in client.cursor.description]
    assert kinds == [0, 2, 6, 8, 7, 13, 3, 12, 1, 0, 5, 11]


def test_nulls_are_null(client):
    client(f"create table t ({ALL})")
    client("insert into t (a) values (null)")
    assert client("select * from t") == [(None,) * 12]


def test_large_text(client):
    client("create table t (a varchar)")
    client("insert into t values (?)", ("x'\\\n" * 250_000,))
    assert client("select a, length(a) from t") == [("x'\\\n" * 250_000, 1_000_000)]


def test_executemany_is_one_request(client, account):
    client("create table t (a int, b varchar)")
    before = account.requests
    client.cursor.executemany("insert into t values (?, ?)", [(i, f"n{i}") for i in range(200)])
    assert account.requests == before + 1
    assert client.cursor.rowcount == 200
    assert client("select count(*), min(b), max(a) from t") == [(200, "n0", 199)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 1", 2),
        ("1.5 * 2", Decimal("3.0")),
        ("'it''s'", "it's"),
        ("null", None),
        ("true and null", None),
        ("to_date('2024-02-29')", datetime.date(2024, 2, 29)),
        ("dateadd(day, 1, to_date('2024-02-28'))", datetime.date(2024, 2, 29)),
        ("round(atan(0.5) * power(2, 3) - sqrt(4), 3)", 1.709),
        ("iff(1 = 1, 'y', 'n')", "y"),
        ("zeroifnull(null)", 0),
        ('parse_json(\'{"a": {"b": 3}}\'):a.b::int', 3),
        ("12345678901234567890123", 12345678901234567890123),
        ("month(to_date('2013-07-01'))", 7),
    ],
)
def test_expressions(connect, text, value):
    found = connect()(f"select {text}")[0][0]
    assert found == pytest.approx(value) if isinstance(found, float) else found == value


def test_columns_are_called_by_their_text(connect):
    client = connect()
    client("select count(*), 1+ 1, current_user(), 'a' as \"b\"")
    assert client.names() == ["COUNT(*)", "1+ 1", "CURRENT_USER()", "b"]


def test_session_variables(client):
    client("set x = 5")
    client("set (y, z) = ('T', 2 + 3)")
    assert client("select $x, $Y, $z + 1") == [(5, "T", 6)]
    client("create table t (a int)")
    assert client("select * from identifier($y)") == []
    assert [row[3] for row in client("show variables")] == ["X", "Y", "Z"]
    client("unset x")
    assert client.error("select $x")[0] == 1003


def test_quoted_names_are_case_sensitive(client):
    client('create table "t" (a int)')
    client("create table t (b int)")
    client('insert into "t" values (1)')
    assert client('select * from "t"') == [(1,)]
    assert client("select * from T") == []
    assert client.error('select * from "T "')[0] == 2003


def test_a_view_is_resolved_where_it_was_made(client):
    client("create table t (a int)")
    client("insert into t values (1), (2)")
    client("create view v (n) as select count(*) from t")
    client("create schema other")
    assert client("select * from public.v") == [(2,)]
    client("drop table public.t")
    assert client.error("select * from public.v")[:2] == (2037, "42601")
    client("undrop table public.t")
    assert client("select n + 1 as m from public.v as w where w.n = 2") == [(3,)]


def test_common_table_expressions_hide_tables(client):
    client("create table a (x int)")
    assert client("with a as (select 7 as y), b as (select y from a) select * from b") == [(7,)]


def test_describe_runs_nothing(client):
    client("create table t (a int)")
    assert [column.name for column in client.cursor.describe("insert into t values (1)")] == ["number of rows inserted"]
    assert [column.name for column in client.cursor.describe("select a as b from t")] == ["B"]
    assert client("select count(*) from t") == [(0,)]


def test_asynchronous(connect):
    client = connect()
    client.cursor.execute_async("select system$wait(1), 42")
    query = client.cursor.sfqid
    assert client.connection.is_still_running(client.connection.get_query_status(query))
    while client.connection.is_still_running(client.connection.get_query_status(query)):
        time.sleep(0.05)
    client.cursor.get_results_from_sfqid(query)
    assert client.cursor.fetchall() == [("waited 1 seconds", 42)]


def test_result_scan(connect):
    client = connect()
    client("select 1 as a, 'x' as b")
    assert client("select b from table(result_scan(last_query_id()))") == [("x",)]
    assert client("select b from table(result_scan(-2))") == [("x",)], "-1 is the query before this one"
    assert client.error("select * from table(result_scan(-1000))")[0] == 709
    client("show databases")
    assert ("SNOWFLAKE",) in client('select "name" from table(result_scan(last_query_id()))')


@pytest.mark.parametrize(
    ("text", "code", "sqlstate", "says"),
    [
        ("selec 1", 1003, "42000", "unexpected 'selec'"),
        ("select 1)", 1003, "42000", "unexpected ')'"),
        ("select 'a", 1003, "42000", "<EOF>"),
        ("create table t (a int))", 1003, "42000", "unexpected ')'"),
        ("drop table t cascade now", 1003, "42000", "unexpected 'now'"),
        ("", 900, "42601", "Empty"),
        ("-- nothing", 900, "42601", "Empty"),
        ("select 1; select 2", 8, "0A000", "Actual statement count 2"),
        ("create streamlit s from '@stage'", 2, "0A000", "sandbox does not support CREATE STREAMLIT"),
        ("create iceberg table t (a int)", 2, "0A000", "sandbox does not support CREATE ICEBERG TABLE"),
        ("select nosuchfunction(1)", 2140, "42601", "Unknown function NOSUCHFUNCTION"),
        ("select * from t at (offset => -60)", 2, "0A000", "time travel"),
        ("create table t (a int, a int)", 2025, "42S21", "duplicate column name 'A'"),
        ("create table t (a number(39, 0))", 1003, "42000", "Invalid number precision: 39. Must be between 0 and 38."),
        ("create table t (a number(3, 5))", 1003, "42000", "Invalid number scale: 5. Must be between 0 and 3."),
        ("create table t (a varchar(134217729))", 1003, "42000", "Invalid character length: 134,217,729."),
        ("select 1::varchar(0)", 1003, "42000", "Invalid character length: 0."),
        ("create table t (a timestamp_ntz(10))", 1003, "42000", "Must be between 0 and 9."),
        ("create table t (a nosuchtype)", 1003, "42000", "Unsupported data type 'NOSUCHTYPE'"),
        ("create table t (a map(int, int))", 2, "0A000", "sandbox does not support the data type MAP"),
    ],
)
def test_refusals(client, text, code, sqlstate, says):
    found = client.error(text) if text else _raw(client, text)
    assert found[:2] == (code, sqlstate)
    assert says in found[2]


def _raw(client, text):
    """The connector itself drops an empty statement."""
    answer = client.connection.cmd_query(text, 1, "0f6f1c6e-0000-4000-8000-000000000000")
    return int(answer["code"]), answer["data"]["sqlState"], answer["message"]


def test_without_database(connect):
    client = connect()
    assert client.error("create schema s")[:2] == (90105, "22000")
    assert client.error("select * from t")[:2] == (90105, "22000")
    client("create or replace database without_schema")
    client("drop schema public")
    assert client.error("create table t (a int)")[:2] == (90106, "22000")


def test_tables_need_a_warehouse(client):
    client("create table t (a int)")
    client("create or replace warehouse test_tables_need")
    client("use warehouse test_tables_need")
    client("drop warehouse test_tables_need")
    for text in ("select * from t", "insert into t values (1)", "update t set a = 1", "delete from t",
                 "merge into t using (select 1 a) s on t.a = s.a when matched then delete",
                 "select * from information_schema.tables"):  # fmt: skip
        code, sqlstate, message = client.error(text)
        assert (code, sqlstate) == (606, "57P03")
        assert message.startswith("No active warehouse selected in the current session.  Select an active warehouse")
    assert client("select 1 + 1, current_user()") == [(2, "ADMIN")]
    assert [each.name for each in client.cursor.describe("select * from t")] == ["A"]
    client("use warehouse compute_wh")
    assert client("select * from t") == []


@pytest.fixture
def tables(client):
    client("create table a (x int, y varchar)")
    client("create table b (x int, z varchar)")
    client("insert into a values (1, '2'), (2, '3')")
    client("insert into b values (1, 'p')")
    return client


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("select * from a join b using (a.x)", [(1, "2", "p")]),  # https://github.com/tobymao/sqlglot/issues/3881
        ("select count(*) from a, b,", [(2,)]),  # https://github.com/tobymao/sqlglot/issues/4487
        ("select z from a, b, where a.x = b.x", [("p",)]),
        ("select count(*) from (select 1 from a,)", [(2,)]),
        ("select x from b order by true, x", [(1,)]),
        ("select sum(y), avg(y) from a", [(5.0, 2.5)]),  # https://docs.snowflake.com/en/sql-reference/functions/sum
        (
            "select sum(x) over (order by dateadd(day, x, '2024-01-01'::date) range between interval '1 day' preceding "
            "and current row) from a order by x",
            [(1,), (3,)],
        ),
        ("select x from a qualify row_number() over (partition by x / 3 > 0 order by y::int desc) = 1", [(2,)]),
        (
            "select row_number() over (order by parse_json(y):b::timestamp, to_date('2024-01-0' || y)) from a",
            [(1,), (2,)],
        ),
        (
            "select div0(4, ((select max(x) from a) - 1) * 2), iff((select 1) = 1, 'y', 'n')",
            [(Decimal("2.000000"), "y")],
        ),
        ("select x from a where x in ((select max(x) from a) - 1, 7)", [(1,)]),
        ("select date_part(dw_iso, '2024-01-07'::date)", [(7,)]),
    ],
)
def test_forms_that_are_written_too(tables, text, rows):
    found = tables(text)
    assert found == rows
    assert [type(value) for value in found[0]] == [type(value) for value in rows[0]]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("select a.x from a, b, join a", 1003, "unexpected 'join'"),
        ("select * from a join b using (a.nosuch)", 904, "invalid identifier 'NOSUCH'"),
        ("select * from a pivot(sum(x) for y in (any order by y))", 2, "does not support PIVOT"),
        ("select * from a pivot(sum(x) for y in (select z from b))", 2, "does not support PIVOT"),
        ("select row_number() over (order by (y || 'x')::date) from a", 100040, "x' is not recognized"),
        ("select row_number() over (order by random()) from a", 2, "in OVER"),
        ("select * from table(nosuch(1))", 2140, "Unknown function NOSUCH"),
        ("select * from table(public.nosuch(1))", 2141, "Unknown user-defined function PUBLIC.NOSUCH"),
        ("select st_tileenvelope(7, 6, 9)", 2140, "Unknown function ST_TILEENVELOPE"),
        ("select dateadd(a.y, 1, '2024-01-01'::date) from a", 2151, "'A.Y' is not a valid date/time component"),
        ("select x from a start with nosuch = 1 connect by prior x = x", 904, "invalid identifier 'NOSUCH'"),
        ("alter table a add column w int as (nosuch + 1)", 904, "invalid identifier 'NOSUCH'"),
        ("create table identifier(:t) (x int)", 1003, "Bind variable"),
    ],
)
def test_what_is_wrong_is_told_in_snowflakes_words(tables, text, code, says):
    found = tables.error(text)
    assert found[0] == code
    assert says in found[2]


def test_keys_of_objects_are_ordered(client):
    """https://docs.snowflake.com/en/user-guide/querying-semistructured#sample-data-used-in-examples"""
    client("""create table o as select parse_json('{"b": {"z": 1, "y": [{"d": 1, "c": 2}]}, "a": 2}') v""")
    assert "".join(client("select v from o")[0][0].split()) == '{"a":2,"b":{"y":[{"c":2,"d":1}],"z":1}}'


def test_functions_by_identifier(client):
    """https://docs.snowflake.com/en/sql-reference/identifier-literal"""
    database = client("select current_database()")[0][0]
    client("create function f(i int) returns int as 'i + 1'")
    client("create function tf() returns table (x int) as 'select 7'")
    client("set (own, built) = ('f', 'abs')")
    assert client(f"""select identifier('f')(1), identifier('"{database}".public.f')(2)""") == [(2, 3)]
    assert client("select identifier($own)(3), identifier($built)(-4)") == [(4, 4)]
    assert client("select * from table(identifier('tf')())") == [(7,)]
    assert client.error("select identifier('nosuch')(1)")[:2] == (2140, "42601")


def test_odd_numbers(client):
    assert client.error("select 1 limit '²'")[0] == 1014
    client("select extract(millisecond from '2024-01-01 00:00:00.123456'::timestamp)")
    assert client.cursor.description[0].precision == 3
    block = "declare v float default -0.0; begin let r float := (select 1 -:v); return r; end"
    assert client(f"execute immediate $${block}$$") == [(1.0,)], "not the comment that two minus signs begin"
