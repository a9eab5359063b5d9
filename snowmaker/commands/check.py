"""Check every file against the lint rules, without an account; mend what is safe to mend."""

import click

from snowmaker import options, report
from snowmaker.options import Invocation


@click.command()
@click.option("--fix", is_flag=True, help="Write rollbacks anew where a rule knows how, then check.")
@click.option("--offline", is_flag=True, help="With -e too, do not read the history of the environment.")
@click.option(
    "--format",
    "output",
    metavar="FORMAT",
    type=click.Choice(report.FINDINGS),
    help="Print text, json, sarif (2.1.0), or github: annotations of a pull request.",
)
@click.option("--rules", "listed", is_flag=True, help="List the rules instead.")
@click.option("--explain", metavar="RULE", help="Print the page of a rule instead.")
@options.target
@click.pass_obj
def command(call: Invocation, fix: bool, offline: bool, output: str | None, listed: bool, explain: str | None) -> int:
    """Check every file of the project, without an account. Exits with 1 for an error, with 0 for warnings alone.

    With -e the scripts are also compared with the history of that environment, where it can be read.
    """
    from snowmaker import rules

    if call.json and output not in (None, "json", "sarif"):
        raise click.UsageError(f"--json and --format {output} do not go together")
    if explain:
        report.rule(rules.rule(explain), as_json=call.json)
        return 0
    if listed:
        report.rules(list(rules.rules().values()), as_json=call.json)
        return 0
    with call.project() as project:
        mended = project.fix() if fix else ()
        found = project.check(with_history=call.environment is not None and not offline)
    return report.lint(found, mended, output=output or ("json" if call.json else "text"), folder=call.folder)
