"""The few functions that loops use most, so that they need no query.

https://docs.snowflake.com/en/sql-reference/functions-all
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.scripting.values import NULL, NeedsQuery, Value, boolean, typed

Function = Callable[[Sequence[Value]], Value]


@dataclass(frozen=True)
class Known:
    """A function, and how many arguments it takes."""

    least: int
    most: int
    call: Function


def _text(value: Value) -> str:
    if value.type.wire != "TEXT" or not isinstance(value.data, str):
        raise NeedsQuery
    return value.data


def _of_text(change: Callable[[str], str]) -> Function:
    return lambda given: NULL if given[0].data is None else Value(change(_text(given[0])))


def _length(given: Sequence[Value]) -> Value:
    return Value(None, FIXED) if given[0].data is None else typed(len(_text(given[0])))


def _first(given: Sequence[Value]) -> Value:
    """COALESCE, of values of one type."""
    if len({value.type.wire for value in given if value.data is not None}) > 1:
        raise NeedsQuery
    return next((value for value in given if value.data is not None), given[0])


def _choice(given: Sequence[Value]) -> Value:
    return given[1] if boolean(given[0]) else given[2]


FUNCTIONS = {
    "UPPER": Known(1, 1, _of_text(str.upper)),
    "LOWER": Known(1, 1, _of_text(str.lower)),
    "TRIM": Known(1, 1, _of_text(lambda text: text.strip(" "))),
    "LENGTH": Known(1, 1, _length),
    "LEN": Known(1, 1, _length),
    "COALESCE": Known(2, 100, _first),
    "NVL": Known(2, 2, _first),
    "IFNULL": Known(2, 2, _first),
    "IFF": Known(3, 3, _choice),
}
