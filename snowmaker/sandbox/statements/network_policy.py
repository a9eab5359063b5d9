"""NETWORK POLICY: https://docs.snowflake.com/en/sql-reference/sql/create-network-policy

Policies are kept, shown and attached; whoever reaches the sandbox comes from 127.0.0.1 and is let in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from snowmaker.sandbox import kinds
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    KINDS,
    Kind,
    Target,
    alterable,
    altered,
    created,
    exists,
    new,
    number,
    read_name,
    read_options,
    register,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.network_references import LISTS, holders
from snowmaker.sandbox.parser import Name, Parser, Reader
from snowmaker.sandbox.properties import string, strings
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, Result
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.network_rule import is_ipv4

_RULES = tuple(LISTS)
_ADDRESSES = ("ALLOWED_IP_LIST", "BLOCKED_IP_LIST")


# -- lists ---------------------------------------------------------------------------------------------


def _addresses(property_: str) -> Reader:
    """IPv4 addresses and ranges; to block all is not allowed."""

    def read(parser: Parser) -> list[str]:
        found = strings(parser)
        for value in found:
            if not is_ipv4(value) or (property_ == "BLOCKED_IP_LIST" and value == "0.0.0.0/0"):
                raise SqlError(
                    1422, "22023", f"SQL compilation error:\ninvalid value [{value}] for property '{property_}'"
                )
        return found

    return read


def _rule_names(parser: Parser) -> list[Name]:
    """Names of network rules, each bare or as a string; one may come without brackets."""
    if parser.accept_operator("("):
        return list(parser.items(lambda: _rule_name(parser)))
    return [_rule_name(parser)]


def _rule_name(parser: Parser) -> Name:
    return Parser(parser.string()).name() if parser.peek().kind == "string" else parser.name()


OPTIONS: Mapping[str, Reader] = {
    **dict.fromkeys(_RULES, _rule_names),
    **{key: _addresses(key) for key in _ADDRESSES},
    "COMMENT": string,
}


def _resolved(context: Context, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the ids of the rules in place of their names. Raises SqlError 002003."""
    rules = {key: [_rule(context, name) for name in values[key]] for key in _RULES if key in values}
    return {**values, **rules}


def _rule(context: Context, name: Name) -> int:
    return kinds.find(context, KINDS["NETWORK RULE"], name).id


# -- CREATE, ALTER -------------------------------------------------------------------------------------


@statement("CREATE", "NETWORK", "POLICY")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE")
    optional = parser.if_not_exists()
    own = read_name(parser, NETWORK_POLICY)
    values = read_options(context, parser, OPTIONS, NETWORK_POLICY)
    parser.end()
    with context.ddl() as ddl:
        if not vacant(context, ddl, NETWORK_POLICY, own, optional=optional):
            return exists(own[-1])
        ddl.put(with_options(new(context, "NETWORK POLICY", ACCOUNT, own[-1]), _resolved(context, values)))
    return created("NETWORK POLICY", own[-1])


def _set(context: Context, parser: Parser, target: Target) -> Result:
    values = parser.options(OPTIONS, "NETWORK_POLICY")
    if not values:
        raise parser.unexpected()
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, _resolved(context, values)))


def _unset(context: Context, parser: Parser, target: Target) -> Result:
    keys = parser.keys(OPTIONS, "NETWORK_POLICY")
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, {}, keys))


def _add(context: Context, parser: Parser, target: Target) -> Result:
    """ADD ALLOWED_NETWORK_RULE_LIST = name: to what is there."""
    key, ids = _read_change(context, parser)

    def added(entry: Entry) -> Entry:
        there = list(entry.get(key.lower(), ()))
        return with_options(entry, {key: [*there, *(each for each in ids if each not in there)]})

    return altered(context, target, added)


def _remove(context: Context, parser: Parser, target: Target) -> Result:
    key, ids = _read_change(context, parser)

    def removed(entry: Entry) -> Entry:
        there = entry.get(key.lower(), ())
        if not set(ids) <= set(there):
            raise SqlError(
                1492,
                "42601",
                f"SQL compilation error:\nThe network rule is not in {key} of network policy {entry.name}.",
            )
        return with_options(entry, {key: [each for each in there if each not in ids]})

    return altered(context, target, removed)


def _read_change(context: Context, parser: Parser) -> tuple[str, list[int]]:
    key = parser.choice(*_RULES)
    if key is None:
        raise parser.unexpected()
    parser.expect_operator("=")
    names = _rule_names(parser)
    parser.end()
    return key, [_rule(context, name) for name in names]


# -- what it is attached to ----------------------------------------------------------------------------


def _not_attached(context: Context, policy: Entry) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/drop-network-policy#usage-notes"""
    for entry in holders(context.catalog, policy):
        kind = entry.kind
        raise SqlError(
            1492, "42601", f"SQL compilation error:\nCannot perform Drop operation on network policy {policy.name}. "
            f"The policy is attached to {kind} with name {entry.name}. Unset the network policy from {kind} and try "
            "the Drop operation again.",
        )  # fmt: skip


def _rename(context: Context, parser: Parser, target: Target) -> Result:
    """What has the policy keeps it."""
    fresh = read_name(parser, NETWORK_POLICY)
    parser.end()
    policy = context.catalog.find("NETWORK POLICY", ACCOUNT, target.name[-1])
    attached = list(holders(context.catalog, policy)) if policy is not None else []
    result = kinds.rename(context, NETWORK_POLICY, target.name, fresh, target.optional)
    if attached:
        with context.ddl() as ddl:
            for entry in attached:
                ddl.put(with_options(entry, {"NETWORK_POLICY": dotted(fresh)}))
    return result


# -- SHOW, DESCRIBE ------------------------------------------------------------------------------------

_COUNTED = (*_ADDRESSES, *_RULES)
_COLUMNS = (
    CREATED_ON,
    *texts("name comment"),
    *(
        number(each)
        for each in (
            "entries_in_allowed_ip_list",
            "entries_in_blocked_ip_list",
            "entries_in_allowed_network_rules",
            "entries_in_blocked_network_rules",
        )
    ),
)


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-network-policies"""
    return (
        entry.created_on, entry.name, entry.comment, *(len(entry.get(key.lower(), ())) for key in _COUNTED),
    )  # fmt: skip


def _described(context: Context, entry: Entry) -> Result:
    """A row for each list that has something in it: https://docs.snowflake.com/en/sql-reference/sql/desc-network-policy"""
    rows = [(key, ",".join(entry.get(key.lower(), ()))) for key in _ADDRESSES if entry.get(key.lower())]
    for key in _RULES:
        found = [context.catalog.get(id_) for id_ in entry.get(key.lower(), ())]
        names = [{"fullyQualifiedRuleName": context.path(rule)} for rule in found if rule is not None]
        if names:
            rows.append((key, json.dumps(names, separators=(",", ":"))))
    return Result(texts("name value"), rows, type_id=DESCRIBE)


NETWORK_POLICY = Kind(
    "NETWORK POLICY",
    "NETWORK POLICIES",
    "ACCOUNT",
    _COLUMNS,
    _row,
    grants=("USAGE",),
    describe=_described,
    before_drop=_not_attached,
)
register(NETWORK_POLICY)
alterable(
    NETWORK_POLICY,
    {},
    {"SET": _set, "UNSET": _unset, "ADD": _add, "REMOVE": _remove, "RENAME TO": _rename},
    renames=False,
)
