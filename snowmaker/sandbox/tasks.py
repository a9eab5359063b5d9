"""Task graphs: which task runs after which, and what the rules of a graph forbid.

https://docs.snowflake.com/en/user-guide/tasks-graphs. The texts of the errors are Snowflake's; their codes other
than 091421 and 091089 are not documented, and 091400 stands for all of them here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox.catalog import Catalog, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.parser import Name
from snowmaker.sandbox.sqlerror import SqlError

STARTED, SUSPENDED = "started", "suspended"


def refused(text: str) -> SqlError:
    """091400: what the rules of a graph forbid."""
    return SqlError(91400, "22000", text)


# -- the graph -------------------------------------------------------------------------------------------


def predecessors(catalog: Catalog, task: Entry) -> list[Entry]:
    """The tasks it runs after, as far as they are still there."""
    return [found for id_ in task.get("predecessors", ()) if (found := catalog.get(id_)) is not None]


def children(catalog: Catalog, task: Entry) -> list[Entry]:
    """The tasks that run after it, by name."""
    return [each for each in catalog.children(task.parent, "TASK") if task.id in each.get("predecessors", ())]


def finalized(catalog: Catalog, task: Entry) -> Entry | None:
    """The root whose graph it ends."""
    return catalog.get(task.get("finalize") or 0)


def finalizer(catalog: Catalog, root: Entry) -> Entry | None:
    """The task that runs when the graph has."""
    return next((each for each in catalog.children(root.parent, "TASK") if each.get("finalize") == root.id), None)


def is_root(catalog: Catalog, task: Entry) -> bool:
    """Whether it runs after no task, and ends no graph."""
    return not predecessors(catalog, task) and finalized(catalog, task) is None


def roots(catalog: Catalog, task: Entry) -> list[Entry]:
    """The roots of the graph it is in; itself, where it runs after nothing."""
    if (root := finalized(catalog, task)) is not None:
        return [root]
    above = predecessors(catalog, task)
    if not above:
        return [task]
    return list({root.id: root for each in above for root in roots(catalog, each)}.values())


def descendants(catalog: Catalog, task: Entry) -> list[Entry]:
    """All tasks behind it, each behind those it runs after."""
    return list(_ordered(catalog, task))[1:]


def _ordered(catalog: Catalog, root: Entry) -> Iterator[Entry]:
    """A graph's tasks, so that each comes behind its predecessors."""
    reached: dict[int, Entry] = {root.id: root}
    waiting = [root]
    while waiting:
        for child in children(catalog, waiting.pop()):
            if child.id not in reached:
                reached[child.id] = child
                waiting.append(child)
    done: set[int] = set()
    while len(done) < len(reached):
        for task in sorted(reached.values(), key=lambda each: each.name):
            known = {id_ for id_ in task.get("predecessors", ()) if id_ in reached}
            if task.id not in done and known <= done:
                done.add(task.id)
                yield task


def relations(context: Context, task: Entry) -> str:
    """`task_relations` of SHOW TASKS: https://docs.snowflake.com/en/sql-reference/sql/show-tasks"""
    catalog = context.catalog
    found: dict[str, Any] = {}
    if (root := finalized(catalog, task)) is not None:
        found["FinalizedRootTask"] = context.path(root)
    found["Predecessors"] = [context.path(each) for each in predecessors(catalog, task)]
    if (last := finalizer(catalog, task)) is not None:
        found["FinalizerTask"] = context.path(last)
    return json.dumps(found, separators=(",", ":"))


# -- what a graph forbids ----------------------------------------------------------------------------------


def at_rest(context: Context, task: Entry) -> None:
    """Refuse to change a graph whose root is started. Raises SqlError 091421."""
    for root in roots(context.catalog, task):
        if root.get("state") == STARTED:
            raise SqlError(
                91421, "22000", f"Unable to update graph with root task {context.path(root)} since that root task is "
                "not suspended.",
            )  # fmt: skip


def found(context: Context, name: Name) -> Entry | None:
    """The task of that name, where the roles see it."""
    try:
        return context.find("TASK", name)
    except SqlError:
        return None


def resolved_predecessors(context: Context, task: Entry, names: Iterable[Name]) -> list[Entry]:
    """The tasks behind AFTER. Raises SqlError for one that cannot be."""
    entries = []
    for name in names:
        entry = found(context, name)
        if entry is None:
            raise refused(f"Invalid predecessor {dotted(name)} was specified.")
        entries.append(entry)
    for entry in entries:
        _may_precede(context, entry, task)
    return entries


def _may_precede(context: Context, entry: Entry, task: Entry) -> None:
    if finalizer(context.catalog, task) is not None:
        raise refused(
            "This task has a finalizer and cannot be made a child task. Please remove the finalizer before adding a "
            "predecessor."
        )
    if entry.id == task.id:
        raise refused(f"Task {task.name} cannot use itself as its predecessor.")
    if entry.parent != task.parent:
        raise refused(f"Cannot have predecessor {entry.name} from a different schema.")
    if entry.get("finalize"):
        raise refused(f"Task {context.path(entry)} cannot have children as a finalizer task.")
    if entry.owner != task.owner:
        raise refused(f"Predecessor {entry.name} and task {task.name} must have the same owner.")
    if entry.id in {each.id for each in descendants(context.catalog, task)}:
        raise refused(f"Adding predecessor {entry.name} to task {task.name} would create a cycle.")


def resolved_root(context: Context, task: Entry, name: Name) -> Entry:
    """The task behind FINALIZE. Raises SqlError for one that cannot be."""
    root = found(context, name)
    if root is None:
        raise refused(f"Invalid finalized root task {dotted(name)} was specified.")
    if root.parent != task.parent:
        raise refused(f"Cannot finalize graph {dotted(name)} in a different schema.")
    if not is_root(context.catalog, root):
        raise refused(f"Task {context.path(task)} cannot finalize a non-root task {context.path(root)}.")
    if root.id == task.id or (root.name == task.name and root.parent == task.parent):
        raise refused(f"Task {task.name} cannot finalize itself.")
    last = finalizer(context.catalog, root)
    if last is not None and last.id != task.id and last.name != task.name:
        raise refused(f"Finalize target {root.name} already have finalizer.")
    return root


def checked(context: Context, task: Entry, entry: Entry) -> Entry:
    """The task as it would be, if the rules for roots, children and finalizers allow it. `task` is it as it was."""
    full, ends, after = context.path(entry), bool(entry.get("finalize")), bool(entry.get("predecessors"))
    if ends and entry.get("schedule"):
        raise refused(f"Task {entry.name} cannot have a schedule and be a finalizer task.")
    if ends and after:
        raise refused(f"Task {full} cannot have predecessors as a finalizer task.")
    if ends and children(context.catalog, task):
        raise refused(f"Task {full} cannot have children as a finalizer task.")
    if after and entry.get("schedule"):
        raise refused(f"Task {entry.name} cannot have both a schedule and a predecessor.")
    if (ends or after) and entry.get("config") is not None:
        raise refused(f"Task {full} cannot both be a non-root task and have a config.")
    if (ends or after) and entry.get("overlap_policy") is not None:
        raise refused(f"Cannot set overlap policy on non-root task {full}.")
    if (ends or after) and entry.get("allow_overlapping_execution"):
        raise refused(f"Cannot set allow_overlapping_execution on non-root task {full}.")
    for name in ("TASK_AUTO_RETRY_ATTEMPTS", "SUSPEND_TASK_AFTER_NUM_FAILURES"):
        if after and entry.get(name.lower()) is not None:
            raise refused(
                f"Cannot set parameter {name} on non-root task {entry.name}. Non-root tasks use the parameter setting "
                "from their root task. Please set this on the root task for this task instead."
            )
    return _serverless(entry)


_SIZES = (
    "XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "X2LARGE", "XXXLARGE", "X3LARGE", "X4LARGE",
    "X5LARGE", "X6LARGE",
)  # fmt: skip
_LEAST, _MOST = "serverless_task_min_statement_size", "serverless_task_max_statement_size"
_INITIAL = "user_task_managed_initial_warehouse_size"


def _serverless(entry: Entry) -> Entry:
    """The sizes of a serverless task's compute, as far as they are given, are in order."""
    sizes = {key: _SIZES.index(entry.get(key)) for key in (_LEAST, _MOST, _INITIAL) if entry.get(key) is not None}
    if entry.get("warehouse") is not None:
        for key in (*sizes, *(["target_completion_interval"] if entry.get("target_completion_interval") else [])):
            raise refused(f"Cannot set {key.upper()} on a non-serverless task.")
    for low, high, words in ((_LEAST, _MOST, "greater"), (_LEAST, _INITIAL, "less")):
        if low in sizes and high in sizes and sizes[low] > sizes[high]:
            first, second = (low, high) if words == "greater" else (high, low)
            raise refused(
                f"{first.upper()} ({entry.get(first)}) cannot be {words} than {second.upper()} ({entry.get(second)})."
            )
    return entry


# -- state -------------------------------------------------------------------------------------------------


def stopped(task: Entry, reason: str) -> Entry:
    """The task, suspended for a reason that SHOW TASKS tells."""
    if task.get("state") == SUSPENDED and task.get("last_suspended_on"):
        return task
    now = datetime.now(UTC).isoformat()
    told = {"state": SUSPENDED, "last_suspended_on": now, "last_suspended_reason": reason}
    return replace(task, properties={**task.properties, **told})


def begun(context: Context, task: Entry) -> Entry:
    """The task, started, if its owner may run it. Raises SqlError 091089."""
    owner_may_run(context, task)
    now = datetime.now(UTC).isoformat()
    told = {"state": STARTED, "last_committed_on": now}
    return replace(task, properties={**task.properties, **told})


def owner_may_run(context: Context, task: Entry) -> None:
    """https://docs.snowflake.com/en/user-guide/tasks-intro#task-security: what a task's owner needs.

    Raises SqlError 091089.
    """
    access = context.as_owner(task).access
    warehouse = context.catalog.get(task.get("warehouse") or 0)
    privilege = "EXECUTE MANAGED TASK" if task.get("warehouse") is None else "EXECUTE TASK"
    if not access.global_(privilege):
        raise SqlError(91089, "23001", f"Cannot execute task , {privilege} privilege must be granted to owner role")
    if task.get("warehouse") is None:
        return
    if warehouse is None or not access.holds(warehouse, "USAGE"):
        raise SqlError(
            91089,
            "23001",
            "Cannot execute task , USAGE privilege on the task's warehouse must be granted to owner role",
        )


def transferred(context: Context, ddl: Ddl, task: Entry, *, bulk: bool) -> Entry:
    """The task as it goes to another owner: suspended. Alone it must be at rest before, and loses its links.

    https://docs.snowflake.com/en/user-guide/tasks-graphs#manage-task-graph-ownership. Raises SqlError 091421.
    """
    if not bulk:
        at_rest(context, task)
        task = _severed(context, ddl, task)
    return stopped(task, "GRANT_OWNERSHIP") if task.get("state") == STARTED else task


def _severed(context: Context, ddl: Ddl, task: Entry) -> Entry:
    """The task without predecessors, and nothing any more that runs after it."""
    for child in children(context.catalog, task):
        above = [id_ for id_ in child.get("predecessors") if id_ != task.id]
        ddl.put(replace(child, properties={**child.properties, "predecessors": above}))
    if (last := finalizer(context.catalog, task)) is not None:
        ddl.put(replace(last, properties={**last.properties, "finalize": None}))
    return replace(task, properties={**task.properties, "predecessors": [], "finalize": None})
