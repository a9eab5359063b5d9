"""The connector of 5.x against the sandbox: its core is another program than that of 4.x."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from snowmaker import sandbox

SCRIPT = """
import sys, json, datetime, decimal, pathlib
import snowflake.connector as connector
where, folder = json.loads(sys.argv[1]), pathlib.Path(sys.argv[2])
opened = connector.connect(**where, paramstyle="qmark", enable_server_session_keep_alive_auto_detection=True)
cursor = opened.cursor()
found = {}

def rows(text, values=None, **more):
    cursor.execute(text, values, **more)
    return [list(row) for row in cursor.fetchall()]

rows("create or replace database five_clients")
found["values"] = rows(
    "select 1, 12345.6789::number(10,4), 1.5::float, 'x', true, null, to_binary('00ff', 'HEX'), '2020-02-29'::date,"
    " '2020-01-01 10:11:12.123456'::timestamp_ntz, '2020-01-01 10:11:12 +0000'::timestamp_ltz, parse_json('{}')"
)
rows("create table t (a int, b varchar, c date)")
found["bound"] = rows("insert into t values (?, ?, ?)", [1, "it's", datetime.date(2020, 1, 2)])
cursor.executemany("insert into t values (?, ?, ?)", [(n, None if n % 2 else "x", datetime.date(2020, 1, 1)) for n in range(2, 50)])
found["many"] = rows("select count(*), count(b), min(c), sum(a) from t")
cursor.execute("select 1; select 'a'", num_statements=2)
found["several"] = [[list(row) for row in cursor.fetchall()]]
while cursor.nextset():
    found["several"].append([list(row) for row in cursor.fetchall()])
query = cursor.execute_async("select system$wait(1)")["queryId"]
cursor.get_results_from_sfqid(query)
found["asynchronous"] = [list(row) for row in cursor.fetchall()]
found["large"] = len(rows("select seq4(), 'xxxxxxxxxx' from table(generator(rowcount => 60000))"))
rows("alter session set timezone = 'Asia/Tokyo'")
found["zone"] = rows("select '2020-01-01 00:00:00'::timestamp_ltz::varchar")
try:
    rows("select * from not_there")
except connector.errors.ProgrammingError as error:
    found["error"] = [error.errno, error.sqlstate, bool(error.sfqid)]
rows("create stage s")
(folder / "a.csv").write_text("1,one\\n2,two\\n")
found["put"] = [row[6] for row in rows(f"put file://{folder}/a.csv @s auto_compress=false")]
found["put again"] = [row[6] for row in rows(f"put file://{folder}/a.csv @s auto_compress=false")]
found["staged"] = rows("select $1, $2 from @s order by 1")
(folder / "down").mkdir()
found["get"] = [row[2] for row in rows(f"get @s file://{folder}/down")]
found["got"] = (folder / "down" / "a.csv").read_text()
opened.close()
print(json.dumps(found, default=str))
"""


@pytest.fixture(scope="module")
def found(shared: sandbox.Account, python5: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program with connector 5.x has seen."""
    where = json.dumps(shared.connection())
    folder = str(tmp_path_factory.mktemp("five"))
    command = [str(python5), "-c", SCRIPT, where, folder]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def test_values(found: dict[str, Any]) -> None:
    ((*values, document),) = found["values"]
    assert values == [
        1, "12345.6789", 1.5, "x", True, None, "bytearray(b'\\x00\\xff')", "2020-02-29", "2020-01-01 10:11:12.123456",
        "2020-01-01 02:11:12-08:00",
    ]  # fmt: skip
    assert document == "{}"


def test_bound_values(found: dict[str, Any]) -> None:
    assert found["bound"] == [[1]]
    assert found["many"] == [[49, 25, "2020-01-01", 1225]]


def test_several_statements(found: dict[str, Any]) -> None:
    assert found["several"] == [[[1]], [["a"]]]


def test_asynchronous(found: dict[str, Any]) -> None:
    assert found["asynchronous"] == [["waited 1 seconds"]]


def test_large_results(found: dict[str, Any]) -> None:
    assert found["large"] == 60_000


def test_session_parameters(found: dict[str, Any]) -> None:
    assert found["zone"][0][0].endswith("+0900")


def test_errors(found: dict[str, Any]) -> None:
    assert found["error"] == [2003, "42S02", True]


def test_files(found: dict[str, Any]) -> None:
    assert found["put"] == ["UPLOADED"]
    assert found["put again"] == ["SKIPPED"]
    assert found["staged"] == [["1", "one"], ["2", "two"]]
    assert found["get"] == ["DOWNLOADED"]
    assert found["got"] == "1,one\n2,two\n"
