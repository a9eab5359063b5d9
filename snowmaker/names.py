"""Identifiers and literals of Snowflake's SQL: the one place that quotes and reads them. Use it through `sql`.

https://docs.snowflake.com/en/sql-reference/identifiers-syntax,
https://docs.snowflake.com/en/sql-reference/data-types-text#string-constants
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

LIMIT = 255  # characters of an identifier

_BARE = re.compile(r"[A-Z_][A-Z0-9_$]*")
_PART = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\W\d][\w$]*))\s*')

# https://docs.snowflake.com/en/sql-reference/reserved-keywords
_RESERVED = frozenset(
    [
        "ACCOUNT",
        "ALL",
        "ALTER",
        "AND",
        "ANY",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "CHECK",
        "COLUMN",
        "CONNECT",
        "CONNECTION",
        "CONSTRAINT",
        "CREATE",
        "CROSS",
        "CURRENT",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "CURRENT_USER",
        "DATABASE",
        "DELETE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "EXISTS",
        "FALSE",
        "FOLLOWING",
        "FOR",
        "FROM",
        "FULL",
        "GRANT",
        "GROUP",
        "GSCLUSTER",
        "HAVING",
        "ILIKE",
        "IN",
        "INCREMENT",
        "INNER",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "ISSUE",
        "JOIN",
        "LATERAL",
        "LEFT",
        "LIKE",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "MINUS",
        "NATURAL",
        "NOT",
        "NULL",
        "OF",
        "ON",
        "OR",
        "ORDER",
        "ORGANIZATION",
        "QUALIFY",
        "REGEXP",
        "REVOKE",
        "RIGHT",
        "RLIKE",
        "ROW",
        "ROWS",
        "SAMPLE",
        "SCHEMA",
        "SELECT",
        "SET",
        "SOME",
        "START",
        "TABLE",
        "TABLESAMPLE",
        "THEN",
        "TO",
        "TRIGGER",
        "TRUE",
        "TRY_CAST",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "USING",
        "VALUES",
        "VIEW",
        "WHEN",
        "WHENEVER",
        "WHERE",
        "WITH",
    ]
)


def quote_identifier(name: str) -> str:
    """A name as it is stored → as it is written: bare where that means the same. Raises ValueError."""
    if not name or len(name) > LIMIT or "\0" in name:
        raise ValueError(f"not an identifier: {name[:60]!r}")
    if _BARE.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_name(*parts: str) -> str:
    """A dotted name of parts as they are stored."""
    return ".".join(quote_identifier(part) for part in parts)


def quote_literal(value: str | int | float | Decimal | bool | date | None) -> str:
    """A value as a literal; text with `'` and `\\` escaped. Raises ValueError for a float that is no number."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float, Decimal)):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"no literal for {value}")
        return str(value)
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def parse_name(text: str) -> tuple[str, ...]:
    """A dotted name as it is written → its parts as they are stored. Raises ValueError."""
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f"not a name: {text!r}")
        quoted, bare = match.groups()
        parts.append(quoted.replace('""', '"') if quoted is not None else bare.upper())
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            raise ValueError(f"not a name: {text!r}")
        position += 1


def like_pattern(text: str) -> str:
    """Text as a pattern of SHOW … LIKE that means just itself; still to be quoted as a literal."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
