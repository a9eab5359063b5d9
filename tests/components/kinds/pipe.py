from ..sample import Sample

SAMPLE = Sample(
    "{copy: copy into T from @LANDING, comment: it's}",
    {
        "copy": (
            '"COPY INTO t\\n FROM @landing -- c\\n;"',
            "\"copy into {db}.S.T from @LANDING/x file_format = (format_name = F) pattern = '.*[.]csv'\"",
        ),
        "auto_ingest": ("true", "false"),
        "error_integration": ("{n}_I",),
        "comment": ("other", "null"),
        "pipe_execution_paused": ("true", "false"),
        "owner": ("SYSADMIN",),
    },
    needs=(
        "CREATE TABLE {db}.S.T (ID NUMBER)",
        "CREATE STAGE {db}.S.LANDING",
        "CREATE FILE FORMAT {db}.S.F TYPE = CSV SKIP_HEADER = 1",
        "CREATE NOTIFICATION INTEGRATION {n}_I TYPE = QUEUE ENABLED = TRUE DIRECTION = OUTBOUND"
        " NOTIFICATION_PROVIDER = AWS_SNS AWS_SNS_TOPIC_ARN = 'arn:aws:sns:us-east-1:123456789012:x'"
        " AWS_SNS_ROLE_ARN = 'arn:aws:iam::123456789012:role/x'",
        "GRANT USAGE ON DATABASE {db} TO ROLE SYSADMIN",
        "GRANT USAGE ON SCHEMA {db}.S TO ROLE SYSADMIN",
    ),
    after=("DROP INTEGRATION {n}_I",),
    fixed={
        "integration": "wants a stage elsewhere; tried in test_pipe",
        "aws_sns_topic": "wants a stage elsewhere; tried in test_pipe",
        "tags": "tried with tags",
    },
    replaces=frozenset({"copy", "auto_ingest"}),
)
