"""STORAGE INTEGRATION: https://docs.snowflake.com/en/sql-reference/sql/create-storage-integration"""

from __future__ import annotations

from snowmaker.sandbox.integrations import ENABLED, Family, Form, flag, listing, register_family, text, word
from snowmaker.sandbox.properties import one_of

_TYPE = one_of("EXTERNAL_STAGE", "POSTGRES_EXTERNAL_STORAGE")
_PROVIDER = one_of("S3", "S3GOV", "S3CHINA", "GCS", "AZURE")
_COMMON = (
    ENABLED,
    word("STORAGE_PROVIDER", _PROVIDER, required=True, fixed=True),
    listing("STORAGE_ALLOWED_LOCATIONS", required=True),
    listing("STORAGE_BLOCKED_LOCATIONS"),
    flag("USE_PRIVATELINK_ENDPOINT"),
)

register_family(
    Family(
        "STORAGE",
        "STORAGE",
        {"TYPE": _TYPE, "STORAGE_PROVIDER": _PROVIDER},
        (
            Form(
                {"TYPE": ("EXTERNAL_STAGE",), "STORAGE_PROVIDER": ("S3", "S3GOV", "S3CHINA")},
                (
                    *_COMMON,
                    text("STORAGE_AWS_IAM_USER_ARN", told="arn:aws:iam::000000000000:user/sandbox{id}"),
                    text("STORAGE_AWS_ROLE_ARN", required=True),
                    text("STORAGE_AWS_EXTERNAL_ID", default="SANDBOX_SFCRole"),
                    text("STORAGE_AWS_OBJECT_ACL", sparse=True),
                ),
            ),
            Form(
                {"TYPE": ("EXTERNAL_STAGE",), "STORAGE_PROVIDER": ("GCS",)},
                (*_COMMON, text("STORAGE_GCP_SERVICE_ACCOUNT", told="sandbox{id}@gcp.iam.gserviceaccount.com")),
            ),
            Form(
                {"TYPE": ("EXTERNAL_STAGE",), "STORAGE_PROVIDER": ("AZURE",)},
                (
                    *_COMMON,
                    text("AZURE_TENANT_ID", required=True),
                    text("AZURE_CONSENT_URL", told="https://login.microsoftonline.com/sandbox/{id}"),
                    text("AZURE_MULTI_TENANT_APP_NAME", told="sandbox{id}"),
                ),
            ),
        ),
        type="EXTERNAL_STAGE",
    )
)
