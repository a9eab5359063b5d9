"""The deploy lock: one holder, a wait, a takeover. Two processes' worth of sessions on one sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from snowmaker import lock as locks
from snowmaker.errors import LockHeldError, LockLostError
from snowmaker.lock import AccountClock, Holder, Lock, read_holder
from snowmaker.session import open_session

RUNS = 20


@pytest.fixture
def sessions(account):
    """A factory of sessions, closed after the test."""
    opened = []

    def make():
        opened.append(open_session(account.connection()))
        return opened[-1]

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def make_lock(sessions, database):
    """A factory of locks of one history, each with a session and a name of its own."""
    first = sessions()
    first.execute(f"CREATE DATABASE {database}")
    first.execute(f"CREATE SCHEMA {database}.META")
    made = []

    def make(run, clock=None):
        session = sessions()
        parts = (database, "META", "HISTORY")
        me = Holder(run, session.session_id, "ME", "here")
        made.append(Lock(parts, session, sessions, clock or AccountClock(datetime.now(UTC)), me))
        return made[-1]

    yield make
    for lock in made:
        lock.release()  # its heartbeat too


def test_the_second_is_told_who_holds_it(make_lock):
    first, second = make_lock("one"), make_lock("two")
    first.acquire(0)
    with pytest.raises(LockHeldError) as caught:
        second.acquire(0)
    assert "ME on here" in caught.value.message
    assert "one" in caught.value.message
    first.release()
    second.acquire(0)
    second.release()


def test_the_second_waits(make_lock, monkeypatch):
    monkeypatch.setattr(locks, "POLL", 0.05)
    first, second = make_lock("one"), make_lock("two")
    first.acquire(0)
    waited = []
    thread = threading.Timer(0.3, first.release)
    thread.start()
    second.acquire(10, lambda holder, left: waited.append(holder.run))
    thread.join()
    assert set(waited) == {"one"}
    second.release()


def test_an_expired_lock_is_taken_over_and_kept(make_lock, sessions, database):
    dead = make_lock("dead")
    dead.acquire(0)
    later = make_lock("alive", AccountClock(datetime.now(UTC) + timedelta(hours=1)))
    later.acquire(0)
    shown = sessions().execute(f"SHOW TABLES LIKE 'HISTORY\\\\_LOCK%' IN SCHEMA {database}.META").records()
    assert {row["name"]: json.loads(row["comment"])["run"] for row in shown} == {
        "HISTORY_LOCK": "alive",
        "HISTORY_LOCK_dead": "dead",
    }
    later.release()


def test_a_heartbeat_renews_and_a_late_one_stops_the_run(make_lock, monkeypatch):
    monkeypatch.setattr(locks, "BEAT", 0.1)
    held = make_lock("one")
    held.acquire(0)
    first = held.holder().expires
    deadline = time.monotonic() + 20
    while held.holder().expires == first and time.monotonic() < deadline:
        time.sleep(0.2)
    assert held.holder().expires > first
    held.check()
    held._renewed -= locks.LEASE
    held._stop.set()
    with pytest.raises(LockLostError):
        held.check()


@pytest.mark.parametrize("comment", ["", "not json", "[]", '{"run": 5}', '{"expires": "never"}'])
def test_a_comment_that_cannot_be_read_never_expires(comment):
    holder = read_holder(comment)
    assert not holder.expired(datetime.now(UTC))
    assert str(holder)


def test_of_many_at_once_one_gets_it(make_lock):
    contenders = [make_lock(f"run{number}") for number in range(8)]
    barrier, won = threading.Barrier(len(contenders)), []

    def contend(one):
        barrier.wait()
        try:
            one.acquire(0)
        except LockHeldError:
            return
        won.append(one)

    threads = [threading.Thread(target=contend, args=(one,)) for one in contenders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    won[0].release()


DEPLOY = """
import sys
from snowmaker import Project
from snowmaker.errors import SnowmakerError
try:
    with Project(sys.argv[1], environment="shared") as project:
        print(sum(script.outcome == "applied" for script in project.migrate(lock_timeout=60).scripts))
except SnowmakerError as error:
    print(error.code)
"""


@pytest.mark.parametrize("round_", range(2))
def test_two_deploys_at_once_run_each_script_once(script, folder, project, round_):
    script("V1__base.sql", "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;")
    for number in range(2, 6):
        script(f"V{number}__t.sql", f"CREATE TABLE {{{{ db }}}}.S.T{number} (A INT)")
    both = [
        subprocess.Popen([sys.executable, "-c", DEPLOY, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = sorted(process.communicate(timeout=120)[0].strip() for process in both)
    assert said == ["0", "5"]
    assert [row.status for row in project().history()] == ["Success"] * 5


@pytest.mark.slow
@pytest.mark.parametrize("round_", range(RUNS))
def test_two_deploys_at_once_again_and_again(script, folder, project, round_):
    test_two_deploys_at_once_run_each_script_once(script, folder, project, round_)
