"""GET_DDL: the statement that makes an object again, in the words in which Snowflake writes it.

https://docs.snowflake.com/en/sql-reference/functions/get_ddl
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import routines, sqlerror
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, columns_of
from snowmaker.sandbox.constraints import CHECK, FOREIGN, Constraint, constraints_of
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.hybrid import Index, own_indexes
from snowmaker.sandbox.naming import named_object
from snowmaker.sandbox.policies import MASKING, PROJECTION, ROW_ACCESS, Attached, attached_to
from snowmaker.sandbox.tables import default_of


@dataclass(frozen=True)
class Writer:
    """Writes statements: `full` says that names are qualified."""

    context: Context
    full: bool = False

    def name(self, entry: Entry) -> str:
        path = self.context.catalog.path(entry)
        return dotted(path if self.full else path[-1:])

    def path(self, id_: int) -> str:
        """The qualified name of what is referred to."""
        entry = self.context.catalog.get(id_)
        return self.context.path(entry) if entry is not None else ""


Text = Callable[[Writer, Entry], str]
_TEXTS: dict[str, Text] = {}


def text_of(kind: str) -> Callable[[Text], Text]:
    """Register how a kind is written."""

    def register(text: Text) -> Text:
        _TEXTS[kind] = text
        return text

    return register


@system_function("GET_DDL")
def get_ddl(context: Context, arguments: Sequence[Any]) -> str:
    """GET_DDL(type, name [, use_fully_qualified_names]); any privilege on the object will do.

    The text of a secure view is its owner's alone.
    """
    if not 2 <= len(arguments) <= 3:
        raise sqlerror.malformed("GET_DDL wants an object type, a name, and perhaps TRUE.")
    full = len(arguments) > 2 and str(arguments[2]).upper() == "TRUE"
    entry = named_object(context, str(arguments[1]), str(arguments[0]))
    if entry.get("secure") and not (context.mine(entry) or context.access.owns(entry)):
        raise sqlerror.insufficient(entry.kind, entry.name)
    return written(Writer(context, full), entry)


def written(writer: Writer, entry: Entry) -> str:
    """The statement for an object. Raises SqlError 000002 for a kind that has none."""
    text = _TEXTS.get(entry.kind)
    if text is None:
        raise sqlerror.unsupported(f"GET_DDL of a {entry.kind.lower()}")
    return text(writer, entry)


def quote(text: Any) -> str:
    """A literal."""
    return "'" + str(text).replace("\\", "\\\\").replace("'", "''") + "'"


def _comment(entry: Entry, before: str = " ") -> str:
    return f"{before}COMMENT={quote(entry.comment)}" if entry.comment else ""


def _tags(writer: Writer, tags: Any, before: str = " ") -> str:
    listed = ", ".join(f"{writer.path(int(id_))}={quote(value)}" for id_, value in (tags or {}).items())
    return f"{before}WITH TAG ({listed})" if listed else ""


@text_of("TASK")
def _task(writer: Writer, entry: Entry) -> str:
    from snowmaker.sandbox.statements.task import ddl_of

    return ddl_of(writer.context, entry, writer.name(entry))


def _as_written(word: str) -> Text:
    """Kinds that a query or a condition defines: as the statement was written, under the name they have now."""

    def text(writer: Writer, entry: Entry) -> str:
        parser = writer.context.parser(entry.get("text"))
        while not parser.accept(*word.split()):
            parser.scanner.take()
        parser.accept("IF", "NOT", "EXISTS")
        parser.name()
        secure = "secure " if entry.get("secure") else ""
        rest = parser.text[parser.scanner.position :]
        return f"create or replace {secure}{word.lower()} {writer.name(entry)}{rest};"

    return text


for _kind in ("DYNAMIC TABLE", "MATERIALIZED VIEW"):
    text_of(_kind)(_as_written(_kind))


@text_of("ALERT")
def _alert(writer: Writer, entry: Entry) -> str:
    warehouse = writer.context.catalog.get(entry.get("warehouse") or 0)
    parts = [f"create or replace alert {writer.name(entry)}"]
    if warehouse is not None:
        parts.append(f"\twarehouse = {dotted((warehouse.name,))}")
    if entry.get("schedule"):
        parts.append(f"\tschedule = {quote(entry.get('schedule'))}")
    if entry.comment:
        parts.append(f"\tcomment = {quote(entry.comment)}")
    parts.append(f"\tif (exists({entry.get('condition')}))\n\tthen {entry.get('action')};")
    return "\n".join(parts)


# -- containers ----------------------------------------------------------------------------------------

# What comes first, since the others may need it
_ORDER = ("TAG", "FILE FORMAT", "SEQUENCE", "MASKING POLICY", "ROW ACCESS POLICY", "TABLE", "VIEW")


def _inside(writer: Writer, parent: Entry) -> Iterable[str]:
    access = writer.context.access
    children = [each for each in writer.context.catalog.children(parent.id) if access.sees(each)]
    rank = {kind: number for number, kind in enumerate(_ORDER)}
    for each in sorted(children, key=lambda each: (rank.get(each.kind, len(rank)), each.kind, each.id)):
        if each.kind in _TEXTS and each.name != "INFORMATION_SCHEMA":
            yield written(writer, each)


@text_of("DATABASE")
def _database(writer: Writer, entry: Entry) -> str:
    return "\n\n".join((_container(writer, entry), *_inside(writer, entry)))


@text_of("SCHEMA")
def _schema(writer: Writer, entry: Entry) -> str:
    return "\n\n".join((_container(writer, entry), *_inside(writer, entry)))


def _container(writer: Writer, entry: Entry) -> str:
    transient = "TRANSIENT " if entry.get("transient") else ""
    managed = " WITH MANAGED ACCESS" if entry.get("managed") else ""
    days = entry.get("data_retention_time_in_days")
    kept = f" DATA_RETENTION_TIME_IN_DAYS={days}" if days is not None else ""
    kind = entry.kind if transient else entry.kind.lower()
    tags = _tags(writer, entry.get("tags"))
    return f"create or replace {transient}{kind} {writer.name(entry)}{managed}{kept}{_comment(entry)}{tags};"


# -- tables and views ----------------------------------------------------------------------------------


@text_of("TABLE")
def _table(writer: Writer, entry: Entry) -> str:
    word = "".join(f"{each} " for each in ("TRANSIENT", "TEMPORARY", "HYBRID") if entry.get(each.lower()))
    key = entry.get("cluster_by")
    clustered = f" cluster by {str(key).removeprefix('LINEAR')}" if key else ""
    lines = [_column(writer, entry, each) for each in columns_of(entry)]
    lines += [_constraint(writer, each) for each in constraints_of(entry)]
    lines += [_index(each) for each in own_indexes(entry)]
    body = ",\n\t".join(lines)
    options = _table_options(writer, entry)
    return f"create or replace {word}TABLE {writer.name(entry)}{clustered} (\n\t{body}\n){options};"


def _table_options(writer: Writer, entry: Entry) -> str:
    found = [
        f"{key}={value}"
        for key, value in (
            ("DATA_RETENTION_TIME_IN_DAYS", entry.get("data_retention_time_in_days")),
            ("ENABLE_SCHEMA_EVOLUTION", "TRUE" if entry.get("enable_schema_evolution") else None),
            ("CHANGE_TRACKING", "TRUE" if entry.get("change_tracking") else None),
        )
        if value is not None
    ]
    found += [_policy(writer, each, " ON ") for each in attached_to(entry) if each.kind == ROW_ACCESS]
    text = " ".join(filter(None, [*found, _tags(writer, entry.get("tags"), "")]))
    comment = _comment(entry, " " if text else "")
    return "".join((f" {text}" if text else "", comment, "\n" if text or comment else ""))


def _policy(writer: Writer, each: Attached, before: str) -> str:
    columns = f"{before}({', '.join(dotted((name,)) for name in each.arguments)})" if each.arguments else ""
    return f"WITH {each.kind} {writer.path(each.policy)}{columns}"


def _column(writer: Writer, entry: Entry, column: TableColumn) -> str:
    parts = [dotted((column.name,)), column.shown_type]
    if not column.nullable:
        parts.append("NOT NULL")
    if column.identity:
        _, _, start, _, step, order = column.identity.split()
        parts.append(f"autoincrement start {start} increment {step} {order.lower()}")
    elif column.default is not None:
        parts.append(f"DEFAULT {default_of(writer.context, column)}")
    if column.expression:
        parts.append(f"AS ({column.expression})")
    parts += [
        _policy(writer, each, " USING ")
        for each in attached_to(entry)
        if each.kind in (MASKING, PROJECTION) and each.column == column.name
    ]
    parts.append(_tags(writer, column.tags, ""))
    if column.comment:
        parts.append(f"COMMENT {quote(column.comment)}")
    return " ".join(filter(None, parts))


def _constraint(writer: Writer, each: Constraint) -> str:
    name = "" if each.name.startswith("SYS_CONSTRAINT_") else f"constraint {dotted((each.name,))} "
    rely = " rely" if each.rely else ""
    if each.kind == CHECK:
        return f"{name}check ({each.clause}){rely}"
    columns = ", ".join(dotted((column,)) for column in each.columns)
    if each.kind != FOREIGN:
        return f"{name}{each.kind.lower()} ({columns}){rely}"
    references = ", ".join(dotted((column,)) for column in each.references)
    return f"{name}foreign key ({columns}) references {writer.path(each.table)}({references}){rely}"


def _index(each: Index) -> str:
    columns, included = (", ".join(dotted((name,)) for name in names) for names in (each.columns, each.included))
    return f"index {dotted((each.name,))} ({columns})" + (f" include ({included})" if included else "")


@text_of("VIEW")
def _view(writer: Writer, entry: Entry) -> str:
    secure = "secure " if entry.get("secure") else ""
    lines = []
    for column in columns_of(entry):
        parts = [dotted((column.name,)), _tags(writer, column.tags, "")]
        parts += [_policy(writer, each, " USING ") for each in attached_to(entry) if each.column == column.name]
        if column.comment:
            parts.append(f"COMMENT {quote(column.comment)}")
        lines.append(" ".join(filter(None, parts)))
    body = ",\n\t".join(lines)
    policies = "".join(f" {_policy(writer, each, ' ON ')}" for each in attached_to(entry) if each.kind == ROW_ACCESS)
    options = f"{policies}{_tags(writer, entry.get('tags'))}{_comment(entry)}"
    return f"create or replace {secure}view {writer.name(entry)}(\n\t{body}\n){options} as {entry.get('query')};"


# -- other objects of a schema -------------------------------------------------------------------------


@text_of("SEQUENCE")
def _sequence(writer: Writer, entry: Entry) -> str:
    order = "order" if entry.get("ordered") else "noorder"
    return (
        f"create or replace sequence {writer.name(entry)} start with {entry.get('start')} "
        f"increment by {entry.get('increment')} {order}{_comment(entry)};"
    )


@text_of("TAG")
def _tag(writer: Writer, entry: Entry) -> str:
    allowed = ", ".join(quote(each) for each in entry.get("allowed_values") or ())
    values = f" allowed_values {allowed}" if allowed else ""
    return f"create or replace tag {writer.name(entry)}{values}{_comment(entry)};"


@text_of("FILE FORMAT")
def _file_format(writer: Writer, entry: Entry) -> str:
    options = entry.get("options") or {}
    lines = [f"{key.upper()} = {_value(value)}" for key, value in options.items()]
    if entry.comment:
        lines.append(f"COMMENT = {quote(entry.comment)}")
    return "\n".join((f"create or replace file format {writer.name(entry)}", *(f"\t{each}" for each in lines), ";"))


def _value(value: Any) -> str:
    if value is None:
        return "NONE"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (list, tuple)):
        return f"({', '.join(quote(each) for each in value)})"
    return str(value) if isinstance(value, int) else quote(value)


@text_of("FUNCTION")
def _function(writer: Writer, entry: Entry) -> str:
    return _routine(writer, entry)


@text_of("PROCEDURE")
def _procedure(writer: Writer, entry: Entry) -> str:
    return _routine(writer, entry)


def _routine(writer: Writer, entry: Entry) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/get_ddl#examples"""
    schema = writer.context.catalog.by_id(entry.parent)
    above = f"{writer.context.path(schema)}." if writer.full else ""
    given = ", ".join(
        f'"{each.name}" {"OUT " * each.out}{each.type}{f" DEFAULT {each.default}" if each.default else ""}'
        for each in routines.arguments(entry)
    )
    words = "".join(f"{word} " for word in ("SECURE", "AGGREGATE") if entry.get(word.lower()))
    lines = [f'CREATE OR REPLACE {words}{entry.kind} {above}"{entry.get("bare")}"({given})']
    lines.append(f"RETURNS {_returned(entry)}")
    lines.append(f"LANGUAGE {entry.get('language') or 'SQL'}")
    for key in ("runtime_version", "handler"):
        if entry.get(key):
            lines.append(f"{key.upper()} = {quote(entry.get(key))}")
    if entry.comment:
        lines.append(f"COMMENT={quote(entry.comment)}")
    if entry.kind == "PROCEDURE":
        lines.append(f"EXECUTE AS {entry.get('execute_as') or 'OWNER'}")
    if entry.get("body"):
        lines.append(f"AS {quote(entry.get('body'))}")
    return "\n".join(lines) + ";"


def _returned(entry: Entry) -> str:
    kind = routines.returned(entry)
    if kind is not None:
        return str(kind)
    return f"TABLE ({', '.join(f'{dotted((name,))} {each}' for name, each in routines.columns(entry))})"


@text_of("STREAM")
def _stream(writer: Writer, entry: Entry) -> str:
    source = writer.context.catalog.get(entry.get("source"))
    kind = str(entry.get("source_type", "Table")).lower()
    name = writer.context.path(source) if source is not None else entry.get("source_name")
    mode = {"APPEND_ONLY": " append_only=true", "INSERT_ONLY": " insert_only=true"}.get(entry.get("mode"), "")
    return f"create or replace stream {writer.name(entry)} on {kind} {name}{mode}{_comment(entry)};"


@text_of("PIPE")
def _pipe(writer: Writer, entry: Entry) -> str:
    ingest = str(bool(entry.get("auto_ingest"))).lower()
    return (
        f"create or replace pipe {writer.name(entry)} auto_ingest={ingest}{_comment(entry)} "
        f"as {entry.get('definition')};"
    )


@text_of("MASKING POLICY")
def _masking(writer: Writer, entry: Entry) -> str:
    return _signed(writer, entry)


@text_of("ROW ACCESS POLICY")
def _row_access(writer: Writer, entry: Entry) -> str:
    return _signed(writer, entry)


def _signed(writer: Writer, entry: Entry) -> str:
    given = ", ".join(f"{dotted((name,))} {DataType(**kind)}" for name, kind in entry.get("signature"))
    return (
        f"create or replace {entry.kind.lower()} {writer.name(entry)} as ({given}) "
        f"returns {DataType(**entry.get('returns'))} ->\n{entry.get('body')}{_comment(entry, chr(10))};"
    )


# -- objects of the account ----------------------------------------------------------------------------

_WAREHOUSE = (
    ("warehouse_type", "STANDARD"), ("warehouse_size", "XSMALL"), ("max_cluster_count", 1), ("min_cluster_count", 1),
    ("scaling_policy", "STANDARD"), ("auto_suspend", 600), ("auto_resume", True), ("initially_suspended", True),
    ("enable_query_acceleration", False), ("query_acceleration_max_scale_factor", 8), ("max_concurrency_level", 8),
    ("statement_queued_timeout_in_seconds", 0), ("statement_timeout_in_seconds", 172800),
)  # fmt: skip


@text_of("WAREHOUSE")
def _warehouse(writer: Writer, entry: Entry) -> str:
    lines = []
    for key, default in _WAREHOUSE:
        value = entry.get(key, default)
        shown = f"'{value}'" if isinstance(value, str) else "NULL" if value is None else str(value).upper()
        lines.append(f"\t\t{key.upper()}={shown}")
    if entry.comment:
        lines.append(f"\t\tCOMMENT={quote(entry.comment)}")
    return "\n".join((f"create or replace warehouse {writer.name(entry)}", "\twith", *lines, ";"))
