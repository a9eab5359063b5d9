"""COPY_HISTORY(): https://docs.snowflake.com/en/sql-reference/functions/copy_history"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from snowmaker.sandbox import loads, sqlerror
from snowmaker.sandbox.arrow import NUMBER, TIME, spec, table
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.loads import Loaded

_DAYS = 14
_COLUMNS = spec(
    "FILE_NAME STAGE_LOCATION LAST_LOAD_TIME ROW_COUNT ROW_PARSED FILE_SIZE FIRST_ERROR_MESSAGE "
    "FIRST_ERROR_LINE_NUMBER FIRST_ERROR_CHARACTER_POS FIRST_ERROR_COLUMN_NAME ERROR_COUNT ERROR_LIMIT STATUS "
    "TABLE_CATALOG_NAME TABLE_SCHEMA_NAME TABLE_NAME PIPE_CATALOG_NAME PIPE_SCHEMA_NAME PIPE_NAME "
    "PIPE_RECEIVED_TIME FIRST_COMMIT_TIME",
    **dict.fromkeys(("LAST_LOAD_TIME", "PIPE_RECEIVED_TIME", "FIRST_COMMIT_TIME"), TIME),
    **dict.fromkeys(("ROW_COUNT", "ROW_PARSED", "FILE_SIZE", "FIRST_ERROR_LINE_NUMBER", "FIRST_ERROR_CHARACTER_POS",
                     "ERROR_COUNT", "ERROR_LIMIT"), NUMBER),
)  # fmt: skip


@table_function("COPY_HISTORY")
def _copy_history(context: Context, arguments: Arguments) -> Any:
    """What was loaded into a table; with MONITOR on the account, or any privilege on the table."""
    arguments.only("TABLE_NAME", "START_TIME", "END_TIME")
    name, start = arguments.get("TABLE_NAME", 0), arguments.get("START_TIME", 1)
    if not name or start is None:
        raise sqlerror.malformed("COPY_HISTORY wants TABLE_NAME and START_TIME.")
    parser = context.parser(str(name))
    found = context.find("TABLE", parser.name())
    parser.end()
    now = datetime.now(UTC)
    since = max(_moment(start, "START_TIME"), now - timedelta(days=_DAYS))
    until = _moment(arguments.get("END_TIME", 2, now), "END_TIME")
    shown = loads.load_rows(context, found, since, until)
    return table(_COLUMNS, [_row(context, each) for each in shown if _visible(context, each)])


def _visible(context: Context, loaded: Loaded) -> bool:
    """What a pipe has loaded shows to those who may monitor it."""
    pipe, access = loaded.pipe, context.access
    return pipe is None or access.global_("MONITOR") or access.holds(pipe, "MONITOR")


def _row(context: Context, loaded: Loaded) -> tuple[Any, ...]:
    catalog = context.catalog
    pipe = catalog.path(loaded.pipe) if loaded.pipe else (None, None, None)
    return (
        loaded.file, loaded.stage, loaded.loaded_on, loaded.row_count, loaded.row_parsed, loaded.size,
        loaded.first_error, loaded.first_error_line, loaded.first_error_character, loaded.first_error_column,
        loaded.errors, loaded.error_limit, loaded.status, *catalog.path(loaded.table), *pipe,
        loaded.loaded_on if loaded.pipe else None, loaded.loaded_on,
    )  # fmt: skip


def _moment(value: Any, what: str) -> datetime:
    """A timestamp, as such or as text; one without an offset is UTC."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise sqlerror.invalid_value(value, what) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
