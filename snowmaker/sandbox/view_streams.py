"""Streams on views: the view's rows before and after, told apart by the rows of its tables that they are made of.

https://docs.snowflake.com/en/user-guide/streams-intro#streams-on-views: projections, filters, inner and cross
joins and UNION ALL; nothing that makes one row of several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from snowmaker.sandbox import changes
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.changes import ACTION, ROW, snapshot
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.query import Prepared, Resolver, at_home, name_projections, parse, translate
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.streams import appends

_REFUSED = {
    "group": "GROUP BY", "having": "HAVING", "distinct": "DISTINCT", "limit": "LIMIT", "offset": "OFFSET",
    "qualify": "QUALIFY", "laterals": "LATERAL", "connect": "CONNECT BY", "sample": "SAMPLE", "pivots": "PIVOT",
}  # fmt: skip


def _unsupported(what: str) -> SqlError:
    return SqlError(2, "0A000", f"SQL compilation error:\nChange tracking is not supported on queries with {what}.")


def _resolved(context: Context, view: Entry) -> exp.Expr:
    """The view's query on tables of the data plane, as its owner reads it."""
    inner = replace(context.as_owner(view), binds=(), expanding=(*context.expanding, view.id))
    prepared = Prepared("", [])
    with at_home(inner, view):
        body = parse(view.get("query"))
        name_projections(body, view.get("query"))
        found = Resolver(inner, prepared).resolve(body)
    if prepared.readings or prepared.relations:
        raise _unsupported("anything but tables and views")
    return found


def _ids(query: exp.Expr) -> set[int]:
    return {int(table.name[1:]) for table in query.find_all(exp.Table) if table.args.get("resolved")}


def tables(context: Context, view: Entry) -> tuple[Entry, ...]:
    """The tables behind a view. Raises SqlError for a view that no stream can be on."""
    query = _resolved(context, view)
    found = tuple(context.catalog.by_id(id_) for id_ in sorted(_ids(query)))
    if not found:
        raise _unsupported("no table")
    _identify(query, frozenset())
    return found


# -- rows by their origin --------------------------------------------------------------------------------


def _identify(query: exp.Expr, ctes: frozenset[str]) -> None:
    """Give each row of a query the ids of the rows it is made of."""
    if with_ := query.args.get("with_"):
        if with_.args.get("recursive"):
            raise _unsupported("recursive common table expressions")
        for cte in with_.expressions:
            _identify(cte.this, ctes)
            ctes = ctes | {cte.alias}
    if isinstance(query, exp.Subquery):
        _identify(query.this, ctes)
    elif isinstance(query, exp.Union) and query.args.get("distinct") is False:
        for prefix, side in (("l", query.left), ("r", query.right)):
            _identify(side, ctes)
            _prefix(side, prefix)
    elif isinstance(query, exp.Select):
        _identify_select(query, ctes)
    else:
        raise _unsupported("set operators other than UNION ALL")


def _prefix(query: exp.Expr, prefix: str) -> None:
    """Keep the rows of one side of a union from those of the other."""
    select = query.find(exp.Select)
    if isinstance(query, exp.Union) or select is None:
        raise _unsupported("nested UNION ALL")
    last = select.expressions[-1]
    last.replace(_alias(exp.Concat(expressions=[exp.Literal.string(prefix), last.this.copy()], safe=True)))


def _alias(value: exp.Expr) -> exp.Expr:
    return exp.alias_(value, ROW, quoted=True)


def _identify_select(select: exp.Select, ctes: frozenset[str]) -> None:
    for key, name in _REFUSED.items():
        if select.args.get(key):
            raise _unsupported(name)
    for projection in select.expressions:
        if projection.find(exp.AggFunc, exp.Window):
            raise _unsupported("aggregate or window functions")
    clauses = [*select.expressions, *(select.args[key] for key in ("where",) if select.args.get(key))]
    if any(clause.find(exp.Select) for clause in clauses):
        raise _unsupported("subqueries in expressions")
    select.set("order", None)
    sources = _sources(select)
    aliases = [_source(source, ctes) for source in sources]
    for projection in select.expressions:
        if projection.is_star:
            star = projection.this if isinstance(projection, exp.Column) else projection
            star.set("except_", [*(star.args.get("except_") or []), exp.to_identifier(ROW, quoted=True)])
    ids = [exp.column(exp.to_identifier(ROW, quoted=True), table=exp.to_identifier(a, quoted=True)) for a in aliases]
    value: exp.Expr = ids[0] if len(ids) == 1 else exp.ConcatWs(expressions=[exp.Literal.string("_"), *ids])
    select.append("expressions", _alias(value))


def _sources(select: exp.Select) -> list[exp.Expr]:
    from_ = select.args.get("from_")
    if from_ is None:
        raise _unsupported("no table")
    found = [from_.this]
    for join in select.args.get("joins") or []:
        if join.args.get("side") or str(join.args.get("kind") or "INNER").upper() not in ("INNER", "CROSS", ""):
            raise _unsupported("joins other than inner and cross joins")
        found.append(join.this)
    for source in list(found):
        found += [join.this for join in source.args.get("joins") or []]
    return found


def _source(source: exp.Expr, ctes: frozenset[str]) -> str:
    """The alias of a source, whose rows have their ids now."""
    if isinstance(source, exp.Table) and (source.args.get("resolved") or source.name in ctes):
        return str(source.alias_or_name)
    if isinstance(source, exp.Subquery) and source.alias:
        _identify(source.this, ctes)
        alias = source.args["alias"]
        if alias.args.get("columns"):
            alias.append("columns", exp.to_identifier(ROW, quoted=True))
        return str(source.alias)
    raise _unsupported("anything but tables and views in FROM")


# -- the changes -----------------------------------------------------------------------------------------


def changes_of(
    context: Context, stream: Entry, view: Entry, connection: Any, deltas: Mapping[int, Any], *, first: bool
) -> Any:
    """What has changed in the view, an Arrow table, given what has changed in its tables."""
    query = _resolved(context, view)
    _identify(query, frozenset())
    if _ids(query) != set(deltas):
        raise SqlError(91901, "01000", f"View '{view.name}' was changed, cannot read from stream '{stream.name}'")
    names = [column.name for column in columns_of(view)]
    listed = ", ".join(f'"{name}"' for name in [*names, ROW])
    only_new = first or appends(stream)
    row = f'* replace (sha1("{ROW}") as "{ROW}")'  # an id of the view's row, as long as those of tables
    parts = [f'"{when}" as (select {row} from ({_at(context, query, when)}) as v({listed}))' for when in ("old", "new")]
    states = [state for id_ in deltas for state in _states(stream, id_, only_new)]
    for id_, delta in deltas.items():
        connection.register(f"delta_{id_}", delta)
    try:
        body = changes.difference(names, '"old"', '"new"')
        shown = ", ".join(f'"{name}"' for name in [*names, ACTION, changes.IS_UPDATE, ROW])
        sql = f"with {', '.join([*states, *parts])} select {shown} from ({body})"
        return connection.sql(sql).to_arrow_table()
    finally:
        for id_ in deltas:
            connection.unregister(f"delta_{id_}")


def _at(context: Context, query: exp.Expr, when: str) -> str:
    """The query on the tables as they were, or are."""
    return re.sub(r'"o(\d+)"', rf'"{when} \1"', translate(context, query.copy()))


def _states(stream: Entry, table: int, only_new: bool) -> Iterable[str]:
    """A table at the stream's offset, and behind the changes that are read."""
    kept = snapshot(stream.id, table)
    fresh = f'select * exclude ("{ACTION}", "{changes.IS_UPDATE}") from delta_{table} where "{ACTION}" = \'INSERT\''
    if only_new:
        yield f'"old {table}" as (select * from {kept} limit 0)'
        yield f'"new {table}" as ({fresh})'
        return
    yield f'"old {table}" as (select * from {kept})'
    still = f'select * from {kept} s anti join delta_{table} d on d."{ROW}" = s."{ROW}"'
    yield f'"new {table}" as ({still} union all by name {fresh})'
