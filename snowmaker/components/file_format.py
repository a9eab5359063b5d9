"""File formats: https://docs.snowflake.com/en/sql-reference/sql/create-file-format

SHOW gives all options as one JSON document. SNAPPY_COMPRESSION, which no account shows, is `compression: snappy`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Component, Kind, Property, Row, Values
from snowmaker.components.shared import COMMENT, OWNER
from snowmaker.components.types import Boolean, Integer, Listed, Scope, Text, Type, Word

NONE, AUTO = "NONE", "AUTO"
TYPES = ("CSV", "JSON", "AVRO", "ORC", "PARQUET", "XML")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\\": "\\", "'": "'", '"': '"'}
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+|0x(?:[0-9A-Fa-f]{2})+")
_OCTAL = re.compile(r"\\[0-7]{3}")


@dataclass(frozen=True)
class Characters(Text):
    """Some characters, or a word that stands for itself: NONE or AUTO. Escapes as `\\t` and `0x5e` may be said."""

    word: str = NONE

    def read(self, value: Any, scope: Scope) -> str:
        return self._normal(super().read(value, scope))

    def shown(self, value: Any, scope: Scope) -> str:
        return self.word if value in (None, "") else self._normal(str(value))

    def literal(self, value: Any) -> str:
        return self.word if value == self.word else sql.quote_characters(value)

    def _normal(self, text: str) -> str:
        return self.word if text.upper() == self.word else text if self.word == AUTO else unescaped(text)


def unescaped(text: str) -> str:
    """Text with its escapes read: `\\t`, `\\x5e`, `0x5e`, `\\136`."""
    if _BYTES.fullmatch(text):
        try:
            return bytes.fromhex(text.replace("\\x", "").removeprefix("0x")).decode()
        except ValueError:
            return text
    if _OCTAL.fullmatch(text):
        return chr(int(text[1:], 8))
    return re.sub(r"""\\([tnrbf0\\'"])""", lambda match: _ESCAPES[match[1]], text)


class Nulls(Listed):
    """Texts that mean NULL. An account shows () and ('') alike."""

    def read(self, value: Any, scope: Scope) -> tuple[Any, ...]:
        if isinstance(value, list) and None in value:
            raise ValueError("is a list of texts: 'NULL' needs its quotes")
        return super().read(value, scope)

    def shown(self, value: Any, scope: Scope) -> tuple[Any, ...]:
        """A list in JSON, or as DESCRIBE writes it: `[\\N, a b]`."""
        if isinstance(value, str):
            value = [unescaped(part) for part in value.removeprefix("[").removesuffix("]").split(", ")]
        return super().shown(value, scope) or ()

    def same(self, one: Any, other: Any) -> bool:
        return super().same(*(() if value == ("",) else value for value in (one, other)))

    def literal(self, value: Any) -> str:
        return f"({', '.join(map(sql.quote_characters, value))})"


class Encoding(Word):
    """A character set; `UTF-8` is UTF8."""

    def _normal(self, text: str) -> str:
        return super()._normal(text).replace("-", "").replace("_", "")


_COMPRESSIONS = (AUTO, "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "LZO", "SNAPPY", NONE)
_OTHER_COMPRESSIONS = {
    **dict.fromkeys(("CSV", "JSON", "XML"), ("LZO", "SNAPPY")),
    "AVRO": ("BZ2", "LZO", "SNAPPY"),
}
_ENCODINGS = (
    *("BIG5", "EUCJP", "EUCKR", "GB18030", "IBM420", "IBM424", "IBM949", "ISO2022CN", "ISO2022JP", "ISO2022KR"),
    *(f"ISO8859{number}" for number in (1, 2, 5, 6, 7, 8, 9, 15)),
    *("KOI8R", "SHIFTJIS", "UTF8", "UTF16", "UTF16BE", "UTF16LE", "UTF32", "UTF32BE", "UTF32LE"),
    *(f"WINDOWS{number}" for number in (874, 949, 1250, 1251, 1252, 1253, 1254, 1255, 1256)),
)
_ALL = frozenset(TYPES)
_TEXTS = frozenset({"CSV", "JSON"})
_MARKUP = frozenset({"JSON", "XML"})
# name: type, default, and the types of file that have it; where the default is None, it is the type's own
_OPTIONS: dict[str, tuple[Type, Any, frozenset[str]]] = {
    "compression": (Word(_COMPRESSIONS), AUTO, _ALL - {"ORC"}),
    "record_delimiter": (Characters(), "\n", frozenset({"CSV"})),
    "field_delimiter": (Characters(), ",", frozenset({"CSV"})),
    "multi_line": (Boolean(), True, _TEXTS),
    "file_extension": (Characters(), NONE, _TEXTS),
    "parse_header": (Boolean(), False, frozenset({"CSV"})),
    "skip_header": (Integer(), 0, frozenset({"CSV"})),
    "skip_blank_lines": (Boolean(), False, frozenset({"CSV"})),
    "date_format": (Characters(word=AUTO), AUTO, _TEXTS),
    "time_format": (Characters(word=AUTO), AUTO, _TEXTS),
    "timestamp_format": (Characters(word=AUTO), AUTO, _TEXTS),
    "binary_format": (Word(("HEX", "BASE64", "UTF8"), {"UTF-8": "UTF8"}), "HEX", _TEXTS),
    "escape": (Characters(), NONE, frozenset({"CSV"})),
    "escape_unenclosed_field": (Characters(), "\\", frozenset({"CSV"})),
    "trim_space": (Boolean(), False, _ALL - {"XML"}),
    "field_optionally_enclosed_by": (Characters(), NONE, frozenset({"CSV"})),
    "null_if": (Nulls(Text(empty=True)), None, _ALL - {"XML"}),
    "error_on_column_count_mismatch": (Boolean(), True, frozenset({"CSV"})),
    "replace_invalid_characters": (Boolean(), False, _ALL),
    "empty_field_as_null": (Boolean(), True, frozenset({"CSV"})),
    "skip_byte_order_mark": (Boolean(), True, _TEXTS | _MARKUP),
    "encoding": (Encoding(_ENCODINGS), "UTF8", frozenset({"CSV"})),
    "enable_octal": (Boolean(), False, frozenset({"JSON"})),
    "allow_duplicate": (Boolean(), False, frozenset({"JSON"})),
    "strip_outer_array": (Boolean(), False, frozenset({"JSON"})),
    "strip_null_values": (Boolean(), False, frozenset({"JSON"})),
    "ignore_utf8_errors": (Boolean(), False, _MARKUP),
    "binary_as_text": (Boolean(), True, frozenset({"PARQUET"})),
    "use_logical_type": (Boolean(), False, frozenset({"PARQUET"})),
    "use_vectorized_scanner": (Boolean(), False, frozenset({"PARQUET"})),
    "preserve_space": (Boolean(), False, frozenset({"XML"})),
    "strip_outer_element": (Boolean(), False, frozenset({"XML"})),
    "disable_snowflake_data": (Boolean(), False, frozenset({"XML"})),
    "disable_auto_convert": (Boolean(), False, frozenset({"XML"})),
}
OPTIONS = tuple(
    Property(name, type_, default, "", "own", unset=False) for name, (type_, default, _) in _OPTIONS.items()
)
TYPE = Property("type", Word(TYPES), default="CSV", fixed="the type of a file format cannot be altered")


def nulls(type_: str) -> tuple[str, ...]:
    """What NULL_IF is by default."""
    return ("\\N",) if type_ == "CSV" else ()


def wrong(type_: str, values: Mapping[str, Any]) -> str:
    """What is wrong with the options of a format of a type, '' where nothing is."""
    others = [name for name, (_, _, types) in _OPTIONS.items() if name in values and type_ not in types]
    if others:
        return f"a {type_} format has no {', '.join(others)}"
    if values.get("compression") in _OTHER_COMPRESSIONS.get(type_, ()):
        return f"{type_} files are not compressed by {values['compression']}"
    if values.get("parse_header") and values.get("skip_header"):
        return "parse_header and skip_header do not go together"
    if values.get("ignore_utf8_errors") and values.get("replace_invalid_characters"):
        return "ignore_utf8_errors and replace_invalid_characters do not go together"
    return ""


def _read(row: Row) -> Values:
    try:
        found = json.loads(str(row.shown.get("format_options") or "{}"))
    except ValueError:
        found = {}
    return {one.name: one.type.shown(found[one.name.upper()], ()) for one in OPTIONS if one.name.upper() in found}


def _check(component: Component) -> str:
    return wrong(component.value("type"), component.values)


KIND = Kind(
    "FILE FORMAT",
    "https://docs.snowflake.com/en/sql-reference/sql/create-file-format",
    (TYPE, *OPTIONS, replace(COMMENT, unset=False), OWNER),
    brief="type",
    read=_read,
    check=_check,
    derived=lambda component: {"null_if": nulls(component.value("type"))},
    linked=True,
    rank=30,
)
