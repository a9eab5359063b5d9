"""Who there is, and who may do what.

This slice has the users, roles and warehouses of a new account and enforces nothing: every session acts as
a role that may do everything. All look-ups of objects go through `Context.find` and `Context.relation`;
that is where privileges are to be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    name: str
    password: str
    default_role: str = "ACCOUNTADMIN"
    default_warehouse: str = "COMPUTE_WH"


USERS = {"ADMIN": User("ADMIN", "admin")}

# https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles
ROLES = ("ACCOUNTADMIN", "PUBLIC", "SECURITYADMIN", "SYSADMIN", "USERADMIN")
WAREHOUSES = ("COMPUTE_WH",)
