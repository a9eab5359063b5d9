"""What an account is, as one value: its objects with their properties, who may do what with them, and their rows.

Two snapshots tell whether an account is what it was. Ids, times of creation and names that the system made up are not
part of it; references to other objects stand as these objects' names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.context import ACCOUNT_NAME, dotted
from snowmaker.sandbox.engine import Engine
from snowmaker.sandbox.files import Stages
from snowmaker.sandbox.grants import Grant

# properties that hold ids of other objects
REFERENCES = frozenset((
    "source", "source_table", "table", "tables", "predecessors", "finalize", "policy", "warehouse", "stage",
    "resource_monitor_id", "allowed_network_rule_list", "blocked_network_rule_list",
))  # fmt: skip
# what tells one making of the same object from another; `text` is the whole CREATE, of which `query` is what counts
CHANCE = frozenset((
    "uuid", "sequence", "text", "kept_days", "created_on", "updated_on", "refreshed_on", "last_suspended_on",
    "password_last_set_time", "rsa_public_key_last_set_time", "rsa_public_key_2_last_set_time",
))  # fmt: skip
_SYSTEM = "SYS_CONSTRAINT_"

Snapshot = dict[str, dict[str, Any]]


def snapshot(engine: Engine, stages: Stages) -> Snapshot:
    """The account now, by kind and name: `TABLE D.S.T`. The database SNOWFLAKE is left out.

    `rows` is how many a table has, `content` a number that other rows would change; `files` are a stage's.
    """
    catalog = engine.catalog
    own = [entry for entry in catalog.below(ACCOUNT) if catalog.path(entry)[:1] != ("SNOWFLAKE",)]
    found = {_name(catalog, entry): _described(catalog, entry) for entry in own if entry.name != "INFORMATION_SCHEMA"}
    tables = [entry for entry in own if entry.kind == "TABLE"]
    for entry, (rows, content) in zip(tables, _contents(engine, tables), strict=True):
        found[_name(catalog, entry)] |= {"rows": rows, "content": content}
    for entry in own:
        files = [f"{file.path} {file.etag}" for file in stages.files(entry.physical)] if entry.kind == "STAGE" else []
        if files:
            found[_name(catalog, entry)]["files"] = files
    account = [_granted(catalog, grant) for grant in catalog.grants.on(ACCOUNT)]
    parameters = found.pop(f"ACCOUNT {ACCOUNT_NAME}", {"owner": "", "comment": ""})
    return {**found, "ACCOUNT": {**parameters, "grants": sorted(account)}}


def _described(catalog: Catalog, entry: Entry) -> dict[str, Any]:
    grants = [_granted(catalog, grant) for grant in (*catalog.grants.on(entry.id), *catalog.grants.future(entry.id))]
    owner = catalog.get(entry.owner)
    stated = {key: _stated(catalog, key, value) for key, value in entry.properties.items() if key not in CHANCE}
    return {
        **{key: value for key, value in stated.items() if value not in (None, "", [], {})},
        "owner": _name(catalog, owner) if owner else "",
        "comment": entry.comment,
        "grants": sorted(grants),
    }


def _stated(catalog: Catalog, key: str, value: Any) -> Any:
    """A value with the names of objects for their ids, and without what is chance."""
    if isinstance(value, Mapping):
        return {name: _stated(catalog, name, part) for name, part in value.items() if name not in CHANCE}
    if isinstance(value, list | tuple):
        return [_stated(catalog, key, part) for part in value]
    if key == "password":
        return value is not None  # its hash is salted: another one each time
    if key in REFERENCES and isinstance(value, int) and not isinstance(value, bool):
        referred = catalog.get(value)
        return _name(catalog, referred) if referred else None
    return _SYSTEM if isinstance(value, str) and value.startswith(_SYSTEM) else value


def _granted(catalog: Catalog, grant: Grant) -> str:
    grantee = catalog.get(grant.grantee)
    on = f" on future {grant.future}" if grant.future else ""
    option = " with grant option" if grant.grantable else ""
    return f"{grant.privilege}{on} to {_name(catalog, grantee) if grantee else '?'}{option}"


def _name(catalog: Catalog, entry: Entry) -> str:
    return f"{entry.kind} {dotted(catalog.path(entry))}"


def _contents(engine: Engine, tables: Iterable[Entry]) -> list[tuple[int, str]]:
    """How many rows each table has, and a sum over them that does not mind their order."""
    connection = engine.connect()
    try:
        return [_content(connection, entry) for entry in tables]
    finally:
        connection.close()


def _content(connection: Any, entry: Entry) -> tuple[int, str]:
    text = f'select count(*), coalesce(sum(hash(t)), 0)::varchar from main."{entry.physical}" t'
    rows, content = connection.execute(text).fetchone()
    return int(rows), str(content)
