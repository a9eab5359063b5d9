"""What examples/ ships is run: the scripts by a shell, the workflow step by step with stand-ins for what a runner gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import snowmaker
from snowmaker import Project, sandbox
from snowmaker.session import open_session

ROOT = Path(snowmaker.__file__).parent.parent
WORKFLOW = ROOT / "examples" / "deploy.yml"
ENVIRONMENTS = ("dev", "prod")
SETTINGS = """\
[project]
name = "lifts"

[environments.dev]
connection = "dev"
create_database = true

[environments.prod]
connection = "prod"
create_database = true
promote_from = "dev"
min_age = "24h"
verify = true
protected = true
"""
SETUP = """\
CREATE ROLE DEPLOYER;
CREATE WAREHOUSE DEPLOY_WH;
GRANT USAGE ON WAREHOUSE DEPLOY_WH TO ROLE DEPLOYER;
GRANT CREATE DATABASE ON ACCOUNT TO ROLE DEPLOYER;
CREATE USER DEPLOYER TYPE = SERVICE DEFAULT_ROLE = DEPLOYER RSA_PUBLIC_KEY = '{key}';
GRANT ROLE DEPLOYER TO USER DEPLOYER
"""
EXPRESSION = re.compile(r"\$\{\{\s*(vars|secrets)\.(\w+)\s*\}\}")


class Machine:
    """A project, an account for each environment, and what a shell of a runner sees."""

    def __init__(self, folder: Path, accounts: dict[str, sandbox.Account]) -> None:
        self.accounts = accounts
        self.checkout = folder / "checkout"
        (self.checkout / "migrations").mkdir(parents=True)
        shutil.copytree(ROOT / "examples", self.checkout / "examples")
        (self.checkout / "snowmaker.toml").write_text(SETTINGS)
        self.script("V1__resort.sql", "CREATE DATABASE RESORT;\nCREATE TABLE RESORT.PUBLIC.LIFT (ID INT);", "RESORT")
        self._key = rsa.generate_private_key(65537, 2048)
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "connections.toml").write_text("\n".join(map(self._where, accounts.items())))
        (self.home / "connections.toml").chmod(0o600)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._command("snowmaker", f'exec "{sys.executable}" -m snowmaker "$@"')
        self._command("python3", f'exec "{sys.executable}" "$@"')
        self._command("pip", '[ "$1" = install ] && [[ "$2" = snowmaker* ]]')
        for account in accounts.values():
            self._set_up(account)

    def _where(self, named: tuple[str, sandbox.Account]) -> str:
        """What only a test has to say: the rest of a connection comes from variables."""
        name, account = named
        keys = ("host", "port", "protocol", "platform_detection_timeout_seconds")
        given = account.connection()
        return "\n".join([f"[{name}]", *(f"{key} = {json.dumps(given[key])}" for key in keys)])

    def _command(self, name: str, text: str) -> None:
        (self.bin / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
        (self.bin / name).chmod(0o755)

    def _set_up(self, account: sandbox.Account) -> None:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        lines = self._key.public_key().public_bytes(serialization.Encoding.PEM, form).decode().splitlines()
        session = open_session(account.connection())
        for statement in SETUP.format(key="".join(lines[1:-1])).split(";\n"):
            session.execute(statement)
        session.close()

    @property
    def private_key(self) -> str:
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        return self._key.private_bytes(serialization.Encoding.PEM, form, plain).decode()

    def script(self, name: str, text: str, database: str = "", undo: str = "") -> None:
        (self.checkout / "migrations" / name).write_text(text)
        back = undo or f"DROP DATABASE {database}"
        (self.checkout / "migrations" / name.replace("V", "U", 1)).write_text(back)

    def setting(self, was: str, now: str) -> None:
        path = self.checkout / "snowmaker.toml"
        assert was in path.read_text()
        path.write_text(path.read_text().replace(was, now))

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        """The variables of a step: nothing of who runs the tests."""
        path = os.pathsep.join([str(self.bin), "/usr/local/bin", "/usr/bin", "/bin"])
        common = {"PATH": path, "PYTHONPATH": str(ROOT), "SNOWFLAKE_HOME": str(self.home), "HOME": str(self.home)}
        return {**common, "CI": "true", **given}

    def login(self) -> dict[str, str]:
        """The variables by which the scripts reach both accounts."""
        keys = {"ACCOUNT": "sandbox", "USER": "DEPLOYER", "ROLE": "DEPLOYER", "WAREHOUSE": "DEPLOY_WH"}
        keys |= {"AUTHENTICATOR": "SNOWFLAKE_JWT", "PRIVATE_KEY_RAW": self.private_key}
        return {f"SNOWFLAKE_CONNECTIONS_{name.upper()}_{key}": keys[key] for name in ENVIRONMENTS for key in keys}

    def shell(self, command: str, folder: Path | None = None, **given: str) -> subprocess.CompletedProcess[str]:
        """Run a step as a runner does: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions"""
        return subprocess.run(
            ["bash", "-e", "-c", command],
            cwd=folder or self.checkout,
            env=self.environment(given),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def project(self, name: str) -> Project:
        """The project here, where a process more would only take time."""
        return Project(self.checkout, environment=name)

    def states(self, name: str) -> dict[str, str]:
        """The states of the scripts in an environment."""
        with self.project(name) as project:
            return {one.script: one.state for one in project.status()}


class Runner:
    """Runs the jobs of the workflow for an event, each in a checkout of its own."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.folder = folder
        self.said = ""
        self.summary = folder / "summary.md"
        self._jobs: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())["jobs"]
        self._values = {
            "SNOWFLAKE_ACCOUNT": "sandbox",
            "SNOWFLAKE_DEV_ACCOUNT": "sandbox",
            "SNOWFLAKE_USER": "DEPLOYER",
            "SNOWFLAKE_PRIVATE_KEY": machine.private_key,
        }

    def event(self, name: str, before: Callable[[str], None] = lambda job: None) -> dict[str, str]:
        """What became of each job; `before` is called with the name of each that runs."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.said = ""
        ended: dict[str, str] = {}
        for job, what in self._jobs.items():
            events = re.findall(r"github\.event_name == '(\w+)'", what.get("if", ""))
            needed = [what["needs"]] if "needs" in what else []
            if (events and name not in events) or any(ended[other] != "success" for other in needed):
                ended[job] = "skipped"
            else:
                before(job)
                ended[job] = "success" if self._job(job, what["steps"]) else "failure"
        return ended

    def _job(self, job: str, steps: list[dict[str, Any]]) -> bool:
        place = self.folder / job
        place.mkdir()
        return all(self._uses(step, place) if "uses" in step else self._run(step, place) for step in steps)

    def _uses(self, step: dict[str, Any], place: Path) -> bool:
        given, artifacts = step.get("with", {}), self.folder / "artifacts"
        match step["uses"].partition("@")[0]:
            case "actions/checkout":
                shutil.copytree(self.machine.checkout, place, dirs_exist_ok=True)
            case "actions/setup-python":
                assert "python-version" in given
            case "actions/upload-artifact":
                (artifacts / given["name"]).mkdir(parents=True)
                shutil.copy(place / given["path"], artifacts / given["name"])
            case "actions/download-artifact":
                shutil.copytree(artifacts / given["name"], place, dirs_exist_ok=True)
            case other:
                raise AssertionError(f"no stand-in for {other}")
        return True

    def _run(self, step: dict[str, Any], place: Path) -> bool:
        given = {
            key: EXPRESSION.sub(lambda one: self._values[one[2]], text) for key, text in step.get("env", {}).items()
        }
        done = self.machine.shell(step["run"], place, GITHUB_STEP_SUMMARY=str(self.summary), **given)
        self.said += f"$ {step['run']}  → {done.returncode}\n{done.stdout}{done.stderr}\n"
        return done.returncode == 0


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with sandbox.open_account(None) as dev, sandbox.open_account(None) as prod:
        machine = Machine(tmp_path, {"dev": dev, "prod": prod})
        for name, value in {**machine.login(), "SNOWFLAKE_HOME": str(machine.home)}.items():
            monkeypatch.setenv(name, value)
        yield machine


@pytest.fixture
def runner(machine: Machine, tmp_path: Path) -> Runner:
    return Runner(machine, tmp_path / "runner")


def agree(plan: object) -> None:
    """Somebody has said yes."""


def test_from_pull_request_to_production(machine: Machine, runner: Runner) -> None:
    ended = runner.event("pull_request")
    assert [job for job, how in ended.items() if how == "success"] == ["try", "review"], runner.said
    assert "V1__resort.sql" in runner.summary.read_text()
    assert machine.states("dev") == {"V1__resort.sql": "pending"}, "it was shown"
    # a rollback that brings nothing back stops it, and says where
    machine.script("V2__bar.sql", "CREATE SCHEMA RESORT.BAR", undo="SELECT 1")
    ended = runner.event("push")
    assert (ended["try"], ended["dev"]) == ("failure", "skipped")
    assert "::error" in runner.said
    machine.script("V2__bar.sql", "CREATE SCHEMA RESORT.BAR", undo="DROP SCHEMA RESORT.BAR")
    assert runner.event("push")["dev"] == "success", runner.said
    assert set(machine.states("dev").values()) == {"applied"}
    # dev has not had it for long enough
    ended = runner.event("schedule")
    assert (ended["plan"], ended["prod"]) == ("success", "success"), runner.said
    assert "it has to be there for 1d" in runner.summary.read_text()
    assert "prod lacks of dev: V1__resort.sql, V2__bar.sql" in runner.said
    machine.setting('min_age = "24h"', 'min_age = "0s"')

    def somebody(job: str) -> None:
        """Runs a part of it, while the reviewers look at the plan."""
        if job == "prod":
            with machine.project("prod") as project:
                project.migrate(to="1", confirm=agree)

    assert runner.event("schedule", somebody)["prod"] == "failure"
    assert "it is not what was planned" in runner.said
    assert machine.states("prod") == {"V1__resort.sql": "applied", "V2__bar.sql": "pending"}
    assert runner.event("workflow_dispatch")["prod"] == "success", runner.said
    assert "prod lacks of dev: nothing" in runner.said
    assert set(machine.states("prod").values()) == {"applied"}
    assert "BEGIN PRIVATE KEY" not in runner.said


def test_deploy_sh(machine: Machine) -> None:
    def deploy(*options: str) -> subprocess.CompletedProcess[str]:
        return machine.shell(f"examples/deploy.sh {' '.join(options)}", **machine.login())

    assert "usage: deploy.sh" in deploy().stderr
    machine.script("V2__drop.sql", "DROP TABLE RESORT.PUBLIC.LIFT", undo="UNDROP TABLE RESORT.PUBLIC.LIFT")
    done = deploy("dev")
    assert (done.returncode, "--allow-destructive" in done.stderr) == (2, True), "it could lose data"
    done = deploy("dev", "--allow-destructive")
    assert (done.returncode, "2 scripts applied" in done.stdout) == (0, True), done.stderr
    machine.script("V3__no.sql", "SELECT * FROM RESORT.PUBLIC.LIFT", undo="SELECT 1")
    done = deploy("dev")
    assert (done.returncode, "V3__no.sql" in done.stdout) == (1, True), "the account says no before anything runs"
    machine.script("V3__no.sql", "SELECT {{ oh }}", undo="SELECT 1")
    assert deploy("dev").returncode == 1, "a finding"
    machine.script("V3__no.sql", "SELECT 1", undo="SELECT 1")
    assert list(machine.states("dev").values()) == ["applied", "applied", "pending"]


def test_promote_sh(machine: Machine) -> None:
    def promote(*arguments: str) -> subprocess.CompletedProcess[str]:
        return machine.shell(f"examples/promote.sh {' '.join(arguments)}", **machine.login())

    machine.setting('min_age = "24h"\nverify = true\n', "")
    assert "usage: promote.sh" in promote("dev").stderr
    with machine.project("dev") as project:
        project.migrate()
    done = promote("dev", "prod")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "prod lacks of dev: nothing"), done.stderr
    # what has run in dev may fail in prod
    machine.script("V2__pass.sql", "CREATE SCHEMA RESORT.PASS", undo="DROP SCHEMA RESORT.PASS")
    with machine.project("dev") as project, machine.project("prod") as other:
        project.migrate()
        other.query("CREATE SCHEMA RESORT.PASS")
    done = promote("dev", "prod")
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == "prod lacks of dev: V2__pass.sql"
    assert "Failed" in done.stderr, "the end of the history"


def test_every_example_is_run() -> None:
    assert {path.name for path in (ROOT / "examples").iterdir()} == {"deploy.sh", "deploy.yml", "promote.sh"}
    for path in (ROOT / "examples").glob("*.sh"):
        assert os.access(path, os.X_OK)
