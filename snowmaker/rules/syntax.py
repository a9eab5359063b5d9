"""Rules on what the lexer sees: pieces that do not close, and comments that end too soon."""

from __future__ import annotations

from collections.abc import Iterator

from snowmaker import sql
from snowmaker.errors import SourceError
from snowmaker.rules.base import Code, Found, Subject, project_rule

_CLOSES = {")": "(", "]": "[", "}": "{"}
# https://docs.snowflake.com/en/sql-reference/sql-all
_VERBS = {
    *("ALTER", "BEGIN", "CALL", "COMMENT", "COMMIT", "COPY", "CREATE", "DECLARE", "DELETE", "DESC", "DESCRIBE", "DROP"),
    *("EXECUTE", "EXPLAIN", "GET", "GRANT", "INSERT", "LIST", "LS", "MERGE", "PUT", "REMOVE", "REVOKE", "RM"),
    *("ROLLBACK", "SELECT", "SET", "SHOW", "START", "TRUNCATE", "UNDROP", "UNSET", "UPDATE", "USE", "VALUES", "WITH"),
}


@project_rule("error")
def unparsable_statement(subject: Subject) -> Iterator[Found]:
    """A statement cannot be SQL: it does not close, its brackets do not match, or only a client understands it.

    **Why?** Snowflake refuses it, in the middle of a deploy, when the statements before it have run already. Commands
    of SnowSQL and Snowflake CLI (`!source`, `;>`) are no SQL; the connector sends them as they are.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER, LENGTH NUMBER(6, 1);
    ```

    **Use instead**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER, LENGTH NUMBER(6, 1));
    ```
    """
    yield from subject.faulted("unterminated")
    for part in subject.parts:
        for code in part.statements:
            if code.statement.kind == "client":
                yield _client_command(code)
            elif code.statement.kind != "transfer":  # a path of PUT may hold any bracket
                yield from _brackets(code)
                yield from _misspelt(code)


def _client_command(code: Code) -> Found:
    try:
        sql.refuse_client_commands((code.statement,), code.part.source.path)
    except SourceError as fault:
        return code.found(fault.message, 0, fault.hint)
    raise AssertionError(code.statement)


def _brackets(code: Code) -> Iterator[Found]:
    opened: list[sql.Token] = []
    for token in code.tokens:
        if token.kind != "mark":
            continue
        if token.text in "([{":
            opened.append(token)
        elif token.text in _CLOSES:
            if not opened or opened[-1].text != _CLOSES[token.text]:
                yield code.found(f"{token.text} closes nothing that is open", token.start, "look at the brackets")
                return
            opened.pop()
    if opened:
        yield code.found(f"{opened[-1].text} is opened here and never closed", opened[-1].start, "close it")


def _misspelt(code: Code) -> Iterator[Found]:
    """A first word that is one slip of the finger from a command's. Another one may be a command that is new."""
    for link in code.links:
        first = link[0]
        if first.kind == "word" and first.upper not in _VERBS:
            for meant in sorted(verb for verb in _VERBS if _one_slip(first.upper, verb))[:1]:
                yield code.found(f"no statement begins with {first.text}", first.start, f"did you mean {meant}?")


def _common(one: str, two: str) -> int:
    return next((index for index, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _one_slip(word: str, meant: str) -> bool:
    """Whether a letter too many, too few or wrong, or two that changed places, make one of the other."""
    begin = _common(word, meant)
    word, meant = word[begin:], meant[begin:]
    end = _common(word[::-1], meant[::-1])
    left, other = word[: len(word) - end], meant[: len(meant) - end]
    return (len(left) < 2 and len(other) < 2) or (len(left) == 2 and left == other[::-1])


@project_rule("warning")
def nested_comment(subject: Subject) -> Iterator[Found]:
    """A comment `/* … */` has another `/*` in it.

    **Why?** Comments do not nest in Snowflake: the first `*/` ends them, and what stands behind it is code. What was
    commented out with a comment inside runs from there on.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    /* not yet:
    CREATE TABLE RESORT.LIFTS.GUN (ID NUMBER);  /* one per slope */
    DROP TABLE RESORT.LIFTS.SLOPE;
    -- */
    ```

    **Use instead** `--` on each line.

    ```sql
    -- migrations/V2__lifts.sql
    -- not yet:
    -- CREATE TABLE RESORT.LIFTS.GUN (ID NUMBER);  /* one per slope */
    -- DROP TABLE RESORT.LIFTS.SLOPE;
    ```
    """
    for part in subject.parts:
        text = part.script.text
        if text.count("/*") < 2:
            continue
        for state, begin, end in sql.spans(text):
            inner = _inner(text, begin, end) if state == "comment" and text.startswith("/*", begin) else -1
            if inner >= 0:
                message = "/* inside a comment opens nothing: the first */ ends it"
                yield part.found(message, part.line_at(inner), "write -- instead")


def _inner(text: str, begin: int, end: int) -> int:
    """Where a comment has another `/*`, or -1; that of `bucket/*.csv` is a path's."""
    inner = text.find("/*", begin + 2, end)
    while inner >= 0 and not text[inner - 1].isspace():
        inner = text.find("/*", inner + 2, end)
    return inner
