"""SQL laid out anew, for readers. What is sent by a script stays as it was written."""

from __future__ import annotations

from snowmaker import sql
from snowmaker.components.types import canonical


def pretty(text: str) -> str:
    """The statement with its keywords in upper case; a query, DML or view also with line breaks and indents.

    The rest keeps its lines: sqlparse takes the SELECT of a GRANT for a query, and the END of a block for less than
    it is. What would come out as another statement stays as it is.
    """
    import sqlparse

    try:
        found = str(sqlparse.format(text, reindent=_reads_better(text), keyword_case="upper")).strip()
    except (sqlparse.exceptions.SQLParseError, RecursionError):  # too long or too deep for it
        return text
    return found if canonical(found) == canonical(text) else text


def _reads_better(text: str) -> bool:
    words = [token.upper for token, _ in zip(sql.tokens(text), range(8), strict=False)]
    return sql.classify(text)[0] in ("query", "dml") or (words[:1] == ["CREATE"] and "VIEW" in words)
