from ..sample import Sample

_PYTHON = "wants another language; tried in test_routines"

SAMPLE = Sample(
    "{arguments: {A: 'number(38,0)', B: \"varchar default 'x, (y)'\"}, returns: varchar, "
    'body: "select max(NAME) || B from BASE where ID = A", comment: it\'s}',
    {
        "arguments": ("{A: int, B: varchar default upper('z')}", "{'\"A\"': number, B: string(20)}"),
        "returns": ("varchar(20)", "string", "varchar not null", "table (X varchar(5))"),
        "body": ("A || B", "\"$$''$$\"", '"select B -- a\\n  from {db}.S.BASE;"'),
        "null_handling": ("strict", "called on null input"),
        "volatility": ("immutable",),
        "memoizable": ("true", "false"),
        "secure": ("true", "false"),
        "comment": ("other", "null"),
        "language": ("sql",),
        "log_level": ("info",),
        "trace_level": ("always",),
        "metric_level": ("all",),
        "tags": ("{COST: a}",),
        "owner": ("SECURITYADMIN",),
    },
    key="{db}.S.X(number, varchar)",
    needs=("CREATE TABLE {db}.S.BASE (ID NUMBER, NAME VARCHAR)", "CREATE TAG {db}.S.COST"),
    fixed=dict.fromkeys(
        (
            *("aggregate", "runtime_version", "artifact_repository", "packages", "imports", "handler", "target_path"),
            *("external_access_integrations", "secrets"),
        ),
        _PYTHON,
    ),
)
