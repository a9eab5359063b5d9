"""Opening an account: serve its files in this process, or attach to the process that serves them."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from snowmaker.sandbox.errors import SandboxBusy, SandboxError, SandboxUnavailable
from snowmaker.sandbox.faults import Fault

if TYPE_CHECKING:
    from snowmaker.sandbox.server import Server

PATIENCE = 20.0  # seconds to wait for another process that is starting or ending
_LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Address:
    """Where a running account is, as its `server.json` tells."""

    port: int
    token: str
    pid: int
    host: str = _LOCAL


@dataclass(frozen=True)
class Status:
    """What `snowmaker sandbox status` shows. `size` is in bytes."""

    running: bool
    port: int | None
    pid: int | None
    size: int
    databases: tuple[str, ...] | None


class Account:
    """An open sandbox. `attached` says that another process serves it."""

    def __init__(self, address: Address, server: Server | None, release: Callable[[], None]) -> None:
        self._address = address
        self._server = server
        self._release = release
        self._closing = threading.Lock()
        self._closed = False
        atexit.register(self.close)

    @property
    def attached(self) -> bool:
        return self._server is None

    @property
    def url(self) -> str:
        return f"http://{self._address.host}:{self._address.port}"

    @property
    def requests(self) -> int:
        """How many query requests the account has been sent, by all its clients."""
        return int(self._ask("GET", "/sandbox/requests")["requests"])

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """What the account is now, by kind and name: properties, grants, rows (snapshots.py)."""
        found: dict[str, dict[str, Any]] = self._ask("GET", "/sandbox/snapshot")
        return found

    def connection(self) -> dict[str, Any]:
        """Keywords for `snowflake.connector.connect`, 4.x or 5.x."""
        return {
            "account": "sandbox",
            "user": "ADMIN",
            "host": self._address.host,
            "port": self._address.port,
            "protocol": "http",
            "authenticator": "PROGRAMMATIC_ACCESS_TOKEN",
            "token": self._address.token,
            "platform_detection_timeout_seconds": 0.0,  # off the net, looking for a cloud takes seconds
        }

    def fault(self, fault: Fault) -> None:
        """Ask for a fault."""
        self._ask("POST", "/sandbox/faults", fault.to_json())

    def clear_faults(self) -> None:
        self._ask("DELETE", "/sandbox/faults")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return _ask(self._address, method, path, body)

    def close(self) -> None:
        """Detach; or, in the process that serves, wait until the attached ones have gone, and end."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            atexit.unregister(self.close)
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_account(data: Path | None) -> Account:
    """The account whose files are in `data`; a fresh one in memory for None.

    Raises SandboxUnavailable where no server can be started and none is running, SandboxBusy where the
    other process does not answer.
    """
    if data is None:
        server = _start(None, _LOCAL, 0)
        return Account(_address(server), server, lambda: _stop(server))
    data.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + PATIENCE
    while True:
        if (lock := _locked(data)) is not None:
            return _served(data, lock, _LOCAL, 0)
        if (address := _read(data)) is not None and (held := _attach(address)) is not None:
            return Account(address, None, held.close)
        if time.monotonic() > deadline:
            raise SandboxBusy(
                f"the sandbox in {data} is in use by a process that does not answer",
                "end that process (its id is in server.json), or use another folder",
            )
        time.sleep(0.05)


def serve(port: int, data: Path | None, host: str = _LOCAL, *, ready: Callable[[str], None] = lambda _: None) -> None:
    """Serve until interrupted. `ready` is called with a connections.toml block when clients may come."""
    if data is None:
        account = Account(*_pair(_start(None, host, port)))
    else:
        data.mkdir(parents=True, exist_ok=True)
        lock = _locked(data)
        if lock is None:
            raise SandboxBusy(f"another process serves the sandbox in {data}", "attach to it, or end it first")
        account = _served(data, lock, host, port)
    with account:
        ready(connections_toml(account))
        threading.Event().wait()


def connections_toml(account: Account) -> str:
    """A block for connections.toml by which any Snowflake client finds the account."""
    where = account.connection()
    lines = {
        "account": "sandbox",
        "user": "ADMIN",
        "password": "admin",
        "host": where["host"],
        "port": where["port"],
        "protocol": "http",
        "role": "ACCOUNTADMIN",
        "warehouse": "COMPUTE_WH",
    }
    return "[sandbox]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())


def status(data: Path) -> Status:
    """Whether the account in `data` is served, by whom, and what it holds."""
    size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) if data.exists() else 0
    if not data.exists() or (lock := _locked(data)) is not None:
        if data.exists() and lock is not None:
            lock()
        return Status(False, None, None, size, None)
    address = _read(data)
    if address is None:
        return Status(True, None, None, size, None)
    names = tuple(_ask(address, "GET", "/sandbox/databases"))
    return Status(True, address.port, address.pid, size, names)


def reset(data: Path) -> None:
    """Delete the account's files. Raises SandboxBusy while it is served."""
    if not data.exists():
        return
    lock = _locked(data)
    if lock is None:
        raise SandboxBusy(f"the sandbox in {data} is being served", "end the process that serves it first")
    try:
        for child in data.iterdir():
            if child.name == "lock":
                continue
            if child.is_dir():
                shutil.rmtree(child)
            else:
                child.unlink()
    finally:
        lock()


# -- serving -------------------------------------------------------------------------------------------


def _start(data: Path | None, host: str, port: int) -> Server:
    """A running server. Raises SandboxUnavailable where this environment has no data plane."""
    try:
        from snowmaker.sandbox.host import Host
        from snowmaker.sandbox.server import Server
    except ImportError as error:
        raise SandboxUnavailable(
            f"the sandbox cannot be started in this environment ({error})",
            "pip install 'snowmaker[sandbox]' (it needs snowflake-connector-python below 5), "
            "or start `snowmaker sandbox serve` elsewhere and attach to it",
        ) from error
    try:
        server = Server((host, port), Host(data, secrets.token_urlsafe(32)))
    except OSError as error:
        raise SandboxError(f"the sandbox cannot listen on {host}:{port}: {error}", "choose another port") from error
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _served(data: Path, unlock: Callable[[], None], host: str, port: int) -> Account:
    try:
        server = _start(data, host, port)
    except BaseException:
        unlock()
        raise
    file = data / "server.json"
    address = _address(server)
    _write_private(file, json.dumps(asdict(address)))

    def release() -> None:
        while not server.may_close():
            time.sleep(0.05)
        file.unlink(missing_ok=True)
        _stop(server)
        unlock()

    return Account(address, server, release)


def _pair(server: Server) -> tuple[Address, Server, Callable[[], None]]:
    return _address(server), server, lambda: _stop(server)


def _address(server: Server) -> Address:
    bound = str(server.server_address[0])
    return Address(server.port, server.host.token, os.getpid(), _LOCAL if bound == "0.0.0.0" else bound)  # noqa: S104


def _stop(server: Server) -> None:
    server.shutdown()
    server.server_close()
    server.host.close()


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    fresh.replace(file)


def _locked(data: Path) -> Callable[[], None] | None:
    """Take the folder's lock; what releases it, or None when another process has it."""
    handle = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return lambda: os.close(handle)


# -- attaching -----------------------------------------------------------------------------------------


def _read(data: Path) -> Address | None:
    try:
        return Address(**json.loads((data / "server.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _attach(address: Address) -> socket.socket | None:
    """A connection that tells the serving process, by being open, that it is needed."""
    try:
        held = socket.create_connection((address.host, address.port), timeout=2)
        held.sendall(
            f'GET /sandbox/attach HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Snowflake Token="{address.token}"\r\n'
            "\r\n".encode()
        )
        if held.recv(1024).startswith(b"HTTP/1.1 200"):
            held.settimeout(None)
            return held
        held.close()
    except OSError:
        return None
    return None


def _ask(address: Address, method: str, path: str, body: Any = None) -> Any:
    """A request to the account itself. Raises SandboxError."""
    connection = HTTPConnection(address.host, address.port, timeout=10)
    try:
        headers = {"Authorization": f'Snowflake Token="{address.token}"'}
        connection.request(method, path, json.dumps(body or {}), headers)
        answer = json.loads(connection.getresponse().read())
    except (OSError, HTTPException) as error:
        raise SandboxError(f"the sandbox does not answer: {error}") from error
    finally:
        connection.close()
    if not answer["success"]:
        raise SandboxError(str(answer["message"]))
    return answer["data"]
