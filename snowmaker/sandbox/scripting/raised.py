"""Exceptions of a script: https://docs.snowflake.com/en/developer-guide/snowflake-scripting/exceptions"""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.scripting.tree import ExceptionDeclaration
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import locate

STATEMENT, EXPRESSION = "STATEMENT_ERROR", "EXPRESSION_ERROR"
_USER_STATE = "P0001"


class Raised(Exception):  # noqa: N818 - Snowflake's word for it
    """An exception on its way to a handler. `declared` is what a script has declared and raised, else None."""

    def __init__(self, name: str, error: SqlError, at: int, declared: ExceptionDeclaration | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.error = error
        self.at = at
        self.declared = declared

    def uncaught(self, text: str) -> SqlError:
        """What the client of a script is told when nothing has handled it; `text` is the script's."""
        line, position = locate(text, self.at)
        message = f"Uncaught exception of type '{self.name}' on line {line} at position {position}"
        if self.error.message:
            message += f" : {self.error.message}"
        return SqlError(self.error.code, self.error.sqlstate, message)


def of(declared: ExceptionDeclaration, at: int) -> Raised:
    """A declared exception, raised."""
    return Raised(declared.name, SqlError(declared.number, _USER_STATE, declared.message), at, declared)


def can_be_handled(error: SqlError) -> bool:
    """Whether a handler may see an error: not a cancellation, and not that the sandbox cannot do something.

    A handler that swallows the latter would make a silent success of it.
    """
    return error.code != sqlerror.canceled().code and not error.message.startswith(sqlerror.unsupported("").message)
