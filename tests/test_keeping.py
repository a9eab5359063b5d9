"""What scripts take from tables is kept in clones, and comes back with their rollback."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from snowmaker.cli import run
from snowmaker.errors import PolicyError, StatementError
from snowmaker.losses import Loss, losses
from snowmaker.sql import split

BASE = (
    "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA {{ db }}.S;\nCREATE TABLE {{ db }}.S.T (A INT, B INT);\n"
    "INSERT INTO {{ db }}.S.T VALUES (1, 10), (2, 20);\nCREATE ROLE IF NOT EXISTS {{ db }}_READER;\n"
    "GRANT SELECT ON TABLE {{ db }}.S.T TO ROLE {{ db }}_READER;\n"
)
T = "{{ db }}.S.T"


@pytest.fixture
def base(script, project):
    script("V1__base.sql", BASE, "DROP SCHEMA {{ db }}.S")
    project().migrate()


def rows(project, database):
    return [tuple(row.values()) for row in project.query(f"SELECT * FROM {database}.S.T ORDER BY 1")]


def readers(project, database):
    grants = project.query(f"SHOW GRANTS ON TABLE {database}.S.T")
    return [row["grantee_name"] for row in grants if row["privilege"] == "SELECT"]


CHANGES = {
    "delete": (f"DELETE FROM {T} WHERE A = 1", "SELECT 1"),
    "truncate": ("USE SCHEMA {{ db }}.S;\nTRUNCATE TABLE T", "SELECT 1"),
    "drop column": (f"ALTER TABLE {T} DROP COLUMN B", f"ALTER TABLE {T} ADD COLUMN B INT"),
    "replace": (f"CREATE OR REPLACE TABLE {T} (X INT)", f"DROP TABLE {T}"),
    "drop": (f"DROP TABLE {T}", f"CREATE TABLE {T} (A INT, B INT)"),
    "drop and undrop": (f"DROP TABLE {T}", f"UNDROP TABLE {T}"),
    "drop and nothing": (f"DROP TABLE {T}", "SELECT 1"),
    "add and delete": (f"ALTER TABLE {T} ADD COLUMN C INT;\nDELETE FROM {T}", f"ALTER TABLE {T} DROP COLUMN C"),
    "rename and delete": (f"ALTER TABLE {T} RENAME TO {T}2;\nDELETE FROM {T}2", f"ALTER TABLE {T}2 RENAME TO {T}"),
    "in a transaction": (f"-- snowmaker: transaction=on\nDELETE FROM {T};\nSELECT 1", "SELECT 1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_rows_and_grants_come_back(base, script, project, account, database, change):
    before = account.snapshot()[f"TABLE {database}.S.T"]
    script("V2__change.sql", *CHANGES[change])
    project().migrate()
    assert change.startswith(("drop", "rename")) or rows(project(), database) != [(1, 10), (2, 20)]
    project().rollback()
    assert rows(project(), database) == [(1, 10), (2, 20)]
    assert readers(project(), database) == [f"{database}_READER"]
    after = account.snapshot()[f"TABLE {database}.S.T"]
    assert after == before
    project().migrate()
    project().rollback()
    assert rows(project(), database) == [(1, 10), (2, 20)]


def test_a_transient_table_stays_one(base, script, project, account, database):
    script("V2__new.sql", "CREATE TRANSIENT TABLE {{ db }}.S.X AS SELECT 1 AS A", "DROP TABLE {{ db }}.S.X")
    project().migrate()
    before = account.snapshot()[f"TABLE {database}.S.X"]
    script("V3__delete.sql", "DELETE FROM {{ db }}.S.X")
    project().migrate()
    project().rollback()
    assert account.snapshot()[f"TABLE {database}.S.X"] == before


@pytest.mark.parametrize("change", ["delete", "replace", "rename and delete"])
def test_the_owner_stays(base, script, project, account, database, change):
    """COPY GRANTS leaves it out."""
    project().query(f"GRANT OWNERSHIP ON TABLE {database}.S.T TO ROLE SYSADMIN COPY CURRENT GRANTS")
    before = account.snapshot()[f"TABLE {database}.S.T"]
    script("V2__change.sql", *CHANGES[change])
    project().migrate()
    project().rollback()
    assert account.snapshot()[f"TABLE {database}.S.T"] == before


def test_a_dropped_table_is_undropped(base, script, project):
    """Inside its retention time, so that what COPY INTO has loaded stays known."""
    script("V2__drop.sql", *CHANGES["drop"])
    project().migrate()
    plan = project().plan_rollback()
    assert [statement.text.split(".")[0].split()[:2] for statement in plan.steps[0].statements] == [["UNDROP", "TABLE"]]
    assert not plan.warnings


def test_what_brings_tables_back_is_no_transaction(base, script, project, database):
    """DDL commits what is open: the rollback goes statement by statement, and can go on where it stops."""
    undo = f"-- snowmaker: transaction=on\nINSERT INTO {T} VALUES (1, 10);\nSELECT * FROM NOPE.NOPE.NOPE"
    script("V2__change.sql", f"DELETE FROM {T} WHERE A = 1", undo)
    project().migrate()
    assert not project().plan_rollback().steps[0].directives.transaction
    with pytest.raises(StatementError):
        project().rollback()
    assert (project().history()[-1].statements_done, project().history()[-1].statements) == (1, 4)
    project().repair("V2__change.sql", done=2)
    project().rollback()
    assert rows(project(), database) == [(1, 10), (2, 20)]


def test_what_cannot_come_back_is_said(base, script, project):
    script("V2__change.sql", *CHANGES["delete"])
    project().migrate()
    (warning,) = project().plan_rollback().warnings
    assert "what COPY INTO has loaded and the offsets of streams do not" in warning


def test_newer_rows_are_not_lost(base, script, project, database):
    script("V2__change.sql", *CHANGES["delete"])
    project().migrate()
    project().query(f"INSERT INTO {database}.S.T VALUES (3, 30)")
    with pytest.raises(PolicyError, match="has a row that the clone of it does not have") as caught:
        project().rollback()
    assert "--discard-newer-rows" in caught.value.hint
    assert rows(project(), database) == [(2, 20), (3, 30)]
    project().rollback(discard_newer_rows=True)
    assert rows(project(), database) == [(1, 10), (2, 20)]


def test_newer_rows_of_a_table_that_was_renamed_are_not_lost(base, script, project, database):
    script("V2__change.sql", *CHANGES["rename and delete"])
    project().migrate()
    assert not project().plan_rollback().refusals
    project().query(f"INSERT INTO {database}.S.T2 VALUES (3, 30)")
    with pytest.raises(PolicyError, match="has a row that the clone of it does not have"):
        project().rollback()


def test_half_a_script_gives_back_only_what_it_took(base, script, project, database):
    script(
        "V2__half.sql", f"INSERT INTO {T} VALUES (3, 30);\nSELECT * FROM NOPE.NOPE.NOPE;\nDELETE FROM {T}", "SELECT 1"
    )
    with pytest.raises(StatementError):
        project().migrate()
    assert len(project().kept()) == 1
    assert not project().plan_rollback().steps[0].statements[0].text.startswith("DROP")


def test_what_is_kept_is_listed_and_cleaned_up(base, script, project, folder, database, capsys):
    script("V2__change.sql", *CHANGES["delete"])
    run_id = project().migrate().run_id
    (kept,) = project().kept()
    assert kept.name == (database, "META", f"HISTORY_KEPT_{run_id}_2_1C_{database}.S.T")
    assert (kept.table, kept.script, kept.rows) == ((database, "S", "T"), "V2__change.sql", 2)
    at = ["-e", "shared", "-C", str(folder)]
    assert run(["history", *at]) == 0
    assert kept.name[-1] in "".join(capsys.readouterr().out.split())
    assert run(["history", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out)["kept"][0]["script"] == "V2__change.sql"
    assert run(["cleanup", "--older-than", "30d", *at]) == 0
    assert len(project().kept()) == 1
    assert len(project().cleanup(timedelta())) == 1
    assert project().kept() == ()
    assert run(["cleanup", "--older-than", "soon", *at]) == 2


def test_the_policy_can_turn_it_off(base, script, project, folder):
    (folder / "snowmaker.toml").write_text((folder / "snowmaker.toml").read_text() + '\n[policy]\nbackup = "off"\n')
    script("V2__change.sql", *CHANGES["delete"])
    project().migrate()
    assert project().kept() == ()


def test_of_an_always_script_nothing_is_kept(base, script, project):
    script("A__clear.sql", f"DELETE FROM {T}")
    project().migrate()
    assert project().kept() == ()


def test_what_cannot_be_kept_is_not_lost(base, script, project, database):
    """The script's role may not write beside the history, and the connection's may not read the table."""
    role = f"{database}_OWNER"
    project().query(
        f"CREATE ROLE {role}; GRANT ROLE {role} TO USER ADMIN; GRANT USAGE ON DATABASE {database} TO ROLE {role};"
        f"GRANT USAGE, CREATE TABLE ON SCHEMA {database}.S TO ROLE {role};"
        f"GRANT OWNERSHIP ON TABLE {database}.S.T TO ROLE {role} COPY CURRENT GRANTS"
    )
    script("V2__x.sql", f"-- snowmaker: role={role}\nDELETE FROM {T}")
    opened = project()
    opened.session.execute("USE SECONDARY ROLES NONE")
    with pytest.raises(StatementError, match="cannot be kept") as caught:
        opened.migrate()
    assert 'backup = "off"' in caught.value.hint
    assert rows(project(), database) == [(1, 10), (2, 20)]
    project().query(f"GRANT SELECT ON TABLE {database}.S.T TO ROLE ACCOUNTADMIN")
    again = project()
    again.session.execute("USE SECONDARY ROLES NONE")
    again.migrate()
    assert len(project().kept()) == 1


def test_temporary_tables_and_what_is_not_there_are_not_kept(base, script, project):
    text = "CREATE TEMPORARY TABLE {{ db }}.S.X (A INT);\nDROP TABLE {{ db }}.S.X;\nDROP TABLE IF EXISTS {{ db }}.S.NOPE;\n"
    script("V2__x.sql", text + "CREATE OR REPLACE TABLE {{ db }}.S.NEW (A INT);\nDELETE FROM {{ db }}.S.NEW;")
    project().migrate()
    assert project().kept() == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DELETE FROM T", [("D.S.T", 1, "change")]),
        ("USE DATABASE X; TRUNCATE T", [("X.PUBLIC.T", 2, "change")]),
        ("USE X.Y; TRUNCATE TABLE IF EXISTS T", [("X.Y.T", 2, "change")]),
        ("CREATE SCHEMA N; DROP TABLE T", [("D.N.T", 2, "drop")]),
        ('INSERT OVERWRITE INTO "t" SELECT 1', [("D.S.t", 1, "change")]),
        ("MERGE INTO T USING U ON T.A = U.A WHEN MATCHED THEN DELETE", [("D.S.T", 1, "change")]),
        ("ALTER TABLE IF EXISTS A.B.T DROP COLUMN X; DROP TABLE A.B.T", [("A.B.T", 1, "change")]),
        ("CREATE OR REPLACE TRANSIENT TABLE T (A INT)", [("D.S.T", 1, "change")]),
        ("DROP HYBRID TABLE T; DROP STAGE T; CREATE OR REPLACE STREAM S ON TABLE T; UPDATE T SET A = 1", []),
        ("ALTER TABLE T RENAME TO U; TRUNCATE U; DELETE FROM T", [("D.S.T", 2, "change")]),
        ("ALTER TABLE A.B.T RENAME TO U; ALTER TABLE A.B.U RENAME TO W; DROP TABLE A.B.W", [("A.B.T", 3, "drop")]),
        ("ALTER TABLE T SWAP WITH U; DELETE FROM T", [("D.S.U", 2, "change")]),
        ("CREATE TEMP TABLE T (A INT); DROP TABLE T; INSERT INTO T VALUES (1)", []),
    ],
)
def test_which_tables_lose_rows(text, found):
    assert losses(split(text), "D", "S") == tuple(Loss(tuple(name.split(".")), n, how) for name, n, how in found)
