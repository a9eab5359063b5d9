"""Run in one environment what another has run."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.argument("origin", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--dry-run", is_flag=True, help="Show the plan, and what it leaves out and why; write nothing.")
@click.option("--allow-destructive", is_flag=True, help="Run statements that can lose data.")
@options.yes
@options.lock_timeout
@options.variables
@click.pass_obj
def command(
    call: Invocation,
    origin: str,
    target: str,
    dry_run: bool,
    allow_destructive: bool,
    yes: bool,
    lock_timeout: int,
) -> None:
    """Run in the environment TO what FROM has run, with the same texts and in its order, and nothing else."""
    from snowmaker import confirmation
    from snowmaker.progress import Progress

    call.environment = target
    with call.project() as project:
        if dry_run:
            report.plan(project.plan_promote(origin), formatted=False, as_json=call.json)
            return
        confirm = confirmation.migration(project, yes=yes, allow_destructive=allow_destructive, as_json=call.json)
        result = project.promote(origin, confirm=confirm, lock_timeout=lock_timeout, listener=Progress())
    report.result(result, as_json=call.json)
