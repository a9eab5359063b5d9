"""Changes to the text of a YAML file that leave all else as it is: comments, order, quotes, and what templates write.

Templates are read as texts and comments of their own length, so that places are those of the file; what a template
writes is not touched. https://yaml.org/spec/1.2.2/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from snowmaker import yamltext

_TEMPLATE = re.compile(r"(?P<value>\{\{.*?\}\})|\{%-?\s*(?P<word>\w+).*?%\}|\{#.*?#\}", re.DOTALL)
_OPENS = {"if", "for", "macro", "call", "filter", "raw", "block"}


class TemplatedError(ValueError):
    """What would have to be changed is written by a template."""


class Edit(NamedTuple):
    """A part of the text, and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass
class _Changes:
    """What becomes of a mapping or list: new values, entries that go, and such that come."""

    node: CollectionNode
    values: dict[int, Any] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    new: dict[str, Any] = field(default_factory=dict)


class Document:
    """One file. What is asked for is made all at once, by `text`; raises TemplatedError where a template writes it.

    `escape` makes a text that is put in one that a template writes as it is. Raises yaml.YAMLError.
    """

    def __init__(self, text: str, escape: Callable[[str], str] = str) -> None:
        self._escape = escape
        self._original = text
        self._templates = [match.span() for match in _TEMPLATE.finditer(text)]
        self._blocks = list(_blocks(text))
        self.root: Node | None = yaml.compose(_masked(text), Loader=yaml.SafeLoader)
        self._changes: dict[int, _Changes] = {}
        self._holders: dict[int, tuple[MappingNode, int]] = {}
        if self.root is not None:
            self._hold(self.root)

    def _hold(self, node: Node) -> None:
        if isinstance(node, CollectionNode):
            for index, (_, value) in enumerate(_entries(node)):
                if isinstance(node, MappingNode):
                    self._holders[id(value)] = (node, index)
                self._hold(value)

    @property
    def changed(self) -> bool:
        """Whether anything was asked for."""
        return bool(self._changes)

    def set(self, mapping: MappingNode, name: str, value: Any) -> None:
        """Give a key a value; one that is not there comes last."""
        index = next((at for at, (key, _) in enumerate(mapping.value) if key.value == name), None)
        if index is None:
            self._guard_inside(mapping)
            changes = self._of(mapping)
            changes.new = {**changes.new, name: _joined(changes.new.get(name), value)}
        else:
            self._guard(*self._span(mapping, index))
            changes = self._of(mapping)
            changes.gone.discard(index)
            changes.values[index] = _joined(changes.values.get(index), value)

    def put(self, mapping: MappingNode, name: str, values: Mapping[str, Any]) -> None:
        """Set keys of the mapping that is, or is to be, the value of a key."""
        held = next((value for key, value in mapping.value if key.value == name), None)
        if isinstance(held, MappingNode):
            for key, value in values.items():
                self.set(held, key, value)
        else:
            self.set(mapping, name, dict(values))

    def drop(self, node: CollectionNode, index: int) -> None:
        """Take an entry out; of a mapping that is left without any, `{}` is left."""
        self._guard(*self._span(node, index))
        changes = self._of(node)
        changes.values.pop(index, None)
        changes.gone.add(index)

    def drop_key(self, mapping: MappingNode, name: str) -> None:
        """Take a key out, where it is there."""
        for index, (key, _) in enumerate(mapping.value):
            if key.value == name:
                self.drop(mapping, index)

    def item(self, node: CollectionNode, index: int, value: Any) -> None:
        """Give an item of a list another value."""
        self._guard(*self._span(node, index))
        self._of(node).values[index] = value

    def append(self, node: CollectionNode, value: Any) -> None:
        """Add an item to a list."""
        self._guard_inside(node)
        changes = self._of(node)
        changes.new[str(len(changes.new))] = value

    def text(self) -> str:
        """The text with all changes made."""
        for changes in list(self._changes.values()):
            for index in changes.gone:
                self._forget(_entries(changes.node)[index][1])
        self._close_empty()
        made = self._made(0, len(self._original))
        return made if self._original.startswith("\n") else made.lstrip("\n")

    def _made(self, begin: int, end: int, besides: int = 0) -> str:
        """A part of the text with the changes inside of it made; what holds it apart."""
        every = [one for key, one in self._changes.items() if key != besides]
        edits = {edit for one in every if begin <= one.node.start_mark.index < end for edit in self._edits(one)}
        text, at = "", begin
        for edit in sorted(edits):
            if edit.start >= at:  # else inside of what another made anew, or took out
                text += self._original[at : edit.start] + edit.text
                at = edit.end
        return text + self._original[at:end]

    # what is asked for

    def _of(self, node: CollectionNode) -> _Changes:
        return self._changes.setdefault(id(node), _Changes(node))

    def _guard(self, start: int, end: int) -> None:
        start, end = self._line_start(start), self._line_end(end)
        if any(begin < end and start < finish for begin, finish in (*self._templates, *self._blocks)):
            raise TemplatedError("a template writes it")

    def _guard_inside(self, node: CollectionNode) -> None:
        at = self._line_end(self._end(node))
        if any(begin < at < finish for begin, finish in self._blocks):
            raise TemplatedError("a template writes it")

    def _forget(self, node: Node) -> None:
        """What was asked for inside of an entry that goes, goes with it."""
        self._changes.pop(id(node), None)
        if isinstance(node, CollectionNode):
            for _, value in _entries(node):
                self._forget(value)

    def _close_empty(self) -> None:
        """A section of which nothing is left goes; of a value, `{}` or `[]` is left."""
        for changes in list(self._changes.values()):
            empty = len(changes.gone) == len(changes.node.value) and not changes.new
            holder = self._holders.get(id(changes.node))
            if not empty or holder is None or not changes.gone:
                continue
            mapping, index = holder
            del self._changes[id(changes.node)]
            self._of(mapping).values[index] = {} if isinstance(changes.node, MappingNode) else []

    # the text

    def _edits(self, changes: _Changes) -> Iterator[Edit]:
        node = changes.node
        if node.flow_style or not node.value:
            yield Edit(node.start_mark.index, self._end(node), self._flow(changes))
            return
        column = node.start_mark.column
        for index, value in changes.values.items():
            yield self._replaced(node, index, value, column)
        for index in changes.gone:
            start, end = self._span(node, index)
            yield Edit(max(self._line_start(start) - 1, 0), self._line_end(end), "")
        if changes.new:
            at = self._line_end(self._end(node))
            made = [
                self._block(name, value, isinstance(node, MappingNode), column) for name, value in changes.new.items()
            ]
            yield Edit(at, at, "".join(f"\n{text}" for text in made))

    def _replaced(self, node: CollectionNode, index: int, value: Any, column: int) -> Edit:
        key, old = _entries(node)[index]
        start, end = self._span(node, index)
        mapping = isinstance(node, MappingNode)
        if not _is_plain(value) or (key is not None and not isinstance(old, ScalarNode)) or not old.value:
            name = self._original[start : key.end_mark.index] if key is not None else ""
            made, *rest = self._block(name, value, mapping, column, raw=True).strip().split("\n")
            comment = self._original[end : self._line_end(end)]  # stays on the first line
            return Edit(start, end + len(comment), "\n".join([made + comment, *rest]))
        return Edit(old.start_mark.index, end, self._block("", value, False, 0)[2:])

    def _flow(self, changes: _Changes) -> str:
        """A mapping or list in `{ }` or `[ ]`, put together from its own texts."""
        node = changes.node
        opening, closing = "{}" if isinstance(node, MappingNode) else "[]"
        parts = []
        for index in range(len(node.value)):
            start, end = self._span(node, index)
            if index in changes.values:
                key = _entries(node)[index][0]
                name = f"{self._original[start : key.end_mark.index]}: " if key is not None else ""
                parts.append(name + self._inline(changes.values[index]))
            elif index not in changes.gone:
                parts.append(self._made(start, end, id(node)))
        for name, value in changes.new.items():
            parts.append((f"{self._inline(name)}: " if isinstance(node, MappingNode) else "") + self._inline(value))
        return opening + ", ".join(parts) + closing

    def _inline(self, value: Any) -> str:
        """A value on one line, as it may stand in `{ }` and `[ ]`."""
        return self._escape(yamltext.dumped([value], flow=True).strip()[1:-1])

    def _block(self, name: str, value: Any, mapping: bool, column: int, *, raw: bool = False) -> str:
        """An entry of a mapping or an item of a list, on lines of its own that begin at a column."""
        text = self._escape(yamltext.dumped({"x" if raw else name: value} if mapping else [value]).rstrip("\n"))
        if raw and mapping:
            text = name + text[1:]
        return "\n".join(f"{' ' * column}{line}" if line else line for line in text.splitlines())

    def _span(self, node: CollectionNode, index: int) -> tuple[int, int]:
        key, value = _entries(node)[index]
        return (value if key is None else key).start_mark.index, self._end(value) if _has_text(value) else (
            self._original.index(":", key.end_mark.index) + 1 if key is not None else value.start_mark.index
        )

    def _end(self, node: Node) -> int:
        """Where a node's own text ends; a block's mark stands where the next thing begins."""
        if isinstance(node, CollectionNode) and not node.flow_style and node.value:
            return self._span(node, len(node.value) - 1)[1]
        return len(self._original[: node.end_mark.index].rstrip()) if _has_text(node) else node.end_mark.index

    def _line_start(self, at: int) -> int:
        return self._original.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        found = self._original.find("\n", at)
        return len(self._original) if found < 0 else found


def _joined(one: Any, other: Any) -> Any:
    """Two values of one key: of mappings both."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return {**one, **{key: _joined(one.get(key), value) for key, value in other.items()}}


def _has_text(node: Node) -> bool:
    return bool(node.end_mark.index > node.start_mark.index)


def _entries(node: CollectionNode) -> list[tuple[Node | None, Node]]:
    return [one if isinstance(node, MappingNode) else (None, one) for one in node.value]


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list) and "\n" not in str(value)


def _masked(text: str) -> str:
    """Templates as comments where they have lines of their own, or end one as a comment; else as texts."""

    def mask(match: re.Match[str]) -> str:
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        after = text[match.end() : (text + "\n").index("\n", match.end())]
        comment = match["value"] is None and match["word"] is None and before[-1:].isspace()
        apart = match["value"] is None and not after.strip() and (comment or not before.strip())
        return re.sub(r"[^\n]", "#" if apart else "x", match.group())

    return _TEMPLATE.sub(mask, text)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where templates decide whether, or how often, something is written."""
    opened: list[int] = []
    for match in _TEMPLATE.finditer(text):
        word = match["word"] or ""
        if word in _OPENS:
            opened.append(match.start())
        elif word.startswith("end") and opened:
            begin = opened.pop()
            if not opened:
                yield begin, match.end()
