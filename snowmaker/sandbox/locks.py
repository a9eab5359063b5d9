"""Locks on tables, as writers take them: https://docs.snowflake.com/en/sql-reference/transactions#resource-locking

UPDATE, DELETE and MERGE keep each other out of a table; INSERT and COPY INTO go beside them and one another. Whoever
does not say which table it writes to, keeps every writer out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from snowmaker.sandbox.rowcounts import EVERY
from snowmaker.sandbox.sqlerror import SqlError

Owner = object


@dataclass
class Lock:
    """`shared` locks keep no other writer out; one that is `alone` keeps those of its table out, too.

    `since` is when it was got, None while it is waited for.
    """

    owner: Owner
    table: int
    shared: bool
    alone: bool = False
    since: datetime | None = None

    def excludes(self, other: Lock) -> bool:
        if self.owner is other.owner:
            return False
        if EVERY in (self.table, other.table):
            return True
        return self.table == other.table and (self.alone or other.alone or not (self.shared or other.shared))


class Locks:
    """The locks of one account."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: list[Lock] = []
        self._waiting: list[Lock] = []

    def acquire(
        self,
        owner: Owner,
        seconds: float,
        check: Callable[[], None],
        table: int = EVERY,
        *,
        shared: bool = False,
        alone: bool = False,
    ) -> bool:
        """Wait for a lock, at most `seconds`; `check` is called often and may raise.

        Raises SqlError 000625 where two would wait for each other.
        """
        wanted = Lock(owner, table, shared, alone)
        deadline = time.monotonic() + seconds
        with self._changed:
            if any(each.owner is owner and _covers(each, wanted) for each in self._held):
                return True
            self._waiting.append(wanted)
            try:
                while any(each.excludes(wanted) for each in self._held):
                    self._refuse_circle(wanted)
                    check()
                    if time.monotonic() >= deadline:
                        return False
                    self._changed.wait(0.05)
            finally:
                self._waiting.remove(wanted)
            wanted.since = datetime.now(UTC)
            self._held.append(wanted)
            return True

    def _refuse_circle(self, wanted: Lock) -> None:
        """https://docs.snowflake.com/en/sql-reference/transactions#deadlocks: the statement is given up, no more"""
        seen: set[int] = set()
        ahead = [wanted]
        while ahead:
            lock = ahead.pop()
            for holder in (each.owner for each in self._held if each.excludes(lock)):
                if holder is wanted.owner:
                    raise SqlError(625, "57014", "Statement has been aborted: it was in a deadlock.")
                if id(holder) not in seen:
                    seen.add(id(holder))
                    ahead += [each for each in self._waiting if each.owner is holder]

    def release(self, owner: Owner) -> None:
        """Give up all locks of an owner."""
        with self._changed:
            if any(each.owner is owner for each in self._held):
                self._held = [each for each in self._held if each.owner is not owner]
                self._changed.notify_all()

    def all(self) -> Iterator[Lock]:
        """Those that are held, and those that are waited for."""
        with self._changed:
            return iter([*self._held, *self._waiting])


def _covers(held: Lock, wanted: Lock) -> bool:
    """Whether who has the one needs not ask for the other."""
    if wanted.alone and not held.alone:
        return held.table == EVERY
    return held.table in (EVERY, wanted.table) and (wanted.shared or not held.shared)
