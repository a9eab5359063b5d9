from ..sample import Sample

SAMPLE = Sample(
    "{start: 10, increment: 2, ordered: false, comment: numbers}",
    {
        "increment": ("5", "-1", "null"),
        "ordered": ("null", "false"),
        "comment": ("other", "null"),
        "owner": ("SECURITYADMIN",),
        "start": ("20",),
    },
    replaces=frozenset({"ordered"}),
)
