"""TABLE: https://docs.snowflake.com/en/sql-reference/sql/create-table"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import (
    TableColumn,
    columns_of,
    make_table,
    quoted,
    read_columns,
    with_columns,
)
from snowmaker.sandbox.context import Context, Place, dotted
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.information_schema import rows_in
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    created,
    exists,
    new,
    number,
    register,
    retention,
    texts,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.query import columns_of as query_columns
from snowmaker.sandbox.query import prepare, using
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.statements.database import renamed_options

OPTIONS = {
    "COMMENT": Parser.string,
    "DATA_RETENTION_TIME_IN_DAYS": Parser.integer,
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": Parser.integer,
    "CHANGE_TRACKING": Parser.boolean,
    "DEFAULT_DDL_COLLATION": Parser.string,
    "ENABLE_SCHEMA_EVOLUTION": Parser.boolean,
}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    database, schema = context.catalog.path(entry)[:2]
    kind = "TRANSIENT" if entry.get("transient") else "TEMPORARY" if entry.get("temporary") else "TABLE"
    yes = {True: "Y", False: "N"}
    return (
        entry.created_on, entry.name, database, schema, kind, entry.comment, entry.get("cluster_by", ""),
        rows_in(context, entry), 0, entry.owner, str(retention(context, entry)), "OFF",
        "ON" if entry.get("change_tracking") else "OFF", "N",
        yes[bool(entry.get("enable_schema_evolution"))], "ROLE", "N", "N", "N", "N", "N",
    )  # fmt: skip


TABLE = Kind(
    "TABLE",
    "TABLES",
    "SCHEMA",
    (
        CREATED_ON,
        *texts("name database_name schema_name kind comment cluster_by"),
        number("rows"),
        number("bytes"),
        *texts(
            "owner retention_time automatic_clustering change_tracking is_external enable_schema_evolution "
            "owner_role_type is_event is_hybrid is_iceberg is_dynamic is_immutable"
        ),
    ),
    _row,
    undrop=True,
)
register(TABLE)


@statement("CREATE", "TABLE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "TRANSIENT", "TEMPORARY")
    optional = parser.if_not_exists()
    name = parser.name()
    if parser.accept("CLONE"):
        return _clone(context, parser, name, optional)
    if parser.accept("LIKE"):
        return _like(context, parser, name, optional)
    columns: list[TableColumn] | None = None
    names: tuple[str, ...] = ()
    if parser.accept_operator("("):
        if _names_only(parser):
            names = parser.items(parser.identifier)
        else:
            columns, _ = read_columns(parser)
    options = _options(parser)
    if parser.accept("AS"):
        return _create_as(context, name, optional, columns, names, options, parser.rest())
    parser.end()
    if columns is None:
        raise parser.unexpected()
    entry = _entry(context, context.place(name), columns, options)
    return _store(context, name, optional, entry)


def _names_only(parser: Parser) -> bool:
    """Whether the bracket holds names without types, as before AS SELECT."""
    start = parser.scanner.position
    parser.identifier()
    found = parser.peek().text in (",", ")")
    parser.scanner.position = start
    return found


def _options(parser: Parser) -> dict[str, Any]:
    """What may stand behind the columns; CLUSTER BY among it."""
    options: dict[str, Any] = {}
    while True:
        if parser.accept("CLUSTER", "BY"):
            options["CLUSTER_BY"] = f"LINEAR({parser.bracketed()})"
        elif parser.accept("COPY", "GRANTS"):
            pass
        elif found := renamed_options(parser.options(OPTIONS, "TABLE")):
            options.update(found)
        else:
            return options


def _entry(context: Context, place: Place, columns: list[TableColumn], options: dict[str, Any]) -> Entry:
    entry = with_options(new(context, "TABLE", place.schema.id, place.name), options)
    for word in ("TRANSIENT", "TEMPORARY"):
        if word in context.modifiers:
            entry = with_options(entry, {word: True})
    if place.schema.get("transient") and not entry.get("temporary"):
        entry = with_options(entry, {"TRANSIENT": True})
    if (entry.get("transient") or entry.get("temporary")) and (entry.get("retention") or 0) > 1:
        raise sqlerror.invalid_value(entry.get("retention"), "DATA_RETENTION_TIME_IN_DAYS")
    return with_columns(entry, columns)


def _store(
    context: Context, name: tuple[str, ...], optional: bool, entry: Entry, fill: str = "", values: Any = ()
) -> Result:
    """Make the table, and fill it by an INSERT's source query in DuckDB's words."""
    temporary = bool(entry.get("temporary"))
    if temporary and not _vacant_temporary(context, entry, optional):
        return exists(entry.name)
    if fill and not temporary and not _worth_filling(context, name, optional):
        return exists(entry.name)
    made = _filled(context, entry, fill, values) if fill else None
    try:
        with context.ddl() as ddl:
            if not temporary and not vacant(context, ddl, TABLE, name, optional=optional):
                return _abandoned(context, made, exists(entry.name))
            made = made or make_table(context, ddl, entry, temporary=temporary)
            if not temporary:
                ddl.put(made)
    except SqlError:
        _abandoned(context, made, None)
        raise
    if temporary:
        context.session.temporary[(made.parent, made.name)] = made
    return created("TABLE", entry.name)


def _worth_filling(context: Context, name: tuple[str, ...], optional: bool) -> bool:
    """Whether the name is free, asked before a query runs for long; the answer is not the last word."""
    place = context.place(name)
    if context.catalog.find("RELATION", place.schema.id, place.name) is None or "OR REPLACE" in context.modifiers:
        return True
    if optional:
        return False
    raise sqlerror.already_exists(dotted(name))


def _filled(context: Context, entry: Entry, fill: str, values: Any) -> Entry:
    """The table with its rows, not yet in the catalog: no other DDL waits while they are made."""
    context.session.commit()
    connection = context.session.connection
    work = Ddl(context.catalog, connection)
    connection.execute("begin")
    try:
        made = make_table(context, work, entry, temporary=bool(entry.get("temporary")))
        work.run(f"insert into {quoted(made.physical)} {fill}", values)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return made


def _abandoned(context: Context, made: Entry | None, result: Result | None) -> Result:
    """Another one has won the name: away with what was made for it."""
    if made is not None:
        context.session.connection.execute(f"drop table if exists {quoted(made.physical)}")
    return result or status(SUCCESS)


def _vacant_temporary(context: Context, entry: Entry, optional: bool) -> bool:
    """A temporary table hides a permanent one of its name, and is unique only in its session.

    https://docs.snowflake.com/en/user-guide/tables-temp-transient
    """
    old = context.session.temporary.get((entry.parent, entry.name))
    if old is None:
        return True
    if "OR REPLACE" in context.modifiers:
        context.session.commit()
        context.session.connection.execute(f"drop table temp.main.{quoted(old.physical)}")
        del context.session.temporary[(entry.parent, entry.name)]
        return True
    if optional:
        return False
    raise sqlerror.already_exists(entry.name)


def _create_as(
    context: Context,
    name: tuple[str, ...],
    optional: bool,
    columns: list[TableColumn] | None,
    names: tuple[str, ...],
    options: dict[str, Any],
    text: str,
) -> Result:
    place = context.place(name)
    context.session.commit()
    if columns is None:
        found = query_columns(context, text)
        if names and len(names) != len(found):
            raise sqlerror.malformed(f"Invalid column definition list: {len(names)} names, {len(found)} columns")
        columns = [
            TableColumn(name, column.type)
            for name, column in zip(names or [column.name for column in found], found, strict=True)
        ]
    entry = _entry(context, place, columns, options)
    prepared = prepare(context, text)
    return using(  # type: ignore[no-any-return]
        context, prepared, lambda: _store(context, name, optional, entry, prepared.sql, prepared.values)
    )


def _clone(context: Context, parser: Parser, name: tuple[str, ...], optional: bool) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/create-clone"""
    source = context.find("TABLE", parser.name())
    if parser.at("AT") or parser.at("BEFORE"):
        raise sqlerror.unsupported("CLONE … AT | BEFORE (time travel)")
    options = _options(parser)
    parser.end()
    entry = _copied(context, source, name, options)
    return _store(context, name, optional, entry, f"select * from {quoted(source.physical)}")


def _like(context: Context, parser: Parser, name: tuple[str, ...], optional: bool) -> Result:
    source = context.find("TABLE", parser.name())
    options = _options(parser)
    parser.end()
    return _store(context, name, optional, _copied(context, source, name, options))


def _copied(context: Context, source: Entry, name: tuple[str, ...], options: dict[str, Any]) -> Entry:
    """A new entry like `source`. A clone of a transient table is transient."""
    fresh = [replace(column, sequence="") for column in columns_of(source)]
    entry = _entry(context, context.place(name), fresh, {})
    kept = {k: v for k, v in source.properties.items() if k not in ("columns", "temporary", "transient")}
    properties = {**kept, **entry.properties}
    if source.get("transient"):
        properties["transient"] = True
    return with_options(replace(entry, comment=source.comment, properties=properties), options)


@statement("DESCRIBE", "TABLE")
def _describe(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-table"""
    name = parser.name()
    if parser.accept("TYPE"):
        parser.expect_operator("=")
        if parser.choice("COLUMNS", "STAGE") != "COLUMNS":
            raise sqlerror.unsupported("DESCRIBE TABLE … TYPE = STAGE")
    parser.end()
    place = context.place(name)
    entry = context.look("RELATION", place)
    if entry is None:
        raise sqlerror.does_not_exist("Table", dotted(name))
    return described(entry)


def described(entry: Entry) -> Result:
    """The columns of a table or view, as DESCRIBE gives them."""
    yes = {True: "Y", False: "N"}
    rows = [
        (column.name, str(column.type), "COLUMN", yes[column.nullable], column.identity or column.default,
         yes[column.primary], yes[column.unique], None, None, column.comment or None, None, None, None)
        for column in columns_of(entry)
    ]  # fmt: skip
    columns = (
        "name type kind null? default primary_key unique_key check expression comment policy_name "
        "privacy_domain schema_evolution_record"
    )
    renames = {"primary_key": "primary key", "unique_key": "unique key", "policy_name": "policy name",
               "privacy_domain": "privacy domain", "schema_evolution_record": "schema evolution record"}  # fmt: skip
    named = tuple(replace(each, name=renames.get(each.name, each.name)) for each in texts(columns))
    return Result(named, rows, type_id=DESCRIBE)


@statement("TRUNCATE")
def _truncate_short(context: Context, parser: Parser) -> Result:
    return _truncate(context, parser)


@statement("TRUNCATE", "TABLE")
def _truncate(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/truncate-table: the load history goes too."""
    optional = parser.if_exists()
    name = parser.name()
    parser.end()
    try:
        table = context.find("TABLE", name)
    except sqlerror.SqlError as error:
        if optional and error.code == 2003:
            return status(SUCCESS)
        raise
    connection = context.session.connection

    def empty() -> None:
        connection.execute(f"delete from {quoted(table.physical)}")
        connection.execute("delete from sandbox.loads where table_id = ?", [table.id])

    context.write(empty)
    return status(SUCCESS)
