"""Checks: queries that must return no rows, and what roles can and cannot do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from snowmaker import Project
from snowmaker.checks import load
from snowmaker.cli import run
from snowmaker.errors import SnowmakerError, SourceError, StatementError
from snowmaker.grantreader import GrantReader
from snowmaker.model import Checked, Checks

Capture = pytest.CaptureFixture[str]
Script = Callable[..., Path]
Write = Callable[[str, str], Path]

BASE = """
CREATE DATABASE D; CREATE SCHEMA D.S; CREATE TABLE D.S.T (ID INT, A VARCHAR); CREATE TABLE D.S.U (ID INT);
INSERT INTO D.S.T SELECT SEQ4(), 'x' FROM TABLE(GENERATOR(ROWCOUNT => 8));
CREATE ROLE READER; CREATE ROLE ANALYST; CREATE ROLE BLIND; GRANT ROLE READER TO ROLE ANALYST;
GRANT USAGE ON DATABASE D TO ROLE READER; GRANT USAGE ON SCHEMA D.S TO ROLE READER;
GRANT SELECT ON TABLE D.S.T TO ROLE READER; GRANT SELECT ON TABLE D.S.T TO ROLE BLIND;
GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE PUBLIC;
"""


@pytest.fixture
def write(folder: Path) -> Write:
    """Write a file of checks."""

    def go(name: str, text: str) -> Path:
        path = folder / "checks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return go


@pytest.fixture
def based(folder: Path, script: Script) -> Path:
    (folder / "snowmaker.toml").write_text('[vars]\ndb = "D"\n')
    script("V1__base.sql", BASE)
    return folder


def judged(folder: Path, **options: str) -> dict[str, Checked]:
    with Project(folder, **options) as project:
        found = project.test()
    assert isinstance(found, Checks)
    return {one.check: one for one in found.checks}


def test_queries(based: Path, write: Write) -> None:
    write("many.sql", "-- snowmaker: only=sandbox\n-- There is no T.\nSELECT ID, A FROM {{ db }}.S.T ORDER BY ID; -- of all\n\n"
          "SELECT 1 WHERE FALSE;\n/* no name */ -- No U\nSELECT * FROM D.S.U;\n-- Broken\nSELECT *\nFROM D.S.NONE;")  # fmt: skip
    write("single.sql", "{# of two lines\n#}{% if true %}\n\nSHOW TABLES LIKE 'NONE' IN ACCOUNT{% endif %}")
    write(
        "text.sql", 'SELECT \'SYSTEM$WAIT(1)\', "A.NEXTVAL" /* S.NEXTVAL */ FROM (SELECT 1 AS "A.NEXTVAL") WHERE FALSE'
    )
    write("elsewhere.sql", "-- snowmaker: only=prod\nSELECT 1")
    write("blind.sql", "-- snowmaker: role=BLIND\nSELECT 1 FROM D.S.T")
    write("reader.sql", "-- snowmaker: role=ANALYST\nSELECT CURRENT_ROLE() FROM D.S.U")
    found = judged(based)
    assert {name: one.outcome for name, one in found.items()} == {
        "There is no T": "failed", "many 2": "passed", "many 3": "passed", "Broken": "error", "single": "passed",
        "text": "passed",
        "blind": "error", "reader": "error",
    }  # fmt: skip
    failed = found["There is no T"]
    assert (failed.file, failed.line, failed.count, len(failed.rows)) == ("checks/many.sql", 3, 8, 5)
    assert failed.rows[1] == {"id": 1, "a": "x"}
    assert failed.detail == "returned 8 rows"
    assert (found["Broken"].line, found["single"].line) == (9, 4)
    assert "D.S.NONE" in found["Broken"].detail


def test_access(based: Path, write: Write) -> None:
    write(
        "access.yml",
        """\
# who reads what
- role: ANALYST
  can: [select on table D.S.T, usage on warehouse COMPUTE_WH, role READER]
  cannot:
    - insert, delete on table {{ db }}.S.T
    - select on table D.S.U
    - role ACCOUNTADMIN
    - create schema on database D
- role: ANALYST
  can: select on all tables in schema D.S
  cannot: [select on table D.S.T]
- role: BLIND
  can: [select on table D.S.T]
  cannot: [select on table D.S.T]
- role: ACCOUNTADMIN
  can: [all on table D.S.U, ownership on schema D.S]
""",
    )
    found = judged(based)
    wrong = {name: (one.outcome, one.detail, one.line) for name, one in found.items() if one.outcome != "passed"}
    assert wrong == {
        "ANALYST can select on all tables in schema D.S": ("failed", "lacks select on table D.S.U", 10),
        "ANALYST cannot select on table D.S.T": ("failed", "has select on table D.S.T, through role READER", 11),
        "BLIND can select on table D.S.T": (
            "failed",
            "has select on table D.S.T, but no privilege on database D and no privilege on schema D.S",
            13,
        ),
    }
    assert len(found) == 13


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("- role: NOBODY\n  can: [select on table D.S.T]", "there is no role NOBODY"),
        ("- role: ANALYST\n  cannot: [select on table D.S.TT]", "there is no table D.S.TT"),
        ("- role: ANALYST\n  cannot: [select on all tables in schema D.PUBLIC]", "there is no such object"),
        ("- role: ANALYST\n  cannot: [select on all tables in schema D.SS]", "there is no schema D.SS"),
    ],
)
def test_what_cannot_be_judged(based: Path, write: Write, entry: str, said: str) -> None:
    write("access.yml", entry)
    (found,) = judged(based).values()
    assert (found.outcome, found.line) == ("error", 2)
    assert said in found.detail


@pytest.mark.parametrize(
    ("name", "text", "said", "line"),
    [
        ("a.sql", "SELECT 1;\n\nDELETE FROM T", "a check is a query", 3),
        ("a.sql", "{% if true %}\n\nCALL P()\n{% endif %}", "a check is a query", 3),
        ("a.sql", "SELECT system$cancel_all_queries(1)", "SYSTEM\\$CANCEL_ALL", 1),
        ("a.sql", "WITH X AS (SELECT S . NEXTVAL) SELECT * FROM X", "NEXTVAL", 1),
        ("a.sql", "SELECT 1 ->> INSERT INTO T SELECT * FROM $1", "a check is a query", 1),
        ("a.sql", "WITH P AS PROCEDURE () RETURNS INT LANGUAGE SQL AS BEGIN RETURN 1; END CALL P()", "is a query", 1),
        ("a.sql", "-- snowmaker: transaction=on\nSELECT 1", "role= and only= alone", 1),
        ("a.sql", "SELECT {{ nothing }}", "nothing", 1),
        ("a.yml", "role: X", "no list of roles", 1),
        ("a.yml", "- can: [select on table D.S.T]", "names no role", 1),
        ("a.yml", "- role: X", "says not what X can", 1),
        ("a.yml", "\n- role: user BOB\n  can: []", "is no role", 2),
        ("a.yml", "- role: X\n  may: []", "unknown key 'may'", 2),
        (
            "a.yml",
            "- role: X\n  can:\n    - select on table D.S.T\n    - slect on table D.S.T",
            "no privilege SLECT",
            4,
        ),
        ("a.yml", "- role: X\n  can: [usage on function D.S.F(INT, INT)]", "is no grant", 2),
        ("a.yml", "- role: X\n  can: [1]", "a list of privileges", 2),
        ("a.yml", "- role: X\n  can: [select on table T]", "DATABASE.SCHEMA.NAME", 2),
        ("a.yml", "- role: X\n  can: [", "not YAML", 3),
    ],
)
def test_what_is_no_check(based: Path, write: Write, name: str, text: str, said: str, line: int) -> None:
    path = write(name, text)
    with pytest.raises(SourceError, match=said) as raised, Project(based) as project:
        load(project.settings, project.environment)
    assert (raised.value.file, raised.value.line) == (f"checks/{path.name}", line)


def test_the_linter_finds_what_is_no_check(based: Path, write: Write) -> None:
    write("a.sql", "SELECT 1;\nDROP TABLE D.S.T")
    write("b.yml", "- role: X\n  can: [slect on table D.S.T]")
    write("c.yml", "- role: X\n  can: [")
    write("d.sql", "SELECT {{ nothing }}")
    with Project(based) as project:
        found = [(one.rule, one.file, one.line) for one in project.check() if one.file.startswith("checks/")]
    assert sorted(found) == [
        ("bad_check", "checks/a.sql", 2),
        ("bad_check", "checks/b.yml", 2),
        ("bad_check", "checks/c.yml", 3),
        ("undefined_variable", "checks/d.sql", 1),
    ]


def test_an_account_is_only_read(based: Path, write: Write, folder: Path, account, database: str) -> None:
    connection = ", ".join(f"{key} = {json.dumps(value)}" for key, value in account.connection().items())
    (folder / "snowmaker.toml").write_text(f"[environments.shared]\nconnection = {{ {connection} }}\n")
    write("a.sql", "SELECT COUNT(*) FROM INFORMATION_SCHEMA.DATABASES HAVING COUNT(*) < 0")
    write(
        "b.yml",
        f"- role: PUBLIC\n  cannot: [usage on database {database}]\n- role: SECURITYADMIN\n  can: [role USERADMIN]",
    )
    write(
        "c.sql", "-- snowmaker: role=ACCOUNTADMIN\nSELECT CURRENT_ROLE() WHERE CURRENT_SECONDARY_ROLES() LIKE '%ALL%'"
    )
    with Project(folder, environment="shared") as project:
        project.query(f"CREATE DATABASE {database}; USE SCHEMA {database}.PUBLIC")
        before = account.snapshot()
        found = {one.check: one for one in project.test().checks}
        assert account.snapshot() == before
    assert found.pop("a").outcome == "error"  # a session of its own has no database in use
    assert {one.outcome for one in found.values()} == {"passed"}


def test_grants_that_may_not_be_read(based: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the role of the connection does not see is not taken for what is not there."""
    monkeypatch.setattr(GrantReader, "warnings", ("SHOW GRANTS TO ROLE READER: refused",))
    write(
        "a.yml",
        "- role: ANALYST\n  can: [select on table D.S.T, insert on table D.S.T]\n  cannot: [usage on schema D.S, insert on table D.S.U]",
    )
    found = judged(based)
    assert [one.outcome for one in found.values()] == ["passed", "error", "failed", "error"]
    assert (
        "not all grants may be read: SHOW GRANTS TO ROLE READER" in found["ANALYST cannot insert on table D.S.U"].detail
    )


def test_a_script_that_fails_and_one_that_the_sandbox_cannot_do(based: Path, script: Script, write: Write) -> None:
    write("a.sql", "SELECT * FROM D.S.U")
    script("V2__put.sql", "PUT file://nowhere.csv @D.S.%T")
    with Project(based) as project:
        found = project.test()
    assert [one.outcome for one in found.checks] == ["passed"]
    assert "V2__put.sql was left out" in found.warnings[0]
    script("V3__wrong.sql", "\nSELECT * FROM D.S.NONE")
    with pytest.raises(StatementError) as raised, Project(based) as project:
        project.test()
    assert (raised.value.file, raised.value.line) == ("migrations/V3__wrong.sql", 2)


def test_components_are_applied(based: Path, write: Write) -> None:
    (based / "components").mkdir()
    (based / "components" / "a.yml").write_text("roles:\n  LATER: {}\ngrants:\n  LATER: [usage on database D]\n")
    write("a.yml", "- role: LATER\n  can: [usage on database D]\n  cannot: [usage on schema D.S]")
    assert {one.outcome for one in judged(based).values()} == {"passed"}


def test_a_secret_is_not_shown(based: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "canary-7")
    write("a.sql", "SELECT {{ secret('KEY') }} AS K;\nSELECT {{ secret('KEY') }}::INT AS K")
    with Project(based) as project:
        found = project.test()
    assert [one.outcome for one in found.checks] == ["failed", "error"]
    assert "canary" not in repr(found)


def test_outputs(based: Path, write: Write, capsys: Capture) -> None:
    write("a.sql", "-- No rows\nSELECT ID FROM D.S.T ORDER BY ID;\nSELECT 1 WHERE FALSE")
    write("b.yml", "- role: NOBODY\n  can: [usage on database D]")
    command = ["-C", str(based), "test"]
    assert run(command) == 1
    out = capsys.readouterr().out
    assert "failed  No rows\n  at checks/a.sql:2: returned 8 rows\n    id = 0\n" in out
    assert "… 3 more rows" in out
    assert "sandbox, as ACCOUNTADMIN: 1 passed, 1 failed, 1 error" in out
    assert run([*command, "--json"]) == 1
    first = json.loads(capsys.readouterr().out)["checks"][0]
    assert (first["outcome"], first["rows"][0], first["count"]) == ("failed", {"id": 0}, 8)
    assert run([*command, "--format", "junit"]) == 1
    suite = fromstring(capsys.readouterr().out)
    assert (suite.get("tests"), suite.get("failures"), suite.get("name")) == ("3", "2", "snowmaker test")
    assert run([*command, "--format", "github"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("::error file=checks/a.sql,line=2::No rows: returned 8 rows%0Aid = 0")
    (based / "checks" / "a.sql").write_text("SELECT 1 WHERE FALSE")
    (based / "checks" / "b.yml").unlink()
    assert run(command) == 0


def test_no_checks(based: Path, capsys: Capture) -> None:
    assert run(["-C", str(based), "test"]) == 0
    assert "there are no checks" in capsys.readouterr().out


def test_errors_are_all_of_one_tree(based: Path, write: Write) -> None:
    write("a.sql", "SELECT '")
    with pytest.raises(SnowmakerError, match="never closed"), Project(based) as project:
        project.test()
