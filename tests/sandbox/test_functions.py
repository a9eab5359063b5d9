"""Functions by family: the values and types that Snowflake's pages give."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest

D = Decimal
DAY = "'2020-02-05'::date"

VALUES = {
    # -- texts
    "upper('a') || lower('B')": "Ab",
    "initcap('hello wORLD')": "Hello World",
    "split_part('a,b,c', ',', -1)": "c",
    "strtok('a.b.c', '.', 2)": "b",
    "substr('abcdef', -3)": "def",
    "substring('abc', 0, 2)": "ab",
    "lpad('a', 3, 'xy') || rpad('b', 2)": "xyab ",
    "charindex('b', 'abcb', 3)": 4,
    "position('b' in 'abc')": 2,
    "insert('abc', 2, 1, 'Z')": "aZc",
    "concat_ws('-', 'a', 'b')": "a-b",
    "concat('a', null)": None,
    "translate('abc', 'ab', 'x')": "xc",
    "sha2('a', 256)": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
    "base64_decode_string(base64_encode('é'))": "é",
    "hex_decode_string(hex_encode('ab'))": "ab",
    "'abc' like any ('x%', 'a%')": True,
    "'abc' like all ('x%', 'a%')": False,
    "'ABC' ilike 'a_c'": True,
    "'abc' not like 'a%'": False,
    "length('é')": 1,
    "octet_length('é')": 2,
    "editdistance('abc', 'abd')": 1,
    # -- numbers
    "1/3": D("0.333333"),
    "10::number(38,0)/3": D("3.333333"),
    "10.00/3.000": D("3.33333333"),
    "1.5 * 1.5": D("2.25"),
    "7 % -3": 1,
    "-7/2": D("-3.500000"),
    "5/2::float": 2.5,
    "1e3": 1000,
    "round(2.5) || ',' || round(-2.5)": "3,-3",
    "round(1255, -1)": 1260,
    "trunc(-1.567, 2)": D("-1.56"),
    "floor(-1.5)": -2,
    "ceil(1.21, 1)": D("1.3"),
    "div0(1, 0)": D("0"),
    "div0null(1, null)": D("0"),
    "bitand(6, 3) + bitor(6, 3) + bitxor(6, 3) + bitshiftleft(1, 4)": 30,
    "width_bucket(5, 0, 10, 5)": 3,
    "abs(-12345678901234567890123456789012345678)": 12345678901234567890123456789012345678,
    # -- conditions
    "iff(1 = 1, 'a', 'b')": "a",
    "decode(null, null, 'n')": "n",
    "decode(3, 1, 'a', 'c')": "c",
    "nvl2(null, 1, 2)": 2,
    "zeroifnull(null)": 0,
    "nullifzero(0)": None,
    "equal_null(null, null)": True,
    "greatest(1, null)": None,
    "greatest_ignore_nulls(1, null, 3)": 3,
    "1 is distinct from null": True,
    "case when false then 1 end": None,
    # -- conversions
    "to_number('12.56', 10, 1)": D("12.6"),
    "try_to_number('x')": None,
    "try_cast('x' as int)": None,
    "'1.7'::int": 2,
    "1.5::varchar": "1.5",
    "1.50::varchar": "1.50",
    "to_boolean('yes')": True,
    "to_char(date '2020-01-05', 'DD/MM/YYYY')": "05/01/2020",
    "to_date('05/01/2020', 'DD/MM/YYYY')": datetime.date(2020, 1, 5),
    "try_to_date('x')": None,
    "to_date('1500000000')": datetime.date(2017, 7, 14),
    "to_timestamp_ntz(1500000000)": datetime.datetime(2017, 7, 14, 2, 40),
    "to_timestamp_ntz(1500000000123, 3)": datetime.datetime(2017, 7, 14, 2, 40, 0, 123000),
    "to_time('10:11:12')": datetime.time(10, 11, 12),
    "system$typeof(1.5)": "NUMBER(2,1)[SB1]",
    # -- dates
    "dateadd(month, 1, '2020-01-31'::date)": datetime.date(2020, 2, 29),
    "dateadd('hour', 2, '2020-01-31'::date)": datetime.datetime(2020, 1, 31, 2),
    "datediff(month, '2020-01-31'::date, '2020-02-01'::date)": 1,
    "datediff(week, '2020-01-05'::date, '2020-01-06'::date)": 1,
    "date_trunc('month', '2020-01-31'::date)": datetime.date(2020, 1, 1),
    f"last_day({DAY})": datetime.date(2020, 2, 29),
    f"last_day({DAY}, year)": datetime.date(2020, 12, 31),
    f"extract(month from {DAY})": 2,
    f"dayname({DAY}) || monthname({DAY})": "WedFeb",
    f"dayofweek({DAY}) || ',' || dayofweekiso({DAY}) || ',' || week({DAY})": "3,3,6",
    f"next_day({DAY}, 'mo')": datetime.date(2020, 2, 10),
    f"previous_day({DAY}, 'we')": datetime.date(2020, 1, 29),
    "add_months('2020-02-29'::date, 1)": datetime.date(2020, 3, 31),
    "date_from_parts(2020, 2, 30)": datetime.date(2020, 3, 1),
    "date_part(epoch_second, '1970-01-02'::timestamp_ntz)": 86400,
    f"{DAY} + 1": datetime.date(2020, 2, 6),
    f"{DAY} - date '2020-02-01'": 4,
    f"{DAY} + interval '1 month, 2 days'": datetime.date(2020, 3, 7),
    "convert_timezone('UTC', 'Asia/Tokyo', '2020-01-01 00:00:00'::timestamp_ntz)": datetime.datetime(2020, 1, 1, 9),
    "months_between('2020-03-15'::date, '2020-02-15'::date)": D("1.000000"),
    # -- regular expressions
    "regexp_like('ABC', 'abc', 'i')": True,
    "'abc' rlike 'b'": False,
    "regexp_substr('a1b22', '[0-9]+', 1, 2)": "22",
    r"regexp_substr('hello world', '(\\w+) (\\w+)', 1, 1, 'e', 2)": "world",
    r"regexp_replace('ab', '(a)(b)', '\\2\\1')": "ba",
    "regexp_count('a1b2', '[0-9]')": 2,
    "regexp_instr('a1b2', '[0-9]')": 2,
    # -- semi-structured data
    """parse_json('{"a":{"b":[1,2,"x"]}}'):a.b[2]::string""": "x",
    """parse_json('{"a":1}'):nosuch""": None,
    "array_size([1, 2])": 2,
    "typeof(parse_json('1.5'))": "DECIMAL",
    "array_contains('a'::variant, ['a', 'b'])": True,
    "array_to_string([1, 'b'], '-')": "1-b",
    "as_integer('x'::variant)": None,
    "is_object({'a': 1})": True,
    "try_parse_json('{x')": None,
    "is_null_value(parse_json('null'))": True,
}

DOCUMENTS = {
    "object_construct('b', 1, 'a', null, 'c', 'x')": {"b": 1, "c": "x"},
    "object_construct_keep_null('a', null)": {"a": None},
    "array_construct(1, 'a', null)": [1, "a", None],
    "split('a,b', ',')": ["a", "b"],
    "strtok_to_array('a.b', '.')": ["a", "b"],
    "array_append([1], 2)": [1, 2],
    "array_cat([1], ['b'])": [1, "b"],
    "array_slice([1, 2, 3], 0, -1)": [1, 2],
    "array_distinct([1, 1, 2])": [1, 2],
    "object_keys({'b': 1, 'a': 2})": ["a", "b"],
    "object_insert({'a': 1}, 'b', 2)": {"a": 1, "b": 2},
    "object_delete({'a': 1, 'b': 2}, 'a')": {"b": 2},
    "filter([1, 2, 3], x -> x > 1)": [2, 3],
    "transform([1, 2], x int -> x * 2)": [2, 4],
    "to_array(1)": [1],
    "regexp_substr_all('a1b2', '[0-9]')": ["1", "2"],
    """get_path(parse_json('{"a":[{"b":1}]}'), 'a[0]')""": {"b": 1},
}


@pytest.fixture(scope="module")
def one(shared):
    from tests.sandbox.conftest import Client, login

    client = Client(login(shared))
    yield client
    client.close()


@pytest.mark.parametrize("text", VALUES)
def test_values(one, text):
    found = one(f"select {text}")[0][0]
    assert found == VALUES[text]
    assert type(found) is type(VALUES[text])


@pytest.mark.parametrize("text", DOCUMENTS)
def test_documents(one, text):
    assert json.loads(one(f"select {text}")[0][0]) == DOCUMENTS[text]


@pytest.mark.parametrize(
    ("text", "code", "sqlstate", "says"),
    [
        ("nosuch(1)", 2140, "42601", "Unknown function NOSUCH"),
        ("abs()", 938, "22023", "not enough arguments for function [ABS()], expected 1, got 0"),
        ("abs(1, 2)", 939, "22023", "too many arguments for function [ABS("),
        ("1/0", 100051, "22012", "Division by zero"),
        ("7 % 0", 100051, "22012", "Division by zero"),
        ("'abc'::int", 100038, "22018", "Numeric value 'abc' is not recognized"),
        ("'abc'::date", 100040, "22007", "Date 'abc' is not recognized"),
        ("'abc'::timestamp", 100035, "22007", "Timestamp 'abc' is not recognized"),
        ("'abc'::time", 100108, "22007", "Time 'abc' is not recognized"),
        ("'abc'::boolean", 100037, "22018", "Boolean value 'abc' is not recognized"),
        ("parse_json('{')", 100069, "22P02", "Error parsing JSON"),
        ("123::number(2,0)", 100046, "22003", "Number out of representable range: type FIXED[SB1](2,0)"),
        ("dateadd(nosuch, 1, current_date)", 2151, "22023", "'NOSUCH' is not a valid date/time component"),
        ("row_number()", 2071, "42601", "requires an OVER clause"),
    ],
)
def test_refusals(one, text, code, sqlstate, says):
    found = one.error(f"select {text}")
    assert found[:2] == (code, sqlstate)
    assert says in found[2]


ROWS = "(values (1, 1), (1, 2), (2, 3)) as v(x, y)"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("x, count(*), sum(y), avg(y) from {} group by x order by x", [(1, 2, 3, D("1.5")), (2, 1, 3, D("3"))]),
        ("listagg(y, ',') within group (order by y desc) from {}", [("3,2,1",)]),
        ("listagg(y) from {} where false", [("",)]),
        ("median(y), max(x), count(distinct x), count_if(y > 1) from {}", [(D("2"), 2, 2, 2)]),
        ("min_by(x, y), max_by(x, y), booland_agg(y > 0), mode(x) from {}", [(1, 2, True, 1)]),
        ("percentile_cont(0.5) within group (order by y) from {}", [(D("2"),)]),
        ("x, sum(y) from {} group by rollup(x) order by x", [(1, 3), (2, 3), (None, 6)]),
        ("x, grouping(x), sum(y) from {} group by grouping sets ((x), ()) order by 1", [(1, 0, 3), (2, 0, 3), (None, 1, 6)]),
        ("x, sum(y) from {} group by all order by all", [(1, 3), (2, 3)]),
        ("y, row_number() over (partition by x order by y desc) n from {} qualify n = 1 order by y", [(2, 1), (3, 1)]),
        ("lag(y) over (order by y), last_value(y) over (order by y) from {} order by y", [(None, 3), (1, 3), (2, 3)]),
        ("sum(y) over (order by y rows between 1 preceding and current row) s from {} order by s", [(1,), (3,), (5,)]),
        ("ratio_to_report(y) over () from {} order by 1", [(D("0.166667"),), (D("0.333333"),), (D("0.500000"),)]),
        ("seq4() from table(generator(rowcount => 3))", [(0,), (1,), (2,)]),
        ("value from table(split_to_table('a,b', ',')) order by index", [("a",), ("b",)]),
        ("f.key, f.value::int from table(flatten(input => {{'b': 1, 'a': 2}})) f order by 1", [("a", 2), ("b", 1)]),
        ("v.x, f.index from {}, lateral flatten(input => [v.y]) f where v.x = 2", [(2, 0)]),
        ("f.value from lateral flatten(input => [], outer => true) f", [(None,)]),
    ],
)  # fmt: skip
def test_rows(one, text, rows):
    assert one("select " + text.format(ROWS)) == rows


def test_what_is_told_of_a_signature(client):
    client("create function f(a number, b varchar default 'x') returns varchar not null as 'b'")
    assert dict(client("describe function f(number, varchar)"))["returns"] == "VARCHAR NOT NULL"
    client("create procedure p(a number, b out varchar) returns varchar as 'begin b := 1; return 1; end'")
    assert '"B" OUT VARCHAR' in client("select get_ddl('procedure', 'p(number, varchar)')")[0][0]
