"""The declared types of a query's columns, where they are plain columns of tables and views.

DuckDB tells what it computed; that TIMESTAMP_TZ was declared, or VARCHAR(10), only the catalog knows.
"""

from __future__ import annotations

from sqlglot import exp

from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.sqlerror import SqlError

Columns = dict[str, DataType]


def declared(context: Context, expression: exp.Expr) -> tuple[DataType | None, ...]:
    """One type for each result column, None where it is not known; nothing where their number is not."""
    if not isinstance(expression, exp.Select):
        return ()
    sources = _sources(context, expression)
    found: list[DataType | None] = []
    for projection in expression.expressions:
        inner = projection.this if isinstance(projection, exp.Alias) else projection
        if projection.is_star:
            columns = _star(projection, sources)
            if columns is None:
                return ()
            found += columns
        else:
            found.append(_column(inner, sources) if isinstance(inner, exp.Column) else None)
    return tuple(found)


def _sources(context: Context, select: exp.Select) -> dict[str, Columns | None]:
    """The columns of each source by its alias, None where they are not known."""
    from_ = select.args.get("from_")
    joins = [join.this for join in select.args.get("joins") or []]
    ctes = {cte.alias.upper() for cte in (select.args["with_"].expressions if select.args.get("with_") else ())}
    found: dict[str, Columns | None] = {}
    for source in [*([from_.this] if from_ else []), *joins]:
        known = None
        if isinstance(source, exp.Table) and source.name.upper() not in ctes:
            known = _table(context, source)
        found[_written(source.args.get("alias")) or _written(source) or str(len(found))] = known
    return found


def _table(context: Context, table: exp.Table) -> Columns | None:
    parts = [table.args.get(key) for key in ("catalog", "db", "this")]
    name = tuple(_plain(part) for part in parts if isinstance(part, exp.Identifier))
    try:
        entry = context.relation(name) if name else None
    except SqlError:
        return None
    return None if entry is None else {column.name: column.type for column in columns_of(entry)}


def _star(projection: exp.Expr, sources: dict[str, Columns | None]) -> list[DataType | None] | None:
    star = projection.this if isinstance(projection, exp.Column) else projection
    if any(star.args.get(key) for key in ("except_", "replace", "rename", "ilike")):
        return None
    wanted = [_plain(projection.args["table"])] if isinstance(projection, exp.Column) else list(sources)
    found: list[DataType | None] = []
    for name in wanted:
        columns = sources.get(name)
        if columns is None:
            return None
        found += columns.values()
    return found


def _column(column: exp.Column, sources: dict[str, Columns | None]) -> DataType | None:
    if not isinstance(column.this, exp.Identifier):
        return None
    name = _plain(column.this)
    table = column.args.get("table")
    for alias, columns in sources.items():
        if columns is not None and name in columns and (table is None or _plain(table) == alias):
            return columns[name]
    return None


def _written(node: exp.Expr | None) -> str:
    inner = node.this if node is not None else None
    return _plain(inner) if isinstance(inner, exp.Identifier) else ""


def _plain(identifier: exp.Identifier) -> str:
    return identifier.name if identifier.quoted else identifier.name.upper()
