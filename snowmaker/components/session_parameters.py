"""Parameters of a session that an object sets for what runs in its name.

https://docs.snowflake.com/en/sql-reference/parameters#session-parameters
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Pairs, Property, Row
from snowmaker.components.types import Schema, Scope, Type
from snowmaker.suggest import did_you_mean


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BOOLEANS = _words(
    """
    ABORT_DETACHED_QUERY AUTOCOMMIT CLIENT_ENABLE_LOG_INFO_STATEMENT_PARAMETERS
    CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX CLIENT_METADATA_USE_SESSION_DATABASE
    CLIENT_RESULT_COLUMN_CASE_INSENSITIVE CLIENT_SESSION_KEEP_ALIVE ENABLE_CONSOLE_OUTPUT ENABLE_CORTEX_ANALYST
    ENABLE_GET_DDL_USE_DATA_TYPE_ALIAS ENABLE_UNLOAD_PHYSICAL_TYPE_OPTIMIZATION ERROR_ON_NONDETERMINISTIC_MERGE
    ERROR_ON_NONDETERMINISTIC_UPDATE EXPLICIT_TYPE_CASTING_IN_UNION JDBC_TREAT_DECIMAL_AS_INT
    JDBC_TREAT_TIMESTAMP_NTZ_AS_UTC JDBC_USE_SESSION_TIMEZONE JS_TREAT_INTEGER_AS_BIGINT NOORDER_SEQUENCE_AS_DEFAULT
    ODBC_TREAT_DECIMAL_AS_INT QUOTED_IDENTIFIERS_IGNORE_CASE STRICT_JSON_OUTPUT TIMESTAMP_DAY_IS_ALWAYS_24H
    TRANSACTION_ABORT_ON_ERROR USE_CACHED_RESULT
    """
)
NUMBERS = _words(
    """
    CLIENT_MEMORY_LIMIT CLIENT_PREFETCH_THREADS CLIENT_RESULT_CHUNK_SIZE
    CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY HYBRID_TABLE_LOCK_TIMEOUT JSON_INDENT LOCK_TIMEOUT
    MULTI_STATEMENT_COUNT ROWS_PER_RESULTSET STATEMENT_QUEUED_TIMEOUT_IN_SECONDS STATEMENT_TIMEOUT_IN_SECONDS
    TWO_DIGIT_CENTURY_START WEEK_OF_YEAR_POLICY WEEK_START
    """
)
TEXTS = _words(
    """
    ACTIVE_PYTHON_PROFILER BINARY_INPUT_FORMAT BINARY_OUTPUT_FORMAT CLIENT_TIMESTAMP_TYPE_MAPPING CSV_TIMESTAMP_FORMAT
    DATE_INPUT_FORMAT DATE_OUTPUT_FORMAT DEFAULT_NULL_ORDERING GEOGRAPHY_OUTPUT_FORMAT GEOMETRY_OUTPUT_FORMAT LOG_LEVEL
    METRIC_LEVEL PYTHON_PROFILER_MODULES PYTHON_PROFILER_TARGET_STAGE QUERY_TAG S3_STAGE_VPCE_DNS_NAME SEARCH_PATH
    SIMULATED_DATA_SHARING_CONSUMER TIMESTAMP_INPUT_FORMAT TIMESTAMP_LTZ_OUTPUT_FORMAT TIMESTAMP_NTZ_OUTPUT_FORMAT
    TIMESTAMP_OUTPUT_FORMAT TIMESTAMP_TYPE_MAPPING TIMESTAMP_TZ_OUTPUT_FORMAT TIMEZONE TIME_INPUT_FORMAT
    TIME_OUTPUT_FORMAT TRACE_LEVEL TRANSACTION_DEFAULT_ISOLATION_LEVEL UNSUPPORTED_DDL_ACTION
    """
)
NAMES = BOOLEANS | NUMBERS | TEXTS


@dataclass(frozen=True)
class SessionParameters(Type):
    """Parameters by name: `{timezone: Europe/Berlin, week_start: 1}`; not those that are `properties` by themselves.

    `between` separates them in SQL.
    """

    properties: frozenset[str] = frozenset()
    between: str = ", "

    def read(self, value: Any, scope: Scope) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, Mapping):
            raise ValueError("is a mapping of parameters to values")
        return tuple(sorted((self._name(str(name)), _text(name, one)) for name, one in value.items()))

    def literal(self, value: Any) -> str:
        return self.between.join(_assigned(name, text) for name, text in value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return {name.lower(): _plain(name, text) for name, text in value}

    def same(self, one: Any, other: Any) -> bool:
        return _comparable(one) == _comparable(other)

    @property
    def schema(self) -> Schema:
        names = sorted(name.lower() for name in NAMES - self.properties)
        return {"type": "object", "properties": {name: {} for name in names}}

    def _name(self, name: str) -> str:
        upper = name.upper()
        if upper in self.properties:
            raise ValueError(f"has {name}, which is a property of its own")
        if upper not in NAMES:
            hint = did_you_mean(name, [one.lower() for one in NAMES - self.properties])
            raise ValueError(f"has {name}, which is no parameter of a session" + (f"; {hint}" if hint else ""))
        return upper


def session_parameters(*properties: str, between: str = ", ") -> Property:
    """The property `parameters`, of a kind that has some of these parameters as properties of their own."""
    kind = SessionParameters(frozenset(name.upper() for name in properties), between)
    return Property("parameters", kind, default=(), source="own", form="{}", alter=partial(_altered, between))


def own_parameters(level: str, properties: Iterable[str], row: Row) -> tuple[tuple[str, str], ...]:
    """The parameters of a session that are set at a level, but for those that are properties."""
    names = NAMES - {name.upper() for name in properties}
    set_here = {name: value for name, (value, at) in row.parameters.items() if at == level}
    return tuple(sorted((name, value) for name, value in set_here.items() if name in names))


def _altered(between: str, target: str, old: Any, new: Any) -> Pairs:
    """SET what differs, UNSET what is gone: https://docs.snowflake.com/en/sql-reference/sql/alter-task"""
    before, after = dict(old or ()), dict(new or ())
    gone = [name for name in before if name not in after]
    changed = [name for name, text in after.items() if _key(name, before.get(name, "")) != _key(name, text)]
    changed += [name for name in after if name not in before and name not in changed]
    pairs: Pairs = []
    if gone:
        pairs.append((_unset(target, gone), (_set(target, before, gone, between),)))
    if changed:
        kept, fresh = [name for name in changed if name in before], [name for name in changed if name not in before]
        undo = ((_set(target, before, kept, between),) if kept else ()) + ((_unset(target, fresh),) if fresh else ())
        pairs.append((_set(target, after, changed, between), undo))
    return pairs


def _set(target: str, values: Mapping[str, str], names: Iterable[str], between: str) -> str:
    return f"ALTER {target} SET {between.join(_assigned(name, values[name]) for name in names)}"


def _unset(target: str, names: Iterable[str]) -> str:
    return f"ALTER {target} UNSET {', '.join(names)}"


def _assigned(name: str, text: str) -> str:
    bare = name in BOOLEANS or (name in NUMBERS and text.isdigit())
    return f"{name} = {text.upper() if bare else sql.quote_literal(text)}"


def _text(name: object, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise ValueError(f"has {name}, which is a text, a number, true or false")
    return str(value)


def _plain(name: str, text: str) -> Any:
    if name in BOOLEANS:
        return text.lower() == "true"
    return int(text) if name in NUMBERS and text.isdigit() else text


def _comparable(value: Any) -> list[tuple[str, str]]:
    return sorted((name, _key(name, text)) for name, text in value)


def _key(name: str, text: str) -> str:
    """The case of a value counts in texts that people read alone."""
    return text if name == "QUERY_TAG" else text.upper()
