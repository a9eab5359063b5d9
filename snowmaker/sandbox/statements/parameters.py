"""ALTER SESSION and SHOW PARAMETERS: https://docs.snowflake.com/en/sql-reference/parameters"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import KINDS, find, like, read_name, texts
from snowmaker.sandbox.levels import effective, of_session
from snowmaker.sandbox.parameters import ALL, PARAMETERS, Parameter, parameter, settable
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, SUCCESS, USE, Result, status

# Kinds that have parameters of their own: https://docs.snowflake.com/en/sql-reference/sql/show-parameters
_KINDS = ("USER", "WAREHOUSE", "DATABASE", "SCHEMA", "TASK", "TABLE", "VIEW", "PIPE", "FUNCTION", "PROCEDURE",
          "STREAM", "DYNAMIC TABLE")  # fmt: skip


@statement("ALTER", "SESSION", "SET")
def _set_parameters(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-session"""
    found: dict[str, Any] = {}
    while not found or parser.peek().kind == "word":
        spec = parameter(parser.identifier())
        parser.expect_operator("=")
        found[spec.name] = spec.parse(parser)
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
    rows = _in(context, parser) if parser.choice("IN", "FOR") else _of_session(context)
    if pattern is None and parser.accept("LIKE"):
        pattern = like(parser.string())
    parser.end()
    shown = [
        (spec.name, spec.show(value), spec.show(spec.default), level, spec.description, spec.type)
        for spec, (value, level) in rows
        if pattern is None or pattern.fullmatch(spec.name)
    ]
    return Result(texts("key value default level description type"), shown, type_id=SHOW)


Values = Iterable[tuple[Parameter, tuple[Any, str]]]


def _of_session(context: Context) -> Values:
    return [(spec, of_session(context.session, name)) for name, spec in PARAMETERS.items()]


def _in(context: Context, parser: Parser) -> Values:
    """What is behind IN or FOR."""
    if parser.accept("SESSION"):
        return _of_session(context)
    if parser.accept("ACCOUNT"):
        return [(spec, effective(context.catalog, None, name)) for name, spec in ALL.items() if _of_account(spec)]
    kind = parser.choice(*_KINDS)
    if kind is None:
        raise parser.unexpected()
    entry = _object(context, parser, kind)
    return [(spec, effective(context.catalog, entry, spec.name)) for spec in settable(kind)]


def _of_account(spec: Parameter) -> bool:
    return "ACCOUNT" in spec.levels


def _object(context: Context, parser: Parser, kind: str) -> Entry:
    """The object, by its name or, for what is current, without one. Any privilege on it will do."""
    if parser.peek().kind == "end" or parser.at("LIKE") or parser.peek().text == ";":
        return _current(context, kind, parser)
    known = KINDS.get(kind)
    if known is None:
        raise sqlerror.unsupported(f"SHOW PARAMETERS IN {kind}")
    name = read_name(parser, known)
    if kind == "TABLE":  # of whatever kind
        there = context.look("RELATION", context.place(name))
        known = KINDS[there.kind] if there is not None and there.kind.endswith(" TABLE") else known
    return find(context, known, name)


def _current(context: Context, kind: str, parser: Parser) -> Entry:
    session = context.session
    if kind == "DATABASE":
        return context.current_database()
    if kind == "SCHEMA":
        return context.current_schema()
    id_ = {"USER": session.user_id, "WAREHOUSE": session.warehouse_id}.get(kind)
    found = context.catalog.get(id_) if id_ is not None else None
    if found is None:
        raise parser.unexpected()
    return found
