"""Loading of files into a table: what of each file can go in, and what is wrong with the rest.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import duckdb

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.conversion import complaint, convert
from snowmaker.sandbox.delimited import field_offset
from snowmaker.sandbox.documents import as_text, scalar_text
from snowmaker.sandbox.engine import query, run
from snowmaker.sandbox.fileformat import complete, type_of
from snowmaker.sandbox.files import Location, StageFile
from snowmaker.sandbox.query import prepare, using
from snowmaker.sandbox.reading import read_file, relation, text_columns
from snowmaker.sandbox.records import Staged
from snowmaker.sandbox.sql.bound import quoted
from snowmaker.sandbox.sqlerror import SqlError

_SOURCE = "copy_source"
_DOCUMENTS = ("VARIANT", "OBJECT", "ARRAY")
_NOT_OF_ROWS = (2, 904, 1003, 2003, 2057, 2140, 3001)  # what is wrong with the statement, whatever the row
_HINT = (
    "If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or "
    "'CONTINUE' for the ON_ERROR option. For more information on loading options, please run 'info loading_data' in "
    "a SQL client."
)


@dataclass(frozen=True)
class Load:
    """One COPY: into which columns of which table, from where, how. `query` is its transformation."""

    table: Entry
    columns: tuple[TableColumn, ...]
    place: Location
    options: dict[str, Any]
    format: dict[str, Any]
    query: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    pipe: Entry | None = None

    @property
    def on_error(self) -> str:
        return str(self.options.get("ON_ERROR") or ("SKIP_FILE" if self.pipe else "ABORT_STATEMENT"))

    @property
    def by_name(self) -> str:
        found = str(self.options.get("MATCH_BY_COLUMN_NAME", "NONE"))
        return "" if found == "NONE" else found

    @property
    def documents(self) -> bool:
        return type_of(self.format) != "CSV"

    @cached_property
    def full_format(self) -> dict[str, Any]:
        return complete(self.format)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one record. `column` is its number in the table, from 1; 0 for the whole record."""

    row: int
    message: str
    code: int
    sqlstate: str
    category: str
    column: int
    offset: int


@dataclass
class Parsed:
    """A file as it was read, and what is wrong with it. `first` is the number of its first record among all files'."""

    file: StageFile
    staged: Staged
    first: int
    problems: list[Problem] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.staged.rows)

    @property
    def bad(self) -> frozenset[int]:
        return frozenset(problem.row for problem in self.problems)

    def where(self, problem: Problem) -> tuple[int, int]:
        """Line and character of a problem."""
        if not self.staged.text:
            return self.staged.lines[problem.row] if self.staged.lines else 1, 1
        return self.staged.position(problem.offset)

    def start(self, row: int) -> int:
        return self.staged.starts[row] if row < len(self.staged.starts) else 0


@dataclass
class Batch:
    """Files as they may be loaded. `rows` are the values of the columns, and of "row", the number of their record."""

    files: list[Parsed]
    rows: Any = None

    def of(self, row: int) -> tuple[Parsed, int]:
        """The file that a record is in, and its number there."""
        parsed = self.files[bisect_right([each.first for each in self.files], row) - 1]
        return parsed, row - parsed.first


def examine(context: Context, load: Load, files: Sequence[StageFile]) -> Batch:
    """Read files, and find out what of them can be loaded. Nothing is changed."""
    batch, total = Batch([]), 0
    for file in files:
        staged = read_file(file, load.full_format)
        faults = [
            Problem(row, fault.message, fault.code, fault.sqlstate, fault.category, fault.column, fault.offset)
            for row, fault in staged.faults.items()
        ]
        batch.files.append(Parsed(file, staged, total, faults))
        total += len(staged.rows)
    if load.query:
        _transform(context, load, batch)
    else:
        _plain(context, load, batch)
    for parsed in batch.files:
        parsed.problems.sort(key=lambda problem: problem.row)
    return batch


def _good(batch: Batch) -> list[int]:
    """The records that have no problem so far."""
    bad = {parsed.first + problem.row for parsed in batch.files for problem in parsed.problems}
    total = sum(parsed.count for parsed in batch.files)
    return [row for row in range(total) if row not in bad] if bad else list(range(total))


# -- rows as they are in the files ---------------------------------------------------------------------


def _plain(context: Context, load: Load, batch: Batch) -> None:
    import pyarrow as pa

    width = len(load.columns)
    parts = [_named_columns(load, parsed) if load.by_name else _columns(load, parsed) for parsed in batch.files]
    columns = [pa.chunked_array([part[i] for part in parts], pa.string()) for i in range(width)]
    numbers = pa.array(range(sum(parsed.count for parsed in batch.files)), pa.int64())
    source = pa.Table.from_arrays([*columns, numbers], names=[*(f"c{i + 1}" for i in range(width)), "row"])
    good = _good(batch)
    if len(good) < source.num_rows:
        source = source.take(pa.array(good, pa.int64()))
    _convert(context, load, batch, source, ["VARCHAR"] * width)


def _columns(load: Load, parsed: Parsed) -> list[Any]:
    if not load.documents:
        _count_columns(load, parsed, len(load.columns))
    return text_columns(parsed.staged, len(load.columns))


def _count_columns(load: Load, parsed: Parsed, expected: int) -> None:
    if not load.full_format["ERROR_ON_COLUMN_COUNT_MISMATCH"]:
        return
    for index, row in enumerate(parsed.staged.rows):
        if len(row) != expected and index not in parsed.staged.faults:
            message = (
                f"Number of columns in file ({len(row)}) does not match that of the corresponding table ({expected}), "
                "use file format option error_on_column_count_mismatch=false to ignore this error"
            )
            parsed.problems.append(
                Problem(index, message, 100080, "22000", "parsing", -len(row), parsed.start(index))
            )  # fmt: skip


def _named_columns(load: Load, parsed: Parsed) -> list[Any]:
    """MATCH_BY_COLUMN_NAME: members of a document, or fields below a header, by the names of the columns."""
    import pyarrow as pa

    staged = parsed.staged
    same: Callable[[str], str] = str.upper if load.by_name == "CASE_INSENSITIVE" else str
    if load.documents:
        rows = [_members(row[0], load.columns, same) for row in staged.rows]
        found = [pa.array([row[i] for row in rows], pa.string()) for i in range(len(load.columns))]
    else:
        _count_columns(load, parsed, len(staged.names))
        there = text_columns(staged, len(staged.names))
        at = {same(name): number for number, name in reversed(list(enumerate(staged.names)))}
        places = [at.get(same(column.name)) for column in load.columns]
        found = [pa.nulls(len(staged.rows), pa.string()) if place is None else there[place] for place in places]
    metadata = dict(load.metadata)
    facts = relation([(parsed.file, staged)], load.documents) if metadata else None
    for number, column in enumerate(load.columns):
        if column.name in metadata and facts is not None:
            values = facts.column(metadata[column.name]).to_pylist()
            found[number] = pa.array([None if value is None else str(value) for value in values], pa.string())
    return found


def _members(value: Any, columns: Sequence[TableColumn], same: Callable[[str], str]) -> list[str | None]:
    found = {same(key): each for key, each in reversed(value.items())} if isinstance(value, dict) else {}
    return [
        (as_text if column.type.wire in _DOCUMENTS else scalar_text)(found.get(same(column.name)))
        for column in columns
    ]  # fmt: skip


# -- rows as a query makes them ------------------------------------------------------------------------


def _transform(context: Context, load: Load, batch: Batch) -> None:
    """COPY INTO t FROM (SELECT $1 … FROM @stage): https://docs.snowflake.com/en/user-guide/data-load-transform"""
    import pyarrow as pa

    whole = relation([(parsed.file, parsed.staged) for parsed in batch.files], load.documents)
    parts = list(_transformed(context, load, batch, whole, _good(batch)))
    if parts:
        _convert(context, load, batch, pa.concat_tables([table for table, _ in parts]), parts[-1][1])


def _transformed(
    context: Context, load: Load, batch: Batch, whole: Any, good: Sequence[int]
) -> Iterator[tuple[Any, list[str]]]:
    """The query's rows for some records; where it fails, halves are tried, down to the record that is at fault."""
    if not good and whole.num_rows:
        return
    try:
        yield _select(context, load, whole, good)
    except SqlError as error:
        if error.code in _NOT_OF_ROWS:
            raise
        if len(good) <= 1 or load.on_error == "ABORT_STATEMENT":
            parsed, row = batch.of(good[0] if good else 0)
            parsed.problems.append(
                Problem(row, error.message, error.code, error.sqlstate, "conversion", 0, parsed.start(row))
            )  # fmt: skip
            return
        middle = len(good) // 2
        yield from _transformed(context, load, batch, whole, good[:middle])
        yield from _transformed(context, load, batch, whole, good[middle:])


def _select(context: Context, load: Load, whole: Any, good: Sequence[int]) -> tuple[Any, list[str]]:
    import pyarrow as pa

    source = whole.take(pa.array(good, pa.int64())) if len(good) < whole.num_rows else whole
    prepared = prepare(replace(context, staged=lambda *_: source, binds=()), load.query)
    connection = context.session.connection
    table, names, types = using(context, prepared, lambda: query(connection, prepared.sql, prepared.values))
    if len(names) != len(load.columns):
        raise sqlerror.SqlError(
            2057, "42601", "SQL compilation error:\nInsert value list does not match column list expecting "
            f"{len(load.columns)} but got {len(names)}",
        )  # fmt: skip
    rows = good if table.num_rows == len(good) else [good[0]] * table.num_rows
    arrays = [table.column(i) for i in range(len(names))]
    named = [f"c{i + 1}" for i in range(len(names))]
    return pa.Table.from_arrays([*arrays, pa.array(rows, pa.int64())], names=[*named, "row"]), types


# -- values --------------------------------------------------------------------------------------------


def _convert(context: Context, load: Load, batch: Batch, source: Any, types: Sequence[str]) -> None:
    """Keep the rows whose every value fits its column; the others are problems."""
    enforce = bool(load.options.get("ENFORCE_LENGTH", True))
    cut = bool(load.options.get("TRUNCATECOLUMNS", False))
    texts = [
        _text(f'"c{n}"', kind, column) for n, (column, kind) in enumerate(zip(load.columns, types, strict=True), 1)
    ]
    conversions = [
        convert(text, column, load.full_format, enforce=enforce, cut=cut)
        for text, column in zip(texts, load.columns, strict=True)
    ]
    values = ", ".join(f'{each.value} as "c{n}"' for n, each in enumerate(conversions, 1))
    flags = ", ".join(f'{each.bad} as "b{n}"' for n, each in enumerate(conversions, 1))
    connection = context.session.connection
    connection.register(_SOURCE, source)
    try:
        found, _, _ = query(connection, f'select {values}, "row", {flags} from {_SOURCE}')
        for row, number in _first_bad(found, len(conversions)):
            text = run(connection, f'select {texts[number - 1]} from {_SOURCE} where "row" = {row}')[0][0]
            parsed, own = batch.of(row)
            parsed.problems.append(_problem(load, parsed, own, number, text))
        batch.rows = found.select(range(len(conversions) + 1))
    finally:
        with suppress(duckdb.Error):  # a failed transaction has taken it along
            connection.unregister(_SOURCE)


def _first_bad(table: Any, width: int) -> Iterator[tuple[int, int]]:
    """The records with a bad value, and the number of the first column that has one."""
    import pyarrow.compute as pc

    found: dict[int, int] = {}
    numbers = table.column(width)
    for number in range(1, width + 1):
        flags = table.column(width + number)
        if pc.any(flags).as_py():
            for row in numbers.filter(flags).to_pylist():
                found.setdefault(row, number)
    yield from sorted(found.items())


def _text(value: str, kind: str, column: TableColumn) -> str:
    """A column of the source as text. What is JSON loses its quotes, unless the target keeps JSON."""
    if kind == "VARCHAR":
        return value
    if kind == "JSON":
        return f"cast({value} as varchar)" if column.type.wire in _DOCUMENTS else f"({value} ->> '$')"
    return f"cast({value} as varchar)"


def _problem(load: Load, parsed: Parsed, row: int, number: int, text: str | None) -> Problem:
    message, code, sqlstate = complaint(load.columns[number - 1], text)
    if load.query or load.documents or load.by_name:
        offset = parsed.start(row)
    else:
        offset = field_offset(parsed.staged, row, number, load.full_format)
    return Problem(row, message, code, sqlstate, "conversion", number, offset)


# -- what is done about it -----------------------------------------------------------------------------


def skips(load: Load, parsed: Parsed) -> bool:
    """Whether the whole file is left out. Raises where the whole statement fails."""
    if not parsed.problems:
        return False
    mode = load.on_error
    if mode == "ABORT_STATEMENT":
        raise failure(load, parsed)
    if mode == "CONTINUE":
        return False
    limit = mode.removeprefix("SKIP_FILE").removeprefix("_")
    if not limit:
        return True
    if limit.endswith("%"):
        return len(parsed.bad) * 100 > int(limit[:-1]) * parsed.count
    return len(parsed.bad) >= int(limit)


def error_limit(load: Load, count: int) -> int:
    """After how many errors a file of `count` records is given up: the column error_limit."""
    mode = load.on_error
    if mode == "CONTINUE":
        return count
    limit = mode.removeprefix("SKIP_FILE").removeprefix("_")
    if limit.endswith("%"):
        return int(limit[:-1]) * count // 100
    return int(limit) if limit.isdigit() else 1


def failure(load: Load, parsed: Parsed) -> SqlError:
    """The error of the statement: the first problem, and where it is."""
    problem = parsed.problems[0]
    line, character = parsed.where(problem)
    starts = parsed.staged.lines[problem.row] if parsed.staged.lines else line
    row = f"Row {problem.row + 1}" + (f" starts at line {starts}" if starts != line else "")
    column = column_name(load, problem)
    lines = (
        problem.message,
        f"  File '{parsed.file.path}', line {line}, character {character}",
        f"  {row}, column {column}" if column else f"  {row}",
        f"  {_HINT}",
    )
    return SqlError(problem.code, problem.sqlstate, "\n".join(lines))


def column_name(load: Load, problem: Problem) -> str | None:
    """A column as error reports write it: `"T"["A":1]`, or its number where the table has none of that number."""
    if problem.column == 0:
        return None
    number = abs(problem.column)
    if 0 < problem.column <= len(load.columns):
        return f'"{load.table.name}"["{load.columns[number - 1].name}":{number}]'
    return f'"{load.table.name}"[{number}]'


def insert(context: Context, load: Load, batch: Batch, skipped: Sequence[bool]) -> list[int]:
    """Put the good rows of the files that are not skipped into the table. Returns how many of each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    counts = [0 if skip else parsed.count - len(parsed.bad) for parsed, skip in zip(batch.files, skipped, strict=True)]
    if batch.rows is None or not sum(counts):
        return [0] * len(counts)
    out = [
        parsed.first + row
        for parsed, skip in zip(batch.files, skipped, strict=True)
        for row in (range(parsed.count) if skip else parsed.bad)
    ]
    rows = batch.rows
    if out:
        rows = rows.filter(pc.invert(pc.is_in(rows.column("row"), pa.array(out, pa.int64()))))
    targets = [(n, column) for n, column in enumerate(load.columns, 1) if not (load.by_name and column.identity)]
    values = ", ".join(f'"c{n}"' for n, _ in targets)
    names = ", ".join(quoted(column.physical) for _, column in targets)
    connection = context.session.connection
    connection.register(_SOURCE, rows)
    try:
        sql = f'insert into {quoted(load.table.physical)} ({names}) select {values} from {_SOURCE} order by "row"'
        run(connection, sql)
    finally:
        with suppress(duckdb.Error):  # a failed transaction has taken it along
            connection.unregister(_SOURCE)
    return counts
