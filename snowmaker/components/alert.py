"""Alerts: https://docs.snowflake.com/en/sql-reference/sql/create-alert

One without a schedule looks at new rows alone: https://docs.snowflake.com/en/user-guide/alerts. No ALTER takes a
schedule away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from snowmaker import sql
from snowmaker.components import ddl, schedules
from snowmaker.components.base import Component, Kind, Pairs, Property, Settled
from snowmaker.components.bodies import Body
from snowmaker.components.schedules import SCHEDULE, STATE, Key
from snowmaker.components.shared import COMMENT, OWNER, TAGS
from snowmaker.components.types import Name


@dataclass(frozen=True)
class Condition(Body):
    """A query, whose rows set the alert off; `exists (…)` around it may be said."""

    def _trimmed(self, text: str) -> str:
        found = super()._trimmed(text)
        listed = list(sql.tokens(found))
        if [token.upper for token in listed[:2]] != ["EXISTS", "("]:
            return found
        depth = 0
        for token in listed[1:]:
            depth += (token.text == "(") - (token.text == ")")
            if not depth:
                whole = token is listed[-1]
                return super()._trimmed(found[listed[1].start + 1 : token.start]) if whole else found
        return found


def _modified(words: str, target: str, old: Any, new: Any) -> Pairs:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-alert"""
    texts = [f"ALTER {target} MODIFY {words.replace('{}', value)}" for value in (new, old)]
    return [(texts[0], (texts[1],))]


def _rebuilt(attributes: Mapping[str, tuple[Any, Any]]) -> str:
    return "schedule: no ALTER takes it away" if "schedule" in attributes and not attributes["schedule"][1] else ""


def _rebuild(wanted: Component, there: Component) -> Pairs:
    made, *later = ddl.create(wanted, replace=True)
    return [(made, tuple(ddl.create(there, replace=True))), *((text, ()) for text in later)]


def _settle(was: Sequence[Component], will: Sequence[Component], changed: Mapping[Key, Collection[str]]) -> Settled:
    """One that is made again, to get a schedule or to lose it, there or on the way back, is suspended by it."""
    without = {one.key for one in (*was, *will) if not one.value("schedule")}
    again = {key for key, names in changed.items() if "schedule" in names and key in without}
    return schedules.turned(was, will, again | schedules.stopped(will, changed))


KIND = Kind(
    "ALERT",
    "https://docs.snowflake.com/en/sql-reference/sql/create-alert",
    (
        Property("warehouse", Name(of="WAREHOUSE")),
        SCHEDULE,
        COMMENT,
        Property(
            "condition",
            Condition(),
            form="IF (EXISTS ({}))",
            required=True,
            alter=partial(_modified, "CONDITION EXISTS ({})"),
        ),
        Property("action", Body(), form="THEN {}", required=True, alter=partial(_modified, "ACTION {}")),
        STATE,
        TAGS,
        OWNER,
    ),
    renames=False,
    rebuilt=_rebuilt,
    rebuild=_rebuild,
    settle=_settle,
    makes=lambda _: (),  # no statement names it as it names a table
    rank=72,
)
