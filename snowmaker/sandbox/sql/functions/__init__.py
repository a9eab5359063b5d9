"""The functions: https://docs.snowflake.com/en/sql-reference/functions-all

A module of this package is one family. `@function("NAME", …)` registers what binds a call; `simple` does it for
those that are one DuckDB expression of their arguments.
"""

from __future__ import annotations

from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import Bound, Unbound
from snowmaker.sandbox.sql.functions.registry import FUNCTIONS, load
from snowmaker.sandbox.sql.nodes import Call


def call(binder: Binder, node: Call) -> Bound:
    """A call of a function. Raises Unbound where none of that name is known here."""
    from snowmaker.sandbox.sql.functions.context import system_function

    load()
    if len(node.name) > 1:
        raise Unbound(f"the function {'.'.join(word.name for word in node.name)}")
    bind = FUNCTIONS.get(node.function)
    if bind is None and (node.function.startswith("SYSTEM$") or node.function == "GET_DDL"):
        return system_function(binder, node)
    if bind is None:
        raise Unbound(f"the function {node.function}")
    return bind(binder, node)
