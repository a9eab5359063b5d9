"""Directives: what the comments of a script ask for, `-- snowmaker: role=X only=dev,test`. Pure.

They stand in the comments at the top of a file. `allow=rule,rule` also stands directly above a statement, and then
means that statement alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from snowmaker import sql
from snowmaker.errors import SourceError
from snowmaker.model import Directives
from snowmaker.suggest import did_you_mean, listed

ALLOW = "allow"

_COMMENT = re.compile(r"\s*(?:(?:--|//)(?P<line>[^\n]*)(?:\n|\Z)|/\*(?s:.*?)\*/|\{#(?s:.*?)#\})")
_DIRECTIVE = re.compile(r"\s*snowmaker\s*:(?P<said>.*)", re.IGNORECASE)
_NO_COLON = re.compile(r"\s*snowmaker\s+\w+\s*=", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?:--|//)[ \t]*snowmaker[ \t]*:(?P<said>[^\n]*)", re.IGNORECASE)
_WORD = re.compile(r'(?P<key>[^\s=]+)(?P<equals>=(?P<value>(?:"(?:[^"]|"")*"|[^\s"])*))?')
_ROLE = re.compile(r'[A-Za-z_][\w$]*|"(?:[^"]|"")+"', re.ASCII)
_NAME = re.compile(r"[^\s,]+")
_DIRECTIVES = ("role", "only", "depends", "transaction", "irreversible", ALLOW)
_SAY = "write `-- snowmaker: role=NAME only=dev,test depends=R__base transaction=on irreversible allow=rule`"


class Allowance(NamedTuple):
    """An `allow=` in a text: the rules that it names, where its comment stands, and whether it has a line of its own.

    `start` is an offset, `line` counts from 1.
    """

    rules: tuple[str, ...]
    start: int
    line: int
    alone: bool


def read_directives(text: str, shown: str) -> Directives:
    """The directives in the leading comments of a script; raises SourceError, which names the file `shown`."""
    if not _mentions(text):
        return Directives()
    found: dict[str, str] = {}
    end = 0
    while match := _COMMENT.match(text, end):
        if match["line"] is not None:
            line = text.count("\n", 0, match.start("line")) + 1
            _read_comment(match["line"], found, shown, line)
        end = match.end()
    _check_elsewhere(text, end, shown)
    return Directives(
        role=found.get("role", ""),
        only=_names(found.get("only", "")),
        depends=_names(found.get("depends", "")),
        transaction=found.get("transaction") == "on",
        irreversible="irreversible" in found,
        allow=_names(found.get(ALLOW, "")),
    )


def allowances(text: str) -> tuple[Allowance, ...]:
    """Every `allow=` in the comments of a text, those at its top too. What is wrong with a directive is no matter."""
    if not _mentions(text):
        return ()
    found = []
    for match in _directives_below(text, 0):
        words = [word for word in _WORD.finditer(match["said"]) if word["key"].lower() == ALLOW]
        rules = tuple(name for word in words for name in _names(word["value"] or ""))
        begin = text.rfind("\n", 0, match.start()) + 1
        line = text.count("\n", 0, match.start()) + 1
        found.append(Allowance(rules, match.start(), line, not text[begin : match.start()].strip("\ufeff \t\r")))
    return tuple(one for one in found if one.rules)


def _mentions(text: str) -> bool:
    return "snowmaker" in text or "snowmaker" in text.lower()


def _read_comment(comment: str, found: dict[str, str], shown: str, line: int) -> None:
    said = _DIRECTIVE.match(comment)
    if said is not None:
        _read_words(said["said"], found, shown, line)
    elif _NO_COLON.match(comment):
        text = "a directive needs a colon after `snowmaker`"
        raise SourceError(text, "bad_directive", _SAY, shown, line)


def _read_words(said: str, found: dict[str, str], shown: str, line: int) -> None:
    for word in _WORD.finditer(said):
        key = word["key"].lower()
        if key not in _DIRECTIVES:
            hint = did_you_mean(key, _DIRECTIVES) or f"there are: {listed(_DIRECTIVES)}"
            raise SourceError(f"unknown directive {word['key']!r}", "unknown_directive", hint, shown, line)
        if key in found and key != ALLOW:
            text = f"directive {key} is given twice"
            raise SourceError(text, "bad_directive", "keep one of them", shown, line)
        problem = _problem(key, word["value"])
        if problem:
            raise SourceError(f"directive {key} {problem}", "bad_directive", _SAY, shown, line)
        found[key] = ",".join((*_names(found.get(key, "")), word["value"] or ""))


def _problem(key: str, value: str | None) -> str:
    """What is wrong with a directive's value, or ''."""
    if key == "irreversible":
        return "takes no value" if value is not None else ""
    if not value:
        return "needs a value"
    if "{{" in value or "{%" in value:
        return "is read before templates are rendered: it cannot contain one"
    if key == "transaction":
        return "" if value in ("on", "off") else f"is {value!r}; it may be on, off"
    if key == "role":
        return "" if _ROLE.fullmatch(value) else f"is {value!r}, which is no role's name"
    return "" if all(_NAME.fullmatch(name) for name in value.split(",")) else "has an empty name in its list"


def _names(value: str) -> tuple[str, ...]:
    return tuple(value.split(",")) if value else ()


def _check_elsewhere(text: str, end: int, shown: str) -> None:
    """Below the first statement any directive but `allow=` would be overlooked."""
    for match in _directives_below(text, end):
        line = text.count("\n", 0, match.start()) + 1
        found: dict[str, str] = {}
        _read_words(match["said"], found, shown, line)
        if set(found) != {ALLOW}:
            text = "a directive other than allow= stands only in the comments at the top of a file"
            raise SourceError(text, "misplaced_directive", "move it above the first statement", shown, line)


def _directives_below(text: str, end: int) -> Iterator[re.Match[str]]:
    """The directives in comments from `end` on; in a string or a body they are only text."""
    found = list(_ELSEWHERE.finditer(text, end))
    spans = iter(sql.spans(text)) if found else iter(())
    state, stop = "", 0
    for match in found:
        while stop <= match.start():
            state, _, stop = next(spans)
        if state == "comment":
            yield match
