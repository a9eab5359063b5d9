"""STAGE, PUT, GET, LIST, REMOVE, directory tables, and queries of staged files."""

import gzip
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from snowmaker.sandbox import server
from snowmaker.sandbox.files import Stages


def put(client, path, target, options=""):
    return client(f"put 'file://{path}' {target} {options}")


def described(client, name="s"):
    return {(row[0], row[1]): row[3] for row in client(f"describe stage {name}")}


def shown(client, name="S"):
    rows = client(f"show stages like '{name}'")
    return dict(zip(client.names(), rows[0], strict=True))


# -- the object ----------------------------------------------------------------------------------------


def test_an_internal_stage(client):
    client("create stage s")
    row = shown(client)
    assert list(row) == [
        "created_on", "name", "database_name", "schema_name", "url", "has_credentials", "has_encryption_key", "owner",
        "comment", "region", "type", "cloud", "notification_channel", "storage_integration", "endpoint",
        "owner_role_type", "directory_enabled",
    ]  # fmt: skip
    assert (row["url"], row["type"], row["cloud"], row["directory_enabled"]) == ("", "INTERNAL", None, "N")
    found = described(client)
    assert found["STAGE_FILE_FORMAT", "TYPE"] == "CSV"
    assert found["STAGE_COPY_OPTIONS", "ON_ERROR"] == "ABORT_STATEMENT"
    assert found["STAGE_COPY_OPTIONS", "SIZE_LIMIT"] == ""
    assert found["STAGE_LOCATION", "URL"] == ""
    assert found["DIRECTORY", "ENABLE"] == "false"


def test_properties_of_an_internal_stage(client):
    client("create file format f type = csv skip_header = 1")
    client(
        "create stage s encryption = (type = 'SNOWFLAKE_SSE') directory = (enable = true) "
        "file_format = (format_name = f) copy_options = (on_error = 'skip_file' truncatecolumns = true) comment = 'c'"
    )
    assert shown(client)["type"] == "INTERNAL NO CSE"
    found = described(client)
    assert found["STAGE_FILE_FORMAT", "FORMAT_NAME"].endswith(".PUBLIC.F")
    assert found["STAGE_COPY_OPTIONS", "ON_ERROR"] == "SKIP_FILE"
    assert found["STAGE_COPY_OPTIONS", "ENFORCE_LENGTH"] == "false"
    assert found["DIRECTORY", "LAST_REFRESHED_ON"]
    client("alter stage s set directory = (enable = false)")
    client("alter stage s set copy_options = () file_format = (type = json) comment = 'd'")
    found = described(client)
    assert found["STAGE_FILE_FORMAT", "TYPE"].upper() == "JSON"
    assert found["STAGE_COPY_OPTIONS", "ON_ERROR"] == "ABORT_STATEMENT"
    assert found["DIRECTORY", "ENABLE"] == "false"
    assert shown(client)["comment"] == "d"
    client("alter stage s rename to s2")
    client("create tag t")
    client("alter stage s2 set tag t = 'x'")
    client("alter stage s2 unset tag t")


@pytest.mark.parametrize(
    ("url", "cloud"),
    [
        ("s3://b/p/", "AWS"),
        ("gcs://b/p/", "GCP"),
        ("azure://a.blob.core.windows.net/c/", "AZURE"),
        ("s3gov://b", "AWS"),
    ],
)
def test_an_external_stage_is_recorded(client, url, cloud):
    client(f"create stage s url = '{url}' comment = 'c'")
    row = shown(client)
    assert (row["url"], row["type"], row["cloud"], row["has_credentials"]) == (url, "EXTERNAL", cloud, "N")
    found = described(client)
    assert json.loads(found["STAGE_LOCATION", "URL"]) == [url]
    assert found["PRIVATELINK", "USE_PRIVATELINK_ENDPOINT"] == "false"
    for text in ("list @s", "rm @s", "select $1 from @s", "copy into t from @s", "put file:///tmp/x @s"):
        client("create table if not exists t (a int)")
        code, sqlstate, message = client.error(text)
        assert (code, sqlstate) == (2, "0A000")
        assert "external stage" in message


def test_secrets_are_kept_nowhere(client, shared, tmp_path):
    secrets = ("AKIAHUSH", "hush-hush", "mother-key", "sas-hush")
    client(
        "create stage s url = 's3://b/' credentials = (aws_key_id = 'AKIAHUSH' aws_secret_key = 'hush-hush') "
        "encryption = (type = 'AWS_CSE' master_key = 'mother-key')"
    )
    client("create stage z url = 'azure://a.blob.core.windows.net/c/' credentials = (azure_sas_token = 'sas-hush')")
    client("alter stage s set credentials = (aws_role = 'hush-hush')")
    row = shown(client)
    assert (row["has_credentials"], row["has_encryption_key"]) == ("Y", "Y")
    told = [client("show stages"), client("describe stage s"), client("describe stage z")]
    for secret in secrets:
        assert secret not in str(told)
        assert secret not in str([entry.to_json() for entry in shared._server.host.engine.catalog.all()])


@pytest.mark.parametrize(
    "properties",
    [
        "url = 'http://b/'", "url = 's3://b/' endpoint = 'x.y'", "url = 's3compat://b/'",
        "credentials = (aws_key_id = 'x')", "storage_integration = nosuch url = 's3://b/'",
        "url = 's3://b/' credentials = (azure_sas_token = 'x')", "url = 's3://b/' encryption = (type = 'GCS_SSE_KMS')",
        "url = 's3://b/' encryption = (type = 'AWS_CSE')", "encryption = (type = 'AWS_CSE' master_key = 'x')",
        "directory = (auto_refresh = true)", "directory = (enable = true aws_sns_topic = 'x')", "nosuch = 1",
        "file_format = (type = csv nosuch = 1)", "copy_options = (nosuch = 1)", "copy_options = (on_error = maybe)",
        "file_format = (format_name = nosuch)", "url = 's3://b/' credentials = (aws_role = 'a' aws_token = 'b')",
    ],
)  # fmt: skip
def test_wrong_properties_are_refused(client, properties):
    assert client.error(f"create stage s {properties}")[0] in (1003, 1008, 1420, 2003)
    assert client("show stages") == []


def test_external_stages_change(client):
    client("create stage s url = 's3://b/one/'")
    client("alter stage s set url = 's3://b/two/' encryption = (type = 'AWS_SSE_KMS' kms_key_id = 'k')")
    assert shown(client)["url"] == "s3://b/two/"
    assert shown(client)["has_encryption_key"] == "Y"
    client("alter stage s set encryption = (type = 'NONE')")
    assert shown(client)["has_encryption_key"] == "N"
    client("alter stage s set use_privatelink_endpoint = true")
    assert described(client)["PRIVATELINK", "USE_PRIVATELINK_ENDPOINT"] == "true"
    client("create stage i")
    assert client.error("alter stage i set url = 's3://b/'")[0] == 1003
    client(
        "create stage c url = 's3compat://b/' endpoint = 'h.example' credentials = (aws_key_id='a' aws_secret_key='b')"
    )
    assert shown(client, "C")["endpoint"] == "h.example"


def test_an_integration_says_where_stages_may_be(client):
    client(
        "create or replace storage integration sti type = external_stage storage_provider = 's3' enabled = true "
        "storage_aws_role_arn = 'arn:aws:iam::1:role/r' storage_allowed_locations = ('s3://b/in/', 's3://c') "
        "storage_blocked_locations = ('s3://b/in/not/')"
    )
    for url in ("s3://b/in", "s3://b/in/x/", "s3://c/"):
        client(f"create or replace stage s url = '{url}' storage_integration = sti")
    for url in ("s3://b/", "s3://b/inside/", "s3://b/in/not/x", "s3://cc/"):
        assert "not allowed by integration 'STI'" in client.error(f"alter stage s set url = '{url}'")[2]
        assert client.error(f"create stage z url = '{url}' storage_integration = sti")[0] == 1003
    assert shown(client)["storage_integration"] == "STI"
    client("drop integration sti")
    client("alter stage s set comment = 'c'")
    assert client.error("alter stage s set url = 's3://c/d/'")[0] == 2003


def test_a_stage_outlives_its_file_format(client, tmp_path):
    client("create file format f type = json")
    client("create stage s file_format = (format_name = f) directory = (enable = true)")
    client("drop file format f")
    client("alter stage s set comment = 'c'")
    client("alter stage s set directory = (enable = false)")
    assert shown(client)["comment"] == "c"
    assert client.error("alter stage s set file_format = (format_name = f)")[0] == 2003
    (tmp_path / "a.json").write_text("{}")
    put(client, tmp_path / "a.json", "@s")
    assert client.error("select $1 from @s")[0] == 2003


def test_create_again(client, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    client("create stage s")
    put(client, tmp_path / "a.txt", "@s")
    assert client.error("create stage s")[:2] == (2002, "42710")
    assert "already exists" in client("create stage if not exists s")[0][0]
    client("create or alter stage s comment = 'c' file_format = (type = json)")
    assert len(client("ls @s")) == 1
    client("create or alter stage s")
    assert shown(client)["comment"] == ""
    assert client.error("create or alter stage s url = 's3://b/'")[0] == 2
    assert client.error("create stage s2 clone s")[0] == 2
    client("create or replace stage s")
    assert client("ls @s") == []


def test_files_go_with_their_stage(client, shared, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    client("create table t (a int)")
    for name in ("@%t", "@s"):
        client("create stage if not exists s")
        put(client, tmp_path / "a.txt", name)
    root = shared._server.host.stages.root
    folders = {each.name for each in root.iterdir()}
    client("drop stage s")
    client("alter table t set data_retention_time_in_days = 0")
    client("drop table t")
    assert len(folders - {each.name for each in root.iterdir()}) == 2


def test_a_temporary_stage(client, connect, tmp_path, request):
    (tmp_path / "a.txt").write_text("x")
    client("create temporary stage s")
    put(client, tmp_path / "a.txt", "@s")
    assert shown(client)["type"] == "INTERNAL TEMPORARY"
    assert len(client("ls @s")) == 1
    other = connect(database=f'"{request.node.name}"', schema="PUBLIC")
    assert other("show stages") == []
    assert other.error("ls @s")[0] == 2003


# -- files ---------------------------------------------------------------------------------------------


def test_put_list_get_and_remove(client, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    client("create stage s")
    assert put(client, tmp_path / "a.txt", "@s/deep/er")[0][6] == "UPLOADED"
    name, size, md5, when = client("list @s")[0]
    assert (name, len(md5)) == ("s/deep/er/a.txt.gz", 32)
    assert size > 0
    assert when.endswith("GMT")
    back = tmp_path / "back"
    back.mkdir()
    client(f"get @s/deep 'file://{back}'")
    assert gzip.decompress((back / "a.txt.gz").read_bytes()) == b"hello"
    assert client("ls @s pattern = '.*nosuch.*'") == []
    assert client("ls @s pattern = '.*txt.*'") != []
    assert client("rm @s/deep") == [("s/deep/er/a.txt.gz", "removed")]
    assert client("ls @s") == []


def test_put_skips_what_is_there(client, tmp_path):
    """https://docs.snowflake.com/en/sql-reference/sql/put: OVERWRITE is FALSE by default"""
    client("create stage s")
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("first")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"first"))
    assert [row[6] for row in put(client, tmp_path / "*", "@s/p")] == ["UPLOADED"] * 3
    for name in ("a.txt", "b.txt", "d.txt"):
        (tmp_path / name).write_text("a second time")
    assert put(client, tmp_path / "a.txt", "@s/p") == [
        ("a.txt", "a.txt.gz", 13, 0, "NONE", "GZIP", "SKIPPED", "")
    ]  # fmt: skip
    (row,) = put(client, tmp_path / "c.txt.gz", "@s/p")
    assert (row[1], *row[3:7]) == ("c.txt.gz", 0, "GZIP", "GZIP", "SKIPPED")
    assert [row[0] for row in put(client, tmp_path / "*", "@s/p") if row[6] == "UPLOADED"] == ["d.txt"]
    assert client("select $1 from @s/p order by 1") == [("a second time",), *[("first",)] * 3]
    assert put(client, tmp_path / "a.txt", "@s/p", "overwrite = true")[0][6] == "UPLOADED"
    assert client("select $1 from @s/p/a.txt.gz") == [("a second time",)]
    assert put(client, tmp_path / "a.txt", "@s/p", "auto_compress = false")[0][6] == "UPLOADED"


def test_a_client_on_another_machine(client, connect, tmp_path, monkeypatch, request):
    """Its files are not the account's: they go over the wire, and to where the client reaches the account."""
    monkeypatch.setattr(server, "is_near", lambda address: False)
    far = connect(database=f'"{request.node.name}"', schema="PUBLIC")
    far("create stage s")
    for name in ("a b.txt", "c.txt"):
        (tmp_path / name).write_text(name)
    assert [row[6] for row in put(far, tmp_path / "*", "@s/p")] == ["UPLOADED"] * 2
    assert sorted(client("select $1 from @s/p")) == [("a b.txt",), ("c.txt",)]
    assert put(far, tmp_path / "c.txt", "@s", "auto_compress = false overwrite = true")[0][6] == "UPLOADED"
    back = tmp_path / "back"
    back.mkdir()
    far(f"get @s 'file://{back}'")
    assert (back / "c.txt").read_text() == "c.txt"
    assert gzip.decompress((back / "a b.txt.gz").read_bytes()) == b"a b.txt"


@pytest.mark.parametrize(("address", "near"), [("127.0.0.1", True), ("::1", True), ("172.17.0.1", False)])
def test_who_is_near(address, near):
    assert server.is_near(address) is near


def test_a_ticket_is_for_one_stage():
    stages = Stages(None)
    reading, writing = stages.ticket("o1", write=False), stages.ticket("o1", write=True)
    assert stages.admits(reading, "o1/a", write=False)
    assert stages.admits(writing, "o1/a", write=True)
    assert not stages.admits(reading, "o1/a", write=True)
    assert not stages.admits(writing, "o12/a", write=False)
    assert not stages.admits("x", "/a", write=False)
    stages.close()


def test_what_a_client_may_reach(client, tmp_path):
    """The addresses that GET answers with give the files of the stage and no others."""
    client("create stage s")
    (tmp_path / "ü &.txt").write_text("x")
    put(client, tmp_path / "ü &.txt", "@s", "auto_compress = false")
    data = client.cursor._execute_helper(f"get @s file://{tmp_path}")["data"]
    (url,) = data["presignedUrls"]
    with urlopen(url) as answer:
        assert answer.read() == b"x"
    ticket = url.split("/stage/")[1].split("/")[0]
    for method, path, status in (
        ("PUT", url, 403), ("GET", url.replace(ticket, "x"), 403), ("GET", f"{url}x", 404),
        ("GET", url.replace(f"{ticket}/o", f"{ticket}/o9"), 403), ("GET", url.rsplit("/", 1)[0] + "/../../x", 400),
    ):  # fmt: skip
        with pytest.raises(HTTPError) as error:
            urlopen(Request(path, method=method, data=b"y" if method == "PUT" else None))
        with error.value:
            assert error.value.code == status, (method, path)


def test_get_with_a_pattern(client, tmp_path):
    for name in ("a1.txt", "a2.txt", "b1.txt"):
        (tmp_path / name).write_text(name)
    client("create stage s")
    put(client, tmp_path / "*.txt", "@s", "auto_compress = false")
    back = tmp_path / "back"
    back.mkdir()
    client(f"get @s file://{back}/ pattern = '.*a[0-9].*'")
    assert sorted(each.name for each in back.iterdir()) == ["a1.txt", "a2.txt"]
    client("remove @s pattern = '.*a.*'")
    assert [row[0] for row in client("ls @s")] == ["s/b1.txt"]


def test_table_and_user_stages(client, tmp_path):
    (tmp_path / "a.csv").write_text("7\n")
    client("create table t (a int)")
    put(client, tmp_path / "a.csv", "@%t")
    assert client("ls @%t")[0][0] == "a.csv.gz"
    client("copy into t purge = true")
    assert client("select * from t") == [(7,)]
    assert client("ls @%t") == []
    put(client, tmp_path / "a.csv", "@~/mine")
    assert client("ls @~/mine")[0][0] == "mine/a.csv.gz"
    assert client("select $1 from @~/mine") == [("7",)]
    client("rm @~/mine")


def test_names_of_stages(client, tmp_path, request):
    (tmp_path / "a b.csv").write_text("7\n")
    client('create stage "my stage"')
    put(client, tmp_path / "a b.csv", f'\'@"{request.node.name}"."PUBLIC"."my stage"/x y/\'')
    assert client('ls @"my stage"')[0][0] == "my stage/x y/a b.csv.gz"
    assert client(f'select $1 from \'@"{request.node.name}".public."my stage"/x y/\'') == [("7",)]
    assert client("list ?", ['@"my stage"'])[0][0] == "my stage/x y/a b.csv.gz"
    client("set place = '@\"my stage\"'")
    assert client("ls $place") != []


@pytest.mark.parametrize("path", ["@s/../../secret", "@s/x/../../../y", "@~/../o1/x"])
def test_paths_stay_inside(client, path, tmp_path):
    client("create stage s")
    (tmp_path / "a.txt").write_text("x")
    assert client(f"ls {path}") == []
    assert client.error(f"put file://{tmp_path}/a.txt {path}")[0] == 1003


@pytest.mark.parametrize(
    "text",
    [
        "ls @s )", "rm @s )", "create stage t )", "alter stage s set comment = 'x' )", "describe stage s )", "ls s",
        "put file:///x @s )", "get @s file:///x )", "put /x @s", "put file:///x @s parallel = 0", "drop stage s )",
        "put file:///x @s source_compression = lz", "alter stage s refresh )", "ls @s pattern = '['", "alter stage s unset comment",
    ],
)  # fmt: skip
def test_strays_are_refused(client, text):
    client("create stage s directory = (enable = true)")
    assert client.error(text)[0] in (1003, 1008, 1420)


# -- queries -------------------------------------------------------------------------------------------


def test_query_of_a_stage(client, tmp_path):
    (tmp_path / "a.csv").write_text("1,x\n2,y\n")
    (tmp_path / "b.txt").write_text("3,z\n")
    client("create stage s")
    client("create file format f type = csv skip_header = 1")
    put(client, tmp_path / "a.csv", "@s", "auto_compress = false")
    put(client, tmp_path / "b.txt", "@s", "auto_compress = false")
    assert client("select $1, t.$2 from @s/a (file_format => 'f') t") == [("2", "y")]
    assert client("select $1 from @s/a (file_format => f)") == [("2",)]
    assert client("select count(*) from @s/a.csv") == [(2,)]
    assert client("select $2 from @s (pattern => '.*[.]txt')") == [("z",)]
    assert client("select t.$2, t.$5 from @s/b t") == [("z", None)], "fields that no record has are NULL"
    assert client("select $1, $2, metadata$filename from @s/nosuch") == []
    rows = client("select metadata$filename, metadata$file_row_number, metadata$file_content_key from @s/a.csv")
    assert [row[:2] for row in rows] == [("a.csv", 1), ("a.csv", 2)]
    scanned = "metadata$start_scan_time::timestamp_ntz"
    client("alter session set timezone = 'UTC'")
    assert client(f"select metadata$file_last_modified <= {scanned} from @s limit 1") == [(True,)]
    client("create file format h type = csv parse_header = true")
    assert "PARSE_HEADER" in client.error("select $1 from @s/a (file_format => 'h')")[2]
    assert client.error("select $1 from @nosuch")[0] == 2003
    assert client.error("select $1 from @s (file_format => 'nosuch')")[0] == 2003


def test_functions_that_hand_out_urls_are_refused(client):
    client("create stage s")
    for name in ("get_presigned_url", "build_scoped_file_url", "build_stage_file_url", "get_stage_location"):
        code, sqlstate, text = client.error(f"select {name}(@s, 'a')")
        assert (code, sqlstate) == (2, "0A000")
        assert name.upper() in text


def test_directory_tables(client, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    client("create stage s directory = (enable = true)")
    put(client, tmp_path / "*.txt", "@s/d", "auto_compress = false")
    assert client("select * from directory(@s)") == []
    rows = client("alter stage s refresh")
    assert rows[0] == ("d/a.txt", "REGISTERED_NEW", "File registered successfully.")
    assert len(rows) == 2
    assert client("select relative_path, size from directory(@s) order by 1") == [("d/a.txt", 5), ("d/b.txt", 5)]
    url = client("select file_url, md5 from directory(@s) where relative_path = 'd/a.txt'")[0][0]
    assert url.endswith("/PUBLIC/S/d%2Fa.txt")
    client("rm @s/d/a.txt")
    assert client("alter stage s refresh subpath = 'd/'")[0][:2] == ("d/a.txt", "UNREGISTERED")
    assert client("select count(*) from directory(@s)") == [(1,)]
    client("alter stage s set directory = (enable = false)")
    assert "directory table" in client.error("select * from directory(@s)")[2]
    assert "directory table" in client.error("alter stage s refresh")[2]
    client("alter stage s set directory = (enable = true auto_refresh = true)")
    assert client("select count(*) from directory(@s)") == [(1,)]


# -- privileges ----------------------------------------------------------------------------------------


@pytest.fixture
def reader(client, connect, request):
    """A client of a role that may use the database and nothing in it; the role is READER_<n>."""
    role = f"R_{abs(hash(request.node.name)) % 10**8}"
    client(f"create or replace role {role}")
    client(f"grant role {role} to user admin")
    for place in (f'database "{request.node.name}"', f'schema "{request.node.name}".public'):
        client(f"grant usage on {place} to role {role}")
    found = connect(role=role, database=f'"{request.node.name}"', schema="PUBLIC")
    found("use secondary roles none")
    found.role = role
    yield found
    client(f"drop role {role}")


def test_privileges_on_an_internal_stage(client, reader, tmp_path):
    (tmp_path / "a.csv").write_text("1\n")
    client("create stage s")
    put(client, tmp_path / "a.csv", "@s")
    assert reader.error("ls @s")[0] == 2003
    client(f"grant read on stage s to role {reader.role}")
    assert len(reader("ls @s")) == 1
    assert reader("select $1 from @s") == [("1",)]
    for text in ("rm @s", f"put file://{tmp_path}/a.csv @s"):
        assert reader.error(text)[:2] == (3001, "42501")
    client(f"grant write on stage s to role {reader.role}")
    assert put(reader, tmp_path / "a.csv", "@s/b")[0][6] == "UPLOADED"
    assert len(reader("rm @s")) == 2
    assert reader.error("alter stage s set comment = 'x'")[0] == 3001
    assert reader.error("create stage mine")[0] == 3001


def test_privileges_on_table_stages_and_external_ones(client, reader):
    client("create table t (a int)")
    client(f"grant select, insert on table t to role {reader.role}")
    assert reader.error("ls @%t")[0] == 3001
    client("create stage e url = 's3://b/'")
    assert reader.error("ls @e")[0] == 2003
    client(f"grant usage on stage e to role {reader.role}")
    assert reader.error("ls @e")[0] == 2
    client("create file format f type = csv")
    client("create stage s")
    client(f"grant read on stage s to role {reader.role}")
    assert reader.error("select $1 from @s (file_format => 'f')")[0] == 2003
    client(f"grant usage on file format f to role {reader.role}")
    assert reader("select $1 from @s (file_format => 'f')") == []
