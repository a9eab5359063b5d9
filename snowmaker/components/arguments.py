"""The arguments of policies and routines: names, types and, where a call may leave one out, what it is then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from snowmaker import sql
from snowmaker.components.datatypes import data_type, misspelt, read_type, same_type, split_arguments
from snowmaker.components.policies import column_name
from snowmaker.components.types import ReadError, Schema, Scope, Type, canonical

_DIRECTIONS = {"IN": "", "INPUT": "", "OUT": "OUT", "OUTPUT": "OUT"}


@dataclass(frozen=True)
class Argument:
    """One of them; the name as it is stored. `default` is an expression; `out` hands a value back to the caller."""

    name: str
    type: str
    default: str = ""
    out: bool = False

    @property
    def words(self) -> str:
        """All but the name, as SQL writes it."""
        return ("OUT " if self.out else "") + self.type + (f" DEFAULT {self.default}" if self.default else "")


Signature = tuple[Argument, ...]


def bare_types(arguments: Iterable[Argument]) -> tuple[str, ...]:
    """The types by which routines of one name are told apart: without their lengths."""
    return tuple(data_type(one.type, bare=True) for one in arguments)


@dataclass(frozen=True)
class Arguments(Type):
    """`{A: number, B: "varchar default 'x'"}`. What an account shows has types without lengths.

    Arguments of `routines` may have defaults and directions.
    """

    routines: bool = False

    def read(self, value: Any, scope: Scope) -> Signature:
        if not isinstance(value, Mapping):
            raise ValueError("is a mapping of names to types")
        lines = getattr(value, "lines", {})
        found = []
        for key, text in value.items():
            try:
                found.append(self._read(column_name(str(key)), text))
            except ValueError as error:
                raise ReadError(f"{key}: {error}", lines.get(key, 0)) from None
        if len({one.name for one in found}) < len(found):
            raise ValueError("names an argument twice")
        return tuple(found)

    def _read(self, name: str, text: Any) -> Argument:
        if not isinstance(text, str):
            raise ValueError("is a data type")
        tokens = list(sql.tokens(text))
        direction = tokens[0].upper if self.routines and len(tokens) > 1 else ""
        begin = 1 if direction in _DIRECTIONS else 0
        kind, end = read_type(tokens, begin)
        if misspelt(kind):
            raise ValueError(f"{text!r} is not a data type; {misspelt(kind)}")
        default = text[tokens[end].start + len("DEFAULT") :].strip() if end < len(tokens) else ""
        if end < len(tokens) and not (self.routines and tokens[end].upper == "DEFAULT" and default):
            raise ValueError(f"{text!r} is not a data type")
        return Argument(name, kind, default, _DIRECTIONS.get(direction) == "OUT")

    def shown(self, value: Any, scope: Scope) -> Signature | None:
        """`(A NUMBER, B VARCHAR)`: names stand as they are stored, with or without quotes."""
        parts = split_arguments(str(value or "").strip().removeprefix("(").removesuffix(")"))
        return tuple(map(_shown, parts))

    def written(self, text: str) -> Signature:
        """`"A" NUMBER DEFAULT 1, B VARCHAR`, as in CREATE."""
        found = []
        for part in split_arguments(text):
            first = next(sql.tokens(part))
            name, rest = first.text, part[first.start + len(first.text) :].strip()
            found.append(self._read(sql.parse_name(name)[0], rest))
        return tuple(found)

    def literal(self, value: Any) -> str:
        return ", ".join(f"{sql.quote_identifier(one.name)} {one.words}" for one in value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return {sql.quote_identifier(one.name): one.words for one in value}

    def same(self, one: Any, other: Any) -> bool:
        return len(one) == len(other) and all(map(_same, one, other))

    @property
    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": {"type": "string"}}


def _shown(text: str) -> Argument:
    if text.startswith('"'):
        end = text.rindex('"')
        return Argument(text[1:end].replace('""', '"'), data_type(text[end + 1 :]))
    name, _, rest = text.partition(" ")
    return Argument(name, data_type(rest))


def _same(one: Argument, other: Argument) -> bool:
    """Whether two are alike, but for lengths: these do not count in a signature."""
    types = same_type(*(data_type(each.type, bare=True) for each in (one, other)))
    defaults = canonical(one.default) == canonical(other.default)
    return (one.name, one.out) == (other.name, other.out) and types and defaults
