"""SEQUENCE: https://docs.snowflake.com/en/sql-reference/sql/create-sequence"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Ddl, run
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    change,
    created,
    exists,
    if_not_exists,
    new,
    number,
    register,
    texts,
    there,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Result
from snowmaker.sandbox.sql.bound import quoted

_BOUNDS = "minvalue -9223372036854775808 maxvalue 9223372036854775807"
_CLAUSES = ("START", "INCREMENT", "ORDER", "NOORDER", "COMMENT")


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-sequences"""
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.name, database, schema, next_value(context, entry), entry.get("increment", 1), entry.created_on,
        context.owner(entry), entry.comment, context.owner_type(entry), "Y" if entry.get("ordered") else "N",
    )  # fmt: skip


def next_value(context: Context, entry: Entry) -> int:
    """What the sequence gives next."""
    sql = "select coalesce(last_value + increment_by, start_value) from duckdb_sequences() where sequence_name = ?"
    return int(run(context.session.connection, sql, [entry.physical])[0][0])


_COLUMNS = (
    *texts("name database_name schema_name"),
    number("next_value"),
    number("interval"),
    CREATED_ON,
    *texts("owner comment owner_role_type ordered"),
)


def _describe(context: Context, entry: Entry) -> Result:
    return Result(_COLUMNS, [_row(context, entry)], type_id=DESCRIBE)


SEQUENCE = Kind("SEQUENCE", "SEQUENCES", "SCHEMA", _COLUMNS, _row, describe=_describe)
register(SEQUENCE)


@table_function("GETNEXTVAL")
def _getnextval(context: Context, arguments: Arguments) -> Any:
    """Another value for each row it is joined to: https://docs.snowflake.com/en/user-guide/querying-sequences"""
    raise sqlerror.unsupported("TABLE(GETNEXTVAL(…)): write sequence.NEXTVAL")


def _clauses(parser: Parser, *allowed: str) -> dict[str, Any]:
    """Properties in any order, with or without commas and `=`."""
    options: dict[str, Any] = {}
    while clause := parser.choice(*allowed):
        if clause in ("ORDER", "NOORDER"):
            options["ORDERED"] = clause == "ORDER"
        elif clause == "COMMENT":
            parser.expect_operator("=")
            options["COMMENT"] = parser.string()
        else:
            parser.accept("WITH" if clause == "START" else "BY")
            parser.accept_operator("=")
            options[clause] = parser.integer()
        parser.accept_operator(",")
    if options.get("INCREMENT") == 0:
        raise sqlerror.invalid_value(0, "INCREMENT")
    return options


@statement("CREATE", "SEQUENCE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER")
    optional = if_not_exists(context, parser)
    name = parser.name()
    parser.accept("WITH")
    ordered = not context.session.parameter("NOORDER_SEQUENCE_AS_DEFAULT")
    given = _clauses(parser, *_CLAUSES)
    parser.end()
    if "OR ALTER" in context.modifiers and there(context, SEQUENCE, name):
        change(context, SEQUENCE, name, False, lambda entry: _brought_to(context, entry, given))
        return created("SEQUENCE", name[-1])
    options = {"START": 1, "INCREMENT": 1, "ORDERED": ordered, **given}
    place = context.place(name)
    with context.ddl() as ddl:
        if not vacant(context, ddl, SEQUENCE, name, optional=optional):
            return exists(place.name)
        entry = ddl.put(with_options(new(context, "SEQUENCE", place.schema.id, place.name), options))
        make(ddl, entry.physical, options["START"], options["INCREMENT"])
    return created("SEQUENCE", place.name)


def make(ddl: Ddl, name: str, start: int, step: int) -> None:
    """DuckDB's sequence."""
    ddl.run(f"create sequence {quoted(name)} increment by {step} {_BOUNDS} start with {start}")


def _brought_to(context: Context, entry: Entry, given: dict[str, Any]) -> Entry:
    """CREATE OR ALTER SEQUENCE: https://docs.snowflake.com/en/sql-reference/sql/create-sequence"""
    if given.get("START", entry.get("start")) != entry.get("start"):
        raise sqlerror.unsupported("CREATE OR ALTER SEQUENCE that changes START")
    return _changed(context, entry, {"INCREMENT": 1, "COMMENT": "", **given})


def _changed(context: Context, entry: Entry, options: dict[str, Any]) -> Entry:
    """The sequence with other properties. Another increment counts on from the last value that was given."""
    if options.get("ORDERED") and not entry.get("ordered"):
        raise sqlerror.SqlError(
            2, "0A000", "SQL compilation error:\nUnsupported feature 'changing a sequence from NOORDER to ORDER'."
        )
    step = options.get("INCREMENT", entry.get("increment"))
    if step != entry.get("increment"):
        _recount(context, entry, step)
    return with_options(entry, options)


def _recount(context: Context, entry: Entry, step: int) -> None:
    """Make DuckDB's sequence anew; columns that it is the default of let go of it meanwhile."""
    connection = context.session.connection
    sql = "select coalesce(last_value + ?, start_value) from duckdb_sequences() where sequence_name = ?"
    start = run(connection, sql, [step, entry.physical])[0][0]
    users = [
        f"alter table {quoted(table.physical)} alter {quoted(column.physical)}"
        for table in context.catalog.all()
        if table.kind == "TABLE"
        for column in columns_of(table)
        if column.sequence_id == entry.id
    ]
    for user in users:
        run(connection, f"{user} drop default")
    run(
        connection,
        f"create or replace sequence {quoted(entry.physical)} increment by {step} {_BOUNDS} start with {start}",
    )
    for user in users:
        run(connection, f"{user} set default nextval('{entry.physical}')")


def _set(context: Context, parser: Parser, target: Target) -> Result:
    """[SET] [INCREMENT [BY] [=] n] [ORDER | NOORDER] [COMMENT = '…']"""
    options = _clauses(parser, *(each for each in _CLAUSES if each != "START"))
    if not options:
        raise sqlerror.invalid_property(parser.peek().text, "SEQUENCE")
    parser.end()
    return altered(context, target, lambda entry: _changed(context, entry, options))


def _increment(context: Context, parser: Parser, target: Target) -> Result:
    """INCREMENT without SET."""
    parser.accept("BY")
    parser.accept_operator("=")
    step = parser.integer()
    parser.end()
    return altered(context, target, lambda entry: _changed(context, entry, {"INCREMENT": step}))


alterable(SEQUENCE, {"COMMENT": Parser.string}, {"SET": _set, "INCREMENT": _increment}, tags=False)
