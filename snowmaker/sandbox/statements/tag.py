"""TAG: https://docs.snowflake.com/en/sql-reference/sql/create-tag"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from snowmaker.sandbox import ddl_text, policies, query_history, sqlerror, tagging
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.kinds import (
    CREATED_ON,
    Kind,
    Recipe,
    Target,
    alterable,
    altered,
    create_named,
    if_not_exists,
    register,
    texts,
    with_options,
)
from snowmaker.sandbox.parser import Parser, Reader
from snowmaker.sandbox.policies import MASKING, Attached
from snowmaker.sandbox.properties import one_of
from snowmaker.sandbox.registry import statement
from snowmaker.sandbox.result import Result

FUNCTIONS = (ddl_text, query_history, tagging)  # these modules' functions register themselves
MOST_VALUES = 5000  # https://docs.snowflake.com/en/sql-reference/sql/create-tag#optional-parameters
_SEQUENCE = "ALLOWED_VALUES_SEQUENCE"


def _conflict(parser: Parser) -> str:
    return _SEQUENCE if parser.accept(_SEQUENCE) else parser.string()


OPTIONS: dict[str, Reader] = {
    "COMMENT": Parser.string,
    "PROPAGATE": one_of("NONE", "ON_DEPENDENCY_AND_DATA_MOVEMENT", "ON_DEPENDENCY", "ON_DATA_MOVEMENT"),
    "ON_CONFLICT": _conflict,
}


def _row(context: Context, entry: Entry) -> tuple[Any, ...]:
    """https://docs.snowflake.com/en/sql-reference/sql/show-tags"""
    database, schema = context.catalog.path(entry)[:2]
    allowed = entry.get("allowed_values")
    return (
        entry.created_on, entry.name, database, schema, context.owner(entry), entry.comment,
        json.dumps(allowed, separators=(",", ":"), ensure_ascii=False) if allowed else None,
        context.owner_type(entry), entry.get("propagate", "NONE"), entry.get("on_conflict"),
    )  # fmt: skip


TAG = Kind(
    "TAG",
    "TAGS",
    "SCHEMA",
    (
        CREATED_ON,
        *texts("name database_name schema_name owner comment allowed_values owner_role_type propagate on_conflict"),
    ),
    _row,
    undrop=True,
)
register(TAG)


def _judged(_: Context, entry: Entry) -> Entry:
    allowed = entry.get("allowed_values") or []
    if len(allowed) > MOST_VALUES:
        raise sqlerror.malformed(f"A tag has at most {MOST_VALUES} allowed values.")
    if len(set(allowed)) != len(allowed):
        raise sqlerror.malformed("Allowed values of a tag must differ.")
    if any(not 0 < len(each) <= 256 for each in allowed):
        raise sqlerror.malformed("An allowed value of a tag has 1 to 256 characters.")
    return entry


RECIPE = Recipe(TAG, OPTIONS, ("OR REPLACE", "OR ALTER"), _judged)


@statement("CREATE", "TAG")
def _create(context: Context, parser: Parser) -> Result:
    context.allow(*RECIPE.modifiers)
    optional = if_not_exists(context, parser)
    name = parser.name()
    allowed: tuple[str, ...] = ()
    if parser.accept("ALLOWED_VALUES"):
        allowed = parser.list_of(parser.string)

    def made(context: Context, entry: Entry) -> Entry:
        return _judged(context, with_options(entry, {"ALLOWED_VALUES": list(allowed)} if allowed else {}))

    return create_named(context, parser, replace(RECIPE, made=made), name, optional)[1]


def _values(change: Callable[[list[str], tuple[str, ...]], list[str]]) -> Any:
    def clause(context: Context, parser: Parser, target: Target) -> Result:
        given = parser.list_of(parser.string)
        parser.end()

        def alter(entry: Entry) -> Entry:
            return _judged(context, with_options(entry, {"ALLOWED_VALUES": change(_allowed(entry), given)}))

        return altered(context, target, alter)

    return clause


def _allowed(entry: Entry) -> list[str]:
    return list(entry.get("allowed_values") or [])


def _set(context: Context, parser: Parser, target: Target) -> Result:
    """SET [ALLOWED_VALUES 'a', 'b'] [properties]: https://docs.snowflake.com/en/sql-reference/sql/alter-tag"""
    values: dict[str, Any] = {}
    if parser.accept("ALLOWED_VALUES"):
        values["ALLOWED_VALUES"] = list(parser.list_of(parser.string))
    values.update(parser.options(OPTIONS, TAG.name))
    if not values:
        raise parser.unexpected()
    parser.end()
    return altered(context, target, lambda entry: _judged(context, with_options(entry, values)))


def _unset_values(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    return altered(context, target, lambda entry: with_options(entry, {}, ("ALLOWED_VALUES",)))


def _set_policies(context: Context, parser: Parser, target: Target) -> Result:
    """SET MASKING POLICY p [, MASKING POLICY q] [FORCE]: one for each data type."""
    found = _policies(context, parser)
    force = parser.accept("FORCE")
    parser.end()

    def alter(entry: Entry) -> Entry:
        for policy in found:
            kept = [each for each in policies.attached_to(entry) if not _same_type(context, each, policy)]
            if len(kept) < len(policies.attached_to(entry)) and not force:
                raise sqlerror.malformed(f"Tag {entry.name} already has a masking policy for this data type.")
            entry = policies.with_policies(entry, [*kept, policy])
        return entry

    return altered(context, target, alter, f"APPLY {MASKING}")


def _policies(context: Context, parser: Parser) -> list[Attached]:
    found = [Attached(policies.applicable(context, MASKING, parser.name()).id, MASKING)]
    while parser.accept_operator(","):
        parser.expect(*MASKING.split())
        found.append(Attached(policies.applicable(context, MASKING, parser.name()).id, MASKING))
    return found


def _same_type(context: Context, one: Attached, other: Attached) -> bool:
    first, second = (context.catalog.by_id(each.policy).get("signature") for each in (one, other))
    return bool(first and second and first[0] == second[0])


def _unset_policies(context: Context, parser: Parser, target: Target) -> Result:
    gone = {each.policy for each in _policies(context, parser)}
    parser.end()

    def alter(entry: Entry) -> Entry:
        kept = [each for each in policies.attached_to(entry) if each.policy not in gone]
        return policies.with_policies(entry, kept)

    return altered(context, target, alter, f"APPLY {MASKING}")


alterable(
    TAG,
    OPTIONS,
    {
        "ADD ALLOWED_VALUES": _values(lambda known, given: [*known, *(each for each in given if each not in known)]),
        "DROP ALLOWED_VALUES": _values(lambda known, given: [each for each in known if each not in given]),
        "UNSET ALLOWED_VALUES": _unset_values,
        "SET": _set,
        f"SET {MASKING}": _set_policies,
        f"UNSET {MASKING}": _unset_policies,
    },
    tags=False,
)
