"""A sandbox in memory, and the real connector against it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector as connector

from snowmaker import sandbox

Connect = Callable[..., Any]


def login(account: sandbox.Account, **more: Any) -> Any:
    """A connection as ADMIN, or, with `user` and `password`, as someone else."""
    where = account.connection()
    if "password" in more:
        where = {key: value for key, value in where.items() if key not in ("authenticator", "token")}
    parameters = {"CLIENT_TELEMETRY_ENABLED": False, **more.pop("session_parameters", {})}  # a report as each closes
    common = {"paramstyle": "qmark", "enable_server_session_keep_alive_auto_detection": True}
    return connector.connect(**{**where, **common, **more, "session_parameters": parameters})


class Client:
    """A connection that runs a statement and gives its rows."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.cursor = connection.cursor()

    def __call__(self, text: str, values: Any = None, **more: Any) -> list[Any]:
        self.cursor.execute(text, values, **more)
        return list(self.cursor.fetchall())

    def error(self, text: str, values: Any = None) -> tuple[int, str, str]:
        """Code, SQLSTATE and text of the error that a statement must give."""
        with pytest.raises(connector.errors.Error) as caught:
            self.cursor.execute(text, values)
        assert caught.value.sfqid, "every error carries its query id"
        return caught.value.errno, caught.value.sqlstate, caught.value.raw_msg

    def names(self) -> list[str]:
        return [column.name for column in self.cursor.description]

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(scope="session")
def shared() -> Iterator[sandbox.Account]:
    with sandbox.open_account(None) as opened:
        yield opened


@pytest.fixture
def account(shared: sandbox.Account) -> Iterator[sandbox.Account]:
    yield shared
    shared.clear_faults()


@pytest.fixture
def connect(account: sandbox.Account) -> Iterator[Callable[..., Client]]:
    """Open clients of the account, closed at the end."""
    opened: list[Client] = []

    def open_client(**more: Any) -> Client:
        client = Client(login(account, **more))
        opened.append(client)
        return client

    yield open_client
    for client in opened:
        client.close()


def own_database(request: pytest.FixtureRequest) -> str:
    """The name of a test's own database, quoted."""
    return '"' + request.node.name[:100].replace('"', '""') + '"'


@pytest.fixture(scope="session")
def admin(shared: sandbox.Account) -> Iterator[Client]:
    with login(shared) as connection:
        yield Client(connection)


@pytest.fixture
def client(connect: Callable[..., Client], admin: Client, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client in a fresh database of its own, which goes with the test."""
    found = connect()
    found(f"create or replace database {own_database(request)}")
    yield found
    admin(f"drop database if exists {own_database(request)}")


@pytest.fixture(scope="session")
def python5() -> Path:
    """An interpreter that has connector 5.x."""
    named = os.environ.get("SNOWMAKER_PYTHON5")
    if not named:
        pytest.skip("SNOWMAKER_PYTHON5 names no interpreter with connector 5.x")
    return Path(named)
