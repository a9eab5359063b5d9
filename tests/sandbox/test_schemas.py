"""SCHEMA: https://docs.snowflake.com/en/sql-reference/sql/create-schema"""

from __future__ import annotations


def shown(client, like, column):
    rows = client(f"show schemas like '{like}'")
    return [row[client.names().index(column)] for row in rows]


def test_properties(client):
    client("create transient schema s with managed access comment = 'c' data_retention_time_in_days = 0")
    assert client("select current_schema()") == [("S",)]
    assert shown(client, "S", "options") == ["TRANSIENT, MANAGED ACCESS"]
    client("alter schema s disable managed access")
    assert shown(client, "S", "options") == ["TRANSIENT"]
    client("create table t (a int)")
    assert client("show tables like 'T'")[0][4] == "TRANSIENT", "what is in it is transient"
    client("alter schema s set comment = 'd', default_ddl_collation = 'en-ci', pipe_execution_paused = true")
    assert shown(client, "S", "comment") == ["d"]
    client("create table u (a varchar(5))")
    assert client("describe table u")[0][1] == "VARCHAR(5) COLLATE 'en-ci'"
    client("alter schema s unset comment, default_ddl_collation")
    assert client.error("alter schema s set data_retention_time_in_days = 2")[0] == 1008, "it is transient"
    assert client.error("alter schema s set nonsense = 1")[0] == 1420
    assert client.error("create schema s2 with managed")[0] == 1003


def test_a_comment_in_double_quotes(client):
    """Undocumented: https://github.com/sqlfluff/sqlfluff/pull/6318"""
    client('create schema q comment = "it\'s mine"')
    assert shown(client, "Q", "comment") == ["it's mine"]
    client("alter schema q set comment = null")
    assert shown(client, "Q", "comment") == [""]


def test_create_forms_and_undrop(client):
    client("create schema s")
    client("create table t as select 1 as a")
    client("create or alter schema s comment = 'c'")
    assert shown(client, "S", "comment") == ["c"]
    assert client("select * from s.t") == [(1,)]
    client("drop schema s")
    assert client("select current_schema()") == [(None,)]
    assert client.error("select * from s.t")[0] == 2003
    client("undrop schema s")
    assert client("select * from s.t") == [(1,)]
    client("create or replace schema s")
    assert client.error("undrop schema s")[0] == 2002
    client("alter schema s rename to s2")
    client("undrop schema s")
    client("alter schema s swap with s2")
    assert client("select * from s2.t") == [(1,)]
    assert [row[1:] for row in client("describe schema s2")] == [("T", "TABLE")]


def test_clone(client):
    client("create schema s")
    client("create tag color allowed_values 'red'")
    client("create table t (a int with tag (color = 'red'), unique (a)) with tag (color = 'red')")
    client("create file format ff type = json")
    client("create stage st")
    client("create schema s2 clone s")
    assert client("select system$get_tag('s2.color', 's2.t', 'table')") == [("red",)]
    assert client("select system$get_tag('s2.color', 's2.t.a', 'column')") == [("red",)]
    assert [row[1] for row in client("show file formats in schema s2")] == ["FF"]
    assert client("show stages in schema s2") == [], "internal stages stay behind"
    assert client("show unique keys in schema s2")[0][4] == "A"


def test_clone_links_what_is_cloned_together(client):
    client("create schema s")
    client("create table t (a int)")
    client("create stream st on table t")
    client("create task root warehouse = compute_wh schedule = '60 minute' as select 1")
    client("create task child warehouse = compute_wh after root as select 2")
    client("alter task root resume")
    client("insert into t values (1)")
    client("create schema s2 clone s")
    client("insert into s2.t values (2)")
    assert client("select a from s2.st") == [(2,)], "what was not read stays behind"
    assert client("select a from s.st") == [(1,)]
    rows = client("show tasks in schema s2")
    states = {row[client.names().index("name")]: row[client.names().index("state")] for row in rows}
    assert states == {"ROOT": "suspended", "CHILD": "suspended"}
    child = next(row for row in rows if row[1] == "CHILD")
    assert "S2.ROOT" in child[client.names().index("predecessors")]
    client("alter task s.root suspend")
    client("use schema s")
    client("create dynamic table d target_lag = '1 hour' warehouse = compute_wh as select a from t")
    assert client.error("create schema s3 clone s")[:2] == (2, "0A000")
    assert client.error("use schema s3")[0] == 2043


def test_move_to_another_database(client):
    client("create schema s")
    client("create table t as select 1 as a")
    client(f'create or replace database "{client.connection.session_id}"')
    first = client("show databases like 'test_move_to_another_database'")[0][1]
    client(f'alter schema "{first}".s rename to "{client.connection.session_id}".s2')
    assert client("select * from s2.t") == [(1,)]
    client(f'drop database "{client.connection.session_id}"')
