"""The SQL that makes a role in an empty account as an account has it: `[verify] setup`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from snowmaker import sql
from snowmaker.components.grant import Grant, Grantee, granting, owning

# https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles
SYSTEM = ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC")
IMPORTED = ("SNOWFLAKE",)
# what can be made from its name alone, in this order
MADE = ("ROLE", "WAREHOUSE", "DATABASE", "SCHEMA", "DATABASE ROLE")

Name = tuple[str, ...]


def setup(role: str, grants: Iterable[Grant], made: Collection[Name], title: str) -> str:
    """The role, the roles that it has, and what they were given on the account and on what can be made for that.

    `made` are the names of what the project's scripts make: its grants, and those on tables and the like, are left out.
    """
    kept: list[Grant] = []
    left: Counter[str] = Counter()
    for grant in dict.fromkeys(grants):
        why = _left_out(grant, made)
        if why:
            left[why] += 1
        elif not _there_anyway(grant):
            kept.append(grant)
    lines = [f"-- {' '.join(title.split())}", *(f"{text};" for text in _made(role, kept)), ""]
    lines += [f"{_statement(grant)};" for grant in sorted(kept, key=_order)]
    lines += ["", *(f"-- left out: {number} of {why}" for why, number in sorted(left.items()))] if left else []
    return "\n".join(lines) + "\n"


def _left_out(grant: Grant, made: Collection[Name]) -> str:
    """Why a grant cannot be given before the scripts run, in a few words; '' where it can."""
    if any(grant.name[:size] in made for size in range(1, len(grant.name) + 1)):
        return "the privileges on what the scripts make"
    if grant.name[:1] in [(name,) for name in IMPORTED] and (grant.on != "DATABASE" or grant.privilege != "USAGE"):
        return f"the privileges in the database {grant.name[0]}"
    if grant.reach == "object" and grant.on not in ("ACCOUNT", *MADE):
        return f"the privileges on {grant.on}, which a snapshot or fixtures would make"
    return ""


def _there_anyway(grant: Grant) -> bool:
    """What every account gives to the roles that it has by itself."""
    if grant.grantee[1] not in [(name,) for name in SYSTEM]:
        return False
    own = grant.membership and grant.name[0] in SYSTEM
    return own or grant.on == "ACCOUNT" or grant.grantee[1] == ("ACCOUNTADMIN",) or grant.privilege == "OWNERSHIP"


def _made(role: str, grants: Iterable[Grant]) -> Iterator[str]:
    found: set[Grantee] = {("ROLE", (role,))}
    for grant in grants:
        found.add(grant.grantee)
        if grant.on in MADE and grant.reach == "object":
            found.add((grant.on, grant.name))
        if grant.reach != "object":
            found.add((grant.container, grant.name))
    inside = {(kind, name[:1]) for _, name in found if len(name) == 2 for kind in ("DATABASE",)}
    for kind, name in sorted(found | inside, key=lambda one: (MADE.index(one[0]), one[1])):
        system = kind == "ROLE" and name[0] in SYSTEM
        there = name[0] in IMPORTED or (kind == "SCHEMA" and name[1] == "PUBLIC")
        if not system and not there:
            yield f"CREATE {kind} IF NOT EXISTS {sql.quote_name(*name)}"


def _statement(grant: Grant) -> str:
    if grant.privilege == "OWNERSHIP":
        return owning(grant)
    if grant.on == "DATABASE" and grant.name[0] in IMPORTED:
        return f"GRANT IMPORTED PRIVILEGES ON {grant.object} TO {grant.to}"
    return granting([grant])


def _order(grant: Grant) -> tuple[bool, Grantee, str, Name, str]:
    """Owners last: who hands an object over may no longer give privileges on it."""
    return grant.privilege == "OWNERSHIP", grant.grantee, grant.on, grant.name, grant.privilege
