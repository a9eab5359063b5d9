from ..sample import Sample

SAMPLE = Sample(
    "{comment: reads}",
    {
        "comment": ("other", "null", '"it\'s \\\\ $$"'),
        "owner": ("SECURITYADMIN",),
        "granted_to": ("[SYSADMIN]", "[SYSADMIN, user ADMIN]"),
    },
    key="{n}",
    fixed={"tags": "tried with tags"},
)
