"""FUNCTION: https://docs.snowflake.com/en/sql-reference/sql/create-function

Those in SQL run; those in other languages, and external ones, are recorded.
"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import routines, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import KINDS, Kind, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.routines import EXTERNAL, HANDLED, OPTIONS, Definition, read_definition
from snowmaker.sandbox.scripting.parser import begins_block, script
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.udf import check


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-user-functions"""
    yes = {True: "Y", False: "N"}
    return (
        *routines.shown(context, entry),
        str(entry.get("secrets") or "") or None,
        ",".join(entry.get("external_access_integrations") or ()) or None,
        yes[bool(entry.get("external"))],
        "EXTERNAL" if entry.get("external") else entry.get("language"),
        yes[bool(entry.get("memoizable"))],
        "N",
    )  # fmt: skip


FUNCTION = Kind(
    "FUNCTION",
    "FUNCTIONS",
    "SCHEMA",
    (
        *routines.SHOWN,
        *texts("secrets external_access_integrations is_external_function language is_memoizable is_data_metric"),
    ),
    _row,
    named=routines.read_reference,
)
KINDS[FUNCTION.name] = FUNCTION


@statement("CREATE", "FUNCTION")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER", "TEMPORARY", "SECURE")
    optional = parser.if_not_exists()
    options = {**OPTIONS, **HANDLED, "SERVICE": _service}
    definition = read_definition(context, parser, "FUNCTION", options, parser.name())
    _check(context, definition)
    return routines.create(context, FUNCTION, definition, optional=optional)


def _service(parser: Parser) -> Any:
    raise sqlerror.unsupported("functions of services")


def _check(context: Context, definition: Definition) -> None:
    """Refuse what a function cannot have, and a body in SQL that cannot be."""
    if any(each.out for each in definition.arguments):
        raise sqlerror.malformed("a function cannot have output arguments")
    if definition.options["LANGUAGE"] != "SQL":
        return
    body = definition.options["BODY"]
    if begins_block(body):
        script(body)
        return
    try:
        check(context, definition)
    except SqlError as error:
        if not error.message.startswith(sqlerror.unsupported("").message):
            raise


@statement("CREATE", "AGGREGATE", "FUNCTION")
def _create_aggregate(context: Context, parser: Parser) -> Result:
    """In Python only: https://docs.snowflake.com/en/developer-guide/udf/python/udf-python-aggregate-functions"""
    context.allow("OR REPLACE", "TEMPORARY", "SECURE")
    optional = parser.if_not_exists()
    definition = read_definition(context, parser, "FUNCTION", {**OPTIONS, **HANDLED}, parser.name())
    language = definition.options["LANGUAGE"]
    if language != "PYTHON":
        raise sqlerror.unsupported(f"CREATE AGGREGATE FUNCTION … LANGUAGE {language}")
    if definition.options["IMMUTABLE"]:
        raise sqlerror.malformed("An aggregate function cannot be IMMUTABLE.")
    definition.options["AGGREGATE"] = True
    return routines.create(context, FUNCTION, definition, optional=optional)


@statement("CREATE", "EXTERNAL", "FUNCTION")
def _create_external(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/create-external-function: recorded"""
    context.allow("OR REPLACE", "OR ALTER", "SECURE", "EXTERNAL")
    definition = read_definition(context, parser, "FUNCTION", {**OPTIONS, **EXTERNAL}, parser.name())
    for name in ("API_INTEGRATION",):
        if name not in definition.options:
            raise SqlError(2029, "42601", f"SQL compilation error:\nMissing option(s): [{name}]")
    definition.options["EXTERNAL"] = True
    return routines.create(context, FUNCTION, definition, optional=False)


@statement("ALTER", "FUNCTION")
def _alter(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-function"""
    options = {
        **OPTIONS,
        **EXTERNAL,
        "EXTERNAL_ACCESS_INTEGRATIONS": HANDLED["EXTERNAL_ACCESS_INTEGRATIONS"],
        "SECRETS": HANDLED["SECRETS"],
    }
    return routines.alter(context, parser, FUNCTION, options, {})


@statement("DROP", "FUNCTION")
def _drop(context: Context, parser: Parser) -> Result:
    return routines.drop(context, parser, FUNCTION)


@statement("COMMENT", "ON", "FUNCTION")
def _comment(context: Context, parser: Parser) -> Result:
    return routines.comment(context, parser, FUNCTION, optional=False)


@statement("COMMENT", "IF", "EXISTS", "ON", "FUNCTION")
def _comment_if_exists(context: Context, parser: Parser) -> Result:
    return routines.comment(context, parser, FUNCTION, optional=True)


@statement("SHOW", "USER", "FUNCTIONS")
def _show_user(context: Context, parser: Parser) -> Result:
    return routines.show(context, parser, FUNCTION)


@statement("SHOW", "FUNCTIONS")
def _show(context: Context, parser: Parser) -> Result:
    """Snowflake lists those that are built in too; the sandbox has no list of them."""
    return routines.show(context, parser, FUNCTION)


@statement("SHOW", "EXTERNAL", "FUNCTIONS")
def _show_external(context: Context, parser: Parser) -> Result:
    return routines.show(context, parser, FUNCTION, lambda entry: bool(entry.get("external")))


@statement("DESCRIBE", "FUNCTION")
def _describe(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-function"""
    return routines.describe(context, parser, FUNCTION, _rows)


def _rows(entry: Entry) -> list[tuple[str, Any]]:
    if entry.get("external"):
        return [*routines.described(entry), *routines.handling(entry), ("body", entry.get("body")), *_external(entry)]
    if entry.get("language") == "SQL":
        return [*routines.described(entry), ("body", entry.get("body"))]
    return [
        *routines.described(entry),
        *routines.handling(entry),
        ("body", entry.get("body")),
        *routines.handler(entry),
        ("is_aggregate", "true" if entry.get("aggregate") else "false"),
    ]


def _external(entry: Entry) -> list[tuple[str, Any]]:
    headers = entry.get("headers")
    return [
        ("headers", str(headers) if headers else None),
        ("context_headers", ",".join(entry.get("context_headers") or ()) or None),
        ("max_batch_rows", entry.get("max_batch_rows") or "not set"),
        ("request_translator", entry.get("request_translator")),
        ("response_translator", entry.get("response_translator")),
        ("compression", entry.get("compression") or "AUTO"),
    ]
