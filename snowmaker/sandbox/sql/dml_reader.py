"""Reads INSERT, UPDATE, DELETE, MERGE: https://docs.snowflake.com/en/sql-reference/sql-dml"""

from __future__ import annotations

from functools import lru_cache

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.nodes import Node, Word
from snowmaker.sandbox.sql.query_reader import QueryReader

Statement = nodes.Insert | nodes.MultiInsert | nodes.Update | nodes.Delete | nodes.Merge


class DmlReader:
    """Reads a text that is one DML statement."""

    def __init__(self, text: str) -> None:
        self.parser = Parser(text)
        self.queries = QueryReader(self.parser)
        self.expressions = self.queries.expressions

    def statement(self) -> Statement:
        at = self.parser.peek().start
        found: Statement
        match self.parser.choice("INSERT", "UPDATE", "DELETE", "MERGE"):
            case "INSERT":
                found = self._insert(at)
            case "UPDATE":
                found = self._update(at)
            case "DELETE":
                found = self._delete(at)
            case "MERGE":
                found = self._merge(at)
            case _:
                raise self.parser.unexpected()
        self.parser.end()
        return found

    # -- INSERT ----------------------------------------------------------------------------------------

    def _insert(self, at: int) -> nodes.Insert | nodes.MultiInsert:
        overwrite = self.parser.accept("OVERWRITE")
        if (word := self.parser.choice("ALL", "FIRST")) is not None:
            return self._multi(at, overwrite, first=word == "FIRST")
        into = self._into()
        return nodes.Insert(at, overwrite, into, self.queries.query())

    def _into(self) -> nodes.Into:
        self.parser.expect("INTO")
        return nodes.Into(self.queries.table(alias=False), self._columns())

    def _columns(self) -> tuple[Word, ...]:
        if self.parser.peek().text != "(" or self.queries.ahead():
            return ()
        self.parser.expect_operator("(")
        return self.parser.items(self.expressions.word)

    def _multi(self, at: int, overwrite: bool, *, first: bool) -> nodes.MultiInsert:
        """https://docs.snowflake.com/en/sql-reference/sql/insert-multi-table"""
        branches: list[tuple[Node | None, tuple[nodes.Into, ...]]] = []
        conditional = self.parser.at("WHEN")
        if not conditional:
            branches.append((None, self._targets()))
        while conditional and self.parser.accept("WHEN"):
            condition = self.expressions.expression()
            self.parser.expect("THEN")
            branches.append((condition, self._targets()))
        if conditional and self.parser.accept("ELSE"):
            branches.append((None, self._targets()))
        return nodes.MultiInsert(at, overwrite, first, conditional, tuple(branches), self.queries.query())

    def _targets(self) -> tuple[nodes.Into, ...]:
        found: list[nodes.Into] = []
        while not found or self.parser.at("INTO"):
            into = self._into()
            values = None
            if self.parser.accept("VALUES"):
                self.parser.expect_operator("(")
                values = self.expressions.listed(self._value)
            found.append(nodes.Into(into.table, into.columns, values))
        return tuple(found)

    def _value(self) -> Node:
        token = self.parser.peek()
        if self.parser.accept("DEFAULT"):
            return nodes.Default(token.start)
        return self.expressions.expression()

    # -- UPDATE and DELETE -----------------------------------------------------------------------------

    def _assignments(self) -> tuple[nodes.Assignment, ...]:
        return self.parser.list_of(self._assignment)

    def _assignment(self) -> nodes.Assignment:
        at = self.parser.peek().start
        parts = [self.expressions.word()]
        while self.parser.accept_operator("."):
            parts.append(self.expressions.any_word())
        self.parser.expect_operator("=")
        return nodes.Assignment(nodes.Name(at, tuple(parts)), self._value())

    def _update(self, at: int) -> nodes.Update:
        table = self.queries.table()
        source = self._joined_with()
        self.parser.expect("SET")
        assignments = self._assignments()
        source = source or self._joined_with()  # before SET too, which the documentation does not tell
        where = self.expressions.expression() if self.parser.accept("WHERE") else None
        return nodes.Update(at, table, assignments, source, where)

    def _joined_with(self) -> nodes.Source | None:
        return self.queries.sources() if self.parser.accept("FROM") else None

    def _delete(self, at: int) -> nodes.Delete:
        self.parser.expect("FROM")
        table = self.queries.table()
        source = self.queries.sources() if self.parser.accept("USING") else None
        where = self.expressions.expression() if self.parser.accept("WHERE") else None
        return nodes.Delete(at, table, source, where)

    # -- MERGE -----------------------------------------------------------------------------------------

    def _merge(self, at: int) -> nodes.Merge:
        self.parser.expect("INTO")
        table = self.queries.table()
        self.parser.expect("USING")
        source = self.queries.joined()
        self.parser.expect("ON")
        condition = self.expressions.expression()
        clauses = [self._clause()]
        while self.parser.at("WHEN"):
            clauses.append(self._clause())
        return nodes.Merge(at, table, source, condition, tuple(clauses))

    def _clause(self) -> nodes.MergeClause:
        """WHEN [NOT] MATCHED [AND …] THEN …"""
        parser = self.parser
        parser.expect("WHEN")
        matched = not parser.accept("NOT")
        parser.expect("MATCHED")
        condition = self.expressions.expression() if parser.accept("AND") else None
        parser.expect("THEN")
        if not matched:
            return self._merge_insert(condition)
        if parser.accept("DELETE"):
            return nodes.MergeClause(True, condition, "DELETE")
        parser.expect("UPDATE")
        if parser.accept("ALL", "BY", "NAME"):
            return nodes.MergeClause(True, condition, "UPDATE", by_name=True)
        parser.expect("SET")
        return nodes.MergeClause(True, condition, "UPDATE", assignments=self._assignments())

    def _merge_insert(self, condition: Node | None) -> nodes.MergeClause:
        self.parser.expect("INSERT")
        if self.parser.accept("ALL", "BY", "NAME"):
            return nodes.MergeClause(False, condition, "INSERT", by_name=True)
        columns = self._columns()
        self.parser.expect("VALUES")
        self.parser.expect_operator("(")
        values = self.expressions.listed(self._value)
        return nodes.MergeClause(False, condition, "INSERT", columns=columns, values=values)


@lru_cache(maxsize=128)
def read_dml(text: str) -> Statement:
    """The tree of a DML statement that is the whole text. Raises SqlError 001003."""
    return DmlReader(text).statement()
