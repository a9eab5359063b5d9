"""Check names, directives, templates, splitting and rollbacks, without an account."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@options.target
@click.pass_obj
def command(call: Invocation) -> int:
    """Check every file of the project, without an account. Exits with 1 when something is wrong."""
    with call.project() as project:
        return report.findings(project.check(), as_json=call.json)
