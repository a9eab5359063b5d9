"""An account → the components and grants that a project declares, read with a bounded number of requests.

One SHOW lists all objects of a kind in the databases concerned; DESCRIBE, SHOW PARAMETERS and SHOW GRANTS, which take
one object each, are sent a hundred in a block of Snowflake Scripting that returns one table. Several run at once.
https://docs.snowflake.com/en/developer-guide/snowflake-scripting/query-id
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Self, TypeVar

from snowmaker import sql
from snowmaker.components import Kind, Row, kinds, rows, tagging
from snowmaker.components.base import Bulk, Component, Record
from snowmaker.components.declared import Declared, Live, Selection
from snowmaker.components.grant import ACCOUNT_KINDS, Grant, Grantee, from_account, plural
from snowmaker.errors import SourceError, StatementError
from snowmaker.session import Session

SHOWN = 10_000  # rows of one SHOW at most: https://docs.snowflake.com/en/sql-reference/sql/show
BLOCK = 100  # statements in one block
AT_ONCE = 4  # requests
NOT_THERE = (2003, 2043)  # what a question names does not exist, or may not be seen
THREADS = "snowmaker-inspector"
_PATH = ("database_name", "schema_name", "name")  # the columns of SHOW that name an object in a schema
# what tells of the privileges that go with an object, and of which kinds; () is all
GRANTS_SHOWN: Mapping[str, tuple[str, ...]] = {
    "GRANTS ON": (),
    "GRANTS TO": ("USER", "ROLE", "DATABASE ROLE"),
    "FUTURE GRANTS TO": ("ROLE", "DATABASE ROLE"),
    "GRANTS OF": ("ROLE", "DATABASE ROLE"),
}

Name = tuple[str, ...]
Listed = frozenset[tuple[Name, tuple[str, ...] | None]]
Result = TypeVar("Result")


class Inspector:
    """Reads an account through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pool = ThreadPoolExecutor(AT_ONCE, THREADS)
        self._warnings: dict[str, None] = {}
        self._schemas: dict[str, list[Record]] = {}
        self._bulks: dict[tuple[str, str], list[Record]] = {}  # bulk reads, by statement and database
        self._rows: dict[Name, Row] = {}  # of what more can be asked of
        self._beside: list[Component] = []  # what is not declared, of kinds that stop and start what runs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, declared: Declared) -> Live:
        """All that has to be known to compare what is declared with the account. Raises StatementError."""
        return self._read(_Wanted(declared), self._list("DATABASES", ()), lambda listings: declared)

    def read_all(self, selection: Selection) -> Live:
        """All components of a part of the account, and the grants to the roles and users among them."""
        databases = self._list("DATABASES", ())
        known = {name[0] for record in databases if (name := rows.name_of(kinds()["databases"], record))}
        wanted = _Selected(selection, known & selection.databases if selection.databases else known)
        wanted.tagged = bool(self._list("TAGS IN ACCOUNT", ()))
        return self._read(wanted, databases, self._all_grants)

    def _read(
        self,
        wanted: _Wanted,
        databases: list[Record],
        granted: Callable[[Mapping[str, list[Record]]], Declared],
    ) -> Live:
        there = {str(record["name"]) for record in databases}
        inside = sorted(wanted.databases & there)
        if inside:
            for record in self._list("SCHEMAS", [f"DATABASE {sql.quote_identifier(name)}" for name in inside]):
                self._schemas.setdefault(str(record["database_name"]), []).append(record)
        listings = self._listings(wanted, there, databases)
        components = self._components(wanted, listings)
        grantees, grants = self._grants(granted(listings), listings, wanted.before)
        return Live(
            tuple(components),
            tuple(grants),
            self._owners(databases),
            {name: self._names(name, found) for name, found in listings.items()},
            frozenset(grantees),
            tuple(self._warnings),
            tuple(self._beside),
        )

    # what is there

    def _listings(self, wanted: _Wanted, there: set[str], databases: list[Record]) -> dict[str, list[Record]]:
        """The rows of SHOW by kind, as GRANT names it."""
        known = {kind.name: kind for kind in kinds().values()}

        def listing(name: str) -> list[Record]:
            kind = known.get(name)
            if name == "DATABASE":
                return databases
            if name == "SCHEMA":
                return [record for found in self._schemas.values() for record in found]
            words = (kind.listing or kind.many) if kind else plural(name)
            if kind is not None and kind.level == "account":
                return self._list(words, ())
            places = sorted(wanted.kinds[name] & there)
            return self._list(words, [f"DATABASE {sql.quote_identifier(place)}" for place in places]) if places else []

        unlisted = {name for name, kind in known.items() if not kind.shows}
        names = [name for name in wanted.kinds if name not in unlisted]
        return dict(zip(names, self._at_once(listing, names), strict=True))

    def _owners(self, databases: Iterable[Record]) -> dict[Name, str]:
        found: dict[Name, str] = {(str(one["name"]),): _role(one) for one in databases}
        for schemas in self._schemas.values():
            found |= {(str(one["database_name"]), str(one["name"])): _role(one) for one in schemas}
        return found

    def _names(self, name: str, records: Iterable[Record]) -> Listed:
        kind = next((kind for kind in kinds().values() if kind.name == name), None)
        found = set()
        for record in records:
            identity = rows.name_of(kind, record) if kind else _foreign(record)
            if identity is not None:
                found.add((identity, kind.arguments(record) if kind and kind.arguments else None))
        return frozenset(found)

    def _list(self, words: str, places: Sequence[str]) -> list[Record]:
        """The rows of SHOW in all places; those that SHOW cut off are asked for schema by schema, then by pages."""
        texts = [f"SHOW {words} IN {place}" for place in places] or [f"SHOW {words}"]
        found: list[Record] = []
        for text, records in zip(texts, self._many(texts), strict=True):
            if len(records) < SHOWN and not places:
                found += records
            elif len(records) < SHOWN:  # database roles are shown without the name of their database
                found += [{"database_name": _database(text), **record} for record in records]
            elif places and words != "SCHEMAS":
                database = _database(text)
                names = [sql.quote_name(database, str(one["name"])) for one in self._schemas.get(database, ())]
                inner = [f"SHOW {words} IN SCHEMA {name}" for name in names]
                for each, part in zip(inner, self._many(inner), strict=True):
                    found += self._pages(each, part)
            else:
                found += self._pages(text, records)
        return found

    def _pages(self, text: str, records: list[Record]) -> list[Record]:
        found = list(records)
        while len(records) >= SHOWN:
            last = sql.quote_literal(str(records[-1]["name"]))
            records = self._many([f"{text} LIMIT {SHOWN} FROM {last}"])[0]
            found += records
        return found

    # components

    def _probed(
        self,
        declared: Sequence[Component],
        probes: Callable[[Component], Mapping[str, str]],
        probed: Callable[[Component, Mapping[str, bool]], Component | None],
    ) -> Iterator[Component]:
        """What is there, by the answers to the components' own questions; each is a request, as any may be asked."""
        asked = [(one, part, text) for one in declared for part, text in probes(one).items()]
        answers: dict[Name, dict[str, bool]] = defaultdict(dict)
        for (one, part, _), found in zip(asked, self._at_once(self._answered, asked), strict=True):
            answers[one.key][part] = found
        for one in declared:
            live = probed(one, answers[one.key])
            if live is not None:
                yield live

    def _answered(self, question: tuple[Component, str, str]) -> bool:
        """Whether a question gives rows; what it names may not be there yet."""
        one, part, text = question
        try:
            return bool(self._records(text))
        except StatementError as error:
            if error.errno in NOT_THERE:
                return False
            what = f"{part} of {one.kind.slug} {one.quoted} fails: {error.message}"
            raise SourceError(what, "bad_component", "", one.place.file, one.place.line) from error

    def _components(self, wanted: _Wanted, listings: Mapping[str, list[Record]]) -> Iterator[Component]:
        """The components of the kinds that are declared; what costs a statement each only where one is declared."""
        for kind in kinds().values():
            if kind.single and kind.name in wanted.kinds:
                yield from self._single(kind)
            if kind.name not in wanted.whole:
                continue
            if kind.probes is not None and kind.probed is not None:
                declared = [one for one in wanted.declared.values() if one.kind is kind]
                yield from self._probed(declared, kind.probes, kind.probed)
                continue
            found = [(rows.name_of(kind, record), record) for record in listings.get(kind.name, ())]
            named = [(name, record) for name, record in found if name is not None]
            keys = {(kind.name, *name, *self._arguments(kind, record)): (name, record) for name, record in named}
            asked = [key for key in keys if wanted.asks(kind, key, keys[key][0])]
            if kind.settle is not None:
                others = [keys[key] for key in keys.keys() - set(asked)]
                self._beside += [rows.component(kind, name, Row(record)) for name, record in others]
            yield from self._built(kind, keys, asked, wanted)

    def _arguments(self, kind: Kind, record: Record) -> tuple[str, ...]:
        return kind.arguments(record) if kind.arguments is not None else ()

    def _built(
        self, kind: Kind, keys: Mapping[Name, tuple[Name, Record]], asked: Sequence[Name], wanted: _Wanted
    ) -> Iterator[Component]:
        bare = {
            key: Component(kind, keys[key][0], {}, self._arguments(kind, keys[key][1]) if kind.signed else None)
            for key in keys
        }
        described = self._each(kind.described, asked, bare, f"DESCRIBE {kind.name} {{}}", rows.described)
        shown = [key for key in asked if _wants_parameters(kind, wanted.declared.get(key))]
        parameters = self._each(kind.parameters, shown, bare, f"SHOW PARAMETERS IN {kind.name} {{}}", rows.parameters)
        bulk = self._bulk(kind, [keys[key][0] for key in asked if keys[key][0]])
        containers: dict[Name, Record] = {
            (str(one["database_name"]), str(one["name"])): one for found in self._schemas.values() for one in found
        }
        found: dict[Name, tuple[Component, Row]] = {}
        for key in asked:
            name, record = keys[key]
            row = Row(
                record,
                described.get(key, {}),
                parameters.get(key, {}),
                {part: found.get(name, ()) for part, found in bulk.items()},
                containers.get(name[:-1], {}),
            )
            found[key] = rows.component(kind, name, row, bare[key].arguments), row
            self._odd(kind, record)
            self._unfamiliar(found[key][0])
        yield from self._completed(kind, found, wanted)

    def _completed(
        self, kind: Kind, found: Mapping[Name, tuple[Component, Row]], wanted: _Wanted
    ) -> Iterator[Component]:
        """The components, with what has to be asked of some of them alone."""
        asked = {key: _asked(one, wanted.declared.get(key), wanted.tagged) for key, (one, _) in found.items()}
        answers = self._apart(asked)
        for key, (one, row) in found.items():
            if key in answers:
                row = replace(row, bulk={**row.bulk, **answers[key]})
                one = rows.component(kind, one.name, row, one.arguments)
            if kind.queries is not None or kind.tagged:
                self._rows[key] = row
            yield one

    def _apart(self, asked: Mapping[Name, Mapping[str, str]]) -> dict[Name, dict[str, list[Record]]]:
        """The answers to statements about single objects, by key and by the statements' names."""
        texts: dict[str, dict[Name, str]] = defaultdict(dict)
        for key, parts in asked.items():
            for part, text in parts.items():
                texts[part][key] = text
        answers: dict[Name, dict[str, list[Record]]] = defaultdict(dict)
        for part, each in texts.items():
            for key, records in zip(each, self._many(list(each.values())), strict=True):
                answers[key][part] = records
        return answers

    def whole(self, components: Sequence[Component]) -> dict[Name, Component]:
        """Live components with all that can be known of them, by key: what takes their place has to keep it."""
        known = [one for one in components if one.key in self._rows]
        asked = {one.key: dict(_asked(one, None, True)) for one in known}
        for one in known:
            if one.kind.parameters:
                asked[one.key]["#"] = f"SHOW PARAMETERS IN {one.kind.name} {one.quoted}"
        answers = self._apart(asked)
        found = {}
        for one in known:
            row, more = self._rows[one.key], answers.get(one.key, {})
            parameters = rows.parameters(more.pop("#")) if "#" in more else row.parameters
            row = replace(row, bulk={**row.bulk, **more}, parameters=parameters)
            found[one.key] = rows.component(one.kind, one.name, row, one.arguments)
        return found

    def _each(
        self,
        needed: bool,
        asked: Sequence[Name],
        components: Mapping[Name, Component],
        text: str,
        read: Callable[[Iterable[Record]], Result],
    ) -> dict[Name, Result]:
        """What a statement says of each component."""
        if not needed or not asked:
            return {}
        answers = self._many([text.replace("{}", components[key].quoted) for key in asked])
        return {key: read(answer) for key, answer in zip(asked, answers, strict=True)}

    def _bulk(self, kind: Kind, names: Sequence[Name]) -> dict[str, dict[Name, list[Record]]]:
        """What one read of a database says of many objects, by part and by the object's name."""
        databases = {name[0] for name in names}
        wanted = [(one, database) for one in kind.bulk for database in sorted(databases) if not one.of]
        wanted += [(one, "") for one in kind.bulk if one.of and databases]
        reads = {(one.sql, database): (one, database) for one, database in wanted}
        new = [pair for key, pair in reads.items() if key not in self._bulks]  # several kinds may share one
        answers = self._at_once(lambda pair: self._ask_bulk(pair[0], pair[1], names), new)
        self._bulks |= {(one.sql, database): answer for (one, database), answer in zip(new, answers, strict=True)}
        found: dict[str, dict[Name, list[Record]]] = {one.name: defaultdict(list) for one in kind.bulk}
        for one, database in wanted:
            above = (database,) if database else ()
            for record in self._bulks[one.sql, database]:
                found[one.name][(*above, *(str(record[column]) for column in one.key))].append(record)
        return found

    def _ask_bulk(self, one: Bulk, database: str, asked: Sequence[Name]) -> list[Record]:
        if not one.of:
            return self._tolerated(one, lambda: self._of_database(one.sql, database, asked))
        found = [self._tolerated(one, partial(self._list, f"{words} IN ACCOUNT", ())) for words in one.of]
        names = sorted({tuple(str(record[part]) for part in _PATH) for records in found for record in records})
        texts = [_of(one.sql, name) for name in names]
        return self._tolerated(one, lambda: [record for records in self._many(texts) for record in records])

    def _tolerated(self, one: Bulk, ask: Callable[[], list[Record]]) -> list[Record]:
        """The rows; none, and a warning, where an optional read fails."""
        try:
            return ask()
        except StatementError as error:
            if not one.optional:
                raise
            self._warnings[f"{one.name} cannot be read: {error}"] = None
            return []

    def _of_database(self, text: str, database: str, asked: Sequence[Name]) -> list[Record]:
        """The rows of a bulk read of a database. SHOW … KEYS has no pages: where they are cut off, they are asked for
        schema by schema, then table by table.
        """
        inside, place = " IN DATABASE {database}", sql.quote_identifier(database)
        words = text.removeprefix("SHOW ").partition(inside)[0]
        if inside in text and not words.endswith(" KEYS"):
            return self._list(words, [f"DATABASE {place}"])
        records = self._records(text.replace("{database}", place))
        if len(records) < SHOWN or inside not in text:
            return records
        names = [(database, str(one["name"])) for one in self._schemas.get(database, ())]
        found: list[Record] = []
        parts = self._many([text.replace(inside, f" IN SCHEMA {sql.quote_name(*name)}") for name in names])
        for name, part in zip(names, parts, strict=True):
            each = [one for one in asked if one[:-1] == name] if len(part) >= SHOWN else []
            texts = [text.replace(inside, f" IN TABLE {sql.quote_name(*one)}") for one in each]
            found += [record for records in self._many(texts) for record in records] if each else part
        return found

    def _single(self, kind: Kind) -> Iterator[Component]:
        """The account itself: its parameters."""
        texts = ["SHOW PARAMETERS IN ACCOUNT", *(one.sql for one in kind.bulk)]
        parameters, *found = self._at_once(self._records, texts)
        bulk = {one.name: records for one, records in zip(kind.bulk, found, strict=True)}
        yield rows.component(kind, (), Row({}, parameters=rows.parameters(parameters), bulk=bulk))

    def _odd(self, kind: Kind, record: Record) -> None:
        """Say once which columns a kind has lost: what it reads there would seem to have its default."""
        for one in kind.properties:
            if one.source == "show" and not one.optional and one.shown not in record:
                self._warnings[f"SHOW {kind.many} has no column {one.shown}: {one.name} cannot be read"] = None

    def _unfamiliar(self, one: Component) -> None:
        """Say which values this version does not know: they are compared as they are."""
        for name, value in one.values.items():
            if not one.kind.find(name).type.familiar(value):
                text = f"{name} of {one.kind.slug} {one.quoted} is {value}, which this version does not know"
                self._warnings[text] = None

    # grants

    def _grants(
        self, declared: Declared, listings: Mapping[str, list[Record]], before: Callable[[Grantee], Grantee]
    ) -> tuple[set[Grantee], list[Grant]]:
        """The grantees concerned that are there, and the grants to them and of the roles concerned.

        `before` gives the name by which one goes that is to get another.
        """
        there = {
            *(("ROLE", (str(one["name"]),)) for one in listings.get("ROLE", ())),
            *(("USER", (str(one["name"]),)) for one in listings.get("USER", ())),
            *(("DATABASE ROLE", name) for name, _ in self._names("DATABASE ROLE", listings.get("DATABASE ROLE", ()))),
        }
        to = {one.grantee for one in declared.grants if not one.membership} | declared.pruned_grantees
        of = {(one.on, one.name) for one in declared.grants if one.membership}
        to, of = ({one if one in there else before(one) for one in each} & there for each in (to, of))
        return there, [*self._owned(declared, listings), *self.granted(sorted(to), sorted(of))]

    def granted(self, to: Sequence[Grantee], of: Sequence[Grantee]) -> list[Grant]:
        """What roles and users have, with what future grants give to roles, and who the members of roles are."""
        roles, users = [one for one in to if one[0] != "USER"], [one for one in to if one[0] == "USER"]
        asked = (("GRANTS TO", roles), ("GRANTS TO", users), ("FUTURE GRANTS TO", roles), ("GRANTS OF", of))
        texts = [[f"SHOW {words} {kind} {sql.quote_name(*name)}" for kind, name in whom] for words, whom in asked]
        found = []
        for (words, whom), answers in zip(asked, self._at_once(self._many, texts), strict=True):
            for one, records in zip(whom, answers, strict=True):
                grants = [grant for record in records if (grant := from_account(record)) is not None]
                known = {"on": one[0], "name": one[1]} if words.endswith("OF") else {"grantee": one}
                found += [replace(grant, **known) for grant in grants]  # names are shown in part, or without quotes
        return found

    def _owned(self, declared: Declared, listings: Mapping[str, list[Record]]) -> Iterator[Grant]:
        """Who owns what of the kinds whose ownership is declared as a grant."""
        for name in {
            grant.on for grant in declared.grants if grant.privilege == "OWNERSHIP" and grant.reach != "future"
        }:
            kind = next((kind for kind in kinds().values() if kind.name == name), None)
            for record in self._with_owners(kind, listings.get(name, ())):
                identity = rows.name_of(kind, record) if kind else _foreign(record)
                if identity is not None and record.get("owner"):
                    arguments = kind.arguments(record) if kind and kind.arguments else None
                    yield Grant("OWNERSHIP", name, identity, _owner(record, identity), arguments=arguments)

    def _with_owners(self, kind: Kind | None, records: Sequence[Record]) -> Iterable[Record]:
        """The rows of SHOW, with the owners that a bulk read tells where SHOW does not."""
        if kind is None or kind.read is None or all(one.name != "owners" for one in kind.bulk):
            return records
        named = [(name, record) for record in records if (name := rows.name_of(kind, record))]
        owners = self._bulk(kind, [name for name, _ in named])["owners"]
        found = [(record, kind.read(Row(record, bulk={"owners": owners[name]})).get("owner")) for name, record in named]
        return [{**record, "owner": sql.parse_name(owner)[0]} for record, owner in found if owner]

    def _all_grants(self, listings: Mapping[str, list[Record]]) -> Declared:
        """All that the roles that were listed have, and all members of them."""
        roles = [
            (kind, name) for kind in ("ROLE", "DATABASE ROLE") for name, _ in self._names(kind, listings.get(kind, ()))
        ]
        members = tuple(Grant("USAGE", kind, name, (kind, name)) for kind, name in roles)
        return Declared(grants=members, pruned_grantees=frozenset(roles))

    def privileges_on(self, components: Sequence[Component]) -> dict[tuple[str, ...], list[Grant]]:
        """The privileges on each component, and those that a role or user has, and its members; by its key."""
        found: dict[tuple[str, ...], list[Grant]] = {one.key: [] for one in components}
        for words, kind_names in GRANTS_SHOWN.items():
            asked = [one for one in components if not kind_names or one.kind.name in kind_names]
            texts = [f"SHOW {words} {one.kind.name} {one.quoted}" for one in asked]
            for one, records in zip(asked, self._many(texts), strict=True):
                grants = [grant for record in records if (grant := from_account(record)) is not None]
                given = [grant for grant in grants if grant.privilege != "OWNERSHIP"]
                to = (one.kind.name, one.name)
                found[one.key] += [replace(grant, grantee=to) if " TO" in words else grant for grant in given]
        return {key: sorted(grants, key=lambda grant: grant.privilege) for key, grants in found.items()}

    def streams_on(self, components: Sequence[Component]) -> dict[tuple[str, ...], list[str]]:
        """The streams on tables and views, by the names of these; asked for where there is one in a schema."""
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        if any(one.kind.level == "schema" for one in components):
            for record in self._list("STREAMS IN ACCOUNT", ()):
                names = [record.get(column) for column in _PATH]
                source = str(record.get("table_name") or "")
                if all(names) and source.count(".") >= 2:
                    found[sql.parse_name(source)].append(sql.quote_name(*map(str, names)))
        return found

    # requests

    def _many(self, texts: Sequence[str]) -> list[list[Record]]:
        """The rows of each of some statements whose answers have the same columns."""
        if len(texts) < 2:
            return [self._records(text) for text in texts]
        parts = [texts[begin : begin + BLOCK] for begin in range(0, len(texts), BLOCK)]
        answers = self._at_once(lambda part: self._records(block(part)), parts)
        found: list[list[Record]] = [[] for _ in texts]
        for number, records in enumerate(answers):
            for record in records:
                index = number * BLOCK + int(record["#"])
                found[index].append({key: value for key, value in record.items() if key != "#"})
        return found

    def _readable(self, texts: Sequence[str]) -> list[list[Record]]:
        """As `_many`; of what may not be read, or is gone meanwhile, no rows and a warning."""
        parts = [texts[begin : begin + BLOCK] for begin in range(0, len(texts), BLOCK)]
        return [records for part in self._at_once(self._readable_part, parts) for records in part]

    def _readable_part(self, texts: Sequence[str]) -> list[list[Record]]:
        try:
            return Inspector._many(self, texts)
        except StatementError as error:
            if len(texts) == 1:
                self._warnings[f"{texts[0]}: {error.message}"] = None
                return [[]]
            half = len(texts) // 2
            return self._readable_part(texts[:half]) + self._readable_part(texts[half:])

    def _at_once(self, work: Callable[[Any], Result], items: Sequence[Any]) -> list[Result]:
        """Do something for each of some items, several at a time; in their order. What already is one of several
        goes on by itself: waiting for others of the pool, all of it could wait for ever.
        """
        if len(items) < 2 or threading.current_thread().name.startswith(THREADS):
            return [work(item) for item in items]
        return list(self._pool.map(work, items))

    def _records(self, text: str) -> list[Record]:
        return list(self._session.execute(text).records())


class LenientInspector(Inspector):
    """An inspector that goes on where something may not be read; what that was is among the warnings."""

    def _many(self, texts: Sequence[str]) -> list[list[Record]]:
        return self._readable(texts)


class _Wanted:
    """What has to be read for what is declared."""

    def __init__(self, declared: Declared) -> None:
        self.keys = {one.key for one in declared.components}
        self.declared = {
            replace(one, name=one.renamed_from).key: one for one in declared.components if one.renamed_from
        }
        self.keys |= set(self.declared)
        self.declared |= {one.key: one for one in declared.components}
        self.pruned = declared.prune
        self.tagged = False  # whether all tags are wanted, each object's own statement
        self.former = {(one.kind.name, one.name): one.renamed_from for one in declared.components if one.renamed_from}
        self.moved = {one.renamed_from: one.name for one in declared.components if one.kind.holds and one.renamed_from}
        self.kinds: dict[str, set[str]] = defaultdict(set)  # kind: the databases to look in
        self.whole: set[str] = set()  # kinds that are compared
        for one in declared.components:
            self._add(one.kind.name, one.name[:1])
        for kind, container in declared.prune:
            self._add(kind, container[:1])
        for grant in declared.grants:
            self._grant(grant)
        self.databases = {name for found in self.kinds.values() for name in found}

    def asks(self, kind: Kind, key: Name, name: Name) -> bool:
        """Whether a component that is there is wanted whole, where its containers are to get other names too."""
        moved = name
        for size in range(1, len(name)):
            moved = (*self.moved.get(moved[:size], moved[:size]), *moved[size:])
        wanted = {key, (kind.name, *moved, *key[1 + len(name) :])}
        return not wanted.isdisjoint(self.keys) or (kind.name, moved[:-1]) in self.pruned

    def before(self, grantee: Grantee) -> Grantee:
        """A role or user by the name that it, or its database, has before renames."""
        kind, name = grantee
        former = self.former.get(grantee, name)
        above = former[:-1]
        return kind, (*self.former.get(("DATABASE", above), above), former[-1])

    def _add(self, kind: str, database: Name) -> None:
        self.whole.add(kind)
        self.kinds[kind] |= self._databases(database)

    def _databases(self, database: Name) -> set[str]:
        """A database, and by the name it has before a rename."""
        return {*database, *(old[0] for old, new in self.moved.items() if new == database)}

    def _grant(self, grant: Grant) -> None:
        """The grantee, to know whether it is there; the role, of a membership; the objects, of ALL."""
        for kind, name in (grant.grantee, *([(grant.on, grant.name)] if grant.membership else [])):
            self.kinds[kind] |= set(name[:-1])
        if grant.reach == "all" or (grant.privilege == "OWNERSHIP" and grant.reach == "object"):
            self.kinds[grant.on] |= self._databases(grant.name[:1]) if grant.on not in ACCOUNT_KINDS else set()


class _Selected(_Wanted):
    """What has to be read for a part of an account."""

    def __init__(self, selection: Selection, databases: set[str]) -> None:
        super().__init__(Declared())
        self._selection = selection
        for kind in kinds().values():
            if selection.kind(kind) or kind.holds:
                self.whole.add(kind.name)
                self.kinds[kind.name] |= databases if kind.level != "account" else set()
        self.databases = databases

    def asks(self, kind: Kind, key: Name, name: Name) -> bool:
        return self._selection.place(kind, name) and (kind.holds or self._selection.name(name))


def _asked(live: Component, declared: Component | None, whole: bool) -> Mapping[str, str]:
    """What is asked of one component alone."""
    found = live.kind.queries(live, declared, whole) if live.kind.queries is not None else {}
    return {**found, **tagging.query_on(live, declared, whole)}


def _wants_parameters(kind: Kind, declared: Component | None) -> bool:
    """Whether SHOW PARAMETERS is worth a statement: not for those that count only where they are declared."""
    own = [one for one in kind.properties if one.source == "parameters"]
    return any(not one.optional or (declared and declared.values.get(one.name) is not None) for one in own)


def block(texts: Sequence[str]) -> str:
    """A block that runs statements and returns all their rows, with the number of the statement as `#`."""
    runs = [f"{text};\nLET q{number} VARCHAR := SQLID;" for number, text in enumerate(texts)]
    parts = [f'SELECT {number} AS "#", * FROM TABLE(RESULT_SCAN(:q{number}))' for number in range(len(texts))]
    union = "\nUNION ALL\n".join(parts)
    body = "\n".join([*runs, f"LET found RESULTSET := ({union});", "RETURN TABLE(found);"])
    text = f"BEGIN\n{body}\nEND"
    return f"EXECUTE IMMEDIATE {sql.quote_body(text)}"


def _of(text: str, name: Name) -> str:
    """A bulk read of one object in a schema."""
    whole = sql.quote_literal(sql.quote_name(*name))
    return text.replace("{database}", sql.quote_identifier(name[0])).replace("{name}", whole)


def _database(text: str) -> str:
    return sql.parse_name(text.rpartition(" IN DATABASE ")[2])[0]


def _role(record: Record) -> str:
    """The role that owns what a row tells of, as SQL writes it; '' where it is no role of the account."""
    owner = str(record.get("owner") or "")
    is_role = str(record.get("owner_role_type") or "ROLE").upper() == "ROLE"
    return sql.quote_identifier(owner) if owner and is_role else ""


def _owner(record: Record, name: Name) -> Grantee:
    kind = str(record.get("owner_role_type") or "ROLE").replace("_", " ").upper()
    return kind, ((name[0], str(record["owner"])) if kind == "DATABASE ROLE" else (str(record["owner"]),))


def _foreign(record: Record) -> Name | None:
    """The name of an object of a kind that nobody declares here."""
    names = [record.get(column) for column in _PATH]
    return tuple(str(name) for name in names) if all(names) and names[1] != "INFORMATION_SCHEMA" else None
