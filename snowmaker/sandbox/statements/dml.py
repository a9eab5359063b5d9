"""INSERT, UPDATE, DELETE, MERGE: https://docs.snowflake.com/en/sql-reference/sql-dml"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from snowmaker.sandbox import result, sqlerror
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import query, run
from snowmaker.sandbox.hybrid import refuse_writing
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import Prepared, using
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.sql.bound import Unbound
from snowmaker.sandbox.sql.dml import Bounded, Step, bind_dml
from snowmaker.sandbox.sql.dml_reader import read_dml
from snowmaker.sandbox.streams import following
from snowmaker.sandbox.translated_dml import TRANSLATED, counts

log = logging.getLogger("snowmaker.sandbox")

_TYPES = {"INSERT": result.INSERT, "UPDATE": result.UPDATE, "DELETE": result.DELETE, "MERGE": result.MERGE}
_MERGED = {"inserted": "INSERT", "updated": "UPDATE", "deleted": "DELETE"}


@dataclass
class _Done:
    """What a statement has counted; `cleared` are the rows that INSERT OVERWRITE did away with."""

    counts: list[int]
    cleared: int = 0


@statement("INSERT")
def _insert(context: Context, parser: Parser) -> Result:
    return _dml(context, "INSERT")


@statement("UPDATE")
def _update(context: Context, parser: Parser) -> Result:
    return _dml(context, "UPDATE")


@statement("DELETE")
def _delete(context: Context, parser: Parser) -> Result:
    return _dml(context, "DELETE")


@statement("MERGE")
def _merge(context: Context, parser: Parser) -> Result:
    return _dml(context, "MERGE")


def _dml(context: Context, word: str) -> Result:
    """Bind and run it; what the binder does not know goes the way of `query.prepare`."""
    try:
        bounded = bind_dml(context, context.text, read_dml(context.text))
    except Unbound as reason:
        log.debug("not bound, for %s: %s", reason, context.text)
        return TRANSLATED[word](context)
    except RecursionError:
        raise sqlerror.malformed("the statement is nested too deeply") from None
    context.require_warehouse()
    if context.describe_only:
        return _result(bounded, word, _Done([0] * (len(bounded.actions) + 1)))
    kept: dict[Step, Any] = {}
    done = _followed(context, bounded, lambda: _run(context, bounded, word, kept))
    return _result(bounded, word, done)


def _followed(context: Context, bounded: Bounded, action: Any) -> Any:
    """Run in the transaction, with the streams told that follow what it changes, and those that it has read."""
    first, *others = {entry.id: entry for entry in bounded.targets}.values()
    for entry in others:
        refuse_writing(entry)
        action = following(context, action, entry)
    return context.write(action, first, bounded.work.readings.values(), alone=len(bounded.steps) > 1)


def _run(context: Context, bounded: Bounded, word: str, kept: dict[Step, Any]) -> _Done:
    """`kept` are the rows of its queries: in a transaction it may have to be done again, with the same ones."""
    done = _Done([])
    found = done.counts
    for step in bounded.steps:
        if step.query and context.session.open_transaction:
            rows = _again(context, bounded, step, kept)
        else:
            rows = _step(context, bounded, f"{step.sql} {step.query}")
        if step.check is not None and rows:
            raise step.check
        if step.clears:
            done.cleared += int(rows[0][0])
        if step.measures:
            found += [int(each or 0) for each in rows[0]]
        elif step.counts and word == "MERGE":
            merged = [row[0] for row in rows]
            found += [merged.count(_MERGED[action]) for action in bounded.actions]
        elif step.counts:
            found.append(int(rows[0][0]))
    return done


def _step(context: Context, bounded: Bounded, sql: str) -> Any:
    prepared = _prepared(bounded, sql)
    return using(context, prepared, lambda: run(context.session.connection, prepared.sql, prepared.values))


def _prepared(bounded: Bounded, sql: str) -> Prepared:
    work = bounded.work
    numbers = [i for i in range(len(work.values), 0, -1) if f"${i}" in sql]
    return Prepared(sql, work.values[: max(numbers, default=0)], work.relations)


def _again(context: Context, bounded: Bounded, step: Step, kept: dict[Step, Any]) -> Any:
    """Insert the rows of a query that is run but once."""
    connection = context.session.connection
    if step not in kept:
        source = _prepared(bounded, step.query)
        kept[step] = using(context, source, lambda: query(connection, source.sql, source.values)[0])
    name = f"kept_{context.query_id.replace('-', '')}"
    again = Prepared(f"{step.sql} SELECT * FROM {name}", [], {name: kept[step]})
    return using(context, again, lambda: run(connection, again.sql))


def _result(bounded: Bounded, word: str, done: _Done) -> Result:
    """The counts, called as Snowflake calls them."""
    names = [f"rows_{action}" for action in bounded.actions]
    if word == "UPDATE":
        updated, multi, *_ = [*done.counts, 0]
        return counts(_TYPES[word], rows_updated=updated, multi_joined_rows_updated=multi)
    found = dict.fromkeys(names, 0)
    for name, count in zip(names, done.counts, strict=False):
        found[name] += count
    return replace(counts(_TYPES[word], **found), deleted=done.cleared)
