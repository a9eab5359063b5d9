"""The account itself: https://docs.snowflake.com/en/sql-reference/sql/alter-account

Any of its parameters may be declared: https://docs.snowflake.com/en/sql-reference/parameters. What is not declared is
left alone, also when it was declared before; `null` takes a value away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Bulk, Component, Kind, Pairs, Property, Row, Values
from snowmaker.components.shared import parameter
from snowmaker.components.types import Name, Scope, Type
from snowmaker.suggest import did_you_mean


@dataclass(frozen=True)
class Setting(Type):
    """The value of a parameter of which only the name is known: true, 3, text. `exact` is text, whose case counts."""

    exact: bool = False

    def read(self, value: Any, scope: Scope) -> Any:
        if not isinstance(value, bool | int | float | str):
            raise ValueError("is a text, a number, true or false")
        return str(value) if self.exact else value

    def shown(self, value: Any, scope: Scope) -> Any:
        text = str(value)
        if self.exact:
            return text
        return text.lower() == "true" if text.lower() in ("true", "false") else _number(text)

    def same(self, one: Any, other: Any) -> bool:
        if self.exact:
            return bool(one == other)
        return str(one).upper() == str(other).upper() or _number(str(one)) == _number(str(other))

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": ["boolean", "number", "string"]}


def _number(text: str) -> Any:
    """A number where the text is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _assigned(target: str, old: Any, new: Any) -> Pairs:
    """Who watches the account stands in a statement of its own."""

    def setting(value: Any) -> str:
        return f"ALTER {target} " + (f"SET RESOURCE_MONITOR = {value}" if value else "UNSET RESOURCE_MONITOR")

    return [(setting(new), (setting(old),))]


def _read(row: Row) -> Values:
    watching = [one for one in row.bulk.get("monitors", ()) if str(one.get("level") or "").upper() == "ACCOUNT"]
    return {"resource_monitor": sql.quote_identifier(str(watching[0]["name"]))} if watching else {}


def _others(name: str) -> Property | None:
    """Any word may be a parameter: whether it is one, the account knows."""
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        return None
    return parameter(name.lower(), Setting(exact=name.upper() in ("QUERY_TAG", "SEARCH_PATH")), optional=True)


def _misfit(declared: Component, live: Component) -> str:
    known = [str(name).lower() for name in live.facts.get("parameters", ())]
    listed = [one.name for one in KIND.properties]
    unknown = [name for name in declared.values if name not in known and name not in listed]
    if not unknown or not known:
        return ""
    hint = did_you_mean(unknown[0], (*known, *listed))
    return f"the account has no parameter {unknown[0]}" + (f"; {hint}" if hint else "")


KIND = Kind(
    "ACCOUNT",
    "https://docs.snowflake.com/en/sql-reference/sql/alter-account",
    (
        parameter("network_policy", Name(of="NETWORK POLICY"), optional=True),
        Property(
            "resource_monitor",
            Name(of="RESOURCE MONITOR"),
            source="own",
            optional=True,
            alter=_assigned,
        ),
    ),
    level="account",
    plural="ACCOUNT",
    role="ACCOUNTADMIN",
    single=True,
    replaces=False,
    renames=False,
    bulk=(Bulk("monitors", "SHOW RESOURCE MONITORS", ()),),
    read=_read,
    others=_others,
    misfit=_misfit,
    rank=60,
)
