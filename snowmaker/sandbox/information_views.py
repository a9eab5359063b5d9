"""The views of INFORMATION_SCHEMA: https://docs.snowflake.com/en/sql-reference/info-schema#list-of-views"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from snowmaker.sandbox import routines
from snowmaker.sandbox.arrow import NUMBER, TIME, spec
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.columns import TableColumn, columns_of
from snowmaker.sandbox.constraints import CHECK, FOREIGN, Constraint, constraints_of
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.datatypes import DataType
from snowmaker.sandbox.grants import MEMBER, Grant
from snowmaker.sandbox.information_schema import view
from snowmaker.sandbox.kinds import retention, system_views
from snowmaker.sandbox.tables import KINDS, default_of, row_counts

_TIMES = {"CREATED": TIME, "LAST_ALTERED": TIME, "LAST_DDL": TIME}
_VIEWS = ("VIEW", "MATERIALIZED VIEW")
# A parameter of a routine or a column is described by these
_TYPED = (
    "DATA_TYPE CHARACTER_MAXIMUM_LENGTH CHARACTER_OCTET_LENGTH NUMERIC_PRECISION NUMERIC_PRECISION_RADIX NUMERIC_SCALE"
)
_TYPED_NUMBERS = dict.fromkeys(_TYPED.split()[1:], NUMBER)


def yes(value: Any) -> str:
    """A truth value as INFORMATION_SCHEMA tells it: YES or NO."""
    return "YES" if value else "NO"


def _seen(context: Context, parent: int, *kinds: str) -> list[Entry]:
    access = context.access
    return [each for each in context.catalog.children(parent, *kinds) if access.sees(each)]


def _inside(context: Context, database: Entry, *kinds: str) -> Iterator[tuple[Entry, Entry]]:
    """The objects of the kinds in the database, each with its schema; the session's temporary ones too."""
    for schema in context.catalog.children(database.id, "SCHEMA"):
        for each in _seen(context, schema.id, *kinds):
            yield schema, each
        for each in system_views(context, schema.id, kinds):
            yield schema, each
        for each in context.session.temporary.values():
            if each.parent == schema.id and each.kind in kinds:
                yield schema, each


# -- containers ----------------------------------------------------------------------------------------


@view("INFORMATION_SCHEMA_CATALOG_NAME", spec("CATALOG_NAME"))
def _catalog_name(context: Context, database: Entry) -> list[Any]:
    return [(database.name,)]


@view(
    "DATABASES",
    spec(
        "DATABASE_NAME DATABASE_OWNER IS_TRANSIENT COMMENT CREATED LAST_ALTERED RETENTION_TIME TYPE OWNER_ROLE_TYPE",
        RETENTION_TIME=NUMBER, **_TIMES,
    ),
)  # fmt: skip
def _databases(context: Context, _: Entry) -> list[Any]:
    return [
        (each.name, context.owner(each) or None, yes(each.get("transient")), each.comment or None, each.created_on,
         each.created_on, retention(context, each), each.get("type", "STANDARD"), context.owner_type(each) or None)
        for each in _seen(context, ACCOUNT, "DATABASE")
    ]  # fmt: skip


@view(
    "SCHEMATA",
    spec(
        "CATALOG_NAME SCHEMA_NAME SCHEMA_OWNER IS_TRANSIENT IS_MANAGED_ACCESS RETENTION_TIME "
        "DEFAULT_CHARACTER_SET_CATALOG DEFAULT_CHARACTER_SET_SCHEMA DEFAULT_CHARACTER_SET_NAME SQL_PATH CREATED "
        "LAST_ALTERED COMMENT OWNER_ROLE_TYPE",
        RETENTION_TIME=NUMBER, **_TIMES,
    ),
)  # fmt: skip
def _schemata(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, each.name, context.owner(each) or None, yes(each.get("transient")), yes(each.get("managed")),
         retention(context, each), None, None, None, None, each.created_on, each.created_on, each.comment or None,
         context.owner_type(each) or None)
        for each in _seen(context, database.id, "SCHEMA")
    ]  # fmt: skip


# -- tables and views ----------------------------------------------------------------------------------

_TABLE_TYPES = {"VIEW": "VIEW", "MATERIALIZED VIEW": "MATERIALIZED VIEW", "EXTERNAL TABLE": "EXTERNAL TABLE",
                "EVENT TABLE": "EVENT TABLE"}  # fmt: skip


@view(
    "TABLES",
    spec(
        "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER TABLE_TYPE IS_TRANSIENT CLUSTERING_KEY ROW_COUNT BYTES "
        "RETENTION_TIME SELF_REFERENCING_COLUMN_NAME REFERENCE_GENERATION USER_DEFINED_TYPE_CATALOG "
        "USER_DEFINED_TYPE_SCHEMA USER_DEFINED_TYPE_NAME IS_INSERTABLE_INTO IS_TYPED COMMIT_ACTION CREATED "
        "LAST_ALTERED LAST_DDL LAST_DDL_BY AUTO_CLUSTERING_ON COMMENT IS_TEMPORARY IS_ICEBERG IS_DYNAMIC "
        "IS_IMMUTABLE IS_HYBRID",
        ROW_COUNT=NUMBER, BYTES=NUMBER, RETENTION_TIME=NUMBER, **_TIMES,
    ),
)  # fmt: skip
def _tables(context: Context, database: Entry) -> list[Any]:
    found = list(_inside(context, database, *KINDS, *_VIEWS))
    counts = row_counts(context, [each for _, each in found])
    return [_table(context, database, schema, each, counts.get(each.id)) for schema, each in found]


def _table(context: Context, database: Entry, schema: Entry, each: Entry, rows: int | None) -> tuple[Any, ...]:
    is_view = each.kind in _VIEWS
    kind = "LOCAL TEMPORARY" if each.get("temporary") and not is_view else _TABLE_TYPES.get(each.kind, "BASE TABLE")
    clustered = each.get("cluster_by")
    return (
        database.name, schema.name, each.name, context.owner(each) or None, kind,
        None if is_view else yes(each.get("transient")), clustered or None, rows, None if is_view else 0,
        None if is_view else retention(context, each), None, None, None, None, None, yes(not is_view), "YES", None,
        each.created_on, each.created_on, each.created_on, context.owner(each) or None,
        None if is_view else yes(clustered and not each.get("reclustering_suspended")), each.comment or None,
        yes(each.get("temporary")), yes(each.kind == "ICEBERG TABLE"), yes(each.kind == "DYNAMIC TABLE"), "NO",
        yes(each.get("hybrid")),
    )  # fmt: skip


@view(
    "VIEWS",
    spec(
        "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER VIEW_DEFINITION CHECK_OPTION IS_UPDATABLE INSERTABLE_INTO "
        "IS_SECURE CREATED LAST_ALTERED LAST_DDL LAST_DDL_BY COMMENT IS_TEMPORARY",
        **_TIMES,
    ),
)
def _views(context: Context, database: Entry) -> list[Any]:
    access = context.access
    return [
        (database.name, schema.name, each.name, context.owner(each) or None,
         each.get("text") if access.owns(each) or not each.get("secure") else None, "NONE", "NO", "NO",
         yes(each.get("secure")), each.created_on, each.created_on, each.created_on, context.owner(each) or None,
         each.comment or None, yes(each.get("temporary")))
        for schema, each in _inside(context, database, *_VIEWS)
    ]  # fmt: skip


@view(
    "COLUMNS",
    spec(
        "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION COLUMN_DEFAULT IS_NULLABLE DATA_TYPE "
        "CHARACTER_MAXIMUM_LENGTH CHARACTER_OCTET_LENGTH NUMERIC_PRECISION NUMERIC_PRECISION_RADIX NUMERIC_SCALE "
        "DATETIME_PRECISION INTERVAL_TYPE INTERVAL_PRECISION CHARACTER_SET_CATALOG CHARACTER_SET_SCHEMA "
        "CHARACTER_SET_NAME COLLATION_CATALOG COLLATION_SCHEMA COLLATION_NAME DOMAIN_CATALOG DOMAIN_SCHEMA "
        "DOMAIN_NAME UDT_CATALOG UDT_SCHEMA UDT_NAME SCOPE_CATALOG SCOPE_SCHEMA SCOPE_NAME MAXIMUM_CARDINALITY "
        "DTD_IDENTIFIER IS_SELF_REFERENCING IS_IDENTITY IDENTITY_GENERATION IDENTITY_START IDENTITY_INCREMENT "
        "IDENTITY_MAXIMUM IDENTITY_MINIMUM IDENTITY_CYCLE IDENTITY_ORDERED SCHEMA_EVOLUTION_RECORD COMMENT KIND "
        "DATA_TYPE_ALIAS",
        ORDINAL_POSITION=NUMBER, DATETIME_PRECISION=NUMBER, MAXIMUM_CARDINALITY=NUMBER, **_TYPED_NUMBERS,
    ),
)  # fmt: skip
def _columns(context: Context, database: Entry) -> list[Any]:
    return [
        _column(context, (database.name, schema.name, each.name), position, column)
        for schema, each in _inside(context, database, *KINDS, *_VIEWS)
        for position, column in enumerate(columns_of(each), 1)
    ]


def _column(context: Context, path: tuple[str, ...], position: int, column: TableColumn) -> tuple[Any, ...]:
    identity = column.identity.split()
    start, step, order = (identity[2], identity[4], identity[5]) if identity else (None, None, None)
    times = column.type.wire.startswith("TIME")
    return (
        *path, column.name, position, None if identity else default_of(context, column), yes(column.nullable),
        *typed(column.type), column.type.scale if times else None, *(None,) * 7, column.collation or None,
        *(None,) * 10, None, "NO", yes(identity), "BY DEFAULT" if identity else None, start, step, None, None,
        "NO" if identity else None, yes(order == "ORDER") if identity else None, None, column.comment or None,
        "VIRTUAL_COLUMN" if column.expression else "COLUMN", str(column.type),
    )  # fmt: skip


def typed(kind: DataType) -> tuple[Any, ...]:
    """A data type in the columns that INFORMATION_SCHEMA has for it."""
    fixed, text = kind.wire == "FIXED", kind.wire in ("TEXT", "BINARY")
    octets = min(kind.length * 4, max(16777216, kind.length)) if kind.wire == "TEXT" and kind.length else kind.length
    name = {"FIXED": "NUMBER", "REAL": "FLOAT"}.get(kind.wire, kind.wire)
    return (
        name, kind.length if text else None, octets if text else None, kind.precision if fixed else None,
        10 if fixed else None, kind.scale if fixed else None,
    )  # fmt: skip


# -- constraints ---------------------------------------------------------------------------------------


def _constraints(context: Context, database: Entry) -> Iterator[tuple[Entry, Entry, Constraint]]:
    for schema, each in _inside(context, database, "TABLE"):
        for constraint in constraints_of(each):
            yield schema, each, constraint


@view(
    "TABLE_CONSTRAINTS",
    spec(
        "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG TABLE_SCHEMA TABLE_NAME CONSTRAINT_TYPE "
        "IS_DEFERRABLE INITIALLY_DEFERRED ENFORCED COMMENT CREATED LAST_ALTERED RELY",
        **_TIMES,
    ),
)
def _table_constraints(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, database.name, schema.name, table.name, each.kind, "NO", "YES",
         yes(each.kind == CHECK), each.comment or None, datetime.fromisoformat(each.created_on),
         datetime.fromisoformat(each.created_on), yes(each.rely))
        for schema, table, each in _constraints(context, database)
    ]  # fmt: skip


@view(
    "REFERENTIAL_CONSTRAINTS",
    spec(
        "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME UNIQUE_CONSTRAINT_CATALOG UNIQUE_CONSTRAINT_SCHEMA "
        "UNIQUE_CONSTRAINT_NAME MATCH_OPTION UPDATE_RULE DELETE_RULE COMMENT CREATED LAST_ALTERED",
        **_TIMES,
    ),
)
def _referential_constraints(context: Context, database: Entry) -> list[Any]:
    rows = []
    for schema, _, each in _constraints(context, database):
        referred = context.catalog.get(each.table) if each.kind == FOREIGN else None
        if referred is None:
            continue
        key = next((one for one in constraints_of(referred) if one.is_key and
                    sorted(one.columns) == sorted(each.references)), None)  # fmt: skip
        made = datetime.fromisoformat(each.created_on)
        rows.append((
            database.name, schema.name, each.name, *context.catalog.path(referred)[:2], key.name if key else None,
            each.match, each.on_update, each.on_delete, each.comment or None, made, made,
        ))  # fmt: skip
    return rows


@view(
    "KEY_COLUMN_USAGE",
    spec(
        "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME "
        "ORDINAL_POSITION POSITION_IN_UNIQUE_CONSTRAINT",
        ORDINAL_POSITION=NUMBER, POSITION_IN_UNIQUE_CONSTRAINT=NUMBER,
    ),
)  # fmt: skip
def _key_column_usage(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, database.name, schema.name, table.name, column, position,
         position if each.kind == FOREIGN else None)
        for schema, table, each in _constraints(context, database)
        for position, column in enumerate(each.columns, 1)
        if each.kind != CHECK
    ]  # fmt: skip


@view("CHECK_CONSTRAINTS", spec("CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME CHECK_CLAUSE"))
def _check_constraints(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, each.clause)
        for schema, _, each in _constraints(context, database)
        if each.kind == CHECK
    ]


# -- other objects -------------------------------------------------------------------------------------


@view(
    "SEQUENCES",
    spec(
        "SEQUENCE_CATALOG SEQUENCE_SCHEMA SEQUENCE_NAME SEQUENCE_OWNER DATA_TYPE NUMERIC_PRECISION "
        "NUMERIC_PRECISION_RADIX NUMERIC_SCALE START_VALUE MINIMUM_VALUE MAXIMUM_VALUE NEXT_VALUE INCREMENT "
        "CYCLE_OPTION CREATED LAST_ALTERED ORDERED COMMENT",
        NUMERIC_PRECISION=NUMBER, NUMERIC_PRECISION_RADIX=NUMBER, NUMERIC_SCALE=NUMBER, **_TIMES,
    ),
)  # fmt: skip
def _sequences(context: Context, database: Entry) -> list[Any]:
    from snowmaker.sandbox.statements.sequence import next_value

    return [
        (database.name, schema.name, each.name, context.owner(each) or None, "NUMBER", 38, 10, 0,
         str(each.get("start")), "-9223372036854775808", "9223372036854775807", str(next_value(context, each)),
         str(each.get("increment")), "NO", each.created_on, each.created_on, yes(each.get("ordered")),
         each.comment or None)
        for schema, each in _inside(context, database, "SEQUENCE")
    ]  # fmt: skip


@view(
    "STAGES",
    spec(
        "STAGE_CATALOG STAGE_SCHEMA STAGE_NAME STAGE_URL STAGE_REGION STAGE_TYPE STAGE_OWNER COMMENT CREATED "
        "LAST_ALTERED ENDPOINT DIRECTORY_ENABLED",
        **_TIMES,
    ),
)
def _stages(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, each.get("url"), None,
         "External Named" if each.get("url") else "Internal Named", context.owner(each) or None, each.comment or None,
         each.created_on, each.created_on, each.get("endpoint"), yes((each.get("directory") or {}).get("ENABLE")))
        for schema, each in _inside(context, database, "STAGE")
    ]  # fmt: skip


@view(
    "FILE_FORMATS",
    spec(
        "FILE_FORMAT_CATALOG FILE_FORMAT_SCHEMA FILE_FORMAT_NAME FILE_FORMAT_OWNER FILE_FORMAT_TYPE CREATED "
        "LAST_ALTERED COMMENT",
        **_TIMES,
    ),
)
def _file_formats(context: Context, database: Entry) -> list[Any]:
    from snowmaker.sandbox.fileformat import type_of

    return [
        (database.name, schema.name, each.name, context.owner(each) or None, type_of(each.get("options") or {}),
         each.created_on, each.created_on, each.comment or None)
        for schema, each in _inside(context, database, "FILE FORMAT")
    ]  # fmt: skip


@view(
    "PIPES",
    spec(
        "PIPE_CATALOG PIPE_SCHEMA PIPE_NAME PIPE_OWNER DEFINITION IS_AUTOINGEST_ENABLED NOTIFICATION_CHANNEL_NAME "
        "CREATED LAST_ALTERED COMMENT PATTERN",
        **_TIMES,
    ),
)
def _pipes(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, context.owner(each) or None, each.get("definition"),
         yes(each.get("auto_ingest")), None, each.created_on, each.created_on, each.comment or None,
         each.get("pattern"))
        for schema, each in _inside(context, database, "PIPE")
    ]  # fmt: skip


def _routines(context: Context, database: Entry, kind: str) -> Iterator[tuple[Any, ...]]:
    """What FUNCTIONS and PROCEDURES both begin with."""
    for schema, each in _inside(context, database, kind):
        signature = ", ".join(f"{one.name} {routines.type_name(one.type)}" for one in routines.arguments(each))
        returned = routines.returned(each)
        if returned is None:
            listed = ", ".join(f"{name} {routines.type_name(one)}" for name, one in routines.columns(each))
            told: tuple[Any, ...] = (f"TABLE ({listed})", None, None, None, None, None)
        else:
            told = typed(returned)
        yield (
            database.name, schema.name, each.get("bare"), context.owner(each) or None, f"({signature})", *told,
            each.get("language") or ("EXTERNAL" if each.get("external") else None), each.get("body"),
            each.created_on, each.created_on, each.comment or None,
        )  # fmt: skip


_ROUTINE = f"ARGUMENT_SIGNATURE {_TYPED} {{0}}_LANGUAGE {{0}}_DEFINITION CREATED LAST_ALTERED COMMENT"


@view(
    "FUNCTIONS",
    spec(
        "FUNCTION_CATALOG FUNCTION_SCHEMA FUNCTION_NAME FUNCTION_OWNER " + _ROUTINE.format("FUNCTION"),
        **_TYPED_NUMBERS, **_TIMES,
    ),
)  # fmt: skip
def _functions(context: Context, database: Entry) -> list[Any]:
    return list(_routines(context, database, "FUNCTION"))


@view(
    "PROCEDURES",
    spec(
        "PROCEDURE_CATALOG PROCEDURE_SCHEMA PROCEDURE_NAME PROCEDURE_OWNER " + _ROUTINE.format("PROCEDURE"),
        **_TYPED_NUMBERS, **_TIMES,
    ),
)  # fmt: skip
def _procedures(context: Context, database: Entry) -> list[Any]:
    return list(_routines(context, database, "PROCEDURE"))


@view(
    "TAGS",
    spec("TAG_CATALOG TAG_SCHEMA TAG_NAME TAG_OWNER TAG_COMMENT CREATED LAST_ALTERED ALLOWED_VALUES", **_TIMES),
)
def _tags(context: Context, database: Entry) -> list[Any]:
    return [
        (database.name, schema.name, each.name, context.owner(each) or None, each.comment or None, each.created_on,
         each.created_on, ", ".join(each.get("allowed_values") or ()) or None)
        for schema, each in _inside(context, database, "TAG")
    ]  # fmt: skip


@view(
    "LOAD_HISTORY",
    spec(
        "SCHEMA_NAME FILE_NAME TABLE_NAME LAST_LOAD_TIME STATUS ROW_COUNT ROW_PARSED FIRST_ERROR_MESSAGE "
        "FIRST_ERROR_LINE_NUMBER FIRST_ERROR_CHARACTER_POSITION FIRST_ERROR_COL_NAME ERROR_COUNT ERROR_LIMIT",
        LAST_LOAD_TIME=TIME, ROW_COUNT=NUMBER, ROW_PARSED=NUMBER, FIRST_ERROR_LINE_NUMBER=NUMBER,
        FIRST_ERROR_CHARACTER_POSITION=NUMBER, ERROR_COUNT=NUMBER, ERROR_LIMIT=NUMBER,
    ),
)  # fmt: skip
def _load_history(context: Context, database: Entry) -> list[Any]:
    """What COPY INTO has loaded; not what pipes have."""
    rows = []
    sql = (
        "select file, loaded_on, status, row_count, row_parsed, first_error, first_error_line, "
        "first_error_character, first_error_column, errors, error_limit from sandbox.load_history "
        "where table_id = ? and coalesce(pipe_id, 0) = 0 order by loaded_on"
    )
    for schema, each in _inside(context, database, "TABLE"):
        for file, moment, *rest in context.session.connection.execute(sql, [each.id]).fetchall():
            rows.append((schema.name, file, each.name, moment, *rest))
    return rows


# -- privileges and roles ------------------------------------------------------------------------------


def _granted(context: Context, database: Entry) -> Iterator[tuple[Entry, Grant | None]]:
    """The database and what is in it, each with a grant on it; None stands for its ownership."""
    found = [database, *_seen(context, database.id)]
    found += [each for schema in context.catalog.children(database.id, "SCHEMA") for each in _seen(context, schema.id)]
    for entry in found:
        if entry.owner:
            yield entry, None
        for grant in context.catalog.grants.on(entry.id):
            if grant.privilege != MEMBER:
                yield entry, grant


def _privilege(context: Context, entry: Entry, grant: Grant | None) -> tuple[Any, ...]:
    """Grantor, grantee, what the grantee is, privilege, whether it can be passed on, and when it was given."""
    if grant is None:
        owner = context.owner(entry)
        return owner, owner, context.owner_type(entry), "OWNERSHIP", "YES", entry.created_on
    names = [context.catalog.get(id_) for id_ in (grant.grantor, grant.grantee)]
    grantor, grantee = (each.name if each else None for each in names)
    kind = names[1].kind.replace(" ", "_") if names[1] else None
    return grantor, grantee, kind, grant.privilege, yes(grant.grantable), grant.created_on


@view(
    "OBJECT_PRIVILEGES",
    spec(
        "GRANTOR GRANTEE GRANTED_TO OBJECT_CATALOG OBJECT_SCHEMA OBJECT_NAME OBJECT_TYPE PRIVILEGE_TYPE IS_GRANTABLE "
        "CREATED",
        **_TIMES,
    ),
)
def _object_privileges(context: Context, database: Entry) -> list[Any]:
    rows = []
    for entry, grant in _granted(context, database):
        grantor, grantee, kind, privilege, grantable, moment = _privilege(context, entry, grant)
        path: tuple[str | None, ...] = context.catalog.path(entry)
        above = (*path[:-1], None, None)[:2] if len(path) > 1 else (path[0], None)
        rows.append((grantor, grantee, kind, *above, entry.name, entry.kind, privilege, grantable, moment))
    return rows


@view(
    "TABLE_PRIVILEGES",
    spec(
        "GRANTOR GRANTEE GRANTED_TO TABLE_CATALOG TABLE_SCHEMA TABLE_NAME PRIVILEGE_TYPE IS_GRANTABLE WITH_HIERARCHY "
        "CREATED",
        **_TIMES,
    ),
)
def _table_privileges(context: Context, database: Entry) -> list[Any]:
    rows = []
    for entry, grant in _granted(context, database):
        if entry.space == "RELATION":
            grantor, grantee, kind, privilege, grantable, moment = _privilege(context, entry, grant)
            rows.append((grantor, grantee, kind, *context.catalog.path(entry), privilege, grantable, "NO", moment))
    return rows


@view(
    "USAGE_PRIVILEGES",
    spec(
        "GRANTOR GRANTEE OBJECT_CATALOG OBJECT_SCHEMA OBJECT_NAME OBJECT_TYPE PRIVILEGE_TYPE IS_GRANTABLE CREATED",
        **_TIMES,
    ),
)
def _usage_privileges(context: Context, database: Entry) -> list[Any]:
    wanted = ("SEQUENCE", "FILE FORMAT", "STAGE", "FUNCTION", "PROCEDURE")
    rows = []
    for entry, grant in _granted(context, database):
        if entry.kind in wanted and (grant is None or grant.privilege == "USAGE"):
            grantor, grantee, _, privilege, grantable, moment = _privilege(context, entry, grant)
            path = context.catalog.path(entry)
            rows.append((grantor, grantee, *path, entry.kind, privilege, grantable, moment))
    return rows


@view("ENABLED_ROLES", spec("ROLE_NAME ROLE_OWNER"))
def _enabled_roles(context: Context, _: Entry) -> list[Any]:
    """The roles in force, those below them among them."""
    found = (context.catalog.get(id_) for id_ in context.access.roles)
    roles = sorted((each for each in found if each is not None and each.kind == "ROLE"), key=lambda each: each.name)
    return [(each.name, context.owner(each) or None) for each in roles]


@view("APPLICABLE_ROLES", spec("GRANTEE ROLE_NAME ROLE_OWNER IS_GRANTABLE"))
def _applicable_roles(context: Context, _: Entry) -> list[Any]:
    """What the user and the user's roles were given."""
    catalog = context.catalog
    holders = [context.session.user_id, *sorted(catalog.grants.roles(context.session.user_id))]
    rows = []
    for id_ in dict.fromkeys(holders):
        holder = catalog.get(id_)
        for grant in catalog.grants.to(id_):
            role = catalog.get(grant.on) if grant.privilege == MEMBER else None
            if holder is not None and role is not None and role.kind == "ROLE":
                rows.append((holder.name, role.name, context.owner(role) or None, "NO"))
    return rows
