"""Who logs in, and with what the new session begins."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import keypair, passwords
from snowmaker.sandbox.access import Access
from snowmaker.sandbox.access_tokens import token_of
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.context import dotted
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.session import Session
from snowmaker.sandbox.sqlerror import SqlError, unsupported

# Which entry of a login request, else which property of the user, says what the session begins with
_ROLE = ("roleName", "default_role")
_WAREHOUSE = ("warehouse", "default_warehouse")


def authenticated(catalog: Catalog, data: Mapping[str, Any], token: str) -> tuple[Entry, str | None]:
    """The user who logs in, by password, by token or by key pair, and the one role that the token is good for.

    `token` is the account's own, for its owner. Raises SqlError 390100, 390101, 390144 and the like.
    """
    wanted = str(data.get("LOGIN_NAME") or "").upper()
    user = next((each for each in catalog.children(ACCOUNT, "USER") if _login_name(each) == wanted), None)
    way = str(data.get("AUTHENTICATOR") or "SNOWFLAKE").upper()
    proof = _WAYS.get(way)
    if proof is None:
        raise unsupported(f"the authenticator {way}")
    restriction = proof(user, data, token)
    assert user is not None
    if user.get("disabled"):
        raise SqlError(390101, "08001", "User access disabled. Contact your local system administrator.")
    _refuse_late(user)
    return user, restriction


def _refuse_late(user: Entry) -> None:
    """DAYS_TO_EXPIRY and MINS_TO_UNLOCK: https://docs.snowflake.com/en/sql-reference/sql/create-user"""
    now = datetime.now(UTC).isoformat()
    if str(user.get("days_to_expiry") or "9") < now:
        raise SqlError(390103, "08001", "User access expired. Contact your local system administrator.")
    if str(user.get("mins_to_unlock") or "") > now:
        raise SqlError(
            390102, "08001", "User temporarily locked. Try again later, or contact your local system administrator."
        )


def _by_password(user: Entry | None, data: Mapping[str, Any], token: str) -> str | None:
    """A programmatic access token may stand in a password's place.

    https://docs.snowflake.com/en/user-guide/programmatic-access-tokens
    """
    offered = str(data.get("PASSWORD") or data.get("TOKEN") or "")
    if user is not None and _same(offered, token):
        return None
    if user is not None and _knows_password(user, offered):
        _refuse_to_be_changed(user)
        return None
    return _restriction(user, offered, SqlError(390100, "08001", "Incorrect username or password was specified."))


def _refuse_to_be_changed(user: Entry) -> None:
    """MUST_CHANGE_PASSWORD: only Snowsight asks for another one; a driver is refused.

    https://docs.snowflake.com/en/sql-reference/sql/create-user#optional-object-properties-objectproperties
    """
    if user.get("must_change_password"):
        raise SqlError(
            390106, "08001", "Specified password has expired.  Password must be changed using the Snowflake web "
            "console."
        )  # fmt: skip


def _by_token(user: Entry | None, data: Mapping[str, Any], token: str) -> str | None:
    offered = str(data.get("TOKEN") or data.get("PASSWORD") or "")
    if user is not None and _same(offered, token):
        return None
    return _restriction(user, offered, SqlError(394400, "08001", "Programmatic access token is invalid."))


def _restriction(user: Entry | None, offered: str, otherwise: SqlError) -> str | None:
    """The ROLE_RESTRICTION of a token of the user's."""
    found = token_of(user, offered) if user is not None else None
    if found is None:
        raise otherwise
    return found.get("role")


def _by_key_pair(user: Entry | None, data: Mapping[str, Any], _: str) -> str | None:
    if user is None:
        raise keypair.invalid()
    account = str(data.get("ACCOUNT_NAME") or "").partition(".")[0]
    keys = (user.get("rsa_public_key"), user.get("rsa_public_key_2"))
    keypair.verify(str(data.get("TOKEN") or ""), account, _login_name(user), [str(key) for key in keys if key])
    return None


_WAYS = {
    "SNOWFLAKE": _by_password,
    "USERNAME_PASSWORD_MFA": _by_password,
    "PROGRAMMATIC_ACCESS_TOKEN": _by_token,
    "SNOWFLAKE_JWT": _by_key_pair,
}


def _login_name(user: Entry) -> str:
    return str(user.get("login_name") or user.name).upper()


def _same(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode(), second.encode())


def _knows_password(user: Entry, offered: str) -> bool:
    """Service users have none: https://docs.snowflake.com/en/user-guide/admin-user-management#types-of-users"""
    stored = user.get("password")
    return bool(stored) and user.get("type") != "SERVICE" and passwords.matches(offered, stored)


def begin(session: Session, user: Entry, wanted: Mapping[str, str], restriction: str | None = None) -> None:
    """Set role, warehouse, database and schema of a new session; under `restriction` there is no other role.

    A role that the client names must be the user's; what else is not there, or may not be used, is left unset.
    https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#connect
    Raises SqlError 390189.
    """
    secondary = user.get("default_secondary_roles", "ALL")
    session.secondary_roles = "ALL" if secondary == "ALL" and restriction is None else "NONE"
    session.role_id = _role(session, user, {**wanted, "roleName": dotted((restriction,))} if restriction else wanted)
    access = Access.of_session(session)
    catalog = session.engine.catalog
    warehouse = _named(wanted, user, *_WAREHOUSE)
    found = catalog.find("WAREHOUSE", ACCOUNT, warehouse[0]) if warehouse else None
    if found is not None and access.holds(found, "USAGE"):
        session.warehouse_id = found.id
    namespace = _namespace(user, wanted)
    database = catalog.find("DATABASE", ACCOUNT, namespace[0]) if namespace else None
    if database is None or not access.enters(database):
        return
    session.use_database(database)
    if len(namespace) > 1:
        schema = catalog.find("SCHEMA", database.id, namespace[1])
        session.schema_id = schema.id if schema and access.enters(schema) else None


_NAMED = (("databaseName", "database"), ("schemaName", "schema"), ("warehouse", "warehouse"))


def validate(session: Session, wanted: Mapping[str, str]) -> None:
    """CLIENT_VALIDATE_DEFAULT_PARAMETERS: what the client names must be in use now. Raises SqlError 390201.

    https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#connect
    """
    for key, what in _NAMED:
        if wanted.get(key) and getattr(session, what) is None:
            raise SqlError(390201, "08004", f"The requested {what} does not exist or not authorized.")


def _role(session: Session, user: Entry, wanted: Mapping[str, str]) -> int | None:
    catalog = session.engine.catalog
    given = catalog.grants.roles(user.id)
    name = _named(wanted, user, *_ROLE)
    role = catalog.find("ROLE", ACCOUNT, name[0]) if name else None
    public = catalog.find("ROLE", ACCOUNT, "PUBLIC")
    if role is not None and (role.id in given or role == public):
        return role.id
    if wanted.get("roleName"):
        raise SqlError(
            390189, "08001", f"Role '{name[0]}' specified in the connect string does not exist or not authorized. "
            "Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.",
        )  # fmt: skip
    return public.id if public else None


def _named(wanted: Mapping[str, str], user: Entry, key: str, default: str) -> Name:
    text = wanted.get(key)
    if text:
        return Parser(text).name(1)
    name = user.get(default)
    return (str(name),) if name else ()


def _namespace(user: Entry, wanted: Mapping[str, str]) -> Name:
    if text := wanted.get("databaseName"):
        schema = wanted.get("schemaName")
        return (*Parser(text).name(1), *(Parser(schema).name(1) if schema else ()))
    return Parser(user.get("default_namespace")).name(2) if user.get("default_namespace") else ()
