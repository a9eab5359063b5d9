"""What may go on to the next environment: what its source has run, as it ran it, in the order it ran it. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from snowmaker.ledger import Ledger
from snowmaker.model import Applied, Plan, Skipped, Step

_AGE = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read_age(text: str) -> timedelta:
    """`24h`, `30m`, `2d`, `90s` → a duration; '' is none. Raises ValueError."""
    if not text.strip():
        return timedelta()
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is no duration: write 30m, 24h or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def promoted(plan: Plan, source: Ledger, origin: str, now: datetime, min_age: timedelta) -> Plan:
    """The plan with only what the environment `origin` has run, in its order; what is left out is skipped, with why.

    Always scripts run with everything; where nothing else is left, they do too.
    """
    left = held_back(plan, source, origin, now, min_age)
    names = {one.script for one in left}
    kept = [(_place(step, source.in_effect(step.script)), step) for step in plan.steps if step.script not in names]
    steps = tuple(step for _, step in sorted(kept, key=lambda pair: pair[0]))
    return replace(plan, steps=steps, skipped=(*plan.skipped, *left))


def held_back(plan: Plan, source: Ledger, origin: str, now: datetime, min_age: timedelta) -> tuple[Skipped, ...]:
    """The scripts of a plan that may not go on yet, and why; a rollback, and what is no script of files, always may."""
    judged = [step for step in plan.steps if step.kind in ("versioned", "repeatable") and step.action != "undo"]
    why = {step.script: _why_not(source.in_effect(step.script), step, origin, now, min_age) for step in judged}
    return tuple(Skipped(script, text) for script, text in why.items() if text)


def _place(step: Step, row: Applied | None) -> int:
    """The place of a script in its source's order; always scripts come last, as ever."""
    return (row.seq or 0) if row is not None and step.kind != "always" else 2**62


def _why_not(row: Applied | None, step: Step, origin: str, now: datetime, min_age: timedelta) -> str:
    if row is None:
        return f"{origin} has not run it"
    if row.source_checksum != step.source_checksum:
        return f"{origin} has run another text of it"
    age = now - row.installed_on if row.installed_on else timedelta()
    if age < min_age:
        return f"{origin} has run it {_shown(age)} ago; it has to be there for {_shown(min_age)}"
    return ""


def _shown(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
