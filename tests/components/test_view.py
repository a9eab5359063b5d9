"""Views: their texts, their columns, and what a replacement keeps."""

from __future__ import annotations

import pytest

from snowmaker import manifest
from snowmaker.components import queries
from snowmaker.components.types import Scope
from snowmaker.errors import SourceError

from .conftest import Declaring

SCOPE: Scope = ("D", "S")


@pytest.mark.parametrize(
    ("text", "body", "names"),
    [
        ("create view v as select 1", "select 1", ()),
        ("CREATE OR REPLACE SECURE VIEW D.S.\"a as (x)\" (A, \"b c\") AS\n\tselect 1 as a, 2;", "select 1 as a, 2", ("A", "b c")),
        ("create view d.s.v(a comment 'as (', b) comment = 'x as y' copy grants as (select 1)", "(select 1)", ("A", "B")),
        ("create view v with row access policy p on (a) tag (t = 'as') as with x as (select 1) select * from x",
         "with x as (select 1) select * from x", ()),
        ("create view if not exists v (a with masking policy m using (a, b), b) as select 1, 2", "select 1, 2", ("A", "B")),
        ("create dynamic table t (a number(3,0), b) target_lag = '1 hour' cluster by (a) execute as user u as select 1, 2",
         "select 1, 2", ("A", "B")),
        ("create dynamic table t target_lag = '1 hour' cluster by (a, b) as select 1", "select 1", ()),
        ("-- as a\ncreate view v /* as b */ as select 1 -- c", "select 1", ()),
        ("", None, ()),
    ],
)  # fmt: skip
def test_the_query_in_a_text(text: str, body: str | None, names: tuple[str, ...]) -> None:
    assert queries.Query().shown(text, SCOPE) == body
    assert queries.listed_names(text) == names


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("{comment: x}", 2, "needs as"),
        ("{query: [1]}", 2, "query of view D.S.V is SQL"),
        ("{query: select 1, columns: 5}", 2, "is a list of names"),
        ("{query: select 1, columns: {A: {coment: x}}}", 2, "A: 'coment' is no property of such a column"),
        ("{query: select 1, columns: [A, a]}", 2, "a stands twice"),
        ("{qeury: select 1}", 2, "'qeury' is no property of a view"),
    ],
)
def test_errors(text: str, line: int, words: str) -> None:
    with pytest.raises(SourceError) as raised:
        manifest.parse(f"views:\n  D.S.V: {text}\n")
    assert raised.value.line == line
    assert words in raised.value.message


def test_a_text_alone_is_the_query() -> None:
    (one,) = manifest.parse("views:\n  D.S.V: select ID from ORDERS;\n").components
    assert one.values == {"query": "select ID from ORDERS"}


@pytest.fixture
def base(declaring: Declaring) -> Declaring:
    declaring.run("CREATE TABLE {db}.S.BASE (ID INT, NAME VARCHAR)", "CREATE ROLE IF NOT EXISTS {db}_READER")
    return declaring


def view(body: str) -> str:
    return f"views:\n  '{{db}}.S.V': {body}\n"


def test_a_replacement_keeps_privileges_and_tells_of_streams(base: Declaring) -> None:
    base.apply(view("{query: select ID from BASE, comment: c, change_tracking: true}"))
    base.run(
        "GRANT SELECT ON VIEW {db}.S.V TO ROLE {db}_READER",
        "ALTER TABLE {db}.S.BASE SET CHANGE_TRACKING = TRUE",
        "CREATE STREAM {db}.S.ST ON VIEW {db}.S.V",
    )
    base.declare(view("{query: 'select ID, NAME from BASE', comment: c, change_tracking: true}"))
    (change,) = base.diff().changes
    assert (change.action, change.effect) == ("replace", "replace")
    assert change.warnings == (f"stream {base.database}.S.ST on {base.database}.S.V goes stale: make it again",)
    base.apply()
    assert f"{base.database}_READER" in {row["grantee_name"] for row in base.run("SHOW GRANTS ON VIEW {db}.S.V")}
    base.rollback()
    assert f"{base.database}_READER" in {row["grantee_name"] for row in base.run("SHOW GRANTS ON VIEW {db}.S.V")}
    assert list(base.run("SELECT * FROM {db}.S.V")) == []


def test_views_are_made_after_what_they_read(base: Declaring) -> None:
    base.declare("views:\n" + "".join(f"  '{{db}}.S.V{number}': select * from V{number + 1}\n" for number in range(4))
                 + "  '{db}.S.V4': select ID from {db}.S.T\ntables:\n  '{db}.S.T': {columns: {ID: int}}\n")  # fmt: skip
    made = [change.target.rpartition(".")[2] for change in base.diff().changes]
    assert made == ["T", "V4", "V3", "V2", "V1", "V0"]
    base.apply()
    base.rollback()
    assert [row["name"] for row in base.run("SHOW VIEWS IN SCHEMA {db}.S")] == []


def test_recursive(base: Declaring) -> None:
    query = "select 1 union all select N + 1 from V where N < 3"
    base.apply(view(f"{{query: {query}, recursive: true, columns: [N]}}"))
    assert len(base.run("SELECT * FROM {db}.S.V")) == 3
    base.apply(view("{query: select 1, columns: [N]}"))
    base.rollback()
    assert len(base.run("SELECT * FROM {db}.S.V")) == 3


def test_secure_and_comments_are_altered_in_place(base: Declaring) -> None:
    base.apply(view("{query: 'select ID, NAME from BASE'}"))
    more = "columns: {ID: the key, NAME: null}, secure: true, comment: it's"
    assert base.there_and_back(view(f"{{query: 'select ID, NAME from BASE', {more}}}")) == [
        f"ALTER VIEW {base.database}.S.V SET COMMENT = 'it''s'",
        f"ALTER VIEW {base.database}.S.V SET SECURE",
        f"COMMENT ON COLUMN {base.database}.S.V.ID IS 'the key'",
    ]


def test_a_query_that_may_not_be_read_is_no_difference() -> None:
    from snowmaker import differ
    from snowmaker.components.base import Row
    from snowmaker.components.rows import component
    from snowmaker.components.view import KIND

    shown = {"name": "V", "database_name": "D", "schema_name": "S", "text": "", "is_secure": "true"}
    live = component(KIND, ("D", "S", "V"), Row(shown))
    found = manifest.parse("views:\n  D.S.V: {query: select 1, secure: true}\n")
    assert differ.compare(found, [live], lambda *_: False) == []


def test_materialized_views_and_those_of_the_account_are_none(base: Declaring) -> None:
    base.run("CREATE MATERIALIZED VIEW {db}.S.M AS SELECT ID FROM {db}.S.BASE")
    base.declare(
        "databases:\n  '{db}': {schemas: {S: {prune: [views]}}, prune: [schemas]}\nviews: {'{db}.S.V': select 1}"
    )
    assert [change.action for change in base.diff().changes] == ["create"]
