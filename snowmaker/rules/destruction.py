"""Rules on what a statement takes away: rows, grants, the history, the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from snowmaker import sql
from snowmaker.planner import history_moves
from snowmaker.rules.base import Code, Found, Insertions, Subject, project_rule, statement_rule
from snowmaker.sql import Token

_TEMPORARY = {"TEMPORARY", "TEMP", "VOLATILE"}
_TABLES = {"TRANSIENT", "HYBRID", "ICEBERG", "EVENT", "INTERACTIVE", "LOCAL", "GLOBAL"}
# DROP MANAGED ACCOUNT has no IF EXISTS: https://docs.snowflake.com/en/sql-reference/sql/drop-managed-account
_NO_IF_EXISTS = {"MANAGED"}
# whose CREATE OR REPLACE takes COPY GRANTS; a table's has a rule of its own
_COPIED = {"VIEW", "FUNCTION", "PROCEDURE", "STREAM"}
_COPIED_TABLES = {"DYNAMIC", "EXTERNAL"}


@project_rule("warning")
def destructive_statement(subject: Subject) -> Iterator[Found]:
    """A script loses what its rollback cannot bring back: rows, files, an offset, a secret.

    **Why?** DROP, TRUNCATE, DELETE, DROP COLUMN, CREATE OR REPLACE of what holds data, and their like are where a
    deploy goes wrong for good. `migrate` asks before them (`[policy] destructive = "confirm"`) or refuses them
    (`"forbid"`, which makes this an error); under `"allow"` nothing is told. Rollbacks are not looked at.

    **Example**

    ```sql
    -- migrations/V3__no_more_lifts.sql
    ALTER TABLE RESORT.LIFTS.LIFT DROP COLUMN MAKER;
    ```

    **Use instead** what keeps the data until nobody needs it; or say that it is meant.

    ```sql
    -- migrations/V3__no_more_lifts.sql
    ALTER TABLE RESORT.LIFTS.LIFT RENAME COLUMN MAKER TO MAKER_UNTIL_2026;
    ```
    """
    policy = subject.policy.destructive
    if policy == "allow":
        return
    for part in subject.parts:
        for code in part.statements if not part.undo else ():
            statement = code.statement
            if statement.destructive == "yes" and (policy == "forbid" or not _replaces_table(code.links)):
                hint = "`-- snowmaker: allow=destructive_statement` above it says that it is meant"
                if policy == "forbid":
                    hint = "[policy] destructive = forbid"
                level = "error" if policy == "forbid" else ""
                yield code.found(f"destructive: {statement.reason}", 0, hint, level)


@statement_rule("warning")
def create_or_replace_table(code: Code) -> Iterator[Found]:
    """CREATE OR REPLACE TABLE drops the table that is there, with its rows, grants and streams' offsets.

    **Why?** On the day it was written the table was empty or absent; when it runs again, in another environment or by a
    colleague's script, it is not. [CREATE TABLE](https://docs.snowflake.com/en/sql-reference/sql/create-table) also
    loses the privileges that others were granted, unless it says COPY GRANTS. Temporary tables are left alone.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE OR REPLACE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    ```

    **Use instead** CREATE TABLE for what is new and ALTER TABLE for what is there.

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    ```
    """
    if _replaces_table(code.links):
        hint = "write CREATE TABLE, or ALTER TABLE for what is there"
        yield code.found("CREATE OR REPLACE TABLE drops the rows that are there", 0, hint)


def _replaces_table(links: Sequence[Sequence[Token]]) -> bool:
    for link in links:
        words = [token.upper for token in link[:8]]
        if words[:3] != ["CREATE", "OR", "REPLACE"]:
            continue
        index = 3
        while index < len(words) and words[index] in _TABLES:
            index += 1
        if words[index : index + 1] == ["TABLE"]:
            return True
    return False


@statement_rule("warning")
def lost_grants(code: Code) -> Iterator[Found]:
    """CREATE OR REPLACE without COPY GRANTS takes everybody's privileges on the object away.

    **Why?** The object that replaces the old one is new: whoever could read it cannot any more, until somebody grants
    it again. With [COPY GRANTS](https://docs.snowflake.com/en/sql-reference/sql/create-view) the privileges stay, all
    but OWNERSHIP; where there was nothing to replace, it does nothing.

    **Example**

    ```sql
    -- migrations/R__open_lifts.sql
    CREATE OR REPLACE VIEW RESORT.MARTS.OPEN_LIFT AS SELECT ID FROM RESORT.LIFTS.LIFT WHERE OPEN;
    ```

    **Use instead**

    ```sql
    -- migrations/R__open_lifts.sql
    CREATE OR REPLACE VIEW RESORT.MARTS.OPEN_LIFT COPY GRANTS AS SELECT ID FROM RESORT.LIFTS.LIFT WHERE OPEN;
    ```
    """
    for link in code.links:
        words = [token.upper for token in link[:8]]
        if words[:3] != ["CREATE", "OR", "REPLACE"] or _TEMPORARY & set(words):
            continue
        kind = _replaced_kind(words)
        if kind and not any((one.upper, two.upper) == ("COPY", "GRANTS") for one, two in pairwise(link)):
            yield code.found(f"replaces a {kind.lower()} without COPY GRANTS", link[0].start, "add COPY GRANTS")


def _replaced_kind(words: Sequence[str]) -> str:
    for index, word in enumerate(words[3:], 3):
        if word in _COPIED or (word == "TABLE" and words[index - 1] in _COPIED_TABLES):
            return word if word != "TABLE" else f"{words[index - 1]} TABLE"
        if word not in ("SECURE", "RECURSIVE", "MATERIALIZED", "AGGREGATE", *_COPIED_TABLES):
            return ""
    return ""


def with_if_exists(text: str) -> Insertions:
    """Where a DROP or TRUNCATE lacks IF EXISTS, and the words to put there."""
    listed = sql.head(text, 16)
    words = [token.upper for token in listed]
    if words[:1] == ["TRUNCATE"]:
        index = 2 if words[1:2] == ["TABLE"] else 1
        if words[1:2] == ["MATERIALIZED"] or words[index : index + 1] in ([], ["IF"]):
            return ()
        return ((listed[index].start, "IF EXISTS "),)
    if words[:1] != ["DROP"] or _NO_IF_EXISTS & set(words[1:3]):
        return ()
    index = sql.name_index(listed)
    name, after = sql.chain(listed, index)
    alone = words[after : after + 1] in ([], ["("], ["CASCADE"], ["RESTRICT"])  # else the name is of the kind still
    if not name or not alone or words[index - 1] == "EXISTS":
        return ()
    return ((listed[index].start, "IF EXISTS "),)


@statement_rule("warning", fix=with_if_exists)
def missing_if_exists(code: Code) -> Iterator[Found]:
    """A DROP or TRUNCATE in a rollback has no IF EXISTS.

    **Why?** A rollback also takes back a script that stopped half-way: what its later statements would have made is not
    there, and the rollback would stop at it, too. `snowmaker check --fix` adds the words.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/U2__lifts.sql
    DROP TABLE RESORT.LIFTS.LIFT;
    ```

    **Use instead**

    ```sql
    -- migrations/V2__lifts.sql
    CREATE TABLE RESORT.LIFTS.LIFT (ID NUMBER);
    -- migrations/U2__lifts.sql
    DROP TABLE IF EXISTS RESORT.LIFTS.LIFT;
    ```
    """
    for offset, _ in with_if_exists(code.statement.text) if code.part.undo else ():
        words = " ".join(token.upper for token in code.tokens if token.start < offset)
        yield code.found(f"{words} without IF EXISTS in a rollback", 0, "add IF EXISTS; `snowmaker check --fix` does")


@project_rule("error")
def history_container(subject: Subject) -> Iterator[Found]:
    """A statement would drop, replace, rename or swap what holds the history.

    **Why?** Without its history a project does not know what ran. `migrate` and `rollback` refuse such a script,
    whatever the policies say.

    **Example**

    ```sql
    -- migrations/V2__tidy.sql
    ALTER DATABASE METADATA RENAME TO RESORT;
    ```

    **Use instead** a database of the history's own, which no script touches.

    ```sql
    -- migrations/V2__tidy.sql
    ALTER DATABASE SKIING RENAME TO RESORT;
    ```
    """
    for part in subject.parts:
        for code in part.statements:
            for kind, name in history_moves(code.statement.text, subject.history):
                message = f"would move or drop {kind.lower()} {'.'.join(name)}, which holds the history"
                yield code.found(message, 0, "keep the history in a database of its own")


@project_rule("error")
def unsafe_transaction(subject: Subject) -> Iterator[Found]:
    """A script with `transaction=on` has a statement that commits, or that no transaction takes back.

    **Why?** [DDL commits](https://docs.snowflake.com/en/sql-reference/transactions#ddl) what stands before it, so the
    script would not happen wholly or not at all. `migrate` refuses it.

    **Example**

    ```sql
    -- migrations/V2__lifts.sql
    -- snowmaker: transaction=on
    INSERT INTO RESORT.LIFTS.LIFT (ID) VALUES (1);
    CREATE TABLE RESORT.LIFTS.GUN (ID NUMBER);
    ```

    **Use instead** two scripts.

    ```sql
    -- migrations/V2__lifts.sql
    -- snowmaker: transaction=on
    INSERT INTO RESORT.LIFTS.LIFT (ID) VALUES (1);
    -- migrations/V3__guns.sql
    CREATE TABLE RESORT.LIFTS.GUN (ID NUMBER);
    ```
    """
    for part in subject.parts:
        for code in part.statements if part.source.directives.transaction else ():
            unsafe = sql.transaction_unsafe(code.statement)
            if unsafe:
                yield code.found(f"transaction=on, but {unsafe}", 0, "take it out of the script")
