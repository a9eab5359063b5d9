"""A folder of migration files → Sources: names, directives, pairs of script and rollback.

Names are schemachange's (V, R and A, in any case) and Flyway's (U): https://github.com/Snowflake-Labs/schemachange
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from snowmaker import sql
from snowmaker.config import Settings
from snowmaker.errors import ConfigError, SourceError
from snowmaker.model import Directives, Kind, Source
from snowmaker.suggest import did_you_mean, listed
from snowmaker.versions import VersionKey, version_key

_VERSION = r"(?P<version>(?:[^_]|_(?!_))+)?"
_REST = r"(?P<separator>_{1,2})(?P<description>.+?)\."
_SCRIPT = re.compile(rf"^(?:(?P<v>V){_VERSION}|(?P<ra>[RA])){_REST}", re.IGNORECASE)
_UNDO = re.compile(rf"^U{_VERSION}{_REST}", re.IGNORECASE)
_SQL = re.compile(r"\.sql(?:\.jinja)?$", re.IGNORECASE)
_CLI = re.compile(r"^[VRA].*\.cli\.yml(?:\.jinja)?$", re.IGNORECASE | re.DOTALL)
# what a slip of the pen makes of a migration's name; anything else is a file of another purpose
_NO_DESCRIPTION = re.compile(r"^(?:[VU]\d[^_]*|[RAU]_+)\.sql(?:\.jinja)?$", re.IGNORECASE)
_OTHER_ENDING = re.compile(r"^(?:[VU]\d[^_]*|[RAU])__.+\.sql\.(?:j2|jinja2)$", re.IGNORECASE)
_NAMES = "V1.2__add_orders.sql, R__orders_view.sql, A__refresh.sql, and U1.2__add_orders.sql for the rollback"

_COMMENT = re.compile(r"\s*(?:(?:--|//)(?P<line>[^\n]*)(?:\n|\Z)|/\*(?s:.*?)\*/|\{#(?s:.*?)#\})")
_DIRECTIVE = re.compile(r"\s*snowmaker\s*:(?P<said>.*)", re.IGNORECASE)
_NO_COLON = re.compile(r"\s*snowmaker\s+\w+\s*=", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?:--|//)[ \t]*snowmaker[ \t]*:", re.IGNORECASE)
_WORD = re.compile(r'(?P<key>[^\s=]+)(?P<equals>=(?P<value>(?:"(?:[^"]|"")*"|[^\s"])*))?')
_ROLE = re.compile(r'[A-Za-z_][\w$]*|"(?:[^"]|"")+"', re.ASCII)
_NAME = re.compile(r"[^\s,]+")
_DIRECTIVES = ("role", "only", "depends", "transaction", "irreversible")
_SAY = "write `-- snowmaker: role=NAME only=dev,test depends=R__base transaction=on irreversible`"


def load(folder: Path, settings: Settings) -> tuple[Source, ...]:
    """The migration files of a project, in running order, each with its rollback.

    `folder` is the project's: paths are shown from there. Raises SourceError, ConfigError.
    """
    root = settings.migrations
    if not root.is_dir():
        if root == settings.folder / "migrations":
            return ()  # git keeps no empty folder
        hint = "create it, or correct [project] migrations"
        raise ConfigError(f"there is no folder {root}", "no_migrations", hint)
    scripts: list[Source] = []
    undos: list[_Undo] = []
    for path in _files(root, folder):
        shown = _shown(path, folder)
        found = _recognise(path, shown)
        if isinstance(found, _Undo):
            undos.append(found)
        elif found is not None:
            scripts.append(found)
    _refuse_duplicates(scripts)
    return order(_paired(scripts, undos))


def order(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Versioned scripts by version, then repeatables by name, then always scripts by name."""
    kinds: tuple[Kind, ...] = ("versioned", "repeatable", "always", "component")

    def key(source: Source) -> tuple[int, VersionKey, VersionKey]:
        return kinds.index(source.kind), version_key(source.version), version_key(source.script)

    return tuple(sorted(sources, key=key))


def normalise(text: str) -> str:
    """Text without a byte-order mark, every line end `\\n`: what checksums are made of."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_text(path: Path, shown: str) -> str:
    """A file's normalised text. Raises SourceError where it cannot be read or is not UTF-8."""
    try:
        if not path.is_file():
            text = "is not a regular file" if path.exists() else "is a link to nowhere"
            raise SourceError(text, "unreadable", file=shown)
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", "unreadable", file=shown) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: byte 0x{raw[error.start]:02x} at offset {error.start}"
        raise SourceError(message, "not_utf8", "save the file as UTF-8", shown, line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        hint = "save the file as UTF-8; this looks like UTF-16, or is no text"
        raise SourceError("contains a NUL character", "not_utf8", hint, shown, line)
    return normalise(text)


# names


@dataclass(frozen=True)
class _Undo:
    """A rollback file, before it is known whose."""

    version: str
    name: str
    source: Source


def _files(root: Path, folder: Path) -> Iterator[Path]:
    """The files below a folder, sorted. Links are followed, each folder once; hidden folders are left out."""
    seen: set[tuple[int, int]] = set()
    pending = [root]
    found: list[Path] = []
    while pending:
        current = pending.pop()
        try:
            status = current.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(current) as entries:
                for entry in entries:
                    if not entry.is_dir():
                        found.append(current / entry.name)
                    elif not entry.name.startswith("."):
                        pending.append(current / entry.name)
        except OSError as error:
            shown = _shown(current, folder)
            raise SourceError(f"cannot be read: {error.strerror}", "unreadable", file=shown) from error
    return iter(sorted(found))


def _recognise(path: Path, shown: str) -> Source | _Undo | None:
    name = path.name.strip()
    if _CLI.search(name):
        hint = "snowmaker runs SQL only; write it as a step of the pipeline, and move the file elsewhere"
        text = "schemachange's command-line scripts (.cli.yml) are not run"
        raise SourceError(text, "cli_script", hint, shown)
    if not _SQL.search(name):
        if _OTHER_ENDING.search(name):
            raise _misnamed("a template ends in .sql.jinja, or simply in .sql", shown)
        return None
    if match := _SCRIPT.search(name):
        return _script(path, shown, match)
    match = _UNDO.search(name)
    if match and (match["separator"] == "__" or (match["version"] or "_")[0] in "_0123456789"):
        return _rollback(path, shown, match)
    if _NO_DESCRIPTION.search(name):
        raise _misnamed("a migration's name needs a description", shown)
    return None


def _script(path: Path, shown: str, match: re.Match[str]) -> Source:
    if match["v"] and not match["version"]:
        raise _misnamed("a versioned script needs a version", shown)
    if match["separator"] != "__":
        prefix = f"V{match['version']}" if match["v"] else match["ra"].upper()
        raise _misnamed(f"two underscores are required between {prefix!r} and the description", shown)
    kind: Kind = "versioned" if match["v"] else "repeatable" if match["ra"].upper() == "R" else "always"
    return _source(path, shown, kind, match["version"] if match["v"] else "", match["description"])


def _rollback(path: Path, shown: str, match: re.Match[str]) -> _Undo | None:
    version = match["version"] or ""
    if match["separator"] != "__":
        raise _misnamed(f"two underscores are required between {'U' + version!r} and the description", shown)
    kind: Kind = "versioned" if version else "repeatable"
    source = _source(path, shown, kind, version, match["description"])
    if source.directives.only or source.directives.depends or source.directives.irreversible:
        text = "a rollback runs where and when its migration did; it takes role= and transaction= only"
        raise SourceError(text, "bad_directive", "say it in the migration's file", shown, 1)
    return _Undo(version, _stem(path.name)[len("U__") :], source)


def _source(path: Path, shown: str, kind: Kind, version: str, description: str) -> Source:
    script = _without_jinja(path.name)
    try:
        script.encode()
    except UnicodeEncodeError:
        text = "the file's name is not UTF-8"
        raise SourceError(text, "not_utf8", "rename the file", _printable(shown)) from None
    text = read_text(path, shown)
    return Source(
        script=script,
        kind=kind,
        version=version,
        description=description.replace("_", " ").capitalize(),
        path=shown,
        text=text,
        source_checksum=hashlib.sha256(text.encode()).hexdigest(),
        directives=read_directives(text, shown),
    )


def _misnamed(text: str, shown: str) -> SourceError:
    return SourceError(text, "bad_name", f"names are like {_NAMES}", shown)


def _without_jinja(name: str) -> str:
    return name[: -len(".jinja")] if name.lower().endswith(".jinja") else name


def _stem(name: str) -> str:
    return _SQL.sub("", name.strip()).lower()


def _shown(path: Path, folder: Path) -> str:
    """A path as errors and plans name it: from the project's folder."""
    return Path(os.path.relpath(path, folder)).as_posix()


def _printable(shown: str) -> str:
    return shown.encode("utf-8", "backslashreplace").decode()


# pairs


def _refuse_duplicates(scripts: list[Source]) -> None:
    names: dict[str, Source] = {}
    versions: dict[VersionKey, Source] = {}
    for source in scripts:
        first = names.setdefault(source.script.lower(), source)
        if first is not source:
            text = f"the script name {source.script} exists twice: {first.path} and {source.path}"
            raise SourceError(text, "duplicate_name", "rename one of them", source.path)
        if source.kind != "versioned":
            continue
        first = versions.setdefault(version_key(source.version), source)
        if first is not source:
            text = f"the version {source.version} exists twice: {first.path} and {source.path}"
            raise SourceError(text, "duplicate_version", "give one of them another version", source.path)


def _paired(scripts: list[Source], undos: list[_Undo]) -> Iterator[Source]:
    versions = {version_key(source.version) for source in scripts if source.kind == "versioned"}
    names = {_stem(source.script)[len("R__") :] for source in scripts if source.kind == "repeatable"}
    by_version: dict[VersionKey, Source] = {}
    by_name: dict[str, Source] = {}
    for undo in undos:
        source = undo.source
        if undo.version:
            if version_key(undo.version) not in versions:
                if not undo.version[0].isdigit():
                    continue  # a file such as Utilities__common.sql
                raise _orphan(source, f"V{undo.version}__….sql")
            first = by_version.setdefault(version_key(undo.version), source)
        else:
            if undo.name not in names:
                raise _orphan(source, f"R__{undo.name}.sql")
            first = by_name.setdefault(undo.name, source)
        if first is not source:
            text = f"there are two rollbacks of one script: {first.path} and {source.path}"
            raise SourceError(text, "duplicate_rollback", "remove one of them", source.path)
    for source in scripts:
        if source.kind == "versioned":
            yield replace(source, undo=by_version.get(version_key(source.version)))
        elif source.kind == "repeatable":
            yield replace(source, undo=by_name.get(_stem(source.script)[len("R__") :]))
        else:
            yield source


def _orphan(source: Source, wanted: str) -> SourceError:
    hint = "a rollback is named as its migration is: U<version>__….sql for a V, U__<name>.sql for an R"
    text = f"is the rollback of a script that is not there: {wanted}"
    return SourceError(text, "orphan_rollback", hint, source.path)


# directives


def read_directives(text: str, shown: str) -> Directives:
    """The directives in the leading comments of a script; raises SourceError, which names the file `shown`."""
    if "snowmaker" not in text and "snowmaker" not in text.lower():
        return Directives()
    found: dict[str, str] = {}
    end = 0
    while match := _COMMENT.match(text, end):
        if match["line"] is not None:
            line = text.count("\n", 0, match.start("line")) + 1
            _read_line(match["line"], found, shown, line)
        end = match.end()
    _refuse_elsewhere(text, end, shown)
    return Directives(
        role=found.get("role", ""),
        only=_names(found.get("only", "")),
        depends=_names(found.get("depends", "")),
        transaction=found.get("transaction") == "on",
        irreversible="irreversible" in found,
    )


def _read_line(comment: str, found: dict[str, str], shown: str, line: int) -> None:
    said = _DIRECTIVE.match(comment)
    if said is None:
        if _NO_COLON.match(comment):
            text = "a directive needs a colon after `snowmaker`"
            raise SourceError(text, "bad_directive", _SAY, shown, line)
        return
    for word in _WORD.finditer(said["said"]):
        key = word["key"].lower()
        if key not in _DIRECTIVES:
            hint = did_you_mean(key, _DIRECTIVES) or f"there are: {listed(_DIRECTIVES)}"
            raise SourceError(f"unknown directive {word['key']!r}", "unknown_directive", hint, shown, line)
        if key in found:
            text = f"directive {key} is given twice"
            raise SourceError(text, "bad_directive", "keep one of them", shown, line)
        problem = _problem(key, word["value"])
        if problem:
            raise SourceError(f"directive {key} {problem}", "bad_directive", _SAY, shown, line)
        found[key] = word["value"] or ""


def _problem(key: str, value: str | None) -> str:
    """What is wrong with a directive's value, or ''."""
    if key == "irreversible":
        return "takes no value" if value is not None else ""
    if not value:
        return "needs a value"
    if "{{" in value or "{%" in value:
        return "is read before templates are rendered: it cannot contain one"
    if key == "transaction":
        return "" if value in ("on", "off") else f"is {value!r}; it may be on, off"
    if key == "role":
        return "" if _ROLE.fullmatch(value) else f"is {value!r}, which is no role's name"
    return "" if all(_NAME.fullmatch(name) for name in value.split(",")) else "has an empty name in its list"


def _names(value: str) -> tuple[str, ...]:
    return tuple(value.split(",")) if value else ()


def _refuse_elsewhere(text: str, end: int, shown: str) -> None:
    """A directive below the first statement would be overlooked; in a string or a body it is only text."""
    places = [match.start() for match in _ELSEWHERE.finditer(text, end)]
    if not places:
        return
    comments = [(begin, stop) for state, begin, stop in sql.spans(text) if state == "comment"]
    for place in places:
        if any(begin <= place < stop for begin, stop in comments):
            line = text.count("\n", 0, place) + 1
            text = "a directive stands only in the comments at the top of a file"
            raise SourceError(text, "misplaced_directive", "move it above the first statement", shown, line)
