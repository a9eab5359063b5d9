"""VIEW: https://docs.snowflake.com/en/sql-reference/sql/create-view"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, with_columns
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    change,
    created,
    exists,
    new,
    register,
    rename,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import columns_of as query_columns
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.table import described

OPTIONS = {"COMMENT": Parser.string, "CHANGE_TRACKING": Parser.boolean}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.created_on, entry.name, "", database, schema, entry.owner, entry.comment, entry.get("text"),
        "true" if entry.get("secure") else "false", "false", "ROLE",
        "ON" if entry.get("change_tracking") else "OFF",
    )  # fmt: skip


VIEW = Kind(
    "VIEW",
    "VIEWS",
    "SCHEMA",
    (
        CREATED_ON,
        *texts(
            "name reserved database_name schema_name owner comment text is_secure is_materialized "
            "owner_role_type change_tracking"
        ),
    ),
    _row,
)
register(VIEW)


@statement("CREATE", "VIEW")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "SECURE", "RECURSIVE")
    if "RECURSIVE" in context.modifiers:
        raise sqlerror.unsupported("CREATE RECURSIVE VIEW")
    optional = parser.if_not_exists()
    name = parser.name()
    listed = parser.items(lambda: _listed(parser)) if parser.accept_operator("(") else ()
    options: dict[str, Any] = {}
    while not parser.accept("AS"):
        if parser.accept("COPY", "GRANTS"):
            continue
        found = parser.options(OPTIONS, "VIEW")
        if not found:
            raise parser.unexpected()
        options.update(found)
    query = parser.rest()
    place = context.place(name)
    columns = _view_columns(context, listed, query)
    with context.ddl() as ddl:
        if not vacant(context, ddl, VIEW, name, optional=optional):
            return exists(dotted(name[-1:]))
        entry = with_options(new(context, "VIEW", place.schema.id, place.name), options)
        entry = with_options(entry, {"QUERY": query, "TEXT": context.text, "SECURE": "SECURE" in context.modifiers})
        ddl.put(with_columns(entry, columns))
    return created("VIEW", place.name)


def _listed(parser: Parser) -> tuple[str, str]:
    """A column of the list: its name and comment."""
    name = parser.identifier()
    if parser.at("MASKING") or parser.at("WITH") or parser.at("TAG"):
        raise sqlerror.unsupported("policies and tags on a view's columns")
    return name, parser.string() if parser.accept("COMMENT") else ""


def _view_columns(context: Context, listed: tuple[tuple[str, str], ...], query: str) -> list[TableColumn]:
    """Its columns are those of the query when the view is created."""
    found = query_columns(context, query)
    if listed and len(listed) != len(found):
        raise SqlError(
            2025, "42601", f"SQL compilation error:\nInvalid column definition list: {len(listed)} names for "
            f"{len(found)} columns",
        )  # fmt: skip
    names = listed or tuple((column.name, "") for column in found)
    return [
        TableColumn(name, column.type, comment=comment) for (name, comment), column in zip(names, found, strict=True)
    ]


@statement("ALTER", "VIEW")
def _alter(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-view"""
    optional = parser.if_exists()
    name = parser.name()
    if parser.accept("RENAME", "TO"):
        target = parser.name()
        parser.end()
        return rename(context, VIEW, name, target, optional)
    if (word := parser.choice("SET SECURE", "UNSET SECURE")) is not None:
        parser.end()
        secure = {"SECURE": word == "SET SECURE"}
        return change(context, VIEW, name, optional, lambda entry: with_options(entry, secure))
    if parser.accept("SET"):
        options = parser.options(OPTIONS, "VIEW")
        parser.end()
        return change(context, VIEW, name, optional, lambda entry: with_options(entry, options))
    if parser.accept("UNSET"):
        keys = parser.keys(OPTIONS, "VIEW")
        parser.end()
        return change(context, VIEW, name, optional, lambda entry: with_options(entry, {}, keys))
    raise sqlerror.unsupported(f"ALTER VIEW … {parser.peek().value}")


@statement("DESCRIBE", "VIEW")
def _describe(context: Context, parser: Parser) -> Result:
    name = parser.name()
    parser.end()
    return described(context.find("VIEW", name))
