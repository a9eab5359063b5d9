"""EXPLAIN_PRIVILEGES: which privileges a statement needs, and which of them a role lacks.

The statement is tried, on a session beside the caller's, up to where it would change data; what it changes in the
catalog is undone. What it asks of the roles in force is answered yes, and noted. Then it is tried again with a no to
each question in turn: if it fails, that privilege is needed; if it goes on and asks further ones, these do instead.

https://docs.snowflake.com/en/sql-reference/functions/explain_privileges
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.access import OWNERSHIP, Access
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.context import ACCOUNT_NAME, Context, Tried, dotted
from snowmaker.sandbox.privileges import domain
from snowmaker.sandbox.scripting.parser import makes_procedure
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.vocabulary import COMMANDS

_EXPLAINED = frozenset((
    "ALTER", "COMMENT", "CREATE", "DELETE", "DESC", "DESCRIBE", "DROP", "GRANT", "INSERT", "MERGE", "REVOKE",
    "SHOW", "TRUNCATE", "UNDROP", "UPDATE",
))  # fmt: skip


@dataclass(frozen=True)
class Need:
    """One of these privileges on an object (0: the account), or any at all where none is named.

    `primary`: the primary role alone counts; `grantable`: it must be there WITH GRANT OPTION.
    """

    on: int
    privileges: tuple[str, ...] = ()
    primary: bool = False
    grantable: bool = False


@dataclass(frozen=True)
class Choice:
    """A privilege, or all of others in its place."""

    need: Need
    others: tuple[Need | Choice, ...]


Needs = tuple[Need | Choice, ...]
Attempt = Callable[[frozenset[Need]], list[Need]]  # what a statement asks where some is denied


class Trial(Access):
    """Roles that may do everything but what is `denied`, among what the caller sees; `asked` is what they were asked.

    With `everything`, the caller sees all there is: RESOLVE ALL ON ACCOUNT.
    """

    def __init__(self, catalog: Catalog, caller: Access, denied: frozenset[Need]) -> None:
        super().__init__(catalog, caller.primary, caller.roles)
        self._caller = caller
        self._denied = denied
        self._everything = caller.global_("RESOLVE ALL")
        self.asked: dict[Need, None] = {}

    def _may(self, need: Need) -> bool:
        self.asked[need] = None
        return need not in self._denied

    def _its_own(self, entry: Entry) -> bool:
        """Whether the statement itself made it, or nobody's privileges count."""
        return entry.id < 0 or self._catalog.get(entry.id) is None

    def owns(self, entry: Entry) -> bool:
        return self._its_own(entry) or self._may(Need(entry.id, (OWNERSHIP,)))

    def holds(self, entry: Entry, *privileges: str) -> bool:
        return self._its_own(entry) or self._may(Need(entry.id, privileges))

    def global_(self, *privileges: str, primary: bool = False) -> bool:
        return bool(privileges) and self._may(Need(ACCOUNT, privileges, primary))

    def administers(self) -> bool:
        raise sqlerror.unsupported("EXPLAIN_PRIVILEGES of what ACCOUNTADMIN alone may do")

    def creates(self, privilege: str, container: Entry | None) -> bool:
        if container is not None and self._its_own(container):
            return True
        return self._may(Need(ACCOUNT if container is None else container.id, (privilege,), primary=True))

    def sees(self, entry: Entry) -> bool:
        if self._its_own(entry) or entry.kind in ("ROLE", "USER") or entry.name == "INFORMATION_SCHEMA":
            return True
        return (self._everything or self._caller.sees(entry)) and self._may(Need(entry.id))

    def _holder(self, on: int, privilege: str) -> int | None:
        return min(self.roles) if self._may(Need(on, (privilege,), grantable=True)) else None


# -- trying --------------------------------------------------------------------------------------------


def explain(context: Context, text: str, *, missing_only: bool = False, for_role: str | None = None) -> str:
    """The privileges that a statement needs, or that the roles lack for it, as JSON. Raises SqlError."""
    word = context.parser(text).peek().value
    if (word in COMMANDS and word not in _EXPLAINED) or makes_procedure(text):
        raise sqlerror.unsupported(f"EXPLAIN_PRIVILEGES of {word}")
    asking = context.access if for_role is None else _of_role(context, for_role)
    needs = _needed(lambda denied: _try(context, text, denied), frozenset(), frozenset())
    if missing_only:
        needs = _lacking(context.catalog, asking, needs)
    if not needs:
        return json.dumps({"authorized": True})
    return json.dumps({"allOf": [_node(context, each) for each in needs]})


def _of_role(context: Context, name: str) -> Access:
    role = context.catalog.find("ROLE", ACCOUNT, context.parser(name).name(1)[0])
    if role is None:
        raise context.unseen("ROLE", (name,))
    return Access.of_role(context.catalog, role.id)


def _try(context: Context, text: str, denied: frozenset[Need]) -> list[Need]:
    """What the statement asks. Raises SqlError where it fails."""
    from snowmaker.sandbox import statements  # which need this module

    trial = Trial(context.catalog, context.access, denied)
    twin = context.session.beside()
    twin.trying = True
    try:
        statements.run(
            replace(context, session=twin, text=text, binds=(), modifiers=frozenset(), describe_only=True, trial=trial)
        )
    except Tried:
        pass
    finally:
        twin.connection.close()
    return list(trial.asked)


def _needed(attempt: Attempt, denied: frozenset[Need], known: frozenset[Need]) -> Needs:
    """What is needed where some is denied, besides what is known already."""
    asked = attempt(denied)
    found: list[Need | Choice] = []
    for need in _decisive(attempt, denied, [each for each in asked if each not in known], frozenset(asked)):
        try:
            others = _needed(attempt, denied | {need}, known.union(asked))
        except SqlError:
            found.append(need)
        else:
            found += [Choice(need, others)] if others else []
    return tuple(_simplified(found))


def _decisive(attempt: Attempt, denied: frozenset[Need], needs: list[Need], asked: frozenset[Need]) -> list[Need]:
    """Those that change something when they are denied: not what SHOW only asks to pass over what is not seen."""
    if not needs:
        return []
    try:
        if asked.issuperset(attempt(denied.union(needs))):
            return []
    except SqlError:
        pass
    if len(needs) == 1:
        return needs
    half = len(needs) // 2
    return [found for part in (needs[:half], needs[half:]) for found in _decisive(attempt, denied, part, asked)]


def _simplified(needs: Sequence[Need | Choice]) -> Iterable[Need | Choice]:
    """Without `any privilege` on what another privilege is needed on."""
    named = {each.on for each in needs if isinstance(each, Need) and each.privileges}
    return (each for each in needs if not (isinstance(each, Need) and not each.privileges and each.on in named))


# -- what is lacking -----------------------------------------------------------------------------------


def _lacking(catalog: Catalog, access: Access, needs: Needs) -> Needs:
    return tuple(each for each in needs if not _fulfilled(catalog, access, each))


def _fulfilled(catalog: Catalog, access: Access, need: Need | Choice) -> bool:
    if isinstance(need, Choice):
        others = all(_fulfilled(catalog, access, each) for each in need.others)
        return others or _fulfilled(catalog, access, need.need)
    entry = None if need.on == ACCOUNT else catalog.by_id(need.on)
    if need.grantable:
        return any(access.grantor(entry, each) is not None for each in need.privileges)
    if need.primary:
        return any(access.creates(each, entry) for each in need.privileges)
    if entry is None:
        return access.global_(*need.privileges)
    return access.holds(entry, *need.privileges) if need.privileges else access.sees(entry)


# -- JSON ----------------------------------------------------------------------------------------------


def _node(context: Context, need: Need | Choice) -> dict[str, Any]:
    if isinstance(need, Choice):
        others = [_node(context, each) for each in need.others]
        one_of = [_node(context, need.need), others[0] if len(others) == 1 else {"allOf": others}]
        return {"oneOf": [deep for each in one_of for deep in each.get("oneOf", [each])]}
    found = [_permission(context, need, each) for each in need.privileges or ("<ANY>",)]
    return found[0] if len(found) == 1 else {"oneOf": found}


def _permission(context: Context, need: Need, privilege: str) -> dict[str, Any]:
    """APPLY <kind> is always one on the account."""
    if need.on == ACCOUNT or privilege.startswith("APPLY "):
        kind, name = "ACCOUNT", ACCOUNT_NAME
    else:
        entry = context.catalog.by_id(need.on)
        kind, name = domain(entry.kind), dotted(context.catalog.path(entry))
    shown = f"{privilege} WITH GRANT OPTION" if need.grantable else privilege
    return {"privilege": shown, "objectType": kind, "objectName": name}
