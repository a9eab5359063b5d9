"""Columns of tables and views: how they are declared, kept in the catalog, and made in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.parser import Parser

# Words at which a column's DEFAULT expression ends
_STOPS = (
    "NOT", "NULL", "COMMENT", "UNIQUE", "PRIMARY", "REFERENCES", "FOREIGN", "CONSTRAINT", "AUTOINCREMENT",
    "IDENTITY", "COLLATE", "WITH", "MASKING", "TAG",
)  # fmt: skip


@dataclass(frozen=True)
class TableColumn:
    """`default` is SQL as written; `sequence` the DuckDB sequence behind AUTOINCREMENT, `identity` its text."""

    name: str
    type: DataType
    nullable: bool = True
    default: str | None = None
    comment: str = ""
    identity: str = ""
    sequence: str = ""
    primary: bool = False
    unique: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def columns_of(entry: Entry) -> list[TableColumn]:
    """The columns of a table or view, in order."""
    return [TableColumn(**{**each, "type": DataType(**each["type"])}) for each in entry.get("columns", ())]


def with_columns(entry: Entry, columns: Sequence[TableColumn]) -> Entry:
    return replace(entry, properties={**entry.properties, "columns": [each.to_json() for each in columns]})


def read_columns(parser: Parser) -> tuple[list[TableColumn], list[dict[str, Any]]]:
    """The bracketed list of a CREATE TABLE, whose opening bracket is taken: columns and constraints."""
    columns: list[TableColumn] = []
    constraints: list[dict[str, Any]] = []
    while True:
        if constraint := _table_constraint(parser):
            constraints.append(constraint)
        else:
            columns.append(read_column(parser))
        if parser.accept_operator(")"):
            break
        parser.expect_operator(",")
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise sqlerror.SqlError(2025, "42601", f"SQL compilation error:\nduplicate column name '{name}'")
    return _marked(columns, constraints), constraints


def read_column(parser: Parser) -> TableColumn:
    """One column: https://docs.snowflake.com/en/sql-reference/sql/create-table"""
    name = parser.identifier()
    column = TableColumn(name, parser.data_type())
    while (changed := _property(parser, column)) is not None:
        column = changed
    return column


def _property(parser: Parser, column: TableColumn) -> TableColumn | None:
    """The column with the next property of its declaration; None where it ends."""
    if parser.accept("NOT", "NULL"):
        return replace(column, nullable=False)
    if parser.accept("NULL"):
        return replace(column, nullable=True)
    if parser.accept("DEFAULT"):
        return replace(column, default=parser.expression(*_STOPS))
    if parser.choice("AUTOINCREMENT", "IDENTITY"):
        return replace(column, identity=_identity(parser), nullable=False)
    if parser.accept("COMMENT"):
        return replace(column, comment=parser.string())
    if parser.accept("COLLATE"):
        parser.string()
        return column
    if parser.accept("CONSTRAINT"):
        parser.identifier()
    if parser.accept("PRIMARY", "KEY"):
        _enforcement(parser)
        return replace(column, primary=True, nullable=False)
    if parser.accept("UNIQUE"):
        _enforcement(parser)
        return replace(column, unique=True)
    if parser.accept("FOREIGN", "KEY") or parser.at("REFERENCES"):
        _references(parser)
        return column
    return None


def _identity(parser: Parser) -> str:
    """AUTOINCREMENT [ (start, step) | START n INCREMENT m ] [ ORDER | NOORDER ]"""
    start, step = 1, 1
    if parser.accept_operator("("):
        start, step = parser.items(parser.integer)
    elif parser.accept("START"):
        parser.accept("WITH")
        parser.accept_operator("=")
        start = parser.integer()
    if parser.accept("INCREMENT"):
        parser.accept("BY")
        parser.accept_operator("=")
        step = parser.integer()
    order = parser.choice("NOORDER", "ORDER") or "NOORDER"
    return f"IDENTITY START {start} INCREMENT {step} {order}"


def _table_constraint(parser: Parser) -> dict[str, Any] | None:
    """https://docs.snowflake.com/en/sql-reference/constraints-overview: kept, and not enforced."""
    name = ""
    if parser.accept("CONSTRAINT"):
        name = parser.identifier()
    kind = parser.choice("PRIMARY KEY", "UNIQUE", "FOREIGN KEY")
    if kind is None:
        if name:
            raise parser.unexpected()
        return None
    parser.expect_operator("(")
    columns = parser.items(parser.identifier)
    if kind == "FOREIGN KEY":
        _references(parser)
    else:
        _enforcement(parser)
    return {"kind": kind, "name": name, "columns": list(columns)}


def _references(parser: Parser) -> None:
    parser.expect("REFERENCES")
    parser.name()
    if parser.accept_operator("("):
        parser.items(parser.identifier)
    if parser.accept("MATCH") and not parser.choice("FULL", "SIMPLE", "PARTIAL"):
        raise parser.unexpected()
    while parser.accept("ON"):
        if not parser.choice("UPDATE", "DELETE"):
            raise parser.unexpected()
        if not parser.choice("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"):
            raise parser.unexpected()
    _enforcement(parser)


def _enforcement(parser: Parser) -> None:
    words = (
        "NOT ENFORCED", "ENFORCED", "NOT DEFERRABLE", "DEFERRABLE", "INITIALLY DEFERRED", "INITIALLY IMMEDIATE",
        "ENABLE", "DISABLE", "VALIDATE", "NOVALIDATE", "RELY", "NORELY",
    )  # fmt: skip
    while parser.choice(*words):
        pass


def _marked(columns: list[TableColumn], constraints: list[dict[str, Any]]) -> list[TableColumn]:
    known = {column.name: column for column in columns}
    for constraint in constraints:
        for name in constraint["columns"]:
            if name not in known:
                raise sqlerror.invalid_identifier(name)
            if constraint["kind"] == "PRIMARY KEY":
                known[name] = replace(known[name], primary=True, nullable=False)
            elif constraint["kind"] == "UNIQUE":
                known[name] = replace(known[name], unique=True)
    return list(known.values())


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def make_table(context: Context, ddl: Ddl, table: Entry, *, temporary: bool = False) -> Entry:
    """Create the table in DuckDB. Returns the entry, its identity columns with their sequences."""
    columns = []
    for number, column in enumerate(columns_of(table)):
        if column.identity:
            sequence = f"{table.physical}_{number}"
            _, _, start, _, step, _ = column.identity.split()
            temp = "temp " if temporary else ""
            ddl.run(f'create {temp}sequence "{sequence}" start with {start} increment by {step}')
            column = replace(column, sequence=sequence)
        columns.append(column)
    body = ", ".join(declaration(context, column) for column in columns)
    where = "temp.main." if temporary else ""
    ddl.run(f"create {'temp ' if temporary else ''}table {where}{quoted(table.physical)} ({body})")
    return with_columns(table, columns)


def declaration(context: Context, column: TableColumn) -> str:
    """A column as DuckDB declares it. Keys are not: Snowflake does not enforce them."""
    parts = [quoted(column.name), column.type.stored]
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

    return default_expression(context, column.default or "null", column.type)
