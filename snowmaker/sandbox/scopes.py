"""What SHOW COLUMNS, SHOW … KEYS and SHOW OBJECTS look at: one table, or all that the roles see in a container."""

from __future__ import annotations

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import read_scopes, system_views
from snowmaker.sandbox.parser import Parser


def relations_in(context: Context, parser: Parser, *kinds: str) -> list[Entry]:
    """The tables (or other kinds) behind IN, else of what is current; the statement ends there."""
    table = _one(context, parser)
    if table is not None:
        parser.end()
        return [table]
    scopes = read_scopes(context, parser, "SCHEMA")
    parser.end()
    return seen(context, scopes, *kinds)


def seen(context: Context, scopes: tuple[int, ...], *kinds: str) -> list[Entry]:
    """The objects in these schemas that the roles in force see, temporary ones of the session among them."""
    access = context.access
    found: list[Entry] = []
    for scope in scopes:
        found += [each for each in context.catalog.children(scope, *kinds) if access.sees(each)]
        found += system_views(context, scope, kinds)
        found += [e for e in context.session.temporary.values() if e.parent == scope and e.kind in kinds]
    return found


def _one(context: Context, parser: Parser) -> Entry | None:
    """The table behind IN [TABLE | VIEW] name; None where a container, or nothing, is behind it."""
    start = parser.scanner.position
    if parser.accept("IN"):
        word = parser.choice("TABLE", "VIEW")
        bare = parser.choice("ACCOUNT", "DATABASE", "SCHEMA") or parser.peek().kind == "end"
        if word and parser.peek().kind == "end":
            raise sqlerror.unsupported(f"{context.command} IN {word} without a name")
        if word or not bare:
            return _relation(context, parser)
    parser.scanner.position = start
    return None


def _relation(context: Context, parser: Parser) -> Entry:
    name = parser.name()
    try:
        return context.relation(name)
    except sqlerror.SqlError as error:
        if error.code == 2003 and "Object" in error.message:
            raise context.unseen("TABLE", name) from None
        raise
