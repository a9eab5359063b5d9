"""Every kind of component walks the same way, on the sandbox over the wire.

Declare, diff, apply: the next diff is empty. Change each property, apply: empty. Roll back: the first state again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from snowmaker import Project, sandbox
from snowmaker.components import Kind, kinds
from snowmaker.errors import SourceError
from snowmaker.model import Diff

from .sample import Sample

_numbers = itertools.count(1)
KINDS = {kind.slug: kind for kind in kinds().values() if kind.properties and kind.shows}
SAMPLES: dict[str, Sample] = {
    file.stem: import_module(f".kinds.{file.stem}", __package__).SAMPLE
    for file in sorted(Path(__file__).parent.glob("kinds/[a-z]*.py"))
}
VALUES = [
    pytest.param(slug, name, value, id=f"{slug}-{name}-{value[:30]}")
    for slug, sample in SAMPLES.items()
    for name, values in sample.changes.items()
    for value in values
]
TOGETHER = 5  # properties that change at once in the quick tests


def groups() -> Iterator[Any]:
    """Each property of each kind with one value, a few at a time; another owner by itself."""
    for slug, sample in SAMPLES.items():
        first = {name: values[0] for name, values in sample.changes.items() if name != "owner"}
        names = list(first)
        parts = [names[at : at + TOGETHER] for at in range(0, len(names), TOGETHER)]
        parts += [["owner"]] if "owner" in sample.changes else []
        for part in parts:
            values = {name: sample.changes[name][0] for name in part}
            yield pytest.param(slug, values, id=f"{slug}-{part[0]}")


class World:
    """A project with one component of a kind, in a place of its own."""

    def __init__(self, folder: Path, account: sandbox.Account, slug: str) -> None:
        self.folder, self.kind, self.sample = folder, KINDS[slug], SAMPLES[slug]
        number = next(_numbers)
        self.names = {"db": f"C{number}DB", "n": f"C{number}"}
        connection = ", ".join(f"{key} = {toml(value)}" for key, value in account.connection().items())
        settings = f"""
[environments.shared]
connection = {{ {connection} }}
history = "C{number}META.M.H"
create_database = true
"""
        (folder / "snowmaker.toml").write_text(settings)
        (folder / "components").mkdir(exist_ok=True)
        (folder / "migrations").mkdir(exist_ok=True)
        self.project = Project(folder, environment="shared")  # one session for all: a login costs more than a diff
        self.run(f"CREATE DATABASE {self.names['db']}", f"CREATE SCHEMA {self.names['db']}.S", *self.sample.needs)

    def fill(self, text: str) -> str:
        for key, value in self.names.items():
            text = text.replace(f"{{{key}}}", value)
        return text

    def run(self, *texts: str) -> None:
        for text in texts:
            self.project.query(self.fill(text))

    def declare(self, body: str) -> None:
        key = self.fill(self.sample.key)
        text = f"{self.kind.section}:\n  '{key}': {self.fill(body)}\n{self.fill(self.sample.declares)}"
        (self.folder / "components" / "x.yml").write_text(text)

    def diff(self) -> Diff:
        return self.project.diff()

    def apply(self) -> None:
        self.project.apply()

    def rollback(self) -> None:
        self.project.rollback(steps=1)

    def close(self) -> None:
        name = self.fill(self.sample.key)
        if self.kind.level == "account":
            self.run(f"DROP {self.kind.name} IF EXISTS {name}")
        self.run(
            f"DROP DATABASE {self.names['db']}", *self.sample.after, f"DROP DATABASE IF EXISTS {self.names['n']}META"
        )
        self.project.close()


def toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


def with_value(body: str, kind: Kind, name: str, value: str) -> str:
    """The body with one property changed; `null` takes it out."""
    inner = body.strip()[1:-1]
    names = {name, kind.find(name).short} - {""}
    kept = [part for part in split(inner) if part.partition(":")[0].strip() not in names]
    return "{" + ", ".join([*kept, *([] if value == "null" else [f"{name}: {value}"])]) + "}"


def split(text: str) -> list[str]:
    """The members of a flow mapping, at the commas outside of brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and not parts[-1].rstrip(" ")[-1:].isalnum():
            quote = character
        depth += 0 if quote else (character in "{[(") - (character in "}])")
        if character == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


@pytest.fixture
def world(tmp_path: Path, account: sandbox.Account) -> Iterator[Callable[[str], World]]:
    made: list[World] = []

    def make(slug: str) -> World:
        made.append(World(tmp_path, account, slug))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_every_kind_has_a_sample() -> None:
    assert set(SAMPLES) == set(KINDS)


@pytest.mark.parametrize("slug", SAMPLES)
def test_every_property_is_tried(slug: str) -> None:
    sample, kind = SAMPLES[slug], KINDS[slug]
    assert {one.name for one in kind.properties} == {*sample.changes, *sample.fixed, *sample.replaces}


@pytest.mark.parametrize("slug", SAMPLES)
def test_made_and_taken_back(world: Callable[[str], World], slug: str) -> None:
    one = world(slug)
    one.declare(one.sample.body)
    first = one.diff()
    assert [change.action for change in first.changes if change.kind == slug][:1] == ["create"]
    one.apply()
    assert one.diff().changes == ()
    one.rollback()
    assert one.diff().changes == first.changes


@pytest.fixture(scope="module")
def applied(account: sandbox.Account) -> Iterator[dict[str, World]]:
    """Worlds in which the sample of a kind is applied, by kind: what leaves one as it was puts it back."""
    found: dict[str, World] = {}
    yield found
    for one in found.values():
        one.close()


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "name", "value"), VALUES)
def test_changed_and_taken_back(
    applied: dict[str, World], account: sandbox.Account, tmp_path: Path, slug: str, name: str, value: str
) -> None:
    one = ready(applied, account, tmp_path, slug)
    changed(one, {name: value})
    put_back(applied, one)


@pytest.mark.parametrize(("slug", "values"), list(groups()))
def test_some_changed_and_taken_back(
    applied: dict[str, World], account: sandbox.Account, tmp_path: Path, slug: str, values: dict[str, str]
) -> None:
    one = ready(applied, account, tmp_path, slug)
    changed(one, values)
    put_back(applied, one)


def ready(applied: dict[str, World], account: sandbox.Account, folder: Path, slug: str) -> World:
    """A world in which the sample is applied."""
    one = applied.pop(slug, None)
    if one is None:
        one = World(folder, account, slug)
        one.declare(one.sample.body)
        one.apply()
    return one


def put_back(applied: dict[str, World], one: World) -> None:
    """Keep a world for the next test. One of an account-level kind is closed: what it leaves, others would see."""
    if one.kind.level == "account":
        one.close()
    else:
        applied[one.kind.slug] = one


def changed(one: World, values: dict[str, str]) -> None:
    """Change some properties, and take it back; those that cannot be said together in parts."""
    body = one.sample.body
    for name, value in values.items():
        body = with_value(body, one.kind, name, one.fill(value))
    one.declare(body)
    try:
        before = one.diff()
    except SourceError:
        if len(values) == 1:
            raise
        half = len(values) // 2
        for part in (list(values)[:half], list(values)[half:]):
            changed(one, {name: values[name] for name in part})
        return
    one.apply()
    assert one.diff().changes == ()
    if before.changes:  # else the values are what was there, or the defaults
        one.rollback()
        assert one.diff().changes == before.changes, "the old values are back, and all else is as it was"


@pytest.mark.parametrize("slug", SAMPLES)
def test_imported(world: Callable[[str], World], slug: str) -> None:
    """What an account has, written as YAML, is what it has."""
    one = world(slug)
    one.declare(one.sample.body)
    one.apply()
    declared = {component.key for component in one.project.declared().components if component.kind is one.kind}
    databases = [] if one.kind.level == "account" else [one.names["db"]]
    for file in (one.folder / "components").iterdir():
        file.unlink()
    chosen = one.project.selection([one.kind.section], databases, one.names["n"] + "*" if not databases else "")
    paths = one.project.import_(chosen)
    assert {path.suffix for path in paths} == {".yml", ".json"}
    assert declared <= {component.key for component in one.project.declared().components}
    assert one.diff().changes == ()
