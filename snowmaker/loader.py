"""A folder of migration files → Sources: names, pairs of script and rollback.

Names are schemachange's (V, R and A, in any case) and Flyway's (U): https://github.com/Snowflake-Labs/schemachange
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from snowmaker.config import Settings
from snowmaker.directives import read_directives
from snowmaker.errors import ConfigError, SourceError
from snowmaker.model import Directives, Kind, Source
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

Tell = Callable[[SourceError], None]  # told of each fault; what it returns from is passed over


def load(folder: Path, settings: Settings) -> tuple[Source, ...]:
    """The migration files of a project, in running order, each with its rollback.

    `folder` is the project's: paths are shown from there. Raises SourceError, ConfigError.
    """
    return _load(folder, settings, _refuse)


def examine(folder: Path, settings: Settings) -> tuple[tuple[Source, ...], tuple[SourceError, ...]]:
    """As `load`, but with all that is wrong with the files beside it, in place of the first thing raised.

    A file whose content is at fault is there, without directives. Raises ConfigError.
    """
    faults: list[SourceError] = []
    return _load(folder, settings, faults.append), tuple(faults)


def _load(folder: Path, settings: Settings, tell: Tell) -> tuple[Source, ...]:
    root = settings.migrations
    if not root.is_dir():
        if root == settings.folder / "migrations":
            return ()  # git keeps no empty folder
        hint = "create it, or correct [project] migrations"
        raise ConfigError(f"there is no folder {root}", "no_migrations", hint)
    scripts: list[Source] = []
    undos: list[_Undo] = []
    for path in _files(root, folder, tell):
        try:
            found = _recognise(path, _shown(path, folder), tell)
        except SourceError as error:
            tell(error)
            continue
        if isinstance(found, _Undo):
            undos.append(found)
        elif found is not None:
            scripts.append(found)
    _refuse_duplicates(scripts, tell)
    return order(_paired(scripts, undos, tell))


def _refuse(fault: SourceError) -> None:
    raise fault


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


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another, whole or not at all."""
    path = path.resolve()  # a link stays one
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(content)
        shutil.copymode(path, beside)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


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


def _files(root: Path, folder: Path, tell: Tell) -> Iterator[Path]:
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
            tell(SourceError(f"cannot be read: {error.strerror}", "unreadable", file=shown))
    return iter(sorted(found))


def _recognise(path: Path, shown: str, tell: Tell) -> Source | _Undo | None:
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
        return _script(path, shown, match, tell)
    match = _UNDO.search(name)
    if match and (match["separator"] == "__" or (match["version"] or "_")[0] in "_0123456789"):
        return _rollback(path, shown, match, tell)
    if _NO_DESCRIPTION.search(name):
        raise _misnamed("a migration's name needs a description", shown)
    return None


def _script(path: Path, shown: str, match: re.Match[str], tell: Tell) -> Source:
    if match["v"] and not match["version"]:
        raise _misnamed("a versioned script needs a version", shown)
    if match["separator"] != "__":
        prefix = f"V{match['version']}" if match["v"] else match["ra"].upper()
        raise _misnamed(f"two underscores are required between {prefix!r} and the description", shown)
    kind: Kind = "versioned" if match["v"] else "repeatable" if match["ra"].upper() == "R" else "always"
    return _source(path, shown, kind, match["version"] if match["v"] else "", match["description"], tell)


def _rollback(path: Path, shown: str, match: re.Match[str], tell: Tell) -> _Undo | None:
    version = match["version"] or ""
    if match["separator"] != "__":
        raise _misnamed(f"two underscores are required between {'U' + version!r} and the description", shown)
    kind: Kind = "versioned" if version else "repeatable"
    source = _source(path, shown, kind, version, match["description"], tell)
    if source.directives.only or source.directives.depends or source.directives.irreversible:
        text = "a rollback runs where and when its migration did; it takes role=, transaction= and allow= only"
        tell(SourceError(text, "bad_directive", "say it in the migration's file", shown, 1))
    return _Undo(version, _stem(path.name)[len("U__") :], source)


def _source(path: Path, shown: str, kind: Kind, version: str, description: str, tell: Tell) -> Source:
    script = _without_jinja(path.name)
    try:
        script.encode()
    except UnicodeEncodeError:
        text = "the file's name is not UTF-8"
        raise SourceError(text, "not_utf8", "rename the file", _printable(shown)) from None
    text, directives = _content(path, shown, tell)
    return Source(
        script=script,
        kind=kind,
        version=version,
        description=description.replace("_", " ").capitalize(),
        path=shown,
        text=text,
        source_checksum=hashlib.sha256(text.encode()).hexdigest(),
        directives=directives,
    )


def _content(path: Path, shown: str, tell: Tell) -> tuple[str, Directives]:
    text = ""
    try:
        text = read_text(path, shown)
        return text, read_directives(text, shown)
    except SourceError as error:
        tell(error)
        return text, Directives()


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


def _refuse_duplicates(scripts: list[Source], tell: Tell) -> None:
    names: dict[str, Source] = {}
    versions: dict[VersionKey, Source] = {}
    for source in scripts:
        first = names.setdefault(source.script.lower(), source)
        if first is not source:
            text = f"the script name {source.script} exists twice: {first.path} and {source.path}"
            tell(SourceError(text, "duplicate_name", "rename one of them", source.path))
        if source.kind != "versioned":
            continue
        first = versions.setdefault(version_key(source.version), source)
        if first is not source:
            text = f"the version {source.version} exists twice: {first.path} and {source.path}"
            tell(SourceError(text, "duplicate_version", "give one of them another version", source.path))


def _paired(scripts: list[Source], undos: list[_Undo], tell: Tell) -> Iterator[Source]:
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
                tell(_orphan(source, f"V{undo.version}__….sql"))
            first = by_version.setdefault(version_key(undo.version), source)
        else:
            if undo.name not in names:
                tell(_orphan(source, f"R__{undo.name}.sql"))
            first = by_name.setdefault(undo.name, source)
        if first is not source:
            text = f"there are two rollbacks of one script: {first.path} and {source.path}"
            tell(SourceError(text, "duplicate_rollback", "remove one of them", source.path))
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
