from ..sample import Sample

_QUERY = 'query: "select ID, NAME from BASE where ID > 0"'

SAMPLE = Sample(
    f"{{{_QUERY}, comment: it's, columns: {{A: the key, B: null}}}}",
    {
        "query": (
            '"SELECT id,\\n name /* c */ FROM base\\n WHERE id>0;"',
            "\"select ID, NAME from {db}.S.OTHER union all select 1, 'as (x)'\"",
        ),
        "secure": ("true", "false"),
        "columns": (
            "null",
            "[A, B]",
            "[B, A]",
            "{ID: x, NAME: y}",
            "{A: the key, B: {comment: it's, masking_policy: MASK, projection_policy: PROJ, tags: {COST: a}}}",
            "{A: {comment: the key}, B: {masking_policy: {policy: MASK2, using: [A]}}}",
        ),
        "change_tracking": ("true",),
        "comment": ("other", "null"),
        "row_access_policy": ("{policy: ROWS_OF, on: [B]}",),
        "aggregation_policy": ("{policy: AGG, entity_key: [A]}",),
        "join_policy": ("JOINING",),
        "tags": ("{COST: a}",),
        "owner": ("SECURITYADMIN",),
    },
    needs=(
        "CREATE TABLE {db}.S.BASE (ID NUMBER, NAME VARCHAR)",
        "CREATE TABLE {db}.S.OTHER (ID NUMBER, NAME VARCHAR)",
        "CREATE MASKING POLICY {db}.S.MASK AS (V VARCHAR) RETURNS VARCHAR -> '*'",
        "CREATE MASKING POLICY {db}.S.MASK2 AS (V VARCHAR, K NUMBER) RETURNS VARCHAR -> '*'",
        "CREATE PROJECTION POLICY {db}.S.PROJ AS () RETURNS PROJECTION_CONSTRAINT -> PROJECTION_CONSTRAINT(ALLOW => TRUE)",
        "CREATE ROW ACCESS POLICY {db}.S.ROWS_OF AS (V VARCHAR) RETURNS BOOLEAN -> TRUE",
        "CREATE AGGREGATION POLICY {db}.S.AGG AS () RETURNS AGGREGATION_CONSTRAINT -> NO_AGGREGATION_CONSTRAINT()",
        "CREATE JOIN POLICY {db}.S.JOINING AS () RETURNS JOIN_CONSTRAINT -> JOIN_CONSTRAINT(JOIN_REQUIRED => TRUE)",
        "CREATE TAG {db}.S.COST",
    ),
    fixed={"recursive": "wants another query; tried in test_view"},
)
