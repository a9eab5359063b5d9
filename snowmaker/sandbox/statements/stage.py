"""STAGE, LIST, REMOVE, PUT, GET: https://docs.snowflake.com/en/sql-reference/sql/create-stage"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import FIXED
from snowmaker.sandbox.files import Location, StageFile, locate
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    change,
    exists,
    find,
    new,
    register,
    rename,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SCL, SHOW, Column, Result, status
from snowmaker.sandbox.statements.file_format import described, read_file_format, resolved

LOCATION = re.compile(r"@(?:\"[^\"]*\"|[^\s;()'\"])*")
_EXTERNAL = ("URL", "STORAGE_INTEGRATION", "CREDENTIALS", "ENDPOINT")


def _bracketed_options(parser: Parser) -> str:
    return parser.bracketed()


OPTIONS = {
    "COMMENT": Parser.string,
    "FILE_FORMAT": read_file_format,
    "DIRECTORY": _bracketed_options,
    "ENCRYPTION": _bracketed_options,
    "COPY_OPTIONS": _bracketed_options,
    **dict.fromkeys(_EXTERNAL, Parser.word_or_string),
}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    directory = "Y" if "TRUE" in str(entry.get("directory", "")).upper() else "N"
    return (
        entry.created_on, entry.name, database, schema, "", "N", "N", entry.owner, entry.comment, None,
        "INTERNAL", None, None, None, None, "ROLE", directory,
    )  # fmt: skip


STAGE = Kind(
    "STAGE",
    "STAGES",
    "SCHEMA",
    (
        CREATED_ON,
        *texts(
            "name database_name schema_name url has_credentials has_encryption_key owner comment region type "
            "cloud notification_channel storage_integration endpoint owner_role_type directory_enabled"
        ),
    ),
    _row,
)
register(STAGE)


def _options(parser: Parser) -> dict[str, Any]:
    for name in _EXTERNAL:
        if parser.at(name):
            raise sqlerror.unsupported(f"external stages ({name})")
    return parser.options(OPTIONS, "STAGE")


@statement("CREATE", "STAGE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    name = parser.name()
    options = _options(parser)
    parser.end()
    place = context.place(name)
    with context.ddl() as ddl:
        if "FILE_FORMAT" in options:
            resolved(context, options["FILE_FORMAT"])
        if not vacant(context, ddl, STAGE, name, optional=optional):
            return exists(place.name)
        ddl.put(with_options(new(context, "STAGE", place.schema.id, place.name), options))
    return status(f"Stage area {place.name} successfully created.")


@statement("ALTER", "STAGE")
def _alter(context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = parser.name()
    if parser.accept("RENAME", "TO"):
        target = parser.name()
        parser.end()
        return rename(context, STAGE, name, target, optional)
    if parser.accept("SET"):
        options = _options(parser)
        parser.end()
        return change(context, STAGE, name, optional, lambda entry: with_options(entry, options))
    if parser.accept("REFRESH"):
        parser.end()
        find(context, STAGE, name)
        return status("Statement executed successfully.")
    raise sqlerror.unsupported(f"ALTER STAGE … {parser.peek().value}")


@statement("DESCRIBE", "STAGE")
def _describe(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-stage"""
    name = parser.name()
    parser.end()
    entry = find(context, STAGE, name)
    options = resolved(context, dict(entry.get("file_format") or {"TYPE": "CSV"}))
    rows = [("STAGE_FILE_FORMAT", *row) for row in described(options)]
    rows.append(("DIRECTORY", "ENABLE", "Boolean", str(_row(context, entry)[-1] == "Y").lower(), "false"))
    columns = texts("parent_property property property_type property_value property_default")
    return Result(columns, rows, type_id=DESCRIBE)


# -- files ---------------------------------------------------------------------------------------------


def read_location(parser: Parser) -> str:
    """`@stage/path`, quoted or not, or a bound value that holds one."""
    if parser.peek().kind == "string" or parser.peek().text == "?" or parser.peek().kind == "variable":
        return parser.string()
    return parser.raw(LOCATION)


def matching(files: list[StageFile], pattern: str | None, name: str = "") -> list[StageFile]:
    """Files whose whole path matches the pattern."""
    if pattern is None:
        return files
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise sqlerror.malformed(f"invalid pattern: {error}") from None
    return [each for each in files if wanted.fullmatch(each.path) or wanted.fullmatch(f"{name}/{each.path}")]


def _listed(context: Context, parser: Parser) -> tuple[Location, list[StageFile]]:
    place = locate(context, read_location(parser))
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
    place, files = _listed(context, parser)
    prefix = "" if place.name in ("~",) or place.name.startswith("%") else f"{place.name}/"
    rows = [(prefix + each.path, each.size, each.etag, format_datetime(each.modified, usegmt=True)) for each in files]
    columns = (Column("name"), Column("size", FIXED), Column("md5"), Column("last_modified"))
    return Result(columns, rows, type_id=SHOW)


@statement("LS")
def _ls(context: Context, parser: Parser) -> Result:
    return _list(context, parser)


@statement("REMOVE")
def _remove(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/remove"""
    place, files = _listed(context, parser)
    for each in files:
        each.file.unlink()
    rows = [(f"{place.name}/{each.path}", "removed") for each in files]
    return Result((Column("name"), Column("result")), rows, type_id=SCL)


@statement("RM")
def _rm(context: Context, parser: Parser) -> Result:
    return _remove(context, parser)


_URL = re.compile(r"'(?:[^'\\]|\\.|'')*'|\S+")
_TRANSFER: dict[str, Callable[[Parser], Any]] = {
    "PARALLEL": Parser.integer,
    "AUTO_COMPRESS": Parser.boolean,
    "SOURCE_COMPRESSION": Parser.word_or_string,
    "OVERWRITE": Parser.boolean,
    "PATTERN": Parser.string,
}


def _file_url(parser: Parser) -> str:
    """`file://…`, quoted or not: the path below it."""
    text = parser.string() if parser.peek().kind == "string" else parser.raw(_URL)
    if not text.startswith("file://"):
        raise sqlerror.malformed(f"a local file is written file://…, not {text}")
    return text.removeprefix("file://")


@statement("PUT")
def _put(context: Context, parser: Parser) -> Result:
    """The client uploads the files itself; the answer tells it where to.

    https://docs.snowflake.com/en/sql-reference/sql/put
    """
    source = _file_url(parser)
    place = locate(context, read_location(parser))
    options = parser.options(_TRANSFER, "PUT")
    parser.end()
    folder = place.path.rstrip("/")
    below = f"{place.owner}/{folder}/" if folder else f"{place.owner}/"
    (context.host.stages.root / below).mkdir(parents=True, exist_ok=True)
    data = {
        "src_locations": [source],
        "parallel": options.get("PARALLEL", 4),
        "threshold": 209715200,
        "autoCompress": options.get("AUTO_COMPRESS", True),
        "overwrite": options.get("OVERWRITE", False),
        "sourceCompression": options.get("SOURCE_COMPRESSION", "auto_detect").lower(),
        "clientShowEncryptionParameter": False,
        "encryptionMaterial": None,
        "stageInfo": _storage(context, below),
        "command": "UPLOAD",
        "kind": None,
        "operation": "Node",
    }
    return Result((), data=data)


def _storage(context: Context, below: str) -> dict[str, Any]:
    """Where files are: a folder, for the connector 4.x on this machine, which copies them itself; for others
    this server, which answers as Google Cloud Storage does. Connector 5.x has no local-file stages.
    """
    stages = context.host.stages
    if context.session.client.startswith("PythonConnector 4."):
        return {"locationType": "LOCAL_FS", "location": str(stages.root / below), "region": "local", "creds": {}}
    ticket = stages.ticket()
    return {
        "locationType": "GCS",
        "location": f"stage/{ticket}/{below}",
        "path": below,
        "region": "LOCAL",
        "storageAccount": None,
        "isClientSideEncrypted": False,
        "creds": {"GCS_ACCESS_TOKEN": ticket},
        "presignedUrl": None,
        "endPoint": context.host.url,
    }


@statement("GET")
def _get(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/get"""
    place = locate(context, read_location(parser))
    target = _file_url(parser)
    options = parser.options(_TRANSFER, "GET")
    parser.end()
    files = matching(context.host.stages.files(place.owner, place.path), options.get("PATTERN"), place.name)
    data = {
        "src_locations": [each.path for each in files],
        "localLocation": target,
        "parallel": options.get("PARALLEL", 4),
        "threshold": 209715200,
        "autoCompress": False,
        "overwrite": False,
        "sourceCompression": "none",
        "encryptionMaterial": None,
        "presignedUrls": None,
        "stageInfo": _storage(context, f"{place.owner}/"),
        "command": "DOWNLOAD",
        "kind": None,
        "operation": "Node",
    }
    return Result((), data=data)
