"""SCHEMA: https://docs.snowflake.com/en/sql-reference/sql/create-schema"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.cloning import clone_container, read_source
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Recipe,
    Target,
    alterable,
    altered,
    create_named,
    find,
    if_not_exists,
    register,
    retention,
    texts,
    with_options,
)
from snowmaker.sandbox.parameters import readers
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Column, Result, status
from snowmaker.sandbox.retaining import checked_retention

OPTIONS = {"COMMENT": Parser.string, **readers("SCHEMA")}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    current = context.session.schema
    options = [
        text for text, on in (("TRANSIENT", entry.get("transient")), ("MANAGED ACCESS", entry.get("managed"))) if on
    ]
    return (
        entry.created_on, entry.name, "N", "Y" if current and current.id == entry.id else "N",
        context.catalog.by_id(entry.parent).name, context.owner(entry), entry.comment, ", ".join(options),
        str(retention(context, entry)), context.owner_type(entry),
    )  # fmt: skip


def _describe(context: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-schema: what is in it."""
    access = context.access
    children = [each for each in context.catalog.children(entry.id) if access.sees(each)]
    rows = [(each.created_on, each.name, each.kind) for each in children]
    return Result((CREATED_ON, Column("name"), Column("kind")), rows, type_id=DESCRIBE)


SCHEMA = Kind(
    "SCHEMA",
    "SCHEMAS",
    "DATABASE",
    (
        CREATED_ON,
        *texts("name is_default is_current database_name owner comment options retention_time owner_role_type"),
    ),
    _row,
    undrop=True,
    alter=("MODIFY",),
    described=("MONITOR",),
    describe=_describe,
)
register(SCHEMA)


def _made(context: Context, entry: Entry) -> Entry:
    """What is in a transient database is transient."""
    if context.catalog.by_id(entry.parent).get("transient"):
        entry = with_options(entry, {"TRANSIENT": True})
    return checked_retention(context, entry)


RECIPE = Recipe(
    SCHEMA,
    OPTIONS,
    ("OR REPLACE", "OR ALTER", "TRANSIENT"),
    _made,
    {"WITH MANAGED ACCESS": ("MANAGED", True)},
)


@statement("CREATE", "SCHEMA")
def _create(context: Context, parser: Parser) -> Result:
    context.allow(*RECIPE.modifiers)
    optional = if_not_exists(context, parser)
    name = parser.name(2)
    if parser.accept("CLONE"):
        source = read_source(context, parser, SCHEMA)
        entry, result = clone_container(context, parser, RECIPE, source, name, optional)
    else:
        entry, result = create_named(context, parser, RECIPE, name, optional)
    if entry is not None:
        context.session.use_schema(entry)
    return result


def _swap(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-schema: OWNERSHIP of both is wanted."""
    other = parser.name(2)
    parser.end()
    with context.ddl() as ddl:
        first, second = (find(context, SCHEMA, each, "OWNERSHIP") for each in (target.name, other))
        ddl.put(replace(first, name=second.name, parent=second.parent))
        ddl.put(replace(second, name=first.name, parent=first.parent))
    return status(SUCCESS)


def _managed(on: bool) -> Any:
    """ENABLE | DISABLE MANAGED ACCESS: https://docs.snowflake.com/en/sql-reference/sql/alter-schema"""

    def clause(context: Context, parser: Parser, target: Target) -> Result:
        parser.end()
        return altered(context, target, lambda entry: with_options(entry, {"MANAGED": on}))

    return clause


alterable(
    SCHEMA,
    OPTIONS,
    {"SWAP WITH": _swap, "ENABLE MANAGED ACCESS": _managed(True), "DISABLE MANAGED ACCESS": _managed(False)},
    made=checked_retention,
)
