"""Show what is declared and what the account has instead."""

import click

from snowmaker import options, report
from snowmaker.errors import UsageError
from snowmaker.options import Invocation


@click.command()
@click.option("--format", "formatted", is_flag=True, help="Show the SQL laid out anew; what is sent stays as written.")
@click.option("--drift", is_flag=True, help="Say who changed each last, and when, where the query history knows.")
@click.option("--adopt", is_flag=True, help="Change the YAML so that it says what the account has.")
@click.option("--revert", is_flag=True, help="Write a migration that makes the account what is declared.")
@options.account
@click.pass_obj
def command(call: Invocation, formatted: bool, drift: bool, adopt: bool, revert: bool) -> int:
    """Compare the components that are declared with the account: every change, its SQL, and what takes it back.

    What is not declared is left alone. Nothing is written, but by --adopt and --revert into the project. Exits with 1
    when they differ.
    """
    if adopt and revert:
        raise UsageError("--adopt and --revert are two answers to one question", "bad_options", "say one of them")
    if revert:
        return _revert(call)
    with call.project() as project:
        if adopt:
            taken = project.adopt()
            report.adoption(taken, as_json=call.json)
            return 1 if taken.left else 0
        found = project.diff(drift=drift)
    report.diff(found, formatted=formatted, as_json=call.json)
    return 1 if found.changes else 0


def _revert(call: Invocation) -> int:
    with call.project() as project:
        paths = project.new("revert drift", from_diff=True)
    report.files(paths, then="look at it, then `snowmaker migrate`", as_json=call.json)
    return 0
