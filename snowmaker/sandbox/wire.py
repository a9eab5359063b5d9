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

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import RECORDED, DataType
from snowmaker.sandbox.result import Column, Result

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UTC_OFFSET = 1440  # TIMESTAMP_TZ carries its offset in minutes, plus this
# Up to so many digits of a second a timestamp is one number in Arrow, and two beyond
_WHOLE_DIGITS = 7
_WHOLE_DIGITS_ZONED = 3


def bindings(given: Any) -> list[list[Any]]:
    """The values of a request's `?`, by their numbers: one each, or one for each row. Raises SqlError 001003."""
    if not given:
        return []
    try:
        ordered = sorted(given, key=int) if all(key.isdigit() for key in given) else list(given)
        return [_bound(given[key]) for key in ordered]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, ArithmeticError) as error:
        raise sqlerror.malformed(f"invalid bind variable ({type(error).__name__}: {error})") from None


def _bound(binding: Mapping[str, Any]) -> list[Any]:
    given = binding["value"]
    values = given if isinstance(given, list) else [given]
    return [value(str(binding["type"]).upper(), each) for each in values]


def value(kind: str, text: Any) -> Any:
    """A bound value of a type, from its text on the wire: days and hours are counted from 1970 and midnight."""
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


# Rows up to here come with the answer; what is more is fetched in parts, as Snowflake's large results are.
_INLINE_BYTES = 256 * 1024
_CHUNK_BYTES = 4 * 1024 * 1024


def spans(result: Result) -> list[tuple[int, int]]:
    """The parts of a result's rows, from and to; the first comes with the answer."""
    if result.table is None or result.table.nbytes <= _INLINE_BYTES:
        return [(0, -1)]
    total = int(result.table.num_rows)
    width = max(1, int(result.table.nbytes) // max(1, total))
    first, others = max(1, _INLINE_BYTES // width), max(1, _CHUNK_BYTES // width)
    starts = [0, *range(min(first, total), total, others)]
    return list(zip(starts, [*starts[1:], total], strict=True))


def rowset(result: Result, start: int = 0, end: int = -1) -> list[list[str | None]]:
    """Rows in the JSON format, in which all values are strings."""
    if result.table is None:
        rows = result.rows if (start, end) == (0, -1) else result.rows[start:end]
        cells = zip(result.columns, zip(*rows, strict=True), strict=False)
        told = [_told(column.type, values) for column, values in cells]
        return [list(row) for row in zip(*told, strict=True)]
    table = _part(result.table, start, end)
    columns = [_column_texts(table.column(i), column.type) for i, column in enumerate(result.columns)]
    return [list(row) for row in zip(*columns, strict=True)]


def _told(kind: DataType, values: Sequence[Any]) -> Sequence[str | None]:
    """The values of a column; texts are what they are, for thousands of them must be told at once."""
    if kind.wire == "TEXT" and all(value is None or type(value) is str for value in values):
        return values
    if kind.wire == "FIXED" and all(value is None or type(value) is int for value in values):
        return [None if value is None else str(value) for value in values]
    return [_text(kind, value) for value in values]


def json_chunk(result: Result, start: int, end: int) -> bytes:
    """A part of a large result: rows without the brackets around them, which the client adds."""
    return json.dumps(rowset(result, start, end), ensure_ascii=False)[1:-1].encode("utf-8")


def arrow_base64(result: Result, start: int = 0, end: int = -1) -> str:
    """An Arrow stream in base64; empty when there are no rows."""
    return b64encode(arrow_stream(result, start, end)).decode("ascii") if result.total else ""


def arrow_stream(result: Result, start: int, end: int) -> bytes:
    """An Arrow stream of some of a result's rows."""
    import pyarrow as pa

    table = _part(result.table, start, end)
    alone = table.num_rows == result.table.num_rows
    arrays = [_array(_whole(table.column(i)), column.type, alone=alone) for i, column in enumerate(result.columns)]
    fields = [_field(array.type, column) for array, column in zip(arrays, result.columns, strict=True)]
    sink = pa.BufferOutputStream()
    schema = pa.schema(fields)
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return bytes(sink.getvalue())


def _part(table: Any, start: int, end: int) -> Any:
    return table if (start, end) == (0, -1) else table.slice(start, end - start)


def _whole(column: Any) -> Any:
    """A column's values in one array."""
    import pyarrow as pa

    values = column.combine_chunks()
    return pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values


def _field(stored: Any, column: Column) -> Any:
    import pyarrow as pa

    metadata = {
        "logicalType": "TEXT" if column.type.wire in RECORDED else column.type.wire,
        "precision": str(column.type.precision or 38),
        "scale": str(column.type.scale or 0),
        "charLength": str(column.type.length or 0),
        "byteLength": _arrow_bytes(column.type),
        "finalType": "T",
    }
    return pa.field(column.name, stored, nullable=True, metadata=metadata)


def _arrow_bytes(kind: DataType) -> str:
    """For TIMESTAMP_TZ it tells of how many parts a value is made."""
    if kind.wire == "TIMESTAMP_TZ":
        return "8" if kind.scale is not None and kind.scale <= _WHOLE_DIGITS_ZONED else "16"
    return str(_bytes(kind) or 0)


# -- values as text ------------------------------------------------------------------------------------


def _text(kind: DataType, value: Any) -> str | None:
    """A value of a command's row in the JSON format."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value)) if kind.wire == "BOOLEAN" else str(value).lower()
    if isinstance(value, datetime):
        since = (value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH
        text = _seconds(((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000, kind.scale)
        return f"{text} {_offset(value)}" if kind.wire == "TIMESTAMP_TZ" else text
    if isinstance(value, date):
        return str((value - _EPOCH.date()).days)
    if isinstance(value, time):
        micro = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
        return _seconds(micro * 1000, kind.scale)
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def _offset(value: datetime) -> int:
    """Minutes east of UTC, as the wire has them."""
    return _UTC_OFFSET + (value.utcoffset() or timedelta()) // timedelta(minutes=1)


def _seconds(nanoseconds: int, scale: int | None) -> str:
    """Seconds with as many digits behind the point as the type has; what is beyond is cut towards the past."""
    digits = 9 if scale is None else scale
    units = int(nanoseconds) // 10 ** (9 - digits)
    whole, rest = divmod(abs(units), 10**digits)
    return f"{'-' if units < 0 else ''}{whole}" + (f".{rest:0{digits}d}" if digits else "")


def _column_texts(column: Any, kind: DataType) -> list[str | None]:
    """A query's column in the JSON format."""
    import pyarrow as pa

    values = _whole(column)
    match kind.wire:
        case "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ":
            return [None if each is None else _seconds(each, kind.scale) for each in _nanoseconds(values).to_pylist()]
        case "TIMESTAMP_TZ":
            moments, offsets = _with_offsets(values)
            pairs = zip(moments.to_pylist(), offsets.to_pylist(), strict=True)
            return [None if each is None else f"{_seconds(each, kind.scale)} {offset}" for each, offset in pairs]
        case "TIME":
            return [None if each is None else _seconds(each, kind.scale) for each in _clock(values).to_pylist()]
        case "VARIANT" | "OBJECT" | "ARRAY":
            return list(_documents(values).to_pylist())
        case "FIXED":
            return [None if each is None else f"{each:f}" for each in _decimals(values, kind).to_pylist()]
        case "REAL":
            return [None if each is None else _float(each) for each in values.to_pylist()]
        case "DATE":
            return list(values.cast(pa.date32()).cast(pa.int32()).cast(pa.string()).to_pylist())
        case "BOOLEAN" | "BINARY":
            return [_text(kind, each) for each in values.to_pylist()]
        case _:
            return list(_texts(values).to_pylist())


def _float(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return repr(value)


# -- values as Arrow -----------------------------------------------------------------------------------


def _array(values: Any, kind: DataType, *, alone: bool) -> Any:
    """A column as clients read it; parts of one result, unless it is `alone`, all have it in the same type."""
    import pyarrow as pa

    match kind.wire:
        case "FIXED":
            return _fixed(values, kind, narrow=alone)
        case "REAL":
            return values.cast(pa.float64())
        case "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ":
            return _moments(values, kind)
        case "TIMESTAMP_TZ":
            return _zoned(values, kind)
        case "TIME":
            return _scaled(_clock(values), kind.scale)
        case "DATE":
            return values.cast(pa.date32())
        case "BINARY":
            return values.cast(pa.binary())
        case "BOOLEAN":
            return values.cast(pa.bool_())
        case "VARIANT" | "OBJECT" | "ARRAY":
            return _documents(values)
        case _:
            return _texts(values)


def _fixed(values: Any, kind: DataType, *, narrow: bool) -> Any:
    """Numbers as whole ones of as few bytes as hold them, their scale told beside them; else as decimals."""
    import pyarrow as pa

    scale = kind.scale or 0
    if scale == 0 and pa.types.is_integer(values.type) and not pa.types.is_uint64(values.type):
        return _narrowed(values) if narrow else values.cast(pa.int64())
    decimals = _decimals(values, kind)
    unscaled = pa.Array.from_buffers(
        pa.decimal128(38, 0), len(decimals), decimals.buffers(), decimals.null_count, decimals.offset
    )
    if narrow:
        return _narrowed(unscaled) if _fits(unscaled) else decimals
    return unscaled.cast(pa.int64()) if kind.precision and kind.precision <= 18 else decimals


def _decimals(values: Any, kind: DataType) -> Any:
    import pyarrow as pa

    return values.cast(pa.decimal128(38, kind.scale or 0), safe=not pa.types.is_floating(values.type))


def _fits(decimals: Any) -> bool:
    """Whether whole numbers are within 64 bits."""
    import pyarrow.compute as pc

    found = pc.min_max(decimals).as_py()
    return found["min"] is None or -(2**63) <= found["min"] <= found["max"] < 2**63


def _narrowed(values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = values.cast(pa.int64())
    found = pc.min_max(whole).as_py()
    if found["min"] is None:
        return whole
    for kind, bits in ((pa.int8(), 7), (pa.int16(), 15), (pa.int32(), 31)):
        if -(2**bits) <= found["min"] and found["max"] < 2**bits:
            return whole.cast(kind)
    return whole


def _nanoseconds(values: Any) -> Any:
    """Timestamps of any resolution as nanoseconds since 1970; those that 64 bits do not hold as decimals."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us"))
    factor = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}[values.type.unit]
    whole = values.cast(pa.int64())
    if factor == 1:
        return whole
    found = pc.min_max(whole).as_py()
    if found["min"] is None or (found["min"] * factor >= -(2**63) and found["max"] * factor < 2**63):
        return pc.multiply(whole, factor)
    exact = [None if each is None else Decimal(each * factor) for each in whole.to_pylist()]
    return pa.array(exact, pa.decimal128(38, 0))


def _with_offsets(values: Any) -> tuple[Any, Any]:
    """Timestamps as nanoseconds, and their offsets as the wire has them."""
    import pyarrow as pa

    return _nanoseconds(values), pa.array([_UTC_OFFSET] * len(values), pa.int32())


def _clock(values: Any) -> Any:
    """Times of day as nanoseconds since midnight."""
    import pyarrow as pa

    return values.cast(pa.time64("ns")).cast(pa.int64())


def _scaled(nanoseconds: Any, scale: int | None) -> Any:
    """In units of the type's last digit."""
    import pyarrow.compute as pc

    unit = 10 ** (9 - (9 if scale is None else scale))
    return nanoseconds if unit == 1 else pc.divide(nanoseconds, unit)


def _epochs(values: Any, scale: int | None) -> tuple[Any, Any]:
    """Timestamps as whole seconds, and what is over in nanoseconds, cut to the digits of the type."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us"))
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[values.type.unit]
    whole = values.cast(pa.int64()).fill_null(0)
    before = pc.if_else(pc.less(whole, 0), per_second - 1, 0)
    seconds = pc.divide(pc.subtract(whole, before), per_second)
    rest = pc.multiply(pc.subtract(whole, pc.multiply(seconds, per_second)), 10**9 // per_second)
    unit = 10 ** (9 - (9 if scale is None else scale))
    return seconds, pc.multiply(pc.divide(rest, unit), unit).cast(pa.int32())


def _moments(values: Any, kind: DataType) -> Any:
    """In units of the type's last digit where 64 bits hold them; else as seconds, and nanoseconds beside them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    seconds, rest = _epochs(values, kind.scale)
    digits = 9 if kind.scale is None else kind.scale
    if digits > _WHOLE_DIGITS:
        return pa.StructArray.from_arrays([seconds, rest], ["epoch", "fraction"], mask=values.is_null())
    return pc.if_else(values.is_null(), pa.scalar(None, pa.int64()), _units(seconds, rest, digits))


def _zoned(values: Any, kind: DataType) -> Any:
    import pyarrow as pa

    seconds, rest = _epochs(values, kind.scale)
    offsets = _with_offsets(values)[1]
    digits = 9 if kind.scale is None else kind.scale
    if digits > _WHOLE_DIGITS_ZONED:
        parts, names = [seconds, rest, offsets], ["epoch", "fraction", "timezone"]
    else:
        parts, names = [_units(seconds, rest, digits), offsets], ["epoch", "timezone"]
    return pa.StructArray.from_arrays(parts, names, mask=values.is_null())


def _units(seconds: Any, nanoseconds: Any, digits: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.add(pc.multiply(seconds, 10**digits), pc.divide(nanoseconds.cast(pa.int64()), 10 ** (9 - digits)))


def _documents(values: Any) -> Any:
    """Semi-structured values as Snowflake writes them: two blanks deep for each level, keys in their order.

    https://docs.snowflake.com/en/user-guide/querying-semistructured#sample-data-used-in-examples
    """
    import pyarrow as pa

    plain = [None if each is None else _indented(each) for each in values.to_pylist()]
    return pa.array(plain, pa.string())


def _indented(value: Any) -> str:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)


def _texts(values: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_nested(values.type) or pa.types.is_interval(values.type):
        plain = [None if each is None else json.dumps(each, default=str) for each in values.to_pylist()]
        return pa.array(plain, pa.string())
    return values.cast(pa.string())
