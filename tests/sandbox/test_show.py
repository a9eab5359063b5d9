"""SHOW COLUMNS, OBJECTS, and what all SHOW commands share: https://docs.snowflake.com/en/sql-reference/sql/show"""

from __future__ import annotations

import json


def named(client, text):
    return [dict(zip(client.names(), row, strict=True)) for row in client(text)]


def rows_of(client, text):
    client(text)
    rows = client(text)
    return [dict(zip(client.names(), row, strict=True)) for row in rows]


def test_columns(client):
    client(
        "create table t (a int not null identity, b varchar(5) default 'x' comment 'c', c timestamp_ntz, v int as (a))"
    )
    client("create view vw as select b from t")
    rows = rows_of(client, "show columns in table t")
    assert [(row["column_name"], row["null?"], row["default"], row["kind"]) for row in rows] == [
        ("A", "NOT_NULL", "", "COLUMN"), ("B", "true", "'x'", "COLUMN"), ("C", "true", "", "COLUMN"),
        ("V", "true", "", "VIRTUAL_COLUMN"),
    ]  # fmt: skip
    assert rows[0]["autoincrement"].startswith("IDENTITY START 1 INCREMENT 1")
    assert [json.loads(row["data_type"]) for row in rows[:3]] == [
        {"type": "FIXED", "precision": 38, "scale": 0, "nullable": False},
        {"type": "TEXT", "length": 5, "byteLength": 20, "nullable": True, "fixed": False},
        {"type": "TIMESTAMP_NTZ", "precision": 0, "scale": 9, "nullable": True},
    ]
    assert len(client("show columns")) == 5
    assert [row[0] for row in client("show columns like 'b' in schema public")] == ["T", "VW"]
    assert [row[0] for row in client("show columns in view vw")] == ["VW"]
    assert [row[0] for row in client("show columns in vw")] == ["VW"]
    assert client.error("show columns in table nosuch")[0] == 2003
    assert client.error("show columns in table t )")[0] == 1003


def test_objects(client):
    client("create table b (a int) cluster by (a)")
    client("insert into b values (1)")
    client("create transient table c (a int)")
    client("create view a as select 1 as x")
    client("create sequence s")
    rows = rows_of(client, "show objects")
    assert [(row["name"], row["kind"], row["rows"]) for row in rows] == [
        ("A", "VIEW", None), ("B", "TABLE", 1), ("C", "TABLE", 0),
    ]  # fmt: skip
    assert rows[1]["cluster_by"] == "LINEAR(a)"
    assert [row[1] for row in client("show objects like 'b' in schema public")] == ["B"]
    assert [row[1] for row in client("show terse objects limit 1 from 'A'")] == ["B"]
    assert client.names() == ["created_on", "name", "kind", "database_name", "schema_name"]


def test_comments_between_words(client):
    client("create table t (a int primary key)")
    database = client("select current_database()")[0][0]
    assert len(client(f'SHOW /* a client says who it is */ PRIMARY KEYS IN SCHEMA "{database}".PUBLIC')) == 1
    assert len(client(f'SHOW /* x */ TABLES IN SCHEMA "{database}".PUBLIC')) == 1


def test_kinds_of_which_there_are_none(client):
    for plural in ("semantic views", "backup policies", "backup sets"):
        assert client(f"show {plural} like '%' in schema public") == []
        assert client.names()[:2] == ["created_on", "name"]
        assert client.error(f"show {plural} in schema nosuch")[0] in (2003, 2043)
    assert client.error("create backup policy p schedule = '60 minute'")[:2] == (2, "0A000")
