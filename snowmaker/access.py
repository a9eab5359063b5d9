"""Who can do what, and through which path: the grants of an account as a graph. Pure.

Roles have what they were given and what the roles have that they were given; everyone has PUBLIC, too.
https://docs.snowflake.com/en/user-guide/security-access-control-overview#role-hierarchy-and-privilege-inheritance
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from snowmaker import sql
from snowmaker.components.grant import Grant, Grantee, known
from snowmaker.granting import PUBLIC

Name = tuple[str, ...]
Path = tuple[Grantee, ...]  # from who has a privilege to who was given it
Reach = Mapping[Grantee, Path]
Key = tuple[object, ...]

OWNERSHIP = "OWNERSHIP"
HOLDERS = ("ROLE", "DATABASE ROLE", "USER")
NOTHING, SHUT_OFF, OPEN = range(3)  # what a privilege is worth to someone


@dataclass(frozen=True)
class Access:
    """A privilege that someone has: the grant as it stands, and the path to it.

    Being a member of a role is USAGE on it; OWNERSHIP stands for all privileges. `lacks` are the database and schema
    without any privilege on which it is of no use. `hidden` are the schemas in which a future grant on a database
    gives nothing, because they have future grants on that kind of object themselves. In a difference, `option_only`
    says that the privilege itself stays.
    """

    grant: Grant
    path: Path
    lacks: tuple[Name, ...] = ()
    hidden: tuple[Name, ...] = ()
    option_only: bool = False

    @property
    def who(self) -> Grantee:
        """Who has it."""
        return self.path[0]

    @property
    def option(self) -> bool:
        """Whether it may be granted on; an owner always may."""
        return self.grant.option and self.grant.privilege != OWNERSHIP

    def to_json(self) -> dict[str, Any]:
        """The privilege as `access --json` has it."""
        return {
            "privilege": self.grant.privilege,
            **_named(self.grant),
            "future": self.grant.reach == "future",
            "grant_option": self.grant.option,
            "option_only": self.option_only,
            "path": [grantee_text(one) for one in self.path],
            "lacks": [container_text(name) for name in self.lacks],
            "hidden_in": [container_text(name) for name in self.hidden],
        }


@dataclass(frozen=True)
class AccessChange:
    """What someone gains and loses."""

    who: Grantee
    gains: tuple[Access, ...] = ()
    loses: tuple[Access, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The change as `access --diff --json` has it."""
        gains, loses = ([one.to_json() for one in each] for each in (self.gains, self.loses))
        return {"grantee": grantee_text(self.who), "gains": gains, "loses": loses}


@dataclass(frozen=True)
class AccessReport:
    """What a role or user has, and who has what on it or on another object. `on` is a grant of nothing on it.

    `round_trips` counts the query requests that reading the account took.
    """

    environment: str
    on: Grant
    has: tuple[Access, ...] = ()
    held_by: tuple[Access, ...] = ()
    warnings: tuple[str, ...] = ()
    round_trips: int = 0

    def to_json(self) -> dict[str, Any]:
        """The report as `access --json` has it."""
        return {
            "environment": self.environment,
            **_named(self.on),
            "has": [one.to_json() for one in self.has],
            "held_by": [one.to_json() for one in self.held_by],
            "warnings": list(self.warnings),
            "round_trips": self.round_trips,
        }


@dataclass(frozen=True)
class AccessDiff:
    """Whose access would change, and how, if what is declared were applied."""

    environment: str
    changes: tuple[AccessChange, ...] = ()
    warnings: tuple[str, ...] = ()
    round_trips: int = 0

    def to_json(self) -> dict[str, Any]:
        """The difference as `access --diff --json` has it."""
        return {
            "environment": self.environment,
            "changes": [one.to_json() for one in self.changes],
            "warnings": list(self.warnings),
            "round_trips": self.round_trips,
        }


def _named(grant: Grant) -> dict[str, Any]:
    arguments = "" if grant.arguments is None else f"({', '.join(grant.arguments)})"
    return {"on": grant.on, "name": sql.quote_name(*grant.name) + arguments if grant.name else None}


def grantee_text(grantee: Grantee) -> str:
    """A role or user as a person writes it: `role ANALYST`, `database role DB.READER`, `user BOB`."""
    return f"{grantee[0].lower()} {sql.quote_name(*grantee[1])}"


def container_text(name: Name) -> str:
    """A database or schema as a person writes it: `schema DB.S`."""
    return f"{'database' if len(name) == 1 else 'schema'} {sql.quote_name(*name)}"


def future_for(grants: Iterable[Grant], kind: str, name: Name) -> tuple[Grant, ...]:
    """The future grants that take effect on an object of that kind and name.

    Those of its schema on that kind shut out those of its database, whoever they are to.
    https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#future-grants-on-database-or-schema-objects
    """
    wanted = [one for one in grants if one.reach == "future" and one.on == kind]
    inner = tuple(one for one in wanted if one.name == name[:-1])
    return inner or tuple(one for one in wanted if one.name == name[:1])


@dataclass(frozen=True)
class Graph:
    """Grants, each to somebody, as a graph. Cycles of roles, which Snowflake refuses, do no harm."""

    grants: tuple[Grant, ...] = field(repr=False)

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> Graph:
        """The graph of grants that may be told more than once."""
        return cls(tuple(known(grants).values()))

    @cached_property
    def _to(self) -> Mapping[Grantee, list[Grant]]:
        found = defaultdict(list)
        for grant in self.grants:
            found[grant.grantee].append(grant)
        return dict(found)

    @cached_property
    def _on(self) -> Mapping[Key, list[Grant]]:
        found = defaultdict(list)
        for grant in self.grants:
            found[object_of(grant)].append(grant)
        return dict(found)

    @cached_property
    def _opened(self) -> Mapping[Grantee, frozenset[Name]]:
        """The databases and schemas on which each was given something."""
        found = {}
        for grantee, grants in self._to.items():
            own = {grant.name for grant in grants if grant.on in ("DATABASE", "SCHEMA") and grant.reach == "object"}
            found[grantee] = frozenset(own)
        return found

    @cached_property
    def _roles(self) -> Mapping[Grantee, list[Grantee]]:
        """The roles that each was given."""
        found = defaultdict(list)
        for grant in self.grants:
            if grant.membership:
                found[grant.grantee].append((grant.on, grant.name))
        return dict(found)

    @cached_property
    def _within(self) -> Mapping[tuple[Grantee, Name], list[Grant]]:
        """What each was given that is in a database or schema."""
        found = defaultdict(list)
        for grant in self.grants:
            for name in _containers(grant):
                found[grant.grantee, name].append(grant)
        return dict(found)

    @cached_property
    def grantees(self) -> frozenset[Grantee]:
        """Everyone whom a grant tells of: who was given something, and the roles that were given."""
        return frozenset((*self._to, *(role for roles in self._roles.values() for role in roles)))

    def reach(self, grantee: Grantee) -> Reach:
        """Someone and all roles that he has, each with the shortest path; PUBLIC, which everyone has, last.

        A user comes behind his roles: what he was given himself counts only with secondary roles.
        https://docs.snowflake.com/en/sql-reference/sql/grant-privilege-user#usage-notes
        """
        found: dict[Grantee, Path] = {grantee: (grantee,)}
        self._follow(found, grantee)
        if grantee[0] == "USER":
            found[grantee] = found.pop(grantee)
        if grantee[0] in ("ROLE", "USER") and PUBLIC not in found:
            found[PUBLIC] = (grantee, PUBLIC)
            self._follow(found, PUBLIC)
        return found

    def _follow(self, found: dict[Grantee, Path], start: Grantee) -> None:
        level = [start]
        while level:
            following = []
            for one in level:
                for role in self._roles.get(one, ()):
                    if role not in found:
                        found[role] = (*found[one], role)
                        following.append(role)
            level = following

    def above(self, grantees: Iterable[Grantee]) -> set[Grantee]:
        """Those, and everyone who has one of them as a role, in whatever way; all, where PUBLIC is among them."""
        found: set[Grantee] = set()
        level = set(grantees)
        while level := level - found:
            found |= level
            level = {member for one in level for member in self._members.get(one, ())}
        return found | self.grantees if PUBLIC in found else found

    @cached_property
    def _members(self) -> Mapping[Grantee, list[Grantee]]:
        found = defaultdict(list)
        for grantee, roles in self._roles.items():
            for role in roles:
                found[role].append(grantee)
        return dict(found)

    def entered(self, roles: Iterable[Grantee]) -> frozenset[Name]:
        """The databases and schemas whose objects are within reach: any privilege on them will do.

        A database role may use its own database.
        https://docs.snowflake.com/en/user-guide/security-access-control-privileges#schema-object-privileges
        """
        listed = list(roles)
        own = {name[:1] for kind, name in listed if kind == "DATABASE ROLE"}
        return frozenset(own.union(*(self._opened.get(one, ()) for one in listed)))

    def has(self, grantee: Grantee) -> tuple[Access, ...]:
        """All that someone has, each privilege once: by the shortest path, but to one with the grant option first."""
        reach = self.reach(grantee)
        entered = self.entered(reach)
        found: dict[Key, Access] = {}
        for role, path in reach.items():
            for grant in self._to.get(role, ()):
                key = (grant.privilege, object_of(grant))
                if key not in found or (grant.option and not found[key].grant.option):
                    found[key] = self.access(grant, path, entered)
        return tuple(found.values())

    def held(self, on: Grant) -> tuple[Access, ...]:
        """Who has what on an object, and in a database or schema by future grants; `on` is any grant on it.

        What everyone has stands there once, as PUBLIC's.
        """
        direct = defaultdict(list)
        for grant in self._concerning(on):
            direct[grant.grantee].append(grant)
        public = self.entered(self.reach(PUBLIC))
        found: dict[Key, Access] = {}
        for who in sorted(self.above(direct)):
            reach = self.reach(who)
            entered = self.entered(reach)
            for role, path in reach.items():
                for grant in direct.get(role, ()):
                    access = self.access(grant, path, entered)
                    if not _everyones(access, public):
                        found.setdefault((who, grant.privilege, object_of(grant)), access)
        return tuple(found.values())

    def _concerning(self, on: Grant) -> Iterator[Grant]:
        yield from self._on.get(object_of(on), ())
        for grant in self.grants:
            if grant.reach != "future" or on.on not in ("DATABASE", "SCHEMA"):
                continue
            above = on.on == "SCHEMA" and grant.on != "SCHEMA" and grant.name == on.name[:1]
            if grant.name == on.name or (above and on.name not in self._hiding(grant)):
                yield grant

    def access(self, grant: Grant, path: Path, entered: Collection[Name]) -> Access:
        """A grant as it is to someone on a path to it, who gets into certain databases and schemas."""
        lacks = tuple(name for name in _containers(grant) if name not in entered)
        return Access(grant, path, lacks, self._hiding(grant))

    def _hiding(self, grant: Grant) -> tuple[Name, ...]:
        """The schemas that have future grants of their own on the kind of a future grant on their database."""
        if grant.reach != "future" or grant.container != "DATABASE":
            return ()
        return tuple(sorted(name for name in self._future_schemas[grant.on] if name[:1] == grant.name))

    @cached_property
    def _future_schemas(self) -> Mapping[str, set[Name]]:
        found: dict[str, set[Name]] = defaultdict(set)
        for grant in self.grants:
            if grant.reach == "future" and grant.container == "SCHEMA":
                found[grant.on].add(grant.name)
        return found

    def worth(self, grant: Grant, reach: Reach, entered: Collection[Name]) -> int:
        """What a privilege is worth to someone who has certain roles: NOTHING, SHUT_OFF or OPEN."""
        if self._holding(grant, reach) is None:
            return NOTHING
        return OPEN if all(name in entered for name in _containers(grant)) else SHUT_OFF

    def _holding(self, grant: Grant, reach: Reach) -> Grant | None:
        """The grant by which someone who has certain roles has a privilege: of it, or of ownership."""
        for one in self._on.get(object_of(grant), ()):
            same = one.privilege == grant.privilege and (one.option or not grant.option)
            if one.grantee in reach and (same or (one.privilege == OWNERSHIP and not grant.membership)):
                return one
        return None

    def to(self, grant: Grant) -> Access | None:
        """How the grantee of a grant has that privilege, by whichever grant; None where it has not."""
        reach = self.reach(grant.grantee)
        held = self._holding(grant, reach)
        return self.access(held, reach[held.grantee], self.entered(reach)) if held is not None else None

    def beyond(self, other: Graph) -> Mapping[Grantee, list[Grant]]:
        """The grants that another graph does not have, by grantee."""
        there = {(grant.key, grant.option) for grant in other.grants}
        found = defaultdict(list)
        for grant in self.grants:
            if (grant.key, grant.option) not in there:
                found[grant.grantee].append(grant)
        return found

    def given(self, grantee: Grantee) -> list[Grant]:
        """What someone was given himself."""
        return self._to.get(grantee, [])

    def within(self, grantee: Grantee, containers: Iterable[Name]) -> list[Grant]:
        """What someone was given himself in databases and schemas."""
        return [grant for name in containers for grant in self._within.get((grantee, name), ())]


def difference(before: Graph, after: Graph) -> tuple[AccessChange, ...]:
    """Whose access is not the same in two graphs, and how: what is given, taken, or of use because of another grant.

    What everyone gains stands there once, as PUBLIC's.
    """
    gains, losses = _Step(before, after), _Step(after, before)
    concerned = set(gains.fresh) | set(losses.fresh)
    found = []
    for who in sorted(before.above(concerned) | after.above(concerned)):
        change = AccessChange(who, tuple(gains.gained(who)), tuple(losses.gained(who)))
        if change.gains or change.loses:
            found.append(change)
    return tuple(found)


class _Step:
    """The way from one graph to another."""

    def __init__(self, before: Graph, after: Graph) -> None:
        self._before, self._after = before, after
        self.fresh = after.beyond(before)
        self._public = after.entered(after.reach(PUBLIC))

    def gained(self, who: Grantee) -> Iterable[Access]:
        """What is worth more to someone afterwards."""
        was, now = self._before.reach(who), self._after.reach(who)
        had, has = self._before.entered(was), self._after.entered(now)
        found: dict[Key, Access] = {}
        for role, path in now.items():
            for grant in self._candidates(role, role in was, has - had):
                access = self._after.access(grant, path, has)
                worth = SHUT_OFF if access.lacks else OPEN
                if self._before.worth(grant, was, had) >= worth or _everyones(access, self._public):
                    continue
                stays = grant.option and self._before.worth(replace(grant, option=False), was, had) >= worth
                key = (grant.privilege, grant.option, object_of(grant))
                found.setdefault(key, replace(access, option_only=True) if stays else access)
        return found.values()

    def _candidates(self, role: Grantee, had_it: bool, opened: Collection[Name]) -> list[Grant]:
        """Of what a role was given, what may be worth more now: all, of a role that is new; else what is new itself,
        and what is in the databases and schemas that were opened.
        """
        if not had_it:
            return self._after.given(role)
        return [*self.fresh.get(role, ()), *self._after.within(role, opened)]


def _everyones(access: Access, public: Collection[Name]) -> bool:
    """Whether someone has it only as everyone has it; not so where PUBLIC lacks a container that he has."""
    if access.who == PUBLIC or PUBLIC not in access.path:
        return False
    return bool(access.lacks) or all(name in public for name in _containers(access.grant))


def object_of(grant: Grant) -> Key:
    """What a grant is on, or in which container on what kind; in whatever words it was granted."""
    _, on, name, arguments, _, reach = grant.key
    return (on, name, arguments, reach)


def _containers(grant: Grant) -> Iterator[Name]:
    """The database and schema that have to be within reach for a privilege to be of use."""
    if grant.on == "DATABASE ROLE":
        return
    size = len(grant.name) - (grant.reach == "object")
    for end in range(1, size + 1):
        yield grant.name[:end]
