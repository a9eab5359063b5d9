"""Queries: Snowflake's SQL as sqlglot reads it, with names resolved by the catalog, as DuckDB runs it.

fakesnow's cursor knows how to say Snowflake's functions in DuckDB; names, views, variables, context
functions and bound values are resolved here before, so that it only ever sees tables of the data plane.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

import duckdb
import sqlglot
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.transforms import upper_case_unquoted_identifiers
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

from snowmaker.sandbox import information_schema, sqlerror, streams, udf
from snowmaker.sandbox.calls import REFUSED as REFUSED_CALLS
from snowmaker.sandbox.calls import SYSTEM_FUNCTIONS, TABLE_FUNCTIONS, Arguments
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn
from snowmaker.sandbox.columns import columns_of as columns_of_entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType, from_duckdb
from snowmaker.sandbox.declared import declared
from snowmaker.sandbox.directory import directory_table
from snowmaker.sandbox.engine import DATABASE, describe, query
from snowmaker.sandbox.files import stage_table
from snowmaker.sandbox.overloading import unknown
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.policies import refuse_reading
from snowmaker.sandbox.result import SELECT, Column, Result
from snowmaker.sandbox.session_functions import ASKED, VALUES, get_variable, last_query_id
from snowmaker.sandbox.sql.dml import filling
from snowmaker.sandbox.sql.statement import bind_statement
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.streams import Reading

# sqlglot warns of what it cannot parse; the statement is refused, which says it better
logging.getLogger("sqlglot").setLevel(logging.ERROR)

log = logging.getLogger("snowmaker.sandbox")

# How fakesnow's and sqlglot's transforms end on an expression that they were not made for
_FALLS_OVER = (
    AttributeError, AssertionError, IndexError, KeyError, TypeError, ValueError, SqlglotError,
)  # fmt: skip

_CONTEXT_FUNCTIONS = re.compile(
    r"CURRENT_|SYSTEM\$|GET_DDL$|LAST_QUERY_ID|SYSDATE|GETDATE|GETVARIABLE|LOCALTIME|SESSION_USER"
)


@dataclass
class Prepared:
    """SQL for DuckDB, the values of its `$1 …`, and the temporary relations it reads.

    `readings` are what it reads of streams, by their ids; `target` is the table that DML changes.
    """

    sql: str
    values: list[Any]
    relations: dict[str, Any] = field(default_factory=dict)
    readings: dict[int, Reading] = field(default_factory=dict)
    target: Entry | None = None
    declared: tuple[DataType | None, ...] = ()
    columns: tuple[Column, ...] | None = None


def parse(text: str) -> exp.Expr:
    """The expression of one statement. Raises SqlError 001003, or names what sqlglot does not know."""
    try:
        found: exp.Expr = _parsed(text).copy()
    except (ParseError, TokenError) as error:
        raise _syntax_error(error) from None
    except _FALLS_OVER as error:
        raise sqlerror.malformed(f"the statement cannot be parsed ({error})") from None
    if isinstance(found, exp.Command):
        raise sqlerror.unsupported(f"{str(found.this).upper()} in this form")
    return found


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    return sqlglot.parse_one(text, dialect="snowflake")


def _syntax_error(error: Exception) -> SqlError:
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        unexpected = first.get("highlight") or "<EOF>"
        return sqlerror.syntax(int(first.get("line") or 1), int(first.get("col") or 1) - 1, str(unexpected))
    return sqlerror.malformed("parse error near '<EOF>'.")


def select(context: Context, text: str, *, consume: bool = False) -> Result:
    """Run a query, or only describe it. With `consume` it moves the offsets of the streams it reads, as DML does."""
    context.session.catch_up()
    prepared = prepare(context, text)
    connection = context.session.connection
    if context.describe_only and prepared.columns is not None:
        return Result(prepared.columns, (), type_id=SELECT)
    if context.describe_only:
        names, types = using(context, prepared, lambda: describe(connection, prepared.sql, prepared.values))
        columns = _columns(names, types, prepared)
        return Result(columns, (), type_id=SELECT)
    table, names, types = using(
        context, prepared, lambda: context.session.read(lambda: query(connection, prepared.sql, prepared.values))
    )
    if consume and prepared.readings:
        context.write(lambda: None, readings=prepared.readings.values())
    if prepared.columns is not None:
        table = table.rename_columns([column.name for column in prepared.columns])
        return Result(prepared.columns, table=table, type_id=SELECT)
    return Result(_columns(names, types, prepared), table=table, type_id=SELECT)


def using(context: Context, prepared: Prepared, action: Callable[[], Any]) -> Any:
    """Do something while the temporary relations are there."""
    connection = context.session.connection
    for name, relation in prepared.relations.items():
        connection.register(name, relation)
    try:
        return action()
    finally:
        for name in prepared.relations:
            with suppress(duckdb.Error):  # a failed transaction has taken it along
                connection.unregister(name)


def scalar(context: Context, text: str) -> Any:
    """The value of an expression, for SET and the like."""
    result = select(context, f"SELECT {text}")
    rows = result.table.to_pylist()
    return next(iter(rows[0].values())) if rows else None


def scalar_of(context: Context, text: str) -> Any:
    """The first value of a query."""
    rows = select(context, text).table.to_pylist()
    return next(iter(rows[0].values())) if rows else None


def call_arguments(context: Context, call: exp.Func) -> Arguments:
    """The constants of a call, as functions of the account want them."""
    positional, named = [], {}
    for each in call.expressions:
        if isinstance(each, exp.Kwarg):
            named[each.this.name.upper()] = _constant(context, each.expression)
        else:
            positional.append(_constant(context, each))
    return Arguments(positional, named)


def _constant(context: Context, node: exp.Expr) -> Any:
    if isinstance(node, exp.Literal):
        return node.this if node.is_string else scalar_literal(node)
    if isinstance(node, exp.Boolean):
        return node.this
    if isinstance(node, exp.Parameter) and isinstance(node.this, exp.Literal):
        return context.bind(int(node.this.name))
    if isinstance(node, exp.Column):
        return node.sql(dialect="snowflake")
    if isinstance(node, (exp.Tuple, exp.Array)):
        return [_constant(context, each) for each in node.expressions]
    if isinstance(node, exp.Paren):
        return _constant(context, node.this)
    return scalar(context, node.sql(dialect="snowflake"))


def columns_of(context: Context, text: str) -> tuple[Column, ...]:
    """The columns a query would give."""
    return select(replace(context, describe_only=True), text).columns


def _columns(names: list[str], types: list[str], prepared: Prepared) -> tuple[Column, ...]:
    declared = prepared.declared if len(prepared.declared) == len(names) else (None,) * len(names)
    return tuple(
        Column(name, told if told and _agrees(told, kind) else from_duckdb(kind))
        for name, kind, told in zip(names, types, declared, strict=True)
    )


def _agrees(told: DataType, stored: str) -> bool:
    """Whether a declared type can be what DuckDB gave; a translation may have changed it on the way."""
    return told.stored.replace(" ", "") == {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}.get(stored, stored)


def prepare(context: Context, text: str, expression: exp.Expr | None = None) -> Prepared:
    """Bind one query; or resolve and translate a query or DML statement, parsed as `expression`.

    A query that the binder does not know in all its parts goes the other way: sqlglot reads it, fakesnow's
    transforms say it in DuckDB's words. Here alone is that decided.
    """
    if expression is None and (typed := bind_statement(context, text)) is not None:
        return Prepared(typed.sql, typed.values, typed.relations, typed.readings, columns=typed.columns)
    expression = parse(text) if expression is None else expression
    prepared = Prepared("", [each[0] for each in context.binds])
    name_projections(expression, text)
    prepared.declared = declared(context, expression)
    resolved = Resolver(context, prepared).resolve(expression)
    prepared.sql = translate(context, resolved)
    used = {int(number) for number in re.findall(r"\$(\d+)", prepared.sql)} if prepared.values else set()
    prepared.values = prepared.values[: max(used, default=0)]
    return prepared


def assigned(prepared: Prepared, columns: Sequence[TableColumn]) -> str:
    """The query's text with its values in the types of the columns they go to, checked against their lengths."""
    return prepared.sql if prepared.columns is None else filling(prepared.sql, prepared.columns, columns)


def translate(context: Context, expression: exp.Expr) -> str:
    """DuckDB's SQL for a resolved expression."""
    return str(_transformed(context, expression).sql(dialect="duckdb"))


def _transformed(context: Context, expression: exp.Expr) -> exp.Expr:
    fake = FakeSnowflakeConnection(
        context.session.connection, {}, None, None, create_database=False, create_schema=False
    )
    fake.database, fake._schema = DATABASE, "main"
    try:
        return _positioned(fake.cursor()._transform(expression, None))
    except NotImplementedError as error:
        raise sqlerror.unsupported(str(error)) from None
    except _FALLS_OVER as error:
        log.debug("translation failed", exc_info=True)
        raise sqlerror.unsupported(f"this form of the statement ({type(error).__name__}: {error})") from None


def _positioned(expression: exp.Expr) -> exp.Expr:
    """DuckDB takes positions in texts of 64 bits only; sums and products may be wider."""
    for node in expression.find_all(exp.Substring):
        for key in ("start", "length"):
            if (place := node.args.get(key)) is not None and not isinstance(place, (exp.Literal, exp.Neg)):
                node.set(key, exp.cast(place, "BIGINT"))
    return expression


def as_table(result: Result) -> Result:
    """The result with its rows as an Arrow table, as RESULT_SCAN reads them."""
    import pyarrow as pa

    if result.table is not None:
        return result
    columns = list(zip(*result.rows, strict=True)) if result.rows else [()] * len(result.columns)
    arrays = [
        pa.array(list(each)) if any(v is not None for v in each) else pa.array(each, pa.string()) for each in columns
    ]
    return replace(result, table=pa.Table.from_arrays(arrays, names=[column.name for column in result.columns]))


class Resolver:
    """Replaces what only the account knows: names, variables, bound values, context functions."""

    def __init__(self, context: Context, prepared: Prepared) -> None:
        self._context = context
        self._prepared = prepared
        self._placeholders = 0

    def resolve(self, expression: exp.Expr) -> exp.Expr:
        """The same statement on tables of the data plane. Raises SqlError for a name that leads nowhere."""
        root = exp.Paren(this=expression)  # so that the expression itself can be replaced
        self._literals(root)
        self._functions(root)
        upper = root.transform(upper_case_unquoted_identifiers, copy=False)
        self._sources(upper)
        self._sequences(upper)
        for column in upper.find_all(exp.Column):
            column.set("db", None)
            column.set("catalog", None)
        resolved = upper.this
        resolved.pop()
        return resolved  # type: ignore[no-any-return]

    def _literals(self, root: exp.Expr) -> None:
        for node in list(root.walk(bfs=False)):
            if isinstance(node, exp.Placeholder):
                node.replace(self._bound(node))
            elif isinstance(node, exp.Parameter) and isinstance(node.this, exp.Literal):
                _staged_column(node)
            elif isinstance(node, exp.Parameter) and isinstance(node.this, exp.Var):
                node.replace(_literal(self._context.session.variable(node.this.name.upper())))
            elif isinstance(node, exp.Func) and (value := self._function(node)) is not None:
                node.replace(value)

    def _bound(self, node: exp.Placeholder) -> exp.Expr:
        self._placeholders += 1
        number = int(node.this) if str(node.this or "").isdigit() else self._placeholders
        if self._context.describe_only and not self._context.binds:
            return exp.Null()
        if not 1 <= number <= len(self._context.binds):
            raise sqlerror.malformed(f"error line 1 at position 0\nBind variable :{number} not set.")
        return exp.Parameter(this=exp.Literal.number(number))

    def _function(self, node: exp.Func) -> exp.Expr | None:
        name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).upper()
        if name in REFUSED_CALLS:
            raise sqlerror.unsupported(f"the function {name}")
        if not _CONTEXT_FUNCTIONS.match(name):
            return None
        if name.startswith("SYSTEM$") or name == "GET_DDL":
            return _literal(self._system(name, node))
        if isinstance(node, exp.CurrentTimestamp) and node.args.get("sysdate"):
            return _cast("TIMESTAMP", self._context.session.now.replace(tzinfo=None))
        return context_function(self._context, name, node)

    def _system(self, name: str, node: exp.Func) -> Any:
        if self._context.describe_only:
            return ""
        if found := SYSTEM_FUNCTIONS.get(name):
            return found(self._context, call_arguments(self._context, node).positional)
        raise sqlerror.unsupported(f"the function {name}")

    # -- the account's own functions -------------------------------------------------------------------

    def _functions(self, root: exp.Expr) -> None:
        """Calls of functions in SQL are replaced by what they stand for; the innermost first."""
        for literal in list(root.find_all(exp.DynamicIdentifier)):
            if literal.args.get("expressions") is not None:  # brackets follow, perhaps with nothing in them
                literal.replace(self._identified(literal))
        for node in reversed(list(root.walk(bfs=False))):
            if isinstance(node.parent, (exp.Dot, exp.TableFromRows)) or (name := udf.called(node)) is None:
                continue
            found = udf.find(self._context, *name, table=False)
            if found is not None:
                node.replace(udf.scalar(self._context, *found, self.body))
            elif len(name[0]) > 1:
                raise unknown(name[0])

    def _identified(self, node: exp.DynamicIdentifier) -> exp.Expr:
        """IDENTIFIER('name')(…): https://docs.snowflake.com/en/sql-reference/identifier-literal"""
        parser = self._context.parser(node.this.name)
        *path, name = parser.name()
        parser.end()
        if not path:
            return exp.func(name, *node.expressions, dialect="snowflake")
        call = exp.Anonymous(this=exp.to_identifier(name, quoted=True), expressions=node.expressions)
        return exp.Dot.build([*(exp.to_identifier(part, quoted=True) for part in path), call])

    def body(self, context: Context, entry: Entry, body: exp.Expr) -> exp.Expr:
        """A function's body is resolved where the function was made, as its owner."""
        inner = replace(context.as_owner(entry), binds=())
        with at_home(inner, entry):
            prepared = Prepared("", [], self._prepared.relations, self._prepared.readings)
            return Resolver(inner, prepared).resolve(body)

    def _own_table_function(self, node: exp.TableFromRows) -> bool:
        """TABLE(f(…)) of a function in SQL, or of a procedure that returns a table."""
        if (name := udf.called(node.this)) is None:
            return False
        if name[0] == ("TO_QUERY",):
            prepared = Prepared("", [], self._prepared.relations, self._prepared.readings)
            inner = Resolver(self._context, prepared).resolve(udf.to_query(self._context, name[1]))
            alias = node.args.get("alias") or _alias("TO_QUERY")
            node.replace(_with_joins(node, exp.Subquery(this=inner, alias=alias.copy())))
            return True
        if (found := udf.find(self._context, *name, table=True)) is not None:
            node.replace(_with_joins(node, udf.rows(self._context, *found, self.body, node.args.get("alias"))))
            return True
        relation = udf.procedure_table(self._context, *name)
        if relation is not None:
            self._register(node, relation, name[0][-1])
        return relation is not None

    # -- tables ----------------------------------------------------------------------------------------

    def _sources(self, root: exp.Expr) -> None:
        for node in list(root.find_all(exp.TableFromRows)):
            self._table_function(node)
        for table in list(root.find_all(exp.Table)):
            if not table.args.get("resolved") and table.arg_key != "format" and not _is_cte(table):
                self._table(table)

    def _table(self, table: exp.Table) -> None:
        if table.args.get("when"):
            raise sqlerror.unsupported("time travel (AT, BEFORE)")
        if isinstance(table.this, (exp.Var, exp.Literal)) and str(table.this.name).startswith("@"):
            self._stage(table, str(table.this.name))
            return
        if isinstance(table.this, exp.DirectoryStage):
            self._register(table, directory_table(self._context, table.this.this.name), "DIRECTORY")
            return
        name = self._name(table)
        if isinstance(table.this, exp.Func) and not _identifier_literal(table.this):
            raise sqlerror.unsupported(f"the table function {table.this.sql(dialect='snowflake')}")
        if (relation := information_schema.relation(self._context, name)) is not None:
            self._register(table, relation, name[-1])
            return
        wanted = self._wanted(table)
        entry = self._context.relation(name, *wanted)
        if not wanted:
            self._prepared.target = entry
        if wanted or table.find_ancestor(exp.Update, exp.Delete, exp.Merge):
            refuse_reading(self._context, entry)
        if entry.kind == "STREAM":
            self._stream(table, entry)
            return
        if entry.get("suspended"):
            raise sqlerror.malformed(
                f"Failure during expansion of view '{entry.name}': SQL compilation error: Materialized View "
                f"{entry.name} is invalid."
            )
        if entry.get("query"):
            self._view(table, entry)
            return
        if entry.kind != "TABLE":
            raise sqlerror.unsupported(f"reading {'an' if entry.kind[0] in 'AEIOU' else 'a'} {entry.kind.lower()}")
        alias = table.args.get("alias") or _alias(name[-1])
        resolved = _physical(entry, alias)
        _replace_table(table, resolved)

    @staticmethod
    def _wanted(table: exp.Table) -> tuple[str, ...]:
        """SELECT, but of the target of DML, whose privilege was asked for before."""
        node = table.parent.parent if isinstance(table.parent, exp.Schema) else table.parent
        target = isinstance(node, exp.DML) and table.arg_key == "this"
        return () if target else ("SELECT",)

    def _name(self, table: exp.Table) -> tuple[str, ...]:
        """The parts of a table's name; IDENTIFIER(…) is read."""
        inner = table.this
        argument = _identifier_literal(inner)
        if argument is None:
            return tuple(part.name for part in (table.args.get(k) for k in ("catalog", "db", "this")) if part)
        if isinstance(argument, exp.Parameter):
            text = str(self._prepared.values[int(argument.this.name) - 1])
        else:
            text = argument.name if isinstance(argument, exp.Expr) else str(argument)
        parser = self._context.parser(text)
        name = parser.name()
        parser.end()
        return name

    def _view(self, table: exp.Table, view: Entry) -> None:
        """A view is its query, resolved where it was created."""
        if view.id in self._context.expanding:
            raise sqlerror.malformed(f"View '{view.name}' refers to itself.")
        inner = replace(self._context.as_owner(view), binds=(), expanding=(*self._context.expanding, view.id))
        prepared = Prepared("", [], self._prepared.relations, self._prepared.readings)
        try:
            with at_home(inner, view):
                body = parse(view.get("query"))
                name_projections(body, view.get("query"))
                query_ = Resolver(inner, prepared).resolve(body)
        except SqlError as error:
            raise sqlerror.in_view(view.name, error) from None
        columns = [exp.to_identifier(each["name"], quoted=True) for each in view.get("columns")]
        given = table.args.get("alias")
        alias = exp.TableAlias(
            this=given.this if given else exp.to_identifier(view.name, quoted=True),
            columns=(given and given.args.get("columns")) or columns,
        )
        table.replace(_with_joins(table, exp.Subquery(this=query_, alias=alias)))

    def _stream(self, table: exp.Table, stream: Entry) -> None:
        """The changes since its offset; JSON is text in between."""
        readings = self._prepared.readings
        if stream.id not in readings:
            readings[stream.id] = streams.read(self._context, stream)
        alias = table.args.get("alias") or _alias(stream.name)
        inner = exp.Table(this=exp.to_identifier(stream.name, quoted=True))
        projections = []
        for column in columns_of_entry(stream):
            value: exp.Expr = exp.column(exp.to_identifier(column.name, quoted=True))
            if column.type.stored == "JSON":
                value = exp.alias_(exp.Cast(this=value, to=exp.DataType.build("JSON", dialect="duckdb")), column.name,
                                   quoted=True)  # fmt: skip
            projections.append(value)
        select = exp.Select(expressions=projections).from_(inner)
        self._register(inner, readings[stream.id].table, stream.name)
        table.replace(_with_joins(table, exp.Subquery(this=select, alias=alias.copy())))

    def _stage(self, table: exp.Table, location: str) -> None:
        given, pattern = table.args.get("format"), table.args.get("pattern")
        name = given.name if isinstance(given, exp.Literal) else given and given.sql(dialect="snowflake")
        read = self._context.staged or partial(stage_table, self._context, pattern=pattern and pattern.name)
        relation = _widened(read(location, name), table.root())
        self._register(table, relation, "STAGE")

    def _table_function(self, node: exp.TableFromRows) -> None:
        call = node.this
        path: list[str] = []
        while isinstance(call, exp.Dot):
            path.append(call.this.name if not isinstance(call.this, exp.Dot) else call.this.expression.name)
            call = call.expression
        inside = "INFORMATION_SCHEMA" in (each.upper() for each in path)
        found = None if path and not inside else TABLE_FUNCTIONS.get(call.name.upper())
        if isinstance(call, exp.Anonymous) and call.name.upper() == "RESULT_SCAN":
            relation = self._context.host.result(self._context.session, str(call.expressions[0].name)).table
        elif found is not None and isinstance(call, exp.Anonymous):
            relation = found(self._context, call_arguments(self._context, call))
        elif inside:
            relation = information_schema.table_function(self._context, call.name.upper(), call.expressions)
        elif not self._own_table_function(node) and (called := udf.called(node.this)) is not None:
            raise unknown(called[0])
        else:
            return
        self._register(node, relation, "RESULT")

    def _register(self, node: exp.Expr, relation: Any, name: str) -> None:
        own = f"r{self._context.query_id.replace('-', '')}_{len(self._prepared.relations)}"
        self._prepared.relations[own] = relation
        alias = node.args.get("alias") or _alias(name)
        table = exp.Table(this=exp.to_identifier(own, quoted=True), alias=alias.copy())
        table.args["resolved"] = True
        node.replace(_with_joins(node, table))

    def _sequences(self, root: exp.Expr) -> None:
        """`seq.NEXTVAL` of a sequence that the catalog knows."""
        for column in list(root.find_all(exp.Column)):
            if column.name == "NEXTVAL" and column.args.get("table"):
                parts = tuple(column.args[k].name for k in ("catalog", "db", "table") if column.args.get(k))
                entry = self._context.find("SEQUENCE", parts)
                call = exp.Anonymous(this="nextval", expressions=[exp.Literal.string(entry.physical)])
                column.replace(call)


def _widened(relation: Any, root: exp.Expr) -> Any:
    """Fields that the statement names and that no record has are NULL.

    https://docs.snowflake.com/en/user-guide/querying-stage
    """
    import pyarrow as pa

    named = [int(each.name[1:]) for each in root.find_all(exp.Identifier) if re.fullmatch(r"\$\d+", each.name)]
    for number in range(1, max(named, default=0) + 1):
        if f"${number}" not in relation.column_names:
            relation = relation.append_column(f"${number}", pa.nulls(relation.num_rows, pa.string()))
    return relation


def target_name(context: Context, table: exp.Table) -> tuple[str, ...]:
    """The parts of the name of DML's target, before anything is resolved. Raises 001003 where there is none."""
    argument = _identifier_literal(table.this) if isinstance(table.this, exp.Expr) else None
    if argument is None:
        parts = [part for key in ("catalog", "db", "this") if isinstance(part := table.args.get(key), exp.Identifier)]
        if not parts:
            raise sqlerror.malformed("syntax error: a table is wanted")
        return tuple(part.name if part.quoted else part.name.upper() for part in parts)
    if isinstance(argument, exp.Placeholder):
        text = str(context.bind(1))
    elif isinstance(argument, exp.Parameter):
        text = str(context.session.variable(argument.this.name.upper()))
    else:
        text = argument.name if isinstance(argument, exp.Expr) else str(argument)
    parser = context.parser(text)
    name = parser.name()
    parser.end()
    return name


def _identifier_literal(node: exp.Expr) -> Any:
    """What IDENTIFIER(…) holds; None for anything else."""
    if isinstance(node, exp.DynamicIdentifier):
        return node.this
    if isinstance(node, exp.Anonymous) and node.name.upper() == "IDENTIFIER":
        return node.expressions[0]
    return None


def _staged_column(node: exp.Parameter) -> None:
    """`$1` is a column of a staged file."""
    column = exp.to_identifier(f"${node.this.name}", quoted=True)
    node.replace(column if isinstance(node.parent, exp.Column) else exp.Column(this=column))


class at_home:  # noqa: N801 - reads as a word: `with at_home(context, view):`
    """While a view's text is resolved, its own database and schema are the current ones."""

    def __init__(self, context: Context, view: Entry) -> None:
        self._session = context.session
        self._schema = context.catalog.by_id(view.parent)

    def __enter__(self) -> None:
        self._before = self._session.database_id, self._session.schema_id
        self._session.use_schema(self._schema)

    def __exit__(self, *_: object) -> None:
        self._session.database_id, self._session.schema_id = self._before


def _physical(entry: Entry, alias: exp.Expr) -> exp.Table:
    table = exp.Table(this=exp.to_identifier(entry.physical, quoted=True), alias=alias.copy())
    table.args["resolved"] = True
    return table


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True))


def _replace_table(table: exp.Table, resolved: exp.Table) -> None:
    parent = table.parent
    target = isinstance(parent, exp.Insert) or (
        isinstance(parent, exp.Schema) and isinstance(parent.parent, exp.Insert)
    )
    if target and table.arg_key == "this":
        resolved.set("alias", None)
    table.replace(_with_joins(table, resolved))


def _with_joins(old: exp.Expr, fresh: exp.Expr) -> exp.Expr:
    for key in ("joins", "pivots", "sample", "laterals"):
        if old.args.get(key):
            fresh.set(
                key, [each.copy() for each in old.args[key]] if isinstance(old.args[key], list) else old.args[key]
            )
    return fresh


def _is_cte(table: exp.Table) -> bool:
    if table.args.get("db"):
        return False
    node: exp.Expr | None = table
    while node is not None:
        with_ = node.args.get("with_")
        if with_ is not None and any(cte.alias == table.name for cte in with_.expressions):
            return True
        node = node.parent
    return False


def _literal(value: Any) -> exp.Expr:
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, (int, float)):
        return exp.convert(value)
    return exp.Literal.string(str(value))


def _cast(kind: str, value: Any) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(value.isoformat(sep=" ")), to=exp.DataType.build(kind))


def name_projections(expression: exp.Expr, text: str) -> None:
    """An expression without alias is called by its own text.

    https://docs.snowflake.com/en/sql-reference/sql/select
    """
    for each in expression.find_all(exp.Select):
        written = _written(text) if each is expression else []
        if len(written) != len(each.expressions):
            written = [projection.sql(dialect="snowflake") for projection in each.expressions]
        for projection, words in zip(list(each.expressions), written, strict=True):
            if not isinstance(projection, (exp.Alias, exp.Column, exp.Star)) and not projection.is_star:
                projection.replace(exp.alias_(projection.copy(), words.upper(), quoted=True))


_AFTER_PROJECTIONS = (
    "FROM", "WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "FETCH", "UNION", "EXCEPT", "MINUS",
    "INTERSECT", "INTO",
)  # fmt: skip


def _written(text: str) -> list[str]:
    """The projections of a SELECT, as written; none where the text begins otherwise."""
    parser = Parser(text)
    if not parser.accept("SELECT"):
        return []
    parser.choice("DISTINCT", "ALL")
    if parser.accept("TOP"):
        parser.integer()
    return list(parser.list_of(lambda: parser.expression(*_AFTER_PROJECTIONS)))


def context_function(context: Context, name: str, node: exp.Func) -> exp.Expr | None:
    """https://docs.snowflake.com/en/sql-reference/functions-context"""
    if name in ("CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "GETDATE", "CURRENT_TIMESTAMP_LTZ"):
        return _cast("TIMESTAMPTZ", context.session.now)
    if name == "LAST_QUERY_ID":
        return _literal(last_query_id(context, int(scalar_literal(node.expressions[0])) if node.expressions else -1))
    if name == "GETVARIABLE":
        return _literal(get_variable(context, str(scalar_literal(node.expressions[0]))))
    if name in ASKED:
        return _literal(ASKED[name](context, str(scalar_literal(node.expressions[0]))))
    read = VALUES.get(name)
    return _literal(read(context)) if read else None


def scalar_literal(node: exp.Expr) -> Any:
    """The value of a literal, possibly negative."""
    if isinstance(node, exp.Neg):
        return -scalar_literal(node.this)
    if isinstance(node, exp.Literal):
        return node.this if node.is_string else int(node.this)
    raise sqlerror.malformed(f"a constant is wanted, not {node.sql(dialect='snowflake')}")


def default_expression(context: Context, text: str, kind: DataType) -> str:
    """A column's DEFAULT in DuckDB's words. Context functions stay functions: they are for each row anew."""
    expression = parse(f"SELECT {text}").transform(upper_case_unquoted_identifiers)
    value = expression.expressions[0]
    if isinstance(value, exp.Column) and value.name == "NEXTVAL":
        Resolver(context, Prepared("", []))._sequences(expression)
    elif isinstance(value, (exp.CurrentUser, exp.CurrentRole)):
        # the session tells DuckDB who it is before it writes (`Session.write`)
        return f"getvariable('{'sf_user' if isinstance(value, exp.CurrentUser) else 'sf_role'}')"
    sql = _transformed(context, expression).expressions[0].unalias().sql(dialect="duckdb")
    return f"(cast({sql} as {kind.stored}))"
