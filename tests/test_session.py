"""The session over the real connector, against the sandbox; the same tests run beside connector 5."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from snowmaker.errors import ConnectError, StatementError
from snowmaker.session import open_session

OPTIONS = "SNOWMAKER_TEST_OPTIONS"  # set where these tests run in another environment, against our server


@pytest.fixture
def options(request):
    if OPTIONS in os.environ:
        return json.loads(os.environ[OPTIONS])
    return request.getfixturevalue("account").connection()


@pytest.fixture
def session(options):
    opened = open_session(options)
    yield opened
    opened.close()


@pytest.fixture
def schema(session):
    name = f"SESSION_{os.getpid()}_{datetime.now(UTC):%H%M%S%f}"
    session.execute(f"CREATE DATABASE {name}")
    session.execute(f"CREATE SCHEMA {name}.S")
    yield f"{name}.S"
    session.execute(f"DROP DATABASE {name}")


def test_a_query_gives_columns_rows_and_its_id(session):
    answer = session.execute("SELECT 1 AS A, 'x' AS B, NULL AS C")
    assert (answer.columns, answer.rows, answer.rowcount) == (("A", "B", "C"), [(1, "x", None)], 1)
    assert answer.query_id
    assert answer.records() == [{"a": 1, "b": "x", "c": None}]


def test_parameters_are_bound(session, schema):
    session.execute(f"CREATE TABLE {schema}.T (A NUMBER, B VARCHAR, C TIMESTAMP_LTZ)")
    session.execute(
        f"INSERT INTO {schema}.T SELECT ?, ?, CURRENT_TIMESTAMP()", (7, "it's; -- \\ ?"), tag="{}", fetch=False
    )
    session.execute(f"INSERT INTO {schema}.T SELECT ?, ?, NULL", (None, None))
    rows = session.execute(f"SELECT * FROM {schema}.T ORDER BY A NULLS LAST").rows
    assert rows[0][:2] == (7, "it's; -- \\ ?")
    assert isinstance(rows[0][2], datetime)
    assert rows[1] == (None, None, None)


def test_the_namespace_follows_what_is_in_use(session, schema):
    database, name = schema.split(".")
    session.execute("USE ROLE SYSADMIN")
    session.execute(f"USE DATABASE {database}")
    assert session.namespace.role == "SYSADMIN"
    assert session.namespace.database == database
    session.execute(f"USE SCHEMA {database}.{name}")
    assert session.namespace.schema == name
    session.reconnect()
    assert (session.namespace.role, session.namespace.database, session.namespace.schema) == (
        "ACCOUNTADMIN",
        None,
        None,
    )


def test_a_refusal_has_snowflake_s_number_state_and_query_id(session, schema):
    with pytest.raises(StatementError) as caught:
        session.execute(f"SELECT * FROM {schema}.NOPE")
    error = caught.value
    assert (error.errno, error.sqlstate) == (2003, "42S02")
    assert error.query_id
    assert "does not exist or not authorized" in error.message
    assert "002003" not in error.message
    assert "request_id" not in error.message


def test_a_name_is_won_once(session, schema):
    session.execute(f"CREATE TABLE {schema}.T (A NUMBER)")
    with pytest.raises(StatementError) as caught:
        session.execute(f"CREATE TABLE {schema}.T (A NUMBER)")
    assert (caught.value.errno, caught.value.sqlstate) == (2002, "42710")


def test_the_tag_comes_with_the_statement_and_goes_with_it(session):
    session.execute("SELECT 'tagged' AS X", tag='{"run": "r1"}')
    session.execute("SELECT 'untagged' AS X")
    rows = session.execute(
        "SELECT QUERY_TEXT AS TEXT, QUERY_TAG AS TAG FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION()) "
        "WHERE QUERY_TEXT LIKE 'SELECT ''%tagged%'"
    ).records()
    assert {row["text"]: row["tag"] for row in rows} == {
        "SELECT 'tagged' AS X": '{"run": "r1"}',
        "SELECT 'untagged' AS X": "",
    }


def test_files_are_put_and_copied(session, schema, tmp_path):
    (tmp_path / "t.csv").write_text("1,a\n2,\n")
    session.execute(f"CREATE STAGE {schema}.S")
    session.execute(f"CREATE TABLE {schema}.T (A NUMBER, B VARCHAR)")
    session.execute(f"PUT file://{tmp_path}/t.csv @{schema}.S", transfer=True, tag='{"n": 1}')
    session.execute(f"COPY INTO {schema}.T FROM @{schema}.S FILE_FORMAT = (TYPE = CSV)")
    assert session.execute(f"SELECT A, B FROM {schema}.T ORDER BY A").rows == [(1, "a"), (2, None)]


def test_requests_are_counted(session):
    session.execute("SELECT 1")
    session.execute("SELECT 1", counted=False)
    assert session.requests == 1


def test_a_wrong_password_is_told_at_once(options):
    wrong = {**options, "password": "sesame", "user": "ADMIN"}
    wrong.pop("token", None)
    wrong.pop("authenticator", None)
    with pytest.raises(ConnectError) as caught:
        open_session(wrong)
    assert "sesame" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.skipif(OPTIONS in os.environ, reason="this is the other environment")
@pytest.mark.skipif("SNOWMAKER_PYTHON5" not in os.environ, reason="SNOWMAKER_PYTHON5 names no Python with connector 5")
def test_all_of_this_beside_connector_5(account):
    python = os.environ["SNOWMAKER_PYTHON5"]
    version = subprocess.run(
        [python, "-c", "import snowflake.connector as c; print(c.__version__)"], capture_output=True, text=True
    )
    assert version.stdout.startswith("5."), version.stderr
    environment = {**os.environ, OPTIONS: json.dumps(account.connection())}
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "--noconftest", str(Path(__file__))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " failed" not in done.stdout
