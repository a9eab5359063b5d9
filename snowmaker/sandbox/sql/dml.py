"""Binds DML: values are cast to the types of the columns they go to, and checked against their lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import result, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, columns_of, default_sql, written
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.policies import refuse_reading
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder, Work
from snowmaker.sandbox.sql.bound import Bound, Unbound, quoted
from snowmaker.sandbox.sql.coercion import cast
from snowmaker.sandbox.sql.dml_reader import Statement
from snowmaker.sandbox.sql.nodes import Node, Word
from snowmaker.sandbox.sql.relations import Bound as Source
from snowmaker.sandbox.sql.relations import Relation, bind_source, physical_table, table_name
from snowmaker.sandbox.sql.scope import Column, Scope, invalid
from snowmaker.sandbox.sql.selects import bind_query
from snowmaker.sandbox.sqlerror import SqlError

_DUPLICATE = SqlError(100090, "42P18", "Duplicate row detected during DML action")


@dataclass(frozen=True)
class Step:
    """One statement of DuckDB; `counts` says that its count is the result's, `check` that any row refuses it.

    `clears` empties a table before INSERT OVERWRITE; `measures` is a query of the counts themselves; `query` what is
    behind the `sql` of an INSERT.
    """

    sql: str
    counts: bool = True
    measures: bool = False
    query: str = ""
    clears: bool = False
    check: SqlError | None = None


@dataclass(frozen=True)
class Bounded:
    """A DML statement in DuckDB's words. `actions` are the counts it gives, `targets` what it changes."""

    steps: tuple[Step, ...]
    targets: tuple[Entry, ...]
    actions: tuple[str, ...]
    work: Work


def bind_dml(context: Context, text: str, statement: Statement) -> Bounded:
    """Raises SqlError for what Snowflake refuses, Unbound for what is not known here."""
    work = Work(context)
    binder = Binder(work, Scope(text), text)
    match statement:
        case nodes.Insert():
            return _insert(binder, statement)
        case nodes.MultiInsert():
            return _multi_insert(binder, statement)
        case nodes.Update():
            return _update(binder, statement)
        case nodes.Delete():
            return _delete(binder, statement)
        case nodes.Merge():
            return _merge(binder, statement)


def target(binder: Binder, table: nodes.Table, *privileges: str) -> Entry:
    """The table to change, on which each of the privileges must be there."""
    name = table_name(binder, table)
    entry = binder.context.relation(name)
    for privilege in privileges:
        binder.context.require(entry, privilege)
    if entry.kind != "TABLE":
        word = "a view" if entry.kind == "VIEW" else f"a {entry.kind.lower()}"
        raise SqlError(2104, "42601", f"SQL compilation error:\nObject '{name[-1]}' is {word} and cannot be changed.")
    return entry


def _column(binder: Binder, entry: Entry, word: Word) -> TableColumn:
    for each in columns_of(entry):
        if each.name == word.name:
            if each.expression:
                raise SqlError(
                    2105, "42601", f"SQL compilation error:\nVirtual column '{each.name}' cannot be changed."
                )
            return each
    raise invalid(binder.text, word.at, word.name)


def assignment(bound: Bound, column: TableColumn) -> str:
    """A value on its way into a column. Raises SqlError 002023."""
    try:
        sql = cast(bound, column.type).sql
        # columns hold microseconds, to which DuckDB would round nanoseconds
        return f"sf_cut({sql}, 1)" if column.type.wire == "TIMESTAMP_NTZ" else sql
    except SqlError as error:
        if error.code != 1065:
            raise
        raise SqlError(
            2023, "22000", "SQL compilation error:\nExpression type does not match column data type, expecting "
            f"{column.type} but got {bound.type} for column {column.name}",
        ) from None  # fmt: skip


def _value(binder: Binder, node: Node, column: TableColumn) -> str:
    if isinstance(node, nodes.Default):
        if column.sequence:
            return f"nextval('{column.sequence}')"
        return "NULL" if column.default is None else default_sql(binder.context, column)
    return assignment(binder.bind(node), column)


# -- INSERT ------------------------------------------------------------------------------------------------


def _insert(binder: Binder, node: nodes.Insert) -> Bounded:
    privileges = ("INSERT", "DELETE") if node.overwrite else ("INSERT",)
    entry = target(binder, node.into.table, *privileges)
    columns = _named(binder, entry, node.into.columns)
    query = node.query
    if isinstance(query.body, nodes.Values) and query == nodes.Query(query.at, query.body):
        source = _rows(binder, query.body, columns)
    else:
        source = _selected(binder, bind_query(binder, query), columns)
    steps = [Step(f"DELETE FROM {quoted(entry.physical)}", counts=False, clears=True)] if node.overwrite else []
    steps.append(Step(f"INSERT INTO {quoted(entry.physical)} ({_listed(columns)})", query=source))
    return Bounded(tuple(steps), (entry,), ("inserted",), binder.work)


def _named(binder: Binder, entry: Entry, words: Sequence[Word]) -> list[TableColumn]:
    if not words:
        return written(columns_of(entry))
    found = [_column(binder, entry, word) for word in words]
    for each in found:
        if found.count(each) > 1:
            raise SqlError(2025, "42601", f"SQL compilation error:\nduplicate column name '{each.name}'")
    return found


def _listed(columns: Sequence[TableColumn]) -> str:
    return ", ".join(quoted(each.physical) for each in columns)


def value_count(wanted: int, got: int) -> SqlError:
    """002057: more or fewer values than columns."""
    return SqlError(
        2057,
        "42601",
        f"SQL compilation error:\nInsert value list does not match column list expecting {wanted} but got {got}",
    )


def _selected(binder: Binder, relation: Relation, columns: Sequence[TableColumn]) -> str:
    if len(relation.columns) != len(columns):
        raise value_count(len(columns), len(relation.columns))
    own = binder.work.alias()
    items = [
        assignment(Bound(f"{own}.{each.sql}", each.type, each.nullable), column)
        for each, column in zip(relation.columns, columns, strict=True)
    ]
    return f"SELECT {', '.join(items)} FROM ({relation.sql}) AS {own}"


def filling(sql: str, given: Sequence[result.Column], columns: Sequence[TableColumn]) -> str:
    """A query whose values go into columns of a new table."""
    if len(given) != len(columns):
        raise value_count(len(columns), len(given))
    sources = [Bound(f"filling.c{i}", each.type, each.nullable) for i, each in enumerate(given, 1)]
    items = ", ".join(assignment(source, column) for source, column in zip(sources, columns, strict=True))
    names = ", ".join(f"c{i}" for i in range(1, len(sources) + 1))
    return f"SELECT {items} FROM ({sql}) AS filling({names})"


def _rows(binder: Binder, values: nodes.Values, columns: Sequence[TableColumn]) -> str:
    for row in values.rows:
        if len(row) != len(columns):
            raise value_count(len(columns), len(row))
    if max((len(each) for each in binder.context.binds), default=1) > 1:
        return _batch(binder, values, columns)
    lines = [
        "(" + ", ".join(_value(binder, node, column) for node, column in zip(row, columns, strict=True)) + ")"
        for row in values.rows
    ]
    return f"VALUES {', '.join(lines)}"


def _batch(binder: Binder, values: nodes.Values, columns: Sequence[TableColumn]) -> str:
    """One row of values for each row of an array binding: https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-example#binding-data"""
    if len(values.rows) != 1:
        raise Unbound("several rows of an array binding")
    own = binder.work.alias()
    relation, kinds = _bindings(binder.context.binds)
    name = binder.work.register(relation)
    for number, kind in enumerate(kinds, 1):
        binder.scope.parameters[f"?{number}"] = Bound(f"{own}.b{number}", kind)
    items = [_value(binder, node, column) for node, column in zip(values.rows[0], columns, strict=True)]
    return f"SELECT {', '.join(items)} FROM {quoted(name)} AS {own}"


def _bindings(binds: Sequence[list[Any]]) -> tuple[Any, list[Any]]:
    """Bound values as an Arrow table, and their types."""
    import pyarrow as pa

    from snowmaker.sandbox.datatypes import DataType
    from snowmaker.sandbox.sql.relations import arrow_type

    arrays, kinds = [], []
    for values in binds:
        try:
            whole = [each for each in values if isinstance(each, int) and not isinstance(each, bool)]
            if whole and max(abs(each) for each in whole) >= 2**63:
                raise pa.ArrowInvalid("more than 64 bits")
            array = pa.array(values)
            kind = arrow_type(array.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            array = pa.array([None if each is None else str(each) for each in values], pa.string())
            kind = DataType("TEXT", length=16777216)
        arrays.append(array)
        kinds.append(kind)
    names = [f"b{i}" for i in range(1, len(arrays) + 1)]
    return pa.Table.from_arrays(arrays, names=names), kinds


def _multi_insert(binder: Binder, node: nodes.MultiInsert) -> Bounded:
    """https://docs.snowflake.com/en/sql-reference/sql/insert-multi-table"""
    relation = bind_query(binder, node.query)
    held = f"multi_{binder.context.query_id.replace('-', '')}"
    steps = [Step(f"CREATE OR REPLACE TEMP TABLE {held} AS {relation.sql}", counts=False)]
    columns = tuple(Column(each.name, each.type, each.nullable, f"s.{each.sql}") for each in relation.columns)
    inner = binder.within(Scope(binder.text, columns, binder.scope))
    targets: list[Entry] = []
    inserts: list[Step] = []
    met: list[str] = []
    for condition, intos in node.branches:
        test = inner.condition(condition).sql if condition is not None else "TRUE"
        tests = [test]
        if node.conditional and (node.first or condition is None) and met:
            tests.append("NOT (" + " OR ".join(f"coalesce({each}, false)" for each in met) + ")")
        if condition is not None:
            met.append(test)
        for into in intos:
            entry = target(binder, into.table, *(("INSERT", "DELETE") if node.overwrite else ("INSERT",)))
            if node.overwrite and entry.id not in {each.id for each in targets}:
                steps.append(Step(f"DELETE FROM {quoted(entry.physical)}", counts=False, clears=True))
            targets.append(entry)
            inserts.append(Step(_branch(inner, entry, into, relation, held, " AND ".join(tests))))
    steps += [*inserts, Step(f"DROP TABLE IF EXISTS temp.main.{held}", counts=False)]
    return Bounded(tuple(steps), tuple(targets), tuple(f"inserted into {each.name}" for each in targets), binder.work)


def _branch(binder: Binder, entry: Entry, into: nodes.Into, relation: Relation, held: str, test: str) -> str:
    columns = _named(binder, entry, into.columns)
    if into.values is None:
        values: list[str] = []
        if len(relation.columns) != len(columns):
            raise value_count(len(columns), len(relation.columns))
        for each, column in zip(relation.columns, columns, strict=True):
            values.append(assignment(Bound(f"s.{each.sql}", each.type, each.nullable), column))
    else:
        if len(into.values) != len(columns):
            raise value_count(len(columns), len(into.values))
        values = [_value(binder, value, column) for value, column in zip(into.values, columns, strict=True)]
    into_ = f"{quoted(entry.physical)} ({_listed(columns)})"
    return f"INSERT INTO {into_} SELECT {', '.join(values)} FROM {held} AS s WHERE {test}"


# -- UPDATE and DELETE -------------------------------------------------------------------------------------


def _source(binder: Binder, entry: Entry, table: nodes.Table) -> Source:
    path = binder.context.catalog.path(entry)
    return physical_table(binder, entry, path, table.alias)


def _around(binder: Binder, own: Source, other: Source | None) -> Binder:
    columns = (*own.columns, *(other.columns if other else ()))
    return binder.within(Scope(binder.text, columns, binder.scope))


def _assignments(binder: Binder, entry: Entry, assignments: Sequence[nodes.Assignment], *, alias: str = "") -> str:
    parts: list[str] = []
    seen: set[str] = set()
    for each in assignments:
        column = _column(binder, entry, each.column.parts[-1])
        if column.name in seen:
            raise SqlError(2025, "42601", f"SQL compilation error:\nduplicate column name '{column.name}'")
        seen.add(column.name)
        parts.append(f"{quoted(column.physical)} = {_value(binder, each.value, column)}")
    return ", ".join(parts)


def _update(binder: Binder, node: nodes.Update) -> Bounded:
    entry = target(binder, node.table, "UPDATE")
    refuse_reading(binder.context, entry)
    own = _source(binder, entry, node.table)
    other = bind_source(binder, node.source) if node.source is not None else None
    inner = _around(binder, own, other)
    changed = _assignments(inner, entry, node.assignments)
    where = f" WHERE {inner.condition(node.where).sql}" if node.where is not None else ""
    if other is None:
        return Bounded((Step(f"UPDATE {own.sql} SET {changed}{where}"),), (entry,), ("updated",), binder.work)
    alias = own.sql.rsplit(" AS ", 1)[1]
    joined = f"SELECT count(*) AS n FROM {own.sql} CROSS JOIN {other.sql}{where} GROUP BY {alias}.rowid"
    steps = (
        Step(f"SELECT count(*), count_if(n > 1) FROM ({joined})", counts=False, measures=True),
        *_ambiguous(binder, joined),
        Step(f"UPDATE {own.sql} SET {changed} FROM {other.sql}{where}", counts=False),
    )
    return Bounded(steps, (entry,), ("updated",), binder.work)


def _ambiguous(binder: Binder, joined: str) -> list[Step]:
    """https://docs.snowflake.com/en/sql-reference/parameters#error-on-nondeterministic-update"""
    if not binder.context.session.parameter("ERROR_ON_NONDETERMINISTIC_UPDATE"):
        return []
    return [Step(f"SELECT 1 FROM ({joined}) WHERE n > 1 LIMIT 1", counts=False, check=_DUPLICATE)]


def _delete(binder: Binder, node: nodes.Delete) -> Bounded:
    entry = target(binder, node.table, "DELETE")
    refuse_reading(binder.context, entry)
    own = _source(binder, entry, node.table)
    other = bind_source(binder, node.source) if node.source is not None else None
    inner = _around(binder, own, other)
    where = f" WHERE {inner.condition(node.where).sql}" if node.where is not None else ""
    using = f" USING {other.sql}" if other else ""
    return Bounded((Step(f"DELETE FROM {own.sql}{using}{where}"),), (entry,), ("deleted",), binder.work)


# -- MERGE -------------------------------------------------------------------------------------------------

_PRIVILEGES = {"INSERT": "inserted", "UPDATE": "updated", "DELETE": "deleted"}


def _merge(binder: Binder, node: nodes.Merge) -> Bounded:
    """https://docs.snowflake.com/en/sql-reference/sql/merge"""
    actions = [word for word in _PRIVILEGES if any(clause.action == word for clause in node.clauses)]
    entry = target(binder, node.table, *actions)
    refuse_reading(binder.context, entry)
    own, other = _source(binder, entry, node.table), bind_source(binder, node.source)
    if other.sql.count(" JOIN "):
        raise Unbound("MERGE USING a join")
    inner = _around(binder, own, other)
    outside = binder.within(Scope(binder.text, other.columns, binder.scope))
    on = inner.condition(node.condition).sql
    clauses = [_clause(inner if each.matched else outside, entry, own, other, each) for each in node.clauses]
    steps: list[Step] = []
    if binder.context.session.parameter("ERROR_ON_NONDETERMINISTIC_MERGE"):
        steps += _duplicates(inner, node, own, other, on)
    sql = f"MERGE INTO {own.sql} USING {other.sql} ON {on} {' '.join(clauses)} RETURNING merge_action"
    steps.append(Step(sql))
    return Bounded(tuple(steps), (entry,), tuple(_PRIVILEGES[each] for each in actions), binder.work)


def _clause(binder: Binder, entry: Entry, own: Source, other: Source, clause: nodes.MergeClause) -> str:
    test = f" AND {binder.condition(clause.condition).sql}" if clause.condition is not None else ""
    if clause.action == "DELETE":
        return f"WHEN MATCHED{test} THEN DELETE"
    columns = written(columns_of(entry))
    if clause.by_name:
        pairs = _by_name(entry, other)
    elif clause.action == "UPDATE":
        return f"WHEN MATCHED{test} THEN UPDATE SET {_assignments(binder, entry, clause.assignments)}"
    else:
        columns = _named(binder, entry, clause.columns)
        if len(columns) != len(clause.values):
            raise value_count(len(columns), len(clause.values))
        pairs = [(column, _value(binder, value, column)) for column, value in zip(columns, clause.values, strict=True)]
    if clause.action == "UPDATE":
        listed = ", ".join(f"{quoted(column.physical)} = {value}" for column, value in pairs)
        return f"WHEN MATCHED{test} THEN UPDATE SET {listed}"
    names, values = _listed([column for column, _ in pairs]), ", ".join(value for _, value in pairs)
    return f"WHEN NOT MATCHED{test} THEN INSERT ({names}) VALUES ({values})"


def _by_name(entry: Entry, other: Source) -> list[tuple[TableColumn, str]]:
    """ALL BY NAME: both sides have the same columns."""
    given = {each.name: each for each in other.columns}
    columns = written(columns_of(entry))
    if set(given) != {each.name for each in columns}:
        raise sqlerror.malformed("ALL BY NAME: the columns of the source are not those of the target")
    return [(each, assignment(given[each.name].bound(), each)) for each in columns]


def _duplicates(inner: Binder, node: nodes.Merge, own: Source, other: Source, on: str) -> list[Step]:
    """Refuse a row that several rows of the source would change.

    https://docs.snowflake.com/en/sql-reference/sql/merge#duplicate-join-behavior
    """
    tests = [
        inner.condition(each.condition).sql if each.condition is not None else "TRUE"
        for each in node.clauses
        if each.matched
    ]
    if not tests:
        return []
    alias = own.sql.rsplit(" AS ", 1)[1]
    sql = (
        f"SELECT 1 FROM {own.sql} JOIN {other.sql} ON {on} WHERE {' OR '.join(tests)} "
        f"GROUP BY {alias}.rowid HAVING count(*) > 1 LIMIT 1"
    )
    return [Step(sql, counts=False, check=_DUPLICATE)]
