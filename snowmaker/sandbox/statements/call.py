"""CALL: https://docs.snowflake.com/en/sql-reference/sql/call"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.overloading import choose
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.query import at_home, select
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SELECT, Column, Result
from snowmaker.sandbox.routines import LANGUAGE_NAMES, Argument, arguments, columns, overloads, returned
from snowmaker.sandbox.scripting.binding import filled
from snowmaker.sandbox.scripting.child import Children
from snowmaker.sandbox.scripting.evaluator import Evaluator
from snowmaker.sandbox.scripting.interpreter import Returned, run
from snowmaker.sandbox.scripting.scope import Variable
from snowmaker.sandbox.scripting.tree import Expression
from snowmaker.sandbox.scripting.values import NULL, Value, table, typed
from snowmaker.sandbox.sqlerror import SqlError

_DEEPEST = 16
_FAILED = "Stored procedure execution error"


@dataclass(frozen=True)
class Given:
    """An argument of a call: its expression, and its name where `name => value` was written."""

    name: str | None
    text: str


@statement("CALL")
def _call(context: Context, parser: Parser) -> Result:
    """The result has one column, which is called as the procedure is; or it is the table that is returned."""
    if context.binds:
        text = filled(context.text, [typed(each[0]) for each in context.binds])
        parser = context.parser(text)
        parser.expect("CALL")
    start = parser.peek().start
    name = parser.name()
    if parser.peek().text == "!":
        raise sqlerror.unsupported("methods of instances of classes")
    given = read_given(parser)
    if parser.at("INTO"):
        raise sqlerror.unsupported("CALL … INTO outside of Snowflake Scripting")
    parser.end()
    if len(name) == 1 and (name[0].startswith("SYSTEM$") or name[0] == "EXPLAIN_PRIVILEGES"):
        # a system function may be called too
        return select(context, f"SELECT {parser.text[start:].rstrip('; ')} AS {name[0]}")
    return call(context, overloads(context, "PROCEDURE", name), name, given)


def read_given(parser: Parser) -> tuple[Given, ...]:
    """`(value, name => value, …)`"""
    parser.expect_operator("(")
    found: tuple[Given, ...] = parser.items(lambda: _given(parser))
    named = [each.name is not None for each in found]
    if sorted(named) != named:
        raise sqlerror.malformed("a positional argument cannot come after a named one")
    return found


def _given(parser: Parser) -> Given:
    start = parser.scanner.position
    if parser.peek().kind in ("word", "quoted"):
        name = parser.scanner.take().value
        if parser.accept_operator("=>"):
            return Given(name, parser.expression())
    parser.scanner.position = start
    if parser.at("TABLE"):
        raise sqlerror.unsupported("references to tables as arguments: TABLE(…)")
    return Given(None, parser.expression())


def call(context: Context, candidates: Sequence[Entry], name: Name, given: Sequence[Given]) -> Result:
    """Run the one of the procedures that takes these arguments. Raises SqlError."""
    evaluator = Evaluator(context, Children(context))
    values = [evaluator.evaluate(Expression(each.text, 0), lambda _: None) for each in given]
    types = [None if each.data is None else each.type for each in values]
    chosen = choose(candidates, name, [each.name for each in given], types)
    entry = chosen.entry
    if not context.private(entry) and entry.parent:
        context.require(entry, "USAGE")
    if entry.get("language") != "SQL":
        raise sqlerror.unsupported(
            f"running procedures in {LANGUAGE_NAMES[entry.get('language')]}: their bodies are recorded, not run"
        )
    if context.describe_only:
        return Result(_described(entry), (), type_id=SELECT)
    wanted = arguments(entry)
    variables = {
        argument.name: _variable(evaluator, argument, None if index is None else values[index])
        for argument, index in zip(wanted, chosen.given, strict=True)
    }
    if entry.get("strict") and any(each.value.data is None for each in variables.values()):
        return table(str(entry.get("bare")), NULL)
    result = _run(context, entry, variables, evaluator)
    for argument, index in zip(wanted, chosen.given, strict=True):
        if argument.out and index is not None and context.nesting.outputs is not None:
            context.nesting.outputs[index] = variables[argument.name].value
    return result


def _described(entry: Entry) -> tuple[Column, ...]:
    kind = returned(entry)
    if kind is None:
        return tuple(Column(name, each) for name, each in columns(entry))
    return (Column(str(entry.get("bare")), kind),)


def _variable(evaluator: Evaluator, argument: Argument, value: Value | None) -> Variable:
    if value is None:
        value = evaluator.evaluate(Expression(argument.default or "NULL", 0), lambda _: None)
    return Variable(evaluator.cast(value, argument.type), argument.type)


def _run(context: Context, entry: Entry, variables: dict[str, Variable], evaluator: Evaluator) -> Result:
    """Run the body with the owner's rights, or with the caller's."""
    nesting = context.nesting
    if nesting.calls >= _DEEPEST:
        raise SqlError(90234, "P0000", f"{_FAILED}: the calls are more than {_DEEPEST} deep.")
    owned = entry.get("execute_as") == "OWNER"
    inner = replace(
        context,
        binds=(),
        nesting=replace(
            nesting, calls=nesting.calls + 1, immediate=False, outputs=None, owners=owned or nesting.owners
        ),
    )
    with _scoped_transaction(context):
        if not owned:
            outcome = run(inner, str(entry.get("body")), variables)
        else:
            with at_home(context, entry), _own_variables(context):
                outcome = run(inner.as_owner(entry), str(entry.get("body")), variables)
    return _result(entry, outcome, evaluator)


@contextmanager
def _own_variables(context: Context) -> Iterator[None]:
    """A procedure with owner's rights neither sees nor sets the variables of the caller's session.

    https://docs.snowflake.com/en/developer-guide/stored-procedure/stored-procedures-rights
    """
    session = context.session
    kept, session.variables = session.variables, {}
    try:
        yield
    finally:
        session.variables = kept


@contextmanager
def _scoped_transaction(context: Context) -> Iterator[None]:
    """A transaction that was begun inside must have ended there.

    https://docs.snowflake.com/en/sql-reference/transactions#scoped-transactions
    """
    before = context.session.transaction
    yield
    if (open_ := context.session.transaction) is not None and open_ is not before:
        context.session.rollback()
        raise SqlError(
            90232, "25000", f"{_FAILED}: Scoped transaction started in stored procedure is incomplete and it was "
            "rolled back.",
        )  # fmt: skip


def _result(entry: Entry, outcome: Returned | Result, evaluator: Evaluator) -> Result:
    kind = returned(entry)
    name = str(entry.get("bare"))
    found = Returned() if isinstance(outcome, Result) else outcome
    if kind is None:
        return _table(entry, found)
    if found.table is not None:
        raise SqlError(100357, "P0000", f"{_FAILED}: a table was returned where {kind} is declared.")
    value = evaluator.cast(found.value, kind)
    if value.data is None and entry.get("not_null"):
        raise SqlError(100072, "22000", f"{_FAILED}: NULL returned from a procedure that is declared NOT NULL.")
    return table(name, value)


def _table(entry: Entry, outcome: Returned) -> Result:
    """Its columns are as many as were declared, where any were."""
    declared = columns(entry)
    if outcome.table is None:
        if outcome.value.data is None:
            return Result(tuple(Column(name, kind) for name, kind in declared), (), type_id=SELECT)
        raise _mismatch()
    if declared and len(declared) != len(outcome.table.columns):
        raise _mismatch()
    return outcome.table


def _mismatch() -> SqlError:
    return SqlError(
        100357, "P0000", f"{_FAILED}: data type of returned table does not match expected returned table type"
    )
