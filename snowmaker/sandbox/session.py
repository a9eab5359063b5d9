"""A client's session: what is current, its parameters and variables, its transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.parameters import PARAMETERS
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    from snowmaker.sandbox.engine import Engine

T = TypeVar("T")


@dataclass
class Transaction:
    """A transaction, and the writes done in it.

    DuckDB gives a whole transaction up when one of its statements fails; Snowflake undoes that statement
    alone. So the writes are kept, and done again after a failure: the writer lock sees to it that they find
    what they found the first time.
    """

    id: int
    explicit: bool
    writes: list[Callable[[], Any]] = field(default_factory=list)
    writing: bool = False


class Session:
    """State of one login. Statements of one session run one after another; `cancel` comes from outside."""

    def __init__(self, id_: int, user: str, engine: Engine, client: str = "") -> None:
        self.id = id_
        self.user = user
        self.client = client
        self.engine = engine
        self.connection = engine.connect()
        self.role: str | None = "ACCOUNTADMIN"
        self.warehouse: str | None = "COMPUTE_WH"
        self.secondary_roles = "ALL"
        self.database_id: int | None = None
        self.schema_id: int | None = None
        self.parameters: dict[str, Any] = {}
        self.variables: dict[str, Any] = {}
        self.temporary: dict[tuple[int, str], Entry] = {}
        self.transaction: Transaction | None = None
        self.last_query_id: str | None = None
        self.query_ids: list[str] = []
        self.running: str | None = None
        self.lock = threading.Lock()
        self.used = time.monotonic()
        self.ended = threading.Event()
        self._canceled = threading.Event()

    # -- what is current -------------------------------------------------------------------------------

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
        return self.parameters.get(name, PARAMETERS[name].default)

    def variable(self, name: str) -> Any:
        if name not in self.variables:
            raise sqlerror.malformed(f"error line 1 at position 0\nSession variable '${name}' does not exist")
        return self.variables[name]

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

    def begin(self) -> None:
        """BEGIN. A second one inside a transaction changes nothing.

        https://docs.snowflake.com/en/sql-reference/transactions
        """
        if self.transaction is None:
            self.transaction = Transaction(time.time_ns() // 1000, explicit=True)

    def commit(self, query_id: str | None = None) -> None:
        transaction, self.transaction = self.transaction, None
        if transaction and transaction.writing:
            try:
                if query_id:
                    self.connection.execute("insert into sandbox.completed values (?)", [query_id])
                self.connection.execute("commit")
            finally:
                self.engine.writers.release(self)

    def rollback(self) -> None:
        transaction, self.transaction = self.transaction, None
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

    def write(self, action: Callable[[], T], query_id: str) -> T:
        """Run DML: in the open transaction, else (AUTOCOMMIT) in one of its own."""
        alone = self.transaction is None and self.parameter("AUTOCOMMIT")
        if self.transaction is None:
            self.transaction = Transaction(time.time_ns() // 1000, explicit=not alone)
        transaction = self.transaction
        try:
            self._start_writing(transaction)
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

    def _start_writing(self, transaction: Transaction) -> None:
        if transaction.writing:
            return
        if not self.engine.writers.acquire(self, float(self.parameter("LOCK_TIMEOUT")), self.check):
            raise SqlError(625, "57014", "Statement has been aborted: the wait for a lock exceeded LOCK_TIMEOUT.")
        self.connection.execute("begin")
        transaction.writing = True

    def _again(self) -> None:
        transaction = self.transaction
        if transaction is None or not transaction.writing:
            return
        self.connection.execute("rollback")
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
