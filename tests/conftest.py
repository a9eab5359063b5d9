"""Shared fixtures: a project folder, and a sandbox account that tests share, each with names of its own."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from snowflake import connector

from snowmaker import Project, sandbox

_numbers = itertools.count(1)

# A shell ignores SIGINT in what it starts in the background, and so would the processes that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

SETTINGS = """\
[project]
name = "{name}"

[environments.sandbox]
history = "{database}.META.HISTORY"

[environments.shared]
history = "{database}.META.HISTORY"
create_database = true
connection = {{ {connection} }}

[vars]
db = "{database}"
"""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No setting of whoever runs the tests reaches them."""
    import os

    for name in list(os.environ):
        if name.startswith(("SNOWMAKER_", "SNOWFLAKE_")) and name not in ("SNOWMAKER_PYTHON5",):
            monkeypatch.delenv(name)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("SNOWFLAKE_HOME", str(tmp_path_factory.getbasetemp()))


@pytest.fixture(scope="session")
def account() -> Iterator[sandbox.Account]:
    """A sandbox account in memory."""
    with sandbox.open_account(None) as opened:
        yield opened


@pytest.fixture(scope="session")
def admin(account: sandbox.Account) -> Iterator[Callable[[str], object]]:
    """Run a statement in a session of its own."""
    with connector.connect(**account.connection()) as connection:
        yield connection.cursor().execute


@pytest.fixture
def database() -> str:
    """A database name that no other test of this process uses."""
    return f"TEST{next(_numbers)}"


@pytest.fixture
def folder(tmp_path: Path, account: sandbox.Account, admin: Callable[[str], object], database: str) -> Iterator[Path]:
    """A project folder whose environment `shared` is the account of this process; its database goes with the test."""
    connection = ", ".join(f"{key} = {_toml(value)}" for key, value in account.connection().items())
    text = SETTINGS.format(name="testing", database=database, connection=connection)
    (tmp_path / "snowmaker.toml").write_text(text)
    (tmp_path / "migrations").mkdir()
    yield tmp_path
    admin(f"DROP DATABASE IF EXISTS {database}")  # what is left makes SHOW IN ACCOUNT slow for all that follow


@pytest.fixture
def script(folder: Path) -> Callable[..., Path]:
    """Write a migration: `script("V1__a.sql", "CREATE …", undo="DROP …")`."""

    def write(name: str, text: str, undo: str | None = "SELECT 1") -> Path:
        path = folder / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if undo is not None and name[0] in "VR":
            rollback = name.replace("V", "U", 1) if name[0] == "V" else f"U{name[1:]}"
            (path.parent / rollback).write_text(undo)
        return path

    return write


@pytest.fixture
def project(folder: Path) -> Iterator[Callable[..., Project]]:
    """Open the project of `folder` in the environment `shared`; closed after the test."""
    opened: list[Project] = []

    def open_project(**options: object) -> Project:
        opened.append(Project(folder, environment="shared", **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_project
    for one in opened:
        one.close()


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f'"{value}"'
