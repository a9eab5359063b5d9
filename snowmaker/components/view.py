"""Views: https://docs.snowflake.com/en/sql-reference/sql/create-view

A view whose query changes is replaced, which keeps the privileges on it. Unqualified names in a query are taken from
the view's schema.
"""

from __future__ import annotations

from snowmaker import sql
from snowmaker.components import policies, queries
from snowmaker.components.base import Kind, Property, Record, Row, Values
from snowmaker.components.shared import COMMENT, OWNER, SECURE, TAGS
from snowmaker.components.table import COLUMNS
from snowmaker.components.types import Boolean


def _identity(record: Record) -> tuple[str, ...] | None:
    """Plain views only: materialized ones have their own kind, those of INFORMATION_SCHEMA are the account's."""
    database, schema = str(record.get("database_name") or ""), str(record.get("schema_name") or "")
    materialized = str(record.get("is_materialized") or "").lower() in ("true", "y")
    if materialized or not database or schema in ("", "INFORMATION_SCHEMA"):
        return None
    return database, schema, str(record["name"])


def _read(row: Row) -> Values:
    text = str(row.shown.get("text") or "")
    found: Values = {"columns": queries.shown_columns(row, text), "recursive": _is_recursive(text)}
    found |= policies.found_on(row.bulk.get("policies", ()))
    return found


def _is_recursive(text: str) -> bool:
    for token in sql.tokens(text):
        if token.upper in ("RECURSIVE", "VIEW"):
            return token.upper == "RECURSIVE"
    return False


KIND = Kind(
    "VIEW",
    "https://docs.snowflake.com/en/sql-reference/sql/create-view",
    (
        SECURE,
        Property(
            "recursive",
            Boolean(),
            default=False,
            source="own",
            form="RECURSIVE",
            before=True,
            fixed="no ALTER makes it recursive",
        ),
        Property("columns", queries.QueryColumns(), source="own", form="({})", alter=queries.altering),
        *policies.PROPERTIES,
        # a stream switches it on; there is no UNSET
        Property("change_tracking", Boolean(), default=False, optional=True, unset=False),
        COMMENT,
        Property(
            "query",
            queries.Query(),
            column="text",
            short="as",
            form="AS {}",
            required=True,
            fixed="no ALTER gives it another query",
        ),
        TAGS,
        OWNER,
    ),
    between="",
    copies_grants="comment",
    brief="query",
    bulk=(COLUMNS, policies.BULK),
    identity=_identity,
    read=_read,
    notes=queries.notes,
    queries=queries.queries,
    facing=queries.facing,
    warn=queries.warn,
    rebuild=queries.rebuild,
    rebuilt=queries.rebuilt,
    rank=60,
)
