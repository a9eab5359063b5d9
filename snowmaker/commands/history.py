"""Show what ran in an environment, and when."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the last N rows.")
@options.account
@click.pass_obj
def command(call: Invocation, limit: int | None) -> None:
    """Show the rows of the history, oldest first: migrations, rollbacks, repairs and failures.

    Then what was kept of tables before scripts took rows from them.
    """
    with call.project() as project:
        rows, kept = project.history(limit=limit), project.kept()
        report.history(rows, kept, environment=project.environment.name, as_json=call.json)
