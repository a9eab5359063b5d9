"""The nouns: frozen values that flow one way, Source → Script → Plan → Result.

`Plan` is data: `to_json` and `plan_from_json` round-trip it, with `"format": 1`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["versioned", "repeatable", "always", "component"]
StatementKind = Literal["ddl", "dml", "query", "transfer", "transaction", "block", "session", "client", "unknown"]
Destructive = Literal["yes", "no", "unknown"]
State = Literal["pending", "applied", "changed", "missing", "failed", "rolled_back", "out_of_order", "ignored"]
Action = Literal["run", "rerun", "resume", "undo"]
Outcome = Literal["applied", "resumed", "failed", "skipped", "rolled_back"]

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
    """What the leading comment of a script asks for: `-- snowmaker: role=X only=dev,test depends=… transaction=on`."""

    role: str = ""
    only: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    transaction: bool = False
    irreversible: bool = False


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
class Skipped:
    """A script that the plan leaves alone although it could run, and why."""

    script: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What would be done, in order; pure data.

    `warnings` are for the reader; `refusals` are why it must not be executed as it stands (policies), each as
    (policy, text, hint).
    """

    environment: str
    steps: tuple[Step, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[tuple[str, str, str], ...] = ()

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
        }


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
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a plan: {error}") from error


def _step(data: dict[str, Any]) -> Step:
    fields = {key: value for key, value in data.items() if key != "destructive"}
    fields["statements"] = _statements(data["statements"])
    fields["undo"] = None if data["undo"] is None else _statements(data["undo"])
    fields["secrets"] = tuple(data["secrets"])
    listed = {key: tuple(data["directives"][key]) for key in ("only", "depends")}
    fields["directives"] = Directives(**{**data["directives"], **listed})
    return Step(**fields)


def _statements(data: list[dict[str, Any]]) -> tuple[Statement, ...]:
    return tuple(Statement(**statement) for statement in data)
