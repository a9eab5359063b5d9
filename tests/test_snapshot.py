"""`import --snapshot`: a project that began yesterday on an old account can rehearse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from snowmaker import Project, sandbox
from snowmaker.accountdiff import differences
from snowmaker.cli import run
from snowmaker.session import open_session
from snowmaker.sql import split

Capture = pytest.CaptureFixture[str]

OLD = """
CREATE ROLE OWNER_; CREATE ROLE LOADER; CREATE ROLE "odd role"; GRANT ROLE LOADER TO ROLE OWNER_;
GRANT ROLE OWNER_ TO ROLE SYSADMIN; GRANT ROLE "odd role" TO ROLE SYSADMIN;
CREATE USER BOB; GRANT ROLE LOADER TO USER BOB; CREATE WAREHOUSE WH; GRANT USAGE ON WAREHOUSE WH TO ROLE LOADER;
CREATE DATABASE SHOP; CREATE SCHEMA SHOP.RAW; GRANT USAGE ON DATABASE SHOP TO ROLE OWNER_;
CREATE TABLE SHOP.RAW.ORDERS (ID INT NOT NULL, NAME VARCHAR(20) DEFAULT 'it''s; -- $$');
CREATE TRANSIENT TABLE SHOP.RAW."a ""b"" `{{ x }}" ("x;y" INT); CREATE SEQUENCE SHOP.RAW.Q START 7;
CREATE VIEW SHOP.RAW.V AS SELECT ID FROM SHOP.RAW.ORDERS; CREATE STAGE SHOP.RAW.ST;
CREATE STREAM SHOP.RAW.S ON TABLE SHOP.RAW.ORDERS;
CREATE TASK SHOP.RAW.T WAREHOUSE = WH SCHEDULE = '60 MINUTE' AS SELECT 1; ALTER TASK SHOP.RAW.T RESUME;
CREATE MASKING POLICY SHOP.RAW.M AS (V VARCHAR) RETURNS VARCHAR -> '***';
CREATE TABLE SHOP.RAW.MASKED (NAME VARCHAR(10));
ALTER TABLE SHOP.RAW.MASKED MODIFY COLUMN NAME SET MASKING POLICY SHOP.RAW.M;
CREATE DATABASE ROLE SHOP.READER; GRANT USAGE ON SCHEMA SHOP.RAW TO DATABASE ROLE SHOP.READER;
GRANT SELECT ON FUTURE TABLES IN SCHEMA SHOP.RAW TO ROLE LOADER; GRANT SELECT ON TABLE SHOP.RAW.ORDERS TO ROLE LOADER;
GRANT OWNERSHIP ON SCHEMA SHOP.RAW TO ROLE OWNER_ COPY CURRENT GRANTS;
GRANT OWNERSHIP ON TABLE SHOP.RAW.ORDERS TO ROLE OWNER_ COPY CURRENT GRANTS;
GRANT OWNERSHIP ON VIEW SHOP.RAW.V TO ROLE "odd role" COPY CURRENT GRANTS;
"""


@pytest.fixture
def old() -> Iterator[sandbox.Account]:
    """An account that somebody has worked on by hand."""
    with sandbox.open_account(None) as account:
        session = open_session(account.connection())
        for statement in split(OLD):
            session.execute(statement.text)
        session.close()
        yield account


@pytest.fixture
def at(tmp_path: Path, old: sandbox.Account) -> list[str]:
    """The options of a project whose environment `old` is that account."""
    write_settings(tmp_path, old)
    (tmp_path / "migrations").mkdir()
    return ["-C", str(tmp_path), "-e", "old"]


def write_settings(folder: Path, account: sandbox.Account, more: str = "", role: str = "") -> None:
    options = account.connection() | ({"role": role} if role else {})
    given = ", ".join(f"{key} = {json.dumps(value)}" for key, value in options.items())
    text = f'[project]\nname = "young"\n[environments.old]\nconnection = {{ {given} }}\ncreate_database = true\n{more}'
    (folder / "snowmaker.toml").write_text(text)


def write(folder: Path, version: int, up: str, down: str) -> None:
    (folder / "migrations" / f"V{version}__x.sql").write_text(up)
    (folder / "migrations" / f"U{version}__x.sql").write_text(down)


def verdicts(out: str) -> dict[str, tuple[str, str]]:
    return {one["script"]: (one["verdict"], one["detail"]) for one in json.loads(out)["scripts"]}


def test_the_whole_way(tmp_path: Path, old: sandbox.Account, at: list[str], capsys: Capture) -> None:
    write(tmp_path, 1, "ALTER TABLE SHOP.RAW.ORDERS ADD COLUMN X INT; GRANT SELECT ON VIEW SHOP.RAW.V TO ROLE LOADER",
          "REVOKE SELECT ON VIEW SHOP.RAW.V FROM ROLE LOADER; ALTER TABLE SHOP.RAW.ORDERS DROP COLUMN X")  # fmt: skip
    write(tmp_path, 2, "UPDATE SHOP.RAW.ORDERS SET NAME = 'y'", "SELECT 1")
    assert run(["verify", "--json", *at]) == 1
    assert verdicts(capsys.readouterr().out)["V1__x.sql"][0] == "broken"
    before = old.snapshot()
    file = tmp_path / "snapshot.sql"
    assert run(["import", "--snapshot", str(file), *at]) == 0
    assert "[verify] snapshot" in capsys.readouterr().err
    assert differences(before, old.snapshot()) == ()
    write_settings(tmp_path, old, '[verify]\nsnapshot = "snapshot.sql"\n')
    assert run(["verify", "--json", *at]) == 1
    out = capsys.readouterr().out
    found = verdicts(out)
    assert found["V1__x.sql"] == ("proven", "")
    assert found["V2__x.sql"][0] == "broken"
    assert json.loads(out)["warnings"] == []


def test_it_is_the_account(tmp_path: Path, old: sandbox.Account, at: list[str]) -> None:
    with Project(tmp_path, environment="old") as project:
        text = project.import_snapshot(tmp_path / "s.sql").read_text()
    assert text.startswith("-- snapshot of old for [verify], before SEQ 1 of METADATA.SNOWMAKER.CHANGE_HISTORY\n")
    with sandbox.open_account(None) as again:
        session = open_session(again.connection())
        for statement in split(text):
            if not statement.text.startswith(("CREATE WAREHOUSE COMPUTE_WH", "CREATE USER ADMIN")):
                session.execute(statement.text)
        session.close()
        left = differences(old.snapshot(), again.snapshot())
    usage = "DATABASE SHOP: has the grant USAGE to DATABASE ROLE"  # which it has anyway
    allowed = ("WAREHOUSE WH: ", "TASK SHOP.RAW.T: last", usage)
    assert [one for one in left if not one.startswith(allowed)] == []


def test_under_the_role_of_the_connection(tmp_path: Path, old: sandbox.Account, at: list[str], capsys: Capture) -> None:
    write(tmp_path, 1, "ALTER TABLE SHOP.RAW.ORDERS ADD COLUMN X INT", "ALTER TABLE SHOP.RAW.ORDERS DROP COLUMN X")
    write(tmp_path, 2, "CREATE DATABASE OTHER", "DROP DATABASE OTHER")
    assert run(["import", "--snapshot", str(tmp_path / "s.sql"), *at]) == 0
    write_settings(tmp_path, old, '[verify]\nsnapshot = "s.sql"\n', role="OWNER_")
    session = open_session(old.connection())
    session.execute("GRANT ROLE OWNER_ TO USER ADMIN")
    session.close()
    capsys.readouterr()
    assert run(["verify", "--json", *at]) == 1
    out = capsys.readouterr().out
    assert json.loads(out)["role"] == "OWNER_"
    assert verdicts(out)["V1__x.sql"] == ("proven", "")
    assert "Insufficient privileges" in verdicts(out)["V2__x.sql"][1]


def test_what_may_not_be_read(tmp_path: Path, old: sandbox.Account, at: list[str], capsys: Capture) -> None:
    session = open_session(old.connection())
    for text in ("CREATE ROLE HERMIT", "CREATE SCHEMA SHOP.CAVE", "GRANT OWNERSHIP ON SCHEMA SHOP.CAVE TO ROLE HERMIT"):
        session.execute(text)
    session.close()
    file = tmp_path / "s.sql"
    assert run(["import", "--snapshot", str(file), *at]) == 0
    lines = file.read_text().splitlines()
    assert lines[1].startswith("-- not read: SHOW PARAMETERS IN SCHEMA SHOP.CAVE: ")
    assert {"CREATE SCHEMA SHOP.CAVE;", "CREATE SCHEMA SHOP.RAW;"} <= set(lines)
    write(tmp_path, 1, "CREATE TABLE SHOP.CAVE.T (ID INT)", "DROP TABLE SHOP.CAVE.T")
    write_settings(tmp_path, old, '[verify]\nsnapshot = "s.sql"\n')
    capsys.readouterr()
    assert run(["verify", "--json", *at]) == 1
    assert "Insufficient privileges" in verdicts(capsys.readouterr().out)["V1__x.sql"][1]


def test_what_was_applied_since_is_replayed(
    tmp_path: Path, old: sandbox.Account, at: list[str], capsys: Capture
) -> None:
    write(tmp_path, 1, "CREATE TABLE SHOP.RAW.A (ID INT)", "DROP TABLE SHOP.RAW.A")
    assert run(["migrate", "--yes", *at]) == 0
    file = tmp_path / "s.sql"
    assert run(["import", "--snapshot", str(file), *at]) == 0
    assert "before SEQ 2 of" in file.read_text()
    assert "SNOWMAKER" not in file.read_text().partition("\n")[2]
    write(tmp_path, 2, "CREATE TABLE SHOP.RAW.B (ID INT)", "DROP TABLE SHOP.RAW.B")
    assert run(["migrate", "--yes", *at]) == 0
    write(tmp_path, 3, "ALTER TABLE SHOP.RAW.A ADD COLUMN X INT; ALTER TABLE SHOP.RAW.B ADD COLUMN X INT",
          "ALTER TABLE SHOP.RAW.A DROP COLUMN X; ALTER TABLE SHOP.RAW.B DROP COLUMN X")  # fmt: skip
    write_settings(tmp_path, old, '[verify]\nsnapshot = "s.sql"\n')
    capsys.readouterr()
    assert run(["verify", "--json", *at]) == 0
    out = capsys.readouterr().out
    assert verdicts(out) == {"V3__x.sql": ("proven", "")}
    assert json.loads(out)["warnings"] == []


def test_what_the_sandbox_cannot_do_is_left_out(tmp_path: Path, capsys: Capture) -> None:
    many = "\n".join(f"GRANT SELECT ON TABLE D.PUBLIC.T{number} TO ROLE PUBLIC;" for number in range(30))
    made = "CREATE DATABASE D; CREATE WAREHOUSE COMPUTE_WH; CREATE NONSENSE D.PUBLIC.N;\nCREATE TABLE D.PUBLIC.T AS SELECT * FROM D.PUBLIC.N;"
    (tmp_path / "s.sql").write_text(f"{made}\n{many}")
    (tmp_path / "snowmaker.toml").write_text('[verify]\nsnapshot = "s.sql"\n')
    (tmp_path / "migrations").mkdir()
    write(tmp_path, 1, "ALTER TABLE D.PUBLIC.T ADD COLUMN X INT", "ALTER TABLE D.PUBLIC.T DROP COLUMN X")
    write(tmp_path, 2, "CREATE TABLE D.PUBLIC.U (ID INT)", "DROP TABLE D.PUBLIC.U")
    assert run(["verify", "--json", "-C", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert verdicts(out) == {
        "V1__x.sql": ("not_rehearsed", "needs what the snapshot lacks"),
        "V2__x.sql": ("proven", ""),
    }
    warnings = json.loads(out)["warnings"]
    assert warnings[0].startswith("left out of the snapshot: CREATE NONSENSE D.PUBLIC.N: ")
    assert warnings[-1] == "left out of the snapshot: 12 more statements"


@pytest.mark.parametrize("more", [["--sql"], ["-o", "-"]])
def test_one_output(at: list[str], tmp_path: Path, more: list[str], capsys: Capture) -> None:
    assert run(["import", "--snapshot", str(tmp_path / "s.sql"), *more, *at]) == 2
    assert "do not go together" in capsys.readouterr().err


def test_the_file(at: list[str], tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "deep" / "s.sql"
    part = ["--database", "SHOP", "--kind", "tables"]
    assert run(["import", "--snapshot", str(file), *part, "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(file)]}
    assert "CREATE TABLE SHOP.RAW.ORDERS" in file.read_text()
    assert "CREATE VIEW" not in file.read_text()
    file.write_text("mine")
    assert run(["import", "--snapshot", str(file), *at]) == 2
    assert file.read_text() == "mine"
    assert "--force" in capsys.readouterr().err
    assert run(["import", "--snapshot", str(file), "--force", *at]) == 0
    assert "CREATE VIEW" in file.read_text()
    assert run(["import", "--snapshot", str(tmp_path), *at]) == 2
