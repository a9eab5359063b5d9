"""The README's reference, generated from what it documents: commands, exit codes, settings.

`python -m snowmaker.docs` rewrites the blocks between `<!-- NAME: begin -->` and `<!-- NAME: end -->` of
README.md; with `--check` it changes nothing and says, with exit code 1, when a block is not as it should be.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from snowmaker.cli import COMMANDS, EXIT_CODES, cli, command_of

BLOCK = re.compile(r"<!-- (?P<name>[a-z-]+): begin -->\n(?P<text>.*?)<!-- (?P=name): end -->", re.DOTALL)
EVERYWHERE = ("project_folder", "as_json")  # what every command understands, and …
TARGET = ("environment", "connection", "variables")  # … what many do: described once


def commands() -> str:
    """Every command with its arguments and options."""
    shared = {option.name: option for option in _all_options(cli) if option.name in EVERYWHERE}
    for name in COMMANDS:
        shared |= {option.name: option for option in _all_options(command_of(name)) if option.name in TARGET}
    parts = ["Every command understands the first two of these; those that name them, the others.\n"]
    parts.append(_table([shared[name] for name in (*EVERYWHERE, *TARGET)]))
    for name in COMMANDS:
        parts += _command(command_of(name), f"snowmaker {name}")
    return "\n".join(parts)


def exit_codes() -> str:
    """The exit codes as a table."""
    lines = ["| code | means |", "|---|---|", *(f"| {code} | {text} |" for code, text in EXIT_CODES.items())]
    return "\n".join(lines) + "\n"


def _command(command: click.Command, path: str) -> list[str]:
    parts = [f"### `{_usage(command, path)}`\n", inspect.cleandoc(command.help or "") + "\n"]
    options = _all_options(command)
    own = [option for option in options if option.name not in (*EVERYWHERE, *TARGET)]
    if own:
        parts.append(_table(own))
    named = [f"`{option.opts[0]}`" for name in TARGET for option in options if option.name == name]
    if named:
        parts.append(f"Also {', '.join(named)}.\n")
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            parts += _command(below, f"{path} {name}")
    return parts


def _usage(command: click.Command, path: str) -> str:
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    names = [argument.metavar or (argument.name or "").upper() for argument in arguments]
    below = ["COMMAND"] if isinstance(command, click.Group) else []
    return " ".join([path, *names, *below])


def _all_options(command: click.Command) -> list[click.Option]:
    return [option for option in command.params if isinstance(option, click.Option)]


def _table(options: Sequence[click.Option]) -> str:
    """Options and what they do; made here, since click's own wording differs from version to version."""
    lines = []
    for option in options:
        value = "" if option.is_flag else " " + (option.metavar or option.type.name.upper())
        default = f" Default: {option.default}." if option.show_default else ""
        names = ", ".join((*option.opts, *option.secondary_opts)) + value
        text = f"{option.help or ''}{default}"
        lines.append(f"| `{_cell(names)}` | {_cell(text)} |")
    return "\n".join(["| option | does |", "|---|---|", *lines]) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


BLOCKS: dict[str, Callable[[], str]] = {"commands": commands, "exit-codes": exit_codes}


def generated(text: str) -> str:
    """A page's text with its blocks as they should be; raises ValueError at a block that nobody knows."""

    def block(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in BLOCKS:
            raise ValueError(f"no generator for the block {name!r}; there are {', '.join(BLOCKS)}")
        return f"<!-- {name}: begin -->\n{BLOCKS[name]()}<!-- {name}: end -->"

    return BLOCK.sub(block, text)


def main(arguments: Sequence[str]) -> int:
    """Write the blocks of README.md (or of the files named), or check them."""
    check = "--check" in arguments
    pages = [Path(name) for name in arguments if name != "--check"] or [Path("README.md")]
    return max(_page(page, check) for page in pages)


def _page(page: Path, check: bool) -> int:
    text = page.read_text(encoding="utf-8")
    missing = [name for name in BLOCKS if f"<!-- {name}: begin -->" not in text]
    if missing:
        sys.stderr.write(f"{page}: lacks the markers of {', '.join(missing)}\n")
        return 1
    wanted = generated(text)
    if wanted == text:
        return 0
    if check:
        sys.stderr.write(f"{page}: not what the code says; run `python -m snowmaker.docs`\n")
        return 1
    page.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
