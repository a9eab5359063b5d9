"""Account roles: https://docs.snowflake.com/en/sql-reference/sql/create-role"""

from __future__ import annotations

from snowmaker.components.base import Kind
from snowmaker.components.shared import COMMENT, GRANTED_TO, OWNER, TAGS

# https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles
SYSTEM = frozenset(
    {"ACCOUNTADMIN", "GLOBALORGADMIN", "ORGADMIN", "PUBLIC", "SECURITYADMIN", "SYSADMIN", "USERADMIN", "SNOWFLAKE"}
)


KIND = Kind(
    "ROLE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-role",
    (GRANTED_TO, COMMENT, TAGS, OWNER),
    level="account",
    role="USERADMIN",
    between="",
    system=SYSTEM,
    rank=15,
)
