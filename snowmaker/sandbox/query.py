"""Queries: Snowflake's SQL as sqlglot reads it, with names resolved by the catalog, as DuckDB runs it.

fakesnow's cursor knows how to say Snowflake's functions in DuckDB; names, views, variables, context
functions and bound values are resolved here before, so that it only ever sees tables of the data plane.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
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

from snowmaker.sandbox import information_schema, sqlerror
from snowmaker.sandbox.access import ROLES
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType, from_duckdb
from snowmaker.sandbox.declared import declared
from snowmaker.sandbox.engine import DATABASE, describe, query
from snowmaker.sandbox.files import stage_table
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.result import SELECT, Column, Result
from snowmaker.sandbox.sqlerror import SqlError

# sqlglot warns of what it cannot parse; the statement is refused, which says it better
logging.getLogger("sqlglot").setLevel(logging.ERROR)

log = logging.getLogger("snowmaker.sandbox")

# How fakesnow's and sqlglot's transforms end on an expression that they were not made for
_FALLS_OVER = (
    AttributeError, AssertionError, IndexError, KeyError, TypeError, ValueError, SqlglotError,
)  # fmt: skip

VERSION = "10.0.0"
_CONTEXT_FUNCTIONS = re.compile(r"CURRENT_|SYSTEM\$|LAST_QUERY_ID|SYSDATE|GETDATE|LOCALTIME|SESSION_USER")


@dataclass
class Prepared:
    """SQL for DuckDB, the values of its `$1 …`, and the temporary relations it reads."""

    sql: str
    values: list[Any]
    relations: dict[str, Any] = field(default_factory=dict)
    declared: tuple[DataType | None, ...] = ()


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


def select(context: Context, text: str) -> Result:
    """Run a query, or only describe it."""
    prepared = prepare(context, text)
    connection = context.session.connection
    if context.describe_only:
        names, types = using(context, prepared, lambda: describe(connection, prepared.sql, prepared.values))
        columns = _columns(names, types, prepared)
        return Result(columns, (), type_id=SELECT)
    table, names, types = using(
        context, prepared, lambda: context.session.read(lambda: query(connection, prepared.sql, prepared.values))
    )
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
    """Resolve and translate one query or DML statement; `expression` is it where it was parsed already."""
    expression = parse(text) if expression is None else expression
    prepared = Prepared("", [each[0] for each in context.binds])
    name_projections(expression, text)
    prepared.declared = declared(context, expression)
    resolved = Resolver(context, prepared).resolve(expression)
    prepared.sql = translate(context, resolved)
    used = {int(number) for number in re.findall(r"\$(\d+)", prepared.sql)} if prepared.values else set()
    prepared.values = prepared.values[: max(used, default=0)]
    return prepared


def translate(context: Context, expression: exp.Expr) -> str:
    """DuckDB's SQL for a resolved expression."""
    return str(_transformed(context, expression).sql(dialect="duckdb"))


def _transformed(context: Context, expression: exp.Expr) -> exp.Expr:
    fake = FakeSnowflakeConnection(
        context.session.connection, {}, None, None, create_database=False, create_schema=False
    )
    fake.database, fake._schema = DATABASE, "main"
    try:
        return fake.cursor()._transform(expression, None)  # type: ignore[no-any-return]
    except NotImplementedError as error:
        raise sqlerror.unsupported(str(error)) from None
    except _FALLS_OVER as error:
        log.debug("translation failed", exc_info=True)
        raise sqlerror.unsupported(f"this form of the statement ({type(error).__name__}: {error})") from None


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
        if not _CONTEXT_FUNCTIONS.match(name):
            return None
        if name.startswith("SYSTEM$"):
            return _literal(self._system(name, node))
        if isinstance(node, exp.CurrentTimestamp) and node.args.get("sysdate"):
            return _cast("TIMESTAMP", self._context.session.now.replace(tzinfo=None))
        return context_function(self._context, name, node)

    def _system(self, name: str, node: exp.Func) -> Any:
        arguments = [each.this for each in node.expressions if isinstance(each, exp.Literal)]
        if self._context.describe_only:
            return ""
        if name == "SYSTEM$ABORT_SESSION" and len(arguments) == 1:
            return self._context.host.abort_session(int(arguments[0]))
        if name == "SYSTEM$CANCEL_ALL_QUERIES" and len(arguments) == 1:
            return self._context.host.cancel_all_queries(int(arguments[0]))
        if name == "SYSTEM$CANCEL_QUERY" and len(arguments) == 1:
            return self._context.host.cancel_query(str(arguments[0]))
        if name == "SYSTEM$WAIT" and arguments:
            self._context.session.pause(float(arguments[0]))
            return f"waited {arguments[0]} seconds"
        raise sqlerror.unsupported(f"the function {name}")

    # -- tables ----------------------------------------------------------------------------------------

    def _sources(self, root: exp.Expr) -> None:
        for node in list(root.find_all(exp.TableFromRows)):
            self._table_function(node)
        for table in list(root.find_all(exp.Table)):
            if not table.args.get("resolved") and not _is_cte(table):
                self._table(table)

    def _table(self, table: exp.Table) -> None:
        if table.args.get("when"):
            raise sqlerror.unsupported("time travel (AT, BEFORE)")
        if isinstance(table.this, exp.Var) and str(table.this.name).startswith("@"):
            self._stage(table, str(table.this.name))
            return
        name = self._name(table)
        if isinstance(table.this, exp.Func) and not _identifier_literal(table.this):
            raise sqlerror.unsupported(f"the table function {table.this.sql(dialect='snowflake')}")
        if (relation := information_schema.relation(self._context, name)) is not None:
            self._register(table, relation, name[-1])
            return
        entry = self._context.relation(name)
        if entry.kind == "VIEW":
            self._view(table, entry)
            return
        alias = table.args.get("alias") or _alias(name[-1])
        resolved = _physical(entry, alias)
        _replace_table(table, resolved)

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
        inner = replace(self._context, binds=(), expanding=(*self._context.expanding, view.id))
        prepared = Prepared("", [], self._prepared.relations)
        with at_home(inner, view):
            body = parse(view.get("query"))
            name_projections(body, view.get("query"))
            query_ = Resolver(inner, prepared).resolve(body)
        columns = [exp.to_identifier(each["name"], quoted=True) for each in view.get("columns")]
        given = table.args.get("alias")
        alias = exp.TableAlias(
            this=given.this if given else exp.to_identifier(view.name, quoted=True),
            columns=(given and given.args.get("columns")) or columns,
        )
        table.replace(_with_joins(table, exp.Subquery(this=query_, alias=alias)))

    def _stage(self, table: exp.Table, location: str) -> None:
        given = table.args.get("format")
        name = given.name if isinstance(given, exp.Expr) else None
        relation = (self._context.staged or partial(stage_table, self._context))(location, name)
        self._register(table, relation, "STAGE")

    def _table_function(self, node: exp.TableFromRows) -> None:
        call = node.this
        path: list[str] = []
        while isinstance(call, exp.Dot):
            path.append(call.this.name if not isinstance(call.this, exp.Dot) else call.this.expression.name)
            call = call.expression
        if isinstance(call, exp.Anonymous) and call.name.upper() == "RESULT_SCAN":
            relation = self._context.host.result(str(call.expressions[0].name)).table
        elif path and "INFORMATION_SCHEMA" in (each.upper() for each in path):
            relation = information_schema.table_function(self._context, call.name.upper(), call.expressions)
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
    session = context.session
    if name in ("CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "GETDATE", "CURRENT_TIMESTAMP_LTZ"):
        return _cast("TIMESTAMPTZ", session.now)
    values: dict[str, Callable[[], Any]] = {
        "CURRENT_USER": lambda: session.user,
        "SESSION_USER": lambda: session.user,
        "CURRENT_ROLE": lambda: session.role,
        "CURRENT_ROLE_TYPE": lambda: "ROLE",
        "CURRENT_DATABASE": lambda: session.database and session.database.name,
        "CURRENT_SCHEMA": lambda: session.schema and session.schema.name,
        "CURRENT_SCHEMAS": lambda: json.dumps([context.path(session.schema)] if session.schema else []),
        "CURRENT_WAREHOUSE": lambda: session.warehouse,
        "CURRENT_SESSION": lambda: str(session.id),
        "CURRENT_ACCOUNT": lambda: "SANDBOX",
        "CURRENT_ACCOUNT_NAME": lambda: "SANDBOX",
        "CURRENT_ORGANIZATION_NAME": lambda: "SNOWMAKER",
        "CURRENT_REGION": lambda: "PUBLIC.LOCAL",
        "CURRENT_VERSION": lambda: VERSION,
        "CURRENT_CLIENT": lambda: session.client,
        "CURRENT_IP_ADDRESS": lambda: "127.0.0.1",
        "CURRENT_STATEMENT": lambda: context.text,
        "CURRENT_TRANSACTION": lambda: str(session.transaction.id) if session.transaction else None,
        "CURRENT_AVAILABLE_ROLES": lambda: json.dumps(list(ROLES), indent=2),
        "CURRENT_SECONDARY_ROLES": lambda: json.dumps(
            {"roles": ",".join(ROLES) if session.secondary_roles == "ALL" else "", "value": session.secondary_roles}
        ),
        "LAST_QUERY_ID": lambda: _last_query(context, node),
    }
    read = values.get(name)
    return _literal(read()) if read else None


def _last_query(context: Context, node: exp.Func) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/last_query_id"""
    ids = [each for each in context.session.query_ids if each != context.query_id]
    position = int(scalar_literal(node.expressions[0])) if node.expressions else -1
    index = position - 1 if position > 0 else position
    try:
        return ids[index]
    except IndexError:
        return None


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
        raise sqlerror.unsupported("CURRENT_USER and CURRENT_ROLE as a DEFAULT")
    sql = _transformed(context, expression).expressions[0].unalias().sql(dialect="duckdb")
    return f"(cast({sql} as {kind.stored}))"
