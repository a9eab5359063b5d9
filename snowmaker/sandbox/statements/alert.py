"""ALERT: https://docs.snowflake.com/en/sql-reference/sql/create-alert

Schedules are recorded, and nothing runs by itself: EXECUTE ALERT evaluates the condition and, where it holds, runs
the action, under the owner's role. ALERT_HISTORY tells how it ended.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import schedules, sqlerror, taskruns
from snowmaker.sandbox.arrow import TIME, spec, table
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import run
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    KINDS,
    Kind,
    Target,
    alterable,
    altered,
    created,
    exists,
    find,
    if_not_exists,
    new,
    read_name,
    register,
    texts,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.properties import string
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.task import body
from snowmaker.sandbox.tags import read_clause

_STARTED, _SUSPENDED = "started", "suspended"
_OPTIONS = {"WAREHOUSE": schedules.warehouse, "SCHEDULE": schedules.schedule, "COMMENT": string}

COLUMNS = (
    CREATED_ON,
    *texts("name database_name schema_name owner comment warehouse schedule state condition action owner_role_type"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-alerts"""
    database, schema = context.catalog.path(entry)[:2]
    warehouse = context.catalog.get(entry.get("warehouse") or 0)
    return (
        entry.created_on, entry.name, database, schema, context.owner(entry), entry.comment,
        warehouse.name if warehouse else None, entry.get("schedule"), entry.get("state"), entry.get("condition"),
        entry.get("action"), context.owner_type(entry),
    )  # fmt: skip


def _described(context: Context, entry: Entry) -> Result:
    return Result(COLUMNS, [_row(context, entry)], type_id=DESCRIBE)


ALERT = Kind(
    "ALERT",
    "ALERTS",
    "SCHEMA",
    COLUMNS,
    _row,
    grants=("MONITOR", "OPERATE"),
    describe=_described,
)
register(ALERT)


@statement("CREATE", "ALERT")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = if_not_exists(context, parser)
    name = read_name(parser, ALERT)
    if parser.accept("CLONE"):
        return _clone(context, parser, name, optional)
    values: dict[str, Any] = {}
    while not parser.at("IF"):
        if (tags := read_clause(context, parser)) is not None:
            values["TAGS"] = tags
        elif found := parser.options(_OPTIONS, "ALERT"):
            values.update(found)
        else:
            raise parser.unexpected()
    parser.expect("IF")
    parser.expect_operator("(")
    values["CONDITION"] = _condition(parser)
    parser.expect_operator(")")
    parser.expect("THEN")
    values["ACTION"] = body(parser)
    with context.ddl() as ddl:
        if not vacant(context, ddl, ALERT, name, optional=optional):
            return exists(name[-1])
        parent, own = where(context, ALERT, name)
        entry = with_options(new(context, "ALERT", parent, own), {"STATE": _SUSPENDED, **values})
        ddl.put(_finished(context, entry))
    return created("ALERT", own)


def _condition(parser: Parser) -> str:
    """`EXISTS ( query )`: the query, as written."""
    parser.expect("EXISTS")
    text = parser.bracketed()
    if not text:
        raise parser.unexpected()
    return text


def _finished(context: Context, entry: Entry) -> Entry:
    """With the warehouse by its id; the role must be allowed to use it."""
    if not isinstance(given := entry.get("warehouse"), str):
        return entry
    warehouse = find(context, KINDS["WAREHOUSE"], (given,), "USAGE")
    return with_options(entry, {"WAREHOUSE": warehouse.id})


def _clone(context: Context, parser: Parser, name: Name, optional: bool) -> Result:
    source = find(context, ALERT, read_name(parser, ALERT))
    parser.end()
    with context.ddl() as ddl:
        if not vacant(context, ddl, ALERT, name, optional=optional):
            return exists(name[-1])
        parent, own = where(context, ALERT, name)
        fresh = new(context, "ALERT", parent, own, comment=source.comment)
        ddl.put(replace(fresh, properties={**source.properties, "state": _SUSPENDED}))
    return created("ALERT", own)


# -- ALTER -------------------------------------------------------------------------------------------------


def _owner_may_run(context: Context, alert: Entry) -> None:
    """https://docs.snowflake.com/en/user-guide/alerts#granting-the-privileges-to-create-alerts

    Raises SqlError 003001.
    """
    access = context.as_owner(alert).access
    privilege = "EXECUTE MANAGED ALERT" if alert.get("warehouse") is None else "EXECUTE ALERT"
    if not access.global_(privilege):
        raise SqlError(
            3001, "42501", f"SQL access control error:\nCannot execute alert, {privilege} privilege must be granted to "
            "owner role.",
        )  # fmt: skip
    warehouse = context.catalog.get(alert.get("warehouse") or 0)
    if alert.get("warehouse") is not None and (warehouse is None or not access.holds(warehouse, "USAGE")):
        raise SqlError(
            3001, "42501", "SQL access control error:\nCannot execute alert, USAGE privilege on the alert's warehouse "
            "must be granted to owner role.",
        )  # fmt: skip


def _resume(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()

    def alter(alert: Entry) -> Entry:
        _owner_may_run(context, alert)
        return with_options(alert, {"STATE": _STARTED})

    return altered(context, target, alter, "OPERATE")


def _suspend(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    return altered(context, target, lambda alert: with_options(alert, {"STATE": _SUSPENDED}), "OPERATE")


def _modify_condition(context: Context, parser: Parser, target: Target) -> Result:
    text = _condition(parser)
    parser.end()
    return altered(context, target, lambda alert: with_options(alert, {"CONDITION": text}))


def _modify_action(context: Context, parser: Parser, target: Target) -> Result:
    text = body(parser)
    return altered(context, target, lambda alert: with_options(alert, {"ACTION": text}))


_CLAUSES: Mapping[str, Any] = {
    "RESUME": _resume,
    "SUSPEND": _suspend,
    "MODIFY CONDITION": _modify_condition,
    "MODIFY ACTION": _modify_action,
}
alterable(ALERT, _OPTIONS, _CLAUSES, renames=False, made=_finished)


# -- EXECUTE -----------------------------------------------------------------------------------------------


@statement("EXECUTE", "ALERT")
def _execute(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/execute-alert: it has run when the answer comes."""
    name = read_name(parser, ALERT)
    parser.end()
    alert = find(context, ALERT, name, "OPERATE")
    _owner_may_run(context, alert)
    if not context.describe_only:
        context.session.commit()
        _run(context, alert)
    return status(f"Alert {alert.name} is scheduled to run immediately.")


def _run(context: Context, alert: Entry) -> None:
    """The condition and, where it gives rows, the action; what fails is told by ALERT_HISTORY."""
    scheduled = datetime.now(UTC).isoformat()
    state, error = "CONDITION_FAILED", None
    session = taskruns.owners_session(context, alert)
    try:
        inner = Context(context.host, session, alert.get("condition"), context.query_id)
        with taskruns.ringing(context.session, session, context.query_id, 0):
            holds = context.host.runner.child(inner).total > 0
            state = "ACTION_FAILED" if holds else "CONDITION_FALSE"
            if holds:
                context.host.runner.child(replace(inner, text=alert.get("action"), command="", modifiers=frozenset()))
                state = "TRIGGERED"
    except SqlError as raised:
        if raised.code == sqlerror.canceled().code:
            raise
        error = raised
    finally:
        session.end()
    database, schema = context.catalog.path(alert)[:2]
    ran = {
        "alert": alert.id, "name": alert.name, "database": database, "schema": schema, "state": state,
        "condition": alert.get("condition"), "action": alert.get("action"), "scheduled": scheduled,
        "completed": datetime.now(UTC).isoformat(), "queries": list(session.query_ids),
        "code": f"{error.code:06d}" if error else None, "message": error.message if error else None,
        "uuid": str(uuid.uuid4()),
    }  # fmt: skip
    run(context.session.connection, "insert into sandbox.alert_runs values (?)", [json.dumps(ran)])


_HISTORY = spec(
    "NAME DATABASE_NAME SCHEMA_NAME CONDITION CONDITION_QUERY_ID ACTION ACTION_QUERY_ID STATE SQL_ERROR_CODE "
    "SQL_ERROR_MESSAGE SCHEDULED_TIME COMPLETED_TIME",
    SCHEDULED_TIME=TIME,
    COMPLETED_TIME=TIME,
)


@table_function("ALERT_HISTORY")
def _history(context: Context, arguments: Arguments) -> Any:
    """https://docs.snowflake.com/en/sql-reference/functions/alert_history"""
    arguments.only("RESULT_LIMIT", "ALERT_NAME")
    limit = int(arguments.get("RESULT_LIMIT", None, 100))
    wanted = arguments.get("ALERT_NAME")
    rows = []
    access = context.access
    everything = access.global_("MONITOR EXECUTION")
    for (text,) in run(context.session.connection, "select body from sandbox.alert_runs order by rowid desc"):
        ran = json.loads(text)
        alert = context.catalog.get(ran["alert"])
        seen = everything or (alert is not None and access.holds(alert, "MONITOR", "OPERATE"))
        if seen and (wanted is None or ran["name"].upper() == str(wanted).upper()):
            queries = [*ran["queries"], None, None]
            rows.append((
                ran["name"], ran["database"], ran["schema"], ran["condition"], queries[0], ran["action"], queries[1],
                ran["state"], ran["code"], ran["message"], datetime.fromisoformat(ran["scheduled"]),
                datetime.fromisoformat(ran["completed"]),
            ))  # fmt: skip
    return table(_HISTORY, rows[:limit])
