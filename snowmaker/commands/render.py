"""Print scripts as they would be sent, without an account."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.argument("scripts", nargs=-1, metavar="[SCRIPT]...", shell_complete=options.scripts)
@click.option("--format", "formatted", is_flag=True, help="Lay the SQL out anew; what is sent stays as written.")
@options.target
@click.pass_obj
def command(call: Invocation, scripts: tuple[str, ...], formatted: bool) -> None:
    """Fill in the templates of the scripts (of all, by default) and print them. Secrets stay placeholders."""
    with call.project() as project:
        report.scripts(project.render(scripts), formatted=formatted, as_json=call.json)
