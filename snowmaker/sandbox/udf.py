"""Functions in SQL, in queries: a call is replaced by the function's body, with the arguments in their places.

The body's own names are resolved where the function was made, with the rights of its owner.
https://docs.snowflake.com/en/developer-guide/udf/sql/udf-sql-introduction
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import RECORDED, DataType
from snowmaker.sandbox.kinds import with_options
from snowmaker.sandbox.overloading import choose
from snowmaker.sandbox.parser import Name
from snowmaker.sandbox.routines import LANGUAGE_NAMES, Definition, arguments, columns, overloads, read_type, returned
from snowmaker.sandbox.scripting.binding import bound
from snowmaker.sandbox.scripting.parser import begins_block
from snowmaker.sandbox.scripting.scope import Variable
from snowmaker.sandbox.scripting.values import typed
from snowmaker.sandbox.sqlerror import SqlError

Resolve = Callable[[Context, Entry, exp.Expr], exp.Expr]
"""Resolves the names of a function's body."""

_DEEPEST = 32


def called(node: exp.Expr) -> tuple[Name, exp.Anonymous] | None:
    """The name and the call, where a node may call a function of the account: `f(x)`, `s.f(x)`, `d.s.f(x)`."""
    parts: list[str] = []
    while isinstance(node, exp.Dot):
        if not _is_path(node.this):
            return None
        parts += _path(node.this)
        node = node.expression
    if not isinstance(node, exp.Anonymous):
        return None
    return (*parts, _cased(node.this)), node


def _is_path(node: exp.Expr) -> bool:
    return isinstance(node, (exp.Identifier, exp.Var)) or (
        isinstance(node, exp.Dot) and _is_path(node.this) and _is_path(node.expression)
    )


def _path(node: exp.Expr) -> list[str]:
    if isinstance(node, exp.Dot):
        return [*_path(node.this), *_path(node.expression)]
    return [_cased(node)]


def _cased(name: Any) -> str:
    if isinstance(name, exp.Identifier):
        return name.name if name.quoted else name.name.upper()
    return (name.name if isinstance(name, exp.Expr) else str(name)).upper()


def find(context: Context, name: Name, call: exp.Anonymous, *, table: bool) -> tuple[Entry, list[exp.Expr]] | None:
    """The function that a call means, and its arguments in order; None where no function has that name.

    Raises SqlError where none takes these arguments, and for one whose body does not run here.
    """
    candidates = [each for each in overloads(context, "FUNCTION", name) if (each.get("returns") is None) == table]
    if not candidates:
        return None
    names = [_cased(each.this) if isinstance(each, exp.Kwarg) else None for each in call.expressions]
    given = [each.expression if isinstance(each, exp.Kwarg) else each for each in call.expressions]
    chosen = choose(candidates, name, names, [_type(each) for each in given])
    entry = chosen.entry
    if not context.private(entry):
        context.require(entry, "USAGE")
    _runs(entry)
    defaults = [each.default for each in arguments(entry)]
    values = [
        given[index].copy() if index is not None else _expression(default or "NULL")
        for index, default in zip(chosen.given, defaults, strict=True)
    ]
    return entry, values


def _runs(entry: Entry) -> None:
    """Refuse a body that is recorded only."""
    if entry.get("external"):
        raise sqlerror.unsupported("calling external functions: they are recorded, not called")
    if entry.get("language") != "SQL":
        language = LANGUAGE_NAMES[entry.get("language")]
        raise sqlerror.unsupported(f"running functions in {language}: their bodies are recorded, not run")
    types = [*(each.type for each in arguments(entry)), *(kind for _, kind in columns(entry)), returned(entry)]
    for kind in types:
        if kind is not None and kind.wire in RECORDED:
            raise sqlerror.unsupported(f"values of the data type {kind.wire}")
    if begins_block(str(entry.get("body"))):
        raise sqlerror.unsupported("Snowflake Scripting as the body of a function")


def _type(node: exp.Expr) -> DataType | None:
    """The type of a constant or a cast; None for what only the data plane could tell."""
    if isinstance(node, exp.Paren):
        return _type(node.this)
    if isinstance(node, exp.Neg):
        return _type(node.this)
    if isinstance(node, exp.Literal):
        if node.is_string:
            return typed("").type
        return typed(int(node.this)).type if node.this.isdigit() else typed(1.5).type
    if isinstance(node, exp.Boolean):
        return typed(True).type
    if isinstance(node, (exp.Cast, exp.TryCast)):
        try:
            return read_type(node.to.sql(dialect="snowflake"))
        except SqlError:
            return None
    return None


def scalar(context: Context, entry: Entry, values: Sequence[exp.Expr], resolve: Resolve) -> exp.Expr:
    """The expression that a call of a scalar function stands for."""
    given = _Given(entry, values)
    body = exp.Paren(this=given.put(_resolved(context, entry, _expression(str(entry.get("body"))), given, resolve)))
    found: exp.Expr = exp.Paren(this=_cast(body, returned(entry)))
    if given.apart:
        found = exp.Paren(this=exp.Select(expressions=[found]).from_(given.source()))
    if not (entry.get("strict") and values):
        return found
    missing = exp.or_(*(exp.Is(this=exp.Paren(this=each.copy()), expression=exp.Null()) for each in values))
    return exp.Case(ifs=[exp.If(this=missing, true=exp.Null())], default=found)


def rows(
    context: Context, entry: Entry, values: Sequence[exp.Expr], resolve: Resolve, alias: exp.TableAlias | None
) -> exp.Subquery:
    """The subquery that a call of a table function stands for."""
    given = _Given(entry, values)
    body = given.put(_resolved(context, entry, _query(str(entry.get("body"))), given, resolve))
    names = [exp.to_identifier(name, quoted=True) for name, _ in columns(entry)]
    if given.apart:
        inner = exp.Subquery(this=body, alias=exp.TableAlias(this=exp.to_identifier("rows", quoted=True)))
        star = exp.Column(this=exp.Star(), table=exp.to_identifier("rows", quoted=True))
        body = exp.Select(expressions=[star]).from_(given.source()).join(inner, join_type="cross")  # it is lateral
    title = alias.args.get("this") if alias is not None else None
    renamed = (alias.args.get("columns") if alias is not None else None) or names
    return exp.Subquery(
        this=body,
        alias=exp.TableAlias(
            this=title.copy() if title is not None else exp.to_identifier(str(entry.get("bare")), quoted=True),
            columns=[each.copy() for each in renamed],
        ),
    )


def _cast(value: exp.Expr, kind: DataType | None) -> exp.Expr:
    """A value in the type of an argument or of what comes back; DuckDB knows no size of BINARY."""
    if kind is not None and kind.wire in RECORDED:
        return exp.cast(value, "VARCHAR", dialect="snowflake")  # only NULL comes so far
    text = "BINARY" if kind is not None and kind.wire == "BINARY" else str(kind)
    return exp.cast(value, text, dialect="snowflake")


class _Given:
    """What is given for the arguments of a call.

    Columns that are given to a body that reads tables are put `apart`, into a relation of their own: inside of the
    body their names could mean others.
    """

    def __init__(self, entry: Entry, values: Sequence[exp.Expr]) -> None:
        self._source = f"arguments {entry.id}"
        self._wanted = arguments(entry)
        self._values = [
            exp.Paren(this=_cast(value.copy(), each.type)) for each, value in zip(self._wanted, values, strict=True)
        ]
        self.apart = False

    def mark(self, body: exp.Expr) -> None:
        """Give the arguments names of their own in the body."""
        names = [each.name for each in self._wanted]
        if any(isinstance(each.this, exp.Column) for each in body.find_all(exp.DynamicIdentifier)):
            raise sqlerror.unsupported("IDENTIFIER of an argument in a function")
        self.apart = any(each.find(exp.Column) for each in self._values) and body.find(exp.Select) is not None
        for column in list(body.find_all(exp.Column)):
            name = _cased(column.this) if isinstance(column.this, exp.Identifier) else ""
            if name in names and not column.args.get("table"):
                column.replace(self._marked(names.index(name)))

    def _marked(self, index: int) -> exp.Column:
        return exp.Column(
            this=exp.to_identifier(f"argument {index}", quoted=True),
            table=exp.to_identifier(self._source, quoted=True),
        )

    def put(self, body: exp.Expr) -> exp.Expr:
        """Replace the marks by the values, where these are not apart."""
        holder = exp.Paren(this=body)
        for column in list(holder.find_all(exp.Column)):
            if column.table == self._source and not self.apart:
                column.replace(self._values[int(column.name.split()[-1])].copy())
        found = holder.this
        found.pop()
        return found  # type: ignore[no-any-return]

    def source(self) -> exp.Subquery:
        """The values as a relation of one row."""
        named = [exp.alias_(each, f"argument {index}", quoted=True) for index, each in enumerate(self._values)]
        alias = exp.TableAlias(this=exp.to_identifier(self._source, quoted=True))
        return exp.Subquery(this=exp.Select(expressions=named), alias=alias)


def _resolved(context: Context, entry: Entry, body: exp.Expr, given: _Given, resolve: Resolve) -> exp.Expr:
    """The body with its names resolved and its arguments marked."""
    if entry.id in context.expanding or len(context.expanding) >= _DEEPEST:
        raise sqlerror.malformed(f"Function '{entry.get('bare')}' calls itself.")
    root = exp.Paren(this=body)
    given.mark(root)
    found = resolve(replace(context, expanding=(*context.expanding, entry.id)), entry, root)
    inner = found.this if isinstance(found, exp.Paren) else found
    inner.pop()
    return inner


def to_query(context: Context, call_: exp.Anonymous) -> exp.Expr:
    """The query that TO_QUERY is given: https://docs.snowflake.com/en/sql-reference/functions/to_query"""
    from snowmaker.sandbox.query import parse, scalar

    values: dict[str, Variable] = {}
    text = ""
    for index, each in enumerate(call_.expressions):
        inner = each.expression if isinstance(each, exp.Kwarg) else each
        value = typed(scalar(context, inner.sql(dialect="snowflake")))
        name = _cased(each.this) if isinstance(each, exp.Kwarg) else "SQL" if index == 0 else ""
        if name == "SQL":
            text = str(value.data)
        elif name:
            values[name] = Variable(value, value.type)
    return parse(bound(text.strip().rstrip(";"), values.get))


def procedure_table(context: Context, name: Name, call_: exp.Anonymous) -> Any:
    """The rows of TABLE(procedure(…)) as an Arrow table; None where no procedure has that name.

    https://docs.snowflake.com/en/developer-guide/stored-procedure/stored-procedures-selecting-from
    """
    from snowmaker.sandbox.query import as_table
    from snowmaker.sandbox.statements.call import Given, call

    candidates = overloads(context, "PROCEDURE", name)
    if not candidates:
        return None
    given = [
        Given(_cased(each.this), each.expression.sql(dialect="snowflake"))
        if isinstance(each, exp.Kwarg)
        else Given(None, each.sql(dialect="snowflake"))
        for each in call_.expressions
    ]
    return as_table(call(context, candidates, name, given)).table


def _expression(text: str) -> exp.Expr:
    """A body or a default: an expression, or a query that gives one value."""
    from snowmaker.sandbox.query import parse

    parsed = parse(f"SELECT (\n{text.strip().rstrip(';')}\n)")
    found = parsed.expressions[0]
    found.pop()
    return found  # type: ignore[no-any-return]


def _query(text: str) -> exp.Expr:
    from snowmaker.sandbox.query import parse

    return parse(text.strip().rstrip(";"))


def check(context: Context, definition: Definition) -> None:
    """Refuse a body in SQL that cannot be: it is described with NULL for each argument. Raises SqlError."""
    from snowmaker.sandbox.engine import describe
    from snowmaker.sandbox.query import Prepared, Resolver, translate, using

    schema = context.place(definition.name).schema
    entry = with_options(Entry(0, "FUNCTION", definition.key[-1], schema.id), definition.options)
    values: list[exp.Expr] = [_cast(exp.Null(), each.type) for each in definition.arguments]
    prepared = Prepared("", [])
    resolve = Resolver(context, prepared).body
    if returned(entry) is None:
        query: exp.Expr = exp.Select(expressions=[exp.Star()]).from_(rows(context, entry, values, resolve, None))
    else:
        query = exp.Select(expressions=[scalar(context, entry, values, resolve)])
    prepared.sql = translate(context, query)
    using(context, prepared, lambda: describe(context.session.connection, prepared.sql))
