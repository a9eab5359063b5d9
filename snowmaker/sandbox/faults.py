"""Faults that a test asks of the sandbox: a statement fails, hangs, or its connection breaks."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from snowmaker.sandbox.errors import SandboxError


@dataclass(frozen=True)
class Fault:
    """What shall happen to a statement, before or after it runs.

    `fail` answers 000603, `hang` sleeps `seconds` or until canceled, `drop` closes the connection without
    an answer; `hide` keeps the statement out of the query history for `seconds`. `match` is a subset of the
    JSON query tag, `text` a regular expression searched in the SQL; both None or empty match every
    statement. It happens `times` times.
    """

    action: Literal["fail", "hang", "drop", "hide"]
    when: Literal["before", "after"] = "before"
    match: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    times: int = 1
    seconds: float = 3600.0

    def __post_init__(self) -> None:
        if self.action not in ("fail", "hang", "drop", "hide") or self.when not in ("before", "after"):
            raise SandboxError(f"no such fault: {self.action} {self.when}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def fits(self, sql: str, tag: str) -> bool:
        if self.text is not None and not re.search(self.text, sql, re.I | re.S):
            return False
        if not self.match:
            return True
        try:
            found = json.loads(tag)
        except ValueError:
            return False
        return isinstance(found, dict) and all(
            key in found and found[key] == value for key, value in self.match.items()
        )


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._left.clear()

    def next(self, when: str, sql: str, tag: str, *, hiding: bool = False) -> Fault | None:
        """The first fault that fits this statement now; it is used up by that. With `hiding`, only those that hide."""
        with self._lock:
            for index, (fault, times) in enumerate(self._left):
                if fault.when == when and (fault.action == "hide") == hiding and fault.fits(sql, tag):
                    self._left[index : index + 1] = [(fault, times - 1)] if times > 1 else []
                    return fault
        return None
