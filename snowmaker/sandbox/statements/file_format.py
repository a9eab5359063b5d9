"""FILE FORMAT: https://docs.snowflake.com/en/sql-reference/sql/create-file-format"""

from __future__ import annotations

import json
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.fileformat import TYPES, complete, read_options
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    change,
    exists,
    find,
    new,
    register,
    rename,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Result, status


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    options = complete(entry.get("options"))
    return (
        entry.created_on, entry.name, database, schema, options["TYPE"], entry.owner, entry.comment,
        json.dumps(options), "ROLE",
    )  # fmt: skip


FILE_FORMAT = Kind(
    "FILE FORMAT",
    "FILE FORMATS",
    "SCHEMA",
    (CREATED_ON, *texts("name database_name schema_name type owner comment format_options owner_role_type")),
    _row,
)
register(FILE_FORMAT)


@statement("CREATE", "FILE", "FORMAT")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    name = parser.name()
    options = read_options(parser, extra={"COMMENT": Parser.string})
    comment = {"COMMENT": options.pop("COMMENT")} if "COMMENT" in options else {}
    parser.end()
    place = context.place(name)
    with context.ddl() as ddl:
        if not vacant(context, ddl, FILE_FORMAT, name, optional=optional):
            return exists(place.name)
        entry = new(context, "FILE FORMAT", place.schema.id, place.name)
        ddl.put(with_options(entry, {"OPTIONS": options, **comment}))
    return status(f"File format {place.name} successfully created.")


@statement("ALTER", "FILE", "FORMAT")
def _alter(context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = parser.name()
    if parser.accept("RENAME", "TO"):
        target = parser.name()
        parser.end()
        return rename(context, FILE_FORMAT, name, target, optional)
    parser.expect("SET")
    if parser.at("COMMENT"):
        comment = parser.options({"COMMENT": Parser.string}, "FILE_FORMAT")
        parser.end()
        return change(context, FILE_FORMAT, name, optional, lambda entry: with_options(entry, comment))
    kind = find(context, FILE_FORMAT, name).get("options")["TYPE"]
    given = read_options(parser, kind)
    parser.end()
    if given["TYPE"] != kind:
        raise sqlerror.malformed("The type of a file format cannot be changed.")

    def altered(entry: Entry) -> Entry:
        return with_options(entry, {"OPTIONS": {**entry.get("options"), **given}})

    return change(context, FILE_FORMAT, name, optional, altered)


@statement("DESCRIBE", "FILE", "FORMAT")
def _describe(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-file-format"""
    name = parser.name()
    parser.end()
    rows = described(find(context, FILE_FORMAT, name).get("options"))
    return Result(texts("property property_type property_value property_default"), rows, type_id=DESCRIBE)


def described(options: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Every option with its type, value and default."""
    full = complete(options)
    kind = full["TYPE"]
    rows = [("TYPE", "String", kind, "CSV")]
    for name, (_, default) in TYPES[kind].items():
        rows.append((name, _type(default), shown(full[name]), shown(default)))
    return rows


def _type(default: Any) -> str:
    if isinstance(default, bool):
        return "Boolean"
    if isinstance(default, int):
        return "Integer"
    return "List" if isinstance(default, (tuple, list)) else "String"


def shown(value: Any) -> str:
    """A value as DESCRIBE writes it."""
    if value is None:
        return "NONE"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(str(each) for each in value) + "]"
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def format_of(context: Context, stage: Entry | None, name: str | None) -> dict[str, Any]:
    """The options by which a stage's files are read: a named format's, else the stage's own, else CSV's."""
    if name is not None:
        parser = context.parser(name)
        found = parser.name()
        parser.end()
        return dict(find(context, FILE_FORMAT, found).get("options"))
    given = dict(stage.get("file_format") or {}) if stage is not None else {}
    return resolved(context, given) if given else {"TYPE": "CSV"}


def resolved(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """FILE_FORMAT = (FORMAT_NAME = … | TYPE = … option …), the name looked up."""
    options = dict(given)
    name = options.pop("FORMAT_NAME", None)
    return {**format_of(context, None, name), **options} if name is not None else {"TYPE": "CSV", **options}


def read_file_format(parser: Parser) -> dict[str, Any]:
    """What stands behind `FILE_FORMAT =`."""
    if not parser.accept_operator("("):
        return {"FORMAT_NAME": parser.string() if parser.peek().kind == "string" else _named(parser)}
    found: dict[str, Any] = {}
    if parser.at("FORMAT_NAME"):
        parser.expect("FORMAT_NAME")
        parser.expect_operator("=")
        found["FORMAT_NAME"] = parser.string() if parser.peek().kind == "string" else _named(parser)
        parser.accept_operator(",")
        options = read_options(parser)
        options.pop("TYPE")
        found.update(options)
    else:
        found = read_options(parser)
    parser.expect_operator(")")
    return found


def _named(parser: Parser) -> str:
    return dotted(parser.name())
