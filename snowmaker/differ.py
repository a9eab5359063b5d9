"""Declared and live components → the changes that make the account what is declared, in order. Pure.

`compare` says what differs; `changes` says how each difference is ended and taken back, whose business it is, and
what comes first. What is not declared is left alone, but for the kinds of a container that are to be pruned.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from snowmaker import sql
from snowmaker.components import ddl
from snowmaker.components.base import OF_ANY_KIND, Component, Kind, Pairs, Property
from snowmaker.components.declared import Declared
from snowmaker.components.types import Need
from snowmaker.errors import SourceError
from snowmaker.model import Change, ChangeAction, Effect

CONTAINERS = ("DATABASE", "SCHEMA")
GONE = {"replace": "replaced", "drop": "dropped"}

Attributes = dict[str, tuple[Any, Any]]
Withheld = Callable[[Component, Property, Any], bool]  # of a declared component a property, and its live value
Grants = Mapping[tuple[str, ...], Sequence[str]]  # the GRANTs that give back the privileges on an object, by its key
Streams = Mapping[tuple[str, ...], Sequence[str]]  # the streams on a table or view, by its name

# phases of a plan; renames come first, and what is stopped
UNLINKING = 1  # what goes of the links between components of a kind
MAKING = 2
APART = 3  # what is altered apart
LINKING = 4  # what comes of links
ENDING = 5  # drops, and behind them what is started
LAST = 100  # behind all ranks


@dataclass(frozen=True)
class Difference:
    """One component that is not as it should be. `declared` or `live` is None where it is not there."""

    action: ChangeAction
    declared: Component | None
    live: Component | None
    attributes: Attributes = field(default_factory=dict)
    reason: str = ""

    @property
    def component(self) -> Component:
        """The component, as it should be or, where it should not, as it is."""
        found = self.declared or self.live
        assert found is not None
        return found


def compare(declared: Declared, live: Iterable[Component], withheld: Withheld) -> list[Difference]:
    """What differs, in no order. `withheld` tells a secret that is taken to be as declared, or was found to be.

    Raises SourceError where a declared component cannot become what it should be.
    """
    there = {one.key: one for one in live}
    found = _renamed(declared.components, there)
    new = {one.name for one in declared.components if one.kind.holds and one.key not in there}
    for one in declared.components:
        other = there.get(one.key)
        implied = one.name[-1:] and one.name[-1] in one.kind.implied and one.container in new
        if other is None and (implied or one.kind.single):
            other = replace(one, values={})
        if other is None:
            found.append(Difference("create", one, None, reason="is declared and not there"))
        else:
            found += _altered(one, other, withheld)
    found += _pruned(declared, there)
    _refuse_moved(found)
    return found


def _refuse_moved(differences: Sequence[Difference]) -> None:
    """What has to be read before it is replaced or dropped cannot be, while its container is to get another name."""
    containers = {new for _, _, new in renames(differences)}
    for one in differences if containers else ():
        if one.action not in GONE or one.live is None:
            continue
        above = [name for name in containers if one.live.name[: len(name)] == name and one.live.name != name]
        if above:
            text = f"{ddl.target(one.live)} is to be {GONE[one.action]}, and {sql.quote_name(*above[0])} to be renamed"
            raise _refusal(one.component, text, "apply the rename first, then the rest")


def _renamed(declared: Iterable[Component], there: dict[tuple[str, ...], Component]) -> list[Difference]:
    """Renames; what is `there` has the new names afterwards, also that which is inside of what was renamed."""
    found = []
    for one in sorted(declared, key=lambda component: len(component.name)):  # containers first
        if not one.renamed_from or one.key in there:
            continue
        old = there.get(replace(one, name=one.renamed_from).key)
        if old is None:
            continue
        if not one.kind.renames:
            raise _refusal(one, f"{one.kind.name} {one.quoted} cannot be renamed", "take `renamed_from` out")
        found.append(Difference("alter", one, old, {"name": (old.quoted, one.quoted)}, "is renamed"))
        for key, other in list(there.items()):
            inside = old.kind.name in CONTAINERS and len(other.name) > len(old.name)
            if other.name[: len(old.name)] == old.name and (other is old or inside):
                del there[key]
                moved = other.named(*one.name, *other.name[len(old.name) :])
                # what followed from the old name does not follow from the new one
                there[moved.key] = replace(moved, values={**other.defaults(), **other.values})
        for key, other in there.items() if one.kind.level == "schema" or one.kind.name in CONTAINERS else ():
            there[key] = _following(other, old.name, one.name)
    return found


def renames(differences: Iterable[Difference]) -> Iterator[tuple[Kind, tuple[str, ...], tuple[str, ...]]]:
    """What gets another name: its kind, and the name before and after, in their order."""
    for one in differences:
        if "name" in one.attributes and one.live is not None:
            yield one.component.kind, one.live.name, one.component.name


def _following(other: Component, old: tuple[str, ...], new: tuple[str, ...]) -> Component:
    """A component, when what it names has another name: an account tells it the new one."""
    values = {name: other.kind.find(name).type.moved(value, old, new) for name, value in other.values.items()}
    return replace(other, values=values)


def _altered(declared: Component, live: Component, withheld: Withheld) -> list[Difference]:
    _refuse_misfit(declared, live)
    met = declared.kind.facing(declared, live) if declared.kind.facing is not None else live
    attributes = _attributes(declared, met, withheld)
    if not attributes:
        return []
    fixed = [one for one in declared.kind.properties if one.name in attributes and one.fixed]
    rebuilt = declared.kind.rebuilt(attributes) if declared.kind.rebuilt is not None else ""
    if not fixed and not rebuilt:
        return [Difference("alter", declared, live, attributes, _differ(attributes))]
    why = rebuilt or f"{fixed[0].name}: {fixed[0].fixed}"
    if not declared.kind.replaces:
        hint = f"`ignore: [{fixed[0].name}]` leaves it as it is"
        raise _refusal(declared, f"{ddl.target(declared)} cannot be changed in place, and is not replaced: {why}", hint)
    if declared.protect:
        raise _refusal(declared, f"{ddl.target(declared)} is protected, and would have to be replaced: {why}")
    return [Difference("replace", declared, live, attributes, why)]


def _refuse_misfit(declared: Component, live: Component) -> None:
    wrong = declared.kind.misfit(declared, live) if declared.kind.misfit is not None else ""
    if wrong:
        raise _refusal(declared, wrong)


def _attributes(declared: Component, live: Component, withheld: Withheld) -> Attributes:
    """The properties that differ, and those to be said along: old and new value, None where it has none of its own."""
    kind = declared.kind
    found: Attributes = {}
    defaults = declared.defaults()
    for one in kind.compared(declared.values):
        new, old = declared.values.get(one.name), live.values.get(one.name)
        leave = (
            one.source == "nowhere" or one.name in declared.ignore or (one.optional and one.name not in declared.values)
        )
        if leave or withheld(declared, one, old) or one.same(old, new, defaults.get(one.name)):
            continue
        found[one.name] = (old, new)
    if found and kind.along is not None:
        found = {**kind.along(declared, live, found), **found}
    return {one.name: _reached(one, found[one.name], defaults) for one in kind.compared(found) if one.name in found}


def _reached(one: Property, values: tuple[Any, Any], defaults: Mapping[str, Any]) -> tuple[Any, Any]:
    """Old and new value; of what cannot be UNSET, the default that follows from the component, where it has one."""
    default = None if one.unset else defaults.get(one.name)
    old, new = (default if value is None else value for value in values)
    return old, new


def _differ(names: Iterable[str]) -> str:
    listed = list(names)
    return f"{', '.join(listed)} {'differs' if len(listed) == 1 else 'differ'}"


def _pruned(declared: Declared, there: Mapping[tuple[str, ...], Component]) -> list[Difference]:
    """What is to be dropped: of the kinds to prune in a container, what neither is declared nor holds what is."""
    keys = {one.key for one in declared.components}
    holding = {one.name[:size] for one in declared.components for size in range(1, len(one.name))}
    gone = [
        one
        for one in there.values()
        if (one.kind.name, one.container) in declared.prune
        and one.key not in keys
        and not (one.name in holding and one.kind.name in CONTAINERS)
        and one.name[-1] not in one.kind.implied
    ]
    dropped = {one.name for one in gone if one.kind.name in CONTAINERS}
    return [
        Difference("drop", None, one, reason="is not declared, and its container is pruned")
        for one in gone
        if not any(one.name[:size] in dropped for size in range(1, len(one.name)))
    ]


def _refusal(component: Component, text: str, hint: str = "") -> SourceError:
    return SourceError(text, "cannot_change", hint, component.place.file, component.place.line)


# how a difference is ended


@dataclass(frozen=True)
class _Node:
    """A change, and what its place in the order depends on."""

    change: Change
    key: tuple[str, ...]
    phase: int
    rank: int
    makes: tuple[Need, ...] = ()
    needs: frozenset[Need] = frozenset()
    hands_over: tuple[str, ...] = ()  # the container that gets another owner
    late: bool = False  # only after what is made in it, as nobody can act as the new owner


def touched(differences: Iterable[Difference]) -> list[Component]:
    """The live components whose privileges have to be known: what replaces or drops them would lose these."""
    return [
        one.live
        for one in differences
        if one.live is not None
        and (
            ((one.action == "replace" or _one_way(one)) and one.live.kind.copies_grants is None)
            or (one.action == "drop" and not one.live.kind.undrop)
        )
    ]


def _one_way(one: Difference) -> bool:
    """Whether it is altered, and no ALTER leads back."""
    kind = one.component.kind
    if one.action != "alter" or kind.rebuild is None or kind.rebuilt is None:
        return False
    return bool(kind.rebuilt({name: (new, old) for name, (old, new) in one.attributes.items()}))


def completed(differences: Iterable[Difference], whole: Mapping[tuple[str, ...], Component]) -> list[Difference]:
    """The differences, with all that is known of the live components that are replaced. Raises SourceError."""
    found = []
    for one in differences:
        live = whole.get(one.live.key) if one.live is not None and one.action == "replace" else None
        found.append(one if live is None else replace(one, live=live))
        if live is not None and one.declared is not None:
            _refuse_misfit(one.declared, live)
    return found


def links(components: Iterable[Component], live: Iterable[Component]) -> dict[tuple[str, ...], list[str]]:
    """What tells live components again the name of one that they know by a hidden id, by its key."""
    wanted = {(one.kind.name, one.name): one.key for one in components if one.kind.linked}
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for other in live if wanted else ():
        for prop in other.kind.properties:
            value = other.values.get(prop.name)
            for need in prop.type.names(value, other.container) if value is not None else ():
                if need in wanted:
                    again = ddl.changes(other, {prop.name: (None, value)})
                    found[wanted[need]] += [statement for statement, _ in again]
    return found


@dataclass(frozen=True)
class Roles:
    """Whose business a change is. `available` are the roles that the session can assume; None is not known.

    `owners` has the roles that own the databases and schemas, by name; `own` is the session's, as SQL writes it.
    """

    available: frozenset[str] | None = None
    own: str = ""
    owners: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    def first(self, *roles: str) -> str:
        """The first of some roles that can be assumed, else the session's own."""
        for role in roles:
            if role and "." not in role and (self.available is None or sql.parse_name(role)[0] in self.available):
                return role
        return self.own

    def creator(self, component: Component) -> str:
        """Who makes it: who it says, at the level of the account whose business it is, else who owns the container."""
        if component.values.get("role"):
            return self.first(component.values["role"])
        if not component.container:
            return self.first(component.kind.role)
        inward = [component.name[:size] for size in range(len(component.name) - 1, 0, -1)]
        return self.first(*(self.owners.get(name, "") for name in inward), "SYSADMIN")


@dataclass(frozen=True)
class Ordered:
    """Changes in the order in which they have to be made; `ending` are drops, and what is started behind all."""

    making: tuple[Change, ...]
    ending: tuple[Change, ...]


def changes(
    differences: Sequence[Difference],
    grants: Grants,
    roles: Roles,
    streams: Streams | None = None,
    there: Iterable[Component] = (),
) -> Ordered:
    """The changes that end the differences.

    `grants` are the privileges on what `touched` named, `there` is what the account has. Raises SourceError for
    components that need each other.
    """
    roles = replace(roles, owners={**roles.owners, **_new_owners(differences, roles)})
    settled = _settled(differences, _moved(differences, there), roles)
    nodes = _ordered([*_all_nodes(differences, grants, roles), *settled])
    end = max((index + 1 for index, node in enumerate(nodes) if node.phase < ENDING), default=0)
    found = [_warned(node, streams or {}) for node in nodes]
    return Ordered(tuple(found[:end]), tuple(found[end:]))


def _warned(node: _Node, streams: Streams) -> Change:
    """The change; one that replaces an object says which streams on it lose their place."""
    change = node.change
    broken = streams.get(node.key[1:], ()) if change.action == "replace" else ()
    texts = tuple(f"stream {name} on {change.target} goes stale: make it again" for name in broken)
    return replace(change, warnings=change.warnings + texts) if texts else change


def _new_owners(differences: Iterable[Difference], roles: Roles) -> dict[tuple[str, ...], str]:
    """Who will own the containers that are made; outer ones first, as inner ones may follow them."""
    found: dict[tuple[str, ...], str] = {}
    made = [one.declared for one in differences if one.declared and one.declared.kind.name in CONTAINERS]
    for one in sorted(made, key=lambda component: len(component.name)):
        creator = replace(roles, owners={**roles.owners, **found}).creator(one)
        found[one.name] = roles.first(one.owner, roles.owners.get(one.name, ""), creator)
    return found


def _all_nodes(differences: Sequence[Difference], grants: Grants, roles: Roles) -> list[_Node]:
    """What is dropped keeps its links as long as those of others stay: else they would be in the way of these."""
    linking = {one.component.kind.name for one in differences if one.action != "drop" and _moves_links(one)}
    found: list[_Node] = []
    for one in differences:
        cut = one.action == "drop" and one.component.kind.name in linking
        found += _links(one, cut, roles)
        found += _nodes(replace(one, live=_unlinked(one.component)) if cut else one, grants, roles)
    return found


def _moves_links(one: Difference) -> bool:
    names = one.component.values if one.live is None else one.attributes
    return any(prop.link and prop.name in names for prop in one.component.kind.properties)


def _nodes(one: Difference, grants: Grants, roles: Roles) -> list[_Node]:
    if one.action == "drop":
        return [_drop(one, grants, roles)]
    if "name" in one.attributes:
        return [_rename(one, roles)]
    nodes: list[_Node] = []
    if one.action in ("create", "replace"):
        nodes.append(_made(one, grants, roles))
        nodes += _apart(one, _given(one.component), roles)
        return nodes
    found = {name: one.component.kind.find(name) for name in one.attributes}
    left = {name for name, prop in found.items() if prop.apart or prop.settled or prop.link}
    own = {name: pair for name, pair in one.attributes.items() if name not in left}
    if own:
        nodes.append(_alter(one, own, grants, roles))
    return nodes + _apart(one, one.attributes, roles)


def _given(component: Component) -> Attributes:
    """The properties of a new component that are said apart."""
    return {
        one.name: (None, component.values[one.name])
        for one in component.kind.properties
        if one.apart and component.values.get(one.name) is not None
    }


def _apart(one: Difference, attributes: Attributes, roles: Roles) -> list[_Node]:
    """The changes of what is altered apart, one for each."""
    component = one.component
    found = []
    for name, (old, new) in attributes.items():
        prop = component.kind.find(name)
        if name == "owner" and one.live is None:
            old = roles.creator(component) or None
        if not prop.apart or old == new:
            continue
        pairs = ddl.changes(component, {name: (old, new)})
        becoming = roles.owners.get(component.name, "") if prop.late else ""
        role = roles.first(prop.role, becoming, one.live.owner if one.live else roles.creator(component))
        node = _node(one, "alter", pairs, {name: (old, new)}, role, f"{name} differs", APART)
        if name == "owner" and component.kind.name in CONTAINERS:
            node = replace(node, hands_over=component.name, late=roles.owners.get(component.name) != new)
        found.append(node)
    return found


def _links(one: Difference, cut: bool, roles: Roles) -> list[_Node]:
    """What goes and what comes of a component's links: all, where it gets another owner, or of a drop with `cut`."""
    component, live = one.component, one.live
    handed, dropped = _handed_over(one, roles), one.action == "drop"
    goes: Attributes = {}
    comes: Attributes = {}
    for name in [prop.name for prop in component.kind.properties if prop.link]:
        old = live.values.get(name) if live is not None else None
        new = None if dropped else old if name in component.ignore else component.values.get(name)
        kept = None if handed or dropped else new if live is None else _common(old, new)
        if old not in (None, kept) and (cut or not dropped):
            goes[name] = (old, kept)
        if new != kept:
            comes[name] = (kept, new)
    owner = live.owner if live is not None else ""
    found = []
    if goes:
        node = _node(one, "alter", ddl.changes(component, goes), goes, roles.first(owner), _differ(goes), UNLINKING)
        found.append(replace(node, needs=frozenset()))
    if comes:
        role = roles.first(component.owner, owner, roles.creator(component))
        node = _node(one, "alter", ddl.changes(component, comes), comes, role, _differ(comes), LINKING)
        kind = f"the links of a {component.kind.name}"  # a circle of them is none that can be made
        after = {(kind, name) for need, name in node.needs if need == component.kind.name}
        found.append(replace(node, makes=((kind, component.name),), needs=node.needs | after))
    return found


def _common(old: Any, new: Any) -> Any:
    """What two values of a link share."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        return tuple(one for one in old if one in new) or None
    return old if old == new else None


def _handed_over(one: Difference, roles: Roles) -> bool:
    """Whether it gets another owner."""
    if one.live is None:
        return one.component.owner not in ("", roles.creator(one.component))
    return "owner" in one.attributes


def _unlinked(component: Component) -> Component:
    values = {name: value for name, value in component.values.items() if not component.kind.find(name).link}
    return replace(component, values=values)


def _made(one: Difference, grants: Grants, roles: Roles) -> _Node:
    declared, live = one.component, one.live
    if live is None:
        declared = _unlinked(declared) if _handed_over(one, roles) else declared
        pairs: Pairs = [(text, ()) for text in ddl.create(declared)]
        pairs[0] = (pairs[0][0], (ddl.drop(declared, if_exists=True),))
        found = {name: declared.kind.find(name) for name in declared.values}
        shown = {name: (None, declared.values[name]) for name, one in found.items() if not (one.apart or one.settled)}
        return _node(one, "create", pairs, shown, roles.creator(declared), one.reason)
    role = roles.first(live.owner, roles.creator(declared))
    declared = _keeping(declared, live)
    pairs = declared.kind.rebuild(declared, live) if declared.kind.rebuild is not None else []
    if not pairs:
        return _node(one, "replace", _replace(declared, live, grants), one.attributes, role, one.reason)
    if declared.kind.copies_grants is None:
        again = tuple(grants.get(live.key, ()))
        (made, undo), *later = pairs
        undo += again if any(text.startswith("CREATE OR REPLACE") for text in undo) else ()
        pairs = [(made, undo), *later, *((text, ()) for text in again)]
    node = _node(one, "replace", pairs, one.attributes, role, one.reason)
    if declared.kind.loses is None:
        return node
    loses = declared.kind.loses(one.attributes)
    return replace(node, change=replace(node.change, effect="destructive" if loses else "replace"))


def _keeping(declared: Component, live: Component) -> Component:
    """What takes a live one's place, with what that one has of what counts only where it is declared."""
    optional = [one.name for one in live.kind.properties if one.optional and not one.apart]
    kept = {name: live.values[name] for name in optional if name in live.values and name not in declared.values}
    return replace(declared, values={**declared.values, **kept})


def _replace(declared: Component, live: Component, grants: Grants) -> Pairs:
    """CREATE OR REPLACE, and the privileges given back where the kind cannot copy them."""
    again = list(grants.get(live.key, ()))
    live = _completed(live, declared)
    made = ddl.create(declared, replace=True)
    if live.kind.undrop:
        aside = live.named(*live.name[:-1], f"{live.name[-1][:240]}_REPLACED")
        undo = [f"ALTER {ddl.target(live)} RENAME TO {aside.quoted}", f"UNDROP {ddl.target(live)}", ddl.drop(aside)]
    else:
        undo = [*ddl.create(live, replace=True), *again]
    first: Pairs = [(made[0], tuple(undo))]
    return [*first, *((text, ()) for text in (*made[1:], *again))]


def _completed(live: Component, declared: Component) -> Component:
    """A live component with what an account does not show of it as it is declared: the nearest that is known."""
    kind = live.kind
    unseen = {one.name for one in kind.properties if one.source == "nowhere"}
    unseen |= {name for name, value in live.values.items() if not kind.find(name).type.known(value)}
    given = {name: declared.values[name] for name in unseen if name in declared.values}
    return replace(live, values={**given, **{name: value for name, value in live.values.items() if name not in given}})


def _alter(one: Difference, attributes: Attributes, grants: Grants, roles: Roles) -> _Node:
    declared, live = one.component, one.live
    assert live is not None
    before, after = declared.kind.around(live, set(attributes)) if declared.kind.around is not None else ([], [])
    pairs = [*before, *ddl.changes(declared, attributes), *after]
    if pairs and declared.kind.rebuild is not None and _one_way(one):
        undo = (*(text for text, _ in declared.kind.rebuild(live, declared)), *grants.get(live.key, ()))
        pairs = [(pairs[0][0], undo), *((text, ()) for text, _ in pairs[1:])]
    known = not declared.container or declared.kind.probes is not None
    role = roles.first(live.owner, roles.creator(declared) if known else "")
    return _node(one, "alter", pairs, attributes, role, _differ(attributes))


def _rename(one: Difference, roles: Roles) -> _Node:
    assert one.live is not None
    role = roles.first(one.live.owner)
    return _node(one, "alter", ddl.rename(one.live, one.component.name), one.attributes, role, one.reason, phase=0)


def _drop(one: Difference, grants: Grants, roles: Roles) -> _Node:
    assert one.live is not None
    undo = ddl.restore(one.live, grants.get(one.live.key, ()))
    # who gives the privileges of a role or user back has to manage grants, and has what USERADMIN has
    manager = "SECURITYADMIN" if one.live.kind.role == "USERADMIN" and one.live.owner == "USERADMIN" else ""
    role = roles.first(manager, one.live.owner)
    apart = {name: pair for name, pair in _given(one.live).items() if name != "owner"}
    own = {name: pair for name, pair in apart.items() if roles.first(one.live.kind.find(name).role) == role}
    undo += [statement for statement, _ in ddl.changes(one.live, own)]
    return _node(one, "drop", [(ddl.drop(one.live), tuple(undo))], {}, role, one.reason, phase=ENDING)


# what runs


def _moved(differences: Iterable[Difference], there: Iterable[Component]) -> list[Component]:
    """What is there, under the names that it has when its containers have other ones."""
    found = list(there)
    for one in differences:
        if one.live is None or "name" not in one.attributes or one.live.kind.name not in CONTAINERS:
            continue
        old, new = one.live.name, one.component.name
        named = [each.named(*new, *each.name[len(old) :]) if each.name[: len(old)] == old else each for each in found]
        found = [_following(each, old, new) for each in named]
    return found


def _settled(differences: Sequence[Difference], there: Sequence[Component], roles: Roles) -> list[_Node]:
    """What is stopped before all changes but renames, and what is started behind them."""
    found: list[_Node] = []
    for name, settle in {one.component.kind.name: one.component.kind.settle for one in differences}.items():
        if settle is None:
            continue
        own = {one.component.key: one for one in differences if one.component.kind.name == name}
        was = {one.key: one for one in there if one.kind.name == name}
        was |= {key: one.live for key, one in own.items() if one.live is not None}
        kept = {key: one for key, one in was.items() if key not in own}
        will = {**kept, **{key: _becoming(one) for key, one in own.items() if one.declared is not None}}
        changed = {key: set(one.attributes) for key, one in own.items()}
        stops, starts = settle([*was.values()], [*will.values()], changed)
        found += [_turned(one, own.get(one.key), 0, number, roles) for number, one in enumerate(stops)]
        found += [_turned(one, own.get(one.key), ENDING + 1, number, roles) for number, one in enumerate(starts)]
    return found


def _turned(component: Component, changed: Difference | None, phase: int, number: int, roles: Roles) -> _Node:
    """The change that stops a component, in phase 0, or starts it."""
    starts = phase >= ENDING
    prop = component.kind.settled
    assert prop is not None
    assert prop.settled is not None
    name, states = prop.name, prop.settled if starts else prop.settled[::-1]
    live = changed.live if changed is not None else component
    role = roles.first(component.owner, live.owner if live is not None else "", roles.creator(component))
    own = changed is not None and (name in changed.attributes or changed.action != "alter")
    why = "as it is declared to be started" if starts else "before it changes"
    reason = why if own else "as its graph has changed" if starts else "as its graph changes"
    pairs = ddl.changes(component, {name: states})
    one = Difference("alter", component, None)
    node = _node(one, "alter", pairs, {name: states}, role, f"{'resumed' if starts else 'suspended'} {reason}", phase)
    return replace(node, rank=LAST + number, makes=(), needs=frozenset())


def _becoming(one: Difference) -> Component:
    """A component as it will be, with what is left to others as it is."""
    if one.live is None:
        return one.component
    found = _keeping(one.component, one.live)
    ignored = one.component.ignore
    left = {name: value for name, value in one.live.values.items() if name in ignored}
    own = {name: value for name, value in found.values.items() if name not in ignored}
    return replace(found, values={**own, **left})


def _node(
    one: Difference,
    action: ChangeAction,
    pairs: Pairs,
    attributes: Attributes,
    role: str,
    reason: str,
    phase: int = MAKING,
) -> _Node:
    component = one.component
    kind = component.kind
    change = Change(
        action=action,
        kind=kind.slug,
        target=component.quoted,
        effect=effect(action, [text for text, _ in pairs]),
        reason=reason,
        statements=tuple(pairs),
        attributes=tuple(part for name, pair in attributes.items() for part in _told(component, name, *pair)),
        role=role,
        warnings=kind.warn(one.live, action) if kind.warn is not None and one.live is not None else (),
        file=component.place.file,
        line=component.place.line,
    )
    made = tuple(_makes(component)) if phase in (0, MAKING, ENDING) else ()
    return _Node(
        change, component.key, phase, component.kind.rank, made, frozenset(_needs(component, phase, attributes))
    )


def _makes(component: Component) -> Iterable[Need]:
    """What a component is to those that name it, with its kind or without."""
    yield component.kind.name, component.name
    yield from [("", component.name)] if component.kind.makes is None else component.kind.makes(component)


def _told(component: Component, name: str, old: Any, new: Any) -> Iterable[tuple[str, Any, Any]]:
    """A property's old and new value, as a reader wants them: what has none of its own has its default."""
    if name == "name":
        return [(name, old, new)]
    prop = component.kind.find(name)
    default = component.defaults().get(name, prop.default)
    before, after = (default if value is None else value for value in (old, new))
    return [(f"{name}{part}", *pair) for part, *pair in prop.type.told(before, after)]


def effect(action: ChangeAction, statements: Iterable[str]) -> Effect:
    """Whether statements are safe, replace an object, or can lose what cannot be had back."""
    if any(sql.classify(text)[1] == "yes" for text in statements):
        return "destructive"
    return "replace" if action == "replace" else "safe"


def _needs(component: Component, phase: int, attributes: Iterable[str]) -> Iterable[Need]:
    """What has to be there before a component can be as it is, but for what is late; or for what is altered apart."""
    yield from (("", component.name[:size]) for size in range(1, len(component.name)))
    for prop in component.kind.properties:
        value = component.values.get(prop.name)
        counts = prop.name in attributes if phase == APART else phase == ENDING or not prop.late
        if value is not None and counts:
            yield from prop.type.names(value, component.container)
    if component.kind.needs is not None and phase != APART:
        yield from component.kind.needs(component)


# the order


def _ordered(nodes: Sequence[_Node]) -> list[_Node]:
    """Each after what it needs; of those that are free, by phase, rank and name.

    Drops come last, and what needs another is dropped before it; but a drop that frees a name that is wanted again
    comes first.
    """
    before: list[set[int]] = [set() for _ in nodes]
    makers: dict[Need, set[int]] = defaultdict(set)
    droppers: dict[Need, set[int]] = defaultdict(set)
    parts: dict[tuple[str, ...], set[int]] = defaultdict(set)  # what happens to one component
    for index, node in enumerate(nodes):
        parts[node.key].add(index)
        for made in node.makes:
            (droppers if node.change.action == "drop" else makers)[made].add(index)
    dropped = {node.key[1:]: index for index, node in enumerate(nodes) if node.change.action == "drop"}
    handed = {node.hands_over: index for index, node in enumerate(nodes) if node.hands_over}
    for index, node in enumerate(nodes):
        if node.change.action == "drop":
            for need in node.needs:
                for other in (droppers.get(need, set()) | droppers.get((OF_ANY_KIND, need[1]), set())) - {index}:
                    before[other].add(index)
            continue
        for need in node.needs:
            found = makers.get(need, set()) | makers.get((OF_ANY_KIND, need[1]), set())
            before[index] |= {maker for maker in found if nodes[maker].key != node.key}
        if node.change.action == "create" and node.key[1:] in dropped:
            before[index].add(dropped[node.key[1:]])
        if node.phase in (APART, LINKING):
            before[index] |= {other for other in parts[node.key] if nodes[other].phase < node.phase}
        itself = node.phase == APART and not node.hands_over  # what is said of a container late is as if inside of it
        for size in range(1, len(node.key) - (not itself)):
            other = handed.get(node.key[1 : size + 1], index)
            if other != index:
                before[other if nodes[other].late else index].add(index if nodes[other].late else other)
    return [nodes[index] for index in _sorted(before, nodes)]


def _sorted(before: list[set[int]], nodes: Sequence[_Node]) -> list[int]:
    waiting = [len(found) for found in before]
    behind: dict[int, list[int]] = defaultdict(list)
    for index, found in enumerate(before):
        for earlier in found:
            behind[earlier].append(index)

    def entry(index: int) -> tuple[int, int, tuple[str, ...], int]:
        node = nodes[index]
        return node.phase, -node.rank if node.phase == ENDING else node.rank, node.key, index

    ready = [entry(index) for index, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        index = heapq.heappop(ready)[-1]
        order.append(index)
        for later in behind[index]:
            waiting[later] -= 1
            if not waiting[later]:
                heapq.heappush(ready, entry(later))
    if len(order) < len(nodes):
        stuck = sorted({nodes[index].change.target for index in range(len(nodes)) if waiting[index]})
        raise SourceError(f"components need each other: {', '.join(stuck[:5])}", "dependency_cycle")
    return order
