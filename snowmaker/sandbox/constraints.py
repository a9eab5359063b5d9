"""Constraints of tables: kept and told, and, but for NOT NULL and CHECK, not enforced.

https://docs.snowflake.com/en/sql-reference/constraints-overview
https://docs.snowflake.com/en/sql-reference/sql/create-table-constraint
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.sqlerror import SqlError

PRIMARY, UNIQUE, FOREIGN, CHECK = "PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK"
KINDS = (PRIMARY, UNIQUE, FOREIGN, CHECK)
_RULES = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")
# https://docs.snowflake.com/en/sql-reference/constraints-properties: what a standard table has, and what it ignores
_DEFAULTS = ("NOT ENFORCED", "DEFERRABLE", "INITIALLY DEFERRED", "ENABLE", "NOVALIDATE")
_IGNORED = ("ENFORCED", "NOT DEFERRABLE", "INITIALLY IMMEDIATE", "DISABLE", "VALIDATE")


@dataclass(frozen=True)
class Constraint:
    """One constraint. A foreign key refers to `references`, columns of the table with the id `table`.

    `target` is that table's name until it is looked up; `clause` the condition of a CHECK.
    """

    kind: str
    columns: tuple[str, ...] = ()
    name: str = ""
    table: int = 0
    references: tuple[str, ...] = ()
    target: Name = ()
    match: str = "FULL"
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    rely: bool = False
    comment: str = ""
    clause: str = ""
    created_on: str = ""

    @property
    def is_key(self) -> bool:
        return self.kind in (PRIMARY, UNIQUE)


def constraints_of(entry: Entry) -> list[Constraint]:
    """The constraints of a table, in the order they were made."""
    return [_read(each) for each in entry.get("constraints", ())]


def _read(stored: dict[str, Any]) -> Constraint:
    known: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}
    return Constraint(**known)


def with_constraints(entry: Entry, found: Iterable[Constraint]) -> Entry:
    """The table with these constraints in place of its own."""
    return replace(entry, properties={**entry.properties, "constraints": [asdict(each) for each in found]})


def keys(entry: Entry, kind: str) -> set[str]:
    """The columns that a PRIMARY KEY, or a UNIQUE constraint, is on."""
    return {name for each in constraints_of(entry) if each.kind == kind for name in each.columns}


# -- as statements declare them ------------------------------------------------------------------------


def read_constraint(context: Context, parser: Parser) -> Constraint | None:
    """An out-of-line constraint; None where something else comes next."""
    name = parser.identifier() if parser.accept("CONSTRAINT") else ""
    kind = parser.choice(*KINDS)
    if kind is None:
        if name:
            raise parser.unexpected()
        return None
    if kind == CHECK:
        return read_properties(context, parser, Constraint(CHECK, name=name, clause=parser.bracketed()))
    parser.expect_operator("(")
    found = Constraint(kind, parser.items(parser.identifier), name)
    return _completed(context, parser, found)


def read_inline(context: Context, parser: Parser, column: str) -> Constraint | None:
    """A constraint of the column that is declared; None where something else comes next."""
    name = parser.identifier() if parser.accept("CONSTRAINT") else ""
    kind = FOREIGN if parser.at("REFERENCES") else parser.choice(*KINDS)
    if kind is None:
        if name:
            raise parser.unexpected()
        return None
    if kind == CHECK:
        found = Constraint(CHECK, (column,), name, clause=parser.bracketed())
        return read_properties(context, parser, found, inline=True)
    return _completed(context, parser, Constraint(kind, (column,), name), inline=True)


def _completed(context: Context, parser: Parser, found: Constraint, *, inline: bool = False) -> Constraint:
    if found.kind == FOREIGN:
        parser.expect("REFERENCES")
        found = replace(found, target=parser.name())
        if parser.accept_operator("("):
            found = replace(found, references=parser.items(parser.identifier))
        found = _rules(parser, found)
    return read_properties(context, parser, found, inline=inline)


def _rules(parser: Parser, found: Constraint) -> Constraint:
    """[MATCH …] [ON UPDATE …] [ON DELETE …]"""
    while True:
        if parser.accept("MATCH"):
            found = replace(found, match=_choice(parser, "FULL", "SIMPLE", "PARTIAL"))
        elif parser.accept("ON", "UPDATE"):
            found = replace(found, on_update=_choice(parser, *_RULES))
        elif parser.accept("ON", "DELETE"):
            found = replace(found, on_delete=_choice(parser, *_RULES))
        else:
            return found


def _choice(parser: Parser, *words: str) -> str:
    found = parser.choice(*words)
    if found is None:
        raise parser.unexpected()
    return found


def read_properties(context: Context, parser: Parser, found: Constraint, *, inline: bool = False) -> Constraint:
    """The properties behind a constraint. RELY counts; the others are ignored, or refused where the session says so.

    A comment behind an `inline` one is the column's.

    https://docs.snowflake.com/en/sql-reference/parameters#unsupported-ddl-action
    """
    while True:
        if (word := parser.choice("NORELY", "RELY")) is not None:
            found = replace(found, rely=word == "RELY")
        elif (word := parser.choice(*_DEFAULTS, *_IGNORED)) is not None:
            fails = context.session.parameter("UNSUPPORTED_DDL_ACTION") == "FAIL"
            if word in _IGNORED and fails and found.kind != CHECK:
                raise SqlError(2, "0A000", f"SQL compilation error:\nUnsupported feature '{word}'.")
        elif not inline and parser.accept("COMMENT"):
            found = replace(found, comment=parser.string())
        else:
            return found


# -- on a table ----------------------------------------------------------------------------------------


def added(context: Context, entry: Entry, wanted: Constraint, names: Sequence[str]) -> Entry:
    """The table with one more constraint. `names` are its columns. Raises SqlError for one that it cannot have."""
    known = constraints_of(entry)
    for column in wanted.columns:
        if column not in names:
            raise SqlError(904, "42000", f"SQL compilation error:\ncolumn '{column}' does not exist")
    if len(set(wanted.columns)) != len(wanted.columns):
        raise sqlerror.malformed("duplicate column in a constraint")
    if wanted.kind == PRIMARY and any(each.kind == PRIMARY for each in known):
        raise SqlError(2200, "42710", f"SQL compilation error:\nprimary key already exists for table '{entry.name}'")
    if wanted.name and any(each.name == wanted.name for each in known):
        raise sqlerror.already_exists(wanted.name)
    if wanted.kind == FOREIGN:
        wanted = _referring(context, entry, wanted)
    name = wanted.name or f"SYS_CONSTRAINT_{uuid.uuid4()}"
    made = replace(wanted, name=name, created_on=datetime.now(UTC).isoformat())
    return with_constraints(entry, [*known, made])


def _referring(context: Context, entry: Entry, wanted: Constraint) -> Constraint:
    """A foreign key whose table is known; it wants REFERENCES there, and a key on the columns.

    https://docs.snowflake.com/en/sql-reference/sql/create-table-constraint#access-control-requirements
    """
    place = context.place(wanted.target)
    itself = (place.schema.id, place.name) == (entry.parent, entry.name)
    table = entry if itself else context.find("TABLE", wanted.target, "REFERENCES", OWNERSHIP)
    found = [each for each in constraints_of(table) if each.is_key]
    columns = wanted.references
    if not columns:
        columns = next((each.columns for each in found if each.kind == PRIMARY), ())
    if not any(sorted(each.columns) == sorted(columns) for each in found):
        raise SqlError(
            2201, "42601", f"SQL compilation error:\nNo primary or unique key of table '{table.name}' is on the "
            f"referenced columns ({', '.join(columns)}).",
        )  # fmt: skip
    if len(columns) != len(wanted.columns):
        raise SqlError(
            2202, "42601", "SQL compilation error:\nThe number of referencing columns differs from that of the "
            "referenced columns.",
        )  # fmt: skip
    return replace(wanted, table=table.id, references=columns, target=())


@dataclass(frozen=True)
class Which:
    """A constraint as ALTER TABLE names it: by its name, or by its kind and columns."""

    name: str = ""
    kind: str = ""
    columns: tuple[str, ...] = ()

    def fits(self, each: Constraint) -> bool:
        if self.name:
            return each.name == self.name
        return each.kind == self.kind and (self.kind == PRIMARY or each.columns == self.columns)


def read_which(parser: Parser) -> Which | None:
    """CONSTRAINT c | PRIMARY KEY | UNIQUE (…) | FOREIGN KEY (…); None where none comes next."""
    if parser.accept("CONSTRAINT"):
        return Which(parser.identifier())
    kind = parser.choice(PRIMARY, UNIQUE, FOREIGN)
    if kind is None:
        return None
    columns: tuple[str, ...] = ()
    if kind != PRIMARY or parser.peek().text == "(":
        parser.expect_operator("(")
        columns = parser.items(parser.identifier)
    return Which(kind=kind, columns=columns)


def found_in(entry: Entry, which: Which) -> Constraint:
    """The constraint of a table that is named. Raises 002003."""
    for each in constraints_of(entry):
        if which.fits(each):
            return each
    what = which.name or which.kind
    raise SqlError(2003, "02000", f"SQL compilation error:\nConstraint '{what}' does not exist or not authorized.")


def changed(entry: Entry, which: Which, change: Callable[[Constraint], Constraint]) -> Entry:
    """The table with one constraint changed."""
    found = found_in(entry, which)
    return with_constraints(entry, [change(each) if each == found else each for each in constraints_of(entry)])


def renamed(entry: Entry, old: str, new: str) -> Entry:
    """RENAME CONSTRAINT. Raises 002002 where the new name is taken."""
    if any(each.name == new for each in constraints_of(entry)):
        raise sqlerror.already_exists(new)
    return changed(entry, Which(old), lambda each: replace(each, name=new))


def dropped(context: Context, entry: Entry, which: Which, *, restrict: bool = False) -> Entry:
    """The table without a constraint. RESTRICT refuses a key that a foreign key refers to."""
    found = found_in(entry, which)
    if restrict and found.is_key and referring(context, entry, found.columns):
        raise SqlError(2203, "2BP01", f"SQL compilation error:\nConstraint '{found.name}' is referred to.")
    return with_constraints(entry, [each for each in constraints_of(entry) if each != found])


def referring(context: Context, entry: Entry, columns: Sequence[str] = ()) -> list[tuple[Entry, Constraint]]:
    """The foreign keys of other tables that refer to a table, or to these columns of it."""
    return [
        (table, each)
        for table in context.catalog.all()
        if table.kind == "TABLE" and table.dropped_on is None and table.id != entry.id and table.get("constraints")
        for each in constraints_of(table)
        if each.table == entry.id and (not columns or sorted(each.references) == sorted(columns))
    ]


def column_renamed(entry: Entry, old: str, new: str) -> Entry:
    """A column's new name in the constraints."""

    def names(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if each == old else each for each in columns)

    if not entry.get("constraints"):
        return entry
    return with_constraints(entry, [replace(each, columns=names(each.columns)) for each in constraints_of(entry)])


def column_dropped(entry: Entry, name: str) -> Entry:
    """The keys that a column was in go with it."""
    if not entry.get("constraints"):
        return entry
    return with_constraints(entry, [each for each in constraints_of(entry) if name not in each.columns])


def checks(entry: Entry) -> list[Any]:
    """The conditions of the CHECK constraints."""
    return [each.clause for each in constraints_of(entry) if each.kind == CHECK]
