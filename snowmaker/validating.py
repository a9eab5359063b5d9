"""What an account says of a plan before any of it runs; nothing is written.

Queries and DML are compiled, EXPLAIN_PRIVILEGES tells what a role lacks, and rows that a smaller type or NOT NULL would
not let in are counted. USE runs, in a session of its own. What depends on an earlier statement of the plan cannot be
asked of an account in which that has not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from snowmaker import sql
from snowmaker.errors import StatementError
from snowmaker.lacking import Explained, explained
from snowmaker.losses import Space, with_spaces
from snowmaker.model import Finding, Plan, Statement, Step
from snowmaker.names import links
from snowmaker.probes import probes
from snowmaker.session import Session

COMPILED = ("SELECT", "WITH", "VALUES", "(", "INSERT", "UPDATE", "DELETE", "MERGE")
EXPLAINED = ("ddl", "dml", "query")
# what the account says of the statement itself, not of its being explained: syntax, names, types
FAULTS = (904, 1003, 1430, 2002, 2003, 2043, 2108, 40050, 40051, 40052)
LATER = "only `verify` can judge it"

Name = tuple[str, ...]
Stand = Callable[[str], str]


@dataclass(frozen=True)
class _Asked:
    """A statement that is to be explained, as its role."""

    step: Step
    statement: Statement
    role: str
    text: str
    space: Space


def validate(session: Session, plan: Plan, stand_in: Stand) -> tuple[Finding, ...]:
    """What would fail, as findings, in order; `stand_in` puts something in the place of the secrets of a text.

    The session is used up: it is another one afterwards. Raises ConnectError.
    """
    return _Validating(session, stand_in).run(plan)


class _Validating:
    def __init__(self, session: Session, stand_in: Stand) -> None:
        self._session = session
        self._stand_in = stand_in
        self._start = session.namespace
        self._before = _Before()
        self._batch: list[_Asked] = []
        self._found: list[Finding] = []
        self._moved = False  # USE has run
        self._elsewhere: dict[str, str] = {}  # in what this session is not where the script would be, and why

    def run(self, plan: Plan) -> tuple[Finding, ...]:
        for step in plan.steps:
            self._step(step)
        return tuple(self._found)

    def _step(self, step: Step) -> None:
        first = len(self._found)
        if step.directives.role:
            self._use(step, None, f"USE ROLE {step.directives.role}", ())
        asked = 0
        spaces = list(with_spaces(step.statements, self._start.database, self._start.schema))
        for statement, space in spaces[step.start :]:
            asked += self._statement(step, statement, space)
        self._explain()
        faults = sorted(self._found[first:], key=lambda one: one.line)
        count = f"{asked} of {len(step.statements) - step.start} statements were asked about"
        self._found[first:] = [*faults, Finding("asked", "ok", f"{step.script}: {count}", step.path)]
        if self._moved:
            self._session.reconnect()
        self._moved, self._elsewhere = False, {}

    def _statement(self, step: Step, statement: Statement, space: Space) -> int:
        """Ask about one statement; 1 where that could be done."""
        words = [token.upper for token in sql.head(statement.text, 2)]
        if words[:1] == ["USE"] and "SECONDARY" not in words:
            self._explain()
            return self._use(step, statement, statement.text, space)
        why = next(iter(self._elsewhere.values()), "") or self._later(statement.text, space)
        self._before.passed(step, statement, space)
        if statement.kind not in EXPLAINED or "->>" in statement.text:
            return 0
        if why:
            if self._elsewhere or not self._probe(step, statement, space):
                self._say("later", "ok", why, step, statement)
            return 0
        text = self._stand_in(statement.text)
        self._batch.append(_Asked(step, statement, self._session.namespace.role or "", text, space))
        if words[0] in COMPILED:
            self._compile(step, statement, text)
        self._probe(step, statement, space)
        return 1

    def _use(self, step: Step, statement: Statement | None, text: str, space: Space) -> int:
        """Go where the script goes; what cannot be asked from there is said."""
        words = [token.upper for token in sql.head(text, 2)]
        what = next((word for word in words[1:] if word in ("ROLE", "WAREHOUSE")), "SCHEMA")
        self._elsewhere.pop(what, None)
        later = self._later(text, space)
        if later:
            self._elsewhere[what] = later
            return 0
        try:
            self._session.execute(text, fetch=False)
        except StatementError as error:
            self._elsewhere[what] = f"not asked about: {text} fails"
            self._say("compile", "error", f"{text}: {error.message}", step, statement)
        else:
            self._moved = True
        return 1

    def _later(self, text: str, space: Space) -> str:
        why = self._before.reason(text, space)
        return f"{LATER}: {why}" if why else ""

    def _compile(self, step: Step, statement: Statement, text: str) -> None:
        try:
            self._session.compile(text)
        except StatementError as error:
            self._batch.pop()  # its error is known
            self._fault("compile", error.message, step, statement)

    def _fault(self, rule: str, text: str, step: Step, statement: Statement) -> None:
        """An error, unless what has run before is not known."""
        doubt = self._before.doubt(statement.text)
        if doubt:
            self._say("later", "ok", f"{LATER}: {doubt} before it", step, statement)
        else:
            self._say(rule, "error", text, step, statement)

    def _explain(self) -> None:
        batch, self._batch = [one for one in self._batch if one.role], []
        pairs = [(sql.quote_identifier(one.role), one.text) for one in batch]
        for index, said in explained(self._session, pairs).items() if pairs else ():
            self._explained(batch[index], said)

    def _explained(self, one: _Asked, said: Explained) -> None:
        if said.errno in FAULTS:
            self._fault("compile", " ".join(said.error.split()), one.step, one.statement)
        for lack in said.lacks:
            giver = self._before.giver(lack, one.space)
            text = f"role {one.role} lacks {lack}"
            if giver:
                self._say(
                    "later", "ok", f"{LATER}: {text}, and {giver} gives privileges on it", one.step, one.statement
                )
            else:
                self._fault("privileges", text, one.step, one.statement)

    def _probe(self, step: Step, statement: Statement, space: Space) -> bool:
        """Count the rows that would not fit; whether that could be done, or nothing is to be counted.

        https://docs.snowflake.com/en/sql-reference/functions/count_if
        """
        table, asked = probes(statement.text)
        if not asked or self._before.replaced(table, space):
            return False
        filler = self._before.filler(table, space)
        if filler:
            self._say("later", "ok", f"{LATER}: {filler} changes its rows", step, statement)
            return True
        counts = ", ".join(f"COUNT_IF({one.condition})" for one in asked)
        try:
            row = self._session.execute(f"SELECT {counts} FROM {sql.quote_name(*table)}").rows[0]
        except StatementError as error:
            if error.errno in FAULTS:  # which its being explained tells, or an earlier statement mends
                return False
            self._say("rows", "warning", f"its rows cannot be counted: {error.message}", step, statement)
            return True
        for one, number in zip(asked, row, strict=True):
            if number:
                rows = "1 row does" if number == 1 else f"{number:,} rows do"
                self._say("rows", "error", f"{rows} not fit in {'.'.join(table)}: {one.why}", step, statement)
        return True

    def _say(self, rule: str, level: str, text: str, step: Step, statement: Statement | None) -> None:
        line = statement.line if statement else 1
        self._found.append(Finding(rule, level, text, step.path, line))  # type: ignore[arg-type]


class _Before:
    """What the statements that come before do, as far as it can be seen: by the names that they touch."""

    def __init__(self) -> None:
        self._touched: dict[Name, str] = {}
        self._replaced: set[Name] = set()  # what is another thing under the same name, or none
        self._filled: dict[Name, str] = {}
        self._granted: dict[Name, str] = {}
        self._member = ""
        self._opaque = ""  # what may have done anything
        self._variables = ""  # what has set variables

    def passed(self, step: Step, statement: Statement, space: Space) -> None:
        """Go on behind a statement."""
        text, script = statement.text, step.script
        for part in links(text) if "->>" in text else (text,):
            listed = sql.head(part, 40)
            words = [token.upper for token in listed]
            if words[:1] in (["CREATE"], ["ALTER"], ["DROP"], ["UNDROP"]):
                names = list(_all_names(_objects(listed), space))
                self._touched |= dict.fromkeys(names, script)
                if words[0] != "ALTER" or {"RENAME", "SWAP"} & set(words):
                    self._replaced |= set(names)
            elif words[:1] == ["GRANT"]:
                self._granted |= dict.fromkeys(_all_names(_chains(part), space), script)
                self._member = script if words[1:2] == ["ROLE"] or words[1:3] == ["DATABASE", "ROLE"] else self._member
            elif words[:1] in (["INSERT"], ["UPDATE"], ["DELETE"], ["MERGE"], ["TRUNCATE"], ["COPY"]):
                self._filled |= dict.fromkeys(_all_names(_chains(part), space), script)
        if statement.kind in ("block", "unknown"):
            self._opaque = f"{script} runs a block or CALL"
        elif statement.kind == "session":
            self._variables = f"{script} sets variables"

    def doubt(self, text: str) -> str:
        """Why an error of a statement may be none by then."""
        return self._opaque or (self._variables if "$" in text else "")

    def reason(self, text: str, space: Space) -> str:
        """Why a statement cannot be asked about: what it needs from an earlier one."""
        for name in _all_names(_chains(text), space):
            for size in range(1, len(name) + 1):
                if name[:size] in self._touched:
                    return f"{self._touched[name[:size]]} changes {'.'.join(name[:size])} before it"
        return ""

    def replaced(self, table: Name, space: Space) -> bool:
        """Whether a table, or what it is in, is made, dropped, renamed or swapped before."""
        names = list(_all_names([table], space))
        return any(name[:size] in self._replaced for name in names for size in range(1, len(name) + 1))

    def filler(self, table: Name, space: Space) -> str:
        """The script that changes the rows of a table before."""
        return next((self._filled[name] for name in _all_names([table], space) if name in self._filled), "")

    def giver(self, lack: str, space: Space) -> str:
        """The script that gives privileges before, on what a role lacks them on, or membership in a role."""
        names = [name for name in _all_names(_chains(lack), space) if name in self._granted]
        inside = [name[:size] for name in _chains(lack) for size in range(1, len(name)) if name[:size] in self._granted]
        found = [name for name in (*names, *inside) if len(name) > 1 or name[0] not in sql.RESERVED]
        return self._granted[found[0]] if found else self._member


def _objects(listed: Sequence[sql.Token]) -> Iterator[Name]:
    """The object that DDL is about, and what it becomes by RENAME TO or SWAP WITH."""
    name, after = sql.named_after(listed)
    yield name
    if [token.upper for token in listed[after : after + 2]] in (["RENAME", "TO"], ["SWAP", "WITH"]):
        yield sql.chain(listed, after + 2)[0]


def _chains(text: str) -> Iterator[Name]:
    """All names in a statement, and words that are none."""
    listed = list(sql.tokens(text))
    index = 0
    while index < len(listed):
        name, after = sql.chain(listed, index)
        if name and (len(name) > 1 or listed[index].upper not in sql.RESERVED):
            yield name
        index = max(after, index + 1)


def _all_names(names: Iterator[Name] | Sequence[Name], space: Space) -> Iterator[Name]:
    """Names, as written and as they may be meant where a database and a schema are in use."""
    database, schema = (*space, None, None)[:2]
    for name in names:
        if name:
            yield name
            if database and len(name) < 3:
                yield (database, *name)
            if database and schema and len(name) == 1:
                yield (database, schema, *name)
