"""Taking back: by steps, version and run; of scripts that stopped midway; and what is refused."""

from __future__ import annotations

import pytest

from snowmaker.errors import FailedScriptError, PolicyError, StatementError, UsageError
from snowmaker.resuming import undo_start
from snowmaker.sql import split

BASE = "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\n"


def tables(project, database):
    return [row["name"] for row in project.query(f"SHOW TABLES IN SCHEMA {database}.S")]


def outcomes(result):
    return [(script.script, script.outcome) for script in result.scripts]


@pytest.fixture
def base(script, project):
    script("V1__base.sql", BASE, "DROP SCHEMA {{ db }}.S")
    project().migrate()


def test_what_one_run_did(base, script, project, database):
    script("V2__a.sql", "CREATE TABLE {{ db }}.S.A (X INT)", "DROP TABLE {{ db }}.S.A")
    script("R__v.sql", "CREATE OR REPLACE VIEW {{ db }}.S.V AS SELECT 1 AS X", "DROP VIEW {{ db }}.S.V")
    run = project().migrate().run_id
    script("V3__b.sql", "CREATE TABLE {{ db }}.S.B (X INT)", "DROP TABLE {{ db }}.S.B")
    project().migrate()
    assert outcomes(project().rollback(run=run)) == [("R__v.sql", "rolled_back"), ("V2__a.sql", "rolled_back")]
    assert tables(project(), database) == ["B"]
    with pytest.raises(UsageError, match="no script of run"):
        project().rollback(run=run)


def test_one_that_cannot_be_taken_back_stops_all_before_the_first_statement(base, script, project, database):
    script("V2__a.sql", "CREATE TABLE {{ db }}.S.A (X INT)", "DROP TABLE {{ db }}.S.A")
    script("V3__b.sql", "-- snowmaker: irreversible\nCREATE TABLE {{ db }}.S.B (X INT)", None)
    script("V4__c.sql", "CREATE TABLE {{ db }}.S.C (X INT)", "DROP TABLE {{ db }}.S.C")
    project().migrate()
    with pytest.raises(PolicyError, match=r"V3__b\.sql has no rollback"):
        project().rollback(steps=3)
    assert tables(project(), database) == ["A", "B", "C"]
    assert outcomes(project().rollback()) == [("V4__c.sql", "rolled_back")]


HALF = "USE SCHEMA {{ db }}.S;\nCREATE TABLE A (X INT);\nCREATE TABLE B (X INT);\nSELECT * FROM NOPE;\nCREATE TABLE C (X INT);"


def test_of_half_a_script_only_what_was_done(base, script, project, database):
    """The rollback has a statement for each, in reverse: those for what never ran are left out."""
    undo = "USE SCHEMA {{ db }}.S;\nDROP TABLE C;\nSELECT 1;\nDROP TABLE B;\nDROP TABLE A;"
    script("V2__half.sql", HALF, undo)
    with pytest.raises(StatementError):
        project().migrate()
    plan = project().plan_rollback()
    assert [statement.text for statement in plan.steps[0].statements[plan.steps[0].start :]] == [
        "DROP TABLE B",
        "DROP TABLE A",
    ]
    assert outcomes(project().rollback()) == [("V2__half.sql", "rolled_back")]
    assert tables(project(), database) == []
    script("V2__half.sql", HALF.replace("SELECT * FROM NOPE", "SELECT 1"), undo)
    project().migrate()
    project().rollback()
    assert tables(project(), database) == []


def test_of_half_a_script_the_whole_rollback_where_it_cannot_be_split(base, script, project, database):
    script("V2__half.sql", HALF, "".join(f"DROP TABLE IF EXISTS {{{{ db }}}}.S.{name};" for name in "CBA"))
    with pytest.raises(StatementError):
        project().migrate()
    (warning,) = project().plan_rollback().warnings
    assert "stopped after 3 of 5 statements" in warning
    assert warning.endswith("never ran: SELECT * FROM NOPE; CREATE TABLE C (X INT)")
    project().rollback()
    assert tables(project(), database) == []


def test_a_rollback_that_stopped_goes_on_after_a_repair(base, script, project, database):
    up = "CREATE TABLE {{ db }}.S.A (X INT);\nCREATE TABLE {{ db }}.S.B (X INT);"
    script("V2__a.sql", up, "DROP TABLE {{ db }}.S.A;\nSELECT * FROM {{ db }}.S.NOPE;\nDROP TABLE {{ db }}.S.B;")
    project().migrate()
    with pytest.raises(StatementError):
        project().rollback()
    assert tables(project(), database) == ["B"]
    with pytest.raises(FailedScriptError, match="its rollback failed"):
        project().migrate()
    project().repair("V2__a.sql", done=2)
    assert outcomes(project().rollback()) == [("V2__a.sql", "rolled_back")]
    assert tables(project(), database) == []


@pytest.mark.parametrize(
    ("up", "down", "done", "start"),
    [
        ("CREATE TABLE A(X INT); INSERT INTO A VALUES (1)", "DELETE FROM A; DROP TABLE A", 1, 1),
        ("CREATE TABLE A(X INT); INSERT INTO A VALUES (1)", "DELETE FROM A; DROP TABLE A", 2, 0),
        ("CREATE TABLE A(X INT); INSERT INTO A VALUES (1)", "DROP TABLE A", 1, None),
        ("CREATE TABLE A(X INT); CREATE TABLE B(X INT)", "DROP TABLE A; DROP TABLE B", 1, None),  # not in reverse
        ("USE ROLE R; CREATE TABLE A(X INT)", "USE ROLE R; DROP TABLE A", 1, 2),
        ("USE ROLE R; CREATE TABLE A(X INT)", "DROP TABLE A", 2, 0),
        ('CREATE TABLE "a"(X INT); SELECT 1', 'SELECT 1; DROP TABLE D.S."a"', 1, 1),
    ],
)
def test_where_the_rollback_of_half_a_script_begins(up, down, done, start):
    assert undo_start(split(up), done, split(down)) == start


# going on after a failure


def test_keep_going_runs_the_rest_and_lists_what_failed(base, script, project, database, folder, capsys):
    from snowmaker.cli import run

    script("R__a.sql", "SELECT * FROM {{ db }}.S.NOPE")
    script("R__b.sql", "CREATE OR REPLACE TABLE {{ db }}.S.B (X INT)")
    script("A__c.sql", "SELECT * FROM {{ db }}.S.NEITHER")
    script("A__d.sql", "CREATE OR REPLACE TABLE {{ db }}.S.D (X INT)")
    with pytest.raises(FailedScriptError) as caught:
        project().migrate(keep_going=True)
    error = caught.value
    assert (error.exit_code, "R__a.sql" in error.message, "A__c.sql" in error.message) == (3, True, True)
    assert outcomes(error.result) == [
        ("R__a.sql", "failed"),
        ("R__b.sql", "applied"),
        ("A__c.sql", "failed"),
        ("A__d.sql", "applied"),
    ]
    assert tables(project(), database) == ["B", "D"]
    command = ["migrate", "-e", "shared", "-C", str(folder), "--allow-destructive", "--yes"]
    assert run([*command, "--keep-going"]) == 3
    assert "2 scripts failed" in capsys.readouterr().err


def test_keep_going_never_goes_on_after_a_versioned_script(base, script, project, database):
    script("V2__a.sql", "SELECT * FROM {{ db }}.S.NOPE")
    script("R__b.sql", "CREATE OR REPLACE TABLE {{ db }}.S.B (X INT)")
    with pytest.raises(StatementError):
        project().migrate(keep_going=True)
    assert tables(project(), database) == []
