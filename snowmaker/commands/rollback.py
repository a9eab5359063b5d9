"""Take back what was applied, last first."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Undo the last N versioned scripts.")
@click.option("--to", metavar="V", help="Undo everything after version V, which stays; 0 undoes everything.")
@click.option("--run", metavar="ID", help="Undo what one run did; its id stands in the history.")
@click.option("--from-files", is_flag=True, help="Prefer the rollback files to the rollbacks kept in the history.")
@click.option("--discard-newer-rows", is_flag=True, help="Give up rows that came after what the rollback brings back.")
@click.option("--dry-run", is_flag=True, help="Show the plan; write nothing.")
@options.yes
@options.lock_timeout
@options.account
@click.pass_obj
def command(
    call: Invocation,
    steps: int | None,
    to: str | None,
    run: str | None,
    from_files: bool,
    discard_newer_rows: bool,
    dry_run: bool,
    yes: bool,
    lock_timeout: int,
) -> None:
    """Run rollbacks, as they were recorded when the scripts were applied. Give one of --steps, --to, --run.

    Repeatable scripts that ran later go back along. Always asks, or needs --yes.
    """
    from snowmaker import confirmation
    from snowmaker.progress import Progress

    with call.project() as project:
        if dry_run:
            plan = project.plan_rollback(
                steps=steps, to=to, run=run, from_files=from_files, discard_newer_rows=discard_newer_rows
            )
            report.plan(plan, formatted=False, as_json=call.json)
            return
        result = project.rollback(
            steps=steps,
            to=to,
            run=run,
            from_files=from_files,
            discard_newer_rows=discard_newer_rows,
            confirm=confirmation.rollback(yes=yes, as_json=call.json),
            lock_timeout=lock_timeout,
            listener=Progress(),
        )
    report.result(result, as_json=call.json)
