"""Expressions of a script.

Most are small: constants, variables, arithmetic, comparisons, AND and OR. These are evaluated here, so that a
loop of many rounds is quick; all others are asked of the data plane, as a query with the variables' values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import FIXED, DataType
from snowmaker.sandbox.parser import RESERVED, Parser, whole
from snowmaker.sandbox.scripting.binding import Find, value_of
from snowmaker.sandbox.scripting.functions import FUNCTIONS
from snowmaker.sandbox.scripting.values import (
    NULL,
    PRECISE,
    SEMISTRUCTURED,
    NeedsQuery,
    Value,
    boolean,
    cast,
    scale,
    truth,
    typed,
)
from snowmaker.sandbox.sqlerror import SqlError

Compiled = Callable[[Find], Value]

_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_LIMIT = Decimal(10) ** 38
_MOST_PLACES = 12  # https://docs.snowflake.com/en/sql-reference/operators-arithmetic#multiplication


def compiled(text: str) -> Compiled | None:
    """What evaluates an expression without a query; None for one that is not that simple."""
    reader = _Reader(text)
    try:
        found = reader.disjunction()
    except (NeedsQuery, SqlError, RecursionError):
        return None
    return found if reader.at_end() else None


class _Reader(Parser):
    """Reads an expression by precedence. Raises NeedsQuery for what is not simple."""

    def at_end(self) -> bool:
        return self.peek().kind == "end"

    def disjunction(self) -> Compiled:
        left = self._conjunction()
        while self.accept("OR"):
            left = _connective(left, self._conjunction(), True)
        return left

    def _conjunction(self) -> Compiled:
        left = self._negation()
        while self.accept("AND"):
            left = _connective(left, self._negation(), False)
        return left

    def _negation(self) -> Compiled:
        if self.accept("NOT"):
            return _negated(self._negation())
        return self._comparison()

    def _comparison(self) -> Compiled:
        left = self._sum()
        if self.accept("IS"):
            negated = self.accept("NOT")
            self.expect("NULL")
            return lambda find: truth((left(find).data is None) != negated)
        if operator := self._operator(*_COMPARISONS):
            return _compared(left, operator, self._sum())
        negated = self.accept("NOT")
        if self.accept("BETWEEN"):
            low = self._sum()
            self.expect("AND")
            inside = _connective(_compared(left, ">=", low), _compared(left, "<=", self._sum()), False)
            return _negated(inside) if negated else inside
        if self.accept("IN"):
            self.expect_operator("(")
            among = _among(left, self.items(self.disjunction))
            return _negated(among) if negated else among
        if negated:
            raise NeedsQuery
        return left

    def _sum(self) -> Compiled:
        left = self._product()
        while operator := self._operator("+", "-", "||"):
            right = self._product()
            left = _joined(left, right) if operator == "||" else _calculated(left, operator, right)
        return left

    def _product(self) -> Compiled:
        left = self._signed()
        while operator := self._operator("*", "/", "%"):
            left = _calculated(left, operator, self._signed())
        return left

    def _signed(self) -> Compiled:
        if self._operator("-"):
            return _calculated(_constant(Value(0, FIXED)), "-", self._signed())
        return self._cast()

    def _cast(self) -> Compiled:
        value = self._primary()
        while self._operator("::"):
            value = _converted(value, self.data_type())
        return value

    def _primary(self) -> Compiled:
        token = self.peek()
        if token.kind in ("string", "dollars"):
            return _constant(Value(self.scanner.take().value))
        if token.kind == "number":
            return self._number_constant()
        if self._operator("("):
            inner = self.disjunction()
            self.expect_operator(")")
            return inner
        if word := self.choice("TRUE", "FALSE", "NULL"):
            return _constant({"TRUE": truth(True), "FALSE": truth(False), "NULL": NULL}[word])
        return self._name()

    def _number_constant(self) -> Compiled:
        text = self.scanner.take().text
        if "e" in text.lower():
            return _constant(Value(float(text), DataType("REAL")))
        return _constant(typed(whole(text) if text.isdigit() else Decimal(text)))

    def _name(self) -> Compiled:
        self._operator(":")
        token = self.peek()
        if token.kind not in ("word", "quoted") or (token.kind == "word" and token.value in RESERVED):
            raise NeedsQuery
        name, field = self.scanner.take().value, None
        if token.kind == "word" and self._operator("("):
            return self._call(name)
        if self._operator("."):
            field = self.identifier()
        if self.peek().text in ("(", ".", ":", "["):
            raise NeedsQuery
        return _variable(name, field)

    def _call(self, name: str) -> Compiled:
        """A function whose opening bracket is taken."""
        arguments = self.items(self.disjunction)
        if name == "MOD" and len(arguments) == 2:
            return _calculated(arguments[0], "%", arguments[1])
        known = FUNCTIONS.get(name)
        if known is None or not known.least <= len(arguments) <= known.most:
            raise NeedsQuery
        return lambda find: known.call([argument(find) for argument in arguments])

    def _operator(self, *operators: str) -> str | None:
        token = self.peek()
        if token.kind == "operator" and token.text in operators:
            return self.scanner.take().text
        return None


def _constant(value: Value) -> Compiled:
    return lambda _: value


def _variable(name: str, field: str | None) -> Compiled:
    def read(find: Find) -> Value:
        value = value_of(find(name), name, field)
        if value is None:
            raise NeedsQuery
        return value

    return read


def _converted(value: Compiled, kind: DataType) -> Compiled:
    return lambda find: cast(value(find), kind)


# -- truth ---------------------------------------------------------------------------------------------


def _connective(left: Compiled, right: Compiled, settles: bool) -> Compiled:
    """AND, OR: whichever side decides does, even where the other one fails."""

    def evaluate(find: Find) -> Value:
        try:
            first = boolean(left(find))
        except SqlError:
            if boolean(right(find)) is settles:
                return truth(settles)
            raise
        if first is settles:
            return truth(settles)
        second = boolean(right(find))
        if second is settles:
            return truth(settles)
        return NULL if first is None or second is None else truth(not settles)

    return evaluate


def _negated(operand: Compiled) -> Compiled:
    def evaluate(find: Find) -> Value:
        value = boolean(operand(find))
        return NULL if value is None else truth(not value)

    return evaluate


def _compared(left: Compiled, operator: str, right: Compiled) -> Compiled:
    def evaluate(find: Find) -> Value:
        a, b = left(find), right(find)
        if a.data is None or b.data is None:
            return NULL
        if not _alike(a, b):
            raise NeedsQuery
        return truth(_compare(a, operator, b))

    return evaluate


def _among(left: Compiled, others: Sequence[Compiled]) -> Compiled:
    found = _constant(truth(False))
    for other in others:
        found = _connective(found, _compared(left, "=", other), True)
    return found


def _compare(a: Value, operator: str, b: Value) -> bool:
    match operator:
        case "=":
            return bool(a.data == b.data)
        case "<>" | "!=":
            return bool(a.data != b.data)
        case "<":
            return bool(a.data < b.data)
        case "<=":
            return bool(a.data <= b.data)
        case ">":
            return bool(a.data > b.data)
        case _:
            return bool(a.data >= b.data)


def _alike(a: Value, b: Value) -> bool:
    """Whether two values can be compared as they are."""
    if _numeric(a) and _numeric(b):
        return True
    return a.type.wire == b.type.wire and a.type.wire in ("TEXT", "BOOLEAN", "DATE", "TIME", "TIMESTAMP_NTZ")


def _numeric(value: Value) -> bool:
    return isinstance(value.data, (int, float, Decimal)) and not isinstance(value.data, bool)


# -- numbers and text ----------------------------------------------------------------------------------


def _joined(left: Compiled, right: Compiled) -> Compiled:
    """`||`: https://docs.snowflake.com/en/sql-reference/functions/concat"""

    def evaluate(find: Find) -> Value:
        a, b = left(find), right(find)
        if a.data is None or b.data is None:
            return NULL
        return Value(_shown(a) + _shown(b))

    return evaluate


def _shown(value: Value) -> str:
    if isinstance(value.data, (float, bytes)) or value.type.wire in SEMISTRUCTURED:
        raise NeedsQuery
    return str(cast(value, NULL.type).data)


def _calculated(left: Compiled, operator: str, right: Compiled) -> Compiled:
    def evaluate(find: Find) -> Value:
        a, b = left(find), right(find)
        if a.data is None or b.data is None:
            return Value(None, a.type if b.data is None else b.type)
        if not (_numeric(a) and _numeric(b)):
            raise NeedsQuery
        if operator in ("/", "%") and b.data == 0:
            raise SqlError(100051, "22012", "Division by zero")
        if isinstance(a.data, float) or isinstance(b.data, float):
            return _floats(float(a.data), operator, float(b.data))
        return _decimals(a.data, operator, b.data)

    return evaluate


def _floats(a: float, operator: str, b: float) -> Value:
    match operator:
        case "+":
            return typed(a + b)
        case "-":
            return typed(a - b)
        case "*":
            return typed(a * b)
        case "/":
            return typed(a / b)
    raise NeedsQuery


def _decimals(a: int | Decimal, operator: str, b: int | Decimal) -> Value:
    match operator:
        case "+":
            return _exact(PRECISE.add(a, b) if _scaled(a, b) else a + b)
        case "-":
            return _exact(PRECISE.subtract(a, b) if _scaled(a, b) else a - b)
        case "*":
            return _product(a, b)
        case "/":
            return _quotient(Decimal(a), Decimal(b))
        case _:
            return _remainder(a, b)


def _remainder(a: int | Decimal, b: int | Decimal) -> Value:
    """It has the sign of what is divided."""
    if isinstance(a, int) and isinstance(b, int):
        return _exact((abs(a) % abs(b)) * (1 if a >= 0 else -1))
    return _exact(PRECISE.remainder(a, b))


def _scaled(a: int | Decimal, b: int | Decimal) -> bool:
    return isinstance(a, Decimal) or isinstance(b, Decimal)


def _product(a: int | Decimal, b: int | Decimal) -> Value:
    if not _scaled(a, b):
        return _exact(a * b)
    found = PRECISE.multiply(a, b)
    places = max(min(scale(found), _MOST_PLACES), scale(Decimal(a)), scale(Decimal(b)))
    return _exact(found.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, PRECISE))


def _quotient(a: Decimal, b: Decimal) -> Value:
    """https://docs.snowflake.com/en/sql-reference/operators-arithmetic#division"""
    places = max(scale(a), min(scale(a) + 6, _MOST_PLACES))
    return _exact(PRECISE.divide(a, b).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, PRECISE))


def _exact(number: int | Decimal) -> Value:
    if not -_LIMIT < number < _LIMIT:
        raise sqlerror.SqlError(100132, "22003", f"Number out of representable range: value {number}")
    return typed(number)
