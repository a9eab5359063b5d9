"""GET_DDL: https://docs.snowflake.com/en/sql-reference/functions/get_ddl"""

from __future__ import annotations

import pytest

SCHEMA = """
create sequence sq start 5 increment 2 comment = 'it''s';
create tag color allowed_values 'red', 'blue';
create file format ff type = csv field_delimiter = '|' skip_header = 1;
create table p (
    id number(10) not null autoincrement start 5 increment 5 order comment 'the id', "low er" varchar(5) default 'x',
    s varchar collate 'en-ci', n int default sq.nextval, v int as (id + 1), d timestamp_tz default current_timestamp(),
    constraint pk primary key (id) rely, unique (s, n), check (n > 0)
) cluster by (id) data_retention_time_in_days = 0 comment = 'c';
create transient table f (a number(10) references p, b int with tag (color = 'red')) with tag (color = 'blue');
create secure view v (x comment 'c') comment = 'd' as select id from p;
create function fn(x number, y varchar default 'q') returns number as 'x + 1';
create procedure pr() returns varchar language sql execute as caller as 'begin return ''a''; end';
"""


def ddl(client, kind, name, full=""):
    return client(f"select get_ddl('{kind}', '{name}'{full})")[0][0]


@pytest.fixture
def filled(client):
    for text in SCHEMA.split(";\n"):
        if text.strip():
            client(text)
    return client


def test_table(filled):
    assert ddl(filled, "table", "p") == (
        "create or replace TABLE P cluster by (id) (\n"
        "\tID NUMBER(10,0) NOT NULL autoincrement start 5 increment 5 order COMMENT 'the id',\n"
        "\t\"low er\" VARCHAR(5) DEFAULT 'x',\n"
        "\tS VARCHAR(16777216) COLLATE 'en-ci',\n"
        '\tN NUMBER(38,0) DEFAULT "test_table".PUBLIC.SQ.NEXTVAL,\n'
        "\tV NUMBER(38,0) AS (id + 1),\n"
        "\tD TIMESTAMP_TZ(9) DEFAULT CURRENT_TIMESTAMP(),\n"
        "\tconstraint PK primary key (ID) rely,\n"
        "\tunique (S, N),\n"
        "\tcheck (n > 0)\n"
        ") DATA_RETENTION_TIME_IN_DAYS=0 COMMENT='c'\n;"
    )
    assert ddl(filled, "TABLE", "f", ", true").startswith('create or replace TRANSIENT TABLE "test_table".PUBLIC.F (')


def test_it_makes_the_same_again(filled):
    """What GET_DDL writes runs, and then GET_DDL writes the same."""
    filled("create schema copy")
    for kind, name in (
        ("sequence", "sq"), ("tag", "color"), ("file_format", "ff"), ("table", "p"), ("table", "f"), ("view", "v"),
        ("function", "fn(number, varchar)"), ("procedure", "pr()"),
    ):  # fmt: skip
        text = ddl(filled, kind, f"public.{name}")
        filled("use schema copy")
        filled(text)
        assert ddl(filled, kind, f"copy.{name}") == text.replace(".PUBLIC.", ".PUBLIC.")


def test_schema_and_database(filled):
    text = ddl(filled, "schema", "public")
    assert text.startswith("create or replace schema PUBLIC;\n\n")
    assert text.count("create or replace") + text.count("CREATE OR REPLACE") == 9
    assert text.index("sequence SQ") < text.index("TABLE P") < text.index("TABLE F") < text.index("view V")
    database = filled("select current_database()")[0][0]
    whole = ddl(filled, "database", f'"{database}"', ", true")
    assert whole.startswith(f'create or replace database "{database}";')
    assert f'create or replace schema "{database}".PUBLIC;' in whole
    assert "INFORMATION_SCHEMA" not in whole


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("get_ddl('table', 'nosuch')", 2003),
        ("get_ddl('nonsense', 'p')", 1006),
        ("get_ddl('stage', 'st')", 2),
        ("get_ddl('role', 'accountadmin')", 2),
        ("get_ddl('table')", 1003),
    ],
)
def test_refused(client, call, code):
    client("create stage st")
    assert client.error(f"select {call}")[0] == code
