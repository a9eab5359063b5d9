"""What the commands say, as text and as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from snowmaker import report, terminal, values
from snowmaker.errors import StatementError, UsageError
from snowmaker.model import (
    Applied,
    Finding,
    Plan,
    Result,
    Script,
    ScriptResult,
    ScriptStatus,
    Skipped,
    Statement,
    Step,
    plan_from_json,
)
from snowmaker.progress import Progress, summary

Capture = pytest.CaptureFixture[str]
NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
DROP = Statement("drop table t", 3, kind="ddl", destructive="yes", reason="DROP TABLE loses its rows")
CREATE = Statement("create table t (\n  id int\n)", 1, kind="ddl", destructive="no")
STEP = Step(
    "V2__t.sql",
    "versioned",
    "2",
    "T",
    "migrations/V2__t.sql",
    "run",
    "never ran",
    (CREATE, DROP),
    None,
    "c",
    "s",
)
PLAN = Plan(
    "dev",
    (STEP,),
    (Skipped("V3__later.sql", "beyond the target"),),
    ("V1__a.sql was applied, but its file is gone",),
    (("rollback", "V2__t.sql has no rollback", "write it"),),
)
RESULT = Result(
    "dev",
    "20261124T120000-abc",
    (ScriptResult("V1__a.sql", "applied", 2, 0.5), ScriptResult("V2__t.sql", "failed", 1, 0.1, "no")),
    9,
    3,
    0.75,
)
APPLIED = Applied(
    "V1__a.sql",
    "V",
    "1",
    "A",
    "c",
    "Success",
    "ME",
    NOON,
    1,
    4,
    "run",
    statements=2,
    statements_done=2,
    script_text="x",
)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


def said(capsys: Capture) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("value", "json_value", "text"),
    [
        (None, None, "NULL"),
        (True, True, "true"),
        (2**53, 2**53, str(2**53)),
        (2**53 + 1, str(2**53 + 1), str(2**53 + 1)),
        (-(2**53) - 1, str(-(2**53) - 1), str(-(2**53) - 1)),
        (Decimal("12.50"), 12.5, "12.50"),
        (Decimal("7"), 7, "7"),
        (Decimal("1E+3"), 1000, "1000"),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789", "0.1234567890123456789"),
        (Decimal(10) ** 37, str(10**37), str(10**37)),
        (Decimal("NaN"), "NaN", "NaN"),
        (1.5, 1.5, "1.5"),
        (float("nan"), "nan", "nan"),
        (float("inf"), "inf", "inf"),
        (b"\x00\xff", "00FF", "00FF"),
        (bytearray(b"\x0a"), "0A", "0A"),
        (date(2013, 1, 2), "2013-01-02", "2013-01-02"),
        (time(1, 2, 3, 4), "01:02:03.000004", "01:02:03.000004"),
        (NOON, "2026-11-24T11:00:00.123456Z", "2026-11-24T11:00:00.123456Z"),
        (datetime(2026, 1, 1), "2026-01-01T00:00:00", "2026-01-01T00:00:00"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "0001-01-01T00:00:00+02:00", None),
        ({"a": [1, Decimal("2.5")]}, {"a": [1, 2.5]}, '{"a": [1, 2.5]}'),
        ((1, None), [1, None], "[1, null]"),
        (timedelta(seconds=61), "0:01:01", "0:01:01"),
    ],
)
def test_values(value: Any, json_value: Any, text: str | None) -> None:
    assert values.jsonable(value) == json_value
    assert type(values.jsonable(value)) is type(json_value)
    assert text is None or values.text(value) == text
    json.dumps(values.jsonable(value), allow_nan=False)


def test_rows_as_json_are_a_list_of_objects(capsys: Capture) -> None:
    report.rows([{"n": 2**60, "name": "a\nb"}, {"n": None, "name": "ß"}], as_json=True)
    assert said(capsys) == [{"n": str(2**60), "name": "a\nb"}, {"n": None, "name": "ß"}]
    report.rows([], as_json=True)
    assert said(capsys) == []


def test_rows_as_text_are_aligned(capsys: Capture) -> None:
    report.rows([{"origin": "EWR", "hours": 512}, {"origin": "日本", "hours": None}], as_json=False)
    out, err = capsys.readouterr()
    assert out == "origin  hours\nEWR     512\n日本    NULL\n"
    assert err == "(2 rows)\n"


def test_control_characters_are_shown_not_obeyed(capsys: Capture) -> None:
    evil = "a\x1b[31mred\x07\r\u202eb\x9b"
    assert terminal.clean(evil) == "a\\x1b[31mred\\x07\\r\\u202eb\\x9b"
    report.rows([{evil: evil + "\n\t"}], as_json=False)
    report.error(UsageError(evil, hint=evil), as_json=False)
    report.findings([Finding("r", "error", evil, evil, 1, evil, (evil,))], as_json=False)
    report.history([replace(APPLIED, script=evil, installed_by=evil)], [], environment=evil, as_json=False)
    report.plan(
        Plan(evil, (replace(STEP, script=evil, reason=evil),), warnings=(evil,)),
        formatted=False,
        as_json=False,
    )
    shown = "".join(capsys.readouterr())
    assert not set(shown) & set("\x1b\x07\r\u202e\x9b\t")


def test_status(capsys: Capture) -> None:
    scripts = [
        ScriptStatus("V1__a.sql", "versioned", "1", "A", "applied", NOON, "ME"),
        ScriptStatus("V2__b.sql", "versioned", "2", "B", "pending"),
    ]
    report.status(scripts, environment="dev", everything=False, as_json=False)
    out = capsys.readouterr().out
    assert "V2__b.sql" in out
    assert "V1__a.sql" not in out
    assert out.endswith("dev: 1 applied, 1 pending\n")
    report.status(scripts, environment="dev", everything=True, as_json=False)
    assert "applied  V1__a.sql  2026-11-24 11:00:00Z  ME" in capsys.readouterr().out
    report.status(scripts, environment="dev", everything=False, as_json=True)
    first = said(capsys)["scripts"][0]
    assert first["script"] == "V1__a.sql"
    assert (first["kind"], first["version"], first["state"]) == ("versioned", "1", "applied")
    assert first["installed_on"] == "2026-11-24T11:00:00.123456Z"


def test_plan_as_text(capsys: Capture) -> None:
    report.plan(PLAN, formatted=False, as_json=False)
    assert capsys.readouterr().out == (
        "dev: 1 script, 2 statements\n"
        "  1  V2__t.sql  run  (never ran)  no rollback\n"
        "       create table t (\n         id int\n       );\n"
        "       drop table t;\n"
        "     ! destructive, line 3: DROP TABLE loses its rows\n"
        "  -  V3__later.sql  skipped: beyond the target\n"
        "warning: V1__a.sql was applied, but its file is gone\n"
        "refused by the policy rollback: V2__t.sql has no rollback\n"
        "  hint: write it\n"
    )
    report.plan(PLAN, formatted=True, as_json=False)
    assert "DROP TABLE t;" in capsys.readouterr().out


def test_a_plan_without_refusals_ends_with_its_last_step(capsys: Capture) -> None:
    report.plan(Plan("dev"), formatted=False, as_json=False)
    assert capsys.readouterr().out == "dev: nothing to do\n"


def test_plan_as_json_round_trips(capsys: Capture, tmp_path: Path) -> None:
    report.plan(PLAN, formatted=False, as_json=True)
    assert plan_from_json(said(capsys)) == PLAN
    report.plan_file(PLAN, str(tmp_path / "plan.json"))
    assert plan_from_json(json.loads((tmp_path / "plan.json").read_text())) == PLAN
    with pytest.raises(FileNotFoundError):
        report.plan_file(PLAN, str(tmp_path / "nowhere" / "plan.json"))
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]


def test_formatting_gives_up_on_what_is_too_deep() -> None:
    text = "select " + "(" * 5000 + "1" + ")" * 5000
    assert report._shower(True)(text).replace("SELECT", "select") == text


def test_result(capsys: Capture) -> None:
    report.result(RESULT, as_json=False)
    assert capsys.readouterr().out == (
        "dev: 1 script applied, 1 script failed; 3 statements in 0.8 s (run 20261124T120000-abc)\n"
    )
    report.result(Result("dev", ""), as_json=False)
    assert capsys.readouterr().out == "dev: nothing to do\n"
    report.result(RESULT, as_json=True)
    value = said(capsys)
    assert {"environment", "run_id", "scripts", "round_trips", "statements", "seconds"} <= value.keys()
    assert {"script", "statements", "seconds", "outcome"} <= value["scripts"][0].keys()


def test_history(capsys: Capture) -> None:
    half = replace(APPLIED, seq=None, status="Failed", statements_done=1, script_type="U")
    report.history([APPLIED, half], [], environment="dev", as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == [
        "4",
        "V1__a.sql",
        "V",
        "Success",
        "2",
        "2026-11-24",
        "11:00:00Z",
        "ME",
        "1",
        "s",
    ]
    assert "rollback  Failed   1 of 2" in lines[2]
    report.history([APPLIED], [], environment="dev", as_json=True)
    row = said(capsys)["rows"][0]
    assert row["script"] == "V1__a.sql"
    assert "script_text" not in row
    report.history([], [], environment="dev", as_json=False)
    assert capsys.readouterr().out == "dev: the history is empty\n"


def test_findings(capsys: Capture) -> None:
    found = [
        Finding("name", "error", "bad name", "migrations/x.sql", 0, "rename it"),
        Finding("role", "warning", "no role", "a.sql", 3, fix=("GRANT ROLE x TO y;",)),
    ]
    assert report.findings(found, as_json=False) == 1
    assert capsys.readouterr().out == (
        "migrations/x.sql: error: bad name [name]\n  hint: rename it\n"
        "a.sql:3: warning: no role [role]\n    GRANT ROLE x TO y;\n1 error, 1 warning\n"
    )
    assert report.findings(found[1:], as_json=True) == 0
    assert said(capsys)["findings"][0]["rule"] == "role"


def test_rendered_scripts(capsys: Capture) -> None:
    undo = Script("U1__a.sql", "versioned", "1", "A", "m/U1__a.sql", "drop table t;\n", "c", "s", (DROP,))
    script = Script(
        "V1__a.sql", "versioned", "1", "A", "m/V1__a.sql", "create table t;\n", "c", "s", (CREATE,), undo=undo
    )
    report.scripts([script], formatted=False, as_json=False)
    assert capsys.readouterr().out == "-- m/V1__a.sql\ncreate table t;\n\n-- m/U1__a.sql\ndrop table t;\n\n"
    report.scripts([script], formatted=True, as_json=True)
    assert said(capsys)["scripts"][0]["undo"]["statements"][0]["text"] == "drop table t"


def test_a_failing_statement_says_all_there_is_to_know(capsys: Capture) -> None:
    fault = StatementError(
        "SQL compilation error:\nObject 'T' does not exist",
        "statement_failed",
        "correct the script",
        "migrations/V2__t.sql",
        14,
        2003,
        "02000",
        "01b2",
        RESULT,
        statement="insert into t\n" + "values (1),\n" * 20,
        done=1,
        of=3,
    )
    report.error(fault, as_json=False)
    out, err = capsys.readouterr()
    assert not out
    lines = err.splitlines()
    assert lines[:4] == [
        "error: SQL compilation error:",
        "Object 'T' does not exist",
        "  at migrations/V2__t.sql:14",
        "     14 | insert into t",
    ]
    assert "        … 9 more lines" in lines
    assert "  Snowflake: 002003 (02000) query 01b2" in lines
    assert "  done: 1 of 3 statements of this script" in lines
    assert "    V1__a.sql: applied, 2 statements done" in lines
    assert lines[-2:] == ["", "hint: correct the script"]
    report.error(fault, as_json=True)
    value = said(capsys)
    assert set(value["error"]) >= {"code", "message", "hint", "file", "line", "errno", "sqlstate", "query_id"}
    assert (value["error"]["line"], value["error"]["errno"], value["run_id"]) == (14, 2003, RESULT.run_id)


def test_progress(capsys: Capture) -> None:
    progress = Progress()
    progress.script_started(STEP, 2, 7)
    progress.statement_started(STEP, CREATE, 1, 2)
    progress.statement_done(STEP, CREATE, 1, 2, 0.123, None)
    progress.statement_started(STEP, DROP, 2, 2)
    progress.script_done(STEP, ScriptResult("V2__t.sql", "failed", 1, 0.2))
    progress.note("a note")
    out, err = capsys.readouterr()
    assert not out
    assert err == (
        "[2/7] V2__t.sql  run  destructive\n"
        "  1/2 create table t ( id int )  0.12s\n"
        "  2/2 drop table t  failed\n"
        "a note\n"
    )


def test_progress_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stderr", Gone())
    Progress().note("nobody listens")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("-- why\n/* and\nhow */ select\n  1", "select 1"),
        ("-- only a comment", "-- only a comment"),
        ("select '" + "x" * 200, "select '" + "x" * 61 + "…"),
        ("select 1\x1b[2J", "select 1\\x1b[2J"),
    ],
)
def test_statement_summary(text: str, line: str) -> None:
    assert summary(Statement(text, 1)) == line


@pytest.mark.parametrize(
    ("no_color", "force_color", "coloured"),
    [("", "", False), ("", "1", True), ("1", "1", False), ("1", "", False)],
)
def test_colour(
    no_color: str, force_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("FORCE_COLOR", force_color)
    report.error(UsageError("no", hint="yes"), as_json=False)
    assert ("\x1b[" in capsys.readouterr().err) == coloured


def test_times_are_utc() -> None:
    assert values.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


def test_tables_on_a_terminal_are_drawn_by_rich(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(terminal, "is_terminal", lambda stream: True)
    monkeypatch.setenv("NO_COLOR", "1")
    report.rows([{"name [bold]": "[red]x[/red] \x1b[2J", "n": 1}], as_json=False)
    out = capsys.readouterr().out
    assert "[red]x[/red] \\x1b[2J" in out
    assert "name [bold]" in out
    assert "─" in out
    assert "\x1b" not in out


def test_facts(capsys: Capture) -> None:
    known = {"running": False, "port": None, "databases": ("A", "B")}
    report.facts(known, as_json=False)
    assert capsys.readouterr().out == "running: false\ndatabases: A, B\n"
    report.facts(known, as_json=True)
    assert said(capsys) == {"running": False, "port": None, "databases": ["A", "B"]}
