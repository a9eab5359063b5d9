"""EXTERNAL TABLE: https://docs.snowflake.com/en/sql-reference/sql/create-external-table

It is recorded: its location, columns and partitions are kept, and reading it is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, with_columns
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ, DataType
from snowmaker.sandbox.declarations import refuse_duplicates
from snowmaker.sandbox.fileformat import type_of
from snowmaker.sandbox.files import Location, locate
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    copied_grants,
    created,
    exists,
    find,
    if_not_exists,
    may_create,
    new,
    put_relation,
    read_name,
    register,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.policies import ON_TABLES, Attached, attach, read_policy
from snowmaker.sandbox.properties import boolean, one_of, string
from snowmaker.sandbox.properties import name as plain_name
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Column, Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.file_format import read_file_format, resolved
from snowmaker.sandbox.statements.transfer import read_location
from snowmaker.sandbox.tables import described
from snowmaker.sandbox.tags import read_clause

_VALUE = TableColumn("VALUE", DataType("VARIANT"))
_OPTIONS = {
    "LOCATION": read_location,
    "INTEGRATION": plain_name,
    "REFRESH_ON_CREATE": boolean,
    "AUTO_REFRESH": boolean,
    "PATTERN": string,
    "FILE_FORMAT": read_file_format,
    "AWS_SNS_TOPIC": string,
    "TABLE_FORMAT": one_of("DELTA"),
    "PARTITION_TYPE": one_of("USER_SPECIFIED"),
    "COMMENT": string,
}

COLUMNS = (
    CREATED_ON,
    *texts(
        "name database_name schema_name invalid invalid_reason owner comment stage location file_format_name "
        "file_format_type cloud region notification_channel"
    ),
    Column("last_refreshed_on", TIMESTAMP_LTZ),
    *texts("table_format last_refresh_details owner_role_type"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-external-tables"""
    database, schema = context.catalog.path(entry)[:2]
    stage = context.catalog.get(entry.get("stage") or 0)
    form = entry.get("file_format") or {}
    return (
        entry.created_on, entry.name, database, schema, "false" if stage else "true",
        None if stage else "the stage was dropped", context.owner(entry), entry.comment,
        context.path(stage) if stage else None, entry.get("path"), form.get("FORMAT_NAME", ""),
        entry.get("file_format_type"), "AWS", "local", None, None, entry.get("table_format", "UNSPECIFIED"), None,
        context.owner_type(entry),
    )  # fmt: skip


EXTERNAL_TABLE = Kind(
    "EXTERNAL TABLE",
    "EXTERNAL TABLES",
    "SCHEMA",
    COLUMNS,
    _row,
    grants=("SELECT", "REFERENCES"),
    describe=described,
    recorded=True,
)
register(EXTERNAL_TABLE)


@dataclass
class _Wanted:
    """What a CREATE EXTERNAL TABLE says."""

    columns: list[TableColumn] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    partitions: tuple[str, ...] = ()
    policies: list[Attached] = field(default_factory=list)
    copy_grants: bool = False


@statement("CREATE", "EXTERNAL", "TABLE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = if_not_exists(context, parser)
    name = read_name(parser, EXTERNAL_TABLE)
    wanted = _read(context, parser)
    parser.end()
    place = context.place(name)
    may_create(context, EXTERNAL_TABLE, place.schema.id)
    entry = _finished(context, new(context, "EXTERNAL TABLE", place.schema.id, place.name), wanted)
    grants = copied_grants(context, EXTERNAL_TABLE, name) if wanted.copy_grants else None
    with context.ddl() as ddl:
        if not vacant(context, ddl, EXTERNAL_TABLE, name, optional=optional):
            return exists(place.name)
        put_relation(ddl, entry, grants)
    return created("Table", place.name)


def _read(context: Context, parser: Parser) -> _Wanted:
    wanted = _Wanted()
    if parser.at("USING", "TEMPLATE"):
        raise sqlerror.unsupported("CREATE EXTERNAL TABLE … USING TEMPLATE")
    if parser.accept_operator("("):
        wanted.columns = [each for each in parser.items(lambda: _column(context, parser)) if each is not None]
    while True:
        if parser.accept("PARTITION", "BY"):
            parser.expect_operator("(")
            wanted.partitions = parser.items(parser.identifier)
        elif parser.accept("COPY", "GRANTS"):
            wanted.copy_grants = True
        elif (policy := read_policy(context, parser, ON_TABLES)) is not None:
            wanted.policies.append(policy)
        elif (tags := read_clause(context, parser)) is not None:
            wanted.values["TAGS"] = tags
        elif parser.at("WITH", "LOCATION"):
            parser.expect("WITH")
        elif found := parser.options(_OPTIONS, "EXTERNAL TABLE"):
            wanted.values.update(found)
        else:
            return wanted


def _column(context: Context, parser: Parser) -> TableColumn | None:
    """A virtual column, `c TYPE AS (expression)`; None for a constraint of the table, which is not kept."""
    if parser.accept("CONSTRAINT"):
        parser.identifier()
        parser.expression()
        return None
    found = TableColumn(parser.identifier(), parser.data_type())
    parser.expect("AS")
    expression = parser.bracketed() if parser.peek().text == "(" else parser.expression("NOT", "CONSTRAINT", "UNIQUE")
    found = replace(found, expression=expression)
    if parser.accept("NOT", "NULL"):
        found = replace(found, nullable=False)
    if parser.accept("NULL") or parser.accept("UNIQUE"):
        return found
    if parser.accept("COMMENT"):
        found = replace(found, comment=parser.string())
    return found


def _finished(context: Context, entry: Entry, wanted: _Wanted) -> Entry:
    """Complete and checked: the stage must be there, and the partitions must be columns. Raises SqlError."""
    if "LOCATION" not in wanted.values:
        raise SqlError(2029, "42601", "SQL compilation error:\nMissing option(s): [LOCATION]")
    place = locate(context, wanted.values.pop("LOCATION"), "USAGE")
    if place.entry is None or place.entry.kind != "STAGE":
        raise sqlerror.malformed("External tables read named stages only.")
    names = [column.name for column in wanted.columns]
    refuse_duplicates(["VALUE", *names])
    for partition in wanted.partitions:
        if partition not in names:
            raise sqlerror.invalid_identifier(partition)
    form = wanted.values.get("FILE_FORMAT") or place.entry.get("file_format")
    if not form and not wanted.values.get("TABLE_FORMAT"):
        raise SqlError(2029, "42601", "SQL compilation error:\nMissing option(s): [FILE_FORMAT]")
    kind = type_of(resolved(context, form)) if form else "PARQUET"
    values = {**wanted.values, "STAGE": place.entry.id, "PATH": _shown(place), "FILE_FORMAT_TYPE": kind,
              "PARTITIONS": list(wanted.partitions)}  # fmt: skip
    entry = with_columns(with_options(entry, values), [_VALUE, *wanted.columns])
    for policy in wanted.policies:
        entry = attach(entry, policy)
    return entry


def _shown(place: Location) -> str:
    assert place.entry is not None
    url = str(place.entry.get("url") or f"@{dotted((place.entry.name,))}/")
    return url.rstrip("/") + "/" + place.path


@statement("DESCRIBE", "EXTERNAL", "TABLE")
def _describe(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-external-table"""
    entry = find(context, EXTERNAL_TABLE, read_name(parser, EXTERNAL_TABLE))
    if parser.accept("TYPE"):
        parser.expect_operator("=")
        if parser.choice("COLUMNS", "STAGE") != "COLUMNS":
            raise sqlerror.unsupported("DESCRIBE EXTERNAL TABLE … TYPE = STAGE")
    parser.end()
    return described(context, entry)


# -- ALTER -------------------------------------------------------------------------------------------------


def _unsupported(words: str) -> Any:
    def clause(context: Context, parser: Parser, target: Target) -> Result:
        raise sqlerror.unsupported(f"ALTER EXTERNAL TABLE … {words}: external tables are recorded, not read")

    return clause


_CLAUSES: Mapping[str, Any] = {
    words: _unsupported(words) for words in ("REFRESH", "ADD FILES", "REMOVE FILES", "ADD PARTITION", "DROP PARTITION")
}
alterable(EXTERNAL_TABLE, {"AUTO_REFRESH": boolean, "COMMENT": string}, _CLAUSES, unset=False, renames=False)
