"""Statements that `->>` chains: each may read what those before it gave, as `$1`, `$2` and so on, behind FROM or JOIN.

https://docs.snowflake.com/en/sql-reference/operators-flow
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.tokens import Scanner, Token

OPERATOR = "->>"


def links(text: str) -> list[str]:
    """The statements of a chain; a statement alone is the one."""
    if OPERATOR not in text:
        return [text]
    cuts = [token for token in _tokens(text) if token.text == OPERATOR]
    begins, ends = [0, *(token.end for token in cuts)], [*(token.start for token in cuts), len(text)]
    return [text[begin:end] for begin, end in zip(begins, ends, strict=True)]


def reading(text: str, query_ids: Sequence[str]) -> str:
    """A link of a chain, which reads the results of the queries before it: `$1` is that of the last."""
    parts: list[str] = []
    position, last = 0, ""
    for token in _tokens(text):
        if token.kind == "position" and last in ("FROM", "JOIN"):
            number = int(token.text[1:])
            if not 0 < number <= len(query_ids):
                raise sqlerror.malformed(f"{token.text} is the result of no statement in this chain.")
            parts += [text[position : token.start], f"TABLE(RESULT_SCAN('{query_ids[-number]}'))"]
            position = token.end
        last = token.value
    return "".join([*parts, text[position:]])


def _tokens(text: str) -> Iterator[Token]:
    scanner = Scanner(text)
    while scanner.peek().kind != "end":
        yield scanner.take()
