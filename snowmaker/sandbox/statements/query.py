"""SELECT, WITH, VALUES: https://docs.snowflake.com/en/sql-reference/sql/select"""

from __future__ import annotations

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import select
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result


@statement("SELECT")
def _select(context: Context, parser: Parser) -> Result:
    return select(context, parser.rest())
