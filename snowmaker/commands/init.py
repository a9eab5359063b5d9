"""Start a project: snowmaker.toml and its folders."""

import os

import click

from snowmaker import report
from snowmaker.options import Invocation


@click.command()
@click.argument("folder", metavar="[DIR]", default="", type=click.Path(file_okay=False))
@click.option("--example", is_flag=True, help="Write the example project: a ski resort's snowmaking, on real data.")
@click.pass_obj
def command(call: Invocation, folder: str, example: bool) -> None:
    """Start a project in DIR (the current folder by default). Nothing that exists is overwritten."""
    from snowmaker.project import Project

    wanted = os.path.join(call.folder, folder)
    paths = Project.init(wanted, example=example)
    where = "" if wanted in (".", "./") else f" -C {wanted.rstrip('/')}"
    then = f"snowmaker{where} migrate -e sandbox" if example else f'snowmaker{where} new "first change"'
    report.files(paths, then=then, as_json=call.json)
