"""INTEGRATION, of any family: SHOW, DESCRIBE, ALTER, DROP and GRANT without the family's name.

https://docs.snowflake.com/en/sql-reference/sql/show-integrations
"""

from __future__ import annotations

from snowmaker.sandbox.integrations import INTEGRATION, alter_any
from snowmaker.sandbox.kinds import register
from snowmaker.sandbox.registry import statement

register(INTEGRATION)
statement("ALTER", "INTEGRATION")(alter_any)
