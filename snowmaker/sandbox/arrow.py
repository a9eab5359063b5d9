"""Arrow tables of rows: what the views and table functions of INFORMATION_SCHEMA give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

TEXT, NUMBER, TIME, FLAG, FLOAT = "text", "number", "time", "flag", "float"
Spec = Sequence[tuple[str, str]]


def table(spec: Spec, rows: Sequence[Sequence[Any]]) -> Any:
    """An Arrow table; `spec` gives each column's name and type."""
    import pyarrow as pa

    types = {
        TEXT: pa.string(), NUMBER: pa.int64(), TIME: pa.timestamp("us", "UTC"), FLAG: pa.bool_(), FLOAT: pa.float64(),
    }  # fmt: skip
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(spec)
    arrays = [pa.array(values, types[kind]) for values, (_, kind) in zip(columns, spec, strict=True)]
    return pa.Table.from_arrays(arrays, names=[name for name, _ in spec])


def text_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """An Arrow table of texts."""
    return table([(name, TEXT) for name in names], rows)


def spec(names: str, **types: str) -> Spec:
    """The columns in one text; those that are no texts are named with their type."""
    return [(name, types.get(name, TEXT)) for name in names.split()]
