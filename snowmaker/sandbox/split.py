"""A request's text, cut into its statements.

A `;` inside a block of Snowflake Scripting ends no statement of the request.
https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks
"""

from __future__ import annotations

from dataclasses import dataclass

from snowmaker.sandbox.tokens import Scanner, Token

# After these a BEGIN opens a block inside another; elsewhere it is a name
_BEFORE_BEGIN = frozenset(("", ";", "AS", "BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "DECLARE", ":"))
# BEGIN followed by one of these starts a transaction
_TRANSACTION = frozenset(("", ";", "TRANSACTION", "WORK", "NAME"))
# What these close was not counted when it was opened
_CLOSED_BY_NAME = frozenset(("IF", "FOR", "WHILE", "LOOP", "REPEAT"))
# What has a body, and the words before it: https://docs.snowflake.com/en/sql-reference/sql/create-alert
_BODIES = {
    **dict.fromkeys(("PROCEDURE", "FUNCTION", "TASK"), frozenset(("AS",))), "ALERT": frozenset(("THEN", "ACTION")),
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One statement: its text without the closing `;`, how many `?` it holds, and where it begins."""

    text: str
    binds: int
    start: int = 0


def pieces(text: str) -> list[Piece]:
    """The statements of `text`; pieces of blanks and comments are left out. Raises SqlError 001003.

    PUT and GET name files, which are not made of tokens: they stand alone.
    https://docs.snowflake.com/en/developer-guide/sql-api/submitting-multiple-statements
    """
    scanner = Scanner(text)
    first = scanner.peek()
    if first.kind == "word" and first.value in ("PUT", "GET"):
        return [Piece(text, 0)]
    found: list[Piece] = []
    reader = Reader(scanner)
    while (span := reader.statement()) is not None:
        found.append(Piece(text[span[0] : span[1]], reader.binds, span[0]))
    return found


class Reader:
    """Reads statement by statement, and knows whether it is inside a block."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self.binds = 0

    def statement(self) -> tuple[int, int] | None:
        """Where the next statement begins and ends; None when there is none left."""
        while self._scanner.peek().text == ";":
            self._scanner.take()
        start = self._scanner.peek()
        if start.kind == "end":
            return None
        self.binds = 0
        self._start(start)
        end = start.start
        while (token := self._scanner.peek()).kind != "end":
            if token.text == ";" and self._depth == 0 and not self._declaring:
                break
            self._scanner.take()
            self._read(token)
            end = token.end
        return start.start, end

    def _start(self, first: Token) -> None:
        self._depth = 0
        self._declaring = False
        self._before = ""  # the word or operator before the one being read
        self._first = first.value if first.kind == "word" else ""
        self._behind: frozenset[str] = frozenset()  # what a body follows, in what makes something that has one

    def _read(self, token: Token) -> None:
        word = token.value if token.kind == "word" else token.text
        if token.text == "?":
            self.binds += 1
        if token.kind == "word" and self._before != ".":
            self._word(token.value)
        self._before = word if token.kind in ("word", "operator") else token.kind

    def _word(self, word: str) -> None:
        if not self._behind and self._first in ("CREATE", "ALTER", "WITH"):
            self._behind = _BODIES.get(word, self._behind)
        if word == "DECLARE" and self._opens():
            self._declaring = True
        elif word == "BEGIN" and self._opens() and self._next() not in _TRANSACTION:
            self._declaring = self._declaring and self._depth == 0 and self._before == "AS"
            self._depth += 1
        elif word == "CASE" and self._depth and self._before != "END":
            self._depth += 1
        elif word == "END" and self._depth and self._next() not in _CLOSED_BY_NAME:
            self._depth -= 1

    def _opens(self) -> bool:
        """Whether a block may begin here."""
        if self._depth or self._declaring:
            return self._before in _BEFORE_BEGIN
        return self._before == "" or self._before in self._behind

    def _next(self) -> str:
        token = self._scanner.peek()
        return "" if token.kind == "end" else token.value if token.kind == "word" else token.text
