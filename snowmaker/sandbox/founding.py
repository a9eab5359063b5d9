"""What a new account holds: the system roles with their hierarchy, one user, one warehouse, SNOWFLAKE.

https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles
"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox.access import ACCOUNT_PRIVILEGES
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.engine import Ddl, Engine
from snowmaker.sandbox.grants import MEMBER, Grant
from snowmaker.sandbox.passwords import hashed

_ROLES = {
    "ACCOUNTADMIN": "Account administrator can manage all aspects of the account.",
    "SECURITYADMIN": "Security administrator can manage security aspects of the account.",
    "USERADMIN": "User administrator can create and manage users and roles",
    "SYSADMIN": "System administrator can create and manage databases and warehouses.",
    "PUBLIC": "Public role is automatically available to every user in the account.",
}
# https://docs.snowflake.com/en/sql-reference/snowflake-db-roles
_DATABASE_ROLES = (
    "ALERT_VIEWER", "CLASSIFICATION_ADMIN", "COPILOT_USER", "CORTEX_AGENT_USER", "CORTEX_ANALYST_USER",
    "CORTEX_EMBED_USER", "CORTEX_USER", "DATA_METRIC_USER", "DOCUMENT_INTELLIGENCE_CREATOR", "GOVERNANCE_VIEWER",
    "ML_USER", "OBJECT_VIEWER", "ORGANIZATION_ACCOUNTS_VIEWER", "ORGANIZATION_BILLING_VIEWER",
    "ORGANIZATION_USAGE_VIEWER", "SECURITY_VIEWER", "TRUST_CENTER_ADMIN", "TRUST_CENTER_VIEWER", "USAGE_VIEWER",
)  # fmt: skip
_ABOVE = (("ACCOUNTADMIN", "SECURITYADMIN"), ("ACCOUNTADMIN", "SYSADMIN"), ("SECURITYADMIN", "USERADMIN"))


def found(engine: Engine) -> None:
    """Fill an empty account; one that was founded before is left as it is."""
    if engine.catalog.find("ROLE", ACCOUNT, "ACCOUNTADMIN") is not None:
        return
    connection = engine.connect()
    with engine.ddl(connection, "founding") as ddl:
        _found(engine.catalog, ddl)
    connection.close()


def _found(catalog: Catalog, ddl: Ddl) -> None:
    def make(kind: str, name: str, owner: int = 0, comment: str = "", **properties: Any) -> int:
        return ddl.put(Entry(catalog.new_id(), kind, name, ACCOUNT, owner, comment, properties=properties)).id

    roles = {name: make("ROLE", name, comment=comment) for name, comment in _ROLES.items()}
    for above, below in _ABOVE:
        ddl.grant(Grant(MEMBER, roles[below], roles[above]))
    for privilege, role in ACCOUNT_PRIVILEGES.items():
        ddl.grant(Grant(privilege, ACCOUNT, roles[role], grantable=True))
    admin = make(
        "USER", "ADMIN", roles["ACCOUNTADMIN"], password=hashed("admin"),
        default_role="ACCOUNTADMIN", default_warehouse="COMPUTE_WH",
    )  # fmt: skip
    ddl.grant(Grant(MEMBER, roles["ACCOUNTADMIN"], admin))
    make("WAREHOUSE", "COMPUTE_WH", roles["ACCOUNTADMIN"], warehouse_size="XSMALL", auto_suspend=600)
    snowflake = make("DATABASE", "SNOWFLAKE", type="APPLICATION")
    ddl.grant(Grant("IMPORTED PRIVILEGES", snowflake, roles["ACCOUNTADMIN"]))
    for name in _DATABASE_ROLES:
        ddl.put(Entry(catalog.new_id(), "DATABASE ROLE", name, snowflake))
