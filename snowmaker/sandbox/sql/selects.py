"""Binds whole queries: SELECT with its clauses, set operations, VALUES, WITH."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.sql import nodes
from snowmaker.sandbox.sql.binder import Binder
from snowmaker.sandbox.sql.bound import NULL, Bound, Unbound
from snowmaker.sandbox.sql.coercion import common, physical
from snowmaker.sandbox.sql.nodes import Projection
from snowmaker.sandbox.sql.relations import Output, Relation, bind_source
from snowmaker.sandbox.sql.scope import Column, Scope, dotted, invalid
from snowmaker.sandbox.sqlerror import SqlError


def bind_query(binder: Binder, query: nodes.Query) -> Relation:
    """A query whose names may also be those of the scope around it."""
    scope = Scope(binder.text, (), binder.scope)
    inner = binder.within(scope)
    definitions = [_cte(inner, cte, query.recursive) for cte in query.ctes]
    relation = _body(inner, query)
    if definitions:
        word = "WITH RECURSIVE" if query.recursive else "WITH"
        return Relation(f"{word} {', '.join(definitions)} {relation.sql}", relation.columns)
    return relation


def _cte(binder: Binder, cte: nodes.Cte, recursive: bool) -> str:
    """One definition of WITH; afterwards its name can be seen."""
    if recursive or _refers(cte.query, cte.name.name):
        return _recursive(binder, cte)
    found = bind_query(binder, cte.query)
    own, columns = _defined(binder, cte, found.columns)
    binder.scope.ctes[cte.name.name] = Relation(f"SELECT * FROM {own}", columns)
    return f"{own} AS ({found.sql})"


def _defined(binder: Binder, cte: nodes.Cte, columns: Sequence[Output]) -> tuple[str, tuple[Output, ...]]:
    own = binder.work.alias()
    names = [word.name for word in cte.columns] or [each.name for each in columns]
    if len(names) != len(columns):
        raise SqlError(
            2057, "42601", f"SQL compilation error:\nCTE {cte.name.name} has {len(columns)} columns, {len(names)} named"
        )
    return own, tuple(replace(each, name=name) for each, name in zip(columns, names, strict=True))


def _refers(query: nodes.Query, name: str) -> bool:
    """Whether a definition reads itself, which needs no RECURSIVE: a UNION whose right side names it."""
    body = query.body
    if not isinstance(body, nodes.SetOperation) or body.operator != "UNION":
        return False
    return re.search(rf"Table\(at=\d+, name=\(Word\(name='{re.escape(name)}'", repr(body.right)) is not None


def _recursive(binder: Binder, cte: nodes.Cte) -> str:
    """https://docs.snowflake.com/en/user-guide/queries-cte#recursive-ctes-and-hierarchical-data"""
    body = cte.query.body
    if not isinstance(body, nodes.SetOperation) or body.operator != "UNION":
        found = bind_query(binder, cte.query)
        own, columns = _defined(binder, cte, found.columns)
        binder.scope.ctes[cte.name.name] = Relation(f"SELECT * FROM {own}", columns)
        return f"{own} AS ({found.sql})"
    anchor = bind_query(binder, body.left)
    wide = [replace(each, type=_widest(each.type), nullable=True) for each in anchor.columns]
    own, columns = _defined(binder, cte, wide)
    columns = tuple(replace(each, sql=f"c{i}") for i, each in enumerate(columns, 1))
    binder.scope.ctes[cte.name.name] = Relation(f"SELECT * FROM {own}", columns)
    step = bind_query(binder, body.right)
    if len(step.columns) != len(columns):
        raise SqlError(
            1789, "42601", "SQL compilation error:\ninvalid number of result columns for set operator input branches"
        )
    left, right = (_aligned(binder, each, [column.type for column in columns]) for each in (anchor, step))
    names = ", ".join(each.sql for each in columns)
    return f"{own}({names}) AS ({left} UNION ALL {right})"


def _widest(kind: DataType) -> DataType:
    """The type with room for what a recursion adds."""
    if kind.wire == "FIXED":
        return DataType("FIXED", 38, kind.scale)
    return DataType("TEXT", length=16777216) if kind.wire == "TEXT" else kind


def _body(binder: Binder, query: nodes.Query) -> Relation:
    body = query.body
    if isinstance(body, nodes.Select):
        return _Select(binder, body, query).relation()
    if isinstance(body, nodes.SetOperation):
        relation = _set_operation(binder, body)
    elif isinstance(body, nodes.Values):
        relation = _values(binder, body)
    else:
        relation = bind_query(binder, body)
    if query.order or query.order_all or query.limit is not None or query.offset is not None:
        return _ordered(binder, relation, query)
    return relation


def _ordered(binder: Binder, relation: Relation, query: nodes.Query) -> Relation:
    """ORDER BY, LIMIT of something that is no SELECT."""
    own = binder.work.alias()
    columns = tuple(Column(each.name, each.type, each.nullable, f"{own}.{each.sql}") for each in relation.columns)
    inner = binder.within(Scope(binder.text, columns, binder.scope))
    items = query.order
    if query.order_all is not None:
        items = tuple(replace(query.order_all, expression=nodes.Literal(0, i)) for i in range(1, len(columns) + 1))
    keys = [ordering(inner, item, len(columns), [each.sql for each in columns]) for item in items]
    listed = ", ".join(f"{own}.{each.sql}" for each in relation.columns)
    order = f" ORDER BY {', '.join(keys)}" if keys else ""
    return Relation(f"SELECT {listed} FROM ({relation.sql}) AS {own}{order}{limits(inner, query)}", relation.columns)


def ordering(binder: Binder, item: nodes.OrderItem, width: int, outputs: Sequence[str] = ()) -> str:
    """A key of ORDER BY: NULL is the greatest value unless told otherwise.

    https://docs.snowflake.com/en/sql-reference/constructs/order-by
    """
    node = item.expression
    if isinstance(node, nodes.Literal) and isinstance(node.value, int) and not isinstance(node.value, bool) and outputs:
        if not 1 <= node.value <= width:
            raise binder.error(node.at, 2110, "42601", f"Order by position {node.value} is out of range")
        sql = outputs[node.value - 1]
    else:
        found = binder.bind(node)
        sql = f"({found.sql} IS NULL)" if found.constant else found.sql  # DuckDB orders by no constant
    return directed(binder, sql, item)


def directed(binder: Binder, sql: str, item: nodes.OrderItem) -> str:
    """A key of ORDER BY with its direction and the place of NULL."""
    default = binder.context.session.parameter("DEFAULT_NULL_ORDERING")
    first = item.nulls_first
    if first is None:
        first = item.descending if default == "LAST" else not item.descending
    return f"{sql} {'DESC' if item.descending else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


def limits(binder: Binder, query: nodes.Query, top: nodes.Node | None = None) -> str:
    """LIMIT, or else `top`, and OFFSET in DuckDB's words. Raises SqlError 001014 for what is no number of rows."""
    parts = ""
    for word, node in (("LIMIT", query.limit if query.limit is not None else top), ("OFFSET", query.offset)):
        if node is None:
            continue
        count = binder.bind(node)
        value = count.value
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        if count.null or value == "":
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            if binder.context.describe_only:
                continue
            shown = "null" if value is None else value
            raise SqlError(1014, "22023", f"SQL compilation error:\nInvalid row count '{shown}' in limit clause")
        parts += f" {word} {value}"
    return parts


# -- set operations --------------------------------------------------------------------------------------


def _set_operation(binder: Binder, node: nodes.SetOperation) -> Relation:
    """https://docs.snowflake.com/en/sql-reference/operators-query"""
    left, right = bind_query(binder, node.left), bind_query(binder, node.right)
    if node.by_name:
        left, right = _by_name(binder, left, right)
    if len(left.columns) != len(right.columns):
        raise SqlError(
            1789, "42601", "SQL compilation error:\ninvalid number of result columns for set operator input branches, "
            f"expected {len(left.columns)}, got {len(right.columns)} in branch {{2}}",
        )  # fmt: skip
    types = [_shared(a, b) for a, b in zip(left.columns, right.columns, strict=True)]
    word = f"{node.operator} ALL" if node.all else node.operator
    columns = tuple(
        Output(a.name, kind, a.nullable or b.nullable, f"c{i}")
        for i, (a, b, kind) in enumerate(zip(left.columns, right.columns, types, strict=True), 1)
    )
    sql = f"({_aligned(binder, left, types)}) {word} ({_aligned(binder, right, types)})"
    return Relation(sql, columns)


def _shared(a: Output, b: Output) -> DataType:
    left, right = (NULL if each.type.wire == "NULL" else Bound("x", each.type) for each in (a, b))
    try:
        return common((left, right))
    except SqlError:
        raise SqlError(
            1790, "42601", "SQL compilation error:\ninconsistent data type for result columns for set operator input "
            f"branches, expected {a.type}, got {b.type} for expression [{{2}}] branch {{3}}",
        ) from None  # fmt: skip


def _aligned(binder: Binder, relation: Relation, types: Sequence[DataType]) -> str:
    own = binder.work.alias()
    items = [
        f"{physical(Bound(f'{own}.{each.sql}', each.type, each.nullable), kind).sql} AS c{i}"
        for i, (each, kind) in enumerate(zip(relation.columns, types, strict=True), 1)
    ]
    return f"SELECT {', '.join(items)} FROM ({relation.sql}) AS {own}"


def _by_name(binder: Binder, left: Relation, right: Relation) -> tuple[Relation, Relation]:
    names = [each.name for each in left.columns]
    names += [each.name for each in right.columns if each.name not in names]
    found = []
    for relation, other in ((left, right), (right, left)):
        own = binder.work.alias()
        known = {each.name: each for each in (*other.columns, *relation.columns)}
        mine = {each.name for each in relation.columns}
        items, columns = [], []
        for i, name in enumerate(names, 1):
            each = known[name]
            items.append(f"{f'{own}.{each.sql}' if name in mine else 'NULL'} AS c{i}")
            columns.append(Output(name, each.type, True, f"c{i}"))
        found.append(Relation(f"SELECT {', '.join(items)} FROM ({relation.sql}) AS {own}", tuple(columns)))
    return found[0], found[1]


def _values(binder: Binder, node: nodes.Values) -> Relation:
    """VALUES as a query: COLUMN1, COLUMN2 … https://docs.snowflake.com/en/sql-reference/constructs/values"""
    width = len(node.rows[0])
    rows = []
    for row in node.rows:
        if len(row) != width:
            raise SqlError(
                2057, "42601", "SQL compilation error:\nRows of VALUES must have the same number of expressions"
            )
        rows.append([binder.bind(each) for each in row])
    types = [common([row[i] for row in rows]) for i in range(width)]
    lines = [
        "(" + ", ".join(physical(each, kind).sql for each, kind in zip(row, types, strict=True)) + ")" for row in rows
    ]
    columns = tuple(
        Output(f"COLUMN{i + 1}", kind, any(row[i].nullable for row in rows), f"c{i + 1}")
        for i, kind in enumerate(types)
    )
    own = binder.work.alias()
    return Relation(
        f"SELECT * FROM (VALUES {', '.join(lines)}) AS {own}({', '.join(each.sql for each in columns)})", columns
    )


# -- SELECT ----------------------------------------------------------------------------------------------


class _Select:
    """Binds one SELECT with its ORDER BY and LIMIT."""

    def __init__(self, binder: Binder, select: nodes.Select, query: nodes.Query) -> None:
        self._select = select
        self._query = query
        self._outer = binder
        if select.connect is not None:
            raise Unbound("CONNECT BY")
        if select.into:
            raise Unbound("INTO")
        self._from = ""
        columns: Sequence[Column] = ()
        row = ""
        if select.source is not None:
            source = bind_source(binder, select.source)
            self._from, columns, row = f" FROM {source.sql}", source.columns, source.row
        aliases = {each.alias.name: each for each in reversed(select.projections) if each.alias is not None}
        self._scope = Scope(binder.text, columns, binder.scope, aliases, row=row)
        self._binder = binder.within(self._scope)

    def relation(self) -> Relation:
        select, binder = self._select, self._binder
        where = f" WHERE {self._filter(select.where)}" if select.where is not None else ""
        items = self._items()
        groups = self._groups(items)
        if groups is not None or self._aggregates(items):
            binder.grouped = self._grouped
            items = self._items(check=True)
            groups = groups or ""
        else:
            groups = ""
        having = f" HAVING {self._checked(select.having)}" if select.having is not None else ""
        qualify = f" QUALIFY {binder.condition(select.qualify).sql}" if select.qualify is not None else ""
        outputs = tuple(Output(name, each.type, each.nullable, f"c{i}") for i, (name, each) in enumerate(items, 1))
        order = self._order(items)
        word = "DISTINCT " if select.distinct else ""
        listed = ", ".join(f"{each.sql} AS c{i}" for i, (_, each) in enumerate(items, 1))
        sql = f"SELECT {word}{listed}{self._from}{where}{groups}{having}{qualify}{order}"
        return Relation(sql + limits(binder, self._query, select.top), outputs)

    # -- clauses ---------------------------------------------------------------------------------------

    def _filter(self, node: nodes.Node) -> str:
        found = self._binder.condition(node)
        if found.aggregate:
            raise self._binder.error(node.at, 2080, "42601", "Invalid aggregate function in where clause")
        return found.sql

    def _checked(self, node: nodes.Node) -> str:
        found = self._binder.condition(node)
        self._valid(found, node)
        return found.sql

    def _items(self, *, check: bool = False) -> list[tuple[str, Bound]]:
        found: list[tuple[str, Bound]] = []
        for projection in self._select.projections:
            if isinstance(projection.expression, nodes.Star):
                items = self._star(projection.expression)
            else:
                bound = self._projected(projection)
                items = [(self._title(projection), bound)]
            if check:
                for _, bound in items:
                    self._valid(bound, projection.expression)
            found += items
        return found

    def _projected(self, projection: Projection) -> Bound:
        """An alias of the projection itself is not yet known inside it."""
        binder = self._binder
        name = projection.alias.name if projection.alias else ""
        binder.expanding = (name,) if name else ()
        try:
            bound = binder.bind(projection.expression)
        finally:
            binder.expanding = ()
        return replace(bound, sql="CAST(NULL AS VARCHAR)") if bound.sql == "NULL" else bound

    def _title(self, projection: Projection) -> str:
        """What a column is called: its alias, a column's own name, else its text."""
        if projection.alias is not None:
            return projection.alias.name
        expression = projection.expression
        if isinstance(expression, nodes.Name):
            return expression.parts[-1].name
        return title(projection.text)

    def _star(self, star: nodes.Star) -> list[tuple[str, Bound]]:
        columns = list(self._scope.star(star.table))
        if not columns:
            raise invalid(self._binder.text, star.at, dotted(star.table) or "*")
        if star.ilike is not None:
            pattern = re.compile(_like_pattern(star.ilike), re.I | re.S)
            columns = [each for each in columns if pattern.fullmatch(each.name)]
        names = {each.name for each in columns}
        excluded = {word.name for word in star.exclude}
        for word in (*star.exclude, *(old for old, _ in star.rename), *(new for _, new in star.replace)):
            if word.name not in names:
                raise invalid(self._binder.text, word.at, word.name)
        columns = [each for each in columns if each.name not in excluded]
        replaced = {word.name: node for node, word in star.replace}
        renamed = {old.name: new.name for old, new in star.rename}
        return [
            (renamed.get(each.name, each.name),
             self._binder.bind(replaced[each.name]) if each.name in replaced else each.bound())
            for each in columns
        ]  # fmt: skip

    # -- grouping --------------------------------------------------------------------------------------

    _grouped: frozenset[str] = frozenset()

    def _aggregates(self, items: Sequence[tuple[str, Bound]]) -> bool:
        return any(bound.aggregate for _, bound in items) or self._select.having is not None

    def _groups(self, items: Sequence[tuple[str, Bound]]) -> str | None:
        """GROUP BY in DuckDB's words; None where there is none."""
        select = self._select
        if not select.groupings:
            return None
        parts: list[str] = []
        keys: list[str] = []
        for grouping in select.groupings:
            if grouping.kind == "ALL":
                keys += [bound.sql for _, bound in items if not bound.aggregate and not bound.window and bound.free]
                parts += keys
                continue
            sets = [[self._key(node, items) for node in each] for each in grouping.sets]
            keys += [key for each in sets for key in each]
            if grouping.kind == "PLAIN":
                parts += sets[0]
            else:
                listed = ", ".join("(" + ", ".join(each) + ")" if len(each) != 1 else each[0] for each in sets)
                parts.append(f"{grouping.kind} ({listed})")
        self._grouped = frozenset(keys)
        return f" GROUP BY {', '.join(parts)}" if parts else ""

    def _key(self, node: nodes.Node, items: Sequence[tuple[str, Bound]]) -> str:
        """A grouping key: a position, else an expression in which a column comes before an alias."""
        if isinstance(node, nodes.Literal) and isinstance(node.value, int) and not isinstance(node.value, bool):
            if not 1 <= node.value <= len(items):
                raise self._binder.error(node.at, 2109, "42601", f"Group by position {node.value} is out of range")
            bound = items[node.value - 1][1]
        else:
            bound = self._binder.bind(node)
        if bound.aggregate:
            raise self._binder.error(node.at, 2080, "42601", "Invalid aggregate function in group by clause")
        return f"({bound.sql})" if bound.constant else bound.sql

    def _valid(self, bound: Bound, node: nodes.Node) -> None:
        """Refuse a column that is neither grouped by nor inside an aggregate."""
        if bound.free and self._binder.grouped is not None:
            name = sorted(bound.free)[0]
            raise SqlError(979, "42601", f"SQL compilation error:\n[{name}] is not a valid group by expression")

    # -- order -----------------------------------------------------------------------------------------

    def _order(self, items: Sequence[tuple[str, Bound]]) -> str:
        query = self._query
        order = query.order
        if query.order_all is not None:
            order = tuple(replace(query.order_all, expression=nodes.Literal(0, i)) for i in range(1, len(items) + 1))
        keys = [self._order_key(item, items) for item in order]
        return f" ORDER BY {', '.join(keys)}" if keys else ""

    def _order_key(self, item: nodes.OrderItem, items: Sequence[tuple[str, Bound]]) -> str:
        """An output column by its alias, or any expression; an alias comes before a column."""
        node = item.expression
        binder = self._binder
        if isinstance(node, nodes.Name) and len(node.parts) == 1:
            for i, (name, _) in enumerate(items, 1):
                if name == node.parts[0].name:
                    return directed(binder, str(i), item)
        outputs = [str(i) for i in range(1, len(items) + 1)]
        if isinstance(node, nodes.Literal) and isinstance(node.value, int):
            return ordering(binder, item, len(items), outputs)
        bound = binder.bind(node)
        self._valid(bound, node)
        for i, (_, other) in enumerate(items, 1):
            if other.sql == bound.sql:
                return directed(binder, str(i), item)
        if bound.constant:
            return directed(binder, f"({bound.sql})", item)
        return directed(binder, bound.sql, item)


def title(text: str) -> str:
    """A column without alias is called by its expression, in upper case but for what is quoted."""
    return re.sub(r"\"[^\"]*\"|[^\"]+", lambda found: found[0] if found[0][0] == '"' else found[0].upper(), text)


def _like_pattern(pattern: str) -> str:
    return "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
