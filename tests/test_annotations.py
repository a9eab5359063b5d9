"""SARIF and GitHub's annotations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snowmaker import annotations, report
from snowmaker.model import Finding
from snowmaker.rules import rules

FOUND = (
    Finding("grant_all", "warning", "GRANT ALL, 100 %: gives\nall", "migrations/R__é x.sql", 7, "name them"),
    Finding("missing_rollback", "error", "V1__a.sql has no rollback", "migrations/V1__a.sql", 1),
    Finding("edited_script", "warning", "the files were not compared with the history"),
    Finding("of_no_rule", "ok", "told"),
)


def test_sarif(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log = json.loads(json.dumps(annotations.sarif(FOUND, "db/ski")))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(rules())
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
        assert "**Use instead**" in rule["help"]["markdown"]
    first, second, third, fourth = run["results"]
    assert driver["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "grant_all"
    assert first["message"]["text"] == "GRANT ALL, 100 %: gives\nall\nname them"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "db/ski/migrations/R__%C3%A9%20x.sql"
    assert place["region"] == {"startLine": 7}
    assert [one["level"] for one in run["results"]] == ["warning", "error", "warning", "note"]
    place = third["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("db/ski/snowmaker.toml", 1)
    assert "ruleIndex" in second
    assert "ruleIndex" not in fourth


def test_github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert list(annotations.github(FOUND, str(tmp_path / "ski"))) == [
        "::warning file=ski/migrations/R__é x.sql,line=7,title=grant_all::GRANT ALL, 100 %25: gives%0Aall%0Aname them",
        "::error file=ski/migrations/V1__a.sql,line=1,title=missing_rollback::V1__a.sql has no rollback",
        "::warning file=ski/snowmaker.toml,line=1,title=edited_script::the files were not compared with the history",
        "::notice file=ski/snowmaker.toml,line=1,title=of_no_rule::told",
    ]


def test_no_finding_can_smuggle_a_command_in(capsys: pytest.CaptureFixture[str]) -> None:
    found = (Finding("grant_all", "error", "x\r\n::set-output name=a::b\x1b[31m", "a,b::c\n.sql", 1),)
    assert report.lint(found, (), output="github", folder=".") == 1
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out == "::error file=a%2Cb%3A%3Ac%0A.sql,line=1,title=grant_all::x%0D%0A::set-output name=a::b\\x1b[31m\n"


def test_text_says_what_was_mended(capsys: pytest.CaptureFixture[str]) -> None:
    mended = (Finding("missing_if_exists", "warning", "DROP TABLE without IF EXISTS", "U1.sql", 3),)
    assert report.lint(FOUND[:1], mended, output="text", folder=".") == 0
    assert capsys.readouterr().out.splitlines() == [
        "U1.sql:3: fixed: DROP TABLE without IF EXISTS [missing_if_exists]",
        "migrations/R__é x.sql:7: warning: GRANT ALL, 100 %: gives",
        "all [grant_all]",
        "  hint: name them",
        "0 errors, 1 warning",
    ]
    assert report.lint(FOUND, mended, output="json", folder=".") == 1
    said = json.loads(capsys.readouterr().out)
    assert (len(said["findings"]), said["fixed"][0]["line"]) == (4, 3)
