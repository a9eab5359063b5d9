"""Sequences: https://docs.snowflake.com/en/sql-reference/sql/create-sequence

An account shows what a sequence gives next, and not where it began: `start` counts when it is made, and a sequence
that is made again goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snowmaker.components import ddl
from snowmaker.components.base import Component, Kind, Pairs, Property, Row, Values
from snowmaker.components.shared import COMMENT, OWNER
from snowmaker.components.types import Boolean, Integer

_LIMIT = 2**63


class Step(Integer):
    """Any whole number but 0."""

    def read(self, value: Any, scope: tuple[str, ...]) -> int:
        found = super().read(value, scope)
        if not found:
            raise ValueError("is a whole number, and not 0")
        return found


class Order(Boolean):
    """ORDER or NOORDER."""

    def literal(self, value: Any) -> str:
        return "ORDER" if value else "NOORDER"


def _read(row: Row) -> Values:
    return {"start": Integer(-_LIMIT).shown(row.shown.get("next_value"), ())}


def _rebuilt(attributes: Mapping[str, tuple[Any, Any]]) -> str:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-sequence#parameters"""
    return "NOORDER cannot be changed to ORDER" if attributes.get("ordered", (None, None))[1] else ""


def _rebuild(declared: Component, live: Component) -> Pairs:
    """Made again it goes on where it was; back to NOORDER it only has to be altered, wherever it is by then."""
    begun = replace(declared, values={**declared.values, "start": live.values.get("start")})
    made = ddl.create(begun, replace=True)
    back = {
        name: (declared.values.get(name), live.values.get(name))
        for name in ("increment", "ordered", "comment")
        if declared.values.get(name) != live.values.get(name)
    }
    undo = tuple(statement for statement, _ in ddl.changes(live, back))
    return [(made[0], undo), *((text, ()) for text in made[1:])]


KIND = Kind(
    "SEQUENCE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-sequence",
    (
        Property("start", Integer(-_LIMIT), source="nowhere", form="START = {}"),
        Property("increment", Step(-_LIMIT), default=1, column="interval", unset=False),
        # the default is the account's affair: NOORDER_SEQUENCE_AS_DEFAULT
        Property("ordered", Order(), form="{}", unset=False, optional=True),
        COMMENT,
        OWNER,
    ),
    read=_read,
    rebuilt=_rebuilt,
    rebuild=_rebuild,
    rank=34,
)
