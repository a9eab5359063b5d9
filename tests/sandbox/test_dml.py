"""INSERT, UPDATE, DELETE, MERGE: what they change, what they count, what they refuse."""

from __future__ import annotations

from decimal import Decimal

import pytest


@pytest.fixture
def table(client):
    client("create table t (id int, v varchar(3), n number(5,2), x int default 7)")
    return client


def test_values_take_the_columns_type(table):
    assert table("insert into t (id, v, n) values (1, 'a', 1.235), ('2', 7, 2)") == [(2,)]
    assert table("select * from t order by id") == [(1, "a", Decimal("1.24"), 7), (2, "7", Decimal("2.00"), 7)]


@pytest.mark.parametrize(
    ("text", "code", "sqlstate", "says"),
    [
        ("insert into t (id, v) values (3, 'abcd')", 100078, "22000", "String 'abcd' is too long and would be truncated"),
        ("insert into t (id, v) select 3, 'abc' || 'd'", 100078, "22000", "String 'abcd' is too long"),
        ("update t set v = 'abcd'", 100078, "22000", "String 'abcd' is too long"),
        ("merge into t using (select 1 id) s on t.id = s.id when matched then update set v = 'abcd'", 100078, "22000", "abcd"),
        ("insert into t (n) values (1234.5)", 100046, "22003", "Number out of representable range: type FIXED[SB4](5,2)"),
        ("insert into t (id) values ('x')", 100038, "22018", "Numeric value 'x' is not recognized"),
        ("insert into t values (1, 2)", 2057, "42601", "expecting 4 but got 2"),
        ("insert into t select 1, 2", 2057, "42601", "expecting 4 but got 2"),
        ("insert into t (id, nosuch) values (1, 2)", 904, "42000", "error line 1 at position 19\ninvalid identifier 'NOSUCH'"),
        ("insert into t (id, id) values (1, 2)", 2025, "42601", "duplicate column name 'ID'"),
        ("update t set nosuch = 1", 904, "42000", "invalid identifier 'NOSUCH'"),
        ("update t set id = 1, id = 2", 2025, "42601", "duplicate column name 'ID'"),
        ("delete from nosuch", 2003, "42S02", "'NOSUCH' does not exist"),
        ("delete t", 1003, "42000", "unexpected 't'"),
        ("insert into t (id) values (1))", 1003, "42000", "unexpected ')'"),
        ("update t set id = 1 where", 1003, "42000", "unexpected '<EOF>'"),
        ("merge into t using (select 1 id) s on t.id = s.id", 1003, "42000", "unexpected '<EOF>'"),
    ],
)  # fmt: skip
def test_refusals(table, text, code, sqlstate, says):
    table("insert into t (id) values (1)")
    found = table.error(text)
    assert found[:2] == (code, sqlstate)
    assert says in found[2]


def test_tables_of_ctas_have_its_types(client):
    client("create table t as select 1/3 a, 'abc' b, sum(1) c, 1.5::float d, current_date e")
    assert [row[1] for row in client("describe table t")] == [
        "NUMBER(7,6)",
        "VARCHAR(3)",
        "NUMBER(38,0)",
        "FLOAT",
        "DATE",
    ]
    assert client.error("create table u (b varchar(2)) as select 'abc'")[:2] == (100078, "22000")


def test_insert_overwrite(table):
    table("insert into t (id) values (1), (2)")
    assert table("insert overwrite into t (id) select 3") == [(1,)]
    assert table("select id from t") == [(3,)]


def test_default_in_values(table):
    table("insert into t (id, x) values (1, default), (2, 3)")
    assert table("select id, x from t order by id") == [(1, 7), (2, 3)]


def test_defaults_know_the_user(client):
    client("create table t (a int, u varchar default current_user(), r varchar default current_role())")
    client("insert into t (a) values (1)")
    client("insert into t values (2, default, default)")
    assert client("select u, r from t") == [("ADMIN", "ACCOUNTADMIN")] * 2


def test_update_from(table):
    table("insert into t (id, v) values (1, 'a'), (2, 'b')")
    assert table("update t a set v = b.v from (select 2 id, 'q' v) b where a.id = b.id") == [(1, 0)]
    assert table("select v from t order by id") == [("a",), ("q",)]
    # undocumented, but real clients write it: https://github.com/tobymao/sqlglot/issues/5956
    assert table("update t a from (select 2 id, 'r' v) b set v = b.v where a.id = b.id") == [(1, 0)]
    assert table.error("update t from t b set v = 'x' from t c")[0] == 1003
    assert table("update t set v = 'z' from (values (1), (1)) s(i) where id = i") == [(1, 1)]
    table("alter session set error_on_nondeterministic_update = true")
    assert table.error("update t set v = 'y' from (values (1), (1)) s(i) where id = i")[:2] == (100090, "42P18")


def test_delete_using(table):
    table("insert into t (id) values (1), (2), (3)")
    assert table("delete from t using (values (1), (1), (2)) s(i) where t.id = s.i") == [(2,)]
    assert table("select id from t") == [(3,)]


def test_merge_in_all_its_forms(table):
    table("insert into t (id, v, x) values (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
    done = table(
        """
        merge into t using (select column1 id, column2 v from values (1, 'A'), (2, null), (4, 'D'), (5, null)) s
        on t.id = s.id
        when matched and s.v is null then delete
        when matched then update set t.v = s.v, x = t.x + 10
        when not matched and s.v is not null then insert (id, v) values (s.id, s.v)
        """
    )
    assert done == [(1, 1, 1)]
    assert table.names() == ["number of rows inserted", "number of rows updated", "number of rows deleted"]
    assert table("select id, v, x from t order by id") == [(1, "A", 11), (3, "c", 3), (4, "D", 7)]


def test_merge_refuses_to_choose(table):
    table("insert into t (id) values (1)")
    text = "merge into t using (values (1), (1)) s(i) on t.id = s.i when matched then delete"
    assert table.error(text)[:2] == (100090, "42P18")
    assert table("select count(*) from t") == [(1,)]


def test_multi_table_insert(client):
    client("create table a (x int)")
    client("create table b (y varchar)")
    assert client("insert all into a (x) values (n) into b select 5 n") == [(1, 1)]
    assert client.names() == ["number of rows inserted into A", "number of rows inserted into B"]
    client(
        "insert first when n > 1 then into a when n > 0 then into b (y) values (n + 10) else into b (y) values ('none') "
        "select column1 n from values (0), (1), (2)"
    )
    assert client("select x from a order by x") == [(2,), (5,)]
    assert client("select y from b order by y") == [("11",), ("5",), ("none",)]
    client("insert all when n > 0 then into a when n > 1 then into a select column1 n from values (1), (2)")
    assert client("select count(*) from a") == [(5,)]


def test_numbers_of_38_digits(client):
    client("create table t (a number(38,0), b number(38,10))")
    big = int("1234567890" * 3 + "12345678")
    client(f"insert into t values ({big}, 1234567890123456789012345678.0123456789)")
    client("insert into t select ?, ?", (big, Decimal("0.0000000001")))
    assert client("select a, a + 1 from t") == [(big, big + 1)] * 2
    assert client("select max(b) from t") == [(Decimal("1234567890123456789012345678.0123456789"),)]
    assert client.error("select sum(a) * 1000000 from t")[:2] in ((100132, "22003"), (100046, "22003"))


def test_columns_that_differ_in_case(client):
    client('create table t ("a" int, A int)')
    client('insert into t ("a", A) values (1, 2)')
    assert client('select "a", a, A from t') == [(1, 2, 2)]
    assert client.names() == ["a", "A", "A"]
    client('update t set "a" = 5')
    assert client("select * from t") == [(5, 2)]
    assert client.error('select "b" from t')[2].endswith("""invalid identifier '"b"'""")


def test_batches_are_typed(client):
    client("create table t (a number(10,2), b varchar(5), c timestamp_ntz, d binary)")
    rows = [(1.5, "x", None, b"a"), (None, None, None, None), (2, "yy", None, b"")]
    client.cursor.executemany("insert into t values (?, ?, ?, ?)", rows)
    assert client("select a, b from t order by a") == [(Decimal("1.50"), "x"), (Decimal("2.00"), "yy"), (None, None)]
    client.cursor.executemany("insert into t (a, b) values (? + 1, upper(?))", [(1, "q"), (2, "r")])
    assert client("select count(*) from t where b in ('Q', 'R')") == [(2,)]
