"""What did a dead run complete? Its query history tells, by the tags of its statements (DESIGN.md §4).

A run that died has left its lock's table, renamed to `<history>_LOCK_<run>`, whose comment names its sessions. What it
recorded itself is in the history; of the one script that it was in, the statements are found by their tags. A statement
that is not found has not run only where the query history is readable, young, and complete; else it is in doubt.
https://docs.snowflake.com/en/sql-reference/functions/query_history
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from snowmaker.errors import FailedScriptError, StatementError
from snowmaker.history import History, HistoryState, unpack
from snowmaker.ledger import IN_DOUBT, RECOVERED, Ledger, in_doubt, recorded
from snowmaker.lock import Holder, read_holder
from snowmaker.model import Applied, Statement, Step, plan_from_json
from snowmaker.resuming import complete, lost_with_the_session
from snowmaker.session import Session
from snowmaker.sql import PLACEHOLDER, quote_name, tokens

LIMIT = 10_000  # rows that the function gives; of more, the newest
KEPT = timedelta(days=7)  # how long it has them
SETTLE = 5.0  # seconds between two looks that have to agree: rows can appear late
PATIENCE = 300.0  # seconds that a statement gets to end, and the query history to show what has just run
OVER = {"SUCCESS", "FAIL", "FAILED_WITH_ERROR", "FAILED_WITH_INCIDENT"}
DEPLOYS = ("", "migrate", "rollback", "apply")  # the works of which a statement can be in doubt


class Scripts(Protocol):
    """What a project knows of the scripts that a dead run may have been in."""

    def candidates(self, ledger: Ledger, script: str, *, undo: bool) -> Sequence[Step]:
        """The steps that it may have been, as their texts are here; none where they are not."""

    def suspect(self, ledger: Ledger, work: str) -> Step | None:
        """The step that would have come next."""


@dataclass(frozen=True)
class Trace:
    """A statement of a dead run, as the query history has it."""

    script: str
    number: int
    of: int
    checksum: str
    status: str
    query_id: str
    text: str = ""
    undo: bool = False
    transaction: bool = False

    @property
    def ran(self) -> bool:
        """Whether it succeeded."""
        return self.status == "SUCCESS"


@dataclass(frozen=True)
class Evidence:
    """What the query history shows of a dead run, and why a statement that it does not show may have run (`gap`)."""

    traces: tuple[Trace, ...]
    query_ids: frozenset[str]
    gap: str = ""
    cut: bool = False  # there are more rows than it gives

    def checked(self, run: str, rows: Iterable[Applied]) -> Evidence:
        """What the run recorded last has to be there, too; else something is missing."""
        own = [row for row in rows if row.run_id == run and row.query_ids and not in_doubt(row)]
        missing = bool(own) and not set(own[-1].query_ids) <= self.query_ids
        if self.gap or self.cut or not missing:
            return self
        return replace(self, gap="the query history does not show all that the run has recorded")


@dataclass(frozen=True)
class Verdict:
    """How many statements of a step are done, and why nobody knows whether the next one is; '' where that is known."""

    done: int
    doubt: str = ""


def judge(step: Step, traces: Sequence[Trace], evidence: Evidence) -> Verdict:
    """How far a step came, from what is seen of it. That a later statement was sent proves the earlier ones. Pure."""
    if step.directives.transaction:  # its row is part of its transaction, and is not there
        return Verdict(0, f"whether it is being committed is not known: {evidence.gap}" if evidence.gap else "")
    seen: dict[int, list[Trace]] = {}
    for trace in traces:
        seen.setdefault(trace.number, []).append(trace)
    last = max(seen, default=step.start)
    failed = last in seen and not _ran(step.statements[last - 1], seen[last])
    done = max(last - failed, step.start)
    holes = not evidence.cut and any(number not in seen for number in range(step.start + 1, last))
    gap = evidence.gap or ("the query history has holes" if holes else "")
    if failed and step.statements[last - 1].kind in ("block", "unknown"):
        return Verdict(done, "it did not end well, and what it had done by then is not known")
    if not failed and done < len(step.statements) and gap:
        return Verdict(done, f"whether it ran is not known: {gap}")
    stays = complete(step.statements[:done], step.start)
    gone = any(lost_with_the_session(statement.text) for statement in step.statements[:stays])
    if gone and stays < len(step.statements):
        return Verdict(stays, "a temporary object that an earlier statement made has gone with its session")
    return Verdict(stays)


def _ran(statement: Statement, traces: Sequence[Trace]) -> bool:
    """Whether one of its attempts succeeded. What a block or procedure runs inside has its tag, and does not count.

    A text with a secret is not comparable; there the first of all is the block itself.
    """
    if statement.kind in ("block", "unknown"):
        secret = PLACEHOLDER in statement.text
        traces = traces[:1] if secret else [trace for trace in traces if trace.text.strip() == statement.text]
    return any(trace.ran for trace in traces)


class Recovery:
    """Finds out what dead runs have completed, and records it. Under the lock."""

    def __init__(self, session: Session, history: History, scripts: Scripts, note: Callable[[str], None]) -> None:
        self._session = session
        self._history = history
        self._scripts = scripts
        self._note = note

    def run(self, state: HistoryState, now: datetime, common: Mapping[str, Any]) -> HistoryState:
        """The history's state with what dead runs completed; `common` are fields that all new rows have.

        Raises FailedScriptError, which names the statement, where one is in doubt.
        """
        left = [(name, read_holder(comment)) for name, comment in state.dead_locks]
        for name, holder in sorted(left, key=lambda pair: (pair[1].since, pair[0])):
            evidence = self._evidence(holder, now)
            state = self._history.read()  # what was under way has ended by now
            state = self._settle(name, holder, evidence, state, common)
            self._session.execute(f"DROP TABLE IF EXISTS {quote_name(*self._history.parts[:2], name)}", fetch=False)
        return replace(state, locks=())

    def _settle(
        self, lock: str, holder: Holder, evidence: Evidence, state: HistoryState, common: Mapping[str, Any]
    ) -> HistoryState:
        evidence = evidence.checked(holder.run, state.rows)
        ledger = Ledger.of(state.rows)
        open_ = [trace for trace in evidence.traces if not _recorded(ledger, holder.run, trace.script, trace.undo)]
        before = ledger.without(holder.run)
        step: Step | None = None
        if open_:
            step = self._step(before, open_, holder, lock)
        elif evidence.gap and holder.work in DEPLOYS:
            step = self._suspect(before, holder, lock)
        if step is None or _recorded(ledger, holder.run, step.script, step.action == "undo"):
            return state
        verdict = self._with_hybrid(step, judge(step, open_, evidence), open_)
        row = _row(step, verdict, holder.run, [trace.query_id for trace in open_ if trace.ran])
        if row is not None and not _same(ledger.latest(step.script), row):
            self._history.add(replace(row, seq=state.next_seq, **common))
            state = self._history.read()
        if verdict.doubt:
            raise _doubt(step, verdict, holder)
        if row is not None:
            of = f"{verdict.done} of {len(step.statements)} statements"
            self._note(f"{step.script}: {of} were done when {holder.work or 'the run'} {holder.run} ended")
        return state

    def _with_hybrid(self, step: Step, verdict: Verdict, traces: Sequence[Trace]) -> Verdict:
        """A short statement on a hybrid table may have run without a row in the query history."""
        seen = {trace.number for trace in traces}
        following = step.statements[verdict.done : verdict.done + 1]
        if verdict.doubt or verdict.done + 1 in seen or not following or following[0].kind != "dml":
            return verdict
        words = {token.text.strip('"').upper() for token in tokens(following[0].text)}
        for record in self._session.execute("SHOW HYBRID TABLES IN ACCOUNT").records():
            if str(record["name"]).upper() in words:
                return replace(verdict, doubt="the query history does not have all that runs on a hybrid table")
        return verdict

    def _step(self, ledger: Ledger, traces: Sequence[Trace], holder: Holder, lock: str) -> Step:
        """The step that was under way: the one whose statements have the checksums that were seen."""
        first = traces[0]
        known = self._scripts.candidates(ledger, first.script, undo=first.undo)
        for step in (*known, *self._remembered(lock, first.script)):
            if _fits(step, traces):
                return step
        done = sum(trace.ran for trace in traces)
        raise FailedScriptError(
            f"run {holder.run} ended in {first.script}, of which {done} of {first.of} statements are seen done, "
            "and its text is not the one that is here",
            "unknown_text",
            "run it from the checkout that was deployed: it goes on where that ended",
        )

    def _suspect(self, ledger: Ledger, holder: Holder, lock: str) -> Step | None:
        """The step that may have been under way, though nothing of it is seen."""
        if holder.work == "apply":
            return next(iter(self._remembered(lock)), None)
        return self._scripts.suspect(ledger, holder.work)

    def _remembered(self, lock: str, script: str | None = None) -> list[Step]:
        """The steps that a run has kept in its lock's table, as no file has them; all, or those of a script."""
        table = quote_name(*self._history.parts[:2], lock)
        texts = [unpack(text) or "" for (text,) in self._session.execute(f"SELECT HOLDER FROM {table}").rows]
        steps = [step for text in texts for step in plan_from_json(json.loads(text)).steps]
        return [step for step in steps if script in (None, step.script)]

    # the query history

    def _evidence(self, holder: Holder, now: datetime) -> Evidence:
        if not holder.sessions:
            return Evidence((), frozenset(), "its lock does not say which session it was")
        try:
            rows, gap = self._settled(holder)
        except StatementError as error:
            return Evidence((), frozenset(), f"the query history cannot be read: {error.message}")
        known = [_trace(row, holder.run) for row in rows]
        cut = len(rows) >= LIMIT
        shown = {str(row["session_id"]) for row in rows if holder.run in f"{row['query_tag']}{row['query_text']}"}
        if not gap and not cut and holder.session not in shown:
            gap = f"it shows nothing of session {holder.session} (those of others need MONITOR on their warehouse)"
        if not gap and _old(holder, now):
            gap = f"it began more than {KEPT.days} days ago"
        ids = frozenset(str(row["query_id"]) for row in rows)
        return Evidence(tuple(trace for trace in known if trace is not None), ids, gap, cut)

    def _settled(self, holder: Holder) -> tuple[list[dict[str, Any]], str]:
        """The rows of the run's sessions, once nothing of it runs, two looks agree, and what we just ran is shown."""
        marker = self._session.execute("SELECT 'recovery'", counted=False).query_id
        deadline = time.monotonic() + PATIENCE
        before = None
        while True:
            rows = [row for session in holder.sessions for row in self._rows(session)]
            running = [row for row in rows if row["execution_status"] not in OVER]
            late = not any(row["query_id"] == marker for row in self._rows(self._session.session_id, 100))
            if rows == before and not running and not late:
                return rows, ""
            if time.monotonic() > deadline:
                if running:
                    raise _still_running(running[0], holder)
                return rows, "the query history is late"
            before = rows
            time.sleep(SETTLE)

    def _rows(self, session: str, limit: int = LIMIT) -> list[dict[str, Any]]:
        function = f"{quote_name(self._history.parts[0])}.INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION"
        return self._session.execute(
            "SELECT QUERY_ID, QUERY_TAG, SESSION_ID, EXECUTION_STATUS, QUERY_TEXT "
            f"FROM TABLE({function}(SESSION_ID => {int(session)}, RESULT_LIMIT => {limit})) "
            "ORDER BY START_TIME",
            counted=False,
        ).records()


def _trace(row: Mapping[str, Any], run: str) -> Trace | None:
    """The statement of a run that a row of the query history is; None for what is none."""
    try:
        tag = json.loads(row["query_tag"] or "")
        if tag["run"] != run:
            return None
        return Trace(
            str(tag["script"]),
            int(tag["statement"]),
            int(tag["of"]),
            str(tag["checksum"]),
            str(row["execution_status"]),
            str(row["query_id"]),
            str(row["query_text"] or ""),
            bool(tag.get("undo")),
            bool(tag.get("transaction")),
        )
    except (ValueError, TypeError, KeyError):
        return None


def _recorded(ledger: Ledger, run: str, script: str, undo: bool) -> bool:
    """Whether a run's script has its row; a doubt counts only when somebody has dealt with it."""
    rows = ledger.by_script.get(script.lower(), ())
    own = [number for number, row in enumerate(rows) if row.run_id == run and row.undone == undo]
    return bool(own) and not (own[-1] == len(rows) - 1 and in_doubt(rows[-1]))


def _fits(step: Step, traces: Sequence[Trace]) -> bool:
    return all(
        trace.of == len(step.statements) and step.statements[trace.number - 1].checksum == trace.checksum
        for trace in traces
    )


def _row(step: Step, verdict: Verdict, run: str, query_ids: Sequence[str]) -> Applied | None:
    """What the dead run could not record; None where the history says it already."""
    done, of = verdict.done, len(step.statements)
    if verdict.doubt:
        text = f"{IN_DOUBT}statement {done + 1} of {of}: {verdict.doubt}"
    elif done == of:
        text = ""
    elif done == step.start:
        return None
    else:
        text = f"{RECOVERED}{done}: run {run} ended in the middle of it"
    return recorded(step, done, text, run_id=run, query_ids=tuple(query_ids))


def _same(known: Applied | None, row: Applied) -> bool:
    return known is not None and (known.run_id, known.error) == (row.run_id, row.error) and in_doubt(known)


def _doubt(step: Step, verdict: Verdict, holder: Holder) -> FailedScriptError:
    number, of, script = verdict.done + 1, len(step.statements), shlex.quote(step.script)
    return FailedScriptError(
        f"{step.script}: run {holder.run} ended in the middle, and statement {number} of {of} is in doubt: "
        f"{verdict.doubt}",
        "in_doubt",
        f"look whether it ran, then `snowmaker repair {script} --done {number}` (it did) or `--rerun {number}`",
        step.path,
        step.statements[verdict.done].line,
    )


def _still_running(row: Mapping[str, Any], holder: Holder) -> FailedScriptError:
    trace = _trace(row, holder.run)
    what = f"statement {trace.number} of {trace.script}" if trace else "a statement"
    return FailedScriptError(
        f"{what} of run {holder.run}, which has ended, is still running",
        "still_running",
        f"wait for it, or SELECT SYSTEM$CANCEL_QUERY('{row['query_id']}'); then run it again",
        query_id=str(row["query_id"]),
    )


def _old(holder: Holder, now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(holder.since) > KEPT
    except (ValueError, TypeError):
        return True
