"""COPY INTO a location: https://docs.snowflake.com/en/sql-reference/sql/copy-into-location"""

import gzip

import pytest


@pytest.fixture
def table(client):
    """A stage S, a table T of two rows, and the format RAW that gives each line of a file as it is."""
    client("create stage s")
    client("create file format raw type = csv field_delimiter = none escape_unenclosed_field = none")
    client(
        "create table t (id int, name varchar, day date, at timestamp_ntz, ok boolean, v variant, x binary, n number(10,2))"
    )
    client(
        "insert into t select 1, 'a,b', '2020-01-02', '2020-01-02 10:11:12.345', true, parse_json('{\"a\": [1, 2]}'), "
        "to_binary('4142', 'HEX'), 1.5"
    )
    client("insert into t (id, name) values (2, 'say \"x\"')")


def lines(client, path):
    return [row[0] for row in client(f"select $1 from @s{path} (file_format => 'raw')")]


def test_csv(client, table):
    assert client("copy into @s/out from t")[0][0] == 2
    assert client.names() == ["rows_unloaded", "input_bytes", "output_bytes"]
    assert [row[0] for row in client("ls @s")] == ["s/out_0_0_0.csv.gz"]
    assert lines(client, "/out") == [
        '1,a\\,b,2020-01-02,2020-01-02 10:11:12.345,true,{"a":[1\\,2]},4142,1.50',
        '2,say "x",\\N,\\N,\\N,\\N,\\N,\\N',
    ]


def test_documents_in_csv_are_as_their_text(client, table):
    client("create table d (v variant)")
    for text in ('"a string"', "null", '[1, 2.50, {"b": null}]', "1.5", "true"):
        client(f"insert into d select parse_json('{text}')")
    client("copy into @s/doc from d file_format = (type = csv escape_unenclosed_field = none)")
    assert lines(client, "/doc") == ["a string", None, '[1,2.5,{"b":null}]', "1.5", "true"]


def test_csv_options(client, table):
    client(
        "copy into @s/d/ from (select id, name, day from t) header = true file_format = (type = csv compression = none "
        "field_optionally_enclosed_by = '\"' field_delimiter = '|' null_if = ('nil') date_format = 'DD.MM.YY')"
    )
    assert [row[0] for row in client("ls @s")] == ["s/d/data_0_0_0.csv"]
    assert lines(client, "/d") == ['"ID"|"NAME"|"DAY"', '1|"a,b"|"02.01.20"', '2|"say ""x"""|nil']


def test_what_is_unloaded_loads_again(client, table):
    form = "file_format = (type = csv field_optionally_enclosed_by = '\"')"
    client(f"copy into @s from t {form}")
    client("create table u like t")
    client(f"copy into u from @s {form}")
    assert client("select * from t minus select * from u") == []
    client("copy into @s/p/ from (select id, name, day, at, ok, n from t) file_format = (type = parquet) header = true")
    assert client("ls @s/p")[0][0] == "s/p/data_0_0_0.snappy.parquet"
    client("truncate table u")
    client("copy into u from @s/p/ file_format = (type = parquet) match_by_column_name = case_sensitive")
    assert client("select id, name, day, at, ok, n from t minus select id, name, day, at, ok, n from u") == []


def test_json(client, table):
    client(
        "copy into @s/j from (select object_construct('a', id, 'b', name) from t) file_format = (type = json compression = none)"
    )
    assert lines(client, "/j") == ['{"a":1,"b":"a,b"}', '{"a":2,"b":"say \\"x\\""}']
    assert "single column of type variant" in client.error("copy into @s/k from t file_format = (type = json)")[2]


def test_names_of_files(client, table):
    client("copy into @s/one.csv.gz from t single = true")
    client("copy into @s/dir/ from t single = true file_format = (type = csv compression = none)")
    client("copy into @s/ext from t file_format = (type = csv file_extension = 'txt' compression = none)")
    client("copy into @s/zip from t file_format = (type = csv compression = zstd)")
    client("copy into @s/id from t include_query_id = true")
    query_id = client.cursor.sfqid
    assert [row[0] for row in client("ls @s")] == [
        "s/dir/data", "s/ext_0_0_0.txt", f"s/id_{query_id}_0_0_0.csv.gz", "s/one.csv.gz", "s/zip_0_0_0.csv.zst",
    ]  # fmt: skip


def test_overwrite(client, table):
    client("copy into @s/a from t")
    assert "Files already existing at the unload destination" in client.error("copy into @s/a from t")[2]
    client("copy into @s/a from (select 1) overwrite = true")
    assert lines(client, "/a") == ["1"]


def test_large_results_are_cut(client, table):
    rows = client(
        "copy into @s/a/ from t file_format = (type = csv compression = none) max_file_size = 40 header = true "
        "detailed_output = true"
    )
    assert client.names() == ["FILE_NAME", "FILE_SIZE", "ROW_COUNT"]
    assert [(row[0], row[2]) for row in rows] == [("data_0_0_0.csv", 1), ("data_0_0_1.csv", 1)]
    client("copy into @s/b/ from t file_format = (type = csv compression = none) max_file_size = 40 single = true")
    assert len(client("ls @s/b")) == 1
    assert client("copy into @s/c from (select * from t where false)") == [(0, 0, 0)]
    assert client("ls @s/c") == []


def test_partitions(client, table):
    client("copy into @s/p from t partition by ('id=' || id) file_format = (type = csv compression = none)")
    names = [row[0] for row in client("ls @s/p")]
    assert [name.rsplit("/", 1)[0] for name in names] == ["s/p/id=1", "s/p/id=2"]
    assert len(lines(client, "/p/id=2")) == 1
    assert client.error("copy into @s/p from t partition by (id) single = true")[0] == 1003


def test_where_to(client, table):
    client("copy into @%t from t")
    client("copy into @~/unloaded from t overwrite = true")
    assert client("ls @%t")[0][0] == "data_0_0_0.csv.gz"
    client("rm @~/unloaded")
    client("create stage e url = 's3://b/'")
    for place in ("@e", "'s3://b/x'"):
        assert client.error(f"copy into {place} from t")[:2] == (2, "0A000")
    client("alter stage s set file_format = (type = csv field_delimiter = ';' compression = none)")
    client("copy into @s/f from (select 1, 2)")
    assert lines(client, "/f") == ["1;2"]


def test_the_clients_get_them(client, table, tmp_path):
    client("copy into @s/a from t")
    client(f"get @s/a file://{tmp_path}")
    assert gzip.decompress((tmp_path / "a_0_0_0.csv.gz").read_bytes()).startswith(b"1,a")


@pytest.mark.parametrize(
    "text",
    [
        "copy into @s from t )", "copy into @s from nosuch", "copy into @s from (select 1", "copy into @nosuch from t",
        "copy into @s from t nosuch = 1", "copy into @s from t max_file_size = 0", "copy into @s from t single = maybe",
        "copy into @s from t file_format = (type = xml)", "copy into @s from t validation_mode = return_errors",
        "copy into @s from t include_query_id = true single = true", "copy into @s t", "copy into @s/../../x from t",
        "copy into @s from (select current_timestamp) file_format = (type = parquet)",
    ],
)  # fmt: skip
def test_strays_are_refused(client, table, text):
    assert client.error(text)[0] in (1003, 1008, 1420, 2003, 100064)


def test_rows_can_be_looked_at_first(client, table):
    assert client("copy into @s from (select id from t order by 1) validation_mode = return_rows") == [(1,), (2,)]
    assert client("ls @s") == []
