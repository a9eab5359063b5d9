"""The nouns of declared accounts: a kind says which properties its components have; a component has their values.

A kind is data: what is true of each of its properties stands in one line, and `ddl.py` and `rows.py` derive CREATE,
ALTER, DROP and their undo from it, and the reading of SHOW, DESCRIBE and SHOW PARAMETERS. Only what is special about
a kind is code in its file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from snowmaker import sql
from snowmaker.components.types import Need, Type

Level = Literal["account", "database", "schema"]
# where a property is read: a column of SHOW, a row of DESCRIBE, SHOW PARAMETERS, code of the kind, or nowhere
Source = Literal["show", "describe", "parameters", "own", "nowhere"]
Pairs = list[tuple[str, tuple[str, ...]]]  # statements, each with what takes it back
Record = Mapping[str, Any]  # a row, by column name in lower case
Settled = tuple[list["Component"], list["Component"]]  # what is stopped before a plan, and what is started behind it

LEVELS: tuple[Level, ...] = ("account", "database", "schema")
OF_ANY_KIND = "?"  # the kind of what is made where nobody knows what it is


@dataclass(frozen=True)
class Property:
    """One property of a kind, by Snowflake's own name in lower case.

    `default` is what an object has where nothing is said; None means that it has none, or inherits it. `form` is how
    CREATE writes it, `{}` being the literal; `before` puts it in front of the kind (TRANSIENT); one that is not
    `created` is altered behind CREATE. `alter` gives the statements that lead from an old value to a new one, where
    they are not SET and UNSET; it gets the kind and name as SQL writes them. `fixed` says why it cannot be altered:
    then the object is replaced. A property of `source` nowhere is written at CREATE and never compared; `optional` is
    compared only where it is declared. What only a certain `role` may set is altered apart, and so is what is `late`,
    as it may name what is made inside of a container. `first` and `last` give the statements that come before and
    behind all others that alter the object. CREATE writes one that stands
    `inside` of another property between the brackets of that one. One that is `settled` says whether the object runs,
    by a value for one that is stopped and one for one that runs: it changes before and behind all other changes of a
    plan, as the kind's `settle` has it. A `link` names others of its kind and owner:
    what goes of it goes before all else is changed, and what comes of it comes behind it, when all have their owners.
    """

    name: str
    type: Type
    default: Any = None
    column: str = ""
    source: Source = "show"
    short: str = ""
    form: str = ""
    before: bool = False
    required: bool = False
    unset: bool = True
    optional: bool = False
    fixed: str = ""
    created: bool = True
    role: str = ""
    alter: Callable[[str, Any, Any], Pairs] | None = None
    first: Callable[[str, Any, Any], Pairs] | None = None
    last: Callable[[str, Any, Any], Pairs] | None = None
    inside: str = ""
    late: bool = False
    settled: tuple[Any, Any] | None = None
    link: bool = False

    @property
    def apart(self) -> bool:
        """Whether it is altered by a change of its own."""
        return bool(self.role) or self.late

    @property
    def shown(self) -> str:
        """The column, row or parameter it is read from."""
        return self.column or self.name

    def same(self, one: Any, other: Any, default: Any = None) -> bool:
        """Whether two values mean the same; `default` wins over the property's own."""
        default = self.default if default is None else default
        one, other = (default if value is None else value for value in (one, other))
        return one == other if one is None or other is None else self.type.same(one, other)


@dataclass(frozen=True)
class Bulk:
    """A read of one database that tells of many objects. `key` are the columns that name schema and object.

    One that is `of` plurals is asked of each object that SHOW lists under these in the account, `{name}` being its
    name as a literal, `{database}` its database; its `key` names the database too. An `optional` one tells nothing
    where it fails: not every account has it.
    """

    name: str
    sql: str
    key: tuple[str, ...]
    of: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Row:
    """All that an account says of one object: its row of SHOW, DESCRIBE by property, parameters, rows of bulk reads.

    `container` is the row of SHOW of its schema or database.
    """

    shown: Record
    described: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # key: (value, level)
    bulk: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    container: Record = field(default_factory=dict)


Values = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of component, as its page in Snowflake's documentation describes it.

    `listing` is what SHOW lists, where that is not the plural; `identity` and `arguments` read the name from a row
    of it, None for a row that is none of them; `described` asks for DESCRIBE. A `signed` kind has arguments in its
    names, a `single` one has no names, one that `holds` has other components inside; `brief` is the property that a
    plain text in YAML stands for.

    `between` separates the properties of one ALTER … SET, `between_unset` those of UNSET; with '' each has a statement
    of its own. `copies_grants` is the property behind which CREATE OR REPLACE says COPY GRANTS ('' is the name), where
    it can. `role` is whose business creating it is, at the level of the account; elsewhere it is the container's owner.
    `undrop` says whether what was dropped comes back. `system` names are nobody's to declare, `implied` ones come with
    a new container. Of two that do not depend on each other the kind with the lower `rank` is made first. `lead` stands
    behind the name in CREATE, before properties.

    The other callables are what is special. `read` adds to the values that were read, `check` says what is wrong with
    declared ones, `rebuilt` why changed attributes need a replacement, '' where they do not. `rebuild` gives the
    statements that replace an object without losing what it holds, `around` what has to be done before and after some
    properties are altered, `needs` what a component depends on beyond the names in its properties, `derived` defaults
    that follow from it, and `warn` what else a change of a live component breaks. `misfit` says why a declared
    component cannot be what a live one is to become, `along` which values have to be said together with changed ones.

    `finished` gives a declared component with what its properties say of each other, and may raise ValueError;
    `facing` a live one as it compares with a declared one. `queries` are statements, by names of their own, that tell
    of one live object alone, which comes with the declared one, where there is one, and with whether all has to be
    known, as it is to be replaced; `read` finds the answers in `Row.bulk`, as does `notes`, which adds to the facts.
    `loses` says whether changed attributes lose data although `rebuild` keeps what it can.

    `others` gives the property behind a name that is none of `properties`, of a kind with more than can be listed;
    these are compared only where they are declared, and null takes their value away. What names a `linked` component
    knows it by a hidden id: it is told the name again when the component comes back as another.

    `settle` gets all components of the kind that are there and that will be there, in the databases concerned, with
    the names of the properties that change by their keys. It gives those that are stopped before all changes, and
    those that are started behind them, each in order.

    Of what no kind describes a component says itself: `texts` are what makes and what drops it, `probes` questions by
    names of their own, which are answered by rows or none, `probed` gives the live component of the answers, None where
    it is not there, and `makes` what it makes beside itself. It may stand `anywhere`.
    """

    name: str
    page: str
    properties: tuple[Property, ...]
    level: Level = "schema"
    plural: str = ""
    role: str = "SYSADMIN"
    lead: str = ""
    between: str = " "
    between_unset: str = ", "
    renames: bool = True
    replaces: bool = True
    copies_grants: str | None = None
    undrop: bool = False
    described: bool = False
    listing: str = ""
    signed: bool = False
    single: bool = False
    holds: bool = False
    brief: str = ""
    bulk: tuple[Bulk, ...] = ()
    system: frozenset[str] = frozenset()
    implied: frozenset[str] = frozenset()
    identity: Callable[[Record], tuple[str, ...] | None] | None = None
    arguments: Callable[[Record], tuple[str, ...]] | None = None
    read: Callable[[Row], Values] | None = None
    notes: Callable[[Row], Mapping[str, Any]] | None = None
    check: Callable[[Component], str] | None = None
    rebuild: Callable[[Component, Component], Pairs] | None = None
    around: Callable[[Component, set[str]], tuple[Pairs, Pairs]] | None = None
    needs: Callable[[Component], Iterable[Need]] | None = None
    derived: Callable[[Component], Values] | None = None
    rebuilt: Callable[[Mapping[str, tuple[Any, Any]]], str] | None = None
    warn: Callable[[Component, str], tuple[str, ...]] | None = None
    misfit: Callable[[Component, Component], str] | None = None
    finished: Callable[[Component], Component] | None = None
    facing: Callable[[Component, Component], Component] | None = None
    queries: Callable[[Component, Component | None, bool], Mapping[str, str]] | None = None
    loses: Callable[[Mapping[str, tuple[Any, Any]]], bool] | None = None
    along: Callable[[Component, Component, Mapping[str, tuple[Any, Any]]], Mapping[str, tuple[Any, Any]]] | None = None
    others: Callable[[str], Property | None] | None = None
    settle: (
        Callable[[Sequence[Component], Sequence[Component], Mapping[tuple[str, ...], Collection[str]]], Settled] | None
    ) = None
    linked: bool = False
    texts: Callable[[Component], tuple[str, str]] | None = None
    probes: Callable[[Component], Mapping[str, str]] | None = None
    probed: Callable[[Component, Mapping[str, bool]], Component | None] | None = None
    makes: Callable[[Component], Iterable[Need]] | None = None
    anywhere: bool = False
    rank: int = 50

    @property
    def many(self) -> str:
        """The plural, as SHOW says it."""
        return self.plural or f"{self.name}S"

    @property
    def section(self) -> str:
        """The key of YAML under which components of this kind stand."""
        return self.many.lower().replace(" ", "_")

    @property
    def slug(self) -> str:
        """The name in JSON and in messages: `resource_monitor`."""
        return self.name.lower().replace(" ", "_")

    def find(self, name: str) -> Property:
        """A property by its name; raises KeyError."""
        for one in self.properties:
            if one.name == name:
                return one
        found = self.others(name) if self.others is not None else None
        if found is None:
            raise KeyError(name)
        return found

    def compared(self, names: Iterable[str]) -> Sequence[Property]:
        """Its properties, and behind them those of the names given that it does not list."""
        if self.others is None:
            return self.properties
        listed = {one.name for one in self.properties}
        return [*self.properties, *(self.find(name) for name in names if name not in listed)]

    def inside(self, other: Kind) -> bool:
        """Whether its components may stand inside of one of another kind."""
        return other.holds and (self.anywhere or LEVELS.index(self.level) > LEVELS.index(other.level))

    @property
    def shows(self) -> bool:
        """Whether SHOW lists its components."""
        return not self.single and self.probes is None

    @property
    def tagged(self) -> bool:
        """Whether its components can have tags."""
        return any(one.name == "tags" for one in self.properties)

    @property
    def settled(self) -> Property | None:
        """The property that says whether a component runs."""
        return next((one for one in self.properties if one.settled), None)

    @property
    def parameters(self) -> bool:
        """Whether SHOW PARAMETERS has to be read."""
        return any(one.source == "parameters" for one in self.properties)


@dataclass(frozen=True)
class Place:
    """Where a component is declared."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "the account"


@dataclass(frozen=True)
class Component:
    """One object, declared or live. `name` has its parts as they are stored; of a routine, `arguments` are its types.

    `values` has what was said: declared properties, or what the account shows. What is not there has its default.
    `facts` are what the account shows of it beside.
    """

    kind: Kind
    name: tuple[str, ...]
    values: Values = field(default_factory=dict)
    arguments: tuple[str, ...] | None = None
    place: Place = Place()
    ignore: frozenset[str] = frozenset()
    protect: bool = False
    renamed_from: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other component."""
        return (self.kind.name, *self.name, *(self.arguments or ()))

    @property
    def container(self) -> tuple[str, ...]:
        """The name of the schema or database it is in; () for the account."""
        return self.name[:-1]

    @property
    def quoted(self) -> str:
        """The name as SQL writes it, with the types of its arguments."""
        arguments = "" if self.arguments is None else f"({', '.join(self.arguments)})"
        return sql.quote_name(*self.name) + arguments if self.name else ""

    @property
    def owner(self) -> str:
        """The role that owns it, where that is known or wanted."""
        return str(self.values.get("owner") or "")

    def value(self, name: str) -> Any:
        """A property's value, or its default."""
        found = self.values.get(name)
        return self.kind.find(name).default if found is None else found

    @property
    def runs(self) -> bool:
        """Whether it does by itself what it does."""
        prop = self.kind.settled
        return prop is not None and prop.settled is not None and bool(self.value(prop.name) == prop.settled[1])

    def named(self, *name: str) -> Component:
        """The same under another name."""
        return replace(self, name=name)

    def defaults(self) -> Values:
        """The defaults that follow from the component itself, by property."""
        return self.kind.derived(self) if self.kind.derived is not None else {}
