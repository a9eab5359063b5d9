"""Scripts in stages: https://docs.snowflake.com/en/sql-reference/sql/execute-immediate-from"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.files import Location, readable
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.scripting.child import Children
from snowmaker.sandbox.scripting.raised import STATEMENT
from snowmaker.sandbox.split import pieces
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import locate

_DEEPEST = 5
_LARGEST = 10 * 1024 * 1024
_LARGEST_RENDERED = 100_000
_DIRECTIVE = re.compile(r"\ufeff?\s{0,10}(?:--|#)!jinja2?\b[^\n]*")
_HASH = re.compile(r"(\ufeff?\s{0,10})#!jinja2?\b[^\n]*")
_SYNTAX = 1003


@dataclass(frozen=True)
class StagedScript:
    """A file of a stage; `reference` is its full location, from which relative ones are understood."""

    reference: str
    place: Location


def find(context: Context, path: str) -> StagedScript:
    """The file of a location, or of one relative to the file that runs. Raises 001503, 002003, 001501."""
    if not path.startswith("@"):
        if not context.nesting.file:
            raise SqlError(
                1503, "42601", f"Relative file references like '{path}' cannot be used in top-level EXECUTE IMMEDIATE "
                "calls.",
            )  # fmt: skip
        path = beside(context.nesting.file, path)
    place = readable(context, path)
    stage = path[: len(path) - len(place.path)] if place.path and path.endswith(place.path) else path
    return StagedScript(stage.rstrip("/") + "/" + place.path, place)


def beside(reference: str, path: str) -> str:
    """A path as seen from a file; one that begins with / begins at the stage's root."""
    stage, _, inner = reference.partition("/")
    folder = "" if path.startswith("/") else posixpath.dirname(inner)
    return f"{stage}/{posixpath.normpath(posixpath.join('/', folder, path.lstrip('/'))).lstrip('/')}"


def read(context: Context, script: StagedScript) -> str:
    """The text of a file. Raises 001501 where there is none."""
    place = script.place
    found = next((each for each in context.host.stages.files(place.owner, place.path) if each.path == place.path), None)
    if found is None:
        raise SqlError(1501, "02000", f"File '{place.path}' not found in stage '{place.name.upper()}'.")
    if found.size > _LARGEST:
        raise SqlError(1504, "42601", f"File '{place.path}' exceeds the limit of 10MB.")
    try:
        return found.file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SqlError(1505, "42601", f"File '{place.path}' is not encoded in UTF-8.") from None


def is_template(text: str) -> bool:
    """Whether a file says that it is one."""
    return _DIRECTIVE.match(text) is not None


# -- templates -----------------------------------------------------------------------------------------


def render(context: Context, script: StagedScript, text: str, variables: Mapping[str, Any]) -> str:
    """The text that a template gives. Raises SqlError 000005 with what Jinja says."""
    environment = SandboxedEnvironment(
        loader=_Loader(context, script), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    environment.globals["SnowflakeFile"] = _SnowflakeFile(context)
    try:
        found = environment.from_string(_HASH.sub(r"\1", text, count=1)).render(dict(variables))
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        module = type(error).__module__
        name = type(error).__name__ if module == "builtins" else f"{module}.{type(error).__name__}"
        raise SqlError(5, "XX000", f"Python Interpreter Error:\n{name}: {error}\nin template processing") from None
    except RecursionError:
        raise SqlError(5, "XX000", "Python Interpreter Error:\nRecursionError\nin template processing") from None
    if len(found.encode()) > _LARGEST_RENDERED:
        raise SqlError(1518, "42601", "Size of expanded template exceeds limit of 100,000 bytes.")
    return found


class _Loader(jinja2.BaseLoader):
    """Other files of stages, by their location or by where they are from the template."""

    def __init__(self, context: Context, script: StagedScript) -> None:
        self._context = context
        self._script = script

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        path = template if template.startswith("@") else beside(self._script.reference, template)
        text = read(self._context, find(self._context, path))
        return _HASH.sub(r"\1", text, count=1), path, lambda: False


class _SnowflakeFile:
    """https://docs.snowflake.com/en/developer-guide/snowpark/reference/python/latest/snowpark/files"""

    def __init__(self, context: Context) -> None:
        self._context = context

    def open(self, path: str, mode: str = "r", *, require_scoped_url: bool = True) -> io.StringIO:
        if mode != "r" or require_scoped_url:
            raise sqlerror.unsupported("SnowflakeFile.open of a scoped URL, or in another mode than 'r'")
        return io.StringIO(read(self._context, find(self._context, path)))


# -- running -------------------------------------------------------------------------------------------


def execute(context: Context, script: StagedScript, text: str) -> Result:
    """Run the statements of a file; the result is the last one's. What ran before a failure stays done."""
    nesting = context.nesting
    if nesting.files >= _DEEPEST:
        raise SqlError(1506, "42601", f"The maximum execution depth for nested files is {_DEEPEST}.")
    inner = replace(context, nesting=replace(nesting, file=script.reference, files=nesting.files + 1, immediate=False))
    result: Result | None = None
    with Children(inner) as children:
        for piece in pieces(text):
            context.session.check()
            try:
                result = children.run(piece.text, lambda _: None)
            except SqlError as error:
                raise _in_file(error, script, text, piece.start) from None
    return result or status(SUCCESS)


def _in_file(error: SqlError, script: StagedScript, text: str, start: int) -> SqlError:
    """A statement's error, with where in the file it is."""
    if error.code in (_SYNTAX, sqlerror.canceled().code) or error.message.startswith(sqlerror.unsupported("").message):
        return error
    line, position = locate(text, start)
    return SqlError(
        error.code, error.sqlstate, f"Uncaught exception of type '{STATEMENT}' in file {script.reference} on line "
        f"{line} at position {position}:\n{error.message}",
    )  # fmt: skip
