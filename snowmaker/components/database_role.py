"""Database roles: https://docs.snowflake.com/en/sql-reference/sql/create-database-role"""

from __future__ import annotations

from snowmaker.components.base import Kind
from snowmaker.components.shared import COMMENT, GRANTED_TO, OWNER, TAGS

KIND = Kind(
    "DATABASE ROLE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-database-role",
    (GRANTED_TO, COMMENT, TAGS, OWNER),
    level="database",
    between=", ",
    rank=22,
)
