"""Streams as statements read them: what has changed since the offset, and the offset that moves with DML.

https://docs.snowflake.com/en/user-guide/streams-intro

A stream gives the net changes of its source. In a transaction it gives the same changes at every reading, up to
where the transaction began; its offset moves when a transaction with DML that reads it is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from snowmaker.sandbox import changes, sqlerror
from snowmaker.sandbox.columns import TableColumn, columns_of, with_columns
from snowmaker.sandbox.datatypes import BOOLEAN, DataType
from snowmaker.sandbox.sql.bound import quoted
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    from snowmaker.sandbox.catalog import Catalog, Entry
    from snowmaker.sandbox.context import Context
    from snowmaker.sandbox.engine import Ddl

T = TypeVar("T")

METADATA = (
    TableColumn(changes.ACTION, DataType("TEXT", length=6)),
    TableColumn(changes.IS_UPDATE, BOOLEAN),
    TableColumn(changes.ROW, DataType("TEXT", length=40)),
)
_RECORDED = ("EXTERNAL TABLE", "EVENT TABLE")
_CONSUMES = frozenset(("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE TABLE", "COPY"))


@dataclass(frozen=True)
class Reading:
    """What a statement or transaction reads of a stream: the changes of each table behind it.

    `first` says that these are the rows that were there when the stream began; `table` is what a query reads,
    `moved` when the offset had moved last.
    """

    stream: Entry
    deltas: Mapping[int, Any]
    first: bool
    table: Any
    moved: datetime | None = None


def appends(stream: Entry) -> bool:
    """Whether it gives inserted rows alone."""
    return bool(stream.get("mode") == "APPEND_ONLY")


def with_metadata(stream: Entry, columns: Sequence[TableColumn]) -> Entry:
    """The stream with its columns: those of its source, and what has happened to each row."""
    return with_columns(stream, [*(_bare(column) for column in columns), *METADATA])


def _bare(column: TableColumn) -> TableColumn:
    return TableColumn(column.name, column.type)


# -- reading -------------------------------------------------------------------------------------------


def read(context: Context, stream: Entry) -> Reading:
    """The changes since the offset. DML that is about to read them keeps other writers out until it is done.

    https://docs.snowflake.com/en/user-guide/streams-intro#repeatable-read-isolation
    Raises SqlError 091901 where the source is gone, 091930 where it is followed no more, 003001.
    """
    source = _source(context, stream)
    if source.kind in _RECORDED:
        raise sqlerror.unsupported(f"reading a stream on an {source.kind.lower()}")
    consumes = not context.describe_only and context.command.split(" INTO")[0] in _CONSUMES
    if consumes:
        context.session.lock_writers()
    transaction = context.session.transaction
    writing = transaction is not None and transaction.writing
    connection = context.session.engine.connect() if writing else context.session.connection
    try:
        known: Reading | None = transaction.readings.get(stream.id) if transaction is not None else None
        if known is not None and not (consumes and changes.moved(connection, stream.id) != known.moved):
            return known  # unless another transaction has consumed it meanwhile
        found = _read(context, stream, source, connection)
    finally:
        if writing:
            connection.close()
    if transaction is not None and transaction.explicit:
        transaction.readings[stream.id] = found
    return found


def _read(context: Context, stream: Entry, source: Entry, connection: Any) -> Reading:
    first, moved = changes.initial(connection, stream.id), changes.moved(connection, stream.id)
    if source.kind == "STAGE":
        delta = stage_streams().delta(context, stream, source, connection)
        return Reading(stream, {source.id: delta}, first, delta, moved)
    deltas = _deltas(context, stream, connection)
    if source.kind == "TABLE":
        return Reading(stream, deltas, first, deltas[source.id], moved)
    table = view_streams().changes_of(context, stream, source, connection, deltas, first=first)
    return Reading(stream, deltas, first, table, moved)


def _source(context: Context, stream: Entry) -> Entry:
    """What the stream is on, which the roles may read."""
    source = context.catalog.get(stream.get("source"))
    if source is None or source.dropped_on is not None or not lives(context.catalog, source):
        raise dropped(stream)
    wanted = ("USAGE", "READ") if source.kind == "STAGE" else ("SELECT",)
    context.require(source, *wanted)
    return source


def lives(catalog: Catalog, entry: Entry) -> bool:
    """Whether neither the object nor what contains it was dropped."""
    above = catalog.get(entry.parent) if entry.parent else None
    return entry.dropped_on is None and (not entry.parent or (above is not None and lives(catalog, above)))


def dropped(stream: Entry) -> SqlError:
    """091901: what the stream is on was dropped."""
    return SqlError(
        91901, "01000", f"Base table '{stream.get('source_name')}' dropped, cannot read from stream '{stream.name}'"
    )


def untracked(table: str) -> SqlError:
    """091930: the changes of the table are not tracked."""
    return SqlError(
        91930, "2F003", "SQL compilation error:\nChange tracking is not enabled or has been missing for the time "
        f"range requested on table '{table}'.",
    )  # fmt: skip


def _deltas(context: Context, stream: Entry, connection: Any) -> dict[int, Any]:
    for table in tables(context.catalog, stream):
        if table is None or table.dropped_on is not None:
            raise dropped(stream)
        if not table.get("change_tracking"):
            raise untracked(table.name)
    return {id_: changes.delta(connection, stream.id, id_, appends=appends(stream)) for id_ in stream.get("tables")}


def tables(catalog: Catalog, stream: Entry) -> list[Entry | None]:
    """The tables whose changes it gives."""
    return [catalog.get(id_) for id_ in stream.get("tables", ())]


def has_data(context: Context, stream: Entry) -> bool:
    """SYSTEM$STREAM_HAS_DATA: https://docs.snowflake.com/en/sql-reference/functions/system_stream_has_data"""
    return bool(read(context, stream).table.num_rows)


# -- DML -----------------------------------------------------------------------------------------------


def following(
    context: Context, action: Callable[[], T], table: Entry | None = None, readings: Iterable[Reading] = ()
) -> Callable[[], T]:
    """DML that moves the offsets of the streams it reads, and that the streams on its target see."""
    read_here = tuple(readings)
    streams = context.catalog.streams(table.id) if table is not None else []
    if not streams and not read_here:
        return action

    def run() -> T:
        connection = context.session.connection
        for reading in read_here:
            _keep(context, reading)
            advance(connection, reading)
        if not streams or table is None:
            return action()
        logs = [stream.id for stream in streams if appends(stream)]
        return changes.followed(connection, table.id, logs, action)

    return run


def _keep(context: Context, reading: Reading) -> None:
    """A transaction that this statement began gives the same changes to its next ones."""
    transaction = context.session.transaction
    if transaction is not None and transaction.explicit:
        transaction.readings.setdefault(reading.stream.id, reading)


def advance(connection: Any, reading: Reading) -> None:
    """Move the offset behind what was read."""
    stream = reading.stream
    if stream.get("source_type") == "Stage":
        stage_streams().advance(connection, stream, reading.table)
        return
    for table, delta in reading.deltas.items():
        changes.advance(connection, stream.id, table, delta, appends=appends(stream), first=reading.first)


# -- the source changes --------------------------------------------------------------------------------


def altered(context: Context, ddl: Ddl, before: Entry, after: Entry) -> None:
    """The columns of a table were altered: those of its streams are too.

    https://docs.snowflake.com/en/user-guide/streams-intro: ALTER TABLE … ADD | DROP COLUMN leaves a stream readable
    """
    streams = context.catalog.streams(before.id)
    if not streams:
        return
    kept = [(stream.id, appends(stream)) for stream in streams]
    for clause in _clauses(context, columns_of(before), columns_of(after)):
        changes.altered(context.session.connection, before.id, kept, clause)
    for stream in streams:
        if stream.get("source") == before.id:
            ddl.put(with_metadata(stream, columns_of(after)))


def _clauses(context: Context, before: Sequence[TableColumn], after: Sequence[TableColumn]) -> list[str]:
    """What ALTER TABLE has done to the columns, in DuckDB's words."""
    old, new = {each.physical: each for each in before}, {each.physical: each for each in after}
    if len(before) == len(after) and set(old) != set(new):
        pairs = [(a.physical, b.physical) for a, b in zip(before, after, strict=True) if a.physical != b.physical]
        return [f"rename column {quoted(a)} to {quoted(b)}" for a, b in pairs]
    found = [f"drop column {quoted(name)}" for name in old if name not in new]
    found += [f"add column {_declared(context, new[name])}" for name in new if name not in old]
    found += [
        f"alter {quoted(name)} type {new[name].type.stored}"
        for name in new
        if name in old and old[name].type.stored != new[name].type.stored
    ]
    return found


def _declared(context: Context, column: TableColumn) -> str:
    """A new column as the rows that are there get it."""
    from snowmaker.sandbox.columns import declaration

    return declaration(context, replace(column, nullable=True))


def find(context: Context, name: str) -> Entry:
    """The stream that a function's argument names. Raises SqlError."""
    parser = context.parser(name)
    parts = parser.name()
    parser.end()
    return context.find("STREAM", parts, "SELECT")


def view_streams() -> ModuleType:
    """The module for streams on views."""
    from snowmaker.sandbox import view_streams  # it reads views, with what needs this module

    return view_streams


def stage_streams() -> ModuleType:
    """The module for streams on stages."""
    from snowmaker.sandbox import stage_streams  # it reads stages, with what needs this module

    return stage_streams
