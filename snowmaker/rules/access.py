"""Rules on grants."""

from __future__ import annotations

from collections.abc import Iterator

from snowmaker.rules.base import Code, Found, statement_rule


@statement_rule("warning")
def grant_all(code: Code) -> Iterator[Found]:
    """GRANT ALL gives privileges that nobody named.

    **Why?** What ALL means differs by the kind of object and grows with Snowflake, and it is only what the granting
    role can give: two runs may grant two things, and a reviewer sees neither.
    [GRANT](https://docs.snowflake.com/en/sql-reference/sql/grant-privilege)

    **Example**

    ```sql
    -- migrations/V2__reader.sql
    GRANT ALL PRIVILEGES ON TABLE RESORT.LIFTS.LIFT TO ROLE READER;
    ```

    **Use instead** the privileges by name.

    ```sql
    -- migrations/V2__reader.sql
    GRANT SELECT ON TABLE RESORT.LIFTS.LIFT TO ROLE READER;
    ```
    """
    for link in code.links:
        words = [token.upper for token in link[:4]]
        if words[:2] == ["GRANT", "ALL"] and words[2:3] in (["ON"], ["PRIVILEGES"]):
            yield code.found("GRANT ALL gives privileges that nobody named", link[0].start, "name the privileges")


@statement_rule("warning")
def grant_to_public(code: Code) -> Iterator[Found]:
    """A grant to the role PUBLIC is one to every user and role of the account.

    **Why?** [PUBLIC](https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles)
    is granted to everyone by itself, also to those who come tomorrow, and cannot be taken from anyone.

    **Example**

    ```sql
    -- migrations/V2__reader.sql
    GRANT USAGE ON DATABASE RESORT TO ROLE PUBLIC;
    ```

    **Use instead** a role that says who is meant.

    ```sql
    -- migrations/V2__reader.sql
    GRANT USAGE ON DATABASE RESORT TO ROLE GUEST;
    ```
    """
    for link in code.links:
        if link[0].upper != "GRANT":
            continue
        words = [token.text[1:-1] if token.kind == "identifier" else token.upper for token in link]
        for index, token in enumerate(link):
            if token.upper == "TO" and _names_public(words[index + 1 : index + 3], words[index + 3 : index + 4]):
                hint = "grant it to a role that says who is meant"
                yield code.found("a grant to PUBLIC is one to everybody", link[0].start, hint)


def _names_public(words: list[str], following: list[str]) -> bool:
    """TO ROLE PUBLIC, TO PUBLIC; not TO ROLE PUBLIC.X, as of a database."""
    if words == ["ROLE", "PUBLIC"]:
        return following != ["."]
    return words[:1] == ["PUBLIC"] and words[1:] != ["."]
