"""What tests of a project need: its account on a sandbox, migrated, and sessions under its roles.

The fixtures of `snowmaker.testing.plugin` give it to pytest, which finds them by itself; SandboxContainer, for which
testcontainers has to be installed, serves the sandbox to anything else. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snowmaker.testing.accounts import MigratedAccount, Template
    from snowmaker.testing.container import SandboxContainer

__all__ = ["MigratedAccount", "SandboxContainer", "Template"]

_MODULES = {"MigratedAccount": "accounts", "SandboxContainer": "container", "Template": "accounts"}


def __getattr__(name: str) -> Any:
    """Load the public names on first use (PEP 562)."""
    if name in _MODULES:
        return getattr(import_module(f"snowmaker.testing.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'snowmaker.testing' has no attribute {name!r}")
