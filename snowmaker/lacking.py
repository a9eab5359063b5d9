"""Which privileges the roles of some changes lack, asked before the first statement is sent.

https://docs.snowflake.com/en/sql-reference/functions/explain_privileges. A statement about what an earlier change is
still to make cannot be explained, and an account without the function explains nothing: both are passed over. A CREATE
of what exists already is one of an object that the role cannot see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker import sql
from snowmaker.errors import StatementError
from snowmaker.model import Change
from snowmaker.session import Session

BLOCK = 100  # statements explained in one request
LIMIT = 500  # statements explained in all

EXISTS = 2002  # the code of "already exists"
HIDDEN = "any privilege that lets it see what exists already"

Lack = tuple[str, str, str]  # role, statement, privilege


@dataclass(frozen=True)
class Explained:
    """What a role lacks for a statement, or the error by which the account refuses it, and its number."""

    lacks: tuple[str, ...] = ()
    errno: int = 0
    error: str = ""


def lacking(session: Session, changes: Iterable[Change]) -> tuple[Lack, ...]:
    """What the roles of the changes lack: (role, statement, privilege), each privilege once."""
    own = tuple(_as_it_is(changes))
    pairs = list(dict.fromkeys((change.role, text) for change in own for text in change.sql if change.role))[:LIMIT]
    found: dict[tuple[str, str], Lack] = {}
    for index, said in explained(session, pairs).items():
        role, text = pairs[index]
        hidden = said.errno == EXISTS and text.startswith("CREATE")
        for privilege in (HIDDEN,) if hidden else said.lacks:
            found.setdefault((role, privilege), (role, text, privilege))
    for role, text, privilege in _unstarted(session, own):
        found.setdefault((role, f"{privilege} on ACCOUNT"), (role, text, f"{privilege} on ACCOUNT"))
    return tuple(found.values())


def _unstarted(session: Session, changes: Sequence[Change]) -> Iterator[Lack]:
    """What roles lack that are to start a task or an alert of their own which is still to be made.

    What a change grants is no lack. https://docs.snowflake.com/en/user-guide/tasks-intro#task-security
    """
    texts = {text for change in changes for text in change.sql}
    for kind in ("TASK", "ALERT"):
        privilege = f"EXECUTE {kind}"
        made = [one for one in changes if (one.action, one.kind) == ("create", kind.lower())]
        starts = {one.role: text for one in made if (text := f"ALTER {kind} {one.target} RESUME") in texts}
        asked = {role for role in starts if role and f"GRANT {privilege} ON ACCOUNT TO ROLE {role}" not in texts}
        names = {role: sql.parse_name(role)[0] for role in asked}
        holders = _holders(session, privilege, set(names.values())) if asked else set()
        yield from ((role, starts[role], privilege) for role in sorted(asked) if holders and names[role] not in holders)


def _holders(session: Session, privilege: str, wanted: set[str]) -> set[str]:
    """The roles that have a privilege on the account, by themselves or through others, until all wanted are found.

    Nothing where the account does not show it: then not even ACCOUNTADMIN, who has all of them, is among them.
    """
    try:
        rows = session.execute("SHOW GRANTS ON ACCOUNT").records()
        found = {str(row["grantee_name"]) for row in rows if row["privilege"] == privilege}
        waiting = sorted(found) if "ACCOUNTADMIN" in found else []
        while waiting and not wanted <= found:
            rows = session.execute(f"SHOW GRANTS OF ROLE {sql.quote_identifier(waiting.pop())}").records()
            more = {str(row["grantee_name"]) for row in rows if row["granted_to"] == "ROLE"} - found
            found |= more
            waiting += sorted(more)
    except StatementError:
        return set()
    return found if "ACCOUNTADMIN" in found else set()


def _as_it_is(changes: Iterable[Change]) -> Iterator[Change]:
    """The changes of what still has the owner that it has now: another one's privileges come with the plan."""
    handed_over: set[tuple[str, str]] = set()
    for change in changes:
        if (change.kind, change.target) not in handed_over:
            yield change
        if any(name == "owner" for name, *_ in change.attributes):
            handed_over.add((change.kind, change.target))


def explained(session: Session, pairs: Sequence[tuple[str, str]]) -> dict[int, Explained]:
    """What the account says of each (role, statement), by its place; what it does not explain is left out."""
    found = {}
    for begin in range(0, len(pairs), BLOCK):
        for one in _answers(session, pairs[begin : begin + BLOCK], begin):
            lacks = tuple(_privileges(json.loads(one["said"]))) if "said" in one else ()
            found[int(one["index"])] = Explained(lacks, int(one.get("code", 0)), str(one.get("error", "")))
    return found


def _answers(session: Session, pairs: Sequence[tuple[str, str]], begin: int) -> Iterator[Mapping[str, Any]]:
    """One that ends the whole block must not hide the others."""
    try:
        answer = session.execute(block(pairs, begin))
    except StatementError:
        half = len(pairs) // 2
        for part, start in ((pairs[:half], begin), (pairs[half:], begin + half)) if half else ():
            yield from _answers(session, part, start)
        return
    yield from json.loads(str(answer.rows[0][0] or "[]")) if answer.rows else []


def block(pairs: Sequence[tuple[str, str]], begin: int = 0) -> str:
    """A block that explains each statement for its role, and returns what could be explained; numbered from `begin`."""
    parts = []
    for index, (role, text) in enumerate(pairs, begin):
        name = sql.quote_literal(sql.parse_name(role)[0])
        parts.append(
            "BEGIN\n"
            f"LET said VARCHAR := (SELECT EXPLAIN_PRIVILEGES(statement => {sql.quote_literal(text)}, "
            f"missing_only => TRUE, for_role => {name}));\n"
            f"found := ARRAY_APPEND(:found, OBJECT_CONSTRUCT('index', {index}, 'said', :said));\n"
            "EXCEPTION WHEN OTHER THEN\n"
            f"found := ARRAY_APPEND(:found, OBJECT_CONSTRUCT('index', {index}, 'code', :sqlcode, 'error', :sqlerrm));\n"
            "END;"
        )
    body = "\n".join(["DECLARE", "found ARRAY DEFAULT ARRAY_CONSTRUCT();", "BEGIN", *parts, "RETURN found;", "END"])
    return f"EXECUTE IMMEDIATE {sql.quote_body(body)}"


def _privileges(said: Mapping[str, Any]) -> Iterator[str]:
    """What lacks, as text; of several that would do, all in one."""
    for one in said.get("allOf", [said] if "oneOf" in said else []):
        yield _text(one)


def _text(one: Mapping[str, Any]) -> str:
    for word, joint in (("oneOf", " or "), ("allOf", " and ")):
        if word in one:
            return joint.join(_text(each) for each in one[word])
    on = "ACCOUNT" if one["objectType"] == "ACCOUNT" else f"{one['objectType']} {one['objectName']}"
    privilege = "any privilege" if one["privilege"] == "<ANY>" else one["privilege"]
    return f"{privilege} on {on}" if one["objectType"] else str(privilege)
