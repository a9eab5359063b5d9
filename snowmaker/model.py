"""The nouns: frozen values that flow one way, Source → Script → Plan → Result.

`Plan` is data: `to_json` and `plan_from_json` round-trip it, with `"format": 1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["versioned", "repeatable", "always", "component"]
StatementKind = Literal["ddl", "dml", "query", "transfer", "transaction", "block", "session", "client", "unknown"]
Destructive = Literal["yes", "no", "unknown"]
State = Literal["pending", "applied", "changed", "missing", "failed", "rolled_back", "out_of_order", "ignored"]
Action = Literal["run", "rerun", "resume", "undo"]
Outcome = Literal["applied", "resumed", "failed", "skipped", "rolled_back"]

ChangeAction = Literal["create", "alter", "replace", "drop", "grant", "revoke"]
Effect = Literal["safe", "replace", "destructive"]

PLAN_FORMAT = 1


@dataclass(frozen=True)
class Statement:
    """One statement as it would be sent: no closing `;`, and where it stands in its text.

    `start` and `end` are offsets into the text that was split: `text == source[start:end]`. `line` counts from 1.
    `reason` says why it is destructive, when it is.
    """

    text: str
    line: int
    start: int = 0
    end: int = 0
    checksum: str = ""
    kind: StatementKind = "unknown"
    destructive: Destructive = "unknown"
    reason: str = ""


@dataclass(frozen=True)
class Directives:
    """What the leading comment of a script asks for: `-- snowmaker: role=X only=dev,test depends=… transaction=on`.

    `allow` are lint rules that the script is not to be judged by.
    """

    role: str = ""
    only: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    transaction: bool = False
    irreversible: bool = False
    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A migration file as read. `path` is relative to the project; `undo` is its rollback file, if there is one.

    `source_checksum` is of the text without byte-order mark and with `\\n` line ends.
    """

    script: str
    kind: Kind
    version: str
    description: str
    path: str
    text: str
    source_checksum: str
    directives: Directives = Directives()
    undo: Source | None = None


@dataclass(frozen=True)
class Script:
    """A source rendered for one environment: statements, with placeholders where secrets go.

    `checksum` is of the rendered text, computed as schemachange does. `secrets` are the names it needs. `undo` is
    None when no rollback was written.
    """

    script: str
    kind: Kind
    version: str
    description: str
    path: str
    text: str
    checksum: str
    source_checksum: str
    statements: tuple[Statement, ...]
    directives: Directives = Directives()
    secrets: tuple[str, ...] = ()
    undo: Script | None = None


@dataclass(frozen=True)
class Applied:
    """One row of the history. A row written by schemachange has only the first nine columns: `seq` is None there."""

    script: str
    script_type: str
    version: str
    description: str
    checksum: str
    status: str
    installed_by: str
    installed_on: datetime | None
    execution_time: int
    seq: int | None = None
    run_id: str = ""
    environment: str = ""
    source_checksum: str = ""
    statements: int | None = None
    statements_done: int | None = None
    query_ids: tuple[str, ...] = ()
    error: str = ""
    script_text: str = ""
    rollback_text: str | None = None
    git_commit: str = ""
    tool_version: str = ""
    schema_version: int | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the row says Success."""
        return self.status.lower() == "success"

    @property
    def undone(self) -> bool:
        """Whether the row is of a rollback."""
        return self.script_type.upper() == "U"


@dataclass(frozen=True)
class Step:
    """One script to run (or undo), why, and its own reverse.

    `undo` is None when nothing can take it back. `start` is the number of statements that an earlier run completed
    (`resume`). `script_text` and `rollback_text` go to the history as they are.
    """

    script: str
    kind: Kind
    version: str
    description: str
    path: str
    action: Action
    reason: str
    statements: tuple[Statement, ...]
    undo: tuple[Statement, ...] | None
    checksum: str
    source_checksum: str
    directives: Directives = Directives()
    secrets: tuple[str, ...] = ()
    start: int = 0
    script_text: str = ""
    rollback_text: str | None = None

    @property
    def destructive(self) -> Destructive:
        """`yes` when any statement is, else `unknown` when any may be."""
        found = {statement.destructive for statement in self.statements[self.start :]}
        return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"


@dataclass(frozen=True)
class Kept:
    """A zero-copy clone `name` of a `table`, made before a script took rows from it, by its statement `statement`.

    `how` is drop or change; `at` is when; `rows`, `bytes` and `owner` are what the account says of the clone.
    """

    name: tuple[str, ...]
    run: str
    script: str
    seq: int
    statement: int
    table: tuple[str, ...]
    how: str
    at: datetime
    rows: int = 0
    bytes: int = 0
    transient: bool = False
    owner: str = ""


@dataclass(frozen=True)
class Skipped:
    """A script that the plan leaves alone although it could run, and why."""

    script: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What would be done, in order; pure data.

    `warnings` are for the reader; `refusals` are why it must not be executed as it stands (policies), each as
    (policy, text, hint). `history` says which rows of which history it was made against, `to` and `out_of_order` what
    was asked for: a plan file is compared with what would be planned now.
    """

    environment: str
    steps: tuple[Step, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[tuple[str, str, str], ...] = ()
    history: str = ""
    to: str | None = None
    out_of_order: bool = False

    @property
    def statements(self) -> int:
        """How many statements it would send."""
        return sum(len(step.statements) - step.start for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values, `"format": 1` (DESIGN.md §5)."""
        steps = [{**asdict(step), "destructive": step.destructive} for step in self.steps]
        return {
            "format": PLAN_FORMAT,
            "environment": self.environment,
            "steps": steps,
            "skipped": [asdict(skipped) for skipped in self.skipped],
            "warnings": list(self.warnings),
            "refusals": [list(refusal) for refusal in self.refusals],
            "history": self.history,
            "to": self.to,
            "out_of_order": self.out_of_order,
        }


@dataclass(frozen=True)
class Touch:
    """The statement that touched an object last, as the query history has it: whose, when, and under which role.

    `run` and `script` are snowmaker's own, where it sent the statement.
    """

    user: str
    role: str
    at: datetime
    query_id: str
    statement: str
    run: str = ""
    script: str = ""

    def to_json(self) -> dict[str, Any]:
        """As `diff --drift --json` has it."""
        return {
            "user": self.user,
            "role": self.role or None,
            "at": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "query_id": self.query_id,
            "statement": self.statement,
            "run": self.run or None,
            "script": self.script or None,
        }


@dataclass(frozen=True)
class Change:
    """One difference between a declared and a live component, and the statements that end it.

    `statements` has each statement with what takes it back; `role` is the one to run them, '' the connection's.
    `attributes` has old and new values by property. `effect` says whether it is safe, replaces the object, or can
    lose what cannot be had back; `warnings` say what else breaks. `touched` is who changed the live one last, where
    that was asked for and is known.
    """

    action: ChangeAction
    kind: str
    target: str
    effect: Effect
    reason: str
    statements: tuple[tuple[str, tuple[str, ...]], ...]
    attributes: tuple[tuple[str, Any, Any], ...] = ()
    role: str = ""
    warnings: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    touched: Touch | None = None

    @property
    def sql(self) -> tuple[str, ...]:
        """The statements, in order."""
        return tuple(statement for statement, _ in self.statements)

    @property
    def undo(self) -> tuple[str, ...]:
        """The statements that take it back, in order."""
        return tuple(text for _, undo in reversed(self.statements) for text in undo)

    def to_json(self) -> dict[str, Any]:
        """The change as `diff --json` has it (DESIGN.md §5)."""
        return {
            "action": self.action,
            "kind": self.kind,
            "target": self.target,
            "class": self.effect,
            "sql": list(self.sql),
            "undo": list(self.undo),
            "attributes": {name: {"old": old, "new": new} for name, old, new in self.attributes},
            "reason": self.reason,
            "role": self.role or None,
            "warnings": list(self.warnings),
            "file": self.file or None,
            "line": self.line or None,
            **({"touched": self.touched.to_json()} if self.touched is not None else {}),
        }


@dataclass(frozen=True)
class Diff:
    """What is declared against what is there: the changes that would end the differences, in order.

    `round_trips` counts the query requests that reading the account took. `missing` has the privileges that the roles
    of the changes lack, where the account tells: (role, statement, privilege).
    """

    environment: str
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    missing: tuple[tuple[str, str, str], ...] = ()
    round_trips: int = 0

    def to_json(self) -> dict[str, Any]:
        """The difference as `diff --json` has it (DESIGN.md §5)."""
        return {
            "environment": self.environment,
            "changes": [change.to_json() for change in self.changes],
            "warnings": list(self.warnings),
            "missing": [dict(zip(("role", "statement", "privilege"), one, strict=True)) for one in self.missing],
            "round_trips": self.round_trips,
        }


@dataclass(frozen=True)
class Adoption:
    """What became of the files when they took over what the account has; `left` is what still differs, and why."""

    environment: str
    files: tuple[str, ...]
    adopted: int
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScriptStatus:
    """A script and its state in an environment."""

    script: str
    kind: Kind
    version: str
    description: str
    state: State
    installed_on: datetime | None = None
    installed_by: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ScriptResult:
    """What became of one script in a run. `seconds` is wall time; `statements` how many were done."""

    script: str
    outcome: Outcome
    statements: int
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Result:
    """What a run did. `round_trips` counts the query requests sent, heartbeats and restored session state apart."""

    environment: str
    run_id: str
    scripts: tuple[ScriptResult, ...] = ()
    round_trips: int = 0
    statements: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


Verdict = Literal["proven", "broken", "irreversible", "not_rehearsed"]


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal says of one script; `differences` are what its rollback did not bring back."""

    script: str
    verdict: Verdict
    detail: str = ""
    differences: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Rehearsal:
    """The verdicts of a rehearsal, as which role it ran, and what a reader has to know besides."""

    environment: str
    role: str
    scripts: tuple[Rehearsed, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def broken(self) -> bool:
        """Whether a script is."""
        return any(one.verdict == "broken" for one in self.scripts)


CheckOutcome = Literal["passed", "failed", "error"]


@dataclass(frozen=True)
class Checked:
    """What became of one check: a query that must return no rows, or a privilege that a role must or must not have.

    `rows` are the first that a failed query returned, of `count`.
    """

    check: str
    kind: Literal["query", "access"]
    outcome: CheckOutcome
    detail: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()
    count: int = 0
    file: str = ""
    line: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Checks:
    """What the checks of a project say of an account; `role` is whose eyes the queries saw it with."""

    environment: str
    role: str
    checks: tuple[Checked, ...] = ()
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether one failed, or could not be judged."""
        return any(one.outcome != "passed" for one in self.checks)


@dataclass(frozen=True)
class Finding:
    """Something `check` or `doctor` says. `level` error makes the answer no; `fix` is what to run or change."""

    rule: str
    level: Literal["error", "warning", "ok"]
    message: str
    file: str = ""
    line: int = 0
    hint: str = ""
    fix: tuple[str, ...] = field(default=())


def plan_from_json(data: dict[str, Any]) -> Plan:
    """The plan that `Plan.to_json` wrote; raises ValueError on another format or a key that is missing."""
    if data.get("format") != PLAN_FORMAT:
        raise ValueError(f"plan format {data.get('format')!r}; this version reads format {PLAN_FORMAT}")
    try:
        return Plan(
            environment=data["environment"],
            steps=tuple(_step(step) for step in data["steps"]),
            skipped=tuple(Skipped(**skipped) for skipped in data["skipped"]),
            warnings=tuple(data["warnings"]),
            refusals=tuple((policy, text, hint) for policy, text, hint in data["refusals"]),
            history=data["history"],
            to=data["to"],
            out_of_order=data["out_of_order"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a plan: {error}") from error


def _step(data: dict[str, Any]) -> Step:
    fields = {key: value for key, value in data.items() if key != "destructive"}
    fields["statements"] = _statements(data["statements"])
    fields["undo"] = None if data["undo"] is None else _statements(data["undo"])
    fields["secrets"] = tuple(data["secrets"])
    listed = {key: tuple(data["directives"].get(key, ())) for key in ("only", "depends", "allow")}
    fields["directives"] = Directives(**{**data["directives"], **listed})
    return Step(**fields)


def _statements(data: list[dict[str, Any]]) -> tuple[Statement, ...]:
    return tuple(Statement(**statement) for statement in data)
