"""Arrays of bound values: a row of an INSERT for each, sent inline or, when there are many, uploaded to a stage.

Values that were uploaded, and inline ones of more than one type (NULL is a type of its own), come as text, the
way the wire has them. The columns they are for tell what they are.
https://docs.snowflake.com/en/sql-reference/parameters#client-stage-array-binding-threshold
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from snowmaker.sandbox import sqlerror, wire
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.compression import decompress
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.delimited import read_csv
from snowmaker.sandbox.fileformat import complete
from snowmaker.sandbox.files import StageFile, readable
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.reading import text_columns
from snowmaker.sandbox.sqlerror import SqlError

_FORMAT = {"TYPE": "CSV", "FIELD_OPTIONALLY_ENCLOSED_BY": '"'}
_WHOLE = ("DATE", "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ")


def uploaded(context: Context, location: str) -> list[list[str | None]]:
    """The values of each `?`, one for each row, from the files below a stage location. All are texts."""
    place = readable(context, location)
    files = sorted(context.host.stages.files(place.owner, place.path.rstrip("/") + "/"), key=_number)
    options = complete(_FORMAT)
    columns: list[list[str | None]] = []
    for file in files:
        staged = read_csv(decompress(file.file.read_bytes(), "AUTO", file.path).decode("utf-8"), options)
        found = [column.to_pylist() for column in text_columns(staged, staged.width)]
        columns = [known + more for known, more in zip(columns, found, strict=True)] if columns else found
    if not any(columns):
        raise sqlerror.malformed(f"there are no bound values in {location}")
    return columns


def _number(file: StageFile) -> int:
    """Clients call the files by the number of their last row."""
    digits = file.path.rpartition("/")[2].split(".", 1)[0]
    return int(digits) if digits.isdigit() else 0


def typed(context: Context, binds: Sequence[list[Any]]) -> list[list[Any]]:
    """The values as what they are in the columns of the INSERT that they are for."""
    kinds = _kinds(context)
    return [[_value(kinds.get(number), each) for each in column] for number, column in enumerate(binds)]


def _kinds(context: Context) -> dict[int, DataType]:
    """The types of the columns into which the `?` go, by their numbers from 0; of those that stand alone."""
    try:
        parser = context.parser(context.text)
        parser.expect("INSERT")
        parser.accept("OVERWRITE")
        parser.expect("INTO")
        parser.accept("TABLE")
        types = {column.name: column.type for column in columns_of(context.relation(parser.name()))}
        names = parser.items(parser.identifier) if parser.accept_operator("(") else tuple(types)
        parser.expect("VALUES")
        parser.expect_operator("(")
        wanted = _alone(parser)
    except SqlError:  # whatever is wrong with it, the statement itself will say
        return {}
    return {bind: types[names[place]] for bind, place in wanted.items() if place < len(names) and names[place] in types}


def _alone(parser: Parser) -> dict[int, int]:
    """Which `?` of a list of values is which of the values."""
    found: dict[int, int] = {}
    binds = 0
    for place, text in enumerate(parser.items(parser.expression)):
        if text.strip() == "?":
            found[binds] = place
        binds += text.count("?")
    return found


def _value(kind: DataType | None, value: Any) -> Any:
    """What cannot be that type stays a text; the INSERT will say what is wrong with it."""
    if kind is None or not isinstance(value, str):
        return value
    if kind.wire == "BINARY" or (kind.wire in _WHOLE and value.partition(" ")[0].lstrip("-").isdigit()):
        with suppress(ValueError, OverflowError):
            return wire.value(kind.wire, value)
    return value
