"""Text for people: tables, colour, and account data that cannot play tricks on a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import TextIO

import click

# C0 and C1 controls apart from tab and newline, and the marks that turn the direction of text round
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS = re.compile("[\t\n\u2028\u2029]")
_SPELLED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def clean(text: str) -> str:
    """Text with its control characters spelled out, so that it is shown and not obeyed."""
    return _UNSAFE.sub(_spell, text)


def one_line(text: str, limit: int = 0) -> str:
    """Clean text without line breaks; cut to `limit` characters, if there is one."""
    flat = _BREAKS.sub(_spell, clean(text))
    return flat if not limit or len(flat) <= limit else flat[: limit - 1] + "…"


def _spell(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SPELLED.get(character, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def coloured(stream: TextIO) -> bool:
    """Whether to colour what goes to a stream: NO_COLOR, then FORCE_COLOR, then whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO) -> bool:
    """Whether a person sits at the other end."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def interactive() -> bool:
    """Whether a question would be seen and could be answered."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def paint(text: str, colour: str, stream: TextIO, *, bold: bool = False) -> str:
    """The text in a colour, where the stream takes colours."""
    return click.style(text, fg=colour, bold=bold) if colour and coloured(stream) else text


def write(text: str = "", *, stream: TextIO | None = None) -> None:
    """Write a line to stdout, or to another stream; colours in it have been decided already."""
    (stream or sys.stdout).write(text + "\n")


def tell(text: str = "") -> None:
    """Write a line of prose to stderr."""
    write(text, stream=sys.stderr)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], colours: dict[str, str] | None = None) -> None:
    """Print a table: drawn by rich on a terminal, aligned text elsewhere. `colours` are by a cell's text."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    if is_terminal(sys.stdout):
        _draw(columns, cells, colours or {})
        return
    headings = [one_line(column) for column in columns]
    widths = [max(_width(row[place]) for row in (headings, *cells)) for place in range(len(headings))]
    for row in (headings, *cells):
        padded = [_padded(cell, width, colours or {}) for cell, width in zip(row, widths, strict=True)]
        write("  ".join(padded).rstrip())


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]], colours: dict[str, str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(Text(one_line(column)), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell, style=colours.get(cell, "")) for cell in row))
    Console(file=sys.stdout, highlight=False).print(drawn)


def _padded(cell: str, width: int, colours: dict[str, str]) -> str:
    return paint(cell, colours.get(cell, ""), sys.stdout) + " " * (width - _width(cell))


def _width(text: str) -> int:
    """How many columns a terminal gives the text; wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def count(number: int, noun: str) -> str:
    """`1 script`, `2 scripts`, `2 queries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"
