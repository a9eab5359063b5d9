"""Regular expressions: https://docs.snowflake.com/en/sql-reference/functions-regexp"""

from __future__ import annotations

from snowmaker.sandbox.datatypes import BOOLEAN, TEXT
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import Bound, Unbound, joined, text_sql
from snowmaker.sandbox.sql.coercion import ARRAY, fixed
from snowmaker.sandbox.sql.functions.registry import function, plain, text
from snowmaker.sandbox.sql.nodes import Call

_COUNT = fixed(18, 0)


def full_match(subject: Bound, pattern: Bound, options: str = "") -> Bound:
    """RLIKE: the pattern must match the whole text; `.` does not match a line's end."""
    given = f", {text_sql(options)}" if options else ""
    return joined(f"regexp_full_match({subject.sql}, {pattern.sql}{given})", BOOLEAN, subject, pattern)


def _options(binder: Binder, node: Call, index: int) -> str:
    """Snowflake's parameters in DuckDB's letters: https://docs.snowflake.com/en/sql-reference/functions-regexp#label-regexp-parameters-argument"""
    if len(node.arguments) <= index:
        return "c"
    given = binder.constant_text(node.arguments[index])
    if given is None or set(given) - set("cimes"):
        raise Unbound("these parameters of a regular expression")
    found = "i" if "i" in given else "c"
    return found + ("m" if "m" in given else "") + ("s" if "s" in given else "")


def _value(binder: Binder, node: Call, index: int, default: int) -> int:
    if len(node.arguments) <= index:
        return default
    value = binder.bind(node.arguments[index]).value
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unbound("a computed position in a regular expression")
    return value


@function("RLIKE", "REGEXP_LIKE", least=2, most=3)
def _rlike(binder: Binder, node: Call) -> Bound:
    plain(node)
    subject, pattern = text(binder, node.arguments[0]), text(binder, node.arguments[1])
    return full_match(subject, pattern, _options(binder, node, 2))


def _from(subject: Bound, position: int) -> str:
    return subject.sql if position == 1 else f"substring({subject.sql}, {position})"


@function("REGEXP_SUBSTR", least=2, most=6)
def _substr(binder: Binder, node: Call) -> Bound:
    """REGEXP_SUBSTR(subject, pattern [, position [, occurrence [, parameters [, group]]]])"""
    plain(node)
    subject, pattern = text(binder, node.arguments[0]), text(binder, node.arguments[1])
    occurrence = _value(binder, node, 3, 1)
    options = _options(binder, node, 4)
    group = _value(binder, node, 5, 1 if _extracts(binder, node) else 0)
    found = (
        f"regexp_extract_all({_from(subject, _value(binder, node, 2, 1))}, {pattern.sql}, {group}, {text_sql(options)})"
    )
    return joined(f"{found}[{occurrence}]", TEXT, subject, pattern, nullable=True)


def _extracts(binder: Binder, node: Call) -> bool:
    return len(node.arguments) > 4 and "e" in (binder.constant_text(node.arguments[4]) or "")


@function("REGEXP_SUBSTR_ALL", "REGEXP_EXTRACT_ALL", least=2, most=6)
def _substr_all(binder: Binder, node: Call) -> Bound:
    subject, pattern = text(binder, node.arguments[0]), text(binder, node.arguments[1])
    occurrence, group = _value(binder, node, 3, 1), _value(binder, node, 5, 1 if _extracts(binder, node) else 0)
    options = _options(binder, node, 4)
    found = (
        f"regexp_extract_all({_from(subject, _value(binder, node, 2, 1))}, {pattern.sql}, {group}, {text_sql(options)})"
    )
    return joined(f"to_json({found}[{occurrence}:])", ARRAY, subject, pattern)


@function("REGEXP_COUNT", least=2, most=4)
def _count(binder: Binder, node: Call) -> Bound:
    plain(node)
    subject, pattern = text(binder, node.arguments[0]), text(binder, node.arguments[1])
    options = _options(binder, node, 3)
    found = f"regexp_extract_all({_from(subject, _value(binder, node, 2, 1))}, {pattern.sql}, 0, {text_sql(options)})"
    return joined(f"CASE WHEN {pattern.sql} = '' THEN 0 ELSE len({found}) END", _COUNT, subject, pattern)


@function("REGEXP_INSTR", least=2, most=7)
def _instr(binder: Binder, node: Call) -> Bound:
    plain(node)
    subject, pattern = text(binder, node.arguments[0]), text(binder, node.arguments[1])
    start, occurrence = _value(binder, node, 2, 1), _value(binder, node, 3, 1)
    after = _value(binder, node, 4, 0)
    if occurrence != 1 or len(node.arguments) > 6:
        raise Unbound("REGEXP_INSTR of a later occurrence or a group")
    rest = _from(subject, start)
    options = text_sql(_options(binder, node, 5))
    hit = f"regexp_extract({rest}, {pattern.sql}, 0, {options})"
    place = f"instr({rest}, {hit}) + {start - 1}" + (f" + length({hit})" if after else "")
    sql = f"CASE WHEN regexp_matches({rest}, {pattern.sql}, {options}) THEN {place} ELSE 0 END"
    return joined(sql, _COUNT, subject, pattern)


@function("REGEXP_REPLACE", least=2, most=6)
def _replace(binder: Binder, node: Call) -> Bound:
    """REGEXP_REPLACE(subject, pattern [, replacement [, position [, occurrence [, parameters]]]])"""
    plain(node)
    subject, pattern = text(binder, node.arguments[0]), text(binder, node.arguments[1])
    new = text(binder, node.arguments[2]) if len(node.arguments) > 2 else Bound("''", TEXT, False, "")
    start, occurrence = _value(binder, node, 3, 1), _value(binder, node, 4, 0)
    if occurrence > 1:
        raise Unbound("REGEXP_REPLACE of a later occurrence")
    options = _options(binder, node, 5) + ("" if occurrence == 1 else "g")
    sql = f"regexp_replace({_from(subject, start)}, {pattern.sql}, {new.sql}, {text_sql(options)})"
    if start > 1:
        sql = f"(left({subject.sql}, {start - 1}) || {sql})"
    return joined(sql, TEXT, subject, pattern, new)
