"""Values of an account as JSON and as text. JSON keeps what a reader in another language would lose.

A number beyond 2^53 or with more digits than a float holds is a string; times are ISO 8601, in UTC where a
zone is known; binary is hex, as Snowflake shows it by default.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

SAFE = 2**53  # https://datatracker.ietf.org/doc/html/rfc8259#section-6: beyond it, readers disagree


def jsonable(value: Any) -> Any:
    """The value in JSON's types."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    return text(value)


def text(value: Any) -> str:
    """The value as one would write it in a table."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex().upper()
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(jsonable(value), ensure_ascii=False)
    return str(value)


def moment(value: datetime) -> str:
    """A time as ISO 8601: in UTC with a Z, or as it is where no zone is known."""
    if value.tzinfo is None:
        return value.isoformat()
    try:
        value = value.astimezone(UTC)
    except OverflowError:  # at the edge of the calendar, where UTC lies beyond it
        return value.isoformat()
    return value.replace(tzinfo=None).isoformat() + "Z"


def _number(value: int | float | Decimal) -> int | float | str:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) <= SAFE else str(value)
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return _number(int(value))
    near = float(value)
    return near if Decimal(repr(near)) == value else format(value, "f")
