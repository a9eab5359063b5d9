"""LIST, REMOVE, PUT and GET: the files of stages, from outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.files import Location, StageFile, matching, readable
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SCL, SHOW, Column, Result
from snowmaker.sandbox.skipping import divided, skipped, uploads

LOCATION = re.compile(r"@(?:\"[^\"]*\"|[^\s;()'\"])*")
_LARGE = 209715200  # bytes: from here on a client uploads in parts


def read_location(parser: Parser) -> str:
    """`@stage/path`, quoted or not, or a bound value or variable that holds one."""
    if parser.peek().kind in ("string", "variable") or parser.peek().text == "?":
        return parser.string()
    return parser.raw(LOCATION)


def _listed(context: Context, parser: Parser, privilege: str) -> tuple[Location, list[StageFile]]:
    place = readable(context, read_location(parser), privilege)
    pattern = None
    if parser.accept("PATTERN"):
        parser.expect_operator("=")
        pattern = parser.string()
    parser.end()
    files = context.host.stages.files(place.owner, place.path)
    return place, matching(files, pattern, place.name)


@statement("LIST")
def _list(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/list"""
    place, files = _listed(context, parser, "READ")
    rows = [
        (place.prefix + each.path, each.size, each.etag, format_datetime(each.modified, usegmt=True)) for each in files
    ]
    columns = (Column("name"), Column("size", FIXED), Column("md5"), Column("last_modified"))
    return Result(columns, rows, type_id=SHOW)


@statement("LS")
def _ls(context: Context, parser: Parser) -> Result:
    return _list(context, parser)


@statement("REMOVE")
def _remove(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/remove"""
    place, files = _listed(context, parser, "WRITE")
    for each in files:
        context.host.stages.delete(each)
    rows = [(place.prefix + each.path, "removed") for each in files]
    return Result((Column("name"), Column("result")), rows, type_id=SCL)


@statement("RM")
def _rm(context: Context, parser: Parser) -> Result:
    return _remove(context, parser)


# -- PUT, GET ------------------------------------------------------------------------------------------

_URL = re.compile(r"'(?:[^'\\]|\\.|'')*'|\S+")
_SOURCES = ("AUTO_DETECT", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE")


def _parallel(parser: Parser) -> int:
    value = parser.integer()
    if not 1 <= value <= 99:
        raise sqlerror.invalid_value(value, "PARALLEL")
    return value


def _source(parser: Parser) -> str:
    value = parser.word_or_string()
    if value.upper() not in _SOURCES:
        raise sqlerror.invalid_value(value, "SOURCE_COMPRESSION")
    return value.lower()


_PUT: dict[str, Callable[[Parser], Any]] = {
    "PARALLEL": _parallel,
    "AUTO_COMPRESS": Parser.boolean,
    "SOURCE_COMPRESSION": _source,
    "OVERWRITE": Parser.boolean,
}
_GET: dict[str, Callable[[Parser], Any]] = {"PARALLEL": _parallel, "PATTERN": Parser.string}


def _file_url(parser: Parser) -> str:
    """`file://…`, quoted or not: the path below it."""
    text = parser.string() if parser.peek().kind in ("string", "variable") else parser.raw(_URL)
    if not text.startswith("file://"):
        raise sqlerror.malformed(f"a local file is written file://…, not {text}")
    return text.removeprefix("file://")


@statement("PUT")
def _put(context: Context, parser: Parser) -> Result:
    """The client uploads the files itself; the answer tells it where to.

    https://docs.snowflake.com/en/sql-reference/sql/put
    """
    source = _file_url(parser)
    place = readable(context, read_location(parser), "WRITE")
    options = parser.options(_PUT, "PUT")
    parser.end()
    folder = place.path.rstrip("/")
    below = f"{place.owner}/{folder}/" if folder else f"{place.owner}/"
    stages = context.host.stages
    stages.inside(below).mkdir(parents=True, exist_ok=True)
    sources = [source]
    if _copies_itself(context) and context.session.near and not options.get("OVERWRITE", False):
        files = uploads(
            source, options.get("SOURCE_COMPRESSION", "auto_detect"), compress=options.get("AUTO_COMPRESS", True)
        )
        fresh, old = divided(files, lambda name: stages.exists(below + name))
        if old and not fresh:
            return skipped(old)
        sources = [str(each.file) for each in fresh] if old else sources
    data = {
        "src_locations": sources,
        "autoCompress": options.get("AUTO_COMPRESS", True),
        "overwrite": options.get("OVERWRITE", False),
        "sourceCompression": options.get("SOURCE_COMPRESSION", "auto_detect"),
        "clientShowEncryptionParameter": False,
        "command": "UPLOAD",
        **_common(options),
        "stageInfo": _destination(context, place.owner, below, source),
    }
    return Result((), data=data)


@statement("GET")
def _get(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/get"""
    place = readable(context, read_location(parser))
    target = _file_url(parser)
    options = parser.options(_GET, "GET")
    parser.end()
    files = matching(context.host.stages.files(place.owner, place.path), options.get("PATTERN"), place.name)
    where = _cloud(context, place.owner, f"{place.owner}/", False)
    urls = None
    if _copies_itself(context):
        base = f"{context.url}/{where['location']}"
        urls = [base + quote(each.path) for each in files]
        where["creds"] = {}
    data = {
        "src_locations": [each.path for each in files],
        "localLocation": target,
        "autoCompress": False,
        "overwrite": False,
        "sourceCompression": "none",
        "presignedUrls": urls,
        "command": "DOWNLOAD",
        **_common(options),
        "stageInfo": where,
    }
    return Result((), data=data)


def _common(options: dict[str, Any]) -> dict[str, Any]:
    return {
        "parallel": options.get("PARALLEL", 4),
        "threshold": _LARGE,
        "encryptionMaterial": None,
        "kind": None,
        "operation": "Node",
    }


def _copies_itself(context: Context) -> bool:
    """The connector 4.x asks storage over https only, unless it is a folder, or it is given whole URLs. Connector 5.x
    has no storage in folders.
    """
    return context.session.driver.startswith("PythonConnector/4.")


def _destination(context: Context, owner: str, below: str, source: str) -> dict[str, Any]:
    """Where a client puts files.

    Without a token the connector 4.x asks again for each file, for the URL to put it to, and overwrites what is there.
    """
    if not _copies_itself(context):
        return _cloud(context, owner, below, True)
    if context.session.near:
        return _folder(context, below)
    where = _cloud(context, owner, below, True)
    name = quote(re.split(r"[/\\\\]", source)[-1], safe="")
    return {**where, "creds": {}, "presignedUrl": f"{context.url}/{where['location']}{name}"}


def _folder(context: Context, below: str) -> dict[str, Any]:
    """A folder on this machine, into which the client copies files itself."""
    return {
        "locationType": "LOCAL_FS", "location": str(context.host.stages.root / below), "region": "local", "creds": {},
    }  # fmt: skip


def _cloud(context: Context, owner: str, below: str, write: bool) -> dict[str, Any]:
    """This server, which answers as Google Cloud Storage does."""
    ticket = context.host.stages.ticket(owner, write=write)
    return {
        "locationType": "GCS",
        "location": f"stage/{ticket}/{below}",
        "path": below,
        "region": "LOCAL",
        "storageAccount": None,
        "isClientSideEncrypted": False,
        "creds": {"GCS_ACCESS_TOKEN": ticket},
        "presignedUrl": None,
        "endPoint": context.url,
    }
