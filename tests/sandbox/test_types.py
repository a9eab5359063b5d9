"""The types of results as the connector describes them; numbers, times and texts there and back."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

FIXED, REAL, TEXT, DATE, TIMESTAMP, VARIANT, LTZ, TZ, NTZ, OBJECT, ARRAY, BINARY, TIME, BOOLEAN = range(14)


def described(client, text):
    client(text)
    return [
        (each.type_code, each.precision, each.scale, each.internal_size, each.is_nullable)
        for each in client.cursor.description
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", (FIXED, 1, 0, None, False)),
        ("123.45", (FIXED, 5, 2, None, False)),
        ("1 + 1", (FIXED, 2, 0, None, False)),
        ("1.5 * 2.25", (FIXED, 5, 3, None, False)),
        ("1 / 3", (FIXED, 7, 6, None, False)),
        ("'abc'", (TEXT, None, None, 3, False)),
        ("'ab' || 'c'", (TEXT, None, None, 3, False)),
        ("null", (TEXT, None, None, 16777216, True)),
        ("1::float", (REAL, None, None, None, False)),
        ("true", (BOOLEAN, None, None, None, False)),
        ("current_date", (DATE, None, None, None, False)),
        ("current_timestamp", (LTZ, 0, 9, None, False)),
        ("'2020-01-01'::timestamp_ntz(3)", (NTZ, 0, 3, None, False)),
        ("'10:00'::time", (TIME, 0, 9, None, False)),
        ("parse_json('1')", (VARIANT, None, None, None, False)),
        ("[1]", (ARRAY, None, None, None, False)),
        ("{'a': 1}", (OBJECT, None, None, None, False)),
        ("count(*)", (FIXED, 18, 0, None, False)),
        ("sum(1)", (FIXED, 38, 0, None, True)),
        ("avg(1)", (FIXED, 38, 6, None, True)),
        ("iff(true, 1, null)", (FIXED, 1, 0, None, True)),
        ("coalesce(null, 10, 1.5)", (FIXED, 3, 1, None, False)),
        ("?", (FIXED, 2, 0, None, False)),
    ],
)
def test_of_expressions(connect, text, expected):
    client = connect()
    if "?" in text:
        client(f"select {text}", (42,))
        return
    assert described(client, f"select {text}") == [expected]


def test_of_columns(client):
    client(
        "create table t (a int not null, b number(10,2), c varchar(5), d binary(3), e timestamp_tz, f float, g char)"
    )
    expected = [
        (FIXED, 38, 0, None, False), (FIXED, 10, 2, None, True), (TEXT, None, None, 5, True),
        (BINARY, None, None, 3, True), (TZ, 0, 9, None, True), (REAL, None, None, None, True),
        (TEXT, None, None, 1, True),
    ]  # fmt: skip
    assert described(client, "select * from t") == expected
    assert described(client, "select * from (select * from t union all select * from t)") == expected
    client("create view v as select b + 1 n, c from t")
    assert described(client, "select * from v") == [(FIXED, 11, 2, None, True), (TEXT, None, None, 5, True)]
    outer = described(client, "select t.a from (select 1 x) s left join t on t.a = s.x")
    assert outer == [(FIXED, 38, 0, None, True)]


def test_describing_is_not_running(client):
    client("create table t (a int)")
    assert [each.name for each in client.cursor.describe("select a / 2 as b, 1/0 from t")] == ["B", "1/0"]


@pytest.mark.parametrize(
    "value",
    [
        0, -1, 2**63, 10**38 - 1, -(10**38) + 1, Decimal("0.1"), Decimal("-123456789012345678901234567.0123456789"),
        1.5, "", "é'\\\n", True, False, None, b"\x00\xff", datetime.date(1, 1, 1), datetime.date(9999, 12, 31),
        datetime.datetime(1900, 1, 1, 0, 0, 0, 1), datetime.datetime(9999, 12, 31, 23, 59, 59),
        datetime.time(23, 59, 59, 999999),
    ],
)  # fmt: skip
def test_bound_values_come_back(connect, value):
    found = connect()("select ?", (value,))[0][0]
    assert (bytes(found) if isinstance(found, bytearray) else found) == value


def test_the_session_has_a_time_zone(connect):
    client = connect()
    client("alter session set timezone = 'Asia/Tokyo'")
    assert client("select '2020-01-01 00:00:00'::timestamp_ltz::varchar") == [("2020-01-01 00:00:00.000 +0900",)]
    assert client("select to_timestamp_ntz('2020-01-01 00:00:00 +0300'::timestamp_ltz)") == [
        (datetime.datetime(2020, 1, 1, 6),)
    ]


def test_nan_and_infinity(connect):
    found = connect()("select 'NaN'::float, 'inf'::float, '-inf'::float")[0]
    assert found[0] != found[0]
    assert found[1:] == (float("inf"), float("-inf"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select 1 union select current_date", 1790),
        ("select 1 union select 1, 2", 1789),
        ("select a from (select 1 b)", 904),
        ("select a from (select 1 a), (select 2 a)", 1052),
        ("select a, b from (select 1 a, 2 b) group by a", 979),
        ("select 1 where count(*) > 1", 2080),
        ("select 1 group by 5", 2109),
        ("select 1 order by 5", 2110),
        ("select 1 limit -1", 1014),
        ("select case when 1 = 1 then 1 else current_date end", 2258),
        ("select current_date || 1 + current_date", 1044),
    ],
)
def test_refusals(connect, text, code):
    assert connect().error(text)[0] == code


def test_types_without_values(client):
    client("create table t (a geography, b geometry, c vector(float, 3), d vector(int, 16), e decfloat, f file, g int, "
           "h uuid)")  # fmt: skip
    kinds = [row[1] for row in client("describe table t")]
    assert kinds == [
        "GEOGRAPHY", "GEOMETRY", "VECTOR(FLOAT, 3)", "VECTOR(INT, 16)", "DECFLOAT(38)", "FILE", "NUMBER(38,0)", "UUID",
    ]  # fmt: skip
    client("insert into t (g) values (1)")
    assert client("select a, c, e, g from t") == [(None, None, None, 1)]
    assert client.error("insert into t (a) values ('POINT(1 2)')")[:2] == (2, "0A000")
    assert client.error("insert into t (h) select uuid_string()")[:2] == (2, "0A000")
    client("create table v as select d::array::vector(int, 32) as d from t")
    assert [row[1] for row in client("describe table v")] == ["VECTOR(INT, 32)"]
    assert client.error("select [1, 2]::vector(int, 2)")[:2] == (2, "0A000")
    assert client.error("create table u (a vector(float, 5000))")[:2] == (1003, "42000")
    assert client.error("create table u (a vector(text, 5))")[:2] == (1003, "42000")
