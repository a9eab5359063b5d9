from ..sample import Sample

SAMPLE = Sample(
    "{credit_quota: 100, frequency: monthly, start_timestamp: immediately, triggers: {75: notify, 100: suspend}}",
    {
        "credit_quota": ("50", "null"),
        "frequency": ("daily", "never"),
        "start_timestamp": ("2036-01-31 06:00", "'2036-01-31'"),
        "end_timestamp": ("2036-01-31 06:00",),
        "notify_users": ("[ADMIN]", "ADMIN"),
        "triggers": ("{75: notify, 90: notify, 100: [suspend, notify], 110: suspend_immediate}", "{}", "null"),
    },
    key="{n}",
    replaces=frozenset({"triggers"}),
)
