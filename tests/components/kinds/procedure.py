from ..sample import Sample

_REST = "runtime_version: '3.11', packages: [snowflake-snowpark-python, 'numpy==1.26'], handler: main"

SAMPLE = Sample(
    "{arguments: {A: number, B: 'float default 1.5'}, returns: varchar, language: python, "
    + _REST
    + ", body: \"def main(session, a, b):\\n    return 'x'\\n\", comment: it's, execute_as: caller}",
    {
        "arguments": ("{A: int, B: double}", "{'\"a\"': number, B: float default 2}"),
        "returns": ("number not null", "table (X number)", "table ()"),
        "body": ('"\\n\\ndef main(session, a, b):\\n  return $$y$$  \\n\\n"',),
        "null_handling": ("strict",),
        "volatility": ("immutable",),
        "secure": ("true",),
        "comment": ("other", "null"),
        "language": ("python",),
        "runtime_version": ("'3.12'",),
        "packages": ("[snowflake-snowpark-python]", "[NUMPY==1.26, snowflake-snowpark-python]"),
        "imports": ("['@FILES/lib/x.py', '@~/y.py']",),
        "handler": ("other",),
        "external_access_integrations": ("[EGRESS_{n}]", "null"),
        "secrets": ("{cred: KEY, '\"c\"': '{db}.S.KEY'}", "{}"),
        "artifact_repository": ("SNOWFLAKE.SNOWPARK.PYPI",),
        "execute_as": ("owner", "restricted caller", "null"),
        "log_level": ("info",),
        "trace_level": ("always",),
        "metric_level": ("all",),
        "auto_event_logging": ("all",),
        "tags": ("{COST: a}",),
        "owner": ("SECURITYADMIN",),
    },
    key="{db}.S.X",
    needs=(
        "CREATE TAG {db}.S.COST",
        "CREATE STAGE {db}.S.FILES",
        "CREATE SECRET {db}.S.KEY TYPE = GENERIC_STRING SECRET_STRING = 'x'",
        "CREATE NETWORK RULE {db}.S.OUT TYPE = HOST_PORT MODE = EGRESS VALUE_LIST = ('example.com')",
        "CREATE EXTERNAL ACCESS INTEGRATION EGRESS_{n} ALLOWED_NETWORK_RULES = ({db}.S.OUT) ENABLED = TRUE",
    ),
    after=("DROP INTEGRATION EGRESS_{n}",),
    fixed={"target_path": "wants java; tried in test_routines"},
)
