"""QUERY_HISTORY() and its like: https://docs.snowflake.com/en/sql-reference/functions/query_history"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.access import Access
from snowmaker.sandbox.arrow import FLAG, NUMBER, TIME, spec, table
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.catalog import ACCOUNT
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.history import Query
from snowmaker.sandbox.secrecy import REDACTED
from snowmaker.sandbox.session import Session

# What takes no time, sends nothing and costs nothing here
_NOTHING = (
    "QUEUED_PROVISIONING_TIME QUEUED_REPAIR_TIME QUEUED_OVERLOAD_TIME TRANSACTION_BLOCKED_TIME "
    "OUTBOUND_DATA_TRANSFER_BYTES INBOUND_DATA_TRANSFER_BYTES LIST_EXTERNAL_FILE_TIME CREDITS_USED_CLOUD_SERVICES "
    "EXTERNAL_FUNCTION_TOTAL_INVOCATIONS EXTERNAL_FUNCTION_TOTAL_SENT_ROWS EXTERNAL_FUNCTION_TOTAL_RECEIVED_ROWS "
    "EXTERNAL_FUNCTION_TOTAL_SENT_BYTES EXTERNAL_FUNCTION_TOTAL_RECEIVED_BYTES"
)
# What the sandbox does not know
_UNKNOWN = (
    "OUTBOUND_DATA_TRANSFER_CLOUD OUTBOUND_DATA_TRANSFER_REGION INBOUND_DATA_TRANSFER_CLOUD "
    "INBOUND_DATA_TRANSFER_REGION RELEASE_VERSION QUERY_HASH QUERY_PARAMETERIZED_HASH"
)
_COLUMNS = spec(
    "QUERY_ID QUERY_TEXT DATABASE_NAME SCHEMA_NAME QUERY_TYPE SESSION_ID USER_NAME ROLE_NAME WAREHOUSE_NAME "
    "WAREHOUSE_SIZE WAREHOUSE_TYPE CLUSTER_NUMBER QUERY_TAG EXECUTION_STATUS ERROR_CODE ERROR_MESSAGE START_TIME "
    "END_TIME TOTAL_ELAPSED_TIME BYTES_SCANNED ROWS_PRODUCED COMPILATION_TIME EXECUTION_TIME "
    f"IS_CLIENT_GENERATED_STATEMENT {_NOTHING} {_UNKNOWN}",
    **dict.fromkeys(_NOTHING.split(), NUMBER),
    SESSION_ID=NUMBER, CLUSTER_NUMBER=NUMBER, START_TIME=TIME, END_TIME=TIME, TOTAL_ELAPSED_TIME=NUMBER,
    BYTES_SCANNED=NUMBER, ROWS_PRODUCED=NUMBER, COMPILATION_TIME=NUMBER, EXECUTION_TIME=NUMBER,
    IS_CLIENT_GENERATED_STATEMENT=FLAG,
)  # fmt: skip
_COMMON = ("END_TIME_RANGE_START", "END_TIME_RANGE_END", "RESULT_LIMIT", "INCLUDE_CLIENT_GENERATED_STATEMENT")
_MOST = 10_000
_SYNTAX = 1003  # the code of what cannot be read

Chosen = Callable[[Query], bool]


@table_function("QUERY_HISTORY")
def _query_history(context: Context, arguments: Arguments) -> Any:
    arguments.only(*_COMMON)
    return _rows(context, arguments, lambda _: True)


@table_function("QUERY_HISTORY_BY_SESSION")
def _by_session(context: Context, arguments: Arguments) -> Any:
    arguments.only("SESSION_ID", *_COMMON)
    session = arguments.get("SESSION_ID")
    wanted = context.session.id if session is None else int(session)
    return _rows(context, arguments, lambda query: query.session_id == wanted)


@table_function("QUERY_HISTORY_BY_USER")
def _by_user(context: Context, arguments: Arguments) -> Any:
    arguments.only("USER_NAME", *_COMMON)
    wanted = str(arguments.get("USER_NAME") or context.session.user)
    return _rows(context, arguments, lambda query: query.user_name == wanted)


@table_function("QUERY_HISTORY_BY_WAREHOUSE")
def _by_warehouse(context: Context, arguments: Arguments) -> Any:
    arguments.only("WAREHOUSE_NAME", *_COMMON)
    wanted = arguments.get("WAREHOUSE_NAME") or context.session.warehouse
    return _rows(context, arguments, lambda query: query.warehouse_name == wanted)


def _rows(context: Context, arguments: Arguments, chosen: Chosen) -> Any:
    """The latest queries that were chosen and may be seen, the newest first."""
    limit = int(arguments.get("RESULT_LIMIT", default=100))
    if not 1 <= limit <= _MOST:
        raise sqlerror.invalid_value(limit, "RESULT_LIMIT")
    start, end = (_moment(arguments.get(name)) for name in _COMMON[:2])
    may_see = visible(context.session, context.access)
    found: list[tuple[Any, ...]] = []
    for query in context.host.history.queries():
        if len(found) == limit:
            break
        ended = _moment(query.end_time)
        if (start and (ended is None or ended < start)) or (end and ended and ended > end):
            continue
        if chosen(query) and may_see(query):
            found.append(_row(query, ended, _text(context, query)))
    return table(_COLUMNS, found)


def visible(session: Session, access: Access) -> Chosen:
    """One's own queries; those of others with MONITOR or OPERATE on their warehouse, or MONITOR on the account."""
    catalog = session.engine.catalog
    everything = access.global_("MONITOR")
    warehouses = {
        each.name for each in catalog.children(ACCOUNT, "WAREHOUSE") if access.holds(each, "MONITOR", "OPERATE")
    }
    user = session.user
    return lambda query: everything or query.user_name == user or query.warehouse_name in warehouses


def _text(context: Context, query: Query) -> str:
    """What others sent and could not be read may hold anything, and is not shown.

    https://docs.snowflake.com/en/release-notes/bcr-bundles/2023_01/bcr-936
    """
    broken = int(query.error_code or 0) == _SYNTAX and query.user_name != context.session.user
    if broken and not context.session.parameter("ENABLE_UNREDACTED_QUERY_SYNTAX_ERROR"):
        return REDACTED
    return query.query_text


def _row(query: Query, ended: datetime | None, text: str) -> tuple[Any, ...]:
    start = datetime.fromisoformat(query.start_time)
    elapsed = int(((ended or datetime.now(UTC)) - start).total_seconds() * 1000)
    return (
        query.query_id, text, query.database_name, query.schema_name, query.query_type, query.session_id,
        query.user_name, query.role_name, query.warehouse_name, None, None, None, query.query_tag,
        query.execution_status, query.error_code, query.error_message, start, ended, elapsed, 0, query.rows_produced,
        0, elapsed, False, *[0] * len(_NOTHING.split()), *[None] * len(_UNKNOWN.split()),
    )  # fmt: skip


def _moment(value: Any) -> datetime | None:
    """A timestamp given as such, or as text."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise sqlerror.invalid_value(value, "END_TIME_RANGE_START") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
