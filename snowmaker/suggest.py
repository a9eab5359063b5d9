"""Did you mean …?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint that names the nearest of the known words, or ''."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean {by_lower[close[0]]}?" if close else ""


def listed(names: Iterable[str], none: str = "none") -> str:
    """Names as `a, b, c`, sorted."""
    return ", ".join(sorted(names)) or none
