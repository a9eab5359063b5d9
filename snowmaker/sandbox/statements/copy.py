"""COPY INTO a table: https://docs.snowflake.com/en/sql-reference/sql/copy-into-table"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from snowmaker.sandbox import loads, sqlerror
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.copyoptions import OPTIONS, mirrored
from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.fileformat import type_of
from snowmaker.sandbox.files import Location, StageFile, header_refused, locate, matching, not_found, readable
from snowmaker.sandbox.loading import Batch, Load, examine, failure, insert, skips
from snowmaker.sandbox.parser import Name, Parser, Reader
from snowmaker.sandbox.query import parse
from snowmaker.sandbox.reading import METADATA
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import COPY, Column, Result, status
from snowmaker.sandbox.statements.file_format import format_of, over, read_file_format, resolved
from snowmaker.sandbox.statements.transfer import read_location
from snowmaker.sandbox.statements.unload import unload

_COLUMNS = (
    Column("file"), Column("status"), Column("rows_parsed", FIXED), Column("rows_loaded", FIXED),
    Column("error_limit", FIXED), Column("errors_seen", FIXED), Column("first_error"),
    Column("first_error_line", FIXED), Column("first_error_character", FIXED), Column("first_error_column_name"),
)  # fmt: skip
ERRORS = (
    Column("ERROR"), Column("FILE"), Column("LINE", FIXED), Column("CHARACTER", FIXED), Column("BYTE_OFFSET", FIXED),
    Column("CATEGORY"), Column("CODE", FIXED), Column("SQL_STATE"), Column("COLUMN_NAME"),
    Column("ROW_NUMBER", FIXED), Column("ROW_START_LINE", FIXED), Column("REJECTED_RECORD"),
)  # fmt: skip
_MOST_FILES = 1000
_SIMPLE = "COPY statement only supports simple SELECT from stage statements for import."


@dataclass(frozen=True)
class Copy:
    """A COPY INTO a table as it was written; without a FROM it is from the table's own stage."""

    table: Name
    columns: tuple[str, ...]
    location: str
    query: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@statement("COPY", "INTO")
def _copy(context: Context, parser: Parser) -> Result:
    if parser.peek().text == "@" or parser.peek().kind == "string":
        return unload(context, parser)
    copy = read_copy(parser)
    parser.end()
    load = plan(context, copy)
    if context.describe_only:
        return Result(ERRORS if "VALIDATION_MODE" in load.options else _COLUMNS, (), type_id=COPY)
    if mode := load.options.get("VALIDATION_MODE"):
        return _validate(context, load, mode)
    return run_load(context, load, chosen(context, load))


@table_function("VALIDATE")
def _validated(context: Context, arguments: Arguments) -> Any:
    """https://docs.snowflake.com/en/sql-reference/functions/validate"""
    import pyarrow as pa

    arguments.only("JOB_ID")
    name, job = arguments.get("TABLE", 0), arguments.get("JOB_ID", 1)
    if not name or not job:
        raise sqlerror.malformed("VALIDATE wants a table and JOB_ID.")
    parser = context.parser(str(name))
    table = context.find("TABLE", parser.name(), "SELECT", "INSERT")
    parser.end()
    rows = loads.errors_of(context, table, None if str(job).lower() == "_last" else str(job))
    values = list(zip(*rows, strict=True)) if rows else [()] * len(ERRORS)
    kinds = [pa.int64() if column.type.wire == "FIXED" else pa.string() for column in ERRORS]
    arrays = [pa.array(each, kind) for each, kind in zip(values, kinds, strict=True)]
    return pa.Table.from_arrays(arrays, names=[column.name for column in ERRORS])


# -- what is written -----------------------------------------------------------------------------------


def read_copy(parser: Parser) -> Copy:
    """What stands behind COPY INTO, where that is a table."""
    table = parser.name()
    names = parser.items(parser.identifier) if parser.accept_operator("(") else ()
    query = location = ""
    if parser.accept("FROM"):
        query = parser.bracketed() if parser.peek().text == "(" else ""
        location = "" if query else read_location(parser)
    readers: dict[str, Reader] = {
        **OPTIONS, "FILE_FORMAT": read_file_format, "INCLUDE_METADATA": _read_metadata,
        **dict.fromkeys(("STORAGE_INTEGRATION", "CREDENTIALS", "ENCRYPTION"), _refuse_external),
    }  # fmt: skip
    options = parser.options(readers, "COPY")
    return Copy(table, names, location, query, options)


def _read_metadata(parser: Parser) -> tuple[tuple[str, str], ...]:
    """`( column = METADATA$…, … )`"""
    parser.expect_operator("(")

    def one() -> tuple[str, str]:
        column = parser.identifier()
        parser.expect_operator("=")
        fact = parser.identifier()
        if fact not in METADATA:
            raise sqlerror.invalid_value(fact, "INCLUDE_METADATA")
        return column, fact

    return parser.items(one)


def _refuse_external(_: Parser) -> Any:
    raise sqlerror.unsupported("COPY INTO … from an external location")


def stage_copy_options(place: Location) -> dict[str, Any]:
    """The copy options of a named stage, or of a table's own."""
    if place.entry is None:
        return {}
    key = "copy_options" if place.entry.kind == "STAGE" else "stage_copy_options"
    return dict(place.entry.get(key) or {})


# -- what it means -------------------------------------------------------------------------------------


def plan(context: Context, copy: Copy, pipe: Entry | None = None) -> Load:
    """The COPY with its names looked up and its options checked. Raises SqlError."""
    table = context.find("TABLE", copy.table, "INSERT")
    location, pattern, format_name = copy.location, None, None
    if copy.query:
        location, pattern, format_name = _source(copy.query)
    if not location and not copy.query:
        place = Location(table.physical, f"%{table.name}", "", context.require(table, "OWNERSHIP"))
    elif not location.startswith("@"):
        raise sqlerror.unsupported("COPY INTO … from an external location")
    else:
        place = (locate if pipe else readable)(context, location)  # a pipe on an external stage is recorded
    options = {**stage_copy_options(place), **copy.options}
    if pattern is not None:
        options.setdefault("PATTERN", pattern)
    given = options.pop("FILE_FORMAT", None)
    form = over(format_of(context, place.entry, format_name), resolved(context, given) if given else None)
    metadata = options.pop("INCLUDE_METADATA", ())
    load = Load(table, _targets(table, copy.columns), place, mirrored(options), form, copy.query, metadata, pipe)
    _check(load)
    return load


def _targets(table: Entry, names: Sequence[str]) -> tuple[TableColumn, ...]:
    known = {column.name: column for column in columns_of(table)}
    for name in names:
        if name not in known:
            raise sqlerror.invalid_identifier(name)
    return tuple(known[name] for name in names) if names else tuple(known.values())


def _source(query: str) -> tuple[str, str | None, str | None]:
    """Location, pattern and file format of the stage that a transformation reads.

    https://docs.snowflake.com/en/user-guide/data-load-transform#supported-functions
    """
    found = parse(query)
    clauses = ("where", "group", "having", "order", "limit", "qualify", "joins", "with_", "laterals")
    if not isinstance(found, exp.Select) or any(found.args.get(clause) for clause in clauses):
        raise sqlerror.malformed(_SIMPLE)
    source = found.args.get("from_")
    table = source.this if source is not None else None
    if not isinstance(table, exp.Table) or not isinstance(table.this, (exp.Var, exp.Literal)):
        raise sqlerror.malformed(_SIMPLE)
    pattern, form = table.args.get("pattern"), table.args.get("format")
    return str(table.this.name), pattern.name if pattern else None, form.sql("snowflake").strip("'") if form else None


def _check(load: Load) -> None:
    kind = type_of(load.format)
    header = bool(load.full_format.get("PARSE_HEADER"))
    if load.query:
        for name in ("VALIDATION_MODE", "MATCH_BY_COLUMN_NAME"):
            if load.options.get(name, "NONE") != "NONE":
                raise sqlerror.malformed(f"{name} does not support COPY statements that transform data during a load.")
    elif load.by_name:
        if kind == "CSV" and not header:
            raise sqlerror.malformed("MATCH_BY_COLUMN_NAME for CSV files wants the file format option PARSE_HEADER.")
    elif kind != "CSV" and [column.type.wire in ("VARIANT", "OBJECT", "ARRAY") for column in load.columns] != [True]:
        raise sqlerror.malformed(
            f"{kind} file format can produce one and only one column of variant, object, or array type. Load data "
            "into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with transformation."
        )
    if header and not load.by_name:
        raise header_refused()
    if load.metadata and not load.by_name:
        raise sqlerror.malformed("INCLUDE_METADATA wants MATCH_BY_COLUMN_NAME.")
    if len(load.options.get("FILES", ())) > _MOST_FILES:
        raise sqlerror.malformed(f"FILES names more than {_MOST_FILES} files.")
    known = {column.name for column in load.columns}
    for column, _ in load.metadata:
        if column not in known:
            raise sqlerror.invalid_identifier(column)


# -- which files ---------------------------------------------------------------------------------------


def chosen(context: Context, load: Load) -> list[StageFile]:
    """The files to load: named or matching ones, without those loaded before and not changed since."""
    files = _offered(context, load)
    if not load.options.get("FORCE"):
        files = loads.fresh(context, load, files)
    limit = load.options.get("SIZE_LIMIT")
    if limit is None:
        return files
    found, size = [], 0
    for file in files:
        if size > int(limit):
            break
        found.append(file)
        size += file.size
    return found


def _offered(context: Context, load: Load) -> list[StageFile]:
    stages = context.host.stages
    place = load.place
    names = load.options.get("FILES")
    if not names:
        return matching(stages.files(place.owner, place.path), load.options.get("PATTERN"), place.name)
    known = {file.path: file for file in stages.files(place.owner)}
    found = []
    for name in dict.fromkeys(names):
        path = place.path + name if place.path + name in known else f"{place.path}/{name}".lstrip("/")
        if path not in known:
            raise not_found(name)
        found.append(known[path])
    return found


# -- doing it ------------------------------------------------------------------------------------------


def run_load(context: Context, load: Load, files: Sequence[StageFile]) -> Result:
    """Load the files in one transaction. PURGE removes what went in whole."""
    if not files:
        return status("Copy executed with 0 files processed.", COPY)
    batch = examine(context, load, files)
    skipped = [skips(load, each) for each in batch.files]

    def action() -> list[tuple[Any, ...]]:
        return loads.record(context, load, batch, insert(context, load, batch, skipped))

    rows = context.write(action, load.table)
    if load.options.get("PURGE"):
        for file, row in zip(files, rows, strict=True):
            if row[1] == "LOADED":
                context.host.stages.delete(file)
    inserted = sum(row[3] for row in rows)
    if load.options.get("RETURN_FAILED_ONLY"):
        rows = [row for row in rows if row[1] != "LOADED"]
    return Result(_COLUMNS, rows, type_id=COPY, inserted=inserted)


def _validate(context: Context, load: Load, mode: str) -> Result:
    """VALIDATION_MODE: nothing is loaded; what would be, or what would be wrong, is told."""
    files = chosen(context, load)
    if mode == "RETURN_ALL_ERRORS":
        partly = loads.failed_partly(context, load)
        files = sorted({*files, *(f for f in _offered(context, load) if f.path in partly)}, key=lambda f: f.path)
    batch = examine(context, load, files)
    if not mode.endswith("_ROWS"):
        return Result(ERRORS, [row for each in batch.files for row in loads.error_rows(load, each)], type_id=COPY)
    return _first_rows(load, batch, int(mode.split("_")[1]))


def _first_rows(load: Load, batch: Batch, wanted: int) -> Result:
    """RETURN_n_ROWS gives the first rows, and fails at the first error among them."""
    for each in batch.files:
        if each.problems and each.first + each.problems[0].row < wanted:
            raise failure(load, each)
    found = batch.rows.slice(0, wanted).to_pylist() if batch.rows is not None else []
    rows = [tuple(row.values())[:-1] for row in found]
    return Result(tuple(Column(column.name, column.type) for column in load.columns), rows, type_id=COPY)
