"""INFER_SCHEMA: the columns that staged files have.

https://docs.snowflake.com/en/sql-reference/functions/infer_schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.columns import TableColumn
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.documents import arrow_table
from snowmaker.sandbox.fileformat import Options, complete, type_of
from snowmaker.sandbox.files import StageFile, readable
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.reading import read_file, text_columns

_PLAIN = re.compile(r"[A-Za-z_]\w*")
_INTEGER = re.compile(r"[+-]?\d{1,38}")
_DECIMAL = re.compile(r"[+-]?(\d*)\.(\d*)")
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|\s?[+-]\d{2}:?\d{2})?")
_ARGUMENTS = ("LOCATION", "FILE_FORMAT", "FILES", "IGNORE_CASE", "MAX_FILE_COUNT", "MAX_RECORDS_PER_FILE", "KIND")


@dataclass
class _Seen:
    """What is known of a column: the types of its values, and the files that have it."""

    types: set[str] = field(default_factory=set)
    digits: int = 0
    scale: int = 0
    nullable: bool = True
    files: list[str] = field(default_factory=list)

    def type(self) -> str:
        types = self.types - {"NULL"}
        if not types:
            return "TEXT"
        if types <= {"NUMBER", "REAL"}:
            precision = min(self.digits + self.scale, 38)
            return "REAL" if "REAL" in types else f"NUMBER({precision or 38}, {self.scale})"
        if types == {"DATE", "TIMESTAMP_NTZ"}:
            return "TIMESTAMP_NTZ"
        if len(types) == 1:
            return next(iter(types))
        return "VARIANT" if "VARIANT" in types else "TEXT"


@table_function("INFER_SCHEMA")
def infer_schema(context: Context, arguments: Arguments) -> Any:
    """The Arrow table of TABLE(INFER_SCHEMA(…))."""
    import pyarrow as pa

    arguments.only(*_ARGUMENTS)
    location, name = arguments.get("LOCATION", 0), arguments.get("FILE_FORMAT", 1)
    if not location or not name:
        raise sqlerror.malformed("INFER_SCHEMA wants LOCATION and FILE_FORMAT.")
    if str(arguments.get("KIND", default="STANDARD")).upper() != "STANDARD":
        raise sqlerror.unsupported("INFER_SCHEMA with KIND => 'ICEBERG'")
    from snowmaker.sandbox.statements.file_format import format_of

    options = format_of(context, None, str(name))
    files = _files(context, str(location), arguments)
    limit = int(arguments.get("MAX_RECORDS_PER_FILE", default=0))
    columns = _columns(files, options, limit)
    ignore = bool(arguments.get("IGNORE_CASE", default=False))
    rows = [_row(number, name, seen, type_of(options), ignore) for number, (name, seen) in enumerate(columns.items())]
    names = ("COLUMN_NAME", "TYPE", "NULLABLE", "EXPRESSION", "FILENAMES", "ORDER_ID")
    kinds = (pa.string(), pa.string(), pa.bool_(), pa.string(), pa.string(), pa.int64())
    values = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table({name: pa.array(each, kind) for name, each, kind in zip(names, values, kinds, strict=True)})


def _files(context: Context, location: str, arguments: Arguments) -> list[StageFile]:
    place = readable(context, location)
    files = context.host.stages.files(place.owner, place.path)
    if wanted := arguments.get("FILES"):
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        ends = {f"{place.path.rstrip('/')}/{name}".lstrip("/") for name in names} | {place.path + n for n in names}
        files = [file for file in files if file.path in ends]
    count = int(arguments.get("MAX_FILE_COUNT", default=0))
    return files[:count] if count else files


def _row(number: int, name: str, seen: _Seen, kind: str, ignore_case: bool) -> tuple[Any, ...]:
    type_ = seen.type()
    if kind == "CSV":
        source = f"${number + 1}"
    elif ignore_case:
        source = f"GET_IGNORE_CASE ($1, '{name.upper()}')"
    else:
        source = f"$1:{name if _PLAIN.fullmatch(name) else json.dumps(name)}"
    shown = name.upper() if ignore_case else name
    return shown, type_, seen.nullable, f"{source}::{type_}", ", ".join(seen.files), number


def _columns(files: Sequence[StageFile], options: Options, limit: int) -> dict[str, _Seen]:
    found: dict[str, _Seen] = {}
    kind = type_of(options)
    for file in files:
        if kind in ("PARQUET", "ORC"):
            _from_arrow(found, file, kind, complete(options))
        else:
            _from_values(found, file, options, limit)
    return found


def _from_values(found: dict[str, _Seen], file: StageFile, options: Options, limit: int) -> None:
    """CSV by its fields, JSON by the members of its documents."""
    staged = read_file(file, options)
    if type_of(options) != "CSV":
        for row in staged.rows[:limit] if limit else staged.rows:
            for name, value in _members(row[0]):
                _look(found.setdefault(name, _Seen()), file.path, value)
        return
    width = max(staged.width, len(staged.names))
    names = [*staged.names, *(f"c{i + 1}" for i in range(len(staged.names), width))]
    for name, values in zip(names, text_columns(staged, width), strict=True):
        seen = found.setdefault(name, _Seen())
        for value in [None, *(values[:limit] if limit else values).to_pylist()]:
            _look(seen, file.path, value)


def _members(document: Any) -> Iterable[tuple[str, Any]]:
    return document.items() if isinstance(document, dict) else ()


def _look(seen: _Seen, path: str, value: Any) -> None:
    if path not in seen.files:
        seen.files.append(path)
    match value:
        case None:
            seen.types.add("NULL")
        case bool():
            seen.types.add("BOOLEAN")
        case int():
            _number(seen, str(value))
        case float():
            _number(seen, repr(value))
        case dict():
            seen.types.add("OBJECT")
        case list():
            seen.types.add("ARRAY")
        case _:
            _text(seen, str(value))


def _text(seen: _Seen, text: str) -> None:
    if _INTEGER.fullmatch(text) or (_DECIMAL.fullmatch(text) and text.strip("+-") != ".") or _REAL.fullmatch(text):
        _number(seen, text)
    elif text.lower() in ("true", "false"):
        seen.types.add("BOOLEAN")
    elif _DATE.fullmatch(text):
        seen.types.add("DATE")
    elif _TIME.fullmatch(text):
        seen.types.add("TIME")
    else:
        seen.types.add("TIMESTAMP_NTZ" if _TIMESTAMP.fullmatch(text) else "TEXT")


def _number(seen: _Seen, text: str) -> None:
    if decimal := _DECIMAL.fullmatch(text):
        seen.digits = max(seen.digits, len(decimal[1].lstrip("0")) or 1)
        seen.scale = max(seen.scale, len(decimal[2]))
        seen.types.add("NUMBER")
    elif _INTEGER.fullmatch(text):
        seen.digits = max(seen.digits, len(text.lstrip("+-").lstrip("0")) or 1)
        seen.types.add("NUMBER")
    else:
        seen.types.add("REAL")


def _from_arrow(found: dict[str, _Seen], file: StageFile, kind: str, options: Options) -> None:
    for each in arrow_table(file.file.read_bytes(), file.path, options, kind).schema:
        seen = found.setdefault(each.name, _Seen())
        seen.files.append(file.path)
        seen.nullable = seen.nullable and each.nullable
        seen.types.add(_arrow_type(each.type, options))
        if seen.types == {"NUMBER"}:
            seen.digits = max(seen.digits, getattr(each.type, "precision", 38) - getattr(each.type, "scale", 0))
            seen.scale = max(seen.scale, getattr(each.type, "scale", 0))


def _arrow_type(stored: Any, options: Options) -> str:
    import pyarrow as pa

    types = pa.types
    if types.is_boolean(stored):
        return "BOOLEAN"
    if types.is_integer(stored) or types.is_decimal(stored):
        return "NUMBER"
    if types.is_floating(stored):
        return "REAL"
    if types.is_date(stored):
        return "DATE"
    if types.is_time(stored):
        return "TIME"
    if types.is_timestamp(stored):
        return "TIMESTAMP_LTZ" if stored.tz else "TIMESTAMP_NTZ"
    if types.is_binary(stored) or types.is_large_binary(stored):
        # with logical types, what is text says so
        as_text = options.get("BINARY_AS_TEXT", True) and not options.get("USE_LOGICAL_TYPE")
        return "TEXT" if as_text else "BINARY"
    if types.is_nested(stored):
        return "VARIANT"
    return "TEXT"


# -- CREATE TABLE … USING TEMPLATE ---------------------------------------------------------------------


def template_columns(context: Context, text: str) -> list[TableColumn]:
    """The columns that a query of INFER_SCHEMA describes, as one array of objects.

    https://docs.snowflake.com/en/sql-reference/sql/create-table#create-table-using-template
    """
    from snowmaker.sandbox.query import scalar_of

    value = scalar_of(context, text)
    described = json.loads(value) if isinstance(value, str) else value
    if not isinstance(described, list) or not described:
        raise sqlerror.malformed("USING TEMPLATE wants one array of column definitions.")
    return [_column(each) for each in described]


def _column(given: Any) -> TableColumn:
    if not isinstance(given, dict) or "COLUMN_NAME" not in given or "TYPE" not in given:
        raise sqlerror.malformed("A column of a TEMPLATE has COLUMN_NAME and TYPE.")
    parser = Parser(str(given["TYPE"]))
    kind = parser.data_type()
    parser.end()
    return TableColumn(str(given["COLUMN_NAME"]), kind, nullable=given.get("NULLABLE", True) not in (False, "false"))
