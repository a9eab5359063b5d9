"""PASSWORD POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-password-policy"""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.policylists import Setting, policy_kind
from snowmaker.sandbox.properties import number


def _setting(name: str, low: int, high: int, default: int, description: str) -> Setting:
    name = f"PASSWORD_{name}"
    return Setting(name, number(low, high, name), default, description)


_SETTINGS = (
    _setting("MIN_LENGTH", 8, 256, 14, "Minimum length of new password."),
    _setting("MAX_LENGTH", 8, 256, 256, "Maximum length of new password."),
    _setting("MIN_UPPER_CASE_CHARS", 0, 256, 1, "Minimum number of uppercase characters in new password."),
    _setting("MIN_LOWER_CASE_CHARS", 0, 256, 1, "Minimum number of lowercase characters in new password."),
    _setting("MIN_NUMERIC_CHARS", 0, 256, 1, "Minimum number of numeric characters in new password."),
    _setting("MIN_SPECIAL_CHARS", 0, 256, 0, "Minimum number of special characters in new password."),
    _setting("MIN_AGE_DAYS", 0, 999, 0, "Days before a changed password may be changed again."),
    _setting("MAX_AGE_DAYS", 0, 999, 90, "Days after which a password must be changed."),
    _setting("MAX_RETRIES", 1, 10, 5, "Attempts to enter the password before the user is locked out."),
    _setting("LOCKOUT_TIME_MINS", 1, 999, 15, "Minutes of a lockout."),
    _setting("HISTORY", 0, 24, 5, "Number of the latest passwords that may not be used again."),
)


def _made(_: Context, entry: Entry) -> Entry:
    """The shortest password allowed is no longer than the longest."""
    low, high = entry.get("password_min_length", 14), entry.get("password_max_length", 256)
    if low > high:
        raise sqlerror.invalid_value(low, "PASSWORD_MIN_LENGTH")
    return entry


PASSWORD_POLICY = policy_kind("PASSWORD POLICY", _SETTINGS, made=_made)
