"""The account as it runs: its engine, sessions, query history, faults and results."""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snowmaker.sandbox import query as query_module
from snowmaker.sandbox import sqlerror, statements
from snowmaker.sandbox.access import ROLES, USERS, WAREHOUSES, User
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Engine
from snowmaker.sandbox.faults import Faults
from snowmaker.sandbox.files import Stages
from snowmaker.sandbox.history import History, Query, now
from snowmaker.sandbox.parameters import PARAMETERS
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.session import Session
from snowmaker.sandbox.sqlerror import SqlError

log = logging.getLogger("snowmaker.sandbox")

KEPT_RESULTS = 100
IDLE_TRANSACTION = 4 * 3600  # https://docs.snowflake.com/en/sql-reference/transactions: a detached one ends


class Dropped(Exception):  # noqa: N818 - not an error: it was asked for
    """A fault: the connection is to be closed without an answer."""


@dataclass(frozen=True)
class Statement:
    """A query request, as it came over the wire."""

    text: str
    binds: Sequence[list[Any]] = ()
    parameters: Mapping[str, Any] | None = None
    describe_only: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a statement ended: a result or an error."""

    query_id: str
    result: Result | None = None
    error: SqlError | None = None


class Host:
    """One running account. `token` lets a local client in without a password."""

    def __init__(self, folder: Path | None, token: str) -> None:
        self.token = token
        self.url = ""  # where clients reach it; the server knows
        self.engine = Engine(folder)
        self.stages = Stages(folder)
        self.history = History(folder / "history.jsonl" if folder else None, self.engine.completed())
        self.engine.forget_completed()
        self.faults = Faults()
        self.requests = 0
        self._sessions: dict[str, Session] = {}
        self._results: OrderedDict[str, Outcome] = OrderedDict()
        self._by_request: OrderedDict[str, Future[Outcome]] = OrderedDict()
        self._pending: dict[str, Future[Outcome]] = {}
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="sandbox-async")
        self._lock = threading.Lock()
        self._next_session = max(self.history.highest_session(), 1000) + 1
        self._found()

    def _found(self) -> None:
        """A new account has the database SNOWFLAKE."""
        if self.engine.catalog.find("DATABASE", ACCOUNT, "SNOWFLAKE") is None:
            with self.engine.ddl(self.engine.connect(), "founding") as ddl:
                entry = Entry(self.engine.catalog.new_id(), "DATABASE", "SNOWFLAKE", properties={"type": "APPLICATION"})
                ddl.put(entry)

    def close(self) -> None:
        for session in self.sessions():
            session.end()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.history.close()
        self.engine.close()
        self.stages.close()

    # -- sessions --------------------------------------------------------------------------------------

    def login(self, data: Mapping[str, Any], wanted: Mapping[str, str]) -> tuple[str, Session]:
        """A new session and its token. Raises SqlError 390100."""
        user = self._authenticated(data)
        with self._lock:
            id_, self._next_session = self._next_session, self._next_session + 1
        client = f"{data.get('CLIENT_APP_ID', '')} {data.get('CLIENT_APP_VERSION', '')}".strip()
        session = Session(id_, user.name, self.engine, client)
        session.role, session.warehouse = user.default_role, user.default_warehouse
        self._choose(session, wanted)
        given = {k.upper(): v for k, v in (data.get("SESSION_PARAMETERS") or {}).items()}
        known = {k: PARAMETERS[k].read(v) for k, v in given.items() if k in PARAMETERS and v is not None}
        self.set_parameters(session, {"TIMEZONE": PARAMETERS["TIMEZONE"].default, **known})
        if "TIMEZONE" not in known:
            session.parameters.pop("TIMEZONE", None)
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[token] = session
        self._sweep()
        return token, session

    def _authenticated(self, data: Mapping[str, Any]) -> User:
        user = USERS.get(str(data.get("LOGIN_NAME", "")).upper())
        offered = str(data.get("TOKEN") or data.get("PASSWORD") or "")
        expected = [self.token, *([user.password] if user else [])]
        if user is None or not any(hmac.compare_digest(offered.encode(), each.encode()) for each in expected):
            raise SqlError(390100, "08001", "Incorrect username or password was specified.")
        return user

    def _choose(self, session: Session, wanted: Mapping[str, str]) -> None:
        """What a login names and is not there is left unset.

        https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#connect
        """
        keys = ("databaseName", "schemaName", "warehouse", "roleName")
        names = {key: Parser(wanted[key]).name(1)[0] for key in keys if wanted.get(key)}
        if names.get("roleName") is not None:
            if names["roleName"] not in ROLES:
                raise SqlError(
                    390189, "08001", f"Role '{names['roleName']}' specified in the connect string does not exist or "
                    "not authorized.",
                )  # fmt: skip
            session.role = names["roleName"]
        if (warehouse := names.get("warehouse")) is not None:
            session.warehouse = warehouse if warehouse in WAREHOUSES else None
        database = self.engine.catalog.find("DATABASE", ACCOUNT, names.get("databaseName", ""))
        if database is not None:
            session.use_database(database)
            if "schemaName" in names:
                schema = self.engine.catalog.find("SCHEMA", database.id, names["schemaName"])
                session.schema_id = schema.id if schema else None

    def session(self, token: str) -> Session | None:
        return self._sessions.get(token)

    def sessions(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def renew(self, old: str) -> str | None:
        """A new token for the session of `old`, which stays valid for requests under way."""
        with self._lock:
            session = self._sessions.get(old)
            if session is None:
                return None
            token = secrets.token_urlsafe(32)
            self._sessions[token] = session
            return token

    def end_session(self, session: Session) -> None:
        with self._lock:
            for token in [token for token, each in self._sessions.items() if each is session]:
                del self._sessions[token]
        session.end()

    def _sweep(self) -> None:
        """End sessions whose clients are gone and left a transaction open."""
        for session in self.sessions():
            if session.transaction and time.monotonic() - session.used > IDLE_TRANSACTION:
                self.end_session(session)

    def set_parameters(self, session: Session, values: Mapping[str, Any]) -> None:
        """Set session parameters; None unsets."""
        for name, value in values.items():
            if name == "TIMEZONE":
                self._set_zone(session, PARAMETERS[name].default if value is None else value)
            if name == "AUTOCOMMIT" and value is not None:
                session.commit()
            if value is None:
                session.parameters.pop(name, None)
            else:
                session.parameters[name] = value

    def _set_zone(self, session: Session, zone: str) -> None:
        import duckdb

        try:
            session.connection.execute(f"set TimeZone = '{zone.replace(chr(39), chr(39) * 2)}'")
        except duckdb.Error:
            raise sqlerror.invalid_value(zone, "TIMEZONE") from None

    def abort_session(self, id_: int) -> str:
        """https://docs.snowflake.com/en/sql-reference/functions/system_abort_session"""
        for session in self.sessions():
            if session.id == id_:
                threading.Thread(target=self.end_session, args=(session,), daemon=True).start()
                session.cancel()
                return f"session [{id_}] terminated."
        return f"session [{id_}] does not exist."

    def cancel_all_queries(self, id_: int) -> str:
        """https://docs.snowflake.com/en/sql-reference/functions/system_cancel_all_queries"""
        canceled = sum(session.cancel() for session in self.sessions() if session.id == id_)
        return f"{canceled} queries cancelled."

    def cancel_query(self, query_id: str) -> str:
        """https://docs.snowflake.com/en/sql-reference/functions/system_cancel_query"""
        if any(session.cancel(query_id) for session in self.sessions()):
            return f"query [{query_id}] terminated."
        return f"query [{query_id}] is not running."

    # -- statements ------------------------------------------------------------------------------------

    def execute(self, session: Session, statement: Statement, request: str = "") -> Outcome:
        """Run a statement in its session. Raises Dropped for a fault.

        A client that lost the answer sends its request again under the same id; what has run by then does
        not run twice.
        """
        with self._lock:
            self.requests += 1
            known = self._by_request.get(request) if request else None
            if known is None:
                mine: Future[Outcome] = Future()
                self._by_request[request] = mine
                while len(self._by_request) > KEPT_RESULTS:
                    self._by_request.popitem(last=False)
        if known is not None:
            return known.result()
        try:
            outcome, dropped = self._execute(session, statement, str(uuid.uuid4()))
        except BaseException as error:
            mine.set_exception(error)
            raise
        mine.set_result(outcome)
        if dropped and outcome.error:  # it has not run: another attempt may
            with self._lock:
                self._by_request.pop(request, None)
        if dropped:
            raise Dropped
        return outcome

    def submit(self, session: Session, statement: Statement) -> str:
        """Run a statement behind the client's back; returns its query id."""
        query_id = str(uuid.uuid4())
        self.requests += 1
        self._pending[query_id] = self._threads.submit(lambda: self._execute(session, statement, query_id)[0])
        return query_id

    def _execute(self, session: Session, statement: Statement, query_id: str) -> tuple[Outcome, bool]:
        """How it ended, and whether a fault drops the connection."""
        with session.lock:
            session.used = time.monotonic()
            if session.ended.is_set():
                return Outcome(query_id, error=SqlError(390111, "08003", "Session no longer exists.")), False
            parameters = {k.upper(): v for k, v in (statement.parameters or {}).items()}
            tag = str(parameters.get("QUERY_TAG", session.parameter("QUERY_TAG")))
            if not statement.describe_only:
                self._record_start(session, statement, query_id, tag)
            session.start(query_id)
            try:
                outcome, dropped = self._outcome(session, statement, query_id, tag)
            finally:
                session.running = None
            self._record_end(statement, outcome)
            return outcome, dropped

    def _outcome(self, session: Session, statement: Statement, query_id: str, tag: str) -> tuple[Outcome, bool]:
        """How it ended, and whether a fault drops the connection."""
        wanted = int((statement.parameters or {}).get("MULTI_STATEMENT_COUNT", 1))
        context = Context(
            self, session, statement.text, query_id, statement.binds, describe_only=statement.describe_only
        )
        result: Result | None = None
        try:
            self._fault("before", session, statement, tag)
            result = statements.run(context, wanted)
            self._fault("after", session, statement, tag)
            return Outcome(query_id, result), False
        except SqlError as error:
            return Outcome(query_id, error=error), False
        except Dropped:
            lost = None if result else sqlerror.canceled()
            return Outcome(query_id, result, lost), True
        except Exception as error:  # the server boundary: whatever it is, the client gets an answer
            log.exception("internal error in: %s", statement.text)
            return Outcome(query_id, error=sqlerror.internal(f"{type(error).__name__}: {error}")), False

    def _fault(self, when: str, session: Session, statement: Statement, tag: str) -> None:
        if statement.describe_only:
            return
        fault = self.faults.next(when, statement.text, tag)
        if fault is None:
            return
        if fault.action == "fail":
            raise sqlerror.internal("(a fault that was asked for)")
        if fault.action == "hang":
            session.pause(fault.seconds)
        if fault.action == "drop":
            raise Dropped

    def _record_start(self, session: Session, statement: Statement, query_id: str, tag: str) -> None:
        session.query_ids.append(query_id)
        del session.query_ids[:-1000]
        database, schema = session.database, session.schema
        self.history.start(
            Query(
                query_id,
                statement.text,
                session.id,
                tag,
                session.user,
                session.role,
                session.warehouse,
                database.name if database else None,
                schema.name if schema else None,
                now(),
                statement.text.split(None, 1)[0].upper() if statement.text.split() else "UNKNOWN",
            )
        )

    def _record_end(self, statement: Statement, outcome: Outcome) -> None:
        if statement.describe_only:
            return
        error = outcome.error
        self.history.end(
            outcome.query_id,
            execution_status="FAILED_WITH_ERROR" if error else "SUCCESS",
            error_code=f"{error.code:06d}" if error else None,
            error_message=error.message if error else None,
            rows_produced=outcome.result.total if outcome.result else None,
        )
        with self._lock:
            self._results[outcome.query_id] = outcome
            while len(self._results) > KEPT_RESULTS:
                self._results.popitem(last=False)

    # -- results ---------------------------------------------------------------------------------------

    def outcome(self, query_id: str, seconds: float) -> Outcome | None:
        """The outcome of a query, waited for; None while it runs. Raises SqlError 000709."""
        future = self._pending.get(query_id)
        if future is not None:
            try:
                future.result(seconds)
            except TimeoutError:
                return None
            self._pending.pop(query_id, None)
        found = self._results.get(query_id)
        if found is None:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        return found

    def result(self, query_id: str) -> Result:
        """The result of an earlier query as a table, for RESULT_SCAN."""
        outcome = self.outcome(query_id, 0)
        if outcome is None or outcome.result is None:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        return query_module.as_table(outcome.result)
