"""Start in the middle: take the versions up to here as there already."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.argument("version")
@options.yes
@options.account
@click.pass_obj
def command(call: Invocation, version: str, yes: bool) -> None:
    """Record that what the scripts up to VERSION make is there already; they become `ignored`."""
    from snowmaker import confirmation

    with call.project() as project:
        said = project.baseline(version, confirm=confirmation.change(project, yes=yes, as_json=call.json))
    report.lines(said, key="recorded", nothing="nothing to record", as_json=call.json)
