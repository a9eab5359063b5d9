"""Print the script that teaches a shell to complete snowmaker's commands."""

import click

from snowmaker import report
from snowmaker.options import Invocation


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
@click.pass_obj
def command(call: Invocation, shell: str) -> None:
    """Print the completion script of SHELL: `source <(snowmaker completion bash)`, or keep it in a file."""
    from click.shell_completion import get_completion_class

    from snowmaker.cli import COMPLETE, cli

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"this version of click knows no completion for {shell}; upgrade click")
    source = made(cli, {}, "snowmaker", COMPLETE).source()
    report.lines([source], key="script", nothing="", as_json=call.json)
