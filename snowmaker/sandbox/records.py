"""What a staged file holds, once read: records, where each stands in the file, and what is wrong with them."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.fileformat import Options
from snowmaker.sandbox.sqlerror import SqlError

# Python's names for Snowflake's encodings, where they are not the same without signs between
_CODECS = {
    "UTF8": "utf-8", "UTF16": "utf-16", "UTF16BE": "utf-16-be", "UTF16LE": "utf-16-le", "UTF32": "utf-32",
    "UTF32BE": "utf-32-be", "UTF32LE": "utf-32-le", "EUCJP": "euc_jp", "EUCKR": "euc_kr", "KOI8R": "koi8_r",
    "SHIFTJIS": "shift_jis", "ISO2022JP": "iso2022_jp", "ISO2022KR": "iso2022_kr", "IBM424": "cp424",
    "IBM949": "cp949",
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Why a record cannot be loaded. `column` is its number from 1, 0 for the record as a whole."""

    message: str
    column: int = 0
    code: int = 100069
    sqlstate: str = "22000"
    category: str = "parsing"
    offset: int = 0  # characters into the file's text


@dataclass
class Staged:
    """A file as read.

    `rows` are tuples: the fields of a CSV record as text, or the one value of a JSON document, a Parquet row … as
    Python has it. `starts` and `ends` are offsets in `text`, where the file is text; `lines` count from 1. Fields
    that are among `nulls`, after blanks around them are gone where `trim` says so, are NULL.
    """

    rows: list[Sequence[Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    names: tuple[str, ...] = ()
    text: str = ""
    faults: dict[int, Fault] = field(default_factory=dict)
    documents: bool = False
    nulls: frozenset[str] = frozenset()
    trim: bool = False

    @property
    def width(self) -> int:
        return max((len(row) for row in self.rows), default=len(self.names) or 1)

    def add(self, row: tuple[Any, ...], line: int, start: int = 0, end: int = 0) -> None:
        self.rows.append(row)
        self.lines.append(line)
        self.starts.append(start)
        self.ends.append(end)

    def record(self, index: int) -> str:
        """A record as it stands in the file; empty where the file is not text."""
        return self.text[self.starts[index] : self.ends[index]]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and character, both from 1, of an offset in the text."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - before.rfind("\n")


def decoded(data: bytes, options: Options, path: str) -> str:
    """A file's text. Bytes that are none stay as lone surrogates, where they are not to be replaced."""
    encoding = str(options.get("ENCODING", "UTF8")).upper().replace("-", "").replace("_", "")
    lenient = options.get("REPLACE_INVALID_CHARACTERS") or options.get("IGNORE_UTF8_ERRORS")
    errors = "replace" if lenient or not options.get("VALIDATE_UTF8", True) else "surrogateescape"
    try:
        codec = codecs.lookup(_CODECS.get(encoding, encoding.replace("WINDOWS", "cp").replace("ISO8859", "iso8859-")))
    except LookupError:
        raise sqlerror.unsupported(f"ENCODING = {encoding}") from None
    try:
        text = data.decode(codec.name, errors)
    except UnicodeDecodeError as error:
        raise SqlError(100144, "22000", f"Invalid {encoding} detected in file '{path}': {error.reason}") from None
    return text.removeprefix("\ufeff") if options.get("SKIP_BYTE_ORDER_MARK", True) else text


def decodable(text: str) -> bool:
    """Whether there was no byte that is no text."""
    try:
        return text.isascii() or bool(text.encode("utf-8") or True)
    except UnicodeEncodeError:
        return False


def undecodable(text: str) -> Fault | None:
    """The fault of a record that holds bytes that are no text."""
    if text.isascii() or not any("\udc80" <= char <= "\udcff" for char in text):
        return None
    raw = text.encode("utf-8", "surrogateescape")
    shown = "".join(chr(byte) if byte < 0x80 else f"0x{byte:02X}" for byte in raw)
    return Fault(f"Invalid UTF8 detected in string '{shown}'", code=100144, category="conversion")
