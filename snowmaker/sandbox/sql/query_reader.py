"""Reads queries: https://docs.snowflake.com/en/sql-reference/constructs"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.parser import RESERVED, Parser
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.bound import Unbound
from snowmaker.sandbox.sql.nodes import Alias, Node, Query, Source, Word
from snowmaker.sandbox.sql.reader import Reader

# Words that begin what follows an item, and so are no alias without AS
_AFTER_ITEM = frozenset((
    "ASOF", "AT", "BEFORE", "CHANGES", "CROSS", "EXCEPT", "FETCH", "FULL", "GROUP", "HAVING", "INNER", "INTERSECT",
    "INTO", "JOIN", "LEFT", "LIMIT", "MATCH_CONDITION", "MATCH_RECOGNIZE", "MINUS", "NATURAL", "OFFSET", "ON", "ORDER",
    "OUTER", "PIVOT", "QUALIFY", "RIGHT", "SAMPLE", "SET", "START", "TABLESAMPLE", "UNION", "UNPIVOT", "USING",
    "VALUES", "WHEN", "WHERE", "WINDOW", "CONNECT", "DIRECTED", "RESAMPLE", "FOR",
))  # fmt: skip
_AFTER_FROM = frozenset((
    "CONNECT", "EXCEPT", "FETCH", "GROUP", "HAVING", "INTERSECT", "LIMIT", "MINUS", "ORDER", "QUALIFY", "SET", "START",
    "UNION", "WHERE",
))  # fmt: skip
_PERHAPS = ("LIMIT", "OFFSET", "WINDOW")
_STAGE = re.compile(r"@(?:\"(?:[^\"]|\"\")*\"|[^\s,()'\"])+|'@[^']*'")

Body = nodes.Select | nodes.SetOperation | nodes.Values | Query

_DEEPEST = 500  # brackets that are looked behind for a query; Python cannot nest that deep


class QueryReader:
    """Reads one statement's queries. Names are not looked up here."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.expressions = Reader(parser, self)

    # -- queries ---------------------------------------------------------------------------------------

    def ahead(self) -> bool:
        """Whether a query begins here, perhaps inside brackets."""
        parser = self.parser
        start = parser.scanner.position
        try:
            for _ in range(_DEEPEST):
                if not parser.accept_operator("("):
                    break
            return any(parser.at(word) for word in ("SELECT", "WITH")) or (parser.at("VALUES") and self._values_ahead())
        finally:
            parser.scanner.position = start

    def _values_ahead(self) -> bool:
        self.parser.accept("VALUES")
        return self.parser.peek().text == "("

    def query(self) -> Query:
        """A query with all its clauses."""
        parser = self.parser
        at = parser.peek().start
        ctes: list[nodes.Cte] = []
        recursive = False
        if parser.accept("WITH"):
            recursive = self._recursive()
            ctes.append(self._cte())
            while parser.accept_operator(","):
                ctes.append(self._cte())
        body = self._set_operations()
        order, order_all, limit, offset = self._tail()
        if not (ctes or order or order_all or limit or offset) and isinstance(body, Query):
            return body
        return Query(at, body, tuple(ctes), recursive, order, order_all, limit, offset)

    def _recursive(self) -> bool:
        start = self.parser.scanner.position
        if (
            self.parser.accept("RECURSIVE")
            and self.parser.peek().kind in ("word", "quoted")
            and not self.parser.at("AS")
        ):
            return True
        self.parser.scanner.position = start
        return False

    def _query_bracketed(self) -> bool:
        """Whether a query is in the next bracket: AS may be left out before it."""
        start = self.parser.scanner.position
        self.parser.expect_operator("(")
        found = self.parser.at("SELECT") or self.parser.at("WITH")
        self.parser.scanner.position = start
        return found

    def _cte(self) -> nodes.Cte:
        name = self.expressions.word()
        bare = self.parser.peek().text == "(" and self._query_bracketed()
        columns = self._words() if not bare and self.parser.accept_operator("(") else ()
        if not bare:
            self.parser.expect("AS")
        self.parser.expect_operator("(")
        query = self.query()
        self.parser.expect_operator(")")
        return nodes.Cte(name, columns, query)

    def _words(self) -> tuple[Word, ...]:
        return self.parser.items(self.expressions.word)

    def _set_operations(self) -> Body:
        """UNION, EXCEPT and MINUS from left to right; INTERSECT binds them tighter.

        https://docs.snowflake.com/en/sql-reference/operators-query#general-syntax
        """
        left = self._intersections()
        while (word := self.parser.choice("UNION", "EXCEPT", "MINUS")) is not None:
            operator = "EXCEPT" if word == "MINUS" else word
            left = self._set_operation(left, operator, self._intersections)
        return left

    def _intersections(self) -> Body:
        left = self._operand()
        while self.parser.accept("INTERSECT"):
            left = self._set_operation(left, "INTERSECT", self._operand)
        return left

    def _set_operation(self, left: Body, operator: str, read: Callable[[], Body]) -> nodes.SetOperation:
        at = left.at
        all_ = self.parser.accept("ALL")
        if not all_:
            self.parser.accept("DISTINCT")
        if all_ and operator != "UNION":
            raise self.parser.unexpected()
        by_name = self.parser.accept("BY", "NAME")
        right = read()
        return nodes.SetOperation(at, operator, all_, by_name, as_query(left), as_query(right))

    def _operand(self) -> Body:
        parser = self.parser
        if parser.accept_operator("("):
            query = self.query()
            parser.expect_operator(")")
            return query
        if parser.at("SELECT"):
            return self._select()
        if parser.at("VALUES"):
            return self._values()
        raise parser.unexpected()

    def _tail(self) -> tuple[tuple[nodes.OrderItem, ...], nodes.OrderItem | None, Node | None, Node | None]:
        """ORDER BY, LIMIT, OFFSET, FETCH."""
        parser = self.parser
        order: tuple[nodes.OrderItem, ...] = ()
        order_all = limit = offset = None
        if parser.accept("ORDER", "BY"):
            if parser.at("ALL"):
                at = parser.scanner.take().start
                order_all = self.expressions.ordering(nodes.Literal(at, None))
            else:
                order = self.expressions.order_items()
        if parser.accept("LIMIT"):
            limit = self.expressions.additive()
            if parser.accept("OFFSET"):
                offset = self.expressions.additive()
        elif parser.at("OFFSET") or parser.at("FETCH"):
            offset, limit = self._fetch()
        return order, order_all, limit, offset

    def _fetch(self) -> tuple[Node | None, Node | None]:
        """https://docs.snowflake.com/en/sql-reference/constructs/limit"""
        parser = self.parser
        offset = limit = None
        if parser.accept("OFFSET"):
            offset = self.expressions.additive()
            parser.choice("ROWS", "ROW")
        if parser.accept("FETCH"):
            parser.choice("FIRST", "NEXT")
            limit = self.expressions.additive()
            parser.choice("ROWS", "ROW")
            parser.accept("ONLY")
        return offset, limit

    def _values(self) -> nodes.Values:
        at = self.parser.peek().start
        self.parser.expect("VALUES")
        rows = [self._row()]
        while self.parser.accept_operator(","):
            rows.append(self._row())
        return nodes.Values(at, tuple(rows))

    def _row(self) -> tuple[Node, ...]:
        self.parser.expect_operator("(")
        found = self.expressions.listed(self._value)
        if not found:
            raise self.parser.unexpected()
        return found

    def _value(self) -> Node:
        token = self.parser.peek()
        if self.parser.accept("DEFAULT"):
            return nodes.Default(token.start)
        return self.expressions.expression()

    # -- SELECT ----------------------------------------------------------------------------------------

    def _select(self) -> nodes.Select:
        parser = self.parser
        at = parser.peek().start
        parser.expect("SELECT")
        distinct = parser.choice("DISTINCT", "ALL") == "DISTINCT"
        top = self._top()
        projections = [self._projection()]
        while parser.accept_operator(","):
            if parser.at("FROM"):  # a trailing comma is allowed
                break
            projections.append(self._projection())
        into = self._into()
        source = self._from() if parser.accept("FROM") else None
        where = self.expressions.expression() if parser.accept("WHERE") else None
        connect = self._connect()
        groupings: tuple[nodes.Grouping, ...] = ()
        having = qualify = None
        while (word := parser.choice("GROUP BY", "HAVING", "QUALIFY", "WHERE")) is not None:
            if word == "GROUP BY" and not groupings:
                groupings = self._groupings()
            elif word == "HAVING" and having is None:
                having = self.expressions.expression()
            elif word == "QUALIFY" and qualify is None:
                qualify = self.expressions.expression()
            elif word == "WHERE" and connect is not None and where is None:
                where = self.expressions.expression()
            else:
                raise parser.unexpected()
        return nodes.Select(
            at, distinct, top, tuple(projections), source, where, groupings, having, qualify, connect, into
        )

    def _top(self) -> Node | None:
        start = self.parser.scanner.position
        if self.parser.accept("TOP"):
            token = self.parser.peek()
            if token.kind in ("number", "position", "variable") or token.text in ("?", ":"):
                return self.expressions.primary()
            self.parser.scanner.position = start
        return None

    def _into(self) -> tuple[str, ...]:
        """SELECT … INTO :variable, of Snowflake Scripting."""
        if not self.parser.accept("INTO"):
            return ()

        def one() -> str:
            self.parser.accept_operator(":")
            return self.parser.identifier()

        return self.parser.list_of(one)

    def _projection(self) -> nodes.Projection:
        parser = self.parser
        start = parser.peek().start
        if parser.peek().text == "*":
            star = self.expressions.star()
            return nodes.Projection(star, None, "*")
        expression = self.expressions.expression()
        text = parser.text[start : parser.scanner.position].rstrip()
        alias = None
        if parser.accept("AS"):
            alias = self.expressions.any_word()
        elif self._alias_ahead():
            alias = self.expressions.word()
        return nodes.Projection(expression, alias, text)

    def _alias_ahead(self) -> bool:
        token = self.parser.peek()
        if token.kind == "quoted":
            return True
        if token.kind != "word" or token.value in RESERVED:
            return False
        return token.value not in _AFTER_ITEM or (token.value in _PERHAPS and self._nothing_behind())

    def _nothing_behind(self) -> bool:
        """Whether a word that may begin a clause has none behind it, and so is a name: `FROM t window`."""
        start = self.parser.scanner.position
        self.parser.scanner.take()
        token = self.parser.peek()
        self.parser.scanner.position = start
        return token.kind == "end" or token.text in (")", ",", ";") or token.value == "MATCH_CONDITION"

    def _connect(self) -> nodes.Connect | None:
        parser = self.parser
        start = self.expressions.expression() if parser.accept("START", "WITH") else None
        if parser.accept("CONNECT", "BY"):
            parser.accept("NOCYCLE")
            condition = self.expressions.expression()
            if start is None and parser.accept("START", "WITH"):
                start = self.expressions.expression()
            return nodes.Connect(start, condition)
        if start is not None:
            raise parser.unexpected()
        return None

    def _groupings(self) -> tuple[nodes.Grouping, ...]:
        if self.parser.accept("ALL"):
            return (nodes.Grouping("ALL"),)
        return self.parser.list_of(self._grouping)

    def _grouping(self) -> nodes.Grouping:
        word = self.parser.choice("CUBE", "ROLLUP", "GROUPING SETS")
        if word is None:
            return nodes.Grouping("PLAIN", ((self.expressions.expression(),),))
        self.parser.expect_operator("(")
        return nodes.Grouping(word, self.parser.items(self._group))

    def _group(self) -> tuple[Node, ...]:
        if self.parser.peek().text == "(":
            self.parser.expect_operator("(")
            return self.expressions.listed(self.expressions.expression)
        return (self.expressions.expression(),)

    # -- FROM ------------------------------------------------------------------------------------------

    def _from(self) -> Source:
        source = self.joined()
        while self.parser.accept_operator(","):
            if self._sources_end():  # a trailing comma is allowed
                break
            right = self.joined()
            source = nodes.Join(source.at, "CROSS", source, right)
        return source

    sources = _from

    def _sources_end(self) -> bool:
        token = self.parser.peek()
        return token.kind == "end" or token.text in (")", ";") or (token.kind == "word" and token.value in _AFTER_FROM)

    def joined(self) -> Source:
        """A source with the joins after it."""
        left = self._suffixed(self._source())
        while (join := self._join(left)) is not None:
            left = join
        return left

    def _join(self, left: Source) -> Source | None:
        parser = self.parser
        natural = parser.accept("NATURAL")
        word = parser.choice(
            "INNER JOIN", "LEFT OUTER JOIN", "LEFT JOIN", "RIGHT OUTER JOIN", "RIGHT JOIN", "FULL OUTER JOIN",
            "FULL JOIN", "CROSS JOIN", "ASOF JOIN", "JOIN", "INNER DIRECTED JOIN", "LEFT OUTER DIRECTED JOIN",
            "LEFT DIRECTED JOIN", "RIGHT OUTER DIRECTED JOIN", "RIGHT DIRECTED JOIN", "FULL OUTER DIRECTED JOIN",
            "FULL DIRECTED JOIN", "CROSS DIRECTED JOIN", "DIRECTED JOIN",
        )  # fmt: skip
        if word is None:
            if natural:
                raise parser.unexpected()
            return None
        kind = {"JOIN": "INNER", "DIRECTED": "INNER"}.get(word.split()[0], word.split()[0])
        right = self._suffixed(self._source())
        match = on = None
        using: tuple[Word, ...] = ()
        if kind == "ASOF":
            parser.expect("MATCH_CONDITION")
            parser.expect_operator("(")
            match = self.expressions.expression()
            parser.expect_operator(")")
        if kind != "CROSS" and not natural:
            if parser.accept("ON"):
                on = self.expressions.expression()
            elif parser.accept("USING"):
                parser.expect_operator("(")
                using = tuple(name.parts[-1] for name in parser.items(self._column))  # `t.a` means `a`
        return nodes.Join(left.at, kind, left, right, on, using, natural, match)

    def _source(self) -> Source:
        parser = self.parser
        token = parser.peek()
        at = token.start
        if token.text == "@" or (token.kind == "string" and token.value.startswith("@")):
            return self._staged(at)
        if parser.at("SEMANTIC_VIEW") and self._followed_by("("):
            raise sqlerror.unsupported("SEMANTIC_VIEW")
        if parser.at("DIRECTORY") and self._followed_by("("):
            raise Unbound("a directory table")
        lateral = parser.accept("LATERAL")
        if parser.peek().text == "(":
            return self._bracketed(at, lateral)
        if parser.at("VALUES") and self._followed_by("("):
            query = Query(at, self._values())
            return nodes.Derived(at, query, self._alias(), lateral)
        if parser.at("TABLE") and self._followed_by("("):
            return self._table_function(at, lateral)
        if parser.at("IDENTIFIER") and self._followed_by("("):
            parser.expect("IDENTIFIER")
            parser.expect_operator("(")
            literal = self.expressions.expression()
            parser.expect_operator(")")
            return self._table_tail(at, (), literal)
        if lateral or self._call_ahead():
            call = self.expressions.expression()
            if not isinstance(call, nodes.Call):
                raise parser.unexpected()
            return nodes.FunctionTable(at, call, self._alias(), True, self._sample())
        return self._table_tail(at, self._table_name(), None)

    def _followed_by(self, operator: str) -> bool:
        start = self.parser.scanner.position
        self.parser.scanner.take()
        found = self.parser.peek().text == operator
        self.parser.scanner.position = start
        return found

    def _call_ahead(self) -> bool:
        """FLATTEN(…) and its like may stand without LATERAL or TABLE."""
        return any(self.parser.at(word) for word in ("FLATTEN", "SPLIT_TO_TABLE", "STRTOK_SPLIT_TO_TABLE")) and (
            self._followed_by("(")
        )

    def _table_name(self) -> tuple[Word, ...]:
        parts = [self.expressions.word()]
        while len(parts) < 3 and self.parser.accept_operator("."):
            if len(parts) == 1 and self.parser.peek().text == ".":
                parts.append(Word("", False, self.parser.peek().start))
            else:
                parts.append(self.expressions.any_word())
        return tuple(parts)

    def _table_tail(self, at: int, name: tuple[Word, ...], literal: Node | None) -> Source:
        travel = self._travel()
        sample = self._sample()
        alias = self._alias()
        sample = sample or self._sample()
        return nodes.Table(at, name, literal, alias, travel, sample)

    def table(self, *, alias: bool = True) -> nodes.Table:
        """The target of a DML statement."""
        parser = self.parser
        at = parser.peek().start
        name: tuple[Word, ...] = ()
        literal = None
        if parser.at("IDENTIFIER") and self._followed_by("("):
            parser.expect("IDENTIFIER")
            parser.expect_operator("(")
            literal = self.expressions.expression()
            parser.expect_operator(")")
        else:
            name = self._table_name()
        return nodes.Table(at, name, literal, self._alias() if alias else None)

    def _bracketed(self, at: int, lateral: bool) -> Source:
        parser = self.parser
        if self.ahead():
            parser.expect_operator("(")
            start = parser.scanner.position
            query = self.query()
            if parser.accept_operator(")"):
                sample = self._sample()
                alias = self._alias()
                return nodes.Derived(at, query, alias, lateral, sample or self._sample())
            parser.scanner.position = start  # it was the first of several joined sources
        else:
            parser.expect_operator("(")
        inner = self._from()
        parser.expect_operator(")")
        return inner

    def _table_function(self, at: int, lateral: bool) -> Source:
        parser = self.parser
        parser.expect("TABLE")
        parser.expect_operator("(")
        token = parser.peek()
        if token.kind in ("string", "dollars", "variable", "position") or token.text in ("?", ":", "$"):
            literal = self.expressions.expression()
            parser.expect_operator(")")
            return self._table_tail(at, (), literal)
        inner = self.expressions.expression()
        parser.expect_operator(")")
        if isinstance(inner, nodes.Name):
            return self._table_tail(at, inner.parts, None)
        if not isinstance(inner, nodes.Call):
            raise parser.unexpected()
        return nodes.FunctionTable(at, inner, self._alias(), lateral, self._sample())

    def _staged(self, at: int) -> Source:
        location = self.parser.raw(_STAGE).strip("'")
        options: list[tuple[str, str]] = []
        if self.parser.accept_operator("("):
            options = list(self.parser.items(self._stage_option))
        return nodes.Staged(at, location, tuple(options), self._alias())

    def _stage_option(self) -> tuple[str, str]:
        name = self.parser.identifier()
        self.parser.expect_operator("=>")
        if self.parser.peek().kind in ("string", "dollars"):
            return name, self.parser.string()
        return name, ".".join(self.parser.name())

    def _travel(self) -> str:
        """AT, BEFORE and CHANGES, by their first word; refused where the table is bound."""
        for word in ("AT", "BEFORE"):
            if self.parser.at(word) and self._followed_by("("):
                self.parser.accept(word)
                self.parser.bracketed()
                return word
        if self.parser.at("CHANGES") and self._followed_by("("):
            self.parser.accept("CHANGES")
            self.parser.bracketed()
            while self.parser.choice("AT", "BEFORE", "END"):
                self.parser.bracketed()
            return "CHANGES"
        return ""

    def _alias(self) -> Alias | None:
        parser = self.parser
        if parser.accept("AS") or self._alias_ahead():
            name = self.expressions.word()
        else:
            return None
        columns = self._words() if parser.accept_operator("(") else ()
        return Alias(name, columns)

    def _sample(self) -> nodes.Sample | None:
        """https://docs.snowflake.com/en/sql-reference/constructs/sample"""
        parser = self.parser
        if parser.choice("SAMPLE", "TABLESAMPLE") is None:
            return None
        method = parser.choice("BERNOULLI", "ROW", "SYSTEM", "BLOCK") or "ROW"
        parser.expect_operator("(")
        amount = self.expressions.additive()
        rows = parser.accept("ROWS")
        parser.expect_operator(")")
        seed = None
        if parser.choice("REPEATABLE", "SEED"):
            parser.expect_operator("(")
            seed = parser.integer()
            parser.expect_operator(")")
        kind = "BLOCK" if method in ("SYSTEM", "BLOCK") else "ROW"
        return nodes.Sample(kind, amount, rows, seed)

    # -- PIVOT and UNPIVOT -----------------------------------------------------------------------------

    def _suffixed(self, source: Source) -> Source:
        """The source with PIVOT and UNPIVOT behind it."""
        parser = self.parser
        while True:
            if parser.accept("PIVOT"):
                source = self._pivot(source)
            elif parser.accept("UNPIVOT"):
                source = self._unpivot(source)
            elif isinstance(source, (nodes.Pivot, nodes.Unpivot)) and (parser.at("SAMPLE") or parser.at("TABLESAMPLE")):
                raise sqlerror.unsupported("SAMPLE behind PIVOT")
            elif parser.at("MATCH_RECOGNIZE"):
                raise sqlerror.unsupported("MATCH_RECOGNIZE")
            else:
                return source

    def _pivot(self, inner: Source) -> Source:
        """https://docs.snowflake.com/en/sql-reference/constructs/pivot"""
        parser = self.parser
        parser.expect_operator("(")
        aggregates = parser.list_of(self._aggregate)
        parser.expect("FOR")
        column = self._column()
        parser.expect("IN")
        parser.expect_operator("(")
        every, query = False, None
        values: tuple[tuple[Node, Word | None], ...] = ()
        if parser.accept("ANY"):
            every = True
            if parser.accept("ORDER", "BY"):
                self.expressions.order_items()
            parser.expect_operator(")")
        elif self.ahead():
            query = self.query()
            parser.expect_operator(")")
        else:
            values = parser.items(self._pivot_value)
        default = None
        if parser.accept("DEFAULT", "ON", "NULL"):
            parser.expect_operator("(")
            default = self.expressions.expression()
            parser.expect_operator(")")
        parser.expect_operator(")")
        return nodes.Pivot(inner.at, inner, aggregates, column, values, every, query, default, self._alias())

    def _aggregate(self) -> tuple[nodes.Call, Word | None]:
        call = self.expressions.expression()
        if not isinstance(call, nodes.Call):
            raise self.parser.unexpected()
        return call, self._its_alias()

    def _its_alias(self) -> Word | None:
        """The alias of an aggregate or value of PIVOT, with or without AS."""
        if self.parser.accept("AS") or (self._alias_ahead() and not self.parser.at("FOR")):
            return self.expressions.word()
        return None

    def _pivot_value(self) -> tuple[Node, Word | None]:
        value = self.expressions.expression()
        return value, self._its_alias()

    def _column(self) -> nodes.Name:
        at = self.parser.peek().start
        parts = [self.expressions.word()]
        while self.parser.accept_operator("."):
            parts.append(self.expressions.any_word())
        return nodes.Name(at, tuple(parts))

    def _unpivot(self, inner: Source) -> Source:
        """https://docs.snowflake.com/en/sql-reference/constructs/unpivot"""
        parser = self.parser
        include = parser.choice("INCLUDE NULLS", "EXCLUDE NULLS") == "INCLUDE NULLS"
        parser.expect_operator("(")
        value = self.expressions.word()
        parser.expect("FOR")
        name = self.expressions.word()
        parser.expect("IN")
        parser.expect_operator("(")
        columns = parser.items(self._unpivot_column)
        parser.expect_operator(")")
        return nodes.Unpivot(inner.at, inner, value, name, columns, include, self._alias())

    def _unpivot_column(self) -> tuple[nodes.Name, Word | str | None]:
        column = self._column()
        if not (self.parser.accept("AS") or self._alias_ahead()):
            return column, None
        if self.parser.peek().kind == "string":
            return column, self.parser.string()
        return column, self.expressions.word()


def as_query(body: Body) -> Query:
    """The same as a whole query."""
    return body if isinstance(body, Query) else Query(body.at, body)


@lru_cache(maxsize=512)
def read_query(text: str) -> Query:
    """The tree of a query that is the whole text. Raises SqlError 001003."""
    parser = Parser(text)
    query = QueryReader(parser).query()
    if parser.peek().text == "->>":
        raise sqlerror.unsupported("the flow operator ->>")
    parser.end()
    return query


@lru_cache(maxsize=512)
def read_expression(text: str) -> Node:
    """The tree of an expression that is the whole text."""
    parser = Parser(text)
    found = QueryReader(parser).expressions.expression()
    parser.end()
    return found
