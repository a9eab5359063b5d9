from ..sample import Sample
from .view import SAMPLE as VIEW

_REST = 'warehouse: COMPUTE_WH, query: "select ID, NAME from BASE where ID > 0"'

SAMPLE = Sample(
    f"{{target_lag: 5 minutes, {_REST}, comment: it's, columns: {{A: the key, B: null}}, cluster_by: [A]}}",
    {
        "query": ('"select ID, NAME from BASE  where id>0 -- c"', '"select ID, NAME from OTHER"'),
        "columns": (
            "null",
            "[B, A]",
            "{A: the key, B: {comment: it's, masking_policy: MASK, projection_policy: PROJ, tags: {COST: a}}}",
        ),
        "target_lag": ("300 seconds", "1 hour", "downstream"),
        "warehouse": ("{n}_WH",),
        "initialization_warehouse": ("{n}_WH",),
        "refresh_mode": ("auto", "incremental", "full"),
        "initialize": ("on_schedule",),
        "cluster_by": ("null", "[B, abs(A)]"),
        "data_retention_time_in_days": ("0", "1"),
        "max_data_extension_time_in_days": ("7",),
        "default_ddl_collation": ("en-ci",),
        "comment": ("other", "null"),
        "row_access_policy": ("{policy: ROWS_OF, on: [B]}",),
        "aggregation_policy": ("{policy: AGG, entity_key: [A]}",),
        "join_policy": ("JOINING",),
        "state": ("suspended", "started"),
        "transient": ("true",),
        "tags": ("{COST: a}",),
        "owner": ("SECURITYADMIN",),
    },
    needs=(*VIEW.needs, "CREATE WAREHOUSE {n}_WH INITIALLY_SUSPENDED = TRUE"),
    after=("DROP WAREHOUSE {n}_WH",),
    fixed={"scheduler": "excludes a lag; tried in test_dynamic_table"},
)
