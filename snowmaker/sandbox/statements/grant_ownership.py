"""GRANT OWNERSHIP: https://docs.snowflake.com/en/sql-reference/sql/grant-ownership"""

from __future__ import annotations

from dataclasses import dataclass, replace

from snowmaker.sandbox import sqlerror, tasks
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.grants import MEMBER, OWNERSHIP, Grant
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.securable import Securables, in_its_database, read_grantee, read_securables
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.grant import dependent_grant


@dataclass(frozen=True)
class Transfer:
    """A GRANT OWNERSHIP as written. `current` is COPY or REVOKE, what becomes of the grants on the object."""

    on: Securables
    owner: Entry
    current: str | None


@statement("GRANT", "OWNERSHIP", "ON")
def _grant_ownership(context: Context, parser: Parser) -> Result:
    on = read_securables(context, parser, "GRANT")
    if on.account:
        raise sqlerror.malformed("Invalid object type 'ACCOUNT' for privilege 'OWNERSHIP'.")
    parser.expect("TO")
    if not (parser.at("ROLE") or parser.at("DATABASE", "ROLE") or parser.at("USER")):
        raise parser.unexpected()
    owner = read_grantee(context, parser, "ownership of a")
    if owner.kind == "USER":
        raise sqlerror.unsupported("ownership of a user")
    current = parser.choice("COPY", "REVOKE")
    if current:
        parser.expect("CURRENT", "GRANTS")
    parser.accept("WITH", "GRANT", "OPTION")  # says nothing: an owner may grant
    parser.end()
    transfer = Transfer(on, owner, current)
    _check(context, transfer)
    return _future(context, transfer) if on.future else _transfer(context, transfer)


def _check(context: Context, transfer: Transfer) -> None:
    """A database role owns what is in its own database; nobody owns database roles by the dozen."""
    on = transfer.on
    if on.kind == "DATABASE ROLE" and on.container is not None:
        raise SqlError(2, "0A000", "Unsupported feature 'GRANT OWNERSHIP on all objects of type DATABASE_ROLE'.")
    if on.kind == "PIPE" and on.bulk:
        raise SqlError(3540, "0A000", f"Bulk grant on objects of type PIPE to {transfer.owner.kind} is restricted.")
    objects = (on.container,) if on.container is not None else on.entries
    if transfer.owner.kind == "DATABASE ROLE" and not all(
        each is not None and in_its_database(context, transfer.owner, each) for each in objects
    ):
        raise SqlError(
            2, "0A000", "Unsupported feature 'ownership of objects outside of the database of a database role'."
        )


def _transfer(context: Context, transfer: Transfer) -> Result:
    """Objects go in the order of their names; one that cannot stops those behind it, not those before."""
    stopped: SqlError | None = None
    moved = 0
    with context.ddl() as ddl:
        for entry in transfer.on.entries:
            try:
                _move(context, ddl, transfer, entry)
            except SqlError as error:
                if not moved or context.trial is not None:
                    raise
                stopped = error
                break
            moved += 1
    if stopped is not None:
        raise stopped
    return status(f"{SUCCESS} {moved} objects affected." if transfer.on.bulk else SUCCESS)


def _move(context: Context, ddl: Ddl, transfer: Transfer, entry: Entry) -> None:
    if not context.access.hands_over(entry):
        raise sqlerror.insufficient(entry.kind, entry.name)
    if entry.owner == transfer.owner.id:
        return
    outbound = _outbound(context, entry)
    if outbound and transfer.current is None:
        raise dependent_grant(context, outbound[0], entry)
    for grant in outbound:
        if transfer.current == "REVOKE":
            ddl.revoke(grant)
        else:
            ddl.grant(replace(grant, grantor=transfer.owner.id))
    if entry.kind == "TASK":
        entry = tasks.transferred(context, ddl, entry, bulk=transfer.on.bulk)
    ddl.put(replace(entry, owner=transfer.owner.id))


def _outbound(context: Context, entry: Entry) -> list[Grant]:
    """The grants on the object; a role stays with the users who have it."""
    by_id = context.catalog.by_id
    found = [
        grant
        for grant in context.catalog.grants.on(entry.id)
        if grant.privilege != MEMBER or by_id(grant.grantee).kind != "USER"
    ]
    return sorted(found, key=lambda grant: (by_id(grant.grantee).name, grant.privilege))


def _future(context: Context, transfer: Transfer) -> Result:
    """Of each kind there is one future owner in a database or schema."""
    container = transfer.on.container
    assert container is not None
    if not context.access.manages(container):
        raise sqlerror.insufficient(container.kind, container.name)
    fresh = Grant(OWNERSHIP, container.id, transfer.owner.id, transfer.on.kind, True, context.role_id or 0)
    with context.ddl() as ddl:
        for grant in context.catalog.grants.future(container.id):
            if grant.privilege == OWNERSHIP and grant.future == transfer.on.kind:
                ddl.revoke(grant)
        ddl.grant(fresh)
    return status(SUCCESS)
