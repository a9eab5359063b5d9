"""SHOW and DESCRIBE AS RESOURCE: objects as the REST API gives them, one JSON text a row.

Snowflake's pages name the form for a few kinds only; clients (SnowDDL, Snowpark's catalog) use it for more. The
sandbox has it for dynamic tables: the REST API's page tells the fields.
https://docs.snowflake.com/en/developer-guide/snowflake-rest-api/reference/dynamic-table
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import find, listed, read_filter, read_name
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SHOW, Column, Result
from snowmaker.sandbox.statements.dynamic_table import DYNAMIC_TABLE, resource


@statement("SHOW", "AS", "RESOURCE", "DYNAMIC", "TABLES")
def _show(context: Context, parser: Parser) -> Result:
    wanted = read_filter(context, parser, DYNAMIC_TABLE.level)
    return _resources(context, wanted.rows(listed(context, DYNAMIC_TABLE, wanted)), SHOW)


@statement("DESCRIBE", "AS", "RESOURCE", "DYNAMIC", "TABLE")
def _describe(context: Context, parser: Parser) -> Result:
    name = read_name(parser, DYNAMIC_TABLE)
    parser.end()
    return _resources(context, [find(context, DYNAMIC_TABLE, name)], DESCRIBE)


def _resources(context: Context, entries: Iterable[Entry], type_id: int) -> Result:
    return Result(
        (Column("As Resource"),), [(json.dumps(resource(context, each)),) for each in entries], type_id=type_id
    )
