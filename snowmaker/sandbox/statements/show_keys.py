"""SHOW PRIMARY | UNIQUE | IMPORTED | EXPORTED KEYS: https://docs.snowflake.com/en/sql-reference/sql/show-primary-keys"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.constraints import FOREIGN, PRIMARY, UNIQUE, Constraint, constraints_of, referring
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import CREATED_ON, number, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, Result
from snowmaker.sandbox.scopes import relations_in

_KEYS = (
    CREATED_ON,
    *texts("database_name schema_name table_name column_name"),
    number("key_sequence"),
    *texts("constraint_name rely comment"),
)
_FOREIGN = (
    CREATED_ON,
    *texts("pk_database_name pk_schema_name pk_table_name pk_column_name fk_database_name fk_schema_name"),
    *texts("fk_table_name fk_column_name"),
    number("key_sequence"),
    *texts("update_rule delete_rule fk_name pk_name deferrability rely comment"),
)


def _of(kind: str, tables: list[Entry]) -> Iterator[tuple[Entry, Constraint]]:
    for table in tables:
        for each in constraints_of(table):
            if each.kind == kind:
                yield table, each


def _keys(kind: str, context: Context, parser: Parser) -> Result:
    rows = []
    for table, key in _of(kind, relations_in(context, parser, "TABLE")):
        path = context.catalog.path(table)
        for position, column in enumerate(key.columns, 1):
            rows.append((
                datetime.fromisoformat(key.created_on), *path, column, position, key.name, str(key.rely).lower(),
                key.comment or None,
            ))  # fmt: skip
    return Result(_KEYS, rows, type_id=SHOW)


@statement("SHOW", "PRIMARY", "KEYS")
@statement("SHOW", "TERSE", "PRIMARY", "KEYS")
def _primary(context: Context, parser: Parser) -> Result:
    return _keys(PRIMARY, context, parser)


@statement("SHOW", "UNIQUE", "KEYS")
@statement("SHOW", "TERSE", "UNIQUE", "KEYS")
def _unique(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-unique-keys"""
    return _keys(UNIQUE, context, parser)


@statement("SHOW", "IMPORTED", "KEYS")
@statement("SHOW", "TERSE", "IMPORTED", "KEYS")
def _imported(context: Context, parser: Parser) -> Result:
    """The foreign keys of tables: https://docs.snowflake.com/en/sql-reference/sql/show-imported-keys"""
    found = _of(FOREIGN, relations_in(context, parser, "TABLE"))
    return Result(_FOREIGN, [row for table, key in found for row in _foreign(context, table, key)], type_id=SHOW)


@statement("SHOW", "EXPORTED", "KEYS")
@statement("SHOW", "TERSE", "EXPORTED", "KEYS")
def _exported(context: Context, parser: Parser) -> Result:
    """The foreign keys that refer to tables: https://docs.snowflake.com/en/sql-reference/sql/show-exported-keys"""
    access = context.access
    found = [
        (table, key)
        for referred in relations_in(context, parser, "TABLE")
        for table, key in (*referring(context, referred), *_own(referred))
        if access.sees(table)
    ]
    return Result(_FOREIGN, [row for table, key in found for row in _foreign(context, table, key)], type_id=SHOW)


def _own(table: Entry) -> list[tuple[Entry, Constraint]]:
    """The foreign keys of a table that refer to itself."""
    return [(table, each) for each in constraints_of(table) if each.table == table.id]


def _foreign(context: Context, table: Entry, key: Constraint) -> Iterator[tuple[Any, ...]]:
    """One row for each column; nothing where the table that is referred to is gone."""
    referred = context.catalog.get(key.table)
    if referred is None or referred.dropped_on is not None:
        return
    target = next((each for each in constraints_of(referred) if each.is_key and
                   sorted(each.columns) == sorted(key.references)), None)  # fmt: skip
    above, below = context.catalog.path(referred), context.catalog.path(table)
    for position, (column, other) in enumerate(zip(key.columns, key.references, strict=True), 1):
        yield (
            datetime.fromisoformat(key.created_on), *above, other, *below, column, position, key.on_update,
            key.on_delete, key.name, target.name if target else None, "NOT DEFERRABLE", str(key.rely).lower(),
            key.comment or None,
        )  # fmt: skip
