"""PROJECTION POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-projection-policy"""

from __future__ import annotations

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.signatures import policy_kind

PROJECTION_POLICY = policy_kind("PROJECTION POLICY", {"COMMENT": Parser.string}, "PROJECTION_CONSTRAINT")
