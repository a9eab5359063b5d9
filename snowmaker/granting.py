"""Declared and live grants → the GRANTs and REVOKEs between them. Pure.

A declared grant that is there is left alone, and so is one that nobody declares, unless its grantee is pruned. ALL is
what its privileges are on each object: where one lacks, the statement is sent again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from snowmaker import sql
from snowmaker.components.base import Component
from snowmaker.components.declared import Declared, Live
from snowmaker.components.grant import (
    ALL,
    TABLES,
    Grant,
    Grantee,
    expanded,
    granting,
    known,
    owning,
    revoking,
    written,
)
from snowmaker.model import Change, ChangeAction

Known = Mapping[tuple[object, ...], Grant]
Told = tuple[Grant, Change]
AsRole = Callable[[Grant], str]
PUBLIC = ("ROLE", ("PUBLIC",))


def grant_changes(declared: Declared, live: Live, made: Iterable[Component], as_role: AsRole) -> list[Change]:
    """GRANTs, then REVOKEs. `made` are the components that other changes make: ALL is said again for them.

    `as_role` gives the role that can make a grant.
    """
    there = known(live.grants)
    changes = [*_granted(declared, live, there, list(made)), *_revoked(declared, there)]
    return [replace(change, role=as_role(grant)) for grant, change in changes]


def _granted(declared: Declared, live: Live, there: Known, made: Sequence[Component]) -> Iterator[Told]:
    missing: dict[tuple[object, ...], list[Grant]] = defaultdict(list)
    options: list[Grant] = []
    for grant in declared.grants:
        if (grant.membership and (grant.on, grant.name) == PUBLIC) or grant.privilege == "OWNERSHIP":
            continue  # everyone is a member of PUBLIC; ownership is told below
        if grant.reach == "all":
            yield from _all(grant, live, there, made)
        elif lacking := _lacking(grant, there):
            missing[grant.on, grant.name, grant.arguments, grant.reach, grant.grantee, grant.option] += lacking
        elif not grant.option and there[expanded(grant)[0].key].option:
            options.append(grant)
    for grants in missing.values():
        yield _change("grant", grants, granting(grants), (revoking(grants),), "is declared and not there")
    for grant in options:
        text = revoking([grant], option_only=True)
        again = granting([replace(grant, option=True)])
        yield _change("revoke", [grant], text, (again,), "may be granted on, and is declared without that")
    for grant in declared.grants:
        if grant.privilege == "OWNERSHIP":
            yield from _owned(grant, live, there)


def _lacking(grant: Grant, there: Known) -> list[Grant]:
    """The grant, where one of the privileges it stands for lacks, or the option to grant it on."""
    for one in expanded(grant):
        found = there.get(one.key)
        if found is None or (grant.option and not found.option):
            return [grant]
    return []


def _all(grant: Grant, live: Live, there: Known, made: Sequence[Component]) -> Iterator[Told]:
    """GRANT … ON ALL, where an object of the container lacks a privilege; taken back on those alone."""
    singles = [single for one in expanded(grant) for single in _singles(one, live)]
    lacking = [single for single in singles if single.key not in there]
    new = any(one.kind.name == grant.on and one.name[: len(grant.name)] == grant.name for one in made)
    if lacking or new:
        reason = f"{len(lacking)} lack it" if lacking else "objects are made there"
        yield _change("grant", [grant], granting([grant]), tuple(revoking([one]) for one in lacking), reason)


def _singles(grant: Grant, live: Live) -> list[Grant]:
    """What a grant on ALL is on each object."""
    return [
        replace(grant, name=name, arguments=arguments, reach="object", container="")
        for name, arguments in sorted(live.listed.get(grant.on, ()), key=str)
        if name[: len(grant.name)] == grant.name
    ]


def _owned(grant: Grant, live: Live, there: Known) -> Iterator[Told]:
    """GRANT OWNERSHIP, where another owns it."""
    if grant.reach == "future":
        if grant.key not in there:
            yield _change("grant", [grant], owning(grant), (revoking([grant]),), "is declared and not there")
        return
    wanted = [grant] if grant.reach == "object" else _singles(grant, live)
    lacking = [one for one in wanted if one.key not in there]
    if lacking:
        owners = {one.key[:4]: one for one in live.grants if one.privilege == "OWNERSHIP"}
        undo = tuple(owning(owners[one.key[:4]]) for one in lacking if one.key[:4] in owners)
        yield _change("grant", [grant], owning(grant), undo, "another owns it")


def _revoked(declared: Declared, there: Known) -> list[Told]:
    """What pruned grantees have beyond what is declared; ownership can only be handed over."""
    wanted = {one.key for grant in declared.grants for one in (grant, *expanded(grant))}
    everywhere = [grant for grant in declared.grants if grant.reach == "all"]
    groups: dict[tuple[object, ...], list[Grant]] = defaultdict(list)
    for grant in there.values():
        keep = grant.key in wanted or grant.privilege == "OWNERSHIP" or _own_database(grant)
        if grant.grantee not in declared.pruned_grantees or keep or any(_covers(one, grant) for one in everywhere):
            continue
        groups[grant.on, grant.name, grant.arguments, grant.reach, grant.grantee, grant.option].append(grant)
    reason = "is not declared, and the grants of its grantee are pruned"
    return [
        _change("revoke", grants, revoking(grants), (granting(grants),), reason)
        for _, grants in sorted(groups.items(), key=str)
    ]


def _covers(grant: Grant, single: Grant) -> bool:
    """Whether a grant on ALL asks for one on an object."""
    same_kind = grant.on == single.on or (grant.on == "TABLE" and single.on in TABLES)
    return (
        same_kind
        and single.reach == "object"
        and grant.grantee == single.grantee
        and grant.privilege in (ALL, single.privilege)
        and single.name[: len(grant.name)] == grant.name
    )


def _own_database(grant: Grant) -> bool:
    """A database role has USAGE of its own database by itself."""
    return grant.grantee[0] == "DATABASE ROLE" and (grant.on, grant.name) == ("DATABASE", grant.grantee[1][:1])


def _change(action: ChangeAction, grants: Sequence[Grant], text: str, undo: tuple[str, ...], reason: str) -> Told:
    first = grants[0]
    return first, Change(
        action=action,
        kind="grant",
        target=f"{written(grants)} to {_shown(first.grantee)}",
        effect="safe",
        reason=reason,
        statements=((text, undo),),
        file=first.place.file,
        line=first.place.line,
    )


def _shown(grantee: Grantee) -> str:
    return f"{grantee[0].lower()} {sql.quote_name(*grantee[1])}"
