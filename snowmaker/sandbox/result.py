"""What a statement gives: rows of a command, or a table of a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from snowmaker.sandbox.datatypes import TEXT, DataType

# The statement types that clients tell apart; the numbers are those of Snowflake's open JDBC driver
# (SFStatementType): a DML statement's first row holds counts, a SELECT's rows are data.
SELECT = 0x1000
DML = 0x3000
INSERT = 0x3100
UPDATE = 0x3200
DELETE = 0x3300
MERGE = 0x3400
COPY = 0x3600
SCL = 0x4000
USE = 0x4300
SHOW = 0x4400
DESCRIBE = 0x4500
TCL = 0x5000
DDL = 0x6000
MULTI = 0xA000

COUNTED = (DML, INSERT, UPDATE, DELETE, MERGE)


@dataclass(frozen=True)
class Column:
    """A column of a result, with its Snowflake type."""

    name: str
    type: DataType = TEXT
    nullable: bool = True


@dataclass(frozen=True)
class Result:
    """`rows` of a command, else `table` (Arrow) of a query. `data` goes into the answer as it is (PUT).

    `inserted` and `deleted` count the rows of a table that a statement has changed without saying so in its rows.
    """

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]] = ()
    table: Any = None
    type_id: int = SCL
    data: Mapping[str, Any] = field(default_factory=dict)
    inserted: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        return len(self.rows) if self.table is None else int(self.table.num_rows)

    @property
    def affected(self) -> int:
        """Rows that DML has changed."""
        if self.type_id in COUNTED and self.rows:
            return sum(int(each) for each in self.rows[0])
        return self.total


def status(text: str, type_id: int = DDL) -> Result:
    """The one row with one text by which most commands answer."""
    return Result((Column("status"),), ((text,),), type_id=type_id)


SUCCESS = "Statement executed successfully."
