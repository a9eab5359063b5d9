"""The README's reference, generated from what it documents: commands, lint rules, exit codes, the sandbox's statements.

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
from snowmaker.components.base import LEVELS, Property
from snowmaker.rules import rules

BLOCK = re.compile(r"<!-- (?P<name>[a-z-]+): begin -->\n(?P<text>.*?)<!-- (?P=name): end -->", re.DOTALL)
EVERYWHERE = ("project_folder", "as_json")  # what every command understands, and …
NOTES = {
    "FUNCTION": "runs in SQL, else recorded",
    "PROCEDURE": "runs in SQL, else recorded",
    "AGGREGATE FUNCTION": "recorded",
    "EXTERNAL FUNCTION": "recorded",
    "HYBRID TABLE": "recorded",
    "INDEX": "recorded",
}
VERBS = ("CREATE", "ALTER", "DROP", "UNDROP", "SHOW", "DESCRIBE")
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


def statements() -> str:
    """The statements the sandbox knows: kinds of object by what can be done with them, then all the others."""
    from snowmaker.sandbox.statements import load

    load()
    rows = [_kind_row(name) for name in _kinds()]
    table = [f"| kind | {' | '.join(VERBS)} | privileges besides OWNERSHIP | |", "|---" * (len(VERBS) + 3) + "|", *rows]
    return "\n".join([*table, "", f"Others: {', '.join(f'`{each}`' for each in _others())}.", ""])


def _kinds() -> list[str]:
    """What CREATE or SHOW makes or lists, by the names of kinds."""
    from snowmaker.sandbox.kinds import KINDS
    from snowmaker.sandbox.registry import HANDLERS

    created = {" ".join(words[1:]) for words in HANDLERS if words[0] == "CREATE"}
    return sorted(created | set(KINDS))


def _kind_row(name: str) -> str:
    from snowmaker.sandbox.kinds import KINDS
    from snowmaker.sandbox.privileges import privileges_on

    kind = KINDS.get(name) or KINDS.get(name.split()[-1])
    marks = ["x" if _known(verb, name) else "" for verb in VERBS]
    granted = privileges_on(kind.name) if kind else ()  # an index has none of its own
    privileges = [each for each in granted if not each.startswith("CREATE ")]
    done = NOTES.get(name) or ("recorded" if kind and kind.recorded else "runs")
    return " | ".join([f"| {name.lower()}", *marks, ", ".join(sorted(privileges)), f"{done} |"])


def _known(verb: str, name: str) -> bool:
    """Whether there is a handler for the verb with this kind."""
    from snowmaker.sandbox.registry import HANDLERS
    from snowmaker.sandbox.vocabulary import plural

    return (verb, *(plural(name) if verb == "SHOW" else name).split()) in HANDLERS


def _others() -> list[str]:
    """The statements that are no CREATE, ALTER … of a kind; `SHOW GRANTS` stands for its longer forms too."""
    from snowmaker.sandbox.registry import BLOCK, HANDLERS
    from snowmaker.sandbox.vocabulary import plural

    kinds = set(_kinds())
    known = kinds | {plural(name) for name in kinds}
    found: set[tuple[str, ...]] = {("COMMENT", "ON")}
    for words in HANDLERS:
        rest = [word for word in words[1:] if word != "TERSE"]
        first = words[0]
        if first in ("DESC", "COMMENT") or words == (BLOCK,):
            continue
        if first in VERBS and any(" ".join(rest[:size]) in known for size in range(1, len(rest) + 1)):
            continue
        found.add((first, *rest))
    shortest = {each for each in found if not any(each[:size] in found for size in range(1, len(each)))}
    return sorted([BLOCK, *(" ".join(each) for each in shortest)])


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


def components() -> str:
    """Every kind of component with its properties."""
    from snowmaker.components import kinds

    lines = ["| kind | in | properties |", "|---|---|---|"]
    for kind in sorted(kinds().values(), key=lambda one: (LEVELS.index(one.level), one.section)):
        place = "" if kind.single else "anywhere" if kind.anywhere else kind.level
        others = ["any parameter, by its name\\*"] if kind.others is not None else []
        names = ", ".join([*map(_property, kind.properties), *others])
        lines.append(f"| [`{kind.section}`]({kind.page}) | {place} | {names} |")
    return "\n".join(lines) + "\n"


def _property(one: Property) -> str:
    name = f"`{one.name}`" + (f" (`{one.short}`)" if one.short else "")
    return f"{name}\\*" if one.optional else name


def lint_rules() -> str:
    """The lint rules as a table."""
    lines = ["| rule | level | finds |", "|---|---|---|"]
    lines += [f"| `{one.name}` | {one.level} | {_cell(one.summary)} |" for one in rules().values()]
    return "\n".join(lines) + "\n"


def rule_pages() -> str:
    """The page of each lint rule, to be opened."""
    return "\n".join(
        f"<details>\n<summary><code>{one.name}</code></summary>\n\n{one.page}\n\n</details>\n"
        for one in rules().values()
    )


BLOCKS: dict[str, Callable[[], str]] = {
    "statements": statements,
    "components": components,
    "rules": lint_rules,
    "commands": commands,
    "exit-codes": exit_codes,
    "rule-pages": rule_pages,
}


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
