"""INDEX, of hybrid tables: https://docs.snowflake.com/en/sql-reference/sql/create-index"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from snowmaker.sandbox import hybrid, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import CREATED_ON, exists, if_not_exists, like, missing, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, Result, status
from snowmaker.sandbox.scopes import relations_in
from snowmaker.sandbox.sqlerror import SqlError

_COLUMNS = (
    CREATED_ON,
    *texts("name is_unique columns included_columns table database_name schema_name owner owner_role_type"),
)


def _hybrid(context: Context, name: tuple[str, ...], *privileges: str) -> Entry:
    """The hybrid table of that name. Raises 002003, 003001, 001203."""
    table = context.find("TABLE", name, *privileges)
    if not table.get("hybrid"):
        raise sqlerror.wrong_kind(table.name, "HYBRID TABLE", "TABLE")
    return table


@statement("CREATE", "INDEX")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = if_not_exists(context, parser)
    name = parser.identifier()
    parser.expect("ON")
    where = parser.name()
    wanted = hybrid.Index(name, *hybrid.read_index_columns(parser))
    parser.end()
    with context.ddl() as ddl:
        table = _hybrid(context, where, OWNERSHIP)
        if any(each.name == name for each in hybrid.own_indexes(table)):
            if optional:
                return exists(name)
            if "OR REPLACE" in context.modifiers:
                table = hybrid.without_index(table, name)
        ddl.put(hybrid.with_index(table, wanted))
    return status(f"Index {name} successfully created.")


@statement("DROP", "INDEX")
def _drop(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/drop-index: the table's name stands before that of the index."""
    optional = parser.if_exists()
    *where, name = parser.name(4)
    parser.end()
    if not where:
        raise sqlerror.malformed(f"The name of an index has its table's before it: <table>.{name}")
    with context.ddl() as ddl:
        try:
            ddl.put(hybrid.without_index(_hybrid(context, tuple(where), OWNERSHIP), name))
        except SqlError as error:
            if optional and missing(error):
                return status(f"Drop statement executed successfully ({name} already dropped).")
            raise
    return status(f"{name} successfully dropped.")


@statement("SHOW", "INDEXES")
def _show(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-indexes: those of keys are among them."""
    pattern = like(parser.string()) if parser.accept("LIKE") else None
    tables = relations_in(context, parser, "TABLE")
    rows = [row for table in tables for row in _rows(context, table) if pattern is None or pattern.fullmatch(row[1])]
    return Result(_COLUMNS, rows, type_id=SHOW)


def _rows(context: Context, table: Entry) -> Iterator[tuple[Any, ...]]:
    if not table.get("hybrid"):
        return
    database, schema = context.catalog.path(table)[:2]
    for each in hybrid.all_indexes(context.catalog, table):
        yield (
            datetime.fromisoformat(each.created_on), each.name, "Y" if each.unique else "N", _listed(each.columns),
            _listed(each.included), table.name, database, schema, context.owner(table), context.owner_type(table),
        )  # fmt: skip


def _listed(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]"
