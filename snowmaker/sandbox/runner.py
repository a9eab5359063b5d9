"""Requests as they run: each in a thread of its own, so that its client may wait, ask again, or go away."""

from __future__ import annotations

import logging
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import flow, sqlerror, statements
from snowmaker.sandbox.arrays import typed, uploaded
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.history import Query, now, query_type
from snowmaker.sandbox.levels import value_of
from snowmaker.sandbox.parameters import PARAMETERS
from snowmaker.sandbox.result import MULTI, SELECT, Column, Result
from snowmaker.sandbox.secrecy import redacted
from snowmaker.sandbox.session import SYSTEM, Session
from snowmaker.sandbox.split import Piece, pieces
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    from snowmaker.sandbox.host import Host

log = logging.getLogger("snowmaker.sandbox")

THREADS = 512  # a statement that waits for a lock keeps its thread
KEPT_REQUESTS = 1000
KEPT_RESULTS = 2000
KEPT_BYTES = 256 * 1024 * 1024
_NO_TIMEOUT = 172_800  # seconds: https://docs.snowflake.com/en/sql-reference/parameters#statement-timeout-in-seconds
_COUNT = "MULTI_STATEMENT_COUNT"
_MULTI = Column("multiple statement execution")


class Dropped(Exception):  # noqa: N818 - not an error: it was asked for
    """A fault: the connection is to be closed without an answer."""


@dataclass(frozen=True)
class Statement:
    """A query request, as it came over the wire. `bind_stage` is where an array of values was uploaded to."""

    text: str
    binds: Sequence[list[Any]] = ()
    parameters: Mapping[str, Any] | None = None
    describe_only: bool = False
    bind_stage: str | None = None

    def parameter(self, name: str) -> Any:
        """A parameter that came with the statement; None when it did not."""
        return next((value for key, value in (self.parameters or {}).items() if key.upper() == name), None)


@dataclass(frozen=True)
class Outcome:
    """How a statement ended: a result or an error.

    `children` are the statements of a request of several; `ticket` admits to the parts of a large result;
    `as_json` says that the client wanted a query's rows as JSON, `described` that it wanted none.
    """

    query_id: str
    result: Result | None = None
    error: SqlError | None = None
    children: tuple[Outcome, ...] = ()
    ticket: str = field(default_factory=secrets.token_urlsafe)
    as_json: bool = False
    described: bool = False


class Run:
    """A request under way."""

    def __init__(self, query_id: str) -> None:
        self.query_id = query_id
        self._future: Future[Outcome] = Future()
        self._drops = False

    @property
    def over(self) -> bool:
        return self._future.done()

    def end(self, outcome: Outcome, *, dropped: bool) -> None:
        """It has ended; `dropped`: a fault closes the connection of whoever waits for it first."""
        self._drops = dropped
        self._future.set_result(outcome)

    def outcome(self, seconds: float) -> Outcome | None:
        """How it ended; None while it still runs after `seconds`. Raises Dropped for a fault."""
        try:
            outcome = self._future.result(seconds)
        except TimeoutError:
            return None
        drops, self._drops = self._drops, False
        if drops:
            raise Dropped
        return outcome


class Runner:
    """Runs requests, and keeps what came of them."""

    def __init__(self, host: Host) -> None:
        self.requests = 0
        self._host = host
        self._results = _Results()
        self._lock = threading.Lock()
        self._running: dict[str, Run] = {}
        self._beside: dict[str, Session] = {}
        self._by_request: OrderedDict[tuple[int, str], Run] = OrderedDict()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox")

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    # -- requests --------------------------------------------------------------------------------------

    def start(self, session: Session, statement: Statement, request: str = "", *, beside: bool = False) -> Run:
        """Begin to run a statement in its session; a query may run `beside` what the session does meanwhile.

        A client that lost the answer sends its request again under the same id; what has run by then does
        not run twice.
        """
        key = (session.id, request)
        with self._lock:
            self.requests += 1
            if request and (known := self._by_request.get(key)):
                return known
            run = Run(str(uuid.uuid4()))
            self._running[run.query_id] = run
            if request:
                self._by_request[key] = run
                while len(self._by_request) > KEPT_REQUESTS:
                    self._by_request.popitem(last=False)
        if beside and _can_run_beside(session, statement):
            self._threads.submit(self._finish_beside, run, session.beside(), statement, key)
        else:
            self._threads.submit(self._finish, run, session, statement, key)
        return run

    def _finish_beside(self, run: Run, twin: Session, statement: Statement, key: tuple[int, str]) -> None:
        self._beside[run.query_id] = twin
        try:
            self._host.set_parameters(twin, {"TIMEZONE": twin.parameter("TIMEZONE")})
            self._finish(run, twin, statement, key)
        finally:
            del self._beside[run.query_id]
            twin.connection.close()

    def _finish(self, run: Run, session: Session, statement: Statement, key: tuple[int, str]) -> None:
        try:
            outcome, dropped = self._execute(session, statement, run.query_id)
        except BaseException as error:  # the server boundary: whatever it is, the client gets an answer
            log.exception("internal error in: %s", redacted(statement.text))
            outcome, dropped = Outcome(run.query_id, error=_internal(error)), False
        self._results.put(outcome)
        with self._lock:
            self._running.pop(run.query_id, None)
            if dropped and outcome.error:  # it has not run: another attempt may
                self._by_request.pop(key, None)
        run.end(outcome, dropped=dropped)

    def running(self, query_id: str) -> Run | None:
        """The request of that id, while it runs."""
        return self._running.get(query_id)

    def abort(self, session: Session, request: str, query_id: str | None) -> bool:
        """Cancel what a request of this session has started; whatever runs in it, when none is named."""
        if query_id is None and request:
            run = self._by_request.get((session.id, request))
            query_id = run.query_id if run else None
            if run is None or run.over:
                return False
        if query_id is not None and not self._belongs(session, query_id):
            return False
        return self.cancel(query_id) if query_id else session.cancel()

    def cancel(self, query_id: str) -> bool:
        """Interrupt a query, whoever runs it; False when it does not run."""
        sessions = [*self._host.sessions(), *list(self._beside.values())]
        return any(session.cancel(query_id) for session in sessions)

    def _belongs(self, session: Session, query_id: str) -> bool:
        """Whether the session's user has run the query, or a task of the session's role.

        Nobody else reads a result, not even ACCOUNTADMIN.
        https://docs.snowflake.com/en/sql-reference/functions/result_scan#usage-notes
        """
        query = self._host.history.get(query_id)
        if query is None or query.user_name == session.user:
            return True
        return query.user_name == SYSTEM and query.role_name == session.role

    def outcome(self, session: Session, query_id: str, seconds: float) -> Outcome | None:
        """The outcome of a query of the session's user, waited for; None while it runs. Raises SqlError 000709."""
        own = self._belongs(session, query_id)
        run = self._running.get(query_id) if own else None
        if run is not None:
            return run.outcome(seconds)
        found = self._results.get(query_id) if own else None
        if found is None:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        return found

    def ended(self, query_id: str) -> Outcome | None:
        """The outcome of a query that is over and still kept."""
        return self._results.get(query_id)

    # -- one statement ---------------------------------------------------------------------------------

    def _execute(self, session: Session, statement: Statement, query_id: str) -> tuple[Outcome, bool]:
        """How it ended, and whether a fault drops the connection."""
        with session.lock:
            session.used = time.monotonic()
            if session.ended.is_set():
                return Outcome(query_id, error=SqlError(390111, "08003", "Session no longer exists.")), False
            with self._recorded(session, statement, query_id) as ended:
                session.start(query_id)
                try:
                    outcome, dropped = self._outcome(session, statement, query_id)
                finally:
                    session.running = None
                ended.append(outcome)
            return outcome, dropped

    def _outcome(self, session: Session, statement: Statement, query_id: str) -> tuple[Outcome, bool]:
        """How it ended, and whether a fault drops the connection."""
        outcome: Outcome | None = None
        try:
            with self._overlaid(session, statement):
                self._fault("before", session, statement)
                outcome = self._timed(session, statement, query_id)
                self._fault("after", session, statement)
                return outcome, False
        except SqlError as error:
            return Outcome(query_id, error=error), False
        except Dropped:
            return outcome or Outcome(query_id, error=sqlerror.canceled()), True
        except Exception as error:  # the server boundary: whatever it is, the client gets an answer
            log.exception("internal error in: %s", redacted(statement.text))
            return Outcome(query_id, error=_internal(error)), False

    def _timed(self, session: Session, statement: Statement, query_id: str) -> Outcome:
        """https://docs.snowflake.com/en/sql-reference/parameters#statement-timeout-in-seconds"""
        seconds = _timeout(session)
        if not 0 < seconds < _NO_TIMEOUT:
            return self._statements(session, statement, query_id)
        rung = threading.Event()

        def ring() -> None:
            rung.set()
            session.cancel(query_id)

        timer = threading.Timer(seconds, ring)
        timer.daemon = True
        timer.start()
        try:
            return self._statements(session, statement, query_id)
        except SqlError as error:
            if rung.is_set() and error.code == sqlerror.canceled().code:
                raise sqlerror.timed_out(seconds) from None
            raise
        finally:
            timer.cancel()

    def _statements(self, session: Session, statement: Statement, query_id: str) -> Outcome:
        """Run the one statement of a request, or as many as it says that it has; 0 means any number.

        https://docs.snowflake.com/en/developer-guide/sql-api/submitting-multiple-statements
        """
        wanted = session.parameter(_COUNT)
        if (given := statement.parameter(_COUNT)) is not None:
            wanted = PARAMETERS[_COUNT].read(given)
        if wanted == 1:
            return self._one(session, statement, query_id)
        found = pieces(statement.text)
        if wanted and len(found) != wanted:
            raise sqlerror.statement_count(len(found), wanted)
        if len(found) == 1:
            return self._one(session, replace(statement, text=found[0].text), query_id)
        if not found:
            raise sqlerror.empty_statement()
        if statement.describe_only:
            raise sqlerror.unsupported("describing several statements at once")
        return self._several(session, statement, query_id, found)

    def _several(self, session: Session, statement: Statement, query_id: str, found: list[Piece]) -> Outcome:
        """One after another, each a query of its own; the first that fails ends it."""
        children: list[Outcome] = []
        binds = list(statement.binds)
        for piece in found:
            own = replace(statement, text=piece.text, binds=binds[: piece.binds])
            binds = binds[piece.binds :]
            children.append(self._part(session, own))
        result = Result((_MULTI,), (("Multiple statements executed successfully.",),), type_id=MULTI)
        return Outcome(query_id, result, children=tuple(children))

    def _part(self, session: Session, own: Statement) -> Outcome:
        """Run a part of a request as a query of its own."""
        child = str(uuid.uuid4())
        with self._recorded(session, own, child) as ended:
            try:
                ended.append(self._one(session, own, child))
            except SqlError as error:
                ended.append(Outcome(child, error=error))
                raise
        self._results.put(ended[0])
        return ended[0]

    def child(self, context: Context) -> Result:
        """Run a statement of a script or a task: a query of its own, inside of the one that runs. Raises SqlError."""
        own = Statement(context.text, context.binds)
        child = str(uuid.uuid4())
        with self._recorded(context.session, own, child) as ended:
            try:
                result = statements.run(replace(context, query_id=child))
            except SqlError as error:
                ended.append(Outcome(child, error=error))
                raise
            ended.append(Outcome(child, result))
        self._results.put(ended[0])
        return result

    def _one(self, session: Session, statement: Statement, query_id: str) -> Outcome:
        *before, last = flow.links(statement.text)
        if before:
            statement = self._chained(session, statement, before, last)
        context = Context(
            self._host, session, statement.text, query_id, statement.binds, describe_only=statement.describe_only
        )
        if statement.bind_stage:
            context = replace(context, binds=uploaded(context, statement.bind_stage))
        if statement.bind_stage or any(len(each) > 1 for each in statement.binds):
            context = replace(context, binds=typed(context, context.binds))
        result = _cut(statements.run(context), int(session.parameter("ROWS_PER_RESULTSET")))
        return Outcome(query_id, result, as_json=_wants_json(session), described=statement.describe_only)

    def _chained(self, session: Session, statement: Statement, before: Sequence[str], last: str) -> Statement:
        """Run all links of a chain but the last, which reads what they gave."""
        if statement.describe_only or statement.binds:
            raise sqlerror.unsupported(f"describing or binding what {flow.OPERATOR} chains")
        ids: list[str] = []
        for text in before:
            ids.append(self._part(session, replace(statement, text=flow.reading(text, ids))).query_id)
        return replace(statement, text=flow.reading(last, ids))

    @contextmanager
    def _overlaid(self, session: Session, statement: Statement) -> Iterator[None]:
        """Session parameters that come with a statement hold for it alone."""
        given = {
            name.upper(): PARAMETERS[name.upper()].read(value)
            for name, value in (statement.parameters or {}).items()
            if name.upper() in PARAMETERS and name.upper() != _COUNT and value is not None
        }
        before = {name: session.parameters.get(name) for name in given}
        self._host.set_parameters(session, given)
        try:
            yield
        finally:
            unchanged = {name for name, value in given.items() if session.parameters.get(name) == value}
            self._host.set_parameters(session, {name: before[name] for name in unchanged})

    def _fault(self, when: str, session: Session, statement: Statement) -> None:
        if statement.describe_only:
            return
        fault = self._host.faults.next(when, statement.text, str(session.parameter("QUERY_TAG")))
        if fault is None:
            return
        if fault.action == "fail":
            raise sqlerror.internal("(a fault that was asked for)")
        if fault.action == "hang":
            try:
                session.pause(fault.seconds)
            except SqlError:
                if when == "before":  # what has run is not canceled any more
                    raise
        if fault.action == "drop":
            raise Dropped

    # -- its record ------------------------------------------------------------------------------------

    @contextmanager
    def _recorded(self, session: Session, statement: Statement, query_id: str) -> Iterator[list[Outcome]]:
        """A row in the query history; the outcome is appended to what it gives."""
        ended: list[Outcome] = []
        if statement.describe_only:
            yield ended
            return
        self._record_start(session, statement, query_id)
        try:
            yield ended
        finally:
            outcome = ended[0] if ended else Outcome(query_id, error=sqlerror.internal())
            self._record_end(outcome)

    def _record_start(self, session: Session, statement: Statement, query_id: str) -> None:
        session.query_ids.append(query_id)
        del session.query_ids[:-1000]
        database, schema = session.database, session.schema
        given = statement.parameter("QUERY_TAG")
        tag = str(session.parameter("QUERY_TAG") if given is None else given)
        hidden = self._host.faults.next("before", statement.text, tag, hiding=True)
        if hidden is not None:
            self._host.history.hide(query_id, hidden.seconds)
        self._host.history.start(
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
                query_type(statement.text),
            )
        )

    def _record_end(self, outcome: Outcome) -> None:
        error = outcome.error
        self._host.history.end(
            outcome.query_id,
            execution_status="FAILED_WITH_ERROR" if error else "SUCCESS",
            error_code=f"{error.code:06d}" if error else None,
            error_message=error.message if error else None,
            rows_produced=outcome.result.total if outcome.result else None,
        )


class _Results:
    """The latest outcomes, for clients that ask for them and for RESULT_SCAN; old and large ones go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Outcome] = OrderedDict()
        self._bytes = 0

    def put(self, outcome: Outcome) -> None:
        with self._lock:
            self._kept[outcome.query_id] = outcome
            self._bytes += _size(outcome)
            while len(self._kept) > KEPT_RESULTS or (self._bytes > KEPT_BYTES and len(self._kept) > 1):
                self._bytes -= _size(self._kept.popitem(last=False)[1])

    def get(self, query_id: str) -> Outcome | None:
        return self._kept.get(query_id)


def _size(outcome: Outcome) -> int:
    """What it occupies, roughly; in bytes."""
    if outcome.result is None:
        return 0
    if outcome.result.table is not None and outcome.result.type_id == SELECT:
        return int(outcome.result.table.nbytes)
    return 100 * len(outcome.result.rows) * len(outcome.result.columns)


def _can_run_beside(session: Session, statement: Statement) -> bool:
    """Queries alone, of what other connections see too: no temporary tables, nothing uncommitted."""
    if session.transaction is not None or session.temporary:
        return False
    try:
        return all(query_type(piece.text) == "SELECT" for piece in pieces(statement.text))
    except SqlError:
        return False


# Clients that read Arrow by what they call themselves; to others, and to those in JavaScript, rows go as JSON
_READS_ARROW = ("PythonConnector", "PythonSnowpark", "SnowflakeSQLAlchemy", "JDBC", "ODBC", "Go", ".NET", "ADBC")


def _wants_json(session: Session) -> bool:
    """Whether the rows of queries go as JSON: the client has asked for it, or reads nothing else.

    https://docs.snowflake.com/en/sql-reference/parameters#python-connector-query-result-format
    """
    name = "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT" if session.driver.startswith("Python") else "QUERY_RESULT_FORMAT"
    return not session.client.startswith(_READS_ARROW) or session.parameter(name) == "JSON"


def _cut(result: Result, rows: int) -> Result:
    """https://docs.snowflake.com/en/sql-reference/parameters#rows-per-resultset: 0 is no limit"""
    if not rows or result.table is None or result.type_id != SELECT:
        return result
    return replace(result, table=result.table.slice(0, rows))


def _timeout(session: Session) -> int:
    """The session's or the warehouse's, the shorter one; 0 is none.

    https://docs.snowflake.com/en/sql-reference/parameters#statement-timeout-in-seconds
    """
    name = "STATEMENT_TIMEOUT_IN_SECONDS"
    warehouse = session.engine.catalog.get(session.warehouse_id) if session.warehouse_id is not None else None
    found = [int(session.parameter(name))]
    if warehouse is not None:
        found.append(int(value_of(session.engine.catalog, warehouse, name)))
    return min((each for each in found if each > 0), default=0)


def _internal(error: BaseException) -> SqlError:
    if isinstance(error, RecursionError):
        return sqlerror.malformed("the statement is nested too deeply")
    if isinstance(error, OverflowError):
        return SqlError(100132, "22003", "Number out of representable range")
    return sqlerror.internal(f"{type(error).__name__}: {error}")
