"""Login, tokens and the end of sessions."""

from __future__ import annotations

import time
from typing import Any

import pytest
import snowflake.connector as connector

from snowmaker import sandbox


def _password(account: sandbox.Account, password: str, **more: Any) -> Any:
    where = {key: value for key, value in account.connection().items() if key not in ("authenticator", "token")}
    return connector.connect(**where, password=password, enable_server_session_keep_alive_auto_detection=True, **more)


def test_password(account):
    with _password(account, "admin") as opened:
        assert opened.role == "ACCOUNTADMIN"
        assert opened.warehouse == "COMPUTE_WH"


def test_wrong_password_fails_at_once(account):
    begun = time.monotonic()
    with pytest.raises(connector.errors.DatabaseError, match="Incorrect username or password") as caught:
        _password(account, "wrong")
    assert caught.value.errno == 390100
    assert time.monotonic() - begun < 5


def test_token(connect):
    assert connect()("select current_user()") == [("ADMIN",)]


def test_wrong_token(account):
    with pytest.raises(connector.errors.DatabaseError):
        connector.connect(**{**account.connection(), "token": "x"})


def test_a_database_that_is_not_there_is_not_made(account, connect):
    with _password(account, "admin", database="never_made", schema="public") as opened:
        assert opened.cursor().execute("select current_database(), current_schema()").fetchall() == [(None, None)]
    assert not connect()("show databases like 'NEVER_MADE'")


def test_database_and_schema_of_the_login(client, connect):
    client(["create or replace database named", " create schema s"][0])
    client("create schema s")
    other = connect(database="NAMED", schema="s")
    assert other("select current_database(), current_schema()") == [("NAMED", "S")]
    assert (other.connection.database, other.connection.schema) == ("NAMED", "S")


def test_unknown_role_is_refused(account):
    with pytest.raises(connector.errors.DatabaseError) as caught:
        _password(account, "admin", role="nobody")
    assert caught.value.errno == 390189


def test_session_parameters_of_the_login(connect):
    client = connect(session_parameters={"QUERY_TAG": "from login", "TIMEZONE": "UTC"})
    assert client("show parameters like 'QUERY_TAG'")[0][1:4] == ("from login", "", "SESSION")


def test_closing_rolls_back(client, connect):
    client("create table t (a int)")
    other = connect(database=client.connection.database)
    other(f'use schema "{client("select current_database()")[0][0]}".public')
    other("begin")
    other("insert into t values (1)")
    other.close()
    assert client("select count(*) from t") == [(0,)]


def test_an_ended_session_says_so(client, connect):
    other = connect()
    (number,) = other("select current_session()")[0]
    assert client(f"select system$abort_session({number})") == [(f"session [{number}] terminated.",)]
    with pytest.raises(connector.errors.Error) as caught:
        other("select 1")
    assert caught.value.errno == 390111


def test_heartbeat_keeps_it(connect):
    client = connect()
    client.connection._heartbeat_tick()
    assert client("select 1") == [(1,)]
