"""Which tags objects have, told by functions: SYSTEM$GET_TAG, TAG_REFERENCES and their like.

https://docs.snowflake.com/en/user-guide/object-tagging/introduction#tag-inheritance
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.arrow import text_table
from snowmaker.sandbox.calls import Arguments, system_function, table_function
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.columns import columns_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.levels import account
from snowmaker.sandbox.naming import named_object

_COLUMNS = (
    "TAG_DATABASE", "TAG_SCHEMA", "TAG_NAME", "TAG_VALUE", "LEVEL", "OBJECT_DATABASE", "OBJECT_SCHEMA", "OBJECT_NAME",
    "DOMAIN", "COLUMN_NAME", "APPLY_METHOD",
)  # fmt: skip


@dataclass(frozen=True)
class Tagged:
    """A tag in force on an object: its value, and the level it was set at."""

    tag: int
    value: str
    level: str
    own: bool


def in_force(context: Context, entry: Entry | None, column: str = "") -> list[Tagged]:
    """The tags of an object, or of a column of it; the nearest level counts."""
    found: dict[int, Tagged] = {}
    for level, tags, own in _levels(context, entry, column):
        for id_, value in tags.items():
            tag = context.catalog.get(int(id_))
            if tag is not None and tag.dropped_on is None:
                found.setdefault(tag.id, Tagged(tag.id, value, level, own))
    return list(found.values())


def _levels(context: Context, entry: Entry | None, column: str) -> Iterator[tuple[str, dict[str, str], bool]]:
    if column and entry is not None:
        yield "COLUMN", dict(next((each.tags for each in columns_of(entry) if each.name == column), {})), True
    own = not column
    while entry is not None:
        level = "TABLE" if entry.space == "RELATION" and entry.kind != "STREAM" else entry.kind
        yield level, entry.get("tags", {}), own
        own = False
        entry = context.catalog.get(entry.parent) if entry.parent != ACCOUNT else None
    above = account(context.catalog)
    if above is not None:
        yield "ACCOUNT", above.get("tags", {}), own


def _tag(context: Context, text: str) -> Entry:
    parser = context.parser(text)
    name = parser.name()
    parser.end()
    return context.find("TAG", name)


def _target(context: Context, text: str, domain: str) -> tuple[Entry | None, str]:
    """The object, and the name of its column where the domain is COLUMN."""
    if domain.upper() == "ACCOUNT":
        return None, ""
    if domain.upper() != "COLUMN":
        return named_object(context, text, domain), ""
    *table, column = context.parser(text).name(4)
    if not table:
        raise sqlerror.invalid_identifier(column)
    entry = context.relation(tuple(table))
    if all(each.name != column for each in columns_of(entry)):
        raise sqlerror.invalid_identifier(column)
    return entry, column


@system_function("SYSTEM$GET_TAG")
def _get_tag(context: Context, arguments: Sequence[Any]) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/system_get_tag"""
    if len(arguments) != 3:
        raise sqlerror.malformed("SYSTEM$GET_TAG wants a tag, an object and its domain.")
    tag = _tag(context, str(arguments[0]))
    entry, column = _target(context, str(arguments[1]), str(arguments[2]))
    return next((each.value for each in in_force(context, entry, column) if each.tag == tag.id), None)


@system_function("SYSTEM$GET_TAG_ALLOWED_VALUES")
def _get_allowed(context: Context, arguments: Sequence[Any]) -> str | None:
    """https://docs.snowflake.com/en/sql-reference/functions/system_get_tag_allowed_values"""
    allowed = _tag(context, str(arguments[0])).get("allowed_values")
    return json.dumps(allowed, separators=(",", ":"), ensure_ascii=False) if allowed else None


@table_function("TAG_REFERENCES")
def _tag_references(context: Context, arguments: Arguments) -> Any:
    """https://docs.snowflake.com/en/sql-reference/functions/tag_references"""
    text, domain = (str(arguments.get("", position, "")) for position in (0, 1))
    entry, column = _target(context, text, domain)
    return text_table(_COLUMNS, _references(context, entry, column, domain.upper()))


@table_function("TAG_REFERENCES_ALL_COLUMNS")
def _tag_references_all_columns(context: Context, arguments: Arguments) -> Any:
    """https://docs.snowflake.com/en/sql-reference/functions/tag_references_all_columns"""
    entry = named_object(context, str(arguments.get("", 0, "")), "TABLE")
    rows = [row for each in columns_of(entry) for row in _references(context, entry, each.name, "COLUMN")]
    return text_table(_COLUMNS, rows)


def _references(context: Context, entry: Entry | None, column: str, domain: str) -> list[tuple[Any, ...]]:
    access = context.access
    path: tuple[str | None, ...] = context.catalog.path(entry) if entry is not None else ("SANDBOX",)
    above = (*path[:-1], None, None)[:2]
    rows = []
    for each in in_force(context, entry, column):
        tag = context.catalog.by_id(each.tag)
        if access.sees(tag) or access.global_("APPLY TAG"):
            rows.append((
                *context.catalog.path(tag), each.value, each.level, *above, path[-1], domain, column or None,
                "MANUAL" if each.own or each.level == "COLUMN" else "INHERITED",
            ))  # fmt: skip
    return rows
