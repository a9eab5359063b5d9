"""Runs a script: https://docs.snowflake.com/en/developer-guide/snowflake-scripting/index"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.scripting import raised, tree
from snowmaker.sandbox.scripting.child import Children
from snowmaker.sandbox.scripting.evaluator import Evaluator
from snowmaker.sandbox.scripting.parser import script
from snowmaker.sandbox.scripting.raised import Raised
from snowmaker.sandbox.scripting.scope import Cursor, Record, Resultset, Scope, Variable
from snowmaker.sandbox.scripting.values import NULL, Value, boolean, rows, typed
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import locate

T = TypeVar("T")


@dataclass(frozen=True)
class Leave:
    """BREAK, up to the loop of that label."""

    label: str


@dataclass(frozen=True)
class Again:
    """CONTINUE, up to the loop of that label."""

    label: str


@dataclass(frozen=True)
class Returned:
    """RETURN: of a value, or of a table."""

    value: Value = NULL
    table: Result | None = None


Signal = Leave | Again | Returned | None


def run(context: Context, text: str, arguments: dict[str, Variable] | None = None) -> Returned | Result:
    """Run a script: what it returns, or the result of the one statement that it is.

    Raises SqlError, as the client is told of it: a compilation error, or an exception that nothing handled.
    """
    statement = script(text)
    outermost = Scope()
    outermost.names.update(arguments or {})
    running = Interpreter(context, text)
    try:
        with running.children:
            if isinstance(statement, (tree.Sql, tree.Immediate)):
                return running.query(statement, outermost)
            signal = running.execute(statement, outermost)
    except Raised as exception:
        raise exception.uncaught(text) from None
    except RecursionError:
        raise SqlError(90234, "P0000", "The statements of the script are nested too deeply.") from None
    return signal if isinstance(signal, Returned) else Returned()


class Interpreter:
    """One run of one script."""

    def __init__(self, context: Context, text: str) -> None:
        self._context = context
        self._text = text
        self.children = Children(context)
        self._evaluator = Evaluator(context, self.children)
        self._handlers: list[_Frame] = []
        self._handled: list[Raised] = []

    # -- statements ------------------------------------------------------------------------------------

    def execute(self, statement: tree.Statement, scope: Scope) -> Signal:
        """Run one statement. Raises Raised, and SqlError for what no handler may see."""
        self._context.session.check()
        return _EXECUTE[type(statement)](self, statement, scope)

    def _body(self, body: tree.Body, scope: Scope) -> Signal:
        for statement in body:
            if (signal := self.execute(statement, scope)) is not None:
                return signal
        return None

    def _block(self, block: tree.Block, outer: Scope) -> Signal:
        """https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks"""
        scope = Scope(outer)
        for declaration in block.declarations:
            self._declare(declaration, scope)
        frame = _Frame(block, Scope(scope))
        self._handlers.append(frame)
        try:
            return self._guarded(block.body, frame)
        except Raised as exception:
            handler = self._handler(frame, exception)
            if handler is None or handler.goes_on:
                raise
            self._handlers.pop()
            try:
                return self._handle(handler, exception, frame.with_all())
            finally:
                self._handlers.append(frame)
        finally:
            self._handlers.pop()

    def _guarded(self, body: tree.Body, frame: _Frame) -> Signal:
        """The statements of a block. Behind a CONTINUE handler comes the next one."""
        for statement in body:
            try:
                signal = self.execute(statement, frame.scope)
            except Raised as exception:
                signal = self._go_on(frame, exception)
            if signal is not None:
                return signal
        return None

    def _go_on(self, frame: _Frame, exception: Raised) -> Signal:
        """Run the CONTINUE handler of a block for it; raises it again where there is none."""
        handler = self._handler(frame, exception)
        if handler is None or not handler.goes_on:
            raise exception
        return self._handle(handler, exception, frame.scope)

    def _handler(self, frame: _Frame, exception: Raised) -> tree.Handler | None:
        """The first handler of the block that is for it."""
        for handler in frame.block.handlers:
            if not handler.names or any(self._means(name, exception, frame.scope) for name in handler.names):
                return handler
        return None

    def _means(self, name: str, exception: Raised, scope: Scope) -> bool:
        declared = scope.find(name)
        if isinstance(declared, tree.ExceptionDeclaration):
            return exception.declared is declared
        return exception.declared is None and exception.name == name

    def _handle(self, handler: tree.Handler, exception: Raised, scope: Scope) -> Signal:
        """Run a handler; SQLCODE and its like tell of the exception meanwhile."""
        self._handled.append(exception)
        before = self.children.error
        self.children.error = exception.error
        try:
            return self._body(handler.body, Scope(scope))
        finally:
            self.children.error = before
            self._handled.pop()

    # -- declarations ----------------------------------------------------------------------------------

    def _declare(self, declaration: tree.Statement | tree.Declaration, scope: Scope) -> Signal:
        match declaration:
            case tree.Variable():
                self._declare_variable(declaration, scope)
            case tree.Cursor(name=name, source=str() as source, at=at):
                scope.names[name] = Cursor(self._resultset(source, scope, at))
            case tree.Cursor(name=name, source=(tree.Sql() | tree.Immediate()) as query):
                scope.names[name] = Cursor(query)
            case tree.Resultset(name=name, query=query):
                scope.names[name] = Resultset(None if query is None else self._query(query, scope))
            case tree.ExceptionDeclaration(name=name):
                scope.names[name] = declaration
        return None

    def _declare_variable(self, declaration: tree.Variable, scope: Scope) -> None:
        value, kind = NULL, declaration.type
        if declaration.value is not None:
            value = self._value(declaration.value, scope)
            kind = kind or self._inferred(declaration, value)
        assert kind is not None
        scope.names[declaration.name] = Variable(self._converted(value, kind, declaration), kind)

    def _converted(self, value: Value, kind: DataType, declaration: tree.Variable) -> Value:
        at = declaration.at if declaration.value is None else declaration.value.at
        return self._try(lambda: self._evaluator.cast(value, kind), raised.EXPRESSION, at)

    def _inferred(self, declaration: tree.Variable, value: Value) -> DataType:
        """https://docs.snowflake.com/en/developer-guide/snowflake-scripting/variables: inferring the data type"""
        assert declaration.value is not None
        kind = self._evaluator.inferred(declaration.value, value)
        if kind is None:
            line, position = locate(self._text, declaration.at)
            raise SqlError(
                92228, "P0000", f"SQL compilation error: error line {line} at position {position}\n "
                f"variable '{declaration.name}' cannot have its type inferred from initializer",
            )  # fmt: skip
        return kind

    def _assign(self, statement: tree.Assign, scope: Scope) -> Signal:
        found = scope.find(statement.name)
        if isinstance(found, Resultset):
            if statement.query is None:
                raise self._compilation(f"invalid value of result set '{statement.name}'", statement.at)
            found.result = self._query(statement.query, scope)
            return None
        value = self._value(statement.value, scope)
        self._set(statement.name, value, scope, statement.value.at)
        return None

    def _set(self, name: str, value: Value, scope: Scope, at: int) -> None:
        found = scope.find(name)
        if not isinstance(found, Variable):
            raise self._unknown(name, at)
        kind = found.type
        found.value = self._try(lambda: self._evaluator.cast(value, kind), raised.EXPRESSION, at)

    # -- branches --------------------------------------------------------------------------------------

    def _if(self, statement: tree.If, scope: Scope) -> Signal:
        for condition, body in statement.branches:
            if self._true(condition, scope):
                return self._body(body, scope)
        return self._body(statement.otherwise, scope)

    def _case(self, statement: tree.Case, scope: Scope) -> Signal:
        subject = None if statement.subject is None else self._value(statement.subject, scope)
        for expression, body in statement.branches:
            if subject is None:
                chosen = self._true(expression, scope)
            else:
                same = partial(self._evaluator.equal, subject, self._value(expression, scope))
                chosen = self._try(same, raised.EXPRESSION, expression.at)
            if chosen:
                return self._body(body, scope)
        return self._body(statement.otherwise, scope)

    # -- loops -----------------------------------------------------------------------------------------

    def _round(self, body: tree.Body, scope: Scope, label: str) -> tuple[bool, Signal]:
        """One round of a loop: whether the loop ends, and with which signal."""
        try:
            signal = self._body(body, Scope(scope))
        except Raised as exception:
            if not self._handlers:
                raise
            signal = self._go_on(self._handlers[-1], exception)
        match signal:
            case None:
                return False, None
            case Leave(label=wanted) if not wanted or wanted == label:
                return True, None
            case Again(label=wanted) if not wanted or wanted == label:
                return False, None
        return True, signal

    def _for_range(self, statement: tree.ForRange, scope: Scope) -> Signal:
        first, last = (self._whole(each, scope) for each in (statement.first, statement.last))
        counter = range(last, first - 1, -1) if statement.reverse else range(first, last + 1)
        inner = Scope(scope)
        for number in counter:
            self._context.session.check()
            value = typed(number)
            inner.names[statement.name] = Variable(value, value.type)
            ended, signal = self._round(statement.body, inner, statement.label)
            if ended:
                return signal
        return None

    def _for_rows(self, statement: tree.ForRows, scope: Scope) -> Signal:
        """https://docs.snowflake.com/en/sql-reference/snowflake-scripting/for"""
        result, remaining, close = self._source(statement, scope)
        names = [column.name for column in result.columns]
        inner = Scope(scope)
        for row in remaining:
            self._context.session.check()
            inner.names[statement.name] = Record(dict(zip(names, row, strict=True)))
            ended, signal = self._round(statement.body, inner, statement.label)
            if ended:
                close()
                return signal
        close()
        return None

    def _source(
        self, statement: tree.ForRows, scope: Scope
    ) -> tuple[Result, Iterator[tuple[Value, ...]], Callable[[], None]]:
        """What a FOR goes through, and what ends it."""
        if not isinstance(statement.source, str):
            result = self._query(statement.source, scope)
            return result, rows(result), lambda: None
        found = scope.find(statement.source)
        if isinstance(found, Cursor):
            if found.result is None:
                self._open_cursor(found, (), scope, statement.at)
            assert found.result is not None
            return found.result, found.remaining, found.close
        result = self._rows_of(self._resultset(statement.source, scope, statement.at), statement.source, statement.at)
        return result, rows(result), lambda: None

    def _while(self, statement: tree.While, scope: Scope) -> Signal:
        while self._true(statement.condition, scope):
            self._context.session.check()
            ended, signal = self._round(statement.body, scope, statement.label)
            if ended:
                return signal
        return None

    def _repeat(self, statement: tree.Repeat, scope: Scope) -> Signal:
        while True:
            self._context.session.check()
            ended, signal = self._round(statement.body, scope, statement.label)
            if ended:
                return signal
            if self._true(statement.until, scope):
                return None

    def _loop(self, statement: tree.Loop, scope: Scope) -> Signal:
        while True:
            self._context.session.check()
            ended, signal = self._round(statement.body, scope, statement.label)
            if ended:
                return signal

    def _jump(self, statement: tree.Jump, scope: Scope) -> Signal:
        return Leave(statement.label) if statement.leaves else Again(statement.label)

    # -- cursors ---------------------------------------------------------------------------------------

    def _cursor(self, name: str, scope: Scope, at: int) -> Cursor:
        found = scope.find(name)
        if not isinstance(found, Cursor):
            raise self._unknown(name, at)
        return found

    def _open(self, statement: tree.Open, scope: Scope) -> Signal:
        cursor = self._cursor(statement.cursor, scope, statement.at)
        self._open_cursor(cursor, statement.using, scope, statement.at)
        return None

    def _open_cursor(self, cursor: Cursor, using: Sequence[tree.Expression], scope: Scope, at: int) -> None:
        if isinstance(cursor.source, Resultset):
            cursor.open(self._rows_of(cursor.source, "", at))
            return
        values = [self._value(each, scope) for each in using]
        query = cursor.source
        cursor.open(self._try(lambda: self._run(query, scope, values), raised.STATEMENT, at))

    def _fetch(self, statement: tree.Fetch, scope: Scope) -> Signal:
        """https://docs.snowflake.com/en/sql-reference/snowflake-scripting/fetch: NULLs behind the last row"""
        cursor = self._cursor(statement.cursor, scope, statement.at)
        if cursor.result is None:
            raise Raised(
                raised.STATEMENT,
                SqlError(90310, "P0000", f"Cursor '{statement.cursor}' is not open."),
                statement.at,
            )
        row = next(cursor.remaining, None)
        for index, name in enumerate(statement.variables):
            if row is None:
                self._set(name, NULL, scope, statement.at)
            elif index < len(row):
                self._set(name, row[index], scope, statement.at)
        return None

    def _close(self, statement: tree.Close, scope: Scope) -> Signal:
        self._cursor(statement.cursor, scope, statement.at).close()
        return None

    def _resultset(self, name: str, scope: Scope, at: int) -> Resultset:
        found = scope.find(name)
        if not isinstance(found, Resultset):
            raise self._unknown(name, at)
        return found

    def _rows_of(self, resultset: Resultset, name: str, at: int) -> Result:
        if resultset.result is None:
            error = SqlError(90311, "P0000", f"RESULTSET '{name}' has not been assigned a query.")
            raise Raised(raised.STATEMENT, error, at)
        return resultset.result

    # -- RETURN, RAISE ---------------------------------------------------------------------------------

    def _return(self, statement: tree.Return, scope: Scope) -> Signal:
        if statement.value is not None:
            return Returned(self._value(statement.value, scope))
        if isinstance(statement.table, (tree.Sql, tree.Immediate)):
            return Returned(table=self._query(statement.table, scope))
        name = str(statement.table)
        if statement.cursor:
            cursor = self._cursor(name, scope, statement.at)
            if cursor.result is None:
                self._open_cursor(cursor, (), scope, statement.at)
            return Returned(table=cursor.result)
        return Returned(table=self._rows_of(self._resultset(name, scope, statement.at), name, statement.at))

    def _raise(self, statement: tree.Raise, scope: Scope) -> Signal:
        if statement.name is None:
            if not self._handled:
                raise self._compilation("RAISE without an exception outside of a handler", statement.at)
            raise self._handled[-1]
        found = scope.find(statement.name)
        if not isinstance(found, tree.ExceptionDeclaration):
            raise self._unknown(statement.name, statement.at)
        raise raised.of(found, statement.at)

    def _null(self, statement: tree.Null, scope: Scope) -> Signal:
        return None

    def _log(self, statement: tree.Log, scope: Scope) -> Signal:
        for each in statement.arguments:
            self._value(each, scope)
        return None

    # -- SQL -------------------------------------------------------------------------------------------

    def _sql(self, statement: tree.Sql | tree.Immediate, scope: Scope) -> Signal:
        self._query(statement, scope)
        return None

    def query(self, query: tree.Query, scope: Scope) -> Result:
        """The result of a script that is one statement of SQL."""
        return self._query(query, scope)

    def _query(self, query: tree.Query, scope: Scope) -> Result:
        return self._try(lambda: self._run(query, scope), raised.STATEMENT, query.at)

    def _run(self, query: tree.Query, scope: Scope, values: Sequence[Value] = ()) -> Result:
        if isinstance(query, tree.Sql):
            return self.children.run(query.text, scope.find, values)
        text = self._evaluator.evaluate(query.statement, self.children.find(scope)).data
        given = [self._evaluator.evaluate(each, self.children.find(scope)) for each in query.using]
        return self.children.immediate("" if text is None else str(text), [*given, *values])

    def _into(self, statement: tree.Into, scope: Scope) -> Signal:
        """https://docs.snowflake.com/en/sql-reference/constructs/into"""
        result = self._query(tree.Sql(statement.text, statement.at), scope)
        found = list(rows(result))
        if len(found) > 1:
            error = SqlError(
                100183, "P0000", f"A SELECT INTO statement expects exactly 1 returned row, but got {len(found)}."
            )
            raise Raised(raised.STATEMENT, error, statement.at)
        if len(statement.variables) != len(result.columns):
            raise Raised(
                raised.STATEMENT,
                SqlError(
                    2062, "42601", "SQL compilation error:\nSELECT INTO expects "
                    f"{len(statement.variables)} columns, but got {len(result.columns)}.",
                ),
                statement.at,
            )  # fmt: skip
        row = found[0] if found else (NULL,) * len(statement.variables)
        for name, value in zip(statement.variables, row, strict=True):
            self._set(name, value, scope, statement.at)
        return None

    # -- expressions -----------------------------------------------------------------------------------

    def _value(self, expression: tree.Expression, scope: Scope) -> Value:
        find = self.children.find(scope)
        return self._try(lambda: self._evaluator.evaluate(expression, find), raised.EXPRESSION, expression.at)

    def _true(self, expression: tree.Expression, scope: Scope) -> bool:
        value = self._value(expression, scope)
        if value.data is True or value.data is False:
            return bool(value.data)
        return self._try(lambda: boolean(value), raised.EXPRESSION, expression.at) is True

    def _whole(self, expression: tree.Expression, scope: Scope) -> int:
        value = self._value(expression, scope)
        found = self._try(lambda: self._evaluator.cast(value, typed(0).type), raised.EXPRESSION, expression.at).data
        if found is None:
            error = SqlError(90312, "P0000", "The bound of a FOR loop is NULL.")
            raise Raised(raised.EXPRESSION, error, expression.at)
        return int(found)

    # -- errors ----------------------------------------------------------------------------------------

    def _try(self, action: Callable[[], T], kind: str, at: int) -> T:
        """What the action gives; its error as an exception that a handler may see."""
        try:
            return action()
        except SqlError as error:
            if not raised.can_be_handled(error):
                raise
            raise Raised(kind, error, at) from None

    def _unknown(self, name: str, at: int) -> SqlError:
        return self._compilation(f"invalid identifier '{name}'", at)

    def _compilation(self, message: str, at: int) -> SqlError:
        line, position = locate(self._text, at)
        return SqlError(
            904, "42000", f"SQL compilation error: error line {line} at position {position}\n{message}"
        )  # fmt: skip


@dataclass(frozen=True)
class _Frame:
    """A block that runs, and the scope of its statements."""

    block: tree.Block
    scope: Scope

    def with_all(self) -> Scope:
        """The scope with what LET was still to declare: a handler may assign it.

        https://docs.snowflake.com/en/developer-guide/logging-tracing/tracing-snowflake-scripting: an example does
        """
        for statement in self.block.body:
            if isinstance(statement, tree.Variable):
                self.scope.names.setdefault(statement.name, Variable(NULL, statement.type or NULL.type))
            elif isinstance(statement, tree.Resultset):
                self.scope.names.setdefault(statement.name, Resultset())
        return self.scope


_EXECUTE: dict[type, Callable[[Interpreter, Any, Scope], Signal]] = {
    tree.Block: Interpreter._block,
    tree.Variable: Interpreter._declare,
    tree.Cursor: Interpreter._declare,
    tree.Resultset: Interpreter._declare,
    tree.Assign: Interpreter._assign,
    tree.If: Interpreter._if,
    tree.Case: Interpreter._case,
    tree.ForRange: Interpreter._for_range,
    tree.ForRows: Interpreter._for_rows,
    tree.While: Interpreter._while,
    tree.Repeat: Interpreter._repeat,
    tree.Loop: Interpreter._loop,
    tree.Jump: Interpreter._jump,
    tree.Open: Interpreter._open,
    tree.Fetch: Interpreter._fetch,
    tree.Close: Interpreter._close,
    tree.Return: Interpreter._return,
    tree.Raise: Interpreter._raise,
    tree.Null: Interpreter._null,
    tree.Log: Interpreter._log,
    tree.Sql: Interpreter._sql,
    tree.Immediate: Interpreter._sql,
    tree.Into: Interpreter._into,
}
