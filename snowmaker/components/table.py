"""Tables: https://docs.snowflake.com/en/sql-reference/sql/create-table

What ALTER TABLE cannot do is done by making the table again, with its rows and the privileges on it; the old one can
be brought back as long as it is retained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from snowmaker import sql
from snowmaker.components import columns, ddl, keys, policies, searching, tagging
from snowmaker.components.base import Bulk, Component, Kind, Pairs, Property, Record, Row, Values
from snowmaker.components.clustering import CLUSTER_BY
from snowmaker.components.columns import Column
from snowmaker.components.columnspec import TableColumns
from snowmaker.components.expressions import renamed
from snowmaker.components.keys import Key, listed_keys
from snowmaker.components.shared import COMMENT, OWNER, TAGS, TRANSIENT, parameter
from snowmaker.components.types import Boolean, Integer, Text
from snowmaker.suggest import did_you_mean, listed

# https://docs.snowflake.com/en/sql-reference/info-schema/columns; it tells of views too
COLUMNS = Bulk(
    "columns",
    "SELECT * FROM {database}.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA <> 'INFORMATION_SCHEMA'",
    ("table_schema", "table_name"),
)
OTHER_KINDS = ("is_external", "is_event", "is_hybrid", "is_iceberg", "is_dynamic", "is_immutable")
MOST_TRANSIENT = 1  # day of retention: https://docs.snowflake.com/en/user-guide/tables-temp-transient


def _identity(record: Record) -> tuple[str, ...] | None:
    """Standard tables only: what is dynamic, external and so on has its own kind, temporary ones are a session's."""
    others = any(str(record.get(column) or "").upper() in ("Y", "TRUE") for column in OTHER_KINDS)
    database, schema = str(record.get("database_name") or ""), str(record.get("schema_name") or "")
    if others or str(record.get("kind") or "").upper() == "TEMPORARY" or not database or not schema:
        return None
    return database, schema, str(record["name"])


# what an account shows


def _read(row: Row) -> Values:
    found: Values = {"columns": _columns(row), **keys.found_on(row.bulk)}
    found |= policies.found_on(row.bulk.get("policies", ()))
    found["data_retention_time_in_days"] = own_retention(row)
    if str(row.shown.get("search_optimization") or "").upper() == "ON":
        found["search_optimization"] = searching.shown(row.bulk.get("search", ())) or searching.WHOLE
    return found


def _notes(row: Row) -> Mapping[str, Any]:
    """The foreign keys of other tables that refer to it, and the columns that tags mask."""
    name = tuple(str(row.shown[f"{part}name"]) for part in ("database_", "schema_", ""))
    found = {
        "referring": keys.referring(row.bulk.get("exported_keys", ()), name),
        "masked": policies.masked_by_tags(row.bulk.get("masks", ())),
    }
    return {key: value for key, value in found.items() if value}


def own_retention(row: Row) -> int | None:
    """The retention that a table has by itself: SHOW tells what it has, and be it by its schema."""
    days, above = _days(row.shown), _days(row.container)
    if days is None or above is None:
        return None
    short = str(row.shown.get("kind") or "").upper() == "TRANSIENT"
    return None if days == (min(above, MOST_TRANSIENT) if short else above) else days


def _days(record: Record) -> int | None:
    return Integer().shown(record.get("retention_time"), ())


def _columns(row: Row) -> tuple[Column, ...]:
    records = sorted(row.bulk.get("columns", ()), key=lambda record: int(record["ordinal_position"]))
    found = [columns.shown(record) for record in records]
    if _has_rows(row.shown):
        found = [one if one.nullable else replace(one, filled=True) for one in found]
    if set(row.bulk) & {"described", "collation", "column_tags"}:
        found = _completed(found, row)
    set_on = row.bulk.get("policies", ())
    if not set_on:
        return tuple(found)
    masking = policies.found_on_columns(set_on, policies.MASKING)
    projection = policies.found_on_columns(set_on, policies.PROJECTION)
    return tuple(
        replace(one, masking_policy=masking.get(one.name), projection_policy=projection.get(one.name)) for one in found
    )


def _has_rows(record: Record) -> bool:
    return bool(Integer().shown(record.get("rows"), ()))


def _completed(found: Sequence[Column], row: Row) -> list[Column]:
    """The columns with what only statements about the table alone tell."""
    described = {str(record["name"]): record for record in row.bulk.get("described", ())}
    collation = [str(record.get("value") or "") for record in row.bulk.get("collation", ())]
    tags = tagging.found_on_columns(row.bulk.get("column_tags", ()))
    told = "column_tags" in row.bulk
    completed = [columns.described(one, described[one.name]) if one.name in described else one for one in found]
    return [
        replace(
            one,
            inherits=bool(one.collate) and one.collate in collation,
            tags=tags.get(one.name, ()) if told else None,
        )
        for one in completed
    ]


def _queries(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    """What INFORMATION_SCHEMA does not tell of every table; each costs a statement."""
    there: Sequence[Column] = live.values["columns"]
    said: Sequence[Column] = declared.values.get("columns", ()) if declared is not None else ()
    found = dict(tagging.query_on_columns(live, [column.tags for column in said], whole))
    if whole:
        found["masks"] = policies.query_on(live)
    if columns.untold(there, said):
        found["described"] = f"DESCRIBE TABLE {live.quoted}"
    free = {column.name for column in said if column.collate is None}
    if any(column.collate and column.name in free for column in there):
        found["collation"] = f"SHOW PARAMETERS LIKE 'DEFAULT_DDL_COLLATION' IN TABLE {live.quoted}"
    if live.values.get("search_optimization"):
        found["search"] = f"DESCRIBE SEARCH OPTIMIZATION ON {live.quoted}"
    return found


# what a person declares


def _finished(declared: Component) -> Component:
    """With the keys that columns have said; a primary key's columns are NOT NULL. Raises ValueError."""
    found = dict(declared.values)
    for column in found.get("columns", ()):
        if column.key == "UNIQUE":
            found["unique"] = keys.ordered((*found.get("unique", ()), Key("UNIQUE", (column.name,))))
        elif column.key and "primary_key" in found:
            raise ValueError("primary_key is said twice; where it is of several columns, beside them")
        elif column.key:
            found["primary_key"] = Key("PRIMARY KEY", (column.name,))
    primary: Key | None = found.get("primary_key")
    within = primary.columns if primary else ()
    if "columns" in found:
        found["columns"] = tuple(
            replace(one, key="", nullable=one.nullable and one.name not in within)
            if one.key or one.name in within
            else one
            for one in found["columns"]
        )
    return replace(declared, values=found)


def _check(declared: Component) -> str:
    known = [column.name for column in declared.values["columns"]]
    for name, column in _named(declared):
        if column not in known:
            hint = did_you_mean(column, known) or f"there are: {listed(known)}"
            return f"{name} names {sql.quote_identifier(column)}, which is no column; {hint}"
    return ""


def _named(declared: Component) -> list[tuple[str, str]]:
    """The columns that other properties name."""
    found = [
        (name, one) for name in keys.NAMES for key in listed_keys(declared.values.get(name)) for one in key.columns
    ]
    for prop in policies.PROPERTIES:
        found += [(prop.name, one) for one in (declared.values.get(prop.name) or ("", ()))[1]]
    for column in declared.values["columns"]:
        found += [("masking_policy", one) for one in (column.masking_policy or ("", ()))[1]]
    return found


def _misfit(declared: Component, live: Component) -> str:
    """Rows that are there need a value in what is added; and they must be seen as they are, to be copied."""
    if live.facts.get("masked"):
        masked = policies.sql_columns(live.facts["masked"])
        return f"it would have to be made again, and policies on tags mask what is copied of {masked}"
    known = {column.name for column in live.values["columns"]}
    for column in declared.values["columns"] if _has_rows(live.facts) else ():
        new = column.name not in known and column.renamed_from not in known
        if new and not column.nullable and not columns.has_value(column):
            return f"column {column.quoted} is NOT NULL and needs a default, as the table has rows"
    return ""


def _warn(live: Component, action: str) -> tuple[str, ...]:
    """What a new table has not of the old one."""
    counted = [column for column in live.values["columns"] if column.identity] if action == "replace" else []
    return tuple(
        f"column {one.quoted} counts from {one.identity[0]} again: values may come twice"
        for one in counted
        if one.identity
    )


# how they meet


def _facing(declared: Component, live: Component) -> Component:
    """The live table as if its columns had their new names already; what is declared as it is inherited is equal."""
    found = dict(live.values)
    said: dict[str, Column] = {column.name: column for column in declared.values["columns"]}
    if declared.values.get("data_retention_time_in_days") is not None:
        found["data_retention_time_in_days"] = _days(live.facts)
    if declared.value("enable_schema_evolution"):
        found["columns"] = _evolved(found["columns"], said)
    names = _new_names(found["columns"], said)
    if names:
        found |= _translated(found, names)
    return replace(live, values=found)


def _evolved(there: Sequence[Column], said: Mapping[str, Column]) -> tuple[Column, ...]:
    """Without the columns that loads have made; a load may also have dropped a NOT NULL.

    https://docs.snowflake.com/en/user-guide/data-load-schema-evolution
    """
    return tuple(
        replace(one, nullable=said[one.name].nullable) if one.evolved and one.name in said else one
        for one in there
        if one.name in said or not one.evolved
    )


def _new_names(there: Sequence[Column], said: Mapping[str, Column]) -> dict[str, str]:
    """The columns that are to be renamed: old names and new ones."""
    known = {column.name for column in there}
    return {
        one.renamed_from: one.name
        for one in said.values()
        if one.renamed_from in known and one.name not in known and one.renamed_from not in said
    }


def _translated(values: Values, names: Mapping[str, str]) -> Values:
    """The values of a table whose columns have other names."""
    found: Values = {"columns": tuple(_column(one, names) for one in values["columns"])}
    for name in keys.NAMES:
        value = values.get(name)
        if value:
            translated = tuple(keys.translated(key, names) for key in listed_keys(value))
            found[name] = translated[0] if isinstance(value, Key) else translated
    for prop in policies.PROPERTIES:
        if values.get(prop.name):
            policy, on = values[prop.name]
            found[prop.name] = (policy, tuple(names.get(one, one) for one in on))
    if values.get("cluster_by"):
        found["cluster_by"] = tuple(renamed(one, names) for one in values["cluster_by"])
    return found


def _column(column: Column, names: Mapping[str, str]) -> Column:
    policy = column.masking_policy
    return replace(
        column,
        name=names.get(column.name, column.name),
        was=column.name if column.name in names else "",
        expression=renamed(column.expression, names) if column.expression else "",
        masking_policy=policy and (policy[0], tuple(names.get(one, one) for one in policy[1])),
    )


# made again


def _rebuilt(attributes: Mapping[str, tuple[Any, Any]]) -> str:
    old, new = attributes.get("columns", ((), ()))
    return columns.rebuilt(old or (), new or ())


def _loses(attributes: Mapping[str, tuple[Any, Any]]) -> bool:
    old, new = attributes.get("columns", ((), ()))
    return columns.loses(old or (), new or ())


def _rebuild(wanted: Component, there: Component) -> Pairs:
    """The statements that make a table again as it is wanted, with the rows of what is there.

    Keys come afterwards; those of other tables that refer to it are taken off meanwhile, as they would be lost.
    """
    plain = {name: value for name, value in wanted.values.items() if name not in keys.NAMES}
    plain["columns"] = _with_tags(wanted, there)
    made, *later = ddl.create(replace(wanted, values=plain), replace=True)
    keyed = {name: (None, wanted.values[name]) for name in keys.NAMES if wanted.values.get(name)}
    sources = _sources(wanted.values["columns"], there.values["columns"])
    undo = _back(wanted, there)
    if _in_one(wanted, there, sources):
        pairs: Pairs = [(f"{made} AS SELECT {_selected(wanted, sources)} FROM {there.quoted}", undo)]
    else:
        pairs = _through_copy(wanted, there, sources, (made, undo))
    pairs += [(text, ()) for text in later]
    pairs += [(text, ()) for text, _ in ddl.changes(wanted, keyed)]
    known = (there.facts or wanted.facts).get("referring", ())
    refers = [(f"ALTER TABLE {table}", key) for table, key in known]
    off: Pairs = [(f"{alter} DROP {key.which}", (f"{alter} ADD {key.definition}",)) for alter, key in refers]
    return [*off, *pairs, *((undone[0], (text,)) for text, undone in off)]


def _with_tags(wanted: Component, there: Component) -> tuple[Column, ...]:
    """The columns with the tags that they have, where nothing is said of these."""
    sources = _sources(wanted.values["columns"], there.values["columns"])
    return tuple(
        replace(one, tags=sources[one.name].tags) if one.tags is None and one.name in sources else one
        for one in wanted.values["columns"]
    )


def _back(wanted: Component, there: Component) -> tuple[str, ...]:
    """What brings the old table back; one that is not retained is made again from the new one."""
    if "retention_time" not in there.facts:
        return ()  # itself a way back
    if _days(there.facts) == 0:
        return tuple(text for text, _ in _rebuild(replace(there, facts={}), wanted))
    aside = there.named(*there.name[:-1], f"{there.name[-1][:240]}_REPLACED")
    return f"ALTER TABLE {there.quoted} RENAME TO {aside.quoted}", f"UNDROP TABLE {there.quoted}", ddl.drop(aside)


def _sources(new: Sequence[Column], old: Sequence[Column]) -> dict[str, Column]:
    """The old column of which each new one has its values: by its name, or by the one that one of them had before."""
    known = {column.name: column for column in old}
    later = {column.renamed_from: column for column in old if column.renamed_from}
    found = {}
    for column in new:
        source = known.get(column.name) or known.get(column.renamed_from) or later.get(column.name)
        if source is not None:
            found[column.name] = source
    return found


def _in_one(wanted: Component, there: Component, sources: Mapping[str, Column]) -> bool:
    """Whether CREATE TABLE … AS SELECT will do. What policies hide must not be copied as they show it, and what is
    computed or counted cannot be selected.
    """
    hidden = any(there.values.get(prop.name) for prop in policies.PROPERTIES)
    hidden = hidden or any(one.masking_policy or one.projection_policy for one in there.values["columns"])
    own = any(one.expression or (one.identity and one.name not in sources) for one in wanted.values["columns"])
    return not hidden and not own


def _selected(wanted: Component, sources: Mapping[str, Column]) -> str:
    found = []
    for column in wanted.values["columns"]:
        if column.name in sources:
            found.append(columns.copied(sources[column.name], column))
        else:
            found.append(f"CAST({column.default or 'NULL'} AS {column.type})")
    return ", ".join(found)


def _through_copy(
    wanted: Component, there: Component, sources: Mapping[str, Column], made: tuple[str, tuple[str, ...]]
) -> Pairs:
    """Through a clone, which nobody else can read, without its policies."""
    copy = there.named(*there.name[:-1], f"{there.name[-1][:240]}_COPY")
    kind = "TRANSIENT TABLE" if there.value("transient") else "TABLE"
    filled = [one for one in wanted.values["columns"] if one.name in sources and not one.expression]
    names = ", ".join(column.quoted for column in filled)
    values = ", ".join(columns.copied(sources[column.name], column) for column in filled)
    insert = f"INSERT INTO {wanted.quoted} ({names}) SELECT {values} FROM {copy.quoted}"
    cloned = f"CREATE {kind} {copy.quoted} CLONE {there.quoted}"
    return [
        (cloned, (f"DROP TABLE IF EXISTS {copy.quoted}",)),
        *((text, ()) for text in _bared(copy)),
        made,
        *([(insert, ())] if filled else []),
        (ddl.drop(copy), ()),
    ]


def _bared(copy: Component) -> list[str]:
    """What takes the policies off a clone."""
    on_table = {prop.name: (copy.values[prop.name], None) for prop in policies.PROPERTIES if copy.values.get(prop.name)}
    found = [text for text, _ in ddl.changes(copy, on_table)]
    return found + [text for one in copy.values["columns"] for text in columns.unprotected(ddl.target(copy), one)]


KIND = Kind(
    "TABLE",
    "https://docs.snowflake.com/en/sql-reference/sql/create-table",
    (
        replace(TRANSIENT, column="kind"),
        Property(
            "columns",
            TableColumns(),
            source="own",
            form="({})",
            required=True,
            first=columns.renaming,
            alter=columns.altering,
            last=columns.dropping,
        ),
        *keys.PROPERTIES,
        CLUSTER_BY,
        Property("enable_schema_evolution", Boolean(), default=False),
        Property("data_retention_time_in_days", Integer(0, 90), source="own", short="retention"),
        parameter("max_data_extension_time_in_days", Integer(0, 90), optional=True),
        # streams and dynamic tables switch it on
        Property("change_tracking", Boolean(), default=False, optional=True, unset=False),
        parameter("default_ddl_collation", Text(empty=True), optional=True),
        COMMENT,
        *policies.PROPERTIES,
        searching.SEARCH_OPTIMIZATION,
        TAGS,
        OWNER,
    ),
    copies_grants="columns",
    undrop=True,
    bulk=(COLUMNS, *keys.BULK, policies.BULK),
    identity=_identity,
    read=_read,
    notes=_notes,
    queries=_queries,
    finished=_finished,
    check=_check,
    misfit=_misfit,
    warn=_warn,
    facing=_facing,
    rebuild=_rebuild,
    rebuilt=_rebuilt,
    loses=_loses,
    rank=40,
)
