"""A whole query, bound: what `query` asks first. What cannot be bound here goes the old way (see `query.prepare`)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.result import Column
from snowmaker.sandbox.sql.binder import Binder, Work
from snowmaker.sandbox.sql.bound import Unbound
from snowmaker.sandbox.sql.query_reader import read_query
from snowmaker.sandbox.sql.scope import Scope
from snowmaker.sandbox.sql.selects import bind_query
from snowmaker.sandbox.streams import Reading

log = logging.getLogger("snowmaker.sandbox")


@dataclass(frozen=True)
class Typed:
    """DuckDB's text of a query, what goes with it, and the columns it gives."""

    sql: str
    values: list[Any]
    relations: dict[str, Any]
    columns: tuple[Column, ...]
    readings: dict[int, Reading] = field(default_factory=dict)


def bind_statement(context: Context, text: str) -> Typed | None:
    """The query in `text`; None where something in it is not known here. Raises SqlError."""
    try:
        query = read_query(text)
        work = Work(context)
        relation = bind_query(Binder(work, Scope(text), text), query)
    except Unbound as reason:
        log.debug("not bound, for %s: %s", reason, text)
        return None
    except RecursionError:
        raise sqlerror.malformed("the statement is nested too deeply") from None
    if work.reads_tables:
        context.require_warehouse()
    columns = tuple(Column(each.name, each.type, each.nullable) for each in relation.columns)
    return Typed(relation.sql, work.values, work.relations, columns, work.readings)
