"""Lint rules: each a function of a module here, found by itself; its docstring is its page. Pure.

`check` looks at a project's files (Subject) and gives findings. What stops a deploy is an error, the rest a warning,
unless [lint] of snowmaker.toml says otherwise.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import cast

from snowmaker.errors import UsageError
from snowmaker.model import Finding
from snowmaker.rules.base import Code, Found, Insertions, Level, Part, Rule, Subject, masked
from snowmaker.suggest import did_you_mean

__all__ = ["LEVELS", "Code", "Insertions", "Part", "Rule", "Subject", "check", "masked", "rule", "rules"]

LEVELS = ("error", "warning", "off")  # what [lint] may say of a rule


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its name, in the order of the names."""
    found: dict[str, Rule] = {}
    for module in pkgutil.iter_modules(__path__):
        name = f"{__name__}.{module.name}"
        values = vars(import_module(name)).values()
        found |= {rule.name: rule for rule in values if isinstance(rule, Rule) and rule.module == name}
    return dict(sorted(found.items()))


def rule(name: str) -> Rule:
    """The rule of that name. Raises UsageError."""
    found = rules().get(name)
    if found is None:
        hint = did_you_mean(name, rules()) or "`snowmaker check --rules` lists them"
        raise UsageError(f"no rule {name!r}", "unknown_rule", hint)
    return found


def check(subject: Subject, levels: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the rules say of a project's files, by file and line; `levels` is [lint] of the settings."""
    found = [
        Finding(name, _level(levels.get(name) or one.level or each.level), one.message, one.file, one.line, one.hint)
        for name, each in rules().items()
        if levels.get(name) != "off"
        for one in _heard(each, subject)
    ]
    return tuple(sorted(found, key=lambda one: (one.file, one.line, one.rule)))


def _heard(each: Rule, subject: Subject) -> Iterator[Found]:
    """What a rule says where nobody allowed it."""
    return (one for one in each.judge(subject) if each.name not in one.allowed)


def _level(text: str) -> Level:
    return cast(Level, text)
