"""Table functions of INFORMATION_SCHEMA about tasks: their runs, those of their graphs, and their dependents.

https://docs.snowflake.com/en/sql-reference/functions/task_history
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from snowmaker.sandbox import sqlerror, taskruns, tasks
from snowmaker.sandbox.arrow import NUMBER, TIME, spec, table
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import find
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.task import TASK
from snowmaker.sandbox.taskruns import TaskRun

_MOST = 10_000
_HISTORY = spec(
    "QUERY_ID NAME DATABASE_NAME SCHEMA_NAME QUERY_TEXT CONDITION_TEXT STATE ERROR_CODE ERROR_MESSAGE SCHEDULED_TIME "
    "QUERY_START_TIME NEXT_SCHEDULED_TIME COMPLETED_TIME ROOT_TASK_ID GRAPH_VERSION RUN_ID RETURN_VALUE SCHEDULED_FROM "
    "ATTEMPT_NUMBER CONFIG INSTANCE_ID GRAPH_RUN_GROUP_ID",
    **dict.fromkeys(("SCHEDULED_TIME", "QUERY_START_TIME", "NEXT_SCHEDULED_TIME", "COMPLETED_TIME"), TIME),
    **dict.fromkeys(("GRAPH_VERSION", "RUN_ID", "ATTEMPT_NUMBER"), NUMBER),
)
_GRAPHS = spec(
    "ROOT_TASK_NAME DATABASE_NAME SCHEMA_NAME STATE FIRST_ERROR_TASK_NAME FIRST_ERROR_CODE FIRST_ERROR_MESSAGE "
    "SCHEDULED_TIME QUERY_START_TIME NEXT_SCHEDULED_TIME COMPLETED_TIME ROOT_TASK_ID GRAPH_VERSION RUN_ID "
    "ATTEMPT_NUMBER CONFIG GRAPH_RUN_GROUP_ID",
    **dict.fromkeys(("SCHEDULED_TIME", "QUERY_START_TIME", "NEXT_SCHEDULED_TIME", "COMPLETED_TIME"), TIME),
    **dict.fromkeys(("GRAPH_VERSION", "RUN_ID", "ATTEMPT_NUMBER"), NUMBER),
)
_DEPENDENTS = spec(
    "CREATED_ON NAME DATABASE_NAME SCHEMA_NAME OWNER COMMENT WAREHOUSE SCHEDULE PREDECESSORS STATE DEFINITION "
    "CONDITION ALLOW_OVERLAPPING_EXECUTION ERROR_INTEGRATION LAST_COMMITTED_ON LAST_SUSPENDED_ON OWNER_ROLE_TYPE "
    "CONFIG TASK_RELATIONS",
    **dict.fromkeys(("CREATED_ON", "LAST_COMMITTED_ON", "LAST_SUSPENDED_ON"), TIME),
)


@table_function("TASK_HISTORY")
def _task_history(context: Context, arguments: Arguments) -> Any:
    arguments.only("SCHEDULED_TIME_RANGE_START", "SCHEDULED_TIME_RANGE_END", "RESULT_LIMIT", "TASK_NAME",
                   "ERROR_ONLY", "ROOT_TASK_ID")  # fmt: skip
    wanted = arguments.get("TASK_NAME")
    root = arguments.get("ROOT_TASK_ID")
    found = [
        each for each in _within(context, arguments)
        if (wanted is None or _called(each, str(wanted))) and (root is None or each.root_uuid == root)
        and (not _yes(arguments.get("ERROR_ONLY")) or each.error_code)
    ]  # fmt: skip
    return table(_HISTORY, [_history_row(each) for each in found[: _limit(arguments, 100)]])


def _history_row(ran: TaskRun) -> tuple[Any, ...]:
    return (
        ran.query_id, ran.name, ran.database, ran.schema, ran.text, ran.condition, ran.state, ran.error_code,
        ran.error_message, _time(ran.scheduled), _time(ran.started), None, _time(ran.completed), ran.root_uuid,
        ran.version, _run_id(ran), ran.value, "EXECUTE TASK", ran.attempt, ran.config, None, ran.group,
    )  # fmt: skip


@table_function("COMPLETE_TASK_GRAPHS")
def _complete_graphs(context: Context, arguments: Arguments) -> Any:
    """https://docs.snowflake.com/en/sql-reference/functions/complete_task_graphs"""
    arguments.only("RESULT_LIMIT", "ROOT_TASK_NAME", "ERROR_ONLY")
    graphs: dict[tuple[str, int], list[TaskRun]] = {}
    for ran in taskruns.visible(context, taskruns.runs(context)):
        graphs.setdefault((ran.group, ran.attempt), []).append(ran)
    wanted = arguments.get("ROOT_TASK_NAME")
    rows = []
    for of_graph in graphs.values():
        root = next((each for each in of_graph if each.task == each.root), of_graph[0])
        ended = taskruns.graph_state(of_graph)
        if (wanted is None or _called(root, str(wanted))) and (
            not _yes(arguments.get("ERROR_ONLY")) or ended["state"] != taskruns.SUCCEEDED
        ):
            rows.append(_graph_row(root, of_graph, ended["state"], ended["failed"]))
    return table(_GRAPHS, rows[: _limit(arguments, 1000)])


def _graph_row(root: TaskRun, of_graph: list[TaskRun], state: str, failed: TaskRun | None) -> tuple[Any, ...]:
    starts = [each.started for each in of_graph if each.started]
    return (
        root.name, root.database, root.schema, state, failed.name if failed else None,
        failed.error_code if failed else None, failed.error_message if failed else None, _time(root.scheduled),
        _time(min(starts) if starts else None), None, _time(max(each.completed for each in of_graph)), root.root_uuid,
        root.version, _run_id(root), root.attempt, root.config, root.group,
    )  # fmt: skip


@table_function("CURRENT_TASK_GRAPHS")
def _current_graphs(context: Context, arguments: Arguments) -> Any:
    """None: a graph has run when EXECUTE TASK answers.

    https://docs.snowflake.com/en/sql-reference/functions/current_task_graphs
    """
    arguments.only("RESULT_LIMIT", "ROOT_TASK_NAME")
    names = [each for each in _GRAPHS if each[0] not in ("COMPLETED_TIME",)]
    return table(names, [])


@table_function("TASK_DEPENDENTS")
def _dependents(context: Context, arguments: Arguments) -> Any:
    """The task, those that run after it, and its finalizer.

    https://docs.snowflake.com/en/sql-reference/functions/task_dependents
    """
    arguments.only("TASK_NAME", "RECURSIVE")
    parser = context.parser(str(arguments.get("TASK_NAME", 0, "")))
    task = find(context, TASK, parser.name())
    recursive = arguments.get("RECURSIVE", 1, True)
    catalog = context.catalog
    below = tasks.descendants(catalog, task) if _yes(recursive) else tasks.children(catalog, task)
    last = tasks.finalizer(catalog, task)
    rows = [_dependent_row(context, each) for each in [task, *below, *([last] if last else [])]]
    return table(_DEPENDENTS, rows)


def _dependent_row(context: Context, task: Any) -> tuple[Any, ...]:
    shown = dict(zip((column.name.upper() for column in TASK.columns), TASK.row(context, task), strict=True))
    shown["PREDECESSORS"] = json.dumps(json.loads(shown["PREDECESSORS"]))
    return tuple(shown[name] for name, _ in _DEPENDENTS)


# -- arguments -----------------------------------------------------------------------------------------------


def _within(context: Context, arguments: Arguments) -> list[TaskRun]:
    """The runs in a range of time that the roles may see."""
    start, end = (_given(arguments.get(f"SCHEDULED_TIME_RANGE_{word}")) for word in ("START", "END"))
    return [
        each for each in taskruns.visible(context, taskruns.runs(context))
        if (start is None or datetime.fromisoformat(each.scheduled) >= start)
        and (end is None or datetime.fromisoformat(each.scheduled) <= end)
    ]  # fmt: skip


def _given(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise sqlerror.invalid_value(value, "SCHEDULED_TIME_RANGE") from None
    return found if found.tzinfo else found.astimezone()


def _limit(arguments: Arguments, default: int) -> int:
    limit = int(arguments.get("RESULT_LIMIT", None, default))
    if not 1 <= limit <= _MOST:
        raise SqlError(1008, "22023", f"SQL compilation error:\ninvalid value [{limit}] for parameter 'RESULT_LIMIT'")
    return limit


def _called(ran: TaskRun, name: str) -> bool:
    """A name in any case, as the documentation says: not qualified."""
    return ran.name.upper() == name.split(".")[-1].strip('"').upper()


def _yes(value: Any) -> bool:
    return value is True or str(value).upper() == "TRUE"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _run_id(ran: TaskRun) -> int:
    """When the graph was to run, in milliseconds."""
    return int(datetime.fromisoformat(ran.scheduled).timestamp() * 1000)
