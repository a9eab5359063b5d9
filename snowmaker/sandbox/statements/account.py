"""ALTER ACCOUNT: https://docs.snowflake.com/en/sql-reference/sql/alter-account"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from snowmaker.sandbox import levels, sqlerror
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import ACCOUNT_NAME, Context
from snowmaker.sandbox.kinds import with_options
from snowmaker.sandbox.parameters import readers
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.properties import name, nullable
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.session_functions import VERSION
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.resource_monitor import assigned
from snowmaker.sandbox.statements.user import policy_of_its_own, read_policy_set, read_policy_unset
from snowmaker.sandbox.tags import read_assignments, read_tag, tagged

OPTIONS: Mapping[str, Reader] = {**readers("ACCOUNT"), "RESOURCE_MONITOR": nullable(name)}
_POLICIES = ("AUTHENTICATION POLICY", "PASSWORD POLICY", "SESSION POLICY")


@statement("ALTER", "ACCOUNT", "SET")
def _set(context: Context, parser: Parser) -> Result:
    """What SET gives is the account's: parameters for all that do not set their own."""
    _refuse(parser, "SET")
    if policy_of_its_own(parser, _POLICIES):
        change = read_policy_set(context, parser, _POLICIES)
        parser.end()
        return _changed(context, change)
    values = parser.options(OPTIONS, "ACCOUNT")
    if not values:
        raise parser.unexpected()
    parser.end()
    _may(context, values)
    return _changed(context, lambda entry: with_options(entry, values))


@statement("ALTER", "ACCOUNT", "UNSET")
def _unset(context: Context, parser: Parser) -> Result:
    _refuse(parser, "UNSET")
    if policy_of_its_own(parser, _POLICIES):
        change = read_policy_unset(parser, _POLICIES)
        parser.end()
        _may(context, _POLICIES)
        return _changed(context, change)
    keys = parser.keys(OPTIONS, "ACCOUNT")
    parser.end()
    _may(context, keys)
    return _changed(context, lambda entry: with_options(entry, {}, keys))


@statement("ALTER", "ACCOUNT", "SET", "TAG")
def _set_tags(context: Context, parser: Parser) -> Result:
    tags = read_assignments(context, parser)
    parser.end()
    return _changed(context, lambda entry: tagged(entry, tags))


@statement("ALTER", "ACCOUNT", "UNSET", "TAG")
def _unset_tags(context: Context, parser: Parser) -> Result:
    removed = tuple(str(tag.id) for tag in parser.list_of(lambda: read_tag(context, parser)))
    parser.end()
    return _changed(context, lambda entry: tagged(entry, {}, removed))


def _refuse(parser: Parser, verb: str) -> None:
    for policy in ("PACKAGES POLICY", "FEATURE POLICY"):
        if parser.at(*policy.split()):
            raise sqlerror.unsupported(f"ALTER ACCOUNT {verb} {policy}")


def _may(context: Context, keys: Sequence[str] | Mapping[str, Any]) -> None:
    """Account administrators may; a network policy alone may also be set by who holds ATTACH POLICY.

    https://docs.snowflake.com/en/sql-reference/sql/alter-account#usage-notes
    """
    if context.access.administers():
        return
    if set(keys) == {"NETWORK_POLICY"} and context.access.global_("ATTACH POLICY"):
        return
    raise sqlerror.insufficient("account", ACCOUNT_NAME)


def _changed(context: Context, change: Callable[[Entry], Entry]) -> Result:
    with context.ddl() as ddl:
        old = levels.account(context.catalog)
        entry = old or Entry(context.catalog.new_id(), levels.KIND, levels.NAME, ACCOUNT)
        entry = assigned(context, old, change(entry))
        _check_network_policy(context, old, entry)
        ddl.put(entry)
    return status(SUCCESS)


def _check_network_policy(context: Context, old: Entry | None, entry: Entry) -> None:
    """A policy that says nothing cannot be activated.

    Whether it lets the client in is not asked: all clients of the sandbox come from 127.0.0.1.
    """
    named = entry.get("network_policy")
    if not named or named == (old.get("network_policy") if old is not None else None):
        return
    found = context.catalog.find("NETWORK POLICY", ACCOUNT, Parser(str(named)).name(1)[0])
    if found is None:
        raise context.unseen("NETWORK POLICY", (str(named),))
    if not any(found.get(key) for key in ("allowed_ip_list", "blocked_ip_list", "allowed_network_rule_list")):
        raise SqlError(98519, "22023", f"Empty network policy {found.name} cannot be active.")


# -- what clients ask about the account ----------------------------------------------------------------


@system_function("SYSTEM$SHOW_ACTIVE_BEHAVIOR_CHANGE_BUNDLES")
def _bundles(context: Context, arguments: Sequence[Any]) -> str:
    """No bundle of changes is to come: the sandbox behaves in one way only.

    https://docs.snowflake.com/en/sql-reference/functions/system_show_active_behavior_change_bundles
    """
    return "[]"


@system_function("SYSTEM$BOOTSTRAP_DATA_REQUEST")
def _bootstrap(context: Context, arguments: Sequence[Any]) -> str:
    """Not documented; SnowDDL reads the version and the edition from it."""
    if [str(each).upper() for each in arguments] != ["ACCOUNT"]:
        raise sqlerror.unsupported("SYSTEM$BOOTSTRAP_DATA_REQUEST of anything but 'ACCOUNT'")
    told = {"serverVersion": VERSION, "accountInfo": {"accountName": ACCOUNT_NAME, "serviceLevelName": "ENTERPRISE"}}
    return json.dumps(told)
