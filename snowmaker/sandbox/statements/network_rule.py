"""NETWORK RULE: https://docs.snowflake.com/en/sql-reference/sql/create-network-rule

Rules are kept and shown; the sandbox listens on 127.0.0.1 and asks them nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import CREATED_ON, Kind, alterable, creatable, number, register, texts
from snowmaker.sandbox.network_references import LISTS
from snowmaker.sandbox.parser import Reader
from snowmaker.sandbox.properties import one_of, string, strings
from snowmaker.sandbox.result import DESCRIBE, Result
from snowmaker.sandbox.sqlerror import SqlError

_MODES = {
    "IPV4": ("INGRESS", "POSTGRES_INGRESS", "POSTGRES_EGRESS"),
    "IPV6": ("INGRESS",),
    "AWSVPCEID": ("INGRESS", "INTERNAL_STAGE"),
    "AZURELINKID": ("INGRESS",),
    "GCPPSCID": ("INGRESS",),
    "HOST_PORT": ("EGRESS",),
    "PRIVATE_HOST_PORT": ("EGRESS",),
}
ALTERED: Mapping[str, Reader] = {"VALUE_LIST": strings, "COMMENT": string}
OPTIONS: Mapping[str, Reader] = {
    "TYPE": one_of(*_MODES),
    "MODE": one_of("INGRESS", "INTERNAL_STAGE", "EGRESS", "POSTGRES_INGRESS", "POSTGRES_EGRESS"),
    **ALTERED,
}


def _made(context: Context, entry: Entry) -> Entry:
    """A rule whose mode and values suit its type; MODE is INGRESS where none is given. Raises SqlError."""
    type_, mode = entry.get("type"), entry.get("mode", "INGRESS")
    if type_ is None:
        raise SqlError(2029, "42601", "SQL compilation error:\nMissing option(s): [TYPE]")
    if mode not in _MODES[type_]:
        raise _invalid(f"{mode}", "MODE", f"it is not a mode of rules of type {type_}")
    suits = _VALUES.get(type_, _identifier)
    for value in entry.get("value_list", ()):
        if not suits(value):
            raise _invalid(f"[{value}]", "VALUE_LIST", _REASONS.get(type_, f"it is no {type_}"))
    return entry


def _invalid(value: str, property_: str, reason: str) -> SqlError:
    return SqlError(
        1422, "22023", f"SQL compilation error:\ninvalid value '{value}' for property '{property_}', Reason: {reason}"
    )


def is_ipv4(value: str) -> bool:
    """Whether it is an IPv4 address, or a range in CIDR notation."""
    try:
        ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        return False
    return True


def _is_ipv6(value: str) -> bool:
    try:
        ipaddress.IPv6Network(value, strict=False)
    except ValueError:
        return False
    return True


# A host name with an optional port; a `*` may stand for its first part. Whether it resolves is not asked.
_HOST = re.compile(
    r"(?:\*\.)?(?!-)[A-Za-z0-9_-]+(?:\.(?!-)[A-Za-z0-9_-]+)*\.(?!\d+(?::|$))[A-Za-z0-9-]+(?::(\d{1,5}))?"
)


def _is_host(value: str) -> bool:
    found = _HOST.fullmatch(value)
    return value in ("0.0.0.0:443", "0.0.0.0:80") or (found is not None and int(found[1] or 0) < 65536)


def _identifier(value: str) -> bool:
    return bool(value)


_VALUES: dict[str, Callable[[str], bool]] = {
    "IPV4": is_ipv4,
    "IPV6": _is_ipv6,
    "AWSVPCEID": lambda value: value.startswith("vpce-"),
    "HOST_PORT": _is_host,
    "PRIVATE_HOST_PORT": _is_host,
}
_UNRESOLVED = (
    "One or more values might be an unresolvable host name. Verify all hosts are resolvable, or use a wildcard pattern."
)
_REASONS = {
    "IPV4": "it is no IPv4 address or range",
    "HOST_PORT": _UNRESOLVED,
    "PRIVATE_HOST_PORT": _UNRESOLVED,
}


# -- SHOW, DESCRIBE ------------------------------------------------------------------------------------

_COMMON = (CREATED_ON, *texts("name database_name schema_name owner comment type mode"))
_COLUMNS = (*_COMMON, number("entries_in_valuelist"), *texts("owner_role_type"))


def _common(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    return (
        entry.created_on, entry.name, database, schema, context.owner(entry), entry.comment, entry.get("type"),
        entry.get("mode", "INGRESS"),
    )  # fmt: skip


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    return (*_common(context, entry), len(entry.get("value_list", ())), context.owner_type(entry))


def _described(context: Context, entry: Entry) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-network-rule"""
    row = (*_common(context, entry), ",".join(entry.get("value_list", ())))
    return Result((*_COMMON, *texts("value_list")), [row], type_id=DESCRIBE)


def _not_in_use(context: Context, rule: Entry) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/drop-network-rule#usage-notes"""
    for policy in context.catalog.children(ACCOUNT, "NETWORK POLICY"):
        if any(rule.id in policy.get(key, ()) for key in map(str.lower, LISTS)):
            raise SqlError(
                1492, "42601", f"SQL compilation error:\nCannot drop network rule '{context.path(rule)}'. It is used "
                f"by network policy '{policy.name}'.",
            )  # fmt: skip


NETWORK_RULE = Kind(
    "NETWORK RULE",
    "NETWORK RULES",
    "SCHEMA",
    _COLUMNS,
    _row,
    grants=("USAGE",),
    describe=_described,
    before_drop=_not_in_use,
)
register(NETWORK_RULE)
creatable(NETWORK_RULE, OPTIONS, made=_made)
alterable(NETWORK_RULE, ALTERED, renames=False, made=_made)
