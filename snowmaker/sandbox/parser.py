"""A recursive-descent parser's tools: what the grammars of control-plane statements are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import MAX_DIMENSION, DataType, data_type, out_of_bounds
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import Scanner, Token, locate

Name = tuple[str, ...]
Reader = Callable[["Parser"], Any]

# https://docs.snowflake.com/en/sql-reference/reserved-keywords: what cannot be an identifier
RESERVED = frozenset((
    "ALL", "ALTER", "AND", "ANY", "AS", "BETWEEN", "BY", "CASE", "CAST", "CHECK", "COLUMN", "CONNECT",
    "CONSTRAINT", "CREATE", "CROSS", "CURRENT", "DELETE", "DISTINCT", "DROP", "ELSE", "EXISTS", "FALSE",
    "FOLLOWING", "FOR", "FROM", "FULL", "GRANT", "GROUP", "HAVING", "ILIKE", "IN", "INNER", "INSERT", "INTERSECT",
    "INTO", "IS", "JOIN", "LATERAL", "LEFT", "LIKE", "MINUS", "NATURAL", "NOT", "NULL", "OF", "ON", "OR", "ORDER",
    "QUALIFY", "REGEXP", "REVOKE", "RIGHT", "RLIKE", "ROW", "ROWS", "SAMPLE", "SELECT", "SET", "SOME", "START",
    "TABLE", "TABLESAMPLE", "THEN", "TO", "TRIGGER", "TRUE", "TRY_CAST", "UNION", "UNIQUE", "UPDATE", "USING",
    "VALUES", "WHEN", "WHENEVER", "WHERE", "WITH",
))  # fmt: skip
_TYPE_SUFFIXES = (
    "PRECISION", "VARYING", "WITH LOCAL TIME ZONE", "WITH TIME ZONE", "WITHOUT TIME ZONE",
)  # fmt: skip


LARGEST = 308  # digits before the point: FLOAT has no more


def out_of_range(text: str) -> SqlError:
    """What a number that no type can hold answers."""
    shown = text if len(text) <= 50 else f"{text[:50]}…"
    return SqlError(100132, "22003", f"Number out of representable range: value {shown}")


def whole(text: str) -> int:
    """The digits of a number. Raises SqlError where there are more of them than any type holds."""
    if len(text) > LARGEST:
        raise out_of_range(text)
    return int(text)


class Parser:
    """Reads one statement. `variable` gives the value of a session variable, `bind` of the n-th `?`."""

    def __init__(
        self,
        text: str,
        variable: Callable[[str], Any] | None = None,
        bind: Callable[[int], Any] | None = None,
    ) -> None:
        self.scanner = Scanner(text)
        self.text = text
        self._variable = variable
        self._bind = bind
        self._binds_seen = 0

    # -- words and operators ---------------------------------------------------------------------------

    def peek(self) -> Token:
        return self.scanner.peek()

    def unexpected(self) -> SqlError:
        token = self.peek()
        return sqlerror.syntax(*locate(self.text, token.start), token.text)

    def accept(self, *words: str) -> bool:
        """Take these words when they come next, else nothing."""
        start = self.scanner.position
        for word in words:
            token = self.scanner.take()
            if token.kind != "word" or token.value != word:
                self.scanner.position = start
                return False
        return True

    def at(self, *words: str) -> bool:
        start = self.scanner.position
        found = self.accept(*words)
        self.scanner.position = start
        return found

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                raise self.unexpected()

    def choice(self, *words: str) -> str | None:
        """The first of `words` that comes next, taken; each may be several words."""
        return next((word for word in words if self.accept(*word.split())), None)

    def accept_operator(self, operator: str) -> bool:
        if (token := self.peek()).kind == "operator" and token.text == operator:
            self.scanner.take()
            return True
        return False

    def expect_operator(self, operator: str) -> None:
        if not self.accept_operator(operator):
            raise self.unexpected()

    def end(self) -> None:
        """Nothing more may come but a `;`."""
        self.accept_operator(";")
        if self.peek().kind != "end":
            raise self.unexpected()

    def rest(self) -> str:
        """All that is left, as written, without the closing `;`."""
        start = self.peek().start
        end = start
        while (token := self.scanner.take()).kind != "end":
            if token.text != ";":
                end = token.end
        return self.text[start:end]

    # -- names -----------------------------------------------------------------------------------------

    def identifier(self) -> str:
        token = self.peek()
        if token.kind == "quoted" and token.value:
            return self.scanner.take().value
        if token.kind == "word" and token.value not in RESERVED:
            return self.scanner.take().value
        raise self.unexpected()

    def name(self, most: int = 3) -> Name:
        """A possibly qualified name; `db..table` has an empty middle. IDENTIFIER(…) is resolved.

        https://docs.snowflake.com/en/sql-reference/identifier-literal
        """
        if self.at("IDENTIFIER"):
            return self._identifier_literal(most)
        parts = [self.identifier()]
        while len(parts) < most and self.accept_operator("."):
            parts.append("" if len(parts) == 1 and self._at_operator(".") else self.identifier())
        return tuple(parts)

    def _at_operator(self, operator: str) -> bool:
        return self.peek().kind == "operator" and self.peek().text == operator

    def _identifier_literal(self, most: int) -> Name:
        start = self.scanner.position
        self.expect("IDENTIFIER")
        if not self.accept_operator("("):  # a plain object of that name
            self.scanner.position = start
            return (self.identifier(),)
        if self._at_operator(":"):
            raise sqlerror.malformed("Bind variable of IDENTIFIER(…) not set.")
        text = str(self.literal())
        self.expect_operator(")")
        inner = Parser(text)
        name = inner.name(most)
        inner.end()
        return name

    # -- values ----------------------------------------------------------------------------------------

    def string(self) -> str:
        if self.peek().kind in ("string", "dollars"):
            return self.scanner.take().value
        if self.peek().kind in ("variable",) or self._at_operator("?"):
            return str(self.literal())
        raise self.unexpected()

    def integer(self) -> int:
        negative = self.accept_operator("-")
        token = self.peek()
        if token.kind != "number" or not token.text.isdigit():
            raise self.unexpected()
        self.scanner.take()
        return -whole(token.text) if negative else whole(token.text)

    def boolean(self) -> bool:
        word = self.choice("TRUE", "FALSE", "ON", "OFF")
        if word is None:
            raise self.unexpected()
        return word in ("TRUE", "ON")

    def literal(self) -> Any:
        """A string, number, TRUE, FALSE, NULL, session variable or bound value, as Python's."""
        token = self.peek()
        if token.kind in ("string", "dollars"):
            return self.scanner.take().value
        if token.kind == "variable":
            return self._session_variable(self.scanner.take().value[1:])
        if self.accept_operator("?"):
            self._binds_seen += 1
            if self._bind is None:
                raise sqlerror.malformed("Bind variable ? not set.")
            return self._bind(self._binds_seen)
        if token.kind == "number" or self._at_operator("-"):
            return self._number()
        word = self.choice("TRUE", "FALSE", "NULL")
        if word is None:
            raise self.unexpected()
        return {"TRUE": True, "FALSE": False, "NULL": None}[word]

    def _session_variable(self, name: str) -> Any:
        if self._variable is None:
            raise sqlerror.malformed(f"Session variable '${name}' does not exist")
        return self._variable(name)

    def _number(self) -> int | float:
        sign = -1 if self.accept_operator("-") else 1
        token = self.peek()
        if token.kind != "number":
            raise self.unexpected()
        self.scanner.take()
        return sign * (whole(token.text) if token.text.isdigit() else float(token.text))

    def word_or_string(self) -> str:
        """A property value that may be written bare or quoted: `TYPE = CSV`, `TYPE = 'csv'`."""
        if self.peek().kind in ("word", "quoted"):
            return self.scanner.take().value
        return self.string()

    def strings(self) -> tuple[str, ...]:
        """`('a', 'b')`, or one string alone."""
        if not self.accept_operator("("):
            return (self.string(),)
        return self.items(self.string)

    def items(self, read: Callable[[], Any]) -> tuple[Any, ...]:
        """Comma-separated items up to the closing bracket, whose opening one is taken."""
        found: list[Any] = []
        while not self.accept_operator(")"):
            if found:
                self.expect_operator(",")
            found.append(read())
        return tuple(found)

    def list_of(self, read: Callable[[], Any]) -> tuple[Any, ...]:
        """One or more comma-separated items."""
        found = [read()]
        while self.accept_operator(","):
            found.append(read())
        return tuple(found)

    # -- larger pieces ---------------------------------------------------------------------------------

    def if_exists(self) -> bool:
        return self.accept("IF", "EXISTS")

    def if_not_exists(self) -> bool:
        return self.accept("IF", "NOT", "EXISTS")

    def data_type(self) -> DataType:
        start = self.peek()
        words = self.identifier()
        for suffix in _TYPE_SUFFIXES:
            if self.at(*suffix.split()) and data_type(f"{words} {suffix}", ()):
                self.expect(*suffix.split())
                words = f"{words} {suffix}"
                break
        arguments: tuple[int, ...] = ()
        if words in _UNSUPPORTED_TYPES:
            raise sqlerror.unsupported(f"the data type {words}")
        if words == "VECTOR":
            return self._vector()
        if words in ("OBJECT", "ARRAY") and self._at_operator("("):
            raise sqlerror.unsupported(f"structured types: {words}(…)")
        if words not in ("OBJECT", "ARRAY") and self.accept_operator("("):
            arguments = self.items(self.integer)
        found = data_type(words, arguments)
        if found is None:
            line, column = locate(self.text, start.start)
            raise sqlerror.malformed(f"error line {line} at position {column}\nUnsupported data type '{words}'.")
        if wrong := out_of_bounds(found):
            raise sqlerror.malformed(wrong)
        return found

    def _vector(self) -> DataType:
        """VECTOR(INT | FLOAT, n): https://docs.snowflake.com/en/sql-reference/data-types-vector"""
        self.expect_operator("(")
        element = self.choice("INT", "INTEGER", "FLOAT")
        if element is None:
            raise self.unexpected()
        self.expect_operator(",")
        size = self.integer()
        self.expect_operator(")")
        if not 1 <= size <= MAX_DIMENSION:
            bounds = f"It must be between 1 and {MAX_DIMENSION:,}."
            raise sqlerror.malformed(f"Invalid vector dimension '{size:,}'. {bounds}")
        return DataType("VECTOR", length=size, element="FLOAT" if element == "FLOAT" else "INT")

    def options(self, readers: Mapping[str, Reader], kind: str) -> dict[str, Any]:
        """`KEY = value` pairs, with or without commas, up to something else. Raises on an unknown key."""
        found: dict[str, Any] = {}
        while (token := self.peek()).kind == "word":
            start = self.scanner.position
            self.scanner.take()
            if not self.accept_operator("="):
                self.scanner.position = start
                break
            if token.value not in readers:
                raise sqlerror.invalid_property(token.value, kind)
            found[token.value] = self._comment() if token.value == "COMMENT" else readers[token.value](self)
            self.accept_operator(",")
        return found

    def _comment(self) -> str:
        """Snowflake takes one in double quotes too; NULL is the same as an empty one."""
        if self.accept("NULL"):
            return ""
        return self.scanner.take().value if self.peek().kind == "quoted" else self.string()

    def keys(self, readers: Mapping[str, Reader], kind: str) -> tuple[str, ...]:
        """The property names of an UNSET, with or without commas."""
        found = self.list_of(self.identifier)
        while self.peek().kind == "word":
            found = (*found, *self.list_of(self.identifier))
        for key in found:
            if key not in readers:
                raise sqlerror.invalid_property(key, kind)
        return found

    def expression(self, *stops: str) -> str:
        """An expression as written, up to one of the words `stops`, a `,` or a closing bracket."""
        first = self.peek()
        end, depth = first.start, 0
        while (token := self.peek()).kind != "end":
            if depth == 0 and (token.text in (",", ")", ";") or (token.kind == "word" and token.value in stops)):
                break
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            end = self.scanner.take().end
        if end == first.start:
            raise self.unexpected()
        return self.text[first.start : end]

    def bracketed(self) -> str:
        """What is between the next brackets, as written."""
        self.expect_operator("(")
        start, depth, end = self.scanner.position, 1, self.scanner.position
        while depth:
            token = self.scanner.take()
            if token.kind == "end":
                raise self.unexpected()
            depth += (token.text == "(") - (token.text == ")")
            end = token.start
        return self.text[start:end].strip()

    def raw(self, pattern: re.Pattern[str]) -> str:
        """A stretch that is not made of tokens, e.g. a stage path."""
        start = self.peek().start
        found = pattern.match(self.text, start)
        if not found:
            raise self.unexpected()
        self.scanner.position = found.end()
        return found[0]


_UNSUPPORTED_TYPES = frozenset(("MAP", "INTERVAL", "XML"))
