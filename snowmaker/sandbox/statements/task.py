"""TASK: https://docs.snowflake.com/en/sql-reference/sql/create-task

Schedules are recorded, and nothing runs by itself: EXECUTE TASK runs a task and its graph.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from snowmaker.sandbox import schedules, sqlerror, tasks
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    KINDS,
    TERSE,
    Kind,
    Target,
    alterable,
    altered,
    created,
    exists,
    find,
    if_not_exists,
    listed,
    new,
    read_filter,
    read_name,
    register,
    terse_row,
    texts,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parameters import readers
from snowmaker.sandbox.parser import Name, Parser, Reader
from snowmaker.sandbox.properties import boolean, identifier, one_of, string
from snowmaker.sandbox.properties import name as plain_name
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SHOW, SUCCESS, Column, Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tags import read_clause
from snowmaker.sandbox.tokens import Scanner, locate

_OVERLAPS = ("NO_OVERLAP", "ALLOW_CHILD_OVERLAP", "ALLOW_ALL_OVERLAP")

# -- SHOW ------------------------------------------------------------------------------------------------

COLUMNS = (
    CREATED_ON,
    *texts(
        "name id database_name schema_name owner comment warehouse schedule predecessors state definition condition "
        "allow_overlapping_execution error_integration"
    ),
    Column("last_committed_on", TIMESTAMP_LTZ),
    Column("last_suspended_on", TIMESTAMP_LTZ),
    *texts(
        "owner_role_type config budget task_relations last_suspended_reason success_integration scheduling_mode "
        "target_completion_interval execute_as_user overlap_policy"
    ),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-tasks"""
    catalog = context.catalog
    database, schema = catalog.path(entry)[:2]
    warehouse = catalog.get(entry.get("warehouse") or 0)
    above = [context.path(each) for each in tasks.predecessors(catalog, entry)]
    root = tasks.is_root(catalog, entry)
    policy = (entry.get("overlap_policy") or _OVERLAPS[0]) if root else None
    overlapping = "null" if policy is None else "true" if policy == _OVERLAPS[1] else "false"
    return (
        entry.created_on, entry.name, entry.get("uuid"), database, schema, context.owner(entry), entry.comment,
        warehouse.name if warehouse else None, entry.get("schedule"), json.dumps(above, indent=2) if above else "[]",
        entry.get("state"), entry.get("definition"), entry.get("when"), overlapping,
        entry.get("error_integration", "null"), _time(entry.get("last_committed_on")),
        _time(entry.get("last_suspended_on")), context.owner_type(entry), entry.get("config"), None,
        tasks.relations(context, entry), entry.get("last_suspended_reason"), entry.get("success_integration", "null"),
        entry.get("scheduling_mode"), entry.get("target_completion_interval"), entry.get("execute_as_user"), policy,
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _described(context: Context, entry: Entry) -> Result:
    return Result(COLUMNS, [_row(context, entry)], type_id=DESCRIBE)


def _before_drop(context: Context, entry: Entry) -> None:
    if not tasks.is_root(context.catalog, entry) or tasks.children(context.catalog, entry):
        tasks.at_rest(context, entry)


TASK = Kind(
    "TASK",
    "TASKS",
    "SCHEMA",
    COLUMNS,
    _row,
    grants=("APPLYBUDGET", "MONITOR", "OPERATE"),
    describe=_described,
    before_drop=_before_drop,
)
register(TASK)


def _show(terse: bool, context: Context, parser: Parser) -> Result:
    """With ROOT ONLY: the tasks that run after no other."""
    parser, root_only = _without_root_only(context, parser)
    wanted = read_filter(context, parser, TASK.level)
    found = [task for task in listed(context, TASK, wanted) if not root_only or tasks.is_root(context.catalog, task)]
    if terse:
        return Result(TERSE, [terse_row(context, task) for task in wanted.rows(found)], type_id=SHOW)
    return Result(COLUMNS, [_row(context, task) for task in wanted.rows(found)], type_id=SHOW)


def _without_root_only(context: Context, parser: Parser) -> tuple[Parser, bool]:
    scanner = Scanner(parser.text)
    scanner.position = parser.scanner.position
    while (token := scanner.take()).kind != "end":
        if token.kind == "word" and token.value == "ROOT" and scanner.peek().value == "ONLY":
            end = scanner.take().end
            blank = " " * (end - token.start)
            rest = context.parser(parser.text[: token.start] + blank + parser.text[end:])
            rest.scanner.position = parser.scanner.position
            return rest, True
    return parser, False


statement("SHOW", "TASKS")(partial(_show, False))
statement("SHOW", "TERSE", "TASKS")(partial(_show, True))


# -- properties --------------------------------------------------------------------------------------------


def read_config(parser: Parser) -> str:
    """The configuration of a graph: a JSON object, as text. Raises SqlError 091400."""
    text = str(parser.string())
    try:
        valid = isinstance(json.loads(text), dict)
    except ValueError:
        valid = False
    if not valid:
        raise tasks.refused("Invalid config. Must be a string representation of a valid JSON Object.")
    return text


def _parameters() -> Mapping[str, Reader]:
    """Those that a task can set, for itself and for its session."""
    found = dict(readers("TASK"))
    autocommit = found["AUTOCOMMIT"]

    def on(parser: Parser) -> Any:
        if not autocommit(parser):
            raise _no_parameter("AUTOCOMMIT = false")
        return True

    def no_path(parser: Parser) -> Any:
        raise _no_parameter("SEARCH_PATH")

    return {**found, "AUTOCOMMIT": on, "SEARCH_PATH": no_path}


def _no_parameter(what: str) -> SqlError:
    return tasks.refused(f"The parameter {what} is not supported with Tasks. Remove the parameter and try again.")


def _integration(parser: Parser) -> str:
    """The name of an integration, which may be qualified."""
    return dotted(identifier(3)(parser))


_OPTIONS: Mapping[str, Reader] = {
    **_parameters(),
    "WAREHOUSE": schedules.warehouse,
    "SCHEDULE": schedules.schedule,
    "CONFIG": read_config,
    "ALLOW_OVERLAPPING_EXECUTION": boolean,
    "OVERLAP_POLICY": one_of(*_OVERLAPS),
    "ERROR_INTEGRATION": _integration,
    "SUCCESS_INTEGRATION": _integration,
    "SCHEDULING_MODE": one_of("FIXED", "FLEXIBLE"),
    "TARGET_COMPLETION_INTERVAL": schedules.completion,
    "FINALIZE": identifier(3),
    "COMMENT": string,
}


def _finished(context: Context, entry: Entry) -> Entry:
    """The task with its names resolved, if the rules of its graph allow it."""
    before = context.catalog.get(entry.id)
    if before is not None:
        tasks.at_rest(context, before)
    properties = dict(entry.properties)
    if isinstance(warehouse := properties.get("warehouse"), str):
        properties["warehouse"] = find(context, KINDS["WAREHOUSE"], (warehouse,), "USAGE").id
    if isinstance(root := properties.get("finalize"), (tuple, list)):
        target = tasks.resolved_root(context, before or entry, tuple(root))
        tasks.at_rest(context, target)
        properties["finalize"] = target.id
    overlapping = properties.pop("allow_overlapping_execution", None)
    entry = replace(entry, properties=properties)
    if overlapping is not None:
        entry = _overlapping(context, before, entry, overlapping)
    return tasks.checked(context, before or entry, entry)


def _overlapping(context: Context, before: Entry | None, entry: Entry, overlapping: bool) -> Entry:
    """ALLOW_OVERLAPPING_EXECUTION is another word for two of the policies."""
    policy = _OVERLAPS[1] if overlapping else _OVERLAPS[0]
    if entry.get("predecessors") or entry.get("finalize"):
        return with_options(entry, {"ALLOW_OVERLAPPING_EXECUTION": True}) if overlapping else entry
    given = entry.get("overlap_policy")
    if given is not None and given != policy and (before is None or before.get("overlap_policy") != given):
        raise tasks.refused(
            "Cannot specify ALLOW_OVERLAPPING_EXECUTION and OVERLAP_POLICY to different values in the same command."
        )
    return with_options(entry, {"OVERLAP_POLICY": policy})


# -- CREATE ------------------------------------------------------------------------------------------------


@dataclass
class _Wanted:
    """What a CREATE TASK says."""

    values: dict[str, Any] = field(default_factory=dict)
    after: tuple[Name, ...] = ()


@statement("CREATE", "TASK")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER")
    optional = if_not_exists(context, parser)
    name = read_name(parser, TASK)
    if parser.accept("CLONE"):
        return _clone(context, parser, name, optional)
    wanted = _read(context, parser)
    parent, own = where(context, TASK, name)
    with context.ddl() as ddl:
        old = context.catalog.find("TASK", parent, own)
        if old is not None and "OR ALTER" in context.modifiers:
            context.require(old, OWNERSHIP)
            ddl.put(_filled(context, _emptied(old), wanted))
            return created("TASK", own)
        if old is not None and optional:
            return exists(own)
        entry = _filled(context, ddl.destined(_fresh(new(context, "TASK", parent, own))), wanted)
        if old is not None:
            _inherit(context, ddl, old, entry)
        vacant(context, ddl, TASK, name, optional=False)
        ddl.put(entry)
    return created("TASK", own)


def _fresh(entry: Entry) -> Entry:
    return replace(entry, properties={"uuid": str(uuid.uuid4()), "state": tasks.SUSPENDED})


_KEPT = ("uuid", "state", "tags", "last_committed_on", "last_suspended_on", "last_suspended_reason")


def _emptied(entry: Entry) -> Entry:
    """What CREATE OR ALTER begins with: properties that it does not name are lost, tags are kept."""
    return replace(entry, comment="", properties={key: entry.get(key) for key in _KEPT if key in entry.properties})


def _filled(context: Context, entry: Entry, wanted: _Wanted) -> Entry:
    entry = with_options(entry, wanted.values)
    if wanted.after:
        above = tasks.resolved_predecessors(context, entry, wanted.after)
        for each in above:
            tasks.at_rest(context, each)
        entry = with_options(entry, {"PREDECESSORS": list(dict.fromkeys(each.id for each in above))})
    return _finished(context, entry)


def _inherit(context: Context, ddl: Ddl, old: Entry, entry: Entry) -> None:
    """A task that is replaced keeps its place in the graph: its children and its finalizer are now the new one's."""
    last = tasks.finalizer(context.catalog, old)
    if last is not None and (entry.get("predecessors") or entry.get("finalize")):
        raise tasks.refused(
            f"Cannot replace task {context.path(old)} with a non-root task because it has a finalizer task. Please "
            "remove the finalizer task first."
        )
    below = tasks.children(context.catalog, old)
    if below and entry.get("finalize"):
        raise tasks.refused(f"Task {context.path(old)} cannot have children as a finalizer task.")
    for child in below:
        moved = [entry.id if id_ == old.id else id_ for id_ in child.get("predecessors")]
        ddl.put(with_options(child, {"PREDECESSORS": moved}))
    if last is not None:
        ddl.put(with_options(last, {"FINALIZE": entry.id}))


def _read(context: Context, parser: Parser) -> _Wanted:
    """The clauses behind the name, in any order, up to AS."""
    wanted = _Wanted()
    while not parser.accept("AS"):
        if (tags := read_clause(context, parser)) is not None:
            wanted.values["TAGS"] = tags
        elif parser.at("WITH", "CONTACT"):
            raise sqlerror.unsupported("CREATE TASK … WITH CONTACT")
        elif parser.accept("EXECUTE", "AS", "USER"):
            wanted.values["EXECUTE_AS_USER"] = _user(context, parser)
        elif parser.accept("AFTER"):
            wanted.after = parser.list_of(lambda: identifier(3)(parser))
        elif parser.accept("WHEN"):
            wanted.values["WHEN"] = parser.expression("AS")
        elif found := parser.options(_OPTIONS, "TASK"):
            if twice := found.keys() & wanted.values.keys():
                raise sqlerror.malformed(f"duplicate property '{min(twice)}';")
            wanted.values.update(found)
        else:
            raise parser.unexpected()
    wanted.values["DEFINITION"] = body(parser)
    return wanted


def _user(context: Context, parser: Parser) -> str:
    """The user whom a task runs as: the one who says so must be allowed to IMPERSONATE."""
    user = find(context, KINDS["USER"], (plain_name(parser),), "IMPERSONATE")
    return user.name


def body(parser: Parser) -> str:
    """The SQL up to the end of the statement, as written; brackets in it must match. Raises SqlError 001003."""
    scanner = Scanner(parser.text)
    scanner.position = parser.scanner.position
    depth = 0
    while (token := scanner.take()).kind != "end":
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0:
            raise sqlerror.syntax(*locate(parser.text, token.start), ")")
    text = parser.rest()
    if depth or not text:
        raise sqlerror.syntax(*locate(parser.text, len(parser.text)), "<EOF>")
    return text


def _clone(context: Context, parser: Parser, name: Name, optional: bool) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/create-clone: the clone is suspended."""
    source = find(context, TASK, read_name(parser, TASK))
    parser.end()
    with context.ddl() as ddl:
        parent, own = where(context, TASK, name)
        if not vacant(context, ddl, TASK, name, optional=optional):
            return exists(own)
        fresh = _fresh(new(context, "TASK", parent, own, comment=source.comment))
        for above in tasks.predecessors(context.catalog, source):
            tasks.at_rest(context, above)
        kept = {key: value for key, value in source.properties.items() if key not in _KEPT or key == "tags"}
        ddl.put(replace(fresh, properties={**kept, **fresh.properties}))
    return created("TASK", own)


# -- ALTER -------------------------------------------------------------------------------------------------


def _clause(alter: Callable[[Context, Entry], Entry], *privileges: str) -> Any:
    """A clause without operands."""

    def clause(context: Context, parser: Parser, target: Target) -> Result:
        parser.end()
        return altered(context, target, lambda entry: alter(context, entry), *privileges)

    return clause


def _resumed(context: Context, task: Entry) -> Entry:
    if task.get("state") == tasks.STARTED:
        return task
    tasks.at_rest(context, task)
    return tasks.begun(context, task)


def _suspended(context: Context, task: Entry) -> Entry:
    if task.get("state") == tasks.SUSPENDED:
        return task
    if not tasks.is_root(context.catalog, task):
        tasks.at_rest(context, task)
    return tasks.stopped(task, "USER_SUSPENDED")


def _changed(context: Context, target: Target, values: Mapping[str, Any], unset: Sequence[str] = ()) -> Result:
    """Set what has no `KEY = value` form."""

    def alter(entry: Entry) -> Entry:
        return _finished(context, with_options(entry, dict(values), unset))

    return altered(context, target, alter)


def _add_after(context: Context, parser: Parser, target: Target) -> Result:
    names = parser.list_of(lambda: identifier(3)(parser))
    parser.end()

    def alter(task: Entry) -> Entry:
        above = tasks.resolved_predecessors(context, task, names)
        for each in above:
            tasks.at_rest(context, each)
        known = list(dict.fromkeys([*task.get("predecessors", ()), *(each.id for each in above)]))
        return _finished(context, with_options(task, {"PREDECESSORS": known}))

    return altered(context, target, alter)


def _remove_after(context: Context, parser: Parser, target: Target) -> Result:
    names = parser.list_of(lambda: identifier(3)(parser))
    parser.end()

    def alter(task: Entry) -> Entry:
        known = list(task.get("predecessors", ()))
        found = {name: tasks.found(context, name) for name in names}
        for entry in found.values():
            if entry is not None and entry.id not in known:
                raise tasks.refused(f"Task {task.name} does not have predecessor {entry.name}.")
        if None in found.values():
            tasks.resolved_predecessors(context, task, names)
        gone = {entry.id for entry in found.values() if entry is not None}
        return _finished(context, with_options(task, {"PREDECESSORS": [id_ for id_ in known if id_ not in gone]}))

    return altered(context, target, alter)


def _modify_as(context: Context, parser: Parser, target: Target) -> Result:
    return _changed(context, target, {"DEFINITION": body(parser)})


def _modify_when(context: Context, parser: Parser, target: Target) -> Result:
    text = body(parser)
    return _changed(context, target, {"WHEN": text})


def _set_user(context: Context, parser: Parser, target: Target) -> Result:
    user = _user(context, parser)
    parser.end()
    return _changed(context, target, {"EXECUTE_AS_USER": user})


def _unset(context: Context, parser: Parser, target: Target) -> Result:
    keys = parser.keys(_OPTIONS, "TASK")
    parser.end()
    if "ALLOW_OVERLAPPING_EXECUTION" in keys:
        keys = (*keys, "OVERLAP_POLICY")
    return _changed(context, target, {}, keys)


def _contact(context: Context, parser: Parser, target: Target) -> Result:
    raise sqlerror.unsupported("ALTER TASK … CONTACT")


def _unset_clause(*keys: str) -> Any:
    return _clause(lambda context, task: _finished(context, with_options(task, {}, keys)))


alterable(
    TASK,
    _OPTIONS,
    {
        "RESUME": _clause(_resumed, "OPERATE"),
        "SUSPEND": _clause(_suspended, "OPERATE"),
        "ADD AFTER": _add_after,
        "REMOVE AFTER": _remove_after,
        "MODIFY AS": _modify_as,
        "MODIFY WHEN": _modify_when,
        "REMOVE WHEN": _unset_clause("WHEN"),
        "SET EXECUTE AS USER": _set_user,
        "UNSET EXECUTE AS USER": _unset_clause("EXECUTE_AS_USER"),
        "UNSET": _unset,
        "SET CONTACT": _contact,
        "UNSET CONTACT": _contact,
    },
    unset=False,
    renames=False,
    made=_finished,
)


@system_function("SYSTEM$TASK_DEPENDENTS_ENABLE")
def _enable(context: Context, arguments: Sequence[Any]) -> str:
    """Resume a task and all that depend on it.

    https://docs.snowflake.com/en/sql-reference/functions/system_task_dependents_enable
    """
    if len(arguments) != 1:
        raise sqlerror.malformed("SYSTEM$TASK_DEPENDENTS_ENABLE wants the name of a task")
    parser = context.parser(str(arguments[0]))
    name = parser.name()
    parser.end()
    with context.ddl() as ddl:
        root = find(context, TASK, name, "OPERATE")
        last = tasks.finalizer(context.catalog, root)
        graph = [root, *tasks.descendants(context.catalog, root), *([last] if last else [])]
        for task in graph:
            context.require(task, "OPERATE")
            if task.get("state") != tasks.STARTED:
                tasks.at_rest(context, task)
                ddl.put(tasks.begun(context, task))
    return SUCCESS


def ddl_of(context: Context, task: Entry, name: str) -> str:
    """The statement that makes the task, for GET_DDL; `name` is how it is called there."""
    parts = [f"create or replace task {name}"]
    warehouse = context.catalog.get(task.get("warehouse") or 0)
    if warehouse is not None:
        parts.append(f"\twarehouse={warehouse.name}")
    if task.get("schedule"):
        parts.append(f"\tschedule={_literal(task.get('schedule'))}")
    for key in sorted(_OPTIONS):
        value = task.get(key.lower())
        if value is not None and key not in ("WAREHOUSE", "SCHEDULE", "FINALIZE", "COMMENT"):
            parts.append(f"\t{key}={_literal(value)}")
    if task.comment:
        parts.append(f"\tCOMMENT={_literal(task.comment)}")
    if (root := tasks.finalized(context.catalog, task)) is not None:
        parts.append(f"\tfinalize={context.path(root)}")
    if above := tasks.predecessors(context.catalog, task):
        parts.append("\tafter " + ", ".join(context.path(each) for each in above))
    if task.get("when"):
        parts.append(f"\twhen {task.get('when')}")
    return "\n".join([*parts, f"\tas {task.get('definition')};"])


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
