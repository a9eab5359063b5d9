"""The options of file formats: which each type has, their defaults, what they may be, how DESCRIBE writes them.

https://docs.snowflake.com/en/sql-reference/sql/create-file-format
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.parser import Parser, Reader

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Option:
    """One option: its default, and how its value is read."""

    default: Any
    read: Callable[[Parser, str], Any]

    @property
    def type(self) -> str:
        """As DESCRIBE names it."""
        if isinstance(self.default, bool):
            return "Boolean"
        if isinstance(self.default, int):
            return "Integer"
        return "List" if isinstance(self.default, tuple) else "String"


def written(parser: Parser) -> str:
    """A bare word or a string, in the case it was written in: DESCRIBE gives it back so."""
    token = parser.peek()
    if token.kind == "word":
        return parser.scanner.take().text
    return parser.word_or_string()


# -- kinds of values -----------------------------------------------------------------------------------


def _boolean(parser: Parser, name: str) -> bool:
    if parser.peek().kind == "string":
        text = parser.string()
        if text.upper() in ("TRUE", "FALSE"):
            return text.upper() == "TRUE"
        raise sqlerror.invalid_value(text, name)
    return parser.boolean()


def _count(parser: Parser, name: str) -> int:
    value = parser.integer()
    if value < 0:
        raise sqlerror.invalid_value(value, name)
    return value


def _strings(parser: Parser, _: str) -> tuple[str, ...]:
    return parser.strings()


def _text_or_none(parser: Parser, _: str) -> str | None:
    value = written(parser)
    return None if value.upper() == "NONE" else value


def _character(parser: Parser, name: str) -> str | None:
    """A single character, or NONE."""
    value = _text_or_none(parser, name)
    if value is not None and len(value) > 1:
        raise sqlerror.invalid_value(value, name)
    return value or None


def _enclosure(parser: Parser, name: str) -> str | None:
    value = _character(parser, name)
    if value not in (None, "'", '"'):
        raise sqlerror.invalid_value(value, name)
    return value


def _delimiter(parser: Parser, name: str) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-file-format: at most 20 characters."""
    value = _text_or_none(parser, name)
    if value is not None and not 0 < len(value) <= 20:
        raise sqlerror.invalid_value(value, name)
    return value


def _time_format(parser: Parser, _: str) -> str:
    value = written(parser)
    return "AUTO" if value.upper() == "AUTO" else value


def _one_of(*allowed: str) -> Callable[[Parser, str], str]:
    def read(parser: Parser, name: str) -> str:
        value = written(parser)
        if value.upper().replace("-", "").replace("_", "") not in {each.replace("_", "") for each in allowed}:
            raise sqlerror.invalid_value(value, name)
        return value

    return read


# -- types ---------------------------------------------------------------------------------------------

_COMPRESSIONS = ("AUTO", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE")
_ENCODINGS = (
    "BIG5", "EUCJP", "EUCKR", "GB18030", "IBM420", "IBM424", "IBM949", "ISO2022CN", "ISO2022JP", "ISO2022KR",
    "ISO88591", "ISO88592", "ISO88595", "ISO88596", "ISO88597", "ISO88598", "ISO88599", "ISO885915", "KOI8R",
    "SHIFTJIS", "UTF8", "UTF16", "UTF16BE", "UTF16LE", "UTF32", "UTF32BE", "UTF32LE", "WINDOWS874", "WINDOWS949",
    "WINDOWS1250", "WINDOWS1251", "WINDOWS1252", "WINDOWS1253", "WINDOWS1254", "WINDOWS1255", "WINDOWS1256",
)  # fmt: skip


def _flag(default: bool) -> Option:
    return Option(default, _boolean)


_FORMATS = {name: Option("AUTO", _time_format) for name in ("DATE_FORMAT", "TIME_FORMAT", "TIMESTAMP_FORMAT")}
_BINARY_FORMAT = Option("HEX", _one_of("HEX", "BASE64", "UTF8"))
_COMPRESSION = Option("AUTO", _one_of(*_COMPRESSIONS))
_EXTENSION = Option(None, _text_or_none)

CSV: dict[str, Option] = {
    "RECORD_DELIMITER": Option("\n", _delimiter),
    "FIELD_DELIMITER": Option(",", _delimiter),
    "FILE_EXTENSION": _EXTENSION,
    "SKIP_HEADER": Option(0, _count),
    "PARSE_HEADER": _flag(False),
    **_FORMATS,
    "BINARY_FORMAT": _BINARY_FORMAT,
    "ESCAPE": Option(None, _character),
    "ESCAPE_UNENCLOSED_FIELD": Option("\\", _character),
    "TRIM_SPACE": _flag(False),
    "FIELD_OPTIONALLY_ENCLOSED_BY": Option(None, _enclosure),
    "NULL_IF": Option(("\\N",), _strings),
    "COMPRESSION": _COMPRESSION,
    "ERROR_ON_COLUMN_COUNT_MISMATCH": _flag(True),
    "VALIDATE_UTF8": _flag(True),
    "SKIP_BLANK_LINES": _flag(False),
    "REPLACE_INVALID_CHARACTERS": _flag(False),
    "EMPTY_FIELD_AS_NULL": _flag(True),
    "SKIP_BYTE_ORDER_MARK": _flag(True),
    "ENCODING": Option("UTF8", _one_of(*_ENCODINGS)),
    "MULTI_LINE": _flag(True),
}
JSON: dict[str, Option] = {
    "FILE_EXTENSION": _EXTENSION,
    **_FORMATS,
    "BINARY_FORMAT": _BINARY_FORMAT,
    "TRIM_SPACE": _flag(False),
    "NULL_IF": Option((), _strings),
    "COMPRESSION": _COMPRESSION,
    "ENABLE_OCTAL": _flag(False),
    "ALLOW_DUPLICATE": _flag(False),
    "STRIP_OUTER_ARRAY": _flag(False),
    "STRIP_NULL_VALUES": _flag(False),
    "IGNORE_UTF8_ERRORS": _flag(False),
    "REPLACE_INVALID_CHARACTERS": _flag(False),
    "SKIP_BYTE_ORDER_MARK": _flag(True),
    "MULTI_LINE": _flag(True),
}
AVRO: dict[str, Option] = {
    "TRIM_SPACE": _flag(False),
    "NULL_IF": Option((), _strings),
    "COMPRESSION": Option("AUTO", _one_of(*(each for each in _COMPRESSIONS if each != "BZ2"))),
    "REPLACE_INVALID_CHARACTERS": _flag(False),
}
ORC: dict[str, Option] = {
    "TRIM_SPACE": _flag(False),
    "NULL_IF": Option((), _strings),
    "REPLACE_INVALID_CHARACTERS": _flag(False),
}
PARQUET: dict[str, Option] = {
    "TRIM_SPACE": _flag(False),
    "NULL_IF": Option((), _strings),
    # The page names AUTO, LZO, SNAPPY and NONE; the Python connector's write_pandas says GZIP
    "COMPRESSION": Option("AUTO", _one_of(*_COMPRESSIONS, "LZO", "SNAPPY")),
    "BINARY_AS_TEXT": _flag(True),
    "REPLACE_INVALID_CHARACTERS": _flag(False),
    "USE_LOGICAL_TYPE": _flag(False),
    "USE_VECTORIZED_SCANNER": _flag(False),
}
XML: dict[str, Option] = {
    "COMPRESSION": _COMPRESSION,
    "IGNORE_UTF8_ERRORS": _flag(False),
    "PRESERVE_SPACE": _flag(False),
    "STRIP_OUTER_ELEMENT": _flag(False),
    "DISABLE_SNOWFLAKE_DATA": _flag(False),
    "DISABLE_AUTO_CONVERT": _flag(False),
    "REPLACE_INVALID_CHARACTERS": _flag(False),
    "SKIP_BYTE_ORDER_MARK": _flag(True),
}
TYPES: dict[str, dict[str, Option]] = {
    "CSV": CSV, "JSON": JSON, "AVRO": AVRO, "ORC": ORC, "PARQUET": PARQUET, "XML": XML,
}  # fmt: skip
# Accepted, and shown under no name of its own: it says what COMPRESSION is
_WRITE_ONLY: dict[str, dict[str, Option]] = {"PARQUET": {"SNAPPY_COMPRESSION": _flag(True)}}
_EXCLUSIVE = (
    ("CSV", "PARSE_HEADER", "SKIP_HEADER"),
    ("PARQUET", "SNAPPY_COMPRESSION", "COMPRESSION"),
    ("JSON", "IGNORE_UTF8_ERRORS", "REPLACE_INVALID_CHARACTERS"),
    ("XML", "IGNORE_UTF8_ERRORS", "REPLACE_INVALID_CHARACTERS"),
)


def read_options(
    parser: Parser, kind: str = "CSV", extra: Mapping[str, Reader] | None = None, *, fixed: bool = False
) -> dict[str, Any]:
    """`TYPE = CSV SKIP_HEADER = 1 …` up to something else: only what was given, and always TYPE.

    `kind` is the type where none is named; `fixed` refuses another one. `extra` are further properties that
    may stand among the options.
    """
    written_type = _type_ahead(parser)
    named = (written_type or kind).upper()
    if fixed and named != kind.upper():
        raise sqlerror.malformed("File format type cannot be changed.")
    known = {**TYPES[named], **_WRITE_ONLY.get(named, {})}
    readers: dict[str, Reader] = {name: _reader(name, option) for name, option in known.items()}
    found = parser.options({**readers, **(extra or {}), "TYPE": written}, "FILE_FORMAT")
    found["TYPE"] = written_type or kind
    _check(named, found)
    if found.pop("SNAPPY_COMPRESSION", None) is False:
        found["COMPRESSION"] = "NONE"
    return found


def _reader(name: str, option: Option) -> Reader:
    return lambda parser: option.read(parser, name)


def _type_ahead(parser: Parser) -> str | None:
    """The TYPE that is named, as written: it says which options are legal, and may stand behind them."""
    start = parser.scanner.position
    found = None
    depth = 0
    while (token := parser.scanner.take()).kind != "end" and token.text != ";" and depth >= 0:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.kind == "word" and token.value == "TYPE" and parser.accept_operator("="):
            found = _type(parser)
    parser.scanner.position = start
    return found


def _type(parser: Parser) -> str:
    value = written(parser)
    if value.upper() == "CUSTOM":
        raise sqlerror.unsupported("the file format type CUSTOM")
    if value.upper() not in TYPES:
        raise sqlerror.invalid_value(value, "TYPE")
    return value


def _check(kind: str, given: Options) -> None:
    for of, first, second in _EXCLUSIVE:
        if of == kind and given.get(first) and given.get(second):
            raise sqlerror.malformed(f"Options {first} and {second} cannot be used together.")


def type_of(options: Options) -> str:
    """CSV, JSON …, in capitals."""
    return str(options.get("TYPE", "CSV")).upper()


def complete(options: Options) -> dict[str, Any]:
    """All options of the type, defaults where none is given."""
    kind = type_of(options)
    return {"TYPE": options.get("TYPE", "CSV"), **{k: options.get(k, v.default) for k, v in TYPES[kind].items()}}


# -- how they are shown --------------------------------------------------------------------------------

_AS_WORD = (
    "RECORD_DELIMITER", "FIELD_DELIMITER", "ESCAPE", "ESCAPE_UNENCLOSED_FIELD", "FIELD_OPTIONALLY_ENCLOSED_BY",
)  # fmt: skip


def described(options: Options) -> list[tuple[str, str, str, str]]:
    """Every option with its type, value and default: https://docs.snowflake.com/en/sql-reference/sql/desc-file-format"""
    full = complete(options)
    rows = [("TYPE", "String", str(full["TYPE"]), "CSV")]
    for name, option in TYPES[type_of(full)].items():
        rows.append((name, option.type, _shown(name, full[name]), _shown(name, option.default)))
    return rows


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "NONE" if name in _AS_WORD else ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(escaped(str(each)) for each in value) + "]"
    return escaped(str(value))


def escaped(text: str) -> str:
    """Text as DESCRIBE writes it: as between double quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def as_json(options: Options) -> str:
    """The column format_options of SHOW FILE FORMATS."""
    full = {k: "NONE" if v is None and k in _AS_WORD else v for k, v in complete(options).items()}
    return json.dumps(full, separators=(",", ":"), ensure_ascii=False)
