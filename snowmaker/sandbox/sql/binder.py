"""Binds expressions: names become columns, every node gets its Snowflake type and its DuckDB text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.datatypes import BOOLEAN, TEXT, DataType
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.bound import NONE, NULL, Bound, Unbound, constant, joined, text_sql
from snowmaker.sandbox.sql.coercion import (
    ARRAY,
    BINARY,
    DATE,
    OBJECT,
    REAL,
    SEMI,
    VARIANT,
    cast,
    common,
    pair,
    physical,
    text_of,
)
from snowmaker.sandbox.sql.nodes import Node
from snowmaker.sandbox.sql.numbers import arithmetic, negative
from snowmaker.sandbox.sql.scope import Scope, dotted, invalid
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tokens import locate

if TYPE_CHECKING:
    from snowmaker.sandbox.context import Context
    from snowmaker.sandbox.streams import Reading


@dataclass
class Work:
    """What one statement's binding gathers: bound values, registered relations, names that are taken.

    `readings` are what it reads of streams, by their ids.
    """

    context: Context
    values: list[Any] = field(default_factory=list)
    relations: dict[str, Any] = field(default_factory=dict)
    readings: dict[int, Reading] = field(default_factory=dict)
    aliases: int = 0
    reads_tables: bool = False

    def alias(self) -> str:
        self.aliases += 1
        return f"q{self.aliases}"

    def parameter(self, value: Any) -> str:
        """`$n` for a value that does not go into the text."""
        self.values.append(value)
        return f"${len(self.values)}"

    def register(self, relation: Any) -> str:
        """The name under which DuckDB will know an Arrow table."""
        name = f"r{self.context.query_id.replace('-', '')}_{len(self.relations)}"
        self.relations[name] = relation
        return name


_LONG = 2000  # a text longer than this is passed beside the statement


class Binder:
    """Binds the expressions of one SELECT. `grouped` are the texts of what it groups by, where it does."""

    def __init__(self, work: Work, scope: Scope, text: str) -> None:
        self.work = work
        self.scope = scope
        self.text = text
        self.context = work.context
        self.grouped: frozenset[str] | None = None
        self.expanding: tuple[str, ...] = ()
        self.joined_columns: set[str] = set()

    def within(self, scope: Scope) -> Binder:
        """A binder for a scope inside this one."""
        return Binder(self.work, scope, self.text)

    # -- entry points ----------------------------------------------------------------------------------

    def bind(self, node: Node) -> Bound:
        """Raises SqlError for what Snowflake refuses, Unbound for what is not known here."""
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise Unbound(type(node).__name__)
        found = handler(self, node)
        if self.grouped is not None and found.free and found.sql in self.grouped:
            return replace(found, free=NONE)
        return found

    def text_argument(self, node: Node) -> Bound:
        return text_of(self.bind(node))

    def condition(self, node: Node) -> Bound:
        """What must be true or false."""
        return as_boolean(self.bind(node))

    def error(self, at: int, code: int, sqlstate: str, message: str) -> SqlError:
        line, column = locate(self.text, at)
        return SqlError(code, sqlstate, f"SQL compilation error: error line {line} at position {column}\n{message}")

    def constant_text(self, node: Node) -> str | None:
        """The value of a constant text; None for anything else."""
        found = self.bind(node)
        return found.value if isinstance(found.value, str) else None

    # -- leaves ----------------------------------------------------------------------------------------

    def _literal(self, node: nodes.Literal) -> Bound:
        if isinstance(node.value, str) and (len(node.value) > _LONG or "\0" in node.value):
            sql = f"CAST({self.work.parameter(node.value)} AS VARCHAR)"
            return Bound(sql, DataType("TEXT", length=len(node.value)), False)
        return constant(node.value)

    def _typed(self, node: nodes.Typed) -> Bound:
        if node.kind == "INTERVAL":
            raise sqlerror.unsupported("an INTERVAL that is not added to a date")
        kind = _TYPED.get(node.kind)
        if kind == "TIMESTAMP":
            kind = str(self.context.session.parameter("TIMESTAMP_TYPE_MAPPING"))
        scale = 9 if kind and kind.startswith("TIME") else None
        return cast(constant(node.value), DataType(kind or node.kind, 0 if scale else None, scale))

    def _name(self, node: nodes.Name) -> Bound:
        if (found := self.scope.find(node.parts)) is not None:
            return found
        if (sequence := self._sequence(node)) is not None:
            return sequence
        if len(node.parts) == 1 and (alias := self._alias(node)) is not None:
            return alias
        raise invalid(self.text, node.at, dotted(node.parts))

    def _alias(self, node: nodes.Name) -> Bound | None:
        """A projection of this SELECT by its alias."""
        name = node.parts[0].name
        projection = self.scope.aliases.get(name)
        if projection is None or name in self.expanding:
            return None
        before, self.expanding = self.expanding, (*self.expanding, name)
        try:
            return self.bind(projection.expression)
        finally:
            self.expanding = before

    def _sequence(self, node: nodes.Name) -> Bound | None:
        """`seq.NEXTVAL`: https://docs.snowflake.com/en/user-guide/querying-sequences"""
        *path, last = node.parts
        if last.name != "NEXTVAL" or not path:
            return None
        entry = self.context.find("SEQUENCE", tuple(part.name for part in path), "USAGE")
        return Bound(f"CAST(nextval('{entry.physical}') AS HUGEINT)", DataType("FIXED", 38, 0), False)

    def _position(self, node: nodes.Position) -> Bound:
        columns = [
            each
            for each in self.scope.columns
            if node.table is None or (each.path and each.path[-1] == node.table.name)
        ]
        if not 1 <= node.number <= len(columns):
            raise invalid(self.text, node.at, f"${node.number}")
        return columns[node.number - 1].bound()

    def _variable(self, node: nodes.Variable) -> Bound:
        return self.value(self.context.session.variable(node.name))

    def _bind(self, node: nodes.Bind) -> Bound:
        if node.name:
            raise Unbound("a named bind variable")
        binds = self.context.binds
        if self.context.describe_only and not binds:
            return NULL
        if not 1 <= node.number <= len(binds):
            raise sqlerror.malformed(f"error line 1 at position 0\nBind variable :{node.number} not set.")
        if (column := self.scope.parameters.get(f"?{node.number}")) is not None:
            return column
        return self.value(binds[node.number - 1][0])

    def value(self, value: Any) -> Bound:
        """A value of a bind or session variable."""
        from datetime import date, datetime, time

        if isinstance(value, str) and (len(value) > _LONG or "\0" in value):
            return Bound(f"CAST({self.work.parameter(value)} AS VARCHAR)", DataType("TEXT", length=len(value)), False)
        if isinstance(value, (bytes, bytearray)):
            sql = f"CAST({self.work.parameter(bytes(value))} AS BLOB)"
            return Bound(sql, DataType("BINARY", length=max(1, len(value))), False)
        if isinstance(value, datetime):
            if value.tzinfo is None:
                return Bound(f"TIMESTAMP '{value.isoformat(sep=' ')}'", DataType("TIMESTAMP_NTZ", 0, 9), False)
            kind = "TIMESTAMP_LTZ" if value.utcoffset() is not None and not value.utcoffset() else "TIMESTAMP_TZ"
            return Bound(f"TIMESTAMPTZ '{value.isoformat(sep=' ')}'", DataType(kind, 0, 9), False)
        if isinstance(value, date):
            return Bound(f"DATE '{value.isoformat()}'", DATE, False)
        if isinstance(value, time):
            return Bound(f"TIME '{value.isoformat()}'", DataType("TIME", 0, 9), False)
        return constant(value)

    # -- operators -------------------------------------------------------------------------------------

    def _unary(self, node: nodes.Unary) -> Bound:
        if node.operator == "NOT":
            operand = self.condition(node.operand)
            return joined(f"(NOT {operand.sql})", BOOLEAN, operand)
        operand = self.bind(node.operand)
        match node.operator:
            case "-":
                return negative(operand)
            case "+":
                return operand
        raise Unbound(node.operator)

    def _binary(self, node: nodes.Binary) -> Bound:
        operator = node.operator
        if operator in ("AND", "OR"):
            left, right = self.condition(node.left), self.condition(node.right)
            return joined(f"({left.sql} {operator} {right.sql})", BOOLEAN, left, right)
        if operator in ("+", "-") and (found := self._interval(operator, node)) is not None:
            return found
        left, right = self.bind(node.left), self.bind(node.right)
        if operator in ("+", "-") and (found := _dates(operator, left, right)) is not None:
            return found
        if operator == "||":
            return concatenated(left, right)
        if operator in ("+", "-", "*", "/", "%"):
            return self._arithmetic(node, left, right)
        return compared(operator, left, right, self._refused(node.at))

    def _arithmetic(self, node: nodes.Binary, left: Bound, right: Bound) -> Bound:
        for each in (left, right):
            if each.wire not in ("FIXED", "REAL", "TEXT", "VARIANT") and not each.null:
                kinds = ", ".join(str(side.type) for side in (left, right))
                raise self.error(
                    node.at, 1044, "42P13", f"Invalid argument types for function '{node.operator}': ({kinds})"
                )
        if node.operator == "/" and right.constant and right.value == 0 and not isinstance(right.value, (bool, str)):
            return joined("sf_raise('§100051§22012§Division by zero§')", DataType("FIXED", 38, 6), left)
        return arithmetic(node.operator, left, right)

    def _interval(self, operator: str, node: nodes.Binary) -> Bound | None:
        """Dates with intervals: https://docs.snowflake.com/en/sql-reference/data-types-datetime#interval-constants"""
        from snowmaker.sandbox.sql.functions import dates

        if isinstance(node.right, nodes.Typed) and node.right.kind == "INTERVAL":
            return dates.add_interval(self, self.bind(node.left), node.right.value, operator)
        if isinstance(node.left, nodes.Typed) and node.left.kind == "INTERVAL" and operator == "+":
            return dates.add_interval(self, self.bind(node.right), node.left.value, operator)
        return None

    def _refused(self, at: int) -> Callable[[str], SqlError]:
        return lambda message: self.error(at, 1044, "42P13", message)

    def _is(self, node: nodes.Is) -> Bound:
        operand = self.bind(node.operand) if node.what == "NULL" else self.condition(node.operand)
        word = "NOT " if node.negated else ""
        return joined(f"({operand.sql} IS {word}{node.what})", BOOLEAN, operand, nullable=False)

    def _between(self, node: nodes.Between) -> Bound:
        operand, low, high = self.bind(node.operand), self.bind(node.low), self.bind(node.high)
        above = compared(">=", operand, low, self._refused(node.at))
        below = compared("<=", operand, high, self._refused(node.at))
        sql = f"({above.sql} AND {below.sql})"
        return joined(f"(NOT {sql})" if node.negated else sql, BOOLEAN, above, below)

    def _in(self, node: nodes.In) -> Bound:
        if node.query is not None:
            return self._in_query(node)
        if isinstance(node.operand, nodes.Tuple):
            return self._in_tuples(node, node.operand)
        operand = self.bind(node.operand)
        items = [self.bind(item) for item in node.items]
        tests = [compared("=", operand, item, self._refused(node.at)) for item in items]
        if operand.wire not in SEMI and len({(each.wire, each.type.scale) for each in (operand, *items)}) == 1:
            listed = ", ".join(item.sql for item in items)
            return joined(f"({operand.sql} {'NOT ' if node.negated else ''}IN ({listed}))", BOOLEAN, *tests)
        sql = "(" + " OR ".join(each.sql for each in tests) + ")"
        return joined(f"(NOT {sql})" if node.negated else sql, BOOLEAN, *tests)

    def _in_tuples(self, node: nodes.In, operand: nodes.Tuple) -> Bound:
        tests: list[Bound] = []
        for item in node.items:
            if not isinstance(item, nodes.Tuple) or len(item.items) != len(operand.items):
                raise self.error(node.at, 1038, "22023", "Invalid number of elements in a row of IN")
            pairs = [
                compared("=", self.bind(a), self.bind(b), self._refused(node.at))
                for a, b in zip(operand.items, item.items, strict=True)
            ]
            tests.append(joined("(" + " AND ".join(each.sql for each in pairs) + ")", BOOLEAN, *pairs))
        sql = "(" + " OR ".join(each.sql for each in tests) + ")"
        return joined(f"(NOT {sql})" if node.negated else sql, BOOLEAN, *tests)

    def _in_query(self, node: nodes.In) -> Bound:
        assert node.query is not None
        relation = self.subquery(node.query)
        operands = node.operand.items if isinstance(node.operand, nodes.Tuple) else (node.operand,)
        if len(relation.columns) != len(operands):
            raise self.error(node.at, 2104, "42601", "Number of columns of the subquery does not match")
        bound = [self.bind(each) for each in operands]
        alias = self.work.alias()
        left, right = [], []
        for operand, column in zip(bound, relation.columns, strict=True):
            given = Bound(f"{alias}.{column.sql}", column.type, column.nullable)
            a, b = alike(operand, given, self._refused(node.at))
            left.append(a)
            right.append(b)
        inner = f"SELECT {', '.join(each.sql for each in right)} FROM ({relation.sql}) AS {alias}"
        outer = left[0].sql if len(left) == 1 else "(" + ", ".join(each.sql for each in left) + ")"
        word = "NOT IN" if node.negated else "IN"
        return joined(f"({outer} {word} ({inner}))", BOOLEAN, *left, nullable=True)

    def _like(self, node: nodes.Like) -> Bound:
        operand = self.text_argument(node.operand)
        tests = [self._pattern(node, operand, self.text_argument(each)) for each in node.patterns]
        sql = (" AND " if node.quantifier == "ALL" else " OR ").join(each.sql for each in tests)
        return joined(f"(NOT ({sql}))" if node.negated else f"({sql})", BOOLEAN, *tests)

    def _pattern(self, node: nodes.Like, operand: Bound, pattern: Bound) -> Bound:
        if node.operator == "RLIKE":
            from snowmaker.sandbox.sql.functions.patterns import full_match

            return full_match(operand, pattern)
        escape = ""
        if node.escape is not None:
            escape = f" ESCAPE {self.text_argument(node.escape).sql}"
        return joined(f"({operand.sql} {node.operator} {pattern.sql}{escape})", BOOLEAN, operand, pattern)

    def _case(self, node: nodes.Case) -> Bound:
        conditions: list[Bound] = []
        for when, _ in node.whens:
            if node.operand is None:
                conditions.append(self.condition(when))
            else:
                conditions.append(compared("=", self.bind(node.operand), self.bind(when), self._refused(node.at)))
        values = [self.bind(value) for _, value in node.whens]
        values.append(self.bind(node.otherwise) if node.otherwise is not None else NULL)
        return chosen(conditions, values)

    def _cast(self, node: nodes.Cast) -> Bound:
        operand = self.bind(node.operand)
        if node.attempt and operand.wire != "TEXT" and not operand.null:
            raise self.error(
                node.at,
                1065,
                "22023",
                f"Function TRY_CAST cannot be used with arguments of types {operand.type} and {node.type}",
            )
        return cast(operand, node.type, attempt=node.attempt)

    # -- semi-structured data --------------------------------------------------------------------------

    def _path(self, node: nodes.Path) -> Bound:
        operand = self.bind(node.operand)
        if operand.wire not in SEMI:
            if operand.wire == "TEXT":
                raise Unbound("a path into a text")
            raise self.error(
                node.at, 1044, "42P13", f"Invalid argument types for function 'GET': ({operand.type}, VARCHAR)"
            )
        sql, parts = operand.sql, [operand]
        for key in node.keys:
            if isinstance(key, str):
                sql = f"json_extract({sql}, {text_sql(json_key(key))})"
                continue
            index = self.bind(key)
            parts.append(index)
            sql = element(sql, index)
        return joined(sql, VARIANT, *parts, nullable=True)

    def _array(self, node: nodes.Array) -> Bound:
        items = [cast(self.bind(each), VARIANT) for each in node.items]
        return joined(json_array(items), ARRAY, *items, nullable=False)

    def _object(self, node: nodes.Object) -> Bound:
        if node.star is not None:
            columns = list(self.scope.star(node.star.table))
            pairs = [
                (constant(each.name), each.bound()) for each in columns if each.name not in _names(node.star.exclude)
            ]
        else:
            pairs = [(constant(key), self.bind(value)) for key, value in node.pairs]
        return json_object(pairs, keep_null=False)

    # -- queries ---------------------------------------------------------------------------------------

    def subquery(self, query: nodes.Query) -> Any:
        from snowmaker.sandbox.sql.selects import bind_query

        return bind_query(self, query)

    def _subquery(self, node: nodes.Subquery) -> Bound:
        relation = self.subquery(node.query)
        if len(relation.columns) != 1:
            raise self.error(node.at, 2104, "42601", "Subquery must return only one column")
        return Bound(f"({relation.sql})", relation.columns[0].type, True)

    def _exists(self, node: nodes.Exists) -> Bound:
        return Bound(f"EXISTS ({self.subquery(node.query).sql})", BOOLEAN, False)

    def _quantified(self, node: nodes.Quantified) -> Bound:
        operand = self.bind(node.operand)
        relation = self.subquery(node.query)
        if len(relation.columns) != 1:
            raise self.error(node.at, 2104, "42601", "Subquery must return only one column")
        alias, column = self.work.alias(), relation.columns[0]
        given = Bound(f"{alias}.{column.sql}", column.type, column.nullable)
        left, right = alike(operand, given, self._refused(node.at))
        inner = f"SELECT {right.sql} FROM ({relation.sql}) AS {alias}"
        return joined(f"({left.sql} {node.operator} {node.quantifier} ({inner}))", BOOLEAN, operand, nullable=True)

    def _call(self, node: nodes.Call) -> Bound:
        from snowmaker.sandbox.sql.functions import call

        return call(self, node)

    def _tuple(self, node: nodes.Tuple) -> Bound:
        raise Unbound("a row of values")

    def _outer_joined(self, node: nodes.OuterJoined) -> Bound:
        raise Unbound("(+)")


def _names(words: Sequence[nodes.Word]) -> frozenset[str]:
    return frozenset(word.name for word in words)


_TYPED = {"DATE": "DATE", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP", "DATETIME": "TIMESTAMP_NTZ"}

_HANDLERS: dict[type[Node], Callable[[Binder, Any], Bound]] = {
    nodes.Literal: Binder._literal, nodes.Typed: Binder._typed,
    nodes.Name: Binder._name,
    nodes.Position: Binder._position, nodes.Variable: Binder._variable, nodes.Bind: Binder._bind,
    nodes.Unary: Binder._unary, nodes.Binary: Binder._binary, nodes.Is: Binder._is,
    nodes.Between: Binder._between, nodes.In: Binder._in, nodes.Like: Binder._like, nodes.Case: Binder._case,
    nodes.Cast: Binder._cast, nodes.Path: Binder._path, nodes.Array: Binder._array, nodes.Object: Binder._object,
    nodes.Subquery: Binder._subquery, nodes.Exists: Binder._exists, nodes.Quantified: Binder._quantified,
    nodes.Call: Binder._call, nodes.Tuple: Binder._tuple, nodes.OuterJoined: Binder._outer_joined,
}  # fmt: skip


# -- what operators do -------------------------------------------------------------------------------------


def _dates(operator: str, left: Bound, right: Bound) -> Bound | None:
    """Dates with numbers: https://docs.snowflake.com/en/sql-reference/operators-arithmetic"""
    if left.wire == "DATE" and right.wire == "FIXED":
        return joined(f"({left.sql} {operator} CAST({right.sql} AS INTEGER))", DATE, left, right)
    if right.wire == "DATE" and left.wire == "FIXED" and operator == "+":
        return joined(f"({right.sql} + CAST({left.sql} AS INTEGER))", DATE, left, right)
    if left.wire == "DATE" and right.wire == "DATE" and operator == "-":
        return joined(f"CAST({left.sql} - {right.sql} AS BIGINT)", DataType("FIXED", 9, 0), left, right)
    return None


def as_boolean(bound: Bound) -> Bound:
    """The expression as a BOOLEAN. Raises SqlError where it cannot be cast."""
    return bound if bound.wire == "BOOLEAN" else cast(bound, BOOLEAN)


def alike(left: Bound, right: Bound, refused: Callable[[str], SqlError]) -> tuple[Bound, Bound]:
    """Two sides of a comparison in one type."""
    if left.null or right.null:
        kind = right.type if left.null else left.type
        return physical(left, kind), physical(right, kind)
    if "VARIANT" in (left.wire, right.wire) and left.wire != right.wire:
        return _with_variant(left, right)
    if left.wire == right.wire and left.wire != "FIXED":
        return left, right
    try:
        kind = _comparable(left, right)
    except SqlError:
        raise refused(f"Invalid argument types for function '=': ({left.type}, {right.type})") from None
    return physical(left, kind), physical(right, kind)


def _comparable(left: Bound, right: Bound) -> DataType:
    wires = {left.wire, right.wire}
    if wires == {"TEXT", "FIXED"}:
        other = left if left.wire == "FIXED" else right
        text = right if left.wire == "FIXED" else left
        if isinstance(text.value, str) and "." in text.value:
            return (
                REAL
                if "e" in text.value.lower()
                else DataType("FIXED", 38, max(other.type.scale or 0, len(text.value.strip().partition(".")[2])))
            )
        return other.type if other.type.scale else DataType("FIXED", 38, 0)
    if wires == {"BOOLEAN", "FIXED"}:
        return BOOLEAN
    return pair(left.type, right.type)


def _with_variant(left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """A document against a plain value: what cannot be read as such is not equal to it."""
    if left.wire == "VARIANT":
        if right.wire in SEMI:
            return left, right
        kind = REAL if right.wire in ("FIXED", "REAL") else right.type
        kind = TEXT if kind.wire == "TEXT" else kind
        return cast(left, kind, attempt=True), cast(right, kind)
    second, first = _with_variant(right, left)
    return first, second


def compared(operator: str, left: Bound, right: Bound, refused: Callable[[str], SqlError]) -> Bound:
    """`left operator right` in one type. Raises what `refused` makes of a message where they share none."""
    a, b = alike(left, right, refused)
    if a.wire in SEMI:
        a, b = (replace(each, sql=f"CAST({each.sql} AS VARCHAR)") for each in (a, b))
    nullable = False if "DISTINCT" in operator else None
    return joined(f"({a.sql} {operator} {b.sql})", BOOLEAN, a, b, nullable=nullable)


def concatenated(*parts: Bound) -> Bound:
    """https://docs.snowflake.com/en/sql-reference/functions/concat"""
    if any(each.null for each in parts):
        return replace(cast(NULL, TEXT), value=None)
    if all(each.wire == "BINARY" for each in parts):
        return joined("(" + " || ".join(each.sql for each in parts) + ")", BINARY, *parts)
    texts = [text_of(each) for each in parts]
    length = min(16777216, sum(each.type.length or 0 for each in texts))
    if all(isinstance(each.value, str) for each in texts):
        return constant("".join(str(each.value) for each in texts))
    return joined("(" + " || ".join(each.sql for each in texts) + ")", DataType("TEXT", length=length), *texts)


def chosen(conditions: Sequence[Bound], values: Sequence[Bound]) -> Bound:
    """CASE: the value after the first condition that is true; the last value stands alone."""
    kind = common(values)
    cases = [physical(each, kind) for each in values]
    whens = " ".join(f"WHEN {c.sql} THEN {v.sql}" for c, v in zip(conditions, cases, strict=False))
    nullable = any(each.nullable for each in values)
    return joined(f"CASE {whens} ELSE {cases[-1].sql} END", kind, *conditions, *values, nullable=nullable)


def json_key(key: str) -> str:
    """A JSON path of one key."""
    return '$."' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def element(sql: str, index: Bound) -> str:
    """`x[index]`: a key of an object or a place in an array."""
    if isinstance(index.value, str):
        return f"json_extract({sql}, {text_sql(json_key(index.value))})"
    if isinstance(index.value, int):
        return (
            f"json_extract({sql}, '$[{index.value}]')" if index.value >= 0 else f"CASE WHEN {sql} IS NULL THEN NULL END"
        )
    if index.wire == "FIXED":
        return f"json_extract({sql}, '$[' || CAST({index.sql} AS VARCHAR) || ']')"
    return f"json_extract({sql}, '$.\"' || replace({text_of(index).sql}, '\"', '\\\"') || '\"')"


def json_array(items: Sequence[Bound]) -> str:
    """The DuckDB text of a JSON array; an item that is NULL becomes JSON's null."""
    if not items:
        return "CAST('[]' AS JSON)"
    return "to_json([" + ", ".join(f"coalesce({each.sql}, CAST('null' AS JSON))" for each in items) + "])"


def json_object(pairs: Sequence[tuple[Bound, Bound]], *, keep_null: bool) -> Bound:
    """An object; keys whose value is NULL are left out unless they are kept."""
    ordered = sorted(pairs, key=lambda each: str(each[0].value)) if all(key.constant for key, _ in pairs) else pairs
    entries: list[str] = []
    parts: list[Bound] = []
    for key, value in ordered:
        document = cast(value, VARIANT)
        parts += [key, document]
        held = f"coalesce(CAST({document.sql} AS VARCHAR), 'null')" if keep_null else f"CAST({document.sql} AS VARCHAR)"
        entries.append(f"to_json({text_of(key).sql}) || ':' || {held}")
    if not entries:
        return Bound("CAST('{}' AS JSON)", OBJECT, False)
    sql = f"CAST('{{' || coalesce(array_to_string([{', '.join(entries)}], ','), '') || '}}' AS JSON)"
    return joined(sql, OBJECT, *parts, nullable=False)
