"""Integrations: one kind of object in five families, of which each is described by its forms' properties.

All share one namespace, one SHOW INTEGRATIONS and GRANT … ON INTEGRATION. They are recorded: nothing is connected.
https://docs.snowflake.com/en/sql-reference/sql/create-integration
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import (
    Kind,
    Target,
    altered,
    exists,
    missing,
    new,
    read_filter,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.properties import identifier, strings
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SHOW, Column, Result, status
from snowmaker.sandbox.secrecy import MASK
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tags import APPLY_TAG, read_assignments, read_clause, read_tag, tagged


@dataclass(frozen=True)
class Property:
    """One property. `type` and `default` are DESCRIBE's; what is `hidden` DESCRIBE leaves out.

    The value of a `secret` is not kept: only that there is one. What is `fixed` only CREATE sets, what is
    `told` comes from Snowflake and can be set by nobody, what is `sparse` is shown when it is set. `refers` is
    the kind of objects that a list names: they must be there. A list that is `bracketed` is shown as `[a, b]`.
    """

    name: str
    read: Reader = Parser.string
    type: str = "String"
    default: str = ""
    required: bool = False
    fixed: bool = False
    secret: bool = False
    hidden: bool = False
    sparse: bool = False
    told: str = ""
    refers: str = ""
    bracketed: bool = False


def text(name: str, **more: Any) -> Property:
    """A property whose value is a string."""
    return Property(name, **more)


def word(name: str, reader: Reader, **more: Any) -> Property:
    """A property whose value is a string to DESCRIBE, and is read by `reader`."""
    return Property(name, reader, **more)


def flag(name: str, default: str = "false", **more: Any) -> Property:
    """A property that is TRUE or FALSE; `default` is in DESCRIBE's lower case."""
    return Property(name, Parser.boolean, "Boolean", default, **more)


def listing(name: str, reader: Reader = strings, **more: Any) -> Property:
    """A property that is a list, of strings unless `reader` reads something else."""
    return Property(name, reader, "List", "[]", **more)


def secret(name: str, **more: Any) -> Property:
    """A property whose value is a string that is not kept."""
    return Property(name, secret=True, **more)


_WORDS = ("ALL", "NONE")  # stand for objects in a list


def names(most: int, *words: str) -> Reader:
    """`(name, …)`, or one of some words that stand for all or none."""

    def one(parser: Parser) -> str:
        token = parser.peek()
        if token.kind in ("word", "string") and token.value.upper() in _WORDS:
            return parser.scanner.take().value.upper()
        return dotted(identifier(most)(parser))

    def read(parser: Parser) -> list[str]:
        if (found := parser.choice(*words)) is not None:
            return [found]
        parser.expect_operator("(")
        return list(parser.items(lambda: one(parser)))

    return read


ENABLED = flag("ENABLED", "true", required=True)


@dataclass(frozen=True)
class Form:
    """What an integration is when `when` holds, e.g. TYPE = EXTERNAL_STAGE, STORAGE_PROVIDER = S3."""

    when: Mapping[str, Sequence[str | None]]
    properties: Sequence[Property]
    shown: str = ""  # SHOW's type, where it is not that of the family


@dataclass(frozen=True)
class Family:
    """`word` stands before INTEGRATION; `choosers` are the properties that tell the forms apart."""

    word: str
    category: str
    choosers: Mapping[str, Reader]
    forms: Sequence[Form]
    type: str = ""
    shows: Sequence[str] = ()  # SHOW's type ends in the value of one of these
    tags: bool = True
    unset: bool = True
    modifiers: Sequence[str] = ("OR REPLACE",)
    readers: dict[str, Reader] = field(default_factory=dict)

    def form(self, values: Mapping[str, Any]) -> Form:
        """The form that the choosers' values make. Raises 002029, 001008."""
        for form in self.forms:
            if all(values.get(key) in wanted for key, wanted in form.when.items()):
                return form
        for key in self.choosers:
            if key not in values and any(key in form.when for form in self.forms):
                raise missing_options([key])
        raise sqlerror.invalid_value(" - ".join(str(value) for value in values.values()), "Integration Type")


FAMILIES: dict[str, Family] = {}


def missing_options(names: Sequence[str]) -> SqlError:
    """What a CREATE without a required property answers."""
    return SqlError(2029, "42601", f"SQL compilation error:\nMissing option(s): [{', '.join(names)}]")


def register_family(family: Family) -> None:
    """Give a family CREATE, ALTER, DROP, DESCRIBE, SHOW and COMMENT ON."""
    FAMILIES[family.category] = family
    for form in family.forms:
        family.readers.update({each.name: each.read for each in form.properties if not each.told})
    family.readers.update(family.choosers)
    words = (*family.word.split(), "INTEGRATION")
    statement("CREATE", *words)(partial(_create, family))
    statement("ALTER", *words)(partial(_alter, family))
    statement("DROP", *words)(partial(_drop, family))
    statement("DESCRIBE", *words)(partial(_describe_named, family))
    statement("SHOW", *words[:-1], "INTEGRATIONS")(partial(_show, family))
    statement("COMMENT", "ON", *words)(partial(_comment, family, False))
    statement("COMMENT", "IF", "EXISTS", "ON", *words)(partial(_comment, family, True))


# -- SHOW, DESCRIBE ------------------------------------------------------------------------------------

COLUMNS = (
    *texts("name type category enabled comment"),
    Column("created_on", TIMESTAMP_LTZ),
)


def _row(_: Context, entry: Entry) -> tuple[Any, ...]:
    enabled = "true" if entry.get("values").get("ENABLED", True) else "false"
    return entry.name, entry.get("type"), entry.get("category"), enabled, entry.comment, entry.created_on


def _described(_: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-integration"""
    family = FAMILIES[entry.get("category")]
    values = entry.get("values")
    rows = [
        (each.name, each.type, _shown(each, values.get(each.name), entry), each.default)
        for each in family.form(values).properties
        if not (each.hidden or (each.sparse and values.get(each.name) is None))
    ]
    rows.append(("COMMENT", "String", entry.comment, ""))
    return Result(texts("property property_type property_value property_default"), rows, type_id=DESCRIBE)


def _shown(each: Property, value: Any, entry: Entry) -> str:
    if each.told:
        return each.told.format(id=entry.id, name=entry.name)
    if value is None:
        return "" if each.type == "List" else each.default
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_plain(part)}" for key, part in value.items()) + "}"
    if each.bracketed:
        return "[" + ", ".join(value) + "]"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


INTEGRATION = Kind(
    "INTEGRATION",
    "INTEGRATIONS",
    "ACCOUNT",
    COLUMNS,
    _row,
    grants=("USAGE", "USE_ANY_ROLE"),
    describe=_described,
    recorded=True,
)


# -- CREATE --------------------------------------------------------------------------------------------


def _create(family: Family, context: Context, parser: Parser) -> Result:
    context.allow(*family.modifiers)
    optional = parser.if_not_exists()
    name = parser.name(1)
    values, tags = _read(family, context, parser)
    parser.end()
    comment = values.pop("COMMENT", "")
    form = checked(family, values)
    resolve(context, form, values)
    with context.ddl() as ddl:
        if not vacant(context, ddl, INTEGRATION, name, optional=optional):
            return exists(name[0])
        entry = new(context, "INTEGRATION", ACCOUNT, name[0], comment=comment or "")
        kept = {"CATEGORY": family.category, "TYPE": _type(family, form, values), "VALUES": values, "TAGS": tags}
        ddl.put(with_options(entry, kept))
    return status(f"Integration {name[0]} successfully created.")


def _read(family: Family, context: Context, parser: Parser) -> tuple[dict[str, Any], dict[str, str]]:
    """The properties and tags of a CREATE, in any order."""
    values: dict[str, Any] = {}
    tags: dict[str, str] = {}
    readers = {**family.readers, "COMMENT": Parser.string}
    while True:
        if family.tags and (found := read_clause(context, parser)) is not None:
            tags.update(found)
        elif given := parser.options(readers, "INTEGRATION"):
            values.update(given)
        else:
            return values, tags


def checked(family: Family, values: dict[str, Any], label: str = "INTEGRATION") -> Form:
    """The form the values make; secrets are taken out of them. Raises 001420 and 002029."""
    form = family.form(values)
    known = {each.name: each for each in form.properties if not each.told}
    for key in values:
        if key not in known and key not in family.choosers:
            raise sqlerror.invalid_property(key, label)
    absent = [each.name for each in form.properties if each.required and values.get(each.name) is None]
    if absent:
        raise missing_options(absent)
    for key, each in known.items():
        if each.secret and values.get(key) is not None:
            values[key] = MASK
    return form


def resolve(context: Context, form: Form, values: dict[str, Any]) -> None:
    """Give the objects that lists name their full names. Raises 002003 for one that is not there."""
    for each in form.properties:
        if each.refers and (given := values.get(each.name)):
            names = [name if name in _WORDS else _path(context, each.refers, name) for name in given]
            values[each.name] = names


def _path(context: Context, kind: str, name: str) -> str:
    return context.path(context.find(kind, context.parser(name).name(3)))


def _type(family: Family, form: Form, values: Mapping[str, Any]) -> str:
    found = form.shown or family.type or str(values["TYPE"])
    ending = next((values[key] for key in family.shows if values.get(key)), None)
    return found if ending is None else f"{found} - {ending}"


# -- ALTER, DROP, COMMENT ------------------------------------------------------------------------------


def _alter(family: Family, context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-integration"""
    optional = parser.if_exists()
    return _altered(family, context, parser, Target(INTEGRATION, parser.name(1), optional))


def alter_any(context: Context, parser: Parser) -> Result:
    """ALTER INTEGRATION without the family's word, which may stay away."""
    optional = parser.if_exists()
    target = Target(INTEGRATION, parser.name(1), optional)
    found = context.catalog.find("INTEGRATION", ACCOUNT, target.name[0])
    if found is None:
        return altered(context, target, lambda entry: entry)
    return _altered(FAMILIES[found.get("category")], context, parser, target)


def _altered(family: Family, context: Context, parser: Parser, target: Target) -> Result:
    if family.tags and (word := parser.choice("SET TAG", "UNSET TAG")) is not None:
        return _tag(family, context, parser, target, word)
    readers = {**family.readers, "COMMENT": Parser.string}
    if parser.accept("SET"):
        values = parser.options(readers, "INTEGRATION")
        if not values:
            raise parser.unexpected()
        parser.end()
        return altered(context, target, lambda entry: _set(family, context, entry, values))
    if family.unset and parser.accept("UNSET"):
        keys = parser.keys(readers, "INTEGRATION")
        parser.end()
        return altered(context, target, lambda entry: _unset(family, entry, keys))
    if parser.accept("REFRESH", "SAML2_SNOWFLAKE_PRIVATE_KEY"):
        raise sqlerror.unsupported("ALTER SECURITY INTEGRATION … REFRESH SAML2_SNOWFLAKE_PRIVATE_KEY")
    raise parser.unexpected()


def _tag(family: Family, context: Context, parser: Parser, target: Target, word: str) -> Result:
    if word == "SET TAG":
        tags = read_assignments(context, parser)
        parser.end()
        return altered(context, target, lambda entry: tagged(_of(family, entry), tags), APPLY_TAG)
    removed = tuple(str(tag.id) for tag in parser.list_of(lambda: read_tag(context, parser)))
    parser.end()
    return altered(context, target, lambda entry: tagged(_of(family, entry), {}, removed), APPLY_TAG)


def _of(family: Family, entry: Entry) -> Entry:
    """The integration, when it is one of this family. Raises 002003."""
    if entry.get("category") != family.category:
        raise sqlerror.does_not_exist("Integration", entry.name, container=True)
    return entry


def _set(family: Family, context: Context, entry: Entry, given: Mapping[str, Any]) -> Entry:
    values = dict(given)
    comment = values.pop("COMMENT", entry.comment)
    form = family.form(_of(family, entry).get("values"))
    fixed = {each.name for each in form.properties if each.fixed} | set(family.choosers)
    for key in values:
        if key in fixed and entry.get("values").get(key) != values[key]:
            raise sqlerror.invalid_property(key, "INTEGRATION")
    resolve(context, form, values)
    merged = {**entry.get("values"), **values}
    checked(family, merged)
    return replace(entry, comment=comment or "", properties={**entry.properties, "values": merged})


def _unset(family: Family, entry: Entry, keys: Sequence[str]) -> Entry:
    form = family.form(_of(family, entry).get("values"))
    kept = (each for each in form.properties if each.fixed or (each.required and not each.refers))
    needed = {each.name for each in kept if each.name != "ENABLED"}
    for key in keys:
        if key in needed or key in family.choosers:
            raise sqlerror.invalid_property(key, "INTEGRATION")
    values = {key: value for key, value in entry.get("values").items() if key not in keys}
    if "ENABLED" in keys:
        values["ENABLED"] = True  # DESCRIBE's default
    values.update({each.name: [] for each in form.properties if each.required and each.refers and each.name in keys})
    comment = "" if "COMMENT" in keys else entry.comment
    return replace(entry, comment=comment, properties={**entry.properties, "values": values})


def find(context: Context, name: str, family: Family | None, *privileges: str) -> Entry:
    """The integration of that name, of a family if one is given. Raises 002003, 003001."""
    found = context.catalog.find("INTEGRATION", ACCOUNT, name)
    if found is None or not context.access.sees(found):
        raise sqlerror.does_not_exist("Integration", name, container=True)
    return context.require(found if family is None else _of(family, found), *privileges)


def _drop(family: Family, context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/drop-integration"""
    optional = parser.if_exists()
    name = parser.name(1)[0]
    parser.end()
    with context.ddl() as ddl:
        try:
            entry = find(context, name, family, OWNERSHIP)
        except SqlError as error:
            if optional and missing(error):
                return status(f"Drop statement executed successfully ({name} already dropped).")
            raise
        ddl.remove(entry)
    return status(f"{name} successfully dropped.")


def _comment(family: Family, optional: bool, context: Context, parser: Parser) -> Result:
    target = Target(INTEGRATION, parser.name(1), optional)
    parser.expect("IS")
    text = parser.string()
    parser.end()
    return altered(context, target, lambda entry: replace(_of(family, entry), comment=text))


def _describe_named(family: Family, context: Context, parser: Parser) -> Result:
    name = parser.name(1)[0]
    parser.end()
    return _described(context, find(context, name, family))


def _show(family: Family, context: Context, parser: Parser) -> Result:
    wanted = read_filter(context, parser, "ACCOUNT")
    access = context.access
    entries = [
        each
        for each in context.catalog.children(ACCOUNT, "INTEGRATION")
        if each.get("category") == family.category and access.sees(each)
    ]
    return Result(COLUMNS, [_row(context, each) for each in wanted.rows(entries)], type_id=SHOW)
