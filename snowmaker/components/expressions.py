"""Expressions in columns: as they are told from others, though an account gives them back in its own words.

Of a DEFAULT, Snowflake keeps what it has understood: CURRENT_TIMESTAMP() for current_timestamp, CAST(x AS T) for x::T.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from snowmaker import sql
from snowmaker.components.datatypes import read_type, same_type
from snowmaker.components.types import Scope, canonical, resolved
from snowmaker.names import Token, chain

_NOW = "CURRENT_TIMESTAMP()"
# https://docs.snowflake.com/en/sql-reference/functions-context, which ANSI wants without brackets
_BARE = {
    **{name: f"{name}()" for name in ("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER")},
    "LOCALTIME": "CURRENT_TIME()",
    "LOCALTIMESTAMP": _NOW,
}
_CALLS = {
    **{f"{name}()": found for name, found in _BARE.items()},
    "GETDATE()": _NOW,
    "SYSTIMESTAMP()": _NOW,
    "SYSDATE()": f"CAST(CONVERT_TIMEZONE('UTC',CAST({_NOW} AS TIMESTAMP_TZ(9))) AS TIMESTAMP_NTZ(9))",
}
# what gives another value for each row: ADD COLUMN takes constants alone
_CHANGING = {"NEXTVAL", "UUID_STRING", "RANDOM", "RANDSTR", "UNIFORM", "NORMAL", "ZIPF", "SEQ1", "SEQ2", "SEQ4", "SEQ8"}


@lru_cache(maxsize=100_000)
def same_default(one: str, other: str, kind: str) -> bool:
    """Whether two DEFAULTs of a column of a type mean the same; '' and NULL are none."""
    return one == other or _default(one, kind) == _default(other, kind)


def sequence(default: str) -> tuple[str, ...]:
    """The name of the sequence whose next value a DEFAULT is; () where it is another."""
    tokens = list(sql.tokens(default))
    name, after = chain(tokens, 0)
    return name[:-1] if len(name) > 1 and name[-1] == "NEXTVAL" and after == len(tokens) else ()


def default_in(text: str, scope: Scope) -> str:
    """A DEFAULT as it is written from any place: a sequence has its whole name. Raises ValueError."""
    name = sequence(text)
    return f"{sql.quote_name(*resolved(name, scope, 3))}.NEXTVAL" if name else text


def is_constant(default: str) -> bool:
    """Whether a DEFAULT is the same for all rows of a statement."""
    return not any(token.upper in _CHANGING for token in sql.tokens(default))


def bare(text: str) -> str:
    """An expression without brackets around all of it."""
    tokens = list(sql.tokens(text))
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if not depth and index < len(tokens) - 1:
            return text.strip()
    if len(tokens) > 2 and tokens[0].text == "(" and tokens[-1].text == ")":
        return bare(text[tokens[0].start + 1 : tokens[-1].start])
    return text.strip()


@lru_cache(maxsize=100_000)
def same_expression(one: str, other: str) -> bool:
    """Whether two expressions mean the same."""
    return one == other or canonical(bare(one)) == canonical(bare(other))


def split_expressions(text: str) -> list[str]:
    """The members of `a, f(b, c)`, at the commas outside of brackets."""
    parts, depth, begin = [], 0, 0
    for token in sql.tokens(text):
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if token.text == "," and not depth:
            parts.append(text[begin : token.start])
            begin = token.start + 1
    return [part.strip() for part in (*parts, text[begin:]) if part.strip()]


def renamed(text: str, names: Mapping[str, str]) -> str:
    """An expression with some columns under other names."""
    found, end, last = "", 0, ""
    for token in sql.tokens(text):
        stored = token.upper if token.kind == "word" else token.text[1:-1].replace('""', '"')
        if token.kind in ("word", "identifier") and stored in names and last not in (".", ":"):
            found += text[end : token.start] + sql.quote_identifier(names[stored])
            end = token.start + len(token.text)
        last = token.text
    return found + text[end:]


def columns_in(text: str, names: Iterable[str]) -> set[str]:
    """Which of some columns an expression names."""
    known = set(names)
    return {
        stored
        for token in sql.tokens(text)
        if token.kind in ("word", "identifier")
        for stored in [token.upper if token.kind == "word" else token.text[1:-1].replace('""', '"')]
        if stored in known
    }


# a DEFAULT, as it is told from others


def _default(text: str, kind: str) -> str:
    tokens = list(sql.tokens(bare(text)))
    try:
        found, index = _cast(tokens, 0)
    except (IndexError, ValueError):
        index = -1
    if index != len(tokens):
        return " ".join(canonical(text))
    while found.startswith("CAST(") and (inner := _inner(found, kind)):
        found = inner  # a column makes it of its own type anyway
    return "" if found == "NULL" else found


def _inner(cast: str, kind: str) -> str:
    """What a cast to a type is of; '' where it is to another."""
    operand, _, target = cast[len("CAST(") : -1].rpartition(" AS ")
    return operand if same_type(target, kind) else ""


def _cast(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """`value::type::type`"""
    found, index = _value(tokens, index)
    while index < len(tokens) and tokens[index].text == "::":
        kind, index = read_type(tokens, index + 1)
        found = f"CAST({found} AS {kind})"
    return found, index


def _value(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """A constant, or a call. Raises ValueError for anything else, IndexError where it ends too early."""
    token = tokens[index]
    if token.text in ("-", "+") and tokens[index + 1].kind == "number":
        return _number(token.text + tokens[index + 1].text), index + 2
    if token.kind in ("string", "dollar"):
        return sql.quote_literal(sql.read_literal(token.text)), index + 1
    if token.kind == "number":
        return _number(token.text), index + 1
    if token.kind != "word":
        raise ValueError(token.text)
    if index + 1 < len(tokens) and tokens[index + 1].text == "(":
        return _call(tokens, index)
    if token.upper in _BARE:
        return _BARE[token.upper], index + 1
    if token.upper in ("TRUE", "FALSE", "NULL"):
        return token.upper, index + 1
    name, after = chain(tokens, index)
    return sql.quote_name(*name), after


def _number(text: str) -> str:
    try:
        return str(Decimal(text).normalize())
    except ArithmeticError:
        raise ValueError(text) from None


def _call(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """`F(a, b)`, `CAST(a AS t)`"""
    name = tokens[index].upper
    index += 2
    arguments: list[str] = []
    while tokens[index].text != ")":
        found, index = _cast(tokens, index)
        if name == "CAST" and tokens[index].upper == "AS":
            kind, index = read_type(tokens, index + 1)
            found = f"{found} AS {kind}"
        arguments.append(found)
        if tokens[index].text not in (",", ")"):
            raise ValueError(tokens[index].text)
        index += tokens[index].text == ","
    text = f"{name}({','.join(arguments)})"
    return _CALLS.get(text, text), index + 1
