"""Databases, schemas, tables, views, sequences."""

from __future__ import annotations

import datetime

import pytest


def test_show_tables_with_escaped_wildcards(client):
    client("create table change_history (a int)")
    client("create table changexhistory (a int)")
    client("create table change_history_lock (a int)")
    found = client(r"show tables like 'CHANGE\\_HISTORY%'")
    assert [row[1] for row in found] == ["CHANGE_HISTORY", "CHANGE_HISTORY_LOCK"]
    assert isinstance(found[0][0], datetime.datetime)
    assert found[0][0].tzinfo is not None


def test_show_filters(client):
    for name in ("a1", "a2", "b1"):
        client(f"create table {name} (x int)")
    assert [row[1] for row in client("show tables starts with 'A'")] == ["A1", "A2"]
    assert [row[1] for row in client("show tables limit 1 from 'A1'")] == ["A2"]
    assert [row[1] for row in client("show terse tables like 'b%'")] == ["B1"]
    assert client.names() == ["created_on", "name", "kind", "database_name", "schema_name"]
    assert client.error("show tables in schema nosuch")[:2] == (2043, "02000")
    client("drop table a1")
    assert [row[1] for row in client("show tables history") if row[-1]] == ["A1"]


def test_create_if_not_exists_and_replace(client):
    client("create table t (a int)")
    assert client.error("create table t (b int)")[:2] == (2002, "42710")
    assert client("create table if not exists t (b int)") == [("T already exists, statement succeeded.",)]
    client("insert into t values (1)")
    client("create or replace table t (b int)")
    assert client("select * from t") == []
    assert client.error("create view t as select 1 as a")[:2] == (2002, "42710")


def test_transient_table_with_comment(client):
    client("create transient table l (holder varchar) data_retention_time_in_days = 0 comment = 'it''s mine'")
    row = client("show tables like 'L'")[0]
    names = client.names()
    shown = dict(zip(names, row, strict=True))
    assert (shown["kind"], shown["comment"], shown["retention_time"]) == ("TRANSIENT", "it's mine", "0")
    client("alter table l set comment = 'other'")
    client("comment on table l is 'third'")
    assert client("show tables like 'L'")[0][names.index("comment")] == "third"
    client("alter table l unset comment")
    assert client("show tables like 'L'")[0][names.index("comment")] == ""
    client("drop table l")
    assert client.error("undrop table l")[0] == 2003


def test_rename_to_another_schema_keeps_rows(client):
    client("create table t (a int)")
    client("insert into t values (1)")
    client("create schema other")
    client("use schema public")
    client("alter table t rename to other.t2")
    assert client("select * from other.t2") == [(1,)]
    assert client.error("select * from t")[0] == 2003
    client("create table t2 (a int)")
    assert client.error("alter table other.t2 rename to public.t2")[0] == 2002


def test_columns(client):
    client("create table t (a int not null, b varchar(10) default 'x' comment 'c')")
    client("insert into t (a) values (1)")
    client("alter table t add column if not exists a number, if not exists c varchar, d number(5,2) default 2")
    assert client("select * from t") == [(1, "x", None, 2)]
    client("alter table t rename column c to e")
    client("alter table t drop column b, e")
    client("alter table t alter column a drop not null, column d comment 'two'")
    client("alter table t modify d number(10,2)")
    described = client("describe table t")
    assert [row[:4] for row in described] == [
        ("A", "NUMBER(38,0)", "COLUMN", "Y"),
        ("D", "NUMBER(10,2)", "COLUMN", "Y"),
    ]
    assert described[1][4] == "2"
    assert described[1][9] == "two"
    client("comment on column t.d is 'three'")
    assert client("describe table t")[1][9] == "three"
    assert client.error("alter table t add column a int")[0] == 1430
    assert client.error("alter table t drop column nosuch")[0] == 904
    assert client.error("alter table t alter column a type varchar")[0] == 2108


def test_not_null_holds(client):
    client("create table t (a int not null)")
    assert client.error("insert into t values (null)")[:2] == (100072, "22000")


def test_clone_swap_and_create_as(client):
    client("create table a (x int autoincrement, y varchar default 'd')")
    client("insert into a (y) values ('p'), ('q')")
    client("create table b clone a")
    client("insert into b (y) values ('r')")
    assert client("select count(*) from a") == [(2,)]
    assert client("select count(*) from b") == [(3,)]
    client("alter table a swap with b")
    assert client("select count(*) from a") == [(3,)]
    client('create table c as select x as "low", y from a where x = 1')
    assert client("select \"low\", y from c where y = 'p'") == [(1, "p")]
    client("create table d like a")
    assert client("select * from d") == []


def test_undrop(client):
    client("create table t (a int)")
    client("insert into t values (1)")
    client("drop table t")
    client("undrop table t")
    assert client("select * from t") == [(1,)]
    client("drop table t")
    client("create table t (b int)")
    assert client.error("undrop table t")[0] == 2002
    client("create schema s")
    client("create table s.u (a int)")
    client("drop schema s")
    assert client.error("select * from s.u")[:2] == (2003, "02000")
    client("undrop schema s")
    assert client("select * from s.u") == []


def test_temporary_tables_are_the_sessions_own(client, connect):
    client("create table t (a int)")
    client("create temporary table t (b varchar)")
    client("insert into t values ('mine')")
    assert client("select * from t") == [("mine",)]
    other = connect()
    database = client("select current_database()")[0][0]
    assert other(f'select * from "{database}".public.t') == []
    client("drop table t")
    assert client("select * from t") == []


def test_views(client):
    client("create table t (a int, b varchar)")
    client("create or replace secure view v (x comment 'first', y) copy grants comment = 'c' as select a, b from t")
    client("show views")
    row = dict(zip(client.names(), client("show views")[0], strict=True))
    assert row["is_secure"] == "true"
    assert row["comment"] == "c"
    assert row["text"].startswith("create or replace secure view")
    assert [each[:2] for each in client("describe view v")] == [("X", "NUMBER(38,0)"), ("Y", "VARCHAR(16777216)")]
    client("alter view v rename to w")
    client("alter view w unset secure")
    assert client.error("insert into w values (1, 'a')")[0] == 2104
    assert client.error("drop table w")[0] == 1203
    assert client.error("create view z as select * from nosuch")[:2] == (2003, "42S02")
    assert client.error("create view z (a) as select 1, 2")[0] == 2026
    client("drop view w")


def test_sequences(client):
    client("create sequence s start 10 increment 5 comment = 'c'")
    assert client("select s.nextval, s.nextval") == [(10, 15)]
    client("create table t (a int default s.nextval, b int)")
    client("insert into t (b) values (1), (2)")
    assert client("select a from t order by a") == [(20,), (25,)]
    assert client("show sequences")[0][3:5] == (30, 5)
    client("drop sequence s")
    assert client.error("select s.nextval")[:2] == (2003, "02000")


def test_dml_counts(client):
    client("create table t (k int, v varchar)")
    client("insert into t values (1, 'a'), (2, 'b'), (3, 'c')")
    assert client.cursor.rowcount == 3
    client("update t set v = 'z' where k > 1")
    assert client.cursor.rowcount == 2
    client(
        "merge into t using (select 3 as k, 'm' as v union all select 4, 'n') s on t.k = s.k "
        "when matched then update set t.v = s.v when not matched then insert (k, v) values (s.k, s.v)"
    )
    assert client("select * from t order by k") == [(1, "a"), (2, "z"), (3, "m"), (4, "n")]
    client("delete from t using (select 1 as k) u where t.k = u.k")
    assert client.cursor.rowcount == 1
    client("insert overwrite into t select 9, 'o'")
    assert client("select * from t") == [(9, "o")]
    client("truncate table t")
    assert client("select * from t") == []
    assert client.error("insert into t values (1)")[0] == 2057


def test_information_schema(client):
    client("create table t (a number(5,2) not null, b varchar(3) comment 'c')")
    client("create view v as select a from t")
    assert client(
        "select table_name, table_type from information_schema.tables where table_schema = 'PUBLIC' order by 1"
    ) == [
        ("T", "BASE TABLE"),
        ("V", "VIEW"),
    ]
    assert client(
        "select column_name, data_type, numeric_precision, numeric_scale, character_maximum_length, is_nullable "
        "from information_schema.columns where table_name = 'T' order by ordinal_position"
    ) == [("A", "NUMBER", 5, 2, None, "NO"), ("B", "TEXT", None, None, 3, "YES")]
    assert ("INFORMATION_SCHEMA",) in client("select schema_name from information_schema.schemata")
    assert client.error("create table information_schema.t (a int)")[0] == 3001


@pytest.mark.parametrize("kind", ["table", "view", "schema", "sequence", "stage", "file format", "database"])
def test_drop_of_what_is_not_there(client, kind):
    assert client.error(f"drop {kind} nosuch")[0] == 2003
    assert "already dropped" in client(f"drop {kind} if exists nosuch")[0][0]


def test_databases(connect):
    client = connect()
    client("create or replace transient database kinds comment = '{\"a\": 1}' data_retention_time_in_days = 0")
    shown = client("show databases like 'KINDS'")[0]
    names = client.names()
    assert shown[names.index("options")] == "TRANSIENT"
    assert shown[names.index("comment")] == '{"a": 1}'
    client("create schema kinds.managed with managed access")
    assert client("show schemas like 'MANAGED' in database kinds")[0][7] == "TRANSIENT, MANAGED ACCESS"
    client("alter database kinds rename to kinds2")
    assert client("select current_database()") == [("KINDS2",)]
    client("drop database kinds2")
    assert client("select current_database(), current_schema()") == [(None, None)]
