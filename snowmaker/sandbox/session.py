"""A client's session: what is current, its parameters and variables, its transaction."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.grants import MEMBER
from snowmaker.sandbox.levels import of_session
from snowmaker.sandbox.rowcounts import EVERY
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    from snowmaker.sandbox.engine import Engine

T = TypeVar("T")

SYSTEM = "SYSTEM"  # the user in whose name tasks run


@dataclass
class Transaction:
    """A transaction, and the writes done in it.

    DuckDB gives a whole transaction up when one of its statements fails; Snowflake undoes that statement
    alone. So the writes are kept, and done again after a failure: the writer lock sees to it that they find
    what they found the first time. `readings` are what it has read of streams, by their ids; `tables` the ids
    of those that it has written to.
    """

    id: int
    explicit: bool
    writes: list[Callable[[], Any]] = field(default_factory=list)
    writing: bool = False
    readings: dict[int, Any] = field(default_factory=dict)
    tables: set[int] = field(default_factory=set)
    name: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_on: datetime = field(default_factory=lambda: datetime.now(UTC))
    seen: int = 0  # the account's commits when it last looked


class Session:
    """State of one login. Statements of one session run one after another; `cancel` comes from outside.

    `client` is what the client calls itself, `driver` what speaks the protocol for it: SQLAlchemy and others
    go by names of their own, over the Python connector. `url` is where the client reaches the account; `near` says that
    it is on the same machine, with the same files.
    """

    url = ""
    near = True

    def __init__(self, id_: int, user: Entry, engine: Engine, client: str = "", driver: str = "") -> None:
        self.id = id_
        self.client = client
        self.driver = driver or client
        self.engine = engine
        self.connection = engine.connect()
        self.user_id = user.id
        self.role_id: int | None = None
        self.warehouse_id: int | None = None
        self.trying = False  # statements are only tried, so they wait for no lock
        self.serverless = False  # Snowflake gives it what it runs on, as to a task without a warehouse
        self.secondary_roles: str | tuple[int, ...] = "ALL"
        self.database_id: int | None = None
        self.schema_id: int | None = None
        self.parameters: dict[str, Any] = {}
        self.variables: dict[str, Any] = {}
        self.temporary: dict[tuple[int, str], Entry] = {}
        self.private: dict[tuple[str, int, str], Entry] = {}  # temporary stages and file formats
        self.transaction: Transaction | None = None
        self.ended_transactions: dict[int, tuple[Transaction, str, datetime]] = {}
        self.last_query_id: str | None = None
        self.query_ids: list[str] = []
        self.running: str | None = None
        self.lock = threading.Lock()
        self.used = time.monotonic()
        self.ended = threading.Event()
        self._canceled = threading.Event()
        self._told: tuple[str, str | None] | None = None
        self.inner: Session | None = None  # a task that runs for this one

    # -- what is current -------------------------------------------------------------------------------

    @property
    def user(self) -> str:
        found = self._live(self.user_id)
        return found.name if found else ""

    @property
    def role(self) -> str | None:
        """The name of the primary role."""
        found = self._live(self.role_id)
        return found.name if found else None

    @property
    def warehouse(self) -> str | None:
        """The name of the warehouse in use."""
        found = self._live(self.warehouse_id)
        return found.name if found else None

    @property
    def available_ids(self) -> tuple[int, ...]:
        """The roles that the user was given, without what these inherit; PUBLIC is everyone's."""
        grants = self.engine.catalog.grants.to(self.user_id)
        public = self.engine.catalog.find("ROLE", ACCOUNT, "PUBLIC")
        given = tuple(grant.on for grant in grants if grant.privilege == MEMBER)
        return given if public is None or public.id in given else (*given, public.id)

    @property
    def secondary_ids(self) -> tuple[int, ...]:
        """The roles in force besides the primary one.

        https://docs.snowflake.com/en/sql-reference/sql/use-secondary-roles
        """
        if self.secondary_roles == "ALL":
            return self.available_ids
        if isinstance(self.secondary_roles, str):
            return ()
        return tuple(id_ for id_ in self.secondary_roles if id_ in self.available_ids)

    @property
    def database(self) -> Entry | None:
        return self._live(self.database_id)

    @property
    def schema(self) -> Entry | None:
        return self._live(self.schema_id) if self.database else None

    def _live(self, id_: int | None) -> Entry | None:
        if id_ is None:
            return None
        try:
            entry = self.engine.catalog.by_id(id_)
        except KeyError:
            return None
        return entry if entry.dropped_on is None else None

    def use_database(self, database: Entry) -> None:
        """PUBLIC, where it exists, becomes the schema.

        https://docs.snowflake.com/en/sql-reference/sql/use-database
        """
        self.database_id = database.id
        public = self.engine.catalog.find("SCHEMA", database.id, "PUBLIC")
        self.schema_id = public.id if public else None

    def use_schema(self, schema: Entry) -> None:
        self.database_id, self.schema_id = schema.parent, schema.id

    def parameter(self, name: str) -> Any:
        """The value of a session parameter: the session's own, else the user's, the account's, the default."""
        return of_session(self, name)[0]

    def variable(self, name: str) -> Any:
        if name not in self.variables:
            raise sqlerror.malformed(f"error line 1 at position 0\nSession variable '${name}' does not exist")
        return self.variables[name]

    def beside(self) -> Session:
        """The session as it is now, with a connection of its own, for a query that runs while the session goes on."""
        twin = copy(self)
        twin.connection = self.engine.connect()
        twin.parameters, twin.variables = dict(self.parameters), dict(self.variables)
        twin.temporary, twin.private = dict(self.temporary), dict(self.private)
        twin.transaction, twin.running, twin.lock = None, None, threading.Lock()
        twin._canceled = threading.Event()
        return twin

    # -- canceling -------------------------------------------------------------------------------------

    def start(self, query_id: str) -> None:
        self._canceled.clear()
        self.running = query_id

    def cancel(self, query_id: str | None = None) -> bool:
        """Interrupt the running statement, or this one if it is the running one."""
        if self.running is None or (query_id is not None and self.running != query_id):
            return False
        self._canceled.set()
        self.connection.interrupt()
        if (inner := self.inner) is not None:
            inner.cancel()
        return True

    def check(self) -> None:
        """Raises when the running statement has been canceled."""
        if self._canceled.is_set():
            raise sqlerror.canceled()

    def pause(self, seconds: float) -> None:
        """Sleep, until canceled."""
        if self._canceled.wait(seconds):
            raise sqlerror.canceled()

    # -- transactions ----------------------------------------------------------------------------------

    def begin(self, name: str | None = None) -> None:
        """BEGIN. A second one inside a transaction changes nothing.

        https://docs.snowflake.com/en/sql-reference/transactions
        """
        if self.transaction is None:
            self.transaction = Transaction(time.time_ns() // 1000, explicit=True)
            self.transaction.name = name or self.transaction.name

    def _ended(self, transaction: Transaction | None, state: str) -> None:
        if transaction is not None and transaction.explicit:
            self.ended_transactions[transaction.id] = (transaction, state, datetime.now(UTC))
            while len(self.ended_transactions) > 20:
                del self.ended_transactions[next(iter(self.ended_transactions))]

    def abort_transaction(self, by: Session) -> None:
        """Roll it back for another session, when its running statement has ended."""
        if by is self:
            self.rollback()
            return
        self.cancel()
        with self.lock:
            self.rollback()

    def commit(self, query_id: str | None = None) -> None:
        transaction, self.transaction = self.transaction, None
        self._ended(transaction, "committed")
        if transaction and transaction.writing:
            try:
                if query_id:
                    self.connection.execute("insert into sandbox.completed values (?)", [query_id])
                self.connection.execute("commit")
                self.engine.commits += 1
            finally:
                self.engine.rows.forget(transaction.tables)
                self.engine.writers.release(self)

    def rollback(self) -> None:
        transaction, self.transaction = self.transaction, None
        self._ended(transaction, "rolled back")
        if transaction and transaction.writing:
            try:
                self.connection.execute("rollback")
            finally:
                self.engine.writers.release(self)

    def read(self, action: Callable[[], T]) -> T:
        """Run a query. Should it fail inside a transaction, what that has written is kept."""
        try:
            return action()
        except SqlError:
            self._again()
            raise

    def write(self, action: Callable[[], T], query_id: str, table: int = EVERY, *, shared: bool = False) -> T:
        """Run DML: in the open transaction, else (AUTOCOMMIT) in one of its own.

        `table` is what it writes to; `shared` says that others may write to it too, as they do beside an INSERT.
        """
        alone = self.transaction is None and self.parameter("AUTOCOMMIT")
        if self.transaction is None:
            self.transaction = Transaction(time.time_ns() // 1000, explicit=not alone)
        transaction = self.transaction
        try:
            self._tell()
            self._start_writing(transaction, table, shared=shared)
            transaction.tables.add(table)
            result = action()
        except BaseException:
            if alone:
                self.rollback()
            else:
                self._again()
            raise
        transaction.writes.append(action)
        if alone:
            self.commit(query_id)
        return result

    def _tell(self) -> None:
        """Let DuckDB know who writes, for columns whose default is CURRENT_USER or CURRENT_ROLE."""
        who = (self.user, self.role)
        if self._told != who:
            for name, value in zip(("sf_user", "sf_role"), who, strict=True):
                text = "NULL" if value is None else "'" + value.replace("'", "''") + "'"
                self.connection.execute(f"set variable {name} = CAST({text} AS VARCHAR)")
            self._told = who

    def _start_writing(self, transaction: Transaction, table: int, *, shared: bool) -> None:
        self._lock(table, shared=shared)
        if transaction.writing:
            self.catch_up()
            return
        transaction.seen = self.engine.commits
        self.connection.execute("begin")
        transaction.writing = True

    @property
    def open_transaction(self) -> bool:
        """Whether a transaction is open that goes on after the statement."""
        return self.transaction is not None and self.transaction.explicit

    def catch_up(self) -> None:
        """See what others have committed since: each statement of a transaction does.

        DuckDB shows a transaction the data as they were when it began, so its writes are done again on newer ones.
        https://docs.snowflake.com/en/sql-reference/transactions#read-committed-isolation
        """
        transaction = self.transaction
        if transaction is not None and transaction.writing and transaction.seen != self.engine.commits:
            self._again()

    def lock_writers(self) -> None:
        """Keep others from writing, until the transaction ends. Raises SqlError 000625."""
        self._lock(EVERY, shared=False)

    def lock_table(self, table: int) -> None:
        """Keep everyone from writing to a table, which is about to be altered. Raises SqlError 000625."""
        self._lock(table, shared=False, alone=True)

    def _lock(self, table: int, *, shared: bool, alone: bool = False) -> None:
        if self.trying:
            return
        seconds = float(self.parameter("LOCK_TIMEOUT"))
        if not self.engine.writers.acquire(self, seconds, self.check, table, shared=shared, alone=alone):
            raise SqlError(625, "57014", "Statement has been aborted: the wait for a lock exceeded LOCK_TIMEOUT.")

    def unlock_writers(self) -> None:
        """Let others write again, if nothing has been written."""
        if self.transaction is None or not self.transaction.writing:
            self.engine.writers.release(self)

    def _again(self) -> None:
        transaction = self.transaction
        if transaction is None or not transaction.writing:
            return
        self.connection.execute("rollback")
        transaction.seen = self.engine.commits
        self.connection.execute("begin")
        for write in transaction.writes:
            write()

    # -- the end ---------------------------------------------------------------------------------------

    def end(self) -> None:
        """Roll back what is open and drop what is temporary."""
        self.ended.set()
        self.cancel()
        with self.lock:
            self.rollback()
            self.connection.close()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)
