"""CSV files: https://docs.snowflake.com/en/sql-reference/sql/create-file-format#type-csv"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox.fileformat import Options
from snowmaker.sandbox.records import Fault, Staged, decodable, undecodable

_NEWLINE = re.compile(r"\r\n|\n|\r")
_NEWLINES = ("\n", "\r\n", "\r")


@dataclass(frozen=True)
class _Record:
    """Its fields with whether each was enclosed, and where it stands."""

    fields: list[tuple[str, bool]]
    start: int
    end: int
    fault: Fault | None = None


def read_csv(text: str, options: Options) -> Staged:
    """The records of a file. SKIP_HEADER counts lines, whatever the RECORD_DELIMITER is."""
    line, begin = _behind_header(text, int(options["SKIP_HEADER"]))
    if _is_simple(text, options):
        return _simple(text, line, begin, options)
    staged = Staged(text=text)
    seen = begin
    header = bool(options["PARSE_HEADER"])
    nulls = frozenset(options["NULL_IF"])
    for record in _match(text, begin, options):
        line += text.count("\n", seen, record.start)
        seen = record.start
        if options["SKIP_BLANK_LINES"] and record.fields == [("", False)]:
            continue
        if header:
            staged.names = tuple(value for value, _ in record.fields)
            header = False
            continue
        _keep(staged, record, line, options, nulls)
    return staged


def _is_simple(text: str, options: Options) -> bool:
    """Whether delimiters alone cut the text: nothing in it is enclosed, escaped, or no text at all."""
    enclosure, escape = options["FIELD_OPTIONALLY_ENCLOSED_BY"], _escape(options)
    plain = (enclosure is None or enclosure not in text) and (escape is None or escape not in text)
    return plain and decodable(text)


def _simple(text: str, line: int, begin: int, options: Options) -> Staged:
    """The same as field by field, and many times as fast."""
    starts, ends = _spans(text, begin, options["RECORD_DELIMITER"])
    lines = _lines(text, starts, line, options["RECORD_DELIMITER"])
    if options["SKIP_BLANK_LINES"]:
        kept = [i for i in range(len(starts)) if starts[i] < ends[i]]
        starts, ends, lines = [starts[i] for i in kept], [ends[i] for i in kept], [lines[i] for i in kept]
    delimiter = options["FIELD_DELIMITER"]
    rows: list[Any] = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    rows = [row.split(delimiter) for row in rows] if delimiter else [[row] for row in rows]
    names: tuple[str, ...] = ()
    if options["PARSE_HEADER"] and rows:
        names = tuple(name.strip() if options["TRIM_SPACE"] else name for name in rows[0])
        rows, starts, ends, lines = rows[1:], starts[1:], ends[1:], lines[1:]
    nulls = frozenset(options["NULL_IF"]) | ({""} if options["EMPTY_FIELD_AS_NULL"] else set())
    return Staged(rows, lines, starts, ends, names, text, nulls=nulls, trim=bool(options["TRIM_SPACE"]))


def _spans(text: str, begin: int, ends: str | None) -> tuple[list[int], list[int]]:
    """Where each record begins and ends."""
    found = list(_end_of_record(ends).finditer(text, begin)) if ends else []
    starts = [begin, *(each.end() for each in found)]
    stops = [*(each.start() for each in found), len(text)]
    if starts[-1] >= len(text):  # nothing follows the last delimiter
        return starts[:-1], stops[:-1]
    return starts, stops


def _lines(text: str, starts: list[int], line: int, ends: str | None) -> list[int]:
    """The line that each record begins in."""
    if ends in _NEWLINES:
        return list(range(line, line + len(starts)))
    newlines = [each.end() for each in _NEWLINE.finditer(text)]
    return [bisect_right(newlines, start) + 1 for start in starts]


def _end_of_record(ends: str) -> re.Pattern[str]:
    return _NEWLINE if ends in _NEWLINES else re.compile(re.escape(ends))


def _keep(staged: Staged, record: _Record, line: int, options: Options, nulls: frozenset[str]) -> None:
    empty = options["EMPTY_FIELD_AS_NULL"]
    trim = options["TRIM_SPACE"]
    values = [(value.strip(), enclosed) if trim and not enclosed else (value, enclosed)
              for value, enclosed in record.fields]  # fmt: skip
    row = tuple(
        None if value in nulls or (not value and empty and not enclosed) else value for value, enclosed in values
    )
    if fault := record.fault or undecodable(staged.text[record.start : record.end]):
        staged.faults[len(staged.rows)] = fault
        row = tuple(value and value.encode("utf-8", "replace").decode() for value in row)
    staged.add(row, line, record.start, record.end)


def _behind_header(text: str, lines: int) -> tuple[int, int]:
    """Line and offset of what follows the first `lines` lines."""
    position = 0
    for number in range(lines):
        found = _NEWLINE.search(text, position)
        if found is None:
            return number + 1, len(text)
        position = found.end()
    return lines + 1, position


def _escape(options: Options) -> str | None:
    """The character that escapes in fields that are not enclosed: ESCAPE where both are set."""
    found: str | None = options["ESCAPE"] or options["ESCAPE_UNENCLOSED_FIELD"]
    return found


def _match(text: str, begin: int, options: Options) -> Iterator[_Record]:
    """Records field by field. What does not parse is a fault, and reading goes on behind the next delimiter."""
    field = field_pattern(options)
    fields: list[tuple[str, bool]] = []
    position = start = begin
    while position < len(text) or fields:
        found = field.match(text, position)
        if found is None:
            fault = _unparsed(text, position, len(fields) + 1, options)
            end, following = _next_record(text, fault.offset, options)
            yield _Record(fields, start, end, fault)
            fields, position, start = [], following, following
            continue
        fields.append(_value(found, options))
        position = found.end()
        if found["delimiter"] is None:
            yield _Record(fields, start, found.start("end"))
            fields, start = [], position


def _value(found: re.Match[str], options: Options) -> tuple[str, bool]:
    enclosed = found["enclosed"]
    if enclosed is not None:
        mark = options["FIELD_OPTIONALLY_ENCLOSED_BY"]
        value = enclosed.replace(mark * 2, mark)
        return (_unescaped(value, options["ESCAPE"]) if options["ESCAPE"] else value), True
    bare = found["bare"]
    if bare in options["NULL_IF"]:
        return bare, False
    return _unescaped(bare, _escape(options)), False


def _unescaped(value: str, escape: str | None) -> str:
    if escape is None or escape not in value:
        return value
    return re.sub(re.escape(escape) + "(.)", r"\1", value, flags=re.S)


def field_pattern(options: Options) -> re.Pattern[str]:
    """Matches one field with the delimiter behind it: `delimiter`, or else `end` of the record or file."""
    delimiter, ends = options["FIELD_DELIMITER"], options["RECORD_DELIMITER"]
    stop = re.escape(delimiter) if delimiter else r"(?!)"
    end = r"\r\n|\n|\r" if ends in _NEWLINES else re.escape(ends) if ends else r"(?!)"
    closing = rf"(?:(?P<delimiter>{stop})|(?P<end>{end}|\Z))"
    bare = f"(?P<bare>{_bare(delimiter, ends, _escape(options))})"
    mark = options["FIELD_OPTIONALLY_ENCLOSED_BY"]
    if mark is None:
        return re.compile(rf"(?P<enclosed>(?!))?{bare}{closing}")
    quote = re.escape(mark)
    inside = rf"{re.escape(options['ESCAPE'])}(?s:.)|" if options["ESCAPE"] else ""
    body = rf"(?P<enclosed>(?:{inside}{quote}{quote}|[^{quote}{'' if options['MULTI_LINE'] else chr(92) + 'n'}])*)"
    space = "[ \t]*" if options["TRIM_SPACE"] else ""
    return re.compile(rf"(?:{space}{quote}{body}{quote}{space}|(?!{space}{quote}){bare}){closing}")


def _bare(delimiter: str | None, ends: str | None, escape: str | None) -> str:
    """What an unenclosed field is made of: a class of characters where no delimiter is longer than one."""
    newline = ends in _NEWLINES
    skipped = rf"{re.escape(escape)}(?s:.)" if escape else "(?!)"
    if len(delimiter or "") <= 1 and (newline or len(ends or "") <= 1):
        stops = (delimiter or "") + ("\r\n" if newline else ends or "") + (escape or "")
        plain = "[^" + "".join(re.escape(each) for each in stops) + "]" if stops else "(?s:.)"
        return f"(?:{plain}+|{skipped})*"
    stop = "|".join(re.escape(each) for each in (delimiter, "\n" if newline else ends) if each)
    return f"(?:{skipped}|(?!{stop})(?s:.))*"


def _unparsed(text: str, position: int, column: int, options: Options) -> Fault:
    """What is wrong with the field at `position`: it is enclosed and not closed, or something follows the closing."""
    mark = options["FIELD_OPTIONALLY_ENCLOSED_BY"] or ""
    at = position + 1
    while at < len(text):
        if text[at] == mark and text[at + 1 : at + 2] != mark:
            break
        at += 2 if text[at] == mark or text[at] == options["ESCAPE"] else 1
    if at >= len(text) or not mark:
        return Fault(f"End of record reached while expected to parse column number {column}", column, 100066,
                     offset=position)  # fmt: skip
    delimiter = options["FIELD_DELIMITER"]
    expected = f"field delimiter '{delimiter}'" if delimiter else "record delimiter '\\n'"
    message = f"Found character '{text[at + 1]}' instead of {expected}"
    return Fault(message, column, 100016, offset=at + 1)


def _next_record(text: str, position: int, options: Options) -> tuple[int, int]:
    """Where the record at `position` ends, and where the next one begins."""
    ends = options["RECORD_DELIMITER"]
    if not ends:
        return len(text), len(text)
    found = (_NEWLINE if ends in _NEWLINES else re.compile(re.escape(ends))).search(text, position)
    return (found.start(), found.end()) if found else (len(text), len(text))


def field_offset(staged: Staged, row: int, column: int, options: Options) -> int:
    """Where in the text a field (from 1) of a record begins."""
    pattern = field_pattern(options)
    position = staged.starts[row]
    for _ in range(column - 1):
        found = pattern.match(staged.text, position)
        if found is None or found["delimiter"] is None:
            break
        position = found.end()
    return position
