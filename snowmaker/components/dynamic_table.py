"""Dynamic tables: https://docs.snowflake.com/en/sql-reference/sql/create-dynamic-table

One whose query changes is replaced, which keeps the privileges on it; its rows are computed again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from snowmaker.components import policies, queries, rows
from snowmaker.components.base import Bulk, Component, Kind, Pairs, Property, Row, Values
from snowmaker.components.clustering import CLUSTER_BY
from snowmaker.components.shared import COMMENT, OWNER, TAGS, TRANSIENT
from snowmaker.components.table import COLUMNS, own_retention
from snowmaker.components.types import Integer, Name, Schema, Scope, Text, Type, Word

# SHOW DYNAMIC TABLES has neither retention nor TRANSIENT
TABLES = Bulk("tables", "SHOW TABLES IN DATABASE {database}", ("schema_name", "name"))
DOWNSTREAM = "DOWNSTREAM"
_LAG = re.compile(r"(\d+)\s*(second|minute|hour|day)s?", re.IGNORECASE)
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_PARAMETERS = ("max_data_extension_time_in_days", "default_ddl_collation")


@dataclass(frozen=True)
class Lag(Type):
    """`5 minutes`, or DOWNSTREAM: https://docs.snowflake.com/en/user-guide/dynamic-tables-target-lag"""

    def read(self, value: Any, scope: Scope) -> str:
        found = self.shown(value, scope)
        if found != DOWNSTREAM and not (found and _LAG.fullmatch(found)):
            raise ValueError("is a time as '5 minutes', or downstream")
        return found

    def shown(self, value: Any, scope: Scope) -> str | None:
        text = str(value or "").strip()
        return DOWNSTREAM if text.upper() == DOWNSTREAM else text.lower() or None

    def literal(self, value: Any) -> str:
        return DOWNSTREAM if value == DOWNSTREAM else super().literal(value)

    def known(self, value: Any) -> bool:
        return value is not None  # it ends with the scheduler

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other) or _seconds(one) == _seconds(other)

    @property
    def schema(self) -> Schema:
        return {"type": "string"}


def _seconds(lag: str) -> int | str:
    found = _LAG.fullmatch(lag)
    return int(found[1]) * _UNITS[found[2].lower()] if found else lag


@dataclass(frozen=True)
class Mode(Word):
    """How it is refreshed; an account shows what AUTO has led to."""

    def same(self, one: Any, other: Any) -> bool:
        return one == other or "AUTO" in (one, other)


def _state(target: str, old: Any, new: Any) -> Pairs:
    words = {True: f"ALTER {target} SUSPEND", False: f"ALTER {target} RESUME"}
    return [(words[new == "SUSPENDED"], (words[old == "SUSPENDED"],))]


def _read(row: Row) -> Values:
    found: Values = {"columns": queries.shown_columns(row, str(row.shown.get("text") or ""))}
    found |= policies.found_on(row.bulk.get("policies", ()))
    if row.bulk.get("tables"):
        shown = row.bulk["tables"][0]
        found["transient"] = str(shown.get("kind") or "").upper() == "TRANSIENT"
        found["data_retention_time_in_days"] = own_retention(replace(row, shown=shown))
    for name in _PARAMETERS:
        value, level = rows.parameters(row.bulk.get("parameters", ())).get(name.upper(), ("", ""))
        if level == "TABLE":
            found[name] = KIND.find(name).type.shown(value, ())
    return found


def _notes(row: Row) -> Mapping[str, Any]:
    shown = row.bulk.get("tables") or ({},)
    return {**queries.notes(row), "retention_time": shown[0].get("retention_time")}


def _queries(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    found = dict(queries.queries(live, declared, whole))
    if whole or (declared is not None and any(declared.values.get(name) is not None for name in _PARAMETERS)):
        found["parameters"] = f"SHOW PARAMETERS IN TABLE {live.quoted}"
    return found


def _facing(declared: Component, live: Component) -> Component:
    """What is declared as it is inherited is equal."""
    met = queries.facing(declared, live)
    if declared.values.get("data_retention_time_in_days") is None:
        return met
    days = Integer().shown(live.facts.get("retention_time"), ())
    return replace(met, values={**met.values, "data_retention_time_in_days": days})


def _check(declared: Component) -> str:
    """https://docs.snowflake.com/en/sql-reference/sql/create-dynamic-table: what has no scheduler has no lag."""
    manual, lag = declared.value("scheduler") == "DISABLE", declared.values.get("target_lag")
    if manual and lag:
        return "with scheduler: disable it has no target_lag"
    return "" if manual or lag else "needs target_lag, or scheduler: disable"


KIND = Kind(
    "DYNAMIC TABLE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-dynamic-table",
    (
        replace(TRANSIENT, source="own"),
        Property("columns", queries.QueryColumns(), source="own", form="({})", alter=queries.altering),
        Property("target_lag", Lag(), unset=False),
        Property("warehouse", Name(of="WAREHOUSE"), required=True, unset=False),
        Property("initialization_warehouse", Name(of="WAREHOUSE")),
        Property(
            "refresh_mode",
            Mode(("AUTO", "FULL", "INCREMENTAL", "ADAPTIVE")),
            optional=True,
            fixed="no ALTER changes how it is refreshed",
        ),
        Property("initialize", Word(("ON_CREATE", "ON_SCHEDULE")), source="nowhere"),
        Property("scheduler", Word(("ENABLE", "DISABLE")), default="ENABLE", unset=False),
        CLUSTER_BY,
        Property("data_retention_time_in_days", Integer(0, 90), source="own", short="retention"),
        Property("max_data_extension_time_in_days", Integer(0, 90), source="own", optional=True),
        Property("default_ddl_collation", Text(empty=True), source="own", optional=True),
        COMMENT,
        *policies.PROPERTIES,
        Property(
            "query",
            queries.Query(),
            column="text",
            short="as",
            form="AS {}",
            required=True,
            fixed="no ALTER gives it another query",
        ),
        Property(
            "state",
            Word(("STARTED", "SUSPENDED"), {"ACTIVE": "STARTED", "RUNNING": "STARTED"}),
            default="STARTED",
            column="scheduling_state",
            created=False,
            alter=_state,
        ),
        TAGS,
        OWNER,
    ),
    copies_grants="join_policy",
    undrop=True,
    bulk=(COLUMNS, TABLES, policies.BULK),
    read=_read,
    notes=_notes,
    queries=_queries,
    check=_check,
    facing=_facing,
    warn=queries.warn,
    rebuild=queries.rebuild,
    rebuilt=queries.rebuilt,
    rank=55,
)
