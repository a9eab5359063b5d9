"""What names mean inside of a block.

https://docs.snowflake.com/en/developer-guide/snowflake-scripting/variables#understanding-the-scope-of-declarations
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.scripting import tree
from snowmaker.sandbox.scripting.values import Value, rows


@dataclass(slots=True)
class Variable:
    """`type` is what assigned values become."""

    value: Value
    type: DataType


@dataclass(slots=True)
class Record:
    """The row that a FOR loop is at."""

    fields: dict[str, Value]


@dataclass
class Resultset:
    """`result` is None until a query was assigned."""

    result: Result | None = None


@dataclass
class Cursor:
    """`result` is None while it is closed."""

    source: tree.Query | Resultset
    result: Result | None = None
    remaining: Iterator[tuple[Value, ...]] = field(default_factory=lambda: iter(()))

    def open(self, result: Result) -> None:
        self.result = result
        self.remaining = rows(result)

    def close(self) -> None:
        self.result = None
        self.remaining = iter(())


Thing = Variable | Record | Resultset | Cursor | tree.ExceptionDeclaration


class Scope:
    """The names of a block; those of the enclosing blocks are behind it."""

    def __init__(self, outer: Scope | None = None) -> None:
        self.names: dict[str, Thing] = {}
        self._outer = outer

    def find(self, name: str) -> Thing | None:
        scope: Scope | None = self
        while scope is not None:
            if (found := scope.names.get(name)) is not None:
                return found
            scope = scope._outer
        return None
