"""Whether the roles in force may do something.

https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.grants import OWNERSHIP

if TYPE_CHECKING:
    from snowmaker.sandbox.session import Session

MANAGE_GRANTS = "MANAGE GRANTS"
MANAGE_WAREHOUSES = "MANAGE WAREHOUSES"
_BY_MANAGING = {"MODIFY", "MONITOR", "OPERATE"}
_APPLIED = "POLICY", "TAG"  # the last word of what APPLY … ON ACCOUNT is about
_DESCRIBING = ("APPLY MASKING POLICY", "APPLY ROW ACCESS POLICY")  # let DESCRIBE tables and views


class Access:
    """What a set of roles may do. `primary` are those that CREATE is judged by, `roles` all in force.

    https://docs.snowflake.com/en/user-guide/security-access-control-overview#enforcement-model-with-primary-role-and-secondary-roles
    """

    def __init__(self, catalog: Catalog, primary: frozenset[int], roles: frozenset[int]) -> None:
        self._catalog = catalog
        self.primary = primary
        self.roles = roles

    @classmethod
    def of_role(cls, catalog: Catalog, role: int) -> Access:
        """What an owner may do, whose view, procedure or task runs."""
        found = inherited(catalog, role)
        return cls(catalog, found, found)

    @classmethod
    def of_session(cls, session: Session) -> Access:
        """Secondary roles ALL bring what was given to the user himself, too.

        https://docs.snowflake.com/en/sql-reference/sql/grant-privilege-user#usage-notes
        """
        catalog = session.engine.catalog
        primary = inherited(catalog, session.role_id)
        roles = primary
        for role in session.secondary_ids:
            roles |= inherited(catalog, role)
        if session.secondary_roles == "ALL":
            roles |= catalog.grants.roles(session.user_id)
        return cls(catalog, primary, roles)

    def owns(self, entry: Entry) -> bool:
        return entry.owner in self.roles and entry.owner != 0

    def holds(self, entry: Entry, *privileges: str) -> bool:
        """Whether one of the privileges on the object, or its ownership, is there; with none named, any at all.

        MANAGE WAREHOUSES stands for MODIFY, MONITOR and OPERATE on every warehouse, and `APPLY <kind>` is one on
        the account: it is asked of whoever sets a tag or a policy on the object.
        https://docs.snowflake.com/en/user-guide/warehouses-tasks#delegating-warehouse-management
        https://docs.snowflake.com/en/user-guide/object-tagging/work#label-object-tagging-access-control
        """
        if self.owns(entry):
            return True
        if self.global_(*(each for each in privileges if each.startswith("APPLY "))):
            return True
        if entry.id < 0:  # a view of INFORMATION_SCHEMA
            return not privileges or "SELECT" in privileges
        held = self._catalog.grants.held(entry.id, self.roles)
        if entry.kind == "WAREHOUSE" and self.global_(MANAGE_WAREHOUSES):
            held = held | _BY_MANAGING
        return bool(held.intersection(privileges) if privileges else held or self._applies(entry))

    def global_(self, *privileges: str, primary: bool = False) -> bool:
        """Whether one of these privileges on the account is there."""
        held = self._catalog.grants.held(ACCOUNT, self.primary) if primary else self._held_globally
        return not held.isdisjoint(privileges)

    @cached_property
    def _held_globally(self) -> set[str]:
        return self._catalog.grants.held(ACCOUNT, self.roles)

    def administers(self) -> bool:
        """Whether ACCOUNTADMIN is among the roles in force."""
        found = self._catalog.find("ROLE", ACCOUNT, "ACCOUNTADMIN")
        return found is not None and found.id in self.roles

    def creates(self, privilege: str, container: Entry | None) -> bool:
        """Whether the primary role may CREATE in a database or schema, or (None) in the account.

        https://docs.snowflake.com/en/sql-reference/sql/use-secondary-roles: CREATE is judged by it alone
        """
        if container is None:
            return self.global_(privilege, primary=True)
        if container.owner and container.owner in self.primary:
            return True
        return privilege in self._catalog.grants.held(container.id, self.primary)

    def sees(self, entry: Entry) -> bool:
        """Whether SHOW lists it: any privilege on it will do, and MANAGE GRANTS sees everything.

        https://docs.snowflake.com/en/sql-reference/sql/show-objects
        Everyone may list roles: https://docs.snowflake.com/en/sql-reference/sql/show-roles, and users, of whom
        little is told: https://docs.snowflake.com/en/sql-reference/sql/show-users
        """
        return (
            self.holds(entry)
            or entry.kind in ("ROLE", "USER")
            or entry.name == "INFORMATION_SCHEMA"
            or self.global_(MANAGE_GRANTS)
            or (entry.kind == "DATABASE" and entry.id in self._of_database_roles)
        )

    def _applies(self, entry: Entry) -> bool:
        """Whether it is a tag or policy of a kind that may be applied anywhere, or a table or view to apply it to.

        https://docs.snowflake.com/en/sql-reference/sql/desc-masking-policy#access-control-requirements
        https://docs.snowflake.com/en/user-guide/security-access-control-privileges#global-privileges-account-privileges
        """
        if entry.kind.endswith(_APPLIED):
            return self.global_(f"APPLY {entry.kind}")
        return entry.space == "RELATION" and self.global_(*_DESCRIBING)

    def finds(self, entry: Entry, *privileges: str) -> bool:
        """Whether a name leads to it, for what one of the privileges allows."""
        return self.sees(entry) or (bool(privileges) and self.holds(entry, *privileges))

    def enters(self, container: Entry) -> bool:
        """Whether names inside a database or schema may be resolved: any privilege on it will do.

        https://docs.snowflake.com/en/user-guide/security-access-control-privileges#schema-object-privileges
        """
        return self.sees(container)

    @cached_property
    def _of_database_roles(self) -> frozenset[int]:
        """The databases whose database roles are in force: each may use its own."""
        found = (self._catalog.get(id_) for id_ in self.roles)
        return frozenset(role.parent for role in found if role is not None and role.kind == "DATABASE ROLE")

    def grantor(self, entry: Entry | None, privilege: str) -> int | None:
        """The role as which the roles in force may GRANT this privilege on the object, or (None) on the account.

        None if they may not. A global privilege is passed on only by who holds it with the grant option:
        MANAGE GRANTS does not do.
        https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#access-control-requirements
        """
        if entry is None:
            return self._holder(ACCOUNT, privilege)
        managing = managed_by(self._catalog, entry)
        if managing is not None:
            return managing.owner if self.owns(managing) or self.global_(MANAGE_GRANTS) else None
        if self.owns(entry):
            return entry.owner
        holder = self._holder(entry.id, privilege)
        if holder is None and self.global_(MANAGE_GRANTS):
            return entry.owner
        return holder

    def _holder(self, on: int, privilege: str) -> int | None:
        """A role that may pass on what it was given; the primary one's own comes first."""
        found = [
            grant.grantee
            for grant in self._catalog.grants.on(on)
            if grant.grantable and grant.privilege == privilege and grant.grantee in self.roles
        ]
        return min(found, key=lambda id_: (id_ not in self.primary, id_)) if found else None

    def manages(self, container: Entry) -> bool:
        """Whether the roles may say what becomes of objects that will be made in a database or schema.

        https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#access-control-requirements
        """
        return self.global_(MANAGE_GRANTS) or (bool(container.get("managed")) and self.owns(container))

    def hands_over(self, entry: Entry) -> bool:
        """Whether the roles may GRANT OWNERSHIP on the object.

        https://docs.snowflake.com/en/sql-reference/sql/grant-ownership#usage-notes
        """
        if self.global_(MANAGE_GRANTS):
            return True
        managing = managed_by(self._catalog, entry)
        return self.owns(managing or entry)


def inherited(catalog: Catalog, role: int | None) -> frozenset[int]:
    """A role with all that it was given; everyone has PUBLIC."""
    public = catalog.find("ROLE", ACCOUNT, "PUBLIC")
    found = catalog.grants.roles(role) if role is not None else frozenset()
    return found if public is None else found | catalog.grants.roles(public.id)


def managed_by(catalog: Catalog, entry: Entry) -> Entry | None:
    """The managed-access schema that decides about grants on the object, or None.

    https://docs.snowflake.com/en/user-guide/security-access-control-configure#creating-managed-access-schemas
    """
    if entry.parent == ACCOUNT or entry.kind == "SCHEMA":
        return None
    schema = catalog.by_id(entry.parent)
    return schema if schema.kind == "SCHEMA" and schema.get("managed") else None


# https://docs.snowflake.com/en/user-guide/security-access-control-privileges#global-privileges-account-privileges
ACCOUNT_PRIVILEGES: Mapping[str, str] = {
    **dict.fromkeys(("CREATE DATABASE", "CREATE WAREHOUSE", "CREATE COMPUTE POOL"), "SYSADMIN"),
    **dict.fromkeys(("CREATE ROLE", "CREATE USER"), "USERADMIN"),
    **dict.fromkeys((MANAGE_GRANTS, "CREATE NETWORK POLICY", "ATTACH POLICY"), "SECURITYADMIN"),
    **dict.fromkeys(
        ("APPLY AGGREGATION POLICY", "APPLY AUTHENTICATION POLICY", "APPLY JOIN POLICY", "APPLY MASKING POLICY",
         "APPLY PACKAGES POLICY", "APPLY PASSWORD POLICY", "APPLY PROJECTION POLICY", "APPLY ROW ACCESS POLICY",
         "APPLY SESSION POLICY", "APPLY TAG", "AUDIT", "BIND SERVICE ENDPOINT", "CREATE ACCOUNT",
         "CREATE API INTEGRATION", "CREATE APPLICATION", "CREATE APPLICATION PACKAGE", "CREATE CREDENTIAL",
         "CREATE DATA EXCHANGE LISTING", "CREATE EXTERNAL VOLUME", "CREATE FAILOVER GROUP", "CREATE INTEGRATION",
         "CREATE LISTING", "CREATE ORGANIZATION LISTING", "CREATE REPLICATION GROUP", "CREATE SHARE",
         "EXECUTE ALERT", "EXECUTE AUTO CLASSIFICATION", "EXECUTE DATA METRIC FUNCTION", "EXECUTE MANAGED ALERT",
         "EXECUTE MANAGED TASK", "EXECUTE TASK", "IMPORT SHARE", "MANAGE ACCOUNT SUPPORT CASES", "MANAGE EVENT SHARING",
         "MANAGE LISTING AUTO FULFILLMENT", "MANAGE ORGANIZATION SUPPORT CASES", "MANAGE SHARE TARGET",
         "MANAGE USER SUPPORT CASES", "MANAGE WAREHOUSES", "MODIFY LOG LEVEL", "MODIFY METRIC LEVEL",
         "MODIFY SESSION LOG LEVEL", "MODIFY SESSION METRIC LEVEL", "MODIFY SESSION TRACE LEVEL",
         "MODIFY TRACE LEVEL", "MONITOR", "MONITOR EXECUTION", "MONITOR SECURITY", "MONITOR USAGE",
         "OVERRIDE SHARE RESTRICTIONS", "PURCHASE DATA EXCHANGE LISTING", "READ SESSION", "RESOLVE ALL"),
        "ACCOUNTADMIN",
    ),
}  # fmt: skip

__all__ = [
    "ACCOUNT_PRIVILEGES",
    "MANAGE_GRANTS",
    "MANAGE_WAREHOUSES",
    "OWNERSHIP",
    "Access",
    "inherited",
    "managed_by",
]
