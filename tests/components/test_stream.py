"""Streams: on what they are, and what is lost when one is made again."""

from __future__ import annotations

import pytest

from snowmaker.components import Component, kinds
from snowmaker.components.base import Row
from snowmaker.components.rows import component
from snowmaker.errors import SourceError

from .conftest import Declaring

OBJECTS = (
    "CREATE TABLE {db}.S.BASE (ID NUMBER)",
    "CREATE VIEW {db}.S.V AS SELECT ID FROM {db}.S.BASE",
    "CREATE DYNAMIC TABLE {db}.S.DT TARGET_LAG = '1 hour' WAREHOUSE = COMPUTE_WH AS SELECT ID FROM {db}.S.BASE",
    "CREATE STAGE {db}.S.LANDING DIRECTORY = (ENABLE = TRUE)",
    "CREATE STAGE {db}.S.OUT URL = 's3://bucket/x/'",
    "CREATE EXTERNAL TABLE {db}.S.XT LOCATION = @{db}.S.OUT AUTO_REFRESH = FALSE FILE_FORMAT = (TYPE = CSV)",
    "CREATE EVENT TABLE {db}.S.EV",
)


def one(body: str) -> str:
    return f"streams:\n  '{{db}}.S.X': {{{body}}}\n"


@pytest.mark.slow
def test_on_everything(declaring: Declaring) -> None:
    declaring.run(*OBJECTS)
    declaring.apply(one("on_table: BASE"))
    bodies = ("on_view: V", "on_dynamic_table: DT", "on_stage: LANDING", "on_external_table: XT", "on_event_table: EV")
    for body in (*bodies, "on_view: V, append_only: true"):
        statements = declaring.there_and_back(one(body))
        assert statements[0].startswith(declaring.fill("CREATE OR REPLACE STREAM {db}.S.X COPY GRANTS ON "))
        declaring.apply(one(body))
        declaring.apply(one("on_table: BASE"))


def test_one_that_is_made_again_says_what_is_lost(declaring: Declaring) -> None:
    declaring.run(*OBJECTS[:2])
    declaring.apply(one("on_table: BASE"))
    declaring.run("GRANT SELECT ON STREAM {db}.S.X TO ROLE PUBLIC")
    declaring.declare(one("on_table: BASE, append_only: true"))
    (change,) = declaring.diff().changes
    assert (change.action, change.effect) == ("replace", "destructive")
    assert "loses its offset" in change.warnings[0]
    declaring.apply()
    grants = declaring.run("SHOW GRANTS ON STREAM {db}.S.X")
    assert {row["privilege"] for row in grants} == {"OWNERSHIP", "SELECT"}
    declaring.declare("schemas: {'{db}.S': {prune: [streams]}}\n")
    (change,) = declaring.diff().changes
    assert (change.action, change.effect) == ("drop", "destructive")
    assert "does not come back" in change.warnings[0]


def test_where_it_begins(declaring: Declaring) -> None:
    declaring.run(*OBJECTS[:1])
    declaring.apply(one("on_table: BASE"))
    declaring.run("INSERT INTO {db}.S.BASE VALUES (1)")
    text = "streams: {'{db}.S.X': {on_table: BASE}, '{db}.S.%s': {on_table: BASE, %s}}\n"
    for name, more, rows in (("A", "at: {stream: X}", 1), ("B", "show_initial_rows: true", 1), ("C", "comment: c", 0)):
        declaring.apply(text % (name, more))
        assert len(declaring.run(f"SELECT * FROM {{db}}.S.{name}")) == rows


def test_it_comes_behind_what_it_is_on(declaring: Declaring) -> None:
    declaring.declare(
        """
databases:
  '{db}':
    schemas:
      S:
        tables: {Z: {columns: {ID: number}}}
        streams: {A: {on_table: Z}, B: {on_table: Z, at: {stream: A}}}
        tasks: {A: {schedule: 5 minutes, when: "system$stream_has_data('B')", sql: insert into Z select ID from B}}
"""
    )
    targets = [change.target.removeprefix(declaring.database) for change in declaring.diff().changes]
    assert targets == [".S.Z", ".S.A", ".S.B", ".S.A"]
    declaring.apply()
    declaring.rollback()


def test_a_table_that_is_replaced_breaks_it(declaring: Declaring) -> None:
    text = "tables: {'{db}.S.T': {columns: {ID: number}, transient: %s}}\n" + one("on_table: T")
    declaring.apply(text % "false")
    declaring.declare(text % "true")
    warnings = [warning for change in declaring.diff().changes for warning in change.warnings]
    assert any("goes stale" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("comment: x", "is on one of"),
        ("on_table: A, on_view: B", "is on one of"),
        ("on_table: A, insert_only: true", "external tables"),
        ("on_stage: A, append_only: true", "no append_only"),
        ("on_table: A, at: {offset: -1}, before: {statement: x}", "one point"),
        ("on_table: A, at: {offset: soon}", "number of seconds"),
        ("on_table: A, at: {hour: 1}", "timestamp"),
    ],
)
def test_what_cannot_be(declaring: Declaring, body: str, wrong: str) -> None:
    declaring.declare(one(body))
    with pytest.raises(SourceError, match=wrong):
        declaring.diff()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"offset": -60}, "(OFFSET => -60)"),
        ({"statement": "8e5d"}, "(STATEMENT => '8e5d')"),
        ({"timestamp": "2026-11-01 00:00"}, "(TIMESTAMP => '2026-11-01 00:00'::TIMESTAMP_LTZ)"),
        ({"stream": "x"}, "(STREAM => 'D.S.X')"),
    ],
)
def test_points(value: dict[str, object], text: str) -> None:
    point = kinds()["streams"].find("at").type
    assert point.literal(point.read(value, ("D", "S"))) == text


def test_what_nobody_may_see_is_as_declared() -> None:
    kind = kinds()["streams"]
    shown = {"database_name": "D", "schema_name": "S", "name": "X", "table_name": "No privileges or table dropped"}
    live = component(kind, ("D", "S", "X"), Row({**shown, "source_type": "Table", "mode": "DEFAULT", "comment": ""}))
    declared = Component(kind, ("D", "S", "X"), {"on_table": "D.S.T"})
    assert live.values == {}
    assert kind.facing is not None
    assert kind.facing(declared, live).values == declared.values
