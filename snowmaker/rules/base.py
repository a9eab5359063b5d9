"""What lint rules look at, and what they say. Pure: files are read and templates rendered before.

A rule is a function with `@statement_rule` or `@project_rule`; its docstring is its page.
"""

from __future__ import annotations

import inspect
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from snowmaker import directives, sql
from snowmaker.directives import Allowance
from snowmaker.errors import SourceError
from snowmaker.ledger import Ledger
from snowmaker.model import Script, Source, Statement
from snowmaker.planner import Policy
from snowmaker.sql import Token

Level = Literal["error", "warning"]
Insertions = tuple[tuple[int, str], ...]  # what to write into a statement, each at an offset of its text

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class Found(NamedTuple):
    """One thing that a rule says. `allowed` are the rules that nobody wants to hear of there.

    `level` is '' for the rule's own.
    """

    message: str
    file: str
    line: int
    hint: str = ""
    level: str = ""
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Part:
    """A script, or the rollback of one, as it was read and as it is for an environment.

    `lines` has the file's line for each line of the rendered text, where a template moved them; `secrets` the names
    and offsets of what stands for secrets in that text.
    """

    source: Source
    script: Script
    undo: bool = False
    lines: Sequence[int] = ()
    secrets: Sequence[tuple[str, int]] = ()

    @cached_property
    def allowances(self) -> tuple[Allowance, ...]:
        """Every `allow=` in it."""
        return directives.allowances(self.script.text)

    @cached_property
    def statements(self) -> tuple[Code, ...]:
        """Its statements, each with what is allowed there."""
        allowed: dict[int, set[str]] = defaultdict(lambda: set(self.source.directives.allow))
        for one in self.allowances:
            allowed[self.index_below(one)].update(one.rules)
        every = enumerate(self.script.statements)
        return tuple(Code(self, statement, frozenset(allowed[index])) for index, statement in every)

    def index_below(self, one: Allowance) -> int:
        """The statement that an `allow=` stands directly above, on a line of its own; -1 where there is none."""
        listed = self.script.statements
        index = bisect_right(listed, one.start, key=lambda statement: statement.start)
        inside = index > 0 and one.start < listed[index - 1].end
        return index if one.alone and not inside and index < len(listed) else -1

    def line(self, number: int) -> int:
        """The file's line of a line of the rendered text."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else number

    def line_at(self, offset: int) -> int:
        """The file's line of an offset into the rendered text."""
        return self.line(self._line_at(offset))

    @cached_property
    def _line_at(self) -> Callable[[int], int]:
        return line_finder(self.script.text)

    @cached_property
    def _allowed(self) -> Mapping[int, frozenset[str]]:
        """The rules that are allowed on the lines of the file that statements stand on."""
        found: dict[int, frozenset[str]] = {}
        for code in reversed(self.statements):
            lines = range(code.line(0), code.line(len(code.statement.text)) + 1)
            found |= dict.fromkeys(lines, code.allowed)
        return found

    def found(self, message: str, line: int = 1, hint: str = "", level: str = "") -> Found:
        """Something said of a line of its file."""
        allowed = self._allowed.get(line, frozenset(self.source.directives.allow))
        return Found(message, self.source.path, line, hint, level, allowed)


@dataclass(frozen=True)
class Code:
    """One statement of a part."""

    part: Part
    statement: Statement
    allowed: frozenset[str]

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Its tokens, comments left out."""
        return tuple(sql.tokens(self.statement.text))

    @cached_property
    def links(self) -> tuple[tuple[Token, ...], ...]:
        """The tokens of each statement that `->>` chains; mostly it is one alone."""
        found: list[list[Token]] = [[]]
        for token in self.tokens:
            if token.text == "->>":
                found.append([])
            else:
                found[-1].append(token)
        return tuple(tuple(link) for link in found if link)

    @property
    def secrets(self) -> Iterator[tuple[str, int]]:
        """The secrets that it needs, each with its offset into the statement."""
        begin, every = self.statement.start, self.part.secrets
        first, last = (bisect_left(every, at, key=lambda one: one[1]) for at in (begin, self.statement.end))
        return ((name, offset - begin) for name, offset in every[first:last])

    def line(self, offset: int) -> int:
        """The file's line of an offset into the statement."""
        return self.part.line_at(self.statement.start + offset)

    def found(self, message: str, offset: int = 0, hint: str = "", level: str = "") -> Found:
        """Something said of an offset into the statement."""
        return Found(message, self.part.source.path, self.line(offset), hint, level, self.allowed)


@dataclass(frozen=True)
class Subject:
    """All that rules look at: a project's files as they are for an environment.

    `faults` is what could not be read, rendered or split. `history` are the parts of the history table's name,
    `environments` the variables of each environment by its name, `unstable` the paths whose templates gave two texts,
    and `ledger` what the history says, where it was read.
    """

    environment: str
    sources: tuple[Source, ...]
    parts: tuple[Part, ...]
    faults: tuple[SourceError, ...]
    policy: Policy
    history: tuple[str, ...] = ()
    environments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unstable: frozenset[str] = frozenset()
    ledger: Ledger | None = None

    @cached_property
    def scripts(self) -> Mapping[str, Part]:
        """The parts that are no rollbacks, by the script's name."""
        return {part.script.script: part for part in self.parts if not part.undo}

    def faulted(self, *codes: str) -> Iterator[Found]:
        """The faults of these codes."""
        for fault in self.faults:
            if fault.code in codes:
                allowed = self._allowed.get(fault.file, frozenset())
                yield Found(fault.message, fault.file, fault.line, fault.hint, "", allowed)

    def found(self, source: Source, message: str, hint: str = "", level: str = "") -> Found:
        """Something said of a file as a whole."""
        return Found(message, source.path, 1, hint, level, frozenset(source.directives.allow))

    @cached_property
    def _allowed(self) -> Mapping[str, frozenset[str]]:
        files = [file for source in self.sources for file in (source, source.undo) if file is not None]
        return {file.path: frozenset(file.directives.allow) for file in files}


Judge = Callable[[Subject], Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """A lint rule. `page` is its documentation, in Markdown; its first line says what is wrong.

    `fix` gives what to write into a statement of a rollback so that the rule has nothing more to say of it.
    """

    name: str
    level: Level
    page: str
    judge: Judge
    module: str
    fix: Callable[[str], Insertions] | None = None

    @property
    def summary(self) -> str:
        """What is wrong, in one line."""
        return self.page.partition("\n")[0]


def project_rule(level: Level) -> Callable[[Judge], Rule]:
    """Makes a rule of a function that looks at a whole project; `level` is where nobody says otherwise."""
    return lambda judge: _rule(judge, level, judge)


def statement_rule(
    level: Level, fix: Callable[[str], Insertions] | None = None
) -> Callable[[Callable[[Code], Iterator[Found]]], Rule]:
    """Makes a rule of a function that looks at one statement."""

    def make(judge: Callable[[Code], Iterator[Found]]) -> Rule:
        def every(subject: Subject) -> Iterator[Found]:
            for part in subject.parts:
                for code in part.statements:
                    yield from judge(code)

        return _rule(judge, level, every, fix)

    return make


def _rule(
    function: Callable[..., Any], level: Level, judge: Judge, fix: Callable[[str], Insertions] | None = None
) -> Rule:
    return Rule(function.__name__, level, inspect.getdoc(function) or "", judge, function.__module__, fix)


def masked(text: str) -> str:
    """The text of a template with its tags overwritten, every other character where it was.

    An output is a word then, a tag without output is blank.
    """

    def mask(match: re.Match[str]) -> str:
        filler = "x" if match[0].startswith("{{") else " "
        return "".join(character if character == "\n" else filler for character in match[0])

    return _TAG.sub(mask, text)


def line_finder(text: str) -> Callable[[int], int]:
    """Gives the line of an offset into a text."""
    ends = [match.start() for match in re.finditer("\n", text)]
    return lambda offset: bisect_left(ends, offset) + 1


def stage_name(text: str) -> tuple[str, ...]:
    """The name in `@DB.S.STAGE/path`; () for the stages of users and tables."""
    name = text[1:].partition("/")[0]
    try:
        return () if name[:1] in ("", "~", "%") or ".%" in name else sql.parse_name(name)
    except ValueError:
        return ()
