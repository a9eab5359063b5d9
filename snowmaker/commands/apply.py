"""Make the account what is declared."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--dry-run", is_flag=True, help="Show the plan; write nothing.")
@click.option("--allow-destructive", is_flag=True, help="Run statements that can lose data.")
@options.yes
@options.lock_timeout
@options.account
@click.pass_obj
def command(call: Invocation, dry_run: bool, allow_destructive: bool, yes: bool, lock_timeout: int) -> None:
    """Run what `diff` shows, and record it in the history with its rollback, as a migration.

    Asks before a protected environment is changed (--yes) and before data can be lost (--allow-destructive).
    """
    from snowmaker import confirmation
    from snowmaker.progress import Progress

    with call.project() as project:
        if dry_run:
            report.plan(project.plan_apply(), formatted=False, as_json=call.json)
            return
        confirm = confirmation.migration(project, yes=yes, allow_destructive=allow_destructive, as_json=call.json)
        result = project.apply(confirm=confirm, lock_timeout=lock_timeout, listener=Progress())
    report.result(result, as_json=call.json)
