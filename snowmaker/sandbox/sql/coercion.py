"""From one type to another: casts, assignments, and the type that several expressions share.

https://docs.snowflake.com/en/sql-reference/data-type-conversion
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from snowmaker.sandbox import inforce, sqlerror
from snowmaker.sandbox.datatypes import MAX_TEXT, RECORDED, TEXT, DataType
from snowmaker.sandbox.sql.bound import MISSING, NULL, Bound, constant, joined
from snowmaker.sandbox.sqlerror import SqlError

REAL = DataType("REAL")
DATE = DataType("DATE")
TIME = DataType("TIME", 0, 9)
TIMESTAMP_NTZ = DataType("TIMESTAMP_NTZ", 0, 9)
TIMESTAMP_LTZ = DataType("TIMESTAMP_LTZ", 0, 9)
TIMESTAMP_TZ = DataType("TIMESTAMP_TZ", 0, 9)
VARIANT = DataType("VARIANT")
OBJECT = DataType("OBJECT")
ARRAY = DataType("ARRAY")
BINARY = DataType("BINARY", length=8388608)
FIXED = DataType("FIXED", 38, 0)

TIMESTAMPS = ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ")
SEMI = ("VARIANT", "OBJECT", "ARRAY")

_MATERIAL = {
    "REAL": "DOUBLE", "TEXT": "VARCHAR", "BOOLEAN": "BOOLEAN", "DATE": "DATE", "TIME": "TIME",
    "TIMESTAMP_NTZ": "TIMESTAMP", "TIMESTAMP_LTZ": "TIMESTAMPTZ", "TIMESTAMP_TZ": "TIMESTAMPTZ",
    "VARIANT": "JSON", "OBJECT": "JSON", "ARRAY": "JSON", "BINARY": "BLOB",
}  # fmt: skip


def fixed(precision: int, scale: int) -> DataType:
    """The type NUMBER, with a precision and scale that are brought within Snowflake's limits."""
    return DataType("FIXED", min(38, max(1, precision)), min(37, scale))


def material(kind: DataType) -> str:
    """The DuckDB type of an expression: wide enough for any value of its scale."""
    if kind.wire == "FIXED":
        return f"DECIMAL(38,{kind.scale})" if kind.scale else ("BIGINT" if (kind.precision or 38) <= 18 else "HUGEINT")
    return "VARCHAR" if kind.wire in RECORDED else _MATERIAL[kind.wire]


# -- casts -----------------------------------------------------------------------------------------------


def cast(bound: Bound, target: DataType, *, attempt: bool = False) -> Bound:
    """`bound::target`; NULL instead of an error for an attempt. Raises 002... where there is no such cast."""
    if bound.null:
        return Bound(f"CAST(NULL AS {material(target)})", target, True, None)
    source = bound.type
    if source == target and source.wire not in ("TEXT",):
        return bound
    if (source.wire, target.wire) == ("VECTOR", "ARRAY"):  # no vector is there but NULL
        return cast(NULL, target)
    if target.wire in RECORDED or source.wire in RECORDED:
        raise sqlerror.unsupported(f"values of the data type {target.wire if target.wire in RECORDED else source.wire}")
    folded = _folded(bound, target)
    if folded is not None:
        return folded
    convert = _CASTS.get((source.wire, target.wire))
    if convert is None:
        raise no_cast(source, target)
    sql = convert(bound, target, attempt)
    if (target.scale or 0) < 6 and (target.wire in TIMESTAMPS or target.wire == "TIME"):
        sql = _cut(sql, target)
    nullable = bound.nullable or attempt or source.wire in SEMI
    return joined(sql, target, bound, nullable=nullable)


def _cut(sql: str, target: DataType) -> str:
    """A time without the digits that its type does not have."""
    unit = 10 ** (6 - (target.scale or 0))
    if target.wire == "TIME":
        return f"sf_cut_time({sql}, {unit})"
    return f"sf_cut{'' if target.wire == 'TIMESTAMP_NTZ' else '_zoned'}({sql}, {unit})"


def no_cast(source: DataType, target: DataType) -> SqlError:
    """001065: there is no cast from the one type to the other."""
    name = target.wire.replace("FIXED", "NUMBER")
    message = f"invalid type [CAST(… AS {target})] for parameter 'TO_{name}' from {source}"
    return SqlError(1065, "22023", f"SQL compilation error:\n{message}")


def _folded(bound: Bound, target: DataType) -> Bound | None:
    """A constant in its new type, where that is simple."""
    value = bound.value
    if value is MISSING:
        return None
    if target.wire == "FIXED" and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
        digits = Decimal(1).scaleb(-(target.scale or 0))
        if abs(number) >= Decimal(10) ** min(27, (target.precision or 38) - (target.scale or 0)):
            return None
        exact = number.quantize(digits, ROUND_HALF_UP, _WIDE)
        made = constant(exact if target.scale else int(exact))
        sql = f"CAST({made.sql} AS {material(target)})"
        return Bound(sql, target, False, exact if target.scale else int(exact))
    if target.wire == "TEXT" and isinstance(value, str) and len(value) <= (target.length or MAX_TEXT):
        return Bound(bound.sql, target, False, value)
    long = target.wire == "TIMESTAMP_NTZ" and (target.scale or 0) > 6 and _automatic()
    if long and isinstance(value, str) and _NANOSECONDS.fullmatch(value.strip()):
        return Bound(f"CAST({bound.sql} AS TIMESTAMP_NS)", target, False)
    return None


def _automatic() -> bool:
    return inforce.parameter("TIMESTAMP_INPUT_FORMAT").upper() == "AUTO"


# What DuckDB holds to the nanosecond: a timestamp of these years
_NANOSECONDS = re.compile(r"(1[7-9]|2[01])\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{7,9}")


_WIDE = Context(prec=100)  # numbers have more digits than Python's own context keeps
_Convert = Callable[[Bound, DataType, bool], str]


def _plain(bound: Bound, target: DataType, attempt: bool) -> str:
    return f"CAST({bound.sql} AS {material(target)})"


def _same(bound: Bound, target: DataType, attempt: bool) -> str:
    return bound.sql


def _try(bound: Bound, target: DataType, attempt: bool) -> str:
    word = "TRY_CAST" if attempt else "CAST"
    return f"{word}({bound.sql} AS {material(target)})"


def _storage_bytes(precision: int) -> int:
    return next(size for size, digits in ((1, 2), (2, 4), (4, 9), (8, 18), (16, 38)) if precision <= digits)


def ranged(sql: str, target: DataType, attempt: bool, source: str = "") -> str:
    """The number checked to have no more digits than `target` allows."""
    precision, scale = target.precision or 38, target.scale or 0
    if precision == 38 and not attempt:
        return sql
    limit = f"CAST(1{'0' * (precision - scale)} AS {'DECIMAL(38,0)' if precision - scale >= 38 else 'HUGEINT'})"
    if precision - scale >= 38:
        return sql
    if attempt:
        return f"sf_try_ranged({sql}, {limit})"
    size = _storage_bytes(precision)
    return f"sf_ranged({sql}, {limit}, 'FIXED[SB{size}]({precision},{scale})', {source or sql})"


def _fixed_to_fixed(bound: Bound, target: DataType, attempt: bool) -> str:
    source = bound.type
    same_scale = (source.scale or 0) == (target.scale or 0)
    whole = (source.precision or 38) - (source.scale or 0)
    room = (target.precision or 38) - (target.scale or 0)
    word = "TRY_CAST" if attempt else "CAST"
    sql = bound.sql if same_scale else f"{word}({bound.sql} AS {material(_wide(target))})"
    if whole < room or (whole == room and (source.scale or 0) <= (target.scale or 0)):
        return f"CAST({sql} AS {material(target)})" if material(target) != material(source) else sql
    return f"CAST({ranged(sql, target, attempt, bound.sql)} AS {material(target)})"


def _wide(target: DataType) -> DataType:
    return DataType("FIXED", 38, target.scale)


def _text_to_fixed(bound: Bound, target: DataType, attempt: bool) -> str:
    number = f"TRY_CAST({bound.sql} AS DECIMAL(38,{target.scale or 0}))"
    if not attempt:
        number = f"sf_or_not_number({number}, {bound.sql})"
    return f"CAST({ranged(number, target, attempt, bound.sql)} AS {material(target)})"


def _real_to_fixed(bound: Bound, target: DataType, attempt: bool) -> str:
    word = "TRY_CAST" if attempt else "CAST"
    number = f"{word}(round({bound.sql}, {target.scale or 0}) AS DECIMAL(38,{target.scale or 0}))"
    return f"CAST({ranged(number, target, attempt, bound.sql)} AS {material(target)})"


def _macro(name: str) -> _Convert:
    def convert(bound: Bound, target: DataType, attempt: bool) -> str:
        return f"sf_{'try_' if attempt else ''}{name}({bound.sql})"

    return convert


def _moment(name: str) -> _Convert:
    """A text read by the session's input format: https://docs.snowflake.com/en/sql-reference/date-time-input-output"""
    automatic = _macro(name)
    kind = {"date": "DATE", "time": "TIME"}.get(name, "TIMESTAMP")

    def convert(bound: Bound, target: DataType, attempt: bool) -> str:
        from snowmaker.sandbox.sql.functions.conversion import read

        form = inforce.parameter(f"{kind}_INPUT_FORMAT")
        return automatic(bound, target, attempt) if form.upper() == "AUTO" else read(bound, form, target, attempt).sql

    return convert


def _text_to_binary(bound: Bound, target: DataType, attempt: bool) -> str:
    return bytes_of(bound.sql, inforce.parameter("BINARY_INPUT_FORMAT"), attempt=attempt)


def bytes_of(text: str, form: str, *, attempt: bool) -> str:
    """Bytes from their text: https://docs.snowflake.com/en/sql-reference/binary-input-output"""
    if form.upper() == "HEX":
        return f"sf_{'try_' if attempt else ''}hex({text})"
    sql = f"from_base64({text})" if form.upper() == "BASE64" else f"encode({text})"
    return f"TRY({sql})" if attempt else sql


def _to_text(bound: Bound, target: DataType, attempt: bool) -> str:
    return fitted(text_of(bound).sql, target, attempt)


def fitted(sql: str, target: DataType, attempt: bool = False) -> str:
    """A text that is checked to be no longer than its type allows."""
    if (target.length or MAX_TEXT) >= MAX_TEXT:
        return sql
    if attempt:
        return f"CASE WHEN length({sql}) <= {target.length} THEN {sql} END"
    return f"sf_fit({sql}, {target.length})"


def _text_to_text(bound: Bound, target: DataType, attempt: bool) -> str:
    """An explicit cast cuts nothing off: it refuses what is too long."""
    if (bound.type.length or MAX_TEXT) <= (target.length or MAX_TEXT):
        return bound.sql
    return fitted(bound.sql, target, attempt)


def _binary_to_binary(bound: Bound, target: DataType, attempt: bool) -> str:
    if (bound.type.length or 0) <= (target.length or 0):
        return bound.sql
    return f"sf_fit_binary({bound.sql}, {target.length})"


def _to_variant(bound: Bound, target: DataType, attempt: bool) -> str:
    """A value as a document: numbers and texts as JSON has them, the rest as their text."""
    match bound.wire:
        case "FIXED" | "REAL" | "BOOLEAN":
            return f"to_json({bound.sql})"
        case "TEXT":
            return f"to_json(CAST({bound.sql} AS VARCHAR))"
        case "VARIANT" | "OBJECT" | "ARRAY":
            return bound.sql
        case _:
            return f"to_json({text_of(bound).sql})"


def _variant_to_object(bound: Bound, target: DataType, attempt: bool) -> str:
    otherwise = "NULL" if attempt else f"sf_bad_variant({bound.sql}, 'OBJECT')"
    return (
        f"CASE json_type({bound.sql}) WHEN 'OBJECT' THEN {bound.sql} WHEN 'NULL' THEN NULL ELSE "
        f"CASE WHEN {bound.sql} IS NULL THEN NULL ELSE {otherwise} END END"
    )


def _variant_to_array(bound: Bound, target: DataType, attempt: bool) -> str:
    """What is no array becomes one of one element: https://docs.snowflake.com/en/sql-reference/functions/to_array"""
    return (
        f"CASE json_type({bound.sql}) WHEN 'ARRAY' THEN {bound.sql} WHEN 'NULL' THEN NULL ELSE "
        f"CASE WHEN {bound.sql} IS NULL THEN NULL ELSE to_json([{bound.sql}]) END END"
    )


def _from_variant(bound: Bound, target: DataType, attempt: bool) -> str:
    """By way of the value's text, but for what must not be told apart by it."""
    text = Bound(f"sf_document_text({bound.sql})", TEXT)
    if target.wire == "TEXT":
        return fitted(text.sql, target, attempt)
    tried = cast(text, target, attempt=True).sql
    if attempt:
        return tried
    label = {"FIXED": "FIXED", "REAL": "REAL", "BINARY": "BINARY"}.get(target.wire, target.wire)
    return f"CASE WHEN {text.sql} IS NULL THEN NULL ELSE coalesce({tried}, sf_bad_variant({bound.sql}, '{label}')) END"


def _fixed_to_time(name: str) -> _Convert:
    def convert(bound: Bound, target: DataType, attempt: bool) -> str:
        epoch = f"sf_epoch({bound.sql})"
        if bound.type.scale:
            epoch = f"make_timestamp(CAST({bound.sql} * 1000000 AS BIGINT))"
        if name == "TIMESTAMPTZ":
            return f"timezone('UTC', {epoch})"
        return epoch if name == "TIMESTAMP" else f"CAST({epoch} AS {name})"

    return convert


def text_of(bound: Bound) -> Bound:
    """An expression's text in the session's formats."""
    from snowmaker.sandbox.sql.formats import default_text

    if bound.null:
        return Bound("CAST(NULL AS VARCHAR)", TEXT, True, None)
    sql, length = bound.sql, MAX_TEXT
    match bound.wire:
        case "TEXT":
            return bound
        case "FIXED":
            length = (bound.type.precision or 38) + 1 + (bound.type.scale is not None and bound.type.scale > 0)
            sql = f"CAST({sql} AS VARCHAR)"
        case "BOOLEAN":
            sql = f"CAST({sql} AS VARCHAR)"
        case "REAL":
            sql = f"sf_real_text({sql})"
        case "BINARY":
            base64 = inforce.parameter("BINARY_OUTPUT_FORMAT").upper() == "BASE64"
            sql = f"base64({sql})" if base64 else f"upper(hex({sql}))"
        case "VARIANT" | "OBJECT" | "ARRAY":
            return joined(f"sf_document_text({sql})", TEXT, bound, nullable=True)
        case _:
            sql = default_text(bound)
    return joined(sql, DataType("TEXT", length=length), bound)


def _pairs() -> dict[tuple[str, str], _Convert]:
    found: dict[tuple[str, str], _Convert] = {
        ("FIXED", "FIXED"): _fixed_to_fixed,
        ("FIXED", "REAL"): _plain,
        ("FIXED", "BOOLEAN"): lambda b, t, a: f"({b.sql} <> 0)",
        ("FIXED", "TIMESTAMP_NTZ"): _fixed_to_time("TIMESTAMP"),
        ("FIXED", "TIMESTAMP_LTZ"): _fixed_to_time("TIMESTAMPTZ"),
        ("FIXED", "TIMESTAMP_TZ"): _fixed_to_time("TIMESTAMPTZ"),
        ("FIXED", "DATE"): _fixed_to_time("DATE"),
        ("FIXED", "TIME"): _fixed_to_time("TIME"),
        ("REAL", "FIXED"): _real_to_fixed,
        ("REAL", "REAL"): _same,
        ("REAL", "BOOLEAN"): lambda b, t, a: f"({b.sql} <> 0)",
        ("BOOLEAN", "FIXED"): _plain,
        ("BOOLEAN", "REAL"): lambda b, t, a: f"CAST(CAST({b.sql} AS INTEGER) AS DOUBLE)",
        ("TEXT", "FIXED"): _text_to_fixed,
        ("TEXT", "REAL"): _macro("real"),
        ("TEXT", "BOOLEAN"): _macro("boolean"),
        ("TEXT", "DATE"): _moment("date"),
        ("TEXT", "TIME"): _moment("time"),
        ("TEXT", "TIMESTAMP_NTZ"): _moment("timestamp"),
        ("TEXT", "TIMESTAMP_LTZ"): _moment("zoned"),
        ("TEXT", "TIMESTAMP_TZ"): _moment("zoned"),
        ("TEXT", "BINARY"): _text_to_binary,
        ("TEXT", "TEXT"): _text_to_text,
        ("BINARY", "BINARY"): _binary_to_binary,
        ("DATE", "TIMESTAMP_NTZ"): _plain,
        ("DATE", "TIMESTAMP_LTZ"): _plain,
        ("DATE", "TIMESTAMP_TZ"): _plain,
        ("DATE", "DATE"): _same,
        ("TIME", "TIME"): _same,
        ("OBJECT", "ARRAY"): _variant_to_array,
    }
    for stamp in TIMESTAMPS:
        found[stamp, "DATE"] = _plain
        found[stamp, "TIME"] = _plain
        for other in TIMESTAMPS:
            found[stamp, other] = _plain if material(DataType(stamp)) != material(DataType(other)) else _same
    for wire in ("FIXED", "REAL", "BOOLEAN", "TEXT", "DATE", "TIME", *TIMESTAMPS, "BINARY", *SEMI):
        found[wire, "VARIANT"] = _to_variant
        if wire not in ("TEXT",):
            found[wire, "TEXT"] = _to_text
        if wire not in ("OBJECT", "ARRAY"):
            found.setdefault(("VARIANT", wire), _from_variant)
    found["VARIANT", "OBJECT"] = _variant_to_object
    found["VARIANT", "ARRAY"] = _variant_to_array
    found["VARIANT", "VARIANT"] = found["OBJECT", "OBJECT"] = found["ARRAY", "ARRAY"] = _same
    return found


_CASTS = _pairs()


# -- one type for several expressions ----------------------------------------------------------------------

# What the first becomes when it meets the second, where that is not one of them by its rank
_RANKS = (
    "TEXT", "BINARY", "BOOLEAN", "FIXED", "REAL", "TIME", "DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ",
    "OBJECT", "ARRAY", "VARIANT",
)  # fmt: skip


def common(types: Sequence[Bound]) -> DataType:
    """The type that all of these can take: https://docs.snowflake.com/en/sql-reference/data-type-conversion#implicit-casting-coercion"""
    known = [each.type for each in types if not each.null]
    if not known:
        return TEXT
    found = known[0]
    for other in known[1:]:
        found = pair(found, other)
    return found


def pair(left: DataType, right: DataType) -> DataType:
    """The type that both can take. Raises SqlError 002258 where there is none."""
    if left == right:
        return left
    if left.wire == right.wire and left.wire not in RECORDED:
        return _wider(left, right)
    if left.wire in RECORDED or right.wire in RECORDED:
        raise _incompatible(left, right)
    low, high = sorted((left, right), key=lambda each: _RANKS.index(each.wire))
    if low.wire in SEMI or high.wire in SEMI:
        return VARIANT
    if high.wire == "FIXED" and low.wire == "TEXT":
        return fixed(38, max(high.scale or 0, 5)) if high.scale else high
    if _compatible(low.wire, high.wire):
        return high
    raise _incompatible(left, right)


def _incompatible(left: DataType, right: DataType) -> SqlError:
    return SqlError(2258, "22000", f"SQL compilation error:\nIncompatible types: [{left}] and [{right}]")


def _compatible(low: str, high: str) -> bool:
    if low == "TEXT":
        return True
    if low == "BOOLEAN":
        return high in ("FIXED", "REAL")
    if low == "FIXED":
        return high == "REAL"
    if low in ("DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ"):
        return high in TIMESTAMPS
    return False


def _wider(left: DataType, right: DataType) -> DataType:
    if left.wire == "FIXED":
        scale = max(left.scale or 0, right.scale or 0)
        whole = max((each.precision or 38) - (each.scale or 0) for each in (left, right))
        return fixed(whole + scale, scale)
    if left.length is not None:
        return DataType(left.wire, length=max(left.length, right.length or 0))
    if left.scale is not None:
        return DataType(left.wire, 0, max(left.scale, right.scale or 0))
    return left


def unified(parts: Sequence[Bound]) -> tuple[list[Bound], DataType]:
    """The same expressions in their common type."""
    kind = common(parts)
    return [physical(each, kind) for each in parts], kind


def physical(bound: Bound, kind: DataType) -> Bound:
    """In the DuckDB type of `kind`; lengths and digits are not checked, as they cannot be too many."""
    if bound.null:
        return cast(bound, kind)
    if bound.wire == kind.wire and bound.wire != "FIXED":
        return bound
    if bound.wire == kind.wire:
        if (bound.type.scale or 0) == (kind.scale or 0):
            if material(bound.type) == material(kind) and not bound.constant:
                return bound
            return Bound(
                f"CAST({bound.sql} AS {material(kind)})",
                kind,
                bound.nullable,
                bound.value,
                bound.free,
                bound.aggregate,
                bound.window,
            )
        return cast(bound, DataType("FIXED", 38, kind.scale))
    return cast(bound, kind)
