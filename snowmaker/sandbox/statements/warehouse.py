"""WAREHOUSE: https://docs.snowflake.com/en/sql-reference/sql/create-warehouse

A warehouse of the sandbox computes nothing: it has its properties, and a state that SUSPEND and RESUME change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Recipe,
    Target,
    alterable,
    change,
    create_named,
    find,
    number,
    read_name,
    register,
    texts,
    with_options,
)
from snowmaker.sandbox.parameters import readers
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.properties import boolean, name, nullable, one_of, string
from snowmaker.sandbox.properties import number as between
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Column, Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.resource_monitor import assigned, assigned_name
from snowmaker.sandbox.statements.role import letter
from snowmaker.sandbox.warehouses import STARTED, SUSPENDED, state, turned

# -- properties ----------------------------------------------------------------------------------------

# What WAREHOUSE_SIZE may say, and what SHOW writes for it
SIZES = {
    "XSMALL": "X-Small", "SMALL": "Small", "MEDIUM": "Medium", "LARGE": "Large", "XLARGE": "X-Large",
    "XXLARGE": "2X-Large", "XXXLARGE": "3X-Large", "X4LARGE": "4X-Large", "X5LARGE": "5X-Large", "X6LARGE": "6X-Large",
}  # fmt: skip
_SYNONYMS = {
    "X-SMALL": "XSMALL", "X-LARGE": "XLARGE", "X2LARGE": "XXLARGE", "2X-LARGE": "XXLARGE", "X3LARGE": "XXXLARGE",
    "3X-LARGE": "XXXLARGE", "4X-LARGE": "X4LARGE", "5X-LARGE": "X5LARGE", "6X-LARGE": "X6LARGE",
    "2XLARGE": "XXLARGE", "3XLARGE": "XXXLARGE", "4XLARGE": "X4LARGE", "5XLARGE": "X5LARGE", "6XLARGE": "X6LARGE",
}  # fmt: skip
_CONSTRAINTS = (
    "MEMORY_1X", "MEMORY_1X_X86", "MEMORY_16X", "MEMORY_16X_X86", "MEMORY_64X", "MEMORY_64X_X86",
    "STANDARD_GEN_1", "STANDARD_GEN_2",
)  # fmt: skip


def _one_of(property_: str, *words: str, synonyms: Mapping[str, str] | None = None) -> Reader:
    """One of some words, as Snowflake refuses another: an invalid value of the property."""
    read = one_of(*words, synonyms=synonyms)

    def value(parser: Parser) -> Any:
        start = parser.scanner.position
        try:
            return read(parser)
        except SqlError:
            parser.scanner.position = start
            raise sqlerror.invalid_value(parser.word_or_string(), property_) from None

    return value


def _generation(parser: Parser) -> str:
    value = str(parser.literal())
    if value not in ("1", "2"):
        raise sqlerror.invalid_value(value, "GENERATION")
    return value


OPTIONS: Mapping[str, Reader] = {
    "WAREHOUSE_TYPE": _one_of("WAREHOUSE_TYPE", "STANDARD", "SNOWPARK-OPTIMIZED", "ADAPTIVE"),
    "WAREHOUSE_SIZE": _one_of("WAREHOUSE_SIZE", *SIZES, synonyms=_SYNONYMS),
    "RESOURCE_CONSTRAINT": _one_of("RESOURCE_CONSTRAINT", *_CONSTRAINTS),
    "GENERATION": _generation,
    "MAX_CLUSTER_COUNT": between(1, 300, "MAX_CLUSTER_COUNT"),
    "MIN_CLUSTER_COUNT": between(1, 300, "MIN_CLUSTER_COUNT"),
    "SCALING_POLICY": _one_of("SCALING_POLICY", "STANDARD", "ECONOMY"),
    "AUTO_SUSPEND": nullable(between(0, 2**31 - 1, "AUTO_SUSPEND")),
    "AUTO_RESUME": boolean,
    "RESOURCE_MONITOR": nullable(name),
    "ENABLE_QUERY_ACCELERATION": boolean,
    "QUERY_ACCELERATION_MAX_SCALE_FACTOR": between(0, 100, "QUERY_ACCELERATION_MAX_SCALE_FACTOR"),
    "MAX_QUERY_PERFORMANCE_LEVEL": _one_of("MAX_QUERY_PERFORMANCE_LEVEL", *SIZES, synonyms=_SYNONYMS),
    "QUERY_THROUGHPUT_MULTIPLIER": between(0, 2**31 - 1, "QUERY_THROUGHPUT_MULTIPLIER"),
    "COMMENT": string,
    **{key: nullable(read) for key, read in readers("WAREHOUSE").items()},
}
CREATED: Mapping[str, Reader] = {**OPTIONS, "INITIALLY_SUSPENDED": boolean}
ALTERED: Mapping[str, Reader] = {**OPTIONS, "WAIT_FOR_COMPLETION": boolean}
_NOT_UNSET = ("WAREHOUSE_SIZE",)  # https://docs.snowflake.com/en/sql-reference/sql/alter-warehouse#parameters

# https://docs.snowflake.com/en/user-guide/warehouses-adaptive: what Snowflake decides for an adaptive warehouse
_NOT_ADAPTIVE = (
    "WAREHOUSE_SIZE", "RESOURCE_CONSTRAINT", "GENERATION", "MAX_CLUSTER_COUNT", "MIN_CLUSTER_COUNT", "SCALING_POLICY",
    "AUTO_SUSPEND", "AUTO_RESUME", "INITIALLY_SUSPENDED", "ENABLE_QUERY_ACCELERATION",
    "QUERY_ACCELERATION_MAX_SCALE_FACTOR", "MAX_CONCURRENCY_LEVEL",
)  # fmt: skip
_ONLY_ADAPTIVE = ("MAX_QUERY_PERFORMANCE_LEVEL", "QUERY_THROUGHPUT_MULTIPLIER")


def _checked(entry: Entry) -> Entry:
    """A warehouse whose properties suit each other. Raises SqlError 001008, 001420."""
    get = entry.get
    adaptive = get("warehouse_type") == "ADAPTIVE"
    for key in _NOT_ADAPTIVE if adaptive else _ONLY_ADAPTIVE:
        if get(key.lower()) is not None:
            raise sqlerror.invalid_property(key, "ADAPTIVE WAREHOUSE" if adaptive else "WAREHOUSE")
    if get("min_cluster_count", 1) > get("max_cluster_count", 1):
        raise SqlError(
            1008, "22023", f"SQL compilation error:\ninvalid value [{get('min_cluster_count', 1)}] for parameter "
            f"'MIN_CLUSTER_COUNT': it is more than MAX_CLUSTER_COUNT [{get('max_cluster_count', 1)}]",
        )  # fmt: skip
    if get("generation") == "2" and get("warehouse_size") in ("X5LARGE", "X6LARGE"):
        raise sqlerror.invalid_value(get("warehouse_size"), "WAREHOUSE_SIZE")
    return entry


# -- CREATE --------------------------------------------------------------------------------------------


def _made(context: Context, entry: Entry) -> Entry:
    """A warehouse starts at once, unless it is told not to."""
    suspended = bool(entry.get("initially_suspended"))
    old = context.catalog.get(entry.id)
    entry = assigned(context, old, _checked(entry))
    if old is not None:
        return replace(entry, properties={k: v for k, v in entry.properties.items() if k != "initially_suspended"})
    now = datetime.now(UTC).isoformat()
    values = {key: value for key, value in entry.properties.items() if key != "initially_suspended"}
    state_ = SUSPENDED if suspended else STARTED
    return replace(entry, properties={**values, "state": state_, "resumed_on": now, "updated_on": now})


_RECIPE_MODIFIERS = ("OR REPLACE", "OR ALTER")


@statement("CREATE", "WAREHOUSE")
def _create(context: Context, parser: Parser) -> Result:
    """The new warehouse is the session's: https://docs.snowflake.com/en/sql-reference/sql/create-warehouse#usage-notes"""
    context.allow(*_RECIPE_MODIFIERS)
    optional = parser.if_not_exists()
    own = read_name(parser, WAREHOUSE)
    parser.accept("WITH")
    entry, result = create_named(context, parser, Recipe(WAREHOUSE, CREATED, _RECIPE_MODIFIERS, _made), own, optional)
    if entry is not None:
        context.session.warehouse_id = entry.id
    return result


# -- ALTER ---------------------------------------------------------------------------------------------


def _set(context: Context, parser: Parser, target: Target) -> Result:
    values = parser.options(ALTERED, "WAREHOUSE")
    if not values:
        raise parser.unexpected()
    parser.end()
    values.pop("WAIT_FOR_COMPLETION", None)  # nothing takes time here
    return _altered(context, target, lambda entry: with_options(entry, values))


def _unset(context: Context, parser: Parser, target: Target) -> Result:
    """AUTO_SUSPEND comes to 0 by it, not to its default."""
    keys = parser.keys(ALTERED, "WAREHOUSE")
    parser.end()
    for key in keys:
        if key in _NOT_UNSET:
            raise SqlError(2, "0A000", f"Unsupported feature 'UNSET {key}'.")
    values = {"AUTO_SUSPEND": 0} if "AUTO_SUSPEND" in keys else {}
    return _altered(context, target, lambda entry: with_options(entry, values, keys))


def _altered(context: Context, target: Target, alter: Callable[[Entry], Entry]) -> Result:
    def altered(old: Entry) -> Entry:
        entry = assigned(context, old, _checked(alter(old)))
        if entry.get("warehouse_type") != old.get("warehouse_type") and state(old) != SUSPENDED:
            raise SqlError(
                1425, "22023", "SQL compilation error:\nWarehouse must be suspended before changing WAREHOUSE_TYPE."
            )
        return with_options(entry, {"UPDATED_ON": datetime.now(UTC).isoformat()})

    return change(context, WAREHOUSE, target.name, target.optional, altered, "MODIFY")


def _suspend(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    return _turn(context, target, SUSPENDED)


def _resume(context: Context, parser: Parser, target: Target) -> Result:
    unless = parser.accept("IF", "SUSPENDED")
    parser.end()
    return _turn(context, target, STARTED, unless)


def _turn(context: Context, target: Target, to: str, quietly: bool = False) -> Result:
    """Suspend or resume; what is so already is refused. MODIFY and OPERATE allow it, MONITOR and USAGE do not."""

    def alter(entry: Entry) -> Entry:
        if state(entry) == to and not quietly:
            code, verb = (90064, "suspended") if to == SUSPENDED else (90063, "resumed")
            raise SqlError(code, "22000", f"Invalid state. Warehouse '{entry.name}' cannot be {verb}.")
        return turned(entry, to)

    return change(context, WAREHOUSE, target.name, target.optional, alter, "OPERATE")


def _abort_all_queries(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    result = change(context, WAREHOUSE, target.name, target.optional, lambda entry: entry, "OPERATE")
    found = context.catalog.find("WAREHOUSE", ACCOUNT, target.name[-1])
    for session in context.host.sessions():
        if found is not None and session.warehouse_id == found.id and session is not context.session:
            session.cancel()
    return result


def _tables(context: Context, parser: Parser, target: Target) -> Result:
    raise sqlerror.unsupported("tables of an interactive warehouse")


@statement("ALTER", "WAREHOUSE", "SET")
def _set_current(context: Context, parser: Parser) -> Result:
    """Without a name: the warehouse in use."""
    return _set(context, parser, Target(WAREHOUSE, _current(context), False))


@statement("ALTER", "WAREHOUSE", "SUSPEND")
def _suspend_current(context: Context, parser: Parser) -> Result:
    return _suspend(context, parser, Target(WAREHOUSE, _current(context), False))


@statement("ALTER", "WAREHOUSE", "RESUME")
def _resume_current(context: Context, parser: Parser) -> Result:
    return _resume(context, parser, Target(WAREHOUSE, _current(context), False))


def _current(context: Context) -> tuple[str, ...]:
    if context.session.warehouse is None:
        raise SqlError(
            606, "57P03", "No active warehouse selected in the current session.  Select an active warehouse with the "
            "'use warehouse' command.",
        )  # fmt: skip
    return (context.session.warehouse,)


# -- SHOW, DESCRIBE ------------------------------------------------------------------------------------

_COLUMNS = (
    *texts("name state type size"),
    *(number(each) for each in ("min_cluster_count", "max_cluster_count", "started_clusters", "running", "queued")),
    *texts("is_default is_current"),
    number("auto_suspend"),
    *texts("auto_resume available provisioning quiescing other"),
    CREATED_ON,
    *(Column(each, TIMESTAMP_LTZ) for each in ("resumed_on", "updated_on")),
    *texts("owner comment enable_query_acceleration"),
    number("query_acceleration_max_scale_factor"),
    *texts("resource_monitor"),
    *(number(each) for each in ("actives", "pendings", "failed", "suspended")),
    *texts("uuid scaling_policy budget owner_role_type resource_constraint generation max_query_performance_level"),
    number("query_throughput_multiplier"),
    *texts("tables"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    get, session = entry.get, context.session
    started = state(entry) == STARTED
    adaptive = get("warehouse_type") == "ADAPTIVE"
    standard = get("warehouse_type", "STANDARD") == "STANDARD"
    generation = get("generation", "2") if standard else None
    clusters = get("min_cluster_count", 1)

    def unless_adaptive(value: Any) -> Any:
        return None if adaptive else value

    user = context.catalog.by_id(session.user_id)
    accelerated = get("enable_query_acceleration", generation == "2")
    return (
        entry.name, state(entry), get("warehouse_type", "STANDARD"), unless_adaptive(_size(entry)),
        unless_adaptive(clusters), unless_adaptive(get("max_cluster_count", 1)), clusters if started else 0, 0, 0,
        letter(entry.name == user.get("default_warehouse")), letter(entry.id == session.warehouse_id),
        unless_adaptive(get("auto_suspend", 600)), str(get("auto_resume", True)).lower(), "100" if started else "", "",
        "", "", entry.created_on, _moment(entry, "resumed_on"), _moment(entry, "updated_on"), context.owner(entry),
        entry.comment, unless_adaptive(str(accelerated).lower()),
        unless_adaptive(get("query_acceleration_max_scale_factor", 2 if generation == "2" else 8)),
        assigned_name(context.catalog, entry), int(started), 0, 0, int(not started), _uuid(entry),
        unless_adaptive(get("scaling_policy", "STANDARD")), None, context.owner_type(entry),
        None if standard or adaptive else get("resource_constraint", "MEMORY_16X"), generation,
        get("max_query_performance_level", "XLARGE") if adaptive else None,
        get("query_throughput_multiplier", 2) if adaptive else None, None,
    )  # fmt: skip


def _size(entry: Entry) -> str:
    """A Snowpark-optimized warehouse is of medium size where none is given."""
    usual = "MEDIUM" if entry.get("warehouse_type") == "SNOWPARK-OPTIMIZED" else "XSMALL"
    return SIZES[entry.get("warehouse_size", usual)]


def _moment(entry: Entry, key: str) -> datetime:
    value = entry.get(key)
    return datetime.fromisoformat(value) if value else entry.created_on


def _uuid(entry: Entry) -> str:
    return str(int.from_bytes(hashlib.sha256(f"warehouse {entry.id}".encode()).digest()[:4], "big"))


@statement("DESCRIBE", "WAREHOUSE")
def _describe(context: Context, parser: Parser) -> Result:
    own = read_name(parser, WAREHOUSE)
    parser.end()
    entry = find(context, WAREHOUSE, own)
    return Result((CREATED_ON, *texts("name kind")), [(entry.created_on, entry.name, "WAREHOUSE")], type_id=DESCRIBE)


WAREHOUSE = Kind(
    "WAREHOUSE",
    "WAREHOUSES",
    "ACCOUNT",
    _COLUMNS,
    _row,
    grants=("APPLYBUDGET", "MODIFY", "MONITOR", "OPERATE", "USAGE"),
    alter=("MODIFY",),
)
register(WAREHOUSE)
alterable(
    WAREHOUSE,
    {},
    {
        "SET": _set,
        "UNSET": _unset,
        "SUSPEND": _suspend,
        "RESUME": _resume,
        "ABORT ALL QUERIES": _abort_all_queries,
        "ADD TABLES": _tables,
        "DROP TABLES": _tables,
    },
)
