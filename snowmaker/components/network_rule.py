"""Network rules: https://docs.snowflake.com/en/sql-reference/sql/create-network-rule"""

from __future__ import annotations

from snowmaker.components.base import Component, Kind, Property
from snowmaker.components.shared import COMMENT, OWNER
from snowmaker.components.types import Listed, Word
from snowmaker.suggest import listed

# https://docs.snowflake.com/en/user-guide/network-rules#supported-network-identifiers
_MODES = {
    "IPV4": ("INGRESS", "POSTGRES_INGRESS", "POSTGRES_EGRESS"),
    "IPV6": ("INGRESS",),
    "AWSVPCEID": ("INGRESS", "INTERNAL_STAGE"),
    "AZURELINKID": ("INGRESS",),
    "GCPPSCID": ("INGRESS",),
    "HOST_PORT": ("EGRESS",),
    "PRIVATE_HOST_PORT": ("EGRESS",),
}


def _check(component: Component) -> str:
    kind, mode = component.value("type"), component.value("mode")
    if mode not in _MODES[kind]:
        return f"a rule of type {kind} has mode {listed(_MODES[kind])}, and not {mode}"
    return ""


KIND = Kind(
    "NETWORK RULE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-network-rule",
    (
        Property("type", Word(tuple(_MODES)), required=True, fixed="the type of a rule cannot be altered"),
        Property(
            "mode",
            Word(tuple(dict.fromkeys(mode for modes in _MODES.values() for mode in modes))),
            default="INGRESS",
            fixed="the mode of a rule cannot be altered",
        ),
        Property("value_list", Listed(), default=(), source="describe", required=True),
        COMMENT,
        OWNER,
    ),
    renames=False,
    described=True,
    check=_check,
    rank=30,
)
