"""From any state of a table to any other, and back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from snowmaker import Project

from .conftest import Declaring

NUMBERS = ("number(10,0)", "number(12,0)", "number(12,2)", "float", "varchar(5)", "varchar(20)", "varchar")
TIMES = ("date", "timestamp_ntz(3)", "timestamp_ntz", "timestamp_ltz")
FAMILY = {"A": NUMBERS, "B": NUMBERS, "C": NUMBERS, "T": TIMES, '"t"': TIMES}
MORE = ("", " not null", " comment 'it''s'", " default 0", " default 1 not null", " autoincrement", " as (1 + 1)")


@st.composite
def columns(draw: Any) -> dict[str, str]:
    names = draw(st.lists(st.sampled_from(sorted(FAMILY)), min_size=1, unique=True))
    found = {}
    for name in names:
        kind = draw(st.sampled_from(FAMILY[name]))
        numeric = kind.startswith("number") and name in "AB"
        more = draw(st.sampled_from(MORE if numeric else MORE[:3]))
        collate = draw(st.sampled_from(["", " collate 'en-ci'"])) if kind.startswith("varchar") else ""
        found[name] = f"{kind}{collate}{more}"
    return found


@st.composite
def tables(draw: Any) -> str:
    found = draw(columns().filter(lambda found: any(" as (" not in spec for spec in found.values())))
    plain = [name for name, spec in found.items() if " as (" not in spec]
    lines = ["columns:", *(f"  '{name}': \"{spec}\"" for name, spec in found.items())]
    key = draw(st.lists(st.sampled_from(plain), max_size=2, unique=True)) if plain else []
    if key:
        lines.append(f"{draw(st.sampled_from(['primary_key', 'unique']))}: {_listed(key)}")
    if draw(st.booleans()) and plain:
        lines.append(
            f"cluster_by: {_listed(draw(st.lists(st.sampled_from(plain), min_size=1, max_size=2, unique=True)))}"
        )
    if draw(st.booleans()) and "A" in plain:
        lines.append("check: [A is not null]")
    lines += [f"comment: {text}" for text in draw(st.sampled_from([[], ["x"]]))]
    lines += draw(st.sampled_from([[], ["transient: true"], ["enable_schema_evolution: true"], ["retention: 0"]]))
    return "".join(f"    {line}\n" for line in lines)


def _listed(names: list[str]) -> str:
    return f"[{', '.join(repr(name) for name in names)}]"


@pytest.fixture
def one_by_one(folder: Path, database: str) -> Iterator[Declaring]:
    """Each project is closed before the next is opened: there are many."""
    opened: list[Project] = []

    def open_project() -> Project:
        for one in opened:
            one.close()
        opened[:] = [Project(folder, environment="shared")]
        return opened[0]

    yield Declaring(folder, open_project, database)
    opened[0].close()


numbers = itertools.count(1)


def through(declaring: Declaring, first: str, second: str) -> None:
    number = next(numbers)
    name = f"tables:\n  '{{db}}.S.T{number}':\n"
    declaring.apply(name + first)
    declaring.declare(name + second)
    if declaring.diff().changes:
        declaring.there_and_back(name + second)
    declaring.declare(name + first)
    assert declaring.diff().changes == ()
    declaring.run(f"DROP TABLE {{db}}.S.T{number}")


QUICK = settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.reuse, Phase.generate)
)


@QUICK
@given(first=tables(), second=tables())
def test_there_and_back(one_by_one: Declaring, first: str, second: str) -> None:
    through(one_by_one, first, second)


@pytest.mark.slow
@settings(QUICK, max_examples=100)
@given(first=tables(), second=tables())
def test_there_and_back_from_anywhere(one_by_one: Declaring, first: str, second: str) -> None:
    through(one_by_one, first, second)
