"""Temporary objects that hold no rows: stages and file formats of one session.

https://docs.snowflake.com/en/sql-reference/sql/create-stage#optional-parameters
"""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context


def keep_temporary(context: Context, entry: Entry, *, optional: bool) -> bool:
    """Make a temporary object the session's own; False when one is there and IF NOT EXISTS was said.

    It hides a permanent one of its name. Raises 002002.
    """
    private = context.session.private
    key = (entry.space, entry.parent, entry.name)
    if key in private and "OR REPLACE" not in context.modifiers:
        if optional:
            return False
        raise sqlerror.already_exists(entry.name)
    context.session.commit()
    if key in private:
        context.host.stages.remove(private[key].physical)
    private[key] = entry
    return True
