"""Tell the history what is true: accept edits, or say how far a failed script came."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.argument("script", required=False, shell_complete=options.scripts)
@click.option("--checksums", is_flag=True, help="Accept the edits of applied scripts.")
@click.option("--done", type=click.IntRange(min=0), metavar="N", help="The first N statements of SCRIPT are done.")
@click.option("--rerun", type=click.IntRange(min=1), metavar="N", help="SCRIPT goes on at statement N.")
@click.option("--adopt", is_flag=True, help="Take over the history of another project or environment.")
@options.yes
@options.account
@click.pass_obj
def command(
    call: Invocation,
    script: str | None,
    checksums: bool,
    done: int | None,
    rerun: int | None,
    adopt: bool,
    yes: bool,
) -> None:
    """Add rows to the history that say what is true; no row is ever edited."""
    from snowmaker import confirmation

    with call.project() as project:
        said = project.repair(
            script,
            checksums=checksums,
            done=done,
            rerun=rerun,
            adopt=adopt,
            confirm=confirmation.change(project, yes=yes, as_json=call.json),
        )
    report.lines(said, key="recorded", nothing="nothing to repair", as_json=call.json)
