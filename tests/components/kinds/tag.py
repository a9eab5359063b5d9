from ..sample import Sample

SAMPLE = Sample(
    "{allowed_values: [a, it's], propagate: on_dependency, on_conflict: a, comment: whose money it is}",
    {
        "allowed_values": ("[a, it's, c]", "[a]", "[it's, a]", "null", "[b, c]"),
        "propagate": ("on_data_movement", "ON_DEPENDENCY_AND_DATA_MOVEMENT"),
        "on_conflict": ("it's", "allowed_values_sequence", "null", "CONFLICT"),
        "comment": ("other", "null"),
        "masking_policies": ("[MASK]", "[MASK, '{db}.S.ROUND']"),
        "owner": ("SECURITYADMIN",),
    },
    needs=(
        "CREATE MASKING POLICY {db}.S.MASK AS (V VARCHAR) RETURNS VARCHAR -> '*'",
        "CREATE MASKING POLICY {db}.S.ROUND AS (V NUMBER) RETURNS NUMBER -> 0",
    ),
)
