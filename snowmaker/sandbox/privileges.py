"""Which privileges each kind of object has: what GRANT may give on it, and what GRANT ALL gives.

https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

from collections.abc import Mapping

from snowmaker.sandbox.access import ACCOUNT_PRIVILEGES
from snowmaker.sandbox.kinds import KINDS

ALL = "ALL"
IMPORTED = "IMPORTED PRIVILEGES"  # on an imported database, where SHOW GRANTS calls it USAGE

# What can be made in a schema by one who was given CREATE and the name
_MADE_IN_SCHEMA = (
    "AGENT", "AGGREGATION POLICY", "ALERT", "AUTHENTICATION POLICY", "BACKUP POLICY", "BACKUP SET", "CONTACT",
    "CORTEX SEARCH SERVICE", "DATA METRIC FUNCTION", "DATASET", "DBT PROJECT", "DYNAMIC TABLE", "EVENT TABLE",
    "EXPERIMENT", "EXTERNAL AGENT", "EXTERNAL TABLE", "FEATURE POLICY", "FILE FORMAT", "FUNCTION", "GATEWAY",
    "GIT REPOSITORY", "HYBRID TABLE", "ICEBERG TABLE", "IMAGE REPOSITORY", "INTERACTIVE TABLE", "JOIN POLICY",
    "MASKING POLICY", "MATERIALIZED VIEW", "MCP SERVER", "MODEL", "MODEL MONITOR", "MULTI PARTY APPROVAL POLICY",
    "NETWORK RULE", "NOTEBOOK", "NOTEBOOK PROJECT", "ONLINE FEATURE TABLE", "PACKAGES POLICY", "PASSWORD POLICY",
    "PIPE", "PRIVACY POLICY", "PROCEDURE", "PROJECTION POLICY", "ROW ACCESS POLICY", "SECRET", "SEMANTIC VIEW",
    "SEQUENCE", "SERVICE", "SESSION POLICY", "SNAPSHOT", "SNAPSHOT POLICY", "SNAPSHOT SET", "SNOWFLAKE.CORE.BUDGET",
    "SNOWFLAKE.DATA_PRIVACY.CLASSIFICATION_PROFILE", "SNOWFLAKE.DATA_PRIVACY.CUSTOM_CLASSIFIER",
    "SNOWFLAKE.ML.ANOMALY_DETECTION", "SNOWFLAKE.ML.CLASSIFICATION", "SNOWFLAKE.ML.DOCUMENT_INTELLIGENCE",
    "SNOWFLAKE.ML.FORECAST", "SNOWFLAKE.ML.TOP_INSIGHTS", "STAGE", "STORAGE LIFECYCLE POLICY", "STREAM", "STREAMLIT",
    "TABLE", "TAG", "TASK", "TEMPORARY TABLE", "TYPE", "VIEW", "WORKSPACE",
)  # fmt: skip

_TABLE = (
    "APPLYBUDGET", "DELETE", "DELETE ERROR TABLE", "EVOLVE SCHEMA", "INSERT", "REBUILD", "REFERENCES", "SELECT",
    "SELECT ERROR TABLE", "TRUNCATE", "UPDATE",
)  # fmt: skip
_ROUTINE = ("MONITOR", "USAGE")
_POLICY = ("APPLY",)

# The kinds whose own files do not say it (Kind.grants)
_PRIVILEGES: Mapping[str, tuple[str, ...]] = {
    "DATABASE": (
        "APPLYBUDGET", "CREATE DATABASE ROLE", "CREATE SCHEMA", "EXECUTE AUTO CLASSIFICATION", "MODIFY", "MONITOR",
        "USAGE",
    ),
    "SCHEMA": (
        "ADD SEARCH OPTIMIZATION", "APPLYBUDGET", *(f"CREATE {kind}" for kind in _MADE_IN_SCHEMA),
        "EXECUTE AUTO CLASSIFICATION", "MODIFY", "MONITOR", "USAGE",
    ),
    "TABLE": _TABLE,
    "VIEW": (*_TABLE, "VIEW EXPANDED QUERY PROFILE"),
    "MATERIALIZED VIEW": ("APPLYBUDGET", "DELETE", "INSERT", "REFERENCES", "SELECT", "TRUNCATE", "UPDATE"),
    "DYNAMIC TABLE": ("MONITOR", "OPERATE", "SELECT"),
    "EVENT TABLE": ("APPLYBUDGET", "DELETE", "INSERT", "REFERENCES", "SELECT", "TRUNCATE", "UPDATE"),
    "EXTERNAL TABLE": ("REFERENCES", "SELECT"),
    "HYBRID TABLE": _TABLE,
    "ICEBERG TABLE": _TABLE,
    "AGENT": ("MODIFY", "MONITOR", "USAGE"),
    "CORTEX SEARCH SERVICE": ("MONITOR", "OPERATE", "USAGE"),
    "DATASET": ("USAGE",),
    "GIT REPOSITORY": ("READ", "WRITE"),
    "IMAGE REPOSITORY": ("READ", "WRITE"),
    "MODEL": ("READ", "USAGE"),
    "NOTEBOOK": ("USAGE",),
    "SEMANTIC VIEW": ("MONITOR", "REFERENCES", "SELECT"),
    "SERVICE": ("MONITOR", "OPERATE", "USAGE"),
    "STREAMLIT": ("USAGE",),
    "STAGE": ("READ", "USAGE", "WRITE"),
    "FILE FORMAT": ("USAGE",),
    "SEQUENCE": ("USAGE",),
    "FUNCTION": _ROUTINE,
    "PROCEDURE": _ROUTINE,
    "STREAM": ("SELECT",),
    "PIPE": ("APPLYBUDGET", "MONITOR", "OPERATE"),
    "TASK": ("APPLYBUDGET", "MONITOR", "OPERATE"),
    "ALERT": ("MONITOR", "OPERATE"),
    "TAG": ("APPLY", "APPLYBUDGET", "MODIFY", "MONITOR", "READ"),
    "SECRET": ("READ", "USAGE"),
    "MASKING POLICY": _POLICY,
    "ROW ACCESS POLICY": _POLICY,
    "INTEGRATION": ("USAGE", "USE_ANY_ROLE"),
}  # fmt: skip

# A privilege begins with one of these; another word there is a syntax error
LEADS = frozenset((
    "ADD", "ALL", "APPLY", "APPLYBUDGET", "ATTACH", "AUDIT", "BIND", "CANCEL", "CREATE", "DELETE", "DEVELOP",
    "EVOLVE", "EXECUTE", "FAILOVER", "IMPORT", "IMPORTED", "INSERT", "INSTALL", "MANAGE", "MODIFY", "MONITOR",
    "OPERATE", "OVERRIDE", "OWNERSHIP", "PURCHASE", "READ", "REBUILD", "REFERENCES", "REFERENCE_USAGE", "REPLICATE",
    "RESOLVE", "SELECT", "TRUNCATE", "UPDATE", "USAGE", "USE", "USE_ANY_ROLE", "VIEW", "WRITE",
))  # fmt: skip


def privileges_on(kind: str) -> tuple[str, ...]:
    """The privileges on a kind of object, or on ACCOUNT, besides OWNERSHIP, by name."""
    if kind == "ACCOUNT":
        return tuple(sorted(ACCOUNT_PRIVILEGES))
    known = KINDS.get(kind)
    if known is not None and known.grants:
        return known.grants
    return _PRIVILEGES.get(kind, ())


def domain(kind: str) -> str:
    """How GRANT's messages and SHOW GRANTS call a kind: FILE_FORMAT."""
    return kind.replace(" ", "_")
