"""History → the plan that takes back what was applied, newest first. Pure, as planner.py is."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from snowmaker import sql
from snowmaker.errors import UsageError
from snowmaker.ledger import KINDS, Ledger, goes_on, in_doubt
from snowmaker.losses import Return, with_returns
from snowmaker.model import Applied, Directives, Plan, Script, Skipped, Statement, Step
from snowmaker.planner import begins_as
from snowmaker.resuming import undo_start
from snowmaker.versions import version_key

SHORT = 60  # characters of a statement that is only mentioned
Texts = Callable[[Iterable[Applied]], Mapping[int, tuple[str, str | None]]]
Scripts = Mapping[str, Callable[[], Script]]
Returns = Callable[[Applied, set[str], Sequence[Statement]], Sequence[Return]]
CLONED = "its rows and grants come back from a clone; what COPY INTO has loaded and the offsets of streams do not"


@dataclass(frozen=True)
class Target:
    """What to roll back: the last `steps` versioned scripts or applies, all after version `to`, or a `run`."""

    steps: int | None = None
    to: str | None = None
    run: str | None = None


def plan_rollback(
    ledger: Ledger,
    environment: str,
    target: Target,
    texts: Texts,
    scripts: Scripts,
    directives: Callable[[str], Directives],
    *,
    from_files: bool = False,
    returns: Returns = lambda row, runs, undo: (),
) -> Plan:
    """The plan that takes back what `target` names, newest first. Nothing is skipped quietly.

    `texts` gives (script text, rollback text) of rows by SEQ; `scripts` gives, by name in lower case, what the
    files would say; `directives` reads those of a text; `returns` what comes back of the rows that a script took, of
    which the row, its runs and the rollback are given. A row without a stored undo falls back to the file, with a
    warning; with neither it is refused.
    """
    undone = _undone(ledger, target)
    begin = min((row.seq or 0 for row in undone), default=0)
    repeatables = _repeatables_since(ledger, begin, target) if undone else []
    rows = sorted({*undone, *repeatables}, key=lambda row: row.seq or 0, reverse=True)
    earlier = {row.script: ledger.in_effect(row.script, before=begin) for row in repeatables}
    tried = {row.script: attempt for row in rows if (attempt := _attempt(ledger, row))}
    stored = texts([*rows, *(row for row in (*earlier.values(), *tried.values()) if row)])

    def comes_back(row: Applied, undo: Sequence[Statement]) -> Sequence[Return]:
        return returns(row, _runs(ledger, row), undo)

    builder = _Undoer(stored, scripts, directives, from_files, tried, comes_back)
    steps = [builder.step(row, earlier.get(row.script)) for row in rows]
    always = [
        Skipped(rows[-1].script, "an always script is not undone")
        for rows in ledger.by_script.values()
        if rows[-1].script_type == "A" and rows[-1].succeeded and (rows[-1].seq or 0) > begin and undone
    ]
    planned = tuple(step for step in steps if step is not None)
    return Plan(environment, planned, tuple(always), tuple(builder.warnings), tuple(builder.refusals))


def _undone(ledger: Ledger, target: Target) -> list[Applied]:
    """The rows of versioned scripts and applies to take back; a half-run script is among them."""
    standing = ledger.standing()
    live = [row for row in standing if row.script_type in ("V", "C")]
    live.sort(key=lambda row: (row.seq is not None, row.seq or 0, _moment(row)))
    if target.run is not None:
        found = [row for row in standing if row.run_id == target.run]
        if not found:
            raise UsageError(f"no script of run {target.run} is applied", "unknown_run", "see `snowmaker history`")
        return [row for row in found if row.script_type != "A"]
    if target.to is not None:
        return _after(live, target.to)
    count = 1 if target.steps is None else target.steps
    if count < 1:
        raise UsageError("--steps needs a number of 1 or more", "bad_target")
    return live[-count:]


def _after(live: Sequence[Applied], to: str) -> list[Applied]:
    if to == "0":
        return list(live)
    known = {version_key(row.version) for row in live if row.script_type == "V"}
    if version_key(to) not in known:
        raise UsageError(f"version {to} is not applied", "unknown_version", "`snowmaker status` lists what is")
    stays = max(row.seq or 0 for row in live if row.script_type == "V" and version_key(row.version) == version_key(to))
    return [
        row
        for row in live
        if (row.script_type == "V" and version_key(row.version) > version_key(to))
        or (row.script_type == "C" and (row.seq or 0) > stays)
    ]


def _repeatables_since(ledger: Ledger, begin: int, target: Target) -> list[Applied]:
    if target.run is not None:
        return []
    return [row for row in ledger.standing() if row.script_type == "R" and (target.to == "0" or (row.seq or 0) > begin)]


def undo_steps(
    ledger: Ledger,
    script: str,
    texts: Texts,
    scripts: Scripts,
    directives: Callable[[str], Directives],
    returns: Returns,
) -> list[Step]:
    """All steps that a rollback of a script could be: by what was stored, by the file, to an earlier text, with what
    comes back."""
    row = next((row for row in ledger.standing() if row.script.lower() == script.lower()), None)
    if row is None:
        return []
    ran = [one for one in ledger.by_script[script.lower()] if one.script_type == "R" and one.succeeded and one != row]
    attempt = _attempt(ledger, row)
    tried = {row.script: attempt} if attempt else {}
    stored = texts([row, *ran, *tried.values()])
    found = tuple(returns(row, _runs(ledger, row), ()))
    undropped = tuple(replace(one, undrop=not one.undrop) if one.kept.how == "drop" else one for one in found)
    builders = [
        _Undoer(stored, scripts, directives, from_files, tried, lambda row, undo, way=way: way)  # type: ignore[misc]
        for from_files in (False, True)
        for way in dict.fromkeys((found, undropped, ()))
    ]
    steps = [builder.step(row, earlier) for builder in builders for earlier in (None, *reversed(ran))]
    return [step for step in steps if step is not None]


def _runs(ledger: Ledger, row: Applied) -> set[str]:
    """The runs by which a script came to where it is: a run that died, or failed, and those that went on."""
    found: set[str] = set()
    for one in reversed(ledger.by_script[row.script.lower()]):
        if (one.seq or 0) > (row.seq or 0):
            continue
        if found and (one.succeeded or one.undone):
            break
        found.add(one.run_id)
    return found


def _attempt(ledger: Ledger, row: Applied) -> Applied | None:
    """The row of a rollback that did not come to its end."""
    last = ledger.latest(row.script)
    return last if last is not None and last.undone and not last.succeeded else None


class _Undoer:
    """Builds undo steps, and collects what has to be said about them. `tried` are rollbacks that stopped midway."""

    def __init__(
        self,
        stored: Mapping[int, tuple[str, str | None]],
        scripts: Scripts,
        directives: Callable[[str], Directives],
        from_files: bool,
        tried: Mapping[str, Applied],
        returns: Callable[[Applied, Sequence[Statement]], Sequence[Return]],
    ) -> None:
        self._returns = returns
        self._stored = stored
        self._tried = tried
        self._scripts = scripts
        self._directives = directives
        self._from_files = from_files
        self.warnings: list[str] = []
        self.refusals: list[tuple[str, str, str]] = []

    def step(self, row: Applied, earlier: Applied | None) -> Step | None:
        """The step that takes `row` back: to the text of `earlier` if there is one, else by its undo."""
        text, reason = self._text(row, earlier)
        if text is None:
            hint = f"write its rollback file and use --from-files, or undo it by hand and `repair {row.script}`"
            self.refusals.append(("irreversible", f"{row.script} has no rollback", hint))
            return None
        kind = KINDS.get(row.script_type, "versioned")
        directives = self._undo_directives(row, text)
        going_on = self._going_on(row)
        text = going_on or text
        statements = sql.split(text, f"rollback of {row.script}")
        start = self._start(row, statements)
        left = [one for number, one in enumerate(statements) if number >= start or one.kind == "session"]
        returns = () if going_on else self._returns(row, left)
        if returns:
            self._say(row, returns)
            text, start = ";\n".join(one.text for one in with_returns(left, returns)), 0
            statements = sql.split(text, f"rollback of {row.script}")
        if returns or going_on:  # the DDL that brings tables back commits what is open
            directives = replace(directives, transaction=False)
        return Step(
            row.script,
            kind,
            row.version,
            row.description,
            f"rollback of {row.script}",
            "undo",
            reason,
            statements,
            None,
            earlier.checksum if earlier else "",
            row.source_checksum,
            directives,
            start=start,
            script_text=text,
        )

    def _going_on(self, row: Applied) -> str:
        """The text of a rollback that stopped and is to go on: exactly that goes on."""
        last = self._tried.get(row.script)
        return self._texts(last)[0] if last is not None and goes_on(last) and last.statements_done else ""

    def _say(self, row: Applied, returns: Sequence[Return]) -> None:
        for one in returns:
            table = sql.quote_name(*one.kept.table)
            if one.refusal:
                hint = "save them, or give them up with --discard-newer-rows"
                self.refusals.append(("newer_rows", f"{row.script}: {table} {one.refusal}", hint))
            if not one.undrop:
                self.warnings.append(f"{row.script}: {table}: {CLONED}")

    def _start(self, row: Applied, statements: Sequence[Statement]) -> int:
        """How many statements of its rollback are left out: they ran already, or take back what never ran."""
        start, last = self._half(row, statements), self._tried.get(row.script)
        if in_doubt(row):
            self._refuse_doubt(row, row.script)
        if last is None:
            return start
        if in_doubt(last):
            self._refuse_doubt(last, f"the rollback of {row.script}")
        done = last.statements_done or 0
        return max(start, done) if goes_on(last) and begins_as(self._texts(last)[0], statements, done) else start

    def _half(self, row: Applied, undo: Sequence[Statement]) -> int:
        """Where the rollback of a script begins that stopped midway."""
        done = row.statements_done or 0
        if row.succeeded or not done or done == row.statements:
            return 0
        ran = sql.split(self._texts(row)[0], row.script)
        start = undo_start(ran, done, undo)
        if start is None:
            left = "; ".join(shortened(statement.text) for statement in ran[done:])
            self.warnings.append(
                f"{row.script} stopped after {done} of {row.statements} statements, and its rollback has not one for "
                f"each of them: it runs as a whole, though these never ran: {left}"
            )
        return start or 0

    def _refuse_doubt(self, row: Applied, what: str) -> None:
        number, script = (row.statements_done or 0) + 1, shlex.quote(row.script)
        hint = f"look whether it ran, then `snowmaker repair {script} --done {number}` or `--rerun {number}`"
        self.refusals.append(("failed", f"{what} is {row.error}", hint))

    def _undo_directives(self, row: Applied, text: str) -> Directives:
        """Those of the rollback; without a role of its own it runs as the script did."""
        own = self._directives(text)
        return own if own.role else replace(own, role=self._directives(self._texts(row)[0]).role)

    def _text(self, row: Applied, earlier: Applied | None) -> tuple[str | None, str]:
        if earlier is not None and self._texts(earlier)[0]:
            return self._texts(earlier)[0], "back to the text that ran before"
        kept, filed = self._texts(row)[1], self._file(row.script)
        if kept is not None and filed is not None and kept != filed:
            used = "the file" if self._from_files else "what was stored when it was applied (--from-files: the file)"
            self.warnings.append(f"{row.script}: its rollback file and the stored rollback differ; used is {used}")
        if filed is not None and (self._from_files or kept is None):
            if not self._from_files:
                self.warnings.append(f"{row.script}: no rollback was stored when it was applied; used is the file")
            return filed, "rolled back by its file"
        return kept, "rolled back by what was stored when it was applied"

    def _texts(self, row: Applied) -> tuple[str, str | None]:
        return self._stored.get(row.seq, ("", None)) if row.seq is not None else ("", None)

    def _file(self, script: str) -> str | None:
        render = self._scripts.get(script.lower())
        undo = render().undo if render else None
        return undo.text if undo else None


def shortened(text: str) -> str:
    """A statement as one short line."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


def _moment(row: Applied) -> float:
    return row.installed_on.timestamp() if row.installed_on else 0.0
