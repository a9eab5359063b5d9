"""The objects of the account: what exists, by name, with the properties that SHOW and DESCRIBE tell.

The catalog answers from memory. What it holds is written to the data plane's own file, in the transaction
that changes the data (`Ddl` in engine.py), so one commit covers both and no crash can part them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from snowmaker.sandbox.grants import Grant, Grants, Key

ACCOUNT = 0
RELATIONS = frozenset((
    "TABLE", "VIEW", "MATERIALIZED VIEW", "DYNAMIC TABLE", "EXTERNAL TABLE", "EVENT TABLE", "ICEBERG TABLE", "STREAM",
))  # fmt: skip


def space_of(kind: str) -> str:
    """The namespace of a kind."""
    return "RELATION" if kind in RELATIONS else kind


@dataclass(frozen=True)
class Entry:
    """One object. `parent` is the id of its database or schema, ACCOUNT for one of the account itself.

    `owner` is the id of a role or database role, 0 for what the system owns.
    """

    id: int
    kind: str
    name: str
    parent: int = ACCOUNT
    owner: int = 0
    comment: str = ""
    created_on: datetime = field(default_factory=lambda: datetime.now(UTC))
    dropped_on: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def space(self) -> str:
        """Tables, views and the like share one namespace; every other kind has its own."""
        return space_of(self.kind)

    @property
    def physical(self) -> str:
        """What holds it in DuckDB: a name that no rename, swap or drop touches."""
        return f"o{self.id}"

    def get(self, key: str, default: Any = None) -> Any:
        return self.properties.get(key, default)

    def to_json(self) -> str:
        return json.dumps(
            {
                "kind": self.kind,
                "name": self.name,
                "parent": self.parent,
                "owner": self.owner,
                "comment": self.comment,
                "created_on": self.created_on.isoformat(),
                "dropped_on": self.dropped_on and self.dropped_on.isoformat(),
                "properties": dict(self.properties),
            }
        )

    @classmethod
    def from_json(cls, id_: int, text: str) -> Entry:
        data = json.loads(text)
        data["created_on"] = datetime.fromisoformat(data["created_on"])
        data["dropped_on"] = data["dropped_on"] and datetime.fromisoformat(data["dropped_on"])
        return cls(id=id_, **data)


@dataclass(frozen=True)
class Change:
    """Entries and grants to store, ids that are gone for good, and grants that were revoked."""

    put: tuple[Entry, ...] = ()
    gone: tuple[int, ...] = ()
    granted: tuple[Grant, ...] = ()
    revoked: tuple[Key, ...] = ()


class Catalog:
    """All entries, live and dropped, and the grants. Changed only under the account's DDL lock; read by anyone."""

    def __init__(self, entries: Iterable[Entry] = (), grants: Iterable[Grant] = ()) -> None:
        self.grants = Grants()
        self._lock = threading.Lock()
        self._by_id: dict[int, Entry] = {}
        self._live: dict[int, dict[str, dict[str, int]]] = {}
        self._dropped: dict[int, set[int]] = {}
        self._owned: dict[int, set[int]] = {}
        self._streams: dict[int, set[int]] = {}
        self._ids = count(1)
        self.apply(Change(tuple(entries), granted=tuple(grants)))

    def new_id(self) -> int:
        return next(self._ids)

    def apply(self, change: Change) -> None:
        """Make a committed change visible, all of it at once."""
        with self._lock:
            for id_ in (*change.gone, *(entry.id for entry in change.put)):
                self._unlist(id_)
            for id_ in change.gone:
                self._by_id.pop(id_, None)
            for entry in change.put:
                self._list(entry)
            for key in change.revoked:
                self.grants.remove(key)
            for grant in change.granted:
                self.grants.add(grant)
            highest = max((entry.id for entry in change.put), default=0)
            if highest:
                self._ids = count(max(highest + 1, next(self._ids)))

    def _unlist(self, id_: int) -> None:
        old = self._by_id.get(id_)
        if old is None:
            return
        names = self._live.get(old.parent, {}).get(old.space, {})
        if names.get(old.name) == id_:
            del names[old.name]
        self._dropped.get(old.parent, set()).discard(id_)
        self._owned.get(old.owner, set()).discard(id_)
        for table in old.get("tables", ()) if old.kind == "STREAM" else ():
            self._streams.get(table, set()).discard(id_)

    def _list(self, entry: Entry) -> None:
        self._by_id[entry.id] = entry
        self._owned.setdefault(entry.owner, set()).add(entry.id)
        for table in entry.get("tables", ()) if entry.kind == "STREAM" else ():
            self._streams.setdefault(table, set()).add(entry.id)
        if entry.dropped_on is None:
            self._live.setdefault(entry.parent, {}).setdefault(entry.space, {})[entry.name] = entry.id
        else:
            self._dropped.setdefault(entry.parent, set()).add(entry.id)

    def by_id(self, id_: int) -> Entry:
        return self._by_id[id_]

    def find(self, space: str, parent: int, name: str) -> Entry | None:
        """The live object of that name; `space` is a kind, or RELATION for tables and views."""
        id_ = self._live.get(parent, {}).get(space, {}).get(name)
        return None if id_ is None else self._by_id[id_]

    def children(self, parent: int, *kinds: str) -> list[Entry]:
        """Live objects directly inside `parent`, by name; of any kind when none is named."""
        with self._lock:
            found = [self._by_id[id_] for names in self._live.get(parent, {}).values() for id_ in names.values()]
        return sorted((e for e in found if not kinds or e.kind in kinds), key=lambda e: e.name)

    def below(self, parent: int) -> Iterator[Entry]:
        """Live objects inside `parent`, at any depth."""
        for child in self.children(parent):
            yield child
            yield from self.below(child.id)

    def dropped(self, parent: int, *kinds: str) -> list[Entry]:
        """Dropped objects that may still be undropped, the latest first."""
        with self._lock:
            found = [self._by_id[id_] for id_ in self._dropped.get(parent, ())]
        found = [entry for entry in found if not kinds or entry.kind in kinds]
        return sorted(found, key=lambda e: e.dropped_on or e.created_on, reverse=True)

    def streams(self, table: int) -> list[Entry]:
        """The streams that follow the changes of a table."""
        if table not in self._streams:
            return []
        with self._lock:
            return [self._by_id[id_] for id_ in sorted(self._streams[table])]

    def owned(self, role: int) -> list[Entry]:
        """What a role owns, dropped objects among it."""
        with self._lock:
            return [self._by_id[id_] for id_ in sorted(self._owned.get(role, ()))]

    def get(self, id_: int) -> Entry | None:
        """The entry, live or dropped; None when it is gone for good."""
        return self._by_id.get(id_)

    def all(self) -> list[Entry]:
        with self._lock:
            return list(self._by_id.values())

    def path(self, entry: Entry) -> tuple[str, ...]:
        """Its name with those of its database and schema before it."""
        if entry.parent == ACCOUNT:
            return (entry.name,)
        return (*self.path(self._by_id[entry.parent]), entry.name)
