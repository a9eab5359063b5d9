"""Snowflake's wire protocol over HTTP, as its connectors speak it.

One thread per client connection, so that a statement may block. An answer is always HTTP 200: what went
wrong is in its body, as Snowflake has it; a client would retry anything else for minutes.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import zlib
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from snowmaker.sandbox import answers, rest, wire
from snowmaker.sandbox.access import Access
from snowmaker.sandbox.answers import IN_PROGRESS, IN_PROGRESS_ASYNC, Answer, failure, pending, success
from snowmaker.sandbox.catalog import ACCOUNT
from snowmaker.sandbox.errors import SandboxError
from snowmaker.sandbox.faults import Fault
from snowmaker.sandbox.host import Host
from snowmaker.sandbox.query_history import visible
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.runner import Dropped, Outcome, Statement
from snowmaker.sandbox.session import Session
from snowmaker.sandbox.session_functions import VERSION
from snowmaker.sandbox.sessions import MASTER_SECONDS, TOKEN_SECONDS
from snowmaker.sandbox.snapshots import snapshot
from snowmaker.sandbox.sqlerror import SqlError, internal

log = logging.getLogger("snowmaker.sandbox")

WAIT = 45.0  # seconds until a client that waits for a result is told to ask again
LARGEST = 1 << 30  # bytes of a request's body, files of stages apart
SILENCE = 600.0  # seconds after which a client that stopped in the middle of a request is given up


_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)


def is_near(address: str) -> bool:
    """Whether a client at this address is on this machine: one outside of a container is not in it."""
    return ip_address(address).is_loopback


class Malformed(Exception):  # noqa: N818 - reads as a word
    """A request that is no proper HTTP or JSON; `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


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
        ("GET", "/sandbox/snapshot"): "_snapshot",
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
        try:
            url = urlsplit(self.path)
            self._parameters = {key: values[0] for key, values in parse_qs(url.query).items()}
            path = "/" + "/".join(part for part in url.path.split("/") if part)  # connector 5.x doubles a slash
            body = self._body(url.path)
            if path == "/sandbox/attach":
                self._attach()
            elif path.startswith("/stage/"):
                self._transfer(method, unquote(url.path.removeprefix("/stage/")), body)
            elif path.startswith("/results/"):
                self._chunk(path.removeprefix("/results/"))
            elif f"{path}/".startswith(rest.PREFIX):
                self._rest(method, path, _document(body))
            else:
                self._answer(method, path, body)
        except (Malformed, SqlError, UnicodeError, ValueError) as error:
            status = error.status if isinstance(error, Malformed) else 400
            self.close_connection = True
            refused = failure(SqlError(status, "08001", f"malformed request: {error}"))
            self._send(status, json.dumps(refused).encode("utf-8"))
        except Dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, method: str, path: str, body: bytes) -> None:
        """One request of the protocol proper: JSON in, JSON out."""
        data = _document(body)
        try:
            answer = self._route(method, path)(data)
        except SqlError as error:
            answer = failure(error)
        except Dropped:
            raise
        except Exception as error:  # the server boundary: an HTTP 500 would be retried for minutes
            log.exception("internal error in %s", path)
            answer = failure(internal(f"{type(error).__name__}: {error}"))
        self._send(200, json.dumps(answer).encode("utf-8"))

    def _body(self, path: str) -> bytes:
        """What came with the request, unpacked. Raises Malformed."""
        self.connection.settimeout(SILENCE)
        staged = path.startswith("/stage/")
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = self._chunked_body()
        else:
            length = self.headers.get("Content-Length") or "0"
            if not length.isascii() or not length.isdigit():
                raise Malformed(400, f"Content-Length: {length[:40]}")
            if int(length) > LARGEST and not staged:
                raise Malformed(413, f"a body of {length} bytes is too large")
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                raise Malformed(400, "the body ends early")
        self.connection.settimeout(None)
        if staged or self.headers.get("Content-Encoding", "").lower() != "gzip":
            return body
        unpacking = zlib.decompressobj(wbits=31)
        try:
            found = unpacking.decompress(body, LARGEST)
        except zlib.error as error:
            raise Malformed(400, f"Content-Encoding: {error}") from None
        if not unpacking.eof:
            raise Malformed(413 if unpacking.unconsumed_tail else 400, "the body is cut short, or too large")
        return found

    def _chunked_body(self) -> bytes:
        parts: list[bytes] = []
        while True:
            size = int(self.rfile.readline(100).partition(b";")[0].strip() or b"?", 16)
            if size < 0 or size + sum(map(len, parts)) > LARGEST:
                raise Malformed(413, "the body is too large")
            if size == 0:
                while self.rfile.readline(1000).strip():
                    continue
                return b"".join(parts)
            parts.append(self.rfile.read(size))
            self.rfile.readline(10)

    def _route(self, method: str, path: str) -> Callable[[Any], Answer]:
        if name := self.routes.get((method, path)):
            found: Callable[[Any], Answer] = getattr(self, name)
            return found
        parts = path.split("/")[1:]
        if method == "GET" and len(parts) == 3 and parts[0] == "queries" and parts[2] == "result":
            return lambda _: self._result(parts[1])
        if method == "GET" and len(parts) == 3 and parts[:2] == ["monitoring", "queries"]:
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

    @property
    def _reached(self) -> str:
        """Where the client reaches this server, as it says: a port can be published under another number."""
        host = self.headers.get("Host", "")
        return f"http://{host}" if _HOST.fullmatch(host) else self.server.host.url

    def _current(self) -> Session:
        return self.server.host.open_sessions.current(self._token())

    def _login(self, body: Answer) -> Answer:
        data = body.get("data")
        tokens, session = self.server.host.login(
            data if isinstance(data, dict) else {}, self._parameters, self.headers.get("User-Agent", "")
        )
        session.url, session.near = self._reached, is_near(self.client_address[0])
        return success(
            {
                "token": tokens.session,
                "masterToken": tokens.master,
                "validityInSeconds": TOKEN_SECONDS,
                "masterValidityInSeconds": MASTER_SECONDS,
                "displayUserName": session.user,
                "serverVersion": VERSION,
                "firstLogin": False,
                "sessionId": session.id,
                "healthCheckInterval": 45,
                "parameters": answers.parameters(session),
                "sessionInfo": answers.place(session),
                "finalDatabaseName": session.database and session.database.name,
            }
        )

    def _renew(self, _: Answer) -> Answer:
        tokens = self.server.host.open_sessions.renew(self._token())
        return success(
            {
                "sessionToken": tokens.session,
                "masterToken": tokens.master,
                "validityInSecondsST": TOKEN_SECONDS,
                "validityInSecondsMT": MASTER_SECONDS,
                "validityInSeconds": TOKEN_SECONDS,
                "masterValidityInSeconds": MASTER_SECONDS,
            }
        )

    def _heartbeat(self, _: Answer) -> Answer:
        open_sessions = self.server.host.open_sessions
        open_sessions.extend(self._current())
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
        given = body.get("parameters")
        statement = Statement(
            str(body.get("sqlText") or ""),
            wire.bindings(body.get("bindings")),
            given if isinstance(given, dict) else None,
            body.get("describeOnly") is True,
            str(body["bindStage"]) if body.get("bindStage") else None,
        )
        alone = body.get("asyncExec") is True
        request = self._parameters.get("requestId", "")
        run = self.server.host.runner.start(session, statement, request, beside=alone)
        if alone:
            return pending(run.query_id, IN_PROGRESS_ASYNC)
        return self._ended(session, run.query_id, run.outcome(WAIT))

    def _result(self, query_id: str) -> Answer:
        session = self._current()
        return self._ended(session, query_id, self.server.host.runner.outcome(session, query_id, WAIT))

    def _ended(self, session: Session, query_id: str, outcome: Outcome | None) -> Answer:
        if outcome is None:
            return pending(query_id, IN_PROGRESS)
        return answers.outcome(session, outcome, f"{self._reached}/results")

    def _monitor(self, query_id: str) -> Answer:
        """What clients ask about a query that runs behind their back."""
        session = self._current()
        query = self.server.host.history.get(query_id)
        if query is not None and not visible(session, Access.of_session(session))(query):
            return success({"queries": []})
        if query is None:
            waiting = self.server.host.runner.running(query_id) is not None
            return success({"queries": [{"id": query_id, "status": "QUEUED"}] if waiting else []})
        found = {
            "id": query_id,
            "status": query.execution_status,
            "state": query.execution_status,
            "sqlText": query.query_text,
            "startTime": _milliseconds(query.start_time),
            "endTime": _milliseconds(query.end_time),
            "errorCode": query.error_code,
            "errorMessage": query.error_message,
            "sessionId": query.session_id,
            "warehouseName": query.warehouse_name,
        }
        return success({"queries": [found]})

    def _abort(self, body: Answer) -> Answer:
        session = self._current()
        query_id = body.get("queryId")
        request = str(body.get("requestId") or "")
        self.server.host.runner.abort(session, request, str(query_id) if query_id else None)
        return success(None)

    def _chunk(self, path: str) -> None:
        """A part of a large result; its URL holds the secret that admits to it."""
        query_id, _, rest = path.partition("/")
        outcome = self.server.host.runner.ended(query_id)
        body = answers.chunk(outcome, rest) if outcome else None
        self._send(404 if body is None else 200, body or b"", content_type="application/octet-stream")

    def _rest(self, method: str, path: str, body: Answer) -> None:
        """The REST API beside the protocol; here errors have an HTTP status."""
        try:
            session = self._current()
        except SqlError as error:
            self._send(401, json.dumps(failure(error)).encode("utf-8"))
            return
        status, found = rest.reply(method, unquote(path), self._parameters, body, lambda text: self._run(session, text))
        self._send(status, json.dumps(found, default=str).encode("utf-8"))

    def _run(self, session: Session, text: str) -> Result:
        outcome = self.server.host.runner.start(session, Statement(text)).outcome(WAIT)
        if outcome is None or outcome.error is not None or outcome.result is None:
            raise (outcome and outcome.error) or internal()
        return outcome.result

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

    def _snapshot(self, _: Answer) -> Answer:
        self._trusted()
        return success(snapshot(self.server.host.engine, self.server.host.stages))

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
        if not stages.admits(ticket, file, write=method == "PUT"):
            self._send(403, b"")
            return
        try:
            stages.inside(file)
        except SqlError as error:
            raise Malformed(400, error.message) from None
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


def _document(body: bytes) -> Answer:
    """The JSON object of a request; an empty body is an empty one. Raises Malformed."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Malformed(400, f"no JSON: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Malformed(400, "the JSON of a request is an object")
    return found


def _milliseconds(moment: str | None) -> int:
    """Since 1970, as clients want it; 0 for what is not yet."""
    return int(datetime.fromisoformat(moment).timestamp() * 1000) if moment else 0
