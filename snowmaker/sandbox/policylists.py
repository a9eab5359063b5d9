"""Policies that are a list of properties: password, session and authentication policies.

https://docs.snowflake.com/en/sql-reference/sql/create-password-policy
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import CREATED_ON, Kind, Made, alterable, creatable, register, texts
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.policies import refuse_dropping
from snowmaker.sandbox.result import DESCRIBE, Result


@dataclass(frozen=True)
class Setting:
    """One property of such a policy, with the default and the description that DESCRIBE shows."""

    name: str
    read: Reader
    default: Any
    description: str


def policy_kind(name: str, settings: Sequence[Setting], *, made: Made | None = None, alter: bool = False) -> Kind:
    """Register a kind of policy made of settings; with `alter`, CREATE OR ALTER too."""
    kind = Kind(
        name,
        name.replace("POLICY", "POLICIES"),
        "SCHEMA",
        (CREATED_ON, *texts("name database_name schema_name kind owner comment owner_role_type options")),
        _row,
        grants=("APPLY",),
        describe=partial(_described, settings),
        before_drop=refuse_dropping,
        recorded=True,
    )
    register(kind)
    readers: Mapping[str, Reader] = {**{each.name: each.read for each in settings}, "COMMENT": Parser.string}
    creatable(kind, readers, modifiers=("OR REPLACE", "OR ALTER") if alter else ("OR REPLACE",), made=made)
    alterable(kind, readers, made=made)
    return kind


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.created_on, entry.name, database, schema, entry.kind.replace(" ", "_"), context.owner(entry),
        entry.comment, context.owner_type(entry), "",
    )  # fmt: skip


def _described(settings: Sequence[Setting], context: Context, entry: Entry) -> Result:
    rows = [
        ("NAME", entry.name, "null", f"Name of {entry.kind.lower()}."),
        ("OWNER", context.owner(entry), "null", f"Owner of {entry.kind.lower()}."),
        ("COMMENT", entry.comment, "null", "user comment associated to an object in the dictionary"),
    ]
    for each in settings:
        value = entry.get(each.name.lower(), each.default)
        if isinstance(each.default, Mapping):  # what a group does not name stays as it is by default
            value = {**each.default, **value}
        rows.append((each.name, shown(value), shown(each.default), each.description))
    return Result(texts("property value default description"), rows, type_id=DESCRIBE)


def shown(value: Any) -> str:
    """A value as DESCRIBE writes it."""
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(str(each) for each in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={shown(each)}" for key, each in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)
