"""A project whose components are declared, applied and rolled back on the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snowmaker import Project
from snowmaker.model import Diff


class Declaring:
    """A project with a database and a schema of its own; `{db}` in all texts is the database."""

    def __init__(self, folder: Path, open_project: Callable[..., Project], database: str) -> None:
        self._folder, self._open, self.database = folder, open_project, database
        (folder / "components").mkdir(exist_ok=True)
        self.run(f"CREATE DATABASE IF NOT EXISTS {database}", f"CREATE SCHEMA {database}.S")

    def fill(self, text: str) -> str:
        return text.replace("{db}", self.database)

    def run(self, *texts: str) -> list[dict[str, Any]]:
        """Run statements as ACCOUNTADMIN; the rows of the last."""
        rows: list[dict[str, Any]] = []
        for text in texts:
            rows = self._open().query(self.fill(text))
        return rows

    def declare(self, text: str) -> None:
        (self._folder / "components" / "x.yml").write_text(self.fill(text))

    def diff(self) -> Diff:
        return self._open().diff()

    def sql(self) -> list[str]:
        """The statements that the difference would run."""
        return [statement for change in self.diff().changes for statement in change.sql]

    def apply(self, text: str = "") -> None:
        """Apply what is declared; then nothing is left to do."""
        if text:
            self.declare(text)
        self._open().apply()
        assert self.diff().changes == ()

    def rollback(self) -> None:
        """Take the last apply back."""
        self._open().rollback(steps=1)

    def imported(self, section: str) -> str:
        """The components of a kind as import writes them; they are as they are."""
        project = self._open()
        for file in (self._folder / "components").iterdir():
            file.unlink()
        paths = project.import_(project.selection([section], like=f"{self.database}*"), force=True)
        assert self.diff().changes == ()
        return "\n".join(path.read_text() for path in paths if path.suffix == ".yml")

    def there_and_back(self, text: str, *, discard: bool = False) -> list[str]:
        """Apply another declaration and roll it back: the difference is what it was. Gives its statements."""
        self.declare(text)
        before, statements = self.diff().changes, self.sql()
        assert before
        self.apply()
        self._open().rollback(steps=1, discard_newer_rows=discard)
        assert self.diff().changes == before
        return statements


@pytest.fixture
def declaring(folder: Path, project: Callable[..., Project], database: str) -> Declaring:
    return Declaring(folder, project, database)
