"""SESSION POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-session-policy"""

from __future__ import annotations

from snowmaker.sandbox.integrations import names
from snowmaker.sandbox.policylists import Setting, policy_kind
from snowmaker.sandbox.properties import number

_SETTINGS = (
    Setting(
        "SESSION_IDLE_TIMEOUT_MINS",
        number(5, 1440, "SESSION_IDLE_TIMEOUT_MINS"),
        240,
        "Idle timeout of sessions of programmatic clients, in minutes.",
    ),
    Setting(
        "SESSION_UI_IDLE_TIMEOUT_MINS",
        number(5, 1440, "SESSION_UI_IDLE_TIMEOUT_MINS"),
        1080,
        "Idle timeout of sessions of the web interface, in minutes.",
    ),
    Setting("ALLOWED_SECONDARY_ROLES", names(1), ["ALL"], "Secondary roles that may be used."),
    Setting("BLOCKED_SECONDARY_ROLES", names(1), [], "Secondary roles that may not be used."),
)

SESSION_POLICY = policy_kind("SESSION POLICY", _SETTINGS)
