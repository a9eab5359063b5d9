"""A server that is killed at a random moment while clients write leaves an account that opens, and agrees with itself."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from snowmaker import sandbox

from .conftest import Client, login

ROOT = Path(__file__).parents[2]
SERVING = """
import sys, pathlib
from snowmaker import sandbox
account = sandbox.open_account(pathlib.Path(sys.argv[1]))
print("serving", flush=True)
sys.stdin.readline()
"""
# Says the number of each round and step that the server has acknowledged.
WRITING = """
import sys, json, itertools, snowflake.connector as connector
where, turn, number = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
execute = connector.connect(**where, enable_server_session_keep_alive_auto_detection=True).cursor().execute
print("ready", flush=True)
sys.stdin.readline()
for n in itertools.count():
    table = f"crash.s.t{turn}_{number}_{n}"
    steps = (
        (f"create table {table} (a int)",),
        ("begin", f"insert into {table} values ({n})", f"insert into crash.s.log values ({turn}, {number}, {n})", "commit"),
        ((f"alter table {table} rename to {table}_renamed", f"drop table {table}", "select 1")[n % 3],),
    )
    for step, texts in enumerate(steps, 1):
        for text in texts:
            execute(text)
        print(n, step, flush=True)
"""
ROUNDS = 6
WRITERS = 4


class Writer:
    """A process that writes until it is ended; `done` are the acknowledged steps, by the number of their round."""

    def __init__(self, account: sandbox.Account, turn: int, number: int) -> None:
        command = [sys.executable, "-c", WRITING, json.dumps(account.connection()), str(turn), str(number)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.turn, self.number = turn, number
        self.done: dict[int, int] = {}
        self._process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
        self._said: Queue[str] = Queue()
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()
        assert self._said.get(timeout=120) == "ready"

    def _listen(self) -> None:
        for line in self._process.stdout:
            self._said.put(line.strip())

    def begin(self) -> None:
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._listening.join(30)
        for line in self._lines():
            n, step = map(int, line.split())
            self.done[n] = step

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                yield self._said.get_nowait()
            except Empty:
                return


@pytest.mark.slow
def test_killed_while_many_write(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    with sandbox.open_account(tmp_path) as account, login(account) as opened:
        opened.cursor().execute("create database crash")
        opened.cursor().execute("create schema crash.s")
        opened.cursor().execute("create table crash.s.log (turn int, number int, n int)")
    written = 0
    for turn in range(ROUNDS):
        writers = _until_killed(tmp_path, turn, moments.uniform(0.2, 4))
        written += sum(len(writer.done) for writer in writers)
        _check(tmp_path, turn, writers)
    assert written > ROUNDS * WRITERS


def _until_killed(data: Path, turn: int, seconds: float) -> list[Writer]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVING, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "serving\n"
    account = sandbox.open_account(data)
    writers = [Writer(account, turn, number) for number in range(WRITERS)]
    for writer in writers:
        writer.begin()
    time.sleep(seconds)
    server.send_signal(signal.SIGKILL)
    server.communicate()
    for writer in writers:
        writer.end()
    account.close()
    return writers


def _check(data: Path, turn: int, writers: list[Writer]) -> None:
    with sandbox.open_account(data) as account:
        assert not account.attached
        _catalog_and_data_agree(account)
        client = Client(login(account, database="CRASH", schema="S"))
        names = {row[1] for row in client("show tables in schema crash.s")}
        logged = set(client(f"select number, n from log where turn = {turn}"))
        for writer in writers:
            for n in range(max(writer.done, default=-1) + 2):
                _check_table(client, writer, n, names, (writer.number, n) in logged)
        history = client("select execution_status from table(information_schema.query_history(result_limit => 10000))")
        assert {status for (status,) in history} <= {"SUCCESS", "FAILED_WITH_ERROR", "RUNNING"}
        client("create or replace table afterwards (a int)")
        client.close()


def _catalog_and_data_agree(account: sandbox.Account) -> None:
    assert account._server is not None
    engine = account._server.host.engine
    listing = "select table_name from duckdb_tables() where database_name = 'account' and schema_name = 'main'"
    stored = {name for (name,) in engine.connect().execute(listing).fetchall()}
    known = {entry.physical for entry in engine.catalog.all() if entry.kind == "TABLE"}
    assert {name for name in stored if name.startswith("o")} == known


def _check_table(client: Client, writer: Writer, n: int, names: set[str], logged: bool) -> None:
    """What was acknowledged is there; of the step that was not, all or nothing."""
    done = writer.done.get(n, 0)
    plain = f"T{writer.turn}_{writer.number}_{n}"
    there = [name for name in (plain, f"{plain}_RENAMED") if name in names]
    assert len(there) <= 1
    last = (f"{plain}_RENAMED", None, plain)[n % 3]
    if done == 3:
        assert there == ([last] if last else [])
    elif done >= 1 and not (done == 2 and n % 3 == 1):
        assert there
    if done >= 2:
        assert logged
    if there:
        assert client(f"select a from {there[0]}") == ([(n,)] if logged else [])
