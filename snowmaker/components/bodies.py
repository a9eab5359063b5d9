"""Statements that an object runs, and conditions for it: the bodies of tasks, pipes and alerts.

What they name comes before them. That are tables and the like, and in strings or behind `@`, streams, stages and file
formats; not the tasks that a body starts or stops, since these may well come after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker import sql
from snowmaker.components.types import Need, Scope, Sql, resolved

Path = tuple[str, ...]


@dataclass(frozen=True)
class Body(Sql):
    """A statement, a block of Snowflake Scripting, or an expression."""

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return [("", resolved(name, scope, 3)) for name in named_in(str(value)) if 3 - len(scope) <= len(name) <= 3]


def named_in(text: str) -> set[Path]:
    """The names in a body, as written."""
    listed = list(sql.tokens(text))
    found = sql.references(text) | {name for name in _in_strings(listed) if name}
    found -= {sql.chain(listed, index + 1)[0] for index, token in enumerate(listed) if token.upper == "TASK"}
    return found.union(*(named_in(sql.read_literal(token.text)) for token in listed if token.kind == "dollar"))


def _in_strings(listed: Sequence[sql.Token]) -> Iterator[Path]:
    for index, token in enumerate(listed):
        following = listed[index + 1 : index + 3]
        if token.kind == "stage":
            yield _stage(token.text[1:])
        elif len(following) == 2 and token.upper in ("SYSTEM$STREAM_HAS_DATA", "FORMAT_NAME"):
            named = following[1]
            yield _name(sql.read_literal(named.text)) if named.kind == "string" else sql.chain(listed, index + 2)[0]


def _stage(text: str) -> Path:
    """The stage in `DB.S.STAGE/path`; () for a table's and a user's own."""
    quoted = False
    for index, character in enumerate(text):
        quoted ^= character == '"'
        if character == "/" and not quoted:
            return _name(text[:index])
    return _name(text)


def _name(text: str) -> Path:
    try:
        return sql.parse_name(text)
    except ValueError:
        return ()
