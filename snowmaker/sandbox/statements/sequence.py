"""SEQUENCE: https://docs.snowflake.com/en/sql-reference/sql/create-sequence"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import quoted
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import run
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    change,
    created,
    exists,
    find,
    new,
    number,
    register,
    rename,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Result


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.name, database, schema, _next(context, entry), entry.get("increment", 1), entry.created_on,
        entry.owner, entry.comment, "ROLE", "Y" if entry.get("ordered") else "N",
    )  # fmt: skip


def _next(context: Context, entry: Entry) -> int:
    sql = "select coalesce(last_value + increment_by, start_value) from duckdb_sequences() where sequence_name = ?"
    return int(run(context.session.connection, sql, [entry.physical])[0][0])


_COLUMNS = (
    *texts("name database_name schema_name"),
    number("next_value"),
    number("interval"),
    CREATED_ON,
    *texts("owner comment owner_role_type ordered"),
)
SEQUENCE = Kind("SEQUENCE", "SEQUENCES", "SCHEMA", _COLUMNS, _row)
register(SEQUENCE)


@statement("CREATE", "SEQUENCE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    name = parser.name()
    parser.accept("WITH")
    options: dict[str, Any] = {"START": 1, "INCREMENT": 1, "ORDERED": False}
    while clause := parser.choice("START", "INCREMENT", "ORDER", "NOORDER", "COMMENT"):
        if clause in ("ORDER", "NOORDER"):
            options["ORDERED"] = clause == "ORDER"
        elif clause == "COMMENT":
            parser.expect_operator("=")
            options["COMMENT"] = parser.string()
        else:
            parser.accept("WITH" if clause == "START" else "BY")
            parser.accept_operator("=")
            options[clause] = parser.integer()
        parser.accept_operator(",")
    parser.end()
    if options["INCREMENT"] == 0:
        raise sqlerror.invalid_value(0, "INCREMENT")
    place = context.place(name)
    with context.ddl() as ddl:
        if not vacant(context, ddl, SEQUENCE, name, optional=optional):
            return exists(place.name)
        entry = ddl.put(with_options(new(context, "SEQUENCE", place.schema.id, place.name), options))
        bounds = "minvalue -9223372036854775808 maxvalue 9223372036854775807"
        ddl.run(
            f"create sequence {quoted(entry.physical)} increment by {options['INCREMENT']} {bounds} "
            f"start with {options['START']}"
        )
    return created("SEQUENCE", place.name)


@statement("ALTER", "SEQUENCE")
def _alter(context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = parser.name()
    if parser.accept("RENAME", "TO"):
        target = parser.name()
        parser.end()
        return rename(context, SEQUENCE, name, target, optional)
    if parser.accept("SET"):
        options = parser.options({"COMMENT": Parser.string}, "SEQUENCE")
        if word := parser.choice("ORDER", "NOORDER"):
            options["ORDERED"] = word == "ORDER"
        if not options:
            raise sqlerror.unsupported(f"ALTER SEQUENCE … SET {parser.peek().value}")
        parser.end()
        return change(context, SEQUENCE, name, optional, lambda entry: with_options(entry, options))
    if parser.accept("UNSET", "COMMENT"):
        parser.end()
        return change(context, SEQUENCE, name, optional, lambda entry: with_options(entry, {}, ("COMMENT",)))
    raise sqlerror.unsupported(f"ALTER SEQUENCE … {parser.peek().value}")


@statement("DESCRIBE", "SEQUENCE")
def _describe(context: Context, parser: Parser) -> Result:
    name = parser.name()
    parser.end()
    return Result(_COLUMNS, [_row(context, find(context, SEQUENCE, name))], type_id=DESCRIBE)
