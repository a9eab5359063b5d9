"""Rules on views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from snowmaker.rules.base import Code, Found, statement_rule
from snowmaker.sql import Token, chain

_AHEAD = {"SELECT", "DISTINCT", "ALL", ","}  # before a `*` that stands for columns; behind another it multiplies
_SETS = {"UNION", "INTERSECT", "EXCEPT", "MINUS"}
_FROM_ENDS = {"WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "FETCH", "WINDOW", *_SETS}
_SOURCES = {"FROM", "JOIN", ","}

Span = tuple[int, int]  # tokens, from and to


@statement_rule("warning")
def select_star(code: Code) -> Iterator[Found]:
    """A view takes all columns of a table with `SELECT *`.

    **Why?** Snowflake writes the columns down when the view is
    [made](https://docs.snowflake.com/en/sql-reference/sql/create-view#usage-notes): one that is added to the table does
    not appear, and when one is dropped the view fails. A `*` over what the view itself spells out, as `WITH` names it,
    is no matter.

    **Example**

    ```sql
    -- migrations/R__open_lifts.sql
    CREATE OR REPLACE VIEW RESORT.MARTS.OPEN_LIFT COPY GRANTS AS SELECT * FROM RESORT.LIFTS.LIFT WHERE OPEN;
    ```

    **Use instead** the columns by name.

    ```sql
    -- migrations/R__open_lifts.sql
    CREATE OR REPLACE VIEW RESORT.MARTS.OPEN_LIFT COPY GRANTS AS SELECT ID, NAME FROM RESORT.LIFTS.LIFT WHERE OPEN;
    ```
    """
    for link in code.links:
        words = [token.upper for token in link]
        if words[:1] != ["CREATE"] or "VIEW" not in words[:8] or "SEMANTIC" in words[:4] or "AS" not in words:
            continue
        begin = _query_start(words)
        star = _Query(link, begin).star() if begin else None
        if star is not None:
            yield code.found("SELECT * in a view", star.start, "name the columns")


def _query_start(words: Sequence[str]) -> int:
    """Where the query of a view begins: behind the first AS that SELECT or WITH follows; 0 where there is none."""
    for index, word in enumerate(words):
        if word == "AS" and next((one for one in words[index + 1 :] if one != "("), "") in ("SELECT", "WITH"):
            return index + 1
    return 0


class _Query:
    """A query, read as far as it takes to tell whether a table decides what columns it has."""

    def __init__(self, listed: Sequence[Token], begin: int) -> None:
        self._listed = listed
        self._words = [token.upper for token in listed]
        self._span = (begin, len(listed))
        self._closes = self._brackets()
        self._stars: dict[Span, Token | None] = {}  # of each query; of one that is being read, none yet

    def star(self) -> Token | None:
        """A `*` that stands for columns of a table and reaches the result, if there is one."""
        try:
            return self._of(self._span, {})
        except RecursionError:  # nobody would find it there
            return None

    def _brackets(self) -> dict[int, int]:
        """Where each bracket closes."""
        opened: list[int] = []
        found: dict[int, int] = {}
        for index, token in enumerate(self._listed):
            if token.text == "(":
                opened.append(index)
            elif token.text == ")" and opened:
                found[opened.pop()] = index
        return found

    def _of(self, span: Span, named: Mapping[str, Span]) -> Token | None:
        if span not in self._stars:
            self._stars[span] = None
            self._stars[span] = self._of_query(*span, named)
        return self._stars[span]

    def _of_query(self, begin: int, end: int, named: Mapping[str, Span]) -> Token | None:
        while begin < end and self._words[begin] == "(" and self._closes.get(begin, end) == end - 1:
            begin, end = begin + 1, end - 1
        if begin < end and self._words[begin] == "WITH":
            begin, named = self._with(begin + 1, end, named)
        for select in self._selects(begin, end):
            begin = select[0]
            if self._words[begin] == "(":  # (SELECT …) ORDER BY
                star = self._of((begin + 1, self._closes.get(begin, select[1])), named)
            else:
                star = self._of_select(select, named)
            if star is not None:
                return star
        return None

    def _with(self, begin: int, end: int, named: Mapping[str, Span]) -> tuple[int, Mapping[str, Span]]:
        """Where the query behind WITH begins, and its named queries beside those of around."""
        found = dict(named)
        index = begin
        name = ""
        while index < end and self._words[index] != "SELECT":
            if self._words[index] == "(":
                close = self._closes.get(index, end)
                if self._words[index - 1] == "AS":
                    found[name] = (index + 1, close)
                index = close
            elif self._words[index] not in ("AS", ",", "RECURSIVE"):
                name = self._name(index)
            index += 1
        return index, found

    def _name(self, index: int) -> str:
        parts, _ = chain(self._listed, index)
        return parts[0] if len(parts) == 1 else ""

    def _selects(self, begin: int, end: int) -> Iterator[Span]:
        """The queries that UNION and its like join."""
        for index in self._flat(begin, end):
            if self._words[index] in _SETS:
                yield begin, index
                begin = index + 1
                if begin < end and self._words[begin] in ("ALL", "DISTINCT"):
                    begin += 1
        if begin < end:
            yield begin, end

    def _flat(self, begin: int, end: int) -> Iterator[int]:
        """The tokens that stand in no bracket; of a bracket, where it opens."""
        while begin < end:
            yield begin
            begin = max(self._closes.get(begin, begin), begin) + 1

    def _of_select(self, span: Span, named: Mapping[str, Span]) -> Token | None:
        stars: list[tuple[Token, str]] = []
        last, source = "", 0
        for index in self._flat(*span):
            word, token = self._words[index], self._listed[index]
            if word == "FROM":
                source = index
                break
            if token.text == "*" and (last in _AHEAD or last == "."):
                stars.append((token, self._name(index - 2) if last == "." else ""))
            last = word
        sources = list(self._sources(source, span[1], named)) if stars and source else []
        for token, alias in stars:
            for name, found in sources:
                if alias in ("", name) and (found is None or self._of(found, named) is not None):
                    return token
        return None

    def _sources(self, begin: int, end: int, named: Mapping[str, Span]) -> Iterator[tuple[str, Span | None]]:
        """What FROM reads, by alias: the span of a query, or None for a table."""
        last = ""
        for index in self._flat(begin, end):
            word = self._words[index]
            if word in _FROM_ENDS:
                return
            if last in _SOURCES and word not in ("LATERAL", "TABLE"):
                yield self._source(index, end, named)
            last = word if word != "LATERAL" else last

    def _source(self, index: int, end: int, named: Mapping[str, Span]) -> tuple[str, Span | None]:
        if self._words[index] == "(":
            close = self._closes.get(index, end)
            return self._alias(close + 1, end), (index + 1, close)
        parts, after = chain(self._listed, index)
        alias = self._alias(after, end) or (parts[-1] if parts else "")
        return alias, named.get(parts[0]) if len(parts) == 1 else None

    def _alias(self, index: int, end: int) -> str:
        if index < end and self._words[index] == "AS":
            index += 1
        return self._name(index) if index < end else ""
