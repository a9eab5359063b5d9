"""The values of secrets, taken out of what others say: an account's errors, the driver's log, a rehearsal. Pure."""

from __future__ import annotations

import json

from snowmaker.names import quote_literal

MASK = "***"
LINE = 8  # characters of a line of a key that is told from other text


class Redaction:
    """Remembers the secrets that were resolved, and takes them out of texts, however short they are."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: list[str] = []  # longest first: one may be part of another

    def add(self, value: str) -> str:
        """Remember a value, and give it back."""
        if value not in self._values:
            self._values.add(value)
            self._forms = sorted({form for one in self._values for form in _forms(one)}, key=len, reverse=True)
        return value

    def __call__(self, text: str) -> str:
        """The text with a mask in place of each secret: plain, as a literal of SQL or JSON, on one line, or a line."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


def _forms(value: str) -> set[str]:
    literal = quote_literal(value)[1:-1]
    lines = {line.strip() for line in value.splitlines() if len(line.strip()) >= LINE}
    plain = {value, literal, value.replace("'", "''"), " ".join(value.split()), *lines}
    quoted = {json.dumps(form, ensure_ascii=ascii)[1:-1] for form in plain for ascii in (False, True)}
    return {form for form in plain | quoted if form}
