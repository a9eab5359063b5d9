"""Values on the wire: bound parameters in, rows out as JSON or Arrow.

Arrow batches are laid out as the connector's reader wants them: the logical type in a field's metadata,
timestamps as structs of seconds and nanoseconds whose own null mask says what is NULL.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.result import Column, Result

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UTC_OFFSET = 1440  # TIMESTAMP_TZ carries its offset in minutes, plus this


def bound(binding: Mapping[str, Any]) -> list[Any]:
    """The values of one `?`: one, or one for each row of an array binding."""
    value = binding["value"]
    values = value if isinstance(value, list) else [value]
    return [_python(str(binding["type"]).upper(), each) for each in values]


def _python(kind: str, text: Any) -> Any:
    if text is None:
        return None
    match kind:
        case "FIXED":
            return int(text) if str(text).lstrip("-").isdigit() else Decimal(text)
        case "REAL":
            return float(text)
        case "BOOLEAN":
            return str(text).lower() == "true"
        case "BINARY":
            return bytes.fromhex(text)
        case "DATE":
            return (_EPOCH + timedelta(milliseconds=int(text))).date()
        case "TIME":
            return (_EPOCH + timedelta(microseconds=int(text) // 1000)).time()
        case "TIMESTAMP_NTZ":
            return (_EPOCH + timedelta(microseconds=int(text) // 1000)).replace(tzinfo=None)
        case "TIMESTAMP_LTZ":
            return _EPOCH + timedelta(microseconds=int(text) // 1000)
        case "TIMESTAMP_TZ":
            nanoseconds, _, offset = str(text).partition(" ")
            zone = timezone(timedelta(minutes=int(offset or _UTC_OFFSET) - _UTC_OFFSET))
            return (_EPOCH + timedelta(microseconds=int(nanoseconds) // 1000)).astimezone(zone)
        case _:
            return text


def rowtype(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The description of a result's columns."""
    return [
        {
            "name": column.name,
            "database": "",
            "schema": "",
            "table": "",
            "nullable": column.nullable,
            "type": column.type.wire.lower(),
            "precision": column.type.precision,
            "scale": column.type.scale,
            "length": column.type.length,
            "byteLength": _bytes(column.type),
            "collation": None,
        }
        for column in columns
    ]


def _bytes(kind: DataType) -> int | None:
    if kind.length is None:
        return None
    return kind.length if kind.wire == "BINARY" else min(kind.length * 4, 16777216)


def encode(result: Result) -> dict[str, Any]:
    """The part of an answer that holds the rows."""
    if result.table is None:
        rowset = [
            [_text(column.type, value) for column, value in zip(result.columns, row, strict=True)]
            for row in result.rows
        ]
        return {"queryResultFormat": "json", "rowset": rowset}
    return {"queryResultFormat": "arrow", "rowsetBase64": arrow(result.table, result.columns)}


def _text(kind: DataType, value: Any) -> str | None:
    """A value in the JSON format, in which all are strings."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if kind.wire == "BOOLEAN" else str(value).lower()
    if isinstance(value, datetime):
        seconds = value if value.tzinfo else value.replace(tzinfo=UTC)
        micro = (seconds - _EPOCH) // timedelta(microseconds=1)
        text = f"{micro // 1_000_000}.{micro % 1_000_000:06d}000"
        return f"{text} {_UTC_OFFSET}" if kind.wire == "TIMESTAMP_TZ" else text
    if isinstance(value, date):
        return str((value - _EPOCH.date()).days)
    if isinstance(value, time):
        return f"{value.hour * 3600 + value.minute * 60 + value.second}.{value.microsecond:06d}000"
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def arrow(table: Any, columns: Sequence[Column]) -> str:
    """An Arrow stream in base64; empty when there are no rows."""
    import pyarrow as pa

    if table.num_rows == 0:
        return ""
    arrays = [_array(table.column(i), column.type) for i, column in enumerate(columns)]
    fields = [_field(array.type, column) for array, column in zip(arrays, columns, strict=True)]
    sink = pa.BufferOutputStream()
    schema = pa.schema(fields)
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return b64encode(sink.getvalue()).decode("ascii")


def _field(stored: Any, column: Column) -> Any:
    import pyarrow as pa

    metadata = {
        "logicalType": column.type.wire,
        "precision": str(column.type.precision or 38),
        "scale": str(column.type.scale or 0),
        "charLength": str(column.type.length or 0),
        "byteLength": "16" if column.type.wire == "TIMESTAMP_TZ" else str(_bytes(column.type) or 0),
        "finalType": "T",
    }
    return pa.field(column.name, stored, nullable=True, metadata=metadata)


def _array(column: Any, kind: DataType) -> Any:
    import pyarrow as pa

    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0)
    match kind.wire:
        case "FIXED":
            return values.cast(pa.decimal128(38, kind.scale or 0) if _wide(values.type) else pa.int64())
        case "REAL":
            return values.cast(pa.float64())
        case "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ" | "TIMESTAMP_TZ":
            return _timestamps(values, with_zone=kind.wire == "TIMESTAMP_TZ")
        case "TIME":
            return _integers(values.cast(pa.time64("ns")))
        case "BOOLEAN" | "DATE" | "BINARY":
            return values
        case "VARIANT" | "OBJECT" | "ARRAY":
            return _documents(values)
        case _:
            return _texts(values)


def _wide(stored: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_decimal(stored) or pa.types.is_uint64(stored))


def _integers(values: Any) -> Any:
    import pyarrow as pa

    return values.cast(pa.int64())


def _documents(values: Any) -> Any:
    """Semi-structured values are written as Snowflake writes them, two blanks deep for each level."""
    import pyarrow as pa

    plain = [None if each is None else _indented(each) for each in values.to_pylist()]
    return pa.array(plain, pa.string())


def _indented(value: Any) -> str:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _texts(values: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_nested(values.type) or pa.types.is_interval(values.type):
        plain = [None if each is None else json.dumps(each, default=str) for each in values.to_pylist()]
        return pa.array(plain, pa.string())
    return values.cast(pa.string())


def _timestamps(values: Any, *, with_zone: bool) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    micro = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64()).fill_null(0)
    before = pc.if_else(pc.less(micro, 0), 999_999, 0)
    seconds = pc.divide(pc.subtract(micro, before), 1_000_000)
    rest = pc.multiply(pc.subtract(micro, pc.multiply(seconds, 1_000_000)), 1000).cast(pa.int32())
    parts, names = [seconds, rest], ["epoch", "fraction"]
    if with_zone:
        parts.append(pa.array([_UTC_OFFSET] * len(values), pa.int32()))
        names.append("timezone")
    return pa.StructArray.from_arrays(parts, names, mask=values.is_null())
