"""INFORMATION_SCHEMA, as Arrow tables made of the catalog when a query reads them.

https://docs.snowflake.com/en/sql-reference/info-schema
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.engine import run
from snowmaker.sandbox.kinds import retention

if TYPE_CHECKING:
    from snowmaker.sandbox.context import Context

_TEXT, _NUMBER, _TIME, _YES = "text", "number", "time", "yes"
Spec = Sequence[tuple[str, str]]


def _spec(text: str, **types: str) -> Spec:
    return [(name, types.get(name, _TEXT)) for name in text.split()]


_TIMES = {"CREATED": _TIME, "LAST_ALTERED": _TIME, "LAST_DDL": _TIME}
_DATABASES = _spec(
    "DATABASE_NAME DATABASE_OWNER IS_TRANSIENT COMMENT CREATED LAST_ALTERED RETENTION_TIME TYPE OWNER_ROLE_TYPE",
    RETENTION_TIME=_NUMBER, **_TIMES,
)  # fmt: skip
_SCHEMATA = _spec(
    "CATALOG_NAME SCHEMA_NAME SCHEMA_OWNER IS_TRANSIENT IS_MANAGED_ACCESS RETENTION_TIME "
    "DEFAULT_CHARACTER_SET_CATALOG DEFAULT_CHARACTER_SET_SCHEMA DEFAULT_CHARACTER_SET_NAME SQL_PATH CREATED "
    "LAST_ALTERED COMMENT OWNER_ROLE_TYPE",
    RETENTION_TIME=_NUMBER, **_TIMES,
)  # fmt: skip
_TABLES = _spec(
    "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER TABLE_TYPE IS_TRANSIENT CLUSTERING_KEY ROW_COUNT BYTES "
    "RETENTION_TIME CREATED LAST_ALTERED LAST_DDL LAST_DDL_BY AUTO_CLUSTERING_ON COMMENT IS_TEMPORARY",
    ROW_COUNT=_NUMBER, BYTES=_NUMBER, RETENTION_TIME=_NUMBER, **_TIMES,
)  # fmt: skip
_VIEWS = _spec(
    "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER VIEW_DEFINITION CHECK_OPTION IS_UPDATABLE INSERTABLE_INTO "
    "IS_SECURE CREATED LAST_ALTERED LAST_DDL LAST_DDL_BY COMMENT",
    **_TIMES,
)
_COLUMNS = _spec(
    "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION COLUMN_DEFAULT IS_NULLABLE DATA_TYPE "
    "CHARACTER_MAXIMUM_LENGTH CHARACTER_OCTET_LENGTH NUMERIC_PRECISION NUMERIC_PRECISION_RADIX NUMERIC_SCALE "
    "DATETIME_PRECISION COLLATION_NAME IS_IDENTITY COMMENT",
    ORDINAL_POSITION=_NUMBER, CHARACTER_MAXIMUM_LENGTH=_NUMBER, CHARACTER_OCTET_LENGTH=_NUMBER,
    NUMERIC_PRECISION=_NUMBER, NUMERIC_PRECISION_RADIX=_NUMBER, NUMERIC_SCALE=_NUMBER,
    DATETIME_PRECISION=_NUMBER,
)  # fmt: skip
_QUERIES = _spec(
    "QUERY_ID QUERY_TEXT DATABASE_NAME SCHEMA_NAME QUERY_TYPE SESSION_ID USER_NAME ROLE_NAME WAREHOUSE_NAME "
    "QUERY_TAG EXECUTION_STATUS ERROR_CODE ERROR_MESSAGE START_TIME END_TIME TOTAL_ELAPSED_TIME ROWS_PRODUCED",
    SESSION_ID=_NUMBER, START_TIME=_TIME, END_TIME=_TIME, TOTAL_ELAPSED_TIME=_NUMBER, ROWS_PRODUCED=_NUMBER,
)  # fmt: skip


def relation(context: Context, name: tuple[str, ...]) -> Any:
    """The Arrow table of an INFORMATION_SCHEMA view, or None when `name` is of another schema."""
    if len(name) > 1:
        inside = name[-2] == "INFORMATION_SCHEMA"
    else:
        inside = context.session.schema is not None and context.session.schema.name == "INFORMATION_SCHEMA"
    if not inside:
        return None
    database = context.database(name[0]) if len(name) == 3 else context.current_database()
    found = _VIEWS_BY_NAME.get(name[-1])
    if found is None:
        raise sqlerror.unsupported(f"INFORMATION_SCHEMA.{name[-1]}")
    spec, rows = found
    return _table(spec, rows(context, database))


def table_function(context: Context, name: str, arguments: Sequence[Any]) -> Any:
    """The Arrow table of QUERY_HISTORY() or QUERY_HISTORY_BY_SESSION().

    https://docs.snowflake.com/en/sql-reference/functions/query_history
    """
    if name not in ("QUERY_HISTORY", "QUERY_HISTORY_BY_SESSION"):
        raise sqlerror.unsupported(f"INFORMATION_SCHEMA.{name}()")
    given = {each.this.name.upper(): each.expression.name for each in arguments if each.args.get("expression")}
    session = int(given["SESSION_ID"]) if "SESSION_ID" in given else None
    if name == "QUERY_HISTORY_BY_SESSION" and session is None:
        session = context.session.id
    limit = int(given.get("RESULT_LIMIT", 100))
    if not 1 <= limit <= 10_000:
        raise sqlerror.invalid_value(limit, "RESULT_LIMIT")
    rows = []
    for query in context.host.history.queries(session)[:limit]:
        start, end = datetime.fromisoformat(query.start_time), _time(query.end_time)
        rows.append((
            query.query_id, query.query_text, query.database_name, query.schema_name, query.query_type,
            query.session_id, query.user_name, query.role_name, query.warehouse_name, query.query_tag,
            query.execution_status, query.error_code, query.error_message, start, end,
            int(((end or start) - start).total_seconds() * 1000), query.rows_produced,
        ))  # fmt: skip
    return _table(_QUERIES, rows)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _table(spec: Spec, rows: Sequence[Sequence[Any]]) -> Any:
    import pyarrow as pa

    types = {_TEXT: pa.string(), _NUMBER: pa.int64(), _TIME: pa.timestamp("us", "UTC")}
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(spec)
    arrays = [pa.array(values, types[kind]) for values, (_, kind) in zip(columns, spec, strict=True)]
    return pa.Table.from_arrays(arrays, names=[name for name, _ in spec])


def _yes(value: Any) -> str:
    return "YES" if value else "NO"


def _databases(context: Context, _: Entry) -> list[Any]:
    return [
        (each.name, each.owner, _yes(each.get("transient")), each.comment or None, each.created_on, each.created_on,
         retention(context, each), "STANDARD", "ROLE")
        for each in context.catalog.children(ACCOUNT, "DATABASE")
    ]  # fmt: skip


def _schemata(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, each.name, each.owner, _yes(each.get("transient")), _yes(each.get("managed")),
         retention(context, each), None, None, None, None, each.created_on, each.created_on,
         each.comment or None, "ROLE")
        for each in context.catalog.children(database.id, "SCHEMA")
    ]  # fmt: skip


def _relations(context: Context, database: Entry, *kinds: str) -> list[tuple[Entry, Entry]]:
    return [
        (schema, each)
        for schema in context.catalog.children(database.id, "SCHEMA")
        for each in context.catalog.children(schema.id, *kinds)
    ]


def _tables(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, each.owner, "VIEW" if each.kind == "VIEW" else "BASE TABLE",
         _yes(each.get("transient")), each.get("cluster_by"), rows_in(context, each), 0, retention(context, each),
         each.created_on, each.created_on, each.created_on, each.owner, "NO", each.comment or None, "NO")
        for schema, each in _relations(context, database, "TABLE", "VIEW")
    ]  # fmt: skip


def rows_in(context: Context, table: Entry) -> int | None:
    """How many rows a table has; None for a view."""
    if table.kind != "TABLE":
        return None
    return int(run(context.session.connection, f'select count(*) from "{table.physical}"')[0][0])


def _views(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, each.owner, each.get("text"), "NONE", "NO", "NO",
         _yes(each.get("secure")), each.created_on, each.created_on, each.created_on, each.owner,
         each.comment or None)
        for schema, each in _relations(context, database, "VIEW")
    ]  # fmt: skip


def _columns(context: Context, database: Entry) -> list[Any]:
    from snowmaker.sandbox.columns import columns_of

    rows: list[Any] = []
    for schema, each in _relations(context, database, "TABLE", "VIEW"):
        for position, column in enumerate(columns_of(each), 1):
            kind = column.type
            fixed, text = kind.wire == "FIXED", kind.wire in ("TEXT", "BINARY")
            name = {"FIXED": "NUMBER", "REAL": "FLOAT"}.get(kind.wire, kind.wire)
            rows.append((
                database.name, schema.name, each.name, column.name, position, column.default,
                _yes(column.nullable), name, kind.length if text else None,
                min(kind.length * 4, 16777216) if text and kind.length else None,
                kind.precision if fixed else None, 10 if fixed else None, kind.scale if fixed else None,
                kind.scale if kind.wire.startswith("TIME") else None, None, _yes(column.identity),
                column.comment or None,
            ))  # fmt: skip
    return rows


_VIEWS_BY_NAME: dict[str, tuple[Spec, Callable[[Context, Entry], list[Any]]]] = {
    "DATABASES": (_DATABASES, _databases),
    "SCHEMATA": (_SCHEMATA, _schemata),
    "TABLES": (_TABLES, _tables),
    "VIEWS": (_VIEWS, _views),
    "COLUMNS": (_COLUMNS, _columns),
}
