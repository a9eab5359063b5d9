"""Parameters of the account, of users and sessions, and of objects: what they are, and what they may be.

https://docs.snowflake.com/en/sql-reference/parameters
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.parser import Parser, Reader

SESSION_LEVELS = ("SESSION", "USER", "ACCOUNT")


@dataclass(frozen=True)
class Parameter:
    """`values` are the only ones allowed, where they are few; `levels` where it can be set, the nearest first.

    `least` and `most` bound a number. `name_of` says that the value names an object (EVENT_TABLE = db.s.t).
    """

    name: str
    default: Any
    values: tuple[str, ...] = ()
    levels: tuple[str, ...] = SESSION_LEVELS
    least: int = 0
    most: int = 2**63 - 1
    name_of: str = ""
    description: str = ""

    @property
    def type(self) -> str:
        """BOOLEAN, NUMBER or STRING."""
        if isinstance(self.default, bool):
            return "BOOLEAN"
        return "NUMBER" if isinstance(self.default, int) else "STRING"

    def read(self, value: Any) -> Any:
        """A value given in SQL or by a client, in the parameter's own type. Raises SqlError 001008."""
        if self.type == "BOOLEAN":
            return self._boolean(value)
        if self.type == "NUMBER":
            return self._number(value)
        text = str(value)
        if self.values:
            return self._one_of(text)
        if self.name == "QUERY_TAG" and len(text) > 2000:
            raise sqlerror.invalid_value(text, self.name)
        return text

    def _boolean(self, value: Any) -> bool:
        found = {"TRUE": True, "FALSE": False, "ON": True, "OFF": False}.get(str(value).upper())
        if found is None:
            raise sqlerror.invalid_value(value, self.name)
        return found

    def _number(self, value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise sqlerror.invalid_value(value, self.name) from None
        if self.name == "DATA_RETENTION_TIME_IN_DAYS" and number > self.most:
            raise sqlerror.SqlError(
                1008, "22023", f"SQL compilation error:\nExceeds maximum allowable retention time ({self.most} day(s))."
            )
        if isinstance(value, bool) or not self.least <= number <= self.most:
            raise sqlerror.invalid_value(value, self.name)
        return number

    def _one_of(self, text: str) -> str:
        found = next((each for each in self.values if each.upper() == text.upper()), None)
        if found is None and self.name == "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE":
            found = next((each for each in self.values if each == text.upper().replace("-", "")), None)
        if found is None:
            raise sqlerror.invalid_value(text, self.name)
        return found

    def parse(self, parser: Parser) -> Any:
        """The value behind `NAME =`; None for NULL and DEFAULT, which unset it."""
        if parser.choice("NULL", "DEFAULT"):
            return None
        if self.name_of and parser.peek().kind in ("word", "quoted"):
            return ".".join(parser.name(3))
        token = parser.peek()
        return self.read(parser.word_or_string() if token.kind in ("word", "quoted") else parser.literal())

    def show(self, value: Any) -> str:
        """The value as SHOW PARAMETERS writes it."""
        return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


_TIMESTAMPS = ("TIMESTAMP_LTZ", "TIMESTAMP_NTZ", "TIMESTAMP_TZ")
_LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF")
_TRACE_LEVELS = ("ALWAYS", "ON_EVENT", "PROPAGATE", "OFF")
_METRIC_LEVELS = ("ALL", "NONE")
_SIZES = (
    "XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "XXXLARGE", "X2LARGE", "X3LARGE", "X4LARGE",
    "X5LARGE", "X6LARGE",
)  # fmt: skip

_ACCOUNT = ("ACCOUNT",)
_USER = ("USER", "ACCOUNT")
_SCHEMA = ("SCHEMA", "DATABASE", "ACCOUNT")
_TABLE = ("TABLE", *_SCHEMA)
_TASK = ("TASK", *_SCHEMA)
_WAREHOUSE = ("WAREHOUSE", "ACCOUNT")
_CODE = ("FUNCTION", "PROCEDURE", "TASK", "PIPE", "STREAM", "DYNAMIC TABLE", "TABLE", "VIEW", "SERVICE", *_SCHEMA)

_SESSION = (
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
    Parameter("CLIENT_PREFETCH_THREADS", 4, least=1, most=10),
    Parameter("CLIENT_RESULT_CHUNK_SIZE", 160, least=16, most=160),
    Parameter("CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", False),
    Parameter("CLIENT_SESSION_KEEP_ALIVE", False),
    Parameter("CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", 3600, least=900, most=3600),
    Parameter("CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", 65280),
    Parameter("CLIENT_TELEMETRY_ENABLED", True),
    Parameter("CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_LTZ", _TIMESTAMPS),
    Parameter("CLIENT_VALIDATE_DEFAULT_PARAMETERS", False),
    Parameter("CSV_TIMESTAMP_FORMAT", ""),
    Parameter("DATE_INPUT_FORMAT", "AUTO"),
    Parameter("DATE_OUTPUT_FORMAT", "YYYY-MM-DD"),
    Parameter("DEFAULT_NULL_ORDERING", "LAST", ("FIRST", "LAST")),
    Parameter("ENABLE_CONSOLE_OUTPUT", False, levels=("SESSION", "USER", *_SCHEMA)),
    Parameter("ENABLE_GET_DDL_USE_DATA_TYPE_ALIAS", False),
    Parameter("ENABLE_UNLOAD_PHYSICAL_TYPE_OPTIMIZATION", True),
    Parameter("ENABLE_UNREDACTED_QUERY_SYNTAX_ERROR", False, levels=_USER),
    Parameter("ENABLE_UNREDACTED_SECURE_OBJECT_ERROR", False, levels=_USER),
    Parameter("ERROR_ON_NONDETERMINISTIC_MERGE", True),
    Parameter("ERROR_ON_NONDETERMINISTIC_UPDATE", False),
    Parameter("EXPLICIT_TYPE_CASTING_IN_UNION", False),
    Parameter("GEOGRAPHY_OUTPUT_FORMAT", "GeoJSON", ("GeoJSON", "WKT", "WKB", "EWKT", "EWKB")),
    Parameter("GEOMETRY_OUTPUT_FORMAT", "GeoJSON", ("GeoJSON", "WKT", "WKB", "EWKT", "EWKB")),
    Parameter("HYBRID_TABLE_LOCK_TIMEOUT", 3600),
    Parameter("JDBC_TREAT_DECIMAL_AS_INT", True),
    Parameter("JDBC_TREAT_TIMESTAMP_NTZ_AS_UTC", False),
    Parameter("JDBC_USE_SESSION_TIMEZONE", True),
    Parameter("JSON_INDENT", 2, most=16),
    Parameter("JS_TREAT_INTEGER_AS_BIGINT", False),
    Parameter("LOCK_TIMEOUT", 43200),
    Parameter("LOG_LEVEL", "OFF", _LOG_LEVELS, levels=("SESSION", "USER", *_CODE)),
    Parameter("METRIC_LEVEL", "NONE", _METRIC_LEVELS, levels=("SESSION", "USER", *_CODE)),
    Parameter("MULTI_STATEMENT_COUNT", 1),
    Parameter("NOORDER_SEQUENCE_AS_DEFAULT", True),
    Parameter("ODBC_TREAT_DECIMAL_AS_INT", False),
    Parameter("PREVENT_LOAD_FROM_INLINE_URL", False),
    Parameter("PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "ARROW", ("ARROW", "ARROW_FORCE", "JSON")),
    Parameter("PYTHON_PROFILER_MODULES", ""),
    Parameter("PYTHON_PROFILER_TARGET_STAGE", ""),
    Parameter("QUERY_RESULT_FORMAT", "ARROW", ("ARROW", "ARROW_FORCE", "JSON")),
    Parameter("QUERY_TAG", ""),
    Parameter("QUOTED_IDENTIFIERS_IGNORE_CASE", False, levels=("SESSION", "USER", "TABLE", *_SCHEMA)),
    Parameter("ROWS_PER_RESULTSET", 0),
    Parameter("ROW_TIMESTAMP_DEFAULT", False, levels=_SCHEMA),
    Parameter("S3_STAGE_VPCE_DNS_NAME", ""),
    Parameter("SEARCH_PATH", "$current, $public"),
    Parameter("SIMULATED_DATA_SHARING_CONSUMER", ""),
    Parameter("SQL_API_NULLABLE_IN_RESULT_SET", True, levels=_ACCOUNT),
    Parameter("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", 0, levels=("SESSION", "USER", "WAREHOUSE", "ACCOUNT")),
    Parameter("STATEMENT_TIMEOUT_IN_SECONDS", 172800, levels=("SESSION", "USER", "WAREHOUSE", "ACCOUNT"), most=604800),
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
    Parameter("TRACE_LEVEL", "OFF", _TRACE_LEVELS, levels=("SESSION", "USER", *_CODE)),
    Parameter("TRANSACTION_ABORT_ON_ERROR", False),
    Parameter("TRANSACTION_DEFAULT_ISOLATION_LEVEL", "READ COMMITTED", ("READ COMMITTED",)),
    Parameter("TWO_DIGIT_CENTURY_START", 1970, least=1900, most=2100),
    Parameter("UNSUPPORTED_DDL_ACTION", "IGNORE", ("IGNORE", "FAIL")),
    Parameter("USE_CACHED_RESULT", True),
    Parameter("WEEK_OF_YEAR_POLICY", 0, most=1),
    Parameter("WEEK_START", 0, most=7),
)

_OBJECTS = (
    Parameter("AUTO_EVENT_LOGGING", "OFF", ("LOGGING", "TRACING", "ALL", "OFF"), levels=("PROCEDURE", *_SCHEMA)),
    Parameter("BASE_LOCATION_PREFIX", "", levels=_SCHEMA),
    Parameter("CATALOG", "", levels=_SCHEMA, name_of="INTEGRATION"),
    Parameter("CATALOG_SYNC", "", levels=_SCHEMA, name_of="INTEGRATION"),
    Parameter("CATALOG_SYNC_NAMESPACE_FLATTEN_DELIMITER", "", levels=("DATABASE",)),
    Parameter("CATALOG_SYNC_NAMESPACE_MODE", "NEST", ("NEST", "FLATTEN"), levels=("DATABASE",)),
    Parameter("CLASSIFICATION_PROFILE", "", levels=("SCHEMA", "DATABASE"), name_of="CLASSIFICATION PROFILE"),
    Parameter("DATA_METRIC_SCHEDULE", "", levels=("TABLE", "VIEW")),
    Parameter("DATA_QUALITY_MONITORING_SETTINGS", "", levels=("TABLE", "SCHEMA", "DATABASE")),
    Parameter("DATA_RETENTION_TIME_IN_DAYS", 1, levels=_TABLE, most=90),
    Parameter("DEFAULT_DDL_COLLATION", "", levels=_TABLE),
    Parameter("DEFAULT_NOTEBOOK_COMPUTE_POOL_CPU", "SYSTEM_COMPUTE_POOL_CPU", levels=_SCHEMA, name_of="COMPUTE POOL"),
    Parameter("DEFAULT_NOTEBOOK_COMPUTE_POOL_GPU", "SYSTEM_COMPUTE_POOL_GPU", levels=_SCHEMA, name_of="COMPUTE POOL"),
    Parameter(
        "DEFAULT_STREAMLIT_NOTEBOOK_WAREHOUSE", "SYSTEM$STREAMLIT_NOTEBOOK_WH", levels=_SCHEMA, name_of="WAREHOUSE"
    ),
    Parameter("DISABLE_UI_DOWNLOAD_BUTTON", False, levels=_USER),
    Parameter("ENABLE_DATA_COMPACTION", True, levels=_TABLE),
    Parameter("ENABLE_ICEBERG_MERGE_ON_READ", True, levels=_TABLE),
    Parameter("EVENT_TABLE", "snowflake.telemetry.events", levels=("DATABASE", "ACCOUNT"), name_of="EVENT TABLE"),
    Parameter("EXTERNAL_VOLUME", "", levels=_SCHEMA, name_of="EXTERNAL VOLUME"),
    Parameter("ICEBERG_DEFAULT_DDL_COLLATION", "", levels=_TABLE),
    Parameter("LOG_EVENT_LEVEL", "OFF", _LOG_LEVELS, levels=_CODE),
    Parameter("MAX_CONCURRENCY_LEVEL", 8, levels=_WAREHOUSE, least=1, most=32),
    Parameter("MAX_DATA_EXTENSION_TIME_IN_DAYS", 14, levels=_TABLE, most=90),
    Parameter("NETWORK_POLICY", "", levels=_USER, name_of="NETWORK POLICY"),
    Parameter("OBJECT_VISIBILITY", "", levels=_SCHEMA),
    Parameter("PIPE_EXECUTION_PAUSED", False, levels=("PIPE", *_SCHEMA)),
    Parameter("PREVENT_UNLOAD_TO_INTERNAL_STAGES", False, levels=_USER),
    Parameter("REPLACE_INVALID_CHARACTERS", False, levels=_TABLE),
    Parameter("REPLICABLE_WITH_FAILOVER_GROUPS", "UNSET", ("YES", "NO", "UNSET"), levels=("SCHEMA", "DATABASE")),
    Parameter("SERVERLESS_TASK_MAX_STATEMENT_SIZE", "X2LARGE", _SIZES, levels=_TASK),
    Parameter("SERVERLESS_TASK_MIN_STATEMENT_SIZE", "XSMALL", _SIZES, levels=_TASK),
    Parameter("STORAGE_SERIALIZATION_POLICY", "OPTIMIZED", ("COMPATIBLE", "OPTIMIZED"), levels=_TABLE),
    Parameter("SUSPEND_TASK_AFTER_NUM_FAILURES", 10, levels=_TASK),
    Parameter("TASK_AUTO_RETRY_ATTEMPTS", 0, levels=_TASK, most=30),
    Parameter("USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE", "MEDIUM", _SIZES, levels=_TASK),
    Parameter("USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS", 30, levels=_TASK, least=10, most=604800),
    Parameter("USER_TASK_TIMEOUT_MS", 3600000, levels=_TASK, most=604800000),
)

_ACCOUNTS = tuple(
    Parameter(name, default, levels=_ACCOUNT)
    for name, default in {
        "ALLOW_CLIENT_MFA_CACHING": False,
        "ALLOW_ID_TOKEN": False,
        "CLIENT_ENCRYPTION_KEY_SIZE": 128,
        "CORTEX_ENABLED_CROSS_REGION": "DISABLED",
        "CORTEX_MODELS_ALLOWLIST": "ALL",
        "DISABLE_USER_PRIVILEGE_GRANTS": False,
        "ENABLE_AUTOMATIC_SENSITIVE_DATA_CLASSIFICATION_LOG": True,
        "ENABLE_BUDGET_EVENT_LOGGING": True,
        "ENABLE_EGRESS_COST_OPTIMIZER": False,
        "ENABLE_IDENTIFIER_FIRST_LOGIN": True,
        "ENABLE_INTERNAL_STAGES_PRIVATELINK": False,
        "ENABLE_NOTEBOOK_CREATION_IN_PERSONAL_DB": False,
        "ENABLE_PERSONAL_DATABASE": False,
        "ENABLE_SPCS_BLOCK_STORAGE_SNOWFLAKE_FULL_ENCRYPTION_ENFORCEMENT": False,
        "ENABLE_TAG_PROPAGATION_EVENT_LOGGING": False,
        "ENABLE_TRI_SECRET_AND_REKEY_OPT_OUT_FOR_IMAGE_REPOSITORY": False,
        "ENABLE_TRI_SECRET_AND_REKEY_OPT_OUT_FOR_SPCS_BLOCK_STORAGE": False,
        "ENABLE_UNHANDLED_EXCEPTIONS_REPORTING": True,
        "ENFORCE_NETWORK_RULES_FOR_INTERNAL_STAGES": False,
        "EXTERNAL_OAUTH_ADD_PRIVILEGED_ROLES_TO_BLOCKED_LIST": True,
        "INITIAL_REPLICATION_SIZE_LIMIT_IN_TB": "10.0",
        "LISTING_AUTO_FULFILLMENT_REPLICATION_REFRESH_SCHEDULE": "",
        "MIN_DATA_RETENTION_TIME_IN_DAYS": 0,
        "OAUTH_ADD_PRIVILEGED_ROLES_TO_BLOCKED_LIST": True,
        "PERIODIC_DATA_REKEYING": False,
        "PREVENT_UNLOAD_TO_INLINE_URL": False,
        "REQUIRE_STORAGE_INTEGRATION_FOR_STAGE_CREATION": False,
        "REQUIRE_STORAGE_INTEGRATION_FOR_STAGE_OPERATION": False,
        "SAML_IDENTITY_PROVIDER": "",
        "SQL_TRACE_QUERY_TEXT": "OFF",
        "SSO_LOGIN_PAGE": False,
        "USE_WORKSPACES_FOR_SQL": "",
    }.items()
)

ALL: Mapping[str, Parameter] = {each.name: each for each in sorted((*_SESSION, *_OBJECTS, *_ACCOUNTS),
                                                                    key=lambda each: each.name)}  # fmt: skip
PARAMETERS: Mapping[str, Parameter] = {name: each for name, each in ALL.items() if "SESSION" in each.levels}


def parameter(name: str) -> Parameter:
    """The session parameter of that name. Raises SqlError 001006."""
    found = PARAMETERS.get(name.upper())
    if found is None:
        raise sqlerror.invalid_parameter(name)
    return found


def settable(level: str) -> Iterable[Parameter]:
    """The parameters that ALTER … SET knows for a kind of object, a user, or the ACCOUNT. A task has those of a
    session besides its own.

    https://docs.snowflake.com/en/sql-reference/sql/alter-task
    """
    return (
        each for each in ALL.values() if level in each.levels or (level == "TASK" and "SESSION" in each.levels)
    )  # fmt: skip


def readers(level: str) -> dict[str, Reader]:
    """The same as readers of values, for the properties of a kind."""
    return {each.name: each.parse for each in settable(level)}
