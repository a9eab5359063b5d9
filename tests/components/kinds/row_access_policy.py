from ..sample import Sample

SAMPLE = Sample(
    "{signature: {REGION: varchar}, body: \"REGION = 'EU' or current_role() = 'ADMIN'\", comment: who sees which}",
    {
        "body": ('"true"', '"exists (select 1 from WHO where WHO.R = REGION) // at last"'),
        "signature": ("{REGION: varchar, ID: number}", "{REGION: text}", '{\'"Region"\': varchar, "Ü": date}'),
        "comment": ("other", "null"),
        "owner": ("SECURITYADMIN",),
    },
    needs=("CREATE TABLE {db}.S.WHO (R VARCHAR)",),
)
