"""Who can do what: the graph of grants, what changes make of it, how it is told; and whether it is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snowmaker import Project
from snowmaker.access import Access, AccessDiff, AccessReport, Graph, difference, future_for
from snowmaker.accesstext import changed, chart, chart_of_changes, escaped, lines, people, sentence
from snowmaker.cli import run
from snowmaker.components.base import Place
from snowmaker.components.declared import Live
from snowmaker.components.grant import (
    Grant,
    Grantee,
    from_account,
    granting,
    owning,
    read_grants,
    read_object,
    read_statement,
    revoking,
)
from snowmaker.errors import StatementError, UsageError
from snowmaker.foresight import foreseen
from snowmaker.grantreader import GrantReader
from snowmaker.model import Change

Capture = pytest.CaptureFixture[str]


def grants(*texts: str) -> list[Grant]:
    """`ANALYST: select on table D.S.T` as grants."""
    found = []
    for text in texts:
        key, _, grant = text.partition(": ")
        found += read_grants(key, [grant], Place())[1]
    return found


def graph(*texts: str) -> Graph:
    return Graph.of(grants(*texts))


def told(accesses: tuple[Access, ...]) -> set[str]:
    """Each as `SELECT on table D.S.T: ANALYST → DB_READ`, with what it lacks."""
    found = set()
    for one in accesses:
        path = " → ".join(".".join(name) for _, name in one.path)
        lacks = f" lacks {', '.join('.'.join(name) for name in one.lacks)}" if one.lacks else ""
        found.add(f"{one.grant.privilege} on {one.grant.what}: {path}{lacks}")
    return found


ENTRY = ("usage on database D", "usage on schema D.S")
HIERARCHY = (
    *(f"DB_READ: {text}" for text in ENTRY),
    "DB_READ: select on table D.S.T",
    "ANALYST: role DB_READ",
    "SYSADMIN: role ANALYST",
    "user BOB: role ANALYST",
)


# the graph


def test_roles_inherit_along_the_hierarchy() -> None:
    one = graph(*HIERARCHY)
    assert told(one.has(("USER", ("BOB",)))) == {
        "USAGE on role ANALYST: BOB",
        "USAGE on role DB_READ: BOB → ANALYST",
        "USAGE on database D: BOB → ANALYST → DB_READ",
        "USAGE on schema D.S: BOB → ANALYST → DB_READ",
        "SELECT on table D.S.T: BOB → ANALYST → DB_READ",
    }
    assert told(one.held(read_object("table D.S.T"))) == {
        "SELECT on table D.S.T: DB_READ",
        "SELECT on table D.S.T: ANALYST → DB_READ",
        "SELECT on table D.S.T: SYSADMIN → ANALYST → DB_READ",
        "SELECT on table D.S.T: BOB → ANALYST → DB_READ",
    }
    assert told(one.held(read_object("role ANALYST"))) == {
        "USAGE on role ANALYST: SYSADMIN",
        "USAGE on role ANALYST: BOB",
    }


def test_the_shortest_path_is_told_but_for_one_that_may_grant() -> None:
    one = graph(*HIERARCHY, "ANALYST: select on table D.S.T")
    assert "SELECT on table D.S.T: SYSADMIN → ANALYST" in told(one.has(("ROLE", ("SYSADMIN",))))
    one = graph(
        *HIERARCHY,
        "ANALYST: select on table D.S.T",
        "BASE: select on table D.S.T with grant option",
        "ANALYST: role BASE",
    )
    (best,) = (access for access in one.has(("ROLE", ("ANALYST",))) if access.grant.privilege == "SELECT")
    assert (best.option, best.path[-1]) == (True, ("ROLE", ("BASE",)))


def test_cycles_do_no_harm() -> None:
    one = graph("A: role B", "B: role C", "C: role A", "C: select on table D.S.T", "A: role A")
    assert told(one.held(read_object("table D.S.T"))) == {
        f"SELECT on table D.S.T: {path} lacks D, D.S" for path in ("C", "B → C", "A → B → C")
    }


def test_public_is_everybodys() -> None:
    one = graph("PUBLIC: select on table D.S.T", *(f"PUBLIC: {text}" for text in ENTRY), "ANALYST: role X")
    assert "SELECT on table D.S.T: ANALYST → PUBLIC" in told(one.has(("ROLE", ("ANALYST",))))
    assert "SELECT on table D.S.T: BOB → PUBLIC" in told(one.has(("USER", ("BOB",))))
    assert told(one.held(read_object("table D.S.T"))) == {"SELECT on table D.S.T: PUBLIC"}, "told once"


def test_what_public_lacks_others_may_have() -> None:
    one = graph("PUBLIC: select on table D.S.T", *(f"ANALYST: {text}" for text in ENTRY))
    assert told(one.held(read_object("table D.S.T"))) == {
        "SELECT on table D.S.T: PUBLIC lacks D, D.S",
        "SELECT on table D.S.T: ANALYST → PUBLIC",
    }


def test_a_privilege_without_a_way_in_is_no_access() -> None:
    one = graph("A: select on table D.S.T", "A: usage on schema D.S", "B: role A", "B: monitor on database D")
    assert "SELECT on table D.S.T: A lacks D" in told(one.has(("ROLE", ("A",))))
    assert "SELECT on table D.S.T: B → A" in told(one.has(("ROLE", ("B",)))), "any privilege on the database will do"


def test_a_database_role_may_use_its_own_database() -> None:
    one = graph(
        "D.R: select on table D.S.T",
        "D.R: usage on schema D.S",
        "D.OUTER: database role D.R",
        "A: database role D.OUTER",
    )
    assert told(one.held(read_object("table D.S.T"))) == {
        f"SELECT on table D.S.T: {path}" for path in ("D.R", "D.OUTER → D.R", "A → D.OUTER → D.R")
    }


def test_what_a_user_was_given_himself_comes_behind_what_his_roles_have() -> None:
    own = Grant("USAGE", "WAREHOUSE", ("W",), ("USER", ("BOB",)))
    one = Graph.of([own, *grants("user BOB: role A", "A: usage on warehouse W")])
    assert "USAGE on warehouse W: BOB → A" in told(one.has(("USER", ("BOB",))))
    (line,) = lines(Graph.of([own]).has(("USER", ("BOB",))))
    assert line.note == "with secondary roles ALL"


def test_future_grants_of_a_schema_hide_those_of_its_database() -> None:
    one = graph(
        "A: select on future tables in database D",
        "A: usage on future schemas in database D",
        "B: insert on future tables in schema D.S",
        "A: usage on database D",
    )
    assert {(access.grant.on, access.hidden) for access in one.has(("ROLE", ("A",)))} == {
        ("TABLE", (("D", "S"),)),
        ("SCHEMA", ()),
        ("DATABASE", ()),
    }
    assert told(one.held(read_object("schema D.S"))) == {"INSERT on future tables in schema D.S: B lacks D, D.S"}
    assert told(one.held(read_object("schema D.OTHER"))) == {"SELECT on future tables in database D: A"}
    wanted = {("D", "S", "T"): "INSERT", ("D", "OTHER", "T"): "SELECT", ("E", "S", "T"): None}
    for name, privilege in wanted.items():
        found = future_for(one.grants, "TABLE", name)
        assert [grant.privilege for grant in found] == ([privilege] if privilege else [])
    assert future_for(one.grants, "VIEW", ("D", "S", "V")) == ()
    assert [grant.privilege for grant in future_for(one.grants, "SCHEMA", ("D", "NEW"))] == ["USAGE"]


# differences


def changes_between(before: Graph, after: Graph) -> dict[str, tuple[set[str], set[str]]]:
    return {".".join(one.who[1]): (told(one.gains), told(one.loses)) for one in difference(before, after)}


def test_gains_and_losses_come_with_their_path() -> None:
    before = graph(*(text for text in HIERARCHY if text != "ANALYST: role DB_READ"))
    found = changes_between(before, graph(*HIERARCHY))
    assert set(found) == {"ANALYST", "SYSADMIN", "BOB"}, "nothing changes for DB_READ itself"
    gains, loses = found["BOB"]
    assert "SELECT on table D.S.T: BOB → ANALYST → DB_READ" in gains
    assert not loses
    assert changes_between(graph(*HIERARCHY), before)["BOB"] == (set(), gains)


def test_what_one_had_another_way_is_no_gain() -> None:
    before = graph(*HIERARCHY)
    after = graph(*HIERARCHY, "ANALYST: select on table D.S.T")
    assert difference(before, after) == ()
    assert difference(after, before) == ()


def test_ownership_stands_for_all() -> None:
    entry = [f"A: {text}" for text in ENTRY]
    owner = [*entry, "A: ownership on table D.S.T"]
    assert difference(graph(*owner), graph(*owner, "A: select on table D.S.T")) == ()
    (change,) = difference(graph(*owner), graph(*entry, "A: select on table D.S.T"))
    assert told(change.loses) == {"OWNERSHIP on table D.S.T: A"}
    (line,) = lines(graph(*owner, "A: select on table D.S.T").held(read_object("table D.S.T")))
    assert line.privilege == "OWNERSHIP"
    role = graph("A: ownership on role R", "R: usage on warehouse W")
    assert len(role.has(("ROLE", ("A",)))) == 1, "who owns a role is no member of it"


def test_what_is_opened_or_shut_off_by_another_grant_counts() -> None:
    shut = graph("A: select on table D.S.T", "A: usage on database D", "B: role A")
    opened = Graph.of([*shut.grants, *grants("A: usage on schema D.S")])
    found = changes_between(shut, opened)
    assert found["A"][0] == {"USAGE on schema D.S: A", "SELECT on table D.S.T: A"}
    assert found["B"][0] == {"USAGE on schema D.S: B → A", "SELECT on table D.S.T: B → A"}
    assert changes_between(opened, shut)["A"][1] == found["A"][0]


def test_the_grant_option_is_a_gain_of_its_own() -> None:
    plain, more = graph("A: usage on warehouse W"), graph("A: usage on warehouse W with grant option")
    for gained in (True, False):
        (change,) = difference(plain, more) if gained else difference(more, plain)
        (access,) = change.gains or change.loses
        assert access.option_only
        (text,) = (sentence(turn, line) for turn, line in changed(AccessDiff("e", (change,))))
        assert text == f"role A {'gains' if gained else 'loses'} the grant option of USAGE on warehouse W"
    (change,) = difference(graph(), more)
    assert not change.gains[0].option_only


def test_what_everyone_gains_is_told_once() -> None:
    before = graph("A: role B", *(f"PUBLIC: {text}" for text in ENTRY))
    found = changes_between(before, Graph.of([*before.grants, *grants("PUBLIC: select on table D.S.T")]))
    assert found == {"PUBLIC": ({"SELECT on table D.S.T: PUBLIC"}, set())}


ANY = st.lists(
    st.sampled_from(
        grants(
            *(f"{one}: role {other}" for one in "AB" for other in "BC"),
            *(f"{one}: {text}" for one in ("B", "C", "PUBLIC") for text in (*ENTRY, "select on table D.S.T")),
            "D.R: usage on schema D.S",
            "D.R: select on table D.S.T",
            "C: database role D.R",
            "user U: role A",
        )
    ),
    unique=True,
)


@given(ANY, ANY)
@settings(deadline=None)
def test_a_difference_is_what_lies_between_two_states(before: list[Grant], after: list[Grant]) -> None:
    one, other = Graph.of(before), Graph.of(after)
    assert difference(one, one) == ()
    found = {change.who: change for change in difference(one, other)}
    back = {change.who: (change.loses, change.gains) for change in difference(other, one)}
    assert {who: (change.gains, change.loses) for who, change in found.items()} == back
    for who in one.grantees | other.grantees:
        had, has = can_read(one, who), can_read(other, who)
        change = found.get(who)
        gained, lost = (change.gains, change.loses) if change else ((), ())
        everyones = any(("ROLE", ("PUBLIC",)) in access.path for graph in (one, other) for access in graph.has(who))
        if not everyones:
            assert (opens(gained), opens(lost)) == (has and not had, had and not has)


def can_read(one: Graph, who: Grantee) -> bool:
    return opens(one.has(who))


def opens(accesses: tuple[Access, ...]) -> bool:
    return any(access.grant.on == "TABLE" and not access.lacks for access in accesses)


# statements read again


WRITTEN = grants(
    "A: select on table D.S.T",
    "A: usage on warehouse W with grant option",
    "A: manage grants on account",
    "A: all on schema D.S",
    "A: apply masking policy on account",
    'A: select, insert on all tables in schema D."to s"',
    "D.R: select on future views in database D",
    "D.R: usage on function D.S.F(NUMBER, VARCHAR)",
    "D.R: usage on procedure D.S.P()",
    "A: role B",
    '"a to b": database role D."from"',
    "user BOB: role A",
    "A: usage on resource monitor M",
    "A: create snowflake.ml.forecast on schema D.S",
)


@pytest.mark.parametrize("grant", WRITTEN, ids=str)
def test_a_statement_says_what_it_was_made_of(grant: Grant) -> None:
    assert read_statement(granting([grant])) == ("GRANT", [grant])
    verb, (revoked,) = read_statement(revoking([grant]))
    assert (verb, revoked.key) == ("REVOKE", grant.key)
    if grant.option:
        assert read_statement(revoking([grant], option_only=True)) == ("REVOKE", [grant])


def test_statements_of_ownership_and_of_several_privileges() -> None:
    for grant in grants(
        "A: ownership on table D.S.T",
        "D.R: ownership on all views in schema D.S",
        "A: ownership on future tasks in database D",
    ):
        assert read_statement(owning(grant)) == ("GRANT", [grant])
    two = grants("A: insert, select on table D.S.T")
    assert read_statement(granting(two)) == ("GRANT", two)
    for text in ("SELECT 1", "GRANT", "GRANT SELECT ON TABLE D.S.T", "DROP TABLE T"):
        with pytest.raises(ValueError, match="neither a GRANT nor a REVOKE"):
            read_statement(text)


def test_rows_that_name_things_in_part() -> None:
    row = {
        "privilege": "SELECT",
        "granted_on": "TABLE",
        "name": "D.S.T",
        "granted_to": "DATABASE_ROLE",
        "grantee_name": "R",
    }
    assert from_account(row) == grants("D.R: select on table D.S.T")[0]
    row = {
        "privilege": "USAGE",
        "granted_on": "WAREHOUSE",
        "name": "W",
        "role": None,
        "granted_to": "USER",
        "grantee_name": "BOB",
    }
    assert from_account(row) == Grant("USAGE", "WAREHOUSE", ("W",), ("USER", ("BOB",)))
    row = {"role": "bob.b@x y", "granted_to": "ROLE", "grantee_name": "A"}
    assert from_account(row) == Grant("USAGE", "ROLE", ("bob.b@x y",), ("ROLE", ("A",)))


# what changes make of it


def change(action: str, kind: str, target: str, *sql: str, role: str = "SYSADMIN", renamed: str = "") -> Change:
    attributes = (("name", target, renamed),) if renamed else ()
    return Change(action, kind, target, "safe", "", tuple((text, ()) for text in sql), attributes, role)  # type: ignore[arg-type]


def after(before: Graph, *changes: Change, live: Live | None = None) -> set[str]:
    return shown(foreseen(before, changes, live or Live())[1])


def shown(one: Graph) -> set[str]:
    return {
        f"{grant.to}: {grant.privilege} {grant.what}"
        + (" +" if grant.option and grant.privilege != "OWNERSHIP" else "")
        for grant in one.grants
    }


def test_future_grants_take_effect_on_what_is_made_after_them() -> None:
    before = graph("A: usage on future schemas in database D")
    make = change("create", "schema", "D.NEW", "CREATE SCHEMA D.NEW")
    assert {"ROLE A: USAGE schema D.NEW", "ROLE SYSADMIN: OWNERSHIP schema D.NEW"} <= after(before, make)
    give = change("grant", "grant", "…", "GRANT USAGE ON FUTURE SCHEMAS IN DATABASE D TO ROLE B")
    assert "ROLE B: USAGE schema D.NEW" not in after(before, make, give)
    assert "ROLE B: USAGE schema D.NEW" in after(before, give, make)
    owner = graph("A: ownership on future schemas in database D")
    assert "ROLE A: OWNERSHIP schema D.NEW" in after(owner, make)
    assert "ROLE SYSADMIN: OWNERSHIP schema D.NEW" not in after(owner, make)


def test_a_new_database_has_a_schema_public() -> None:
    found = after(graph(), change("create", "database", "D", "CREATE DATABASE D"))
    assert found == {"ROLE SYSADMIN: OWNERSHIP database D", "ROLE SYSADMIN: OWNERSHIP schema D.PUBLIC"}


def test_grants_and_revokes() -> None:
    before = graph("A: select, insert on table D.S.T with grant option", "A: ownership on table D.S.U")
    listed = Live(listed={"TABLE": frozenset({(("D", "S", "T"), None), (("D", "X", "Z"), None)})})
    say = lambda text: change("grant", "grant", "…", text)  # noqa: E731
    assert "ROLE B: SELECT table D.S.T" in after(
        before, say("GRANT SELECT ON ALL TABLES IN SCHEMA D.S TO ROLE B"), live=listed
    )
    assert "ROLE B: DELETE table D.S.T" in after(before, say("GRANT ALL PRIVILEGES ON TABLE D.S.T TO ROLE B"))
    found = after(before, say("REVOKE GRANT OPTION FOR SELECT ON TABLE D.S.T FROM ROLE A"))
    assert found >= {"ROLE A: SELECT table D.S.T", "ROLE A: INSERT table D.S.T +"}
    assert after(before, say("REVOKE ALL PRIVILEGES ON TABLE D.S.T FROM ROLE A")) == {"ROLE A: OWNERSHIP table D.S.U"}
    found = after(before, say("GRANT OWNERSHIP ON TABLE D.S.U TO ROLE B COPY CURRENT GRANTS"))
    assert "ROLE B: OWNERSHIP table D.S.U" in found
    assert "ROLE A: OWNERSHIP table D.S.U" not in found
    assert after(before, say("REVOKE SELECT ON TABLE NO.SUCH.T FROM ROLE A")) == shown(before)


def test_what_is_dropped_takes_its_grants_along() -> None:
    before = graph(
        *("A: usage on schema D.S", "A: select on table D.S.T", "A: select on future tables in schema D.S"),
        *("A: select on table D.X.T", "D.R: select on table D.X.T", "B: database role D.R", "A: usage on warehouse D"),
    )
    assert after(before, change("drop", "schema", "D.S", "DROP SCHEMA D.S")) == {
        *("ROLE A: SELECT table D.X.T", "DATABASE ROLE D.R: SELECT table D.X.T"),
        *("ROLE B: USAGE database role D.R", "ROLE A: USAGE warehouse D"),
    }
    assert after(before, change("drop", "database", "D", "DROP DATABASE D")) == {"ROLE A: USAGE warehouse D"}
    before = graph("A: ownership on table D.S.T", "A: select on table D.S.T", "B: role A", "A: role C")
    assert after(before, change("drop", "role", "A", "DROP ROLE A", role="USERADMIN")) == {
        "ROLE USERADMIN: OWNERSHIP table D.S.T"
    }


def test_a_rename_changes_nobodys_access() -> None:
    before = graph(
        "A: usage on database D", "D.R: select on table D.S.T", "B: database role D.R", "A: usage on warehouse D"
    )
    for kind, old, new in (
        ("database", "D", "E"),
        ("schema", "D.S", "D.S2"),
        ("role", "A", "Z"),
        ("database_role", "D.R", "D.R2"),
    ):
        one, other = foreseen(before, [change("alter", kind, old, f"ALTER … RENAME TO {new}", renamed=new)], Live())
        assert difference(one, other) == ()
        assert shown(one) != shown(before)
    one, _ = foreseen(before, [change("alter", "database", "D", "ALTER …", renamed="E")], Live())
    assert shown(one) == {
        *("ROLE A: USAGE database E", "DATABASE ROLE E.R: SELECT table E.S.T", "ROLE B: USAGE database role E.R"),
        "ROLE A: USAGE warehouse D",
    }


def test_what_is_replaced() -> None:
    before = graph("A: usage on warehouse W", "B: ownership on warehouse W")
    copied = change("replace", "warehouse", "W", "CREATE OR REPLACE WAREHOUSE W COPY GRANTS", role="B")
    assert after(before, copied) == {"ROLE A: USAGE warehouse W", "ROLE B: OWNERSHIP warehouse W"}
    again = "GRANT USAGE ON WAREHOUSE W TO ROLE A"
    new = change("replace", "warehouse", "W", "CREATE OR REPLACE WAREHOUSE W", again, role="B")
    assert after(before, new) == after(before, copied)
    lost = change("replace", "warehouse", "W", "CREATE OR REPLACE WAREHOUSE W", role="B")
    assert after(before, lost) == {"ROLE B: OWNERSHIP warehouse W"}
    inside = change("replace", "warehouse", "W", "ALTER WAREHOUSE W SUSPEND", role="B")
    assert after(before, inside) == shown(before), "rebuilt without being made anew"


# for readers


def test_what_is_alike_stands_in_one_line() -> None:
    many = [f"DB_READ: select on table D.S.T{number}" for number in range(212)]
    before = graph(*HIERARCHY[:2], *HIERARCHY[3:])
    gain = AccessDiff("e", difference(before, Graph.of([*before.grants, *grants(*many)])))
    ((turn, line),) = changed(gain)
    assert sentence(turn, line) == "role DB_READ gains SELECT on 212 tables in D.S"
    assert people(line.heirs) == "roles ANALYST, SYSADMIN, user BOB"
    before = graph(*HIERARCHY[:2], *many, "user BOB: role ANALYST")
    gain = AccessDiff("e", difference(before, Graph.of([*before.grants, *grants("ANALYST: role DB_READ")])))
    said = [sentence(turn, line) for turn, line in changed(gain)]
    assert "role ANALYST gains SELECT on 212 tables in D.S through DB_READ" in said
    assert said[0] == "role ANALYST gains role DB_READ"
    assert {people(line.heirs) for _, line in changed(gain)} == {"user BOB"}


def test_people_and_privileges_are_grouped() -> None:
    users = [f"user U{number}: role A" for number in range(7)]
    one = graph(*users, "A: select, insert on table D.S.T", "B: select, insert on table D.S.T")
    found = lines(one.held(read_object("table D.S.T")))
    assert [(line.privilege, line.whom, line.through) for line in found] == [
        ("INSERT, SELECT", "roles A, B", "…"),
        ("INSERT, SELECT", "users U0, U1, U2, U3, U4 and 2 more", "… → A"),
    ]
    assert {line.note for line in found} == {"no access: lacks USAGE on database D and schema D.S"}
    found = lines(
        graph("A: select on table D.S.T", "A: select on table D.S.U", "A: role B", "A: role C").has(("ROLE", ("A",)))
    )
    assert [(line.privilege, line.what) for line in found] == [
        ("member", "roles B, C"),
        ("SELECT", "tables T, U in D.S"),
    ]


NASTY = ['a"b', "end", "#35;", "`md`", "<script>", "x\ny", "[](){}|", "--> z", "%% c", "&amp;", "$$x$$", "é 日本"]


def test_mermaid_labels_cannot_break_out() -> None:
    given = [Grant("SELECT", "TABLE", ("D", "S", name), ("ROLE", (name,))) for name in NASTY]
    members = [Grant("USAGE", "ROLE", (name,), ("ROLE", ("TOP",))) for name in NASTY]
    one = Graph.of([*given, *members])
    top = ("ROLE", ("TOP",))
    text = chart(AccessReport("e", Grant("", "ROLE", ("TOP",), ("", ())), one.has(top)))
    head, *rest = text.splitlines()
    label = r'"(?:\w|[ .,()…→-]|#\d+;)*"'
    node = rf"    n\d+(?:\[{label}\]|\[\[{label}\]\]|\(\[{label}\]\)|\[\({label}\)\])"
    edge = rf"    n\d+ (?:-->|-\.->)(?:\|{label}\|)? n\d+"
    assert head == "flowchart LR"
    for line in rest:
        assert re.fullmatch(rf"{node}|{edge}|    linkStyle \d+ stroke:#\w+", line), line
    assert sum("-.->" in line for line in rest) == len(NASTY), "no access: dashed"
    assert escaped('a"<b>\n$') == "a#34;#60;b#62;#10;#36;"


def test_a_chart_of_changes_has_gains_and_losses() -> None:
    text = chart_of_changes(
        AccessDiff(
            "e", difference(graph("A: usage on warehouse W", "user U: role A"), graph("B: usage on warehouse W"))
        )
    )
    assert text.splitlines() == [
        *("flowchart LR", '    n0["B"]', '    n1[("warehouse W")]', '    n2(["U"])', '    n3["A"]'),
        *('    n0 -->|"gains USAGE"| n1', '    n2 -.->|"loses"| n3', '    n3 -.->|"loses USAGE"| n1'),
        *("    linkStyle 0 stroke:#2da44e", "    linkStyle 1 stroke:#cf222e", "    linkStyle 2 stroke:#cf222e"),
    ]


# whether it is true: on the sandbox, over the wire


class World:
    """A project on the shared account; `{d}` in a text is the test's own database and begins its roles' names."""

    def __init__(self, open_project: Callable[..., Project], folder: Path, database: str) -> None:
        self._open, self._folder, self.name = open_project, folder, database
        self._shared: Project | None = None

    @property
    def project(self) -> Project:
        """A project with a session of its own, always the same one."""
        if self._shared is None:
            self._shared = self._open()
        return self._shared

    def fill(self, text: str) -> str:
        return text.replace("{d}", self.name)

    def run(self, text: str) -> None:
        self.project.query(self.fill(text))

    def declare(self, text: str) -> None:
        (self._folder / "components").mkdir(exist_ok=True)
        (self._folder / "components" / "x.yml").write_text(self.fill(text))

    def access(self, name: str) -> AccessReport:
        return self.project.access(self.fill(name))

    def can_select(self, role: str, table: str) -> bool:
        """Whether a session under that role alone really can."""
        text = f"USE ROLE {role}; USE SECONDARY ROLES NONE; SELECT * FROM {table}"
        with closing(self._open()) as session:
            try:
                session.query(self.fill(text))
            except StatementError as error:
                if error.errno not in (2003, 2043):  # does not exist or not authorized
                    raise
                return False
        return True


@pytest.fixture
def world(project: Callable[..., Project], folder: Path, database: str) -> Iterator[World]:
    one = World(project, folder, database)
    one.run(SETUP)
    yield one
    one.run(f"USE ROLE ACCOUNTADMIN; DROP DATABASE {{d}}; DROP DATABASE IF EXISTS {{d}}NEW; {GONE}")


ROLES = ("OWNER", "READ", "ANALYST", "NOWAY", "SOON", "LATE", "OTHER")
TABLES = ("{d}.S.T", "{d}.S.U", "{d}.RAW.T")
GONE = (
    "".join(f"DROP ROLE IF EXISTS {{d}}_{role};" for role in (*ROLES, "FRESH", "MOVED"))
    + "DROP USER IF EXISTS {d}_BOB; DROP USER IF EXISTS {d}_EVE"
)
SETUP = (
    "CREATE DATABASE {d}; CREATE SCHEMA {d}.S; CREATE SCHEMA {d}.RAW; CREATE DATABASE ROLE {d}.READER;"
    + "".join(f"CREATE ROLE {{d}}_{role}; GRANT ROLE {{d}}_{role} TO USER ADMIN;" for role in ROLES)
    + """
CREATE TABLE {d}.S.T (A INT); CREATE TABLE {d}.S.U (A INT); CREATE TABLE {d}.RAW.T (A INT);
CREATE USER {d}_BOB;
GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE PUBLIC;
GRANT USAGE ON SCHEMA {d}.S TO DATABASE ROLE {d}.READER;
GRANT SELECT ON ALL TABLES IN SCHEMA {d}.S TO DATABASE ROLE {d}.READER;
GRANT DATABASE ROLE {d}.READER TO ROLE {d}_READ;
GRANT ROLE {d}_READ TO ROLE {d}_ANALYST;
GRANT ROLE {d}_ANALYST TO USER {d}_BOB;
GRANT SELECT ON TABLE {d}.RAW.T TO ROLE {d}_NOWAY;
GRANT USAGE ON DATABASE {d} TO ROLE {d}_NOWAY;
GRANT OWNERSHIP ON TABLE {d}.S.U TO ROLE {d}_OWNER COPY CURRENT GRANTS;
GRANT MONITOR ON DATABASE {d} TO ROLE {d}_OWNER;
GRANT MODIFY ON SCHEMA {d}.S TO ROLE {d}_OWNER;
GRANT SELECT ON FUTURE TABLES IN DATABASE {d} TO ROLE {d}_SOON;
GRANT USAGE ON FUTURE SCHEMAS IN DATABASE {d} TO ROLE {d}_SOON;
GRANT SELECT ON FUTURE TABLES IN SCHEMA {d}.RAW TO ROLE {d}_LATE;
"""
)


def readable(accesses: tuple[Access, ...], table: str) -> bool:
    """Whether a table can be read, as far as is told."""
    on = read_object(f"table {table}")
    same = (one for one in accesses if (one.grant.on, one.grant.name, one.grant.reach) == ("TABLE", on.name, "object"))
    return any(one.grant.privilege in ("SELECT", "OWNERSHIP") and not one.lacks for one in same)


def truth(world: World) -> dict[tuple[str, str], bool]:
    return {(role, table): world.can_select(f"{{d}}_{role}", table) for role in ROLES for table in TABLES}


def test_what_a_role_has_and_who_has_a_table_is_the_truth(world: World) -> None:
    true = truth(world)
    assert 0 < sum(true.values()) < len(true)
    for role in ROLES:
        has = world.access(f"{{d}}_{role}").has
        assert {table: readable(has, world.fill(table)) for table in TABLES} == {
            table: true[role, table] for table in TABLES
        }, role
    for table in TABLES:
        held = world.access(table).held_by
        for role in ROLES:
            own = tuple(one for one in held if one.who == ("ROLE", (world.fill(f"{{d}}_{role}"),)))
            assert readable(own, world.fill(table)) == true[role, table], (role, table)


def test_roles_users_and_objects(world: World) -> None:
    role = world.access("{d}_ANALYST")
    select = f"SELECT on table {world.name}.S.T: {world.name}_ANALYST → {world.name}_READ → {world.name}.READER"
    assert select in told(role.has)
    assert f"USAGE on role {world.name}_ANALYST: {world.name}_BOB" in told(role.held_by)
    assert f"USAGE on warehouse COMPUTE_WH: {world.name}_ANALYST → PUBLIC" in told(role.has)
    user = world.access("user {d}_bob")
    assert select.replace(": ", f": {world.name}_BOB → ") in told(user.has)
    assert told(world.access("{d}_BOB").has) == told(user.has)
    table = world.access("{d}.s.t")
    assert {".".join(one.who[1]) for one in table.held_by if one.grant.privilege == "SELECT"} == {
        *(world.fill(f"{{d}}{part}") for part in ("_BOB", "_ANALYST", "_READ", ".READER")),
        "ADMIN",
    }
    assert told(world.access("table {d}.S.T").held_by) == told(table.held_by)
    assert told(world.access("{d}.READER").has) == told(world.access("database role {d}.READER").has)
    schema = told(world.access("{d}.RAW").held_by)
    assert world.fill("SELECT on future tables in schema {d}.RAW: {d}_LATE lacks {d}, {d}.RAW") in schema
    assert not any("SOON" in line and "TABLE" in line for line in schema), "hidden by the schema's own"
    (wide,) = (one for one in world.access("{d}").held_by if one.grant.on == "TABLE" and one.who[1][0].endswith("SOON"))
    assert wide.hidden == ((world.name, "RAW"),)
    (own,) = (one for one in world.access("{d}_SOON").has if one.grant.on == "TABLE")
    assert own.hidden == ((world.name, "RAW"),)
    assert {one.who[1][0] for one in world.access("account").held_by} >= {"ACCOUNTADMIN", "SYSADMIN"}


def test_requests_are_bounded_by_the_hierarchy(world: World) -> None:
    for name, requests in (("{d}_ANALYST", 15), ("{d}.S.T", 12), ("user {d}_BOB", 15)):
        found = world.access(name)
        assert 0 < found.round_trips <= requests, name


def test_names_that_are_not_there(world: World) -> None:
    world.run("CREATE FUNCTION {d}.S.F(A NUMBER, B VARCHAR) RETURNS NUMBER AS '1'; CREATE STAGE {d}.S.ST")
    world.run("CREATE FILE FORMAT {d}.S.ST TYPE = CSV")
    for name, code, text, hint in (
        ("{d}_ANALYS", "unknown_name", "there is no {d}_ANALYS", "did you mean {d}_ANALYST?"),
        ("user {d}_BO", "unknown_name", "there is no user {d}_BO", "did you mean {d}_BOB?"),
        ("{d}.NOPE", "unknown_name", "there is no {d}.NOPE", "name its kind"),
        ("{d}.READR", "unknown_name", "there is no {d}.READR", "did you mean READER?"),
        ("{d}.SCHEM.T", "unknown_name", "there is no schema {d}.SCHEM", "name its kind"),
        ("{d}X.S.T", "unknown_name", "there is no database {d}X", "did you mean {d}"),
        ("table {d}.S.NOPE", "unknown_name", "there is no table {d}.S.NOPE", "name its kind"),
        ("tabel {d}.S.T", "unknown_kind", "SHOW TABELS IN SCHEMA {d}.S", "did you mean TABLE?"),
        ("{d}.S.F", "ambiguous_name", "{d}.S.F is a function", 'its arguments: "function {d}.S.F(NUMBER, VARCHAR)"'),
        ("{d}.S.ST", "ambiguous_name", "{d}.S.ST is a file format and a stage", 'say which: "file format {d}.S.ST"'),
        ("all tables in schema {d}.S", "bad_name", "is more than one object", "name the schema"),
        ("select", "bad_name", "reserved word", "name its kind"),
        ("", "bad_name", "what kind of object", "name its kind"),
        ("a.b.c.d", "bad_name", "DATABASE.NAME", "name its kind"),
    ):
        with pytest.raises(UsageError) as caught:
            world.access(name)
        error = caught.value
        assert (error.code, world.fill(text) in error.message, world.fill(hint) in error.hint) == (code, True, True), (
            error
        )
    assert world.access("function {d}.S.F(NUMBER, VARCHAR)").held_by
    assert world.access("stage {d}.S.ST").on.on == "STAGE"


def test_what_may_not_be_read_is_a_warning(world: World) -> None:
    with GrantReader(world.project.session) as reader:
        found = reader.granted([("ROLE", (name,)) for name in ("NO_SUCH_1", "SYSADMIN", "NO_SUCH_2", "USERADMIN")], ())
        assert {grant.grantee[1][0] for grant in found} == {"SYSADMIN", "USERADMIN"}
        assert len(reader.warnings) == 4
        assert any(text.startswith("SHOW GRANTS TO ROLE NO_SUCH_1: ") for text in reader.warnings)


DECLARED = """
users:
  "{d}_EVE": {roles: ["{d}_OTHER", "{d}_ANALYST"]}
roles:
  "{d}_FRESH": {granted_to: ["{d}_OTHER"]}
  "{d}_MOVED": {renamed_from: "{d}_LATE"}
databases:
  "{d}":
    schemas:
      S2: {renamed_from: S, owner: "{d}_FRESH"}
      NEW: {}
    database_roles:
      WRITER: {granted_to: ["{d}_ANALYST"]}
grants:
  "{d}_FRESH":
    - select on all tables in schema {d}.RAW
    - usage on database {d}
  "{d}_NOWAY": [usage on schema {d}.RAW]
  "{d}_READ": {prune: true, privileges: [usage on database {d}]}
  "{d}.WRITER": ["select, insert on table {d}.RAW.T", usage on schema {d}.RAW]
  "{d}_OWNER": [usage on warehouse COMPUTE_WH with grant option, ownership on table {d}.RAW.T]
  "{d}_SOON": [select on future tables in schema {d}.NEW]
"""


def test_the_difference_comes_true(world: World) -> None:
    world.declare(DECLARED)
    found = world.project.access_diff()
    before = truth(world)
    compared = world.project._compared(_identity(world))
    with GrantReader(world.project.session) as reader:
        _, expected = foreseen(reader.graph(), compared.diff.changes, compared.live)
    world.project.apply()
    with GrantReader(world.project.session) as reader:
        real = reader.graph()
    assert mine(expected, world) == mine(real, world)
    world.run("GRANT ROLE {d}_MOVED TO USER ADMIN")
    tables = {table: table.replace("{d}.S.", "{d}.S2.") for table in TABLES}
    changes = {one.who[1][0]: one for one in found.changes}
    assert readable(changes[world.fill("{d}_EVE")].gains, world.fill("{d}.RAW.T")), "through FRESH"
    turned = 0
    for (role, table), could in before.items():
        name = "{d}_MOVED" if role == "LATE" else f"{{d}}_{role}"
        can = world.can_select(name, tables[table])
        change = changes.get(world.fill(name))
        gains, loses = (change.gains, change.loses) if change else ((), ())
        told = (readable(gains, world.fill(tables[table])), readable(loses, world.fill(tables[table])))
        assert told == (can and not could, could and not can), (role, table)
        turned += can != could
    assert turned >= 5
    assert world.project.access_diff().changes == ()


def _identity(world: World) -> object:
    from snowmaker import preflight

    return preflight.identify(world.project.session)


def mine(one: Graph, world: World) -> set[str]:
    """The grants that tell of this test's roles and objects, but for those of the history."""
    return {text for text in shown(one) if world.name in text and f"{world.name}.META" not in text}


def test_the_command(world: World, folder: Path, capsys: Capture) -> None:
    def call(*arguments: str) -> tuple[int, str]:
        code = run(["-C", str(folder), "access", "-e", "shared", *map(world.fill, arguments)])
        out, err = capsys.readouterr()
        assert not err or code == 2, err
        return code, out or err

    code, out = call("{d}_ANALYST")
    assert code == 0
    assert f"what role {world.name}_ANALYST has\n" in out
    path = world.fill("{d}_ANALYST → {d}_READ → {d}.READER")
    assert re.search(rf"SELECT +tables T, U in {world.name}\.S +{path}\n", out)
    code, out = call("{d}.RAW.T")
    assert re.search(rf"SELECT +role {world.name}_NOWAY .*no access: lacks USAGE on schema {world.name}\.RAW\n", out)
    assert call("{d}_ANALYST", "--mermaid")[1].startswith("flowchart LR\n")
    value = json.loads(call("{d}_ANALYST", "--json")[1])
    assert (value["on"], value["name"], value["environment"]) == ("ROLE", f"{world.name}_ANALYST", "shared")
    assert set(value) == {"environment", "on", "name", "has", "held_by", "warnings", "round_trips"}
    assert {"privilege", "on", "name", "future", "grant_option", "path", "lacks", "hidden_in"} <= set(value["has"][0])
    assert call("--diff") == (0, "shared: nobody's access would change (2 requests)\n")
    world.declare('grants: {"{d}_READ": [select on table {d}.RAW.T, usage on schema {d}.RAW]}')
    code, out = call("--diff")
    assert code == 1
    assert f"  + role {world.name}_READ gains SELECT on table {world.name}.RAW.T\n" in out
    assert f"      and by inheritance role {world.name}_ANALYST, user {world.name}_BOB\n" in out
    value = json.loads(call("--diff", "--json")[1])
    assert set(value) == {"environment", "changes", "warnings", "round_trips"}
    assert {"role", "user"} == {one["grantee"].partition(" ")[0] for one in value["changes"]}
    assert call("--diff", "--mermaid")[1].count("gains SELECT") == 1
    assert call()[0] == call("{d}_READ", "--diff")[0] == 2
