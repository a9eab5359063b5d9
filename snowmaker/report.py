"""Every output of the commands, as text or as JSON (DESIGN.md §5): data on stdout, prose on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from snowmaker import terminal, values
from snowmaker.errors import SnowmakerError, StatementError
from snowmaker.model import Applied, Finding, Plan, Result, Script, ScriptStatus, Statement, Step

COLOURS = {
    "applied": "green",
    "resumed": "green",
    "rolled_back": "yellow",
    "pending": "yellow",
    "out_of_order": "red",
    "changed": "red",
    "missing": "red",
    "failed": "red",
    "error": "red",
    "warning": "yellow",
    "ok": "green",
    "Success": "green",
    "Failed": "red",
}
STATEMENT_LINES = 12  # of a statement that failed
TEXTS = ("script_text", "rollback_text")  # a history row's own columns, too long for a list

Show = Callable[[str], str]


def status(scripts: Sequence[ScriptStatus], *, environment: str, everything: bool, as_json: bool) -> None:
    """The scripts and their states; text leaves out what is applied unless `everything` is wanted."""
    if as_json:
        _json({"environment": environment, "scripts": [asdict(script) for script in scripts]})
        return
    shown = [script for script in scripts if everything or script.state not in ("applied", "ignored")]
    if shown:
        rows = [
            (script.state, script.script, _when(script.installed_on), script.installed_by, script.detail)
            for script in shown
        ]
        terminal.table(("STATE", "SCRIPT", "INSTALLED ON", "BY", "DETAIL"), rows, COLOURS)
    counted = Counter(script.state for script in scripts)
    said = ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in counted.items())
    terminal.write(f"{_name(environment)}: {said or 'no scripts'}")


def plan(value: Plan, *, formatted: bool, as_json: bool) -> None:
    """A plan, with every statement that would be sent."""
    if as_json:
        _json(value.to_json())
        return
    plan_summary(value, stream=sys.stdout, show=_shower(formatted))
    for name, text, hint in value.refusals:
        terminal.write(f"{_paint('refused', 'red')} by the policy {name}: {terminal.clean(text)}")
        terminal.write(f"  hint: {terminal.clean(hint)}" if hint else "")


def plan_file(value: Plan, path: str) -> None:
    """Write a plan to a file, whole or not at all; raises OSError."""
    beside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(json.dumps(value.to_json(), ensure_ascii=True, indent=2) + "\n")
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def plan_summary(value: Plan, *, stream: TextIO, show: Show | None = None) -> None:
    """The steps of a plan and what is destructive in them; their statements too, when `show` is given."""
    scripts, statements = (
        terminal.count(len(value.steps), "script"),
        terminal.count(value.statements, "statement"),
    )
    nothing = not value.steps
    terminal.write(
        f"{_name(value.environment)}: " + ("nothing to do" if nothing else f"{scripts}, {statements}"),
        stream=stream,
    )
    for number, step in enumerate(value.steps, 1):
        terminal.write(_step_line(step, number, stream), stream=stream)
        for statement in step.statements[step.start :]:
            mark = _destructive_mark(statement, stream)
            if show:
                terminal.write(_indent(show(statement.text) + ";"), stream=stream)
            if mark:
                terminal.write(mark, stream=stream)
    for skipped in value.skipped:
        terminal.write(
            f"  -  {terminal.clean(skipped.script)}  skipped: {terminal.clean(skipped.reason)}", stream=stream
        )
    for warning in value.warnings:
        terminal.write(_warning(warning, stream), stream=stream)


def _step_line(step: Step, number: int, stream: TextIO) -> str:
    name = terminal.paint(terminal.clean(step.script), "cyan", stream)
    reason = f"  ({terminal.clean(step.reason)})" if step.reason else ""
    start = f" from statement {step.start + 1}" if step.start else ""
    final = "" if step.undo is not None or step.action == "undo" or step.kind == "always" else "  no rollback"
    return f"  {number}  {name}  {step.action}{start}{reason}{terminal.paint(final, 'yellow', stream)}"


def _destructive_mark(statement: Statement, stream: TextIO) -> str:
    if statement.destructive == "yes":
        said = f"destructive, line {statement.line}: {terminal.clean(statement.reason)}"
        return terminal.paint(f"     ! {said}", "red", stream)
    return ""


def result(value: Result, *, as_json: bool) -> None:
    """What a migrate or rollback did."""
    if as_json:
        _json(asdict(value))
        return
    for warning in value.warnings:
        terminal.tell(_warning(warning, sys.stderr))
    done = [script for script in value.scripts if script.outcome != "skipped"]
    if not done:
        terminal.write(f"{_name(value.environment)}: nothing to do")
        return
    counted = Counter(script.outcome for script in done)
    said = ", ".join(f"{terminal.count(number, 'script')} {name.replace('_', ' ')}" for name, number in counted.items())
    sent = terminal.count(value.statements, "statement")
    terminal.write(f"{_name(value.environment)}: {said}; {sent} in {value.seconds:.1f} s (run {value.run_id})")


def history(rows: Sequence[Applied], *, environment: str, as_json: bool) -> None:
    """The history, oldest first."""
    if as_json:
        kept = [{key: value for key, value in asdict(row).items() if key not in TEXTS} for row in rows]
        _json({"environment": environment, "rows": kept})
        return
    cells = [
        (
            "" if row.seq is None else str(row.seq),
            row.script,
            "rollback" if row.undone else row.script_type,
            row.status,
            _done(row),
            _when(row.installed_on),
            row.installed_by,
            f"{row.execution_time} s",
        )
        for row in rows
    ]
    if cells:
        columns = ("SEQ", "SCRIPT", "TYPE", "STATUS", "STATEMENTS", "INSTALLED ON", "BY", "TIME")
        terminal.table(columns, cells, COLOURS)
    else:
        terminal.write(f"{_name(environment)}: the history is empty")


def _done(row: Applied) -> str:
    if row.statements is None:
        return ""
    done = row.statements if row.statements_done is None else row.statements_done
    return str(done) if done == row.statements else f"{done} of {row.statements}"


def findings(found: Sequence[Finding], *, as_json: bool) -> int:
    """What `check` or `doctor` says; gives the exit code, 1 when there is an error among it."""
    bad = [finding for finding in found if finding.level == "error"]
    if as_json:
        _json({"findings": [asdict(finding) for finding in found]})
        return 1 if bad else 0
    for finding in found:
        where = f"{finding.file}:{finding.line}: " if finding.file and finding.line else f"{finding.file}: "
        level = _paint(finding.level, COLOURS[finding.level])
        head = f"{terminal.clean(where) if finding.file else ''}{level}"
        terminal.write(f"{head}: {terminal.clean(finding.message)} [{finding.rule}]")
        if finding.hint:
            terminal.write(f"  hint: {terminal.clean(finding.hint)}")
        for line in finding.fix:
            terminal.write(f"    {terminal.clean(line)}")
    warned = sum(finding.level == "warning" for finding in found)
    terminal.write(f"{terminal.count(len(bad), 'error')}, {terminal.count(warned, 'warning')}")
    return 1 if bad else 0


def scripts(rendered: Sequence[Script], *, formatted: bool, as_json: bool) -> None:
    """Scripts as they would be sent, with placeholders where secrets go."""
    show = _shower(formatted)
    if as_json:
        _json({"scripts": [_script(script, show) for script in rendered]})
        return
    for script in rendered:
        for part in (script, script.undo):
            if part is not None:
                terminal.write(f"-- {terminal.one_line(part.path)}")
                body = ";\n\n".join(show(statement.text) for statement in part.statements)
                terminal.write(f"{body};\n" if formatted and body else terminal.clean(part.text.rstrip("\n")) + "\n")


def _script(script: Script, show: Show) -> dict[str, Any]:
    value = asdict(script)
    for statement in value["statements"]:
        statement["formatted"] = show(statement["text"])
    return value


def rows(found: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """The rows of `sql`: a table, or a list of objects, one a line."""
    if as_json:
        lines = ",\n".join(_dump(values.jsonable(row)) for row in found)
        terminal.write(f"[\n{lines}\n]" if lines else "[]")
        return
    if found:
        columns = list(found[0])
        terminal.table(columns, [[values.text(row.get(column)) for column in columns] for row in found])
    terminal.tell(f"({terminal.count(len(found), 'row')})")


def files(paths: Iterable[Path], *, then: str, as_json: bool) -> None:
    """Files that were written, and what to do next."""
    names = [str(path) for path in paths]
    if as_json:
        _json({"files": names})
        return
    for name in names:
        terminal.write(terminal.one_line(name))
    if then:
        terminal.tell(f"\nnext: {then}")


def lines(said: Sequence[str], *, key: str, nothing: str, as_json: bool) -> None:
    """Things that were done, a line each."""
    if as_json:
        _json({key: list(said)})
        return
    for line in said or (nothing,):
        terminal.write(terminal.clean(line))


def facts(said: dict[str, Any], *, as_json: bool) -> None:
    """Names and values, one a line; what is not known is left out of the text."""
    if as_json:
        _json(said)
        return
    for name, value in said.items():
        if value is not None:
            shown = ", ".join(value) or "none" if isinstance(value, tuple) else values.text(value)
            terminal.write(f"{name.replace('_', ' ')}: {terminal.one_line(shown)}")


def served(text: str, *, as_json: bool) -> None:
    """Where the sandbox listens, at once: whoever started it waits for this line."""
    lines([text], key="serving", nothing="", as_json=as_json)
    sys.stdout.flush()


def error(fault: SnowmakerError, *, as_json: bool) -> None:
    """An error, with what was done before it; as JSON it goes to stdout, where the data would have been."""
    if as_json:
        done = asdict(fault.result) if fault.result else {}
        _json({"error": fault.to_json(), **done})
        return
    terminal.tell(f"{terminal.paint('error:', 'red', sys.stderr, bold=True)} {terminal.clean(fault.message)}")
    if fault.where:
        terminal.tell(f"  at {terminal.one_line(fault.where)}")
    if isinstance(fault, StatementError) and fault.statement:
        terminal.tell(_failed_statement(fault))
    snowflake = _snowflake(fault)
    if snowflake:
        terminal.tell(f"  Snowflake: {snowflake}")
    if isinstance(fault, StatementError) and fault.of:
        terminal.tell(f"  done: {fault.done} of {terminal.count(fault.of, 'statement')} of this script")
    if fault.result:
        _tell_done(fault.result)
    if fault.hint:
        terminal.tell(f"\n{terminal.paint('hint:', 'cyan', sys.stderr, bold=True)} {terminal.clean(fault.hint)}")


def _failed_statement(fault: StatementError) -> str:
    text = terminal.clean(fault.statement).splitlines() or [""]
    shown = [f"  {number:>5} | {line}" for number, line in enumerate(text[:STATEMENT_LINES], fault.line or 1)]
    left = len(text) - STATEMENT_LINES
    return "\n".join([*shown, f"        … {terminal.count(left, 'more line')}"] if left > 0 else shown)


def _snowflake(fault: SnowmakerError) -> str:
    said = []
    if fault.errno is not None:
        said.append(f"{fault.errno:06d}")
    if fault.sqlstate:
        said.append(f"({terminal.one_line(fault.sqlstate)})")
    if fault.query_id:
        said.append(f"query {terminal.one_line(fault.query_id)}")
    return " ".join(said)


def _tell_done(value: Result) -> None:
    terminal.tell(f"  run {value.run_id} in {_name(value.environment)}:")
    for script in value.scripts:
        sent = "" if script.outcome == "skipped" else f", {terminal.count(script.statements, 'statement')} done"
        outcome = terminal.paint(script.outcome.replace("_", " "), COLOURS.get(script.outcome, ""), sys.stderr)
        terminal.tell(f"    {terminal.clean(script.script)}: {outcome}{sent}")


def _shower(formatted: bool) -> Show:
    """How a statement's text is shown. What is sent stays as it was written."""
    if not formatted:
        return terminal.clean
    import sqlparse

    def show(text: str) -> str:
        try:
            pretty = sqlparse.format(text, reindent=True, keyword_case="upper")
        except (sqlparse.exceptions.SQLParseError, RecursionError):  # too long or too deep for it
            pretty = text
        return terminal.clean(str(pretty).strip())

    return show


def _indent(text: str) -> str:
    return "\n".join(f"       {line}" if line else "" for line in text.splitlines())


def _warning(text: str, stream: TextIO) -> str:
    return f"{terminal.paint('warning:', 'yellow', stream)} {terminal.clean(text)}"


def _paint(text: str, colour: str) -> str:
    return terminal.paint(text, colour, sys.stdout)


def _name(environment: str) -> str:
    return terminal.one_line(environment)


def _when(value: Any) -> str:
    """A time as text, to the second."""
    return "" if value is None else values.moment(value.replace(microsecond=0)).replace("T", " ")


def _json(value: Any) -> None:
    terminal.write(json.dumps(values.jsonable(value), ensure_ascii=False, indent=2, allow_nan=False))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
