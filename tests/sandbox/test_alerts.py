"""Alerts: their properties, and what EXECUTE ALERT does."""

from __future__ import annotations

import pytest

from .conftest import Client
from .guests import guests

guest = pytest.fixture(guests)


def shown(client: Client) -> dict[str, object]:
    (row,) = client("show alerts")
    return dict(zip(client.names(), row, strict=True))


def runs(client: Client) -> list[tuple[object, ...]]:
    return client(
        "select name, state, sql_error_code from table(information_schema.alert_history(result_limit => 1000)) "
        "where database_name = current_database()"
    )


@pytest.fixture
def base(client):
    client("create table base (id int)")
    client("create table log (said varchar)")
    client("create alert a warehouse = compute_wh schedule = '1 minute' "
           "if (exists (select 1 from base where id > 4)) then insert into log values ('hit')")  # fmt: skip
    return client


def test_execute(base):
    base("execute alert a")
    assert base("select * from log") == []
    base("insert into base values (5)")
    assert base("execute alert a") == [("Alert A is scheduled to run immediately.",)]
    assert base("select * from log") == [("hit",)]
    base("alter alert a modify action insert into nosuch values (1)")
    base("execute alert a")
    base("alter alert a modify condition exists (select * from nosuch)")
    base("execute alert a")
    assert runs(base) == [
        ("A", "CONDITION_FAILED", "002003"), ("A", "ACTION_FAILED", "002003"), ("A", "TRIGGERED", None),
        ("A", "CONDITION_FALSE", None),
    ]  # fmt: skip


def test_show_describe_alter(base):
    row = shown(base)
    assert {key: row[key] for key in ("name", "warehouse", "schedule", "state", "condition", "action", "owner")} == {
        "name": "A", "warehouse": "COMPUTE_WH", "schedule": "1 minute", "state": "suspended",
        "condition": "select 1 from base where id > 4", "action": "insert into log values ('hit')",
        "owner": "ACCOUNTADMIN",
    }  # fmt: skip
    (described,) = base("describe alert a")
    assert dict(zip(base.names(), described, strict=True)) == row
    for clause, column, value in (
        ("set schedule = 'USING CRON 0 * * * * UTC' comment = 'c'", "comment", "c"),
        ("unset comment", "comment", ""),
        ("unset warehouse", "warehouse", None),
        ("set warehouse = compute_wh", "warehouse", "COMPUTE_WH"),
        ("modify condition exists (select 2)", "condition", "select 2"),
        ("modify action call p()", "action", "call p()"),
        ("resume", "state", "started"),
        ("suspend", "state", "suspended"),
    ):
        base(f"alter alert a {clause}")
        assert shown(base)[column] == value, clause
    base("comment on alert a is 'said'")
    base("create alert if not exists a if (exists (select 1)) then select 1")
    ((text,),) = base("select get_ddl('alert', 'a')")
    base(text)
    base("create alert b clone a")
    base("drop alert a")
    assert shown(base)["name"] == "B"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create alert x if (exists (select 1)) then select 1 )", 1003),
        ("create alert x if (exists (select 1)) then", 1003),
        ("create alert x if (exists ()) then select 1", 1003),
        ("create alert x if (1 = 1) then select 1", 1003),
        ("create alert x warehouse = compute_wh then select 1", 1003),
        ("create alert x schedule = 'never' if (exists (select 1)) then select 1", 1008),
        ("create alert x warehouse = nosuch if (exists (select 1)) then select 1", 2003),
        ("create alert x foo = 1 if (exists (select 1)) then select 1", 1420),
        ("create alert a if (exists (select 1)) then select 1", 2002),
        ("alter alert a rename to b", 1003),
        ("alter alert nosuch resume", 2003),
        ("execute alert nosuch", 2003),
        ("drop alert nosuch", 2003),
    ],
)
def test_refusals(base, text, code):
    assert base.error(text)[0] == code


def test_who_may_what(base, guest):
    make = "create alert own warehouse = compute_wh if (exists (select 1)) then select 1"
    maker, role = guest("USAGE ON WAREHOUSE compute_wh")
    assert maker.error(make)[:2] == (3001, "42501")
    base(f"grant create alert on schema public to role {role}")
    maker(make)
    assert "EXECUTE ALERT" in maker.error("alter alert own resume")[2]
    base(f"grant execute alert on account to role {role}")
    maker("alter alert own resume")
    maker("execute alert own")
    operator, _ = guest("OPERATE ON ALERT own")
    operator("alter alert own suspend")
    assert operator.error("alter alert own set comment = 'c'")[:2] == (3001, "42501")
    assert operator.error("drop alert own")[:2] == (3001, "42501")
    stranger, _ = guest()
    assert stranger("show alerts") == []
    assert stranger.error("execute alert own")[0] == 2003


def test_an_action_may_be_a_block(base):
    base("alter alert a modify action begin insert into log values ('1'); insert into log values ('2'); end")
    base("create alert b schedule = '1 minute' if (exists (select 1)) then begin select 1; select 2; end")
    base("insert into base values (5)")
    base("execute alert a")
    assert base("select count(*) from log") == [(2,)]
