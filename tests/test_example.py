"""The example project: real data through the sandbox, against the same sums in plain Python."""

from __future__ import annotations

import csv
import gzip
import math
import shutil
from collections import Counter
from pathlib import Path

import pytest

import snowmaker

ROOT = Path(__file__).parent.parent
PARTS = ("snowmaker.toml", "migrations", "components", "checks", "templates", "data")
HOURS = "SELECT ORIGIN, MONTH, HOURS FROM SNOWMAKING.MARTS.SNOWMAKING_HOURS"


def stull(temperature: float, humidity: float) -> float:
    """Wet-bulb temperature in °C; Stull (2011), equation 1."""
    return (
        temperature * math.atan(0.151977 * (humidity + 8.313659) ** 0.5)
        + math.atan(temperature + humidity)
        - math.atan(humidity - 1.676331)
        + 0.00391838 * humidity**1.5 * math.atan(0.023101 * humidity)
        - 4.686035
    )


def expected_hours() -> dict[tuple[str, int], int]:
    hours: Counter[tuple[str, int]] = Counter()
    with gzip.open(ROOT / "data" / "weather.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if "NA" not in (row["temp"], row["humid"]):
                celsius = (float(row["temp"]) - 32) * 5 / 9
                hours[row["origin"], int(row["month"])] += stull(celsius, float(row["humid"])) <= -2
    return {key: count for key, count in hours.items() if count}


def copied(folder: Path) -> Path:
    for name in PARTS:
        place = ROOT / name
        shutil.copytree(place, folder / name) if place.is_dir() else shutil.copy(place, folder / name)
    return folder


def hours_of(project: snowmaker.Project) -> dict[tuple[str, int], int]:
    rows = [{key.lower(): value for key, value in row.items()} for row in project.query(HOURS)]
    return {(row["origin"], int(row["month"])): int(row["hours"]) for row in rows}


def number(project: snowmaker.Project, query: str) -> float:
    return float(next(iter(project.query(query)[0].values())))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with snowmaker.Project(copied(tmp_path_factory.mktemp("example")), environment="sandbox") as opened:
        opened.migrate()
        yield opened


def test_every_hour_is_loaded(project):
    assert number(project, "SELECT COUNT(*) FROM SNOWMAKING.RAW.WEATHER") == 26_115
    missing = "SELECT COUNT(*) FROM SNOWMAKING.RAW.WEATHER WHERE TEMP IS NULL OR HUMID IS NULL"
    assert number(project, missing) == 1
    assert number(project, "SELECT COUNT(*) FROM SNOWMAKING.RAW.WEATHER WHERE SOURCE = 'ASOS'") == 26_115


def test_hours_by_airport_and_month(project):
    found = hours_of(project)
    assert found == expected_hours()
    assert sum(found.values()) == 3_568
    assert found["JFK", 1] == 289


def test_the_papers_example(project):
    """Stull (2011): 20 °C and 50 % give 13.7 °C; the macro takes expressions, not only names."""
    macro = project.folder / "migrations" / "A__formula.sql"
    macro.write_text(
        "{% from 'physics.sql.jinja' import celsius, wet_bulb %}"
        "SELECT {{ wet_bulb(celsius('60 + 8'), '25 + 25') }} AS WET_BULB;"
    )
    try:
        with snowmaker.Project(project.folder, environment="sandbox") as other:
            (script,) = other.render(["A__formula"])
    finally:
        macro.unlink()
    assert number(project, script.statements[0].text) == pytest.approx(13.7, abs=0.05)
    assert stull(20, 50) == pytest.approx(13.7, abs=0.05)


def test_views_run_after_what_they_read(project):
    order = [row.script for row in project.history() if row.script_type == "R"]
    assert order == ["R__weather_metric.sql", "R__weather_wet_bulb.sql", "R__snowmaking_hours.sql"]


def test_again_there_is_nothing_to_do(project):
    with snowmaker.Project(project.folder, environment="sandbox") as again:
        assert again.plan().steps == ()
        assert {status.state for status in again.status()} == {"applied"}


def test_down_and_up_again(tmp_path):
    with snowmaker.Project(copied(tmp_path), environment="sandbox") as project:
        project.migrate()
        project.rollback(to="0")
        left = {row["name"] for row in project.query("SHOW DATABASES")}
        assert "SNOWMAKING" not in left
        project.migrate()
        assert hours_of(project) == expected_hours()


def test_every_script_has_its_rollback(project):
    assert all(source.undo is not None for source in project.sources)
    assert not [finding for finding in project.check() if finding.level != "ok"]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_other_environments_have_names_of_their_own(name):
    """Offline: nothing of dev or prod says a database without its prefix."""
    with snowmaker.Project(ROOT, environment=name) as project:
        scripts = project.render()
        assert scripts
        for script in scripts:
            undo = script.undo.text if script.undo else ""
            assert f"{name.upper()}_SNOWMAKING" in script.text
            assert " SNOWMAKING." not in script.text + undo
        assert project.check() == ()


def test_its_checks_pass(tmp_path: Path) -> None:
    with snowmaker.Project(copied(tmp_path)) as fresh:
        found = fresh.test()
        assert not [one for one in fresh.check() if one.level == "error"]
    assert len(found.checks) == 16
    assert not found.failed
