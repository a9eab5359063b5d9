"""Masking policies: https://docs.snowflake.com/en/sql-reference/sql/create-masking-policy

A body is altered where the policy is; a policy with another signature is another policy, and the account refuses to
replace one that is set on something.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from snowmaker.components import policies
from snowmaker.components.arguments import Arguments
from snowmaker.components.base import Component, Kind, Pairs, Property
from snowmaker.components.datatypes import data_type, declared_type
from snowmaker.components.shared import COMMENT, OWNER
from snowmaker.components.types import Boolean, Schema, Scope, Sql, Type


@dataclass(frozen=True)
class Body(Sql):
    """An expression with something behind it."""

    def literal(self, value: Any) -> str:
        text = super().literal(value)
        return f"{text}\n" if "--" in text or "//" in text else text  # a comment ends with its line


@dataclass(frozen=True)
class Returned(Type):
    """A data type; an account may show it with a length or without."""

    def read(self, value: Any, scope: Scope) -> str:
        if not isinstance(value, str):
            raise ValueError("is a data type")
        return declared_type(value)

    def shown(self, value: Any, scope: Scope) -> str | None:
        return data_type(str(value)) if value else None

    def literal(self, value: Any) -> str:
        return str(value)

    def same(self, one: Any, other: Any) -> bool:
        return data_type(one, bare=True) == data_type(other, bare=True)

    @property
    def schema(self) -> Schema:
        return {"type": "string"}


class Exempt(Boolean):
    """`{"EXEMPT_OTHER_POLICIES": "TRUE"}`, among the options that SHOW lists."""

    def shown(self, value: Any, scope: Scope) -> bool | None:
        try:
            options = json.loads(str(value or "{}"))
        except ValueError:
            return None
        return super().shown(options.get("EXEMPT_OTHER_POLICIES"), scope) if isinstance(options, dict) else None


def altered_body(target: str, old: Any, new: Any) -> Pairs:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-masking-policy"""
    return [(f"ALTER {target} SET BODY -> {new}", (f"ALTER {target} SET BODY -> {old}",))]


BODY = Property("body", Body(), source="describe", form="-> {}", required=True, alter=altered_body)
_ANOTHER = "no ALTER gives it another signature"
SIGNATURE = Property("signature", Arguments(), source="describe", form="AS ({})", required=True, fixed=_ANOTHER)


def _finished(declared: Component) -> Component:
    """What is masked stays of its type."""
    signature = declared.values.get("signature") or ()
    if not signature or "returns" in declared.values:
        return declared
    return replace(declared, values={**declared.values, "returns": signature[0].type})


def _check(declared: Component) -> str:
    signature, returns = declared.values["signature"], declared.values.get("returns")
    if not signature:
        return "its signature begins with what is masked"
    same = Returned().same(signature[0].type, returns)
    return "" if same else f"returns the type of what is masked, {signature[0].type}, and not {returns}"


KIND = Kind(
    "MASKING POLICY",
    "https://docs.snowflake.com/en/sql-reference/sql/create-masking-policy",
    (
        SIGNATURE,
        Property("returns", Returned(), column="return_type", source="describe", form="RETURNS {}", fixed=_ANOTHER),
        BODY,
        COMMENT,
        Property(
            "exempt_other_policies",
            Exempt(),
            default=False,
            column="options",
            fixed="no ALTER exempts from other policies",
        ),
        OWNER,
    ),
    plural="MASKING POLICIES",
    described=True,
    finished=_finished,
    check=_check,
    queries=policies.query_of,
    notes=policies.notes,
    misfit=policies.misfit,
    rank=26,
)
