"""Tags of objects and of columns, as accounts tell them: one statement for each object that declares some.

https://docs.snowflake.com/en/sql-reference/functions/tag_references and tag_references_all_columns
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from snowmaker import sql
from snowmaker.components.base import Component, Kind, Record

Tags = tuple[tuple[str, str], ...]


def query_on(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    """What asks for the tags of an object, where the declared one has some, or all counts."""
    if not live.kind.tagged or not (whole or (declared is not None and declared.values.get("tags") is not None)):
        return {}
    return {"tags": _query("TAG_REFERENCES", live, _domain(live.kind))}


def query_on_columns(live: Component, columns: Iterable[Tags | None], whole: bool) -> Mapping[str, str]:
    """What asks for the tags of all columns, where a declared one has some, or all counts."""
    if not whole and all(tags is None for tags in columns):
        return {}
    return {"column_tags": _query("TAG_REFERENCES_ALL_COLUMNS", live, "TABLE")}


def _query(function: str, live: Component, domain: str) -> str:
    """Every account has SNOWFLAKE, which tells of what is in no database."""
    inside = live.kind.level != "account" or live.kind.name == "DATABASE"
    database = sql.quote_identifier(live.name[0] if inside else "SNOWFLAKE")
    return (
        f"SELECT * FROM TABLE({database}.INFORMATION_SCHEMA.{function}({sql.quote_literal(live.quoted)}, '{domain}'))"
    )


def _domain(kind: Kind) -> str:
    return "TABLE" if kind.name.endswith(("TABLE", "VIEW")) else kind.name


def found_on(kind: Kind, records: Sequence[Record]) -> Tags:
    """The tags that were set on an object itself."""
    return _own(records, _domain(kind))


def found_on_columns(records: Sequence[Record]) -> dict[str, Tags]:
    """The tags that were set on columns themselves, by column."""
    columns = {str(record["column_name"]) for record in records if record.get("column_name")}
    return {name: _own([one for one in records if one.get("column_name") == name], "COLUMN") for name in columns}


def _own(records: Iterable[Record], level: str) -> Tags:
    """Neither what an object has from its container, nor what came along with its data."""
    found = {
        sql.quote_name(*(str(record[f"tag_{part}"]) for part in ("database", "schema", "name"))): str(
            record["tag_value"] or ""
        )
        for record in records
        if str(record.get("level") or "").upper().replace("_", " ") == level
        and str(record.get("apply_method") or "").upper() != "PROPAGATED"
    }
    return tuple(sorted(found.items()))
