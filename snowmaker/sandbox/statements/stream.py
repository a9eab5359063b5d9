"""STREAM: https://docs.snowflake.com/en/sql-reference/sql/create-stream"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from snowmaker.sandbox import changes, sqlerror, streams
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.grants import OWNERSHIP, Grant
from snowmaker.sandbox.hybrid import refuse_hybrid
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    alterable,
    change,
    copied_grants,
    copy_grants,
    created,
    exists,
    if_not_exists,
    new,
    register,
    retention,
    texts,
    there,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.properties import boolean, string
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Column, Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tags import read_clause

_SOURCES = {
    "TABLE": "Table", "VIEW": "View", "STAGE": "Stage", "DYNAMIC TABLE": "Dynamic Table",
    "EXTERNAL TABLE": "External Table", "EVENT TABLE": "Table",
}  # fmt: skip


def _fixed(parser: Parser) -> Any:
    raise sqlerror.unsupported("ALTER STREAM … SET APPEND_ONLY | INSERT_ONLY: the mode of a stream stays")


_OPTIONS = {"APPEND_ONLY": boolean, "INSERT_ONLY": boolean, "SHOW_INITIAL_ROWS": boolean, "COMMENT": string}
_EXTENSION = 14  # days: https://docs.snowflake.com/en/sql-reference/parameters#max-data-extension-time-in-days

COLUMNS = (
    CREATED_ON,
    *texts("name database_name schema_name owner comment table_name source_type base_tables type stale mode"),
    Column("stale_after", TIMESTAMP_LTZ),
    *texts("invalid_reason owner_role_type"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-streams"""
    database, schema = context.catalog.path(entry)[:2]
    source = context.catalog.get(entry.get("source"))
    gone = source is None or not streams.lives(context.catalog, source)
    return (
        entry.created_on, entry.name, database, schema, context.owner(entry), entry.comment,
        entry.get("source_name") if gone or source is None else context.path(source), entry.get("source_type"),
        _base_tables(context, entry), "DELTA", "true" if gone else "false", entry.get("mode"),
        _stale_after(context, entry, source), "N/A", context.owner_type(entry),
    )  # fmt: skip


def _base_tables(context: Context, entry: Entry) -> str:
    found = streams.tables(context.catalog, entry) or [context.catalog.get(entry.get("source"))]
    return ", ".join(context.path(table) if table else entry.get("source_name") for table in found)


def _stale_after(context: Context, entry: Entry, source: Entry | None) -> datetime | None:
    """The sandbox keeps all changes: this is when Snowflake might no longer."""
    moved = changes.moved(context.session.connection, entry.id) or entry.created_on
    days = retention(context, source) if source is not None else 0
    return moved + timedelta(days=max(days, _EXTENSION))


def _described(context: Context, entry: Entry) -> Result:
    return Result(COLUMNS, [_row(context, entry)], type_id=DESCRIBE)


STREAM = Kind("STREAM", "STREAMS", "SCHEMA", COLUMNS, _row, grants=("SELECT",), describe=_described)
register(STREAM)
alterable(STREAM, {"COMMENT": string, "APPEND_ONLY": _fixed, "INSERT_ONLY": _fixed}, renames=False)


# -- CREATE --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    """What a CREATE STREAM says. `point` is the stream at whose offset the new one begins."""

    source: Entry
    columns: Sequence[TableColumn]
    tables: tuple[Entry, ...]
    point: Entry | None
    options: dict[str, Any]
    tags: dict[str, str]
    grants: tuple[Grant, ...] = ()

    @property
    def mode(self) -> str:
        if self.options.get("APPEND_ONLY"):
            return "APPEND_ONLY"
        return "INSERT_ONLY" if self.options.get("INSERT_ONLY") else "DEFAULT"


@statement("CREATE", "STREAM")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER")
    optional = if_not_exists(context, parser)
    name = parser.name()
    if parser.accept("CLONE"):
        return _clone(context, parser, name, optional)
    wanted = _read(context, parser, name)
    parser.end()
    if optional and there(context, STREAM, name):
        return exists(name[-1])
    _check_mode(wanted)
    if "OR ALTER" in context.modifiers and there(context, STREAM, name):
        return _brought_to(context, name, wanted)
    return _make(context, name, wanted)


def _brought_to(context: Context, name: Name, wanted: _Wanted) -> Result:
    """CREATE OR ALTER STREAM: what it is on, and its mode, stay; so does its offset."""

    def alter(entry: Entry) -> Entry:
        if (entry.get("source"), entry.get("mode")) != (wanted.source.id, wanted.mode):
            raise sqlerror.unsupported("CREATE OR ALTER STREAM that changes the source or the mode")
        return replace(entry, comment=wanted.options.get("COMMENT", ""))

    change(context, STREAM, name, False, alter)
    return created("STREAM", name[-1])


def _read(context: Context, parser: Parser, name: Name) -> _Wanted:
    tags: dict[str, str] = {}
    grants: tuple[Grant, ...] = ()
    while not parser.accept("ON"):
        if (found := read_clause(context, parser)) is not None:
            tags.update(found)
        elif parser.accept("COPY", "GRANTS"):
            grants = copied_grants(context, STREAM, name) or ()
        else:
            raise parser.unexpected()
    source, columns, tables = _source(context, parser)
    point = _point(context, parser)
    return _Wanted(source, columns, tables, point, parser.options(_OPTIONS, "STREAM"), tags, grants)


def _source(context: Context, parser: Parser) -> tuple[Entry, Sequence[TableColumn], tuple[Entry, ...]]:
    """What the stream is on, the columns it gives of it, and the tables that are followed."""
    kind = parser.choice(*sorted(_SOURCES, key=len, reverse=True))
    if kind is None:
        raise parser.unexpected()
    name = parser.name()
    if kind == "STAGE":
        stage = context.find(kind, name, "USAGE", "READ")
        return stage, streams.stage_streams().columns(stage), ()
    source = context.find(kind, name, "SELECT")
    if context.mine(source):
        raise sqlerror.unsupported("streams on temporary tables")
    refuse_hybrid(source, "CREATE STREAM")
    if kind == "TABLE":
        return source, columns_of(source), (source,)
    if kind in ("VIEW", "DYNAMIC TABLE"):
        return source, columns_of(source), streams.view_streams().tables(context, source)
    return source, columns_of(source), ()


def _point(context: Context, parser: Parser) -> Entry | None:
    """AT | BEFORE (STREAM => '…'): https://docs.snowflake.com/en/sql-reference/constructs/at-before"""
    if parser.choice("AT", "BEFORE") is None:
        return None
    parser.expect_operator("(")
    if parser.accept("STREAM"):
        parser.expect_operator("=>")
        text = parser.string()
        parser.expect_operator(")")
        try:
            return streams.find(context, text)
        except SqlError:
            raise SqlError(91902, "02000", f"Stream '{text}' not found.") from None
    raise sqlerror.unsupported(f"CREATE STREAM … AT | BEFORE ({parser.peek().value} => …) (time travel)")


def _check_mode(wanted: _Wanted) -> None:
    kind = wanted.source.kind
    if wanted.options.get("INSERT_ONLY") and kind not in ("EXTERNAL TABLE", "ICEBERG TABLE"):
        raise sqlerror.malformed("Streams of type INSERT_ONLY can only be created on external tables.")
    if kind == "EXTERNAL TABLE" and not wanted.options.get("INSERT_ONLY"):
        raise sqlerror.malformed("Only streams of type INSERT_ONLY can be created on external tables.")
    if kind == "STAGE" and wanted.options.keys() - {"COMMENT"}:
        raise sqlerror.invalid_property(next(iter(wanted.options.keys() - {"COMMENT"})), "STREAM")
    if wanted.mode == "APPEND_ONLY" and len(wanted.tables) > 1:
        raise sqlerror.unsupported("append-only streams on views of several tables")
    if wanted.point is not None and wanted.point.get("source") != wanted.source.id:
        raise sqlerror.unsupported("CREATE STREAM … AT (STREAM => a stream on something else) (time travel)")


def _make(context: Context, name: Name, wanted: _Wanted) -> Result:
    """Nobody writes while it begins: a change is either before or behind its offset."""
    parent, own = where(context, STREAM, name)
    context.session.commit()
    context.session.lock_writers()
    with context.ddl() as ddl:
        entry = _entry(context, parent, own, wanted)
        ddl.put(entry)
        _track(context, ddl, wanted)
        _begin(context, entry, wanted)
        vacant(context, ddl, STREAM, name, optional=False)
        copy_grants(ddl, wanted.grants, entry)
    return created("STREAM", own)


def _entry(context: Context, parent: int, name: str, wanted: _Wanted) -> Entry:
    entry = new(context, "STREAM", parent, name, comment=wanted.options.get("COMMENT", ""))
    properties = {
        "source": wanted.source.id,
        "source_name": context.path(wanted.source),
        "source_type": _SOURCES[wanted.source.kind],
        "tables": [table.id for table in wanted.tables],
        "mode": wanted.mode,
        "show_initial_rows": bool(wanted.options.get("SHOW_INITIAL_ROWS")),
        **({"tags": wanted.tags} if wanted.tags else {}),
    }
    return streams.with_metadata(replace(entry, properties=properties), wanted.columns)


def _track(context: Context, ddl: Ddl, wanted: _Wanted) -> None:
    """Change tracking is on from now on; who does not own the source cannot turn it on.

    https://docs.snowflake.com/en/user-guide/streams-manage#enabling-change-tracking-on-views-and-underlying-tables
    """
    for source in {each.id: each for each in (*wanted.tables, wanted.source)}.values():
        if source.kind in ("TABLE", "VIEW") and not source.get("change_tracking"):
            context.require(source, OWNERSHIP)
            ddl.put(with_options(source, {"CHANGE_TRACKING": True}))


def _begin(context: Context, entry: Entry, wanted: _Wanted) -> None:
    connection = context.session.connection
    appends, initial = streams.appends(entry), bool(entry.get("show_initial_rows"))
    point = wanted.point
    if wanted.source.kind == "STAGE":
        streams.stage_streams().begin(context, entry, wanted.source)
    for table in wanted.tables:
        if point is None:
            changes.begin(connection, entry.id, table.id, appends=appends, initial=initial)
        else:
            changes.begin_at(
                connection, entry.id, point.id, streams.appends(point), table.id, appends=appends, initial=initial
            )


def _clone(context: Context, parser: Parser, name: Name, optional: bool) -> Result:
    """The same definition, and the same offset.

    https://docs.snowflake.com/en/sql-reference/sql/create-stream#label-create-stream-clone
    """
    other = context.find("STREAM", parser.name(), "SELECT")
    grants = (copied_grants(context, STREAM, name) or ()) if parser.accept("COPY", "GRANTS") else ()
    parser.end()
    if optional and there(context, STREAM, name):
        return exists(name[-1])
    source = context.catalog.get(other.get("source"))
    found = streams.tables(context.catalog, other)
    tables = tuple(table for table in found if table is not None)
    if source is None or len(tables) < len(found):
        raise streams.dropped(other)
    columns = columns_of(other)[: -len(streams.METADATA)]
    options = {"APPEND_ONLY": streams.appends(other), "COMMENT": other.comment,
               "SHOW_INITIAL_ROWS": changes.initial(context.session.connection, other.id)}  # fmt: skip
    if source.kind == "STAGE":
        raise sqlerror.unsupported("CREATE STREAM … CLONE of a stream on a stage")
    return _make(context, name, _Wanted(source, columns, tables, other, options, {}, grants))


# -- functions -----------------------------------------------------------------------------------------


@system_function("SYSTEM$STREAM_HAS_DATA")
def _has_data(context: Context, arguments: Sequence[Any]) -> bool:
    """https://docs.snowflake.com/en/sql-reference/functions/system_stream_has_data"""
    return streams.has_data(context, streams.find(context, _only(arguments)))


@system_function("SYSTEM$STREAM_GET_TABLE_TIMESTAMP")
def _timestamp(context: Context, arguments: Sequence[Any]) -> str:
    """Nanoseconds: https://docs.snowflake.com/en/sql-reference/functions/system_stream_get_table_timestamp"""
    stream = streams.find(context, _only(arguments))
    moved = changes.moved(context.session.connection, stream.id) or stream.created_on
    return str(int(moved.timestamp() * 1_000_000) * 1000)


def _only(arguments: Sequence[Any]) -> str:
    if len(arguments) != 1:
        raise sqlerror.malformed(f"wrong number of arguments: 1 is wanted, {len(arguments)} are given")
    return str(arguments[0])
