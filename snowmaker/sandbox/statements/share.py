"""SHARE: https://docs.snowflake.com/en/sql-reference/sql/create-share

Recorded: there is no other account that could read one.
"""

from __future__ import annotations

from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import ACCOUNT_NAME, Context, dotted
from snowmaker.sandbox.datatypes import TIMESTAMP_LTZ
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    creatable,
    find,
    register,
    texts,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.properties import one_of
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Column, Result


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    secure = str(entry.get("secure_objects_only", "TRUE")).lower()
    return (
        entry.created_on, "OUTBOUND", ACCOUNT_NAME, entry.name, _database(context, entry),
        ", ".join(entry.get("accounts", ())), context.owner(entry), entry.comment, "", secure,
    )  # fmt: skip


def _granted(context: Context, entry: Entry) -> list[Entry]:
    """The objects on which the share was given something."""
    found = {grant.on: context.catalog.get(grant.on) for grant in context.catalog.grants.to(entry.id)}
    return [each for each in found.values() if each is not None]


def _database(context: Context, entry: Entry) -> str:
    return next((each.name for each in _granted(context, entry) if each.kind == "DATABASE"), "")


def _described(context: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-share"""
    columns = (*texts("kind name"), Column("shared_on", TIMESTAMP_LTZ))
    rows = [(each.kind, context.path(each), entry.created_on) for each in _granted(context, entry)]
    return Result(columns, rows, type_id=DESCRIBE)


SHARE = Kind(
    "SHARE",
    "SHARES",
    "ACCOUNT",
    (
        CREATED_ON,
        *texts("kind owner_account name database_name to owner comment listing_global_name secure_objects_only"),
    ),
    _row,
    describe=_described,
    recorded=True,
)
register(SHARE)


@statement("DESCRIBE", "SHARE")
def _describe(context: Context, parser: Parser) -> Result:
    """The share may be named with its account: `account.share`, `organization.account.share`."""
    name = parser.name()
    parser.end()
    if len(name) > 1 and name[-2] != ACCOUNT_NAME:
        raise sqlerror.does_not_exist("Share", dotted(name), container=True)
    return _described(context, find(context, SHARE, name[-1:]))


creatable(SHARE, {"COMMENT": Parser.string, "SECURE_OBJECTS_ONLY": one_of("TRUE", "FALSE")})


def _account(parser: Parser) -> str:
    """`account`, or `organization.account`."""
    return ".".join(parser.name(2))


def _accounts(parser: Parser) -> tuple[str, ...]:
    parser.expect("ACCOUNTS")
    parser.expect_operator("=")
    return parser.list_of(lambda: _account(parser))


def _add(context: Context, parser: Parser, target: Target) -> Result:
    added = _accounts(parser)
    parser.options({"SHARE_RESTRICTIONS": Parser.boolean}, "SHARE")
    parser.end()
    return altered(context, target, lambda entry: _with(entry, (*entry.get("accounts", ()), *added)))


def _remove(context: Context, parser: Parser, target: Target) -> Result:
    removed = _accounts(parser)
    parser.end()

    def without(entry: Entry) -> Entry:
        return _with(entry, [each for each in entry.get("accounts", ()) if each not in removed])

    return altered(context, target, without)


def _set(context: Context, parser: Parser, target: Target) -> Result:
    """SET [ACCOUNTS = …] [COMMENT = …]: https://docs.snowflake.com/en/sql-reference/sql/alter-share"""
    accounts = _accounts(parser) if parser.at("ACCOUNTS") else None
    values = parser.options({"COMMENT": Parser.string}, "SHARE")
    if accounts is None and not values:
        raise parser.unexpected()
    parser.end()

    def changed(entry: Entry) -> Entry:
        entry = with_options(entry, values)
        return entry if accounts is None else _with(entry, accounts)

    return altered(context, target, changed)


def _with(entry: Entry, accounts: Any) -> Entry:
    return with_options(entry, {"ACCOUNTS": list(dict.fromkeys(accounts))})


alterable(SHARE, {"COMMENT": Parser.string}, {"ADD": _add, "REMOVE": _remove, "SET": _set}, renames=False)
