"""What `repair` and `baseline` add to the history. Pure: rows in, rows out, each with the line that tells of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from snowmaker.errors import UsageError
from snowmaker.ledger import BASELINE, REPAIRED, Ledger, Render, statuses
from snowmaker.model import Applied, Source

Mended = tuple[Applied, str]


def accepted(sources: Sequence[Source], ledger: Ledger, render: Render, environment: str) -> list[Mended]:
    """Rows by which edited versioned scripts, and those of another tool, count as their files are now."""
    by_name = {source.script: source for source in sources}
    found = []
    for status in statuses(sources, ledger, render, environment):
        row = ledger.latest(status.script)
        if row is None or status.kind != "versioned" or status.state not in ("changed", "applied"):
            continue
        if status.state == "changed" or not row.source_checksum:
            line = f"{status.script}: counts as applied as its file is now"
            found.append((_as_filed(row, by_name[status.script], render), line))
    return found


def _as_filed(row: Applied, source: Source, render: Render) -> Applied:
    script = render(source)
    return replace(
        row,
        checksum=script.checksum,
        source_checksum=source.source_checksum,
        script_text=script.text,
        rollback_text=script.undo.text if script.undo else None,
    )


def resumed(ledger: Ledger, script: str, done: int, texts: Callable[[Applied], tuple[str, str | None]]) -> Mended:
    """The row by which a failed script goes on after its first `done` statements, or counts as applied after all.

    An `apply` does not go on, but its rollback takes back what is done.

    `texts` gives the stored script and rollback text of a row. Raises UsageError.
    """
    row = ledger.latest(script) or ledger.latest(f"{script}.sql")
    if row is None or row.succeeded:
        raise UsageError(f"{script} has not failed", "not_failed", "`snowmaker status` shows what has")
    total = row.statements or 0
    if not 0 <= done <= total:
        raise UsageError(f"{row.script} has {total} statements", "usage", "name one of them")
    text, undo = texts(row)
    kept = replace(row, statements_done=done, script_text=text, rollback_text=undo)
    if done == total:
        return replace(kept, status="Success", error=""), f"{row.script}: counts as applied"
    line = f"goes on at statement {done + 1} of {total}"
    if row.script_type == "C":
        line = f"{done} of {total} statements are done; the next `apply` sees what is left"
    return replace(kept, error=f"{REPAIRED}{done}"), f"{row.script}: {line}"


def baseline(version: str) -> Mended:
    """The row from which on versions up to `version` are ignored."""
    row = Applied(f"baseline {version}", BASELINE, version, "Baseline", "", "Success", "", None, 0)
    return row, f"versions up to {version} are ignored from now on"
