"""Procedures: https://docs.snowflake.com/en/sql-reference/sql/create-procedure

As with functions, what ALTER cannot change is made again, and privileges stay.
"""

from __future__ import annotations

from typing import Any

from snowmaker.components import routines
from snowmaker.components.base import Kind, Pairs, Property
from snowmaker.components.shared import parameter
from snowmaker.components.types import Boolean, Word


def _executed(target: str, old: Any, new: Any) -> Pairs:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-procedure"""
    there, back = (f"ALTER {target} EXECUTE AS {rights or 'OWNER'}" for rights in (new, old))
    return [(there, (back,))]


KIND = Kind(
    "PROCEDURE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-procedure",
    (
        Property(
            "secure",
            Boolean(),
            default=False,
            column="is_secure",
            form="SECURE",
            before=True,
            fixed="only CREATE says it",
        ),
        *routines.SIGNATURE,
        *routines.HANDLER,
        routines.comment("procedure"),
        Property(
            "execute_as",
            routines.Words(("OWNER", "CALLER", "RESTRICTED CALLER")),
            default="OWNER",
            column="execute as",
            source="describe",
            form="EXECUTE AS {}",
            alter=_executed,
        ),
        parameter("auto_event_logging", Word(("LOGGING", "TRACING", "ALL", "OFF")), optional=True, created=False),
        *routines.LAST,
    ),
    listing="USER PROCEDURES",
    signed=True,
    described=True,
    copies_grants="arguments",
    bulk=(routines.owners("PROCEDURE"),),
    identity=routines.identity,
    arguments=routines.types_of,
    read=routines.read,
    notes=routines.notes,
    queries=routines.queries,
    facing=routines.facing,
    finished=routines.finished,
    check=routines.check,
    needs=routines.needs,
    rank=37,
)
