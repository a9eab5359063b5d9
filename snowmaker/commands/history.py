"""Show what ran in an environment, and when."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the last N rows.")
@options.account
@click.pass_obj
def command(call: Invocation, limit: int | None) -> None:
    """Show the rows of the history, oldest first: migrations, rollbacks, repairs and failures."""
    with call.project() as project:
        report.history(project.history(limit=limit), environment=project.environment.name, as_json=call.json)
