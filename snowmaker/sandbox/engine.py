"""The data plane: DuckDB through fakesnow, with the catalog in the same file.

Every table lives in the one DuckDB database under a name of its catalog id (`o17`), never under its
Snowflake name. So case-sensitive names, renames, swaps, UNDROP and transactions over several databases need
nothing of DuckDB, and one commit covers a table and its catalog row.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from fakesnow import macros
from fakesnow.instance import FakeSnow

from snowmaker.sandbox import changes, sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Change, Entry
from snowmaker.sandbox.grants import OWNERSHIP, Grant, Key
from snowmaker.sandbox.locks import Locks
from snowmaker.sandbox.rowcounts import RowCounts
from snowmaker.sandbox.sql.macros import creation_sql
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    Connection = Any

DATABASE = "account"
FILE = "account.duckdb"
MANY = 50  # rows
_GRANT = "privilege, on_id, grantee, future, grantable, grantor, created_on"

_BOOKKEEPING = """
create schema if not exists sandbox;
create table if not exists sandbox.objects (id bigint, body varchar);
create table if not exists sandbox.grants (
    privilege varchar, on_id bigint, grantee bigint, future varchar, grantable boolean, grantor bigint,
    created_on timestamptz, live boolean);
create table if not exists sandbox.completed (query_id varchar);
create table if not exists sandbox.task_runs (body varchar);
create table if not exists sandbox.alert_runs (body varchar);
create schema if not exists changes;
create table if not exists changes.offsets (stream bigint, moved timestamptz, initial boolean);
create table if not exists sandbox.load_history (
    table_id bigint, pipe_id bigint, query_id varchar, owner varchar, file varchar, etag varchar, size bigint,
    stage varchar, loaded_on timestamptz, row_count bigint, row_parsed bigint, status varchar, errors bigint,
    error_limit bigint, first_error varchar, first_error_line bigint, first_error_character bigint,
    first_error_column varchar);
create table if not exists sandbox.load_errors (
    table_id bigint, query_id varchar, error varchar, file varchar, line bigint, character bigint,
    byte_offset bigint, category varchar, code bigint, sql_state varchar, column_name varchar, row_number bigint,
    row_start_line bigint, rejected_record varchar);
"""

_RAISED = re.compile(r"§(\d+)§(\w+)§(.*?)§", re.S)


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
        self._root.execute(creation_sql())
        self.catalog = Catalog(self._load(), self._load_grants())
        self._sweep()
        self.writers = Locks()
        self.commits = 0  # how often something was committed: what a transaction sees is as old as that
        self.rows = RowCounts()
        self._ddl = threading.RLock()
        self.gone: Callable[[Iterable[int]], None] = lambda _: None  # told of what was removed for good

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

    def _load_grants(self) -> list[Grant]:
        """As with the objects, the last row of each grant counts."""
        rows = self._root.execute(f"select {_GRANT}, live from sandbox.grants order by rowid").fetchall()
        latest = {row[:4]: row for row in rows}
        live = [row for row in latest.values() if row[-1]]
        if len(rows) > 2 * len(live) + 100:
            self._root.begin()
            self._root.execute("delete from sandbox.grants")
            self._root.register("kept_grants", _arrow(live))
            self._root.execute("insert into sandbox.grants select * from kept_grants")
            self._root.commit()
            self._root.unregister("kept_grants")
        return [Grant(*row[:-1]) for row in live]

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
        changes.sweep(self._root, {entry.id for entry in self.catalog.all()} - gone)
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
            self.commits += 1
            change = work.change()
            self.catalog.apply(change)
        self.gone(change.gone)


class Ddl:
    """What one DDL statement does. Nothing of it is seen before it is committed."""

    def __init__(self, catalog: Catalog, connection: Connection) -> None:
        self._catalog = catalog
        self._connection = connection
        self._put: dict[int, Entry] = {}
        self._gone: set[int] = set()
        self._granted: dict[Key, Grant] = {}
        self._revoked: set[Key] = set()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return run(self._connection, sql, parameters)

    def put(self, entry: Entry) -> Entry:
        """Store it; as it is then, since a new object may get another owner by a future grant."""
        if self._catalog.get(entry.id) is None and entry.id not in self._put:
            entry = self._born(entry)
        self._put[entry.id] = entry
        return entry

    def keep(self, entry: Entry) -> None:
        """Store it as it is: no future grant takes effect on what is not new but copied."""
        self._put[entry.id] = entry

    def _born(self, entry: Entry) -> Entry:
        """Future grants take effect on a new object.

        https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#future-grants-on-database-or-schema-objects
        """
        entry = self.destined(entry)
        for grant in self._future(entry):  # in the name of who owns it then
            if grant.privilege != OWNERSHIP:
                fresh = replace(grant, on=entry.id, future="", grantor=entry.owner, created_on=datetime.now(UTC))
                self.grant(fresh)
        return entry

    def destined(self, entry: Entry) -> Entry:
        """The entry under the role that a future grant of OWNERSHIP will make its owner."""
        owner = next((grant.grantee for grant in self._future(entry) if grant.privilege == OWNERSHIP), None)
        return entry if owner is None else replace(entry, owner=owner)

    def _future(self, entry: Entry) -> list[Grant]:
        """The future grants for such an object: the schema's, or else the database's."""
        for container in self._above(entry):
            if grants := [each for each in self._catalog.grants.future(container) if each.future == entry.kind]:
                return grants
        return []

    def _above(self, entry: Entry) -> Iterator[int]:
        parent = entry.parent
        while parent != ACCOUNT:
            yield parent
            above = self._put.get(parent) or self._catalog.get(parent)
            parent = above.parent if above else ACCOUNT

    def grant(self, grant: Grant) -> None:
        self._revoked.discard(grant.key)
        self._granted[grant.key] = grant

    def revoke(self, grant: Grant) -> None:
        self._granted.pop(grant.key, None)
        self._revoked.add(grant.key)

    def remove(self, entry: Entry) -> None:
        """For good; its data and the grants on it and to it too."""
        self._gone.add(entry.id)
        for grant in self._catalog.grants.touching(entry.id):
            self.revoke(grant)
        if entry.kind == "TABLE":
            self.run(f'drop table if exists "{entry.physical}"')
            self.run(f"drop table if exists {changes.mirror(entry.id)}")
        if entry.kind == "STREAM":
            followed = entry.get("tables") or [entry.get("source")]
            changes.forget(self._connection, entry.id, followed, self._followed_no_more(entry))

    def _followed_no_more(self, stream: Entry) -> Callable[[int], bool]:
        """Whether no other stream follows a table."""
        gone = {*self._gone, stream.id}
        fresh = {table for entry in self._put.values() if entry.kind == "STREAM" for table in entry.get("tables", ())}
        return lambda table: table not in fresh and all(each.id in gone for each in self._catalog.streams(table))

    def change(self) -> Change:
        return Change(tuple(self._put.values()), tuple(self._gone), tuple(self._granted.values()), tuple(self._revoked))

    def store(self, query_id: str) -> None:
        rows: list[tuple[int, str | None]] = [(entry.id, entry.to_json()) for entry in self._put.values()]
        rows += [(id_, None) for id_ in self._gone]
        for row in rows:
            self._connection.execute("insert into sandbox.objects values (?, ?)", row)
        self._store_grants()
        self._connection.execute("insert into sandbox.completed values (?)", [query_id])

    def _store_grants(self) -> None:
        rows = [(*_row_of(grant), True) for grant in self._granted.values()]
        rows += [(*key, False, 0, None, False) for key in self._revoked]
        if len(rows) > MANY:  # an insert of each row would take a second for some thousands
            values = _arrow(rows)
            self._connection.register("fresh_grants", values)
            self._connection.execute("insert into sandbox.grants select * from fresh_grants")
            self._connection.unregister("fresh_grants")
        else:
            for row in rows:
                self._connection.execute("insert into sandbox.grants values (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _row_of(grant: Grant) -> tuple[Any, ...]:
    return (
        grant.privilege, grant.on, grant.grantee, grant.future, grant.grantable, grant.grantor, grant.created_on,
    )  # fmt: skip


def _arrow(rows: Sequence[tuple[Any, ...]]) -> Any:
    import pyarrow as pa

    types = (
        pa.string(), pa.int64(), pa.int64(), pa.string(), pa.bool_(), pa.int64(), pa.timestamp("us", "UTC"), pa.bool_(),
    )  # fmt: skip
    columns = zip(*rows, strict=True) if rows else [()] * len(types)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names=[f"c{number}" for number in range(len(types))])


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


_NO_COLUMN = re.compile(
    r'Referenced column "(?P<name>.+?)" (?:not found|was not found)|'
    r'(?:Values list|Table) "(?P<table>.+?)" does not have a column named "(?P<member>.+?)"|'
    r'Column "(?P<computed>.+?)" referenced by generated column does not exist'
)


def _no_column(text: str) -> str:
    """The name of the column that DuckDB has not found; nothing where something else is wrong."""
    found = _NO_COLUMN.search(text)
    if found is None:
        return ""
    return f"{found['table']}.{found['member']}" if found["table"] else found["name"] or found["computed"]


def snowflakes(error: duckdb.Error) -> SqlError:
    """The error that Snowflake would give; DuckDB's words are kept where they say more."""
    text = str(error).split("\n", 1)[0]
    if isinstance(error, duckdb.InterruptException):
        return sqlerror.canceled()
    if raised := _RAISED.search(str(error)):  # by a macro of sql/macros.py, in Snowflake's words
        return SqlError(int(raised[1]), raised[2], raised[3])
    if isinstance(error, duckdb.ConstraintException) and "NOT NULL" in text:
        column = text.rsplit(".", 1)[-1]
        return SqlError(100072, "22000", f"NULL result in a non-nullable column: {column}")
    if isinstance(error, duckdb.ConstraintException) and "CHECK constraint" in text:
        condition = text.partition("expression ")[2]
        return SqlError(100421, "23514", f"CHECK constraint was violated: {condition}")
    if name := _no_column(text):
        return sqlerror.invalid_identifier(name)
    if found := re.search(r"Collation with name (\S+) does not exist", text):
        return sqlerror.unsupported(f"the collation '{found[1]}'")
    if "window expressions cannot be volatile" in text:
        return sqlerror.unsupported("RANDOM and its like in OVER (…)")
    if "SELECT clause without selection list" in text:
        return sqlerror.malformed("SELECT with no columns")
    if isinstance(error, duckdb.BinderException):
        return SqlError(904, "42000", f"SQL compilation error: error line 1 at position 0\n{text}")
    if found := re.search(r"Type with name (\S+) does not exist", text):
        return sqlerror.unsupported(f"the data type {found[1]}")
    if found := re.search(r"Function with name \"?(\w+)\"? (?:does not exist|is not in the catalog)", text):
        return SqlError(
            2140, "42601", f"SQL compilation error:\nUnknown function {found[1].upper()} (or the sandbox does not "
            "support it)",
        )  # fmt: skip
    if isinstance(error, duckdb.CatalogException):
        return SqlError(2140, "42601", f"SQL compilation error:\n{text}")
    if found := re.search(r"value \"?(\S+?)\"? .*DECIMAL\((\d+),(\d+)\).*out of range", text):
        kind = f"FIXED[SB16]({found[2]},{found[3]}){{nullable}}"
        return SqlError(100046, "22003", f"Number out of representable range: type {kind}, value {found[1]}")
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
