"""What ALTER TABLE does to columns, and CREATE OR ALTER TABLE to a whole table.

https://docs.snowflake.com/en/sql-reference/sql/alter-table
https://docs.snowflake.com/en/sql-reference/sql/alter-table-column
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from snowmaker.sandbox import constraints, policies, sqlerror, streams
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import (
    TableColumn,
    apart,
    columns_of,
    declaration,
    default_sql,
    make_identity,
    make_table,
    with_columns,
    written,
)
from snowmaker.sandbox.constraints import CHECK, constraints_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.declarations import Body, Declared, collated, constrained
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.hybrid import refuse_hybrid, refuse_indexed
from snowmaker.sandbox.kinds import Kind, find, missing, with_options
from snowmaker.sandbox.parser import Name
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.retaining import checked_retention
from snowmaker.sandbox.sql.bound import quoted
from snowmaker.sandbox.sqlerror import SqlError

Alteration = Callable[[Ddl, Entry], Entry]


def alter(context: Context, kind: Kind, name: Name, optional: bool, alteration: Alteration, *privileges: str) -> Result:
    """Change a table, when no transaction is writing to it. OWNERSHIP is wanted, or one of the privileges."""
    session = context.session
    session.commit()
    try:
        table = find(context, kind, name, "OWNERSHIP", *privileges).id
    except SqlError as error:
        if optional and missing(error):
            return status(SUCCESS)
        raise
    try:
        session.lock_table(table)
        with context.ddl() as ddl:
            entry = find(context, kind, name, "OWNERSHIP", *privileges)
            changed = alteration(ddl, entry)
            streams.altered(context, ddl, entry, changed)
            if not entry.get("temporary"):
                ddl.put(changed)
        if entry.get("temporary"):
            session.temporary[(changed.parent, changed.name)] = changed
    finally:
        session.engine.writers.release(session)
    return status(SUCCESS)


def column(columns: Sequence[TableColumn], name: str) -> TableColumn:
    """The column of that name. Raises 000904."""
    for each in columns:
        if each.name == name:
            return each
    raise sqlerror.invalid_identifier(name)


def _existing(columns: Sequence[TableColumn], name: str) -> TableColumn:
    for each in columns:
        if each.name == name:
            return each
    raise SqlError(904, "42000", f"SQL compilation error:\ncolumn '{name}' does not exist")


def _replaced(entry: Entry, old: TableColumn, new: TableColumn) -> Entry:
    return with_columns(entry, [new if each.name == old.name else each for each in columns_of(entry)])


def _rebuilt(context: Context, ddl: Ddl, before: Entry, after: Entry) -> Entry:
    """The table made anew with its rows, for what DuckDB's ALTER TABLE cannot do."""
    old = {each.name: each.physical for each in written(columns_of(before))}
    kept = [each for each in written(columns_of(after)) if each.name in old]
    where = "temp.main." if before.get("temporary") else ""
    table = f"{where}{quoted(before.physical)}"
    ddl.run(f"create temp table moved as select * from {table}")
    ddl.run(f"drop table {table}")
    made = make_table(context, ddl, after, temporary=bool(before.get("temporary")))
    names = ", ".join(quoted(each.physical) for each in kept)
    sources = ", ".join(quoted(old[each.name]) for each in kept)
    ddl.run(f"insert into {table} ({names}) select {sources} from temp.main.moved")
    ddl.run("drop table temp.main.moved")
    return made


def _checked(entry: Entry) -> bool:
    """Whether DuckDB itself keeps something of the table that its ALTER TABLE does not touch."""
    return any(each.kind == CHECK for each in constraints_of(entry)) or any(
        each.expression for each in columns_of(entry)
    )


# -- columns come, go and change their names -----------------------------------------------------------


def add(context: Context, ddl: Ddl, entry: Entry, declared: Declared, *, optional: bool) -> Entry:
    """ADD COLUMN."""
    column = declared.column
    if any(each.name == column.name for each in columns_of(entry)):
        if optional:
            return entry
        raise SqlError(1430, "42601", f"SQL compilation error:\ncolumn '{column.name}' already exists")
    rows = bool(ddl.run(f"select 1 from {quoted(entry.physical)} limit 1"))
    _refuse_addition(entry, column, rows)
    column = collated(context, entry, replace(column, added=True))
    if column.identity:
        name = f"{entry.physical}_{len(columns_of(entry))}_{context.catalog.new_id()}"
        make_identity(ddl, name, column, None, temporary=bool(entry.get("temporary")))
        column = replace(column, sequence=name)
    *_, column = apart([*columns_of(entry), column])
    after = with_columns(entry, [*columns_of(entry), column])
    if column.expression:
        after = _rebuilt(context, ddl, entry, after)
    else:
        _add(context, ddl, entry, column)
    for policy in declared.policies:
        after = policies.attach(after, policy)
    for constraint in declared.constraints:
        after = add_constraint(context, ddl, after, constraint)
    return after


def _refuse_addition(entry: Entry, column: TableColumn, rows: bool) -> None:
    if column.identity and rows:
        raise SqlError(
            2, "0A000", f"SQL compilation error:\nCannot add column '{column.name}' with non-constant default to "
            f"non-empty table '{entry.name}'.",
        )  # fmt: skip
    if column.sequence_id:
        raise SqlError(
            2, "0A000", "SQL compilation error:\nCannot add column with a non-constant default: a sequence.",
        )  # fmt: skip
    if rows and not column.nullable and not column.identity and column.default in (None, "NULL"):
        raise SqlError(
            2262,
            "42601",
            f"SQL compilation error: Non-nullable column '{column.name}' cannot be added to non-empty table "
            f"'{entry.name}' unless it has a non-null default value.",
        )


def _add(context: Context, ddl: Ddl, entry: Entry, column: TableColumn) -> None:
    """DuckDB adds no column with a constraint: NOT NULL comes after it."""
    table = quoted(entry.physical)
    ddl.run(f"alter table {table} add column {declaration(context, replace(column, nullable=True))}")
    if not column.nullable:
        ddl.run(f"alter table {table} alter {quoted(column.physical)} set not null")


def drop(context: Context, ddl: Ddl, entry: Entry, name: str, *, optional: bool) -> Entry:
    """DROP COLUMN. The keys that it was in go with it; a clustering key or a policy holds it."""
    columns = columns_of(entry)
    if optional and all(each.name != name for each in columns):
        return entry
    gone = _existing(columns, name)
    if len(columns) == 1:
        raise SqlError(1432, "42601", f"SQL compilation error:\nCannot drop the only column '{name}' of the table.")
    policies.refuse_dropped_column(entry, name)
    refuse_indexed(entry, name)
    if name in _clustered(entry):
        raise SqlError(
            2265,
            "42601",
            f"SQL compilation error:\nColumn '{name}' is part of the clustering key and cannot be dropped.",
        )
    after = constraints.column_dropped(with_columns(entry, [each for each in columns if each is not gone]), name)
    if _checked(entry):
        return _rebuilt(context, ddl, entry, after)
    ddl.run(f"alter table {quoted(entry.physical)} drop column {quoted(gone.physical)}")
    return after


def _clustered(entry: Entry) -> set[str]:
    """The columns that the clustering key names."""
    from snowmaker.sandbox.tokens import Scanner

    text, found = str(entry.get("cluster_by") or ""), set()
    scanner = Scanner(text.removeprefix("LINEAR"))
    while (token := scanner.take()).kind != "end":
        if token.kind in ("word", "quoted"):
            found.add(token.value)
    return found


def rename_column(ddl: Ddl, entry: Entry, old: str, new: str) -> Entry:
    """RENAME COLUMN, wherever the column is named."""
    columns = columns_of(entry)
    known = _existing(columns, old)
    if any(each.name == new for each in columns):
        raise sqlerror.already_exists(f"{entry.name}.{new}")
    refuse_indexed(entry, old)
    if _clustered(entry) & {old}:
        entry = with_options(entry, {"CLUSTER_BY": str(entry.get("cluster_by")).replace(old, new)})
    *_, renamed = apart([*(each for each in columns if each is not known), replace(known, name=new, stored="")])
    table = quoted(entry.physical)
    ddl.run(f"alter table {table} rename column {quoted(known.physical)} to {quoted(renamed.physical)}")
    after = _replaced(entry, known, renamed)
    return policies.column_renamed(constraints.column_renamed(after, old, new), old, new)


# -- one column changes --------------------------------------------------------------------------------


def set_nullable(ddl: Ddl, entry: Entry, known: TableColumn, nullable: bool) -> Entry:
    """SET | DROP NOT NULL."""
    word = "drop" if nullable else "set"
    ddl.run(f"alter table {quoted(entry.physical)} alter {quoted(known.physical)} {word} not null")
    return _replaced(entry, known, replace(known, nullable=nullable))


def drop_default(ddl: Ddl, entry: Entry, known: TableColumn) -> Entry:
    """DROP DEFAULT: also of an identity column, but not of one that was added with a default."""
    if known.default is not None and known.added:
        raise SqlError(
            2263, "0A000", f"SQL compilation error:\nDropping default value is not allowed for column '{known.name}' "
            "because the column was added after table was created.",
        )  # fmt: skip
    ddl.run(f"alter table {quoted(entry.physical)} alter {quoted(known.physical)} drop default")
    return _replaced(entry, known, replace(known, default=None, sequence_id=0, identity="", sequence=""))


def set_default(context: Context, ddl: Ddl, entry: Entry, known: TableColumn, wanted: TableColumn) -> Entry:
    """SET DEFAULT: a sequence in place of another one, and nothing else."""
    if not (known.sequence_id and wanted.sequence_id):
        raise SqlError(2, "0A000", "Unsupported feature 'Alter Column Set Default'.")
    value = default_sql(context, wanted)
    ddl.run(f"alter table {quoted(entry.physical)} alter {quoted(known.physical)} set default {value}")
    return _replaced(entry, known, replace(known, default=wanted.default, sequence_id=wanted.sequence_id))


def set_order(entry: Entry, known: TableColumn) -> Entry:
    """SET NOORDER of an identity column. There is no way back."""
    if not known.identity:
        raise sqlerror.malformed(f"Column '{known.name}' is no identity column.")
    return _replaced(entry, known, replace(known, identity=known.identity.rpartition(" ")[0] + " NOORDER"))


def set_comment(entry: Entry, known: TableColumn, text: str) -> Entry:
    """COMMENT of a column, in place of the one it had."""
    return _replaced(entry, known, replace(known, comment=text))


def set_tags(entry: Entry, known: TableColumn, tags: dict[str, str], removed: Collection[str] = ()) -> Entry:
    """SET TAG and UNSET TAG of a column: those of `removed` go, those of `tags` come or change."""
    kept = {id_: value for id_, value in known.tags.items() if id_ not in removed}
    return _replaced(entry, known, replace(known, tags={**kept, **tags}))


def retype(context: Context, ddl: Ddl, entry: Entry, known: TableColumn, kind: DataType) -> Entry:
    """SET DATA TYPE: text and bytes grow; numbers get another precision, if what is there fits."""
    refuse_retyping(known, kind)
    _refuse_narrowing(ddl, entry, known, kind)
    changed = replace(known, type=kind)
    after = _replaced(entry, known, changed)
    if known.type.stored == kind.stored:
        return after
    if _checked(entry) or duckdb_keeps(known):
        return _rebuilt(context, ddl, entry, after)
    table, name = quoted(entry.physical), quoted(known.physical)
    if known.default is not None:
        ddl.run(f"alter table {table} alter {name} drop default")
    ddl.run(f"alter table {table} alter {name} type {kind.stored}")
    if known.default is not None:
        ddl.run(f"alter table {table} alter {name} set default {default_sql(context, changed)}")
    return after


def duckdb_keeps(known: TableColumn) -> bool:
    """Whether its sequence depends on the column's type in DuckDB."""
    return bool(known.sequence or known.sequence_id)


def refuse_retyping(known: TableColumn, kind: DataType) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-table-column#usage-notes"""
    old = known.type
    if old == kind:
        return
    if old.wire == kind.wire in ("TEXT", "BINARY"):
        if (kind.length or 0) >= (old.length or 0):
            return
        what = "varchar" if kind.wire == "TEXT" else "binary"
        raise _unchangeable(40050, known, kind, f"reducing the byte-length of a {what} is not supported.")
    if old.wire == kind.wire == "FIXED":
        if kind.scale == old.scale:
            return
        raise _unchangeable(40052, known, kind, "changing the scale of a number is not supported.")
    raise _unchangeable(2108, known, kind)


def _unchangeable(code: int, known: TableColumn, kind: DataType, why: str = "") -> SqlError:
    because = f" because {why}" if why else ""
    return SqlError(
        code,
        "22000",
        f"SQL compilation error: cannot change column {known.name} from type {known.type} to {kind}{because}\n",
    )


def _refuse_narrowing(ddl: Ddl, entry: Entry, known: TableColumn, kind: DataType) -> None:
    """A smaller precision must do for the rows that are there."""
    old, new = known.type.precision or 0, kind.precision or 0
    if kind.wire != "FIXED" or new >= old:
        return
    bound = 10 ** (new - (kind.scale or 0))
    name = quoted(known.physical)
    if ddl.run(f"select 1 from {quoted(entry.physical)} where abs({name}) >= {bound} limit 1"):
        raise _unchangeable(
            40051, known, kind, f"some existing values cannot be represented using precision {new} instead of "
            f"precision {old}.",
        )  # fmt: skip


# -- constraints ---------------------------------------------------------------------------------------


def add_constraint(context: Context, ddl: Ddl, entry: Entry, wanted: constraints.Constraint) -> Entry:
    """ADD CONSTRAINT. DuckDB enforces a CHECK, and what NOT NULL a primary key brings."""
    refuse_hybrid(entry, "ALTER TABLE ADD CONSTRAINT")
    after = constrained(context, entry, wanted)
    if wanted.kind == CHECK:
        return _rebuilt(context, ddl, entry, after)
    for before, each in zip(columns_of(entry), columns_of(after), strict=True):
        if before.nullable and not each.nullable:
            set_nullable(ddl, entry, before, False)
    return after


def drop_constraint(context: Context, ddl: Ddl, entry: Entry, which: constraints.Which, *, restrict: bool) -> Entry:
    """DROP CONSTRAINT. The columns of a primary key stay NOT NULL."""
    refuse_hybrid(entry, "ALTER TABLE DROP CONSTRAINT")
    found = constraints.found_in(entry, which)
    after = constraints.dropped(context, entry, which, restrict=restrict)
    for table, key in constraints.referring(context, entry, found.columns) if found.is_key else ():
        ddl.put(constraints.dropped(context, table, constraints.Which(key.name)))
    return _rebuilt(context, ddl, entry, after) if found.kind == CHECK else after


# -- CREATE OR ALTER TABLE -----------------------------------------------------------------------------


def brought_to(
    context: Context, kind: Kind, name: Name, body: Body, options: dict[str, Any], unset: Collection[str]
) -> Result:
    """The table as CREATE OR ALTER declares it: all of the statement is judged before anything is changed.

    https://docs.snowflake.com/en/sql-reference/sql/create-table#create-or-alter-table
    """

    def alteration(ddl: Ddl, entry: Entry) -> Entry:
        for word in ("TRANSIENT", "TEMPORARY"):
            if (word in context.modifiers) != bool(entry.get(word.lower())):
                raise sqlerror.unsupported(f"CREATE OR ALTER TABLE between {word} and permanent")
        _refuse_order(columns_of(entry), body.columns)
        entry = checked_retention(context, with_options(entry, options, set(unset)))
        known = {each.name: each for each in columns_of(entry)}
        for each in body.columns:
            if each.name in known:
                refuse_retyping(known[each.name], each.type)
        for name_ in known:
            if all(each.name != name_ for each in body.columns):
                entry = drop(context, ddl, entry, name_, optional=False)
        for each in body.columns:
            if each.name in known:
                entry = _column_brought_to(context, ddl, entry, each)
            else:
                entry = add(context, ddl, entry, Declared(each), optional=False)
        return _constraints_brought_to(context, ddl, entry, body)

    return alter(context, kind, name, False, alteration)


def _refuse_order(before: Sequence[TableColumn], wanted: Sequence[TableColumn]) -> None:
    known = [each.name for each in before]
    names = [each.name for each in wanted]
    kept = [name for name in names if name in known]
    if kept != [name for name in known if name in names]:
        raise SqlError(
            2, "0A000",
            "SQL compilation error:\nInvalid operation column re-ordering is not possible in CREATE OR ALTER TABLE",
        )  # fmt: skip
    if any(name not in known for name in names[: len(kept)]):
        raise SqlError(2, "0A000", "Unsupported feature 'CREATE OR ALTER TABLE column add before end of column list'.")


def _column_brought_to(context: Context, ddl: Ddl, entry: Entry, wanted: TableColumn) -> Entry:
    known = column(columns_of(entry), wanted.name)
    if wanted.expression != known.expression or wanted.identity != known.identity:
        raise sqlerror.unsupported("CREATE OR ALTER TABLE that changes a virtual or identity column")
    if wanted.collation and wanted.collation != known.collation:
        raise sqlerror.unsupported("CREATE OR ALTER TABLE that changes a collation")
    if known.type != wanted.type:
        entry = retype(context, ddl, entry, known, wanted.type)
    entry = set_comment(entry, column(columns_of(entry), known.name), wanted.comment)
    known = column(columns_of(entry), known.name)
    if wanted.default is None and known.default is not None:
        entry = drop_default(ddl, entry, known)
    elif wanted.default != known.default:
        entry = set_default(context, ddl, entry, known, wanted)
    known = column(columns_of(entry), known.name)
    return entry if known.nullable == wanted.nullable else set_nullable(ddl, entry, known, wanted.nullable)


def _constraints_brought_to(context: Context, ddl: Ddl, entry: Entry, body: Body) -> Entry:
    """Constraints are told apart by what they are on."""

    def same(a: constraints.Constraint, b: constraints.Constraint) -> bool:
        return (a.kind, a.columns, a.clause) == (b.kind, b.columns, b.clause) and (not b.name or a.name == b.name)

    for each in constraints_of(entry):
        if not any(same(each, wanted) for wanted in body.constraints):
            entry = drop_constraint(context, ddl, entry, constraints.Which(each.name), restrict=False)
    for wanted in body.constraints:
        if not any(same(each, wanted) for each in constraints_of(entry)):
            entry = add_constraint(context, ddl, entry, wanted)
    return entry
