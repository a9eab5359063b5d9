"""Project: the verbs. What the command line, integrations and users call.

    with snowmaker.Project("dir", environment="dev") as project:
        project.migrate()

Every verb returns the frozen values of `snowmaker.model`. A verb that asks first takes `confirm`, a callable that
gets the plan and raises to refuse.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from snowmaker import __version__, config, loader, planner, sql
from snowmaker.config import Environment
from snowmaker.errors import (
    AccountError,
    FailedScriptError,
    Interrupted,
    PolicyError,
    SnowmakerError,
    SourceError,
    StatementError,
    UsageError,
)
from snowmaker.model import (
    Applied,
    Finding,
    Plan,
    Result,
    Script,
    ScriptResult,
    ScriptStatus,
    Source,
    Statement,
)
from snowmaker.planner import REPAIRED, Ledger, Target

if TYPE_CHECKING:
    from snowmaker.executor import Listener
    from snowmaker.history import History, HistoryState
    from snowmaker.lock import Lock
    from snowmaker.preflight import Identity
    from snowmaker.renderer import Renderer
    from snowmaker.sandbox import Account
    from snowmaker.session import SnowflakeSession

LOCK_TIMEOUT = 300.0  # seconds that a deploy waits for another

Confirm = Callable[[Plan], None]


class Project:
    """A folder with `snowmaker.toml`, seen for one environment.

    `environment` and `connection` are what a flag would say; `variables` win over those of the files. Use it as a
    context manager: it closes its session (and the sandbox, when it started one). Raises ConfigError.
    """

    def __init__(
        self,
        folder: str | Path = ".",
        *,
        environment: str | None = None,
        connection: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.settings = config.load(self.folder)
        self._flag = environment
        self._connection = connection
        self.environment: Environment = config.resolve(self.settings, environment, variables or {})
        self._session: SnowflakeSession | None = None
        self._account: Account | None = None
        self._sent_secrets: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the session and the sandbox, when this project opened them."""
        session, self._session = self._session, None
        account, self._account = self._account, None
        if session is not None:
            session.close()
        if account is not None:
            account.close()

    # files

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The migration files, in running order: versioned, repeatable, always."""
        return loader.load(self.folder, self.settings)

    @cached_property
    def _renderer(self) -> Renderer:
        from snowmaker.renderer import Renderer

        return Renderer(self.settings, self.environment)

    @cached_property
    def _rendered(self) -> dict[str, Script]:
        return {}

    def _render(self, source: Source) -> Script:
        if source.script not in self._rendered:
            self._rendered[source.script] = self._renderer.render(source)
        return self._rendered[source.script]

    def render(self, scripts: Iterable[str] = ()) -> tuple[Script, ...]:
        """The scripts, or those named, rendered for the environment; offline. Raises SourceError, UsageError."""
        wanted = [name.lower().removesuffix(".sql") for name in scripts]
        known = {source.script.lower().removesuffix(".sql"): source for source in self.sources}
        for name in wanted:
            if name not in known:
                raise UsageError(f"no script {name}", "unknown_script", "`snowmaker status` lists them")
        chosen = [known[name] for name in wanted] if wanted else list(self.sources)
        return tuple(self._render(source) for source in chosen)

    def check(self) -> tuple[Finding, ...]:
        """What is wrong with the files: names, directives, templates, splitting, missing rollbacks; offline."""
        try:
            sources = self.sources
        except SourceError as error:
            return (_finding(error),)
        found: list[Finding] = []
        for source in sources:
            try:
                script = self._render(source)
                sql.refuse_client_commands(script.statements, script.path)
            except SourceError as error:
                found.append(_finding(error))
                continue
            found += _rollback_findings(source, self.settings.policy.rollback)
        return tuple(found)

    def new(
        self,
        description: str,
        *,
        template: str | None = None,
        values: Mapping[str, str] | None = None,
        repeatable: bool = False,
        always: bool = False,
        version: str | None = None,
    ) -> tuple[Path, ...]:
        """Write a script and its rollback; the paths written."""
        from snowmaker import authoring

        return authoring.new(
            self.folder,
            self.settings,
            description,
            template=template,
            values=values,
            repeatable=repeatable,
            always=always,
            version=version,
        )

    @staticmethod
    def init(folder: str | Path, *, example: bool = False) -> tuple[Path, ...]:
        """Begin a project in a folder, or write the example project there; the paths written."""
        from snowmaker import authoring

        return authoring.init(Path(folder), example=example)

    # reading the account

    @property
    def session(self) -> SnowflakeSession:
        """The session of this environment, opened at the first use. Raises ConnectError, ConfigError."""
        if self._session is None:
            self._session = self._connect()
        return self._session

    @cached_property
    def _options(self) -> dict[str, Any]:
        if self._connection is None and self.environment.is_sandbox:
            from snowmaker import sandbox

            self._account = sandbox.open_account(self.folder / ".snowmaker" / "sandbox")
            return self._account.connection()
        return config.connection_options(self.environment, self._connection)

    def _connect(self) -> SnowflakeSession:
        from snowmaker.session import open_session

        return open_session(self._options)

    @cached_property
    def _history(self) -> History:
        from snowmaker.history import History

        return History(self.session, self.environment.history, self.settings.name, self.environment.name)

    def status(self) -> tuple[ScriptStatus, ...]:
        """Each script and its state; writes nothing."""
        state = self._history.read()
        return planner.statuses(self.sources, Ledger.of(state.rows), self._render, self.environment.name)

    def history(self, *, limit: int | None = None) -> tuple[Applied, ...]:
        """The rows of the history, oldest first; with `limit` the newest ones. Writes nothing."""
        rows = self._history.read().rows
        return rows[-limit:] if limit else rows

    def plan(self, *, to: str | None = None, out_of_order: bool | None = None) -> Plan:
        """What `migrate` would do; writes nothing. What a policy refuses is in `refusals`."""
        return self._plan(self._history.read(), to, out_of_order)

    def _plan(self, state: HistoryState, to: str | None, out_of_order: bool | None = None) -> Plan:
        policy = self.settings.policy
        if out_of_order:
            policy = replace(policy, out_of_order="allow")
        plan = planner.plan_migrate(
            self.sources,
            Ledger.of(state.rows),
            self._render,
            self.environment.name,
            policy,
            to=to,
            earlier_text=self._earlier_text,
        )
        return planner.refuse_history_containers(plan, self._history.parts)

    def _earlier_text(self, row: Applied) -> str:
        return self._texts([row]).get(row.seq or 0, ("", None))[0]

    def _texts(self, rows: Iterable[Applied]) -> dict[int, tuple[str, str | None]]:
        return self._history.texts(row.seq for row in rows if row.seq is not None)

    def plan_rollback(
        self,
        *,
        steps: int | None = None,
        to: str | None = None,
        run: str | None = None,
        from_files: bool = False,
    ) -> Plan:
        """What `rollback` would do; writes nothing."""
        return self._plan_rollback(self._history.read(), Target(steps, to, run), from_files)

    def _plan_rollback(self, state: HistoryState, target: Target, from_files: bool) -> Plan:
        scripts = {source.script.lower(): _later(self._render, source) for source in self.sources}
        plan = planner.plan_rollback(
            Ledger.of(state.rows),
            self.environment.name,
            target,
            self._texts,
            scripts,
            lambda text: loader.read_directives(text, "rollback"),
            from_files=from_files,
        )
        return planner.refuse_history_containers(plan, self._history.parts)

    def query(self, text: str, *, file: str = "") -> list[dict[str, Any]]:
        """Run the statements of a text in order; the rows of the last one. Nothing goes to the history."""
        statements = sql.split(text, file)
        sql.refuse_client_commands(statements, file)
        rows: list[dict[str, Any]] = []
        for statement in statements:
            prepared = self._prepare(statement, file)
            try:
                answer = self.session.execute(prepared, transfer=statement.kind == "transfer")
            except StatementError as error:
                error.message = self._redact(error.message)
                error.statement, error.file, error.line = statement.text, file, statement.line
                raise
            rows = answer.records()
        return rows

    def doctor(self) -> tuple[Finding, ...]:
        """Whether a run could begin: connection, warehouse, roles, history, lock, secrets, files. Writes nothing."""
        from snowmaker import preflight

        identity = preflight.identify(self.session)
        state = self._history.read()
        findings = [Finding("connection", "ok", f"user {identity.user}, role {identity.role}")]
        findings += list(self.check())
        try:
            plan = self._plan(state, None)
            roles = preflight.wanted_roles(plan)
            findings += self._local_findings(plan)
        except SourceError:
            roles = set()  # `check` has said it
        findings += preflight.examine(self.session, identity, self._history.parts, state, roles)
        findings += [
            Finding("lock", "warning", f"{name}: {_holder_text(comment)}", hint="`snowmaker unlock` if it is dead")
            for name, comment in state.locks
        ]
        return tuple(findings)

    # changing the account

    def migrate(
        self,
        *,
        to: str | None = None,
        out_of_order: bool | None = None,
        confirm: Confirm | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        dry_run: bool = False,
        listener: Listener | None = None,
    ) -> Result:
        """Bring the account up to date. Raises PolicyError, LockHeldError, StatementError, Interrupted, …"""

        def make(state: HistoryState) -> Plan:
            return self._plan(state, to, out_of_order)

        return self._deploy(make, confirm, lock_timeout, dry_run, listener)

    def rollback(
        self,
        *,
        steps: int | None = None,
        to: str | None = None,
        run: str | None = None,
        from_files: bool = False,
        confirm: Confirm | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        listener: Listener | None = None,
    ) -> Result:
        """Take back what `plan_rollback` names, newest first."""
        target = Target(steps, to, run)

        def make(state: HistoryState) -> Plan:
            return self._plan_rollback(state, target, from_files)

        return self._deploy(make, confirm, lock_timeout, False, listener)

    def execute(self, plan: Plan, *, lock_timeout: float = LOCK_TIMEOUT, listener: Listener | None = None) -> Result:
        """Run a plan as it is: the runner for whoever brings their own."""
        return self._deploy(lambda state: plan, None, lock_timeout, False, listener)

    def _deploy(
        self,
        make: Callable[[HistoryState], Plan],
        confirm: Confirm | None,
        lock_timeout: float,
        dry_run: bool,
        listener: Listener | None,
    ) -> Result:
        from snowmaker import preflight
        from snowmaker.executor import Listener

        started = time.monotonic()
        listener = listener or Listener()
        if not dry_run:
            config.require_explicit(self._flag)
        state = self._history.read()
        plan = make(state)
        if not plan.steps and not plan.refusals:
            return self._nothing(plan, started)
        self._refuse(plan)
        if confirm is not None and not dry_run:
            confirm(plan)
        identity = preflight.identify(self.session)
        roles = preflight.wanted_roles(plan)
        preflight.refuse(preflight.examine(self.session, identity, self._history.parts, state, roles))
        self._refuse_local(plan)
        if dry_run:
            return self._nothing(plan, started)
        return self._under_lock(make, plan, state, identity, confirm, lock_timeout, listener, started)

    def _under_lock(
        self,
        make: Callable[[HistoryState], Plan],
        seen: Plan,
        state: HistoryState,
        identity: Identity,
        confirm: Confirm | None,
        lock_timeout: float,
        listener: Listener,
        started: float,
    ) -> Result:
        from snowmaker.executor import Executor, Run

        before = self.session.namespace
        run = Run(
            _run_id(),
            self.environment.name,
            _git_commit(self.folder),
            __version__,
            self._prepare,
            self._redact,
            listener,
        )
        self._history.ensure(state, create_database=self.environment.create_database)
        lock = self._lock(identity, run.run_id)
        try:
            lock.acquire(lock_timeout, listener.waiting_for_lock)
            executor = Executor(self.session, self._history, lock, run, before)
            executor.restore(moved=state.missing_schema)
            rows = self._history.rows()
            plan = make(replace(state, exists=True, owned=True, rows=rows))
            self._refuse(plan)
            if confirm is not None and {step.script for step in plan.steps} - {step.script for step in seen.steps}:
                confirm(plan)  # another deploy changed what is to do
            result = executor.run(plan, replace(state, rows=rows).next_seq)
        except SnowmakerError as error:
            lock.release()
            if error.result is not None:
                error.result = self._counted(error.result, started)
            raise
        except KeyboardInterrupt:
            lock.release()
            raise Interrupted("interrupted before the first statement", "interrupted") from None
        lock.release()
        return self._counted(result, started)

    def _counted(self, result: Result, started: float) -> Result:
        return replace(result, round_trips=self.session.requests, seconds=round(time.monotonic() - started, 3))

    def _nothing(self, plan: Plan, started: float) -> Result:
        scripts = tuple(ScriptResult(step.script, "skipped", 0, 0.0) for step in plan.steps)
        seconds = round(time.monotonic() - started, 3)
        return Result(plan.environment, "", scripts, self.session.requests, 0, seconds, plan.warnings)

    def _lock(self, identity: Identity, run_id: str) -> Lock:
        from snowmaker.lock import AccountClock, Holder, Lock

        me = Holder(run_id, identity.session_id, identity.user, socket.gethostname())
        return Lock(self._history.parts, self.session, self._connect, AccountClock(identity.now), me)

    def _prepare(self, statement: Statement, file: str) -> str:
        """What is sent for a statement: its secrets in, and the path of a PUT taken from the project's folder."""
        from snowmaker import renderer

        text = renderer.substitute(statement.text, self._secret)
        return renderer.resolve_put(text, self.folder) if statement.kind == "transfer" else text

    def _secret(self, name: str) -> str:
        from snowmaker import renderer

        value = renderer.environment_secrets(name)
        self._sent_secrets.add(value)
        return value

    def _redact(self, text: str) -> str:
        """The text without the secrets that were sent, plain or as a literal; longest first."""
        for value in sorted(self._sent_secrets, key=len, reverse=True):
            text = text.replace(value, "***").replace(sql.quote_literal(value)[1:-1], "***")
        return text

    def _refuse(self, plan: Plan) -> None:
        if not plan.refusals:
            return
        policy, _, hint = plan.refusals[0]
        text = "; ".join(text for _, text, _ in plan.refusals)
        if policy == "failed":
            raise FailedScriptError(text, "failed_script", hint)
        raise PolicyError(text, f"policy_{policy}", hint)

    def _refuse_local(self, plan: Plan) -> None:
        errors = [finding for finding in self._local_findings(plan) if finding.level == "error"]
        if errors:
            first = errors[0]
            text = "; ".join(finding.message for finding in errors)
            raise SourceError(text, first.rule, first.hint, first.file, first.line)

    def _local_findings(self, plan: Plan) -> list[Finding]:
        """Secrets that cannot be resolved, local files that are not there."""
        from snowmaker import renderer

        found: dict[str, Finding] = {}
        for step in plan.steps:
            for statement in step.statements[step.start :]:
                try:
                    sql.refuse_client_commands((statement,), step.path)
                    renderer.substitute(statement.text, renderer.environment_secrets)
                except SnowmakerError as error:
                    shown = _finding(error)
                    found.setdefault(error.message, replace(shown, file=step.path, line=statement.line))
                if statement.kind != "transfer":
                    continue
                for path in renderer.put_files(statement.text, self.folder):
                    if not path.exists():
                        text, hint = f"no file {path}", "PUT takes a relative path from the project's folder"
                        found.setdefault(text, Finding("local_file", "error", text, step.path, statement.line, hint))
        return list(found.values())

    # mending the history

    def repair(
        self,
        script: str | None = None,
        *,
        checksums: bool = False,
        done: int | None = None,
        rerun: int | None = None,
        adopt: bool = False,
        confirm: Callable[[str], None] | None = None,
    ) -> tuple[str, ...]:
        """Tell the history what happened; rows are added, never edited. Returns a line for each thing recorded.

        `checksums`: edited scripts count as they are now. `done` N: the first N statements of a failed script are
        done, it goes on after them; `rerun` N: it runs again from statement N. `adopt`: the table becomes this
        project's.
        """
        config.require_explicit(self._flag)
        if adopt:
            return self._adopt(confirm)
        state = self._history.read()
        if checksums:
            rows, lines = self._checksum_rows(state)
        elif script is not None and (done is not None or rerun is not None):
            rows, lines = self._repaired_row(state, script, (rerun or 1) - 1 if done is None else done)
        else:
            raise UsageError(
                "nothing to repair was named", "usage", "use --checksums, --adopt, or SCRIPT with --done N"
            )
        self._add_rows(state, rows, confirm, "; ".join(lines))
        return tuple(lines)

    def _adopt(self, confirm: Callable[[str], None] | None) -> tuple[str, ...]:
        text = f"{self._history.table} becomes the history of {self.settings.name}, {self.environment.name}"
        if confirm is not None:
            confirm(text)
        self._history.claim()
        return (text,)

    def _checksum_rows(self, state: HistoryState) -> tuple[list[Applied], list[str]]:
        ledger = Ledger.of(state.rows)
        rows, lines = [], []
        for status in planner.statuses(self.sources, ledger, self._render, self.environment.name):
            row = ledger.latest(status.script)
            if row is None or status.kind != "versioned" or not (status.state == "changed" or not row.source_checksum):
                continue
            if status.state not in ("changed", "applied"):
                continue
            source = next(source for source in self.sources if source.script == status.script)
            script = self._render(source)
            rows.append(
                replace(
                    row,
                    checksum=script.checksum,
                    source_checksum=source.source_checksum,
                    script_text=script.text,
                    rollback_text=script.undo.text if script.undo else None,
                )
            )
            lines.append(f"{status.script}: counts as applied as its file is now")
        return rows, lines

    def _repaired_row(self, state: HistoryState, script: str, done: int) -> tuple[list[Applied], list[str]]:
        row = Ledger.of(state.rows).latest(script) or Ledger.of(state.rows).latest(f"{script}.sql")
        if row is None or row.succeeded or row.undone:
            raise UsageError(f"{script} has not failed", "not_failed", "`snowmaker status` shows what has")
        total = row.statements or 0
        if not 0 <= done <= total:
            raise UsageError(f"{row.script} has {total} statements", "usage", "name one of them")
        text, undo = self._texts([row]).get(row.seq or 0, ("", None))
        kept = replace(row, statements_done=done, script_text=text, rollback_text=undo)
        if done == total:
            return [replace(kept, status="Success", error="")], [f"{row.script}: counts as applied"]
        return [replace(kept, error=f"{REPAIRED}{done}")], [f"{row.script}: goes on at statement {done + 1} of {total}"]

    def baseline(self, version: str, *, confirm: Callable[[str], None] | None = None) -> tuple[str, ...]:
        """Versions up to `version` count as there already and are ignored; repeatables are not touched."""
        config.require_explicit(self._flag)
        state = self._history.read()
        row = Applied(f"baseline {version}", planner.BASELINE, version, "Baseline", "", "Success", "", None, 0)
        line = f"versions up to {version} are ignored from now on"
        self._add_rows(state, [row], confirm, line)
        return (line,)

    def _add_rows(
        self, state: HistoryState, rows: Sequence[Applied], confirm: Callable[[str], None] | None, text: str
    ) -> None:
        from snowmaker import preflight

        if not rows:
            return
        if confirm is not None:
            confirm(text)
        identity = preflight.identify(self.session)
        before = self.session.namespace
        self._history.ensure(state, create_database=self.environment.create_database)
        run_id = _run_id()
        lock = self._lock(identity, run_id)
        lock.acquire(LOCK_TIMEOUT)
        try:
            seq = replace(state, rows=self._history.rows()).next_seq
            for offset, row in enumerate(rows):
                named = replace(row, seq=seq + offset, run_id=run_id, environment=self.environment.name)
                self._history.add(replace(named, tool_version=__version__, git_commit=_git_commit(self.folder)))
        finally:
            lock.release()
        if state.missing_schema or self.session.namespace != before:
            self.session.reconnect()

    def unlock(self, *, confirm: Callable[[str], None] | None = None) -> str:
        """Move a lock out of the way, whoever holds it; the renamed table keeps what recovery needs."""
        from snowmaker import preflight

        config.require_explicit(self._flag)
        if self._history.read().missing_schema:
            return "no lock is held"
        lock = self._lock(preflight.identify(self.session), _run_id())
        holder = lock.holder()
        if holder is None:
            return "no lock is held"
        if confirm is not None:
            confirm(f"the lock is held by {holder}")
        if not lock.take_over(holder):
            raise AccountError("the lock went away or was taken meanwhile", "lock_moved", "look again")
        return f"the lock held by {holder} was moved out of the way"


def _later(render: Callable[[Source], Script], source: Source) -> Callable[[], Script]:
    return lambda: render(source)


def _finding(error: SnowmakerError) -> Finding:
    return Finding(error.code, "error", error.message, error.file, error.line, error.hint)


def _rollback_findings(source: Source, policy: str) -> list[Finding]:
    if source.kind == "always" or source.undo is not None or source.directives.irreversible:
        return []
    if source.kind == "repeatable" and policy != "required":
        return []
    hint = "write its U file, or say `-- snowmaker: irreversible`"
    level = "error" if policy == "required" and source.kind == "versioned" else "warning"
    return [Finding("rollback", level, f"{source.script} has no rollback", source.path, 1, hint)]  # type: ignore[arg-type]


def _holder_text(comment: str) -> str:
    from snowmaker.lock import read_holder

    return str(read_holder(comment))


def _run_id() -> str:
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
