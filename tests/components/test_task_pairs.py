"""From any graph of tasks to any other, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import Declaring
from .test_table_pairs import QUICK, one_by_one

__all__ = ["one_by_one"]

NAMES = ("A", "B", "C", "D")


@st.composite
def graphs(draw: Any) -> dict[str, str]:
    """Tasks by name, without circles: each only comes after some in front of it, in any order of the names."""
    order = draw(st.permutations(NAMES))
    found: dict[str, str] = {}
    roots: list[str] = []
    finalized: set[str] = set()
    for index, name in enumerate(order[: draw(st.integers(1, len(NAMES)))]):
        above = draw(st.lists(st.sampled_from(order[:index]), max_size=2, unique=True)) if index else []
        above = [one for one in above if "finalize" not in found[one]]
        ending = [one for one in roots if one not in finalized]
        if ending and not above and draw(st.booleans()):
            finalized.add(ending[0])
            place = f"finalize: {ending[0]}"
        elif above:
            place = f"after: [{', '.join(above)}]"
        else:
            place = f"schedule: {draw(st.integers(1, 3))} hours"
            roots.append(name)
        state = draw(st.sampled_from(["started", "suspended"]))
        found[name] = f"{{{place}, sql: select {draw(st.integers(1, 2))}, state: {state}}}"
    return found


def text(graph: dict[str, str]) -> str:
    lines = "".join(f"    {name}: {body}\n" for name, body in graph.items())
    return f"schemas:\n '{{db}}.S':\n   prune: [tasks]\n   tasks:\n{lines}"


def through(declaring: Declaring, first: dict[str, str], second: dict[str, str]) -> None:
    declaring.apply(text(first))
    declaring.declare(text(second))
    if declaring.diff().changes:
        declaring.there_and_back(text(second))
        declaring.apply(text(second))
    declaring.apply(text(first))


@QUICK
@given(first=graphs(), second=graphs())
def test_there_and_back(one_by_one: Declaring, first: dict[str, str], second: dict[str, str]) -> None:
    through(one_by_one, first, second)


@pytest.mark.slow
@settings(QUICK, max_examples=100)
@given(first=graphs(), second=graphs())
def test_there_and_back_from_anywhere(one_by_one: Declaring, first: dict[str, str], second: dict[str, str]) -> None:
    through(one_by_one, first, second)
