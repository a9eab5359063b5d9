"""Date and time functions: https://docs.snowflake.com/en/sql-reference/functions-date-time"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import Bound, Unbound, constant, joined
from snowmaker.sandbox.sql.coercion import (
    DATE,
    TIME,
    TIMESTAMP_LTZ,
    TIMESTAMP_NTZ,
    TIMESTAMP_TZ,
    TIMESTAMPS,
    cast,
    fixed,
)
from snowmaker.sandbox.sql.functions.registry import date, function, integer, moment, plain, simple, text
from snowmaker.sandbox.sql.nodes import Call, Node
from snowmaker.sandbox.sql.scope import dotted

_COUNT = fixed(9, 0)
_WORDS = {
    "YEAR": "Y YY YYY YYYY YR YEARS YRS", "MONTH": "MM MON MONS MONTHS", "DAY": "D DD DAYS DAYOFMONTH",
    "DAYOFWEEK": "WEEKDAY DOW DW", "DAYOFWEEKISO": "WEEKDAY_ISO DOW_ISO DW_ISO DAYOFWEEK_ISO",
    "DAYOFYEAR": "YEARDAY DOY DY",
    "WEEK": "W WK WEEKS WEEKOFYEAR WOY WY", "WEEKISO": "WEEK_ISO WEEKOFYEARISO WEEKOFYEAR_ISO",
    "QUARTER": "Q QTR QTRS QUARTERS",
    "YEAROFWEEK": "", "YEAROFWEEKISO": "", "HOUR": "H HH HR HOURS HRS", "MINUTE": "M MI MIN MINUTES MINS",
    "SECOND": "S SEC SECONDS SECS", "MILLISECOND": "MS MSEC MILLISECONDS", "MICROSECOND": "US USEC MICROSECONDS",
    "NANOSECOND": "NS NSEC NANOSEC NSECOND NANOSECONDS NANOSECS NSECONDS",
    "EPOCH_SECOND": "EPOCH EPOCH_SECONDS", "EPOCH_MILLISECOND": "EPOCH_MILLISECONDS",
    "EPOCH_MICROSECOND": "EPOCH_MICROSECONDS", "EPOCH_NANOSECOND": "EPOCH_NANOSECONDS",
    "TIMEZONE_HOUR": "TZH", "TIMEZONE_MINUTE": "TZM",
}  # fmt: skip
PARTS = {word: part for part, others in _WORDS.items() for word in (part, *others.split())}
_DAYS = ("YEAR", "QUARTER", "MONTH", "WEEK", "WEEKISO", "DAY")


def part_of(binder: Binder, node: Node) -> str:
    """A date part, bare or as a text: https://docs.snowflake.com/en/sql-reference/functions-date-time#supported-date-and-time-parts"""
    if isinstance(node, nodes.Name) and len(node.parts) == 1:
        word = node.parts[0].name.upper()
    else:
        word = dotted(node.parts) if isinstance(node, nodes.Name) else (binder.constant_text(node) or "").upper()
        if not word:
            raise Unbound("a computed date part")
    part = PARTS.get(word)
    if part is None:
        raise binder.error(node.at, 2151, "22023", f"'{word}' is not a valid date/time component")
    return part


def wall(bound: Bound) -> str:
    """What a clock of the session's time zone shows: a DuckDB TIMESTAMP."""
    if bound.wire in ("TIMESTAMP_LTZ", "TIMESTAMP_TZ", "DATE"):
        return f"CAST({bound.sql} AS TIMESTAMP)"
    return f"(DATE '1970-01-01' + {bound.sql})" if bound.wire == "TIME" else bound.sql


# -- adding ------------------------------------------------------------------------------------------------


@function("DATEADD", "TIMEADD", "TIMESTAMPADD", least=3, most=3)
def _dateadd(binder: Binder, node: Call) -> Bound:
    plain(node)
    part = part_of(binder, node.arguments[0])
    amount = integer(binder, node.arguments[1])
    return added(binder, part, amount, moment(binder, node.arguments[2]))


def added(binder: Binder, part: str, amount: Bound, given: Bound) -> Bound:
    """`given` later by so many of a part. A date stays a date where the part is a day or more."""
    count = amount.sql
    match part:
        case "YEAR" | "MONTH" | "DAY" | "HOUR" | "MINUTE":
            step = (
                f"to_{part.lower()}s(CAST({count} AS INTEGER))"
                if part in ("YEAR", "MONTH", "DAY")
                else f"to_{part.lower()}s({count})"
            )
        case "QUARTER":
            step = f"to_months(CAST(3 * {count} AS INTEGER))"
        case "WEEK" | "WEEKISO":
            step = f"to_days(CAST(7 * {count} AS INTEGER))"
        case "SECOND":
            step = f"to_microseconds(1000000 * {count})"
        case "MILLISECOND":
            step = f"to_microseconds(1000 * {count})"
        case "MICROSECOND":
            step = f"to_microseconds({count})"
        case "NANOSECOND":
            step = f"to_microseconds({count} // 1000)"
        case _:
            raise sqlerror.malformed(f"'{part}' is not a valid date/time component for DATEADD")
    if given.wire == "DATE" and part in _DAYS:
        return joined(f"CAST({given.sql} + {step} AS DATE)", DATE, amount, given)
    if given.wire == "DATE":
        return joined(f"({given.sql} + {step})", TIMESTAMP_NTZ, amount, given)
    if given.wire == "TIME":
        return joined(f"CAST({wall(given)} + {step} AS TIME)", TIME, amount, given)
    return joined(f"({given.sql} + {step})", given.type, amount, given)


_INTERVAL = re.compile(r"\s*(-?\d+)\s*([A-Za-z]+)?\s*")


def add_interval(binder: Binder, given: Bound, text_: str, operator: str) -> Bound:
    """`d + INTERVAL '1 year, 3 months'`: https://docs.snowflake.com/en/sql-reference/data-types-datetime#interval-constants"""
    if given.wire == "TEXT" or given.null:
        given = cast(given, TIMESTAMP_NTZ)
    for amount, part in _pieces(text_):
        given = added(binder, part, constant(-amount if operator == "-" else amount), given)
    return given


def interval(text_: str) -> str:
    """An interval that is no operand but an end of a window's frame, in DuckDB's words."""
    found = [f"INTERVAL '{amount}' {part.removesuffix('ISO')}" for amount, part in _pieces(text_)]
    return f"({' + '.join(found)})"


def _pieces(text_: str) -> Iterator[tuple[int, str]]:
    """The amounts of an interval, and of what."""
    for piece in text_.split(","):
        found = _INTERVAL.fullmatch(piece)
        part = PARTS.get((found[2] or "SECOND").upper()) if found else None
        if found is None or part is None:
            raise sqlerror.malformed(f"invalid interval '{text_}'")
        yield int(found[1]), part


@function("ADD_MONTHS", least=2, most=2)
def _add_months(binder: Binder, node: Call) -> Bound:
    """The end of a month stays one: https://docs.snowflake.com/en/sql-reference/functions/add_months"""
    given, count = moment(binder, node.arguments[0]), integer(binder, node.arguments[1])
    later = added(binder, "MONTH", count, given)
    kind = material_of(given)
    last = f"CAST(last_day({wall(given)}) AS DATE) = CAST({wall(given)} AS DATE)"
    end = f"CAST(last_day({wall(later)}) + ({wall(later)} - date_trunc('day', {wall(later)})) AS {kind})"
    return joined(f"CASE WHEN {last} THEN {end} ELSE {later.sql} END", given.type, given, count)


def material_of(bound: Bound) -> str:
    """The DuckDB type of an expression."""
    from snowmaker.sandbox.sql.coercion import material

    return material(bound.type)


# -- differences -------------------------------------------------------------------------------------------


@function("DATEDIFF", "TIMEDIFF", "TIMESTAMPDIFF", least=3, most=3)
def _datediff(binder: Binder, node: Call) -> Bound:
    plain(node)
    part = part_of(binder, node.arguments[0])
    start, end = moment(binder, node.arguments[1]), moment(binder, node.arguments[2])
    a, b = wall(start), wall(end)
    match part:
        case "YEAR" | "QUARTER" | "MONTH" | "DAY" | "HOUR" | "MINUTE" | "SECOND" | "MILLISECOND" | "MICROSECOND":
            sql = f"date_diff('{part.lower()}', {a}, {b})"
        case "NANOSECOND":
            sql = f"date_diff('microsecond', {a}, {b}) * 1000"
        case "WEEK" | "WEEKISO":
            sql = f"date_diff('day', {_week_start(binder, a, part)}, {_week_start(binder, b, part)}) // 7"
        case _:
            raise sqlerror.malformed(f"'{part}' is not a valid date/time component for DATEDIFF")
    return joined(f"CAST({sql} AS BIGINT)", _COUNT, start, end)


def _week_start(binder: Binder, stamp: str, part: str) -> str:
    start = int(binder.context.session.parameter("WEEK_START"))
    if part == "WEEKISO" or start in (0, 1):
        return f"date_trunc('week', {stamp})"
    shift = start - 1
    return f"(date_trunc('week', {stamp} - to_days({shift})) + to_days({shift}))"


@function("MONTHS_BETWEEN", least=2, most=2)
def _months_between(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/months_between"""
    a, b = wall(moment(binder, node.arguments[0])), wall(moment(binder, node.arguments[1]))
    whole = f"((year({a}) - year({b})) * 12 + month({a}) - month({b}))"
    same = f"(day({a}) = day({b}) OR (last_day({a}) = CAST({a} AS DATE) AND last_day({b}) = CAST({b} AS DATE)))"
    seconds = "(day({0}) * 86400.0 + hour({0}) * 3600 + minute({0}) * 60 + second({0}))"
    rest = f"(({seconds.format(a)} - {seconds.format(b)}) / (31 * 86400.0))"
    sql = f"CAST(CASE WHEN {same} THEN {whole} ELSE {whole} + {rest} END AS DECIMAL(38,6))"
    return joined(sql, fixed(38, 6), moment(binder, node.arguments[0]), moment(binder, node.arguments[1]))


# -- parts -------------------------------------------------------------------------------------------------


def extracted(binder: Binder, part: str, given: Bound) -> Bound:
    """A part of a date, time or timestamp as a whole number."""
    stamp = wall(given)
    start = int(binder.context.session.parameter("WEEK_START"))
    match part:
        case "YEAR" | "QUARTER" | "MONTH" | "DAY" | "HOUR" | "MINUTE" | "DAYOFYEAR":
            sql = f"{part.lower()}({stamp})"
        case "SECOND":
            sql = f"second({stamp})"
        case "DAYOFWEEK":
            sql = f"dayofweek({stamp})" if start == 0 else f"((isodow({stamp}) - {start} + 7) % 7 + 1)"
        case "DAYOFWEEKISO":
            sql = f"isodow({stamp})"
        case "WEEK" | "WEEKISO":
            sql = f"week({stamp})"
        case "YEAROFWEEK" | "YEAROFWEEKISO":
            sql = f"isoyear({stamp})"
        case "NANOSECOND":
            sql = f"CAST(strftime({stamp}, '%n') AS BIGINT)"
        case "MILLISECOND":
            sql = f"CAST(left(strftime({stamp}, '%n'), 3) AS BIGINT)"
        case "MICROSECOND":
            sql = f"CAST(left(strftime({stamp}, '%n'), 6) AS BIGINT)"
        case "TIMEZONE_HOUR" | "TIMEZONE_MINUTE":
            minutes = (
                f"date_diff('minute', timezone('UTC', {given.sql}), {stamp})" if given.wire in TIMESTAMPS[1:] else "0"
            )
            sql = f"({minutes} // 60)" if part == "TIMEZONE_HOUR" else f"({minutes} % 60)"
        case _:
            return _epoch(part, given)
    digits = {
        "YEAR": 4,
        "YEAROFWEEK": 4,
        "YEAROFWEEKISO": 4,
        "DAYOFYEAR": 3,
        "MILLISECOND": 3,
        "MICROSECOND": 6,
        "NANOSECOND": 9,
    }.get(part, 2)
    return joined(f"CAST({sql} AS BIGINT)", fixed(digits, 0), given)


def _epoch(part: str, given: Bound) -> Bound:
    if given.wire == "TIME":
        stamp = wall(given)
    elif given.wire in ("TIMESTAMP_LTZ", "TIMESTAMP_TZ"):
        stamp = f"timezone('UTC', {given.sql})"
    else:
        stamp = f"CAST({given.sql} AS TIMESTAMP)"
    micro = f"epoch_us({stamp})"
    unit = {
        "EPOCH_SECOND": "// 1000000",
        "EPOCH_MILLISECOND": "// 1000",
        "EPOCH_MICROSECOND": "",
        "EPOCH_NANOSECOND": "* 1000",
    }[part]
    if part in ("EPOCH_SECOND", "EPOCH_MILLISECOND"):
        size = 1000000 if part == "EPOCH_SECOND" else 1000
        micro, unit = f"({micro} - ({micro} % {size} + {size}) % {size})", unit
    return joined(f"CAST({micro} {unit} AS BIGINT)", fixed(19, 0), given)


@function("DATE_PART", least=2, most=2)
def _date_part(binder: Binder, node: Call) -> Bound:
    plain(node)
    return extracted(binder, part_of(binder, node.arguments[0]), moment(binder, node.arguments[1]))


def _part_function(name: str, part: str) -> None:
    @function(name, least=1, most=1)
    def bind(binder: Binder, node: Call) -> Bound:
        plain(node)
        return extracted(binder, part, moment(binder, node.arguments[0]))


for _name, _part in (
    ("YEAR", "YEAR"), ("MONTH", "MONTH"), ("DAY", "DAY"), ("DAYOFMONTH", "DAY"), ("DAYOFWEEK", "DAYOFWEEK"),
    ("DAYOFWEEKISO", "DAYOFWEEKISO"), ("DAYOFYEAR", "DAYOFYEAR"), ("WEEK", "WEEK"), ("WEEKOFYEAR", "WEEK"),
    ("WEEKISO", "WEEKISO"), ("QUARTER", "QUARTER"), ("YEAROFWEEK", "YEAROFWEEK"), ("YEAROFWEEKISO", "YEAROFWEEKISO"),
    ("HOUR", "HOUR"), ("MINUTE", "MINUTE"), ("SECOND", "SECOND"),
):  # fmt: skip
    _part_function(_name, _part)


# -- truncating --------------------------------------------------------------------------------------------


@function("DATE_TRUNC", least=2, most=2)
def _date_trunc(binder: Binder, node: Call) -> Bound:
    plain(node)
    return truncated(binder, node.arguments[0], node.arguments[1])


def truncated(binder: Binder, word: Node, value: Node) -> Bound:
    """DATE_TRUNC: where the part begins that the value is in. Raises SqlError for a part that cannot be."""
    part, given = part_of(binder, word), moment(binder, value)
    stamp = wall(given)
    if part in ("WEEK", "WEEKISO"):
        sql = _week_start(binder, stamp, part)
    elif part in ("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"):
        sql = f"date_trunc('{part.lower()}', {stamp})"
    elif part == "NANOSECOND":
        return given
    else:
        raise sqlerror.malformed(f"'{part}' is not a valid date/time component for DATE_TRUNC")
    return joined(f"CAST({sql} AS {material_of(given)})", given.type, given)


@function("LAST_DAY", least=1, most=2)
def _last_day(binder: Binder, node: Call) -> Bound:
    part = part_of(binder, node.arguments[1]) if len(node.arguments) > 1 else "MONTH"
    given = moment(binder, node.arguments[0])
    stamp = wall(given)
    match part:
        case "MONTH":
            sql = f"last_day({stamp})"
        case "YEAR" | "QUARTER":
            months = 12 if part == "YEAR" else 3
            sql = f"CAST(date_trunc('{part.lower()}', {stamp}) + to_months({months}) - to_days(1) AS DATE)"
        case "WEEK" | "WEEKISO":
            sql = f"CAST({_week_start(binder, stamp, part)} + to_days(6) AS DATE)"
        case _:
            raise sqlerror.malformed(f"'{part}' is not a valid date/time component for LAST_DAY")
    return joined(sql, DATE, given)


_DAY_NAMES = ("su", "mo", "tu", "we", "th", "fr", "sa")


def _neighbour(name: str) -> None:
    @function(name, least=2, most=2)
    def bind(binder: Binder, node: Call) -> Bound:
        """NEXT_DAY and PREVIOUS_DAY of a weekday's name."""
        given, word = date(binder, node.arguments[0]), binder.constant_text(node.arguments[1])
        if word is None or word[:2].lower() not in _DAY_NAMES:
            raise Unbound(f"{name} of {word}")
        wanted = _DAY_NAMES.index(word[:2].lower())
        if name == "NEXT_DAY":
            sql = f"({given.sql} + CAST((({wanted} - dayofweek({given.sql}) + 6) % 7) + 1 AS INTEGER))"
        else:
            sql = f"({given.sql} - CAST(((dayofweek({given.sql}) - {wanted} + 6) % 7) + 1 AS INTEGER))"
        return joined(sql, DATE, given)


_neighbour("NEXT_DAY")
_neighbour("PREVIOUS_DAY")
simple("MONTHNAME", "m", DataType("TEXT", length=3), "strftime(CAST({0} AS TIMESTAMP), '%b')")
simple("DAYNAME", "m", DataType("TEXT", length=3), "strftime(CAST({0} AS TIMESTAMP), '%a')")


@function("TIME_SLICE", least=3, most=4)
def _time_slice(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/time_slice"""
    given, size = moment(binder, node.arguments[0]), integer(binder, node.arguments[1])
    part = part_of(binder, node.arguments[2])
    end = len(node.arguments) > 3 and (binder.constant_text(node.arguments[3]) or "").upper() == "END"
    if part not in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"):
        raise sqlerror.malformed(f"'{part}' is not a valid date/time component for TIME_SLICE")
    step = added(binder, part, size, Bound("TIMESTAMP '1970-01-01'", TIMESTAMP_NTZ, False)).sql
    width = f"({step} - TIMESTAMP '1970-01-01')" if part not in ("YEAR", "QUARTER", "MONTH") else {
        "YEAR": f"to_years(CAST({size.sql} AS INTEGER))", "QUARTER": f"to_months(CAST(3 * {size.sql} AS INTEGER))",
        "MONTH": f"to_months(CAST({size.sql} AS INTEGER))",
    }[part]  # fmt: skip
    origin = "TIMESTAMP '1969-12-29'" if part == "WEEK" else "TIMESTAMP '1970-01-01'"
    sql = f"time_bucket({width}, {wall(given)}, {origin})"
    if end:
        sql = f"({sql} + {width})"
    return joined(f"CAST({sql} AS {material_of(given)})", given.type, given, size)


# -- making and moving -------------------------------------------------------------------------------------


@function("DATE_FROM_PARTS", "DATEFROMPARTS", least=3, most=3)
def _date_from_parts(binder: Binder, node: Call) -> Bound:
    year, month, day = (integer(binder, each) for each in node.arguments)
    sql = (
        f"CAST(make_date({year.sql}, 1, 1) + to_months(CAST({month.sql} - 1 AS INTEGER)) + "
        f"to_days(CAST({day.sql} - 1 AS INTEGER)) AS DATE)"
    )
    return joined(sql, DATE, year, month, day)


@function("TIME_FROM_PARTS", "TIMEFROMPARTS", least=3, most=4)
def _time_from_parts(binder: Binder, node: Call) -> Bound:
    parts = [integer(binder, each) for each in node.arguments]
    sql = f"TIMESTAMP '1970-01-01' + {_clock(parts)}"
    return joined(f"CAST({sql} AS TIME)", TIME, *parts)


def _clock(parts: list[Bound]) -> str:
    hours, minutes, seconds, *nano = (each.sql for each in parts)
    micro = f" + to_microseconds({nano[0]} // 1000)" if nano else ""
    return f"to_hours({hours}) + to_minutes({minutes}) + to_microseconds(1000000 * {seconds}){micro}"


@function("TIMESTAMP_FROM_PARTS", "TIMESTAMP_NTZ_FROM_PARTS", "TIMESTAMPFROMPARTS", "TIMESTAMP_LTZ_FROM_PARTS",
          "TIMESTAMP_TZ_FROM_PARTS", "TIMESTAMPNTZFROMPARTS", "TIMESTAMPLTZFROMPARTS", "TIMESTAMPTZFROMPARTS",
          least=2, most=8)  # fmt: skip
def _timestamp_from_parts(binder: Binder, node: Call) -> Bound:
    kind = TIMESTAMP_LTZ if "LTZ" in node.function else TIMESTAMP_TZ if "_TZ" in node.function else TIMESTAMP_NTZ
    if len(node.arguments) == 2:
        day, clock = date(binder, node.arguments[0]), cast(binder.bind(node.arguments[1]), TIME)
        return joined(cast(Bound(f"({day.sql} + {clock.sql})", TIMESTAMP_NTZ), kind).sql, kind, day, clock)
    parts = [integer(binder, each) for each in node.arguments[:7]]
    if len(parts) < 6:
        raise Unbound(f"{node.function} of {len(parts)} parts")
    year, month, day, *rest = parts
    made = (
        f"(make_date({year.sql}, 1, 1) + to_months(CAST({month.sql} - 1 AS INTEGER)) + "
        f"to_days(CAST({day.sql} - 1 AS INTEGER)) + {_clock(rest)})"
    )
    if len(node.arguments) == 8:
        zone = text(binder, node.arguments[7])
        return joined(f"timezone({zone.sql}, {made})", kind, *parts, zone)
    return joined(cast(Bound(made, TIMESTAMP_NTZ), kind).sql, kind, *parts)


@function("CONVERT_TIMEZONE", least=2, most=3)
def _convert_timezone(binder: Binder, node: Call) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/convert_timezone"""
    if len(node.arguments) == 3:
        source, target = text(binder, node.arguments[0]), text(binder, node.arguments[1])
        given = cast(binder.bind(node.arguments[2]), TIMESTAMP_NTZ)
        return joined(
            f"timezone({target.sql}, timezone({source.sql}, {given.sql}))", TIMESTAMP_NTZ, source, target, given
        )
    text(binder, node.arguments[0])  # a TIMESTAMP_TZ keeps no offset here: the moment stays the same
    return cast(binder.bind(node.arguments[1]), TIMESTAMP_TZ)


# -- now ---------------------------------------------------------------------------------------------------


def _now(names: str, kind: str) -> None:
    @function(*names.split(), most=1)
    def bind(binder: Binder, node: Call) -> Bound:
        return now(binder, kind)


def now(binder: Binder, kind: str) -> Bound:
    """The moment in which the statement runs, to the millisecond."""
    instant: datetime = binder.context.session.now.astimezone(UTC)
    instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    stamp = f"TIMESTAMPTZ '{instant.isoformat(sep=' ')}'"
    match kind:
        case "DATE":
            return Bound(f"CAST({stamp} AS DATE)", DATE, False)
        case "TIME":
            return Bound(f"CAST(CAST({stamp} AS TIMESTAMP) AS TIME)", TIME, False)
        case "UTC":
            return Bound(f"TIMESTAMP '{instant.replace(tzinfo=None).isoformat(sep=' ')}'", TIMESTAMP_NTZ, False)
    return Bound(stamp, TIMESTAMP_LTZ, False)


_now("CURRENT_TIMESTAMP LOCALTIMESTAMP GETDATE SYSTIMESTAMP", "TIMESTAMP")
_now("SYSDATE", "UTC")
_now("CURRENT_DATE", "DATE")
_now("CURRENT_TIME LOCALTIME", "TIME")
