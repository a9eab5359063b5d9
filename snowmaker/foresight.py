"""What changes will make of the grants of an account, before any of them is made. Pure.

The statements of the changes are read as they will be sent, in their order: so a future grant takes effect on what is
made after it, and on nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from snowmaker import sql
from snowmaker.access import OWNERSHIP, Graph, Key, Name, future_for, object_of
from snowmaker.components import Kind, kinds
from snowmaker.components.declared import Live
from snowmaker.components.grant import ACCOUNT_KINDS, ALL, Grant, Grantee, expanded, read_statement
from snowmaker.differ import CONTAINERS
from snowmaker.model import Change

Arguments = tuple[str, ...] | None


def foreseen(graph: Graph, changes: Iterable[Change], live: Live) -> tuple[Graph, Graph]:
    """The graph as it is, and as it will be; where things get other names, both have the new ones.

    `live` has the objects that a grant on ALL reaches.
    """
    listed = list(changes)
    renames = [change for change in listed if _is_rename(change)]
    before, after = _Account(graph, live), _Account(graph, live)
    for account, made in ((before, renames), (after, listed)):
        for change in made:
            account.change(change)
    return before.graph(), after.graph()


def _is_rename(change: Change) -> bool:
    return any(name == "name" for name, _, _ in change.attributes)


class _Account:
    """Grants and objects, as changes go over them."""

    def __init__(self, graph: Graph, live: Live) -> None:
        self._grants: dict[Key, Grant] = {}
        self._future: dict[Key, Grant] = {}
        self._owners: dict[Key, Grant] = {}  # by what they own
        self._there: dict[str, set[tuple[Name, Arguments]]] = defaultdict(set)
        for grant in graph.grants:
            self._put(grant)
        for kind, names in live.listed.items():
            self._there[kind] |= names

    def graph(self) -> Graph:
        """The grants as they are now."""
        return Graph((*self._grants.values(), *self._future.values()))

    def change(self, change: Change) -> None:
        """Go on to where a change has been made."""
        kind = next((kind for kind in kinds().values() if kind.slug == change.kind), None)
        if kind is not None and kind.probes is None and change.target:
            self._component(change, kind, *_target(kind, change.target))
        for text in change.sql:
            if text.startswith(("GRANT ", "REVOKE ")):
                self._statement(text)

    def _put(self, grant: Grant) -> None:
        """An object has one owner, and so has what will be made of a kind in a container."""
        if grant.privilege == OWNERSHIP:
            if (old := self._owners.get(object_of(grant))) is not None:
                self._remove(old)
            self._owners[object_of(grant)] = grant = replace(grant, option=True)
        (self._future if grant.reach == "future" else self._grants)[grant.key] = grant

    def _remove(self, grant: Grant) -> None:
        (self._future if grant.reach == "future" else self._grants).pop(grant.key, None)
        if grant.privilege == OWNERSHIP:
            self._owners.pop(object_of(grant), None)

    def _all(self) -> list[Grant]:
        return [*self._grants.values(), *self._future.values()]

    # components

    def _component(self, change: Change, kind: Kind, name: Name, arguments: Arguments) -> None:
        if change.action == "create":
            self._made(kind.name, name, arguments, change.role)
        elif change.action == "drop":
            self._dropped(kind.name, name, arguments, change.role)
        elif change.action == "replace":
            self._replaced(kind.name, name, arguments, change)
        for attribute, old, new in change.attributes:
            if attribute == "name":
                self._renamed(kind.name, _target(kind, str(old))[0], _target(kind, str(new))[0], arguments)

    def _made(self, kind: str, name: Name, arguments: Arguments, role: str) -> None:
        """Who makes it is its owner, if no future grant says another."""
        self._there[kind].add((name, arguments))
        if role:
            self._put(Grant(OWNERSHIP, kind, name, _role(role), arguments=arguments))
        for grant in future_for(self._future.values(), kind, name):
            self._put(replace(grant, name=name, arguments=arguments, reach="object", container=""))
        if kind == "DATABASE":
            self._made("SCHEMA", (*name, "PUBLIC"), None, role)
        if kind == "DATABASE ROLE":  # it may use its own database
            self._put(Grant("USAGE", "DATABASE", name[:1], (kind, name)))

    def _replaced(self, kind: str, name: Name, arguments: Arguments, change: Change) -> None:
        """What CREATE OR REPLACE makes is new; COPY GRANTS gives it the privileges of the old one, and those alone."""
        words = [token.upper for token in sql.tokens(change.sql[0])]
        if words[:3] != ["CREATE", "OR", "REPLACE"]:
            return
        if not any(words[at : at + 2] == ["COPY", "GRANTS"] for at in range(len(words))):
            self._dropped(kind, name, arguments, change.role)
            self._made(kind, name, arguments, change.role)
        elif change.role:
            self._put(Grant(OWNERSHIP, kind, name, _role(change.role), arguments=arguments))

    def _dropped(self, kind: str, name: Name, arguments: Arguments, role: str) -> None:
        """What a role owned passes to the one that drops it.

        https://docs.snowflake.com/en/sql-reference/sql/drop-role
        """
        self._there[kind].discard((name, arguments))
        for grant in self._all():
            on = grant.on == kind and (grant.name, grant.arguments, grant.reach) == (name, arguments, "object")
            holder = grant.grantee == (kind, name)
            if on or holder or _inside(grant, kind, name):
                self._remove(grant)
            if holder and not on and grant.privilege == OWNERSHIP and role and grant.reach == "object":
                self._put(replace(grant, grantee=_role(role)))

    def _renamed(self, kind: str, old: Name, new: Name, arguments: Arguments) -> None:
        def moved(name: Name) -> Name:
            return (*new, *name[len(old) :]) if name[: len(old)] == old else name

        for grant in self._all():
            on = grant.on == kind and (grant.name, grant.arguments, grant.reach) == (old, arguments, "object")
            inside = _inside(grant, kind, old)
            holder = grant.grantee == (kind, old) or (inside and grant.grantee[0] == "DATABASE ROLE")
            if on or inside or holder:
                name = moved(grant.name) if on or inside else grant.name
                grantee = (grant.grantee[0], moved(grant.grantee[1])) if holder else grant.grantee
                self._remove(grant)
                self._put(replace(grant, name=name, grantee=grantee))
        for there, names in self._there.items():
            if there == kind or (kind in CONTAINERS and there not in ACCOUNT_KINDS):
                self._there[there] = {(moved(name), types) for name, types in names}

    # grants

    def _statement(self, text: str) -> None:
        verb, grants = read_statement(text)
        only = text.startswith("REVOKE GRANT OPTION FOR ")
        for single in (single for grant in grants for single in self._singles(grant)):
            if verb == "GRANT":
                for one in expanded(single):
                    self._give(one)
                continue
            for one in self._matching(single):
                self._remove(one)
                if only:
                    self._put(replace(one, option=False))

    def _singles(self, grant: Grant) -> Iterable[Grant]:
        """What a grant is on each object."""
        if grant.reach != "all":
            return (grant,)
        inside = [one for one in self._there[grant.on] if one[0][: len(grant.name)] == grant.name]
        return [
            replace(grant, name=name, arguments=arguments, reach="object", container="") for name, arguments in inside
        ]

    def _give(self, grant: Grant) -> None:
        there = (self._future if grant.reach == "future" else self._grants).get(grant.key)
        if there is None or (grant.option and not there.option):
            self._put(grant)

    def _matching(self, grant: Grant) -> list[Grant]:
        """What is there of a grant; of ALL, every privilege but OWNERSHIP."""
        if grant.privilege != ALL:
            found = (self._future if grant.reach == "future" else self._grants).get(grant.key)
            return [found] if found is not None else []
        key = (grant.grantee, object_of(grant))
        return [one for one in self._all() if one.privilege != OWNERSHIP and (one.grantee, object_of(one)) == key]


def _target(kind: Kind, target: str) -> tuple[Name, Arguments]:
    """The name, and the types of a routine's arguments, that the target of a change is."""
    if not kind.signed:
        return sql.parse_name(target), None
    name, _, types = target.rpartition("(")
    return sql.parse_name(name), tuple(part.strip() for part in types[:-1].split(",") if part.strip())


def _role(text: str) -> Grantee:
    name = sql.parse_name(text)
    return ("ROLE" if len(name) == 1 else "DATABASE ROLE"), name


def _inside(grant: Grant, kind: str, name: Name) -> bool:
    """Whether a grant is on something in a database or schema, or will be, or is to a role of a database."""
    if kind == "DATABASE" and grant.grantee[0] == "DATABASE ROLE" and grant.grantee[1][:1] == name:
        return True
    return kind in CONTAINERS and grant.on not in ACCOUNT_KINDS and grant.name[: len(name)] == name
