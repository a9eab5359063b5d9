"""Secrets: what stands for them in a rendered script, and how their values get into a statement that is sent.

`secret('NAME')` renders to `<<snowmaker:secret:NAME>>`: plain ASCII that no SQL means anything by, so it
survives splitting, formatting, JSON and the history. Only `substitute` sees values.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from snowmaker import sql
from snowmaker.errors import ConfigError, SourceError

MARK = sql.PLACEHOLDER
_NAME = r"[A-Za-z0-9_]+(?:[./-][A-Za-z0-9_]+)*"
_PLACEHOLDER = re.compile(rf"<<{MARK}({_NAME})>>")
# beside a bare literal these would make another token of it, or another string
_BEFORE = frozenset("'\"$@.:\\/&<")
_AFTER = frozenset("'\"$@.\\<")
_PLACES = "a secret stands alone, as a value, or inside '…'"


def valid_name(name: str) -> bool:
    """Whether a secret may have that name: letters, digits and _, in parts joined by one of . - /"""
    return re.fullmatch(_NAME, name, re.ASCII) is not None


def placeholder(name: str) -> str:
    """What stands for the secret in a rendered script."""
    return sql.placeholder(name)


def has_mark(text: str) -> bool:
    """Whether a text has a placeholder, or what could become one."""
    return "secret:" in text and MARK in text


def secret_names(text: str) -> tuple[str, ...]:
    """The secrets that a rendered text needs, sorted."""
    return tuple(sorted(set(_PLACEHOLDER.findall(text)))) if has_mark(text) else ()


def offsets(text: str) -> tuple[tuple[str, int], ...]:
    """Each secret that a rendered text needs, and where its placeholder stands."""
    return tuple((match[1], match.start()) for match in _PLACEHOLDER.finditer(text)) if has_mark(text) else ()


def check(text: str, file: str = "") -> None:
    """Raise SourceError for a placeholder where no value can be put."""
    if has_mark(text):
        for _ in _places(text, file):
            pass


def substitute(text: str, resolve: Callable[[str], str]) -> str:
    """The text with its secrets put in: escaped inside '…', as a literal where it stands bare.

    `resolve` gives the value of a name. Raises SourceError for a placeholder anywhere else (an identifier, a
    `$$` body, a comment), whose text has the name and never the value.
    """
    if not has_mark(text):
        return text
    pieces = []
    at = 0
    for place in _places(text, ""):
        literal = sql.quote_literal(resolve(place.name))
        pieces += [text[at : place.start], literal if place.bare else literal[1:-1]]
        at = place.end
    return "".join([*pieces, text[at:]])


def environment_secrets(name: str) -> str:
    """A secret's value from the process's variables: SNOWMAKER_SECRET_<NAME>, else <NAME> as it is written.

    Raises ConfigError `missing_secret`; an empty value counts as missing, as CI passes unknown secrets so.
    """
    own = "SNOWMAKER_SECRET_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
    value = os.environ.get(own) or os.environ.get(name)
    if not value:
        raise ConfigError(f"secret {name!r} has no value", "missing_secret", f"set the variable {own}")
    return value


@dataclass(frozen=True)
class _Place:
    name: str
    start: int
    end: int
    bare: bool


def _places(text: str, file: str) -> Iterator[_Place]:
    """The placeholders of a text in order; raises SourceError for one where no value can be put."""
    spans = iter(sql.spans(text))
    state, begin, stop = "code", 0, 0
    for match in _PLACEHOLDER.finditer(text):
        while stop <= match.start():
            following = next(spans, None)
            if following is None:
                state, begin, stop = "code", stop, len(text) + 1
                break
            state, begin, stop = following
        problem = _problem(text, match, state, begin, stop)
        if problem:
            line = text.count("\n", 0, match.start()) + 1 if file else 0
            raise SourceError(f"secret {match[1]!r} {problem}", "secret_place", _PLACES, file, line)
        yield _Place(match[1], match.start(), match.end(), state == "code")


def _problem(text: str, match: re.Match[str], state: str, begin: int, stop: int) -> str:
    """Why no value can be put here, or ''."""
    if state == "string":
        before = text[begin + 1 : match.start()]
        if (len(before) - len(before.rstrip("\\"))) % 2:
            return "stands after a backslash"
        if before.endswith("'") and len(re.findall(r"''|\\'", before)) % 2:
            return "stands in a string within a string, where it could not be escaped"
        return "" if match.end() < stop else "stands in a string that does not end"
    if state != "code":
        named = {"identifier": "a quoted identifier", "dollar": "a $$ body", "comment": "a comment"}
        return f"stands in {named.get(state, state)}"
    left, right = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    touches = left in _BEFORE or right in _AFTER or _is_word(left) or _is_word(right)
    return "stands right beside other text" if touches or text.endswith(">>", 0, match.start()) else ""


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
