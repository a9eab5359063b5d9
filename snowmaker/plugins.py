"""What others can add to snowmaker: the hooks, and the manager that finds plugins.

A package names a module or an object under the entry point group `snowmaker`; its functions marked with `hook` are
called. https://pluggy.readthedocs.io
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pluggy

GROUP = "snowmaker"

Resolve = Callable[[str], str]
specification = pluggy.HookspecMarker(GROUP)
hook = pluggy.HookimplMarker(GROUP)


class Hooks:
    """The hooks and what they have to give."""

    @specification(firstresult=True)
    def secret_provider(self, provider: str, settings: Mapping[str, Any], folder: Path) -> Resolve | None:
        """A function from a secret's name to its value, where `[secrets] provider` names this provider; else None.

        `settings` is the table [secrets] of snowmaker.toml, `folder` the project's. The function raises ConfigError
        `missing_secret` for a name that has no value; no value may stand in an error.
        """


def manager(built_in: Iterable[object]) -> pluggy.PluginManager:
    """The plugins that are installed, those of snowmaker itself among them."""
    found = pluggy.PluginManager(GROUP)
    found.add_hookspecs(Hooks)
    for plugin in built_in:
        found.register(plugin)
    found.load_setuptools_entrypoints(GROUP)
    return found
