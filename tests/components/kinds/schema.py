from ..sample import Sample

PARAMETERS = {
    "data_retention_time_in_days": ("0", "null"),
    "max_data_extension_time_in_days": ("7",),
    "replace_invalid_characters": ("true",),
    "default_ddl_collation": ("en-ci", "''"),
    "storage_serialization_policy": ("compatible",),
    "log_level": ("info", "warn"),
    "log_event_level": ("info",),
    "trace_level": ("always",),
    "metric_level": ("all",),
    "suspend_task_after_num_failures": ("3",),
    "task_auto_retry_attempts": ("2",),
    "user_task_managed_initial_warehouse_size": ("large",),
    "user_task_timeout_ms": ("1000",),
    "user_task_minimum_trigger_interval_in_seconds": ("60",),
    "serverless_task_min_statement_size": ("small",),
    "serverless_task_max_statement_size": ("large",),
    "enable_console_output": ("true",),
    "comment": ("other", "null"),
    "owner": ("SECURITYADMIN",),
}
FIXED = {
    "transient": "no ALTER; refused",
    "external_volume": "wants a volume",
    "catalog": "wants a catalog",
    "default_notebook_compute_pool_cpu": "wants a compute pool",
    "default_notebook_compute_pool_gpu": "wants a compute pool",
    "quoted_identifiers_ignore_case": "changes how all else is read",
    "catalog_sync": "wants a catalog",
    "base_location_prefix": "of Iceberg tables",
    "tags": "tried with tags",
}
SAMPLE = Sample(
    "{comment: marts, data_retention_time_in_days: 1}",
    {**PARAMETERS, "managed_access": ("true", "false"), "pipe_execution_paused": ("true",)},
    key="{db}.X",
    fixed=FIXED,
)
