"""A plan for its reviewer: what is destroyed, who gains access, and the Markdown that says it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from snowmaker import Project
from snowmaker.access import AccessDiff
from snowmaker.accesstext import changed, sentence
from snowmaker.cli import run
from snowmaker.markdown import LIMIT, code, plan, size
from snowmaker.model import Plan, Rehearsal, Rehearsed, Statement, Step
from snowmaker.reviewing import AtStake, Review

Script = Callable[..., Path]
Open = Callable[..., Project]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def reviewed(project: Open, script: Script, database: str) -> Callable[..., Review]:
    """The review of a script, in an account where another one has run before."""

    def go(before: str, text: str, undo: str | None = "SELECT 1") -> Review:
        with project() as one:
            one.query(before.replace("{db}", database))
        script("V1__x.sql", text.replace("{db}", database), undo)
        opened = project()
        return opened.review(opened.plan())

    return go


def said(review: Review) -> list[str]:
    return [sentence(turn, line) for turn, line in changed(AccessDiff("", review.access))]


def test_what_is_destroyed_has_its_rows_and_bytes(reviewed, database: str) -> None:
    found = reviewed(
        """CREATE DATABASE {db}; CREATE SCHEMA {db}.S; CREATE SCHEMA {db}.U;
        CREATE TABLE {db}.S.A (X INT, Y INT); INSERT INTO {db}.S.A VALUES (1, 1), (2, 2);
        CREATE TABLE {db}.S.B (X INT); INSERT INTO {db}.S.B VALUES (1);
        CREATE TABLE {db}.U."b" (X INT); CREATE TABLE {db}.U.B (X INT); INSERT INTO {db}.U.B VALUES (1), (2), (3);""",
        """USE SCHEMA {db}.S; ALTER TABLE A DROP COLUMN Y; CREATE OR REPLACE TABLE {db}.S.B (Z INT);
        TRUNCATE TABLE {db}.U.B; DROP TABLE {db}.S.A; DROP TABLE IF EXISTS {db}.NOWHERE.T; DROP SCHEMA {db}.U""",
    )
    stakes = {one.name[1:]: (one.statement, one.tables, one.rows) for one in found.at_stake}
    assert stakes == {
        ("S", "A"): (2, 1, 2),
        ("S", "B"): (3, 1, 1),
        ("U", "B"): (4, 1, 3),
        ("NOWHERE", "T"): (6, 0, None),
        ("U",): (7, 2, 3),
    }
    assert all((one.bytes is None) == (one.rows is None) for one in found.at_stake)
    text = plan(found)
    assert f"| `table {database}.S.A` | 1 | 2 | " in text
    assert f"| `table {database}.NOWHERE.T` | not there now |" in text
    assert "| `V1__x.sql` | 1 | drops a column | `ALTER TABLE A DROP COLUMN Y` |" in text
    assert "**1 script, 7 statements, 6 destructive, access changes, not rehearsed**" in text


def test_who_gains_access(reviewed, database: str) -> None:
    found = reviewed(
        """CREATE DATABASE {db}; CREATE SCHEMA {db}.S; CREATE TABLE {db}.S.T (X INT); CREATE ROLE {db}_R;
        CREATE ROLE {db}_OLD; CREATE USER {db}_U; GRANT ROLE {db}_R TO USER {db}_U; GRANT ROLE {db}_OLD TO USER {db}_U;
        GRANT USAGE ON DATABASE {db} TO ROLE {db}_R; GRANT USAGE ON SCHEMA {db}.S TO ROLE {db}_R;
        GRANT SELECT ON FUTURE VIEWS IN SCHEMA {db}.S TO ROLE {db}_R;
        GRANT INSERT ON TABLE {db}.S.T TO ROLE {db}_R""",
        """grant /* why */ select on table {db}.S.T to role {db}_R; CREATE VIEW {db}.S.V AS SELECT 1 AS X;
        REVOKE INSERT ON TABLE {db}.S.T FROM ROLE {db}_R;
        GRANT DELETE ON ALL TABLES IN SCHEMA {db}.S TO ROLE {db}_R; GRANT UPDATE ON T TO {db}_R; GRANT""",
    )
    lines = said(found)
    assert f"role {database}_R gains SELECT on table {database}.S.T" in lines
    assert f"role {database}_R gains SELECT on view {database}.S.V" in lines
    assert f"role {database}_R loses INSERT on table {database}.S.T" in lines
    left = [statement.text.split(" ON ")[0] for _, statement in found.unfollowed]
    assert left == ["GRANT DELETE", "GRANT UPDATE", "GRANT"]
    text = plan(found)
    assert f"- `role {database}_R gains SELECT on table {database}.S.T and by inheritance user {database}_U`" in text
    assert f"- **loses**: `role {database}_R loses INSERT on table {database}.S.T" in text
    assert "whose effect was not followed:\n\n- `GRANT DELETE ON ALL TABLES" in text


@pytest.mark.parametrize(
    "grant",
    [
        "GRANT SELECT ON TABLE {db}.S.T TO R WITH GRANT OPTION",
        "GRANT OWNERSHIP ON TABLE {db}.S.T TO ROLE PUBLIC REVOKE CURRENT GRANTS",
        "GRANT SELECT ON TABLE {db}.S.T TO SHARE X",
        "GRANT SELECT ON TABLE T TO ROLE PUBLIC",
        "GRANT SELECT ON TABLE IDENTIFIER($t) TO ROLE PUBLIC",
        "GRANT ROLE TO",
        "REVOKE GRANT OPTION FOR",
        "REVOKE",
    ],
)
def test_what_cannot_be_followed_is_listed(reviewed, grant: str) -> None:
    found = reviewed("SELECT 1", grant)
    assert [one.text.split()[0] for _, one in found.unfollowed] == [grant.split()[0]]
    assert "### Who gains access" in plan(found)


def test_nothing_is_written_and_little_asked(reviewed, project: Open, database: str) -> None:
    review = reviewed("SELECT 1", "SELECT 1")
    assert (review.at_stake, review.access, review.unfollowed) == ((), (), ())
    one = project()
    made = one.plan()
    before = one.session.requests
    one.review(made)
    assert one.session.requests == before
    assert one.query(f"SHOW DATABASES LIKE '{database}'") == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("   ", ""),
        ("a|b", "`a\\|b`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``a` `", "``` ``a` ` ```"),
        ("<img src=x onerror=alert(1)>", "`<img src=x onerror=alert(1)>`"),
        ("a\n| b |\r\n# c", "`a\\n\\| b \\|\\r\\n# c`"),
        ("\x1b[31m\u202ered", "`\\x1b[31m\\u202ered`"),
        ("@everyone #1", "`@everyone #1`"),
        ("x" * 500, "`" + "x" * 159 + "…`"),
    ],
)
def test_code(text: str, shown: str) -> None:
    assert code(text) == shown


def test_size() -> None:
    assert [size(number) for number in (0, 1023, 1024, 1_500_000, 2**50 * 3000)] == [
        "0 bytes",
        "1,023 bytes",
        "1.0 KB",
        "1.4 MB",
        "3,000.0 PB",
    ]


def step(name: str, text: str, **more: object) -> Step:
    statement = Statement(text, 1, destructive="yes", reason="drops a table")
    fields = {"reason": "new", "undo": None, **more}
    return Step(
        name, "versioned", "1", "", name, "run", statements=(statement,), checksum="", source_checksum="", **fields
    )  # type: ignore[arg-type]


def test_names_cannot_leave_their_place() -> None:
    nasty = "V1__a|`<b>`\n\n# x.sql"
    text = "SELECT '```\n</details>'"
    value = Review(
        Plan("pr`od", (step(nasty, text),), warnings=("<!-- hidden",), refusals=(("x|y", "a\nb", "hint"),)),
        (AtStake(nasty, 1, "TABLE", ("A", "b|`c")),),
        rehearsal=Rehearsal("e", "R|`", (Rehearsed(nasty, "broken", "<b>\n\n# no", ("a|b",)),), ("w|`",)),
    )
    lines = plan(value).splitlines()
    fence = lines.index("````sql")
    assert lines[-3:] == ["````", "", "</details>"]
    headings = [line for line in lines[:fence] if line.startswith("#")]
    assert headings == [
        "## snowmaker: plan for ``pr`od``",
        "### What changes",
        "### What is destroyed",
        "### What was rehearsed",
    ]
    for line in lines[:fence]:
        if line.startswith("| "):
            assert line.replace("\\|", "").count("|") in (6, 5, 4), line


def test_a_comment_has_an_end() -> None:
    many = tuple(step(f"V{n}__{'x' * 200}.sql", "SELECT '" + "y" * 500 + "'") for n in range(500))
    text = plan(Review(Plan("e", many), tuple(AtStake(one.script, 1, "TABLE", ("A", one.script)) for one in many)))
    assert len(text) < LIMIT + 200
    assert "and 450 more" in text
    assert text.endswith("`snowmaker plan` shows them.")


def test_on_the_command_line(folder: Path, script: Script, database: str, monkeypatch, capsys: Capture) -> None:
    monkeypatch.setenv("KEY", "hunter2|secret")
    script("V1__a.sql", f"CREATE DATABASE {database}; CREATE USER {database}_U PASSWORD = '{{{{ secret('KEY') }}}}'",
           f"DROP USER {database}_U; DROP DATABASE {database}")  # fmt: skip
    at = ["-C", str(folder), "-e", "shared"]
    assert run(["plan", "--format", "markdown", "--verify", *at]) == 0
    out = capsys.readouterr().out
    assert "| proven | `V1__a.sql` |" in out
    assert "on a fresh local account: 1 proven" in out
    assert "hunter2" not in out
    assert run(["plan", "--format", "markdown", "-o", str(folder / "plan.json"), *at]) == 0
    assert "Nothing: `--verify` does that." in capsys.readouterr().out
    assert "rehearsal" not in json.loads((folder / "plan.json").read_text())
    assert run(["plan", "--json", "--verify", *at]) == 0
    assert json.loads(capsys.readouterr().out)["rehearsal"]["scripts"][0]["verdict"] == "proven"
    assert run(["plan", "--format", *at]) == 0
    assert "##" not in capsys.readouterr().out
    assert run(["plan", "--format", "markdown", "--json", *at]) == 2
    assert run(["plan", "--format", "html", *at]) == 2
    script("V1__a.sql", "SELECT 1", None)
    capsys.readouterr()
    assert run(["plan", "--verify", *at]) == 1
    assert "1 broken" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        *("-- only a comment", "GRANT", "USE", "DROP", "ALTER TABLE", "CREATE OR REPLACE TABLE", "(((", "MERGE INTO"),
        *("SELECT 1 ->> SELECT * FROM $1", "DROP DATABASE IF EXISTS", "TRUNCATE TABLE IF EXISTS", "CALL P()"),
        *("GRANT OWNERSHIP ON TABLE A.B.C TO ROLE", "DROP TABLE IDENTIFIER($x)", "SELECT '`|</details>'"),
    ],
)
def test_odd_statements(folder: Path, script: Script, text: str, capsys: Capture) -> None:
    script("V1__a.sql", text)
    code = run(["plan", "--validate", "--format", "markdown", "-C", str(folder), "-e", "shared"])
    out, err = capsys.readouterr()
    assert (code in (0, 1), err) == (True, "")
    assert out.startswith("## snowmaker: plan for `shared`\n")


def test_nothing_to_do_and_the_gate(folder: Path, script: Script, capsys: Capture) -> None:
    at = ["plan", "-C", str(folder), "-e", "shared", "--format", "markdown"]
    assert run(at) == 0
    assert "Nothing to do." in capsys.readouterr().out
    script("V1__a.sql", "SELECT 1")
    settings = folder / "snowmaker.toml"
    settings.write_text(settings.read_text().replace("create_database = true", "create_database = true\nverify = true"))
    assert run(at) == 0
    assert "`migrate` will do that first" in capsys.readouterr().out
