"""ALTER TABLE: https://docs.snowflake.com/en/sql-reference/sql/alter-table"""

from __future__ import annotations

from decimal import Decimal

import pytest


def columns(client, table="t"):
    return [row[:2] for row in client(f"describe table {table}")]


def test_add(client):
    client("create table t (a int)")
    client("insert into t values (1)")
    client("alter table t add column b varchar(5) not null default 'x', c date comment 'c'")
    client("alter table t add if not exists a varchar, if not exists d number(5,2) default 1.5 unique")
    assert client("select * from t") == [(1, "x", None, Decimal("1.50"))]
    assert client("show unique keys in table t")[0][4] == "D"
    client("alter table t add v int as (a + 1)")
    assert client("select v from t") == [(2,)]
    assert client.error("alter table t add column a int")[:2] == (1430, "42601")
    assert client.error("alter table t add column e int not null")[0] == 2262
    assert client.error("alter table t add column e int identity")[0] == 2
    client("create sequence sq")
    assert client.error("alter table t add column e int default sq.nextval")[0] == 2
    client("truncate table t")
    client("alter table t add column e int not null, f int identity (10, 5)")
    client("insert into t (a, e) values (1, 2), (3, 4)")
    assert client("select f from t order by a") == [(10,), (15,)]


def test_drop(client):
    client("create table t (a int, b int, c int, d int, primary key (b)) cluster by (c)")
    client("alter table t drop column if exists nosuch, d")
    assert client.error("alter table t drop column nosuch")[:2] == (904, "42000")
    client("alter table t drop column b")
    assert client("show primary keys in table t") == []
    assert client.error("alter table t drop column c")[0] == 2265
    client("alter table t drop clustering key")
    client("alter table t drop c cascade")
    assert client.error("alter table t drop column a")[0] == 1432
    assert columns(client) == [("A", "NUMBER(38,0)")]


def test_rename(client):
    client("create table t (a int, b int, unique (a)) cluster by (a)")
    client("insert into t values (1, 2)")
    client('alter table t rename column a to "New name"')
    assert client('select "New name", b from t') == [(1, 2)]
    assert client("show unique keys in table t")[0][4] == "New name"
    code, sqlstate, text = client.error('alter table t rename column "New name" to b')
    assert (code, sqlstate) == (2002, "42710")
    assert "Object 'T.B' already exists." in text
    assert client.error("alter table t rename column a to c")[0] == 904


def test_names_that_differ_only_in_case(client):
    client("create table t (a int)")
    client("insert into t values (1)")
    client("alter table t add column \"a\" varchar default 'x', b int")
    client('alter table t rename column b to "A b"')
    client('alter table t rename column "A b" to "a B"')
    client('alter table t add column "a b" int')
    assert [row[0] for row in client("describe table t")] == ["A", "a", "a B", "a b"]
    assert client('select a, "a", "a B", "a b" from t') == [(1, "x", None, None)]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("varchar(5)", "varchar(10)", 0),
        ("varchar(5)", "string", 0),
        ("varchar(5)", "varchar(4)", 40050),
        ("varchar(5)", "int", 2108),
        ("number(5,2)", "number(10,2)", 0),
        ("number(5,2)", "number(4,2)", 0),
        ("number(5,2)", "number(2,2)", 40051),
        ("number(5,2)", "number(10,3)", 40052),
        ("number(5,2)", "float", 2108),
        ("float", "number(5,2)", 2108),
        ("int", "number(38,0)", 0),
        ("int", "number(2,0)", 0),
        ("int", "varchar", 2108),
        ("binary(5)", "binary(10)", 0),
        ("binary(5)", "binary(4)", 40050),
        ("date", "timestamp_ntz", 2108),
        ("timestamp_ntz(3)", "timestamp_ntz(9)", 2108),
        ("boolean", "int", 2108),
        ("double", "real", 0),
    ],
)  # fmt: skip
def test_data_types(client, old, new, code):
    """https://docs.snowflake.com/en/sql-reference/sql/alter-table-column: which changes there are."""
    client(f"create table t (id int, c {old})")
    value = {"varchar(5)": "'abc'", "binary(5)": "to_binary('ab')", "date": "'2020-01-01'", "boolean": "true",
             "timestamp_ntz(3)": "'2020-01-01'"}.get(old, "12")  # fmt: skip
    client(f"insert into t select 1, {value}")
    if not code:
        client(f"alter table t modify column c set data type {new}")
        client(f"alter table t alter c type {new}")
    else:
        found, sqlstate, text = client.error(f"alter table t alter column c set data type {new}")
        assert (found, sqlstate) == (code, "22000")
        assert "cannot change column C from type " in text
    assert client("select count(*) from t where c is not null") == [(1,)]


def test_several_columns_at_once(client):
    client("create table t (a int not null, b varchar(5) default 'x', c int)")
    client("insert into t values (1, 'y', null)")
    client(
        "alter table t modify column a drop not null, column b set data type varchar(9), b comment 'b', c comment 'c'"
    )
    client("alter table t alter (a comment 'a', b drop default)")
    rows = client("describe table t")
    assert [(row[1], row[3], row[4], row[9]) for row in rows] == [
        ("NUMBER(38,0)", "Y", None, "a"), ("VARCHAR(9)", "Y", None, "b"), ("NUMBER(38,0)", "Y", None, "c"),
    ]  # fmt: skip
    client("alter table t alter column b unset comment")
    assert client.error("alter table t alter column c set not null")[1] == "22000", "there is a NULL"
    client("update t set c = 1")
    client("alter table t alter column c set not null")
    assert client.error("insert into t values (1, 'y', null)")[0] == 100072
    code, _, text = client.error("alter table t alter column nosuch set not null")
    assert code == 904
    assert "invalid identifier 'NOSUCH'" in text
    assert client.error("alter table t alter column a")[0] == 1003
    assert client.error("alter table t alter column a set")[0] == 1003


def test_defaults(client):
    client("create sequence s1")
    client("create sequence s2 start 50")
    client("create table t (a int default 1, b int default s1.nextval, c int identity)")
    assert client.error("alter table t alter column a set default 2")[:2] == (2, "0A000")
    client("alter table t alter column b set default s2.nextval")
    client("insert into t (a) values (0)")
    assert client("select a, b, c from t") == [(0, 50, 1)]
    client("alter table t alter column c drop default, b drop default, a drop default")
    assert client.error("insert into t (a) values (1)")[0] == 100072, "what was an identity column stays NOT NULL"
    client("alter table t alter column c drop not null")
    client("insert into t (a) values (1)")
    assert client("select b, c from t where a = 1") == [(None, None)]
    client("alter table t add column d int default 7")
    code, _, text = client.error("alter table t alter column d drop default")
    assert code == 2263
    assert "because the column was added after table was created" in text


def test_constraints(client):
    client("create table p (a int, b int)")
    client("insert into p values (1, 2)")
    client("alter table p add constraint pk primary key (a)")
    assert client("describe table p")[0][3] == "N"
    assert client.error("alter table p add primary key (b)")[0] == 2200
    assert client.error("alter table p add constraint pk unique (b)")[0] == 2002
    client("alter table p add unique (b) rely")
    client("create table f (x int)")
    client("alter table f add constraint fk foreign key (x) references p (a) on update cascade")
    assert client("show imported keys in table f")[0][10:13] == ("CASCADE", "NO ACTION", "FK")
    client("alter table f rename constraint fk to fk2")
    client("alter table f modify constraint fk2 rely")
    assert client("show imported keys in table f")[0][15] == "true"
    client("alter table p alter unique (b) norely")
    assert client("show unique keys in table p")[0][7] == "false"
    client("alter table p modify primary key not enforced rely")
    assert client("show primary keys in table p")[0][7] == "true"
    assert client.error("alter table p drop primary key restrict")[0] == 2203
    client("alter table p drop primary key")
    assert client("show imported keys in table f") == [], "what refers to the key goes with it"
    client("alter table p drop unique (b)")
    assert client.error("alter table p drop constraint nosuch")[0] == 2003
    assert client.error("alter table p drop unique (a)")[0] == 2003
    client("alter table p add constraint c check (b < 10)")
    assert client.error("insert into p values (2, 20)")[1] == "23514"
    assert client.error("alter table p add check (b < 2)")[1] == "23514", "what is there must fit"
    client("alter table p alter column a set data type number(20)")
    client("alter table p drop constraint c")
    client("insert into p values (2, 20)")


def test_clustering_and_search(client):
    client("create table t (a int, b int)")
    client("alter table t cluster by (a, b)")
    client("alter table t suspend recluster")

    def shown():
        return dict(zip(*reversed((client("show tables like 'T'")[0], client.names())), strict=True))

    assert (shown()["cluster_by"], shown()["automatic_clustering"]) == ("LINEAR(a, b)", "OFF")
    client("alter table t resume recluster")
    assert shown()["automatic_clustering"] == "ON"
    client("alter table t add search optimization on equality(a), substring(b)")
    assert shown()["search_optimization"] == "ON"
    assert client("describe search optimization on t") == [
        (1, "EQUALITY", "A", "NUMBER(38,0)", "true"), (2, "SUBSTRING", "B", "NUMBER(38,0)", "true"),
    ]  # fmt: skip
    client("alter table t drop search optimization on equality(a)")
    client("alter table t drop search optimization on b")
    assert shown()["search_optimization"] == "OFF"
    client("alter table t add search optimization")
    assert [row[1:3] for row in client("desc search optimization on t")] == [("EQUALITY", "A"), ("EQUALITY", "B")]
    client("alter table t drop search optimization")
    assert client("desc search optimization on t") == []
    assert client.error("alter table t add search optimization on equality(nosuch)")[0] == 904
    assert client.error("alter table t add search optimization on nonsense(a)")[0] == 1003
    client("alter table t drop clustering key")
    assert client.error("alter table t resume recluster")[0] == 1003
    assert client.error("alter table t recluster")[0] == 2


def test_tags_and_policies(client):
    client("create tag a allowed_values 'x', 'y'")
    client("create tag b")
    client("create masking policy mask as (v varchar) returns varchar -> '***'")
    client("create row access policy rap as (v varchar) returns boolean -> true")
    client("create table t (i int, c varchar)")
    client("alter table t set tag a = 'x', b = 'free'")
    assert client("select system$get_tag('a', 't', 'table'), system$get_tag('b', 't.c', 'column')") == [("x", "free")]
    assert client.error("alter table t set tag a = 'z'")[1] == "23001"
    client("alter table t modify column c set tag b = 'own', column i set tag a = 'y'")
    client("alter table t unset tag b")
    assert client("select system$get_tag('b', 't', 'table'), system$get_tag('b', 't.c', 'column')") == [(None, "own")]
    client("alter table t alter column c unset tag b")
    assert client.error("alter table t set tag nosuch = 'x'")[0] == 2003
    client("alter table t alter column c set masking policy mask")
    assert client("describe table t")[1][10].endswith("PUBLIC.MASK")
    assert client.error("alter table t drop column c")[0] == 3537
    client("alter table t rename column c to d")
    assert client("describe table t")[1][10].endswith("PUBLIC.MASK")
    client("alter table t modify column d unset masking policy")
    client("alter table t add row access policy rap on (d)")
    assert client.error("alter table t add row access policy rap on (d)")[0] == 3549
    client("alter table t drop row access policy rap, add row access policy rap on (d)")
    client("alter table t drop all row access policies")
    client("create table u (c varchar with masking policy mask) with row access policy rap on (c)")
    assert client("describe table u")[0][10].endswith("PUBLIC.MASK")


def test_properties_and_bad_input(client):
    client("create table t (a int)")
    client("alter table if exists nosuch add column b int")
    assert client.error("alter table nosuch add column b int")[:2] == (2003, "42S02")
    client("alter table t set comment = 'c' change_tracking = true, enable_schema_evolution = true")
    client("alter table t unset comment, change_tracking")
    for text, code in {
        "set nonsense = 1": 1420,
        "set comment 'c'": 1003,
        "unset nonsense": 1420,
        "set": 1003,
        "add": 1003,
        "add column": 1003,
        "add column b": 1003,
        "drop": 1003,
        "rename": 1003,
        "rename to": 1003,
        "frobnicate": 1003,
        "add column b int )": 1003,
        "set data_retention_time_in_days = -1": 1008,
        "set contact steward = x": 2,
        "swap with nosuch": 2003,
    }.items():
        assert client.error(f"alter table t {text}")[0] == code, text


def test_comments(client):
    client("create table t (a int)")
    client("create view v as select a from t")
    client("comment on column t.a is 'the column'")
    client("comment on column v.a is 'of the view'")
    client("comment on table t is 'the table'")
    assert client("describe table t")[0][9] == "the column"
    assert client("describe view v")[0][9] == "of the view"
    assert client("show tables like 'T'")[0][5] == "the table"
    assert client.error("comment on column t.nosuch is 'x'")[0] == 904
    client("comment if exists on table nosuch is 'x'")


def test_waits_for_those_who_write_to_the_table_alone(client, connect):
    client("create table t (a int)")
    client("create table other (a int)")
    database = client("select current_database()")[0][0]
    writer = connect(database=f'"{database}"', schema="PUBLIC")
    writer("begin")
    writer("insert into t values (1)")
    client("alter session set lock_timeout = 1")
    client("alter table other add column b int")
    assert client.error("alter table t add column b int")[:2] == (625, "57014")
    writer("commit")
    client("alter table t add column b int")
    assert client("select * from t") == [(1, None)]
