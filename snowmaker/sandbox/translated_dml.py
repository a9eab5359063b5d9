"""DML that the binder does not know in all its parts, as sqlglot and fakesnow translate it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.engine import run
from snowmaker.sandbox.query import Prepared, parse, prepare, target_name, using
from snowmaker.sandbox.result import DELETE, INSERT, MERGE, UPDATE, Column, Result


def counts(type_id: int, **counts: int) -> Result:
    """The result of a DML statement: one row, with a column `number of …` for each count."""
    columns = tuple(
        Column(f"number of {name.replace('_', ' ').replace('multi joined', 'multi-joined')}", FIXED) for name in counts
    )
    return Result(columns, (tuple(counts.values()),), type_id=type_id)


def _run(context: Context, prepared: Prepared) -> Any:
    return using(context, prepared, lambda: run(context.session.connection, prepared.sql, prepared.values))


def _may(context: Context, name: tuple[str, ...], privileges: tuple[str, ...]) -> Entry:
    """The target, on which each of the privileges is there."""
    entry = context.relation(name)
    for privilege in privileges:
        context.require(entry, privilege)
    return entry


def _target(context: Context, expression: exp.Expr, *privileges: str) -> None:
    """Refuse what is no table, and what the roles in force may not do."""
    if not isinstance(expression.this, exp.Expr):
        raise sqlerror.malformed("syntax error: a table is wanted")
    table = expression.this.find(exp.Table) if not isinstance(expression.this, exp.Table) else expression.this
    name = target_name(context, table) if isinstance(table, exp.Table) else ()
    if name and _may(context, name, privileges).kind != "TABLE":
        raise sqlerror.SqlError(
            2104, "42601", f"SQL compilation error:\nObject '{name[-1]}' is a view and cannot be changed."
        )


def _insert(context: Context) -> Result:
    expression = parse(context.text)
    if isinstance(expression, exp.MultitableInserts):
        raise sqlerror.unsupported("INSERT ALL | FIRST (multi-table insert)")
    _target(context, expression, "INSERT")
    if context.describe_only:
        return counts(INSERT, rows_inserted=0)
    overwrite = bool(expression.args.get("overwrite"))
    expression.set("overwrite", False)
    prepared = _prepare_insert(context, expression)
    batch = max((len(each) for each in context.binds), default=1)

    def action() -> int:
        if overwrite:
            table = expression.this.find(exp.Table)
            prepared_delete = prepare(context, "", exp.Delete(this=table.copy()))
            _run(context, prepared_delete)
        if batch == 1:
            return _inserted(_run(context, prepared))
        return sum(
            _inserted(_run(context, replace(prepared, values=[each[row] for each in context.binds])))
            for row in range(batch)
        )

    return counts(INSERT, rows_inserted=context.write(action, prepared.target, prepared.readings.values()))


def _inserted(rows: Any) -> int:
    return int(rows[0][0])


def _prepare_insert(context: Context, expression: exp.Expr) -> Prepared:
    """An INSERT … VALUES with expressions is what it is in DuckDB too."""
    values = expression.expression
    if isinstance(values, exp.Values):
        width = {len(each.expressions) if isinstance(each, exp.Tuple) else 1 for each in values.expressions}
        table = expression.this
        if isinstance(table, exp.Schema):
            wanted = len(table.expressions)
        else:
            wanted = len(columns_of(context.relation(target_name(context, table))))
        if width != {wanted}:
            raise sqlerror.SqlError(
                2057, "42601", "SQL compilation error:\nInsert value list does not match column list expecting "
                f"{wanted} but got {max(width)}",
            )  # fmt: skip
    return prepare(context, context.text, expression)


def _update(context: Context) -> Result:
    expression = parse(context.text)
    _target(context, expression, "UPDATE")
    if context.describe_only:
        return counts(UPDATE, rows_updated=0, multi_joined_rows_updated=0)
    for assignment in expression.expressions:
        if isinstance(assignment.this, exp.Column):  # DuckDB wants a bare name on the left
            assignment.this.set("table", None)
    prepared = prepare(context, context.text, expression)
    count = context.write(lambda: _inserted(_run(context, prepared)), prepared.target, prepared.readings.values())
    return counts(UPDATE, rows_updated=count, multi_joined_rows_updated=0)


def _delete(context: Context) -> Result:
    expression = parse(context.text)
    _target(context, expression, "DELETE")
    if context.describe_only:
        return counts(DELETE, rows_deleted=0)
    prepared = prepare(context, context.text, expression)
    count = context.write(lambda: _inserted(_run(context, prepared)), prepared.target, prepared.readings.values())
    return counts(DELETE, rows_deleted=count)


_MERGES = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


def _merge(context: Context) -> Result:
    """DuckDB's MERGE says for each row what it did with it."""
    expression = parse(context.text)
    actions = _merge_actions(expression)
    _target(context, expression, *(_MERGES[action] for action in actions))
    if context.describe_only:
        return counts(MERGE, **{f"rows_{action}": 0 for action in actions})
    for node in expression.find_all(exp.Update):
        for assignment in node.expressions:
            if isinstance(assignment.this, exp.Column):
                assignment.this.set("table", None)
    prepared = prepare(context, context.text, expression)
    prepared.sql += " RETURNING merge_action"
    done = [
        row[0] for row in context.write(lambda: _run(context, prepared), prepared.target, prepared.readings.values())
    ]
    return counts(MERGE, **{f"rows_{action}": done.count(_MERGES[action]) for action in actions})


def _merge_actions(expression: exp.Expr) -> list[str]:
    """Which of the counts Snowflake gives: those of the clauses that are there."""
    found: set[str] = set()
    for when in expression.find_all(exp.When):
        then = when.args["then"]
        if isinstance(then, exp.Insert):
            found.add("inserted")
        else:
            found.add("updated" if isinstance(then, exp.Update) else "deleted")
    return [each for each in ("inserted", "updated", "deleted") if each in found]


TRANSLATED = {"INSERT": _insert, "UPDATE": _update, "DELETE": _delete, "MERGE": _merge}
