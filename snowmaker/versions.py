"""The order of versions and script names. Pure."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"([0-9]+)")

VersionKey = tuple[str | tuple[int, str], ...]


def version_key(version: str) -> VersionKey:
    """A key to compare versions by: runs of digits as numbers, text in lower case.

    `1.9` < `1.10`; `01` equals `1`; `1` and `1.0` differ. It agrees with schemachange's alphanumeric sort. A
    number is kept as (length, digits): that compares as the number does, whatever its length.
    """
    if not version:
        return ()
    pieces = _DIGITS.split(version)
    return tuple(_number(piece) if odd % 2 else piece.lower() for odd, piece in enumerate(pieces))


def _number(digits: str) -> tuple[int, str]:
    significant = digits.lstrip("0")
    return len(significant), significant
