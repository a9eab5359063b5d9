"""Texts of files as values of columns: the SQL that converts them, and the SQL that tells which it cannot.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox.columns import TableColumn
from snowmaker.sandbox.temporal import AUTO_DATES, AUTO_TIMESTAMPS, strptime_formats

_NUMBER = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"
_REAL = rf"{_NUMBER}|\s*[+-]?(inf|infinity|nan)\s*"
_TRUE = "('true', 't', 'yes', 'y', 'on', '1')"
_FALSE = "('false', 'f', 'no', 'n', 'off', '0')"
_ZONE = r"([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)\s*(?:[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}|Z)"
_TIMESTAMPS = ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ")


@dataclass(frozen=True)
class Conversion:
    """SQL on a column of text: its `value`, which is NULL where the text is none, and what makes a row `bad`."""

    value: str
    bad: str


def convert(text: str, column: TableColumn, options: Mapping[str, Any], *, enforce: bool, cut: bool) -> Conversion:
    """How the expression `text` becomes a value of the column.

    `enforce` refuses strings that are too long for the column, `cut` cuts them.
    """
    kind = column.type
    if kind.wire == "TEXT":
        value = f"left({text}, {kind.length})" if cut else text
        bad = f"coalesce(length({text}) > {kind.length}, false)" if enforce and not cut else "false"
    else:
        value = _value(text, column, options)
        bad = f"({text} is not null and {value} is null)"
    if not column.nullable and not column.identity:
        bad = f"({bad} or {text} is null)"
    return Conversion(value, bad)


def _value(text: str, column: TableColumn, options: Mapping[str, Any]) -> str:
    kind = column.type
    match kind.wire:
        case "FIXED":
            number = f"try_cast({text} as {kind.stored})"
            fits = f" and abs({number}) < 1e{kind.precision}" if not kind.scale and (kind.precision or 38) < 19 else ""
            return f"(case when regexp_full_match({text}, '{_NUMBER}'){fits} then {number} end)"
        case "REAL":
            return f"(case when regexp_full_match({text}, '{_REAL}', 'i') then try_cast(trim({text}) as double) end)"
        case "BOOLEAN":
            low = f"lower(trim({text}))"
            return f"(case when {low} in {_TRUE} then true when {low} in {_FALSE} then false end)"
        case "BINARY":
            return _binary(text, str(options.get("BINARY_FORMAT", "HEX")).upper())
        case "DATE" | "TIME":
            return _moment(text, kind.wire, str(options.get(f"{kind.wire}_FORMAT", "AUTO")))
        case _ if kind.wire in _TIMESTAMPS:
            return _moment(text, kind.wire, str(options.get("TIMESTAMP_FORMAT", "AUTO")))
        case "OBJECT":
            return f"(case when json_type(try_cast({text} as json)) = 'OBJECT' then try_cast({text} as json) end)"
        case _:
            return f"try_cast({text} as {kind.stored})"


def _binary(text: str, form: str) -> str:
    if form == "UTF8":
        return f"encode({text})"
    return f"try(from_base64({text}))" if form == "BASE64" else f"try(unhex({text}))"


def _moment(text: str, wire: str, model: str) -> str:
    """A date, time or timestamp by a format; AUTO takes ISO 8601, some more, and seconds since 1970."""
    stored = {"DATE": "date", "TIME": "time", "TIMESTAMP_NTZ": "timestamp"}.get(wire, "timestamptz")
    if model.upper() != "AUTO":
        return f"try_cast({_strptime(text, strptime_formats(model), stored)} as {stored})"
    if wire == "TIME":
        return f"try_cast({text} as time)"
    formats = AUTO_DATES if wire == "DATE" else (*AUTO_TIMESTAMPS, *AUTO_DATES)
    cast = f"try_cast({text} as {stored})"
    epoch = f"try_cast({_epoch(text)} as {stored})"
    return f"coalesce({cast}, try_cast({_strptime(text, formats, stored)} as {stored}), {epoch})"


def _strptime(text: str, formats: tuple[str, ...], stored: str) -> str:
    """Formats with a zone give another type than those without, so they are tried apart.

    A timestamp without time zone keeps the time on the clock and drops the zone.
    """
    zoned = [each for each in formats if "%z" in each]
    plain = [each for each in formats if "%z" not in each]
    tries = [f"try_strptime({text}, {_list(plain)})"] if plain else []
    if zoned and stored == "timestamptz":
        tries = [f"try_strptime({text}, {_list(zoned)})", *(f"cast({each} as timestamptz)" for each in tries)]
    elif zoned:
        bare = f"regexp_replace(trim({text}), '{_ZONE}', '\\1')"
        tries += [f"try_strptime({bare}, {_list([_zoneless(each) for each in zoned])})"]
    return f"coalesce({', '.join(tries)})"


def _zoneless(form: str) -> str:
    return form.replace(" %z", "").replace("%z", "")


def _list(formats: list[str]) -> str:
    return "[" + ", ".join("'" + each.replace("'", "''") + "'" for each in formats) + "]"


def _epoch(text: str) -> str:
    """Whole numbers are seconds, or as large ones milli-, micro- or nanoseconds.

    https://docs.snowflake.com/en/sql-reference/functions/to_timestamp#usage-notes
    """
    number = f"try_cast({text} as bigint)"
    return (
        f"(case when not regexp_full_match({text}, '-?[0-9]+') then null "
        f"when abs({number}) < 31536000000 then make_timestamp({number} * 1000000) "
        f"when abs({number}) < 31536000000000 then make_timestamp({number} * 1000) "
        f"when abs({number}) < 31536000000000000 then make_timestamp({number}) "
        f"else make_timestamp({number} // 1000) end)"
    )


def complaint(column: TableColumn, text: str | None) -> tuple[str, int, str]:
    """What Snowflake says of a text that the column cannot take: message, code, SQLSTATE."""
    if text is None:
        return f"NULL result in a non-nullable column: {column.name}", 100072, "22000"
    shown = text[:200]
    match column.type.wire:
        case "TEXT":
            return f"User character length limit ({column.type.length}) exceeded by string '{shown}'", 100074, "54000"
        case "FIXED":
            return _number(column, text, shown)
        case "REAL":
            return f"Numeric value '{shown}' is not recognized", 100038, "22018"
        case "BOOLEAN":
            return f"Boolean value '{shown}' is not recognized", 100037, "22018"
        case "BINARY":
            return f"The following string is not a legal hex-encoded value: '{shown}'", 100115, "22000"
        case "DATE":
            return f"Date '{shown}' is not recognized", 100040, "22007"
        case "TIME":
            return f"Time '{shown}' is not recognized", 100108, "22007"
        case "VARIANT" | "OBJECT" | "ARRAY":
            return f"Error parsing JSON: {shown}", 100069, "22P02"
        case _:
            return f"Timestamp '{shown}' is not recognized", 100035, "22007"


def _number(column: TableColumn, text: str, shown: str) -> tuple[str, int, str]:
    if not re.fullmatch(_NUMBER, text):
        return f"Numeric value '{shown}' is not recognized", 100038, "22018"
    precision = column.type.precision or 38
    size = next((bytes_ for limit, bytes_ in ((2, 1), (4, 2), (9, 4), (18, 8)) if precision <= limit), 16)
    kind = f"FIXED[SB{size}]({precision},{column.type.scale or 0})"
    null = "{nullable}" if column.nullable else "{not null}"
    return f"Number out of representable range: type {kind}{null}, value {shown}", 100132, "22003"
