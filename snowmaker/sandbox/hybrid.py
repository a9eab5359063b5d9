"""What hybrid tables have besides other tables: indexes, and what is not for them.

In the catalog such a table is a TABLE with the property `hybrid`: most statements on tables are on these too. Its keys
are recorded, not enforced, and so nothing can be written to it here.
https://docs.snowflake.com/en/user-guide/tables-hybrid
https://docs.snowflake.com/en/user-guide/tables-hybrid-limitations
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Catalog, Entry
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.constraints import FOREIGN, PRIMARY, Constraint, constraints_of
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.sqlerror import SqlError

# https://docs.snowflake.com/en/sql-reference/sql/create-index: types of columns that no index can be on
_NOT_INDEXED = ("GEOGRAPHY", "GEOMETRY", "ARRAY", "OBJECT", "VARIANT", "VECTOR")


@dataclass(frozen=True)
class Index:
    """An index on a hybrid table; a key has one too. `included` are columns that are stored with it."""

    name: str
    columns: tuple[str, ...]
    included: tuple[str, ...] = ()
    unique: bool = False
    created_on: str = ""


def refuse_hybrid(entry: Entry, what: str) -> None:
    """Refuse what Snowflake does not do with hybrid tables."""
    if entry.get("hybrid"):
        raise SqlError(391411, "0A000", f"This feature is not supported for hybrid tables: '{what}'.")


def refuse_writing(entry: Entry) -> None:
    """Refuse to write where keys are to be enforced."""
    if entry.get("hybrid"):
        raise sqlerror.unsupported("writing to hybrid tables: their keys are recorded, not enforced")


# -- as statements declare them ------------------------------------------------------------------------


def read_index(parser: Parser) -> Index:
    """`name (column, …) [INCLUDE (column, …)]`"""
    name = parser.identifier()
    return Index(name, *read_index_columns(parser))


def read_index_columns(parser: Parser) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of an index, and those that it includes."""
    parser.expect_operator("(")
    columns = parser.items(parser.identifier)
    included: tuple[str, ...] = ()
    if parser.accept("INCLUDE"):
        parser.expect_operator("(")
        included = parser.items(parser.identifier)
    return columns, included


# -- on a table ----------------------------------------------------------------------------------------


def own_indexes(entry: Entry) -> list[Index]:
    """The secondary indexes, in the order they were made."""
    return [
        Index(**{**each, "columns": tuple(each["columns"]), "included": tuple(each["included"])})
        for each in entry.get("indexes", ())
    ]


def with_index(entry: Entry, wanted: Index) -> Entry:
    """The table with one more index. Raises SqlError for one that it cannot have."""
    known = own_indexes(entry)
    if any(each.name == wanted.name for each in known):
        raise sqlerror.already_exists(wanted.name)
    if any(each.columns == wanted.columns for each in known):
        raise sqlerror.malformed(f"An index on ({', '.join(wanted.columns)}) already exists.")
    refuse_types(entry, (*wanted.columns, *wanted.included))
    made = replace(wanted, created_on=datetime.now(UTC).isoformat())
    return _with_indexes(entry, [*known, made])


def without_index(entry: Entry, name: str) -> Entry:
    """The table without an index. Raises 002003."""
    left = [each for each in own_indexes(entry) if each.name != name]
    if len(left) == len(own_indexes(entry)):
        raise sqlerror.does_not_exist("Index", f"{entry.name}.{name}", container=True)
    return _with_indexes(entry, left)


def _with_indexes(entry: Entry, found: Iterable[Index]) -> Entry:
    return replace(entry, properties={**entry.properties, "indexes": [asdict(each) for each in found]})


def refuse_indexed(entry: Entry, column: str) -> None:
    """A column that an index has can be neither dropped nor renamed."""
    for each in own_indexes(entry):
        if column in (*each.columns, *each.included):
            raise sqlerror.malformed(f"Column '{column}' is in the index '{each.name}'.")


def refuse_types(entry: Entry, names: Sequence[str]) -> None:
    """Refuse an index or a key on columns that are not there, or of types that none can be on."""
    known = {each.name: each.type for each in columns_of(entry)}
    for name in names:
        if name not in known:
            raise SqlError(904, "42000", f"SQL compilation error:\ncolumn '{name}' does not exist")
        if known[name].wire in _NOT_INDEXED:
            raise sqlerror.malformed(f"Column '{name}' of type {known[name].wire} cannot be in an index.")


def all_indexes(catalog: Catalog, entry: Entry) -> list[Index]:
    """The indexes that the keys bring, and the secondary ones."""
    return [*(_of_key(catalog, entry, each) for each in constraints_of(entry)), *own_indexes(entry)]


def _of_key(catalog: Catalog, entry: Entry, key: Constraint) -> Index:
    """The names are as Snowflake makes them: SYS_INDEX_T_PRIMARY, SYS_INDEX_T_UNIQUE_A_B …"""
    parts = ["SYS_INDEX", entry.name, key.kind.replace(" ", "_").removesuffix("_KEY")]
    if key.kind == FOREIGN:
        table = catalog.get(key.table)
        parts[-1:] = ["FOREIGN_KEY", *key.columns, table.name if table else "", *key.references]
    elif key.kind != PRIMARY:
        parts += key.columns
    return Index("_".join(parts), key.columns, (), key.is_key, key.created_on)
