"""Show what is applied, pending, changed or failed."""

from collections.abc import Sequence

import click

from snowmaker import options, report
from snowmaker.model import ScriptStatus
from snowmaker.options import Invocation

DUE = ("pending", "rolled_back", "out_of_order", "failed", "changed")


@click.command()
@click.option("--applied", "everything", is_flag=True, help="List the applied scripts too.")
@click.option("--all", "everywhere", is_flag=True, help="All scripts, in all environments that have a connection.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something is pending, failed or changed.")
@options.account
@click.pass_obj
def command(call: Invocation, everything: bool, everywhere: bool, exit_code: bool) -> int:
    """Show the state of every script in an environment. Nothing is written, not even the history table."""
    with call.project() as project:
        if everywhere:
            matrix = project.status_everywhere()
            report.matrix(matrix, as_json=call.json)
            return 1 if exit_code and any(_due(scripts) for scripts in matrix.values()) else 0
        scripts = project.status()
        report.status(scripts, environment=project.environment.name, everything=everything, as_json=call.json)
    return 1 if exit_code and _due(scripts) else 0


def _due(scripts: Sequence[ScriptStatus]) -> bool:
    return any(one.state in DUE and (one.kind != "always" or one.state == "failed") for one in scripts)
