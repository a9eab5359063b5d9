"""Show what migrate would do, statement by statement."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--to", metavar="V|+N", help="Stop at version V, or after the next N versioned scripts.")
@options.out_of_order
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write the plan, as JSON, to this file as well.")
@click.option(
    "--format",
    "form",
    is_flag=False,
    flag_value="sql",
    type=click.Choice(["sql", "markdown"]),
    metavar="[sql|markdown]",
    help="Show the SQL laid out anew (what is sent stays as written), or a comment for a pull request.",
)
@click.option(
    "--validate", is_flag=True, help="Ask the account too, without running anything; exit with 1 when it would fail."
)
@click.option("--verify", is_flag=True, help="Rehearse it too; exit with 1 when a script is broken.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when there is something to do, or a policy refuses it.")
@options.account
@click.pass_obj
def command(
    call: Invocation,
    to: str | None,
    out_of_order: bool | None,
    output: str | None,
    form: str | None,
    validate: bool,
    verify: bool,
    exit_code: bool,
) -> int:
    """Show every statement that `migrate` would send, in order, and why. Nothing is written there.

    As markdown it also says what is destroyed, with the rows and bytes of the tables, and who gains access.
    With --validate queries and DML are compiled, missing privileges named, and rows counted that a smaller type or NOT
    NULL would not let in.
    """
    if call.json and form == "markdown":
        raise click.UsageError("--json and --format markdown do not go together")
    with call.project() as project:
        plan = project.plan(to=to, out_of_order=out_of_order)
        findings = project.validate(plan) if validate else None
        rehearsal = project.verify(plan=plan) if verify else None
        review = project.review(plan, rehearsal, findings) if form == "markdown" else None
    if output:
        report.plan_file(plan, output)
    if review:
        report.review(review)
    else:
        report.plan(plan, rehearsal, findings, formatted=form == "sql", as_json=call.json)
    due = plan.refusals or [step for step in plan.steps if step.kind != "always"]
    bad = (rehearsal is not None and rehearsal.broken) or any(one.level == "error" for one in findings or ())
    return 1 if bad or (exit_code and due) else 0
