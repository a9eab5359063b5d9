"""Resource monitors: https://docs.snowflake.com/en/sql-reference/sql/create-resource-monitor

Nobody can be made their owner, and no statement gives them a comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from snowmaker.components.base import Component, Kind, Pairs, Property, Row, Values
from snowmaker.components.types import Integer, Listed, Name, Scope, Text, Type, Word

_NOW = "IMMEDIATELY"
_ACTIONS = Word(("NOTIFY", "SUSPEND", "SUSPEND_IMMEDIATE"))
_PERCENT = Integer(1)
# https://docs.snowflake.com/en/user-guide/resource-monitors#actions-that-a-monitor-can-perform
_MOST = {"NOTIFY": 5, "SUSPEND": 1, "SUSPEND_IMMEDIATE": 1}
_COLUMNS = {"notify_at": "NOTIFY", "suspend_at": "SUSPEND", "suspend_immediately_at": "SUSPEND_IMMEDIATE"}


class Moment(Text):
    """A timestamp; IMMEDIATELY is any, as it is shown as the moment that it was.

    What is said without a zone may be meant in UTC or in the account's, what is said without a time is any on the day.
    """

    def read(self, value: Any, scope: Scope) -> str:
        text = super().read(value, scope).strip()
        if text.upper() == _NOW:
            return _NOW
        if _moment(text) is None:
            raise ValueError(f"is {_NOW.lower()} or a timestamp, as 2026-01-31 06:00")
        return text

    def literal(self, value: Any) -> str:
        return _NOW if value == _NOW else super().literal(value)

    def same(self, one: Any, other: Any) -> bool:
        if _NOW in (one, other) or one == other:
            return True
        first, second = _moment(one), _moment(other)
        if first is None or second is None:
            return False
        days = len(str(one).strip()) <= len("2026-01-31") or len(str(other).strip()) <= len("2026-01-31")
        return bool(_readings(first, days) & _readings(second, days))


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r"\s+([-+]\d{2}:?\d{2}|Z)$", r"\1", str(value).strip()))
    except ValueError:
        return None


def _readings(moment: datetime, days: bool) -> set[str]:
    """The moment on the clock it was said by, and in UTC where that is known: to the minute, or to the day."""
    clocks = [moment, *([moment.astimezone(UTC)] if moment.tzinfo else [])]
    return {f"{one:%Y-%m-%d}" if days else f"{one:%Y-%m-%d %H:%M}" for one in clocks}


@dataclass(frozen=True)
class Triggers(Type):
    """What is done at so many percent of the quota: `{75: notify, 100: [notify, suspend]}`."""

    def read(self, value: Any, scope: Scope) -> tuple[tuple[int, str], ...]:
        if not isinstance(value, Mapping):
            raise ValueError("is a mapping of percents to actions, as {75: notify, 100: suspend}")
        found = []
        for percent, actions in value.items():
            if not re.fullmatch(r"\d+", str(percent)):
                raise ValueError(f"has whole percents of the quota, and not {percent}")
            for action in actions if isinstance(actions, list) else [actions]:
                try:
                    found.append((_PERCENT.read(int(percent), ()), _ACTIONS.read(action, ())))
                except ValueError as error:
                    raise ValueError(f"has at {percent} percent what {error}") from None
        for action, most in _MOST.items():
            if sum(other == action for _, other in found) > most:
                raise ValueError(f"has at most {most} of {action.lower()}")
        return tuple(sorted(set(found)))

    def literal(self, value: Any) -> str:
        return " ".join(f"ON {percent} PERCENT DO {action}" for percent, action in value)

    def plain(self, value: Any, scope: Scope) -> Any:
        found: dict[int, list[str]] = {}
        for percent, action in value:
            found.setdefault(percent, []).append(action.lower())
        return {percent: actions[0] if len(actions) == 1 else actions for percent, actions in found.items()}

    @property
    def schema(self) -> dict[str, Any]:
        action = _ACTIONS.schema
        return {"type": "object", "additionalProperties": {"anyOf": [action, {"type": "array", "items": action}]}}


def _triggered(target: str, old: Any, new: Any) -> Pairs:
    """All triggers are replaced; SET stands only before other properties."""
    word = f"ALTER {target} TRIGGERS "
    return [(word + Triggers().literal(new), (word + Triggers().literal(old),))]


def _read(row: Row) -> Values:
    found = [
        (int(percent), action)
        for column, action in _COLUMNS.items()
        for percent in re.findall(r"(\d+)%?", str(row.shown.get(column) or ""))
    ]
    return {"triggers": tuple(sorted(found)) or None}


def _check(component: Component) -> str:
    values = component.values
    if "frequency" in values and "start_timestamp" not in values:
        return "frequency needs start_timestamp, as `start_timestamp: immediately`"
    return "triggers need another property, as credit_quota" if set(values) == {"triggers"} else ""


def _rebuilt(attributes: Mapping[str, tuple[Any, Any]]) -> str:
    old, new = attributes.get("triggers", (True, True))
    return "" if old and new else "the last trigger of a monitor cannot be taken away, and so no first one be given"


def _along(declared: Component, live: Component, attributes: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """How often it begins anew, and when first, are said together."""
    together = {"frequency": "MONTHLY", "start_timestamp": _NOW}
    if not any(name in attributes for name in together):
        return {}
    return {
        name: (live.values.get(name, default), declared.values.get(name, default)) for name, default in together.items()
    }


def _warn(live: Component, action: str) -> tuple[str, ...]:
    if action not in ("replace", "drop"):
        return ()
    found = [f"resource monitor {live.quoted} forgets the credits that were used"]
    if live.facts.get("level"):
        found.append(f"what resource monitor {live.quoted} watches and no file declares is watched no more")
    return tuple(found)


KIND = Kind(
    "RESOURCE MONITOR",
    "https://docs.snowflake.com/en/sql-reference/sql/create-resource-monitor",
    (
        Property("credit_quota", Integer(1), unset=False),
        Property(
            "frequency",
            Word(("MONTHLY", "DAILY", "WEEKLY", "YEARLY", "NEVER")),
            default="MONTHLY",
            unset=False,
        ),
        Property("start_timestamp", Moment(), column="start_time", unset=False, optional=True),
        Property("end_timestamp", Moment(), column="end_time", unset=False),
        Property("notify_users", Listed(Name(of="USER")), default=(), unset=False),
        Property("triggers", Triggers(), default=(), source="own", form="TRIGGERS {}", alter=_triggered),
    ),
    level="account",
    role="ACCOUNTADMIN",
    lead="WITH",
    renames=False,
    read=_read,
    check=_check,
    rebuilt=_rebuilt,
    along=_along,
    warn=_warn,
    linked=True,
    rank=8,
)
