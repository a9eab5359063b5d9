"""A YAML file as read: its values, and the line on which each key stands.

YAML 1.2's booleans and numbers, as people expect them: `no` and `on` are texts, a date is a text. A key that stands
twice is an error. https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from snowmaker.errors import SourceError

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = {"", "~", "null", "Null", "NULL"}
_DEPTH = 60  # of mappings and lists in each other; more is a mistake
_LIMIT = 2_000_000  # values, those of an alias counted each time


class Tree(dict[str, Any]):
    """A mapping of a YAML file. `lines` has the line of each key, `line` its own."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def add(self, key: str, value: Any, line: int) -> None:
        """Put a value under a key that stands on a line."""
        self[key] = value
        self.lines[key] = line


class Items(list[Any]):
    """A list of a YAML file. `lines` has the line of each value."""

    def __init__(self, values: Sequence[Any], lines: Sequence[int]) -> None:
        super().__init__(values)
        self.lines = lines


def parse(text: str, file: str, lines: Sequence[int] | None = None) -> Tree:
    """The mapping that a YAML text is, {} for an empty one. Raises SourceError with file and line.

    `lines` gives the line of the file for each line of the text, where a template made it.
    """
    found = read(text, file, lines)
    if found is None:
        return Tree(1)
    if not isinstance(found, Tree):
        raise SourceError("holds no mapping of kinds to components", "bad_yaml", file=file, line=1)
    return found


def read(text: str, file: str, lines: Sequence[int] | None = None) -> Any:
    """What a YAML text is, None for an empty one: a Tree, Items, or a value. Raises as `parse` does."""
    reader = _Reader(file, lines)
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        return None if node is None else reader.value(node, 0)
    except yaml.MarkedYAMLError as error:
        raise reader.error(_explained(error), error.problem_mark, _hint(error)) from None
    except yaml.YAMLError as error:
        raise reader.error(f"not YAML: {error}", None) from None
    except RecursionError:
        raise reader.error("not YAML that can be read: nested too deeply", None) from None
    finally:
        loader.dispose()


class _Reader:
    """Nodes → values with lines."""

    def __init__(self, file: str, lines: Sequence[int] | None) -> None:
        self._file = file
        self._lines = lines
        self._count = 0

    def value(self, node: Any, depth: int) -> Any:
        self._count += 1
        if depth > _DEPTH or self._count > _LIMIT:
            raise self.error("is nested too deeply, or much too large", node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            lines = [self.line(one.start_mark) for one in node.value]
            return Items([self.value(one, depth + 1) for one in node.value], lines)
        return self._scalar(node)

    def _mapping(self, node: Any, depth: int) -> Tree:
        found = Tree(self.line(node.start_mark))
        merged: list[Tree] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error("a key has to be a text", key_node.start_mark, "put it in quotes")
            key, value = str(key_node.value), self.value(value_node, depth + 1)
            if key == "<<" and not key_node.style:
                merged += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Tree)]
                continue
            if key in found:
                text = f"{key!r} stands twice, here and on line {found.lines[key]}"
                raise self.error(text, key_node.start_mark, "one of them would be lost")
            found.add(key, value, self.line(key_node.start_mark))
        for tree in merged:
            for key, value in tree.items():
                if key not in found:
                    found.add(key, value, tree.lines[key])
        return found

    def _scalar(self, node: Any) -> Any:
        text = str(node.value)
        if node.style or (node.tag or "").startswith("!"):
            return text
        if text in _NULLS:
            return None
        if text in _WORDS:
            return _WORDS[text]
        if len(text) < 40 and _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if len(text) < 40 and _FLOAT.fullmatch(text) else text

    def line(self, mark: Any) -> int:
        """The line of the file, counted from 1."""
        if mark is None:
            return 0
        number = int(mark.line)
        if self._lines is None:
            return number + 1
        return self._lines[min(number, len(self._lines) - 1)] if self._lines else 1

    def error(self, text: str, mark: Any, hint: str = "") -> SourceError:
        return SourceError(text, "bad_yaml", hint, self._file, self.line(mark))


def _explained(error: yaml.MarkedYAMLError) -> str:
    return f"not YAML: {error.problem or error.context or 'it cannot be read'}"


def _hint(error: yaml.MarkedYAMLError) -> str:
    """In flow style a comma ends a value, which types like number(38,0) run into."""
    said = f"{error.context} {error.problem}"
    if "flow" in said:
        return 'in { } and [ ] a comma ends a value: write "number(38,0)" with its quotes'
    if "mapping values" in said or "block" in said:
        return "look at the blanks at the beginning of the line, and put text that has `: ` in quotes"
    return ""
