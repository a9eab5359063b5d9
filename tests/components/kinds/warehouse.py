from ..sample import Sample

SAMPLE = Sample(
    "{size: small, auto_suspend: 60, comment: it's, statement_timeout_in_seconds: 100}",
    {
        "warehouse_type": ("snowpark-optimized",),
        "warehouse_size": ("large", "2x-large", "null"),
        "max_cluster_count": ("3",),
        "min_cluster_count": ("1",),
        "scaling_policy": ("economy",),
        "auto_suspend": ("0", "null", "600"),
        "auto_resume": ("false", "true"),
        "resource_monitor": ("{n}_M",),
        "enable_query_acceleration": ("true",),
        "query_acceleration_max_scale_factor": ("16",),
        "max_concurrency_level": ("4",),
        "statement_queued_timeout_in_seconds": ("10",),
        "statement_timeout_in_seconds": ("200", "null"),
        "comment": ("other", "null", "'null'"),
        "owner": ("{n}_R",),
    },
    key="{n}",
    needs=(
        "CREATE RESOURCE MONITOR {n}_M WITH CREDIT_QUOTA = 5",
        "CREATE ROLE {n}_R",
    ),
    after=("DROP RESOURCE MONITOR {n}_M", "DROP ROLE {n}_R"),
    fixed={
        "initially_suspended": "only at CREATE",
        "resource_constraint": "wants another type of warehouse",
        "generation": "is the region's affair",
        "max_query_performance_level": "of adaptive warehouses",
        "query_throughput_multiplier": "of adaptive warehouses",
        "tags": "tried with tags",
    },
)
