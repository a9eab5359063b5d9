"""EXECUTE IMMEDIATE: https://docs.snowflake.com/en/sql-reference/sql/execute-immediate"""

from __future__ import annotations

import re
from typing import Any

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import columns_of, scalar
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SELECT, Column, Result
from snowmaker.sandbox.scripting.child import Children
from snowmaker.sandbox.scripting.parser import begins_script
from snowmaker.sandbox.scripting.staged import execute, find, is_template, read, render
from snowmaker.sandbox.scripting.values import typed
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.block import anonymous

_LOCATION = re.compile(r"@(?:\"[^\"]*\"|[^\s;()'\"])+")
_RENDERED = "rendered file contents"


@statement("EXECUTE", "IMMEDIATE")
def _execute(context: Context, parser: Parser) -> Result:
    """The result of the text's one statement."""
    text = _value(context, parser, "USING")
    given: tuple[Any, ...] = ()
    if parser.accept("USING"):
        parser.expect_operator("(")
        given = parser.items(lambda: _value(context, parser))
    parser.end()
    text = "" if text is None else str(text)
    if begins_script(text):
        return anonymous(context, text)
    if context.describe_only:
        return Result(_described(context, text), (), type_id=SELECT)
    with Children(context) as children:
        return children.immediate(text, [typed(each) for each in given])


def _value(context: Context, parser: Parser, *stops: str) -> Any:
    """A constant, session variable or bound value, else an expression of these."""
    start = parser.scanner.position
    try:
        found = parser.literal()
        if parser.peek().kind == "end" or parser.peek().text in (";", ",", ")") or parser.at("USING"):
            return found
    except SqlError:
        if parser.peek().kind == "variable":
            raise
    parser.scanner.position = start
    return scalar(context, parser.expression(*stops))


def _described(context: Context, text: str) -> tuple[Column, ...]:
    parser = Parser(text)
    return columns_of(context, text) if parser.at("SELECT") or parser.at("WITH") else (Column("status"),)


@statement("EXECUTE", "IMMEDIATE", "FROM")
def _execute_from(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/execute-immediate-from"""
    path = parser.raw(_LOCATION) if parser.peek().text == "@" else parser.string()
    variables: dict[str, Any] = {}
    if templated := parser.accept("USING"):
        parser.expect_operator("(")
        variables = dict(parser.items(lambda: _variable(parser)))
    dry = False
    if parser.accept("DRY_RUN"):
        parser.expect_operator("=")
        dry = parser.boolean()
    parser.end()
    script = find(context, path)
    text = read(context, script)
    if templated or is_template(text):
        text = render(context, script, text, variables)
    if dry or context.describe_only:
        return Result((Column(_RENDERED),), () if context.describe_only else ((text,),))
    return execute(context, script, text)


def _variable(parser: Parser) -> tuple[str, Any]:
    """`key => value`; the name is as written, for templates are case-sensitive."""
    token = parser.peek()
    parser.identifier()
    name = token.text if token.kind == "word" else token.value
    parser.expect_operator("=>")
    value = parser.literal()
    if not (value is None or isinstance(value, (str, int, float, bool))):
        raise SqlError(1510, "42601", f"Unable to use value of template variable '{name}'")
    return name, value
