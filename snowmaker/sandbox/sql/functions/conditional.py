"""Conditional expressions: https://docs.snowflake.com/en/sql-reference/expressions-conditional"""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import BOOLEAN
from snowmaker.sandbox.sql.binder import Binder, chosen, compared
from snowmaker.sandbox.sql.bound import NULL, Bound, constant, joined
from snowmaker.sandbox.sql.coercion import SEMI, unified
from snowmaker.sandbox.sql.functions.registry import boolean, function, number, plain, simple
from snowmaker.sandbox.sql.nodes import Call

simple("BOOLAND", "bb", BOOLEAN, "({0} AND {1})")
simple("BOOLOR", "bb", BOOLEAN, "({0} OR {1})")
simple("BOOLNOT", "b", BOOLEAN, "(NOT {0})")
simple("BOOLXOR", "bb", BOOLEAN, "({0} <> {1})")


@function("IFF", "IF", least=3, most=3)
def _iff(binder: Binder, node: Call) -> Bound:
    plain(node)
    test, *values = node.arguments
    return chosen([boolean(binder, test)], [binder.bind(each) for each in values])


@function("COALESCE", least=1)
def _coalesce(binder: Binder, node: Call) -> Bound:
    plain(node)
    return coalesced([binder.bind(each) for each in node.arguments])


def coalesced(values: list[Bound]) -> Bound:
    """The first of the values that is not NULL, in the type that all can take."""
    parts, kind = unified(values)
    sql = f"coalesce({', '.join(each.sql for each in parts)})" if len(parts) > 1 else parts[0].sql
    return joined(sql, kind, *parts, nullable=all(each.nullable for each in parts))


@function("NVL", "IFNULL", least=2, most=2)
def _nvl(binder: Binder, node: Call) -> Bound:
    plain(node)
    return coalesced([binder.bind(each) for each in node.arguments])


@function("NVL2", least=3, most=3)
def _nvl2(binder: Binder, node: Call) -> Bound:
    plain(node)
    given, *values = (binder.bind(each) for each in node.arguments)
    return chosen([joined(f"({given.sql} IS NOT NULL)", BOOLEAN, given)], values)


@function("NULLIF", least=2, most=2)
def _nullif(binder: Binder, node: Call) -> Bound:
    plain(node)
    left, right = (binder.bind(each) for each in node.arguments)
    test = compared("=", left, right, sqlerror.malformed)
    return joined(f"CASE WHEN {test.sql} THEN NULL ELSE {left.sql} END", left.type, left, right, nullable=True)


@function("NULLIFZERO", least=1, most=1)
def _nullifzero(binder: Binder, node: Call) -> Bound:
    plain(node)
    given = number(binder, node.arguments[0])
    return joined(f"CASE WHEN {given.sql} = 0 THEN NULL ELSE {given.sql} END", given.type, given, nullable=True)


@function("ZEROIFNULL", least=1, most=1)
def _zeroifnull(binder: Binder, node: Call) -> Bound:
    plain(node)
    given = number(binder, node.arguments[0])
    return (
        coalesced([given, constant(0)])
        if given.wire == "FIXED"
        else joined(f"coalesce({given.sql}, 0)", given.type, given, nullable=False)
    )


@function("DECODE", least=3)
def _decode(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/decode: NULL matches NULL"""
    plain(node)
    given, *rest = (binder.bind(each) for each in node.arguments)
    conditions, values = [], []
    while len(rest) > 1:
        search, value, *rest = rest
        conditions.append(compared("IS NOT DISTINCT FROM", given, search, sqlerror.malformed))
        values.append(value)
    return chosen(conditions, [*values, rest[0] if rest else NULL])


@function("EQUAL_NULL", least=2, most=2)
def _equal_null(binder: Binder, node: Call) -> Bound:
    left, right = (binder.bind(each) for each in node.arguments)
    return compared("IS NOT DISTINCT FROM", left, right, sqlerror.malformed)


def _extreme(name: str, ignore: bool) -> None:
    @function(name, least=1)
    def bind(binder: Binder, node: Call) -> Bound:
        """GREATEST and LEAST are NULL where any argument is; their IGNORE_NULLS kind only where all are."""
        plain(node)
        parts, kind = unified([binder.bind(each) for each in node.arguments])
        word = "greatest" if name.startswith("GREATEST") else "least"
        sql = f"{word}({', '.join(each.sql for each in parts)})"
        if not ignore and (nullable := [each for each in parts if each.nullable]):
            sql = f"CASE WHEN {' OR '.join(f'{each.sql} IS NULL' for each in nullable)} THEN NULL ELSE {sql} END"
        return joined(sql, kind, *parts)


for _name in ("GREATEST", "LEAST"):
    _extreme(_name, ignore=False)
    _extreme(f"{_name}_IGNORE_NULLS", ignore=True)


@function("IS_NULL_VALUE", least=1, most=1)
def _is_null_value(binder: Binder, node: Call) -> Bound:
    given = binder.bind(node.arguments[0])
    if given.wire not in SEMI:
        return joined(f"CASE WHEN {given.sql} IS NULL THEN NULL ELSE false END", BOOLEAN, given)
    return joined(f"(json_type({given.sql}) = 'NULL')", BOOLEAN, given)


@function("REGR_VALX", "REGR_VALY", least=2, most=2)
def _regr_val(binder: Binder, node: Call) -> Bound:
    y, x = (number(binder, each) for each in node.arguments)
    shown, other = (x, y) if node.function == "REGR_VALX" else (y, x)
    return joined(f"CASE WHEN {other.sql} IS NULL THEN NULL ELSE {shown.sql} END", shown.type, x, y, nullable=True)
