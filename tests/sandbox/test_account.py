"""Opening, attaching, surviving: processes around one folder of files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import snowflake.connector as connector

from snowmaker import sandbox

from .conftest import Client, login

ROOT = Path(__file__).parents[2]
SERVING = """
import sys, pathlib
from snowmaker import sandbox
account = sandbox.open_account(pathlib.Path(sys.argv[1]))
print("attached" if account.attached else "serving", flush=True)
sys.stdin.readline()
account.close()
print("closed", flush=True)
"""
RUNNING = """
import sys, json, snowflake.connector as connector
keywords = json.loads(sys.argv[1])
with connector.connect(**keywords, paramstyle="qmark", enable_server_session_keep_alive_auto_detection=True) as opened:
    cursor = opened.cursor()
    for text in sys.argv[2:]:
        cursor.execute(text)
        print(json.dumps(cursor.fetchall(), default=str))
"""


def _process(data: Path, python: str = sys.executable) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-c", SERVING, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _finish(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=20)


def test_import_is_cheap():
    code = "import snowmaker.sandbox, sys; print([m for m in ('duckdb', 'fakesnow', 'snowflake', 'sqlglot', 'pyarrow') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout.strip() == "[]"


def test_data_survive(tmp_path):
    with sandbox.open_account(tmp_path) as account:
        client = Client(login(account))
        for text in (
            "create database d comment = 'kept'",
            'create table "t" (a int autoincrement, b varchar default current_timestamp()::varchar)',
            "insert into \"t\" (b) values ('x')",
            'create view v as select b from "t"',
            "create stage s",
            "create file format f type = csv skip_header = 2",
            "create sequence q start 5",
            "create table gone (a int)",
            "drop table gone",
        ):
            client(text)
        client(f"put file://{ROOT / 'pyproject.toml'} @s")
        client("select 'remembered'", _statement_params={"QUERY_TAG": "tagged"})
        query = client.cursor.sfqid
        (number,) = client("select current_session()")[0]
        client.close()
    with sandbox.open_account(tmp_path) as account:
        client = Client(login(account, database="D", schema="PUBLIC"))
        assert client("show databases like 'D'")[0][6] == "kept"
        client("insert into \"t\" (b) values ('y')")
        assert client('select a from "t" order by a') == [(1,), (2,)]
        assert client("select * from v order by 1") == [("x",), ("y",)]
        assert len(client("ls @s")) == 1
        assert {row[0]: row[2] for row in client("describe file format f")}["SKIP_HEADER"] == "2"
        assert client("select q.nextval") == [(5,)]
        client("undrop table gone")
        found = client(
            "select query_id, query_tag from table(information_schema.query_history_by_session("
            f"session_id => {number})) where query_text like '%remembered%'"
        )
        assert found == [(query, "tagged")]
        assert int(client("select current_session()")[0][0]) > int(number)
        client.close()


def test_a_second_process_attaches(tmp_path):
    first = _process(tmp_path)
    assert _said(first) == "serving"
    assert (tmp_path / "server.json").stat().st_mode & 0o777 == 0o600
    account = sandbox.open_account(tmp_path)
    assert account.attached
    with login(account) as opened:
        opened.cursor().execute("create database mine")
    assert account.requests >= 1
    account.fault(sandbox.Fault("fail", text="never"))
    account.clear_faults()
    status = sandbox.status(tmp_path)
    assert (status.running, status.pid) == (True, first.pid)
    assert "MINE" in (status.databases or ())
    with pytest.raises(sandbox.SandboxBusy):
        sandbox.reset(tmp_path)
    _end(first)
    time.sleep(0.3)
    assert first.poll() is None, "it serves others and waits for them"
    with login(account) as opened:
        assert opened.cursor().execute("select 1").fetchall() == [(1,)]
    account.close()
    assert _said(first) == "closed"
    _finish(first)
    assert not sandbox.status(tmp_path).running


def test_the_next_one_serves_after_a_kill(tmp_path):
    first = _process(tmp_path)
    assert _said(first) == "serving"
    account = sandbox.open_account(tmp_path)
    opened = login(account)
    cursor = opened.cursor()
    cursor.execute("create database d")
    cursor.execute("create table t as select 1 as a")
    opened.autocommit(False)
    cursor.execute("insert into t values (2)")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    account.close()
    with sandbox.open_account(tmp_path) as again:
        assert not again.attached
        client = Client(login(again, database="D", schema="PUBLIC"))
        assert client("select * from t") == [(1,)]
        client.close()
    opened._rest = None  # its server is gone: nothing to say goodbye to


def test_a_killed_attached_process_holds_nobody(tmp_path):
    account = sandbox.open_account(tmp_path)
    second = _process(tmp_path)
    assert _said(second) == "attached"
    second.send_signal(signal.SIGKILL)
    second.communicate()
    begun = time.monotonic()
    account.close()
    assert time.monotonic() - begun < 5


def test_kill_at_any_moment(tmp_path):
    """Catalog and data agree, and the history knows what was done, whenever the server dies."""
    writing = (
        "create database if not exists d", "create schema if not exists d.s",
        *(text for n in range(200) for text in (f"create table d.s.t{n} (a int)", f"insert into d.s.t{n} values ({n})")),
    )  # fmt: skip
    for delay in (0.05, 0.3, 0.6):
        data = tmp_path / str(delay)
        server = _process(data)
        assert _said(server) == "serving"
        account = sandbox.open_account(data)
        worker = subprocess.Popen(
            [sys.executable, "-c", RUNNING, json.dumps({**account.connection(), "network_timeout": 1}), *writing],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert worker.stdout is not None
        worker.stdout.readline()
        time.sleep(delay)
        server.send_signal(signal.SIGKILL)
        server.communicate()
        worker.kill()
        worker.communicate()
        account.close()
        _check_agreement(data)


def _check_agreement(data: Path) -> None:
    with sandbox.open_account(data) as account:
        client = Client(login(account, database="D"))
        history = client(
            "select query_text, execution_status from table(information_schema.query_history(result_limit => 10000))"
        )
        done = {text for text, status in history if status == "SUCCESS"}
        assert all(
            status in ("SUCCESS", "FAILED_WITH_ERROR") for text, status in history if "query_history" not in text
        )
        tables = {row[1] for row in client("show tables in database d")}
        assert tables == {text.split(".")[2].split()[0].upper() for text in done if text.startswith("create table")}
        for name in tables:
            rows = client(f"select * from d.s.{name}")
            inserted = f"insert into d.s.{name.lower()} values ({name[1:]})" in done
            assert rows == ([(int(name[1:]),)] if inserted else [])
        client("create table d.s.afterwards (a int)")
        client.close()


def test_in_memory_is_alone():
    with sandbox.open_account(None) as one, sandbox.open_account(None) as two:
        with login(one) as opened:
            opened.cursor().execute("create database only_here")
        with login(two) as opened:
            assert opened.cursor().execute("show databases like 'ONLY_HERE'").fetchall() == []


def test_reset(tmp_path):
    with sandbox.open_account(tmp_path) as account, login(account) as opened:
        opened.cursor().execute("create database d")
    assert sandbox.status(tmp_path).size > 0
    sandbox.reset(tmp_path)
    with sandbox.open_account(tmp_path) as account, login(account) as opened:
        assert opened.cursor().execute("show databases like 'D'").fetchall() == []
    sandbox.reset(tmp_path / "nosuch")


def test_files_of_a_process_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr("snowmaker.sandbox.account.PATIENCE", 0.3)
    with sandbox.open_account(tmp_path):
        (tmp_path / "server.json").write_text("{}")
        with pytest.raises(sandbox.SandboxBusy) as caught:
            sandbox.open_account(tmp_path)
    assert caught.value.hint


def test_serve_prints_a_profile(tmp_path):
    code = (
        "import sys, pathlib; from snowmaker import sandbox\n"
        "sandbox.serve(0, pathlib.Path(sys.argv[1]), ready=lambda text: print(text, flush=True))"
    )
    served = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert served.stdout is not None
    lines = [served.stdout.readline().strip() for _ in range(9)]
    assert lines[0] == "[sandbox]"
    values = dict(line.split(" = ", 1) for line in lines[1:])
    opened = connector.connect(**{key: json.loads(value) for key, value in values.items()})
    with opened:
        assert opened.cursor().execute("select current_user()").fetchall() == [("ADMIN",)]
    served.send_signal(signal.SIGINT)
    served.communicate(timeout=10)
    assert not sandbox.status(tmp_path).running


def test_connector_5_attaches_and_runs(tmp_path, python5):
    with sandbox.open_account(tmp_path) as account:
        attached = _process(tmp_path, str(python5))
        assert _said(attached) == "attached"
        statements = [
            "create database five",
            "create table t (a number, b timestamp_ltz, c varchar, d timestamp_ntz, e timestamp_tz)",
            "insert into t (a) values (1)",
            "select * from t",
            "create stage s",
            f"put file://{ROOT}/pyproject.toml @s",
            "select count(*) from @s",
            "select current_database(), current_schema()",
        ]
        ran = subprocess.run(
            [str(python5), "-c", RUNNING, json.dumps(account.connection()), *statements],
            capture_output=True,
            text=True,
            timeout=60,
        )
        rows = [json.loads(line) for line in ran.stdout.splitlines()]
        assert ran.returncode == 0, ran.stderr
        assert rows[3] == [[1, None, None, None, None]]
        assert rows[5][0][6] == "UPLOADED"
        assert rows[7] == [["FIVE", "PUBLIC"]]
        _end(attached)
        assert _said(attached) == "closed"
        _finish(attached)


def test_connector_5_cannot_serve(tmp_path, python5):
    code = (
        "import sys, pathlib; from snowmaker import sandbox\n"
        "try: sandbox.open_account(pathlib.Path(sys.argv[1]))\n"
        "except sandbox.SandboxUnavailable as error: print(error.hint)"
    )
    ran = subprocess.run(
        [str(python5), "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "pip install 'snowmaker[sandbox]'" in ran.stdout
