"""Findings as other programs show them: SARIF 2.1.0, and the commands by which GitHub annotates a pull request.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html,
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from snowmaker import __version__
from snowmaker.config import FILE
from snowmaker.model import Finding
from snowmaker.rules import Rule, rules

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://snowmaker.dev"
LEVELS = {"error": "error", "warning": "warning", "ok": "note"}
COMMANDS = {"error": "error", "warning": "warning", "ok": "notice"}


def sarif(found: Sequence[Finding], folder: str) -> dict[str, Any]:
    """The findings as a SARIF log; `folder` is the project's, paths are told from the current one."""
    known = list(rules().values())
    places = {rule.name: index for index, rule in enumerate(known)}
    driver = {
        "name": "snowmaker",
        "version": __version__,
        "informationUri": HOME,
        "rules": [_descriptor(rule) for rule in known],
    }
    results = [_result(one, places, folder) for one in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("_")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(one: Finding, places: dict[str, int], folder: str) -> dict[str, Any]:
    # whatever shows results wants a file and a line: what is about no file is shown at the settings
    region = {"startLine": max(one.line, 1)}
    location = {"artifactLocation": {"uri": quote(_path(one, folder))}, "region": region}
    result = {
        "ruleId": one.rule,
        "level": LEVELS[one.level],
        "message": {"text": _text(one)},
        "locations": [{"physicalLocation": location}],
    }
    return {**result, "ruleIndex": places[one.rule]} if one.rule in places else result


def github(found: Iterable[Finding], folder: str) -> Iterator[str]:
    """A workflow command for each finding."""
    for one in found:
        properties = {"file": _path(one, folder), "line": str(max(one.line, 1)), "title": one.rule}
        said = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
        yield f"::{COMMANDS[one.level]} {said}::{_escaped(_text(one))}"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _text(one: Finding) -> str:
    return f"{one.message}\n{one.hint}" if one.hint else one.message


def _path(one: Finding, folder: str) -> str:
    """A finding's file as seen from the current folder, where the repository begins for whoever shows it."""
    path = os.path.join(folder, one.file or FILE)
    return Path(os.path.relpath(path)).as_posix()
