"""A run's progress, line by line, on stderr."""

from __future__ import annotations

import re
import sys

from snowmaker import terminal
from snowmaker.executor import Listener
from snowmaker.lock import Holder
from snowmaker.model import ScriptResult, Statement, Step

_LEAD = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|//[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_BLANKS = re.compile(r"\s+")
LIMIT = 70  # characters of a statement


def summary(statement: Statement) -> str:
    """A statement in one short line, without the comments before it."""
    text = _LEAD.sub("", statement.text[:10_000]) or statement.text
    return terminal.one_line(_BLANKS.sub(" ", text[:1000]).strip(), LIMIT)


class Progress(Listener):
    """A line per script and a line per statement, which is begun before the statement is sent."""

    def __init__(self) -> None:
        self._open = False
        self._waited = False

    def script_started(self, step: Step, number: int, of: int) -> None:
        """`[2/7] V2__orders.sql  run`."""
        marks = "  destructive" if step.destructive == "yes" and step.action != "undo" else ""
        head = terminal.paint(terminal.clean(step.script), "cyan", sys.stderr)
        self._write(f"[{number}/{of}] {head}  {step.action}{terminal.paint(marks, 'red', sys.stderr)}\n")

    def statement_started(self, step: Step, statement: Statement, number: int, of: int) -> None:
        """`  1/3 CREATE TABLE …`, left open."""
        self._write(f"  {number}/{of} {summary(statement)}")
        self._open = True

    def statement_done(
        self, step: Step, statement: Statement, number: int, of: int, seconds: float, rows: int | None
    ) -> None:
        """Close the line with the time and, where rows were touched, their number."""
        touched = ""
        if rows is not None and statement.kind in ("dml", "transfer", "query"):
            touched = f"  {terminal.count(rows, 'row')}"
        self._open = False
        self._write(f"  {seconds:.2f}s{touched}\n", close=False)

    def script_done(self, step: Step, result: ScriptResult) -> None:
        """Nothing more to say when it went well: the next line follows."""
        if result.outcome == "failed":
            self._write(terminal.paint("  failed", "red", sys.stderr) + "\n", close=not self._open)
            self._open = False

    def waiting_for_lock(self, holder: Holder, seconds: float) -> None:
        """Say once who is waited for."""
        if not self._waited:
            self._waited = True
            self._write(f"waiting up to {seconds:.0f} s for the lock, held by {terminal.one_line(str(holder))}\n")

    def note(self, text: str) -> None:
        """A line as it is."""
        self._write(f"{terminal.clean(text)}\n")

    def _write(self, text: str, *, close: bool = True) -> None:
        """A listener must not raise: a stderr that has gone ends the progress, not the run."""
        try:
            if close and self._open:
                sys.stderr.write("\n")
                self._open = False
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):
            pass
