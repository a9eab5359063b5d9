"""Columns of tables: what tells them from others, how they are altered, and as an account shows them.

https://docs.snowflake.com/en/sql-reference/sql/create-table and alter-table-column
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from snowmaker import sql
from snowmaker.components.base import Pairs, Record
from snowmaker.components.datatypes import data_type, grows, parsed, same_type
from snowmaker.components.expressions import bare, is_constant, same_default, same_expression, sequence
from snowmaker.components.policies import MASKING, PROJECTION, Set
from snowmaker.components.shared import Tags
from snowmaker.components.types import moved_name

Identity = tuple[int, int, str]  # start, step, and ORDER, NOORDER or '' for the account's default

TAGS = Tags()
# what INFORMATION_SCHEMA does not tell: arguments of these types, and expressions
UNTOLD = ("VECTOR", "MAP")
UNREAD = "?"


@dataclass(frozen=True)
class Column:
    """One column. What is '' or None is not there; `collate` and `tags` that are None are not said.

    `key` is the constraint that was declared with it, until the table has it. Of a live column, `was` is its name
    where it is to have another, `inherits` says that its collation is the default of its table, `evolved` that a load
    made it, and `filled` that its table has rows.
    """

    name: str
    type: str
    nullable: bool = True
    default: str = ""
    identity: Identity | None = None
    expression: str = ""
    collate: str | None = None
    comment: str = ""
    masking_policy: Set | None = None
    projection_policy: Set | None = None
    tags: tuple[tuple[str, str], ...] | None = None
    key: str = ""
    renamed_from: str = field(default="", compare=False)
    was: str = ""
    inherits: bool = field(default=False, compare=False)
    evolved: bool = field(default=False, compare=False)
    filled: bool = field(default=False, compare=False)

    @property
    def quoted(self) -> str:
        """The name as SQL writes it."""
        return sql.quote_identifier(self.name)

    @property
    def definition(self) -> str:
        """The column as CREATE TABLE and ADD COLUMN write it."""
        return f"{self.quoted} {self.spec}"

    @property
    def spec(self) -> str:
        """All but the name."""
        parts = [self.type]
        parts += [f"AS ({self.expression})"] if self.expression else []
        parts += [f"COLLATE {sql.quote_literal(self.collate)}"] if self.collate else []
        parts += [f"DEFAULT {self.default}"] if self.default else []
        parts += [_identity(self.identity)] if self.identity else []
        parts += [] if self.nullable else ["NOT NULL"]
        parts += [f"WITH MASKING POLICY {_masking(self, self.masking_policy)}"] if self.masking_policy else []
        parts += [f"WITH PROJECTION POLICY {self.projection_policy[0]}"] if self.projection_policy else []
        parts += [f"WITH TAG ({TAGS.literal(self.tags)})"] if self.tags else []
        parts += [f"COMMENT {sql.quote_literal(self.comment)}"] if self.comment else []
        return " ".join(parts)


def _identity(identity: Identity) -> str:
    start, step, order = identity
    return f"AUTOINCREMENT START {start} INCREMENT {step} {order}".rstrip()


def _masking(column: Column, policy: Set) -> str:
    """Behind USING the column itself comes first."""
    name, others = policy
    return MASKING.literal((name, (column.name, *others) if others else ()))


Columns = tuple[Column, ...]


# told apart


def same_column(one: Column, other: Column) -> bool:
    """Whether two columns of one name mean the same."""
    return one == other or not any(True for _ in differing(one, other))


def differing(one: Column, other: Column) -> Iterable[str]:
    """The names of the attributes in which two columns differ."""
    if one.was or other.was:
        yield "name"
    if not same_type(one.type, other.type):
        yield "type"
    if one.nullable != other.nullable:
        yield "nullable"
    if not same_default(one.default, other.default, one.type):
        yield "default"
    if not _same_identity(one.identity, other.identity):
        yield "identity"
    if not same_expression(one.expression, other.expression):
        yield "as"
    if not _same_collation(one, other):
        yield "collate"
    for name in ("comment", "masking_policy", "projection_policy"):
        if getattr(one, name) != getattr(other, name):
            yield name
    if one.tags is not None and other.tags is not None and one.tags != other.tags:
        yield "tags"


def _same_identity(one: Identity | None, other: Identity | None) -> bool:
    if one is None or other is None:
        return one is other
    return one[:2] == other[:2] and (one[2] == other[2] or not (one[2] and other[2]))


def _same_collation(one: Column, other: Column) -> bool:
    """A collation that is not said is what the table, schema or account gives."""
    if one.collate is not None and other.collate is not None:
        return one.collate.lower() == other.collate.lower()
    said, free = (one, other) if one.collate is not None else (other, one)
    return not said.collate or said.inherits or free.inherits


def told(one: Column, other: Column) -> Iterable[tuple[str, Any, Any]]:
    """The differences of two columns of one name, for a reader."""
    for name in differing(one, other):
        if name == "name":
            yield ".name", one.was or one.name, other.was or other.name
        elif name == "nullable":
            yield ".nullable", one.nullable, other.nullable
        else:
            yield f".{name}", _shown(one, name), _shown(other, name)


def _shown(column: Column, name: str) -> str | None:
    """An attribute as a text; None where there is none."""
    if name == "identity":
        return _identity(column.identity) if column.identity else None
    if name == "masking_policy":
        return _masking(column, column.masking_policy) if column.masking_policy else None
    if name == "projection_policy":
        return column.projection_policy[0] if column.projection_policy else None
    if name == "tags":
        return TAGS.literal(column.tags or ()) or None
    return str(getattr(column, "expression" if name == "as" else name) or "") or None


# altered


def rebuilt(old: Sequence[Column], new: Sequence[Column]) -> str:
    """Why no ALTER TABLE leads from old columns to new ones; '' where one does."""
    before = {column.name: column for column in old}
    for column in new:
        known = before.get(column.name)
        why = _never_added(column) if known is None else _never_altered(known, column)
        if why:
            return f"column {column.quoted}: {why}"
    return ""


def _never_added(column: Column) -> str:
    if column.expression or column.identity or not is_constant(column.default):
        return "only constants can be the values of a column that is added"
    return ""


def _never_altered(old: Column, new: Column) -> str:
    names = set(differing(old, new))
    if "type" in names and not grows(old.type, new.type):
        return f"no ALTER makes {new.type} of {old.type}"
    if "as" in names or "collate" in names:
        return f"no ALTER changes {'what it is computed of' if 'as' in names else 'its collation'}"
    if "identity" in names and new.identity and not _less_ordered(old.identity, new.identity):
        return "no ALTER makes it an identity column, or another one"
    if "default" in names:
        goes = not new.default and sequence(old.default)
        if not (goes or (sequence(old.default) and sequence(new.default))):
            return "no ALTER changes a default that is no sequence"
    return ""


def _less_ordered(old: Identity | None, new: Identity) -> bool:
    return old is not None and old[:2] == new[:2] and new[2] == "NOORDER"


def renaming(target: str, old: Any, new: Any) -> Pairs:
    """RENAME COLUMN, before all else."""
    found: Pairs = []
    for column in old or ():
        if column.was:
            was = sql.quote_identifier(column.was)
            there = f"ALTER {target} RENAME COLUMN {was} TO {column.quoted}"
            found.append((there, (f"ALTER {target} RENAME COLUMN {column.quoted} TO {was}",)))
    return found


def altering(target: str, old: Any, new: Any) -> Pairs:
    """ADD COLUMN, and what changes of those that stay."""
    before = {column.name: column for column in old or ()}
    come = [column for column in new or () if column.name not in before]
    gone = (*(text for one in come for text in unprotected(target, one)), _dropped(target, come))
    found: Pairs = [(_added(target, come), gone)] if come else []
    for column in new or ():
        if column.name in before:
            found += altered(f"ALTER {target} ALTER COLUMN {column.quoted}", before[column.name], column)
    return found


def dropping(target: str, old: Any, new: Any) -> Pairs:
    """DROP COLUMN, when nothing is left that holds it; the way back gives columns without their values, which
    cannot be NOT NULL where there are rows.
    """
    kept = {column.name for column in new or ()}
    gone = [column for column in old or () if column.name not in kept]
    freed: Pairs = [(text, ()) for column in gone for text in unprotected(target, column)]
    back = [replace(one, nullable=True) if one.filled and not has_value(one) else one for one in gone]
    return [*freed, (_dropped(target, gone), (_added(target, back),))] if gone else []


def has_value(column: Column) -> bool:
    """Whether rows that are there have a value in a column that is added."""
    return bool(column.default or column.identity or column.expression)


def _added(target: str, some: Sequence[Column]) -> str:
    return f"ALTER {target} ADD COLUMN {', '.join(column.definition for column in some)}"


def _dropped(target: str, some: Sequence[Column]) -> str:
    return f"ALTER {target} DROP COLUMN {', '.join(column.quoted for column in some)}"


def unprotected(target: str, column: Column) -> list[str]:
    """What takes the policies off a column; with one, it cannot be dropped."""
    start = f"ALTER {target} ALTER COLUMN {column.quoted} UNSET"
    found = [f"{start} MASKING POLICY"] if column.masking_policy else []
    return found + ([f"{start} PROJECTION POLICY"] if column.projection_policy else [])


def altered(start: str, old: Column, new: Column) -> Pairs:
    """The statements, of a beginning in common, that lead from one column to another of its name."""
    names = [name for name in differing(old, new) if name != "name"]
    return [pair for name in names for pair in _attribute(start, name, old, new)]


def _attribute(start: str, name: str, old: Column, new: Column) -> Pairs:
    if name == "tags":
        return _tagged(start, old.tags or (), new.tags or ())
    there, back = _changed(name, old, new), _changed(name, new, old)
    return [(f"{start} {there}", (f"{start} {back}",) if back else ())] if there else []


def _changed(name: str, old: Column, new: Column) -> str:
    """What leads to another attribute; '' where nothing does."""
    if name == "type":
        return f"SET DATA TYPE {new.type}"
    if name == "nullable":
        return "DROP NOT NULL" if new.nullable else "SET NOT NULL"
    if name == "comment":
        return f"COMMENT {sql.quote_literal(new.comment)}" if new.comment else "UNSET COMMENT"
    if name == "default":
        return f"SET DEFAULT {new.default}" if new.default else "DROP DEFAULT"
    if name == "identity":
        return "SET NOORDER" if new.identity else "DROP DEFAULT"
    if name == "masking_policy":
        return _policy_clause("MASKING POLICY", _shown(old, name), _shown(new, name))
    if name == "projection_policy":
        return _policy_clause("PROJECTION POLICY", _shown(old, name), _shown(new, name))
    return ""


def _policy_clause(kind: str, old: str | None, new: str | None) -> str:
    """SET or UNSET of a column's policy; FORCE puts it in another's place, so that nothing is seen meanwhile."""
    if not new:
        return f"UNSET {kind}"
    return f"SET {kind} {new}" + (" FORCE" if old else "")


def _tagged(start: str, old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> Pairs:
    before, after = dict(old), dict(new)
    return [
        (f"{start} {_tag(tag, after.get(tag))}", (f"{start} {_tag(tag, before.get(tag))}",))
        for tag in dict.fromkeys((*before, *after))
        if before.get(tag) != after.get(tag)
    ]


def _tag(tag: str, value: str | None) -> str:
    return f"UNSET TAG {tag}" if value is None else f"SET TAG {tag} = {sql.quote_literal(value)}"


# as an account shows them


def shown(record: Record) -> Column:
    """The column that a row of INFORMATION_SCHEMA.COLUMNS tells of.

    https://docs.snowflake.com/en/sql-reference/info-schema/columns
    """
    is_identity = str(record.get("is_identity") or "").upper() == "YES"
    return Column(
        str(record["column_name"]),
        _type_of(record),
        str(record.get("is_nullable") or "").upper() != "NO",
        "" if is_identity else str(record.get("column_default") or ""),
        _identity_of(record) if is_identity else None,
        UNREAD if "VIRTUAL" in str(record.get("kind") or "").upper() else "",
        collate=str(record.get("collation_name") or ""),
        comment=str(record.get("comment") or ""),
        evolved=bool(record.get("schema_evolution_record")),
    )


def moved(some: Any, old: tuple[str, ...], new: tuple[str, ...]) -> Columns:
    """Columns, when what they name has another name."""
    found = []
    for column in some or ():
        masking, projection = column.masking_policy, column.projection_policy
        column = replace(column, masking_policy=masking and MASKING.moved(masking, old, new))
        column = replace(column, projection_policy=projection and PROJECTION.moved(projection, old, new))
        column = replace(column, tags=column.tags and TAGS.moved(column.tags, old, new))
        name = sequence(column.default)
        default = f"{moved_name(sql.quote_name(*name), old, new)}.NEXTVAL" if name else column.default
        found.append(replace(column, default=default))
    return tuple(found)


def _type_of(record: Record) -> str:
    name = str(record["data_type"]).upper()
    sizes = ("character_maximum_length", "numeric_precision", "numeric_scale", "datetime_precision")
    return _typed(name, *(record.get(size) for size in sizes))


@lru_cache(maxsize=10_000)
def _typed(name: str, length: Any, precision: Any, scale: Any, fraction: Any) -> str:
    if name in ("TEXT", "VARCHAR", "BINARY") and length is not None:
        return data_type(f"{name}({int(length)})")
    if name in ("NUMBER", "FIXED") and precision is not None:
        return f"NUMBER({int(precision)},{int(scale or 0)})"
    if name.startswith("TIME") and fraction is not None:
        return f"{name}({int(fraction)})"
    try:
        return data_type(name)
    except ValueError:
        return name


def _identity_of(record: Record) -> Identity:
    order = {"YES": "ORDER", "NO": "NOORDER"}.get(str(record.get("identity_ordered") or "").upper(), "")
    return int(record.get("identity_start") or 1), int(record.get("identity_increment") or 1), order


def described(column: Column, record: Record) -> Column:
    """The column with what a row of DESCRIBE TABLE tells of it beyond that."""
    text, _, collation = str(record["type"]).partition(" COLLATE ")
    try:
        kind = data_type(text)
    except ValueError:
        kind = text
    collate = sql.read_literal(collation.strip()) if collation else column.collate
    return replace(column, type=kind, collate=collate, expression=bare(str(record.get("expression") or "")))


def untold(live: Sequence[Column], declared: Sequence[Column]) -> bool:
    """Whether DESCRIBE has to tell more: arguments of types, expressions and collations that are declared."""
    known = {column.name: column for column in live}
    if any(column.type.startswith(UNTOLD) or column.expression == UNREAD for column in live):
        return True
    for column in declared:
        other = known.get(column.name) or known.get(column.renamed_from)
        structured = column.type.startswith(("ARRAY(", "OBJECT("))
        if other and (column.expression or structured or (column.collate and not other.collate)):
            return True
    return False


def copied(old: Column, new: Column) -> str:
    """What gives a new column its values from an old one, when a table is made again.

    A text that is too long for its column has to fail: a cast would cut it.
    """
    if same_type(old.type, new.type):
        return old.quoted
    name, _ = parsed(new.type)
    if parsed(old.type)[0] == name:
        return old.quoted
    return f"CAST({old.quoted} AS {name if name in ('VARCHAR', 'BINARY') else new.type})"


def loses(old: Sequence[Column], new: Sequence[Column]) -> bool:
    """Whether values are lost from old columns to new ones: columns that go, digits that are cut."""
    after = {column.name: column for column in new}
    for column in old:
        other = after.get(column.name)
        if other is None:
            return not column.expression
        (name, sizes), (name2, sizes2) = parsed(column.type), parsed(other.type)
        if name == name2 and sizes[-1:] > sizes2[-1:] and name.startswith(("NUMBER", "TIME")):
            return True
        if name != name2 and name == "FLOAT":
            return True
    return False
