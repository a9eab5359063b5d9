"""What concerns the session: USE, ALTER SESSION, variables, SHOW PARAMETERS."""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.kinds import like, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import scalar, select
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
    """https://docs.snowflake.com/en/sql-reference/sql/use-role: one of the user's, or below one of these."""
    (name,) = parser.name(1)
    parser.end()
    context.session.role_id = _role(context, name).id
    return status(SUCCESS, USE)


def _role(context: Context, name: str) -> Entry:
    """The role of that name, if the user has it. Raises 002043 where there is none, 003013 where it is another's."""
    session = context.session
    found = context.catalog.find("ROLE", ACCOUNT, name)
    if found is None:
        raise sqlerror.cannot_operate()
    if not any(found.id in context.catalog.grants.roles(id_) for id_ in session.available_ids):
        raise SqlError(
            3013, "42501", f"SQL access control error:\nRequested role '{name}' is not assigned to the executing user. "
            "Specify another role to activate.",
        )  # fmt: skip
    return found


@statement("USE", "WAREHOUSE")
def _use_warehouse(context: Context, parser: Parser) -> Result:
    (name,) = parser.name(1)
    parser.end()
    found = context.catalog.find("WAREHOUSE", ACCOUNT, name)
    if found is None or not context.access.holds(found, "USAGE"):
        raise sqlerror.cannot_operate()
    context.session.warehouse_id = found.id
    return status(SUCCESS, USE)


@statement("USE", "SECONDARY", "ROLES")
def _use_secondary_roles(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/use-secondary-roles"""
    word = parser.choice("ALL", "NONE")
    names = () if word else parser.list_of(parser.identifier)
    parser.end()
    context.session.secondary_roles = word or tuple(_role(context, name).id for name in names)
    return status(SUCCESS, USE)


@statement("SET")
def _set(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/session-variables"""
    if parser.accept_operator("("):
        names = parser.items(parser.identifier)
        parser.expect_operator("=")
        values = _several(context, parser)
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


def _several(context: Context, parser: Parser) -> tuple[Any, ...]:
    """`(1, 'x')`, or `(SELECT …)` of one row."""
    start = parser.scanner.position
    parser.expect_operator("(")
    if not (parser.at("SELECT") or parser.at("WITH")):
        return parser.items(lambda: scalar(context, parser.expression()))
    parser.scanner.position = start
    rows = select(context, parser.bracketed()).table.to_pylist()
    if len(rows) != 1:
        raise SqlError(90150, "22000", "Single-row subquery returns more than one row.")
    return tuple(rows[0].values())


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
