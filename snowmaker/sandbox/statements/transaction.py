"""BEGIN, COMMIT, ROLLBACK: https://docs.snowflake.com/en/sql-reference/transactions"""

from __future__ import annotations

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SUCCESS, TCL, Result, status


@statement("BEGIN")
def _begin(context: Context, parser: Parser) -> Result:
    parser.choice("TRANSACTION", "WORK")
    if parser.accept("NAME"):
        parser.identifier()
    parser.end()
    context.session.begin()
    return status(SUCCESS, TCL)


@statement("COMMIT")
def _commit(context: Context, parser: Parser) -> Result:
    parser.accept("WORK")
    parser.end()
    context.session.commit(context.query_id)
    return status(SUCCESS, TCL)


@statement("ROLLBACK")
def _rollback(context: Context, parser: Parser) -> Result:
    parser.accept("WORK")
    parser.end()
    context.session.rollback()
    return status(SUCCESS, TCL)
