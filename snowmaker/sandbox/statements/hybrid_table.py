"""HYBRID TABLE: https://docs.snowflake.com/en/sql-reference/sql/create-hybrid-table

It is recorded: columns, keys and indexes are kept, and writing to it is refused by name. ALTER, DROP, DESCRIBE and
GRANT are those of tables.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.sandbox import hybrid, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.constraints import FOREIGN, PRIMARY, constraints_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.declarations import declared_on, read_body
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    TERSE,
    if_not_exists,
    listed,
    new,
    number,
    read_filter,
    terse_row,
    texts,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, Result
from snowmaker.sandbox.statements.table import TABLE
from snowmaker.sandbox.tables import row_counts, store

_MADE = replace(TABLE, create="CREATE HYBRID TABLE")
_COLUMNS = (
    CREATED_ON,
    *texts("name database_name schema_name owner"),
    number("rows"),
    number("bytes"),
    *texts("comment owner_role_type"),
)


@statement("CREATE", "HYBRID", "TABLE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = if_not_exists(context, parser)
    name = parser.name()
    for words in ("LIKE", "CLONE", "AS"):
        if parser.at(words):
            raise sqlerror.unsupported(f"CREATE HYBRID TABLE … {words}")
    parser.expect_operator("(")
    indexes: list[hybrid.Index] = []
    body = read_body(context, parser, lambda: _index(parser, indexes))
    options = parser.options({"COMMENT": Parser.string}, "HYBRID TABLE")
    if parser.at("AS"):
        raise sqlerror.unsupported("CREATE HYBRID TABLE … AS")
    parser.end()
    place = context.place(name)
    entry = with_options(new(context, TABLE.name, place.schema.id, place.name), {"HYBRID": True, **options})
    entry = _keyed(context, declared_on(context, entry, body))
    for each in indexes:
        entry = hybrid.with_index(entry, each)
    return store(context, _MADE, name, optional, entry)


def _index(parser: Parser, found: list[hybrid.Index]) -> bool:
    """INDEX name (…) [INCLUDE (…)], which may stand between the columns."""
    if not parser.accept("INDEX"):
        return False
    found.append(hybrid.read_index(parser))
    return True


def _keyed(context: Context, entry: Entry) -> Entry:
    """Checked: a primary key is wanted, and what foreign keys refer to is a hybrid table too."""
    keys = constraints_of(entry)
    if not any(each.kind == PRIMARY for each in keys):
        raise sqlerror.malformed(f"Hybrid table '{entry.name}' must have a primary key.")
    for each in keys:
        hybrid.refuse_types(entry, each.columns)
        referred = context.catalog.get(each.table) if each.kind == FOREIGN else None
        if referred is not None and not referred.get("hybrid"):
            raise sqlerror.malformed(f"A foreign key of a hybrid table cannot refer to the table '{referred.name}'.")
    return entry


@statement("SHOW", "HYBRID", "TABLES")
def _show(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-hybrid-tables"""
    found = _found(context, parser)
    counts = row_counts(context, found)
    return Result(_COLUMNS, [_row(context, each, counts.get(each.id)) for each in found], type_id=SHOW)


@statement("SHOW", "TERSE", "HYBRID", "TABLES")
def _show_terse(context: Context, parser: Parser) -> Result:
    return Result(TERSE, [terse_row(context, each) for each in _found(context, parser)], type_id=SHOW)


def _found(context: Context, parser: Parser) -> list[Entry]:
    wanted = read_filter(context, parser, "SCHEMA")
    return wanted.rows(each for each in listed(context, TABLE, wanted) if each.get("hybrid"))


def _row(context: Context, entry: Entry, rows: int | None) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.created_on, entry.name, database, schema, context.owner(entry), rows, 0, entry.comment,
        context.owner_type(entry),
    )  # fmt: skip
