"""Warehouses: https://docs.snowflake.com/en/sql-reference/sql/create-warehouse"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .guests import Guest, column, guests


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def warehouse(client) -> Iterator[str]:
    client("CREATE OR REPLACE WAREHOUSE TESTED")
    yield "TESTED"
    client("USE ROLE ACCOUNTADMIN")
    client("DROP WAREHOUSE IF EXISTS TESTED")


def shown(client, *names: str) -> tuple[str, ...]:
    (found,) = column(client, "SHOW WAREHOUSES LIKE 'TESTED'", *names)
    return found


def test_create_with_nothing(client, warehouse):
    assert client("SELECT CURRENT_WAREHOUSE()") == [("TESTED",)], "a new warehouse is in use at once"
    rows = client("SHOW WAREHOUSES LIKE 'TESTED'")
    found = dict(zip(client.names(), rows[0], strict=True))
    for name in ("created_on", "resumed_on", "updated_on", "uuid"):
        assert found.pop(name)
    assert found == {
        "name": "TESTED", "state": "STARTED", "type": "STANDARD", "size": "X-Small", "min_cluster_count": 1,
        "max_cluster_count": 1, "started_clusters": 1, "running": 0, "queued": 0, "is_default": "N", "is_current": "Y",
        "auto_suspend": 600, "auto_resume": "true", "available": "100", "provisioning": "", "quiescing": "",
        "other": "", "owner": "ACCOUNTADMIN", "comment": "", "enable_query_acceleration": "true",
        "query_acceleration_max_scale_factor": 2, "resource_monitor": "null", "actives": 1, "pendings": 0,
        "failed": 0, "suspended": 0, "scaling_policy": "STANDARD", "budget": None, "owner_role_type": "ROLE",
        "resource_constraint": None, "generation": "2", "max_query_performance_level": None,
        "query_throughput_multiplier": None, "tables": None,
    }  # fmt: skip
    assert client("CREATE WAREHOUSE IF NOT EXISTS TESTED") == [("TESTED already exists, statement succeeded.",)]
    assert client.error("CREATE WAREHOUSE TESTED")[:2] == (2002, "42710")
    client("DROP WAREHOUSE TESTED")
    assert client("SELECT CURRENT_WAREHOUSE()") == [(None,)]


def test_all_properties(client, warehouse):
    client(
        "CREATE OR REPLACE WAREHOUSE TESTED WITH WAREHOUSE_TYPE = 'STANDARD' WAREHOUSE_SIZE = 'SMALL' "
        "MAX_CLUSTER_COUNT = 8, MIN_CLUSTER_COUNT = 2 SCALING_POLICY = 'ECONOMY' AUTO_SUSPEND = 1000 "
        "AUTO_RESUME = FALSE INITIALLY_SUSPENDED = TRUE COMMENT = 'c' ENABLE_QUERY_ACCELERATION = FALSE "
        "QUERY_ACCELERATION_MAX_SCALE_FACTOR = 90 GENERATION = '1' MAX_CONCURRENCY_LEVEL = 4 "
        "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = 5 STATEMENT_TIMEOUT_IN_SECONDS = 60"
    )
    names = (
        "size", "min_cluster_count", "max_cluster_count", "scaling_policy", "auto_suspend", "auto_resume", "state",
        "comment", "enable_query_acceleration", "query_acceleration_max_scale_factor", "generation",
    )  # fmt: skip
    assert shown(client, *names) == (
        "Small", "2", "8", "ECONOMY", "1000", "false", "SUSPENDED", "c", "false", "90", "1",
    )  # fmt: skip
    assert column(client, "SHOW PARAMETERS LIKE 'MAX_CONCURRENCY_LEVEL' IN WAREHOUSE TESTED", "value", "level") == [
        ("4", "WAREHOUSE")
    ]
    assert client("DESCRIBE WAREHOUSE TESTED")[0][1:] == ("TESTED", "WAREHOUSE")
    client("ALTER WAREHOUSE TESTED SET MAX_CONCURRENCY_LEVEL = NULL")
    assert column(client, "SHOW PARAMETERS LIKE 'MAX_CONCURRENCY_LEVEL' IN WAREHOUSE TESTED", "value", "level") == [
        ("8", "")
    ]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("XSMALL", "X-Small"), ("'X-SMALL'", "X-Small"), ("small", "Small"), ("'medium'", "Medium"),
        ("LARGE", "Large"), ("'x-large'", "X-Large"), ("XXLARGE", "2X-Large"), ("X2LARGE", "2X-Large"),
        ("'2X-LARGE'", "2X-Large"), ("'3x-large'", "3X-Large"), ("X4LARGE", "4X-Large"), ("'4X-LARGE'", "4X-Large"),
    ],
)  # fmt: skip
def test_sizes(client, warehouse, text, size):
    client(f"ALTER WAREHOUSE TESTED SET WAREHOUSE_SIZE = {text}")
    assert shown(client, "size") == (size,)


def test_other_types(client, warehouse):
    client("CREATE OR REPLACE WAREHOUSE TESTED WAREHOUSE_TYPE = 'SNOWPARK-OPTIMIZED'")
    assert shown(client, "type", "size", "resource_constraint", "generation") == (
        "SNOWPARK-OPTIMIZED", "Medium", "MEMORY_16X", "None",
    )  # fmt: skip
    client("CREATE OR REPLACE WAREHOUSE TESTED WAREHOUSE_TYPE = ADAPTIVE QUERY_THROUGHPUT_MULTIPLIER = 3")
    names = ("type", "size", "max_cluster_count", "query_throughput_multiplier", "max_query_performance_level")
    assert shown(client, *names) == ("ADAPTIVE", "None", "None", "3", "XLARGE")
    assert client.error("ALTER WAREHOUSE TESTED SET WAREHOUSE_SIZE = SMALL")[0] == 1420


def test_states(client, warehouse):
    client("ALTER WAREHOUSE TESTED SUSPEND")
    assert shown(client, "state", "suspended", "available") == ("SUSPENDED", "1", "")
    code, sqlstate, text = client.error("ALTER WAREHOUSE TESTED SUSPEND")
    assert (code, sqlstate, text) == (90064, "22000", "Invalid state. Warehouse 'TESTED' cannot be suspended.")
    client("ALTER WAREHOUSE TESTED RESUME IF SUSPENDED")
    client("ALTER WAREHOUSE TESTED RESUME IF SUSPENDED")
    assert client.error("ALTER WAREHOUSE TESTED RESUME")[:2] == (90063, "22000")
    assert client.error("ALTER WAREHOUSE TESTED SET WAREHOUSE_TYPE = 'SNOWPARK-OPTIMIZED'")[1] == "22023"
    client("ALTER WAREHOUSE TESTED ABORT ALL QUERIES")
    client("ALTER WAREHOUSE SUSPEND")
    assert shown(client, "state") == ("SUSPENDED",)
    client("ALTER WAREHOUSE TESTED SET WAREHOUSE_TYPE = 'SNOWPARK-OPTIMIZED'")


def test_a_query_resumes_it(client, warehouse):
    """https://docs.snowflake.com/en/user-guide/warehouses-overview#auto-suspension-and-auto-resumption"""
    client(f"create or replace warehouse {warehouse} initially_suspended = true")
    client("create table t (a int)")
    client("select 1")
    assert shown(client, "state") == ("SUSPENDED",), "what reads no table needs none"
    client("begin")
    client("insert into t values (1)")
    assert shown(client, "state") == ("STARTED",)
    client("rollback")
    assert client("select count(*) from t") == [(0,)], "the transaction went on"
    client(f"alter warehouse {warehouse} set auto_resume = false")
    client(f"alter warehouse {warehouse} suspend")
    assert client.error("select count(*) from t")[:2] == (606, "57P03")


def test_alter(client, warehouse):
    client(
        "ALTER WAREHOUSE TESTED SET COMMENT = 'c', AUTO_SUSPEND = 30 MAX_CLUSTER_COUNT = 3 WAIT_FOR_COMPLETION = TRUE"
    )
    assert shown(client, "comment", "auto_suspend", "max_cluster_count") == ("c", "30", "3")
    client("ALTER WAREHOUSE TESTED UNSET COMMENT, AUTO_SUSPEND, MAX_CLUSTER_COUNT")
    assert shown(client, "comment", "auto_suspend", "max_cluster_count") == ("", "0", "1")
    client("ALTER WAREHOUSE TESTED SET AUTO_SUSPEND = NULL")
    client("ALTER WAREHOUSE SET AUTO_SUSPEND = 60")
    client("COMMENT ON WAREHOUSE TESTED IS 'said'")
    client("ALTER WAREHOUSE TESTED RENAME TO TESTED_2")
    assert client("SELECT CURRENT_WAREHOUSE()") == [("TESTED_2",)]
    client("ALTER WAREHOUSE TESTED_2 RENAME TO TESTED")
    client("CREATE OR ALTER WAREHOUSE TESTED WAREHOUSE_SIZE = LARGE")
    assert shown(client, "size", "auto_suspend", "comment") == ("Large", "600", "")
    client("ALTER WAREHOUSE IF EXISTS NO_SUCH SUSPEND")


def test_bad_input(client, warehouse):
    for text, code in (
        ("CREATE WAREHOUSE", 1003),
        ("CREATE WAREHOUSE A )", 1003),
        ("CREATE WAREHOUSE A COLOR = 'red'", 1420),
        ("CREATE WAREHOUSE A WAREHOUSE_SIZE = HUGE", 1008),
        ("CREATE WAREHOUSE A WAREHOUSE_TYPE = HUGE", 1008),
        ("CREATE WAREHOUSE A SCALING_POLICY = HUGE", 1008),
        ("CREATE WAREHOUSE A GENERATION = '3'", 1008),
        ("CREATE WAREHOUSE A MIN_CLUSTER_COUNT = 2 MAX_CLUSTER_COUNT = 1", 1008),
        ("CREATE WAREHOUSE A MAX_CLUSTER_COUNT = 0", 1008),
        ("CREATE WAREHOUSE A AUTO_SUSPEND = -1", 1008),
        ("CREATE WAREHOUSE A QUERY_ACCELERATION_MAX_SCALE_FACTOR = 101", 1008),
        ("CREATE WAREHOUSE A RESOURCE_MONITOR = NO_SUCH", 2003),
        ("CREATE WAREHOUSE A WAIT_FOR_COMPLETION = TRUE", 1420),
        ("CREATE WAREHOUSE A QUERY_THROUGHPUT_MULTIPLIER = 3", 1420),
        ("CREATE INTERACTIVE WAREHOUSE A", 2),
        ("ALTER WAREHOUSE TESTED", 1003),
        ("ALTER WAREHOUSE TESTED SET", 1003),
        ("ALTER WAREHOUSE TESTED SET INITIALLY_SUSPENDED = TRUE", 1420),
        ("ALTER WAREHOUSE TESTED SET COLOR = 'red'", 1420),
        ("ALTER WAREHOUSE TESTED UNSET WAREHOUSE_SIZE", 2),
        ("ALTER WAREHOUSE TESTED RESUME IF", 1003),
        ("ALTER WAREHOUSE NO_SUCH SUSPEND", 2003),
        ("DESCRIBE WAREHOUSE NO_SUCH", 2003),
        ("DROP WAREHOUSE NO_SUCH", 2003),
        ("USE WAREHOUSE NO_SUCH", 2043),
    ):
        assert client.error(text)[0] == code, text


@pytest.mark.parametrize(
    ("privilege", "allowed"),
    [
        ("USAGE", {"use"}),
        ("OPERATE", {"turn"}),
        ("MODIFY", {"set"}),
        ("MONITOR", set()),
        ("APPLYBUDGET", set()),
        ("OWNERSHIP", {"use", "turn", "set", "drop"}),
    ],
)
def test_privileges(client, guest, warehouse, privilege, allowed):
    """https://docs.snowflake.com/en/user-guide/security-access-control-privileges#virtual-warehouse-privileges"""
    user, role = guest()
    assert user("SHOW WAREHOUSES LIKE 'TESTED'") == []
    assert user.error("ALTER WAREHOUSE TESTED SUSPEND")[0] == 2003
    client(f"GRANT {privilege} ON WAREHOUSE TESTED TO ROLE {role}")
    assert len(user("SHOW WAREHOUSES LIKE 'TESTED'")) == 1
    for what, text in (
        ("use", "USE WAREHOUSE TESTED"),
        ("turn", "ALTER WAREHOUSE TESTED SUSPEND"),
        ("set", "ALTER WAREHOUSE TESTED SET AUTO_SUSPEND = 60"),
        ("drop", "DROP WAREHOUSE TESTED"),
    ):
        if what in allowed:
            user(text)
        else:
            assert user.error(text)[0] in (3001, 2043), text


def test_manage_warehouses(client, guest, warehouse):
    """https://docs.snowflake.com/en/user-guide/warehouses-tasks#delegating-warehouse-management"""
    user, _ = guest("MANAGE WAREHOUSES ON ACCOUNT")
    user("ALTER WAREHOUSE TESTED SUSPEND")
    user("ALTER WAREHOUSE TESTED SET AUTO_SUSPEND = 60")
    assert user.error("DROP WAREHOUSE TESTED")[:2] == (3001, "42501")
    assert user.error("USE WAREHOUSE TESTED")[0] == 2043, "that wants USAGE"


def test_the_maker_owns_what_it_makes(client, guest):
    maker, role = guest("CREATE WAREHOUSE ON ACCOUNT")
    maker("CREATE WAREHOUSE MADE")
    assert column(maker, "SHOW WAREHOUSES LIKE 'MADE'", "owner", "owner_role_type") == [(role, "ROLE")]
    maker("DROP WAREHOUSE MADE")
    stranger, _ = guest()
    assert stranger.error("CREATE WAREHOUSE MADE")[:2] == (3001, "42501")
