"""The command line: finding commands, starting quickly, errors as exit codes, asking, and each command."""

from __future__ import annotations

import errno
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

import snowmaker
from snowmaker import cli
from snowmaker.cli import COMMANDS, command_of, run, summary
from snowmaker.options import Invocation

Capture = pytest.CaptureFixture[str]
Write = Callable[..., Path]
HEAVY = (
    "snowflake",
    "duckdb",
    "sqlparse",
    "sqlglot",
    "jinja2",
    "rich",
    "yaml",
    "snowmaker.project",
    "snowmaker.report",
)
ARGUMENTS = {
    "access": ["ANALYST"],
    "promote": ["dev", "prod"],
    "new": ["x"],
    "baseline": ["1"],
    "cleanup": ["--older-than", "30d"],
    "sql": ["-q", "select 1"],
    "migrate": ["--yes"],
    "unlock": ["--yes"],
}
ACCOUNTED = sorted(set(COMMANDS) - {"init", "completion", "sandbox", "schema"})


ROOT = Path(snowmaker.__file__).parent.parent


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Python on this package, from wherever the test stands."""
    options["env"] = {**os.environ, "PYTHONPATH": str(ROOT), **options.get("env", {})}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, **options)


# finding commands and starting quickly


def test_help_lists_every_command_without_importing_one() -> None:
    done = python("-X", "importtime", "-m", "snowmaker", "--help")
    assert done.returncode == 0
    listed = " ".join(done.stdout.split())
    assert all(f"{name} {summary(name)}" in listed for name in COMMANDS)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not [name for name in loaded if name.startswith((*HEAVY, "snowmaker.commands"))]


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    done = python("-c", "import sys, snowmaker.cli; print(*sys.modules)")
    assert not [name for name in done.stdout.split() if name.startswith(HEAVY)]


def test_help_costs_a_few_times_what_python_costs() -> None:
    def best(*arguments: str) -> float:
        times = []
        for _ in range(7):
            started = time.perf_counter()
            python(*arguments)
            times.append(time.perf_counter() - started)
        return min(times)

    assert best("-m", "snowmaker", "--help") < 12 * best("-c", "pass")


def test_a_new_command_is_one_file(tmp_path: Path) -> None:
    shutil.copytree(Path(snowmaker.__file__).parent, tmp_path / "snowmaker", ignore=shutil.ignore_patterns("sandbox"))
    text = (
        '"""Say hello."""\n\nimport click\n\n\n@click.command()\n@click.pass_obj\n'
        "def command(call: object) -> int:\n"
        '    """Say hello."""\n    print(call.folder, call.json)\n    return 1\n'
    )
    (tmp_path / "snowmaker" / "commands" / "say_hello.py").write_text(text)
    done = python("-m", "snowmaker", "--json", "say-hello", "-C", "there", cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("there True\n", 1)
    assert "say-hello   Say hello." in python("-m", "snowmaker", "--help", cwd=tmp_path).stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_the_shared_options(name: str, capsys: Capture) -> None:
    assert run([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert "-C, --project DIR" in out
    assert "--json" in out
    assert command_of(name).name == name
    with open(Path(cli.__file__).parent / "commands" / f"{COMMANDS[name].rpartition('.')[2]}.py") as file:
        assert file.readline() == f'"""{summary(name)}"""\n'


@pytest.mark.parametrize("name", ACCOUNTED)
@pytest.mark.parametrize("place", ["before", "after"])
def test_outside_a_project_every_command_fails_clearly(
    name: str, place: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared, own = ["-C", "nowhere", "--json"], [name, *ARGUMENTS.get(name, [])]
    assert run([*shared, *own] if place == "before" else [*own, *shared]) == 2
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert error["message"]
    assert error["hint"]
    assert error["code"] not in ("internal", "usage")
    assert not err
    assert not list(tmp_path.iterdir())


# errors


def test_usage_errors_as_text_and_json(capsys: Capture) -> None:
    assert run(["statsu"]) == 2
    err = capsys.readouterr().err
    assert err == "error: No such command 'statsu'. Did you mean status?\n\nhint: see `snowmaker --help`\n"
    assert run(["status", "--nonsense", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["hint"]) == ("usage", "see `snowmaker status --help`")
    assert run(["sql"]) == 2
    assert "-q TEXT or -f FILE" in capsys.readouterr().err
    assert run(["status", "--var", "novalue"]) == 2
    assert "NAME=VALUE" in capsys.readouterr().err


def test_no_command_is_help(capsys: Capture) -> None:
    assert run([]) == 0
    assert "Exit codes:" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"snowmaker {snowmaker.__version__}\n"


@pytest.mark.parametrize(
    ("raised", "code", "slug", "text"),
    [
        (KeyboardInterrupt(), 130, "interrupted", "interrupted"),
        (click.Abort(), 130, "interrupted", "interrupted"),
        (OSError(errno.ENOSPC, "No space left on device", "/disk"), 2, "enospc", "no space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "x.sql"), 2, "eacces", "permission denied"),
        (RecursionError(), 2, "too_deep", "nested too deeply"),
        (MemoryError(), 2, "out_of_memory", "out of memory"),
        (ZeroDivisionError("oh"), 3, "internal", "unexpected ZeroDivisionError: oh"),
    ],
)
def test_what_is_raised_becomes_an_exit_code_and_a_message(
    raised: BaseException, code: int, slug: str, text: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(call: Invocation) -> None:
        raise raised

    monkeypatch.setattr(Invocation, "project", fail)
    assert run(["status"]) == code
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith(f"error: {text}\n")
    assert "Traceback" not in err
    assert run(["status", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["error"]["code"] == slug
    monkeypatch.setenv("SNOWMAKER_DEBUG", "1")
    run(["status"])
    assert ("Traceback" in capsys.readouterr().err) == (slug == "internal")


def test_the_sandbox_has_errors_of_its_own(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    from snowmaker.sandbox.errors import SandboxBusy

    def fail(call: Invocation) -> None:
        raise SandboxBusy("the files are held", "end process 7")

    monkeypatch.setattr(Invocation, "project", fail)
    assert run(["status"]) == 3
    assert capsys.readouterr().err == "error: the files are held\n\nhint: end process 7\n"


@pytest.mark.parametrize("arguments", [["--help"], ["completion", "bash"], ["status", "--json", "-C", "/nowhere"]])
def test_a_reader_that_went_away_is_no_reason_to_shout(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "snowmaker", *arguments]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (141, 2)


@pytest.mark.parametrize("arguments", [["completion", "bash"], ["completion", "bash", "--json"]])
def test_a_full_disk_under_stdout_is_one_clear_error(arguments: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "snowmaker", *arguments]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=60)
    assert done.stderr.startswith("error: no space left on device\n\nhint: make room")
    assert done.stderr.count("error") == 1
    assert done.returncode == 2


def test_a_terminal_without_unicode_is_no_crash(tmp_path: Path) -> None:
    done = python(
        *("-m", "snowmaker", "init", "-C", str(tmp_path), "ski\u00e9"),
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "ski\\xe9" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, capsys: Capture) -> None:
    assert run(["completion", shell]) == 0
    assert "_SNOWMAKER_COMPLETE" in capsys.readouterr().out


def test_completion_of_commands_and_environments(folder: Path) -> None:
    def complete(line: str, word: int) -> str:
        asked = {"_SNOWMAKER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(word)}
        return python("-m", "snowmaker", cwd=folder, env=asked).stdout

    assert complete("snowmaker mig", 1) == "plain,migrate\n"
    assert complete("snowmaker status -e sh", 3) == "plain,shared\n"


# the commands, on the sandbox


@pytest.fixture
def call(folder: Path, capsys: Capture) -> Callable[..., Any]:
    """Run a command in the environment `shared` and give its JSON; `code` is the exit code it must have."""

    def call(*arguments: str, code: int = 0, target: bool = True) -> Any:
        environment = ["-e", "shared"] if target else []
        assert run(["-C", str(folder), *arguments, *environment, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return call


def states(answer: Any) -> list[str]:
    return [script["state"] for script in answer["scripts"]]


def test_from_pending_to_rolled_back(
    call: Callable[..., Any], script: Write, database: str, folder: Path, capsys: Capture
) -> None:
    table, view = f"{database}.PUBLIC.T", f"{database}.PUBLIC.W"
    up = f"CREATE DATABASE IF NOT EXISTS {database}; CREATE TABLE {table} (N INT);"
    script("V1__t.sql", up, f"DROP TABLE {table}")
    script("R__v.sql", f"CREATE OR REPLACE VIEW {view} AS SELECT N FROM {table}", f"DROP VIEW {view}")
    assert states(call("status", "--exit-code", code=1)) == ["pending", "pending"]
    plan = call("plan", "--exit-code", "-o", str(folder / "plan.json"), code=1)
    assert plan == json.loads((folder / "plan.json").read_text())
    assert [(step["script"], step["action"]) for step in plan["steps"]] == [
        ("V1__t.sql", "run"),
        ("R__v.sql", "run"),
    ]
    assert call("migrate", "--dry-run") == plan
    assert states(call("status")) == ["pending", "pending"]
    result = call("migrate")
    assert [(one["outcome"], one["statements"]) for one in result["scripts"]] == [
        ("applied", 2),
        ("applied", 1),
    ]
    assert (result["statements"], result["environment"]) == (3, "shared")
    assert states(call("status", "--exit-code")) == ["applied", "applied"]
    assert call("plan", "--exit-code")["steps"] == []
    assert call("migrate")["scripts"] == []
    rows = call("sql", "-q", f"INSERT INTO {table} VALUES (1); SELECT * FROM {view}")
    assert rows == [{"n": 1}]
    error = call("rollback", "--to", "0", code=2)["error"]
    assert (error["code"], "--yes" in error["hint"]) == ("confirmation_needed", True)
    undone = call("rollback", "--to", "0", "--yes")
    assert {one["outcome"] for one in undone["scripts"]} == {"rolled_back"}
    assert states(call("status", "--exit-code", code=1)) == ["rolled_back", "rolled_back"]
    assert [row["script_type"] for row in call("history")["rows"]] == ["V", "R", "U", "U"]
    assert len(call("history", "--limit", "1")["rows"]) == 1
    assert run(["-C", str(folder), "migrate", "-e", "shared"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("shared: 2 scripts applied; 3 statements in ")
    assert "[1/2] V1__t.sql  " in err
    assert "  1/2 CREATE DATABASE" in err


def test_a_failing_statement(
    call: Callable[..., Any], script: Write, database: str, folder: Path, capsys: Capture
) -> None:
    script("V1__t.sql", f"CREATE DATABASE IF NOT EXISTS {database};\n\nSELECT * FROM {database}.PUBLIC.NOWHERE;")
    answer = call("migrate", code=3)
    error = answer["error"]
    assert (error["file"], error["line"], error["errno"]) == ("migrations/V1__t.sql", 3, 2003)
    assert error["query_id"]
    assert [(one["outcome"], one["statements"]) for one in answer["scripts"]] == [("failed", 1)]
    assert run(["-C", str(folder), "migrate", "-e", "shared"]) == 3
    assert "hint: " in capsys.readouterr().err
    assert call("repair", "V1__t.sql", "--done", "2")["recorded"]
    assert states(call("status")) == ["applied"]


def test_destructive_needs_its_own_flag(call: Callable[..., Any], script: Write, database: str) -> None:
    script("V1__t.sql", f"CREATE DATABASE IF NOT EXISTS {database}; CREATE TABLE {database}.PUBLIC.T (N INT)")
    call("migrate")
    script("V2__drop.sql", f"DROP TABLE {database}.PUBLIC.T")
    error = call("migrate", "--yes", code=2)["error"]
    assert (error["code"], "--allow-destructive" in error["hint"]) == ("confirmation_needed", True)
    assert "V2__drop.sql" in error["message"]
    assert call("migrate", "--allow-destructive")["scripts"][0]["outcome"] == "applied"


def test_protected_needs_yes(call: Callable[..., Any], script: Write, database: str, folder: Path) -> None:
    settings = folder / "snowmaker.toml"
    settings.write_text(
        settings.read_text().replace("create_database = true", "create_database = true\nprotected = true")
    )
    script("V1__t.sql", f"CREATE DATABASE IF NOT EXISTS {database}")
    assert call("migrate", code=2)["error"]["code"] == "confirmation_needed"
    assert call("baseline", "1", code=2)["error"]["code"] == "confirmation_needed"
    assert call("migrate", "--dry-run")["steps"]
    assert call("migrate", "--yes")["scripts"][0]["outcome"] == "applied"


def test_questions_on_a_terminal(script: Write, database: str, folder: Path) -> None:
    script("V1__t.sql", f"CREATE DATABASE IF NOT EXISTS {database}", "SELECT 1")
    assert run(["-C", str(folder), "migrate", "-e", "shared"]) == 0
    command = [sys.executable, "-m", "snowmaker", "rollback", "--steps", "1", "-e", "shared"]
    for answer, code, said in (
        (b"n\n", 2, "not confirmed"),
        (b"\x04", 2, "not confirmed"),
        (b"y\n", 0, "rolled back"),
    ):
        controller, terminal = pty.openpty()
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd=folder, env=environment, **streams) as process:
            os.close(terminal)
            os.write(controller, answer)
            shown = _read_all(controller)
            assert process.wait(60) == code, shown
        assert said in shown
        assert "V1__t.sql" in shown
        assert "Go on? [y/N]" in shown


def _read_all(controller: int) -> str:
    """What a process wrote to its terminal until it closed it."""
    found = b""
    try:
        while piece := os.read(controller, 65536):
            found += piece
    except OSError:  # Linux says so at the end
        pass
    os.close(controller)
    return found.decode()


def test_unlock_and_baseline(call: Callable[..., Any], script: Write) -> None:
    script("V1__a.sql", "SELECT 1")
    assert call("unlock", "--yes")["unlocked"] == ["no lock is held"]
    assert call("baseline", "1")["recorded"]
    assert states(call("status", "--exit-code")) == ["ignored"]


def test_sql_from_a_file_and_stdin(
    call: Callable[..., Any], tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "x.sql").write_text("\ufeffSELECT 1 AS A;\n-- two\nSELECT 9007199254740993 AS B, 1.5 AS C;\n")
    assert call("sql", "-f", str(tmp_path / "x.sql")) == [{"b": "9007199254740993", "c": 1.5}]
    read = python(
        *("-m", "snowmaker", "sql", "-f", "-", "--json", "-e", "shared", "-C", str(folder)),
        input="SELECT 'ß' AS A;",
    )
    assert json.loads(read.stdout) == [{"a": "ß"}]
    (tmp_path / "bad.sql").write_bytes(b"SELECT 1;\n\xff\n")
    error = call("sql", "-f", str(tmp_path / "bad.sql"), code=2)["error"]
    assert (error["code"], error["line"]) == ("not_utf8", 2)
    assert call("sql", "-q", "SELEC 1", code=3)["error"]["errno"] == 1003
    assert run(["-C", str(folder), "sql", "-e", "shared", "-q", "SELECT 1 AS ONE"]) == 0
    assert capsys.readouterr().out == "one\n1\n"


def test_offline_commands(call: Callable[..., Any], script: Write, folder: Path, capsys: Capture) -> None:
    script("V1__a.sql", "select '{{ x }}' as a, 2 as b")
    rendered = call("render", "V1__a.sql", "--var", "x=1")["scripts"]
    assert rendered[0]["statements"][0]["text"] == "select '1' as a, 2 as b"
    found = call("check", code=1)["findings"]
    assert (found[0]["level"], found[0]["file"], found[0]["line"]) == ("error", "migrations/V1__a.sql", 1)
    assert call("check", "--var", "x=1")["findings"] == []
    assert run(["-C", str(folder), "render", "--format", "--var", "x=1"]) == 0
    assert "SELECT '1' AS a,\n       2 AS b;" in capsys.readouterr().out


def test_init_and_new(tmp_path: Path, capsys: Capture) -> None:
    assert run(["-C", str(tmp_path), "init", "ski", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert str(tmp_path / "ski" / "snowmaker.toml") in files
    assert run(["-C", str(tmp_path / "ski"), "new", "add lifts", "--version", "7"]) == 0
    out, err = capsys.readouterr()
    assert [Path(line).name for line in out.splitlines()] == ["V7__add_lifts.sql", "U7__add_lifts.sql"]
    assert "next: " in err
    assert run(["-C", str(tmp_path / "ski"), "check"]) in (0, 1)


def test_doctor(call: Callable[..., Any]) -> None:
    levels = {finding["level"] for finding in call("doctor")["findings"]}
    assert levels <= {"ok", "warning"}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_serves_until_it_is_told_to_stop(ending: signal.Signals, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "snowmaker.toml").write_text('[project]\nname = "ski"\n')
    sandbox = ["sandbox", "status", "-C", str(tmp_path), "--json"]
    command = [sys.executable, "-m", "snowmaker", "sandbox", "serve", "-C", str(tmp_path)]
    streams = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, text=True, **streams) as serving:
        try:
            assert serving.stdout is not None
            assert serving.stdout.readline() == "[sandbox]\n"
            while serving.stdout.readline().strip():
                pass
            assert run(sandbox) == 0
            assert json.loads(capsys.readouterr().out)["pid"] == serving.pid
            assert run(["-C", str(tmp_path), "sandbox", "reset"]) == 3
            assert "hint: " in capsys.readouterr().err
            attached = ["-C", str(tmp_path), "sql", "-q", "SELECT 1 AS A", "--json"]
            assert run(attached) == 0
            assert json.loads(capsys.readouterr().out) == [{"a": 1}]
        finally:
            serving.send_signal(ending)
        out, err = serving.communicate(timeout=30)
    assert (serving.returncode, out, err) == (0, "", "")
    assert run(["-C", str(tmp_path), "sandbox", "reset"]) == 0
    capsys.readouterr()
    assert run(sandbox) == 0
    assert json.loads(capsys.readouterr().out)["running"] is False
