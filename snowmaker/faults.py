"""Any exception → an error that says what, where and what to do. Loaded when something has gone wrong."""

from __future__ import annotations

import errno

import click

from snowmaker.errors import AccountError, ConfigError, SnowmakerError, StatementError, UsageError

_FILE_HINTS = {
    errno.ENOSPC: "make room on the disk, then run it again; `snowmaker status` says what was recorded",
    errno.EDQUOT: "the disk quota is used up: make room, then run it again",
    errno.EACCES: "give yourself the permission on that path",
    errno.EPERM: "give yourself the permission on that path",
    errno.EROFS: "the file system is read-only",
    errno.ENOENT: "look whether the path is right; -C names the project's folder",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}

REFUSED = "correct the statement, or what it needs; the query id finds it in Snowflake's query history"


class InternalError(AccountError):
    """A bug of ours. Whatever ran until then has stopped midway, hence 3."""


def translate(error: Exception) -> SnowmakerError:
    """The error to report for an exception."""
    if isinstance(error, SnowmakerError):
        if isinstance(error, StatementError):
            error.hint = error.hint or REFUSED
        return error
    if isinstance(error, click.ClickException):
        return _usage(error)
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, MemoryError):
        return ConfigError("out of memory", "out_of_memory", "the files or the answer are too large for this machine")
    if isinstance(error, RecursionError):
        return ConfigError("nested too deeply", "too_deep", "a template or a value contains itself, or nests very deep")
    if type(error).__module__.startswith("snowmaker.sandbox"):  # it shares nothing, not even the error tree
        return AccountError(str(getattr(error, "message", error)), "sandbox", str(getattr(error, "hint", "") or ""))
    return InternalError(
        f"unexpected {type(error).__name__}: {error}",
        "internal",
        "this is a bug in snowmaker: please report it, with what the command says under SNOWMAKER_DEBUG=1",
    )


def _usage(error: click.ClickException) -> UsageError:
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx else "snowmaker"
    return UsageError(error.format_message(), "usage", f"see `{path} --help`")


def _system(error: OSError) -> SnowmakerError:
    """A disk that is full, a folder that cannot be written: usage, not an account's refusal."""
    file = error.filename if isinstance(error.filename, str) else ""
    name = errno.errorcode.get(error.errno or 0, "os_error").lower()
    text = error.strerror or str(error) or type(error).__name__
    return ConfigError(text[:1].lower() + text[1:], name, _FILE_HINTS.get(error.errno or 0, ""), file)
