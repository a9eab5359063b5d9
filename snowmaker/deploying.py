"""A deploy: preflight, lock, recovery of what died before, execution. What the verbs of `Project` share."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snowmaker import __version__, mending, planner, preflight, renderer, rollback, sql
from snowmaker.config import Environment
from snowmaker.errors import (
    AccountError,
    FailedScriptError,
    Interrupted,
    PolicyError,
    SnowmakerError,
    SourceError,
)
from snowmaker.executor import Executor, Listener, Run
from snowmaker.history import History, HistoryState
from snowmaker.keeping import Keeper
from snowmaker.ledger import Ledger
from snowmaker.lock import AccountClock, Holder, Lock, read_holder
from snowmaker.model import Applied, Directives, Finding, Kept, Plan, Result, Script, ScriptResult, Statement, Step
from snowmaker.preflight import Identity
from snowmaker.recovery import Recovery, Scripts
from snowmaker.session import SnowflakeSession

LOCK_TIMEOUT = 300.0  # seconds that a deploy waits for another
LACKS = "privileges"  # why a plan is refused that the account would refuse

Confirm = Callable[[Plan], None]
Make = Callable[[HistoryState], Plan]


@dataclass(frozen=True)
class Wish:
    """What a verb wants: `make` gives the plan for what the history says, before the lock and again under it."""

    work: str
    make: Make
    confirm: Confirm | None = None
    lock_timeout: float = LOCK_TIMEOUT
    dry_run: bool = False
    keep_going: bool = False
    listener: Listener | None = None


@dataclass(frozen=True)
class ScriptsHere:
    """What this checkout knows of the scripts that a dead run was in (recovery.Scripts).

    `scripts` render files by name in lower case, `texts` gives the stored texts of rows, `plan` what would run where
    rows were the history, `directives` those of a rollback, `returns` what comes back with one.
    """

    scripts: Mapping[str, Callable[[], Script]]
    texts: rollback.Texts
    plan: Callable[[Iterable[Applied]], Plan]
    directives: Callable[[str], Directives]
    returns: rollback.Returns

    def candidates(self, ledger: Ledger, script: str, *, undo: bool) -> list[Step]:
        """The steps that a run may have been in, as the texts are here; none where they are not."""
        if undo:
            return rollback.undo_steps(ledger, script, self.texts, self.scripts, self.directives, self.returns)
        render = self.scripts.get(script.lower())
        try:
            return [planner.script_step(render(), ledger, self._earlier)] if render else []
        except SourceError:
            return []  # it was edited since

    def suspect(self, ledger: Ledger, work: str) -> Step | None:
        """The step that would come next."""
        if work == "rollback":
            last = max(ledger.standing(), key=lambda row: row.seq or 0, default=None)
            return next(iter(self.candidates(ledger, last.script, undo=True)), None) if last else None
        return next(iter(self.plan(ledger.rows).steps), None)

    def _earlier(self, row: Applied) -> str:
        return self.texts([row]).get(row.seq or 0, ("", None))[0]


class Deployer:
    """Runs plans on an environment's account.

    With `keep`, what scripts take from tables is kept in clones. `prepare` and `resolve` deal with secrets, as the
    executor's Run and the renderer say.
    """

    def __init__(
        self,
        session: SnowflakeSession,
        connect: Callable[[], SnowflakeSession],
        history: History,
        environment: Environment,
        folder: Path,
        scripts: Scripts,
        keep: bool,
        prepare: Callable[[Statement, str], str],
        resolve: Callable[[str], str],
    ) -> None:
        self._session = session
        self._connect = connect
        self._history = history
        self._environment = environment
        self._folder = folder
        self._scripts = scripts
        self._keep = keep
        self._prepare = prepare
        self._resolve = resolve

    def deploy(self, wish: Wish) -> Result:
        """Run the plan that `wish` makes. Raises PolicyError, LockHeldError, StatementError, Interrupted, …"""
        started = time.monotonic()
        state = self._history.read()
        plan = wish.make(state)
        if not (plan.steps or plan.refusals or dead_runs(state)):
            return self._nothing(plan, started)
        if wish.dry_run or not state.dead_locks:
            refuse(plan)  # else it is known under the lock only, by what died
        if wish.confirm is not None and plan.steps and not wish.dry_run:
            wish.confirm(plan)
        identity = preflight.identify(self._session)
        roles = preflight.wanted_roles(plan)
        preflight.refuse(preflight.examine(self._session, identity, self._history.parts, state, roles))
        self._refuse_local(plan)
        if wish.dry_run:
            return self._nothing(plan, started)
        return self._under_lock(wish, plan, state, identity, started)

    def _under_lock(self, wish: Wish, seen: Plan, state: HistoryState, identity: Identity, started: float) -> Result:
        listener = wish.listener or Listener()
        before = self._session.namespace
        common = {**self._common(), "run_id": run_id()}
        run = Run(**common, prepare=self._prepare, listener=listener)
        me = self._holder(identity, run.run_id, wish.work)
        try:
            with self._locked(state, identity, me, wish.lock_timeout, listener.waiting_for_lock) as lock:
                keeper = Keeper(self._session, self._history.parts, run.run_id, before) if self._keep else None
                executor = Executor(self._session, self._history, lock, run, before, keeper)
                executor.restore(moved=state.missing_schema)
                state, died = self._recovered(lock, identity, listener.note)
                plan, completed = planner.continued(wish.make(state), Ledger.of(state.rows), died)
                refuse(plan)
                if wish.confirm is not None and _scripts(plan) - _scripts(seen):
                    wish.confirm(plan)  # another deploy changed what is to do
                result = executor.run(plan, state.next_seq, keep_going=wish.keep_going, completed=completed)
        except SnowmakerError as error:
            if error.result is not None:
                error.result = self._counted(error.result, started)
            raise
        except KeyboardInterrupt:
            raise Interrupted("interrupted before the first statement", "interrupted") from None
        return self._counted(result, started)

    def _recovered(self, lock: Lock, identity: Identity, note: Callable[[str], None]) -> tuple[HistoryState, set[str]]:
        """What the history says under the lock, and what dead runs could not write into it; and these runs."""
        state = self._history.read()
        died = {read_holder(comment).run for _, comment in state.dead_locks}
        if state.dead_locks:
            recovery = Recovery(self._session, self._history, self._scripts, note)
            state = recovery.run(state, identity.now, self._common())
            lock.check()
        return state, died

    def _common(self) -> dict[str, Any]:
        """What all rows have that this run writes."""
        commit = _git_commit(self._folder)
        return {"environment": self._environment.name, "git_commit": commit, "tool_version": __version__}

    @contextmanager
    def _locked(
        self,
        state: HistoryState,
        identity: Identity,
        me: Holder,
        timeout: float,
        waiting: Callable[[Holder, float], None],
    ) -> Iterator[Lock]:
        """The history table is there and the lock is held; both may move the session to another database."""
        self._history.ensure(state, create_database=self._environment.create_database)
        lock = self._lock(identity, me)
        try:
            lock.acquire(timeout, waiting)
            yield lock
        finally:
            lock.release()

    def _holder(self, identity: Identity, run: str, work: str) -> Holder:
        return Holder(run, identity.session_id, work=work, user=identity.user, host=socket.gethostname())

    def _lock(self, identity: Identity, me: Holder) -> Lock:
        return Lock(self._history.parts, self._session, self._connect, AccountClock(identity.now), me)

    def _counted(self, result: Result, started: float) -> Result:
        return replace(result, round_trips=self._session.requests, seconds=round(time.monotonic() - started, 3))

    def _nothing(self, plan: Plan, started: float) -> Result:
        scripts = tuple(ScriptResult(step.script, "skipped", 0, 0.0) for step in plan.steps)
        seconds = round(time.monotonic() - started, 3)
        return Result(plan.environment, "", scripts, self._session.requests, 0, seconds, plan.warnings)

    def _refuse_local(self, plan: Plan) -> None:
        errors = [finding for finding in self.local_findings(plan) if finding.level == "error"]
        if errors:
            first = errors[0]
            text = "; ".join(finding.message for finding in errors)
            raise SourceError(text, first.rule, first.hint, first.file, first.line)

    def local_findings(self, plan: Plan) -> list[Finding]:
        """Secrets that cannot be resolved, local files that are not there."""
        found: dict[str, Finding] = {}
        for step in plan.steps:
            for statement in step.statements[step.start :]:
                try:
                    sql.refuse_client_commands((statement,), step.path)
                    renderer.substitute(statement.text, self._resolve)
                except SnowmakerError as error:
                    shown = finding(error)
                    found.setdefault(error.message, replace(shown, file=step.path, line=statement.line))
                if statement.kind != "transfer":
                    continue
                for path in renderer.put_files(statement.text, self._folder):
                    if not path.exists():
                        text, hint = f"no file {path}", "PUT takes a relative path from the project's folder"
                        found.setdefault(text, Finding("local_file", "error", text, step.path, statement.line, hint))
        return list(found.values())

    def add(self, state: HistoryState, mended: Sequence[mending.Mended], confirm: Callable[[str], None] | None) -> None:
        """Add rows to the history, under the lock."""
        if confirm is not None:
            confirm("; ".join(line for _, line in mended))
        identity = preflight.identify(self._session)
        before = self._session.namespace
        common = {**self._common(), "run_id": run_id()}
        me = self._holder(identity, str(common["run_id"]), "repair")
        with self._locked(state, identity, me, LOCK_TIMEOUT, lambda holder, left: None) as lock:
            rows = self._history.rows()
            seq = replace(state, rows=rows).next_seq
            for offset, (row, _) in enumerate(mended):
                lock.check()
                self._history.add(replace(row, seq=seq + offset, **common))
        if state.missing_schema or self._session.namespace != before:
            self._session.reconnect()

    def drop(self, state: HistoryState, kept: Sequence[Kept], confirm: Callable[[str], None] | None) -> None:
        """Drop clones, under the lock."""
        if confirm is not None:
            confirm(f"{len(kept)} clones would be dropped")
        identity = preflight.identify(self._session)
        me = self._holder(identity, run_id(), "cleanup")
        with self._locked(state, identity, me, LOCK_TIMEOUT, lambda holder, left: None) as lock:
            for one in kept:
                lock.check()
                self._session.execute(f"DROP TABLE IF EXISTS {sql.quote_name(*one.name)}", fetch=False)

    def unlock(self, confirm: Callable[[str], None] | None) -> str:
        """Move a lock out of the way, whoever holds it; the renamed table keeps what recovery needs."""
        identity = preflight.identify(self._session)
        lock = self._lock(identity, self._holder(identity, run_id(), "unlock"))
        holder = lock.holder()
        if holder is None:
            return "no lock is held"
        if confirm is not None:
            confirm(f"the lock is held by {holder}")
        if not lock.take_over(holder):
            raise AccountError("the lock went away or was taken meanwhile", "lock_moved", "look again")
        return f"the lock held by {holder} was moved out of the way"


def dead_runs(state: HistoryState) -> list[Holder]:
    """The runs whose locks say that they died: what they completed may not be in the history."""
    now = datetime.now(UTC)
    holders = [(read_holder(comment), (name, comment) in state.dead_locks) for name, comment in state.locks]
    return [holder for holder, dead in holders if dead or holder.expired(now)]


def refuse(plan: Plan) -> None:
    """Raise for the first refusal of a plan, naming all."""
    if not plan.refusals:
        return
    policy, _, hint = plan.refusals[0]
    text = "; ".join(text for _, text, _ in plan.refusals)
    if policy == LACKS:
        raise AccountError(text, "missing_privileges", hint)
    if policy == "failed":
        raise FailedScriptError(text, "failed_script", hint)
    raise PolicyError(text, f"policy_{policy}", hint)


def _scripts(plan: Plan) -> set[str]:
    return {step.script for step in plan.steps}


def finding(error: SnowmakerError) -> Finding:
    """An error as something that `check` and `doctor` say."""
    return Finding(error.code, "error", error.message, error.file, error.line, error.hint)


def run_id() -> str:
    """A name for a run: when it began, and something random."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def _git_commit(folder: Path) -> str:
    """The commit that is checked out, or ''. Hooks and pagers have no say in `rev-parse`."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
