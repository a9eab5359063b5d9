"""DATABASE: https://docs.snowflake.com/en/sql-reference/sql/create-database"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.cloning import clone_container, read_source
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Recipe,
    Target,
    alterable,
    create_named,
    find,
    if_not_exists,
    new,
    register,
    retention,
    texts,
)
from snowmaker.sandbox.parameters import readers
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Column, Result, status
from snowmaker.sandbox.retaining import checked_retention

OPTIONS = {"COMMENT": Parser.string, **readers("DATABASE")}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    current = context.session.database
    return (
        entry.created_on, entry.name, "N", "Y" if current and current.id == entry.id else "N", "",
        context.owner(entry), entry.comment, "TRANSIENT" if entry.get("transient") else "",
        str(retention(context, entry)), entry.get("type", "STANDARD"), context.owner_type(entry), None,
    )  # fmt: skip


def _describe(context: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-database: its schemas."""
    access = context.access
    schemas = [each for each in context.catalog.children(entry.id, "SCHEMA") if access.sees(each)]
    rows = [(each.created_on, each.name, "SCHEMA") for each in schemas]
    return Result((CREATED_ON, Column("name"), Column("kind")), rows, type_id=DESCRIBE)


DATABASE = Kind(
    "DATABASE",
    "DATABASES",
    "ACCOUNT",
    (
        CREATED_ON,
        *texts("name is_default is_current origin owner comment options retention_time kind owner_role_type"),
        Column("resource_group"),
    ),
    _row,
    undrop=True,
    alter=("MODIFY",),
    described=("MONITOR",),
    describe=_describe,
)
register(DATABASE)


def schemas(context: Context, ddl: Ddl, database: Entry) -> Entry:
    """Every database is born with PUBLIC, which is returned, and INFORMATION_SCHEMA."""
    ddl.put(Entry(context.catalog.new_id(), "SCHEMA", "INFORMATION_SCHEMA", database.id))
    return ddl.put(new(context, "SCHEMA", database.id, "PUBLIC"))


RECIPE = Recipe(
    DATABASE,
    OPTIONS,
    ("OR REPLACE", "OR ALTER", "TRANSIENT"),
    checked_retention,
    born=lambda context, ddl, entry: _born(context, ddl, entry),
)


def _born(context: Context, ddl: Ddl, entry: Entry) -> None:
    schemas(context, ddl, entry)


@statement("CREATE", "DATABASE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow(*RECIPE.modifiers)
    optional = if_not_exists(context, parser)
    name = parser.name(1)
    if parser.accept("CLONE"):
        source = read_source(context, parser, DATABASE)
        entry, result = clone_container(context, parser, RECIPE, source, name, optional)
    elif parser.at("FROM") or parser.at("AS"):
        raise sqlerror.unsupported("CREATE DATABASE from a share, a listing or a replica")
    else:
        entry, result = create_named(context, parser, RECIPE, name, optional)
    if entry is not None:
        context.session.use_database(entry)
    return result


def _swap(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-database: OWNERSHIP of both is wanted."""
    other = parser.name(1)
    parser.end()
    with context.ddl() as ddl:
        first, second = (find(context, DATABASE, each, "OWNERSHIP") for each in (target.name, other))
        ddl.put(replace(first, name=second.name))
        ddl.put(replace(second, name=first.name))
    return status(SUCCESS)


def _replication(context: Context, parser: Parser, target: Target) -> Result:
    raise sqlerror.unsupported("replication and failover of a database")


def _contact(context: Context, parser: Parser, target: Target) -> Result:
    raise sqlerror.unsupported(f"{context.command} … CONTACT")


alterable(
    DATABASE,
    OPTIONS,
    {
        "SWAP WITH": _swap,
        "ENABLE": _replication,
        "DISABLE": _replication,
        "REFRESH": _replication,
        "PRIMARY": _replication,
        "SET CONTACT": _contact,
        "UNSET CONTACT": _contact,
    },
    made=checked_retention,
)
