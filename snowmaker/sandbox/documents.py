"""JSON, Parquet and ORC files: each record is one value.

https://docs.snowflake.com/en/sql-reference/sql/create-file-format
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

from snowmaker.sandbox.fileformat import Options
from snowmaker.sandbox.records import Fault, Staged
from snowmaker.sandbox.sqlerror import SqlError

_BLANK = re.compile(r"[\s\0]*")


# -- JSON ----------------------------------------------------------------------------------------------


class Number(float):
    """A JSON number that keeps how it was written."""

    text: str

    def __new__(cls, text: str) -> Number:
        made = super().__new__(cls, text)
        made.text = text
        return made


def read_json(text: str, options: Options) -> Staged:
    """One value after another, with or without commas between; STRIP_OUTER_ARRAY makes rows of an array's elements."""
    staged = Staged(text=text, documents=True)
    decoder = _decoder(options)
    clean = _cleaning(options)
    position, seen, line = 0, 0, 1
    while (position := _begin(text, position)) < len(text):
        line += text.count("\n", seen, position)
        seen = position
        try:
            value, end = decoder.raw_decode(text, position)
        except ValueError as error:
            _broken(staged, error, line, position)
            break
        values = value if options["STRIP_OUTER_ARRAY"] and isinstance(value, list) else [value]
        for each in values:
            staged.add((clean(each),), line, position, end)
        position = end
    return staged


def _begin(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    position = found.end() if found else position
    if position < len(text) and text[position] == ",":
        return _begin(text, position + 1)
    return position


def _broken(staged: Staged, error: ValueError, line: int, position: int) -> None:
    """What follows an error cannot be read: the rest of the file is one bad record."""
    at = getattr(error, "pos", position)
    message = f"Error parsing JSON: {_complaint(staged.text, at, error)}"
    staged.faults[len(staged.rows)] = Fault(message, 1, 100069, "22P02", offset=at)
    staged.add((None,), line, position, len(staged.text))


def _complaint(text: str, at: int, error: ValueError) -> str:
    if isinstance(error, _DuplicateError):
        return f"duplicate object attribute '{error.key}', pos {at + 1}"
    if at >= len(text):
        return f"incomplete object value, pos {at + 1}"
    if word := re.match(r"[A-Za-z_]\w*", text[at:]):
        return f'unknown keyword "{word[0]}", pos {at + 1}'
    return f"misplaced {text[at]}, pos {at + 1}" if text[at] in "{}[],:" else f"{getattr(error, 'msg', error)}"


class _DuplicateError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _decoder(options: Options) -> json.JSONDecoder:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found and not options["ALLOW_DUPLICATE"]:
                raise _DuplicateError(key)
            found[key] = value
        return found

    return json.JSONDecoder(object_pairs_hook=unique, strict=False)


def _cleaning(options: Options) -> Callable[[Any], Any]:
    """STRIP_NULL_VALUES, TRIM_SPACE and NULL_IF, at any depth."""
    strip, trim, nulls = options.get("STRIP_NULL_VALUES"), options.get("TRIM_SPACE"), frozenset(options["NULL_IF"])
    if not (strip or trim or nulls):
        return lambda value: value

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            found = {key: clean(each) for key, each in value.items()}
            return {k: v for k, v in found.items() if v is not None} if strip else found
        if isinstance(value, list):
            found_items = [clean(each) for each in value]
            return [each for each in found_items if each is not None] if strip else found_items
        if isinstance(value, str):
            value = value.strip() if trim else value
            return None if value in nulls else value
        return value

    return clean


# -- Parquet, ORC --------------------------------------------------------------------------------------


def read_columns(data: bytes, path: str, options: Options, kind: str) -> Staged:
    """A row is an object of its columns."""
    staged = Staged(documents=True)
    table = arrow_table(data, path, options, kind)
    staged.names = tuple(table.schema.names)
    clean = _cleaning(options)
    text = bool(options.get("BINARY_AS_TEXT", True))
    for number, row in enumerate(table.to_pylist(), 1):
        staged.add((clean({key: _plain(value, text) for key, value in row.items()}),), number)
    return staged


def arrow_table(data: bytes, path: str, options: Options, kind: str) -> Any:
    """The Arrow table of a Parquet or ORC file. Raises SqlError 100152 for what is none."""
    import pyarrow as pa

    try:
        if kind == "ORC":
            from pyarrow import orc

            return orc.ORCFile(BytesIO(data)).read()
        from pyarrow import parquet

        table = parquet.read_table(BytesIO(data))
        return table if options["USE_LOGICAL_TYPE"] else _without_logical_types(table, data)
    except (pa.ArrowException, OSError) as error:
        word = "Parquet" if kind == "PARQUET" else kind
        raise SqlError(
            100152, "22000", f"Invalid {word} file: '{path}' cannot be read ({str(error).splitlines()[0]})"
        ) from None


def _without_logical_types(table: Any, data: bytes) -> Any:
    """USE_LOGICAL_TYPE = FALSE: a timestamp that says so by its logical type alone is the number that is stored.

    https://docs.snowflake.com/en/sql-reference/sql/create-file-format#type-parquet
    """
    import pyarrow as pa
    from pyarrow import parquet

    schema = parquet.ParquetFile(BytesIO(data)).schema
    stored = [schema.column(i) for i in range(len(schema))]
    numbers = {each.path for each in stored if each.physical_type == "INT64" and each.converted_type == "NONE"}
    for index, name in enumerate(table.schema.names):
        if name in numbers and pa.types.is_timestamp(table.schema.field(index).type):
            table = table.set_column(index, name, table.column(index).cast(pa.int64()))
    return table


def _plain(value: Any, text: bool) -> Any:
    """A column's value as VARIANT has it: https://docs.snowflake.com/en/user-guide/semistructured-intro"""
    match value:
        case bytes():
            return value.decode("utf-8", "replace") if text else value.hex().upper()
        case datetime():
            return value.isoformat(sep=" ", timespec="microseconds" if value.microsecond % 1000 else "milliseconds")
        case date() | time():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else Number(str(value))
        case dict():
            return {str(key): _plain(each, text) for key, each in value.items()}
        case list():
            if value and all(isinstance(each, tuple) and len(each) == 2 for each in value):  # a map
                return {str(key): _plain(each, text) for key, each in value}
            return [_plain(each, text) for each in value]
        case _:
            return value


# -- out again -----------------------------------------------------------------------------------------


def as_text(value: Any) -> str | None:
    """A value as JSON text; None for what is no value."""
    return None if value is None else json.dumps(value, ensure_ascii=False, default=_other)


def _other(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return str(value)


def scalar_text(value: Any) -> str | None:
    """A member of a document as the text that a column is cast from."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return as_text(value)
    return str(value.text) if isinstance(value, Number) else repr(value) if isinstance(value, float) else str(value)
