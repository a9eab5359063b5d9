"""What no kind describes: declared as the SQL that makes it, drops it and finds it."""

from __future__ import annotations

import pytest

from snowmaker.errors import SourceError

from .conftest import Declaring

SECRET = """
sql:
  KEY:
    create: create secret {db}.S.KEY type = generic_string secret_string = 'x' comment = 'a'
    drop: drop secret {db}.S.KEY
    exists: show secrets like 'KEY' in schema {db}.S
"""


def test_made_and_taken_back(declaring: Declaring) -> None:
    declaring.declare(SECRET)
    (change,) = before = declaring.diff().changes
    assert (change.action, change.kind, change.target) == ("create", "sql", "KEY")
    assert change.sql == (
        declaring.fill("create secret {db}.S.KEY type = generic_string secret_string = 'x' comment = 'a'"),
    )
    assert change.undo == (declaring.fill("drop secret {db}.S.KEY"),)
    declaring.apply()
    declaring.declare(SECRET.replace("'a'", "'b'"))
    assert declaring.diff().changes == (), "of its text the account tells nothing"
    declaring.declare(SECRET)
    declaring.rollback()
    assert declaring.diff().changes == before


def test_what_is_not_current_is_altered(declaring: Declaring) -> None:
    def text(comment: str, more: str) -> str:
        return f"""
    sql:
      KEEPER:
        create: create or replace table {{db}}.S.KEPT (A number) comment = '{comment}'
        drop: drop table {{db}}.S.KEPT
        exists: show tables like 'KEPT' in schema {{db}}.S
        current: >
          select 1 from {{db}}.INFORMATION_SCHEMA.TABLES where TABLE_NAME = 'KEPT' and COMMENT = '{comment}'
        revert: comment on table {{db}}.S.KEPT is 'a'
        {more}
    """

    declaring.apply(text("a", ""))
    assert declaring.there_and_back(text("b", "alter: comment on table {db}.S.KEPT is 'b'")) == [
        declaring.fill("comment on table {db}.S.KEPT is 'b'")
    ]
    assert declaring.there_and_back(text("c", "")) == [
        declaring.fill("create or replace table {db}.S.KEPT (A number) comment = 'c'")
    ]


def test_it_stands_anywhere_and_comes_in_order(declaring: Declaring) -> None:
    declaring.declare("""
    sql:
      LAST: {create: create role {db}_LAST, drop: drop role {db}_LAST, exists: show roles like '{db}_LAST', depends_on: [MIDDLE, '{db}.NEW.T']}
      MIDDLE: {create: create role {db}_M, drop: drop role {db}_M, exists: show roles like '{db}_M', role: USERADMIN}
    databases:
      '{db}':
        schemas:
          NEW:
            sql:
              COPY:
                create: create transient table {db}.NEW.EVENTS (A number)
                drop: drop table {db}.NEW.EVENTS
                exists: show tables like 'EVENTS' in schema {db}.NEW
            tables: {T: {columns: {ID: number}}}
            views: {V: select * from EVENTS}
    """)
    changes = declaring.diff().changes
    names = [change.target.rpartition(".")[2] for change in changes]
    assert names.index("NEW") < names.index("COPY") < names.index("V")
    assert max(names.index("MIDDLE"), names.index("T")) < names.index("LAST")
    assert changes[names.index("MIDDLE")].role == "USERADMIN"
    declaring.apply()
    declaring.rollback()


def test_a_question_that_fails_is_told(declaring: Declaring) -> None:
    declaring.declare(SECRET.replace("show secrets like 'KEY' in schema {db}.S", "select nonsense()"))
    with pytest.raises(SourceError, match=r"exists of sql KEY fails: .*"):
        declaring.diff()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    drop: drop secret {db}.S.KEY\n", "", "needs drop"),
        ("show secrets", "drop secret", "is a question, and begins with"),
        ("drop: drop secret {db}.S.KEY", "drop: drop secret A; drop secret B", "is one statement"),
        (
            "    exists",
            "    current: select 1\n    exists",
            "with current needs alter, revert too, or create with OR REPLACE",
        ),
        ("create: create", "current: select 1\n    create: create or replace", "needs revert too"),
    ],
)
def test_refused(declaring: Declaring, old: str, new: str, message: str) -> None:
    declaring.declare(SECRET.replace(old, new))
    with pytest.raises(SourceError, match=message):
        declaring.diff()


def test_import_leaves_it_alone(declaring: Declaring) -> None:
    declaring.apply(SECRET)
    assert "sql:" not in declaring.imported("sql")
