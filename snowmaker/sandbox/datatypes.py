"""Snowflake's data types, and how DuckDB stores them.

https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_TEXT = 16777216
MAX_BINARY = 8388608

_FIXED = ("NUMBER", "DECIMAL", "DEC", "NUMERIC")
_INTEGERS = ("INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT")
_FLOATS = ("FLOAT", "FLOAT4", "FLOAT8", "DOUBLE", "DOUBLE PRECISION", "REAL")
_TEXTS = (
    "VARCHAR", "STRING", "TEXT", "NVARCHAR", "NVARCHAR2", "CHAR VARYING", "NCHAR VARYING", "CHARACTER VARYING",
)  # fmt: skip
_CHARS = ("CHAR", "CHARACTER", "NCHAR")
_TIMESTAMPS = {
    "TIMESTAMP_NTZ": "TIMESTAMP_NTZ", "TIMESTAMPNTZ": "TIMESTAMP_NTZ", "DATETIME": "TIMESTAMP_NTZ",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP_NTZ", "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMP_LTZ": "TIMESTAMP_LTZ", "TIMESTAMPLTZ": "TIMESTAMP_LTZ",
    "TIMESTAMP WITH LOCAL TIME ZONE": "TIMESTAMP_LTZ",
    "TIMESTAMP_TZ": "TIMESTAMP_TZ", "TIMESTAMPTZ": "TIMESTAMP_TZ", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ",
}  # fmt: skip
_STORED = {
    "REAL": "DOUBLE", "TEXT": "VARCHAR", "BOOLEAN": "BOOLEAN", "DATE": "DATE", "TIME": "TIME",
    "TIMESTAMP_NTZ": "TIMESTAMP", "TIMESTAMP_LTZ": "TIMESTAMPTZ", "TIMESTAMP_TZ": "TIMESTAMPTZ",
    "VARIANT": "JSON", "OBJECT": "JSON", "ARRAY": "JSON", "BINARY": "BLOB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataType:
    """A type by the name the wire protocol gives it (FIXED, TEXT, TIMESTAMP_NTZ …)."""

    wire: str
    precision: int | None = None
    scale: int | None = None
    length: int | None = None

    def __str__(self) -> str:
        """As DESCRIBE TABLE writes it."""
        match self.wire:
            case "FIXED":
                return f"NUMBER({self.precision},{self.scale})"
            case "REAL":
                return "FLOAT"
            case "TEXT":
                return f"VARCHAR({self.length})"
            case "BINARY":
                return f"BINARY({self.length})"
            case "TIME" | "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ" | "TIMESTAMP_TZ":
                return f"{self.wire}({self.scale})"
            case _:
                return self.wire

    @property
    def stored(self) -> str:
        """The DuckDB type that holds it. Whole numbers are 64 bits wide, as fakesnow's translation wants."""
        if self.wire == "FIXED":
            return f"DECIMAL({self.precision},{self.scale})" if self.scale else "BIGINT"
        return _STORED[self.wire]


TEXT = DataType("TEXT", length=MAX_TEXT)
FIXED = DataType("FIXED", 38, 0)
BOOLEAN = DataType("BOOLEAN")
TIMESTAMP_LTZ = DataType("TIMESTAMP_LTZ", 0, 9)


def data_type(name: str, arguments: tuple[int, ...]) -> DataType | None:
    """The type called `name`, e.g. `NUMBER` with (10, 2); None when Snowflake has none of that name."""
    first = arguments[0] if arguments else None
    if name in _INTEGERS:
        return FIXED
    if name in _FIXED:
        return DataType("FIXED", first or 38, arguments[1] if len(arguments) > 1 else 0)
    if name in _FLOATS:
        return DataType("REAL")
    if name in _TEXTS:
        return DataType("TEXT", length=first or MAX_TEXT)
    if name in _CHARS:
        return DataType("TEXT", length=first or 1)
    if name in ("BINARY", "VARBINARY"):
        return DataType("BINARY", length=first or MAX_BINARY)
    if name in _TIMESTAMPS:
        return DataType(_TIMESTAMPS[name], 0, 9 if first is None else first)
    if name == "TIME":
        return DataType("TIME", 0, 9 if first is None else first)
    if name in ("BOOLEAN", "DATE", "VARIANT", "OBJECT", "ARRAY"):
        return DataType(name)
    return None


def from_duckdb(stored: str) -> DataType:
    """The Snowflake type of a DuckDB result column."""
    if found := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", stored):
        return DataType("FIXED", int(found[1]), int(found[2]))
    if stored.endswith("[]"):
        return DataType("ARRAY")
    if stored.startswith(("STRUCT", "MAP")):
        return DataType("OBJECT")
    return _RESULTS.get(stored, TEXT)


_RESULTS = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
         "UHUGEINT"),
        FIXED,
    ),
    "FLOAT": DataType("REAL"), "DOUBLE": DataType("REAL"), "BOOLEAN": BOOLEAN, "DATE": DataType("DATE"),
    "TIME": DataType("TIME", 0, 9), "TIMESTAMP": DataType("TIMESTAMP_NTZ", 0, 9),
    "TIMESTAMP_NS": DataType("TIMESTAMP_NTZ", 0, 9), "TIMESTAMP_S": DataType("TIMESTAMP_NTZ", 0, 9),
    "TIMESTAMP_MS": DataType("TIMESTAMP_NTZ", 0, 9), "TIMESTAMP WITH TIME ZONE": TIMESTAMP_LTZ,
    "JSON": DataType("VARIANT"), "BLOB": DataType("BINARY", length=MAX_BINARY),
}  # fmt: skip
