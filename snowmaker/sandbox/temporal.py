"""Snowflake's formats of dates and times: for reading, as DuckDB's strptime knows them, and for writing.

https://docs.snowflake.com/en/sql-reference/date-time-input-output#about-the-elements-used-in-input-and-output-formats
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

# The longest come first: YYYY is not YY twice
_ELEMENTS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a", "HH24": "%H",
    "HH12": "%I", "AM": "%p", "PM": "%p", "MI": "%M", "SS": "%S", "TZH:TZM": "%z", "TZHTZM": "%z", "TZH": "%z",
    "TZISO": "%z",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<quoted>\"[^\"]*\")|(?P<fraction>\.?FF[0-9]?)|(?P<element>"
    + "|".join(sorted(map(re.escape, _ELEMENTS), key=len, reverse=True))
    + r")|(?P<other>.)",
    re.I | re.S,
)

# What AUTO understands besides ISO 8601, which DuckDB's casts read
AUTO_DATES = ("%d-%b-%Y", "%m/%d/%Y")
AUTO_TIMESTAMPS = (
    "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f %z", "%Y-%m-%d %H:%M %z", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H",
    "%Y-%m-%d %H", "%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S.%f %z", "%a, %d %b %Y %I:%M:%S %p %z",
    "%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%a %b %d %H:%M:%S %z %Y",
)  # fmt: skip


def strptime_formats(model: str) -> tuple[str, ...]:
    """The formats by which DuckDB reads what a Snowflake format describes; a fraction of seconds may be missing."""
    whole = _translated(model, fraction=".%f")
    bare = _translated(model, fraction="")
    return (whole,) if whole == bare else (whole, bare)


def strftime(value: datetime | date | time, model: str) -> str:
    """A value written by a Snowflake format."""
    return "".join(_written(found, value) for found in _TOKEN.finditer(model))


def _written(found: re.Match[str], value: datetime | date | time) -> str:
    if found["quoted"] is not None:
        return found["quoted"][1:-1]
    if found["fraction"] is not None:
        return _fraction(found["fraction"], getattr(value, "microsecond", 0))
    if found["element"] is None:
        return found["other"]
    element = found["element"].upper()
    if element.startswith("TZ"):
        return _zone(element, value)
    return value.strftime(_ELEMENTS[element])


def _fraction(written: str, microseconds: int) -> str:
    digits = int(written[-1]) if written[-1].isdigit() else 9
    shown = f"{microseconds * 1000:09d}"[:digits]
    return ("." if written.startswith(".") and shown else "") + shown


def _zone(element: str, value: datetime | date | time) -> str:
    """The offset from UTC: +0100, with a colon where the element has one, hours alone for TZH."""
    offset = value.strftime("%z") or "+0000"
    if element == "TZH":
        return offset[:3]
    return f"{offset[:3]}:{offset[3:5]}" if ":" in element or element == "TZISO" else offset[:5]


def _translated(model: str, fraction: str) -> str:
    parts: list[str] = []
    for found in _TOKEN.finditer(model):
        if found["quoted"] is not None:
            parts.append(found["quoted"][1:-1].replace("%", "%%"))
        elif found["fraction"] is not None:
            parts.append(fraction)
        elif found["element"] is not None:
            parts.append(_ELEMENTS[found["element"].upper()])
        else:
            parts.append(found["other"].replace("%", "%%"))
    return "".join(parts)
