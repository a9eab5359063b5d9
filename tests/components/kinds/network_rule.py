from ..sample import Sample

SAMPLE = Sample(
    "{type: ipv4, value_list: [203.0.113.0/24, 198.51.100.7], comment: office}",
    {
        "value_list": ("[203.0.113.0/24]", "[]", "203.0.113.9", "[198.51.100.7, 203.0.113.0/24]"),
        "mode": ("postgres_ingress", "ingress"),
        "comment": ("other", "null"),
        "owner": ("SECURITYADMIN",),
    },
    replaces=frozenset({"mode", "type"}),
)
