"""Components and grants → the YAML that declares them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from snowmaker import placeholders, sql
from snowmaker.components import Component
from snowmaker.components.grant import Grant, Grantee, written

ACCOUNT = "account"
WIDTH = 110
Document = dict[str, Any]


def texts(
    components: Iterable[Component], grants: Iterable[Grant], owners: Mapping[tuple[str, ...], str]
) -> dict[str, str]:
    """The texts by file: `account`, and the name of each database in lower case. Values that are defaults are left out.

    `owners` has who owns databases and schemas: an owner is written where it is not who would own it anyway.
    """
    documents: dict[str, Document] = defaultdict(dict)
    members = _Members(grants)
    for one in sorted(components, key=lambda component: (len(component.name), component.kind.rank, component.key)):
        said = members.body(one) | body(one, owners)
        if one.kind.single:
            documents[ACCOUNT][one.kind.section] = said
        else:
            _place(documents[_file(one)], one, said)
    for grantee, listed in members.privileges():
        document = documents[ACCOUNT if grantee[0] == "ROLE" else grantee[1][0].lower()]
        document.setdefault("grants", {})[sql.quote_name(*grantee[1])] = listed
    return {name: dumped(_pruned(document)) for name, document in documents.items() if _pruned(document)}


def _file(one: Component) -> str:
    inside = one.kind.level != "account" or one.kind.name == "DATABASE"
    return one.name[0].lower() if inside else ACCOUNT


def _place(document: Document, one: Component, body: Document) -> None:
    """Put a body where its component belongs, under its containers."""
    found = document
    for kind, part in zip(("databases", "schemas"), one.container, strict=False):
        found = found.setdefault(kind, {}).setdefault(sql.quote_identifier(part), {})
    name = sql.quote_identifier(one.name[-1]) + ("" if one.arguments is None else f"({', '.join(one.arguments)})")
    section = found.setdefault(one.kind.section, {})
    section[name] = {**body, **section.get(name, {})}


def body(one: Component, owners: Mapping[tuple[str, ...], str]) -> Document:
    """The properties; those that YAML cannot have, as the account hides them, are left to others."""
    found: Document = {}
    left: list[str] = []
    for prop in one.kind.compared(one.values):
        value = one.values.get(prop.name)
        nothing = value is None or (prop.optional and value == ())
        if nothing or prop.source == "nowhere" or (prop.name == "owner" and _expected(one, owners) == value):
            continue
        plain = prop.type.plain(value, one.container)
        if plain is None:
            left.append(prop.name)
        else:
            found[prop.short or prop.name] = plain
    return {**found, "ignore": left} if left else found


def _expected(one: Component, owners: Mapping[tuple[str, ...], str]) -> str:
    """Who would own it by itself: whose business the kind is, or who owns the container."""
    return one.kind.role if one.kind.level == "account" else owners.get(one.container, "")


def _pruned(document: Document) -> Document:
    """Without the schema PUBLIC where nothing is in it, as every database has one."""
    for database in document.get("databases", {}).values():
        schemas = database.get("schemas", {})
        if not schemas.get("PUBLIC", True):
            del schemas["PUBLIC"]
        if not schemas:
            database.pop("schemas", None)
    return document


class _Members:
    """Grants, those of roles apart: they are written with the role or the user."""

    def __init__(self, grants: Iterable[Grant]) -> None:
        self._of: dict[tuple[str, tuple[str, ...]], list[Grant]] = defaultdict(list)
        self._to: dict[Grantee, list[Grant]] = defaultdict(list)
        self._privileges: dict[Grantee, dict[tuple[object, ...], list[Grant]]] = defaultdict(lambda: defaultdict(list))
        seen: set[tuple[object, ...]] = set()
        for grant in grants:
            if grant.key in seen or grant.privilege == "OWNERSHIP":
                continue
            seen.add(grant.key)
            if grant.membership:
                self._of[grant.on, grant.name].append(grant)
                self._to[grant.grantee].append(grant)
            else:
                place = (grant.on, grant.name, grant.arguments, grant.reach, grant.option)
                self._privileges[grant.grantee][place].append(grant)

    def body(self, one: Component) -> Document:
        """What a role or user is a member of, or has as members."""
        names = {prop.name for prop in one.kind.properties}
        if "granted_to" in names:
            found = [grant for grant in self._of[one.kind.name, one.name] if grant.grantee[0] != "USER"]
            return {"granted_to": sorted(sql.quote_name(*grant.grantee[1]) for grant in found)} if found else {}
        if "roles" in names:
            roles = sorted(sql.quote_name(*grant.name) for grant in self._to[one.kind.name, one.name])
            return {"roles": roles} if roles else {}
        return {}

    def privileges(self) -> list[tuple[Grantee, list[str]]]:
        """The grants of each role as a person writes them."""
        return [
            (grantee, sorted(written(grants) for grants in found.values()))
            for grantee, found in sorted(self._privileges.items())
            if grantee[0] in ("ROLE", "DATABASE ROLE")
        ]


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Texts of several lines as blocks; what stands for a secret in quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, text: str) -> Any:
    lines = "\n" in text and not any(line != line.rstrip() for line in text.splitlines())
    style = "|" if lines else '"' if placeholders.has_mark(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dumped(document: Any, *, flow: bool = False) -> str:
    """A document as YAML, in the order it has; with `flow` on one line, in `{ }` and `[ ]`."""
    width, style = (1 << 30, True) if flow else (WIDTH, False)
    options = {"Dumper": _Dumper, "sort_keys": False, "allow_unicode": True}
    return str(yaml.dump(document, width=width, default_flow_style=style, **options))
