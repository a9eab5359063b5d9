"""What views and dynamic tables share: a query, and names, comments and policies of the columns that it gives.

https://docs.snowflake.com/en/sql-reference/sql/create-view and create-dynamic-table
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from snowmaker import sql
from snowmaker.components import columns, ddl, policies, tagging
from snowmaker.components.base import Component, Pairs, Record, Row
from snowmaker.components.columns import TAGS, Column, Columns
from snowmaker.components.policies import MASKING, PROJECTION, column_name
from snowmaker.components.types import Need, ReadError, Schema, Scope, Sql, Type
from snowmaker.names import Token
from snowmaker.suggest import did_you_mean, listed

_PARTS = ("comment", "masking_policy", "projection_policy", "tags")


@dataclass(frozen=True)
class QueryColumns(Type):
    """The columns of a query under names of their own: a list of names, or a mapping of names to comments or more."""

    def read(self, value: Any, scope: Scope) -> Columns:
        lines = getattr(value, "lines", {}) if isinstance(value, Mapping) else {}
        items = value.items() if isinstance(value, Mapping) else [(one, None) for one in _names(value)]
        found: dict[str, Column] = {}
        for key, body in items:
            try:
                column = _read(Column(column_name(key), ""), body, scope)
            except ReadError as error:
                raise ReadError(f"{key}: {error}", error.line or lines.get(key, 0), error.hint) from None
            except ValueError as error:
                raise ReadError(f"{key}: {error}", lines.get(key, 0)) from None
            if column.name in found:
                raise ReadError(f"{key} stands twice", lines.get(key, 0))
            found[column.name] = column
        return tuple(found.values())

    def literal(self, value: Any) -> str:
        return ", ".join(f"{column.quoted} {column.spec.lstrip()}".rstrip() for column in value)

    def plain(self, value: Any, scope: Scope) -> Any:
        return {column.quoted: _plain(column, scope) for column in value}

    def same(self, one: Any, other: Any) -> bool:
        return len(one) == len(other) and all(
            mine.name == theirs.name and columns.same_column(mine, theirs)
            for mine, theirs in zip(one, other, strict=True)
        )

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        for column in value:
            yield from MASKING.names(column.masking_policy, scope) if column.masking_policy else []
            yield from PROJECTION.names(column.projection_policy, scope) if column.projection_policy else []
            yield from TAGS.names(column.tags or (), scope)

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        return columns.moved(value, old, new)

    def told(self, old: Any, new: Any) -> Iterable[tuple[str, Any, Any]]:
        before, after = ([column.name for column in side or ()] for side in (old, new))
        if before != after:
            yield "", before or None, after or None
        known = {column.name: column for column in old or ()}
        for column in new or ():
            other = known.get(column.name, Column(column.name, ""))
            yield from ((f".{column.quoted}{part}", *pair) for part, *pair in columns.told(other, column))

    @property
    def schema(self) -> Schema:
        kinds = {"masking_policy": MASKING, "projection_policy": PROJECTION, "tags": TAGS}
        properties: Schema = {"comment": {"type": "string"}} | {name: kind.schema for name, kind in kinds.items()}
        body: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        each: Schema = {"anyOf": [{"type": ["string", "null"]}, body]}
        names: Schema = {"type": "array", "items": {"type": "string"}}
        return {"anyOf": [names, {"type": "object", "additionalProperties": each}]}


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise ValueError("is a list of names, or a mapping of names to comments")
    return value


def _read(column: Column, body: Any, scope: Scope) -> Column:
    if body is None or isinstance(body, str):
        return replace(column, comment=body or "")
    if not isinstance(body, Mapping):
        raise ValueError(f"is a comment, or a mapping of {listed(_PARTS)}")
    lines = getattr(body, "lines", {})
    for word, value in body.items():
        if word not in _PARTS:
            hint = did_you_mean(word, _PARTS) or f"there are: {listed(_PARTS)}"
            raise ReadError(f"{word!r} is no property of such a column", lines.get(word, 0), hint)
        if value is not None:
            column = _with(column, word, value, scope)
    return column


def _with(column: Column, word: str, value: Any, scope: Scope) -> Column:
    if word == "masking_policy":
        name, others = MASKING.read(value, scope)
        return replace(column, masking_policy=(name, others[1:] if others[:1] == (column.name,) else others))
    if word == "projection_policy":
        return replace(column, projection_policy=PROJECTION.read(value, scope))
    return replace(column, tags=TAGS.read(value, scope)) if word == "tags" else replace(column, comment=str(value))


def _plain(column: Column, scope: Scope) -> Any:
    found: dict[str, Any] = {"comment": column.comment} if column.comment else {}
    found |= {"masking_policy": MASKING.plain(column.masking_policy, scope)} if column.masking_policy else {}
    found |= {"projection_policy": column.projection_policy[0]} if column.projection_policy else {}
    found |= {"tags": dict(column.tags)} if column.tags else {}
    return found if set(found) - {"comment"} else found.get("comment")


# the text of CREATE, in which SHOW has the query


@dataclass(frozen=True)
class Query(Sql):
    """The query behind AS in the CREATE that an account shows."""

    def shown(self, value: Any, scope: Scope) -> str | None:
        return super().shown(body(str(value or "")), scope)


def body(text: str) -> str:
    """What stands behind AS in a CREATE; '' where there is none."""
    last, depth = "", 0
    for token in sql.tokens(text):
        if token.upper == "AS" and not depth and last != "EXECUTE":
            return text[token.start + 2 :]
        depth += (token.text == "(") - (token.text == ")")
        last = token.upper
    return ""


def listed_names(text: str) -> tuple[str, ...]:
    """The names of the columns that a CREATE lists behind the name; () where it lists none."""
    tokens = list(sql.tokens(text))
    begin = next((index for index, token in enumerate(tokens) if token.text == "("), len(tokens))
    until = next((index for index, token in enumerate(tokens) if token.upper == "AS"), 0)
    behind = tokens[begin - 1] if begin else None
    if begin >= until or behind is None or behind.kind not in ("word", "identifier") or _governs(tokens, begin):
        return ()
    found, depth, wanted = [], 0, False
    for token in tokens[begin:]:
        if token.text == "(":
            depth += 1
            wanted = depth == 1
        elif token.text == ")":
            depth -= 1
        elif token.text == "," and depth == 1:
            wanted = True
        elif wanted:
            found.append(token.upper if token.kind == "word" else token.text[1:-1].replace('""', '"'))
            wanted = False
        if not depth:
            break
    return tuple(found)


def _governs(tokens: Sequence[Token], bracket: int) -> bool:
    """Whether a bracket is a clause's: TAG (…), CLUSTER BY (…), ROW ACCESS POLICY p ON (…)."""
    index = bracket - 1
    while index > 1 and tokens[index - 1].text == ".":
        index -= 2
    return tokens[index - 1].upper not in ("VIEW", "TABLE", "EXISTS")


# as an account shows them


def shown_columns(row: Row, text: str) -> Columns | None:
    """The columns of a view, where something is said of them; None where they are as the query gives them."""
    found = [
        Column(str(record["column_name"]), "", comment=str(record.get("comment") or "")) for record in _records(row)
    ]
    found = _governed(found, row.bulk)
    plain = not any(one.comment or one.masking_policy or one.projection_policy or one.tags for one in found)
    return None if plain and not listed_names(text) else tuple(found)


def _governed(found: list[Column], bulk: Mapping[str, Sequence[Record]]) -> list[Column]:
    masking = policies.found_on_columns(bulk.get("policies", ()), MASKING)
    projection = policies.found_on_columns(bulk.get("policies", ()), PROJECTION)
    tags = tagging.found_on_columns(bulk.get("column_tags", ()))
    return [
        replace(
            one,
            masking_policy=masking.get(one.name),
            projection_policy=projection.get(one.name),
            tags=tags.get(one.name, ()) if "column_tags" in bulk else None,
        )
        for one in found
    ]


def queries(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    """What has to be asked of one view alone: the tags of its columns."""
    said = declared.values.get("columns") or () if declared is not None else ()
    return tagging.query_on_columns(live, [column.tags for column in said], whole)


def facing(declared: Component, live: Component) -> Component:
    """The live one as it compares: a query that nobody may read is as declared, and columns that are called as the
    query gives them may just as well have been listed.
    """
    found = dict(live.values)
    if "query" in declared.values and not live.values.get("query"):
        found["query"] = declared.values["query"]
    said = tuple(one.name for one in declared.values.get("columns") or ())
    if said and "columns" not in found and said == live.facts.get("columns"):
        found["columns"] = tuple(Column(name, "") for name in said)
    return replace(live, values=found)


def notes(row: Row) -> Mapping[str, Any]:
    """The names of the columns."""
    return {"columns": tuple(str(record["column_name"]) for record in _records(row))}


def _records(row: Row) -> list[Record]:
    return sorted(row.bulk.get("columns", ()), key=lambda record: int(record["ordinal_position"]))


# altered


def rebuilt(attributes: Mapping[str, tuple[Any, Any]]) -> str:
    """Why changed columns need a replacement: other names."""
    old, new = (side or () for side in attributes.get("columns", ((), ())))
    same = [column.name for column in old] == [column.name for column in new]
    return "" if same else "no ALTER gives its columns other names"


def rebuild(wanted: Component, there: Component) -> Pairs:
    """CREATE OR REPLACE; columns of the same names keep their tags, where nothing is said of these."""
    tags = {column.name: column.tags for column in there.values.get("columns") or ()}
    said = tuple(
        replace(one, tags=tags.get(one.name)) if one.tags is None else one for one in wanted.values.get("columns") or ()
    )
    made, *later = ddl.create(replace(wanted, values={**wanted.values, "columns": said}), replace=True)
    return [(made, tuple(ddl.create(there, replace=True))), *((text, ()) for text in later)]


def warn(live: Component, action: str) -> tuple[str, ...]:
    """What a replacement cannot keep, as nobody knows the columns of a new query."""
    tagged = [column.name for column in live.values.get("columns") or () if column.tags]
    if action != "replace" or not tagged:
        return ()
    return (f"the tags of {policies.sql_columns(tagged)} are lost where these columns are not declared",)


def altering(target: str, old: Any, new: Any) -> Pairs:
    """Comments, policies and tags of columns of the same names."""
    found: Pairs = []
    for before, after in zip(old or (), new or (), strict=False):
        if target.startswith("VIEW ") and before.comment != after.comment:
            texts = [_commented(target, column) for column in (after, before)]
            found.append((texts[0], (texts[1],)))
            before = replace(before, comment=after.comment)
        found += columns.altered(f"ALTER {target} ALTER COLUMN {after.quoted}", before, after)
    return found


def _commented(target: str, column: Column) -> str:
    """ALTER VIEW has no comments of columns."""
    return f"COMMENT ON COLUMN {target.partition(' ')[2]}.{column.quoted} IS {sql.quote_literal(column.comment)}"
