"""ALTER TABLE: https://docs.snowflake.com/en/sql-reference/sql/alter-table"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import (
    TableColumn,
    columns_of,
    declaration,
    default_sql,
    quoted,
    read_column,
    with_columns,
)
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.kinds import change, find, missing, rename, with_options
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.database import renamed_keys, renamed_options
from snowmaker.sandbox.statements.table import OPTIONS, TABLE

Alteration = Callable[[Ddl, Entry], Entry]


@statement("ALTER", "TABLE")
def _alter(context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = parser.name()
    if parser.accept("RENAME", "TO"):
        target = parser.name()
        parser.end()
        return rename(context, TABLE, name, target, optional)
    if parser.accept("SWAP", "WITH"):
        other = parser.name()
        parser.end()
        return _swap(context, name, other)
    if parser.accept("SET"):
        options = renamed_options(parser.options(OPTIONS, "TABLE"))
        if not options:
            raise sqlerror.unsupported(f"ALTER TABLE … SET {parser.peek().value}")
        parser.end()
        return change(context, TABLE, name, optional, lambda entry: with_options(entry, options))
    if parser.accept("UNSET"):
        keys = renamed_keys(parser.keys(OPTIONS, "TABLE"))
        parser.end()
        return change(context, TABLE, name, optional, lambda entry: with_options(entry, {}, keys))
    if parser.accept("CLUSTER", "BY"):
        key = {"CLUSTER_BY": f"LINEAR({parser.bracketed()})"}
        parser.end()
        return change(context, TABLE, name, optional, lambda entry: with_options(entry, key))
    if parser.accept("DROP", "CLUSTERING", "KEY"):
        parser.end()
        return change(context, TABLE, name, optional, lambda entry: with_options(entry, {}, ("CLUSTER_BY",)))
    return _columns(context, name, optional, _alteration(context, parser))


@statement("COMMENT", "ON", "COLUMN")
def _comment_on_column(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/comment"""
    *table, column = parser.name(4)
    parser.expect("IS")
    text = parser.string()
    parser.end()
    if not table:
        raise sqlerror.invalid_identifier(column)

    def alter(_: Ddl, entry: Entry) -> Entry:
        columns = columns_of(entry)
        known = _column(columns, column)
        return with_columns(entry, [replace(each, comment=text) if each is known else each for each in columns])

    return _columns(context, tuple(table), False, alter)


def _alteration(context: Context, parser: Parser) -> Alteration:
    """The column clauses, read to the statement's end."""
    if parser.accept("ADD"):
        return _add(context, parser)
    if parser.accept("RENAME", "COLUMN"):
        return _rename_column(parser)
    if parser.accept("DROP"):
        return _drop(parser)
    if parser.choice("ALTER", "MODIFY"):
        return _modify(context, parser)
    raise sqlerror.unsupported(f"ALTER TABLE … {parser.peek().value}")


def _columns(context: Context, name: Name, optional: bool, alter: Alteration) -> Result:
    """Change a table's columns, when no transaction is writing."""
    session = context.session
    session.commit()
    if not session.engine.writers.acquire(session, float(session.parameter("LOCK_TIMEOUT")), session.check):
        raise SqlError(625, "57014", "Statement has been aborted: the wait for a lock exceeded LOCK_TIMEOUT.")
    try:
        with context.ddl() as ddl:
            try:
                entry = find(context, TABLE, name)
            except SqlError as error:
                if optional and missing(error):
                    return status(SUCCESS)
                raise
            changed = alter(ddl, entry)
            if not entry.get("temporary"):
                ddl.put(changed)
        if entry.get("temporary"):
            session.temporary[(changed.parent, changed.name)] = changed
    finally:
        session.engine.writers.release(session)
    return status(SUCCESS)


def _swap(context: Context, name: Name, other: Name) -> Result:
    with context.ddl() as ddl:
        first, second = find(context, TABLE, name), find(context, TABLE, other)
        ddl.put(replace(first, name=second.name, parent=second.parent))
        ddl.put(replace(second, name=first.name, parent=first.parent))
    return status(SUCCESS)


def _column(columns: list[TableColumn], name: str) -> TableColumn:
    for column in columns:
        if column.name == name:
            return column
    raise SqlError(904, "42000", f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{name}'")


def _add(context: Context, parser: Parser) -> Alteration:
    """ADD [COLUMN] [IF NOT EXISTS] c T …, [IF NOT EXISTS] …"""
    if any(parser.at(*words.split()) for words in ("CONSTRAINT", "PRIMARY KEY", "UNIQUE", "FOREIGN KEY")):
        raise sqlerror.unsupported("ALTER TABLE … ADD CONSTRAINT")
    if any(parser.at(word) for word in ("SEARCH", "ROW")):
        raise sqlerror.unsupported(f"ALTER TABLE … ADD {parser.peek().value}")

    def one() -> tuple[bool, TableColumn]:
        parser.accept("COLUMN")
        return parser.if_not_exists(), read_column(parser)

    wanted = parser.list_of(one)
    parser.end()

    def alter(ddl: Ddl, entry: Entry) -> Entry:
        columns = columns_of(entry)
        for optional, column in wanted:
            if any(each.name == column.name for each in columns):
                if optional:
                    continue
                raise SqlError(1430, "42601", f"SQL compilation error:\ncolumn '{column.name}' already exists")
            columns.append(_added(context, ddl, entry, column))
        return with_columns(entry, columns)

    return alter


def _added(context: Context, ddl: Ddl, entry: Entry, column: TableColumn) -> TableColumn:
    if column.identity:
        raise sqlerror.unsupported("ALTER TABLE … ADD COLUMN … AUTOINCREMENT")
    bare = not column.nullable and column.default is None
    if bare and ddl.run(f"select 1 from {quoted(entry.physical)} limit 1"):
        raise SqlError(
            2262,
            "42601",
            f"SQL compilation error:\nNon-nullable column '{column.name}' cannot be added to non-empty table without "
            "a default.",
        )
    ddl.run(f"alter table {quoted(entry.physical)} add column {declaration(context, column)}")
    return column


def _rename_column(parser: Parser) -> Alteration:
    old = parser.identifier()
    parser.expect("TO")
    new = parser.identifier()
    parser.end()

    def alter(ddl: Ddl, entry: Entry) -> Entry:
        columns = columns_of(entry)
        column = _column(columns, old)
        if any(each.name == new for each in columns):
            raise SqlError(1430, "42601", f"SQL compilation error:\ncolumn '{new}' already exists")
        ddl.run(f"alter table {quoted(entry.physical)} rename column {quoted(old)} to {quoted(new)}")
        return with_columns(entry, [replace(each, name=new) if each is column else each for each in columns])

    return alter


def _drop(parser: Parser) -> Alteration:
    if any(parser.at(*words.split()) for words in ("CONSTRAINT", "PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "ROW")):
        raise sqlerror.unsupported(f"ALTER TABLE … DROP {parser.peek().value}")
    parser.accept("COLUMN")
    optional = parser.if_exists()
    names = parser.list_of(parser.identifier)
    parser.end()

    def alter(ddl: Ddl, entry: Entry) -> Entry:
        columns = columns_of(entry)
        for name in names:
            if optional and all(each.name != name for each in columns):
                continue
            column = _column(columns, name)
            ddl.run(f"alter table {quoted(entry.physical)} drop column {quoted(name)}")
            columns = [each for each in columns if each is not column]
        return with_columns(entry, columns)

    return alter


def _modify(context: Context, parser: Parser) -> Alteration:
    """ALTER | MODIFY [COLUMN] c action, [COLUMN] c action …, also in brackets.

    https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
    """

    def one() -> tuple[str, Callable[[Ddl, Entry, TableColumn], TableColumn]]:
        parser.accept("COLUMN")
        return parser.identifier(), _column_action(context, parser)

    wanted = parser.items(one) if parser.accept_operator("(") else parser.list_of(one)
    parser.end()

    def alter(ddl: Ddl, entry: Entry) -> Entry:
        columns = columns_of(entry)
        for name, action in wanted:
            column = _column(columns, name)
            columns[columns.index(column)] = action(ddl, entry, column)
        return with_columns(entry, columns)

    return alter


def _column_action(context: Context, parser: Parser) -> Callable[[Ddl, Entry, TableColumn], TableColumn]:
    if parser.accept("COMMENT"):
        text = parser.string()
        return lambda _ddl, _entry, column: replace(column, comment=text)
    if parser.accept("UNSET", "COMMENT"):
        return lambda _ddl, _entry, column: replace(column, comment="")
    if parser.accept("DROP", "NOT", "NULL"):
        return lambda ddl, entry, column: _set_nullable(ddl, entry, column, True)
    if parser.accept("SET", "NOT", "NULL") or parser.accept("NOT", "NULL"):
        return lambda ddl, entry, column: _set_nullable(ddl, entry, column, False)
    if parser.accept("DROP", "DEFAULT"):
        return _drop_default
    if parser.accept("SET", "DEFAULT"):
        raise sqlerror.unsupported("ALTER COLUMN … SET DEFAULT (Snowflake changes only a sequence there)")
    if any(parser.at(*words) for words in (("SET", "MASKING"), ("UNSET", "MASKING"), ("SET", "TAG"))):
        raise sqlerror.unsupported("ALTER COLUMN … MASKING POLICY | TAG")
    parser.accept("SET", "DATA")
    parser.accept("TYPE")
    kind = parser.data_type()
    return lambda ddl, entry, column: _retype(context, ddl, entry, column, kind)


def _set_nullable(ddl: Ddl, entry: Entry, column: TableColumn, nullable: bool) -> TableColumn:
    word = "drop" if nullable else "set"
    ddl.run(f"alter table {quoted(entry.physical)} alter {quoted(column.name)} {word} not null")
    return replace(column, nullable=nullable)


def _drop_default(ddl: Ddl, entry: Entry, column: TableColumn) -> TableColumn:
    ddl.run(f"alter table {quoted(entry.physical)} alter {quoted(column.name)} drop default")
    return replace(column, default=None)


def _retype(context: Context, ddl: Ddl, entry: Entry, column: TableColumn, kind: DataType) -> TableColumn:
    """Only widening, and narrowing a number's precision, are allowed."""
    old = column.type
    fine = old.wire == kind.wire and (
        (kind.wire == "TEXT" and (kind.length or 0) >= (old.length or 0))
        or (kind.wire == "FIXED" and kind.scale == old.scale)
        or old == kind
    )
    if not fine:
        raise SqlError(
            2108, "22000", f"SQL compilation error:\ncannot change column {column.name} from type {old} to {kind}"
        )
    if old.stored != kind.stored:
        changed = replace(column, type=kind)
        table = quoted(entry.physical)
        if column.default is not None:
            ddl.run(f"alter table {table} alter {quoted(column.name)} drop default")
        ddl.run(f"alter table {table} alter {quoted(column.name)} type {kind.stored}")
        if column.default is not None:
            ddl.run(f"alter table {table} alter {quoted(column.name)} set default {default_sql(context, changed)}")
    return replace(column, type=kind)
