"""Kinds of object of which none can be made here: SHOW says that there are none, all else is refused by name.

So clients that read an account before they change it, whatever kinds are in use, get an answer.
https://docs.snowflake.com/en/sql-reference/sql/show-semantic-views
https://docs.snowflake.com/en/sql-reference/sql/show-backup-policies
https://docs.snowflake.com/en/sql-reference/sql/show-backup-sets
"""

from __future__ import annotations

from functools import partial

from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import CREATED_ON, read_filter, texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, Column, Result

_COLUMNS: dict[str, tuple[Column, ...]] = {
    "SEMANTIC VIEWS": (
        CREATED_ON,
        *texts("name database_name schema_name comment owner owner_role_type extension"),
    ),
    "BACKUP POLICIES": (
        CREATED_ON,
        *texts(
            "name database_name schema_name owner comment schedule expire_after_days has_retention_lock owner_role_type"
        ),
    ),
    "BACKUP SETS": (
        CREATED_ON,
        *texts(
            "name database_name schema_name object_kind object_name object_database_name object_schema_name "
            "backup_policy_name backup_policy_database_name backup_policy_schema_name backup_policy_state comment "
            "owner_role owner_role_type"
        ),
    ),
}


def _show(columns: tuple[Column, ...], context: Context, parser: Parser) -> Result:
    read_filter(context, parser, "SCHEMA")
    return Result(columns, [], type_id=SHOW)


for _plural, _columns in _COLUMNS.items():
    statement("SHOW", *_plural.split())(partial(_show, _columns))
