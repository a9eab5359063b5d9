"""Row access policies: https://docs.snowflake.com/en/sql-reference/sql/create-row-access-policy

As with masking policies, a body is altered, and another signature is another policy.
"""

from __future__ import annotations

from dataclasses import replace

from snowmaker.components import policies
from snowmaker.components.base import Kind
from snowmaker.components.masking_policy import BODY, SIGNATURE
from snowmaker.components.shared import COMMENT, OWNER

KIND = Kind(
    "ROW ACCESS POLICY",
    "https://docs.snowflake.com/en/sql-reference/sql/create-row-access-policy",
    (replace(SIGNATURE, form="AS ({}) RETURNS BOOLEAN"), BODY, COMMENT, OWNER),
    plural="ROW ACCESS POLICIES",
    described=True,
    queries=policies.query_of,
    notes=policies.notes,
    misfit=policies.misfit,
    rank=26,
)
