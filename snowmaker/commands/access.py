"""Show who can do what, and through which path."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.argument("name", required=False)
@click.option("--diff", "as_diff", is_flag=True, help="Show whose access `apply` would change, and how.")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Write a flowchart of Mermaid.")
@options.account
@click.pass_obj
def command(call: Invocation, name: str | None, as_diff: bool, as_mermaid: bool) -> int:
    """Show what a role or user can do, and who can do what with an object: each privilege with the path to it.

    NAME is a role, else a user, else another object of the account; of two parts a schema, else a database role; of
    three what is there of that name. Its kind may stand before it: "user BOB", "table DB.S.T". Nothing is written.
    With --diff, exits with 1 when anyone's access would change.
    """
    if (name is None) != as_diff:
        raise click.UsageError("give either NAME or --diff")
    with call.project() as project:
        if name is not None:
            report.access(project.access(name), as_mermaid=as_mermaid, as_json=call.json)
            return 0
        found = project.access_diff()
    report.access_diff(found, as_mermaid=as_mermaid, as_json=call.json)
    return 1 if found.changes else 0
