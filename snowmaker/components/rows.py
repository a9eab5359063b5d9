"""Components from what an account shows: rows of SHOW, DESCRIBE and SHOW PARAMETERS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from snowmaker.components import tagging
from snowmaker.components.base import Component, Kind, Property, Record, Row, Values


def name_of(kind: Kind, record: Record) -> tuple[str, ...] | None:
    """The name of the object that a row of SHOW tells of; None for one that nobody declares."""
    if kind.identity is not None:
        return kind.identity(record)
    return name_in(kind, record)


def name_in(kind: Kind, record: Record) -> tuple[str, ...] | None:
    """The name in the columns that most kinds have it in."""
    name = str(record["name"])
    if kind.level == "account":
        return None if name in kind.system else (name,)
    database = str(record["database_name"] or "")
    if not database:
        return None  # of a shared application, or gone meanwhile
    return (database, name) if kind.level == "database" else (database, str(record["schema_name"]), name)


def component(kind: Kind, name: tuple[str, ...], row: Row, arguments: tuple[str, ...] | None = None) -> Component:
    """The component that a row is; only what differs from the defaults is among its values."""
    values: Values = {}
    for one in kind.properties:
        value = _value(one, kind, row, name[:-1])
        if value is not None:
            values[one.name] = value
    if kind.read is not None:
        values |= kind.read(row)
    if "tags" in row.bulk:
        values["tags"] = tagging.found_on(kind, row.bulk["tags"])
    if kind.others is not None:
        values |= _others(kind, row, name[:-1])
    facts = {**row.shown, **({"parameters": tuple(row.parameters)} if row.parameters else {})}
    facts |= kind.notes(row) if kind.notes is not None else {}
    found = Component(kind, name, values, arguments, facts=facts)
    defaults = found.defaults()
    kept = {key: value for key, value in values.items() if not _is_default(kind.find(key), value, defaults.get(key))}
    return replace(found, values=kept)


def _others(kind: Kind, row: Row, scope: tuple[str, ...]) -> Values:
    """The parameters that are set at the object itself, and are no properties of the kind."""
    listed = {one.name for one in kind.properties}
    names = [key.lower() for key, (_, level) in row.parameters.items() if level == kind.name]
    found = [kind.others(name) for name in names if name not in listed] if kind.others is not None else []
    return {one.name: one.type.shown(row.parameters[one.name.upper()][0], scope) for one in found if one is not None}


def _value(one: Property, kind: Kind, row: Row, scope: tuple[str, ...]) -> Any:
    if one.source == "show":
        return one.type.shown(row.shown.get(one.shown), scope)
    if one.source == "describe":
        return one.type.shown(row.described.get(one.shown.upper()), scope)
    if one.source == "parameters":
        value, level = row.parameters.get(one.shown.upper(), ("", ""))
        return one.type.shown(value, scope) if level == kind.name else None
    return None


def _is_default(one: Property, value: Any, derived: Any) -> bool:
    default = one.default if derived is None else derived
    return value is None or (default is not None and one.type.same(value, default))


def described(records: Iterable[Record]) -> Mapping[str, Any]:
    """What DESCRIBE says, by property in upper case: rows of properties, or one row of columns.

    A stage's properties stand under their parent: `STAGE_LOCATION.URL`.
    """
    listed = list(records)
    if listed and "property" in listed[0]:
        return {_property(record): record.get("property_value", record.get("value")) for record in listed}
    if listed and set(listed[0]) <= {"name", "value"}:
        return {str(record["name"]).upper(): record["value"] for record in listed}
    return {key.upper(): value for key, value in listed[0].items()} if listed else {}


def _property(record: Record) -> str:
    parent = record.get("parent_property")
    return (f"{parent}." if parent else "") + str(record["property"]).upper()


def parameters(records: Iterable[Record]) -> Mapping[str, tuple[str, str]]:
    """SHOW PARAMETERS by key: the value, and the level that set it, '' where nobody did."""
    return {str(one["key"]).upper(): (str(one["value"] or ""), str(one["level"] or "").upper()) for one in records}
