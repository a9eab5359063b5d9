"""What the history says of each script: its state, and the row that says so.

Pure: the rows are handed in, oldest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from snowmaker.errors import SourceError
from snowmaker.model import Applied, Kind, Script, ScriptStatus, Source, State, Step
from snowmaker.versions import version_key

KINDS: dict[str, Kind] = {"V": "versioned", "R": "repeatable", "A": "always", "C": "component"}
TYPES: dict[Kind, str] = {kind: letter for letter, kind in KINDS.items()}
BASELINE = "B"
# how the ERROR of a Failed row begins
REPAIRED = "repaired: goes on after statement "  # `repair` added it
RECOVERED = "recovered: goes on after statement "  # a run died, and the query history told how far it had come
IN_DOUBT = "in doubt: "  # a run died, and the query history did not tell


Render = Callable[[Source], Script]


@dataclass(frozen=True)
class Ledger:
    """What the history says, by script (lower case), oldest row first."""

    rows: tuple[Applied, ...]
    by_script: Mapping[str, tuple[Applied, ...]] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Applied]) -> Ledger:
        """The ledger of rows that stand oldest first; rows of baselines belong to no script."""
        listed = tuple(rows)
        grouped: dict[str, list[Applied]] = defaultdict(list)
        for row in listed:
            if row.script_type != BASELINE:
                grouped[row.script.lower()].append(row)
        return Ledger(listed, {name: tuple(found) for name, found in grouped.items()})

    def latest(self, script: str) -> Applied | None:
        """The row that says the script's state."""
        found = self.by_script.get(script.lower())
        return found[-1] if found else None

    def in_effect(self, script: str, *, before: int | None = None) -> Applied | None:
        """The successful row whose text the account has, now or before a SEQ; None where it was rolled back.

        A failed attempt changes nothing here: what it did half is in its own row.
        """
        for row in reversed(self.by_script.get(script.lower(), ())):
            if before is not None and (row.seq is None or row.seq >= before):
                continue
            if row.succeeded:
                return None if row.undone else row
        return None

    def standing(self) -> list[Applied]:
        """The rows that a rollback could take back: the latest of each script, unless it was rolled back.

        A script whose rollback failed still stands, by the row that applied it.
        """
        found = []
        for rows in self.by_script.values():
            if not (rows[-1].undone and rows[-1].succeeded):
                found += [row for row in rows if not row.undone][-1:]
        return [row for row in found if row.succeeded or row.statements_done or in_doubt(row)]

    def without(self, doubts: str) -> Ledger:
        """The ledger without the doubts that a run has left, as it was when that run began."""
        kept = [row for row in self.rows if not (row.run_id == doubts and row.error.startswith(IN_DOUBT))]
        return Ledger.of(kept)

    @property
    def baseline(self) -> str:
        """The version of the newest baseline, or ''."""
        return next((row.version for row in reversed(self.rows) if row.script_type == BASELINE), "")

    def applied_versions(self) -> dict[str, Applied]:
        """Version → row of each versioned script that is in effect."""
        found = {}
        for rows in self.by_script.values():
            row = rows[-1]
            if row.script_type == "V" and row.succeeded:
                found[row.version] = row
        return found


def goes_on(row: Applied) -> bool:
    """Whether a failed script is to go on behind the statements that are done."""
    return not row.succeeded and row.error.startswith((REPAIRED, RECOVERED))


def in_doubt(row: Applied) -> bool:
    """Whether nobody knows how far a script has come."""
    return not row.succeeded and row.error.startswith(IN_DOUBT)


def recorded(step: Step, done: int, error: str = "", **more: Any) -> Applied:
    """The row of a script of which `done` statements are done; `more` are fields of its own run."""
    undo = step.action == "undo"
    return Applied(
        script=step.script,
        script_type="U" if undo else TYPES[step.kind],
        version=step.version,
        description=step.description,
        checksum=step.checksum,
        status="Failed" if error else "Success",
        installed_by="",
        installed_on=None,
        source_checksum=step.source_checksum,
        statements=len(step.statements),
        statements_done=done,
        error=error,
        script_text=step.script_text,
        rollback_text=step.rollback_text,
        **{"execution_time": 0, **more},
    )


def statuses(sources: Sequence[Source], ledger: Ledger, render: Render, environment: str) -> tuple[ScriptStatus, ...]:
    """Each script's state, files first in running order, then what the history knows without a file."""
    newest = _newest(ledger)
    found = [_status(source, ledger, render, environment, newest) for source in sources]
    known = {source.script.lower() for source in sources}
    return (*found, *_missing(ledger, known))


def _status(
    source: Source, ledger: Ledger, render: Render, environment: str, newest: tuple[object, ...] | None
) -> ScriptStatus:
    row = ledger.latest(source.script)
    state, detail = _state(source, row, ledger, render, environment, newest)
    shown = row if row is not None and state not in ("pending", "ignored", "out_of_order") else None
    return ScriptStatus(
        source.script,
        source.kind,
        source.version,
        source.description,
        state,
        shown.installed_on if shown else None,
        shown.installed_by if shown else "",
        detail,
    )


def _state(
    source: Source,
    row: Applied | None,
    ledger: Ledger,
    render: Render,
    environment: str,
    newest: tuple[object, ...] | None,
) -> tuple[State, str]:
    if source.directives.only and environment not in source.directives.only:
        return "ignored", f"only for {', '.join(source.directives.only)}"
    if row is None:
        return _never_ran(source, ledger, newest)
    if not row.succeeded and not row.undone:
        return _failed(source, row)
    if row.undone:
        return ("rolled_back", "") if row.succeeded else ("failed", f"its rollback failed: {row.error}")
    if source.kind == "versioned":
        return _edited(source, row, render)
    if source.kind == "repeatable":
        same = render(source).checksum == row.checksum
        return ("applied", "") if same else ("pending", "its text is new")
    return "applied", ""


def _never_ran(source: Source, ledger: Ledger, newest: tuple[object, ...] | None) -> tuple[State, str]:
    if source.kind != "versioned":
        return "pending", "never ran"
    if ledger.baseline and version_key(source.version) <= version_key(ledger.baseline):
        return "ignored", f"at or below the baseline {ledger.baseline}"
    if newest is not None and version_key(source.version) < newest:
        return "out_of_order", "a later version has been applied already"
    return "pending", "never ran"


def _failed(source: Source, row: Applied) -> tuple[State, str]:
    if in_doubt(row):
        return "failed", row.error
    if goes_on(row):
        return "pending", row.error
    if source.kind != "versioned":
        return "pending", "failed, and may run again"
    if row.seq is None:
        return "pending", "failed under another tool, which runs it again"
    if row.statements_done == 0:
        return "pending", "failed at its first statement, so nothing of it was done"
    return "failed", f"{row.statements_done} of {row.statements} statements done: {row.error}"


def _edited(source: Source, row: Applied, render: Render) -> tuple[State, str]:
    if row.source_checksum:
        same = row.source_checksum == source.source_checksum
        return ("applied", "") if same else ("changed", "the file was edited after it was applied")
    try:
        same = not row.checksum or render(source).checksum == row.checksum
    except SourceError:
        return "applied", ""  # a variable of the past may be gone; such a row can only warn anyway
    return ("applied", "" if same else "its rendered text differs from what another tool applied")


def _missing(ledger: Ledger, known: set[str]) -> list[ScriptStatus]:
    rows = [rows[-1] for name, rows in ledger.by_script.items() if name not in known]
    return [
        ScriptStatus(
            row.script,
            KINDS[row.script_type],
            row.version,
            row.description,
            "applied" if row.script_type == "C" else "missing",
            row.installed_on,
            row.installed_by,
            "" if row.script_type == "C" else "applied, but its file is gone",
        )
        for row in rows
        if row.succeeded and row.script_type in ("V", "R", "C")
    ]


def _newest(ledger: Ledger) -> tuple[object, ...] | None:
    keys = [version_key(version) for version in ledger.applied_versions()]
    return max(keys, default=None)
