"""What `new` and `init` write, and what they refuse; nothing is ever overwritten or half written."""

from __future__ import annotations

import subprocess
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from snowmaker import authoring, config
from snowmaker.errors import ConfigError, SourceError, UsageError
from snowmaker.shipped import shipped

NOW = datetime(2026, 11, 23, 10, 15, 0, tzinfo=UTC)
SETTINGS = """
[vars]
database = "SNOWMAKING"
[environments.dev]
connection = "dev"
vars = { prefix = "DEV_" }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "snowmaker.toml").write_text(SETTINGS)
    return tmp_path


def new(folder: Path, description: str = "Add lifts", **arguments) -> tuple[Path, ...]:
    return authoring.new(folder, config.load(folder), description, **{"now": NOW, **arguments})


def texts(folder: Path, template: str, name: str, **values: str) -> tuple[str, ...]:
    written = new(folder, template=template, values={"name": name, **values})
    return tuple(path.read_text() for path in written)


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


# names


def test_versioned_pair(folder):
    written = new(folder)
    assert [path.relative_to(folder).as_posix() for path in written] == [
        "migrations/V20261123T101500__add_lifts.sql",
        "migrations/U20261123T101500__add_lifts.sql",
    ]
    assert written[0].read_text().startswith("-- Add lifts.\n")
    assert "Takes back: Add lifts." in written[1].read_text()


def test_time_is_utc(folder):
    east = NOW.astimezone(timezone(timedelta(hours=9)))
    assert new(folder, now=east)[0].name == "V20261123T101500__add_lifts.sql"


def test_two_in_one_second_get_two_versions(folder):
    new(folder)
    assert new(folder, "Add runs")[0].name == "V20261123T101501__add_runs.sql"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ({"repeatable": True}, ["R__add_lifts.sql", "U__add_lifts.sql"]),
        ({"always": True}, ["A__add_lifts.sql"]),
        ({"version": "1.4"}, ["V1.4__add_lifts.sql", "U1.4__add_lifts.sql"]),
        ({"version": "v2"}, ["V2__add_lifts.sql", "U2__add_lifts.sql"]),
    ],
)
def test_kinds(folder, kind, names):
    assert [path.name for path in new(folder, **kind)] == names


@pytest.mark.parametrize(
    ("description", "slug"),
    [
        ("Add lifts", "add_lifts"),
        ("  add -- lifts!  ", "add_lifts"),
        ("../../etc/passwd", "etc_passwd"),
        ("a\\b/c:d", "a_b_c_d"),
        ("add__lifts", "add_lifts"),
        ("Überschüsse größer", "uberschusse_grosser"),
        ("café", "cafe"),
        ("雪を作る", "雪を作る"),
        ("がく", "がく"),
        ("한국", "한국"),
        ("हिन्दी", "हिन्दी"),
        ("line\nbreak", "line_break"),
        ("V1__x.sql", "v1_x_sql"),
    ],
)
def test_slug(description, slug):
    assert authoring.slug(description) == slug


@pytest.mark.parametrize("description", ["", "   ", "///", "…", "x" * 201, "雪" * 70])
def test_slug_refused(folder, description):
    before = everything(folder)
    with pytest.raises(UsageError) as error:
        new(folder, description)
    assert error.value.code == "bad_description"
    assert error.value.hint
    assert everything(folder) == before


@pytest.mark.parametrize("version", ["", "1__2", "1/2", "..", "1.", "x y", "-1"])
def test_bad_version(folder, version):
    with pytest.raises(UsageError) as error:
        new(folder, version=version)
    assert error.value.code == "bad_version"


@pytest.mark.parametrize("version", ["1.2", "01.2"])
def test_taken_version(folder, version):
    first = new(folder, version="1.2")[0]
    with pytest.raises(SourceError) as error:
        new(folder, "Other", version=version)
    assert error.value.code == "duplicate_version"
    assert error.value.file in {str(path) for path in first.parent.iterdir()}


def test_taken_name_in_another_folder(folder):
    other = folder / "migrations" / "views" / "r__ADD_lifts.sql.jinja"
    other.parent.mkdir(parents=True)
    other.write_text("SELECT 1;")
    with pytest.raises(SourceError) as error:
        new(folder, repeatable=True)
    assert error.value.code == "file_exists"
    assert error.value.file == str(other)
    assert not list(folder.rglob("U__*"))


def test_taken_rollback_leaves_nothing(folder):
    (folder / "migrations").mkdir()
    (folder / "migrations" / "U__add_lifts.sql").write_text("mine")
    with pytest.raises(SourceError):
        new(folder, repeatable=True)
    assert not list(folder.rglob("R__*"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"always": True, "repeatable": True},
        {"repeatable": True, "version": "1"},
        {"always": True, "version": "1"},
    ],
)
def test_only_one_kind(folder, arguments):
    with pytest.raises(UsageError):
        new(folder, **arguments)


# texts


@pytest.mark.parametrize(
    "description", ["use {{ prefix }} and {% raw %}", "snowmaker: role=ACCOUNTADMIN", "a\nDROP DATABASE X;"]
)
def test_description_stays_a_comment(folder, description):
    from snowmaker.project import Project

    new(folder, description)
    with Project(folder, environment="dev") as project:
        (script,) = project.render()
    assert script.statements == ()
    assert script.directives.role == ""


def test_table(folder):
    up, down = texts(folder, "table", "RAW.LIFTS", columns="ID NUMBER(38, 0) NOT NULL, NAME VARCHAR DEFAULT ','")
    assert up == (
        "-- Add lifts.\n"
        "CREATE TABLE {{ prefix }}SNOWMAKING.RAW.LIFTS (\n"
        "  ID NUMBER(38, 0) NOT NULL,\n"
        "  NAME VARCHAR DEFAULT ','\n"
        ")\n"
        "  COMMENT = 'Add lifts';\n"
    )
    assert down.endswith("DROP TABLE IF EXISTS {{ prefix }}SNOWMAKING.RAW.LIFTS;\n")


def test_repeatable_view(folder):
    values = {"name": "MARTS.OPEN_LIFTS", "query": "SELECT 1 AS ONE", "comment": "what's open"}
    up, down = (path.read_text() for path in new(folder, template="view", values=values, repeatable=True))
    assert up == (
        "-- Add lifts.\n"
        "CREATE OR REPLACE VIEW {{ prefix }}SNOWMAKING.MARTS.OPEN_LIFTS\n"
        "  COPY GRANTS\n"
        "  COMMENT = 'what''s open'\n"
        "AS\n"
        "SELECT 1 AS ONE;\n"
    )
    assert down == "DROP VIEW IF EXISTS {{ prefix }}SNOWMAKING.MARTS.OPEN_LIFTS;\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RAW.LIFTS", "{{ prefix }}SNOWMAKING.RAW.LIFTS"),
        ("OTHER.RAW.LIFTS", "{{ prefix }}OTHER.RAW.LIFTS"),
        ("LIFTS", "LIFTS"),
        ("{{ prefix }}X.RAW.LIFTS", "{{ prefix }}X.RAW.LIFTS"),
        ('RAW."My ""lifts"""', '{{ prefix }}SNOWMAKING.RAW."My ""lifts"""'),
        ('"Other".RAW.LIFTS', '"Other".RAW.LIFTS'),
    ],
)
def test_qualified_names(folder, name, said):
    up, down = texts(folder, "table", name)
    assert f"CREATE TABLE {said} (" in up
    assert f"DROP TABLE IF EXISTS {said};" in down


def test_name_without_variables_stays(tmp_path):
    (tmp_path / "snowmaker.toml").write_text("")
    up, _ = texts(tmp_path, "table", "RAW.LIFTS")
    assert "CREATE TABLE RAW.LIFTS (" in up


@pytest.mark.parametrize(
    "name", ["", "A.B.C.D", "RAW.", "RAW..LIFTS", "1LIFT", "LIFTS; DROP TABLE X", 'RAW."LIFTS', "a b"]
)
def test_bad_name(folder, name):
    before = everything(folder)
    with pytest.raises(UsageError) as error:
        texts(folder, "table", name)
    assert error.value.code == "bad_name"
    assert everything(folder) == before


@pytest.mark.parametrize(("template", "name"), [("schema", "LIFTS"), ("database", "RESORT")])
def test_containers(folder, template, name):
    up, down = texts(folder, template, name)
    full = "{{ prefix }}SNOWMAKING.LIFTS" if template == "schema" else "{{ prefix }}RESORT"
    assert f"CREATE {template.upper()} {full}\n" in up
    assert f"DROP {template.upper()} IF EXISTS {full};" in down


@pytest.mark.parametrize("template", ["empty", "table", "view", "schema", "database"])
@pytest.mark.parametrize("kind", [{}, {"repeatable": True}, {"always": True}])
def test_every_template_renders_and_splits(folder, template, kind):
    from snowmaker.project import Project

    new(folder, template=template, values={} if template == "empty" else {"name": "LIFTS"}, **kind)
    with Project(folder, environment="dev") as project:
        (script,) = project.render()
    assert len(script.statements) == (0 if template == "empty" else 1)
    assert (script.undo is None) == bool(kind.get("always"))


def test_every_shipped_template_has_both_files(folder):
    known = authoring.templates(folder, config.load(folder))
    assert {"empty", "table", "view", "schema", "database"} <= set(known)
    assert all((place / "up.sql.jinja").is_file() and (place / "down.sql.jinja").is_file() for place in known.values())


# templates


def own(folder: Path, name: str, up: str, down: str | None = "SELECT 1;") -> None:
    place = folder / "templates" / "new" / name
    place.mkdir(parents=True)
    (place / "up.sql.jinja").write_text(up)
    if down is not None:
        (place / "down.sql.jinja").write_text(down)


def test_own_template_wins(folder):
    own(folder, "table", "-- ours: [[ name ]] [[ description ]] [[ version ]]")
    assert texts(folder, "table", "X")[0] == "-- ours: X Add lifts 20261123T101500\n"


def test_own_template_is_found(folder):
    own(folder, "lift", "INSERT INTO L VALUES ('[[ name ]]', {{ season }});")
    assert texts(folder, "lift", "North")[0] == "INSERT INTO L VALUES ('North', {{ season }});\n"


def test_unknown_template(folder):
    with pytest.raises(UsageError) as error:
        texts(folder, "tabel", "X")
    assert error.value.code == "unknown_template"
    assert "did you mean table?" in error.value.hint
    assert "database, empty, schema, table, view" in error.value.hint


def test_missing_values_are_all_named(folder):
    own(folder, "lift", "[[ name ]] [[ seats ]]", "[[ operator ]] [[ colour | default('red') ]]")
    with pytest.raises(UsageError) as error:
        new(folder, template="lift", values={"seats": "4"})
    assert error.value.code == "missing_value"
    assert error.value.message == "template 'lift' needs name, operator"
    assert "--set name=… --set operator=…" in error.value.hint


def test_unknown_value(folder):
    with pytest.raises(UsageError) as error:
        texts(folder, "table", "X", colums="A NUMBER")
    assert error.value.code == "unknown_value"
    assert error.value.hint == "did you mean columns?"


@pytest.mark.parametrize(
    ("up", "down", "code"),
    [
        ("[% if %]", "x", "bad_template"),
        ("[[ description.nothing.more ]]", "x", "bad_template"),
        ("[[ ''.__class__.__mro__ ]]", "x", "bad_template"),
        ("[[ 1 + description ]]", "x", "bad_template"),
        ("[% for n in range(10 ** 9) %][% endfor %]", "x", "bad_template"),
        ("x", None, "incomplete_template"),
    ],
)
def test_broken_template(folder, up, down, code):
    own(folder, "broken", up, down)
    with pytest.raises(SourceError) as error:
        new(folder, template="broken")
    assert error.value.code == code
    assert "broken" in error.value.file
    assert not (folder / "migrations").exists()


def test_template_that_is_not_utf8(folder):
    own(folder, "latin", "x")
    (folder / "templates/new/latin/up.sql.jinja").write_bytes(b"-- caf\xe9")
    with pytest.raises(SourceError) as error:
        new(folder, template="latin")
    assert error.value.code == "not_utf8"


# init


def test_init(tmp_path):
    folder = tmp_path / "deep" / 'my "resort"'
    written = authoring.init(folder)
    assert {path.relative_to(folder).as_posix() for path in written} == {
        "snowmaker.toml",
        "components/account.yml",
        "components/components.schema.json",
        "migrations/.gitkeep",
        "templates/new/.gitkeep",
        "templates/macros/.gitkeep",
        ".gitignore",
    }
    head, *_ = (folder / "components" / "account.yml").read_text().splitlines()
    assert (folder / "components" / head.rpartition("=")[2]).exists(), "the schema that editors are told of"
    assert tomllib.loads((folder / "snowmaker.toml").read_text())["project"]["name"] == 'my "resort"'
    assert (folder / ".gitignore").read_text() == ".snowmaker/\n"
    assert config.load(folder).name == 'my "resort"'
    assert new(folder)[0].exists()


@pytest.mark.parametrize("example", [False, True])
def test_init_refuses_a_project(folder, example):
    before = everything(folder)
    with pytest.raises(ConfigError) as error:
        authoring.init(folder, example=example)
    assert error.value.code == "project_exists"
    assert everything(folder) == before


def test_init_refuses_a_file_in_the_way(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "weather.csv.gz").write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(ConfigError) as error:
        authoring.init(tmp_path, example=True)
    assert "data/weather.csv.gz" in error.value.message
    assert everything(tmp_path) == before


def test_init_refuses_a_file_as_folder(tmp_path):
    place = tmp_path / "file"
    place.write_text("mine")
    with pytest.raises(ConfigError):
        authoring.init(place)
    assert place.read_text() == "mine"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("*.log", "*.log\n.snowmaker/\n"),
        ("*.log\n", "*.log\n.snowmaker/\n"),
        (".snowmaker/\n", ".snowmaker/\n"),
    ],
)
def test_init_adds_to_gitignore(tmp_path, before, after):
    (tmp_path / ".gitignore").write_text(before)
    authoring.init(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == after


def test_init_beside_existing_migrations(tmp_path):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "V1__old.sql").write_text("SELECT 1;")
    written = authoring.init(tmp_path)
    assert tmp_path / "migrations" / ".gitkeep" not in written
    assert (tmp_path / "migrations" / "V1__old.sql").read_text() == "SELECT 1;"


def test_init_that_fails_leaves_nothing(tmp_path, monkeypatch):
    files = {"a/one": b"1", "a/b/two": b"2", "a/one/three": b"3"}  # the last cannot be: a/one is a file
    monkeypatch.setattr(authoring, "_skeleton", lambda folder: files)
    with pytest.raises(OSError, match=r"three|one"):
        authoring.init(tmp_path / "new")
    assert everything(tmp_path) == set()


def test_init_example_is_the_example(tmp_path):
    folder = tmp_path / "snowmaking"
    authoring.init(folder, example=True)
    for name in ("snowmaker.toml", "migrations", "data"):
        assert not differences(shipped(name), folder / name)
    assert not differences(shipped("templates") / "macros", folder / "templates" / "macros")


def differences(first: Path, second: Path) -> str:
    return subprocess.run(["diff", "-r", first, second], capture_output=True, text=True, check=False).stdout
