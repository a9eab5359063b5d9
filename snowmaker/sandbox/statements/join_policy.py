"""JOIN POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-join-policy"""

from __future__ import annotations

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.signatures import policy_kind

JOIN_POLICY = policy_kind("JOIN POLICY", {"COMMENT": Parser.string}, "JOIN_CONSTRAINT")
