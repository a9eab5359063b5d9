"""Dates and times as text: https://docs.snowflake.com/en/sql-reference/date-time-input-output#label-date-time-input-output-supported-formats"""

from __future__ import annotations

import re

from snowmaker.sandbox.inforce import output_format
from snowmaker.sandbox.sql.bound import Bound, Unbound, text_sql

_ELEMENTS = re.compile(
    r'"[^"]*"|YYYY|YY|MMMM|MON|MM|DD|DY|HH24|HH12|HH|AM|PM|MI|SS|FF\d?|TZHTZM|TZH:TZM|TZH|TZM|TZISO|UUUU|T|.',
    re.I | re.S,
)
_STRFTIME = {
    "YYYY": "%Y", "UUUU": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a",
    "HH24": "%H", "HH": "%H", "HH12": "%I", "AM": "%p", "PM": "%p", "MI": "%M", "SS": "%S",
}  # fmt: skip


def default_text(bound: Bound) -> str:
    """In the format that the session has for the type."""
    return formatted(bound, output_format(bound.wire))


def formatted(bound: Bound, form: str) -> str:
    """DuckDB's text for a date, time or timestamp in Snowflake's format."""
    wall = bound.sql
    if bound.wire == "TIME":
        wall = f"(DATE '1970-01-01' + {wall})"
    elif bound.wire in ("TIMESTAMP_LTZ", "TIMESTAMP_TZ"):
        wall = f"CAST({wall} AS TIMESTAMP)"
    parts: list[str] = []
    pattern = ""
    for element in _ELEMENTS.findall(form):
        word = element.upper()
        if word in _STRFTIME:
            pattern += _STRFTIME[word]
        elif word.startswith("FF"):
            digits = int(word[2:] or 9)
            parts, pattern = _flush(parts, pattern, wall), ""
            if digits:
                parts.append(f"left(strftime({wall}, '%n'), {digits})")
            elif parts and parts[-1].endswith(".')"):
                parts[-1] = parts[-1][:-3] + "')"
        elif word.startswith("TZ"):
            parts, pattern = _flush(parts, pattern, wall), ""
            parts.append(_offset(bound, word))
        else:
            pattern += element.strip('"').replace("%", "%%") if len(element) > 1 else element.replace("%", "%%")
    parts = _flush(parts, pattern, wall)
    return " || ".join(parts) or "''"


def _flush(parts: list[str], pattern: str, wall: str) -> list[str]:
    return [*parts, f"strftime({wall}, {text_sql(pattern)})"] if pattern else parts


def _offset(bound: Bound, word: str) -> str:
    if bound.wire not in ("TIMESTAMP_LTZ", "TIMESTAMP_TZ"):
        offset = "0"
    else:
        offset = f"CAST(date_diff('minute', timezone('UTC', {bound.sql}), CAST({bound.sql} AS TIMESTAMP)) AS INTEGER)"
    if bound.wire in ("TIMESTAMP_NTZ", "DATE", "TIME"):
        return "'Z'"
    sign = f"CASE WHEN {offset} < 0 THEN '-' ELSE '+' END || "
    hours = f"lpad(CAST(abs({offset}) // 60 AS VARCHAR), 2, '0')"
    minutes = f"lpad(CAST(abs({offset}) % 60 AS VARCHAR), 2, '0')"
    match word:
        case "TZHTZM":
            return f"{sign}{hours} || {minutes}"
        case "TZH:TZM" | "TZISO":
            return f"{sign}{hours} || ':' || {minutes}"
        case "TZH":
            return f"{sign}{hours}"
        case _:
            return minutes


def strptime(form: str) -> tuple[str, bool]:
    """DuckDB's pattern for reading Snowflake's format, and whether it reads an offset. Raises Unbound."""
    pattern, zoned = "", False
    for element in _ELEMENTS.findall(form):
        word = element.upper()
        if word in _STRFTIME:
            pattern += _STRFTIME[word]
        elif word.startswith("FF"):
            pattern += "%f" if word != "FF9" and word != "FF" else "%n"
        elif word in ("TZHTZM", "TZH:TZM", "TZH"):
            pattern, zoned = pattern + "%z", True
        elif word.startswith("TZ"):
            raise Unbound(word)
        else:
            pattern += element.strip('"').replace("%", "%%") if len(element) > 1 else element.replace("%", "%%")
    return pattern, zoned
