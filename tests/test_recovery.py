"""Deploys that die: killed by SIGKILL around every statement, cut off, paused. The next run goes on where they ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from snowmaker import lock as locks
from snowmaker import recovery
from snowmaker.errors import FailedScriptError, Interrupted, LockLostError, StatementError
from snowmaker.executor import Listener
from snowmaker.model import Step
from snowmaker.recovery import Evidence, Trace, Verdict, judge
from snowmaker.sandbox import Fault
from snowmaker.sql import split

# A process that deploys in children of its own, each of which kills itself where it is told to.
ZYGOTE = """
import json, os, signal, sys, threading
from snowmaker import Project
import snowmaker.deploying, snowflake.connector
from snowmaker.executor import Listener

class Death(Listener):
    def __init__(self, at):
        self.at = at
    def die(self, script, *here):
        if self.at and script.startswith(self.at[0]) and list(here) == self.at[1:]:
            os.kill(os.getpid(), signal.SIGKILL)
    def statement_started(self, step, statement, number, of):
        self.die(step.script, number, "before")
        if [step.script, number, "during"] == self.at:
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
    def statement_done(self, step, statement, number, of, seconds, rows):
        self.die(step.script, number, "after")
    def script_done(self, step, result):
        self.die(step.script, 0, "recorded")

for thread in threading.enumerate():  # the driver loads a library in one; a fork meanwhile would wait for its locks
    if thread is not threading.current_thread():
        thread.join()
for line in sys.stdin:
    folder, work, at = json.loads(line)
    child = os.fork()
    if child == 0:
        with Project(folder, environment="shared") as project:
            getattr(project, work)(listener=Death(at))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1, flush=True)
"""

BASE = "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nCREATE TABLE {{ db }}.S.LOG (N INT);\n"


def logged(*numbers: int, table: str = "{{ db }}.S.LOG") -> str:
    return "".join(f"INSERT INTO {table} VALUES ({number});\n" for number in numbers)


SCRIPTS = {
    "V1__base.sql": BASE + logged(1, 2, 3),
    "V2__session.sql": "USE SCHEMA {{ db }}.S;\nSET N = 4;\nINSERT INTO LOG VALUES ($N);\nCREATE TABLE T (A INT);\n"
    + logged(5, 6, table="LOG"),
    "V3__whole.sql": "-- snowmaker: transaction=on\n" + logged(7, 8, 9),
    "V4__by_hand.sql": "BEGIN;\n" + logged(10, 11) + "COMMIT;\n" + logged(12, 13),
    "R__view.sql": "CREATE OR REPLACE VIEW {{ db }}.S.V AS SELECT N FROM {{ db }}.S.LOG;\n" + logged(14, 15, 16, 17),
    "A__always.sql": "CREATE SCHEMA IF NOT EXISTS {{ db }}.OTHER;\nUSE SCHEMA {{ db }}.S;\n"
    + logged(18, 19, table="LOG"),
}
COUNTS = {name: len(split(text)) for name, text in SCRIPTS.items()}
PLACES = [
    (name, number, when)
    for name, count in COUNTS.items()
    for number in range(1, count + 1)
    for when in ("before", "after")
]
PLACES += [(name, 0, "recorded") for name in COUNTS]
QUICK = [("V3__whole.sql", 2, "after"), ("V4__by_hand.sql", 3, "after"), ("R__view.sql", 5, "after")]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "SETTLE", 0.02)
    monkeypatch.setattr(recovery, "PATIENCE", 20.0)
    monkeypatch.setattr(locks, "POLL", 0.05)


@pytest.fixture(autouse=True)
def _no_faults(account: Any) -> Iterator[None]:
    yield
    account.clear_faults()


@pytest.fixture(scope="module")
def zygote() -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", ZYGOTE], text=True, **pipes)  # type: ignore[call-overload]
    yield process
    process.communicate(timeout=30)


@pytest.fixture
def deploy(zygote: Any, folder: Any) -> Callable[..., int]:
    """Run a verb in a process of its own, killed at (script, statement, when); the signal that ended it."""

    def run(*at: object, work: str = "migrate") -> int:
        zygote.stdin.write(json.dumps([str(folder), work, at]) + "\n")
        zygote.stdin.flush()
        return int(zygote.stdout.readline())

    return run


@pytest.fixture
def thirty(script: Any) -> None:
    """Six scripts of thirty statements in all."""
    for name, text in SCRIPTS.items():
        script(name, text)
    assert sum(COUNTS.values()) == 30


def state(account: Any, database: str) -> dict[str, Any]:
    """What the account has in a database, but for the history."""
    found = json.loads(re.sub(rf"\b{database}\b", "DB", json.dumps(account.snapshot())))
    return {name: value for name, value in found.items() if " DB." in name and " DB.META" not in name}


def times_run(project: Any, account: Any) -> Counter[tuple[str, int]]:
    """How often each statement of each script has succeeded."""
    rows = project.query(
        "SELECT QUERY_TAG AS T FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10000)) "
        "WHERE EXECUTION_STATUS = 'SUCCESS' AND QUERY_TAG LIKE '{%'"
    )
    runs = {row.run_id for row in project.history()}
    tags = [json.loads(row["t"]) for row in rows]
    return Counter((tag["script"], tag["statement"]) for tag in tags if tag.get("run") in runs)


def numbers(project: Any, database: str) -> list[int]:
    return sorted(row["n"] for row in project.query(f"SELECT N FROM {database}.S.LOG"))


def complete(project: Any, database: str) -> None:
    """All scripts ran, each statement once, and the history says so."""
    assert numbers(project, database) == list(range(1, 20))
    latest = {row.script: row for row in project.history()}
    assert {name: (row.status, row.statements_done) for name, row in latest.items()} == {
        name: ("Success", count) for name, count in COUNTS.items()
    }
    assert {status.state for status in project.status()} == {"applied"}
    assert not [row for row in project.query(f"SHOW TABLES IN SCHEMA {database}.META") if "LOCK" in row["name"]]


def goes_on(project: Any, deploy: Any, database: str, at: tuple[str, int, str]) -> None:
    assert deploy(*at) == signal.SIGKILL
    if not project().unlock().startswith("the lock held by"):
        raise AssertionError("no lock was left")
    project().migrate()
    complete(project(), database)


@pytest.mark.parametrize("at", QUICK, ids=lambda at: "-".join(map(str, at)))
def test_killed(thirty, project, deploy, database, at):
    goes_on(project, deploy, database, at)


@pytest.mark.slow
@pytest.mark.parametrize("at", [at for at in PLACES if at not in QUICK], ids=lambda at: "-".join(map(str, at)))
def test_killed_around_every_statement(thirty, project, deploy, database, at):
    goes_on(project, deploy, database, at)


@pytest.mark.parametrize("at", [("A__always.sql", 0, "recorded"), ("A__always.sql", 4, "after")])
def test_an_always_script_that_was_completed_is_not_run_once_more(thirty, script, project, deploy, database, at):
    """Not by the run that goes on; by later ones, and by that one where its text or anything else is new."""
    deploy(*at)
    project().unlock()
    result = project().migrate()
    assert [(one.script, one.outcome, one.statements) for one in result.scripts] == [("A__always.sql", "resumed", 4)]
    complete(project(), database)
    project().migrate()
    assert numbers(project(), database)[17:] == [18, 18, 19, 19]
    deploy(*at)
    project().unlock()
    script("V5__new.sql", "SELECT 1")
    assert [one.outcome for one in project().migrate().scripts] == ["applied", "applied"]
    deploy("A__always.sql", 0, "recorded")
    project().unlock()
    script("A__always.sql", "SELECT 1")
    assert [one.outcome for one in project().migrate().scripts] == ["applied"]


@pytest.mark.parametrize("status", ["SUCCESS", pytest.param("FAILED", marks=pytest.mark.slow)])
def test_killed_while_a_statement_ran(thirty, project, deploy, account, database, status):
    """It hangs in the account, before or after its work, when its session is ended by who takes the lock over."""
    when = "after" if status == "SUCCESS" else "before"
    account.fault(Fault("hang", when, match={"script": "V2__session.sql", "statement": 5}, seconds=60))
    assert deploy("V2__session.sql", 5, "during") == signal.SIGKILL
    project().unlock()
    result = project().migrate()
    assert result.scripts[0].outcome == "resumed"
    complete(project(), database)


def test_the_plan_says_where_it_goes_on_and_the_history_why(thirty, project, deploy):
    deploy("V2__session.sql", 3, "after")
    project().unlock()
    (warning,) = project().plan().warnings
    assert "died: what it completed is found out first" in warning
    listener = Notes()
    first = project().migrate(listener=listener).scripts[0]
    assert (first.script, first.outcome, first.statements) == ("V2__session.sql", "resumed", 6)
    row = next(row for row in project().history() if row.status == "Failed")
    assert (row.statements, row.statements_done, row.error.startswith("recovered: ")) == (6, 3, True)
    assert any("3 of 6 statements were done" in text for text in listener.notes)


class Notes(Listener):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_lock_that_expired_is_taken_over_and_the_run_recovered(thirty, project, deploy, monkeypatch, database):
    deploy("V2__session.sql", 3, "after")
    late = locks.AccountClock.now
    monkeypatch.setattr(locks.AccountClock, "now", lambda self: late(self) + locks.timedelta(hours=1))
    project().migrate()
    complete(project(), database)


# what cannot be known


MORE = ("with holes", "without what was recorded", "old", "foreign")
HIDDEN = {
    "late": Fault("hide", text=".", times=10_000),
    "with holes": Fault("hide", match={"script": "V2__session.sql", "statement": 2}),
    "without what was recorded": Fault("hide", match={"script": "V1__base.sql", "statement": 5}),
}


SLOW = pytest.mark.slow


@pytest.mark.parametrize("how", ["late", "unreadable", *(pytest.param(how, marks=SLOW) for how in MORE)])
def test_a_query_history_that_does_not_tell(thirty, project, deploy, account, database, how, monkeypatch):
    """It stops, names the statement, and waits for a word."""
    if how in ("with holes", "without what was recorded"):
        account.fault(HIDDEN[how])
    deploy("V2__session.sql", 3, "after")
    project().unlock()
    if how == "unreadable":
        account.fault(Fault("fail", text="QUERY_HISTORY_BY_SESSION", times=99))
    if how == "late":
        monkeypatch.setattr(recovery, "PATIENCE", 0.5)
        account.fault(HIDDEN[how])
    if how == "old":
        monkeypatch.setattr(recovery, "KEPT", -recovery.KEPT)
    if how == "foreign":
        monkeypatch.setattr(recovery.Recovery, "_rows", _only_own(recovery.Recovery._rows))
    for _ in range(2):  # it stays so
        with pytest.raises(FailedScriptError) as caught:
            project().migrate()
        number = 1 if how in ("unreadable", "foreign") else 4
        assert f"statement {number} of 6 is in doubt" in caught.value.message, how
        assert caught.value.file == "migrations/V2__session.sql"
        assert f"--rerun {number}" in caught.value.hint
    assert numbers(project(), database) == [1, 2, 3, 4]
    account.clear_faults()
    monkeypatch.setattr(recovery, "PATIENCE", 20.0)
    if how in ("unreadable", "late"):  # by now it tells
        project().migrate()
    else:
        project().repair("V2__session.sql", done=3)
        project().migrate()
    complete(project(), database)


def _only_own(rows):
    return lambda self, session, limit=100: rows(self, session, limit) if session == self._session.session_id else []


def test_a_block_that_was_killed_is_in_doubt(script, project, deploy, account, database):
    script("V1__base.sql", BASE)
    script(
        "V2__block.sql",
        logged(1) + "BEGIN\n  INSERT INTO {{ db }}.S.LOG VALUES (2);\n  SELECT SYSTEM$WAIT(60);\nEND;\n",
    )
    deploy("V2__block.sql", 2, "during")
    project().unlock()
    with pytest.raises(FailedScriptError, match="statement 2 of 2 is in doubt: it did not end well"):
        project().migrate()
    project().repair("V2__block.sql", done=2)
    project().migrate()
    assert numbers(project(), database) == [1, 2]


def test_a_temporary_table_is_gone_with_its_session(script, project, deploy, database):
    script("V1__base.sql", BASE)
    script(
        "V2__temp.sql",
        "CREATE TEMPORARY TABLE {{ db }}.S.X AS SELECT 1 AS N;\nINSERT INTO {{ db }}.S.LOG SELECT N FROM {{ db }}.S.X",
    )
    deploy("V2__temp.sql", 1, "after")
    project().unlock()
    with pytest.raises(FailedScriptError, match="temporary"):
        project().migrate()
    project().repair("V2__temp.sql", rerun=1)
    project().migrate()
    assert numbers(project(), database) == [1]


def test_a_text_that_is_not_here(thirty, script, project, deploy, database):
    """Another checkout does not go on with what it does not have."""
    deploy("V2__session.sql", 3, "after")
    project().unlock()
    script("V2__session.sql", "SELECT 1;\n")
    with pytest.raises(FailedScriptError, match="its text is not the one that is here"):
        project().migrate()
    script("V2__session.sql", SCRIPTS["V2__session.sql"])
    project().migrate()
    complete(project(), database)


def test_a_file_that_is_put_is_put_again(script, project, deploy, folder, database):
    (folder / "rows.csv").write_text("1\n")
    script(
        "V1__base.sql", BASE + "CREATE STAGE {{ db }}.S.FILES;\nPUT file://rows.csv @{{ db }}.S.FILES;\n" + logged(1)
    )
    deploy("V1__base.sql", 5, "after")
    project().unlock()
    project().migrate()
    assert numbers(project(), database) == [1]
    assert times_run(project(), None)["V1__base.sql", 5] == 2


# what the traces say

STEP = Step(
    "V1__x.sql",
    "versioned",
    "1",
    "X",
    "V1__x.sql",
    "run",
    "",
    split("SELECT 1; PUT file://x @~; CALL P(); SELECT 4"),
    None,
    "",
    "",
)
SURE = Evidence((), frozenset())


def traces(*found: tuple[int, str]) -> list[Trace]:
    texts = {number: statement.text for number, statement in enumerate(STEP.statements, 1)}
    return [Trace("V1__x.sql", number, 4, "", status, "id", texts[number]) for number, status in found]


@pytest.mark.parametrize(
    ("found", "gap", "verdict"),
    [
        ((), "", 0),
        (((1, "SUCCESS"),), "", 1),
        (((1, "FAILED_WITH_ERROR"),), "", 0),
        (((1, "SUCCESS"), (2, "SUCCESS")), "", 1),  # a PUT is repeated
        (((1, "SUCCESS"), (2, "SUCCESS"), (3, "SUCCESS")), "", 3),
        (((1, "SUCCESS"), (2, "SUCCESS"), (3, "FAILED_WITH_ERROR")), "", "did not end well"),
        (((1, "SUCCESS"), (3, "SUCCESS")), "", "holes"),
        (((1, "SUCCESS"),), "it is late", "it is late"),
        (((1, "FAILED_WITH_ERROR"),), "it is late", 0),  # seen is seen
        (((1, "SUCCESS"), (2, "SUCCESS"), (3, "SUCCESS"), (4, "SUCCESS")), "it is late", 4),
        (((1, "FAILED_WITH_ERROR"), (1, "SUCCESS")), "", 1),  # the driver tried again
    ],
)
def test_what_the_traces_say(found, gap, verdict):
    said = judge(STEP, traces(*found), Evidence((), frozenset(), gap))
    if isinstance(verdict, int):
        assert said == Verdict(verdict)
    else:
        assert verdict in said.doubt


def test_what_a_block_runs_inside_says_nothing_of_it():
    inside = Trace("V1__x.sql", 3, 4, "", "SUCCESS", "id", "INSERT INTO T VALUES (1)")
    said = judge(STEP, [*traces((1, "SUCCESS"), (2, "SUCCESS"), (3, "FAILED_WITH_ERROR")), inside], SURE)
    assert "did not end well" in said.doubt


def test_a_statement_on_a_hybrid_table_may_leave_no_record(script, project, deploy, database):
    """https://docs.snowflake.com/en/sql-reference/functions/query_history: short ones on hybrid tables are not recorded."""
    script("V1__base.sql", BASE + "CREATE HYBRID TABLE {{ db }}.S.H (N INT PRIMARY KEY);\n")
    script("V2__rows.sql", logged(1) + "INSERT INTO {{ db }}.S.H VALUES (1)")
    deploy("V2__rows.sql", 1, "after")
    project().unlock()
    with pytest.raises(FailedScriptError, match=r"statement 2 of 2 is in doubt.*hybrid"):
        project().migrate()


# rollback and others


def test_a_rollback_that_was_killed_goes_on(script, project, deploy, database):
    script("V1__base.sql", BASE)
    script("V2__more.sql", logged(1), undo=logged(-1, -2, -3))
    project().migrate()
    assert deploy("V2__more.sql", 2, "after", work="rollback") == signal.SIGKILL
    project().unlock()
    down = project().rollback()
    assert [(one.script, one.outcome) for one in down.scripts] == [("V2__more.sql", "rolled_back")]
    assert numbers(project(), database) == [-3, -2, -1, 1]
    assert {status.script: status.state for status in project().status()}["V2__more.sql"] == "rolled_back"


def test_a_script_that_was_killed_is_rolled_back_instead(script, project, deploy, database):
    script("V1__base.sql", BASE)
    script("V2__more.sql", logged(1, 2), undo="DELETE FROM {{ db }}.S.LOG WHERE N <= 2")
    deploy("V2__more.sql", 1, "after")
    project().unlock()
    project().rollback()
    assert numbers(project(), database) == []


@pytest.fixture
def three_tables(project, folder, database):
    """Components of which an `apply` makes three statements."""
    (folder / "components").mkdir()
    project().query(f"CREATE DATABASE {database}; CREATE SCHEMA {database}.S")
    (folder / "components" / "x.yml").write_text(
        "tables:\n"
        + "".join(f"  {database}.S.{name}: {{columns: {{ID: {{type: number}}}}}}\n" for name in ("A", "B", "C"))
    )
    return lambda: [row["name"] for row in project().query(f"SHOW TABLES IN SCHEMA {database}.S")]


def test_the_first_script_was_killed_and_is_taken_back(script, project, deploy, database):
    script("V1__base.sql", BASE, undo="DROP SCHEMA {{ db }}.S")
    deploy("V1__base.sql", 3, "after")
    project().unlock()
    assert [one.outcome for one in project().rollback().scripts] == ["rolled_back"]


def test_an_apply_that_was_killed_can_be_taken_back(three_tables, project, deploy):
    """Its text stands nowhere but with its lock."""
    assert deploy("apply", 2, "after", work="apply") == signal.SIGKILL
    project().unlock()
    project().apply()
    assert three_tables() == ["A", "B", "C"]
    assert [(row.status, row.statements_done) for row in project().history()] == [("Failed", 2), ("Success", 1)]
    project().rollback(steps=2)
    assert three_tables() == []


@pytest.mark.parametrize("verb", ["apply", "rollback"])
def test_an_apply_that_was_killed_at_its_end_is_recorded(three_tables, project, deploy, verb):
    """Though nothing is left to apply, and nothing was there to be rolled back."""
    deploy("apply", 3, "after", work="apply")
    project().unlock()
    getattr(project(), verb)()
    assert (project().history()[0].status, project().history()[0].statements_done) == ("Success", 3)
    if verb == "apply":
        assert three_tables() == ["A", "B", "C"]
        project().rollback()
    assert three_tables() == []


@pytest.mark.parametrize("verb", ["apply", "rollback"])
@pytest.mark.parametrize("how", ["late", "unreadable"])
def test_an_apply_in_doubt_waits_for_a_word(three_tables, project, deploy, account, monkeypatch, how, verb):
    """Else its rollback would lack the statement that nobody knows of."""
    deploy("apply", 2, "after", work="apply")
    project().unlock()
    monkeypatch.setattr(recovery, "PATIENCE", 0.5)
    account.fault(HIDDEN["late"] if how == "late" else Fault("fail", text="QUERY_HISTORY_BY_SESSION", times=99))
    number = 3 if how == "late" else 1
    for _ in range(2):
        with pytest.raises(FailedScriptError, match=f"apply .*statement {number} of 3 is in doubt") as caught:
            getattr(project(), verb)()
    script = project().history()[-1].script
    assert f"snowmaker repair '{script}' --done {number}" in caught.value.hint
    assert project().repair(script, done=2) == (
        f"{script}: 2 of 3 statements are done; the next `apply` sees what is left",
    )
    if verb == "apply":
        project().apply()
        assert three_tables() == ["A", "B", "C"]
        project().rollback(steps=2)
    else:
        project().rollback()
    assert three_tables() == []


# a connection that breaks, a statement that fails


@SLOW
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_that_breaks_once_is_no_matter(thirty, project, account, database, when):
    account.fault(Fault("drop", when, match={"script": "V2__session.sql", "statement": 5}))
    project().migrate()
    complete(project(), database)


@pytest.mark.parametrize("when", ["after", pytest.param("before", marks=SLOW)])
def test_a_network_that_is_lost(thirty, project, account, database, when, monkeypatch):
    """Heartbeats do not come through either: the run stops waiting, and the next one goes on."""
    monkeypatch.setattr(locks, "LEASE", 2.0)
    monkeypatch.setattr(locks, "BEAT", 0.2)

    class Cut(Listener):
        def statement_started(self, step: Any, statement: Any, number: int, of: int) -> None:
            if (step.script, number) == ("V2__session.sql", 5):
                account.fault(Fault("drop", when, text="", times=10_000))

    with pytest.raises(LockLostError):
        project().migrate(listener=Cut())
    account.clear_faults()
    monkeypatch.setattr(locks, "LEASE", 60.0)
    project().migrate()
    complete(project(), database)


@pytest.mark.parametrize("at", [("V4__by_hand.sql", 3)])
def test_a_statement_that_fails(thirty, project, account, database, at):
    script, number = at
    account.fault(Fault("fail", match={"script": script, "statement": number}))
    with pytest.raises(StatementError):
        project().migrate()
    row = project().history()[-1]
    if row.statements_done:
        project().repair(script, rerun=row.statements_done + 1)
    project().migrate()
    complete(project(), database)


@pytest.mark.slow
@pytest.mark.parametrize("at", sorted({at[:2] for at in PLACES if at[1]}), ids=lambda at: "-".join(map(str, at)))
def test_every_statement_fails_once(thirty, project, account, database, at):
    test_a_statement_that_fails(None, project, account, database, at)


def test_ctrl_c_counts_what_ran_all_the_same(thirty, project, account, database):
    """The statement had done its work when it was canceled."""
    account.fault(Fault("hang", "after", match={"script": "V2__session.sql", "statement": 5}, seconds=60))

    class Impatient(Listener):
        def statement_started(self, step: Any, statement: Any, number: int, of: int) -> None:
            if (step.script, number) == ("V2__session.sql", 5):
                threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(Interrupted):
        project().migrate(listener=Impatient())
    assert project().history()[-1].statements_done == 5
    project().repair("V2__session.sql", done=5)
    project().migrate()
    complete(project(), database)


# many at once, and one that slept

WORKER = """
import sys
from snowmaker import Project, lock
from snowmaker.errors import SnowmakerError
from snowmaker.executor import Listener
import os, signal

class Sleeper(Listener):
    def statement_started(self, step, statement, number, of):
        if len(sys.argv) > 2 and (step.script, number) == ("V2__session.sql", 3):
            print("asleep", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)

if len(sys.argv) > 2:
    lock.LEASE, lock.BEAT = 2.0, 0.2
try:
    with Project(sys.argv[1], environment="shared") as project:
        done = project.migrate(listener=Sleeper(), lock_timeout=120).scripts
        print(sum(one.outcome == "applied" for one in done), flush=True)
except SnowmakerError as error:
    print(error.code, flush=True)
"""


def _worker(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WORKER, *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def test_a_holder_that_slept_runs_nothing_more(thirty, project, folder, database):
    sleeper = _worker(folder, "asleep")
    assert sleeper.stdout.readline() == "asleep\n"
    try:
        project().migrate(lock_timeout=60)
        complete(project(), database)
        held = [row["comment"] for row in project().query(f"SHOW TABLES IN SCHEMA {database}.META")]
    finally:
        sleeper.send_signal(signal.SIGCONT)
        said, _ = sleeper.communicate(timeout=60)
    assert said.strip() == "lock_lost"
    complete(project(), database)
    assert held == [row["comment"] for row in project().query(f"SHOW TABLES IN SCHEMA {database}.META")]


def _many(folder, project, database, count):
    workers = [_worker(folder) for _ in range(count)]
    said = Counter(worker.communicate(timeout=300)[0].strip() for worker in workers)
    assert set(said) <= {"6", "1"}  # the always script runs with each
    assert said["6"] == 1
    runs = times_run(project(), None)
    assert {runs[name, 1] for name in COUNTS if name[0] != "A"} == {1}
    assert numbers(project(), database)[:17] == list(range(1, 18))


@pytest.mark.slow
def test_sixteen_at_once(thirty, project, folder, database):
    _many(folder, project, database, 16)


# with rows that were kept

TABLE = BASE.replace("{{ db }}.S.LOG (N INT)", "{{ db }}.S.LOG AS SELECT 1 AS N")


def test_a_script_that_took_rows_and_was_killed_is_taken_back(script, project, deploy, database):
    script("V1__base.sql", TABLE)
    project().migrate()
    script("V2__take.sql", "SELECT 1;\nDELETE FROM {{ db }}.S.LOG;\nSELECT 2;\n", "SELECT 1")
    deploy("V2__take.sql", 2, "after")
    project().unlock()
    project().rollback()
    assert numbers(project(), database) == [1]


@pytest.mark.parametrize("number", [1, 2])
def test_a_rollback_that_brings_rows_back_goes_on(script, project, deploy, database, number):
    script("V1__base.sql", TABLE)
    script("V2__take.sql", "SELECT 1;\nDROP TABLE {{ db }}.S.LOG;\n", "SELECT 1;\nSELECT 2;\n")
    project().migrate()
    deploy("V2__take.sql", number, "after", work="rollback")
    project().unlock()
    assert [one.outcome for one in project().rollback().scripts] == ["rolled_back"]
    assert numbers(project(), database) == [1]


@pytest.mark.parametrize("number", [2, 3])
def test_a_rollback_that_swaps_a_clone_in_goes_on(script, project, deploy, database, number):
    """Of a table that nothing is left of once it is dropped, with an owner of its own."""
    owned = (
        "ALTER TABLE {{ db }}.S.LOG SET DATA_RETENTION_TIME_IN_DAYS = 0;\n"
        "GRANT OWNERSHIP ON TABLE {{ db }}.S.LOG TO ROLE SYSADMIN COPY CURRENT GRANTS;\n"
    )
    script("V1__base.sql", TABLE + owned)
    script("V2__take.sql", "DELETE FROM {{ db }}.S.LOG")
    project().migrate()
    deploy("V2__take.sql", number, "after", work="rollback")
    project().unlock()
    assert [(one.outcome, one.statements) for one in project().rollback().scripts] == [("rolled_back", 4)]
    assert numbers(project(), database) == [1]
    assert [row["owner"] for row in project().query(f"SHOW TABLES IN SCHEMA {database}.S")] == ["SYSADMIN"]
