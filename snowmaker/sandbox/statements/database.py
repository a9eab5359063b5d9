"""DATABASE: https://docs.snowflake.com/en/sql-reference/sql/create-database"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Ddl
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
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Column, Result, status

OPTIONS = {
    "COMMENT": Parser.string,
    "DATA_RETENTION_TIME_IN_DAYS": Parser.integer,
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": Parser.integer,
    "DEFAULT_DDL_COLLATION": Parser.string,
    "LOG_LEVEL": Parser.word_or_string,
    "TRACE_LEVEL": Parser.word_or_string,
}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    current = context.session.database
    return (
        entry.created_on, entry.name, "N", "Y" if current and current.id == entry.id else "N", "",
        entry.owner, entry.comment, "TRANSIENT" if entry.get("transient") else "",
        str(retention(context, entry)), entry.get("type", "STANDARD"), "ROLE" if entry.owner else "",
    )  # fmt: skip


DATABASE = Kind(
    "DATABASE",
    "DATABASES",
    "ACCOUNT",
    (CREATED_ON, *texts("name is_default is_current origin owner comment options retention_time kind owner_role_type")),
    _row,
    undrop=True,
)
register(DATABASE)


def renamed_options(options: dict[str, Any]) -> dict[str, Any]:
    """DATA_RETENTION_TIME_IN_DAYS is kept under a shorter key, since everything inherits it."""
    days = options.pop("DATA_RETENTION_TIME_IN_DAYS", None)
    if days is not None:
        if not 0 <= days <= 90:
            raise sqlerror.invalid_value(days, "DATA_RETENTION_TIME_IN_DAYS")
        options["RETENTION"] = days
    return options


def renamed_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("RETENTION" if key == "DATA_RETENTION_TIME_IN_DAYS" else key for key in keys)


def schemas(context: Context, ddl: Ddl, database: Entry) -> Entry:
    """Every database is born with PUBLIC, which is returned, and INFORMATION_SCHEMA."""
    ddl.put(Entry(context.catalog.new_id(), "SCHEMA", "INFORMATION_SCHEMA", database.id))
    return ddl.put(new(context, "SCHEMA", database.id, "PUBLIC"))


@statement("CREATE", "DATABASE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "TRANSIENT")
    optional = parser.if_not_exists()
    (name,) = parser.name(1)
    if parser.at("CLONE"):
        raise sqlerror.unsupported("CREATE DATABASE … CLONE")
    if parser.at("FROM") or parser.at("AS"):
        raise sqlerror.unsupported("CREATE DATABASE from a share or replica")
    options = renamed_options(parser.options(OPTIONS, "DATABASE"))
    parser.end()
    with context.ddl() as ddl:
        if not vacant(context, ddl, DATABASE, (name,), optional=optional):
            return exists(name)
        entry = with_options(new(context, "DATABASE", ACCOUNT, name), options)
        if "TRANSIENT" in context.modifiers:
            entry = with_options(entry, {"TRANSIENT": True})
        ddl.put(entry)
        public = schemas(context, ddl, entry)
    context.session.database_id, context.session.schema_id = entry.id, public.id
    return created("DATABASE", name)


@statement("ALTER", "DATABASE")
def _alter(context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = parser.name(1)
    if parser.accept("RENAME", "TO"):
        target = parser.name(1)
        parser.end()
        return rename(context, DATABASE, name, target, optional)
    if parser.accept("SWAP", "WITH"):
        other = parser.name(1)
        parser.end()
        return _swap(context, name, other)
    if parser.accept("SET"):
        options = renamed_options(parser.options(OPTIONS, "DATABASE"))
        parser.end()
        return change(context, DATABASE, name, optional, lambda entry: with_options(entry, options))
    if parser.accept("UNSET"):
        keys = renamed_keys(parser.keys(OPTIONS, "DATABASE"))
        parser.end()
        return change(context, DATABASE, name, optional, lambda entry: with_options(entry, {}, keys))
    raise sqlerror.unsupported(f"ALTER DATABASE … {parser.peek().value}")


def _swap(context: Context, name: tuple[str, ...], other: tuple[str, ...]) -> Result:
    with context.ddl() as ddl:
        first, second = find(context, DATABASE, name), find(context, DATABASE, other)
        ddl.put(replace(first, name=second.name))
        ddl.put(replace(second, name=first.name))
    return status("Statement executed successfully.")


@statement("DESCRIBE", "DATABASE")
def _describe(context: Context, parser: Parser) -> Result:
    name = parser.name(1)
    parser.end()
    entry = find(context, DATABASE, name)
    rows = [(each.created_on, each.name, "SCHEMA") for each in context.catalog.children(entry.id, "SCHEMA")]
    return Result((CREATED_ON, Column("name"), Column("kind")), rows, type_id=DESCRIBE)
