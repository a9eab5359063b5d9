"""Rehearsals: scripts go up, down and up again on a fresh sandbox, which is compared before and after (DESIGN.md §7).

A rollback is proven when the account after it is what it was before: objects, properties, privileges and rows. Tables
without rows get a few generated ones first, so that what loses rows shows; where a script fails on these, it is tried
again without them. What a deploy keeps in clones is kept here, too, and comes back with the rollback.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from snowmaker import filling, sandbox, sql
from snowmaker.accountdiff import Snapshot, differences
from snowmaker.errors import SnowmakerError, StatementError
from snowmaker.executor import Executor, Listener, Run
from snowmaker.keeping import Keeper, Returning, kept_tables
from snowmaker.losses import Return, with_returns
from snowmaker.model import Applied, Plan, Rehearsed, Script, Statement, Step
from snowmaker.session import Session, SnowflakeSession, open_session

EXISTS = 2002  # the code of "already exists"
REFUSED = 2  # the code by which the sandbox says that it does not support something
LIMIT = 20  # differences that are told of one script
RUN = "rehearsal-1"
PLACE = "SNOWMAKER_REHEARSAL"  # the database of the clones, which no snapshot shows
OWN = tuple(f"{kind} {PLACE}" for kind in ("DATABASE", "SCHEMA", "TABLE"))

Prepare = Callable[[Statement, str], str]


class Stage:
    """A fresh sandbox that scripts run on, as a role of it; in memory, or with its files in the folder `data`.

    With `keep`, what scripts take from tables is kept in clones.
    """

    def __init__(
        self,
        environment: str,
        prepare: Prepare,
        setup: Sequence[str],
        role: str,
        redact: Callable[[str], str] = str,
        snapshot: Sequence[str] = (),
        data: Path | None = None,
        *,
        keep: bool = True,
    ) -> None:
        self._redact = redact
        self._stack = ExitStack()
        self._account = self._stack.enter_context(sandbox.open_account(data))
        self._admin = open_session(self._account.connection())
        self._stack.callback(self._admin.close)
        self.left_out = tuple(self._restored(snapshot))  # of the snapshot, each with why
        self.statements(setup)
        self.role = role if role and self._has(role) else "ACCOUNTADMIN"
        self._session = self.open()
        self.prepare = prepare
        self._run = Run(RUN, environment, "", "", prepare, Listener())
        self._before = self._session.namespace
        self._alone = _Alone()
        self._keeper = self._open_keeper() if keep else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._stack.close()

    def _restored(self, texts: Iterable[str]) -> Iterator[tuple[Statement, str]]:
        """Run a snapshot of an account, and give what cannot be done here; what every account has is passed over."""
        for text in texts:
            for statement in sql.split(text):
                try:
                    self._admin.execute(statement.text)
                except StatementError as error:
                    if error.errno != EXISTS:
                        yield statement, error.message

    @property
    def warnings(self) -> list[str]:
        """What was left out of the snapshot."""
        texts = ((" ".join(one.text[:100].split()), " ".join(why.split())) for one, why in self.left_out[:LIMIT])
        found = [f"left out of the snapshot: {text}: {why}" for text, why in texts]
        more = len(self.left_out) - LIMIT
        return [*found, f"left out of the snapshot: {more} more statements"] if more > 0 else found

    def _has(self, role: str) -> bool:
        pattern = sql.quote_literal(sql.like_pattern(role))
        if not any(row["name"] == role for row in self._admin.execute(f"SHOW ROLES LIKE {pattern}").records()):
            return False
        self._admin.execute(f"GRANT ROLE {sql.quote_identifier(role)} TO USER ADMIN")
        return True

    @property
    def admin(self) -> SnowflakeSession:
        """The session that sees everything: ACCOUNTADMIN, with all roles of the user."""
        return self._admin

    @property
    def account(self) -> sandbox.Account:
        """The account itself."""
        return self._account

    def open(self) -> SnowflakeSession:
        """A new session as the role of the scripts, without secondary roles."""
        session = open_session({**self._account.connection(), "role": sql.quote_identifier(self.role)}, self._redact)
        session.execute("USE SECONDARY ROLES NONE")
        return session

    def _open_keeper(self) -> Keeper:
        """The clones' place is open to all: what roles may do beside the history is no matter of a rehearsal."""
        self.statements(
            [
                f"CREATE DATABASE {PLACE}; GRANT USAGE ON DATABASE {PLACE} TO ROLE PUBLIC;"
                f"GRANT USAGE, CREATE TABLE ON SCHEMA {PLACE}.PUBLIC TO ROLE PUBLIC"
            ]
        )
        return Keeper(self._session, (PLACE, "PUBLIC", "HISTORY"), RUN, self._before)

    def statements(self, texts: Iterable[str], file: str = "") -> None:
        """Run SQL as ACCOUNTADMIN; raises StatementError."""
        for text in texts:
            for statement in sql.split(text, file):
                self._admin.execute(statement.text)

    def run(self, step: Step) -> None:
        """Run one step as a deploy would, without lock and history. Raises SnowmakerError."""
        alone = self._alone
        executor = Executor(self._session, alone, alone, self._run, self._before, self._keeper)
        executor.run(Plan("", (step,)), len(alone.rows) + 1)
        if any(sql.changes_session(one.text) == "parameters" for one in step.statements):
            self._session.execute("USE SECONDARY ROLES NONE")  # a new login has forgotten it

    def returns(self, up: Step, undo: Sequence[Statement]) -> tuple[Return, ...]:
        """What comes back with a rollback of the rows that the step took which ran last."""
        if self._keeper is None or up.destructive != "yes":
            return ()
        shown = self._admin.execute(f"SHOW TABLES IN SCHEMA {PLACE}.PUBLIC").records()
        row = self._alone.rows[-1]
        kept = [one for one in kept_tables(shown, self._alone.rows) if one.seq == row.seq]
        return Returning(self._session, kept, datetime.now(UTC), discard=False).returns(row, {RUN}, undo)

    def snapshot(self) -> Snapshot:
        """What the account is now."""
        return {name: one for name, one in self._account.snapshot().items() if not name.startswith(OWN)}

    def fill(self) -> bool:
        """Put a few rows into each table that has none; whether there was one."""
        texts = filling.rows(self.snapshot())
        for text in texts:
            self._admin.execute(text)
        return bool(texts)


class _Alone:
    """No lock, and a history that is forgotten: nobody else is here."""

    def __init__(self) -> None:
        self.rows: list[Applied] = []

    def add(self, row: Applied) -> None:
        """Remember a row."""
        self.rows.append(row)

    def check(self) -> None:
        """Nobody takes the lock away."""

    def moved(self, session: Session) -> None:
        """Nobody has to know."""

    def remember(self, text: str) -> None:
        """Nobody asks."""

    def leave(self) -> None:
        """Nobody goes on here."""


@dataclass(frozen=True)
class Part:
    """A script to rehearse: the step up, and the step down where there is one."""

    script: Script
    up: Step
    down: Step | None


class Rehearsing:
    """Rehearses parts in order. `open_stage` gives a fresh stage; `applied` are the steps that have run in the past."""

    def __init__(self, open_stage: Callable[[], Stage], applied: Sequence[Step] = ()) -> None:
        self._open = open_stage
        self._applied = applied
        self._done: list[Part] = []  # up, in order
        self._missing: dict[tuple[str, ...], str] = {}  # what a script would have made that was not rehearsed
        self.warnings: list[str] = []

    def run(self, parts: Iterable[Part]) -> tuple[str, list[Rehearsed]]:
        """The role it ran as, and the verdict of each part."""
        with self._open() as stage:
            self._miss(stage)
            self._replay(stage)
            verdicts = []
            for part in parts:
                started = time.monotonic()
                verdict = self._one(stage, part)
                verdicts.append(replace(verdict, seconds=round(time.monotonic() - started, 3)))
            return stage.role, verdicts

    def _miss(self, stage: Stage) -> None:
        """What a snapshot has and the sandbox has not is said, and what needs it is not rehearsed."""
        self.warnings += stage.warnings
        made = {name for statement, _ in stage.left_out for name in sql.created(statement.text)}
        self._missing |= dict.fromkeys(made, "what the snapshot lacks")

    def _replay(self, stage: Stage) -> None:
        """What was applied in the past runs again; what cannot is said, and what needs it is not rehearsed."""
        for step in self._applied:
            try:
                stage.run(step)
            except SnowmakerError as error:
                self.warnings.append(f"{step.script}, applied in the past, cannot be replayed: {error.message}")
                self._lacks(step)

    def _lacks(self, step: Step) -> None:
        made = {name for statement in step.statements for name in sql.created(statement.text)}
        self._missing |= dict.fromkeys(made, step.script)

    def _one(self, stage: Stage, part: Part) -> Rehearsed:
        filled = stage.fill()
        before = stage.snapshot()
        verdict = self._judged(stage, part, before)
        if verdict.verdict == "broken" and filled and "failed" in verdict.detail:
            verdict = self._again(part, verdict)
        if verdict.verdict == "not_rehearsed":
            made = {name for statement in part.up.statements for name in sql.created(statement.text)}
            self._missing |= dict.fromkeys(made, part.script.script)
        else:
            self._done.append(part)
        return verdict

    def _again(self, part: Part, first: Rehearsed) -> Rehearsed:
        """The verdict where tables have only the rows that scripts put there."""
        with self._open() as stage:
            try:
                for step in (*self._applied, *(done.up for done in self._done)):
                    stage.run(step)
            except SnowmakerError:
                return first
            second = self._judged(stage, part, stage.snapshot())
        if second.verdict != "proven":
            return first
        return replace(second, detail=f"only while tables are empty: {first.detail}")

    def _judged(self, stage: Stage, part: Part, before: Snapshot) -> Rehearsed:
        failed = self._failure(stage, part.up, part, "")
        if failed is not None:
            return failed
        if part.down is None:
            return _without_rollback(part)
        after = stage.snapshot()
        returns = stage.returns(part.up, part.down.statements)
        down = _with_returns(part.down, returns) if returns else part.down
        failed = self._failure(stage, down, part, "its rollback ")
        if failed is not None:
            return failed
        lost = differences(before, stage.snapshot())
        if lost:
            self._failure(stage, part.up, part, "")  # a broken script stays up
            return _verdict(part, "broken", f"its rollback leaves {len(lost)} differences", lost)
        failed = self._failure(stage, part.up, part, "after its rollback it ")
        if failed is not None:
            return failed
        other = differences(after, stage.snapshot())
        if other:
            return _verdict(part, "broken", "after its rollback it makes something else", other)
        return _verdict(part, "proven", _how(returns))

    def _failure(self, stage: Stage, step: Step, part: Part, what: str) -> Rehearsed | None:
        """Run a step; the verdict where that fails."""
        try:
            stage.run(step)
        except SnowmakerError as error:
            return self._explained(error, part, what)
        return None

    def _explained(self, error: SnowmakerError, part: Part, what: str) -> Rehearsed:
        text = error.statement if isinstance(error, StatementError) else ""
        needed = {self._missing[name] for name in sql.references(text) if name in self._missing}
        if refused(error):
            verdict = _verdict(part, "not_rehearsed", error.message)
        elif needed:
            verdict = _verdict(part, "not_rehearsed", f"needs {', '.join(sorted(needed))}")
        else:
            verdict = _verdict(part, "broken", f"{what}failed: {error.message}")
        return replace(verdict, file=error.file or part.script.path, line=error.line)


def refused(error: SnowmakerError) -> bool:
    """Whether it is the sandbox that cannot do something, or a file that is not here: no fault of the script."""
    unsupported = isinstance(error, StatementError) and (error.errno, error.sqlstate) == (REFUSED, "0A000")
    return unsupported or error.code == "local_file"


def _with_returns(down: Step, returns: Sequence[Return]) -> Step:
    directives = replace(down.directives, transaction=False)
    return replace(down, statements=tuple(with_returns(down.statements, returns)), directives=directives)


def _how(returns: Sequence[Return]) -> str:
    ways = {one.undrop: "by UNDROP" if one.undrop else "from the clone kept before it" for one in returns}
    said = f"rows come back {' and '.join(ways[way] for way in sorted(ways))}" if ways else ""
    refusals = [f"{sql.quote_name(*one.kept.table)} {one.refusal}" for one in returns if one.refusal]
    return f"{said}, with --discard-newer-rows: {'; '.join(refusals)}" if refusals else said


def _without_rollback(part: Part) -> Rehearsed:
    script = part.script
    if script.kind == "always":
        return _verdict(part, "proven", "runs; an always script has no rollback")
    if script.directives.irreversible:
        return _verdict(part, "irreversible", "declared so")
    if script.kind == "repeatable":
        return _verdict(part, "irreversible", "it has no rollback, and no earlier text to go back to")
    return _verdict(part, "broken", "it has neither a rollback nor `irreversible`")


def _verdict(part: Part, verdict: Any, detail: str = "", lost: Sequence[str] = ()) -> Rehearsed:
    shown = tuple(lost[:LIMIT]) + ((f"and {len(lost) - LIMIT} more",) if len(lost) > LIMIT else ())
    return Rehearsed(part.script.script, verdict, " ".join(detail.split()), shown, part.script.path)
