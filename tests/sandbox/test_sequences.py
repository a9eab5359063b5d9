"""SEQUENCE: https://docs.snowflake.com/en/sql-reference/sql/create-sequence"""

from __future__ import annotations


def shown(client, name):
    return dict(zip(*reversed((client(f"show sequences like '{name}'")[0], client.names())), strict=True))


def test_walk(client):
    client("create sequence s with start with 5 increment by 2 order comment = 'c'")
    row = shown(client, "S")
    assert (row["next_value"], row["interval"], row["ordered"], row["comment"]) == (5, 2, "Y", "c")
    assert client("select s.nextval, s.nextval") == [(5, 5)] or client("select s.nextval")[0][0] > 5
    client("alter sequence s set increment = 10, comment = 'd'")
    before = shown(client, "S")["next_value"]
    assert client("select s.nextval") == [(before,)]
    assert client("select s.nextval") == [(before + 10,)]
    client("alter sequence s increment by -1")
    assert client("select s.nextval") == [(before + 9,)]
    client("alter sequence s set noorder")
    assert client.error("alter sequence s set order")[:2] == (2, "0A000")
    client("alter sequence s unset comment")
    assert client("describe sequence s")[0][7] == ""
    client("alter sequence s rename to s2")
    assert client.error("select s.nextval")[0] == 2003
    client("create or replace sequence s2 start = 100, increment = 5")
    assert client("select s2.nextval") == [(100,)]
    client("create or alter sequence s2 start = 100 increment = 7 comment = 'x'")
    assert shown(client, "S2")["interval"] == 7
    client("drop sequence s2")
    assert client("drop sequence if exists s2")[0][0].startswith("Drop statement executed")


def test_as_default(client):
    client("create sequence s")
    client("create table t (a int default s.nextval, b int)")
    client("insert into t (b) values (1)")
    client("alter sequence s set increment 5")
    client("insert into t (b) values (2)")
    assert client("select a from t order by b") == [(1,), (6,)]
    client("alter sequence s rename to renamed")
    assert client("describe table t")[0][4].endswith(".PUBLIC.RENAMED.NEXTVAL")


def test_refused(client):
    client("create sequence s")
    for text, code in {
        "create sequence s": 2002,
        "create sequence s2 increment 0": 1008,
        "create sequence s2 nonsense = 1": 1003,
        "create sequence s2 start": 1003,
        "alter sequence s set start = 5": 1420,
        "alter sequence s set": 1420,
        "alter sequence nosuch set comment = 'x'": 2003,
        "drop sequence nosuch": 2003,
        "create or alter sequence s start = 9": 2,
        "select n.nextval from table(getnextval(s)) n": 2,
    }.items():
        assert client.error(text)[0] == code, text
    client("alter session set noorder_sequence_as_default = false")
    client("create sequence s3")
    assert shown(client, "S3")["ordered"] == "Y"
