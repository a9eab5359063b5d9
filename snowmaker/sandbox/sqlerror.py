"""Snowflake's errors: code, SQLSTATE and text, one function for each."""

from __future__ import annotations


class SqlError(Exception):
    """A statement was refused. `code` and `sqlstate` are Snowflake's."""

    def __init__(self, code: int, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.sqlstate = sqlstate
        self.message = message


def _compilation(code: int, sqlstate: str, message: str) -> SqlError:
    return SqlError(code, sqlstate, f"SQL compilation error:\n{message}")


def unsupported(what: str) -> SqlError:
    """Snowflake has it, the sandbox does not."""
    return SqlError(2, "0A000", f"sandbox does not support {what}")


def syntax(line: int, position: int, unexpected: str) -> SqlError:
    """The text cannot be read further than to this place."""
    return _compilation(1003, "42000", f"syntax error line {line} at position {position} unexpected '{unexpected}'.")


def malformed(message: str) -> SqlError:
    """A syntax error that is better told in words."""
    return _compilation(1003, "42000", message)


def transient_clone() -> SqlError:
    """What is transient has no permanent clone."""
    return _compilation(2120, "0A000", "Transient object cannot be cloned to a permanent object.")


def invalid_property(name: str, kind: str) -> SqlError:
    """A property that objects of the kind do not have, or cannot have here."""
    return _compilation(1420, "42601", f"invalid property '{name}' for '{kind}'")


def invalid_value(value: object, name: str) -> SqlError:
    """A value that the parameter or property does not take."""
    return _compilation(1008, "22023", f"invalid value [{value}] for parameter '{name}'")


def invalid_parameter(name: str) -> SqlError:
    """A parameter or argument that is not known, or that is missing."""
    return _compilation(1006, "42601", f"invalid parameter '{name}'")


def already_exists(name: str) -> SqlError:
    """Another object has the name."""
    return _compilation(2002, "42710", f"Object '{name}' already exists.")


def does_not_exist(label: str, name: str, *, container: bool = False) -> SqlError:
    """SQLSTATE 42S02 is for tables and the like; anything that is no relation is 02000."""
    sqlstate = "02000" if container else "42S02"
    return _compilation(2003, sqlstate, f"{label} '{name}' does not exist or not authorized.")


def insufficient(kind: str, name: str) -> SqlError:
    """The object is seen, but the roles in force may not do this with it."""
    return SqlError(
        3001, "42501", f"SQL access control error:\nInsufficient privileges to operate on {kind.lower()} '{name}'."
    )


def no_warehouse() -> SqlError:
    """The statement needs a warehouse, and the session uses none."""
    return SqlError(
        606, "57P03", "No active warehouse selected in the current session.  Select an active warehouse with the "
        "'use warehouse' command.\n",
    )  # fmt: skip


def cannot_operate() -> SqlError:
    """What USE, SHOW … IN and ALTER answer for something that is not there."""
    return _compilation(2043, "02000", "Object does not exist, or operation cannot be performed.")


def no_current_database(command: str) -> SqlError:
    """A name lacks its database, and the session uses none."""
    return SqlError(
        90105,
        "22000",
        f"Cannot perform {command}. This session does not have a current database. "
        "Call 'USE DATABASE', or use a qualified name.",
    )


def no_current_schema(command: str) -> SqlError:
    """A name lacks its schema, and the session uses none."""
    return SqlError(
        90106,
        "22000",
        f"Cannot perform {command}. This session does not have a current schema. "
        "Call 'USE SCHEMA', or use a qualified name.",
    )


def in_view(view: str, error: SqlError) -> SqlError:
    """What a view answers whose query no longer works; what the sandbox does not support stays as it is."""
    if error.code not in (904, 2003):
        return error
    return _compilation(2037, "42601", f"Failure during expansion of view '{view}': {error.message}")


def wrong_kind(name: str, expected: str, found: str) -> SqlError:
    """The object of that name is of another kind than the statement says."""
    return _compilation(1203, "42809", f"Object found is of type '{found}', not specified type '{expected}'. ({name})")


def invalid_identifier(*path: str) -> SqlError:
    """The parts of a column's name are told as they would be written, e.g. `"a"`."""
    from snowmaker.sandbox.context import dotted

    return SqlError(
        904, "42000", f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{dotted(path)}'"
    )


def statement_count(actual: int, wanted: int) -> SqlError:
    """A request has another number of statements than its client said it would."""
    return SqlError(8, "0A000", f"Actual statement count {actual} did not match the desired statement count {wanted}.")


def empty_statement() -> SqlError:
    """There is no statement in the text."""
    return SqlError(900, "42601", "SQL compilation error:\nEmpty SQL statement.")


def canceled() -> SqlError:
    """The statement was stopped before it ended."""
    return SqlError(604, "57014", "SQL execution canceled")


def timed_out(seconds: int) -> SqlError:
    """The statement took longer than its timeout."""
    return SqlError(
        630, "57014", f"Statement reached its statement or warehouse timeout of {seconds} second(s) and was canceled."
    )


def internal(incident: str = "") -> SqlError:
    """The sandbox itself has failed, or was asked to; `incident` says how."""
    return SqlError(603, "XX000", f"SQL execution internal error:\nProcessing aborted by error {incident}")
