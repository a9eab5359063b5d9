"""The tree of a query: what was written, before any name is looked up. Nodes are never changed after reading.

`at` is the offset in the text where a node begins, for error messages; `text` of a projection names its column.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from snowmaker.sandbox.datatypes import DataType


@dataclass(frozen=True, slots=True)
class Word:
    """One part of a name: `name` as it is looked up (upper case where not quoted)."""

    name: str
    quoted: bool
    at: int


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the tree that knows where in the text it begins."""

    at: int


# -- expressions -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant as written: text, number, TRUE, FALSE, NULL."""

    value: str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Typed(Node):
    """`DATE '2024-01-01'`, `INTERVAL '1 day'` and the like."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A column, possibly qualified; or a sequence's NEXTVAL; or a word that only its function understands."""

    parts: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Position(Node):
    """`$1`, `t.$1`: a column by its place."""

    number: int
    table: Word | None = None


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """`$name`, a session variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Bind(Node):
    """`?`, `:1` by number; `:name` by name."""

    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Star(Node):
    """`*`, `t.*` with ILIKE, EXCLUDE, REPLACE, RENAME."""

    table: tuple[Word, ...] = ()
    ilike: str | None = None
    exclude: tuple[Word, ...] = ()
    replace: tuple[tuple[Node, Word], ...] = ()
    rename: tuple[tuple[Word, Word], ...] = ()


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """An operator before its operand: `-`, `+`, `~`, NOT, PRIOR, CONNECT_BY_ROOT."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """An operator between two operands: of arithmetic, `||`, a comparison, IS [NOT] DISTINCT FROM, AND, OR."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Is(Node):
    """`x IS [NOT] NULL | TRUE | FALSE`."""

    operand: Node
    what: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`x [NOT] BETWEEN low AND high`."""

    operand: Node
    low: Node
    high: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Node):
    """`x [NOT] IN (…)`: of items, or of a query."""

    operand: Node
    items: tuple[Node, ...]
    query: Query | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Like(Node):
    """LIKE, ILIKE, RLIKE; `quantifier` is ANY or ALL where several patterns are given."""

    operator: str
    operand: Node
    patterns: tuple[Node, ...]
    quantifier: str
    escape: Node | None
    negated: bool


@dataclass(frozen=True, slots=True)
class Case(Node):
    """A simple CASE has an operand; `whens` are (value or condition, result)."""

    operand: Node | None
    whens: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """`x::type` and CAST(x AS type), or TRY_CAST, which is an attempt."""

    operand: Node
    type: DataType
    attempt: bool


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`x:a.b[0]['c']`: keys are texts or index expressions."""

    operand: Node
    keys: tuple[str | Node, ...]


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """`(a, b)`: several expressions in brackets."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Array(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Object(Node):
    """`{'a': 1}`, or `{*}` with its star."""

    pairs: tuple[tuple[str, Node], ...]
    star: Star | None = None


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """`x -> body` or `(x, y) -> body`."""

    parameters: tuple[Word, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """`(SELECT …)` where a value is wanted."""

    query: Query


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """`EXISTS (SELECT …)`."""

    query: Query


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`x > ALL (SELECT …)`."""

    operator: str
    operand: Node
    quantifier: str
    query: Query


@dataclass(frozen=True, slots=True)
class OuterJoined(Node):
    """`t.a(+)`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A key of ORDER BY; `nulls_first` is None where it says neither NULLS FIRST nor NULLS LAST."""

    expression: Node
    descending: bool
    nulls_first: bool | None


@dataclass(frozen=True, slots=True)
class Frame:
    """ROWS | RANGE BETWEEN start AND end; bounds as (word, expression): UNBOUNDED PRECEDING, PRECEDING, …"""

    unit: str
    start: tuple[str, Node | None]
    end: tuple[str, Node | None]


@dataclass(frozen=True, slots=True)
class Window:
    """What OVER has in its brackets: PARTITION BY, ORDER BY and a frame."""

    partition: tuple[Node, ...]
    order: tuple[OrderItem, ...]
    frame: Frame | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function call with all that may surround it. `end` is where it ends."""

    name: tuple[Word, ...]
    arguments: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...] = ()
    distinct: bool = False
    within: tuple[OrderItem, ...] = ()
    nulls: str = ""
    from_last: bool = False
    over: Window | None = None

    @property
    def function(self) -> str:
        return self.name[-1].name


# -- queries ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Projection:
    """An item of the SELECT list; `text` is the expression as written."""

    expression: Node
    alias: Word | None
    text: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """`kind` is PLAIN, ALL, CUBE, ROLLUP or GROUPING SETS; `sets` holds one tuple for PLAIN."""

    kind: str
    sets: tuple[tuple[Node, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Select(Node):
    """A SELECT; what WITH, ORDER BY and LIMIT add is of its Query."""

    distinct: bool
    top: Node | None
    projections: tuple[Projection, ...]
    source: Source | None
    where: Node | None
    groupings: tuple[Grouping, ...]
    having: Node | None
    qualify: Node | None
    connect: Connect | None = None
    into: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connect:
    """START WITH … CONNECT BY …"""

    start: Node | None
    condition: Node


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """`operator` is UNION, INTERSECT or EXCEPT."""

    operator: str
    all: bool
    by_name: bool
    left: Query
    right: Query


@dataclass(frozen=True, slots=True)
class Values(Node):
    """`VALUES (…), (…)`."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Cte:
    """A query that WITH names, and its columns where they are named too."""

    name: Word
    columns: tuple[Word, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query: what WITH defines, a body, and what orders and limits it."""

    body: Select | SetOperation | Values | Query
    ctes: tuple[Cte, ...] = ()
    recursive: bool = False
    order: tuple[OrderItem, ...] = ()
    order_all: OrderItem | None = None
    limit: Node | None = None
    offset: Node | None = None


# -- what stands in FROM ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alias:
    """`AS t (a, b)`: another name for a source, and for its columns where they are named too."""

    name: Word
    columns: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """`kind` is ROW or BLOCK; `rows` a fixed number instead of a percentage."""

    kind: str
    amount: Node
    rows: bool
    seed: int | None


@dataclass(frozen=True, slots=True)
class Source(Node):
    """Anything in FROM. `lateral` sees what stands before it."""


@dataclass(frozen=True, slots=True)
class Table(Source):
    """A table or view; `name` may be empty parts for `db..t`. `literal` is the inside of IDENTIFIER(…)."""

    name: tuple[Word, ...]
    literal: Node | None
    alias: Alias | None
    travel: str = ""
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Staged(Source):
    """`@stage/path (FILE_FORMAT => …, PATTERN => …)`"""

    location: str
    options: tuple[tuple[str, str], ...]
    alias: Alias | None


@dataclass(frozen=True, slots=True)
class Derived(Source):
    """`[LATERAL] (SELECT …)` in FROM."""

    query: Query
    alias: Alias | None
    lateral: bool
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class FunctionTable(Source):
    """`TABLE(f(…))`, `LATERAL FLATTEN(…)`."""

    call: Call
    alias: Alias | None
    lateral: bool
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Join(Source):
    """`kind` is INNER, LEFT, RIGHT, FULL, CROSS or ASOF; the comma is CROSS too."""

    kind: str
    left: Source
    right: Source
    on: Node | None = None
    using: tuple[Word, ...] = ()
    natural: bool = False
    match: Node | None = None


@dataclass(frozen=True, slots=True)
class Pivot(Source):
    """PIVOT(aggregate FOR column IN (values)) over a source."""

    inner: Source
    aggregates: tuple[tuple[Call, Word | None], ...]
    column: Name
    values: tuple[tuple[Node, Word | None], ...]
    every: bool
    query: Query | None
    default: Node | None
    alias: Alias | None


@dataclass(frozen=True, slots=True)
class Unpivot(Source):
    """UNPIVOT(value FOR column IN (columns)) over a source; each of `columns` comes with its alias."""

    inner: Source
    value: Word
    column: Word
    columns: tuple[tuple[Name, Word | str | None], ...]
    include_nulls: bool
    alias: Alias | None


# -- DML -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Default(Node):
    """DEFAULT where a value is wanted."""


@dataclass(frozen=True, slots=True)
class Into:
    """INTO t (columns) [VALUES (…)] of an INSERT; `values` only in a multi-table one."""

    table: Table
    columns: tuple[Word, ...]
    values: tuple[Node, ...] | None = None


@dataclass(frozen=True, slots=True)
class Insert(Node):
    """INSERT [OVERWRITE] INTO t … VALUES | query."""

    overwrite: bool
    into: Into
    query: Query


@dataclass(frozen=True, slots=True)
class MultiInsert(Node):
    """INSERT ALL | FIRST: `branches` are (condition, targets); the condition None is ELSE or unconditional."""

    overwrite: bool
    first: bool
    conditional: bool
    branches: tuple[tuple[Node | None, tuple[Into, ...]], ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Assignment:
    """`column = value` behind SET."""

    column: Name
    value: Node


@dataclass(frozen=True, slots=True)
class Update(Node):
    """UPDATE t SET … [FROM source] [WHERE …]."""

    table: Table
    assignments: tuple[Assignment, ...]
    source: Source | None
    where: Node | None


@dataclass(frozen=True, slots=True)
class Delete(Node):
    """DELETE FROM t [USING source] [WHERE …]."""

    table: Table
    source: Source | None
    where: Node | None


@dataclass(frozen=True, slots=True)
class MergeClause:
    """WHEN [NOT] MATCHED [AND …] THEN action. `action` is UPDATE, DELETE or INSERT."""

    matched: bool
    condition: Node | None
    action: str
    assignments: tuple[Assignment, ...] = ()
    columns: tuple[Word, ...] = ()
    values: tuple[Node, ...] = ()
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Merge(Node):
    """MERGE INTO t USING source ON condition WHEN …."""

    table: Table
    source: Source
    condition: Node
    clauses: tuple[MergeClause, ...]
