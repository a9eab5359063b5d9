"""EXECUTE TASK: https://docs.snowflake.com/en/sql-reference/sql/execute-task

Snowflake runs the task behind the answer; here it has run when the answer comes, however it ended: TASK_HISTORY
tells. A transaction that is open is committed before, since the task may wait for what it has locked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from snowmaker.sandbox import sqlerror, taskruns, tasks
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import find, read_name
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.task import TASK, read_config
from snowmaker.sandbox.taskruns import TaskSession


@statement("EXECUTE", "TASK")
def _execute(context: Context, parser: Parser) -> Result:
    name = read_name(parser, TASK)
    config: str | None = None
    again = False
    if parser.accept("USING", "CONFIG"):
        parser.expect_operator("=")
        config = read_config(parser)
    elif parser.at("RETRY", "GRAPH"):
        raise sqlerror.unsupported("EXECUTE TASK … RETRY GRAPH RUN GROUP")
    elif parser.accept("RETRY", "LAST"):
        again = True
    parser.end()
    root = find(context, TASK, name, "OPERATE")
    if not tasks.is_root(context.catalog, root):
        raise tasks.refused(
            f"Execute task cannot be called on non-root task {context.path(root)}. Call EXECUTE TASK on the root task "
            "of its graph instead."
        )
    tasks.owner_may_run(context, root)
    if not context.describe_only:
        context.session.commit()
        if again:
            taskruns.retry(context, root)
        else:
            taskruns.execute(context, root, config)
    return status(f"Task {root.name} is scheduled to run immediately.")


# -- functions of a running task ---------------------------------------------------------------------------


def _session(context: Context, function: str) -> TaskSession:
    session = context.session
    if not isinstance(session, TaskSession):
        raise SqlError(91447, "22000", f"Function {function} can only be called within a task.")
    return session


@system_function("SYSTEM$SET_RETURN_VALUE")
def _set_return_value(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_set_return_value"""
    session = _session(context, "SYSTEM$SET_RETURN_VALUE")
    if len(arguments) != 1:
        raise sqlerror.malformed("SYSTEM$SET_RETURN_VALUE wants one value")
    session.graph.values[session.task.id] = str(arguments[0])
    return "Statement executed successfully."


@system_function("SYSTEM$GET_PREDECESSOR_RETURN_VALUE")
def _get_return_value(context: Context, arguments: Sequence[Any]) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/system_get_predecessor_return_value"""
    session = _session(context, "SYSTEM$GET_PREDECESSOR_RETURN_VALUE")
    above = tasks.predecessors(context.catalog, session.task)
    if arguments:
        parser = context.parser(str(arguments[0]))
        wanted = parser.name()[-1]
        above = [each for each in above if each.name in (wanted, str(arguments[0]))]
    if len(above) != 1:
        raise SqlError(91448, "22000", "SYSTEM$GET_PREDECESSOR_RETURN_VALUE wants the name of one predecessor.")
    return session.graph.values.get(above[0].id)


@system_function("SYSTEM$GET_TASK_GRAPH_CONFIG")
def _get_config(context: Context, arguments: Sequence[Any]) -> str | None:
    """The configuration, or what is at a path in it: https://docs.snowflake.com/en/user-guide/tasks-graphs"""
    config = _session(context, "SYSTEM$GET_TASK_GRAPH_CONFIG").graph.config
    if config is None or not arguments:
        return config
    found: Any = json.loads(config)
    for part in str(arguments[0]).split("."):
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found if isinstance(found, str) else json.dumps(found)


@system_function("SYSTEM$CURRENT_USER_TASK_NAME")
def _name(context: Context, arguments: Sequence[Any]) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/system_current_user_task_name"""
    session = context.session
    return context.path(session.task) if isinstance(session, TaskSession) else None


@system_function("SYSTEM$TASK_RUNTIME_INFO")
def _runtime_info(context: Context, arguments: Sequence[Any]) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/system_task_runtime_info"""
    session = _session(context, "SYSTEM$TASK_RUNTIME_INFO")
    graph, wanted = session.graph, str(arguments[0] if arguments else "").upper()
    last = next((each for each in taskruns.runs(context) if each.root == graph.root.id and each.group != graph.group
                 and each.task == graph.root.id and each.state == taskruns.SUCCEEDED), None)  # fmt: skip
    values: dict[str, str | None] = {
        "CURRENT_ROOT_TASK_UUID": graph.root.get("uuid"),
        "CURRENT_ROOT_TASK_NAME": context.path(graph.root),
        "CURRENT_TASK_NAME": context.path(session.task),
        "CURRENT_TASK_GRAPH_RUN_GROUP_ID": graph.group,
        "CURRENT_TASK_GRAPH_ORIGINAL_SCHEDULED_TIMESTAMP": graph.scheduled,
        "LAST_SUCCESSFUL_TASK_GRAPH_RUN_GROUP_ID": last.group if last else None,
        "LAST_SUCCESSFUL_TASK_GRAPH_ORIGINAL_SCHEDULED_TIMESTAMP": last.scheduled if last else None,
    }
    if wanted not in values:
        raise sqlerror.invalid_value(wanted, "SYSTEM$TASK_RUNTIME_INFO")
    return values[wanted]


@system_function("SYSTEM$USER_TASK_CANCEL_ONGOING_EXECUTIONS")
def _cancel(context: Context, arguments: Sequence[Any]) -> str:
    """No task runs by itself here: https://docs.snowflake.com/en/sql-reference/functions/system_user_task_cancel_ongoing_executions"""
    if len(arguments) != 1:
        raise sqlerror.malformed("SYSTEM$USER_TASK_CANCEL_ONGOING_EXECUTIONS wants the name of a task")
    parser = context.parser(str(arguments[0]))
    found = find(context, TASK, parser.name(), "OPERATE")
    return f"No ongoing executions of task {context.path(found)}."
