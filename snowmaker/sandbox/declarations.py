"""Columns and constraints as CREATE TABLE and ALTER TABLE declare them.

https://docs.snowflake.com/en/sql-reference/sql/create-table
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.collation import checked_collation
from snowmaker.sandbox.columns import TableColumn, columns_of, with_columns
from snowmaker.sandbox.constraints import Constraint, added, read_constraint, read_inline
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.defaults import canonical
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.policies import ON_COLUMNS, Attached, attach, read_policy
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tags import read_clause

# Words at which a column's DEFAULT or AS expression ends
_STOPS = (
    "NOT", "NULL", "COMMENT", "UNIQUE", "PRIMARY", "REFERENCES", "FOREIGN", "CONSTRAINT", "AUTOINCREMENT", "CHECK",
    "IDENTITY", "COLLATE", "WITH", "MASKING", "PROJECTION", "TAG", "VIRTUAL",
)  # fmt: skip
_AFTER_AS = tuple(word for word in _STOPS if word not in ("NOT", "NULL"))
_NUMERIC = ("FIXED", "REAL")


@dataclass(frozen=True)
class Declared:
    """A column, with what was declared of it that belongs to the table: constraints and policies."""

    column: TableColumn
    constraints: tuple[Constraint, ...] = ()
    policies: tuple[Attached, ...] = ()


@dataclass(frozen=True)
class Body:
    """What is between the brackets of a CREATE TABLE."""

    columns: list[TableColumn]
    constraints: list[Constraint] = field(default_factory=list)
    policies: list[Attached] = field(default_factory=list)


def read_body(context: Context, parser: Parser, other: Callable[[], bool] = lambda: False) -> Body:
    """The bracketed list of a CREATE TABLE, whose opening bracket is taken; `other` takes items of other sorts."""
    body = Body([])
    while True:
        if other():
            pass
        elif (constraint := read_constraint(context, parser)) is not None:
            body.constraints.append(constraint)
        else:
            declared = read_column(context, parser)
            body.columns.append(declared.column)
            body.constraints.extend(declared.constraints)
            body.policies.extend(declared.policies)
        if parser.accept_operator(")"):
            break
        parser.expect_operator(",")
    refuse_duplicates([column.name for column in body.columns])
    return body


def refuse_duplicates(names: Sequence[str]) -> None:
    """Raises 002025 where two columns have one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SqlError(2025, "42S21", f"SQL compilation error:\nduplicate column name '{name}'")
        seen.add(name)


def read_column(context: Context, parser: Parser) -> Declared:
    """One column with its properties, in any order."""
    name = parser.identifier()
    if _expression_follows(parser):
        raise sqlerror.unsupported("virtual columns without a data type")
    found = Declared(TableColumn(name, parser.data_type()))
    while parser.peek().text not in (",", ")") and (changed := _property(context, parser, found)) is not None:
        found = changed
    return replace(found, column=_judged(found.column))


def _expression_follows(parser: Parser) -> bool:
    return parser.at("AS") or parser.at("GENERATED")


def _property(context: Context, parser: Parser, found: Declared) -> Declared | None:
    """The column with the next property of its declaration; None where it ends."""
    column = found.column
    if (policy := read_policy(context, parser, ON_COLUMNS, column.name)) is not None:
        return replace(found, policies=(*found.policies, policy))
    if (tags := read_clause(context, parser)) is not None:
        return replace(found, column=replace(column, tags={**column.tags, **tags}))
    if parser.at("WITH", "CONTACT"):
        raise sqlerror.unsupported("contacts (WITH CONTACT)")
    if (constraint := read_inline(context, parser, column.name)) is not None:
        return replace(found, constraints=(*found.constraints, constraint))
    changed = _own_property(context, parser, column)
    return None if changed is None else replace(found, column=changed)


def _own_property(context: Context, parser: Parser, column: TableColumn) -> TableColumn | None:
    if parser.accept("NOT", "NULL"):
        parser.choice("NOT ENFORCED", "ENFORCED")
        return replace(column, nullable=False)
    if parser.accept("NULL"):
        return replace(column, nullable=True)
    if parser.accept("DEFAULT"):
        return with_default(context, column, read_default(parser))
    if parser.choice("AUTOINCREMENT", "IDENTITY"):
        return replace(column, identity=_identity(context, parser), nullable=False)
    if parser.accept("COMMENT"):
        parser.accept_operator("=")
        return replace(column, comment=parser.string())
    if parser.accept("COLLATE"):
        return replace(column, collation=checked_collation(parser.string(), column.type))
    if parser.accept("GENERATED", "ALWAYS", "AS") or parser.accept("AS"):
        text = parser.expression(*_AFTER_AS)
        parser.choice("VIRTUAL")
        return replace(column, expression=_bare(text))
    return None


def _bare(text: str) -> str:
    """An expression without brackets around all of it."""
    parser = Parser(text)
    if parser.peek().text != "(":
        return text
    inner = parser.bracketed()
    return inner if parser.peek().kind == "end" else text


def read_default(parser: Parser) -> str:
    """The expression behind DEFAULT, as written."""
    return "NULL" if parser.accept("NULL") else parser.expression(*_STOPS)


def with_default(context: Context, column: TableColumn, text: str) -> TableColumn:
    """The column with a DEFAULT; a sequence in it is looked up now. Raises 002003 where there is none."""
    name = _name(text)
    if len(name) < 2 or name[-1] != "NEXTVAL":
        return replace(column, default=canonical(text), sequence_id=0)
    sequence = context.find("SEQUENCE", name[:-1], "USAGE")
    return replace(column, default=f"{context.path(sequence)}.NEXTVAL", sequence_id=sequence.id)


def _name(text: str) -> Name:
    """The qualified name that an expression is; nothing where it is none."""
    parser = Parser(text)
    if parser.peek().kind not in ("word", "quoted"):
        return ()
    try:
        name = parser.name(4)
        parser.end()
    except SqlError:
        return ()
    return name


def _identity(context: Context, parser: Parser) -> str:
    """[ (start, step) | START n INCREMENT m ] [ ORDER | NOORDER ]"""
    start, step = 1, 1
    if parser.accept_operator("("):
        start, step = parser.items(parser.integer)
    while word := parser.choice("START", "INCREMENT"):
        parser.accept("WITH" if word == "START" else "BY")
        parser.accept_operator("=")
        number = parser.integer()
        start, step = (number, step) if word == "START" else (start, number)
    unordered = context.session.parameter("NOORDER_SEQUENCE_AS_DEFAULT")
    order = parser.choice("NOORDER", "ORDER") or ("NOORDER" if unordered else "ORDER")
    if step == 0:
        raise sqlerror.invalid_value(0, "INCREMENT")
    return f"IDENTITY START {start} INCREMENT {step} {order}"


def _judged(column: TableColumn) -> TableColumn:
    """Refuse properties that do not go together."""
    if column.identity and column.type.wire not in _NUMERIC:
        raise sqlerror.malformed(f"Identity column '{column.name}' must be of a numeric type, not {column.type}.")
    if column.identity and column.default is not None:
        raise sqlerror.malformed(f"Column '{column.name}' cannot have both DEFAULT and AUTOINCREMENT.")
    if column.expression and (column.identity or column.default is not None):
        raise sqlerror.malformed(f"Virtual column '{column.name}' cannot have a default value.")
    return column


# -- on a table ----------------------------------------------------------------------------------------


def declared_on(context: Context, entry: Entry, body: Body) -> Entry:
    """The table with columns, constraints and policies. A primary key's columns are NOT NULL."""
    entry = with_columns(entry, [collated(context, entry, each) for each in body.columns])
    for policy in body.policies:
        entry = attach(entry, policy)
    for constraint in body.constraints:
        entry = constrained(context, entry, constraint)
    return entry


def constrained(context: Context, entry: Entry, constraint: Constraint) -> Entry:
    """The table with one more constraint."""
    columns = columns_of(entry)
    entry = added(context, entry, constraint, [each.name for each in columns])
    if constraint.kind != "PRIMARY KEY":
        return entry
    return with_columns(
        entry, [replace(each, nullable=False) if each.name in constraint.columns else each for each in columns]
    )


def collated(context: Context, entry: Entry, column: TableColumn) -> TableColumn:
    """A new text column gets the collation that the table, schema, database or account says.

    https://docs.snowflake.com/en/sql-reference/parameters#default-ddl-collation
    """
    from snowmaker.sandbox.levels import value_of

    if column.type.wire != "TEXT" or column.collation:
        return column
    wanted = str(value_of(context.catalog, entry, "DEFAULT_DDL_COLLATION"))
    return replace(column, collation=checked_collation(wanted, column.type)) if wanted else column


def names_only(parser: Parser) -> bool:
    """Whether the bracket holds names without types, as before AS SELECT."""
    start = parser.scanner.position
    parser.identifier()
    found = parser.peek().text in (",", ")")
    parser.scanner.position = start
    return found


def listed_columns(found: Sequence[Any], names: Sequence[str]) -> list[TableColumn]:
    """The columns of CREATE TABLE … AS SELECT, whose query gives `found`."""
    if names and len(names) != len(found):
        raise SqlError(
            2026, "42601", f"SQL compilation error:\nInvalid column definition list: {len(names)} names for "
            f"{len(found)} columns.",
        )  # fmt: skip
    own = names or [column.name for column in found]
    refuse_duplicates(list(own))
    return [TableColumn(name, column.type, column.nullable) for name, column in zip(own, found, strict=True)]
