"""What a user installs has everything that a checkout has: templates, macros, the example project."""

from __future__ import annotations

import json
import site
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from snowmaker.shipped import shipped

ROOT = Path(__file__).parent.parent
EXAMPLE = ("snowmaker.toml", "migrations", "components", "checks", "data", "templates/macros")


def pip(*arguments: str | Path, python: Path | None = None) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    command += ["--python", str(python)] if python else []
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def environment(folder: Path) -> Path:
    """A new virtual environment that sees this one's packages, but not this one's snowmaker; its python."""
    venv.create(folder, symlinks=True)
    found = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    (Path(found) / "outer.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "bin" / "python"


def run(python: Path, *arguments: str, folder: Path) -> str:
    command = [python.parent / "snowmaker", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(root: Path) -> dict[str, bytes]:
    """Below a folder (or of one file): path and content of every file of the example."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for name in EXAMPLE
        for path in ([root / name] if (root / name).is_file() else (root / name).rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("snowmaker-*.whl")
    return built


@pytest.fixture(scope="module", params=["wheel", "editable"])
def installed(request, tmp_path_factory):
    python = environment(tmp_path_factory.mktemp(request.param))
    if request.param == "wheel":
        pip("install", "--no-deps", request.getfixturevalue("wheel"), python=python)
    else:
        pip("install", "--no-deps", "--editable", ROOT, python=python)
    return python


def test_shipped_from_a_checkout():
    assert shipped("templates") == ROOT / "templates"
    assert all(shipped(name) == ROOT / name for name in EXAMPLE)


def test_wheel_has_what_it_needs_and_no_more(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {
        "snowmaker/py.typed",
        "snowmaker/history.sql",
        "snowmaker/shipped/templates/new/table/up.sql.jinja",
        "snowmaker/shipped/templates/macros/physics.sql.jinja",
        "snowmaker/shipped/example/snowmaker.toml",
        "snowmaker/shipped/example/data/README.md",
    } <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    other = [name for name in names if not name.startswith(("snowmaker/", "snowmaker-"))]
    assert not other
    assert not [name for name in names if "__pycache__" in name or ".snowmaker/" in name]


def test_init_example_writes_the_checkouts_files(installed, tmp_path):
    run(installed, "init", "--example", "resort", folder=tmp_path)
    assert files(tmp_path / "resort") == files(ROOT)
    checked = run(installed, "check", "--json", "-e", "prod", folder=tmp_path / "resort")
    assert not [found for found in json.loads(checked).get("findings", []) if found["level"] == "error"]


def test_new_finds_its_templates(installed, tmp_path):
    run(installed, "init", folder=tmp_path)
    run(installed, "new", "add lifts", "--template", "table", "--set", "name=A.B.LIFTS", folder=tmp_path)
    (script,) = (tmp_path / "migrations").glob("V*__add_lifts.sql")
    assert "CREATE TABLE A.B.LIFTS (" in script.read_text()
