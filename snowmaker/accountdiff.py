"""Two snapshots of an account → what is not as it was, in words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Snapshot = Mapping[str, Mapping[str, Any]]

SHOWN = 60  # characters of a value


def differences(before: Snapshot, after: Snapshot, leave: Iterable[str] = ()) -> tuple[str, ...]:
    """What is gone, left over, or has other properties, privileges or rows; objects inside of `leave` are left out."""
    left = tuple(leave)
    found: list[str] = []
    for name in sorted({*before, *after}):
        if name.startswith(left):
            continue
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            found.append(f"{name} is {'left over' if old is None else 'gone'}{_rows(old or {})}")
        else:
            found += _changed(name, old, new)
    return tuple(found)


def _rows(old: Mapping[str, Any]) -> str:
    return f", with its {old['rows']} rows" if old.get("rows") else ""


def _changed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted({*old, *new} - {"rows", "content", "grants"}):
        if old.get(key) != new.get(key):
            yield f"{name}: {key} was {_shown(old.get(key))}, and is {_shown(new.get(key))}"
    was, now = set(old.get("grants", ())), set(new.get("grants", ()))
    yield from (f"{name}: lost the grant {grant}" for grant in sorted(was - now))
    yield from (f"{name}: has the grant {grant}" for grant in sorted(now - was))
    if old.get("rows") != new.get("rows"):
        yield f"{name}: had {old.get('rows')} rows, and has {new.get('rows')}"
    elif old.get("content") != new.get("content"):
        yield f"{name}: its rows have other values"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
