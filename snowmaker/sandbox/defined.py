"""Tables and views that a query defines: materialized views and dynamic tables.

The sandbox does not store their rows: reading one runs its query, as a view does, under its owner's role. So it is
always as fresh as its tables; Snowflake's is as fresh as its last refresh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.altering import column
from snowmaker.sandbox.attaching import POLICY_CLAUSES, Action, read_action, wanted_of
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn, with_columns
from snowmaker.sandbox.columns import columns_of as entry_columns
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.declarations import refuse_duplicates
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import (
    Clause,
    Kind,
    Target,
    altered,
    copied_grants,
    created,
    exists,
    find,
    may_create,
    new,
    put_relation,
    vacant,
    where,
    with_options,
)
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.policies import ON_COLUMNS, ON_TABLES, Attached, attach, read_policy
from snowmaker.sandbox.properties import Readers
from snowmaker.sandbox.query import at_home, columns_of
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tags import read_clause

Own = Callable[[Context, Parser], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Listed:
    """A column of the list behind the name."""

    name: str
    type: DataType | None = None
    comment: str = ""
    policies: tuple[Attached, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Wanted:
    """What a CREATE says of it, up to AS."""

    columns: tuple[Listed, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    policies: list[Attached] = field(default_factory=list)
    copy_grants: bool = False


def read(context: Context, parser: Parser, kind: Kind, options: Readers, own: Own) -> Wanted:
    """Everything up to AS; `own` reads the clauses of the kind that are no properties."""
    wanted = Wanted()
    while not parser.accept("AS"):
        if parser.accept_operator("("):
            wanted.columns = parser.items(lambda: _listed(context, parser))
        elif parser.accept("COPY", "GRANTS"):
            wanted.copy_grants = True
        elif (policy := read_policy(context, parser, ON_TABLES)) is not None:
            wanted.policies.append(policy)
        elif (tags := read_clause(context, parser)) is not None:
            wanted.values["TAGS"] = tags
        elif (clause := own(context, parser)) is not None:
            wanted.values.update(clause)
        elif found := parser.options(options, kind.name):
            wanted.values.update(found)
        else:
            raise parser.unexpected()
    return wanted


def _listed(context: Context, parser: Parser) -> Listed:
    found = Listed(parser.identifier())
    if parser.peek().text not in (",", ")") and not any(
        parser.at(word) for word in ("COMMENT", "WITH", "MASKING", "PROJECTION", "TAG", "NOT")
    ):
        found = replace(found, type=parser.data_type())
    while True:
        if (policy := read_policy(context, parser, ON_COLUMNS, found.name)) is not None:
            found = replace(found, policies=(*found.policies, policy))
        elif (tags := read_clause(context, parser)) is not None:
            found = replace(found, tags={**found.tags, **tags})
        elif parser.accept("COMMENT"):
            found = replace(found, comment=parser.string())
        elif not parser.accept("NOT", "NULL"):
            return found


def named_columns(context: Context, listed: Sequence[Listed], text: str) -> list[TableColumn]:
    """Its columns are those of the query when it is made, under the names of the list."""
    found = columns_of(context, text)
    if listed and len(listed) != len(found):
        raise SqlError(
            2026, "42601", f"SQL compilation error:\nInvalid column definition list: {len(listed)} names for "
            f"{len(found)} columns.",
        )  # fmt: skip
    names = listed or tuple(Listed(each.name) for each in found)
    refuse_duplicates([each.name for each in names])
    return [
        TableColumn(own.name, own.type or each.type, comment=own.comment, tags=own.tags)
        for own, each in zip(names, found, strict=True)
    ]


def defined(context: Context, kind: Kind, name: Name, wanted: Wanted, text: str) -> Entry:
    """A new one, its query checked. Raises SqlError."""
    parent, own = where(context, kind, name)
    may_create(context, kind, parent)
    entry = with_options(new(context, kind.name, parent, own), wanted.values)
    with at_home(context, entry):
        columns = named_columns(context, wanted.columns, text)
    entry = with_columns(with_options(entry, {"QUERY": text, "TEXT": context.text.rstrip().rstrip(";")}), columns)
    for policy in [*wanted.policies, *(each for listed in wanted.columns for each in listed.policies)]:
        entry = attach(entry, policy)
    return entry


def store(context: Context, kind: Kind, name: Name, optional: bool, entry: Entry, copying: bool) -> Result:
    """Put it into the catalog, where its name is free."""
    grants = copied_grants(context, kind, name) if copying else None
    with context.ddl() as ddl:
        if not vacant(context, ddl, kind, name, optional=optional):
            return exists(name[-1])
        put_relation(ddl, entry, grants)
    return created(kind.name, entry.name)


# -- ALTER -------------------------------------------------------------------------------------------------


def setting(values: Mapping[str, Any], *privileges: str) -> Clause:
    """A clause without operands that sets properties."""

    def clause(context: Context, parser: Parser, target: Target) -> Result:
        parser.end()
        return altered(context, target, lambda entry: with_options(entry, dict(values)), *privileges)

    return clause


def cluster_by(context: Context, parser: Parser, target: Target) -> Result:
    """https://docs.snowflake.com/en/user-guide/tables-clustering-keys: kept, and nothing is clustered."""
    key = f"LINEAR({parser.bracketed()})"
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, {"CLUSTER_BY": key}))


def drop_clustering(context: Context, parser: Parser, target: Target) -> Result:
    """DROP CLUSTERING KEY: forgets the key that was kept."""
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, {}, ("CLUSTER_BY",)))


def refusing(kind: str, *words: str) -> Mapping[str, Clause]:
    """Clauses that Snowflake has and the sandbox does not, refused by name."""

    def refused(clause: str) -> Clause:
        def raising(context: Context, parser: Parser, target: Target) -> Result:
            raise sqlerror.unsupported(f"ALTER {kind} … {clause}")

        return raising

    return {each: refused(each) for each in words}


SEARCH = tuple(f"{word} SEARCH OPTIMIZATION" for word in ("ADD", "DROP", "SUSPEND", "RESUME"))


def on_columns(kind: Kind) -> Clause:
    """ALTER | MODIFY [COLUMN] c: a comment, policies and tags, of one column or of several."""

    def one(context: Context, parser: Parser) -> Action:
        parser.accept("COLUMN")
        name = parser.identifier()
        if (word := parser.choice("COMMENT", "UNSET COMMENT")) is not None:
            text = parser.string() if word == "COMMENT" else ""
            return Action(name, lambda _ddl, entry, found: _with(entry, replace(found, comment=text)))
        if (action := read_action(context, parser, name)) is None:
            raise parser.unexpected()
        return action

    def clause(context: Context, parser: Parser, target: Target) -> Result:
        wanted = parser.list_of(lambda: one(context, parser))
        parser.end()
        with context.ddl() as ddl:
            entry = find(context, kind, target.name, OWNERSHIP, *wanted_of(wanted))
            for action in wanted:
                entry = action.run(ddl, entry, column(entry_columns(entry), action.column))
            ddl.put(entry)
        return status(SUCCESS)

    return clause


def _with(entry: Entry, changed: TableColumn) -> Entry:
    return with_columns(entry, [changed if each.name == changed.name else each for each in entry_columns(entry)])


CLUSTERING: Mapping[str, Clause] = {
    "CLUSTER BY": cluster_by,
    "DROP CLUSTERING KEY": drop_clustering,
    "SUSPEND RECLUSTER": setting({"RECLUSTER": False}),
    "RESUME RECLUSTER": setting({"RECLUSTER": True}),
    **POLICY_CLAUSES,
}
