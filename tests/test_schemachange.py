"""A repository written for schemachange 4.4 works with nothing changed but a `snowmaker.toml`.

schemachange itself deploys it to the sandbox first; it is a development dependency for that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snowmaker import Project

FILES = {
    "V1.0__base.sql": "CREATE DATABASE IF NOT EXISTS {{ db }};\nCREATE SCHEMA IF NOT EXISTS {{ db }}.S;\n",
    "V1.9__first.sql": "-- a comment\nCREATE TABLE {{ db }}.S.T (A NUMBER);\n\n",
    "V1.10__second.sql": "INSERT INTO {{ db }}.S.T\nVALUES (1); -- trailing\n",
    "sub/V2__env.sql.jinja": "CREATE TABLE {{ db }}.S.{{ env_var('SC_TABLE', 'U') }} (A NUMBER);;\n",
    "R__view.sql": "\ufeffCREATE OR REPLACE VIEW {{ db }}.S.V AS SELECT * FROM {{ db }}.S.T;\r\n",
    "A__refresh.sql": "SELECT COUNT(*) FROM {{ db }}.S.T;",
}


@pytest.fixture
def repository(folder):
    for name, text in FILES.items():
        path = folder / "migrations" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    settings = folder / "snowmaker.toml"
    settings.write_text(settings.read_text() + '\n[policy]\nrollback = "optional"\n')
    return folder


def test_what_schemachange_deployed_is_not_run_again(repository, account, database, project):
    options = account.connection()
    config = repository / "sc"
    config.mkdir()
    with project() as admin:
        admin.query(f"CREATE DATABASE IF NOT EXISTS {database}; CREATE SCHEMA IF NOT EXISTS {database}.META")
    environment = {
        **os.environ,
        "SNOWFLAKE_HOST": str(options["host"]),
        "SNOWFLAKE_PORT": str(options["port"]),
        "SNOWFLAKE_PROTOCOL": "http",
        "SNOWFLAKE_ACCOUNT": "sandbox",
        "SNOWFLAKE_USER": "ADMIN",
        "SNOWFLAKE_PASSWORD": "admin",
        "SNOWFLAKE_ROLE": "ACCOUNTADMIN",
        "SNOWFLAKE_WAREHOUSE": "COMPUTE_WH",
    }
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemachange")),
            *("deploy", "--config-folder", str(config), "--root-folder", str(repository / "migrations")),
            *("--change-history-table", f"{database}.META.HISTORY", "--create-change-history-table"),
            *("--vars", f'{{"db": "{database}"}}'),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    before = project().history()
    assert [row.script for row in before] == [
        "V1.0__base.sql",
        "V1.9__first.sql",
        "V1.10__second.sql",
        "V2__env.sql",
        "R__view.sql",
        "A__refresh.sql",
    ]
    assert {row.script: row.checksum for row in before} == {s.script: s.checksum for s in project().render()}
    plan = project().plan()
    assert [step.script for step in plan.steps] == ["A__refresh.sql"]
    assert plan.warnings == ()
    result = project().migrate()
    assert [script.script for script in result.scripts] == ["A__refresh.sql"]


def test_the_order_and_the_names_are_schemachange_s(repository):
    with Project(repository, environment="shared") as project:
        assert [source.script for source in project.sources] == [
            "V1.0__base.sql",
            "V1.9__first.sql",
            "V1.10__second.sql",
            "V2__env.sql",
            "R__view.sql",
            "A__refresh.sql",
        ]
