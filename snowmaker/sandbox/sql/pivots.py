"""PIVOT and UNPIVOT: https://docs.snowflake.com/en/sql-reference/constructs/pivot"""

from __future__ import annotations

from dataclasses import replace

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import TEXT, DataType
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder, compared
from snowmaker.sandbox.sql.bound import Bound, text_sql
from snowmaker.sandbox.sql.coercion import common, physical
from snowmaker.sandbox.sql.relations import Bound as Source
from snowmaker.sandbox.sql.relations import Output, Relation, bind_source, named
from snowmaker.sandbox.sql.scope import Column, Scope, invalid
from snowmaker.sandbox.sql.selects import title


def bind_pivot(binder: Binder, pivot: nodes.Pivot) -> Source:
    """Each value of the column becomes a column; what is left over groups the rows."""
    if pivot.every or pivot.query is not None:
        raise sqlerror.unsupported("PIVOT … IN (ANY | a subquery), whose columns the data decide")
    source = bind_source(binder, pivot.inner)
    inner = binder.within(Scope(binder.text, source.columns, binder.scope))
    turned = _column(inner, source, pivot.column)
    used = {turned.sql}
    for call, _ in pivot.aggregates:
        for argument in call.arguments:
            used |= {each.sql for each in source.columns if each.sql in inner.bind(argument).sql}
    kept = [each for each in source.columns if each.sql not in used and not each.hidden]
    columns = [Output(each.name, each.type, each.nullable, f"c{i}") for i, each in enumerate(kept, 1)]
    items = [f"{each.sql} AS c{i}" for i, each in enumerate(kept, 1)]
    for node, alias in pivot.values:
        for call, label in pivot.aggregates:
            value = inner.bind(node)
            found = _aggregated(inner, source, turned, value, call)
            if pivot.default is not None:
                default = physical(inner.bind(pivot.default), found.type)
                found = replace(found, sql=f"coalesce({found.sql}, {default.sql})")
            name = alias.name if alias else _shown(binder, node, value)
            if label is not None or len(pivot.aggregates) > 1:
                name = f"{name}_{label.name if label else call.function}"
            items.append(f"{found.sql} AS c{len(items) + 1}")
            columns.append(Output(name, found.type, True, f"c{len(items)}"))
    group = f" GROUP BY {', '.join(each.sql for each in kept)}" if kept else ""
    sql = f"SELECT {', '.join(items)} FROM {source.sql}{group}"
    return named(binder, Relation(sql, tuple(columns)), (), pivot.alias)


def _shown(binder: Binder, node: nodes.Node, value: Bound) -> str:
    """A column is called by its value as written: `'JAN'` with its quotes."""
    if isinstance(value.value, str):
        return f"'{value.value}'"
    return title(str(value.value)) if value.constant else "?"


def _aggregated(inner: Binder, source: Source, turned: Column, value: Bound, call: nodes.Call) -> Bound:
    """The aggregate over the rows that have the value: other rows' arguments are NULL."""
    test = compared("=", turned.bound(), value, sqlerror.malformed).sql
    columns = [replace(each, sql=f"CASE WHEN {test} THEN {each.sql} END", nullable=True) for each in source.columns]
    scope = Scope(inner.text, columns, inner.scope.outer)
    return inner.within(scope).bind(call)


def _column(binder: Binder, source: Source, name: nodes.Name) -> Column:
    for each in source.columns:
        if each.name == name.parts[-1].name and not each.hidden:
            return each
    raise invalid(binder.text, name.at, name.parts[-1].name)


def bind_unpivot(binder: Binder, unpivot: nodes.Unpivot) -> Source:
    """Each of the columns becomes a row: https://docs.snowflake.com/en/sql-reference/constructs/unpivot"""
    source = bind_source(binder, unpivot.inner)
    turned = [(_column(binder, source, name), label) for name, label in unpivot.columns]
    gone = {each.sql for each, _ in turned}
    kept = [each for each in source.columns if each.sql not in gone and not each.hidden]
    kind = _shared(turned)
    items = [f"{each.sql} AS c{i}" for i, each in enumerate(kept, 1)]
    width = len(kept)
    rows = ", ".join(
        f"{{'n': {text_sql(_label(column, label))}, 'v': {physical(column.bound(), kind).sql}}}"
        for column, label in turned
    )
    own = binder.work.alias()
    inner = f"SELECT {', '.join([*items, f'unnest([{rows}]) AS u'])} FROM {source.sql}"
    listed = [f"c{i}" for i in range(1, width + 1)]
    where = "" if unpivot.include_nulls else f" WHERE {own}.u.v IS NOT NULL"
    listed += [f"{own}.u.n AS c{width + 1}", f"{own}.u.v AS c{width + 2}"]
    sql = f"SELECT {', '.join(listed)} FROM ({inner}) AS {own}{where}"
    columns = [Output(each.name, each.type, each.nullable, f"c{i}") for i, each in enumerate(kept, 1)]
    columns.append(Output(unpivot.column.name, TEXT, False, f"c{width + 1}"))
    columns.append(Output(unpivot.value.name, kind, True, f"c{width + 2}"))
    return named(binder, Relation(sql, tuple(columns)), (), unpivot.alias)


def _label(column: Column, label: nodes.Word | str | None) -> str:
    if label is None:
        return column.name
    return label if isinstance(label, str) else label.name


def _shared(turned: list[tuple[Column, nodes.Word | str | None]]) -> DataType:
    return common([column.bound() for column, _ in turned])
