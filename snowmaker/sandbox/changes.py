"""What happened to a table's rows, for the streams that follow it.

Three kinds of table in the schema `changes` of the data plane say it, all with the columns of their source and
an id for each row:

- `m17`: the mirror of table 17, its rows as they are, kept by every DML statement;
- `s42_17`: those rows as they were at the offset of stream 42;
- `a42_17`: the rows that were inserted since the offset of stream 42, where it is append-only.

DuckDB's own row ids last for one statement, not beyond its transaction and a checkpoint: so the mirror is brought
up to date by comparing the table before and after each statement. Rows that are equal in all columns cannot be
told apart, and need not be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import duckdb

from snowmaker.sandbox.sql.bound import quoted

T = TypeVar("T")

ROW = "METADATA$ROW_ID"
ACTION = "METADATA$ACTION"
IS_UPDATE = "METADATA$ISUPDATE"
_NEW_ROW = "sha1(uuid()::varchar)"
_PLACE = "METADATA$PLACE"  # DuckDB's row id while a statement runs
_INSERTED = f'select *, \'INSERT\' as "{ACTION}", false as "{IS_UPDATE}"'

Connection = Any


def run(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute and fetch; errors as Snowflake's."""
    try:
        return connection.execute(sql, list(parameters) or None).fetchall()  # type: ignore[no-any-return]
    except duckdb.Error as error:
        from snowmaker.sandbox.engine import snowflakes  # which itself needs this module

        raise snowflakes(error) from error


def mirror(table: int) -> str:
    """What the mirror of a table is called in the data plane."""
    return f"changes.m{table}"


def snapshot(stream: int, table: int) -> str:
    """What the table is called that holds a source's rows as they were at the offset of a stream."""
    return f"changes.s{stream}_{table}"


def log(stream: int, table: int) -> str:
    """What the table is called that holds the rows inserted since the offset of an append-only stream."""
    return f"changes.a{stream}_{table}"


def _listed(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{quoted(column)}" for column in columns)


def _same(columns: Iterable[str], left: str, right: str) -> str:
    """That two rows are equal; NULL equals NULL."""
    return " and ".join(f"{left}.{quoted(each)} is not distinct from {right}.{quoted(each)}" for each in columns)


def columns_of(connection: Connection, table: int) -> list[str]:
    """The columns of a table, as DuckDB has them now."""
    return [each[0] for each in connection.execute(f"select * from main.o{table} limit 0").description]


def exists(connection: Connection, table: int) -> bool:
    """Whether the table has a mirror."""
    listing = "select 1 from duckdb_tables() where schema_name = 'changes' and table_name = ?"
    return bool(run(connection, listing, [f"m{table}"]))


def tracked(connection: Connection, table: int) -> None:
    """Begin to follow a table."""
    if not exists(connection, table):
        run(connection, f'create table {mirror(table)} as select {_NEW_ROW} as "{ROW}", * from main.o{table}')


def forget(connection: Connection, stream: int, tables: Iterable[int], alone: Callable[[int], bool]) -> None:
    """End a stream; and the mirror of each table that no other one follows (`alone`)."""
    run(connection, "delete from changes.offsets where stream = ?", [stream])
    for table in tables:
        run(connection, f"drop table if exists {snapshot(stream, table)}")
        run(connection, f"drop table if exists {log(stream, table)}")
        if alone(table):
            run(connection, f"drop table if exists {mirror(table)}")


def sweep(connection: Connection, kept: Collection[int]) -> None:
    """Drop what belongs to no stream or table any more."""
    listing = "select table_name from duckdb_tables() where schema_name = 'changes' and table_name <> 'offsets'"
    for (name,) in run(connection, listing):
        if not all(int(id_) in kept for id_ in name[1:].split("_")):
            run(connection, f'drop table changes."{name}"')


# -- DML -----------------------------------------------------------------------------------------------


def _before(table: int) -> str:
    """Where the rows are that a table had before a statement."""
    return f'temp.main."before {table}"'


def followed(connection: Connection, table: int, logs: Sequence[int], action: Callable[[], T]) -> T:
    """Run DML on a table; what it has done goes into the mirror, new rows into the logs of these streams too."""
    create = f"create or replace temp table {_before(table)} as"
    run(connection, f'{create} select rowid as "{_PLACE}", * from main.o{table}')
    result = action()
    columns = columns_of(connection, table)
    _delete(connection, table, columns)
    _update(connection, table, columns)
    _insert(connection, table, columns, logs)
    run(connection, f"drop table {_before(table)}")
    return result


def _numbered(source: str, columns: Sequence[str]) -> str:
    """Rows, equal ones numbered."""
    return f"select *, row_number() over (partition by {_listed(columns)}) as n from ({source})"


def _delete(connection: Connection, table: int, columns: Sequence[str]) -> None:
    gone = f'select * from {_before(table)} b anti join main.o{table} t on t.rowid = b."{_PLACE}"'
    if not run(connection, f"select 1 from ({gone}) limit 1"):
        return
    known = f"select * from {mirror(table)} m semi join ({gone}) g on {_same(columns, 'm', 'g')}"
    run(
        connection,
        f'delete from {mirror(table)} where "{ROW}" in (select m."{ROW}" from ({_numbered(known, columns)}) m '
        f"join ({_numbered(gone, columns)}) g on m.n = g.n and {_same(columns, 'm', 'g')})",
    )


def _update(connection: Connection, table: int, columns: Sequence[str]) -> None:
    new = ", ".join(f't.{quoted(column)} as "new {number}"' for number, column in enumerate(columns))
    changed = (
        f'select b.*, {new} from {_before(table)} b join main.o{table} t on t.rowid = b."{_PLACE}" '
        f"where not ({_same(columns, 'b', 't')})"
    )
    if not run(connection, f"select 1 from ({changed}) limit 1"):
        return
    known = f"select * from {mirror(table)} m semi join ({changed}) g on {_same(columns, 'm', 'g')}"
    values = ", ".join(f'{quoted(column)} = u."new {number}"' for number, column in enumerate(columns))
    run(
        connection,
        f'update {mirror(table)} as target set {values} from (select m."{ROW}" as known, g.* '
        f"from ({_numbered(known, columns)}) m join ({_numbered(changed, columns)}) g "
        f'on m.n = g.n and {_same(columns, "m", "g")}) u where target."{ROW}" = u.known',
    )


def _insert(connection: Connection, table: int, columns: Sequence[str], logs: Sequence[int]) -> None:
    fresh = f'main.o{table} t anti join {_before(table)} b on t.rowid = b."{_PLACE}"'
    if not run(connection, f"select 1 from {fresh} limit 1"):
        return
    names = f'"{ROW}", {_listed(columns)}'
    run(
        connection,
        f'create or replace temp table fresh as select {_NEW_ROW} as "{ROW}", {_listed(columns, "t.")} from {fresh}',
    )
    for target in (mirror(table), *(log(stream, table) for stream in logs)):
        run(connection, f"insert into {target} ({names}) select {names} from temp.main.fresh")
    run(connection, "drop table temp.main.fresh")


# -- streams -------------------------------------------------------------------------------------------


def begin(connection: Connection, stream: int, table: int, *, appends: bool, initial: bool) -> None:
    """Begin a stream on a table, at what the table holds now. With `initial`, it gives all of that first."""
    tracked(connection, table)
    run(connection, f"create table {snapshot(stream, table)} as select * from {mirror(table)}")
    if appends:
        run(connection, f"create table {log(stream, table)} as select * from {mirror(table)} limit 0")
    move(connection, stream, initial=initial)


def move(connection: Connection, stream: int, *, initial: bool = False) -> None:
    """The offset is now."""
    run(connection, "delete from changes.offsets where stream = ?", [stream])
    run(connection, "insert into changes.offsets values (?, ?, ?)", [stream, datetime.now(UTC), initial])


def moved(connection: Connection, stream: int) -> datetime | None:
    """When the offset moved last."""
    rows = run(connection, "select moved from changes.offsets where stream = ?", [stream])
    return rows[0][0] if rows else None


def begin_at(connection: Connection, stream: int, other: int, other_appends: bool, table: int, *,
             appends: bool, initial: bool) -> None:  # fmt: skip
    """Begin a stream where another one on the same table is."""
    begin(connection, stream, table, appends=appends, initial=initial)
    run(connection, f"delete from {snapshot(stream, table)}")
    run(connection, f"insert into {snapshot(stream, table)} select * from {snapshot(other, table)}")
    if appends:
        source = f"select * from {log(other, table)}" if other_appends else _appended(other, table)
        run(connection, f"insert into {log(stream, table)} {source}")


def _appended(stream: int, table: int) -> str:
    return f'select m.* from {mirror(table)} m anti join {snapshot(stream, table)} s on s."{ROW}" = m."{ROW}"'


def initial(connection: Connection, stream: int) -> bool:
    """Whether the stream still has to give the rows that were there when it began."""
    return bool(run(connection, "select 1 from changes.offsets where stream = ? and initial", [stream]))


def delta(connection: Connection, stream: int, table: int, *, appends: bool) -> Any:
    """What happened to a table since a stream's offset, as an Arrow table. Rows in and out again are none.

    https://docs.snowflake.com/en/user-guide/streams-intro#stream-columns
    """
    names = columns_of(connection, table)
    if initial(connection, stream):
        return _arrow(connection, names, f"{_INSERTED} from {snapshot(stream, table)}")
    if appends:
        return _arrow(connection, names, f"{_INSERTED} from {log(stream, table)}")
    return _arrow(connection, names, difference(names, snapshot(stream, table), mirror(table)))


def difference(columns: Sequence[str], old: str, new: str) -> str:
    """SQL for what leads from one set of rows to another; a row that stays, but changes, is gone and new."""
    both = f'b."{ROW}" = a."{ROW}"'
    where = f'where b."{ROW}" is null or not ({_same(columns, "a", "b")})'
    marks = f'b."{ROW}" is not null as "{IS_UPDATE}"'
    return (
        f"select a.*, 'DELETE' as \"{ACTION}\", {marks} from {old} a left join {new} b on {both} {where} union all "
        f"select a.*, 'INSERT' as \"{ACTION}\", {marks} from {new} a left join {old} b on {both} {where}"
    )


def _arrow(connection: Connection, columns: Sequence[str], source: str) -> Any:
    listed = _listed([*columns, ACTION, IS_UPDATE, ROW])
    return connection.sql(f"select {listed} from ({source})").to_arrow_table()


def advance(connection: Connection, stream: int, table: int, read: Any, *, appends: bool, first: bool) -> None:
    """Move the offset behind what was read of a table; `first` says that it was the initial rows.

    Done twice for the same reading it changes nothing more.
    """
    move(connection, stream)
    if first:
        return
    if appends:
        replace_read(connection, log(stream, table), (), read)
    else:
        replace_read(connection, snapshot(stream, table), columns_of(connection, table), read)


def replace_read(connection: Connection, target: str, columns: Sequence[str], read: Any) -> None:
    """Take what was read out of a table of rows, and put new rows in; none, where no columns are named."""
    connection.register("read_changes", read)
    try:
        run(connection, f'delete from {target} where "{ROW}" in (select r."{ROW}" from read_changes r)')
        if columns:
            listed = _listed([ROW, *columns])
            fresh = f"select {listed} from read_changes where \"{ACTION}\" = 'INSERT'"
            run(connection, f"insert into {target} ({listed}) {fresh}")
    finally:
        with suppress(duckdb.Error):  # a failed transaction has taken it along
            connection.unregister("read_changes")


# -- columns -------------------------------------------------------------------------------------------


def altered(connection: Connection, table: int, streams: Iterable[tuple[int, bool]], clause: str) -> None:
    """The same ALTER TABLE for what follows the table (`streams`: each id, and whether it is append-only)."""
    run(connection, f"alter table {mirror(table)} {clause}")
    for stream, appends in streams:
        run(connection, f"alter table {snapshot(stream, table)} {clause}")
        if appends:
            run(connection, f"alter table {log(stream, table)} {clause}")
