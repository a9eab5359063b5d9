"""Arithmetic: https://docs.snowflake.com/en/sql-reference/operators-arithmetic#scale-and-precision-in-arithmetic-operations"""

from __future__ import annotations

from decimal import Decimal

from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.sql.bound import Bound, constant, joined
from snowmaker.sandbox.sql.coercion import REAL, cast, fixed, material, physical


def sum_type(left: DataType, right: DataType) -> DataType:
    """The type of `left + right` and `left - right`."""
    scale = max(left.scale or 0, right.scale or 0)
    whole = max(_whole(left), _whole(right)) + 1
    return fixed(whole + scale, scale)


def product_type(left: DataType, right: DataType) -> DataType:
    """The type of `left * right`."""
    s1, s2 = left.scale or 0, right.scale or 0
    scale = min(s1 + s2, max(s1, s2, 12))
    return fixed(_whole(left) + _whole(right) + scale, scale)


def quotient_type(left: DataType, right: DataType) -> DataType:
    """The type of `left / right`."""
    s1 = left.scale or 0
    scale = max(s1, min(s1 + 6, 12))
    return fixed(_whole(left) + (right.scale or 0) + scale, scale)


def _whole(kind: DataType) -> int:
    return (kind.precision or 38) - (kind.scale or 0)


def as_number(bound: Bound) -> Bound:
    """An operand of arithmetic: texts are read as numbers, booleans are not."""
    if bound.wire in ("FIXED", "REAL"):
        return bound
    if bound.null:
        return cast(bound, fixed(38, 0))
    if bound.wire == "VARIANT":
        return cast(bound, REAL)
    if bound.wire == "TEXT":
        return cast(bound, fixed(38, 5)) if not bound.constant else _constant_text(bound)
    return cast(bound, fixed(38, 0))


def _constant_text(bound: Bound) -> Bound:
    try:
        return constant(Decimal(str(bound.value).strip()))
    except ArithmeticError:
        return cast(bound, fixed(38, 5))


def arithmetic(operator: str, left: Bound, right: Bound) -> Bound:
    """`left operator right` of numbers."""
    left, right = as_number(left), as_number(right)
    if left.null or right.null:
        kind = sum_type(*(each.type if each.wire == "FIXED" else fixed(38, 0) for each in (left, right)))
        return cast(Bound("NULL", kind, True, None), kind)
    if "REAL" in (left.wire, right.wire):
        return _real(operator, cast(left, REAL), cast(right, REAL))
    if (folded := _folded(operator, left, right)) is not None:
        return folded
    match operator:
        case "+" | "-":
            return _sum(operator, left, right)
        case "*":
            return _product(left, right)
        case "/":
            return quotient(left, right)
        case _:
            return _modulo(left, right)


def _real(operator: str, left: Bound, right: Bound) -> Bound:
    if operator in ("/", "%"):
        return joined(f"({left.sql} {operator} sf_divisor({right.sql}))", REAL, left, right)
    return joined(f"({left.sql} {operator} {right.sql})", REAL, left, right)


def _folded(operator: str, left: Bound, right: Bound) -> Bound | None:
    """Arithmetic of constants is done here, so that they stay constants."""
    if not (left.constant and right.constant) or operator not in ("+", "-", "*"):
        return None
    a, b = Decimal(left.value), Decimal(right.value)
    value = a + b if operator == "+" else a - b if operator == "-" else a * b
    kind = product_type(left.type, right.type) if operator == "*" else sum_type(left.type, right.type)
    if len(value.as_tuple().digits) > 27 or -int(value.as_tuple().exponent) > (kind.scale or 0):
        return None
    if kind.scale:
        return Bound(f"CAST('{value:f}' AS {material(kind)})", kind, False, value)
    return Bound(f"CAST({int(value)} AS {material(kind)})", kind, False, int(value))


def _sum(operator: str, left: Bound, right: Bound) -> Bound:
    kind = sum_type(left.type, right.type)
    a, b = physical(left, kind), physical(right, kind)
    return joined(f"({a.sql} {operator} {b.sql})", kind, left, right)


def _product(left: Bound, right: Bound) -> Bound:
    kind = product_type(left.type, right.type)
    if not kind.scale:
        a, b = physical(left, kind), physical(right, kind)
        return joined(f"({a.sql} * {b.sql})", kind, left, right)
    sql = f"({_decimal(left)} * {_decimal(right)})"
    return joined(f"CAST({sql} AS {material(kind)})", kind, left, right)


def _decimal(bound: Bound) -> str:
    return f"CAST({bound.sql} AS DECIMAL(38,{bound.type.scale or 0}))"


def unscaled(bound: Bound, scale: int) -> str:
    """The number as a whole one, its point moved `scale` places."""
    if not bound.type.scale:
        power = f" * CAST(1{'0' * scale} AS HUGEINT)" if scale else ""
        return f"(CAST({bound.sql} AS HUGEINT){power})"
    own = bound.type.scale
    whole = f"sf_unscaled_{own}({bound.sql})"
    return whole if scale == own else f"({whole} * CAST(1{'0' * (scale - own)} AS HUGEINT))"


def scaled(sql: str, kind: DataType) -> str:
    """A whole number with its point moved back to where `kind` has it."""
    scale = kind.scale or 0
    if not scale:
        return f"CAST({sql} AS {material(kind)})"
    return f"sf_scaled_{scale}({sql})"


def quotient(left: Bound, right: Bound) -> Bound:
    """`left / right` of NUMBERs."""
    kind = quotient_type(left.type, right.type)
    return joined(f"CAST({_quotient(left, right, kind)} AS {material(kind)})", kind, left, right)


def _quotient(left: Bound, right: Bound, kind: DataType) -> str:
    scale = max(left.type.scale or 0, right.type.scale or 0)
    a, b = unscaled(left, scale), unscaled(right, scale)
    return scaled(f"sf_quotient({a}, sf_divisor({b}), CAST(1{'0' * (kind.scale or 0)} AS HUGEINT))", kind)


def _modulo(left: Bound, right: Bound) -> Bound:
    scale = max(left.type.scale or 0, right.type.scale or 0)
    whole = max(_whole(left.type), _whole(right.type))
    kind = fixed(whole + scale, scale)
    a, b = physical(left, kind), physical(right, kind)
    return joined(f"({a.sql} % sf_divisor({b.sql}))", kind, left, right)


def negative(operand: Bound) -> Bound:
    """`-operand`; a constant stays one."""
    number = as_number(operand)
    if number.constant and not number.null and isinstance(number.value, (int, float, Decimal)):
        value = number.value.copy_negate() if isinstance(number.value, Decimal) else -number.value  # of any length
        return Bound(constant(value).sql, number.type, False, value)
    return joined(f"(-{number.sql})", number.type, number)
