"""`plan --validate`: what the account says before anything runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from snowmaker import Project
from snowmaker.cli import run
from snowmaker.lacking import explained
from snowmaker.model import Finding
from snowmaker.probes import probes

Script = Callable[..., Path]
Open = Callable[..., Project]
Capture = pytest.CaptureFixture[str]

BASE = """CREATE DATABASE {db}; CREATE SCHEMA {db}.S; USE SCHEMA {db}.S;
CREATE TABLE {db}.S.T (ID NUMBER(10,0), A VARCHAR(100), B NUMBER(10,2));
INSERT INTO {db}.S.T VALUES (1, 'short', 12.5), (2, NULL, 12345.67), (3, NULL, 1), (100000, 'a long text', NULL);
CREATE SEQUENCE {db}.S.Q;"""


@pytest.fixture
def validated(project: Open, script: Script, database: str) -> Callable[..., list[Finding]]:
    """What the account says of a script, or of several, in order; without the lines that count."""

    def go(*texts: str, base: str = BASE) -> list[Finding]:
        with project() as one:
            one.query(base.replace("{db}", database))
        for number, text in enumerate(texts, 1):
            script(f"V{number}__x.sql", text.replace("{db}", database))
        opened = project()
        found = opened.validate(opened.plan())
        assert [one.rule for one in found].count("asked") == len(texts)
        return [one for one in found if one.rule != "asked"]

    return go


def told(found: list[Finding]) -> list[tuple[str, str, int]]:
    return [(one.rule, one.level, one.line) for one in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT NOPE FROM {db}.S.T", "invalid identifier"),
        ("SELECT 1;\n(SELECT NOPE FROM {db}.S.T)", "invalid identifier"),
        ("INSERT INTO {db}.S.T (ID) SELECT 1, 2", "does not match"),
        ("UPDATE {db}.S.NOWHERE SET ID = 1", "does not exist"),
        ("MERGE INTO {db}.S.T USING {db}.S.NO N ON T.ID = N.ID WHEN MATCHED THEN DELETE", "does not exist"),
        ("ALTER TABLE {db}.S.NOWHERE ADD COLUMN X INT", "does not exist"),
        ("CREATE TABLE {db}.S.T (ID INT)", "already exists"),
        ("create view {db}.S.V as select NOPE from {db}.S.T", "invalid identifier"),
        ("USE SCHEMA {db}.NOWHERE", "does not exist"),
        ("CREATE TABEL {db}.S.X (ID INT)", ""),
    ],
)
def test_what_would_fail(validated, text: str, said: str) -> None:
    found = [one for one in validated(text) if one.level == "error"]
    assert len(found) == 1
    assert (found[0].file, found[0].line) == ("migrations/V1__x.sql", text.count("\n") + 1)
    assert said in found[0].message


def test_what_would_not(validated) -> None:
    fine = "USE SCHEMA {db}.S; SELECT * FROM T; UPDATE T SET A = 'x'; CREATE TABLE U (ID INT); DROP TABLE IF EXISTS X;"
    assert validated(fine, "SELECT 1; BEGIN; COMMIT; SHOW TABLES; ALTER SESSION SET TIMEZONE = 'UTC'") == []


def test_rows_that_do_not_fit(validated, database: str) -> None:
    found = validated(
        """ALTER TABLE {db}.S.T ALTER COLUMN A SET NOT NULL;
        ALTER TABLE {db}.S.T MODIFY COLUMN ID SET DATA TYPE NUMBER(5,0), B TYPE NUMBER(5,2);
        ALTER TABLE {db}.S.T ALTER (ID SET NOT NULL, A SET DATA TYPE VARCHAR(200));
        ALTER TABLE {db}.S.NOWHERE ALTER COLUMN A SET NOT NULL;
        ALTER TABLE {db}.S.T ADD COLUMN N INT NOT NULL"""
    )
    rows = [(one.level, one.line, one.message) for one in found if one.rule == "rows"]
    assert rows == [
        ("error", 1, f"2 rows do not fit in {database}.S.T: A is NULL"),
        ("error", 2, f"1 row does not fit in {database}.S.T: ID has more than 5 digits before the point"),
        ("error", 2, f"1 row does not fit in {database}.S.T: B has more than 3 digits before the point"),
        ("error", 5, f"4 rows do not fit in {database}.S.T: N is NOT NULL and has no default"),
    ]
    assert [one.line for one in found if one.rule == "compile"] == [4]


def test_what_depends_on_an_earlier_statement(validated, database: str) -> None:
    found = validated(
        """CREATE TABLE {db}.S.NEW (ID INT); INSERT INTO {db}.S.NEW SELECT ID FROM {db}.S.T;
        UPDATE {db}.S.T SET A = '' WHERE A IS NULL; ALTER TABLE {db}.S.T ALTER COLUMN A SET NOT NULL""",
        "USE SCHEMA {db}.S; SELECT NOPE FROM NEW; SELECT NOPE FROM {db}.S.T",
        "CREATE SCHEMA {db}.X; CREATE TABLE T (ID INT); SELECT NOPE FROM T",
        "ALTER TABLE {db}.S.T RENAME TO {db}.S.OLD; SELECT * FROM {db}.S.OLD; SELECT * FROM {db}.S.T",
        "-- snowmaker: role=NEW_ROLE_{db}\nUSE SCHEMA {db}.PUBLIC; SELECT NOPE; USE; USE ROLE",
        "CREATE ROLE LATER_{db}; USE ROLE LATER_{db}; SELECT NOPE FROM {db}.S.Q",
    )
    wrong = [(one.rule, one.message) for one in found if one.file.endswith("V5__x.sql") or one.level == "error"]
    fails = f"USE ROLE NEW_ROLE_{database}"
    assert [(rule, text.partition(": ")[0]) for rule, text in wrong] == [
        ("compile", fails),
        ("later", "not asked about"),
        ("compile", "USE"),
        ("compile", "USE ROLE"),
    ]
    assert wrong[1][1] == f"not asked about: {fails} fails"
    later = [one.message for one in found if one.rule == "later"]
    assert f"only `verify` can judge it: V1__x.sql changes {database}.S.NEW before it" in later
    assert "only `verify` can judge it: V1__x.sql changes its rows" in later
    assert f"only `verify` can judge it: V3__x.sql changes {database}.X before it" in later
    assert f"only `verify` can judge it: V4__x.sql changes {database}.S.OLD before it" in later
    assert f"only `verify` can judge it: V6__x.sql changes LATER_{database} before it" in later


def test_after_a_block_nothing_is_sure(validated) -> None:
    found = validated(
        "SELECT NOPE FROM {db}.S.T; BEGIN CREATE TABLE {db}.S.M (ID INT); END; SELECT * FROM {db}.S.M;",
        "SET x = 1; SELECT * FROM {db}.S.M WHERE ID = $x",
    )
    assert [(rule, level) for rule, level, _ in told(found)] == [
        ("compile", "error"),
        ("later", "ok"),
        ("later", "ok"),
    ]


def test_variables(validated) -> None:
    assert told(validated("SET t = '{db}.S.T'; SELECT $t; SELECT NOPE FROM {db}.S.T")) == [
        ("later", "ok", 1),
        ("compile", "error", 1),
    ]


def test_what_a_role_lacks(validated, database: str) -> None:
    base = (
        BASE
        + """CREATE ROLE {db}_R; GRANT ROLE {db}_R TO ROLE ACCOUNTADMIN; CREATE TABLE {db}.S.U (ID INT);
        GRANT USAGE ON DATABASE {db} TO ROLE {db}_R; GRANT USAGE ON SCHEMA {db}.S TO ROLE {db}_R;
        GRANT SELECT ON TABLE {db}.S.T TO ROLE {db}_R; GRANT SELECT ON TABLE {db}.S.U TO ROLE {db}_R"""
    )
    found = validated(
        "-- snowmaker: role={db}_R\nCREATE TABLE {db}.S.MINE (ID INT);\nALTER TABLE {db}.S.T ADD COLUMN X INT",
        "GRANT INSERT ON ALL TABLES IN SCHEMA {db}.S TO ROLE {db}_R",
        "-- snowmaker: role={db}_R\nDROP TABLE {db}.S.U",
        base=base,
    )
    assert [(one.level, one.file[-9:], one.line, one.message) for one in found] == [
        ("error", "V1__x.sql", 2, f"role {database}_R lacks CREATE TABLE on SCHEMA {database}.S"),
        ("error", "V1__x.sql", 3, f"role {database}_R lacks OWNERSHIP on TABLE {database}.S.T"),
        (
            "ok",
            "V3__x.sql",
            2,
            f"only `verify` can judge it: role {database}_R lacks OWNERSHIP on TABLE {database}.S.U, "
            "and V2__x.sql gives privileges on it",
        ),
    ]


def test_one_statement_that_cannot_be_explained_hides_no_other(project: Open) -> None:
    pairs = [("ACCOUNTADMIN", "SELEC 1"), ("ACCOUNTADMIN", "REMOVE @~"), ("ACCOUNTADMIN", "SELECT FROM")]
    found = explained(project().session, pairs)
    assert found.keys() == {0, 2}
    assert all(one.errno == 1003 and one.error for one in found.values())


def test_nothing_is_written(validated, project: Open, database: str) -> None:
    validated(
        """CREATE TABLE {db}.S.NEW (ID INT); DROP TABLE {db}.S.T; TRUNCATE TABLE {db}.S.T; CREATE ROLE {db}_X;
        GRANT USAGE ON SCHEMA {db}.S TO ROLE PUBLIC; SELECT {db}.S.Q.NEXTVAL; CREATE OR REPLACE SEQUENCE {db}.S.Q;
        COPY INTO {db}.S.T FROM @~; REMOVE @~; CALL NOTHING(); EXECUTE IMMEDIATE 'DROP DATABASE {db}'""",
        "INSERT INTO {db}.S.T VALUES (1, 'x', 1); DELETE FROM {db}.S.T; SELECT {db}.S.Q.NEXTVAL",
    )
    with project() as one:
        assert one.query(f"SELECT COUNT(*) AS N FROM {database}.S.T") == [{"n": 4}]
        assert len(one.query(f"SHOW TABLES IN SCHEMA {database}.S")) == 1
        assert one.query(f"SHOW ROLES LIKE '{database}_X'") == []
        assert one.query(f"SELECT {database}.S.Q.NEXTVAL AS N") == [{"n": 1}]
        assert one.query(f"SHOW SCHEMAS LIKE 'META' IN DATABASE {database}") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ALTER TABLE T ALTER A SET NOT NULL", ["A IS NULL"]),
        ('alter table if exists D.S."t" modify column "a b" not null', ['"a b" IS NULL']),
        ("ALTER TABLE T MODIFY (COLUMN A SET NOT NULL, B SET DATA TYPE VARCHAR(3))", ["A IS NULL", "LENGTH(B) > 3"]),
        ("ALTER TABLE T ALTER A SET NOT NULL, COLUMN B TYPE STRING(4)", ["A IS NULL", "LENGTH(B) > 4"]),
        ("ALTER TABLE T ALTER A TYPE DECIMAL(6, 2), ALTER COLUMN B DROP NOT NULL", ["ABS(A) >= 10000"]),
        ("ALTER TABLE T ALTER A TYPE BINARY(7)", ["LENGTH(A) > 7"]),
        ("ALTER TABLE T ALTER COLUMN TYPE TYPE NUMBER(1,0)", ["ABS(TYPE) >= 10"]),
        ("ALTER TABLE T ALTER A TYPE INT", []),
        ("ALTER TABLE T ALTER A TYPE VARCHAR", []),
        ("ALTER TABLE T ALTER A SET MASKING POLICY P", []),
        ("ALTER TABLE T ALTER A DROP DEFAULT", []),
        ("ALTER TABLE T ADD COLUMN A INT NOT NULL", ["TRUE"]),
        ("ALTER TABLE T ADD A INT, COLUMN IF NOT EXISTS B INT NOT NULL, C NUMBER(3, 0) NOT NULL COMMENT 'x'", ["TRUE"]),
        ("ALTER TABLE T ADD A INT NOT NULL DEFAULT 1, B INT IDENTITY NOT NULL, C INT", []),
        ("ALTER TABLE T ADD CONSTRAINT U UNIQUE (A)", []),
        ("ALTER TABLE T ADD", []),
        ("ALTER TABLE T ADD COLUMN IF NOT EXISTS", []),
        ("ALTER TABLE T ALTER", []),
        ("ALTER TABLE T ALTER (", []),
        ("ALTER TABLE T ALTER COLUMN", []),
        ("ALTER TABLE T ALTER A TYPE", []),
        ("ALTER TABLE T ALTER A TYPE NUMBER(", []),
        ("ALTER TABLE T ALTER ,,A SET NOT NULL", ["A IS NULL"]),
        ("ALTER TABLE", []),
        ("ALTER VIEW V ALTER COLUMN A SET NOT NULL", []),
        ("", []),
    ],
)
def test_probes(text: str, found: list[str]) -> None:
    assert [one.condition for one in probes(text)[1]] == found


def test_on_the_command_line(folder: Path, script: Script, database: str, monkeypatch, capsys: Capture) -> None:
    monkeypatch.setenv("KEY", "hunter2")
    script(
        "V1__a.sql",
        f"CREATE USER {database}_U PASSWORD = '{{{{ secret('KEY') }}}}'; SELECT '{{{{ secret('KEY') }}}}', X",
    )
    at = ["-C", str(folder), "-e", "shared"]
    assert run(["plan", "--validate", *at]) == 1
    out, err = capsys.readouterr()
    assert "migrations/V1__a.sql:1: error: " in out
    assert "1 error, 0 warnings" in out
    assert run(["plan", "--validate", "--format", "markdown", *at]) == 1
    text = capsys.readouterr().out
    assert "### What the account says" in text
    assert "| **error** | `migrations/V1__a.sql:1` |" in text
    assert run(["plan", "--validate", "--json", *at]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [one["rule"] for one in found["findings"]] == ["compile", "asked"]
    assert "hunter2" not in out + err + text + json.dumps(found)
    with Project(folder, environment="shared") as one:
        sent = one.query("SELECT QUERY_TEXT FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10000))")
    assert not [row for row in sent if "hunter2" in row["query_text"] and database in row["query_text"]]
    script("V1__a.sql", "SELECT 1")
    assert run(["plan", "--validate", *at]) == 0
    assert "V1__a.sql: 1 of 1 statements were asked about" in capsys.readouterr().out
