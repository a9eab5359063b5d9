"""Access for readers: what is alike in one line, and as a flowchart of Mermaid. Pure.

https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeVar

from snowmaker import sql
from snowmaker.access import (
    HOLDERS,
    OWNERSHIP,
    Access,
    AccessDiff,
    AccessReport,
    Key,
    container_text,
    grantee_text,
    object_of,
)
from snowmaker.components.grant import Grant, Grantee, plural
from snowmaker.granting import PUBLIC

NAMED = 5  # of things that are alike so many are named
ARROW = " → "
Turn = Literal["gains", "loses"]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Line:
    """Privileges that are alike: the same ones, on objects of one kind and container, for people of one kind, through
    the same path. `access` is one of them. `heirs` gain or lose them along with these people.
    """

    access: Access
    privileges: tuple[str, ...]
    objects: tuple[Grant, ...]
    who: tuple[Grantee, ...]
    heirs: tuple[Grantee, ...] = ()

    @property
    def privilege(self) -> str:
        """The privileges, or that it is membership in a role."""
        return "member" if self.access.grant.membership else _listed(self.privileges)

    @property
    def what(self) -> str:
        """The object; of many, how many of what kind."""
        first = self.objects[0]
        if len(self.objects) == 1:
            return first.what
        inside = f" in {sql.quote_name(*first.name[:-1])}" if first.name[:-1] else ""
        if len(self.objects) > NAMED:
            return f"{len(self.objects):,} {plural(first.on).lower()}{inside}"
        return f"{plural(first.on).lower()} {', '.join(map(_last, self.objects))}{inside}"

    @property
    def whom(self) -> str:
        """Who has them; of many the first few."""
        return people(self.who)

    @property
    def through(self) -> str:
        """The path, from who has them to who was given them."""
        first = sql.quote_name(*self.who[0][1]) if len(self.who) == 1 else "…"
        return ARROW.join([first, *map(_bare, self.access.path[1:])])

    @property
    def note(self) -> str:
        """What else is to be known: that they are of no use, or only of some."""
        return "; ".join(_notes(self.access))


def people(grantees: Iterable[Grantee]) -> str:
    """`role ANALYST`, `roles A, B and users C, D, E, F, G and 7 more`"""
    said = []
    for group in _groups(grantees, lambda one: one[0]):
        names = [sql.quote_name(*name) for _, name in group]
        kind = group[0][0].lower()
        said.append(f"{plural(kind.upper()).lower() if len(names) > 1 else kind} {_listed(names)}")
    return ", ".join(said)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _notes(access: Access) -> Iterator[str]:
    grant, path = access.grant, access.path
    if access.lacks:
        yield f"no access: lacks USAGE on {' and '.join(map(container_text, access.lacks))}"
    if access.hidden:
        names = _listed([sql.quote_name(*name) for name in access.hidden])
        yield f"not in {names}, with future grants of {'its' if len(access.hidden) == 1 else 'their'} own"
    if access.option and not access.option_only:
        yield "with grant option"
    if path[0][0] == "USER" and len(path) == 1 and not grant.membership:
        yield "with secondary roles ALL"  # https://docs.snowflake.com/en/sql-reference/sql/grant-privilege-user
    if PUBLIC in path:
        yield "everyone has it"


def lines(accesses: Iterable[Access], heirs: Mapping[Access, tuple[Grantee, ...]] | None = None) -> list[Line]:
    """What someone has, or what several have, with what is alike in one line; by object.

    OWNERSHIP stands for all, so that nothing else is told of who owns an object.
    """
    given = list(accesses)
    owned = {(one.who, object_of(one.grant)) for one in given if one.grant.privilege == OWNERSHIP}
    accesses = [one for one in given if _tells(one, owned)]
    found = [_merged(group, heirs or {}) for group in _groups(accesses, lambda one: _alike(one, heirs or {}))]
    found = [_joined(group) for group in _groups(found, _place_of)]
    found = [_joined(group) for group in _groups(found, _holder_of)]
    return sorted(found, key=lambda line: (_order(line.access.grant), line.who))


def _tells(access: Access, owned: Collection[tuple[Grantee, Key]]) -> bool:
    grant = access.grant
    return grant.privilege == OWNERSHIP or grant.membership or (access.who, object_of(grant)) not in owned


def _alike(access: Access, heirs: Mapping[Access, tuple[Grantee, ...]]) -> Hashable:
    """What privileges on one object have in common that are told of together."""
    return object_of(access.grant), access.path, _way(access), heirs.get(access)


def _merged(group: Sequence[Access], heirs: Mapping[Access, tuple[Grantee, ...]]) -> Line:
    privileges = tuple(sorted({one.grant.privilege for one in group}))
    return Line(group[0], privileges, (group[0].grant,), group[0].path[:1], heirs.get(group[0], ()))


def _joined(group: Sequence[Line]) -> Line:
    objects = {object_of(one): one for line in group for one in line.objects}
    named = sorted(objects.values(), key=lambda one: (one.name, one.arguments or ()))
    return replace(group[0], objects=tuple(named), who=tuple(sorted({one for line in group for one in line.who})))


def _way(access: Access) -> Hashable:
    """How one has it, but for who it is and what it is on."""
    membership = access.grant.membership
    return (
        *(access.path[1:], access.path[0][0], access.lacks, access.hidden),
        *(access.option, access.option_only, membership),
    )


def _place_of(line: Line) -> Hashable:
    """What objects have in common that are told of together."""
    grant = line.access.grant
    alone = object_of(grant) if grant.reach != "object" or not grant.name else ()
    return line.privileges, grant.on, grant.name[:-1], alone, line.who, line.heirs, _way(line.access)


def _holder_of(line: Line) -> Hashable:
    """What people have in common who are told of together."""
    return line.privileges, tuple(map(object_of, line.objects)), line.heirs, _way(line.access)


def _order(grant: Grant) -> tuple[object, ...]:
    return grant.reach == "future", len(grant.name), grant.name[:-1], not grant.membership, grant.on, grant.name


def _groups(items: Iterable[Item], key: Callable[[Item], Hashable]) -> list[list[Item]]:
    found: dict[Hashable, list[Item]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return list(found.values())


# differences


def changed(diff: AccessDiff) -> list[tuple[Turn, Line]]:
    """Who gains and loses what; those who only inherit it are the heirs of those they inherit it from."""
    gains = [access for change in diff.changes for access in change.gains]
    loses = [access for change in diff.changes for access in change.loses]
    return [*(("gains", line) for line in _inherited(gains)), *(("loses", line) for line in _inherited(loses))]


def _inherited(accesses: Sequence[Access]) -> list[Line]:
    """The lines of those who do not have it through someone who has it now, too."""
    known = {(one.path, *_same(one)): one for one in accesses}
    heirs: dict[Access, list[Grantee]] = {}
    for access in accesses:
        head = access
        while (above := known.get((head.path[1:], *_same(head)))) is not None:
            head = above
        heirs.setdefault(head, []).extend([access.who] if head is not access else [])
    return lines(heirs, {head: tuple(sorted(found)) for head, found in heirs.items()})


def _same(access: Access) -> tuple[Hashable, ...]:
    return access.grant.privilege, object_of(access.grant), access.lacks, access.option, access.option_only


def sentence(turn: Turn, line: Line) -> str:
    """`role ANALYST gains SELECT on 212 tables in DB.S through DB_READ`"""
    verb = turn if len(line.who) == 1 else turn.removesuffix("s")
    option = "the grant option of " if line.access.option_only else ""
    what = line.what if line.access.grant.membership else f"{option}{line.privilege} on {line.what}"
    through = f" through {ARROW.join(map(_bare, line.access.path[1:]))}" if line.access.path[1:] else ""
    return f"{line.whom} {verb} {what}{through}" + (f" ({line.note})" if line.note else "")


def _last(grant: Grant) -> str:
    """An object's name without its container."""
    arguments = "" if grant.arguments is None else f"({', '.join(grant.arguments)})"
    return sql.quote_identifier(grant.name[-1]) + arguments


def _bare(grantee: Grantee) -> str:
    return sql.quote_name(*grantee[1])


# flowcharts


def chart(report: AccessReport) -> str:
    """What an object has and who has it, as a flowchart of Mermaid."""
    drawing = _Drawing()
    for line in (*lines(report.has), *lines(report.held_by)):
        label = "" if line.access.grant.membership else line.privilege
        drawing.line(line, label, "shut" if line.access.lacks else "")
    return drawing.text()


def chart_of_changes(diff: AccessDiff) -> str:
    """Who gains and loses what, as a flowchart of Mermaid: gains in green, losses in red and dashed."""
    drawing = _Drawing()
    for turn, line in changed(diff):
        drawing.line(line, turn if line.access.grant.membership else f"{turn} {line.privilege}", turn)
    return drawing.text()


STYLES = {"gains": "stroke:#2da44e", "loses": "stroke:#cf222e", "shut": "stroke:#9a6700"}
DASHED = ("loses", "shut")


class _Drawing:
    """Nodes, each once, and the edges between them."""

    def __init__(self) -> None:
        self._nodes: dict[Hashable, tuple[str, str]] = {}
        self._edges: dict[tuple[str, str, str, str], None] = {}

    def line(self, line: Line, label: str, style: str) -> None:
        """The path of a line, and what is at its end."""
        first = self._grantee(line.who[0]) if len(line.who) == 1 else self._node(line.who, f'["{escaped(line.whom)}"]')
        path = [first, *(self._grantee(one) for one in line.access.path[1:])]
        for one in self._ends(line):
            self._edge(path[-1], one, label, style)
        for one, following in pairwise(path):
            self._edge(one, following, "", "")

    def _ends(self, line: Line) -> list[str]:
        """Roles and users stand there once, whether they have something or are what somebody has."""
        if line.objects[0].on in HOLDERS:
            return [self._grantee((one.on, one.name)) for one in line.objects]
        return [self._node(tuple(map(object_of, line.objects)), f'[("{escaped(line.what)}")]')]

    def text(self) -> str:
        """The flowchart."""
        nodes = [f"    {name}{shape}" for name, shape in self._nodes.values()]
        edges, styles = [], []
        for number, (one, other, label, style) in enumerate(self._edges):
            arrow = "-.->" if style in DASHED else "-->"
            edges.append(f"    {one} {arrow}" + (f'|"{escaped(label)}"| ' if label else " ") + other)
            if style:
                styles.append(f"    linkStyle {number} {STYLES[style]}")
        return "\n".join(["flowchart LR", *nodes, *edges, *styles])

    def _grantee(self, grantee: Grantee) -> str:
        kind, name = grantee
        begin, end = {"USER": ('(["', '"])'), "DATABASE ROLE": ('[["', '"]]')}.get(kind, ('["', '"]'))
        shown = sql.quote_name(*name) if kind in HOLDERS else grantee_text(grantee)
        return self._node(grantee, f"{begin}{escaped(shown)}{end}")

    def _node(self, key: Hashable, shape: str) -> str:
        return self._nodes.setdefault(key, (f"n{len(self._nodes)}", shape))[0]

    def _edge(self, one: str, other: str, label: str, style: str) -> None:
        self._edges[one, other, label, style] = None


def escaped(text: str) -> str:
    """Text within the quotes of a label: what could mean something there, or end it, is the number of a character."""
    return "".join(one if one.isalnum() or one in " _.,()-…→" else f"#{ord(one)};" for one in text)
