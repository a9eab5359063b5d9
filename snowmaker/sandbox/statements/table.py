"""TABLE: https://docs.snowflake.com/en/sql-reference/sql/create-table"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from snowmaker.sandbox import constraints, copyoptions, fileformat, kinds, loads, sqlerror
from snowmaker.sandbox.altering import brought_to
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of, with_columns, written
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.copyoptions import read_stage_options
from snowmaker.sandbox.declarations import Body, declared_on, listed_columns, names_only, read_body
from snowmaker.sandbox.grants import Grant
from snowmaker.sandbox.hybrid import refuse_hybrid
from snowmaker.sandbox.infer import template_columns
from snowmaker.sandbox.kinds import CREATED_ON, Kind, created, new, number, register, texts, there, with_options
from snowmaker.sandbox.parameters import readers
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.policies import ON_TABLES, Attached, attach, read_policy
from snowmaker.sandbox.query import assigned, prepare, using
from snowmaker.sandbox.query import columns_of as query_columns
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import DESCRIBE, SUCCESS, Result, status
from snowmaker.sandbox.retaining import checked_retention
from snowmaker.sandbox.sql.bound import quoted
from snowmaker.sandbox.statements.file_format import read_file_format
from snowmaker.sandbox.tables import KINDS, Filling, described, kept_grants, like, shown, store
from snowmaker.sandbox.tags import read_clause


def _unsupported(what: str) -> Any:
    def read(parser: Parser) -> Any:
        raise sqlerror.unsupported(what)

    return read


OPTIONS = {
    "COMMENT": Parser.string,
    "CHANGE_TRACKING": Parser.boolean,
    "ENABLE_SCHEMA_EVOLUTION": Parser.boolean,
    **readers("TABLE"),
    "STAGE_FILE_FORMAT": read_file_format,
    "STAGE_COPY_OPTIONS": read_stage_options,
    "ROW_TIMESTAMP": _unsupported("ROW_TIMESTAMP of a table"),
    "ERROR_LOGGING": _unsupported("ERROR_LOGGING of a table"),
}


def _refuse_referred(context: Context, entry: Entry) -> None:
    """DROP TABLE … RESTRICT, where foreign keys of other tables refer to it.

    https://docs.snowflake.com/en/sql-reference/sql/drop-table
    """
    if constraints.referring(context, entry):
        raise sqlerror.SqlError(3552, "2BP01", "SQL compilation error:\nCannot drop the table because of dependencies")


TABLE = Kind(
    "TABLE",
    "TABLES",
    "SCHEMA",
    (
        CREATED_ON,
        *texts("name database_name schema_name kind comment cluster_by"),
        number("rows"),
        number("bytes"),
        *texts("owner retention_time automatic_clustering change_tracking search_optimization"),
        number("search_optimization_progress"),
        number("search_optimization_bytes"),
        *texts(
            "is_external enable_schema_evolution owner_role_type is_event budget is_hybrid is_iceberg is_dynamic "
            "is_immutable"
        ),
    ),
    lambda context, entry: shown(context, [entry])[0],
    undrop=True,
    shows=KINDS,
    rows=shown,
    restricted=_refuse_referred,
    drops=("DYNAMIC TABLE",),  # https://docs.snowflake.com/en/sql-reference/sql/drop-dynamic-table#usage-notes
)
register(TABLE)


@dataclass
class Clauses:
    """What stands outside the brackets of a CREATE TABLE."""

    options: dict[str, Any] = field(default_factory=dict)
    policies: list[Attached] = field(default_factory=list)
    copy_grants: bool = False

    def on(self, entry: Entry) -> Entry:
        entry = with_options(entry, self.options)
        for policy in self.policies:
            entry = attach(entry, policy)
        return entry


@statement("CREATE", "TABLE")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER", "TRANSIENT", "TEMPORARY")
    optional = kinds.if_not_exists(context, parser)
    name = parser.name()
    optional = optional or kinds.if_not_exists(context, parser)  # here too, which the documentation does not tell
    if parser.accept("CLONE"):
        return _clone(context, parser, name, optional)
    if parser.accept("LIKE"):
        return _like(context, parser, name, optional)
    clauses = Clauses()
    _read_clauses(context, parser, clauses)
    if parser.accept("USING", "TEMPLATE"):
        return _from_template(context, parser, name, optional, clauses)
    body, names = _brackets(context, parser)
    optional = optional or kinds.if_not_exists(context, parser)
    _read_clauses(context, parser, clauses)
    if parser.accept("AS"):
        return _create_as(context, name, optional, _Columns(body, names), clauses, parser.rest())
    parser.end()
    if body is None:
        raise parser.unexpected()
    if "OR ALTER" in context.modifiers and there(context, TABLE, name):
        return _alter(context, name, body, clauses)
    entry = declared_on(context, _entry(context, name, clauses), body)
    return store(context, TABLE, name, optional, entry, grants=_grants(context, name, clauses))


def _brackets(context: Context, parser: Parser) -> tuple[Body | None, tuple[str, ...]]:
    """The columns as declared, or, before AS SELECT, only their names."""
    if not parser.accept_operator("("):
        return None, ()
    if names_only(parser):
        return None, parser.items(parser.identifier)
    return read_body(context, parser), ()


def _read_clauses(context: Context, parser: Parser, found: Clauses) -> None:
    while True:
        if parser.accept("CLUSTER", "BY"):
            found.options["CLUSTER_BY"] = clustering_key(parser)
        elif parser.accept("COPY", "GRANTS"):
            found.copy_grants = True
        elif (policy := read_policy(context, parser, ON_TABLES)) is not None:
            found.policies.append(policy)
        elif (tags := read_clause(context, parser)) is not None:
            found.options["TAGS"] = tags
        elif options := parser.options(OPTIONS, "TABLE"):
            found.options.update(options)
        else:
            _refuse(parser)
            return


def _refuse(parser: Parser) -> None:
    """Clauses that Snowflake has and the sandbox has not."""
    for words in ("COPY TAGS", "WITH CONTACT", "WITH STORAGE LIFECYCLE POLICY", "STORAGE LIFECYCLE POLICY"):
        if parser.at(*words.split()):
            raise sqlerror.unsupported(f"CREATE TABLE … {words}")


def clustering_key(parser: Parser) -> str:
    """`[LINEAR] (a, b)`, as SHOW TABLES writes it."""
    parser.accept("LINEAR")
    return f"LINEAR({parser.bracketed()})"


def _grants(context: Context, name: Name, clauses: Clauses, source: Entry | None = None) -> Sequence[Grant] | None:
    return kept_grants(context, TABLE, name, source) if clauses.copy_grants else None


def _entry(context: Context, name: Name, clauses: Clauses) -> Entry:
    """The table without columns. Tables of a transient schema are transient."""
    place = context.place(name)
    words: dict[str, Any] = {word: True for word in ("TRANSIENT", "TEMPORARY") if word in context.modifiers}
    if place.schema.get("transient") and "TEMPORARY" not in words:
        words["TRANSIENT"] = True
    entry = with_options(new(context, "TABLE", place.schema.id, place.name), words)
    return checked_retention(context, clauses.on(entry))


def _alter(context: Context, name: Name, body: Body, clauses: Clauses) -> Result:
    """CREATE OR ALTER of a table that is there: https://docs.snowflake.com/en/sql-reference/sql/create-or-alter"""
    if clauses.policies or body.policies or "TAGS" in clauses.options or any(each.tags for each in body.columns):
        raise sqlerror.unsupported("CREATE OR ALTER TABLE that changes tags or policies")
    brought_to(context, TABLE, name, body, clauses.options, {*OPTIONS, "CLUSTER_BY"})
    return created("TABLE", name[-1])


@dataclass(frozen=True)
class _Columns:
    """What CREATE TABLE … AS SELECT says of its columns: definitions, or names."""

    body: Body | None
    names: tuple[str, ...]


def _create_as(context: Context, name: Name, optional: bool, columns: _Columns, clauses: Clauses, text: str) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table#create-table-as-select-also-referred-to-as-ctas"""
    entry = _entry(context, name, clauses)
    context.session.commit()
    if columns.body is not None:
        entry = declared_on(context, entry, columns.body)
    else:
        entry = with_columns(entry, listed_columns(query_columns(context, text), columns.names))
    prepared = prepare(context, text)
    filling = Filling(assigned(prepared, written(columns_of(entry))), prepared.values, prepared.readings.values())
    grants = _grants(context, name, clauses)
    return using(  # type: ignore[no-any-return]
        context, prepared, lambda: store(context, TABLE, name, optional, entry, filling, grants)
    )


def _from_template(context: Context, parser: Parser, name: Name, optional: bool, clauses: Clauses) -> Result:
    columns = template_columns(context, parser.bracketed())
    _read_clauses(context, parser, clauses)
    parser.end()
    entry = with_columns(_entry(context, name, clauses), columns)
    return store(context, TABLE, name, optional, entry, grants=_grants(context, name, clauses))


def _clone(context: Context, parser: Parser, name: Name, optional: bool) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/create-clone"""
    source = context.find("TABLE", parser.name(), "SELECT")
    refuse_hybrid(source, "CREATE TABLE CLONE")
    if parser.at("AT") or parser.at("BEFORE"):
        raise sqlerror.unsupported("CLONE … AT | BEFORE (time travel)")
    if source.get("transient") and not context.modifiers & {"TRANSIENT", "TEMPORARY"}:
        raise sqlerror.transient_clone()
    entry, grants = _copied(context, parser, name, source)
    names = ", ".join(quoted(each.physical) for each in written(columns_of(source)))
    filling = Filling(f"select {names} from {quoted(source.physical)}")
    return store(context, TABLE, name, optional, entry, filling, grants)


def _like(context: Context, parser: Parser, name: Name, optional: bool) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table#create-table-like"""
    source = context.find("TABLE", parser.name(), "SELECT")
    refuse_hybrid(source, "CREATE TABLE LIKE")
    entry, grants = _copied(context, parser, name, source)
    return store(context, TABLE, name, optional, entry, grants=grants)


def _copied(context: Context, parser: Parser, name: Name, source: Entry) -> tuple[Entry, Sequence[Grant] | None]:
    clauses = Clauses()
    _read_clauses(context, parser, clauses)
    parser.end()
    entry = clauses.on(like(context, source, _entry(context, name, Clauses())))
    return checked_retention(context, entry), _grants(context, name, clauses, source)


# -- DESCRIBE, TRUNCATE --------------------------------------------------------------------------------


@statement("DESCRIBE", "TABLE")
def _describe(context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-table"""
    name = parser.name()
    kind = "COLUMNS"
    if parser.accept("TYPE"):
        parser.expect_operator("=")
        kind = parser.choice("COLUMNS", "STAGE") or ""
        if not kind:
            raise parser.unexpected()
    parser.end()
    entry = relation(context, name)
    return described(context, entry) if kind == "COLUMNS" else _stage_properties(entry)


def relation(context: Context, name: Name) -> Entry:
    """The table or view that is described: any privilege on it will do. Raises 002003."""
    entry = context.look("RELATION", context.place(name))
    if entry is None or not (context.mine(entry) or context.access.sees(entry)):
        raise sqlerror.does_not_exist("Table", dotted(name))
    return context.require(entry)


def _stage_properties(entry: Entry) -> Result:
    """What a table's own stage goes by: https://docs.snowflake.com/en/sql-reference/sql/desc-table"""
    columns = texts("parent_property property property_type property_value property_default")
    options = fileformat.described(entry.get("stage_file_format") or {"TYPE": "CSV"})
    rows = [
        *(("STAGE_FILE_FORMAT", *row) for row in options),
        *(("STAGE_COPY_OPTIONS", *row) for row in copyoptions.described(entry.get("stage_copy_options") or {})),
    ]
    return Result(columns, rows, type_id=DESCRIBE)


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
        table = context.find("TABLE", name, "TRUNCATE", "DELETE")
    except sqlerror.SqlError as error:
        if optional and error.code == 2003:
            return status(SUCCESS)
        raise
    connection = context.session.connection

    def empty() -> int:
        ((rows,),) = connection.execute(f"delete from {quoted(table.physical)}").fetchall()
        loads.forget(context, table)
        return int(rows)

    return replace(status(SUCCESS), deleted=context.write(empty, table))
