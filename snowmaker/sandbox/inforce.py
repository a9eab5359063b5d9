"""The parameters of the session whose statement runs in this thread: conversions go by them, deep inside of it.

https://docs.snowflake.com/en/sql-reference/parameters
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_PARAMETER: ContextVar[Callable[[str], Any] | None] = ContextVar("parameter", default=None)


@contextmanager
def in_force(parameter: Callable[[str], Any]) -> Iterator[None]:
    """While a statement runs, `parameter` tells the values of its session's parameters."""
    token = _PARAMETER.set(parameter)
    try:
        yield
    finally:
        _PARAMETER.reset(token)


def parameter(name: str) -> str:
    """The value of a parameter that is a text; Snowflake's default where no statement runs."""
    from snowmaker.sandbox.parameters import PARAMETERS

    read = _PARAMETER.get()
    return str(PARAMETERS[name].default if read is None else read(name))


def output_format(wire: str) -> str:
    """How values of a type are written as text.

    https://docs.snowflake.com/en/sql-reference/date-time-input-output#session-parameters-for-dates-times-and-timestamps
    """
    from snowmaker.sandbox.parameters import PARAMETERS

    name = f"{wire}_OUTPUT_FORMAT"
    if wire.startswith("TIMESTAMP") and not parameter(name):
        name = "TIMESTAMP_OUTPUT_FORMAT"
    found = parameter(name)
    return str(PARAMETERS[name].default) if found.upper() == "AUTO" else found
