"""The options that commands share, and the call that they fill in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from snowmaker.model import Plan
    from snowmaker.project import Project

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass
class Invocation:
    """What the shared options of a command line say."""

    folder: str = "."
    json: bool = False
    environment: str | None = None
    connection: str | None = None
    variables: dict[str, str] = field(default_factory=dict)

    def project(self) -> Project:
        """Open the project that is meant; raises ConfigError."""
        from snowmaker.project import Project

        return Project(
            self.folder,
            environment=self.environment,
            connection=self.connection,
            variables=self.variables or None,
        )


def add_everywhere(command: click.Command) -> click.Command:
    """Give a command, and the commands below it, `-C/--project` and `--json`."""
    if not any(parameter.name == "project_folder" for parameter in command.params):
        command.params += [
            click.Option(
                ["-C", "--project", "project_folder"],
                metavar="DIR",
                expose_value=False,
                callback=_store("folder"),
                type=click.Path(file_okay=False),
                help="The project's folder, with snowmaker.toml; the current one by default.",
            ),
            click.Option(
                ["--json", "as_json"],
                is_flag=True,
                default=None,
                expose_value=False,
                callback=_store("json"),
                help="Write one JSON value to stdout.",
            ),
        ]
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        add_everywhere(below)
    return command


def age(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    """`30d` → a duration: the callback of an option. Raises click.BadParameter."""
    from snowmaker.gates import read_age

    try:
        return read_age(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def variables(function: Decorated) -> Decorated:
    """Variables of the templates."""
    return click.option(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        expose_value=False,
        callback=_store_pairs,
        help="Set a variable of the templates; may be repeated.",
    )(function)


def target(function: Decorated) -> Decorated:
    """The options of a command that depends on an environment but needs no account."""
    environment = click.option(
        "-e",
        "--environment",
        metavar="NAME",
        expose_value=False,
        callback=_store("environment"),
        shell_complete=_environments,
        help="The environment; else SNOWMAKER_ENVIRONMENT, else the project's default.",
    )
    return environment(variables(function))


def account(function: Decorated) -> Decorated:
    """The options of a command that talks to an account."""
    connection = click.option(
        "-c",
        "--connection",
        metavar="NAME",
        expose_value=False,
        callback=_store("connection"),
        help="A connection of Snowflake's connections.toml, instead of the environment's.",
    )
    return target(connection(function))


def lock_timeout(function: Decorated) -> Decorated:
    """How long to wait for another deploy."""
    return click.option(
        "--lock-timeout",
        type=click.IntRange(min=0),
        default=300,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait while another deploy holds the lock.",
    )(function)


def out_of_order(function: Decorated) -> Decorated:
    """Let older scripts run; None when nothing was said, so that the project's policy holds."""
    return click.option(
        "--out-of-order",
        is_flag=True,
        default=None,
        help="Run scripts that are older than what has been applied.",
    )(function)


def yes(function: Decorated) -> Decorated:
    """Answer the confirmation beforehand."""
    return click.option(
        "--yes",
        "-y",
        is_flag=True,
        help="Do not ask. Without a terminal nothing is asked, so this is needed.",
    )(function)


def pairs(values: tuple[str, ...], parameter: click.Parameter) -> dict[str, str]:
    """`NAME=VALUE` values as a dictionary; the last of a name wins."""
    found = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", param=parameter)
        found[name.strip()] = text
    return found


def read(path: str) -> str:
    """A file's text, `-` being stdin; raises SourceError when it is not UTF-8."""
    with click.open_file(path, "rb") as file:
        data: bytes = file.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        from snowmaker.errors import SourceError

        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError("is not UTF-8", "not_utf8", "save it as UTF-8", path, line) from error


def plan(path: str) -> Plan:
    """The plan of a file; raises SourceError where it is none."""
    import json

    from snowmaker.errors import SourceError
    from snowmaker.model import plan_from_json

    try:
        return plan_from_json(json.loads(read(path)))
    except (ValueError, AttributeError) as error:
        raise SourceError(f"is no plan: {error}", "bad_plan", "`snowmaker plan -o FILE` writes one", path) from None


def scripts(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Completion: the names of the project's scripts, from its files."""
    try:
        with _call(ctx).project() as project:
            names = [source.script for source in project.sources]
    except Exception:  # a completion that fails completes nothing
        return []
    return _items(names, incomplete)


def _environments(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Completion: the environments of snowmaker.toml."""
    try:
        with _call(ctx).project() as project:
            names = sorted(project.settings.environments)
    except Exception:  # a completion that fails completes nothing
        return []
    return _items(names, incomplete)


def _items(names: list[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _call(ctx: click.Context) -> Invocation:
    return ctx.ensure_object(Invocation)


def _store(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Keep a value that was given; what stands before the command holds unless it is said again after it."""

    def store(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value is not None:
            setattr(_call(ctx), name, value)

    return store


def _store_pairs(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    _call(ctx).variables.update(pairs(values, parameter))
