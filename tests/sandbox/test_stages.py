"""Stages, PUT, GET, COPY INTO."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

WEATHER = Path(__file__).parents[2] / "data" / "weather.csv.gz"


def _put(client, path, target, options=""):
    return client(f"put 'file://{path}' {target} {options}")


def test_weather_is_loaded_once(client):
    client("create file format f type = csv skip_header = 1 null_if = ('NA') comment = 'c'")
    client("create stage s file_format = (format_name = f)")
    assert _put(client, WEATHER, "@s")[0][6] == "UPLOADED"
    assert client("list @s")[0][:2] == ("s/weather.csv.gz", WEATHER.stat().st_size)
    client(
        "create table w (origin varchar, year int, month int, day int, hour int, temp float, dewp float, "
        "humid float, wind_dir int, wind_speed float, wind_gust float, precip float, pressure float, visib float, "
        "time_hour timestamp_ntz)"
    )
    assert client("copy into w from @s")[0][:4] == ("s/weather.csv.gz", "LOADED", 26115, 26115)
    assert client("copy into w from @s") == [("Copy executed with 0 files processed.",)]
    assert client("select count(*), count(temp), min(time_hour)::varchar from w")[0][:2] == (26115, 26114)
    assert client("copy into w from @s force = true")[0][1] == "LOADED"
    client("truncate table w")
    assert client("copy into w from @s")[0][3] == 26115
    created = client("select wind_gust from w limit 1")
    assert created == [(None,)]


def test_csv_options(client, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('"a|b"| x |""\n\n\\N|"say ""hi"""|\nlast|"two\nlines"|3')
    client(
        "create file format f type = csv field_delimiter = '|' field_optionally_enclosed_by = '\"' "
        "skip_blank_lines = true trim_space = true"
    )
    client("create stage s")
    _put(client, file, "@s/in")
    client("create table t (a varchar, b varchar, c varchar)")
    client("copy into t from @s/in file_format = (format_name = 'f')")
    assert client("select * from t") == [
        ("a|b", "x", ""),
        (None, 'say "hi"', None),
        ("last", "two\nlines", "3"),
    ]


def test_bad_rows(client, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("1,a\nx,b\n3,ccc\n4\n")
    client("create stage s")
    _put(client, file, "@s", "auto_compress = false")
    client("create table t (a int, b varchar(2))")
    code, sqlstate, text = client.error("copy into t from @s")
    assert (code, sqlstate) == (100038, "22018")
    assert "Numeric value 'x' is not recognized" in text
    assert "line 2" in text
    row = client("copy into t from @s on_error = continue")[0]
    assert row[1:4] == ("PARTIALLY_LOADED", 4, 1)
    assert row[5] == 3
    assert client("select * from t") == [(1, "a")]
    client("truncate table t")
    assert client("copy into t from @s on_error = skip_file")[0][1:4] == ("LOAD_FAILED", 4, 0)
    assert client("copy into t from @s on_error = 'SKIP_FILE_4'")[0][1:4] == ("PARTIALLY_LOADED", 4, 1)


def test_transformation_files_and_pattern(client, tmp_path):
    for name in ("a1.csv", "a2.csv", "b1.csv"):
        (tmp_path / name).write_text(f"{name[1]},{name}\n")
    client("create stage s")
    _put(client, tmp_path / "*.csv", "@s/d/")
    client("create table t (n varchar, i int)")
    rows = client("copy into t (n, i) from (select upper($2), x.$1::int + 1 from @s/d x) pattern = '.*a[0-9].*'")
    assert [row[0] for row in rows] == ["s/d/a1.csv.gz", "s/d/a2.csv.gz"]
    client("copy into t from (select $2, $1 from @s/d/) files = ('b1.csv.gz')")
    assert client("select * from t order by n") == [("A1.CSV", 2), ("A2.CSV", 3), ("b1.csv", 1)]
    assert client.error("copy into t from @s files = ('nosuch')")[0] == 91016


def test_json(client, tmp_path):
    file = tmp_path / "a.json"
    file.write_text('[{"a": 1, "b": {"c": "x"}}, {"a": 2}]')
    client("create stage s file_format = (type = json strip_outer_array = true)")
    _put(client, file, "@s")
    client("create table t (v variant)")
    client("copy into t from @s")
    assert client("select v:a::int, v:b.c::varchar from t order by 1") == [(1, "x"), (2, None)]


def test_query_of_a_stage(client, tmp_path):
    (tmp_path / "a.csv").write_text("1,x\n2,y\n")
    client("create stage s")
    client("create file format f type = csv skip_header = 1")
    _put(client, tmp_path / "a.csv", "@s")
    assert client("select $1, t.$2 from @s (file_format => 'f') t") == [("2", "y")]
    assert client("select count(*) from @s/a.csv.gz") == [(2,)]


def test_get_list_and_remove(client, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    client("create stage s")
    _put(client, tmp_path / "a.txt", "@s/deep/er")
    back = tmp_path / "back"
    back.mkdir()
    client(f"get @s/deep 'file://{back}'")
    assert gzip.decompress((back / "a.txt.gz").read_bytes()) == b"hello"
    assert client("ls @s pattern = '.*nosuch.*'") == []
    assert client("rm @s/deep") == [("s/deep/er/a.txt.gz", "removed")]
    assert client("ls @s") == []


def test_table_and_user_stages(client, tmp_path):
    (tmp_path / "a.csv").write_text("7\n")
    client("create table t (a int)")
    _put(client, tmp_path / "a.csv", "@%t")
    client("copy into t from @%t purge = true")
    assert client("select * from t") == [(7,)]
    assert client("ls @%t") == []
    _put(client, tmp_path / "a.csv", "@~/mine")
    assert len(client("ls @~/mine")) == 1
    client("rm @~")


def test_file_formats_and_stages_show(client):
    client("create file format f type = csv")
    client("alter file format f set skip_header = 3 null_if = ('a', 'b')")
    described = {row[0]: row[2] for row in client("desc file format f")}
    assert described["SKIP_HEADER"] == "3"
    assert described["NULL_IF"] == "[a, b]"
    client("create stage s directory = (enable = true) comment = 'c' file_format = (format_name = f)")
    shown = client("show stages")[0]
    assert (shown[1], shown[10], shown[16]) == ("S", "INTERNAL", "Y")
    assert ("STAGE_FILE_FORMAT", "SKIP_HEADER", "Integer", "3", "0") in client("describe stage s")
    assert client.error("create stage e url = 's3://b'")[:2] == (2, "0A000")
    assert client.error("create file format p type = parquet")[:2] == (2, "0A000")
    assert client.error("create file format p type = csv nosuch = 1")[0] == 1420
    assert client.error("copy into @s from t")[0] == 2


@pytest.mark.parametrize("path", ["@s/../../secret", "@s/x/../../../y"])
def test_paths_stay_inside(client, path):
    client("create stage s")
    assert client(f"ls {path}") == []
