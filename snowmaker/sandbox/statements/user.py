"""USER: https://docs.snowflake.com/en/sql-reference/sql/create-user"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from snowmaker.sandbox import access_tokens, keypair, passwords, policies, sqlerror
from snowmaker.sandbox.access import MANAGE_GRANTS
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Clause,
    Kind,
    Recipe,
    Target,
    alterable,
    altered,
    create_named,
    if_not_exists,
    read_name,
    register,
    texts,
    with_options,
)
from snowmaker.sandbox.parameters import readers
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.properties import boolean, group, identifier, name, nullable, one_of, string, strings
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Column, Result, status
from snowmaker.sandbox.sqlerror import SqlError

# -- reading -------------------------------------------------------------------------------------------

text: Reader = Parser.word_or_string


def _password(parser: Parser) -> str:
    """Only a hash is kept, whatever becomes of the statement."""
    return passwords.hashed(parser.string())


def _key(property_: str) -> Reader:
    """The body of a PEM file with a public RSA key."""

    def read(parser: Parser) -> str:
        value = parser.string()
        if keypair.fingerprint(value) is None:
            raise SqlError(
                1422, "22023", f"SQL compilation error:\ninvalid value '[REDACTED]' for property '{property_}'. "
                "New public key rejected by current policy. Reason: 'Invalid public key'",
            )  # fmt: skip
        return value

    return read


def _after(property_: str, **unit: float) -> Reader:
    """A number of days or minutes from now, as the moment it leads to; 0 for none."""

    def read(parser: Parser) -> str | None:
        value = parser.literal()
        if not isinstance(value, int) or isinstance(value, bool):
            raise sqlerror.invalid_value(value, property_)
        moment = datetime.now(UTC) + timedelta(**unit) * value
        return moment.isoformat() if value else None

    return read


def _namespace(parser: Parser) -> str:
    return dotted(identifier(2)(parser))


def _secondary(parser: Parser) -> str:
    """`('ALL')` or `()`: https://docs.snowflake.com/en/sql-reference/sql/create-user#optional-object-properties"""
    found = [each.upper() for each in strings(parser)]
    if found not in (["ALL"], []):
        raise sqlerror.invalid_value(",".join(found), "DEFAULT_SECONDARY_ROLES")
    return "ALL" if found else "NONE"


_IDENTITY = {
    "TYPE": one_of("AWS", "AZURE", "GCP", "OIDC"),
    "ARN": Parser.string,
    "ISSUER": Parser.string,
    "SUBJECT": Parser.string,
    "OIDC_AUDIENCE_LIST": strings,
}

PROPERTIES: Mapping[str, Reader] = {
    "PASSWORD": _password,
    "LOGIN_NAME": text,
    "DISPLAY_NAME": text,
    "FIRST_NAME": text,
    "MIDDLE_NAME": text,
    "LAST_NAME": text,
    "EMAIL": text,
    "MUST_CHANGE_PASSWORD": boolean,
    "DISABLED": boolean,
    "DAYS_TO_EXPIRY": _after("DAYS_TO_EXPIRY", days=1),
    "MINS_TO_UNLOCK": _after("MINS_TO_UNLOCK", minutes=1),
    "MINS_TO_BYPASS_MFA": _after("MINS_TO_BYPASS_MFA", minutes=1),
    "DEFAULT_WAREHOUSE": name,
    "DEFAULT_NAMESPACE": _namespace,
    "DEFAULT_ROLE": name,
    "DEFAULT_SECONDARY_ROLES": _secondary,
    "RSA_PUBLIC_KEY": _key("RSA_PUBLIC_KEY"),
    "RSA_PUBLIC_KEY_2": _key("RSA_PUBLIC_KEY_2"),
    "TYPE": one_of("PERSON", "SERVICE", "LEGACY_SERVICE"),
    "WORKLOAD_IDENTITY": group(_IDENTITY, "USER"),
    "COMMENT": string,
}
# Set to NULL, a property is as if it never had been set; but these SHOW writes as NULL then
_SHOWN_NULL = ("first_name", "middle_name", "last_name", "email")
_NOT_NULL = ("COMMENT", "WORKLOAD_IDENTITY")
OPTIONS: Mapping[str, Reader] = {
    key: read if key in _NOT_NULL else nullable(read) for key, read in {**readers("USER"), **PROPERTIES}.items()
}
ALTERED: Mapping[str, Reader] = {**OPTIONS, "DISABLE_MFA": boolean}

# What the types of users may not have: https://docs.snowflake.com/en/user-guide/admin-user-management#types-of-users
_NAMES = ("FIRST_NAME", "MIDDLE_NAME", "LAST_NAME", "MINS_TO_BYPASS_MFA")
_FORBIDDEN = {"SERVICE": ("PASSWORD", "MUST_CHANGE_PASSWORD", *_NAMES), "LEGACY_SERVICE": _NAMES}

# What users may set of their own: https://docs.snowflake.com/en/sql-reference/sql/alter-user#usage-notes
_OWN = frozenset((
    "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE", "DEFAULT_ROLE", "DEFAULT_SECONDARY_ROLES", "DISPLAY_NAME", "EMAIL",
    "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME", *readers("SESSION"),
))  # fmt: skip


# -- what holds for a user -----------------------------------------------------------------------------


def _made(context: Context, entry: Entry) -> Entry:
    """A new user."""
    given = [key.upper() for key, value in entry.properties.items() if value is not None]
    return _checked(context, entry, given)


def _checked(context: Context, entry: Entry, given: list[str]) -> Entry:
    """A user whose properties `given` were just set: they suit its type, and nobody else logs in by its name."""
    for key in _FORBIDDEN.get(str(entry.get("type")), ()):
        if key in given:
            raise SqlError(
                511503, "23001", f"SQL execution error: Cannot set {key} on users with TYPE={entry.get('type')}."
            )
    now = datetime.now(UTC).isoformat()
    values: dict[str, Any] = {
        f"{key}_LAST_SET_TIME": now for key in ("PASSWORD", "RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2") if key in given
    }
    login = str(entry.get("login_name") or entry.name).upper()
    for other in context.catalog.children(ACCOUNT, "USER"):
        if other.id != entry.id and other.name != entry.name and _login(other) == login:
            raise sqlerror.already_exists(login)
    if policy := entry.get("network_policy"):
        _network_policy(context, str(policy))
    nulls = [key.upper() for key, value in entry.properties.items() if value is None and key not in _SHOWN_NULL]
    return with_options(entry, {**values, "LOGIN_NAME": login}, nulls)


def _network_policy(context: Context, policy: str) -> None:
    if context.catalog.find("NETWORK POLICY", ACCOUNT, Parser(policy).name(1)[0]) is None:
        raise context.unseen("NETWORK POLICY", (policy,))


def _login(user: Entry) -> str:
    return str(user.get("login_name") or user.name).upper()


def _not_oneself(context: Context, user: Entry) -> None:
    """The error's number and words are not documented."""
    if user.id == context.session.user_id:
        raise SqlError(
            3553, "42501", f"SQL access control error:\nCannot drop user '{user.name}': it is the current user."
        )


# -- SHOW ----------------------------------------------------------------------------------------------

_COLUMNS = (
    *texts("name"),
    CREATED_ON,
    *texts(
        "login_name display_name first_name last_name email mins_to_unlock days_to_expiry comment disabled "
        "must_change_password snowflake_lock default_warehouse default_namespace default_role "
        "default_secondary_roles ext_authn_duo ext_authn_uid mins_to_bypass_mfa owner"
    ),
    *(Column(each, TIMESTAMP_LTZ) for each in ("last_success_login", "expires_at_time", "locked_until_time")),
    *texts("has_password has_rsa_public_key type has_mfa has_pat has_workload_identity"),
)
_TERSE = (
    "name", "created_on", "display_name", "first_name", "last_name", "email", "comment", "has_password",
    "has_rsa_public_key", "type", "has_mfa", "has_pat",
)  # fmt: skip
_TOLD_TO_ALL = frozenset(("name", "created_on", "owner", "expires_at_time", "locked_until_time"))


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """What SHOW USERS tells; most of it only to who owns the user or manages grants, or the user himself.

    https://docs.snowflake.com/en/sql-reference/sql/show-users
    """
    get = entry.get
    first, last = (None, None) if get("type") in _FORBIDDEN else (get("first_name", ""), get("last_name", ""))
    row = (
        entry.name, entry.created_on, _login(entry), get("display_name", entry.name), first, last, get("email", ""),
        _minutes(get("mins_to_unlock")), _days(get("days_to_expiry")), entry.comment, _flag(get("disabled")),
        _flag(get("must_change_password")), "false", get("default_warehouse", ""), get("default_namespace", ""),
        get("default_role", ""), _secondary_text(entry), "false", "", _minutes(get("mins_to_bypass_mfa")),
        context.owner(entry), None, _moment(get("days_to_expiry")), _moment(get("mins_to_unlock")),
        _flag(get("password")), _flag(get("rsa_public_key") or get("rsa_public_key_2")), get("type", "PERSON"),
        "false", _flag(get("access_tokens")), _flag(get("workload_identity")),
    )  # fmt: skip
    if _knows(context, entry):
        return row
    return tuple(value if column.name in _TOLD_TO_ALL else None for column, value in zip(_COLUMNS, row, strict=True))


def _knows(context: Context, user: Entry) -> bool:
    access = context.access
    return user.id == context.session.user_id or access.owns(user) or access.global_(MANAGE_GRANTS)


def _flag(value: Any) -> str:
    return "true" if value else "false"


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _minutes(value: str | None) -> str | None:
    """Whole minutes that are left; None when they are over."""
    left = (datetime.fromisoformat(value) - datetime.now(UTC)).total_seconds() / 60 if value else 0
    return str(math.floor(left)) if left > 0 else None


def _days(value: str | None) -> str | None:
    """Days that are left, below 0 when they are over."""
    if not value:
        return None
    return str((datetime.fromisoformat(value) - datetime.now(UTC)) / timedelta(days=1))


def _secondary_text(entry: Entry) -> str:
    return '["ALL"]' if entry.get("default_secondary_roles", "ALL") == "ALL" else "[]"


# -- DESCRIBE ------------------------------------------------------------------------------------------

Told = Callable[[Entry], Any]


def _of(key: str) -> Told:
    return lambda entry: entry.get(key)


def _flag_of(key: str) -> Told:
    return lambda entry: _flag(entry.get(key))


def _fingerprint_of(key: str) -> Told:
    return lambda entry: keypair.fingerprint(entry.get(key)) if entry.get(key) else None


def _nothing(_: Entry) -> None:
    return None


def _no(_: Entry) -> str:
    return "false"


# Property, value, default and description: https://docs.snowflake.com/en/sql-reference/sql/desc-user
_DESCRIBED: tuple[tuple[str, Told, str, str], ...] = (
    ("NAME", lambda entry: entry.name, "null", "Name"),
    ("COMMENT", lambda entry: entry.comment or None, "null", "user comment associated to an object in the dictionary"),
    ("DISPLAY_NAME", lambda entry: entry.get("display_name", entry.name), "null", "Display name of the user"),
    ("TYPE", lambda entry: entry.get("type", "PERSON"), "null", "Type of the user"),
    ("LOGIN_NAME", _login, "null", "Login name of the user"),
    ("FIRST_NAME", _of("first_name"), "null", "First name of the user"),
    ("MIDDLE_NAME", _of("middle_name"), "null", "Middle name of the user"),
    ("LAST_NAME", _of("last_name"), "null", "Last name of the user"),
    ("EMAIL", _of("email"), "null", "Email address of the user"),
    ("PASSWORD", lambda entry: "********" if entry.get("password") else None, "null", "Password of the user"),
    ("MUST_CHANGE_PASSWORD", _flag_of("must_change_password"), "false", "User must change the password"),
    ("DISABLED", _flag_of("disabled"), "false", "Whether the user is disabled"),
    ("SNOWFLAKE_LOCK", _no, "false", "Whether the user or account is locked by Snowflake"),
    ("SNOWFLAKE_SUPPORT", _no, "false", "Snowflake Support is allowed to use the user or account"),
    ("DAYS_TO_EXPIRY", lambda entry: _days(entry.get("days_to_expiry")), "null", "User record will be treated as "
     "expired after specified number of days"),
    ("MINS_TO_UNLOCK", lambda entry: _minutes(entry.get("mins_to_unlock")), "null", "Temporary lock on the user will "
     "be removed after specified number of minutes"),
    ("DEFAULT_WAREHOUSE", _of("default_warehouse"), "null", "Default warehouse for this user"),
    ("DEFAULT_NAMESPACE", _of("default_namespace"), "null", "Default database namespace prefix for this user"),
    ("DEFAULT_ROLE", _of("default_role"), "null", "Primary principal of user session will be set to this role"),
    ("DEFAULT_SECONDARY_ROLES", _secondary_text, '["ALL"]', "Secondary roles of a new session"),
    ("EXT_AUTHN_DUO", _no, "false", "Whether Duo Security is enabled as second factor authentication"),
    ("EXT_AUTHN_UID", _nothing, "null", "External authentication ID of the user"),
    ("HAS_MFA", _no, "false", "Whether the user is enrolled in multi-factor authentication"),
    ("MINS_TO_BYPASS_MFA", lambda entry: _minutes(entry.get("mins_to_bypass_mfa")), "null", "Temporary bypass MFA for "
     "the user for a specified number of minutes"),
    ("MINS_TO_BYPASS_NETWORK_POLICY", _nothing, "null", "Temporary bypass network policy on the user for a specified "
     "number of minutes"),
    ("RSA_PUBLIC_KEY", _of("rsa_public_key"), "null", "RSA public key of the user"),
    ("RSA_PUBLIC_KEY_FP", _fingerprint_of("rsa_public_key"), "null", "Fingerprint of user's RSA public key."),
    ("RSA_PUBLIC_KEY_LAST_SET_TIME", _of("rsa_public_key_last_set_time"), "null", "The timestamp at which the user's "
     "RSA public key was last set"),
    ("RSA_PUBLIC_KEY_2", _of("rsa_public_key_2"), "null", "Second RSA public key of the user"),
    ("RSA_PUBLIC_KEY_2_FP", _fingerprint_of("rsa_public_key_2"), "null", "Fingerprint of user's second RSA key."),
    ("RSA_PUBLIC_KEY_2_LAST_SET_TIME", _of("rsa_public_key_2_last_set_time"), "null", "The timestamp at which the "
     "user's second RSA public key was last set"),
    ("PASSWORD_LAST_SET_TIME", _of("password_last_set_time"), "null", "The timestamp on which the last non-null "
     "password was set for the user"),
    ("CUSTOM_LANDING_PAGE_URL", _nothing, "null", "Snowflake Snowsight custom landing page"),
    ("CUSTOM_LANDING_PAGE_URL_FLUSH_NEXT_UI_LOAD", _no, "false", "Whether the custom landing page is shown once"),
    ("HAS_WORKLOAD_IDENTITY", _flag_of("workload_identity"), "false", "Whether the user has a workload identity"),
)  # fmt: skip


@statement("DESCRIBE", "USER")
def _describe(context: Context, parser: Parser) -> Result:
    (own,) = parser.name(1)
    parser.end()
    user = context.catalog.find("USER", ACCOUNT, own)
    if user is None:
        raise context.unseen("USER", (own,))
    if not _knows(context, user):
        raise sqlerror.insufficient("user", user.name)
    rows = [(key, _shown(told(user)), default, description) for key, told, default, description in _DESCRIBED]
    return Result(texts("property value default description"), rows, type_id=DESCRIBE)


def _shown(value: Any) -> str:
    """DESCRIBE writes `null` for nothing."""
    return "null" if value in (None, "") else str(value)


# -- ALTER ---------------------------------------------------------------------------------------------


POLICIES = ("AUTHENTICATION POLICY", "PASSWORD POLICY", "SESSION POLICY")


def policy_of_its_own(parser: Parser, kinds: Sequence[str]) -> bool:
    """Whether SET or UNSET of a policy comes next."""
    return any(parser.at(*kind.split()) for kind in kinds)


def read_policy_set(context: Context, parser: Parser, kinds: Sequence[str]) -> Callable[[Entry], Entry]:
    """`<kind> POLICY name [FORCE]` behind SET. Raises SqlError 002003, 003001."""
    kind = parser.choice(*kinds)
    if kind is None:
        raise parser.unexpected()
    policy = policies.applicable(context, kind, parser.name())
    force = parser.accept("FORCE")
    return lambda entry: policies.attach(entry, policies.Attached(policy.id, policy.kind), force=force)


def read_policy_unset(parser: Parser, kinds: Sequence[str]) -> Callable[[Entry], Entry]:
    """`<kind> POLICY` behind UNSET."""
    kind = parser.choice(*kinds)
    if kind is None:
        raise parser.unexpected()
    return lambda entry: policies.detach(entry, kind)


def _set(context: Context, parser: Parser, target: Target) -> Result:
    if policy_of_its_own(parser, POLICIES):
        change = read_policy_set(context, parser, POLICIES)
        parser.end()
        return altered(context, target, change)
    values = parser.options(ALTERED, "USER")
    if not values:
        raise parser.unexpected()
    parser.end()
    values.pop("DISABLE_MFA", None)  # no user of the sandbox has a second factor
    given = [key for key, value in values.items() if value is not None]
    return _change(context, target, list(values), given, lambda entry: with_options(entry, values))


def _unset(context: Context, parser: Parser, target: Target) -> Result:
    if policy_of_its_own(parser, POLICIES):
        change = read_policy_unset(parser, POLICIES)
        parser.end()
        return altered(context, target, change)
    keys = parser.keys(ALTERED, "USER")
    parser.end()
    return _change(context, target, keys, [], lambda entry: with_options(entry, {}, keys))


def _change(
    context: Context, target: Target, keys: Sequence[str], given: list[str], alter: Callable[[Entry], Entry]
) -> Result:
    """Users may set some properties of their own; all others want OWNERSHIP. `given` are those that get a value."""
    found = context.catalog.find("USER", ACCOUNT, target.name[-1])
    if found is not None and found.id == context.session.user_id and _OWN.issuperset(keys):
        with context.ddl() as ddl:
            ddl.put(_checked(context, alter(found), given))
        return status(SUCCESS)
    return altered(context, target, lambda entry: _checked(context, alter(entry), given))


def _abort_all_queries(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-user#parameters"""
    parser.end()
    found = context.catalog.find("USER", ACCOUNT, target.name[-1])
    if found is None:
        if target.optional:
            return status(SUCCESS)
        raise context.unseen("USER", target.name)
    if found.id != context.session.user_id:
        context.require(found, OWNERSHIP)
    context.passed()
    for session in context.host.sessions():
        if session.user_id == found.id and session is not context.session:
            session.cancel()
    return status(SUCCESS)


def _refused(what: str) -> Callable[[Context, Parser, Target], Result]:
    def clause(context: Context, parser: Parser, target: Target) -> Result:
        raise sqlerror.unsupported(f"ALTER USER … {what}")

    return clause


def _on_tokens(clause: access_tokens.Clause) -> Callable[[Context, Parser, Target], Result]:
    return lambda context, parser, target: clause(context, parser, target.name)


def _own(clause: Clause, context: Context, parser: Parser) -> Result:
    """ALTER USER without a name: the session's user."""
    return clause(context, parser, Target(USER, (context.session.user,), False))


for _words, _clause in (("SET", _set), ("UNSET", _unset)):
    statement("ALTER", "USER", _words)(partial(_own, _clause))


_REFUSED = (
    "RESET PASSWORD", "ADD DELEGATED", "REMOVE DELEGATED", "ENROLL MFA", "ADD MFA METHOD", "MODIFY MFA METHOD",
    "REMOVE MFA METHOD", "ADD KEY PAIR", "ROTATE KEY PAIR", "MODIFY KEY PAIR", "REMOVE KEY PAIR",
)  # fmt: skip

USER = Kind(
    "USER",
    "USERS",
    "ACCOUNT",
    _COLUMNS,
    _row,
    grants=("MODIFY PROGRAMMATIC AUTHENTICATION METHODS", "MONITOR"),
    before_drop=_not_oneself,
    terse=_TERSE,
)
register(USER)
_RECIPE = Recipe(USER, OPTIONS, made=_made)


@statement("CREATE", "USER")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = if_not_exists(context, parser)
    name = read_name(parser, USER)
    if not parser.at("WITH", "TAG"):  # not documented, but taken: schemachange's own set-up has it
        parser.accept("WITH")
    return create_named(context, parser, _RECIPE, name, optional)[1]


alterable(
    USER,
    {},
    {
        "SET": _set,
        "UNSET": _unset,
        **{words: _on_tokens(clause) for words, clause in access_tokens.CLAUSES.items()},
        "ABORT ALL QUERIES": _abort_all_queries,
        **{words: _refused(words) for words in _REFUSED},
    },
)
