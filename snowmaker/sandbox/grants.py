"""Who was given what: the privileges, and the roles, that roles and users hold.

https://docs.snowflake.com/en/user-guide/security-access-control-overview
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

MEMBER = "MEMBER"  # a role given to a role or user; SHOW GRANTS calls it USAGE
OWNERSHIP = "OWNERSHIP"  # never a grant here: the owner of an entry holds it; a future grant may name it

Key = tuple[str, int, int, str]


@dataclass(frozen=True, slots=True)
class Grant:
    """A privilege on an object (0: the account) for a role, database role or user, all by their ids.

    With `future`, a kind of object: on those that will be made inside `on`, a schema or database.
    """

    privilege: str
    on: int
    grantee: int
    future: str = ""
    grantable: bool = False
    grantor: int = 0
    created_on: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> Key:
        """What two grants cannot both have."""
        return (self.privilege, self.on, self.grantee, self.future)


class Grants:
    """All grants, found by object and by grantee. Changed only under the account's DDL lock; read by anyone.

    Each look-up gives a fresh tuple, so that a reader meets no change half-way.
    """

    def __init__(self) -> None:
        self._on: dict[int, dict[Key, Grant]] = {}
        self._future: dict[int, dict[Key, Grant]] = {}
        self._to: dict[int, dict[Key, Grant]] = {}
        self._members: dict[int, set[int]] = {}  # by role or user: the roles it was given
        self._closures: dict[int, frozenset[int]] = {}

    def add(self, grant: Grant) -> None:
        self._index(grant)[grant.key] = grant
        self._to.setdefault(grant.grantee, {})[grant.key] = grant
        if grant.privilege == MEMBER:
            self._members[grant.grantee] = self._members.get(grant.grantee, set()) | {grant.on}
            self._closures = {}

    def remove(self, key: Key) -> None:
        privilege, on, grantee, future = key
        (self._future if future else self._on).get(on, {}).pop(key, None)
        self._to.get(grantee, {}).pop(key, None)
        if privilege == MEMBER:
            self._members[grantee] = self._members.get(grantee, set()) - {on}
            self._closures = {}

    def _index(self, grant: Grant) -> dict[Key, Grant]:
        return (self._future if grant.future else self._on).setdefault(grant.on, {})

    def find(self, key: Key) -> Grant | None:
        return self._to.get(key[2], {}).get(key)

    def on(self, id_: int) -> tuple[Grant, ...]:
        """The grants on an object, in the order they were made."""
        return tuple(self._on.get(id_, {}).values())

    def future(self, id_: int) -> tuple[Grant, ...]:
        """The future grants in a database or schema."""
        return tuple(self._future.get(id_, {}).values())

    def to(self, grantee: int) -> tuple[Grant, ...]:
        """What a role or user was given, future grants among it."""
        return tuple(self._to.get(grantee, {}).values())

    def touching(self, id_: int) -> tuple[Grant, ...]:
        """Every grant that ends when the object, role or user is gone."""
        return (*self.on(id_), *self.future(id_), *self.to(id_))

    def all(self) -> Iterator[Grant]:
        for grants in list(self._to.values()):
            yield from tuple(grants.values())

    def roles(self, id_: int) -> frozenset[int]:
        """A role and all roles it was given, directly or through others; for a user, what its roles amount to."""
        known = self._closures
        found = known.get(id_)
        if found is None:
            found = known[id_] = frozenset(self._reached(id_))
        return found

    def _reached(self, start: int) -> set[int]:
        found, waiting = {start}, [start]
        while waiting:
            for role in self._members.get(waiting.pop(), ()):
                if role not in found:
                    found.add(role)
                    waiting.append(role)
        return found

    def members(self, id_: int) -> frozenset[int]:
        """The roles that a role or user was given directly."""
        return frozenset(self._members.get(id_, ()))

    def held(self, id_: int, roles: Iterable[int]) -> set[str]:
        """The privileges on an object that any of the roles was given."""
        there = self._on.get(id_)
        if not there:
            return set()
        wanted = roles if isinstance(roles, (set, frozenset)) else set(roles)
        return {grant.privilege for grant in tuple(there.values()) if grant.grantee in wanted}
