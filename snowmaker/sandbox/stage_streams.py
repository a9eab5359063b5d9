"""Streams on stages: what has changed in a directory table since it was last read.

https://docs.snowflake.com/en/user-guide/data-load-dirtables-pipeline
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snowmaker.sandbox import changes
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.changes import ACTION, IS_UPDATE, ROW, run, snapshot
from snowmaker.sandbox.columns import TableColumn
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import FIXED, TEXT, TIMESTAMP_LTZ
from snowmaker.sandbox.directory import directory_table, listing

_NAMES = ("RELATIVE_PATH", "SIZE", "LAST_MODIFIED", "MD5", "ETAG", "FILE_URL")
_TYPES = {"SIZE": FIXED, "LAST_MODIFIED": TIMESTAMP_LTZ}
_LISTED = ", ".join(_NAMES)
_DIRECTORY = "directory_now"


def columns(_: Entry) -> Sequence[TableColumn]:
    """The columns of a stream on a stage, without those of METADATA$."""
    return [TableColumn(name, _TYPES.get(name, TEXT)) for name in _NAMES]


def _now(context: Context, connection: Any, stage: Entry) -> str:
    """The directory table as it is, with an id for each file."""
    connection.register(_DIRECTORY, directory_table(context, f"@{context.path(stage)}"))
    return f"(select sha1('{stage.id}/' || RELATIVE_PATH) as \"{ROW}\", {_LISTED} from {_DIRECTORY})"


def begin(context: Context, stream: Entry, stage: Entry) -> None:
    """Begin a stream at what the directory table holds. Raises SqlError where the stage has none."""
    listing(context, stage)
    connection = context.session.connection
    run(connection, f"create table {snapshot(stream.id, stage.id)} as from {_now(context, connection, stage)}")
    connection.unregister(_DIRECTORY)
    changes.move(connection, stream.id, initial=False)


def delta(context: Context, stream: Entry, stage: Entry, connection: Any) -> Any:
    """The files that have come, gone, or changed since the offset."""
    old, new = snapshot(stream.id, stage.id), _now(context, connection, stage)
    sql = f'''
        select {_listed("o")}, 'DELETE' as "{ACTION}", n."{ROW}" is not null as "{IS_UPDATE}", o."{ROW}"
        from {old} o left join {new} n on n."{ROW}" = o."{ROW}" where n.ETAG is distinct from o.ETAG
        union all
        select {_listed("n")}, 'INSERT', o."{ROW}" is not null, n."{ROW}"
        from {new} n left join {old} o on o."{ROW}" = n."{ROW}" where n.ETAG is distinct from o.ETAG'''
    found = connection.sql(sql).to_arrow_table()
    connection.unregister(_DIRECTORY)
    return found


def _listed(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _NAMES)


def advance(connection: Any, stream: Entry, read: Any) -> None:
    """Move the offset behind what was read."""
    changes.replace_read(connection, snapshot(stream.id, stream.get("source")), _NAMES, read)
    changes.move(connection, stream.id)
