"""What the session knows about itself: https://docs.snowflake.com/en/sql-reference/functions-context"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from snowmaker.sandbox.access import Access
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser

VERSION = "10.0.0"


def _database(context: Context) -> Any:
    return context.session.database and context.session.database.name


def _schema(context: Context) -> Any:
    return context.session.schema and context.session.schema.name


def _schemas(context: Context) -> str:
    schema = context.session.schema
    return json.dumps([context.path(schema)] if schema else [])


def _transaction(context: Context) -> str | None:
    transaction = context.session.transaction
    return str(transaction.id) if transaction else None


def _last_transaction(context: Context) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/last_transaction"""
    ended = context.session.ended_transactions
    return str(next(reversed(ended))) if ended else None


def available_roles(context: Context) -> list[str]:
    """https://docs.snowflake.com/en/sql-reference/functions/current_available_roles"""
    catalog, session = context.catalog, context.session
    found = {id_ for role in session.available_ids for id_ in catalog.grants.roles(role)}
    return sorted(entry.name for id_ in found if (entry := catalog.get(id_)) and entry.kind == "ROLE")


def secondary_roles(context: Context) -> dict[str, str]:
    """https://docs.snowflake.com/en/sql-reference/functions/current_secondary_roles"""
    session = context.session
    names = [entry.name for id_ in session.secondary_ids if (entry := context.catalog.get(id_))]
    value = session.secondary_roles if isinstance(session.secondary_roles, str) else ",".join(names)
    return {"roles": ",".join(sorted(names)), "value": value}


def last_query_id(context: Context, position: int = -1) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/last_query_id; a block that still runs is none."""
    under_way = (context.query_id, context.session.running)
    ids = [each for each in context.session.query_ids if each not in under_way]
    try:
        return ids[position - 1 if position > 0 else position]
    except IndexError:
        return None


def get_variable(context: Context, name: str) -> str | None:
    """A session variable as a text, by its name as it is stored, in capitals; None where it is not set.

    https://docs.snowflake.com/en/sql-reference/session-variables
    """
    value = context.session.variables.get(name)
    return None if value is None else str(value)


def invoker_role(context: Context) -> str | None:
    """The role that runs the statement: a view's or procedure's owner inside of it.

    https://docs.snowflake.com/en/sql-reference/functions/invoker_role
    """
    found = context.catalog.get(context.role_id) if context.role_id is not None else None
    return found.name if found else None


def is_role_in_session(context: Context, name: str) -> bool:
    """Whether a role is in force, itself or by a role that has it; also inside a view, where its owner's rights count.

    https://docs.snowflake.com/en/sql-reference/functions/is_role_in_session
    """
    role = context.catalog.find("ROLE", ACCOUNT, Parser(name).name(1)[0])
    return role is not None and role.id in Access.of_session(context.session).roles


def is_database_role_in_session(context: Context, name: str) -> bool:
    """https://docs.snowflake.com/en/sql-reference/functions/is_database_role_in_session"""
    parts = Parser(name).name(2)
    database: Entry | None = context.session.database
    if len(parts) > 1:
        database = context.catalog.find("DATABASE", ACCOUNT, parts[0])
    role = context.catalog.find("DATABASE ROLE", database.id, parts[-1]) if database is not None else None
    return role is not None and role.id in Access.of_session(context.session).roles


def is_granted_to_invoker_role(context: Context, name: str) -> bool:
    """https://docs.snowflake.com/en/sql-reference/functions/is_granted_to_invoker_role"""
    role = context.catalog.find("ROLE", ACCOUNT, Parser(name).name(1)[0])
    return role is not None and context.role_id is not None and role.id in context.catalog.grants.roles(context.role_id)


# Questions about a role, by its name
ASKED: dict[str, Callable[[Context, str], bool]] = {
    "IS_ROLE_IN_SESSION": is_role_in_session,
    "IS_DATABASE_ROLE_IN_SESSION": is_database_role_in_session,
    "IS_GRANTED_TO_INVOKER_ROLE": is_granted_to_invoker_role,
}

VALUES: dict[str, Callable[[Context], Any]] = {
    "INVOKER_ROLE": invoker_role,
    "CURRENT_USER": lambda context: context.session.user,
    "SESSION_USER": lambda context: context.session.user,
    "CURRENT_ROLE": lambda context: context.session.role,
    "CURRENT_ROLE_TYPE": lambda context: "ROLE",
    "CURRENT_DATABASE": _database,
    "CURRENT_SCHEMA": _schema,
    "CURRENT_SCHEMAS": _schemas,
    "CURRENT_WAREHOUSE": lambda context: context.session.warehouse,
    "CURRENT_SESSION": lambda context: str(context.session.id),
    "CURRENT_ACCOUNT": lambda context: "SANDBOX",
    "CURRENT_ACCOUNT_NAME": lambda context: "SANDBOX",
    "CURRENT_ORGANIZATION_NAME": lambda context: "SNOWMAKER",
    "CURRENT_REGION": lambda context: "PUBLIC.LOCAL",
    "CURRENT_VERSION": lambda context: VERSION,
    "CURRENT_CLIENT": lambda context: context.session.client,
    "CURRENT_IP_ADDRESS": lambda context: "127.0.0.1",
    "CURRENT_STATEMENT": lambda context: context.text,
    "CURRENT_TRANSACTION": _transaction,
    "LAST_TRANSACTION": _last_transaction,
    "CURRENT_AVAILABLE_ROLES": lambda context: json.dumps(available_roles(context), indent=2),
    "CURRENT_SECONDARY_ROLES": lambda context: json.dumps(secondary_roles(context)),
}
