"""The statements the sandbox knows. Each module here is one family, found by itself.

A module registers handlers by the words they begin with (`@statement("CREATE", "SEQUENCE")`); the longest
match wins. What no module registers is refused by name.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.inforce import in_force
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.quoting import capitals
from snowmaker.sandbox.registry import BLOCK, HANDLERS, Handler
from snowmaker.sandbox.result import DDL, Column, Result
from snowmaker.sandbox.scripting.parser import begins_block, begins_script, makes_procedure
from snowmaker.sandbox.split import pieces
from snowmaker.sandbox.vocabulary import COMMANDS, named

# https://docs.snowflake.com/en/sql-reference/sql/create: words that may stand before the kind
_MODIFIERS = (
    "OR REPLACE", "OR ALTER", "TRANSIENT", "SCOPED", "TEMPORARY", "TEMP", "VOLATILE", "LOCAL", "GLOBAL", "SECURE",
    "RECURSIVE",
)  # fmt: skip
_LONGEST = 8  # words of a command: COMMENT IF EXISTS ON EXTERNAL ACCESS INTEGRATION
_QUERIES = ("SELECT", "WITH", "VALUES")
# Handlers that can tell the columns of a result without doing anything; what else is only described is not run
_DESCRIBED = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "CALL", "EXECUTE", "SHOW", "DESC", "LIST", "LS", "EXPLAIN",
    "PUT", "GET",
)  # fmt: skip


def run(context: Context) -> Result:
    """Run the one statement in `context.text`, under the parameters of its session. Raises SqlError."""
    load()
    with in_force(context.session.parameter):
        return _run(context)


def _run(context: Context) -> Result:
    if context.session.parameter("QUOTED_IDENTIFIERS_IGNORE_CASE"):
        context.text = capitals(context.text)
    script = begins_script if context.nesting.immediate else begins_block
    if script(context.text):
        return HANDLERS[(BLOCK,)](context, context.parser(context.text))
    _single(context.text)
    parser = context.parser(context.text)
    if parser.peek().kind == "end" or (parser.peek().text == ";" and not pieces(context.text)):
        raise sqlerror.empty_statement()
    try:
        handler = _handler(context, parser)
        if _only_described(context):
            return Result((Column("status"),), type_id=DDL)
        return handler(context, parser)
    finally:
        context.session.unlock_writers()


def _only_described(context: Context) -> bool:
    """Whether there is nothing to tell of a statement but its one column; one that is on trial is tried."""
    if not context.describe_only or context.trial is not None:
        return False
    return bool(context.command) and not context.command.startswith(_DESCRIBED)


@cache
def load() -> None:
    """Import every family, which registers what it knows."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def _single(text: str) -> None:
    """Refuse several statements: the runner has cut a request into its own.

    https://docs.snowflake.com/en/developer-guide/sql-api/submitting-multiple-statements
    """
    if ";" in text and (count := len(pieces(text))) > 1:
        raise sqlerror.statement_count(count, 1)


def _handler(context: Context, parser: Parser) -> Handler:
    start = parser.scanner.position
    first = parser.peek()
    if makes_procedure(context.text):
        return HANDLERS[("WITH", "PROCEDURE")]
    if first.text == "(" or (first.kind == "word" and first.value in _QUERIES):
        context.command = "SELECT"
        return HANDLERS[("SELECT",)]
    if first.kind != "word" or first.value not in COMMANDS:
        raise parser.unexpected()
    parser.scanner.take()
    words = [first.value]
    if first.value == "CREATE":
        context.modifiers = _modifiers(parser)
    while len(words) < _LONGEST and (token := parser.peek()).kind == "word":
        words.append(token.value)
        parser.scanner.take()
    shortest = len((named(words) or "").split())  # CREATE DATABASE ROLE is no database called ROLE
    for length in range(len(words), max(shortest, 1) - 1, -1):
        if handler := HANDLERS.get(tuple(words[:length])):
            context.command = " ".join(words[:length])
            _skip(parser, start, context.command, context.modifiers)
            return handler
    raise _refusal(words, parser, start)


def _skip(parser: Parser, start: int, command: str, modifiers: frozenset[str]) -> None:
    """Put the parser behind the words of the command."""
    parser.scanner.position = start
    first, *others = command.split()
    parser.expect(first)
    if first == "CREATE":
        _modifiers(parser)
    parser.expect(*others)


def _modifiers(parser: Parser) -> frozenset[str]:
    found: set[str] = set()
    while (word := parser.choice(*_MODIFIERS)) is not None:
        found.add({"TEMP": "TEMPORARY", "VOLATILE": "TEMPORARY"}.get(word, word))
    return frozenset(found - {"LOCAL", "GLOBAL", "SCOPED"})


def _refusal(words: list[str], parser: Parser, start: int) -> sqlerror.SqlError:
    """What no family knows: refused by its name where Snowflake has it, else a syntax error."""
    if (command := named(words)) is not None:
        return sqlerror.unsupported(command)
    parser.scanner.position = start
    parser.scanner.take()
    if words[0] == "CREATE":
        _modifiers(parser)
    unknown = parser.unexpected()
    parser.scanner.take()
    if parser.accept_operator("."):  # https://docs.snowflake.com/en/sql-reference/snowflake-db-classes
        return sqlerror.unsupported(f"{words[0]} of a class's instance")
    return unknown
