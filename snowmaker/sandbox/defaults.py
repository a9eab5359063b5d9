"""A column's DEFAULT in the words in which Snowflake gives it back: CAST(CURRENT_TIMESTAMP() AS TIMESTAMP_NTZ(9)).

Snowflake keeps what it has understood, not what was written, so DESCRIBE TABLE and GET_DDL have other words than
CREATE TABLE had. Known from the field: https://github.com/littleK0i/SnowDDL/issues/334
"""

from __future__ import annotations

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.sqlerror import SqlError

_NOW = "CURRENT_TIMESTAMP()"
_BARE = frozenset(("CURRENT_DATE", "CURRENT_TIME", "CURRENT_USER"))  # functions that ANSI wants without brackets
_ALIASES = {"CURRENT_TIMESTAMP": _NOW, "LOCALTIMESTAMP": _NOW, "LOCALTIME": "CURRENT_TIME()"}
_SYNONYMS = {
    "GETDATE": _NOW,
    "SYSTIMESTAMP": _NOW,
    "SYSDATE": f"CAST(CONVERT_TIMEZONE('UTC', CAST({_NOW} AS TIMESTAMP_TZ(9))) AS TIMESTAMP_NTZ(9))",
}


def canonical(text: str) -> str:
    """The expression as Snowflake writes it; as it was written, where it is none of constants, casts and calls."""
    parser = Parser(text)
    try:
        found = _cast(parser)
        parser.end()
    except SqlError:
        return text
    return text if found is None else found


def _cast(parser: Parser) -> str | None:
    """`value::type::type`"""
    found = _value(parser)
    while found is not None and parser.accept_operator("::"):
        found = f"CAST({found} AS {parser.data_type()})"
    return found


def _value(parser: Parser) -> str | None:
    """A constant or a call; None for anything else."""
    if parser.accept("CAST"):
        return _written_cast(parser)
    token = parser.scanner.take()
    if token.kind in ("string", "number"):
        return token.text
    if token.kind != "word":
        return None
    if token.value in ("TRUE", "FALSE", "NULL"):
        return token.value
    if parser.peek().text == "(":
        return _call(parser, token.value)
    return f"{token.value}()" if token.value in _BARE else _ALIASES.get(token.value)


def _written_cast(parser: Parser) -> str | None:
    parser.expect_operator("(")
    operand = _cast(parser)
    parser.expect("AS")
    kind = parser.data_type()
    parser.expect_operator(")")
    return None if operand is None else f"CAST({operand} AS {kind})"


def _call(parser: Parser, name: str) -> str | None:
    parser.expect_operator("(")
    if parser.accept_operator(")"):
        return _SYNONYMS.get(name) or _ALIASES.get(name) or f"{name}()"
    arguments = parser.list_of(lambda: _cast(parser))
    parser.expect_operator(")")
    known = [each for each in arguments if each is not None]
    return f"{name}({', '.join(known)})" if len(known) == len(arguments) else None
