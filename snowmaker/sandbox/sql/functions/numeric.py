"""Numeric and bitwise functions: https://docs.snowflake.com/en/sql-reference/functions-numeric"""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import Bound, Unbound, constant, joined
from snowmaker.sandbox.sql.coercion import REAL, cast, fixed, material
from snowmaker.sandbox.sql.functions.registry import function, integer, number, plain, simple
from snowmaker.sandbox.sql.nodes import Call
from snowmaker.sandbox.sql.numbers import arithmetic, quotient_type

_WHOLE = fixed(38, 0)

for _name in [
    "SQRT",
    "EXP",
    "LN",
    "SIN",
    "COS",
    "TAN",
    "ASIN",
    "ACOS",
    "ATAN",
    "SINH",
    "COSH",
    "TANH",
    "ASINH",
    "ACOSH",
    "ATANH",
    "COT",
    "DEGREES",
    "RADIANS",
    "CBRT",
]:
    simple(_name, "f", REAL, _name.lower() + "({0})")
simple("ATAN2", "ff", REAL, "atan2({0}, {1})")
simple("POWER POW", "ff", REAL, "power({0}, {1})")
simple("LOG", "ff", REAL, "(ln({1}) / ln({0}))")
simple("SQUARE", "f", REAL, "({0} * {0})")
simple("PI", "", REAL, "pi()")
simple("FACTORIAL", "i", _WHOLE, "factorial(CAST({0} AS INTEGER))")
simple("SIGN", "n", fixed(1, 0), "CAST(sign({0}) AS BIGINT)")


def _bits(names: str, sql: str) -> None:
    @function(*names.split(), least=2, most=3)
    def bind(binder: Binder, node: Call) -> Bound:
        """A third argument says how binary values of unlike lengths are padded."""
        if len(node.arguments) == 3:
            raise sqlerror.unsupported(f"{node.name[-1].name} of binary values")
        left, right = (integer(binder, each) for each in node.arguments)
        return joined(sql.format(left.sql, right.sql), _WHOLE, left, right)


_bits("BITAND BIT_AND", "CAST({0} & {1} AS HUGEINT)")
_bits("BITOR BIT_OR", "CAST({0} | {1} AS HUGEINT)")
_bits("BITXOR BIT_XOR", "CAST(xor({0}, {1}) AS HUGEINT)")
simple("BITNOT BIT_NOT", "i", _WHOLE, "CAST(~{0} AS HUGEINT)")
simple("BITSHIFTLEFT BIT_SHIFTLEFT", "ii", _WHOLE, "CAST({0} << {1} AS HUGEINT)")
simple("BITSHIFTRIGHT BIT_SHIFTRIGHT", "ii", _WHOLE, "CAST({0} >> {1} AS HUGEINT)")
simple("GETBIT", "ii", fixed(1, 0), "(({0} >> {1}) & 1)")
simple("HAVERSINE", "ffff", REAL,
       "2 * 6371 * asin(sqrt(pow(sin(radians({2} - {0}) / 2), 2) + cos(radians({0})) * cos(radians({2})) * "
       "pow(sin(radians({3} - {1}) / 2), 2)))")  # fmt: skip
simple("WIDTH_BUCKET", "fffi", _WHOLE,
       "CASE WHEN {0} < {1} THEN 0 WHEN {0} >= {2} THEN {3} + 1 "
       "ELSE CAST(floor(({0} - {1}) / ({2} - {1}) * {3}) AS BIGINT) + 1 END")  # fmt: skip


@function("ABS", least=1, most=1)
def _abs(binder: Binder, node: Call) -> Bound:
    plain(node)
    given = number(binder, node.arguments[0])
    return joined(f"abs({given.sql})", given.type, given)


@function("MOD", least=2, most=2)
def _mod(binder: Binder, node: Call) -> Bound:
    plain(node)
    return arithmetic("%", binder.bind(node.arguments[0]), binder.bind(node.arguments[1]))


def _scale(binder: Binder, node: Call) -> int | None:
    """The constant number of digits; 0 when not given, None when it is no constant."""
    if len(node.arguments) < 2:
        return 0
    value = binder.bind(node.arguments[1]).value
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@function("ROUND", least=1, most=3)
def _round(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/round: half away from zero"""
    plain(node)
    given, digits = number(binder, node.arguments[0]), _scale(binder, node)
    even = len(node.arguments) > 2 and binder.constant_text(node.arguments[2]) == "HALF_TO_EVEN"
    name = "round_even" if even else "round"
    if given.wire == "REAL" or digits is None:
        size = integer(binder, node.arguments[1]).sql if len(node.arguments) > 1 else "0"
        kind = given.type
        return joined(f"CAST({name}({given.sql}, CAST({size} AS INTEGER)) AS {material(kind)})", kind, given)
    scale = given.type.scale or 0
    whole = (given.type.precision or 38) - scale
    if digits >= scale:
        return given
    if digits >= 0:
        kind = fixed(whole + digits + 1, digits)
        sql = (
            f"CAST(round_even({given.sql}, {digits}) AS {material(kind)})"
            if even
            else f"CAST({given.sql} AS {material(kind)})"
        )
        return joined(sql, kind, given)
    power = f"CAST(1{'0' * -digits} AS HUGEINT)"
    unscaled = f"CAST(trunc({given.sql}) AS HUGEINT)" if scale else f"CAST({given.sql} AS HUGEINT)"
    return joined(f"(sf_half_up({unscaled}, {power}) * {power})", fixed(38, 0), given)


@function("TRUNCATE", "TRUNC", least=1, most=2)
def _trunc(binder: Binder, node: Call) -> Bound:
    plain(node)
    first = binder.bind(node.arguments[0])
    if first.wire in ("DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ"):
        from snowmaker.sandbox.sql.functions.dates import truncated

        return truncated(binder, node.arguments[1], node.arguments[0])
    return _cut(binder, node, "trunc")


@function("FLOOR", least=1, most=2)
def _floor(binder: Binder, node: Call) -> Bound:
    return _cut(binder, node, "floor")


@function("CEIL", "CEILING", least=1, most=2)
def _ceil(binder: Binder, node: Call) -> Bound:
    return _cut(binder, node, "ceil")


def _cut(binder: Binder, node: Call, name: str) -> Bound:
    """FLOOR, CEIL, TRUNC at a number of digits."""
    plain(node)
    given, digits = number(binder, node.arguments[0]), _scale(binder, node)
    if digits is None:
        raise Unbound(f"{node.function} to a computed number of digits")
    scale = given.type.scale or 0
    if given.wire == "REAL":
        power = f"power(10.0, {digits})"
        sql = f"{name}({given.sql})" if digits == 0 else f"({name}({given.sql} * {power}) / {power})"
        return joined(sql, REAL, given)
    if digits >= scale:
        return given
    whole = (given.type.precision or 38) - scale
    kind = fixed(whole + max(digits, 0) + 1, max(digits, 0))
    if digits == 0:
        return joined(f"CAST({name}({given.sql}) AS {material(kind)})", kind, given)
    tens = constant(10 ** abs(digits))
    if digits > 0:
        shifted = arithmetic("*", given, tens)
        cut = Bound(f"CAST({name}({shifted.sql}) AS HUGEINT)", _WHOLE, given.nullable)
        return joined(f"CAST(sf_scaled_{digits}({cut.sql}) AS {material(kind)})", kind, given)
    sql = f"CAST({name}({cast(given, REAL).sql} / {tens.sql}) AS HUGEINT) * CAST({tens.sql} AS HUGEINT)"
    return joined(f"({sql})", _WHOLE, given)


@function("DIV0", "DIV0NULL", least=2, most=2)
def _div0(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/div0"""
    plain(node)
    left, right = number(binder, node.arguments[0]), number(binder, node.arguments[1])
    kind = REAL if "REAL" in (left.wire, right.wire) else quotient_type(left.type, right.type)
    zero = f"CAST(0 AS {material(kind)})"
    safe = Bound(f"CASE WHEN {right.sql} = 0 THEN NULL ELSE {right.sql} END", right.type, True)
    divided = arithmetic("/", left, safe)
    test = f"{right.sql} = 0" + (f" OR {right.sql} IS NULL" if node.function == "DIV0NULL" else "")
    sql = f"CASE WHEN {left.sql} IS NULL THEN NULL WHEN {test} THEN {zero} ELSE {divided.sql} END"
    return joined(sql, divided.type, left, right)


@function("RANDOM", most=1)
def _random(binder: Binder, node: Call) -> Bound:
    """With a seed it gives the same numbers in every column and at every run: one for each row."""
    if not node.arguments:
        return Bound("CAST(floor((random() * 2 - 1) * 9223372036854775000) AS BIGINT)", fixed(19, 0), False)
    seed = integer(binder, node.arguments[0])
    number, window = (binder.scope.row, False) if binder.scope.row else ("row_number() OVER ()", True)
    sql = f"CAST(CAST(hash({seed.sql}, CAST({number} AS BIGINT)) AS HUGEINT) - 9223372036854775808 AS BIGINT)"
    return Bound(sql, fixed(19, 0), False, window=window or seed.window)


@function("UNIFORM", least=3, most=3)
def _uniform(binder: Binder, node: Call) -> Bound:
    """UNIFORM(min, max, gen): https://docs.snowflake.com/en/sql-reference/functions/uniform"""
    low, high, seed = (number(binder, each) for each in node.arguments)
    drawn = f"(CAST(hash({seed.sql}) AS DOUBLE) / 18446744073709551616.0)"
    if "REAL" in (low.wire, high.wire) or low.type.scale or high.type.scale:
        return joined(f"({low.sql} + {drawn} * ({high.sql} - {low.sql}))", REAL, low, high, seed)
    return joined(
        f"CAST({low.sql} + floor({drawn} * ({high.sql} - {low.sql} + 1)) AS HUGEINT)", _WHOLE, low, high, seed
    )


@function("NORMAL", least=3, most=3)
def _normal(binder: Binder, node: Call) -> Bound:
    mean, deviation, seed = (cast(binder.bind(each), REAL) for each in node.arguments)
    first, second = (f"((CAST(hash({seed.sql}, {i}) AS DOUBLE) + 1) / 18446744073709551617.0)" for i in (1, 2))
    return joined(
        f"({mean.sql} + {deviation.sql} * sqrt(-2 * ln({first})) * cos(2 * pi() * {second}))",
        REAL,
        mean,
        deviation,
        seed,
    )


@function("HASH", least=1)
def _hash(binder: Binder, node: Call) -> Bound:
    """A number that only equal values share; not Snowflake's own."""
    parts = [binder.bind(each) for each in node.arguments if each is not None]
    listed = ", ".join(f"CAST({each.sql} AS VARCHAR)" for each in parts)
    return joined(
        f"CAST(CAST(hash({listed}) AS HUGEINT) - 9223372036854775808 AS HUGEINT)", fixed(19, 0), *parts, nullable=False
    )


def _sequence(name: str, precision: int) -> None:
    @function(name, most=1)
    def bind(binder: Binder, node: Call) -> Bound:
        kind = DataType("FIXED", precision, 0)
        if binder.scope.row:
            return Bound(f"CAST({binder.scope.row} AS BIGINT)", kind, False)
        return Bound("(row_number() OVER () - 1)", kind, False, window=True)


for _name, _digits in (("SEQ1", 3), ("SEQ2", 5), ("SEQ4", 10), ("SEQ8", 19)):
    _sequence(_name, _digits)
