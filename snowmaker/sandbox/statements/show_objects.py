"""SHOW OBJECTS, the tables and views: https://docs.snowflake.com/en/sql-reference/sql/show-objects"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import CREATED_ON, TERSE, number, read_filter, retention, terse_row, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, Result
from snowmaker.sandbox.scopes import seen
from snowmaker.sandbox.tables import KINDS, row_counts

_LISTED = (*KINDS, "VIEW", "MATERIALIZED VIEW")
_COLUMNS = (
    CREATED_ON,
    *texts("name database_name schema_name kind comment cluster_by"),
    number("rows"),
    number("bytes"),
    *texts("owner retention_time owner_role_type budget is_hybrid is_dynamic is_iceberg"),
)


@statement("SHOW", "OBJECTS")
def _show(context: Context, parser: Parser) -> Result:
    entries = _listed(context, parser)
    counts = row_counts(context, entries)
    return Result(_COLUMNS, [_row(context, each, counts.get(each.id)) for each in entries], type_id=SHOW)


@statement("SHOW", "TERSE", "OBJECTS")
def _show_terse(context: Context, parser: Parser) -> Result:
    return Result(TERSE, [terse_row(context, each) for each in _listed(context, parser)], type_id=SHOW)


def _listed(context: Context, parser: Parser) -> list[Entry]:
    wanted = read_filter(context, parser, "SCHEMA")
    found = seen(context, wanted.scopes, *_LISTED)
    return wanted.rows(sorted(found, key=lambda each: each.name))


def _row(context: Context, entry: Entry, rows: int | None) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    kind = "TABLE" if entry.kind in KINDS else entry.kind  # dbt goes by it: here a transient table is a TABLE too
    view = entry.kind in ("VIEW", "MATERIALIZED VIEW")
    yes = {each: "Y" if entry.kind == f"{each} TABLE" else "N" for each in ("DYNAMIC", "ICEBERG")}
    return (
        entry.created_on, entry.name, database, schema, kind, entry.comment, entry.get("cluster_by", ""), rows,
        None if view else 0, context.owner(entry), str(retention(context, entry)), context.owner_type(entry), None,
        "Y" if entry.get("hybrid") else "N", yes["DYNAMIC"], yes["ICEBERG"],
    )  # fmt: skip
