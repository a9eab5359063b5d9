"""Checks on an account: the queries that must return no rows, and who can and cannot do what. Reads only.

What a role can is judged along the hierarchy of roles and without secondary roles: a privilege counts where the role
also gets into the database and schema.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from snowmaker import sql
from snowmaker.access import Access, Graph, container_text, grantee_text
from snowmaker.checks import Check, Privilege, Query
from snowmaker.components.grant import Grant, Grantee
from snowmaker.errors import SnowmakerError
from snowmaker.grantreader import GrantReader
from snowmaker.model import Checked, Statement
from snowmaker.session import Session, as_reported

SHOWN = 5  # rows that are shown of a query that returned some

Prepare = Callable[[Statement, str], str]
Redact = Callable[[str], str]


def judge(
    checks: Sequence[Check], session: Session, reader: Session, prepare: Prepare, redact: Redact = str
) -> tuple[Checked, ...]:
    """Each check and what became of it; queries run on `session`, grants are read on `reader`.

    `prepare` gives what is sent for a statement, `redact` takes secrets out of what came back. What cannot be judged is
    an error among the results.
    """
    queries = _Queries(session, prepare, redact)
    with GrantReader(reader) as grants:
        privileges = _Privileges(grants)
        return tuple(_timed(queries.judge if isinstance(one, Query) else privileges.judge, one) for one in checks)


def _timed(work: Callable[[Any], Checked], check: Check) -> Checked:
    started = time.monotonic()
    try:
        found = work(check)
    except SnowmakerError as error:
        kind: Any = "query" if isinstance(check, Query) else "access"
        detail = f"{error.message} ({error.hint})" if error.hint else error.message
        found = Checked(check.name, kind, "error", " ".join(detail.split()))
    seconds = round(time.monotonic() - started, 3)
    return replace(found, file=check.file, line=check.line, seconds=seconds)


class _Queries:
    """Asks queries, each under its role."""

    def __init__(self, session: Session, prepare: Prepare, redact: Redact) -> None:
        self._session, self._prepare, self._redact = session, prepare, redact
        self._own = as_reported(session.namespace.role or "PUBLIC")

    def judge(self, check: Query) -> Checked:
        """Raises SnowmakerError where it cannot be asked."""
        self._assume(check.role or self._own)
        answer = self._session.execute(self._prepare(check.statement, check.file), limit=SHOWN)
        count = len(answer.rows) if answer.rowcount is None else max(answer.rowcount, len(answer.rows))
        if not answer.rows:
            return Checked(check.name, "query", "passed")
        detail = f"returned {count:,} row{'s' if count > 1 else ''}"
        return Checked(check.name, "query", "failed", detail, tuple(map(self._clean, answer.records())), count)

    def _assume(self, role: str) -> None:
        if sql.parse_name(role) != sql.parse_name(as_reported(self._session.namespace.role or "PUBLIC")):
            self._session.execute(f"USE ROLE {role}")

    def _clean(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: self._redact(value) if isinstance(value, str) else value for name, value in row.items()}


@dataclass
class _Privileges:
    """Judges what roles can, each role and each object read once."""

    reader: GrantReader
    graphs: dict[Grantee, Graph] = field(default_factory=dict)
    singles: dict[tuple[object, ...], tuple[Grant, ...]] = field(default_factory=dict)

    def judge(self, check: Privilege) -> Checked:
        """Raises UsageError where the role, or what it is about, is not there; StatementError."""
        graph = self._graph(check.role)
        grants = [single for grant in check.grants for single in self._each(grant)]
        if not grants:
            return Checked(check.name, "access", "error", "there is no such object")
        wrong = list(_told(_missing(graph, grants) if check.can else _held(graph, grants)))
        if self.reader.warnings and bool(wrong) == check.can:  # what was not read may hold the privilege
            return Checked(check.name, "access", "error", f"not all grants may be read: {self.reader.warnings[0]}")
        return Checked(check.name, "access", "failed" if wrong else "passed", "; ".join(wrong))

    def _graph(self, role: Grantee) -> Graph:
        if role not in self.graphs:
            self.graphs[role] = self.reader.held_by(role)
        return self.graphs[role]

    def _each(self, grant: Grant) -> Iterable[Grant]:
        key = (grant.on, grant.name, grant.arguments, grant.reach)
        if key not in self.singles:
            self.singles[key] = self.reader.each(grant)
        return [replace(one, privilege=grant.privilege, grantee=grant.grantee) for one in self.singles[key]]


def _missing(graph: Graph, grants: Iterable[Grant]) -> Iterator[str]:
    for grant in grants:
        access = graph.to(grant)
        if access is None:
            yield f"lacks {grant}"
        elif access.lacks:
            lacks = " and ".join(f"no privilege on {container_text(name)}" for name in access.lacks)
            yield f"has {grant}, but {lacks}"


def _held(graph: Graph, grants: Iterable[Grant]) -> Iterator[str]:
    for grant in grants:
        access = graph.to(grant)
        if access is not None and not access.lacks:
            yield f"has {access.grant}{_way(access)}"


def _way(access: Access) -> str:
    return f", through {' → '.join(map(grantee_text, access.path[1:]))}" if len(access.path) > 1 else ""


def _told(texts: Iterable[str]) -> Iterator[str]:
    """A few texts, and how many more there are."""
    found = list(texts)
    yield from found[:SHOWN]
    if len(found) > SHOWN:
        yield f"and {len(found) - SHOWN} more"
