"""A plan as Markdown, for a comment on a pull request. What comes from files or the account stands in code spans:
there it is shown, and neither obeyed nor linked.

https://github.github.com/gfm/, https://docs.github.com/en/get-started/writing-on-github
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from snowmaker import accesstext, terminal
from snowmaker.access import AccessDiff
from snowmaker.model import Plan
from snowmaker.reviewing import AtStake, Review

LIMIT = 60_000  # characters; GitHub takes 65,536
ROWS = 50  # of one table
CELL = 160  # characters of one cell
_TICKS = re.compile("`+")


def plan(value: Review) -> str:
    """What a plan changes, what it destroys, who gains access, and what was rehearsed."""
    parts = [
        f"## snowmaker: plan for {code(value.plan.environment)}",
        _summary(value),
        *_remarks(value),
        *_changes(value.plan),
        *_destroyed(value),
        *_access(value),
        *_validated(value),
        *_rehearsed(value),
    ]
    text = "\n\n".join(parts)
    if len(text) > LIMIT:
        text = text[: text.rindex("\n", 0, LIMIT)] + "\n\n**Cut here**: it is too long for a comment."
    statements = _statements(value.plan)
    if len(text) + len(statements) > LIMIT:
        statements = "The statements are too long for a comment; `snowmaker plan` shows them."
    return f"{text}\n\n{statements}" if statements else text


def code(text: str, limit: int = CELL) -> str:
    """Text as a code span that fits into a cell of a table."""
    flat = terminal.one_line(text, limit).replace("|", "\\|")
    if not flat.strip():
        return ""
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(flat)), default=0))
    space = " " if flat[0] in " `" or flat[-1] in " `" else ""
    return f"{ticks}{space}{flat}{space}{ticks}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    listed = list(rows)
    lines = [columns, ["---"] * len(columns), *listed[:ROWS]]
    more = f"\n\nand {len(listed) - ROWS:,} more" if len(listed) > ROWS else ""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + more


def _list(lines: Sequence[str]) -> str:
    more = [f"and {len(lines) - ROWS:,} more"] if len(lines) > ROWS else []
    return "\n".join(f"- {line}" for line in [*lines[:ROWS], *more])


def _summary(value: Review) -> str:
    steps, statements = len(value.plan.steps), value.plan.statements
    if not steps:
        return "Nothing to do."
    said = [terminal.count(steps, "script"), terminal.count(statements, "statement")]
    destructive = sum(1 for _ in _destructive(value.plan))
    said.append(f"{destructive} destructive" if destructive else "nothing destructive")
    if value.access or value.unfollowed:
        said.append("access changes")
    said.append("rehearsed" if value.rehearsal else "not rehearsed")
    return f"**{', '.join(said)}**"


def _remarks(value: Review) -> Iterator[str]:
    refused = [f"**refused** by the policy {code(name)}: {code(text)}" for name, text, _ in value.plan.refusals]
    warned = [f"warning: {code(text)}" for text in (*value.plan.warnings, *value.warnings)]
    if refused or warned:
        yield _list([*refused, *warned])


def _changes(value: Plan) -> Iterator[str]:
    if value.steps:
        rows = []
        for step in value.steps:
            back = "" if step.action == "undo" or step.kind == "always" else "no" if step.undo is None else "yes"
            count = f"{len(step.statements) - step.start:,}"
            rows.append((code(step.script), step.action, count, code(step.reason), back))
        yield "### What changes"
        yield _table(("script", "action", "statements", "why", "rollback"), rows)
    if value.skipped:
        yield "Left out:"
        yield _table(("script", "why"), [(code(one.script), code(one.reason)) for one in value.skipped])


def _destructive(value: Plan) -> Iterator[tuple[str, str, str, str]]:
    for step in value.steps:
        for one in step.statements[step.start :]:
            if one.destructive == "yes":
                yield code(step.script), str(one.line), one.reason, code(one.text)


def _destroyed(value: Review) -> Iterator[str]:
    rows = list(_destructive(value.plan))
    if rows:
        yield "### What is destroyed"
        yield _table(("script", "line", "what it does", "statement"), rows)
    if value.at_stake:
        yield _table(("at stake", "tables", "rows", "bytes", "script"), map(_stake, value.at_stake))


def _stake(one: AtStake) -> tuple[str, ...]:
    name = code(f"{one.kind.lower()} {'.'.join(one.name)}")
    if one.rows is None or one.bytes is None:
        return name, "not there now" if one.kind == "TABLE" else "none there now", "", "", code(one.script)
    return name, f"{one.tables:,}", f"{one.rows:,}", size(one.bytes), code(one.script)


def size(number: int) -> str:
    """Bytes as text: `1.5 MB`, by powers of 1024 as Snowflake bills them."""
    amount, units = float(number), ["bytes", "KB", "MB", "GB", "TB", "PB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{amount:,.0f} {units[0]}" if units[0] == "bytes" else f"{amount:,.1f} {units[0]}"


def _access(value: Review) -> Iterator[str]:
    changed = accesstext.changed(AccessDiff(value.plan.environment, value.access))
    if changed or value.unfollowed:
        yield "### Who gains access"
    if changed:
        lines = []
        for turn, line in changed:
            heirs = f" and by inheritance {accesstext.people(line.heirs)}" if line.heirs else ""
            said = code(accesstext.sentence(turn, line) + heirs, 2 * CELL)
            lines.append(said if turn == "gains" else f"**loses**: {said}")
        yield _list(lines)
    if value.unfollowed:
        yield "By these statements, whose effect was not followed:"
        yield _list([f"{code(one.text)} in {code(script)}" for script, one in value.unfollowed])


def _validated(value: Review) -> Iterator[str]:
    if value.findings is not None:
        rows = []
        for one in value.findings:
            level = f"**{one.level}**" if one.level == "error" else one.level
            rows.append((level, code(f"{one.file}:{one.line}" if one.line else one.file), code(one.message)))
        yield "### What the account says"
        yield _table(("level", "where", "says"), rows) if rows else "Nothing was asked."


def _rehearsed(value: Review) -> Iterator[str]:
    if not value.plan.steps:
        return
    yield "### What was rehearsed"
    found = value.rehearsal
    if found is None:
        yield "Nothing here; `migrate` will do that first." if value.gate else "Nothing: `--verify` does that."
        return
    counted = Counter(one.verdict for one in found.scripts)
    said = ", ".join(f"{number} {verdict.replace('_', ' ')}" for verdict, number in counted.items())
    yield f"As {code(found.role)} on a fresh local account: {said}"
    rows = []
    for one in found.scripts:
        detail = "; ".join([one.detail, *one.differences]).strip("; ")
        verdict = one.verdict.replace("_", " ")
        rows.append((f"**{verdict}**" if one.verdict == "broken" else verdict, code(one.script), code(detail)))
    yield _table(("verdict", "script", "detail"), rows)
    if found.warnings:
        yield _list([f"warning: {code(text)}" for text in found.warnings])


def _statements(value: Plan) -> str:
    """All statements, folded away."""
    texts = []
    for step in value.steps:
        texts.append(f"-- {terminal.one_line(step.script)}")
        texts += [f"{terminal.clean(one.text)};" for one in step.statements[step.start :]]
    if not texts:
        return ""
    body = "\n".join(texts)
    fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(body)), default=0))
    return f"<details>\n<summary>Statements</summary>\n\n{fence}sql\n{body}\n{fence}\n\n</details>"
