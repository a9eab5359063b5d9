"""ALTER, DROP and COMMENT ON TABLE of tables that are of another kind.

Event tables have no statements of their own but CREATE and SHOW. Policies and comments of dynamic and external tables
may be set as those of tables.
https://docs.snowflake.com/en/sql-reference/sql/alter-table-event-table
https://docs.snowflake.com/en/sql-reference/sql/comment
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import HANDLERS, Handler
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements import (
    alter_table,  # noqa: F401 - ALTER TABLE must be known before it can be passed on
    dynamic_table,
    event_table,
    external_table,
    table,
)

_EVENT, _DYNAMIC, _EXTERNAL = event_table.EVENT_TABLE, dynamic_table.DYNAMIC_TABLE, external_table.EXTERNAL_TABLE


def _pass_on(plain: Handler, verb: tuple[str, ...], kinds: Collection[str], context: Context, parser: Parser) -> Result:
    """Run the statement of the kind of table that is named, where it is one of `kinds`."""
    found = _kind(context, parser)
    return (HANDLERS[(*verb, *found.split())] if found in kinds else plain)(context, parser)


def _kind(context: Context, parser: Parser) -> str:
    """The kind of what is named next, which stays to be read; "" where nothing of that name is."""
    start = parser.scanner.position
    try:
        parser.if_exists()
        found = context.look("RELATION", context.place(parser.name()))
    except SqlError:
        found = None
    parser.scanner.position = start
    return found.kind if found is not None else ""


def _also(verb: tuple[str, ...], *kinds: str) -> None:
    words = (*verb, table.TABLE.name)
    HANDLERS[words] = partial(_pass_on, HANDLERS[words], verb, kinds)


_also(("ALTER",), _EVENT.name, _DYNAMIC.name, _EXTERNAL.name)
_also(("DROP",), _EVENT.name)
for _verb in (("COMMENT", "ON"), ("COMMENT", "IF", "EXISTS", "ON")):
    _also(_verb, _EVENT.name, _DYNAMIC.name, _EXTERNAL.name)
