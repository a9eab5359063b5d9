"""Zero-copy clones of tables that a script takes rows from: made before it runs, swapped back by its rollback.

They stand beside the history, as `<history>_KEPT_<run>_<seq>_<statement><D or C>_<table>`: a comment of ours would come
back with them. They are the tables as they were before the script, so its rollback runs first and the clones come back
after it.
https://docs.snowflake.com/en/user-guide/object-clone
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from snowmaker.errors import StatementError
from snowmaker.history import MISSING
from snowmaker.losses import Return, lasting, renamed
from snowmaker.model import Applied, Kept, Statement, Step
from snowmaker.session import LOST, Namespace, Session, as_reported
from snowmaker.sql import like_pattern, parse_name, quote_identifier, quote_literal, quote_name

HOW = {"drop": "D", "change": "C"}
_NAME = re.compile(r"_KEPT_(?P<run>\w+-\w+?)_(?P<seq>\d+)_(?P<statement>\d+)(?P<how>[DC])_(?P<table>.+)", re.DOTALL)


class Keeper:
    """Keeps clones for the scripts of a run, in the history's schema."""

    def __init__(self, session: Session, history: tuple[str, ...], run: str, before: Namespace) -> None:
        self._session = session
        self._history = history
        self._run = run
        self._before = before

    def keep(self, step: Step, seq: int) -> None:
        """Clone what the script takes rows from; what is not there is not kept. Raises StatementError.

        A script that goes on has kept it when it began, and what is never taken back need not be kept.
        """
        if step.action == "undo" or step.start or step.kind == "always":
            return
        database, schema = (_stored(name) for name in (self._before.database, self._before.schema))
        for loss in lasting(step, database, schema):
            table = quote_name(*loss.table)
            kept = f"{self._history[2]}_KEPT_{self._run}_{seq}_{loss.statement}{HOW[loss.how]}_{table}"
            try:
                self._clone(quote_name(*self._history[:2], kept), table)
            except StatementError as error:
                raise _not_kept(error, step, step.statements[loss.statement - 1], table) from error

    def _clone(self, name: str, table: str) -> None:
        """Clone a table, if there is one, as the script's role or the connection's.

        A transient one gives a transient clone only: https://docs.snowflake.com/en/sql-reference/sql/create-clone
        """
        own, role = self._session.namespace.role, self._before.role
        ways = [(who, kind) for who in dict.fromkeys((own, role)) for kind in ("TABLE", "TRANSIENT TABLE")]
        first: StatementError | None = None
        for who, kind in ways:
            try:
                self._as(who, f"CREATE {kind} {name} CLONE {table} COPY GRANTS")
            except StatementError as error:
                missing = error.errno in MISSING and (own == role or not self._exists(table))
                if first is None and missing:
                    return
                if error.code == LOST:
                    raise
                first = first or error
            else:
                return
        if first is not None:
            raise first

    def _exists(self, table: str) -> bool:
        """Whether it is the table that is missing, and not the place for the clone, as the script's role sees it."""
        try:
            self._session.execute(f"DESCRIBE TABLE {table}", fetch=False)
        except StatementError:
            return False
        return True

    def _as(self, role: str | None, text: str) -> None:
        own = self._session.namespace.role
        if role is None or own is None or role == own:
            self._session.execute(text, fetch=False)
            return
        self._session.execute(f"USE ROLE {as_reported(role)}", fetch=False)
        try:
            self._session.execute(text, fetch=False)
        finally:
            self._session.execute(f"USE ROLE {as_reported(own)}", fetch=False)


def _stored(name: str | None) -> str | None:
    return parse_name(name)[0] if name and name.startswith('"') else name


def _not_kept(error: StatementError, step: Step, statement: Statement, table: str) -> StatementError:
    error.message = f"{table} cannot be kept before its rows go: {error.message}"
    error.hint = 'grant what it takes, or set [policy] backup = "off"'
    error.file, error.line, error.statement = step.path, statement.line, statement.text
    error.of = len(step.statements)
    return error


def kept_tables(shown: Iterable[Mapping[str, Any]], rows: Sequence[Applied]) -> tuple[Kept, ...]:
    """What SHOW TABLES says of clones, oldest first, with the scripts by the rows of the history."""
    found = []
    for record in shown:
        match = _NAME.search(record["name"])
        if match is None:
            continue
        kept = Kept(
            name=(record["database_name"], record["schema_name"], record["name"]),
            run=match["run"],
            script=_script(rows, match["run"], int(match["seq"])),
            seq=int(match["seq"]),
            statement=int(match["statement"]),
            table=parse_name(match["table"]),
            how=next(how for how, letter in HOW.items() if letter == match["how"]),
            at=record["created_on"],
            rows=int(record["rows"] or 0),
            bytes=int(record["bytes"] or 0),
            transient=record["kind"] == "TRANSIENT",
            owner=record["owner"] or "",
        )
        found.append(kept)
    return tuple(sorted(found, key=lambda one: one.at))


def _script(rows: Sequence[Applied], run: str, seq: int) -> str:
    """The script that a run was in at a SEQ; where it died there, its row has been added later."""
    later = [row for row in rows if row.run_id == run and row.seq is not None and row.seq >= seq]
    return min(later, key=lambda row: row.seq or 0).script if later else ""


class Returning:
    """Finds out how the tables of scripts can come back. Reads only."""

    def __init__(self, session: Session, kept: Sequence[Kept], now: datetime, *, discard: bool) -> None:
        self._session = session
        self._kept = kept
        self._now = now
        self._discard = discard

    def returns(self, row: Applied, runs: Iterable[str], undo: Sequence[Statement]) -> tuple[Return, ...]:
        """What comes back with the rollback `undo` of a script; `runs` are those that its row stands for."""
        done = row.statements_done or 0
        mine = [
            one for one in self._kept if one.script == row.script and one.run in set(runs) and one.statement <= done
        ]
        now = self._session.namespace
        names = renamed(undo, _stored(now.database), _stored(now.schema)) if mine else {}
        return tuple(self._return(one, names.get(one.table, one.table)) for one in mine)

    def _return(self, kept: Kept, table: tuple[str, ...]) -> Return:
        """How it comes back; `table` is the name that it has until its rollback renames it."""
        versions = self._versions(table)
        owner = _owner(kept, versions)
        if kept.how == "drop":
            return Return(kept, self._undroppable(kept, versions), owner=owner)
        newer = "" if self._discard else self._newer(kept, quote_name(*table))
        return Return(kept, False, newer, owner)

    def _versions(self, name: tuple[str, ...]) -> list[dict[str, Any]]:
        """The tables of this name that there are and, inside their retention time, were.

        https://docs.snowflake.com/en/sql-reference/sql/show-tables
        """
        database, schema, table = name
        text = f"SHOW TABLES HISTORY LIKE {quote_literal(like_pattern(table))} IN SCHEMA {quote_name(database, schema)}"
        try:
            records = self._session.execute(text).records()
        except StatementError:
            return []
        return [record for record in records if record["name"] == table]

    def _undroppable(self, kept: Kept, versions: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the table that was dropped is still there for UNDROP.

        https://docs.snowflake.com/en/sql-reference/sql/undrop-table
        """
        gone = [record for record in versions if record["dropped_on"] is not None]
        if not gone or len(gone) < len(versions):
            return False
        last = max(gone, key=lambda record: record["dropped_on"])
        until = last["dropped_on"] + timedelta(days=int(last["retention_time"] or 0))
        return bool(last["dropped_on"] >= kept.at and self._now < until)

    def _newer(self, kept: Kept, table: str) -> str:
        """Why swapping the clone in would lose rows: those of the table that the clone does not have.

        The script's own are among them: what it wrote cannot be told from what others wrote while it ran.
        """
        clone = quote_name(*kept.name)
        try:
            now, then = (self._session.execute(f"SELECT * FROM {name} LIMIT 0").columns for name in (table, clone))
        except StatementError as error:
            return "" if error.errno in MISSING else f"its rows cannot be compared: {error.message}"
        columns = ", ".join(quote_identifier(name) for name in now if name in then)
        try:
            both = f"(SELECT {columns} FROM {table} EXCEPT SELECT {columns} FROM {clone})" if columns else table
            rows = int(self._session.execute(f"SELECT COUNT(*) FROM {both}").rows[0][0])
        except StatementError as error:
            return f"its rows cannot be compared: {error.message}"
        many = "a row" if rows == 1 else f"{rows} rows"
        return f"has {many} that the clone of it does not have" if rows else ""


def _owner(kept: Kept, versions: Iterable[Mapping[str, Any]]) -> str:
    """The role that owned a table when it was cloned, where the clone has another; '' for a database role."""
    for one in versions:
        there = one["created_on"] <= kept.at and (one["dropped_on"] is None or one["dropped_on"] > kept.at)
        if there and one["owner"] != kept.owner and one["owner_role_type"] == "ROLE":
            return str(one["owner"])
    return ""
