"""AGGREGATION POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-aggregation-policy"""

from __future__ import annotations

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.signatures import policy_kind

AGGREGATION_POLICY = policy_kind("AGGREGATION POLICY", {"COMMENT": Parser.string}, "AGGREGATION_CONSTRAINT")
