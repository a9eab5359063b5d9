"""Warehouses: https://docs.snowflake.com/en/sql-reference/sql/create-warehouse"""

from __future__ import annotations

from typing import Any

from snowmaker.components.base import Component, Kind, Pairs, Property, Values
from snowmaker.components.ddl import target
from snowmaker.components.shared import COMMENT, OWNER, SIZE, SIZES, TAGS, parameter
from snowmaker.components.types import Boolean, Integer, Name, Word

# What an adaptive warehouse decides by itself: https://docs.snowflake.com/en/user-guide/warehouses-adaptive
_NOT_ADAPTIVE = (
    *("warehouse_size", "max_cluster_count", "min_cluster_count", "scaling_policy", "auto_suspend", "auto_resume"),
    *("enable_query_acceleration", "query_acceleration_max_scale_factor", "resource_constraint", "generation"),
    "max_concurrency_level",
)


class Seconds(Integer):
    """Seconds until it suspends; 0 is never, which an account shows as NULL too."""

    def shown(self, value: Any, scope: tuple[str, ...]) -> int:
        return super().shown(value, scope) or 0


def _around(live: Component, names: set[str]) -> tuple[Pairs, Pairs]:
    """The type changes only while the warehouse is suspended."""
    if "warehouse_type" not in names or str(live.facts.get("state", "")).upper() == "SUSPENDED":
        return [], []
    suspend, resume = f"ALTER {target(live)} SUSPEND", f"ALTER {target(live)} RESUME IF SUSPENDED"
    return [(resume, ()), (suspend, (resume,))], [(resume, (resume, suspend))]


def _check(component: Component) -> str:
    if component.value("warehouse_type") == "ADAPTIVE":
        wrong = [name for name in _NOT_ADAPTIVE if name in component.values]
        return f"an adaptive warehouse has no {', '.join(wrong)}" if wrong else ""
    if component.value("min_cluster_count") > component.value("max_cluster_count"):
        return "min_cluster_count is greater than max_cluster_count"
    return ""


def _defaults(component: Component) -> Values:
    """https://docs.snowflake.com/en/user-guide/warehouses-snowpark-optimized"""
    return {"warehouse_size": "MEDIUM"} if component.values.get("warehouse_type") == "SNOWPARK-OPTIMIZED" else {}


KIND = Kind(
    "WAREHOUSE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-warehouse",
    (
        Property(
            "warehouse_type",
            Word(("STANDARD", "SNOWPARK-OPTIMIZED", "ADAPTIVE"), quoted=True),
            default="STANDARD",
            column="type",
            short="type",
        ),
        Property("warehouse_size", SIZE, default="XSMALL", column="size", short="size", unset=False),
        Property("max_cluster_count", Integer(1, 300), default=1),
        Property("min_cluster_count", Integer(1, 300), default=1),
        Property("scaling_policy", Word(("STANDARD", "ECONOMY")), default="STANDARD"),
        Property("auto_suspend", Seconds(), default=600, unset=False),
        Property("auto_resume", Boolean(), default=True),
        Property("initially_suspended", Boolean(), source="nowhere"),
        Property("resource_monitor", Name(of="RESOURCE MONITOR"), created=False, role="ACCOUNTADMIN"),
        Property("enable_query_acceleration", Boolean(), default=False, optional=True),
        Property("query_acceleration_max_scale_factor", Integer(0, 100), default=8, optional=True),
        Property("resource_constraint", Word(), optional=True),
        Property("generation", Word(("1", "2"), quoted=True), optional=True),
        Property("max_query_performance_level", Word(SIZES), optional=True),
        Property("query_throughput_multiplier", Integer(), optional=True),
        parameter("max_concurrency_level", Integer()),
        parameter("statement_queued_timeout_in_seconds", Integer()),
        parameter("statement_timeout_in_seconds", Integer(0, 604_800)),
        COMMENT,
        TAGS,
        OWNER,
    ),
    level="account",
    check=_check,
    around=_around,
    derived=_defaults,
    rank=10,
)
