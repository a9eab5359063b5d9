"""Examine the connection, roles and privileges, and print the grants that are missing."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@options.account
@click.pass_obj
def command(call: Invocation) -> int:
    """Examine everything that a deploy needs, and write nothing. Exits with 1 when something is missing."""
    with call.project() as project:
        return report.findings(project.doctor(), as_json=call.json)
