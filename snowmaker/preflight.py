"""Is the account ready for a run? Asked before the lock; `doctor` asks too, and prints the GRANTs that are missing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from snowmaker.errors import AccountError, StatementError
from snowmaker.history import HistoryState
from snowmaker.model import Finding, Plan
from snowmaker.session import Session
from snowmaker.sql import parse_name, quote_identifier, quote_name

# context functions need no warehouse: https://docs.snowflake.com/en/sql-reference/functions-context
_IDENTITY = (
    "SELECT CURRENT_TIMESTAMP() AS NOW, CURRENT_USER() AS USER_NAME, CURRENT_SESSION() AS SESSION_ID, "
    "CURRENT_ROLE() AS ROLE, CURRENT_AVAILABLE_ROLES() AS ROLES, CURRENT_WAREHOUSE() AS WAREHOUSE"
)


@dataclass(frozen=True)
class Identity:
    """Who a session is; `now` is the account's clock, `roles` are those it could assume."""

    now: datetime
    user: str
    session_id: str
    role: str
    roles: tuple[str, ...]
    warehouse: str


def identify(session: Session) -> Identity:
    """Ask the account who this session is: one request."""
    record = session.execute(_IDENTITY).records()[0]
    now = record["now"]
    return Identity(
        now if now.tzinfo else now.replace(tzinfo=UTC),
        str(record["user_name"] or ""),
        str(record["session_id"]),
        str(record["role"] or ""),
        _names(record["roles"]),
        str(record["warehouse"] or ""),
    )


def examine(
    session: Session, identity: Identity, history: tuple[str, ...], state: HistoryState, roles: Iterable[str]
) -> tuple[Finding, ...]:
    """What the account lacks for a run that assumes `roles`, each with what an administrator would run."""
    return (
        _warehouse(identity),
        *(_role(name, identity) for name in sorted(set(roles))),
        _history(session, identity, history, state),
    )


def wanted_roles(plan: Plan) -> set[str]:
    """The roles that a plan's scripts assume."""
    return {step.directives.role for step in plan.steps if step.directives.role}


def refuse(findings: Iterable[Finding]) -> None:
    """Raise AccountError for what is not as a run needs it."""
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        fixes = [line for finding in errors for line in finding.fix]
        hint = "an administrator would run: " + " ".join(fixes) if fixes else errors[0].hint
        raise AccountError("; ".join(finding.message for finding in errors), "preflight", hint)


def _warehouse(identity: Identity) -> Finding:
    if identity.warehouse:
        return Finding("warehouse", "ok", f"warehouse {identity.warehouse}")
    user = quote_identifier(identity.user)
    return Finding(
        "warehouse",
        "error",
        "no warehouse is in use, or the role may not use it; writing the history needs one",
        hint="name one in the connection (warehouse = …)",
        fix=(
            f"GRANT USAGE ON WAREHOUSE <warehouse> TO ROLE {quote_identifier(identity.role or 'PUBLIC')};",
            f"ALTER USER {user} SET DEFAULT_WAREHOUSE = <warehouse>;",
        ),
    )


def _role(name: str, identity: Identity) -> Finding:
    parsed = parse_name(name)[-1]
    if parsed in identity.roles:
        return Finding("role", "ok", f"role {parsed} can be assumed")
    fix = f"GRANT ROLE {quote_identifier(parsed)} TO USER {quote_identifier(identity.user)};"
    return Finding("role", "error", f"role {parsed} does not exist or is not granted to {identity.user}", fix=(fix,))


def _history(session: Session, identity: Identity, parts: tuple[str, ...], state: HistoryState) -> Finding:
    name = quote_name(*parts)
    if not state.exists:
        where = "its schema and it" if state.missing_schema else "it"
        return Finding("history", "ok", f"history {name} is not there yet; the first write makes {where}")
    if state.owner_role in identity.roles or _may_insert(session, name, identity):
        return Finding("history", "ok", f"history {name}, {len(state.rows)} rows")
    role = quote_identifier(identity.role)
    schema = quote_name(*parts[:2])
    return Finding(
        "history",
        "error",
        f"role {identity.role} may not write the history {name}",
        fix=(
            f"GRANT SELECT, INSERT ON TABLE {name} TO ROLE {role};",
            f"GRANT USAGE ON DATABASE {quote_name(parts[0])} TO ROLE {role};",
            f"GRANT USAGE, CREATE TABLE ON SCHEMA {schema} TO ROLE {role};",
        ),
    )


def _may_insert(session: Session, table: str, identity: Identity) -> bool:
    """https://docs.snowflake.com/en/sql-reference/sql/show-grants; asked only when the role is not the owner."""
    try:
        records = session.execute(f"SHOW GRANTS ON TABLE {table}").records()
    except StatementError:
        return False
    return any(
        record["privilege"] in ("INSERT", "OWNERSHIP") and record["grantee_name"] in identity.roles
        for record in records
    )


def _names(value: Any) -> tuple[str, ...]:
    """CURRENT_AVAILABLE_ROLES() is a JSON list as text."""
    listed = json.loads(value) if isinstance(value, str) and value else []
    return tuple(str(name) for name in listed)
