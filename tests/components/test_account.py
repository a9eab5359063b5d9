"""The account's own parameters: what is declared is managed, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from snowmaker.components.account import Setting
from snowmaker.errors import SourceError

from .conftest import Declaring


@pytest.fixture
def world(declaring: Declaring) -> Iterator[Declaring]:
    yield declaring
    declaring.run(
        "ALTER ACCOUNT UNSET RESOURCE_MONITOR",
        "ALTER ACCOUNT UNSET NETWORK_POLICY, TIMEZONE, WEEK_START, LOCK_TIMEOUT, QUERY_TAG, ALLOW_ID_TOKEN",
        "DROP RESOURCE MONITOR IF EXISTS {db}_M",
        "DROP NETWORK POLICY IF EXISTS {db}_P",
    )


def test_parameters(world: Declaring) -> None:
    world.declare("account: {timezone: UTC, week_start: 1, allow_id_token: true, query_tag: '007'}")
    (change,) = world.diff().changes
    assert (change.action, change.role, change.effect) == ("alter", "ACCOUNTADMIN", "safe")
    assert change.sql == ("ALTER ACCOUNT SET TIMEZONE = 'UTC' WEEK_START = 1 ALLOW_ID_TOKEN = TRUE QUERY_TAG = '007'",)
    assert change.undo == ("ALTER ACCOUNT UNSET TIMEZONE, WEEK_START, ALLOW_ID_TOKEN, QUERY_TAG",)
    world.apply()
    statements = world.there_and_back("account: {timezone: utc, week_start: 2, lock_timeout: 10}")
    assert statements == ["ALTER ACCOUNT SET WEEK_START = 2 LOCK_TIMEOUT = 10"]
    world.declare("account: {week_start: 1}")
    assert world.diff().changes == (), "what is declared no longer is left alone"
    assert world.there_and_back("account: {timezone: null}") == ["ALTER ACCOUNT UNSET TIMEZONE"]


def test_who_watches_and_who_is_let_in(world: Declaring) -> None:
    beside = """
resource_monitors: {'{db}_M': {credit_quota: 10}}
network_policies: {'{db}_P': {allowed_ip_list: [0.0.0.0/0]}}
"""
    world.declare(beside + "account: {resource_monitor: '{db}_M', network_policy: '{db}_P'}")
    assert [change.kind for change in world.diff().changes] == ["resource_monitor", "network_policy", "account"]
    world.apply()
    world.rollback()
    assert world.run("SHOW PARAMETERS LIKE 'NETWORK_POLICY' IN ACCOUNT")[0]["level"] == ""
    world.apply()
    assert world.run("SHOW RESOURCE MONITORS LIKE '{db}_M'")[0]["level"] == "ACCOUNT"
    statements = world.there_and_back(beside + "account: {resource_monitor: null, network_policy: null}")
    assert statements == ["ALTER ACCOUNT UNSET RESOURCE_MONITOR", "ALTER ACCOUNT UNSET NETWORK_POLICY"]


def test_a_replaced_monitor_watches_again(world: Declaring) -> None:
    world.apply(
        "resource_monitors: {'{db}_M': {credit_quota: 1, triggers: {5: notify}}}\naccount: {resource_monitor: '{db}_M'}"
    )
    world.there_and_back("resource_monitors: {'{db}_M': {credit_quota: 1}}\naccount: {resource_monitor: '{db}_M'}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account:\n  time_zone: UTC", "the account has no parameter time_zone; did you mean timezone"),
        ("account:\n  timezone: [UTC]", "timezone of account .* is a text, a number, true or false"),
        ("account:\n  'time zone': UTC", "is no property of a account|is no property of an account"),
        ("account: UTC", "is a mapping"),
    ],
)
def test_bad_input(declaring: Declaring, text: str, said: str) -> None:
    declaring.declare(text)
    with pytest.raises(SourceError, match=said) as caught:
        declaring.diff()
    assert caught.value.line in (1, 2)


@pytest.mark.parametrize(
    ("shown", "declared", "same"),
    [("true", True, True), ("3600", 3600, True), ("10.0", 10, True), ("GeoJSON", "geojson", True), ("1", True, False)],
)
def test_settings(shown: str, declared: object, same: bool) -> None:
    assert Setting().same(Setting().shown(shown, ()), declared) is same
