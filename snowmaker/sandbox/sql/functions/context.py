"""Context and system functions: https://docs.snowflake.com/en/sql-reference/functions-context"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import explaining, sqlerror
from snowmaker.sandbox.calls import SYSTEM_FUNCTIONS
from snowmaker.sandbox.session_functions import ASKED, VALUES, get_variable, last_query_id
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import NULL, TEXT_OR_NULL, Bound, Unbound, constant
from snowmaker.sandbox.sql.functions.registry import function
from snowmaker.sandbox.sql.nodes import Call


def _value(name: str) -> None:
    @function(name, most=0)
    def bind(binder: Binder, node: Call) -> Bound:
        return _text(VALUES[name](binder.context))


def _text(value: Any) -> Bound:
    return TEXT_OR_NULL if value is None else constant(str(value))


for _name in VALUES:
    _value(_name)


def _question(name: str) -> None:
    @function(name, least=1, most=1)
    def bind(binder: Binder, node: Call) -> Bound:
        return constant(ASKED[name](binder.context, str(_constant(binder, node.arguments[0]))))


for _name in ASKED:
    _question(_name)


@function("LAST_QUERY_ID", most=1)
def _last_query_id(binder: Binder, node: Call) -> Bound:
    position = binder.bind(node.arguments[0]).value if node.arguments else -1
    if not isinstance(position, int):
        raise Unbound("LAST_QUERY_ID of a computed number")
    return _text(last_query_id(binder.context, position))


@function("GETVARIABLE", least=1, most=1)
def _variable(binder: Binder, node: Call) -> Bound:
    return _text(get_variable(binder.context, str(_constant(binder, node.arguments[0]))))


@function("EXPLAIN_PRIVILEGES", most=3)
def _explain_privileges(binder: Binder, node: Call) -> Bound:
    """EXPLAIN_PRIVILEGES(statement => '…' [, missing_only => TRUE] [, for_role => '…'])"""
    names = ("STATEMENT", "MISSING_ONLY", "FOR_ROLE")
    given = {**dict(zip(names, node.arguments, strict=False)), **dict(node.named)}
    if unknown := next((each for each in given if each not in names), None):
        raise sqlerror.invalid_parameter(unknown)
    statement, missing_only, role = (_constant(binder, given[each]) if each in given else None for each in names)
    if statement is None:
        raise sqlerror.invalid_parameter("STATEMENT")
    if binder.context.describe_only:
        return TEXT_OR_NULL
    role = None if role is None or not missing_only else str(role)
    return constant(explaining.explain(binder.context, str(statement), missing_only=bool(missing_only), for_role=role))


def system_function(binder: Binder, node: Call) -> Bound:
    """A SYSTEM$ function runs once, when its statement is bound; its arguments are constants."""
    name = node.function
    found = SYSTEM_FUNCTIONS.get(name)
    if found is None:
        raise Unbound(name)
    if binder.context.describe_only:
        return TEXT_OR_NULL
    arguments = [_constant(binder, each) for each in node.arguments]
    value = found(binder.context, arguments)
    return NULL if value is None else constant(value)


def _constant(binder: Binder, node: nodes.Node) -> Any:
    found = binder.bind(node)
    if found.constant:
        return found.value
    raise Unbound("a computed argument of a system function")
