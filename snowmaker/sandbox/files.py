"""Files of stages: where they lie, how they come and go, how queries read them."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry

if TYPE_CHECKING:
    from snowmaker.sandbox.context import Context

TICKET_SECONDS = 3600


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
        self._tickets: dict[str, float] = {}

    def close(self) -> None:
        if self._temporary:
            shutil.rmtree(self.root, ignore_errors=True)

    def ticket(self) -> str:
        """A secret for URLs, as a presigned URL holds one."""
        now = time.monotonic()
        self._tickets = {key: until for key, until in self._tickets.items() if until > now}
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = now + TICKET_SECONDS
        return ticket

    def admits(self, ticket: str) -> bool:
        return self._tickets.get(ticket, 0) > time.monotonic()

    def _inside(self, path: str) -> Path:
        found = (self.root / path).resolve()
        if not found.is_relative_to(self.root.resolve()):
            raise sqlerror.malformed(f"path '{path}' leads out of its stage")
        return found

    def folder(self, owner: str) -> Path:
        """Where the files of one stage are."""
        return self.root / owner

    def store(self, path: str, body: bytes) -> str:
        """Write a file, whole or not at all. Returns its MD5."""
        target = self._inside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        part.write_bytes(body)
        part.replace(target)
        return hashlib.md5(body, usedforsecurity=False).hexdigest()

    def exists(self, path: str) -> bool:
        return self._inside(path).is_file()

    def load(self, path: str) -> bytes | None:
        found = self._inside(path)
        return found.read_bytes() if found.is_file() else None

    def etag(self, path: str) -> str:
        return StageFile(path, self._inside(path)).etag

    def files(self, owner: str, prefix: str = "") -> list[StageFile]:
        """Files of a stage whose path begins with `prefix`, by path."""
        folder = self.folder(owner)
        found = [
            StageFile(file.relative_to(folder).as_posix(), file)
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.name.startswith(".")
        ]
        return [each for each in found if each.path.startswith(prefix)]

    def remove(self, owner: str) -> None:
        shutil.rmtree(self.folder(owner), ignore_errors=True)


@dataclass(frozen=True)
class Location:
    """A stage and a path in it. `entry` is its stage or table; None for the user's own stage."""

    owner: str
    name: str
    path: str
    entry: Entry | None


def locate(context: Context, text: str) -> Location:
    """What `@stage/path`, `@~/path` or `@%table/path` names.

    https://docs.snowflake.com/en/user-guide/data-load-local-file-system-create-stage
    """
    if not text.startswith("@"):
        raise sqlerror.malformed(f"a stage location begins with @: '{text}'")
    if text.startswith("@~"):
        return Location(f"user_{context.session.user}", "~", text[2:].lstrip("/"), None)
    table = text.startswith("@%")
    parser = context.parser(text[1:].replace("%", "", 1) if "%" in text else text[1:])
    name = parser.name()
    path = parser.text[parser.scanner.position :].lstrip("/")
    if "%" in text.split("/", 1)[0]:
        table = True
    entry = context.find("TABLE" if table else "STAGE", name)
    shown = f"%{entry.name}" if table else entry.name
    return Location(entry.physical, shown.lower() if not table else shown, path, entry)


def stage_table(context: Context, location: str, file_format: str | None) -> Any:
    """The rows of staged files as an Arrow table of columns `$1`, `$2` …"""
    from snowmaker.sandbox.fileformat import read_files
    from snowmaker.sandbox.statements.file_format import format_of

    place = locate(context, location)
    return read_files(context.host.stages.files(place.owner, place.path), format_of(context, place.entry, file_format))
