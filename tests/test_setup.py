"""`doctor --setup`: a rehearsal under the role of the deploy, with the grants that the account shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snowmaker import sandbox
from snowmaker.cli import run
from snowmaker.components.grant import Grant
from snowmaker.session import open_session
from snowmaker.setupscript import setup
from snowmaker.sql import split

Capture = pytest.CaptureFixture[str]
Write = Callable[[str], list[str]]

ACCOUNT = """
CREATE ROLE DEPLOY; CREATE ROLE "read er"; GRANT ROLE "read er" TO ROLE DEPLOY; GRANT ROLE DEPLOY TO USER ADMIN;
GRANT CREATE DATABASE ON ACCOUNT TO ROLE DEPLOY; CREATE WAREHOUSE WH; GRANT USAGE ON WAREHOUSE WH TO ROLE DEPLOY;
CREATE DATABASE OUTSIDE; CREATE SCHEMA OUTSIDE.S; CREATE TABLE OUTSIDE.S.T (ID INT); CREATE SCHEMA OUTSIDE."o""d";
GRANT USAGE ON DATABASE OUTSIDE TO ROLE "read er"; GRANT USAGE, CREATE VIEW ON SCHEMA OUTSIDE.S TO ROLE "read er";
GRANT SELECT ON TABLE OUTSIDE.S.T TO ROLE "read er"; GRANT SELECT ON FUTURE TABLES IN SCHEMA OUTSIDE."o""d" TO ROLE DEPLOY;
CREATE DATABASE ROLE OUTSIDE.R; GRANT DATABASE ROLE OUTSIDE.R TO ROLE DEPLOY; GRANT USAGE ON SCHEMA OUTSIDE."o""d" TO DATABASE ROLE OUTSIDE.R;
GRANT IMPORTED PRIVILEGES ON DATABASE SNOWFLAKE TO ROLE DEPLOY;
CREATE DATABASE HANDED; GRANT OWNERSHIP ON DATABASE HANDED TO ROLE DEPLOY; CREATE DATABASE APP;
GRANT USAGE ON DATABASE APP TO ROLE DEPLOY WITH GRANT OPTION;
"""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Write]:
    """Write settings with a connection of that role; the options of that environment."""
    with sandbox.open_account(None) as account:
        session = open_session(account.connection())
        for statement in split(ACCOUNT):
            session.execute(statement.text)
        session.close()
        (tmp_path / "migrations").mkdir()

        def go(more: str, role: str = "deploy") -> list[str]:
            options = account.connection() | ({"role": role} if role else {})
            given = ", ".join(f"{key} = {json.dumps(value)}" for key, value in options.items())
            text = f"[environments.prod]\nconnection = {{ {given} }}\ncreate_database = true\n{more}"
            (tmp_path / "snowmaker.toml").write_text(text)
            return ["-C", str(tmp_path), "-e", "prod"]

        yield go


def test_verify_runs_under_that_role(tmp_path: Path, at: Write, capsys: Capture) -> None:
    up = "CREATE DATABASE APP; CREATE VIEW OUTSIDE.S.V AS SELECT 1 AS X; CREATE SCHEMA HANDED.NEW"
    (tmp_path / "migrations" / "V1__a.sql").write_text(up)
    down = "DROP SCHEMA HANDED.NEW; DROP VIEW OUTSIDE.S.V; DROP DATABASE APP"
    (tmp_path / "migrations" / "U1__a.sql").write_text(down)
    (tmp_path / "migrations" / "V2__b.sql").write_text("CREATE TABLE OUTSIDE.S.U (ID INT)")
    (tmp_path / "migrations" / "U2__b.sql").write_text("DROP TABLE OUTSIDE.S.U")
    file = tmp_path / "deploy_role.sql"
    assert run(["doctor", "--setup", str(file), *at("")]) == 0
    assert "[verify] setup" in capsys.readouterr().err
    assert run(["verify", "--json", *at('[verify]\nsetup = ["deploy_role.sql"]\n')]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["role"], found["warnings"]) == ("DEPLOY", [])
    assert found["scripts"][0]["verdict"] == "proven", found["scripts"][0]
    assert found["scripts"][1]["verdict"] == "broken"
    assert "Insufficient privileges" in found["scripts"][1]["detail"]
    text = file.read_text()
    assert text.startswith("-- role DEPLOY as prod has it, for [verify] setup\nCREATE ROLE IF NOT EXISTS DEPLOY;\n")
    for line in (
        'GRANT ROLE "read er" TO ROLE DEPLOY;',
        "GRANT IMPORTED PRIVILEGES ON DATABASE SNOWFLAKE TO ROLE DEPLOY;",
        'GRANT SELECT ON FUTURE TABLES IN SCHEMA OUTSIDE."o""d" TO ROLE DEPLOY;',
        'GRANT USAGE ON SCHEMA OUTSIDE."o""d" TO DATABASE ROLE OUTSIDE.R;',
        "GRANT OWNERSHIP ON DATABASE HANDED TO ROLE DEPLOY COPY CURRENT GRANTS;",
        "-- left out: 1 of the privileges on TABLE, which a snapshot or fixtures would make",
        "-- left out: 1 of the privileges on what the scripts make",
    ):
        assert line in text.splitlines()
    assert "APP" not in text


def test_beside_a_snapshot(tmp_path: Path, at: Write, capsys: Capture) -> None:
    (tmp_path / "migrations" / "V1__a.sql").write_text("CREATE VIEW OUTSIDE.S.V AS SELECT ID FROM OUTSIDE.S.T")
    (tmp_path / "migrations" / "U1__a.sql").write_text("DROP VIEW OUTSIDE.S.V")
    admin = at("", role="ACCOUNTADMIN")
    assert run(["import", "--snapshot", str(tmp_path / "s.sql"), *admin]) == 0
    assert run(["doctor", "--setup", str(tmp_path / "r.sql"), *at("")]) == 0
    capsys.readouterr()
    assert run(["verify", "--json", *at('[verify]\nsetup = ["r.sql"]\nsnapshot = "s.sql"\n')]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["role"], found["scripts"][0]["verdict"]) == ("DEPLOY", "proven")


def test_the_file(tmp_path: Path, at: Write, capsys: Capture) -> None:
    file = tmp_path / "r.sql"
    file.write_text("mine")
    assert run(["doctor", "--setup", str(file), *at("")]) == 2
    assert file.read_text() == "mine"
    assert run(["doctor", "--setup", str(file), "--force", "--json", *at("")]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(file)]}
    assert run(["doctor", "--setup", str(file), "--force", *at("", role="")]) == 2
    assert "names no role" in capsys.readouterr().err


def test_a_system_role_is_there_already() -> None:
    grants = [
        Grant("USAGE", "ROLE", ("SECURITYADMIN",), ("ROLE", ("ACCOUNTADMIN",))),
        Grant("CREATE DATABASE", "ACCOUNT", (), ("ROLE", ("SYSADMIN",))),
        Grant("OWNERSHIP", "DATABASE", ("D",), ("ROLE", ("SYSADMIN",))),
        Grant("USAGE", "DATABASE", ("E",), ("ROLE", ("SYSADMIN",))),
        Grant("USAGE", "SCHEMA", ("E", "PUBLIC"), ("ROLE", ("SYSADMIN",))),
    ]
    assert setup("SYSADMIN", grants, (), "t\n; DROP DATABASE E").splitlines() == [
        "-- t ; DROP DATABASE E",
        "CREATE DATABASE IF NOT EXISTS E;",
        "",
        "GRANT USAGE ON DATABASE E TO ROLE SYSADMIN;",
        "GRANT USAGE ON SCHEMA E.PUBLIC TO ROLE SYSADMIN;",
    ]
