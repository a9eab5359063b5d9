"""TABLE: https://docs.snowflake.com/en/sql-reference/sql/create-table"""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest


def described(client, table, *columns):
    rows = client(f"describe table {table}")
    places = [client.names().index(each) for each in columns]
    return [tuple(row[place] for place in places) for row in rows]


def test_columns_with_everything(client):
    client("create sequence sq start 100 increment 10")
    client(
        """
        create table t (
            id number(10) not null autoincrement start 5 increment 5 order comment 'the id',
            sq int default sq.nextval,
            at timestamp_ntz default current_timestamp(),
            s varchar(20) collate 'en-ci' not null default 'x''y',
            v number(12, 2) as (id * 1.5),
            w varchar generated always as (upper(s)) virtual,
            n int default null
        ) change_tracking = true comment = 'c' data_retention_time_in_days = 0 cluster by linear(id, s)
        """
    )
    client("insert into t (s) values ('ab'), (default)")
    assert client("select id, sq, s, v, w from t order by id") == [
        (5, 100, "ab", Decimal("7.50"), "AB"), (10, 110, "x'y", Decimal("15.00"), "X'Y"),
    ]  # fmt: skip
    assert client("select count(*) from t where s = 'AB'") == [(1,)], "the collation ignores case"
    assert described(client, "t", "name", "type", "null?", "default", "kind", "expression") == [
        ("ID", "NUMBER(10,0)", "N", "IDENTITY START 5 INCREMENT 5 ORDER", "COLUMN", None),
        ("SQ", "NUMBER(38,0)", "Y", f"{quoted(client)}.PUBLIC.SQ.NEXTVAL", "COLUMN", None),
        ("AT", "TIMESTAMP_NTZ(9)", "Y", "CURRENT_TIMESTAMP()", "COLUMN", None),
        ("S", "VARCHAR(20) COLLATE 'en-ci'", "N", "'x''y'", "COLUMN", None),
        ("V", "NUMBER(12,2)", "Y", None, "VIRTUAL_COLUMN", "id * 1.5"),
        ("W", "VARCHAR(16777216)", "Y", None, "VIRTUAL_COLUMN", "upper(s)"),
        ("N", "NUMBER(38,0)", "Y", "NULL", "COLUMN", None),
    ]
    row = dict(zip(*reversed((client("show tables like 'T'")[0], client.names())), strict=True))
    assert (row["cluster_by"], row["change_tracking"], row["retention_time"]) == ("LINEAR(id, s)", "ON", "0")
    assert (row["rows"], row["automatic_clustering"], row["is_dynamic"]) == (2, "ON", "N")


def quoted(client):
    return f'"{client("select current_database()")[0][0]}"'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create table t (a int, a int)", 2025),
        ("create table t (a nosuchtype)", 1003),
        ("create table t (a int default nosuch.nextval)", 2003),
        ("create table t (a varchar autoincrement)", 1003),
        ("create table t (a int identity default 1)", 1003),
        ("create table t (a int collate 'en')", 1003),
        ("create table t (a varchar collate 'en-trim')", 2),
        ("create table t (a int) nonsense = 1", 1420),
        ("create table t (a int) row_timestamp = true", 2),
        ("create table t (a int) data_retention_time_in_days = 91", 1008),
        ("create transient table t (a int) data_retention_time_in_days = 2", 1008),
        ("create or replace table if not exists t (a int)", 1003),
        ("create table t (a int))", 1003),
        ("create table t (a int", 1003),
        ("create table t ()", 1003),
        ("create table t", 1003),
        ("create table t (a int) with contact (steward = c)", 2),
        ("create table t clone nosuch", 2003),
        ("create table t (primary key (b), a int)", 904),
        ("create table t (a int primary key, b int primary key)", 2200),
        ("create table t (a int references nosuch)", 2003),
        ("create table information_schema.t (a int)", 3001),
    ],
)
def test_refused(client, text, code):
    assert client.error(text)[0] == code


def test_constraints(client):
    client("create table p (a int, b int, c int unique, constraint pk primary key (a, b) rely comment 'key')")
    assert described(client, "p", "name", "null?", "primary key", "unique key") == [
        ("A", "N", "Y", "N"), ("B", "N", "Y", "N"), ("C", "Y", "N", "Y"),
    ]  # fmt: skip
    client("create table f (x int, y int, z int references p (c), foreign key (x, y) references p on delete cascade)")
    assert client.error("create table g (x int references p)")[0] == 2202, "two columns make the key"
    assert client.error("create table g (x int references p (a))")[0] == 2201, "no key is on this column alone"
    assert [row[4:8] for row in client("show primary keys in table p")] == [
        ("A", 1, "PK", "true"), ("B", 2, "PK", "true"),
    ]  # fmt: skip
    imported = client("show imported keys in schema public")
    assert [(row[4], row[8], row[9], row[11]) for row in imported] == [
        ("C", "Z", 1, "NO ACTION"), ("A", "X", 1, "CASCADE"), ("B", "Y", 2, "CASCADE"),
    ]  # fmt: skip
    assert {row[13] for row in imported} >= {"PK"}
    assert len(client("show exported keys in table p")) == 3
    assert client("show exported keys in table f") == []
    assert client("show unique keys in database")[0][6].startswith("SYS_CONSTRAINT_")
    client("insert into p values (1, 1, 1), (1, 1, 1)")
    code, sqlstate, text = client.error("drop table p restrict")
    assert (code, sqlstate) == (3552, "2BP01")
    assert "Cannot drop the table because of dependencies" in text
    client("drop table p")
    assert client("show imported keys in table f") == []


def test_check_is_enforced(client):
    client("create table t (a int check (a < 100), b int, constraint c check (b > a))")
    client("insert into t values (1, 2), (null, null)")
    assert client.error("insert into t values (100, 101)")[1] == "23514"
    assert client.error("update t set b = 0 where a = 1")[1] == "23514"
    assert client("select count(*) from t") == [(2,)]
    assert [row[3] for row in client("select * from information_schema.check_constraints order by 4")] == [
        "a < 100", "b > a",
    ]  # fmt: skip


def test_a_comment_behind_an_inline_constraint_is_the_columns(client):
    client("create table t (a int unique comment 'y', b int, unique (b) comment 'of the key')")
    assert described(client, "t", "comment") == [("y",), (None,)]
    assert [row[8] for row in client("show unique keys in table t")] == [None, "of the key"]


def test_unsupported_ddl_action(client):
    client("create table t (a int primary key enforced)")
    client("alter session set unsupported_ddl_action = 'FAIL'")
    assert client.error("create table u (a int primary key enforced)")[:2] == (2, "0A000")
    client("create table u (a int primary key not enforced)")


def test_as_select(client):
    client("create table s as select 1 as a, 'x'::varchar(3) as b, current_date() as d")
    assert described(client, "s", "name", "type") == [("A", "NUMBER(1,0)"), ("B", "VARCHAR(3)"), ("D", "DATE")] or (
        described(client, "s", "name") == [("A",), ("B",), ("D",)]
    )
    client("create table t (x, y) as select a, b from s")
    assert client("select x, y from t") == [(1, "x")]
    client("create table u (x number(5,1) not null default 7, y varchar) cluster by (x) as select a, b from s")
    assert client("select * from u") == [(Decimal("1.0"), "x")]
    assert client.error("create table z (x) as select 1, 2")[0] == 2026
    assert client.error("create table z as select 1 as a, 2 as a")[0] == 2025
    assert client.error("create table z as select * from nosuch")[0] == 2003
    assert client.error("select * from z")[0] == 2003, "nothing is left of it"


def test_like_and_clone(client):
    client("create role if not exists reader")
    client("create table s (a int identity, b varchar default 'q', unique (b)) comment = 'c'")
    client("insert into s (b) values ('x')")
    client("grant select on table s to role reader")
    client("create table l like s")
    assert client("select count(*) from l") == [(0,)]
    assert described(client, "l", "name", "default", "unique key") == described(
        client, "s", "name", "default", "unique key"
    )
    client("create table c clone s")
    client("insert into c (b) values ('y')")
    assert client("select b from c order by b") == [("x",), ("y",)]
    assert client("select b from s") == [("x",)]
    assert "READER" not in {row[5] for row in client("show grants on table c")}
    client("create table g clone s copy grants")
    assert "READER" in {row[5] for row in client("show grants on table g")}
    client("create or replace table g (z int) copy grants")
    assert "READER" in {row[5] for row in client("show grants on table g")}
    client("create or replace table g (z int)")
    assert "READER" not in {row[5] for row in client("show grants on table g")}
    client("create transient table tr (a int)")
    assert client.error("create table trc clone tr")[0] == 2120
    client("create transient table trc clone tr")
    assert client("show tables like 'TRC'")[0][4] == "TRANSIENT"
    assert client.error("create table x clone s before (statement => 'a')")[0] == 2


def test_temporary(client, connect):
    client("create table t as select 1 as a")
    client("create temporary table t (b int)")
    assert client("select * from t") == [], "it hides the other one"
    client("insert into t values (5)")
    client("alter table t add column c varchar")
    assert client("select * from t") == [(5, None)]
    assert client.error("create temp table t (b int)")[0] == 2002
    client("drop table t")
    assert client("select * from t") == [(1,)]
    client("create local temp table only_mine (a int)")
    database = client("select current_database()")[0][0]
    assert connect().error(f'select * from "{database}".public.only_mine')[0] == 2003


def test_drop_and_undrop(client):
    client("create table t as select 1 as a")
    client("create or replace table t as select 2 as a")
    assert client.error("undrop table t")[0] == 2002
    client("alter table t rename to t2")
    client("undrop table t")
    assert client("select * from t") == [(1,)]
    client("alter table t swap with t2")
    assert client("select * from t") == [(2,)]
    client("drop table if exists t cascade")
    assert client("drop table if exists t") == [("Drop statement executed successfully (T already dropped).",)]
    assert client.error("drop table t")[:2] == (2003, "42S02")
    rows = client("show tables history")
    assert {row[1] for row in rows} == {"T", "T2"}
    assert isinstance(next(row for row in rows if row[1] == "T")[-1], datetime.datetime)
    client("create view v as select 1 as a")
    assert client.error("drop table v")[0] == 1203


def test_counts_are_right_whoever_writes(client, connect):
    client("create table t (a int)")

    def rows(by=client):
        return by("show tables like 'T'")[0][by.names().index("rows")]

    assert rows() == 0
    client("insert into t values (1), (2)")
    assert rows() == 2
    database = client("select current_database()")[0][0]
    other = connect(database=f'"{database}"', schema="PUBLIC")
    assert rows(other) == 2
    client("begin")
    client("delete from t where a = 1")
    assert rows() == 1
    assert rows(other) == 2, "what is not committed is not seen"
    client("rollback")
    assert rows() == 2
    client("begin")
    client("insert into t values (3)")
    assert rows(other) == 2
    client("commit")
    assert (rows(), rows(other)) == (3, 3)
    client("truncate table t")
    assert (rows(), rows(other)) == (0, 0)
    client("create or replace table t as select 1 as a")
    assert rows(other) == 1


def test_create_or_alter(client):
    client("create or alter table t (a int not null, b varchar(10) default 'x', c number(10,2)) comment = 'c'")
    client("insert into t values (1, 'q', 2.5)")
    client("create or alter table t (a int, b varchar(20) default 'x' comment 'b', d date) cluster by (a)")
    assert described(client, "t", "name", "type", "null?", "comment") == [
        ("A", "NUMBER(38,0)", "Y", None), ("B", "VARCHAR(20)", "Y", "b"), ("D", "DATE", "Y", None),
    ]  # fmt: skip
    assert client("select * from t") == [(1, "q", None)]
    row = dict(zip(*reversed((client("show tables like 'T'")[0], client.names())), strict=True))
    assert (row["comment"], row["cluster_by"]) == ("", "LINEAR(a)")
    client("create or alter table t (a int, b varchar(20) default 'x', d date, primary key (a))")
    assert described(client, "t", "name", "primary key")[0] == ("A", "Y")
    for text, code in {
        "b varchar(20), a int": 2,
        "a int, z int, b varchar(20)": 2,
        "a varchar, b varchar(20)": 2108,
        "a int, b varchar(5)": 40050,
        "a int default 5, b varchar(20) default 'x', d date": 2,
        "a int, b varchar(20) default 'x', d date, e int not null": 2262,
    }.items():
        assert client.error(f"create or alter table t ({text})")[0] == code, text
    assert described(client, "t", "name") == [("A",), ("B",), ("D",)], "what is refused changes nothing"
    assert client.error("create or alter transient table t (a int)")[0] == 2


def test_if_not_exists_behind_the_name(client):
    """Undocumented: https://github.com/tobymao/sqlglot/issues/1037, https://github.com/tobymao/sqlglot/issues/4759"""
    client("create table t if not exists (a int)")
    assert client("create table t if not exists (b int)") == [("T already exists, statement succeeded.",)]
    assert client("create table t (b int) if not exists") == [("T already exists, statement succeeded.",)]
    assert described(client, "t", "name") == [("A",)]
    client("create view v if not exists as select a from t")
    assert client("create view v if not exists as select 1 as b") == [("V already exists, statement succeeded.",)]
    assert client.error("create or replace table t if not exists (b int)")[:2] == (1003, "42000")


def test_describe(client):
    client("create table t (a int)")
    assert client("desc table t type = columns") == client("describe table t")
    assert client("describe table t type = stage")[0][1] == "TYPE"
    assert client.error("describe table t type = nonsense")[0] == 1003
    assert client.error("describe table nosuch")[:2] == (2003, "42S02")


@pytest.mark.parametrize(
    ("kind", "written", "shown"),
    [
        ("timestamp_ntz", "current_timestamp", "CURRENT_TIMESTAMP()"),
        ("timestamp_ntz", "Current_Timestamp()", "CURRENT_TIMESTAMP()"),
        ("timestamp_ntz", "current_timestamp()::timestamp_ntz", "CAST(CURRENT_TIMESTAMP() AS TIMESTAMP_NTZ(9))"),
        ("timestamp_ntz", "cast(getdate() as timestamp_ntz(3))", "CAST(CURRENT_TIMESTAMP() AS TIMESTAMP_NTZ(3))"),
        ("timestamp_ntz", "sysdate()",
         "CAST(CONVERT_TIMEZONE('UTC', CAST(CURRENT_TIMESTAMP() AS TIMESTAMP_TZ(9))) AS TIMESTAMP_NTZ(9))"),
        ("date", "current_date", "CURRENT_DATE()"),
        ("date", "'2020-01-01'::date", "CAST('2020-01-01' AS DATE)"),
        ("varchar", "current_user()", "CURRENT_USER()"),
        ("varchar", "uuid_string()", "UUID_STRING()"),
        ("varchar", "upper('a')", "UPPER('a')"),
        ("varchar", "'it''s'", "'it''s'"),
        ("boolean", "true", "TRUE"),
        ("number(10,2)", "1.50", "1.50"),
        ("number", "1 + 1", "1 + 1"),
        ("varchar", "null", "NULL"),
    ],
)  # fmt: skip
def test_defaults_read_back_as_snowflake_writes_them(client, kind, written, shown):
    """It keeps what it has understood: https://github.com/littleK0i/SnowDDL/issues/334"""
    client(f"create table t (a {kind} default {written}, b int)")
    assert described(client, "t", "default")[0] == (shown,)
    assert f"DEFAULT {shown}" in client("select get_ddl('table', 't')")[0][0]
    client("insert into t (b) values (1)")
    assert (client("select a from t")[0][0] is None) == (written == "null")
    client(f"create or alter table t (a {kind} default {shown}, b int)")
    assert described(client, "t", "default")[0] == (shown,)
