"""Policies that are set on tables, views, columns, tags and users: recorded, never applied.

An object keeps what is set on it under its property `policies`. A policy in use can be neither dropped nor
replaced, and reading what a policy would change is refused: what came would not be what Snowflake gives.
https://docs.snowflake.com/en/user-guide/security-column-intro
https://docs.snowflake.com/en/user-guide/security-row-intro
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from snowmaker.sandbox import network_references, sqlerror
from snowmaker.sandbox.calls import Arguments, table_function
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.sqlerror import SqlError

MASKING, ROW_ACCESS = "MASKING POLICY", "ROW ACCESS POLICY"
AGGREGATION, JOIN, PROJECTION = "AGGREGATION POLICY", "JOIN POLICY", "PROJECTION POLICY"
ON_COLUMNS = (MASKING, PROJECTION)
ON_TABLES = (ROW_ACCESS, AGGREGATION, JOIN)
# What stands between the policy and the columns, by kind: ROW ACCESS POLICY p ON (a, b)
_COLUMNS_AFTER: Mapping[str, tuple[str, ...]] = {
    MASKING: ("USING",), ROW_ACCESS: ("ON",), AGGREGATION: ("ENTITY", "KEY"), JOIN: ("ALLOWED", "JOIN", "KEYS"),
}  # fmt: skip


@dataclass(frozen=True)
class Attached:
    """One policy on an object. `column` is what it is set on, empty for a table's own; `arguments` are columns."""

    policy: int
    kind: str
    column: str = ""
    arguments: tuple[str, ...] = ()


# -- as statements name them ---------------------------------------------------------------------------


def read_policy(context: Context, parser: Parser, kinds: Sequence[str], column: str = "") -> Attached | None:
    """`[WITH] MASKING POLICY name [USING (…)]` and its like; None where none of `kinds` comes next.

    The roles in force must hold APPLY on the policy, or APPLY <kind> on the account.
    """
    start = parser.scanner.position
    parser.accept("WITH")
    kind = parser.choice(*kinds)
    if kind is None:
        parser.scanner.position = start
        return None
    policy = applicable(context, kind, parser.name())
    arguments: tuple[str, ...] = ()
    if (words := _COLUMNS_AFTER.get(kind)) and parser.accept(*words):
        parser.expect_operator("(")
        arguments = parser.items(parser.identifier)
    elif kind == ROW_ACCESS:
        raise parser.unexpected()
    return checked(policy, Attached(policy.id, kind, column, arguments))


def applicable(context: Context, kind: str, name: tuple[str, ...]) -> Entry:
    """The policy, which the roles in force may set. Raises 002003, 003001."""
    return context.find(kind, name, "APPLY", f"APPLY {kind}")


def checked(policy: Entry, wanted: Attached) -> Attached:
    """Refuse another number of columns than the policy's signature has; ENTITY KEY and its like are no arguments."""
    signature = policy.get("signature")
    if signature is None or not (wanted.kind == ROW_ACCESS or (wanted.kind == MASKING and wanted.arguments)):
        return wanted
    given = len(wanted.arguments)
    if given != len(signature):
        raise sqlerror.malformed(f"Policy {policy.name} takes {len(signature)} argument(s), {given} given.")
    return wanted


# -- on an object --------------------------------------------------------------------------------------


def attached_to(entry: Entry) -> list[Attached]:
    """What is set on an object."""
    return [Attached(**{**each, "arguments": tuple(each["arguments"])}) for each in entry.get("policies", ())]


def with_policies(entry: Entry, found: Iterable[Attached]) -> Entry:
    """The object with these policies set on it in place of its own."""
    return replace(entry, properties={**entry.properties, "policies": [asdict(each) for each in found]})


def attach(entry: Entry, wanted: Attached, *, force: bool = False) -> Entry:
    """The object with one more policy; FORCE takes the place of one of its kind. Raises 003529, 003549."""
    kept = [each for each in attached_to(entry) if (each.kind, each.column) != (wanted.kind, wanted.column)]
    if len(kept) < len(attached_to(entry)) and not force:
        raise _taken(entry, wanted)
    return with_policies(entry, [*kept, wanted])


def _taken(entry: Entry, wanted: Attached) -> SqlError:
    word = wanted.kind.replace(" ", "_")
    if not wanted.column:
        return SqlError(
            3549, "23505", f"Object {entry.name} already has a {word}. Only one {word} is allowed at a time."
        )
    kind = wanted.kind.lower()
    return SqlError(
        3529, "42601", f"Specified column already attached to another {kind}. A column cannot be attached to multiple "
        f"{kind.replace('policy', 'policies')}. Please drop the current association in order to attach a new {kind}.",
    )  # fmt: skip


def detach(entry: Entry, kind: str, column: str = "", policy: Entry | None = None) -> Entry:
    """The object without its policy of a kind. Raises SqlError where none, or another one, is set."""
    found = [each for each in attached_to(entry) if (each.kind, each.column) == (kind, column)]
    if not found or (policy is not None and found[0].policy != policy.id):
        on = f"column '{column}'" if column else f"'{entry.name}'"
        raise SqlError(3552, "42601", f"SQL compilation error:\nNo {kind.lower()} is set on {on}.")
    return with_policies(entry, [each for each in attached_to(entry) if each not in found])


def detach_all(entry: Entry, kind: str) -> Entry:
    """DROP ALL ROW ACCESS POLICIES."""
    return with_policies(entry, [each for each in attached_to(entry) if each.kind != kind])


def column_renamed(entry: Entry, old: str, new: str) -> Entry:
    """What is set on a column goes with it to its new name."""
    if not entry.get("policies"):
        return entry
    names = {old: new}
    return with_policies(entry, [
        replace(each, column=names.get(each.column, each.column),
                arguments=tuple(names.get(name, name) for name in each.arguments))
        for each in attached_to(entry)
    ])  # fmt: skip


def refuse_dropped_column(entry: Entry, column: str) -> None:
    """A column that a policy is set on, or that one reads, cannot be dropped."""
    if any(column == each.column or column in each.arguments for each in attached_to(entry)):
        raise SqlError(
            3537, "23001",
            f"SQL compilation error:\nColumn {column} cannot be dropped as it is associated with a policy.",
        )  # fmt: skip


def policy_name(context: Context, entry: Entry, column: str) -> str | None:
    """The masking policy on a column, as DESCRIBE TABLE shows it; None where there is none."""
    for each in attached_to(entry):
        if each.kind == MASKING and each.column == column and (policy := context.catalog.get(each.policy)):
            return context.path(policy)
    return None


def refuse_reading(context: Context, entry: Entry) -> None:
    """Refuse to read a table or view on which a policy is set, or a stream on it: the sandbox applies none.

    What its columns are may be asked, so views can be made on it.
    """
    if context.describe_only:
        return
    for source in (entry, *_behind(context, entry)):
        for each in attached_to(source):
            policy = context.catalog.get(each.policy)
            if policy is not None and each.kind in (*ON_COLUMNS, *ON_TABLES):
                what = f"reading '{context.path(entry)}', on which the {each.kind.lower()} '{policy.name}' is set"
                raise sqlerror.unsupported(f"{what}: policies are recorded, not applied")


def _behind(context: Context, entry: Entry) -> list[Entry]:
    """The tables and views whose changes a stream gives."""
    if entry.kind != "STREAM":
        return []
    found = [context.catalog.get(id_) for id_ in (entry.get("source", 0), *entry.get("tables", ()))]
    return [each for each in found if each is not None]


# -- from the policy's side ----------------------------------------------------------------------------


def users(catalog: Catalog, policy: Entry) -> list[tuple[Entry, Attached]]:
    """Where a policy is set."""
    return [
        (entry, each)
        for entry in catalog.all()
        if entry.dropped_on is None and entry.get("policies")
        for each in attached_to(entry)
        if each.policy == policy.id
    ]


def refuse_dropping(context: Context, policy: Entry) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/drop-masking-policy#usage-notes: not while it is set."""
    if users(context.catalog, policy):
        raise SqlError(
            3531, "23001",
            f"Policy {policy.name} cannot be dropped/replaced as it is associated with one or more entities.",
        )  # fmt: skip


# -- POLICY_REFERENCES ---------------------------------------------------------------------------------

REFERENCE_COLUMNS = (
    "POLICY_DB", "POLICY_SCHEMA", "POLICY_NAME", "POLICY_KIND", "REF_DATABASE_NAME", "REF_SCHEMA_NAME",
    "REF_ENTITY_NAME", "REF_ENTITY_DOMAIN", "REF_COLUMN_NAME", "REF_ARG_COLUMN_NAMES", "TAG_DATABASE",
    "TAG_SCHEMA", "TAG_NAME", "POLICY_STATUS",
)  # fmt: skip


@table_function("POLICY_REFERENCES")
def policy_references(context: Context, arguments: Arguments) -> Any:
    """Where a policy is set, or which are set on an object, as an Arrow table.

    https://docs.snowflake.com/en/sql-reference/functions/policy_references
    """
    arguments.only("POLICY_NAME", "POLICY_KIND", "REF_ENTITY_NAME", "REF_ENTITY_DOMAIN")
    if arguments.get("POLICY_KIND") is not None:
        rows = _of_network_policy(context, arguments)
    elif (name := arguments.get("POLICY_NAME")) is not None:
        policy = _policy(context, str(name))
        rows = [_reference(context, entry, each) for entry, each in users(context.catalog, policy)]
    else:
        entry = _entity(context, arguments.get("REF_ENTITY_NAME", 0), str(arguments.get("REF_ENTITY_DOMAIN", 1, "")))
        rows = [_reference(context, entry, each) for each in attached_to(entry)]
        if (found := network_references.network_policy(context.catalog, entry)) is not None:
            rows.append(_network_reference(found, entry))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(REFERENCE_COLUMNS)
    return pa.Table.from_arrays([pa.array(each, pa.string()) for each in columns], names=list(REFERENCE_COLUMNS))


def _of_network_policy(context: Context, arguments: Arguments) -> list[tuple[Any, ...]]:
    """POLICY_KIND is said of network policies, and of no others."""
    name, kind = arguments.get("POLICY_NAME"), str(arguments.get("POLICY_KIND"))
    if name is None or kind.upper() != "NETWORK_POLICY":
        raise sqlerror.invalid_parameter("POLICY_NAME" if name is None else "POLICY_KIND")
    policy = network_references.find_policy(context, str(name))
    return [_network_reference(policy, entry) for entry in network_references.holders(context.catalog, policy)]


def _network_reference(policy: Entry, entry: Entry) -> tuple[Any, ...]:
    return (
        None, None, policy.name, "NETWORK_POLICY", None, None, entry.name, entry.kind, None, None, None, None, None,
        "ACTIVE",
    )  # fmt: skip


def _policy(context: Context, text: str) -> Entry:
    """The policy of that name, of whatever kind. Raises 002003."""
    place = context.place(context.parser(text).name(3))
    for each in context.catalog.children(place.schema.id):
        if each.kind.endswith(" POLICY") and each.name == place.name and context.access.sees(each):
            return each
    raise sqlerror.does_not_exist("Policy", text, container=True)


def _entity(context: Context, name: Any, domain: str) -> Entry:
    """What REF_ENTITY_NAME and REF_ENTITY_DOMAIN name. Raises 001006, 002003."""
    if name is None or not domain:
        raise sqlerror.invalid_parameter("REF_ENTITY_NAME" if name is None else "REF_ENTITY_DOMAIN")
    kind = domain.upper().replace("_", " ")
    parser = context.parser(str(name))
    if kind in ("TABLE", "VIEW"):  # of any kind
        return context.relation(parser.name(3))
    found = context.catalog.find(kind, ACCOUNT, parser.name(1)[0])
    if found is None or not context.access.sees(found):
        raise sqlerror.does_not_exist(kind.capitalize(), str(name), container=True)
    return found


def _reference(context: Context, entry: Entry, each: Attached) -> tuple[Any, ...]:
    policy = context.catalog.path(context.catalog.by_id(each.policy))
    path = context.catalog.path(entry)
    above = (*path[:-1], None, None)[:2] if len(path) > 1 else (None, None)
    arguments = ", ".join(f'"{name}"' for name in each.arguments)
    return (
        *policy, each.kind.replace(" ", "_"), *above, entry.name, entry.kind.replace(" ", "_"), each.column or None,
        f"[ {arguments} ]" if arguments else None, None, None, None, "ACTIVE",
    )  # fmt: skip
