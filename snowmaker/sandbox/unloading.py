"""Rows as files: https://docs.snowflake.com/en/sql-reference/sql/copy-into-location#format-type-options-formattypeoptions"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.compression import SUFFIXES, compress
from snowmaker.sandbox.fileformat import Options, type_of
from snowmaker.sandbox.result import Column
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.temporal import strftime

# What AUTO means for output: https://docs.snowflake.com/en/sql-reference/date-time-input-output
_OUTPUT = {
    "DATE": "YYYY-MM-DD", "TIME": "HH24:MI:SS", "TIMESTAMP_NTZ": "YYYY-MM-DD HH24:MI:SS.FF3",
    "TIMESTAMP_LTZ": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", "TIMESTAMP_TZ": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM",
}  # fmt: skip

_DOCUMENTS = ("VARIANT", "OBJECT", "ARRAY")


def extension(options: Options) -> str:
    """`.csv.gz` and the like: FILE_EXTENSION, or the type's with what its compression adds."""
    kind = type_of(options)
    if options.get("FILE_EXTENSION"):
        return "." + str(options["FILE_EXTENSION"]).lstrip(".")
    if kind == "PARQUET":
        return ".parquet" if _parquet(options) is None else ".snappy.parquet"
    return f".{kind.lower()}{SUFFIXES[_compression(options)]}"


def _compression(options: Options) -> str:
    kind = str(options.get("COMPRESSION", "AUTO")).upper()
    return "GZIP" if kind == "AUTO" else kind


def _parquet(options: Options) -> str | None:
    kind = str(options.get("COMPRESSION", "AUTO")).upper()
    if kind == "LZO":
        raise sqlerror.unsupported("LZO compression")
    return None if kind == "NONE" else "snappy"


def pack(content: bytes, options: Options) -> bytes:
    """A file as it is stored."""
    return content if type_of(options) == "PARQUET" else compress(content, _compression(options))


# -- text ----------------------------------------------------------------------------------------------


def csv_lines(table: Any, columns: Sequence[Column], options: Options, header: bool) -> Iterator[bytes]:
    """The lines of a CSV file, the header first where it is wanted."""
    end = options["RECORD_DELIMITER"] or ""
    delimiter = options["FIELD_DELIMITER"] or ""
    if header:
        yield (delimiter.join(_field(column.name, True, options) for column in columns) + end).encode()
    for row in _rows(table):
        yield (delimiter.join(_cell(v, c, options) for v, c in zip(row, columns, strict=True)) + end).encode()


def _rows(table: Any) -> Iterator[tuple[Any, ...]]:
    """By position: columns may be of one name."""
    if table.num_columns:
        yield from zip(*(table.column(i).to_pylist() for i in range(table.num_columns)), strict=True)


def _cell(value: Any, column: Column, options: Options) -> str:
    if column.type.wire in _DOCUMENTS and isinstance(value, str):
        value = _plain(value)
    if value is None:
        nulls = options["NULL_IF"]
        return str(nulls[0]) if nulls else ""
    text = text_of(value, column, options)
    return _field(text, column.type.wire not in ("FIXED", "REAL", "BOOLEAN"), options)


def _field(text: str, is_text: bool, options: Options) -> str:
    """A field, enclosed where the format encloses; else what would end it is escaped."""
    mark: str | None = options["FIELD_OPTIONALLY_ENCLOSED_BY"]
    if mark is not None and is_text:
        return mark + text.replace(mark, (options["ESCAPE"] or mark) + mark) + mark
    escape = options["ESCAPE"] or options["ESCAPE_UNENCLOSED_FIELD"]
    if escape:
        for special in (escape, options["FIELD_DELIMITER"], options["RECORD_DELIMITER"]):
            if special and len(special) == 1:
                text = text.replace(special, escape + special)
    return text


def text_of(value: Any, column: Column, options: Options) -> str:
    """A value as text."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime() | date() | time():
            return _moment(value, column.type.wire, options)
        case bytes():
            form = str(options.get("BINARY_FORMAT", "HEX")).upper()
            return _binary(value, form)
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def _binary(value: bytes, form: str) -> str:
    if form == "UTF8":
        return value.decode("utf-8", "replace")
    if form == "BASE64":
        from base64 import b64encode

        return b64encode(value).decode("ascii")
    return value.hex().upper()


def _moment(value: datetime | date | time, wire: str, options: Options) -> str:
    option = {"DATE": "DATE_FORMAT", "TIME": "TIME_FORMAT"}.get(wire, "TIMESTAMP_FORMAT")
    model = str(options.get(option, "AUTO"))
    return strftime(value, _OUTPUT.get(wire, _OUTPUT["TIMESTAMP_NTZ"]) if model.upper() == "AUTO" else model)


def json_lines(table: Any, columns: Sequence[Column]) -> Iterator[bytes]:
    """One document a line: the only column of the query, which is VARIANT, OBJECT or ARRAY."""
    if len(columns) != 1 or columns[0].type.wire not in _DOCUMENTS:
        raise sqlerror.malformed(
            "JSON file format can only be used to unload a single column of type variant, object, or array."
        )
    for (value,) in _rows(table):
        text = "null" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
        yield _compact(text) + b"\n"


def _compact(text: str) -> bytes:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")).encode()


def _plain(text: str) -> Any:
    """A VARIANT as its cast to VARCHAR would have it: a string without its quotes, JSON null as NULL."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if found is None or isinstance(found, (str, bool, dict, list)) else text


# -- Parquet -------------------------------------------------------------------------------------------


def parquet_file(table: Any, columns: Sequence[Column], options: Options, header: bool) -> bytes:
    """Columns are called _COL_0, _COL_1 … unless HEADER keeps their names."""
    import pyarrow as pa
    from pyarrow import parquet

    names = [column.name if header else f"_COL_{i}" for i, column in enumerate(columns)]
    arrays = [_stored(table.column(i), column) for i, column in enumerate(columns)]
    sink = pa.BufferOutputStream()
    written = pa.Table.from_arrays(arrays, names=names)
    parquet.write_table(written, sink, compression=_parquet(options) or "none", use_deprecated_int96_timestamps=True)
    return bytes(sink.getvalue())


def _stored(values: Any, column: Column) -> Any:
    import pyarrow as pa

    if column.type.wire in ("TIMESTAMP_LTZ", "TIMESTAMP_TZ"):
        raise SqlError(
            100064, "22000", "Error encountered when unloading to PARQUET: TIMESTAMP_TZ and LTZ types are not "
            f"supported for unloading to Parquet. Column: {column.name}",
        )  # fmt: skip
    if isinstance(values.type, pa.ExtensionType) or column.type.wire in _DOCUMENTS:
        return pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.string())
    return values


def partitioned(table: Any, keys: Sequence[Any]) -> Mapping[str, list[int]]:
    """The rows of each value of PARTITION BY."""
    found: dict[str, list[int]] = {}
    for number, key in enumerate(keys):
        found.setdefault("__NULL__" if key is None else str(key), []).append(number)
    return found
