"""Declared components against an account: what `diff`, `apply`, `import` and `new --from-diff` stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from snowmaker import differ, placeholders, sql, yamltext
from snowmaker.components import Component, Property, kinds
from snowmaker.components.declared import Declared, Live, Selection
from snowmaker.components.grant import Grant, granting
from snowmaker.errors import SourceError, UsageError
from snowmaker.granting import grant_changes
from snowmaker.inspector import Inspector, LenientInspector
from snowmaker.lacking import lacking
from snowmaker.model import Change, Diff
from snowmaker.suggest import did_you_mean, listed

if TYPE_CHECKING:
    from snowmaker.preflight import Identity
    from snowmaker.session import Session

Name = tuple[str, ...]
Reveal = Callable[[str], str | None]


@dataclass(frozen=True)
class Comparison:
    """A difference, and what it was made of."""

    diff: Diff
    declared: Declared
    live: Live
    differences: tuple[differ.Difference, ...] = ()


def compare(
    session: Session, identity: Identity, environment: str, declared: Declared, reveal: Reveal, history: Name
) -> Comparison:
    """Read what is declared from the account and say what differs; writes nothing.

    `history` is the name of the history table. `reveal` gives the value of a secret, to be compared by its digest and
    not kept, or None. Raises StatementError, and SourceError where a component cannot become what is declared.
    """
    before = session.requests
    with Inspector(session) as inspector:
        live = inspector.read(declared).without(history)
        differences = differ.compare(declared, live.components, partial(withheld, reveal))
        _try_secrets(differences, reveal)
        _spare(differences, identity.user)
        touched = differ.touched(differences)
        found = inspector.privileges_on(touched)
        replaced = [one.live for one in differences if one.action == "replace" and one.live is not None]
        streams = inspector.streams_on(replaced)
        differences = differ.completed(differences, inspector.whole(replaced))
    links = differ.links(touched, live.components)
    again = {key: [*(granting([grant]) for grant in grants), *links.get(key, ())] for key, grants in found.items()}
    changes = _changes(declared, live, differences, again, identity, streams)
    missing = lacking(session, changes)
    diff = Diff(environment, changes, live.warnings, missing, session.requests - before)
    return Comparison(diff, declared, live, tuple(differences))


def remaining(found: Comparison, identity: Identity, declared: Declared, reveal: Reveal) -> tuple[Change, ...]:
    """What differs when other things are declared, from what was read for a comparison. Raises SourceError."""
    differences = differ.compare(declared, found.live.components, partial(withheld, reveal))
    return _changes(declared, found.live, differences, {}, identity)


def _changes(
    declared: Declared,
    live: Live,
    differences: Sequence[differ.Difference],
    again: differ.Grants,
    identity: Identity,
    streams: differ.Streams | None = None,
) -> tuple[Change, ...]:
    """The changes of components and grants: grants behind what they are on, and before what is dropped and started
    at the end."""
    own = sql.quote_identifier(identity.role) if identity.role else ""
    for kind, old, new in differ.renames(differences):
        live = live.renamed(kind, old, new)
    roles = differ.Roles(frozenset(identity.roles), own, live.owners)
    ordered = differ.changes(differences, again, roles, streams, (*live.components, *live.beside))
    made = [one.component for one in differences if one.action == "create"]
    granted = grant_changes(declared, live, made, lambda grant: _granting_role(grant, roles))
    return (*ordered.making, *granted, *ordered.ending)


def _granting_role(grant: Grant, roles: differ.Roles) -> str:
    """MANAGE GRANTS is enough for privileges on objects; those on the account are ACCOUNTADMIN's to give.

    https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#access-control-requirements
    """
    return roles.first(*(("ACCOUNTADMIN",) if grant.on == "ACCOUNT" else ()), "SECURITYADMIN")


def _try_secrets(differences: Iterable[differ.Difference], reveal: Reveal) -> None:
    """Refuse a secret of a new component that the account would refuse."""
    for one in differences:
        for name in one.component.values if one.action == "create" else ():
            withheld(reveal, one.component, one.component.kind.find(name), None)


def _spare(differences: Iterable[differ.Difference], user: str) -> None:
    """Refuse to drop or to disable the user who is connected."""
    for one in differences:
        component = one.component
        if (component.kind.name, component.name) != ("USER", (user,)) or one.live is None:
            continue
        dropped = one.action == "drop"
        if dropped or one.attributes.get("disabled", (None, False))[1]:
            place = component.place
            text = f"USER {component.quoted} is who is connected, and would be {'dropped' if dropped else 'disabled'}"
            hint = "declare it" if dropped else "connect as another user"
            raise SourceError(text, "own_user", hint, place.file, place.line)


def withheld(reveal: Reveal, declared: Component, one: Property, old: Any) -> bool:
    """Whether a value holds a secret, and what is there may be it: nobody can compare them, or their digests are one.

    Raises SourceError for a secret that the account would refuse.
    """
    new = declared.values.get(one.name)
    if not _holds_secret(new):
        return False
    names = placeholders.secret_names(new) if isinstance(new, str) else ()
    alone = len(names) == 1 and new == placeholders.placeholder(names[0])
    value = reveal(names[0]) if alone else None
    try:
        digest = one.type.digest(value) if value is not None else ""
        return old is not None and (not digest or one.type.digest(old) == digest)
    except ValueError as error:
        text = f"{one.name} of {declared.kind.slug} {declared.quoted}, the secret {names[0]!r}, {error}"
        raise SourceError(text, "bad_secret", "", declared.place.file, declared.place.line) from None


def _holds_secret(value: Any) -> bool:
    if isinstance(value, str):
        return placeholders.has_mark(value)
    return isinstance(value, tuple) and any(map(_holds_secret, value))


# an account as it is


def selection(sections: Iterable[str], databases: Iterable[str], like: str) -> Selection:
    """The part of an account that sections of YAML, databases and a pattern name. Raises UsageError."""
    names = set()
    for section in sections:
        if section not in kinds():
            hint = did_you_mean(section, kinds()) or f"there are: {listed(kinds())}"
            raise UsageError(f"{section!r} is no kind of component", "unknown_kind", hint)
        names.add(kinds()[section].name)
    try:
        stored = frozenset(sql.parse_name(name)[0] for name in databases)
    except ValueError as error:
        raise UsageError(str(error), "bad_name") from None
    return Selection(frozenset(names), stored, like)


def account_texts(session: Session, chosen: Selection, history: Name) -> dict[str, str]:
    """A part of an account as YAML by file name. `history` is the name of the history table, which is left out."""
    chosen = _within(chosen)
    with Inspector(session) as inspector:
        live = inspector.read_all(chosen)
    components = _imported(live.components, chosen, history)
    return yamltext.texts(components, live.grants, live.owners)


def account_changes(session: Session, identity: Identity, chosen: Selection, history: Name) -> tuple[Change, ...]:
    """The changes that would make a part of an account in an empty one."""
    chosen = _within(chosen)
    with Inspector(session) as inspector:
        return _making(inspector.read_all(chosen), identity, chosen, history)


def readable_changes(
    session: Session, identity: Identity, chosen: Selection, history: Name
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The same of all that may be read, and warnings for what may not."""
    with LenientInspector(session) as inspector:
        live = inspector.read_all(chosen)
    return _making(live, identity, chosen, history), live.warnings


def _making(live: Live, identity: Identity, chosen: Selection, history: Name) -> tuple[Change, ...]:
    components = tuple(_imported(live.components, chosen, history))
    grants = {grant.key: grant for grant in live.grants if grant.privilege != "OWNERSHIP"}
    declared = Declared(components, grants=tuple(grants.values()))
    return _changes(declared, Live(), differ.compare(declared, (), partial(withheld, lambda _: None)), {}, identity)


def _within(chosen: Selection) -> Selection:
    """Where databases are named and no kinds, what is of the account is left out: roles, users, warehouses."""
    if chosen.kinds or not chosen.databases:
        return chosen
    inside = (kind.name for kind in kinds().values() if kind.level != "account" or kind.name == "DATABASE")
    return replace(chosen, kinds=frozenset(inside))


def _imported(components: Iterable[Component], chosen: Selection, history: Name) -> list[Component]:
    """What was chosen, with the containers it is in; snowmaker's own history is left out."""
    placed = [one for one in components if chosen.place(one.kind, one.name) and not _of(history, one)]
    wanted = [one for one in placed if chosen.kind(one.kind) and chosen.name(one.name)]
    holding = {one.name[:size] for one in wanted for size in range(1, len(one.name) + 1) if one.name[-1] != "PUBLIC"}
    containers = [one for one in components if one.kind.holds and one not in wanted and one.name in holding]
    return containers + wanted


def _of(history: Name, one: Component) -> bool:
    """Whether a component is the history's schema or what is in it, or the database that it has to itself."""
    return one.name[:2] == history[:2] or (one.kind.holds and one.name in (history[:1], (*history[:1], "PUBLIC")))
