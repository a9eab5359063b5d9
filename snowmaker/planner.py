"""Scripts and history → Plan. Pure: what it needs to know is handed in, what it says is a value.

`Ledger` answers what the history says of each script; `statuses` and `plan_migrate` compare the files with it;
`plan_rollback` walks it backwards.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from snowmaker import sql
from snowmaker.errors import SourceError, UsageError
from snowmaker.model import (
    Action,
    Applied,
    Directives,
    Kind,
    Plan,
    Script,
    ScriptStatus,
    Skipped,
    Source,
    State,
    Statement,
    Step,
)
from snowmaker.versions import version_key

KINDS: dict[str, Kind] = {"V": "versioned", "R": "repeatable", "A": "always", "C": "component"}
TYPES: dict[Kind, str] = {kind: letter for letter, kind in KINDS.items()}
BASELINE = "B"
REPAIRED = "repaired: goes on after statement "  # in ERROR of a Failed row that `repair` added

Render = Callable[[Source], Script]


class Policy(Protocol):
    """The policies that a plan is judged by (DESIGN.md §3)."""

    @property
    def out_of_order(self) -> str: ...

    @property
    def changed(self) -> str: ...

    @property
    def missing(self) -> str: ...

    @property
    def rollback(self) -> str: ...

    @property
    def destructive(self) -> str: ...


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
        return [row for row in found if row.succeeded or row.statements_done]

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


# states


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
    if source.kind != "versioned":
        return "pending", "failed, and may run again"
    if row.error.startswith(REPAIRED):
        return "pending", row.error
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


# migrate


def plan_migrate(
    sources: Sequence[Source],
    ledger: Ledger,
    render: Render,
    environment: str,
    policy: Policy,
    *,
    to: str | None = None,
    earlier_text: Callable[[Applied], str] = lambda row: "",
) -> Plan:
    """The plan that brings the account up to date; `to` is a version, or `+N` for the next N versioned scripts.

    `earlier_text` gives the stored text of a row (the undo of a repeatable without a rollback file, and what a
    resumed script already ran). Raises SourceError for a cycle or an unknown dependency, UsageError for `to`.
    """
    states = {status.script: status for status in statuses(sources, ledger, render, environment)}
    versioned, rest_runs = _wanted(sources, states, to)
    others = _other_scripts(sources, states, render) if rest_runs else []
    steps = [
        _step(source, render(source), states[source.script], ledger, earlier_text) for source in (*versioned, *others)
    ]
    warnings, refusals = _judge(states.values(), steps, policy)
    refusals += _dependencies(sources, states, steps)
    return Plan(
        environment,
        tuple(steps),
        tuple(_skipped(states.values(), rest_runs, versioned)),
        tuple(warnings),
        tuple(refusals),
    )


def _wanted(sources: Sequence[Source], states: Mapping[str, ScriptStatus], to: str | None) -> tuple[list[Source], bool]:
    runnable = [
        source
        for source in sources
        if source.kind == "versioned" and states[source.script].state in ("pending", "rolled_back", "out_of_order")
    ]
    if to is None:
        return runnable, True
    if to.startswith("+"):
        if not to[1:].isdigit() or int(to[1:]) == 0:
            raise UsageError(f"--to {to!r} is not a number of scripts", "bad_target", "for example --to +1")
        chosen = runnable[: int(to[1:])]
    else:
        known = {version_key(source.version) for source in sources if source.kind == "versioned"}
        if version_key(to) not in known:
            raise UsageError(f"no script has version {to}", "unknown_version", "`snowmaker status` lists them")
        chosen = [source for source in runnable if version_key(source.version) <= version_key(to)]
    return chosen, len(chosen) == len(runnable)


def _other_scripts(sources: Sequence[Source], states: Mapping[str, ScriptStatus], render: Render) -> list[Source]:
    """Repeatables in dependency order, then always scripts; those whose turn it is."""
    repeatable = [source for source in sources if source.kind == "repeatable"]
    always = [source for source in sources if source.kind == "always"]
    due = [source for source in repeatable if states[source.script].state in ("pending", "rolled_back")]
    ordered = _by_dependency(due, [render(source) for source in due], sources)
    always_due = [source for source in always if states[source.script].state != "ignored"]
    return [*ordered, *_by_dependency(always_due, [], sources)]


def _by_dependency(due: Sequence[Source], scripts: Sequence[Script], sources: Sequence[Source]) -> list[Source]:
    """A stable order in which a script stands after those it names (`depends=`) or whose objects it reads."""
    makers = _makers(scripts)
    before: list[set[int]] = [set() for _ in due]
    names = {source.script.lower(): index for index, source in enumerate(due)}
    for index, source in enumerate(due):
        for wanted in source.directives.depends:
            depended = find_script(wanted, sources, source)
            if depended.script.lower() in names:
                before[index].add(names[depended.script.lower()])
    for index, script in enumerate(scripts):
        for name in _names(script, sql.references):
            before[index] |= makers.get(name, set()) - {index}
    return [due[index] for index in _topological(before, [source.script for source in due])]


def _makers(scripts: Sequence[Script]) -> Mapping[tuple[str, ...], set[int]]:
    """Name → who creates it; S.V is found under V and S.V, and so is what was created as DB.S.V."""
    makers: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for index, script in enumerate(scripts):
        for name in _names(script, sql.created):
            for cut in range(len(name)):
                makers[name[cut:]].add(index)
    return makers


def _names(script: Script, scan: Callable[[str], set[tuple[str, ...]]]) -> set[tuple[str, ...]]:
    return {name for statement in script.statements for name in scan(statement.text)}


def _topological(before: Sequence[set[int]], names: Sequence[str]) -> list[int]:
    waiting = [len(found) for found in before]
    after: dict[int, list[int]] = defaultdict(list)
    for index, found in enumerate(before):
        for earlier in found:
            after[earlier].append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for later in after[index]:
            waiting[later] -= 1
            if waiting[later] == 0:
                heapq.heappush(ready, later)
    if len(order) < len(names):
        raise SourceError(
            f"scripts depend on each other in a circle: {' → '.join(_cycle(before, set(order), names))}",
            "dependency_cycle",
            "take one reference or `depends=` out, or put both objects into one script",
        )
    return order


def _cycle(before: Sequence[set[int]], done: set[int], names: Sequence[str]) -> list[str]:
    index = next(index for index in range(len(names)) if index not in done)
    path: list[int] = []
    while index not in path:
        path.append(index)
        index = min(before[index] - done)
    return [names[member] for member in (*path[path.index(index) :], index)][::-1]


def find_script(wanted: str, sources: Sequence[Source], source: Source) -> Source:
    """The script that a `depends=` names: its file name, with or without `.sql`. Raises SourceError."""
    name = wanted.lower()
    for candidate in sources:
        if name in (candidate.script.lower(), candidate.script.lower().removesuffix(".sql")):
            return candidate
    raise SourceError(
        f"depends={wanted}: no such script",
        "unknown_dependency",
        "name a script file, e.g. R__base",
        source.path,
        1,
    )


def _dependencies(
    sources: Sequence[Source], states: Mapping[str, ScriptStatus], steps: Sequence[Step]
) -> list[tuple[str, str, str]]:
    """A step that needs a script which is neither applied nor earlier in the plan cannot run."""
    by_name = {source.script: source for source in sources}
    earlier: set[str] = set()
    refusals = []
    for step in steps:
        for wanted in step.directives.depends:
            needed = find_script(wanted, sources, by_name[step.script])
            if needed.script not in earlier and states[needed.script].state not in ("applied", "changed"):
                text = f"{step.script} depends on {needed.script}, which would not have run by then"
                refusals.append(("depends", text, "give the dependency a lower version, or take `depends=` out"))
        earlier.add(step.script)
    return refusals


def _step(
    source: Source,
    script: Script,
    status: ScriptStatus,
    ledger: Ledger,
    earlier_text: Callable[[Applied], str],
) -> Step:
    row = ledger.latest(source.script)
    action, start = _action(script, row, earlier_text)
    reason = status.detail or {"rolled_back": "was rolled back", "applied": "runs always"}.get(status.state, "new")
    text, undo = _undo(script, ledger, earlier_text)
    return Step(
        script.script,
        script.kind,
        script.version,
        script.description,
        script.path,
        action,
        reason,
        script.statements,
        undo,
        script.checksum,
        script.source_checksum,
        script.directives,
        tuple(sorted({*script.secrets, *(script.undo.secrets if script.undo else ())})),
        start,
        script.text,
        text,
    )


def _action(script: Script, row: Applied | None, earlier_text: Callable[[Applied], str]) -> tuple[Action, int]:
    if row is None:
        return "run", 0
    if row.succeeded or script.kind != "versioned" or not row.error.startswith(REPAIRED) or not row.statements_done:
        return "rerun", 0
    done = row.statements_done
    ran = sql.split(earlier_text(row), script.path)[:done]
    if [statement.checksum for statement in ran] != [statement.checksum for statement in script.statements[:done]]:
        raise SourceError(
            f"the first {done} statements are done, but are no longer what ran",
            "resume_edited",
            "restore them as they were; edit only what comes after",
            script.path,
            script.statements[0].line if script.statements else 1,
        )
    return "resume", done


def _undo(
    script: Script, ledger: Ledger, earlier_text: Callable[[Applied], str]
) -> tuple[str | None, tuple[Statement, ...] | None]:
    """A script's own rollback; of a repeatable without one, the text that is in effect now."""
    if script.undo is not None:
        return script.undo.text, script.undo.statements
    if script.kind == "repeatable":
        row = ledger.in_effect(script.script)
        text = earlier_text(row) if row else ""
        if text:
            return text, sql.split(text, script.path)
    return None, None


def _judge(
    states: Iterable[ScriptStatus], steps: Sequence[Step], policy: Policy
) -> tuple[list[str], list[tuple[str, str, str]]]:
    warnings: list[str] = []
    refusals: list[tuple[str, str, str]] = []

    def say(setting: str, name: str, text: str, hint: str) -> None:
        if setting == "error":
            refusals.append((name, text, hint))
        elif setting == "warn":
            warnings.append(text)

    planned = {step.script for step in steps}
    for status in states:
        if status.state == "failed":
            hint = f"see what it did, then `snowmaker repair {status.script} --done N` or `--rerun N`, or roll back"
            refusals.append(("failed", f"{status.script} failed earlier: {status.detail}", hint))
        elif status.state == "changed":
            hint = "undo the edit and write a new script, or accept it with `snowmaker repair --checksums`"
            say(policy.changed, "changed", f"{status.script} was edited after it was applied", hint)
        elif status.state == "missing":
            say(
                policy.missing,
                "missing",
                f"{status.script} was applied, but its file is gone",
                "restore the file",
            )
        elif status.state == "out_of_order" and status.script in planned:
            hint = "give it a higher version, or set [policy] out_of_order, or use --out-of-order"
            say(
                policy.out_of_order,
                "out_of_order",
                f"{status.script} is older than what has been applied",
                hint,
            )
        elif status.state == "applied" and status.detail:
            warnings.append(f"{status.script}: {status.detail}")
    for step in steps:
        _judge_step(step, policy, warnings, refusals)
    return warnings, refusals


def _judge_step(step: Step, policy: Policy, warnings: list[str], refusals: list[tuple[str, str, str]]) -> None:
    needs_undo = step.kind != "always" and not step.directives.irreversible and step.undo is None
    if needs_undo and policy.rollback == "required":
        text = f"{step.script} has no rollback"
        prefix = f"U{step.version}__" if step.kind == "versioned" else "U__"
        hint = f"write {prefix}….sql, or say `-- snowmaker: irreversible` (set [policy] rollback to relax)"
        refusals.append(("rollback", text, hint))
    if step.destructive == "yes" and policy.destructive == "forbid":
        reasons = "; ".join(statement.reason for statement in step.statements if statement.destructive == "yes")
        refusals.append(("destructive", f"{step.script} is destructive: {reasons}", "[policy] destructive = forbid"))
    if step.destructive == "unknown":
        doubtful = [one for one in step.statements if one.destructive == "unknown"]
        why = "; ".join(sorted({one.reason or f"{one.kind} at line {one.line}" for one in doubtful}))
        warnings.append(f"{step.script}: cannot tell whether it is destructive ({why})")
    if step.directives.transaction:
        for statement in step.statements:
            unsafe = sql.transaction_unsafe(statement)
            if unsafe:
                where = f"{step.path}:{statement.line}"
                refusals.append(("transaction", f"{where}: transaction=on, but {unsafe}", "take it out of the script"))


def _skipped(states: Iterable[ScriptStatus], rest_runs: bool, versioned: Sequence[Source]) -> list[Skipped]:
    planned = {source.script for source in versioned}
    found = []
    for status in states:
        if status.state == "ignored":
            found.append(Skipped(status.script, status.detail))
        elif status.state in ("pending", "rolled_back", "out_of_order") and status.script not in planned:
            if status.kind == "versioned":
                found.append(Skipped(status.script, "beyond the target"))
            elif not rest_runs:
                found.append(Skipped(status.script, "runs when the last versioned script has run"))
    return found


# rollback


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
    texts: Callable[[Iterable[Applied]], Mapping[int, tuple[str, str | None]]],
    scripts: Mapping[str, Callable[[], Script]],
    directives: Callable[[str], Directives],
    *,
    from_files: bool = False,
) -> Plan:
    """The plan that takes back what `target` names, newest first. Nothing is skipped quietly.

    `texts` gives (script text, rollback text) of rows by SEQ; `scripts` gives, by name in lower case, what the
    files would say; `directives` reads those of a text. A row without a stored undo falls back to the file, with a
    warning; with neither it is refused.
    """
    undone = _undone(ledger, target)
    begin = min((row.seq or 0 for row in undone), default=0)
    repeatables = _repeatables_since(ledger, begin, target) if undone else []
    rows = sorted({*undone, *repeatables}, key=lambda row: row.seq or 0, reverse=True)
    earlier = {row.script: ledger.in_effect(row.script, before=begin) for row in repeatables}
    stored = texts([*rows, *(row for row in earlier.values() if row)])
    builder = _Undoer(stored, scripts, directives, from_files)
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
        return _after(live, target.to, ledger)
    count = 1 if target.steps is None else target.steps
    if count < 1:
        raise UsageError("--steps needs a number of 1 or more", "bad_target")
    return live[-count:]


def _after(live: Sequence[Applied], to: str, ledger: Ledger) -> list[Applied]:
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


class _Undoer:
    """Builds undo steps, and collects what has to be said about them."""

    def __init__(
        self,
        stored: Mapping[int, tuple[str, str | None]],
        scripts: Mapping[str, Callable[[], Script]],
        directives: Callable[[str], Directives],
        from_files: bool,
    ) -> None:
        self._stored = stored
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
        statements = sql.split(text, f"rollback of {row.script}")
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
            self._undo_directives(row, text),
            script_text=text,
        )

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


def _moment(row: Applied) -> float:
    return row.installed_on.timestamp() if row.installed_on else 0.0


def refuse_history_containers(plan: Plan, history: tuple[str, ...]) -> Plan:
    """The plan, with a refusal for each statement that would drop, replace, rename or swap a container of the history.

    `history` is (database, schema, table). A bare name counts when it equals the container's last part.
    """
    containers = {"DATABASE": history[:1], "SCHEMA": history[:2], "TABLE": history}
    found = []
    for step in plan.steps:
        for statement in step.statements[step.start :]:
            for kind, name in sql.container_changes(statement.text):
                container = containers.get(kind)
                if container and name == container[-len(name) :]:
                    where = f"{step.path}:{statement.line}"
                    text = f"{where}: would move or drop {kind.lower()} {'.'.join(name)}, which holds the history"
                    found.append(("history", text, "keep the history in a database of its own"))
    return replace(plan, refusals=(*plan.refusals, *found)) if found else plan
