"""Collation specifications: https://docs.snowflake.com/en/sql-reference/collation#collation-specifications"""

from __future__ import annotations

import re

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import DataType

_LOCALE = re.compile(r"[a-z]{2,3}(_[a-z]{2,4})?")
_KNOWN = ("cs", "ci", "as", "ai", "ps", "pi", "fl", "fu", "upper", "lower", "trim", "ltrim", "rtrim")
_DONE = {"cs": "", "as": "", "ps": "", "ci": "nocase", "ai": "noaccent"}
_BINARY = ("utf8", "bin")


def checked_collation(specification: str, kind: DataType) -> str:
    """The specification, as it may be set on a column. Raises SqlError for one that there is not."""
    if kind.wire != "TEXT":
        raise sqlerror.malformed(f"Collation can only be set on a text column, not on {kind}.")
    duckdb_collation(specification)
    return specification


def duckdb_collation(specification: str) -> str:
    """What DuckDB calls it: `en_us.nocase`; nothing for comparing bytes."""
    locale, parts = "", []
    for part in filter(None, specification.lower().split("-")):
        if part in _DONE:
            parts.append(_DONE[part])
        elif part in _KNOWN:
            raise sqlerror.unsupported(f"the collation specifier '{part}'")
        elif part in _BINARY or _LOCALE.fullmatch(part):
            locale = "" if part in _BINARY else part
        else:
            raise sqlerror.malformed(f"Invalid collation specification '{specification}'.")
    return ".".join(each for each in (locale, *parts) if each)
