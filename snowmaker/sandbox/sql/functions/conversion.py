"""Conversion functions: https://docs.snowflake.com/en/sql-reference/functions-conversion"""

from __future__ import annotations

from snowmaker.sandbox.datatypes import BOOLEAN, TEXT, DataType
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import Bound, Unbound, constant, joined, text_sql
from snowmaker.sandbox.sql.coercion import (
    ARRAY,
    BINARY,
    DATE,
    OBJECT,
    REAL,
    SEMI,
    TIME,
    TIMESTAMPS,
    VARIANT,
    bytes_of,
    cast,
    text_of,
)
from snowmaker.sandbox.sql.formats import formatted, strptime
from snowmaker.sandbox.sql.functions.registry import function, plain
from snowmaker.sandbox.sql.nodes import Call


def _whole(binder: Binder, node: Call, index: int) -> int:
    value = binder.bind(node.arguments[index]).value
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unbound(f"{node.function} with a computed precision")
    return value


def _to_number(name: str) -> None:
    @function(name, least=1, most=4)
    def bind(binder: Binder, node: Call) -> Bound:
        """[TRY_]TO_NUMBER(x [, format] [, precision [, scale]])"""
        plain(node)
        given, rest = binder.bind(node.arguments[0]), 1
        if len(node.arguments) > 1 and binder.bind(node.arguments[1]).wire == "TEXT":
            given, rest = _formatted_number(binder, node, given), 2
        numbers = [_whole(binder, node, i) for i in range(rest, len(node.arguments))]
        precision, scale = numbers[0] if numbers else 38, numbers[1] if len(numbers) > 1 else 0
        return cast(given, DataType("FIXED", precision, scale), attempt=name.startswith("TRY_"))


def _formatted_number(binder: Binder, node: Call, given: Bound) -> Bound:
    """A number as `$9,999.99` writes it: signs of currency and groups are left out."""
    form = binder.constant_text(node.arguments[1])
    if form is None or any(c in form.upper() for c in "XE"):
        raise Unbound(f"the number format {form}")
    return joined(f"regexp_replace({text_of(given).sql}, '[$,\\s]', '', 'g')", TEXT, given)


for _name in ["TO_NUMBER", "TO_DECIMAL", "TO_NUMERIC", "TRY_TO_NUMBER", "TRY_TO_DECIMAL", "TRY_TO_NUMERIC"]:
    _to_number(_name)


def _to(names: str, kind: DataType, *, most: int = 1) -> None:
    for name in names.split():

        @function(name, least=1, most=most)
        def bind(binder: Binder, node: Call, attempt: bool = name.startswith("TRY_")) -> Bound:
            plain(node)
            if len(node.arguments) > 1:
                raise Unbound(f"{node.function} with a format")
            return cast(binder.bind(node.arguments[0]), kind, attempt=attempt)


_to("TO_DOUBLE TRY_TO_DOUBLE", REAL, most=2)
_to("TO_BOOLEAN TRY_TO_BOOLEAN", BOOLEAN)
_to("TO_VARIANT", VARIANT)
_to("TO_OBJECT", OBJECT)


@function("TO_ARRAY", least=1, most=1)
def _to_array(binder: Binder, node: Call) -> Bound:
    given = binder.bind(node.arguments[0])
    return cast(given if given.wire in SEMI else cast(given, VARIANT), ARRAY)


def _to_binary(name: str) -> None:
    @function(name, least=1, most=2)
    def bind(binder: Binder, node: Call) -> Bound:
        given = binder.bind(node.arguments[0])
        attempt = name.startswith("TRY_")
        if given.wire == "BINARY" or len(node.arguments) == 1:
            return cast(given, BINARY, attempt=attempt)
        form = binder.constant_text(node.arguments[1]) or "HEX"
        return joined(bytes_of(text_of(given).sql, form, attempt=attempt), BINARY, given)


_to_binary("TO_BINARY")
_to_binary("TRY_TO_BINARY")


@function("TO_VARCHAR", "TO_CHAR", least=1, most=2)
def _to_varchar(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/to_char"""
    plain(node)
    given = binder.bind(node.arguments[0])
    if len(node.arguments) == 1:
        return text_of(given)
    form = binder.constant_text(node.arguments[1])
    if form is None:
        raise Unbound(f"{node.function} with a computed format")
    if given.wire in ("DATE", "TIME", *TIMESTAMPS):
        return joined(formatted(given, form), TEXT, given)
    if given.wire == "BINARY":
        return joined(_binary_text(given, form), TEXT, given)
    if given.wire == "TEXT":
        return given
    raise Unbound(f"the number format {form}")


def _binary_text(given: Bound, form: str) -> str:
    match form.upper():
        case "HEX":
            return f"upper(hex({given.sql}))"
        case "BASE64":
            return f"base64({given.sql})"
        case "UTF-8" | "UTF8":
            return f"decode({given.sql})"
    raise Unbound(f"the binary format {form}")


def _to_moment(name: str, kind: DataType) -> None:
    @function(name, least=1, most=2)
    def bind(binder: Binder, node: Call) -> Bound:
        """TO_DATE, TO_TIME, TO_TIMESTAMP…: of a text, of seconds, of each other; with a format."""
        plain(node)
        attempt = name.startswith("TRY_")
        target = kind
        if name.endswith("TO_TIMESTAMP"):
            target = DataType(str(binder.context.session.parameter("TIMESTAMP_TYPE_MAPPING")), 0, 9)
        given = binder.bind(node.arguments[0])
        if len(node.arguments) == 1:
            return cast(given, target, attempt=attempt)
        second = binder.bind(node.arguments[1])
        if given.wire in ("FIXED", "REAL") and second.wire == "FIXED":
            return _of_scale(given, second, target)
        if not isinstance(second.value, str):
            raise Unbound(f"{name} with a computed format")
        if second.value.upper() == "AUTO":
            return cast(given, target, attempt=attempt)
        return read(given, second.value, target, attempt)


def _of_scale(given: Bound, scale: Bound, target: DataType) -> Bound:
    """Seconds, or what is 10^scale to a second: https://docs.snowflake.com/en/sql-reference/functions/to_timestamp"""
    if not isinstance(scale.value, int):
        raise Unbound("TO_TIMESTAMP with a computed scale")
    micro = (
        f"CAST({given.sql} AS DECIMAL(38,6)) * 1000000"
        if scale.value == 0
        else (
            f"CAST({given.sql} AS HUGEINT) * {10 ** (6 - scale.value)}"
            if scale.value <= 6
            else f"CAST({given.sql} AS HUGEINT) // {10 ** (scale.value - 6)}"
        )
    )
    naive = Bound(f"make_timestamp(CAST({micro} AS BIGINT))", DataType("TIMESTAMP_NTZ", 0, 9), given.nullable)
    if target.wire in ("TIMESTAMP_LTZ", "TIMESTAMP_TZ"):
        return joined(f"timezone('UTC', {naive.sql})", target, given, scale)
    return joined(cast(naive, target).sql, target, given, scale)


def read(given: Bound, form: str, target: DataType, attempt: bool) -> Bound:
    """A text in a format, as a date, time or timestamp."""
    pattern, zoned = strptime(form)
    text = text_of(given)
    parsed = f"try_strptime({text.sql}, {text_sql(pattern)})"
    if not attempt:
        word = {"DATE": ("100040", "Date"), "TIME": ("100108", "Time")}.get(target.wire, ("100035", "Timestamp"))
        code = "100096" if target.wire.startswith("TIMESTAMP") else word[0]
        shown = form.replace("'", "")
        what = (
            f"sf_raise('§{code}§22007§Can''t parse ''' || {text.sql} || "
            f"''' as {word[1].lower()} with format ''{shown}''§')"
        )
        parsed = f"CASE WHEN {text.sql} IS NULL THEN NULL ELSE coalesce({parsed}, {what}) END"
    kind = DataType("TIMESTAMP_TZ" if zoned else "TIMESTAMP_NTZ", 0, 9)
    return joined(cast(Bound(parsed, kind), target).sql, target, given, nullable=given.nullable or attempt)


for _name, _kind in (("DATE", DATE), ("TIME", TIME), ("TIMESTAMP", DataType("TIMESTAMP_NTZ", 0, 9)),
                     *((stamp, DataType(stamp, 0, 9)) for stamp in TIMESTAMPS)):  # fmt: skip
    _to_moment(f"TO_{_name}", _kind)
    _to_moment(f"TRY_TO_{_name}", _kind)
_to_moment("DATE", DATE)
_to_moment("TIME", TIME)


@function("SYSTEM$TYPEOF", least=1, most=1)
def _system_typeof(binder: Binder, node: Call) -> Bound:
    given = binder.bind(node.arguments[0])
    kind = given.type
    if given.null:
        return constant("NULL[LOB]")
    if kind.wire == "FIXED":
        digits = kind.precision or 38
        size = next(s for s, most in ((1, 2), (2, 4), (4, 9), (8, 18), (16, 38)) if digits <= most)
        return constant(f"{kind}[SB{size}]")
    suffix = {"REAL": "[DOUBLE]", "BOOLEAN": "[SB1]", "DATE": "[SB4]"}.get(
        kind.wire, "[LOB]" if kind.scale is None else "[SB8]"
    )
    return constant(f"{kind}{suffix}")
