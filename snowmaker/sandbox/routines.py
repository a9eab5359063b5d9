"""What procedures and functions share: signatures, overloading, CREATE, ALTER, DROP, SHOW.

Several of one name may be in a schema, told apart by the types of their arguments. The catalog knows each by a
name that has these in it, `F(NUMBER, VARCHAR)`; what it is called without them is its property `bare`.
https://docs.snowflake.com/en/developer-guide/udf-stored-procedure-naming-conventions#overloading-procedures-and-functions
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import MAX_BINARY, MAX_TEXT, DataType
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    copied_grants,
    copy_grants,
    discard,
    listed,
    may_create,
    missing,
    new,
    number,
    read_filter,
    texts,
    with_options,
)
from snowmaker.sandbox.parser import Name, Parser, Reader
from snowmaker.sandbox.properties import one_of, strings
from snowmaker.sandbox.result import DESCRIBE, SHOW, SUCCESS, Column, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tags import APPLY_TAG, read_assignments, read_clause, read_tag, tagged
from snowmaker.sandbox.temporary import keep_temporary

LANGUAGE_NAMES = {"SQL": "SQL", "PYTHON": "Python", "JAVA": "Java", "SCALA": "Scala", "JAVASCRIPT": "JavaScript"}
_NAMES = {"FIXED": "NUMBER", "REAL": "FLOAT", "TEXT": "VARCHAR"}
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF")


# -- types ---------------------------------------------------------------------------------------------


def type_name(kind: DataType) -> str:
    """A type without its size, as signatures have it."""
    return _NAMES.get(kind.wire, kind.wire)


def type_text(kind: DataType) -> str:
    """A type as DESCRIBE writes it: its size only where one was given."""
    if (kind.wire == "TEXT" and kind.length == MAX_TEXT) or (kind.wire == "BINARY" and kind.length == MAX_BINARY):
        return type_name(kind)
    return type_name(kind) if kind.wire.startswith("TIME") and kind.scale == 9 else str(kind)


def read_type(text: str) -> DataType:
    """A type that `str` has written."""
    return Parser(text).data_type()


# -- signatures ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Argument:
    """`default` is an expression as written; `out` says that the caller's variable gets its last value."""

    name: str
    type: DataType
    default: str | None = None
    out: bool = False

    def stored(self) -> dict[str, Any]:
        return {"name": self.name, "type": str(self.type), "default": self.default, "out": self.out}


def arguments(entry: Entry) -> tuple[Argument, ...]:
    """The arguments of a routine."""
    return tuple(
        Argument(each["name"], read_type(each["type"]), each["default"], each["out"]) for each in entry.get("arguments")
    )


def returned(entry: Entry) -> DataType | None:
    """What it returns; None for a table."""
    return None if entry.get("returns") is None else read_type(entry.get("returns"))


def columns(entry: Entry) -> tuple[tuple[str, DataType], ...]:
    """The columns of the table it returns; none where they are not told."""
    return tuple((name, read_type(kind)) for name, kind in entry.get("columns", ()))


def key(bare: str, types: Iterable[DataType]) -> str:
    """What the catalog calls a routine."""
    return f"{bare}({', '.join(type_name(each) for each in types)})"


def grant_name(entry: Entry) -> str:
    """What SHOW GRANTS calls a routine, without its schema: `F(A NUMBER):VARCHAR`."""
    signature = ", ".join(f"{each.name} {type_name(each.type)}" for each in arguments(entry))
    kind = returned(entry)
    return f"{entry.get('bare')}({signature}):{'TABLE' if kind is None else type_name(kind)}"


def read_reference(parser: Parser) -> Name:
    """`name(types)`, as ALTER, DROP, DESCRIBE and GRANT name a routine; the last part is what the catalog calls it."""
    *above, bare = parser.name()
    parser.expect_operator("(")
    return (*above, key(bare, parser.items(lambda: _reference_type(parser))))


def _reference_type(parser: Parser) -> DataType:
    """A type, which may have the argument's name before it."""
    start = parser.scanner.position
    try:
        found = parser.data_type()
        if parser.peek().text in (",", ")"):
            return found
    except SqlError as error:
        if error.code == 2:  # a type that is refused by its name
            raise
        parser.scanner.position = start
        parser.identifier()
        if parser.peek().text in (",", ")"):
            parser.scanner.position = start
        return parser.data_type()
    parser.scanner.position = start
    parser.identifier()
    return parser.data_type()


def find(context: Context, kind: str, name: Name, *privileges: str) -> Entry:
    """The routine of `read_reference`. Raises 002003, 003001."""
    try:
        return context.find(kind, name, *privileges)
    except SqlError as error:
        if error.code == 2003 and "Schema '" not in error.message and "Database '" not in error.message:
            shown = ".".join((*(dotted((part,)) for part in name[:-1]), name[-1]))
            raise sqlerror.does_not_exist(kind.capitalize(), shown, container=True) from None
        raise


def overloads(context: Context, kind: str, name: Name) -> list[Entry]:
    """The routines of that name that the roles see; without a schema, those of the current one, then of PUBLIC.

    https://docs.snowflake.com/en/sql-reference/name-resolution#how-functions-are-resolved
    """
    if len(name) > 1:
        return _named(context, kind, context.schema(name[:-1]), name[-1])
    schema = context.session.schema
    if schema is None or context.session.database is None:
        return []
    public = context.catalog.find("SCHEMA", context.session.database.id, "PUBLIC")
    for each in (schema, public):
        if each is not None and context.access.enters(each) and (found := _named(context, kind, each, name[-1])):
            return found
    return []


def _named(context: Context, kind: str, schema: Entry, bare: str) -> list[Entry]:
    private = [
        each for each in context.session.private.values() if (each.kind, each.parent) == (kind, schema.id)
    ]  # fmt: skip
    hidden = {each.name for each in private}
    kept = [each for each in context.catalog.children(schema.id, kind) if each.name not in hidden]
    return [
        each
        for each in (*private, *kept)
        if each.get("bare") == bare and (context.private(each) or context.access.sees(each))
    ]


# -- CREATE --------------------------------------------------------------------------------------------


def _name_or_names(parser: Parser) -> Any:
    if not parser.accept_operator("("):
        return [".".join(parser.name())]
    return [".".join(each) for each in parser.items(parser.name)]


def _secrets(parser: Parser) -> dict[str, str]:
    parser.expect_operator("(")
    return dict(parser.items(lambda: _pair(parser, lambda: ".".join(parser.name()))))


def _headers(parser: Parser) -> dict[str, str]:
    parser.expect_operator("(")
    return dict(parser.items(lambda: _pair(parser, parser.string)))


def _pair(parser: Parser, read: Callable[[], str]) -> tuple[str, str]:
    """`'name' = value`"""
    name = parser.string()
    parser.expect_operator("=")
    return name, read()


def _version(parser: Parser) -> str:
    return parser.scanner.take().text if parser.peek().kind == "number" else parser.string()


OPTIONS: Mapping[str, Reader] = {
    "COMMENT": Parser.string,
    "LOG_LEVEL": one_of(*_LEVELS),
    "TRACE_LEVEL": one_of("ALWAYS", "ON_EVENT", "PROPAGATE", "OFF"),
    "METRIC_LEVEL": one_of("ALL", "NONE"),
}
HANDLED: Mapping[str, Reader] = {
    "RUNTIME_VERSION": _version,
    "PACKAGES": strings,
    "IMPORTS": strings,
    "HANDLER": Parser.string,
    "EXTERNAL_ACCESS_INTEGRATIONS": _name_or_names,
    "SECRETS": _secrets,
    "TARGET_PATH": Parser.string,
    "ARTIFACT_REPOSITORY": lambda parser: ".".join(parser.name()),
    "ARTIFACT_REPOSITORY_PACKAGES": strings,
    "RESOURCE_CONSTRAINT": lambda parser: parser.bracketed(),
}
EXTERNAL: Mapping[str, Reader] = {
    "API_INTEGRATION": lambda parser: parser.name(1)[0],
    "HEADERS": _headers,
    "CONTEXT_HEADERS": _name_or_names,
    "MAX_BATCH_ROWS": Parser.integer,
    "COMPRESSION": one_of("NONE", "GZIP", "DEFLATE", "AUTO"),
    "REQUEST_TRANSLATOR": lambda parser: ".".join(parser.name()),
    "RESPONSE_TRANSLATOR": lambda parser: ".".join(parser.name()),
}
_FLAGS = (
    "CALLED ON NULL INPUT", "RETURNS NULL ON NULL INPUT", "STRICT", "VOLATILE", "IMMUTABLE", "MEMOIZABLE", "NOT NULL",
    "NULL", "COPY GRANTS", "EXECUTE AS OWNER", "EXECUTE AS CALLER", "EXECUTE AS RESTRICTED CALLER",
)  # fmt: skip


def read_arguments(parser: Parser) -> tuple[Argument, ...]:
    """`(name [IN | OUT] type [DEFAULT value], …)`. Raises SqlError for two of one name, and a gap of defaults."""
    parser.expect_operator("(")
    found: tuple[Argument, ...] = parser.items(lambda: _argument(parser))
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        raise sqlerror.malformed(f"duplicate argument name '{next(n for n in names if names.count(n) > 1)}'")
    defaults = [each.default is not None for each in found]
    if sorted(defaults) != defaults:
        raise sqlerror.malformed("Optional arguments must come after all required arguments.")
    return found


def _argument(parser: Parser) -> Argument:
    name = parser.identifier()
    out = parser.choice("IN", "INPUT", "OUT", "OUTPUT") in ("OUT", "OUTPUT")
    kind = parser.data_type()
    default = parser.expression() if parser.accept("DEFAULT") else None
    if default is not None and out:
        raise sqlerror.malformed(f"The output argument '{name}' cannot have a default value.")
    return Argument(name, kind, default, out)


def read_returns(parser: Parser) -> dict[str, Any]:
    """What is behind RETURNS: a type, or TABLE (…)."""
    if parser.accept("TABLE"):
        parser.expect_operator("(")
        found = parser.items(lambda: (parser.identifier(), str(parser.data_type())))
        return {"RETURNS": None, "COLUMNS": [list(each) for each in found]}
    return {"RETURNS": str(parser.data_type())}


@dataclass(frozen=True)
class Definition:
    """What a CREATE says."""

    name: Name
    arguments: tuple[Argument, ...]
    options: dict[str, Any]
    copies_grants: bool

    @property
    def key(self) -> Name:
        return (*self.name[:-1], key(self.name[-1], (each.type for each in self.arguments)))


def read_definition(
    context: Context, parser: Parser, kind: str, options: Mapping[str, Reader], name: Name
) -> Definition:
    """Everything behind the name. Raises SqlError for what is unknown or missing."""
    listed_arguments = read_arguments(parser)
    found: dict[str, Any] = {"LANGUAGE": "SQL"}
    flags: set[str] = set()
    while not parser.accept("AS") and parser.peek().kind != "end" and parser.peek().text != ";":
        if (flag := parser.choice(*_FLAGS)) is not None:
            flags.add(flag)
        elif parser.accept("RETURNS"):
            found.update(read_returns(parser))
        elif parser.accept("LANGUAGE"):
            found["LANGUAGE"] = one_of(*LANGUAGE_NAMES)(parser)
        elif (tags := read_clause(context, parser)) is not None:
            found["TAGS"] = tags
        elif values := parser.options(options, kind):
            found.update(values)
        else:
            raise parser.unexpected()
    if "RETURNS" not in found:
        raise parser.unexpected()
    found["BODY"] = _body(parser)
    parser.end()
    found.update(_flags(flags))
    found.update(BARE=name[-1], ARGUMENTS=[each.stored() for each in listed_arguments])
    _check(kind, found)
    return Definition(name, listed_arguments, found, "COPY GRANTS" in flags)


def _body(parser: Parser) -> str | None:
    """A constant, or a block as it is; None where a handler is in a stage."""
    if parser.peek().kind in ("string", "dollars"):
        return parser.string()
    return None if parser.peek().kind == "end" or parser.peek().text == ";" else parser.rest()


def _flags(flags: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "STRICT": bool(flags & {"STRICT", "RETURNS NULL ON NULL INPUT"}),
        "IMMUTABLE": "IMMUTABLE" in flags,
        "MEMOIZABLE": "MEMOIZABLE" in flags,
        "NOT_NULL": "NOT NULL" in flags,
        "EXECUTE_AS": next((flag.removeprefix("EXECUTE AS ") for flag in flags if flag.startswith("EXECUTE")), "OWNER"),
    }
    return found


def _check(kind: str, options: Mapping[str, Any]) -> None:
    """Refuse what lacks its body or handler, and handlers where there can be none."""
    language = options["LANGUAGE"]
    handled = [name for name in HANDLED if name in options]
    if language in ("SQL", "JAVASCRIPT"):
        if handled:
            raise sqlerror.invalid_property(handled[0], f"LANGUAGE {language}")
        wanted = ["AS"] if options["BODY"] is None else []
    else:
        wanted = ["HANDLER"] if "HANDLER" not in options else []
        if language == "PYTHON" and kind == "PROCEDURE" and "RUNTIME_VERSION" not in options:
            wanted.append("RUNTIME_VERSION")
        if options["BODY"] is None and "IMPORTS" not in options:
            wanted.append("IMPORTS")
    if wanted:
        raise SqlError(2029, "42601", f"SQL compilation error:\nMissing option(s): [{', '.join(wanted)}]")


def create(context: Context, kind: Kind, definition: Definition, *, optional: bool) -> Result:
    """Store a new routine; OR REPLACE and OR ALTER are for one of the same argument types."""
    schema = context.place(definition.name).schema
    bare = dotted(definition.name[-1:])
    entry = with_options(new(context, kind.name, schema.id, definition.key[-1]), definition.options)
    entry = replace(entry, properties={**entry.properties, "secure": "SECURE" in context.modifiers})
    context.writable(schema)
    if "TEMPORARY" in context.modifiers:
        return _create_temporary(context, entry, bare, optional)
    with context.ddl() as ddl:
        may_create(context, kind, schema.id)
        old = context.catalog.find(kind.space, schema.id, entry.name)
        if old is not None and not context.modifiers & {"OR REPLACE", "OR ALTER"}:
            if optional:
                return _exists(bare)
            raise sqlerror.already_exists(bare)
        if old is not None:
            context.require(old, OWNERSHIP)
        if old is not None and "OR ALTER" in context.modifiers:
            ddl.put(replace(old, comment=entry.comment, properties=entry.properties))
            return _created(bare)
        kept = copied_grants(context, kind, definition.key) if definition.copies_grants else None
        if old is not None:
            discard(context, ddl, old)
        copy_grants(ddl, kept, ddl.put(entry))
    return _created(bare)


def _create_temporary(context: Context, entry: Entry, bare: str, optional: bool) -> Result:
    known = (entry.space, entry.parent, entry.name) in context.session.private
    if known and not optional and "OR REPLACE" not in context.modifiers:
        raise sqlerror.already_exists(bare)
    return _created(bare) if keep_temporary(context, entry, optional=optional) else _exists(bare)


def _created(bare: str) -> Result:
    """A procedure is called a function here too, as Snowflake does."""
    return status(f"Function {bare} successfully created.")


def _exists(bare: str) -> Result:
    return status(f"{bare} already exists, statement succeeded.")


# -- ALTER, DROP, COMMENT ------------------------------------------------------------------------------

Change = Callable[[Entry], Entry]
Clause = Callable[[Context, Parser], Change]
"""Reads the rest of an ALTER, and says what it makes of the routine."""


def alter(
    context: Context, parser: Parser, kind: Kind, options: Mapping[str, Reader], clauses: Mapping[str, Clause]
) -> Result:
    """ALTER [IF EXISTS] name(types) with RENAME TO, SET, UNSET, tags, and the kind's own clauses."""
    optional = parser.if_exists()
    name = read_reference(parser)
    known: dict[str, Clause] = {
        "RENAME TO": partial(_rename, kind),
        "SET TAG": _set_tags,
        "UNSET TAG": _unset_tags,
        "SET SECURE": lambda *_: lambda entry: with_options(entry, {"SECURE": True}),
        "UNSET SECURE": lambda *_: lambda entry: with_options(entry, {"SECURE": False}),
        "SET": partial(_set, kind, options),
        "UNSET": partial(_unset, kind, options),
        **clauses,
    }
    words = next((each for each in sorted(known, key=len, reverse=True) if parser.accept(*each.split())), None)
    if words is None:
        raise parser.unexpected()
    change = known[words](context, parser)
    parser.end()
    wanted = (APPLY_TAG,) if words in ("SET TAG", "UNSET TAG") else ()
    return _change(context, kind, name, optional, change, *wanted)


def _set_tags(context: Context, parser: Parser) -> Change:
    tags = read_assignments(context, parser)
    return lambda entry: tagged(entry, tags)


def _unset_tags(context: Context, parser: Parser) -> Change:
    removed = tuple(str(tag.id) for tag in parser.list_of(lambda: read_tag(context, parser)))
    return lambda entry: tagged(entry, {}, removed)


def _set(kind: Kind, options: Mapping[str, Reader], context: Context, parser: Parser) -> Change:
    values = parser.options(options, kind.name)
    if not values:
        raise parser.unexpected()
    return lambda entry: with_options(entry, values)


def _unset(kind: Kind, options: Mapping[str, Reader], context: Context, parser: Parser) -> Change:
    names = parser.keys(options, kind.name)
    return lambda entry: with_options(entry, {}, names)


def _rename(kind: Kind, context: Context, parser: Parser) -> Change:
    """The new name has no types: they stay."""
    fresh = parser.name()
    return lambda entry: _renamed(context, kind, fresh, entry)


def _renamed(context: Context, kind: Kind, fresh: Name, entry: Entry) -> Entry:
    place = context.place(fresh)
    context.writable(place.schema)
    if place.schema.id != entry.parent:
        may_create(context, kind, place.schema.id)
    name = key(place.name, (each.type for each in arguments(entry)))
    if context.catalog.find(kind.space, place.schema.id, name):
        raise sqlerror.already_exists(dotted(fresh))
    return replace(with_options(entry, {"BARE": place.name}), parent=place.schema.id, name=name)


def _change(
    context: Context, kind: Kind, name: Name, optional: bool, change: Callable[[Entry], Entry], *privileges: str
) -> Result:
    with context.ddl() as ddl:
        try:
            entry = find(context, kind.name, name, OWNERSHIP, *privileges)
        except SqlError as error:
            if optional and missing(error):
                return status(SUCCESS)
            raise
        changed = change(entry)
        if context.private(entry):
            del context.session.private[(entry.space, entry.parent, entry.name)]
            context.session.private[(changed.space, changed.parent, changed.name)] = changed
        else:
            ddl.put(changed)
    return status(SUCCESS)


def drop(context: Context, parser: Parser, kind: Kind) -> Result:
    """DROP [IF EXISTS] name(types)"""
    optional = parser.if_exists()
    name = read_reference(parser)
    parser.end()
    with context.ddl() as ddl:
        try:
            entry = find(context, kind.name, name, OWNERSHIP)
        except SqlError as error:
            if optional and missing(error):
                shown = name[-1].partition("(")[0]
                return status(f"Drop statement executed successfully ({shown} already dropped).")
            raise
        if context.private(entry):
            del context.session.private[(entry.space, entry.parent, entry.name)]
        else:
            discard(context, ddl, entry)
    return status(f"{entry.get('bare')} successfully dropped.")


def comment(context: Context, parser: Parser, kind: Kind, *, optional: bool) -> Result:
    """COMMENT [IF EXISTS] ON … name(types) IS text"""
    name = read_reference(parser)
    parser.expect("IS")
    text = parser.string()
    parser.end()
    return _change(context, kind, name, optional, lambda entry: replace(entry, comment=text))


# -- SHOW, DESCRIBE ------------------------------------------------------------------------------------

SHOWN: tuple[Column, ...] = (
    CREATED_ON,
    *texts("name schema_name is_builtin is_aggregate is_ansi"),
    number("min_num_arguments"),
    number("max_num_arguments"),
    *texts("arguments description catalog_name is_table_function valid_for_clustering is_secure"),
)


def shown(context: Context, entry: Entry) -> tuple[Any, ...]:
    """A row of SHOW PROCEDURES, and the beginning of one of SHOW FUNCTIONS."""
    given = arguments(entry)
    database, schema = context.catalog.path(entry)[:2]
    least = sum(each.default is None for each in given)
    return (
        entry.created_on, entry.get("bare"), schema, "N", _yes(entry.get("aggregate")), "N", least, len(given),
        _signature(entry), entry.comment or f"user-defined {entry.kind.lower()}", database,
        _yes(entry.get("returns") is None), "N", _yes(entry.get("secure")),
    )  # fmt: skip


def _yes(value: Any) -> str:
    return "Y" if value else "N"


def _signature(entry: Entry) -> str:
    words = [f"{'OUT ' if a.out else ''}{'DEFAULT ' if a.default else ''}{type_name(a.type)}" for a in arguments(entry)]
    kind = returned(entry)
    told = f"TABLE ({', '.join(type_name(each) for _, each in columns(entry))})" if kind is None else type_name(kind)
    return f"{entry.get('bare')}({', '.join(words)}) RETURN {told}"


def show(
    context: Context,
    parser: Parser,
    kind: Kind,
    wanted: Callable[[Entry], bool] = lambda _: True,
) -> Result:
    """SHOW of user-defined ones; LIKE is for the name alone."""
    filter_ = read_filter(context, parser, kind.level)
    found = [replace(each, name=each.get("bare")) for each in listed(context, kind, filter_) if wanted(each)]
    rows = [tuple(kind.row(context, entry)) for entry in filter_.rows(found)]
    return Result(kind.columns, rows, type_id=SHOW)


def describe(
    context: Context, parser: Parser, kind: Kind, rows: Callable[[Entry], Sequence[tuple[str, Any]]]
) -> Result:
    """DESCRIBE name(types)"""
    name = read_reference(parser)
    parser.end()
    entry = find(context, kind.name, name)
    if entry.get("secure") and not (context.mine(entry) or context.access.owns(entry)):
        entry = with_options(entry, {"BODY": None})  # a secure one's body is its owner's alone
    found = [(each, None if value is None else str(value)) for each, value in rows(entry)]
    return Result(texts("property value"), found, type_id=DESCRIBE)


def described(entry: Entry) -> list[tuple[str, Any]]:
    """The rows that every DESCRIBE begins with."""
    signature = ", ".join(f"{each.name} {type_name(each.type)}" for each in arguments(entry))
    kind = returned(entry)
    told = ", ".join(f"{name} {type_name(each)}" for name, each in columns(entry))
    return [
        ("signature", f"({signature})"),
        (
            "returns",
            (f"TABLE ({told})" if kind is None else type_text(kind)) + (" NOT NULL" * entry.get("not_null", False)),
        ),
        ("language", "EXTERNAL" if entry.get("external") else entry.get("language")),
    ]


def handling(entry: Entry) -> list[tuple[str, Any]]:
    """How it takes NULL, and whether the same arguments give the same."""
    strict = entry.get("strict")
    return [
        ("null handling", "RETURNS NULL ON NULL INPUT" if strict else "CALLED ON NULL INPUT"),
        ("volatility", "IMMUTABLE" if entry.get("immutable") else "VOLATILE"),
    ]


def handler(entry: Entry) -> list[tuple[str, Any]]:
    """What a body in another language than SQL has besides."""
    if entry.get("language") in ("SQL", "JAVASCRIPT"):
        return []
    listing = {name: entry.get(name) or [] for name in ("imports", "packages", "external_access_integrations")}
    return [
        ("imports", _list(listing["imports"])),
        ("handler", entry.get("handler")),
        ("runtime_version", entry.get("runtime_version")),
        ("packages", _list(listing["packages"])),
        ("target_path", entry.get("target_path")),
        ("installed_packages", _list(listing["packages"])),
        ("secrets", entry.get("secrets") and json.dumps(entry.get("secrets"), ensure_ascii=False)),
        ("external_access_integrations", _list(listing["external_access_integrations"])),
    ]


def _list(items: Sequence[str]) -> str:
    return "[" + ",".join(f"'{each}'" for each in items) + "]"
