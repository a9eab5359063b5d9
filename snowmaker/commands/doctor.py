"""Examine the connection, roles and privileges, and print the grants that are missing."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option(
    "--setup",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write the SQL that makes the connection's role with its grants instead: [verify] setup.",
)
@click.option("--force", is_flag=True, help="With --setup, write over a file that exists.")
@options.account
@click.pass_obj
def command(call: Invocation, setup: str | None, force: bool) -> int:
    """Examine everything that a deploy needs, and write nothing. Exits with 1 when something is missing."""
    with call.project() as project:
        if setup:
            written = project.write_setup(setup, force=force)
            report.files([written], then="name it in [verify] setup, then `snowmaker verify`", as_json=call.json)
            return 0
        return report.findings(project.doctor(), as_json=call.json)
