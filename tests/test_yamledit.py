"""Edits of YAML that leave everything else as it is: random documents, block and flow, with comments in between."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import MappingNode, SequenceNode

from snowmaker.yamledit import Document, TemplatedError

KEYS = st.sampled_from(["a", "b", "c", "'d e'", "f"])
PLAIN = st.one_of(
    st.integers(0, 99), st.sampled_from(["x", "number(3,0)", "a: b", "# no", "", "l1\nl2\n", "{ y", "it's"])
)
VALUES = st.one_of(PLAIN, st.lists(PLAIN, max_size=3), st.dictionaries(st.sampled_from("abc"), PLAIN, max_size=3))


@st.composite
def blocks(draw: Any, depth: int = 0) -> list[str]:
    """Lines of a mapping, with comments, in block or flow style."""
    lines = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=4, unique=True)):
        if draw(st.booleans()):
            lines.append(f"# about {key}")
        kind = draw(st.integers(0, 3 if depth < 2 else 1))
        if kind == 0:
            lines.append(f"{key}: one  # why {key}")
        elif kind == 1:
            lines.append(f"{key}: {{a: 1, b: [x, 'y, z']}}")
        elif kind == 2:
            lines += [f"{key}:", *("  " + line for line in draw(blocks(depth + 1)))]
        else:
            lines += [f"{key}:", "- p", "- q  # why", "# last"]
    return lines


def mappings(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], MappingNode]]:
    found = []
    if isinstance(node, MappingNode):
        found.append((path, node))
        for key, value in node.value:
            found += mappings(value, (*path, key.value))
    return found


@given(blocks(), st.data())
def test_what_is_asked_for_and_nothing_else(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines) + "\n"
    document, wanted = Document(text), yaml.safe_load(text)
    for _ in range(data.draw(st.integers(1, 4))):
        path, node = data.draw(st.sampled_from(mappings(document.root)))
        held = wanted
        for key in path:
            held = held.get(key) if isinstance(held, dict) else None
        if not isinstance(held, dict) or any(key.value == "gone" for key, _ in node.value):
            continue
        key = data.draw(st.sampled_from([key.value for key, _ in node.value] + ["new"]))
        if key not in held and key != "new":
            continue
        if key != "new" and data.draw(st.booleans()):
            document.drop_key(node, key)
            del held[key]
        else:
            value = data.draw(VALUES)
            if any(each_path[: len(path) + 1] == (*path, key) for each_path, _ in mappings(document.root)):
                continue  # what is inside may be changed as well: not both
            document.set(node, key, value)
            held[key] = {**held[key], **value} if isinstance(held.get(key), dict) and isinstance(value, dict) else value
    made = document.text()
    assert yaml.safe_load(made) == wanted or yaml.safe_load(made) in (None, {}) == (wanted or None, {})
    assert [line for line in lines if line.startswith("# about")] == [
        line for line in made.splitlines() if line.startswith("# about")
    ]


def test_what_was_asked_for_inside_of_what_goes_goes_with_it() -> None:
    document = Document("a: 0\nb:\n  c: 1\n  d:\n    e: 2\n")
    assert isinstance(document.root, MappingNode)
    inner = document.root.value[1][1]
    document.set(inner, "new", 3)
    document.drop_key(document.root, "b")
    document.drop_key(inner.value[1][1], "e")
    document.set(document.root, "f", 4)
    assert document.text() == "a: 0\nf: 4\n"


def test_lists() -> None:
    text = "a:\n  # first\n  - one\n  - two  # why\nb: [one, two]\nc: []\n"
    document = Document(text)
    nodes = {key.value: value for key, value in document.root.value}  # type: ignore[union-attr]
    for name in "abc":
        node = nodes[name]
        assert isinstance(node, SequenceNode)
        if node.value:
            document.drop(node, 0)
            document.item(node, 1, "zwei")
        document.append(node, "three, four")
    assert document.text() == (
        "a:\n  # first\n  - zwei  # why\n  - three, four\nb: [zwei, 'three, four']\nc: ['three, four']\n"
    )


def test_templates_are_left() -> None:
    text = "a: {{ x }}\n{% for y in z %}\nb_{{ y }}: 1\n{% endfor %}\nc: {d: 1}  {# said #}\n"
    document = Document(text)
    root = document.root
    assert isinstance(root, MappingNode)
    for name in ("a", "b_xxxxxxx"):
        with pytest.raises(TemplatedError):
            document.set(root, name, 2)
    assert document.text() == text
