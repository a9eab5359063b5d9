"""A secret goes through every command, in every format, well and badly; nothing that is written anywhere has it."""

from __future__ import annotations

import json
import logging
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from snowmaker import Project, recovery, sandbox
from snowmaker import lock as locks
from snowmaker.cli import COMMANDS, command_of, run
from snowmaker.errors import SnowmakerError
from snowmaker.executor import Listener
from snowmaker.model import Statement, Step
from snowmaker.redaction import MASK, Redaction
from snowmaker.sql import quote_literal
from snowmaker.vault import Vault
from tests.conftest import _toml

PLAIN = "Canary-7f3aQ9xLw"
AWKWARD = "can'ary\"7f3a\\nQ9\n-- second Line; 'of' it\t$$€\n"
BASE64 = "Q2FuYXJ5KzEyMy80NTY3ODkw+/8="
SHORT = "Zq7"  # redaction promises each length
VALUES = {"plain": PLAIN, "awkward": AWKWARD, "base64": BASE64, "short": SHORT}

SETTINGS = """\
[policy]
out_of_order = "allow"
rollback = "optional"

[environments.dev]
history = "{database}.DEV.HISTORY"
create_database = true
connection = {{ {connection} }}
vars = {{ db = "{database}_DEV" }}

[environments.prod]
history = "{database}.PROD.HISTORY"
create_database = true
connection = {{ {connection} }}
vars = {{ db = "{database}_PROD" }}
promote_from = "dev"
"""
SECRET = "{{ secret('CANARY') }}"
GOOD = f"""\
CREATE DATABASE {{{{ db }}}};
CREATE SECRET {{{{ db }}}}.PUBLIC.KEPT TYPE = GENERIC_STRING SECRET_STRING = {SECRET};
CREATE TABLE {{{{ db }}}}.PUBLIC.T (A VARCHAR) AS SELECT '{SECRET}';
"""
# of an error that repeats it; of a syntax error; of what a rollback does not bring back
NO_NUMBER = f"SELECT 1;\nSELECT TO_NUMBER('{SECRET}');"
NO_SYNTAX = f"CREATE TABLE {{{{ db }}}}.PUBLIC.N (A VARCHAR) {SECRET};"
DROPPED = f"DELETE FROM {{{{ db }}}}.PUBLIC.T WHERE A = {SECRET};"
COMPONENTS = """\
users:
  {name}:
    password: "{{{{ secret('STRONG') }}}}"
"""
FAILING_COMPONENTS = """\
sql:
  BAD:
    create: create table {name}_DEV.PUBLIC.BAD as select to_number('{{{{ secret('CANARY') }}}}') as A
    drop: drop table {name}_DEV.PUBLIC.BAD
    exists: show tables like 'BAD' in schema {name}_DEV.PUBLIC
"""
STRONG = "Strong-Canary-7f3aQ9"


class Records(logging.Handler):
    """Everything that is logged, as a log file would have it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Records]:
    """The log at DEBUG, the driver's too."""
    records, root = Records(), logging.getLogger()
    before = root.level
    root.addHandler(records)
    root.setLevel(logging.DEBUG)
    yield records
    root.removeHandler(records)
    root.setLevel(before)


@pytest.fixture(params=VALUES)
def value(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SNOWMAKER_SECRET_CANARY", VALUES[request.param])
    monkeypatch.setenv("SNOWMAKER_SECRET_STRONG", STRONG)
    return VALUES[request.param]


@pytest.fixture
def folder(tmp_path: Path, account: sandbox.Account, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("project/migrations", "project/components", "tmp"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    connection = ", ".join(f"{key} = {_toml(value)}" for key, value in account.connection().items())
    settings = SETTINGS.format(database=database, connection=connection)
    (tmp_path / "project" / "snowmaker.toml").write_text(settings)
    return tmp_path / "project"


def forms(value: str) -> set[str]:
    """How a secret may be written: as it is, as a literal, in JSON, and each line of it."""
    lines = {line.strip() for line in value.splitlines() if len(line.strip()) >= 8}
    plain = {value, quote_literal(value)[1:-1], value.replace("'", "''"), *lines}
    return plain | {json.dumps(one)[1:-1] for one in plain}


def leaks(value: str, where: str, text: str) -> list[str]:
    return [f"{where}: …{text[max(0, text.find(form) - 150) :][:400]}…" for form in forms(value) if form in text]


class Story:
    """Runs commands, in every format that each has, and keeps all that they say."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.said: list[tuple[str, str]] = []
        self.run_commands: set[str] = set()
        self.codes: dict[str, int] = {}
        self._capsys = capsys

    def script(self, name: str, text: str) -> None:
        (self.folder / "migrations" / name).write_text(text)

    def drop(self, name: str) -> None:
        (self.folder / "migrations" / name).unlink()

    def once(self, line: str, *extra: str) -> int:
        """Run a command line; its exit code."""
        name, *arguments = line.split()
        given = [name, *arguments, *extra, "-C", str(self.folder)]
        code = run(given)
        out, err = self._capsys.readouterr()
        self.said.append((" ".join(given), out + err))
        self.run_commands.add(name)
        return code

    def every(self, line: str) -> object:
        """Run what only reads, in every format; the exit codes."""
        codes = {self.once(line), self.once(line, "--json")}
        for option in command_of(line.split()[0]).params:
            if isinstance(option, click.Option) and "--format" in option.opts:
                choices = option.type.choices if isinstance(option.type, click.Choice) else [None]
                codes |= {self.once(line, "--format", *([choice] if choice else [])) for choice in choices}
        return codes


STORIES = [
    pytest.param(value, as_json, id=f"{value}-{as_json or 'text'}", marks=() if quick else pytest.mark.slow)
    for value in VALUES
    for as_json in ("", "--json")
    for quick in [(value, as_json) == ("awkward", "--json")]
]


@pytest.mark.parametrize(("value", "as_json"), STORIES, indirect=["value"])
def test_every_command(
    value: str, as_json: str, folder: Path, database: str, capsys: pytest.CaptureFixture[str], log: Records
) -> None:
    story = Story(folder, capsys)

    def go(line: str) -> int:
        return story.once(line, *([as_json] if as_json else []))

    read = go if as_json else story.every

    go("init")
    go("completion bash")
    go("schema")
    go("sandbox status")
    story.script("V1__good.sql", GOOD)
    story.script("U1__good.sql", f"DROP DATABASE {{{{ db }}}}; SELECT {SECRET};")
    for line in ("check", "render", "plan -e dev", "status -e dev", "status --all -e dev", "doctor -e dev"):
        read(line)
    plan = folder / "plan.json"
    assert go(f"plan -e dev -o {plan}") == 0
    assert go(f"migrate -e dev --plan {plan}") == 0
    read("verify")
    (folder / "checks").mkdir()
    (folder / "checks" / "a.sql").write_text(
        f"SELECT {SECRET}; SELECT TO_NUMBER('{SECRET}'); SELECT {SECRET} FROM NOWHERE"
    )
    read("test")
    read("test -e dev")
    # failures whose text has it
    story.script("V2__dropped.sql", DROPPED)
    assert go("migrate -e dev") == 2, "destructive"
    assert go("migrate -e dev --allow-destructive") == 0
    assert go("rollback -e dev --steps 1 --yes") in (0, 2)
    story.drop("V2__dropped.sql")
    story.script("V3__no_number.sql", NO_NUMBER)
    story.script("R__no_syntax.sql", NO_SYNTAX)
    read("verify")
    read("verify -e dev --all")
    assert go("migrate -e dev") == 3
    read("status -e dev")
    read("history -e dev")
    read("plan -e dev")
    go("plan -e dev --validate --verify")
    read("check -e dev")
    assert go("migrate -e dev") == 3, "again"
    assert go("repair V3__no_number.sql --done 2 -e dev") == 0
    assert go("migrate -e dev --keep-going") == 3
    story.drop("R__no_syntax.sql")
    # the way to the next environment
    assert go("promote dev prod --dry-run") == 0
    assert go("promote dev prod") == 3, "the number"
    assert go("repair V3__no_number.sql --rerun 1 -e prod") == 0
    assert go("rollback -e prod --to 0 --yes") in (0, 2)
    # an undo that fails
    story.script("V4__undo.sql", "SELECT 1;")
    story.script("U4__undo.sql", NO_NUMBER)
    assert go("migrate -e dev") == 0
    assert go("rollback -e dev --steps 1 --yes --dry-run") == 0
    assert go("rollback -e dev --steps 1 --yes") == 3
    # components
    (folder / "components" / "users.yml").write_text(COMPONENTS.format(name=database))
    read("diff -e dev")
    read("access --diff -e dev")
    assert go("new changes --from-diff -e dev") == 0
    assert go("apply --dry-run -e dev") == 0
    assert go("apply --yes -e dev") == 0
    (folder / "components" / "bad.yml").write_text(FAILING_COMPONENTS.format(name=database))
    read("diff -e dev")
    assert go("apply --yes -e dev") == 3
    read("access ACCOUNTADMIN -e dev")
    read("import --kind users -e dev -o -")
    assert go("import --kind warehouses -e dev --force") == 0
    assert go(f"import --snapshot {folder / 'snapshot.sql'} --database {database}_DEV -e dev") == 0
    # the rest
    placeholder = "<<snowmaker:secret:CANARY>>"
    (folder / "x.sql").write_text(f"SELECT TO_NUMBER('{placeholder}')")
    assert go(f"sql -e dev -f {folder / 'x.sql'}") == 3
    assert go("baseline 1 -e prod --yes") == 0
    assert go("unlock --yes -e dev") == 0
    assert go("cleanup --older-than 0s --yes -e dev") == 0
    read("history -e dev")
    read("doctor -e dev")
    assert go("rollback -e dev --to 0 --yes --dry-run") in (0, 2)
    missing = set(COMMANDS) - story.run_commands
    assert not missing, f"give {missing} a place in this story"
    with Project(folder, environment="dev") as project:
        rows = [str(project.query(f"SELECT * FROM {database}.{one}.HISTORY")) for one in ("DEV", "PROD")]
    assert MASK in rows[0]
    everything = [*story.said, ("DEV.HISTORY", rows[0]), ("PROD.HISTORY", rows[1]), *_files(folder.parent)]
    everything += [("log", text) for text in log.texts]
    found = [leak for secret in (value, STRONG) for where, text in everything for leak in leaks(secret, where, text)]
    assert not found, "\n\n".join(found[:10])
    assert any("running query" in text for text in log.texts), "the driver's log is part of it"


def test_the_files_of_the_sandbox(value: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What Snowflake would keep nowhere in clear, its stand-in on disk does not either."""
    text = f"CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = {SECRET};\nCREATE USER U PASSWORD = '{{{{ secret('STRONG') }}}}';"
    (folder / "migrations" / "V1__a.sql").write_text(f"CREATE DATABASE D; USE SCHEMA D.PUBLIC; {text}")
    assert run(["migrate", "-e", "sandbox", "-C", str(folder)]) == 0, capsys.readouterr().err
    files = list(_files(folder))
    assert any(".snowmaker" in name for name, _ in files)
    if value != SHORT:  # three letters are found in any file of bytes
        assert not [leak for secret in (value, STRONG) for name, text in files for leak in leaks(secret, name, text)]


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes().decode("utf-8", "replace")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it hangs on to, also what a traceback would not show."""
    seen: list[BaseException | None] = [None]
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in seen:
            seen.append(one)
            waiting += [one.__cause__, one.__context__]
            yield one


@pytest.mark.parametrize("text", [NO_NUMBER, NO_SYNTAX, f"SELECT 1 FROM NOWHERE WHERE X = {SECRET}"])
def test_errors_of_the_library(value: str, text: str, folder: Path, database: str) -> None:
    (folder / "migrations" / "V1__a.sql").write_text(text)
    works: list[Callable[[Project], object]] = [
        lambda project: project.migrate(),
        lambda project: project.execute(project.plan()),
        lambda project: project.query("SELECT TO_NUMBER('<<snowmaker:secret:CANARY>>')"),
    ]
    for work in works:
        with Project(folder, environment="dev") as project, pytest.raises(SnowmakerError) as caught:
            work(project)
        for error in _chain(caught.value):
            told = f"{error} {error!r} {error.args} {vars(error)}"
            told += "".join(traceback.format_exception(error))
            assert not leaks(value, "an error", told)
        project.close()


COMMENTED = """\
users:
  {name}:
    display_name: a
    comment: "{{{{ secret('CANARY') }}}}"
"""


def test_the_query_history_of_others(
    value: str, folder: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`diff --drift` shows a statement that Snowflake keeps in clear, cut off where it is long."""
    (folder / "components" / "users.yml").write_text(COMMENTED.format(name=database))
    at = ["-e", "dev", "-C", str(folder)]
    assert run(["apply", *at]) == 0
    with Project(folder, environment="dev") as project:
        more = "y" * (180 - len(value))
        project.query(f"ALTER USER {database} SET DISPLAY_NAME = 'b{more}' COMMENT = {quote_literal(value)}")
    capsys.readouterr()
    for form in ([], ["--json"]):
        assert run(["diff", "--drift", *form, *at]) == 1
        out, err = capsys.readouterr()
        assert "ALTER USER" in out
        assert not leaks(value, "drift", out + err)
        assert value[:10].strip() not in out


def test_a_run_that_died(
    folder: Path, account: sandbox.Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement whose answer is lost with the network, and what the next run finds of it in the query history."""
    monkeypatch.setenv("SNOWMAKER_SECRET_CANARY", PLAIN)
    monkeypatch.setattr(locks, "LEASE", 2.0)
    monkeypatch.setattr(locks, "BEAT", 0.2)
    monkeypatch.setattr(recovery, "SETTLE", 0.02)
    text = f"CREATE DATABASE {{{{ db }}}}; CREATE TABLE {{{{ db }}}}.PUBLIC.T AS SELECT {SECRET} AS A; SELECT 1;"
    (folder / "migrations" / "V1__a.sql").write_text(text)

    class Cut(Listener):
        def statement_started(self, step: Step, statement: Statement, number: int, of: int) -> None:
            if number == 2:
                account.fault(sandbox.Fault("drop", "after", text="", times=10_000))

    with Project(folder, environment="dev") as project, pytest.raises(SnowmakerError) as caught:
        project.migrate(listener=Cut())
    account.clear_faults()
    at = ["-e", "dev", "-C", str(folder)]
    assert [run([name, *at]) for name in ("plan", "migrate", "history")] == [0, 0, 0]
    out, err = capsys.readouterr()
    assert "resumed" in out
    with Project(folder, environment="dev") as project:
        told = f"{out} {err} {project.history()} {[repr(error) for error in _chain(caught.value)]}"
    assert not leaks(PLAIN, "a run that died", told)


@pytest.mark.parametrize("way", ["password", "token", "key"])
def test_what_opens_a_connection(
    way: str, folder: Path, account: sandbox.Account, capsys: pytest.CaptureFixture[str], log: Records
) -> None:
    """A login that fails tells nobody what it was tried with."""
    options = {key: value for key, value in account.connection().items() if key not in ("token", "authenticator")}
    options |= {
        "password": {"password": PLAIN},
        "token": {"token": PLAIN, "authenticator": "PROGRAMMATIC_ACCESS_TOKEN"},
        "key": {"private_key_raw": PLAIN * 4, "authenticator": "SNOWFLAKE_JWT", "private_key_passphrase": PLAIN},
    }[way]
    connection = ", ".join(f"{key} = {_toml(value)}" for key, value in options.items())
    with (folder / "snowmaker.toml").open("a") as settings:
        settings.write(f"\n[environments.locked]\nconnection = {{ {connection} }}\n")
    for arguments in (["status"], ["migrate", "--json"], ["doctor"]):
        assert run([*arguments, "-e", "locked", "-C", str(folder)]) in (2, 3)
    out, err = capsys.readouterr()
    said = [("said", out + err), *(("log", text) for text in log.texts)]
    assert not [leak for where, text in said for leak in leaks(PLAIN, where, text)]
    with Project(folder, environment="locked") as project, pytest.raises(SnowmakerError) as caught:
        project.status()
    told = [f"{error!r} {error.args} {vars(error)}" for error in _chain(caught.value)]
    assert not [text for text in told if PLAIN in text]


def test_a_provider_that_tells_too_much(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(name: str) -> str:
        raise RuntimeError(f"{PLAIN} is locked")

    project = Project(folder, environment="dev")
    monkeypatch.setattr(Vault, "_provider", property(lambda self: resolve))
    with pytest.raises(SnowmakerError, match="RuntimeError") as caught:
        project.query("SELECT '<<snowmaker:secret:CANARY>>'")
    assert not any(PLAIN in repr(one) for one in _chain(caught.value))


@pytest.mark.parametrize("text", ["a{}b", "'{}'", "unexpected ''{}''.", '{{"x": "{}"}}'])
def test_redaction(text: str) -> None:
    for value in VALUES.values():
        redact = Redaction()
        assert redact.add(value) == value
        for form in forms(value):
            assert form not in redact(text.format(form))


def test_the_longest_first() -> None:
    redact = Redaction()
    for value in ("key", "monkey", "a-monkey-b"):
        redact.add(value)
    assert redact("monkey a-monkey-b key kex") == f"{MASK} {MASK} {MASK} kex"
    assert redact.add("") == ""
    assert redact("a") == "a"


def test_the_log_of_others_is_left_alone(folder: Path, log: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """What snowmaker governs is the driver's log, while a session of it is open."""
    monkeypatch.setenv("SNOWMAKER_SECRET_CANARY", PLAIN)
    logger = logging.getLogger("snowflake.connector.cursor")
    with Project(folder, environment="dev") as project:
        project.query("SELECT '<<snowmaker:secret:CANARY>>'")
        try:
            raise ValueError(PLAIN)
        except ValueError:
            logger.exception("%s failed", PLAIN)
        logging.getLogger("mine").debug("%s is mine", PLAIN)
    assert any(f"{MASK} failed" in text and f"ValueError: {MASK}" in text for text in log.texts)
    assert f"{PLAIN} is mine" in log.texts
    assert not [one for one in logger.filters if type(one).__module__.startswith("snowmaker")]
