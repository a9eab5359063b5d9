"""Facts about Snowflake: always on the sandbox, and on a real account where one is named.

SNOWMAKER_LIVE_CONNECTION names a connection of connections.toml whose role may create databases.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import snowflake.connector as connector

from snowmaker import sandbox

LIVE = os.environ.get("SNOWMAKER_LIVE_CONNECTION", "")
HOME = os.environ.get("SNOWFLAKE_HOME")


class Session:
    """A connection to the account that a fact is asked of."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.cursor = connection.cursor()

    def __call__(self, text: str, values: Any = None, tag: str | None = None) -> list[Any]:
        more = {"_statement_params": {"QUERY_TAG": tag}} if tag is not None else {}
        self.cursor.execute(text, values, **more)
        return list(self.cursor.fetchall())

    def column(self, text: str, name: str) -> list[Any]:
        """One column of a result, by its name: results grow columns."""
        rows = self(text)
        index = [column.name for column in self.cursor.description].index(name)
        return [row[index] for row in rows]

    def refused(self, text: str) -> tuple[int, str]:
        """Code and SQLSTATE of the error that a statement gives."""
        with pytest.raises(connector.errors.Error) as caught:
            self.cursor.execute(text)
        return caught.value.errno, caught.value.sqlstate


@pytest.fixture(scope="session", params=["sandbox", *(["live"] if LIVE else [])])
def keywords(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    if request.param == "live":
        yield {"connection_name": LIVE}
        return
    with sandbox.open_account(None) as account:
        yield account.connection()


@pytest.fixture
def connect(keywords: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Session]]:
    if HOME:
        monkeypatch.setenv("SNOWFLAKE_HOME", HOME)
    opened: list[Session] = []

    def open_session() -> Session:
        made = connector.connect(**keywords, paramstyle="qmark", enable_server_session_keep_alive_auto_detection=True)
        opened.append(Session(made))
        return opened[-1]

    yield open_session
    for session in opened:
        session.connection.close()


@pytest.fixture
def database(connect: Callable[[], Session]) -> Iterator[str]:
    """The name of a fresh database, dropped at the end."""
    name = f"FACT_{uuid.uuid4().hex[:12].upper()}"
    session = connect()
    session(f"create database {name}")
    yield name
    session(f"drop database if exists {name}")


@pytest.fixture
def session(connect: Callable[[], Session], database: str) -> Session:
    """A session in the schema PUBLIC of the database."""
    made = connect()
    made(f"use schema {database}.public")
    return made
