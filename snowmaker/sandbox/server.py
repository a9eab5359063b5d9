"""Snowflake's wire protocol over HTTP, as its connectors speak it.

One thread per client connection, so that a statement may block. An answer is always HTTP 200: what went
wrong is in its body, as Snowflake has it; a client would retry anything else for minutes.
"""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from snowmaker.sandbox import wire
from snowmaker.sandbox.catalog import ACCOUNT
from snowmaker.sandbox.errors import SandboxError
from snowmaker.sandbox.faults import Fault
from snowmaker.sandbox.host import Dropped, Host, Outcome, Statement
from snowmaker.sandbox.parameters import PARAMETERS
from snowmaker.sandbox.query import VERSION
from snowmaker.sandbox.result import SELECT
from snowmaker.sandbox.session import Session
from snowmaker.sandbox.sqlerror import SqlError, internal

log = logging.getLogger("snowmaker.sandbox")

Answer = dict[str, Any]
IN_PROGRESS = "333333"
IN_PROGRESS_ASYNC = "333334"
GONE = SqlError(390111, "08003", "Session no longer exists. New login required to access the service.")
WAIT = 45.0  # seconds until a client that waits for a result is told to ask again


class Server(ThreadingHTTPServer):
    """Serves one host, and counts the processes that hold on to it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], host: Host) -> None:
        self.host = host
        self._attached = 0
        self._closing = False
        self._counting = threading.Lock()
        super().__init__(address, Handler)
        host.url = f"http://{address[0]}:{self.port}"

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def attach(self) -> bool:
        """Another process needs this one; False when it is too late."""
        with self._counting:
            if not self._closing:
                self._attached += 1
            return not self._closing

    def detach(self) -> None:
        with self._counting:
            self._attached -= 1

    def may_close(self) -> bool:
        """Whether no process holds on to it; none can from then on."""
        with self._counting:
            self._closing = self._attached == 0
            return self._closing

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection from %s ended", client_address, exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One client connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    routes: ClassVar[dict[tuple[str, str], str]] = {
        ("POST", "/session/v1/login-request"): "_login",
        ("POST", "/session/token-request"): "_renew",
        ("POST", "/session/heartbeat"): "_heartbeat",
        ("POST", "/session"): "_session",
        ("POST", "/queries/v1/query-request"): "_query",
        ("POST", "/queries/v1/abort-request"): "_abort",
        ("POST", "/telemetry/send"): "_ignore",
        ("POST", "/sandbox/faults"): "_add_fault",
        ("DELETE", "/sandbox/faults"): "_clear_faults",
        ("GET", "/sandbox/requests"): "_requests",
        ("GET", "/sandbox/databases"): "_databases",
    }

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_PUT(self) -> None:
        self._handle("PUT")

    def do_HEAD(self) -> None:
        self._handle("HEAD")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        url = urlsplit(self.path)
        self._parameters = {key: values[0] for key, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip" and not url.path.startswith("/stage/"):
            body = gzip.decompress(body)
        if url.path.startswith("/stage/"):
            self._transfer(method, unquote(url.path.removeprefix("/stage/")), body)
            return
        if url.path == "/sandbox/attach":
            self._attach()
            return
        try:
            answer = self._route(method, url.path)(json.loads(body or b"{}"))
        except Dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except SqlError as error:
            answer = failure(error)
        except Exception as error:  # the server boundary: an HTTP 500 would be retried for minutes
            log.exception("internal error in %s", url.path)
            answer = failure(internal(f"{type(error).__name__}: {error}"))
        self._send(200, json.dumps(answer).encode("utf-8"))

    def _route(self, method: str, path: str) -> Callable[[Any], Answer]:
        if name := self.routes.get((method, path)):
            found: Callable[[Any], Answer] = getattr(self, name)
            return found
        parts = [part for part in path.split("/") if part]  # connector 5.x doubles a slash
        if len(parts) == 3 and parts[0] == "queries" and parts[2] == "result":
            return lambda _: self._result(parts[1])
        if len(parts) == 3 and parts[:2] == ["monitoring", "queries"]:
            return lambda _: self._monitor(parts[2])
        return lambda _: failure(SqlError(2, "0A000", f"sandbox does not support the request {method} {path}"))

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", headers.pop("content_type", "application/json"))
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    # -- sessions --------------------------------------------------------------------------------------

    def _token(self) -> str:
        return self.headers.get("Authorization", "").partition('Token="')[2].rstrip('"')

    def _current(self) -> Session:
        session = self.server.host.session(self._token())
        if session is None:
            raise GONE
        return session

    def _login(self, body: Answer) -> Answer:
        data = body.get("data") or {}
        token, session = self.server.host.login(data, self._parameters)
        return success(
            {
                "token": token,
                "masterToken": token,
                "validityInSeconds": 3600,
                "masterValidityInSeconds": 14400,
                "displayUserName": session.user,
                "serverVersion": VERSION,
                "firstLogin": False,
                "sessionId": session.id,
                "healthCheckInterval": 45,
                "parameters": parameters(session),
                "sessionInfo": {
                    "databaseName": session.database and session.database.name,
                    "schemaName": session.schema and session.schema.name,
                    "warehouseName": session.warehouse,
                    "roleName": session.role,
                },
                "finalDatabaseName": session.database and session.database.name,
            }
        )

    def _renew(self, body: Answer) -> Answer:
        old = self._token() or str(body.get("oldSessionToken", ""))
        token = self.server.host.renew(old) or self.server.host.renew(str(body.get("oldSessionToken", "")))
        if token is None:
            raise GONE
        return success(
            {
                "sessionToken": token,
                "masterToken": token,
                "validityInSecondsST": 3600,
                "validityInSecondsMT": 14400,
                "validityInSeconds": 3600,
            }
        )

    def _heartbeat(self, _: Answer) -> Answer:
        self._current()
        return success(None)

    def _session(self, _: Answer) -> Answer:
        session = self._current()
        if self._parameters.get("delete", "").lower() == "true":
            self.server.host.end_session(session)
        return success(None)

    def _ignore(self, _: Answer) -> Answer:
        return success(None)

    # -- statements ------------------------------------------------------------------------------------

    def _query(self, body: Answer) -> Answer:
        session = self._current()
        bindings = body.get("bindings") or {}
        ordered = sorted(bindings, key=int) if all(key.isdigit() for key in bindings) else list(bindings)
        statement = Statement(
            str(body.get("sqlText") or ""),
            [wire.bound(bindings[key]) for key in ordered],
            body.get("parameters"),
            bool(body.get("describeOnly")),
        )
        host = self.server.host
        if body.get("asyncExec"):
            query_id = host.submit(session, statement)
            return pending(query_id, IN_PROGRESS_ASYNC)
        return answer(session, host.execute(session, statement, self._parameters.get("requestId", "")))

    def _result(self, query_id: str) -> Answer:
        session = self._current()
        outcome = self.server.host.outcome(query_id, WAIT)
        return pending(query_id, IN_PROGRESS) if outcome is None else answer(session, outcome)

    def _monitor(self, query_id: str) -> Answer:
        self._current()
        query = self.server.host.history.get(query_id)
        if query is None:
            return success({"queries": []})
        found = {
            "id": query_id,
            "status": query.execution_status,
            "sqlText": query.query_text,
            "errorCode": query.error_code,
            "errorMessage": query.error_message,
            "sessionId": query.session_id,
        }
        return success({"queries": [found]})

    def _abort(self, body: Answer) -> Answer:
        session = self._current()
        query_id = body.get("queryId")
        session.cancel(str(query_id) if query_id else None)
        return success(None)

    # -- what only the sandbox has ---------------------------------------------------------------------

    def _trusted(self) -> None:
        if self._token() != self.server.host.token:
            raise SqlError(390100, "08001", "the sandbox's token is wanted")

    def _add_fault(self, body: Answer) -> Answer:
        self._trusted()
        try:
            self.server.host.faults.add(Fault(**body))
        except (SandboxError, TypeError) as error:
            raise SqlError(2, "0A000", str(error)) from None
        return success(None)

    def _clear_faults(self, _: Answer) -> Answer:
        self._trusted()
        self.server.host.faults.clear()
        return success(None)

    def _requests(self, _: Answer) -> Answer:
        self._trusted()
        return success({"requests": self.server.host.requests})

    def _databases(self, _: Answer) -> Answer:
        self._trusted()
        found = self.server.host.engine.catalog.children(ACCOUNT, "DATABASE")
        return success([database.name for database in found])

    def _attach(self) -> None:
        """The connection stays open for as long as the other process lives."""
        if self._token() != self.server.host.token or not self.server.attach():
            self._send(403, b"")
            return
        try:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"2\r\nok\r\n")
            self.wfile.flush()
            self.connection.recv(1)
        except OSError:
            log.debug("an attached process is gone")
        finally:
            self.server.detach()
            self.close_connection = True

    # -- files of stages -------------------------------------------------------------------------------

    def _transfer(self, method: str, path: str, body: bytes) -> None:
        """Upload and download in the way of Google Cloud Storage."""
        stages = self.server.host.stages
        ticket, _, file = path.partition("/")
        if not stages.admits(ticket):
            self._send(403, b"")
            return
        if method == "PUT" and self.headers.get("x-goog-if-generation-match") == "0" and stages.exists(file):
            self._send(412, b"")
            return
        if method == "PUT":
            etag = stages.store(file, body)
            self._send(200, b"", ETag=f'"{etag}"')
            return
        found = stages.load(file)
        if found is None:
            self._send(404, b"")
            return
        self._send(200, found, content_type="application/octet-stream", ETag=f'"{stages.etag(file)}"')


def success(data: Any) -> Answer:
    return {"data": data, "code": None, "message": None, "success": True}


def failure(error: SqlError, query_id: str = "") -> Answer:
    """The answer to what was refused."""
    code = f"{error.code:06d}"
    data = {
        "internalError": error.code == 603,
        "errorCode": code,
        "sqlState": error.sqlstate,
        "queryId": query_id,
        "pos": -1,
        "line": -1,
        "type": "COMPILATION",
    }
    return {"data": data, "code": code, "message": error.message, "success": False}


def pending(query_id: str, code: str) -> Answer:
    data = {
        "queryId": query_id,
        "getResultUrl": f"/queries/{query_id}/result",
        "progressDesc": None,
        "queryAbortsAfterSecs": 300,
    }
    return {"data": data, "code": code, "message": "Query in progress", "success": True}


def parameters(session: Session) -> list[dict[str, Any]]:
    """What clients go by; arrays are always bound inline."""
    shown = {
        "TIMEZONE",
        "AUTOCOMMIT",
        "CLIENT_TELEMETRY_ENABLED",
        "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY",
        *session.parameters,
    }
    found = [{"name": name, "value": session.parameter(name)} for name in sorted(shown) if name in PARAMETERS]
    return [*found, {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0}]


def answer(session: Session, outcome: Outcome) -> Answer:
    """The answer to a statement, with where it left the session."""
    if outcome.error is not None or outcome.result is None:
        return failure(outcome.error or internal(), outcome.query_id)
    result = outcome.result
    if result.data:
        return success({**result.data, "queryId": outcome.query_id})
    data = {
        "parameters": parameters(session),
        "rowtype": wire.rowtype(result.columns),
        **wire.encode(result),
        "total": result.total,
        "returned": result.total,
        "queryId": outcome.query_id,
        "databaseProvider": None,
        "finalDatabaseName": session.database and session.database.name,
        "finalSchemaName": session.schema and session.schema.name,
        "finalWarehouseName": session.warehouse,
        "finalRoleName": session.role,
        "numberOfBinds": 0,
        "arrayBindSupported": True,
        "statementTypeId": result.type_id,
        "version": 1,
        "sendResultTime": 0,
    }
    if result.type_id == SELECT and result.table is None:
        data.update({"queryResultFormat": "arrow", "rowsetBase64": ""})
        data.pop("rowset", None)
    return success(data)
