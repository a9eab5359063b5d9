"""ALTER TABLE | VIEW: policies of the whole object, and policies and tags of its columns.

https://docs.snowflake.com/en/sql-reference/sql/alter-table#data-governance-policy-and-tag-actions
https://docs.snowflake.com/en/sql-reference/sql/alter-view
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from snowmaker.sandbox import altering, policies
from snowmaker.sandbox.catalog import Entry
from snowmaker.sandbox.columns import TableColumn
from snowmaker.sandbox.context import Context
from snowmaker.sandbox.engine import Ddl
from snowmaker.sandbox.kinds import Clause, Target, altered
from snowmaker.sandbox.parser import Parser
from snowmaker.sandbox.policies import AGGREGATION, JOIN, MASKING, PROJECTION, ROW_ACCESS, Attached
from snowmaker.sandbox.result import Result
from snowmaker.sandbox.tags import read_assignment, read_tag

OnColumn = Callable[[Ddl, Entry, TableColumn], Entry]
ReadAction = Callable[[Context, Parser, str], OnColumn]
_KEYS = {ROW_ACCESS: ("ON",), AGGREGATION: ("ENTITY", "KEY"), JOIN: ("ALLOWED", "JOIN", "KEYS")}


def _attached(kind: str, *, force: bool = True) -> Clause:
    """ADD ROW ACCESS POLICY p ON (…); SET AGGREGATION | JOIN POLICY p … [FORCE]"""

    def clause(context: Context, parser: Parser, target: Target) -> Result:
        policy = _read(context, parser, kind)
        forced = force and parser.accept("FORCE")
        parser.end()
        return altered(context, target, lambda entry: policies.attach(entry, policy, force=forced), f"APPLY {kind}")

    return clause


def _read(context: Context, parser: Parser, kind: str) -> Attached:
    found = policies.applicable(context, kind, parser.name())
    arguments: tuple[str, ...] = ()
    if parser.accept(*_KEYS[kind]):
        parser.expect_operator("(")
        arguments = parser.items(parser.identifier)
    elif kind == ROW_ACCESS:
        raise parser.unexpected()
    return policies.checked(found, Attached(found.id, kind, arguments=arguments))


def _row_access_dropped(context: Context, parser: Parser, target: Target) -> Result:
    """DROP ROW ACCESS POLICY p [, ADD ROW ACCESS POLICY q ON (…)]"""
    gone = policies.applicable(context, ROW_ACCESS, parser.name())
    other = None
    if parser.accept_operator(","):
        parser.expect("ADD", *ROW_ACCESS.split())
        other = _read(context, parser, ROW_ACCESS)
    parser.end()

    def change(entry: Entry) -> Entry:
        entry = policies.detach(entry, ROW_ACCESS, policy=gone)
        return policies.attach(entry, other) if other else entry

    return altered(context, target, change, f"APPLY {ROW_ACCESS}")


def _all_row_access_dropped(context: Context, parser: Parser, target: Target) -> Result:
    parser.end()
    return altered(context, target, lambda entry: policies.detach_all(entry, ROW_ACCESS), f"APPLY {ROW_ACCESS}")


def _detached(kind: str) -> Clause:
    def clause(context: Context, parser: Parser, target: Target) -> Result:
        parser.end()
        return altered(context, target, lambda entry: policies.detach(entry, kind), f"APPLY {kind}")

    return clause


POLICY_CLAUSES: dict[str, Clause] = {
    f"ADD {ROW_ACCESS}": _attached(ROW_ACCESS, force=False),
    f"DROP {ROW_ACCESS}": _row_access_dropped,
    "DROP ALL ROW ACCESS POLICIES": _all_row_access_dropped,
    **{f"SET {kind}": _attached(kind) for kind in (AGGREGATION, JOIN)},
    **{f"UNSET {kind}": _detached(kind) for kind in (AGGREGATION, JOIN)},
}


# -- columns -------------------------------------------------------------------------------------------


def _set_policy(kind: str) -> ReadAction:
    def read(context: Context, parser: Parser, name: str) -> OnColumn:
        found = policies.applicable(context, kind, parser.name())
        arguments: tuple[str, ...] = ()
        if parser.accept("USING"):
            parser.expect_operator("(")
            arguments = parser.items(parser.identifier)
        policy = policies.checked(found, Attached(found.id, kind, name, arguments))
        force = parser.accept("FORCE")
        return lambda ddl, entry, known: policies.attach(entry, policy, force=force)

    return read


def _unset_policy(kind: str) -> ReadAction:
    return lambda context, parser, name: lambda ddl, entry, known: policies.detach(entry, kind, name)


def _set_tags(context: Context, parser: Parser, name: str) -> OnColumn:
    tags = dict([read_assignment(context, parser)])
    while _more(parser):
        tags.update([read_assignment(context, parser)])
    return lambda ddl, entry, known: altering.set_tags(entry, known, tags)


def _more(parser: Parser) -> bool:
    """Whether another tag follows; behind a comma there may be another COLUMN."""
    start = parser.scanner.position
    if parser.accept_operator(",") and not parser.at("COLUMN"):
        return True
    parser.scanner.position = start
    return False


def _unset_tags(context: Context, parser: Parser, name: str) -> OnColumn:
    removed = [str(read_tag(context, parser).id)]
    while _more(parser):
        removed.append(str(read_tag(context, parser).id))
    return lambda ddl, entry, known: altering.set_tags(entry, known, {}, removed)


_ACTIONS: dict[str, ReadAction] = {
    f"SET {MASKING}": _set_policy(MASKING),
    f"UNSET {MASKING}": _unset_policy(MASKING),
    f"SET {PROJECTION}": _set_policy(PROJECTION),
    f"UNSET {PROJECTION}": _unset_policy(PROJECTION),
    "SET TAG": _set_tags,
    "UNSET TAG": _unset_tags,
}


@dataclass(frozen=True)
class Action:
    """What ALTER does to a column. `applying` is the privilege on the account that does in place of OWNERSHIP."""

    column: str
    run: OnColumn
    applying: str = ""


def read_action(context: Context, parser: Parser, name: str) -> Action | None:
    """SET | UNSET of a policy or of tags of a column; None where something else comes next."""
    for words, read in _ACTIONS.items():
        if parser.accept(*words.split()):
            return Action(name, read(context, parser, name), f"APPLY {words.split(' ', 1)[1]}")
    return None


def wanted_of(actions: Iterable[Action]) -> tuple[str, ...]:
    """The privileges that do for all of them: none but OWNERSHIP where they are of several kinds."""
    found = {each.applying for each in actions}
    return tuple(found) if len(found) == 1 and all(found) else ()
