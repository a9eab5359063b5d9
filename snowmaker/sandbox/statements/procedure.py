"""PROCEDURE: https://docs.snowflake.com/en/sql-reference/sql/create-procedure

Those in SQL run; those in other languages are recorded.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from snowmaker.sandbox import routines
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import KINDS, Kind, with_options
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import one_of
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.routines import HANDLED, OPTIONS, Change, Definition, read_definition
from snowmaker.sandbox.scripting.parser import script
from snowmaker.sandbox.statements.call import call, read_given

PROCEDURE = Kind("PROCEDURE", "PROCEDURES", "SCHEMA", routines.SHOWN, routines.shown, named=routines.read_reference)
KINDS[PROCEDURE.name] = PROCEDURE

_OWN_OPTIONS = {**OPTIONS, "AUTO_EVENT_LOGGING": one_of("LOGGING", "TRACING", "ALL", "OFF")}
_RIGHTS = ("OWNER", "CALLER", "RESTRICTED CALLER")


@statement("CREATE", "PROCEDURE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER", "TEMPORARY", "SECURE")
    optional = parser.if_not_exists()
    definition = _definition(context, parser, parser.name())
    return routines.create(context, PROCEDURE, definition, optional=optional)


def _definition(context: Context, parser: Parser, name: tuple[str, ...]) -> Definition:
    """What is behind the name; a body in SQL is read, so that its syntax is right."""
    definition = read_definition(context, parser, "PROCEDURE", {**_OWN_OPTIONS, **HANDLED}, name)
    if definition.options["LANGUAGE"] == "SQL":
        script(definition.options["BODY"])
    return definition


@statement("WITH", "PROCEDURE")
def _with(context: Context, parser: Parser) -> Result:
    """A procedure that is made for one CALL: https://docs.snowflake.com/en/sql-reference/sql/call-with"""
    parser.expect("WITH")
    name = parser.identifier()
    parser.expect("AS", "PROCEDURE")
    start = parser.scanner.position
    while not parser.at("CALL") and parser.peek().kind != "end":
        parser.scanner.take()
    behind = parser.peek().start
    inner = context.parser(parser.text[start:behind])
    definition = _definition(context, inner, (name,))
    parser.expect("CALL")
    called = parser.name(1)
    given = read_given(parser)
    parser.end()
    options = {**definition.options, "EXECUTE_AS": "CALLER"}
    entry = with_options(Entry(0, "PROCEDURE", definition.key[-1]), options)
    return call(context, [entry] if called == (name,) else [], called, given)


@statement("ALTER", "PROCEDURE")
def _alter(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-procedure"""
    options = {
        **_OWN_OPTIONS,
        "EXTERNAL_ACCESS_INTEGRATIONS": HANDLED["EXTERNAL_ACCESS_INTEGRATIONS"],
        "SECRETS": HANDLED["SECRETS"],
    }
    rights = {f"EXECUTE AS {each}": partial(_execute_as, each) for each in _RIGHTS}
    return routines.alter(context, parser, PROCEDURE, options, rights)


def _execute_as(rights: str, context: Context, parser: Parser) -> Change:
    return lambda entry: with_options(entry, {"EXECUTE_AS": rights})


@statement("DROP", "PROCEDURE")
def _drop(context: Context, parser: Parser) -> Result:
    return routines.drop(context, parser, PROCEDURE)


@statement("COMMENT", "ON", "PROCEDURE")
def _comment(context: Context, parser: Parser) -> Result:
    return routines.comment(context, parser, PROCEDURE, optional=False)


@statement("COMMENT", "IF", "EXISTS", "ON", "PROCEDURE")
def _comment_if_exists(context: Context, parser: Parser) -> Result:
    return routines.comment(context, parser, PROCEDURE, optional=True)


@statement("SHOW", "PROCEDURES")
def _show(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-procedures; there are none that are built in"""
    return routines.show(context, parser, PROCEDURE)


@statement("SHOW", "USER", "PROCEDURES")
def _show_user(context: Context, parser: Parser) -> Result:
    return routines.show(context, parser, PROCEDURE)


@statement("DESCRIBE", "PROCEDURE")
def _describe(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-procedure"""
    return routines.describe(context, parser, PROCEDURE, _rows)


def _rows(entry: Entry) -> list[tuple[str, Any]]:
    return [
        *routines.described(entry),
        *routines.handling(entry),
        ("execute as", entry.get("execute_as")),
        ("body", entry.get("body")),
        *routines.handler(entry),
    ]
