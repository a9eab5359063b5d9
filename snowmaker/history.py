"""The change-history table: read without writing, made and extended on the first write, rows only added.

Its layout is in `history.sql`. The table's comment says whose it is: JSON with `snowmaker` (project), `environment`
and `schema` (layout version). A table without that comment (schemachange's, or made by hand) is adopted at the first
write.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import resources
from typing import Any

from snowmaker.errors import HistoryError, StatementError
from snowmaker.model import Applied
from snowmaker.session import Session
from snowmaker.sql import like_pattern, parse_name, quote_literal, quote_name

SCHEMA_VERSION = 1
PLAIN_LIMIT = 1_000_000  # characters; longer texts are stored compressed
STORED_LIMIT = 16_000_000  # characters; Snowflake's VARCHAR holds 16 MB
MISSING = {2003, 2043}  # "does not exist or not authorized": table, schema or database

_PACKED = "zlib+base64:"
_COLUMN = re.compile(r"^  (\w+) +([A-Z_]+)", re.MULTILINE)
_TEXTS = ("SCRIPT_TEXT", "ROLLBACK_TEXT")


@dataclass(frozen=True)
class HistoryState:
    """What the account holds: whether the table is there, whose it is, its rows oldest first, and lock tables.

    `owned` is False for a table without our comment. `locks` maps table name to comment for `<table>_LOCK…`, `kept` is
    what SHOW says of the clones that keep rows, `<table>_KEPT_…`. `missing_schema` tells that not even its schema is
    there (or is not visible).
    """

    exists: bool = False
    missing_schema: bool = False
    owned: bool = False
    empty: bool = False
    owner_role: str = ""
    project: str = ""
    environment: str = ""
    rows: tuple[Applied, ...] = ()
    locks: tuple[tuple[str, str], ...] = ()
    kept: tuple[dict[str, Any], ...] = ()

    @property
    def dead_locks(self) -> tuple[tuple[str, str], ...]:
        """The locks that were taken from a run: `<table>_LOCK_<run>`."""
        held = min((name for name, _ in self.locks), key=len, default="")
        return tuple(lock for lock in self.locks if not lock[0].endswith("_LOCK") or lock[0] != held)

    @property
    def next_seq(self) -> int:
        """The SEQ of the row that comes next."""
        return max((row.seq for row in self.rows if row.seq is not None), default=0) + 1


class History:
    """The history of one environment of one project, through a session."""

    def __init__(self, session: Session, table: str, project: str, environment: str) -> None:
        try:
            parts = parse_name(table)
        except ValueError:
            parts = ()
        if len(parts) != 3:
            raise HistoryError(f"{table!r} names no table", "bad_history_table", "write DATABASE.SCHEMA.TABLE")
        self._session = session
        self.parts = parts
        self.table = quote_name(*parts)
        self.project = project
        self.environment = environment

    def use(self, session: Session) -> None:
        """Go on with another session, after the first was replaced."""
        self._session = session

    # reading

    def read(self) -> HistoryState:
        """Table, owner, locks and rows in two requests; nothing is written.

        Raises HistoryError for a table that is another project's or environment's.
        """
        state = self._shown()
        if not state.exists:
            return state
        if state.owned and (state.project, state.environment) != (self.project, self.environment):
            raise HistoryError(
                f"{self.table} is the history of project {state.project!r}, environment {state.environment!r}, "
                f"not of {self.project!r}, {self.environment!r}",
                "foreign_history",
                "name another [history] table, or take this one over with `snowmaker repair --adopt`",
            )
        return state if state.empty else replace(state, rows=self.rows(owned=state.owned))

    def rows(self, *, owned: bool = True) -> tuple[Applied, ...]:
        """All rows, oldest first, without their texts: those without SEQ by INSTALLED_ON, then by SEQ."""
        columns = ", ".join(name for name in columns_of_table() if name not in _TEXTS) if owned else "*"
        answer = self._session.execute(f"SELECT {columns} FROM {self.table}")
        rows = [_applied(record) for record in answer.records()]
        return tuple(sorted(rows, key=_order))

    def texts(self, sequences: Iterable[int]) -> dict[int, tuple[str, str | None]]:
        """SCRIPT_TEXT and ROLLBACK_TEXT of rows, by SEQ, in one request."""
        wanted = sorted(set(sequences))
        if not wanted:
            return {}
        listed = ", ".join(quote_literal(seq) for seq in wanted)
        answer = self._session.execute(
            f"SELECT SEQ, SCRIPT_TEXT, ROLLBACK_TEXT FROM {self.table} WHERE SEQ IN ({listed})"
        )
        return {int(seq): (unpack(text) or "", unpack(undo)) for seq, text, undo in answer.rows}

    def _shown(self) -> HistoryState:
        database, schema, table = self.parts
        pattern = quote_literal(like_pattern(table) + "%")
        try:
            answer = self._session.execute(f"SHOW TABLES LIKE {pattern} IN SCHEMA {quote_name(database, schema)}")
        except StatementError as error:
            if error.errno in MISSING:
                return HistoryState(missing_schema=True)
            raise
        shown = {record["name"]: record for record in answer.records()}
        prefix = f"{table}_LOCK"
        locks = tuple(
            (name, record["comment"] or "")
            for name, record in shown.items()
            if name == prefix or name.startswith(f"{prefix}_")
        )
        kept = tuple(record for name, record in shown.items() if name.startswith(f"{table}_KEPT_"))
        if table not in shown:
            return HistoryState(locks=locks, kept=kept)
        mark = _mark(shown[table]["comment"] or "")
        return HistoryState(
            exists=True,
            owned=mark is not None,
            empty=shown[table].get("rows") == 0,
            owner_role=shown[table].get("owner") or "",
            project=(mark or {}).get("snowmaker", ""),
            environment=(mark or {}).get("environment", ""),
            locks=locks,
            kept=kept,
        )

    # writing

    def ensure(self, state: HistoryState, *, create_database: bool) -> None:
        """Make what is missing: database (where allowed), schema, table, columns, and the comment that claims it."""
        if state.exists and state.owned:
            return
        if state.missing_schema:
            if create_database:
                self._session.execute(f"CREATE DATABASE IF NOT EXISTS {quote_name(self.parts[0])}")
            self._session.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(*self.parts[:2])}")
        if not state.exists:
            self._session.execute(table_ddl(self.table, self._claim()))
            return
        self.claim()

    def claim(self) -> None:
        """Add the columns that are not there yet and put this project's name on the table."""
        answer = self._session.execute(f"SELECT * FROM {self.table} LIMIT 0")
        present = {name.upper() for name in answer.columns}
        added = [f"{name} {kind}" for name, kind in columns_of_table().items() if name not in present]
        if added:
            self._session.execute(f"ALTER TABLE {self.table} ADD COLUMN {', '.join(added)}")
        self._session.execute(f"COMMENT ON TABLE {self.table} IS {quote_literal(self._claim())}")

    def add(self, row: Applied) -> None:
        """Insert a row; INSTALLED_BY and INSTALLED_ON are the account's, EXECUTION_TIME whole seconds."""
        values: dict[str, Any] = {
            "VERSION": row.version,
            "DESCRIPTION": row.description,
            "SCRIPT": row.script,
            "SCRIPT_TYPE": row.script_type,
            "CHECKSUM": row.checksum,
            "EXECUTION_TIME": row.execution_time,
            "STATUS": row.status,
            "SEQ": row.seq,
            "RUN_ID": row.run_id,
            "ENVIRONMENT": row.environment,
            "SOURCE_CHECKSUM": row.source_checksum,
            "STATEMENTS": row.statements,
            "STATEMENTS_DONE": row.statements_done,
            "QUERY_IDS": pack(json.dumps(row.query_ids)),
            "ERROR": row.error,
            "SCRIPT_TEXT": pack(row.script_text),
            "ROLLBACK_TEXT": None if row.rollback_text is None else pack(row.rollback_text),
            "GIT_COMMIT": row.git_commit,
            "TOOL_VERSION": row.tool_version,
            "SCHEMA_VERSION": SCHEMA_VERSION,
        }
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        self._session.execute(
            f"INSERT INTO {self.table} ({names}, INSTALLED_BY, INSTALLED_ON) "
            f"SELECT {marks}, CURRENT_USER(), CURRENT_TIMESTAMP()",
            tuple(values.values()),
            fetch=False,
        )

    def _claim(self) -> str:
        mark = {"snowmaker": self.project, "environment": self.environment, "schema": SCHEMA_VERSION}
        return json.dumps(mark, ensure_ascii=False)


def columns_of_table() -> dict[str, str]:
    """Column name → type, in order, as `history.sql` has them."""
    return dict(_COLUMN.findall(_layout()))


def table_ddl(table: str, comment: str) -> str:
    """The CREATE TABLE statement; `table` is quoted already, the comment is not."""
    code = "\n".join(line.split("--")[0].rstrip() for line in _layout().splitlines())
    return code.strip().replace("{table}", table).replace("{comment}", quote_literal(comment))


def pack(text: str) -> str:
    """Text as stored: compressed when long. Raises HistoryError when it would not fit even so."""
    if len(text) <= PLAIN_LIMIT and not text.startswith(_PACKED):
        return text
    packed = _PACKED + base64.b64encode(zlib.compress(text.encode(), 6)).decode()
    if len(packed) > STORED_LIMIT:
        raise HistoryError(
            f"a script of {len(text):,} characters does not fit the history, even compressed",
            "script_too_large",
            "load data from a stage with COPY INTO, and keep the script to what changes the schema",
        )
    return packed


def unpack(text: str | None) -> str | None:
    """What `pack` was given."""
    if text is None or not text.startswith(_PACKED):
        return text
    return zlib.decompress(base64.b64decode(text[len(_PACKED) :])).decode()


@functools.cache
def _layout() -> str:
    return resources.files("snowmaker").joinpath("history.sql").read_text(encoding="utf-8")


def _mark(comment: str) -> dict[str, Any] | None:
    try:
        mark = json.loads(comment)
    except ValueError:
        return None
    return mark if isinstance(mark, dict) and "snowmaker" in mark else None


def _order(row: Applied) -> tuple[bool, float, int]:
    moment = row.installed_on.timestamp() if row.seq is None and row.installed_on else 0.0
    return (row.seq is not None, moment, row.seq or 0)


def _applied(record: dict[str, Any]) -> Applied:
    def text(name: str) -> str:
        return str(record.get(name) or "")

    def number(name: str) -> int | None:
        value = record.get(name)
        return None if value is None else int(value)

    installed_on = record.get("installed_on")
    return Applied(
        script=text("script"),
        script_type=text("script_type").upper(),
        version=text("version"),
        description=text("description"),
        checksum=text("checksum"),
        status=text("status"),
        installed_by=text("installed_by"),
        installed_on=installed_on if isinstance(installed_on, datetime) else None,
        execution_time=number("execution_time") or 0,
        seq=number("seq"),
        run_id=text("run_id"),
        environment=text("environment"),
        source_checksum=text("source_checksum"),
        statements=number("statements"),
        statements_done=number("statements_done"),
        query_ids=_query_ids(unpack(text("query_ids")) or ""),
        error=text("error"),
        git_commit=text("git_commit"),
        tool_version=text("tool_version"),
        schema_version=number("schema_version"),
    )


def _query_ids(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text.startswith("[") else ()
