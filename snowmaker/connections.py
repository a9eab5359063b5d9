"""Connections by Snowflake's own conventions, as the connector and snowflake-cli read them.

A key's value comes from the first of: `SNOWFLAKE_CONNECTIONS_<NAME>_<KEY>`; the connection's table in
connections.toml, or in config.toml where that file does not exist; `SNOWFLAKE_<KEY>`, which only fills gaps.
https://docs.snowflake.com/en/developer-guide/snowflake-cli/connecting/configure-connections
"""

from __future__ import annotations

import ipaddress
import os
import re
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snowmaker import tomlfile
from snowmaker.errors import ConfigError
from snowmaker.suggest import did_you_mean, listed

# the keys that snowflake-cli takes from the environment
KEYS = (
    "account",
    "authenticator",
    "database",
    "host",
    "master_token",
    "oauth_authorization_url",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_redirect_uri",
    "oauth_scope",
    "oauth_token_request_url",
    "passcode",
    "password",
    "port",
    "private_key_file",
    "private_key_file_pwd",
    "private_key_passphrase",
    "private_key_path",
    "private_key_raw",
    "protocol",
    "region",
    "role",
    "schema",
    "session_token",
    "token",
    "token_file_path",
    "user",
    "warehouse",
    "workload_identity_entra_resource",
    "workload_identity_provider",
)
ALIASES = {"private_key_path": "private_key_file", "private_key_passphrase": "private_key_file_pwd"}


def named(name: str) -> dict[str, Any]:
    """The connector's keyword arguments for a connection of that name; '' means Snowflake's default one.

    Raises ConfigError, never with a value in its text.
    """
    files = _read()
    wanted = name or files.default or "default"
    overrides = _from_environment(f"SNOWFLAKE_CONNECTIONS_{re.sub(r'[^A-Za-z0-9]', '_', wanted).upper()}_")
    found = files.connections.get(wanted)
    if found is None and not overrides and (name or files.default):
        raise _unknown(wanted, files)
    return completed({**_aliased(found or {}), **overrides}, wanted if found is not None or overrides else "")


def completed(options: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    """Options with their gaps filled from `SNOWFLAKE_<KEY>`, and checked. Raises ConfigError."""
    options = {**_from_environment("SNOWFLAKE_"), **_aliased(options)}
    which = f"connection {name}" if name else "the connection"
    if not options.get("account"):
        hint = "name a connection of connections.toml, or set `account`, or SNOWFLAKE_ACCOUNT"
        if not options:
            raise ConfigError("no connection is defined for this environment", "unknown_connection", hint)
        raise ConfigError(f"{which} has no account", "bad_connection", hint)
    _resolve_key(options, which)
    _check_address(options, which)
    return options


@dataclass(frozen=True)
class _Files:
    """What Snowflake's files say; `looked` are the paths that were looked at."""

    connections: dict[str, dict[str, Any]]
    default: str
    looked: tuple[Path, ...]


def _read() -> _Files:
    folder = _folder()
    listing, general = folder / "connections.toml", folder / "config.toml"
    config = _file(general)
    connections = _file(listing)
    default = os.environ.get("SNOWFLAKE_DEFAULT_CONNECTION_NAME", "")
    if not default and config and isinstance(config.values.get("default_connection_name"), str):
        default = config.values["default_connection_name"]
    if connections is not None:
        return _Files(_tables(connections.values), default, (listing,))
    return _Files(_tables(config.values.get("connections") if config else None), default, (listing, general))


def _tables(found: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, dict)}


def _folder() -> Path:
    """$SNOWFLAKE_HOME or ~/.snowflake if it exists, else the platform's folder; as the connector chooses."""
    home = Path(os.environ.get("SNOWFLAKE_HOME") or "~/.snowflake").expanduser()
    if home.exists():
        return home
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/snowflake").expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local").expanduser() / "snowflake"
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "snowflake"


def _file(path: Path) -> tomlfile.TomlFile | None:
    try:
        mode = path.stat().st_mode
        found = tomlfile.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", "unreadable", file=str(path)) from error
    if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
        text = "group or others may write to this file, so whoever they are could change the account"
        raise ConfigError(text, "unsafe_file", f'chmod 0600 "{path}"', str(path))
    return found


def _from_environment(prefix: str) -> dict[str, Any]:
    values = {key: os.environ.get(prefix + key.upper(), "") for key in KEYS}
    return _aliased({key: value for key, value in values.items() if value})


def _aliased(options: Mapping[str, Any]) -> dict[str, Any]:
    """The connector's names for keys; where both names are given its own wins."""
    found = {ALIASES[key]: value for key, value in options.items() if key in ALIASES}
    return {**found, **{key: value for key, value in options.items() if key not in ALIASES}}


def _unknown(name: str, files: _Files) -> ConfigError:
    places = " or ".join(str(path) for path in files.looked)
    text = f"no connection {name!r} in {places}; there are: {listed(files.connections)}"
    hint = did_you_mean(name, files.connections) or f"add a table [{name}] to {files.looked[0]}"
    return ConfigError(text, "unknown_connection", hint)


def _resolve_key(options: dict[str, Any], which: str) -> None:
    """Make paths with `~`, the passphrase's variable and a key given as text what the connector takes."""
    for key in ("private_key_file", "token_file_path"):
        if isinstance(options.get(key), str):
            options[key] = os.path.expanduser(options[key])
    phrase = os.environ.get("PRIVATE_KEY_PASSPHRASE", "")
    if phrase and ("private_key_file" in options or "private_key_raw" in options):
        options.setdefault("private_key_file_pwd", phrase)
    raw = options.pop("private_key_raw", None)
    if raw is not None and "private_key_file" not in options and "private_key" not in options:
        options["private_key"] = _key_bytes(str(raw), options.pop("private_key_file_pwd", None), which)


def _key_bytes(raw: str, phrase: str | None, which: str) -> bytes:
    from cryptography.hazmat.primitives import serialization as key_format

    try:
        secret = str(phrase).encode() if phrase else None
        key = key_format.load_pem_private_key(raw.replace("\\n", "\n").encode(), secret)
    except (TypeError, ValueError):
        text = f"{which}: private_key_raw is not a key that can be read"
        hint = "it is the text of a PEM file; an encrypted one needs PRIVATE_KEY_PASSPHRASE"
        raise ConfigError(text, "bad_connection", hint) from None
    plain = key_format.NoEncryption()
    return key.private_bytes(key_format.Encoding.DER, key_format.PrivateFormat.PKCS8, plain)


def _check_address(options: dict[str, Any], which: str) -> None:
    port = options.get("port")
    if port is not None:
        if isinstance(port, bool) or not re.fullmatch(r"\d{1,5}", str(port)):
            raise ConfigError(f"{which}: port is not a number", "bad_connection")
        options["port"] = int(port)
    plain = str(options.get("protocol", "https")).lower() == "http"
    if plain and not _is_loopback(str(options.get("host", ""))):
        text = f"{which}: protocol http is for this machine only, and its host is another"
        raise ConfigError(text, "insecure_connection", "use https, or a host such as 127.0.0.1")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
