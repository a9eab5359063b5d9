"""What a statement's handler works with: the account, the session, and how names lead to objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import sqlerror
from snowmaker.sandbox.catalog import ACCOUNT, Catalog, Entry
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.session import Session

if TYPE_CHECKING:
    from snowmaker.sandbox.host import Host


@dataclass(frozen=True)
class Place:
    """Where an object is or would be: its schema and its own name."""

    schema: Entry
    name: str


@dataclass
class Context:
    """One statement as it runs. `command` is what error texts call it ("CREATE TABLE").

    `expanding` are the ids of the views it is inside of; `staged` reads a stage for it, where that is not
    all the stage's files (COPY goes file by file).
    """

    host: Host
    session: Session
    text: str
    query_id: str
    binds: Sequence[list[Any]] = ()
    modifiers: frozenset[str] = frozenset()
    command: str = ""
    describe_only: bool = False
    expanding: tuple[int, ...] = ()
    staged: Callable[[str, str | None], Any] | None = None

    @property
    def catalog(self) -> Catalog:
        return self.host.engine.catalog

    def parser(self, text: str) -> Parser:
        return Parser(text, self.session.variable, self.bind)

    def bind(self, number: int) -> Any:
        if not 1 <= number <= len(self.binds):
            raise sqlerror.malformed(f"error line 1 at position 0\nBind variable ? not set ({number}).")
        return self.binds[number - 1][0]

    @contextmanager
    def ddl(self) -> Iterator[Ddl]:
        """A DDL statement's own transaction; an open one is committed before.

        https://docs.snowflake.com/en/sql-reference/transactions#ddl
        """
        self.session.commit()
        with self.host.engine.ddl(self.session.connection, self.query_id) as work:
            yield work

    def write(self, action: Callable[[], Any]) -> Any:
        return self.session.write(action, self.query_id)

    def allow(self, *modifiers: str) -> None:
        """Refuse a word between CREATE and the kind that this kind does not have."""
        for word in self.modifiers.difference(modifiers):
            raise sqlerror.malformed(f"syntax error line 1 at position 7 unexpected '{word}'.")

    # -- names -----------------------------------------------------------------------------------------

    def database(self, name: str) -> Entry:
        found = self.catalog.find("DATABASE", ACCOUNT, name)
        if found is None:
            raise sqlerror.does_not_exist("Database", name, container=True)
        return found

    def current_database(self) -> Entry:
        if self.session.database is None:
            raise sqlerror.no_current_database(self.command)
        return self.session.database

    def schema(self, name: Name) -> Entry:
        """The schema of a one- or two-part name; PUBLIC where the part is empty (`db..t`)."""
        database = self.database(name[0]) if len(name) > 1 else self.current_database()
        wanted = name[-1] or "PUBLIC"
        found = self.catalog.find("SCHEMA", database.id, wanted)
        if found is None:
            raise sqlerror.does_not_exist("Schema", dotted((database.name, wanted)), container=True)
        return found

    def current_schema(self) -> Entry:
        self.current_database()
        if self.session.schema is None:
            raise sqlerror.no_current_schema(self.command)
        return self.session.schema

    def place(self, name: Name) -> Place:
        """Where an object of a schema is. Raises SqlError when its schema is not there."""
        schema = self.schema(name[:-1]) if len(name) > 1 else self.current_schema()
        return Place(schema, name[-1])

    def look(self, space: str, place: Place) -> Entry | None:
        """The object at a place, the session's own temporary one first."""
        if space == "RELATION" and (mine := self.session.temporary.get((place.schema.id, place.name))):
            return mine
        return self.catalog.find(space, place.schema.id, place.name)

    def find(self, kind: str, name: Name) -> Entry:
        """The object of this kind and name, for an operation on it. Raises 002003."""
        space = "RELATION" if kind in ("TABLE", "VIEW") else kind
        place = self.place(name)
        found = self.look(space, place)
        label = kind.capitalize()
        if found is None:
            raise sqlerror.does_not_exist(label, dotted(name), container=kind not in ("TABLE", "VIEW"))
        if found.kind != kind:
            raise sqlerror.wrong_kind(dotted(name), kind, found.kind)
        return found

    def relation(self, name: Name) -> Entry:
        """A table or view, as a query reads it. Raises 002003 / 42S02."""
        place = self.place(name)
        found = self.look("RELATION", place)
        if found is None:
            raise sqlerror.does_not_exist("Object", dotted(name))
        return found

    def writable(self, schema: Entry) -> None:
        """Refuse to create something in INFORMATION_SCHEMA."""
        if schema.name == "INFORMATION_SCHEMA":
            raise sqlerror.SqlError(
                3001, "42501", "SQL access control error:\nInsufficient privileges to operate on schema "
                "'INFORMATION_SCHEMA'.",
            )  # fmt: skip

    def path(self, entry: Entry) -> str:
        return dotted(self.catalog.path(entry))


def dotted(name: Name) -> str:
    """A name as messages write it: parts quoted where they must be."""
    return ".".join(part if plain(part) else '"' + part.replace('"', '""') + '"' for part in name)


def plain(name: str) -> bool:
    """Whether a name needs no quotes."""
    return bool(name) and not name[0].isdigit() and name == name.upper() and name.replace("$", "_").isidentifier()
