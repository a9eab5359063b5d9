"""Which rows would not fit when a column gets a smaller type or is NOT NULL. Pure; validating.py asks how many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snowmaker import sql
from snowmaker.components.datatypes import parsed, read_type

LARGEST = 38  # digits of a NUMBER
_FILLED = {"DEFAULT", "AUTOINCREMENT", "IDENTITY", "AS"}  # which give a new column its values


@dataclass(frozen=True)
class Probe:
    """A column, as SQL writes it, the condition that rows meet which do not fit, and what is wrong with them."""

    column: str
    condition: str
    why: str


def probes(text: str) -> tuple[tuple[str, ...], tuple[Probe, ...]]:
    """The table, as named, of an ALTER TABLE … ALTER COLUMN or ADD COLUMN, and what has to be asked of its rows before.

    https://docs.snowflake.com/en/sql-reference/sql/alter-table-column,
    https://docs.snowflake.com/en/sql-reference/sql/alter-table#label-alter-table-add-column
    """
    listed = list(sql.tokens(text))
    words = [token.upper for token in listed]
    if words[:2] != ["ALTER", "TABLE"]:
        return (), ()
    table, index = sql.named_after(listed)
    verb = words[index] if table and index < len(words) else ""
    if verb not in ("ALTER", "MODIFY", "ADD"):
        return (), ()
    read = _added if verb == "ADD" else _probes
    return table, tuple(probe for part in _columns(listed[index + 1 :]) for probe in read(part))


def _columns(listed: Sequence[sql.Token]) -> Iterator[Sequence[sql.Token]]:
    """What is said of each column: `( a SET NOT NULL, COLUMN b TYPE NUMBER(3,0) )`, the brackets at will."""
    if listed and listed[0].text == "(":
        listed = listed[1:-1]
    depth, begin = 0, 0
    for index, token in enumerate(listed):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and not depth:
            yield _bare(listed[begin:index])
            begin = index + 1
    yield _bare(listed[begin:])


def _bare(part: Sequence[sql.Token]) -> Sequence[sql.Token]:
    """Without ALTER, MODIFY, ADD and COLUMN, which may stand before each column."""
    while part and part[0].upper in ("ALTER", "MODIFY", "ADD", "COLUMN"):
        part = part[1:]
    return part


def _added(part: Sequence[sql.Token]) -> Iterator[Probe]:
    """A new column that is NOT NULL needs something to be in the rows that are there; IF NOT EXISTS may add none."""
    words = [token.upper for token in part]
    required = words[:1] != ["IF"] and any(words[at : at + 2] == ["NOT", "NULL"] for at in range(1, len(words)))
    if required and part[0].kind in ("word", "identifier") and not _FILLED & set(words):
        yield Probe(part[0].text, "TRUE", f"{part[0].text} is NOT NULL and has no default")


def _probes(part: Sequence[sql.Token]) -> Iterator[Probe]:
    words = [token.upper for token in part]
    if not part or part[0].kind not in ("word", "identifier"):
        return
    column = part[0].text
    if words[1:4] == ["SET", "NOT", "NULL"] or words[1:3] == ["NOT", "NULL"]:
        yield Probe(column, f"{column} IS NULL", f"{column} is NULL")
        return
    at = 4 if words[1:4] == ["SET", "DATA", "TYPE"] else 2 if words[1:2] == ["TYPE"] else 0
    if at:
        try:
            name, sizes = parsed(read_type(part, at)[0])
        except ValueError:
            return
        yield from _of_type(column, name, sizes)


def _of_type(column: str, name: str, sizes: Sequence[int]) -> Iterator[Probe]:
    if name in ("VARCHAR", "BINARY", "CHAR") and sizes:
        what = "bytes" if name == "BINARY" else "characters"
        yield Probe(column, f"LENGTH({column}) > {sizes[0]}", f"{column} has more than {sizes[0]} {what}")
    elif name == "NUMBER" and sizes:
        digits = sizes[0] - (sizes[1] if len(sizes) > 1 else 0)
        if 0 <= digits < LARGEST:
            bound = 10**digits
            yield Probe(column, f"ABS({column}) >= {bound}", f"{column} has more than {digits} digits before the point")
