"""Session parameters: https://docs.snowflake.com/en/sql-reference/parameters"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import sqlerror


@dataclass(frozen=True)
class Parameter:
    """`type` is BOOLEAN, NUMBER or STRING; `values` the only ones allowed, where they are few."""

    name: str
    default: Any
    values: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        if isinstance(self.default, bool):
            return "BOOLEAN"
        return "NUMBER" if isinstance(self.default, int) else "STRING"

    def read(self, value: Any) -> Any:
        """A value given in SQL or by a client, in the parameter's own type. Raises SqlError 001008."""
        if self.type == "BOOLEAN":
            if str(value).upper() not in ("TRUE", "FALSE"):
                raise sqlerror.invalid_value(value, self.name)
            return str(value).upper() == "TRUE"
        if self.type == "NUMBER":
            try:
                return int(value)
            except (TypeError, ValueError):
                raise sqlerror.invalid_value(value, self.name) from None
        text = str(value)
        if self.values and text.upper() not in self.values:
            raise sqlerror.invalid_value(value, self.name)
        if self.name == "QUERY_TAG" and len(text) > 2000:
            raise sqlerror.invalid_value(text, self.name)
        return text

    def show(self, value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)


_TIMESTAMPS = ("TIMESTAMP_LTZ", "TIMESTAMP_NTZ", "TIMESTAMP_TZ")

PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        Parameter("ABORT_DETACHED_QUERY", False),
        Parameter("ACTIVE_PYTHON_PROFILER", ""),
        Parameter("AUTOCOMMIT", True),
        Parameter("AUTOCOMMIT_API_SUPPORTED", True),
        Parameter("BINARY_INPUT_FORMAT", "HEX", ("HEX", "BASE64", "UTF8", "UTF-8")),
        Parameter("BINARY_OUTPUT_FORMAT", "HEX", ("HEX", "BASE64")),
        Parameter("CLIENT_ENABLE_LOG_INFO_STATEMENT_PARAMETERS", False),
        Parameter("CLIENT_MEMORY_LIMIT", 1536),
        Parameter("CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX", False),
        Parameter("CLIENT_METADATA_USE_SESSION_DATABASE", False),
        Parameter("CLIENT_PREFETCH_THREADS", 4),
        Parameter("CLIENT_RESULT_CHUNK_SIZE", 160),
        Parameter("CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", False),
        Parameter("CLIENT_SESSION_KEEP_ALIVE", False),
        Parameter("CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", 3600),
        Parameter("CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", 65280),
        Parameter("CLIENT_TELEMETRY_ENABLED", False),
        Parameter("CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_LTZ", _TIMESTAMPS),
        Parameter("CLIENT_VALIDATE_DEFAULT_PARAMETERS", False),
        Parameter("DATE_INPUT_FORMAT", "AUTO"),
        Parameter("DATE_OUTPUT_FORMAT", "YYYY-MM-DD"),
        Parameter("DEFAULT_NULL_ORDERING", "LAST", ("FIRST", "LAST")),
        Parameter("ENABLE_CONSOLE_OUTPUT", False),
        Parameter("ENABLE_UNLOAD_PHYSICAL_TYPE_OPTIMIZATION", True),
        Parameter("ERROR_ON_NONDETERMINISTIC_MERGE", True),
        Parameter("ERROR_ON_NONDETERMINISTIC_UPDATE", False),
        Parameter("GEOGRAPHY_OUTPUT_FORMAT", "GeoJSON"),
        Parameter("GEOMETRY_OUTPUT_FORMAT", "GeoJSON"),
        Parameter("HYBRID_TABLE_LOCK_TIMEOUT", 3600),
        Parameter("JDBC_TREAT_DECIMAL_AS_INT", True),
        Parameter("JDBC_TREAT_TIMESTAMP_NTZ_AS_UTC", False),
        Parameter("JDBC_USE_SESSION_TIMEZONE", True),
        Parameter("JSON_INDENT", 2),
        Parameter("JS_TREAT_INTEGER_AS_BIGINT", False),
        Parameter("LOCK_TIMEOUT", 43200),
        Parameter("LOG_LEVEL", "OFF"),
        Parameter("METRIC_LEVEL", "NONE"),
        Parameter("MULTI_STATEMENT_COUNT", 1),
        Parameter("NOORDER_SEQUENCE_AS_DEFAULT", True),
        Parameter("ODBC_TREAT_DECIMAL_AS_INT", False),
        Parameter("PREVENT_LOAD_FROM_INLINE_URL", False),
        Parameter("PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "ARROW", ("ARROW", "ARROW_FORCE", "JSON")),
        Parameter("QUERY_RESULT_FORMAT", "ARROW", ("ARROW", "JSON")),
        Parameter("QUERY_TAG", ""),
        Parameter("QUOTED_IDENTIFIERS_IGNORE_CASE", False),
        Parameter("ROWS_PER_RESULTSET", 0),
        Parameter("S3_STAGE_VPCE_DNS_NAME", ""),
        Parameter("SEARCH_PATH", "$current, $public"),
        Parameter("SIMULATED_DATA_SHARING_CONSUMER", ""),
        Parameter("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", 0),
        Parameter("STATEMENT_TIMEOUT_IN_SECONDS", 172800),
        Parameter("STRICT_JSON_OUTPUT", False),
        Parameter("TIMESTAMP_DAY_IS_ALWAYS_24H", False),
        Parameter("TIMESTAMP_INPUT_FORMAT", "AUTO"),
        Parameter("TIMESTAMP_LTZ_OUTPUT_FORMAT", ""),
        Parameter("TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3"),
        Parameter("TIMESTAMP_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"),
        Parameter("TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ", _TIMESTAMPS),
        Parameter("TIMESTAMP_TZ_OUTPUT_FORMAT", ""),
        Parameter("TIMEZONE", "America/Los_Angeles"),
        Parameter("TIME_INPUT_FORMAT", "AUTO"),
        Parameter("TIME_OUTPUT_FORMAT", "HH24:MI:SS"),
        Parameter("TRACE_LEVEL", "OFF"),
        Parameter("TRANSACTION_ABORT_ON_ERROR", False),
        Parameter("TRANSACTION_DEFAULT_ISOLATION_LEVEL", "READ COMMITTED"),
        Parameter("TWO_DIGIT_CENTURY_START", 1970),
        Parameter("UNSUPPORTED_DDL_ACTION", "IGNORE", ("IGNORE", "FAIL")),
        Parameter("USE_CACHED_RESULT", True),
        Parameter("WEEK_OF_YEAR_POLICY", 0),
        Parameter("WEEK_START", 0),
    )
}


def parameter(name: str) -> Parameter:
    """The session parameter of that name. Raises SqlError 001006."""
    found = PARAMETERS.get(name.upper())
    if found is None:
        raise sqlerror.invalid_parameter(name)
    return found
