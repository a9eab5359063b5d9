"""The deploy lock: a table whose name only one deploy can create (DESIGN.md §4).

Whoever creates `<history>_LOCK` holds it; its comment says who, since when, and until when without a renewal. A
heartbeat on a second session renews it. A lock that expired by the account's clock is renamed to
`<history>_LOCK_<run>`: of two that try, one fails on the name.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from snowmaker.errors import AccountError, LockHeldError, LockLostError, StatementError
from snowmaker.session import Session
from snowmaker.sql import like_pattern, quote_literal, quote_name

LEASE = 60.0  # seconds that a lock holds without a renewal
BEAT = 15.0  # seconds between renewals
POLL = 2.0  # seconds between looks while waiting
KEPT_SESSIONS = 50  # of a run's earlier sessions, as a comment has room for them
EXISTS = 2002


@dataclass(frozen=True)
class Holder:
    """Who holds the lock, as its comment says; times are the account's.

    `session` is the run's session, `earlier` the ones it had before; `work` is its verb: migrate, rollback, …
    """

    run: str
    session: str = ""
    user: str = ""
    host: str = ""
    since: str = ""
    expires: str = ""
    work: str = ""
    earlier: str = ""

    @property
    def sessions(self) -> tuple[str, ...]:
        """All sessions that are known, the newest last."""
        return tuple(one for one in (*self.earlier.split(), self.session) if one.isdigit())

    def __str__(self) -> str:
        who = f"{self.user or 'somebody'} on {self.host or 'an unknown host'}"
        return f"{who} since {self.since or 'an unknown time'} (run {self.run or 'unknown'})"

    def expired(self, now: datetime) -> bool:
        """Whether the lease has run out; a comment that cannot be read never expires by itself."""
        try:
            return datetime.fromisoformat(self.expires) < now
        except ValueError:
            return False


def elapsed() -> float:
    """Seconds of a clock that goes on while this machine sleeps: the account's does, too."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class AccountClock:
    """The account's time, from one reading and this machine's monotonic clock."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._read = elapsed()

    def now(self) -> datetime:
        """The account's time now, in UTC."""
        return self._now + timedelta(seconds=elapsed() - self._read)


class Lock:
    """The lock of one history, for one run. Use as: `acquire`, `check` before each statement, `release`."""

    def __init__(
        self,
        parts: tuple[str, ...],
        session: Session,
        connect: Callable[[], Session],
        clock: AccountClock,
        me: Holder,
    ) -> None:
        self.parts = (*parts[:2], f"{parts[2]}_LOCK")
        self.table = quote_name(*self.parts)
        self._session = session
        self._connect = connect
        self._clock = clock
        self._me = replace(me, since=_stamp(clock.now()))
        self._held = False
        self._left = False
        self._renewed = 0.0
        self._stop = threading.Event()
        self._beat = threading.Thread(target=self._heartbeat, daemon=True, name="snowmaker-heartbeat")

    def acquire(self, timeout: float, waiting: Callable[[Holder, float], None] = lambda holder, left: None) -> None:
        """Hold the lock within `timeout` seconds, taking over an expired one; raises LockHeldError."""
        deadline = elapsed() + timeout
        while not self._create():
            holder = self.holder()
            if holder is None:
                continue  # released between the two statements
            if holder.expired(self._clock.now()):
                self.take_over(holder)
                continue
            left = deadline - elapsed()
            if left <= 0:
                raise LockHeldError(
                    f"the lock {self.table} is held by {holder}",
                    "lock_held",
                    "wait for that deploy (--lock-timeout SECONDS), or, if it is dead, run `snowmaker unlock`",
                )
            waiting(holder, left)
            time.sleep(min(POLL, left))
        self._held = True
        self._session.watch = self.check
        self._beat.start()

    def check(self) -> None:
        """Raise LockLostError when the lock was not renewed for half a lease: another may soon take it."""
        if self._held and self._late():
            raise LockLostError(
                f"the lock {self.table} could not be renewed for {LEASE / 2:.0f} s; nothing more was sent",
                "lock_lost",
                "see that the network is up, then run it again: it finds out what was done, and goes on",
            )

    def _late(self) -> bool:
        """Too late to renew it: it may be another's by now. Once late, it stays so."""
        return elapsed() - self._renewed > LEASE / 2

    def moved(self, session: Session) -> None:
        """The run goes on with another session: say so in the comment, at once."""
        earlier = " ".join([*self._me.earlier.split(), self._me.session][-KEPT_SESSIONS:])
        self._session = session
        self._me = replace(self._me, session=session.session_id, earlier=earlier)
        if self._held:
            self.check()
            sent = elapsed()
            session.execute(self._comment(), counted=False)
            self._renewed = sent

    def remember(self, text: str) -> None:
        """Keep a text in the lock's table, which the next run finds where this one dies."""
        self._session.execute(f"INSERT INTO {self.table} (HOLDER) SELECT ?", (text,), fetch=False)

    def leave(self) -> None:
        """This run cannot say what it has done: `release` keeps the lock's table, by which the next run finds out."""
        self._left = True

    def release(self) -> None:
        """Drop the lock if it is still ours to drop; what cannot be dropped expires by itself."""
        self._stop.set()
        if self._beat.is_alive():
            self._beat.join(BEAT)
        if self._held and not self._late():
            text = f"ALTER TABLE {self.table} RENAME TO {self._kept(self._me)}"
            with suppress(AccountError):  # must not hide the error that ended the run
                self._session.execute(text if self._left else f"DROP TABLE IF EXISTS {self.table}", fetch=False)
        self._held = False

    def holder(self) -> Holder | None:
        """Who holds it, or None; one request."""
        database, schema, name = self.parts
        answer = self._session.execute(
            f"SHOW TABLES LIKE {quote_literal(like_pattern(name))} IN SCHEMA {quote_name(database, schema)}"
        )
        found = [record for record in answer.records() if record["name"] == name]
        return read_holder(found[0]["comment"] or "") if found else None

    def take_over(self, holder: Holder) -> bool:
        """Rename the lock out of the way, keeping it for recovery, and end its session; False when it was gone."""
        try:
            self._session.execute(f"ALTER TABLE {self.table} RENAME TO {self._kept(holder)}", fetch=False)
        except StatementError as error:
            if error.errno in {EXISTS, 2003}:
                return False  # another was quicker
            raise
        for session in holder.sessions:
            self._abort(session)
        return True

    def _kept(self, holder: Holder) -> str:
        run = "".join(letter for letter in holder.run if letter.isalnum() or letter in "-_")
        return quote_name(*self.parts[:2], f"{self.parts[2]}_{run or _stamp(self._clock.now())}")

    def _create(self) -> bool:
        text = (
            f"CREATE TRANSIENT TABLE {self.table} (HOLDER VARCHAR) DATA_RETENTION_TIME_IN_DAYS = 0 "
            f"COMMENT = {quote_literal(self._described())}"
        )
        sent = elapsed()
        try:
            self._session.execute(text, fetch=False)
        except StatementError as error:
            if error.errno == EXISTS:
                return False
            raise
        self._renewed = sent
        return True

    def _abort(self, session: str) -> None:
        """https://docs.snowflake.com/en/sql-reference/functions/system_abort_session; needs a privilege."""
        try:
            self._session.execute(f"SELECT SYSTEM$ABORT_SESSION({int(session)})")
        except StatementError:
            return  # not allowed, or gone already: the rename has fenced it off

    def _described(self) -> str:
        expires = _stamp(self._clock.now() + timedelta(seconds=LEASE))
        return json.dumps({**vars(self._me), "expires": expires})

    def _comment(self) -> str:
        return f"COMMENT ON TABLE {self.table} IS {quote_literal(self._described())}"

    def _heartbeat(self) -> None:
        second: Session | None = None
        while not self._stop.wait(BEAT):
            sent = elapsed()
            if self._late():
                break
            try:
                second = second or self._connect()
                second.execute(self._comment(), counted=False)
                self._renewed = sent
            except AccountError:
                second = None  # `check` sees that the renewal is late
        if second is not None:
            second.close()


def read_holder(comment: str) -> Holder:
    """The holder that a lock's comment names; a comment that is not ours gives an unknown holder."""
    try:
        data: Any = json.loads(comment)
    except ValueError:
        data = {}
    known = (
        {key: str(data[key]) for key in Holder.__dataclass_fields__ if key in data} if isinstance(data, dict) else {}
    )
    return Holder(**{"run": "", **known})


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
