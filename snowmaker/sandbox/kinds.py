"""What all kinds of object share: SHOW, DROP, UNDROP, COMMENT ON, and the checks of a CREATE."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.datatypes import FIXED, TIMESTAMP_LTZ
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, SUCCESS, Column, Result, status

MOST_ROWS = 10_000  # https://docs.snowflake.com/en/sql-reference/sql/show: what SHOW gives at most

Row = Callable[[Context, Entry], Sequence[Any]]


@dataclass(frozen=True)
class Kind:
    """A kind of object. `level` is what contains it: ACCOUNT, DATABASE or SCHEMA."""

    name: str
    plural: str
    level: str
    columns: tuple[Column, ...]
    row: Row
    undrop: bool = False

    @property
    def space(self) -> str:
        return "RELATION" if self.name in ("TABLE", "VIEW") else self.name

    @property
    def relation(self) -> bool:
        return self.space == "RELATION"


CREATED_ON = Column("created_on", TIMESTAMP_LTZ)
TERSE = (CREATED_ON, *(Column(name) for name in ("name", "kind", "database_name", "schema_name")))


def number(name: str) -> Column:
    return Column(name, FIXED)


def texts(names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names.split())


def register(kind: Kind) -> None:
    """Make SHOW, DROP, UNDROP and COMMENT ON know the kind."""
    plural = kind.plural.split()
    for words in (("SHOW", *plural), ("SHOW", "TERSE", *plural)):
        statement(*words)(partial(_show, kind, "TERSE" in words))
    statement("DROP", *kind.name.split())(partial(_drop, kind))
    statement("COMMENT", "ON", *kind.name.split())(partial(_comment, kind, False))
    statement("COMMENT", "IF", "EXISTS", "ON", *kind.name.split())(partial(_comment, kind, True))
    if kind.undrop:
        statement("UNDROP", *kind.name.split())(partial(_undrop, kind))


# -- names ---------------------------------------------------------------------------------------------


def where(context: Context, kind: Kind, name: Name) -> tuple[int, str]:
    """The id of the container a name points into, and its last part."""
    if kind.level == "ACCOUNT":
        return ACCOUNT, name[-1]
    if kind.level == "DATABASE":
        database = context.database(name[0]) if len(name) > 1 else context.current_database()
        return database.id, name[-1]
    place = context.place(name)
    return place.schema.id, place.name


def read_name(parser: Parser, kind: Kind) -> Name:
    return parser.name({"ACCOUNT": 1, "DATABASE": 2, "SCHEMA": 3}[kind.level])


def find(context: Context, kind: Kind, name: Name) -> Entry:
    """The object of that name. Raises 002003."""
    if kind.level == "SCHEMA":
        return context.find(kind.name, name)
    parent, own = where(context, kind, name)
    found = context.catalog.find(kind.space, parent, own)
    if found is None:
        shown = name if len(name) > 1 or parent == ACCOUNT else (context.current_database().name, own)
        raise sqlerror.does_not_exist(kind.name.capitalize(), dotted(shown), container=True)
    return found


def missing(error: sqlerror.SqlError) -> bool:
    """Whether IF EXISTS forgives the error."""
    return error.code in (2003, 2043)


# -- CREATE --------------------------------------------------------------------------------------------


def vacant(context: Context, ddl: Ddl, kind: Kind, name: Name, *, optional: bool) -> bool:
    """Make room for a new object; False when one is there and IF NOT EXISTS was said.

    OR REPLACE drops the old one. Raises 002002.
    """
    parent, own = where(context, kind, name)
    if kind.level == "SCHEMA":
        context.writable(context.catalog.by_id(parent))
    old = context.catalog.find(kind.space, parent, own)
    if old is None:
        return True
    if "OR REPLACE" in context.modifiers:
        if old.kind != kind.name:
            raise sqlerror.wrong_kind(dotted(name), kind.name, old.kind)
        discard(context, ddl, old)
        return True
    if optional:
        return False
    raise sqlerror.already_exists(dotted(name))


def discard(context: Context, ddl: Ddl, entry: Entry) -> None:
    """Drop: kept for UNDROP where the kind can, unless its retention is 0."""
    if entry.kind in ("TABLE", "SCHEMA", "DATABASE") and retention(context, entry) > 0:
        days = retention(context, entry)
        properties = {**entry.properties, "kept_days": days}
        ddl.put(replace(entry, dropped_on=datetime.now(UTC), properties=properties))
        return
    for child in context.catalog.below(entry.id):
        ddl.remove(child)
    ddl.remove(entry)


def retention(context: Context, entry: Entry) -> int:
    """DATA_RETENTION_TIME_IN_DAYS: its own, else that of what contains it, else 1."""
    own = entry.get("retention")
    if own is not None:
        return int(own)
    return 1 if entry.parent == ACCOUNT else retention(context, context.catalog.by_id(entry.parent))


def new(context: Context, kind: str, parent: int, name: str, **values: Any) -> Entry:
    """A fresh entry, owned by the current role."""
    return Entry(context.catalog.new_id(), kind, name, parent, owner=context.session.role or "", **values)


def created(kind: str, name: str) -> Result:
    return status(f"{kind.capitalize()} {name} successfully created.")


def exists(name: str) -> Result:
    return status(f"{name} already exists, statement succeeded.")


# -- DROP, UNDROP, COMMENT -----------------------------------------------------------------------------


def _drop(kind: Kind, context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = read_name(parser, kind)
    parser.choice("CASCADE", "RESTRICT")
    parser.end()
    if kind.relation and (mine := _temporary(context, name)):
        return _drop_temporary(context, kind, mine)
    with context.ddl() as ddl:
        try:
            entry = find(context, kind, name)
        except sqlerror.SqlError as error:
            if optional and missing(error):
                return status(f"Drop statement executed successfully ({dotted(name)} already dropped).")
            raise
        discard(context, ddl, entry)
    return status(f"{entry.name} successfully dropped.")


def _temporary(context: Context, name: Name) -> Entry | None:
    try:
        place = context.place(name)
    except sqlerror.SqlError:
        return None
    return context.session.temporary.get((place.schema.id, place.name))


def _drop_temporary(context: Context, kind: Kind, entry: Entry) -> Result:
    if entry.kind != kind.name:
        raise sqlerror.wrong_kind(entry.name, kind.name, entry.kind)
    context.session.commit()
    context.session.connection.execute(f'drop table temp.main."{entry.physical}"')
    del context.session.temporary[(entry.parent, entry.name)]
    return status(f"{entry.name} successfully dropped.")


def _undrop(kind: Kind, context: Context, parser: Parser) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/undrop"""
    name = read_name(parser, kind)
    parser.end()
    with context.ddl() as ddl:
        parent, own = where(context, kind, name)
        if context.catalog.find(kind.space, parent, own):
            raise sqlerror.already_exists(dotted(name))
        found = next((e for e in context.catalog.dropped(parent, kind.name) if e.name == own), None)
        if found is None:
            label = kind.name.capitalize()
            raise sqlerror.SqlError(
                2003, "02000", f"SQL compilation error:\n{label} {dotted(name)} did not exist or was purged."
            )
        ddl.put(replace(found, dropped_on=None))
    return status(f"{kind.name.capitalize()} {found.name} successfully restored.")


def _comment(kind: Kind, optional: bool, context: Context, parser: Parser) -> Result:
    name = read_name(parser, kind)
    parser.expect("IS")
    text = parser.string()
    parser.end()
    return change(context, kind, name, optional, lambda entry: replace(entry, comment=text))


# -- ALTER ---------------------------------------------------------------------------------------------


def change(context: Context, kind: Kind, name: Name, optional: bool, alter: Callable[[Entry], Entry]) -> Result:
    """Store what `alter` makes of the object."""
    with context.ddl() as ddl:
        try:
            entry = find(context, kind, name)
        except sqlerror.SqlError as error:
            if optional and missing(error):
                return status(SUCCESS)
            raise
        changed = alter(entry)
        if (entry.parent, entry.name) in context.session.temporary:
            context.session.temporary.pop((entry.parent, entry.name))
            context.session.temporary[(changed.parent, changed.name)] = changed
        else:
            ddl.put(changed)
    return status(SUCCESS)


def rename(context: Context, kind: Kind, old: Name, new_name: Name, optional: bool) -> Result:
    """RENAME TO, to another container too. An unqualified new name stays where the object is.

    https://docs.snowflake.com/en/sql-reference/sql/alter-table
    """

    def renamed(entry: Entry) -> Entry:
        parent, own = where(context, kind, new_name)
        if len(new_name) == 1 and kind.level == "DATABASE":
            parent = entry.parent
        if kind.level == "SCHEMA":
            context.writable(context.catalog.by_id(parent))
        taken = context.catalog.find(kind.space, parent, own)
        if taken is not None and taken.id != entry.id:
            raise sqlerror.already_exists(dotted(new_name))
        return replace(entry, parent=parent, name=own)

    return change(context, kind, old, optional, renamed)


def with_options(entry: Entry, options: dict[str, Any], unset: Iterable[str] = ()) -> Entry:
    """The entry with properties set and unset; COMMENT is a field, the others are properties."""
    properties = {key: value for key, value in entry.properties.items() if key.upper() not in unset}
    properties.update({key.lower(): value for key, value in options.items() if key != "COMMENT"})
    comment = "" if "COMMENT" in unset else options.get("COMMENT", entry.comment)
    return replace(entry, comment=comment, properties=properties)


# -- SHOW ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """The clauses of SHOW. `scopes` are the ids of the containers to look in."""

    scopes: tuple[int, ...]
    history: bool = False
    like: re.Pattern[str] | None = None
    starts: str = ""
    limit: int = MOST_ROWS
    after: str = ""

    def rows(self, entries: Iterable[Entry]) -> list[Entry]:
        found = [
            entry
            for entry in entries
            if (self.like is None or self.like.fullmatch(entry.name))
            and entry.name.startswith(self.starts)
            and (not self.after or entry.name > self.after)
        ]
        return found[: min(self.limit, MOST_ROWS)]


def like(pattern: str) -> re.Pattern[str]:
    """A LIKE pattern: `%` and `_`, escaped by a backslash; SHOW ignores case."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            position += 1
            parts.append(re.escape(pattern[position]))
        else:
            parts.append({"%": ".*", "_": "."}.get(char) or re.escape(char))
        position += 1
    return re.compile("".join(parts), re.I | re.S)


def read_filter(context: Context, parser: Parser, level: str) -> Filter:
    """The clauses behind SHOW <plural>."""
    history = parser.accept("HISTORY")
    pattern = like(parser.string()) if parser.accept("LIKE") else None
    scopes = _scopes(context, parser, level)
    starts = parser.string() if parser.accept("STARTS", "WITH") else ""
    limit, after = MOST_ROWS, ""
    if parser.accept("LIMIT"):
        limit = parser.integer()
        if parser.accept("FROM"):
            after = parser.string()
    parser.end()
    return Filter(scopes, history, pattern, starts, limit, after)


def _scopes(context: Context, parser: Parser, level: str) -> tuple[int, ...]:
    """The containers that IN names, else the current one, else all of the account."""
    if level == "ACCOUNT":
        if parser.accept("IN"):
            parser.expect("ACCOUNT")
        return (ACCOUNT,)
    scope: Entry | None
    if parser.accept("IN"):
        scope = _in(context, parser, level)
    elif level == "SCHEMA" and context.session.schema:
        scope = context.session.schema
    else:
        scope = context.session.database
    databases = [scope] if scope and scope.kind == "DATABASE" else []
    if scope is None:
        databases = context.catalog.children(ACCOUNT, "DATABASE")
    if level == "DATABASE":
        return tuple(each.id for each in databases)
    if scope is not None and scope.kind == "SCHEMA":
        return (scope.id,)
    return tuple(each.id for database in databases for each in context.catalog.children(database.id, "SCHEMA"))


def _in(context: Context, parser: Parser, level: str) -> Entry | None:
    """IN ACCOUNT | DATABASE [name] | SCHEMA [name] | name. Raises 002043 for what is not there."""
    if parser.accept("ACCOUNT"):
        return None
    word = parser.choice("DATABASE", "SCHEMA")
    bare = parser.peek().kind == "end" or parser.at("STARTS") or parser.at("LIMIT") or parser.peek().text == ";"
    try:
        if word == "DATABASE" or (word is None and level == "DATABASE"):
            return context.current_database() if bare else context.database(parser.name(1)[0])
        if bare:
            return context.current_schema()
        name = parser.name(2)
        if word is None and len(name) == 1 and (found := context.catalog.find("DATABASE", ACCOUNT, name[0])):
            return found
        return context.schema(name)
    except sqlerror.SqlError as error:
        if error.code == 2003:
            raise sqlerror.cannot_operate() from None
        raise


def _show(kind: Kind, terse: bool, context: Context, parser: Parser) -> Result:
    wanted = read_filter(context, parser, kind.level)
    entries: list[Entry] = []
    for scope in wanted.scopes:
        entries += context.catalog.children(scope, kind.name)
        entries += [e for e in context.session.temporary.values() if e.parent == scope and e.kind == kind.name]
        if wanted.history:
            entries += context.catalog.dropped(scope, kind.name)
    rows = wanted.rows(entries)
    if terse:
        return Result(TERSE, [_terse(context, entry) for entry in rows], type_id=SHOW)
    columns = kind.columns
    table = [tuple(kind.row(context, entry)) for entry in rows]
    if wanted.history:
        columns = (*columns, Column("dropped_on", TIMESTAMP_LTZ))
        table = [(*row, entry.dropped_on) for row, entry in zip(table, rows, strict=True)]
    return Result(columns, table, type_id=SHOW)


def _terse(context: Context, entry: Entry) -> tuple[Any, ...]:
    above = context.catalog.path(entry)[:-1]
    database = above[0] if above else None
    schema = above[1] if len(above) > 1 else None
    return entry.created_on, entry.name, entry.kind, database, schema
