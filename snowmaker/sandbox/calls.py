"""Functions that only the account can answer, by name: table functions, and SYSTEM$ functions.

Whatever reads queries asks here: it gives the constants of a call and gets a table, or a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.context import Context


@dataclass(frozen=True)
class Arguments:
    """The constants of a call: those by position, and those by name (`LOCATION => …`), in upper case.

    The name of an object stands for itself, as text.
    """

    positional: Sequence[Any] = ()
    named: Mapping[str, Any] | None = None

    def get(self, name: str, position: int | None = None, default: Any = None) -> Any:
        """An argument by its name, or else by its position from 0."""
        if self.named and name in self.named:
            return self.named[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return default

    def only(self, *names: str) -> None:
        """Refuse a name that the function does not know."""
        for name in self.named or ():
            if name not in names:
                raise sqlerror.invalid_parameter(name)


TableFunction = Callable[[Context, Arguments], Any]  # gives an Arrow table
SystemFunction = Callable[[Context, Sequence[Any]], Any]

TABLE_FUNCTIONS: dict[str, TableFunction] = {}
SYSTEM_FUNCTIONS: dict[str, SystemFunction] = {}

# Functions on files of stages that hand out URLs: there is nothing behind them here.
# https://docs.snowflake.com/en/sql-reference/functions-file
REFUSED = frozenset((
    "BUILD_SCOPED_FILE_URL", "BUILD_STAGE_FILE_URL", "GET_PRESIGNED_URL", "GET_STAGE_LOCATION", "GET_RELATIVE_PATH",
    "GET_ABSOLUTE_PATH", "TO_FILE", "FL_GET_URL",
))  # fmt: skip


def table_function(name: str) -> Callable[[TableFunction], TableFunction]:
    """Register what TABLE(name(…)) gives."""

    def register(function: TableFunction) -> TableFunction:
        TABLE_FUNCTIONS[name] = function
        return function

    return register


def system_function(name: str) -> Callable[[SystemFunction], SystemFunction]:
    """Register what SYSTEM$name(…) gives."""

    def register(function: SystemFunction) -> SystemFunction:
        SYSTEM_FUNCTIONS[name] = function
        return function

    return register
