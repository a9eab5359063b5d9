"""`snowmaker check` from the command line, with a history on the sandbox."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snowmaker import Project
from snowmaker.cli import run
from snowmaker.rules import rules

Write = Callable[..., Path]
Check = Callable[..., Any]


@pytest.fixture
def check(folder: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `check` with these arguments: exit code, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["-C", str(folder), "check", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return call


@pytest.fixture
def applied(script: Write, project: Callable[..., Project]) -> Callable[..., Project]:
    """A project whose two scripts were applied."""
    script("V1__a.sql", "CREATE DATABASE IF NOT EXISTS {{ db }};")
    script("V2__b.sql", "SELECT 2;")
    project().migrate()
    return project


def test_edited_scripts_are_told_with_an_environment(applied: Any, script: Write, check: Check) -> None:
    assert check("-e", "shared") == (0, "0 errors, 0 warnings\n", "")
    script("V2__b.sql", "SELECT 3;")
    assert check()[0] == 0
    assert check("-e", "shared", "--offline")[0] == 0
    code, out, _ = check("-e", "shared")
    assert code == 1
    assert out.startswith(
        "migrations/V2__b.sql:1: error: V2__b.sql: the file was edited after it was applied [edited_script]\n"
    )
    applied().repair(checksums=True)
    assert check("-e", "shared")[0] == 0


def test_reading_the_history_costs_two_requests_and_writes_nothing(applied: Any, account: Any, check: Check) -> None:
    before = account.requests
    assert check("-e", "shared", "--json")[0] == 0
    assert account.requests - before == 2
    rows = applied().history()
    assert len(rows) == 2


def test_offline_there_is_no_request(applied: Any, account: Any, check: Check) -> None:
    before = account.requests
    assert check()[0] == 0
    assert account.requests == before


def test_a_history_that_cannot_be_read_is_a_warning(script: Write, folder: Path, check: Check) -> None:
    script("V1__a.sql", "SELECT 1")
    settings = folder / "snowmaker.toml"
    settings.write_text(settings.read_text() + '\n[environments.nowhere]\nconnection = "nowhere"\n')
    code, out, _ = check("-e", "nowhere", "--json")
    (found,) = json.loads(out)["findings"]
    assert (code, found["rule"], found["level"]) == (0, "edited_script", "warning")
    assert "nowhere" in found["message"]
    assert check("-e", "nowhere", "--offline", "--json") == (0, '{\n  "findings": [],\n  "fixed": []\n}\n', "")


def test_another_s_history_is_a_warning(applied: Any, folder: Path, check: Check) -> None:
    settings = folder / "snowmaker.toml"
    settings.write_text(settings.read_text().replace('name = "testing"', 'name = "other"'))
    code, out, _ = check("-e", "shared")
    assert code == 0
    assert "'testing'" in out


def test_a_new_sandbox_is_not_made_for_a_check(script: Write, folder: Path, check: Check) -> None:
    script("V1__a.sql", "SELECT 1")
    assert check("-e", "sandbox")[0] == 0
    assert not (folder / ".snowmaker").exists()


def test_formats(script: Write, folder: Path, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    script("V1__a.sql", "SELECT 1;\nGRANT ALL ON DATABASE D TO ROLE R;")
    monkeypatch.chdir(folder.parent)
    place = f"{folder.name}/migrations/V1__a.sql"
    code, out, _ = check("--format", "sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert (code, result["ruleId"]) == (0, "grant_all")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == place
    assert check("--format", "sarif", "--json")[1] == out
    assert check("--format", "github")[1].startswith(f"::warning file={place},line=2,title=grant_all::")
    assert check("--format", "json") == check("--json")
    assert check("--format", "github", "--json")[0] == 2
    assert check("--format", "xml")[0] == 2


def test_rules_and_their_pages(check: Check, folder: Path, tmp_path: Path) -> None:
    (folder / "snowmaker.toml").unlink()  # no project is needed
    code, out, _ = check("--rules")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(rules())
    listed = json.loads(check("--rules", "--json")[1])["rules"]
    assert [rule["name"] for rule in listed if rule["fixable"]] == ["missing_if_exists"]
    code, out, _ = check("--explain", "grant_all")
    assert code == 0
    assert out == f"grant_all (warning)\n\n{rules()['grant_all'].page}\n"
    assert json.loads(check("--explain", "grant_all", "--json")[1])["page"] == rules()["grant_all"].page
    code, _, err = check("--explain", "grant_al")
    assert code == 2
    assert "did you mean grant_all?" in err


def test_fix_shows_what_it_mended_and_checks_what_is_left(script: Write, folder: Path, check: Check) -> None:
    script("V1__a.sql", "SELECT 1", "DROP TABLE {{ db }}.S.T;\nGRANT ALL ON DATABASE D TO ROLE R;")
    code, out, _ = check("--fix")
    assert code == 0
    assert (
        out.splitlines()[0]
        == "migrations/U1__a.sql:1: fixed: DROP TABLE without IF EXISTS in a rollback [missing_if_exists]"
    )
    assert out.splitlines()[-1] == "0 errors, 1 warning"
    assert (folder / "migrations" / "U1__a.sql").read_text().startswith("DROP TABLE IF EXISTS {{ db }}.S.T;\n")
    assert json.loads(check("--fix", "--json")[1])["fixed"] == []


def test_fix_in_python_is_seen_by_the_same_project(script: Write, folder: Path) -> None:
    script("V1__a.sql", "SELECT 1", "DROP TABLE D.S.T")
    with Project(folder) as opened:
        assert opened.sources[0].undo.text == "DROP TABLE D.S.T"  # type: ignore[union-attr]
        assert [one.rule for one in opened.fix()] == ["missing_if_exists"]
        assert opened.sources[0].undo.text == "DROP TABLE IF EXISTS D.S.T"  # type: ignore[union-attr]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_cannot_be_written(script: Write, folder: Path, check: Check) -> None:
    script("V1__a.sql", "SELECT 1", "DROP TABLE D.S.T")
    (folder / "migrations").chmod(0o500)
    try:
        code, _, err = check("--fix")
    finally:
        (folder / "migrations").chmod(0o700)
    assert code == 2
    assert "permission" in err.lower()


def test_what_new_writes_is_clean(folder: Path, check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    for number, template in enumerate(("empty", "database", "schema", "table", "view")):
        name = ".".join(("RESORT", "LIFTS", "LIFT")[: {"database": 1, "schema": 2}.get(template, 3)])
        values = [] if template == "empty" else ["--set", f"name={name}"]
        assert run(["-C", str(folder), "new", template, "--template", template, "--version", str(number), *values]) == 0
        if template == "view":
            values = ["--set", "name=RESORT.LIFTS.OTHER", "--repeatable"]
            assert run(["-C", str(folder), "new", template, "--template", template, *values]) == 0
    capsys.readouterr()
    assert check() == (0, "0 errors, 0 warnings\n", "")


def test_doctor_tells_errors_alone(applied: Any, script: Write, folder: Path) -> None:
    script("V3__c.sql", "GRANT ALL ON DATABASE D TO ROLE R;", None)
    told = {(one.rule, one.level) for one in applied().doctor()}
    assert ("missing_rollback", "error") in told
    assert "grant_all" not in {rule for rule, _ in told}
