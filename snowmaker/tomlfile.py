"""A TOML file as read: its values, and the line on which each stands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snowmaker.errors import ConfigError

_PART = r"(?:[\w-]+|\"[^\"]*\"|'[^']*')"
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_KEY})\s*\]")
_ENTRY = re.compile(rf"\s*({_KEY})\s*=")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True)
class TomlFile:
    """`shown` is the path as errors name it."""

    shown: str
    text: str
    values: dict[str, Any]

    def line(self, *keys: str) -> int:
        """The line of a key, or of the nearest table above it that can be found; 0 for none."""
        found, depth = 0, 0
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := _HEADER.match(line):
                path = table = _parts(header[1])
            elif entry := _ENTRY.match(line):
                path = (*table, *_parts(entry[1]))
            else:
                continue
            if depth < len(path) <= len(keys) and path == keys[: len(path)]:
                found, depth = number, len(path)
        return found


def read(path: Path, shown: str = "") -> TomlFile:
    """Read a TOML file; raises ConfigError with the line, FileNotFoundError where there is none."""
    shown = shown or str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", "unreadable", file=shown) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8", "bad_toml", "save the file as UTF-8", shown, line) from None
    try:
        return TomlFile(shown, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        message = _PLACE.sub("", str(error))
        line = int(place[1]) if place and place[1] else len(text.splitlines())
        hint = "TOML wants text in quotes and one `key = value` a line: https://toml.io"
        raise ConfigError(f"not TOML: {message}", "bad_toml", hint, shown, line) from None
    except RecursionError:
        raise ConfigError("not TOML: nested too deeply", "bad_toml", file=shown) from None


def _parts(key: str) -> tuple[str, ...]:
    """`a."b.c"` → ('a', 'b.c')."""
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))
