"""Binds what stands in FROM: tables, views, subqueries, functions, joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import information_schema, sqlerror, streams
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.datatypes import TEXT, DataType
from snowmaker.sandbox.policies import refuse_reading
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import Unbound, quoted
from snowmaker.sandbox.sql.coercion import FIXED, REAL, TIMESTAMP_LTZ, TIMESTAMP_NTZ, material
from snowmaker.sandbox.sql.query_reader import read_query
from snowmaker.sandbox.sql.scope import Column, Scope
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    from snowmaker.sandbox.context import Context


@dataclass(frozen=True)
class Output:
    """A column that a query gives: `sql` is what DuckDB calls it."""

    name: str
    type: DataType
    nullable: bool
    sql: str


@dataclass(frozen=True)
class Relation:
    """A bound query: its text, and its columns."""

    sql: str
    columns: tuple[Output, ...]


@dataclass(frozen=True)
class Bound:
    """A bound source: what FROM says in DuckDB, and the columns it offers."""

    sql: str
    columns: tuple[Column, ...]
    row: str = ""  # what numbers its rows


def bind_source(binder: Binder, source: nodes.Source, before: Sequence[Column] = ()) -> Bound:
    """`before` are the columns that a lateral source sees."""
    match source:
        case nodes.Table():
            return _table(binder, source)
        case nodes.Derived():
            return _derived(binder, source, before)
        case nodes.Join():
            return _join(binder, source, before)
        case nodes.FunctionTable():
            from snowmaker.sandbox.sql.functions.tables import bind_table_function

            return bind_table_function(binder, source, before)
        case nodes.Pivot() | nodes.Unpivot():
            from snowmaker.sandbox.sql.pivots import bind_pivot, bind_unpivot

            return bind_pivot(binder, source) if isinstance(source, nodes.Pivot) else bind_unpivot(binder, source)
    raise Unbound(type(source).__name__)


def named(
    binder: Binder, relation: Relation, path: tuple[str, ...], alias: nodes.Alias | None, word: str = ""
) -> Bound:
    """A query as a source: `word` is LATERAL where it is one."""
    own = binder.work.alias()
    path = (alias.name.name,) if alias else path
    names = [column.name for column in relation.columns]
    if alias and alias.columns:
        if len(alias.columns) > len(names):
            raise SqlError(2057, "42601", "SQL compilation error:\nMore column aliases than columns")
        names[: len(alias.columns)] = [each.name for each in alias.columns]
    columns = tuple(
        Column(name, each.type, each.nullable, f"{own}.{each.sql}", path)
        for name, each in zip(names, relation.columns, strict=True)
    )
    return Bound(f"{word}({relation.sql}) AS {own}", columns)


# -- tables and views ------------------------------------------------------------------------------------


def _table(binder: Binder, table: nodes.Table) -> Bound:
    if table.travel:
        raise sqlerror.unsupported("time travel (AT, BEFORE)" if table.travel != "CHANGES" else "CHANGES")
    name = table_name(binder, table)
    if len(name) == 1 and (cte := find_cte(binder, name[0])) is not None:
        return sampled(binder, named(binder, cte, name, table.alias), table.sample)
    if len(name) == 1 and name[0] == "DUAL":
        return named(binder, Relation("SELECT 1 AS c1", (Output("DUMMY", FIXED, False, "c1"),)), name, table.alias)
    if (found := information_schema.relation(binder.context, name)) is not None:
        return _foreign(binder, found, name, table.alias)
    entry = binder.context.relation(name, "SELECT")
    refuse_reading(binder.context, entry)
    binder.work.reads_tables = True
    path = binder.context.catalog.path(entry)
    match entry.kind:
        case "TABLE":
            source = physical_table(binder, entry, path, table.alias)
        case "VIEW" | "MATERIALIZED VIEW" | "DYNAMIC TABLE" if not entry.get("suspended"):
            source = named(binder, view_relation(binder, entry), path, table.alias)
        case "STREAM":
            source = named(binder, stream_relation(binder, entry), path, table.alias)
        case _:
            raise Unbound(f"reading a {entry.kind}")
    return sampled(binder, source, table.sample)


def table_name(binder: Binder, table: nodes.Table) -> tuple[str, ...]:
    """The parts of a table's name; IDENTIFIER(…) is read."""
    if table.literal is None:
        return tuple(part.name for part in table.name)
    found = binder.bind(table.literal)
    if not isinstance(found.value, str):
        raise sqlerror.malformed("IDENTIFIER(…) wants a constant text")
    parser = binder.context.parser(found.value)
    name = parser.name()
    parser.end()
    return name


def physical_table(
    binder: Binder, entry: Entry, path: tuple[str, ...], alias: nodes.Alias | None, own: str = ""
) -> Bound:
    """A table of the data plane, its columns under their stored names."""
    own = own or binder.work.alias()
    path = (alias.name.name,) if alias else path
    columns = columns_of(entry)
    names = [column.name for column in columns]
    if alias and alias.columns:
        names[: len(alias.columns)] = [each.name for each in alias.columns]
    offered = tuple(
        Column(name, column.type, column.nullable, f"{own}.{quoted(column.physical)}", path)
        for name, column in zip(names, columns, strict=True)
    )
    return Bound(f"{quoted(entry.physical)} AS {own}", offered, f"{own}.rowid")


def view_relation(binder: Binder, view: Entry) -> Relation:
    """A view is its query, bound where it was made, as its owner."""
    from snowmaker.sandbox.query import at_home
    from snowmaker.sandbox.sql.selects import bind_query

    context = binder.context
    if view.id in context.expanding:
        raise sqlerror.malformed(f"View '{view.name}' refers to itself.")
    inner = replace(context.as_owner(view), binds=(), expanding=(*context.expanding, view.id))
    text = view.get("query")
    try:
        with at_home(inner, view), borrowed(binder, inner) as work:
            found = bind_query(Binder(work, Scope(text), text), read_query(text))
    except SqlError as error:
        raise sqlerror.in_view(view.name, error) from None
    wanted = view.get("columns")
    if len(wanted) != len(found.columns):
        raise SqlError(
            2057, "42601", f"SQL compilation error:\nView definition for '{context.path(view)}' declared {len(wanted)} "
            f"column(s), but view query produces {len(found.columns)} column(s).",
        )  # fmt: skip
    columns = tuple(replace(each, name=given["name"]) for each, given in zip(found.columns, wanted, strict=True))
    return Relation(found.sql, columns)


def stream_relation(binder: Binder, stream: Entry) -> Relation:
    """The changes since a stream's offset, which DML that reads them moves."""
    readings = binder.work.readings
    if stream.id not in readings:
        readings[stream.id] = streams.read(binder.context, stream)
    relation = arrow_relation(binder, readings[stream.id].table, [column.type for column in columns_of(stream)])
    casts = ", ".join(f"CAST({each.sql} AS {material(each.type)}) AS {each.sql}" for each in relation.columns)
    return Relation(f"SELECT {casts} FROM ({relation.sql}) AS {binder.work.alias()}", relation.columns)


class borrowed:  # noqa: N801 - reads as a word
    """The same work under another context: what it gathers is gathered for the whole statement."""

    def __init__(self, binder: Binder, context: Context) -> None:
        self._work, self._context = binder.work, context

    def __enter__(self) -> Any:
        self._before = self._work.context
        self._work.context = self._context
        return self._work

    def __exit__(self, *_: object) -> None:
        self._work.context = self._before


def _foreign(binder: Binder, table: Any, name: tuple[str, ...], alias: nodes.Alias | None) -> Bound:
    """An Arrow table that was made for this statement."""
    binder.work.reads_tables = True
    relation = arrow_relation(binder, table)
    return named(binder, relation, name, alias)


def arrow_relation(binder: Binder, table: Any, types: Sequence[DataType] | None = None) -> Relation:
    """An Arrow table as a query."""
    own = binder.work.register(table)
    kinds = types or [arrow_type(field.type) for field in table.schema]
    columns = tuple(
        Output(field.name, kind, True, f"c{i}")
        for i, (field, kind) in enumerate(zip(table.schema, kinds, strict=True), 1)
    )
    names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
    return Relation(f"SELECT * FROM {quoted(own)} AS {own}_({names})", columns)


def arrow_type(stored: Any) -> DataType:
    """The type of a column that Arrow stores as `stored`. Raises Unbound where there is none."""
    import pyarrow as pa

    if pa.types.is_integer(stored):
        return DataType("FIXED", 18, 0)
    if pa.types.is_decimal(stored):
        return DataType("FIXED", stored.precision, stored.scale)
    if pa.types.is_floating(stored):
        return REAL
    if pa.types.is_boolean(stored):
        return DataType("BOOLEAN")
    if pa.types.is_date(stored):
        return DataType("DATE")
    if pa.types.is_timestamp(stored):
        return TIMESTAMP_LTZ if stored.tz else TIMESTAMP_NTZ
    if pa.types.is_string(stored) or pa.types.is_null(stored):
        return TEXT
    raise Unbound(f"Arrow's {stored}")


def find_cte(binder: Binder, name: str) -> Relation | None:
    """A common table expression that can be seen here."""
    scope: Scope | None = binder.scope
    while scope is not None:
        if name in scope.ctes:
            return scope.ctes[name]
        scope = scope.outer
    return None


# -- subqueries and joins --------------------------------------------------------------------------------


def _derived(binder: Binder, source: nodes.Derived, before: Sequence[Column]) -> Bound:
    from snowmaker.sandbox.sql.selects import bind_query

    scope = Scope(binder.text, tuple(before) if source.lateral else (), binder.scope)
    relation = bind_query(binder.within(scope), source.query)
    word = "LATERAL " if source.lateral else ""
    return sampled(binder, named(binder, relation, (), source.alias, word), source.sample)


def _join(binder: Binder, join: nodes.Join, before: Sequence[Column]) -> Bound:
    left = bind_source(binder, join.left, before)
    right = bind_source(binder, join.right, (*before, *left.columns))
    if join.kind == "ASOF":
        return _asof(binder, join, left, right)
    names = [word.name for word in join.using]
    if join.natural:
        offered = {column.name for column in left.columns}
        names = [column.name for column in right.columns if column.name in offered]
    if names:
        return _using(binder, join.kind, names, left, right)
    columns = (*left.columns, *right.columns)
    if join.kind == "CROSS" or (join.kind == "INNER" and join.on is None):
        return Bound(f"{left.sql} CROSS JOIN {right.sql}", columns)
    columns = (
        *_padded(left.columns, join.kind in ("RIGHT", "FULL")),
        *_padded(right.columns, join.kind in ("LEFT", "FULL")),
    )
    inner = binder.within(Scope(binder.text, (*before, *left.columns, *right.columns), binder.scope))
    on = inner.condition(join.on).sql if join.on is not None else "TRUE"
    return Bound(f"{left.sql} {join.kind} JOIN {_grouped(join.right, right)} ON {on}", columns)


def _grouped(source: nodes.Source, bound: Bound) -> str:
    return f"({bound.sql})" if isinstance(source, nodes.Join) else bound.sql


def _padded(columns: Sequence[Column], padded: bool) -> Sequence[Column]:
    """Columns of the side that a join fills with NULL."""
    return [replace(each, nullable=True) for each in columns] if padded else columns


def _using(binder: Binder, kind: str, names: Sequence[str], left: Bound, right: Bound) -> Bound:
    """USING and NATURAL: the columns they name appear once."""
    from snowmaker.sandbox.sql.binder import compared

    tests, merged = [], {}
    for name in names:
        a = next((each for each in left.columns if each.name == name and not each.hidden), None)
        b = next((each for each in right.columns if each.name == name and not each.hidden), None)
        if a is None or b is None:
            raise SqlError(904, "42000", f"SQL compilation error:\ninvalid identifier '{name}'")
        tests.append(compared("=", a.bound(), b.bound(), sqlerror.malformed).sql)
        merged[name] = (a, b)
    on = " AND ".join(tests)
    columns: list[Column] = []
    for each in _padded(left.columns, kind in ("RIGHT", "FULL")):
        if each.name in merged and not each.hidden:
            a, b = merged[each.name]
            sql = {"RIGHT": b.sql, "FULL": f"coalesce({a.sql}, {b.sql})"}.get(kind, a.sql)
            columns.append(replace(each, sql=sql))
        else:
            columns.append(each)
    for each in _padded(right.columns, kind in ("LEFT", "FULL")):
        columns.append(replace(each, hidden=True) if each.name in merged else each)
    return Bound(f"{left.sql} {kind} JOIN {right.sql} ON {on}", tuple(columns))


def _asof(binder: Binder, join: nodes.Join, left: Bound, right: Bound) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/constructs/asof-join"""
    assert join.match is not None
    inner = binder.within(Scope(binder.text, (*left.columns, *right.columns), binder.scope))
    tests = [inner.condition(join.match).sql]
    if join.on is not None:
        tests.insert(0, inner.condition(join.on).sql)
    columns = (*left.columns, *_padded(right.columns, True))
    return Bound(f"{left.sql} ASOF LEFT JOIN {right.sql} ON {' AND '.join(tests)}", columns)


def sampled(binder: Binder, source: Bound, sample: nodes.Sample | None) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/constructs/sample"""
    if sample is None:
        return source
    amount = binder.bind(sample.amount)
    if not amount.constant or isinstance(amount.value, (str, bool)) or amount.value is None:
        raise sqlerror.malformed("SAMPLE wants a constant number")
    unit = "ROWS" if sample.rows else "PERCENT"
    if not sample.rows and not 0 <= amount.value <= 100:
        raise SqlError(2202, "22023", f"SQL compilation error:\nSample size {amount.value} is out of range [0, 100]")
    method = "reservoir" if sample.rows else "system" if sample.kind == "BLOCK" else "bernoulli"
    seed = f" REPEATABLE ({sample.seed})" if sample.seed is not None else ""
    return Bound(f"{source.sql} TABLESAMPLE {method}({amount.value} {unit}){seed}", source.columns)
