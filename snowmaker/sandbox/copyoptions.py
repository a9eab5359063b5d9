"""The options of COPY INTO a table, which stages may have too.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table#copy-options-copyoptions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.parser import Parser, Reader

_ON_ERROR = re.compile(r"CONTINUE|SKIP_FILE(_\d+%?)?|ABORT_STATEMENT")
_VALIDATION = re.compile(r"RETURN_(\d+)_ROWS|RETURN_ERRORS|RETURN_ALL_ERRORS")


def _flag(name: str) -> Reader:
    def read(parser: Parser) -> bool:
        if parser.peek().kind != "string":
            return parser.boolean()
        text = parser.string()
        if text.upper() not in ("TRUE", "FALSE"):
            raise sqlerror.invalid_value(text, name)
        return text.upper() == "TRUE"

    return read


def _matching(name: str, pattern: re.Pattern[str]) -> Reader:
    def read(parser: Parser) -> str:
        value = parser.word_or_string()
        if not pattern.fullmatch(value.upper()):
            raise sqlerror.invalid_value(value, name)
        return value.upper()

    return read


def _size(parser: Parser) -> int | None:
    if parser.accept("NULL"):
        return None
    value = parser.integer()
    if value <= 0:
        raise sqlerror.invalid_value(value, "SIZE_LIMIT")
    return value


OF_STAGES: dict[str, Reader] = {
    "ON_ERROR": _matching("ON_ERROR", _ON_ERROR),
    "SIZE_LIMIT": _size,
    **{name: _flag(name) for name in ("PURGE", "RETURN_FAILED_ONLY", "ENFORCE_LENGTH", "TRUNCATECOLUMNS", "FORCE")},
    "MATCH_BY_COLUMN_NAME": _matching(
        "MATCH_BY_COLUMN_NAME", re.compile("CASE_SENSITIVE|CASE_INSENSITIVE|NONE")
    ),
}  # fmt: skip
OPTIONS: dict[str, Reader] = {
    **OF_STAGES,
    "FILES": Parser.strings,
    "PATTERN": Parser.string,
    "LOAD_UNCERTAIN_FILES": _flag("LOAD_UNCERTAIN_FILES"),
    "VALIDATION_MODE": _matching("VALIDATION_MODE", _VALIDATION),
    "FILE_PROCESSOR": lambda _: _refused("FILE_PROCESSOR"),
    "LOAD_MODE": lambda _: _refused("LOAD_MODE"),
}
# As DESCRIBE STAGE lists them: type and default
DESCRIBED: Mapping[str, tuple[str, str]] = {
    "ON_ERROR": ("String", "ABORT_STATEMENT"),
    "SIZE_LIMIT": ("Long", ""),
    "PURGE": ("Boolean", "false"),
    "RETURN_FAILED_ONLY": ("Boolean", "false"),
    "ENFORCE_LENGTH": ("Boolean", "true"),
    "TRUNCATECOLUMNS": ("Boolean", "false"),
    "FORCE": ("Boolean", "false"),
}


def _refused(name: str) -> Any:
    raise sqlerror.unsupported(f"COPY INTO … {name}")


def read_stage_options(parser: Parser) -> dict[str, Any]:
    """`COPY_OPTIONS = ( … )` of a stage."""
    parser.expect_operator("(")
    found = parser.options(OF_STAGES, "COPY_OPTIONS")
    parser.expect_operator(")")
    return found


def described(options: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Property, type, value and default of each option of a stage."""
    full = mirrored(options)
    return [(name, kind, _shown(full.get(name, default)), default) for name, (kind, default) in DESCRIBED.items()]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def mirrored(options: Mapping[str, Any]) -> dict[str, Any]:
    """ENFORCE_LENGTH and TRUNCATECOLUMNS are one option, said from two sides."""
    found = dict(options)
    if "TRUNCATECOLUMNS" in found:
        found["ENFORCE_LENGTH"] = not found["TRUNCATECOLUMNS"]
    elif "ENFORCE_LENGTH" in found:
        found["TRUNCATECOLUMNS"] = not found["ENFORCE_LENGTH"]
    return found
