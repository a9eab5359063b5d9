"""Reads a script: https://docs.snowflake.com/en/sql-reference-snowflake-scripting"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.scripting import tree
from snowmaker.sandbox.split import Reader
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import Scanner, Token, locate

# What a list of statements ends before
_ENDS = ("END", "ELSE", "ELSEIF", "WHEN", "UNTIL", "EXCEPTION")
_LOWEST, _HIGHEST = -20999, -20000
_TRANSACTION = frozenset(("TRANSACTION", "WORK", "NAME"))
_CONSTRUCTS = frozenset(("IF", "CASE", "FOR", "WHILE", "REPEAT", "LOOP", "LET", "RETURN", "NULL", "RAISE"))


_LOGGING = frozenset((
    "SYSTEM$LOG", "SYSTEM$LOG_TRACE", "SYSTEM$LOG_DEBUG", "SYSTEM$LOG_INFO", "SYSTEM$LOG_WARN", "SYSTEM$LOG_ERROR",
    "SYSTEM$LOG_FATAL", "SYSTEM$ADD_EVENT", "SYSTEM$SET_SPAN_ATTRIBUTES",
))  # fmt: skip


def begins_block(text: str) -> bool:
    """Whether a statement is a block: DECLARE, or BEGIN that does not begin a transaction."""
    scanner = Scanner(text)
    try:
        first = scanner.take()
        return first.kind == "word" and (
            first.value == "DECLARE" or (first.value == "BEGIN" and _opens(scanner.peek()))
        )
    except SqlError:
        return False


def begins_script(text: str) -> bool:
    """Whether EXECUTE IMMEDIATE runs a text as a script: a block, or another statement of Scripting's own."""
    if begins_block(text):
        return True
    try:
        first = Scanner(text).peek()
    except SqlError:
        return False
    return first.kind == "word" and first.value in _CONSTRUCTS


def makes_procedure(text: str) -> bool:
    """Whether a statement is `WITH name AS PROCEDURE … CALL …`."""
    parser = Parser(text)
    try:
        if not parser.accept("WITH"):
            return False
        parser.identifier()
        return parser.at("AS", "PROCEDURE")
    except SqlError:
        return False


def _opens(following: Token) -> bool:
    if following.kind == "end" or following.text == ";":
        return False
    return not (following.kind == "word" and following.value in _TRANSACTION)


@lru_cache(maxsize=256)
def script(text: str) -> tree.Statement:
    """The one statement of a script, a block most often. Raises SqlError 001003."""
    parser = ScriptParser(text)
    try:
        found = parser.statement()
    except RecursionError:
        raise sqlerror.malformed("the statements are nested too deeply") from None
    parser.end()
    return found


class ScriptParser(Parser):
    """Reads statements of Scripting; what is SQL is left as text."""

    def _position(self) -> int:
        return self.peek().start

    # -- statements ------------------------------------------------------------------------------------

    def statement(self) -> tree.Statement:
        token = self.peek()
        if token.kind not in ("word", "quoted"):
            return self._sql()
        if self._assigns():
            return self._assign()
        read = _READERS.get(token.value) if token.kind == "word" else None
        if token.kind == "word" and token.value in _LOGGING:
            read = ScriptParser._log
        return read(self) if read else self._sql()

    def _body(self) -> tree.Body:
        """Statements up to a word that ends the list. Each has its `;`."""
        found: list[tree.Statement] = []
        while not any(self.at(word) for word in _ENDS):
            found.append(self.statement())
            self.expect_operator(";")
        if not found:
            raise self.unexpected()
        return tuple(found)

    def _begin(self) -> tree.Statement:
        start = self.scanner.position
        at = self._position()
        self.expect("BEGIN")
        if not _opens(self.peek()):
            self.scanner.position = start
            return self._sql()
        return self._block((), at)

    def _declare(self) -> tree.Block:
        at = self._position()
        self.expect("DECLARE")
        declarations: list[tree.Declaration] = []
        while not self.accept("BEGIN"):
            declarations.append(self._declaration(in_body=False))
            self.expect_operator(";")
        return self._block(tuple(declarations), at)

    def _block(self, declarations: tuple[tree.Declaration, ...], at: int) -> tree.Block:
        """What is behind BEGIN."""
        body = self._body()
        handlers: list[tree.Handler] = []
        if self.accept("EXCEPTION"):
            while self.accept("WHEN"):
                handlers.append(self._handler())
            if not handlers:
                raise self.unexpected()
        self.expect("END")
        self._label()
        return tree.Block(declarations, body, tuple(handlers), at)

    def _handler(self) -> tree.Handler:
        names: list[str] = []
        if not self.accept("OTHER"):
            names.append(self.identifier())
            while self.accept("OR"):
                names.append(self.identifier())
        goes_on = self.choice("EXIT", "CONTINUE") == "CONTINUE"
        self.expect("THEN")
        return tree.Handler(tuple(names), goes_on, self._body())

    def _label(self) -> str:
        """The name behind END …, if there is one."""
        token = self.peek()
        if token.kind not in ("word", "quoted") or (token.kind == "word" and token.value in _ENDS):
            return ""
        return self.scanner.take().value  # INNER and other reserved words too

    # -- declarations ----------------------------------------------------------------------------------

    def _let(self) -> tree.Declaration:
        at = self._position()
        self.expect("LET")
        return self._declaration(in_body=True, at=at)

    def _declaration(self, *, in_body: bool, at: int | None = None) -> tree.Declaration:
        """A declaration; one of LET has a value."""
        at = self._position() if at is None else at
        name_at = self._position()
        name = self.identifier()
        if self.accept("CURSOR"):
            self.expect("FOR")
            return tree.Cursor(name, self._source(), at)
        if self.accept("RESULTSET"):
            query = None
            if self._value() or in_body:
                self._refuse_async()
                query = self._bracketed_query()
            return tree.Resultset(name, query, at)
        if self.accept("EXCEPTION") and not in_body:
            return self._exception(name, at)
        if self.at("PROCEDURE"):
            raise sqlerror.unsupported("nested stored procedures")
        return self._variable_declaration(name, name_at, in_body)

    def _variable_declaration(self, name: str, at: int, in_body: bool) -> tree.Variable:
        kind: DataType | None = None
        if not self.at("DEFAULT") and self.peek().text != ":=":
            kind = self.data_type()
        if self._value():
            return tree.Variable(name, kind, self._expression(), at)
        if in_body or kind is None:
            raise self.unexpected()
        return tree.Variable(name, kind, None, at)

    def _value(self) -> bool:
        return self.accept("DEFAULT") or self.accept_operator(":=")

    def _exception(self, name: str, at: int) -> tree.ExceptionDeclaration:
        number, message = _HIGHEST, ""
        if self.accept_operator("("):
            number = self.integer()
            if not _LOWEST <= number <= _HIGHEST:
                raise sqlerror.malformed(f"Exception number {number} is not between {_LOWEST} and {_HIGHEST}.")
            if self.accept_operator(","):
                message = self.string()
            self.expect_operator(")")
        return tree.ExceptionDeclaration(name, number, message, at)

    def _source(self) -> tree.Query | str:
        """What a cursor reads: a query, or a result set by its name."""
        start = self.scanner.position
        if self.peek().kind in ("word", "quoted") and not (self.at("SELECT") or self.at("WITH")):
            name = self.identifier()
            if self.peek().text == ";" or self.at("DO"):
                return name
        self.scanner.position = start
        return self._sql()

    def _bracketed_query(self) -> tree.Query:
        """`(query)` of a result set."""
        self.expect_operator("(")
        if self.at("EXECUTE", "IMMEDIATE"):
            query: tree.Query = self._immediate()
            self.expect_operator(")")
            return query
        at = self._position()
        start = self._skip_brackets()
        return tree.Sql(start, at)

    def _skip_brackets(self) -> str:
        """What is left inside brackets that are open, as written; takes the closing one."""
        start, depth, end = self._position(), 1, self._position()
        while depth:
            token = self.scanner.take()
            if token.kind == "end":
                raise self.unexpected()
            depth += (token.text == "(") - (token.text == ")")
            end = token.start
        return self.text[start:end].strip()

    def _refuse_async(self) -> None:
        if self.at("ASYNC"):
            raise sqlerror.unsupported("ASYNC (asynchronous child jobs)")

    # -- expressions -----------------------------------------------------------------------------------

    def _expression(self, *stops: str) -> tree.Expression:
        """An expression up to `;`, a comma, a closing bracket, or one of the words `stops`."""
        first = self.peek()
        end, depth, cases = first.start, 0, 0
        while (token := self.peek()).kind != "end":
            word = token.value if token.kind == "word" else ""
            if token.text == ";" or (depth == 0 and token.text in (",", ")", "]", "}")):
                break
            if depth == 0 and cases == 0 and word in stops:
                break
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            cases += (word == "CASE") - (word == "END" and cases > 0)
            end = self.scanner.take().end
        if end == first.start or depth:
            raise self.unexpected()
        return tree.Expression(self.text[first.start : end], first.start)

    def _condition(self, *stops: str) -> tree.Expression:
        """A condition; the brackets around all of it are none of its own."""
        start = self.scanner.position
        if self.accept_operator("("):
            first = self.peek()
            text = self._skip_brackets()
            if text and any(self.at(*stop.split()) for stop in stops):
                return tree.Expression(text, first.start)
        self.scanner.position = start
        return self._expression(*(stop.split()[0] for stop in stops))

    def _expressions(self) -> tuple[tree.Expression, ...]:
        """`(a, b)` behind USING."""
        self.expect_operator("(")
        return self.items(self._expression)

    def _using(self) -> tuple[tree.Expression, ...]:
        return self._expressions() if self.accept("USING") else ()

    def _assigns(self) -> bool:
        start = self.scanner.position
        first = self.scanner.take()
        found = self.peek().text == ":="
        self.scanner.position = start
        return found and (first.kind != "word" or first.value != "LET")

    def _assign(self) -> tree.Assign:
        at = self._position()
        name = self.identifier()
        self.expect_operator(":=")
        self._refuse_async()
        start = self.scanner.position
        value = self._expression()
        end, query = self.scanner.position, None
        self.scanner.position = start
        if self.peek().text == "(":  # for a result set, should the name be one
            query = self._bracketed_query()
            if self.scanner.position != end:
                query = None
        self.scanner.position = end
        return tree.Assign(name, value, query, at)

    # -- branches and loops ----------------------------------------------------------------------------

    def _if(self) -> tree.If:
        at = self._position()
        self.expect("IF")
        branches: list[tuple[tree.Expression, tree.Body]] = []
        while not branches or self.accept("ELSEIF"):
            condition = self._condition("THEN")
            self.expect("THEN")
            branches.append((condition, self._body()))
        otherwise = self._body() if self.accept("ELSE") else ()
        self.expect("END", "IF")
        return tree.If(tuple(branches), otherwise, at)

    def _case(self) -> tree.Case:
        at = self._position()
        self.expect("CASE")
        subject = None if self.at("WHEN") else self._condition("WHEN")
        branches: list[tuple[tree.Expression, tree.Body]] = []
        while self.accept("WHEN"):
            value = self._condition("THEN")
            self.expect("THEN")
            branches.append((value, self._body()))
        if not branches:
            raise self.unexpected()
        otherwise = self._body() if self.accept("ELSE") else ()
        self.expect("END")
        self.accept("CASE")
        return tree.Case(subject, tuple(branches), otherwise, at)

    def _for(self) -> tree.ForRange | tree.ForRows:
        at = self._position()
        self.expect("FOR")
        name = self.identifier()
        self.expect("IN")
        reverse = self.accept("REVERSE")
        start = self.scanner.position
        if not reverse and (source := self._rows()) is not None:
            self.expect("DO")
            body = self._body()
            self.expect("END", "FOR")
            return tree.ForRows(name, source, body, self._label(), at)
        self.scanner.position = start
        first = self._expression("TO")
        self.expect("TO")
        last = self._expression("DO", "LOOP")
        body = self._looped("FOR")
        return tree.ForRange(name, reverse, first, last, body, self._label(), at)

    def _rows(self) -> tree.Query | str | None:
        """What a FOR goes through when it is no range."""
        if self.peek().text == "(":
            query = self._bracketed_query()
            return query if self.at("DO") else None
        if self.peek().kind not in ("word", "quoted"):
            return None
        name = self.identifier()
        return name if self.at("DO") else None

    def _looped(self, word: str) -> tree.Body:
        """`DO … END <word>` or `LOOP … END LOOP`."""
        if self.accept("LOOP"):
            word = "LOOP"
        else:
            self.expect("DO")
        body = self._body()
        self.expect("END", word)
        return body

    def _while(self) -> tree.While:
        at = self._position()
        self.expect("WHILE")
        condition = self._condition("DO", "LOOP")
        body = self._looped("WHILE")
        return tree.While(condition, body, self._label(), at)

    def _repeat(self) -> tree.Repeat:
        at = self._position()
        self.expect("REPEAT")
        body = self._body()
        self.expect("UNTIL")
        until = self._condition("END REPEAT")
        self.expect("END", "REPEAT")
        return tree.Repeat(body, until, self._label(), at)

    def _loop(self) -> tree.Loop:
        at = self._position()
        self.expect("LOOP")
        body = self._body()
        self.expect("END", "LOOP")
        return tree.Loop(body, self._label(), at)

    def _jump(self) -> tree.Jump:
        at = self._position()
        leaves = self.choice("BREAK", "EXIT", "CONTINUE", "ITERATE") in ("BREAK", "EXIT")
        return tree.Jump(leaves, self._label(), at)

    # -- cursors, RETURN, RAISE ------------------------------------------------------------------------

    def _open(self) -> tree.Open:
        at = self._position()
        self.expect("OPEN")
        return tree.Open(self.identifier(), self._using(), at)

    def _fetch(self) -> tree.Fetch:
        at = self._position()
        self.expect("FETCH")
        cursor = self.identifier()
        self.expect("INTO")
        return tree.Fetch(cursor, self.list_of(self._target), at)

    def _target(self) -> str:
        """A variable that a value goes into; the colon is not needed."""
        self.accept_operator(":")
        return self.identifier()

    def _close(self) -> tree.Close:
        at = self._position()
        self.expect("CLOSE")
        return tree.Close(self.identifier(), at)

    def _return(self) -> tree.Return:
        at = self._position()
        self.expect("RETURN")
        if not self.accept("TABLE"):
            return tree.Return(self._expression(), None, False, at)
        self.expect_operator("(")
        cursor = self.accept("RESULTSET_FROM_CURSOR")
        if cursor:
            self.expect_operator("(")
        table: tree.Query | str
        if self.at("SELECT") or self.at("WITH"):
            begin = self._position()
            return tree.Return(None, tree.Sql(self._skip_brackets(), begin), False, at)
        table = self._target()
        self.expect_operator(")")
        if cursor:
            self.expect_operator(")")
        return tree.Return(None, table, cursor, at)

    def _raise(self) -> tree.Raise:
        at = self._position()
        self.expect("RAISE")
        return tree.Raise(None if self.peek().text == ";" else self.identifier(), at)

    def _null(self) -> tree.Null:
        at = self._position()
        self.expect("NULL")
        return tree.Null(at)

    def _log(self) -> tree.Log:
        """https://docs.snowflake.com/en/developer-guide/logging-tracing/logging-snowflake-scripting"""
        at = self._position()
        self.scanner.take()
        return tree.Log(self._expressions(), at)

    def _unsupported(self) -> tree.Statement:
        raise sqlerror.unsupported(f"{self.peek().value} (asynchronous child jobs)")

    # -- SQL -------------------------------------------------------------------------------------------

    def _execute(self) -> tree.Statement:
        start = self.scanner.position
        if self.accept("EXECUTE", "IMMEDIATE") and not self.at("FROM"):
            self.scanner.position = start
            return self._immediate()
        self.scanner.position = start
        return self._sql()

    def _immediate(self) -> tree.Immediate:
        at = self._position()
        self.expect("EXECUTE", "IMMEDIATE")
        return tree.Immediate(self._expression("USING"), self._using(), at)

    def _sql(self) -> tree.Sql:
        """A statement of SQL, up to its `;`."""
        first = self.peek()
        if first.kind == "end" or first.text in (";", ")"):
            raise self.unexpected()
        span = Reader(self.scanner).statement()
        if span is None:
            raise self.unexpected()
        self._balanced(*span)
        return tree.Sql(self.text[slice(*span)], span[0])

    def _balanced(self, start: int, end: int) -> None:
        """Refuse a bracket too many before anything runs."""
        scanner, depth = Scanner(self.text[:end]), 0
        scanner.position = start
        while (token := scanner.take()).kind != "end":
            depth += (token.text == "(") - (token.text == ")")
            if depth < 0:
                raise sqlerror.syntax(*locate(self.text, token.start), token.text)

    def _select(self) -> tree.Sql | tree.Into:
        """A query or CALL, which may have an INTO."""
        sql = self._sql()
        scanner, depth = Scanner(self.text[: sql.at + len(sql.text)]), 0
        scanner.position = sql.at
        while (token := scanner.take()).kind != "end":
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.kind == "word" and token.value == "INTO":
                return self._into(sql, token.start)
        return sql

    def _into(self, sql: tree.Sql, start: int) -> tree.Into:
        """https://docs.snowflake.com/en/sql-reference/constructs/into"""
        after = self.scanner.position
        self.scanner.position = start
        self.expect("INTO")
        variables = self.list_of(self._target)
        end = self.scanner.position
        self.scanner.position = after
        stop = sql.at + len(sql.text)
        return tree.Into(f"{self.text[sql.at : start]}{self.text[end:stop]}".strip(), variables, sql.at)


_READERS: dict[str, Callable[[ScriptParser], tree.Statement]] = {
    "BEGIN": ScriptParser._begin,
    "DECLARE": ScriptParser._declare,
    "LET": ScriptParser._let,  # type: ignore[dict-item]
    "IF": ScriptParser._if,
    "CASE": ScriptParser._case,
    "FOR": ScriptParser._for,
    "WHILE": ScriptParser._while,
    "REPEAT": ScriptParser._repeat,
    "LOOP": ScriptParser._loop,
    "BREAK": ScriptParser._jump,
    "EXIT": ScriptParser._jump,
    "CONTINUE": ScriptParser._jump,
    "ITERATE": ScriptParser._jump,
    "OPEN": ScriptParser._open,
    "FETCH": ScriptParser._fetch,
    "CLOSE": ScriptParser._close,
    "RETURN": ScriptParser._return,
    "RAISE": ScriptParser._raise,
    "NULL": ScriptParser._null,
    "AWAIT": ScriptParser._unsupported,
    "ASYNC": ScriptParser._unsupported,
    "CANCEL": ScriptParser._unsupported,
    "EXECUTE": ScriptParser._execute,
    "SELECT": ScriptParser._select,
    "WITH": ScriptParser._select,
    "CALL": ScriptParser._select,
}
