"""VIEW: https://docs.snowflake.com/en/sql-reference/sql/create-view"""

from __future__ import annotations

import pytest


@pytest.fixture
def table(client):
    client("create table t (a int, b varchar(5))")
    client("insert into t values (1, 'x')")


def shown(client, name):
    return dict(zip(*reversed((client(f"show views like '{name}'")[0], client.names())), strict=True))


def test_properties(client, table):
    client("create secure view v (x comment 'first', y) comment = 'c' change_tracking = true as select a, b from t")
    assert client("select x, y from v") == [(1, "x")]
    row = shown(client, "V")
    assert (row["is_secure"], row["comment"], row["change_tracking"]) == ("true", "c", "ON")
    assert row["text"].startswith("create secure view v")
    assert [(r[0], r[1], r[9]) for r in client("describe view v")] == [
        ("X", "NUMBER(38,0)", "first"), ("Y", "VARCHAR(5)", None),
    ]  # fmt: skip
    client("alter view v unset secure")
    client("alter view v set comment = 'd'")
    client("alter view v set secure change_tracking = false comment = 'e'")
    row = shown(client, "V")
    assert (row["is_secure"], row["comment"], row["change_tracking"]) == ("true", "e", "OFF")
    client("alter view v rename to w")
    assert client("select count(*) from w") == [(1,)]
    assert shown(client, "W")["text"].startswith("create secure view v"), "the text keeps the old name"
    client("drop view w")
    assert client.error("undrop view w")[0] in (2, 1003)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create view v as select * from nosuch", 2003),
        ("create view v (a) as select 1, 2", 2026),
        ("create view v as select 1 as a, 2 as a", 2025),
        ("create view v", 1003),
        ("create view v as", 1003),
        ("create view v nonsense = 1 as select 1 as a", 1420),
        ("create recursive view v as select 1 as a", 1003),
        ("create view v copy tags as select 1 as a", 2),
        ("create or replace view if not exists v as select 1 as a", 1003),
        ("create transient view v as select 1 as a", 1003),
        ("create view t as select 1 as a", 2002),
        ("create or replace view t as select 1 as a", 1203),
        ("alter view t set secure", 1203),
        ("alter view nosuch set secure", 2003),
        ("create view v as select 1 as a )", 1003),
    ],
)
def test_refused(client, table, text, code):
    assert client.error(text)[0] == code


def test_recursive(client):
    client("create table staff (id int, boss int)")
    client("insert into staff values (1, null), (2, 1), (3, 2)")
    client(
        "create recursive view chain (id, depth) as select id, 0 from staff where boss is null union all "
        "select s.id, c.depth + 1 from staff s join chain c on s.boss = c.id"
    )
    assert client("select id, depth from chain order by id") == [(1, 0), (2, 1), (3, 2)]


def test_the_table_behind_it_changes(client, table):
    client("create view v as select * from t")
    client("alter table t add column c int")
    code, _, text = client.error("select * from v")
    assert code == 2057
    assert "declared 2 column(s), but view query produces 3 column(s)" in text
    client("alter table t drop column c")
    client("alter table t rename column b to z")
    client("drop table t")
    code, sqlstate, text = client.error("select * from v")
    assert (code, sqlstate) == (2037, "42601")
    assert "Failure during expansion of view 'V'" in text
    assert "does not exist or not authorized" in text
    assert [row[0] for row in client("describe view v")] == ["A", "B"]


def test_owner_and_copy_grants(client, table, connect):
    database = client("select current_database()")[0][0]
    client("create role if not exists view_reader")
    client("create view v as select a from t")
    client("grant role view_reader to user admin")
    for text in (f'usage on database "{database}"', "usage on schema public", "select on view v"):
        client(f"grant {text} to role view_reader")
    reader = connect(role="VIEW_READER", database=f'"{database}"', schema="PUBLIC")
    reader("use secondary roles none")
    assert reader("select * from v") == [(1,)], "it runs as its owner"
    assert reader.error("select * from t")[0] == 2003
    client("create or replace view v copy grants as select a + 1 as a from t")
    assert reader("select * from v") == [(2,)]
    client("create or replace secure view v copy grants as select a + 1 as a from t")
    assert reader("show views")[0][7] == "", "the text of a secure view is its owner's"
    assert reader.error("select get_ddl('view', 'v')")[0] == 3001
    client("create or replace view v as select a from t")
    assert reader.error("select * from v")[0] == 2003


def test_create_or_alter(client, table):
    client("create tag color")
    client("create view v as select a from t")
    client("alter view v set tag color = 'red'")
    client("create or alter view v (x comment 'c') comment = 'd' as select b from t")
    assert client("select x from v") == [("x",)]
    assert client("select system$get_tag('color', 'v', 'table')") == [("red",)]
    client("create or alter secure view v as select a from t")
    row = shown(client, "V")
    assert (row["is_secure"], row["comment"]) == ("true", "")


def test_temporary(client, table, connect):
    client("create temporary view tv as select a from t")
    assert client("select * from tv") == [(1,)]
    assert client.error("create temporary view tv as select 1 as a")[0] == 2002
    database = client("select current_database()")[0][0]
    assert connect().error(f'select * from "{database}".public.tv')[0] == 2003
    client("drop view tv")
    assert client.error("select * from tv")[0] == 2003


def test_policies_and_tags_of_columns(client, table):
    client("create masking policy mask as (v varchar) returns varchar -> '***'")
    client("create tag color")
    client("create view v (a, b with masking policy mask) with tag (color = 'red') as select a, b from t")
    assert client("describe view v")[1][10].endswith("PUBLIC.MASK")
    client("alter view v modify column b unset masking policy")
    client("alter view v alter column a set tag color = 'blue', column b set masking policy mask")
    assert client("select system$get_tag('color', 'v.a', 'column')") == [("blue",)]
    assert client.error("alter view v modify column nosuch set tag color = 'x'")[0] == 904
    client("create row access policy rap as (v int) returns boolean -> true")
    client("alter view v add row access policy rap on (a)")
    assert client.error("select * from v")[:2] == (2, "0A000"), "policies are recorded, not applied"
    client("alter view v drop row access policy rap")


def test_unqualified_names_are_those_of_its_own_schema(client):
    """https://docs.snowflake.com/en/sql-reference/name-resolution: not those of the session's schema."""
    client("create schema elsewhere")
    client("create table elsewhere.only_there (a int)")
    client("insert into elsewhere.only_there values (1)")
    client("use schema public")
    client("create view elsewhere.v as select a from only_there")
    assert client("select a from elsewhere.v") == [(1,)]
    client("create table only_here (a int)")
    assert client.error("create view elsewhere.w as select a from only_here")[0] == 2003
