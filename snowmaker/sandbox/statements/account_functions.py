"""SYSTEM$ functions that tell about the account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.calls import system_function
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.session_functions import VERSION

EDITION = "ENTERPRISE"  # it has policies on rows and columns, and retention beyond a day


@system_function("SYSTEM$BOOTSTRAP_DATA_REQUEST")
def _bootstrap(context: Context, arguments: Sequence[Any]) -> str:
    """Not documented: Snowflake's own web interface asks it, and SnowDDL, for the version and the edition."""
    if [str(each).upper() for each in arguments] != ["ACCOUNT"]:
        raise sqlerror.unsupported("SYSTEM$BOOTSTRAP_DATA_REQUEST of anything but 'ACCOUNT'")
    return json.dumps({"serverVersion": VERSION, "accountInfo": {"serviceLevelName": EDITION}})


@system_function("SYSTEM$SHOW_ACTIVE_BEHAVIOR_CHANGE_BUNDLES")
def _bundles(context: Context, arguments: Sequence[Any]) -> str:
    """https://docs.snowflake.com/en/sql-reference/functions/system_show_active_behavior_change_bundles"""
    if arguments:
        raise sqlerror.malformed("SYSTEM$SHOW_ACTIVE_BEHAVIOR_CHANGE_BUNDLES has no arguments")
    return "[]"
