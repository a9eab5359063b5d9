"""A project of files that a test writes, and what the lint rules say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from snowmaker import config, loader
from snowmaker.ledger import Ledger
from snowmaker.linting import Linter
from snowmaker.model import Applied, Finding

SETTINGS = """
[vars]
retention_days = 1

[environments.sandbox]
vars = { prefix = "" }

[environments.dev]
connection = "dev"
vars = { prefix = "DEV_" }

[environments.prod]
connection = "prod"
vars = { prefix = "PROD_", retention_days = 7 }
"""
APPLIED = ", as it was applied"

Lint = Callable[..., tuple[Finding, ...]]


def write(folder: Path, files: Mapping[str, str], settings: str = SETTINGS) -> None:
    """A project with these files, and no others in its migrations."""
    (folder / "snowmaker.toml").write_text(settings)
    for place in ("migrations", "components", "checks"):
        (folder / place).mkdir(exist_ok=True)
        for old in (folder / place).iterdir():
            old.unlink()
    for name, text in files.items():
        raw = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), text.encode())
        (folder / name).write_bytes(raw)


def linter(folder: Path, environment: str | None = None) -> Linter:
    settings = config.load(folder)
    return Linter(settings, config.resolve(settings, environment), lambda name: config.resolve(settings, name))


def applied(files: Mapping[str, str], folder: Path) -> Ledger:
    """The history after these files were applied."""
    write(folder, files)
    rows = [
        Applied(
            *(source.script, "V", source.version, "", "", "Success", "ME", None, 0),
            seq=number,
            source_checksum=source.source_checksum,
        )
        for number, source in enumerate(loader.load(folder, config.load(folder)), 1)
    ]
    return Ledger.of(rows)


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """`lint({"migrations/V1__a.sql": "…"})`, or `lint("…")` for one script with its rollback."""

    def run(
        files: Mapping[str, str] | str, *, settings: str = SETTINGS, environment: str | None = None
    ) -> tuple[Finding, ...]:
        if isinstance(files, str):
            files = {"migrations/V1__a.sql": files, "migrations/U1__a.sql": "SELECT 1"}
        write(tmp_path, files, settings)
        return linter(tmp_path, environment).check()

    return run


def said(found: tuple[Finding, ...], *rules: str) -> list[tuple[str, int]]:
    """(rule, line) of what was found, or of what these rules found."""
    return [(one.rule, one.line) for one in found if not rules or one.rule in rules]
