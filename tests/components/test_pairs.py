"""Every kind from any state to any other, and back: several properties change at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from snowmaker import sandbox
from snowmaker.errors import SourceError

from .test_kinds import SAMPLES, World, applied, put_back, with_value  # noqa: F401 (a fixture)

QUICK = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),
    derandomize=True,
)
LEFT = {"owner"}  # another owner may lack what the rest needs, which is refused


@st.composite
def pairs(draw: Any, slugs: tuple[str, ...] = tuple(SAMPLES)) -> tuple[str, dict[str, str], dict[str, str]]:
    slug = draw(st.sampled_from(slugs))
    changes = {name: values for name, values in SAMPLES[slug].changes.items() if name not in LEFT}

    def values() -> dict[str, str]:
        names = draw(st.lists(st.sampled_from(sorted(changes)), max_size=4, unique=True)) if changes else []
        return {name: draw(st.sampled_from(changes[name])) for name in names}

    return slug, values(), values()


def body(one: World, values: dict[str, str]) -> str:
    found = one.sample.body
    for name, value in values.items():
        found = with_value(found, one.kind, name, one.fill(value))
    return found


def through(world: World, first: dict[str, str], second: dict[str, str]) -> None:
    """Apply one state, then the other; roll back: it is the first."""
    world.declare(body(world, first))
    try:
        valid = world.diff() is not None
        world.declare(body(world, second))
        valid = valid and world.diff() is not None
    except SourceError:
        valid = False  # they cannot be said together
    assume(valid)
    world.declare(body(world, first))
    world.apply()
    assert world.diff().changes == ()
    world.declare(body(world, second))
    try:
        before = world.diff()
    except SourceError:  # the one cannot become the other
        world.declare(body(world, {}))
        world.apply()
        return
    world.apply()
    assert world.diff().changes == ()
    if before.changes:
        world.rollback()
        assert world.diff().changes == before.changes
    world.declare(body(world, first))
    assert world.diff().changes == ()


@QUICK
@given(pair=pairs())
def test_from_any_state_to_any_other(
    applied: dict[str, World],  # noqa: F811
    account: sandbox.Account,
    tmp_path_factory: pytest.TempPathFactory,
    pair: tuple[str, dict[str, str], dict[str, str]],
) -> None:
    slug, first, second = pair
    one = applied.pop(slug, None) or World(folder(tmp_path_factory, slug), account, slug)
    through(one, first, second)
    put_back(applied, one)


@pytest.mark.slow
@pytest.mark.parametrize("slug", SAMPLES)
def test_many_pairs(account: sandbox.Account, tmp_path_factory: pytest.TempPathFactory, slug: str) -> None:
    worlds: list[World] = []

    @settings(QUICK, max_examples=10)
    @given(pair=pairs((slug,)))
    def each(pair: tuple[str, dict[str, str], dict[str, str]]) -> None:
        if not worlds:
            worlds.append(World(folder(tmp_path_factory, slug), account, slug))
        through(worlds[0], *pair[1:])

    each()
    worlds[0].close()


def folder(tmp_path_factory: pytest.TempPathFactory, slug: str) -> Path:
    return tmp_path_factory.mktemp(slug)
