"""Rules on the files of checks."""

from __future__ import annotations

from collections.abc import Iterator

from snowmaker.rules.base import Found, Subject, project_rule


@project_rule("error")
def bad_check(subject: Subject) -> Iterator[Found]:
    """A file of checks/ holds a statement that is no query, or says what no role can.

    **Why?** `snowmaker test` stops at it. What does more than read has no place where an account is only looked at, and
    a misspelt privilege, which nobody has, would pass every `cannot`.

    **Example**

    ```yaml
    # checks/access.yml
    - role: ANALYST
      cannot: [instert on table SHOP.RAW.ORDERS]
    ```

    **Use instead** queries that return what must not be there, and the words of GRANT.

    ```yaml
    # checks/access.yml
    - role: ANALYST
      cannot: [insert on table SHOP.RAW.ORDERS]
    ```
    """
    yield from subject.faulted("bad_check", "no_query")
