"""Schedules of tasks and alerts: `5 MINUTES` and `USING CRON …`. The sandbox keeps them; nothing runs by itself.

https://docs.snowflake.com/en/sql-reference/sql/create-task#optional-parameters
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import name

_INTERVAL = re.compile(r"(\d+)\s*(SECONDS?|MINUTES?|HOURS?|S|M|H)", re.I)
# The shortest and longest of each unit
_LIMITS = {"S": (10, 691_200), "M": (1, 11_520), "H": (1, 192)}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# minute, hour, day of the month, month, day of the week: lowest, highest, names of the values from the lowest on
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, _MONTHS), (0, 6, _DAYS),
)  # fmt: skip


def warehouse(parser: Parser) -> str:
    """The name of a warehouse; a session variable may hold it."""
    if parser.peek().kind == "variable":
        return str(parser.literal())
    return str(name(parser))


def schedule(parser: Parser) -> str:
    """The value of SCHEDULE, as written. Raises SqlError 001008."""
    text = str(parser.string())
    if not (cron(text) if text.split()[:2] and text.upper().startswith("USING CRON") else interval(text)):
        raise sqlerror.invalid_value(text, "SCHEDULE")
    return text


def completion(parser: Parser) -> str:
    """The value of TARGET_COMPLETION_INTERVAL, which has the form of an interval."""
    text = str(parser.string())
    if not interval(text):
        raise sqlerror.invalid_value(text, "TARGET_COMPLETION_INTERVAL")
    return text


def interval(text: str) -> bool:
    """Whether a text is `n SECONDS | MINUTES | HOURS`, within eight days."""
    found = _INTERVAL.fullmatch(text.strip())
    if found is None:
        return False
    low, high = _LIMITS[found[2][0].upper()]
    return low <= int(found[1]) <= high


def cron(text: str) -> bool:
    """Whether a text is `USING CRON minute hour day month weekday zone`."""
    words = text.split()[2:]
    if len(words) != 6 or not all(_field(word, number) for number, word in enumerate(words[:5])):
        return False
    try:
        ZoneInfo(words[5])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _field(text: str, number: int) -> bool:
    return all(_part(part, number) for part in text.upper().split(","))


def _part(text: str, number: int) -> bool:
    """`*`, `a`, `a-b`, each with `/step`; L and n#m where days are counted."""
    if (number == 2 and text == "L") or (number == 4 and re.fullmatch(r"([0-7]|[A-Z]{3})L|[0-6]#[1-5]", text)):
        return True
    base, slash, step = text.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if base == "*":
        return True
    first, dash, last = base.partition("-")
    values = [_value(each, number) for each in ((first, last) if dash else (first,))]
    return None not in values and values == sorted(values)  # type: ignore[type-var]


def _value(text: str, number: int) -> int | None:
    low, high, names = _FIELDS[number]
    if text in names:
        return low + names.index(text)
    return int(text) if text.isdigit() and low <= int(text) <= high else None
