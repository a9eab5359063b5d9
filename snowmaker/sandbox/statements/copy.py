"""COPY INTO a table: https://docs.snowflake.com/en/sql-reference/sql/copy-into-table"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import duckdb
from sqlglot import exp

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, columns_of, quoted
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.engine import run
from snowmaker.sandbox.fileformat import Staged, complete, read_file, read_files
from snowmaker.sandbox.files import Location, StageFile, locate
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import parse, prepare, using
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import COPY, Column, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.file_format import format_of, read_file_format, resolved
from snowmaker.sandbox.statements.stage import matching, read_location


def _unsupported(name: str) -> Callable[[Parser], Any]:
    def refuse(_: Parser) -> Any:
        raise sqlerror.unsupported(f"COPY INTO … {name}")

    return refuse


_OPTIONS: dict[str, Callable[[Parser], Any]] = {
    "FILE_FORMAT": read_file_format,
    "FILES": Parser.strings,
    "PATTERN": Parser.string,
    "ON_ERROR": Parser.word_or_string,
    "SIZE_LIMIT": Parser.integer,
    "PURGE": Parser.boolean,
    "FORCE": Parser.boolean,
    "RETURN_FAILED_ONLY": Parser.boolean,
    "ENFORCE_LENGTH": Parser.boolean,
    "TRUNCATECOLUMNS": Parser.boolean,
    "LOAD_UNCERTAIN_FILES": Parser.boolean,
    "MATCH_BY_COLUMN_NAME": _unsupported("MATCH_BY_COLUMN_NAME"),
    "VALIDATION_MODE": _unsupported("VALIDATION_MODE"),
}
_COLUMNS = (
    Column("file"), Column("status"), Column("rows_parsed", FIXED), Column("rows_loaded", FIXED),
    Column("error_limit", FIXED), Column("errors_seen", FIXED), Column("first_error"),
    Column("first_error_line", FIXED), Column("first_error_character", FIXED), Column("first_error_column_name"),
)  # fmt: skip


@dataclass(frozen=True)
class Load:
    """One COPY: into which columns of which table, from where, how."""

    table: Entry
    columns: tuple[TableColumn, ...]
    place: Location
    options: dict[str, Any]
    format: dict[str, Any]
    query: str = ""

    @property
    def on_error(self) -> str:
        return str(self.options.get("ON_ERROR", "ABORT_STATEMENT")).upper()


@dataclass(frozen=True)
class Bad:
    """The first error of a file, and how many of its rows have one."""

    message: str
    line: int
    column: str
    rows: frozenset[int]
    code: int = 100038
    sqlstate: str = "22018"


@statement("COPY", "INTO")
def _copy(context: Context, parser: Parser) -> Result:
    if parser.peek().text == "@" or parser.peek().kind == "string":
        raise sqlerror.unsupported("COPY INTO a location (unloading)")
    table = context.find("TABLE", parser.name())
    names = parser.items(parser.identifier) if parser.accept_operator("(") else ()
    parser.expect("FROM")
    query = parser.bracketed() if parser.peek().text == "(" else ""
    location = _location_of(query) if query else read_location(parser)
    options = parser.options(_OPTIONS, "COPY")
    parser.end()
    place = locate(context, location)
    given = options.get("FILE_FORMAT")
    form = resolved(context, given) if given else format_of(context, place.entry, None)
    load = Load(table, _targets(table, names), place, options, form, query)
    files = _files(context, load)
    if not files:
        return status("Copy executed with 0 files processed.", COPY)
    rows = context.write(lambda: [_load(context, load, file) for file in files])
    if options.get("PURGE"):
        for file, row in zip(files, rows, strict=True):
            if row[1] == "LOADED":
                file.file.unlink(missing_ok=True)
    if options.get("RETURN_FAILED_ONLY"):
        rows = [row for row in rows if row[1] != "LOADED"]
    return Result(_COLUMNS, rows, type_id=COPY)


def _targets(table: Entry, names: Sequence[str]) -> tuple[TableColumn, ...]:
    known = {column.name: column for column in columns_of(table)}
    for name in names:
        if name not in known:
            raise sqlerror.invalid_identifier(name)
    return tuple(known[name] for name in names) if names else tuple(known.values())


def _location_of(query: str) -> str:
    """The stage a transformation reads."""
    for table in parse(query).find_all(exp.Table):
        if isinstance(table.this, exp.Var) and str(table.this.name).startswith("@"):
            return str(table.this.name)
    raise sqlerror.malformed("COPY INTO … FROM ( SELECT … ) reads a stage")


def _files(context: Context, load: Load) -> list[StageFile]:
    """Those to load: named or matching ones, without those loaded before and not changed since."""
    stages = context.host.stages
    if names := load.options.get("FILES"):
        prefix = load.place.path
        files = [each for each in stages.files(load.place.owner) if each.path in {prefix + name for name in names}]
        if len(files) < len(set(names)):
            missing = next(name for name in names if prefix + name not in {each.path for each in files})
            raise SqlError(
                91016, "22000", f"Remote file '{missing}' was not found. There are several potential causes."
            )
    else:
        files = matching(stages.files(load.place.owner, load.place.path), load.options.get("PATTERN"), load.place.name)
    if load.options.get("FORCE"):
        return files
    loaded = "select file, etag from sandbox.loads where table_id = ? and status <> 'LOAD_FAILED'"
    known = set(run(context.session.connection, loaded, [load.table.id]))
    return [each for each in files if (_key(load, each), each.etag) not in known]


def _key(load: Load, file: StageFile) -> str:
    return f"{load.place.owner}/{file.path}"


def _shown(load: Load, file: StageFile) -> str:
    return f"{load.place.name}/{file.path}"


def _load(context: Context, load: Load, file: StageFile) -> tuple[Any, ...]:
    """Load one file; its row of the result. Raises under ON_ERROR = ABORT_STATEMENT."""
    if load.query:
        count = parsed = _transform(context, load, file)
        bad = None
    else:
        staged = read_file(file, load.format)
        bad = _check(context, load, file, staged)
        parsed = len(staged.rows)
        count = 0 if bad and _skips(load, bad, parsed) else _insert(context, load, staged, bad)
    state = "LOADED" if bad is None else "PARTIALLY_LOADED" if count else "LOAD_FAILED"
    run(
        context.session.connection,
        "insert into sandbox.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [load.table.id, _key(load, file), file.etag, datetime.now(UTC), count, parsed, state,
         bad.message if bad else None, bad.line if bad else None, len(bad.rows) if bad else 0],
    )  # fmt: skip
    limit = parsed if load.on_error == "CONTINUE" else 1
    if bad is None:
        return _shown(load, file), state, parsed, count, limit, 0, None, None, None, None
    table = f'"{load.table.name}"["{bad.column}"]' if bad.column else None
    return _shown(load, file), state, parsed, count, limit, len(bad.rows), bad.message, bad.line, 1, table


def _skips(load: Load, bad: Bad, parsed: int) -> bool:
    """Whether the whole file is left out. Raises where the whole statement fails."""
    mode = load.on_error
    if mode == "ABORT_STATEMENT":
        raise SqlError(bad.code, bad.sqlstate, bad.message)
    if mode == "CONTINUE":
        return False
    limit = mode.removeprefix("SKIP_FILE").removeprefix("_")
    if not limit:
        return True
    if limit.endswith("%") and limit[:-1].isdigit():
        return len(bad.rows) * 100 > int(limit[:-1]) * parsed
    if limit.isdigit():
        return len(bad.rows) >= int(limit)
    raise sqlerror.invalid_value(mode, "ON_ERROR")


def _check(context: Context, load: Load, file: StageFile, staged: Staged) -> Bad | None:
    """What cannot be loaded, before anything is."""
    full = complete(load.format)
    wrong: dict[int, tuple[str, str, int, str]] = {}
    if full["TYPE"] == "CSV" and full["ERROR_ON_COLUMN_COUNT_MISMATCH"]:
        expected = len(load.columns)
        for index, width in enumerate(staged.widths):
            if width != expected:
                wrong[index] = (
                    f"Number of columns in file ({width}) does not match that of the corresponding table "
                    f"({expected}), use file format option error_on_column_count_mismatch=false to ignore this error",
                    "", 100080, "22000",
                )  # fmt: skip
    _check_values(context, load, staged, wrong)
    if not wrong:
        return None
    first = min(wrong)
    text, column, code, sqlstate = wrong[first]
    line = staged.lines[first]
    message = f"{text}\n  File '{file.path}', line {line}, character 1\n  Row {first + 1}"
    if column:
        message += f', column "{load.table.name}"["{column}"]'
    return Bad(message, line, column, frozenset(wrong), code, sqlstate)


def _check_values(context: Context, load: Load, staged: Staged, wrong: dict[int, tuple[str, str, int, str]]) -> None:
    relation = _relation(staged, len(load.columns))
    tests = [(i, column, _test(f'"${i + 1}"', column, load.options)) for i, column in enumerate(load.columns)]
    connection = context.session.connection
    connection.register("copy_source", relation)
    try:
        for i, column, test in tests:
            sql = f'select "row", "${i + 1}" from copy_source where {test} order by 1'
            for index, value in run(connection, sql):
                wrong.setdefault(index, _complaint(column, value))
    finally:
        with suppress(duckdb.Error):  # a failed transaction has taken it along
            connection.unregister("copy_source")


def _test(value: str, column: TableColumn, options: dict[str, Any]) -> str:
    """SQL that is true for a value that the column cannot take."""
    bad = "false"
    if column.type.wire == "TEXT":
        if not options.get("TRUNCATECOLUMNS") and options.get("ENFORCE_LENGTH", True):
            bad = f"length({value}) > {column.type.length}"
    else:
        bad = f"({value} is not null and try_cast({value} as {column.type.stored}) is null)"
    return bad if column.nullable else f"({bad} or {value} is null)"


def _complaint(column: TableColumn, value: str | None) -> tuple[str, str, int, str]:
    if value is None:
        return f"NULL result in a non-nullable column: {column.name}", column.name, 100072, "22000"
    if column.type.wire == "TEXT":
        text = f"User character length limit ({column.type.length}) exceeded by string '{value[:100]}'"
        return text, column.name, 100074, "22000"
    kind = {"FIXED": "Numeric value", "REAL": "Numeric value", "BOOLEAN": "Boolean value", "DATE": "Date"}
    word = kind.get(column.type.wire, "Timestamp")
    return f"{word} '{value[:100]}' is not recognized", column.name, 100038, "22018"


def _relation(staged: Staged, width: int) -> Any:
    import pyarrow as pa

    columns = [pa.array([row[i] if i < len(row) else None for row in staged.rows], pa.string()) for i in range(width)]
    names = [f"${i + 1}" for i in range(width)]
    return pa.Table.from_arrays([*columns, pa.array(range(len(staged.rows)), pa.int64())], names=[*names, "row"])


def _insert(context: Context, load: Load, staged: Staged, bad: Bad | None) -> int:
    import pyarrow as pa

    relation = _relation(staged, len(load.columns))
    if bad:
        relation = relation.filter(pa.array([index not in bad.rows for index in range(len(staged.rows))]))
    cut = load.options.get("TRUNCATECOLUMNS")
    values = ", ".join(
        f'left("${i + 1}", {column.type.length})' if cut and column.type.wire == "TEXT"
        else f'cast("${i + 1}" as {column.type.stored})'
        for i, column in enumerate(load.columns)
    )  # fmt: skip
    names = ", ".join(quoted(column.name) for column in load.columns)
    connection = context.session.connection
    connection.register("copy_source", relation)
    try:
        sql = f'insert into {quoted(load.table.physical)} ({names}) select {values} from copy_source order by "row"'
        return int(run(connection, sql)[0][0])
    finally:
        with suppress(duckdb.Error):  # a failed transaction has taken it along
            connection.unregister("copy_source")


def _transform(context: Context, load: Load, file: StageFile) -> int:
    """COPY INTO t FROM (SELECT $1 … FROM @stage): https://docs.snowflake.com/en/user-guide/data-load-transform"""
    if load.on_error not in ("ABORT_STATEMENT", "SKIP_FILE"):
        raise sqlerror.unsupported("ON_ERROR = CONTINUE with a transformation")
    one = replace(context, staged=lambda _location, _format: read_files([file], load.format))
    prepared = prepare(one, load.query)
    names = ", ".join(quoted(column.name) for column in load.columns)
    sql = f"insert into {quoted(load.table.physical)} ({names}) {prepared.sql}"
    rows = using(context, prepared, lambda: run(context.session.connection, sql, prepared.values))
    return int(rows[0][0])
