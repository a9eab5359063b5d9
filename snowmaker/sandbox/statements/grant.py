"""GRANT and REVOKE of privileges.

https://docs.snowflake.com/en/sql-reference/sql/grant-privilege
https://docs.snowflake.com/en/sql-reference/sql/revoke-privilege
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.access import MANAGE_GRANTS, managed_by
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import ACCOUNT_NAME, Context, dotted
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.grants import OWNERSHIP, Grant
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.privileges import ALL, IMPORTED, LEADS, domain, privileges_on
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.securable import Securables, in_its_database, read_grantee, read_securables
from snowmaker.sandbox.sqlerror import SqlError


@dataclass(frozen=True)
class Wish:
    """What a GRANT or REVOKE says: the privileges, on what, to or from whom."""

    privileges: tuple[str, ...]
    on: Securables
    grantee: Entry


# -- reading -------------------------------------------------------------------------------------------


def _read(context: Context, parser: Parser, verb: str) -> Wish:
    """`privileges ON … TO …`. Raises SqlError for a privilege that the kind does not have."""
    named = _read_privileges(parser)
    parser.expect("ON")
    on = read_securables(context, parser, verb)
    parser.expect("TO" if verb == "GRANT" else "FROM")
    grantee = read_grantee(context, parser, f"{verb} of privileges {'to' if verb == 'GRANT' else 'from'} a")
    return Wish(_applicable(named, on), on, grantee)


def _read_privileges(parser: Parser) -> tuple[str, ...]:
    """`SELECT, INSERT`, or ALL [PRIVILEGES] alone. A privilege is as many words as there are."""
    if parser.accept("ALL"):
        parser.accept("PRIVILEGES")
        return (ALL,)
    found = parser.list_of(lambda: _read_privilege(parser))
    if OWNERSHIP in found and len(found) > 1:
        raise SqlError(3007, "42601", "Cannot specify OWNERSHIP in privilege list.")
    return found


def _read_privilege(parser: Parser) -> str:
    if parser.peek().kind != "word" or parser.peek().value not in LEADS:
        raise parser.unexpected()
    words = [parser.scanner.take().value]
    while parser.peek().kind == "word" and not parser.at("ON"):
        words.append(parser.scanner.take().value)
        while parser.accept_operator("."):  # CREATE SNOWFLAKE.ML.FORECAST
            words[-1] += "." + parser.identifier()
    return " ".join(words)


def _applicable(named: tuple[str, ...], on: Securables) -> tuple[str, ...]:
    """The privileges meant, each of which the kind of object has."""
    imported = on.kind == "DATABASE" and on.entries and on.entries[0].get("type") == "APPLICATION"
    if imported:
        if named != (IMPORTED,):
            raise SqlError(
                3011, "42501", "Granting individual privileges on imported database is not allowed. "
                "Use 'GRANT IMPORTED PRIVILEGES' instead.",
            )  # fmt: skip
        return named
    known = privileges_on(on.kind)
    if named == (ALL,):
        return known
    for name in named:
        if name not in known and not (name == OWNERSHIP and on.kind != "ACCOUNT"):
            raise _invalid(name, on.kind)
    return tuple(dict.fromkeys(named))


def _invalid(privilege: str, kind: str) -> SqlError:
    """https://docs.snowflake.com/en/user-guide/security-access-control-privileges: each kind has its own."""
    called = "POLICY" if kind.endswith(" POLICY") and kind != "NETWORK POLICY" else domain(kind)
    return SqlError(
        3008, "42601", f"SQL compilation error:\nInvalid object type '{called}' for privilege '{privilege}'."
    )


# -- GRANT ---------------------------------------------------------------------------------------------


@statement("GRANT")
def _grant(context: Context, parser: Parser) -> Result:
    wish = _read(context, parser, "GRANT")
    grantable = parser.accept("WITH", "GRANT", "OPTION")
    if parser.at("COPY", "CURRENT", "GRANTS") or parser.at("REVOKE", "CURRENT", "GRANTS"):
        raise sqlerror.malformed("Only OWNERSHIP grant command may specify REVOKE CURRENT GRANTS option.")
    parser.end()
    _check_grantee(context, wish)
    _check_order(context, wish, "granted")
    if wish.on.future:
        return _grant_future(context, wish, grantable)
    bulk = wish.on.bulk and _refuse_pipes(wish, "grant", "to")
    with context.ddl() as ddl:
        objects, refused = _give(context, ddl, wish, grantable)
        if not objects or context.trial is not None:  # else what may be granted is
            _tell_refused("Grant", "granted", objects, refused)
    _tell_refused("Grant", "granted", objects, refused)
    return _done(objects) if bulk else status(SUCCESS)


def _refuse_pipes(wish: Wish, verb: str, direction: str) -> bool:
    """Pipes are granted one at a time: https://docs.snowflake.com/en/sql-reference/sql/grant-privilege"""
    if wish.on.kind == "PIPE":
        grantee = wish.grantee.kind
        raise SqlError(3540, "0A000", f"Bulk {verb} on objects of type PIPE {direction} {grantee} is restricted.")
    return True


def _check_grantee(context: Context, wish: Wish) -> None:
    """A database role holds privileges in its own database only.

    https://docs.snowflake.com/en/sql-reference/sql/grant-privilege: Database roles
    """
    if wish.grantee.kind != "DATABASE ROLE":
        return
    objects = (wish.on.container,) if wish.on.container is not None else wish.on.entries
    if wish.on.account or not all(each and in_its_database(context, wish.grantee, each) for each in objects):
        raise SqlError(
            2, "0A000", "Unsupported feature 'privileges on objects outside of the database of a database role'."
        )


def _check_order(context: Context, wish: Wish, verb: str) -> None:
    """READ on a stage is granted before WRITE, or with it, and revoked after it. Raises 003511, 003512.

    https://docs.snowflake.com/en/user-guide/security-access-control-privileges#stage-privileges
    The text for a stage that is there is not documented; that for future ones is known from the field.
    """
    asked, first = ("WRITE", "READ") if verb == "granted" else ("READ", "WRITE")
    if wish.on.kind != "STAGE" or asked not in wish.privileges or first in wish.privileges:
        return
    future = wish.on.kind if wish.on.future else ""
    find, grantee = context.catalog.grants.find, wish.grantee.id
    places = [wish.on.container] if wish.on.future else [each for each in wish.on.entries if each.owner != grantee]
    held = [find((first, each.id, grantee, future)) is not None for each in places if each is not None]
    if any(each != (verb == "granted") for each in held):
        grants = f"the {'future ' if future else ''}grants on stage"
        raise SqlError(
            3511 if verb == "granted" else 3512, "23001", f"SQL compilation error:\nPrivilege order violation for "
            f"{grants}. {first} should be {verb} before/simultaneously with {asked}.",
        )  # fmt: skip


def _targets(wish: Wish) -> Iterable[Entry | None]:
    return (None,) if wish.on.account else wish.on.entries


def _give(context: Context, ddl: Ddl, wish: Wish, grantable: bool) -> tuple[int, dict[str, None]]:
    """Grant what the roles may; the number of objects on which all was granted, and the privileges refused."""
    access, grants, now = context.access, context.catalog.grants, datetime.now(UTC)
    objects, refused = 0, dict[str, None]()
    for entry in _targets(wish):
        on = entry.id if entry is not None else ACCOUNT
        complete = True
        for privilege in wish.privileges:
            grantor = access.grantor(entry, privilege)
            if grantor is None:
                refused[privilege] = None
                complete = False
                continue
            fresh = Grant(privilege, on, wish.grantee.id, "", grantable, grantor, now)
            old = grants.find(fresh.key)
            if old is None:
                ddl.grant(fresh)
            elif grantable and not old.grantable:
                ddl.grant(replace(old, grantable=True))
        objects += complete
    return objects, refused


def _tell_refused(verb: str, done: str, objects: int, refused: Iterable[str], some: bool = False) -> None:
    """https://docs.snowflake.com/en/release-notes/bcr-bundles/2023_03/bcr-1026: an error, not a status

    Raises 003102 and 003103 where nothing was done, 003011 and 003012 where something was.
    """
    names = sorted(refused)
    if not names:
        return
    code = 3102 if verb == "Grant" else 3103
    if not objects and not some:
        raise SqlError(code, "42501", f"{verb} not executed: Insufficient privileges.")
    raise SqlError(
        3011 if verb == "Grant" else 3012,
        "42501",
        f"{verb} partially executed: privileges [{', '.join(names)}] not {done}.",
    )


def _done(objects: int) -> Result:
    return status(f"{SUCCESS} {objects} objects affected.")


def _grant_future(context: Context, wish: Wish, grantable: bool) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#future-grants-on-database-or-schema-objects"""
    container = _managed_container(context, wish)
    if wish.grantee.kind == "USER":
        raise sqlerror.unsupported("future grants to a user")
    with context.ddl() as ddl:
        for privilege in wish.privileges:
            ddl.grant(Grant(privilege, container.id, wish.grantee.id, wish.on.kind, grantable, context.role_id or 0))
    return status(SUCCESS)


def _managed_container(context: Context, wish: Wish) -> Entry:
    container = wish.on.container
    assert container is not None
    if not context.access.manages(container):
        raise sqlerror.insufficient(container.kind, container.name)
    return container


# -- REVOKE --------------------------------------------------------------------------------------------


@statement("REVOKE")
def _revoke(context: Context, parser: Parser) -> Result:
    option = parser.accept("GRANT", "OPTION", "FOR")
    wish = _read(context, parser, "REVOKE")
    cascade = parser.choice("CASCADE", "RESTRICT") == "CASCADE"
    parser.end()
    if not option:
        _check_order(context, wish, "revoked")
    if wish.on.future:
        return _revoke_future(context, wish, option)
    if wish.privileges == (OWNERSHIP,):
        raise SqlError(3037, "23001", "SQL execution error: OWNERSHIP can only be transferred.")
    if wish.on.bulk:
        _refuse_pipes(wish, "revoke", "from")
    taking = _Taking(context, option, cascade)
    with context.ddl() as ddl:
        for entry in _targets(wish):
            taking.take(ddl, wish, entry)
        if context.trial is not None:
            _tell_refused("Revoke", "revoked", taking.objects, taking.refused)
    _tell_refused("Revoke", "revoked", taking.objects, taking.refused)
    return _done(taking.objects)


class _Taking:
    """A REVOKE as it goes over objects: how many it took something from, and what it may not take."""

    def __init__(self, context: Context, option: bool, cascade: bool) -> None:
        self._context = context
        self._option = option
        self._cascade = cascade
        self.objects = 0
        self.refused: dict[str, None] = {}

    def take(self, ddl: Ddl, wish: Wish, entry: Entry | None) -> None:
        grants = self._context.catalog.grants
        on = entry.id if entry is not None else ACCOUNT
        taken = False
        for privilege in wish.privileges:
            grant = grants.find((privilege, on, wish.grantee.id, ""))
            if grant is None or (self._option and not grant.grantable):
                continue
            if not self._may(grant, entry):
                self.refused[privilege] = None
                continue
            self._take(ddl, grant, entry)
            taken = True
        self.objects += taken

    def _may(self, grant: Grant, entry: Entry | None) -> bool:
        """Its grantor may, the owner, and who manages grants; what Snowflake gave a system role stays."""
        context, access = self._context, self._context.access
        if entry is None:
            system = grant.grantor == 0 and context.catalog.by_id(grant.grantee).owner == 0
            return not system and access.grantor(None, grant.privilege) is not None
        managing = managed_by(context.catalog, entry)
        return (
            access.global_(MANAGE_GRANTS)
            or access.owns(managing or entry)
            or (managing is None and grant.grantor in access.roles)
        )

    def _take(self, ddl: Ddl, grant: Grant, entry: Entry | None) -> None:
        """With what the grantee has passed on. Raises 003036 for that where CASCADE was not said."""
        dependent = list(self._dependent(grant))
        if dependent and not self._cascade:
            raise dependent_grant(self._context, dependent[0], entry)
        for each in dependent:
            ddl.revoke(each)
        if self._option:
            ddl.grant(replace(grant, grantable=False))
        else:
            ddl.revoke(grant)

    def _dependent(self, grant: Grant) -> Iterator[Grant]:
        """What the grantee passed on, and those to whom it did, and so on."""
        if not grant.grantable:
            return
        entry = self._context.catalog.get(grant.on)
        if entry is not None and entry.owner == grant.grantee:
            return
        seen, waiting = {grant.key}, [grant]
        while waiting:
            grantor = waiting.pop().grantee
            for each in self._context.catalog.grants.on(grant.on):
                if each.grantor == grantor and each.privilege == grant.privilege and each.key not in seen:
                    seen.add(each.key)
                    waiting.append(each)
                    yield each


def dependent_grant(context: Context, grant: Grant, entry: Entry | None) -> SqlError:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-ownership#usage-notes"""
    grantee = context.catalog.by_id(grant.grantee)
    privilege = "USAGE" if grant.privilege in ("MEMBER", IMPORTED) else grant.privilege
    securable = ACCOUNT_NAME if entry is None else dotted(context.catalog.path(entry))
    return SqlError(
        3036, "23001", f"SQL execution error: Dependent grant of privilege '{privilege}' on securable "
        f"'{securable}' to role '{grantee.name}' exists.  It must be revoked first.  More than one dependent grant "
        "may exist: use 'SHOW GRANTS' command to view them.  To revoke all dependent grants while transferring object "
        "ownership, use convenience command 'GRANT OWNERSHIP ON <target_objects> TO <target_role> REVOKE CURRENT "
        "GRANTS'.",
    )  # fmt: skip


def _revoke_future(context: Context, wish: Wish, option: bool) -> Result:
    """What was granted because of it stays: https://docs.snowflake.com/en/sql-reference/sql/revoke-privilege"""
    container = _managed_container(context, wish)
    grants = context.catalog.grants
    with context.ddl() as ddl:
        for privilege in wish.privileges:
            grant = grants.find((privilege, container.id, wish.grantee.id, wish.on.kind))
            if grant is not None and option:
                ddl.grant(replace(grant, grantable=False))
            elif grant is not None:
                ddl.revoke(grant)
    return status(SUCCESS)


# -- what Snowflake has and the sandbox has not ----------------------------------------------------------


def _refuse(what: str) -> None:
    def handler(context: Context, parser: Parser) -> Result:
        raise sqlerror.unsupported(what)

    statement(*what.split())(handler)


for _verb in ("GRANT", "REVOKE"):
    for _what in ("CALLER", "ALL CALLER", "INHERITED", "APPLICATION ROLE", "SERVICE ROLE"):
        _refuse(f"{_verb} {_what}")
