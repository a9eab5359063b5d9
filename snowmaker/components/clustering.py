"""Clustering keys: https://docs.snowflake.com/en/user-guide/tables-clustering-keys"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snowmaker.components.base import Pairs, Property
from snowmaker.components.expressions import same_expression, split_expressions
from snowmaker.components.types import Schema, Scope, Type


@dataclass(frozen=True)
class Expressions(Type):
    """Some expressions, in their order; shown as LINEAR(a, b)."""

    def read(self, value: Any, scope: Scope) -> tuple[str, ...]:
        found = split_expressions(value) if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
            raise ValueError("is a list of columns and expressions")
        return tuple(one.strip() for one in found)

    def shown(self, value: Any, scope: Scope) -> tuple[str, ...] | None:
        text = str(value or "").strip()
        if text.upper().startswith("LINEAR"):
            text = text[len("LINEAR") :].strip()
        if text.startswith("(") and text.endswith(")"):
            text = text[1:-1]
        return tuple(split_expressions(text)) or None

    def literal(self, value: Any) -> str:
        return ", ".join(value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return list(value)

    def same(self, one: Any, other: Any) -> bool:
        return len(one) == len(other) and all(map(same_expression, one, other))

    @property
    def schema(self) -> Schema:
        return {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}


def _alter(target: str, old: Any, new: Any) -> Pairs:
    return [(_clustered(target, new), (_clustered(target, old),))]


def _clustered(target: str, value: Any) -> str:
    return f"ALTER {target} CLUSTER BY ({', '.join(value)})" if value else f"ALTER {target} DROP CLUSTERING KEY"


CLUSTER_BY = Property("cluster_by", Expressions(), default=(), form="CLUSTER BY ({})", alter=_alter)
