"""From environment to environment: what one has run, as it ran it, in its order, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from snowmaker import Project, options, sandbox
from snowmaker.cli import run
from snowmaker.errors import ConfigError, PolicyError, UsageError
from snowmaker.gates import read_age
from snowmaker.model import Plan
from tests.conftest import _toml


@pytest.fixture
def pair(folder: Path, account: sandbox.Account, database: str) -> Path:
    """A project whose environments dev and prod are two histories of one account."""
    connection = ", ".join(f"{key} = {_toml(value)}" for key, value in account.connection().items())
    (folder / "snowmaker.toml").write_text(f"""
[environments.dev]
history = "{database}.DEV.HISTORY"
create_database = true
connection = {{ {connection} }}
vars = {{ db = "{database}_DEV" }}
[environments.prod]
history = "{database}.PROD.HISTORY"
create_database = true
connection = {{ {connection} }}
vars = {{ db = "{database}_PROD" }}
promote_from = "dev"
""")
    return folder


@pytest.fixture
def opened(pair: Path):
    projects: list[Project] = []

    def go(environment: str) -> Project:
        projects.append(Project(pair, environment=environment))
        return projects[-1]

    yield go
    for one in projects:
        one.close()


Open = Callable[[str], Project]
Write = Callable[..., Path]


def base(script: Write) -> None:
    script("V1__a.sql", "CREATE DATABASE {{ db }}", "DROP DATABASE {{ db }}")
    script("R__v.sql", "CREATE OR REPLACE VIEW {{ db }}.PUBLIC.V AS SELECT 1 AS X", "DROP VIEW {{ db }}.PUBLIC.V")
    script("A__a.sql", "SELECT 1", None)


def outcomes(result: object) -> list[tuple[str, str]]:
    return [(one.script, one.outcome) for one in result.scripts]  # type: ignore[attr-defined]


def test_what_dev_has_run_goes_on(opened: Open, script: Write) -> None:
    base(script)
    opened("dev").migrate()
    script("V2__later.sql", "CREATE SCHEMA {{ db }}.LATER", "DROP SCHEMA {{ db }}.LATER")
    plan = opened("prod").plan_promote("dev")
    assert [step.script for step in plan.steps] == ["V1__a.sql", "R__v.sql", "A__a.sql"]
    assert [(one.script, one.reason) for one in plan.skipped] == [("V2__later.sql", "dev has not run it")]
    assert outcomes(opened("prod").promote("dev")) == [
        ("V1__a.sql", "applied"),
        ("R__v.sql", "applied"),
        ("A__a.sql", "applied"),
    ]
    assert opened("prod").plan_promote("dev").steps[0].script == "A__a.sql", "nothing else is left"


def test_migrate_obeys_the_same_gate(opened: Open, script: Write) -> None:
    base(script)
    assert outcomes(opened("prod").migrate()) == [("A__a.sql", "applied")]
    opened("dev").migrate()
    assert [name for name, _ in outcomes(opened("prod").migrate())] == ["V1__a.sql", "R__v.sql", "A__a.sql"]


def test_in_the_order_of_dev(opened: Open, script: Write) -> None:
    """What was out of order in dev, and allowed there, is no question here."""
    base(script)
    script("V3__c.sql", "CREATE SCHEMA {{ db }}.C", "DROP SCHEMA {{ db }}.C")
    opened("dev").migrate()
    script("V2__b.sql", "CREATE SCHEMA {{ db }}.B", "DROP SCHEMA {{ db }}.B")
    opened("dev").migrate(out_of_order=True)
    plan = opened("prod").plan_promote("dev")
    assert [step.script for step in plan.steps] == ["V1__a.sql", "V3__c.sql", "R__v.sql", "V2__b.sql", "A__a.sql"]
    assert not plan.refusals
    opened("prod").promote("dev")


def test_another_text_and_what_was_rolled_back(opened: Open, script: Write) -> None:
    base(script)
    opened("dev").migrate()
    script("V2__b.sql", "CREATE SCHEMA {{ db }}.B", "DROP SCHEMA {{ db }}.B")
    opened("dev").migrate()
    opened("dev").rollback(steps=1)
    script("R__v.sql", "CREATE OR REPLACE VIEW {{ db }}.PUBLIC.V AS SELECT 2 AS X", "DROP VIEW {{ db }}.PUBLIC.V")
    plan = opened("prod").plan_promote("dev")
    assert {one.script: one.reason for one in plan.skipped} == {
        "V2__b.sql": "dev has not run it",
        "R__v.sql": "dev has run another text of it",
    }


def test_a_time_to_prove_itself(opened: Open, script: Write, pair: Path) -> None:
    base(script)
    opened("dev").migrate()
    text = (pair / "snowmaker.toml").read_text()
    (pair / "snowmaker.toml").write_text(text + 'min_age = "24h"\n')
    plan = opened("prod").plan()
    assert [step.script for step in plan.steps] == ["A__a.sql"]
    assert "it has to be there for 1d" in plan.skipped[0].reason
    (pair / "snowmaker.toml").write_text(text + 'min_age = "0s"\n')
    assert len(opened("prod").plan().steps) == 3


def test_a_rehearsal_as_a_gate(opened: Open, script: Write, pair: Path) -> None:
    base(script)
    script("V2__b.sql", "CREATE SCHEMA {{ db }}.B", "SELECT 1")
    opened("dev").migrate()
    (pair / "snowmaker.toml").write_text((pair / "snowmaker.toml").read_text() + "verify = true\n")
    with pytest.raises(PolicyError, match=r"a rehearsal finds broken: V2__b.sql") as caught:
        opened("prod").migrate()
    assert caught.value.code == "policy_verify"
    script("V2__b.sql", "CREATE SCHEMA {{ db }}.B", "DROP SCHEMA {{ db }}.B")
    opened("prod").migrate()
    assert [row.script for row in opened("prod").history()] == ["V1__a.sql", "V2__b.sql", "R__v.sql", "A__a.sql"]


def test_refused(opened: Open, script: Write, pair: Path) -> None:
    base(script)
    for target, origin, said in (("prod", "sandbox", "is promoted from dev"), ("dev", "dev", "from itself")):
        with pytest.raises(UsageError, match=said):
            opened(target).promote(origin)
    with pytest.raises(ConfigError, match="no environment 'prd'"):
        opened("dev").promote("prd")
    (pair / "snowmaker.toml").write_text((pair / "snowmaker.toml").read_text() + 'min_age = "soon"\n')
    with pytest.raises(ConfigError, match="write 30m, 24h or 2d") as caught:
        opened("prod")
    assert caught.value.line


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("24h", 86400), (" 2 D ", 172800), ("", 0)])
def test_ages(text: str, seconds: int) -> None:
    assert read_age(text) == timedelta(seconds=seconds)


def test_commands(pair: Path, script: Write, capsys: pytest.CaptureFixture[str]) -> None:
    base(script)
    at = ["-C", str(pair)]
    assert run(["migrate", "-e", "dev", *at]) == 0
    assert run(["promote", "dev", "prod", "--dry-run", "--json", *at]) == 0
    capsys.readouterr()
    assert run(["status", "--all", "-e", "dev", *at]) == 0
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines()[:2]] == [
        ["SCRIPT", "DEV", "PROD"],
        ["V1__a.sql", "applied", "pending"],
    ]
    assert run(["promote", "dev", "prod", "--json", *at]) == 0
    assert [one["outcome"] for one in json.loads(capsys.readouterr().out)["scripts"]] == ["applied"] * 3
    assert run(["status", "--all", "-e", "dev", "--exit-code", "--json", *at]) == 0
    assert set(json.loads(capsys.readouterr().out)["environments"]) == {"dev", "prod"}


def test_in_ci_the_target_is_said(pair: Path, script: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    base(script)
    monkeypatch.setenv("CI", "true")
    assert run(["promote", "dev", "prod", "-C", str(pair)]) == 0


# the gates hold in Project, whoever calls it


def gated(folder: Path, *lines: str) -> None:
    """More settings of the environment `prod`."""
    path = folder / "snowmaker.toml"
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in lines))


def agree(plan: object) -> None:
    """Somebody has said yes."""


def hand_made(opened: Open) -> Plan:
    """A plan of everything, for prod, made where no gate holds."""
    return replace(opened("dev").plan(), environment="prod")


def test_execute_runs_only_what_was_promoted(opened: Open, script: Write) -> None:
    base(script)
    plan = hand_made(opened)
    with pytest.raises(PolicyError, match=r"V1__a.sql: dev has not run it; R__v.sql: dev has not run it") as caught:
        opened("prod").execute(plan)
    assert caught.value.code == "policy_promote_from"
    assert opened("prod").history() == ()
    opened("dev").migrate()
    edited = tuple(replace(step, source_checksum="0") for step in plan.steps)
    with pytest.raises(PolicyError, match=r"V1__a.sql: dev has run another text of it"):
        opened("prod").execute(replace(plan, steps=edited))
    assert len(outcomes(opened("prod").execute(opened("prod").plan()))) == 3
    assert {outcome for _, outcome in outcomes(opened("prod").execute(opened("prod").plan_rollback(to="0")))} == {
        "rolled_back"
    }, "the way back is open"


def test_execute_waits_as_long_as_it_has_to(opened: Open, script: Write, pair: Path) -> None:
    base(script)
    plan = hand_made(opened)
    opened("dev").migrate()
    gated(pair, 'min_age = "24h"')
    with pytest.raises(PolicyError, match="it has to be there for 1d"):
        opened("prod").execute(plan)
    assert opened("prod").history() == ()


def test_execute_runs_nothing_broken(opened: Open, script: Write, pair: Path) -> None:
    base(script)
    script("V2__b.sql", "CREATE SCHEMA {{ db }}.B", "SELECT 1")
    opened("dev").migrate()
    gated(pair, "verify = true")
    for work in (Project.execute, lambda project, plan: project.migrate(reviewed=plan)):
        with pytest.raises(PolicyError, match=r"a rehearsal finds broken: V2__b.sql"):
            work(opened("prod"), opened("prod").plan())
    with pytest.raises(PolicyError, match=r"a rehearsal finds broken: V2__b.sql"):
        opened("prod").promote("dev")
    assert opened("prod").history() == ()


def test_a_reviewed_plan_passes_no_gate_by(opened: Open, script: Write, pair: Path, tmp_path: Path) -> None:
    """Neither a plan of another environment's making, nor one from before a gate."""
    base(script)
    opened("dev").migrate()
    at, file = ["-C", str(pair)], tmp_path / "plan.json"
    assert run(["plan", "-e", "prod", "-o", str(file), *at]) == 0
    script("V2__later.sql", "CREATE SCHEMA {{ db }}.LATER", "DROP SCHEMA {{ db }}.LATER")
    with pytest.raises(PolicyError, match=r"V2__later.sql would not run"):
        opened("prod").migrate(reviewed=replace(hand_made(opened), history=opened("prod").plan().history))
    gated(pair, 'min_age = "24h"')
    assert run(["migrate", "-e", "prod", "--plan", str(file), *at]) == 2
    with pytest.raises(PolicyError, match=r"V1__a.sql would not run"):
        opened("prod").migrate(reviewed=options.plan(str(file)))
    assert opened("prod").history() == ()


def test_protected_asks_in_python_too(opened: Open, script: Write, pair: Path) -> None:
    base(script)
    opened("dev").migrate()
    gated(pair, "protected = true")
    plan = opened("prod").plan()
    verbs: list[Callable[[Project], object]] = [
        Project.migrate,
        Project.apply,
        lambda project: project.execute(plan),
        lambda project: project.promote("dev"),
        lambda project: project.rollback(to="0"),
        lambda project: project.baseline("1"),
        lambda project: project.repair(checksums=True),
        lambda project: project.cleanup(timedelta()),
    ]
    for verb in verbs:
        with pytest.raises(UsageError, match="the environment prod is protected") as caught:
            verb(opened("prod"))
        assert caught.value.code == "confirmation_needed"

    def refuse(plan: Plan) -> None:
        raise UsageError(f"not these {len(plan.steps)}")

    for asking in (Project.migrate, lambda project, confirm: project.promote("dev", confirm=confirm)):
        with pytest.raises(UsageError, match="not these 3"):
            asking(opened("prod"), confirm=refuse)
    with pytest.raises(UsageError, match="not these 3"):
        opened("prod").execute(plan, confirm=refuse)
    assert opened("prod").history() == ()
    opened("prod").migrate(dry_run=True)
    assert len(outcomes(opened("prod").migrate(reviewed=plan))) == 3, "somebody has looked at it"
    assert len(outcomes(opened("prod").rollback(to="0", confirm=agree))) == 2
    assert len(outcomes(opened("prod").execute(opened("prod").plan(), confirm=agree))) == 3
