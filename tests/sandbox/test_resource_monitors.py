"""Resource monitors: https://docs.snowflake.com/en/sql-reference/sql/create-resource-monitor"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .guests import Guest, column, guests


@pytest.fixture
def guest(client, connect) -> Iterator[Guest]:
    yield from guests(client, connect)


@pytest.fixture
def monitor(client) -> Iterator[str]:
    client("CREATE OR REPLACE RESOURCE MONITOR TESTED WITH CREDIT_QUOTA = 5")
    yield "TESTED"
    client("USE ROLE ACCOUNTADMIN")
    client("DROP RESOURCE MONITOR IF EXISTS TESTED")


def shown(client, *names: str) -> tuple[str, ...]:
    (found,) = column(client, "SHOW RESOURCE MONITORS LIKE 'TESTED'", *names)
    return found


def test_create(client, monitor):
    rows = client("SHOW RESOURCE MONITORS LIKE 'TESTED'")
    found = dict(zip(client.names(), rows[0], strict=True))
    assert found.pop("created_on")
    assert found.pop("start_time")
    assert found == {
        "name": "TESTED", "credit_quota": "5.00", "used_credits": "0.00", "remaining_credits": "5.00", "level": None,
        "frequency": "MONTHLY", "end_time": None, "notify_at": None, "suspend_at": None,
        "suspend_immediately_at": None, "owner": "ACCOUNTADMIN", "comment": "", "notify_users": None,
    }  # fmt: skip
    assert client("CREATE RESOURCE MONITOR IF NOT EXISTS TESTED") == [("TESTED already exists, statement succeeded.",)]
    assert client.error("CREATE RESOURCE MONITOR TESTED")[:2] == (2002, "42710")
    assert client("CREATE OR REPLACE RESOURCE MONITOR TESTED") == [("Resource monitor TESTED successfully created.",)]


def test_all_properties(client, monitor):
    client(
        "CREATE OR REPLACE RESOURCE MONITOR TESTED WITH CREDIT_QUOTA = 5000 FREQUENCY = DAILY "
        "START_TIMESTAMP = IMMEDIATELY END_TIMESTAMP = '2038-01-19 03:14:07' NOTIFY_USERS = (ADMIN, \"ADMIN\") "
        "TRIGGERS ON 75 PERCENT DO NOTIFY ON 50 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND "
        "ON 110 PERCENT DO SUSPEND_IMMEDIATE"
    )
    names = ("credit_quota", "frequency", "end_time", "notify_at", "suspend_at", "suspend_immediately_at")
    assert shown(client, *names) == ("5000.00", "DAILY", "2038-01-19 03:14:07", "50%,75%", "100%", "110%")


def test_alter(client, monitor):
    client("ALTER RESOURCE MONITOR TESTED SET CREDIT_QUOTA = 7 NOTIFY_USERS = (ADMIN)")
    client("ALTER RESOURCE MONITOR TESTED SET FREQUENCY = WEEKLY START_TIMESTAMP = '2030-01-01'")
    client("ALTER RESOURCE MONITOR TESTED SET TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND")
    assert shown(client, "credit_quota", "frequency", "notify_users", "notify_at", "suspend_at") == (
        "7.00", "WEEKLY", "ADMIN", "80%", "100%",
    )  # fmt: skip
    client("ALTER RESOURCE MONITOR TESTED TRIGGERS ON 90 PERCENT DO NOTIFY")
    client("ALTER RESOURCE MONITOR TESTED SET CREDIT_QUOTA = NULL NOTIFY_USERS = () END_TIMESTAMP = NULL")
    assert shown(client, "credit_quota", "notify_users", "notify_at", "suspend_at") == ("None", "None", "90%", "None")
    client("ALTER RESOURCE MONITOR IF EXISTS NO_SUCH SET CREDIT_QUOTA = 1")


def test_bad_input(client, monitor):
    for text, code in (
        ("CREATE RESOURCE MONITOR", 1003),
        ("CREATE RESOURCE MONITOR A )", 1003),
        ("CREATE RESOURCE MONITOR A WITH COLOR = 'red'", 1420),
        ("CREATE RESOURCE MONITOR A WITH CREDIT_QUOTA = 0", 1008),
        ("CREATE RESOURCE MONITOR A WITH FREQUENCY = DAILY", 90262),
        ("CREATE RESOURCE MONITOR A WITH FREQUENCY = SOMETIMES START_TIMESTAMP = IMMEDIATELY", 1003),
        ("CREATE RESOURCE MONITOR A WITH NOTIFY_USERS = (NO_SUCH)", 2003),
        ("CREATE RESOURCE MONITOR A WITH TRIGGERS", 1003),
        ("CREATE RESOURCE MONITOR A WITH TRIGGERS ON 5 PERCENT DO NOTHING", 1003),
        ("CREATE RESOURCE MONITOR A WITH TRIGGERS ON FIVE PERCENT DO NOTIFY", 1003),
        ("ALTER RESOURCE MONITOR TESTED", 1003),
        ("ALTER RESOURCE MONITOR TESTED RENAME TO B", 1003),
        ("ALTER RESOURCE MONITOR NO_SUCH SET CREDIT_QUOTA = 1", 2003),
        ("DROP RESOURCE MONITOR NO_SUCH", 2003),
    ):
        assert client.error(text)[0] == code, text
    for action in ("SUSPEND", "SUSPEND_IMMEDIATE"):
        text = f"CREATE RESOURCE MONITOR A WITH TRIGGERS ON 1 PERCENT DO {action} ON 2 PERCENT DO {action}"
        assert client.error(text)[2] == f"A resource monitor can have at most one {action.lower()} trigger."


def test_assigned(client, monitor):
    client("CREATE OR REPLACE WAREHOUSE TESTED_WH RESOURCE_MONITOR = TESTED")
    assert shown(client, "level") == ("WAREHOUSE",)
    assert column(client, "SHOW WAREHOUSES LIKE 'TESTED_WH'", "resource_monitor") == [("TESTED",)]
    client("ALTER ACCOUNT SET RESOURCE_MONITOR = TESTED")
    assert shown(client, "level") == ("ACCOUNT",)
    client("ALTER ACCOUNT UNSET RESOURCE_MONITOR")
    client("ALTER WAREHOUSE TESTED_WH UNSET RESOURCE_MONITOR")
    assert shown(client, "level") == ("None",)
    client("ALTER WAREHOUSE TESTED_WH SET RESOURCE_MONITOR = TESTED")
    client("CREATE OR REPLACE RESOURCE MONITOR TESTED WITH CREDIT_QUOTA = 1")
    assert shown(client, "level") == ("None",)
    client("ALTER WAREHOUSE TESTED_WH SET RESOURCE_MONITOR = TESTED")
    assert shown(client, "level") == ("WAREHOUSE",)
    client("DROP RESOURCE MONITOR TESTED")
    assert column(client, "SHOW WAREHOUSES LIKE 'TESTED_WH'", "resource_monitor") == [("null",)]
    client("DROP WAREHOUSE TESTED_WH")


def test_who_may(client, guest, monitor):
    """https://docs.snowflake.com/en/user-guide/resource-monitors#access-control"""
    user, role = guest("CREATE WAREHOUSE ON ACCOUNT")
    assert user("SHOW RESOURCE MONITORS LIKE 'TESTED'") == []
    assert user.error("CREATE RESOURCE MONITOR MINE")[:2] == (3001, "42501")
    assert user.error("ALTER RESOURCE MONITOR TESTED SET CREDIT_QUOTA = 1")[0] == 2003
    user("CREATE WAREHOUSE MINE")
    assert user.error("ALTER WAREHOUSE MINE SET RESOURCE_MONITOR = TESTED")[:2] == (3001, "42501")
    user("DROP WAREHOUSE MINE")
    client(f"GRANT MONITOR ON RESOURCE MONITOR TESTED TO ROLE {role}")
    assert len(user("SHOW RESOURCE MONITORS LIKE 'TESTED'")) == 1
    assert user.error("ALTER RESOURCE MONITOR TESTED SET CREDIT_QUOTA = 1")[:2] == (3001, "42501")
    client(f"GRANT MODIFY ON RESOURCE MONITOR TESTED TO ROLE {role}")
    user("ALTER RESOURCE MONITOR TESTED SET CREDIT_QUOTA = 1")
    assert user.error("DROP RESOURCE MONITOR TESTED")[:2] == (3001, "42501")
    assert user.error("ALTER ACCOUNT SET RESOURCE_MONITOR = TESTED")[:2] == (3001, "42501")
