"""Run SQL and show the rows of the last statement."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("-q", "--query", metavar="TEXT", help="The statements to run.")
@click.option(
    "-f", "--file", type=click.Path(dir_okay=False, allow_dash=True), help="A file of statements; - is stdin."
)
@options.account
@click.pass_obj
def command(call: Invocation, query: str | None, file: str | None) -> None:
    """Run every statement of -q TEXT or -f FILE in order and show the rows of the last.

    With --json they are a list of objects; a number beyond 2^53 is a string.
    """
    if (query is None) == (file is None):
        raise click.UsageError("give either -q TEXT or -f FILE")
    text = options.read(file) if file else query or ""
    with call.project() as project:
        found = project.query(text, file=file or "")
    report.rows(found, as_json=call.json)
