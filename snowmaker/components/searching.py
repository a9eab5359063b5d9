"""Search optimization of tables: https://docs.snowflake.com/en/user-guide/search-optimization-service"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.components.base import Pairs, Property, Record
from snowmaker.components.expressions import split_expressions
from snowmaker.components.types import Schema, Scope, Type, canonical
from snowmaker.suggest import did_you_mean

METHODS = ("EQUALITY", "SUBSTRING", "GEO", "FULL_TEXT")
WHOLE = ("*",)  # of all columns, as the account finds right


@dataclass(frozen=True)
class Optimization(Type):
    """`true`, or methods with what they are for: `equality(A, B)`, `substring(V:path)`."""

    def read(self, value: Any, scope: Scope) -> tuple[str, ...]:
        if isinstance(value, bool):
            return WHOLE if value else ()
        found: list[str] = []
        for text in value if isinstance(value, list) else split_expressions(str(value)):
            method, _, rest = str(text).strip().partition("(")
            if method.strip().upper() not in METHODS or not rest.endswith(")"):
                hint = did_you_mean(method, METHODS)
                raise ValueError(f"is true, or a list as [equality(A, B)]{f'; {hint}' if hint else ''}")
            found += [f"{method.strip().upper()}({target})" for target in split_expressions(rest[:-1])]
        return tuple(sorted(set(found)))

    def literal(self, value: Any) -> str:
        return ", ".join(value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return True if value == WHOLE else list(value)

    def same(self, one: Any, other: Any) -> bool:
        if WHOLE in (one, other):
            return bool(one) == bool(other)
        return set(map(canonical, one)) == set(map(canonical, other))

    @property
    def schema(self) -> Schema:
        return {"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "string"}}, {"type": "string"}]}


def shown(records: Sequence[Record]) -> tuple[str, ...]:
    """What rows of DESCRIBE SEARCH OPTIMIZATION tell of."""
    return tuple(sorted(f"{str(record['method']).upper()}({record['target']})" for record in records))


def _alter(target: str, old: Any, new: Any) -> Pairs:
    before, after = old or (), new or ()
    if not before or not after:
        return [(_whole(target, after), (_whole(target, before),))]
    known, wanted = ({canonical(one): one for one in side} for side in (before, after))
    gone = [one for key, one in known.items() if key not in wanted]
    come = [one for key, one in wanted.items() if key not in known]
    found: Pairs = [(_on(target, "DROP", gone), (_on(target, "ADD", gone),))] if gone else []
    return found + ([(_on(target, "ADD", come), (_on(target, "DROP", come),))] if come else [])


def _whole(target: str, value: Sequence[str]) -> str:
    """The statement that leads to a value from, or to, none."""
    return _on(target, "ADD", value) if value else f"ALTER {target} DROP SEARCH OPTIMIZATION"


def _on(target: str, word: str, items: Sequence[str]) -> str:
    on = "" if tuple(items) == WHOLE else f" ON {', '.join(items)}"
    return f"ALTER {target} {word} SEARCH OPTIMIZATION{on}"


SEARCH_OPTIMIZATION = Property(
    "search_optimization", Optimization(), default=(), source="own", created=False, alter=_alter
)
