"""CREATE, ALTER, DROP and the way back, from what a kind says of its properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Component, Kind, Pairs, Property


def target(component: Component) -> str:
    """The kind and name as ALTER, DROP and GRANT write them: `TABLE DB.S.T`."""
    return f"{component.kind.name} {component.quoted}".rstrip()


def create(component: Component, *, replace: bool = False) -> list[str]:
    """The statements that make a component: CREATE, then what CREATE cannot say.

    With `replace` it takes the place of what is there, and keeps its privileges where the kind can.
    """
    kind = component.kind
    if kind.texts is not None:
        return [kind.texts(component)[0]]
    words = ["CREATE", "OR REPLACE"] if replace else ["CREATE"]
    given = [one for one in kind.properties if _writes(component, one)]
    words += [_form(component, one) for one in given if one.before]
    words += [kind.name, sql.quote_name(*component.name)]  # a routine's arguments are a property
    if replace and kind.copies_grants == "":
        words.append("COPY GRANTS")
    if any(not one.before for one in given):
        words.append(kind.lead)
    for one in kind.properties:
        if one in given and not one.before and not one.inside:
            words.append(_form(component, one))
        if replace and kind.copies_grants == one.name:
            words.append("COPY GRANTS")
    return [" ".join(word for word in words if word), *_after(component)]


def _after(component: Component) -> list[str]:
    """What is altered behind CREATE, but for what is another role's business; what is to run is started later."""
    later = [one for one in component.kind.properties if not (one.created or one.apart or one.source == "nowhere")]
    later = [one for one in later if not (one.settled and component.runs)]
    found: list[str] = []
    for one in later:
        value = component.values.get(one.name)
        if value is not None and not one.same(value, None):
            found += [statement for statement, _ in changes(component, {one.name: (None, value)})]
    return found


def _writes(component: Component, one: Property) -> bool:
    value = component.values.get(one.name)
    said = value != () or one.required or one.default is None
    return one.created and value is not None and said and one.type.known(value)


def _form(component: Component, one: Property) -> str:
    value = component.values[one.name]
    if isinstance(value, bool) and one.form and "{}" not in one.form:
        return one.form if value else ""
    inner = [each for each in component.kind.properties if each.inside == one.name and _writes(component, each)]
    if not inner:
        return assigned(one, value)
    parts = [one.type.literal(value), *(_form(component, each) for each in inner)]
    return one.form.replace("{}", ", ".join(parts))


def assigned(one: Property, value: Any) -> str:
    """A property with a value, as CREATE and SET write it."""
    form = one.form or f"{one.name.upper()} = {{}}"
    return form.replace("{}", one.type.literal(value))


def changes(component: Component, wanted: Mapping[str, tuple[Any, Any]]) -> Pairs:
    """The statements that lead from old values to new ones, each with its reverse; None is no value of its own.

    What goes makes room for what comes: two properties may exclude each other.
    """
    kind, name = component.kind, target(component)
    special = [(kind.find(key), pair) for key, pair in wanted.items()]
    found = _given(name, [(one.first, pair) for one, pair in special])
    found += _given(name, [(one.alter, pair) for one, pair in special if pair[1] in (None, ())])
    plain = {key: pair for key, pair in wanted.items() if kind.find(key).alter is None}
    groups = [plain] if kind.between else [{key: pair} for key, pair in plain.items()]
    for group in groups:
        setting = {key: pair for key, pair in group.items() if _sets(kind.find(key), pair[1])}
        for part in ({key: pair for key, pair in group.items() if key not in setting}, setting):
            new = {key: pair[1] for key, pair in part.items()}
            undo = tuple(_settings(kind, name, {key: pair[0] for key, pair in part.items()}))
            texts = _settings(kind, name, new)
            found += [(text, () if index else undo) for index, text in enumerate(texts)]
    found += _given(name, [(one.alter, pair) for one, pair in special if pair[1] not in (None, ())])
    return found + _given(name, [(one.last, pair) for one, pair in special])


def _given(name: str, calls: Iterable[tuple[Callable[[str, Any, Any], Pairs] | None, tuple[Any, Any]]]) -> Pairs:
    """The statements that properties give themselves."""
    return [pair for call, (old, new) in calls if call is not None for pair in call(name, old, new)]


def _sets(one: Property, value: Any) -> bool:
    """Whether a value is reached by SET; what has none is UNSET, where the kind can."""
    return not one.unset or (value is not None and (value != () or one.default == ()))


def _settings(kind: Kind, name: str, values: Mapping[str, Any]) -> list[str]:
    """ALTER … SET and ALTER … UNSET for these values; what cannot be written goes with what takes its place."""
    properties = [kind.find(key) for key in values]
    found = []
    setting = [one for one in properties if _sets(one, values[one.name])]
    reached = [(one, _reached(one, values[one.name])) for one in setting]
    parts = [assigned(one, value) for one, value in reached if one.type.known(value)]
    if parts:
        found.append(f"ALTER {name} SET {kind.between.join(parts)}")
    unsetting = [one.name.upper() for one in properties if one not in setting]
    groups = [kind.between_unset.join(unsetting)] if kind.between_unset and unsetting else unsetting
    return found + [f"ALTER {name} UNSET {names}" for names in groups]


def _reached(one: Property, value: Any) -> Any:
    return one.default if value is None else value


def rename(component: Component, name: tuple[str, ...]) -> Pairs:
    """Give a component another name."""
    renamed = component.named(*name)
    there = f"ALTER {target(component)} RENAME TO {sql.quote_name(*renamed.name)}"
    return [(there, (f"ALTER {target(renamed)} RENAME TO {sql.quote_name(*component.name)}",))]


def drop(component: Component, *, if_exists: bool = False) -> str:
    """The statement that drops it."""
    if component.kind.texts is not None:
        return component.kind.texts(component)[1]
    return f"DROP {component.kind.name} {'IF EXISTS ' if if_exists else ''}{component.quoted}"


def restore(component: Component, grants: Sequence[str] = ()) -> list[str]:
    """The statements that bring back what was dropped: UNDROP, or its definition and the privileges on it."""
    if component.kind.undrop:
        return [f"UNDROP {target(component)}"]
    return [*create(component), *grants]


def order(component: Component, names: Iterable[str]) -> list[str]:
    """Names of properties as the kind has them in order."""
    wanted = set(names)
    return [one.name for one in component.kind.properties if one.name in wanted]
