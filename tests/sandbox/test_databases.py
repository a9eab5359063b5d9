"""DATABASE: https://docs.snowflake.com/en/sql-reference/sql/create-database"""

from __future__ import annotations

import pytest


@pytest.fixture
def db(client, request):
    """Names that only this test uses."""
    return f"DB_{abs(hash(request.node.nodeid)) % 10**9}"


def shown(client, what, like, column):
    rows = client(f"show {what} like '{like}'")
    return [row[client.names().index(column)] for row in rows]


def test_properties(client, db):
    client(f"create transient database {db} data_retention_time_in_days = 1 comment = 'it''s' log_level = INFO")
    assert client("select current_database(), current_schema()") == [(db, "PUBLIC")]
    assert shown(client, "databases", db, "options") == ["TRANSIENT"]
    assert shown(client, "databases", db, "comment") == ["it's"]
    client(f"alter database {db} set data_retention_time_in_days = 0, max_data_extension_time_in_days = 3")
    assert shown(client, "databases", db, "retention_time") == ["0"]
    client(f"alter database {db} unset data_retention_time_in_days, max_data_extension_time_in_days, log_level")
    assert shown(client, "databases", db, "retention_time") == ["1"]
    assert client.error(f"alter database {db} set data_retention_time_in_days = 2")[:2] == (1008, "22023")
    code, sqlstate, text = client.error(f"alter database {db} set data_retention_time_in_days = 91")
    assert (code, sqlstate) == (1008, "22023")
    assert "Exceeds maximum allowable retention time (90 day(s))." in text
    assert client.error(f"alter database {db} set log_level = LOUD")[0] == 1008
    assert client.error(f"alter database {db} set nonsense = 1")[0] == 1420
    assert client.error(f"create database {db}_2 nonsense = 1")[0] == 1420
    assert client.error(f"create database {db}_2 from share a.b")[0] == 2
    client(f"drop database {db}")


def test_create_forms(client, db):
    client(f"create database {db}")
    client(f"create table {db}.public.t (a int)")
    assert client.error(f"create database {db}")[:2] == (2002, "42710")
    assert client(f"create database if not exists {db}") == [(f"{db} already exists, statement succeeded.",)]
    assert client.error(f"create or replace database if not exists {db}")[0] == 1003
    client(f"create or alter database {db} comment = 'c' data_retention_time_in_days = 3")
    assert shown(client, "databases", db, "retention_time") == ["3"]
    client(f"create or alter database {db}")
    assert shown(client, "databases", db, "comment") == [""]
    assert shown(client, "databases", db, "retention_time") == ["1"]
    assert client(f"select * from {db}.public.t") == [], "what is in it stays"
    client(f"create or replace database {db}")
    assert client.error(f"select * from {db}.public.t")[0] == 2003
    client(f"drop database {db}")


def test_drop_and_undrop(client, db):
    client(f"create database {db}")
    client(f"create table {db}.public.t as select 7 as a")
    client(f"drop database {db} cascade")
    assert client("select current_database()") == [(None,)]
    assert client(f"drop database if exists {db}")[0][0].startswith("Drop statement executed successfully")
    assert client.error(f"drop database {db}")[:2] == (2003, "02000")
    client(f"create database {db}")
    assert client.error(f"undrop database {db}")[:2] == (2002, "42710")
    client(f"drop database {db}")
    client(f"undrop database {db}")
    assert client.error(f"select * from {db}.public.t")[0] == 2003, "the latest one comes back"
    client(f"alter database {db} rename to {db}_2")
    client(f"undrop database {db}")
    assert client(f"select * from {db}.public.t") == [(7,)]
    client(f"alter database {db} swap with {db}_2")
    assert client(f"select * from {db}_2.public.t") == [(7,)]
    client(f"drop database {db}")
    client(f"drop database {db}_2")


def test_clone_takes_what_is_inside(client, db):
    client(f"create database {db} comment = 'c'")
    client("create schema s")
    client("create sequence sq start 10")
    client("create table p (id int primary key default sq.nextval, n int identity, t varchar)")
    client("create table f (a int references p)")
    client("insert into p (t) values ('x'), ('y')")
    client("create view v as select t from p")
    client("create role if not exists cloner")
    client(f"grant select on table {db}.s.p to role cloner")
    client(f"grant select on future tables in schema {db}.s to role cloner")
    client(f"create database {db}_2 clone {db}")
    assert shown(client, "databases", f"{db}_2", "comment") == ["c"]
    client(f"use schema {db}_2.s")
    assert client("select id, t from p order by id") == [(10, "x"), (11, "y")]
    client("insert into p (t) values ('z')")
    assert client("select id, n, t from p where t = 'z'") == [(12, 3, "z")], "sequences go on where they were"
    assert client(f"select count(*) from {db}.s.p") == [(2,)]
    assert client(f"select {db}.s.sq.nextval") == [(12,)], "the clone counts for itself"
    client(f"drop database {db}")
    assert client("select count(*) from v") == [(3,)]
    keys = client("show imported keys in table f")
    assert keys[0][1:4] == (f"{db}_2", "S", "P")
    assert "CLONER" in {row[5] for row in client(f"show grants on table {db}_2.s.p")}
    client("create table later (a int)")
    assert "CLONER" in {row[5] for row in client(f"show grants on table {db}_2.s.later")}
    assert client.error(f"create database {db}_3 clone {db}_2 at (offset => -60)")[0] == 2
    client(f"drop database {db}_2")


def test_describe_and_parameters(client, db):
    client(f"create database {db}")
    assert {row[1] for row in client(f"describe database {db}")} == {"INFORMATION_SCHEMA", "PUBLIC"}
    client(f"create schema {db}.s data_retention_time_in_days = 0")
    client(f"create table {db}.s.t (a int)")
    client(f"alter database {db} set data_retention_time_in_days = 5 suspend_task_after_num_failures = 2")

    def level(of):
        row = client(f"show parameters like 'data_retention_time_in_days' in {of}")[0]
        return row[1], row[3]

    assert level(f"database {db}") == ("5", "DATABASE")
    assert level(f"schema {db}.public") == ("5", "DATABASE")
    assert level(f"table {db}.s.t") == ("0", "SCHEMA")
    client(f"alter schema {db}.s unset data_retention_time_in_days")
    assert level(f"table {db}.s.t") == ("5", "DATABASE")
    client(f"drop database {db}")
    assert client.error(f"show parameters in database {db}")[0] == 2003
