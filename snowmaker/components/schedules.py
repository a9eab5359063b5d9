"""When a task or an alert runs, and whether it does at all.

https://docs.snowflake.com/en/sql-reference/sql/create-task and create-alert
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.components.base import Component, Pairs, Property, Settled
from snowmaker.components.types import Schema, Scope, Type, Word

_INTERVAL = re.compile(r"(\d+)\s*(s|m|h|seconds?|minutes?|hours?)", re.IGNORECASE)
_UNITS = {"S": 1, "M": 60, "H": 3600}
STARTED, SUSPENDED = "STARTED", "SUSPENDED"

Key = tuple[str, ...]


@dataclass(frozen=True)
class Interval(Type):
    """`60 minutes`; an hour is the same. `words` is what it may be instead."""

    words: str = ""

    def read(self, value: Any, scope: Scope) -> str:
        text = " ".join(str(value).split())
        cron = self.words and re.match(rf"{self.words} \S+ \S+ \S+ \S+ \S+ \S+$", text, re.IGNORECASE)
        if not _INTERVAL.fullmatch(text) and not cron:
            more = f", or '{self.words.lower()} 0 5 * * * UTC'" if self.words else ""
            raise ValueError(f"is a time as '60 minutes'{more}")
        return text

    def shown(self, value: Any, scope: Scope) -> str | None:
        return " ".join(str(value or "").split()) or None

    def same(self, one: Any, other: Any) -> bool:
        return bool(_comparable(one) == _comparable(other))

    @property
    def schema(self) -> Schema:
        return {"type": "string"}


def _comparable(text: str) -> int | str:
    found = _INTERVAL.fullmatch(text)
    return int(found[1]) * _UNITS[found[2][0].upper()] if found else text.upper()


SCHEDULE = Property("schedule", Interval("USING CRON"))


def _turned(target: str, old: Any, new: Any) -> Pairs:
    words = {True: f"ALTER {target} RESUME", False: f"ALTER {target} SUSPEND"}
    return [(words[new == STARTED], (words[old == STARTED],))]


# a new one is suspended, until somebody resumes it
STATE = Property(
    "state", Word((STARTED, SUSPENDED)), default=SUSPENDED, created=False, alter=_turned, settled=(SUSPENDED, STARTED)
)


def settle(was: Sequence[Component], will: Sequence[Component], changed: Mapping[Key, Collection[str]]) -> Settled:
    """What has to be suspended before a change, and what is resumed behind all changes."""
    return turned(was, will, stopped(will, changed))


def stopped(will: Sequence[Component], changed: Mapping[Key, Collection[str]]) -> set[Key]:
    """Those that are dropped, get another owner, or are not to run."""
    after = {one.key: one for one in will}
    return {key for key, names in changed.items() if key not in after or "owner" in names or not after[key].runs}


def turned(was: Sequence[Component], will: Sequence[Component], resting: Collection[Key]) -> Settled:
    """Those of `resting` that are started, and those that are to be started, and are not or were suspended."""
    stops = [one for one in was if one.key in resting and one.runs]
    kept = {one.key for one in was if one.runs} - {one.key for one in stops}
    return stops, [one for one in will if one.runs and one.key not in kept]
