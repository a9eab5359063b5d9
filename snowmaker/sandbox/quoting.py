"""QUOTED_IDENTIFIERS_IGNORE_CASE: where a session says so, what stands in double quotes is in capitals.

https://docs.snowflake.com/en/sql-reference/identifiers-syntax#controlling-case-using-the-quoted-identifiers-ignore-case-parameter
"""

from __future__ import annotations

from snowmaker.sandbox.tokens import Scanner


def capitals(text: str) -> str:
    """A statement with its quoted identifiers in capitals."""
    if '"' not in text:
        return text
    scanner = Scanner(text)
    parts: list[str] = []
    position = 0
    while (token := scanner.take()).kind != "end":
        if token.kind == "quoted":
            parts += [text[position : token.start], text[token.start : token.end].upper()]
            position = token.end
    return "".join([*parts, text[position:]])
