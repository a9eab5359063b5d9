"""Tags on objects: `TAG (t = 'v')` in CREATE, SET TAG and UNSET TAG in ALTER.

https://docs.snowflake.com/en/user-guide/object-tagging/introduction
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.sqlerror import SqlError

LONGEST = 256  # characters of a value
APPLY_TAG = "APPLY TAG"  # on the account: any tag, on any object

Tags = dict[str, str]


def read_tag(context: Context, parser: Parser) -> Entry:
    """The tag of the next name, which the roles may set."""
    return context.find("TAG", parser.name(), "APPLY", APPLY_TAG)


def read_assignments(context: Context, parser: Parser) -> Tags:
    """`tag = 'value', …`, by the ids of the tags. Raises SqlError for a value that the tag does not allow."""
    return dict(parser.list_of(lambda: read_assignment(context, parser)))


def read_assignment(context: Context, parser: Parser) -> tuple[str, str]:
    """One of them."""
    tag = read_tag(context, parser)
    parser.expect_operator("=")
    value = parser.string()
    allowed = tag.get("allowed_values")
    if len(value) > LONGEST or (allowed and value not in allowed):
        raise SqlError(394508, "23001", f"Tag value {value!r} is not allowed for tag '{tag.name}'.")
    return str(tag.id), value


def read_clause(context: Context, parser: Parser) -> Tags | None:
    """`[WITH] TAG (…)` of a CREATE; None where it does not come next."""
    if not (parser.accept("WITH", "TAG") or parser.accept("TAG")):
        return None
    parser.expect_operator("(")
    found = read_assignments(context, parser)
    parser.expect_operator(")")
    return found


def tagged(entry: Entry, tags: Mapping[str, str], removed: tuple[str, ...] = ()) -> Entry:
    """The entry with tags set and removed."""
    kept = {id_: value for id_, value in entry.get("tags", {}).items() if id_ not in removed}
    return replace(entry, properties={**entry.properties, "tags": {**kept, **tags}})
