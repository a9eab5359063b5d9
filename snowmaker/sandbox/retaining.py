"""How long dropped and changed data is kept, and how long that may be.

https://docs.snowflake.com/en/user-guide/data-time-travel#data-retention-period
"""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context

MOST_TRANSIENT = 1  # day


def checked_retention(_: Context, entry: Entry) -> Entry:
    """The object, whose own retention is one that it may have. Raises 001008."""
    days = entry.get("data_retention_time_in_days")
    if days is not None and days > MOST_TRANSIENT and (entry.get("transient") or entry.get("temporary")):
        raise sqlerror.invalid_value(days, "DATA_RETENTION_TIME_IN_DAYS")
    return entry
