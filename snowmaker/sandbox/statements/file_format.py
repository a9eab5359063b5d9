"""FILE FORMAT: https://docs.snowflake.com/en/sql-reference/sql/create-file-format"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.fileformat import TYPES, as_json, complete, described, read_options, type_of
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    change,
    exists,
    find,
    new,
    register,
    texts,
    there,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.temporary import keep_temporary


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    options = entry.get("options")
    return (
        entry.created_on, entry.name, database, schema, type_of(options), context.owner(entry), entry.comment,
        as_json(options), context.owner_type(entry),
    )  # fmt: skip


def _described(_: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-file-format"""
    columns = texts("property property_type property_value property_default")
    return Result(columns, described(entry.get("options")), type_id=DESCRIBE)


FILE_FORMAT = Kind(
    "FILE FORMAT",
    "FILE FORMATS",
    "SCHEMA",
    (CREATED_ON, *texts("name database_name schema_name type owner comment format_options owner_role_type")),
    _row,
    grants=("USAGE",),
    describe=_described,
)
register(FILE_FORMAT)


@statement("CREATE", "FILE", "FORMAT")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER", "TEMPORARY")
    optional = parser.if_not_exists()
    name = parser.name()
    options = read_options(parser, extra={"COMMENT": Parser.string})
    comment = {"COMMENT": options.pop("COMMENT")} if "COMMENT" in options else {}
    parser.end()
    if "OR ALTER" in context.modifiers and there(context, FILE_FORMAT, name):
        return change(context, FILE_FORMAT, name, False, lambda old: _redeclared(old, options, comment))
    place = context.place(name)
    entry = with_options(new(context, "FILE FORMAT", place.schema.id, place.name), {"OPTIONS": options, **comment})
    if "TEMPORARY" in context.modifiers:
        made = keep_temporary(context, entry, optional=optional)
    else:
        with context.ddl() as ddl:
            made = vacant(context, ddl, FILE_FORMAT, name, optional=optional)
            if made:
                ddl.put(entry)
    return status(f"File format {place.name} successfully created.") if made else exists(place.name)


def _redeclared(old: Entry, options: dict[str, Any], comment: dict[str, Any]) -> Entry:
    """CREATE OR ALTER: what is not said is as by default; the type stays.

    https://docs.snowflake.com/en/sql-reference/sql/create-file-format#create-or-alter-file-format
    """
    if type_of(options) != type_of(old.get("options")):
        raise sqlerror.malformed("File format type cannot be changed.")
    return with_options(old, {"OPTIONS": options, **comment}, ["OPTIONS", "COMMENT"])


def _set(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-file-format: all but the type."""
    try:
        kind = str(find(context, FILE_FORMAT, target.name).get("options")["TYPE"])
    except SqlError:
        if target.optional:
            return _nothing_set(parser)
        raise
    given = read_options(parser, kind, extra={"COMMENT": Parser.string}, fixed=True)
    parser.end()
    given.pop("TYPE")

    def changed(entry: Entry) -> Entry:
        comment = given.pop("COMMENT", entry.comment)
        options = {**entry.get("options"), **given}
        return replace(entry, comment=comment, properties={**entry.properties, "options": options})

    return altered(context, target, changed)


def _nothing_set(parser: Parser) -> Result:
    """ALTER … IF EXISTS where none is: the options must be those of some type."""
    start = parser.scanner.position
    errors: list[SqlError] = []
    for kind in TYPES:
        parser.scanner.position = start
        try:
            read_options(parser, kind, extra={"COMMENT": Parser.string})
            parser.end()
        except SqlError as error:
            errors.append(error)
        else:
            return status(SUCCESS)
    raise errors[0]


# File formats carry no tags: https://docs.snowflake.com/en/user-guide/object-tagging/introduction
alterable(FILE_FORMAT, {}, {"SET": _set}, tags=False)


# -- as other statements name one ----------------------------------------------------------------------


def format_of(context: Context, stage: Entry | None, name: str | None) -> dict[str, Any]:
    """The options by which a stage's files are read: a named format's, else the stage's own, else CSV's."""
    if name is not None:
        parser = context.parser(name)
        found = parser.name()
        parser.end()
        return dict(find(context, FILE_FORMAT, found, "USAGE").get("options"))
    given: dict[str, Any] = {}
    if stage is not None:
        given = dict(stage.get("file_format" if stage.kind == "STAGE" else "stage_file_format") or {})
    return resolved(context, given) if given else {"TYPE": "CSV"}


def resolved(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """FILE_FORMAT = (FORMAT_NAME = … | TYPE = … option …), the name looked up."""
    options = dict(given)
    name = options.pop("FORMAT_NAME", None)
    return {**format_of(context, None, name), **options} if name is not None else {"TYPE": "CSV", **options}


def over(stage: dict[str, Any], given: dict[str, Any] | None) -> dict[str, Any]:
    """A statement's FILE_FORMAT on top of the stage's: options of another type do not carry over."""
    if given is None:
        return stage
    if type_of(stage) != type_of(given):
        return given
    return {**stage, **given}


def read_file_format(parser: Parser) -> dict[str, Any]:
    """What stands behind `FILE_FORMAT =`: a name, or in brackets FORMAT_NAME or options."""
    if not parser.accept_operator("("):
        return {"FORMAT_NAME": _name(parser)}
    found: dict[str, Any]
    if parser.accept("FORMAT_NAME"):
        parser.expect_operator("=")
        found = {"FORMAT_NAME": _name(parser)}
        parser.accept_operator(",")
        options = read_options(parser)
        options.pop("TYPE")
        found.update(options)
    else:
        found = read_options(parser)
    parser.expect_operator(")")
    return found


def _name(parser: Parser) -> str:
    return parser.string() if parser.peek().kind == "string" else dotted(parser.name())


__all__ = ["FILE_FORMAT", "complete", "described", "format_of", "over", "read_file_format", "resolved"]
