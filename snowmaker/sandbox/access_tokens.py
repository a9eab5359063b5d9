"""Programmatic access tokens: secrets that stand in a password's place, made by ALTER USER.

https://docs.snowflake.com/en/user-guide/programmatic-access-tokens
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from snowmaker.sandbox import passwords, sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import texts
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SCL, SHOW, SUCCESS, Column, Result, status
from snowmaker.sandbox.sqlerror import SqlError

PRIVILEGE = "MODIFY PROGRAMMATIC AUTHENTICATION METHODS"
MOST = 15  # of one user
_DAYS = 15
_MOST_DAYS = 365

Token = dict[str, Any]
Clause = Callable[[Context, Parser, Name], Result]


def _days(parser: Parser) -> int:
    days = parser.integer()
    if not 1 <= days <= _MOST_DAYS:
        raise sqlerror.invalid_value(days, "DAYS_TO_EXPIRY")
    return days


_ADDED: dict[str, Callable[[Parser], Any]] = {
    "ROLE_RESTRICTION": Parser.string,
    "DAYS_TO_EXPIRY": _days,
    "MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT": Parser.integer,
    "COMMENT": Parser.string,
}
_SET: dict[str, Callable[[Parser], Any]] = {
    "DISABLED": Parser.boolean,
    "MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT": Parser.integer,
    "COMMENT": Parser.string,
}


def tokens_of(user: Entry) -> dict[str, Token]:
    """A user's tokens by name; of a secret its hash alone is there."""
    return dict(user.get("access_tokens") or {})


def token_of(user: Entry, offered: str) -> Token | None:
    """The token, still good, that has this secret."""
    found = (token for token in tokens_of(user).values() if _status(token) == "ACTIVE")
    return next((token for token in found if passwords.matches(offered, token["secret"])), None)


def _status(token: Mapping[str, Any]) -> str:
    if datetime.fromisoformat(token["expires_at"]) <= datetime.now(UTC):
        return "EXPIRED"
    return "DISABLED" if token.get("disabled") else "ACTIVE"


# -- ALTER USER … --------------------------------------------------------------------------------------


def _user(context: Context, name: Name) -> Entry:
    """The user whose tokens are meant: one's own, or one on which the roles may change them."""
    found = context.catalog.find("USER", ACCOUNT, name[-1])
    if found is None:
        raise context.unseen("USER", name)
    if found.id != context.session.user_id:
        context.require(found, PRIVILEGE, OWNERSHIP)
    return found


def _store(context: Context, user: Entry, tokens: Mapping[str, Token]) -> None:
    with context.ddl() as ddl:
        ddl.put(replace(user, properties={**user.properties, "access_tokens": dict(tokens)}))


def add(context: Context, parser: Parser, whose: Name) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-user-add-programmatic-access-token"""
    optional = parser.if_not_exists()
    (name,) = parser.name(1)
    given = parser.options(_ADDED, "PROGRAMMATIC ACCESS TOKEN")
    parser.end()
    user = _user(context, whose)
    tokens = tokens_of(user)
    if name in tokens:
        if optional:
            return status(f"{name} already exists, statement succeeded.")
        raise sqlerror.already_exists(name)
    if len(tokens) >= MOST:
        raise SqlError(399, "22023", f"A user can have at most {MOST} programmatic access tokens.")
    secret = secrets.token_urlsafe(64)
    tokens[name] = {
        **_fresh(context, secret, given.get("DAYS_TO_EXPIRY", _DAYS)),
        **_told(given, _role(context, user, given)),
    }
    _store(context, user, tokens)
    return Result(texts("token_name token_secret"), ((name, secret),), type_id=SCL)


def _fresh(context: Context, secret: str, days: int) -> Token:
    now = datetime.now(UTC)
    return {
        "secret": passwords.hashed(secret),
        "created_on": now.isoformat(),
        "created_by": context.session.user,
        "days": days,
        "expires_at": (now + timedelta(days=days)).isoformat(),
    }


def _told(given: Mapping[str, Any], role: str | None) -> Token:
    found = {"comment": given.get("COMMENT", ""), "mins": given.get("MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT")}
    return {**found, "role": role}


def _role(context: Context, user: Entry, given: Mapping[str, Any]) -> str | None:
    """ROLE_RESTRICTION, which names a role that the user has; service users must have one."""
    name = given.get("ROLE_RESTRICTION")
    if name is None:
        if user.get("type") == "SERVICE":
            raise sqlerror.malformed(
                "ROLE_RESTRICTION is required for the programmatic access token of a service user."
            )
        return None
    role = context.catalog.find("ROLE", ACCOUNT, str(name).upper())
    if role is None or role.id not in context.catalog.grants.roles(user.id):
        raise sqlerror.does_not_exist("Role", str(name), container=True)
    return role.name


def modify(context: Context, parser: Parser, whose: Name) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-user-modify-programmatic-access-token"""
    (name,) = parser.name(1)
    if parser.accept("RENAME", "TO"):
        (fresh,) = parser.name(1)
        parser.end()
        user, tokens = _with(context, whose, name)
        if fresh in tokens:
            raise sqlerror.already_exists(fresh)
        _store(context, user, {fresh if each == name else each: token for each, token in tokens.items()})
        return status(SUCCESS)
    if parser.accept("SET"):
        given = parser.options(_SET, "PROGRAMMATIC ACCESS TOKEN")
        if not given:
            raise parser.unexpected()
    else:
        parser.expect("UNSET")
        given = dict.fromkeys(parser.keys(_SET, "PROGRAMMATIC ACCESS TOKEN"))
    parser.end()
    user, tokens = _with(context, whose, name)
    keys = {"DISABLED": "disabled", "MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT": "mins", "COMMENT": "comment"}
    _store(context, user, {**tokens, name: {**tokens[name], **{keys[key]: value for key, value in given.items()}}})
    return status(SUCCESS)


def rotate(context: Context, parser: Parser, whose: Name) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-user-rotate-programmatic-access-token"""
    (name,) = parser.name(1)
    given = parser.options({"EXPIRE_ROTATED_TOKEN_AFTER_HOURS": Parser.integer}, "PROGRAMMATIC ACCESS TOKEN")
    parser.end()
    user, tokens = _with(context, whose, name)
    old = tokens[name]
    secret, kept = secrets.token_urlsafe(64), f"{name}_{secrets.token_hex(4).upper()}"
    until = datetime.now(UTC) + timedelta(hours=given.get("EXPIRE_ROTATED_TOKEN_AFTER_HOURS", 24))
    ends = min(until, datetime.fromisoformat(old["expires_at"])).isoformat()
    tokens[kept] = {**old, "expires_at": ends, "rotated_to": name}
    tokens[name] = {**old, **_fresh(context, secret, old["days"])}
    _store(context, user, tokens)
    return Result(texts("token_name token_secret rotated_token_name"), ((name, secret, kept),), type_id=SCL)


def remove(context: Context, parser: Parser, whose: Name) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-user-remove-programmatic-access-token"""
    (name,) = parser.name(1)
    parser.end()
    user, tokens = _with(context, whose, name)
    del tokens[name]
    _store(context, user, tokens)
    return status(SUCCESS)


def _with(context: Context, whose: Name, name: str) -> tuple[Entry, dict[str, Token]]:
    user = _user(context, whose)
    tokens = tokens_of(user)
    if name not in tokens:
        raise sqlerror.does_not_exist("Programmatic access token", name, container=True)
    return user, tokens


CLAUSES: dict[str, Clause] = {
    f"{verb} {words}": clause
    for verb, clause in (("ADD", add), ("MODIFY", modify), ("ROTATE", rotate), ("REMOVE", remove))
    for words in ("PROGRAMMATIC ACCESS TOKEN", "PAT")
}


def _ones_own(clause: Clause) -> Callable[[Context, Parser], Result]:
    """Without a name: the session's user."""
    return lambda context, parser: clause(context, parser, (context.session.user,))


for _words, _clause in CLAUSES.items():
    statement("ALTER", "USER", *_words.split())(_ones_own(_clause))


# -- SHOW USER … ---------------------------------------------------------------------------------------

_COLUMNS = (
    *texts("name user_name role_restriction"),
    Column("expires_at", TIMESTAMP_LTZ),
    *texts("status comment"),
    Column("created_on", TIMESTAMP_LTZ),
    *texts("created_by mins_to_bypass_network_policy_requirement rotated_to"),
)


@statement("SHOW", "USER", "PROGRAMMATIC", "ACCESS")
def _show(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-user-programmatic-access-tokens"""
    parser.expect("TOKENS")
    return _listed(context, parser)


@statement("SHOW", "USER", "PATS")
def _show_short(context: Context, parser: Parser) -> Result:
    return _listed(context, parser)


def _listed(context: Context, parser: Parser) -> Result:
    name = parser.name(1) if parser.accept("FOR", "USER") else (context.session.user,)
    parser.end()
    user = _user(context, name)
    rows = [
        (
            each, user.name, token.get("role"), datetime.fromisoformat(token["expires_at"]), _status(token),
            token.get("comment") or "", datetime.fromisoformat(token["created_on"]), token.get("created_by"),
            token.get("mins"), token.get("rotated_to"),
        )
        for each, token in sorted(tokens_of(user).items())
    ]  # fmt: skip
    return Result(_COLUMNS, rows, type_id=SHOW)
