"""The words of a statement, one at a time.

Scanning is lazy because a few places of Snowflake's grammar (stage paths, file URLs) are not made of
tokens: the parser may read such a stretch raw and go on behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snowmaker.sandbox.sqlerror import SqlError, malformed, syntax

_BLANK = re.compile(r"(?:\s+|--[^\n]*|//[^\n]*|/\*.*?\*/)+", re.S)
_TOKEN = re.compile(
    r"""
    (?P<string>'[^'\\]*(?:(?:\\.|'')[^'\\]*)*')
  | (?P<dollars>\$\$.*?\$\$)
  | (?P<quoted>"[^"]*(?:""[^"]*)*")
  | (?P<variable>\$[A-Za-z_]\w*)
  | (?P<position>\$\d+)
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<operator>=>|->>|->|<>|!=|<=|>=|\|\||::|:=|[-+*/%^&|~<>=(){}\[\],.;:?@!\#]|\$(?!\$))
    """,
    re.X | re.S,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{1,3}|.)|''", re.S)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as written, `value` as meant: unquoted words in upper case, strings unescaped."""

    kind: str
    text: str
    value: str
    start: int
    end: int


class Scanner:
    """Gives the tokens of `text` from `position` on; `position` may be moved freely."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._ahead: Token | None = None
        self._ahead_from = -1

    def peek(self) -> Token:
        """The next token, of kind `end` when there is none. Raises SqlError 001003."""
        if self._ahead is None or self._ahead_from != self.position:
            self._ahead = self._scan(self.position)
            self._ahead_from = self.position
        return self._ahead

    def take(self) -> Token:
        token = self.peek()
        self.position = token.end
        return token

    def _scan(self, position: int) -> Token:
        if blank := _BLANK.match(self.text, position):
            position = blank.end()
        if position >= len(self.text):
            return Token("end", "<EOF>", "<EOF>", len(self.text), len(self.text))
        found = _TOKEN.match(self.text, position)
        if found is None or found.lastgroup is None:
            raise self._broken(position)
        return Token(found.lastgroup, found[0], _meaning(found.lastgroup, found[0]), position, found.end())

    def _broken(self, position: int) -> SqlError:
        if self.text[position] in "'\"$" or self.text.startswith("/*", position):
            line, column = locate(self.text, len(self.text))
            return malformed(f"parse error line {line} at position {column} near '<EOF>'.")
        return syntax(*locate(self.text, position), self.text[position])


def locate(text: str, position: int) -> tuple[int, int]:
    """Line (from 1) and column (from 0) of an offset, as Snowflake counts in its messages."""
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1)


def unescape(body: str) -> str:
    """What is between single quotes, as meant.

    https://docs.snowflake.com/en/sql-reference/data-types-text#escape-sequences-in-single-quoted-string-constants
    """
    if "\\" not in body and "''" not in body:
        return body
    return _ESCAPE.sub(_unescaped, body)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    if code is None:
        return "'"
    if len(code) > 1 and code[0] in "xu":
        return chr(int(code[1:], 16))
    if code.isdigit() and code[0] in "01234567":
        return chr(int(code, 8))
    return _CONTROL.get(code, code)


def _meaning(kind: str, text: str) -> str:
    match kind:
        case "string":
            return unescape(text[1:-1])
        case "dollars":
            return text[2:-2]
        case "quoted":
            return text[1:-1].replace('""', '"')
        case "word" | "variable":
            return text.upper()
        case _:
            return text
