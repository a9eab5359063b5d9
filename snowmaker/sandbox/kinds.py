"""What all kinds of object share: SHOW, DROP, UNDROP, COMMENT ON, and the checks of a CREATE."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from snowmaker.sandbox import information_schema, sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, RELATIONS, Entry, space_of
from snowmaker.sandbox.context import ACCOUNT_NAME, Context, dotted
from snowmaker.sandbox.datatypes import FIXED, TIMESTAMP_LTZ
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.grants import OWNERSHIP, Grant
from snowmaker.sandbox.levels import value_of
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.properties import Readers
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SHOW, SUCCESS, Column, Result, status
from snowmaker.sandbox.tags import APPLY_TAG, read_assignments, read_clause, read_tag, tagged

MOST_ROWS = 10_000  # https://docs.snowflake.com/en/sql-reference/sql/show: what SHOW gives at most

Row = Callable[[Context, Entry], Sequence[Any]]


Made = Callable[[Context, Entry], Entry]


@dataclass(frozen=True)
class Kind:
    """A kind of object. `level` is what contains it: ACCOUNT, DATABASE or SCHEMA.

    `grants` are the privileges that can be given on it besides OWNERSHIP, `alter` those that allow ALTER … SET,
    `described` those that DESCRIBE wants (any at all, if none is given), `create` the one that making it wants
    (CREATE and its name, if none is given). `before_drop` refuses to drop or replace what is in use, `dropped` does
    what else a drop does. `recorded` says that what such an object would do is not done. `shows` are the kinds that
    its SHOW lists, if they are more than itself; `rows` makes all rows of a SHOW at once. `restricted` refuses DROP
    … RESTRICT of what others refer to. `terse` are the columns of SHOW TERSE, where they are not the usual ones.
    """

    name: str
    plural: str
    level: str
    columns: tuple[Column, ...]
    row: Row
    undrop: bool = False
    grants: tuple[str, ...] = ()
    alter: tuple[str, ...] = ()
    described: tuple[str, ...] = ()
    create: str = ""
    describe: Callable[[Context, Entry], Result] | None = None
    before_drop: Callable[[Context, Entry], None] | None = None
    dropped: Callable[[Context, Ddl, Entry], None] | None = None
    restricted: Callable[[Context, Entry], None] | None = None
    recorded: bool = False
    shows: tuple[str, ...] = ()
    rows: Callable[[Context, Sequence[Entry]], Sequence[Sequence[Any]]] | None = None
    terse: tuple[str, ...] = ()
    named: Callable[[Parser], Name] | None = None  # reads a name, where it is more than one: `f(NUMBER)`
    drops: tuple[str, ...] = ()  # kinds of other objects that its DROP takes too

    @property
    def space(self) -> str:
        return space_of(self.name)

    @property
    def relation(self) -> bool:
        return self.name in RELATIONS

    @property
    def creating(self) -> str:
        return self.create or f"CREATE {self.name}"


KINDS: dict[str, Kind] = {}


@dataclass(frozen=True)
class Target:
    """What an ALTER names. `optional` says that IF EXISTS was there."""

    kind: Kind
    name: Name
    optional: bool


Clause = Callable[[Context, Parser, Target], Result]


CREATED_ON = Column("created_on", TIMESTAMP_LTZ)
TERSE = (CREATED_ON, *(Column(name) for name in ("name", "kind", "database_name", "schema_name")))


def number(name: str) -> Column:
    """A column of whole numbers."""
    return Column(name, FIXED)


def texts(names: str) -> tuple[Column, ...]:
    """Columns of text, from their names with blanks between them."""
    return tuple(Column(name) for name in names.split())


def register(kind: Kind) -> None:
    """Make SHOW, DESCRIBE, DROP, UNDROP, COMMENT ON and GRANT know the kind."""
    KINDS[kind.name] = kind
    if kind.describe is not None:
        statement("DESCRIBE", *kind.name.split())(partial(_describe, kind))
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
    """Read the name of an object of the kind, of as many parts as its level allows. Raises SqlError."""
    if kind.named is not None:
        return kind.named(parser)
    return parser.name({"ACCOUNT": 1, "DATABASE": 2, "SCHEMA": 3}[kind.level])


def find(context: Context, kind: Kind, name: Name, *privileges: str) -> Entry:
    """The object of that name, on which the roles hold one of the privileges, or OWNERSHIP; any, if none is named.

    Raises 002003, 003001.
    """
    if kind.level == "SCHEMA":
        return context.find(kind.name, name, *privileges)
    parent, own = where(context, kind, name)
    found = context.catalog.find(kind.space, parent, own)
    if found is None or not context.access.finds(found, *privileges):
        shown = name if len(name) > 1 or parent == ACCOUNT else (context.current_database().name, own)
        raise sqlerror.does_not_exist(kind.name.capitalize(), dotted(shown), container=True)
    return context.require(found, *privileges)


def may_create(context: Context, kind: Kind, parent: int) -> None:
    """Refuse a CREATE that the primary role may not do. Raises 003001."""
    container = None if parent == ACCOUNT else context.catalog.by_id(parent)
    if context.access.creates(kind.creating, container):
        return
    if container is None:
        raise sqlerror.insufficient("account", ACCOUNT_NAME)
    raise sqlerror.insufficient(container.kind, container.name)


def missing(error: sqlerror.SqlError) -> bool:
    """Whether IF EXISTS forgives the error."""
    return error.code in (2003, 2043)


# -- CREATE --------------------------------------------------------------------------------------------


def vacant(context: Context, ddl: Ddl, kind: Kind, name: Name, *, optional: bool) -> bool:
    """Make room for a new object; False when one is there and IF NOT EXISTS was said.

    OR REPLACE drops the old one. Raises 002002, and 003001 without the privilege to create.
    """
    parent, own = where(context, kind, name)
    if kind.level == "SCHEMA":
        context.writable(context.catalog.by_id(parent))
    if "TEMPORARY" not in context.modifiers:
        may_create(context, kind, parent)
    old = context.catalog.find(kind.space, parent, own)
    if old is None:
        return True
    if "OR REPLACE" in context.modifiers:
        if old.kind != kind.name:
            raise sqlerror.wrong_kind(dotted(name), kind.name, old.kind)
        context.require(old, OWNERSHIP)
        if kind.before_drop is not None:
            kind.before_drop(context, old)
        discard(context, ddl, old)
        return True
    if optional:
        return False
    raise sqlerror.already_exists(dotted(name))


def copied_grants(context: Context, kind: Kind, name: Name) -> tuple[Grant, ...] | None:
    """What COPY GRANTS carries from the object that OR REPLACE drops to the new one; None where there is none.

    https://docs.snowflake.com/en/sql-reference/sql/create-table#optional-parameters
    """
    parent, own = where(context, kind, name)
    old = context.catalog.find(kind.space, parent, own)
    return context.catalog.grants.on(old.id) if old is not None else None


def copy_grants(ddl: Ddl, grants: Iterable[Grant] | None, entry: Entry) -> None:
    """Give on the new object what was given on the old one, now and in the name of its owner."""
    now = datetime.now(UTC)
    for grant in grants or ():
        ddl.grant(replace(grant, on=entry.id, grantor=entry.owner, created_on=now))


def put_relation(ddl: Ddl, entry: Entry, grants: Sequence[Grant] | None) -> Entry:
    """Store a new table or view. One that COPY GRANTS gives what another one had inherits no future grants.

    https://docs.snowflake.com/en/sql-reference/sql/create-table#optional-parameters
    """
    if grants is None:
        return ddl.put(entry)
    ddl.keep(entry)
    copy_grants(ddl, grants, entry)
    return entry


def discard(context: Context, ddl: Ddl, entry: Entry) -> None:
    """Drop: kept for UNDROP where the kind can, unless its retention is 0. What a role owns passes to who drops it.

    https://docs.snowflake.com/en/sql-reference/sql/drop-role#usage-notes
    """
    if entry.kind in ("ROLE", "DATABASE ROLE"):
        for owned in context.catalog.owned(entry.id):
            ddl.put(replace(owned, owner=context.role_id or 0))
    dropped = KINDS[entry.kind].dropped if entry.kind in KINDS else None
    if dropped is not None:
        dropped(context, ddl, entry)
    kept = entry.kind in KINDS and KINDS[entry.kind].undrop
    days = 1 if entry.kind == "TAG" else retention(context, entry)
    if kept and days > 0:
        properties = {**entry.properties, "kept_days": days}
        ddl.put(replace(entry, dropped_on=datetime.now(UTC), properties=properties))
        return
    for child in context.catalog.below(entry.id):
        ddl.remove(child)
    ddl.remove(entry)


def retention(context: Context, entry: Entry) -> int:
    """DATA_RETENTION_TIME_IN_DAYS: its own, else that of what contains it; at most a day for what is transient.

    https://docs.snowflake.com/en/user-guide/data-time-travel#data-retention-period
    """
    days = int(value_of(context.catalog, entry, "DATA_RETENTION_TIME_IN_DAYS"))
    return min(days, 1) if entry.get("transient") or entry.get("temporary") else days


def new(context: Context, kind: str, parent: int, name: str, **values: Any) -> Entry:
    """A fresh entry, owned by the current role."""
    return Entry(context.catalog.new_id(), kind, name, parent, owner=context.role_id or 0, **values)


def if_not_exists(context: Context, parser: Parser) -> bool:
    """IF NOT EXISTS, which cannot be together with OR REPLACE."""
    optional = parser.if_not_exists()
    if optional and "OR REPLACE" in context.modifiers:
        raise sqlerror.malformed("options IF NOT EXISTS and OR REPLACE are incompatible.")
    return optional


def created(kind: str, name: str) -> Result:
    """What CREATE answers when it has made the object."""
    return status(f"{kind.capitalize()} {name} successfully created.")


def exists(name: str) -> Result:
    """What CREATE … IF NOT EXISTS answers when there is such an object already."""
    return status(f"{name} already exists, statement succeeded.")


# -- DROP, UNDROP, COMMENT -----------------------------------------------------------------------------


def _drop(kind: Kind, context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    name = read_name(parser, kind)
    restrict = parser.choice("CASCADE", "RESTRICT") == "RESTRICT"
    parser.end()
    if kind.relation and (mine := _temporary(context, name)):
        return _drop_temporary(context, kind, mine)
    with context.ddl() as ddl:
        kind = _meant(context, kind, name)
        try:
            entry = find(context, kind, name, OWNERSHIP)
            if kind.before_drop is not None:
                kind.before_drop(context, entry)
            if restrict and kind.restricted is not None:
                kind.restricted(context, entry)
        except sqlerror.SqlError as error:
            if optional and missing(error):
                return status(f"Drop statement executed successfully ({dotted(name)} already dropped).")
            raise
        if context.private(entry):
            del context.session.private[(entry.space, entry.parent, entry.name)]
            context.host.stages.remove(entry.physical)
        else:
            discard(context, ddl, entry)
    return status(f"{entry.name} successfully dropped.")


def _meant(context: Context, kind: Kind, name: Name) -> Kind:
    """The kind of the object that a DROP names, where it takes several."""
    try:
        found = context.look(kind.space, context.place(name)) if kind.drops else None
    except sqlerror.SqlError:
        found = None
    return KINDS[found.kind] if found is not None and found.kind in kind.drops else kind


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
    if entry.kind == "TABLE":
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
        context.require(found, OWNERSHIP)
        may_create(context, kind, parent)
        ddl.put(replace(found, dropped_on=None))
    return status(f"{kind.name.capitalize()} {found.name} successfully restored.")


def _comment(kind: Kind, optional: bool, context: Context, parser: Parser) -> Result:
    name = read_name(parser, kind)
    parser.expect("IS")
    text = parser.string()
    parser.end()
    return change(context, kind, name, optional, lambda entry: replace(entry, comment=text))


# -- ALTER ---------------------------------------------------------------------------------------------


def change(
    context: Context, kind: Kind, name: Name, optional: bool, alter: Callable[[Entry], Entry], *privileges: str
) -> Result:
    """Store what `alter` makes of the object. OWNERSHIP is wanted, or one of the privileges."""
    with context.ddl() as ddl:
        try:
            entry = find(context, kind, name, OWNERSHIP, *privileges)
        except sqlerror.SqlError as error:
            if optional and missing(error):
                return status(SUCCESS)
            raise
        changed = alter(entry)
        if context.private(entry):
            del context.session.private[(entry.space, entry.parent, entry.name)]
            context.session.private[(changed.space, changed.parent, changed.name)] = changed
        elif (entry.parent, entry.name) in context.session.temporary:
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
        if parent != entry.parent or kind.level != "SCHEMA":
            may_create(context, kind, parent)
        taken = context.catalog.find(kind.space, parent, own)
        if taken is not None and taken.id != entry.id:
            raise sqlerror.already_exists(dotted(new_name))
        return replace(entry, parent=parent, name=own)

    return change(context, kind, old, optional, renamed)


def with_options(entry: Entry, options: dict[str, Any], unset: Iterable[str] = ()) -> Entry:
    """The entry with properties set and unset; COMMENT is a field, the others are properties."""
    properties = {key: value for key, value in entry.properties.items() if key.upper() not in unset}
    properties.update({key.lower(): value for key, value in options.items() if key != "COMMENT"})
    comment = options.get("COMMENT", "" if "COMMENT" in unset else entry.comment)
    return replace(entry, comment=comment, properties=properties)


# -- kinds that are made of properties ------------------------------------------------------------------


def read_options(context: Context, parser: Parser, options: Readers, kind: Kind) -> dict[str, Any]:
    """The properties of a CREATE, in any order, TAG (…) among them. Raises SqlError for an unknown one."""
    found: dict[str, Any] = {}
    while True:
        if (tags := read_clause(context, parser)) is not None:
            found["TAGS"] = tags
        elif parser.at("WITH", "CONTACT"):
            raise sqlerror.unsupported(f"CREATE {kind.name} … WITH CONTACT")
        elif values := parser.options(options, kind.name):
            found.update(values)
        else:
            return found


Born = Callable[[Context, Ddl, Entry], None]
Words = Mapping[str, tuple[str, Any]]


@dataclass(frozen=True)
class Recipe:
    """How CREATE [OR REPLACE] … [IF NOT EXISTS] name properties makes a kind that is made of properties.

    `made` checks and completes a new entry, `born` makes what comes with it; `words` are clauses that set a
    property by being there (WITH MANAGED ACCESS). With OR ALTER among the modifiers, an object that is there
    gets the properties that are given, and loses those that are not.
    https://docs.snowflake.com/en/sql-reference/sql/create-or-alter
    """

    kind: Kind
    options: Readers
    modifiers: Sequence[str] = ("OR REPLACE",)
    made: Made | None = None
    words: Words = field(default_factory=dict)
    born: Born | None = None

    def finished(self, context: Context, entry: Entry) -> Entry:
        return self.made(context, entry) if self.made else entry


def creatable(
    kind: Kind, options: Readers, *, modifiers: Sequence[str] = ("OR REPLACE",), made: Made | None = None
) -> None:
    """Give the kind CREATE [OR REPLACE] … [IF NOT EXISTS] name properties."""
    recipe = Recipe(kind, options, modifiers, made)
    statement("CREATE", *kind.name.split())(lambda context, parser: create(context, parser, recipe)[1])


def _as_it_is(context: Context, entry: Entry) -> Entry:
    return entry


def create(context: Context, parser: Parser, recipe: Recipe) -> tuple[Entry | None, Result]:
    """Run a CREATE, whose name comes next. Gives the new object too, None where there is none."""
    context.allow(*recipe.modifiers)
    optional = if_not_exists(context, parser)
    return create_named(context, parser, recipe, read_name(parser, recipe.kind), optional)


def create_named(
    context: Context, parser: Parser, recipe: Recipe, name: Name, optional: bool
) -> tuple[Entry | None, Result]:
    """The same, from behind the name."""
    kind = recipe.kind
    values = read_clauses(context, parser, recipe)
    parser.end()
    if "OR ALTER" in context.modifiers and there(context, kind, name):
        return None, _brought_to(context, recipe, name, values)
    with context.ddl() as ddl:
        if not vacant(context, ddl, kind, name, optional=optional):
            return None, exists(name[-1])
        parent, own = where(context, kind, name)
        values |= dict.fromkeys(context.modifiers & {"TRANSIENT", "SECURE"}, True)
        entry = ddl.put(recipe.finished(context, with_options(new(context, kind.name, parent, own), values)))
        if recipe.born:
            recipe.born(context, ddl, entry)
    return entry, created(kind.name, own)


def read_clauses(context: Context, parser: Parser, recipe: Recipe) -> dict[str, Any]:
    """The properties of a CREATE, the words that are properties among them."""
    values: dict[str, Any] = {}
    while True:
        for words, (name, value) in recipe.words.items():
            if parser.accept(*words.split()):
                values[name] = value
                break
        else:
            if parser.at("WITH", "CONTACT"):
                raise sqlerror.unsupported(f"CREATE {recipe.kind.name} … WITH CONTACT")
            found = read_options(context, parser, recipe.options, recipe.kind)
            if not found:
                return values
            values.update(found)


def _brought_to(context: Context, recipe: Recipe, name: Name, values: dict[str, Any]) -> Result:
    """CREATE OR ALTER of what is there. Tags stay: https://docs.snowflake.com/en/sql-reference/sql/create-or-alter"""
    unset = {*recipe.options, *(own for own, _ in recipe.words.values())}

    def alter(entry: Entry) -> Entry:
        if ("TRANSIENT" in context.modifiers) != bool(entry.get("transient")):
            raise sqlerror.unsupported(f"CREATE OR ALTER {recipe.kind.name} between TRANSIENT and permanent")
        return recipe.finished(context, with_options(entry, values, unset))

    change(context, recipe.kind, name, False, alter)
    return created(recipe.kind.name, name[-1])


def there(context: Context, kind: Kind, name: Name) -> bool:
    """Whether the name is taken by an object of this kind."""
    parent, own = where(context, kind, name)
    found = context.catalog.find(kind.space, parent, own)
    return found is not None and found.kind == kind.name


def alterable(
    kind: Kind,
    options: Readers,
    clauses: Mapping[str, Clause] | None = None,
    *,
    unset: bool = True,
    renames: bool = True,
    tags: bool = True,
    made: Made | None = None,
) -> None:
    """Give the kind ALTER [IF EXISTS] name with RENAME TO, SET, UNSET, SET TAG, UNSET TAG.

    `clauses` are the kind's own, by the words that they begin with; they come first.
    """
    found: dict[str, Clause] = dict(clauses or {})
    if renames:
        found.setdefault("RENAME TO", _rename_to)
    if tags:
        found.setdefault("SET TAG", _set_tags)
        found.setdefault("UNSET TAG", _unset_tags)
    if options:
        found.setdefault("SET", partial(_set, options, made or _as_it_is))
        if unset:
            found.setdefault("UNSET", partial(_unset, options, made or _as_it_is))
    statement("ALTER", *kind.name.split())(partial(_alter, kind, found))


def _alter(kind: Kind, clauses: Mapping[str, Clause], context: Context, parser: Parser) -> Result:
    optional = parser.if_exists()
    target = Target(kind, read_name(parser, kind), optional)
    for words in sorted(clauses, key=lambda each: -len(each.split())):  # SET TAG before SET
        if parser.accept(*words.split()):
            return clauses[words](context, parser, target)
    raise parser.unexpected()


def _rename_to(context: Context, parser: Parser, target: Target) -> Result:
    fresh = read_name(parser, target.kind)
    parser.end()
    return rename(context, target.kind, target.name, fresh, target.optional)


def _set_tags(context: Context, parser: Parser, target: Target) -> Result:
    tags = read_assignments(context, parser)
    parser.end()
    return altered(context, target, lambda entry: tagged(entry, tags), APPLY_TAG)


def _unset_tags(context: Context, parser: Parser, target: Target) -> Result:
    removed = tuple(str(tag.id) for tag in parser.list_of(lambda: read_tag(context, parser)))
    parser.end()
    return altered(context, target, lambda entry: tagged(entry, {}, removed), APPLY_TAG)


def _set(options: Readers, made: Made, context: Context, parser: Parser, target: Target) -> Result:
    values = parser.options(options, target.kind.name)
    if not values:
        raise parser.unexpected()
    parser.end()
    return altered(context, target, lambda entry: made(context, with_options(entry, values)), *target.kind.alter)


def _unset(options: Readers, made: Made, context: Context, parser: Parser, target: Target) -> Result:
    keys = parser.keys(options, target.kind.name)
    parser.end()
    return altered(context, target, lambda entry: made(context, with_options(entry, {}, keys)), *target.kind.alter)


def altered(context: Context, target: Target, alter: Callable[[Entry], Entry], *privileges: str) -> Result:
    """Store what `alter` makes of an ALTER's target."""
    return change(context, target.kind, target.name, target.optional, alter, *privileges)


# -- DESCRIBE ------------------------------------------------------------------------------------------


def _describe(kind: Kind, context: Context, parser: Parser) -> Result:
    name = read_name(parser, kind)
    parser.end()
    assert kind.describe is not None
    return kind.describe(context, find(context, kind, name, *kind.described))


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
    """A LIKE pattern: `%` and `_`, escaped by a backslash; SHOW ignores case.

    What stands between two `%` is found where it comes first and never tried again, so that many of them take
    no longer than few.
    """
    stretches = [""]
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            position += 1
            stretches[-1] += re.escape(pattern[position])
        elif char == "%":
            stretches.append("")
        else:
            stretches[-1] += "." if char == "_" else re.escape(char)
        position += 1
    first, *others = stretches
    if not others:
        return re.compile(first, re.I | re.S)
    between = "".join(f"(?>.*?{each})" for each in others[:-1] if each)
    return re.compile(f"{first}{between}.*{others[-1]}", re.I | re.S)


def read_filter(context: Context, parser: Parser, level: str) -> Filter:
    """The clauses behind SHOW <plural>."""
    history = parser.accept("HISTORY")
    pattern = like(parser.string()) if parser.accept("LIKE") else None
    scopes = read_scopes(context, parser, level)
    starts = parser.string() if parser.accept("STARTS", "WITH") else ""
    limit, after = MOST_ROWS, ""
    if parser.accept("LIMIT"):
        limit = parser.integer()
        if parser.accept("FROM"):
            after = parser.string()
    if parser.accept("WITH", "PRIVILEGES"):
        raise sqlerror.unsupported("SHOW … WITH PRIVILEGES")
    parser.end()
    return Filter(scopes, history, pattern, starts, limit, after)


def read_scopes(context: Context, parser: Parser, level: str) -> tuple[int, ...]:
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
        databases = _entered(context, context.catalog.children(ACCOUNT, "DATABASE"))
    if level == "DATABASE":
        return tuple(each.id for each in databases)
    if scope is not None and scope.kind == "SCHEMA":
        return (scope.id,)
    schemas = [each for database in databases for each in context.catalog.children(database.id, "SCHEMA")]
    return tuple(each.id for each in _entered(context, schemas))


def _entered(context: Context, containers: Iterable[Entry]) -> list[Entry]:
    access = context.access
    return [each for each in containers if access.enters(each)]


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
    rows = wanted.rows(listed(context, kind, wanted))
    if terse and not kind.terse:
        return Result(TERSE, [terse_row(context, entry) for entry in rows], type_id=SHOW)
    columns = kind.columns
    made = kind.rows(context, rows) if kind.rows else [kind.row(context, entry) for entry in rows]
    table = [tuple(row) for row in made]
    if wanted.history:
        columns = (*columns, Column("dropped_on", TIMESTAMP_LTZ))
        table = [(*row, entry.dropped_on) for row, entry in zip(table, rows, strict=True)]
    if terse:
        places = [[column.name for column in columns].index(name) for name in kind.terse]
        columns, table = tuple(columns[at] for at in places), [tuple(row[at] for at in places) for row in table]
    return Result(columns, table, type_id=SHOW)


def listed(context: Context, kind: Kind, wanted: Filter) -> list[Entry]:
    """The objects of the kind in the places looked at, as far as the roles in force see them."""
    access = context.access
    kinds = kind.shows or (kind.name,)
    found: list[Entry] = []
    for scope in wanted.scopes:
        found += [entry for entry in context.catalog.children(scope, *kinds) if access.sees(entry)]
        found += system_views(context, scope, kinds)
        found += [e for e in context.session.temporary.values() if e.parent == scope and e.kind in kinds]
        found += [e for e in context.session.private.values() if e.parent == scope and e.kind in kinds]
        if wanted.history:
            found += [entry for entry in context.catalog.dropped(scope, *kinds) if access.sees(entry)]
    return found


def system_views(context: Context, scope: int, kinds: Sequence[str]) -> list[Entry]:
    """The views of a database's INFORMATION_SCHEMA."""
    schema = context.catalog.get(scope) if "VIEW" in kinds else None
    return information_schema.entries(schema) if schema is not None and schema.name == information_schema.NAME else []


def terse_row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """A row of SHOW TERSE."""
    above = context.catalog.path(entry)[:-1]
    database = above[0] if above else None
    schema = above[1] if len(above) > 1 else None
    return entry.created_on, entry.name, entry.kind, database, schema
