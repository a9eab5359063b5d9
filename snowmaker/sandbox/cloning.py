"""CREATE … CLONE of databases and schemas, with all that is in them.

https://docs.snowflake.com/en/sql-reference/sql/create-clone
https://docs.snowflake.com/en/user-guide/object-clone

What is inside keeps its grants and its owner; the clone itself is the maker's. Where an object refers to another
that is cloned along, its copy refers to the copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import changes, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of, make_table, with_columns, written
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.kinds import Kind, Recipe, created, exists, find, new, read_clauses, vacant, where, with_options
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.sql.bound import quoted

# https://docs.snowflake.com/en/user-guide/object-clone: external tables stay behind; the others have data of their own
_LEFT_OUT = frozenset(("EXTERNAL TABLE",))
_REFUSED = frozenset(("DYNAMIC TABLE", "EVENT TABLE", "HYBRID TABLE", "MATERIALIZED VIEW"))


@dataclass
class Cloning:
    """A cloning under way. `left_out` are kinds that stay behind; `copies` are the new ids by the old ones."""

    context: Context
    ddl: Ddl
    stages: bool
    left_out: frozenset[str]
    copies: dict[int, int] = field(default_factory=dict)
    made: list[tuple[Entry, Entry]] = field(default_factory=list)


Cloner = Callable[[Cloning, Entry, Entry], Entry | None]


@dataclass(frozen=True)
class Source:
    """What is cloned; `stages` says that internal stages are cloned too, `left_out` the kinds that are not."""

    entry: Entry
    stages: bool
    left_out: frozenset[str]


def read_source(context: Context, parser: Parser, kind: Kind) -> Source:
    """The database or schema behind CLONE, on which USAGE is wanted. Raises 002003, 003001."""
    entry = find(context, kind, parser.name(1 if kind.level == "ACCOUNT" else 2), "USAGE")
    if parser.at("AT") or parser.at("BEFORE"):
        raise sqlerror.unsupported("CLONE … AT | BEFORE (time travel)")
    parser.accept("IGNORE", "TABLES", "WITH", "INSUFFICIENT", "DATA", "RETENTION")
    ignored = ("HYBRID TABLE",) if parser.accept("IGNORE", "HYBRID", "TABLES") else ()
    return Source(entry, parser.accept("INCLUDE", "INTERNAL", "STAGES"), _LEFT_OUT.union(ignored))


def clone_container(
    context: Context, parser: Parser, recipe: Recipe, source: Source, name: Name, optional: bool
) -> tuple[Entry | None, Result]:
    """Make the copy of a database or schema, whose own properties come next."""
    kind = recipe.kind
    values = read_clauses(context, parser, recipe)
    parser.end()
    with context.ddl() as ddl:
        if not vacant(context, ddl, kind, name, optional=optional):
            return None, exists(name[-1])
        parent, own = where(context, kind, name)
        properties = {key: value for key, value in source.entry.properties.items() if key != "kept_days"}
        fresh = new(context, kind.name, parent, own, comment=source.entry.comment, properties=properties)
        values |= dict.fromkeys(context.modifiers & {"TRANSIENT"}, True)
        entry = ddl.put(recipe.finished(context, with_options(fresh, values)))
        cloning = Cloning(context, ddl, source.stages, source.left_out, {source.entry.id: entry.id})
        _future_grants(cloning, source.entry, entry)
        _children(cloning, source.entry, entry)
        _link(cloning)
    return entry, created(kind.name, own)


def _children(cloning: Cloning, source: Entry, target: Entry) -> None:
    """Tables come first: streams and others begin with them."""
    children = cloning.context.catalog.children(source.id)
    for child in sorted(children, key=lambda each: (_ORDER.get(each.kind, 1), each.id)):
        kind = "HYBRID TABLE" if child.get("hybrid") else child.kind
        if kind in cloning.left_out:
            continue
        if kind in _REFUSED:
            raise sqlerror.unsupported(f"CLONE of a {source.kind.lower()} with a {kind.lower()} in it")
        made = _child(cloning, child, target)
        if made is not None and child.kind == "SCHEMA":
            _children(cloning, child, made)


_ORDER = {"DATABASE ROLE": 0, "TAG": 0, "SEQUENCE": 0, "TABLE": 1, "VIEW": 2, "STREAM": 3, "TASK": 4, "SCHEMA": 5}


def _child(cloning: Cloning, source: Entry, target: Entry) -> Entry | None:
    context = cloning.context
    properties = dict(source.properties)
    fresh = replace(
        source, id=context.catalog.new_id(), parent=target.id, created_on=datetime.now(UTC), properties=properties
    )
    made = CLONERS.get(source.kind, _as_it_is)(cloning, source, fresh)
    if made is None:
        return None
    cloning.copies[source.id] = made.id
    cloning.made.append((source, made))
    cloning.ddl.keep(made)
    for grant in context.catalog.grants.on(source.id):
        cloning.ddl.grant(replace(grant, on=made.id, grantee=cloning.copies.get(grant.grantee, grant.grantee)))
    _future_grants(cloning, source, made)
    return made


def _future_grants(cloning: Cloning, source: Entry, target: Entry) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#future-grants-on-database-or-schema-objects"""
    for grant in cloning.context.catalog.grants.future(source.id):
        cloning.ddl.grant(replace(grant, on=target.id))


# -- what a kind needs ---------------------------------------------------------------------------------


def _as_it_is(cloning: Cloning, source: Entry, fresh: Entry) -> Entry:
    return fresh


def _table(cloning: Cloning, source: Entry, fresh: Entry) -> Entry:
    return copied_table(cloning.context, cloning.ddl, source, fresh, cloning.copies)


def copied_table(
    context: Context, ddl: Ddl, source: Entry, fresh: Entry, copies: Mapping[int, int] | None = None
) -> Entry:
    """A table with the rows of another; identity columns go on where those of the source are."""
    known = copies or {}
    columns = [replace(each, sequence_id=known.get(each.sequence_id, each.sequence_id)) for each in columns_of(source)]
    starts = {each.name: next_value(ddl, each.sequence) for each in columns if each.sequence}
    bare = with_columns(fresh, [replace(each, sequence="") for each in columns])
    made = make_table(context, ddl, bare, temporary=bool(fresh.get("temporary")), starts=starts)
    names = ", ".join(quoted(each.physical) for each in written(columns))
    ddl.run(f"insert into {quoted(made.physical)} ({names}) select {names} from {quoted(source.physical)}")
    return made


def next_value(ddl: Ddl, sequence: str) -> int:
    """What a sequence of DuckDB gives next."""
    sql = "select coalesce(last_value + increment_by, start_value) from duckdb_sequences() where sequence_name = ?"
    return int(ddl.run(sql, [sequence])[0][0])


def _sequence(cloning: Cloning, source: Entry, fresh: Entry) -> Entry:
    start, step = next_value(cloning.ddl, source.physical), source.get("increment", 1)
    cloning.ddl.run(
        f"create sequence {quoted(fresh.physical)} increment by {step} "
        f"minvalue -9223372036854775808 maxvalue 9223372036854775807 start with {start}"
    )
    return fresh


def _stage(cloning: Cloning, source: Entry, fresh: Entry) -> Entry | None:
    """Internal stages stay behind: https://docs.snowflake.com/en/user-guide/object-clone#cloning-and-stages"""
    if source.get("url"):
        return fresh
    if cloning.stages:
        raise sqlerror.unsupported("CLONE … INCLUDE INTERNAL STAGES")
    return None


def _task(cloning: Cloning, source: Entry, fresh: Entry) -> Entry:
    """https://docs.snowflake.com/en/user-guide/object-clone#cloning-and-tasks: suspended."""
    return replace(fresh, properties={**fresh.properties, "state": "suspended"})


def _pipe(cloning: Cloning, source: Entry, fresh: Entry) -> Entry | None:
    """Pipes on internal stages stay behind: https://docs.snowflake.com/en/user-guide/object-clone#cloning-and-pipes"""
    from snowmaker.sandbox.statements.pipe import planned

    try:
        external = planned(cloning.context, source).place.external
    except sqlerror.SqlError:
        return None
    return fresh if external else None


def _stream(cloning: Cloning, source: Entry, fresh: Entry) -> Entry | None:
    """Its unread changes stay behind: https://docs.snowflake.com/en/user-guide/object-clone#cloning-and-streams"""
    if source.get("source_type") != "Table":
        raise sqlerror.unsupported(f"CLONE of a schema with a stream on a {source.get('source_type')}")
    table = cloning.copies.get(source.get("source"), source.get("source"))
    appends = source.get("mode") == "APPEND_ONLY"
    connection = cloning.context.session.connection
    changes.begin(connection, fresh.id, table, appends=appends, initial=False)
    return fresh


CLONERS: dict[str, Cloner] = {
    "TABLE": _table,
    "SEQUENCE": _sequence,
    "STAGE": _stage,
    "TASK": _task,
    "PIPE": _pipe,
    "STREAM": _stream,
}


# -- references ----------------------------------------------------------------------------------------

_IDS = ("source", "tables", "predecessors", "finalize", "stage", "table", "format", "root")


def _link(cloning: Cloning) -> None:
    """Let what was copied refer to what was copied with it."""
    for _, made in cloning.made:
        properties = {key: _linked(cloning.copies, key, value) for key, value in made.properties.items()}
        if properties != made.properties:
            cloning.ddl.keep(replace(made, properties=properties))


def _linked(copies: Mapping[int, int], key: str, value: Any) -> Any:
    if key == "tags":
        return {str(copies.get(int(id_), int(id_))): text for id_, text in value.items()}
    if key == "columns":
        return [{**one, "tags": _linked(copies, "tags", one.get("tags", {}))} for one in value]
    if key in ("policies", "constraints"):
        return [{name: _id(copies, name, each) for name, each in one.items()} for one in value]
    if key in _IDS and isinstance(value, int) and not isinstance(value, bool):
        return copies.get(value, value)
    if key in _IDS and isinstance(value, list):
        return [copies.get(each, each) if isinstance(each, int) else each for each in value]
    return value


def _id(copies: Mapping[int, int], name: str, value: Any) -> Any:
    return copies.get(value, value) if name in ("policy", "table") and isinstance(value, int) else value
