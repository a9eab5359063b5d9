"""Policies that are set on tables, views and their columns.

https://docs.snowflake.com/en/user-guide/security-row-intro and security-column-intro
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Bulk, Component, Pairs, Property, Record, Row, Values
from snowmaker.components.types import Need, ReadError, Schema, Scope, Type, moved_name, read_name, resolved
from snowmaker.suggest import did_you_mean

# Where every policy is set, in one read: https://docs.snowflake.com/en/sql-reference/functions/policy_references
BULK = Bulk(
    "policies",
    "SELECT * FROM TABLE({database}.INFORMATION_SCHEMA.POLICY_REFERENCES(POLICY_NAME => {name}))",
    ("ref_database_name", "ref_schema_name", "ref_entity_name"),
    of=(
        *("MASKING POLICIES", "ROW ACCESS POLICIES", "PROJECTION POLICIES", "AGGREGATION POLICIES"),
        "JOIN POLICIES",
    ),
    optional=True,
)
Set = tuple[str, tuple[str, ...]]  # a policy, and the columns that are said with it


@dataclass(frozen=True)
class Policy(Type):
    """A policy of a kind, and the columns that follow its name behind `words`: `P ON (A, B)`.

    In YAML the name, or `{policy: P, on: [A, B]}`; `key` is the word for the columns there.
    """

    kind: str = ""
    words: str = "ON"
    key: str = "on"
    needed: bool = False

    def read(self, value: Any, scope: Scope) -> Set:
        body = value if isinstance(value, Mapping) else {"policy": value}
        lines = getattr(value, "lines", {})
        for word in body:
            if word not in ("policy", self.key):
                hint = did_you_mean(word, ("policy", self.key))
                raise ReadError(f"has no {word!r}: it is {self._form}", lines.get(word, 0), hint)
        if not isinstance(body.get("policy"), str):
            raise ValueError(f"is the name of a {self.kind.lower()}")
        columns = read_columns(body.get(self.key) or [])
        if self.needed and not columns:
            raise ValueError(f"says not which columns it takes: {self._form}")
        return sql.quote_name(*resolved(read_name(body["policy"]), scope, 3)), columns

    @property
    def _form(self) -> str:
        return f"{{policy: NAME, {self.key}: [columns]}}"

    def literal(self, value: Any) -> str:
        name, columns = value
        return f"{name} {self.words} ({sql_columns(columns)})" if columns else str(name)

    def plain(self, value: Any, scope: Scope) -> Any:
        name, columns = value
        return {"policy": name, self.key: [sql.quote_identifier(one) for one in columns]} if columns else name

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return [(self.kind, sql.parse_name(value[0]))]

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        return moved_name(value[0], old, new), value[1]

    def told(self, old: Any, new: Any) -> Iterable[tuple[str, Any, Any]]:
        before, after = (None if one is None else self.literal(one) for one in (old, new))
        return [("", before, after)]

    @property
    def schema(self) -> Schema:
        columns = {"type": "array", "items": {"type": "string"}}
        body = {"policy": {"type": "string"}, self.key: columns}
        mapping = {"type": "object", "properties": body, "required": ["policy"], "additionalProperties": False}
        return mapping if self.needed else {"anyOf": [{"type": "string"}, mapping]}


def read_columns(value: Any) -> tuple[str, ...]:
    """The names of columns, as they are stored: one, or a list; raises ValueError."""
    found = []
    for text in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(text, str):
            raise ValueError("is a list of columns")
        found.append(column_name(text))
    if len(set(found)) < len(found):
        raise ValueError("names a column twice")
    return tuple(found)


def column_name(text: str) -> str:
    """The name of a column as it is stored; raises ValueError."""
    return resolved(read_name(text), (), 1)[0]


def sql_columns(names: Iterable[str]) -> str:
    """Columns as SQL lists them."""
    return ", ".join(map(sql.quote_identifier, names))


MASKING = Policy(kind="MASKING POLICY", words="USING", key="using")
PROJECTION = Policy(kind="PROJECTION POLICY")
ROW_ACCESS = Policy(kind="ROW ACCESS POLICY", needed=True)
AGGREGATION = Policy(kind="AGGREGATION POLICY", words="ENTITY KEY", key="entity_key")
JOIN = Policy(kind="JOIN POLICY", words="ALLOWED JOIN KEYS", key="allowed_join_keys")


def _row_access(target: str, old: Any, new: Any) -> Pairs:
    """One takes the other's place in one statement, so that no row is seen meanwhile."""
    return [(_row_access_change(target, old, new), (_row_access_change(target, new, old),))]


def _row_access_change(target: str, old: Any, new: Any) -> str:
    parts = [f"DROP ROW ACCESS POLICY {old[0]}"] if old else []
    parts += [f"ADD ROW ACCESS POLICY {ROW_ACCESS.literal(new)}"] if new else []
    return f"ALTER {target} {', '.join(parts)}"


def _set(kind: Policy) -> Any:
    """SET or UNSET of the policies of which a table has one at most; one takes another's place."""

    def change(target: str, new: Any, force: bool) -> str:
        if new is None:
            return f"ALTER {target} UNSET {kind.kind}"
        return f"ALTER {target} SET {kind.kind} {kind.literal(new)}" + (" FORCE" if force else "")

    def alter(target: str, old: Any, new: Any) -> Pairs:
        both = old is not None and new is not None
        return [(change(target, new, both), (change(target, old, both),))]

    return alter


def _property(name: str, kind: Policy, alter: Any) -> Property:
    return Property(name, kind, source="own", form=f"WITH {kind.kind} {{}}", alter=alter)


PROPERTIES = (
    _property("row_access_policy", ROW_ACCESS, _row_access),
    _property("aggregation_policy", AGGREGATION, _set(AGGREGATION)),
    _property("join_policy", JOIN, _set(JOIN)),
)


def found_on(records: Sequence[Record]) -> Values:
    """The policies of a table or view itself, by property, of its rows of POLICY_REFERENCES."""
    found: Values = {}
    for one in PROPERTIES:
        for record in records:
            if _kind(record) == one.type.kind and not record.get("ref_column_name"):  # type: ignore[attr-defined]
                found[one.name] = (_policy(record), _arguments(record))
    return found


def found_on_columns(records: Sequence[Record], kind: Policy) -> dict[str, Set]:
    """The policies of a kind that are set on columns, by column; not those that came with a tag.

    Of a masking policy the column itself is no argument here, though it may be said as the first.
    """
    found = {}
    for record in records:
        column = str(record.get("ref_column_name") or "")
        if column and _kind(record) == kind.kind and not record.get("tag_name"):
            arguments = _arguments(record)
            found[column] = (_policy(record), arguments[1:] if arguments[:1] == (column,) else arguments)
    return found


def found_on_tag(records: Sequence[Record]) -> tuple[str, ...]:
    """The masking policies that are set on a tag: one for each data type."""
    set_ = [one for one in records if str(one.get("ref_entity_domain") or "").upper() == "TAG"]
    return tuple(sorted(_policy(one) for one in set_ if _kind(one) == MASKING.kind))


def query_on(one: Component) -> str:
    """What asks for all policies on a table and its columns, also those that come with tags."""
    database, name = sql.quote_identifier(one.name[0]), sql.quote_literal(one.quoted)
    function = f"{database}.INFORMATION_SCHEMA.POLICY_REFERENCES"
    return f"SELECT * FROM TABLE({function}(REF_ENTITY_NAME => {name}, REF_ENTITY_DOMAIN => 'TABLE'))"


def masked_by_tags(records: Sequence[Record]) -> tuple[str, ...]:
    """The columns that the policies of tags mask: https://docs.snowflake.com/en/user-guide/tag-based-masking-policies"""
    return tuple(sorted({str(record["ref_column_name"]) for record in records if record.get("tag_name")}))


def _kind(record: Record) -> str:
    return str(record.get("policy_kind") or "").upper().replace("_", " ")


def _policy(record: Record) -> str:
    return sql.quote_name(*(str(record[column]) for column in ("policy_db", "policy_schema", "policy_name")))


def _arguments(record: Record) -> tuple[str, ...]:
    """`[ "A", "B" ]`"""
    try:
        listed = json.loads(str(record.get("ref_arg_column_names") or "[]"))
    except ValueError:
        return ()
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


# policies themselves


def query_of(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    """What asks where a policy is set, where it would be replaced."""
    database, name = sql.quote_identifier(live.name[0]), sql.quote_literal(live.quoted)
    return {"set_on": BULK.sql.replace("{database}", database).replace("{name}", name)} if whole else {}


def notes(row: Row) -> Mapping[str, Any]:
    """Where a policy is set."""
    columns = [f"ref_{part}_name" for part in ("database", "schema", "entity", "column")]
    found = [[str(one[part]) for part in columns if one.get(part)] for one in row.bulk.get("set_on", ())]
    return {"set_on": tuple(sorted(sql.quote_name(*parts) for parts in found))}


def misfit(declared: Component, live: Component) -> str:
    """A policy that is set on something is not replaced.

    https://docs.snowflake.com/en/sql-reference/sql/create-masking-policy#usage-notes
    """
    names = live.facts.get("set_on", ())
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    text = f"{declared.kind.name} {declared.quoted} is set on {', '.join(names[:3])}{more}"
    return f"{text}, and cannot get another signature there: declare a new policy beside it, set that one instead"
