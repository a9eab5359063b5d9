"""DYNAMIC TABLE: https://docs.snowflake.com/en/sql-reference/sql/create-dynamic-table

Its query is checked when it is made, and run when it is read: it is always fresh, whatever its lag, also while it
is suspended. No rows are stored, and no warehouse refreshes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import defined, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of, with_columns
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    KINDS,
    Kind,
    Target,
    alterable,
    altered,
    change,
    created,
    find,
    if_not_exists,
    new,
    number,
    read_name,
    register,
    retention,
    texts,
    there,
    with_options,
)
from snowmaker.sandbox.levels import value_of
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.properties import name as plain_name
from snowmaker.sandbox.properties import number as between
from snowmaker.sandbox.properties import one_of, string
from snowmaker.sandbox.registry import HANDLERS, statement
from snowmaker.sandbox.result import SUCCESS, Column, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tables import described

_LAG = re.compile(r"(\d+)\s*(seconds?|minutes?|hours?|days?)", re.I)
_DOWNSTREAM = "DOWNSTREAM"
_MANUAL = "DISABLE"  # SCHEDULER of a table that only ALTER … REFRESH refreshes
_SHORTEST = 60  # seconds
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _lag(parser: Parser) -> str:
    """`'5 minutes'` or DOWNSTREAM: https://docs.snowflake.com/en/user-guide/dynamic-tables-target-lag"""
    if parser.accept(_DOWNSTREAM):
        return _DOWNSTREAM
    text = str(parser.string())
    if text.upper() == _DOWNSTREAM:
        return _DOWNSTREAM
    found = _LAG.fullmatch(text.strip())
    if found is None:
        raise sqlerror.invalid_value(text, "TARGET_LAG")
    count, unit = int(found[1]), found[2].lower().rstrip("s")
    lag = f"{count} {unit}{'' if count == 1 else 's'}"
    if _seconds(lag) < _SHORTEST:
        raise SqlError(
            2717, "22023", "SQL compilation error:\nTarget lag must be at least 60 second(s) and at most 31536000 "
            "second(s).",
        )  # fmt: skip
    return lag


def _seconds(lag: str) -> int:
    count, unit = lag.split()
    return int(count) * _UNITS[unit[0]]


def _row_timestamp(parser: Parser) -> Any:
    raise sqlerror.unsupported("ROW_TIMESTAMP of a dynamic table")


_OPTIONS = {
    "TARGET_LAG": _lag,
    "WAREHOUSE": plain_name,
    "INITIALIZATION_WAREHOUSE": plain_name,
    "REFRESH_MODE": one_of("AUTO", "FULL", "INCREMENTAL", "ADAPTIVE"),
    "INITIALIZE": one_of("ON_CREATE", "ON_SCHEDULE"),
    "SCHEDULER": one_of("ENABLE", _MANUAL),
    "DATA_RETENTION_TIME_IN_DAYS": between(0, 90, "DATA_RETENTION_TIME_IN_DAYS"),
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": between(0, 90, "MAX_DATA_EXTENSION_TIME_IN_DAYS"),
    "LOG_LEVEL": one_of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"),
    "DEFAULT_DDL_COLLATION": string,
    "ROW_TIMESTAMP": _row_timestamp,
    "COMMENT": string,
}
_REFUSED = (
    "IMMUTABLE WHERE", "BACKFILL FROM", "FROZEN WHERE", "EXECUTE AS USER", "REFRESH USING", "COPY TAGS",
    "WITH CONTACT",
)  # fmt: skip
_SETTABLE = {key: reader for key, reader in _OPTIONS.items() if key not in ("REFRESH_MODE", "INITIALIZE")}
_WAREHOUSES = ("WAREHOUSE", "INITIALIZATION_WAREHOUSE")

COLUMNS = (
    CREATED_ON,
    *texts("name database_name schema_name cluster_by"),
    number("rows"),
    number("bytes"),
    *texts(
        "owner target_lag refresh_mode refresh_mode_reason warehouse comment text automatic_clustering scheduling_state"
    ),
    Column("last_suspended_on", TIMESTAMP_LTZ),
    *texts("is_clone is_replica is_iceberg"),
    Column("data_timestamp", TIMESTAMP_LTZ),
    *texts("owner_role_type initialization_warehouse scheduler"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-dynamic-tables"""
    database, schema = context.catalog.path(entry)[:2]
    refreshed, suspended = entry.get("refreshed_on"), entry.get("last_suspended_on")
    mode = entry.get("refresh_mode", "AUTO")
    return (
        entry.created_on, entry.name, database, schema, entry.get("cluster_by", ""), None, None,
        context.owner(entry), entry.get("target_lag", ""), "INCREMENTAL" if mode == "AUTO" else mode, None,
        _warehouse(context, entry, "warehouse"), entry.comment, entry.get("text"),
        "ON" if entry.get("cluster_by") else "OFF", entry.get("scheduling_state", "ACTIVE"),
        datetime.fromisoformat(suspended) if suspended else None, str(bool(entry.get("is_clone"))).lower(), "false",
        "false", datetime.fromisoformat(refreshed) if refreshed else None, context.owner_type(entry),
        _warehouse(context, entry, "initialization_warehouse"), entry.get("scheduler"),
    )  # fmt: skip


def resource(context: Context, entry: Entry) -> dict[str, Any]:
    """It as a resource of the REST API.

    https://docs.snowflake.com/en/developer-guide/snowflake-rest-api/reference/dynamic-table
    """
    database, schema = context.catalog.path(entry)[:2]
    lag, key = entry.get("target_lag"), entry.get("cluster_by", "").removeprefix("LINEAR(").removesuffix(")")
    mode = entry.get("refresh_mode", "AUTO")
    return {
        "name": entry.name,
        "kind": "TRANSIENT" if entry.get("transient") else "PERMANENT",
        "columns": [
            {"name": each.name, "datatype": each.shown_type, "comment": each.comment or None}
            for each in columns_of(entry)
        ],
        "target_lag": _lag_resource(lag) if lag else None,
        "refresh_mode": "INCREMENTAL" if mode == "AUTO" else mode,
        "initialize": entry.get("initialize", "ON_CREATE"),
        "warehouse": _warehouse(context, entry, "warehouse"),
        "initialization_warehouse": _warehouse(context, entry, "initialization_warehouse"),
        "cluster_by": list(_expressions(key)),
        "query": entry.get("query"),
        "data_retention_time_in_days": retention(context, entry),
        "max_data_extension_time_in_days": value_of(context.catalog, entry, "MAX_DATA_EXTENSION_TIME_IN_DAYS"),
        "comment": entry.comment or None,
        "created_on": entry.created_on.isoformat(),
        "database_name": database,
        "schema_name": schema,
        "scheduling_state": "RUNNING" if entry.get("scheduling_state", "ACTIVE") == "ACTIVE" else "SUSPENDED",
        "automatic_clustering": bool(key),
        "owner": context.owner(entry),
        "owner_role_type": context.owner_type(entry),
        "scheduler": entry.get("scheduler"),
    }


def _expressions(key: str) -> tuple[str, ...]:
    parser = Parser(key)
    return parser.list_of(parser.expression) if key else ()


def _lag_resource(lag: str) -> dict[str, Any]:
    if lag == _DOWNSTREAM:
        return {"type": _DOWNSTREAM}
    return {"type": "USER_DEFINED", "seconds": _seconds(lag)}


def _warehouse(context: Context, entry: Entry, key: str) -> str | None:
    found = context.catalog.get(entry.get(key) or 0)
    return found.name if found else None


DYNAMIC_TABLE = Kind(
    "DYNAMIC TABLE",
    "DYNAMIC TABLES",
    "SCHEMA",
    COLUMNS,
    _row,
    grants=("SELECT", "MONITOR", "OPERATE"),
    alter=("OPERATE",),
    undrop=True,
    describe=described,
    recorded=True,
)
register(DYNAMIC_TABLE)


@statement("CREATE", "DYNAMIC", "TABLE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER", "TRANSIENT")
    optional = if_not_exists(context, parser)
    name = read_name(parser, DYNAMIC_TABLE)
    if parser.accept("CLONE"):
        return _clone(context, parser, name, optional)
    wanted = defined.read(context, parser, DYNAMIC_TABLE, _OPTIONS, _clauses)
    text = _body(parser)
    _check(wanted.values)
    entry = _finished(context, defined.defined(context, DYNAMIC_TABLE, name, wanted, text))
    if "TRANSIENT" in context.modifiers:
        entry = with_options(entry, {"TRANSIENT": True})
    if "OR ALTER" in context.modifiers and there(context, DYNAMIC_TABLE, name):
        return _brought_to(context, name, entry)
    return defined.store(context, DYNAMIC_TABLE, name, optional, entry, wanted.copy_grants)


def _check(values: Mapping[str, Any]) -> None:
    """A lag is for what is refreshed by itself, and only for that; a warehouse for all."""
    manual = values.get("SCHEDULER") == _MANUAL
    for key in ("WAREHOUSE",) if manual else ("TARGET_LAG", "WAREHOUSE"):
        if key not in values:
            raise SqlError(2029, "42601", f"SQL compilation error:\nMissing option(s): [{key}]")
    if manual and "TARGET_LAG" in values:
        raise sqlerror.malformed("TARGET_LAG cannot be set when SCHEDULER = DISABLE.")


def _clauses(context: Context, parser: Parser) -> Mapping[str, Any] | None:
    """Clauses that are no properties."""
    if parser.accept("CLUSTER", "BY"):
        return {"CLUSTER_BY": f"LINEAR({parser.bracketed()})"}
    if parser.accept("REQUIRE", "USER"):
        return {"REQUIRE_USER": True}
    for words in _REFUSED:
        if parser.at(*words.split()):
            raise sqlerror.unsupported(f"CREATE DYNAMIC TABLE … {words}")
    return None


def _body(parser: Parser) -> str:
    text = parser.rest()
    if not text:
        raise parser.unexpected()
    return text


def _finished(context: Context, entry: Entry) -> Entry:
    """With warehouses by their ids, which the role must be allowed to use. SCHEDULER = DISABLE ends the lag."""
    properties = dict(entry.properties)
    if properties.get("scheduler") == _MANUAL:
        properties.pop("target_lag", None)
    elif "target_lag" not in properties:
        raise SqlError(2029, "42601", "SQL compilation error:\nMissing option(s): [TARGET_LAG]")
    for key in _WAREHOUSES:
        if isinstance(given := properties.get(key.lower()), str):
            properties[key.lower()] = find(context, KINDS["WAREHOUSE"], (given,), "USAGE").id
    properties.setdefault("scheduling_state", "ACTIVE")
    if properties.get("initialize", "ON_CREATE") == "ON_CREATE":
        properties.setdefault("refreshed_on", datetime.now(UTC).isoformat())
    return replace(entry, properties=properties)


def _brought_to(context: Context, name: Name, wanted: Entry) -> Result:
    """CREATE OR ALTER DYNAMIC TABLE: what it does not name is unset; tags and policies stay."""

    def alter(entry: Entry) -> Entry:
        kept = {key: entry.get(key) for key in ("tags", "policies", "scheduling_state") if entry.get(key)}
        return replace(entry, comment=wanted.comment, properties={**wanted.properties, **kept})

    change(context, DYNAMIC_TABLE, name, False, alter)
    return created("DYNAMIC TABLE", name[-1])


def _clone(context: Context, parser: Parser, name: Name, optional: bool) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/create-dynamic-table#create-dynamic-table-clone"""
    source = find(context, DYNAMIC_TABLE, read_name(parser, DYNAMIC_TABLE), "SELECT")
    if parser.at("AT") or parser.at("BEFORE"):
        raise sqlerror.unsupported("CLONE … AT | BEFORE (time travel)")
    copying = parser.accept("COPY", "GRANTS")
    values = parser.options(_SETTABLE, "DYNAMIC TABLE")
    parser.end()
    place = context.place(name)
    fresh = new(context, "DYNAMIC TABLE", place.schema.id, place.name, comment=source.comment)
    properties = {**source.properties, "is_clone": True, "scheduling_state": "SUSPENDED"}
    entry = with_columns(replace(fresh, properties=properties), columns_of(source))
    entry = _finished(context, with_options(entry, values))
    return defined.store(context, DYNAMIC_TABLE, name, optional, entry, copying)


# -- ALTER -------------------------------------------------------------------------------------------------


def _suspend(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    told = {"SCHEDULING_STATE": "SUSPENDED", "LAST_SUSPENDED_ON": datetime.now(UTC).isoformat()}
    return altered(context, target, lambda entry: with_options(entry, told), "OPERATE")


def _refresh(context: Context, parser: Parser, target: Target) -> Result:
    """Its query is run, so that what fails in Snowflake's refresh fails here; the rows are not kept."""
    parser.accept("COPY", "SESSION")
    parser.end()
    entry = find(context, DYNAMIC_TABLE, target.name, "OPERATE")
    from snowmaker.sandbox.query import at_home, select

    with at_home(context, entry):
        select(replace(context.as_owner(entry), text=entry.get("query"), binds=()), entry.get("query"))
    now = {"REFRESHED_ON": datetime.now(UTC).isoformat()}
    altered(context, target, lambda found: with_options(found, now), "OPERATE")
    return status(SUCCESS)


def _swap(context: Context, parser: Parser, target: Target) -> Result:
    other = read_name(parser, DYNAMIC_TABLE)
    parser.end()
    with context.ddl() as ddl:
        first = find(context, DYNAMIC_TABLE, target.name, "OWNERSHIP")
        second = find(context, DYNAMIC_TABLE, other, "OWNERSHIP")
        ddl.put(replace(first, name=second.name, parent=second.parent))
        ddl.put(replace(second, name=first.name, parent=first.parent))
    return status(SUCCESS)


def _several(context: Context, parser: Parser) -> Result | None:
    """ALTER DYNAMIC TABLE t1, t2, … REFRESH"""
    start = parser.scanner.position
    parser.if_exists()
    names = parser.list_of(lambda: read_name(parser, DYNAMIC_TABLE))
    if len(names) > 1:
        raise sqlerror.unsupported("ALTER DYNAMIC TABLE of several at once")
    parser.scanner.position = start
    return None


alterable(
    DYNAMIC_TABLE,
    _SETTABLE,
    {
        **defined.CLUSTERING,
        "SUSPEND": _suspend,
        "RESUME": defined.setting({"SCHEDULING_STATE": "ACTIVE"}, "OPERATE"),
        "REFRESH": _refresh,
        "SWAP WITH": _swap,
        "ALTER": defined.on_columns(DYNAMIC_TABLE),
        "MODIFY": defined.on_columns(DYNAMIC_TABLE),
        **defined.refusing(
            "DYNAMIC TABLE",
            *defined.SEARCH,
            *(
                f"{word} {clause}"
                for word in ("SET", "UNSET")
                for clause in (
                    "CONTACT",
                    "IMMUTABLE",
                    "FROZEN WHERE",
                    "EXECUTE AS USER",
                    "ROW_TIMESTAMP",
                    "DCM PROJECT",
                )
            ),
        ),
    },
    made=_finished,
)

_ALTER = HANDLERS[("ALTER", "DYNAMIC", "TABLE")]


@statement("ALTER", "DYNAMIC", "TABLE")
def _alter(context: Context, parser: Parser) -> Result:
    return _several(context, parser) or _ALTER(context, parser)
