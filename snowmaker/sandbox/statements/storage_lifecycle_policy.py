"""STORAGE LIFECYCLE POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-storage-lifecycle-policy"""

from __future__ import annotations

from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import number, one_of
from snowmaker.sandbox.signatures import policy_kind

_OPTIONS = {"COMMENT": Parser.string, "ARCHIVE_TIER": one_of("COOL", "COLD"), "ARCHIVE_FOR_DAYS": number(90)}
STORAGE_LIFECYCLE_POLICY = policy_kind("STORAGE LIFECYCLE POLICY", _OPTIONS, "BOOLEAN")
