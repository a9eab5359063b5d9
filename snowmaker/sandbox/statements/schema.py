"""SCHEMA: https://docs.snowflake.com/en/sql-reference/sql/create-schema"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    change,
    created,
    exists,
    find,
    new,
    register,
    rename,
    retention,
    texts,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Column, Result, status
from snowmaker.sandbox.statements.database import OPTIONS, renamed_keys, renamed_options


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    current = context.session.schema
    options = [
        text for text, on in (("TRANSIENT", entry.get("transient")), ("MANAGED ACCESS", entry.get("managed"))) if on
    ]
    return (
        entry.created_on, entry.name, "N", "Y" if current and current.id == entry.id else "N",
        context.catalog.by_id(entry.parent).name, entry.owner, entry.comment, ", ".join(options),
        str(retention(context, entry)), "ROLE" if entry.owner else "",
    )  # fmt: skip


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
)
register(SCHEMA)


@statement("CREATE", "SCHEMA")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "TRANSIENT")
    optional = parser.if_not_exists()
    name = parser.name(2)
    if parser.at("CLONE"):
        raise sqlerror.unsupported("CREATE SCHEMA … CLONE")
    managed = parser.accept("WITH", "MANAGED", "ACCESS")
    options = renamed_options(parser.options(OPTIONS, "SCHEMA"))
    parser.end()
    with context.ddl() as ddl:
        if not vacant(context, ddl, SCHEMA, name, optional=optional):
            return exists(name[-1])
        parent, own = where(context, SCHEMA, name)
        entry = with_options(new(context, "SCHEMA", parent, own), options)
        if "TRANSIENT" in context.modifiers or context.catalog.by_id(parent).get("transient"):
            entry = with_options(entry, {"TRANSIENT": True})
        if managed:
            entry = with_options(entry, {"MANAGED": True})
        ddl.put(entry)
    context.session.use_schema(entry)
    return created("SCHEMA", own)


@statement("ALTER", "SCHEMA")
def _alter(context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = parser.name(2)
    if parser.accept("RENAME", "TO"):
        target = parser.name(2)
        parser.end()
        return rename(context, SCHEMA, name, target, optional)
    if parser.accept("SWAP", "WITH"):
        other = parser.name(2)
        parser.end()
        return _swap(context, name, other)
    if word := parser.choice("ENABLE", "DISABLE"):
        parser.expect("MANAGED", "ACCESS")
        parser.end()
        managed = {"MANAGED": word == "ENABLE"}
        return change(context, SCHEMA, name, optional, lambda entry: with_options(entry, managed))
    if parser.accept("SET"):
        options = renamed_options(parser.options(OPTIONS, "SCHEMA"))
        parser.end()
        return change(context, SCHEMA, name, optional, lambda entry: with_options(entry, options))
    if parser.accept("UNSET"):
        keys = renamed_keys(parser.keys(OPTIONS, "SCHEMA"))
        parser.end()
        return change(context, SCHEMA, name, optional, lambda entry: with_options(entry, {}, keys))
    raise sqlerror.unsupported(f"ALTER SCHEMA … {parser.peek().value}")


def _swap(context: Context, name: tuple[str, ...], other: tuple[str, ...]) -> Result:
    with context.ddl() as ddl:
        first, second = find(context, SCHEMA, name), find(context, SCHEMA, other)
        ddl.put(replace(first, name=second.name, parent=second.parent))
        ddl.put(replace(second, name=first.name, parent=first.parent))
    return status(SUCCESS)


@statement("DESCRIBE", "SCHEMA")
def _describe(context: Context, parser: Parser) -> Result:
    name = parser.name(2)
    parser.end()
    entry = find(context, SCHEMA, name)
    rows = [(each.created_on, each.name, each.kind) for each in context.catalog.children(entry.id)]
    return Result((CREATED_ON, Column("name"), Column("kind")), rows, type_id=DESCRIBE)
