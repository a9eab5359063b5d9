"""PIPE: https://docs.snowflake.com/en/sql-reference/sql/create-pipe

Nothing calls a pipe here: it loads when it is refreshed. A paused one keeps what it is sent until it is resumed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from snowmaker.sandbox import loads, sqlerror
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.files import StageFile, matching
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    created,
    exists,
    find,
    new,
    read_options,
    register,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.loading import Load
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.query import at_home, scalar
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Column, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.copy import plan, read_copy, run_load
from snowmaker.sandbox.storage import cloud, integration

# https://docs.snowflake.com/en/sql-reference/sql/create-pipe#usage-notes: what a pipe's COPY may not say
_NOT_IN_PIPES = ("FILES", "SIZE_LIMIT", "PURGE", "FORCE", "RETURN_FAILED_ONLY", "VALIDATION_MODE")
_LATEST = timedelta(days=7)  # REFRESH looks at no older files
_CHANNEL = "arn:aws:sqs:local:000000000000:sandbox"  # where events would come in, had the sandbox a cloud

_CREATE: dict[str, Reader] = {
    "AUTO_INGEST": Parser.boolean,
    "ERROR_INTEGRATION": Parser.word_or_string,
    "AWS_SNS_TOPIC": Parser.string,
    "INTEGRATION": Parser.word_or_string,
    "COMMENT": Parser.string,
}
_SET: dict[str, Reader] = {
    "PIPE_EXECUTION_PAUSED": Parser.boolean,
    "ERROR_INTEGRATION": Parser.word_or_string,
    "COMMENT": Parser.string,
}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.created_on, entry.name, database, schema, entry.get("definition"), context.owner(entry),
        _CHANNEL if entry.get("auto_ingest") and not entry.get("integration") else None, entry.comment or None,
        entry.get("integration"), entry.get("pattern"), entry.get("error_integration"), context.owner_type(entry),
        _invalid(context, entry), "STAGE", "false",
    )  # fmt: skip


def _invalid(context: Context, entry: Entry) -> str | None:
    """Why the pipe cannot run, if it cannot."""
    try:
        planned(context, entry)
    except SqlError as error:
        return error.message
    return None


def _described(context: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-pipe"""
    return Result(PIPE.columns, [_row(context, entry)], type_id=DESCRIBE)


PIPE = Kind(
    "PIPE",
    "PIPES",
    "SCHEMA",
    (
        CREATED_ON,
        *texts(
            "name database_name schema_name definition owner notification_channel comment integration pattern "
            "error_integration owner_role_type invalid_reason kind is_snowflake_managed"
        ),
    ),
    _row,
    grants=("MONITOR", "OPERATE"),
    describe=_described,
)
register(PIPE)


@statement("CREATE", "PIPE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    name = parser.name()
    options = read_options(context, parser, _CREATE, PIPE)
    parser.expect("AS")
    definition = parser.rest()
    place = context.place(name)
    entry = with_options(new(context, "PIPE", place.schema.id, place.name), {**options, "DEFINITION": definition})
    load = _load_of(context, entry)
    _check(context, entry, load)
    properties = {**entry.properties, "pattern": load.options.get("PATTERN"), "table": load.table.id}
    with context.ddl() as ddl:
        if not vacant(context, ddl, PIPE, name, optional=optional):
            return exists(place.name)
        ddl.put(replace(entry, properties=properties))
    return created("PIPE", place.name)


def _check(context: Context, entry: Entry, load: Load) -> None:
    stage = load.place.entry
    where = cloud(str(stage.get("url") or "")) if stage is not None and stage.kind == "STAGE" else ""
    for name in ("INTEGRATION", "ERROR_INTEGRATION"):
        if given := entry.get(name.lower()):
            integration(context, "NOTIFICATION", given)
    if entry.get("aws_sns_topic") and where not in ("AWS", ""):
        raise sqlerror.invalid_property("AWS_SNS_TOPIC", "PIPE")
    if entry.get("integration") and where == "AWS":
        raise sqlerror.invalid_property("INTEGRATION", "PIPE")
    if entry.get("auto_ingest") and where in ("GCP", "AZURE") and not entry.get("integration"):
        raise sqlerror.malformed("AUTO_INGEST = TRUE wants an INTEGRATION for stages of Google Cloud Storage or Azure.")


# -- what a pipe does ----------------------------------------------------------------------------------


def _load_of(context: Context, entry: Entry) -> Load:
    """Its COPY, with names looked up from its own schema. Raises SqlError for what a pipe cannot do."""
    text = str(entry.get("definition"))
    if "DATA_SOURCE" in text.upper():
        raise sqlerror.unsupported("pipes of Snowpipe Streaming")
    parser = context.parser(text)
    parser.expect("COPY", "INTO")
    copy = read_copy(parser)
    parser.end()
    for name in _NOT_IN_PIPES:
        if name in copy.options:
            raise sqlerror.malformed(f"The copy option {name} is not supported in a pipe.")
    if copy.options.get("ON_ERROR") == "ABORT_STATEMENT":
        raise sqlerror.malformed("ON_ERROR = ABORT_STATEMENT is not supported in a pipe.")
    with at_home(context, entry):
        return plan(context, copy, entry)


def planned(context: Context, entry: Entry) -> Load:
    """Its COPY as its owner may do it."""
    return _load_of(context.as_owner(entry), entry)


def _stage_files(context: Context, load: Load, prefix: str, after: datetime) -> list[StageFile]:
    if load.place.external:
        raise sqlerror.unsupported("the files of an external stage")
    start = f"{load.place.path.rstrip('/')}/{prefix}".lstrip("/") if prefix else load.place.path
    files = matching(
        context.host.stages.files(load.place.owner, start), load.options.get("PATTERN"), load.place.name
    )  # fmt: skip
    return [file for file in loads.fresh(context, load, files) if file.modified > after]


def _refresh(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-pipe: files are loaded that were not before."""
    prefix, after = "", datetime.now(UTC) - _LATEST
    while not (parser.peek().kind == "end" or parser.peek().text == ";"):
        if parser.accept("PREFIX"):
            parser.expect_operator("=")
            prefix = parser.string().lstrip("/")
        else:
            parser.expect("MODIFIED_AFTER")
            parser.expect_operator("=")
            after = max(after, _moment(context, parser))
    parser.end()
    try:
        entry = find(context, PIPE, target.name, "OPERATE")
    except SqlError as error:
        if target.optional and error.code == sqlerror.does_not_exist("", "").code:
            return status(SUCCESS)
        raise
    own = context.as_owner(entry)
    load = planned(context, entry)
    files = _stage_files(own, load, prefix, after)
    if entry.get("pipe_execution_paused"):
        _keep_pending(context, target, [file.path for file in files])
    else:
        _run(own, entry, load, files)
    rows = [(file.path.removeprefix(load.place.path).lstrip("/"), "SENT") for file in files]
    return Result((Column("File"), Column("Status")), rows)


def _moment(context: Context, parser: Parser) -> datetime:
    """A timestamp, as a constant or as an expression."""
    text = parser.string() if parser.peek().kind == "string" else parser.expression("PREFIX")
    written = text if "(" in text else "'" + text.replace("'", "''") + "'"
    found = scalar(context, f"{written}::TIMESTAMP_TZ")
    if not isinstance(found, datetime):
        raise sqlerror.invalid_value(text, "MODIFIED_AFTER")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _keep_pending(context: Context, target: Target, paths: Sequence[str]) -> None:
    def kept(entry: Entry) -> Entry:
        pending = list(dict.fromkeys([*entry.get("pending", ()), *paths]))
        return replace(entry, properties={**entry.properties, "pending": pending})

    altered(context, target, kept, "OPERATE")


def _run(context: Context, entry: Entry, load: Load, files: Sequence[StageFile]) -> None:
    with at_home(context, entry):
        run_load(context, load, files)


# -- ALTER ---------------------------------------------------------------------------------------------


def _set(context: Context, parser: Parser, target: Target) -> Result:
    values = parser.options(_SET, "PIPE")
    if not values:
        raise parser.unexpected()
    parser.end()
    if "ERROR_INTEGRATION" in values:
        integration(context, "NOTIFICATION", values["ERROR_INTEGRATION"])
    # whoever may OPERATE it may pause and resume it, and nothing else
    may = ("OPERATE",) if set(values) == {"PIPE_EXECUTION_PAUSED"} else ()
    result = altered(context, target, lambda entry: with_options(entry, values), *may)
    if values.get("PIPE_EXECUTION_PAUSED") is False:
        _resume(context, target)
    return result


def _unset(context: Context, parser: Parser, target: Target) -> Result:
    keys = parser.keys(_SET, "PIPE")
    parser.end()
    may = ("OPERATE",) if set(keys) == {"PIPE_EXECUTION_PAUSED"} else ()
    result = altered(context, target, lambda entry: with_options(entry, {}, keys), *may)
    if "PIPE_EXECUTION_PAUSED" in keys:
        _resume(context, target)
    return result


def _resume(context: Context, target: Target) -> None:
    """What was sent to the pipe while it was paused is loaded now."""
    try:
        entry = find(context, PIPE, target.name)
    except SqlError:
        if target.optional:
            return
        raise
    wanted = set(entry.get("pending", ()))
    if not wanted:
        return
    load = planned(context, entry)
    files = [file for file in context.host.stages.files(load.place.owner) if file.path in wanted]
    _run(context.as_owner(entry), entry, load, loads.fresh(context, load, files))
    altered(context, target, lambda found: with_options(found, {}, ["PENDING"]), "OPERATE")


alterable(PIPE, {}, {"SET": _set, "UNSET": _unset, "REFRESH": _refresh}, renames=False)


# -- functions -----------------------------------------------------------------------------------------


def _named(context: Context, arguments: Sequence[Any], *privileges: str) -> tuple[Entry, Target]:
    if not arguments:
        raise sqlerror.malformed("the name of a pipe is wanted")
    parser = context.parser(str(arguments[0]))
    name = parser.name()
    parser.end()
    return find(context, PIPE, name, *privileges), Target(PIPE, name, False)


@system_function("SYSTEM$PIPE_STATUS")
def _pipe_status(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_pipe_status"""
    entry, _ = _named(context, arguments, "MONITOR")
    pending = len(entry.get("pending", ()))
    found: dict[str, Any] = {
        "executionState": "PAUSED" if entry.get("pipe_execution_paused") else "RUNNING",
        "pendingFileCount": pending,
    }
    if pending:
        found["oldestPendingFilePath"] = entry.get("pending")[0]
    if (last := loads.last_of_pipe(context, entry)) is not None:
        found["lastIngestedTimestamp"] = (
            f"{last[1].astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{last[1].microsecond // 1000:03d}Z"
        )
        found["lastIngestedFilePath"] = last[0]
    if entry.get("auto_ingest"):
        found["notificationChannelName"] = entry.get("integration") or _CHANNEL
    return json.dumps(found, separators=(",", ":"))


@system_function("SYSTEM$PIPE_FORCE_RESUME")
def _force_resume(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_pipe_force_resume"""
    entry, target = _named(context, arguments, "OPERATE")
    altered(context, target, lambda found: with_options(found, {"PIPE_EXECUTION_PAUSED": False}), "OPERATE")
    _resume(context, target)
    return f"Pipe {entry.name} successfully resumed."
