"""The architecture as DESIGN.md §2 draws it: imports point down, and some doors have one key."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import snowmaker

ROOT = Path(snowmaker.__file__).parent
FILES_SIDE = {
    *("tomlfile", "connections", "config", "shipped", "loader", "placeholders", "templating", "renderer"),
    *("providers", "vault", "yamlfile", "yamltext", "yamledit", "manifest", "authoring", "checks"),
}
ACCOUNT_SIDE = {
    *(
        "session",
        "history",
        "lacking",
        "lock",
        "preflight",
        "recovery",
        "keeping",
        "drift",
        "executor",
        "inspector",
        "grantreader",
    )
}
LAYERS: tuple[set[str], ...] = (
    {"errors", "model", "suggest", "plugins"},
    {
        *(
            "names",
            "sql",
            "versions",
            "ledger",
            "ordering",
            "planner",
            "rollback",
            "mending",
            "resuming",
            "losses",
            "probes",
            "setupscript",
            "redaction",
            "differ",
            "rules",
        ),
        *(
            "granting",
            "gates",
            "directives",
            "changescript",
            "components",
            "formatting",
            "jsonschema",
            "accountdiff",
            "filling",
            "values",
        ),
        *("access", "accesstext", "foresight"),
    },
    FILES_SIDE | ACCOUNT_SIDE | {"sandbox"},
    {
        *("rehearsing", "adopting", "declaring", "verifying", "reviewing", "validating", "linting", "deploying"),
        *("checking", "project"),
    },
    {
        *(
            "cli",
            "commands",
            "options",
            "confirmation",
            "faults",
            "report",
            "annotations",
            "markdown",
            "terminal",
            "progress",
        ),
        *("docs",),
        *("integrations", "testing", "__main__"),
    },
)
IMPURE = {
    "os",
    "pathlib",
    "io",
    "time",
    "socket",
    "subprocess",
    "random",
    "secrets",
    "tempfile",
    "shutil",
    "urllib",
}


def modules() -> dict[str, list[Path]]:
    """The parts of the package (a module, or a folder with all in it) and their files; the facade apart."""
    parts: dict[str, list[Path]] = {}
    for file in sorted(ROOT.rglob("*.py")):
        name = file.relative_to(ROOT).parts[0].removesuffix(".py")
        if name not in ("__init__", "shipped"):
            parts.setdefault(name, []).append(file)
    return parts


PARTS = modules()


def imported(file: Path) -> Iterator[str]:
    """The full names of what a file imports, inside functions too."""
    package = ["snowmaker", *file.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "snowmaker":
                yield from (f"snowmaker.{alias.name}" for alias in node.names)
            else:
                yield module


def ours(part: str) -> set[str]:
    """The other parts that a part imports. The facade's own names are not parts."""
    names = {name.split(".")[1] for file in PARTS[part] for name in imported(file) if name.startswith("snowmaker.")}
    return names - {part, *snowmaker.__all__}


def layer(part: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part in parts)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_a_layer_and_imports_down(part: str) -> None:
    assert any(part in parts for parts in LAYERS), f"give {part} a layer in {__file__}"
    upward = {name for name in ours(part) if layer(name) > layer(part)}
    assert not upward


def test_no_cycle() -> None:
    TopologicalSorter({part: ours(part) for part in PARTS}).prepare()


def test_files_side_and_account_side_do_not_know_each_other() -> None:
    for part in FILES_SIDE & PARTS.keys():
        assert not ours(part) & (ACCOUNT_SIDE | {"sandbox"}), part
    for part in ACCOUNT_SIDE & PARTS.keys():
        assert not ours(part) & (FILES_SIDE | {"sandbox"}), part


def test_session_alone_imports_the_connector() -> None:
    users = {part for part, files in PARTS.items() for file in files for name in imported(file) if is_connector(name)}
    assert users <= {"session"}


def is_connector(name: str) -> bool:
    return name == "snowflake" or name.startswith("snowflake.")


def test_the_sandbox_shares_nothing_with_what_it_judges() -> None:
    if "sandbox" in PARTS:
        assert not ours("sandbox")
        assert {part for part in PARTS if "sandbox" in ours(part)} <= {
            "project",
            "rehearsing",
            "commands",
            "docs",
            "testing",
        }


@pytest.mark.parametrize("part", sorted(LAYERS[1] & PARTS.keys()))
def test_the_pure_layer_has_no_file_clock_or_connection(part: str) -> None:
    top = {name.split(".")[0] for file in PARTS[part] for name in imported(file)}
    assert not top & IMPURE


@pytest.mark.parametrize("part", sorted(PARTS.keys() - LAYERS[4]))
def test_library_code_does_not_print(part: str) -> None:
    for file in PARTS[part]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            prints = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            assert not prints, f"{file}:{node.lineno}"


def test_public_names() -> None:
    assert snowmaker.__all__ == sorted(snowmaker.__all__, key=lambda name: (name.startswith("_"), name))
    for name in snowmaker.__all__:
        assert getattr(snowmaker, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Projekt'"):
        snowmaker.Projekt  # noqa: B018
