"""Snowflake's commands and kinds of object by name: what the sandbox may refuse as what it is.

https://docs.snowflake.com/en/sql-reference/sql-all
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

# Kinds of object that CREATE, ALTER, DROP, DESCRIBE, UNDROP and COMMENT ON may name.
KINDS = frozenset((
    # the account
    "ACCOUNT", "API INTEGRATION", "APPLICATION", "APPLICATION PACKAGE", "CATALOG INTEGRATION", "COMPUTE POOL",
    "CONNECTION", "DATABASE", "EXTERNAL ACCESS INTEGRATION", "EXTERNAL VOLUME", "FAILOVER GROUP", "INTEGRATION",
    "LISTING", "MANAGED ACCOUNT", "NETWORK POLICY", "NOTIFICATION INTEGRATION", "OFFER", "ORGANIZATION ACCOUNT",
    "ORGANIZATION LISTING", "ORGANIZATION PROFILE", "ORGANIZATION USER", "ORGANIZATION USER GROUP", "PRICING PLAN",
    "PROVISIONED THROUGHPUT", "REPLICATION GROUP", "RESOURCE MONITOR", "ROLE", "SECURITY INTEGRATION", "SESSION",
    "SHARE", "STORAGE INTEGRATION", "USER", "WAREHOUSE", "ADAPTIVE WAREHOUSE", "INTERACTIVE WAREHOUSE",
    # a database
    "APPLICATION ROLE", "DATABASE ROLE", "SCHEMA", "VERSIONED SCHEMA",
    # a schema: tables and views
    "DYNAMIC ICEBERG TABLE", "DYNAMIC INTERACTIVE TABLE", "DYNAMIC TABLE", "EVENT TABLE", "EXTERNAL TABLE",
    "HYBRID TABLE", "ICEBERG TABLE", "INDEX", "INTERACTIVE MATERIALIZED VIEW", "INTERACTIVE TABLE",
    "MATERIALIZED VIEW", "ONLINE FEATURE TABLE",
    "READ ONLY TABLE", "SEMANTIC VIEW", "TABLE", "VIEW",
    # a schema: policies
    "AGGREGATION POLICY", "AUTHENTICATION POLICY", "BACKUP POLICY", "FEATURE POLICY", "JOIN POLICY",
    "MAINTENANCE POLICY", "MASKING POLICY", "PACKAGES POLICY", "PASSWORD POLICY", "PRIVACY POLICY",
    "PROJECTION POLICY", "ROW ACCESS POLICY", "SESSION POLICY", "SNAPSHOT POLICY", "STORAGE LIFECYCLE POLICY",
    # a schema: the rest
    "AGENT", "AGGREGATE FUNCTION", "ALERT", "BACKUP SET", "CONTACT", "CORTEX AGENT", "CORTEX SEARCH SERVICE",
    "DATA METRIC FUNCTION", "DATASET", "DBT PROJECT", "DCM PROJECT", "EXPERIMENT", "EXTERNAL AGENT",
    "EXTERNAL FUNCTION", "FILE FORMAT", "FUNCTION", "GATEWAY", "GIT REPOSITORY", "IMAGE REPOSITORY", "JOB",
    "MCP SERVER", "MODEL", "MODEL MONITOR", "NETWORK RULE", "NOTEBOOK", "NOTEBOOK PROJECT", "PIPE", "PROCEDURE",
    "SECRET", "SEQUENCE", "SERVICE", "SNAPSHOT", "SNAPSHOT SET", "STAGE", "STREAM", "STREAMLIT", "TAG", "TASK",
    "TYPE", "WORKSPACE",
))  # fmt: skip

_IRREGULAR = {"INDEX": "INDEXES", "PROVISIONED THROUGHPUT": "PROVISIONED THROUGHPUTS"}


def plural(kind: str) -> str:
    """What SHOW calls a kind: https://docs.snowflake.com/en/sql-reference/sql/show"""
    if kind in _IRREGULAR:
        return _IRREGULAR[kind]
    return kind[:-1] + "IES" if kind.endswith(("POLICY", "REPOSITORY")) else kind + "S"


# What SHOW lists besides objects of a kind.
_LISTED = frozenset((
    "ACCOUNTS", "ALL PARAMETERS", "APPLICATION ROLES", "AVAILABLE LISTINGS", "AVAILABLE OFFERS",
    "AVAILABLE ORGANIZATION PROFILES", "BUILTIN FUNCTIONS", "CALLER GRANTS", "CHANNELS", "CLASSES", "COLUMNS",
    "CONTACTS", "DELEGATED AUTHORIZATIONS", "DEPLOYMENTS", "ENDPOINTS", "EXPORTED KEYS", "FUTURE GRANTS",
    "GIT BRANCHES", "GIT TAGS", "GRANTS", "IMAGES", "IMPORTED KEYS", "LOCKS",
    "MFA METHODS", "OBJECTS", "PARAMETERS", "PRIMARY KEYS", "PROGRAMMATIC ACCESS TOKENS",
    "REFERENCES", "REGIONS", "RELEASE CHANNELS", "RELEASE DIRECTIVES", "REPLICATION ACCOUNTS",
    "REPLICATION DATABASES", "RESTRICTED GRANTS", "RUNS", "SEMANTIC DIMENSIONS", "SEMANTIC FACTS",
    "SEMANTIC METRICS", "SERVICE CONTAINERS", "SERVICE INSTANCES", "SERVICE VOLUMES", "SHARED CONTENT",
    "SPECIFICATIONS", "TELEMETRY EVENT DEFINITIONS", "TRANSACTIONS", "UNIQUE KEYS", "USER FUNCTIONS",
    "USER PROCEDURES", "USER WORKLOAD IDENTITY AUTHENTICATION METHODS",
    "VARIABLES", "VERSIONS",
    "WORKLOAD IDENTITY AUTHENTICATION METHODS",
))  # fmt: skip
SHOWN = _LISTED | {plural(kind) for kind in KINDS}

_AFTER: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("CREATE", "ALTER", "DROP", "UNDROP", "COMMENT ON", "COMMENT IF EXISTS ON"), KINDS),
    **dict.fromkeys(("DESCRIBE", "DESC"), KINDS | {"RESULT", "SEARCH OPTIMIZATION", "TRANSACTION"}),
    **dict.fromkeys(("SHOW", "SHOW TERSE"), SHOWN),
    **dict.fromkeys(("DESCRIBE AS RESOURCE", "DESC AS RESOURCE"), KINDS),
    "SHOW AS RESOURCE": SHOWN,
    "EXECUTE": frozenset((
        "ALERT", "DATA METRIC FUNCTION", "DBT PROJECT", "DCM PROJECT", "IMMEDIATE", "JOB SERVICE", "MANAGED TASK",
        "NOTEBOOK", "NOTEBOOK PROJECT", "SERVICE", "STREAMLIT", "TASK", "WORKSPACE",
    )),
    "USE": frozenset(("CATALOG", "DATABASE", "ROLE", "SCHEMA", "SECONDARY ROLES", "WAREHOUSE")),
    "COPY": frozenset(("FILES", "INTO")),
    "START": frozenset(("TRANSACTION",)),
}  # fmt: skip

# First words of Snowflake's commands. With nothing in _AFTER, the first word names the command.
COMMANDS = frozenset((
    "ALTER", "BEGIN", "CALL", "COMMENT", "COMMIT", "COPY", "CREATE", "DECLARE", "DELETE", "DESC", "DESCRIBE",
    "DROP", "EXECUTE", "EXPLAIN", "GET", "GRANT", "INSERT", "LIST", "LS", "MERGE", "PUT", "REMOVE", "RM", "REVOKE",
    "ROLLBACK", "SET", "SHOW", "START", "TRUNCATE", "UNDROP", "UNSET", "UPDATE", "USE",
))  # fmt: skip


def named(words: Sequence[str]) -> str | None:
    """The command that a statement's first words name, e.g. CREATE HYBRID TABLE; None where Snowflake has none."""
    first = words[0]
    for verb in _verbs(words):
        size = len(verb.split())
        found = _longest(words[size:], _AFTER[verb])
        if found is not None:
            return f"{verb} {found}"
    if first in _AFTER:
        return None
    return first


def _verbs(words: Sequence[str]) -> Iterable[str]:
    """The keys of _AFTER that the words begin with, the longest first."""
    for size in range(min(len(words), 4), 0, -1):
        verb = " ".join(words[:size])
        if verb in _AFTER:
            yield verb


def _longest(words: Sequence[str], names: frozenset[str]) -> str | None:
    for size in range(len(words), 0, -1):
        name = " ".join(words[:size])
        if name in names:
            return name
    return None
