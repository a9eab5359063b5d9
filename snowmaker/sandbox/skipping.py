"""PUT without OVERWRITE by connector 4.x, which copies its files itself and asks nobody what is there already.

So this server, on the same machine, looks for it: files that are there are skipped.
https://docs.snowflake.com/en/sql-reference/sql/put#optional-parameters
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.result import SCL, Column, Result

# What the connector knows by the end of a name to be compressed
_COMPRESSED = {
    ".gz": "GZIP", ".bz2": "BZIP2", ".br": "BROTLI", ".zst": "ZSTD", ".deflate": "DEFLATE",
    ".raw_deflate": "RAW_DEFLATE", ".parquet": "PARQUET", ".orc": "ORC",
}  # fmt: skip
_COLUMNS = (
    Column("source"), Column("target"), Column("source_size", FIXED), Column("target_size", FIXED),
    Column("source_compression"), Column("target_compression"), Column("status"), Column("message"),
)  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """A file that a PUT names, and its compression; `compress` says that the client will compress it."""

    file: Path
    compression: str
    compress: bool

    @property
    def name(self) -> str:
        """What it will be called in the stage."""
        return f"{self.file.name}.gz" if self.compress else self.file.name


def uploads(source: str, compression: str, *, compress: bool) -> list[Upload]:
    """The files that `source` names, a path or a pattern; none where this process sees none."""
    found: list[Upload] = []
    for each in map(Path, sorted(glob(str(Path(source).expanduser())))):
        known = _COMPRESSED.get(each.suffix.lower(), "NONE") if compression == "auto_detect" else compression.upper()
        if each.is_file() and each.is_absolute():
            found.append(Upload(each, known, compress and known == "NONE"))
    return found


def skipped(files: Sequence[Upload]) -> Result:
    """What the client would answer to a PUT whose files are all there."""
    rows: list[tuple[Any, ...]] = [
        (
            each.file.name, each.name, each.file.stat().st_size, 0, each.compression,
            "GZIP" if each.compress else each.compression, "SKIPPED", "",
        )
        for each in files
    ]  # fmt: skip
    return Result(_COLUMNS, rows, type_id=SCL)


def divided(files: Sequence[Upload], there: Callable[[str], bool]) -> tuple[list[Upload], list[Upload]]:
    """Those that are not in the stage yet, and those that are."""
    known = [there(each.name) for each in files]
    return (
        [each for each, old in zip(files, known, strict=True) if not old],
        [each for each, old in zip(files, known, strict=True) if old],
    )
