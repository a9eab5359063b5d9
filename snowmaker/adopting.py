"""Differences → the texts of a project's YAML in which the account is what is declared.

What is there is changed where it stands (see `yamledit`); what a template writes, and what YAML cannot say, is left
and named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from snowmaker import manifest, sql, yamltext
from snowmaker.authoring import as_template
from snowmaker.components import Component, Kind, Place, kinds
from snowmaker.components.base import Property
from snowmaker.components.declared import Live
from snowmaker.components.grant import ALL, Grant, Grantee, grantee_of, read_grants, read_statement, written
from snowmaker.components.types import read_name
from snowmaker.config import Settings
from snowmaker.differ import Difference
from snowmaker.loader import read_text, replace_file
from snowmaker.model import Change
from snowmaker.yamledit import Document

Key = tuple[object, ...]
MEMBERS = ("granted_to", "roles")  # properties that list the other end of grants of roles


def adopted(
    settings: Settings, differences: Iterable[Difference], grants: Iterable[Change], live: Live
) -> tuple[dict[str, str], list[str]]:
    """The texts of the files that change, by name, and what could not be taken over, each with its reason."""
    adopting = _Adopting(settings, live)
    for one in differences:
        adopting.attempt(f"{one.action} {one.component.kind.slug} {one.component.quoted}", adopting.difference, one)
    for change in grants:
        adopting.attempt(f"{change.action} {change.target}", adopting.grant, change)
    adopting.settle()
    return adopting.texts(), adopting.left


def write(settings: Settings, texts: Mapping[str, str]) -> None:
    """Put the texts in the place of the files, each whole, with the line ends that the file has. Raises OSError."""
    for path, shown in manifest.files(settings):
        if shown in texts:
            ends = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
            replace_file(path, texts[shown].replace("\n", ends).encode())


@dataclass(frozen=True)
class _Said:
    """A place where a component is said: the entry of its section."""

    document: Document
    section: MappingNode
    index: int

    @property
    def key(self) -> str:
        return str(self.section.value[self.index][0].value)

    @property
    def body(self) -> Node:
        node: Node = self.section.value[self.index][1]
        return node


@dataclass(frozen=True)
class _Item:
    """An item of a list that stands for grants: privileges of a grantee, or the other end of a role."""

    document: Document
    list: SequenceNode
    index: int
    grants: tuple[Grant, ...]


class _Adopting:
    """The documents of a project, and where in them things are said."""

    def __init__(self, settings: Settings, live: Live) -> None:
        self._live = live
        self._documents: dict[str, Document] = {}
        self._said: dict[tuple[str, ...], list[_Said]] = defaultdict(list)
        self._items: list[_Item] = []
        self._lists: dict[Grantee, tuple[Document, SequenceNode]] = {}
        self._gone: set[Key] = set()
        self._options: set[Key] = set()
        self.left: list[str] = []
        for path, shown in manifest.files(settings):
            try:
                self._documents[shown] = document = Document(read_text(path, shown), as_template)
            except yaml.YAMLError:
                continue  # only its templates make it YAML: nothing in it is changed
            if isinstance(document.root, MappingNode):
                self._walk(document, document.root)

    def texts(self) -> dict[str, str]:
        """The new texts of the files that change."""
        return {shown: document.text() for shown, document in self._documents.items() if document.changed}

    def attempt(self, what: str, change: Any, value: Any) -> None:
        """Make a change; where that cannot be, it is left."""
        try:
            change(value)
        except ValueError as error:
            self.left.append(f"{what}: {error}")

    # where things are said

    def _walk(self, document: Document, root: MappingNode) -> None:
        for key, value in _entries(root):
            if key in kinds():
                self._section(document, kinds()[key], root, value, ())
            elif key == manifest.GRANTS and isinstance(value, MappingNode):
                for name, held in _entries(value):
                    self._grants(document, name, held)

    def _section(self, document: Document, kind: Kind, holder: MappingNode, node: Node, scope: tuple[str, ...]) -> None:
        if kind.single:
            self._said[(kind.name,)].append(_Said(document, holder, _index(holder, kind.section)))
            return
        inner = manifest.inner_kinds(kind)
        for index, (key, body) in enumerate(_entries(node)):
            try:
                name, arguments = manifest.component_name(kind, key, scope, _arguments(body))
            except ValueError:
                continue  # `prune`, or a name that a template writes
            assert isinstance(node, MappingNode)
            if isinstance(body, ScalarNode) and body.value and not kind.brief:
                continue  # a tag that is assigned to the container, and not declared in it
            one = Component(kind, name, {}, arguments)
            self._said[one.key].append(_Said(document, node, index))
            for word, value in _entries(body):
                if word in inner and isinstance(body, MappingNode):
                    self._section(document, inner[word], body, value, name)
                elif word in MEMBERS and isinstance(value, SequenceNode):
                    self._members(document, one, word, value)

    def _members(self, document: Document, one: Component, word: str, node: SequenceNode) -> None:
        for index, item in enumerate(node.value):
            try:
                grant = _member(one, word, str(item.value))
            except ValueError:
                continue
            self._items.append(_Item(document, node, index, (grant,)))

    def _grants(self, document: Document, key: str, node: Node) -> None:
        held = next((value for word, value in _entries(node) if word == "privileges"), node)
        if not isinstance(held, SequenceNode):
            return
        for index, item in enumerate(held.value):
            try:
                _, grants = read_grants(key, [str(item.value)], Place())
            except ValueError:
                continue
            self._items.append(_Item(document, held, index, tuple(grants)))
        try:
            self._lists[grantee_of(key)] = document, held
        except ValueError:
            return

    # components

    def difference(self, one: Difference) -> None:
        """Say of a component what the account has."""
        if one.action == "create":
            places = self._places(one.component)
            for said in places:
                said.document.drop(said.section, said.index)
        elif one.action == "drop":
            self._add(one.component)
        elif "name" in one.attributes:
            raise ValueError("is to get another name: take `renamed_from` out, and write the old one")
        else:
            for name in one.attributes:
                self._property(one, one.component.kind.find(name))

    def _places(self, one: Component) -> list[_Said]:
        found = self._said.get(one.key)
        if not found:
            raise ValueError("a template writes it")
        return found

    def _property(self, one: Difference, prop: Property) -> None:
        declared, live = one.declared, one.live
        assert declared is not None
        assert live is not None
        now = live.values.get(prop.name)
        plain = None if now is None else prop.type.plain(now, live.container)
        if plain is None and now is not None:
            raise ValueError(f"{prop.name}: the account does not show it, `ignore: [{prop.name}]` leaves it to others")
        if plain is not None and prop.same(now, None, declared.defaults().get(prop.name)):
            plain = None
        was = declared.values.get(prop.name)
        said = next((each for each in self._places(declared) if _spelled(each.body, prop)), None)
        if said is not None and prop.name in manifest.inner_kinds(declared.kind):
            raise ValueError(f"{prop.name}: they stand beside those declared there, write what is there")
        if said is not None and isinstance(said.body, MappingNode):
            before = prop.type.plain(was, declared.container) if was is not None else None
            _change(said.document, said.body, _spelled(said.body, prop), before, plain)
        elif plain is not None:
            said = self._places(declared)[0]
            _refuse_brief(said)
            said.document.put(said.section, said.key, {prop.short or prop.name: plain})

    def _add(self, one: Component) -> None:
        """A component that is there and not declared: in its container, else beside others of its kind."""
        name = sql.quote_identifier(one.name[-1]) + ("" if one.arguments is None else f"({', '.join(one.arguments)})")
        entry = {name: yamltext.body(one, self._live.owners)}
        if one.container:
            kind = "DATABASE" if len(one.container) == 1 else "SCHEMA"
            said = self._places(Component(next(each for each in kinds().values() if each.name == kind), one.container))[
                0
            ]
            if isinstance(said.body, MappingNode):
                said.document.put(said.body, one.kind.section, entry)
            else:
                said.document.put(said.section, said.key, {one.kind.section: entry})
            return
        roots = [each for each in self._documents.values() if isinstance(each.root, MappingNode)]
        document = next((each for each in roots if _index(each.root, one.kind.section) >= 0), roots[0])
        assert isinstance(document.root, MappingNode)
        document.put(document.root, one.kind.section, entry)

    # grants

    def grant(self, change: Change) -> None:
        """Say of a grantee what it has."""
        for text in change.sql:
            verb, grants = read_statement(text)
            if any(one.privilege in (ALL, "OWNERSHIP") or one.reach == "all" for one in grants):
                raise ValueError("what it stands for is there in part: write what is there")
            if verb == "GRANT":
                self._refuse_unknown(grants)
                self._gone |= {one.key for one in grants}
            elif "GRANT OPTION FOR" in text:
                self._options |= {one.key for one in grants}
            else:
                self._granted(grants)

    def _refuse_unknown(self, grants: Sequence[Grant]) -> None:
        known = {one.key for item in self._items for one in item.grants}
        if any(one.key not in known for one in grants):
            raise ValueError("a template writes it, or it is no item of a list")

    def _granted(self, grants: Sequence[Grant]) -> None:
        found = self._lists.get(grants[0].grantee)
        if found is None:
            raise ValueError("its grantee has no list of grants that can be added to")
        document, node = found
        document.append(node, written(grants))

    def settle(self) -> None:
        """Write the items of which something changes anew, or take them out."""
        for item in self._items:
            kept = [one for one in item.grants if one.key not in self._gone]
            kept = [replace(one, option=True) if one.key in self._options else one for one in kept]
            if kept == list(item.grants):
                continue
            try:
                if kept:
                    item.document.item(item.list, item.index, written(kept))
                else:
                    item.document.drop(item.list, item.index)
            except ValueError as error:
                self.left.append(f"{written(item.grants)}: {error}")


def _member(one: Component, word: str, text: str) -> Grant:
    """The grant that an item of `granted_to` or `roles` is."""
    if word == "roles":
        return Grant("USAGE", "ROLE", read_name(text), (one.kind.name, one.name))
    return Grant("USAGE", one.kind.name, one.name, grantee_of(text))


def _entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    for key, value in node.value if isinstance(node, MappingNode) else ():
        yield str(key.value), value


def _arguments(body: Node) -> dict[str, str]:
    """What a body says of a routine's arguments."""
    said = next((value for word, value in _entries(body) if word == "arguments"), None)
    return {key: str(value.value) for key, value in _entries(said)}


def _index(node: Node | None, name: str) -> int:
    return next((index for index, (key, _) in enumerate(_entries(node)) if key == name), -1)


def _spelled(body: Node, prop: Property) -> str:
    """How a body has a property's name: whole, short, or not at all."""
    return next((key for key, _ in _entries(body) if key in (prop.name, prop.short)), "")


def _refuse_brief(said: _Said) -> None:
    if isinstance(said.body, ScalarNode) and said.body.value not in ("", "~", "null"):
        raise ValueError("is written in short: write its properties")


def _change(document: Document, mapping: MappingNode, key: str, before: Any, after: Any) -> None:
    """Give a key another value; of a mapping only what differs is touched."""
    held = mapping.value[_index(mapping, key)][1]
    if after is None:
        document.drop_key(mapping, key)
    elif isinstance(held, MappingNode) and isinstance(before, Mapping) and isinstance(after, Mapping):
        spelled = {_normal(name): name for name, _ in _entries(held)}
        for name in (*before, *(one for one in after if one not in before)):
            if before.get(name) != after.get(name):
                own = spelled.get(_normal(str(name)))
                if own is None:
                    document.set(held, str(name), after[name])
                else:
                    _change(document, held, own, before.get(name), after.get(name))
    else:
        document.set(mapping, key, after)


def _normal(text: str) -> str:
    try:
        return sql.quote_name(*sql.parse_name(text))
    except ValueError:
        return text
