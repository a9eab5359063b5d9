"""SHOW GRANTS and SHOW FUTURE GRANTS: https://docs.snowflake.com/en/sql-reference/sql/show-grants"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.access import MANAGE_GRANTS
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.context import ACCOUNT_NAME, Context, dotted
from snowmaker.sandbox.grants import MEMBER, OWNERSHIP, Grant
from snowmaker.sandbox.kinds import CREATED_ON, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.privileges import IMPORTED, domain
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, Column, Result
from snowmaker.sandbox.routines import grant_name
from snowmaker.sandbox.securable import read_database_role, read_object, read_role, read_user

Row = tuple[Any, ...]

_GRANTS = (
    CREATED_ON,
    *texts("privilege granted_on name granted_to grantee_name grant_option granted_by granted_by_role_type"),
)
_TO_USER = (
    CREATED_ON,
    *texts("privilege granted_on name role granted_to grantee_name grant_option granted_by"),
)
_OF = (CREATED_ON, *texts("role granted_to grantee_name granted_by"))
_FUTURE = (CREATED_ON, *texts("privilege grant_on name grant_to grantee_name grant_option"))


def _result(parser: Parser, columns: tuple[Column, ...], rows: list[Row]) -> Result:
    """With LIMIT, the first rows only."""
    limit = parser.integer() if parser.accept("LIMIT") else None
    parser.end()
    return Result(columns, rows[:limit], type_id=SHOW)


# -- one grant as a row --------------------------------------------------------------------------------


class _Names:
    """Names of what grants mention by id, each looked up once; None for what is dropped."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[int, tuple[str, str] | None] = {ACCOUNT: ("ACCOUNT", ACCOUNT_NAME)}

    def of(self, id_: int) -> tuple[str, str] | None:
        """The kind, as SHOW GRANTS calls it, and the full name of an object that is there."""
        if id_ not in self._known:
            self._known[id_] = self._read(id_)
        return self._known[id_]

    def _read(self, id_: int) -> tuple[str, str] | None:
        entry = self._catalog.get(id_)
        if entry is None or entry.dropped_on is not None:
            return None
        own = dotted((grant_name(entry) if entry.kind in ("FUNCTION", "PROCEDURE") else entry.name,))
        if entry.parent == ACCOUNT:
            return domain(entry.kind), own
        above = self.of(entry.parent)
        return None if above is None else (domain(entry.kind), f"{above[1]}.{own}")

    def holder(self, id_: int) -> tuple[str, str]:
        """The kind and the bare name of a role or user; nothing of one that is gone."""
        entry = self._catalog.get(id_)
        return (entry.kind.replace(" ", "_"), entry.name) if entry is not None else ("", "")


def _row(names: _Names, grant: Grant) -> Row | None:
    """created_on … granted_by_role_type; None for what is on something dropped."""
    on = names.of(grant.on)
    if on is None:
        return None
    privilege = "USAGE" if grant.privilege in (MEMBER, IMPORTED) else grant.privilege
    by_kind, by = names.holder(grant.grantor)
    option = "true" if grant.grantable else "false"
    return (grant.created_on, privilege, *on, *names.holder(grant.grantee), option, by, by_kind)


def _ownership(names: _Names, entry: Entry) -> Row | None:
    """The row of who owns an object; none for what the system owns."""
    on = names.of(entry.id)
    if on is None or not entry.owner:
        return None
    kind, name = names.holder(entry.owner)
    return (entry.created_on, OWNERSHIP, *on, kind, name, "true", name, kind)


def _there(rows: Iterable[Row | None]) -> list[Row]:
    return [row for row in rows if row is not None]


# -- SHOW GRANTS ---------------------------------------------------------------------------------------


@statement("SHOW", "GRANTS")
def _show(context: Context, parser: Parser) -> Result:
    """Of nothing said: those of the session's user."""
    return _to_user(context, parser, context.catalog.by_id(context.session.user_id))


@statement("SHOW", "GRANTS", "ON")
def _on(context: Context, parser: Parser) -> Result:
    """By grantee, then by privilege. The users who have a role are told by OF ROLE."""
    names = _Names(context.catalog)
    entry = None if parser.accept("ACCOUNT") else read_object(context, parser)
    grants = context.catalog.grants.on(ACCOUNT if entry is None else entry.id)
    if entry is not None and entry.kind == "ROLE":
        grants = tuple(grant for grant in grants if names.holder(grant.grantee)[0] != "USER")
    rows = [_row(names, grant) for grant in grants]
    if entry is not None:
        rows.append(_ownership(names, entry))
    return _result(parser, _GRANTS, sorted(_there(rows), key=lambda row: (row[5], row[1])))


@statement("SHOW", "GRANTS", "TO")
def _to(context: Context, parser: Parser) -> Result:
    _refuse(parser, "SHOW GRANTS TO")
    if parser.accept("USER"):
        return _to_user(context, parser, read_user(context, parser))
    if parser.accept("DATABASE", "ROLE"):
        return _to_role(context, parser, read_database_role(context, parser))
    parser.expect("ROLE")
    return _to_role(context, parser, read_role(context, parser))


def _refuse(parser: Parser, command: str) -> None:
    for kind in ("SHARE", "APPLICATION ROLE", "APPLICATION", "SERVICE ROLE"):
        if parser.at(*kind.split()):
            raise sqlerror.unsupported(f"{command} {kind}")


def _to_role(context: Context, parser: Parser, role: Entry) -> Result:
    """By kind, name and privilege. A database role may use its own database, as nobody's grant."""
    names = _Names(context.catalog)
    rows = [_row(names, grant) for grant in context.catalog.grants.to(role.id) if not grant.future]
    rows += [_ownership(names, entry) for entry in context.catalog.owned(role.id)]
    if role.kind == "DATABASE ROLE":
        rows.append((role.created_on, "USAGE", *_own_database(context, role), *names.holder(role.id), "false", "", ""))
    return _result(parser, _GRANTS, sorted(_there(rows), key=lambda row: (row[2], row[3], row[1], row[7])))


def _own_database(context: Context, role: Entry) -> tuple[str, str]:
    return "DATABASE", context.path(context.catalog.by_id(role.parent))


def _to_user(context: Context, parser: Parser, user: Entry) -> Result:
    if user.id != context.session.user_id and not context.access.global_(MANAGE_GRANTS):
        context.require(user, OWNERSHIP, "MONITOR")
    names = _Names(context.catalog)
    rows = _there(_row(names, grant) for grant in context.catalog.grants.to(user.id))
    rows.sort(key=lambda row: (row[2], row[3], row[1]))
    # created_on, privilege, granted_on, name, role, granted_to, grantee_name, grant_option, granted_by
    told = [(*row[:4], row[3] if row[2] == "ROLE" else None, *row[4:8]) for row in rows]
    return _result(parser, _TO_USER, told)


@statement("SHOW", "GRANTS", "OF")
def _of(context: Context, parser: Parser) -> Result:
    _refuse(parser, "SHOW GRANTS OF")
    if parser.accept("DATABASE", "ROLE"):
        role = read_database_role(context, parser)
    else:
        parser.expect("ROLE")
        role = read_role(context, parser)
    names, path = _Names(context.catalog), context.path(role)
    rows: list[Row] = []
    for grant in context.catalog.grants.on(role.id):
        if grant.privilege == MEMBER:
            rows.append((grant.created_on, path, *names.holder(grant.grantee), names.holder(grant.grantor)[1]))
    return _result(parser, _OF, sorted(rows, key=lambda row: (row[2], row[3])))


# -- SHOW FUTURE GRANTS --------------------------------------------------------------------------------


@statement("SHOW", "FUTURE", "GRANTS", "IN")
def _future_in(context: Context, parser: Parser) -> Result:
    """Of a database: without those of its schemas."""
    if parser.accept("DATABASE"):
        container = context.database(parser.name(1)[0])
    else:
        parser.expect("SCHEMA")
        container = context.schema(parser.name(2))
    return _future(context, parser, context.catalog.grants.future(container.id))


@statement("SHOW", "FUTURE", "GRANTS", "TO")
def _future_to(context: Context, parser: Parser) -> Result:
    if parser.accept("DATABASE", "ROLE"):
        role = read_database_role(context, parser)
    else:
        parser.expect("ROLE")
        role = read_role(context, parser)
    return _future(context, parser, (grant for grant in context.catalog.grants.to(role.id) if grant.future))


def _future(context: Context, parser: Parser, grants: Iterable[Grant]) -> Result:
    """By grantee, kind, place and privilege."""
    names = _Names(context.catalog)
    rows: list[tuple[datetime, Any, Any, Any, Any, Any, Any]] = []
    for grant in grants:
        place = names.of(grant.on)
        if place is None:
            continue
        kind = domain(grant.future)
        option = "true" if grant.grantable else "false"
        rows.append(
            (grant.created_on, grant.privilege, kind, f"{place[1]}.<{kind}>", *names.holder(grant.grantee), option)
        )
    rows.sort(key=lambda row: (row[5], row[2], row[3].count("."), row[3], row[1]))
    return _result(parser, _FUTURE, list(rows))
