"""Tags: https://docs.snowflake.com/en/sql-reference/sql/create-tag

What is assigned to objects stands with these, under `tags`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from snowmaker.components import policies
from snowmaker.components.base import Component, Kind, Pairs, Property, Row, Values
from snowmaker.components.shared import COMMENT, OWNER
from snowmaker.components.types import Listed, Name, Scope, Text, Word

# https://docs.snowflake.com/en/user-guide/object-tagging/propagation#tag-propagation-conflicts
_RESOLUTIONS = ("ALLOWED_VALUES_SEQUENCE", "MERGE")


class Propagation(Word):
    """When a tag goes along to other objects; NONE is never."""

    def shown(self, value: Any, scope: Scope) -> str | None:
        found = super().shown(value, scope)
        return None if found == "NONE" else found


class Conflict(Text):
    """The value that an object has to which several go along, or the word for a way to choose."""

    def literal(self, value: Any) -> str:
        return str(value) if value in _RESOLUTIONS else super().literal(value)


@dataclass(frozen=True)
class AllowedValues(Listed):
    """Their order counts, as it may decide between values that go along."""

    ordered: bool = True
    brackets: str = "{}"


_ALLOWED = AllowedValues()


def _allowed(target: str, old: Any, new: Any) -> Pairs:
    """What is added or dropped at the end is said as that; anything else is said as a whole.

    https://docs.snowflake.com/en/sql-reference/sql/alter-tag
    """
    return [(_step(target, old or (), new or ()), (_step(target, new or (), old or ()),))]


def _step(target: str, old: tuple[str, ...], new: tuple[str, ...]) -> str:
    if not new:
        return f"ALTER {target} UNSET ALLOWED_VALUES"
    if new[: len(old)] == old:
        return f"ALTER {target} ADD ALLOWED_VALUES {_ALLOWED.literal(new[len(old) :])}"
    if old[: len(new)] == new:
        return f"ALTER {target} DROP ALLOWED_VALUES {_ALLOWED.literal(old[len(new) :])}"
    return f"ALTER {target} SET ALLOWED_VALUES {_ALLOWED.literal(new)}"


def _check(declared: Component) -> str:
    conflict, allowed = declared.values.get("on_conflict"), declared.values.get("allowed_values")
    if conflict is not None and declared.values.get("propagate") is None:
        return "on_conflict is said of a tag that has propagate"
    if conflict == "ALLOWED_VALUES_SEQUENCE" and not allowed:
        return "on_conflict: allowed_values_sequence needs allowed_values"
    return ""


def _masking(target: str, old: Any, new: Any) -> Pairs:
    """https://docs.snowflake.com/en/user-guide/tag-based-masking-policies"""
    before, after = (old or ()), (new or ())

    def text(word: str, policy: str) -> str:
        return f"ALTER {target} {word} MASKING POLICY {policy}"

    gone = [(text("UNSET", one), (text("SET", one),)) for one in before if one not in after]
    return [*gone, *((text("SET", one), (text("UNSET", one),)) for one in after if one not in before)]


def _read(row: Row) -> Values:
    return {"masking_policies": policies.found_on_tag(row.bulk.get("policies", ()))}


def _along(
    declared: Component, live: Component, attributes: Mapping[str, tuple[Any, Any]]
) -> Mapping[str, tuple[Any, Any]]:
    """ON_CONFLICT is a part of PROPAGATE."""
    values = [component.values.get("propagate") for component in (live, declared)]
    return {"propagate": (values[0], values[1])} if "on_conflict" in attributes and values[1] else {}


KIND = Kind(
    "TAG",
    "https://docs.snowflake.com/en/sql-reference/sql/create-tag",
    (
        Property("allowed_values", _ALLOWED, default=(), form="ALLOWED_VALUES {}", alter=_allowed),
        Property("propagate", Propagation(("ON_DEPENDENCY_AND_DATA_MOVEMENT", "ON_DEPENDENCY", "ON_DATA_MOVEMENT"))),
        Property("on_conflict", Conflict(), default="CONFLICT"),
        COMMENT,
        Property(
            "masking_policies",
            Listed(Name(3, of="MASKING POLICY")),
            default=(),
            source="own",
            created=False,
            alter=_masking,
        ),
        OWNER,
    ),
    between_unset="",
    undrop=True,
    bulk=(policies.BULK,),
    read=_read,
    check=_check,
    along=_along,
    rank=28,
)
