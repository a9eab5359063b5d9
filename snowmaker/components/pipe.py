"""Pipes: https://docs.snowflake.com/en/sql-reference/sql/create-pipe

No ALTER changes what a pipe copies. One that is made again is paused before, and has no load history: files of the last
two weeks may be loaded twice (https://docs.snowflake.com/en/user-guide/data-load-snowpipe-manage). So is one that gets
another owner, who has to resume it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from snowmaker import sql
from snowmaker.components import schedules
from snowmaker.components.base import Component, Kind, Pairs, Property, Record, Row, Settled, Values
from snowmaker.components.bodies import Body
from snowmaker.components.rows import name_in
from snowmaker.components.schedules import Key
from snowmaker.components.shared import COMMENT, OWNER, TAGS
from snowmaker.components.types import Boolean, Name, Text

_FIXED = ("auto_ingest", "integration", "copy")
_AGAIN = "no ALTER changes it, and another pipe has no load history"
_INTEGRATION = Name(of="NOTIFICATION INTEGRATION")


def _identity(record: Record) -> tuple[str, ...] | None:
    """Those that Snowpipe Streaming makes by itself are nobody's to declare."""
    managed = str(record.get("is_snowflake_managed") or "").lower() == "true"
    return None if managed else name_in(KIND, record)


def _read(row: Row) -> Values:
    """Whether events start it is not shown: but where they come in is, or what brings them."""
    found: Values = {"auto_ingest": bool(row.shown.get("notification_channel") or row.shown.get("integration"))}
    for record in row.bulk.get("status", ()):
        state = json.loads(str(record["status"] or "{}")).get("executionState")
        found["pipe_execution_paused"] = state == "PAUSED"
    return found


def _queries(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    """What tells whether it is paused: https://docs.snowflake.com/en/sql-reference/functions/system_pipe_status"""
    said = declared is not None and {"pipe_execution_paused", "owner"} & set(declared.values)
    return {"status": f"SELECT SYSTEM$PIPE_STATUS({sql.quote_literal(live.quoted)}) AS STATUS"} if whole or said else {}


def _paused(target: str, old: Any, new: Any) -> Pairs:
    """Who came to own a paused pipe can resume it only so.

    https://docs.snowflake.com/en/sql-reference/functions/system_pipe_force_resume
    """
    name = sql.quote_literal(target.removeprefix("PIPE "))
    resume, pause = f"SELECT SYSTEM$PIPE_FORCE_RESUME({name})", f"ALTER {target} SET PIPE_EXECUTION_PAUSED = TRUE"
    return [(pause if new else resume, (pause if old else resume,))]


def _settle(was: Sequence[Component], will: Sequence[Component], changed: Mapping[Key, Collection[str]]) -> Settled:
    """A new one runs by itself; one that is made again rests before."""
    again = {key for key, names in changed.items() if not set(_FIXED).isdisjoint(names)}
    stops, starts = schedules.turned(was, will, again | schedules.stopped(will, changed))
    there = {one.key for one in was}
    return stops, [one for one in starts if one.key in there]


def _check(declared: Component) -> str:
    wrong = [name for name in ("aws_sns_topic", "integration") if declared.values.get(name)]
    if len(wrong) > 1:
        return "has aws_sns_topic on Amazon, integration elsewhere"
    return f"has {wrong[0]}, and so auto_ingest: true" if wrong and not declared.value("auto_ingest") else ""


def _warn(live: Component, action: str) -> tuple[str, ...]:
    if action == "replace":
        again = "pause it until nothing is pending, and refresh it with what was not loaded"
        return (f"pipe {live.quoted} loses its load history: files may be loaded twice, or not at all; {again}",)
    return (f"the load history of pipe {live.quoted} does not come back by a rollback",) if action == "drop" else ()


KIND = Kind(
    "PIPE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-pipe",
    (
        Property("auto_ingest", Boolean(), default=False, source="own", fixed=_AGAIN),
        Property("error_integration", _INTEGRATION),
        Property("aws_sns_topic", Text(), source="nowhere"),
        Property("integration", _INTEGRATION, form="INTEGRATION = '{}'", fixed=_AGAIN),
        COMMENT,
        Property("copy", Body(), column="definition", form="AS {}", required=True, fixed=_AGAIN),
        Property(
            "pipe_execution_paused",
            Boolean(),
            default=False,
            source="own",
            short="paused",
            optional=True,
            created=False,
            alter=_paused,
            settled=(True, False),
        ),
        TAGS,
        OWNER,
    ),
    between=", ",
    renames=False,
    identity=_identity,
    read=_read,
    queries=_queries,
    check=_check,
    warn=_warn,
    settle=_settle,
    makes=lambda _: (),  # no statement names it as it names a table
    rank=66,
)
