"""Which of several routines of one name a call means.

https://docs.snowflake.com/en/developer-guide/udf-stored-procedure-naming-conventions#overloading-procedures-and-functions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import dotted
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.parser import Name
from snowmaker.sandbox.routines import arguments
from snowmaker.sandbox.sqlerror import SqlError

# What it costs to give one type where another is wanted; what is not here cannot be given
_SAME, _NEAR, _FAR, _FARTHEST = 0, 1, 3, 4
_TIMESTAMPS = ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ")
_COSTS: dict[tuple[str, str], int] = {
    ("FIXED", "REAL"): _NEAR,
    ("REAL", "FIXED"): 2,
    ("DATE", "TEXT"): _FAR,
    ("BOOLEAN", "TEXT"): _FAR,
    ("FIXED", "TEXT"): _FAR,
    ("REAL", "TEXT"): _FAR,
    ("FIXED", "BOOLEAN"): _FARTHEST,
    ("ARRAY", "VARIANT"): _NEAR,
    ("OBJECT", "VARIANT"): _NEAR,
    **{("DATE", each): _NEAR for each in _TIMESTAMPS},
    **{(one, other): _NEAR for one in _TIMESTAMPS for other in _TIMESTAMPS if one != other},
    **{(each, "TEXT"): _FAR for each in (*_TIMESTAMPS, "TIME")},
    **{("TEXT", each): _FARTHEST for each in ("FIXED", "REAL", "BOOLEAN", "DATE", "TIME", "BINARY", *_TIMESTAMPS)},
    **{(each, "VARIANT"): 2 for each in ("FIXED", "REAL", "TEXT", "BOOLEAN", "DATE", "TIME", "BINARY", *_TIMESTAMPS)},
    **{("VARIANT", each): _FAR for each in ("FIXED", "REAL", "TEXT", "BOOLEAN", "DATE", "TIME", *_TIMESTAMPS)},
}


@dataclass(frozen=True)
class Chosen:
    """A routine, and for each of its arguments which of the call's is given for it; None where it has a default."""

    entry: Entry
    given: tuple[int | None, ...]


def choose(
    candidates: Sequence[Entry], name: Name, names: Sequence[str | None], types: Sequence[DataType | None]
) -> Chosen:
    """The routine that the call means. `names` are those of `name => value`; a type is None where it is not known.

    Raises SqlError 002140 or 002141 where there is none of that name, 001044 where none takes these arguments.
    """
    if not candidates:
        raise unknown(name)
    found: list[tuple[int, int, Chosen]] = []
    for index, entry in enumerate(candidates):
        given = _arranged(entry, names)
        if given is not None and (cost := _cost(entry, given, types)) is not None:
            found.append((cost, index, Chosen(entry, given)))
    if not found:
        raise _no_match(name, types)
    return min(found)[2]


def _arranged(entry: Entry, names: Sequence[str | None]) -> tuple[int | None, ...] | None:
    wanted = arguments(entry)
    by_name: Mapping[str | None, int] = {name: index for index, name in enumerate(names) if name is not None}
    positional = [index for index, name in enumerate(names) if name is None]
    if len(names) > len(wanted) or not set(by_name) <= {each.name for each in wanted}:
        return None
    found: list[int | None] = []
    for place, each in enumerate(wanted):
        index = positional[place] if place < len(positional) else by_name.get(each.name)
        if index is None and each.default is None:
            return None
        found.append(index)
    return tuple(found)


def _cost(entry: Entry, given: Sequence[int | None], types: Sequence[DataType | None]) -> int | None:
    total = 0
    for wanted, index in zip(arguments(entry), given, strict=True):
        kind = None if index is None else types[index]
        if kind is None or kind.wire == wanted.type.wire:
            continue
        cost = _COSTS.get((kind.wire, wanted.type.wire))
        if cost is None:
            return None
        total += cost
    return total


def unknown(name: Name) -> SqlError:
    """There is no such routine, or the roles do not see it."""
    if len(name) > 1:
        return SqlError(2141, "42601", f"SQL compilation error:\nUnknown user-defined function {dotted(name)}.")
    return SqlError(2140, "42601", f"SQL compilation error:\nUnknown function {dotted(name)}.")


def _no_match(name: Name, types: Sequence[DataType | None]) -> SqlError:
    shown = ", ".join("NULL" if each is None else _shown(each) for each in types)
    return SqlError(
        1044, "42P13", "SQL compilation error: error line 1 at position 0\n"
        f"Invalid argument types for function '{name[-1]}': ({shown})",
    )  # fmt: skip


def _shown(kind: DataType) -> str:
    return str(kind)
