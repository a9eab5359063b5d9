"""Drop what was kept of tables, once nobody will want it back."""

from datetime import timedelta

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--older-than", callback=options.age, required=True, metavar="AGE", help="For example 30d or 12h.")
@options.yes
@options.account
@click.pass_obj
def command(call: Invocation, older_than: timedelta, yes: bool) -> None:
    """Drop the clones of tables that were kept before scripts took rows from them; `history` lists them."""
    from snowmaker import confirmation

    with call.project() as project:
        said = project.cleanup(older_than, confirm=confirmation.change(project, yes=yes, as_json=call.json))
    report.lines(said, key="dropped", nothing="nothing is that old", as_json=call.json)
