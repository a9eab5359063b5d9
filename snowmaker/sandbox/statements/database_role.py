"""DATABASE ROLE: https://docs.snowflake.com/en/sql-reference/sql/create-database-role

Its sentences name it with its database, and call it a role.
"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    alterable,
    change,
    created,
    exists,
    new,
    number,
    read_name,
    read_options,
    register,
    texts,
    there,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import string
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.statements.role import held_by, holding, letter

OPTIONS = {"COMMENT": string}

_COLUMNS = (
    CREATED_ON,
    *texts("name is_default is_current is_inherited"),
    *(number(name) for name in ("granted_to_roles", "granted_to_database_roles", "granted_database_roles")),
    *texts("owner comment owner_role_type"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-database-roles#output"""
    current = context.session.role_id
    inherited = current is not None and entry.id in context.catalog.grants.roles(current)
    return (
        entry.created_on, entry.name, "N", "N", letter(inherited), held_by(context, entry, "ROLE"),
        held_by(context, entry, "DATABASE ROLE"), holding(context, entry, "DATABASE ROLE"), context.owner(entry),
        entry.comment, context.owner_type(entry),
    )  # fmt: skip


DATABASE_ROLE = Kind("DATABASE ROLE", "DATABASE ROLES", "DATABASE", _COLUMNS, _row)
register(DATABASE_ROLE)
alterable(DATABASE_ROLE, OPTIONS)


@statement("CREATE", "DATABASE", "ROLE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER")
    optional = parser.if_not_exists()
    name = read_name(parser, DATABASE_ROLE)
    values = read_options(context, parser, OPTIONS, DATABASE_ROLE)
    parser.end()
    if "OR ALTER" in context.modifiers and there(context, DATABASE_ROLE, name):
        return change(context, DATABASE_ROLE, name, False, lambda entry: with_options(entry, values, OPTIONS))
    parent, own = where(context, DATABASE_ROLE, name)
    full = (context.catalog.by_id(parent).name, own)
    with context.ddl() as ddl:
        if not vacant(context, ddl, DATABASE_ROLE, full, optional=optional):
            return exists(dotted(full))
        ddl.put(with_options(new(context, "DATABASE ROLE", parent, own), values))
    return created("ROLE", dotted(full))
