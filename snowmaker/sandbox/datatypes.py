"""Snowflake's data types, and how DuckDB stores them.

https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import inforce

MAX_TEXT = 16777216
MAX_BINARY = 8388608
LONGEST_TEXT, LONGEST_BINARY = 134217728, 67108864  # where a length is given

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
# Types that a column may have, and of which there are no values here but NULL
RECORDED = ("GEOGRAPHY", "GEOMETRY", "VECTOR", "DECFLOAT", "FILE", "UUID")
MAX_DIMENSION = 4096  # https://docs.snowflake.com/en/sql-reference/data-types-vector


@dataclass(frozen=True, slots=True)
class DataType:
    """A type by the name the wire protocol gives it (FIXED, TEXT, TIMESTAMP_NTZ …)."""

    wire: str
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    element: str | None = None  # of a VECTOR: INT or FLOAT

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
            case "DECFLOAT":
                return "DECFLOAT(38)"
            case "VECTOR":
                return f"VECTOR({self.element}, {self.length})"
            case _:
                return self.wire

    def to_json(self) -> dict[str, Any]:
        """What the catalog keeps; `DataType(**…)` reads it."""
        found = {"precision": self.precision, "scale": self.scale, "length": self.length, "element": self.element}
        return {"wire": self.wire, **{key: value for key, value in found.items() if value is not None}}

    @property
    def stored(self) -> str:
        """The DuckDB type that holds it. Whole numbers of up to 38 digits take 128 bits."""
        if self.wire == "FIXED":
            whole = "BIGINT" if (self.precision or 38) <= 18 else "HUGEINT"
            return f"DECIMAL({self.precision},{self.scale})" if self.scale else whole
        return "VARCHAR" if self.wire in RECORDED else _STORED[self.wire]


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
        return DataType("TEXT", length=MAX_TEXT if first is None else first)
    if name in _CHARS:
        return DataType("TEXT", length=1 if first is None else first)
    if name in ("BINARY", "VARBINARY"):
        return DataType("BINARY", length=MAX_BINARY if first is None else first)
    if name in _TIMESTAMPS:
        # https://docs.snowflake.com/en/sql-reference/parameters#timestamp-type-mapping
        wire = inforce.parameter("TIMESTAMP_TYPE_MAPPING") if name == "TIMESTAMP" else _TIMESTAMPS[name]
        return DataType(wire, 0, 9 if first is None else first)
    if name == "TIME":
        return DataType("TIME", 0, 9 if first is None else first)
    if name in ("BOOLEAN", "DATE", "VARIANT", "OBJECT", "ARRAY", "GEOGRAPHY", "GEOMETRY", "DECFLOAT", "FILE", "UUID"):
        return DataType(name)
    return None


def out_of_bounds(kind: DataType) -> str:
    """What is wrong with the size of a type, in Snowflake's words; nothing where it may be so.

    https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
    """
    for what, value, least, most in (
        ("character length", kind.length if kind.wire == "TEXT" else None, 1, LONGEST_TEXT),
        ("binary length", kind.length if kind.wire == "BINARY" else None, 1, LONGEST_BINARY),
        ("number precision", kind.precision if kind.wire == "FIXED" else None, 0, 38),
        ("number scale", kind.scale if kind.wire == "FIXED" else None, 0, min(kind.precision or 38, 37)),
        ("fractional seconds precision", kind.scale if kind.wire != "FIXED" else None, 0, 9),
    ):
        if value is not None and not least <= value <= most:
            return f"Invalid {what}: {value:,}. Must be between {least} and {most:,}."
    return ""


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
