"""Where the statement families register, and what they share for each kind of object."""

from __future__ import annotations

from collections.abc import Callable

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.result import Result

Handler = Callable[[Context, Parser], Result]

HANDLERS: dict[tuple[str, ...], Handler] = {}

BLOCK = "BEGIN … END"  # the handler of Snowflake Scripting's blocks, which begin with DECLARE or BEGIN


def statement(*words: str) -> Callable[[Handler], Handler]:
    """Register a handler for statements that begin with `words`; the parser stands behind them."""

    def register(handler: Handler) -> Handler:
        for spelling in (words, ("DESC", *words[1:])) if words[0] == "DESCRIBE" else (words,):
            HANDLERS[spelling] = handler
        return handler

    return register
