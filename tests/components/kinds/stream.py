from ..sample import Sample

SAMPLE = Sample(
    "{on_table: BASE, append_only: true, comment: it's}",
    {
        "on_table": ("'{db}.S.OTHER'", "base"),
        "append_only": ("false", "null"),
        "comment": ("other", "null"),
        "owner": ("SECURITYADMIN",),
    },
    needs=(
        "CREATE TABLE {db}.S.BASE (ID NUMBER)",
        "CREATE TABLE {db}.S.OTHER (ID NUMBER)",
    ),
    fixed={
        **dict.fromkeys(
            ("on_view", "on_dynamic_table", "on_external_table", "on_event_table", "on_stage", "insert_only"),
            "excludes on_table; tried in test_stream",
        ),
        **dict.fromkeys(("at", "before", "show_initial_rows"), "only at CREATE; tried in test_stream"),
        "tags": "tried with tags",
    },
    replaces=frozenset({"on_table", "append_only"}),
)
