"""How a table comes into being, with its rows or without, and what DESCRIBE and SHOW say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, columns_of, make_table, written
from snowmaker.sandbox.constraints import PRIMARY, UNIQUE, keys
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.grants import Grant
from snowmaker.sandbox.kinds import Kind, copied_grants, created, exists, put_relation, retention, vacant
from snowmaker.sandbox.parser import Name
from snowmaker.sandbox.policies import policy_name
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Column, Result, status
from snowmaker.sandbox.sql.bound import quoted
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.streams import Reading, advance


@dataclass(frozen=True)
class Filling:
    """What fills a new table: a query in DuckDB's words, its values, and what it reads of streams."""

    sql: str
    values: Sequence[Any] = ()
    readings: Iterable[Reading] = ()


def store(
    context: Context,
    kind: Kind,
    name: Name,
    optional: bool,
    entry: Entry,
    filling: Filling | None = None,
    grants: Sequence[Grant] | None = None,
) -> Result:
    """Make the table, and fill it; `grants` are those that it keeps from another one."""
    temporary = bool(entry.get("temporary"))
    if temporary and not _vacant_temporary(context, entry, optional):
        return exists(entry.name)
    if filling and not temporary and not _worth_filling(context, name, optional):
        return exists(entry.name)
    made, rows = _filled(context, entry, filling) if filling else (None, 0)
    try:
        with context.ddl() as ddl:
            if not temporary and not vacant(context, ddl, kind, name, optional=optional):
                return _abandoned(context, made, exists(entry.name))
            made = made or make_table(context, ddl, entry, temporary=temporary)
            if not temporary:
                made = put_relation(ddl, made, grants)
                if filling is None:
                    context.session.engine.rows.born(made.id)
    except SqlError:
        _abandoned(context, made, None)
        raise
    if temporary:
        context.session.temporary[(made.parent, made.name)] = made
    return replace(created(kind.name, entry.name), inserted=rows)


def kept_grants(context: Context, kind: Kind, name: Name, source: Entry | None = None) -> tuple[Grant, ...] | None:
    """What COPY GRANTS keeps: the grants on the table that is replaced, else those on the one that is cloned.

    https://docs.snowflake.com/en/sql-reference/sql/create-table#optional-parameters
    """
    place = context.place(name)
    if context.catalog.find("RELATION", place.schema.id, place.name) is None and source is not None:
        return context.catalog.grants.on(source.id)
    return copied_grants(context, kind, name)


def _worth_filling(context: Context, name: Name, optional: bool) -> bool:
    """Whether the name is free, asked before a query runs for long; the answer is not the last word."""
    place = context.place(name)
    if context.catalog.find("RELATION", place.schema.id, place.name) is None or "OR REPLACE" in context.modifiers:
        return True
    if optional:
        return False
    raise sqlerror.already_exists(dotted(name))


def _filled(context: Context, entry: Entry, filling: Filling) -> tuple[Entry, int]:
    """The table with its rows, and how many; not yet in the catalog: no other DDL waits while they are made."""
    context.session.commit()
    connection = context.session.connection
    work = Ddl(context.catalog, connection)
    connection.execute("begin")
    try:
        made = make_table(context, work, entry, temporary=bool(entry.get("temporary")))
        names = ", ".join(quoted(each.physical) for each in written(columns_of(made)))
        done = work.run(f"insert into {quoted(made.physical)} ({names}) {filling.sql}", filling.values)
        for reading in filling.readings:
            advance(connection, reading)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return made, int(done[0][0])


def _abandoned(context: Context, made: Entry | None, result: Result | None) -> Result:
    """Another one has won the name: away with what was made for it."""
    if made is not None:
        context.session.connection.execute(f"drop table if exists {quoted(made.physical)}")
    return result or status(SUCCESS)


def _vacant_temporary(context: Context, entry: Entry, optional: bool) -> bool:
    """A temporary table hides a permanent one of its name, and is unique only in its session.

    https://docs.snowflake.com/en/user-guide/tables-temp-transient
    """
    old = context.session.temporary.get((entry.parent, entry.name))
    if old is None:
        return True
    if "OR REPLACE" in context.modifiers:
        drop_temporary(context, old)
        return True
    if optional:
        return False
    raise sqlerror.already_exists(entry.name)


def drop_temporary(context: Context, entry: Entry) -> None:
    """End a temporary table or view of this session."""
    context.session.commit()
    if entry.kind == "TABLE":
        context.session.connection.execute(f"drop table temp.main.{quoted(entry.physical)}")
    del context.session.temporary[(entry.parent, entry.name)]


# -- DESCRIBE ------------------------------------------------------------------------------------------

_COLUMNS = (
    "name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment",
    "policy name", "privacy domain", "schema evolution record",
)  # fmt: skip
DESCRIBED = tuple(Column(name) for name in _COLUMNS)


def described(context: Context, entry: Entry) -> Result:
    """The columns of a table or view, as DESCRIBE gives them.

    https://docs.snowflake.com/en/sql-reference/sql/desc-table
    """
    yes = {True: "Y", False: "N"}
    primary, unique = keys(entry, PRIMARY), keys(entry, UNIQUE)
    view = entry.kind == "VIEW"
    rows = [
        (column.name, column.shown_type, "COLUMN" if view or not column.expression else "VIRTUAL_COLUMN",
         yes[column.nullable], default_of(context, column), yes[column.name in primary], yes[column.name in unique],
         None, column.expression or None, column.comment or None, policy_name(context, entry, column.name), None, None)
        for column in columns_of(entry)
    ]  # fmt: skip
    return Result(DESCRIBED, rows, type_id=DESCRIBE)


def default_of(context: Context, column: TableColumn) -> str | None:
    """A column's default as DESCRIBE tells it; a sequence by its present name."""
    if column.identity:
        return column.identity
    sequence = context.catalog.get(column.sequence_id) if column.sequence_id else None
    return f"{context.path(sequence)}.NEXTVAL" if sequence is not None else column.default


# -- SHOW ----------------------------------------------------------------------------------------------

KINDS = ("TABLE", "DYNAMIC TABLE", "EVENT TABLE", "EXTERNAL TABLE", "ICEBERG TABLE")


def shown(context: Context, entries: Sequence[Entry]) -> list[tuple[Any, ...]]:
    """The rows of SHOW TABLES: https://docs.snowflake.com/en/sql-reference/sql/show-tables"""
    catalog = context.catalog
    counts = row_counts(context, entries)
    paths: dict[int, tuple[str, ...]] = {}
    days: dict[int, int] = {}
    owners: dict[int, tuple[str, str]] = {}
    rows = []
    for entry in entries:
        if entry.parent not in paths:
            schema = catalog.by_id(entry.parent)
            paths[entry.parent], days[entry.parent] = catalog.path(schema), retention(context, schema)
        if entry.owner not in owners:
            owners[entry.owner] = (context.owner(entry), context.owner_type(entry))
        plain = entry.get("data_retention_time_in_days") is None and not entry.get("transient")
        kept = days[entry.parent] if plain else retention(context, entry)
        rows.append(_shown(entry, paths[entry.parent], owners[entry.owner], str(kept), counts.get(entry.id)))
    return rows


def _shown(entry: Entry, path: tuple[str, ...], owner: tuple[str, str], kept: str, rows: int | None) -> tuple[Any, ...]:
    get = entry.properties.get
    search = bool(get("search_optimization"))
    return (
        entry.created_on, entry.name, path[0], path[1],
        "TRANSIENT" if get("transient") else "TEMPORARY" if get("temporary") else "TABLE",
        entry.comment, get("cluster_by") or "", rows, 0, owner[0], kept,
        "ON" if get("cluster_by") and not get("reclustering_suspended") else "OFF",
        "ON" if get("change_tracking") else "OFF",
        "ON" if search else "OFF", 100 if search else None, 0 if search else None,
        "Y" if entry.kind == "EXTERNAL TABLE" else "N", "Y" if get("enable_schema_evolution") else "N", owner[1],
        "Y" if entry.kind == "EVENT TABLE" else "N", None, "Y" if get("hybrid") else "N",
        "Y" if entry.kind == "ICEBERG TABLE" else "N", "Y" if entry.kind == "DYNAMIC TABLE" else "N", "N",
    )  # fmt: skip


def row_counts(context: Context, entries: Sequence[Entry]) -> dict[int, int]:
    """How many rows tables have, by id; what is no table that holds rows is left out."""
    session = context.session
    tables = [each for each in entries if each.kind == "TABLE"]
    unsure = session.transaction.tables if session.transaction else ()
    return session.engine.rows.of(session.connection, tables, unsure)


def like(context: Context, source: Entry, entry: Entry) -> Entry:
    """A new entry with the columns and properties of another table. A copy of a transient table is transient."""
    left = ("columns", "temporary", "transient", "kept_days")
    kept = {key: value for key, value in source.properties.items() if key not in left}
    properties = {**kept, **entry.properties}
    properties["columns"] = [{**each, "sequence": ""} for each in source.get("columns")]
    if source.get("transient") and not entry.get("temporary"):
        properties["transient"] = True
    return replace(entry, comment=source.comment, properties=properties)
