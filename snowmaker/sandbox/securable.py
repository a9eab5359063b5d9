"""What GRANT, REVOKE and SHOW GRANTS name: securable objects behind ON, and roles and users behind TO or FROM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from snowmaker.sandbox import kinds, sqlerror
from snowmaker.sandbox.access import managed_by
from snowmaker.sandbox.catalog import ACCOUNT, Entry
from snowmaker.sandbox.context import Context, dotted
from snowmaker.sandbox.kinds import KINDS
from snowmaker.sandbox.parser import Name, Parser
from snowmaker.sandbox.privileges import domain, privileges_on
from snowmaker.sandbox.vocabulary import KINDS as NAMES
from snowmaker.sandbox.vocabulary import plural

_BY_WORDS = {tuple(name.split()): name for name in NAMES}
_BY_PLURAL = {tuple(plural(name).split()): name for name in NAMES}
_BY_WORDS["VOLUME",] = "EXTERNAL VOLUME"  # as SHOW GRANTS has it
_LONGEST = 5  # words of a kind

# https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#usage-notes: no bulk grants on these
_NEVER_ALL = frozenset(("MASKING POLICY", "ROW ACCESS POLICY", "SESSION POLICY", "PASSWORD POLICY", "TAG"))
_NEVER_FUTURE = _NEVER_ALL | {"AGGREGATION POLICY", "NETWORK RULE", "PACKAGES POLICY", "PROJECTION POLICY", "SNAPSHOT"}


@dataclass(frozen=True)
class Securables:
    """What stands behind ON: the account (no entries, kind ACCOUNT), one object, ALL or FUTURE of a kind.

    `container` is the database or schema of ALL and FUTURE.
    """

    kind: str
    entries: tuple[Entry, ...] = ()
    container: Entry | None = None
    future: bool = False

    @property
    def bulk(self) -> bool:
        return self.container is not None and not self.future

    @property
    def account(self) -> bool:
        return self.kind == "ACCOUNT"


def read_securables(context: Context, parser: Parser, verb: str) -> Securables:
    """What is between ON and TO (or FROM). `verb` is GRANT or REVOKE, for the messages. Raises 002003."""
    if parser.accept("ACCOUNT"):
        return Securables("ACCOUNT")
    if parser.accept("ALL"):
        return _all(context, parser, verb)
    if parser.accept("FUTURE"):
        return _future(context, parser)
    entry = read_object(context, parser)
    return Securables(entry.kind, (entry,))


# -- ALL and FUTURE ------------------------------------------------------------------------------------


def _all(context: Context, parser: Parser, verb: str) -> Securables:
    kind = _kind(parser, _BY_PLURAL)
    if kind is None:
        raise parser.unexpected()
    container = _container(context, parser, kind)
    if kind in _NEVER_ALL:
        raise _unsupported_feature(f"{verb} on all objects of type {domain(kind)}")
    _grantable(kind)
    return Securables(kind, tuple(_inside(context, kind, container)), container)


def _future(context: Context, parser: Parser) -> Securables:
    kind = _kind(parser, _BY_PLURAL)
    if kind is None:
        raise parser.unexpected()
    container = _container(context, parser, kind)
    if kind in _NEVER_FUTURE:
        raise _unsupported_feature(domain(kind))
    _grantable(kind)
    return Securables(kind, (), container, future=True)


def _grantable(kind: str) -> None:
    """A kind the sandbox has, or one with known privileges, of which it then holds no objects."""
    if kind not in KINDS and not privileges_on(kind):
        raise sqlerror.unsupported(f"grants on {kind}")


def _level(kind: str) -> str:
    return KINDS.get(kind, KINDS["TABLE"]).level


def _container(context: Context, parser: Parser, kind: str) -> Entry:
    """IN DATABASE d | SCHEMA s; a schema holds no schemas."""
    parser.expect("IN")
    word = parser.choice("DATABASE", "SCHEMA")
    if word == "DATABASE":
        return context.database(parser.name(1)[0])
    if word == "SCHEMA" and _level(kind) != "DATABASE":
        return context.schema(parser.name(2))
    raise parser.unexpected()


def _inside(context: Context, kind: str, container: Entry) -> Iterable[Entry]:
    """The objects of a kind in a database or schema, by name. What no role owns is the system's."""
    if container.kind == "SCHEMA" or _level(kind) == "DATABASE":
        return [each for each in context.catalog.children(container.id, kind) if each.owner]
    schemas = context.catalog.children(container.id, "SCHEMA")
    return [each for schema in schemas for each in context.catalog.children(schema.id, kind) if each.owner]


def _unsupported_feature(what: str) -> sqlerror.SqlError:
    return sqlerror.SqlError(2, "0A000", f"Unsupported feature '{what}'.")


# -- one object ----------------------------------------------------------------------------------------


def read_object(context: Context, parser: Parser) -> Entry:
    """A kind and a name, or the name alone of a table or view. Raises 002003 where none is or may be seen."""
    start = parser.scanner.position
    kind = _kind(parser, _BY_WORDS)
    if kind is None or parser.at("TO") or parser.at("FROM") or parser.peek().kind == "end":
        parser.scanner.position = start
        return _relation(context, parser)
    return _object(context, kind, parser)


def _relation(context: Context, parser: Parser) -> Entry:
    name = parser.name()
    if parser.peek().kind in ("word", "quoted") and not (parser.at("TO") or parser.at("FROM") or parser.at("LIMIT")):
        if context.command.startswith("SHOW"):
            raise parser.unexpected()
        raise sqlerror.SqlError(
            2003, "02000", f"SQL compilation error: Object type or Class '{name[-1]}' does not exist or not authorized."
        )
    place = context.place(name)
    found = context.look("RELATION", place)
    if found is None or not _seen(context, found):
        raise sqlerror.does_not_exist("Object", dotted(name))
    return found


def _object(context: Context, kind: str, parser: Parser) -> Entry:
    kind = "INTEGRATION" if kind.endswith(" INTEGRATION") else kind
    known = _known(kind)
    name = kinds.read_name(parser, known)
    found = _find(context, known, name)
    if found is None or not _seen(context, found):
        shown = name if known.named is None else (*name[:-1], name[-1].partition("(")[0])
        error = context.unseen(kind, shown)
        raise error if known.named is None else _with_types(error, shown[-1], name[-1])
    if found.kind != kind and kind not in ("TABLE", "VIEW"):
        raise sqlerror.wrong_kind(dotted(name), kind, found.kind)
    return found


def _with_types(error: sqlerror.SqlError, bare: str, name: str) -> sqlerror.SqlError:
    return sqlerror.SqlError(error.code, error.sqlstate, error.message.replace(f"{bare}' does", f"{name}' does"))


def _find(context: Context, kind: kinds.Kind, name: Name) -> Entry | None:
    if kind.level == "SCHEMA":
        return context.look(kind.space, context.place(name))
    parent, own = kinds.where(context, kind, name)
    return context.catalog.find(kind.space, parent, own)


def _seen(context: Context, entry: Entry) -> bool:
    """Whether the roles may GRANT on it at all: who manages the schema's access sees what is in it."""
    if context.mine(entry) or context.access.sees(entry):
        return True
    managing = managed_by(context.catalog, entry)
    return managing is not None and context.access.owns(managing)


def _known(kind: str) -> kinds.Kind:
    found = KINDS.get(kind)
    if found is None:
        raise sqlerror.unsupported(f"grants on {kind}")
    return found


def _kind(parser: Parser, names: Mapping[tuple[str, ...], str]) -> str | None:
    """The kind whose name comes next, the longest one; None where none does."""
    start = parser.scanner.position
    words: list[str] = []
    ends: list[int] = []
    while len(words) < _LONGEST and parser.peek().kind == "word":
        words.append(parser.scanner.take().value)
        ends.append(parser.scanner.position)
    for length in range(len(words), 0, -1):
        if found := names.get(tuple(words[:length])):
            parser.scanner.position = ends[length - 1]
            return found
    parser.scanner.position = start
    return None


# -- roles and users -----------------------------------------------------------------------------------


def read_role(context: Context, parser: Parser) -> Entry:
    """The name of an account role. Raises 002003."""
    return _holder(context, "ROLE", parser.name(1))


def read_database_role(context: Context, parser: Parser) -> Entry:
    """The name of a database role, in the current database where it is not qualified. Raises 002003."""
    return _holder(context, "DATABASE ROLE", parser.name(2))


def read_user(context: Context, parser: Parser) -> Entry:
    """The name of a user. Raises 002003."""
    return _holder(context, "USER", parser.name(1))


def _holder(context: Context, kind: str, name: Name) -> Entry:
    parent, own = kinds.where(context, KINDS[kind], name)
    found = context.catalog.find(kind, parent, own)
    if found is None:
        raise context.unseen(kind, name)
    return found


def read_grantee(context: Context, parser: Parser, refusal: str) -> Entry:
    """[ROLE] r | DATABASE ROLE d.r | USER u. Shares and applications are refused as `refusal` and their kind."""
    for kind in ("SHARE", "APPLICATION ROLE", "APPLICATION", "SERVICE ROLE"):
        if parser.at(*kind.split()):
            raise sqlerror.unsupported(f"{refusal} {kind}")
    if parser.accept("DATABASE", "ROLE"):
        return read_database_role(context, parser)
    if parser.accept("USER"):
        return read_user(context, parser)
    start = parser.scanner.position
    if parser.accept("ROLE") and parser.peek().kind in ("word", "quoted", "variable"):
        return read_role(context, parser)
    parser.scanner.position = start
    return read_role(context, parser)


def in_its_database(context: Context, role: Entry, entry: Entry) -> bool:
    """Whether an object is the database of a database role, or inside it."""
    while entry.parent != ACCOUNT and entry.id != role.parent:
        entry = context.catalog.by_id(entry.parent)
    return entry.id == role.parent


__all__ = [
    "Securables",
    "in_its_database",
    "read_database_role",
    "read_grantee",
    "read_object",
    "read_role",
    "read_securables",
    "read_user",
]
