"""Show what is applied, pending, changed or failed."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation

DUE = ("pending", "rolled_back", "out_of_order", "failed", "changed")


@click.command()
@click.option("--all", "everything", is_flag=True, help="List the applied scripts too.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something is pending, failed or changed.")
@options.account
@click.pass_obj
def command(call: Invocation, everything: bool, exit_code: bool) -> int:
    """Show the state of every script in an environment. Nothing is written, not even the history table."""
    with call.project() as project:
        scripts = project.status()
        report.status(scripts, environment=project.environment.name, everything=everything, as_json=call.json)
    due = [one for one in scripts if one.state in DUE and (one.kind != "always" or one.state == "failed")]
    return 1 if exit_code and due else 0
