from ..sample import Sample

SAMPLE = Sample(
    "{comment: reads}",
    {"comment": ("other", "null"), "owner": ("SECURITYADMIN",), "granted_to": ("[SYSADMIN]",)},
    key="{db}.X",
    fixed={"tags": "tried with tags"},
)
