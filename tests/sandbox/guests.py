"""Sessions of roles that hold exactly what a test gives them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from .conftest import Client

_numbers = itertools.count(1)

Guest = Callable[..., tuple[Client, str]]


def guests(client: Client, connect: Callable[..., Client]) -> Iterator[Guest]:
    """Make a fresh role, give it privileges (`SELECT ON TABLE T`), and open a session of that role alone.

    The role may use the database and schema in which `client` is, unless `bare` is given.
    """
    made: list[str] = []

    def make(*grants: str, bare: bool = False) -> tuple[Client, str]:
        role = f"GUEST_{next(_numbers)}"
        made.append(role)
        client(f"CREATE ROLE {role}")
        client(f"GRANT ROLE {role} TO USER ADMIN")
        database, schema = client("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()")[0]
        if not bare and database:
            client(f'GRANT USAGE ON DATABASE "{database}" TO ROLE {role}')
            client(f'GRANT USAGE ON SCHEMA "{database}"."{schema}" TO ROLE {role}')
        for grant in grants:
            client(f"GRANT {grant} TO ROLE {role}")
        guest = connect(role=role)
        guest("USE SECONDARY ROLES NONE")
        if not bare and database:
            guest(f'USE SCHEMA "{database}"."{schema}"')
        return guest, role

    yield make
    client("USE ROLE ACCOUNTADMIN")
    for role in made:
        client(f"GRANT OWNERSHIP ON ROLE {role} TO ROLE ACCOUNTADMIN REVOKE CURRENT GRANTS")
        client(f"DROP ROLE {role}")


def column(client: Client, text: str, *names: str) -> list[tuple[str, ...]]:
    """Some columns of what a statement gives, as texts."""
    rows = client(text)
    places = [client.names().index(name) for name in names]
    return [tuple(str(row[place]) for place in places) for row in rows]
