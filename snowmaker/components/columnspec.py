"""The columns of a table as a person writes them: by name, a text as CREATE TABLE has it, or a mapping.

https://docs.snowflake.com/en/sql-reference/sql/create-table
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from snowmaker import sql
from snowmaker.components import columns
from snowmaker.components.columns import TAGS, Column, Columns, Identity, same_column, told
from snowmaker.components.datatypes import misspelt, read_type
from snowmaker.components.expressions import bare, default_in, sequence
from snowmaker.components.policies import MASKING, PROJECTION, column_name
from snowmaker.components.types import Need, ReadError, Schema, Scope, Type
from snowmaker.names import Token
from snowmaker.suggest import did_you_mean, listed

_PARTS = (
    *("type", "nullable", "default", "identity", "as", "collate", "comment", "masking_policy", "projection_policy"),
    *("tags", "primary_key", "unique", "renamed_from"),
)
_CUT = 'in { } a comma ends a value: write "number(38,0)" with its quotes'
_SCHEMAS: dict[str, Schema] = {
    **{name: {"type": "boolean"} for name in ("nullable", "primary_key", "unique")},
    "default": {"type": ["string", "number", "boolean"]},
    "identity": {"anyOf": [{"type": "boolean"}, {"type": "array"}, {"type": "object"}]},
    "masking_policy": MASKING.schema,
    "projection_policy": PROJECTION.schema,
    "tags": TAGS.schema,
}


@dataclass(frozen=True)
class TableColumns(Type):
    """The columns of a table, by name: a text as CREATE TABLE has it behind the name, or a mapping."""

    def read(self, value: Any, scope: Scope) -> Columns:
        found: dict[str, Column] = {}
        for key, line, body in items(value):
            try:
                column = _read(column_name(key), body, scope)
            except ReadError as error:
                raise ReadError(f"{key}: {error}", error.line or line, error.hint) from None
            except ValueError as error:
                hint = _CUT if isinstance(body, str) and body.count("(") > body.count(")") else ""
                raise ReadError(f"{key}: {error}", line, hint) from None
            if column.name in found:
                raise ReadError(f"{key} stands twice", line)
            found[column.name] = column
        return tuple(found.values())

    def literal(self, value: Any) -> str:
        return ", ".join(column.definition for column in value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return {column.quoted: column.spec for column in value}

    def same(self, one: Any, other: Any) -> bool:
        if one == other:
            return True
        others = {column.name: column for column in other}
        return len(one) == len(other) and all(
            column.name in others and same_column(column, others[column.name]) for column in one
        )

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        for column in value:
            yield from [("SEQUENCE", name)] if (name := sequence(column.default)) else []
            yield from MASKING.names(column.masking_policy, scope) if column.masking_policy else []
            yield from PROJECTION.names(column.projection_policy, scope) if column.projection_policy else []
            yield from TAGS.names(column.tags or (), scope)

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        return columns.moved(value, old, new)

    def told(self, old: Any, new: Any) -> Iterable[tuple[str, Any, Any]]:
        before, after = ({column.name: column for column in side or ()} for side in (old, new))
        for name in dict.fromkeys((*after, *before)):
            one, other = before.get(name), after.get(name)
            where = f".{sql.quote_identifier(name)}"
            if one is None or other is None:
                yield where, one.spec if one else None, other.spec if other else None
            else:
                yield from ((where + part, a, b) for part, a, b in told(one, other))

    @property
    def schema(self) -> Schema:
        types: Schema = {"type": "string"}
        properties = {name: _SCHEMAS.get(name, types) for name in _PARTS}
        body = {"type": "object", "properties": properties, "required": ["type"], "additionalProperties": False}
        return {"type": "object", "additionalProperties": {"anyOf": [types, body]}}


def items(value: Any) -> Iterable[tuple[str, int, Any]]:
    """The members of a mapping of YAML, each with its line; raises ValueError."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError('is a mapping of columns to their types, as {ID: "number(38,0) not null"}')
    lines = getattr(value, "lines", {})
    for key, body in value.items():
        yield key, lines.get(key, 0), body


def _read(name: str, body: Any, scope: Scope) -> Column:
    if isinstance(body, str):
        return _of_text(name, body, scope)
    if not isinstance(body, Mapping):
        raise ValueError('needs a type, as "number(38,0) not null"')
    return _named(_mapped(body, scope), name)


@lru_cache(maxsize=100_000)
def _of_text(name: str, text: str, scope: Scope) -> Column:
    return _named(read_spec(text, scope), name)


def _named(column: Column, name: str) -> Column:
    """The column under its name, which comes first behind USING and is not kept there."""
    policy = column.masking_policy
    if policy is not None and policy[1][:1] == (name,):
        policy = (policy[0], policy[1][1:])
    return replace(column, name=name, masking_policy=policy)


def _mapped(body: Mapping[str, Any], scope: Scope) -> Column:
    lines = getattr(body, "lines", {})
    for word in body:
        if word not in _PARTS:
            hint = did_you_mean(word, _PARTS) or f"there are: {listed(_PARTS)}"
            raise ReadError(f"{word!r} is no property of a column", lines.get(word, 0), hint)
    if not isinstance(body.get("type"), str):
        raise ValueError("needs a type")
    found = read_spec(body["type"], scope)
    for word, value in body.items():
        if word == "type" or value is None:
            continue
        try:
            found = _with(found, word, value, scope)
        except ValueError as error:
            raise ReadError(f"{word} {error}", lines.get(word, 0)) from None
    return found


def _with(column: Column, word: str, value: Any, scope: Scope) -> Column:
    """The column with one more thing said of it; raises ValueError."""
    if word in ("nullable", "primary_key", "unique"):
        if not isinstance(value, bool):
            raise ValueError("is true or false")
        if word == "nullable":
            return replace(column, nullable=value)
        return replace(column, key=word.upper().replace("_", " ")) if value else column
    if word == "default":
        if not isinstance(value, str | int | float):
            raise ValueError("is a value, or an expression of SQL")
        text = str(value).upper() if isinstance(value, bool) else str(value)
        return replace(column, default=default_in(text, scope))
    if word == "identity":
        return replace(column, identity=_identity_said(value), nullable=False) if value is not False else column
    if word == "masking_policy":
        return replace(column, masking_policy=MASKING.read(value, scope))
    if word == "projection_policy":
        return replace(column, projection_policy=PROJECTION.read(value, scope))
    if word == "tags":
        return replace(column, tags=TAGS.read(value, scope))
    if not isinstance(value, str | int | float):
        raise ValueError("is a text")
    if word == "renamed_from":
        return replace(column, renamed_from=column_name(str(value)))
    if word == "as":
        return replace(column, expression=bare(str(value)))
    return replace(column, collate=str(value)) if word == "collate" else replace(column, comment=str(value))


def _identity_said(value: Any) -> Identity:
    """`true`, `[1, 1]`, or `{start: 1, increment: 1, order: true}`"""
    if value is True:
        return 1, 1, ""
    if isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value):
        return value[0], value[1], ""
    if isinstance(value, Mapping) and set(value) <= {"start", "increment", "order"}:
        start, step = value.get("start", 1), value.get("increment", 1)
        order = {True: "ORDER", False: "NOORDER", None: ""}.get(value.get("order"))
        if type(start) is int and type(step) is int and order is not None:
            return start, step, order
    raise ValueError("is true, [start, increment] or {start: 1, increment: 1, order: true}")


@lru_cache(maxsize=100_000)
def read_spec(text: str, scope: Scope) -> Column:
    """What stands behind the name of a column in CREATE TABLE; raises ValueError."""
    return _Spec(text, scope).read()


_WORDS = (
    *("NOT NULL", "DEFAULT", "AUTOINCREMENT", "IDENTITY", "COLLATE", "COMMENT", "AS", "PRIMARY KEY", "UNIQUE"),
    *("MASKING POLICY", "PROJECTION POLICY", "TAG"),
)
_STOPS = {
    *("NOT", "NULL", "COMMENT", "UNIQUE", "PRIMARY", "AUTOINCREMENT", "IDENTITY", "COLLATE", "WITH", "MASKING"),
    *("PROJECTION", "TAG", "DEFAULT"),
}


class _Spec:
    """Reads the text of a column, word by word."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._text, self._scope = text, scope
        self._tokens: list[Token] = list(sql.tokens(text))
        self._index = 0

    def read(self) -> Column:
        """The column, still without its name."""
        kind, self._index = read_type(self._tokens, 0)
        if hint := misspelt(kind):
            raise ReadError(f"{kind} is no data type", hint=hint)
        found = Column("", kind)
        while self._index < len(self._tokens):
            found = self._next(found)
        return found

    def _next(self, found: Column) -> Column:
        if self._takes("NOT", "NULL"):
            return replace(found, nullable=False)
        if self._takes("NULL"):
            return replace(found, nullable=True)
        if self._takes("DEFAULT"):
            return replace(found, default=default_in(self._expression(), self._scope))
        if self._takes("AUTOINCREMENT") or self._takes("IDENTITY"):
            return replace(found, identity=self._identity(), nullable=False)
        if self._takes("COLLATE"):
            return replace(found, collate=self._literal())
        if self._takes("COMMENT"):
            self._mark("=")
            return replace(found, comment=self._literal())
        if self._takes("GENERATED", "ALWAYS", "AS") or self._takes("AS"):
            text = bare(self._bracketed())
            self._takes("VIRTUAL")
            return replace(found, expression=text)
        if self._takes("PRIMARY", "KEY"):
            return replace(found, key="PRIMARY KEY")
        if self._takes("UNIQUE"):
            return replace(found, key="UNIQUE")
        return self._governed(found)

    def _governed(self, found: Column) -> Column:
        """Policies and tags."""
        self._takes("WITH")
        if self._takes("MASKING", "POLICY"):
            name = self._name()
            columns = self._bracketed()[1:-1].split(",") if self._takes("USING") else []
            policy = MASKING.read({"policy": name, "using": [one.strip() for one in columns]}, self._scope)
            return replace(found, masking_policy=policy)
        if self._takes("PROJECTION", "POLICY"):
            return replace(found, projection_policy=PROJECTION.read(self._name(), self._scope))
        if self._takes("TAG"):
            return replace(found, tags=self._tags())
        token = self._tokens[self._index] if self._index < len(self._tokens) else None
        said = token.text if token else "WITH"
        hint = did_you_mean(said, _WORDS) or f"there are: {listed(_WORDS)}"
        raise ReadError(f"{said!r} is nothing that is said of a column", hint=hint)

    def _takes(self, *words: str) -> bool:
        ahead = self._tokens[self._index : self._index + len(words)]
        if [token.upper for token in ahead] != list(words):
            return False
        self._index += len(words)
        return True

    def _mark(self, text: str) -> bool:
        found = self._index < len(self._tokens) and self._tokens[self._index].text == text
        self._index += found
        return found

    def _expression(self) -> str:
        """What stands up to the next word of a column, outside of brackets."""
        begin, depth = self._index, 0
        while self._index < len(self._tokens):
            token = self._tokens[self._index]
            depth += (token.text == "(") - (token.text == ")")
            if not depth and token.upper in _STOPS and self._index > begin:
                break
            self._index += 1
        if begin == self._index:
            raise ValueError("DEFAULT needs a value")
        return self._between(begin)

    def _bracketed(self) -> str:
        begin, depth = self._index, 0
        while self._index < len(self._tokens):
            token = self._tokens[self._index]
            depth += (token.text == "(") - (token.text == ")")
            self._index += 1
            if not depth:
                break
        if depth or begin == self._index or self._tokens[begin].text != "(":
            raise ValueError("needs an expression in brackets")
        return self._between(begin)

    def _between(self, begin: int) -> str:
        last = self._tokens[self._index - 1]
        return self._text[self._tokens[begin].start : last.start + len(last.text)]

    def _literal(self) -> str:
        token = self._tokens[self._index] if self._index < len(self._tokens) else None
        if token is None or token.kind not in ("string", "dollar"):
            raise ValueError("needs a text in single quotes")
        self._index += 1
        return sql.read_literal(token.text)

    def _integer(self) -> int:
        sign = -1 if self._mark("-") else 1
        token = self._tokens[self._index] if self._index < len(self._tokens) else None
        if token is None or not token.text.isdecimal():
            raise ValueError("AUTOINCREMENT needs whole numbers")
        self._index += 1
        return sign * int(token.text)

    def _identity(self) -> Identity:
        """[ (start, step) | START n INCREMENT m ] [ ORDER | NOORDER ]"""
        start, step = 1, 1
        if self._mark("("):
            start = self._integer()
            step = self._integer() if self._mark(",") else 1
            if not self._mark(")"):
                raise ValueError("AUTOINCREMENT has a bracket that is not closed")
        while (word := "START" if self._takes("START") else "INCREMENT" if self._takes("INCREMENT") else "") != "":
            self._takes("WITH" if word == "START" else "BY")
            self._mark("=")
            start, step = (self._integer(), step) if word == "START" else (start, self._integer())
        return start, step, "ORDER" if self._takes("ORDER") else "NOORDER" if self._takes("NOORDER") else ""

    def _name(self) -> str:
        begin = self._index
        while self._index < len(self._tokens) and self._tokens[self._index].kind in ("word", "identifier"):
            self._index += 1
            if not self._mark("."):
                break
        if begin == self._index:
            raise ValueError("needs the name of a policy")
        return self._between(begin)

    def _tags(self) -> tuple[tuple[str, str], ...]:
        said = {}
        for one in self._bracketed()[1:-1].split(","):
            name, _, value = one.partition("=")
            said[name.strip()] = sql.read_literal(value.strip())
        return TAGS.read(said, self._scope)
