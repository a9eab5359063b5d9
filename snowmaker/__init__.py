"""Schema change for Snowflake: every change a reviewed, rehearsed, reversible plan that runs exactly once."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["Project", "SnowmakerError", "__version__"]


def __getattr__(name: str) -> Any:
    """Load the public names on first use, so that the command line starts quickly (PEP 562)."""
    if name == "Project":
        from snowmaker.project import Project

        return Project
    if name == "SnowmakerError":
        from snowmaker.errors import SnowmakerError

        return SnowmakerError
    raise AttributeError(f"module 'snowmaker' has no attribute {name!r}")
