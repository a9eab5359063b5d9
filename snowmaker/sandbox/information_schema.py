"""INFORMATION_SCHEMA, as Arrow tables made of the catalog when a query reads them.

https://docs.snowflake.com/en/sql-reference/info-schema: each shows only what the roles in force may see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.arrow import FLAG, FLOAT, NUMBER, TEXT, TIME, Spec, table
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.datatypes import BOOLEAN, FIXED, TIMESTAMP_LTZ, DataType
from snowmaker.sandbox.datatypes import TEXT as TEXT_TYPE

if TYPE_CHECKING:
    from snowmaker.sandbox.context import Context

NAME = "INFORMATION_SCHEMA"
# https://docs.snowflake.com/en/sql-reference/snowflake-db: what Snowflake keeps of the whole account, hours later
_SHARED = ("ACCOUNT_USAGE", "READER_ACCOUNT_USAGE", "ORGANIZATION_USAGE", "DATA_SHARING_USAGE", "CORE", "ALERT", "ML")

Rows = Callable[["Context", Entry], Sequence[Sequence[Any]]]
_VIEWS: dict[str, tuple[Spec, Rows]] = {}


def view(name: str, spec: Spec) -> Callable[[Rows], Rows]:
    """Register what a view of INFORMATION_SCHEMA gives for a database."""

    def register(rows: Rows) -> Rows:
        _VIEWS[name] = (spec, rows)
        return rows

    return register


def relation(context: Context, name: tuple[str, ...]) -> Any:
    """The Arrow table of an INFORMATION_SCHEMA view, or None when `name` is of another schema."""
    from snowmaker.sandbox import information_views

    assert information_views
    if len(name) == 3 and name[0] == "SNOWFLAKE" and name[1] in _SHARED:
        raise sqlerror.unsupported(".".join(name))
    if len(name) > 1:
        inside = name[-2] == NAME
    else:
        inside = context.session.schema is not None and context.session.schema.name == NAME
    if not inside:
        return None
    database = context.database(name[0]) if len(name) == 3 else context.current_database()
    found = _VIEWS.get(name[-1])
    if found is None:
        raise _unknown(name)
    spec, rows = found
    return table(spec, rows(context, database))


def entries(schema: Entry) -> list[Entry]:
    """The views as objects of the schema: the system's, which everyone may read and nobody change."""
    from snowmaker.sandbox import information_views

    assert information_views
    return [_entry(schema, name, number) for number, name in enumerate(sorted(_VIEWS), 1)]


def entry(schema: Entry, name: str) -> Entry | None:
    """One of them."""
    return next((each for each in entries(schema) if each.name == name), None)


_TYPES = {TEXT: TEXT_TYPE, NUMBER: FIXED, TIME: TIMESTAMP_LTZ, FLAG: BOOLEAN, FLOAT: DataType("REAL")}


def _entry(schema: Entry, name: str, number: int) -> Entry:
    columns = [{"name": column, "type": _TYPES[kind].to_json()} for column, kind in _VIEWS[name][0]]
    properties = {"columns": columns, "text": "", "query": ""}
    return Entry(-number, "VIEW", name, schema.id, created_on=schema.created_on, properties=properties)


def _unknown(name: tuple[str, ...]) -> sqlerror.SqlError:
    if name[-1] in _REFUSED:
        return sqlerror.unsupported(f"{NAME}.{name[-1]}")
    return sqlerror.does_not_exist("Object", ".".join(name))


# https://docs.snowflake.com/en/sql-reference/info-schema#list-of-views: those that are refused by name
_REFUSED = frozenset((
    "APPLICATION_CONFIGURATIONS", "APPLICATION_SPECIFICATIONS", "BACKUP_POLICIES", "BACKUP_SETS", "BACKUPS",
    "CLASS_INSTANCE_FUNCTIONS", "CLASS_INSTANCE_PROCEDURES", "CLASS_INSTANCES", "CLASSES", "CORTEX_SEARCH_SERVICES",
    "CURRENT_PACKAGES_POLICY", "ELEMENT_TYPES", "EVENT_TABLES", "EXTERNAL_TABLES", "FIELDS", "GIT_REPOSITORIES",
    "HYBRID_TABLES", "INDEX_COLUMNS", "INDEXES", "MODEL_VERSIONS", "NOTEBOOKS", "PACKAGES", "REPLICATION_DATABASES",
    "REPLICATION_GROUPS", "SEMANTIC_DIMENSIONS", "SEMANTIC_FACTS", "SEMANTIC_METRICS", "SEMANTIC_RELATIONSHIPS",
    "SEMANTIC_TABLES", "SEMANTIC_VIEWS", "SERVICES", "SHARES", "STREAMLITS", "TABLE_STORAGE_METRICS", "TYPES",
))  # fmt: skip


def table_function(context: Context, name: str, arguments: Sequence[Any]) -> Any:
    """A table function of INFORMATION_SCHEMA that no module has registered: refused by name.

    https://docs.snowflake.com/en/sql-reference/info-schema#list-of-table-functions
    """
    raise sqlerror.unsupported(f"{NAME}.{name}()")
