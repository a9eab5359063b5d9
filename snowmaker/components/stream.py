"""Streams: https://docs.snowflake.com/en/sql-reference/sql/create-stream

What a stream is on, and how, stays: another stream begins at the end of the changes, or where `at` or `before` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Component, Kind, Property, Row, Values
from snowmaker.components.shared import COMMENT, OWNER, TAGS
from snowmaker.components.types import Boolean, Name, Need, Schema, Scope, Type, read_name, resolved
from snowmaker.suggest import listed

SOURCES = ("TABLE", "VIEW", "DYNAMIC TABLE", "EXTERNAL TABLE", "EVENT TABLE", "STAGE")
_ON = {source: f"on_{source.lower().replace(' ', '_')}" for source in SOURCES}
_POINTS = ("timestamp", "offset", "statement", "stream")
_FIXED = "a stream stays what it is; another one begins anew"


@dataclass(frozen=True)
class Point(Type):
    """Where a stream begins: `{stream: OTHER}`, `{statement: …}`, `{offset: -3600}`, `{timestamp: 2026-11-01 00:00}`.

    https://docs.snowflake.com/en/sql-reference/constructs/at-before
    """

    def read(self, value: Any, scope: Scope) -> tuple[str, str]:
        if not isinstance(value, Mapping) or len(value) != 1 or not set(value) <= set(_POINTS):
            raise ValueError(f"is one of {listed(_POINTS)}")
        ((name, said),) = value.items()
        if name == "offset" and (isinstance(said, bool) or not isinstance(said, int)):
            raise ValueError("has offset, which is a number of seconds")
        return name, sql.quote_name(*resolved(read_name(str(said)), scope, 3)) if name == "stream" else str(said)

    def literal(self, value: Any) -> str:
        name, said = value
        text = said if name == "offset" else sql.quote_literal(said)
        return f"({name.upper()} => {text}{'::TIMESTAMP_LTZ' if name == 'timestamp' else ''})"

    def plain(self, value: Any, scope: Scope) -> Any:
        return dict([value])

    def names(self, value: Any, scope: Scope) -> list[Need]:
        name, said = value
        return [("STREAM", sql.parse_name(said))] if name == "stream" else []

    @property
    def schema(self) -> Schema:
        return {"type": "object", "properties": {name: {} for name in _POINTS}, "maxProperties": 1}


def _read(row: Row) -> Values:
    source = _ON.get(str(row.shown.get("source_type") or "").upper(), "")
    mode = str(row.shown.get("mode") or "").upper()
    found: Values = {"append_only": mode == "APPEND_ONLY", "insert_only": mode == "INSERT_ONLY"}
    return {**found, source: _source(row)} if source else found


def _source(row: Row) -> str | None:
    """The name of what it is on; None where it is gone, or not to be seen."""
    scope = (str(row.shown["database_name"]), str(row.shown["schema_name"]))
    try:
        return Name(3).shown(row.shown.get("table_name"), scope)
    except ValueError:
        return None


def _facing(declared: Component, live: Component) -> Component:
    """The live one as it compares: what it is on is as declared where nobody can tell, and an event table is shown as
    a table.
    """
    on = next(iter(_said(declared)), "")
    shown = _said(live)
    same = shown == {"on_table": declared.values.get(on)} and on == "on_event_table"
    if shown and not same:
        return live
    values = {name: value for name, value in live.values.items() if name not in shown}
    return replace(live, values={**values, on: declared.values.get(on)})


def _said(one: Component) -> Values:
    return {name: one.values[name] for name in _ON.values() if one.values.get(name)}


def _finished(declared: Component) -> Component:
    """A stream on an external table can be no other: https://docs.snowflake.com/en/sql-reference/sql/create-stream"""
    if not declared.values.get("on_external_table"):
        return declared
    return replace(declared, values={"insert_only": True, **declared.values})


def _check(declared: Component) -> str:
    on = [*_said(declared)]
    if len(on) != 1:
        return f"is on one of {listed(_ON.values())}"
    modes = [name for name in ("append_only", "insert_only") if declared.values.get(name)]
    if "insert_only" in modes and on != ["on_external_table"]:
        return "insert_only is for external tables"
    if "append_only" in modes and on[0] in ("on_external_table", "on_stage"):
        return f"has {on[0]}, and so no append_only"
    return "begins at one point: at, or before" if {"at", "before"} <= set(declared.values) else ""


def _warn(live: Component, action: str) -> tuple[str, ...]:
    if action == "replace":
        return (f"stream {live.quoted} loses its offset: changes that nobody has consumed are not seen any more",)
    return (f"the offset of stream {live.quoted} does not come back by a rollback",) if action == "drop" else ()


KIND = Kind(
    "STREAM",
    "https://docs.snowflake.com/en/sql-reference/sql/create-stream",
    (
        *(
            Property(name, Name(3), source="own", form=f"ON {source} {{}}", fixed=_FIXED)
            for source, name in _ON.items()
        ),
        Property("at", Point(), source="nowhere", form="AT {}"),
        Property("before", Point(), source="nowhere", form="BEFORE {}"),
        Property("append_only", Boolean(), default=False, source="own", fixed=_FIXED),
        Property("insert_only", Boolean(), default=False, source="own", fixed=_FIXED),
        Property("show_initial_rows", Boolean(), source="nowhere"),
        COMMENT,
        TAGS,
        OWNER,
    ),
    between="",
    renames=False,
    copies_grants="",
    read=_read,
    facing=_facing,
    finished=_finished,
    check=_check,
    warn=_warn,
    rank=64,
)
