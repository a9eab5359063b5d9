"""Where a parameter's value comes from: the object, what contains it, the account, or Snowflake's default.

https://docs.snowflake.com/en/sql-reference/parameters#parameter-hierarchy-and-types
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.parameters import ALL, Parameter

if TYPE_CHECKING:
    from snowmaker.sandbox.session import Session

KIND = "ACCOUNT"  # of the one entry that keeps the account's parameters
NAME = "SANDBOX"


def account(catalog: Catalog) -> Entry | None:
    """The entry with the account's own parameters; None until one was set."""
    return catalog.find(KIND, ACCOUNT, NAME)


def effective(catalog: Catalog, entry: Entry | None, name: str) -> tuple[Any, str]:
    """The value of a parameter for an object (None: the account), and the level it was set at: "" for the default."""
    spec = ALL[name]
    key = name.lower()
    while entry is not None:
        if (level := _level(entry, spec)) and (value := entry.properties.get(key)) is not None:
            return value, level
        entry = catalog.get(entry.parent) if entry.parent != ACCOUNT else None
    above = account(catalog)
    value = above.properties.get(key) if above is not None else None
    return (spec.default, "") if value is None else (value, KIND)


def _level(entry: Entry, spec: Parameter) -> str:
    """The level an object is at; "" where the parameter is not for it. All kinds of table have those of tables."""
    if entry.kind in spec.levels or entry.kind == "TASK":
        return entry.kind
    return "TABLE" if entry.kind.endswith(" TABLE") and "TABLE" in spec.levels else ""


def value_of(catalog: Catalog, entry: Entry | None, name: str) -> Any:
    """The value of a parameter for an object."""
    return effective(catalog, entry, name)[0]


def of_session(session: Session, name: str) -> tuple[Any, str]:
    """The value of a session parameter, and the level it was set at."""
    if name in session.parameters:
        return session.parameters[name], "SESSION"
    catalog = session.engine.catalog
    return effective(catalog, catalog.get(session.user_id), name)


def own(entry: Entry, spec: Parameter) -> bool:
    """Whether the object itself sets it."""
    return entry.properties.get(spec.name.lower()) is not None
