"""The fixtures for pytest, in a project of their own, and what they cost where nobody wants them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snowmaker.errors import SourceError, StatementError, UsageError
from snowmaker.testing import MigratedAccount, Template

MIGRATION = """
CREATE DATABASE {{ db }};
CREATE TABLE {{ db }}.PUBLIC.T (ID INT);
INSERT INTO {{ db }}.PUBLIC.T VALUES (1), (2);
CREATE SEQUENCE {{ db }}.PUBLIC.S;
CREATE ROLE READER;
GRANT USAGE ON DATABASE {{ db }} TO ROLE READER;
GRANT USAGE ON SCHEMA {{ db }}.PUBLIC TO ROLE READER;
GRANT SELECT ON TABLE {{ db }}.PUBLIC.T TO ROLE READER;
GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE READER;
"""
TESTS = """
import pytest
from snowmaker.errors import StatementError

@pytest.mark.parametrize("number", [1, 2])
def test_each_has_an_account_of_its_own(snowmaker_account, number):
    with snowmaker_account.session() as session:
        assert session.execute("SELECT COUNT(*) FROM DEV.PUBLIC.T").rows == [(2,)]
        assert session.execute("SELECT DEV.PUBLIC.S.NEXTVAL").rows == [(1,)]
        session.execute("DROP TABLE DEV.PUBLIC.T")

def test_a_role(snowmaker_account):
    with snowmaker_account.session(role="reader") as session:
        assert session.execute("SELECT ID FROM DEV.PUBLIC.T ORDER BY ID").records() == [{"id": 1}, {"id": 2}]
        with pytest.raises(StatementError):
            session.execute("INSERT INTO DEV.PUBLIC.T VALUES (3)")

def test_nothing():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "db" / "migrations").mkdir(parents=True)
    (tmp_path / "db" / "snowmaker.toml").write_text(
        '[vars]\ndb = "D"\n[environments.dev]\nconnection = "dev"\nvars = { db = "DEV" }\n'
    )
    (tmp_path / "db" / "migrations" / "V1__a.sql").write_text(MIGRATION)
    return tmp_path


def run_pytest(folder: Path, *arguments: str) -> str:
    """Run pytest in a folder, with the plugins that are installed; what it said."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


def test_the_fixtures(project: Path) -> None:
    (project / "test_it.py").write_text(TESTS)
    (project / "pytest.ini").write_text(
        "[pytest]\nsnowmaker_project = db\nsnowmaker_environment = dev\nfilterwarnings = error\naddopts = --strict-config\n"
    )
    assert "4 passed" in run_pytest(project, "-m", "pytest", "-q")


def test_scripts_that_fail(project: Path) -> None:
    (project / "db" / "migrations" / "V2__b.sql").write_text("\nSELECT * FROM NOWHERE.A.B")
    (project / "test_it.py").write_text("def test_it(snowmaker_account): pass\ndef test_other(): pass")
    (project / "pytest.ini").write_text("[pytest]\nsnowmaker_project = db\n")
    said = run_pytest(project, "-m", "pytest", "-q")
    assert "migrations/V2__b.sql:2: " in said
    assert "1 passed, 1 error" in said


def test_nothing_is_imported_where_nobody_asks(tmp_path: Path) -> None:
    text = "import sys\ndef test_it(): assert not [one for one in sys.modules if one in %r]"
    (tmp_path / "test_it.py").write_text(text % (["snowflake.connector", "duckdb", "snowmaker.project", "jinja2"],))
    assert "1 passed" in run_pytest(tmp_path, "-m", "pytest", "-q")
    timed = (
        "import pytest, time; t = time.process_time(); import snowmaker.testing.plugin; print(time.process_time() - t)"
    )
    assert float(run_pytest(tmp_path, "-c", timed).split()[0]) < 0.1  # seconds
    assert "snowmaker-" in run_pytest(tmp_path, "-m", "pytest", "--co", "-q", "-v"), "the entry point is installed"


@pytest.fixture
def template(project: Path, tmp_path: Path) -> Template:
    return Template(project / "db", tmp_path / "files")


def test_what_a_role_can(template: Template) -> None:
    with template.open() as account:
        assert isinstance(account, MigratedAccount)
        assert account.can("READER", "select on table D.PUBLIC.T")
        assert not account.can("READER", "insert on table D.PUBLIC.T")
        assert account.can("reader", "select on all tables in schema D.PUBLIC")
        with pytest.raises(UsageError, match="no role NOBODY"):
            account.can("NOBODY", "select on table D.PUBLIC.T")
        with pytest.raises(UsageError, match="no table"):
            account.can("READER", "select on table D.PUBLIC.NONE")
        with pytest.raises(SourceError, match="SLECT"):
            account.can("READER", "slect on table D.PUBLIC.T")
        with pytest.raises(StatementError, match="NOBODY"), account.session("nobody"):
            pass
        with pytest.raises(UsageError, match="no role's name"), account.session("a b"):
            pass


def test_accounts_beside_each_other(template: Template) -> None:
    with template.open() as one, template.open() as other:
        before = other.snapshot()
        assert one.snapshot() == before
        with one.session() as session:
            session.execute("DELETE FROM D.PUBLIC.T")
        assert one.snapshot() != before
        assert other.snapshot() == before
        sent = one.requests
    assert sent > 0
    assert not template.warnings
