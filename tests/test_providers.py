"""Where secrets come from, and that they stand in no error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import keyring
import keyring.backend
import pytest

from snowmaker import Project
from snowmaker.errors import ConfigError, SnowmakerError

VALUE = "hush-canary-1"


@pytest.fixture
def resolve(folder: Path) -> Callable[[str, str], str]:
    """Resolve a secret of a project with these settings."""

    def go(settings: str, name: str) -> str:
        (folder / "snowmaker.toml").write_text(settings)
        with Project(folder) as project:
            return project._vault.resolve(name)

    return go


def refused(resolve: Callable[[str, str], str], settings: str, name: str = "API_KEY") -> SnowmakerError:
    with pytest.raises(ConfigError) as caught:
        resolve(settings, name)
    assert VALUE not in str(caught.value) + caught.value.hint
    return caught.value


def test_the_environment(resolve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWMAKER_SECRET_API_KEY", VALUE)
    assert resolve("", "API_KEY") == resolve('[secrets]\nprovider = "env"', "API_KEY") == VALUE
    assert refused(resolve, "", "OTHER").code == "missing_secret"


def test_a_file(resolve, folder: Path) -> None:
    path = folder / ".snowmaker" / "secrets.toml"
    path.parent.mkdir()
    path.write_text(f'API_KEY = "{VALUE}"\n"db/password" = "{VALUE}"\nEMPTY = ""\nNUMBER = 1\n')
    path.chmod(0o600)
    settings = '[secrets]\nprovider = "file"'
    assert resolve(settings, "API_KEY") == resolve(settings, "db/password") == VALUE
    for name in ("OTHER", "EMPTY", "NUMBER"):
        assert refused(resolve, settings, name).code == "missing_secret"
    other = folder / "own.toml"
    other.write_text(f'API_KEY = "{VALUE}"')
    other.chmod(0o600)
    assert resolve(f'{settings}\nfile = "own.toml"', "API_KEY") == VALUE


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read(resolve, folder: Path, mode: int) -> None:
    (folder / "s.toml").write_text(f'API_KEY = "{VALUE}"')
    (folder / "s.toml").chmod(mode)
    error = refused(resolve, '[secrets]\nprovider = "file"\nfile = "s.toml"')
    assert (error.code, error.hint) == ("exposed_secrets", f"chmod 600 {folder / 's.toml'}")


def test_a_file_that_is_none(resolve, folder: Path) -> None:
    settings = '[secrets]\nprovider = "file"\nfile = "s.toml"'
    assert refused(resolve, settings).code == "missing_file"
    (folder / "s.toml").write_text(f"API_KEY = {VALUE}")
    (folder / "s.toml").chmod(0o600)
    assert refused(resolve, settings).code == "bad_toml"


class Backend(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        if username == "LOCKED":
            raise RuntimeError(VALUE)
        return VALUE if (service, username) == ("mine", "API_KEY") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


def test_the_keyring(resolve) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Backend())
    try:
        settings = '[secrets]\nprovider = "keyring"\nservice = "mine"'
        assert resolve(settings, "API_KEY") == VALUE
        assert refused(resolve, settings, "OTHER").hint == "keyring set mine OTHER"
        assert refused(resolve, settings, "LOCKED").code == "no_keyring"
    finally:
        keyring.set_keyring(before)


PLUGIN = f"""
from snowmaker.plugins import hook

@hook
def secret_provider(provider, settings):
    if provider == "vault":
        return lambda name: {{"API_KEY": settings["prefix"] + "{VALUE}"}}[name]
"""


def test_a_plugin(resolve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    (site / "vault_plugin-1.dist-info").mkdir(parents=True)
    (site / "vault_plugin.py").write_text(PLUGIN)
    (site / "vault_plugin-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: vault_plugin\nVersion: 1\n"
    )
    (site / "vault_plugin-1.dist-info" / "entry_points.txt").write_text("[snowmaker]\nvault = vault_plugin\n")
    monkeypatch.syspath_prepend(str(site))
    settings = '[secrets]\nprovider = "vault"\nprefix = "x"'
    assert resolve(settings, "API_KEY") == f"x{VALUE}"
    assert refused(resolve, settings, "OTHER").message == "the provider of secrets failed for 'OTHER': KeyError"


def test_nobody_has_it(resolve) -> None:
    assert refused(resolve, '[secrets]\nprovider = "vualt"').code == "unknown_provider"
    assert refused(resolve, '[secrets]\nprovidr = "env"').code == "unknown_setting"
