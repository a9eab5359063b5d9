"""Whether a warehouse runs: https://docs.snowflake.com/en/user-guide/warehouses-overview"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from snowmaker.sandbox.catalog import Entry

STARTED, SUSPENDED = "STARTED", "SUSPENDED"


def state(warehouse: Entry) -> str:
    """STARTED or SUSPENDED."""
    return str(warehouse.get("state", STARTED))


def turned(warehouse: Entry, to: str) -> Entry:
    """The warehouse in another state, and, where it starts, with the time."""
    now = {"resumed_on": datetime.now(UTC).isoformat()} if to == STARTED else {}
    return replace(warehouse, properties={**warehouse.properties, "state": to, **now})
