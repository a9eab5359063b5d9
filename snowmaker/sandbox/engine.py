"""The data plane: DuckDB through fakesnow, with the catalog in the same file.

Every table lives in the one DuckDB database under a name of its catalog id (`o17`), never under its
Snowflake name. So case-sensitive names, renames, swaps, UNDROP and transactions over several databases need
nothing of DuckDB, and one commit covers a table and its catalog row.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from fakesnow import macros
from fakesnow.instance import FakeSnow

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Catalog, Change, Entry
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    Connection = Any

DATABASE = "account"
FILE = "account.duckdb"

_BOOKKEEPING = """
create schema if not exists sandbox;
create table if not exists sandbox.objects (id bigint, body varchar);
create table if not exists sandbox.completed (query_id varchar);
create table if not exists sandbox.loads (
    table_id bigint, file varchar, etag varchar, loaded_on timestamptz, row_count bigint, row_parsed bigint,
    status varchar, first_error varchar, first_error_line bigint, errors bigint);
"""


class Engine:
    """One account's DuckDB instance, its catalog, and the locks that order its writers."""

    def __init__(self, folder: Path | None) -> None:
        instance = FakeSnow(create_database_on_connect=False, create_schema_on_connect=False)
        self._root = instance.duck_conn
        file = str(folder / FILE).replace("'", "''") if folder else ":memory:"
        self._root.execute(f"attach '{file}' as {DATABASE}")
        self._root.execute(f"use {DATABASE}.main")
        self._root.execute(_BOOKKEEPING)
        self._root.execute(macros.creation_sql(DATABASE))
        self.catalog = Catalog(self._load())
        self._sweep()
        self.writers = WriterLock()
        self._ddl = threading.RLock()

    def connect(self) -> Connection:
        """A DuckDB connection of its own, for one session."""
        connection = self._root.cursor()
        connection.execute(f"use {DATABASE}.main")
        return connection

    def close(self) -> None:
        self._root.execute(f"use memory.main; detach {DATABASE}")
        self._root.close()

    def _load(self) -> list[Entry]:
        """The last row of each id counts. The rows are rewritten when most of them are history."""
        rows = self._root.execute("select id, body from sandbox.objects order by rowid").fetchall()
        latest = dict(rows)
        bodies = {id_: body for id_, body in latest.items() if body is not None}
        if len(rows) > 2 * len(bodies) + 100:
            self._rewrite(bodies)
        return [Entry.from_json(id_, body) for id_, body in bodies.items()]

    def _rewrite(self, bodies: dict[int, str]) -> None:
        self._root.begin()
        self._root.execute("delete from sandbox.objects")
        self._root.executemany("insert into sandbox.objects values (?, ?)", list(bodies.items()))
        self._root.commit()

    def _sweep(self) -> None:
        """Drop what nothing leads to: data of unfinished statements, and objects past their retention."""
        expired = [entry for entry in self.catalog.all() if _expired(entry)]
        gone = {entry.id for entry in expired}
        for entry in expired:
            gone.update(child.id for child in self.catalog.below(entry.id))
            gone.update(child.id for child in self.catalog.dropped(entry.id))
        kept = {entry.physical for entry in self.catalog.all() if entry.id not in gone}
        listing = "select table_name from duckdb_tables() where database_name = ? and schema_name = 'main'"
        tables = [name for (name,) in self._root.execute(listing, [DATABASE]).fetchall()]
        for name in tables:
            if name not in kept:
                self._root.execute(f'drop table main."{name}"')
        for id_ in gone:
            self._root.execute("insert into sandbox.objects values (?, null)", [id_])
        self.catalog.apply(Change(gone=tuple(gone)))

    def completed(self) -> set[str]:
        """Ids of the queries whose writes were committed."""
        return {id_ for (id_,) in self._root.execute("select query_id from sandbox.completed").fetchall()}

    def forget_completed(self) -> None:
        self._root.execute("delete from sandbox.completed")

    @contextmanager
    def ddl(self, connection: Connection, query_id: str) -> Iterator[Ddl]:
        """A transaction of catalog and data. Names seen inside it stay as they are until it ends."""
        with self._ddl:
            work = Ddl(self.catalog, connection)
            connection.execute("begin")
            try:
                yield work
                work.store(query_id)
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")
            self.catalog.apply(work.change())


class Ddl:
    """What one DDL statement does. Nothing of it is seen before it is committed."""

    def __init__(self, catalog: Catalog, connection: Connection) -> None:
        self._catalog = catalog
        self._connection = connection
        self._put: dict[int, Entry] = {}
        self._gone: set[int] = set()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return run(self._connection, sql, parameters)

    def put(self, entry: Entry) -> Entry:
        self._put[entry.id] = entry
        return entry

    def remove(self, entry: Entry) -> None:
        """For good; its data too."""
        self._gone.add(entry.id)
        if entry.kind == "TABLE":
            self.run(f'drop table if exists "{entry.physical}"')

    def change(self) -> Change:
        return Change(tuple(self._put.values()), tuple(self._gone))

    def store(self, query_id: str) -> None:
        rows: list[tuple[int, str | None]] = [(entry.id, entry.to_json()) for entry in self._put.values()]
        rows += [(id_, None) for id_ in self._gone]
        for row in rows:
            self._connection.execute("insert into sandbox.objects values (?, ?)", row)
        self._connection.execute("insert into sandbox.completed values (?)", [query_id])


class WriterLock:
    """Writers queue: DuckDB would refuse the second of two that touch the same rows, Snowflake waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owner: object | None = None

    def acquire(self, owner: object, seconds: float, check: Callable[[], None]) -> bool:
        """Wait for it, at most `seconds`; `check` is called often and may raise."""
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        with self._changed:
            while self._owner not in (None, owner):
                check()
                if datetime.now(UTC) >= deadline:
                    return False
                self._changed.wait(0.05)
            self._owner = owner
            return True

    def release(self, owner: object) -> None:
        with self._changed:
            if self._owner is owner:
                self._owner = None
                self._changed.notify_all()


def _expired(entry: Entry) -> bool:
    if entry.dropped_on is None:
        return False
    return datetime.now(UTC) - entry.dropped_on > timedelta(days=entry.get("kept_days", 1))


def run(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute in DuckDB and fetch its rows; its errors come back as Snowflake's."""
    try:
        return connection.execute(sql, list(parameters) or None).fetchall()  # type: ignore[no-any-return]
    except duckdb.Error as error:
        raise snowflakes(error) from error


def _finish(connection: Connection) -> None:
    """End what `execute` last began: DuckDB 2 begins no relation beside a result that is not fetched to its end."""
    try:
        connection.fetchall()
    except duckdb.InvalidInputException:  # there is none
        return


def query(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, list[str], list[str]]:
    """Run a query once: its Arrow table, and the names and DuckDB types of its columns."""
    try:
        _finish(connection)
        relation = connection.sql(sql, params=list(parameters) or None)
        return relation.to_arrow_table(), relation.columns, [str(each) for each in relation.types]
    except duckdb.Error as error:
        raise snowflakes(error) from error


def describe(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[str]]:
    """The columns of a query, which is bound but not run."""
    try:
        _finish(connection)
        relation = connection.sql(sql, params=list(parameters) or None)
        return relation.columns, [str(each) for each in relation.types]
    except duckdb.Error as error:
        raise snowflakes(error) from error


def snowflakes(error: duckdb.Error) -> SqlError:
    """The error that Snowflake would give; DuckDB's words are kept where they say more."""
    text = str(error).split("\n", 1)[0]
    if isinstance(error, duckdb.InterruptException):
        return sqlerror.canceled()
    if isinstance(error, duckdb.ConstraintException) and "NOT NULL" in text:
        column = text.rsplit(".", 1)[-1]
        return SqlError(100072, "22000", f"NULL result in a non-nullable column: {column}")
    if isinstance(error, duckdb.BinderException):
        return SqlError(904, "42000", f"SQL compilation error: error line 1 at position 0\n{text}")
    if found := re.search(r"Function with name (\S+) does not exist", text):
        return SqlError(
            2140, "42601", f"SQL compilation error:\nUnknown function {found[1].upper()} (or the sandbox does not "
            "support it)",
        )  # fmt: skip
    if isinstance(error, duckdb.CatalogException):
        return SqlError(2140, "42601", f"SQL compilation error:\n{text}")
    if isinstance(error, duckdb.ConversionException):
        return SqlError(100038, "22018", text.removeprefix("Conversion Error: "))
    if isinstance(error, duckdb.InvalidInputException):
        code, sqlstate = (100069, "22P02") if "JSON" in text else (100038, "22018")
        return SqlError(code, sqlstate, text.removeprefix("Invalid Input Error: "))
    if isinstance(error, duckdb.OutOfRangeException):
        return SqlError(100132, "22003", text.removeprefix("Out of Range Error: "))
    if isinstance(error, (duckdb.ParserException, duckdb.SyntaxException)):
        return sqlerror.malformed(text)
    if isinstance(error, (duckdb.NotImplementedException, duckdb.NotSupportedError)):
        return sqlerror.unsupported(text)
    return SqlError(603, "XX000", f"SQL execution error: {text}")
