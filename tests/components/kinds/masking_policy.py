from ..sample import Sample

_BODY = "body: \"case when current_role() in ('ANALYST') then V else '*' end\""

SAMPLE = Sample(
    f"{{signature: {{V: varchar, N: 'number(38,0)'}}, {_BODY}, comment: it's secret}}",
    {
        "body": ("\"case when N > 1 THEN '--' end -- at last\"", '"(select max(NAME) from LOOKUP where ID = N)"', "V"),
        "signature": ("{V: varchar}", "{V: string(20), N: int}", "{V: varchar, N: float}", "{'\"v\"': varchar}"),
        "returns": ("varchar(10)", "varchar"),
        "exempt_other_policies": ("true", "false"),
        "comment": ("other", "null"),
        "owner": ("SECURITYADMIN",),
    },
    needs=("CREATE TABLE {db}.S.LOOKUP (ID NUMBER, NAME VARCHAR)",),
    replaces=frozenset({"signature", "exempt_other_policies"}),
)
