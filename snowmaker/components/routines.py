"""What functions and procedures share: arguments, what they return, a language with its handler, and a body.

Those of one name are told apart by the types of their arguments: as key of YAML stands the name, `F`, or, where there
are several, the name with the types, `F(NUMBER)`. SHOW tells which arguments may be left out, and GET_DDL what they
are then; https://docs.snowflake.com/en/sql-reference/sql/create-function and create-procedure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from snowmaker import sql
from snowmaker.components.arguments import Arguments, Signature, bare_types
from snowmaker.components.base import Bulk, Component, Property, Record, Row, Values
from snowmaker.components.bodies import Body
from snowmaker.components.datatypes import data_type, declared_type, split_arguments
from snowmaker.components.grant import argument_types
from snowmaker.components.shared import LEVELS, OWNER, TAGS, parameter
from snowmaker.components.types import (
    Listed,
    Name,
    Need,
    ReadError,
    Schema,
    Scope,
    Text,
    Type,
    Word,
    moved_name,
    read_name,
    resolved,
)
from snowmaker.suggest import listed

_NOT_NULL = " NOT NULL"
# what only handlers in these languages have
_HANDLED = ("handler", "runtime_version", "packages", "imports", "target_path", "artifact_repository")
_IN_PLACE = ("comment", "secure")


@dataclass(frozen=True)
class Returns(Type):
    """`number(12,2)`, `varchar not null`, `table (A number, B varchar)`."""

    def read(self, value: Any, scope: Scope) -> str:
        if not isinstance(value, str):
            raise ValueError("is a data type, or table (NAME type, …)")
        text = " ".join(value.split())
        nulls = _NOT_NULL if text.upper().endswith(_NOT_NULL) else ""
        text = text[: len(text) - len(nulls)].strip()
        if text[:5].upper() != "TABLE":
            return declared_type(text) + nulls
        inner = text[5:].strip()
        if not (inner.startswith("(") and inner.endswith(")")):
            raise ValueError("is a data type, or table (NAME type, …)")
        columns = [_column(part) for part in split_arguments(inner[1:-1])]
        return f"TABLE ({', '.join(f'{sql.quote_identifier(name)} {kind}' for name, kind in columns)})"

    def shown(self, value: Any, scope: Scope) -> str | None:
        try:
            return self.read(value, scope) if value else None
        except ValueError:
            return str(value)

    def literal(self, value: Any) -> str:
        return str(value)

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other) or (one.startswith("TABLE") and _bare(one) == _bare(other))

    @property
    def schema(self) -> Schema:
        return {"type": "string"}


def _column(text: str) -> tuple[str, str]:
    tokens = list(sql.tokens(text))
    if len(tokens) < 2:
        raise ValueError(f"{text!r} is no name with a data type")
    return sql.parse_name(tokens[0].text)[0], data_type(text[tokens[1].start :])


def _bare(table: str) -> list[tuple[str, str]]:
    """The columns of a table that is returned: an account does not show their lengths."""
    if not table.startswith("TABLE"):
        return []
    columns = [_column(part) for part in split_arguments(table[len("TABLE (") : -1])]
    return [(name, data_type(kind, bare=True)) for name, kind in columns] or [("", "")]


@dataclass(frozen=True)
class Code(Text):
    """A body, as it is but for empty lines around it: blanks count in some languages."""

    def read(self, value: Any, scope: Scope) -> str:
        found = self.shown(super().read(value, scope), scope)
        if not found:
            raise ValueError("is the text of a body")
        return found

    def shown(self, value: Any, scope: Scope) -> str | None:
        lines = str(value or "").replace("\r\n", "\n").rstrip().split("\n")
        first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
        return "\n".join(lines[first:]) or None

    def literal(self, value: Any) -> str:
        return sql.quote_body(f"\n{value}\n" if "\n" in value else str(value))


@dataclass(frozen=True)
class Words(Word):
    """Words that stand for themselves, with blanks between them."""

    def literal(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True)
class Version(Text):
    """The version of a language: a text, as YAML takes 3.10 for 3.1."""

    def read(self, value: Any, scope: Scope) -> str:
        if isinstance(value, float):
            raise ValueError("is a text: '3.10' with its quotes")
        return super().read(value, scope)


@dataclass(frozen=True)
class Import(Text):
    """A file in a stage: `@STAGE/path`."""

    def read(self, value: Any, scope: Scope) -> str:
        text = super().read(value, scope)
        if not text.startswith("@"):
            raise ValueError("is a file in a stage: @STAGE/path")
        return self._normal(text, scope)

    def shown(self, value: Any, scope: Scope) -> str | None:
        try:
            return self._normal(str(value), scope)
        except ValueError:
            return str(value)

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        stage = value[1:].partition("/")[0]
        return [] if stage.startswith(("~", "%")) else [("STAGE", sql.parse_name(stage))]

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        stage, slash, path = value[1:].partition("/")
        return value if stage.startswith(("~", "%")) else f"@{moved_name(stage, old, new)}{slash}{path}"

    def _normal(self, text: str, scope: Scope) -> str:
        stage, slash, path = text[1:].partition("/")
        if stage.startswith(("~", "%")):
            return text
        return f"@{sql.quote_name(*resolved(read_name(stage), scope, 3))}{slash}{path}"


@dataclass(frozen=True)
class Secrets(Type):
    """Secrets by the names under which a handler reads them: `{cred: DB.S.KEY}`; shown as JSON."""

    def read(self, value: Any, scope: Scope) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, Mapping):
            raise ValueError("is a mapping of names to secrets")
        lines = getattr(value, "lines", {})
        found = {}
        for key, secret in value.items():
            try:
                found[str(key)] = sql.quote_name(*resolved(read_name(str(secret)), scope, 3))
            except ValueError as error:
                raise ReadError(f"{key}: {error}", lines.get(key, 0)) from None
        return tuple(sorted(found.items()))

    def shown(self, value: Any, scope: Scope) -> tuple[tuple[str, str], ...] | None:
        try:
            found = json.loads(str(value or "{}"))
            return self.read(found, scope) or None
        except ValueError:
            return None

    def literal(self, value: Any) -> str:
        return f"({', '.join(f'{sql.quote_literal(key)} = {secret}' for key, secret in value)})"

    def plain(self, value: Any, scope: Scope) -> Any:
        return dict(value)

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return [("SECRET", sql.parse_name(secret)) for _, secret in value]

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        return tuple((key, moved_name(secret, old, new)) for key, secret in value)

    @property
    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": {"type": "string"}}


def _made_again(name: str, kind: Type, **more: Any) -> Property:
    return Property(name, kind, source=more.pop("source", "describe"), fixed="only CREATE says it", **more)


SIGNATURE = (
    _made_again("arguments", Arguments(routines=True), source="own", form="({})", required=True),
    _made_again("returns", Returns(), form="RETURNS {}", required=True),
    _made_again("language", Word(("SQL", "PYTHON", "JAVA", "SCALA", "JAVASCRIPT")), default="SQL", form="LANGUAGE {}"),
    _made_again(
        "null_handling",
        Words(("CALLED ON NULL INPUT", "RETURNS NULL ON NULL INPUT"), {"STRICT": "RETURNS NULL ON NULL INPUT"}),
        default="CALLED ON NULL INPUT",
        column="null handling",
        form="{}",
    ),
    _made_again("volatility", Words(("VOLATILE", "IMMUTABLE")), default="VOLATILE", form="{}"),
)
HANDLER = (
    _made_again("runtime_version", Version()),
    Property("artifact_repository", Name(3), source="nowhere"),
    _made_again("packages", Listed(Text(any_case=True)), default=()),
    _made_again("imports", Listed(Import()), default=()),
    _made_again("handler", Text()),
    _made_again("target_path", Text()),
    Property("external_access_integrations", Listed(Name(of="INTEGRATION")), default=(), source="describe"),
    Property("secrets", Secrets(), default=(), source="describe", unset=False),
)
PARAMETERS = tuple(
    parameter(name, kind, optional=True, created=False)
    for name, kind in (
        ("log_level", LEVELS),
        ("trace_level", Word(("ALWAYS", "ON_EVENT", "PROPAGATE", "OFF"))),
        ("metric_level", Word(("ALL", "NONE"))),
    )
)


def comment(kind: str) -> Property:
    """SHOW calls what has none by its kind."""
    return Property("comment", Text((f"user-defined {kind}",)), default="", column="description")


LAST = (_made_again("body", Code(), form="AS {}"), *PARAMETERS, TAGS, replace(OWNER, source="own"))


# the account


def owners(kind: str) -> Bulk:
    """SHOW does not tell whose they are.

    https://docs.snowflake.com/en/sql-reference/info-schema/functions and procedures
    """
    columns = f"{kind}_SCHEMA, {kind}_NAME, ARGUMENT_SIGNATURE, {kind}_OWNER AS OWNER"
    text = f"SELECT {columns} FROM {{database}}.INFORMATION_SCHEMA.{kind}S"
    return Bulk("owners", text, (f"{kind.lower()}_schema", f"{kind.lower()}_name"), optional=True)


def identity(record: Record) -> tuple[str, ...] | None:
    """Those that somebody has written here: neither built in, nor of a service, an API or for metrics of data."""
    database, schema = str(record.get("catalog_name") or ""), str(record.get("schema_name") or "")
    other = "Y" in (record.get("is_builtin"), record.get("is_external_function"), record.get("is_data_metric"))
    if other or not database or schema in ("", "INFORMATION_SCHEMA"):
        return None
    return database, schema, str(record["name"])


def types_of(record: Record) -> tuple[str, ...]:
    """`F(NUMBER, DEFAULT VARCHAR) RETURN NUMBER` → the types."""
    inner = str(record.get("arguments") or "").partition(") RETURN")[0].removesuffix(")")
    return argument_types(inner[len(str(record["name"])) + 1 :])


def queries(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    """Asks for the text of one with arguments that may be left out, or hand something back."""
    words = {token.upper for token in sql.tokens(str(live.facts.get("arguments") or "").partition("(")[2])}
    if not words & {"DEFAULT", "OUT"}:
        return {}
    return {"ddl": f"SELECT GET_DDL('{live.kind.name}', {sql.quote_literal(live.quoted)}, TRUE) AS DDL"}


def read(row: Row) -> Values:
    """The arguments: from the text where there is one, else from the signature."""
    texts = [str(record["ddl"]) for record in row.bulk.get("ddl", ())]
    kind = Arguments(routines=True)
    arguments = _declared(texts[0]) if texts else kind.shown(row.described.get("SIGNATURE"), ())
    return {"arguments": arguments, "owner": _owner(row)}


def _owner(row: Row) -> str | None:
    """Of several of one name, that of the one with these types."""
    for record in row.bulk.get("owners", ()):
        signature = str(record["argument_signature"] or "").strip().removeprefix("(").removesuffix(")")
        if argument_types(signature) == types_of(row.shown):
            return str(OWNER.type.shown(record["owner"], ()) or "") or None
    return None


def _declared(text: str) -> Signature:
    """The arguments in a CREATE."""
    begin = depth = 0
    for token in sql.tokens(text):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "(" and depth == 1:
            begin = token.start + 1
        if token.text == ")" and not depth:
            return Arguments(routines=True).written(text[begin : token.start])
    return ()


def facing(declared: Component, live: Component) -> Component:
    """What the account does not tell is as declared: the body of a secure one that others own, and how one in SQL
    takes NULL, and whether it may give something else each time.
    """
    told = live.facts.get("told", ())
    unseen = ("body", *(name for name in ("null_handling", "volatility") if name not in told))
    values = {name: declared.values[name] for name in unseen if name in declared.values and name not in live.values}
    return replace(live, values={**live.values, **values})


def notes(row: Row) -> Mapping[str, Any]:
    """Which rows DESCRIBE has."""
    return {"told": tuple(key.lower().replace(" ", "_") for key, value in row.described.items() if value)}


# what is declared


def finished(declared: Component) -> Component:
    """One of which no arguments are said has none."""
    return replace(declared, values={"arguments": (), **declared.values})


def check(declared: Component) -> str:
    """What is wrong with its arguments' types, its body or its handler; '' where nothing is."""
    values, types = declared.values, bare_types(declared.values["arguments"])
    if types != declared.arguments:
        return f"has arguments of the types ({', '.join(types)}), and is called {declared.quoted}"
    language = declared.value("language")
    said = [name for name in _HANDLED if values.get(name) not in (None, ())]
    if language in ("SQL", "JAVASCRIPT"):
        return f"in {language.lower()} has no {listed(said)}" if said else "" if "body" in values else "needs body"
    lacks = [] if "handler" in values else ["handler"]
    lacks += [] if "body" in values or values.get("imports") else ["body, or imports"]
    return f"in {language.lower()} needs {listed(lacks)}" if lacks else ""


def needs(declared: Component) -> Iterable[Need]:
    """What a body in SQL reads."""
    if declared.value("language") != "SQL" or "body" not in declared.values:
        return []
    return Body().names(declared.values["body"], declared.container)
