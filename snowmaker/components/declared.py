"""What a project declares of an account, and what the account has of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from snowmaker.components.base import Component, Kind
from snowmaker.components.grant import ACCOUNT_KINDS, Grant, Grantee

Name = tuple[str, ...]


@dataclass(frozen=True)
class Declared:
    """Components and grants.

    `prune` has the kinds of which a container must hold no others: (kind, container). `pruned_grantees` must have no
    privileges but the declared ones.
    """

    components: tuple[Component, ...] = ()
    prune: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    grants: tuple[Grant, ...] = ()
    pruned_grantees: frozenset[Grantee] = frozenset()


@dataclass(frozen=True)
class Live:
    """What an account has of what is declared: components, grants to the grantees concerned, and who owns what.

    `listed` has the names, with the types of arguments, of the objects of a kind, for grants on ALL of them. `beside`
    has what else is there of the kinds that stop and start what runs, as far as SHOW tells.
    """

    components: tuple[Component, ...] = ()
    grants: tuple[Grant, ...] = ()
    owners: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    listed: Mapping[str, frozenset[tuple[tuple[str, ...], tuple[str, ...] | None]]] = field(default_factory=dict)
    grantees: frozenset[Grantee] = frozenset()
    warnings: tuple[str, ...] = ()
    beside: tuple[Component, ...] = ()

    def renamed(self, kind: Kind, old: Name, new: Name) -> Live:
        """The grants, owners and lists as they are when an object, or a container with all in it, has another name."""

        def moved(on: str, name: Name) -> Name:
            inside = kind.holds and (on == kind.name or on not in ACCOUNT_KINDS) and name[: len(old)] == old
            return (*new, *name[len(old) :]) if inside or (on == kind.name and name == old) else name

        def whose(grantee: Grantee) -> Grantee:
            return grantee[0], moved(*grantee)

        grants = (
            replace(one, name=moved(one.container or one.on, one.name), grantee=whose(one.grantee))
            for one in self.grants
        )
        listed = {
            on: frozenset((moved(on, name), arguments) for name, arguments in names)
            for on, names in self.listed.items()
        }
        owners = {moved("DATABASE" if len(name) == 1 else "SCHEMA", name): owner for name, owner in self.owners.items()}
        return replace(
            self, grants=tuple(grants), listed=listed, owners=owners, grantees=frozenset(map(whose, self.grantees))
        )

    def without(self, history: Name) -> Live:
        """What is left without the grants on what snowmaker keeps beside its history table."""
        kept = (one for one in self.grants if one.name[:2] != history[:2] or not one.name[-1].startswith(history[2]))
        return replace(self, grants=tuple(kept))


@dataclass(frozen=True)
class Selection:
    """The part of an account that is to be read whole: kinds by name, databases, and a pattern of names.

    Nothing said is all. The pattern is one of shells, in either case: `ORDER*`.
    """

    kinds: frozenset[str] = frozenset()
    databases: frozenset[str] = frozenset()
    pattern: str = ""

    def kind(self, kind: Kind) -> bool:
        """Whether components of a kind are wanted; the containers of what is wanted come along by themselves."""
        return not self.kinds or kind.name in self.kinds

    def place(self, kind: Kind, name: tuple[str, ...]) -> bool:
        """Whether a component is in a database that is wanted, or is one, or in none."""
        return not self.databases or (kind.level == "account" and not kind.holds) or name[0] in self.databases

    def name(self, name: tuple[str, ...]) -> bool:
        """Whether a component's name is wanted."""
        return not self.pattern or (bool(name) and fnmatchcase(name[-1].upper(), self.pattern.upper()))
