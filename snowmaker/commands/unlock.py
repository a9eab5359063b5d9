"""Take the lock away from a deploy that is dead."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@options.yes
@options.account
@click.pass_obj
def command(call: Invocation, yes: bool) -> None:
    """Take the lock away from whoever holds it. What a recovery needs to know is kept."""
    from snowmaker import confirmation

    with call.project() as project:
        said = project.unlock(confirm=confirmation.unlock(yes=yes, as_json=call.json))
    report.lines([said], key="unlocked", nothing="", as_json=call.json)
