"""ROW ACCESS POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-row-access-policy"""

from __future__ import annotations

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.signatures import policy_kind

ROW_ACCESS_POLICY = policy_kind("ROW ACCESS POLICY", {"COMMENT": Parser.string}, "BOOLEAN")
