from ..sample import Sample

EXTERNAL = ("url", "storage_integration", "credentials", "endpoint", "aws_access_point_arn", "use_privatelink_endpoint")
SAMPLE = Sample(
    "{directory: true, file_format: F, comment: landing}",
    {
        "directory": ("false", "null", "{enable: true}"),
        "encryption": ("snowflake_sse", "{type: snowflake_full}"),
        "file_format": (
            "G",
            "'{db}.S.g'",
            "null",
            "{type: csv}",
            "{type: json, strip_outer_array: true}",
            r"""{type: csv, skip_header: 1, field_delimiter: '|', null_if: ['\N', 'it''s', ''], escape: '\'}""",
            r"""{field_optionally_enclosed_by: '"', timestamp_format: 'YYYY"T"HH', record_delimiter: '\r\n'}""",
        ),
        "copy_options": ("{on_error: continue, purge: true}", "{size_limit: 100}", "{on_error: skip_file_10%}"),
        "comment": ("other", "null"),
        "owner": ("SECURITYADMIN",),
    },
    needs=("CREATE FILE FORMAT {db}.S.F TYPE = CSV SKIP_HEADER = 1", "CREATE FILE FORMAT {db}.S.G TYPE = JSON"),
    fixed={**dict.fromkeys(EXTERNAL, "of external stages; tried in test_stage.py"), "tags": "tried with tags"},
    replaces=frozenset({"encryption"}),
)
