"""Check and fix: a project's files, made ready for the lint rules; the rollbacks that a fix writes anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from snowmaker import checks, loader, manifest, placeholders, rules, sql
from snowmaker.config import Environment, Settings
from snowmaker.errors import SourceError
from snowmaker.ledger import Ledger
from snowmaker.model import Finding, Source
from snowmaker.renderer import Renderer
from snowmaker.rules import Code, Insertions, Part, Rule, Subject, masked

_OF_RENDERED = ("unterminated", "secret_place")  # whose lines are those of the rendered text

_MORE_THAN_VALUES = re.compile(r"\{%|\{\{[^}]*[(|]")

Resolve = Callable[[str], Environment]


class Linter:
    """Checks the files of a project as they are for an environment; `resolve` gives others by name."""

    def __init__(self, settings: Settings, environment: Environment, resolve: Resolve) -> None:
        self._settings = settings
        self._environment = environment
        self._resolve = resolve
        self._renderers: dict[str, Renderer] = {}
        self._faults: list[SourceError] = []
        self._unstable: set[str] = set()

    def check(self, ledger: Ledger | None = None) -> tuple[Finding, ...]:
        """What the rules say; with a ledger also of what was edited since it was applied. Raises ConfigError."""
        return rules.check(self._subject(ledger), self._settings.lint)

    def fix(self) -> tuple[Finding, ...]:
        """Write rollbacks anew, whole, where a rule knows how; what was mended. Raises OSError, ConfigError.

        Only rollbacks: a script that was applied has to stay what it was.
        """
        subject = self._subject(None)
        said = rules.check(subject, self._settings.lint)
        mended: list[Finding] = []
        for part in subject.parts:
            for rule in rules.rules().values() if part.undo else ():
                off = self._settings.lint.get(rule.name) == "off"
                renewed = None if off else self._rewritten(part, rule)
                if renewed is not None:
                    mended += [one for one in said if (one.rule, one.file) == (rule.name, part.source.path)]
                    part = renewed  # the next rule mends what this one wrote
        return tuple(mended)

    # gathering

    def _subject(self, ledger: Ledger | None) -> Subject:
        sources, faults = loader.examine(self._settings.folder, self._settings)
        self._faults, self._unstable = list(faults), set()
        parts = tuple(self._parts(sources, {fault.file for fault in faults}))
        return Subject(
            environment=self._environment.name,
            sources=sources,
            parts=parts,
            faults=(*self._faults, *self._faults_beside()),
            policy=self._settings.policy,
            history=sql.parse_name(self._environment.history),
            environments={name: one.vars for name, one in self._settings.environments.items()},
            unstable=frozenset(self._unstable),
            ledger=ledger,
        )

    def _parts(self, sources: Sequence[Source], faulted: set[str]) -> Iterator[Part]:
        """Each script and each rollback that can be rendered and split."""
        for source in sources:
            renderer = self._renderer(source)
            for file, undo in ((replace(source, undo=None), False), (source.undo, True)):
                if file is not None and file.path not in faulted:
                    try:
                        yield self._part(file, undo, renderer)
                    except SourceError as fault:
                        self._faults.append(_placed(fault, file, renderer))

    def _faults_beside(self) -> Iterator[SourceError]:
        """What is wrong with the files of components and checks."""
        yield from manifest.faults(self._settings, self._environment)
        yield from checks.faults(self._settings, self._environment)

    def _renderer(self, source: Source) -> Renderer:
        """A script that is for other environments only is rendered for the first of them."""
        only = [name for name in source.directives.only if name in self._settings.environments]
        own = self._environment.name
        name = only[0] if only and own not in only else own
        if name not in self._renderers:
            environment = self._environment if name == own else self._resolve(name)
            self._renderers[name] = Renderer(self._settings, environment)
        return self._renderers[name]

    def _part(self, file: Source, undo: bool, renderer: Renderer) -> Part:
        script = renderer.render(file)
        lines: list[int] = []
        if not _is_plain(file.text, script.text):
            again, lines = renderer.render_lines(file)
            if again != script.text:
                self._unstable.add(file.path)
        return Part(file, script, undo, lines, placeholders.offsets(script.text))

    # fixing

    def _rewritten(self, part: Part, rule: Rule) -> Part | None:
        """The part as its file was written anew; None where there was nothing to do, or no way that is safe."""
        wanted = [_inserted(code.statement.text, _due(rule, code)) for code in part.statements]
        if wanted == [code.statement.text for code in part.statements]:
            return None
        path = self._settings.folder / part.source.path
        text = _mended(path.read_bytes().decode(), part, rule)
        try:
            source = replace(part.source, text=loader.normalise(text))
            renewed = self._part(source, True, self._renderer(source))
        except SourceError:
            return None
        if [code.statement.text for code in renewed.statements] != wanted:
            return None  # a template makes of it something else
        loader.replace_file(path, text.encode())
        return renewed


def _is_plain(text: str, rendered: str) -> bool:
    """Whether a template has nothing but values in it, on the lines that they have in what comes out."""
    return _MORE_THAN_VALUES.search(text) is None and text.rstrip("\n").count("\n") == rendered.rstrip("\n").count("\n")


def _placed(fault: SourceError, file: Source, renderer: Renderer) -> SourceError:
    """The fault, at the line of the file that it comes from."""
    if fault.code in _OF_RENDERED and fault.file == file.path:
        with suppress(SourceError):
            _, lines = renderer.render_lines(file)
            fault.line = lines[fault.line - 1] if 0 < fault.line <= len(lines) else fault.line
    return fault


def _due(rule: Rule, code: Code) -> Insertions:
    return () if rule.fix is None or rule.name in code.allowed else rule.fix(code.statement.text)


def _inserted(text: str, insertions: Insertions) -> str:
    for offset, words in reversed(insertions):
        text = text[:offset] + words + text[offset:]
    return text


def _mended(text: str, part: Part, rule: Rule) -> str:
    """The text of a file with the fix in each statement that wants it, its tags and line ends as they were."""
    try:
        pieces = sql.split(masked(text), part.source.path)
    except SourceError:
        return text
    if len(pieces) != len(part.statements):  # a loop or a condition makes more or fewer of them
        return text
    for piece, code in zip(reversed(pieces), reversed(part.statements), strict=True):
        if rule.fix is not None and _due(rule, code):
            own = text[piece.start : piece.end]
            text = text[: piece.start] + _inserted(own, rule.fix(piece.text)) + text[piece.end :]
    return text
