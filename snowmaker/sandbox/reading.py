"""Staged files as records, and as a relation that queries read.

https://docs.snowflake.com/en/user-guide/querying-stage
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.compression import decompress
from snowmaker.sandbox.delimited import read_csv
from snowmaker.sandbox.documents import as_text, read_columns, read_json
from snowmaker.sandbox.fileformat import Options, complete, type_of
from snowmaker.sandbox.files import StageFile
from snowmaker.sandbox.records import Staged, decoded
from snowmaker.sandbox.sqlerror import SqlError

# https://docs.snowflake.com/en/user-guide/querying-metadata
METADATA = (
    "METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER", "METADATA$FILE_CONTENT_KEY", "METADATA$FILE_LAST_MODIFIED",
    "METADATA$START_SCAN_TIME",
)  # fmt: skip


def read_file(file: StageFile, options: Options) -> Staged:
    """The records of one file. Raises SqlError for what cannot be read at all."""
    full = complete(options)
    kind = type_of(full)
    data = file.file.read_bytes()
    if kind in ("PARQUET", "ORC"):
        return read_columns(data, file.path, full, kind)
    if kind in ("AVRO", "XML"):
        raise sqlerror.unsupported(f"reading {kind} files")
    text = decoded(decompress(data, full["COMPRESSION"], file.path), full, file.path)
    return read_json(text, full) if kind == "JSON" else read_csv(text, full)


def relation(parts: Sequence[tuple[StageFile, Staged]], documents: bool) -> Any:
    """Records of files as an Arrow table: `$1`, `$2` …, and what METADATA$ tells of each."""
    import pyarrow as pa

    now = datetime.now(UTC)
    width = 1 if documents else max((staged.width for _, staged in parts), default=1)
    by_file = [text_columns(staged, width) for _, staged in parts]
    columns: list[Any] = [
        pa.chunked_array([arrays[i] for arrays in by_file], pa.string()).combine_chunks() for i in range(width)
    ]
    if documents:
        columns = [pa.ExtensionArray.from_storage(pa.json_(), columns[0])]
    counts = [len(staged.rows) for _, staged in parts]
    columns += [
        pa.array(_each(counts, [file.path for file, _ in parts]), pa.string()),
        pa.array([number for count in counts for number in range(1, count + 1)], pa.int64()),
        pa.array(_each(counts, [file.etag for file, _ in parts]), pa.string()),
        pa.array(_each(counts, [file.modified.replace(tzinfo=None) for file, _ in parts]), pa.timestamp("us")),
        pa.array([now] * sum(counts), pa.timestamp("us", "UTC")),
    ]
    return pa.Table.from_arrays(columns, names=[*(f"${i + 1}" for i in range(width)), *METADATA])


def text_columns(staged: Staged, width: int) -> list[Any]:
    """The first `width` fields of each record as Arrow arrays of text; the JSON text of documents."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if staged.documents:
        return [pa.array([as_text(row[0]) for row in staged.rows], pa.string())]
    rows = staged.rows
    if any(len(row) != width for row in rows):
        rows = [(*row[:width], *[None] * (width - len(row))) for row in rows]
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    arrays = [pa.array(column, pa.string()) for column in columns]
    if staged.trim:
        arrays = [pc.utf8_trim_whitespace(each) for each in arrays]
    if staged.nulls:
        nulls = pa.array(sorted(staged.nulls), pa.string())
        arrays = [pc.if_else(pc.is_in(each, value_set=nulls), None, each) for each in arrays]
    return arrays


def _each(counts: Sequence[int], values: Sequence[Any]) -> list[Any]:
    return [value for count, value in zip(counts, values, strict=True) for _ in range(count)]


def read_files(files: Sequence[StageFile], options: Options) -> Any:
    """All files' records as one relation. Raises the first thing that is wrong with any of them."""
    parts: list[tuple[StageFile, Staged]] = []
    for file in files:
        staged = read_file(file, options)
        for index, fault in staged.faults.items():
            line, character = staged.position(fault.offset)
            raise SqlError(
                fault.code, fault.sqlstate,
                f"{fault.message}\n  File '{file.path}', line {line}, character {character}\n  Row {index + 1}",
            )  # fmt: skip
        parts.append((file, staged))
    return relation(parts, type_of(options) != "CSV")
