"""Dynamic tables: what is recorded of them, and that reading one runs its query."""

from __future__ import annotations

import json

import pytest

from .conftest import Client
from .guests import guests

guest = pytest.fixture(guests)
MAKE = "create dynamic table dt target_lag = '5 minutes' warehouse = compute_wh"


def shown(client: Client, text: str) -> dict[str, object]:
    (row,) = client(text)
    return dict(zip(client.names(), row, strict=True))


@pytest.fixture
def base(client):
    client("create table base (id int, a int)")
    client("insert into base values (1, 10)")
    return client


def test_reading_runs_its_query(base):
    base(f"{MAKE} as select id, a + 1 as b from base")
    assert base("select * from dt") == [(1, 11)]
    base("insert into base values (2, 20)")
    assert sorted(base("select id, b from dt")) == [(1, 11), (2, 21)]
    base("create dynamic table second target_lag = downstream warehouse = compute_wh as select sum(b) as s from dt")
    assert base("select s from second") == [(32,)]
    assert base.error("insert into dt values (1, 2)")[0] == 2104


def test_show_and_describe(base):
    base("create transient dynamic table dt (id comment 'key', b) target_lag = '1 hour' warehouse = compute_wh "
         "refresh_mode = full initialize = on_schedule cluster by (id) comment = 'c' as select id, a from base")  # fmt: skip
    row = shown(base, "show dynamic tables like 'dt'")
    assert {key: row[key] for key in ("name", "target_lag", "refresh_mode", "warehouse", "comment", "cluster_by",
                                      "scheduling_state", "owner")} == {
        "name": "DT", "target_lag": "1 hour", "refresh_mode": "FULL", "warehouse": "COMPUTE_WH", "comment": "c",
        "cluster_by": "LINEAR(id)", "scheduling_state": "ACTIVE", "owner": "ACCOUNTADMIN",
    }  # fmt: skip
    assert row["text"].startswith("create transient dynamic table dt")
    assert [(name, kind) for name, kind, *_ in base("describe dynamic table dt")] == [
        ("ID", "NUMBER(38,0)"), ("B", "NUMBER(38,0)"),
    ]  # fmt: skip
    assert shown(base, "show tables like 'dt'")["is_dynamic"] == "Y"


def test_undrop(base):
    """https://docs.snowflake.com/en/sql-reference/sql/undrop-dynamic-table"""
    base(f"{MAKE} as select id from base")
    base("drop dynamic table dt")
    assert base("undrop dynamic table dt") == [("Dynamic table DT successfully restored.",)]
    assert base("select * from dt") == [(1,)]
    assert base.error("undrop dynamic table dt")[0] == 2002
    base(f"{MAKE.replace('create', 'create or replace')} as select a from base")
    base("drop dynamic table dt")
    base("undrop dynamic table dt")
    assert base("select * from dt") == [(10,)]
    assert base.error("undrop dynamic table nosuch")[0] == 2003


def test_as_resource(base):
    base("create transient dynamic table dt (id comment 'key', b) target_lag = '2 minutes' warehouse = compute_wh "
         "refresh_mode = full cluster by (id, abs(b)) data_retention_time_in_days = 0 as select id, a from base")  # fmt: skip
    ((text,),) = base("show as resource dynamic tables like 'd%' in schema public")
    assert base.names() == ["As Resource"]
    assert base("describe as resource dynamic table dt") == [(text,)]
    found = json.loads(text)
    assert found["columns"][0] == {"name": "ID", "datatype": "NUMBER(38,0)", "comment": "key"}
    expected = {
        "name": "DT", "kind": "TRANSIENT", "query": "select id, a from base", "refresh_mode": "FULL",
        "target_lag": {"type": "USER_DEFINED", "seconds": 120}, "cluster_by": ["id", "abs(b)"],
        "data_retention_time_in_days": 0, "warehouse": "COMPUTE_WH", "scheduler": None, "comment": None,
        "scheduling_state": "RUNNING", "schema_name": "PUBLIC", "owner": "ACCOUNTADMIN",
    }  # fmt: skip
    assert {key: found[key] for key in expected} == expected
    assert shown(base, "show tables like 'dt'")["retention_time"] == "0"
    base("alter dynamic table dt set target_lag = downstream")
    assert json.loads(base("describe as resource dynamic table dt")[0][0])["target_lag"] == {"type": "DOWNSTREAM"}
    assert base.error("show as resource tables") == (2, "0A000", "sandbox does not support SHOW AS RESOURCE TABLES")
    assert base.error("describe as resource table base")[0] == 2


def test_the_scheduler(base):
    base("create dynamic table dt scheduler = disable warehouse = compute_wh as select id from base")
    found = shown(base, "show dynamic tables")
    assert (found["scheduler"], found["target_lag"]) == ("DISABLE", "")
    assert base.error("alter dynamic table dt set scheduler = enable")[0] == 2029
    base("alter dynamic table dt set target_lag = '1 day' scheduler = 'ENABLE'")
    found = shown(base, "show dynamic tables")
    assert (found["scheduler"], found["target_lag"]) == ("ENABLE", "1 day")
    base("alter dynamic table dt set scheduler = disable")
    assert shown(base, "show dynamic tables")["target_lag"] == ""
    base(f"{MAKE.replace('dt', 'other')} as select id from base")
    assert shown(base, "show dynamic tables like 'other'")["scheduler"] is None


def test_alter(base):
    base(f"{MAKE} as select id, a from base")
    for clause, column, value in (
        ("set target_lag = downstream", "target_lag", "DOWNSTREAM"),
        ("set warehouse = compute_wh comment = 'd'", "comment", "d"),
        ("unset comment", "comment", ""),
        ("suspend", "scheduling_state", "SUSPENDED"),
        ("resume", "scheduling_state", "ACTIVE"),
        ("cluster by (id)", "cluster_by", "LINEAR(id)"),
        ("drop clustering key", "cluster_by", ""),
        ("set target_lag = '1 HOURS'", "target_lag", "1 hour"),
        ("set target_lag = '2 day'", "target_lag", "2 days"),
    ):
        base(f"alter dynamic table dt {clause}")
        assert shown(base, "show dynamic tables")[column] == value, clause
    before = shown(base, "show dynamic tables")["data_timestamp"]
    base("alter dynamic table dt refresh")
    assert shown(base, "show dynamic tables")["data_timestamp"] > before
    base("alter dynamic table dt modify column a comment 'x'")
    assert base("describe dynamic table dt")[1][9] == "x"
    base("alter dynamic table dt modify column a unset comment")
    assert base("describe dynamic table dt")[1][9] is None
    base("alter dynamic table dt rename to other")
    base("create dynamic table copied clone other")
    base("alter dynamic table copied swap with other")
    base("comment on dynamic table other is 'y'")
    base("drop dynamic table copied")
    base("drop dynamic table if exists copied")
    base("create or alter dynamic table other target_lag = '2 days' warehouse = compute_wh as select id from base")
    assert shown(base, "show dynamic tables")["target_lag"] == "2 days"
    base("drop table base")
    assert base.error("alter dynamic table other refresh")[0] == 2003, "a refresh that fails says so"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create dynamic table x warehouse = compute_wh as select 1 as a", 2029),
        ("create dynamic table x target_lag = '1 minute' as select 1 as a", 2029),
        (
            "create dynamic table x target_lag = '1 day' scheduler = disable warehouse = compute_wh as select 1 as a",
            1003,
        ),
        ("create dynamic table x target_lag = '59 seconds' warehouse = compute_wh as select 1 as a", 2717),
        ("create dynamic table x target_lag = 'soon' warehouse = compute_wh as select 1 as a", 1008),
        ("create dynamic table x target_lag = '1 minute' warehouse = nosuch as select 1 as a", 2003),
        ("create dynamic table x target_lag = '1 minute' warehouse = compute_wh as select b from base", 904),
        ("create dynamic table x target_lag = '1 minute' warehouse = compute_wh as select * from nosuch", 2003),
        ("create dynamic table x target_lag = '1 minute' warehouse = compute_wh as select id from base )", 1003),
        ("create dynamic table x (a, b) target_lag = '1 minute' warehouse = compute_wh as select id from base", 2026),
        ("create dynamic table x target_lag = '1 minute' warehouse = compute_wh foo = 1 as select 1 as a", 1420),
        ("create dynamic table x target_lag = '1 minute' warehouse = compute_wh", 1003),
        ("create dynamic iceberg table x target_lag = '1 minute' as select 1 as a", 2),
        ("alter dynamic table base suspend", 1203),
        ("alter dynamic table nosuch suspend", 2003),
    ],
)
def test_refusals(base, text, code):
    assert base.error(text)[0] == code


def test_drop_table_takes_it(base):
    base(f"{MAKE} as select id from base")
    base("drop table dt")
    assert base("show dynamic tables") == []


def test_streams(base):
    base(f"{MAKE} as select id, a from base where a < 100")
    base("create stream s on dynamic table dt")
    base("update base set a = 11")
    assert sorted(base("select id, a, metadata$action, metadata$isupdate from s")) == [
        (1, 10, "DELETE", True), (1, 11, "INSERT", True),
    ]  # fmt: skip
    assert shown(base, "show streams")["source_type"] == "Dynamic Table"


def test_who_may_what(base, guest):
    maker, role = guest("CREATE DYNAMIC TABLE ON SCHEMA public", "SELECT ON TABLE base")
    assert maker.error(f"{MAKE} as select id from base")[0] == 2003, "USAGE on the warehouse"
    base(f"grant usage on warehouse compute_wh to role {role}")
    maker(f"{MAKE} as select id from base")
    reader, _ = guest("SELECT ON DYNAMIC TABLE dt")
    assert reader("select * from dt") == [(1,)], "under its owner's role"
    assert reader.error("select * from base")[0] == 2003
    assert reader.error("alter dynamic table dt suspend")[:2] == (3001, "42501")
    operator, _ = guest("OPERATE ON DYNAMIC TABLE dt")
    operator("alter dynamic table dt suspend")
    operator("alter dynamic table dt set target_lag = '1 day'")
    assert operator.error("select * from dt")[0] == 3001
    assert operator.error("drop dynamic table dt")[:2] == (3001, "42501")
    stranger, _ = guest()
    assert stranger.error("select * from dt")[:2] == (2003, "42S02")
    assert stranger("show dynamic tables") == []


def test_get_ddl(base):
    base(f"{MAKE} comment = 'it''s' as select id from base")
    base("alter dynamic table dt rename to other")
    ((text,),) = base("select get_ddl('dynamic_table', 'other')")
    base(text)
    assert base("select * from other") == [(1,)]
