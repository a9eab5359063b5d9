"""TAG: https://docs.snowflake.com/en/sql-reference/sql/create-tag"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .guests import Guest, guests


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


def shown(client, name):
    return dict(zip(*reversed((client(f"show tags like '{name}'")[0], client.names())), strict=True))


def test_walk(client):
    client("create tag t allowed_values 'a', 'b' propagate = on_dependency on_conflict = 'x' comment = 'c'")
    row = shown(client, "T")
    assert (row["allowed_values"], row["comment"], row["propagate"]) == ('["a","b"]', "c", "ON_DEPENDENCY")
    client("alter tag t add allowed_values 'd', 'b'")
    client("alter tag t drop allowed_values 'a'")
    assert client("select system$get_tag_allowed_values('t')") == [('["b","d"]',)]
    client("alter tag t set allowed_values 'd', 'b', 'c' propagate = on_data_movement")
    assert client("select system$get_tag_allowed_values('t')") == [('["d","b","c"]',)]
    client("alter tag t unset allowed_values")
    assert shown(client, "T")["allowed_values"] is None
    client("alter tag t set comment = 'e'")
    client("alter tag t unset comment")
    client("alter tag t rename to t2")
    client("create table x (a int) tag (t2 = 'v')")
    client("drop tag t2")
    assert client("select * from table(information_schema.tag_references('x', 'table'))") == []
    client("undrop tag t2")
    assert client("select system$get_tag('t2', 'x', 'table')") == [("v",)]
    client("create or alter tag t2 comment = 'z'")
    assert shown(client, "T2")["comment"] == "z"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create tag t", 2002),
        ("create tag u allowed_values", 1003),
        ("create tag u allowed_values 'a', 'a'", 1003),
        ("create tag u nonsense = 1", 1420),
        ("alter tag t set nonsense = 1", 1420),
        ("alter tag nosuch set comment = 'x'", 2003),
        ("create table x (a int) tag (nosuch = 'v')", 2003),
        ("select system$get_tag('nosuch', 'public', 'schema')", 2003),
        ("select system$get_tag('t', 'nosuch', 'table')", 2003),
        ("select system$get_tag('t', 'public', 'nonsense')", 1006),
        ("select system$get_tag('t', 'public.x.y', 'column')", 2003),
    ],
)
def test_refused(client, text, code):
    client("create tag t")
    assert client.error(text)[0] == code


def test_inheritance(client):
    database = client("select current_database()")[0][0]
    client("create tag t")
    client(f"""alter database "{database}" set tag t = 'of the database'""")
    client("create table x (a int, b int)")

    def value(of, kind):
        return client(f"select system$get_tag('t', '{of}', '{kind}')")[0][0]

    assert value("x.a", "column") == "of the database"
    client("alter schema public set tag t = 'of the schema'")
    assert value("x", "table") == "of the schema"
    client("alter table x set tag t = 'of the table'")
    client("alter table x modify column b set tag t = 'of the column'")
    assert (value("x.a", "column"), value("x.b", "column")) == ("of the table", "of the column")
    rows = client("select tag_value, level, column_name, apply_method from "
                  "table(information_schema.tag_references_all_columns('x', 'table')) order by column_name")  # fmt: skip
    assert rows == [
        ("of the table", "TABLE", "A", "INHERITED"), ("of the column", "COLUMN", "B", "MANUAL"),
    ]  # fmt: skip
    rows = client("select object_name, domain, level from table(information_schema.tag_references('x', 'table'))")
    assert rows == [("X", "TABLE", "TABLE")]
    client("create stream y on table x")
    client("alter stream y set tag t = 'of the stream'")
    rows = client("select tag_value, domain, level from table(information_schema.tag_references('y', 'stream'))")
    assert rows == [("of the stream", "STREAM", "STREAM")]
    client("drop stream y")
    assert value("public", "schema") == "of the schema"
    client("alter schema public unset tag t")
    client("alter table x unset tag t")
    assert value("x.a", "column") == "of the database"


def test_apply_is_wanted(client, connect):
    database = client("select current_database()")[0][0]
    client("create tag t")
    client("create table x (a int)")
    client("create or replace role tagger")
    client("grant role tagger to user admin")
    client(f'grant usage on database "{database}" to role tagger')
    client("grant usage on schema public to role tagger")
    client("grant ownership on table x to role tagger")
    tagger = connect(role="TAGGER", database=f'"{database}"', schema="PUBLIC")
    tagger("use secondary roles none")
    assert tagger.error("alter table x set tag t = 'v'")[0] == 2003
    client("grant read on tag t to role tagger")
    assert tagger.error("alter table x set tag t = 'v'")[0] == 3001
    client("grant apply on tag t to role tagger")
    tagger("alter table x set tag t = 'v'")
    assert tagger.error("drop tag t")[0] == 3001
    client("drop role tagger")


def test_masking_policies(client):
    client("create masking policy texts as (v varchar) returns varchar -> '***'")
    client("create masking policy numbers as (v number) returns number -> 0")
    client("create masking policy others as (v varchar) returns varchar -> '?'")
    client("create tag t")
    client("alter tag t set masking policy texts, masking policy numbers")
    assert client.error("alter tag t set masking policy others")[0] == 1003
    client("alter tag t set masking policy others force")
    client("alter tag t unset masking policy numbers")
    assert client.error("drop masking policy others")[0] == 3531
    client("alter tag t unset masking policy others")
    client("drop masking policy others")


def test_apply_tag_on_the_account_needs_no_privilege_on_the_object(client, guest):
    """https://docs.snowflake.com/en/user-guide/object-tagging/work: a role that tags, and owns nothing"""
    client("CREATE SCHEMA S")
    client("CREATE TAG COST")
    client("CREATE TABLE T (A INT)")
    client("CREATE FUNCTION F() RETURNS INT AS '1'")
    client("CREATE OR REPLACE WAREHOUSE TAGGED_WH INITIALLY_SUSPENDED = TRUE")
    tagger, _ = guest("APPLY TAG ON ACCOUNT")
    for target in ("TABLE T", "TABLE T ALTER COLUMN A", "FUNCTION F()", "WAREHOUSE TAGGED_WH", "SCHEMA S"):
        tagger(f"ALTER {target} SET TAG COST = 'x'")
        tagger(f"ALTER {target} UNSET TAG COST")
    assert [row[1] for row in tagger("SHOW TAGS IN SCHEMA S")] == ["COST"]
    assert tagger.error("SELECT * FROM T")[0] == 2003
    assert tagger.error("ALTER TABLE T SET COMMENT = 'x'")[0] == 2003
    assert tagger.error("ALTER TABLE T ALTER COLUMN A COMMENT 'x', A SET TAG COST = 'x'")[0] in (1003, 2003)
    client("DROP WAREHOUSE TAGGED_WH")
