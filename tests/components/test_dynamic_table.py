"""Dynamic tables: their lags and schedulers, and what a replacement keeps."""

from __future__ import annotations

import pytest

from snowmaker import manifest
from snowmaker.errors import SourceError

from .conftest import Declaring

QUERY = "warehouse: COMPUTE_WH, query: select ID from BASE"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{{{QUERY}}}", "needs target_lag, or scheduler: disable"),
        (f"{{{QUERY}, target_lag: soon}}", "is a time as '5 minutes', or downstream"),
        (f"{{{QUERY}, target_lag: 1 hour, scheduler: disable}}", "it has no target_lag"),
        ("{target_lag: 1 hour}", "needs warehouse, as"),
        (f"{{{QUERY}, target_lag: 1 hour, refresh_mode: fully}}", "did you mean FULL?"),
        (f"{{{QUERY}, target_lag: 1 hour, state: stopped}}", "is one of"),
    ],
)
def test_errors(text: str, words: str) -> None:
    with pytest.raises(SourceError) as raised:
        manifest.parse(f"dynamic_tables:\n  D.S.T: {text}\n")
    assert words in raised.value.message


@pytest.fixture
def base(declaring: Declaring) -> Declaring:
    declaring.run("CREATE TABLE {db}.S.BASE (ID INT, NAME VARCHAR)", "CREATE ROLE IF NOT EXISTS {db}_READER")
    return declaring


def table(body: str) -> str:
    return f"dynamic_tables:\n  '{{db}}.S.T': {{{body}}}\n"


def test_with_and_without_a_scheduler(base: Declaring) -> None:
    base.apply(table(f"{QUERY}, target_lag: 2 hours"))
    db = base.database
    assert base.there_and_back(table(f"{QUERY}, scheduler: disable")) == [
        f"ALTER DYNAMIC TABLE {db}.S.T SET SCHEDULER = DISABLE"
    ]
    base.apply(table(f"{QUERY}, scheduler: disable"))
    assert base.there_and_back(table(f"{QUERY}, target_lag: downstream")) == [
        f"ALTER DYNAMIC TABLE {db}.S.T SET TARGET_LAG = DOWNSTREAM SCHEDULER = ENABLE"
    ]


def test_a_lag_is_compared_by_its_length(base: Declaring) -> None:
    base.apply(table(f"{QUERY}, target_lag: 120 minutes"))
    base.declare(table(f"{QUERY}, target_lag: 2 hours"))
    assert base.diff().changes == ()


def test_a_replacement_keeps_privileges_and_the_state(base: Declaring) -> None:
    base.apply(table(f"{QUERY}, target_lag: 1 hour, state: suspended"))
    base.run("GRANT SELECT ON DYNAMIC TABLE {db}.S.T TO ROLE {db}_READER")
    for query in ("select NAME from BASE", "select ID from BASE"):
        base.apply(table(f"warehouse: COMPUTE_WH, query: {query}, target_lag: 1 hour, state: suspended"))
        grants = {row["grantee_name"] for row in base.run("SHOW GRANTS ON DYNAMIC TABLE {db}.S.T")}
        assert f"{base.database}_READER" in grants
        assert base.run("SHOW DYNAMIC TABLES IN SCHEMA {db}.S")[0]["scheduling_state"] == "SUSPENDED"
    base.rollback()
    assert [list(row) for row in base.run("SHOW COLUMNS IN TABLE {db}.S.T")] != []


def test_what_auto_has_led_to_is_no_difference(base: Declaring) -> None:
    base.apply(table(f"{QUERY}, target_lag: 1 hour, refresh_mode: full"))
    base.declare(table(f"{QUERY}, target_lag: 1 hour, refresh_mode: auto"))
    assert base.diff().changes == ()
    base.declare(table(f"{QUERY}, target_lag: 1 hour"))
    assert base.diff().changes == ()
    base.declare(table(f"{QUERY}, target_lag: 1 hour, refresh_mode: incremental"))
    assert [change.action for change in base.diff().changes] == ["replace"]


def test_dropped_ones_come_back(base: Declaring) -> None:
    base.apply(table(f"{QUERY}, target_lag: 1 hour"))
    base.declare("databases:\n  '{db}': {schemas: {S: {prune: [dynamic_tables]}}}\n")
    (change,) = base.diff().changes
    assert change.statements[0][1] == (f"UNDROP DYNAMIC TABLE {base.database}.S.T",)
    base.apply()
    base.rollback()
    assert [row["name"] for row in base.run("SHOW DYNAMIC TABLES IN SCHEMA {db}.S")] == ["T"]
