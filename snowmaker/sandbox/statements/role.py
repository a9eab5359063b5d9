"""ROLE: https://docs.snowflake.com/en/sql-reference/sql/create-role"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox.access import inherited
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.grants import MEMBER
from snowmaker.sandbox.kinds import CREATED_ON, Kind, alterable, creatable, number, register, texts
from snowmaker.sandbox.properties import string
from snowmaker.sandbox.sqlerror import SqlError

OPTIONS = {"COMMENT": string}

_COLUMNS = (
    CREATED_ON,
    *texts("name is_default is_current is_inherited"),
    *(number(name) for name in ("assigned_to_users", "granted_to_roles", "granted_roles")),
    *texts("owner comment"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-roles#output"""
    catalog, current = context.catalog, context.session.role_id
    user = catalog.by_id(context.session.user_id)
    below = entry.id != current and entry.id in inherited(catalog, current)
    return (
        entry.created_on, entry.name, letter(entry.name == user.get("default_role")), letter(entry.id == current),
        letter(below), held_by(context, entry, "USER"), held_by(context, entry, "ROLE"),
        holding(context, entry, "ROLE"), context.owner(entry), entry.comment,
    )  # fmt: skip


def letter(yes: bool) -> str:
    """Y or N, as SHOW writes them."""
    return "Y" if yes else "N"


def held_by(context: Context, role: Entry, kind: str) -> int:
    """How many users, roles or database roles were given a role."""
    catalog = context.catalog
    given = [grant.grantee for grant in catalog.grants.on(role.id) if grant.privilege == MEMBER]
    return sum(catalog.by_id(grantee).kind == kind for grantee in given)


def holding(context: Context, role: Entry, kind: str) -> int:
    """How many roles or database roles a role was given."""
    catalog = context.catalog
    return sum(catalog.by_id(each).kind == kind for each in catalog.grants.members(role.id))


def _not_in_use(context: Context, role: Entry) -> None:
    """The session's own role stays; the error's number and words are not documented."""
    if role.id == context.session.role_id:
        raise SqlError(
            3553, "42501", f"SQL access control error:\nCannot drop role '{role.name}': it is the current role."
        )


_TERSE = ("created_on", "name", "is_default", "is_current", "is_inherited")
ROLE = Kind("ROLE", "ROLES", "ACCOUNT", _COLUMNS, _row, before_drop=_not_in_use, terse=_TERSE)
register(ROLE)
creatable(ROLE, OPTIONS, modifiers=("OR REPLACE", "OR ALTER"))
alterable(ROLE, OPTIONS)
