"""Write a new migration and its rollback, from a template if you like."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.argument("description")
@click.option(
    "--template",
    metavar="NAME",
    help="A template of templates/new/: table, view, schema, database and others.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for the template; may be repeated.",
)
@click.option("--repeatable", is_flag=True, help="An R script: runs again whenever its text changes.")
@click.option("--always", is_flag=True, help="An A script: runs with every migrate.")
@click.option("--version", "version", metavar="V", help="The version; by default the time in UTC.")
@click.option("--from-diff", is_flag=True, help="Write what makes the account what is declared, and its way back.")
@options.account
@click.pass_context
def command(
    ctx: click.Context,
    description: str,
    template: str | None,
    settings: tuple[str, ...],
    repeatable: bool,
    always: bool,
    version: str | None,
    from_diff: bool,
) -> None:
    """Write a migration for DESCRIPTION and the rollback that belongs to it."""
    call: Invocation = ctx.obj
    if from_diff and (template or settings or repeatable or always):
        raise click.UsageError("--from-diff writes a versioned script of its own: leave templates and kinds out")
    values = options.pairs(settings, ctx.command.params[2])
    with call.project() as project:
        paths = project.new(
            description,
            template=template,
            values=values,
            repeatable=repeatable,
            always=always,
            version=version,
            from_diff=from_diff,
        )
    then = (
        "read it, then `snowmaker plan`" if from_diff else "write the SQL, then `snowmaker check` and `snowmaker plan`"
    )
    report.files(paths, then=then, as_json=call.json)
