"""INFORMATION_SCHEMA: https://docs.snowflake.com/en/sql-reference/info-schema"""

from __future__ import annotations

import pytest

from snowmaker.sandbox import information_schema, information_views


@pytest.mark.parametrize("name", sorted(information_schema._VIEWS))
def test_every_view_can_be_read(client, name):
    assert information_views
    client("create table t (a int primary key) ")
    client("create table f (a int references t)")
    for text in ("sequence s", "stage s", "file format s type = csv", "tag s", "view v as select a from t",
                 "function f(x int) returns int as 'x'"):  # fmt: skip
        client(f"create {text}")
    client(f"select * from information_schema.{name}")
    assert client.names()[0].isupper()


def test_tables_and_columns(client):
    database = client("select current_database()")[0][0]
    client("create table t (a number(5,1) not null comment 'c', b varchar(10) default 'x', i int identity(2, 3))")
    client("insert into t (a) values (1)")
    client("create transient table tr (a int)")
    client("create temporary table tmp (a int)")
    client("create view v as select a from t")
    rows = client("select table_name, table_type, is_transient, row_count from information_schema.tables "
                  "where table_schema = 'PUBLIC' order by 1")  # fmt: skip
    assert rows == [
        ("T", "BASE TABLE", "NO", 1), ("TMP", "LOCAL TEMPORARY", "NO", 0), ("TR", "BASE TABLE", "YES", 0),
        ("V", "VIEW", None, None),
    ]  # fmt: skip
    rows = client(
        "select column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, "
        "numeric_precision, numeric_scale, is_identity, identity_start, identity_increment, comment "
        f'from "{database}".information_schema.columns where table_name = ? order by 2', ("T",)
    )  # fmt: skip
    assert rows == [
        ("A", 1, None, "NO", "NUMBER", None, 5, 1, "NO", None, None, "c"),
        ("B", 2, "'x'", "YES", "TEXT", 10, None, None, "NO", None, None, None),
        ("I", 3, None, "NO", "NUMBER", None, 38, 0, "YES", "2", "3", None),
    ]
    client("use schema information_schema")
    assert client("select count(*) from schemata") == [(2,)]
    assert client.error("create table t (a int)")[0] == 3001
    assert client.error("select * from nosuch")[:2] == (2003, "42S02")
    assert client.error("select * from external_tables")[:2] == (2, "0A000")
    assert client.error("select * from snowflake.account_usage.tables")[:2] == (2, "0A000")


def test_its_own_views_are_views(client):
    assert "COLUMNS" in {row[1] for row in client("show views in schema information_schema")}
    assert client("describe view information_schema.databases")[0][:2] == ("DATABASE_NAME", "VARCHAR(16777216)")
    rows = client("select table_type from information_schema.tables where table_name = 'TABLES'")
    assert rows == [("VIEW",)]
    assert client("select count(*) from information_schema.columns where table_name = 'ENABLED_ROLES'") == [(2,)]
    assert client.error("drop view information_schema.tables")[0] == 3001
    assert client.error("alter view information_schema.tables set comment = 'x'")[0] == 3001
    assert client("show views in schema public") == []


def test_only_what_the_role_sees(client, connect):
    database = client("select current_database()")[0][0]
    client("create table seen (a int)")
    client("create table hidden (a int)")
    client("create or replace role looker")
    client("grant role looker to user admin")
    client(f'grant usage on database "{database}" to role looker')
    looker = connect(role="LOOKER")
    looker("use secondary roles none")
    looker(f'use database "{database}"')
    mine = "where table_schema <> 'INFORMATION_SCHEMA'"
    assert looker(f"select table_name from information_schema.tables {mine}") == []
    client("grant usage on schema public to role looker")
    client("grant select on table seen to role looker")
    assert looker(f"select table_name from information_schema.tables {mine}") == [("SEEN",)]
    assert looker(f"select table_name from information_schema.columns {mine}") == [("SEEN",)]
    assert looker("select role_name from information_schema.enabled_roles order by 1") == [("LOOKER",), ("PUBLIC",)]
    rows = client("select grantor, grantee, object_name, privilege_type from information_schema.object_privileges "
                  "where grantee = 'LOOKER' and object_type = 'TABLE'")  # fmt: skip
    assert rows == [("ACCOUNTADMIN", "LOOKER", "SEEN", "SELECT")]
    rows = client("select privilege_type from information_schema.table_privileges where table_name = 'SEEN' order by 1")
    assert rows == [("OWNERSHIP",), ("SELECT",)]
    client("drop role looker")


def test_query_history(client, connect):
    client("alter session set query_tag = 'tagged'")
    client("select 'find me'")
    rows = client("select query_text, query_tag, user_name, execution_status, query_type from "
                  "table(information_schema.query_history_by_session(result_limit => 1 + 1)) where query_tag <> ''")  # fmt: skip
    assert rows[-1] == ("select 'find me'", "tagged", "ADMIN", "SUCCESS", "SELECT")
    assert client.error("select nosuch")[0]
    rows = client("select queued_overload_time, outbound_data_transfer_cloud from "
                  "table(information_schema.query_history_by_session(result_limit => 1))")  # fmt: skip
    assert rows == [(0, None)]
    rows = client("select error_code, execution_status from table(information_schema.query_history("
                  "end_time_range_start => dateadd('minute', -5, current_timestamp()))) "
                  "where query_text = 'select nosuch' limit 1")  # fmt: skip
    assert rows == [("000904", "FAILED_WITH_ERROR")]
    for text, code in {
        "query_history(result_limit => 0)": 1008,
        "query_history(nonsense => 1)": 1006,
        "login_history()": 2,
        "nonsense()": 2,
    }.items():
        assert client.error(f"select * from table(information_schema.{text})")[0] == code, text


def test_whose_queries_are_seen(client, connect):
    client("create or replace user spy password = 'Aa1-aaaaaaaa'")
    spy = connect(user="spy", password="Aa1-aaaaaaaa")
    database = client("select current_database()")[0][0]
    client(f'grant usage on database "{database}" to role public')
    spy(f'use database "{database}"')
    client("select 'not for others'")
    spy("select 'my own'")
    mine = [text for (text,) in spy("select query_text from table(information_schema.query_history())")]
    assert "select 'my own'" in mine
    assert "select 'not for others'" not in mine
    client("grant monitor on warehouse compute_wh to role public")
    theirs = [text for (text,) in spy("select query_text from table(information_schema.query_history())")]
    assert "select 'not for others'" in theirs
    client("revoke monitor on warehouse compute_wh from role public")
    client("alter user spy set password = 'Very-Secret-1'")
    texts = [text for (text,) in client("select query_text from table(information_schema.query_history())")]
    assert not any("Very-Secret-1" in text for text in texts)
    client("drop user spy")
