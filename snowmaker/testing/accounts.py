"""A project's account for tests: migrated once, and copied for each test that wants it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from snowmaker import checking, checks, sandbox, sql
from snowmaker.errors import UsageError
from snowmaker.project import Project
from snowmaker.session import SnowflakeSession, open_session

ADMIN = "ACCOUNTADMIN"


class Template:
    """The files of an account on which all scripts of a project have run and its components were applied.

    `folder` is the project's, `place` an empty folder for the files; `environment` is whose variables count, the
    project's default one for None. `warnings` say what the sandbox could not do. Raises SnowmakerError.
    """

    def __init__(self, folder: Path, place: Path, environment: str | None = None) -> None:
        self._place = place
        self._copies = 0
        with Project(folder, environment=environment) as project, project.rehearsed(self._files) as (_, warnings):
            self.warnings = warnings

    @property
    def _files(self) -> Path:
        return self._place / "migrated"

    def open(self) -> MigratedAccount:
        """An account of its own, with that content; the caller closes it."""
        self._copies += 1
        files = self._place / str(self._copies)
        shutil.copytree(self._files, files)
        return MigratedAccount(files)


class MigratedAccount:
    """An account on a sandbox, served from its files in a folder; when it is closed they are gone."""

    def __init__(self, files: Path) -> None:
        self._files = files
        self._account = sandbox.open_account(files)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        self._account.close()
        shutil.rmtree(self._files, ignore_errors=True)

    def connection(self) -> dict[str, Any]:
        """Keywords for `snowflake.connector.connect`: user ADMIN, who has all roles as secondary ones."""
        return self._account.connection()

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """What the account is now, by kind and name: properties, grants, hashes of rows."""
        return self._account.snapshot()

    @property
    def requests(self) -> int:
        """How many queries it has been sent."""
        return self._account.requests

    @contextmanager
    def session(self, role: str = ADMIN) -> Iterator[SnowflakeSession]:
        """A session under a role, as SQL writes it, without secondary roles; the user ADMIN is given that role.

        `execute` gives an answer with `columns`, `rows` and `records()`. Raises StatementError.
        """
        name = _role(role)
        if name != ADMIN:
            with closing(open_session(self.connection())) as admin:
                admin.execute(f"GRANT ROLE {sql.quote_identifier(name)} TO USER ADMIN")
        with closing(open_session({**self.connection(), "role": sql.quote_identifier(name)})) as session:
            session.execute("USE SECONDARY ROLES NONE")
            yield session

    def can(self, role: str, privilege: str) -> bool:
        """Whether a role can do something, in the words of grants: `can("ANALYST", "select on table DB.S.T")`.

        Judged as the checks of `snowmaker test` are. Raises UsageError for what is not there, or is no privilege.
        """
        check = checks.privilege(role, privilege)
        with self.session() as session:
            (found,) = checking.judge([check], session, session, lambda statement, file: statement.text)
        if found.outcome == "error":
            raise UsageError(found.detail, "unknown_name")
        return found.outcome == "passed"


def _role(text: str) -> str:
    try:
        (name,) = sql.parse_name(text)
    except ValueError:
        raise UsageError(f"{text!r} is no role's name", "bad_name") from None
    return name
