"""Running a task graph, and the record of its runs.

https://docs.snowflake.com/en/user-guide/tasks-graphs. The tasks of a graph run one after another, each in a session
of its own, whose only role is the task's owner. A task runs when none of its predecessors has failed and one of
them at least has succeeded; one that is suspended does not run, one whose WHEN is false is skipped.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import sqlerror, tasks
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Engine, run
from snowmaker.sandbox.kinds import with_options
from snowmaker.sandbox.levels import value_of
from snowmaker.sandbox.parameters import PARAMETERS
from snowmaker.sandbox.session import SYSTEM, Session
from snowmaker.sandbox.sqlerror import SqlError

SUCCEEDED, FAILED, SKIPPED, CANCELLED = "SUCCEEDED", "FAILED", "SKIPPED", "CANCELLED"
AUTO_SUSPENDED = "FAILED_AND_AUTO_SUSPENDED"
_FALSE = SqlError(40003, "P0000", "Conditional expression for task evaluated to false.")
_KEPT = 20_000
_OVER = frozenset((SUCCEEDED, SKIPPED))


@dataclass(frozen=True)
class TaskRun:
    """One run of a task. `group` is the run of its graph, which keeps its id when it is tried again."""

    task: int
    root: int
    name: str
    database: str
    schema: str
    text: str
    condition: str | None
    state: str
    scheduled: str
    started: str | None
    completed: str
    group: str
    attempt: int
    version: int
    uuid: str
    root_uuid: str
    query_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    value: str | None = None
    config: str | None = None


class OwnersSession(Session):
    """A session in which something runs for its owner, the only role; or, for a user whose roles are secondary."""

    def __init__(self, id_: int, user: Entry | None, engine: Engine, entry: Entry) -> None:
        super().__init__(id_, user or Entry(0, "USER", SYSTEM), engine, "Snowflake task")
        self._system = user is None
        self.role_id = entry.owner
        self.warehouse_id = entry.get("warehouse")
        self.serverless = self.warehouse_id is None
        self.secondary_roles = "NONE" if user is None else "ALL"
        self.use_schema(engine.catalog.by_id(entry.parent))

    @property
    def user(self) -> str:
        return "SYSTEM" if self._system else super().user


class TaskSession(OwnersSession):
    """The session in which a task of a graph runs."""

    def __init__(self, id_: int, user: Entry | None, engine: Engine, graph: Graph, task: Entry) -> None:
        super().__init__(id_, user, engine, task)
        self.graph = graph
        self.task = task


def owners_session(context: Context, entry: Entry) -> OwnersSession:
    """A session for what runs under its owner's role, e.g. an alert."""
    session = OwnersSession(context.host.new_session_id(), None, context.host.engine, entry)
    context.host.set_parameters(session, {"TIMEZONE": None})
    return session


@dataclass
class Graph:
    """A run of a graph: its configuration, how each task has ended, and the values that tasks have set."""

    root: Entry
    group: str
    config: str | None
    attempt: int = 1
    scheduled: str = field(default_factory=lambda: _now())
    states: dict[int, str] = field(default_factory=dict)
    values: dict[int, str] = field(default_factory=dict)


def _now() -> str:
    return datetime.now(UTC).isoformat()


# -- a graph ---------------------------------------------------------------------------------------------


def execute(context: Context, root: Entry, config: str | None) -> None:
    """Run a graph, again where it fails and TASK_AUTO_RETRY_ATTEMPTS says so."""
    own = root.get("config")
    merged = {**json.loads(own or "{}"), **json.loads(config)} if config is not None else None
    graph = Graph(root, str(uuid.uuid4()), own if merged is None else json.dumps(merged))
    _attempts(context, graph)


def retry(context: Context, root: Entry) -> None:
    """Run what has failed in the last run of a graph, and what comes after it. Raises SqlError 091400."""
    last = latest(context, root)
    if FAILED not in {each.state for each in last} and AUTO_SUSPENDED not in {each.state for each in last}:
        raise tasks.refused(
            f"Cannot perform retry: no suitable run of graph with root task {context.path(root)} to retry."
        )
    first = last[0]
    graph = Graph(root, first.group, first.config, first.attempt + 1, first.scheduled)
    graph.states = {each.task: each.state for each in last if each.state in _OVER}
    graph.values = {each.task: each.value for each in last if each.value is not None}
    last_task = tasks.finalizer(context.catalog, root)
    if last_task is not None:
        graph.states.pop(last_task.id, None)
    _attempts(context, graph)


def _attempts(context: Context, graph: Graph) -> None:
    more = int(value_of(context.catalog, graph.root, "TASK_AUTO_RETRY_ATTEMPTS"))
    while True:
        _attempt(context, graph)
        if FAILED not in graph.states.values() or more == 0:
            break
        more -= 1
        graph.attempt += 1
        graph.states = {task: state for task, state in graph.states.items() if state in _OVER}
    _finalize(context, graph)
    _count_failures(context, graph)


def _attempt(context: Context, graph: Graph) -> None:
    """Run the tasks that have not run yet, each behind its predecessors."""
    catalog = context.catalog
    if graph.root.id not in graph.states:
        _run(context, graph, graph.root)
    for task in tasks.descendants(catalog, graph.root):
        if task.id not in graph.states and task.get("state") == tasks.STARTED and _may_run(catalog, graph, task):
            _run(context, graph, task)


def _may_run(catalog: Any, graph: Graph, task: Entry) -> bool:
    above = [each for each in tasks.predecessors(catalog, task) if each.get("state") == tasks.STARTED or
             each.id == graph.root.id]  # fmt: skip
    states = [graph.states.get(each.id) for each in above]
    return SUCCEEDED in states and all(state in _OVER for state in states)


def _finalize(context: Context, graph: Graph) -> None:
    """The finalizer runs however the graph has ended, unless its root was skipped."""
    last = tasks.finalizer(context.catalog, graph.root)
    if last is not None and last.get("state") == tasks.STARTED and graph.states.get(graph.root.id) != SKIPPED:
        _run(context, graph, last)


def _count_failures(context: Context, graph: Graph) -> None:
    """SUSPEND_TASK_AFTER_NUM_FAILURES: too many runs in a row that fail suspend a root that is started.

    https://docs.snowflake.com/en/sql-reference/parameters#suspend-task-after-num-failures
    """
    root = context.catalog.get(graph.root.id)
    if root is None or root.get("state") != tasks.STARTED:
        return
    failed = FAILED in graph.states.values()
    count = root.get("failures", 0) + 1 if failed else 0
    if count == root.get("failures", 0):
        return
    limit = int(value_of(context.catalog, root, "SUSPEND_TASK_AFTER_NUM_FAILURES"))
    changed = with_options(root, {"FAILURES": count})
    if limit and count >= limit:
        changed = tasks.stopped(with_options(changed, {"FAILURES": 0}), "SUSPENDED_DUE_TO_ERRORS")
        _mark_suspended(context, graph)
    with context.ddl() as ddl:
        ddl.put(changed)


# -- a task ----------------------------------------------------------------------------------------------


def _run(context: Context, graph: Graph, task: Entry) -> None:
    """Run one task, and record how it ended."""
    started, session, error = _now(), None, None
    try:
        tasks.owner_may_run(context, task)
        session = _session(context, graph, task)
        state = SUCCEEDED if _body(context, session) else SKIPPED
    except SqlError as raised:
        error = raised
        state = CANCELLED if raised.code == sqlerror.canceled().code else FAILED
    finally:
        if session is not None:
            session.end()
    graph.states[task.id] = state
    if state == SKIPPED:
        error = _FALSE
    _record(context, graph, task, session, started, state, error)
    if state == CANCELLED:
        raise sqlerror.canceled()


def _session(context: Context, graph: Graph, task: Entry) -> TaskSession:
    host = context.host
    user = context.catalog.find("USER", ACCOUNT, task.get("execute_as_user") or "")
    session = TaskSession(host.new_session_id(), user, host.engine, graph, task)
    own = {name: task.get(name.lower()) for name in PARAMETERS if task.get(name.lower()) is not None}
    host.set_parameters(session, {"TIMEZONE": None, **own})
    return session


def _body(context: Context, session: TaskSession) -> bool:
    """Run a task's SQL; False where its WHEN is false. Raises SqlError."""
    task = session.task
    inner = Context(context.host, session, task.get("definition"), context.query_id)
    limit = int(value_of(context.catalog, task, "USER_TASK_TIMEOUT_MS"))
    with ringing(context.session, session, context.query_id, limit) as rung:
        try:
            if task.get("when") and not _true(replace(inner, text=task.get("when"))):
                return False
            context.host.runner.child(inner)
        except SqlError as error:
            if rung.is_set() and error.code == sqlerror.canceled().code:
                raise sqlerror.timed_out(limit // 1000) from None
            raise
    return True


class ringing:  # noqa: N801 - reads as a word
    """While a task runs it may be canceled: by whoever cancels EXECUTE TASK, and by its time limit."""

    def __init__(self, outer: Session, inner: Session, query_id: str, limit: int) -> None:
        self._outer, self._inner, self._query_id = outer, inner, query_id
        self._rung = threading.Event()
        self._timer = threading.Timer(limit / 1000, self._ring) if limit else None

    def _ring(self) -> None:
        self._rung.set()
        self._inner.cancel()

    def __enter__(self) -> threading.Event:
        self._inner.start(self._query_id)
        self._outer.inner = self._inner
        self._outer.check()
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self._rung

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._outer.inner = None
        self._inner.running = None


def _true(context: Context) -> bool:
    from snowmaker.sandbox.query import scalar  # which itself needs the functions of tasks

    value = scalar(context, f"({context.text})")
    return value is True or str(value).lower() in ("true", "1")


# -- the record --------------------------------------------------------------------------------------------


def _record(
    context: Context, graph: Graph, task: Entry, session: TaskSession | None, started: str, state: str,
    error: SqlError | None,
) -> None:  # fmt: skip
    database, schema = context.catalog.path(task)[:2]
    ran = TaskRun(
        task=task.id, root=graph.root.id, name=task.name, database=database, schema=schema,
        text=task.get("definition"), condition=task.get("when"), state=state, scheduled=graph.scheduled,
        started=None if state == SKIPPED else started, completed=_now(), group=graph.group, attempt=graph.attempt,
        version=1, uuid=task.get("uuid"), root_uuid=graph.root.get("uuid"),
        query_id=session.query_ids[0] if session and session.query_ids else None,
        error_code=f"{error.code:06d}" if error else None, error_message=error.message if error else None,
        value=graph.values.get(task.id), config=graph.config,
    )  # fmt: skip
    _store(context, ran)


def _store(context: Context, ran: TaskRun) -> None:
    run(context.session.connection, "insert into sandbox.task_runs values (?)", [json.dumps(asdict(ran))])


def _mark_suspended(context: Context, graph: Graph) -> None:
    """The run that suspends its root says so."""
    for ran in latest(context, graph.root):
        if ran.state == FAILED:
            _store(context, replace(ran, state=AUTO_SUSPENDED))
            return


def runs(context: Context) -> list[TaskRun]:
    """All runs, the newest first; of those of one task in one attempt, what was said last."""
    rows = run(context.session.connection, f"select body from sandbox.task_runs order by rowid desc limit {_KEPT}")
    found: dict[tuple[int, str, int], TaskRun] = {}
    for (body,) in reversed(rows):
        ran = TaskRun(**json.loads(body))
        key = (ran.task, ran.group, ran.attempt)
        found.pop(key, None) if ran.state != AUTO_SUSPENDED else None
        found[key] = ran
    return list(reversed(found.values()))


def latest(context: Context, root: Entry) -> list[TaskRun]:
    """The last run of a graph: how each of its tasks ended last, in the order they ran."""
    of_root = [each for each in runs(context) if each.root == root.id]
    if not of_root:
        return []
    group = of_root[0].group
    last: dict[int, TaskRun] = {}
    for ran in of_root:
        if ran.group == group:
            last.setdefault(ran.task, ran)
    return list(reversed(last.values()))


def visible(context: Context, all_runs: Iterable[TaskRun]) -> list[TaskRun]:
    """The runs that the roles may see.

    https://docs.snowflake.com/en/sql-reference/functions/task_history#usage-notes
    """
    access = context.access
    if access.global_("MONITOR EXECUTION"):
        return list(all_runs)
    may: dict[int, bool] = {}
    for ran in (known := list(all_runs)):
        if ran.task not in may:
            task = context.catalog.get(ran.task)
            may[ran.task] = task is not None and access.holds(task, "MONITOR", "OPERATE")
    return [ran for ran in known if may[ran.task]]


def graph_state(of_graph: Iterable[TaskRun]) -> Mapping[str, Any]:
    """How a graph ended: its state, and the task that failed first."""
    ordered = sorted(of_graph, key=lambda each: each.completed)
    failed = next((each for each in ordered if each.state in (FAILED, AUTO_SUSPENDED, CANCELLED)), None)
    state = failed.state if failed else SKIPPED if {each.state for each in ordered} == {SKIPPED} else SUCCEEDED
    return {"state": FAILED if state == AUTO_SUSPENDED else state, "failed": failed}
