"""The secrets of a project: their values where a statement is sent, and out of all that anyone says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from snowmaker import config
from snowmaker.errors import ConfigError, SnowmakerError
from snowmaker.redaction import Redaction


class Vault:
    """Asks the provider of `[secrets]`. `redact` takes each value that was given out of a text."""

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        self.redact = Redaction()
        self._settings = settings
        self._folder = folder

    def resolve(self, name: str) -> str:
        """The value of a secret; raises ConfigError, in whose text no value stands."""
        try:
            return self.redact.add(self._provider(name))
        except SnowmakerError:
            raise
        except Exception as error:  # a plugin can raise anything, with the value in its text
            kind = type(error).__name__
        # outside, so that the error does not hang on to it
        text = f"the provider of secrets failed for {name!r}: {kind}"
        raise ConfigError(text, "provider_failed", "see what its plugin needs")

    def reveal(self, name: str) -> str | None:
        """The value of a secret, None where it has none."""
        try:
            return self.resolve(name)
        except SnowmakerError:
            return None

    @cached_property
    def _provider(self) -> Callable[[str], str]:
        """What gives a secret's value. Raises ConfigError for a provider that nobody has."""
        provider = str(self._settings.get("provider") or "env")
        if provider == "env":
            from snowmaker.placeholders import environment_secrets

            return environment_secrets
        from snowmaker import plugins, providers

        hooks = plugins.manager(providers.BUILT_IN).hook
        found: Callable[[str], str] | None = hooks.secret_provider(
            provider=provider, settings=self._settings, folder=self._folder
        )
        if found is None:
            hint = "there are env, file and keyring, and what plugins bring"
            raise ConfigError(f"no provider of secrets {provider!r}", "unknown_provider", hint, config.FILE)
        return found
