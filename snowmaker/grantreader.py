"""An account → who has what on an object, and what a role or user has, read along the hierarchy of roles.

SHOW GRANTS takes one role each: those of one level of the hierarchy are asked together, a hundred in a request.
https://docs.snowflake.com/en/sql-reference/sql/show-grants
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from snowmaker import sql
from snowmaker.access import HOLDERS, AccessReport, Graph, Name
from snowmaker.components import kinds, rows
from snowmaker.components.base import Record
from snowmaker.components.grant import ACCOUNT_KINDS, EVERY, SIGNED, Grant, Grantee, from_account, plural, read_object
from snowmaker.components.types import read_name
from snowmaker.errors import StatementError, UsageError
from snowmaker.granting import PUBLIC
from snowmaker.inspector import Inspector
from snowmaker.suggest import did_you_mean

ROLES = ("ROLE", "DATABASE ROLE")
OBJECT = "OBJECT"  # a table or a view, as SHOW OBJECTS lists them
# What a name alone may be, besides the kinds that can be declared
ACCOUNT_LEVEL = ("DATABASE", "INTEGRATION", "RESOURCE MONITOR", "WAREHOUSE")
SCHEMA_LEVEL = ("FILE FORMAT", "FUNCTION", "PIPE", "PROCEDURE", "SEQUENCE", "STAGE", "STREAM", "TASK")
HINT = 'name its kind, as in "user BOB", "warehouse WH", "schema DB.S", "stage DB.S.LANDING"'


class GrantReader(Inspector):
    """An inspector that follows the hierarchy of roles. What may not be read is among its warnings."""

    def access(self, text: str, environment: str) -> AccessReport:
        """Who has what on the object that a text names, and what it has itself, where it is a role or user.

        Raises UsageError for a name that is not there.
        """
        before = self._session.requests
        on = self._find(text)
        grants = self._around(on)
        if on.on in HOLDERS:
            grants += self._below({(on.on, on.name), PUBLIC})
        graph = Graph.of(grants)
        has = graph.has((on.on, on.name)) if on.on in HOLDERS else ()
        requests = self._session.requests - before
        return AccessReport(environment, on, has, graph.held(on), self.warnings, requests)

    def inherited(self, role: str) -> list[Grant]:
        """What a role was given, and the roles that it has, and so on."""
        return self._below({("ROLE", (role,))})

    def graph(self) -> Graph:
        """All grants to the roles of the account and of its own databases, and all members of these roles."""
        roles, databases = self._at_once(lambda words: self._list(words, ()), ["ROLES", "DATABASES"])
        own = [name for record in databases if (name := rows.name_of(kinds()["databases"], record))]
        found: list[Grantee] = [("ROLE", (str(record["name"]),)) for record in roles]
        found += self._database_roles(own)
        return Graph.of(self.granted(found, [one for one in found if one != PUBLIC]))

    def held_by(self, role: Grantee) -> Graph:
        """What a role has, itself and by its roles; raises UsageError where it is not there."""
        self._exists(Grant("", *role, ("", ())))
        return Graph.of(self._below({role, PUBLIC}))

    def each(self, grant: Grant) -> tuple[Grant, ...]:
        """The grants on single objects that one on ALL of a kind stands for; else the grant itself.

        Raises UsageError where what it is on, or in, is not there.
        """
        if grant.reach == "object":
            self._exists(grant)
            return (grant,)
        self._exists(Grant("", grant.container, grant.name, ("", ())))
        if grant.reach == "future":
            return (grant,)
        kind = next((one for one in kinds().values() if one.name == grant.on), None)
        if kind is None or grant.on in SIGNED or not (kind.level == "schema" or kind.name == "SCHEMA"):
            raise UsageError(f"{grant.what} cannot be listed", "unknown_kind", "name each of them")
        inside = grant.container == "SCHEMA" or kind.name == "SCHEMA"
        places = [grant.name] if inside else self._schemas_of([grant.name])
        texts = [f"SHOW {kind.listing or kind.many} IN {_place(name)}" for name in places]
        found = [self._pages(text, part) for text, part in zip(texts, self._many(texts), strict=True)]
        names = [name for part in found for record in part if (name := rows.name_of(kind, record))]
        return tuple(replace(grant, name=name, reach="object", container="") for name in names)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be read."""
        return tuple(self._warnings)

    # grants

    def _around(self, on: Grant) -> list[Grant]:
        """The grants on an object and its containers, and the members of the roles that have them."""
        places = [on.name[:size] for size in range(1, len(on.name))] if on.on != "DATABASE ROLE" else []
        found = self._shown([f"SHOW GRANTS ON {text}" for text in (on.object, *map(_place, places))])
        if places or on.on == "DATABASE":  # which each of its roles may use, and no grant says so
            own = self._database_roles([on.name[:1]])
            found += [Grant("USAGE", "DATABASE", on.name[:1], role) for role in own]
        if on.on == "DATABASE":
            found += self._future([on.name, *self._schemas_of([on.name])])
        elif on.on == "SCHEMA":
            found += self._future([on.name, on.name[:1]])
        return found + self._above({grant.grantee for grant in found} | {(on.on, on.name)})

    def _above(self, roles: Collection[Grantee]) -> list[Grant]:
        """The members of roles, and theirs, and so on. Everyone has PUBLIC, and nobody is told of it."""
        found: list[Grant] = []
        seen: set[Grantee] = {PUBLIC}
        level = set(roles)
        while level := {one for one in level if one[0] in ROLES} - seen:
            seen |= level
            members = self.granted((), sorted(level))
            found += members
            level = {grant.grantee for grant in members}
        return found

    def _below(self, grantees: Collection[Grantee]) -> list[Grant]:
        """What roles and users have, and the roles that they have, and so on."""
        found: list[Grant] = []
        seen: set[Grantee] = set()
        level = set(grantees)
        while level := level - seen:
            seen |= level
            given = self.granted(sorted(level), ())
            found += given
            level = {(grant.on, grant.name) for grant in given if grant.membership}
        wide = sorted({one.name for one in found if one.reach == "future" and one.container == "DATABASE"})
        return found + self._future(self._schemas_of(wide))

    def _future(self, places: Sequence[Name]) -> list[Grant]:
        """The future grants in databases and schemas, whoever they are to."""
        return self._shown([f"SHOW FUTURE GRANTS IN {_place(name)}" for name in places])

    def _shown(self, texts: Sequence[str]) -> list[Grant]:
        answers = self._many(texts)
        return [grant for records in answers for record in records if (grant := from_account(record)) is not None]

    def _schemas_of(self, databases: Sequence[Name]) -> list[Name]:
        records = self._list("SCHEMAS", [_place(name) for name in databases]) if databases else []
        return [name for record in records if (name := rows.name_of(kinds()["schemas"], record))]

    def _database_roles(self, databases: Sequence[Name]) -> list[Grantee]:
        records = self._list("DATABASE ROLES", [_place(name) for name in databases]) if databases else []
        return [("DATABASE ROLE", (str(record["database_name"]), str(record["name"]))) for record in records]

    def _many(self, texts: Sequence[str]) -> list[list[Record]]:
        """Grants that may not be read, or whose role is gone meanwhile, must not hide the others."""
        if not any(text.startswith(("SHOW GRANTS", "SHOW FUTURE GRANTS")) for text in texts):
            return super()._many(texts)
        return self._readable(texts)

    # names

    def _find(self, text: str) -> Grant:
        """The object that a text names, as a grant of nothing on it."""
        return self._exists(_wanted(text))

    def _exists(self, on: Grant) -> Grant:
        """The same, with its kind; raises UsageError for what is not there."""
        if on.on == "ACCOUNT":
            return on
        seen: dict[str, None] = {}
        for group in [(on.on,)] if on.on else _candidates(len(on.name)):
            listed = dict(zip(group, self._at_once(lambda kind: self._there(kind, on), group), strict=True))
            found = [(kind, records[on.name[-1]]) for kind, records in listed.items() if on.name[-1] in records]
            if found:
                return _chosen(on, found)
            seen |= dict.fromkeys(name for records in listed.values() for name in records)
        what = f"{on.on.lower()} " if on.on else ""
        hint = did_you_mean(on.name[-1], seen) or HINT
        raise UsageError(f"there is no {what}{sql.quote_name(*on.name)}, or it may not be seen", "unknown_name", hint)

    def _there(self, kind: str, on: Grant) -> Mapping[str, Record]:
        """What there is of a kind in the container of a name, by name."""
        known = next((one for one in kinds().values() if one.name == kind), None)
        words = (known.listing or known.many) if known else plural(kind)
        container = on.name[:-1]
        text = f"SHOW {words} IN {_place(container)}" if container else f"SHOW {words}"
        try:
            return {str(record["name"]): record for record in self._pages(text, self._records(text))}
        except StatementError as error:
            if container:
                self._find(_place(container))  # it is the container that is not there
            hint = did_you_mean(kind, {*EVERY, *ACCOUNT_KINDS, *SIGNED}) or HINT
            raise UsageError(f"{text}: {error.message}", "unknown_kind", hint) from error


def _wanted(text: str) -> Grant:
    """The object that a person names, as a grant of nothing on it; of no kind where none is said."""
    try:
        parts = sql.parse_name(text)
    except ValueError:
        parts = ()
    try:
        if parts and parts != ("ACCOUNT",):
            return Grant("", "", read_name(text), ("", ()))
        found = read_object(text)
    except ValueError as error:
        raise UsageError(str(error), "bad_name", HINT) from None
    if found.reach != "object":
        raise UsageError(f"{text!r} is more than one object", "bad_name", f"name the {found.container.lower()}")
    return found


def _candidates(parts: int) -> Sequence[Sequence[str]]:
    """The kinds that a name of so many parts may be of, those that come first in groups of their own."""
    if parts == 1:
        declared = {one.name for one in kinds().values() if one.level == "account" and one.shows}
        return (("ROLE",), ("USER",), sorted({*ACCOUNT_LEVEL, *declared} - {*HOLDERS}))
    if parts == 2:
        return (("SCHEMA",), ("DATABASE ROLE",))
    declared = {one.name for one in kinds().values() if one.level == "schema"}
    return ((OBJECT,), sorted({*SCHEMA_LEVEL, *declared} - {"TABLE", "VIEW"}))


def _chosen(on: Grant, found: Iterable[tuple[str, Record]]) -> Grant:
    """The one object of that name; raises UsageError where there are several, or where more has to be said."""
    named = [(str(record["kind"]).replace("_", " ") if kind == OBJECT else kind, record) for kind, record in found]
    name = sql.quote_name(*on.name)
    if len(named) > 1:
        said = " and a ".join(kind.lower() for kind, _ in named)
        raise UsageError(f"{name} is a {said}", "ambiguous_name", f'say which: "{named[0][0].lower()} {name}"')
    kind, record = named[0]
    if kind in SIGNED and on.arguments is None:
        types = str(record.get("arguments") or "").partition("(")[2].partition(")")[0]
        hint = f'name it with the types of its arguments: "{kind.lower()} {name}({types})"'
        raise UsageError(f"{name} is a {kind.lower()}", "ambiguous_name", hint)
    return Grant("", kind, on.name, on.grantee, arguments=on.arguments)


def _place(name: Name) -> str:
    """A database or schema as SHOW … IN names it."""
    return f"{'DATABASE' if len(name) == 1 else 'SCHEMA'} {sql.quote_name(*name)}"
