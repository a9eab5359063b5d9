"""How many rows tables have, counted once until they are written to: SHOW TABLES of thousands must not count each."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import Any

from snowmaker.sandbox.catalog import Entry

EVERY = 0  # stands for all tables: a write that does not say what it has changed
_AT_ONCE = 200  # tables counted in one query


class RowCounts:
    """The counts of committed rows, by table. Whoever commits a write says which tables it has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[int, int] = {}
        self._written = 0

    def forget(self, tables: Collection[int]) -> None:
        """These tables were written to."""
        if not tables:
            return
        with self._lock:
            self._written += 1
            if EVERY in tables:
                self._known.clear()
            for table in tables:
                self._known.pop(table, None)

    def born(self, table: int) -> None:
        """A new table has no rows. Nobody has written to it yet."""
        with self._lock:
            self._known.setdefault(table, 0)

    def of(self, connection: Any, tables: Sequence[Entry], unsure: Collection[int] = ()) -> dict[int, int]:
        """The counts by id. `unsure` are tables that the asking transaction has written to."""
        with self._lock:
            before = self._written
            found = {each.id: self._known[each.id] for each in tables if each.id in self._known}
        if unsure:
            found = {} if EVERY in unsure else {id_: rows for id_, rows in found.items() if id_ not in unsure}
        missing = [each for each in tables if each.id not in found]
        counted = {id_: rows for start in range(0, len(missing), _AT_ONCE)
                   for id_, rows in _count(connection, missing[start : start + _AT_ONCE])}  # fmt: skip
        if counted and not unsure:
            with self._lock:
                if self._written == before:
                    self._known.update(counted)
        return found | counted


def _count(connection: Any, tables: Sequence[Entry]) -> list[tuple[int, int]]:
    text = " union all ".join(f'select {each.id}, count(*) from "{each.physical}"' for each in tables)
    return [(int(id_), int(rows)) for id_, rows in connection.execute(text).fetchall()]
