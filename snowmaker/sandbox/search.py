"""Search optimization: recorded, for it changes how fast a query is, and not what it gives.

https://docs.snowflake.com/en/user-guide/search-optimization-service
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.kinds import with_options
from snowmaker.sandbox.parser import Parser

METHODS = ("EQUALITY", "SUBSTRING", "GEO", "FULL_TEXT")
# https://docs.snowflake.com/en/user-guide/search-optimization/point-lookup-queries: not floating-point numbers
_WHOLE = ("FIXED", "TEXT", "BINARY", "BOOLEAN", "DATE", "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ",
          "VARIANT", "OBJECT", "ARRAY")  # fmt: skip

Item = tuple[str, str]  # a method, and what it is for: a column, or a path in one; `*` stands for all columns


def items(entry: Entry) -> list[Item]:
    """What is optimized of a table."""
    return [(method, target) for method, target in entry.get("search_optimization") or ()]


def read_items(parser: Parser, *, bare: bool = False) -> list[Item]:
    """`ON EQUALITY(a, b), SUBSTRING(c)`; all columns where there is no ON. With `bare`, also columns alone."""
    if not parser.accept("ON"):
        return [("", "*")]
    return [item for listed in parser.list_of(lambda: _method(parser, bare=bare)) for item in listed]


def _method(parser: Parser, *, bare: bool) -> list[Item]:
    method = next((each for each in METHODS if parser.accept(each)), "")
    if not method:
        if bare:
            return [("", parser.identifier())]
        raise parser.unexpected()
    parser.expect_operator("(")
    return [(method, target) for target in parser.items(lambda: _target(parser)) if "=>" not in target]


def _target(parser: Parser) -> str:
    """A column, a path in one, or `*`; an ANALYZER => … is read over."""
    if parser.accept_operator("*"):
        return "*"
    return parser.expression().strip()


def added(entry: Entry, wanted: Sequence[Item]) -> Entry:
    """ADD SEARCH OPTIMIZATION. Raises 000904 for a column that there is not."""
    known = items(entry)
    fresh = [each for item in wanted for each in _expanded(entry, *item)]
    return _with(entry, [*known, *(each for each in dict.fromkeys(fresh) if each not in known)])


def dropped(entry: Entry, wanted: Sequence[Item]) -> Entry:
    """DROP SEARCH OPTIMIZATION, all of it or of some columns."""
    if wanted == [("", "*")]:
        return _with(entry, ())
    gone = {each for item in wanted for each in _expanded(entry, *item)}
    columns = {name for method, name in wanted if not method}
    return _with(entry, [each for each in items(entry) if each not in gone and each[1] not in columns])


def _with(entry: Entry, found: Iterable[Item]) -> Entry:
    return with_options(entry, {"SEARCH_OPTIMIZATION": [list(each) for each in found]})


def _expanded(entry: Entry, method: str, target: str) -> list[Item]:
    columns = columns_of(entry)
    if target == "*":
        return [(method or "EQUALITY", each.name) for each in columns if each.type.wire in _WHOLE]
    path = Parser(target)
    name = path.identifier()
    if all(each.name != name for each in columns):
        raise sqlerror.invalid_identifier(name)
    return [(method or "EQUALITY", name if path.peek().kind == "end" else target)]


def rows(entry: Entry) -> list[tuple[int, str, str, str, str]]:
    """What DESCRIBE SEARCH OPTIMIZATION tells."""
    types = {each.name: each.type for each in columns_of(entry)}
    return [
        (number, method, target, str(types.get(target, "VARIANT")), "true")
        for number, (method, target) in enumerate(items(entry), 1)
    ]
