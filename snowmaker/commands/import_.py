"""Write what an account has as components, or as migrations."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option(
    "--kind", "kinds", multiple=True, metavar="KINDS", help="Only this kind, as `warehouses`; may be repeated."
)
@click.option(
    "--database",
    "databases",
    multiple=True,
    metavar="NAME",
    help="Only this database and what is in it; may be repeated. With --snapshot, the account's own too.",
)
@click.option("--like", default="", metavar="PATTERN", help="Only names of this pattern, as `ORDER*`.")
@click.option("-o", "--output", type=click.Choice(["-"]), help="Print the YAML instead of writing files.")
@click.option("--sql", "as_sql", is_flag=True, help="Write a migration and its rollback instead.")
@click.option(
    "--snapshot",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write one file of SQL instead, with which `verify` begins: [verify] snapshot.",
)
@click.option("--force", is_flag=True, help="Write over files that exist.")
@options.account
@click.pass_obj
def command(
    call: Invocation,
    kinds: tuple[str, ...],
    databases: tuple[str, ...],
    like: str,
    output: str | None,
    as_sql: bool,
    snapshot: str | None,
    force: bool,
) -> None:
    """Read an account, or a part of it, and write it into components/: one file per database, one for the account.

    `diff` then finds no difference. What every account has by itself, and snowmaker's own history, is left out.
    """
    if sum(map(bool, (output, as_sql, snapshot))) > 1:
        raise click.UsageError("-o, --sql and --snapshot do not go together")
    with call.project() as project:
        chosen = project.selection(kinds, databases, like)
        if snapshot:
            written = project.import_snapshot(snapshot, chosen, force=force)
            report.files([written], then="name it in [verify] snapshot, then `snowmaker verify`", as_json=call.json)
            return
        if output:
            report.documents(project.import_texts(chosen), as_json=call.json)
            return
        paths = project.import_sql(chosen) if as_sql else project.import_(chosen, force=force)
    report.files(paths, then="look at them, then `snowmaker diff`", as_json=call.json)
