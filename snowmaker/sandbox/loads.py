"""The load history: which files went into which table, when, with what errors.

A file that is in it is not loaded again while it is the same (by its ETag), for 64 days; a pipe has a history of its
own, of 14 days. https://docs.snowflake.com/en/user-guide/data-load-considerations-load#load-metadata
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import run
from snowmaker.sandbox.files import StageFile
from snowmaker.sandbox.loading import Batch, Load, Parsed, column_name, error_limit

TABLE_DAYS = 64
PIPE_DAYS = 14


@dataclass(frozen=True)
class Loaded:
    """One row of the history."""

    table: Entry
    pipe: Entry | None
    file: str
    stage: str
    loaded_on: datetime
    row_count: int
    row_parsed: int
    size: int
    status: str
    errors: int
    error_limit: int
    first_error: str | None
    first_error_line: int | None
    first_error_character: int | None
    first_error_column: str | None


def fresh(context: Context, load: Load, files: Sequence[StageFile]) -> list[StageFile]:
    """Those of the files that are not in the history, or have changed since."""
    days = PIPE_DAYS if load.pipe else TABLE_DAYS
    since = datetime.now(UTC) - timedelta(days=days)
    pipe = load.pipe.id if load.pipe else 0
    connection = context.session.connection
    sql = (
        "select file, etag from sandbox.load_history where table_id = ? and pipe_id = ? and owner = ? "
        "and loaded_on > ? and status <> 'LOAD_FAILED'"
    )
    known = set(run(connection, sql, [load.table.id, pipe, load.place.owner, since]))
    found = [file for file in files if (file.path, file.etag) not in known]
    if load.pipe or load.options.get("LOAD_UNCERTAIN_FILES"):
        return found
    first = run(connection, "select min(loaded_on) from sandbox.load_history where table_id = ?", [load.table.id])
    uncertain = first[0][0] is not None and first[0][0] < since
    return [file for file in found if not (uncertain and file.modified < since)]


def failed_partly(context: Context, load: Load) -> set[str]:
    """Files of which only a part went in: VALIDATION_MODE = RETURN_ALL_ERRORS looks at them again."""
    sql = "select distinct file from sandbox.load_history where table_id = ? and owner = ? and status = ?"
    return {file for (file,) in run(context.session.connection, sql, [load.table.id, load.place.owner,
                                                                      "PARTIALLY_LOADED"])}  # fmt: skip


def record(context: Context, load: Load, batch: Batch, counts: Sequence[int]) -> list[tuple[Any, ...]]:
    """Write files into the history, with their errors; `counts` of their rows went in.

    Returns their rows of the result.
    """
    told = [_told(context, load, parsed, count) for parsed, count in zip(batch.files, counts, strict=True)]
    _insert(context, "load_history", [values for values, _ in told])
    errors = [row for parsed in batch.files for row in error_rows(load, parsed)]
    _insert(context, "load_errors", [(load.table.id, context.query_id, *row) for row in errors])
    return [shown for _, shown in told]


def _told(context: Context, load: Load, parsed: Parsed, count: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What the history, and what the result says of a file."""
    first = parsed.problems[0] if parsed.problems else None
    state = "LOADED" if first is None else "PARTIALLY_LOADED" if count else "LOAD_FAILED"
    line, character = parsed.where(first) if first else (None, None)
    column = column_name(load, first) if first else None
    message = first.message if first else None
    errors, limit = len(parsed.bad), error_limit(load, parsed.count)
    values = (
        load.table.id, load.pipe.id if load.pipe else 0, context.query_id, load.place.owner, parsed.file.path,
        parsed.file.etag, parsed.file.size, shown_stage(load), datetime.now(UTC), count, parsed.count, state, errors,
        limit, message, line, character, column,
    )  # fmt: skip
    name = load.place.prefix + parsed.file.path
    return values, (name, state, parsed.count, count, limit, errors, message, line, character, column)


def _insert(context: Context, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    for start in range(0, len(rows), 100):
        part = rows[start : start + 100]
        marks = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in part)
        run(context.session.connection, f"insert into sandbox.{table} values {marks}", [v for row in part for v in row])


def error_rows(load: Load, parsed: Parsed) -> list[tuple[Any, ...]]:
    """The errors of a file as VALIDATE() tells them."""
    rows: list[tuple[Any, ...]] = []
    for problem in parsed.problems:
        line, character = parsed.where(problem)
        starts = parsed.staged.lines[problem.row] if parsed.staged.lines else line
        before = len(parsed.staged.text[: problem.offset].encode("utf-8", "replace"))
        rows.append((
            problem.message, load.place.prefix + parsed.file.path, line, character, before, problem.category,
            problem.code, problem.sqlstate, column_name(load, problem), problem.row + 1, starts,
            parsed.staged.record(problem.row).encode("utf-8", "replace").decode() if parsed.staged.starts else "",
        ))  # fmt: skip
    return rows


def shown_stage(load: Load) -> str:
    """The location as COPY_HISTORY tells it."""
    return f"@{load.place.name}/{load.place.path}" if load.place.entry is None else f"{load.place.name}/"


def forget(context: Context, table: Entry) -> None:
    """TRUNCATE deletes the load metadata: https://docs.snowflake.com/en/sql-reference/sql/truncate-table"""
    for name in ("load_history", "load_errors"):
        run(context.session.connection, f"delete from sandbox.{name} where table_id = ?", [table.id])


def load_rows(context: Context, table: Entry, since: datetime, until: datetime) -> list[Loaded]:
    """The history of a table between two moments, the latest first: the data of COPY_HISTORY().

    https://docs.snowflake.com/en/sql-reference/functions/copy_history
    """
    sql = (
        "select pipe_id, file, stage, loaded_on, row_count, row_parsed, size, status, errors, error_limit, "
        "first_error, first_error_line, first_error_character, first_error_column from sandbox.load_history "
        "where table_id = ? and loaded_on between ? and ? order by loaded_on desc"
    )
    words = {"LOADED": "Loaded", "PARTIALLY_LOADED": "Partially loaded", "LOAD_FAILED": "Load failed"}
    return [
        Loaded(table, context.catalog.get(pipe) if pipe else None, file, stage, when, count, parsed, size,
               words[status], errors, limit, message, line, character, column)
        for pipe, file, stage, when, count, parsed, size, status, errors, limit, message, line, character, column
        in run(context.session.connection, sql, [table.id, since, until])
    ]  # fmt: skip


def errors_of(context: Context, table: Entry, query_id: str | None) -> list[tuple[Any, ...]]:
    """What one COPY into the table, or the last one, has met: the rows of VALIDATE().

    https://docs.snowflake.com/en/sql-reference/functions/validate
    """
    connection = context.session.connection
    if query_id is None:
        last = run(connection, "select query_id from sandbox.load_history where table_id = ? order by rowid desc "
                   "limit 1", [table.id])  # fmt: skip
        if not last:
            return []
        query_id = str(last[0][0])
    sql = "select * exclude (table_id, query_id) from sandbox.load_errors where table_id = ? and query_id = ?"
    return run(connection, sql, [table.id, query_id])


def last_of_pipe(context: Context, pipe: Entry) -> tuple[str, datetime] | None:
    """The file that a pipe has loaded last, and when."""
    sql = "select file, loaded_on from sandbox.load_history where pipe_id = ? order by loaded_on desc limit 1"
    rows = run(context.session.connection, sql, [pipe.id])
    return (str(rows[0][0]), rows[0][1]) if rows else None
