"""Users: https://docs.snowflake.com/en/sql-reference/sql/create-user

A password is written and never read. Keys are told apart by their fingerprints. What counts down, as days_to_expiry,
and what changes by itself, as must_change_password, counts when the user is made. A user is never replaced.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Component, Kind, Pairs, Property, Record, Row, Values
from snowmaker.components.rows import name_in
from snowmaker.components.session_parameters import own_parameters, session_parameters
from snowmaker.components.shared import COMMENT, OWNER, TAGS, parameter
from snowmaker.components.types import (
    HIDDEN,
    Boolean,
    Integer,
    Listed,
    Name,
    Need,
    Part,
    Scope,
    Secret,
    Text,
    Type,
    Unseen,
    Word,
    read_name,
)

# https://docs.snowflake.com/en/user-guide/admin-user-management#types-of-users
_NAMES = ("first_name", "middle_name", "last_name")
_FORBIDDEN = {
    "SERVICE": ("password", "must_change_password", "mins_to_bypass_mfa", *_NAMES),
    "LEGACY_SERVICE": ("mins_to_bypass_mfa", *_NAMES),
}
_FLAGS = tuple(
    parameter(name, Boolean())
    for name in (
        "enable_unredacted_query_syntax_error",
        "enable_unredacted_secure_object_error",
        "prevent_unload_to_internal_stages",
        "disable_ui_download_button",
    )
)


class Key(Text):
    """A public RSA key, as it stands between the first and the last line of a PEM file.

    https://docs.snowflake.com/en/user-guide/key-pair-auth
    """

    def read(self, value: Any, scope: Scope) -> str:
        text = super().read(value, scope)
        if sql.PLACEHOLDER in text:
            return text
        body = "".join("".join(line.split()) for line in text.splitlines() if "-----" not in line)
        self.digest(body)
        return body

    def same(self, one: Any, other: Any) -> bool:
        try:
            return self.digest(one) == self.digest(other)
        except ValueError:
            return bool(one == other)

    def digest(self, value: str) -> str:
        """The fingerprint, which the account shows as RSA_PUBLIC_KEY_FP."""
        if "-----" in value:
            raise ValueError("has to be a key without the lines BEGIN and END: SQL does not take these")
        try:
            key = base64.b64decode("".join(value.split()), validate=True)
        except ValueError:
            key = b""
        if not key.startswith(b"\x30"):
            raise ValueError("is a public RSA key in base64, as it stands in a PEM file")
        return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode()


class Namespace(Name):
    """A database, or a schema in one."""

    def read(self, value: Any, scope: Scope) -> str:
        parts = read_name(str(value))
        if len(parts) > 2:
            raise ValueError("is a database, or a schema in one")
        return sql.quote_name(*parts)

    def shown(self, value: Any, scope: Scope) -> str | None:
        if value in (None, "", "null"):
            return None
        try:
            return sql.quote_name(*sql.parse_name(str(value)))
        except ValueError:
            return sql.quote_identifier(str(value))

    def names(self, value: Any, scope: Scope) -> list[Need]:
        return [("", sql.parse_name(str(value)))]


class Secondary(Type):
    """The secondary roles of a new session: [ALL], or none."""

    def read(self, value: Any, scope: Scope) -> str:
        listed = [str(one).upper() for one in (value if isinstance(value, list) else [value])]
        if listed not in ([], ["ALL"], ["NONE"]):
            raise ValueError("is [all] or []")
        return "ALL" if listed == ["ALL"] else "NONE"

    def shown(self, value: Any, scope: Scope) -> str | None:
        text = str(value or "").upper()
        return "ALL" if "ALL" in text else "NONE" if text.startswith("[") else None

    def literal(self, value: Any) -> str:
        return "('ALL')" if value == "ALL" else "()"

    def plain(self, value: Any, scope: Scope) -> Any:
        return ["all"] if value == "ALL" else []

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"enum": ["all", "ALL"]}}


_WORKLOAD = Unseen(
    {
        "type": Part(Word(("AWS", "AZURE", "GCP", "OIDC"))),
        "arn": Part(Text()),
        "issuer": Part(Text()),
        "subject": Part(Text()),
        "oidc_audience_list": Part(Listed()),
    }
)


def _identified(target: str, old: Any, new: Any) -> Pairs:
    """What was there is not shown: there is no way back to it."""

    def setting(value: Any) -> str:
        said = f"SET WORKLOAD_IDENTITY = {_WORKLOAD.literal(value)}" if value else "UNSET WORKLOAD_IDENTITY"
        return f"ALTER {target} {said}"

    return [(setting(new), () if old == HIDDEN else (setting(old),))]


# what is special about users


def _identity(record: Record) -> tuple[str, ...] | None:
    """Users that Snowflake makes for services and for itself are its own."""
    return None if str(record.get("type") or "").upper().startswith("SNOWFLAKE") else name_in(KIND, record)


def _read(row: Row) -> Values:
    return {"parameters": own_parameters("USER", (), row)}


def _check(component: Component) -> str:
    kind = component.value("type")
    wrong = [name for name in _FORBIDDEN.get(kind, ()) if name in component.values]
    return f"a user of type {kind.lower()} has no {', '.join(wrong)}" if wrong else ""


def _derived(component: Component) -> Values:
    return {"login_name": component.name[-1], "display_name": component.name[-1]}


def _warn(live: Component, action: str) -> tuple[str, ...]:
    lost = f"password, second factors and tokens of user {live.quoted} do not come back by a rollback"
    return (lost,) if action == "drop" else ()


_KEY = Key(nothing=("null",))

KIND = Kind(
    "USER",
    "https://docs.snowflake.com/en/sql-reference/sql/create-user",
    (
        Property("type", Word(("PERSON", "SERVICE", "LEGACY_SERVICE")), default="PERSON"),
        Property("password", Secret(), source="nowhere"),
        Property("login_name", Text(any_case=True)),
        Property("display_name", Text()),
        Property("first_name", Text()),
        Property("middle_name", Text(nothing=("null",)), source="describe"),
        Property("last_name", Text()),
        Property("email", Text()),
        Property("must_change_password", Boolean(), source="nowhere"),
        Property("disabled", Boolean(), default=False),
        Property("days_to_expiry", Integer(), source="nowhere"),
        Property("mins_to_unlock", Integer(), source="nowhere"),
        Property("mins_to_bypass_mfa", Integer(), source="nowhere"),
        Property("default_warehouse", Name(of="WAREHOUSE")),
        Property("default_namespace", Namespace()),
        Property("default_role", Name(of="ROLE")),
        Property("default_secondary_roles", Secondary(), default="ALL"),
        Property("rsa_public_key", _KEY, source="describe"),
        Property("rsa_public_key_2", _KEY, source="describe"),
        Property(
            "workload_identity",
            _WORKLOAD,
            column="HAS_WORKLOAD_IDENTITY",
            source="describe",
            alter=_identified,
        ),
        parameter("network_policy", Name(of="NETWORK POLICY"), created=False, role="SECURITYADMIN"),
        *_FLAGS,
        session_parameters(between=" "),
        # memberships are grants, and are compared as such
        Property("roles", Listed(Name(of="ROLE")), source="nowhere", created=False),
        COMMENT,
        TAGS,
        OWNER,
    ),
    level="account",
    role="USERADMIN",
    replaces=False,
    described=True,
    system=frozenset({"SNOWFLAKE"}),
    identity=_identity,
    read=_read,
    check=_check,
    derived=_derived,
    warn=_warn,
    rank=16,
)
