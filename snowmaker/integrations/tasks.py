"""The verbs as functions that an orchestrator runs as tasks: plain text in, JSON out, progress in the log.

Airflow, Dagster and Prefect each make a task of a function: `PythonOperator(python_callable=migrate, …)` or `@task`,
`@op`, `@task`. What a task hands on is what the command's `--json` prints (DESIGN.md §5), so it fits an XCom or an
artifact; a run that fails raises SnowmakerError, in which no secret stands. Progress goes to the logger `snowmaker`:
Airflow shows it with the task, Dagster by `managed_python_loggers`, Prefect by PREFECT_LOGGING_EXTRA_LOGGERS. Nobody is
asked anything: what has to be agreed to is an argument.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from snowmaker import confirmation, values
from snowmaker.errors import PolicyError
from snowmaker.executor import Listener
from snowmaker.lock import Holder
from snowmaker.model import ScriptResult, Statement, Step
from snowmaker.progress import summary
from snowmaker.project import LOCK_TIMEOUT, Project

log = logging.getLogger("snowmaker")


def migrate(
    folder: str,
    environment: str,
    *,
    variables: Mapping[str, Any] | None = None,
    yes: bool = False,
    allow_destructive: bool = False,
    lock_timeout: float = LOCK_TIMEOUT,
) -> dict[str, Any]:
    """Run what is pending; what ran, as `snowmaker migrate --json` has it. Raises what `Project.migrate` raises.

    `yes` is for a protected environment, `allow_destructive` for what could lose data: UsageError where they lack.
    """
    with Project(folder, environment=environment, variables=variables) as project:
        confirm = confirmation.migration(project, yes=yes, allow_destructive=allow_destructive, as_json=True)
        return _json(project.migrate(confirm=confirm, lock_timeout=lock_timeout, listener=Logged()))


def promote(
    folder: str,
    origin: str,
    environment: str,
    *,
    yes: bool = False,
    allow_destructive: bool = False,
    lock_timeout: float = LOCK_TIMEOUT,
) -> dict[str, Any]:
    """Run in `environment` what `origin` has run; what ran, as `migrate`."""
    with Project(folder, environment=environment) as project:
        confirm = confirmation.migration(project, yes=yes, allow_destructive=allow_destructive, as_json=True)
        return _json(project.promote(origin, confirm=confirm, lock_timeout=lock_timeout, listener=Logged()))


def status(folder: str, environment: str) -> dict[str, Any]:
    """The scripts and their states, as `snowmaker status --json` has them: what a sensor looks at."""
    with Project(folder, environment=environment) as project:
        return {"environment": environment, "scripts": [_json(one) for one in project.status()]}


def test(folder: str, environment: str) -> dict[str, Any]:
    """Judge the checks on the account, by queries alone, as `snowmaker test -e` does.

    Raises PolicyError `checks_failed`, which names each that failed or could not be judged.
    """
    with Project(folder, environment=environment) as project:
        found = project.test()
    failed = [one for one in found.checks if one.outcome != "passed"]
    if failed:
        text = "; ".join(f"{one.check}: {one.detail or one.outcome}" for one in failed)
        raise PolicyError(text, "checks_failed", file=failed[0].file, line=failed[0].line)
    return _json(found)


def _json(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = values.jsonable(asdict(value))
    return found


class Logged(Listener):
    """Progress as records of the logger `snowmaker`: a line per script and per statement."""

    def script_started(self, step: Step, number: int, of: int) -> None:
        """`[2/7] V2__orders.sql: run`."""
        log.info("[%d/%d] %s: %s", number, of, step.script, step.action)

    def statement_done(
        self, step: Step, statement: Statement, number: int, of: int, seconds: float, rows: int | None
    ) -> None:
        """`V2__orders.sql 1/3 CREATE TABLE … (0.21 s)`: with placeholders, as it is written."""
        log.info("%s %d/%d %s (%.2f s)", step.script, number, of, summary(statement), seconds)

    def script_done(self, step: Step, result: ScriptResult) -> None:
        """Only a failure is worth a line more."""
        if result.outcome == "failed":
            log.error("%s: failed after %d statements", step.script, result.statements)

    def waiting_for_lock(self, holder: Holder, seconds: float) -> None:
        """Who is waited for, and how long at most."""
        log.info("waiting up to %.0f s for the lock, held by %s", seconds, holder)

    def note(self, text: str) -> None:
        """A line as it is."""
        log.info("%s", text)
