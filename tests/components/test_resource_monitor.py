"""Resource monitors: what is said together, and what watches what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from snowmaker.components.resource_monitor import Moment
from snowmaker.errors import SourceError

from .conftest import Declaring

BODY = "credit_quota: 100, frequency: monthly, start_timestamp: immediately"
MONITOR = "resource_monitors: {'{db}_M': {" + BODY + ", triggers: {75: notify, 100: suspend}}}\n"
WAREHOUSE = "warehouses: {'{db}_W': {resource_monitor: '{db}_M'}}\n"


@pytest.fixture
def world(declaring: Declaring) -> Iterator[Declaring]:
    yield declaring
    declaring.run("DROP WAREHOUSE IF EXISTS {db}_W", "DROP RESOURCE MONITOR IF EXISTS {db}_M")


def test_frequency_and_start_are_said_together(world: Declaring) -> None:
    world.apply(MONITOR)
    (statement,) = world.there_and_back(MONITOR.replace("monthly", "daily"))
    assert statement == world.fill("ALTER RESOURCE MONITOR {db}_M SET FREQUENCY = DAILY START_TIMESTAMP = IMMEDIATELY")
    (statement,) = world.there_and_back("resource_monitors: {'{db}_M': {triggers: {50: notify}, credit_quota: 100}}")
    assert statement == world.fill("ALTER RESOURCE MONITOR {db}_M TRIGGERS ON 50 PERCENT DO NOTIFY")


def test_what_was_monthly_when_nothing_said_so(world: Declaring) -> None:
    world.apply(MONITOR.replace("monthly", "daily"))
    plain = "resource_monitors: {'{db}_M': {credit_quota: 100, triggers: {75: notify, 100: suspend}}}"
    (statement,) = world.there_and_back(plain)
    assert statement == world.fill(
        "ALTER RESOURCE MONITOR {db}_M SET FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY"
    )


def test_the_last_trigger_takes_a_replacement_that_warehouses_survive(world: Declaring) -> None:
    world.apply(MONITOR + WAREHOUSE)
    without = "resource_monitors: {'{db}_M': {" + BODY + "}}\n" + WAREHOUSE
    statements = world.there_and_back(without)
    assert statements == [
        world.fill("CREATE OR REPLACE RESOURCE MONITOR {db}_M WITH CREDIT_QUOTA = 100 FREQUENCY = MONTHLY ")
        + "START_TIMESTAMP = IMMEDIATELY",
        world.fill("ALTER WAREHOUSE {db}_W SET RESOURCE_MONITOR = {db}_M"),
    ]
    world.declare(without)
    assert [warning.split(" {")[0] for warning in world.diff().changes[0].warnings] == [
        world.fill("resource monitor {db}_M forgets the credits that were used"),
        world.fill("what resource monitor {db}_M watches and no file declares is watched no more"),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{frequency: daily, credit_quota: 1}", "frequency needs start_timestamp"),
        ("{triggers: {75: notify}}", "triggers need another property"),
        ("{triggers: {lots: notify}}", "has whole percents of the quota, and not lots"),
        ("{triggers: {75: suspends}}", "at 75 percent what is one of .*did you mean SUSPEND"),
        ("{triggers: {75: suspend, 90: suspend}}", "has at most 1 of suspend"),
        ("{triggers: [notify]}", "is a mapping of percents to actions"),
        ("{start_timestamp: soon}", "is immediately or a timestamp, as"),
        ("{credit_quota: 0}", "is a whole number, 1 or more"),
    ],
)
def test_bad_input(declaring: Declaring, body: str, said: str) -> None:
    declaring.declare("resource_monitors:\n  M: " + body)
    with pytest.raises(SourceError, match=said) as caught:
        declaring.diff()
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("declared", "shown", "same"),
    [
        ("2036-01-31 06:00", "2036-01-31 06:00:00.000 -0800", True),  # in the account's zone
        ("2036-01-31 14:00", "2036-01-31 06:00:00.000 -0800", True),  # in UTC
        ("2036-01-31 06:00 -0800", "2036-01-31 14:00:00.000 +0000", True),
        ("2036-01-31", "2036-01-31 06:12:13.000 -0800", True),
        ("2036-01-31 07:00", "2036-01-31 06:00:00.000 -0800", False),
        ("2036-02-01", "2036-01-31 06:00:00.000 -0800", False),
        ("IMMEDIATELY", "2036-01-31 06:00:00.000 -0800", True),
    ],
)
def test_moments(declared: str, shown: str, same: bool) -> None:
    assert Moment().same(shown, declared) is same
