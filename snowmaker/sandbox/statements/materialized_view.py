"""MATERIALIZED VIEW: https://docs.snowflake.com/en/sql-reference/sql/create-materialized-view

Reading one runs its query; nothing is stored, clustered or maintained. One that is suspended cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from snowmaker.sandbox import defined, sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    if_not_exists,
    number,
    read_name,
    register,
    texts,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import string
from snowmaker.sandbox.query import parse
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Column, Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tables import described

_OPTIONS = {"COMMENT": string}

COLUMNS = (
    CREATED_ON,
    *texts("name reserved database_name schema_name cluster_by"),
    number("rows"),
    number("bytes"),
    *texts("source_database_name source_schema_name source_table_name"),
    Column("refreshed_on", TIMESTAMP_LTZ),
    Column("compacted_on", TIMESTAMP_LTZ),
    *texts("owner invalid invalid_reason behind_by comment text is_secure automatic_clustering owner_role_type budget"),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-materialized-views"""
    database, schema = context.catalog.path(entry)[:2]
    source = context.catalog.get(entry.get("source_table") or 0)
    path = context.catalog.path(source) if source else (None, None, None)
    suspended = bool(entry.get("suspended"))
    secure = bool(entry.get("secure"))
    hidden = secure and not context.access.owns(entry)
    return (
        entry.created_on, entry.name, "", database, schema, entry.get("cluster_by", ""), None, None, *path,
        entry.created_on, entry.created_on, context.owner(entry), str(suspended).lower(),
        "Materialized view is suspended." if suspended else None, "0s", entry.comment,
        "" if hidden else entry.get("text"), str(secure).lower(), "ON" if entry.get("cluster_by") else "OFF",
        context.owner_type(entry), None,
    )  # fmt: skip


MATERIALIZED_VIEW = Kind(
    "MATERIALIZED VIEW",
    "MATERIALIZED VIEWS",
    "SCHEMA",
    COLUMNS,
    _row,
    grants=("SELECT", "REFERENCES"),
    describe=described,
    recorded=True,
)
register(MATERIALIZED_VIEW)


@statement("CREATE", "MATERIALIZED", "VIEW")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "SECURE")
    optional = if_not_exists(context, parser)
    name = read_name(parser, MATERIALIZED_VIEW)
    wanted = defined.read(context, parser, MATERIALIZED_VIEW, _OPTIONS, _clauses)
    text = parser.rest()
    if not text:
        raise parser.unexpected()
    entry = defined.defined(context, MATERIALIZED_VIEW, name, wanted, text)
    source = _source(context, text)
    values = {"SECURE": "SECURE" in context.modifiers, "SOURCE_TABLE": source.id}
    return defined.store(context, MATERIALIZED_VIEW, name, optional, with_options(entry, values), wanted.copy_grants)


def _clauses(context: Context, parser: Parser) -> Mapping[str, Any] | None:
    if parser.accept("CLUSTER", "BY"):
        return {"CLUSTER_BY": f"LINEAR({parser.bracketed()})"}
    return None


def _source(context: Context, text: str) -> Entry:
    """The one table it reads.

    https://docs.snowflake.com/en/user-guide/views-materialized#limitations-on-creating-materialized-views
    """
    query = parse(text)
    tables = list(query.find_all(exp.Table))
    if len(tables) > 1:
        raise _invalid("More than one table referenced in the view definition")
    for clause, word in (("having", "HAVING"), ("order", "ORDER BY"), ("limit", "LIMIT")):
        if query.args.get(clause):
            raise _invalid(f"{word} is not allowed in the view definition")
    if query.find(exp.Window):
        raise _invalid("Window functions are not allowed in the view definition")
    if not tables or not isinstance(query, exp.Select):
        raise _invalid("The view definition must read one table")
    parser = context.parser(".".join(part.sql(dialect="snowflake") for part in tables[0].parts))
    source = context.relation(parser.name(), "SELECT")
    if source.kind not in ("TABLE", "EXTERNAL TABLE", "DYNAMIC TABLE"):
        raise _invalid(f"A {source.kind.lower()} cannot be the source of a materialized view")
    return source


def _invalid(text: str) -> SqlError:
    return sqlerror.malformed(f"Invalid materialized view definition. {text}")


def _set_secure(context: Context, parser: Parser, target: Target) -> Result:
    """SET SECURE, and properties that follow it."""
    values = {"SECURE": True, **parser.options(_OPTIONS, "MATERIALIZED VIEW")}
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, values))


alterable(
    MATERIALIZED_VIEW,
    _OPTIONS,
    {
        **defined.CLUSTERING,
        "SUSPEND": defined.setting({"SUSPENDED": True}),
        "RESUME": defined.setting({"SUSPENDED": False}),
        "SET SECURE": _set_secure,
        "UNSET SECURE": defined.setting({"SECURE": False}),
        "ALTER": defined.on_columns(MATERIALIZED_VIEW),
        "MODIFY": defined.on_columns(MATERIALIZED_VIEW),
        **defined.refusing(
            "MATERIALIZED VIEW",
            *defined.SEARCH,
            *(f"{word} {clause}" for word in ("SET", "UNSET") for clause in ("CONTACT", "DATA_METRIC_SCHEDULE")),
        ),
    },
)
