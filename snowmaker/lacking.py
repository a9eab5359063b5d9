"""Which privileges the roles of some changes lack, asked before the first statement is sent.

https://docs.snowflake.com/en/sql-reference/functions/explain_privileges. A statement about what an earlier change is
still to make cannot be explained, and an account without the function explains nothing: both are passed over. A CREATE
of what exists already is one of an object that the role cannot see.
"""

from __future__ import annotations

import json
import re
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

_GIVEN = re.compile(r"GRANT (.+) ON ACCOUNT TO ROLE (.+?)(?: WITH GRANT OPTION)?")
_THROUGH = re.compile(r"GRANT ROLE (.+) TO ROLE (.+)")

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

    What the changes grant is no lack. https://docs.snowflake.com/en/user-guide/tasks-intro#task-security
    """
    texts = {text for change in changes for text in change.sql}
    for kind in ("TASK", "ALERT"):
        privilege = f"EXECUTE {kind}"
        made = [one for one in changes if (one.action, one.kind) == ("create", kind.lower()) and one.role]
        starts = {one.role: text for one in made if (text := f"ALTER {kind} {one.target} RESUME") in texts}
        if starts:
            names = {_stored(role): role for role in starts}
            for name in sorted(names.keys() - _holders(session, privilege, set(names), texts)):
                yield names[name], starts[names[name]], privilege


def _holders(session: Session, privilege: str, wanted: set[str], texts: Iterable[str]) -> set[str]:
    """Those of some roles that have a privilege on the account, by themselves or through others, or get it by a text.

    All of them where the account does not show it: then not even ACCOUNTADMIN, who has every privilege, is seen to.
    """
    given = [one for text in texts if (one := _GIVEN.fullmatch(text))]
    through = [(_stored(one[1]), _stored(one[2])) for text in texts if (one := _THROUGH.fullmatch(text))]
    try:
        rows = session.execute("SHOW GRANTS ON ACCOUNT").records()
        found = {str(row["grantee_name"]) for row in rows if row["privilege"] == privilege}
        if "ACCOUNTADMIN" not in found:
            return wanted
        found |= {_stored(one[2]) for one in given if privilege in one[1].split(", ")}
        waiting = sorted(found)
        while waiting and not wanted <= found:
            role = waiting.pop()
            rows = session.execute(f"SHOW GRANTS OF ROLE {sql.quote_identifier(role)}").records()
            more = {str(row["grantee_name"]) for row in rows if row["granted_to"] == "ROLE"}
            more |= {above for below, above in through if below == role}
            waiting += sorted(more - found)
            found |= more
    except StatementError:  # a role that is still to be made, or that is hidden
        return wanted
    return found


def _stored(role: str) -> str:
    return sql.parse_name(role)[0]


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
        name = sql.quote_literal(_stored(role))
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
