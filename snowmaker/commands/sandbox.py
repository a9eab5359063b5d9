"""Serve, look at or empty the local Snowflake account."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from snowmaker import report
from snowmaker.options import Invocation

data = click.option(
    "--data",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="The folder of its files; .snowmaker/sandbox in the project by default.",
)


@click.group()
def command() -> None:
    """The sandbox: a Snowflake account on this machine, which any Snowflake client can use.

    The environment `sandbox` starts it by itself, or attaches to the one that `serve` runs.
    """


@command.command()
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port; a free one by default.",
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@data
@click.option("--memory", is_flag=True, help="Keep nothing: the account is gone when it ends.")
@click.pass_obj
def serve(call: Invocation, port: int, host: str, data: str | None, memory: bool) -> None:
    """Serve the account until Ctrl-C: account sandbox, user ADMIN, password admin, protocol http."""
    from snowmaker import sandbox

    if memory and data:
        raise click.UsageError("--memory keeps no files: leave --data out")
    folder = None if memory else _folder(call, data)
    with suppress(KeyboardInterrupt):  # the way it ends
        sandbox.serve(port, folder, host=host, ready=lambda text: report.served(text, as_json=call.json))


@command.command()
@data
@click.pass_obj
def status(call: Invocation, data: str | None) -> None:
    """Say whether a sandbox serves these files, and where."""
    from snowmaker import sandbox

    report.facts(asdict(sandbox.status(_folder(call, data))), as_json=call.json)


@command.command()
@data
@click.pass_obj
def reset(call: Invocation, data: str | None) -> None:
    """Throw the account away; the next use makes a new one."""
    from snowmaker import sandbox

    sandbox.reset(_folder(call, data))
    report.lines(["the sandbox is empty"], key="done", nothing="", as_json=call.json)


def _folder(call: Invocation, data: str | None) -> Path:
    return Path(data) if data else Path(call.folder, ".snowmaker", "sandbox")
