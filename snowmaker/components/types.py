"""What a property holds: how a value is read from YAML and from an account, and written as SQL and as YAML.

Values have one normal form each, in Python's own types: that is what `read` and `shown` give and the rest takes.
`read` raises ValueError with a text that says what is wanted; `shown` takes anything, since accounts change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from snowmaker import sql
from snowmaker.suggest import did_you_mean, listed

Schema = dict[str, Any]
Scope = tuple[str, ...]  # the container a component is in, from which relative names are taken
Need = tuple[str, tuple[str, ...]]  # an object that has to be there: its kind, '' for any, and its name

_TRUE, _FALSE = {"true", "y", "yes", "on", "1"}, {"false", "n", "no", "off", "0", ""}


class ReadError(ValueError):
    """A part of a value that is wrong, the line on which it stands (0 is not known), and what to do."""

    def __init__(self, text: str, line: int = 0, hint: str = "") -> None:
        super().__init__(text)
        self.line, self.hint = line, hint


class Hidden(str):
    """What stands for a value that is there, and that the account does not show.

    `secrets` are the keys under which YAML has it; without any, it can only be left to others.
    """

    secrets: tuple[str, ...]

    def __new__(cls, *secrets: str) -> Hidden:
        found = super().__new__(cls, "hidden")
        found.secrets = secrets
        return found


HIDDEN = Hidden()


@dataclass(frozen=True)
class Type:
    """What all types share: a value as it is, told from others by equality."""

    def read(self, value: Any, scope: Scope) -> Any:
        """The normal form of a value of YAML; raises ValueError."""
        return value

    def shown(self, value: Any, scope: Scope) -> Any:
        """The normal form of what an account shows; None where that means nothing."""
        return value

    def literal(self, value: Any) -> str:
        """The value in SQL."""
        return sql.quote_literal(value)

    def plain(self, value: Any, scope: Scope) -> Any:
        """The value as YAML would have it; None for one that YAML cannot have."""
        return value

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values mean the same."""
        return bool(one == other)

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        """The objects that a value names."""
        return ()

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        """The value when an object, or a container, has another name."""
        return value

    def told(self, old: Any, new: Any) -> Iterable[tuple[str, Any, Any]]:
        """The difference of two values as a reader wants it: what of the property, and its old and new value."""
        return [("", old, new)]

    def known(self, value: Any) -> bool:
        """Whether a value can be written: not where the account hides it."""
        return True

    def familiar(self, value: Any) -> bool:
        """Whether a value is one that this version knows: accounts learn new ones."""
        return True

    def digest(self, value: str) -> str:
        """What tells a value from others without giving it away, where the account shows that of a secret; else ''.

        Raises ValueError for a value that the account would refuse.
        """
        return ""

    @property
    def schema(self) -> Schema:
        """The values that YAML may have, as JSON Schema."""
        return {}


@dataclass(frozen=True)
class Text(Type):
    """A string. `nothing` are the texts by which an account says that there is none; '' may be a value of its own."""

    nothing: tuple[str, ...] = ()
    any_case: bool = False
    empty: bool = False

    def read(self, value: Any, scope: Scope) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("is a text")
        return str(value)

    def shown(self, value: Any, scope: Scope) -> str | None:
        text = "" if value is None else str(value)
        return None if (text == "" and not self.empty) or text in self.nothing else text

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other or (self.any_case and str(one).upper() == str(other).upper()))

    @property
    def schema(self) -> Schema:
        return {"type": ["string", "number"]}


@dataclass(frozen=True)
class Secret(Text):
    """A text that stands in no file: all that is written of it is what stands for it."""

    def read(self, value: Any, scope: Scope) -> str:
        text = super().read(value, scope)
        if sql.PLACEHOLDER not in text:
            raise ValueError("is a secret, and stands in no file: \"{{ secret('NAME') }}\"")
        return text


@dataclass(frozen=True)
class Boolean(Type):
    """TRUE or FALSE; shown as true, Y, ON and the like."""

    def read(self, value: Any, scope: Scope) -> bool:
        if not isinstance(value, bool):
            raise ValueError("is true or false")
        return value

    def shown(self, value: Any, scope: Scope) -> bool | None:
        text = str(value).lower()
        return True if text in _TRUE else False if text in _FALSE else None

    @property
    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Integer(Type):
    """A whole number from `low` to `high`; the words in `words` stand for numbers, or for themselves (None)."""

    low: int = 0
    high: int = 2**63

    def read(self, value: Any, scope: Scope) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            upper = f" to {self.high}" if self.high < 2**63 else " or more"
            raise ValueError(f"is a whole number, {self.low}{upper}")
        return value

    def shown(self, value: Any, scope: Scope) -> int | None:
        try:
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            return None

    @property
    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, **({"maximum": self.high} if self.high < 2**63 else {})}


@dataclass(frozen=True)
class Word(Type):
    """One of some words, in either case. `synonyms` lead to the word that Snowflake shows.

    A word that is not known is an error in YAML; what an account shows is taken as it is. `quoted` writes it as a
    string.
    """

    words: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    quoted: bool = False

    def read(self, value: Any, scope: Scope) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"is one of {listed(self.words)}")
        word = self._normal(str(value))
        if self.words and word not in self.words:
            hint = did_you_mean(word, (*self.words, *self.synonyms))
            raise ValueError(f"is one of {listed(self.words)}" + (f"; {hint}" if hint else ""))
        return word

    def shown(self, value: Any, scope: Scope) -> str | None:
        return self._normal(str(value)) if value not in (None, "", "null") else None

    def literal(self, value: Any) -> str:
        return sql.quote_literal(value) if self.quoted or not re.fullmatch(r"[A-Za-z]\w*", str(value)) else str(value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return str(value).lower() if self.familiar(value) else None

    def familiar(self, value: Any) -> bool:
        return not self.words or value in self.words

    @property
    def schema(self) -> Schema:
        words = [*self.words, *self.synonyms]
        return {"enum": [*(word.lower() for word in words), *words]} if words else {"type": "string"}

    def _normal(self, text: str) -> str:
        upper = text.strip().upper()
        return self.synonyms.get(upper, upper)


@dataclass(frozen=True)
class Name(Type):
    """The name of another object, of so many parts, taken from the component's container where it has fewer.

    `of` is its kind, where there is only one.
    Its normal form is as SQL writes it: `DB.S."t"`. An account shows names of one part bare.
    """

    parts: int = 1
    of: str = ""
    nothing: tuple[str, ...] = ("null", "")

    def read(self, value: Any, scope: Scope) -> str:
        if not isinstance(value, str):
            raise ValueError("is a name")
        return sql.quote_name(*resolved(read_name(value), scope, self.parts))

    def shown(self, value: Any, scope: Scope) -> str | None:
        if value is None or str(value) in self.nothing:
            return None
        if self.parts == 1:
            text = str(value)
            return text if text.startswith('"') and text.endswith('"') else sql.quote_identifier(text)
        return sql.quote_name(*resolved(sql.parse_name(str(value)), scope, self.parts))

    def literal(self, value: Any) -> str:
        return str(value)

    def plain(self, value: Any, scope: Scope) -> Any:
        parts = sql.parse_name(str(value))
        return sql.quote_name(*(parts[len(scope) :] if scope and parts[: len(scope)] == scope else parts))

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return [(self.of, sql.parse_name(str(value)))]

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        return moved_name(value, old, new) if self.parts > 1 else value

    @property
    def schema(self) -> Schema:
        return {"type": "string"}


@dataclass(frozen=True)
class Listed(Type):
    """Some values of one type, as (a, b). Their order counts where `ordered`."""

    item: Type = field(default_factory=Text)
    ordered: bool = False
    brackets: str = "({})"

    def read(self, value: Any, scope: Scope) -> tuple[Any, ...]:
        values = value if isinstance(value, list | tuple) else [value]
        return self._normal(self.item.read(one, scope) for one in values)

    def shown(self, value: Any, scope: Scope) -> tuple[Any, ...] | None:
        found = [self.item.shown(one, scope) for one in _members(value)]
        return self._normal(one for one in found if one is not None) or None

    def literal(self, value: Any) -> str:
        return self.brackets.format(", ".join(self.item.literal(one) for one in value))

    def plain(self, value: Any, scope: Scope) -> Any:
        return [self.item.plain(one, scope) for one in value]

    def same(self, one: Any, other: Any) -> bool:
        return len(one) == len(other) and all(map(self.item.same, one, other))

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return [need for one in value for need in self.item.names(one, scope)]

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        return self._normal(self.item.moved(one, old, new) for one in value)

    @property
    def schema(self) -> Schema:
        return {"anyOf": [{"type": "array", "items": self.item.schema}, self.item.schema]}

    def _normal(self, values: Iterable[Any]) -> tuple[Any, ...]:
        found = list(dict.fromkeys(values))
        return tuple(found if self.ordered else sorted(found, key=str))


@dataclass(frozen=True)
class Part:
    """One entry of a mapping. `default` is what it is where nothing is said; what is not `shown` is not compared."""

    type: Type
    default: Any = None
    shown: bool = True


@dataclass(frozen=True)
class Mapped(Type):
    """A mapping of certain keys, as (KEY = value …). Its normal form are its pairs, in the order of `parts`.

    HIDDEN is a mapping that is there, and that the account does not show.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)

    def read(self, value: Any, scope: Scope) -> Any:
        if not isinstance(value, Mapping) or not value:
            raise ValueError(f"is a mapping of {listed(self.parts)}")
        found = {}
        for key, given in value.items():
            if key not in self.parts:
                raise ValueError(f"has no {key}; {did_you_mean(key, self.parts) or f'it has {listed(self.parts)}'}")
            try:
                found[key] = self.parts[key].type.read(given, scope)
            except ValueError as error:
                raise ValueError(f"has {key}, which {error}") from None
        return self.pairs(found)

    def shown(self, value: Any, scope: Scope) -> Any:
        """From what is shown of each key, in upper case; a key that is not there is not said."""
        found = {
            key: part.type.shown(value[key.upper()], scope) for key, part in self.parts.items() if key.upper() in value
        }
        return self.pairs(found) or None

    def pairs(self, found: Mapping[str, Any]) -> Any:
        """The normal form of values by key; None counts as not said."""
        return tuple((key, found[key]) for key in self.parts if found.get(key) is not None)

    def literal(self, value: Any) -> str:
        return f"({' '.join(self._assigned(key, given) for key, given in value)})"

    def _assigned(self, key: str, value: Any) -> str:
        return f"{key.upper()} = {self.parts[key].type.literal(value)}"

    def plain(self, value: Any, scope: Scope) -> Any:
        if isinstance(value, Hidden):
            return {key: sql.placeholder(key) for key in value.secrets} or None
        return {key: self.parts[key].type.plain(given, scope) for key, given in value}

    def same(self, one: Any, other: Any) -> bool:
        return HIDDEN in (one, other) or not self.differing(one, other)

    def differing(self, one: Any, other: Any) -> list[str]:
        """The keys whose values differ, defaults taken in."""
        first, second = dict(one or ()), dict(other or ())
        return [key for key, part in self.parts.items() if part.shown and not _alike(part, first, second, key)]

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        if value == HIDDEN:
            return []
        return [need for key, given in value for need in self.parts[key].type.names(given, scope)]

    def known(self, value: Any) -> bool:
        return bool(value != HIDDEN)

    @property
    def schema(self) -> Schema:
        entries = {key: part.type.schema for key, part in self.parts.items()}
        return {"type": "object", "properties": entries, "additionalProperties": False}


class Unseen(Mapped):
    """A mapping of which an account shows only that it is there."""

    def shown(self, value: Any, scope: Scope) -> Any:
        return HIDDEN if Boolean().shown(value, scope) else None


def _alike(part: Part, first: Mapping[str, Any], second: Mapping[str, Any], key: str) -> bool:
    one, other = first.get(key, part.default), second.get(key, part.default)
    return bool(one == other) if one is None or other is None else part.type.same(one, other)


@dataclass(frozen=True)
class Sql(Type):
    """A piece of SQL: a query, a body, an expression. Blanks, comments and the case of its words do not count."""

    quoted: bool = False

    def read(self, value: Any, scope: Scope) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float) or not self._trimmed(str(value)):
            raise ValueError("is SQL")
        return self._trimmed(str(value))

    def shown(self, value: Any, scope: Scope) -> str | None:
        return self._trimmed("" if value is None else str(value)) or None

    def _trimmed(self, text: str) -> str:
        """Without a comment at the end, which would hide the `;` that ends a statement."""
        for kind, start, stop in () if self.quoted else reversed([*sql.spans(text)]):
            rest = "" if kind == "comment" else text[start:stop]
            rest = re.sub(r"[\s;]+\Z", "", rest) if kind == "code" else rest
            if rest:
                return (text[:start] + rest).strip()
        return text.strip().removesuffix(";").rstrip() if self.quoted else ""

    def literal(self, value: Any) -> str:
        return sql.quote_body(str(value)) if self.quoted else str(value)

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other) or canonical(str(one)) == canonical(str(other))

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return [
            ("", resolved(name, scope, 3)) for name in sql.references(str(value)) if 3 - len(scope) <= len(name) <= 3
        ]

    @property
    def schema(self) -> Schema:
        return {"type": "string"}


@dataclass(frozen=True)
class Json(Type):
    """A JSON document; written as text."""

    def read(self, value: Any, scope: Scope) -> str:
        try:
            document = json.loads(value) if isinstance(value, str) else value
            return json.dumps(document, sort_keys=True, ensure_ascii=False)
        except (TypeError, ValueError):
            raise ValueError("is JSON") from None

    def shown(self, value: Any, scope: Scope) -> str | None:
        if value in (None, ""):
            return None
        try:
            return self.read(value, scope)
        except ValueError:
            return str(value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return json.loads(value)


def moved_name(text: str, old: tuple[str, ...], new: tuple[str, ...]) -> str:
    """A whole name, as SQL writes it, when what it is, or what it is in, has another name."""
    parts = sql.parse_name(text)
    return sql.quote_name(*new, *parts[len(old) :]) if parts[: len(old)] == old else text


def read_name(text: str) -> tuple[str, ...]:
    """The parts of a name as a person writes it; raises ValueError with what would be right."""
    try:
        parts = sql.parse_name(text)
    except ValueError:
        shown = sql.quote_identifier(text) if text and len(text) <= 255 else '"…"'
        raise ValueError(
            f"{text!r} is not a valid unquoted identifier; with its quotes it is '{shown}', in YAML with both"
        ) from None
    for token in sql.tokens(text):
        if token.upper in sql.RESERVED:
            raise ValueError(f"{token.text} is a reserved word: as a name it is '\"{token.upper}\"'")
    return parts


def resolved(parts: tuple[str, ...], scope: Scope, size: int) -> tuple[str, ...]:
    """A name of `size` parts, what is missing in front taken from the scope; raises ValueError."""
    if len(parts) > size:
        raise ValueError(f"has {len(parts)} parts; such a name has {size}")
    missing = size - len(parts)
    if missing > len(scope):
        raise ValueError(f"needs {('', 'a name', 'its database', 'its database and schema')[min(size, 3)]} before it")
    return (*scope[:missing], *parts)


def canonical(text: str) -> tuple[str, ...]:
    """The tokens of a piece of SQL, as they are told from others.

    Words count in either case, but for the path of a variant (`v:Field.x`), where Snowflake minds it:
    https://docs.snowflake.com/en/user-guide/querying-semistructured
    """
    found: list[str] = []
    path = False
    for token in sql.tokens(text):
        if token.kind == "mark":
            path = token.text == ":" or (path and token.text == ".")
        elif token.kind == "word" and not path:
            found.append(token.text.upper())
            continue
        elif token.kind != "word":
            path = False
        found.append(token.text)
    while found and found[-1] == ";":
        found.pop()
    return tuple(found)


def _members(value: Any) -> list[Any]:
    """The members of a list as accounts show one: JSON, or text with commas, in brackets or not."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return list(value)
    text = str(value).strip()
    try:
        document = json.loads(text)
    except ValueError:
        return [part.strip().strip("'") for part in text.strip("()[]").split(",") if part.strip()]
    return document if isinstance(document, list) else [text]
