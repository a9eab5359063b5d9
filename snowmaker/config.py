"""A project's settings: snowmaker.toml, environments, variables.

A setting's value comes from the first of: a flag, a variable of the process, the file, the default.

| variable | instead of | flag |
|---|---|---|
| SNOWMAKER_ENVIRONMENT | [project] default_environment | -e, --environment |
| SNOWMAKER_CONNECTION | an environment's connection (never the sandbox's) | -c, --connection |
| SNOWMAKER_HISTORY_TABLE | [history] table, and an environment's history | |
| SNOWMAKER_HISTORY_CREATE_DATABASE | [history] create_database, and an environment's | |
| SNOWMAKER_POLICY_<NAME> | [policy] name | |
| SNOWMAKER_LINT_<RULE> | [lint] rule | |
| SNOWMAKER_VAR_<NAME> | a variable: the declared one, in any case, else NAME in lower case | --var |
| SNOWMAKER_SECRET_<NAME> | secret('NAME') (renderer.py) | |

A variable that is set but empty counts as not set, except SNOWMAKER_VAR_<NAME>. What Snowflake's own files
and variables say of connections is in connections.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from snowmaker import connections, sql, tomlfile
from snowmaker.errors import ConfigError, UsageError
from snowmaker.gates import read_age
from snowmaker.suggest import did_you_mean, listed
from snowmaker.tomlfile import TomlFile

FILE = "snowmaker.toml"
SANDBOX = "sandbox"
HISTORY_TABLE = "METADATA.SNOWMAKER.CHANGE_HISTORY"

POLICIES = {
    "out_of_order": ("error", "warn", "allow"),
    "changed": ("error", "warn"),
    "missing": ("error", "warn", "allow"),
    "rollback": ("required", "optional"),
    "destructive": ("confirm", "allow", "forbid"),
    "backup": ("clone", "off"),
}
SECTIONS: dict[str, tuple[str, ...]] = {
    "project": ("name", "default_environment", "migrations", "components", "checks", "templates"),
    "history": ("table", "create_database"),
    "policy": tuple(POLICIES),
    "verify": ("setup", "fixtures", "snapshot"),
    "secrets": ("provider", "file", "service"),
}
LINT = "lint"  # its keys are the rules' names
ENVIRONMENT_KEYS = (
    *("connection", "history", "create_database", "vars", "promote_from", "protected", "verify", "min_age"),
)
FUNCTIONS = ("env_var", "secret", "var")  # of templates; a variable of such a name would hide it

_FOLDERS = ("migrations", "components", "checks", "templates")
_SANDBOX_ALONE = f"the environment {SANDBOX} is the embedded account; it takes no connection"
_VAR, _POLICY, _LINT = "SNOWMAKER_VAR_", "SNOWMAKER_POLICY_", "SNOWMAKER_LINT_"
_HISTORY, _CREATE = "SNOWMAKER_HISTORY_TABLE", "SNOWMAKER_HISTORY_CREATE_DATABASE"
_TYPES = {str: "text in quotes", bool: "true or false", dict: "a table", list: "a list"}
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


@dataclass(frozen=True)
class Policy:
    """What a plan is judged by; `POLICIES` has the values that each may have."""

    out_of_order: str = "error"
    changed: str = "error"
    missing: str = "warn"
    rollback: str = "required"
    destructive: str = "confirm"
    backup: str = "clone"


@dataclass(frozen=True)
class Environment:
    """A named target. `connection` is a name in Snowflake's files, or '' where `options` are given inline.

    `vars` are the project's, overridden by the environment's, by SNOWMAKER_VAR_<NAME> and by flags. What may run here
    are scripts that `promote_from` has run, for at least `min_age`; with `verify`, those that a rehearsal does not find
    broken.
    """

    name: str
    connection: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    history: str = HISTORY_TABLE
    create_database: bool = False
    vars: Mapping[str, Any] = field(default_factory=dict)
    promote_from: str = ""
    protected: bool = False
    verify: bool = False
    min_age: timedelta = timedelta()

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the embedded account."""
        return self.name == SANDBOX


@dataclass(frozen=True)
class Verify:
    """What a rehearsal begins with: SQL, or files of it. `setup` makes the roles, `fixtures` what is from outside.

    `snapshot` is a file that `snowmaker import --snapshot` wrote.
    """

    setup: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    snapshot: str = ""


@dataclass(frozen=True)
class Settings:
    """snowmaker.toml with the variables of the process applied. Folders are absolute paths.

    `lint` has the level of each rule that is not to have its own.
    """

    name: str
    folder: Path
    default_environment: str
    migrations: Path
    components: Path
    checks: Path
    templates: Path
    history_table: str
    create_database: bool
    policy: Policy
    vars: Mapping[str, Any]
    environments: Mapping[str, Environment]
    verify: Verify = Verify()
    secrets: Mapping[str, Any] = field(default_factory=dict)
    lint: Mapping[str, str] = field(default_factory=dict)


def load(folder: str | Path) -> Settings:
    """Read a project's snowmaker.toml. Raises ConfigError: `no_project` where there is none."""
    folder = Path(os.path.abspath(folder))
    try:
        file = tomlfile.read(folder / FILE, _shown(folder / FILE))
    except (FileNotFoundError, NotADirectoryError):
        hint = "`snowmaker init` begins a project here; -C names another folder"
        raise ConfigError(f"no {FILE} in {folder}", "no_project", hint) from None
    reader = _Reader(file)
    reader.check_names()
    history = reader.name("history", "table", default=HISTORY_TABLE)
    create = reader.boolean("history", "create_database", default=False, variable=_CREATE)
    variables = reader.variables("vars")
    settings = Settings(
        name=reader.text("project", "name", default=folder.name),
        folder=folder,
        default_environment=reader.text("project", "default_environment", default=SANDBOX),
        **{key: folder / reader.text("project", key, default=key) for key in _FOLDERS},
        history_table=history,
        create_database=create,
        policy=_policy(reader),
        vars=_overridden(variables, _variables_of_process(), _VAR),
        environments={},
        secrets=reader.table("secrets"),
        verify=Verify(
            reader.texts("verify", "setup"),
            reader.texts("verify", "fixtures"),
            reader.text("verify", "snapshot", default=""),
        ),
        lint=_lint(reader),
    )
    names = [SANDBOX, *(name for name in reader.table("environments") if name != SANDBOX)]
    environments = {name: _environment(reader, name, settings, variables) for name in names}
    settings = replace(settings, environments=environments)
    _check_references(reader, settings)
    return settings


def resolve(settings: Settings, name: str | None = None, variables: Mapping[str, Any] | None = None) -> Environment:
    """The environment that a flag, SNOWMAKER_ENVIRONMENT or the default names, with `variables` on top."""
    wanted = name or os.environ.get("SNOWMAKER_ENVIRONMENT") or settings.default_environment
    environment = settings.environments.get(wanted)
    if environment is None:
        raise _unknown_environment(wanted, settings.environments)
    return replace(environment, vars=_overridden(environment.vars, variables or {}, "--var "))


def connection_options(environment: Environment, connection: str | None = None) -> dict[str, Any]:
    """The connector's keyword arguments for an environment; `connection` is what the flag says.

    Inline options, or a connection of Snowflake's own files and variables (connections.py). The sandbox has
    none. Raises ConfigError, never with a value in its text.
    """
    if environment.is_sandbox:
        if connection:
            raise ConfigError(_SANDBOX_ALONE, "sandbox_connection", "name another environment with -e")
        return {}
    chosen = connection or os.environ.get("SNOWMAKER_CONNECTION")
    if chosen:
        return connections.named(chosen)
    if environment.options:
        return connections.completed(environment.options, f"of environment {environment.name}")
    return connections.named(environment.connection)


def require_explicit(environment_flag: str | None) -> None:
    """In CI, a command that writes must be told its environment. Raises UsageError."""
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    if in_ci and not environment_flag and not os.environ.get("SNOWMAKER_ENVIRONMENT"):
        text = "in CI, a command that writes needs to be told its environment"
        raise UsageError(text, "environment_required", "add -e NAME, or set SNOWMAKER_ENVIRONMENT")


class _Reader:
    """The values of snowmaker.toml, each checked as it is asked for."""

    def __init__(self, file: TomlFile) -> None:
        self._file = file

    def text(self, *keys: str, default: str, variable: str = "") -> str:
        """Text that is not empty."""
        if variable and os.environ.get(variable):
            return os.environ[variable]
        value = self._value(keys, (str,), default)
        if value is not default and not value.strip():
            raise self.error(keys, f"{'.'.join(keys)} is empty", "bad_setting")
        return str(value)

    def age(self, *keys: str) -> timedelta:
        """A duration, as 24h."""
        try:
            return read_age(self.text(*keys, default=""))
        except ValueError as error:
            raise self.error(keys, f"{'.'.join(keys)}: {error}", "bad_setting") from None

    def texts(self, *keys: str) -> tuple[str, ...]:
        """A text, or a list of them."""
        value = self._value(keys, (str, list), [])
        found = [value] if isinstance(value, str) else value
        if not all(isinstance(one, str) for one in found):
            raise self.error(keys, f"{'.'.join(keys)} has to be text in quotes, or a list of such", "bad_setting")
        return tuple(found)

    def name(self, *keys: str, default: str) -> str:
        """The history table's name, of three parts."""
        value = self.text(*keys, default=default, variable=_HISTORY)
        try:
            whole = len(sql.parse_name(value)) == 3
        except ValueError:
            whole = False
        if whole:
            return value
        text, hint = f"is {value!r}, not the name of a table", "write DATABASE.SCHEMA.TABLE"
        if os.environ.get(_HISTORY):
            raise ConfigError(f"{_HISTORY} {text}", "bad_setting", hint)
        raise self.error(keys, f"{'.'.join(keys)} {text}", "bad_setting", hint)

    def boolean(self, *keys: str, default: bool, variable: str = "") -> bool:
        """True or false."""
        said = os.environ.get(variable, "") if variable else ""
        if said:
            if said.lower() not in _BOOLEANS:
                raise ConfigError(f"{variable} is {said!r}; it may be true or false", "bad_setting")
            return _BOOLEANS[said.lower()]
        return bool(self._value(keys, (bool,), default))

    def choice(self, *keys: str, default: str, variable: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words."""
        value = self.text(*keys, default=default, variable=variable)
        if value in allowed:
            return value
        text = f"is {value!r}; it may be {', '.join(allowed)}"
        if variable and os.environ.get(variable):
            raise ConfigError(f"{variable} {text}", "bad_setting", did_you_mean(value, allowed))
        raise self.error(keys, f"{'.'.join(keys)} {text}", "bad_setting", did_you_mean(value, allowed))

    def table(self, *keys: str) -> dict[str, Any]:
        """A table, {} where there is none."""
        return dict(self._value(keys, (dict,), {}))

    def connection(self, *keys: str) -> tuple[str, dict[str, Any]]:
        """A connection's name, or its options inline."""
        value = self._value(keys, (str, dict), "")
        return ("", value) if isinstance(value, dict) else (value, {})

    def variables(self, *keys: str) -> dict[str, Any]:
        """Variables of templates."""
        found = self.table(*keys)
        for name in FUNCTIONS:
            if name in found:
                raise self.error((*keys, name), _hides(name), "bad_setting", "give it another name")
        return found

    def check_names(self) -> None:
        """Raise ConfigError for a section or key that is not known."""
        self._known((), self._file.values, (*SECTIONS, LINT, "vars", "environments"), "section")
        for section, keys in SECTIONS.items():
            if section != "secrets" or self.table("secrets").get("provider") in (None, "env", "file", "keyring"):
                self._known((section,), self.table(section), keys, "key")  # a plugin has keys of its own
        for name in self.table("environments"):
            self._known(("environments", name), self.table("environments", name), ENVIRONMENT_KEYS, "key")

    def error(self, keys: tuple[str, ...], text: str, code: str, hint: str = "") -> ConfigError:
        """An error that stands where the key does."""
        return ConfigError(text, code, hint, self._file.shown, self._file.line(*keys))

    def _known(self, path: tuple[str, ...], found: Iterable[str], known: tuple[str, ...], what: str) -> None:
        for name in found:
            if name not in known:
                where = f" in [{'.'.join(path)}]" if path else ""
                hint = did_you_mean(name, known) or f"there are: {listed(known)}"
                raise self.error((*path, name), f"unknown {what} {name!r}{where}", "unknown_setting", hint)

    def _value(self, keys: tuple[str, ...], kinds: tuple[type, ...], default: Any) -> Any:
        value: Any = self._file.values
        for key in keys:
            if key not in value:
                return default
            value = value[key]
        if not isinstance(value, kinds):
            wanted = " or ".join(_TYPES[kind] for kind in kinds)
            raise self.error(keys, f"{'.'.join(keys)} has to be {wanted}", "bad_setting")
        return value


def _policy(reader: _Reader) -> Policy:
    for variable in os.environ:
        name = variable.removeprefix(_POLICY)
        if name != variable and name.lower() not in POLICIES:
            hint = did_you_mean(name, POLICIES) or f"there are: {listed(POLICIES)}"
            raise ConfigError(f"{variable} names no policy", "unknown_setting", hint)
    values = {
        each.name: reader.choice(
            "policy",
            each.name,
            default=str(each.default),
            variable=_POLICY + each.name.upper(),
            allowed=POLICIES[each.name],
        )
        for each in fields(Policy)
    }
    return Policy(**values)


def _lint(reader: _Reader) -> dict[str, str]:
    """The level of each rule that [lint] or a variable names."""
    said = reader.table(LINT)
    given = {name[len(_LINT) :].lower(): name for name in os.environ if name.startswith(_LINT) and os.environ[name]}
    if not said and not given:
        return {}
    from snowmaker import rules  # only here: no other command has to load them

    for name in (*said, *given):
        if name not in rules.rules():
            hint = did_you_mean(name, rules.rules()) or "`snowmaker check --rules` lists them"
            if name in said:
                raise reader.error((LINT, name), f"unknown rule {name!r} in [{LINT}]", "unknown_setting", hint)
            raise ConfigError(f"{given[name]} names no lint rule", "unknown_setting", hint)
    return {
        name: reader.choice(LINT, name, default="", variable=given.get(name, ""), allowed=rules.LEVELS)
        for name in sorted({*said, *given})
    }


def _environment(reader: _Reader, name: str, settings: Settings, project: Mapping[str, Any]) -> Environment:
    at = ("environments", name)
    connection, options = reader.connection(*at, "connection")
    if name == SANDBOX and (connection or options):
        hint = "give the environment another name"
        raise reader.error((*at, "connection"), _SANDBOX_ALONE, "sandbox_connection", hint)
    create = reader.boolean(*at, "create_database", default=settings.create_database, variable=_CREATE)
    own = {**project, **reader.variables(*at, "vars")}
    return Environment(
        name=name,
        connection=connection,
        options=options,
        history=reader.name(*at, "history", default=settings.history_table),
        create_database=create or name == SANDBOX,
        vars=_overridden(own, _variables_of_process(), _VAR),
        promote_from=reader.text(*at, "promote_from", default=""),
        protected=reader.boolean(*at, "protected", default=False),
        verify=reader.boolean(*at, "verify", default=False),
        min_age=reader.age(*at, "min_age"),
    )


def _check_references(reader: _Reader, settings: Settings) -> None:
    environments = settings.environments
    if settings.default_environment not in environments:
        error = _unknown_environment(settings.default_environment, environments)
        raise reader.error(("project", "default_environment"), error.message, error.code, error.hint)
    for environment in environments.values():
        source = environment.promote_from
        at = ("environments", environment.name, "promote_from")
        if source and source not in environments:
            error = _unknown_environment(source, environments)
            raise reader.error(at, error.message, error.code, error.hint)
        if source == environment.name:
            raise reader.error(at, f"environment {source} cannot be promoted from itself", "bad_setting")


def _unknown_environment(name: str, known: Iterable[str]) -> ConfigError:
    hint = did_you_mean(name, known) or f"add [environments.{name}] to {FILE}"
    return ConfigError(f"no environment {name!r}; there are: {listed(known)}", "unknown_environment", hint)


def _variables_of_process() -> dict[str, str]:
    """SNOWMAKER_VAR_<NAME> by NAME; the names are as the process has them."""
    return {name[len(_VAR) :]: text for name, text in os.environ.items() if name.startswith(_VAR) and name != _VAR}


def _overridden(declared: Mapping[str, Any], given: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Variables with others on top. Text becomes a number, a list, … where it replaces one."""
    found = dict(declared)
    for name, value in given.items():
        target = name
        if origin == _VAR:
            target = next((known for known in declared if known.lower() == name.lower()), name.lower())
        if target in FUNCTIONS:
            raise ConfigError(_hides(target), "bad_setting", "give it another name")
        found[target] = _typed(value, declared.get(target), origin + name)
    return found


def _hides(name: str) -> str:
    return f"variable {name!r} would hide the function {name}() of templates"


def _typed(value: Any, declared: Any, origin: str) -> Any:
    if not isinstance(value, str) or not isinstance(declared, bool | int | float | list | dict):
        return value
    try:
        found = _BOOLEANS.get(value.lower()) if isinstance(declared, bool) else json.loads(value)
    except ValueError:
        found = None
    if type(found) is type(declared) or (isinstance(declared, float) and type(found) is int):
        return found
    kind = type(declared).__name__
    hint = "lists and tables are written as JSON" if isinstance(declared, list | dict) else ""
    raise ConfigError(f"{origin} has to be of type {kind}, as in {FILE}", "bad_setting", hint)


def _shown(path: Path) -> str:
    """A path as errors name it: from the current folder where it is below that."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(path)
