"""What concerns the session: USE, ALTER SESSION, variables, SHOW PARAMETERS."""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.access import ROLES, WAREHOUSES
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.kinds import like, texts
from snowmaker.sandbox.parameters import PARAMETERS, parameter
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import scalar
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, SUCCESS, USE, Column, Result, status
from snowmaker.sandbox.sqlerror import SqlError


@statement("USE")
def _use(context: Context, parser: Parser) -> Result:
    """USE [DATABASE] name, or USE schema of a two-part name."""
    name = parser.name(2)
    parser.end()
    return _use_schema(context, name) if len(name) == 2 else _use_database(context, name)


@statement("USE", "DATABASE")
def _use_database_statement(context: Context, parser: Parser) -> Result:
    name = parser.name(1)
    parser.end()
    return _use_database(context, name)


@statement("USE", "SCHEMA")
def _use_schema_statement(context: Context, parser: Parser) -> Result:
    name = parser.name(2)
    parser.end()
    return _use_schema(context, name)


def _use_database(context: Context, name: tuple[str, ...]) -> Result:
    try:
        context.session.use_database(context.database(name[0]))
    except SqlError:
        raise sqlerror.cannot_operate() from None
    return status(SUCCESS, USE)


def _use_schema(context: Context, name: tuple[str, ...]) -> Result:
    try:
        context.session.use_schema(context.schema(name))
    except SqlError as error:
        if error.code != 2003:
            raise
        raise sqlerror.cannot_operate() from None
    return status(SUCCESS, USE)


@statement("USE", "ROLE")
def _use_role(context: Context, parser: Parser) -> Result:
    (name,) = parser.name(1)
    parser.end()
    if name not in ROLES:
        raise sqlerror.cannot_operate()
    context.session.role = name
    return status(SUCCESS, USE)


@statement("USE", "WAREHOUSE")
def _use_warehouse(context: Context, parser: Parser) -> Result:
    (name,) = parser.name(1)
    parser.end()
    if name not in WAREHOUSES:
        raise sqlerror.cannot_operate()
    context.session.warehouse = name
    return status(SUCCESS, USE)


@statement("USE", "SECONDARY", "ROLES")
def _use_secondary_roles(context: Context, parser: Parser) -> Result:
    word = parser.choice("ALL", "NONE")
    if word is None:
        names = parser.list_of(parser.identifier)
        if any(name not in ROLES for name in names):
            raise sqlerror.cannot_operate()
        word = ",".join(names)
    parser.end()
    context.session.secondary_roles = word
    return status(SUCCESS, USE)


@statement("ALTER", "SESSION", "SET")
def _set_parameters(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-session"""
    found: dict[str, Any] = {}
    while not found or parser.peek().kind == "word":
        spec = parameter(parser.identifier())
        parser.expect_operator("=")
        value = parser.word_or_string() if parser.peek().kind == "word" else parser.literal()
        found[spec.name] = spec.read(value)
        parser.accept_operator(",")
    parser.end()
    context.host.set_parameters(context.session, found)
    return status(SUCCESS, USE)


@statement("ALTER", "SESSION", "UNSET")
def _unset_parameters(context: Context, parser: Parser) -> Result:
    names = [parameter(each).name for each in parser.list_of(parser.identifier)]
    parser.end()
    context.host.set_parameters(context.session, dict.fromkeys(names))
    return status(SUCCESS, USE)


@statement("SHOW", "PARAMETERS")
def _show_parameters(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-parameters"""
    pattern = like(parser.string()) if parser.accept("LIKE") else None
    if parser.choice("IN", "FOR"):
        word = parser.choice("SESSION", "ACCOUNT")
        if word is None:
            raise sqlerror.unsupported(f"SHOW PARAMETERS IN {parser.peek().value}")
    parser.end()
    rows = []
    for name, spec in PARAMETERS.items():
        if pattern is None or pattern.fullmatch(name):
            value = context.session.parameter(name)
            level = "SESSION" if name in context.session.parameters else ""
            rows.append((name, spec.show(value), spec.show(spec.default), level, "", spec.type))
    return Result(texts("key value default level description type"), rows, type_id=SHOW)


@statement("SET")
def _set(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/session-variables"""
    if parser.accept_operator("("):
        names = parser.items(parser.identifier)
        parser.expect_operator("=")
        parser.expect_operator("(")
        values = parser.items(lambda: scalar(context, parser.expression()))
    else:
        names = (parser.identifier(),)
        parser.expect_operator("=")
        values = (scalar(context, parser.rest()),)
    parser.end()
    if len(names) != len(values):
        raise sqlerror.malformed(f"assignment has {len(names)} variables and {len(values)} values")
    for value in values:
        if isinstance(value, str) and len(value) > 256:
            raise SqlError(1008, "22023", "Assignment to session variable not done because value exceeds size limit.")
    context.session.variables.update(zip(names, values, strict=True))
    return status(SUCCESS)


@statement("UNSET")
def _unset(context: Context, parser: Parser) -> Result:
    names = parser.items(parser.identifier) if parser.accept_operator("(") else (parser.identifier(),)
    parser.end()
    for name in names:
        context.session.variables.pop(name, None)
    return status(SUCCESS)


@statement("SHOW", "VARIABLES")
def _show_variables(context: Context, parser: Parser) -> Result:
    pattern = like(parser.string()) if parser.accept("LIKE") else None
    parser.end()
    now = context.session.now
    rows = [
        (str(context.session.id), now, now, name, _shown(value), "fixed" if isinstance(value, int) else "text", "")
        for name, value in sorted(context.session.variables.items())
        if pattern is None or pattern.fullmatch(name)
    ]
    times = (Column("created_on", TIMESTAMP_LTZ), Column("updated_on", TIMESTAMP_LTZ))
    return Result((Column("session_id"), *times, *texts("name value type comment")), rows, type_id=SHOW)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
