"""Asking before something is done that deserves a second look. Without a terminal nothing is asked.

Each function gives what a verb of the project calls with what it is about to do: it returns to go on, and
raises UsageError, which names the flag, to leave everything as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from snowmaker import report, terminal
from snowmaker.errors import UsageError
from snowmaker.model import Plan
from snowmaker.project import Project


def migration(project: Project, *, yes: bool, allow_destructive: bool, as_json: bool) -> Callable[[Plan], None]:
    """For `migrate`: a protected environment, and under `destructive = "confirm"` what can lose data."""

    def confirm(plan: Plan) -> None:
        reasons, flags = [], []
        if project.environment.protected and not yes:
            reasons.append(f"the environment {plan.environment} is protected")
            flags.append("--yes")
        lossy = [step.script for step in plan.steps if step.destructive == "yes"]
        if lossy and project.settings.policy.destructive == "confirm" and not allow_destructive:
            reasons.append(f"statements that can lose data: {', '.join(lossy)}")
            flags.append("--allow-destructive")
        if reasons:
            _ask(reasons, flags, as_json, plan)

    return confirm


def rollback(*, yes: bool, as_json: bool) -> Callable[[Plan], None]:
    """For `rollback`: always."""

    def confirm(plan: Plan) -> None:
        if not yes:
            scripts = terminal.count(len(plan.steps), "script")
            _ask([f"a rollback of {scripts} in {plan.environment}"], ["--yes"], as_json, plan)

    return confirm


def change(project: Project, *, yes: bool, as_json: bool) -> Callable[[str], None]:
    """For `repair` and `baseline`: rows of the history of a protected environment."""

    def confirm(text: str) -> None:
        if project.environment.protected and not yes:
            _ask([f"the environment {project.environment.name} is protected"], ["--yes"], as_json, text)

    return confirm


def unlock(*, yes: bool, as_json: bool) -> Callable[[str], None]:
    """For `unlock`: always, since the deploy that holds the lock may be alive."""

    def confirm(text: str) -> None:
        if not yes:
            _ask([f"{text}, which may still be running"], ["--yes"], as_json, "")

    return confirm


def _ask(reasons: Sequence[str], flags: Sequence[str], as_json: bool, what: Plan | str) -> None:
    why = terminal.clean("; ".join(reasons))
    named = " ".join(flags)
    if as_json or not terminal.interactive():
        raise UsageError(f"not confirmed: {why}", "confirmation_needed", f"look at it, then run it again with {named}")
    if isinstance(what, Plan):
        report.plan_summary(what, stream=sys.stderr)
    elif what:
        terminal.tell(f"  {terminal.one_line(what)}")
    terminal.tell(terminal.paint(why[:1].upper() + why[1:] + ".", "yellow", sys.stderr))
    sys.stderr.write("Go on? [y/N]: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("not confirmed; nothing was done", "declined", f"answer y, or give {named}")
