"""Columns of tables and views: how they are declared, kept in the catalog, and made in DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.collation import duckdb_collation
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.sql.bound import quoted


@dataclass(frozen=True)
class TableColumn:
    """`default` is SQL as written; `sequence` the DuckDB sequence behind AUTOINCREMENT, `identity` its text.

    `sequence_id` is the sequence whose next value is the default; `expression` what a virtual column is made of;
    `added` says that the column came with ALTER TABLE; `tags` are values by the ids of tags.
    """

    name: str
    type: DataType
    nullable: bool = True
    default: str | None = None
    comment: str = ""
    identity: str = ""
    sequence: str = ""
    stored: str = ""
    sequence_id: int = 0
    collation: str = ""
    expression: str = ""
    added: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown_type(self) -> str:
        """The type with its collation, as DESCRIBE writes it."""
        return f"{self.type} COLLATE '{self.collation}'" if self.collation else str(self.type)

    @property
    def physical(self) -> str:
        """What DuckDB calls it: another name only where two columns differ in nothing but case."""
        return self.stored or self.name

    def to_json(self) -> dict[str, Any]:
        """What the catalog keeps: what differs from a column of which nothing was said."""
        kept = {key: value for key, value in self.__dict__.items() if value != _UNSAID.get(key)}
        return {**kept, "type": self.type.to_json()}


_UNSAID = {each.name: each.default for each in fields(TableColumn)} | {"tags": {}}


def columns_of(entry: Entry) -> list[TableColumn]:
    """The columns of a table or view, in order. They are read once of each entry, which never changes."""
    known: tuple[TableColumn, ...] | None = entry.__dict__.get("_columns")
    if known is None:
        known = tuple(_read(each) for each in entry.get("columns", ()))
        entry.__dict__["_columns"] = known
    return list(known)


def _read(stored: Mapping[str, Any]) -> TableColumn:
    kept = {key: value for key, value in stored.items() if key in _UNSAID}
    return TableColumn(**{**kept, "type": DataType(**stored["type"])})


def with_columns(entry: Entry, columns: Sequence[TableColumn]) -> Entry:
    """The table or view with these columns in place of its own."""
    return replace(entry, properties={**entry.properties, "columns": [each.to_json() for each in columns]})


def written(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns that hold values: all but virtual ones."""
    return [each for each in columns if not each.expression]


def make_table(
    context: Context, ddl: Ddl, table: Entry, *, temporary: bool = False, starts: Mapping[str, int] | None = None
) -> Entry:
    """Create the table in DuckDB. Returns the entry, its identity columns with their sequences.

    `starts` are where identity columns go on, by name, which otherwise begin where they were declared to.
    """
    columns = []
    for number, column in enumerate(apart(columns_of(table))):
        if column.identity and not column.sequence:
            name = f"{table.physical}_{number}"
            make_identity(ddl, name, column, (starts or {}).get(column.name), temporary=temporary)
            column = replace(column, sequence=name)
        columns.append(column)
    parts = [declaration(context, column) for column in columns]
    parts += [
        f"check ({condition(context, each['clause'])})" for each in table.get("constraints", ()) if each["clause"]
    ]
    where = "temp.main." if temporary else ""
    ddl.run(f"create {'temp ' if temporary else ''}table {where}{quoted(table.physical)} ({', '.join(parts)})")
    return with_columns(table, columns)


def apart(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns, each with a name of its own in DuckDB, for which "a" and A are the same."""
    taken: set[str] = set()
    found = []
    for number, column in enumerate(columns):
        if column.physical.upper() in taken:
            column = replace(column, stored=f"{column.name}~{number}")
        taken.add(column.physical.upper())
        found.append(column)
    return found


def make_identity(ddl: Ddl, name: str, column: TableColumn, start: int | None, *, temporary: bool) -> None:
    """The sequence behind an identity column."""
    _, _, declared, _, step, _ = column.identity.split()
    ddl.run(
        f'create {"temp " if temporary else ""}sequence "{name}" increment by {step} '
        f"minvalue -9223372036854775808 maxvalue 9223372036854775807 start with {declared if start is None else start}"
    )


def declaration(context: Context, column: TableColumn) -> str:
    """A column as DuckDB declares it. Keys are not: Snowflake does not enforce them."""
    parts = [quoted(column.physical), column.type.stored]
    if collation := duckdb_collation(column.collation):
        parts.append(f"collate {collation}")
    if column.expression:
        return " ".join([*parts, f"generated always as ({value_of_column(context, column)}) virtual"])
    if column.sequence:
        parts.append(f"default nextval('{column.sequence}')")
    elif column.default is not None:
        parts.append(f"default {default_sql(context, column)}")
    if not column.nullable:
        parts.append("not null")
    return " ".join(parts)


def default_sql(context: Context, column: TableColumn) -> str:
    """A DEFAULT in DuckDB's words; CURRENT_TIMESTAMP stays a function."""
    from snowmaker.sandbox.query import default_expression

    if column.sequence_id:
        return f"nextval('o{column.sequence_id}')"
    return default_expression(context, column.default or "null", column.type)


def value_of_column(context: Context, column: TableColumn) -> str:
    """What a virtual column is made of, in DuckDB's words."""
    from snowmaker.sandbox.query import default_expression

    return default_expression(context, column.expression, column.type)


def condition(context: Context, text: str) -> str:
    """The condition of a CHECK, in DuckDB's words."""
    from snowmaker.sandbox.datatypes import BOOLEAN
    from snowmaker.sandbox.query import default_expression

    return default_expression(context, text, BOOLEAN)
