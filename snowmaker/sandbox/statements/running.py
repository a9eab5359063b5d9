"""SYSTEM$ functions about what runs: to wait, to cancel a query, to end a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.catalog import ACCOUNT
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.history import Query
from snowmaker.sandbox.session import SYSTEM, Session

_SECONDS = {"MILLISECONDS": 0.001, "SECONDS": 1.0, "MINUTES": 60.0, "HOURS": 3600.0, "DAYS": 86400.0}


@system_function("SYSTEM$WAIT")
def _wait(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_wait"""
    _count("SYSTEM$WAIT", arguments, 1, 2)
    amount, unit = arguments[0], str(arguments[1] if len(arguments) > 1 else "SECONDS").upper()
    if unit not in _SECONDS:
        raise sqlerror.malformed(f"invalid time unit '{unit}' of SYSTEM$WAIT")
    context.session.pause(_number("SYSTEM$WAIT", amount) * _SECONDS[unit])
    return f"waited {amount} {unit.lower()}"


@system_function("SYSTEM$CANCEL_QUERY")
def _cancel_query(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_cancel_query"""
    _count("SYSTEM$CANCEL_QUERY", arguments, 1, 1)
    wanted = str(arguments[0])
    query = context.host.history.get(wanted)
    if query is not None and not (context.access.administers() or _of_own_task(context, query)):
        _require(context, query.user_name, query.warehouse_name, "query", wanted)
    return f"query [{wanted}] {'terminated' if context.host.runner.cancel(wanted) else 'is not running'}."


@system_function("SYSTEM$CANCEL_ALL_QUERIES")
def _cancel_all_queries(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_cancel_all_queries"""
    _count("SYSTEM$CANCEL_ALL_QUERIES", arguments, 1, 1)
    session = _session(context, "SYSTEM$CANCEL_ALL_QUERIES", arguments[0])
    if session is not None:
        _require(context, session.user, session.warehouse, "session", str(session.id))
    return f"{int(session is not None and session.cancel())} cancelled."


@system_function("SYSTEM$ABORT_SESSION")
def _abort_session(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_abort_session"""
    _count("SYSTEM$ABORT_SESSION", arguments, 1, 1)
    session = _session(context, "SYSTEM$ABORT_SESSION", arguments[0])
    if session is None:
        return f"session [{arguments[0]}] does not exist."
    if not context.access.administers():
        _require(context, session.user, None, "session", str(session.id))
    context.host.abort_session(session)
    return f"session [{session.id}] terminated."


def _session(context: Context, function: str, number: Any) -> Session | None:
    wanted = int(_number(function, number))
    return next((each for each in context.host.sessions() if each.id == wanted), None)


def _of_own_task(context: Context, query: Query) -> bool:
    role = context.catalog.find("ROLE", ACCOUNT, query.role_name or "")
    return query.user_name == SYSTEM and role is not None and role.id in context.access.roles


def _require(context: Context, user: str, warehouse: str | None, kind: str, name: str) -> None:
    """What others run is stopped with OWNERSHIP of the user, or OPERATE on the warehouse. Raises SqlError 003001.

    https://docs.snowflake.com/en/sql-reference/functions/system_cancel_query#usage-notes
    """
    who = context.catalog.find("USER", ACCOUNT, user)
    where = context.catalog.find("WAREHOUSE", ACCOUNT, warehouse) if warehouse else None
    allowed = user == context.session.user or (who is not None and context.access.owns(who))
    if not allowed and not (where is not None and context.access.holds(where, "OPERATE")):
        raise sqlerror.insufficient(kind, name)


def _count(name: str, arguments: Sequence[Any], least: int, most: int) -> None:
    if not least <= len(arguments) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise sqlerror.malformed(f"{name} wants {wanted} argument(s), not {len(arguments)}")


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise sqlerror.malformed(f"'{value}' is no number, as {name} wants it") from None
