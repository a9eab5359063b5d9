"""Functions: https://docs.snowflake.com/en/sql-reference/sql/create-function

What ALTER cannot change is made again, which keeps the privileges on it.
"""

from __future__ import annotations

from snowmaker.components import routines
from snowmaker.components.base import Component, Kind, Property
from snowmaker.components.shared import SECURE
from snowmaker.components.types import Boolean


def _check(declared: Component) -> str:
    if any(one.out for one in declared.values["arguments"]):
        return "hands nothing back through its arguments"
    if declared.value("aggregate") and declared.value("language") != "PYTHON":
        return "that aggregates is in python"
    if declared.value("memoizable") and declared.value("language") != "SQL":
        return "that is memoizable is in sql"
    return routines.check(declared)


KIND = Kind(
    "FUNCTION",
    "https://docs.snowflake.com/en/sql-reference/sql/create-function",
    (
        SECURE,
        Property(
            "aggregate",
            Boolean(),
            default=False,
            column="is_aggregate",
            form="AGGREGATE",
            before=True,
            fixed="only CREATE says it",
        ),
        *routines.SIGNATURE,
        Property(
            "memoizable",
            Boolean(),
            default=False,
            column="is_memoizable",
            form="MEMOIZABLE",
            fixed="only CREATE says it",
        ),
        *routines.HANDLER,
        routines.comment("function"),
        *routines.LAST,
    ),
    listing="USER FUNCTIONS",
    signed=True,
    described=True,
    copies_grants="arguments",
    bulk=(routines.owners("FUNCTION"),),
    identity=routines.identity,
    arguments=routines.types_of,
    read=routines.read,
    notes=routines.notes,
    queries=routines.queries,
    facing=routines.facing,
    finished=routines.finished,
    check=_check,
    needs=routines.needs,
    rank=36,
)
