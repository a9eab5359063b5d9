"""What can go wrong around a sandbox (not inside one: for that see `sqlerror`)."""

from __future__ import annotations


class SandboxError(Exception):
    """A sandbox could not be opened, served, asked or reset. `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SandboxUnavailable(SandboxError):  # noqa: N818 - says what is, and is public
    """No sandbox can be started in this environment, and none is running to attach to."""


class SandboxBusy(SandboxError):  # noqa: N818 - as above
    """Another process holds the sandbox's files and does not answer, or must end first."""
