"""What is left of a script where its session ended in the middle: what stays, and what a new session needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from snowmaker import sql
from snowmaker.model import Statement


def durable(statements: Sequence[Statement]) -> int:
    """How many of these, which have all run, stay where the session ends behind them: an open transaction does not.

    DDL commits what is open: https://docs.snowflake.com/en/sql-reference/transactions#ddl
    """
    opened: int | None = None
    for number, statement in enumerate(statements):
        if statement.kind == "ddl":
            opened = None
        elif statement.kind == "transaction":
            begins = next(sql.tokens(statement.text)).upper in ("BEGIN", "START")
            opened = (number if opened is None else opened) if begins else None
    return len(statements) if opened is None else opened


def complete(statements: Sequence[Statement], least: int) -> int:
    """How many of these are done. A PUT or GET is over when the next statement has begun; else it is repeated."""
    done = max(durable(statements), least)
    while done > least and statements[done - 1].kind == "transfer":
        done -= 1
    return done


def undo_start(ran: Sequence[Statement], done: int, undo: Sequence[Statement]) -> int | None:
    """Where a rollback begins that takes back only the first `done` statements.

    None where it does not have a statement for each of theirs, in reverse order, those for the session apart.
    """
    forward = [number for number, statement in enumerate(ran) if statement.kind != "session"]
    back = [number for number, statement in enumerate(undo) if statement.kind != "session"]
    pairs = zip(reversed(forward), back, strict=False)
    if len(forward) != len(back) or not all(_takes_back(undo[way], ran[there]) for there, way in pairs):
        return None
    left = sum(number >= done for number in forward)
    return back[left] if left < len(back) else len(undo)


def _takes_back(undo: Statement, statement: Statement) -> bool:
    """Whether it names what the other creates; of what creates nothing, nothing can be seen."""
    named = {token.text.strip('"').upper() for token in sql.tokens(undo.text)}
    return all(name[-1].upper() in named for name in sql.created(statement.text))


def session_again(text: str) -> tuple[str, bool]:
    """What brings back the state of the session that a statement left, and whether it must succeed; '' for none.

    Who makes a database or schema uses it: https://docs.snowflake.com/en/sql-reference/sql/create-schema#usage-notes
    """
    listed = sql.head(text, 12)
    words = [token.upper for token in listed]
    if sql.classify(text)[0] == "session":
        return text, True
    if words[:1] == ["CREATE"] and ({"DATABASE", "SCHEMA"} & set(words[1:5])):
        kind = next(word for word in words if word in ("DATABASE", "SCHEMA"))
        name, _ = sql.named_after(listed)
        if name and "ROLE" not in words[: words.index(kind) + 2]:
            return f"USE {kind} {sql.quote_name(*name)}", False  # it may have been dropped again
    return "", False


def lost_with_the_session(text: str) -> bool:
    """Whether a statement makes a temporary object.

    https://docs.snowflake.com/en/user-guide/tables-temp-transient
    """
    words = [token.upper for token in sql.head(text, 6)]
    return words[:1] == ["CREATE"] and bool({"TEMPORARY", "TEMP", "VOLATILE"} & set(words[1:5]))
