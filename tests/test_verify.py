"""Rehearsals: what is proven, what is broken and why, and what cannot be judged."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from snowmaker import Project
from snowmaker.accountdiff import differences
from snowmaker.cli import run
from snowmaker.filling import rows
from snowmaker.model import Rehearsal, Rehearsed

Script = Callable[..., Path]

BASE = (
    "V1__base.sql",
    "CREATE DATABASE D; CREATE TABLE D.PUBLIC.T (ID INT NOT NULL, A VARCHAR(10));",
    "DROP DATABASE D",
)

OFF = '[policy]\nbackup = "off"\n'


@pytest.fixture
def rehearse(folder: Path, script: Script) -> Callable[..., dict[str, Rehearsed]]:
    """Write scripts, `(name, text, undo)`, and rehearse all of them."""

    def go(*scripts: tuple[str, str, str | None], settings: str = "") -> dict[str, Rehearsed]:
        (folder / "snowmaker.toml").write_text(settings)
        for name, text, undo in scripts:
            script(name, text, undo)
        with Project(folder) as project:
            go.whole = project.verify()  # type: ignore[attr-defined]
        return {one.script: one for one in go.whole.scripts}  # type: ignore[attr-defined]

    return go


def test_proven(rehearse) -> None:
    found = rehearse(
        BASE,
        ("V2__column.sql", "ALTER TABLE D.PUBLIC.T ADD COLUMN B INT", "ALTER TABLE D.PUBLIC.T DROP COLUMN B"),
        ("V3__rows.sql", "INSERT INTO D.PUBLIC.T (ID, A) VALUES (7, 'x')", "DELETE FROM D.PUBLIC.T WHERE ID = 7"),
        ("V4__grant.sql", "CREATE ROLE R; GRANT SELECT ON TABLE D.PUBLIC.T TO ROLE R", "DROP ROLE R"),
        ("V5__gone.sql", "DROP TABLE D.PUBLIC.T", "UNDROP TABLE D.PUBLIC.T"),
        ("R__v.sql", "CREATE OR REPLACE VIEW D.PUBLIC.V AS SELECT 1 AS X", "DROP VIEW D.PUBLIC.V"),
        ("A__a.sql", "SELECT 1", None),
    )
    assert {one.verdict for one in found.values()} == {"proven"}
    assert rehearse.whole.role == "ACCOUNTADMIN"


@pytest.mark.parametrize(
    ("text", "undo", "said"),
    [
        ("ALTER TABLE D.PUBLIC.T ADD COLUMN B INT", "SELECT 1", "TABLE D.PUBLIC.T: columns was"),
        ("CREATE VIEW D.PUBLIC.V AS SELECT 1 AS X", "SELECT 1", "VIEW D.PUBLIC.V is left over"),
        ("DROP TABLE D.PUBLIC.T", "CREATE TABLE D.PUBLIC.T (ID INT NOT NULL, A VARCHAR(10))", "had 3 rows, and has 0"),
        ("DELETE FROM D.PUBLIC.T", "INSERT INTO D.PUBLIC.T VALUES (1, 'x')", "had 3 rows, and has 1"),
        ("UPDATE D.PUBLIC.T SET A = 'x'", "UPDATE D.PUBLIC.T SET A = 'y'", "its rows have other values"),
        ("ALTER TABLE D.PUBLIC.T DROP COLUMN A", "ALTER TABLE D.PUBLIC.T ADD COLUMN A VARCHAR(10)", "its rows have other values"),
        ("CREATE OR REPLACE TABLE D.PUBLIC.G (X INT)", "CREATE OR REPLACE TABLE D.PUBLIC.G (ID INT)", "lost the grant SELECT to ROLE PUBLIC"),
        ("COMMENT ON TABLE D.PUBLIC.T IS 'c'", "SELECT 1", 'comment was "", and is "c"'),
        ("GRANT ROLE SYSADMIN TO ROLE USERADMIN", "SELECT 1", "ROLE SYSADMIN: has the grant MEMBER to ROLE USERADMIN"),
        ("ALTER ACCOUNT SET TIMEZONE = 'UTC'", "SELECT 1", "ACCOUNT: timezone was nothing"),
    ],
)  # fmt: skip
def test_a_rollback_that_does_not_bring_back(rehearse, text: str, undo: str, said: str) -> None:
    more = "CREATE TABLE D.PUBLIC.G (ID INT); GRANT SELECT ON TABLE D.PUBLIC.G TO ROLE PUBLIC;"
    found = rehearse((BASE[0], BASE[1] + more, BASE[2]), ("V2__x.sql", text, undo), settings=OFF)
    assert found["V1__base.sql"].verdict == "proven"
    assert found["V2__x.sql"].verdict == "broken"
    assert any(said in difference for difference in found["V2__x.sql"].differences), found["V2__x.sql"].differences


T = "D.PUBLIC.T"
MADE = f"CREATE TABLE {T} (ID INT NOT NULL, A VARCHAR(10))"
NEWER = f"from the clone kept before it, with --discard-newer-rows: {T} has a row that the clone of it does not have"
KEPT = {
    "drop and create": (f"DROP TABLE {T}", MADE, "by UNDROP"),
    "drop and nothing": (f"DROP TABLE {T}", "SELECT 1", "by UNDROP"),
    "truncate": (f"TRUNCATE TABLE {T}", "SELECT 1", ""),
    "delete": (f"DELETE FROM {T} WHERE ID = 1", "SELECT 1", ""),
    "delete some and put one": (f"DELETE FROM {T}; INSERT INTO {T} VALUES (9, 'x')", "SELECT 1", NEWER),
    "in a transaction": (
        f"-- snowmaker: transaction=on\nDELETE FROM {T}",
        f"-- snowmaker: transaction=on\nINSERT INTO {T} VALUES (9, 'x')",
        "",
    ),
    "drop column": (f"ALTER TABLE {T} DROP COLUMN A", f"ALTER TABLE {T} ADD COLUMN A VARCHAR(10)", ""),
    "replace": (f"CREATE OR REPLACE TABLE {T} (X INT)", f"DROP TABLE {T}", ""),
    "renamed after": (
        f"DELETE FROM {T}; ALTER TABLE {T} RENAME TO D.PUBLIC.U",
        f"ALTER TABLE D.PUBLIC.U RENAME TO {T}",
        "",
    ),
    "renamed before": (
        f"USE SCHEMA D.PUBLIC; ALTER TABLE T RENAME TO U; DELETE FROM {T[:-1]}U",
        f"ALTER TABLE D.PUBLIC.U RENAME TO {T}",
        "",
    ),
    "transient": ("DELETE FROM D.PUBLIC.X", "SELECT 1", ""),
}


@pytest.mark.parametrize("change", KEPT)
def test_rows_that_are_kept_come_back(rehearse, change: str) -> None:
    """As a deploy keeps them, and its rollback brings them back; what is kept is no difference."""
    text, undo, how = KEPT[change]
    more = f"CREATE TRANSIENT TABLE D.PUBLIC.X (ID INT); GRANT SELECT ON TABLE {T} TO ROLE PUBLIC; CREATE ROLE READER;"
    more += f"GRANT SELECT, INSERT ON TABLE {T} TO ROLE READER; COMMENT ON TABLE {T} IS 'c';"
    more += f"GRANT OWNERSHIP ON TABLE {T} TO ROLE SYSADMIN COPY CURRENT GRANTS;" if "drop and" not in change else ""
    scripts = ((BASE[0], BASE[1] + more, BASE[2] + "; DROP ROLE READER"), ("V2__x.sql", text, undo))
    found = rehearse(*scripts)
    assert {one.verdict for one in found.values()} == {"proven"}, found
    assert found["V1__base.sql"].detail == ""
    assert found["V2__x.sql"].detail == f"rows come back {how or 'from the clone kept before it'}"
    broken = rehearse(*scripts, settings=OFF)["V2__x.sql"]
    assert broken.verdict == "broken"
    assert any("rows" in one for one in broken.differences), broken.differences


def test_a_rollback_that_fails_names_its_line_before_rows_come_back(rehearse) -> None:
    found = rehearse(BASE, ("V2__x.sql", f"DELETE FROM {T}", "SELECT 1;\nSELECT * FROM NOWHERE"))
    assert (found["V2__x.sql"].file, found["V2__x.sql"].line) == ("migrations/U2__x.sql", 2)


def test_what_fails(rehearse) -> None:
    found = rehearse(
        BASE,
        ("V2__up.sql", "SELECT 1;\nSELECT * FROM NOWHERE", "SELECT 1"),
        ("V3__down.sql", "CREATE TABLE D.PUBLIC.U (ID INT)", "DROP TABLE D.PUBLIC.NOWHERE"),
        ("V4__again.sql", "CREATE TABLE IF NOT EXISTS D.PUBLIC.W (ID INT)", "DROP TABLE IF EXISTS D.PUBLIC.W"),
        ("V5__none.sql", "CREATE TABLE D.PUBLIC.X (ID INT)", None),
        ("V6__never.sql", "-- snowmaker: irreversible\nDROP TABLE D.PUBLIC.X", None),
        ("R__none.sql", "CREATE OR REPLACE VIEW D.PUBLIC.V AS SELECT 1 AS X", None),
    )
    verdicts = {name: one.verdict for name, one in found.items()}
    assert verdicts == {
        "V1__base.sql": "proven",
        "V2__up.sql": "broken",
        "V3__down.sql": "broken",
        "V4__again.sql": "proven",
        "V5__none.sql": "broken",
        "V6__never.sql": "irreversible",
        "R__none.sql": "irreversible",
    }
    assert (found["V2__up.sql"].file, found["V2__up.sql"].line) == ("migrations/V2__up.sql", 2)
    assert found["V3__down.sql"].detail.startswith("its rollback failed: ")
    assert found["V3__down.sql"].file == "migrations/U3__down.sql"
    assert found["V5__none.sql"].detail == "it has neither a rollback nor `irreversible`"


def test_what_the_sandbox_cannot_do(rehearse) -> None:
    found = rehearse(
        BASE,
        ("V2__model.sql", "CREATE SEMANTIC VIEW D.PUBLIC.M TABLES (D.PUBLIC.T)", "DROP SEMANTIC VIEW D.PUBLIC.M"),
        ("V3__needs.sql", "GRANT SELECT ON SEMANTIC VIEW D.PUBLIC.M TO ROLE PUBLIC; CREATE VIEW D.PUBLIC.Q AS SELECT * FROM D.PUBLIC.M", "SELECT 1"),
        ("V4__file.sql", "CREATE STAGE D.PUBLIC.S; PUT file://nowhere.csv @D.PUBLIC.S", "DROP STAGE D.PUBLIC.S"),
    )  # fmt: skip
    assert {name: one.verdict for name, one in found.items()} == {
        "V1__base.sql": "proven",
        "V2__model.sql": "not_rehearsed",
        "V3__needs.sql": "not_rehearsed",
        "V4__file.sql": "not_rehearsed",
    }
    assert "sandbox does not support" in found["V2__model.sql"].detail


def test_where_only_rows_are_in_the_way(rehearse) -> None:
    """A column that is NOT NULL without a default cannot be added to a table that has rows."""
    found = rehearse(
        BASE, ("V2__x.sql", "ALTER TABLE D.PUBLIC.T ADD COLUMN B INT NOT NULL", "ALTER TABLE D.PUBLIC.T DROP COLUMN B")
    )
    assert found["V2__x.sql"].verdict == "proven"
    assert found["V2__x.sql"].detail.startswith("only while tables are empty: failed: ")


def test_fixtures_and_setup(rehearse, folder: Path) -> None:
    (folder / "outside.sql").write_text("CREATE DATABASE OTHER; CREATE TABLE OTHER.PUBLIC.SOURCE (ID INT);")
    settings = """
[verify]
setup = "CREATE ROLE DEPLOYER; GRANT CREATE DATABASE ON ACCOUNT TO ROLE DEPLOYER"
fixtures = ["outside.sql", "GRANT USAGE ON DATABASE OTHER TO ROLE DEPLOYER; GRANT USAGE ON ALL SCHEMAS IN DATABASE OTHER TO ROLE DEPLOYER; GRANT SELECT ON ALL TABLES IN DATABASE OTHER TO ROLE DEPLOYER"]
[environments.prod]
connection = { account = "x", user = "u", password = "p", role = "deployer" }
"""
    (folder / "snowmaker.toml").write_text(settings)
    for name, text, undo in (
        (
            "1__a",
            "CREATE DATABASE MINE; CREATE VIEW MINE.PUBLIC.V AS SELECT * FROM OTHER.PUBLIC.SOURCE",
            "DROP DATABASE MINE",
        ),
        ("2__b", "CREATE WAREHOUSE W", "DROP WAREHOUSE W"),
    ):
        (folder / "migrations" / f"V{name}.sql").write_text(text)
        (folder / "migrations" / f"U{name}.sql").write_text(undo)
    with Project(folder, environment="prod") as project:
        found = project.verify(everything=True)
    assert found.role == "DEPLOYER"
    assert [one.verdict for one in found.scripts] == ["proven", "broken"]
    assert "Insufficient privileges" in found.scripts[1].detail
    (folder / "snowmaker.toml").write_text(
        settings.replace("CREATE ROLE DEPLOYER;", "CREATE ROLE OTHERS;").replace("TO ROLE DEPLOYER", "TO ROLE OTHERS")
    )
    with Project(folder, environment="prod") as project:
        found = project.verify(everything=True)
    assert found.role == "ACCOUNTADMIN"
    assert found.warnings == ("ran as ACCOUNTADMIN: [verify] setup makes no role DEPLOYER, which the connection has",)


def test_after_what_is_applied(folder: Path, script: Script, project: Callable[..., Project], database: str) -> None:
    """What an environment's history has is replayed, from its stored texts; only what is pending is judged."""
    script(
        "V1__a.sql",
        f"CREATE DATABASE {database}_X; CREATE TABLE {database}_X.PUBLIC.T (ID INT)",
        f"DROP DATABASE {database}_X",
    )
    script(
        "R__v.sql", f"CREATE OR REPLACE VIEW {database}_X.PUBLIC.V AS SELECT 1 AS X", f"DROP VIEW {database}_X.PUBLIC.V"
    )
    project().migrate()
    for file in (folder / "migrations").iterdir():
        if "V1" in file.name or "U1" in file.name:
            file.unlink()
    script(
        "V2__b.sql",
        f"ALTER TABLE {database}_X.PUBLIC.T ADD COLUMN A INT",
        f"ALTER TABLE {database}_X.PUBLIC.T DROP COLUMN A",
    )
    script("R__v.sql", f"CREATE OR REPLACE VIEW {database}_X.PUBLIC.V AS SELECT 2 AS X", None)
    found = project().verify()
    assert [(one.script, one.verdict) for one in found.scripts] == [("V2__b.sql", "proven"), ("R__v.sql", "proven")]
    assert project().history()[-1].script == "R__v.sql", "nothing was written"


def test_secrets_have_stand_ins(rehearse) -> None:
    found = rehearse(
        ("V1__u.sql", "CREATE USER U PASSWORD = {{ secret('PW') }} COMMENT = '{{ secret('C') }}'", "DROP USER U"),
    )
    assert found["V1__u.sql"].verdict == "proven"


def test_setup_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "snowmaker.toml").write_text('[verify]\nsetup = "nowhere.sql"\n')
    (folder / "migrations" / "V1__a.sql").write_text("-- snowmaker: irreversible\nSELECT 1")
    assert run(["verify", "-C", str(folder), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "missing_file"


@pytest.mark.parametrize("form", ["table", "json", "junit", "github"])
def test_forms(folder: Path, script: Script, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "snowmaker.toml").write_text("")
    script("V1__a.sql", "CREATE DATABASE A", "DROP DATABASE A")
    script("V2__b.sql", "CREATE DATABASE B", "SELECT 'a <b> & ::x, %'")
    assert run(["verify", "-C", str(folder), "--format", form]) == 1
    out = capsys.readouterr().out
    if form == "json":
        assert [one["verdict"] for one in json.loads(out)["scripts"]] == ["proven", "broken"]
    elif form == "junit":
        suite = fromstring(out)
        assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
        assert [len(case) for case in suite] == [0, 1]
    elif form == "github":
        assert out.startswith("::error file=migrations/V2__b.sql::V2__b.sql: broken: ")
        assert out.count("\n") == 1
    else:
        assert "1 proven, 1 broken" in out
        assert "DATABASE B is left over" in out


def test_nothing_to_rehearse(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "snowmaker.toml").write_text("")
    assert run(["verify", "-C", str(folder)]) == 0
    assert "nothing to rehearse" in capsys.readouterr().out


def test_differences_are_told_in_words() -> None:
    before = {
        "TABLE A": {"rows": 3, "content": "1", "grants": ["SELECT to ROLE R"], "comment": "x"},
        "VIEW B": {},
        "LEFT C": {},
    }
    after = {
        "TABLE A": {"rows": 3, "content": "2", "grants": [], "comment": "y" * 100},
        "ROLE D": {},
        "LEFT C": {"a": 1},
    }
    assert differences(before, after, leave=["LEFT"]) == (
        "ROLE D is left over",
        f'TABLE A: comment was "x", and is "{"y" * 59}…',
        "TABLE A: lost the grant SELECT to ROLE R",
        "TABLE A: its rows have other values",
        "VIEW B is gone",
    )


def test_rows_for_every_type() -> None:
    kinds = (
        "FIXED",
        "REAL",
        "TEXT",
        "BOOLEAN",
        "DATE",
        "TIME",
        "TIMESTAMP_NTZ",
        "BINARY",
        "VARIANT",
        "ARRAY",
        "OBJECT",
    )
    columns = [{"name": f"C {kind}", "type": {"wire": kind}} for kind in kinds]
    assert len(rows({"TABLE T": {"rows": 0, "columns": columns}, "TABLE U": {"rows": 1}, "VIEW V": {}})) == 1
    odd = [{"name": "G", "type": {"wire": "GEOGRAPHY"}, "nullable": False}]
    assert rows({"TABLE T": {"rows": 0, "columns": odd}}) == []


@pytest.mark.slow
def test_a_hundred_scripts(folder: Path, script: Script) -> None:
    (folder / "snowmaker.toml").write_text("")
    script("V000__d.sql", "CREATE DATABASE D", "DROP DATABASE D")
    for number in range(1, 101):
        table = f"D.PUBLIC.T{number}"
        script(
            f"V{number:03}__t.sql",
            f"CREATE TABLE {table} (ID INT); COMMENT ON TABLE {table} IS 'c'",
            f"DROP TABLE {table}; SELECT 1",
        )
    begun = time.monotonic()
    with Project(folder) as project:
        found: Rehearsal = project.verify()
    took = time.monotonic() - begun
    print(f"\n{len(found.scripts)} scripts rehearsed in {took:.1f} s")
    assert {one.verdict for one in found.scripts} == {"proven"}
    assert took < 60
