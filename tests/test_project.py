"""The main path through Project: files → history on the sandbox, and back. Real connector, real server."""

from __future__ import annotations

import json

import pytest

from snowmaker.errors import (
    AccountError,
    FailedScriptError,
    HistoryError,
    PolicyError,
    SourceError,
    StatementError,
    UsageError,
)

VIEW = "CREATE OR REPLACE VIEW {{ db }}.S.V AS SELECT ID FROM {{ db }}.S.T"


@pytest.fixture
def three(script):
    """A database and schema, a table with a row, a view over it."""
    script(
        "V1__base.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;",
        "DROP SCHEMA {{ db }}.S",
    )
    script(
        "V2__table.sql",
        "CREATE TABLE {{ db }}.S.T (ID NUMBER);\nINSERT INTO {{ db }}.S.T VALUES (1), (2);",
        "DROP TABLE {{ db }}.S.T",
    )
    script("R__view.sql", VIEW, "DROP VIEW {{ db }}.S.V")


def outcomes(result):
    return {script.script: script.outcome for script in result.scripts}


def states(project):
    return {status.script: status.state for status in project.status()}


def count(project, database):
    return project.query(f"SELECT COUNT(*) AS N FROM {database}.S.V")[0]["n"]


def test_migrate_then_nothing_to_do(three, project, database):
    first = project().migrate()
    assert outcomes(first) == {
        "V1__base.sql": "applied",
        "V2__table.sql": "applied",
        "R__view.sql": "applied",
    }
    assert first.statements == 5
    again = project()
    assert count(again, database) == 2
    second = again.migrate()
    assert (second.scripts, set(states(again).values())) == ((), {"applied"})


def test_nothing_to_do_costs_two_requests(three, project, account):
    project().migrate()
    fresh = project()
    before = account.requests
    assert fresh.migrate().round_trips == account.requests - before == 2


def test_round_trips_are_counted_as_the_server_counts_them(script, project, account):
    script("V0__base.sql", "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;")
    for number in range(1, 10):
        script(f"V{number}__t.sql", f"CREATE TABLE {{{{ db }}}}.S.T{number} (A INT);\nSELECT 1;")
    before = account.requests
    result = project().migrate()
    restored = 2  # two new logins, after the history's and the script's CREATE DATABASE: the lock names the session
    assert result.round_trips == account.requests - before - restored
    assert result.round_trips <= result.statements + len(result.scripts) + 8


def test_the_history_says_what_ran(three, project, folder):
    project().migrate()
    rows = project().history()
    assert [(row.script, row.script_type, row.status, row.seq) for row in rows] == [
        ("V1__base.sql", "V", "Success", 1),
        ("V2__table.sql", "V", "Success", 2),
        ("R__view.sql", "R", "Success", 3),
    ]
    second = rows[1]
    assert (second.statements, second.statements_done, len(second.query_ids)) == (2, 2, 2)
    assert (second.installed_by, second.environment, second.version) == ("ADMIN", "shared", "2")
    assert second.installed_on.tzinfo is not None


def test_reading_writes_nothing(three, project, database):
    reader = project()
    reader.status(), reader.plan(), reader.history(), reader.doctor()
    reader.migrate(dry_run=True)
    shown = {row["name"] for row in reader.query("SHOW DATABASES")}
    assert database not in shown


def test_rollback_to_nothing_and_up_again(three, project, database):
    project().migrate()
    down = project().rollback(to="0")
    assert list(outcomes(down)) == ["R__view.sql", "V2__table.sql", "V1__base.sql"]
    assert set(states(project()).values()) == {"rolled_back"}
    project().migrate()
    assert count(project(), database) == 2


def test_rollback_of_one_version_takes_later_repeatables_along(three, project):
    project().migrate()
    down = project().rollback()
    assert list(outcomes(down)) == ["R__view.sql", "V2__table.sql"]
    assert states(project()) == {
        "V1__base.sql": "applied",
        "V2__table.sql": "rolled_back",
        "R__view.sql": "rolled_back",
    }


def test_rollback_works_from_a_checkout_without_the_files(three, project, folder):
    project().migrate()
    for path in (folder / "migrations").iterdir():
        path.unlink()
    assert len(project().rollback(to="0").scripts) == 3


def test_a_repeatable_goes_back_to_its_earlier_text(three, project, script, database):
    project().migrate()
    script("V3__later.sql", "SELECT 1")
    script("R__view.sql", VIEW + " WHERE ID > 1", "DROP VIEW {{ db }}.S.V")
    project().migrate()
    assert count(project(), database) == 1
    project().rollback(to="2")
    assert count(project(), database) == 2


def test_a_statement_that_fails_in_the_middle(script, project, database):
    script(
        "V1__base.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\n\nSELECT * FROM {{ db }}.S.NOPE;\nSELECT 1",
    )
    script("V2__later.sql", "SELECT 1")
    with pytest.raises(StatementError) as caught:
        project().migrate()
    error = caught.value
    assert (error.errno, error.sqlstate, error.file, error.line) == (
        2003,
        "42S02",
        "migrations/V1__base.sql",
        4,
    )
    assert error.query_id
    assert (error.done, error.of) == (2, 4)
    assert outcomes(error.result) == {"V1__base.sql": "failed", "V2__later.sql": "skipped"}
    assert states(project())["V1__base.sql"] == "failed"
    row = project().history()[-1]
    assert (row.status, row.statements_done, "NOPE" in row.error) == ("Failed", 2, True)
    with pytest.raises(FailedScriptError):
        project().migrate()


def test_a_failed_script_is_repaired_and_resumed(script, project):
    script(
        "V1__base.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nSELECT * FROM {{ db }}.S.NOPE",
    )
    with pytest.raises(StatementError):
        project().migrate()
    script(
        "V1__base.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nCREATE TABLE {{ db }}.S.T (A INT)",
    )
    assert project().repair("V1__base.sql", done=2)
    assert project().plan().steps[0].action == "resume"
    assert outcomes(project().migrate()) == {"V1__base.sql": "resumed"}
    assert states(project()) == {"V1__base.sql": "applied"}


def test_a_failure_of_the_first_statement_needs_no_repair(script, project):
    script("V1__a.sql", "SELECT * FROM NOWHERE.AT.ALL_")
    with pytest.raises(StatementError):
        project().migrate()
    script("V1__a.sql", "SELECT 1")
    assert outcomes(project().migrate()) == {"V1__a.sql": "applied"}


def test_a_transaction_happens_wholly_or_not(script, project, database):
    script(
        "V1__base.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nCREATE TABLE {{ db }}.S.V (A INT)",
    )
    script(
        "V2__rows.sql",
        "-- snowmaker: transaction=on\nINSERT INTO {{ db }}.S.V VALUES (1);\nINSERT INTO {{ db }}.S.NOPE VALUES (1)",
    )
    with pytest.raises(StatementError):
        project().migrate()
    assert count(project(), database) == 0
    assert project().history()[-1].statements_done == 0
    script("V2__rows.sql", "-- snowmaker: transaction=on\nINSERT INTO {{ db }}.S.V VALUES (1)")
    project().migrate()
    assert count(project(), database) == 1


def test_a_transaction_may_use_a_schema_and_still_happens(script, project, database):
    base = "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nCREATE TABLE {{ db }}.S.V (A INT)"
    script("V1__base.sql", base)
    script("V2__rows.sql", "-- snowmaker: transaction=on\nUSE SCHEMA {{ db }}.S;\nINSERT INTO V VALUES (1)")
    opened = project()
    before = opened.session.namespace
    opened.migrate()
    assert count(opened, database) == 1
    assert [row.status for row in opened.history()] == ["Success", "Success"]
    assert opened.session.namespace == before


def test_a_transaction_left_open_is_rolled_back_and_fails(script, project, database):
    script(
        "V1__base.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nCREATE TABLE {{ db }}.S.V (A INT)",
    )
    script("V2__rows.sql", "BEGIN;\nINSERT INTO {{ db }}.S.V VALUES (1);")
    with pytest.raises(StatementError, match="open transaction"):
        project().migrate()
    assert count(project(), database) == 0


def test_session_state_does_not_leak_into_the_next_script(script, project):
    script(
        "V1__a.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nUSE ROLE SYSADMIN;\nSET X = 1;",
    )
    script("V2__b.sql", "SELECT 1")
    opened = project()
    before = opened.session.namespace
    opened.migrate()
    assert opened.session.namespace == before
    with pytest.raises(StatementError):
        opened.query("SELECT $X")


def test_a_created_database_is_not_in_use_for_the_next_script(script, project):
    script("V1__a.sql", "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S")
    script("V2__b.sql", "CREATE TABLE LEAKED (A INT)")
    with pytest.raises(StatementError) as caught:
        project().migrate()
    assert caught.value.file == "migrations/V2__b.sql"
    assert caught.value.errno in (90105, 90106)


def test_query_tags_name_the_run_the_script_and_the_statement(three, project):
    result = project().migrate()
    rows = project().query(
        "SELECT QUERY_TAG AS T FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY()) WHERE QUERY_TAG LIKE "
        f"'%{result.run_id}%' AND QUERY_TAG LIKE '%V2__table.sql%'"
    )
    assert {'"statement": 1' in row["t"] for row in rows} == {True, False}


def test_the_history_of_another_project_is_refused_and_can_be_adopted(three, project, folder):
    project().migrate()
    settings = folder / "snowmaker.toml"
    settings.write_text(settings.read_text().replace('name = "testing"', 'name = "other"'))
    with pytest.raises(HistoryError, match="testing"):
        project().migrate()
    project().repair(adopt=True)
    assert project().migrate().scripts == ()


def test_schemachange_s_nine_columns_are_adopted(project, script, database):
    script("V1__old.sql", "SELECT 1;", None)
    script("V2__new.sql", "SELECT 2")
    (rendered,) = project().render(["V1__old"])
    project().query(
        f"CREATE DATABASE {database}; CREATE SCHEMA {database}.META; CREATE TABLE {database}.META.HISTORY ("
        "VERSION VARCHAR, DESCRIPTION VARCHAR, SCRIPT VARCHAR, SCRIPT_TYPE VARCHAR, CHECKSUM VARCHAR, "
        "EXECUTION_TIME NUMBER, STATUS VARCHAR, INSTALLED_BY VARCHAR, INSTALLED_ON TIMESTAMP_LTZ);"
        f"INSERT INTO {database}.META.HISTORY SELECT '1', 'Old', 'V1__old.sql', 'V', '{rendered.checksum}', 1, "
        "'Success', 'ME', CURRENT_TIMESTAMP()"
    )
    assert states(project()) == {"V1__old.sql": "applied", "V2__new.sql": "pending"}
    assert outcomes(project().migrate()) == {"V2__new.sql": "applied"}
    rows = project().history()
    assert [(row.script, row.seq) for row in rows] == [("V1__old.sql", None), ("V2__new.sql", 1)]
    assert project().migrate().scripts == ()


def test_a_baseline(script, project):
    script("V1__a.sql", "SELECT * FROM WAS.THERE.BEFORE_")
    script("V2__b.sql", "SELECT 1")
    project().baseline("1")
    assert outcomes(project().migrate()) == {"V2__b.sql": "applied"}
    assert states(project()) == {"V1__a.sql": "ignored", "V2__b.sql": "applied"}


def test_an_edited_script_stops_everything_until_accepted(three, project, script):
    project().migrate()
    script("V2__table.sql", "CREATE TABLE {{ db }}.S.T (ID NUMBER, B NUMBER)", "DROP TABLE {{ db }}.S.T")
    script("V3__more.sql", "SELECT 1")
    with pytest.raises(PolicyError, match="V2__table"):
        project().migrate()
    assert len(project().repair(checksums=True)) == 1
    assert outcomes(project().migrate()) == {"V3__more.sql": "applied"}


def test_secrets_are_sent_and_seen_nowhere(script, project, monkeypatch, database):
    monkeypatch.setenv("SNOWMAKER_SECRET_TOKEN", "hunter2'; DROP")
    script(
        "V1__a.sql",
        "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nCREATE TABLE {{ db }}.S.V AS SELECT '{{ secret('TOKEN') }}' AS X",
    )
    plan = project().plan()
    assert "hunter2" not in str(plan)
    project().migrate()
    assert project().query(f"SELECT X FROM {database}.S.V") == [{"x": "hunter2'; DROP"}]
    stored = project().query(f"SELECT * FROM {database}.META.HISTORY")
    assert "hunter2" not in str(stored)


def test_a_missing_secret_stops_before_anything_is_sent(script, project):
    script("V1__a.sql", "SELECT '{{ secret('NOT_SET') }}'")
    with pytest.raises((SourceError, AccountError), match="NOT_SET"):
        project().migrate()
    assert project().history() == ()


def test_a_file_to_put_that_is_not_there_stops_before_anything_is_sent(script, project):
    script("V1__a.sql", "PUT file://data/nope.csv @~/x")
    with pytest.raises(SourceError, match=r"nope\.csv"):
        project().migrate()
    assert project().history() == ()


def test_a_role_that_cannot_be_assumed_is_told_with_the_grant(script, project):
    script("V1__a.sql", "-- snowmaker: role=NOBODY\nSELECT 1")
    with pytest.raises(AccountError) as caught:
        project().migrate()
    assert "GRANT ROLE NOBODY TO USER ADMIN" in caught.value.hint


def test_in_ci_the_environment_must_be_named(three, folder, monkeypatch):
    from snowmaker import Project

    monkeypatch.setenv("CI", "true")
    with Project(folder) as unnamed, pytest.raises(UsageError, match="environment"):
        unnamed.migrate()


def test_a_hundred_scripts_cost_no_more_than_promised(script, project, account):
    """Statements, one history insert a script, and 8 requests."""
    script("V0__base.sql", "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA IF NOT EXISTS {{ db }}.S")
    for number in range(1, 100):
        script(f"V{number}__t.sql", f"CREATE TABLE {{{{ db }}}}.S.T{number} (A INT);\nSELECT {number}")
    for number in range(5):
        script(
            f"R__v{number}.sql", f"CREATE OR REPLACE VIEW {{{{ db }}}}.S.V{number} AS SELECT * FROM {{{{ db }}}}.S.T1"
        )
    result = project().migrate()
    assert (result.statements, len(result.scripts)) == (205, 105)
    assert result.round_trips <= 205 + 105 + 8
    assert project().migrate().round_trips <= 6


def test_exactly_the_plan_that_was_reviewed(project, script, folder, database, tmp_path, capsys) -> None:
    """A plan file names environment, history and every statement; what would be different by now is refused."""
    from snowmaker.cli import run
    from snowmaker.model import plan_from_json

    script("V1__a.sql", f"CREATE DATABASE {database}_P", f"DROP DATABASE {database}_P")
    script("V2__b.sql", f"CREATE SCHEMA {database}_P.B", f"DROP SCHEMA {database}_P.B")
    file = tmp_path / "plan.json"
    at = ["-e", "shared", "-C", str(folder)]
    assert run(["plan", "--to", "1", "-o", str(file), *at]) == 0
    reviewed = plan_from_json(json.loads(file.read_text()))
    assert [step.script for step in reviewed.steps] == ["V1__a.sql"]
    for name, text, said in (
        ("V1__a.sql", f"CREATE DATABASE {database}_P COMMENT = 'x'", "V1__a.sql: statement 1 differs"),
        ("V1__a.sql", f"CREATE DATABASE {database}_P; SELECT 1", "V1__a.sql: had 1 statements, and has 2"),
        ("V1__a.sql", f"-- snowmaker: role=SYSADMIN\nCREATE DATABASE {database}_P", "V1__a.sql: its directives differ"),
        ("V0__z.sql", "SELECT 1", "V0__z.sql would run too"),
    ):
        path = script(name, text, f"DROP DATABASE {database}_P")
        with pytest.raises(PolicyError, match=said) as caught:
            project().migrate(reviewed=reviewed)
        assert caught.value.code == "plan_differs"
        path.unlink()
        script("V1__a.sql", f"CREATE DATABASE {database}_P", f"DROP DATABASE {database}_P")
    (folder / "migrations" / "U0__z.sql").unlink()
    assert run(["migrate", "--plan", str(file), *at]) == 0
    assert [row.script for row in project().history()] == ["V1__a.sql"]
    assert run(["migrate", "--plan", str(file), "--json", *at]) == 2, "it has run already"
    assert (
        "the history was" in json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))["error"]["message"]
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', "nonsense", '{"format": 1, "environment": "x"}'])
def test_a_file_that_is_no_plan(folder, tmp_path, text, capsys) -> None:
    from snowmaker.cli import run

    (tmp_path / "p.json").write_text(text)
    assert run(["migrate", "--plan", str(tmp_path / "p.json"), "-e", "shared", "-C", str(folder), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_plan"
