"""Readers of property values: what may stand behind `KEY =`. Each raises SqlError for a value that is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.parser import Parser, Reader

Readers = Mapping[str, Reader]

string: Reader = Parser.string
boolean: Reader = Parser.boolean


def number(low: int = 0, high: int = 2**63 - 1, name: str = "") -> Reader:
    """A whole number from `low` to `high`; NULL where it may be unset that way is None."""

    def read(parser: Parser) -> int:
        value = parser.integer()
        if not low <= value <= high:
            raise sqlerror.invalid_value(value, name) if name else sqlerror.malformed(f"invalid value [{value}]")
        return value

    return read


def one_of(*words: str, synonyms: Mapping[str, str] | None = None) -> Reader:
    """One of some words, bare or quoted, in any case; what it gives is in upper case."""
    known = {word: word for word in words} | dict(synonyms or {})

    def read(parser: Parser) -> str:
        value = parser.word_or_string()
        found = known.get(value.upper())
        if found is None:
            raise sqlerror.malformed(f"invalid value [{value}], expected one of {', '.join(words)}")
        return found

    return read


def nullable(reader: Reader) -> Reader:
    """The same, or NULL."""

    def read(parser: Parser) -> Any:
        return None if parser.accept("NULL") else reader(parser)

    return read


def identifier(most: int = 1) -> Reader:
    """A name, qualified up to `most` parts, given as a tuple; quoted as a string it is read like one too."""

    def read(parser: Parser) -> tuple[str, ...]:
        if parser.peek().kind in ("string", "variable"):
            return Parser(parser.string()).name(most)
        return parser.name(most)

    return read


def name(parser: Parser) -> str:
    """A name of one part, e.g. of a warehouse."""
    found: str = identifier(1)(parser)[0]
    return found


def strings(parser: Parser) -> list[str]:
    """`('a', 'b')`; the brackets are wanted."""
    parser.expect_operator("(")
    return list(parser.items(parser.string))


def group(readers: Readers, kind: str) -> Reader:
    """`(KEY = value, …)`, as a dictionary."""

    def read(parser: Parser) -> dict[str, Any]:
        parser.expect_operator("(")
        found = parser.options(readers, kind)
        parser.expect_operator(")")
        return found

    return read
