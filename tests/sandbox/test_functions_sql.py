"""Functions: those in SQL run, others are recorded."""

from __future__ import annotations

from decimal import Decimal

import pytest


@pytest.fixture
def table(client):
    client("create table t (a int, b varchar)")
    client("insert into t values (1, 'x'), (2, 'y'), (3, null)")
    return client


# -- scalar --------------------------------------------------------------------------------------------


def test_a_scalar_function(client):
    assert client("create function area(radius float) returns float as 'pi() * radius * radius'") == [
        ("Function AREA successfully created.",)
    ]
    assert client("select round(area(2), 3), round(area(radius => 1), 3)") == [(12.566, 3.142)]
    database, schema = client("select current_database(), current_schema()")[0]
    assert client(f'select round({schema}.area(1), 1), round("{database}".{schema}.area(1), 1)') == [(3.1, 3.1)]
    assert client("begin let x float := area(1); return round(x, 2); end") == [(3.14,)]


def test_functions_in_all_places_of_a_query(table):
    table("create function plus_one(x int) returns int as $$ x + 1 $$")
    assert table("select plus_one(a), plus_one(plus_one(a)) from t order by 1") == [(2, 3), (3, 4), (4, 5)]
    assert table("select a from t where plus_one(a) > 2 order by plus_one(a) desc") == [(3,), (2,)]
    assert table("select plus_one(max(a)), count(*) from t") == [(4, 3)]
    assert table("select plus_one(a) as p, count(*) from t group by plus_one(a) order by 1 limit 1") == [(2, 1)]
    assert table("select plus_one(?)", (5,)) == [(6,)]
    table("insert into t select plus_one(a) + 10, 'new' from t where a = 1")
    table("update t set a = plus_one(a) where b = 'new'")
    assert table("select a from t where b = 'new'") == [(13,)]
    table("create view v as select plus_one(a) as x from t")
    assert table("select max(x) from v") == [(14,)]


def test_a_function_with_a_query(table):
    table("create function total() returns number(10, 2) as 'select sum(a) from t'")
    assert table("select total()") == [(Decimal("6.00"),)]
    table("create function at_least(a int) returns int as 'select count(*) from t where t.a >= a'")
    table("create function described(x int) returns varchar as $$ (select b from t where t.a = x) || '!' $$")
    assert table("select described(1), described(9)") == [("x!", None)]
    assert table("select a, described(a) from t order by a") == [(1, "x!"), (2, "y!"), (3, None)]


def test_names_inside_are_of_the_functions_schema(table):
    table("create function total() returns int as 'select sum(a) from t'")
    home = table("select current_schema()")[0][0]
    table("create schema other")
    table("create table t (a int)")
    assert table(f"select {home}.total()") == [(6,)]
    assert table("select total()") == [(6,)]


def test_results_have_the_declared_type(client):
    client("create function f(x varchar) returns number(10, 2) as 'x'")
    assert client("select f('1.239')") == [(Decimal("1.24"),)]
    client("create function s(x int, y int) returns int strict as 'coalesce(x, 0) + coalesce(y, 0)'")
    assert client("select s(1, null), s(1, 2)") == [(None, 3)]
    client(
        "create function upper_(x varchar) returns varchar as $$ case when x = 'a' then 'A' else upper(x) end -- c $$"
    )
    assert client("select upper_('a') || upper_('b')") == [("AB",)]


def test_computed_positions_in_texts(client):
    client("create function f(t varchar) returns varchar as "
           "'select substr(low, place + 2) from (select lower(t) low, regexp_instr(t, ''B'') place)'")  # fmt: skip
    assert client("select f('ABCDE')") == [("de",)]


def test_defaults(client):
    client("create function f(x int, y int default 10, z int default 1 + 1) returns int as 'x * 100 + y + z'")
    assert client("select f(1), f(1, 20), f(z => 5, x => 2)") == [(112, 122, 215)]


# -- table functions -----------------------------------------------------------------------------------


def test_a_table_function(table):
    table("create function named(n varchar) returns table (id int, name varchar) as 'select a, b from t where b = n'")
    assert table("select * from table(named('x'))") == [(1, "x")]
    assert table.names() == ["ID", "NAME"]
    assert table("select q.id + 1 from table(named('y')) as q") == [(3,)]
    assert table("select q.c from table(named('y')) as q (c, d)") == [(2,)]
    assert table("select f.id, t.a from t, table(named(t.b)) f order by 1") == [(1, 1), (2, 2)]
    assert table("select f.id, t.a from t join table(named(b)) f order by 1") == [(1, 1), (2, 2)]
    assert table.error("select named('x')")[0] == 2140


# -- overloading ---------------------------------------------------------------------------------------


def test_overloading(client):
    client("create function f(x int) returns varchar as $$ 'int' $$")
    client("create function f(x varchar) returns varchar as $$ 'varchar' $$")
    client("create function f(x int, y int) returns varchar as $$ 'two' $$")
    assert client("select f(1), f('1'), f(1, 2), f(1::varchar)") == [("int", "varchar", "two", "varchar")]
    assert client.error("create function f(y number) returns int as '1'")[:2] == (2002, "42710")
    client("drop function f(int)")
    assert client("select f(1)") == [("varchar",)]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("select nosuch(1)", 2140, "Unknown function NOSUCH"),
        ("select public.nosuch(1)", 2141, "Unknown user-defined function PUBLIC.NOSUCH"),
        ("select f()", 1044, "Invalid argument types for function 'F': ()"),
        ("select f(1, 2)", 1044, "Invalid argument types for function 'F'"),
        ("select f(y => 1)", 1044, "Invalid argument types for function 'F'"),
        ("select f(to_date('2024-01-01')::date)", 1044, "(DATE)"),
        ("select f(1))", 1003, ""),
        ("create function g(x int) returns int as 'x + nosuch'", 904, "NOSUCH"),
        ("create function g(x int) returns int as 'select a from nosuch'", 2003, "NOSUCH"),
        ("create function g(x int) returns int as 'x +'", 1003, ""),
        ("create function g(x int) returns int as 'g(x)'", 2140, "G"),
        ("create function g(x int) returns int as 'x')", 1003, "')'"),
        ("create function g(x out int) returns int as 'x'", 1003, "output"),
        ("create function g(x int) as 'x'", 1003, ""),
        ("create function g(x int) returns int", 2029, "[AS]"),
        ("create function g(x int) returns int nosuch = 1 as 'x'", 1420, "NOSUCH"),
        ("create aggregate function g(x int) returns int as 'x'",
         2, "sandbox does not support CREATE AGGREGATE FUNCTION … LANGUAGE SQL"),
        ("drop function f", 1003, ""),
        ("drop function f(varchar, int)", 2003, "F(VARCHAR, NUMBER)"),
        ("alter function f(int) set nosuch = 1", 1420, "NOSUCH"),
        ("alter function f(int) frobnicate", 1003, ""),
    ],
)  # fmt: skip
def test_what_is_refused(client, text, code, words):
    client("create function f(x int) returns int as 'x'")
    found = client.error(text)
    assert found[0] == code
    assert words in found[2]


# -- the object ----------------------------------------------------------------------------------------


def test_a_function_is_shown_and_described(client):
    client(
        "create secure function f(a int, b varchar default 'x') returns varchar memoizable comment = 'mine' "
        "as $$ a || b $$"
    )
    row = client("show user functions")[0]
    found = dict(zip(client.names(), row, strict=True))
    assert found["arguments"] == "F(NUMBER, DEFAULT VARCHAR) RETURN VARCHAR"
    assert (found["description"], found["language"]) == ("mine", "SQL")
    assert (found["is_secure"], found["is_memoizable"], found["is_external_function"]) == ("Y", "Y", "N")
    assert [row[1] for row in client("show functions like 'f'")] == ["F"]
    assert client("desc function f(int, string)") == [
        ("signature", "(A NUMBER, B VARCHAR)"),
        ("returns", "VARCHAR"),
        ("language", "SQL"),
        ("body", " a || b "),
    ]


def test_types_without_values(client):
    client("create function f(a binary(10), b decfloat default 1, c vector(int, 3) default null, "
           "d geography default to_geography('POINT(0 0)')) returns table (a binary(5), b decfloat(38), c uuid) "
           "as 'select a, b, null'")  # fmt: skip
    assert "DEFAULT DECFLOAT, DEFAULT VECTOR, DEFAULT GEOGRAPHY" in client("show user functions")[0][8]
    found = dict(client("describe function f(binary, decfloat, vector(int, 3), geography)"))
    assert found["signature"] == "(A BINARY, B DECFLOAT, C VECTOR, D GEOGRAPHY)"
    assert client.error("select * from table(f(to_binary('ab')))") == (
        2, "0A000", "sandbox does not support values of the data type DECFLOAT",
    )  # fmt: skip
    client("create function g(a binary(2)) returns binary(9) as 'a'")
    assert client("select g(to_binary('ab', 'utf-8'))") == [(b"ab",)]


def test_aggregate_functions_are_recorded(client):
    """https://docs.snowflake.com/en/developer-guide/udf/python/udf-python-aggregate-functions"""
    make = "aggregate function total(a int) returns int language"
    client(f"create {make} python runtime_version = '3.10' handler = 'Total' as 'class Total: pass'")
    assert client("show user functions")[0][4] == "Y"
    found = dict(client("describe function total(number)"))
    assert (found["is_aggregate"], found["handler"], found["returns"]) == ("true", "Total", "NUMBER(38,0)")
    assert client("select get_ddl('function', 'total(number)')")[0][0].startswith("CREATE OR REPLACE AGGREGATE FUNC")
    assert client.error("select total(1)")[:2] == (2, "0A000")
    assert client.error(f"create or replace {make} sql as 'a'")[:2] == (2, "0A000")
    assert client.error(f"create or replace {make} python immutable handler = 'T' as 'x'")[:2] == (1003, "42000")
    client("drop function total(number)")


def test_a_function_is_altered(client):
    client("create function f(a int) returns int as 'a'")
    client("alter function f(int) set comment = 'changed'")
    client("alter function f(int) set secure")
    row = dict(zip(client.names(), client("show user functions")[0], strict=False)) and client("show user functions")[0]
    assert (row[9], row[13]) == ("changed", "Y")
    client("alter function f(int) unset secure")
    client("comment if exists on function f(int) is 'again'")
    row = client("show user functions")[0]
    assert (row[9], row[13]) == ("again", "N")
    client("alter function f(int) rename to g")
    assert client("select g(1)") == [(1,)]
    client("alter function if exists f(int) rename to h")
    assert client("drop function g(number)") == [("G successfully dropped.",)]
    assert client("drop function if exists g(int)") == [("Drop statement executed successfully (G already dropped).",)]
    assert client.error("select g(1)")[0] == 2140


def test_create_or_replace_and_if_not_exists(client):
    client("create function f() returns int as '1'")
    assert client("create function if not exists f() returns int as '2'") == [
        ("F already exists, statement succeeded.",)
    ]
    assert client("select f()") == [(1,)]
    client("create or replace function f() returns int as '3'")
    assert client("select f()") == [(3,)]
    client("create temporary function f() returns int as '4'")
    assert client("select f()") == [(4,)]
    client("drop function f()")
    assert client("select f()") == [(3,)]


@pytest.mark.parametrize(
    ("definition", "language"),
    [
        ("language python runtime_version = 3.11 handler = 'f' as $$def f(x): return x$$", "Python"),
        ("language java handler = 'A.f' imports = ('@st/a.jar')", "Java"),
        ("language javascript as 'return X'", "JavaScript"),
    ],
)
def test_other_languages_are_recorded(client, definition, language):
    client(f"create function f(x float) returns float {definition}")
    assert dict(client("desc function f(float)"))["language"] == language.upper()
    assert client.error("select f(1)") == (
        2, "0A000", f"sandbox does not support running functions in {language}: their bodies are recorded, not run"
    )  # fmt: skip


def test_external_functions_are_recorded(client):
    client(
        "create or replace external function f(x int) returns variant api_integration = some_integration "
        "headers = ('a' = 'b') max_batch_rows = 5 as 'https://example.com/f'"
    )
    assert client("show external functions")[0][16] == "Y"
    described = dict(client("desc function f(int)"))
    assert (described["language"], described["max_batch_rows"]) == ("EXTERNAL", "5")
    assert "external functions" in client.error("select f(1)")[2]


def test_scripting_in_a_function_says_so(client):
    client("create function f(x int) returns int as 'begin return x; end'")
    assert "Snowflake Scripting as the body of a function" in client.error("select f(1)")[2]


# -- rights --------------------------------------------------------------------------------------------


def test_who_may_call_and_what_runs_as_the_owner(table):
    database, schema = table("select current_database(), current_schema()")[0]
    table("create function counted() returns int as 'select count(*) from t'")
    table("create role functions_role")
    try:
        table("grant role functions_role to user admin")
        table(f'grant usage on database "{database}" to role functions_role')
        table(f'grant usage on schema "{database}".{schema} to role functions_role')
        table("use role functions_role")
        table("use secondary roles none")
        assert table.error("select counted()")[0] == 2140
        assert table.error("create function mine() returns int as '1'")[:2] == (3001, "42501")
        table("use role accountadmin")
        table("grant usage on function counted() to role functions_role")
        table("use role functions_role")
        assert table("select counted()") == [(3,)]
        assert table.error("select * from t")[0] == 2003
        assert table.error("drop function counted()")[:2] == (3001, "42501")
    finally:
        table("use role accountadmin")
        table("drop role functions_role")
