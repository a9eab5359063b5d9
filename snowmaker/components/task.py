"""Tasks: https://docs.snowflake.com/en/sql-reference/sql/create-task

The root of a graph is suspended before the graph changes, and what ran before, or is to run, is resumed at the end:
https://docs.snowflake.com/en/user-guide/tasks-graphs
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from snowmaker import sql
from snowmaker.components import schedules
from snowmaker.components.base import Component, Kind, Pairs, Property, Row, Settled, Values
from snowmaker.components.bodies import Body
from snowmaker.components.schedules import SCHEDULE, STATE, Interval, Key
from snowmaker.components.session_parameters import own_parameters, session_parameters
from snowmaker.components.shared import COMMENT, OWNER, SIZE_SYNONYMS, SIZES, TAGS, parameter
from snowmaker.components.types import Boolean, Integer, Json, Listed, Name, Word

_SIZE = Word(SIZES, SIZE_SYNONYMS, quoted=True)
_LEVEL = Word(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"), quoted=True)
_OVERLAPS = ("NO_OVERLAP", "ALLOW_CHILD_OVERLAP", "ALLOW_ALL_OVERLAP")
_INTEGRATION = Name(of="NOTIFICATION INTEGRATION")
_PARAMETERS = (
    parameter("user_task_managed_initial_warehouse_size", _SIZE),
    parameter("user_task_timeout_ms", Integer(0, 604_800_000)),
    parameter("suspend_task_after_num_failures", Integer()),
    parameter("task_auto_retry_attempts", Integer(0, 30)),
    parameter("user_task_minimum_trigger_interval_in_seconds", Integer(10, 604_800)),
    parameter("serverless_task_min_statement_size", _SIZE),
    parameter("serverless_task_max_statement_size", _SIZE),
    parameter("log_level", _LEVEL),
)
_OWN = tuple(one.name for one in _PARAMETERS)
# what only a task without, and only one with a warehouse of its own has
_SERVERLESS = (
    *("user_task_managed_initial_warehouse_size", "target_completion_interval"),
    *("serverless_task_min_statement_size", "serverless_task_max_statement_size"),
)
_ROOTS = ("config", "overlap_policy", "task_auto_retry_attempts", "suspend_task_after_num_failures")


def _said(words: str, gone: str, target: str, old: Any, new: Any) -> Pairs:
    """What has a clause of its own in ALTER TASK: https://docs.snowflake.com/en/sql-reference/sql/alter-task"""

    def text(value: Any) -> str:
        return f"ALTER {target} {gone if value is None else f'{words} {value}'}"

    return [(text(new), (text(old),))]


def _after(target: str, old: Any, new: Any) -> Pairs:
    before, after = old or (), new or ()
    found: Pairs = []
    for words, back, names in (
        ("REMOVE AFTER", "ADD AFTER", [name for name in before if name not in after]),
        ("ADD AFTER", "REMOVE AFTER", [name for name in after if name not in before]),
    ):
        if names:
            listed = ", ".join(names)
            found.append((f"ALTER {target} {words} {listed}", (f"ALTER {target} {back} {listed}",)))
    return found


def _read(row: Row) -> Values:
    found: Values = {"parameters": own_parameters("TASK", _OWN, row)}
    try:
        relations = json.loads(row.shown.get("task_relations") or "{}")
    except ValueError:
        relations = {}
    root = relations.get("FinalizedRootTask") if isinstance(relations, dict) else None
    found["finalize"] = Name(3).shown(root, ())
    overlapping = str(row.shown.get("allow_overlapping_execution")).lower() == "true"
    found["overlap_policy"] = Word().shown(row.shown.get("overlap_policy"), ()) or _OVERLAPS[overlapping]
    return found


def _finished(declared: Component) -> Component:
    """ALLOW_OVERLAPPING_EXECUTION is another word for two of the policies.

    https://docs.snowflake.com/en/release-notes/2026/other/2026-03-13-tasks-overlap-policy
    """
    values = dict(declared.values)
    overlapping = values.pop("allow_overlapping_execution", None)
    if overlapping is None:
        return declared
    if "overlap_policy" in values:
        raise ValueError("overlap_policy says what allow_overlapping_execution does")
    return replace(declared, values={**values, "overlap_policy": _OVERLAPS[overlapping]})


def _check(declared: Component) -> str:
    values = declared.values
    child = [name for name in ("after", "finalize") if values.get(name)]
    if len(child) > 1:
        return "has both after and finalize: a finalizer comes after the whole graph"
    wrong = [name for name in ("schedule", *_ROOTS) if name in values] if child else []
    if wrong:
        return f"has {child[0]}, and so no {', '.join(wrong)}: that is its root's affair"
    wrong = [name for name in _SERVERLESS if name in values] if values.get("warehouse") else []
    return f"has a warehouse, and so no {', '.join(wrong)}" if wrong else ""


# graphs

Graph = Mapping[Key, set[Key]]  # what each task comes after


def _settle(was: Sequence[Component], will: Sequence[Component], changed: Mapping[Key, Collection[str]]) -> Settled:
    """A graph changes only while its root is suspended, and a task is resumed before its root.

    A task that gets another place in a graph, or none, is suspended by it. Only a task without any graph can be
    altered while it is started, since 2026_06 (https://docs.snowflake.com/en/release-notes/bcr-bundles/2026_06/bcr-2363):
    it is suspended too.
    """
    before, after = _graph(was), _graph(will)
    resting = {root for key in changed for graph in (before, after) for root in _roots(graph, key)}
    resting |= {key for key, names in changed.items() if not {"after", "finalize"}.isdisjoint(names)}
    stops, starts = schedules.turned(was, will, resting | schedules.stopped(will, changed))
    stops.sort(key=lambda one: (_depth(before, one.key), one.key))
    starts.sort(key=lambda one: (-_depth(after, one.key), one.key))
    return stops, starts


def _graph(tasks: Sequence[Component]) -> Graph:
    above = {one.key: [*one.value("after"), *filter(None, [one.value("finalize")])] for one in tasks}
    return {key: {("TASK", *sql.parse_name(name)) for name in names} for key, names in above.items()}


def _roots(graph: Graph, key: Key) -> set[Key]:
    """The tasks above one that have nothing above them; itself, where it is one."""
    waiting, found, seen = [key], set[Key](), set[Key]()
    while waiting:
        one = waiting.pop()
        above = graph.get(one, set()) & graph.keys()
        if not above:
            found.add(one)
        waiting += above - seen
        seen |= above
    return found


def _depth(graph: Graph, key: Key, below: frozenset[Key] = frozenset()) -> int:
    """How many tasks come before one; a circle, which is refused later, ends it."""
    below |= {key}
    above = (graph.get(key, set()) & graph.keys()) - below
    return 1 + max(_depth(graph, one, below) for one in above) if above else 0


KIND = Kind(
    "TASK",
    "https://docs.snowflake.com/en/sql-reference/sql/create-task",
    (
        Property("warehouse", Name(of="WAREHOUSE")),
        SCHEDULE,
        Property("config", Json()),
        Property("overlap_policy", Word(_OVERLAPS), default=_OVERLAPS[0], source="own"),
        Property("allow_overlapping_execution", Boolean(), source="nowhere", created=False),
        session_parameters(*_OWN),
        *_PARAMETERS,
        Property("error_integration", _INTEGRATION),
        Property("success_integration", _INTEGRATION),
        Property("target_completion_interval", Interval()),
        Property("scheduling_mode", Word(("FIXED", "FLEXIBLE")), optional=True),
        COMMENT,
        Property(
            "finalize",
            Name(3, of="TASK"),
            source="own",
            alter=partial(_said, "SET FINALIZE =", "UNSET FINALIZE"),
            link=True,
        ),
        Property(
            "execute_as_user",
            Name(of="USER"),
            form="EXECUTE AS USER {}",
            alter=partial(_said, "SET EXECUTE AS USER", "UNSET EXECUTE AS USER"),
        ),
        Property(
            "after",
            Listed(Name(3, of="TASK"), brackets="{}"),
            default=(),
            column="predecessors",
            form="AFTER {}",
            alter=_after,
            link=True,
        ),
        Property(
            "when", Body(), column="condition", form="WHEN {}", alter=partial(_said, "MODIFY WHEN", "REMOVE WHEN")
        ),
        Property(
            "sql",
            Body(),
            column="definition",
            form="AS {}",
            required=True,
            alter=partial(_said, "MODIFY AS", ""),
        ),
        STATE,
        TAGS,
        OWNER,
    ),
    between=", ",
    renames=False,
    read=_read,
    finished=_finished,
    check=_check,
    settle=_settle,
    makes=lambda _: (),  # no statement names it as it names a table
    rank=70,
)
