"""Where the values of secrets come from. Each provider is a plugin as any other's: `secret_provider` in plugins.py.

| provider | `[secrets]` | a value is |
|---|---|---|
| env | | the variable SNOWMAKER_SECRET_<NAME>, else <NAME> |
| file | `file` | a key of a TOML file that only its owner can read |
| keyring | `service` | a password of the system's keyring (`pip install snowmaker[keyring]`) |
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snowmaker import tomlfile
from snowmaker.errors import ConfigError
from snowmaker.placeholders import environment_secrets
from snowmaker.plugins import Resolve, hook

FILE = ".snowmaker/secrets.toml"
SERVICE = "snowmaker"


class Environment:
    """The variables of the process."""

    @hook
    def secret_provider(self, provider: str) -> Resolve | None:
        """The provider `env`."""
        return environment_secrets if provider == "env" else None


class File:
    """A file of TOML: `API_KEY = "…"`."""

    @hook
    def secret_provider(self, provider: str, settings: Mapping[str, Any], folder: Path) -> Resolve | None:
        """The provider `file`."""
        return _File(folder / str(settings.get("file") or FILE)).resolve if provider == "file" else None


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, Any] | None = None

    def resolve(self, name: str) -> str:
        if self._values is None:
            self._values = self._read()
        value = self._values.get(name)
        if not isinstance(value, str) or not value:
            raise ConfigError(f"secret {name!r} has no value", "missing_secret", f'add {name} = "…"', str(self._path))
        return value

    def _read(self) -> dict[str, Any]:
        """The file's values; never a line of it in an error."""
        path = str(self._path)
        try:
            mode = self._path.stat().st_mode
            found = tomlfile.read(self._path, path).values
        except FileNotFoundError:
            raise ConfigError("there is no such file of secrets", "missing_file", "see [secrets] file", path) from None
        except ConfigError as error:
            raise ConfigError("is no TOML", "bad_toml", 'write NAME = "value", a line each', path, error.line) from None
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError("others may read this file of secrets", "exposed_secrets", f"chmod 600 {path}", path)
        return found


class Keyring:
    """The system's keyring."""

    @hook
    def secret_provider(self, provider: str, settings: Mapping[str, Any]) -> Resolve | None:
        """The provider `keyring`."""
        if provider != "keyring":
            return None
        service = str(settings.get("service") or SERVICE)

        def resolve(name: str) -> str:
            try:
                import keyring
            except ImportError:
                hint = "pip install 'snowmaker[keyring]'"
                raise ConfigError("the keyring cannot be read: keyring is not installed", "no_keyring", hint) from None
            try:
                value = keyring.get_password(service, name)
            except Exception as error:  # a backend can raise anything
                text = f"the keyring cannot be read: {type(error).__name__}"
                raise ConfigError(text, "no_keyring", "`keyring diagnose` tells which backend is used") from None
            if not value:
                hint = f"keyring set {service} {name}"
                raise ConfigError(f"secret {name!r} has no value", "missing_secret", hint)
            return str(value)

        return resolve


BUILT_IN = (Environment(), File(), Keyring())
