"""A Snowflake account on this machine: unmodified Snowflake clients talk to it over their own protocol."""

from __future__ import annotations

from snowmaker.sandbox.account import Account, Status, open_account, reset, serve, status
from snowmaker.sandbox.errors import SandboxBusy, SandboxError, SandboxUnavailable
from snowmaker.sandbox.faults import Fault

__all__ = [
    "Account",
    "Fault",
    "SandboxBusy",
    "SandboxError",
    "SandboxUnavailable",
    "Status",
    "open_account",
    "reset",
    "serve",
    "status",
]
