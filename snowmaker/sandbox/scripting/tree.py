"""The nodes of a script, as it is read. `at` is where a node begins in the script's text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snowmaker.sandbox.datatypes import DataType

if TYPE_CHECKING:
    from snowmaker.sandbox.scripting.expressions import Compiled


@dataclass(frozen=True)
class Expression:
    """An expression as written; `compiled` is what evaluates it without a query, once it was tried."""

    text: str
    at: int
    compiled: list[Compiled | None] = field(default_factory=list, compare=False, repr=False)


@dataclass(frozen=True)
class Sql:
    """A statement for the account, as written."""

    text: str
    at: int


@dataclass(frozen=True)
class Into:
    """SELECT … INTO or CALL … INTO: the statement without its INTO, and the variables."""

    text: str
    variables: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Immediate:
    """EXECUTE IMMEDIATE with a text that is made when it runs."""

    statement: Expression
    using: tuple[Expression, ...]
    at: int


Query = Sql | Immediate


# -- declarations --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variable:
    """`type` is None where the value says it."""

    name: str
    type: DataType | None
    value: Expression | None
    at: int


@dataclass(frozen=True)
class Cursor:
    """Of a query, or of a result set by its name."""

    name: str
    source: Query | str
    at: int


@dataclass(frozen=True)
class Resultset:
    """A declared RESULTSET; `query` is None where it is declared without one."""

    name: str
    query: Query | None
    at: int


@dataclass(frozen=True)
class ExceptionDeclaration:
    """A declared exception. Two of the same name in different blocks are two."""

    name: str
    number: int
    message: str
    at: int


Declaration = Variable | Cursor | Resultset | ExceptionDeclaration


# -- statements ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handler:
    """WHEN … THEN. `names` is empty for OTHER; `goes_on` is CONTINUE."""

    names: tuple[str, ...]
    goes_on: bool
    body: Body


@dataclass(frozen=True)
class Block:
    """BEGIN … END with what DECLARE and EXCEPTION say."""

    declarations: tuple[Declaration, ...]
    body: Body
    handlers: tuple[Handler, ...]
    at: int


@dataclass(frozen=True)
class Assign:
    """`name := value`, of a variable or (a query in brackets) a result set."""

    name: str
    value: Expression
    query: Query | None
    at: int


@dataclass(frozen=True)
class If:
    """IF: `branches` are (condition, body) of IF and each ELSEIF, `otherwise` is the body of ELSE."""

    branches: tuple[tuple[Expression, Body], ...]
    otherwise: Body
    at: int


@dataclass(frozen=True)
class Case:
    """A simple CASE has a subject; a searched one has conditions."""

    subject: Expression | None
    branches: tuple[tuple[Expression, Body], ...]
    otherwise: Body
    at: int


@dataclass(frozen=True)
class ForRange:
    """FOR over the whole numbers from `first` to `last`, or back from `last` where it is `reverse`."""

    name: str
    reverse: bool
    first: Expression
    last: Expression
    body: Body
    label: str
    at: int


@dataclass(frozen=True)
class ForRows:
    """Over a cursor or result set by its name, or over a query."""

    name: str
    source: Query | str
    body: Body
    label: str
    at: int


@dataclass(frozen=True)
class While:
    """WHILE: the body as long as the condition is true."""

    condition: Expression
    body: Body
    label: str
    at: int


@dataclass(frozen=True)
class Repeat:
    """REPEAT: the body, once at least, until the condition is true."""

    body: Body
    until: Expression
    label: str
    at: int


@dataclass(frozen=True)
class Loop:
    """LOOP: the body until something leaves it."""

    body: Body
    label: str
    at: int


@dataclass(frozen=True)
class Jump:
    """BREAK or CONTINUE, of the innermost loop or of the one with the label."""

    leaves: bool
    label: str
    at: int


@dataclass(frozen=True)
class Open:
    """OPEN of a cursor; `using` stands for the `?` of its query."""

    cursor: str
    using: tuple[Expression, ...]
    at: int


@dataclass(frozen=True)
class Fetch:
    """FETCH … INTO: a cursor's next row into the variables."""

    cursor: str
    variables: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Close:
    """CLOSE of a cursor."""

    cursor: str
    at: int


@dataclass(frozen=True)
class Return:
    """Of a value, or TABLE(…) of a result set or (`cursor`) RESULTSET_FROM_CURSOR(…), or of a query."""

    value: Expression | None
    table: Query | str | None
    cursor: bool
    at: int


@dataclass(frozen=True)
class Raise:
    """Without a name, the exception that is being handled."""

    name: str | None
    at: int


@dataclass(frozen=True)
class Null:
    """NULL as a statement, which does nothing."""

    at: int


@dataclass(frozen=True)
class Log:
    """A message for an event table. Without one, which the account does not have, it goes nowhere."""

    arguments: tuple[Expression, ...]
    at: int


Statement = (
    Block | Variable | Cursor | Resultset | Assign | If | Case | ForRange | ForRows | While | Repeat | Loop | Jump
    | Open | Fetch | Close | Return | Raise | Null | Log | Sql | Into | Immediate
)  # fmt: skip
Body = tuple[Statement, ...]
