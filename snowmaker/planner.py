"""Scripts and history → the plan that brings an account up to date.

Pure: what it needs to know is handed in, what it says is a value. `ledger` says what the history knows of each
script, `ordering` who comes after whom, `rollback` plans the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from snowmaker import sql
from snowmaker.errors import SourceError, UsageError
from snowmaker.ledger import Ledger, Render, goes_on, statuses
from snowmaker.model import Action, Applied, Plan, Script, ScriptStatus, Skipped, Source, Statement, Step
from snowmaker.ordering import by_dependency, find_script
from snowmaker.versions import version_key


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
    steps = [_step(render(one), states[one.script], ledger, earlier_text) for one in (*versioned, *others)]
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
    ordered = by_dependency(due, [render(source) for source in due], sources)
    always_due = [source for source in always if states[source.script].state != "ignored"]
    return [*ordered, *by_dependency(always_due, [], sources)]


def continued(plan: Plan, ledger: Ledger, died: Collection[str]) -> tuple[Plan, tuple[Step, ...]]:
    """The plan of a run that goes on for runs that died, and the always scripts that these had completed.

    Where anything else is left to run, these run again, as they may look at what it makes.
    """
    if any(step.kind != "always" for step in plan.steps):
        return plan, ()
    done = tuple(step for step in plan.steps if _completed(step, ledger.latest(step.script), died))
    return replace(plan, steps=tuple(step for step in plan.steps if step not in done)), done


def _completed(step: Step, row: Applied | None, runs: Collection[str]) -> bool:
    return row is not None and row.succeeded and row.run_id in runs and row.checksum == step.checksum


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


def _step(script: Script, status: ScriptStatus, ledger: Ledger, earlier_text: Callable[[Applied], str]) -> Step:
    reason = status.detail or {"rolled_back": "was rolled back", "applied": "runs always"}.get(status.state, "new")
    return script_step(script, ledger, earlier_text, reason)


def script_step(script: Script, ledger: Ledger, earlier_text: Callable[[Applied], str], reason: str = "") -> Step:
    """The step that runs a script, or the rest of it. Raises SourceError where what has run of it was edited since."""
    action, start = _action(script, ledger.latest(script.script), earlier_text)
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
    if not goes_on(row) or not row.statements_done or row.undone:
        return "rerun", 0
    done = row.statements_done
    if begins_as(earlier_text(row), script.statements, done):
        return "resume", done
    if script.kind != "versioned":
        return "rerun", 0  # its text is new
    raise SourceError(
        f"the first {done} statements are done, but are no longer what ran",
        "resume_edited",
        "restore them as they were; edit only what comes after",
        script.path,
        script.statements[0].line if script.statements else 1,
    )


def begins_as(text: str, statements: Sequence[Statement], done: int) -> bool:
    """Whether the first `done` statements are those of a text that ran."""
    ran = [statement.checksum for statement in sql.split(text)[:done]]
    return ran == [statement.checksum for statement in statements[:done]]


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


def judge(plan: Plan, policy: Policy) -> Plan:
    """A plan that no scripts were rendered for, with what the policies say of its steps."""
    warnings: list[str] = []
    refusals: list[tuple[str, str, str]] = []
    for step in plan.steps:
        _judge_step(step, policy, warnings, refusals)
    return replace(plan, warnings=(*plan.warnings, *warnings), refusals=(*plan.refusals, *refusals))


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


def refuse_history_containers(plan: Plan, history: tuple[str, ...]) -> Plan:
    """The plan, with a refusal for each statement that would drop, replace, rename or swap a container of the history.

    `history` is (database, schema, table). A bare name counts when it equals the container's last part.
    """
    found = []
    for step in plan.steps:
        for statement in step.statements[step.start :]:
            for kind, name in history_moves(statement.text, history):
                where = f"{step.path}:{statement.line}"
                text = f"{where}: would move or drop {kind.lower()} {'.'.join(name)}, which holds the history"
                found.append(("history", text, "keep the history in a database of its own"))
    return replace(plan, refusals=(*plan.refusals, *found)) if found else plan


def history_moves(text: str, history: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """(kind, name) of each container of the history that a statement would drop, replace, rename or swap."""
    containers = {"DATABASE": history[:1], "SCHEMA": history[:2], "TABLE": history}
    changes = sorted(sql.container_changes(text))
    return [(kind, name) for kind, name in changes if containers[kind][-len(name) :] == name]


def plan_differences(reviewed: Plan, now: Plan) -> tuple[str, ...]:
    """In what a plan that was reviewed is not the plan that would be made now; nothing where they are the same."""
    found = []
    for what, was, is_now in (
        ("the environment", reviewed.environment, now.environment),
        ("the history", reviewed.history, now.history),
    ):
        if was != is_now:
            found.append(f"{what} was {was or 'none'}, and is {is_now or 'none'}")
    before = {step.script: step for step in reviewed.steps}
    after = {step.script: step for step in now.steps}
    found += [f"{script} would not run" for script in before if script not in after]
    found += [f"{script} would run too" for script in after if script not in before]
    for script, step in after.items():
        if script in before:
            found += [f"{script}: {text}" for text in _step_differences(before[script], step)]
    if not found and [step.script for step in reviewed.steps] != [step.script for step in now.steps]:
        found.append("the order of the scripts is another")
    return tuple(found)


def _step_differences(was: Step, now: Step) -> list[str]:
    found = []
    if (was.action, was.start) != (now.action, now.start):
        found.append(f"would {now.action} from statement {now.start + 1}")
    if was.directives != now.directives:
        found.append("its directives differ")
    if len(was.statements) != len(now.statements):
        found.append(f"had {len(was.statements)} statements, and has {len(now.statements)}")
    pairs = zip(was.statements, now.statements, strict=False)
    found += [f"statement {n} differs" for n, (one, other) in enumerate(pairs, 1) if one.text != other.text]
    if [one.text for one in was.undo or ()] != [one.text for one in now.undo or ()]:
        found.append("its rollback differs")
    return found
