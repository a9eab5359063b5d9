"""What somebody who reviews a plan wants to know besides its statements: what is lost, and who gains access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from snowmaker import foresight, sql
from snowmaker.access import HOLDERS, AccessChange, difference
from snowmaker.components import kinds
from snowmaker.components.declared import Live
from snowmaker.components.grant import read_statement
from snowmaker.errors import StatementError
from snowmaker.grantreader import GrantReader
from snowmaker.losses import Space, losses, whole_name, with_spaces
from snowmaker.model import Change, Finding, Plan, Rehearsal, Statement, Step
from snowmaker.names import Token
from snowmaker.session import Namespace, Session

PLACES = 50  # schemas and databases whose tables are looked at
SHOWN = 10_000  # rows of one SHOW at most: https://docs.snowflake.com/en/sql-reference/sql/show

Name = tuple[str, ...]


@dataclass(frozen=True)
class AtStake:
    """What may lose its rows: a table, or all `tables` of a schema or database.

    `rows` and `bytes` are what the account has now, None where it has no such thing or does not tell. The statement
    is the first one of the script, counted from 1, that takes from it.
    """

    script: str
    statement: int
    kind: str
    name: Name
    tables: int = 0
    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Review:
    """A plan, and what it means for an account.

    `access` has who gains and loses what by the statements that could be followed; `unfollowed` are the GRANTs and
    REVOKEs that could not. `rehearsal` is None where nothing was rehearsed; `gate` says that `migrate` will do that.
    `findings` are what the account says of the plan, where it was asked.
    """

    plan: Plan
    at_stake: tuple[AtStake, ...] = ()
    access: tuple[AccessChange, ...] = ()
    unfollowed: tuple[tuple[str, Statement], ...] = ()
    rehearsal: Rehearsal | None = None
    gate: bool = False
    findings: tuple[Finding, ...] | None = None
    warnings: tuple[str, ...] = ()


def review(session: Session, plan: Plan, rehearsal: Rehearsal | None, *, gate: bool) -> Review:
    """Look at an account for the reviewer of a plan. Reads only: each schema that loses something, and the grants."""
    space = session.namespace
    at_stake, unread = _sized(session, [one for step in plan.steps for one in _at_stake(step, space)])
    changes, unfollowed = _followed(plan, space)
    found = Review(plan, at_stake, (), unfollowed, rehearsal, gate, warnings=unread)
    return _with_access(session, found, changes) if changes else found


# what is lost


def _at_stake(step: Step, space: Namespace) -> Iterator[AtStake]:
    """The tables, schemas and databases that lose rows by what is left of a step, each once."""
    rest = range(step.start + 1, len(step.statements) + 1)
    for loss in losses(step.statements, space.database, space.schema):
        if loss.statement in rest:
            yield AtStake(step.script, loss.statement, "TABLE", loss.table)
    seen = set()
    for number, (statement, used) in enumerate(_used(step, space), 1):
        for kind, name in sorted(sql.container_changes(statement.text)) if statement.destructive == "yes" else ():
            size = ("DATABASE", "SCHEMA", "TABLE").index(kind) + 1
            whole = whole_name(name, used, size)
            if kind != "TABLE" and len(whole) == size and number in rest and whole not in seen:
                seen.add(whole)
                yield AtStake(step.script, number, kind, whole)


def _used(step: Step, space: Namespace) -> Iterator[tuple[Statement, Space]]:
    return with_spaces(step.statements, space.database, space.schema)


def _sized(session: Session, found: Sequence[AtStake]) -> tuple[tuple[AtStake, ...], tuple[str, ...]]:
    """With rows and bytes: one SHOW TABLES for each place; how many places were too many is said."""
    places: dict[Name, list[Name]] = {}
    for one in found:
        inside = places.setdefault(one.name[:2] if one.kind == "TABLE" else one.name, [])
        inside.append(one.name if one.kind == "TABLE" else ())
    tables = {place: _tables(session, place, names) for place, names in [*places.items()][:PLACES]}
    left = len(places) - len(tables)
    warnings = (f"the tables of {left} more schemas were not looked at",) if left > 0 else ()
    return tuple(_with_size(one, tables) for one in found), warnings


Tables = dict[Name, tuple[int | None, int | None]]  # rows and bytes of tables


def _tables(session: Session, place: Name, names: Sequence[Name]) -> Tables:
    """The tables of a schema or database, or the one that is named.

    https://docs.snowflake.com/en/sql-reference/sql/show-tables
    """
    only = sql.quote_literal(sql.like_pattern(names[0][-1])) if set(names) == {names[0]} and names[0] else ""
    like = f" LIKE {only}" if only else ""
    kind = "SCHEMA" if len(place) == 2 else "DATABASE"
    try:
        answer = session.execute(f"SHOW TABLES{like} IN {kind} {sql.quote_name(*place)} LIMIT {SHOWN}")
    except StatementError:  # not there, or not to be seen
        return {}
    return {
        (record["database_name"], record["schema_name"], record["name"]): (
            _number(record["rows"]),
            _number(record["bytes"]),
        )
        for record in answer.records()
    }


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


def _with_size(one: AtStake, tables: dict[Name, Tables]) -> AtStake:
    place = tables.get(one.name[:2] if one.kind == "TABLE" else one.name, {})
    inside = [size for name, size in place.items() if name[: len(one.name)] == one.name]
    if not inside:
        return one
    rows, size = (sum(number or 0 for number in numbers) for numbers in zip(*inside, strict=True))
    return replace(one, tables=len(inside), rows=rows, bytes=size)


# who gains access


def _with_access(session: Session, found: Review, changes: Sequence[Change]) -> Review:
    try:
        with GrantReader(session) as reader:
            before, after = foresight.foreseen(reader.graph(), changes, Live())
            warnings = reader.warnings
    except StatementError as error:
        grants = tuple((step.script, one) for step in found.plan.steps for one in _grants(step))
        text = f"the grants of the account cannot be read: {error.message}"
        return replace(found, unfollowed=grants, warnings=(*found.warnings, text))
    return replace(found, access=difference(before, after), warnings=(*found.warnings, *warnings))


def _grants(step: Step) -> Iterator[Statement]:
    for statement in step.statements[step.start :]:
        if [token.upper for token in sql.head(statement.text, 1)] in (["GRANT"], ["REVOKE"]):
            yield statement


def _followed(plan: Plan, space: Namespace) -> tuple[list[Change], tuple[tuple[str, Statement], ...]]:
    """The statements that give and take privileges as changes, and the GRANTs and REVOKEs that are none.

    What is made gets what future grants give, and what is dropped takes its grants along.
    """
    changes: list[Change] = []
    left: list[tuple[str, Statement]] = []
    for step in plan.steps:
        for number, (statement, used) in enumerate(_used(step, space)):
            if number < step.start:
                continue
            words = [token.upper for token in sql.head(statement.text, 1)]
            if words in (["GRANT"], ["REVOKE"]):
                text = _plain_grant(statement.text)
                changes += [_change("grant", "grant", "", text)] if text else []
                left += [] if text else [(step.script, statement)]
            elif words in (["CREATE"], ["DROP"]):
                changes += _made_or_dropped(statement.text, used)
    return changes, tuple(left)


def _change(action: str, kind: str, target: str, text: str) -> Change:
    return Change(action, kind, target, "safe", "", ((text, ()),))  # type: ignore[arg-type]


def _plain_grant(text: str) -> str:
    """A GRANT or REVOKE as `foresight` reads it; '' for one on ALL objects, to a share, or of short names."""
    listed = list(sql.tokens(text))
    words = [token.upper for token in listed]
    if "->>" in text or "REVOKE" in words[1:]:
        return ""
    end = text[listed[3].start :] if words[1:4] == ["GRANT", "OPTION", "FOR"] and len(listed) > 3 else ""
    plain = f"REVOKE GRANT OPTION {end}" if end else f"{words[0]} {text[listed[1].start :] if listed[1:] else ''}"
    try:
        _, grants = read_statement(plain)
    except (ValueError, IndexError):
        return ""
    known = all(one.grantee[0] in HOLDERS and one.grantee[1] and one.reach != "all" for one in grants)
    return plain if grants and known else ""


def _made_or_dropped(text: str, space: Space) -> Iterable[Change]:
    """The object that a statement makes anew, replaces or drops, where its whole name is known."""
    listed = sql.head(text, 24)
    kind = next((one for one in kinds().values() if one.name == sql.object_kind(text)), None)
    name, _ = sql.named_after(listed)
    words = _before_name(listed)
    if kind is None or kind.signed or kind.probes is not None or not name or {"TEMPORARY", "TEMP", "EXISTS"} & words:
        return ()
    size = {"account": 1, "database": 2}.get(kind.level, 3)
    whole = whole_name(name, space, size)
    if len(whole) != size:
        return ()
    action = "drop" if listed[0].upper == "DROP" else "replace" if "REPLACE" in words else "create"
    return (_change(action, kind.slug, sql.quote_name(*whole), text),)


def _before_name(listed: Sequence[Token]) -> set[str]:
    found = {token.upper for token in listed[: sql.name_index(listed)]}
    return found - {"EXISTS"} if listed[0].upper == "DROP" else found
