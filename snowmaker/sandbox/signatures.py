"""Policies that are an expression over arguments: `AS (name type, …) RETURNS type -> body`.

https://docs.snowflake.com/en/sql-reference/sql/create-masking-policy
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    created,
    exists,
    new,
    register,
    texts,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.policies import refuse_dropping
from snowmaker.sandbox.query import parse
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Result
from snowmaker.sandbox.tags import read_clause


def policy_kind(name: str, options: Mapping[str, Reader], returns: str = "") -> Kind:
    """Register a kind of policy with a body. `returns` is the only type it may return, where there is one.

    Such a type may be one that only policies have, e.g. AGGREGATION_CONSTRAINT.
    """
    kind = Kind(
        name,
        name.replace("POLICY", "POLICIES"),
        "SCHEMA",
        (CREATED_ON, *texts("name database_name schema_name kind owner comment owner_role_type options")),
        partial(_row, options),
        grants=("APPLY",),
        describe=_described,
        before_drop=refuse_dropping,
        recorded=True,
    )
    register(kind)
    statement("CREATE", *name.split())(partial(_create, kind, options, returns))
    comment = {"COMMENT": Parser.string}
    alterable(kind, comment, {"SET BODY": _set_body})
    return kind


def _row(options: Mapping[str, Reader], context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    set_ = {key: entry.get(key.lower()) for key in options if key != "COMMENT"}
    shown = ", ".join(f'"{key}": {str(value).lower()}' for key, value in set_.items() if value is not None)
    return (
        entry.created_on, entry.name, database, schema, entry.kind.replace(" ", "_"), context.owner(entry),
        entry.comment, context.owner_type(entry), "{" + shown + "}" if shown else "",
    )  # fmt: skip


def _described(_: Context, entry: Entry) -> Result:
    signature = ", ".join(f"{name} {str(_type(kind)).split('(')[0]}" for name, kind in entry.get("signature"))
    row = (entry.name, f"({signature})", str(_type(entry.get("returns"))), entry.get("body"))
    return Result(texts("name signature return_type body"), [row], type_id=DESCRIBE)


def _type(kept: Mapping[str, Any]) -> DataType:
    return DataType(**kept)


# -- CREATE, ALTER -------------------------------------------------------------------------------------


def _create(kind: Kind, options: Mapping[str, Reader], returns: str, context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    if optional and "OR REPLACE" in context.modifiers:
        raise sqlerror.malformed("options IF NOT EXISTS and OR REPLACE are incompatible.")
    name = parser.name()
    values = _definition(parser, returns)
    values["BODY"] = read_body(parser, *options)
    values.update(_options(context, parser, kind, options))
    parser.end()
    with context.ddl() as ddl:
        if not vacant(context, ddl, kind, name, optional=optional):
            return exists(name[-1])
        parent, own = where(context, kind, name)
        ddl.put(with_options(new(context, kind.name, parent, own), values))
    return created(kind.name, own)


def _definition(parser: Parser, returns: str) -> dict[str, Any]:
    parser.expect("AS")
    parser.expect_operator("(")
    signature = parser.items(lambda: _argument(parser))
    parser.expect("RETURNS")
    kind = DataType(returns) if returns and parser.accept(returns) else parser.data_type()
    if returns and kind.wire != returns:
        raise sqlerror.malformed(f"The return type of this policy must be {returns}.")
    parser.expect_operator("->")
    return {"SIGNATURE": [[name, asdict(each)] for name, each in signature], "RETURNS": asdict(kind)}


def _argument(parser: Parser) -> tuple[str, DataType]:
    name = parser.identifier()
    return name, parser.data_type()


def read_body(parser: Parser, *options: str) -> str:
    """An expression as written, up to the end or one of `options` with a `=`. Raises 001003 where it is none."""
    first = parser.peek()
    end, depth = first.start, 0
    while (token := parser.peek()).kind != "end" and token.text != ";":
        if depth == 0 and token.kind == "word" and token.value in options and _assigned(parser):
            break
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth < 0 or (depth == 0 and token.text == ","):
            raise parser.unexpected()
        end = parser.scanner.take().end
    if depth or end == first.start:
        raise parser.unexpected()
    body = parser.text[first.start : end]
    parse(f"select ({body}\n)")
    return body


def _assigned(parser: Parser) -> bool:
    """Whether the next word has a `=` behind it."""
    start = parser.scanner.position
    parser.scanner.take()
    found = parser.peek().text == "="
    parser.scanner.position = start
    return found


def _options(context: Context, parser: Parser, kind: Kind, options: Mapping[str, Reader]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while True:
        if given := parser.options(options, kind.name):
            found.update(given)
        elif (tags := read_clause(context, parser)) is not None:
            found["TAGS"] = tags
        else:
            return found


def _set_body(context: Context, parser: Parser, target: Target) -> Result:
    """SET BODY -> expression: https://docs.snowflake.com/en/sql-reference/sql/alter-masking-policy"""
    parser.expect_operator("->")
    body = {"BODY": read_body(parser)}
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, body))
