"""COPY INTO a table, its load history, and INFER_SCHEMA."""

import bz2
import datetime as dt
import decimal
import gzip
import json
import zlib
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import orc, parquet

from snowmaker import sandbox
from snowmaker.sandbox.compression import compress

from .conftest import Client, login

WEATHER = Path(__file__).parents[2] / "data" / "weather.csv.gz"


@pytest.fixture
def stage(client, tmp_path):
    """A stage S, and a way to put a file into it as it is."""
    client("create stage s")

    def put(name, content, path=""):
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        client(f"put 'file://{file}' @s{path} auto_compress = false source_compression = none overwrite = true")

    return put


def test_a_column_that_is_not_there_is_named_as_it_is_written(client, tmp_path):
    client("create table named (a int)")
    assert client.error('copy into named ("a") from (select $1 from @~/nothing)') == (
        904, "42000", "SQL compilation error: error line 1 at position 0\ninvalid identifier '\"a\"'",
    )  # fmt: skip


def test_weather_is_loaded_once(client):
    client("create file format f type = csv skip_header = 1 null_if = ('NA') comment = 'c'")
    client("create stage s file_format = (format_name = f)")
    client(f"put 'file://{WEATHER}' @s")
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


# -- CSV -----------------------------------------------------------------------------------------------


def test_csv_options(client, stage):
    stage("a.csv", '"a|b"| x |""\n\n\\N|"say ""hi"""|\nlast|"two\nlines"|3')
    client(
        "create file format f type = csv field_delimiter = '|' field_optionally_enclosed_by = '\"' "
        "skip_blank_lines = true trim_space = true"
    )
    client("create table t (a varchar, b varchar, c varchar)")
    client("copy into t from @s file_format = (format_name = 'f')")
    assert client("select * from t") == [
        ("a|b", "x", ""),
        (None, 'say "hi"', None),
        ("last", "two\nlines", "3"),
    ]


@pytest.mark.parametrize(
    ("options", "content", "rows"),
    [
        ("skip_header = 2", "x\ny,z\n1,a\n", [("1", "a")]),
        ("field_delimiter = '||' record_delimiter = '@@'", "1||a@@2||b@@", [("1", "a"), ("2", "b")]),
        ("field_delimiter = '\\t'", "1\ta\r\n2\tb\r\n", [("1", "a"), ("2", "b")]),
        ("escape = '!' field_optionally_enclosed_by = '\"'", '1,"a!"b"\n2,c!,d\n', [("1", 'a"b'), ("2", "c,d")]),
        ("", "1,a\\,b\n", [("1", "a,b")]),
        ("escape_unenclosed_field = none", "1,a\\b\n", [("1", "a\\b")]),
        ("empty_field_as_null = false", "1,\n", [("1", "")]),
        ("null_if = ('1', 'x')", "1,x\n2,y\n", [(None, None), ("2", "y")]),
        ("error_on_column_count_mismatch = false", "1\n2,b,c\n", [("1", None), ("2", "b")]),
        ("field_optionally_enclosed_by = ''''", "'1','it''s'\n", [("1", "it's")]),
        ("field_optionally_enclosed_by = '\"'", '1, "a"\n', [("1", ' "a"')]),
        ("encoding = 'iso-8859-1'", "1,é\n".encode("latin-1"), [("1", "é")]),
        ("encoding = 'utf16'", "1,é\n".encode("utf-16"), [("1", "é")]),
        ("replace_invalid_characters = true", b"1,\xff\n", [("1", "\ufffd")]),
        ("", b"\xef\xbb\xbf1,a\n", [("1", "a")]),
        ("", "1,\u2028\x0b\n", [("1", "\u2028\x0b")]),
    ],
)
def test_how_csv_is_read(client, stage, options, content, rows):
    stage("a.csv", content)
    client("create table t (a varchar, b varchar)")
    client(f"copy into t from @s file_format = (type = csv {options})")
    assert client("select * from t") == rows


@pytest.mark.parametrize(
    ("compression", "pack"),
    [
        ("gzip", gzip.compress), ("bz2", bz2.compress), ("deflate", zlib.compress), ("none", bytes),
        ("raw_deflate", lambda raw: compress(raw, "RAW_DEFLATE")), ("zstd", lambda raw: compress(raw, "ZSTD")),
        ("brotli", lambda raw: compress(raw, "BROTLI")),
    ],
)  # fmt: skip
def test_compressions(client, stage, compression, pack):
    stage("a.dat", pack(b"1,a\n"))
    client("create table t (a int, b varchar)")
    client(f"copy into t from @s file_format = (type = csv compression = {compression})")
    assert client("select * from t") == [(1, "a")]
    client("truncate table t")
    wrong = "bz2" if compression == "gzip" else "gzip"
    if compression != "none":
        assert client.error(f"copy into t from @s file_format = (type = csv compression = {wrong})")[0] == 100085


def test_types(client, stage):
    stage(
        "a.csv",
        "1,2.555,1e3,yes,2020-01-02,10:11:12,2020-01-02T10:11:12.345,2020-01-02 10:11:12 +02:00,4142,"
        '"{""a"": 1}","[1]"\n'
        ",,,,,,,,,,\n",
    )
    client(
        "create table t (i int, n number(10,2), f float, b boolean, d date, t time, ts timestamp_ntz, tl timestamp_ltz, "
        "x binary, v variant, a array)"
    )
    client("copy into t from @s file_format = (type = csv field_optionally_enclosed_by = '\"')")
    client("alter session set timezone = 'UTC'")
    first, second = client("select i, n, f, b, d, t, ts, tl, x, v:a::int, a[0]::int from t order by i nulls last")
    assert first[:7] == (1, decimal.Decimal("2.56"), 1000.0, True, dt.date(2020, 1, 2), dt.time(10, 11, 12),
                         dt.datetime(2020, 1, 2, 10, 11, 12, 345000))  # fmt: skip
    assert first[7].astimezone(dt.UTC) == dt.datetime(2020, 1, 2, 8, 11, 12, tzinfo=dt.UTC)
    assert (bytes(first[8]), first[9], first[10]) == (b"AB", 1, 1)
    assert set(second) == {None}


@pytest.mark.parametrize(
    ("kind", "options", "text", "value"),
    [
        ("date", "", "31-Dec-2020", "2020-12-31"), ("date", "", "12/31/2020", "2020-12-31"),
        ("date", "", "1609372800", "2020-12-31"), ("date", "date_format = 'DD.MM.YYYY'", "31.12.2020", "2020-12-31"),
        ("time", "time_format = 'HH12:MI AM'", "01:05 PM", "13:05:00"),
        ("timestamp_ntz", "", "1609372800", "2020-12-31 00:00:00"),
        ("timestamp_ntz", "", "1609372800000", "2020-12-31 00:00:00"),
        ("timestamp_ntz", "", "2020-12-31 10:00:00 +05:00", "2020-12-31 10:00:00"),
        ("timestamp_ntz", "", "\"Thu, 31 Dec 2020 16:01:07 +0200\"", "2020-12-31 16:01:07"),
        ("timestamp_ntz", "timestamp_format = 'YYYYMMDD\"T\"HH24MISS.FF3'", "20201231T101112.500", "2020-12-31 10:11:12.5"),
        ("timestamp_ntz", "timestamp_format = 'DD/MON/YYYY HH24:MI'", "31/Dec/2020 10:11", "2020-12-31 10:11:00"),
        ("binary", "binary_format = base64", "QUI=", "4142"), ("binary", "binary_format = utf8", "AB", "4142"),
        ("boolean", "", "off", "false"), ("boolean", "", "T", "true"), ("number(3,1)", "", " 1.25 ", "1.3"),
    ],
)  # fmt: skip
def test_how_values_are_read(client, stage, kind, options, text, value):
    stage("a.csv", text + "\n")
    client(f"create table t (a {kind})")
    client(f"copy into t from @s file_format = (type = csv field_optionally_enclosed_by = '\"' {options})")
    wanted = f"to_binary('{value}', 'HEX')" if kind == "binary" else f"'{value}'::{kind}"
    assert client(f"select a = {wanted} from t") == [(True,)]


# -- errors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "code", "words"),
    [
        ("int", "x", 100038, "Numeric value 'x' is not recognized"), ("int", "1_000", 100038, "'1_000'"),
        ("number(3,0)", "12345", 100132, "type FIXED[SB2](3,0){nullable}, value 12345"),
        ("boolean", "maybe", 100037, "Boolean value 'maybe' is not recognized"),
        ("date", "2020-13-01", 100040, "Date '2020-13-01' is not recognized"),
        ("timestamp_ntz", "noon", 100035, "Timestamp 'noon' is not recognized"),
        ("varchar(2)", "abc", 100074, "User character length limit (2) exceeded by string 'abc'"),
        ("variant", "{a", 100069, "Error parsing JSON"), ("int not null", "\\N", 100072, "NULL result in a non-nullable"),
    ],
)  # fmt: skip
def test_what_a_bad_value_gives(client, stage, kind, text, code, words):
    stage("a.csv", f"7,{text}\n")
    client(f"create table t (i int, a {kind})")
    found, _, message = client.error("copy into t from @s")
    assert found == code
    assert words in message
    assert "File 'a.csv', line 1, character 3" in message
    assert 'Row 1, column "T"["A":2]' in message
    assert "If you would like to continue loading" in message
    assert client("select count(*) from t") == [(0,)]


def test_on_error(client, stage):
    stage("a.csv", "1,a\nx,b\n3,ccc\n4\n")
    client("create table t (a int, b varchar(2))")
    assert client.error("copy into t from @s")[:2] == (100038, "22018")
    row = client("copy into t from @s on_error = continue")[0]
    assert row == (
        "s/a.csv", "PARTIALLY_LOADED", 4, 1, 4, 3, "Numeric value 'x' is not recognized", 2, 1, '"T"["A":1]',
    )  # fmt: skip
    assert client("select * from t") == [(1, "a")]
    client("truncate table t")
    assert client("copy into t from @s on_error = skip_file")[0][1:6] == ("LOAD_FAILED", 4, 0, 1, 3)
    assert client("copy into t from @s on_error = 'SKIP_FILE_4'")[0][1:6] == ("PARTIALLY_LOADED", 4, 1, 4, 3)
    client("truncate table t")
    assert client("copy into t from @s on_error = 'SKIP_FILE_3'")[0][1] == "LOAD_FAILED"
    assert client("copy into t from @s on_error = 'skip_file_75%'")[0][1] == "PARTIALLY_LOADED"
    client("truncate table t")
    assert client("copy into t from @s on_error = 'skip_file_74%'")[0][1] == "LOAD_FAILED"
    assert client.error("copy into t from @s on_error = 'skip_some'")[0] == 1008


def test_a_record_that_does_not_parse(client, stage):
    stage("a.csv", '1,"a"\n2,"b"x\n3,"c"\n4,"open\n')
    client("create table t (a int, b varchar)")
    form = "file_format = (type = csv field_optionally_enclosed_by = '\"')"
    code, _, text = client.error(f"copy into t from @s {form}")
    assert (code, "Found character 'x' instead of field delimiter ','" in text) == (100016, True)
    assert client(f"copy into t from @s {form} on_error = continue")[0][1:6] == ("PARTIALLY_LOADED", 4, 2, 4, 2)
    assert client("select a from t") == [(1,), (3,)]
    stage("b.csv", b"5,\xff\n6,ok\n")
    assert client("copy into t from @s files = ('b.csv') on_error = continue")[0][3:7] == (
        1, 2, 1, "Invalid UTF8 detected in string '5,0xFF'",
    )  # fmt: skip


def test_length(client, stage):
    stage("a.csv", "abcdef\n")
    client("create table t (a varchar(3))")
    assert client.error("copy into t from @s")[0] == 100074
    client("copy into t from @s truncatecolumns = true")
    client("copy into t from @s enforce_length = false force = true")
    assert client("select * from t") == [("abc",), ("abc",)]


def test_validate(client, stage):
    stage("a.csv", "1,a\nx,b\n3\n")
    client("create table t (a int, b varchar)")
    rows = client("copy into t from @s validation_mode = return_errors")
    assert client.names() == [
        "ERROR", "FILE", "LINE", "CHARACTER", "BYTE_OFFSET", "CATEGORY", "CODE", "SQL_STATE", "COLUMN_NAME",
        "ROW_NUMBER", "ROW_START_LINE", "REJECTED_RECORD",
    ]  # fmt: skip
    assert [(row[1], row[2], row[4], row[6], row[8], row[9], row[11]) for row in rows] == [
        ("s/a.csv", 2, 4, 100038, '"T"["A":1]', 2, "x,b"),
        ("s/a.csv", 3, 8, 100080, '"T"[1]', 3, "3"),
    ]
    assert client("select count(*) from t") == [(0,)]
    assert client("copy into t from @s validation_mode = return_1_rows") == [(1, "a")]
    assert client.error("copy into t from @s validation_mode = 'return_2_rows'")[0] == 100038
    assert client.error("copy into t from @s validation_mode = return_some")[0] == 1008
    client("copy into t from @s on_error = continue")
    job = client.cursor.sfqid
    found = client("select error, rejected_record from table(validate(t, job_id => '_last'))")
    assert [row[1] for row in found] == ["x,b", "3"]
    assert len(client(f"select * from table(validate(t, job_id => '{job}'))")) == 2
    assert client("copy into t from @s validation_mode = return_errors") == []
    assert len(client("copy into t from @s validation_mode = return_all_errors")) == 2


# -- which files ---------------------------------------------------------------------------------------


def test_files_pattern_and_size(client, stage):
    for name in ("a1.csv", "a2.csv", "b1.csv"):
        stage(name, f"{name}\n", "/d")
    client("create table t (a varchar)")
    assert [row[0] for row in client("copy into t from @s/d pattern = '.*a[0-9].*'")] == ["s/d/a1.csv", "s/d/a2.csv"]
    assert [row[0] for row in client("copy into t from @s/d/ files = ('b1.csv')")] == ["s/d/b1.csv"]
    assert client.error("copy into t from @s files = ('nosuch')")[0] == 91016
    assert client.error("copy into t from @s pattern = '['")[0] == 1003
    assert len(client("copy into t from @s/d force = true size_limit = 1")) == 1
    assert len(client("copy into t from @s/d force = true size_limit = 10 return_failed_only = true")) == 0


def test_the_load_history(client, stage):
    stage("a.csv", "1\n")
    client("create table t (a int)")
    client("create table u (a int)")
    client("copy into t from @s")
    client("copy into u from @s")
    assert client("copy into t from @s") == [("Copy executed with 0 files processed.",)]
    stage("a.csv", "2\n")
    assert client("copy into t from @s")[0][1] == "LOADED"
    client("alter table t rename to t2")
    assert client("copy into t2 from @s") == [("Copy executed with 0 files processed.",)]
    client("create or replace table t2 (a int)")
    assert client("copy into t2 from @s")[0][1] == "LOADED"
    client("copy into t2 from @s purge = true force = true")
    assert client("ls @s") == []


def test_files_and_history_outlive_the_server(tmp_path):
    (tmp_path / "a.csv").write_text("1\n")
    with sandbox.open_account(tmp_path / "account") as account, closing(Client(login(account))) as client:
        for text in (
            "create database d",
            "create stage s",
            "create table t (a int)",
            f"put file://{tmp_path}/a.csv @s",
        ):
            client(text)
        assert client("copy into t from @s")[0][1] == "LOADED"
    with sandbox.open_account(tmp_path / "account") as account, closing(Client(login(account))) as client:
        client("use schema d.public")
        assert client("copy into t from @s") == [("Copy executed with 0 files processed.",)]
        assert client("select * from t") == [(1,)]
        assert [row[0] for row in client("ls @s")] == ["s/a.csv.gz"]


def test_copy_history(client, stage):
    client("create table t (a int)")
    client("create pipe p as copy into t from @s/p/ file_format = (type = csv)")
    stage("good.csv", "1\n2\n")
    stage("bad.csv", "3\nx\n")
    stage("piped.csv", "5\n", "/p")
    client("copy into t from @s files = ('good.csv', 'bad.csv') on_error = continue")
    client("alter pipe p refresh")
    history = "table(information_schema.copy_history(table_name => 't', start_time => %s))"
    at = "dateadd(hours, %d, current_timestamp())"
    assert client(
        "select file_name, row_count, row_parsed, status, error_count, first_error_line_number, "
        f"first_error_column_name, table_name, pipe_name from {history % (at % -1)} order by file_name"
    ) == [
        ("bad.csv", 1, 2, "Partially loaded", 1, 2, '"T"["A":1]', "T", None),
        ("good.csv", 2, 2, "Loaded", 0, None, None, "T", None),
        ("p/piped.csv", 1, 1, "Loaded", 0, None, None, "T", "P"),
    ]
    assert client(f"select * from {history % (at % 1)}") == []
    assert client(f"select * from {history % (at % -2 + ', end_time => ' + at % -1)}") == []
    assert client.error("select * from table(information_schema.copy_history(table_name => 'nosuch', start_time => "
                        "current_timestamp()))")[0] == 2003  # fmt: skip
    assert client.error("select * from table(information_schema.copy_history(table_name => 't'))")[0] == 1003


def test_a_load_is_part_of_the_transaction(client, stage):
    stage("a.csv", "1\n")
    client("create table t (a int)")
    client("begin")
    client("copy into t from @s")
    client("rollback")
    assert client("select count(*) from t") == [(0,)]
    assert client("copy into t from @s")[0][1] == "LOADED"


def test_options_of_stages_and_tables(client, stage):
    client("alter stage s set file_format = (type = csv skip_header = 1) copy_options = (on_error = continue)")
    stage("a.csv", "h\n1\nx\n")
    client("create table t (a int)")
    assert client("copy into t from @s")[0][1:4] == ("PARTIALLY_LOADED", 2, 1)
    assert client("copy into t from @s file_format = (skip_header = 0) force = true")[0][2] == 3
    assert client.error("copy into t from @s on_error = abort_statement force = true")[0] == 100038


# -- JSON, Parquet, ORC --------------------------------------------------------------------------------


def test_json(client, stage):
    stage("a.json", '[{"a": 1, "b": {"c": "x"}}, {"a": 2}]')
    client("create table t (v variant)")
    client("copy into t from @s file_format = (type = json strip_outer_array = true)")
    assert client("select v:a::int, v:b.c::varchar from t order by 1") == [(1, "x"), (2, None)]


@pytest.mark.parametrize(
    ("options", "text", "documents"),
    [
        ("", '{"a": 1}\n{"a": 2}', [{"a": 1}, {"a": 2}]),
        ("", '{"a": 1},{"a": 2}', [{"a": 1}, {"a": 2}]),
        ("", "[1, 2]", [[1, 2]]),
        ("strip_null_values = true", '{"a": null, "b": [null, 1]}', [{"b": [1]}]),
        ("trim_space = true null_if = ('x')", '{"a": " b ", "c": "x"}', [{"a": "b", "c": None}]),
        ("allow_duplicate = true", '{"a": 1, "a": 2}', [{"a": 2}]),
    ],
)
def test_how_json_is_read(client, stage, options, text, documents):
    stage("a.json", text)
    client("create table t (v variant)")
    client(f"copy into t from @s file_format = (type = json {options})")
    assert [json.loads(row[0]) for row in client("select v from t")] == documents


def test_json_that_is_wrong(client, stage):
    stage("a.json", '{"a": 1}\n{"a": oops}\n{"a": 3}')
    client("create table t (v variant)")
    code, sqlstate, text = client.error("copy into t from @s file_format = (type = json)")
    assert (code, sqlstate) == (100069, "22P02")
    assert 'Error parsing JSON: unknown keyword "oops"' in text
    assert "line 2" in text
    row = client("copy into t from @s file_format = (type = json) on_error = continue")[0]
    assert row[1:4] == ("PARTIALLY_LOADED", 2, 1)
    stage("b.json", '{"a": 1, "a": 2}')
    assert "duplicate object attribute" in client.error("copy into t from @s/b file_format = (type = json)")[2]
    client("create table two (a int, b int)")
    text = client.error("copy into two from @s file_format = (type = json)")[2]
    assert "JSON file format can produce one and only one column of variant, object, or array type" in text


def _table():
    return pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "Name": pa.array(["x", None]),
            "n": pa.array([decimal.Decimal("1.50"), decimal.Decimal("2.25")], pa.decimal128(10, 2)),
            "d": pa.array([dt.date(2020, 1, 2), None]),
            "ts": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 6000), None], pa.timestamp("us")),
            "tags": pa.array([["a", "b"], []]),
        }
    )


@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_columnar_files(client, stage, tmp_path, kind):
    sink = pa.BufferOutputStream()
    if kind == "parquet":
        parquet.write_table(_table(), sink)
    else:
        orc.write_table(_table(), sink)
    stage(f"a.{kind}", sink.getvalue().to_pybytes())
    client(f"create file format f type = {kind}" + (" use_logical_type = true" if kind == "parquet" else ""))
    assert client("select $1:id::int, $1:Name::varchar, $1:tags[1]::varchar from @s (file_format => 'f')") == [
        (1, "x", "b"),
        (2, None, None),
    ]
    client("create table v (v variant)")
    client("copy into v from @s file_format = (format_name = f)")
    assert client("select v:n::number(10,2) from v order by 1")[0] == (decimal.Decimal("1.50"),)
    client("create table t (id int, name varchar, n number(10,2), d date, ts timestamp_ntz, tags array, more int)")
    client("copy into t from @s file_format = (format_name = f) match_by_column_name = case_insensitive")
    assert client("select id, name, n, d, ts, more from t order by id") == [
        (1, "x", decimal.Decimal("1.50"), dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 6000), None),
        (2, None, decimal.Decimal("2.25"), None, None, None),
    ]
    client("truncate table t")
    client("copy into t from @s file_format = (format_name = f) match_by_column_name = case_sensitive")
    assert client("select count(id), count(*) from t") == [(0, 2)]


@pytest.mark.parametrize("kind", ["avro", "xml"])
def test_other_types_are_refused_by_name(client, stage, kind):
    stage("a.x", "<a/>")
    client("create table t (v variant)")
    code, sqlstate, text = client.error(f"copy into t from @s file_format = (type = {kind})")
    assert (code, sqlstate, kind.upper() in text) == (2, "0A000", True)


def test_files_that_are_no_such_files(client, stage):
    stage("a.parquet", b"PAR1 and nothing else")
    client("create table t (v variant)")
    assert client.error("copy into t from @s file_format = (type = parquet)")[0] == 100152
    stage("a.parquet", b"\x1f\x8bnot gzip")
    assert client.error("copy into t from @s file_format = (type = json)")[0] == 100085


# -- by name, by query ---------------------------------------------------------------------------------


def test_csv_by_column_name(client, stage):
    stage("a.csv", "B,extra,a\nx,?,1\ny,?,2\n")
    client("create table t (a int, b varchar, c int default 5, file varchar, line int)")
    client("create file format f type = csv parse_header = true")
    client(
        "copy into t from @s file_format = (format_name = f) match_by_column_name = case_insensitive "
        "include_metadata = (file = metadata$filename, line = METADATA$FILE_ROW_NUMBER)"
    )
    assert client("select * from t") == [(1, "x", None, "a.csv", 1), (2, "y", None, "a.csv", 2)]
    client("truncate table t")
    client("copy into t from @s file_format = (format_name = f) match_by_column_name = case_sensitive")
    assert client("select count(a), count(b) from t") == [(0, 2)]
    for text, words in (
        ("file_format = (format_name = f)", "PARSE_HEADER"),
        ("match_by_column_name = case_sensitive", "PARSE_HEADER"),
        ("include_metadata = (file = metadata$filename)", "INCLUDE_METADATA"),
        (
            "file_format = (format_name = f) match_by_column_name = case_sensitive include_metadata = (a = b)",
            "INCLUDE_METADATA",
        ),
    ):
        assert words in client.error(f"copy into t from @s {text}")[2]


def test_columns_whose_names_differ_in_case_only(client, stage):
    client('create table t ("a" int, "A" int)')
    client("insert into t values (1, 2)")
    client("copy into @s/out.csv from t single = true file_format = (type = csv compression = none)")
    client("copy into t from @s/out.csv")
    client("copy into @s/p/ from t header = true file_format = (type = parquet)")
    client("copy into t from @s/p/ file_format = (type = parquet) match_by_column_name = case_sensitive")
    assert client('select "a", "A" from t') == [(1, 2)] * 4


def test_a_transformation(client, stage):
    stage("a.csv", "1,a,2020-01-01\nx,b,2020-01-02\n3,toolong,bad\n")
    client(
        "create table t (id int autoincrement start 10 increment 1, n varchar(3), i int, d date default '2000-01-01')"
    )
    query = "select upper($2), s.$1::int + 1 from @s s"
    assert client.error(f"copy into t (n, i) from ({query})")[0] == 100038
    row = client(f"copy into t (n, i) from ({query}) on_error = continue")[0]
    assert row[1:6] == ("PARTIALLY_LOADED", 3, 1, 3, 2)
    assert client("select * from t")[0][1:] == ("A", 2, dt.date(2000, 1, 1))
    assert client(f"copy into t (n, i) from ({query}) on_error = skip_file force = true")[0][1] == "LOAD_FAILED"
    client("copy into t (i) from (select metadata$file_row_number from @s (pattern => '.*csv')) force = true")
    assert client("select count(*) from t") == [(4,)]
    for text in (
        "select $1 from @s where $1 = 1", "select $1 from @s limit 1", "select 1", "select $1 from @s a, @s b",
        "select $1 from (select $1 from @s)",
    ):  # fmt: skip
        assert client.error(f"copy into t (i) from ({text})")[0] == 1003
    assert client.error(f"copy into t (n, i) from ({query}) validation_mode = return_errors")[0] == 1003
    assert client.error("copy into t (n, i) from (select $1 from @s) force = true")[0] == 2057
    assert client.error("copy into t (nosuch) from (select $1 from @s)")[0] == 904


def test_describing_loads_nothing(client, stage):
    stage("a.csv", "1\n")
    client("create table t (a int)")
    assert [column.name for column in client.cursor.describe("copy into t from @s")][:2] == ["file", "status"]
    assert client("select count(*) from t") == [(0,)]


def test_privileges(client, connect, stage, request):
    role = f"R_{abs(hash(request.node.name)) % 10**8}"
    stage("a.csv", "1\n")
    client("create table t (a int)")
    client(f"create or replace role {role}")
    client(f"grant role {role} to user admin")
    for where in (f'database "{request.node.name}"', f'schema "{request.node.name}".public'):
        client(f"grant usage on {where} to role {role}")
    other = connect(role=role, database=f'"{request.node.name}"', schema="PUBLIC")
    other("use secondary roles none")
    client(f"grant select on table t to role {role}")
    assert other.error("copy into t from @s")[0] == 3001
    client(f"grant insert on table t to role {role}")
    assert other.error("copy into t from @s")[0] == 2003
    client(f"grant read on stage s to role {role}")
    assert other("copy into t from @s")[0][1] == "LOADED"
    assert other.error("copy into @s/out from t")[0] == 3001
    client(f"drop role {role}")


@pytest.mark.parametrize(
    "text",
    [
        "copy into t from @s )", "copy into t from", "copy into t from @s nosuch = 1", "copy into t from 's3://b/x'",
        "copy into t from @s file_format = (type = csv", "copy into t from @s force = maybe", "copy into nosuch from @s",
        "copy into t from @s credentials = (aws_key_id = 'x')", "copy into t from @s force true", "copy t from @s",
        "copy into t (a from @s", "copy into t from (select $1 from @s", "copy into t from @s size_limit = 0",
    ],
)  # fmt: skip
def test_strays_are_refused(client, stage, text):
    client("create table t (a int)")
    assert client.error(text)[0] in (2, 1003, 1008, 1420, 2003)


# -- INFER_SCHEMA --------------------------------------------------------------------------------------


def test_the_schema_of_csv(client, stage):
    stage(
        "a.csv", "id,name,day,at,ok,amount\n1,x,2020-01-01,2020-01-01 10:00:00,true,1.25\n22,,2020-01-02,,false,100.5\n"
    )
    client("create file format f type = csv parse_header = true")
    rows = client("select * from table(infer_schema(location => '@s', file_format => 'f'))")
    assert client.names() == ["COLUMN_NAME", "TYPE", "NULLABLE", "EXPRESSION", "FILENAMES", "ORDER_ID"]
    assert [row[:2] for row in rows] == [
        ("id", "NUMBER(2, 0)"), ("name", "TEXT"), ("day", "DATE"), ("at", "TIMESTAMP_NTZ"), ("ok", "BOOLEAN"),
        ("amount", "NUMBER(5, 2)"),
    ]  # fmt: skip
    assert rows[0][2:] == (True, "$1::NUMBER(2, 0)", "a.csv", 0)
    client("create file format g type = csv skip_header = 1")
    assert client("select column_name from table(infer_schema(location => '@s/', file_format => 'g')) limit 1") == [
        ("c1",)
    ]
    assert client.error("select * from table(infer_schema(location => '@s'))")[0] == 1003
    assert client.error("select * from table(infer_schema(location => '@s', file_format => 'nosuch'))")[0] == 2003
    assert (
        client.error("select * from table(infer_schema(location => '@s', file_format => 'f', nosuch => 1))")[0] == 1006
    )


def test_a_table_from_a_template(client, stage):
    stage("a.json", '{"id": 1, "Some name": "x"}\n{"id": 2, "more": [1]}')
    client("create file format f type = json")
    source = "table(infer_schema(location => '@s', file_format => 'f'))"
    client(
        f"create table t using template (select array_agg(object_construct(*)) within group (order by order_id) from {source})"
    )
    assert [row[:2] for row in client("desc table t")] == [
        ("id", "NUMBER(1,0)"), ("Some name", "VARCHAR(16777216)"), ("more", "ARRAY"),
    ]  # fmt: skip
    client("copy into t from @s file_format = (format_name = f) match_by_column_name = case_sensitive")
    assert client('select "id", "Some name" from t order by 1') == [(1, "x"), (2, None)]
    upper = "infer_schema(location => '@s', file_format => 'f', ignore_case => true)"
    client(f"create table u using template (select array_agg(object_construct(*)) from table({upper}))")
    assert [row[0] for row in client("desc table u")] == ["ID", "SOME NAME", "MORE"]
    assert client.error("create table w using template (select 1)")[0] == 1003


def test_the_schema_of_parquet(client, stage):
    sink = pa.BufferOutputStream()
    parquet.write_table(_table(), sink)
    stage("a.parquet", sink.getvalue().to_pybytes())
    client("create file format f type = parquet")
    rows = client("select * from table(infer_schema(location => '@s', file_format => 'f'))")
    assert [row[:2] for row in rows] == [
        ("id", "NUMBER(38, 0)"), ("Name", "TEXT"), ("n", "NUMBER(10, 2)"), ("d", "DATE"), ("ts", "NUMBER(38, 0)"),
        ("tags", "VARIANT"),
    ]  # fmt: skip
    assert rows[1][3] == "$1:Name::TEXT"
    client("alter file format f set use_logical_type = true")
    rows = client("select * from table(infer_schema(location => '@s', file_format => 'f'))")
    assert rows[4][1] == "TIMESTAMP_NTZ"
