"""EVENT TABLE: https://docs.snowflake.com/en/sql-reference/sql/create-event-table

It is recorded: the sandbox logs no events into it, and reading it is refused by name.
"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import defined
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, with_columns
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TEXT, DataType
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    alterable,
    copied_grants,
    created,
    exists,
    if_not_exists,
    new,
    put_relation,
    read_name,
    register,
    retention,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.policies import ON_TABLES, attach, read_policy
from snowmaker.sandbox.properties import boolean, string
from snowmaker.sandbox.properties import number as between
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.tables import described
from snowmaker.sandbox.tags import read_clause

# https://docs.snowflake.com/en/developer-guide/logging-tracing/event-table-columns
_TIMESTAMP = DataType("TIMESTAMP_NTZ", 0, 9)
_OBJECT = DataType("OBJECT")
_EVENT = (
    TableColumn("TIMESTAMP", _TIMESTAMP), TableColumn("START_TIMESTAMP", _TIMESTAMP),
    TableColumn("OBSERVED_TIMESTAMP", _TIMESTAMP), TableColumn("TRACE", _OBJECT), TableColumn("RESOURCE", _OBJECT),
    TableColumn("RESOURCE_ATTRIBUTES", _OBJECT), TableColumn("SCOPE", _OBJECT),
    TableColumn("SCOPE_ATTRIBUTES", _OBJECT), TableColumn("RECORD_TYPE", TEXT), TableColumn("RECORD", _OBJECT),
    TableColumn("RECORD_ATTRIBUTES", _OBJECT), TableColumn("VALUE", DataType("VARIANT")),
    TableColumn("EXEMPLARS", DataType("ARRAY")),
)  # fmt: skip
_OPTIONS = {
    "COMMENT": string,
    "DATA_RETENTION_TIME_IN_DAYS": between(0, 90, "DATA_RETENTION_TIME_IN_DAYS"),
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": between(0, 90, "MAX_DATA_EXTENSION_TIME_IN_DAYS"),
    "CHANGE_TRACKING": boolean,
    "DEFAULT_DDL_COLLATION": string,
}

COLUMNS = (
    CREATED_ON,
    *texts("name database_name schema_name cluster_by owner retention_time comment owner_role_type change_tracking"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-event-tables"""
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.created_on, entry.name, database, schema, entry.get("cluster_by", ""), context.owner(entry),
        str(retention(context, entry)), entry.comment, context.owner_type(entry),
        "ON" if entry.get("change_tracking") else "OFF",
    )  # fmt: skip


EVENT_TABLE = Kind(
    "EVENT TABLE",
    "EVENT TABLES",
    "SCHEMA",
    COLUMNS,
    _row,
    grants=("SELECT", "INSERT", "DELETE", "TRUNCATE", "REFERENCES"),
    describe=described,
    recorded=True,
)
register(EVENT_TABLE)


@statement("CREATE", "EVENT", "TABLE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = if_not_exists(context, parser)
    name = read_name(parser, EVENT_TABLE)
    values: dict[str, Any] = {}
    policies = []
    copying = False
    while True:
        if parser.accept("CLUSTER", "BY"):
            values["CLUSTER_BY"] = f"LINEAR({parser.bracketed()})"
        elif parser.accept("COPY", "GRANTS"):
            copying = True
        elif (policy := read_policy(context, parser, ON_TABLES)) is not None:
            policies.append(policy)
        elif (tags := read_clause(context, parser)) is not None:
            values["TAGS"] = tags
        elif found := parser.options(_OPTIONS, "EVENT TABLE"):
            values.update(found)
        else:
            break
    parser.end()
    grants = copied_grants(context, EVENT_TABLE, name) if copying else None
    with context.ddl() as ddl:
        if not vacant(context, ddl, EVENT_TABLE, name, optional=optional):
            return exists(name[-1])
        place = context.place(name)
        entry = with_columns(with_options(new(context, "EVENT TABLE", place.schema.id, place.name), values), _EVENT)
        for policy in policies:
            entry = attach(entry, policy)
        put_relation(ddl, entry, grants)
    return created("Table", name[-1])


alterable(EVENT_TABLE, _OPTIONS, defined.CLUSTERING)
