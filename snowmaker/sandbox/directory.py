"""Directory tables: what a stage held when it was last refreshed.

https://docs.snowflake.com/en/user-guide/data-load-dirtables
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.files import locate

Listing = dict[str, dict[str, Any]]


def enabled(stage: Entry) -> bool:
    """Whether the stage has a directory table."""
    return bool(stage.get("directory", {}).get("ENABLE"))


def _found(context: Context, stage: Entry, prefix: str) -> Listing:
    if stage.get("url"):
        raise sqlerror.unsupported("the files of an external stage")
    return {
        file.path: {"size": file.size, "md5": file.etag, "modified": file.modified.isoformat()}
        for file in context.host.stages.files(stage.physical, prefix)
    }


def listing(context: Context, stage: Entry) -> Listing:
    """The files that the directory table knows, by path; with AUTO_REFRESH those that are there now."""
    if not enabled(stage):
        raise sqlerror.malformed(f"Stage '{stage.name}' does not have a directory table enabled.")
    if stage.get("directory", {}).get("AUTO_REFRESH"):
        return _found(context, stage, "")
    return dict(stage.get("directory_files", {}))


def refreshed(context: Context, stage: Entry, prefix: str) -> tuple[Entry, list[tuple[str, str, str]]]:
    """The stage with its directory table as the files are now, and what has changed below `prefix`.

    https://docs.snowflake.com/en/sql-reference/sql/alter-stage#directory-table-parameters
    """
    known = listing(context, stage)
    here = _found(context, stage, prefix)
    before = {path: known[path] for path in known if path.startswith(prefix)}
    rows = [
        *((path, "REGISTERED_NEW", "File registered successfully.") for path in here if path not in before),
        *((path, "REGISTERED_UPDATE", "File registered (updated) successfully.")
          for path in here if path in before and before[path] != here[path]),
        *((path, "UNREGISTERED", "File unregistered successfully.") for path in before if path not in here),
    ]  # fmt: skip
    files = {path: value for path, value in known.items() if path not in before} | here
    return stamped(replace(stage, properties={**stage.properties, "directory_files": files})), sorted(rows)


def stamped(stage: Entry) -> Entry:
    """The stage whose directory table was refreshed just now."""
    directory = {**stage.get("directory", {}), "LAST_REFRESHED_ON": datetime.now(UTC).isoformat()}
    return replace(stage, properties={**stage.properties, "directory": directory})


def directory_table(context: Context, location: str) -> Any:
    """The Arrow table of DIRECTORY(@stage)."""
    import pyarrow as pa

    stage = locate(context, location).entry
    if stage is None or stage.kind != "STAGE":
        raise sqlerror.malformed(f"DIRECTORY({location}): only named stages have directory tables.")
    rows = sorted(listing(context, stage).items())
    values: Mapping[str, Any] = {
        "RELATIVE_PATH": pa.array([path for path, _ in rows], pa.string()),
        "SIZE": pa.array([each["size"] for _, each in rows], pa.int64()),
        "LAST_MODIFIED": pa.array([datetime.fromisoformat(e["modified"]) for _, e in rows], pa.timestamp("us", "UTC")),
        "MD5": pa.array([each["md5"] for _, each in rows], pa.string()),
        "ETAG": pa.array([each["md5"] for _, each in rows], pa.string()),
        "FILE_URL": pa.array([_url(context, stage, path) for path, _ in rows], pa.string()),
    }
    return pa.table(values)


def _url(context: Context, stage: Entry, path: str) -> str:
    """A file URL: https://docs.snowflake.com/en/user-guide/unstructured-intro#types-of-urls-available-to-access-files"""
    parts = (*context.catalog.path(stage), path)
    return f"{context.url}/api/files/" + "/".join(quote(part, safe="") for part in parts)
