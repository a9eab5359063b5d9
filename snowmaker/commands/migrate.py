"""Run what is pending, once, in order, under a lock."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--to", metavar="V|+N", help="Stop at version V, or after the next N versioned scripts.")
@click.option("--plan", "plan_file", type=click.Path(dir_okay=False), metavar="FILE", help="Run exactly this plan.")
@click.option("--dry-run", is_flag=True, help="Examine the account and show the plan; write nothing.")
@click.option("--allow-destructive", is_flag=True, help="Run statements that can lose data.")
@click.option(
    "--keep-going", is_flag=True, help="Go on after a repeatable or always script that fails; exit 3 at the end."
)
@options.out_of_order
@options.yes
@options.lock_timeout
@options.account
@click.pass_obj
def command(
    call: Invocation,
    to: str | None,
    plan_file: str | None,
    dry_run: bool,
    allow_destructive: bool,
    keep_going: bool,
    out_of_order: bool | None,
    yes: bool,
    lock_timeout: int,
) -> None:
    """Run the pending scripts and record each in the history.

    With --plan, which `plan -o` wrote, exactly that runs: anything that would be different by now is refused.
    Asks before a protected environment is changed (--yes) and before data can be lost (--allow-destructive).
    """
    from snowmaker import confirmation
    from snowmaker.progress import Progress

    if plan_file and (to or out_of_order is not None):
        raise click.UsageError("--plan says what runs: leave --to and --out-of-order out")
    reviewed = options.plan(plan_file) if plan_file else None
    with call.project() as project:
        agreed = yes or reviewed is not None  # somebody has looked at it
        confirm = confirmation.migration(project, yes=agreed, allow_destructive=allow_destructive, as_json=call.json)
        result = project.migrate(
            to=to,
            out_of_order=out_of_order,
            reviewed=reviewed,
            confirm=confirm,
            lock_timeout=lock_timeout,
            dry_run=dry_run,
            keep_going=keep_going,
            listener=Progress(),
        )
        if dry_run:
            plan = project.plan(to=to, out_of_order=out_of_order)
            report.plan(plan, formatted=False, as_json=call.json)
            return
    report.result(result, as_json=call.json)
