"""Files of stages: where they lie, how they come and go, how queries read them."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.sqlerror import SqlError

if TYPE_CHECKING:
    from snowmaker.sandbox.context import Context

TICKET_SECONDS = 3600
_PARTIAL = ".snowmaker-part-"


@dataclass(frozen=True)
class StageFile:
    """A file of a stage; `path` is below the stage."""

    path: str
    file: Path

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.file.stat().st_mtime, UTC)

    @property
    def etag(self) -> str:
        return hashlib.md5(self.file.read_bytes(), usedforsecurity=False).hexdigest()


class Stages:
    """The folder of all stages' files, one folder below it for each. Clients show a ticket to reach them."""

    def __init__(self, folder: Path | None) -> None:
        self._temporary = folder is None
        self.root = Path(tempfile.mkdtemp(prefix="snowmaker-stages-")) if folder is None else folder / "stages"
        self.root.mkdir(parents=True, exist_ok=True)
        self._tickets: dict[str, tuple[float, str, bool]] = {}  # until when, for which stage, to write

    def close(self) -> None:
        if self._temporary:
            shutil.rmtree(self.root, ignore_errors=True)

    def ticket(self, owner: str, *, write: bool) -> str:
        """A secret for the URLs of one stage, as a presigned URL holds one."""
        now = time.monotonic()
        self._tickets = {key: found for key, found in self._tickets.items() if found[0] > now}
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = (now + TICKET_SECONDS, owner, write)
        return ticket

    def admits(self, ticket: str, path: str, *, write: bool) -> bool:
        """Whether a ticket is for this path, which need not exist."""
        until, owner, may_write = self._tickets.get(ticket, (0.0, "", False))
        return until > time.monotonic() and path.startswith(f"{owner}/") and (may_write or not write)

    def inside(self, path: str) -> Path:
        """A path below the folder of all stages. Raises SqlError for one that leads out of its stage."""
        found = (self.root / path).resolve()
        stage = (self.root / path.split("/", 1)[0]).resolve()
        if stage == self.root.resolve() or not found.is_relative_to(stage) or not stage.is_relative_to(self.root):
            raise sqlerror.malformed(f"path '{path}' leads out of its stage")
        return found

    def folder(self, owner: str) -> Path:
        """Where the files of one stage are."""
        return self.root / owner

    def store(self, path: str, body: bytes) -> str:
        """Write a file, whole or not at all. Returns its MD5."""
        target = self.inside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{_PARTIAL}{secrets.token_hex(8)}")
        part.write_bytes(body)
        part.replace(target)
        return hashlib.md5(body, usedforsecurity=False).hexdigest()

    def exists(self, path: str) -> bool:
        return self.inside(path).is_file()

    def load(self, path: str) -> bytes | None:
        found = self.inside(path)
        return found.read_bytes() if found.is_file() else None

    def etag(self, path: str) -> str:
        return StageFile(path, self.inside(path)).etag

    def files(self, owner: str, prefix: str = "") -> list[StageFile]:
        """Files of a stage whose path begins with `prefix`, by path."""
        folder = self.folder(owner)
        found = [
            StageFile(file.relative_to(folder).as_posix(), file)
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.name.startswith(_PARTIAL)
        ]
        return [each for each in found if each.path.startswith(prefix)]

    def remove(self, owner: str) -> None:
        shutil.rmtree(self.folder(owner), ignore_errors=True)

    def delete(self, file: StageFile) -> None:
        """Remove one file, and the folders that it leaves empty."""
        file.file.unlink(missing_ok=True)
        folder = file.file.parent
        while folder.parent != self.root and folder.is_relative_to(self.root):
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def forget(self, ids: Iterable[int]) -> None:
        """The files of objects that are gone for good go too."""
        for id_ in ids:
            self.remove(f"o{id_}")

    def keep(self, known: Container[str]) -> None:
        """Remove what an earlier process left: files of objects that are no longer there."""
        for folder in self.root.iterdir():
            if re.fullmatch(r"o\d+", folder.name) and folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Location:
    """A stage and a path in it. `entry` is its stage or table; None for the user's own stage."""

    owner: str
    name: str
    path: str
    entry: Entry | None

    @property
    def prefix(self) -> str:
        """What stands before a file's path where files are listed."""
        return f"{self.name}/" if self.entry is not None and self.entry.kind == "STAGE" else ""

    @property
    def external(self) -> bool:
        return self.entry is not None and bool(self.entry.get("url"))


_STAGE = re.compile(r"@(?P<table>(?:(?:\"(?:[^\"]|\"\")*\"|[^\s.\"%/@]*)\.)*%)?")


def locate(context: Context, text: str, privilege: str = "READ") -> Location:
    """What `@stage/path`, `@~/path` or `@%table/path` names; the roles hold the privilege on it.

    READ and WRITE are for internal stages; an external one wants USAGE, a table's stage the table's OWNERSHIP.
    https://docs.snowflake.com/en/user-guide/security-access-control-privileges#stage-privileges
    """
    if not text.startswith("@"):
        raise sqlerror.malformed(f"a stage location begins with @: '{text}'")
    if text.startswith("@~"):
        return Location(f"user_{context.session.user}", "~", _below(text[2:]), None)
    return _named(context, text, privilege)


def _named(context: Context, text: str, privilege: str) -> Location:
    found = _STAGE.match(text)
    table = bool(found and found["table"])
    parser = context.parser(text[1:].replace("%", "", 1) if table else text[1:])
    name = parser.name()
    path = _below(parser.text[parser.scanner.position :])
    if table:
        entry = context.find("TABLE", name, "OWNERSHIP")
        return Location(entry.physical, f"%{entry.name}", path, entry)
    entry = context.find("STAGE", name)
    context.require(entry, "USAGE" if entry.get("url") else privilege)
    return Location(entry.physical, entry.name.lower(), path, entry)


def _below(path: str) -> str:
    """A path below its stage: parts may be quoted, and slashes repeated."""
    return re.sub(r"/{2,}", "/", path.replace('"', "")).lstrip("/")


def readable(context: Context, text: str, privilege: str = "READ") -> Location:
    """The location, whose files are here: an external stage is recorded, and nothing behind it is reached."""
    place = locate(context, text, privilege)
    if place.external:
        raise sqlerror.unsupported("the files of an external stage")
    return place


def matching(files: list[StageFile], pattern: str | None, name: str = "") -> list[StageFile]:
    """Files whose whole path matches the pattern."""
    if pattern is None:
        return files
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise sqlerror.malformed(f"Invalid regular expression: '{pattern}', {error}") from None
    return [each for each in files if wanted.fullmatch(each.path) or wanted.fullmatch(f"{name}/{each.path}")]


def not_found(name: str) -> SqlError:
    """091016: no staged file is there under that name."""
    return SqlError(
        91016, "22000", f"Remote file '{name}' was not found. There are several potential causes. The file might not "
        "exist. The required credentials may be missing or invalid. If you are running a copy command, please make "
        "sure files are not deleted when they are being loaded or files are not being loaded into two different "
        "tables concurrently with auto purge option.",
    )  # fmt: skip


def header_refused() -> SqlError:
    """001003: PARSE_HEADER, where neither INFER_SCHEMA nor MATCH_BY_COLUMN_NAME reads the files."""
    return sqlerror.malformed(
        'Invalid file format "PARSE_HEADER" is only allowed for CSV INFER_SCHEMA and MATCH_BY_COLUMN_NAME'
    )


def read_staged(context: Context, location: str) -> bytes:
    """The content of the one file that `@stage/path` names. Raises SqlError 091016 where it is not.

    https://docs.snowflake.com/en/sql-reference/sql/execute-immediate-from
    """
    place = readable(context, location)
    found = context.host.stages.load(f"{place.owner}/{place.path}") if place.path else None
    if found is None:
        raise not_found(location)
    return found


def stage_table(context: Context, location: str, file_format: str | None, pattern: str | None = None) -> Any:
    """The rows of staged files as an Arrow table of columns `$1`, `$2` …"""
    from snowmaker.sandbox.reading import read_files
    from snowmaker.sandbox.statements.file_format import format_of

    place = readable(context, location)
    files = matching(context.host.stages.files(place.owner, place.path), pattern, place.name)
    options = format_of(context, place.entry, file_format)
    if options.get("PARSE_HEADER"):
        raise header_refused()
    return read_files(files, options)
