"""RESOURCE MONITOR: https://docs.snowflake.com/en/sql-reference/sql/create-resource-monitor

Nothing in the sandbox uses credits, so no trigger ever fires.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import levels, sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.context import ACCOUNT_NAME, Context
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    created,
    exists,
    new,
    read_name,
    register,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.properties import name, nullable, one_of, string
from snowmaker.sandbox.properties import number as between
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.sqlerror import SqlError

ASSIGNED = "resource_monitor_id"  # of a warehouse or the account: the monitor that watches it
_MOST_NOTIFY = 5  # https://docs.snowflake.com/en/user-guide/resource-monitors#actions-that-a-monitor-can-perform


# -- properties ----------------------------------------------------------------------------------------


def _start(parser: Parser) -> str:
    """A timestamp as written, or the moment that IMMEDIATELY is."""
    if parser.accept("IMMEDIATELY"):
        return _now()
    value = parser.string()
    return _now() if value.upper() == "IMMEDIATELY" else value


def _now() -> str:
    return datetime.now(UTC).isoformat(sep=" ", timespec="milliseconds")


def _users(parser: Parser) -> list[str]:
    parser.expect_operator("(")
    return list(parser.items(lambda: name(parser)))


OPTIONS: Mapping[str, Reader] = {
    "CREDIT_QUOTA": nullable(between(1, 2**31 - 1, "CREDIT_QUOTA")),
    "FREQUENCY": one_of("MONTHLY", "DAILY", "WEEKLY", "YEARLY", "NEVER"),
    "START_TIMESTAMP": nullable(_start),
    "END_TIMESTAMP": nullable(string),
    "NOTIFY_USERS": _users,
}


def _read_triggers(parser: Parser) -> dict[str, list[int]]:
    """`ON n PERCENT DO action …`, by action. Raises SqlError for more than a monitor may have."""
    found: dict[str, list[int]] = {}
    while parser.accept("ON"):
        percent = parser.integer()
        parser.expect("PERCENT", "DO")
        action = parser.choice("NOTIFY", "SUSPEND_IMMEDIATE", "SUSPEND")
        if action is None:
            raise parser.unexpected()
        found.setdefault(action, []).append(percent)
    if not found:
        raise parser.unexpected()
    for action in ("SUSPEND", "SUSPEND_IMMEDIATE"):
        if len(found.get(action, ())) > 1:
            raise _invalid(f"A resource monitor can have at most one {action.lower()} trigger.")
    if len(found.get("NOTIFY", ())) > _MOST_NOTIFY:
        raise _invalid(f"A resource monitor can have at most {_MOST_NOTIFY} notify triggers.")
    return {action: sorted(percents) for action, percents in found.items()}


def _invalid(message: str) -> SqlError:
    return SqlError(90262, "22023", message)


def _read(context: Context, parser: Parser, word: str) -> dict[str, Any]:
    """The properties behind WITH or SET, which the docs let be left out before TRIGGERS."""
    parser.accept(word)
    values = parser.options(OPTIONS, "RESOURCE_MONITOR")
    if parser.accept("TRIGGERS"):
        values["TRIGGERS"] = _read_triggers(parser)
    for user in values.get("NOTIFY_USERS", ()):
        if context.catalog.find("USER", ACCOUNT, user) is None:
            raise context.unseen("USER", (user,))
    return values


def _checked(entry: Entry) -> Entry:
    """FREQUENCY and START_TIMESTAMP are set together.

    https://docs.snowflake.com/en/sql-reference/sql/create-resource-monitor#optional-parameters
    """
    if entry.get("frequency") and not entry.get("start_timestamp"):
        raise _invalid("START_TIMESTAMP must be set when FREQUENCY is set.")
    return entry


# -- CREATE, ALTER -------------------------------------------------------------------------------------


@statement("CREATE", "RESOURCE", "MONITOR")
def _create(context: Context, parser: Parser) -> Result:
    """No privilege can be given for it: https://docs.snowflake.com/en/user-guide/resource-monitors#access-control"""
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    own = read_name(parser, RESOURCE_MONITOR)
    values = _read(context, parser, "WITH")
    parser.end()
    if not context.access.administers():
        raise sqlerror.insufficient("account", ACCOUNT_NAME)
    with context.ddl() as ddl:
        if not vacant(context, ddl, RESOURCE_MONITOR, own, optional=optional):
            return exists(own[-1])
        ddl.put(_checked(with_options(new(context, "RESOURCE MONITOR", ACCOUNT, own[-1]), values)))
    return created("RESOURCE MONITOR", own[-1])


def _set(context: Context, parser: Parser, target: Target) -> Result:
    values = _read(context, parser, "SET")
    if not values:
        raise parser.unexpected()
    parser.end()
    return altered(context, target, lambda entry: _checked(with_options(entry, values)), "MODIFY")


def _triggers(context: Context, parser: Parser, target: Target) -> Result:
    """TRIGGERS replaces all that there were."""
    values = {"TRIGGERS": _read_triggers(parser)}
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, values), "MODIFY")


# -- SHOW ----------------------------------------------------------------------------------------------

_COLUMNS = (
    *texts("name credit_quota used_credits remaining_credits level frequency start_time end_time"),
    *texts("notify_at suspend_at suspend_immediately_at"),
    CREATED_ON,
    *texts("owner comment notify_users"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-resource-monitors"""
    quota = entry.get("credit_quota")
    credits_ = None if quota is None else f"{quota:.2f}"
    return (
        entry.name, credits_, "0.00", credits_ or "0.00", _level(context.catalog, entry),
        entry.get("frequency", "MONTHLY"), entry.get("start_timestamp", entry.created_on.isoformat(sep=" ")),
        entry.get("end_timestamp"), _percents(entry, "NOTIFY"), _percents(entry, "SUSPEND"),
        _percents(entry, "SUSPEND_IMMEDIATE"), entry.created_on, context.owner(entry), entry.comment,
        ", ".join(entry.get("notify_users", ())) or None,
    )  # fmt: skip


def _percents(entry: Entry, action: str) -> str | None:
    found = entry.get("triggers", {}).get(action, ())
    return ",".join(f"{percent}%" for percent in found) or None


def _level(catalog: Catalog, monitor: Entry) -> str | None:
    """ACCOUNT or WAREHOUSE: what it watches."""
    account = levels.account(catalog)
    if account is not None and account.get(ASSIGNED) == monitor.id:
        return "ACCOUNT"
    watched = any(each.get(ASSIGNED) == monitor.id for each in catalog.children(ACCOUNT, "WAREHOUSE"))
    return "WAREHOUSE" if watched else None


def assigned(context: Context, old: Entry | None, entry: Entry) -> Entry:
    """A warehouse or the account as it is to be, with the id of the monitor that RESOURCE_MONITOR names.

    Only ACCOUNTADMIN may assign one: https://docs.snowflake.com/en/user-guide/resource-monitors#access-control
    Raises SqlError 002003, 003001.
    """
    wanted = entry.get("resource_monitor")
    if wanted == (old.get("resource_monitor") if old is not None else None):
        return entry
    if not context.access.administers():
        raise sqlerror.insufficient("resource monitor", str(wanted))
    found = context.catalog.find("RESOURCE MONITOR", ACCOUNT, wanted) if wanted else None
    if wanted and found is None:
        raise context.unseen("RESOURCE MONITOR", (str(wanted),))
    return with_options(entry, {ASSIGNED.upper(): found.id if found is not None else None})


def assigned_name(catalog: Catalog, entry: Entry) -> str:
    """The monitor of a warehouse, `null` where there is none."""
    found = catalog.get(entry.get(ASSIGNED) or -1)
    return "null" if found is None else found.name


def _dropped(context: Context, ddl: Ddl, monitor: Entry) -> None:
    """What it watched is watched no more, also by another monitor of its name."""
    for entry in (levels.account(context.catalog), *context.catalog.children(ACCOUNT, "WAREHOUSE")):
        if entry is not None and entry.get(ASSIGNED) == monitor.id:
            ddl.put(with_options(entry, {}, ("RESOURCE_MONITOR", ASSIGNED.upper())))


RESOURCE_MONITOR = Kind(
    "RESOURCE MONITOR",
    "RESOURCE MONITORS",
    "ACCOUNT",
    _COLUMNS,
    _row,
    grants=("MODIFY", "MONITOR"),
    alter=("MODIFY",),
    dropped=_dropped,
    create="MANAGE GRANTS",  # it has no privilege of its own to be created by; ACCOUNTADMIN holds this one
)
register(RESOURCE_MONITOR)
alterable(RESOURCE_MONITOR, {}, {"SET": _set, "TRIGGERS": _triggers}, renames=False, tags=False)
