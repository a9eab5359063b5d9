"""Jinja: the environment that templates of migrations run in. Loaded only where a text has a template.

It renders as schemachange does (StrictUndefined, variables as top-level names, `env_var`), but in a sandbox:
https://jinja.palletsprojects.com/en/stable/sandbox/
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.loaders import split_template_path
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from snowmaker.config import Environment, Settings
from snowmaker.errors import ConfigError, SourceError
from snowmaker.loader import read_text
from snowmaker.placeholders import MARK, has_mark, placeholder, secret_names, valid_name
from snowmaker.shipped import shipped
from snowmaker.suggest import did_you_mean, listed

LIMIT = 100_000_000  # characters that a template may make; more is a mistake in it
_POWER_LIMIT = 10_000  # bits of a number that ** may make
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{5,})")
_OUTPUT_ONLY = "write {{ secret('NAME') }} and nothing more: the value is put in when the statement is sent"
_MARKED = f"contains {MARK!r}, which stands for secrets"
_MISSING = object()
_NEWLINE = re.compile("\n")
_LINE = "\ue0ff"  # around a line's number, in a text that is being rendered: of Unicode's private use


class Templates:
    """Renders the templates of a project for one environment."""

    def __init__(self, settings: Settings, environment: Environment) -> None:
        self._variables = dict(environment.vars)
        for name, value in self._variables.items():
            if _has_mark(value):
                raise ConfigError(f"variable {name!r} {_MARKED}", "secret_marker")
        self._output: set[str] = set()
        self._roots = _Roots(settings)
        self._jinja = _Jinja(self._roots)
        self._jinja.globals.update(
            {
                "environment": environment.name,
                **self._variables,
                "var": self._var,
                "env_var": _env_var,
                "secret": self._secret,
            }
        )

    def render(self, text: str, file: str) -> str:
        """The rendered text of a template; raises SourceError with the line of the template at fault."""
        self._roots.files.add(file)
        self._output.clear()
        try:
            code = self._jinja.compile(text, name=file, filename=file)
            template = jinja2.Template.from_code(self._jinja, code, self._jinja.make_globals(None))
            rendered = _limited(template.generate())
            rendered.encode()
        except Exception as error:  # a template can raise anything
            raise self._translated(error, file) from None
        self._check_marks(rendered, file)
        return rendered

    def render_lines(self, text: str, file: str) -> tuple[str, list[int]]:
        """The rendered text, and for each of its lines the line of the template that it came from."""
        if _LineMarks.identifier not in self._jinja.extensions:
            self._jinja.add_extension(_LineMarks)
        self._jinja.marked = file
        return _unmarked(self.render(text, file))

    def _var(self, name: str, default: Any = _MISSING) -> Any:
        if name in self._variables:
            return self._variables[name]
        if default is _MISSING:
            raise self._undefined(name)
        return default

    def _secret(self, name: str) -> _Secret:
        if not isinstance(name, str) or not valid_name(name):
            hint = "letters, digits and _, in parts joined by one of . - /"
            raise SourceError("secret() needs a name in quotes", "bad_secret", hint)
        return _Secret(name, self._output)

    def _check_marks(self, text: str, file: str) -> None:
        """Refuse a placeholder that was spoilt on its way through a macro or block, and one that was forged."""
        if not self._output and MARK not in text.lower():
            return
        names = secret_names(text)
        whole = sum(text.count(placeholder(name)) for name in names)
        if whole != text.lower().count(MARK) or self._output != set(names):
            raise SourceError("a template changed what stands for a secret", "secret_use", _OUTPUT_ONLY, file)

    def _undefined(self, name: str) -> SourceError:
        known = {"environment", *self._variables}
        hint = did_you_mean(name, known) or f"set it in [vars] of snowmaker.toml, or with --var {name}=…"
        text = f"undefined variable {name!r}; there are: {listed(known)}"
        return SourceError(text, "undefined_variable", hint)

    def _undefined_in(self, message: str) -> SourceError:
        name = _UNDEFINED.fullmatch(message)
        return self._undefined(name[1]) if name else SourceError(f"template: {message}", "undefined_variable")

    def _translated(self, error: Exception, file: str) -> SourceError:
        where, line = self._place(error, file)
        if isinstance(error, jinja2.TemplateSyntaxError):
            hint = "{% raw %}…{% endraw %} keeps braces as they are"
            name = error.filename or file
            return SourceError(f"template: {error.message}", "template_syntax", hint, name, error.lineno)
        if isinstance(error, SourceError):
            found = error
        elif isinstance(error, jinja2.UndefinedError):
            found = self._undefined_in(error.message or "")
        elif isinstance(error, jinja2.TemplateNotFound):
            hint = f"templates are looked for in {', '.join(str(root) for root in self._roots.folders)}"
            found = SourceError(f"there is no template {error.name!r}", "template_not_found", hint)
        elif isinstance(error, RecursionError):
            found = SourceError("template: macros or includes call each other without end", "template_error")
        elif isinstance(error, UnicodeEncodeError):
            found = SourceError("template: it made text that is not Unicode", "template_error")
        else:
            found = SourceError(f"template: {type(error).__name__}: {error}", "template_error")
        if not found.file:
            found.file, found.line = where, line
        return found

    def _place(self, error: Exception, file: str) -> tuple[str, int]:
        """The template and line that an error came from: the innermost, which may be an included one."""
        frames = [
            (frame.f_code.co_filename, line)
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename in self._roots.files
        ]
        return frames[-1] if frames else (file, 0)


class _LineMarks(Extension):
    """Marks the beginning of each line of one template with its number, so that it is known in what comes out."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Put the marks into the text between the tags."""
        marked = isinstance(self.environment, _Jinja) and self.environment.marked == stream.name
        for token in stream:
            if marked and token.type == "data":
                numbers = itertools.count(token.lineno + 1)
                text = _NEWLINE.sub(lambda _: f"\n{_LINE}{next(numbers)}{_LINE}", token.value)  # noqa: B023
                yield Token(token.lineno, token.type, text)
            else:
                yield token


def _unmarked(text: str) -> tuple[str, list[int]]:
    lines, numbers, last = [], [], 1
    for line in text.split("\n"):
        pieces = line.split(_LINE)
        last = int(pieces[-2]) if len(pieces) > 2 else last
        numbers.append(last)
        lines.append("".join(pieces[::2]))
    return "\n".join(lines), numbers


def _limited(parts: Iterable[str]) -> str:
    kept, size = [], 0
    for part in parts:
        size += len(part)
        if size > LIMIT:
            raise SourceError(f"template: it makes more than {LIMIT:,} characters", "template_error")
        kept.append(part)
    return "".join(kept)


def _env_var(env_var: str, default: str | None = None) -> str:
    """The value of a variable of the process, as schemachange's function of that name; raises SourceError."""
    value = os.environ.get(env_var, default)
    if value is None:
        hint = f"set it, or give a default: env_var('{env_var}', '…')"
        raise SourceError(f"the environment variable {env_var!r} is not set", "missing_env_var", hint)
    if _has_mark(value):
        raise SourceError(f"{env_var} {_MARKED}", "secret_marker")
    return value


def _has_mark(value: Any) -> bool:
    if isinstance(value, str):
        return MARK in value.lower()
    if isinstance(value, Mapping):
        return any(_has_mark(each) for pair in value.items() for each in pair)
    return isinstance(value, list | tuple) and any(_has_mark(each) for each in value)


class _Roots(jinja2.BaseLoader):
    """Templates from the migrations folder, templates/macros, `modules/` and what is shipped."""

    def __init__(self, settings: Settings) -> None:
        self.folders = [settings.migrations, settings.templates / "macros"]
        with suppress(ConfigError):
            self.folders.append(shipped("templates/macros"))
        self._modules = settings.folder / "modules"
        self._project = settings.folder
        self.files: set[str] = set()

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, None]:
        """The text of a template and the file it came from. Raises TemplateNotFound, SourceError."""
        pieces = split_template_path(template)
        path = self._find(pieces)
        if path is None:
            raise jinja2.TemplateNotFound(template)
        inside = path.is_relative_to(self._project)
        shown = path.relative_to(self._project).as_posix() if inside else str(path)
        text = read_text(path, shown)
        if _has_mark(text):
            raise SourceError(_MARKED, "secret_marker", file=shown)
        self.files.add(shown)
        return text, shown, None

    def _find(self, pieces: list[str]) -> Path | None:
        for root in self.folders:
            if found := _inside(root, pieces):
                return found
        return _inside(self._modules, pieces[1:]) if pieces[:1] == ["modules"] else None


def _inside(root: Path, pieces: list[str]) -> Path | None:
    """The file below a root, unless a link leads out of it."""
    path = root.joinpath(*pieces)
    return path if path.is_file() and path.resolve().is_relative_to(root.resolve()) else None


class _Secret:
    """A secret in a template: it can be output, kept in a variable and handed on, nothing else."""

    __slots__ = ("_name", "_output")

    def __init__(self, name: str, output: set[str]) -> None:
        self._name = name
        self._output = output

    def placeholder(self) -> str:
        """What it renders to; notes that it was."""
        self._output.add(self._name)
        return placeholder(self._name)


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise SourceError("a secret can only be output", "secret_use", _OUTPUT_ONLY)


_OPERATIONS = (
    *("str", "repr", "format", "eq", "ne", "lt", "le", "gt", "ge", "hash", "bool", "len", "iter", "getitem"),
    *("contains", "call", "add", "radd", "mul", "rmul", "mod", "rmod", "sub", "rsub", "truediv", "rtruediv"),
    *("floordiv", "rfloordiv", "pow", "rpow", "int", "float", "index", "neg", "pos", "bytes", "html"),
)
for _operation in _OPERATIONS:
    setattr(_Secret, f"__{_operation}__", _refuse)


def _touches_secret(value: Any) -> bool:
    return isinstance(value, _Secret) or (isinstance(value, str) and has_mark(value))


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test that refuses secrets, and text that has their placeholders."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if any(_touches_secret(value) for value in (*args, *kwargs.values())):
            _refuse()
        return function(*args, **kwargs)

    return call


def _output(value: Any) -> Any:
    return value.placeholder() if isinstance(value, _Secret) else value


class _Jinja(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with guards for secrets and against templates that would fill the memory."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    marked = ""  # the template whose lines are marked

    def __init__(self, loader: jinja2.BaseLoader) -> None:
        super().__init__(loader=loader, undefined=jinja2.StrictUndefined, autoescape=False, finalize=_output)
        filters: dict[str, Any] = self.filters
        tests: dict[str, Any] = self.tests
        self.filters = {name: _guarded(function) for name, function in filters.items()}
        self.tests = {name: _guarded(function) for name, function in tests.items()}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operation on two values; raises SourceError where the result would be huge."""
        if operator == "*":
            _check_repeated(left, right)
        elif operator == "+" and isinstance(left, str) and isinstance(right, str):
            _check_size(len(left) + len(right))
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            _check_size(left.bit_length() * right, _POWER_LIMIT)
        elif operator == "%" and isinstance(left, str) and _WIDTH.search(left):
            _check_size(LIMIT + 1)
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Attributes, but none of a secret or of text that has one."""
        if _touches_secret(obj):
            _refuse()
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Items, but none of a secret or of text that has one."""
        if _touches_secret(obj):
            _refuse()
        return super().getitem(obj, argument)


def _check_repeated(left: Any, right: Any) -> None:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, str | bytes | list | tuple) and isinstance(times, int):
            _check_size(len(many) * times)


def _check_size(size: int, limit: int = LIMIT) -> None:
    if size > limit:
        raise SourceError("template: the result would be too large", "template_error")
