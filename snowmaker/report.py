"""Every output of the commands, as text or as JSON (DESIGN.md §5): data on stdout, prose on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from snowmaker import terminal, values
from snowmaker.errors import SnowmakerError, StatementError
from snowmaker.model import (
    Adoption,
    Applied,
    Change,
    Checked,
    CheckOutcome,
    Checks,
    Diff,
    Finding,
    Kept,
    Plan,
    Rehearsal,
    Rehearsed,
    Result,
    Script,
    ScriptStatus,
    Statement,
    Step,
    Touch,
)

if TYPE_CHECKING:
    from snowmaker.access import AccessDiff, AccessReport
    from snowmaker.accesstext import Line
    from snowmaker.reviewing import Review
    from snowmaker.rules import Rule

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


def matrix(found: Mapping[str, Sequence[ScriptStatus]], *, as_json: bool) -> None:
    """The states of all scripts, a column for each environment."""
    if as_json:
        _json({"environments": {name: [asdict(one) for one in scripts] for name, scripts in found.items()}})
        return
    states = {name: {one.script: one.state for one in scripts} for name, scripts in found.items()}
    scripts = dict.fromkeys(one.script for each in found.values() for one in each)
    rows = [(script, *(states[name].get(script, "") for name in found)) for script in scripts]
    if rows:
        terminal.table(("SCRIPT", *(name.upper() for name in found)), rows, COLOURS)
    terminal.write(f"{terminal.count(len(rows), 'script')} in {terminal.count(len(found), 'environment')}")


def plan(
    value: Plan,
    rehearsed: Rehearsal | None = None,
    found: Sequence[Finding] | None = None,
    *,
    formatted: bool,
    as_json: bool,
) -> None:
    """A plan, with every statement that would be sent, and what a rehearsal and the account say of it."""
    if as_json:
        said: dict[str, Any] = {"rehearsal": asdict(rehearsed)} if rehearsed else {}
        said |= {} if found is None else {"findings": [asdict(finding) for finding in found]}
        _json({**value.to_json(), **said})
        return
    plan_summary(value, stream=sys.stdout, show=_shower(formatted))
    for name, text, hint in value.refusals:
        terminal.write(f"{_paint('refused', 'red')} by the policy {name}: {terminal.clean(text)}")
        terminal.write(f"  hint: {terminal.clean(hint)}" if hint else "")
    if found is not None:
        findings(found, as_json=False)
    if rehearsed:
        rehearsal(rehearsed, form="table")


def review(value: Review) -> None:
    """A plan and what it means, as Markdown."""
    from snowmaker import markdown

    terminal.write(markdown.plan(value))


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


SIGNS = {"create": "+", "alter": "~", "replace": "±", "drop": "-", "grant": "+", "revoke": "-"}
EFFECTS = {"safe": "", "replace": "yellow", "destructive": "red"}


def diff(value: Diff, *, formatted: bool, as_json: bool) -> None:
    """What is declared against what is there: each change with its old and new values, its SQL and its undo."""
    if as_json:
        _json(value.to_json())
        return
    show = _shower(formatted)
    for change in value.changes:
        terminal.write(_change_line(change))
        for name, old, new in change.attributes:
            before = "" if change.action == "create" else f"{_shown(old)} → "
            terminal.write(f"       {name}: {before}{_shown(new)}")
        if change.role:
            terminal.write(f"       as {change.role}")
        if change.touched is not None:
            terminal.write(f"       {_touched(change.touched)}")
        for statement in change.sql:
            terminal.write(_indent(show(statement) + ";"))
        for statement in change.undo:
            terminal.write(_paint(_indent(f"undo: {show(statement)};"), "bright_black"))
        for warning in change.warnings:
            terminal.write(f"     ! {_warning(warning, sys.stdout)}")
    for role, statement, privilege in value.missing:
        terminal.write(f"{_paint('missing', 'red')}: {role} lacks {privilege} for {terminal.one_line(statement)}")
    for warning in value.warnings:
        terminal.tell(_warning(warning, sys.stderr))
    counted = Counter(change.action for change in value.changes)
    said = ", ".join(f"{number} to {action}" for action, number in counted.items())
    requests = terminal.count(value.round_trips, "request")
    terminal.write(f"{_name(value.environment)}: {said or 'as declared'} ({requests})")


def _touched(touch: Touch) -> str:
    by = f"run {touch.run}, {touch.script}, as " if touch.run else ""
    role = f" ({touch.role})" if touch.role else ""
    who = terminal.clean(f"{by}{touch.user}{role}")
    return f"last by {who}, {values.moment(touch.at)}: {terminal.one_line(touch.statement)}"


def adoption(value: Adoption, *, as_json: bool) -> None:
    """The files that took over what the account has, and what is left to do by hand."""
    if as_json:
        _json(asdict(value))
        return
    for path in value.files:
        terminal.write(terminal.clean(path))
    for text in value.left:
        terminal.write(f"{_paint('left', 'yellow')}: {terminal.one_line(text)}")
    done = f"{terminal.count(value.adopted, 'difference')} taken over"
    terminal.write(f"{_name(value.environment)}: {done}, {len(value.left)} left")


def _change_line(change: Change) -> str:
    effect = {"replace": "  replaces it", "destructive": "  can lose data"}.get(change.effect, "")
    sign = _paint(f"  {SIGNS[change.action]}", "green" if change.action in ("create", "grant") else "yellow")
    kind = "" if change.kind == "grant" else f"{change.kind.replace('_', ' ')} "
    name = f"{change.action} {kind}{terminal.clean(change.target)}"
    return f"{sign} {name}  ({terminal.clean(change.reason)}){_paint(effect, EFFECTS[change.effect])}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else terminal.one_line(values.text(value))


def access(value: AccessReport, *, as_mermaid: bool, as_json: bool) -> None:
    """What a role or user can do, and who can do what with it or with another object, each with the path to it."""
    from snowmaker import accesstext

    if as_json:
        _json(value.to_json())
        return
    for warning in value.warnings:
        terminal.tell(_warning(warning, sys.stderr))
    if as_mermaid:
        terminal.write(accesstext.chart(value))
        return
    name = terminal.one_line(value.on.what)
    has = [(line.privilege, line.what, line.through, line.note) for line in accesstext.lines(value.has)]
    held = [(_privilege(line), line.whom, line.through, line.note) for line in accesstext.lines(value.held_by)]
    for heading, columns, cells in (
        (f"what {name} has", ("PRIVILEGE", "ON", "THROUGH", ""), has),
        (f"who has {'' if has else 'what on '}{name}", ("PRIVILEGE", "WHO", "THROUGH", ""), held),
    ):
        if cells:
            terminal.write(heading)
            terminal.table(columns, cells)
            terminal.write()
    nothing = "" if has or held else ", of which there is nothing to tell"
    terminal.write(f"{_name(value.environment)}: {name}{nothing} ({terminal.count(value.round_trips, 'request')})")


def _privilege(line: Line) -> str:
    return f"{line.privilege} on {line.what}" if line.access.grant.reach == "future" else line.privilege


def access_diff(value: AccessDiff, *, as_mermaid: bool, as_json: bool) -> None:
    """Who would gain and lose what."""
    from snowmaker import accesstext

    if as_json:
        _json(value.to_json())
        return
    for warning in value.warnings:
        terminal.tell(_warning(warning, sys.stderr))
    if as_mermaid:
        terminal.write(accesstext.chart_of_changes(value))
        return
    for turn, line in accesstext.changed(value):
        sign = _paint("+", "green") if turn == "gains" else _paint("-", "red")
        terminal.write(f"  {sign} {terminal.one_line(accesstext.sentence(turn, line))}")
        if line.heirs:
            terminal.write(f"      and by inheritance {terminal.one_line(accesstext.people(line.heirs))}")
    counted = Counter(change.who[0].lower() for change in value.changes)
    said = " and ".join(terminal.count(number, kind) for kind, number in counted.items())
    changes = f"the access of {said} would change" if said else "nobody's access would change"
    terminal.write(f"{_name(value.environment)}: {changes} ({terminal.count(value.round_trips, 'request')})")


VERDICTS = {"proven": "green", "broken": "red", "irreversible": "yellow", "not_rehearsed": "yellow"}


def rehearsal(value: Rehearsal, *, form: str) -> None:
    """What a rehearsal says: as a table, JSON, JUnit's XML, or annotations of GitHub's checks."""
    if form == "json":
        _json(asdict(value))
    elif form == "junit":
        terminal.write(junit("snowmaker verify", [_case(one) for one in value.scripts], value.seconds))
    elif form == "github":
        for one in value.scripts:
            if one.verdict != "proven":
                level = "error" if one.verdict == "broken" else "notice"
                terminal.write(annotation(level, one.file, one.line, f"{one.script}: {_verdict_text(one)}"))
    else:
        _rehearsal_table(value)
    for warning in value.warnings:
        terminal.tell(_warning(warning, sys.stderr))


def _rehearsal_table(value: Rehearsal) -> None:
    rows = [(one.verdict.replace("_", " "), one.script, one.detail) for one in value.scripts]
    if rows:
        terminal.table(
            ("VERDICT", "SCRIPT", "DETAIL"), rows, {name.replace("_", " "): VERDICTS[name] for name in VERDICTS}
        )
    for one in value.scripts:
        for difference in one.differences:
            terminal.write(f"  {terminal.clean(one.script)}: {terminal.clean(difference)}")
    counted = Counter(one.verdict for one in value.scripts)
    said = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counted.items())
    terminal.write(f"{_name(value.environment)}, as {terminal.one_line(value.role)}: {said or 'nothing to rehearse'}")


OUTCOMES: dict[CheckOutcome, str] = {"passed": "green", "failed": "red", "error": "red"}


def checks(value: Checks, *, form: str) -> None:
    """What the checks say: as text, JSON, JUnit's XML, or annotations of GitHub's checks."""
    if form == "json":
        _json(asdict(value))
    elif form == "junit":
        cases = [
            (one.check, "" if one.outcome == "passed" else _check_text(one), "", one.seconds) for one in value.checks
        ]
        terminal.write(junit("snowmaker test", cases, value.seconds))
    elif form == "github":
        for one in value.checks:
            if one.outcome != "passed":
                terminal.write(annotation("error", one.file, one.line, f"{one.check}: {_check_text(one)}"))
    else:
        _checks_text(value)
    for warning in value.warnings:
        terminal.tell(_warning(warning, sys.stderr))


def _checks_text(value: Checks) -> None:
    for one in value.checks:
        terminal.write(f"{_paint(one.outcome, OUTCOMES[one.outcome])}  {terminal.one_line(one.check)}")
        if one.outcome != "passed":
            terminal.write(f"  at {terminal.one_line(f'{one.file}:{one.line}')}: {terminal.one_line(one.detail)}")
            for row in _some_rows(one):
                terminal.write(f"    {terminal.one_line(row)}")
    counted = Counter(one.outcome for one in value.checks)
    said = ", ".join(f"{counted[name]} {name}" for name in OUTCOMES if counted[name])
    terminal.write(f"{_name(value.environment)}, as {terminal.one_line(value.role)}: {said or 'there are no checks'}")


def _check_text(one: Checked) -> str:
    said = one.detail if one.outcome == "failed" else f"could not be judged: {one.detail}"
    return "\n".join([said, *_some_rows(one)])


def _some_rows(one: Checked) -> list[str]:
    """The rows that a query returned, a line each, and how many more there are."""
    shown = [", ".join(f"{name} = {values.text(value)}" for name, value in row.items()) for row in one.rows]
    left = one.count - len(shown)
    return [*shown, f"… {terminal.count(left, 'more row')}"] if left > 0 else shown


def _verdict_text(one: Rehearsed) -> str:
    said = "; ".join([one.detail, *one.differences]).strip("; ")
    return f"{one.verdict.replace('_', ' ')}{': ' if said else ''}{said}"


def _case(one: Rehearsed) -> tuple[str, str, str, float]:
    """A case of JUnit: name, failure, why it was skipped, seconds."""
    text = _verdict_text(one)
    failed = text if one.verdict == "broken" else ""
    return one.script, failed, "" if one.verdict in ("broken", "proven") else text, one.seconds


def junit(suite: str, cases: Sequence[tuple[str, str, str, float]], seconds: float) -> str:
    """Test results in JUnit's XML: https://github.com/testmoapp/junitxml"""
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    failures, skipped = sum(bool(case[1]) for case in cases), sum(bool(case[2]) for case in cases)
    counts = {"tests": len(cases), "failures": failures, "skipped": skipped, "time": f"{seconds:.3f}"}
    root = Element("testsuite", {"name": suite, **{key: str(value) for key, value in counts.items()}})
    for name, failure, skip, took in cases:
        case = SubElement(root, "testcase", {"classname": suite, "name": terminal.clean(name), "time": f"{took:.3f}"})
        if failure:
            SubElement(case, "failure", {"message": terminal.one_line(failure)}).text = terminal.clean(failure)
        elif skip:
            SubElement(case, "skipped", {"message": terminal.one_line(skip)})
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True)


def annotation(level: str, file: str, line: int, text: str) -> str:
    """A line that GitHub shows beside the code.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    escaped = terminal.clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    place = f" file={_property(file)}" + (f",line={line}" if line else "") if file else ""
    return f"::{level}{place}::{escaped}"


def _property(text: str) -> str:
    for character, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(character, code)
    return text


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


def history(rows: Sequence[Applied], kept: Sequence[Kept], *, environment: str, as_json: bool) -> None:
    """The history, oldest first, and the clones that keep what scripts took from tables."""
    if as_json:
        shown = [{key: value for key, value in asdict(row).items() if key not in TEXTS} for row in rows]
        _json({"environment": environment, "rows": shown, "kept": [asdict(one) for one in kept]})
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
    if kept:
        clones = [(".".join(one.table), one.script, f"{one.rows:,}", _when(one.at), one.name[-1]) for one in kept]
        terminal.table(("TABLE KEPT", "BEFORE", "ROWS", "ON", "CLONE"), clones, COLOURS)


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


FINDINGS = ("text", "json", "sarif", "github")  # how `lint` can say them


def lint(found: Sequence[Finding], mended: Sequence[Finding], *, output: str, folder: str) -> int:
    """What `check` says, and what it mended; gives the exit code, 1 when there is an error among what is left."""
    from snowmaker import annotations

    if output == "text":
        for one in mended:
            where = terminal.clean(f"{one.file}:{one.line}: ")
            terminal.write(f"{where}{_paint('fixed', 'green')}: {terminal.clean(one.message)} [{one.rule}]")
        return findings(found, as_json=False)
    if output == "json":
        _json({"findings": [asdict(one) for one in found], "fixed": [asdict(one) for one in mended]})
    elif output == "sarif":
        _json(annotations.sarif(found, folder))
    else:
        for line in annotations.github(found, folder):
            terminal.write(terminal.clean(line))
    return 1 if any(one.level == "error" for one in found) else 0


def rules(listed: Sequence[Rule], *, as_json: bool) -> None:
    """Lint rules, a line each."""
    if as_json:
        _json({"rules": [_rule(one) for one in listed]})
        return
    rows = [(one.name, one.level, "yes" if one.fix else "", one.summary) for one in listed]
    terminal.table(("RULE", "LEVEL", "FIX", "FINDS"), rows, COLOURS)


def rule(one: Rule, *, as_json: bool) -> None:
    """The page of a lint rule."""
    if as_json:
        _json(_rule(one))
        return
    terminal.write(f"{_paint(one.name, 'cyan')} ({one.level})\n\n{one.page}")


def _rule(one: Rule) -> dict[str, Any]:
    return {
        "name": one.name,
        "level": one.level,
        "fixable": one.fix is not None,
        "summary": one.summary,
        "page": one.page,
    }


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


def document(value: Any) -> None:
    """A JSON document, as it is."""
    _json(value)


def documents(texts: Mapping[str, str], *, as_json: bool) -> None:
    """Texts by the names of the files they would be in."""
    if as_json:
        _json({"documents": dict(texts)})
        return
    for name, text in texts.items():
        terminal.write(f"# {terminal.one_line(name)}.yml")
        terminal.write(terminal.clean(text))


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
    from snowmaker.formatting import pretty

    return lambda text: terminal.clean(pretty(text))


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
