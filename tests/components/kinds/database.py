from ..sample import Sample
from .schema import FIXED, PARAMETERS

SAMPLE = Sample(
    "{comment: data, data_retention_time_in_days: 1}",
    PARAMETERS,
    key="{n}",
    fixed={**FIXED, "event_table": "lies inside of it"},
)
