"""Typed values: what variables hold, and how they are written into SQL."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from snowmaker.sandbox.datatypes import BOOLEAN, FIXED, TEXT, TIMESTAMP_LTZ, DataType
from snowmaker.sandbox.result import SELECT, Column, Result
from snowmaker.sandbox.sqlerror import SqlError

REAL = DataType("REAL")
DATE = DataType("DATE")
TIME = DataType("TIME", 0, 9)
NTZ = DataType("TIMESTAMP_NTZ", 0, 9)
BINARY = DataType("BINARY", length=8388608)

PRECISE = Context(prec=60)
SEMISTRUCTURED = ("VARIANT", "OBJECT", "ARRAY")


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its type. `data` is None for NULL; JSON text for what is semi-structured."""

    data: Any
    type: DataType = TEXT


NULL = Value(None)
TRUE, FALSE = Value(True, BOOLEAN), Value(False, BOOLEAN)


def truth(value: bool) -> Value:
    """A truth value of Python as a BOOLEAN."""
    return TRUE if value else FALSE


def typed(data: Any) -> Value:
    """A value of the type that goes with a Python value."""
    match data:
        case bool():
            return truth(data)
        case int():
            return Value(data, FIXED)
        case Decimal():
            return Value(data, DataType("FIXED", 38, scale(data)))
        case float():
            return Value(data, REAL)
        case dt.datetime():
            return Value(data, TIMESTAMP_LTZ if data.tzinfo else NTZ)
        case dt.date():
            return Value(data, DATE)
        case dt.time():
            return Value(data, TIME)
        case bytes() | bytearray():
            return Value(bytes(data), BINARY)
        case _:
            return Value(data, TEXT)


def scale(number: Decimal) -> int:
    """How many digits the number has behind its point; 0 where it is not finite."""
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


# -- rows of results -----------------------------------------------------------------------------------


def rows(result: Result) -> Iterator[tuple[Value, ...]]:
    """The rows of a result, typed by its columns."""
    types = [column.type for column in result.columns]
    if result.table is None:
        for row in result.rows:
            yield tuple(_as(data, kind) for data, kind in zip(row, types, strict=True))
        return
    for batch in result.table.to_batches(max_chunksize=1000):
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield tuple(_as(data, kind) for data, kind in zip(row, types, strict=True))


def _as(data: Any, kind: DataType) -> Value:
    if isinstance(data, (list, dict)):
        return Value(json.dumps(data, default=str), kind)
    if kind.wire == "TEXT" and data is not None and not isinstance(data, str):
        return typed(data)
    return Value(data, kind)


def table(name: str, value: Value) -> Result:
    """A result of one row with one value, as a query gives it."""
    import pyarrow as pa

    data = value.data
    if value.type.wire == "FIXED":
        data = None if data is None else Decimal(data)
        stored = pa.decimal128(38, value.type.scale or 0)
    else:
        stored = _stored(pa, value.type.wire)
    arrow = pa.Table.from_arrays([pa.array([data], stored)], names=[name])
    return Result((Column(name, value.type),), table=arrow, type_id=SELECT)


def _stored(pa: Any, wire: str) -> Any:
    match wire:
        case "REAL":
            return pa.float64()
        case "BOOLEAN":
            return pa.bool_()
        case "DATE":
            return pa.date32()
        case "TIME":
            return pa.time64("us")
        case "TIMESTAMP_NTZ":
            return pa.timestamp("us")
        case "TIMESTAMP_LTZ" | "TIMESTAMP_TZ":
            return pa.timestamp("us", "UTC")
        case "BINARY":
            return pa.binary()
    return pa.string()


# -- as SQL --------------------------------------------------------------------------------------------


def literal(value: Value) -> str:
    """The value as a constant of its type, for a place in a statement."""
    data, wire = value.data, value.type.wire
    if data is None:
        return "NULL"
    if wire in SEMISTRUCTURED and isinstance(data, str):
        parsed = f"PARSE_JSON({quoted(data)})"
        return parsed if wire == "VARIANT" else f"{parsed}::{wire}"
    match data:
        case bool():
            return "TRUE" if data else "FALSE"
        case int():
            return str(data)
        case Decimal():
            return f"{data:f}"
        case float():
            return f"{data!r}::FLOAT" if data == data and abs(data) != float("inf") else f"'{data}'::FLOAT"
        case dt.datetime():
            return f"{quoted(data.isoformat(sep=' '))}::{wire if wire.startswith('TIMESTAMP') else 'TIMESTAMP_NTZ'}"
        case dt.date():
            return f"'{data.isoformat()}'::DATE"
        case dt.time():
            return f"'{data.isoformat()}'::TIME"
        case bytes():
            return f"TO_BINARY('{data.hex().upper()}', 'HEX')"
        case _:
            return quoted(str(data))


def quoted(text: str) -> str:
    """Text as a string constant of Snowflake's, in `'`."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def is_negative(value: Value) -> bool:
    """Whether the value is a number that is written with a minus: one below 0, or a zero of that sign."""
    return isinstance(value.data, (int, float, Decimal)) and str(value.data).startswith("-")


# -- conversion ----------------------------------------------------------------------------------------


class NeedsQuery(Exception):  # noqa: N818 - no error: the data plane is to be asked
    """This is nothing to be done here in Python alone."""


def cast(value: Value, wanted: DataType) -> Value:
    """The value as one of another type. Raises SqlError, or NeedsQuery for conversions of many rules.

    https://docs.snowflake.com/en/sql-reference/data-type-conversion
    """
    data, wire = value.data, wanted.wire
    if data is None:
        return Value(None, wanted)
    if wire == value.type.wire and wire not in ("FIXED", "TEXT"):
        return Value(data, wanted)
    if value.type.wire in SEMISTRUCTURED and wire not in SEMISTRUCTURED:
        return cast(_plain(value), wanted)
    match wire:
        case "VARIANT":
            return Value(_document(value), wanted)
        case "FIXED":
            return Value(_fixed(data, wanted), wanted)
        case "REAL" if isinstance(data, (int, float, Decimal)) and not isinstance(data, bool):
            return Value(float(data), wanted)
        case "TEXT":
            return Value(_fits(_text(value), wanted), wanted)
        case "BOOLEAN":
            return Value(boolean(value), wanted)
        case "DATE" if isinstance(data, str) and len(data) == 10:
            return Value(_date(data), wanted)
    raise NeedsQuery


def _plain(value: Value) -> Value:
    """What is in a VARIANT, when it is one value."""
    data = json.loads(value.data) if isinstance(value.data, str) else value.data
    if isinstance(data, (dict, list)):
        return Value(json.dumps(data, separators=(",", ":"), ensure_ascii=False))
    return typed(Decimal(repr(data)) if isinstance(data, float) else data)


def _document(value: Value) -> str:
    """As JSON: https://docs.snowflake.com/en/sql-reference/functions/to_variant"""
    match value.data:
        case str() if value.type.wire in SEMISTRUCTURED:
            return value.data
        case bool() | int() | str() | float():
            return json.dumps(value.data, ensure_ascii=False)
        case Decimal():
            return f"{value.data:f}"
    raise NeedsQuery


def _fixed(data: Any, wanted: DataType) -> Any:
    if isinstance(data, str):
        try:
            data = Decimal(data.strip())
        except InvalidOperation:
            raise SqlError(100038, "22018", f"Numeric value '{data}' is not recognized") from None
        if not data.is_finite():
            raise SqlError(100038, "22018", f"Numeric value '{data}' is not recognized")
    if isinstance(data, bool) or not isinstance(data, (int, float, Decimal)):
        raise NeedsQuery
    if isinstance(data, float):
        data = Decimal(repr(data))
    places = wanted.scale or 0
    if isinstance(data, Decimal):
        data = data.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, PRECISE)
        data = data if places else int(data)
    elif places:
        data = Decimal(data).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, PRECISE)
    if abs(data) >= 10 ** ((wanted.precision or 38) - places):
        raise SqlError(100132, "22003", f"Number out of representable range: type {wanted}, value {data}")
    return data


def _text(value: Value) -> str:
    match value.data:
        case str() if value.type.wire not in SEMISTRUCTURED:
            return value.data
        case bool():
            return "true" if value.data else "false"
        case int():
            return str(value.data)
        case Decimal():
            return f"{value.data:f}"
        case dt.datetime():
            raise NeedsQuery
        case dt.date():
            return value.data.isoformat()
    raise NeedsQuery


def _fits(text: str, wanted: DataType) -> str:
    if wanted.length is not None and len(text) > wanted.length:
        shown = text if len(text) <= 100 else text[:100] + "..."
        raise SqlError(100078, "22000", f"String '{shown}' is too long and would be truncated")
    return text


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SqlError(100040, "22007", f"Date '{text}' is not recognized") from None


_TRUE = frozenset(("true", "t", "yes", "y", "on", "1"))
_FALSE = frozenset(("false", "f", "no", "n", "off", "0"))


def boolean(value: Value) -> bool | None:
    """As a truth value: https://docs.snowflake.com/en/sql-reference/functions/to_boolean"""
    match value.data:
        case None | bool():
            return value.data
        case int() | float() | Decimal():
            return bool(value.data)
        case str() if value.type.wire not in SEMISTRUCTURED:
            word = value.data.strip().lower()
            if word in _TRUE or word in _FALSE:
                return word in _TRUE
            raise SqlError(100037, "22018", f"Boolean value '{value.data}' is not recognized")
    raise NeedsQuery
