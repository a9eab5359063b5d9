"""Alerts: whether they run, and what they name."""

from __future__ import annotations

import pytest

from snowmaker.components import kinds
from snowmaker.errors import SourceError

from .conftest import Declaring

FIRST = "schedule: 1 minute, state: started"


def one(body: str) -> str:
    return f"alerts:\n  '{{db}}.S.X': {{condition: select 1, action: select 2, {body}}}\n"


def state(declaring: Declaring) -> str:
    (row,) = declaring.run("SHOW ALERTS IN SCHEMA {db}.S")
    return str(row["state"])


def test_it_is_started_at_the_end(declaring: Declaring) -> None:
    declaring.declare(one(FIRST))
    create, resume = declaring.diff().changes
    assert (create.action, resume.sql) == ("create", (declaring.fill("ALTER ALERT {db}.S.X RESUME"),))
    assert resume.attributes == (("state", "SUSPENDED", "STARTED"),)
    declaring.apply()
    assert state(declaring) == "started"
    assert len(declaring.there_and_back(one("schedule: 5 minutes, state: started"))) == 1, "it need not rest"
    assert state(declaring) == "started"


def test_one_that_loses_its_schedule_is_made_again(declaring: Declaring) -> None:
    declaring.apply(one(FIRST))
    declaring.run("GRANT MONITOR ON ALERT {db}.S.X TO ROLE PUBLIC")
    found = [text.split()[0] for text in declaring.there_and_back(one("state: started"))]
    assert found == ["ALTER", "CREATE", "GRANT", "ALTER"]
    assert state(declaring) == "started"
    grants = declaring.run("SHOW GRANTS ON ALERT {db}.S.X")
    assert {row["privilege"] for row in grants} == {"OWNERSHIP", "MONITOR"}
    declaring.apply(one("state: started"))
    declaring.there_and_back(one(FIRST))
    assert state(declaring) == "started"


def test_one_that_is_dropped_comes_back_started(declaring: Declaring) -> None:
    declaring.apply(one(FIRST))
    declaring.there_and_back("schemas: {'{db}.S': {prune: [alerts]}}\n")
    assert state(declaring) == "started"


def test_what_it_names_comes_first(declaring: Declaring) -> None:
    declaring.declare(
        """
databases:
  '{db}':
    schemas:
      S:
        tables: {Y: {columns: {A: number}}, Z: {columns: {A: number}}}
        alerts:
          A: {schedule: 5 minutes, condition: select A from Y, action: insert into Z values (1), warehouse: "{db}_WH"}
warehouses: {'{db}_WH': {initially_suspended: true}}
"""
    )
    assert [change.kind for change in declaring.diff().changes] == ["warehouse", "table", "table", "alert"]
    declaring.apply()
    declaring.rollback()


def test_its_condition_is_a_query() -> None:
    condition = kinds()["alerts"].find("condition").type
    for text in ("select 1", "exists (select 1)", "EXISTS(select 1 -- c\n);"):
        assert condition.read(text, ()) == "select 1"
    other = "exists (select 1) and exists (select 2)"
    assert condition.read(other, ()) == other


def test_both_are_needed(declaring: Declaring) -> None:
    declaring.declare("alerts: {'{db}.S.X': {action: select 2}}\n")
    with pytest.raises(SourceError, match="needs condition"):
        declaring.diff()
