"""How functions are registered, and what binding one needs often."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module

from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.sql.binder import Binder, as_boolean
from snowmaker.sandbox.sql.bound import Bound, Unbound, joined
from snowmaker.sandbox.sql.coercion import DATE, REAL, SEMI, TIME, TIMESTAMPS, VARIANT, cast, fixed, text_of
from snowmaker.sandbox.sql.nodes import Call, Node
from snowmaker.sandbox.sql.numbers import as_number
from snowmaker.sandbox.sqlerror import SqlError

Bind = Callable[[Binder, Call], Bound]
FUNCTIONS: dict[str, Bind] = {}


@cache
def load() -> None:
    """Import the families, each of which registers its functions."""
    package = import_module("snowmaker.sandbox.sql.functions")
    for module in pkgutil.iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")


def function(*names: str, least: int = 0, most: int | None = None) -> Callable[[Bind], Bind]:
    """Register what binds the functions of these names, taking `least` to `most` arguments."""

    def register(bind: Bind) -> Bind:
        def counted(binder: Binder, node: Call) -> Bound:
            count(binder, node, least, most)
            return bind(binder, node)

        for name in names:
            FUNCTIONS[name] = counted
        return bind

    return register


def count(binder: Binder, node: Call, least: int, most: int | None) -> None:
    """Refuse too few or too many arguments."""
    given = len(node.arguments)
    if given < least:
        raise binder.error(
            node.at, 938, "22023", f"not enough arguments for function [{shown(node)}], expected {least}, got {given}"
        )
    if most is not None and given > most:
        raise binder.error(
            node.at, 939, "22023", f"too many arguments for function [{shown(node)}] expected {most}, got {given}"
        )


def shown(node: Call) -> str:
    """A call as the errors about the number of its arguments tell it: `F(?, ?)`."""
    return f"{node.function}({', '.join('?' for _ in node.arguments)})"


def plain(node: Call) -> None:
    """Refuse to bind a scalar function with what only aggregates and windows have."""
    if node.over or node.within or node.distinct:
        raise Unbound(f"{node.function} with OVER, WITHIN GROUP or DISTINCT")


def wrong(binder: Binder, node: Call, arguments: Sequence[Bound]) -> SqlError:
    """001044: the function takes no arguments of these types."""
    kinds = ", ".join(str(each.type) for each in arguments)
    return binder.error(node.at, 1044, "42P13", f"Invalid argument types for function '{node.function}': ({kinds})")


# -- arguments of a kind -----------------------------------------------------------------------------------


def text(binder: Binder, node: Node) -> Bound:
    """Any value, as text."""
    return text_of(binder.bind(node))


def number(binder: Binder, node: Node) -> Bound:
    """A NUMBER or FLOAT; anything else is read as one."""
    found = binder.bind(node)
    return as_number(found) if not found.null else cast(found, fixed(38, 0))


def real(binder: Binder, node: Node) -> Bound:
    """A FLOAT; anything else is cast to one."""
    return cast(binder.bind(node), REAL)


def integer(binder: Binder, node: Node) -> Bound:
    """A whole number that DuckDB's functions take: 64 bits."""
    found = cast(binder.bind(node), fixed(38, 0))
    return Bound(
        f"CAST({found.sql} AS BIGINT)",
        fixed(18, 0),
        found.nullable,
        found.value,
        found.free,
        found.aggregate,
        found.window,
    )


def boolean(binder: Binder, node: Node) -> Bound:
    """A BOOLEAN; anything else is cast to one."""
    return as_boolean(binder.bind(node))


def document(binder: Binder, node: Node) -> Bound:
    """A VARIANT, OBJECT or ARRAY."""
    found = binder.bind(node)
    return found if found.wire in SEMI else cast(found, VARIANT)


def moment(binder: Binder, node: Node) -> Bound:
    """A date, time or timestamp; a text is read as a timestamp."""
    found = binder.bind(node)
    if found.wire in ("DATE", "TIME", *TIMESTAMPS):
        return found
    if isinstance(found.value, str) and len(found.value.strip()) <= 10 and found.value.count("-") == 2:
        return cast(found, DataType("TIMESTAMP_NTZ", 0, 9))
    if isinstance(found.value, str) and found.value.count(":") and "-" not in found.value and "/" not in found.value:
        return cast(found, TIME)
    return cast(found, DataType("TIMESTAMP_NTZ", 0, 9))


def date(binder: Binder, node: Node) -> Bound:
    """A DATE; anything else is cast to one."""
    return cast(binder.bind(node), DATE)


READERS: dict[str, Callable[[Binder, Node], Bound]] = {
    "t": text, "n": number, "f": real, "i": integer, "b": boolean, "v": document, "m": moment, "d": date,
    "x": lambda binder, node: binder.bind(node),
}  # fmt: skip


def simple(names: str, arguments: str, kind: DataType | None, sql: str, *, optional: int = 0,
           defaults: Sequence[str] = (), nullable: bool | None = None) -> None:  # fmt: skip
    """Functions that are one DuckDB expression: `{0}` is the first argument, `kind` None the type of it.

    `arguments` has a letter for each (see READERS); the last `optional` of them may be left out and are then
    `defaults`.
    """

    def bind(binder: Binder, node: Call) -> Bound:
        plain(node)
        count(binder, node, len(arguments) - optional, len(arguments))
        found = [READERS[letter](binder, each) for letter, each in zip(arguments, node.arguments, strict=False)]
        missing = len(arguments) - len(found)
        parts = [each.sql for each in found] + list(defaults[len(defaults) - missing :] if missing else ())
        return joined(sql.format(*parts), kind or found[0].type, *found, nullable=nullable)

    for name in names.split():
        FUNCTIONS[name] = bind
