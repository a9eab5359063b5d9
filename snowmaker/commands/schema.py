"""Print the JSON Schema of components, for editors."""

import click

from snowmaker import report


@click.command()
def command() -> None:
    """Print the JSON Schema by which an editor completes and checks the YAML of components/.

    A file names it in its first line: `# yaml-language-server: $schema=components.schema.json`.
    """
    from snowmaker.jsonschema import components_schema

    report.document(components_schema())
