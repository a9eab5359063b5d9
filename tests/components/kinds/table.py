from ..sample import Sample

_ID, _NAME, _AT = (
    'ID: "number(38,0) not null"',
    "NAME: varchar(20)",
    'AT: "timestamp_ntz(3) default current_timestamp()"',
)
_SUM = "SUM: \"number(12,2) default 0 comment 'total'\""
ALL = f"columns: {{{_ID}, {_NAME}, {_SUM}, {_AT}}}"


def columns(*said: str) -> str:
    return f"{{{', '.join(said)}}}"


SAMPLE = Sample(
    f"{{{ALL}, comment: it's, primary_key: [ID], cluster_by: [ID]}}",
    {
        "columns": (
            columns(_NAME, _AT, _SUM, _ID),  # their order does not count
            columns(_ID, _NAME, _SUM, _AT, "MORE: \"varchar(5) default 'x' not null collate 'en-ci'\""),
            columns(_ID, _SUM, _AT),
            columns(_ID, "TITLE: {type: varchar(20), renamed_from: NAME}", _SUM, _AT),
            columns(_ID, "TITLE: {type: varchar(40), renamed_from: NAME, comment: of a person}", _SUM, _AT),
            columns(_ID, "NAME: varchar(30)", _SUM, _AT),
            columns(_ID, "NAME: varchar", _SUM, _AT),
            columns(_ID, "NAME: varchar(10)", _SUM, _AT),
            columns(_ID, "NAME: \"varchar(20) not null comment 'x'\"", 'SUM: "number(14,2) default 0.0"', _AT),
            columns(_ID, _NAME, 'SUM: "number(10,2) default 0"', _AT),
            columns(_ID, _NAME, 'SUM: "number(12,4) default 0"', _AT),
            columns(_ID, _NAME, 'SUM: "number(12,2) default 1"', "AT: timestamp_ntz(3)"),
            columns('ID: "int autoincrement start 5 increment 2 noorder"', _NAME, _SUM, "AT: date"),
            columns(_ID, "NAME: \"varchar(20) collate 'de'\"", _SUM, 'AT: "timestamp default sysdate()"'),
            columns(_ID, _NAME, _SUM, _AT, 'TWICE: "number as (SUM * 2)"'),
            columns(
                _ID, _NAME, _SUM, _AT, 'NEXT: "number default {db}.S.SEQ.nextval"', "NOW: \"date default '2020-01-01'\""
            ),
            columns(_ID, _NAME, _SUM, _AT, 'V: "vector(float, 3)"', 'U: "varchar(36) default uuid_string()"'),
            columns(_ID, "NAME: {type: varchar(20), masking_policy: {db}.S.MASK}", _SUM, _AT),
            columns(_ID, 'NAME: "varchar(20) masking policy {db}.S.MASK2 using (NAME, ID)"', _SUM, _AT),
            columns(_ID, "NAME: {type: varchar(20), projection_policy: PROJ}", _SUM, _AT),
            columns(_ID, _NAME, _SUM, _AT, "'\"name\"': {type: varchar, masking_policy: {policy: MASK2, using: [ID]}}"),
            columns(_ID, "NAME: {type: varchar(20), tags: {COST: a}}", _SUM, _AT),
            columns(_ID, "NAME: {type: varchar(20), unique: true}", _SUM, _AT),
        ),
        "primary_key": ("null", "[ID, NAME]", "{columns: [ID], rely: true}", "{name: PK, columns: NAME}"),
        "unique": ("[[NAME, AT]]", "{U: [NAME], V: {columns: [SUM], rely: true}}"),
        "check": ("['SUM > 0']", "{POSITIVE: SUM > 0}"),
        "foreign_keys": (
            "[{columns: [SUM], references: OTHER (ID), on_delete: cascade}]",
            "{F: {columns: ID, references: OTHER}}",
        ),
        "cluster_by": ("null", "[NAME, to_date(AT)]"),
        "enable_schema_evolution": ("true",),
        "data_retention_time_in_days": ("0", "1"),
        "max_data_extension_time_in_days": ("7",),
        "change_tracking": ("true",),
        "default_ddl_collation": ("en-ci",),
        "comment": ("other", "null"),
        "row_access_policy": ("{policy: ROWS_OF, on: [NAME]}",),
        "aggregation_policy": ("AGG", "{policy: AGG, entity_key: [ID]}"),
        "join_policy": ("JOINING", "{policy: JOINING, allowed_join_keys: [ID]}"),
        "search_optimization": ("true", "[equality(ID), substring(NAME)]"),
        "transient": ("true",),
        "tags": ("{COST: a}",),
        "owner": ("SECURITYADMIN",),
    },
    needs=(
        "CREATE SEQUENCE {db}.S.SEQ",
        "CREATE TABLE {db}.S.OTHER (ID NUMBER PRIMARY KEY)",
        "CREATE MASKING POLICY {db}.S.MASK AS (V VARCHAR) RETURNS VARCHAR -> '*'",
        "CREATE MASKING POLICY {db}.S.MASK2 AS (V VARCHAR, K NUMBER) RETURNS VARCHAR -> '*'",
        "CREATE PROJECTION POLICY {db}.S.PROJ AS () RETURNS PROJECTION_CONSTRAINT -> PROJECTION_CONSTRAINT(ALLOW => TRUE)",
        "CREATE ROW ACCESS POLICY {db}.S.ROWS_OF AS (V VARCHAR) RETURNS BOOLEAN -> TRUE",
        "CREATE AGGREGATION POLICY {db}.S.AGG AS () RETURNS AGGREGATION_CONSTRAINT -> NO_AGGREGATION_CONSTRAINT()",
        "CREATE JOIN POLICY {db}.S.JOINING AS () RETURNS JOIN_CONSTRAINT -> JOIN_CONSTRAINT(JOIN_REQUIRED => TRUE)",
        "CREATE TAG {db}.S.COST",
    ),
)
