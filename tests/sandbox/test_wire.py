"""The wire protocol by hand: no client's library between the test and the server."""

from __future__ import annotations

import gzip
import json
import socket
import time
import uuid
from http.client import HTTPConnection
from typing import Any

import pytest

from snowmaker import sandbox


class Raw:
    """Requests of the protocol, one HTTP connection each."""

    def __init__(self, account: sandbox.Account) -> None:
        where = account.connection()
        self.host, self.port, self._secret = where["host"], where["port"], where["token"]
        self.token = self.master = ""

    def send(self, method: str, path: str, body: bytes = b"{}", **headers: str) -> tuple[int, Any]:
        connection = HTTPConnection(self.host, self.port, timeout=10)
        if self.token:
            headers.setdefault("Authorization", f'Snowflake Token="{self.token}"')
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text[:1] in b"{[" and text else text

    def post(self, path: str, body: Any, **headers: str) -> Any:
        status, answer = self.send("POST", path, json.dumps(body).encode(), **headers)
        assert status == 200
        return answer

    def login(self, **data: Any) -> Any:
        given = {"LOGIN_NAME": "ADMIN", "PASSWORD": "admin", "CLIENT_APP_ID": "PythonConnector", **data}
        answer = self.post("/session/v1/login-request?requestId=1", {"data": given})
        if answer["success"]:
            self.token, self.master = answer["data"]["token"], answer["data"]["masterToken"]
        return answer

    def query(self, text: str, request: str = "", **more: Any) -> Any:
        request = request or str(uuid.uuid4())
        return self.post(f"/queries/v1/query-request?requestId={request}", {"sqlText": text, **more})

    def raw(self, data: bytes) -> bytes:
        """What comes back for bytes that no HTTP client would send."""
        with socket.create_connection((self.host, self.port), timeout=10) as plain:
            plain.sendall(data)
            plain.shutdown(socket.SHUT_WR)
            found = b""
            while part := plain.recv(4096):
                found += part
            return found


@pytest.fixture
def raw(account: sandbox.Account) -> Raw:
    return Raw(account)


@pytest.fixture
def session(raw: Raw) -> Raw:
    assert raw.login()["success"]
    return raw


# -- login, tokens -------------------------------------------------------------------------------------


def test_the_master_token_is_no_session_token(session: Raw) -> None:
    assert session.token != session.master
    session.token = session.master
    assert session.query("select 1")["code"] == "390111"


def test_renewal_gives_a_new_session_token(session: Raw) -> None:
    old = session.token
    session.token = session.master
    answer = session.post("/session/token-request", {"oldSessionToken": old, "requestType": "RENEW"})
    assert answer["success"]
    assert answer["data"]["sessionToken"] not in (old, session.master)
    for token in (old, answer["data"]["sessionToken"]):  # requests under way still have the old one
        session.token = token
        assert session.query("select 1")["success"]


@pytest.mark.parametrize(("token", "code"), [("", "390113"), ("x", "390115")])
def test_renewal_needs_the_master_token(raw: Raw, token: str, code: str) -> None:
    raw.token = token
    assert raw.post("/session/token-request", {"requestType": "RENEW"})["code"] == code


@pytest.mark.parametrize(("token", "code"), [("", "390103"), ("nonsense", "390111")])
def test_a_request_needs_a_token(raw: Raw, token: str, code: str) -> None:
    raw.token = token
    for path in ("/queries/v1/query-request", "/session/heartbeat", "/queries/v1/abort-request"):
        answer = raw.post(path, {"sqlText": "select 1"})
        assert (answer["success"], answer["code"]) == (False, code)


def test_a_closed_session_is_gone(session: Raw) -> None:
    assert session.post("/session?delete=true", {})["success"]
    assert session.query("select 1")["code"] == "390111"


def test_login_tells_parameters_and_place(raw: Raw) -> None:
    data = raw.login()["data"]
    names = {each["name"]: each["value"] for each in data["parameters"]}
    assert names["TIMEZONE"] == "America/Los_Angeles"
    assert names["CLIENT_STAGE_ARRAY_BINDING_THRESHOLD"] == 65280
    assert data["sessionInfo"]["roleName"] == "ACCOUNTADMIN"


# -- queries -------------------------------------------------------------------------------------------


def test_the_same_request_runs_once(session: Raw) -> None:
    request = str(uuid.uuid4())
    first = session.query("select uuid_string()", request)
    second = session.query("select uuid_string()", request)
    assert first["data"]["queryId"] == second["data"]["queryId"]
    assert first["data"]["rowsetBase64"] == second["data"]["rowsetBase64"]


def test_several_statements(session: Raw) -> None:
    answer = session.query("select 1; select 'a'", parameters={"MULTI_STATEMENT_COUNT": 2})["data"]
    assert answer["statementTypeId"] == 0xA000
    assert answer["resultTypes"] == "4096,4096"
    ids = answer["resultIds"].split(",")
    assert len({*ids, answer["queryId"]}) == 3
    status, child = session.send("GET", f"/queries/{ids[1]}/result")
    assert (status, child["data"]["rowtype"][0]["type"]) == (200, "text")


def test_asynchronous(session: Raw) -> None:
    answer = session.query("select system$wait(1)", asyncExec=True)
    assert (answer["success"], answer["code"]) == (True, "333334")
    query_id = answer["data"]["queryId"]
    statuses = set()
    while "SUCCESS" not in statuses:
        found = session.send("GET", f"/monitoring/queries/{query_id}")[1]["data"]["queries"]
        statuses.add(found[0]["status"])
        time.sleep(0.05)
    assert statuses <= {"QUEUED", "RUNNING", "SUCCESS"}
    assert session.send("GET", answer["data"]["getResultUrl"])[1]["data"]["total"] == 1


def test_abort_names_a_request(session: Raw) -> None:
    request = str(uuid.uuid4())
    answer = session.query("select system$wait(30)", request, asyncExec=True)["data"]
    time.sleep(0.2)
    assert session.post("/queries/v1/abort-request", {"requestId": str(uuid.uuid4())})["success"]
    waiting = session.send("GET", f"/monitoring/queries/{answer['queryId']}")[1]["data"]["queries"]
    assert waiting[0]["status"] == "RUNNING"
    session.post("/queries/v1/abort-request", {"requestId": request})
    ended = session.send("GET", answer["getResultUrl"])[1]
    assert (ended["success"], ended["code"]) == (False, "000604")


def test_a_result_that_nobody_has(session: Raw) -> None:
    for query_id in (str(uuid.uuid4()), "nonsense"):
        assert session.send("GET", f"/queries/{query_id}/result")[1]["code"] == "000709"
        assert session.send("GET", f"/monitoring/queries/{query_id}")[1]["data"]["queries"] == []


def test_the_parts_of_a_large_result_need_their_secret(session: Raw) -> None:
    data = session.query("select seq4() from table(generator(rowcount => 100000))")["data"]
    url = data["chunks"][0]["url"].partition(f":{session.port}")[2]
    assert data["total"] == 100_000
    assert session.send("GET", url)[0] == 200
    query_id, ticket = data["queryId"], url.split("/")[3]
    for path in (
        f"{query_id}/{ticket}/arrow/99",
        f"{query_id}/x/arrow/1",
        f"x/{ticket}/arrow/1",
        f"{query_id}/{ticket}/x/1",
    ):
        assert session.send("GET", f"/results/{path}")[0] == 404


def test_files_of_stages_need_their_ticket(account: sandbox.Account, raw: Raw) -> None:
    assert account._server is not None
    stages = account._server.host.stages
    stages.store("user_WIRE/a.txt", b"text")
    stages.store("user_OTHER/a.txt", b"text")
    read, write = stages.ticket("user_WIRE", write=False), stages.ticket("user_WIRE", write=True)
    assert raw.send("GET", f"/stage/{read}/user_WIRE/a.txt")[:2] == (200, b"text")
    assert raw.send("GET", f"/stage/{read}/user_WIRE/b.txt")[0] == 404
    assert raw.send("PUT", f"/stage/{write}/user_WIRE/b.txt", b"x")[0] == 200
    refused = [("GET", "x"), ("PUT", read)]
    assert [raw.send(method, f"/stage/{ticket}/user_WIRE/a.txt", b"")[0] for method, ticket in refused] == [403, 403]
    assert raw.send("GET", f"/stage/{write}/user_OTHER/a.txt")[0] == 403
    for path in ("user_WIRE/../../../etc/passwd", "../x", "%2e%2e/%2e%2e/x", "", "user_WIRE/%00"):
        assert raw.send("GET", f"/stage/{write}/{path}")[0] in (400, 403, 404)
        assert raw.send("PUT", f"/stage/{write}/{path}", b"x")[0] in (400, 403, 404)


# -- what no client sends ------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"\xff\xfe", b"[1]", b'"text"', b"[" * 100_000])
def test_no_json(session: Raw, body: bytes) -> None:
    status, answer = session.send("POST", "/queries/v1/query-request", body)
    assert (status, answer["success"]) == (400, False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sqlText": None},
        {"sqlText": 7},
        {"sqlText": "select ?", "bindings": [1]},
        {"sqlText": "select ?", "bindings": {"1": 7}},
        {"sqlText": "select ?", "bindings": {"1": {}}},
        {"sqlText": "select ?", "bindings": {"1": {"type": "FIXED", "value": "x"}}},
        {"sqlText": "select ?", "bindings": {"1": {"type": "DATE", "value": "9" * 40}}},
        {"sqlText": "select ?", "bindings": {"x": {"type": "FIXED", "value": "1"}}, "bindStage": 5},
        {"sqlText": "select 1", "parameters": {"MULTI_STATEMENT_COUNT": "many"}},
        {"sqlText": "select 1", "parameters": {"TIMEZONE": "nowhere"}},
        {"sqlText": "select 1", "parameters": {"AUTOCOMMIT": []}},
        {"sqlText": "\x00"},
    ],
)
def test_odd_query_requests(session: Raw, body: dict[str, Any]) -> None:
    answer = session.post("/queries/v1/query-request?requestId=" + str(uuid.uuid4()), body)
    assert answer["success"] is False
    assert "internal error" not in answer["message"]
    assert session.query("select 1")["success"]


@pytest.mark.parametrize(
    "data", [None, 7, [], "x", {"LOGIN_NAME": None}, {"LOGIN_NAME": 5, "PASSWORD": {}}, {"SESSION_PARAMETERS": 5}]
)
def test_odd_logins(raw: Raw, data: Any) -> None:
    answer = raw.post("/session/v1/login-request", {"data": data})
    assert (answer["success"], answer["code"]) == (False, "390100")


def test_an_authenticator_it_does_not_have(raw: Raw) -> None:
    answer = raw.login(AUTHENTICATOR="OAUTH", TOKEN="x")
    assert answer["message"] == "sandbox does not support the authenticator OAUTH"


def test_body_is_not_gzip(session: Raw) -> None:
    for body in (b"{}", gzip.compress(b'{"sqlText": "select 1"}')[:-5]):
        assert session.send("POST", "/queries/v1/query-request", body, Content_Encoding="gzip")[0] == 400


def test_gzip_and_chunked_bodies(session: Raw) -> None:
    body = json.dumps({"sqlText": "select 1"}).encode()
    path = "/queries/v1/query-request?requestId="
    assert session.send("POST", path + "g", gzip.compress(body), Content_Encoding="gzip")[1]["success"]
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = f'POST {path}c HTTP/1.1\r\nHost: x\r\nAuthorization: Snowflake Token="{session.token}"\r\n'
    answer = session.raw(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert b'"success": true' in answer


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH"])
def test_wrong_method(session: Raw, method: str) -> None:
    status, answer = session.send(method, "/queries/v1/query-request")
    assert status == (501 if method == "PATCH" else 200)
    assert method in ("HEAD", "PATCH") or answer["success"] is False


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nshort",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_no_http(raw: Raw, head: bytes) -> None:
    answer = raw.raw(head)
    assert b" 4" in answer.split(b"\r\n", 1)[0] or b"Error code: 4" in answer
    assert b"Traceback" not in answer


def test_unknown_paths(session: Raw) -> None:
    for path in ("/", "/queries", "/queries/x", "/nothing", "/queries/x/y/result", "//", "/%00"):
        answer = session.send("POST", path)[1]
        assert answer["message"].startswith("sandbox does not support the request POST /")


def test_what_only_the_sandbox_has_wants_its_own_token(session: Raw) -> None:
    for method, path in (
        ("POST", "/sandbox/faults"),
        ("DELETE", "/sandbox/faults"),
        ("GET", "/sandbox/requests"),
        ("GET", "/sandbox/databases"),
    ):
        assert session.send(method, path)[1]["success"] is False
    assert session.send("GET", "/sandbox/attach")[0] == 403
