"""Aggregate and window functions: https://docs.snowflake.com/en/sql-reference/functions-aggregation"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import BOOLEAN, TEXT, DataType
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import NONE, Bound, Unbound, joined
from snowmaker.sandbox.sql.coercion import ARRAY, OBJECT, REAL, VARIANT, cast, fixed, material, physical, text_of
from snowmaker.sandbox.sql.functions.dates import interval
from snowmaker.sandbox.sql.functions.registry import boolean, function, number
from snowmaker.sandbox.sql.nodes import Call
from snowmaker.sandbox.sql.numbers import quotient_type, scaled, unscaled
from snowmaker.sandbox.sql.selects import directed

_COUNT = fixed(18, 0)


def over(binder: Binder, node: Call) -> str:
    """`OVER (…)` in DuckDB's words."""
    window = node.over
    assert window is not None
    parts = []
    if window.partition:
        parts.append("PARTITION BY " + ", ".join(binder.bind(each).sql for each in window.partition))
    if order := [each for each in window.order if not _as_they_come(each)]:
        parts.append("ORDER BY " + ", ".join(directed(binder, _key(binder, each), each) for each in order))
    if window.frame is not None:
        parts.append(_frame(binder, window.frame))
    elif window.order and node.function in ("FIRST_VALUE", "LAST_VALUE", "NTH_VALUE"):
        # https://docs.snowflake.com/en/sql-reference/functions/last_value: their frame is the whole partition
        parts.append("ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
    return f" OVER ({' '.join(parts)})"


def _as_they_come(item: nodes.OrderItem) -> bool:
    """Whether rows are ordered by SEQ4() or its like: as they come."""
    return isinstance(item.expression, Call) and item.expression.function in ("SEQ1", "SEQ2", "SEQ4", "SEQ8")


def _key(binder: Binder, item: nodes.OrderItem) -> str:
    found = binder.bind(item.expression)
    return f"({found.sql})" if found.constant else found.sql


def _frame(binder: Binder, frame: nodes.Frame) -> str:
    def bound(end: tuple[str, nodes.Node | None]) -> str:
        word, amount = end
        if isinstance(amount, nodes.Typed) and amount.kind == "INTERVAL":
            return f"{interval(amount.value)} {word}"
        return word if amount is None else f"{binder.bind(amount).sql} {word}"

    return f"{frame.unit} BETWEEN {bound(frame.start)} AND {bound(frame.end)}"


def made(binder: Binder, node: Call, sql: Callable[[str], str] | str, kind: DataType, *parts: Bound,
         nullable: bool = True) -> Bound:  # fmt: skip
    """An aggregate, or the window function that its OVER makes of it. `sql` gets the window's text."""
    if any(each.aggregate for each in parts) and node.over is None:
        raise binder.error(node.at, 2080, "42601", "Aggregate functions cannot be nested")
    text = over(binder, node) if node.over is not None else ""
    body = sql(text) if callable(sql) else sql + text
    found = joined(body, kind, *parts, nullable=nullable)
    if node.over is not None:
        around = [binder.bind(each) for each in node.over.partition]
        around += [binder.bind(each.expression) for each in node.over.order]
        free = NONE.union(found.free, *(each.free for each in around))
        return replace(found, free=free, window=True, aggregate=any(e.aggregate for e in (*parts, *around)))
    return replace(found, free=NONE, aggregate=True)


def _distinct(node: Call) -> str:
    return "DISTINCT " if node.distinct else ""


def _within(binder: Binder, node: Call) -> str:
    if not node.within:
        return ""
    return " ORDER BY " + ", ".join(directed(binder, _key(binder, each), each) for each in node.within)


@function("COUNT")
def _count(binder: Binder, node: Call) -> Bound:
    if not node.arguments:
        raise binder.error(node.at, 938, "22023", "not enough arguments for function [COUNT()], expected 1, got 0")
    first = node.arguments[0]
    if isinstance(first, nodes.Star):
        if not first.table:
            return made(binder, node, "count(*)", _COUNT, nullable=False)
        columns = [each.bound() for each in binder.scope.star(first.table)]
        return made(
            binder, node, f"count(CASE WHEN {_all_there(columns)} THEN 1 END)", _COUNT, *columns, nullable=False
        )
    parts = [binder.bind(each) for each in node.arguments]
    if len(parts) == 1:
        return made(binder, node, f"count({_distinct(node)}{_comparable(parts[0])})", _COUNT, *parts, nullable=False)
    row = ", ".join(_comparable(each) for each in parts)
    sql = f"count({_distinct(node)}CASE WHEN {_all_there(parts)} THEN row({row}) END)"
    return made(binder, node, sql, _COUNT, *parts, nullable=False)


def _all_there(parts: Sequence[Bound]) -> str:
    return " AND ".join(f"{each.sql} IS NOT NULL" for each in parts)


def _comparable(bound: Bound) -> str:
    return f"CAST({bound.sql} AS VARCHAR)" if bound.wire in ("VARIANT", "OBJECT", "ARRAY") else bound.sql


@function("COUNT_IF", least=1, most=1)
def _count_if(binder: Binder, node: Call) -> Bound:
    given = boolean(binder, node.arguments[0])
    return made(binder, node, f"count(CASE WHEN {given.sql} THEN 1 END)", _COUNT, given, nullable=False)


@function("APPROX_COUNT_DISTINCT", "HLL", least=1)
def _approximate(binder: Binder, node: Call) -> Bound:
    parts = [binder.bind(each) for each in node.arguments]
    row = _comparable(parts[0]) if len(parts) == 1 else f"row({', '.join(_comparable(each) for each in parts)})"
    return made(binder, node, f"count(DISTINCT {row})", _COUNT, *parts, nullable=False)


def summed(bound: Bound, distinct: str = "") -> str:
    """The sum's text without its OVER, in the widest type of its scale."""
    if bound.wire == "REAL":
        return f"sum({distinct}{bound.sql})"
    wide = f"DECIMAL(38,{bound.type.scale})" if bound.type.scale else "HUGEINT"
    return f"sum({distinct}CAST({bound.sql} AS {wide}))"


def _summand(binder: Binder, node: Call) -> Bound:
    """Texts are added as floating point numbers: https://docs.snowflake.com/en/sql-reference/functions/sum"""
    found = binder.bind(node.arguments[0])
    return cast(found, REAL) if found.wire == "TEXT" and not found.null else number(binder, node.arguments[0])


@function("SUM", least=1, most=1)
def _sum(binder: Binder, node: Call) -> Bound:
    given = _summand(binder, node)
    kind = given.type if given.wire == "REAL" else fixed(38, given.type.scale or 0)
    return made(binder, node, summed(given, _distinct(node)), kind, given)


@function("AVG", least=1, most=1)
def _avg(binder: Binder, node: Call) -> Bound:
    """An average of numbers is a number: https://docs.snowflake.com/en/sql-reference/functions/avg"""
    given = _summand(binder, node)
    if given.wire == "REAL":
        return made(binder, node, f"avg({_distinct(node)}{given.sql})", REAL, given)
    kind = fixed(38, quotient_type(given.type, _COUNT).scale or 0)
    distinct = _distinct(node)

    def sql(window: str) -> str:
        total = Bound(f"{summed(given, distinct)}{window}", fixed(38, given.type.scale or 0))
        count = Bound(f"nullif(count({distinct}{given.sql}){window}, 0)", fixed(38, 0))
        scale = given.type.scale or 0
        power = f"CAST(1{'0' * (kind.scale or 0)} AS HUGEINT)"
        divided = f"sf_quotient({unscaled(total, scale)}, {unscaled(count, scale)}, {power})"
        return scaled(divided, kind)

    return made(binder, node, sql, kind, given)


def _extreme(name: str) -> None:
    @function(name, least=1, most=2)
    def bind(binder: Binder, node: Call) -> Bound:
        if len(node.arguments) > 1:
            raise Unbound(f"{name} of several values")
        given = binder.bind(node.arguments[0])
        return made(binder, node, f"{name.lower()}({given.sql})", given.type, given)


_extreme("MIN")
_extreme("MAX")


@function("ANY_VALUE", least=1, most=1)
def _any_value(binder: Binder, node: Call) -> Bound:
    given = binder.bind(node.arguments[0])
    return made(binder, node, f"any_value({given.sql})", given.type, given)


@function("MODE", least=1, most=1)
def _mode(binder: Binder, node: Call) -> Bound:
    given = binder.bind(node.arguments[0])
    return made(binder, node, f"mode({given.sql})", given.type, given)


@function("MEDIAN", least=1, most=1)
def _median(binder: Binder, node: Call) -> Bound:
    given = number(binder, node.arguments[0])
    kind = given.type if given.wire == "REAL" else fixed(38, min(37, (given.type.scale or 0) + 3))
    return made(binder, node, lambda window: f"CAST(median({given.sql}){window} AS {material(kind)})", kind, given)


def _percentile(name: str, word: str) -> None:
    @function(name, least=1, most=1)
    def bind(binder: Binder, node: Call) -> Bound:
        if len(node.within) != 1:
            raise sqlerror.malformed(f"{name} wants WITHIN GROUP (ORDER BY …)")
        share, item = binder.bind(node.arguments[0]), node.within[0]
        given = number(binder, item.expression)
        part = f"1 - {share.sql}" if item.descending else share.sql
        kind = given.type
        if name == "PERCENTILE_CONT" and given.wire == "FIXED":
            kind = fixed(38, min(37, (given.type.scale or 0) + 3))
        return made(
            binder, node, lambda window: f"CAST({word}({given.sql}, {part}){window} AS {material(kind)})", kind, given
        )


_percentile("PERCENTILE_CONT", "quantile_cont")
_percentile("PERCENTILE_DISC", "quantile_disc")

for _name, _word in (
    ("STDDEV", "stddev_samp"), ("STDDEV_SAMP", "stddev_samp"), ("STDDEV_POP", "stddev_pop"), ("VARIANCE", "var_samp"),
    ("VAR_SAMP", "var_samp"), ("VARIANCE_SAMP", "var_samp"), ("VAR_POP", "var_pop"), ("VARIANCE_POP", "var_pop"),
    ("KURTOSIS", "kurtosis"), ("SKEW", "skewness"),
):  # fmt: skip

    @function(_name, least=1, most=1)
    def _statistic(binder: Binder, node: Call, word: str = _word) -> Bound:
        given = cast(binder.bind(node.arguments[0]), REAL)
        return made(binder, node, f"{word}({_distinct(node)}{given.sql})", REAL, given)


for _name in ("CORR", "COVAR_POP", "COVAR_SAMP", "REGR_AVGX", "REGR_AVGY", "REGR_COUNT", "REGR_INTERCEPT", "REGR_R2",
              "REGR_SLOPE", "REGR_SXX", "REGR_SXY", "REGR_SYY"):  # fmt: skip

    @function(_name, least=2, most=2)
    def _pair(binder: Binder, node: Call) -> Bound:
        left, right = (cast(binder.bind(each), REAL) for each in node.arguments)
        return made(binder, node, f"{node.function.lower()}({left.sql}, {right.sql})", REAL, left, right)


for _name, _word in (("BOOLAND_AGG", "bool_and"), ("BOOLOR_AGG", "bool_or")):

    @function(_name, least=1, most=1)
    def _truth(binder: Binder, node: Call, word: str = _word) -> Bound:
        given = boolean(binder, node.arguments[0])
        return made(binder, node, f"{word}({given.sql})", BOOLEAN, given)


@function("BOOLXOR_AGG", least=1, most=1)
def _xor_agg(binder: Binder, node: Call) -> Bound:
    given = boolean(binder, node.arguments[0])
    return made(binder, node, lambda w: f"(count(CASE WHEN {given.sql} THEN 1 END){w} = 1)", BOOLEAN, given)


for _names, _word in (
    ("BITAND_AGG BIT_AND_AGG", "bit_and"),
    ("BITOR_AGG BIT_OR_AGG", "bit_or"),
    ("BITXOR_AGG BIT_XOR_AGG", "bit_xor"),
):

    @function(*_names.split(), least=1, most=1)
    def _bits(binder: Binder, node: Call, word: str = _word) -> Bound:
        given = cast(binder.bind(node.arguments[0]), fixed(38, 0))
        return made(binder, node, f"{word}(CAST({given.sql} AS HUGEINT))", fixed(38, 0), given)


for _name, _word in (("MIN_BY", "arg_min"), ("MAX_BY", "arg_max")):

    @function(_name, least=2, most=3)
    def _by(binder: Binder, node: Call, word: str = _word) -> Bound:
        if len(node.arguments) > 2:
            raise Unbound(f"{node.function} of several values")
        value, key = (binder.bind(each) for each in node.arguments)
        return made(binder, node, f"{word}({value.sql}, {key.sql})", value.type, value, key)


@function("LISTAGG", "STRING_AGG", least=1, most=2)
def _listagg(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/listagg: the empty text where there is nothing"""
    given = text_of(binder.bind(node.arguments[0]))
    separator = text_of(binder.bind(node.arguments[1])).sql if len(node.arguments) > 1 else "''"
    inner = f"string_agg({_distinct(node)}{given.sql}, {separator}{_within(binder, node)})"
    return made(binder, node, lambda window: f"coalesce({inner}{window}, '')", TEXT, given, nullable=False)


@function("ARRAY_AGG", "ARRAYAGG", "ARRAY_UNIQUE_AGG", least=1, most=1)
def _array_agg(binder: Binder, node: Call) -> Bound:
    given = cast(binder.bind(node.arguments[0]), VARIANT)
    distinct = "DISTINCT " if node.distinct or node.function == "ARRAY_UNIQUE_AGG" else ""
    value = given.sql
    order = _within(binder, node)
    if distinct and node.within:
        order = f" ORDER BY {value}" + (" DESC" if node.within[0].descending else "")
    inner = f"array_agg({distinct}{value}{order}) FILTER ({given.sql} IS NOT NULL)"
    return made(
        binder,
        node,
        lambda window: f"coalesce(to_json({inner}{window}), CAST('[]' AS JSON))",
        ARRAY,
        given,
        nullable=False,
    )


@function("OBJECT_AGG", least=2, most=2)
def _object_agg(binder: Binder, node: Call) -> Bound:
    key, value = text_of(binder.bind(node.arguments[0])), cast(binder.bind(node.arguments[1]), VARIANT)
    entry = f"to_json({key.sql}) || ':' || CAST({value.sql} AS VARCHAR)"
    inner = f"string_agg({entry}, ',' ORDER BY {key.sql})"
    return made(
        binder,
        node,
        lambda window: f"CAST('{{' || coalesce({inner}{window}, '') || '}}' AS JSON)",
        OBJECT,
        key,
        value,
        nullable=False,
    )


@function("HASH_AGG", least=1)
def _hash_agg(binder: Binder, node: Call) -> Bound:
    columns: list[Bound] = []
    for each in node.arguments:
        columns += (
            [c.bound() for c in binder.scope.star(each.table)] if isinstance(each, nodes.Star) else [binder.bind(each)]
        )
    row = ", ".join(f"CAST({each.sql} AS VARCHAR)" for each in columns)
    return made(binder, node, f"CAST(bit_xor(hash({row})) AS HUGEINT)", fixed(19, 0), *columns)


@function("GROUPING", "GROUPING_ID", least=1)
def _grouping(binder: Binder, node: Call) -> Bound:
    parts = [binder.bind(each) for each in node.arguments]
    return Bound(f"grouping({', '.join(each.sql for each in parts)})", fixed(9, 0), False, aggregate=True)


# -- window functions only -----------------------------------------------------------------------------------


def _ranking(name: str, kind: DataType) -> None:
    @function(name, most=1)
    def bind(binder: Binder, node: Call) -> Bound:
        if node.over is None:
            raise binder.error(node.at, 2071, "42601", f"Window function [{name}] requires an OVER clause")
        arguments = ", ".join(f"CAST({binder.bind(each).sql} AS BIGINT)" for each in node.arguments)
        return made(binder, node, f"{name.lower()}({arguments})", kind, nullable=False)


for _name in ("ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE"):
    _ranking(_name, _COUNT)
_ranking("PERCENT_RANK", REAL)
_ranking("CUME_DIST", REAL)


def _offset(name: str) -> None:
    @function(name, least=1, most=3)
    def bind(binder: Binder, node: Call) -> Bound:
        """LAG and LEAD, with a number of rows and a default."""
        given = binder.bind(node.arguments[0])
        parts, kind, arguments = [given], given.type, [given.sql]
        if len(node.arguments) > 1:
            arguments.append(f"CAST({binder.bind(node.arguments[1]).sql} AS BIGINT)")
        if len(node.arguments) > 2:
            default = physical(binder.bind(node.arguments[2]), kind)
            parts.append(default)
            arguments.append(default.sql)
        nulls = " IGNORE NULLS" if node.nulls == "IGNORE" else ""
        return made(binder, node, f"{name.lower()}({', '.join(arguments)}{nulls})", kind, *parts)


_offset("LAG")
_offset("LEAD")


@function("FIRST_VALUE", "LAST_VALUE", least=1, most=1)
def _edge(binder: Binder, node: Call) -> Bound:
    given = binder.bind(node.arguments[0])
    nulls = " IGNORE NULLS" if node.nulls == "IGNORE" else ""
    return made(binder, node, f"{node.function.lower()}({given.sql}{nulls})", given.type, given)


@function("NTH_VALUE", least=2, most=2)
def _nth(binder: Binder, node: Call) -> Bound:
    given, place = binder.bind(node.arguments[0]), binder.bind(node.arguments[1])
    if node.from_last:
        raise Unbound("NTH_VALUE … FROM LAST")
    nulls = " IGNORE NULLS" if node.nulls == "IGNORE" else ""
    return made(binder, node, f"nth_value({given.sql}, CAST({place.sql} AS BIGINT){nulls})", given.type, given)


@function("RATIO_TO_REPORT", least=1, most=1)
def _ratio(binder: Binder, node: Call) -> Bound:
    given = cast(binder.bind(node.arguments[0]), REAL)
    kind = fixed(38, 6)
    return made(
        binder, node, lambda w: f"CAST(({given.sql}) / nullif(sum({given.sql}){w}, 0) AS DECIMAL(38,6))", kind, given
    )


@function("CONDITIONAL_TRUE_EVENT", least=1, most=1)
def _true_event(binder: Binder, node: Call) -> Bound:
    given = boolean(binder, node.arguments[0])
    return made(binder, node, f"count(CASE WHEN {given.sql} THEN 1 END)", _COUNT, given, nullable=False)
