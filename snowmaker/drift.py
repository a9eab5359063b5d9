"""Who changed last what is not as declared: the query history, read for the differences between YAML and account.

https://docs.snowflake.com/en/sql-reference/functions/query_history: the last 7 days, one's own statements, and those
of others with MONITOR on the account or on the warehouse that ran them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from snowmaker import sql
from snowmaker.components.grant import read_statement
from snowmaker.differ import CONTAINERS
from snowmaker.errors import StatementError
from snowmaker.model import Change, Touch
from snowmaker.names import Token, chain, head, name_index, tokens
from snowmaker.session import Session

PAGE = 10_000  # rows that QUERY_HISTORY gives at most
PAGES = 5  # of the latest statements; what is older is not looked for
HEAD = 500  # tokens of a statement in which names are looked for
SHOWN = 200  # characters of a statement
VERBS = ("ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE", "UNDROP")
COLUMNS = ("QUERY_ID", "DATABASE_NAME", "SCHEMA_NAME", "USER_NAME", "ROLE_NAME", "START_TIME", "END_TIME", "QUERY_TAG")

Name = tuple[str, ...]


def with_touches(
    session: Session, database: str, changes: Sequence[Change], redact: Callable[[str], str] = str
) -> tuple[tuple[Change, ...], str]:
    """The changes, each with the statement that last touched what it is about; and why that is not known, or ''.

    `database` is one whose INFORMATION_SCHEMA the session can read; `redact` takes secrets out of the statements.
    """
    found: dict[int, Touch] = {}
    try:
        if changes:
            _find(_statements(session, database, redact), [_subject(change) for change in changes], found)
    except StatementError as error:
        return tuple(changes), f"who changed what is not known, as the query history cannot be read: {error.message}"
    return tuple(replace(change, touched=found.get(index)) for index, change in enumerate(changes)), ""


def _find(statements: Iterable[_Statement], subjects: Sequence[_Subject], found: dict[int, Touch]) -> None:
    """The last statement about each subject: of those since it was made, one that names what differs comes first."""
    waiting: dict[str, set[int]] = defaultdict(set)
    for index, subject in enumerate(subjects):
        for part in subject.parts:
            waiting[part].add(index)
    done: set[int] = set()
    for statement in statements:
        for index in {each for part in statement.parts for each in waiting.get(part, ())} - done:
            subject = subjects[index]
            if not _is_about(statement, subject):
                continue
            named = bool(subject.says & statement.parts)
            if named or index not in found:
                found[index] = statement.touch
            if named or not subject.says or statement.verb not in ("ALTER", "COMMENT"):
                done.add(index)
        if len(done) == len(subjects):
            return


# what is asked for


@dataclass(frozen=True)
class _Subject:
    """An object, by the last word of its kind, and of a grant the one who has it; `says` are words of a change.

    `parts` are the names by which a statement about it is known.
    """

    word: str
    name: Name
    grantee: Name = ()
    says: frozenset[str] = frozenset()
    missing: bool = False

    @property
    def parts(self) -> frozenset[str]:
        return frozenset({*self.name, *self.grantee[-1:]} or {self.word})


def _subject(change: Change) -> _Subject:
    if change.kind == "grant":
        _, grants = read_statement(change.sql[0])
        return _Subject(
            grants[0].on.split()[-1], grants[0].name, grants[0].grantee[1], missing=change.action == "grant"
        )
    word = change.kind.split("_")[-1].upper()
    says = frozenset(part.upper() for name, _, _ in change.attributes for part in name.split("."))
    name, _ = chain(list(tokens(change.target)), 0)
    return _Subject(word, name, (), says, change.action == "create")


def _is_about(statement: _Statement, subject: _Subject) -> bool:
    """Whether a statement is about an object, or took the container of what is not there along."""
    containers = [subject.name[:size] for size in range(1, len(subject.name))] if subject.missing else []
    gone = statement.verb in ("DROP", "CREATE", "UNDROP") and statement.word in CONTAINERS
    if gone and any(statement.means(statement.named, name) for name in containers):
        return True
    if subject.grantee and statement.verb in ("GRANT", "REVOKE"):
        return {subject.grantee[-1], *subject.name[-1:]} <= statement.parts
    if statement.word != subject.word:
        return False
    if statement.verb in ("GRANT", "REVOKE"):
        return "OWNERSHIP" in statement.parts and any(statement.means(one, subject.name) for one in statement.names)
    if subject.grantee and statement.verb not in ("DROP", "CREATE"):
        return False
    if {"SWAP", "RENAME"} & statement.parts:
        return any(statement.means(one, subject.name) for one in statement.names)
    return not subject.name or statement.means(statement.named, subject.name)


# what the account tells


@dataclass(frozen=True)
class _Statement:
    """A statement that changed something.

    `word` stands before the name of what it is about; `names` are all dotted names in it, `parts` their parts and all
    other words; `scope` was in use.
    """

    verb: str
    word: str
    named: Name
    names: tuple[Name, ...]
    parts: frozenset[str]
    scope: Name
    touch: Touch

    def means(self, written: Name, name: Name) -> bool:
        """Whether a name as it was written is that of an object."""
        rest = len(name) - len(written)
        return rest >= 0 and written == name[rest:] and name[:rest] == self.scope[:rest] and bool(written)


def _statements(session: Session, database: str, redact: Callable[[str], str]) -> Iterator[_Statement]:
    """What changed something and came through, the latest first."""
    until: datetime | None = None
    for _ in range(PAGES):
        records = _page(session, database, until)
        for record in records:
            statement = _read(record, redact(record["QUERY_TEXT"] or ""))
            if statement is not None:
                yield statement
        ends = [record["END_TIME"] for record in records if record["END_TIME"] is not None]
        if len(records) < PAGE or not ends or min(ends) == until:
            return
        until = min(ends)


def _page(session: Session, database: str, until: datetime | None) -> list[Mapping[str, Any]]:
    """One page, the text of those statements alone that may have changed something."""
    end = f", END_TIME_RANGE_END => TO_TIMESTAMP_LTZ({sql.quote_literal(until)})" if until is not None else ""
    verbs = ", ".join(sql.quote_literal(verb) for verb in VERBS)
    changed = f"EXECUTION_STATUS = 'SUCCESS' AND UPPER(REGEXP_SUBSTR(QUERY_TEXT, '[A-Za-z]+')) IN ({verbs})"
    text = (
        f"SELECT {', '.join(COLUMNS)}, IFF({changed}, QUERY_TEXT, NULL) AS QUERY_TEXT "
        f"FROM TABLE({sql.quote_identifier(database)}.INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => {PAGE}{end})) "
        "ORDER BY START_TIME DESC"
    )
    return [dict(zip((*COLUMNS, "QUERY_TEXT"), row, strict=True)) for row in session.execute(text).rows]


def _read(record: Mapping[str, Any], text: str) -> _Statement | None:
    listed = head(text, HEAD)
    if not listed or listed[0].upper not in VERBS:
        return None
    at = name_index(listed)
    words = [token.upper for token in listed[:at] if token.upper not in ("IF", "NOT", "EXISTS")]
    names = tuple(_names(listed))
    parts = frozenset(part for name in names for part in name)
    scope = tuple(str(record[key]) for key in ("DATABASE_NAME", "SCHEMA_NAME") if record[key])
    return _Statement(words[0], words[-1], chain(listed, at)[0], names, parts, scope, _touch(record, text))


def _names(listed: Sequence[Token]) -> Iterator[Name]:
    index = 0
    while index < len(listed):
        name, after = chain(listed, index)
        if name:
            yield name
        index = max(after, index + 1)


def _touch(record: Mapping[str, Any], text: str) -> Touch:
    try:
        tag = json.loads(record["QUERY_TAG"] or "{}")
    except ValueError:
        tag = {}
    own = tag if isinstance(tag, dict) and tag.get("tool") == "snowmaker" else {}
    shown = " ".join(text.split())
    return Touch(
        user=str(record["USER_NAME"] or ""),
        role=str(record["ROLE_NAME"] or ""),
        at=record["START_TIME"],
        query_id=str(record["QUERY_ID"]),
        statement=shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…",
        run=str(own.get("run") or ""),
        script=str(own.get("script") or ""),
    )
