"""Expressions that are bound: DuckDB's text for them, and their Snowflake type."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from snowmaker.sandbox.datatypes import BOOLEAN, DataType

NONE: Final[frozenset[str]] = frozenset()


class Unbound(Exception):  # noqa: N818 - not an error: another way is tried
    """The binder does not know how to say this."""


class _Missing:
    """No constant is known."""


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Bound:
    """An expression. `value` is its constant where that is known; `free` its columns outside of aggregates.

    `null` marks the untyped NULL, which takes any type.
    """

    sql: str
    type: DataType
    nullable: bool = True
    value: Any = field(default=MISSING)
    free: frozenset[str] = NONE
    aggregate: bool = False
    window: bool = False

    @property
    def constant(self) -> bool:
        return self.value is not MISSING

    @property
    def null(self) -> bool:
        return self.value is None

    @property
    def wire(self) -> str:
        return self.type.wire


def quoted(name: str) -> str:
    """A name as an identifier of DuckDB, always in quotes."""
    return '"' + name.replace('"', '""') + '"'


def text_sql(value: str) -> str:
    """Text as a string constant of DuckDB's."""
    return "'" + value.replace("'", "''") + "'"


NULL_TYPE = DataType("TEXT", length=16777216)
NULL = Bound("NULL", NULL_TYPE, True, None)
TEXT_OR_NULL = Bound("CAST(NULL AS VARCHAR)", NULL_TYPE, True, None)


def constant(value: str | int | Decimal | float | bool | None) -> Bound:
    """A constant of the type that Snowflake gives it."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return Bound("TRUE" if value else "FALSE", BOOLEAN, False, value)
    if isinstance(value, float):
        return Bound(f"CAST('{value!r}' AS DOUBLE)", DataType("REAL"), False, value)
    if isinstance(value, int):
        digits = max(1, len(str(abs(value))))
        if digits > 38:
            return Bound(f"CAST('{value}' AS DOUBLE)", DataType("REAL"), False, float(value))
        return Bound(str(value), DataType("FIXED", digits, 0), False, value)
    if isinstance(value, Decimal):
        return _decimal(value)
    return Bound(text_sql(value), DataType("TEXT", length=max(1, len(value))), False, value)


def _decimal(value: Decimal) -> Bound:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return constant(float(value))
    scale = max(0, -exponent)
    if exponent > 0:
        return constant(int(value))
    precision = max(len(digits), scale)
    if precision > 38 or scale > 37:
        return constant(float(value))
    precision = max(precision, 1)
    text = f"{value:f}"
    if scale == 0:
        return constant(int(value))
    return Bound(
        f"CAST('{text}' AS DECIMAL({max(precision, scale)},{scale}))", DataType("FIXED", precision, scale), False, value
    )


def joined(sql: str, kind: DataType, *parts: Bound, nullable: bool | None = None, value: Any = MISSING) -> Bound:
    """An expression made of others: it may be NULL where one of them may, unless told otherwise."""
    free = NONE
    aggregate = window = maybe = False
    for part in parts:
        free = free | part.free if part.free else free
        aggregate = aggregate or part.aggregate
        window = window or part.window
        maybe = maybe or part.nullable
    return Bound(sql, kind, maybe if nullable is None else nullable, value, free, aggregate, window)
