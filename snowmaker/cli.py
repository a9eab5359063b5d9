"""The command line: a group that finds its commands by itself, and the place where errors become exit codes.

A command is a file in `commands/`. Its first line is its docstring and the line that `--help` shows, which is
read without importing anything; the file is imported when the command runs. Nothing heavy is imported here.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

import click

from snowmaker import __version__
from snowmaker.options import Invocation, add_everywhere

EXIT_CODES = {
    0: "done",
    1: "the answer is no: pending scripts with `--exit-code`, findings, a failed check",
    2: "usage or configuration is wrong, a confirmation is missing, or a policy refuses",
    3: "Snowflake refuses or cannot be reached, the lock is held, a failed script is in the way, "
    "or the run stopped midway",
    130: "interrupted (Ctrl-C, SIGTERM)",
    141: "whoever read the output stopped reading (a closed pipe)",
}
COMPLETE = "_SNOWMAKER_COMPLETE"  # the variable by which a shell asks for completions

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "commands")


def _found() -> dict[str, str]:
    files = sorted(name[:-3] for name in os.listdir(_FOLDER) if name.endswith(".py") and not name.startswith("_"))
    return {name.rstrip("_").replace("_", "-"): f"snowmaker.commands.{name}" for name in files}


COMMANDS = _found()  # name as typed: module


def summary(name: str) -> str:
    """The line that says what a command does: the first of its file, read without importing it."""
    file = os.path.join(_FOLDER, COMMANDS[name].rpartition(".")[2] + ".py")
    with open(file, encoding="utf-8") as lines:
        return lines.readline().strip().strip('"')


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, by name."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; `-C` and `--json` are understood by each of them."""
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(COMMANDS[cmd_name]).command
        command.name = cmd_name
        return add_everywhere(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; an unknown one is an error that says which is nearest."""
        if args[0] in COMMANDS or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        from snowmaker.suggest import did_you_mean

        near = did_you_mean(args[0], COMMANDS)
        meant = f" {near.capitalize()}" if near else ""
        raise click.UsageError(f"No such command {args[0]!r}.{meant}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(name)) for name in COMMANDS])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in EXIT_CODES.items()])


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="snowmaker", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Schema change for Snowflake: plan it, rehearse it, run it exactly once, take it back.

    Data goes to stdout, progress and prose to stderr; with --json, stdout is one JSON value, an error too.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


add_everywhere(cli)


def run(args: Sequence[str]) -> int:
    """Run a command line and give its exit code; every error ends here, as text or as JSON."""
    call = Invocation(json=_wants_json(args))
    try:
        with cli.make_context("snowmaker", list(args), obj=call) as ctx:
            code = cli.invoke(ctx)
        sys.stdout.flush()
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (KeyboardInterrupt, EOFError, click.Abort):
        return _tell(_interrupted(), call)
    except OSError as error:
        return _closed_pipe() if error.errno == errno.EPIPE else _tell(error, call)
    except Exception as error:
        return _tell(error, call)
    return code if isinstance(code, int) else 0


def main() -> NoReturn:
    """The entry point of `snowmaker` and `python -m snowmaker`."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:  # what the terminal's encoding lacks is escaped, not a crash
            reconfigure(errors="backslashreplace")
    if COMPLETE in os.environ:
        cli.main(prog_name="snowmaker", complete_var=COMPLETE)
    from signal import SIGTERM, signal

    signal(SIGTERM, _terminated)
    sys.exit(run(sys.argv[1:]))


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    """A cancelled job ends as Ctrl-C does: the statement cancelled, the row written, the lock released."""
    raise KeyboardInterrupt


def _wants_json(args: Sequence[str]) -> bool:
    """Whether an error before the options are understood is wanted as JSON."""
    before = list(args)[: list(args).index("--")] if "--" in args else args
    return "--json" in before


def _interrupted() -> Exception:
    from snowmaker.errors import Interrupted

    return Interrupted("interrupted", "interrupted")


def _tell(error: Exception, call: Invocation) -> int:
    """Report an error and give the exit code that it means."""
    from snowmaker import report
    from snowmaker.faults import translate

    known = translate(error)
    try:
        sys.stdout.flush()
        report.error(known, as_json=call.json)
        sys.stdout.flush()
    except OSError as second:  # nothing can be written to stdout
        _closed_pipe()
        if second.errno != errno.EPIPE:
            report.error(known, as_json=False)
    if known.code == "internal" and os.environ.get("SNOWMAKER_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    return known.exit_code


def _closed_pipe() -> int:
    """Nobody can read stdout any more: be quiet, also when Python flushes at exit."""
    with suppress(OSError, ValueError):  # stdout may be no file: a test's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


def command_of(name: str) -> Any:
    """The click command of that name, imported; for documentation and tests."""
    return cli.get_command(click.Context(cli), name)
