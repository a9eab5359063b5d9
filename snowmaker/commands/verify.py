"""Rehearse scripts and their rollbacks on a fresh sandbox."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--all", "everything", is_flag=True, help="Rehearse all scripts, not only what is pending.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "junit", "github"]),
    default="table",
    show_default=True,
    help="How to tell it: JUnit's XML, or annotations of GitHub's checks.",
)
@options.account
@click.pass_obj
def command(call: Invocation, everything: bool, form: str) -> int:
    """Run each script up, down and up again on a fresh local account, and compare the account before and after.

    With -e, what that environment's history has is replayed first, and what is pending there is rehearsed; its account
    is only read. Exits with 1 when a script is broken.
    """
    with call.project() as project:
        found = project.verify(everything=everything)
    report.rehearsal(found, form="json" if call.json else form)
    return 1 if found.broken else 0
