"""Where network policies and network rules are in use.

https://docs.snowflake.com/en/sql-reference/functions/network_rule_references
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from snowmaker.sandbox import levels, sqlerror
from snowmaker.sandbox.arrow import text_table
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.kinds import KINDS, find
from snowmaker.sandbox.naming import named_object
from snowmaker.sandbox.parser import Parser

# The lists of a network policy that hold rules, and what they do with them
LISTS = {"ALLOWED_NETWORK_RULE_LIST": "ALLOW", "BLOCKED_NETWORK_RULE_LIST": "BLOCK"}
_COLUMNS = ("CONTAINER_NAME", "CONTAINER_TYPE", "NETWORK_RULE_NAME", "ACTION_TYPE", "DATABASE_NAME", "SCHEMA_NAME")


# -- network policies ----------------------------------------------------------------------------------


def holders(catalog: Catalog, policy: Entry) -> Iterator[Entry]:
    """What has the network policy: the account, users, integrations."""
    for entry in (levels.account(catalog), *catalog.children(ACCOUNT, "USER", "INTEGRATION")):
        if entry is not None and network_policy(catalog, entry) == policy:
            yield entry


def network_policy(catalog: Catalog, entry: Entry) -> Entry | None:
    """The network policy that is set on a user, an integration or the account itself."""
    named = entry.get("network_policy")
    return catalog.find("NETWORK POLICY", ACCOUNT, Parser(str(named)).name(1)[0]) if named else None


# -- network rules -------------------------------------------------------------------------------------


@table_function("NETWORK_RULE_REFERENCES")
def _network_rule_references(context: Context, arguments: Arguments) -> Any:
    """The containers of a rule, or the rules of a container."""
    arguments.only("NETWORK_RULE_NAME", "CONTAINER_NAME", "CONTAINER_TYPE")
    if (name := arguments.get("NETWORK_RULE_NAME")) is not None:
        rule = context.find("NETWORK RULE", context.parser(str(name)).name(3))
        containers = context.catalog.children(ACCOUNT, "NETWORK POLICY", "INTEGRATION")
        found = [(each, action, of) for each in containers for of, action in _rules(context, each) if of == rule]
    else:
        container = _container(context, arguments)
        found = [(container, action, rule) for rule, action in _rules(context, container)]
    return text_table(_COLUMNS, [_row(context, *each) for each in found])


def _container(context: Context, arguments: Arguments) -> Entry:
    name, kind = arguments.get("CONTAINER_NAME"), arguments.get("CONTAINER_TYPE")
    if name is None or str(kind).upper() not in ("INTEGRATION", "NETWORK_POLICY"):
        raise sqlerror.invalid_parameter("CONTAINER_NAME" if name is None else "CONTAINER_TYPE")
    if str(kind).upper() == "INTEGRATION":
        return named_object(context, str(name), "INTEGRATION")
    return find_policy(context, str(name))


def find_policy(context: Context, name: str) -> Entry:
    """The network policy that a text names. Raises 002003."""
    return find(context, KINDS["NETWORK POLICY"], context.parser(name).name(1))


def _rules(context: Context, container: Entry) -> Iterator[tuple[Entry, str]]:
    """The network rules in a network policy or an external access integration, with what is done with them."""
    if container.kind == "NETWORK POLICY":
        for key, action in LISTS.items():
            for id_ in container.get(key.lower(), ()):
                if (rule := context.catalog.get(id_)) is not None:
                    yield rule, action
        return
    for path in (container.get("values") or {}).get("ALLOWED_NETWORK_RULES") or ():
        found = context.look("NETWORK RULE", context.place(Parser(path).name(3)))
        if found is not None:
            yield found, "ALLOW"


def _row(context: Context, container: Entry, action: str, rule: Entry) -> tuple[str, ...]:
    database, schema, _ = context.catalog.path(rule)
    return container.name, container.kind.replace(" ", "_"), dotted((rule.name,)), action, database, schema
