"""What `verify` rehearses: which scripts, after which past, on which setup."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from snowmaker import loader, renderer, sql
from snowmaker.config import Verify
from snowmaker.directives import read_directives
from snowmaker.errors import ConfigError, SnowmakerError, StatementError
from snowmaker.ledger import Ledger
from snowmaker.model import Applied, Plan, Rehearsal, Rehearsed, Script, Statement, Step
from snowmaker.rehearsing import Part, Prepare, Rehearsing, Stage, refused

SNAPSHOT_SEQ = re.compile(r"-- .* before SEQ (\d+)\b")  # the first line of a snapshot
STAND_IN = "Snowmaker-Rehearsal-1"  # for a secret that this process does not have


@dataclass(frozen=True)
class Subject:
    """What is to be rehearsed: a plan, the scripts of its steps, and the rows and texts of what was applied before.

    `keep` says whether a deploy keeps what scripts take from tables.
    """

    environment: str
    folder: Path
    settings: Verify
    role: str
    plan: Plan
    scripts: Mapping[str, Script]
    resolve: Callable[[str], str]
    redact: Callable[[str], str]
    keep: bool
    rows: Sequence[Applied] = ()
    texts: Mapping[int, tuple[str, str | None]] = field(default_factory=dict)


def verify(subject: Subject) -> Rehearsal:
    """Rehearse; raises ConfigError for files of [verify] that are not there, StatementError for what they say."""
    started = time.monotonic()
    rehearsing = Rehearsing(stages(subject), _past(subject))
    role, found = rehearsing.run(_parts(subject))
    verdicts = [_redacted(one, subject.redact) for one in found]
    warnings = (*rehearsing.warnings, *other_role(subject, role))
    seconds = round(time.monotonic() - started, 3)
    return Rehearsal(subject.environment, role, tuple(verdicts), warnings, seconds)


def stages(subject: Subject, data: Path | None = None) -> Callable[[], Stage]:
    """What opens fresh stages with what [verify] begins with. Raises ConfigError for files that are not there."""
    settings = subject.settings
    texts = list(_texts(subject.folder, [*settings.setup, *settings.fixtures]))
    snapshot = _snapshot(subject)
    prepare = preparation(subject.folder, subject.resolve)
    given = (subject.environment, prepare, texts, subject.role, subject.redact, snapshot, data)
    return lambda: Stage(*given, keep=subject.keep)


def run_all(stage: Stage, steps: Iterable[Step]) -> tuple[str, ...]:
    """Run steps in order; a warning for each that the sandbox cannot do. Raises SnowmakerError."""
    warnings = []
    for step in steps:
        try:
            stage.run(replace(step, action="run", start=0))
        except SnowmakerError as error:
            if not refused(error):
                raise
            warnings.append(f"{step.script} was left out: {error.message}")
    return tuple(warnings)


def other_role(subject: Subject, role: str) -> tuple[str, ...]:
    """A warning where scripts ran as another role than they will in the account."""
    if not subject.role or subject.role == role:
        return ()
    return (f"ran as {role}: [verify] setup makes no role {subject.role}, which the connection has",)


def _redacted(one: Rehearsed, redact: Callable[[str], str]) -> Rehearsed:
    """A verdict without the secrets of what differs."""
    return replace(one, detail=redact(one.detail), differences=tuple(map(redact, one.differences)))


def _parts(subject: Subject) -> Iterator[Part]:
    ledger = Ledger.of(subject.rows)
    for step in subject.plan.steps:
        script = subject.scripts[step.script]
        yield Part(script, replace(step, action="run", start=0), _down(subject, ledger, step, script))


def _down(subject: Subject, ledger: Ledger, step: Step, script: Script) -> Step | None:
    """The step back: of a repeatable the text that is in effect now, as `rollback` has it, else the rollback."""
    row = ledger.in_effect(step.script) if script.kind == "repeatable" else None
    earlier = subject.texts.get(row.seq or 0, ("", None))[0] if row else ""
    undo = replace(step, action="undo", start=0)
    if earlier:
        directives = read_directives(earlier, script.path)
        return replace(undo, statements=sql.split(earlier, script.path), directives=directives)
    if script.undo is None:
        return None
    own = script.undo.directives
    role = own if own.role else replace(own, role=step.directives.role)
    return replace(undo, statements=script.undo.statements, directives=role, path=script.undo.path)


def _snapshot(subject: Subject) -> list[str]:
    given = subject.settings.snapshot
    return list(_texts(subject.folder, [given])) if given else []


def _past(subject: Subject) -> list[Step]:
    """The steps that were applied, oldest first, from their stored texts: with a snapshot, those since it was made."""
    standing = sorted(Ledger.of(subject.rows).standing(), key=lambda row: row.seq or 0)
    for text in _snapshot(subject):
        made = SNAPSHOT_SEQ.match(text)
        standing = [row for row in standing if made and (row.seq or 0) >= int(made[1])]
    found = [(row, subject.texts.get(row.seq or 0, ("", None))[0]) for row in standing]
    return [_replayed(row, text) for row, text in found if text]


def _replayed(row: Applied, text: str) -> Step:
    return Step(
        script=row.script,
        kind="versioned",
        version=row.version,
        description=row.description,
        path=row.script,
        action="run",
        reason="applied",
        statements=sql.split(text, row.script),
        undo=None,
        checksum="",
        source_checksum="",
        directives=read_directives(text, row.script),
    )


def _texts(folder: Path, given: Sequence[str]) -> Iterable[str]:
    """SQL, from the files of these names or from the texts themselves. Raises ConfigError."""
    for one in given:
        if "\n" not in one and one.lower().endswith(".sql"):
            path = folder / one
            if not path.is_file():
                raise ConfigError(f"there is no file {one}", "missing_file", "correct [verify] in snowmaker.toml")
            yield loader.read_text(path, one)
        else:
            yield one


def preparation(folder: Path, known: Callable[[str], str]) -> Prepare:
    """What is sent for a statement: secrets, or what stands in for them; local paths taken from the project."""

    def resolve(name: str) -> str:
        try:
            return known(name)
        except ConfigError:
            return STAND_IN

    def prepare(statement: Statement, file: str) -> str:
        text = renderer.substitute(statement.text, resolve)
        if statement.kind != "transfer":
            return text
        for path in renderer.put_files(text, folder):
            if not path.exists():
                raise StatementError(f"there is no file {path}", code="local_file", file=file, line=statement.line)
        return renderer.resolve_put(text, folder)

    return prepare
