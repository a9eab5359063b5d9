"""Reads expressions: https://docs.snowflake.com/en/sql-reference/operators and the pages it leads to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import data_type
from snowmaker.sandbox.parser import LARGEST, RESERVED, Parser, out_of_range, whole
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.bound import Unbound
from snowmaker.sandbox.sql.nodes import Node, Word
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import Token

if TYPE_CHECKING:
    from snowmaker.sandbox.sql.query_reader import QueryReader

_COMPARISONS = ("=", "<>", "!=", "<=", ">=", "<", ">")
_TYPED = frozenset((
    "DATE", "TIME", "TIMESTAMP", "DATETIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ", "INTERVAL",
))  # fmt: skip
# https://docs.snowflake.com/en/sql-reference/functions-context: those that ANSI wants without brackets
BARE_FUNCTIONS = frozenset((
    "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME", "LOCALTIMESTAMP",
))  # fmt: skip
# Reserved words that are the names of functions too
_CALLABLE = frozenset(("LEFT", "RIGHT", "INSERT", "ILIKE", "LIKE", "RLIKE", "REGEXP", "ANY_VALUE", "SAMPLE"))


class Reader:
    """Reads expressions from a parser. Queries inside them are read by `queries`."""

    def __init__(self, parser: Parser, queries: QueryReader) -> None:
        self.parser = parser
        self.queries = queries
        self.binds = 0

    # -- tools -----------------------------------------------------------------------------------------

    def _at(self) -> int:
        return self.parser.peek().start

    def _operator(self, *operators: str) -> str | None:
        """The operator that comes next, taken, if it is one of these."""
        token = self.parser.peek()
        if token.kind == "operator" and token.text in operators:
            self.parser.scanner.take()
            return token.text
        return None

    def word(self) -> Word:
        """An identifier."""
        token = self.parser.peek()
        return Word(self.parser.identifier(), token.kind == "quoted", token.start)

    def any_word(self) -> Word:
        """An identifier where reserved words may stand: after a dot or AS."""
        token = self.parser.peek()
        if token.kind not in ("word", "quoted") or not token.value:
            raise self.parser.unexpected()
        self.parser.scanner.take()
        return Word(token.value, token.kind == "quoted", token.start)

    def listed(self, read: Callable[[], Node]) -> tuple[Node, ...]:
        """Items up to a closing bracket, whose opening one is taken."""
        found: list[Node] = []
        while not self._operator(")"):
            if found:
                self.parser.expect_operator(",")
            found.append(read())
        return tuple(found)

    # -- precedence, lowest first ----------------------------------------------------------------------

    def expression(self) -> Node:
        left = self._and()
        while self.parser.at("OR"):
            at = self.parser.scanner.take().start
            left = nodes.Binary(at, "OR", left, self._and())
        return left

    def _and(self) -> Node:
        left = self._not()
        while self.parser.at("AND"):
            at = self.parser.scanner.take().start
            left = nodes.Binary(at, "AND", left, self._not())
        return left

    def _not(self) -> Node:
        if self.parser.at("NOT"):
            at = self.parser.scanner.take().start
            return nodes.Unary(at, "NOT", self._not())
        return self._comparison()

    def _comparison(self) -> Node:
        left = self.additive()
        while (found := self._compared(left)) is not None:
            left = found
        return left

    def _compared(self, left: Node) -> Node | None:
        parser, at = self.parser, self._at()
        if operator := self._operator(*_COMPARISONS):
            return self._against(at, "<>" if operator == "!=" else operator, left)
        if parser.peek().kind != "word":
            return None
        if parser.accept("IS"):
            return self._is(at, left)
        start = parser.scanner.position
        negated = parser.accept("NOT")
        if parser.accept("IN"):
            return self._in(at, left, negated)
        if parser.accept("BETWEEN"):
            low = self.additive()
            parser.expect("AND")
            return nodes.Between(at, left, low, self.additive(), negated)
        if operator := parser.choice("LIKE", "ILIKE", "RLIKE", "REGEXP"):
            return self._like(at, operator.replace("REGEXP", "RLIKE"), left, negated)
        parser.scanner.position = start
        return None

    def _against(self, at: int, operator: str, left: Node) -> Node:
        if (word := self.parser.choice("ALL", "ANY", "SOME")) is not None:
            self.parser.expect_operator("(")
            query = self.queries.query()
            self.parser.expect_operator(")")
            return nodes.Quantified(at, operator, left, word.replace("SOME", "ANY"), query)
        return nodes.Binary(at, operator, left, self.additive())

    def _is(self, at: int, left: Node) -> Node:
        negated = self.parser.accept("NOT")
        if self.parser.accept("DISTINCT", "FROM"):
            operator = "IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM"
            return nodes.Binary(at, operator, left, self.additive())
        what = self.parser.choice("NULL", "TRUE", "FALSE")
        if what is None:
            raise self.parser.unexpected()
        return nodes.Is(at, left, what, negated)

    def _in(self, at: int, left: Node, negated: bool) -> Node:
        if not self._operator("("):
            return nodes.In(at, left, (self.additive(),), None, negated)
        if self.queries.ahead() and (query := self._query_alone()) is not None:
            return nodes.In(at, left, (), query, negated)
        items = self.listed(self.expression)
        if not items:
            raise self.parser.unexpected()
        return nodes.In(at, left, items, None, negated)

    def _like(self, at: int, operator: str, left: Node, negated: bool) -> Node:
        quantifier = ""
        if operator != "RLIKE":
            quantifier = self.parser.choice("ANY", "ALL") or ""
        patterns: tuple[Node, ...]
        if quantifier:
            self.parser.expect_operator("(")
            patterns = self.listed(self.expression)
        else:
            patterns = (self.additive(),)
        escape = self.additive() if operator != "RLIKE" and self.parser.accept("ESCAPE") else None
        return nodes.Like(at, operator, left, patterns, quantifier, escape, negated)

    def additive(self) -> Node:
        left = self._multiplicative()
        while True:
            at = self._at()
            operator = self._operator("+", "-", "||")
            if operator is None:
                return left
            left = nodes.Binary(at, operator, left, self._multiplicative())

    def _multiplicative(self) -> Node:
        left = self._unary()
        while True:
            at = self._at()
            operator = self._operator("*", "/", "%")
            if operator is None:
                return left
            left = nodes.Binary(at, operator, left, self._unary())

    def _unary(self) -> Node:
        at = self._at()
        if operator := self._operator("-", "+", "~"):
            return nodes.Unary(at, operator, self._unary())
        token = self.parser.peek()
        if token.kind == "word" and token.value in ("PRIOR", "CONNECT_BY_ROOT") and self._begins_operand():
            self.parser.scanner.take()
            return nodes.Unary(at, token.value, self._unary())
        return self._postfix(self.primary())

    def _begins_operand(self) -> bool:
        """Whether a word is followed by a name, and so is an operator and no name itself."""
        start = self.parser.scanner.position
        self.parser.scanner.take()
        token = self.parser.peek()
        self.parser.scanner.position = start
        return token.kind == "quoted" or (token.kind == "word" and token.value not in RESERVED)

    def _postfix(self, operand: Node) -> Node:
        while True:
            at = self._at()
            if self._operator("::"):
                operand = nodes.Cast(at, operand, self.parser.data_type(), attempt=False)
            elif self._operator(":"):
                operand = nodes.Path(at, operand, self._keys(self._key()))
            elif self._operator("["):
                operand = nodes.Path(at, operand, self._keys(self._index()))
            elif (
                self.parser.peek().text == "("
                and isinstance(operand, nodes.Call)
                and operand.name[-1].name == "IDENTIFIER"
            ):
                operand = self._identified(operand)
            elif self.parser.at("COLLATE"):
                self.parser.expect("COLLATE")
                value = nodes.Literal(self._at(), self.parser.string())
                operand = nodes.Call(at, (Word("COLLATE", False, at),), (operand, value))
            elif self.parser.peek().text == "(" and isinstance(operand, nodes.Name) and self._outer_joined():
                operand = nodes.OuterJoined(at, operand)
            else:
                return operand

    def _identified(self, literal: nodes.Call) -> Node:
        """IDENTIFIER('name')(…): https://docs.snowflake.com/en/sql-reference/identifier-literal"""
        given = literal.arguments[0] if len(literal.arguments) == 1 else None
        if not isinstance(given, nodes.Literal) or not isinstance(given.value, str):
            raise Unbound("IDENTIFIER(…) of a function by a variable")
        return self._call(literal.at, tuple(Word(part, False, literal.at) for part in Parser(given.value).name()))

    def _outer_joined(self) -> bool:
        start = self.parser.scanner.position
        if self._operator("(") and self._operator("+") and self._operator(")"):
            return True
        self.parser.scanner.position = start
        return False

    def _key(self) -> str:
        """`:name` keeps the case of the key, which is what the document says."""
        token = self.parser.peek()
        if token.kind not in ("word", "quoted"):
            raise self.parser.unexpected()
        self.parser.scanner.take()
        return token.text if token.kind == "word" else token.value

    def _index(self) -> Node:
        inner = self.expression()
        self.parser.expect_operator("]")
        return inner

    def _keys(self, first: str | Node) -> tuple[str | Node, ...]:
        keys: list[str | Node] = [first]
        while True:
            if self._operator("."):
                keys.append(self._key())
            elif self._operator("["):
                keys.append(self._index())
            else:
                return tuple(keys)

    # -- primaries -------------------------------------------------------------------------------------

    def primary(self) -> Node:
        token = self.parser.peek()
        if token.kind in ("string", "dollars"):
            return nodes.Literal(self.parser.scanner.take().start, token.value)
        if token.kind == "number":
            return nodes.Literal(self.parser.scanner.take().start, number(token.text))
        if token.kind == "variable":
            return nodes.Variable(self.parser.scanner.take().start, token.value[1:])
        if token.kind == "position":
            return nodes.Position(self.parser.scanner.take().start, int(token.text[1:]))
        if token.kind == "operator":
            return self._bracketed(token)
        if token.kind == "word" and (found := self._keyword(token)) is not None:
            return found
        if token.kind in ("word", "quoted"):
            return self._named()
        raise self.parser.unexpected()

    def _bracketed(self, token: Token) -> Node:
        at = token.start
        if self._operator("("):
            return self._parenthesis(at)
        if self._operator("["):
            items: list[Node] = []
            while not self._operator("]"):
                if items:
                    self.parser.expect_operator(",")
                items.append(self.expression())
            return nodes.Array(at, tuple(items))
        if token.text == "@":
            raise Unbound("a stage as an argument")
        if self._operator("{"):
            return self._object(at)
        if self._operator("?"):
            self.binds += 1
            return nodes.Bind(at, self.binds)
        if self._operator(":"):
            return self._placeholder(at)
        if token.text == "*":
            return self.star()
        raise self.parser.unexpected()

    def _placeholder(self, at: int) -> Node:
        token = self.parser.peek()
        if token.kind == "number" and token.text.isdigit():
            self.parser.scanner.take()
            return nodes.Bind(at, int(token.text))
        if token.kind in ("word", "quoted"):
            self.parser.scanner.take()
            return nodes.Bind(at, 0, token.value)
        raise self.parser.unexpected()

    def _parenthesis(self, at: int) -> Node:
        if self._lambda_ahead():
            parameters = self._parameters()
            self.parser.expect_operator("->")
            return nodes.Lambda(at, parameters, self.expression())
        if self.queries.ahead() and (query := self._query_alone()) is not None:
            return nodes.Subquery(at, query)
        items = self.listed(self.expression)
        if not items:
            raise self.parser.unexpected()
        return items[0] if len(items) == 1 else nodes.Tuple(at, items)

    def _query_alone(self) -> nodes.Query | None:
        """A query up to the closing bracket; None where it is in brackets and more follows: `((SELECT 1) + 1)`."""
        start, binds = self.parser.scanner.position, self.binds
        bracketed = self.parser.peek().text == "("
        try:
            query = self.queries.query()
            self.parser.expect_operator(")")
        except SqlError:
            if not bracketed:
                raise
            self.parser.scanner.position, self.binds = start, binds
            return None
        return query

    def _lambda_ahead(self) -> bool:
        """Whether `a, b) ->` comes next, the opening bracket being taken."""
        start, depth = self.parser.scanner.position, 1
        try:
            if self.parser.peek().kind not in ("word", "quoted"):
                return False
            while depth:
                token = self.parser.scanner.take()
                if token.kind == "end" or token.text == "(":
                    return False
                depth -= token.text == ")"
            return self.parser.peek().text == "->"
        except SqlError:
            return False
        finally:
            self.parser.scanner.position = start

    def _parameters(self) -> tuple[Word, ...]:
        found: list[Word] = []
        while not self._operator(")"):
            if found:
                self.parser.expect_operator(",")
            found.append(self.word())
            if self.parser.peek().kind == "word":
                self.parser.data_type()
        return tuple(found)

    def _object(self, at: int) -> Node:
        if self.parser.peek().text == "*":
            star = self.star()
            self.parser.expect_operator("}")
            return nodes.Object(at, (), star)
        if self.parser.accept("FN"):  # https://docs.snowflake.com/en/developer-guide/odbc/odbc-api#scalar-functions
            inner = self.expression()
            self.parser.expect_operator("}")
            return inner
        if self.parser.peek().kind in ("word", "quoted"):
            return self._object_of(at)
        pairs: list[tuple[str, Node]] = []
        while not self._operator("}"):
            if pairs:
                self.parser.expect_operator(",")
            token = self.parser.peek()
            if token.kind not in ("string", "dollars"):
                raise self.parser.unexpected()
            self.parser.scanner.take()
            self.parser.expect_operator(":")
            pairs.append((token.value, self.expression()))
        return nodes.Object(at, tuple(pairs))

    def _object_of(self, at: int) -> Node:
        """`{table.*}`: https://docs.snowflake.com/en/sql-reference/data-types-semistructured#object-constants"""
        table = [self.word()]
        self.parser.expect_operator(".")
        while self.parser.peek().text != "*":
            table.append(self.any_word())
            self.parser.expect_operator(".")
        star = self.star(tuple(table))
        self.parser.expect_operator("}")
        return nodes.Object(at, (), star)

    def _keyword(self, token: Token) -> Node | None:
        """What begins with a word of its own; None when it is a name."""
        parser, at = self.parser, token.start
        if (value := {"NULL": None, "TRUE": True, "FALSE": False}.get(token.value, self)) is not self:
            parser.scanner.take()
            return nodes.Literal(at, value)  # type: ignore[arg-type]
        if token.value == "CASE":
            return self._case()
        if token.value == "EXISTS" and self._followed_by("("):
            parser.scanner.take()
            parser.expect_operator("(")
            query = self.queries.query()
            parser.expect_operator(")")
            return nodes.Exists(at, query)
        if token.value in ("CAST", "TRY_CAST") and self._followed_by("("):
            return self._cast(at, attempt=token.value == "TRY_CAST")
        if token.value == "X" and self.parser.text[token.end : token.end + 1] == "'":
            parser.scanner.take()
            return self._binary(at)
        if token.value in _TYPED and self._followed_by_string():
            parser.scanner.take()
            return nodes.Typed(at, token.value, parser.string())
        return None

    def _binary(self, at: int) -> Node:
        """`x'0AFF'`: https://docs.snowflake.com/en/sql-reference/data-types-text#binary-constants"""
        digits = self.parser.string()
        if len(digits) % 2 or not set(digits) <= set("0123456789abcdefABCDEF"):
            raise SqlError(100115, "22023", f"The following string is not a legal hex-encoded value: '{digits}'")
        value, form = nodes.Literal(at, digits), nodes.Literal(at, "HEX")
        return nodes.Call(at, (Word("TO_BINARY", False, at),), (value, form))

    def _followed_by(self, operator: str) -> bool:
        start = self.parser.scanner.position
        self.parser.scanner.take()
        found = self.parser.peek().text == operator
        self.parser.scanner.position = start
        return found

    def _followed_by_string(self) -> bool:
        start = self.parser.scanner.position
        self.parser.scanner.take()
        found = self.parser.peek().kind == "string"
        self.parser.scanner.position = start
        return found

    def _case(self) -> Node:
        parser = self.parser
        at = parser.scanner.take().start
        operand = None if parser.at("WHEN") else self.expression()
        whens: list[tuple[Node, Node]] = []
        while parser.accept("WHEN"):
            condition = self.expression()
            parser.expect("THEN")
            whens.append((condition, self.expression()))
        if not whens:
            raise parser.unexpected()
        otherwise = self.expression() if parser.accept("ELSE") else None
        parser.expect("END")
        return nodes.Case(at, operand, tuple(whens), otherwise)

    def _cast(self, at: int, *, attempt: bool) -> Node:
        self.parser.scanner.take()
        self.parser.expect_operator("(")
        operand = self.expression()
        self.parser.expect("AS")
        kind = self.parser.data_type()
        if self.parser.choice("RENAME FIELDS", "ADD FIELDS"):
            raise sqlerror.unsupported("structured types")
        self.parser.expect_operator(")")
        return nodes.Cast(at, operand, kind, attempt)

    # -- names and calls -------------------------------------------------------------------------------

    def _named(self) -> Node:
        """A column, a star of a table, or a function call."""
        at = self._at()
        parts = [self._first_word()]
        while self._operator("."):
            if self.parser.peek().text == "*":
                return self.star(tuple(parts))
            if self.parser.peek().kind == "position":
                return nodes.Position(at, int(self.parser.scanner.take().text[1:]), parts[-1])
            parts.append(self._dotted())
        if self.parser.peek().text == "!":
            raise sqlerror.unsupported("methods of models and other classes")
        if self.parser.peek().text == "(" and not self._outer_join_ahead():
            return self._call(at, tuple(parts))
        first = parts[0]
        if self.parser.peek().text == "->" and len(parts) == 1:
            self.parser.scanner.take()
            return nodes.Lambda(at, (first,), self.expression())
        if len(parts) == 1 and self._typed_parameter():
            return nodes.Lambda(at, (first,), self.expression())
        if len(parts) == 1 and not first.quoted and first.name in BARE_FUNCTIONS:
            return nodes.Call(at, (first,), ())
        return nodes.Name(at, tuple(parts))

    def _typed_parameter(self) -> bool:
        """Whether `int ->` comes next: then it is taken."""
        token = self.parser.peek()
        if token.kind != "word" or token.value in RESERVED or not data_type(token.value, ()):
            return False
        start = self.parser.scanner.position
        self.parser.data_type()
        if self._operator("->"):
            return True
        self.parser.scanner.position = start
        return False

    def _first_word(self) -> Word:
        token = self.parser.peek()
        if token.kind == "word" and token.value in _CALLABLE and self._followed_by("("):
            return self.any_word()
        return self.word()

    def _dotted(self) -> Word:
        """After a dot; empty between two dots (`db..f()`)."""
        if self.parser.peek().text == ".":
            return Word("", False, self._at())
        return self.any_word()

    def _outer_join_ahead(self) -> bool:
        start = self.parser.scanner.position
        found = self._outer_joined()
        self.parser.scanner.position = start
        return found

    def star(self, table: tuple[Word, ...] = ()) -> nodes.Star:
        """`*` and what may follow it: https://docs.snowflake.com/en/sql-reference/sql/select#parameters"""
        at = self._at()
        self.parser.expect_operator("*")
        ilike = self.parser.string() if self.parser.accept("ILIKE") else None
        exclude: tuple[Word, ...] = ()
        replaced: list[tuple[Node, Word]] = []
        renamed: list[tuple[Word, Word]] = []
        if self.parser.accept("EXCLUDE"):
            exclude = tuple(self._one_or_many(self.word))
        if self.parser.accept("REPLACE"):
            replaced = self._one_or_many(self._replacement)
        if self.parser.accept("RENAME"):
            renamed = self._one_or_many(self._renaming)
        return nodes.Star(at, table, ilike, exclude, tuple(replaced), tuple(renamed))

    def _one_or_many(self, read: Callable[[], object]) -> list:  # type: ignore[type-arg]
        if not self._operator("("):
            return [read()]
        found = [read()]
        while not self._operator(")"):
            self.parser.expect_operator(",")
            found.append(read())
        return found

    def _replacement(self) -> tuple[Node, Word]:
        expression = self.expression()
        self.parser.expect("AS")
        return expression, self.word()

    def _renaming(self) -> tuple[Word, Word]:
        old = self.word()
        self.parser.expect("AS")
        return old, self.word()

    def _call(self, at: int, name: tuple[Word, ...]) -> Node:
        self.parser.expect_operator("(")
        special = _SPECIAL.get(name[0].name) if len(name) == 1 and not name[0].quoted else None
        if special is not None and (found := special(self, at, name)) is not None:
            return found
        distinct = self.parser.accept("DISTINCT")
        if not distinct:
            self.parser.accept("ALL")
        positional, named, nulls = self._arguments()
        return self._surrounded(nodes.Call(at, name, positional, named, distinct, nulls=nulls))

    def _arguments(self) -> tuple[tuple[Node, ...], tuple[tuple[str, Node], ...], str]:
        positional: list[Node] = []
        named: list[tuple[str, Node]] = []
        nulls = ""
        while not self._operator(")"):
            if positional or named:
                self.parser.expect_operator(",")
            if (name := self._argument_name()) is not None:
                named.append((name, self._argument()))
            else:
                positional.append(self._argument())
            if word := self.parser.choice("IGNORE NULLS", "RESPECT NULLS"):
                nulls = word.split()[0]
        return tuple(positional), tuple(named), nulls

    def _argument(self) -> Node:
        """A query may stand without brackets of its own; in brackets it may be a part of more: `f((SELECT 1) + 1)`."""
        if self.parser.peek().text != "(" and self.queries.ahead():
            return nodes.Subquery(self._at(), self.queries.query())
        return self.expression()

    def _argument_name(self) -> str | None:
        """`name` of `name => value`, taken with its arrow."""
        start = self.parser.scanner.position
        token = self.parser.scanner.take()
        if token.kind in ("word", "quoted") and self._operator("=>"):
            return token.value
        self.parser.scanner.position = start
        return None

    def _surrounded(self, call: nodes.Call) -> Node:
        """The call with WITHIN GROUP, IGNORE NULLS and OVER."""
        parser = self.parser
        within, nulls, from_last, over = call.within, call.nulls, False, None
        if parser.accept("WITHIN", "GROUP"):
            parser.expect_operator("(")
            parser.expect("ORDER", "BY")
            within = self.order_items()
            parser.expect_operator(")")
        if word := parser.choice("FROM FIRST", "FROM LAST"):
            from_last = word == "FROM LAST"
        if word := parser.choice("IGNORE NULLS", "RESPECT NULLS"):
            nulls = word.split()[0]
        if parser.at("OVER") and self._followed_by("("):
            parser.expect("OVER")
            parser.expect_operator("(")
            over = self._window()
        return nodes.Call(call.at, call.name, call.arguments, call.named, call.distinct, within, nulls, from_last, over)

    def _window(self) -> nodes.Window:
        parser = self.parser
        partition: list[Node] = []
        if parser.accept("PARTITION", "BY"):
            partition.append(self.expression())
            while self._operator(","):
                partition.append(self.expression())
        order = self.order_items() if parser.accept("ORDER", "BY") else ()
        frame = None
        if unit := parser.choice("ROWS", "RANGE"):
            frame = self._frame(unit)
        parser.expect_operator(")")
        return nodes.Window(tuple(partition), order, frame)

    def _frame(self, unit: str) -> nodes.Frame:
        if not self.parser.accept("BETWEEN"):
            return nodes.Frame(unit, self._frame_bound(), ("CURRENT ROW", None))
        start = self._frame_bound()
        self.parser.expect("AND")
        return nodes.Frame(unit, start, self._frame_bound())

    def _frame_bound(self) -> tuple[str, Node | None]:
        word = self.parser.choice("UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING", "CURRENT ROW")
        if word is not None:
            return word, None
        amount = self.additive()
        word = self.parser.choice("PRECEDING", "FOLLOWING")
        if word is None:
            raise self.parser.unexpected()
        return word, amount

    def order_items(self) -> tuple[nodes.OrderItem, ...]:
        found = [self.order_item()]
        while self._operator(","):
            found.append(self.order_item())
        return tuple(found)

    def order_item(self) -> nodes.OrderItem:
        return self.ordering(self.expression())

    def ordering(self, expression: Node) -> nodes.OrderItem:
        """The directions after what is ordered by."""
        descending = self.parser.choice("ASC", "DESC") == "DESC"
        nulls = self.parser.choice("NULLS FIRST", "NULLS LAST")
        return nodes.OrderItem(expression, descending, None if nulls is None else nulls == "NULLS FIRST")

    # -- functions with a grammar of their own -----------------------------------------------------------

    def _extract(self, at: int, name: tuple[Word, ...]) -> Node | None:
        """EXTRACT(part FROM x): https://docs.snowflake.com/en/sql-reference/functions/extract"""
        start = self.parser.scanner.position
        token = self.parser.scanner.take()
        if token.kind in ("word", "string") and self.parser.accept("FROM"):
            operand = self.expression()
            self.parser.expect_operator(")")
            part = nodes.Literal(token.start, token.value)
            return nodes.Call(at, (Word("DATE_PART", False, at),), (part, operand))
        self.parser.scanner.position = start
        return None

    def _position(self, at: int, name: tuple[Word, ...]) -> Node | None:
        """POSITION(a IN b): https://docs.snowflake.com/en/sql-reference/functions/position"""
        start = self.parser.scanner.position
        needle = self.additive()
        if self.parser.accept("IN"):
            hay = self.expression()
            self.parser.expect_operator(")")
            return nodes.Call(at, name, (needle, hay))
        self.parser.scanner.position = start
        return None


_SPECIAL: dict[str, Callable[[Reader, int, tuple[Word, ...]], Node | None]] = {
    "EXTRACT": Reader._extract,
    "DATE_PART": Reader._extract,
    "POSITION": Reader._position,
}


def number(text: str) -> int | Decimal:
    """A numeric constant, whose digits behind the point count: https://docs.snowflake.com/en/sql-reference/data-types-numeric#numeric-constants"""
    if text.isdigit():
        return whole(text)
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > LARGEST:
        raise out_of_range(text)
    if "e" in text.lower():
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent > 0:
            return int(value)
    return value
