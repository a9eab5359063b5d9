"""BEGIN, COMMIT, ROLLBACK: https://docs.snowflake.com/en/sql-reference/transactions"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.calls import SYSTEM_FUNCTIONS
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import FIXED, TIMESTAMP_LTZ
from snowmaker.sandbox.kinds import texts
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SHOW, SUCCESS, TCL, Column, Result, status
from snowmaker.sandbox.rowcounts import EVERY
from snowmaker.sandbox.session import Session, Transaction

_TRANSACTION = (
    Column("id", FIXED), Column("user"), Column("session", FIXED), Column("name"),
    Column("started_on", TIMESTAMP_LTZ), Column("state"),
)  # fmt: skip
_LOCK = (
    *texts("resource type"), Column("transaction", FIXED), Column("transaction_started_on", TIMESTAMP_LTZ),
    Column("status"), Column("acquired_on", TIMESTAMP_LTZ), Column("query_id"), Column("session", FIXED),
)  # fmt: skip


@statement("BEGIN")
def _begin(context: Context, parser: Parser) -> Result:
    parser.choice("TRANSACTION", "WORK")
    return _start(context, parser)


@statement("START", "TRANSACTION")
def _start(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/begin"""
    name = parser.identifier() if parser.accept("NAME") else None
    parser.end()
    context.session.begin(name)
    return status(SUCCESS, TCL)


@statement("COMMIT")
def _commit(context: Context, parser: Parser) -> Result:
    parser.accept("WORK")
    parser.end()
    context.session.commit(context.query_id)
    return status(SUCCESS, TCL)


@statement("ROLLBACK")
def _rollback(context: Context, parser: Parser) -> Result:
    parser.accept("WORK")
    parser.end()
    context.session.rollback()
    return status(SUCCESS, TCL)


# -- what is open ------------------------------------------------------------------------------------------


def _sessions(context: Context, parser: Parser) -> list[Session]:
    """Those of the user; IN ACCOUNT all, for account administrators."""
    everywhere = parser.accept("IN", "ACCOUNT")
    parser.end()
    if everywhere and context.session.role != "ACCOUNTADMIN":
        raise sqlerror.insufficient("ACCOUNT", "SNOWMAKER")
    return [each for each in context.host.sessions() if everywhere or each.user == context.session.user]


def _row(session: Session, transaction: Transaction, state: str) -> tuple[Any, ...]:
    return transaction.id, session.user, session.id, transaction.name, transaction.started_on, state


@statement("SHOW", "TRANSACTIONS")
def _show_transactions(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-transactions"""
    rows = [
        (*_row(each, each.transaction, "running"), 0)
        for each in _sessions(context, parser)
        if each.transaction is not None and each.transaction.explicit
    ]
    return Result((*_TRANSACTION, Column("scope", FIXED)), rows, type_id=SHOW)


@statement("SHOW", "LOCKS")
def _show_locks(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/show-locks"""
    sessions = _sessions(context, parser)
    rows = []
    for lock in context.host.engine.writers.all():
        session = next((each for each in sessions if each is lock.owner), None)
        if session is None or session.transaction is None:
            continue
        entry = None if lock.table == EVERY else context.catalog.get(lock.table)
        resource = context.path(entry) if entry else str(session.transaction.id)
        rows.append((
            resource, "PARTITIONS", session.transaction.id, session.transaction.started_on,
            "WAITING" if lock.since is None else "HOLDING", lock.since, session.query_ids[-1], session.id,
        ))  # fmt: skip
    return Result(_LOCK, rows, type_id=SHOW)


@statement("DESCRIBE", "TRANSACTION")
def _describe_transaction(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-transaction"""
    wanted = parser.integer()
    parser.end()
    for session in context.host.sessions():
        if session.transaction is not None and session.transaction.id == wanted:
            row = (*_row(session, session.transaction, "running"), None)
            break
        if (ended := session.ended_transactions.get(wanted)) is not None:
            transaction, state, when = ended
            row = (*_row(session, transaction, state), when)
            break
    else:
        raise sqlerror.does_not_exist("Transaction", str(wanted), container=True)
    return Result((*_TRANSACTION, Column("ended_on", TIMESTAMP_LTZ)), (row,), type_id=DESCRIBE)


def _abort(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_abort_transaction"""
    wanted = str(arguments[0]) if arguments else ""
    for session in context.host.sessions():
        transaction = session.transaction
        if transaction is None or str(transaction.id) != wanted:
            continue
        if session.user != context.session.user and context.session.role != "ACCOUNTADMIN":
            raise sqlerror.insufficient("TRANSACTION", wanted)
        session.abort_transaction(context.session)
        return "Transaction successfully aborted."
    raise sqlerror.does_not_exist("Transaction", wanted, container=True)


SYSTEM_FUNCTIONS["SYSTEM$ABORT_TRANSACTION"] = _abort
