"""File formats: their options, and how files are read by them.

https://docs.snowflake.com/en/sql-reference/sql/create-file-format
"""

from __future__ import annotations

import bz2
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.files import StageFile
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.sqlerror import SqlError

Options = Mapping[str, Any]


def _delimiter(parser: Parser) -> str | None:
    """A string, or NONE."""
    value = parser.word_or_string()
    return None if value.upper() == "NONE" else value


def _one_of(*allowed: str) -> Callable[[Parser], str]:
    def read(parser: Parser) -> str:
        value = parser.word_or_string().upper()
        if value not in allowed:
            raise sqlerror.invalid_value(value, "file format option")
        return value

    return read


_COMPRESSION = _one_of("AUTO", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE")

CSV: dict[str, tuple[Callable[[Parser], Any], Any]] = {
    "RECORD_DELIMITER": (_delimiter, "\n"),
    "FIELD_DELIMITER": (_delimiter, ","),
    "FILE_EXTENSION": (_delimiter, None),
    "SKIP_HEADER": (Parser.integer, 0),
    "PARSE_HEADER": (Parser.boolean, False),
    "DATE_FORMAT": (Parser.word_or_string, "AUTO"),
    "TIME_FORMAT": (Parser.word_or_string, "AUTO"),
    "TIMESTAMP_FORMAT": (Parser.word_or_string, "AUTO"),
    "BINARY_FORMAT": (_one_of("HEX", "BASE64", "UTF8"), "HEX"),
    "ESCAPE": (_delimiter, None),
    "ESCAPE_UNENCLOSED_FIELD": (_delimiter, "\\"),
    "TRIM_SPACE": (Parser.boolean, False),
    "FIELD_OPTIONALLY_ENCLOSED_BY": (_delimiter, None),
    "NULL_IF": (Parser.strings, ("\\N",)),
    "COMPRESSION": (_COMPRESSION, "AUTO"),
    "ERROR_ON_COLUMN_COUNT_MISMATCH": (Parser.boolean, True),
    "VALIDATE_UTF8": (Parser.boolean, True),
    "SKIP_BLANK_LINES": (Parser.boolean, False),
    "REPLACE_INVALID_CHARACTERS": (Parser.boolean, False),
    "EMPTY_FIELD_AS_NULL": (Parser.boolean, True),
    "SKIP_BYTE_ORDER_MARK": (Parser.boolean, True),
    "ENCODING": (Parser.word_or_string, "UTF8"),
    "MULTI_LINE": (Parser.boolean, True),
}
JSON: dict[str, tuple[Callable[[Parser], Any], Any]] = {
    "FILE_EXTENSION": (_delimiter, None),
    "DATE_FORMAT": (Parser.word_or_string, "AUTO"),
    "TIME_FORMAT": (Parser.word_or_string, "AUTO"),
    "TIMESTAMP_FORMAT": (Parser.word_or_string, "AUTO"),
    "BINARY_FORMAT": (_one_of("HEX", "BASE64", "UTF8"), "HEX"),
    "TRIM_SPACE": (Parser.boolean, False),
    "NULL_IF": (Parser.strings, ()),
    "COMPRESSION": (_COMPRESSION, "AUTO"),
    "ENABLE_OCTAL": (Parser.boolean, False),
    "ALLOW_DUPLICATE": (Parser.boolean, False),
    "STRIP_OUTER_ARRAY": (Parser.boolean, False),
    "STRIP_NULL_VALUES": (Parser.boolean, False),
    "IGNORE_UTF8_ERRORS": (Parser.boolean, False),
    "REPLACE_INVALID_CHARACTERS": (Parser.boolean, False),
    "SKIP_BYTE_ORDER_MARK": (Parser.boolean, True),
    "MULTI_LINE": (Parser.boolean, True),
}
TYPES = {"CSV": CSV, "JSON": JSON}
_OTHER_TYPES = ("AVRO", "ORC", "PARQUET", "XML", "CUSTOM")
# What DuckDB's casts read is what Snowflake's AUTO reads; a format of one's own would be ignored
_FORMATS = ("DATE_FORMAT", "TIME_FORMAT", "TIMESTAMP_FORMAT")


def read_options(
    parser: Parser, kind: str = "CSV", extra: Mapping[str, Callable[[Parser], Any]] | None = None
) -> dict[str, Any]:
    """`TYPE = CSV SKIP_HEADER = 1 …` up to something else. `kind` is the type where none is named."""
    kind = _type_ahead(parser) or kind
    readers = {name: reader for name, (reader, _) in TYPES[kind].items()}
    return {**parser.options({**readers, **(extra or {}), "TYPE": _type}, "FILE_FORMAT"), "TYPE": kind}


def _type_ahead(parser: Parser) -> str | None:
    """The TYPE that is named: it says which options are legal, and may stand behind them."""
    start = parser.scanner.position
    found = None
    while (token := parser.scanner.take()).kind != "end" and token.text not in (")", ";"):
        if token.kind == "word" and token.value == "TYPE" and parser.accept_operator("="):
            found = _type(parser)
    parser.scanner.position = start
    return found


def _type(parser: Parser) -> str:
    value = parser.word_or_string().upper()
    if value in _OTHER_TYPES:
        raise sqlerror.unsupported(f"the file format type {value}")
    if value not in TYPES:
        raise sqlerror.invalid_value(value, "TYPE")
    return value


def complete(options: Options) -> dict[str, Any]:
    """All options of the type, defaults where none is given."""
    kind = options.get("TYPE", "CSV")
    return {"TYPE": kind, **{name: options.get(name, default) for name, (_, default) in TYPES[kind].items()}}


@dataclass(frozen=True)
class Staged:
    """A file as read. `rows` are of equal width; `lines` the line each begins in, `widths` how many fields it had."""

    rows: list[tuple[str | None, ...]]
    lines: list[int]
    widths: list[int]


def read_file(file: StageFile, options: Options) -> Staged:
    """The records of one file. Raises SqlError for what cannot be read."""
    full = complete(options)
    for name in _FORMATS:
        if str(full[name]).upper() != "AUTO":
            raise sqlerror.unsupported(f"the file format option {name}")
    text = _text(file, full)
    return _json(file, text, full) if full["TYPE"] == "JSON" else _csv(text, full)


def read_files(files: Sequence[StageFile], options: Options) -> Any:
    """All files' records as one Arrow table of `$1`, `$2` … and METADATA$ columns."""
    import pyarrow as pa

    rows: list[tuple[str | None, ...]] = []
    names: list[str] = []
    numbers: list[int] = []
    for file in files:
        staged = read_file(file, options)
        rows += staged.rows
        names += [file.path] * len(staged.rows)
        numbers += range(1, len(staged.rows) + 1)
    width = max((len(row) for row in rows), default=1)
    columns = [pa.array([row[i] if i < len(row) else None for row in rows], pa.string()) for i in range(width)]
    if complete(options)["TYPE"] == "JSON":
        columns = columns[:1]
    titles = [f"${i + 1}" for i in range(len(columns))]
    columns += [pa.array(names, pa.string()), pa.array(numbers, pa.int64())]
    return pa.Table.from_arrays(columns, names=[*titles, "METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER"])


def _text(file: StageFile, options: Options) -> str:
    data = _decompressed(file, options["COMPRESSION"])
    encoding = str(options.get("ENCODING", "UTF8")).replace("UTF8", "utf-8")
    errors = "replace" if options["REPLACE_INVALID_CHARACTERS"] else "strict"
    try:
        text = data.decode(encoding, errors)
    except (UnicodeDecodeError, LookupError) as error:
        raise SqlError(100144, "22000", f"Invalid UTF8 detected in file '{file.path}': {error}") from None
    return text.removeprefix("\ufeff") if options["SKIP_BYTE_ORDER_MARK"] else text


def _decompressed(file: StageFile, compression: str) -> bytes:
    data = file.file.read_bytes()
    by_suffix = {".gz": "GZIP", ".bz2": "BZ2", ".zst": "ZSTD", ".br": "BROTLI", ".deflate": "DEFLATE"}
    if compression == "AUTO":
        compression = by_suffix.get(file.file.suffix, "NONE")
    readers: dict[str, Callable[[bytes], bytes]] = {
        "NONE": bytes,
        "GZIP": gzip.decompress,
        "BZ2": bz2.decompress,
        "DEFLATE": zlib.decompress,
        "RAW_DEFLATE": lambda raw: zlib.decompress(raw, -15),
    }
    if compression not in readers:
        raise sqlerror.unsupported(f"{compression} compression")
    try:
        return readers[compression](data)
    except (OSError, EOFError, zlib.error) as error:
        raise SqlError(100085, "22000", f"Error decompressing file '{file.path}': {error}") from None


# -- CSV -----------------------------------------------------------------------------------------------


def _csv(text: str, options: Options) -> Staged:
    rows: list[tuple[str | None, ...]] = []
    lines: list[int] = []
    nulls = frozenset(options["NULL_IF"])
    empty = options["EMPTY_FIELD_AS_NULL"]
    skip = options["SKIP_HEADER"] + (1 if options["PARSE_HEADER"] else 0)
    for number, (line, record) in enumerate(_records(text, options)):
        if number < skip:
            continue
        lines.append(line)
        rows.append(
            tuple(
                None if value in nulls or (not value and empty and not enclosed) else value
                for value, enclosed in record
            )
        )
    return Staged(rows, lines, [len(row) for row in rows])


def _records(text: str, options: Options) -> Iterator[tuple[int, list[tuple[str, bool]]]]:
    """Each record's line, and its fields with whether they were enclosed."""
    enclosure = options["FIELD_OPTIONALLY_ENCLOSED_BY"]
    escape = options["ESCAPE_UNENCLOSED_FIELD"]
    simple = (enclosure is None or enclosure not in text) and (escape is None or escape not in text)
    source = _split(text, options) if simple else _match(text, options)
    for line, record in source:
        if options["SKIP_BLANK_LINES"] and record == [("", False)]:
            continue
        yield line, [(value.strip(), e) for value, e in record] if options["TRIM_SPACE"] else record


def _split(text: str, options: Options) -> Iterator[tuple[int, list[tuple[str, bool]]]]:
    """Records without enclosed or escaped fields."""
    delimiter, ends = options["FIELD_DELIMITER"], options["RECORD_DELIMITER"]
    lines = text.splitlines() if ends in ("\n", "\r\n", "\r") else [text] if ends is None else text.split(ends)
    if lines and not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        yield number, [(value, False) for value in (line.split(delimiter) if delimiter else [line])]


def _match(text: str, options: Options) -> Iterator[tuple[int, list[tuple[str, bool]]]]:
    """Records field by field."""
    enclosure, escape, bare_escape = (
        options["FIELD_OPTIONALLY_ENCLOSED_BY"],
        options["ESCAPE"],
        options["ESCAPE_UNENCLOSED_FIELD"],
    )
    field = _field(options)
    record: list[tuple[str, bool]] = []
    position, line, started = 0, 1, 1
    while position < len(text) or record:
        found = field.match(text, position)
        if found is None:
            raise SqlError(100069, "22000", f"Found character in record at line {line} instead of a delimiter")
        if found["enclosed"] is not None:
            value = found["enclosed"].replace(enclosure * 2, enclosure)
            record.append((re.sub(re.escape(escape) + "(.)", r"\1", value) if escape else value, True))
        else:
            record.append((_unescaped(found["bare"], bare_escape, options["NULL_IF"]), False))
        line += text.count("\n", position, found.end())
        position = found.end()
        if found["end"] is not None:
            yield started, record
            record, started = [], line


def _field(options: Options) -> re.Pattern[str]:
    delimiter, ends = options["FIELD_DELIMITER"], options["RECORD_DELIMITER"]
    stops = [re.escape(delimiter)] if delimiter else []
    end = r"\r\n|\n|\r" if ends in ("\n", "\r\n", "\r") else re.escape(ends) if ends else r"(?!)"
    last = f"(?:{'|'.join([*stops, end])})" if stops else f"(?:{end})"
    escaped = f"|{re.escape(options['ESCAPE_UNENCLOSED_FIELD'])}." if options["ESCAPE_UNENCLOSED_FIELD"] else ""
    bare = rf"(?P<bare>(?:(?!{last}){'(?:' + escaped[1:] + '|.)' if escaped else '.'})*)"
    closing = rf"(?:(?P<delimiter>{'|'.join(stops) or '(?!)'})|(?P<end>{end}|\Z))"
    if (mark := options["FIELD_OPTIONALLY_ENCLOSED_BY"]) is None:
        return re.compile(rf"(?P<enclosed>(?!))?{bare}{closing}", re.S)
    quote = re.escape(mark)
    escape = f"|{re.escape(options['ESCAPE'])}." if options["ESCAPE"] else ""
    inner = rf"(?P<enclosed>(?:[^{quote}]|{quote}{quote}{escape})*)"
    return re.compile(rf"(?:[ ]*{quote}{inner}{quote}[ ]*|{bare}){closing}", re.S)


def _unescaped(value: str, escape: str | None, nulls: Sequence[str]) -> str:
    if escape is None or escape not in value or value in nulls:
        return value
    return re.sub(re.escape(escape) + "(.)", r"\1", value, flags=re.S)


# -- JSON ----------------------------------------------------------------------------------------------


def _json(file: StageFile, text: str, options: Options) -> Staged:
    """One value after another; the elements of an outer array are rows where STRIP_OUTER_ARRAY says so."""
    decoder = json.JSONDecoder()
    values: list[Any] = []
    position = 0
    while (position := _skip_blank(text, position)) < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except ValueError as error:
            raise SqlError(100069, "22P02", f"Error parsing JSON: {error}\n  File '{file.path}'") from None
        values += value if options["STRIP_OUTER_ARRAY"] and isinstance(value, list) else [value]
    rows: list[tuple[str | None, ...]] = [(json.dumps(value, ensure_ascii=False),) for value in values]
    return Staged(rows, list(range(1, len(rows) + 1)), [1] * len(rows))


def _skip_blank(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position
