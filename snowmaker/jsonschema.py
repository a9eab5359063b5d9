"""The JSON Schema of components, from the kinds: editors complete and check YAML by it.

https://json-schema.org/draft-07/json-schema-release-notes
"""

from __future__ import annotations

from typing import Any

from snowmaker.components import Kind, Property, kinds

Schema = dict[str, Any]

_GRANTS: Schema = {
    "type": "object",
    "description": "What roles and database roles have: `select on table DB.S.T`, `role READER`.",
    "additionalProperties": {
        "anyOf": [
            {"type": ["array", "null"], "items": {"type": "string"}},
            {
                "type": "object",
                "properties": {
                    "prune": {"type": "boolean", "description": "Revoke what is not declared."},
                    "privileges": {"type": "array", "items": {"type": "string"}},
                },
                "additionalProperties": False,
            },
        ]
    },
}
_PRUNE: Schema = {
    "description": "The kinds of which nothing may be there but what is declared; true for those declared here.",
    "anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "string"}}],
}


def components_schema() -> Schema:
    """The schema of a file of components."""
    known = list(kinds().values())
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "snowmaker components",
        "type": ["object", "null"],
        "properties": {**{kind.section: _section(kind) for kind in known}, "grants": _GRANTS, "prune": _PRUNE},
        "additionalProperties": False,
        "definitions": {kind.slug: _component(kind) for kind in known},
    }


def _section(kind: Kind) -> Schema:
    one = {"$ref": f"#/definitions/{kind.slug}"}
    if kind.single:
        return one
    return {
        "type": ["object", "null"],
        "properties": {"prune": {"anyOf": [{"type": "boolean"}, one]}},
        "additionalProperties": one,
    }


def _component(kind: Kind) -> Schema:
    properties: Schema = {}
    for one in kind.properties:
        properties[one.name] = _property(one)
        if one.short:
            properties[one.short] = _property(one)
    properties |= {
        "ignore": {"type": "array", "items": {"enum": [one.name for one in kind.properties]}},
        "protect": {"type": "boolean", "description": "Refuse to drop or replace it."},
        "renamed_from": {"type": "string", "description": "The name it had."},
    }
    if kind.holds:
        inner = [one for one in kinds().values() if one.inside(kind)]
        properties |= {one.section: _joined(properties.get(one.section), _section(one)) for one in inner}
        properties["prune"] = _PRUNE
    body: Schema = {
        "type": ["object", "null"],
        "description": kind.page,
        "properties": properties,
        "additionalProperties": {} if kind.others is not None else False,
    }
    return {"anyOf": [body, {"type": "string"}]} if kind.brief else body


def _joined(said: Schema | None, section: Schema) -> Schema:
    """A section of a container whose key is a property of it too: `tags` declares some, and assigns others."""
    if said is None:
        return section
    entries = [section["additionalProperties"], said["anyOf"][0]["additionalProperties"]]
    return {**section, "additionalProperties": {"anyOf": entries}}


def _property(one: Property) -> Schema:
    found = dict(one.type.schema)
    if one.default not in (None, "", ()):
        found["description"] = f"Default: {one.type.plain(one.default, ())}."
    return {"anyOf": [found, {"type": "null"}]} if found else {}
