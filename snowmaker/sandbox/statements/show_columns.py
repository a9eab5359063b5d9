"""SHOW COLUMNS: https://docs.snowflake.com/en/sql-reference/sql/show-columns"""

from __future__ import annotations

import json
from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.kinds import MOST_ROWS, like, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, Result
from snowmaker.sandbox.scopes import relations_in
from snowmaker.sandbox.tables import KINDS, default_of

_COLUMNS = texts(
    "table_name schema_name column_name data_type null? default kind expression comment database_name autoincrement "
    "schema_evolution_record"
)
_VIEWS = ("VIEW", "MATERIALIZED VIEW", "STREAM")


@statement("SHOW", "COLUMNS")
@statement("SHOW", "TERSE", "COLUMNS")
def _show(context: Context, parser: Parser) -> Result:
    pattern = like(parser.string()) if parser.accept("LIKE") else None
    relations = relations_in(context, parser, *KINDS, *_VIEWS)
    rows = [
        _row(context, relation, column)
        for relation in relations
        for column in columns_of(relation)
        if pattern is None or pattern.fullmatch(column.name)
    ]
    return Result(_COLUMNS, rows[:MOST_ROWS], type_id=SHOW)


def _row(context: Context, relation: Entry, column: TableColumn) -> tuple[Any, ...]:
    database, schema, name = context.catalog.path(relation)
    default = "" if column.identity else default_of(context, column) or ""
    return (
        name, schema, column.name, type_json(column.type, column.nullable), "true" if column.nullable else "NOT_NULL",
        default, "VIRTUAL_COLUMN" if column.expression else "COLUMN", column.expression, column.comment, database,
        column.identity, None,
    )  # fmt: skip


def type_json(kind: DataType, nullable: bool) -> str:
    """A data type as SHOW COLUMNS writes it."""
    found: dict[str, Any] = {"type": kind.wire}
    if kind.precision is not None:
        found["precision"] = kind.precision
    if kind.scale is not None:
        found["scale"] = kind.scale
    if kind.length is not None:
        most = 16777216 if kind.wire == "TEXT" else kind.length
        found["length"], found["byteLength"] = kind.length, min(kind.length * 4, max(most, kind.length))
    found["nullable"] = nullable
    if kind.length is not None:
        found["fixed"] = kind.wire == "BINARY"
    return json.dumps(found, separators=(",", ":"))
