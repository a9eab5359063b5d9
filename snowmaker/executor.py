"""Runs a Plan on a session: statement by statement, one history row a script, the session as it was afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from snowmaker import sql
from snowmaker.errors import AccountError, Interrupted, SnowmakerError, StatementError
from snowmaker.history import History
from snowmaker.lock import Holder, Lock
from snowmaker.model import Applied, Outcome, Plan, Result, ScriptResult, Statement, Step
from snowmaker.planner import TYPES
from snowmaker.session import Namespace, Session

TAG_LIMIT = 2000  # characters; https://docs.snowflake.com/en/sql-reference/parameters#query-tag
ERROR_LIMIT = 10_000  # characters of an error's text that a history row keeps
INSUFFICIENT_PRIVILEGES = 3001


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
    redact: Callable[[str], str]
    listener: Listener


class Executor:
    """Executes plans under a lock that is held. After each script the session is as `before` says."""

    def __init__(self, session: Session, history: History, lock: Lock, run: Run, before: Namespace) -> None:
        self._session = session
        self._history = history
        self._lock = lock
        self._run = run
        self._before = before
        self._results: list[ScriptResult] = []
        self._sent = 0
        self._started = time.monotonic()

    def run(self, plan: Plan, next_seq: int) -> Result:
        """Run every step in order. What was done until an error is in the error's `result`.

        Raises StatementError, LockLostError, Interrupted and whatever the session raises.
        """
        for number, step in enumerate(plan.steps, 1):
            self._run.listener.script_started(step, number, len(plan.steps))
            try:
                self._script(step, next_seq + number - 1)
            except SnowmakerError as error:
                rest = [ScriptResult(later.script, "skipped", 0, 0.0) for later in plan.steps[number:]]
                error.result = self._result(plan, rest)
                raise
        return self._result(plan, [])

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
            work.perform()
            self._settle(step, seq, work, started)
        except KeyboardInterrupt:
            error = Interrupted(f"interrupted in {step.script}", "interrupted", _resume_hint(step, work.done))
        except SnowmakerError as failure:
            error = failure
        else:
            self._finish(step, work, started)
            return
        self._sent += work.sent
        self._results.append(_script_result(step, "failed", work, started, error.message))
        self._run.listener.script_done(step, self._results[-1])
        self._record_failure(step, seq, work, started, error)
        raise error

    def _settle(self, step: Step, seq: int, work: _Work, started: float) -> None:
        """Session state back, then the history row: it is written by the connection's role, not the script's."""
        work.refuse_open_transaction()
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
            self._record(step, seq, work, started, error)
        except AccountError as second:
            error.hint = f"{error.hint}; the failure could not be recorded in the history: {second.message}".strip("; ")

    def _record(self, step: Step, seq: int, work: _Work, started: float, error: SnowmakerError | None) -> None:
        undo = step.action == "undo"
        self._history.add(
            Applied(
                script=step.script,
                script_type="U" if undo else TYPES[step.kind],
                version=step.version,
                description=step.description,
                checksum=step.checksum,
                status="Failed" if error else "Success",
                installed_by="",
                installed_on=None,
                execution_time=round(time.monotonic() - started),
                seq=seq,
                run_id=self._run.run_id,
                environment=self._run.environment,
                source_checksum=step.source_checksum,
                statements=len(step.statements),
                statements_done=work.done,
                query_ids=tuple(work.query_ids),
                error=_error_text(error) if error else "",
                script_text=step.script_text,
                rollback_text=step.rollback_text,
                git_commit=self._run.git_commit,
                tool_version=self._run.tool_version,
            )
        )

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
    """One script's statements, and how far they have come."""

    def __init__(self, session: Session, lock: Lock, run: Run, step: Step) -> None:
        self._session = session
        self._lock = lock
        self._run = run
        self._step = step
        self.in_transaction = False
        self.done = step.start
        self.sent = 0
        self.query_ids: list[str] = []

    def perform(self) -> None:
        """Send the statements that are not done yet."""
        step = self._step
        sql.refuse_client_commands(step.statements, step.path)
        if step.directives.role:
            self._session.execute(f"USE ROLE {sql.quote_name(*sql.parse_name(step.directives.role))}", fetch=False)
        if step.directives.transaction:
            self._session.execute("BEGIN TRANSACTION", fetch=False)
            self.in_transaction = True
        for statement in step.statements[step.start :]:
            self._send(statement)

    def commit(self) -> None:
        """The script of a `transaction=on` and its row happen, together."""
        self._session.execute("COMMIT", fetch=False)
        self.in_transaction = False

    def abandon_transaction(self) -> None:
        """Roll back what `transaction=on` has open: none of the script happened."""
        if self.in_transaction:
            self._session.execute("ROLLBACK", fetch=False)
            self.in_transaction = False
            self.done = 0

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
        self._lock.check()
        self._run.listener.statement_started(step, statement, number, of)
        started = time.monotonic()
        text = self._run.prepare(statement, step.path)
        try:
            answer = self._session.execute(
                text, tag=self._tag(statement, number, of), fetch=False, transfer=statement.kind == "transfer"
            )
        except StatementError as error:
            raise self._explained(error, statement) from error
        self.done += 1
        self.sent += 1
        self.query_ids.append(answer.query_id)
        seconds = time.monotonic() - started
        self._run.listener.statement_done(step, statement, number, of, seconds, answer.rowcount)

    def _tag(self, statement: Statement, number: int, of: int) -> str:
        tag = {
            "tool": "snowmaker",
            "run": self._run.run_id,
            "script": self._step.script,
            "statement": number,
            "of": of,
            "checksum": statement.checksum,
        }
        text = json.dumps(tag, ensure_ascii=False)
        return text if len(text) <= TAG_LIMIT else json.dumps({**tag, "script": self._step.script[:200]})

    def _explained(self, error: StatementError, statement: Statement) -> StatementError:
        error.message = self._run.redact(error.message)
        error.file, error.line = self._step.path, statement.line
        error.statement = statement.text
        error.done, error.of = self.done, len(self._step.statements)
        hint = _resume_hint(self._step, self.done)
        if error.errno == INSUFFICIENT_PRIVILEGES:
            role = self._session.namespace.role
            hint = f"role {role} lacks a privilege: grant it, or say `-- snowmaker: role=…`; {hint}"
        error.hint = hint
        return error


def use_statements(now: Namespace, before: Namespace) -> list[str]:
    """The USE statements that lead from one namespace to another, as far as USE can."""
    found = []
    if before.role and before.role != now.role:
        found.append(f"USE ROLE {_identifier(before.role)}")
    if before.warehouse and before.warehouse != now.warehouse:
        found.append(f"USE WAREHOUSE {_identifier(before.warehouse)}")
    if before.database and (before.database, before.schema) != (now.database, now.schema):
        if before.schema:
            found.append(f"USE SCHEMA {_identifier(before.database)}.{_identifier(before.schema)}")
        else:
            found.append(f"USE DATABASE {_identifier(before.database)}")
    return found


def _identifier(name: str) -> str:
    """The driver reports a name that needs quotes with them, on some versions."""
    return name if name.startswith('"') else sql.quote_identifier(name)


def _resume_hint(step: Step, done: int) -> str:
    if done == 0 or step.kind != "versioned":
        return "correct the script and run again"
    if step.action == "undo":
        return f"{done} statements of the rollback are done: finish it by hand, then `snowmaker rollback` again"
    return (
        f"{done} of {len(step.statements)} statements are done: correct the rest and "
        f"`snowmaker repair {step.script} --done {done}`, or take it back with `snowmaker rollback`"
    )


def _error_text(error: SnowmakerError) -> str:
    number = f"{error.errno:06d} ({error.sqlstate}): " if error.errno else ""
    where = f" [{error.where}]" if error.file else ""
    return (number + error.message)[:ERROR_LIMIT] + where


def _script_result(step: Step, outcome: Outcome, work: _Work, started: float, error: str = "") -> ScriptResult:
    return ScriptResult(step.script, outcome, work.done, round(time.monotonic() - started, 3), error)
