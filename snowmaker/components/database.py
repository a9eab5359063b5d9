"""Databases: https://docs.snowflake.com/en/sql-reference/sql/create-database"""

from __future__ import annotations

from dataclasses import replace

from snowmaker.components.base import Kind, Record
from snowmaker.components.shared import COMMENT, CONTAINER_PARAMETERS, OWNER, TAGS, TRANSIENT, parameter
from snowmaker.components.types import Name

SYSTEM = frozenset({"SNOWFLAKE", "SNOWFLAKE_SAMPLE_DATA", "SNOWFLAKE$GDS"})


def _identity(record: Record) -> tuple[str, ...] | None:
    """Standard databases only: shares, applications and personal databases are their makers'."""
    name, kind = str(record["name"]), str(record.get("kind") or "STANDARD").upper()
    if name in SYSTEM or name.startswith("USER$") or kind != "STANDARD" or record.get("origin"):
        return None
    return (name,)


KIND = Kind(
    "DATABASE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-database",
    (
        TRANSIENT,
        *CONTAINER_PARAMETERS,
        parameter("event_table", Name(3), created=False),
        COMMENT,
        replace(TAGS, late=True),
        OWNER,
    ),
    level="account",
    between=", ",
    replaces=False,
    holds=True,
    undrop=True,
    system=SYSTEM,
    identity=_identity,
    rank=20,
)
