"""snowmaker.toml, environments, variables, connections: real files, real process variables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snowmaker import config
from snowmaker.config import Settings
from snowmaker.errors import ConfigError, UsageError
from snowmaker.shipped import shipped


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine, and a Snowflake home of our own."""
    for name in list(os.environ):
        if name.startswith(("SNOWMAKER_", "SNOWFLAKE_")) or name in ("CI", "PRIVATE_KEY_PASSPHRASE"):
            monkeypatch.delenv(name)
    home = tmp_path / "snowflake"
    home.mkdir()
    monkeypatch.setenv("SNOWFLAKE_HOME", str(home))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "snowflake"


def project(folder: Path, text: str = "") -> Settings:
    (folder / "snowmaker.toml").write_text(text, encoding="utf-8")
    return config.load(folder)


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        project(folder, text)
    assert caught.value.exit_code == 2
    return caught.value


def keep(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


DESIGN = """
[project]
name = "snowmaking"
default_environment = "sandbox"
[history]
table = "METADATA.SNOWMAKER.CHANGE_HISTORY"
create_database = false
[policy]
out_of_order = "warn"
[vars]
retention_days = 1
[environments.sandbox]
[environments.dev]
connection = "dev"
history = "DEV_METADATA.SNOWMAKER.CHANGE_HISTORY"
vars = { prefix = "DEV" }
[environments.prod]
connection = { account = "acme", user = "deploy", password = "hunter2" }
promote_from = "dev"
protected = true
vars = { prefix = "PROD", retention_days = 7 }
"""


# settings


def test_the_example_of_the_design(tmp_path: Path) -> None:
    settings = project(tmp_path, DESIGN)
    assert (settings.name, settings.folder, settings.migrations) == ("snowmaking", tmp_path, tmp_path / "migrations")
    assert settings.policy.out_of_order == "warn"
    assert settings.policy.rollback == "required"
    dev, prod = settings.environments["dev"], settings.environments["prod"]
    assert (dev.connection, dev.history) == ("dev", "DEV_METADATA.SNOWMAKER.CHANGE_HISTORY")
    assert dev.vars == {"retention_days": 1, "prefix": "DEV"}
    assert prod.vars == {"retention_days": 7, "prefix": "PROD"}
    assert (prod.promote_from, prod.protected, prod.create_database) == ("dev", True, False)
    assert prod.history == "METADATA.SNOWMAKER.CHANGE_HISTORY"
    assert settings.environments["sandbox"].create_database


def test_an_empty_file_has_the_defaults_and_the_sandbox(tmp_path: Path) -> None:
    settings = project(tmp_path)
    assert settings.name == tmp_path.name
    assert list(settings.environments) == ["sandbox"]
    assert config.resolve(settings).is_sandbox
    assert settings.policy == config.Policy("error", "error", "warn", "required", "confirm", "clone")
    assert config.connection_options(config.resolve(settings)) == {}


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path / "nowhere")
    assert caught.value.code == "no_project"
    assert "snowmaker init" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[project\n", 1),
        ("[project]\nname = snowmaking\n", 2),
        ('[project]\nname = "a"\nname = "b"\n', 3),
        ('[vars]\n\nx = "open\n', 3),
        ("x = [1,\n2,\n", 2),
        ("[vars]\nx = " + "[" * 3000, 0),
    ],
)
def test_bad_toml(tmp_path: Path, text: str, line: int) -> None:
    error = refused(tmp_path, text)
    assert (error.code, error.line) == ("bad_toml", line)
    assert error.file.endswith("snowmaker.toml")


def test_not_utf8_and_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "snowmaker.toml").write_bytes(b'[project]\nname = "\xff"\n')
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        config.load(tmp_path)
    assert caught.value.line == 2
    (tmp_path / "snowmaker.toml").write_bytes(b'\xef\xbb\xbf[project]\r\nname = "n"\r\n')
    assert config.load(tmp_path).name == "n"
    (tmp_path / "snowmaker.toml").unlink()
    (tmp_path / "snowmaker.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[projcet]\n", 1, "did you mean project?"),
        ("\n[policy]\nout_of_odrer = 'warn'\n", 3, "did you mean out_of_order?"),
        ("[environments.dev]\nconection = 'x'\n", 2, "did you mean connection?"),
        ("[environments]\ndev = { protcted = true }\n", 2, "did you mean protected?"),
        ("[project]\nname = 3\n", 2, "text in quotes"),
        ("[project]\nname = ''\n", 2, "empty"),
        ("project = 3\n", 1, "a table"),
        ("[history]\ncreate_database = 'yes'\n", 2, "true or false"),
        ("[history]\ntable = 'HISTORY'\n", 2, "DATABASE.SCHEMA.TABLE"),
        ("[history]\ntable = 'a b.c.d'\n", 2, "DATABASE.SCHEMA.TABLE"),
        ("[environments]\ndev = 3\n", 2, "a table"),
        ("[environments.dev]\nconnection = 3\n", 2, "text in quotes or a table"),
        ("[environments.sandbox]\nconnection = 'x'\n", 2, "embedded account"),
        ("[policy]\nrollback = 'requird'\n", 2, "required, optional"),
        ("[policy]\nrollback = true\n", 2, "text in quotes"),
        ("[vars]\nsecret = 1\n", 2, "hide the function"),
        ("[project]\ndefault_environment = 'dve'\n[environments.dev]\n", 2, "did you mean dev?"),
        ("[environments.dev]\npromote_from = 'qa'\n", 2, "no environment 'qa'; there are: dev, sandbox"),
        ("[environments.dev]\npromote_from = 'dev'\n", 2, "itself"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    error = refused(tmp_path, text)
    assert error.line == line, str(error)
    assert says in f"{error.message} {error.hint}"


def test_variables_of_the_process_win_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWMAKER_HISTORY_TABLE", "A.B.C")
    monkeypatch.setenv("SNOWMAKER_HISTORY_CREATE_DATABASE", "true")
    monkeypatch.setenv("SNOWMAKER_POLICY_ROLLBACK", "optional")
    monkeypatch.setenv("SNOWMAKER_POLICY_CHANGED", "")
    monkeypatch.setenv("SNOWMAKER_ENVIRONMENT", "prod")
    monkeypatch.setenv("SNOWMAKER_VAR_PREFIX", "CI_")
    monkeypatch.setenv("SNOWMAKER_VAR_RETENTION_DAYS", "3")
    monkeypatch.setenv("SNOWMAKER_VAR_NEW", "")
    settings = project(tmp_path, DESIGN)
    assert settings.policy.rollback == "optional"
    assert settings.policy.changed == "error"
    prod = config.resolve(settings)
    assert (prod.name, prod.history, prod.create_database) == ("prod", "A.B.C", True)
    assert prod.vars == {"prefix": "CI_", "retention_days": 3, "new": ""}
    assert config.resolve(settings, "dev", {"prefix": "FLAG", "x": [1]}).vars["prefix"] == "FLAG"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SNOWMAKER_POLICY_ROLLBACK", "never", "SNOWMAKER_POLICY_ROLLBACK is 'never'; it may be required, optional"),
        ("SNOWMAKER_POLICY_ROLBACK", "optional", "names no policy"),
        ("SNOWMAKER_HISTORY_CREATE_DATABASE", "maybe", "true or false"),
        ("SNOWMAKER_HISTORY_TABLE", "A", "SNOWMAKER_HISTORY_TABLE is 'A'"),
        ("SNOWMAKER_VAR_RETENTION_DAYS", "soon", "has to be of type int"),
        ("SNOWMAKER_VAR_SECRET", "x", "hide the function"),
    ],
)
def test_a_bad_variable_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    assert says in refused(tmp_path, DESIGN).message


def test_variables_keep_their_types(tmp_path: Path) -> None:
    settings = project(tmp_path, "[vars]\nflag = true\nrate = 1.5\nlist = [1]\ntable = {a = 1}\ntext = 'x'\n")
    given = {"flag": "off", "rate": "2", "list": "[2, 3]", "table": '{"b": 2}', "text": "4"}
    environment = config.resolve(settings, None, given)
    assert environment.vars == {"flag": False, "rate": 2, "list": [2, 3], "table": {"b": 2}, "text": "4"}
    for name, text in (("list", "2"), ("table", "nope"), ("flag", "2")):
        with pytest.raises(ConfigError, match=f"--var {name} has to be"):
            config.resolve(settings, None, {name: text})


def test_an_unknown_environment(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there are: dev, prod, sandbox") as caught:
        config.resolve(project(tmp_path, DESIGN), "prdo")
    assert (caught.value.code, caught.value.hint) == ("unknown_environment", "did you mean prod?")


def test_ci_needs_an_explicit_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config.require_explicit(None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(UsageError, match="told its environment"):
        config.require_explicit(None)
    config.require_explicit("sandbox")
    monkeypatch.setenv("SNOWMAKER_ENVIRONMENT", "dev")
    config.require_explicit(None)
    monkeypatch.setenv("CI", "false")
    monkeypatch.delenv("SNOWMAKER_ENVIRONMENT")
    config.require_explicit(None)


# connections


def options(folder: Path, text: str = DESIGN, name: str = "dev", flag: str | None = None) -> dict[str, Any]:
    return config.connection_options(config.resolve(project(folder, text), name), flag)


def refused_options(folder: Path, text: str = DESIGN, name: str = "dev", flag: str | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        options(folder, text, name, flag)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    return caught.value


def test_connections_toml_replaces_those_of_config_toml(tmp_path: Path, home: Path) -> None:
    keep(home / "config.toml", '[connections.dev]\naccount = "old"\n[connections.other]\naccount = "o"\n')
    assert options(tmp_path) == {"account": "old"}
    keep(home / "connections.toml", '[dev]\naccount = "acme"\nuser = "u"\nprivate_key_path = "~/k.p8"\nport = "8080"\n')
    assert options(tmp_path) == {
        "account": "acme",
        "user": "u",
        "private_key_file": os.path.expanduser("~/k.p8"),
        "port": 8080,
    }
    error = refused_options(tmp_path, flag="other")
    assert (error.code, str(home / "connections.toml") in error.message) == ("unknown_connection", True)
    assert "there are: dev" in error.message


def test_the_order_of_sources(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(home / "connections.toml", '[dev]\naccount = "file"\nrole = "file"\n[my-conn]\naccount = "m"\n')
    monkeypatch.setenv("SNOWFLAKE_ROLE", "generic")
    monkeypatch.setenv("SNOWFLAKE_WAREHOUSE", "generic")
    assert options(tmp_path) == {"account": "file", "role": "file", "warehouse": "generic"}
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS_DEV_ROLE", "own")
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS_DEV_US_ROLE", "another connection's")
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS_MY_CONN_ACCOUNT", "mine")
    assert options(tmp_path) == {"account": "file", "role": "own", "warehouse": "generic"}
    assert options(tmp_path, flag="my-conn")["account"] == "mine"
    monkeypatch.setenv("SNOWMAKER_CONNECTION", "my-conn")
    assert options(tmp_path)["account"] == "mine"
    assert options(tmp_path, flag="dev")["account"] == "file"
    assert options(tmp_path, name="sandbox") == {}
    assert refused_options(tmp_path, name="sandbox", flag="dev").code == "sandbox_connection"


def test_a_connection_only_of_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS_DEV_ACCOUNT", "acme")
    assert options(tmp_path) == {"account": "acme"}


def test_the_default_connection(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "[environments.dev]\n"
    assert refused_options(tmp_path, text).code == "unknown_connection"
    monkeypatch.setenv("SNOWFLAKE_ACCOUNT", "generic")
    assert options(tmp_path, text) == {"account": "generic"}
    keep(home / "config.toml", '[connections.default]\naccount = "d"\n[connections.second]\naccount = "s"\n')
    assert options(tmp_path, text) == {"account": "d"}
    keep(home / "config.toml", 'default_connection_name = "second"\n' + (home / "config.toml").read_text())
    assert options(tmp_path, text) == {"account": "s"}
    monkeypatch.setenv("SNOWFLAKE_DEFAULT_CONNECTION_NAME", "third")
    assert refused_options(tmp_path, text).code == "unknown_connection"


def test_inline_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "other")
    monkeypatch.setenv("SNOWFLAKE_SCHEMA", "S")
    expected = {"account": "acme", "user": "deploy", "password": "hunter2", "schema": "S"}
    assert options(tmp_path, name="prod") == expected
    text = "[environments.dev]\nconnection = { user = 'u', password = 'hunter2' }\n"
    assert refused_options(tmp_path, text).code == "bad_connection"


@pytest.mark.parametrize(
    ("host", "fine"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.0.0.1.evil.com", False),
        ("acme", False),
        ("", False),
    ],
)
def test_http_is_for_loopback_only(tmp_path: Path, host: str, fine: bool) -> None:
    where = f"host = '{host}', " if host else ""
    text = f"[environments.dev]\nconnection = {{ account = 'a', {where}protocol = 'HTTP', password = 'hunter2' }}\n"
    if fine:
        assert options(tmp_path, text)["host"] == host
    else:
        assert refused_options(tmp_path, text).code == "insecure_connection"


def test_bad_files_of_snowflake(tmp_path: Path, home: Path) -> None:
    keep(home / "connections.toml", '[dev]\naccount = "acme"\npassword = hunter2\n')
    error = refused_options(tmp_path)
    assert (error.code, error.file, error.line) == ("bad_toml", str(home / "connections.toml"), 3)
    keep(home / "connections.toml", '[dev]\naccount = "acme"\nport = "x"\n')
    assert "port" in refused_options(tmp_path).message
    keep(home / "connections.toml", '[dev]\naccount = "acme"\n')
    (home / "connections.toml").chmod(0o622)
    assert refused_options(tmp_path).code == "unsafe_file"


def test_without_a_home_the_platform_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_HOME", str(tmp_path / "gone"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    folder = tmp_path / "xdg" / "snowflake"
    folder.mkdir(parents=True)
    keep(folder / "connections.toml", '[dev]\naccount = "xdg"\n')
    if sys.platform == "linux":
        assert options(tmp_path) == {"account": "xdg"}


def test_a_private_key_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives import serialization as kinds
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    locked = kinds.BestAvailableEncryption(b"phrase")
    pem = key.private_bytes(kinds.Encoding.PEM, kinds.PrivateFormat.PKCS8, locked).decode()
    text = "[environments.dev]\nconnection = { account = 'a', user = 'u' }\n"
    monkeypatch.setenv("SNOWFLAKE_PRIVATE_KEY_RAW", pem.replace("\n", "\\n"))
    assert "private_key_raw" in refused_options(tmp_path, text).message
    monkeypatch.setenv("PRIVATE_KEY_PASSPHRASE", "phrase")
    plain = key.private_bytes(kinds.Encoding.DER, kinds.PrivateFormat.PKCS8, kinds.NoEncryption())
    assert options(tmp_path, text) == {"account": "a", "user": "u", "private_key": plain}


# the module itself


def test_every_variable_of_the_process_is_in_the_table() -> None:
    used = set(re.findall(r'"(SNOWMAKER_[A-Z_]+)"', Path(config.__file__).read_text()))
    documented = str(config.__doc__)
    assert used
    assert [name for name in used if name not in documented] == []


def test_imports_are_light() -> None:
    code = (
        "import sys, snowmaker.config, snowmaker.loader, snowmaker.renderer;"
        "print([name for name in ('jinja2', 'snowflake.connector', 'sqlparse', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shipped_files_are_found_beside_the_package() -> None:
    assert shipped("templates").is_dir()
    with pytest.raises(ConfigError, match="did not come"):
        shipped("templates/no-such-thing")
