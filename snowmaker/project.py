"""Project: the verbs. What the command line, integrations and users call.

    with snowmaker.Project("dir", environment="dev") as project:
        project.migrate()

Every verb returns the frozen values of `snowmaker.model`. A verb that asks first takes `confirm`, a callable that
gets the plan and raises to refuse.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from snowmaker import config, directives, gates, loader, mending, planner, rollback, sql
from snowmaker.config import Environment, Policy
from snowmaker.errors import (
    AccountError,
    ConfigError,
    HistoryError,
    PolicyError,
    SourceError,
    StatementError,
    UsageError,
)
from snowmaker.ledger import Ledger, statuses
from snowmaker.model import (
    Adoption,
    Applied,
    Change,
    Checks,
    Diff,
    Directives,
    Finding,
    Kept,
    Plan,
    Rehearsal,
    Result,
    Script,
    ScriptStatus,
    Source,
    Statement,
)
from snowmaker.rollback import Returns, Target
from snowmaker.vault import Vault

if TYPE_CHECKING:
    from snowmaker.access import AccessDiff, AccessReport
    from snowmaker.components.declared import Declared, Selection
    from snowmaker.declaring import Comparison
    from snowmaker.deploying import Deployer
    from snowmaker.executor import Listener
    from snowmaker.history import History, HistoryState
    from snowmaker.linting import Linter
    from snowmaker.losses import Return
    from snowmaker.preflight import Identity
    from snowmaker.rehearsing import Stage
    from snowmaker.renderer import Renderer
    from snowmaker.reviewing import Review
    from snowmaker.sandbox import Account
    from snowmaker.session import SnowflakeSession
    from snowmaker.verifying import Subject

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
        self._variables = variables or {}
        self.environment: Environment = config.resolve(self.settings, environment, self._variables)
        self._session: SnowflakeSession | None = None
        self._account: Account | None = None
        self._vault = Vault(self.settings.secrets, self.folder)

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

    def check(self, *, with_history: bool = False) -> tuple[Finding, ...]:
        """What the lint rules say of the files; offline, unless they are to be compared with the history.

        A history that cannot be read is a finding.
        """
        if not with_history:
            return self._linter.check()
        from snowmaker.sandbox import SandboxError

        try:
            return self._linter.check(self._ledger())
        except (AccountError, ConfigError, HistoryError, SandboxError) as error:
            text = f"the files were not compared with the history of {self.environment.name}: {error.message}"
            return (*self._linter.check(), Finding("edited_script", "warning", text, hint=error.hint))

    def _ledger(self) -> Ledger:
        """What the history says; a sandbox that has no files yet is not started for that."""
        new = self._connection is None and self.environment.is_sandbox and not self._sandbox_folder.exists()
        return Ledger.of(() if new else self._history.read().rows)

    def fix(self) -> tuple[Finding, ...]:
        """Write rollbacks anew where a lint rule knows how; what was mended. Raises OSError."""
        mended = self._linter.fix()
        for read in ("sources", "_rendered"):
            self.__dict__.pop(read, None)
        return mended

    @property
    def _linter(self) -> Linter:
        from snowmaker.linting import Linter

        return Linter(self.settings, self.environment, self._other_environment)

    def _other_environment(self, name: str) -> Environment:
        return config.resolve(self.settings, name, self._variables)

    def new(
        self,
        description: str,
        *,
        template: str | None = None,
        values: Mapping[str, str] | None = None,
        repeatable: bool = False,
        always: bool = False,
        version: str | None = None,
        from_diff: bool = False,
    ) -> tuple[Path, ...]:
        """Write a script and its rollback; the paths written.

        With `from_diff` they are what makes the account of this environment what is declared, and the way back:
        that reads the account. Raises UsageError where there is no difference.
        """
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
            texts=self._difference_texts() if from_diff else None,
        )

    def _difference_texts(self) -> tuple[str, str]:
        from snowmaker import preflight

        identity = preflight.identify(self.session)
        diff = self._diff(identity)
        if not diff.changes:
            raise UsageError("the account is as declared: there is nothing to write", "no_difference")
        return self._texts_of(diff.changes, identity)

    def _texts_of(self, changes: Sequence[Change], identity: Identity) -> tuple[str, str]:
        """Changes as the texts of a script and its rollback, as templates."""
        from snowmaker import authoring, changescript
        from snowmaker.formatting import pretty

        up, down = changescript.script(changes, _own_role(identity), pretty)
        return authoring.as_template(up), authoring.as_template(down)

    @staticmethod
    def init(folder: str | Path, *, example: bool = False) -> tuple[Path, ...]:
        """Begin a project in a folder, or write the example project there; the paths written."""
        from snowmaker import authoring

        return authoring.init(Path(folder), example=example)

    def verify(self, *, everything: bool = False, plan: Plan | None = None) -> Rehearsal:
        """Rehearse what is pending on a fresh sandbox: up, down, up (DESIGN.md §7).

        Where an environment was named, its history says what is applied, and that is replayed first; else, and with
        `everything`, all scripts are rehearsed. A `plan` is rehearsed as it is, after what the history says. Nothing
        is written to the environment's account.
        """
        if plan is not None:
            return self._rehearsed(plan)
        rows = self._history.read().rows if self._flag is not None and not everything else ()
        return self._rehearsed(self._plan_from(rows), rows)

    def _rehearsed(self, plan: Plan, rows: Sequence[Applied] | None = None) -> Rehearsal:
        """A rehearsal of a plan, after what the rows say was applied; without rows the history is read."""
        from snowmaker.verifying import verify

        applied = self._history.read().rows if rows is None else tuple(rows)
        return verify(self._subject(plan, applied))

    def _subject(self, plan: Plan, applied: tuple[Applied, ...] = ()) -> Subject:
        from snowmaker.verifying import Subject

        by_name = {source.script: source for source in self.sources}
        return Subject(
            environment=self.environment.name,
            folder=self.folder,
            settings=self.settings.verify,
            role=self._deploy_role,
            plan=plan,
            scripts={step.script: self._render(by_name[step.script]) for step in plan.steps},
            resolve=self._vault.resolve,
            redact=self._vault.redact,
            keep=self.settings.policy.backup == "clone",
            rows=applied,
            texts=self._texts(applied) if applied else {},
        )

    def test(self) -> Checks:
        """Judge the checks on a fresh sandbox on which all scripts have run, or on the account of a named environment.

        Only queries are sent to that account, and nothing is written to it. Raises SourceError for what is no check,
        and what a script raises that fails on the sandbox.
        """
        from snowmaker import checking, checks

        started = time.monotonic()
        found = checks.load(self.settings, self.environment)
        if self._flag is None and self._connection is None:
            with self.rehearsed() as (stage, warnings), closing(stage.open()) as session:
                judged = checking.judge(found, session, stage.admin, stage.prepare, self._vault.redact)
                role = stage.role
        else:
            with closing(self._connect()) as session:
                session.execute("USE SECONDARY ROLES NONE")
                role = session.namespace.role or ""
                warnings = ()
                judged = checking.judge(found, session, session, self._prepare, self._vault.redact)
        return Checks(self.environment.name, role, judged, warnings, round(time.monotonic() - started, 3))

    @contextmanager
    def rehearsed(self, data: Path | None = None) -> Iterator[tuple[Stage, tuple[str, ...]]]:
        """A fresh sandbox on which all scripts have run and all components were applied, and what it could not do.

        It is in memory, or has its files in the folder `data`. Raises SnowmakerError where something fails.
        """
        from snowmaker import verifying

        subject = replace(self._subject(self._plan_from(())), keep=False)  # nothing is rolled back
        with verifying.stages(subject, data)() as stage:
            warnings = verifying.run_all(stage, subject.plan.steps)
            for step in self._components_on(stage).steps:
                stage.run(step)
            yield stage, (*stage.warnings, *verifying.other_role(subject, stage.role), *warnings)

    def _components_on(self, stage: Stage) -> Plan:
        """The plan that makes the account what is declared."""
        from snowmaker import changescript, declaring, placeholders, preflight, renderer

        declared = self.declared()
        if not (declared.components or declared.grants):
            return Plan(self.environment.name)
        with closing(stage.open()) as session:
            identity = preflight.identify(session)
            diff = declaring.compare(
                session, identity, self.environment.name, declared, self._vault.reveal, self._history.parts
            ).diff
        own = _own_role(identity)
        return changescript.plan(diff, "components", own, renderer.checksum, placeholders.secret_names)

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

            self._account = sandbox.open_account(self._sandbox_folder)
            return self._account.connection()
        return config.connection_options(self.environment, self._connection)

    @property
    def _sandbox_folder(self) -> Path:
        return self.folder / ".snowmaker" / "sandbox"

    def _connect(self) -> SnowflakeSession:
        from snowmaker.session import open_session

        return open_session(self._options, self._vault.redact)

    @cached_property
    def _history(self) -> History:
        from snowmaker.history import History

        return History(self.session, self.environment.history, self.settings.name, self.environment.name)

    def status(self) -> tuple[ScriptStatus, ...]:
        """Each script and its state; writes nothing."""
        state = self._history.read()
        return statuses(self.sources, Ledger.of(state.rows), self._render, self.environment.name)

    def status_everywhere(self) -> dict[str, tuple[ScriptStatus, ...]]:
        """Each script's state in every environment that has a connection, by environment; writes nothing."""
        found = {}
        for name, environment in self.settings.environments.items():
            if environment.connection or environment.options or name == self.environment.name:
                with Project(self.folder, environment=name) as other:
                    found[name] = other.status()
        return found

    def history(self, *, limit: int | None = None) -> tuple[Applied, ...]:
        """The rows of the history, oldest first; with `limit` the newest ones. Writes nothing."""
        rows = self._history.read().rows
        return rows[-limit:] if limit else rows

    def kept(self) -> tuple[Kept, ...]:
        """The clones of tables that scripts have taken rows from, oldest first. Writes nothing."""
        from snowmaker import keeping

        state = self._history.read()
        return keeping.kept_tables(state.kept, state.rows)

    def cleanup(self, older_than: timedelta, *, confirm: Callable[[str], None] | None = None) -> tuple[str, ...]:
        """Drop the clones that are older; a line for each. A rollback cannot bring these rows back any more."""
        self._refuse_unconfirmed(confirm)
        config.require_explicit(self._flag)
        from snowmaker import keeping

        state = self._history.read()
        now = datetime.now(UTC)
        old = [one for one in keeping.kept_tables(state.kept, state.rows) if now - one.at >= older_than]
        if old:
            self._deployer.drop(state, old, confirm)
        return tuple(f"{'.'.join(one.name)}: {'.'.join(one.table)} before {one.script}" for one in old)

    def plan(self, *, to: str | None = None, out_of_order: bool | None = None) -> Plan:
        """What `migrate` would do; writes nothing. What a policy refuses is in `refusals`."""
        return self._plan(self._history.read(), to, out_of_order)

    def review(
        self, plan: Plan, rehearsal: Rehearsal | None = None, findings: Sequence[Finding] | None = None
    ) -> Review:
        """What a plan means for the account: what it destroys, how much of it, and who gains access. Writes nothing."""
        from snowmaker import reviewing

        found = reviewing.review(self.session, plan, rehearsal, gate=self.environment.verify)
        return replace(found, findings=None if findings is None else tuple(findings))

    def validate(self, plan: Plan) -> tuple[Finding, ...]:
        """What the account says of a plan before any of it runs, in a session of its own. Writes nothing.

        Queries and DML are compiled, privileges asked about, and rows counted that would not fit. Secrets are not sent.
        """
        from snowmaker import renderer, validating
        from snowmaker.verifying import STAND_IN

        session = self._connect()
        try:
            return validating.validate(session, plan, lambda text: renderer.substitute(text, lambda name: STAND_IN))
        finally:
            session.close()

    def _plan(self, state: HistoryState, to: str | None, out_of_order: bool | None = None) -> Plan:
        policy = self.settings.policy
        origin = self.environment.promote_from
        if out_of_order or origin:  # the order was judged in the environment that it comes from
            policy = replace(policy, out_of_order="allow")
        plan = self._plan_from(state.rows, policy, to)
        if origin:
            plan = gates.promoted(plan, self._promoted_from, origin, datetime.now(UTC), self.environment.min_age)
        at = f"{self._history.table} before SEQ {state.next_seq}"
        warnings = (*plan.warnings, *_deaths(state))
        plan = replace(plan, history=at, to=to, out_of_order=bool(out_of_order), warnings=warnings)
        return planner.refuse_history_containers(plan, self._history.parts)

    @cached_property
    def _promoted_from(self) -> Ledger:
        """What the environment that this one is promoted from has run."""
        with Project(self.folder, environment=self.environment.promote_from) as other:
            return Ledger.of(other._history.read().rows)

    def _plan_from(self, rows: Iterable[Applied], policy: Policy | None = None, to: str | None = None) -> Plan:
        """What would run where these rows were the history; offline, but for the texts of repeatable scripts."""
        return planner.plan_migrate(
            self.sources,
            Ledger.of(rows),
            self._render,
            self.environment.name,
            policy or self.settings.policy,
            to=to,
            earlier_text=self._earlier_text,
        )

    @property
    def _deploy_role(self) -> str:
        """The role that the connection of this environment names, as it is stored; '' where it names none."""
        if self.environment.is_sandbox and self._connection is None:
            return ""
        try:
            role = str(config.connection_options(self.environment, self._connection).get("role") or "")
        except ConfigError:
            return ""  # a rehearsal needs no connection
        return sql.parse_name(role)[0] if role else ""

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
        discard_newer_rows: bool = False,
    ) -> Plan:
        """What `rollback` would do; writes nothing."""
        return self._plan_rollback(self._history.read(), Target(steps, to, run), from_files, discard_newer_rows)

    def _plan_rollback(self, state: HistoryState, target: Target, from_files: bool, discard: bool) -> Plan:
        from snowmaker import keeping

        kept = keeping.kept_tables(state.kept, state.rows)
        plan = rollback.plan_rollback(
            Ledger.of(state.rows),
            self.environment.name,
            target,
            self._texts,
            self._later_scripts,
            _rollback_directives,
            from_files=from_files,
            returns=self._returning(lambda: kept, discard=discard),
        )
        return planner.refuse_history_containers(plan, self._history.parts)

    # components

    def declared(self) -> Declared:
        """What the files of the components folder declare for this environment; offline. Raises SourceError."""
        from snowmaker import manifest

        return manifest.load(self.settings, self.environment)

    def diff(self, *, drift: bool = False) -> Diff:
        """What is declared against the account: the changes between them, in order. Writes nothing.

        With `drift` each change says who touched the object last, as far as the query history tells.
        """
        from snowmaker import preflight

        before = self.session.requests
        found = self._diff(preflight.identify(self.session))
        return self._with_touches(found, before) if drift else found

    def _with_touches(self, diff: Diff, before: int) -> Diff:
        from snowmaker.drift import with_touches

        changes, warning = with_touches(self.session, self._history.parts[0], diff.changes, self._vault.redact)
        warnings = (*diff.warnings, *((warning,) if warning else ()))
        return replace(diff, changes=changes, warnings=warnings, round_trips=self.session.requests - before)

    def adopt(self) -> Adoption:
        """Make the files of components say what the account has, where it is not as declared; comments are kept."""
        from snowmaker import adopting, declaring, manifest, preflight

        identity = preflight.identify(self.session)
        found = self._compared(identity)
        grants = [change for change in found.diff.changes if change.kind == "grant"]
        texts, left = adopting.adopted(self.settings, found.differences, grants, found.live)
        declared = manifest.load(self.settings, self.environment, texts)
        rest = declaring.remaining(found, identity, declared, self._vault.reveal)
        told = " ".join(left)
        left += [f"{one.action} {one.target}: change it by hand" for one in rest if one.target not in told]
        adopting.write(self.settings, texts)
        return Adoption(self.environment.name, tuple(texts), len(found.diff.changes) - len(rest), tuple(left))

    def _diff(self, identity: Identity) -> Diff:
        return self._compared(identity).diff

    def _compared(self, identity: Identity) -> Comparison:
        from snowmaker import declaring

        declared, history = self.declared(), self._history.parts
        return declaring.compare(self.session, identity, self.environment.name, declared, self._vault.reveal, history)

    def access(self, name: str) -> AccessReport:
        """Who has what on an object, and what it has itself where it is a role or user, each with the path to it.

        `name` is one of SQL, with its kind before it or without: `ANALYST`, `user BOB`, `DB.S.T`, `schema DB.S`.
        Writes nothing. Raises UsageError for a name that is not there.
        """
        from snowmaker.grantreader import GrantReader

        with GrantReader(self.session) as reader:
            return reader.access(name, self.environment.name)

    def access_diff(self) -> AccessDiff:
        """Whose access would change, and how, if `apply` ran now. Writes nothing."""
        from snowmaker import access, foresight, preflight
        from snowmaker.grantreader import GrantReader

        started = self.session.requests
        found = self._compared(preflight.identify(self.session))
        changes: tuple[access.AccessChange, ...] = ()
        warnings = found.diff.warnings
        if found.diff.changes:
            with GrantReader(self.session) as reader:
                before, after = foresight.foreseen(reader.graph(), found.diff.changes, found.live)
                warnings += reader.warnings
            changes = access.difference(before, after)
        return access.AccessDiff(self.environment.name, changes, warnings, self.session.requests - started)

    @staticmethod
    def selection(kinds: Iterable[str] = (), databases: Iterable[str] = (), like: str = "") -> Selection:
        """A part of an account: sections of YAML (`warehouses`), databases, a pattern of names. Raises UsageError."""
        from snowmaker import declaring

        return declaring.selection(kinds, databases, like)

    def import_texts(self, chosen: Selection | None = None) -> dict[str, str]:
        """The account, or a part of it, as YAML by file name; writes nothing."""
        from snowmaker import declaring

        return declaring.account_texts(self.session, chosen or self.selection(), self._history.parts)

    def import_(self, chosen: Selection | None = None, *, force: bool = False) -> tuple[Path, ...]:
        """Write the account, or a part of it, as files of components; the paths written."""
        from snowmaker import authoring

        return authoring.write_components(self.settings.components, self.import_texts(chosen), force=force)

    def import_sql(self, chosen: Selection | None = None) -> tuple[Path, ...]:
        """Write the account, or a part of it, as a migration and its rollback; the paths written."""
        from snowmaker import authoring, declaring, preflight

        identity = preflight.identify(self.session)
        parts = self._history.parts
        changes = declaring.account_changes(self.session, identity, chosen or self.selection(), parts)
        texts = self._texts_of(changes, identity)
        return authoring.new(self.folder, self.settings, "import", texts=texts)

    def import_snapshot(self, path: str | Path, chosen: Selection | None = None, *, force: bool = False) -> Path:
        """Write the account, or a part of it, as the SQL that `[verify] snapshot` begins a rehearsal with; its path.

        Objects of the kinds that components know, without their rows; what may not be read is named in it. Raises
        SourceError for a file that exists.
        """
        from snowmaker import authoring, changescript, declaring, preflight

        admin = {"role": "ACCOUNTADMIN", "roles": ("ACCOUNTADMIN",)}  # who runs it
        identity = replace(preflight.identify(self.session), **admin)  # type: ignore[arg-type]
        state, history = self._history.read(), self._history
        part = chosen or self.selection()
        changes, left = declaring.readable_changes(self.session, identity, part, history.parts)
        title = f"snapshot of {self.environment.name} for [verify], before SEQ {state.next_seq} of {history.table}"
        return authoring.write_file(Path(path), changescript.snapshot(changes, title, left), force=force)

    def plan_apply(self) -> Plan:
        """What `apply` would do, as a plan of one step; writes nothing."""
        from snowmaker import preflight
        from snowmaker.deploying import run_id

        identity = preflight.identify(self.session)
        return self._plan_apply(self._diff(identity), identity, run_id())

    def _plan_apply(self, diff: Diff, identity: Identity, stamp: str) -> Plan:
        from snowmaker import changescript, placeholders, renderer
        from snowmaker.deploying import LACKS

        name, own = f"apply {stamp}", _own_role(identity)
        plan = changescript.plan(diff, name, own, renderer.checksum, placeholders.secret_names)
        lacks = [f"role {role} lacks {privilege}, for {text}" for role, text, privilege in diff.missing]
        refused = tuple((LACKS, text, "grant it, or run as a role that has it") for text in lacks)
        plan = planner.judge(plan, self.settings.policy)
        plan = replace(plan, refusals=(*refused, *plan.refusals))
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
        findings += [one for one in self.check() if one.level == "error"]
        try:
            plan = self._plan(state, None)
            roles = preflight.wanted_roles(plan)
            findings += self._deployer.local_findings(plan)
        except SourceError:
            roles = set()  # `check` has said it
        findings += preflight.examine(self.session, identity, self._history.parts, state, roles)
        findings += [
            Finding(
                "lock",
                "warning",
                f"{name}: {_holder_text(comment)}",
                hint="the next run finds out what it completed" if dead else "`snowmaker unlock` if it is dead",
            )
            for name, comment in state.locks
            for dead in ((name, comment) in state.dead_locks,)
        ]
        return tuple(findings)

    def write_setup(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the SQL that makes the connection's role with its grants: `[verify] setup`; its path.

        Raises UsageError where the connection names no role, SourceError for a file that exists.
        """
        from snowmaker import authoring, setupscript
        from snowmaker.grantreader import GrantReader

        role = self._deploy_role
        if not role:
            text = (
                f"the connection of {self.environment.name} names no role, and `verify` runs as the one that it names"
            )
            raise UsageError(text, "no_role", "give it `role = …`")
        with GrantReader(self.session) as reader:
            grants = reader.inherited(role)
        made = {name for script in self.render() for one in script.statements for name in sql.created(one.text)}
        title = f"role {role} as {self.environment.name} has it, for [verify] setup"
        return authoring.write_file(Path(path), setupscript.setup(role, grants, made, title), force=force)

    # changing the account

    def migrate(
        self,
        *,
        to: str | None = None,
        out_of_order: bool | None = None,
        reviewed: Plan | None = None,
        confirm: Confirm | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        dry_run: bool = False,
        keep_going: bool = False,
        listener: Listener | None = None,
    ) -> Result:
        """Bring the account up to date. Raises PolicyError, LockHeldError, StatementError, Interrupted, …

        With a plan that was `reviewed`, exactly that runs: PolicyError where anything would be different now; else a
        protected environment needs `confirm`. With `keep_going`, a repeatable or always script that fails is told of
        when all others have run.
        """
        if reviewed is not None:
            to, out_of_order = reviewed.to, reviewed.out_of_order
        elif not dry_run:
            self._refuse_unconfirmed(confirm)

        def make(state: HistoryState) -> Plan:
            plan = self._plan(state, to, out_of_order)
            other = planner.plan_differences(reviewed, plan) if reviewed is not None else ()
            if other:
                hint = "make a plan anew, and review it"
                raise PolicyError(f"it is not what was planned: {'; '.join(other)}", "plan_differs", hint)
            return plan

        if self.environment.verify:
            self._refuse_broken(self._plan(self._history.read(), to, out_of_order))
        wish = {"dry_run": dry_run, "keep_going": keep_going}
        return self._deploy("migrate", make, confirm, lock_timeout, listener, **wish)

    def _refuse_broken(self, plan: Plan) -> None:
        """The gate `verify`: raise PolicyError where a rehearsal finds a script broken that would run."""
        files = {source.script for source in self.sources}
        steps = tuple(step for step in plan.steps if step.action != "undo" and step.script in files)
        broken = [one for one in self._rehearsed(replace(plan, steps=steps)).scripts if one.verdict == "broken"]
        if broken:
            first = broken[0]
            text = "; ".join(f"{one.script}: {one.detail}" for one in broken)
            hint = f"`snowmaker verify -e {self.environment.name}` tells more"
            raise PolicyError(f"a rehearsal finds broken: {text}", "policy_verify", hint, first.file, first.line)

    def _refuse_unpromoted(self, plan: Plan) -> None:
        """The gates `promote_from` and `min_age`: raise PolicyError where a script may not go on yet."""
        origin = self.environment.promote_from
        if not origin:
            return
        left = gates.held_back(plan, self._promoted_from, origin, datetime.now(UTC), self.environment.min_age)
        if left:
            text = "; ".join(f"{one.script}: {one.reason}" for one in left)
            raise PolicyError(
                text, "policy_promote_from", f"`snowmaker plan -e {self.environment.name}` says what may run"
            )

    def _refuse_unconfirmed(self, confirm: Callable[[Any], None] | None) -> None:
        """The gate `protected`: raise UsageError where nobody would be asked."""
        if self.environment.protected and confirm is None:
            hint = "hand in `confirm`, which gets what would be done, and raises to refuse it"
            text = f"the environment {self.environment.name} is protected, and nobody was asked"
            raise UsageError(text, "confirmation_needed", hint)

    def promote(
        self,
        origin: str,
        *,
        confirm: Confirm | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        dry_run: bool = False,
        listener: Listener | None = None,
    ) -> Result:
        """Run here what the environment `origin` has run, with the same texts, in its order.

        Raises UsageError where this environment is promoted from another, and what `migrate` raises.
        """
        self._promotes(origin)
        return self.migrate(confirm=confirm, lock_timeout=lock_timeout, dry_run=dry_run, listener=listener)

    def plan_promote(self, origin: str) -> Plan:
        """What `promote` would do, and what it leaves out and why; writes nothing."""
        self._promotes(origin)
        return self.plan()

    def _promotes(self, origin: str) -> None:
        wanted = self.environment.promote_from
        if wanted and wanted != origin:
            hint = "`promote_from` in snowmaker.toml says so"
            raise UsageError(
                f"{self.environment.name} is promoted from {wanted}, not from {origin}", "promote_from", hint
            )
        if origin == self.environment.name:
            raise UsageError(f"{origin} cannot be promoted from itself", "promote_from")
        config.resolve(self.settings, origin)
        self.environment = replace(self.environment, promote_from=origin)

    def rollback(
        self,
        *,
        steps: int | None = None,
        to: str | None = None,
        run: str | None = None,
        from_files: bool = False,
        discard_newer_rows: bool = False,
        confirm: Confirm | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        listener: Listener | None = None,
    ) -> Result:
        """Take back what `plan_rollback` names, newest first, with the rows that were kept.

        A table that has rows which its clone does not have is refused, unless they may be discarded: PolicyError.
        """
        target = Target(steps, to, run)

        def make(state: HistoryState) -> Plan:
            return self._plan_rollback(state, target, from_files, discard_newer_rows)

        self._refuse_unconfirmed(confirm)
        return self._deploy("rollback", make, confirm, lock_timeout, listener)

    def apply(
        self,
        *,
        confirm: Confirm | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        listener: Listener | None = None,
    ) -> Result:
        """Make the account what is declared, and record it in the history with its rollback.

        The account is read again under the lock only where another deploy ran in between. Of the gates `protected`
        holds; the others are for scripts, as `new --from-diff` writes them.
        """
        from snowmaker import preflight
        from snowmaker.deploying import run_id

        self._refuse_unconfirmed(confirm)
        identity = preflight.identify(self.session)
        stamp = run_id()
        seen: dict[int, Plan] = {}

        def make(state: HistoryState) -> Plan:
            seq = state.next_seq
            if seq not in seen:
                seen[seq] = self._plan_apply(self._diff(identity), identity, stamp)
            return seen[seq]

        return self._deploy("apply", make, confirm, lock_timeout, listener)

    def execute(
        self,
        plan: Plan,
        *,
        confirm: Confirm | None = None,
        lock_timeout: float = LOCK_TIMEOUT,
        listener: Listener | None = None,
    ) -> Result:
        """Run a plan as it is: the runner for whoever brings their own. The gates of the environment hold for it, too.

        Raises PolicyError for what is not promoted or found broken, UsageError where `protected` wants a `confirm`.
        """
        self._refuse_unconfirmed(confirm)
        self._refuse_unpromoted(plan)
        if self.environment.verify:
            self._refuse_broken(plan)
        return self._deploy("plan", lambda state: plan, confirm, lock_timeout, listener)

    def _deploy(
        self,
        work: str,
        make: Callable[[HistoryState], Plan],
        confirm: Confirm | None,
        lock_timeout: float,
        listener: Listener | None,
        *,
        dry_run: bool = False,
        keep_going: bool = False,
    ) -> Result:
        from snowmaker.deploying import Wish

        if not dry_run:
            config.require_explicit(self._flag)
        return self._deployer.deploy(Wish(work, make, confirm, lock_timeout, dry_run, keep_going, listener))

    @property
    def _deployer(self) -> Deployer:
        from snowmaker.deploying import Deployer, ScriptsHere

        comes_back = self._returning(self.kept)
        return Deployer(
            self.session,
            self._connect,
            self._history,
            self.environment,
            self.folder,
            ScriptsHere(self._later_scripts, self._texts, self._plan_from, _rollback_directives, comes_back),
            self.settings.policy.backup == "clone",
            self._prepare,
            self._vault.resolve,
        )

    def _returning(self, kept: Callable[[], Sequence[Kept]], *, discard: bool = False) -> Returns:
        """What comes back of the rows that scripts took; the account is read when that is asked for."""

        def returns(row: Applied, runs: set[str], undo: Sequence[Statement]) -> Sequence[Return]:
            from snowmaker.keeping import Returning

            return Returning(self.session, kept(), datetime.now(UTC), discard=discard).returns(row, runs, undo)

        return returns

    @property
    def _later_scripts(self) -> dict[str, Callable[[], Script]]:
        return {source.script.lower(): _later(self._render, source) for source in self.sources}

    def _prepare(self, statement: Statement, file: str) -> str:
        """What is sent for a statement: its secrets in, and the path of a PUT taken from the project's folder."""
        from snowmaker import renderer

        text = renderer.substitute(statement.text, self._vault.resolve)
        return renderer.resolve_put(text, self.folder) if statement.kind == "transfer" else text

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
        self._refuse_unconfirmed(confirm)
        config.require_explicit(self._flag)
        if adopt:
            return self._adopt(confirm)
        state = self._history.read()
        ledger = Ledger.of(state.rows)
        if checksums:
            mended = mending.accepted(self.sources, ledger, self._render, self.environment.name)
        elif script is not None and (done is not None or rerun is not None):
            stays = (rerun or 1) - 1 if done is None else done
            mended = [mending.resumed(ledger, script, stays, self._stored_texts)]
        else:
            raise UsageError(
                "nothing to repair was named", "usage", "use --checksums, --adopt, or SCRIPT with --done N"
            )
        return self._add(state, mended, confirm)

    def _adopt(self, confirm: Callable[[str], None] | None) -> tuple[str, ...]:
        text = f"{self._history.table} becomes the history of {self.settings.name}, {self.environment.name}"
        if confirm is not None:
            confirm(text)
        self._history.claim()
        return (text,)

    def baseline(self, version: str, *, confirm: Callable[[str], None] | None = None) -> tuple[str, ...]:
        """Versions up to `version` count as there already and are ignored; repeatables are not touched."""
        self._refuse_unconfirmed(confirm)
        config.require_explicit(self._flag)
        return self._add(self._history.read(), [mending.baseline(version)], confirm)

    def _stored_texts(self, row: Applied) -> tuple[str, str | None]:
        return self._texts([row]).get(row.seq or 0, ("", None))

    def _add(
        self, state: HistoryState, mended: Sequence[mending.Mended], confirm: Callable[[str], None] | None
    ) -> tuple[str, ...]:
        if mended:
            self._deployer.add(state, mended, confirm)
        return tuple(line for _, line in mended)

    def unlock(self, *, confirm: Callable[[str], None] | None = None) -> str:
        """Move a lock out of the way, whoever holds it; the renamed table keeps what recovery needs."""
        config.require_explicit(self._flag)
        if self._history.read().missing_schema:
            return "no lock is held"
        return self._deployer.unlock(confirm)


def _later(render: Callable[[Source], Script], source: Source) -> Callable[[], Script]:
    return lambda: render(source)


def _deaths(state: HistoryState) -> Iterator[str]:
    """Runs whose locks say that they died."""
    from snowmaker.deploying import dead_runs

    for holder in dead_runs(state):
        yield f"run {holder.run} died: what it completed is found out first, and may change this plan"


def _rollback_directives(text: str) -> Directives:
    return directives.read_directives(text, "rollback")


def _holder_text(comment: str) -> str:
    from snowmaker.lock import read_holder

    return str(read_holder(comment))


def _own_role(identity: Identity) -> str:
    return sql.quote_identifier(identity.role) if identity.role else ""
