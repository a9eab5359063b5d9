"""Migration files on disk: names, directives, encodings, pairs."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowmaker import config, loader
from snowmaker.errors import ConfigError, SourceError
from snowmaker.model import Source
from snowmaker.versions import version_key


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    (folder / "snowmaker.toml").write_text("")
    (folder / "migrations").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def load(folder: Path, files: dict[str, str | bytes] | None = None) -> tuple[Source, ...]:
    if files is not None:
        write(folder, files)
    return loader.load(folder, config.load(folder))


def refused(folder: Path, *names: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        load(folder, dict.fromkeys(names, "SELECT 1;"))
    assert caught.value.file
    assert caught.value.hint
    return caught.value


# names; what schemachange 4.4.0 makes of each was measured with it

SCHEMACHANGE = [
    ("V1.2.3__add_orders.sql", "versioned", "1.2.3", "V1.2.3__add_orders.sql", "Add orders"),
    ("v1__lower.SQL", "versioned", "1", "v1__lower.SQL", "Lower"),
    (
        "V20261123T101500__add_orders.sql",
        "versioned",
        "20261123T101500",
        "V20261123T101500__add_orders.sql",
        "Add orders",
    ),
    ("R__orders_view.sql", "repeatable", "", "R__orders_view.sql", "Orders view"),
    ("a__Refresh_Daily.sql.jinja", "always", "", "a__Refresh_Daily.sql", "Refresh daily"),
    ("V1_2__x.sql", "versioned", "1_2", "V1_2__x.sql", "X"),
    ("V1___x.sql", "versioned", "1", "V1___x.sql", " x"),
    ("V1__a.b.sql", "versioned", "1", "V1__a.b.sql", "A"),
    ("V1__x.sql.JINJA", "versioned", "1", "V1__x.sql", "X"),
    ("V-1.0-beta_2__x.sql", "versioned", "-1.0-beta_2", "V-1.0-beta_2__x.sql", "X"),
    ("V01__x.sql", "versioned", "01", "V01__x.sql", "X"),
    ("R___x.sql", "repeatable", "", "R___x.sql", " x"),
    ("V1__x__y.sql", "versioned", "1", "V1__x__y.sql", "X  y"),
    ("V1 2__x y.sql", "versioned", "1 2", "V1 2__x y.sql", "X y"),
    (" V1__lead.sql", "versioned", "1", " V1__lead.sql", "Lead"),
    ("V1__UPPER_Case.sql", "versioned", "1", "V1__UPPER_Case.sql", "Upper case"),
    ("Vé__x.sql", "versioned", "é", "Vé__x.sql", "X"),
]
IGNORED = [
    "Views.sql",
    "README_x.sql",
    "Archive_x.sql",
    "V1__x.sqlx",
    "V1__x.txt",
    "x__y.sql",
    "users_all.sql",
    "a.sql",
]


@pytest.mark.parametrize(("name", "kind", "version", "script", "description"), SCHEMACHANGE)
def test_names_as_schemachange_reads_them(
    tmp_path: Path, name: str, kind: str, version: str, script: str, description: str
) -> None:
    (source,) = load(tmp_path, {f"sub/{name}": "SELECT 1;"})
    assert (source.kind, source.version, source.script, source.description) == (kind, version, script, description)
    assert source.path == f"migrations/sub/{name}"


@pytest.mark.parametrize("name", [*IGNORED, "Utilities__common.sql", ".hidden/V1__x.sql"])
def test_other_files_are_left_alone(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, {name: b"\xff"} if name in IGNORED else {name: "x"}) == ()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("V1_x.sql", "two underscores are required between 'V1'"),
        ("V1_2_x.sql", "two underscores are required between 'V1_2'"),
        ("R_x.sql", "two underscores"),
        ("A_x.sql", "two underscores"),
        ("views_old.sql", "two underscores"),
        ("U1_x.sql", "two underscores are required between 'U1'"),
        ("U_my_x.sql", "two underscores"),
        ("V__x.sql", "needs a version"),
        ("V1.sql", "needs a description"),
        ("V1__.sql", "two underscores"),
        ("R__.sql", "two underscores"),
        ("V1__x.sql.j2", "ends in .sql.jinja"),
        ("V1__x.cli.yml", "not run"),
        ("r__x.CLI.yml.jinja", "not run"),
    ],
)
def test_near_misses_are_errors(tmp_path: Path, name: str, says: str) -> None:
    error = refused(tmp_path, name)
    assert says in error.message
    assert error.file == f"migrations/{name}"


def test_duplicates_name_both_files(tmp_path: Path) -> None:
    error = refused(tmp_path, "V1__a.sql", "sub/V01__b.sql")
    assert error.code == "duplicate_version"
    assert "migrations/V1__a.sql" in error.message
    assert "migrations/sub/V01__b.sql" in error.message


@pytest.mark.parametrize("names", [("R__x.sql", "sub/r__X.sql"), ("R__x.sql", "R__x.sql.jinja")])
def test_script_names_are_unique(tmp_path: Path, names: tuple[str, str]) -> None:
    error = refused(tmp_path, *names)
    assert error.code == "duplicate_name"
    assert all(name in error.message for name in names)


def test_rollbacks_find_their_scripts(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ("V1.2__a.sql", "u1.02__whatever.sql", "V2__b.sql", "R__View.sql", "undo/U__view.sql.jinja", "A__x.sql"),
        "SELECT 1;",
    )
    undone = {source.script: source.undo.path if source.undo else None for source in load(tmp_path, {**files})}
    assert undone == {
        "V1.2__a.sql": "migrations/u1.02__whatever.sql",
        "V2__b.sql": None,
        "R__View.sql": "migrations/undo/U__view.sql.jinja",
        "A__x.sql": None,
    }


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("U1__x.sql",), "orphan_rollback"),
        (("A__x.sql", "U__x.sql"), "orphan_rollback"),
        (("R__x.sql", "U__x_.sql"), "orphan_rollback"),
        (("V1__x.sql", "U1__a.sql", "U01__b.sql"), "duplicate_rollback"),
    ],
)
def test_bad_rollbacks(tmp_path: Path, names: tuple[str, ...], code: str) -> None:
    assert refused(tmp_path, *names).code == code


def test_running_order(tmp_path: Path) -> None:
    names = [
        *("V1__x.sql", "V1.1__x.sql", "V1.1.1__x.sql", "V1.9__x.sql", "V1.10__x.sql", "V2A__x.sql", "V2b__x.sql"),
        *("R__2.sql", "R__10.sql", "R__B.sql", "R__c.sql", "A__a.sql"),
    ]
    found = load(tmp_path, dict.fromkeys(reversed(names), "SELECT 1;"))
    assert [source.script for source in found] == names


# files


def test_encodings_and_line_ends(tmp_path: Path) -> None:
    plain = "-- snowmaker: irreversible\nSELECT 'é';\n"
    found = load(
        tmp_path,
        {
            "V1__a.sql": plain,
            "V2__b.sql": b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode(),
            "V3__c.sql": plain.replace("\n", "\r"),
            "V4__d.sql": b"",
        },
    )
    assert {source.text for source in found[:3]} == {plain}
    assert {source.source_checksum for source in found[:3]} == {hashlib.sha256(plain.encode()).hexdigest()}
    assert all(source.directives.irreversible for source in found[:3])
    assert found[3].text == ""


@pytest.mark.parametrize(
    ("raw", "line", "says"),
    [
        (b"SELECT 1;\nSELECT '\xe9';", 2, "byte 0xe9 at offset 18"),
        ("SELECT 1;".encode("utf-16"), 1, "byte 0xff at offset 0"),
        ("SELECT 1;".encode("utf-16-le"), 1, "NUL"),
    ],
)
def test_not_utf8(tmp_path: Path, raw: bytes, line: int, says: str) -> None:
    with pytest.raises(SourceError) as caught:
        load(tmp_path, {"V1__x.sql": raw})
    error = caught.value
    assert (error.code, error.file, error.line) == ("not_utf8", "migrations/V1__x.sql", line)
    assert says in error.message


def test_links_and_special_files(tmp_path: Path) -> None:
    write(tmp_path, {"V1__x.sql": "SELECT 1;"})
    root = tmp_path / "migrations"
    (root / "loop").symlink_to(root)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "R__s.sql").write_text("SELECT 1;")
    (root / "shared").symlink_to(tmp_path / "shared")
    (root / "again").symlink_to(tmp_path / "shared")
    assert [source.script for source in load(tmp_path)] == ["V1__x.sql", "R__s.sql"]
    (root / "V2__gone.sql").symlink_to(tmp_path / "gone")
    with pytest.raises(SourceError, match="link to nowhere"):
        load(tmp_path)
    (root / "V2__gone.sql").unlink()
    os.mkfifo(root / "V2__pipe.sql")
    with pytest.raises(SourceError, match="not a regular file"):
        load(tmp_path)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    write(tmp_path, {})
    path = os.fsencode(tmp_path / "migrations") + b"/V1__\xff.sql"
    try:
        Path(os.fsdecode(path)).write_text("SELECT 1;")
    except OSError:
        pytest.skip("this file system refuses such names")
    with pytest.raises(SourceError, match="name is not UTF-8") as caught:
        load(tmp_path)
    str(caught.value).encode()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    write(tmp_path, {"V1__x.sql": "SELECT 1;"})
    (tmp_path / "migrations" / "V1__x.sql").chmod(0)
    with pytest.raises(SourceError, match="cannot be read"):
        load(tmp_path)


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "snowmaker.toml").write_text("")
    assert load(tmp_path) == ()
    (tmp_path / "snowmaker.toml").write_text('[project]\nmigrations = "migratoins"\n')
    with pytest.raises(ConfigError, match="no folder"):
        load(tmp_path)


def test_ten_thousand_files_and_one_of_50_megabytes(tmp_path: Path) -> None:
    write(tmp_path, {f"d{n % 20}/V{n}__x.sql": "CREATE TABLE T (A INT);\n" for n in range(10_000)})
    (tmp_path / "migrations" / "V20000__big.sql").write_bytes(b"INSERT INTO T VALUES (1);\n" * 2_000_000)
    started = time.monotonic()
    found = load(tmp_path)
    assert len(found) == 10_001
    assert found[-1].version == "20000"
    assert time.monotonic() - started < 10  # about 1 s; a loaded machine gets time


# directives


def test_a_rollback_takes_no_directives_of_its_migration(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="role=, transaction= and allow= only"):
        load(tmp_path, {"V1__x.sql": "SELECT 1", "U1__x.sql": "-- snowmaker: only=dev\nSELECT 1"})


def test_all_that_is_wrong_at_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "V1__a.sql": "-- snowmaker: rol=X\nSELECT 1",
        "U1__a.sql": b"\xff",
        "V01__b.sql": "SELECT 1",
        "V2_c.sql": "SELECT 1",
        "U3__d.sql": "-- snowmaker: only=dev\nSELECT 1",
    }
    write(tmp_path, files)
    sources, faults = loader.examine(tmp_path, config.load(tmp_path))
    codes = [(fault.code, fault.file.rpartition("/")[2]) for fault in faults]
    assert sorted(codes) == [
        ("bad_directive", "U3__d.sql"),
        ("bad_name", "V2_c.sql"),
        ("duplicate_version", "V1__a.sql"),
        ("not_utf8", "U1__a.sql"),
        ("orphan_rollback", "U3__d.sql"),
        ("unknown_directive", "V1__a.sql"),
    ]
    assert {(source.script, source.undo is not None) for source in sources} == {
        ("V01__b.sql", True),
        ("V1__a.sql", True),
    }
    with pytest.raises(SourceError) as caught:
        loader.load(tmp_path, config.load(tmp_path))
    assert (caught.value.code, caught.value.file) == (faults[0].code, faults[0].file)


# versions

versions = st.text(st.sampled_from("0123456789.aB_-é٣²"), max_size=12)


def test_versions() -> None:
    assert version_key("1.9") < version_key("1.10")
    assert version_key("01") == version_key("1")
    assert version_key("1") < version_key("1.0")
    assert version_key("A") == version_key("a")
    assert version_key("") < version_key("0")
    assert version_key("9" * 6000) < version_key("1" + "0" * 6000)


@given(versions, versions, versions)
def test_versions_are_totally_ordered(one: str, two: str, three: str) -> None:
    a, b, c = version_key(one), version_key(two), version_key(three)
    assert (a < b) + (a == b) + (a > b) == 1
    if a <= b <= c:
        assert a <= c


@given(
    st.lists(st.integers(min_value=0), min_size=1, max_size=4),
    st.lists(st.integers(min_value=0), min_size=1, max_size=4),
)
def test_versions_of_numbers_compare_as_numbers(one: list[int], two: list[int]) -> None:
    a, b = (version_key(".".join(map(str, numbers))) for numbers in (one, two))
    assert (a < b) == (one < two)
