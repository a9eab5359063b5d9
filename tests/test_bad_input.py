"""Bad input gives one clear error and the designed exit code, and leaves nothing half written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from snowmaker import sandbox
from snowmaker.cli import run


@pytest.fixture
def cli(folder, capsys):
    """Run a command line in the project; gives (exit code, the error of its JSON)."""

    def call(*arguments, environment=("-e", "shared")):
        code = run(["-C", str(folder), *arguments, *environment, "--json"])
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return code, json.loads(said.out).get("error", {})

    return call


def history_is_empty(project):
    return project().history() == ()


def test_an_unknown_variable(cli, script, project):
    script("V1__a.sql", "SELECT 1;\nSELECT {{ nope }}")
    code, error = cli("migrate")
    assert (code, error["code"], error["file"], error["line"]) == (2, "undefined_variable", "migrations/V1__a.sql", 2)
    assert "nope" in error["message"]
    assert history_is_empty(project)


@pytest.mark.parametrize("name", ["V1_a.sql", "V__a.sql", "R_a.sql"])
def test_a_wrong_file_name(cli, script, name):
    script(name, "SELECT 1", undo=None)
    code, error = cli("migrate")
    assert code == 2
    assert name in error["message"] + (error["file"] or "")


def test_two_files_of_one_version(cli, script):
    script("V1__a.sql", "SELECT 1")
    script("sub/V01__b.sql", "SELECT 1", undo=None)
    code, error = cli("migrate")
    assert code == 2
    assert "V1__a.sql" in error["message"] + str(error["file"])
    assert "V01__b.sql" in error["message"] + str(error["file"])


def test_settings_that_do_not_parse(cli, folder):
    (folder / "snowmaker.toml").write_text('[project]\nname = "x\n')
    code, error = cli("status")
    assert (code, error["line"]) == (2, 2)
    assert "snowmaker.toml" in error["file"]


def test_a_connection_that_is_not_defined(cli, folder):
    with (folder / "snowmaker.toml").open("a") as settings:
        settings.write('\n[environments.dev]\nconnection = "nowhere"\n')
    code, error = cli("status", environment=("-e", "dev"))
    assert (code, error["code"]) == (2, "unknown_connection")


def test_an_environment_that_is_not_defined(cli):
    assert cli("status", environment=("-e", "shard"))[0] == 2


def test_a_wrong_password(cli, folder, account):
    options = account.connection()
    with (folder / "snowmaker.toml").open("a") as settings:
        settings.write(
            f'\n[environments.dev]\nconnection = {{ account = "sandbox", user = "ADMIN", password = "sesame", '
            f'host = "127.0.0.1", port = {options["port"]}, protocol = "http" }}\n'
        )
    code, error = cli("status", environment=("-e", "dev"))
    assert (code, error["code"]) == (3, "connection_failed")
    assert "sesame" not in json.dumps(error)
    assert error["hint"]


def test_an_account_that_cannot_be_reached(cli, folder):
    with (folder / "snowmaker.toml").open("a") as settings:
        settings.write(
            '\n[environments.dev]\nconnection = { account = "a", user = "u", password = "p", host = "127.0.0.1", '
            'port = 9, protocol = "http", login_timeout = 2 }\n'
        )
    code, error = cli("status", environment=("-e", "dev"))
    assert (code, error["code"]) == (3, "connection_failed")


def test_a_statement_that_fails_in_the_middle(cli, script, project):
    script("V1__a.sql", "SELECT 1;\nSELECT * FROM NOWHERE.AT.ALL_;\nSELECT 2")
    code, error = cli("migrate")
    assert (code, error["line"], error["errno"]) == (3, 2, 2003)
    assert error["query_id"]
    assert [(row.status, row.statements_done) for row in project().history()] == [("Failed", 1)]


def test_a_file_that_is_not_utf8(cli, folder):
    (folder / "migrations" / "V1__a.sql").write_bytes(b"SELECT 'caf\xe9'")
    code, error = cli("migrate")
    assert code == 2
    assert "UTF-8" in error["message"]


def test_an_unclosed_string(cli, script):
    script("V1__a.sql", "SELECT 1;\nSELECT 'a")
    code, error = cli("migrate")
    assert (code, error["code"], error["line"]) == (2, "unterminated", 2)


def test_nothing_prompts_without_a_terminal(cli, script):
    script("V1__a.sql", "DROP TABLE IF EXISTS {{ db }}.S.T")
    code, error = cli("migrate")
    assert code == 2
    assert "--allow-destructive" in error["message"] + error["hint"]


def test_a_script_of_50_megabytes(cli, script, project):
    script("V1__a.sql", "SELECT 1;\n-- " + "x" * 50_000_000 + "\nSELECT 2")
    assert cli("migrate")[0] == 0
    assert project().history()[0].statements_done == 2


def test_ten_thousand_scripts(cli, folder, project):
    for number in range(10_000):
        (folder / "migrations" / f"V{number}__a.sql").write_text("-- snowmaker: irreversible\nSELECT 1")
    started = time.monotonic()
    project().baseline("9990")
    assert cli("migrate")[0] == 0
    assert len(project().history()) == 10
    assert time.monotonic() - started < 60


MIGRATE = [sys.executable, "-m", "snowmaker", "migrate", "-e", "shared", "--json"]


def test_ctrl_c_in_the_middle(folder, script, project, account, database):
    script("V1__a.sql", "SELECT 1;\nSELECT 'slow';\nSELECT 3")
    account.fault(sandbox.Fault(action="hang", when="before", text="slow", seconds=60))
    process = subprocess.Popen(MIGRATE, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while "1/3" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(1)  # the second statement hangs now
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        account.clear_faults()
    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert [(row.status, row.statements_done) for row in project().history()] == [("Failed", 1)]
    assert not project().query(f"SHOW TABLES LIKE 'HISTORY\\\\_LOCK' IN SCHEMA {database}.META")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the disk that is always full is Linux's /dev/full")
def test_a_full_disk(folder, script):
    script("V1__a.sql", "SELECT 1")
    with open("/dev/full", "w") as full:
        done = subprocess.run([*MIGRATE[:3], "plan", "-e", "shared"], cwd=folder, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode in (2, 3)
    assert b"Traceback" not in done.stderr
    assert b"space" in done.stderr
