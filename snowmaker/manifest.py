"""The YAML of a project's components → what is declared. Files are templates, as migrations are.

Top-level keys are the kinds' plurals; what is inside of a database or schema stands under it, or at the top with its
whole name. An object may be said in parts, in several files, as long as no property is said twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from snowmaker import placeholders, yamlfile
from snowmaker.components import Component, Kind, Place, kinds
from snowmaker.components.arguments import bare_types
from snowmaker.components.base import LEVELS, Property
from snowmaker.components.datatypes import data_type, split_arguments
from snowmaker.components.declared import Declared
from snowmaker.components.grant import Grant, memberships, read_grants
from snowmaker.components.types import ReadError, read_name, resolved
from snowmaker.config import Environment, Settings
from snowmaker.errors import SourceError
from snowmaker.loader import read_text
from snowmaker.suggest import did_you_mean, listed
from snowmaker.yamlfile import Tree

GRANTS, PRUNE = "grants", "prune"
META = ("ignore", "protect", "renamed_from")
SIZES = {level: size for size, level in enumerate(LEVELS, 1)}  # parts of a name, by the level of its kind


def load(settings: Settings, environment: Environment, texts: Mapping[str, str] | None = None) -> Declared:
    """Read all files of the components folder for an environment; nothing declared where there is none.

    `texts` are read in place of the files of these names. Raises SourceError with file, line and the nearest valid
    name.
    """
    reader = _Reader()
    for path, shown in files(settings):
        reader.read(path, shown, settings, environment, (texts or {}).get(shown))
    return reader.declared()


def faults(settings: Settings, environment: Environment) -> tuple[SourceError, ...]:
    """What is wrong with the files of the components folder: the first thing of each, else of all together."""
    reader = _Reader()
    found: list[SourceError] = []
    for path, shown in files(settings):
        try:
            reader.read(path, shown, settings, environment)
        except SourceError as fault:
            found.append(fault)
    if not found:
        try:
            reader.declared()
        except SourceError as fault:
            found.append(fault)
    return tuple(found)


def parse(text: str, file: str = "components.yml") -> Declared:
    """What one text of YAML, already rendered, declares. Raises SourceError."""
    reader = _Reader()
    reader.file(yamlfile.parse(text, file), file)
    return reader.declared()


def component_name(
    kind: Kind, key: str, scope: tuple[str, ...], said: Any = None
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """The whole name behind a key in a container, and the types of a routine's arguments; raises ValueError.

    `said` are the arguments that are declared with it, by which a routine is known that has no types in its key.
    """
    if kind.single:
        return (), None
    text, bracket, rest = key.partition("(") if kind.signed else (key, "", "")
    name = resolved(read_name(text), scope, max(SIZES[kind.level], len(scope) + 1 if kind.anywhere else 0))
    if not kind.signed:
        return name, None
    if not bracket:
        return name, bare_types(kind.find("arguments").type.read(said or {}, scope))
    if not rest.endswith(")"):
        raise ValueError(f"ends with a bracket: `{text}(NUMBER)`, `{text}()`")
    return name, tuple(data_type(part, bare=True) for part in split_arguments(rest[:-1]))


def inner_kinds(kind: Kind) -> dict[str, Kind]:
    """The kinds whose components may stand inside of one of this kind, by section."""
    return {one.section: one for one in kinds().values() if one.inside(kind)}


def files(settings: Settings) -> Iterator[tuple[Path, str]]:
    """The files of the components folder, each with its name in messages."""
    return files_in(settings.components, settings, (".yml", ".yaml"))


def files_in(folder: Path, settings: Settings, suffixes: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """The files below a folder that end so, sorted, hidden ones left out; each with its name in messages."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.name.endswith(suffixes) and not hidden:
            inside = path.is_relative_to(settings.folder)
            yield path, path.relative_to(settings.folder).as_posix() if inside else str(path)


def rendered(text: str, file: str, settings: Settings, environment: Environment) -> tuple[str, list[int] | None]:
    """A text of YAML, rendered, and the line of the file for each of its lines where it is a template."""
    if placeholders.MARK in text.lower():
        hint = "write {{ secret('NAME') }}"
        raise SourceError(f"contains {placeholders.MARK!r}, which stands for secrets", "secret_marker", hint, file)
    if not any(mark in text for mark in ("{{", "{%", "{#")):
        return text, None
    from snowmaker.templating import Templates

    return Templates(settings, environment).render_lines(text, file)


def _finished(one: Component) -> Component:
    """A component of which all has been said."""
    try:
        return one.kind.finished(one) if one.kind.finished is not None else one
    except ValueError as error:
        text = f"{one.kind.slug.replace('_', ' ')} {one.quoted}: {error}"
        raise SourceError(text, "bad_component", "", one.place.file, one.place.line) from None


class _Reader:
    """Collects components over files."""

    def __init__(self) -> None:
        self._components: dict[tuple[str, ...], Component] = {}
        self._prune: set[tuple[str, tuple[str, ...]]] = set()
        self._grants: list[Grant] = []
        self._pruned_grantees: set[tuple[str, tuple[str, ...]]] = set()
        self._file = ""

    def declared(self) -> Declared:
        """All that was read."""
        components = tuple(map(_finished, self._components.values()))
        for one in components:
            _check(one)
        grants = [*self._grants, *(grant for one in components for grant in memberships(one))]
        unique = {grant.key: grant for grant in grants}
        return Declared(components, frozenset(self._prune), tuple(unique.values()), frozenset(self._pruned_grantees))

    def read(
        self, path: Path, shown: str, settings: Settings, environment: Environment, text: str | None = None
    ) -> None:
        """Read one file of a project, or a text in its place."""
        raw = read_text(path, shown) if text is None else text
        text, lines = rendered(raw, shown, settings, environment)
        self.file(yamlfile.parse(text, shown, lines), shown)

    def file(self, tree: Tree, file: str) -> None:
        """Read one file."""
        self._file = file
        known = (*kinds(), GRANTS, PRUNE)
        for key, value in tree.items():
            if key in kinds():
                self._section(kinds()[key], value, (), tree.lines[key])
            elif key == GRANTS:
                self._grants_section(self._tree(value, GRANTS, tree.lines[key]))
            elif key == PRUNE:
                self._prune_kinds(value, (), {}, tree.lines[key])
            else:
                raise self._unknown(key, "kind of component", known, tree.lines[key])

    def _section(self, kind: Kind, value: Any, scope: tuple[str, ...], line: int) -> None:
        if kind.single:
            self._component(kind, "", value, scope, line)
            return
        tree = self._tree(value, kind.section, line)
        for key, body in tree.items():
            if key == PRUNE and isinstance(body, bool):
                if body:
                    self._prune.add((kind.name, scope))
                continue
            self._component(kind, key, body, scope, tree.lines[key])

    def _component(self, kind: Kind, key: str, body: Any, scope: tuple[str, ...], line: int) -> None:
        if kind.brief and isinstance(body, str):
            brief = Tree(line)
            brief.add(kind.brief, body, line)
            body = brief
        tree = self._tree(body, f"{kind.slug} {key}", line)
        name, arguments = self._name(kind, key, scope, line, tree.get("arguments"))
        found = Component(kind, name, {}, arguments, Place(self._file, line))
        inner = inner_kinds(kind)
        for word, value in tree.items():
            if word in inner and any(one.name == word for one in kind.properties):
                value, said = _parted(value, tree.lines[word])
                found = found if said is None else self._said(found, word, said, tree.lines[word], inner)
            if word in inner:
                self._section(inner[word], value, name, tree.lines[word])
            elif word == PRUNE and kind.holds:
                self._prune_kinds(value, name, tree, tree.lines[word])
            else:
                found = self._said(found, word, value, tree.lines[word], inner)
        self._add(found)

    def _said(self, one: Component, word: str, value: Any, line: int, inner: Mapping[str, Kind]) -> Component:
        """The component with one more thing said of it."""
        if word == "protect":
            return replace(one, protect=self._boolean(value, word, line))
        if word == "renamed_from":
            return replace(one, renamed_from=self._name(one.kind, str(value), one.container, line)[0])
        if word == "ignore":
            names = [str(name) for name in (value if isinstance(value, list) else [value])]
            return replace(one, ignore=frozenset(self._property(one.kind, name, line).name for name in names))
        prop = self._property(one.kind, word, line, (*inner, *META, *((PRUNE,) if one.kind.holds else ())))
        if value is None and one.kind.others is None:
            return one
        if prop.name in one.values:
            raise self._error(f"{prop.name} is said twice, here and as {prop.short}", line)
        scope = one.name if one.kind.holds else one.container
        try:
            read = None if value is None else prop.type.read(value, scope)
        except ReadError as error:
            text = f"{word} of {one.kind.slug} {one.quoted} {error}"
            raise self._error(text, error.line or line, error.hint) from None
        except ValueError as error:
            raise self._error(f"{word} of {one.kind.slug} {one.quoted} {error}", line) from None
        return replace(one, values={**one.values, prop.name: read})

    def _add(self, one: Component) -> None:
        """Join a component to what was said of it before."""
        other = self._components.get(one.key)
        if other is None:
            self._components[one.key] = one
            return
        twice = sorted(set(one.values) & set(other.values))
        if twice:
            text = f"{twice[0]} of {one.kind.slug} {one.quoted} is said here and in {other.place}"
            raise self._error(text, one.place.line, "say each property of an object once")
        self._components[one.key] = replace(
            one,
            values={**other.values, **one.values},
            place=other.place if other.values else one.place,
            ignore=one.ignore | other.ignore,
            protect=one.protect or other.protect,
            renamed_from=one.renamed_from or other.renamed_from,
        )

    def _property(self, kind: Kind, word: str, line: int, others: tuple[str, ...] = ()) -> Property:
        for one in kind.properties:
            if word in (one.name, one.short):
                return one
        other = kind.others(word) if kind.others is not None else None
        if other is not None:
            return other
        names = [name for one in kind.properties for name in (one.name, one.short) if name]
        raise self._unknown(word, f"property of a {kind.slug.replace('_', ' ')}", (*names, *others), line)

    def _name(
        self, kind: Kind, key: str, scope: tuple[str, ...], line: int, said: Any = None
    ) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
        """The whole name behind a key, and the types of a routine's arguments."""
        try:
            return component_name(kind, key, scope, said)
        except ReadError as error:
            raise self._error(f"{kind.slug} {key}: {error}", error.line or line, error.hint) from None
        except ValueError as error:
            raise self._error(f"{kind.slug} {key}: {error}", line) from None

    def _prune_kinds(self, value: Any, container: tuple[str, ...], said: Mapping[str, Any], line: int) -> None:
        """`prune: true` is for the kinds that stand in the container, `prune: [tables, views]` for those named."""
        here = [one for one in kinds().values() if SIZES[one.level] == len(container) + 1 and one.probes is None]
        inner = {one.section: one for one in here}
        if value is True and not container:
            raise self._error("prune needs the kinds, as [warehouses, roles]", line)
        names = [name for name in said if name in inner] if value is True else value or []
        for name in names if isinstance(names, list) else [names]:
            if name not in inner:
                raise self._unknown(str(name), "kind to prune here", tuple(inner), line)
            self._prune.add((inner[name].name, container))

    def _grants_section(self, tree: Tree) -> None:
        for key, value in tree.items():
            line = tree.lines[key]
            if isinstance(value, Tree):
                for word in value:
                    if word not in (PRUNE, "privileges"):
                        raise self._unknown(
                            word, f"word of the grants of {key}", (PRUNE, "privileges"), value.lines[word]
                        )
            prune = isinstance(value, Tree) and self._boolean(value.get(PRUNE, False), PRUNE, line)
            texts = value.get("privileges") if isinstance(value, Tree) else value
            if isinstance(texts, str):
                texts = [texts]
            if texts is not None and not isinstance(texts, list):
                raise self._error(f"the grants of {key} are a list, as `- usage on database D`", line)
            try:
                grantee, grants = read_grants(key, [str(text) for text in texts or ()], Place(self._file, line))
            except ValueError as error:
                raise self._error(f"grants of {key}: {error}", line) from None
            self._grants += grants
            if prune:
                self._pruned_grantees.add(grantee)

    def _tree(self, value: Any, what: str, line: int) -> Tree:
        if value is None:
            return Tree(line)
        if not isinstance(value, Tree):
            raise self._error(f"{what} is a mapping, `name: {{property: value}}`", line)
        return value

    def _boolean(self, value: Any, word: str, line: int) -> bool:
        if not isinstance(value, bool):
            raise self._error(f"{word} is true or false", line)
        return value

    def _unknown(self, word: str, what: str, known: tuple[str, ...], line: int) -> SourceError:
        hint = did_you_mean(word, known) or f"there are: {listed(known)}"
        return self._error(f"{word!r} is no {what}", line, hint)

    def _error(self, text: str, line: int, hint: str = "") -> SourceError:
        return SourceError(text, "bad_component", hint, self._file, line)


def _parted(value: Any, line: int) -> tuple[Any, Any]:
    """What is declared inside of a container, and what is said of it under the same key, None where nothing is.

    Of its `tags`, one with a text is assigned to it: `{COST: finance}`; any other is declared in it.
    """
    if not isinstance(value, Tree):
        return value, None
    declared, said = Tree(line), Tree(line)
    for key, body in value.items():
        whole = body is None or isinstance(body, bool | Tree)
        (declared if whole else said).add(key, body, value.lines[key])
    return declared, said if said or not declared else None


def _check(one: Component) -> None:
    """Refuse a component that lacks what its kind needs, or says what cannot be true together."""
    lacks = [prop.short or prop.name for prop in one.kind.properties if prop.required and prop.name not in one.values]
    wrong = f"needs {', '.join(lacks)}" if lacks else one.kind.check(one) if one.kind.check is not None else ""
    if wrong:
        text = f"{one.kind.slug.replace('_', ' ')} {one.quoted}: {wrong}"
        raise SourceError(text, "bad_component", "", one.place.file, one.place.line)
