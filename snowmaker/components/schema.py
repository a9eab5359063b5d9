"""Schemas: https://docs.snowflake.com/en/sql-reference/sql/create-schema"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.components.base import Kind, Pairs, Property, Record
from snowmaker.components.shared import COMMENT, CONTAINER_PARAMETERS, OWNER, TAGS, TRANSIENT, Option, parameter
from snowmaker.components.types import Boolean


def _managed(target: str, old: Any, new: Any) -> Pairs:
    words = {True: f"ALTER {target} ENABLE MANAGED ACCESS", False: f"ALTER {target} DISABLE MANAGED ACCESS"}
    return [(words[bool(new)], (words[bool(old)],))]


def _identity(record: Record) -> tuple[str, ...] | None:
    name, database = str(record["name"]), str(record["database_name"] or "")
    return (database, name) if database and name != "INFORMATION_SCHEMA" else None


KIND = Kind(
    "SCHEMA",
    "https://docs.snowflake.com/en/sql-reference/sql/create-schema",
    (
        TRANSIENT,
        Property(
            "managed_access",
            Option("MANAGED ACCESS"),
            default=False,
            column="options",
            form="WITH MANAGED ACCESS",
            alter=_managed,
        ),
        *CONTAINER_PARAMETERS,
        parameter("pipe_execution_paused", Boolean()),
        COMMENT,
        replace(TAGS, late=True),
        OWNER,
    ),
    level="database",
    between=", ",
    replaces=False,
    holds=True,
    undrop=True,
    implied=frozenset({"PUBLIC"}),
    identity=_identity,
    rank=24,
)
