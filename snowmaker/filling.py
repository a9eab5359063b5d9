"""Rows for tables that have none, from what a snapshot says of their columns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from snowmaker import sql
from snowmaker.accountdiff import Snapshot

ROWS = 3

# by the type of a column as the wire has it: an expression for row n
_VALUES = {
    "FIXED": "{n}",
    "REAL": "{n} + 0.5",
    "DECFLOAT": "{n}",
    "BOOLEAN": "{n} = 1",
    "DATE": "DATEADD(DAY, {n}, '2024-01-01'::DATE)",
    "TIME": "TIMEADD(MINUTE, {n}, '12:00:00'::TIME)",
    "TIMESTAMP_NTZ": "DATEADD(DAY, {n}, '2024-01-01'::TIMESTAMP_NTZ)",
    "TIMESTAMP_LTZ": "DATEADD(DAY, {n}, '2024-01-01'::TIMESTAMP_NTZ)::TIMESTAMP_LTZ",
    "TIMESTAMP_TZ": "DATEADD(DAY, {n}, '2024-01-01'::TIMESTAMP_NTZ)::TIMESTAMP_TZ",
    "BINARY": "TO_BINARY('0{n}', 'HEX')",
    "VARIANT": "TO_VARIANT({n})",
    "ARRAY": "ARRAY_CONSTRUCT({n})",
    "OBJECT": "OBJECT_CONSTRUCT('n', {n})",
}


def rows(snapshot: Snapshot) -> list[str]:
    """An INSERT for each table that has no rows and whose columns can be filled."""
    found = []
    for name, table in snapshot.items():
        if name.startswith("TABLE ") and table.get("rows") == 0:
            text = _insert(name.removeprefix("TABLE "), table.get("columns", ()))
            found += [text] if text else []
    return found


def _insert(table: str, columns: Iterable[Mapping[str, Any]]) -> str:
    names, values = [], []
    for column in columns:
        if column.get("identity") or column.get("expression"):
            continue
        value = _value(column["type"])
        if value is None:
            if not column.get("nullable", True):
                return ""
            continue
        names.append(sql.quote_identifier(column["name"]))
        values.append(value)
    if not names:
        return ""
    selects = [
        f"SELECT {', '.join(value.replace('{n}', str(number)) for value in values)}" for number in range(1, ROWS + 1)
    ]
    return f"INSERT INTO {table} ({', '.join(names)}) {' UNION ALL '.join(selects)}"


def _value(kind: Mapping[str, Any]) -> str | None:
    wire = kind.get("wire")
    if wire == "TEXT":
        length = kind.get("length") or 1
        return "'{n}'" if length < 4 else "'row{n}'"
    if wire == "FIXED" and (kind.get("precision") or 38) - (kind.get("scale") or 0) < 1:
        return "0"
    return _VALUES.get(str(wire))
