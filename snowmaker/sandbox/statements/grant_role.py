"""Roles given to roles and users.

https://docs.snowflake.com/en/sql-reference/sql/grant-role
https://docs.snowflake.com/en/sql-reference/sql/grant-database-role
https://docs.snowflake.com/en/sql-reference/sql/revoke-role
https://docs.snowflake.com/en/sql-reference/sql/revoke-database-role
"""

from __future__ import annotations

from snowmaker.sandbox.access import MANAGE_GRANTS
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.grants import MEMBER, Grant
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.securable import read_database_role, read_grantee, read_role, read_user
from snowmaker.sandbox.sqlerror import SqlError

_PUBLIC = "Granting role PUBLIC has no effect.  Every user and role has role PUBLIC implicitly granted."


# -- GRANT ---------------------------------------------------------------------------------------------


@statement("GRANT", "ROLE")
def _grant_role(context: Context, parser: Parser) -> Result:
    role = read_role(context, parser)
    parser.expect("TO")
    grantee = _read_holder(context, parser)
    parser.end()
    return status(_PUBLIC) if role.name == "PUBLIC" else _give(context, role, grantee)


def _read_holder(context: Context, parser: Parser) -> Entry:
    """ROLE r | USER u: an account role is given to no database role."""
    if parser.accept("USER"):
        return read_user(context, parser)
    parser.expect("ROLE")
    return read_role(context, parser)


@statement("GRANT", "DATABASE", "ROLE")
def _grant_database_role(context: Context, parser: Parser) -> Result:
    role = read_database_role(context, parser)
    parser.expect("TO")
    grantee = _read_database_holder(context, parser, "GRANT DATABASE ROLE … TO")
    parser.end()
    if grantee.kind == "DATABASE ROLE" and grantee.parent != role.parent:
        raise SqlError(
            2, "0A000", "Unsupported feature 'granting a database role to a database role of another database'."
        )
    return _give(context, role, grantee)


def _read_database_holder(context: Context, parser: Parser, refusal: str) -> Entry:
    words = ("ROLE", "DATABASE ROLE", "USER", "SHARE", "APPLICATION")
    if not any(parser.at(*word.split()) for word in words):
        raise parser.unexpected()
    return read_grantee(context, parser, refusal)


def _give(context: Context, role: Entry, grantee: Entry) -> Result:
    _check_may(context, role, "Grant", 3102)
    grants = context.catalog.grants
    if grantee.kind != "USER" and grantee.id in grants.roles(role.id):
        raise _cycle(context, role, grantee)
    grant = Grant(MEMBER, role.id, grantee.id, grantor=role.owner)
    if grants.find(grant.key) is None:
        with context.ddl() as ddl:
            ddl.grant(grant)
    return status(SUCCESS)


def _check_may(context: Context, role: Entry, verb: str, code: int) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-role#access-control-requirements"""
    if not (context.access.owns(role) or context.access.global_(MANAGE_GRANTS)):
        raise SqlError(code, "42501", f"{verb} not executed: Insufficient privileges.")


def _cycle(context: Context, role: Entry, grantee: Entry) -> SqlError:
    """The error's number and words are not documented; that the hierarchy has no cycles is.

    https://docs.snowflake.com/en/user-guide/security-access-control-overview#role-hierarchy-and-privilege-inheritance
    """
    inner, outer = (dotted(context.catalog.path(each)) for each in (role, grantee))
    return SqlError(
        3041, "42501", f"SQL compilation error:\nRole '{inner}' cannot be granted to role '{outer}': "
        "roles would inherit from each other.",
    )  # fmt: skip


# -- REVOKE --------------------------------------------------------------------------------------------


@statement("REVOKE", "ROLE")
def _revoke_role(context: Context, parser: Parser) -> Result:
    role = read_role(context, parser)
    parser.expect("FROM")
    holder = _read_holder(context, parser)
    parser.choice("RESTRICT", "CASCADE")
    parser.end()
    return _take(context, role, holder)


@statement("REVOKE", "DATABASE", "ROLE")
def _revoke_database_role(context: Context, parser: Parser) -> Result:
    role = read_database_role(context, parser)
    parser.expect("FROM")
    holder = _read_database_holder(context, parser, "REVOKE DATABASE ROLE … FROM")
    parser.choice("RESTRICT", "CASCADE")
    parser.end()
    return _take(context, role, holder)


def _take(context: Context, role: Entry, holder: Entry) -> Result:
    """What is between the system's own roles stays."""
    _check_may(context, role, "Revoke", 3103)
    grant = context.catalog.grants.find((MEMBER, role.id, holder.id, ""))
    if grant is None:
        return status(SUCCESS)
    if role.owner == 0 and holder.owner == 0 and holder.kind == "ROLE":
        raise SqlError(3103, "42501", "Revoke not executed: Insufficient privileges.")
    with context.ddl() as ddl:
        ddl.revoke(grant)
    return status(SUCCESS)
