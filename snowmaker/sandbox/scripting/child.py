"""The SQL statements of a script: each is a query of its own in the history.

https://docs.snowflake.com/en/developer-guide/snowflake-scripting/dml-status
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from snowmaker.sandbox.context import Context, Nesting
from snowmaker.sandbox.datatypes import BOOLEAN, FIXED, TEXT, DataType
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.result import COPY, COUNTED, SELECT, Result
from snowmaker.sandbox.scripting.binding import Find, bound, filled
from snowmaker.sandbox.scripting.scope import Scope, Thing, Variable
from snowmaker.sandbox.scripting.values import Value
from snowmaker.sandbox.sqlerror import SqlError


class Children:
    """Runs the statements of one script, and knows what its built-in variables say of them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.error: SqlError | None = None
        self._affected: int | None = None
        self._activity: int | None = None

    def __enter__(self) -> Children:
        self._known = list(self._context.session.query_ids)
        return self

    def __exit__(self, *_: object) -> None:
        """LAST_QUERY_ID() behind a script is that of the script."""
        self._context.session.query_ids[:] = self._known

    # -- built-in variables ----------------------------------------------------------------------------

    def find(self, scope: Scope) -> Find:
        """What a name means: of the scope, else built in."""

        def found(name: str) -> Thing | None:
            return scope.find(name) or self._built_in(name)

        return found

    def _built_in(self, name: str) -> Thing | None:
        error = self.error
        match name:
            case "SQLROWCOUNT":
                return _variable(self._affected, FIXED)
            case "ACTIVITY_COUNT":
                return _variable(self._activity, FIXED)
            case "SQLFOUND":
                return _variable(None if self._affected is None else self._affected > 0, BOOLEAN)
            case "SQLNOTFOUND":
                return _variable(None if self._affected is None else self._affected == 0, BOOLEAN)
            case "SQLCODE":
                return _variable(error.code if error else None, FIXED)
            case "SQLERRM":
                return _variable(error.message if error else None, TEXT)
            case "SQLSTATE":
                return _variable(error.sqlstate if error else None, TEXT)
            case "SQLID":
                ids = self._context.session.query_ids
                return _variable(ids[-1] if ids else None, TEXT)
        return None

    # -- statements ------------------------------------------------------------------------------------

    def run(self, text: str, find: Find, values: Sequence[Value] = ()) -> Result:
        """A statement as written in the script, with its variables bound. Raises SqlError."""
        find = self._with_built_in(find)
        outputs = _outputs(text, find)
        given: dict[int, Value] = {}
        nesting = replace(self._context.nesting, immediate=False, outputs=given if outputs else None)
        result = self._child(bound(text, find), values, nesting)
        for position, variable in outputs.items():
            variable.value = given.get(position, variable.value)
        return result

    def _with_built_in(self, find: Find) -> Find:
        return lambda name: find(name) or self._built_in(name)

    def immediate(self, text: str, values: Sequence[Value]) -> Result:
        """A text that EXECUTE IMMEDIATE was given: one statement, or a script."""
        return self._child(text, values, replace(self._context.nesting, outputs=None, immediate=True))

    def _refuse(self, text: str) -> None:
        """What a procedure with owner's rights may not do: it would change the session of its caller.

        https://docs.snowflake.com/en/developer-guide/stored-procedure/stored-procedures-rights
        """
        parser = Parser(text)
        word = parser.choice("USE", "SET", "UNSET", "ALTER SESSION")
        if word is not None:
            raise SqlError(90236, "42601", f"Stored procedure execution error: Unsupported statement type '{word}'.")

    def _child(self, text: str, values: Sequence[Value], nesting: Nesting) -> Result:
        if nesting.owners:
            self._refuse(text)
        context = replace(
            self._context,
            text=filled(text, values) if values else text,
            binds=(),
            modifiers=frozenset(),
            command="",
            describe_only=False,
            nesting=nesting,
        )
        result = self._context.host.runner.child(context)
        self._affected = _affected(result)
        self._activity = result.total if result.type_id == SELECT else self._affected
        return result


def _variable(data: Any, kind: DataType) -> Variable:
    return Variable(Value(data, kind), kind)


def _affected(result: Result) -> int | None:
    """SQLROWCOUNT; None behind what is no DML."""
    if result.type_id in COUNTED:
        return result.affected
    names = [column.name for column in result.columns]
    if result.type_id == COPY and "rows_loaded" in names:
        return sum(int(row[names.index("rows_loaded")] or 0) for row in result.rows)
    return None


def _outputs(text: str, find: Find) -> dict[int, Variable]:
    """The variables that CALL is given as they are, by position: OUT arguments are assigned to them."""
    parser = Parser(text)
    try:
        if not parser.accept("CALL"):
            return {}
        parser.name()
        parser.expect_operator("(")
        arguments = parser.items(parser.expression)
    except SqlError:
        return {}
    found: dict[int, Variable] = {}
    for position, argument in enumerate(arguments):
        name = argument.removeprefix(":").strip()
        variable = find(name.upper()) if argument.startswith(":") and name.isidentifier() else None
        if isinstance(variable, Variable):
            found[position] = variable
    return found
