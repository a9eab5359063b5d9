"""Judge the checks: queries that must return no rows, and what roles can and cannot do."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "github"]),
    default="text",
    show_default=True,
    help="How to tell it: JUnit's XML, or annotations of GitHub's checks.",
)
@options.account
@click.pass_obj
def command(call: Invocation, form: str) -> int:
    """Judge the checks on a fresh local account, on which all scripts have run and the components were applied.

    With -e, the account of that environment is asked instead, by queries alone. Exits with 1 when a check fails, or
    cannot be judged.
    """
    with call.project() as project:
        found = project.test()
    report.checks(found, form="json" if call.json else form)
    return 1 if found.failed else 0
