"""Grants: https://docs.snowflake.com/en/sql-reference/sql/grant-privilege and grant-role.

A grant is written as behind GRANT, without its end: `select on all tables in schema DB.S`, `role READER`,
`usage on database DB with grant option`. Its grantee is the key it stands under.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from snowmaker import sql
from snowmaker.components.base import Component, Place, Record
from snowmaker.components.datatypes import data_type, split_arguments
from snowmaker.components.types import read_name
from snowmaker.names import Token, chain

Reach = Literal["object", "all", "future"]
Grantee = tuple[str, tuple[str, ...]]  # (ROLE | DATABASE ROLE | USER, name)

ALL = "ALL PRIVILEGES"
# objects of the account, whose names have one part
ACCOUNT_KINDS = frozenset(
    {
        *("USER", "ROLE", "RESOURCE MONITOR", "WAREHOUSE", "COMPUTE POOL", "DATABASE", "INTEGRATION", "CONNECTION"),
        *("FAILOVER GROUP", "REPLICATION GROUP", "EXTERNAL VOLUME", "NETWORK POLICY", "SHARE", "APPLICATION"),
    }
)
SIGNED = frozenset({"FUNCTION", "PROCEDURE", "EXTERNAL FUNCTION", "AGGREGATE FUNCTION"})
# what can be granted as TABLE, and is shown under its own name
TABLES = frozenset({"TABLE", "EVENT TABLE", "DYNAMIC TABLE", "EXTERNAL TABLE", "HYBRID TABLE", "ICEBERG TABLE"})
# the names by which SHOW GRANTS has some kinds
ALIASES = {"VOLUME": "EXTERNAL VOLUME", "MODULE": "MODEL", "CORTEX AGENT": "AGENT", "QUALITY MONITOR": "MODEL MONITOR"}
# What ALL stands for, at the least: https://docs.snowflake.com/en/user-guide/security-access-control-privileges
EVERY = {
    "DATABASE": ("CREATE SCHEMA", "MODIFY", "MONITOR", "USAGE"),
    "SCHEMA": ("CREATE TABLE", "CREATE VIEW", "CREATE STAGE", "CREATE TASK", "MODIFY", "MONITOR", "USAGE"),
    "TABLE": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"),
    "EXTERNAL TABLE": ("SELECT", "REFERENCES"),
    "DYNAMIC TABLE": ("SELECT", "MONITOR", "OPERATE"),
    "MATERIALIZED VIEW": ("SELECT", "REFERENCES"),
    "VIEW": ("SELECT", "REFERENCES"),
    "WAREHOUSE": ("MODIFY", "MONITOR", "OPERATE", "USAGE"),
    "RESOURCE MONITOR": ("MODIFY", "MONITOR"),
    "TASK": ("MONITOR", "OPERATE"),
    "PIPE": ("MONITOR", "OPERATE"),
    "STREAM": ("SELECT",),
    **dict.fromkeys(("FILE FORMAT", "SEQUENCE", "FUNCTION", "PROCEDURE", "INTEGRATION"), ("USAGE",)),
}


@dataclass(frozen=True)
class Grant:
    """One privilege on one object, or on all or the future objects of a kind in a container, to one grantee.

    Membership in a role is USAGE on the ROLE or DATABASE ROLE. For `all` and `future`, `name` is the container's, and
    `container` its kind.
    """

    privilege: str
    on: str
    name: tuple[str, ...]
    grantee: Grantee
    option: bool = False
    reach: Reach = "object"
    container: str = ""
    arguments: tuple[str, ...] | None = None
    place: Place = field(default=Place(), compare=False)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others; the grant option is no part of it."""
        on = "TABLE" if self.on in TABLES and self.reach == "object" else self.on
        return (self.privilege, on, self.name, self.arguments, self.grantee, self.reach)

    @property
    def membership(self) -> bool:
        """Whether it makes the grantee a member of a role."""
        return self.on in ("ROLE", "DATABASE ROLE") and self.privilege == "USAGE"

    @property
    def object(self) -> str:
        """The object as GRANT names it: `TABLE DB.S.T`, `ALL TABLES IN SCHEMA DB.S`, `ACCOUNT`."""
        if self.on == "ACCOUNT":
            return "ACCOUNT"
        name = sql.quote_name(*self.name)
        if self.reach != "object":
            return f"{self.reach.upper()} {plural(self.on)} IN {self.container} {name}"
        return f"{self.on} {name}" + ("" if self.arguments is None else f"({', '.join(self.arguments)})")

    @property
    def what(self) -> str:
        """The object as a person writes it: `table DB.S.T`, `future tables in schema DB.S`, `account`."""
        arguments = "" if self.arguments is None else f"({', '.join(self.arguments)})"
        inside = f"{self.reach} {plural(self.on).lower()} in {self.container.lower()}"
        on = self.on.lower() if self.reach == "object" else inside
        return f"{on} {sql.quote_name(*self.name)}{arguments}".rstrip()

    @property
    def to(self) -> str:
        """The grantee as GRANT names it: `ROLE R`."""
        return f"{self.grantee[0]} {sql.quote_name(*self.grantee[1])}"

    def __str__(self) -> str:
        return written([self])


def granting(grants: Sequence[Grant]) -> str:
    """The GRANT of privileges that are all on one object, to one grantee, with the same option."""
    first = grants[0]
    if first.membership:
        return f"GRANT {first.object} TO {first.to}"
    end = " WITH GRANT OPTION" if first.option else ""
    return f"GRANT {_privileges(grants)} ON {first.object} TO {first.to}{end}"


def revoking(grants: Sequence[Grant], *, option_only: bool = False) -> str:
    """The REVOKE of such privileges, or of the option to grant them on."""
    first = grants[0]
    if first.membership:
        return f"REVOKE {first.object} FROM {first.to}"
    only = "GRANT OPTION FOR " if option_only else ""
    return f"REVOKE {only}{_privileges(grants)} ON {first.object} FROM {first.to}"


def written(grants: Sequence[Grant]) -> str:
    """Such privileges as a person writes them: `insert, select on table DB.S.T with grant option`."""
    first = grants[0]
    if first.membership:
        return first.what
    end = " with grant option" if first.option else ""
    return f"{_privileges(grants).lower()} on {first.what}" + end


def owning(grant: Grant, copy: bool = True) -> str:
    """The statement that makes a grantee the owner."""
    end = " COPY CURRENT GRANTS" if copy and grant.reach != "future" else ""
    return f"GRANT OWNERSHIP ON {grant.object} TO {grant.to}{end}"


def _privileges(grants: Sequence[Grant]) -> str:
    return ", ".join(sorted(grant.privilege for grant in grants))


def plural(kind: str) -> str:
    """TABLE → TABLES, MASKING POLICY → MASKING POLICIES."""
    return f"{kind[:-1]}IES" if kind.endswith("Y") else f"{kind}S"


def singular(kind: str) -> str:
    """TABLES → TABLE, MASKING POLICIES → MASKING POLICY."""
    return f"{kind[:-3]}Y" if kind.endswith("IES") else kind.removesuffix("S")


def expanded(grant: Grant) -> tuple[Grant, ...]:
    """The single privileges that a grant of ALL stands for; of a kind that is not known, the grant itself."""
    every = EVERY.get(grant.on) if grant.privilege == ALL else None
    return tuple(replace(grant, privilege=privilege) for privilege in every) if every else (grant,)


def memberships(component: Component) -> list[Grant]:
    """The grants that a component's own properties ask for: `granted_to` of a role, `roles` of a user."""
    found = []
    for grantee in component.values.get("granted_to") or ():
        found.append(_member(component.kind.name, component.name, grantee_of(grantee), component.place))
    for role in component.values.get("roles") or ():
        found.append(_member("ROLE", sql.parse_name(role), (component.kind.name, component.name), component.place))
    return found


def _member(kind: str, name: tuple[str, ...], grantee: Grantee, place: Place) -> Grant:
    return Grant("USAGE", kind, name, grantee, place=place)


def grantee_of(text: str) -> Grantee:
    """ANALYST is a role, DB.READER a database role, `user BOB` a user; raises ValueError."""
    word, _, rest = text.strip().partition(" ")
    if word.upper() == "USER" and rest:
        return "USER", read_name(rest)
    name = read_name(text)
    if len(name) > 2:
        raise ValueError(f"{text} is neither a role nor a database role")
    return ("ROLE" if len(name) == 1 else "DATABASE ROLE"), name


# reading what a person writes


def read_grants(key: str, texts: Iterable[str], place: Place) -> tuple[Grantee, list[Grant]]:
    """The grantee that a key names, and its grants; raises ValueError."""
    grantee = grantee_of(key)
    return grantee, [grant for text in texts for grant in _read(text, grantee, place)]


def _read(text: str, grantee: Grantee, place: Place) -> list[Grant]:
    tokens = list(sql.tokens(text))
    words = [token.upper for token in tokens]
    if words[:1] == ["ROLE"] or words[:2] == ["DATABASE", "ROLE"]:
        kind = "ROLE" if words[0] == "ROLE" else "DATABASE ROLE"
        name = _name(text, tokens, len(kind.split()), kind)
        return [Grant("USAGE", kind, name, grantee, place=place)]
    if grantee[0] == "USER":
        raise ValueError(f"{text!r}: only roles are granted to users, as `role NAME`")
    if "ON" not in words:
        raise ValueError(f"{text!r} is no grant: write `select on table DB.S.T`, or `role NAME`")
    at = words.index("ON")
    option = words[-3:] == ["WITH", "GRANT", "OPTION"]
    tokens = tokens[: len(tokens) - 3] if option else tokens
    grant = _object(text, tokens, at + 1, grantee)
    privileges = _listed(tokens[:at], text)
    return [replace(grant, privilege=one, option=option, place=place) for one in privileges]


def read_object(text: str) -> Grant:
    """The object that a text names as GRANT does, as a grant of nothing on it to nobody; raises ValueError."""
    return _object(text, list(sql.tokens(text)), 0, ("", ()))


def read_statement(text: str) -> tuple[str, list[Grant]]:
    """The verb, GRANT or REVOKE, and the grants of a statement as it is written here; raises ValueError.

    REVOKE GRANT OPTION FOR takes back the option alone: its grants have it.
    """
    tokens = list(sql.tokens(text))
    words = [token.upper for token in tokens]
    to = next((at for at, word in enumerate(words) if word in ("TO", "FROM")), len(words))
    if words[:1] not in (["GRANT"], ["REVOKE"]) or to + 2 >= len(words):
        raise ValueError(f"{text!r} is neither a GRANT nor a REVOKE")
    only = words[1:4] == ["GRANT", "OPTION", "FOR"]
    kind = "DATABASE ROLE" if words[to + 1] == "DATABASE" else words[to + 1]
    name, end = chain(tokens, to + 1 + len(kind.split()))
    body = text[tokens[4 if only else 1].start : tokens[to].start]
    option = only or words[end:] == ["WITH", "GRANT", "OPTION"]
    grants = _read(body, ("ROLE", name), Place())
    return words[0], [replace(grant, grantee=(kind, name), option=option) for grant in grants]


def _listed(tokens: Sequence[Token], text: str) -> list[str]:
    listed = " ".join(token.upper or token.text for token in tokens).replace(" . ", ".").split(",")
    found = [" ".join(part.split()) for part in listed]
    if not all(found):
        raise ValueError(f"{text!r} names no privilege")
    return [ALL if one in ("ALL", ALL) else one for one in found]


def _object(text: str, tokens: Sequence[Token], index: int, grantee: Grantee) -> Grant:
    """The object of a grant, of a privilege that is still to be named."""
    words = [token.upper for token in tokens]
    if words[index:] == ["ACCOUNT"]:
        return Grant("", "ACCOUNT", (), grantee)
    reach: Reach = {"ALL": "all", "FUTURE": "future"}.get(words[index] if index < len(words) else "", "object")  # type: ignore[assignment]
    if reach != "object":
        if "IN" not in words[index:]:
            raise ValueError(f"{text!r} says not where: `… in schema DB.S`")
        inside = words.index("IN", index)
        container = words[inside + 1] if inside + 1 < len(words) else ""
        if container not in ("DATABASE", "SCHEMA"):
            raise ValueError(f"{text!r}: all and future objects are in a DATABASE or a SCHEMA")
        name = _name(text, tokens, inside + 2, container)
        return Grant("", singular(" ".join(words[index + 1 : inside])), name, grantee, False, reach, container)
    bracket = next((at for at in range(index, len(tokens)) if tokens[at].text == "("), len(tokens))
    begin = bracket - 1
    while begin - 1 > index and tokens[begin - 1].text == ".":
        begin -= 2
    kind = " ".join(words[index:begin])
    if not kind:
        raise ValueError(f"{text!r} says not what kind of object it is on")
    return _signed(text, tokens, begin, bracket, Grant("", kind, (), grantee))


def _signed(text: str, tokens: Sequence[Token], begin: int, bracket: int, grant: Grant) -> Grant:
    """The grant with the name that begins at a token; a routine's has the types of its arguments in brackets."""
    name = _name(text, tokens[:bracket], begin, grant.on)
    if grant.on not in SIGNED:
        return replace(grant, name=name)
    if bracket == len(tokens):
        raise ValueError(f"{text!r} needs the types of the arguments: `{sql.quote_name(*name)}(NUMBER)`")
    inside = text[tokens[bracket].start + 1 : tokens[-1].start]
    return replace(grant, name=name, arguments=argument_types(inside))


def _name(text: str, tokens: Sequence[Token], index: int, kind: str) -> tuple[str, ...]:
    if index >= len(tokens):
        raise ValueError(f"{text!r} names no {kind.lower()}")
    end = tokens[-1].start + len(tokens[-1].text)
    name = read_name(text[tokens[index].start : end])
    size = 1 if kind in ACCOUNT_KINDS else 2 if kind in ("SCHEMA", "DATABASE ROLE") else 3
    if len(name) != size:
        wanted = ("its name", "DATABASE.NAME", "DATABASE.SCHEMA.NAME")[size - 1]
        raise ValueError(f"{text!r}: a {kind.lower()} is named by {wanted}")
    return name


def argument_types(text: str) -> tuple[str, ...]:
    """`A NUMBER, B VARCHAR(3)` or `NUMBER, VARCHAR` → the types without lengths."""
    return tuple(_argument_type(part) for part in split_arguments(text))


def _argument_type(text: str) -> str:
    text = text.removeprefix("DEFAULT ")
    tokens = list(sql.tokens(text))
    named = len(tokens) > 1 and tokens[0].kind in ("word", "identifier") and tokens[1].kind == "word"
    try:
        return data_type(text[tokens[1].start :] if named and text.upper() != "DOUBLE PRECISION" else text, bare=True)
    except ValueError:
        return text.upper()


# reading what an account shows


def from_account(record: Record) -> Grant | None:
    """The grant that a row of SHOW GRANTS TO, ON or OF, or of SHOW FUTURE GRANTS tells of; None for one of no use."""
    if "role" in record and "privilege" not in record:
        role = _role(str(record["role"]))
        kind = "ROLE" if len(role) == 1 else "DATABASE ROLE"
        return Grant("USAGE", kind, role, _grantee(record["granted_to"], record["grantee_name"], role[:1]))
    future = "grant_on" in record
    on = str(record.get("granted_on") or record.get("grant_on") or "").replace("_", " ").upper()
    on = ALIASES.get(on, on)
    option = str(record.get("grant_option", "false")).lower() == "true"
    privilege = str(record["privilege"]).upper()
    try:
        named = str(record["name"]).partition(".<")[0] if future else _readable(record["name"], on)
        parts = sql.parse_name(named) if on != "ACCOUNT" else ()
    except ValueError:
        return None
    # a database role has privileges in its own database alone, whose name may be left out
    grantee = _grantee(record.get("granted_to") or record.get("grant_to"), record["grantee_name"], parts[:1])
    if future:
        return Grant(privilege, on, parts, grantee, option, "future", "DATABASE" if len(parts) == 1 else "SCHEMA")
    arguments = None
    if on in SIGNED and "(" in parts[-1]:
        name, _, rest = parts[-1].partition("(")
        parts, arguments = (*parts[:-1], name), argument_types(rest.rpartition(")")[0])
    return Grant(privilege, on, parts, grantee, option, arguments=arguments)


def _role(text: str) -> tuple[str, ...]:
    """A role's name is shown bare, a database role's with its database."""
    try:
        return sql.parse_name(text) if "." in text else (text,)
    except ValueError:
        return (text,)


def _readable(name: object, on: str) -> str:
    """A name of one part is shown bare, whatever is in it."""
    text = str(name)
    return sql.quote_identifier(text) if on in ACCOUNT_KINDS and not text.startswith('"') else text


def _grantee(kind: object, name: object, database: tuple[str, ...]) -> Grantee:
    word, text = str(kind).replace("_", " ").upper(), str(name)
    if word != "DATABASE ROLE":
        return word, (text,)
    parts = sql.parse_name(text) if "." in text else (*database, text)
    return word, parts


def known(grants: Iterable[Grant]) -> Mapping[tuple[object, ...], Grant]:
    """Grants by their keys; of two, the one that may be granted on."""
    found: dict[tuple[object, ...], Grant] = {}
    for grant in grants:
        if grant.key not in found or grant.option:
            found[grant.key] = grant
    return found
