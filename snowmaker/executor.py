"""Runs a Plan on a session: statement by statement, one history row a script, the session as it was afterwards."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from snowmaker import sql
from snowmaker.errors import (
    AccountError,
    FailedScriptError,
    Interrupted,
    LockLostError,
    SnowmakerError,
    StatementError,
)
from snowmaker.history import pack
from snowmaker.ledger import recorded
from snowmaker.lock import Holder
from snowmaker.model import Applied, Outcome, Plan, Result, ScriptResult, Statement, Step
from snowmaker.resuming import durable, session_again
from snowmaker.session import LOST, Answer, Cancelled, Namespace, Session, as_reported

TAGGED_NAME = 200  # characters of a very long script name that a tag keeps
TAG_LIMIT = 2000  # characters; https://docs.snowflake.com/en/sql-reference/parameters#query-tag
ERROR_LIMIT = 10_000  # characters of an error's text that a history row keeps
INSUFFICIENT_PRIVILEGES = 3001
# what a task or an alert needs to be started: https://docs.snowflake.com/en/user-guide/tasks-intro#task-security
_RUNS = re.compile(r"(EXECUTE (?:MANAGED )?(?:TASK|ALERT)) privilege must be granted")
UNRECORDED = "the failure could not be recorded in the history"
LEFT = "run it again: it finds out what was done, and goes on after that"


class Listener:
    """Told of a run's progress; override what is of use. Must not raise."""

    def script_started(self, step: Step, number: int, of: int) -> None:
        """A script is about to run."""

    def statement_started(self, step: Step, statement: Statement, number: int, of: int) -> None:
        """A statement is about to be sent."""

    def statement_done(
        self, step: Step, statement: Statement, number: int, of: int, seconds: float, rows: int | None
    ) -> None:
        """A statement has succeeded."""

    def script_done(self, step: Step, result: ScriptResult) -> None:
        """A script has ended, well or not."""

    def waiting_for_lock(self, holder: Holder, seconds: float) -> None:
        """Another deploy holds the lock; so many seconds of patience are left."""

    def note(self, text: str) -> None:
        """Something worth a line."""


@dataclass(frozen=True)
class Run:
    """What every row of a run has in common, and what is handed in.

    `prepare` makes of a statement what is sent: secrets in, local paths made absolute. `redact` takes the secrets
    out of what the account answers: its error may quote the statement.
    """

    run_id: str
    environment: str
    git_commit: str
    tool_version: str
    prepare: Callable[[Statement, str], str]
    listener: Listener


class Records(Protocol):
    """What keeps the rows of a run: the history, or nothing."""

    def add(self, row: Applied) -> None:
        """Keep a row."""


class Guard(Protocol):
    """What says that a run may go on: the lock, or nothing."""

    def check(self) -> None:
        """Raise LockLostError where it may not."""

    def moved(self, session: Session) -> None:
        """The run goes on with another session."""

    def remember(self, text: str) -> None:
        """Keep a text for the next run, where this one dies."""

    def leave(self) -> None:
        """The run ends without knowing what it has done: keep what tells the next run."""


class Keeper(Protocol):
    """What keeps the rows that a script takes away."""

    def keep(self, step: Step, seq: int) -> None:
        """Keep them, before the script runs."""


class Executor:
    """Executes plans under a lock that is held. After each script the session is as `before` says."""

    def __init__(
        self,
        session: Session,
        history: Records,
        lock: Guard,
        run: Run,
        before: Namespace,
        keeper: Keeper | None = None,
    ) -> None:
        self._keeper = keeper
        self._session = session
        self._history = history
        self._lock = lock
        self._run = run
        self._before = before
        self._results: list[ScriptResult] = []
        self._sent = 0
        self._started = time.monotonic()

    def run(self, plan: Plan, next_seq: int, *, keep_going: bool = False, completed: Sequence[Step] = ()) -> Result:
        """Run every step in order. What was done until an error is in the error's `result`.

        `completed` are steps of a run that died, which this one goes on for. With `keep_going`, a repeatable or always
        script that fails does not end the run: it is told of at the end. Raises StatementError, FailedScriptError,
        LockLostError, Interrupted and whatever the session raises.
        """
        failed: list[tuple[Step, SnowmakerError]] = []
        self._results += [ScriptResult(step.script, "resumed", len(step.statements), 0.0) for step in completed]
        for number, step in enumerate(plan.steps, 1):
            self._run.listener.script_started(step, number, len(plan.steps))
            try:
                self._script(step, next_seq + number - 1)
            except SnowmakerError as error:
                if keep_going and _harmless(step, error):
                    failed.append((step, error))
                    continue
                rest = [ScriptResult(later.script, "skipped", 0, 0.0) for later in plan.steps[number:]]
                error.result = self._result(plan, rest)
                raise
        result = self._result(plan, [])
        if failed:
            raise _all_failed(failed, result)
        return result

    def restore(self, *, anew: bool = False, moved: bool = False) -> None:
        """Make the session what it was: by USE, or by a new connection for what USE cannot bring back.

        `moved`: a CREATE or DROP of a database or schema has changed what is in use. Connector 4.x does not hear of
        that, so its attributes say nothing then.
        """
        before, now = self._before, self._session.namespace
        if moved:
            now = replace(now, database=None, schema=None)
        no_database = not before.database and (moved or now.database)
        no_schema = not before.schema and now.schema and now.database == before.database
        if anew or no_database or no_schema:
            self._session.reconnect()
            self._lock.moved(self._session)
        else:
            self._use(now)

    def _use(self, now: Namespace) -> None:
        for text in use_statements(now, self._before):
            self._session.execute(text, counted=False, fetch=False)

    def _script(self, step: Step, seq: int) -> None:
        work = _Work(self._session, self._lock, self._run, step)
        started = time.monotonic()
        error: SnowmakerError
        try:
            if step.kind == "component" or step.action == "undo":  # no file has its text
                self._lock.check()
                self._lock.remember(pack(json.dumps(Plan("", (step,)).to_json(), ensure_ascii=False)))
            work.assume_role()
            if self._keeper is not None:
                self._keeper.keep(step, seq)
            work.perform()
            self._settle(step, seq, work, started)
        except KeyboardInterrupt:
            error = Interrupted(f"interrupted in {step.script}", "interrupted", _resume_hint(step, work.done))
        except SnowmakerError as failure:
            error = failure
            work.unsure = work.unsure and isinstance(failure, AccountError)
        else:
            self._finish(step, work, started)
            return
        self._sent += work.sent
        self._results.append(_script_result(step, "failed", work, started, error.message))
        self._run.listener.script_done(step, self._results[-1])
        if work.unsure or isinstance(error, LockLostError):
            self._lock.leave()
            error.hint = LEFT
        else:
            self._record_failure(step, seq, work, started, error)
        raise error

    def _settle(self, step: Step, seq: int, work: _Work, started: float) -> None:
        """Session state back, then the history row: it is written by the connection's role, not the script's."""
        work.refuse_open_transaction()
        self._lock.check()
        work.unsure = True
        if work.in_transaction:  # a new connection would lose it
            self._use(self._session.namespace)
            self._record(step, seq, work, started, None)
            work.commit()
            self._restore_after(step)
        else:
            self._restore_after(step)
            self._record(step, seq, work, started, None)

    def _restore_after(self, step: Step) -> None:
        changes = {sql.changes_session(statement.text) for statement in step.statements[step.start :]}
        self.restore(anew="parameters" in changes, moved="use" in changes)

    def _finish(self, step: Step, work: _Work, started: float) -> None:
        outcome: Outcome = {"undo": "rolled_back", "resume": "resumed"}.get(step.action, "applied")  # type: ignore[assignment]
        self._sent += work.sent
        self._results.append(_script_result(step, outcome, work, started))
        self._run.listener.script_done(step, self._results[-1])

    def _record_failure(self, step: Step, seq: int, work: _Work, started: float, error: SnowmakerError) -> None:
        """Write the Failed row; where that fails too, the first error is the one to tell, with this in its hint."""
        try:
            work.abandon_transaction()
            self._restore_after(step)
            self._lock.check()
            self._record(step, seq, work, started, error)
        except AccountError as second:
            self._lock.leave()
            error.hint = f"{error.hint}; {UNRECORDED}: {second.message}".strip("; ")

    def _record(self, step: Step, seq: int, work: _Work, started: float, error: SnowmakerError | None) -> None:
        row = recorded(
            step,
            work.done,
            _error_text(error) if error else "",
            execution_time=round(time.monotonic() - started),
            seq=seq,
            run_id=self._run.run_id,
            environment=self._run.environment,
            query_ids=tuple(work.query_ids),
            git_commit=self._run.git_commit,
            tool_version=self._run.tool_version,
        )
        self._history.add(row)

    def _result(self, plan: Plan, rest: list[ScriptResult]) -> Result:
        return Result(
            plan.environment,
            self._run.run_id,
            (*self._results, *rest),
            self._session.requests,
            self._sent,
            round(time.monotonic() - self._started, 3),
            plan.warnings,
        )


class _Work:
    """One script's statements, and how far they have come; `unsure` while an answer is waited for."""

    def __init__(self, session: Session, lock: Guard, run: Run, step: Step) -> None:
        self._session = session
        self._lock = lock
        self._run = run
        self._step = step
        self.in_transaction = False
        self.unsure = False
        self.done = step.start
        self.sent = 0
        self.query_ids: list[str] = []

    def assume_role(self) -> None:
        """The role that the script asks for."""
        step = self._step
        sql.refuse_client_commands(step.statements, step.path)
        if step.directives.role:
            self._session.execute(f"USE ROLE {sql.quote_name(*sql.parse_name(step.directives.role))}", fetch=False)

    def perform(self) -> None:
        """Send the statements that are not done yet."""
        step = self._step
        if step.directives.transaction:
            self._session.execute("BEGIN TRANSACTION", fetch=False)
            self.in_transaction = True
        self._restore_session()
        for statement in step.statements[step.start :]:
            self._send(statement)

    def _restore_session(self) -> None:
        """A script that goes on finds the session as its first statements had left it."""
        for statement in self._step.statements[: self._step.start]:
            text, must = session_again(statement.text)
            if text:
                sent = self._run.prepare(replace(statement, text=text), self._step.path)
                with nullcontext() if must else suppress(StatementError):
                    self._session.execute(sent, fetch=False)

    def commit(self) -> None:
        """The script of a `transaction=on` and its row happen, together."""
        self._session.execute("COMMIT", fetch=False)
        self.in_transaction = False

    def abandon_transaction(self) -> None:
        """Roll back what the script or its `transaction=on` has open: that did not happen."""
        stays = 0 if self.in_transaction else max(durable(self._step.statements[: self.done]), self._step.start)
        if self.in_transaction or stays < self.done:
            self._session.execute("ROLLBACK", fetch=False)
            self.in_transaction = False
            self.done = stays

    def refuse_open_transaction(self) -> None:
        """A script must not leave a transaction open behind it.

        https://docs.snowflake.com/en/sql-reference/functions/current_transaction
        """
        step = self._step
        suspects = {statement.kind for statement in step.statements} & {"transaction", "block", "unknown"}
        if self.in_transaction or not suspects:
            return
        if self._session.execute("SELECT CURRENT_TRANSACTION()", counted=False).rows[0][0] is None:
            return
        self._session.execute("ROLLBACK", counted=False, fetch=False)
        raise StatementError(
            "the script ended inside an open transaction, which was rolled back",
            code="open_transaction",
            hint="end it with COMMIT, or use `-- snowmaker: transaction=on` instead of BEGIN",
            file=step.path,
            line=step.statements[-1].line,
        )

    def _send(self, statement: Statement) -> None:
        step, number, of = self._step, self.done + 1, len(self._step.statements)
        self._run.listener.statement_started(step, statement, number, of)
        started = time.monotonic()
        text = self._run.prepare(statement, step.path)
        self._lock.check()
        answer = self._heard(text, statement, self._tag(statement, number, of))
        seconds = time.monotonic() - started
        self._run.listener.statement_done(step, statement, number, of, seconds, answer.rowcount)

    def _heard(self, text: str, statement: Statement, tag: str) -> Answer:
        """Send a statement and hear what came of it. What is repeated anyway is never unsure."""
        transfer = statement.kind == "transfer"
        self.unsure = not transfer
        try:
            answer = self._session.execute(text, tag=tag, fetch=False, transfer=transfer)
        except Cancelled as stop:
            self.unsure = self.unsure and not stop.ended
            if stop.answer is not None:
                self._done(stop.answer)
            raise
        except StatementError as error:
            self.unsure = self.unsure and error.code == LOST
            raise self._explained(error, statement) from error
        self.unsure = False
        self._done(answer)
        return answer

    def _done(self, answer: Answer) -> None:
        self.done += 1
        self.sent += 1
        self.query_ids.append(answer.query_id)

    def _tag(self, statement: Statement, number: int, of: int) -> str:
        """What tells the next run what this one did, where it cannot say so itself (recovery.py)."""
        step = self._step
        tag = {
            "tool": "snowmaker",
            "run": self._run.run_id,
            "script": step.script,
            "statement": number,
            "of": of,
            "checksum": statement.checksum,
            **({"undo": True} if step.action == "undo" else {}),
            **({"transaction": True} if step.directives.transaction else {}),
        }
        text = json.dumps(tag, ensure_ascii=False)
        return text if len(text) <= TAG_LIMIT else json.dumps({**tag, "script": step.script[:TAGGED_NAME]})

    def _explained(self, error: StatementError, statement: Statement) -> StatementError:
        error.file, error.line = self._step.path, statement.line
        error.statement = statement.text
        error.done, error.of = self.done, len(self._step.statements)
        hint = _resume_hint(self._step, self.done)
        if runs := _RUNS.search(error.message):
            hint = f"GRANT {runs[1]} ON ACCOUNT to the role that owns it: at first only ACCOUNTADMIN has it; {hint}"
        elif error.errno == INSUFFICIENT_PRIVILEGES:
            role = self._session.namespace.role
            hint = f"role {role} lacks a privilege: grant it, or say `-- snowmaker: role=…`; {hint}"
        error.hint = hint
        return error


def _harmless(step: Step, error: SnowmakerError) -> bool:
    """Whether a run may go on after this failure: the script runs again anyway, and what it did is recorded."""
    known = isinstance(error, StatementError) and error.hint != LEFT and UNRECORDED not in error.hint
    return step.kind in ("repeatable", "always") and step.action != "undo" and known


def _all_failed(failed: Sequence[tuple[Step, SnowmakerError]], result: Result) -> SnowmakerError:
    """The one failure, or one error that lists them."""
    first = failed[0][1]
    first.result = result
    if len(failed) == 1:
        return first
    text = "; ".join(f"{step.script}: {error.message}" for step, error in failed)
    said, hint = f"{len(failed)} scripts failed: {text}", "correct them and run again"
    return FailedScriptError(said, "scripts_failed", hint, first.file, first.line, result=result)


def use_statements(now: Namespace, before: Namespace) -> list[str]:
    """The USE statements that lead from one namespace to another, as far as USE can."""
    found = []
    if before.role and before.role != now.role:
        found.append(f"USE ROLE {as_reported(before.role)}")
    if before.warehouse and before.warehouse != now.warehouse:
        found.append(f"USE WAREHOUSE {as_reported(before.warehouse)}")
    if before.database and (before.database, before.schema) != (now.database, now.schema):
        if before.schema:
            found.append(f"USE SCHEMA {as_reported(before.database)}.{as_reported(before.schema)}")
        else:
            found.append(f"USE DATABASE {as_reported(before.database)}")
    return found


def _resume_hint(step: Step, done: int) -> str:
    if done == 0 or step.kind not in ("versioned", "component"):
        return "correct the script and run again"
    script = shlex.quote(step.script)
    if step.action == "undo":
        return (
            f"{done} of {len(step.statements)} statements of the rollback are done: see why, then "
            f"`snowmaker repair {script} --done {done}` and `snowmaker rollback` again, which goes on there"
        )
    return (
        f"{done} of {len(step.statements)} statements are done: correct the rest and "
        f"`snowmaker repair {script} --done {done}`, or take it back with `snowmaker rollback`"
    )


def _error_text(error: SnowmakerError) -> str:
    number = f"{error.errno:06d} ({error.sqlstate}): " if error.errno else ""
    where = f" [{error.where}]" if error.file else ""
    return (number + error.message)[:ERROR_LIMIT] + where


def _script_result(step: Step, outcome: Outcome, work: _Work, started: float, error: str = "") -> ScriptResult:
    return ScriptResult(step.script, outcome, work.done, round(time.monotonic() - started, 3), error)
