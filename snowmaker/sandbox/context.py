"""What a statement's handler works with: the account, the session, and how names lead to objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from snowmaker.sandbox import information_schema, sqlerror
from snowmaker.sandbox.access import Access
from snowmaker.sandbox.catalog import ACCOUNT, RELATIONS, Catalog, Entry, space_of
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.rowcounts import EVERY
from snowmaker.sandbox.session import Session
from snowmaker.sandbox.warehouses import STARTED, state

if TYPE_CHECKING:
    from snowmaker.sandbox.host import Host
    from snowmaker.sandbox.streams import Reading


ACCOUNT_NAME = "SANDBOX"


class Tried(Exception):  # noqa: N818 - not an error: the statement would change something now
    """A statement that is only tried has passed all that could refuse it."""


@dataclass(frozen=True)
class Place:
    """Where an object is or would be: its schema and its own name."""

    schema: Entry
    name: str


@dataclass(frozen=True)
class Nesting:
    """Where a statement of a script is: how many CALLs deep, in which staged file, behind EXECUTE IMMEDIATE or not.

    `owners` says that a procedure with owner's rights runs; `outputs` takes the values of OUT arguments by their
    position, where someone wants them.
    """

    calls: int = 0
    file: str = ""
    files: int = 0
    immediate: bool = False
    owners: bool = False
    outputs: dict[int, Any] | None = None


@dataclass
class Context:
    """One statement as it runs. `command` is what error texts call it ("CREATE TABLE").

    `acting` is the role of the owner whose view, procedure or task runs, in place of the session's roles.
    `expanding` are the ids of the views it is inside of; `staged` reads a stage for it, where that is not
    all the stage's files (COPY goes file by file). `trial` are the roles of a statement that is only tried.
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
    acting: int | None = None
    staged: Callable[[str, str | None], Any] | None = None
    nesting: Nesting = Nesting()
    trial: Access | None = None

    @property
    def url(self) -> str:
        """Where the client reaches the account."""
        return self.session.url or self.host.url

    @property
    def catalog(self) -> Catalog:
        return self.host.engine.catalog

    # -- privileges ------------------------------------------------------------------------------------

    @property
    def role_id(self) -> int | None:
        """The role that owns what is created."""
        return self.session.role_id if self.acting is None else self.acting

    @property
    def access(self) -> Access:
        """What the roles in force may do."""
        if self.acting is None:
            return self.trial or Access.of_session(self.session)
        return Access.of_role(self.catalog, self.acting)

    def as_owner(self, entry: Entry) -> Context:
        """The same, acting as the owner of an object, whose view, procedure or task it is."""
        return replace(self, acting=entry.owner or self.acting)

    def owner(self, entry: Entry) -> str:
        """The name of the role that owns it; none owns what the system made."""
        found = self.catalog.get(entry.owner) if entry.owner else None
        return found.name if found else ""

    def owner_type(self, entry: Entry) -> str:
        """ROLE or DATABASE_ROLE; nothing where no role owns it."""
        found = self.catalog.get(entry.owner) if entry.owner else None
        return found.kind.replace(" ", "_") if found else ""

    def require(self, entry: Entry, *privileges: str) -> Entry:
        """The entry, on which the roles hold one of the privileges or OWNERSHIP. Raises 002003, 003001."""
        access = self.access
        if self.mine(entry) or access.holds(entry, *privileges):
            return entry
        if not access.sees(entry):
            raise self.unseen(entry.kind, self.catalog.path(entry))
        raise sqlerror.insufficient(entry.kind, entry.name)

    def require_warehouse(self) -> None:
        """What reads tables or changes them, and is not only described, runs in a warehouse. Raises 000606.

        A suspended one resumes by itself, unless its AUTO_RESUME is FALSE.
        https://docs.snowflake.com/en/user-guide/warehouses-overview#auto-suspension-and-auto-resumption
        """
        session = self.session
        if session.serverless or self.describe_only:
            return
        warehouse = self.catalog.get(session.warehouse_id) if session.warehouse and session.warehouse_id else None
        if warehouse is not None and state(warehouse) == STARTED:
            return
        if warehouse is None or not warehouse.get("auto_resume", True):
            raise sqlerror.no_warehouse()
        self.host.resume(warehouse)

    def require_global(self, *privileges: str) -> None:
        """One of the privileges on the account is there. Raises 003001."""
        if not self.access.global_(*privileges):
            raise sqlerror.insufficient("account", ACCOUNT_NAME)

    def mine(self, entry: Entry) -> bool:
        """Whether it is a temporary object of this session, which nobody else can see."""
        session = self.session
        return (entry.parent, entry.name) in session.temporary or self.private(entry)

    def private(self, entry: Entry) -> bool:
        """Whether it is a temporary stage or file format of this session."""
        found = self.session.private.get((entry.space, entry.parent, entry.name))
        return found is not None and found.id == entry.id

    @staticmethod
    def unseen(kind: str, name: Name) -> sqlerror.SqlError:
        """What is not there and what may not be seen look alike."""
        return sqlerror.does_not_exist(kind.capitalize(), dotted(name), container=kind not in RELATIONS)

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
            self.passed()

    def passed(self) -> None:
        """All that could refuse the statement is behind it. Raises Tried where it is only tried."""
        if self.trial is not None:
            raise Tried

    def write(
        self,
        action: Callable[[], Any],
        table: Entry | None = None,
        readings: Iterable[Reading] = (),
        *,
        alone: bool = False,
    ) -> Any:
        """Run DML. `table` is what it changes, for the streams that follow it; `readings` what it read of streams.

        `alone` keeps others from writing to the table, even beside an INSERT.
        """
        from snowmaker.sandbox import hybrid, streams  # which need this module

        if table is not None:
            hybrid.refuse_writing(table)
        self.passed()
        run = streams.following(self, action, table, readings)
        shared = not alone and run is action and self.command in ("INSERT", "COPY INTO")
        return self.session.write(run, self.query_id, table.id if table else EVERY, shared=shared)

    def allow(self, *modifiers: str) -> None:
        """Refuse a word between CREATE and the kind that this kind does not have."""
        for word in self.modifiers.difference(modifiers):
            raise sqlerror.malformed(f"syntax error line 1 at position 7 unexpected '{word}'.")

    # -- names -----------------------------------------------------------------------------------------

    def database(self, name: str) -> Entry:
        """The database, to look up something in it. Raises 002003 where it is not, or may not be used."""
        found = self.catalog.find("DATABASE", ACCOUNT, name)
        if found is None or not self.access.enters(found):
            raise sqlerror.does_not_exist("Database", name, container=True)
        return found

    def current_database(self) -> Entry:
        if self.session.database is None:
            raise sqlerror.no_current_database(self.command)
        return self.database(self.session.database.name)

    def schema(self, name: Name) -> Entry:
        """The schema of a one- or two-part name; PUBLIC where the part is empty (`db..t`)."""
        database = self.database(name[0]) if len(name) > 1 else self.current_database()
        wanted = name[-1] or "PUBLIC"
        found = self.catalog.find("SCHEMA", database.id, wanted)
        if found is None or not self.access.enters(found):
            raise sqlerror.does_not_exist("Schema", dotted((database.name, wanted)), container=True)
        return found

    def current_schema(self) -> Entry:
        database = self.current_database()
        if self.session.schema is None:
            raise sqlerror.no_current_schema(self.command)
        return self.schema((database.name, self.session.schema.name))

    def place(self, name: Name) -> Place:
        """Where an object of a schema is. Raises SqlError when its schema is not there."""
        schema = self.schema(name[:-1]) if len(name) > 1 else self.current_schema()
        return Place(schema, name[-1])

    def look(self, space: str, place: Place) -> Entry | None:
        """The object at a place, the session's own temporary one first."""
        if space == "RELATION" and (mine := self.session.temporary.get((place.schema.id, place.name))):
            return mine
        if private := self.session.private.get((space, place.schema.id, place.name)):
            return private
        if space == "RELATION" and place.schema.name == information_schema.NAME:
            return information_schema.entry(place.schema, place.name)
        return self.catalog.find(space, place.schema.id, place.name)

    def find(self, kind: str, name: Name, *privileges: str) -> Entry:
        """The object of this kind and name in a schema, for an operation on it.

        The roles in force must hold one of the privileges on it, or OWNERSHIP; with none named, any privilege
        will do. Raises 002003 where it is not or may not be seen, 003001 where the privilege is missing.
        """
        place = self.place(name)
        found = self.look(space_of(kind), place)
        if found is None or not (self.mine(found) or self.access.finds(found, *privileges)):
            raise self.unseen(kind, name)
        if found.kind != kind:
            raise sqlerror.wrong_kind(dotted(name), kind, found.kind)
        return self.require(found, *privileges)

    def relation(self, name: Name, *privileges: str) -> Entry:
        """A table or view, as a query reads it. Raises 002003 / 42S02, 003001."""
        place = self.place(name)
        found = self.look("RELATION", place)
        if found is None or not (self.mine(found) or self.access.sees(found)):
            raise sqlerror.does_not_exist("Object", dotted(name))
        return self.require(found, *privileges)

    def writable(self, schema: Entry) -> None:
        """Refuse to create something in INFORMATION_SCHEMA."""
        if schema.name == "INFORMATION_SCHEMA":
            raise sqlerror.insufficient("schema", schema.name)

    def path(self, entry: Entry) -> str:
        return dotted(self.catalog.path(entry))


def dotted(name: Name) -> str:
    """A name as messages write it: parts quoted where they must be."""
    return ".".join(part if plain(part) else '"' + part.replace('"', '""') + '"' for part in name)


def plain(name: str) -> bool:
    """Whether a name needs no quotes."""
    return bool(name) and not name[0].isdigit() and name == name.upper() and name.replace("$", "_").isidentifier()
