"""Which tables lose rows by a script, and how a rollback brings them back. Pure; keeping.py does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from snowmaker import sql
from snowmaker.model import Kept, Statement, Step
from snowmaker.names import links

Space = Sequence[str | None]  # the database and the schema in use
_BEFORE = {"OR", "REPLACE", "TRANSIENT"}  # before TABLE; what else stands there makes a table that no clone keeps
_OVERWRITE = ["OVERWRITE", "INTO"]


@dataclass(frozen=True)
class Loss:
    """A table, by its whole name, the number of the first statement that takes rows from it, and how."""

    table: tuple[str, ...]
    statement: int
    how: Literal["drop", "change"]


def losses(statements: Sequence[Statement], database: str | None, schema: str | None) -> tuple[Loss, ...]:
    """The tables that lose rows, each once; `database` and `schema` are in use before the first statement.

    A name that cannot be made whole is left out, as are temporary tables. A table that the script renames has the name
    that it has before the script.
    """
    found: dict[tuple[str, ...], Loss] = {}
    temporary: set[tuple[str, ...]] = set()
    before: dict[tuple[str, ...], tuple[str, ...]] = {}  # by the name that a table has now
    for number, (statement, space) in enumerate(with_spaces(statements, database, schema), 1):
        words = [token.upper for token in sql.head(statement.text, 6)]
        made = {"TEMPORARY", "TEMP", "VOLATILE"} & set(words[1:5]) if words[:1] == ["CREATE"] else set()
        for name in sql.created(statement.text) if made else ():
            temporary.add(whole_name(name, space))
        for name, how in _targets(statement) if statement.destructive == "yes" else ():
            whole = whole_name(name, space)
            if len(whole) == 3 and whole not in temporary:
                whole = before.get(whole, whole)
                found.setdefault(whole, Loss(whole, number, how))
        _rename(statement.text, space, before)
    return tuple(found.values())


def lasting(step: Step, database: str | None, schema: str | None) -> tuple[Loss, ...]:
    """The losses of a script that its own rollback does not make good: UNDROP brings a replaced table back whole."""
    undrops = {name for one in step.undo or () if (name := _undropped(one.text))}
    found = losses(step.statements, database, schema)
    replaced = {one for one in found if sql.head(step.statements[one.statement - 1].text, 1)[0].upper == "CREATE"}
    return tuple(one for one in found if one not in replaced or one.table not in undrops)


def _undropped(text: str) -> tuple[str, ...]:
    listed = sql.head(text, 24)
    return sql.chain(listed, 2)[0] if [token.upper for token in listed[:2]] == ["UNDROP", "TABLE"] else ()


def renamed(
    statements: Sequence[Statement], database: str | None, schema: str | None
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """By the names that tables have after these statements, those that they had before: of what they rename."""
    before: dict[tuple[str, ...], tuple[str, ...]] = {}
    for statement, space in with_spaces(statements, database, schema):
        _rename(statement.text, space, before)
    return before


def _rename(text: str, space: Space, before: dict[tuple[str, ...], tuple[str, ...]]) -> None:
    """Keep account of ALTER TABLE … RENAME TO and SWAP WITH.

    https://docs.snowflake.com/en/sql-reference/sql/alter-table
    """
    listed = sql.head(text, 24)
    if [token.upper for token in listed[:2]] != ["ALTER", "TABLE"]:
        return
    name, index = sql.named_after(listed)
    how = [token.upper for token in listed[index : index + 2]]
    if not name or how not in (["RENAME", "TO"], ["SWAP", "WITH"]):
        return
    old = whole_name(name, space)
    new = whole_name(sql.chain(listed, index + 2)[0], old[:-1])
    was, other = before.pop(old, old), before.get(new, new)
    before[new] = was
    if how[0] == "SWAP":
        before[old] = other


def with_spaces(
    statements: Sequence[Statement], database: str | None, schema: str | None
) -> Iterator[tuple[Statement, Space]]:
    """The statements of a script, each with what is in use when it has run."""
    space = [database, schema]
    for statement in statements:
        space = _in_use(statement.text, space)
        yield statement, space


def _in_use(text: str, space: list[str | None]) -> list[str | None]:
    """Database and schema after a statement: USE says so, and who makes one uses it."""
    listed = sql.head(text, 12)
    words = [token.upper for token in listed] + ["", ""]
    name: tuple[str, ...] = ()
    if words[0] == "USE" and words[1] not in ("ROLE", "WAREHOUSE", "SECONDARY"):
        kind = words[1] if words[1] in ("DATABASE", "SCHEMA") else ""
        name, _ = sql.chain(listed, 2 if kind else 1)
        kind = kind or ("SCHEMA" if len(name) == 2 else "DATABASE")
    elif words[0] == "CREATE" and {"DATABASE", "SCHEMA"} & set(words[1:5]) and "ROLE" not in words[1:5]:
        kind = "DATABASE" if "DATABASE" in words[1:5] else "SCHEMA"
        name, _ = sql.named_after(listed)
    if not name:
        return space
    if kind == "DATABASE":
        return [name[-1], "PUBLIC"]
    return [name[0] if len(name) == 2 else space[0], name[-1]]


def whole_name(name: tuple[str, ...], space: Space, size: int = 3) -> tuple[str, ...]:
    """The name with the database and schema in use before it, up to `size` parts; as it is where there are none."""
    missing = space[: size - len(name)]
    return (*(part for part in missing if part), *name) if all(missing) else name


def _targets(statement: Statement) -> Iterator[tuple[tuple[str, ...], Literal["drop", "change"]]]:
    for part in links(statement.text) if "->>" in statement.text else (statement.text,):
        listed = sql.head(part, 24)
        words = [token.upper for token in listed]
        name = _name(listed, words)
        if name:
            yield name, "drop" if words[0] == "DROP" else "change"


def _name(listed: Sequence[sql.Token], words: Sequence[str]) -> tuple[str, ...]:
    if words[0] in ("DROP", "ALTER", "CREATE"):
        plain = "TABLE" in words and set(words[1 : words.index("TABLE")]) <= _BEFORE
        return sql.named_after(listed)[0] if plain else ()
    if words[0] == "TRUNCATE" and words[1:2] != ["MATERIALIZED"]:
        index = 1 + (words[1:2] == ["TABLE"])
        return sql.chain(listed, index + 2 * (words[index : index + 2] == ["IF", "EXISTS"]))[0]
    if words[0] in ("DELETE", "MERGE"):
        return sql.chain(listed, 2)[0]
    if words[0] == "INSERT":
        return sql.chain(listed, 3 if list(words[1:3]) == _OVERWRITE else 2)[0]
    return ()


@dataclass(frozen=True)
class Return:
    """How a table comes back: by UNDROP, or from its clone; `refusal` says why it must not.

    `owner` is the role that it goes back to, where that is another than the clone's.
    """

    kept: Kept
    undrop: bool
    refusal: str = ""
    owner: str = ""


def with_returns(undo: Sequence[Statement], returns: Sequence[Return]) -> list[Statement]:
    """The statements of a rollback, and those that bring the tables back.

    UNDROP takes the place of a CREATE TABLE, else it comes first; clones are swapped in at the end. COPY GRANTS would
    prefer the grants of a table that is replaced, so that one is dropped first; it leaves out OWNERSHIP. Pure.
    https://docs.snowflake.com/en/sql-reference/sql/create-table#optional-parameters
    https://docs.snowflake.com/en/sql-reference/sql/grant-ownership
    """
    found = list(undo)
    first: list[Statement] = []
    last: list[Statement] = []
    for one in returns:
        table = sql.quote_name(*one.kept.table)
        place = _place(found, one.kept.table[-1])
        undrops = place is not None and found[place].text.split(maxsplit=1)[0].upper() == "UNDROP"
        if one.undrop and place is not None:
            found[place] = _made(f"UNDROP TABLE {table}")
        elif one.undrop:
            first.append(_made(f"UNDROP TABLE {table}"))
        else:
            if undrops and place is not None:  # its time is over
                del found[place]
            kind = "TRANSIENT TABLE" if one.kept.transient else "TABLE"
            clone = sql.quote_name(*one.kept.name)
            last.append(_made(f"DROP TABLE IF EXISTS {table}"))
            last.append(_made(f"CREATE {kind} {table} CLONE {clone} COPY GRANTS"))
            if one.owner:
                owner = sql.quote_identifier(one.owner)
                last.append(_made(f"GRANT OWNERSHIP ON TABLE {table} TO ROLE {owner} COPY CURRENT GRANTS"))
    return [*first, *found, *last]


def _made(text: str) -> Statement:
    return sql.split(text)[0]


def _place(statements: Sequence[Statement], table: str) -> int | None:
    """The statement that makes or undrops a table."""
    for number, text in enumerate(statement.text for statement in statements):
        words = [token.text.strip('"') for token in sql.tokens(text)]
        undrops = [word.upper() for word in words[:2]] == ["UNDROP", "TABLE"]
        made = {name[-1] for name in sql.created(text)} if "TABLE" in [word.upper() for word in words[1:5]] else set()
        if table in made or (undrops and table.upper() in {word.upper() for word in words}):
            return number
    return None
