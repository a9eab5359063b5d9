"""How fast the sandbox answers, as multiples of a SELECT 1 over the wire; how large an account may be; many clients.

`make bench` runs these and prints what they measure. The bounds are loose: they catch what has become slow by an
order, not by a tenth.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector as connector

pytestmark = pytest.mark.slow

TABLES, SCHEMAS, ROLES = 10_000, 200, 1_000  # each role is given all tables of a schema: 50,000 grants
CLIENTS = 16


@dataclass
class Served:
    """A sandbox in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int

    def connect(self) -> Any:
        return connector.connect(
            account="sandbox", user="ADMIN", password="admin", host="127.0.0.1", port=self.port, protocol="http"
        )

    def memory(self) -> float:
        """What it holds in memory, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "snowmaker", "sandbox", "serve", "--memory", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield Served(process, port)
    process.terminate()
    process.wait(30)


def runner(connection: Any) -> Callable[[str], list[Any]]:
    cursor = connection.cursor()

    def run(text: str) -> list[Any]:
        cursor.execute(text)
        return list(cursor.fetchall())

    return run


def median(run: Callable[[str], Any], texts: list[str]) -> float:
    """Milliseconds of the median statement."""
    times = []
    for text in texts:
        begun = time.perf_counter()
        run(text)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


STATEMENTS: dict[str, str] = {
    "USE SCHEMA": "use schema bench.public",
    "CREATE SCHEMA": "create schema bench.s{n}",
    "CREATE TABLE": "create table t{n} (id int not null, name varchar(20) default 'x', at timestamp_ntz)",
    "ALTER TABLE ADD": "alter table t{n} add column more number(10, 2)",
    "COMMENT ON": "comment on table t{n} is 'said'",
    "CREATE VIEW": "create view v{n} as select id, name from t{n}",
    "CREATE SEQUENCE": "create sequence q{n}",
    "CREATE TAG": "create tag g{n}",
    "CREATE ROLE": "create role bench_{n}",
    "GRANT ON TABLE": "grant select on table t{n} to role bench_{n}",
    "GRANT ROLE": "grant role bench_{n} to role sysadmin",
    "SHOW GRANTS": "show grants to role bench_{n}",
    "SHOW TABLES LIKE": "show tables like 'T{n}'",
    "DESCRIBE TABLE": "describe table t{n}",
    "CREATE WAREHOUSE": "create warehouse w{n} initially_suspended = true",
    "ALTER WAREHOUSE": "alter warehouse w{n} set auto_suspend = 60",
    "CREATE TASK": "create task k{n} warehouse = w{n} schedule = '5 minutes' as select 1",
    "CREATE STREAM": "create stream r{n} on table t{n}",
    "CREATE MASKING POLICY": "create masking policy m{n} as (v varchar) returns varchar -> '*'",
    "CREATE OR REPLACE": "create or replace table t{n} (id int)",
    "DROP TABLE": "drop table t{n}",
    "UNDROP TABLE": "undrop table t{n}",
    "DROP WAREHOUSE": "drop warehouse w{n}",
    "USE WAREHOUSE": "use warehouse compute_wh",
    "DROP ROLE": "drop role bench_{n}",
    "SET": "set x{n} = 1",
    "ALTER SESSION": "alter session set query_tag = '{n}'",
    "INSERT": "insert into t{n} values ({n})",
    "SELECT": "select * from t{n} where id = {n}",
    "INFORMATION_SCHEMA": "select table_name from information_schema.tables where table_name = 'T{n}'",
}


def test_control_plane(served: Served) -> None:
    with served.connect() as connection:
        run = runner(connection)
        run("create or replace database bench")
        one = median(run, ["select 1"] * 100)
        print(f"\nSELECT 1: {one:.1f} ms")
        medians = {}
        for name, text in STATEMENTS.items():
            medians[name] = median(run, [text.format(n=n) for n in range(40)])
            print(f"{name:24} {medians[name]:6.1f} ms  {medians[name] / one:5.1f} x")
        whole = statistics.median(medians.values())
        print(f"{'median':24} {whole:6.1f} ms  {whole / one:5.1f} x, {served.memory():.0f} MiB")
        assert whole < 10 * one
        run("drop database bench")


def test_large_account(served: Served) -> None:
    with served.connect() as connection:
        run = runner(connection)
        one = median(run, ["select 1"] * 100)
        run("create or replace database large")
        begun = time.perf_counter()
        for schema in range(SCHEMAS):
            run(f"create schema large.s{schema}")
            for table in range(TABLES // SCHEMAS):
                run(f"create table large.s{schema}.t{table} (id int, name varchar)")
        for role in range(ROLES):
            run(f"create role large_{role}")
            run(f"grant select on all tables in schema large.s{role % SCHEMAS} to role large_{role}")
        print(
            f"\n{TABLES} tables, {ROLES} roles, {ROLES * TABLES // SCHEMAS} grants: {time.perf_counter() - begun:.0f} s"
        )
        shown = {
            "SHOW GRANTS TO ROLE": median(run, [f"show grants to role large_{role}" for role in range(0, ROLES, 20)]),
            "SHOW TABLES IN SCHEMA": median(run, [f"show tables in schema large.s{n}" for n in range(0, SCHEMAS, 4)]),
            "SHOW GRANTS ON TABLE": median(run, [f"show grants on table large.s{n}.t1" for n in range(0, SCHEMAS, 4)]),
            "CREATE TABLE": median(run, [f"create table large.s{n}.more (id int)" for n in range(0, SCHEMAS, 4)]),
            "SELECT": median(run, [f"select * from large.s{n}.t2" for n in range(0, SCHEMAS, 4)]),
            "SHOW ROLES": median(run, ["show roles"] * 5),
            "SHOW TABLES IN ACCOUNT": median(run, ["show tables in account"] * 3),
        }
        for name, milliseconds in shown.items():
            print(f"{name:24} {milliseconds:6.1f} ms  {milliseconds / one:5.1f} x")
        print(f"memory: {served.memory():.0f} MiB")
        assert shown["SHOW GRANTS TO ROLE"] < 50 * one
        assert shown["SHOW TABLES IN SCHEMA"] < 50 * one
        assert served.memory() < 1024


def test_clients_at_once(served: Served) -> None:
    """Each makes, fills, reads and drops tables of its own, all of them at the same time."""

    def work(number: int) -> float:
        with served.connect() as connection:
            run = runner(connection)
            run(f"create or replace schema many.c{number}")
            begun = time.perf_counter()
            for n in range(10):
                run(f"create table t{n} (id int)")
                run(f"insert into t{n} values ({n}), (1)")
                assert run(f"select count(*) from t{n}") == [(2,)]
                run(f"show tables like 'T{n}'")
                run(f"drop table t{n}")
            return time.perf_counter() - begun

    with served.connect() as connection:
        runner(connection)("create or replace database many")
        alone = work(0)
        begun = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(work, range(CLIENTS)))
        together = time.perf_counter() - begun
        print(f"\n50 statements: {alone:.2f} s alone; {CLIENTS} clients at once: {together:.2f} s")
        assert together < 4 * CLIENTS * alone
