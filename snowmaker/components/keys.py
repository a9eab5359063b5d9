"""Constraints of tables: https://docs.snowflake.com/en/sql-reference/sql/create-table-constraint

Two are the same that are on the same columns, whatever their names: Snowflake makes up one where nobody gave it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Bulk, Pairs, Property, Record, Values
from snowmaker.components.expressions import bare, renamed, same_expression
from snowmaker.components.policies import read_columns, sql_columns
from snowmaker.components.types import Need, ReadError, Schema, Scope, Type, canonical, moved_name, read_name, resolved
from snowmaker.names import chain
from snowmaker.suggest import did_you_mean

_MADE_UP = "SYS_CONSTRAINT_"
_IDLE = "NO ACTION"
_RULES = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", _IDLE)


@dataclass(frozen=True)
class Key:
    """A primary key, a unique or foreign key, or a check. `table` and `references` are of a foreign key, `clause` of
    a check; without `references` it refers to the primary key. `others` are clauses of checks of this name that other
    tables have: an account does not say which is whose.
    """

    kind: str
    columns: tuple[str, ...] = ()
    name: str = ""
    table: str = ""
    references: tuple[str, ...] = ()
    on_update: str = _IDLE
    on_delete: str = _IDLE
    clause: str = ""
    rely: bool = False
    comment: str = ""
    others: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """The constraint as CREATE TABLE writes it out of line."""
        named = f"CONSTRAINT {sql.quote_identifier(self.name)} " if self.given else ""
        parts = [f"{self.kind} ({self.clause or sql_columns(self.columns)})"]
        if self.table:
            there = f" ({sql_columns(self.references)})" if self.references else ""
            parts.append(f"REFERENCES {self.table}{there}")
        parts += [f"ON UPDATE {self.on_update}"] if self.on_update != _IDLE else []
        parts += [f"ON DELETE {self.on_delete}"] if self.on_delete != _IDLE else []
        parts += ["RELY"] if self.rely else []
        parts += [f"COMMENT {sql.quote_literal(self.comment)}"] if self.comment else []
        return named + " ".join(parts)

    @property
    def given(self) -> bool:
        """Whether somebody gave it its name."""
        return bool(self.name) and not self.name.startswith(_MADE_UP)

    @property
    def which(self) -> str:
        """The constraint as ALTER TABLE names it."""
        if self.kind == "CHECK":
            return f"CONSTRAINT {sql.quote_identifier(self.name)}"
        return self.kind if self.kind == "PRIMARY KEY" else f"{self.kind} ({sql_columns(self.columns)})"

    @property
    def on(self) -> tuple[str, ...]:
        """What tells it from others of its table."""
        return (self.kind, *sorted(self.columns), self.table, " ".join(canonical(self.clause)))


def ordered(keys: Iterable[Key]) -> tuple[Key, ...]:
    """In an order that tells nothing."""
    return tuple(sorted(keys, key=lambda key: key.on))


def same_key(one: Key, other: Key) -> bool:
    """Whether two constraints mean the same."""
    if one.kind == "CHECK":
        return any(
            same_expression(mine, theirs)
            for mine in (one.clause, *one.others)
            for theirs in (other.clause, *other.others)
        )
    plain = (one.on_update, one.on_delete, one.rely, one.comment)
    if one.on != other.on or plain != (other.on_update, other.on_delete, other.rely, other.comment):
        return False
    if not (one.references and other.references):
        return True
    return _mapped(one) == _mapped(other)


def _mapped(key: Key) -> list[tuple[str, str]]:
    return sorted(zip(key.columns, key.references, strict=False))


# altered


def dropping(target: str, old: Any, new: Any) -> Pairs:
    """DROP of constraints that go or change: before their columns change."""
    return [
        (f"ALTER {target} DROP {key.which}", (f"ALTER {target} ADD {key.definition}",))
        for key in _beyond(old, new)
        if _twin(key, new) is None
    ]


def adding(target: str, old: Any, new: Any) -> Pairs:
    """ADD of constraints that come or change, when their columns are there; RELY can be altered."""
    found: Pairs = []
    for key in _beyond(new, old):
        twin = _twin(key, old)
        if twin is None:
            found.append((f"ALTER {target} ADD {key.definition}", (f"ALTER {target} DROP {key.which}",)))
        else:
            found.append((_relied(target, key), (_relied(target, twin),)))
    return found


def _twin(key: Key, others: Any) -> Key | None:
    """The constraint among others that is the same but for RELY."""
    turned = replace(key, rely=not key.rely)
    return next((other for other in listed_keys(others) if same_key(turned, other)), None)


def _relied(target: str, key: Key) -> str:
    return f"ALTER {target} MODIFY {key.kind} ({sql_columns(key.columns)}) {'RELY' if key.rely else 'NORELY'}"


def _beyond(some: Any, others: Any) -> list[Key]:
    """The constraints that have none of the same meaning among others."""
    known = listed_keys(others)
    return [key for key in listed_keys(some) if not any(same_key(key, other) for other in known)]


def listed_keys(value: Any) -> tuple[Key, ...]:
    """A property's value as constraints: one, several, or none."""
    return () if value is None else (value,) if isinstance(value, Key) else tuple(value)


# declared


@dataclass(frozen=True)
class Keys(Type):
    """Constraints of one kind, of which `one` says that a table has one at most.

    In YAML a list, or a mapping of their names; each is a column, a list of columns (of a check: an expression), or a
    mapping.
    """

    kind: str = "UNIQUE"
    one: bool = False

    def read(self, value: Any, scope: Scope) -> Any:
        if self.one:
            return self._key(value, scope, "")
        if isinstance(value, Mapping) and not {"columns", "clause"} & set(value):
            found = [self._key(body, scope, read_columns(name)[0]) for name, body in value.items()]
        else:
            bodies = value if isinstance(value, list | tuple) else [value]
            found = [self._key(body, scope, "") for body in bodies]
        for index, key in enumerate(found):
            if any(key.on == other.on for other in found[:index]):
                raise ValueError(f"has two that are the same: {key.clause or sql_columns(key.columns)}")
        return ordered(found)

    def _key(self, body: Any, scope: Scope, name: str) -> Key:
        said = body if isinstance(body, Mapping) else {"clause" if self.kind == "CHECK" else "columns": body}
        lines = getattr(said, "lines", {})
        for word in said:
            if word not in self._words:
                hint = did_you_mean(word, self._words)
                raise ReadError(f"has no {word!r}: it has {', '.join(self._words)}", lines.get(word, 0), hint)
        found = Key(self.kind, read_columns(said.get("columns") or []), name or self._name(said))
        if self.kind == "CHECK":
            if not isinstance(said.get("clause"), str):
                raise ValueError("is an expression")
            clause = bare(said["clause"])
            found = replace(found, clause=clause, name=found.name or _check_name(clause))
        elif not found.columns:
            raise ValueError("is a list of columns")
        if self.kind == "FOREIGN KEY":
            found = self._referring(found, said, scope)
        rely, comment = said.get("rely", False), said.get("comment") or ""
        if not isinstance(rely, bool) or not isinstance(comment, str):
            raise ValueError("has rely, which is true or false, and comment, which is a text")
        return replace(found, rely=rely, comment=comment)

    def _name(self, said: Mapping[str, Any]) -> str:
        return read_columns(said["name"])[0] if said.get("name") else ""

    def _referring(self, found: Key, said: Mapping[str, Any], scope: Scope) -> Key:
        """`references: CUSTOMERS (ID)`; without columns it is to the primary key."""
        text = said.get("references")
        if not isinstance(text, str):
            raise ValueError("needs references, as {columns: [CUSTOMER_ID], references: CUSTOMERS (ID)}")
        tokens = list(sql.tokens(text))
        _, after = chain(tokens, 0)
        table = text[: tokens[after].start] if after < len(tokens) else text
        rest = text[len(table) :].strip()
        if rest and not (rest.startswith("(") and rest.endswith(")")):
            raise ValueError(f"references {text!r}, which is no table with columns in brackets")
        columns = read_columns([one.strip() for one in rest[1:-1].split(",")]) if rest else ()
        if columns and len(columns) != len(found.columns):
            raise ValueError(f"has {len(found.columns)} columns, and refers to {len(columns)}")
        name = sql.quote_name(*resolved(read_name(table.strip()), scope, 3))
        on_update, on_delete = (_rule_said(said, word) for word in ("on_update", "on_delete"))
        return replace(found, table=name, references=columns, on_update=on_update, on_delete=on_delete)

    @property
    def _words(self) -> tuple[str, ...]:
        if self.kind == "CHECK":
            return "name", "clause", "comment"
        more = ("references", "on_update", "on_delete") if self.kind == "FOREIGN KEY" else ()
        return "name", "columns", *more, "rely", "comment"

    def literal(self, value: Any) -> str:
        return ", ".join(key.definition for key in listed_keys(value))

    def plain(self, value: Any, scope: Scope) -> Any:
        found = [self._plain(key) for key in listed_keys(value)]
        return found[0] if self.one and found else found

    def _plain(self, key: Key) -> Any:
        body: dict[str, Any] = {"name": sql.quote_identifier(key.name)} if key.given else {}
        there = f" ({sql_columns(key.references)})" if key.references else ""
        body |= {"references": f"{key.table}{there}"} if key.table else {}
        body |= {"on_update": key.on_update.lower()} if key.on_update != _IDLE else {}
        body |= {"on_delete": key.on_delete.lower()} if key.on_delete != _IDLE else {}
        body |= {"rely": True} if key.rely else {}
        body |= {"comment": key.comment} if key.comment else {}
        what = "clause" if key.kind == "CHECK" else "columns"
        plain: Any = key.clause if key.kind == "CHECK" else [sql.quote_identifier(one) for one in key.columns]
        return {what: plain, **body} if body else plain

    def same(self, one: Any, other: Any) -> bool:
        return not _beyond(one, other) and not _beyond(other, one)

    def names(self, value: Any, scope: Scope) -> Iterable[Need]:
        return [("TABLE", sql.parse_name(key.table)) for key in listed_keys(value) if key.table]

    def moved(self, value: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Any:
        found = [replace(key, table=key.table and moved_name(key.table, old, new)) for key in listed_keys(value)]
        return found[0] if self.one and found else ordered(found)

    def told(self, old: Any, new: Any) -> Iterable[tuple[str, Any, Any]]:
        before, after = ([key.definition for key in listed_keys(side)] for side in (old, new))
        if self.one:
            yield "", before[0] if before else None, after[0] if after else None
        else:
            yield "", before, after

    @property
    def schema(self) -> Schema:
        texts: Schema = {"type": "array", "items": {"type": "string"}}
        words: Schema = {word: {"type": "boolean"} if word == "rely" else {"type": "string"} for word in self._words}
        if self.kind != "CHECK":
            words["columns"] = {"anyOf": [{"type": "string"}, texts]}
        needed = [{"CHECK": "clause"}.get(self.kind, "columns")] + ["references"] * (self.kind == "FOREIGN KEY")
        body: Schema = {"type": "object", "properties": words, "required": needed, "additionalProperties": False}
        single: Schema = {"anyOf": [{"type": "string"}, texts, body]}
        several = [{"type": "array", "items": single}, {"type": "object", "additionalProperties": single}]
        return single if self.one else {"anyOf": [*several, {"type": "string"}]}


def _rule_said(said: Mapping[str, Any], word: str) -> str:
    rule = str(said.get(word) or _IDLE).upper().replace("_", " ")
    if rule not in _RULES:
        raise ValueError(f"has {word}, which is one of {', '.join(_RULES)}")
    return rule


def _check_name(clause: str) -> str:
    """The name of a check to which nobody gave one: what is dropped by name has to have one."""
    return f"CHECK_{hashlib.sha256(' '.join(canonical(clause)).encode()).hexdigest()[:8].upper()}"


def _property(name: str, kind: Keys) -> Property:
    inside = "columns" if kind.kind != "FOREIGN KEY" else ""
    default = None if kind.one else ()
    return Property(
        name,
        kind,
        default=default,
        source="own",
        form="{}",
        inside=inside,
        created=bool(inside),  # what a foreign key refers to may be the table itself
        first=dropping,
        alter=adding,
    )


PROPERTIES = (
    _property("primary_key", Keys(kind="PRIMARY KEY", one=True)),
    _property("unique", Keys(kind="UNIQUE")),
    _property("check", Keys(kind="CHECK")),
    _property("foreign_keys", Keys(kind="FOREIGN KEY")),
)
NAMES = tuple(one.name for one in PROPERTIES)


def translated(key: Key, names: Mapping[str, str]) -> Key:
    """A constraint with some columns of its table under other names."""
    columns = tuple(names.get(column, column) for column in key.columns)
    return replace(key, columns=columns, clause=renamed(key.clause, names))


# as an account shows them


def _keys(what: str, name: str, key: tuple[str, ...]) -> Bulk:
    return Bulk(name, f"SHOW {what} KEYS IN DATABASE {{database}}", key)


# https://docs.snowflake.com/en/sql-reference/sql/show-primary-keys, show-unique-keys and show-imported-keys
BULK = (
    _keys("PRIMARY", "primary_keys", ("schema_name", "table_name")),
    _keys("UNIQUE", "unique_keys", ("schema_name", "table_name")),
    _keys("IMPORTED", "imported_keys", ("fk_schema_name", "fk_table_name")),
    _keys("IMPORTED", "exported_keys", ("pk_schema_name", "pk_table_name")),
    # https://docs.snowflake.com/en/sql-reference/info-schema/table_constraints
    Bulk(
        "checks",
        "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.CONSTRAINT_NAME, c.CHECK_CLAUSE "
        "FROM {database}.INFORMATION_SCHEMA.CHECK_CONSTRAINTS c JOIN {database}.INFORMATION_SCHEMA.TABLE_CONSTRAINTS t "
        "ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME "
        "WHERE t.CONSTRAINT_TYPE = 'CHECK'",
        ("table_schema", "table_name"),
        optional=True,
    ),
)


def found_on(bulk: Mapping[str, Sequence[Record]]) -> Values:
    """The constraints of a table, by property."""
    primary = [_shown("PRIMARY KEY", records) for records in _grouped(bulk.get("primary_keys", ()), "constraint_name")]
    unique = [_shown("UNIQUE", records) for records in _grouped(bulk.get("unique_keys", ()), "constraint_name")]
    foreign = [foreign_key(records) for records in _grouped(bulk.get("imported_keys", ()), "fk_name")]
    checks = [_check_shown(records) for records in _grouped(bulk.get("checks", ()), "constraint_name")]
    found: Values = {"unique": ordered(unique), "foreign_keys": ordered(foreign), "check": ordered(checks)}
    return found | ({"primary_key": primary[0]} if primary else {})


def referring(records: Sequence[Record], own: tuple[str, ...]) -> list[tuple[str, Key]]:
    """The foreign keys of other tables that refer to one, each with its table: of rows of SHOW IMPORTED KEYS."""
    found = []
    for group in _grouped(records, "fk_database_name", "fk_schema_name", "fk_table_name", "fk_name"):
        table = tuple(str(group[0][f"fk_{part}_name"]) for part in ("database", "schema", "table"))
        if table != own:
            found.append((sql.quote_name(*table), foreign_key(group)))
    return found


def _grouped(records: Sequence[Record], *columns: str) -> list[list[Record]]:
    """The rows of each constraint, in the order of its columns."""
    found: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for record in records:
        found[tuple(str(record[column]) for column in columns)].append(record)
    return [sorted(group, key=lambda record: int(record.get("key_sequence") or 0)) for group in found.values()]


def _check_shown(records: Sequence[Record]) -> Key:
    clause, *others = dict.fromkeys(bare(str(record["check_clause"])) for record in records)
    return Key("CHECK", name=str(records[0]["constraint_name"]), clause=clause, others=tuple(others))


def _shown(kind: str, records: Sequence[Record]) -> Key:
    first = records[0]
    columns = tuple(str(record["column_name"]) for record in records)
    return Key(kind, columns, str(first["constraint_name"]), rely=_rely(first), comment=str(first.get("comment") or ""))


def foreign_key(records: Sequence[Record]) -> Key:
    """The foreign key that some rows of SHOW IMPORTED KEYS tell of."""
    first = records[0]
    return Key(
        "FOREIGN KEY",
        tuple(str(record["fk_column_name"]) for record in records),
        str(first.get("fk_name") or ""),
        sql.quote_name(*(str(first[f"pk_{part}_name"]) for part in ("database", "schema", "table"))),
        tuple(str(record["pk_column_name"]) for record in records),
        _rule(first.get("update_rule")),
        _rule(first.get("delete_rule")),
        rely=_rely(first),
        comment=str(first.get("comment") or ""),
    )


def _rule(value: Any) -> str:
    return str(value or _IDLE).upper()


def _rely(record: Record) -> bool:
    return str(record.get("rely") or "").lower() in ("true", "y", "yes")
