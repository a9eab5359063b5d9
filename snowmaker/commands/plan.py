"""Show what migrate would do, statement by statement."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--to", metavar="V|+N", help="Stop at version V, or after the next N versioned scripts.")
@options.out_of_order
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write the plan, as JSON, to this file as well.")
@click.option("--format", "formatted", is_flag=True, help="Show the SQL laid out anew; what is sent stays as written.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when there is something to do, or a policy refuses it.")
@options.account
@click.pass_obj
def command(
    call: Invocation,
    to: str | None,
    out_of_order: bool | None,
    output: str | None,
    formatted: bool,
    exit_code: bool,
) -> int:
    """Show every statement that `migrate` would send, in order, and why. Nothing is written there."""
    with call.project() as project:
        plan = project.plan(to=to, out_of_order=out_of_order)
    if output:
        report.plan_file(plan, output)
    report.plan(plan, formatted=formatted, as_json=call.json)
    due = plan.refusals or [step for step in plan.steps if step.kind != "always"]
    return 1 if exit_code and due else 0
