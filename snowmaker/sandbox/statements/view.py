"""VIEW: https://docs.snowflake.com/en/sql-reference/sql/create-view"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from snowmaker.sandbox import kinds, sqlerror
from snowmaker.sandbox.altering import column
from snowmaker.sandbox.attaching import POLICY_CLAUSES, Action, read_action, wanted_of
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import columns_of, with_columns
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.defined import Listed, named_columns
from snowmaker.sandbox.grants import OWNERSHIP
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Target,
    alterable,
    altered,
    change,
    copied_grants,
    created,
    exists,
    find,
    new,
    put_relation,
    register,
    texts,
    there,
    vacant,
    with_options,
)
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.policies import ON_COLUMNS, ON_TABLES, Attached, attach, read_policy
from snowmaker.sandbox.query import at_home
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import SUCCESS, Result, status
from snowmaker.sandbox.sqlerror import SqlError
from snowmaker.sandbox.tables import described, drop_temporary
from snowmaker.sandbox.tags import read_clause

OPTIONS = {"COMMENT": Parser.string, "CHANGE_TRACKING": Parser.boolean}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-views: the text of a secure view is its owner's alone."""
    database, schema = context.catalog.path(entry)[:2]
    materialized = entry.kind == "MATERIALIZED VIEW"
    secure = bool(entry.get("secure"))
    hidden = secure and not (context.mine(entry) or context.access.owns(entry))
    return (
        entry.created_on, entry.name, "", database, schema, context.owner(entry), entry.comment,
        "" if hidden else entry.get("text"), "true" if secure else "false", "true" if materialized else "false",
        context.owner_type(entry), "ON" if entry.get("change_tracking") else "OFF",
    )  # fmt: skip


VIEW = Kind(
    "VIEW",
    "VIEWS",
    "SCHEMA",
    (
        CREATED_ON,
        *texts(
            "name reserved database_name schema_name owner comment text is_secure is_materialized "
            "owner_role_type change_tracking"
        ),
    ),
    _row,
    describe=described,
    shows=("VIEW", "MATERIALIZED VIEW"),
)
register(VIEW)


@dataclass
class _Wanted:
    """What a CREATE VIEW says."""

    columns: tuple[Listed, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    policies: list[Attached] = field(default_factory=list)
    copy_grants: bool = False


@statement("CREATE", "VIEW")
def _create(context: Context, parser: Parser) -> Result:
    context.allow("OR REPLACE", "OR ALTER", "SECURE", "RECURSIVE", "TEMPORARY")
    optional = kinds.if_not_exists(context, parser)
    name = parser.name()
    optional = optional or kinds.if_not_exists(context, parser)  # here too, which the documentation does not tell
    wanted = _read(context, parser)
    text = _recursive(name, wanted, parser.rest()) if "RECURSIVE" in context.modifiers else parser.rest()
    place = context.place(name)
    if "TEMPORARY" not in context.modifiers:
        kinds.may_create(context, VIEW, place.schema.id)
    entry = with_options(new(context, "VIEW", place.schema.id, place.name), wanted.options)
    with at_home(context, entry):
        columns = named_columns(context, wanted.columns, text)
    entry = with_options(
        entry, {"QUERY": text, "TEXT": context.text.rstrip().rstrip(";"), "SECURE": "SECURE" in context.modifiers}
    )
    entry = with_columns(entry, columns)
    for policy in [*wanted.policies, *(each for listed in wanted.columns for each in listed.policies)]:
        entry = attach(entry, policy)
    if "TEMPORARY" in context.modifiers:
        return _keep_temporary(context, entry, optional)
    if "OR ALTER" in context.modifiers and there(context, VIEW, name):
        return _brought_to(context, name, entry)
    return _store(context, name, optional, entry, wanted.copy_grants)


def _store(context: Context, name: Name, optional: bool, entry: Entry, copying: bool) -> Result:
    grants = copied_grants(context, VIEW, name) if copying else None
    with context.ddl() as ddl:
        if not vacant(context, ddl, VIEW, name, optional=optional):
            return exists(dotted(name[-1:]))
        put_relation(ddl, entry, grants)
    return created("VIEW", entry.name)


def _read(context: Context, parser: Parser) -> _Wanted:
    """Everything up to AS, the list of columns among it."""
    wanted = _Wanted()
    while not parser.accept("AS"):
        if parser.accept_operator("("):
            wanted.columns = parser.items(lambda: _listed(context, parser))
        elif parser.accept("COPY", "GRANTS"):
            wanted.copy_grants = True
        elif (policy := read_policy(context, parser, ON_TABLES)) is not None:
            wanted.policies.append(policy)
        elif (tags := read_clause(context, parser)) is not None:
            wanted.options["TAGS"] = tags
        elif found := parser.options(OPTIONS, "VIEW"):
            wanted.options.update(found)
        else:
            raise _refusal(parser)
    return wanted


def _recursive(name: Name, wanted: _Wanted, text: str) -> str:
    """A recursive view is a recursive table expression of its own name, whose columns must be listed.

    https://docs.snowflake.com/en/sql-reference/sql/create-view#usage-notes
    """
    if not wanted.columns:
        raise sqlerror.malformed("A recursive view wants a list of its columns.")
    own = dotted(name[-1:])
    columns = ", ".join(dotted((each.name,)) for each in wanted.columns)
    return f"WITH RECURSIVE {own} ({columns}) AS ({text}) SELECT * FROM {own}"


def _refusal(parser: Parser) -> SqlError:
    for words in ("COPY TAGS", "WITH CONTACT"):
        if parser.at(*words.split()):
            return sqlerror.unsupported(f"CREATE VIEW … {words}")
    return parser.unexpected()


def _listed(context: Context, parser: Parser) -> Listed:
    """A column of the list: its name, comment, policies and tags."""
    found = Listed(parser.identifier())
    while True:
        if (policy := read_policy(context, parser, ON_COLUMNS, found.name)) is not None:
            found = replace(found, policies=(*found.policies, policy))
        elif (tags := read_clause(context, parser)) is not None:
            found = replace(found, tags={**found.tags, **tags})
        elif parser.accept("COMMENT"):
            parser.accept_operator("=")
            found = replace(found, comment=parser.string())
        else:
            return found


def _keep_temporary(context: Context, entry: Entry, optional: bool) -> Result:
    """A view of this session alone: https://docs.snowflake.com/en/sql-reference/sql/create-view#optional-parameters"""
    old = context.session.temporary.get((entry.parent, entry.name))
    if old is not None:
        if optional:
            return exists(entry.name)
        if "OR REPLACE" not in context.modifiers:
            raise sqlerror.already_exists(entry.name)
        drop_temporary(context, old)
    context.session.commit()
    context.session.temporary[(entry.parent, entry.name)] = with_options(entry, {"TEMPORARY": True})
    return created("VIEW", entry.name)


def _brought_to(context: Context, name: Name, wanted: Entry) -> Result:
    """CREATE OR ALTER VIEW: tags and policies stay.

    https://docs.snowflake.com/en/sql-reference/sql/create-view#create-or-alter-view
    """
    if wanted.get("tags") or wanted.get("policies"):
        raise sqlerror.unsupported("CREATE OR ALTER VIEW that changes tags or policies")

    def alter(entry: Entry) -> Entry:
        known = {each.name: each.tags for each in columns_of(entry)}
        fresh = [replace(each, tags=known.get(each.name, {})) for each in columns_of(wanted)]
        kept = {key: entry.get(key) for key in ("tags", "policies") if entry.get(key)}
        changed = replace(entry, comment=wanted.comment, properties={**wanted.properties, **kept})
        return with_columns(changed, fresh)

    change(context, VIEW, name, False, alter)
    return created("VIEW", name[-1])


# -- ALTER ---------------------------------------------------------------------------------------------


def _set_secure(context: Context, parser: Parser, target: Target) -> Result:
    """SET SECURE, and properties that follow it."""
    values = {"SECURE": True, **parser.options(OPTIONS, "VIEW")}
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, values))


def _unset_secure(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, {"SECURE": False}))


def _modify(context: Context, parser: Parser, target: Target) -> Result:
    """ALTER | MODIFY [COLUMN] c SET | UNSET a policy or tags, [COLUMN] …"""

    def one() -> Action:
        parser.accept("COLUMN")
        name = parser.identifier()
        if (action := read_action(context, parser, name)) is None:
            raise parser.unexpected()
        return action

    wanted = parser.list_of(one)
    parser.end()
    with context.ddl() as ddl:
        entry = find(context, VIEW, target.name, OWNERSHIP, *wanted_of(wanted))
        for action in wanted:
            entry = action.run(ddl, entry, column(columns_of(entry), action.column))
        ddl.put(entry)
    return status(SUCCESS)


def _refused(what: str) -> kinds.Clause:
    def clause(context: Context, parser: Parser, target: Target) -> Result:
        raise sqlerror.unsupported(f"ALTER VIEW … {what}")

    return clause


alterable(
    VIEW,
    OPTIONS,
    {
        **POLICY_CLAUSES,
        "SET SECURE": _set_secure,
        "UNSET SECURE": _unset_secure,
        "ALTER": _modify,
        "MODIFY": _modify,
        **{f"{word} {what}": _refused(f"{word} {what}") for word in ("SET", "UNSET")
           for what in ("CONTACT", "DCM PROJECT")},
    },
)  # fmt: skip
