"""What orchestrators run: functions of plain values, JSON back, progress in the log, errors raised."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from snowmaker.errors import PolicyError, StatementError, UsageError
from snowmaker.integrations import tasks

Write = Callable[..., Path]
TASKS = (tasks.migrate, tasks.promote, tasks.status, tasks.test)


def base(script: Write) -> None:
    script("V1__t.sql", "CREATE SCHEMA {{ db }}.S; CREATE TABLE {{ db }}.S.T (N INT);", "DROP SCHEMA {{ db }}.S")


def test_a_deploy(folder: Path, script: Write, caplog: pytest.LogCaptureFixture) -> None:
    base(script)
    caplog.set_level(logging.INFO, "snowmaker")
    found = tasks.migrate(str(folder), "shared")
    assert json.loads(json.dumps(found)) == found
    assert [(one["script"], one["outcome"]) for one in found["scripts"]] == [("V1__t.sql", "applied")]
    said = [record.message for record in caplog.records if record.name == "snowmaker"]
    assert said[0] == "[1/1] V1__t.sql: run"
    assert said[1].startswith("V1__t.sql 1/2 CREATE SCHEMA")
    assert tasks.migrate(str(folder), "shared")["scripts"] == []
    shown = tasks.status(str(folder), "shared")
    assert [(one["script"], one["state"]) for one in json.loads(json.dumps(shown))["scripts"]] == [
        ("V1__t.sql", "applied")
    ]


def test_what_has_to_be_agreed_to_is_an_argument(folder: Path, script: Write, database: str) -> None:
    base(script)
    settings = folder / "snowmaker.toml"
    settings.write_text(settings.read_text().replace("create_database", "protected = true\ncreate_database", 1))
    with pytest.raises(UsageError, match="is protected"):
        tasks.migrate(str(folder), "shared")
    tasks.migrate(str(folder), "shared", yes=True)
    script("V2__drop.sql", f"DROP TABLE {database}.S.T", f"UNDROP TABLE {database}.S.T")
    with pytest.raises(UsageError, match="can lose data"):
        tasks.migrate(str(folder), "shared", yes=True)
    assert tasks.migrate(str(folder), "shared", yes=True, allow_destructive=True)["statements"] == 1
    with pytest.raises(UsageError, match="cannot be promoted from itself"):
        tasks.promote(str(folder), "shared", "shared", yes=True)


def test_a_failure_is_raised_and_logged(
    folder: Path, script: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SNOWMAKER_SECRET_KEY", "Canary-7f3a")
    script("V1__no.sql", "SELECT TO_NUMBER('{{ secret('KEY') }}')")
    with pytest.raises(StatementError) as caught:
        tasks.migrate(str(folder), "shared")
    assert "V1__no.sql: failed after 0 statements" in caplog.messages
    assert "Canary" not in f"{caught.value!r} {caplog.text}"


def test_checks(folder: Path, script: Write, database: str) -> None:
    base(script)
    tasks.migrate(str(folder), "shared")
    (folder / "checks").mkdir()
    (folder / "checks" / "no_row.sql").write_text(f"SELECT N FROM {database}.S.T")
    assert [one["outcome"] for one in tasks.test(str(folder), "shared")["checks"]] == ["passed"]
    (folder / "checks" / "no_table.sql").write_text(f"SHOW TABLES IN SCHEMA {database}.S")
    with pytest.raises(PolicyError, match=r"no_table\S*: returned") as caught:
        tasks.test(str(folder), "shared")
    assert (caught.value.code, caught.value.file) == ("checks_failed", "checks/no_table.sql")


@pytest.mark.parametrize("function", TASKS)
def test_orchestrators_can_call_it(function: Callable[..., object]) -> None:
    """Named parameters with types, of values that JSON has, and a docstring: what their decorators look at."""
    parameters = inspect.signature(function).parameters.values()
    assert all(one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and one.annotation for one in parameters)
    assert inspect.getdoc(function)
    assert not inspect.iscoroutinefunction(function)
