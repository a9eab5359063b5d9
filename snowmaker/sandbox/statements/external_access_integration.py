"""EXTERNAL ACCESS INTEGRATION: https://docs.snowflake.com/en/sql-reference/sql/create-external-access-integration"""

from __future__ import annotations

from snowmaker.sandbox.integrations import ENABLED, Family, Form, listing, names, register_family

register_family(
    Family(
        "EXTERNAL ACCESS",
        "EXTERNAL_ACCESS",
        {},
        (
            Form(
                {},
                (
                    ENABLED,
                    listing("ALLOWED_NETWORK_RULES", names(3), required=True, refers="NETWORK RULE"),
                    listing("ALLOWED_API_AUTHENTICATION_INTEGRATIONS", names(1, "NONE"), bracketed=True),
                    listing("ALLOWED_AUTHENTICATION_SECRETS", names(3, "ALL", "NONE"), refers="SECRET"),
                ),
            ),
        ),
        type="EXTERNAL_ACCESS",
    )
)
