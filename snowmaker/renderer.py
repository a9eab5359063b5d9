"""Sources → Scripts: rendered for an environment, split, with placeholders where secrets go.

Secrets come from `environment_secrets` unless `substitute` is given another resolver: the process's variable
SNOWMAKER_SECRET_<NAME>, else <NAME> itself.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from snowmaker import placeholders, sql
from snowmaker.config import Environment, Settings
from snowmaker.errors import SourceError
from snowmaker.loader import normalise
from snowmaker.model import Script, Source
from snowmaker.placeholders import environment_secrets, substitute

if TYPE_CHECKING:
    from snowmaker.templating import Templates

__all__ = ["Renderer", "checksum", "environment_secrets", "put_files", "resolve_put", "substitute"]

_TEMPLATE = re.compile(r"\{[{%#]")
# comments, PUT, and its local file: https://docs.snowflake.com/en/sql-reference/sql/put
_PUT = re.compile(
    r"(?>(?:\s+|--[^\n]*(?:\n|$)|//[^\n]*(?:\n|$)|/\*(?s:.*?)\*/)*)PUT\s+"
    r"(?P<url>'file://(?P<quoted>(?:[^'\\]|''|\\.)*)'|file://(?P<plain>[^\s';]+))",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:")
_PLAIN_PATH = re.compile(r"[\w./\\:~*?+=,@%-]+")


class Renderer:
    """Renders the sources of a project for one environment; one for many sources."""

    def __init__(self, settings: Settings, environment: Environment) -> None:
        self._settings = settings
        self._environment = environment
        self._templates: Templates | None = None
        self._marking: Templates | None = None  # apart, as it leaves marks in what it compiles

    def render(self, source: Source) -> Script:
        """The script of a source, and of its rollback. Raises SourceError with file and line; ConfigError."""
        undo = self.render(source.undo) if source.undo is not None else None
        text = self._text(source)
        return Script(
            script=source.script,
            kind=source.kind,
            version=source.version,
            description=source.description,
            path=source.path,
            text=text,
            checksum=checksum(text),
            source_checksum=source.source_checksum,
            statements=sql.split(text, source.path),
            directives=source.directives,
            secrets=placeholders.secret_names(text),
            undo=undo,
        )

    def render_lines(self, source: Source) -> tuple[str, list[int]]:
        """The text of a source, rendered once more, and the line of the file for each of its lines.

        No lines for a file without templates. Raises as `render` does.
        """
        text = normalise(source.text)
        if _TEMPLATE.search(text) is None:
            return text.removesuffix("\n"), []
        if self._marking is None:
            from snowmaker.templating import Templates

            self._marking = Templates(self._settings, self._environment)
        rendered, lines = self._marking.render_lines(text, source.path)
        return rendered.removeprefix("\ufeff"), lines

    def _text(self, source: Source) -> str:
        text = normalise(source.text)
        mark = text.lower().find(placeholders.MARK) if "secret:" in text.lower() else -1
        if mark >= 0:
            line = text.count("\n", 0, mark) + 1
            message = f"contains {placeholders.MARK!r}, which stands for secrets"
            raise SourceError(message, "secret_marker", "write {{ secret('NAME') }}", source.path, line)
        if _TEMPLATE.search(text) is None:
            return text.removesuffix("\n")  # as Jinja does
        if self._templates is None:
            from snowmaker.templating import Templates

            self._templates = Templates(self._settings, self._environment)
        rendered = self._templates.render(text, source.path).removeprefix("\ufeff")
        placeholders.check(rendered, source.path)
        return rendered


def checksum(text: str) -> str:
    """The checksum of a rendered text, as schemachange 4.4 computes it.

    SHA-224 of the text without byte-order mark and outer blanks, and without one `;` at its end.
    """
    content = text.removeprefix("\ufeff").strip().removesuffix(";")
    return hashlib.sha224(content.encode()).hexdigest()


def resolve_put(text: str, folder: Path) -> str:
    """A PUT statement with a relative local path taken from the project's folder; any other text as it is.

    Done when it is sent: a checksum must not depend on where the project lies.
    """
    match = _PUT.match(text)
    path = _local(match)
    if match is None or _ABSOLUTE.match(path):
        return text
    url = "file://" + (Path(os.path.abspath(folder)) / path).as_posix()
    if match["quoted"] is not None or not _PLAIN_PATH.fullmatch(url):
        url = sql.quote_literal(url)
    return text[: match.start("url")] + url + text[match.end("url") :]


def put_files(text: str, folder: Path) -> tuple[Path, ...]:
    """The local files that a PUT statement would send; where none is there, the path that it names."""
    match = _PUT.match(text)
    if match is None:
        return ()
    pattern = os.path.join(os.path.abspath(folder), os.path.expanduser(_local(match)))
    return tuple(Path(path) for path in sorted(glob.glob(pattern))) or (Path(pattern),)


def _local(match: re.Match[str] | None) -> str:
    """The path of a PUT, out of its quotes."""
    if match is None:
        return ""
    if match["plain"] is not None:
        return match["plain"]
    return re.sub(r"''|\\(.)", lambda found: found[1] or "'", match["quoted"])
