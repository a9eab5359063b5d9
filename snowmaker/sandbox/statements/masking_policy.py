"""MASKING POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-masking-policy"""

from __future__ import annotations

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.signatures import policy_kind

MASKING_POLICY = policy_kind("MASKING POLICY", {"COMMENT": Parser.string, "EXEMPT_OTHER_POLICIES": Parser.boolean})
