"""Changes → the text of a script and of its rollback, and the step that `apply` runs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from snowmaker import sql
from snowmaker.model import Change, Diff, Plan, Step

Show = Callable[[str], str]
Names = Callable[[str], tuple[str, ...]]


def script(changes: Sequence[Change], own_role: str, show: Show = str) -> tuple[str, str]:
    """The statements of all changes with a comment for each, and those that take them back, last first.

    `own_role` is the connection's, as SQL writes it: another is assumed by USE ROLE where a change needs it.
    """
    up = [(change, change.sql) for change in changes]
    down = [(change, change.undo) for change in reversed(changes)]
    return _text(up, own_role, show, _title), _text([pair for pair in down if pair[1]], own_role, show, _back)


def snapshot(changes: Sequence[Change], title: str, warnings: Iterable[str] = ()) -> str:
    """The statements that make again what changes make in an empty account, all of them ACCOUNTADMIN's to run.

    Owners come last, since who hands an object over may no longer change it; tasks are resumed after that.
    """
    starts = [change for change in changes if _starts(change)]
    owners = [change for change in changes if _hands_over(change)]
    rest = [change for change in changes if not _starts(change) and not _hands_over(change)]
    lines = [f"-- {' '.join(text.split())}" for text in (title, *(f"not read: {one}" for one in warnings))] + [""]
    for change in (*rest, *owners, *starts):
        if change.sql and not _owned_anyway(change):
            lines += [f"-- {_named(change)}", *(f"{statement};" for statement in change.sql), ""]
    return "\n".join(lines)


def _hands_over(change: Change) -> bool:
    return bool(change.sql) and all(text.startswith("GRANT OWNERSHIP ") for text in change.sql)


def _owned_anyway(change: Change) -> bool:
    return _hands_over(change) and all(" TO ROLE ACCOUNTADMIN " in text for text in change.sql)


def _starts(change: Change) -> bool:
    return bool(change.sql) and all(text.startswith("ALTER ") and text.endswith(" RESUME") for text in change.sql)


def _text(
    parts: Iterable[tuple[Change, Sequence[str]]], own_role: str, show: Show, comment: Callable[[Change], str]
) -> str:
    lines: list[str] = []
    role = own_role
    for change, statements in parts:
        wanted = change.role or own_role
        lines.append(comment(change))
        if wanted != role and wanted:
            lines.append(f"USE ROLE {wanted};")
            role = wanted
        lines += [f"{show(statement)};" for statement in statements]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _title(change: Change) -> str:
    return f"-- {_named(change)}: {' '.join(change.reason.split())}"


def _back(change: Change) -> str:
    return f"-- takes back: {_named(change)}"


def _named(change: Change) -> str:
    kind = "" if change.kind == "grant" else f"{change.kind.replace('_', ' ')} "
    return " ".join(f"{change.action} {kind}{change.target}".split())


def plan(diff: Diff, name: str, own_role: str, checksum: Callable[[str], str], secrets: Names) -> Plan:
    """The plan of one step that makes the changes; without steps where there are none.

    `checksum` is that of a text, `secrets` the names of those it needs.
    """
    environment, changes = diff.environment, diff.changes
    if not changes:
        return Plan(environment)
    up, down = script(changes, own_role)
    step = Step(
        script=name,
        kind="component",
        version="",
        description="Components",
        path=name,
        action="run",
        reason=f"{len(changes)} differences",
        statements=sql.split(up, name),
        undo=sql.split(down, name),
        checksum=checksum(up),
        source_checksum="",
        secrets=secrets(up + down),
        script_text=up,
        rollback_text=down,
    )
    warnings = dict.fromkeys([*diff.warnings, *(warning for change in changes for warning in change.warnings)])
    return Plan(environment, (step,), warnings=tuple(warnings))
