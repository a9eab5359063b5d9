"""Evaluates expressions and converts values, asking the data plane for what is not simple."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TEXT, DataType
from snowmaker.sandbox.scripting import values
from snowmaker.sandbox.scripting.binding import Find, substituted
from snowmaker.sandbox.scripting.expressions import compiled
from snowmaker.sandbox.scripting.tree import Expression
from snowmaker.sandbox.scripting.values import NULL, REAL, NeedsQuery, Value, literal, rows

if TYPE_CHECKING:
    from snowmaker.sandbox.scripting.child import Children

_FIELD = re.compile(r"\s*:?[^\W\d][\w$]*\s*\.\s*(?:[^\W\d][\w$]*|\"[^\"]+\")\s*")


class Evaluator:
    """For the expressions of one script."""

    def __init__(self, context: Context, children: Children) -> None:
        self._context = context
        self._children = children

    def evaluate(self, expression: Expression, find: Find) -> Value:
        """The value of an expression. Raises SqlError."""
        if not expression.compiled:
            expression.compiled.append(compiled(expression.text))
        simple = expression.compiled[0]
        if simple is not None:
            try:
                return simple(find)
            except (NeedsQuery, RecursionError):
                pass
        return self._asked(substituted(expression.text, find))

    def _asked(self, text: str) -> Value:
        from snowmaker.sandbox.query import select

        asked = f"SELECT {text}"
        result = select(replace(self._context, text=asked, binds=(), describe_only=False), asked)
        row = next(rows(result), (NULL,))
        return row[0]

    def cast(self, value: Value, kind: DataType) -> Value:
        """The value as one of that type. Raises SqlError for one that cannot be."""
        try:
            return values.cast(value, kind)
        except NeedsQuery:
            return Value(self._asked(f"CAST({literal(value)} AS {kind})").data, kind)

    def equal(self, a: Value, b: Value) -> bool:
        """Whether two values are the same, as `=` says."""
        if a.data is None or b.data is None:
            return False
        if a.type.wire == b.type.wire and a.type.wire not in values.SEMISTRUCTURED:
            return bool(a.data == b.data)
        return self._asked(f"{literal(a)} = {literal(b)}").data is True

    def inferred(self, expression: Expression, value: Value) -> DataType | None:
        """The type of a variable that is declared by its value alone; None where that does not tell it.

        The most flexible one is chosen: https://docs.snowflake.com/en/developer-guide/snowflake-scripting/variables
        """
        if _FIELD.fullmatch(expression.text) or value.type.wire == "VARIANT":
            return None
        match value.type.wire:
            case "TEXT":
                return TEXT
            case "FIXED":
                return REAL if value.type.scale else DataType("FIXED", 38, 0)
        return value.type
