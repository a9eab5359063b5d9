from ..sample import Sample

SAMPLE = Sample(
    "{allowed_ip_list: [203.0.113.0/24, 198.51.100.7], allowed_network_rule_list: ['{db}.S.A'], comment: office}",
    {
        "allowed_network_rule_list": ("['{db}.S.B', '{db}.S.A']", "[]", "null", "'{db}.s.a'"),
        "blocked_network_rule_list": ("['{db}.S.B']",),
        "allowed_ip_list": ("[198.51.100.7, 203.0.113.0/24]", "198.51.100.7", "null"),
        "blocked_ip_list": ("[203.0.113.99]",),
        "comment": ("other", "null"),
    },
    key="{n}",
    needs=(
        "CREATE NETWORK RULE {db}.S.A TYPE = IPV4 VALUE_LIST = ('203.0.113.0/24')",
        "CREATE NETWORK RULE {db}.S.B TYPE = IPV4 VALUE_LIST = ('203.0.113.0/25')",
    ),
    fixed={"tags": "tried with tags"},
)
