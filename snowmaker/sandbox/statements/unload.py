"""COPY INTO a location: https://docs.snowflake.com/en/sql-reference/sql/copy-into-location"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.fileformat import complete, type_of
from snowmaker.sandbox.files import Location, readable
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.query import as_table, select
from snowmaker.sandbox.result import COPY, Column, Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.file_format import format_of, over, read_file_format, resolved
from snowmaker.sandbox.statements.transfer import read_location
from snowmaker.sandbox.unloading import csv_lines, extension, json_lines, pack, parquet_file, partitioned

_TOTALS = (Column("rows_unloaded", FIXED), Column("input_bytes", FIXED), Column("output_bytes", FIXED))
_DETAILS = (Column("FILE_NAME"), Column("FILE_SIZE", FIXED), Column("ROW_COUNT", FIXED))
_FILE_SIZE = 16 * 1024 * 1024
_LARGEST = 5 * 1024**3


def _size(parser: Parser) -> int:
    value = parser.integer()
    if not 0 < value <= _LARGEST:
        raise sqlerror.invalid_value(value, "MAX_FILE_SIZE")
    return value


def _mode(parser: Parser) -> str:
    value = parser.word_or_string()
    if value.upper() != "RETURN_ROWS":
        raise sqlerror.invalid_value(value, "VALIDATION_MODE")
    return value.upper()


def _external(_: Parser) -> Any:
    raise sqlerror.unsupported("COPY INTO an external location")


_OPTIONS: dict[str, Reader] = {
    "FILE_FORMAT": read_file_format,
    **dict.fromkeys(("OVERWRITE", "SINGLE", "INCLUDE_QUERY_ID", "DETAILED_OUTPUT", "HEADER"), Parser.boolean),
    "MAX_FILE_SIZE": _size,
    "VALIDATION_MODE": _mode,
    **dict.fromkeys(("STORAGE_INTEGRATION", "CREDENTIALS", "ENCRYPTION"), _external),
}


@dataclass(frozen=True)
class _Unload:
    """One unload: where to, what, how."""

    place: Location
    query: str
    partition: str
    options: dict[str, Any]
    format: dict[str, Any]

    def flag(self, name: str) -> bool:
        return bool(self.options.get(name))


@dataclass(frozen=True)
class _File:
    """A file to be written; `path` is below its stage."""

    path: str
    body: bytes
    rows: int
    size: int


def unload(context: Context, parser: Parser) -> Result:
    """Write the rows of a table or query to files of a stage."""
    location = read_location(parser)
    if not location.startswith("@"):
        _external(parser)
    parser.expect("FROM")
    query = _query(parser)
    partition = _partition(parser)
    options = parser.options(_OPTIONS, "COPY")
    if not partition and (partition := _partition(parser)):
        options.update(parser.options(_OPTIONS, "COPY"))
    parser.end()
    work = _planned(context, location, query, partition, options)
    if context.describe_only:
        return Result(_DETAILS if work.flag("DETAILED_OUTPUT") else _TOTALS, (), type_id=COPY)
    return _run(context, work)


def _query(parser: Parser) -> str:
    if parser.peek().text == "(":
        return parser.bracketed()
    return f"SELECT * FROM {dotted(parser.name())}"


def _partition(parser: Parser) -> str:
    return parser.bracketed() if parser.accept("PARTITION", "BY") else ""


def _planned(context: Context, location: str, query: str, partition: str, options: dict[str, Any]) -> _Unload:
    place = readable(context, location, "WRITE")
    given = options.pop("FILE_FORMAT", None)
    form = complete(over(format_of(context, place.entry, None), resolved(context, given) if given else None))
    if type_of(form) not in ("CSV", "JSON", "PARQUET"):
        raise sqlerror.malformed(f"Unloading to {type_of(form)} files is not supported.")
    if partition:
        for name in ("SINGLE", "OVERWRITE"):
            if options.get(name):
                raise sqlerror.malformed(f"{name} cannot be used with PARTITION BY.")
        options.setdefault("INCLUDE_QUERY_ID", True)
    if options.get("INCLUDE_QUERY_ID") and (options.get("SINGLE") or options.get("OVERWRITE")):
        raise sqlerror.malformed("INCLUDE_QUERY_ID cannot be used with SINGLE or OVERWRITE.")
    return _Unload(place, query, partition, options, form)


def _run(context: Context, work: _Unload) -> Result:
    text = f"SELECT {work.partition}, * FROM ({work.query})" if work.partition else work.query
    result = as_table(select(context, text, consume=not work.options.get("VALIDATION_MODE")))
    table, columns = result.table, result.columns
    if work.options.get("VALIDATION_MODE"):
        return result
    keys: Sequence[Any] = ()
    if work.partition:
        keys, table, columns = table.column(0).to_pylist(), table.remove_column(0), columns[1:]
    files = list(_files(context, work, table, columns, keys))
    _make_room(context, work, files)
    for file in files:
        context.host.stages.store(f"{work.place.owner}/{file.path}", file.body)
    if work.flag("DETAILED_OUTPUT"):
        rows = [(file.path.removeprefix(_folder(work)), len(file.body), file.rows) for file in files]
        return Result(_DETAILS, rows, type_id=COPY)
    totals = (sum(f.rows for f in files), sum(f.size for f in files), sum(len(f.body) for f in files))
    return Result(_TOTALS, [totals], type_id=COPY)


def _folder(work: _Unload) -> str:
    return work.place.path[: work.place.path.rfind("/") + 1]


def _make_room(context: Context, work: _Unload, files: Sequence[_File]) -> None:
    """OVERWRITE replaces files of the same names; without it, any file below the path is in the way."""
    if work.flag("OVERWRITE") or work.flag("INCLUDE_QUERY_ID"):
        return
    there = {file.path for file in context.host.stages.files(work.place.owner, work.place.path)}
    if any(file.path in there for file in files):
        raise SqlError(
            1000, "22000", f"Files already existing at the unload destination: @{work.place.name}/{work.place.path}. "
            "Use overwrite option to force unloading.",
        )  # fmt: skip


# -- files ---------------------------------------------------------------------------------------------


def _files(
    context: Context, work: _Unload, table: Any, columns: Sequence[Column], keys: Sequence[Any]
) -> Iterator[_File]:
    import pyarrow as pa

    if not work.partition:
        yield from _written(context, work, table, columns, "")
        return
    for key, rows in partitioned(table, keys).items():
        yield from _written(context, work, table.take(pa.array(rows, pa.int64())), columns, key)


def _written(context: Context, work: _Unload, table: Any, columns: Sequence[Column], key: str) -> Iterator[_File]:
    for number, (body, rows) in enumerate(_bodies(work, table, columns)):
        packed = pack(body, work.format)
        yield _File(_path(context, work, key, number), packed, rows, len(body))


def _bodies(work: _Unload, table: Any, columns: Sequence[Column]) -> Iterator[tuple[bytes, int]]:
    """The content of each file, none larger than MAX_FILE_SIZE where it can be cut. No rows make no file."""
    if table.num_rows == 0:
        return
    if type_of(work.format) == "PARQUET":
        yield parquet_file(table, columns, work.format, work.flag("HEADER")), table.num_rows
        return
    header = work.flag("HEADER") and type_of(work.format) == "CSV"
    lines = _lines(work, table, columns, header)
    first = next(lines) if header else b""
    limit = _LARGEST if work.flag("SINGLE") else int(work.options.get("MAX_FILE_SIZE", _FILE_SIZE))
    parts, size, rows = [first], len(first), 0
    for line in lines:
        if rows and size + len(line) > limit:
            yield b"".join(parts), rows
            parts, size, rows = [first], len(first), 0
        parts.append(line)
        size, rows = size + len(line), rows + 1
    yield b"".join(parts), rows


def _lines(work: _Unload, table: Any, columns: Sequence[Column], header: bool) -> Iterator[bytes]:
    if type_of(work.format) == "JSON":
        return json_lines(table, columns)
    return csv_lines(table, columns, work.format, header)


def _path(context: Context, work: _Unload, key: str, number: int) -> str:
    """`data_0_0_0.csv.gz` below the path, or the path itself as the beginning of the name."""
    path = work.place.path
    if work.flag("SINGLE"):
        return f"{path}data" if not path or path.endswith("/") else path
    query = f"_{context.query_id}" if work.flag("INCLUDE_QUERY_ID") else ""
    if work.partition:
        folder = path if not path or path.endswith("/") else f"{path}/"
        return f"{folder}{key}/data{query}_0_0_{number}{extension(work.format)}"
    stem = f"{path}data" if not path or path.endswith("/") else path
    return f"{stem}{query}_0_0_{number}{extension(work.format)}"
