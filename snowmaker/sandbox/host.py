"""The account as it runs: its engine, sessions, query history, faults and results."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snowmaker.sandbox import founding, login, sqlerror
from snowmaker.sandbox import query as query_module
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.engine import Engine
from snowmaker.sandbox.faults import Faults
from snowmaker.sandbox.files import Stages
from snowmaker.sandbox.history import History
from snowmaker.sandbox.parameters import PARAMETERS
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.runner import Runner
from snowmaker.sandbox.session import Session
from snowmaker.sandbox.sessions import Sessions, Tokens
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.warehouses import STARTED, turned


class Host:
    """One running account. `token` lets a local client in without a password."""

    def __init__(self, folder: Path | None, token: str) -> None:
        self.token = token
        self.url = ""  # where clients reach it; the server knows
        self.engine = Engine(folder)
        self.stages = Stages(folder)
        self.stages.keep({entry.physical for entry in self.engine.catalog.all()})
        self.engine.gone = self.stages.forget
        self.history = History(folder / "history.jsonl" if folder else None, self.engine.completed())
        self.engine.forget_completed()
        self.faults = Faults()
        self.runner = Runner(self)
        self.open_sessions = Sessions()
        self._lock = threading.Lock()
        self._next_session = max(self.history.highest_session(), 1000) + 1
        founding.found(self.engine)

    def close(self) -> None:
        for session in self.sessions():
            session.end()
        self.runner.close()
        self.history.close()
        self.engine.close()
        self.stages.close()

    # -- sessions --------------------------------------------------------------------------------------

    def login(self, data: Mapping[str, Any], wanted: Mapping[str, str], agent: str = "") -> tuple[Tokens, Session]:
        """A new session and its tokens, for a client whose HTTP requests name `agent` as their sender.

        Raises SqlError 390100 and its like.
        """
        user, restriction = login.authenticated(self.engine.catalog, data, self.token)
        id_ = self.new_session_id()
        client = f"{data.get('CLIENT_APP_ID', '')} {data.get('CLIENT_APP_VERSION', '')}".strip()
        session = Session(id_, user, self.engine, client, agent)
        try:
            login.begin(session, user, wanted, restriction)
            self._begin(session, data.get("SESSION_PARAMETERS"), wanted)
        except BaseException:
            session.end()
            raise
        return self.open_sessions.open(session), session

    def new_session_id(self) -> int:
        with self._lock:
            id_, self._next_session = self._next_session, self._next_session + 1
        return id_

    def _begin(self, session: Session, given: Any, wanted: Mapping[str, str]) -> None:
        named = {str(k).upper(): v for k, v in given.items()} if isinstance(given, dict) else {}
        known = {k: PARAMETERS[k].read(v) for k, v in named.items() if k in PARAMETERS and v is not None}
        self._set_zone(session, str(session.parameter("TIMEZONE")))
        self.set_parameters(session, known)
        if known.get("CLIENT_VALIDATE_DEFAULT_PARAMETERS"):
            login.validate(session, wanted)

    def sessions(self) -> list[Session]:
        return self.open_sessions.all()

    def end_session(self, session: Session) -> None:
        self.open_sessions.end(session)

    def set_parameters(self, session: Session, values: Mapping[str, Any]) -> None:
        """Set session parameters; None unsets."""
        for name, value in values.items():
            if name == "TIMEZONE" and value is not None:
                self._set_zone(session, value)
            if name == "AUTOCOMMIT" and value is not None:
                session.commit()
            if value is None:
                session.parameters.pop(name, None)
                if name == "TIMEZONE":
                    self._set_zone(session, str(session.parameter(name)))
            else:
                session.parameters[name] = value

    def _set_zone(self, session: Session, zone: str) -> None:
        import duckdb

        try:
            session.connection.execute(f"set TimeZone = '{zone.replace(chr(39), chr(39) * 2)}'")
        except duckdb.Error:
            raise sqlerror.invalid_value(zone, "TIMEZONE") from None

    def abort_session(self, session: Session) -> None:
        """End a session, which may be the one that asks."""
        threading.Thread(target=self.end_session, args=(session,), daemon=True).start()
        session.cancel()

    # -- results ---------------------------------------------------------------------------------------

    @property
    def requests(self) -> int:
        """How many query requests it has been sent."""
        return self.runner.requests

    def resume(self, warehouse: Entry) -> None:
        """Start a suspended warehouse, beside whatever transaction its session is in."""
        connection = self.engine.connect()
        try:
            with self.engine.ddl(connection, str(uuid.uuid4())) as ddl:
                ddl.put(turned(self.engine.catalog.by_id(warehouse.id), STARTED))
        finally:
            connection.close()

    def result(self, session: Session, query_id: str) -> Result:
        """The result of an earlier query of the session's user as a table, for RESULT_SCAN."""
        outcome = self.runner.outcome(session, query_id, 0)
        if outcome is None or outcome.result is None:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        return query_module.as_table(outcome.result)
