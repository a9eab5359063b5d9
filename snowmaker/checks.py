"""The files of a project's checks folder: queries that must return no rows, and what roles can and cannot do.

Both are templates, as migrations are. Each statement of a `.sql` file is a check of its own, named by the comment
above it. A `.yml` file is a list of roles with what they `can` and `cannot`, written as grants are in components.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from snowmaker import sql, yamlfile
from snowmaker.components.base import Place
from snowmaker.components.grant import ALL, SIGNED, Grant, Grantee, expanded, grantee_of, read_grants
from snowmaker.config import Environment, Settings
from snowmaker.directives import read_directives
from snowmaker.errors import SourceError
from snowmaker.loader import read_text
from snowmaker.manifest import files_in, rendered
from snowmaker.model import Directives, Source, Statement
from snowmaker.renderer import Renderer
from snowmaker.suggest import did_you_mean, listed
from snowmaker.yamlfile import Items, Tree

SQL, YAML = (".sql", ".sql.jinja"), (".yml", ".yaml")
KEYS = ("role", "can", "cannot")
# The first words of Snowflake's privileges: what is misspelt, nobody has, and `cannot` would always pass.
# https://docs.snowflake.com/en/user-guide/security-access-control-privileges
PRIVILEGES = frozenset(
    {
        *("ADD", "ALL", "APPLY", "APPLYBUDGET", "APPLYROLE", "ATTACH", "AUDIT", "BIND", "CANCEL", "CREATE", "DELETE"),
        *("EVOLVE", "EXECUTE", "FAILOVER", "IMPORT", "IMPORTED", "INSERT", "MANAGE", "MODIFY", "MONITOR", "OPERATE"),
        *("OVERRIDE", "OWNERSHIP", "PURCHASE", "READ", "REBUILD", "REFERENCES", "REFERENCE_USAGE", "REPLICATE"),
        *("RESOLVE", "SELECT", "TRUNCATE", "UPDATE", "USAGE", "USE", "VIEW", "WRITE"),
    }
)
_ROLE = "write `- role: NAME`, and under it `can` and `cannot`, each a list such as [select on table DB.S.T]"
_COMMENT = re.compile(r"\s*(?:--|//)[ \t]*(?P<text>[^\n]*)")
_ACTS = re.compile(  # functions by which a query does more than read, among the words of a statement
    r"\bSYSTEM\$(?:ABORT|ADD|ALTER|AUTHORIZE|CANCEL|COMMIT|CONVERT|CREATE|DELETE|DISABLE|ENABLE|FINISH|LINK|MIGRATE|"
    r"MOVE|PIPE_FORCE|PIPE_REBINDING|PROVISION|REFRESH|REGISTER|REMOVE|RESTORE|REVOKE|SCHEDULE|SEND|SET|SNOWPIPE|"
    r"START|STOP|SUSPEND|TASK_DEPENDENTS_ENABLE|TRIGGER|UNLINK|UNREGISTER|UNSET|UPDATE|USER_TASK_CANCEL|WAIT)\w*"
    r"|(?<=\. )NEXTVAL\b"
)


@dataclass(frozen=True)
class Query:
    """A query that must return no rows. `role` is the one to ask as, '' the session's."""

    name: str
    statement: Statement
    role: str
    file: str
    line: int


@dataclass(frozen=True)
class Privilege:
    """What a role must, or must not be able to; the grants are what the text stands for, to the role."""

    role: Grantee
    can: bool
    text: str
    grants: tuple[Grant, ...]
    file: str
    line: int

    @property
    def name(self) -> str:
        """The check as a person says it: `ANALYST can select on table DB.S.T`."""
        return f"{sql.quote_name(*self.role[1])} {'can' if self.can else 'cannot'} {self.text}"


Check = Query | Privilege


def load(settings: Settings, environment: Environment) -> tuple[Check, ...]:
    """The checks of a project for an environment, in the order of their files; none where there is no folder.

    Raises SourceError with file and line for what is no check: a statement that is no query, a privilege or key that
    is not known, what is not YAML.
    """
    return tuple(check for one in _files(settings, environment) for check in one)


def faults(settings: Settings, environment: Environment) -> tuple[SourceError, ...]:
    """What is wrong with the files of the checks folder: the first thing of each."""
    found = []
    for one in _files(settings, environment):
        try:
            list(one)
        except SourceError as fault:
            fault.code = "bad_check" if fault.code == "bad_yaml" else fault.code
            found.append(fault)
    return tuple(found)


def _files(settings: Settings, environment: Environment) -> Iterator[Iterator[Check]]:
    """The checks of each file, which is read when they are asked for."""
    renderer = Renderer(settings, environment)
    for path, shown in files_in(settings.checks, settings, (*SQL, *YAML)):
        if path.name.endswith(YAML):
            yield _privileges(path, shown, settings, environment)
        else:
            yield _queries(path, shown, renderer, environment)


# queries


def _queries(path: Path, shown: str, renderer: Renderer, environment: Environment) -> Iterator[Query]:
    text = read_text(path, shown)
    directives = _directives(text, shown)
    if directives.only and environment.name not in directives.only:
        return
    source = Source(path.name, "always", "", path.name, shown, text, "", directives)
    script = renderer.render(source)
    lines = renderer.render_lines(source)[1]
    stem = path.name.partition(".sql")[0]
    end = 0
    for number, statement in enumerate(script.statements, 1):
        line = lines[min(statement.line, len(lines)) - 1] if lines else statement.line
        _refuse_more_than_a_query(statement, shown, line)
        said = _comment(script.text[end : statement.start], first=number == 1)
        name = said or (stem if len(script.statements) == 1 else f"{stem} {number}")
        yield Query(name, replace(statement, line=line), directives.role, shown, line)
        end = statement.end


def _directives(text: str, shown: str) -> Directives:
    found = read_directives(text, shown)
    if found.depends or found.transaction or found.irreversible or found.allow:
        raise SourceError("a check takes role= and only= alone", "bad_directive", "take the others out", shown, 1)
    return found


def _refuse_more_than_a_query(statement: Statement, file: str, line: int) -> None:
    acts = _ACTS.search(" ".join(token.upper for token in sql.tokens(statement.text)))
    if statement.kind != "query":
        what = f"a check is a query, and this is none: {' '.join(statement.text.split()[:3])} …"
    elif acts:
        what = f"a check only reads, and {acts.group()} does more"
    else:
        return
    raise SourceError(what, "no_query", "write a SELECT that returns what must not be there", file, line)


def _comment(gap: str, *, first: bool) -> str:
    """The first line of the comment above a statement; what stands behind the statement before is none."""
    text = gap if first else gap.partition("\n")[2]
    said = [match["text"].strip() for line in text.splitlines() if (match := _COMMENT.match(line))]
    return next((one.rstrip(".") for one in said if one and not one.lower().startswith("snowmaker")), "")


# privileges


def _privileges(path: Path, shown: str, settings: Settings, environment: Environment) -> Iterator[Privilege]:
    text, lines = rendered(read_text(path, shown), shown, settings, environment)
    found = yamlfile.read(text, shown, lines)
    if found is not None and not isinstance(found, Items):
        raise SourceError("is no list of roles", "bad_check", _ROLE, shown, 1)
    for entry, line in zip(found or (), found.lines if found else (), strict=True):
        yield from _of_role(entry, shown, line)


def privilege(role: str, text: str, *, can: bool = True) -> Privilege:
    """The check that a role can, or cannot, do something; raises SourceError."""
    text = " ".join(text.split())
    return Privilege(_role(role, "", 0), can, text, _grants(role, text, "", 0), "", 0)


def _of_role(entry: Any, file: str, line: int) -> Iterator[Privilege]:
    if not isinstance(entry, Tree) or not isinstance(entry.get("role"), str):
        raise SourceError("names no role", "bad_check", _ROLE, file, line)
    for key in entry:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"there are: {listed(KEYS)}"
            raise SourceError(f"unknown key {key!r}", "bad_check", hint, file, entry.lines[key])
    if len(entry) == 1:
        raise SourceError(f"says not what {entry['role']} can or cannot", "bad_check", _ROLE, file, line)
    role = _role(entry["role"], file, entry.lines["role"])
    for key in ("can", "cannot"):
        for text, at in _texts(entry, key, file):
            yield Privilege(role, key == "can", text, _grants(entry["role"], text, file, at), file, at)


def _role(text: str, file: str, line: int) -> Grantee:
    try:
        role = grantee_of(text)
    except ValueError as error:
        raise SourceError(str(error), "bad_check", _ROLE, file, line) from None
    if role[0] == "USER":
        raise SourceError(f"{text!r} is no role", "bad_check", "name the role that the user works under", file, line)
    return role


def _texts(entry: Tree, key: str, file: str) -> Iterator[tuple[str, int]]:
    """The texts under a key, each with its line: a list of them, or a single one."""
    value = entry.get(key)
    items = value if isinstance(value, Items) else Items([value], [entry.lines.get(key, 0)])
    for text, line in zip(items, items.lines, strict=True):
        if key in entry and not isinstance(text, str):
            raise SourceError(f"{key} has to be a list of privileges", "bad_check", _ROLE, file, line)
        if text is not None:
            yield " ".join(text.split()), line


def _grants(role: str, text: str, file: str, line: int) -> tuple[Grant, ...]:
    try:
        grants = [single for one in read_grants(role, [text], Place())[1] for single in expanded(one)]
        for one in grants:
            _refuse_unknown(one, text)
    except ValueError as error:
        hint = 'as in "insert, select on table DB.S.T"; in [ ] a comma ends a text that is not in quotes'
        raise SourceError(str(error), "bad_check", hint, file, line) from None
    return tuple(grants)


def _refuse_unknown(grant: Grant, text: str) -> None:
    first = grant.privilege.partition(" ")[0]
    if first not in PRIVILEGES:
        meant = did_you_mean(first, PRIVILEGES)
        raise ValueError(f"{text!r}: there is no privilege {grant.privilege}{f'; {meant}' if meant else ''}")
    if grant.privilege == ALL:
        raise ValueError(f"{text!r}: which privileges a {grant.on.lower()} has is not known here; name them")
    if grant.reach == "all" and grant.on in SIGNED:
        raise ValueError(f"{text!r}: name each {grant.on.lower()} with the types of its arguments")
