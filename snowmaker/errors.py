"""The error tree. Every error says what, where and what to do, and knows the exit code it ends a command with.

SnowmakerError
├── UsageError            2   the command, a flag, a confirmation that is missing
├── ConfigError           2   snowmaker.toml, an environment, a connection that is not defined
├── SourceError           2   a migration file: its name, directives, template, encoding, splitting
├── PolicyError           2   a policy of the project refuses the plan
├── HistoryError          2   the history belongs to another project, or cannot be read as one
└── AccountError          3   Snowflake refused, or cannot be reached
    ├── ConnectError      3   login failed, account unreachable
    ├── StatementError    3   a statement of a script failed
    ├── LockHeldError     3   another deploy holds the lock
    ├── LockLostError     3   this deploy could not renew its lock
    └── FailedScriptError 3   a script that failed earlier is in the way
Interrupted               130 Ctrl-C
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from snowmaker.model import Result


@dataclass
class SnowmakerError(Exception):
    """An error a user can act on.

    `code` is a stable slug for machines; `message` says what; `file` and `line` say where; `hint` says what to
    do. `errno`, `sqlstate` and `query_id` are Snowflake's, where it spoke. `result` is what a run had done until
    then, for the faces to show.
    """

    message: str
    code: str = "error"
    hint: str = ""
    file: str = ""
    line: int = 0
    errno: int | None = None
    sqlstate: str = ""
    query_id: str = ""
    result: Result | None = None

    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.file else self.message

    @property
    def where(self) -> str:
        """`file:line`, or the file alone, or nothing."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file

    def to_json(self) -> dict[str, Any]:
        """The value of `"error"` in a command's JSON (DESIGN.md §5)."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint or None,
            "file": self.file or None,
            "line": self.line or None,
            "errno": self.errno,
            "sqlstate": self.sqlstate or None,
            "query_id": self.query_id or None,
        }


class UsageError(SnowmakerError):
    """The command cannot be understood, or a confirmation is missing."""


class ConfigError(SnowmakerError):
    """The project's settings, environments or connections are wrong."""


class SourceError(SnowmakerError):
    """A migration file cannot be used as it is."""


class PolicyError(SnowmakerError):
    """A policy of the project refuses what was asked."""


class HistoryError(SnowmakerError):
    """The history table is not this project's, or is not a history."""


class AccountError(SnowmakerError):
    """Snowflake refused something, or could not be reached."""

    exit_code = 3


class ConnectError(AccountError):
    """No session: the login was refused or the account cannot be reached."""


@dataclass
class StatementError(AccountError):
    """A statement failed; `errno`, `sqlstate` and `query_id` say how.

    In a script, `statement` is its text as written (placeholders, no secrets), and `done` of `of` statements of the
    script were done before it.
    """

    statement: str = ""
    done: int = 0
    of: int = 0


class LockHeldError(AccountError):
    """Another deploy holds the lock of this history."""


class LockLostError(AccountError):
    """The lock could not be renewed in time, so nothing more was sent."""


class FailedScriptError(AccountError):
    """A script failed half-way in an earlier run and has to be dealt with first."""


class Interrupted(SnowmakerError):  # noqa: N818  it is not a mistake
    """The user pressed Ctrl-C; what was done is recorded."""

    exit_code = 130
