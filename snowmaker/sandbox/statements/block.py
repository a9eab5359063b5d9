"""Anonymous blocks: https://docs.snowflake.com/en/developer-guide/snowflake-scripting/blocks"""

from __future__ import annotations

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import BLOCK, statement
from snowmaker.sandbox.result import SELECT, Column, Result
from snowmaker.sandbox.scripting.interpreter import Returned, run
from snowmaker.sandbox.scripting.values import table

_NAME = "anonymous block"


@statement(BLOCK)
def _block(context: Context, parser: Parser) -> Result:
    """A block as a statement of its own, or a statement of Scripting that EXECUTE IMMEDIATE was given."""
    return anonymous(context, context.text)


def anonymous(context: Context, text: str) -> Result:
    """Run a script that has no name. Raises SqlError."""
    if context.describe_only:
        return Result((Column(_NAME),), (), type_id=SELECT)
    return returned(run(context, text), _NAME)


def returned(outcome: Returned | Result, name: str) -> Result:
    """What a script has returned: its table, or one row with its value."""
    if isinstance(outcome, Result):
        return outcome
    if outcome.table is not None:
        return outcome.table
    return table(name, outcome.value)
