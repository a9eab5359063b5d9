"""Run what is pending, once, in order, under a lock."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--to", metavar="V|+N", help="Stop at version V, or after the next N versioned scripts.")
@click.option("--dry-run", is_flag=True, help="Examine the account and show the plan; write nothing.")
@click.option("--allow-destructive", is_flag=True, help="Run statements that can lose data.")
@options.out_of_order
@options.yes
@options.lock_timeout
@options.account
@click.pass_obj
def command(
    call: Invocation,
    to: str | None,
    dry_run: bool,
    allow_destructive: bool,
    out_of_order: bool | None,
    yes: bool,
    lock_timeout: int,
) -> None:
    """Run the pending scripts and record each in the history.

    Asks before a protected environment is changed (--yes) and before data can be lost (--allow-destructive).
    """
    from snowmaker import confirmation
    from snowmaker.progress import Progress

    with call.project() as project:
        confirm = confirmation.migration(project, yes=yes, allow_destructive=allow_destructive, as_json=call.json)
        result = project.migrate(
            to=to,
            out_of_order=out_of_order,
            confirm=confirm,
            lock_timeout=lock_timeout,
            dry_run=dry_run,
            listener=Progress(),
        )
        if dry_run:
            plan = project.plan(to=to, out_of_order=out_of_order)
            report.plan(plan, formatted=False, as_json=call.json)
            return
    report.result(result, as_json=call.json)
