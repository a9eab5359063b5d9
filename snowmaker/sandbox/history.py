"""The query history: each statement's text, tag, times and outcome.

A line is written when a statement starts and one when it ends. After a `kill -9` the data plane knows
which of the unended ones were committed (`Engine.completed`).
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snowmaker.sandbox.secrecy import redacted
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import Scanner

KEPT = 20_000  # Snowflake's table functions give the last 10,000 of seven days


@dataclass(frozen=True)
class Query:
    """One row of QUERY_HISTORY().

    https://docs.snowflake.com/en/sql-reference/functions/query_history
    """

    query_id: str
    query_text: str
    session_id: int
    query_tag: str
    user_name: str
    role_name: str | None
    warehouse_name: str | None
    database_name: str | None
    schema_name: str | None
    start_time: str
    query_type: str = "UNKNOWN"
    execution_status: str = "RUNNING"
    end_time: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    rows_produced: int | None = None


class History:
    """The latest queries, the newest last; kept in `file` too, where there is one."""

    def __init__(self, file: Path | None, completed: set[str]) -> None:
        self._lock = threading.Lock()
        self._queries: dict[str, Query] = {}
        self._order: deque[str] = deque()
        self._hidden: dict[str, float] = {}
        self._file = None
        if file is not None:
            self._read(file, completed)
            self._file = self._rewritten(file)

    def _read(self, file: Path, completed: set[str]) -> None:
        if not file.exists():
            return
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                data = json.loads(line)
            except ValueError:
                continue  # the last line of a process that was killed while it wrote
            known = self._queries.get(data["query_id"])
            self._keep(replace(known, **data) if known else Query(**data))
        for query in list(self._queries.values()):
            if query.execution_status == "RUNNING":
                self._keep(_after_a_crash(query, query.query_id in completed))

    def _rewritten(self, file: Path) -> Any:
        """A fresh file with what is kept, in place of the old one at once."""
        fresh = file.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as out:
            for query in self._queries.values():
                out.write(json.dumps(asdict(query)) + "\n")
        os.chmod(fresh, 0o600)
        fresh.replace(file)
        return file.open("a", encoding="utf-8")

    def _keep(self, query: Query) -> None:
        if query.query_id not in self._queries:
            self._order.append(query.query_id)
            if len(self._order) > KEPT:
                self._queries.pop(self._order.popleft(), None)
        self._queries[query.query_id] = query

    def start(self, query: Query) -> None:
        query = replace(query, query_text=redacted(query.query_text))
        with self._lock:
            self._keep(query)
            self._write(asdict(query))

    def end(self, query_id: str, **changes: Any) -> None:
        """The statement is over; `changes` are fields of Query."""
        changes["end_time"] = now()
        with self._lock:
            known = self._queries.get(query_id)
            if known is not None:
                self._keep(replace(known, **changes))
                self._write({"query_id": query_id, **changes})

    def _write(self, data: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(data) + "\n")
            self._file.flush()

    def queries(self, session_id: int | None = None) -> list[Query]:
        """The newest first, of one session or of all."""
        now = time.monotonic()
        with self._lock:
            found = [each for each in self._queries.values() if self._hidden.get(each.query_id, 0.0) < now]
        return [each for each in reversed(found) if session_id is None or each.session_id == session_id]

    def hide(self, query_id: str, seconds: float) -> None:
        """Do not list a query for some time: a fault that was asked for."""
        with self._lock:
            self._hidden[query_id] = time.monotonic() + seconds

    def get(self, query_id: str) -> Query | None:
        return self._queries.get(query_id)

    def highest_session(self) -> int:
        return max((query.session_id for query in self._queries.values()), default=0)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def now() -> str:
    """The present time in UTC as the history keeps it, in ISO 8601."""
    return datetime.now(UTC).isoformat()


_TYPES = {
    ("BEGIN",): "BEGIN_TRANSACTION",
    ("START",): "BEGIN_TRANSACTION",
    ("LIST",): "LIST_FILES",
    ("LS",): "LIST_FILES",
    ("REMOVE",): "REMOVE_FILES",
    ("RM",): "REMOVE_FILES",
    ("PUT",): "PUT_FILES",
    ("GET",): "GET_FILES",
    ("DESC",): "DESCRIBE",
    ("WITH",): "SELECT",
    ("VALUES",): "SELECT",
    ("TRUNCATE",): "TRUNCATE_TABLE",
    ("ALTER", "SESSION"): "ALTER_SESSION",
    ("ALTER", "TABLE"): "ALTER_TABLE",
    ("CREATE", "TABLE"): "CREATE_TABLE",
    ("CREATE", "VIEW"): "CREATE_VIEW",
    ("CREATE", "TASK"): "CREATE_TASK",
    ("CREATE", "SEQUENCE"): "CREATE_SEQUENCE",
    ("CREATE", "STREAM"): "CREATE_STREAM",
    ("CREATE", "ROLE"): "CREATE_ROLE",
    ("EXECUTE", "TASK"): "EXECUTE_TASK",
}
_PLAIN = frozenset((
    "ALTER", "CALL", "COMMENT", "COMMIT", "COPY", "CREATE", "DELETE", "DESCRIBE", "DROP", "EXECUTE", "EXPLAIN",
    "GRANT", "INSERT", "MERGE", "REVOKE", "ROLLBACK", "SELECT", "SET", "SHOW", "UNDROP", "UNSET", "UPDATE", "USE",
))  # fmt: skip
_BETWEEN = frozenset(("OR", "REPLACE", "TRANSIENT", "TEMPORARY", "TEMP", "LOCAL", "GLOBAL", "SECURE", "RECURSIVE"))


def query_type(text: str) -> str:
    """What QUERY_HISTORY calls a statement, from its first words; UNKNOWN for what is none.

    https://docs.snowflake.com/en/sql-reference/account-usage/query_history
    """
    words: list[str] = []
    scanner = Scanner(text)
    try:
        while len(words) < 2 and (token := scanner.take()).kind in ("word", "operator"):
            if token.text == "(" and not words:
                continue
            if token.kind != "word":
                break
            if not words or token.value not in _BETWEEN:
                words.append(token.value)
    except SqlError:
        return "UNKNOWN"
    found = _TYPES.get(tuple(words)) or _TYPES.get(tuple(words[:1]))
    return found or (words[0] if words and words[0] in _PLAIN else "UNKNOWN")


def _after_a_crash(query: Query, committed: bool) -> Query:
    if committed:
        return replace(query, execution_status="SUCCESS", end_time=query.start_time)
    return replace(
        query,
        execution_status="FAILED_WITH_ERROR",
        end_time=query.start_time,
        error_code="000604",
        error_message="SQL execution canceled",
    )
