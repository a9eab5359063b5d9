"""Network policies: https://docs.snowflake.com/en/sql-reference/sql/create-network-policy

An account does not show who owns one: say it as a grant, `ownership on network policy OFFICE`.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from snowmaker.components.base import Component, Kind, Property
from snowmaker.components.shared import COMMENT, TAGS
from snowmaker.components.types import Listed, Name, Scope, Text


class Address(Text):
    """An IPv4 address or a range of them."""

    def read(self, value: Any, scope: Scope) -> str:
        text = super().read(value, scope).strip()
        try:
            ipaddress.IPv4Network(text, strict=False)
        except ValueError:
            raise ValueError(f"has IPv4 addresses and ranges, and not {text}") from None
        return text


class Rules(Listed):
    """Names of network rules; shown as JSON."""

    def shown(self, value: Any, scope: Scope) -> tuple[Any, ...] | None:
        try:
            found = json.loads(value or "[]")
            return super().shown([one["fullyQualifiedRuleName"] for one in found], scope)
        except (TypeError, ValueError, KeyError):
            return super().shown(value, scope)


def _check(component: Component) -> str:
    """https://docs.snowflake.com/en/sql-reference/sql/create-network-policy#optional-parameters"""
    return "cannot block 0.0.0.0/0, which is all" if "0.0.0.0/0" in component.value("blocked_ip_list") else ""


_RULES = Rules(Name(3, of="NETWORK RULE"))

KIND = Kind(
    "NETWORK POLICY",
    "https://docs.snowflake.com/en/sql-reference/sql/create-network-policy",
    (
        Property("allowed_network_rule_list", _RULES, default=(), source="describe"),
        Property("blocked_network_rule_list", _RULES, default=(), source="describe"),
        Property("allowed_ip_list", Listed(Address()), default=(), source="describe"),
        Property("blocked_ip_list", Listed(Address()), default=(), source="describe"),
        COMMENT,
        TAGS,
    ),
    level="account",
    plural="NETWORK POLICIES",
    role="SECURITYADMIN",
    described=True,
    check=_check,
    rank=32,
)
