"""The bodies of the server's answers: what Snowflake's clients read from JSON."""

from __future__ import annotations

import hmac
from typing import Any

from snowmaker.sandbox import wire
from snowmaker.sandbox.parameters import PARAMETERS
from snowmaker.sandbox.result import COUNTED, SELECT, Result
from snowmaker.sandbox.runner import Outcome
from snowmaker.sandbox.session import Session
from snowmaker.sandbox.sqlerror import SqlError, internal

Answer = dict[str, Any]

IN_PROGRESS = "333333"
IN_PROGRESS_ASYNC = "333334"

# Parameters that clients go by: Snowflake tells them at login and with each result.
# https://docs.snowflake.com/en/sql-reference/parameters
_TOLD = (
    "AUTOCOMMIT", "BINARY_OUTPUT_FORMAT", "CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX", "CLIENT_PREFETCH_THREADS",
    "CLIENT_RESULT_CHUNK_SIZE", "CLIENT_RESULT_COLUMN_CASE_INSENSITIVE", "CLIENT_SESSION_KEEP_ALIVE",
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD",
    "CLIENT_TELEMETRY_ENABLED", "CLIENT_TIMESTAMP_TYPE_MAPPING",
    "DATE_OUTPUT_FORMAT", "GEOGRAPHY_OUTPUT_FORMAT", "GEOMETRY_OUTPUT_FORMAT", "TIMESTAMP_LTZ_OUTPUT_FORMAT",
    "TIMESTAMP_NTZ_OUTPUT_FORMAT", "TIMESTAMP_OUTPUT_FORMAT", "TIMESTAMP_TZ_OUTPUT_FORMAT", "TIMEZONE",
    "TIME_OUTPUT_FORMAT",
)  # fmt: skip
_STATISTICS = {
    "number of rows inserted": "numRowsInserted",
    "number of rows updated": "numRowsUpdated",
    "number of rows deleted": "numRowsDeleted",
    "number of multi-joined rows updated": "numDmlDuplicates",
}

_BEGINNINGS = (("number of rows inserted", "numRowsInserted"),)  # of a multi-table insert: "… into T"


def success(data: Any) -> Answer:
    """The answer to what succeeded, with its data."""
    return {"data": data, "code": None, "message": None, "success": True}


def failure(error: SqlError, query_id: str = "") -> Answer:
    """The answer to what was refused."""
    code = f"{error.code:06d}"
    data = {
        "internalError": error.code == 603,
        "errorCode": code,
        "age": 0,
        "sqlState": error.sqlstate,
        "queryId": query_id,
        "pos": -1,
        "line": -1,
        "type": "COMPILATION" if "compilation error" in error.message else "EXECUTION",
    }
    return {"data": data, "code": code, "message": error.message, "success": False}


def pending(query_id: str, code: str) -> Answer:
    """The query runs on; the client asks for its result later."""
    data = {
        "queryId": query_id,
        "getResultUrl": f"/queries/{query_id}/result",
        "progressDesc": None,
        "queryAbortsAfterSecs": 300,
    }
    return {"data": data, "code": code, "message": "Query execution in progress.", "success": True}


def parameters(session: Session) -> list[Answer]:
    """What the client goes by, and what its session has set."""
    names = {*_TOLD, *session.parameters}
    return [{"name": name, "value": session.parameter(name)} for name in sorted(names) if name in PARAMETERS]


def place(session: Session) -> Answer:
    """What is current in a session, under the names that login and results have for it."""
    return {
        "databaseName": session.database and session.database.name,
        "schemaName": session.schema and session.schema.name,
        "warehouseName": session.warehouse,
        "roleName": session.role,
    }


def outcome(session: Session, ended: Outcome, chunks: str) -> Answer:
    """The answer to a statement, with where it left the session; `chunks` is the URL below which large results are."""
    if ended.error is not None or ended.result is None:
        return failure(ended.error or internal(), ended.query_id)
    result = ended.result
    if result.data:
        return success({**result.data, "queryId": ended.query_id, "parameters": parameters(session)})
    where = place(session)
    data = {
        "parameters": parameters(session),
        "rowtype": wire.rowtype(result.columns),
        **_rows(ended, chunks),
        "total": None if ended.described else result.total,
        "returned": None if ended.described else result.total,
        "queryId": ended.query_id,
        "databaseProvider": None,
        "finalDatabaseName": where["databaseName"],
        "finalSchemaName": where["schemaName"],
        "finalWarehouseName": where["warehouseName"],
        "finalRoleName": where["roleName"],
        "numberOfBinds": 0,
        "arrayBindSupported": result.type_id in COUNTED,
        "statementTypeId": result.type_id,
        "version": 1,
        "sendResultTime": 0,
        "queryContext": {"entries": []},
    }
    if ended.children:
        data["resultIds"] = ",".join(child.query_id for child in ended.children)
        data["resultTypes"] = ",".join(str(child.result.type_id) for child in ended.children if child.result)
    if any((statistics := _statistics(result)).values()):
        data["stats"] = statistics
    return success(data)


def _rows(ended: Outcome, chunks: str) -> Answer:
    """The rows: all of them, or the first and where to fetch the others."""
    result = ended.result
    assert result is not None
    as_json = result.type_id != SELECT or ended.as_json
    if ended.described:
        empty: Answer = {"rowset": []} if as_json else {"rowsetBase64": ""}
        return {"queryResultFormat": "json" if as_json else "arrow", **empty}
    spans = wire.spans(result)
    if as_json:
        data: Answer = {"queryResultFormat": "json", "rowset": wire.rowset(result, *spans[0])}
    else:
        data = {"queryResultFormat": "arrow", "rowsetBase64": wire.arrow_base64(result, *spans[0])}
    if len(spans) > 1:
        where = f"{chunks}/{ended.query_id}/{ended.ticket}/{data['queryResultFormat']}"
        data["chunks"] = [
            {"url": f"{where}/{number}", "rowCount": end - start, "uncompressedSize": 0, "compressedSize": 0}
            for number, (start, end) in enumerate(spans)
            if number
        ]
        data["chunkHeaders"] = {"x-sandbox": "result"}
    return data


def chunk(ended: Outcome, path: str) -> bytes | None:
    """One part of a large result, as the rest of its URL names it; None where there is none."""
    ticket, _, rest = path.partition("/")
    form, _, number = rest.partition("/")
    result = ended.result
    if result is None or not hmac.compare_digest(ticket.encode(), ended.ticket.encode()):
        return None
    spans = wire.spans(result)
    if not number.isdigit() or not 0 < int(number) < len(spans) or form not in ("json", "arrow"):
        return None
    start, end = spans[int(number)]
    return wire.json_chunk(result, start, end) if form == "json" else wire.arrow_stream(result, start, end)


def _statistics(result: Result) -> dict[str, int]:
    """How many rows a statement has changed, which DDL does too."""
    found = dict.fromkeys(_STATISTICS.values(), 0)
    found["numRowsInserted"] += result.inserted
    found["numRowsDeleted"] += result.deleted
    for column, value in zip(result.columns, result.rows[0] if result.rows else (), strict=False):
        name = _STATISTICS.get(column.name) or next(
            (own for word, own in _BEGINNINGS if column.name.startswith(word)), None
        )
        if result.type_id in COUNTED and name:
            found[name] += int(value or 0)
    return found
