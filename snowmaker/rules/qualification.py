"""Rules on names that depend on the session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snowmaker import sql
from snowmaker.rules.base import Code, Found, Subject, project_rule, stage_name
from snowmaker.sql import Token, chain

Named = tuple[tuple[str, ...], int, int]  # a name, how many parts it should have, and its offset

# what stands in a schema; other objects are the account's, or a database's
_IN_SCHEMA = {
    *("TABLE", "VIEW", "FUNCTION", "PROCEDURE", "SEQUENCE", "STAGE", "STREAM", "TASK", "PIPE", "FORMAT", "TAG"),
    *("ALERT", "SECRET", "RULE", "SERVICE", "AGENT", "MODEL", "NOTEBOOK", "STREAMLIT", "REPOSITORY", "DATASET"),
}
_POLICIES = {
    *("ACCESS", "MASKING", "AGGREGATION", "PROJECTION", "PASSWORD", "SESSION", "AUTHENTICATION", "PACKAGES"),
    *("JOIN", "PRIVACY"),
}
_READING = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY"}
_NO_TABLE = {"TABLE", "LATERAL", "VALUES", "SELECT", "UNNEST", "FLATTEN"}
_LOOK = 24  # tokens of a statement, in which the name of what it is about stands


@project_rule("warning")
def unqualified_object(subject: Subject) -> Iterator[Found]:
    """A statement names an object without its database and schema, and the script does not say which.

    **Why?** What it means depends on the defaults of a connection and of a user: the same script makes its table
    elsewhere. After each script the session is what it was before, so a USE in another script does not help; one above,
    in the script itself, does. Inside of a view or a routine a bare name is looked for in the
    [schema of that](https://docs.snowflake.com/en/sql-reference/name-resolution), so it is not told.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE LIFT (ID NUMBER);
    ```

    **Use instead** the whole name.

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    ```
    """
    for part in subject.parts:
        settled = False  # whether the script itself has said what it uses
        for code in part.statements:
            told: set[tuple[str, ...]] = set()
            for name, wanted, offset in () if settled else _objects(code):
                if name and len(name) < wanted and name not in told:
                    told.add(name)
                    lacks = "database and schema" if wanted - len(name) == 2 else "database"
                    yield code.found(f"{'.'.join(name)} is named without its {lacks}", offset, "write the whole name")
            settled = settled or any(_settles(link) for link in code.links)


def _settles(link: Sequence[Token]) -> bool:
    """Whether a database and a schema of the script's choice are in use after a statement.

    USE DATABASE and CREATE DATABASE use PUBLIC, too: https://docs.snowflake.com/en/sql-reference/sql/use-database
    """
    words = [token.upper for token in link[:_LOOK]]
    if words[0] == "USE":
        if words[1:2] in (["ROLE"], ["WAREHOUSE"], ["SECONDARY"]):
            return False
        name, _ = chain(link, 2 if words[1:2] in (["DATABASE"], ["SCHEMA"]) else 1)
        return words[1:2] == ["DATABASE"] or len(name) > 1
    if words[0] != "CREATE" or "ROLE" in words[:5]:
        return False
    name, _ = sql.named_after(link[:_LOOK])
    return "DATABASE" in words[:5] or ("SCHEMA" in words[:5] and len(name) > 1)


def _objects(code: Code) -> Iterator[Named]:
    """What a statement makes, changes, fills or reads."""
    for link in code.links:
        yield from _subject(link)
        words = [token.upper for token in link[:6]]
        if words[0] in _READING or (words[0] == "CREATE" and "TABLE" in words and "FUNCTION" not in words):
            yield from _read(link)
        if code.statement.kind != "block":
            yield from ((stage_name(token.text), 3, token.start) for token in link if token.kind == "stage")


def _subject(link: Sequence[Token]) -> Iterator[Named]:
    """The object that a CREATE, ALTER, DROP … is about."""
    if link[0].upper not in ("CREATE", "ALTER", "DROP", "UNDROP", "TRUNCATE"):
        return
    listed = link[:_LOOK]
    index = sql.name_index(listed)
    words = [token.upper for token in listed[1:index] if token.upper not in ("IF", "NOT", "EXISTS")]
    kind = words[-1] if words and index < len(listed) else ""
    if kind in _IN_SCHEMA or (kind == "POLICY" and _POLICIES & set(words)):
        yield chain(listed, index)[0], 3, listed[index].start
    elif kind == "SCHEMA" or words[-2:] == ["DATABASE", "ROLE"]:
        yield chain(listed, index)[0], 2, listed[index].start


def _read(link: Sequence[Token]) -> Iterator[Named]:
    """What stands behind FROM, JOIN, INTO, UPDATE and the USING of MERGE; not what WITH defines, nor functions."""
    with_ = any(token.upper == "WITH" for token in link)
    defined = {chain(link, index)[0] for index in range(1, len(link)) if with_ and _is_defined(link, index)}
    queries = [False]  # of each bracket that is open, whether a FROM in it belongs to a query
    last = ""
    for index, token in enumerate(link[:-1]):
        upper = token.upper
        if upper == "(":
            queries.append(False)
        elif upper == ")" and len(queries) > 1:
            queries.pop()
        elif upper in ("SELECT", "DELETE", "COPY"):
            queries[-1] = True
        begins = upper in ("JOIN", "INTO") or (upper == "FROM" and queries[-1] and last != "DISTINCT")
        if begins or (upper == "UPDATE" and index == 0) or (upper == "USING" and link[0].upper == "MERGE"):
            name, after = chain(link, index + 1)
            called = after < len(link) and link[after].text == "(" and upper != "INTO"  # INTO t (a, b) names columns
            if not called and link[index + 1].upper not in _NO_TABLE and name not in defined:
                yield name, 3, link[index + 1].start
        last = upper


def _is_defined(link: Sequence[Token], index: int) -> bool:
    """Whether WITH defines a name there: `WITH name AS (`, `, name (a, b) AS (`."""
    if link[index].kind not in ("word", "identifier") or link[index - 1].upper not in ("WITH", "RECURSIVE", ","):
        return False
    after = index + 1
    if after < len(link) and link[after].text == "(":
        while after < len(link) and link[after].text != ")":
            after += 1
        after += 1
    return [token.upper for token in link[after : after + 2]] == ["AS", "("]
