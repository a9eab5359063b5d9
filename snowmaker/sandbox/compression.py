"""Compressed files: https://docs.snowflake.com/en/user-guide/intro-summary-loading#compression-of-staged-files"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.sqlerror import SqlError

# Brotli is not among what AUTO detects
_DETECTED = {".gz": "GZIP", ".bz2": "BZ2", ".zst": "ZSTD", ".deflate": "DEFLATE", ".raw_deflate": "RAW_DEFLATE"}
SUFFIXES = {**{kind: suffix for suffix, kind in _DETECTED.items()}, "BROTLI": ".br", "NONE": ""}


def decompress(data: bytes, compression: str, path: str) -> bytes:
    """The content of the file at `path`. AUTO goes by its suffix, and by the first bytes where it has none."""
    kind = compression.upper()
    if kind == "AUTO":
        kind = _detected(data, path)
    try:
        return _reader(kind)(data)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise SqlError(100085, "22000", f"Error decompressing file '{path}' ({error})") from None


def compress(data: bytes, compression: str) -> bytes:
    """The other way round, for unloading."""
    kind = compression.upper()
    if kind == "RAW_DEFLATE":
        packer = zlib.compressobj(wbits=-15)
        return packer.compress(data) + packer.flush()
    writers: dict[str, Callable[[bytes], bytes]] = {
        "NONE": bytes,
        "GZIP": lambda raw: gzip.compress(raw, mtime=0),
        "BZ2": bz2.compress,
        "DEFLATE": zlib.compress,
    }
    return writers[kind](data) if kind in writers else _arrow(kind, data, packing=True)


def _detected(data: bytes, path: str) -> str:
    for suffix, kind in _DETECTED.items():
        if path.endswith(suffix):
            return kind
    if data[:2] == b"\x1f\x8b":
        return "GZIP"
    if data[:3] == b"BZh":
        return "BZ2"
    return "ZSTD" if data[:4] == b"\x28\xb5\x2f\xfd" else "NONE"


def _reader(kind: str) -> Callable[[bytes], bytes]:
    readers: dict[str, Callable[[bytes], bytes]] = {
        "NONE": bytes,
        "GZIP": gzip.decompress,
        "BZ2": bz2.decompress,
        "DEFLATE": zlib.decompress,
        "RAW_DEFLATE": lambda raw: zlib.decompress(raw, -15),
    }
    return readers.get(kind) or (lambda raw: _arrow(kind, raw, packing=False))


def _arrow(kind: str, data: bytes, *, packing: bool) -> bytes:
    """ZSTD and BROTLI, which Python 3.11 does not have and Arrow brings."""
    import pyarrow as pa

    if not pa.Codec.is_available(kind.lower()):
        raise sqlerror.unsupported(f"{kind} compression")
    if packing:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, kind.lower()) as out:
            out.write(data)
        return bytes(sink.getvalue())
    with pa.CompressedInputStream(pa.BufferReader(data), kind.lower()) as stream:
        return bytes(stream.read())
