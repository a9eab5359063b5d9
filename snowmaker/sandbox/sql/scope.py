"""Which column a name means: https://docs.snowflake.com/en/sql-reference/sql/select#usage-notes"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.sql.bound import Bound
from snowmaker.sandbox.sql.nodes import Projection, Word
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import locate

if TYPE_CHECKING:
    from snowmaker.sandbox.sql.relations import Relation


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be named here. `path` are the names of its source: alias, or database, schema, table."""

    name: str
    type: DataType
    nullable: bool
    sql: str
    path: tuple[str, ...] = ()
    hidden: bool = False  # joined by USING: the other side's column stands for it

    def bound(self) -> Bound:
        return Bound(self.sql, self.type, self.nullable, free=frozenset((self.label,)))

    @property
    def label(self) -> str:
        """As messages call it."""
        return f"{self.path[-1]}.{self.name}" if self.path else self.name


@dataclass
class Scope:
    """The columns of one SELECT's sources, the aliases of its projections, and the scope around it."""

    text: str
    columns: Sequence[Column] = ()
    outer: Scope | None = None
    aliases: dict[str, Projection] = field(default_factory=dict)
    parameters: dict[str, Bound] = field(default_factory=dict)
    row: str = ""  # what numbers the rows of the sources, where there is such a thing
    ctes: dict[str, Relation] = field(default_factory=dict)

    def find(self, parts: Sequence[Word]) -> Bound | None:
        """The column of that name here or around; None where there is none. Raises SqlError when ambiguous."""
        scope: Scope | None = self
        while scope is not None:
            if len(parts) == 1 and parts[0].name in scope.parameters:
                return scope.parameters[parts[0].name]
            if (found := scope._here(parts)) is not None:
                # A column of the query around is a constant to aggregates in this one
                return found.bound() if scope is self else Bound(found.sql, found.type, True)
            scope = scope.outer
        return None

    def _here(self, parts: Sequence[Word]) -> Column | None:
        *path, name = (part.name for part in parts)
        found = [
            each
            for each in self.columns
            if each.name == name
            and (not path or each.path[-len(path) :] == tuple(path))
            and not (each.hidden and not path)
        ]
        if len(found) > 1:
            line, column = locate(self.text, parts[0].at)
            raise SqlError(
                1052, "42601", f"SQL compilation error: error line {line} at position {column}\n"
                f"ambiguous column name '{name}'",
            )  # fmt: skip
        return found[0] if found else None

    def star(self, path: Sequence[Word]) -> Iterator[Column]:
        """What `*` or `t.*` gives."""
        wanted = tuple(part.name for part in path)
        for each in self.columns:
            if (not wanted and not each.hidden) or (wanted and each.path[-len(wanted) :] == wanted):
                yield each

    def source(self, path: Sequence[Word]) -> bool:
        wanted = tuple(part.name for part in path)
        return any(each.path[-len(wanted) :] == wanted for each in self.columns)


def invalid(text: str, at: int, name: str) -> SqlError:
    """000904: no such column."""
    line, column = locate(text, at)
    return SqlError(
        904, "42000", f"SQL compilation error: error line {line} at position {column}\ninvalid identifier '{name}'"
    )


def dotted(parts: Sequence[Word]) -> str:
    """A name as it is told: a part keeps its quotes where it would be another without them."""
    return ".".join(f'"{part.name}"' if part.quoted and not _plain(part.name) else part.name for part in parts)


def _plain(name: str) -> bool:
    return name == name.upper() and name.replace("$", "_").isidentifier()
