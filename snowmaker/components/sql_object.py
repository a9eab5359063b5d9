"""What no kind here describes, by the SQL that makes it, drops it, and tells whether it is there.

An account has no text to compare with: that an object is there is what `exists` finds, and that it is as declared what
`current` finds. Another text of `create` alone is no difference. The name is one by which components call it; what is
made is what the texts say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from snowmaker import sql
from snowmaker.components.base import OF_ANY_KIND, Component, Kind, Pairs, Property
from snowmaker.components.types import Listed, Name, Need, Schema, Scope, Sql, Text, read_name
from snowmaker.suggest import listed

_ASKING = ("SHOW", "DESCRIBE", "DESC", "SELECT", "WITH")
_CHANGING = ("current", "alter", "revert")


@dataclass(frozen=True)
class Statement(Sql):
    """One statement. What it names with dots, reads or calls comes before it, and so does where it makes something."""

    def read(self, value: Any, scope: Scope) -> str:
        found = super().read(value, scope)
        if len(sql.split(found)) != 1:
            raise ValueError("is one statement")
        return found

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        made = {name[:size] for name in sql.created(value) for size in range(1, len(name))}
        return _anything({*sql.references(value), *made}, scope)


@dataclass(frozen=True)
class Question(Statement):
    """A statement that changes nothing: whether it gives rows is the answer."""

    def read(self, value: Any, scope: Scope) -> str:
        found = super().read(value, scope)
        if next(sql.tokens(found)).upper not in _ASKING:
            raise ValueError(f"is a question, and begins with {listed(_ASKING)}")
        return found

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return ()


@dataclass(frozen=True)
class Dependency(Text):
    """The name of anything that is declared."""

    def read(self, value: Any, scope: Scope) -> str:
        return sql.quote_name(*read_name(super().read(value, scope)))

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        found = _anything([sql.parse_name(value)], scope)
        return [*found, *((KIND.name, name) for _, name in found)]

    @property
    def schema(self) -> Schema:
        return {"type": "string"}


def _anything(names: Iterable[tuple[str, ...]], scope: Scope) -> list[Need]:
    """Names as they stand, and as they would be in the container: of what kind they are is not known."""
    return [("", (*scope[:size], *name)) for name in names for size in range(len(scope) + 1) if size + len(name) <= 3]


def _check(declared: Component) -> str:
    said = [name for name in _CHANGING if name in declared.values]
    if not said:
        return ""
    words = [token.upper for token in sql.tokens(declared.values["create"])][1:3]
    again = words in (["OR", "REPLACE"], ["OR", "ALTER"])
    wanted = [name for name in _CHANGING if name not in said and not (name == "alter" and again)]
    more = ", or create with OR REPLACE or OR ALTER" if "alter" in wanted else ""
    return f"with {listed(said)} needs {listed(wanted)} too{more}" if wanted else ""


def _probes(declared: Component) -> Mapping[str, str]:
    return {name: declared.values[name] for name in ("exists", "current") if name in declared.values}


def _found(declared: Component, answers: Mapping[str, bool]) -> Component | None:
    """The live one: as declared, but for what says that it is not."""
    if not answers["exists"]:
        return None
    current = answers.get("current", True)
    return declared if current else replace(declared, values={**declared.values, "current": "FALSE"})


def _around(live: Component, names: set[str]) -> tuple[Pairs, Pairs]:
    text = str(live.values.get("alter") or live.values["create"])
    return [(text, (str(live.values["revert"]),))], []


def _makes(declared: Component) -> Iterable[Need]:
    """What the text creates, of whatever kind that is."""
    found = _anything(sql.created(declared.values["create"]), declared.container)
    return [(OF_ANY_KIND, name) for _, name in found]


def _texts(declared: Component) -> tuple[str, str]:
    return declared.values["create"], declared.values["drop"]


def _text(name: str, kind: Statement, **more: Any) -> Property:
    return Property(name, kind, source="nowhere", **more)


KIND = Kind(
    "SQL",
    "https://docs.snowflake.com/en/sql-reference/sql-ddl-summary",
    (
        _text("create", Statement(), required=True),
        _text("drop", Statement(), required=True),
        _text("exists", Question(), required=True),
        Property("current", Question(), source="own", alter=lambda *_: []),
        _text("alter", Statement()),
        _text("revert", Statement()),
        Property("depends_on", Listed(Dependency()), source="nowhere"),
        Property("role", Name(of="ROLE"), source="nowhere"),
    ),
    plural="SQL",
    level="account",
    role="",  # the connection's own
    anywhere=True,
    renames=False,
    texts=_texts,
    probes=_probes,
    probed=_found,
    makes=_makes,
    around=_around,
    check=_check,
    rank=70,
)
