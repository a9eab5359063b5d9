"""Writing new files: what `new` and `init` do. Whole or not at all, and never over a file that exists.

A template of `templates/new/NAME/` is two files, `up.sql.jinja` and `down.sql.jinja`. Their Jinja is written
`[[ value ]]`, `[% if … %]` and `[# … #]` and is rendered here; `{{ … }}` stays for the day the script runs.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snowmaker import placeholders
from snowmaker.components.datatypes import split_arguments
from snowmaker.errors import ConfigError, SnowmakerError, SourceError, UsageError
from snowmaker.shipped import shipped
from snowmaker.sql import quote_literal
from snowmaker.suggest import did_you_mean, listed
from snowmaker.versions import version_key

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

    from snowmaker.config import Settings

SLUG_BYTES = 200  # file systems stop at 255 bytes for a name, and the version and `.sql` need theirs
UP, DOWN = "up.sql.jinja", "down.sql.jinja"
DEFAULT_TEMPLATE = "empty"
GIVEN = frozenset({"description", "version", "repeatable", "always"})  # what a template gets without --set
SCHEMA = "components.schema.json"  # in the components folder, for editors
IGNORED = ".snowmaker/"  # the sandbox's files, which belong into no repository

_VERSION = re.compile(r"[0-9A-Za-z]+(?:[._-][0-9A-Za-z]+)*")
_VERSIONED = re.compile(r"(?P<kind>V|U)(?P<version>.+?)__.*\.sql(\.jinja)?", re.IGNORECASE)
_PART = re.compile(r'(?:\{\{[^{}]+\}\}|[A-Za-z_])(?:\{\{[^{}]+\}\}|[A-Za-z0-9_$])*|"(?:[^"]|"")+"')
_ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
_RUNTIME_JINJA = re.compile(r"\{(?=[{%#])")

_SETTINGS = """\
# The settings of this project. Every one has a default; the manual lists them all.

[project]
name = {name}
default_environment = "sandbox"  # the local account that snowmaker brings along

[history]
table = "METADATA.SNOWMAKER.CHANGE_HISTORY"

[vars]                           # for the templates of every environment: {{{{ name }}}}

[environments.sandbox]

# A real account: a connection of Snowflake's own ~/.snowflake/connections.toml.
# [environments.dev]
# connection = "dev"
"""

_COMPONENTS = f"""\
# yaml-language-server: $schema={SCHEMA}
# What the account shall have: `snowmaker diff` compares, `snowmaker apply` makes it so.

# warehouses:
#   TRANSFORM_WH: {{size: small, auto_suspend: 60}}
# roles:
#   ANALYST: {{comment: Reads the marts, granted_to: [SYSADMIN]}}
# grants:
#   ANALYST:
#     - usage on warehouse TRANSFORM_WH
"""


def new(
    folder: Path,
    settings: Settings,
    description: str,
    *,
    template: str | None = None,
    values: Mapping[str, str] | None = None,
    repeatable: bool = False,
    always: bool = False,
    version: str | None = None,
    now: datetime | None = None,
    texts: tuple[str, str] | None = None,
) -> tuple[Path, ...]:
    """Write a script and its rollback from a template; the paths written, the script first.

    A versioned script gets the time in UTC as its version, unless `version` says otherwise; an always script
    needs no rollback. `texts` are those of both, instead of a template's.
    Raises UsageError, SourceError for names that are taken, and OSError.
    """
    if (repeatable, always, version is not None).count(True) > 1:
        raise UsageError("a script is repeatable, always, or has a version: only one of them", "contradiction")
    migrations = folder / settings.migrations
    name = slug(description)
    if not (repeatable or always):
        version = _version(version, migrations, now or datetime.now(UTC))
    given = {
        "description": _sentence(description),
        "version": version or "",
        "repeatable": repeatable,
        "always": always,
    }
    if texts is None:
        texts = _render(folder, settings, template or DEFAULT_TEMPLATE, given, dict(values or {}))
    letter = "R" if repeatable else "A" if always else "V"
    files = {migrations / f"{letter}{version or ''}__{name}.sql": texts[0]}
    if not always:
        files[migrations / f"U{version or ''}__{name}.sql"] = texts[1]
    _refuse_taken(migrations, files)
    return _write({path: text.encode() for path, text in files.items()})


def init(folder: Path, *, example: bool = False) -> tuple[Path, ...]:
    """Begin a project in a folder, made where missing, or write the example project; the paths written.

    Raises ConfigError when the folder is a project already or a file would be overwritten, and OSError.
    """
    folder = folder.absolute()
    if (folder / "snowmaker.toml").exists():
        raise ConfigError(
            f"{folder} is a snowmaker project already",
            "project_exists",
            "`snowmaker new` writes a script; give another folder to begin another project",
            str(folder / "snowmaker.toml"),
        )
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", "not_a_folder", "give the folder of the project")
    files = _example() if example else _skeleton(folder)
    ignore = folder / ".gitignore"
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise ConfigError(
            f"{folder} has {', '.join(sorted(taken))} already",
            "file_exists",
            "give an empty folder, or move these away: nothing is overwritten",
        )
    written = {folder / name: content for name, content in files.items()}
    return _write(written, appended={ignore: _ignore_lines(ignore)})


def slug(description: str) -> str:
    """A description as it stands in a file name: lower case, accents gone, one `_` between words.

    Letters without a Latin counterpart stay as they are. Raises UsageError for one that is empty or too long.
    """
    decomposed = unicodedata.normalize("NFKD", description.replace("ß", "ss")).lower()
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))
    words = "".join(letter if _is_of_a_word(letter) else " " for letter in plain)
    found = "_".join(words.split())
    if not found:
        raise UsageError(
            f"no file name can be made of {description!r}",
            "bad_description",
            'say in a few words what changes: snowmaker new "add lifts"',
        )
    if len(found.encode()) > SLUG_BYTES:
        raise UsageError(
            f"the description is {len(found.encode())} bytes long; a file name has room for {SLUG_BYTES}",
            "bad_description",
            "say it in a few words; the rest belongs into the script, as a comment",
        )
    return found


def templates(folder: Path, settings: Settings) -> dict[str, Path]:
    """The templates that `new --template` knows, by name; the project's own win over the shipped ones."""
    found: dict[str, Path] = {}
    for root in (shipped("templates"), folder / settings.templates):
        for script in sorted((root / "new").glob(f"*/{UP}")):
            found[script.parent.name] = script.parent
    return found


# names


def _version(wanted: str | None, migrations: Path, now: datetime) -> str:
    """The version asked for, or the time; a second that is taken gives way to the next free one."""
    taken = {version_key(version): path for version, path in _versions(migrations)}
    if wanted is None:
        moment = now.astimezone(UTC)
        while version_key(f"{moment:%Y%m%dT%H%M%S}") in taken:
            moment += timedelta(seconds=1)
        return f"{moment:%Y%m%dT%H%M%S}"
    wanted = wanted.strip().removeprefix("V").removeprefix("v")
    if not _VERSION.fullmatch(wanted) or "__" in wanted:
        raise UsageError(
            f"{wanted!r} is not a version",
            "bad_version",
            "letters and digits, parted by . - or _: --version 1.4",
        )
    if version_key(wanted) in taken:
        path = taken[version_key(wanted)]
        raise SourceError(f"version {wanted} is taken", "duplicate_version", "choose another", str(path))
    return wanted


def _versions(migrations: Path) -> Iterator[tuple[str, Path]]:
    for path in _files(migrations):
        matched = _VERSIONED.fullmatch(path.name)
        if matched:
            yield matched["version"], path


def _files(migrations: Path) -> Iterator[Path]:
    return (path for path in sorted(migrations.rglob("*")) if path.is_file())


def _refuse_taken(migrations: Path, files: Iterable[Path]) -> None:
    """A script's name is its own in all folders, whatever its case and with or without `.jinja`."""
    taken = {path.name.lower().removesuffix(".jinja"): path for path in _files(migrations)}
    for path in files:
        other = taken.get(path.name.lower())
        if other:
            raise SourceError(
                f"{path.name} exists already",
                "file_exists",
                "choose another description, or edit it",
                str(other),
            )


def _is_of_a_word(character: str) -> bool:
    """Letters, digits, and the marks that belong to a letter in many scripts."""
    return unicodedata.category(character)[0] in "LNM"


def _sentence(description: str) -> str:
    """A description for the first line of a script: one line, nothing that Jinja or a directive would be."""
    text = " ".join(description.split()).rstrip(".")
    text = _RUNTIME_JINJA.sub("{ ", text)
    if text.lower().startswith("snowmaker"):
        text = f"about {text}"
    return text[:1].upper() + text[1:]


def write_components(folder: Path, texts: Mapping[str, str], *, force: bool) -> tuple[Path, ...]:
    """Write files of components into a folder, `.yml` behind their names; over files that exist only with `force`.

    Raises SourceError that names what exists, and OSError.
    """
    head = f"# yaml-language-server: $schema={SCHEMA}\n"
    files = {folder / f"{_file_name(name)}.yml": (head + as_template(text)).encode() for name, text in texts.items()}
    taken = [path.name for path in files if path.exists()]
    if taken and not force:
        hint = "--force writes over them, -o - prints instead"
        raise SourceError(f"{folder} has {', '.join(taken)} already", "file_exists", hint, str(folder))
    for path in files if force else ():
        path.unlink(missing_ok=True)
    if not (folder / SCHEMA).exists():
        files[folder / SCHEMA] = _schema()
    return _write(files)


def write_file(path: Path, text: str, *, force: bool) -> Path:
    """Write one file; over one that exists only with `force`. Raises SourceError, OSError."""
    if path.exists() and not force:
        raise SourceError("exists already", "file_exists", "--force writes over it", str(path))
    path.unlink(missing_ok=True)
    return _write({path: text.encode()})[0]


def _schema() -> bytes:
    import json

    from snowmaker.jsonschema import components_schema

    return (json.dumps(components_schema(), indent=1) + "\n").encode()


def _file_name(name: str) -> str:
    """A database's name as that of a file."""
    return "".join(character if character.isalnum() or character in "_-" else "_" for character in name) or "_"


def as_template(text: str) -> str:
    """A rendered text as a script that renders to it: secrets by name, braces that Jinja would read written apart."""
    escaped = _RUNTIME_JINJA.sub("{{ '{' }}", text)
    for name in placeholders.secret_names(text):
        escaped = escaped.replace(placeholders.placeholder(name), f"{{{{ secret('{name}') }}}}")
    return escaped


# templates


def _render(
    folder: Path, settings: Settings, template: str, given: Mapping[str, Any], values: Mapping[str, str]
) -> tuple[str, str]:
    """Both texts of a template, '' for one that is not needed.

    Values that lack or are not known are refused before anything is rendered.
    """
    known = templates(folder, settings)
    if template not in known:
        meant = did_you_mean(template, known)
        own = Path(os.path.relpath(settings.templates / "new" / "NAME" / UP, folder)).as_posix()
        hint = f"there are: {listed(known)}; a template of your own is {own}, and {DOWN} beside it"
        raise UsageError(f"no template {template!r}", "unknown_template", f"{meant} {hint}".strip())
    paths = {name: known[template] / name for name in (UP, DOWN) if name == UP or not given["always"]}
    sources = {name: _template_text(path) for name, path in paths.items()}
    jinja = _jinja(settings)
    trees = []
    for name, path in paths.items():
        with _template_errors(path):
            trees.append(jinja.parse(sources[name]))
    _refuse_values(template, trees, values)
    texts = {}
    for name, path in paths.items():
        with _template_errors(path):
            texts[name] = jinja.from_string(sources[name]).render({**values, **given}).strip() + "\n"
    return texts[UP], texts.get(DOWN, "")


def _template_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        text = f"template {path.parent.name!r} has no {path.name}"
        hint = f"a template has two files, {UP} and {DOWN}"
        raise SourceError(text, "incomplete_template", hint, str(path)) from None
    except UnicodeDecodeError:
        raise SourceError("is not UTF-8", "not_utf8", "save the template as UTF-8", str(path)) from None


@contextmanager
def _template_errors(path: Path) -> Iterator[None]:
    """Whatever a template does wrong, and it can raise anything, is an error that names it."""
    try:
        yield
    except SnowmakerError:
        raise
    except Exception as error:
        line = int(getattr(error, "lineno", 0) or 0)
        hint = "in these templates a value is written [[ name ]], a block [% if … %]"
        raise SourceError(str(error), "bad_template", hint, str(path), line) from error


def _jinja(settings: Settings) -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    jinja = ImmutableSandboxedEnvironment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # SQL, not HTML
    )
    jinja.filters["qualified"] = partial(_qualified, settings)
    jinja.filters["listed"] = split_arguments
    jinja.filters["literal"] = quote_literal
    return jinja


def _refuse_values(template: str, trees: Iterable[nodes.Template], values: Mapping[str, str]) -> None:
    from jinja2 import meta

    wanted: set[str] = set()
    optional: set[str] = set()
    for tree in trees:
        wanted |= meta.find_undeclared_variables(tree) - GIVEN
        optional |= _defaulted(tree)
    takes = f"it takes {listed(wanted, 'no values')}"
    for name in values:
        if name not in wanted:
            hint = did_you_mean(name, wanted) or takes
            raise UsageError(f"template {template!r} has no value {name!r}", "unknown_value", hint)
    missing = sorted(wanted - optional - set(values))
    if missing:
        example = " ".join(f"--set {name}=…" for name in missing)
        raise UsageError(f"template {template!r} needs {listed(missing)}", "missing_value", f"add {example}; {takes}")


def _defaulted(tree: nodes.Template) -> set[str]:
    """The names that a template can do without: it gives them a default, or asks whether they are defined."""
    from jinja2 import nodes

    filters = [node.node for node in tree.find_all(nodes.Filter) if node.name in ("default", "d")]
    tests = [node.node for node in tree.find_all(nodes.Test) if node.name in ("defined", "undefined")]
    return {node.name for node in (*filters, *tests) if isinstance(node, nodes.Name)}


def _qualified(settings: Settings, name: str, parts: int) -> str:
    """A name as a script should say it: with its database (the variable `database`), behind the prefix.

    `parts` is how many parts a full name of this kind has. Without a variable `prefix` there is no prefix;
    a name that has Jinja of its own stays as it is.
    """
    found = _PART.findall(name)
    if not found or ".".join(found) != name.strip() or len(found) > parts:
        form = ".".join(("DATABASE", "SCHEMA", "NAME")[:parts])
        raise UsageError(f"{name!r} is not a name", "bad_name", f'write it as {form}; quote a part as "My table"')
    if "{{" in name:
        return ".".join(found)
    variables = _variables(settings)
    database = variables.get("database")
    if len(found) == parts - 1 and isinstance(database, str) and _PART.fullmatch(database):
        found.insert(0, database)
    if len(found) == parts and "prefix" in variables and not found[0].startswith('"'):
        found[0] = "{{ prefix }}" + found[0]
    return ".".join(found)


def _variables(settings: Settings) -> dict[str, Any]:
    """Every variable that the project has in some environment; the common value where there is one."""
    found: dict[str, Any] = {}
    for environment in settings.environments.values():
        found |= environment.vars
    return {**found, **settings.vars}


# files


def _skeleton(folder: Path) -> dict[str, bytes]:
    """The settings, and what keeps the empty folders in git; other folders are left alone."""
    files = {"snowmaker.toml": _SETTINGS.format(name=_toml_string(folder.name or "project")).encode()}
    if not (folder / "components").exists():
        files["components/account.yml"] = _COMPONENTS.encode()
        files[f"components/{SCHEMA}"] = _schema()
    for name in ("migrations", "templates/new", "templates/macros"):
        if not (folder / name).is_dir() or not any((folder / name).iterdir()):
            files[f"{name}/.gitkeep"] = b""
    return files


def _toml_string(text: str) -> str:
    """Quoted for TOML; what JSON escapes, TOML reads alike. https://toml.io/en/v1.0.0#string"""
    import json

    return json.dumps(text, ensure_ascii=False)


def _example() -> dict[str, bytes]:
    """The example project's files: settings, scripts, data, and the macros that the scripts use."""
    roots = {name: shipped(name) for name in ("snowmaker.toml", "migrations", "components", "checks", "data")}
    roots["templates/macros"] = shipped("templates") / "macros"
    files = {}
    for name, root in roots.items():
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file() and path.name != ".DS_Store":
                files[(Path(name) / path.relative_to(root)).as_posix()] = path.read_bytes()
    return files


def _ignore_lines(ignore: Path) -> bytes:
    """What a .gitignore lacks."""
    lines = ignore.read_text(encoding="utf-8", errors="replace") if ignore.is_file() else ""
    if IGNORED in (line.strip() for line in lines.splitlines()):
        return b""
    return (("" if not lines or lines.endswith("\n") else "\n") + IGNORED + "\n").encode()


def _write(files: Mapping[Path, bytes], appended: Mapping[Path, bytes] | None = None) -> tuple[Path, ...]:
    """Write all files, or none: when one fails, those before it go again, and the folders made for them."""
    more = {path: content for path, content in (appended or {}).items() if content}
    with _taken_back() as done:
        for path, content in files.items():
            _make_folder(path.parent, done)
            with path.open("xb") as file:
                done.append(path)
                file.write(content)
        for path, content in more.items():
            if not path.exists():
                done.append(path)
            with path.open("ab") as file:
                file.write(content)
    return (*files, *more)


@contextmanager
def _taken_back() -> Iterator[list[Path]]:
    """Collects what is made; on any error it is removed, newest first."""
    done: list[Path] = []
    try:
        yield done
    except BaseException:
        for path in reversed(done):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        raise


def _make_folder(folder: Path, done: list[Path]) -> None:
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        os.mkdir(place)
        done.append(place)
