"""The sessions that are open, and the tokens by which clients name them.

A login gives two tokens: one for requests, which is short-lived, and a master token that does nothing but
get the next one. https://docs.snowflake.com/en/user-guide/session-policies
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from snowmaker.sandbox.session import Session
from snowmaker.sandbox.sqlerror import SqlError

TOKEN_SECONDS = 3600
MASTER_SECONDS = 4 * 3600  # without a request or a heartbeat the session ends
IDLE_TRANSACTION = 4 * 3600  # https://docs.snowflake.com/en/sql-reference/transactions: a detached one ends


@dataclass(frozen=True)
class Tokens:
    """What a login or a renewal gives to the client."""

    session: str
    master: str


@dataclass
class _Pass:
    """Whom a token admits, and until when."""

    session: Session
    expires: float
    master: bool = False


class Sessions:
    """Open sessions by token. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._passes: dict[str, _Pass] = {}

    def open(self, session: Session) -> Tokens:
        """Tokens for a new session. Sessions that were left idle are ended."""
        self._sweep()
        return self._issue(session, secrets.token_urlsafe(32))

    def _issue(self, session: Session, master: str) -> Tokens:
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._passes[token] = _Pass(session, now + TOKEN_SECONDS)
            self._passes[master] = _Pass(session, now + MASTER_SECONDS, master=True)
        return Tokens(token, master)

    def current(self, token: str) -> Session:
        """The session of a request. Raises SqlError 390103, 390111, and 390112 when the token must be renewed."""
        if not token:
            raise SqlError(390103, "08003", "Session token not found in the request data.")
        found = self._passes.get(token)
        if found is None or found.master:
            raise _gone()
        if found.expires <= self._clock():
            raise SqlError(390112, "08001", "Session token has expired. Please renew it with the master token.")
        return found.session

    def renew(self, master: str) -> Tokens:
        """New tokens for a master token; the old session token stays good for requests under way.

        Raises SqlError 390113, 390114, 390115.
        """
        if not master:
            raise SqlError(390113, "08001", "Master token was not found in the request data.")
        found = self._passes.get(master)
        if found is None or not found.master:
            raise SqlError(390115, "08001", "Invalid master token.")
        if found.expires <= self._clock():
            self.end(found.session)
            raise SqlError(390114, "08001", "Authentication token has expired.  The user must authenticate again.")
        return self._issue(found.session, master)

    def extend(self, session: Session) -> None:
        """A heartbeat: the session is not idle."""
        until = self._clock() + MASTER_SECONDS
        for each in list(self._passes.values()):
            if each.session is session and each.master:
                each.expires = until

    def all(self) -> list[Session]:
        """Each open session once."""
        with self._lock:
            return list({each.session.id: each.session for each in self._passes.values()}.values())

    def end(self, session: Session) -> None:
        """Its tokens are worth nothing any more; what it has open is rolled back."""
        with self._lock:
            for token in [token for token, each in self._passes.items() if each.session is session]:
                del self._passes[token]
        session.end()

    def _sweep(self) -> None:
        """End sessions whose clients are gone, and forget tokens that were renewed."""
        now = self._clock()
        with self._lock:
            found = list(self._passes.items())
        for token, each in found:
            if each.expires + TOKEN_SECONDS <= now and not each.master:
                with self._lock:
                    self._passes.pop(token, None)
            elif each.master and (each.expires <= now or _left(each.session)):
                self.end(each.session)


def _left(session: Session) -> bool:
    return session.transaction is not None and time.monotonic() - session.used > IDLE_TRANSACTION


def _gone() -> SqlError:
    return SqlError(390111, "08003", "Session no longer exists. New login required to access the service.")
