"""STAGE: https://docs.snowflake.com/en/sql-reference/sql/create-stage"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from snowmaker.sandbox import copyoptions, fileformat, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.copyoptions import read_stage_options
from snowmaker.sandbox.directory import refreshed, stamped
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    change,
    exists,
    find,
    new,
    read_options,
    register,
    texts,
    there,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Column, Result, status
from snowmaker.sandbox.statements.file_format import FILE_FORMAT, read_file_format, resolved
from snowmaker.sandbox.storage import READERS, checked, cloud, has_key
from snowmaker.sandbox.temporary import keep_temporary

OPTIONS: dict[str, Reader] = {
    **READERS,
    "COMMENT": Parser.string,
    "FILE_FORMAT": read_file_format,
    "COPY_OPTIONS": read_stage_options,
}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    url = str(entry.get("url") or "")
    yes = {True: "Y", False: "N"}
    directory = entry.get("directory") or {}
    return (
        entry.created_on, entry.name, database, schema, url, yes[bool(entry.get("credentials"))], yes[has_key(entry)],
        context.owner(entry), entry.comment, None, _type(entry), cloud(url) or None, None,
        entry.get("storage_integration"), entry.get("endpoint"), context.owner_type(entry),
        yes[bool(directory.get("ENABLE"))],
    )  # fmt: skip


def _type(entry: Entry) -> str:
    """https://docs.snowflake.com/en/sql-reference/sql/show-stages#output"""
    where = "EXTERNAL" if entry.get("url") else "INTERNAL"
    if entry.get("temporary"):
        return f"{where} TEMPORARY"
    server_side = (entry.get("encryption") or {}).get("TYPE") == "SNOWFLAKE_SSE"
    return "INTERNAL NO CSE" if where == "INTERNAL" and server_side else where


def _described(context: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-stage"""
    columns = texts("parent_property property property_type property_value property_default")
    rows = [
        *(("STAGE_FILE_FORMAT", *row) for row in _format_rows(entry)),
        *(("STAGE_COPY_OPTIONS", *row) for row in copyoptions.described(entry.get("copy_options") or {})),
        *_location_rows(entry),
        *(("DIRECTORY", *row) for row in _directory_rows(entry)),
    ]
    if entry.get("url"):
        private = str(bool(entry.get("use_privatelink_endpoint"))).lower()
        rows.append(("PRIVATELINK", "USE_PRIVATELINK_ENDPOINT", "Boolean", private, "false"))
    return Result(columns, rows, type_id=DESCRIBE)


def _format_rows(entry: Entry) -> list[tuple[str, str, str, str]]:
    given = dict(entry.get("file_format") or {})
    if "FORMAT_NAME" in given:
        return [("FORMAT_NAME", "String", fileformat.escaped(given["FORMAT_NAME"]), "")]
    return fileformat.described(given or {"TYPE": "CSV"})


def _location_rows(entry: Entry) -> list[tuple[str, str, str, str, str]]:
    """What is secret has a row, and no value."""
    url = entry.get("url")
    rows = [("STAGE_LOCATION", "URL", "String", json.dumps([url]) if url else "", "")]
    if url and cloud(url) == "AWS":
        rows.append(("STAGE_LOCATION", "AWS_ACCESS_POINT_ARN", "String", entry.get("aws_access_point_arn") or "", ""))
    if integration := entry.get("storage_integration"):
        rows.append(("STAGE_INTEGRATION", "STORAGE_INTEGRATION", "String", integration, ""))
    elif cloud(url or "") in ("", "AWS"):
        rows.append(("STAGE_CREDENTIALS", "AWS_KEY_ID", "String", "", ""))
    return rows


def _directory_rows(entry: Entry) -> list[tuple[str, str, str, str]]:
    directory = entry.get("directory") or {}
    rows = [
        ("ENABLE", "Boolean", str(bool(directory.get("ENABLE"))).lower(), "false"),
        ("AUTO_REFRESH", "Boolean", str(bool(directory.get("AUTO_REFRESH"))).lower(), "false"),
    ]
    if topic := directory.get("AWS_SNS_TOPIC"):
        rows.append(("AWS_SNS_TOPIC", "String", topic, ""))
    if moment := directory.get("LAST_REFRESHED_ON"):
        at = datetime.fromisoformat(moment)
        shown = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} {at:%z}"
        rows.insert(0, ("LAST_REFRESHED_ON", "Timestamp", shown, ""))
    return rows


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
    grants=("READ", "WRITE", "USAGE"),
    describe=_described,
)
register(STAGE)


@statement("CREATE", "STAGE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER", "TEMPORARY")
    optional = parser.if_not_exists()
    name = parser.name()
    if parser.at("CLONE"):
        raise sqlerror.unsupported("CREATE STAGE … CLONE")
    options = read_options(context, parser, OPTIONS, STAGE)
    parser.end()
    place = context.place(name)
    if "OR ALTER" in context.modifiers and there(context, STAGE, name):
        return change(context, STAGE, name, False, lambda entry: _redeclared(context, entry, options))
    entry = _made(context, with_options(new(context, "STAGE", place.schema.id, place.name), options))
    if "TEMPORARY" in context.modifiers:
        entry = replace(entry, properties={**entry.properties, "temporary": True})
        made = keep_temporary(context, entry, optional=optional)
    else:
        with context.ddl() as ddl:
            made = vacant(context, ddl, STAGE, name, optional=optional)
            if made:
                ddl.put(entry)
    return status(f"Stage area {place.name} successfully created.") if made else exists(place.name)


def _made(context: Context, entry: Entry) -> Entry:
    """A new stage, complete: its file format is looked up, and known by its whole name from then on."""
    entry = checked(context, _with_format(context, entry))
    directory = dict(entry.get("directory") or {})
    if directory.get("ENABLE"):
        return stamped(entry)
    return entry


def _with_format(context: Context, entry: Entry) -> Entry:
    given = entry.get("file_format")
    if not given or "FORMAT_NAME" not in given:
        return entry
    resolved(context, given)
    found = find(context, FILE_FORMAT, context.parser(given["FORMAT_NAME"]).name(), "USAGE")
    named = {**given, "FORMAT_NAME": dotted(context.catalog.path(found))}
    return replace(entry, properties={**entry.properties, "file_format": named})


def _redeclared(context: Context, old: Entry, options: dict[str, Any]) -> Entry:
    """CREATE OR ALTER: what is not said is unset; an internal stage stays one, with its encryption.

    https://docs.snowflake.com/en/sql-reference/sql/create-stage#create-or-alter-stage
    """
    fresh = _made(context, with_options(old, options, [*OPTIONS]))
    if bool(fresh.get("url")) != bool(old.get("url")):
        raise sqlerror.unsupported("CREATE OR ALTER STAGE from internal to external, or back")
    if not old.get("url") and (fresh.get("encryption") or {}) != (old.get("encryption") or {}):
        raise sqlerror.malformed("The encryption of an internal stage cannot be changed.")
    return fresh


# -- ALTER ---------------------------------------------------------------------------------------------


def _set(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-stage: there is no UNSET."""
    given = parser.options(OPTIONS, "STAGE")
    if not given:
        raise parser.unexpected()
    parser.end()
    return altered(context, target, lambda entry: _altered(context, entry, given))


def _altered(context: Context, entry: Entry, given: dict[str, Any]) -> Entry:
    if not entry.get("url"):
        for name in ("URL", "ENCRYPTION"):
            if name in given:
                raise sqlerror.malformed(f"{name} of an internal stage cannot be set.")
    dropped = {"STORAGE_INTEGRATION": "CREDENTIALS", "CREDENTIALS": "STORAGE_INTEGRATION"}
    unset = [other for name, other in dropped.items() if name in given and other not in given]
    if "DIRECTORY" in given:
        given = {**given, "DIRECTORY": {**(entry.get("directory") or {}), **given["DIRECTORY"]}}
        turned_off = not given["DIRECTORY"].get("ENABLE")
        unset += ["DIRECTORY_FILES"] if turned_off else []
        if turned_off:
            given["DIRECTORY"] = {"ENABLE": False}
    changed = with_options(entry, given, unset)
    # a format that has been dropped since is not this statement's concern
    return checked(context, _with_format(context, changed) if "FILE_FORMAT" in given else changed, entry)


def _refresh(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-stage#directory-table-parameters"""
    prefix = ""
    if parser.accept("SUBPATH"):
        parser.expect_operator("=")
        prefix = parser.string().lstrip("/")
    parser.end()
    changes: list[tuple[str, str, str]] = []

    def refresh(entry: Entry) -> Entry:
        fresh, rows = refreshed(context, entry, prefix)
        changes.extend(rows)
        return fresh

    altered(context, target, refresh, "WRITE")
    columns = (Column("file"), Column("status"), Column("description"))
    return Result(columns, changes) if changes else status(SUCCESS)


alterable(STAGE, {}, {"REFRESH": _refresh, "SET": _set})
