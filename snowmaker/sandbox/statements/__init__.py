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
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import HANDLERS, Handler
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.tokens import Scanner

# https://docs.snowflake.com/en/sql-reference/sql/create: words that may stand before the kind
_MODIFIERS = (
    "OR REPLACE", "OR ALTER", "TRANSIENT", "TEMPORARY", "TEMP", "VOLATILE", "LOCAL", "GLOBAL", "SECURE",
    "RECURSIVE", "HYBRID", "DYNAMIC", "EXTERNAL", "ICEBERG", "EVENT", "MATERIALIZED", "INTERACTIVE",
)  # fmt: skip
_REFUSED_MODIFIERS = ("HYBRID", "DYNAMIC", "EXTERNAL", "ICEBERG", "EVENT", "MATERIALIZED", "INTERACTIVE")

# First words of Snowflake's commands, and of its kinds of object, that are refused as what they are:
# https://docs.snowflake.com/en/sql-reference/sql-all
_COMMANDS = frozenset((
    "ALTER", "BEGIN", "CALL", "COMMENT", "COMMIT", "COPY", "CREATE", "DECLARE", "DELETE", "DESC", "DESCRIBE",
    "DROP", "EXECUTE", "EXPLAIN", "GET", "GRANT", "INSERT", "LIST", "LS", "MERGE", "PUT", "REMOVE", "RM", "REVOKE",
    "ROLLBACK", "SET", "SHOW", "TRUNCATE", "UNDROP", "UNSET", "UPDATE", "USE",
))  # fmt: skip
_QUERIES = ("SELECT", "WITH", "VALUES")


def run(context: Context, wanted: int = 1) -> Result:
    """Run the one statement in `context.text`. Raises SqlError."""
    _load()
    _count(context.text, wanted)
    parser = context.parser(context.text)
    if parser.peek().kind == "end":
        raise sqlerror.empty_statement()
    return _handler(context, parser)(context, parser)


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def _count(text: str, wanted: int) -> None:
    """One request holds one statement.

    https://docs.snowflake.com/en/developer-guide/sql-api/submitting-multiple-statements
    """
    scanner = Scanner(text)
    first = scanner.peek()
    if first.kind == "word" and first.value == "DECLARE":
        raise sqlerror.unsupported("Snowflake Scripting")
    if first.kind == "word" and first.value == "BEGIN":
        _refuse_block(text)
    if ";" not in text or (first.kind == "word" and first.value in ("PUT", "GET")):
        return
    statements, inside = 0, False
    while (token := scanner.take()).kind != "end":
        if token.text == ";":
            inside = False
        elif not inside:
            statements, inside = statements + 1, True
    if statements > 1 and wanted != 1:
        raise sqlerror.unsupported("several statements in one request")
    if statements > 1:
        raise sqlerror.statement_count(statements, wanted)


def _refuse_block(text: str) -> None:
    parser = Parser(text)
    parser.expect("BEGIN")
    if (
        parser.peek().kind != "end"
        and not parser.choice("TRANSACTION", "WORK", "NAME", "")
        and (parser.peek().text != ";")
    ):
        raise sqlerror.unsupported("Snowflake Scripting")


def _handler(context: Context, parser: Parser) -> Handler:
    start = parser.scanner.position
    first = parser.peek()
    if first.text == "(" or (first.kind == "word" and first.value in _QUERIES):
        context.command = "SELECT"
        return HANDLERS[("SELECT",)]
    if first.kind != "word" or first.value not in _COMMANDS:
        raise parser.unexpected()
    parser.scanner.take()
    words = [first.value]
    if first.value == "CREATE":
        context.modifiers = _modifiers(parser)
    while len(words) < 4 and (token := parser.peek()).kind == "word":
        words.append(token.value)
        parser.scanner.take()
    for length in range(len(words), 0, -1):
        if handler := HANDLERS.get(tuple(words[:length])):
            context.command = " ".join(words[:length])
            _skip(parser, start, context.command, context.modifiers)
            return handler
    raise _refusal(words, parser)


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
    for word in _REFUSED_MODIFIERS:
        if word in found:
            raise sqlerror.unsupported(f"CREATE {word} {parser.peek().value}")
    return frozenset(found - {"LOCAL", "GLOBAL"})


def _refusal(words: list[str], parser: Parser) -> sqlerror.SqlError:
    if len(words) == 1 and words[0] in ("CREATE", "ALTER", "DROP", "SHOW", "UNDROP"):
        return parser.unexpected()
    long = {("FILE",), ("MASKING",), ("ROW",), ("NETWORK",), ("RESOURCE",), ("SESSION",), ("PASSWORD",)}
    size = 3 if tuple(words[1:2]) in long else 2
    return sqlerror.unsupported(" ".join(words[:size]))
