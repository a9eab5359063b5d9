"""Variables in the text of a statement, replaced by their values as constants.

Tokens are replaced, so that nothing inside of a string or comment ever is.
https://docs.snowflake.com/en/developer-guide/snowflake-scripting/variables#using-a-variable-in-a-sql-statement-binding
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.parser import RESERVED
from snowmaker.sandbox.scripting.scope import Record, Resultset, Thing, Variable
from snowmaker.sandbox.scripting.values import Value, is_negative, literal
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import Scanner, Token, locate

Find = Callable[[str], Thing | None]

_NONE = Token("end", "", "", -1, -1)
_ARITHMETIC = frozenset(("+", "-", "*", "/", "%", "||", "<", ">", "<=", ">="))
_TIGHT = frozenset(("::", "[", ":"))
_NAMED = ("word", "quoted")


@dataclass(frozen=True)
class Place:
    """A stretch of the text that is replaced."""

    start: int
    end: int
    text: str


def bound(text: str, find: Find) -> str:
    """A statement with each `:variable` replaced."""
    return text if ":" not in text else _Binder(text, find, bare=False).text()


def substituted(text: str, find: Find) -> str:
    """An expression with each variable replaced, with or without its colon; in a subquery only with it."""
    return _Binder(text, find, bare=True).text()


def filled(text: str, values: Sequence[Value]) -> str:
    """A statement with each `?` replaced by the next of the values of USING. Raises SqlError 001003."""
    return _Binder(text, lambda _: None, bare=False, values=values).text()


class _Binder:
    """Goes through the tokens once."""

    def __init__(self, text: str, find: Find, *, bare: bool, values: Sequence[Value] | None = None) -> None:
        self._text = text
        self._find = find
        self._bare = bare
        self._values = values
        self._taken = 0
        self._tokens = _tokens(text)
        self._places: list[Place] = []

    def text(self) -> str:
        index, queries = 0, _Queries()
        while index < len(self._tokens):
            queries.feed(self._tokens[index], self._at(index + 1))
            index = self._place(index, queries.inside)
        done, parts = 0, []
        for place in self._places:
            parts += [self._text[done : place.start], place.text]
            done = place.end
        return "".join([*parts, self._text[done:]])

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else _NONE

    def _place(self, index: int, in_query: bool) -> int:
        """Replace what begins at a token, if something does; the index to go on at."""
        token, following = self._at(index), self._at(index + 1)
        if self._values is not None:
            return self._fill(index, self._values) if token.text == "?" else index + 1
        if token.text == ":" and following.kind in _NAMED and following.start == token.end:
            sure = self._is_bind(index)
            if sure is None or (not sure and self._find(following.value) is None):
                return index + 1
            return self._replace(index, index + 1, must=sure)
        if self._bare and not in_query and token.kind in _NAMED and self._is_variable(index):
            return self._replace(index, index, must=False)
        return index + 1

    def _fill(self, index: int, values: Sequence[Value]) -> int:
        if self._taken >= len(values):
            line, position = locate(self._text, self._at(index).start)
            raise sqlerror.malformed(f"error line {line} at position {position}\nBind variable ? not set.")
        self._put(index, index, values[self._taken])
        self._taken += 1
        return index + 1

    def _is_bind(self, index: int) -> bool | None:
        """Whether a colon begins a bind variable; False when it could be a path too, None when it is one."""
        before = self._at(index - 1)
        operand = before.kind in ("quoted", "string", "dollars", "number") or before.text in (")", "]")
        operand = operand or (before.kind == "word" and before.value not in RESERVED)
        if not operand:
            return True
        return False if before.end < self._at(index).start and before.kind == "word" else None

    def _is_variable(self, index: int) -> bool:
        """Whether a bare word in an expression may be a variable."""
        before, following = self._at(index - 1), self._at(index + 1)
        if before.text in (".", "::", ":") or following.text in ("(", "=>"):
            return False
        return not (before.kind == "word" and before.value == "AS")

    def _replace(self, first: int, index: int, *, must: bool) -> int:
        """Replace the variable whose name is at `index`, from the token `first` on."""
        name = self._at(index)
        thing, last = self._find(name.value), index
        if isinstance(thing, Record) and self._at(index + 1).text == "." and self._at(index + 2).kind in _NAMED:
            last = index + 2
        value = value_of(thing, name.value, self._at(last).value if last > index else None)
        if value is None:
            if must:
                raise _invalid(self._text, name)
            return index + 1
        self._put(first, last, value)
        return last + 1

    def _put(self, first: int, last: int, value: Value) -> None:
        start, end = self._at(first).start, self._at(last).end
        before, following = self._at(first - 1), self._at(last + 1)
        if before.text == "*" and self._at(first - 2).text == "*" and before.start == self._at(first - 2).end:
            self._places.append(Place(self._at(first - 2).start, end, _spread(value)))
            return
        if before.text == "(" and following.text == ")" and self._at(first - 2).value == "TABLE":
            table = self._at(first - 2)
            if self._at(first - 2).kind == "word":  # TABLE(:name) of a table's name
                self._places.append(Place(table.start, table.end, "IDENTIFIER"))
        text = literal(value)
        if is_negative(value) and (before.text in _ARITHMETIC or following.text in _TIGHT):
            text = f"({text})"
        self._places.append(Place(start, end, text))


class _Queries:
    """Whether the token that was fed last is inside of a subquery."""

    def __init__(self) -> None:
        self._brackets: list[bool] = []

    @property
    def inside(self) -> bool:
        return any(self._brackets)

    def feed(self, token: Token, following: Token) -> None:
        if token.text == "(":
            self._brackets.append(following.kind == "word" and following.value in ("SELECT", "WITH"))
        elif token.text == ")" and self._brackets:
            self._brackets.pop()


def value_of(thing: Thing | None, name: str, field: str | None) -> Value | None:
    """The value of a variable, or of a field of a record; None for a name of no variable."""
    if isinstance(thing, Record):
        if field is None:
            return None
        if field not in thing.fields:
            raise sqlerror.invalid_identifier(name, field)
        return thing.fields[field]
    if isinstance(thing, Resultset):
        raise sqlerror.unsupported("a result set inside of a statement")
    return thing.value if isinstance(thing, Variable) else None


def _spread(value: Value) -> str:
    """`**:array`: https://docs.snowflake.com/en/sql-reference/operators-expansion"""
    from snowmaker.sandbox.scripting.values import typed

    if value.type.wire != "ARRAY" or value.data is None:
        raise sqlerror.malformed("the spread operator ** is for an ARRAY")
    return ", ".join(literal(typed(each)) for each in json.loads(value.data))


def _tokens(text: str) -> list[Token]:
    """The tokens up to what is none: a file's path is nothing to be replaced in."""
    found: list[Token] = []
    scanner = Scanner(text)
    try:
        while (token := scanner.take()).kind != "end":
            found.append(token)
    except SqlError:
        pass
    return found


def _invalid(text: str, name: Token) -> SqlError:
    line, position = locate(text, name.start)
    return SqlError(
        904, "42000", f"SQL compilation error: error line {line} at position {position}\n"
        f"invalid identifier '{name.value}'",
    )  # fmt: skip
