"""Parameters and their levels: https://docs.snowflake.com/en/sql-reference/parameters"""

from __future__ import annotations

import pytest

from snowmaker.sandbox.parameters import ALL, PARAMETERS


def shown(client, name, where=""):
    row = client(f"show parameters like '{name}' {where}")[0]
    return row[1], row[2], row[3], row[5]


def test_session(client):
    assert shown(client, "query_tag") == ("", "", "", "STRING")
    client("alter session set query_tag = 'x' json_indent = 0, week_start = 1")
    assert shown(client, "query_tag", "in session") == ("x", "", "SESSION", "STRING")
    assert shown(client, "JSON_INDENT", "for session") == ("0", "2", "SESSION", "NUMBER")
    client("alter session unset query_tag, json_indent, week_start")
    assert shown(client, "query_tag")[2] == ""
    assert shown(client, "autocommit")[3] == "BOOLEAN"
    assert len(client("show parameters")) == len(PARAMETERS)


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_session_parameter_can_be_set(client, name):
    spec = PARAMETERS[name]
    if spec.type == "BOOLEAN":
        value, told = "true", "true"
    elif spec.type == "NUMBER":
        told = value = str(max(spec.least, min(spec.default or 1, spec.most)))
    else:
        told = spec.values[-1] if spec.values else {"TIMEZONE": "UTC"}.get(name, spec.default)
        value = f"'{told}'"
    client(f"alter session set {name} = {value}")
    assert shown(client, name)[0] == told
    assert shown(client, name)[2] == "SESSION"
    client(f"alter session unset {name}")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("set nonsense = 1", 1006),
        ("set data_retention_time_in_days = 1", 1006),
        ("set timezone = 'Nowhere/Nothing'", 1008),
        ("set json_indent = 17", 1008),
        ("set json_indent = 'x'", 1008),
        ("set autocommit = 5", 1008),
        ("set binary_output_format = 'octal'", 1008),
        ("set week_start", 1003),
        ("set", 1003),
        ("unset nonsense", 1006),
        ("unset", 1003),
    ],
)
def test_refused(client, text, code):
    assert client.error(f"alter session {text}")[0] == code


def test_user_and_account(client, connect):
    client("create or replace user parametrized password = 'Aa1-aaaaaaaa' timezone = 'UTC' week_start = 3")
    try:
        assert shown(client, "timezone", "for user parametrized") == ("UTC", "America/Los_Angeles", "USER", "STRING")
        other = connect(user="parametrized", password="Aa1-aaaaaaaa")
        assert shown(other, "week_start")[:3:2] == ("3", "USER")
        assert other("select current_timestamp()")[0][0].utcoffset().total_seconds() == 0
        client("alter account set week_start = 2")
        assert shown(client, "week_start")[:3:2] == ("2", "ACCOUNT")
        assert shown(client, "week_start", "in account")[:3:2] == ("2", "ACCOUNT")
        assert shown(other, "week_start")[0] == "3", "the user's own comes first"
        other("alter session set week_start = 5")
        assert shown(other, "week_start")[:3:2] == ("5", "SESSION")
    finally:
        client("alter account unset week_start")
        client("drop user parametrized")
    assert len(client("show parameters in account")) == sum("ACCOUNT" in each.levels for each in ALL.values())


def test_default_unsets(client):
    """As in Snowflake's own quickstarts: https://github.com/Snowflake-Labs/sf-samples/tree/main/samples/tasty_bytes"""
    client("alter session set timezone = 'UTC'")
    client("alter session set timezone = default")
    assert client("show parameters like 'timezone'")[0][1:4:2] == ("America/Los_Angeles", "")


def test_objects(client):
    client("create table t (a int) max_data_extension_time_in_days = 3")
    client("create warehouse if not exists parameter_wh statement_timeout_in_seconds = 60")
    assert shown(client, "max_data%", "in table t")[:3:2] == ("3", "TABLE")
    client("alter table t unset max_data_extension_time_in_days")
    assert shown(client, "max_data%", "in table t")[:3:2] == ("14", "")
    assert shown(client, "statement_timeout%", "in warehouse parameter_wh")[:3:2] == ("60", "WAREHOUSE")
    assert {row[0] for row in client("show parameters in warehouse parameter_wh")} == {
        "MAX_CONCURRENCY_LEVEL", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "STATEMENT_TIMEOUT_IN_SECONDS",
    }  # fmt: skip
    assert client("show parameters in schema public") == client("show parameters in schema")
    assert client.error("show parameters in table nosuch")[0] == 2003
    assert client.error("show parameters in nonsense")[0] == 1003
    assert client.error("show parameters like 'a' )")[0] == 1003
    client("drop warehouse parameter_wh")


def test_other_kinds_of_table_have_those_of_tables(client):
    client("create table t (a int)")
    client("create dynamic table dt target_lag = '1 hour' warehouse = compute_wh max_data_extension_time_in_days = 3 "
           "as select a from t")  # fmt: skip
    assert shown(client, "max_data_extension_time_in_days", "in table dt") == ("3", "14", "TABLE", "NUMBER")
    client("create view v as select 1 as a")
    assert client.error("show parameters in table v")[0] == 1203


def test_variables(client):
    client("set (a, b) = (1, 'x')")
    rows = client("show variables")
    assert [(row[3], row[4], row[5]) for row in rows] == [("A", "1", "fixed"), ("B", "x", "text")]
    assert [row[3] for row in client("show variables like 'b%'")] == ["B"]
    client("unset a")
    assert len(client("show variables")) == 1


def test_quoted_identifiers_ignore_case(client):
    client("alter session set quoted_identifiers_ignore_case = true")
    client('create table "mixed" ("Col" int)')
    client("insert into mixed values (1)")
    assert client('select "cOL" as "one", \'"kept"\' from "Mixed"') == [(1, '"kept"')]
    assert client.names()[0] == "ONE"
    client("alter session unset quoted_identifiers_ignore_case")
    assert client.error('select * from "mixed"')[0] == 2003


def test_the_warehouse_ends_statements_too(client):
    client("create or replace warehouse impatient_wh statement_timeout_in_seconds = 1")
    client("use warehouse impatient_wh")
    try:
        assert client.error("select system$wait(20)")[0] == 630
    finally:
        client("drop warehouse impatient_wh")
