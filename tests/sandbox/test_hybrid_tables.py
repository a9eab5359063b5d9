"""Hybrid tables: keys and indexes are kept, what Snowflake has not for them is refused, and so is writing here."""

from __future__ import annotations

import pytest

from .guests import guests

guest = pytest.fixture(guests)


def named(client, text):
    return [dict(zip(client.names(), row, strict=True)) for row in client(text)]


@pytest.fixture
def hybrid(client):
    client("create hybrid table p (id int, f varchar, l varchar, primary key (id) comment 'k', unique (f, l))")
    client("create hybrid table h (a int autoincrement primary key, index by_b (b), b int comment 'b', c varchar, d date, "
           "c2 varchar, v variant, unique (b), foreign key (b) references p (id), foreign key (c, c2) references p (f, l), "
           "index by_d (b, d) include (c)) comment = 'x'")  # fmt: skip
    return client


def test_shown(hybrid):
    assert [row[1] for row in hybrid("show hybrid tables")] == ["H", "P"]
    assert [row[2] for row in hybrid("show terse hybrid tables like 'h'")] == ["TABLE"]
    (row,) = (named(hybrid, "show hybrid tables like 'h' in schema public") and
              named(hybrid, "show hybrid tables like 'h' in schema public"))  # fmt: skip
    assert (row["comment"], row["rows"], row["owner"]) == ("x", 0, "ACCOUNTADMIN")
    hybrid("show tables like 'h'")
    assert hybrid("show tables like 'h'")[0][hybrid.names().index("is_hybrid")] == "Y"
    assert hybrid("select is_hybrid from information_schema.tables where table_name = 'H'") == [("YES",)]
    assert {row[0]: (row[3], row[5], row[6]) for row in hybrid("describe table h")}["A"] == ("N", "Y", "N")
    assert len(hybrid("show imported keys in table h")) == 3
    assert hybrid("select * from h") == []


def test_indexes(hybrid):
    hybrid("create index by_c on h (c) include (d)")
    assert hybrid.error("create index by_c on h (d)")[:2] == (2002, "42710")
    hybrid("create index if not exists by_c on h (d)")
    hybrid("create or replace index by_c on h (c2)")
    found = {row[1]: row[2:6] for row in hybrid("show indexes in table h")}
    assert found == {
        "SYS_INDEX_H_PRIMARY": ("Y", "[A]", "[]", "H"),
        "SYS_INDEX_H_UNIQUE_B": ("Y", "[B]", "[]", "H"),
        "SYS_INDEX_H_FOREIGN_KEY_B_P_ID": ("N", "[B]", "[]", "H"),
        "SYS_INDEX_H_FOREIGN_KEY_C_C2_P_F_L": ("N", "[C, C2]", "[]", "H"),
        "BY_B": ("N", "[B]", "[]", "H"),
        "BY_D": ("N", "[B, D]", "[C]", "H"),
        "BY_C": ("N", "[C2]", "[]", "H"),
    }
    assert [row[1] for row in hybrid("show indexes like 'by%'")] == ["BY_B", "BY_D", "BY_C"]
    hybrid("drop index h.by_c")
    hybrid("drop index if exists public.h.by_c")
    assert hybrid.error("drop index h.by_c")[:2] == (2003, "02000")
    hybrid("create table t (a int)")
    assert hybrid("show indexes in table t") == []
    assert hybrid.error("create index i on t (a)")[:2] == (1203, "42809")


def test_alter_and_drop(hybrid):
    hybrid("alter table h set comment = 'y'")
    hybrid("alter table h modify column d comment 'day'")
    assert hybrid.error("alter table h drop column d")[:2] == (1003, "42000")
    assert hybrid.error("alter table h rename column d to e")[:2] == (1003, "42000")
    hybrid("alter table h rename to g")
    hybrid("drop table g")
    hybrid("undrop table g")
    assert [row[1] for row in hybrid("show hybrid tables")] == ["G", "P"]
    ((text,),) = hybrid("select get_ddl('table', 'g')")
    hybrid(text)
    assert hybrid("select get_ddl('table', 'g')") == [(text,)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create hybrid table x (a int)", 1003),
        ("create hybrid table x (a variant primary key)", 1003),
        ("create hybrid table x (a int primary key, v array, index i (v))", 1003),
        ("create hybrid table x (a int primary key, index i (b))", 904),
        ("create hybrid table x (a int primary key, b int, index i (b), index i (a, b))", 2002),
        ("create hybrid table x (a int primary key, b int, index i (b), index j (b))", 1003),
        ("create hybrid table x (a int primary key, b int references plain (a))", 1003),
        ("create transient hybrid table x (a int primary key)", 1003),
        ("create hybrid table x (a int primary key) cluster by (a)", 1003),
        ("create hybrid table x (a int primary key) as select 1", 2),
        ("create hybrid table x like h", 2),
        ("create hybrid table h (a int primary key)", 2002),
        ("create table x clone h", 391411),
        ("create table x like h", 391411),
        ("create stream s on table h", 391411),
        ("alter table h cluster by (d)", 391411),
        ("alter table h add unique (d)", 391411),
        ("alter table h drop primary key", 391411),
        ("create schema x clone public", 2),
        ("insert into h (b) values (1)", 2),
        ("update h set b = 1", 2),
        ("delete from h", 2),
        ("truncate table h", 2),
        ("merge into h using p on h.b = p.id when matched then delete", 2),
        ("insert all into plain values (1) into h (b) values (1) select 1", 2),
        ("drop hybrid table h", 2),
    ],
)
def test_refused(hybrid, text, code):
    hybrid("create table plain (a int primary key)")
    assert hybrid.error(text)[0] == code


def test_a_schema_is_cloned_without_them(hybrid):
    hybrid("create table plain (a int)")
    hybrid("create schema copied clone public ignore hybrid tables")
    assert [row[1] for row in hybrid("show tables in schema copied")] == ["PLAIN"]


def test_who_may_what(hybrid, guest):
    maker, role = guest("CREATE TABLE ON SCHEMA public")
    make = "create hybrid table mine (a int primary key)"
    assert maker.error(make)[:2] == (3001, "42501")
    hybrid(f"grant create hybrid table on schema public to role {role}")
    maker(make)
    maker("create index i on mine (a)")
    reader, _ = guest("SELECT ON TABLE mine")
    assert [row[1] for row in reader("show hybrid tables")] == ["MINE"]
    assert reader.error("create index j on mine (a)")[:2] == (3001, "42501")
    assert reader.error("drop index mine.i")[:2] == (3001, "42501")
