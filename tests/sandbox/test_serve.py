"""`snowmaker sandbox serve`: a process of its own that any client finds by the block it prints."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector as connector

from .test_wire import Raw

ROOT = Path(__file__).parents[2]


@contextmanager
def _serving(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """The connection that a server prints; it has ended at the end."""
    command = [sys.executable, "-m", "snowmaker", "sandbox", "serve", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder) as server:
        assert server.stdout is not None
        lines = []
        while line := server.stdout.readline().strip():
            lines.append(line)
        try:
            yield tomllib.loads("\n".join(lines))["sandbox"]
        finally:
            server.terminate()
    assert server.returncode == 0


def _rows(found: dict[str, Any], *texts: str) -> list[Any]:
    with connector.connect(**found, enable_server_session_keep_alive_auto_detection=True) as opened:
        cursor = opened.cursor()
        for text in texts:
            cursor.execute(text)
        return list(cursor.fetchall())


def test_what_it_prints_is_a_connection(tmp_path: Path) -> None:
    with _serving(tmp_path, "--data", str(tmp_path / "account")) as found:
        assert _rows(found, "create database kept", "select current_user(), current_role(), current_warehouse()") == [
            ("ADMIN", "ACCOUNTADMIN", "COMPUTE_WH")
        ]
    with _serving(tmp_path, "--data", str(tmp_path / "account")) as found:
        assert len(_rows(found, "show databases like 'KEPT'")) == 1


def test_in_memory_nothing_is_kept(tmp_path: Path) -> None:
    with _serving(tmp_path, "--memory") as found:
        _rows(found, "create database gone")
    with _serving(tmp_path, "--memory") as found:
        assert _rows(found, "show databases like 'GONE'") == []
    assert list(tmp_path.iterdir()) == []


def test_memory_and_data_exclude_each_other(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "snowmaker", "sandbox", "serve", "--memory", "--data", "x"]
    ran = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "--memory keeps no files" in ran.stderr


def test_nobody_else_reaches_it(account: Any) -> None:
    """It listens on 127.0.0.1 alone."""
    port = account.connection()["port"]
    with socket.socket() as here:
        assert here.connect_ex(("127.0.0.1", port)) == 0
    for address in ("127.0.0.2", socket.gethostname()):
        with socket.socket() as elsewhere:
            elsewhere.settimeout(2)
            try:
                reached = elsewhere.connect_ex((address, port)) == 0 and elsewhere.getpeername()[0] != "127.0.0.1"
            except OSError:
                reached = False
            assert not reached


# -- the REST API that snowflake-cli creates objects by --------------------------------------------------


@pytest.fixture
def rest(account: Any) -> Iterator[Any]:
    raw = Raw(account)
    assert raw.login()["success"]

    def send(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return raw.send(method, f"/api/v2/{path}", json.dumps(body or {}).encode())

    yield send
    send("DELETE", "databases/rest_db")


def test_objects_by_rest(rest: Any) -> None:
    assert rest("GET", "databases/rest_db")[0] == 404
    made = rest("POST", "databases/", {"name": "rest_db", "comment": "it's", "kind": "TRANSIENT"})
    assert made == (200, {"status": "Database REST_DB successfully created."})
    assert rest("POST", "databases", {"name": "rest_db"})[0] == 409
    assert rest("POST", "databases?createMode=ifNotExists", {"name": "rest_db"})[0] == 200
    status, found = rest("GET", "databases/rest_db")
    assert (status, found["name"], found["comment"], found["options"]) == (200, "REST_DB", "it's", "TRANSIENT")
    assert rest("POST", "databases/rest_db/schemas", {"name": '"s x"', "managed_access": True})[0] == 200
    assert "s x" in [each["name"] for each in rest("GET", "databases/rest_db/schemas/")[1]]
    assert rest("POST", "roles?createMode=orReplace", {"name": "rest_role"})[0] == 200
    assert rest("DELETE", "roles/rest_role") == (200, {"status": "REST_ROLE successfully dropped."})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "databases", {"name": "a; drop database b"}, 400),
        ("POST", "databases", {"name": ""}, 400),
        ("POST", "databases", {}, 400),
        ("POST", "databases", {"name": "rest_db", "comment": {"a": 1}}, 400),
        ("POST", "databases", {"name": "rest_db", "x = 1; --": 1}, 400),
        ("POST", "databases", {"name": "rest_db", "no_such_property": 1}, 400),
        ("POST", "databases?createMode=x", {"name": "rest_db"}, 400),
        ("POST", "databases/nowhere/schemas", {"name": "s"}, 404),
        ("DELETE", "databases/nowhere", None, 404),
        ("GET", "compute-pools/", None, 404),
        ("GET", "schemas", None, 404),
        ("GET", "", None, 404),
        ("GET", "databases/a/b/c", None, 404),
        ("PUT", "databases/rest_db", {"name": "rest_db"}, 405),
    ],
)
def test_bad_rest_requests(rest: Any, method: str, path: str, body: Any, status: int) -> None:
    found = rest(method, path, body)
    assert found[0] == status
    assert found[1]["message"]


def test_rest_needs_a_session(account: Any) -> None:
    where = account.connection()
    connection = HTTPConnection(where["host"], where["port"], timeout=10)
    connection.request("GET", "/api/v2/databases")
    assert connection.getresponse().status == 401
    connection.close()
